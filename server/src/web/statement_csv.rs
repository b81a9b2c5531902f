//! `GET /accounts/{number}/statement.csv?from=&to=`: the posted rows of a range as a file for other programs.
//!
//! UTF-8, comma-separated (RFC 4180), one header line, oldest first; dates ISO 8601 with the bank's offset, amounts with
//! a point and an ASCII minus, signed as the account sees them. Streamed page by page: memory does not follow length.
//! A text that a spreadsheet would take for a formula is preceded by an apostrophe.

use crate::store::Store;
use app::ports::{DateRange, Person, PortError, RequestContext};
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::{DateTime, FixedOffset, NaiveDate};
use domain::view::{Stamp, TransactionView};
use domain::{AccountNumber, AmountMinor, Currency, TransactionKind};
use futures::stream;
use serde::Deserialize;

const ROWS_PER_READ: i64 = 500;
const HEADER: [&str; 9] = [
    "occurred_at",
    "recorded_at",
    "kind",
    "other_account",
    "amount",
    "currency",
    "balance_after",
    "reference",
    "transaction_id",
];

#[derive(Debug, Default, Deserialize)]
pub struct Range {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

pub async fn statement(
    State(store): State<Store>,
    Extension(context): Extension<RequestContext>,
    Path(number): Path<String>,
    Query(range): Query<Range>,
) -> Response {
    let Some(person) = context.person else {
        return Redirect::to(&format!("/sign-in?next=/accounts/{number}")).into_response();
    };
    let (Ok(account), Some(range)) = (number.parse::<AccountNumber>(), days(&range)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    // The first part decides the status; an error after it cuts the body short, which the client notices.
    match part(&store, &person, &account, range, None).await {
        Err(PortError::NotFound) => StatusCode::NOT_FOUND.into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Ok((first, next)) => {
            let file = format!("attachment; filename=\"statement-{account}.csv\"");
            let headers = [
                (CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()),
                (CONTENT_DISPOSITION, file),
                (CACHE_CONTROL, "private, no-store".to_owned()),
            ];
            let state = (store, person, account, Some(first), next);
            let body = stream::try_unfold(state, move |(store, person, account, first, next)| async move {
                if let Some(first) = first {
                    return Ok(Some((first, (store, person, account, None, next))));
                }
                let Some(after) = next else { return Ok(None) };
                let (bytes, next) = part(&store, &person, &account, range, Some(after)).await?;
                Ok::<_, PortError>(Some((bytes, (store, person, account, None, next))))
            });
            (headers, Body::from_stream(body)).into_response()
        }
    }
}

/// Both ends of the range; none where a date is malformed.
fn days(range: &Range) -> Option<DateRange> {
    let day = |text: &str| if text.is_empty() { Some(None) } else { text.parse::<NaiveDate>().ok().map(Some) };
    Some(DateRange { from: day(&range.from)?, to: day(&range.to)? })
}

async fn part(
    store: &Store,
    person: &Person,
    account: &AccountNumber,
    range: DateRange,
    after: Option<i64>,
) -> Result<(Bytes, Option<i64>), PortError> {
    let part = store.statement_rows(person, account, range, after, ROWS_PER_READ).await?;
    let mut csv = csv::Writer::from_writer(Vec::new());
    if after.is_none() {
        csv.write_record(HEADER).map_err(|_| PortError::Unavailable)?;
    }
    for row in &part.rows {
        csv.write_record(fields(account, row)).map_err(|_| PortError::Unavailable)?;
    }
    let bytes = csv.into_inner().map_err(|_| PortError::Unavailable)?;
    Ok((bytes.into(), part.next))
}

fn fields(account: &AccountNumber, row: &TransactionView) -> [String; 9] {
    let debited = row.debit.account == account.as_str();
    let (own, other) = if debited { (&row.debit, &row.credit) } else { (&row.credit, &row.debit) };
    let signed = if debited { -row.amount_minor } else { row.amount_minor };
    let kind = match row.kind {
        TransactionKind::Deposit => "deposit",
        TransactionKind::Withdrawal => "withdrawal",
        TransactionKind::Transfer => "transfer",
    };
    [
        iso(row.occurred_at),
        iso(row.recorded_at),
        kind.to_owned(),
        harmless(&other.account),
        decimal(signed, row.currency),
        row.currency.to_string(),
        own.after.map(|after| decimal(after.booked_minor, row.currency)).unwrap_or_default(),
        harmless(row.reference.as_deref().unwrap_or_default()),
        row.id.to_string(),
    ]
}

fn iso(stamp: Stamp) -> String {
    let offset = FixedOffset::east_opt(stamp.offset_min * 60);
    let moment = DateTime::from_timestamp_millis(stamp.ms).zip(offset);
    moment.map(|(moment, offset)| moment.with_timezone(&offset).to_rfc3339()).unwrap_or_default()
}

/// `-1234` of a currency with two decimals is `-12.34`.
fn decimal(amount: AmountMinor, currency: Currency) -> String {
    let exponent = currency.exponent();
    let unit = 10_u64.pow(exponent);
    let (sign, size) = (if amount < 0 { "-" } else { "" }, amount.unsigned_abs());
    match exponent {
        0 => format!("{sign}{size}"),
        _ => format!("{sign}{}.{:0width$}", size / unit, size % unit, width = exponent as usize),
    }
}

/// No spreadsheet takes the text for a formula.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_and_ascii() {
        assert_eq!(decimal(-1234, Currency::EUR), "-12.34");
        assert_eq!(decimal(5, Currency::EUR), "0.05");
        assert_eq!(decimal(-5, Currency::EUR), "-0.05");
        assert_eq!(decimal(i64::MIN, Currency::EUR), "-92233720368547758.08");
        assert_eq!(decimal(1200, "JPY".parse().unwrap()), "1200");
        assert_eq!(decimal(1234, "KWD".parse().unwrap()), "1.234");
    }

    #[test]
    fn a_text_that_looks_like_a_formula_is_defused() {
        assert_eq!(harmless("=1+1"), "'=1+1");
        assert_eq!(harmless("-cmd"), "'-cmd");
        assert_eq!(harmless("rent"), "rent");
    }

    #[test]
    fn dates_carry_the_banks_offset() {
        assert_eq!(iso(Stamp { ms: 1_751_364_000_000, offset_min: 120 }), "2025-07-01T12:00:00+02:00");
    }

    #[test]
    fn a_malformed_date_is_no_range() {
        let range = |from: &str| days(&Range { from: from.to_owned(), to: String::new() });
        assert_eq!(range(""), Some(DateRange::default()));
        assert!(range("2025-02-28").is_some());
        assert!(range("2025-02-30").is_none());
    }
}
