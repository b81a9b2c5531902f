//! The questions that `vigie verify` asks of the tables: each one statement that returns the violations, `(subject,
//! detail)`, and nothing when the books are sound. They share no code with the worker that wrote the tables.

use super::Store;
use sqlx::Row as _;
use sqlx::postgres::PgConnection;

/// One invariant of the tables.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// A stable name, for machines.
    pub name: &'static str,
    /// What holds when there is no violation.
    pub promise: &'static str,
    sql: &'static str,
}

/// What breaks an invariant, and where.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Violation {
    pub check: &'static str,
    pub subject: String,
    pub detail: String,
}

/// How much was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    pub accounts: i64,
    pub transactions: i64,
    pub posted: i64,
    pub held: i64,
    pub refused: i64,
    pub dead_letters: i64,
    pub partitions: i64,
    pub unannounced: i64,
}

/// The most violations that one check names.
pub const NAMED_MAX: i64 = 1_000;

/// Posted transactions as two legs; a leg of an external account belongs to its stripe, of a customer's to stripe −1.
macro_rules! legs {
    () => {
        "with leg as (
            select t.id, a.id as account_id, a.number, a.kind,
                case a.kind when 2 then t.partition else -1 end as stripe,
                t.debit_version as version, t.debit_balance_after as balance_after, -t.amount_minor as change
            from transaction t join account a on a.id = t.debit_account where t.state = 1
            union all
            select t.id, a.id, a.number, a.kind, case a.kind when 2 then t.partition else -1 end,
                t.credit_version, t.credit_balance_after, t.amount_minor
            from transaction t join account a on a.id = t.credit_account where t.state = 1
        )"
    };
}

