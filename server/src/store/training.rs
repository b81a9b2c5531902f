//! Every payment of the bank in event-time order, with what became of it and what it turned out to be: what a model is
//! trained and judged on. Read as a stream; it may be all there is.

use super::Store;
use super::codes::{Code as _, event_time};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use detection::history::Outcome;
use detection::payment::{Party, Payment, Place, local_offset_ms};
use detection::replay::Happened;
use domain::command::FraudLabel;
use domain::{TransactionKind, TransactionState};
use futures::{Stream, StreamExt as _};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

/// A payment and its label, as far as anybody said.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledPayment {
    pub happened: Happened,
    pub label: Option<FraudLabel>,
}

impl Store {
    /// How many payments [`Store::payments`] will tell of.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn payment_count(&self, until: DateTime<Utc>) -> sqlx::Result<u64> {
        let query = sqlx::query_scalar(
            "select count(*) from transaction t
             where case when t.flags & 2 = 0 then t.occurred_at else t.recorded_at end < $1
                 and t.debit_account is not null and t.credit_account is not null",
        );
        let count: i64 = query.bind(until).fetch_one(self.pool()).await?;
        Ok(count.unsigned_abs())
    }

    /// Payments made before then, oldest first. One that named an unknown account is in no history. Labels that became
    /// known later than `known_by` are left out.
    pub fn payments(
        &self,
        until: DateTime<Utc>,
        known_by: DateTime<Utc>,
    ) -> impl Stream<Item = sqlx::Result<LabelledPayment>> + '_ {
        let zone = self.time_zone();
        let rows = sqlx::query(
            "select t.id, t.occurred_at, t.recorded_at, t.amount_minor, t.kind, t.state, t.flags, t.verdict,
                 debit.number as debit, credit.number as credit,
                 case when t.kind = 1 then credit.opened_at else debit.opened_at end as opened_at,
                 t.device, t.latitude_e6, t.longitude_e6, label.label, label.known_at
             from transaction t
             join account debit on debit.id = t.debit_account
             join account credit on credit.id = t.credit_account
             left join label on label.transaction_id = t.id and label.known_at <= $2
             where case when t.flags & 2 = 0 then t.occurred_at else t.recorded_at end < $1
             order by case when t.flags & 2 = 0 then t.occurred_at else t.recorded_at end,
                 t.recorded_at, t.partition, t.command_offset",
        );
        rows.bind(until).bind(known_by).fetch(self.pool()).map(move |row| payment(&row?, zone))
    }
}

fn payment(row: &PgRow, zone: Tz) -> sqlx::Result<LabelledPayment> {
    let at = event_time(row)?;
    let kind = TransactionKind::from_code(row.try_get("kind")?)?;
    let (debit, credit) = (Party::of(row.try_get("debit")?), Party::of(row.try_get("credit")?));
    let paid_in = kind == TransactionKind::Deposit;
    let place: (Option<i32>, Option<i32>) = (row.try_get("latitude_e6")?, row.try_get("longitude_e6")?);
    let outcome = match TransactionState::from_code(row.try_get("state")?)? {
        TransactionState::Posted => Outcome::Posted,
        TransactionState::Held => Outcome::Held,
        TransactionState::Refused | TransactionState::Expired => Outcome::Refused,
    };
    let label = row.try_get::<Option<i16>, _>("label")?.map(FraudLabel::from_code).transpose()?;
    let known_at: Option<DateTime<Utc>> = row.try_get("known_at")?;
    Ok(LabelledPayment {
        happened: Happened {
            payment: Payment {
                id: row.try_get("id")?,
                kind,
                payer: if paid_in { credit } else { debit },
                counterparty: if paid_in { debit } else { credit },
                amount_minor: row.try_get("amount_minor")?,
                at_ms: at.timestamp_millis(),
                local_offset_ms: local_offset_ms(at, &zone),
                device: row.try_get::<Option<&str>, _>("device")?.map(Party::of),
                place: place.0.zip(place.1).map(|(latitude_e6, longitude_e6)| Place { latitude_e6, longitude_e6 }),
                // No feature asks for these, and no table keeps them.
                channel: None,
                country: None,
                session_risk: None,
            },
            outcome,
            unjudged: outcome == Outcome::Refused && row.try_get::<Option<i16>, _>("verdict")?.is_none(),
            opened_at_ms: row.try_get::<Option<DateTime<Utc>>, _>("opened_at")?.map(|at| at.timestamp_millis()),
            fraud_known_at_ms: known_at.filter(|_| label == Some(FraudLabel::Fraud)).map(|at| at.timestamp_millis()),
        },
        label,
    })
}
