//! The tables, read whole, by SQL of the lab's own.

use chrono::{DateTime, Utc};
use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgRow};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    pub external: bool,
    pub status: i16,
    pub booked_minor: i64,
    pub held_minor: i64,
    pub overdraft_minor: i64,
    pub version: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionRow {
    pub state: i16,
    pub amount_minor: i64,
    pub debit: String,
    pub credit: String,
    /// Version and balance after.
    pub debit_after: Option<(i64, i64)>,
    pub credit_after: Option<(i64, i64)>,
    pub partition: i32,
    pub offset: i64,
    /// Verdict, score and version of the policy, if it was judged.
    pub judged: Option<(i16, i64, i64)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldRow {
    pub account: String,
    pub until: DateTime<Utc>,
    pub on_expiry: i16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRow {
    pub account: String,
    pub raised_at: DateTime<Utc>,
    pub verdict: i16,
    pub score_e9: i64,
    /// None while it is open.
    pub closed_at: Option<DateTime<Utc>>,
    pub evidence: String,
}

/// One change of one side.
pub struct Change {
    pub version: i64,
    pub change: i64,
    pub balance_after: i64,
}

#[derive(Default)]
pub struct Tables {
    pub accounts: HashMap<String, AccountRow>,
    /// By external account and deciding partition: booked money and version.
    pub stripes: HashMap<(String, i32), (i64, i64)>,
    pub transactions: HashMap<Uuid, TransactionRow>,
    pub holds: HashMap<Uuid, HoldRow>,
    pub alerts: HashMap<Uuid, AlertRow>,
    pub dead_letters: u64,
}

impl Tables {
    pub async fn read(db: &mut PgConnection) -> anyhow::Result<Self> {
        let mut tables = Tables::default();
        let accounts =
            sqlx::query("select number, kind, status, booked_minor, held_minor, overdraft_minor, version from account");
        for row in accounts.fetch_all(&mut *db).await? {
            let account = AccountRow {
                external: row.get::<i16, _>(1) == 2,
                status: row.get(2),
                booked_minor: row.get(3),
                held_minor: row.get(4),
                overdraft_minor: row.get(5),
                version: row.get(6),
            };
            tables.accounts.insert(row.get(0), account);
        }
        let stripes = sqlx::query(
            "select a.number, s.stripe::int, s.booked_minor, s.version from account_stripe s join account a on a.id = s.account_id",
        );
        for row in stripes.fetch_all(&mut *db).await? {
            tables.stripes.insert((row.get(0), row.get(1)), (row.get(2), row.get(3)));
        }
        let transactions = sqlx::query(
            "select t.id, t.state, t.amount_minor, coalesce(d.number, t.debit_unknown, ''), coalesce(c.number, t.credit_unknown, ''),
                    t.debit_version, t.debit_balance_after, t.credit_version, t.credit_balance_after,
                    t.partition::int, t.command_offset, t.verdict, t.score_e9, t.policy_version
             from transaction t
             left join account d on d.id = t.debit_account
             left join account c on c.id = t.credit_account",
        );
        for row in transactions.fetch_all(&mut *db).await? {
            let after = |version: Option<i64>, balance: Option<i64>| version.zip(balance);
            let transaction = TransactionRow {
                state: row.get(1),
                amount_minor: row.get(2),
                debit: row.get(3),
                credit: row.get(4),
                debit_after: after(row.get(5), row.get(6)),
                credit_after: after(row.get(7), row.get(8)),
                partition: row.get(9),
                offset: row.get(10),
                judged: judged(&row),
            };
            tables.transactions.insert(row.get(0), transaction);
        }
        tables.read_holds(db).await?;
        tables.read_alerts(db).await?;
        tables.dead_letters =
            sqlx::query_scalar::<_, i64>("select count(*) from dead_letter").fetch_one(&mut *db).await? as u64;
        Ok(tables)
    }

    async fn read_holds(&mut self, db: &mut PgConnection) -> anyhow::Result<()> {
        let holds = sqlx::query(
            "select h.transaction_id, a.number, h.until, h.on_expiry from hold h join account a on a.id = h.account_id",
        );
        for row in holds.fetch_all(&mut *db).await? {
            let hold = HoldRow { account: row.get(1), until: row.get(2), on_expiry: row.get(3) };
            self.holds.insert(row.get(0), hold);
        }
        Ok(())
    }

    async fn read_alerts(&mut self, db: &mut PgConnection) -> anyhow::Result<()> {
        let alerts = sqlx::query(
            "select l.transaction_id, a.number, l.raised_at, l.verdict, l.score_e9, l.closed_at, l.evidence
             from alert l join account a on a.id = l.account_id",
        );
        for row in alerts.fetch_all(&mut *db).await? {
            let alert = AlertRow {
                account: row.get(1),
                raised_at: row.get(2),
                verdict: row.get(3),
                score_e9: row.get(4),
                closed_at: row.get(5),
                evidence: row.get(6),
            };
            self.alerts.insert(row.get(0), alert);
        }
        Ok(())
    }

    /// The changes of each account, or of each stripe (`CASH-EUR/3`) of an external one, from the transactions alone.
    pub fn chains(&self) -> BTreeMap<String, Vec<Change>> {
        let mut chains: BTreeMap<String, Vec<Change>> = BTreeMap::new();
        for row in self.transactions.values() {
            let sides =
                [(&row.debit, row.debit_after, -row.amount_minor), (&row.credit, row.credit_after, row.amount_minor)];
            for (account, after, change) in sides {
                if let Some((version, balance_after)) = after {
                    let name = self.side_name(account, row.partition);
                    chains.entry(name).or_default().push(Change { version, change, balance_after });
                }
            }
        }
        chains
    }

    pub fn side_name(&self, account: &str, partition: i32) -> String {
        match self.accounts.get(account) {
            Some(row) if row.external => format!("{account}/{partition}"),
            _ => account.to_owned(),
        }
    }

    /// The money the table says an account or stripe has.
    pub fn booked(&self, side: &str) -> Option<i64> {
        match side.rsplit_once('/') {
            Some((account, stripe)) => Some(self.stripes.get(&(account.to_owned(), stripe.parse().ok()?))?.0),
            None => Some(self.accounts.get(side)?.booked_minor),
        }
    }
}

fn judged(row: &PgRow) -> Option<(i16, i64, i64)> {
    let verdict: Option<i16> = row.get(11);
    let score_e9: Option<i64> = row.get(12);
    let policy_version: Option<i64> = row.get(13);
    Some((verdict?, score_e9?, policy_version?))
}