pub const CHECKS: [Check; 20] = [
    Check {
        name: "ledger-sums-to-zero",
        promise: "per currency, what customers and external accounts hold adds up to zero",
        sql: "select currency as subject, 'sum is ' || sum(booked)::text as detail from (
                select currency, booked_minor::numeric as booked from account
                union all
                select a.currency, s.booked_minor::numeric from account_stripe s join account a on a.id = s.account_id
            ) every group by currency having sum(booked) <> 0
            limit $1",
    },
    Check {
        name: "balance-equals-transactions",
        promise: "each balance is the sum of its posted transactions",
        sql: concat!(
            legs!(),
            ", sums as (
                select account_id, stripe, sum(change) as total from leg group by account_id, stripe
            ), held as (
                select id as account_id, number, -1 as stripe, booked_minor from account where kind = 1
                union all
                select s.account_id, a.number, s.stripe, s.booked_minor from account_stripe s join account a on a.id = s.account_id
            ), side as (
                select account_id, stripe, coalesce(h.booked_minor, 0) as booked, coalesce(s.total, 0) as total
                from held h full join sums s using (account_id, stripe)
            )
            select a.number || case when side.stripe >= 0 then ' stripe ' || side.stripe else '' end as subject,
                'balance ' || side.booked || ', transactions ' || side.total as detail
            from side join account a on a.id = side.account_id where side.booked <> side.total
            limit $1"
        ),
    },
    Check {
        name: "chain-unbroken",
        promise: "each balance after is the one before it plus or minus the amount, in the order of versions",
        sql: concat!(
            legs!(),
            ", link as (
                select *, lag(balance_after, 1, 0::bigint) over chain as before,
                    lag(version, 1, case kind when 2 then 0::bigint else 1 end) over chain as version_before
                from leg window chain as (partition by account_id, stripe order by version, id)
            )
            select number || case when stripe >= 0 then ' stripe ' || stripe else '' end as subject,
                'transaction ' || id || ', version ' || version || ' after ' || version_before
                    || ': balance ' || before || ', change ' || change || ', balance after ' || balance_after as detail
            from link
            where balance_after::numeric <> before::numeric + change or version <= version_before
                or (kind = 2 and version <> version_before + 1)
            limit $1"
        ),
    },
    Check {
        name: "versions-counted",
        promise: "no transaction is newer than its account, and every change was counted",
        sql: concat!(
            legs!(),
            ", change as (
                select account_id, stripe, version from leg
                union all
                -- A hold changed its account too, without a version in the row.
                select debit_account, -1, 0 from transaction where state = 2
            ), newest as (
                select account_id, stripe, max(version) as version, count(*) as changes from change group by account_id, stripe
            ), counted as (
                -- Its opening is a customer account's first change.
                select a.id as account_id, -1 as stripe, a.number, a.version, 1 as others from account a where a.kind = 1
                union all
                select s.account_id, s.stripe, a.number, s.version, 0 from account_stripe s join account a on a.id = s.account_id
            )
            select c.number || case when c.stripe >= 0 then ' stripe ' || c.stripe else '' end as subject,
                'version ' || c.version || ', newest transaction ' || n.version || ', changes ' || n.changes + c.others as detail
            from newest n join counted c on c.account_id = n.account_id and c.stripe = n.stripe
            where n.version > c.version or n.changes + c.others > c.version or (c.stripe >= 0 and n.version <> c.version)
            limit $1"
        ),
    },
    Check {
        name: "holds-equal-held-transactions",
        promise: "what an account holds back is the sum of its held transactions",
        sql: "select a.number as subject, 'held ' || a.held_minor || ', transactions ' || coalesce(h.total, 0) as detail
            from account a
            left join (select debit_account, sum(amount_minor) as total from transaction where state = 2 group by debit_account) h
                on h.debit_account = a.id
            where a.kind = 1 and a.held_minor <> coalesce(h.total, 0)
            limit $1",
    },
    Check {
        name: "holds-have-terms",
        promise: "every held transaction says until when, and nothing else does",
        sql: "select coalesce(t.id, h.transaction_id)::text as subject,
                'state ' || coalesce(t.state::text, 'absent') || ', terms ' || coalesce(h.until::text, 'absent') as detail
            from (select id, state from transaction where state = 2) t
            full join hold h on h.transaction_id = t.id
            where t.id is null or h.transaction_id is null
            limit $1",
    },
    Check {
        name: "transactions-below-fence",
        promise: "every transaction was decided by a command that its partition's fence has passed",
        sql: "select t.id::text as subject,
                'partition ' || t.partition || ' offset ' || t.command_offset || ', fence ' || coalesce(f.next_offset::text, 'absent') as detail
            from transaction t left join fence f on f.partition = t.partition
            where f.partition is null or t.command_offset >= f.next_offset or t.command_offset < 0
            limit $1",
    },
    Check {
        name: "dead-letters-below-fence",
        promise: "every dead letter is a command that its partition's fence has passed",
        sql: "select d.partition || '/' || d.command_offset as subject, 'fence ' || coalesce(f.next_offset::text, 'absent') as detail
            from dead_letter d left join fence f on f.partition = d.partition
            where f.partition is null or d.command_offset >= f.next_offset or d.command_offset < 0
            limit $1",
    },
    Check {
        name: "announcements-below-fence",
        promise: "every unannounced batch ends before its partition's fence, and no two overlap",
        sql: "select n.partition || '/' || n.first_offset as subject,
                'offsets ' || n.first_offset || ' to ' || n.last_offset || ', fence ' || coalesce(f.next_offset::text, 'absent')
                    || ', batch before ends at ' || coalesce(n.end_before::text, 'none') as detail
            from (select partition, first_offset, last_offset,
                    lag(last_offset) over (partition by partition order by first_offset) as end_before from announcement) n
            left join fence f on f.partition = n.partition
            where f.partition is null or n.last_offset >= f.next_offset or n.last_offset < n.first_offset
                or n.end_before >= n.first_offset
            limit $1",
    },
    Check {
        name: "one-outcome-per-command",
        promise: "no command made two transactions, or a transaction and a dead letter",
        sql: "select partition || '/' || command_offset as subject, count(*) || ' outcomes: ' || string_agg(what, ', ' order by what) as detail
            from (
                select partition, command_offset, id::text as what from transaction
                union all
                select partition, command_offset, 'dead letter' from dead_letter
            ) outcome group by partition, command_offset having count(*) > 1
            limit $1",
    },
    Check {
        name: "ids-unique",
        promise: "no transaction id occurs twice",
        sql: "select id::text as subject, count(*) || ' rows' as detail from transaction group by id having count(*) > 1
            limit $1",
    },
    Check {
        name: "accounts-exist",
        promise: "every account that a transaction, stripe or link names exists",
        sql: "select subject, detail from (
                select t.id::text as subject, 'account ' || t.debit_account as detail, t.debit_account as account_id
                from transaction t where t.debit_account is not null
                union all
                select t.id::text, 'account ' || t.credit_account, t.credit_account
                from transaction t where t.credit_account is not null
                union all
                select 'stripe ' || s.stripe, 'account ' || s.account_id, s.account_id from account_stripe s
                union all
                select 'link of ' || l.person_id, 'account ' || l.account_id, l.account_id from account_link l
            ) named where not exists (select from account a where a.id = named.account_id)
            limit $1",
    },
    Check {
        name: "currencies-agree",
        promise: "a transaction that moved or reserved money has the currency of both its accounts",
        sql: "select t.id::text as subject, t.currency || ' between ' || d.number || ' ' || d.currency || ' and ' || c.number || ' ' || c.currency as detail
            from transaction t join account d on d.id = t.debit_account join account c on c.id = t.credit_account
            where t.state in (1, 2) and (t.currency <> d.currency or t.currency <> c.currency)
            limit $1",
    },
    Check {
        name: "kinds-agree",
        promise: "a deposit comes from an external account, a withdrawal goes to one, a transfer touches none",
        sql: "select t.id::text as subject, 'kind ' || t.kind || ' from ' || d.number || ' to ' || c.number as detail
            from transaction t join account d on d.id = t.debit_account join account c on c.id = t.credit_account
            where t.state in (1, 2) and (d.kind, c.kind) <> (case t.kind when 1 then 2 else 1 end, case t.kind when 2 then 2 else 1 end)
            limit $1",
    },
    Check {
        name: "stripes-are-external",
        promise: "only external accounts have stripes, and only partitions that exist",
        sql: "select a.number || ' stripe ' || s.stripe as subject, 'kind ' || a.kind as detail
            from account_stripe s join account a on a.id = s.account_id
            where a.kind <> 2 or s.stripe < 0 or not exists (select from fence f where f.partition = s.stripe)
            limit $1",
    },
    Check {
        name: "verdicts-obeyed",
        promise: "what detection let through was posted, what it refused was not, and it alone holds what it judged",
        sql: "select id::text as subject, 'verdict ' || verdict || ', state ' || state as detail
            from transaction
            where (verdict in (1, 2) and state <> 1) or (verdict = 4 and state <> 3) or (state = 2 and verdict <> 3)
            limit $1",
    },
    Check {
        name: "alerts-equal-judgements",
        promise: "every transaction that was reviewed, held or refused has an alert with its account, verdict and score, and no other has one",
        sql: "select coalesce(t.id, l.transaction_id)::text as subject,
                'judged ' || coalesce(t.verdict || ' at ' || t.score_e9, 'nothing') || ', alert '
                    || coalesce(l.verdict || ' at ' || l.score_e9 || ' for account ' || l.account_id, 'absent') as detail
            from (select id, verdict, score_e9, case kind when 1 then credit_account else debit_account end as at_risk
                from transaction where verdict between 2 and 4) t
            full join alert l on l.transaction_id = t.id
            where (t.verdict, t.score_e9, t.at_risk) is distinct from (l.verdict, l.score_e9, l.account_id)
            limit $1",
    },
    Check {
        name: "alerts-follow-their-end",
        promise: "an alert is closed when its hold has ended or somebody said what it was, and open until then",
        sql: "select l.transaction_id::text as subject,
                'alert ' || l.state || ', verdict ' || t.verdict || ', state ' || t.state || ', label '
                    || coalesce(b.label::text, 'absent') as detail
            from alert l join transaction t on t.id = l.transaction_id left join label b on b.transaction_id = t.id
            where (l.state = 2) <> ((t.verdict = 3 and t.state <> 2) or b.transaction_id is not null)
            limit $1",
    },
    Check {
        name: "labels-have-transactions",
        promise: "everything that somebody said is about a transaction that exists",
        sql: "select b.transaction_id::text as subject, 'label ' || b.label as detail
            from label b left join transaction t on t.id = b.transaction_id where t.id is null
            limit $1",
    },
    Check {
        name: "device-uses-equal-transactions",
        promise: "which accounts a device served, first and last, is what the transactions made with it say",
        sql: "select device || ' of account ' || account_id as subject,
                'from ' || coalesce(u.first_at::text, 'never') || ' to ' || coalesce(u.last_at::text, 'never') || ', transactions from '
                    || coalesce(t.first_at::text, 'never') || ' to ' || coalesce(t.last_at::text, 'never') as detail
            from device_use u
            full join (
                select device, account_id, min(at) as first_at, max(at) as last_at from (
                    select device, case kind when 1 then credit_account else debit_account end as account_id,
                        case when flags & 2 = 0 then occurred_at else recorded_at end as at
                    from transaction where device is not null) made
                where account_id is not null group by device, account_id
            ) t using (device, account_id)
            where (u.first_at, u.last_at) is distinct from (t.first_at, t.last_at)
            limit $1",
    },
];

