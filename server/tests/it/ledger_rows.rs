//! Rows as the worker leaves them, written by hand: for tests of what only reads.

use app::ports::{Person, Role};
use chrono::{DateTime, TimeDelta, Utc};
use server::store::Store;
use std::collections::HashMap;
use uuid::Uuid;

/// Accounts by number, with balance and version, and the time that passes.
pub struct LedgerRows {
    store: Store,
    accounts: HashMap<&'static str, Row>,
    offset: i64,
    pub now: DateTime<Utc>,
}

struct Row {
    id: i32,
    external: bool,
    booked_minor: i64,
    version: i64,
}

impl LedgerRows {
    pub fn new(store: &Store) -> Self {
        let now = "2025-03-10T10:00:00Z".parse().unwrap();
        LedgerRows { store: store.clone(), accounts: HashMap::new(), offset: 0, now }
    }

    pub async fn account(&mut self, number: &'static str) {
        let external = number.starts_with("CASH");
        let query = sqlx::query_scalar(
            "insert into account (number, kind, currency, opened_at, overdraft_minor) values ($1, $2, 'EUR', now(), $3) returning id",
        );
        let query =
            query.bind(number).bind(if external { 2_i16 } else { 1 }).bind(if external { 0_i64 } else { 5_000 });
        let id = query.fetch_one(self.store.pool()).await.unwrap();
        if external {
            let stripe = sqlx::query("insert into account_stripe (account_id, stripe) values ($1, 0)").bind(id);
            stripe.execute(self.store.pool()).await.unwrap();
        }
        self.accounts.insert(number, Row { id, external, booked_minor: 0, version: 0 });
    }

    pub async fn link(&self, person: &Person, number: &str) {
        let query = sqlx::query("insert into account_link (person_id, account_id) values ($1, $2)");
        query.bind(person.id).bind(self.accounts[number].id).execute(self.store.pool()).await.unwrap();
    }

    /// Posts a transaction a minute after the one before.
    pub async fn post(&mut self, debit: &str, credit: &str, amount_minor: i64) -> Uuid {
        self.post_with(debit, credit, amount_minor, None).await
    }

    pub async fn post_with(
        &mut self,
        debit: &str,
        credit: &str,
        amount_minor: i64,
        reference: Option<(Uuid, String)>,
    ) -> Uuid {
        self.now += TimeDelta::minutes(1);
        let kind = if debit.starts_with("CASH") {
            1_i16
        } else if credit.starts_with("CASH") {
            2
        } else {
            3
        };
        let (debit_id, debit_version, debit_after) = self.change(debit, -amount_minor).await;
        let (credit_id, credit_version, credit_after) = self.change(credit, amount_minor).await;
        let (id, reference) = reference.map_or_else(|| (Uuid::now_v7(), None), |(id, text)| (id, Some(text)));
        let query = sqlx::query(
            "insert into transaction (id, recorded_at, occurred_at, amount_minor, debit_account, credit_account, debit_version,
                debit_balance_after, credit_version, credit_balance_after, command_offset, partition, kind, state, currency, reference)
             values ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, 1, 'EUR', $12)",
        );
        let query = query.bind(id).bind(self.now).bind(amount_minor).bind(debit_id).bind(credit_id).bind(debit_version);
        let query = query
            .bind(debit_after)
            .bind(credit_version)
            .bind(credit_after)
            .bind(self.offset)
            .bind(kind)
            .bind(reference);
        query.execute(self.store.pool()).await.unwrap();
        self.fence().await;
        id
    }

    /// A transfer refused for insufficient funds.
    pub async fn refuse(&mut self, debit: &str, credit: &str, amount_minor: i64) -> Uuid {
        self.now += TimeDelta::minutes(1);
        let id = Uuid::now_v7();
        let query = sqlx::query(
            "insert into transaction (id, recorded_at, occurred_at, amount_minor, debit_account, credit_account, command_offset,
                partition, kind, state, reason, currency)
             values ($1, $2, $2, $3, $4, $5, $6, 0, 3, 3, 7, 'EUR')",
        );
        let query = query
            .bind(id)
            .bind(self.now)
            .bind(amount_minor)
            .bind(self.accounts[debit].id)
            .bind(self.accounts[credit].id);
        query.bind(self.offset).execute(self.store.pool()).await.unwrap();
        self.fence().await;
        id
    }

    async fn change(&mut self, number: &str, signed_minor: i64) -> (i32, i64, i64) {
        let row = self.accounts.get_mut(number).unwrap();
        row.version += 1;
        row.booked_minor += signed_minor;
        let sql = if row.external {
            "update account_stripe set booked_minor = $2, version = $3 where account_id = $1 and stripe = 0"
        } else {
            "update account set booked_minor = $2, version = $3 where id = $1"
        };
        let query = sqlx::query(sql).bind(row.id).bind(row.booked_minor).bind(row.version);
        query.execute(self.store.pool()).await.unwrap();
        (row.id, row.version, row.booked_minor)
    }

    async fn fence(&mut self) {
        self.offset += 1;
        let query = sqlx::query(
            "insert into fence (partition, epoch, next_offset, cluster_id, topic, partition_count) values (0, 1, $1, 'x', 'x', 4)
             on conflict (partition) do update set next_offset = $1",
        );
        query.bind(self.offset).execute(self.store.pool()).await.unwrap();
    }
}

/// A person with a role and no usable password.
pub async fn person(store: &Store, username: &str, role: Role) -> Person {
    store.add_person(username, username, role, "-", false).await.unwrap()
}
