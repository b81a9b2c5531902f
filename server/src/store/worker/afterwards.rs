//! What ends a hold and what is said of a transaction afterwards: the rows of earlier batches that this one changes.

use super::Db;
use crate::store::codes::Code;
use domain::ledger::{LabelRow, Settlement};

/// Whoever says what a transaction was closes its alert.
pub async fn save_labels(db: &mut Db, labels: &[LabelRow]) -> sqlx::Result<()> {
    for LabelRow { label, recorded_at } in labels {
        sqlx::query(
            "with closed as (
                 update alert set state = 2, closed_at = least(closed_at, $6) where transaction_id = $1)
             insert into label (transaction_id, label, source, known_at, person_id) values ($1, $2, $3, $4, $5)
             on conflict (transaction_id) do update set label = excluded.label, source = excluded.source,
                 known_at = excluded.known_at, person_id = excluded.person_id",
        )
        .bind(label.transaction_id)
        .bind(label.label.code())
        .bind(label.source.code())
        .bind(label.known_at)
        .bind(label.person)
        .bind(recorded_at)
        .execute(&mut **db)
        .await?;
    }
    Ok(())
}

/// A hold ends once: a row that is no longer held is a broken invariant, and the batch is rolled back.
pub(super) async fn save_settlements(db: &mut Db, settlements: &[Settlement]) -> sqlx::Result<()> {
    if settlements.is_empty() {
        return Ok(());
    }
    macro_rules! column {
        (|$row:ident| $value:expr) => {
            settlements.iter().map(|$row| $value).collect::<Vec<_>>()
        };
    }
    let updated = sqlx::query(
        "update transaction set state = ended.state, reason = ended.reason,
             debit_version = ended.debit_version, debit_balance_after = ended.debit_balance_after,
             credit_version = ended.credit_version, credit_balance_after = ended.credit_balance_after
         from unnest($1::uuid[], $2::smallint[], $3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
             as ended (id, state, reason, debit_version, debit_balance_after, credit_version, credit_balance_after)
         where transaction.id = ended.id and transaction.state = 2",
    )
    .bind(column!(|row| row.transaction_id))
    .bind(column!(|row| row.state.code()))
    .bind(column!(|row| row.reason.map(Code::code)))
    .bind(column!(|row| row.debit.map(|(version, _)| version)))
    .bind(column!(|row| row.debit.map(|(_, balance)| balance)))
    .bind(column!(|row| row.credit.map(|(version, _)| version)))
    .bind(column!(|row| row.credit.map(|(_, balance)| balance)))
    .execute(&mut **db)
    .await?;
    let removed = sqlx::query("delete from hold where transaction_id = any($1)")
        .bind(column!(|row| row.transaction_id))
        .execute(&mut **db)
        .await?;
    sqlx::query(
        "update alert set state = 2, closed_at = least(closed_at, ended.at)
         from unnest($1::uuid[], $2::timestamptz[]) as ended (id, at)
         where alert.transaction_id = ended.id",
    )
    .bind(column!(|row| row.transaction_id))
    .bind(column!(|row| row.settled_at))
    .execute(&mut **db)
    .await?;
    let all = settlements.len() as u64;
    if updated.rows_affected() == all && removed.rows_affected() == all {
        return Ok(());
    }
    Err(sqlx::Error::Protocol(format!(
        "{all} holds to end, {} held transactions and {} holds found",
        updated.rows_affected(),
        removed.rows_affected()
    )))
}