/// Asks every question in one snapshot.
///
/// # Errors
/// When the database does not answer.
pub async fn ask_snapshot(store: &Store) -> sqlx::Result<(Counts, Vec<Violation>)> {
    let mut db = store.begin_with("begin isolation level repeatable read, read only").await?;
    let found = ask(&mut db).await?;
    db.rollback().await?;
    Ok(found)
}

/// Asks every question on a connection, which stands in a database transaction.
///
/// # Errors
/// When the database does not answer.
pub async fn ask(db: &mut PgConnection) -> sqlx::Result<(Counts, Vec<Violation>)> {
    sqlx::query("select set_config('work_mem', '128MB', true), set_config('jit', 'off', true)")
        .execute(&mut *db)
        .await?;
    let counts = count(db).await?;
    let mut violations = Vec::new();
    for check in &CHECKS {
        for row in sqlx::query(check.sql).bind(NAMED_MAX).fetch_all(&mut *db).await? {
            let (subject, detail) = (row.try_get("subject")?, row.try_get("detail")?);
            violations.push(Violation { check: check.name, subject, detail });
        }
    }
    Ok((counts, violations))
}

async fn count(db: &mut PgConnection) -> sqlx::Result<Counts> {
    let row = sqlx::query(
        "select (select count(*) from account) as accounts, count(*) as transactions,
            count(*) filter (where state = 1) as posted, count(*) filter (where state = 2) as held,
            count(*) filter (where state in (3, 4)) as refused,
            (select count(*) from dead_letter) as dead_letters, (select count(*) from fence where partition >= 0) as partitions,
            (select count(*) from announcement) as unannounced
         from transaction",
    )
    .fetch_one(db)
    .await?;
    Ok(Counts {
        accounts: row.try_get("accounts")?,
        transactions: row.try_get("transactions")?,
        posted: row.try_get("posted")?,
        held: row.try_get("held")?,
        refused: row.try_get("refused")?,
        dead_letters: row.try_get("dead_letters")?,
        partitions: row.try_get("partitions")?,
        unannounced: row.try_get("unannounced")?,
    })
}
