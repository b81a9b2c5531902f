//! Rows as views: what a page may show of an account or a transaction, for whom.
//!
//! A customer sees a transaction if its account at risk is linked to them, or if they were credited by it (posted
//! only: that somebody tried to pay them is not theirs to know). The other side keeps its number and nothing else.

use super::Store;
use super::codes::{Code as _, FLAG_HISTORY};
use super::row::row;
use super::seals::Keys;
use app::ports::{DateRange, Person, PortError, Role};
use chrono::{DateTime, NaiveDate, NaiveTime, Offset as _, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use domain::view::{AccountView, AfterView, SideView, Stamp, TransactionView};
use domain::{AccountKind, Currency, RefusalReason, TransactionState};
use uuid::Uuid;

/// The cause goes to the log, once; the page learns only that it cannot be had now.
pub(crate) fn unavailable(error: sqlx::Error) -> PortError {
    tracing::error!(%error, "a query failed");
    PortError::Unavailable
}

/// Which accounts a reader may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// Analysts and operators.
    All,
    /// Account ids, sorted.
    Own(Vec<i32>),
}

impl Sight {
    pub fn covers(&self, account: i32) -> bool {
        match self {
            Sight::All => true,
            Sight::Own(own) => own.binary_search(&account).is_ok(),
        }
    }
}

pub(super) async fn sight(db: &mut super::Db, person: &Person) -> sqlx::Result<Sight> {
    match person.role {
        Role::Analyst | Role::Operator => Ok(Sight::All),
        Role::Customer => {
            let own =
                sqlx::query_scalar("select account_id from account_link where person_id = $1 order by account_id");
            Ok(Sight::Own(own.bind(person.id).fetch_all(&mut **db).await?))
        }
    }
}

row! {
    /// An account with its balance, an external one summed over its stripes.
    #[derive(Debug, Clone)]
    pub(super) struct AccountRow {
        pub id: i32,
        pub number: String,
        pub kind: i16,
        pub currency: String,
        pub status: i16,
        pub version: i64,
        pub booked_minor: i64,
        pub held_minor: i64,
        pub overdraft_minor: i64,
    }
}

/// `select … from account` for [`AccountRow`]; conditions follow.
pub(super) const SELECT_ACCOUNT: &str =
    "select a.id, a.number, a.kind, a.currency, a.status, a.held_minor, a.overdraft_minor,
    case when a.kind = 1 then a.version else stripes.version end as version,
    case when a.kind = 1 then a.booked_minor else stripes.booked_minor end as booked_minor
from account a left join lateral (
    select coalesce(sum(s.version), 0)::bigint as version, coalesce(sum(s.booked_minor), 0)::bigint as booked_minor
    from account_stripe s where s.account_id = a.id and a.kind = 2) stripes on true ";

impl AccountRow {
    pub fn view(self) -> sqlx::Result<AccountView> {
        Ok(AccountView {
            account: self.number,
            kind: AccountKind::from_code(self.kind)?,
            currency: currency(&self.currency)?,
            status: domain::AccountStatus::from_code(self.status)?,
            version: self.version,
            booked_minor: self.booked_minor,
            held_minor: self.held_minor,
            overdraft_minor: self.overdraft_minor,
            available_minor: self.booked_minor.saturating_sub(self.held_minor).saturating_add(self.overdraft_minor),
        })
    }
}

pub(super) fn currency(text: &str) -> sqlx::Result<Currency> {
    text.parse().map_err(|error: domain::money::ParseCurrencyError| sqlx::Error::Decode(Box::new(error)))
}

row! {
    /// A transaction with the numbers of its sides.
    #[derive(Debug, Clone)]
    pub(super) struct TransactionRow {
        pub id: Uuid,
        pub recorded_at: DateTime<Utc>,
        pub occurred_at: DateTime<Utc>,
        pub amount_minor: i64,
        pub currency: String,
        pub kind: i16,
        pub state: i16,
        pub reason: Option<i16>,
        pub flags: i16,
        pub reference: Option<String>,
        pub debit_account: Option<i32>,
        pub debit_number: Option<String>,
        pub debit_kind: Option<i16>,
        pub debit_version: Option<i64>,
        pub debit_balance_after: Option<i64>,
        pub credit_account: Option<i32>,
        pub credit_number: Option<String>,
        pub credit_kind: Option<i16>,
        pub credit_version: Option<i64>,
        pub credit_balance_after: Option<i64>,
        pub partition: i16,
    }
}

/// The columns of [`TransactionRow`], of a transaction `t` joined by [`JOIN_SIDES`].
pub(super) const SELECT_TRANSACTION: &str =
    "select t.id, t.recorded_at, t.occurred_at, t.amount_minor, t.currency, t.kind, t.state,
    t.reason, t.flags, t.reference, t.partition,
    t.debit_account, coalesce(d.number, t.debit_unknown) as debit_number, d.kind as debit_kind,
    t.debit_version, t.debit_balance_after,
    t.credit_account, coalesce(c.number, t.credit_unknown) as credit_number, c.kind as credit_kind,
    t.credit_version, t.credit_balance_after ";
pub(super) const JOIN_SIDES: &str =
    " left join account d on d.id = t.debit_account left join account c on c.id = t.credit_account ";

impl TransactionRow {
    /// The side's account as seen by the reader.
    fn side(
        sight: &Sight,
        id: Option<i32>,
        number: Option<String>,
        kind: Option<i16>,
        version: Option<i64>,
        balance: Option<i64>,
    ) -> SideView {
        let own = id.is_some_and(|id| sight.covers(id)) && kind == Some(AccountKind::Customer.code());
        let after = match (own, version, balance) {
            (true, Some(version), Some(booked_minor)) => {
                Some(AfterView { version, booked_minor, available_minor: None })
            }
            _ => None,
        };
        SideView { account: number.unwrap_or_default(), after }
    }

    pub fn view(self, sight: &Sight, time_zone: Tz, keys: &Keys) -> sqlx::Result<TransactionView> {
        let reference = self.reference.as_deref().and_then(|sealed| keys.open(self.id, sealed));
        let state = TransactionState::from_code(self.state)?;
        let reason = self.reason.map(RefusalReason::from_code).transpose()?;
        let (state, reason) = match sight {
            Sight::All => (state, reason),
            Sight::Own(_) => outcome_for_customers(state, reason),
        };
        Ok(TransactionView {
            id: self.id,
            kind: domain::TransactionKind::from_code(self.kind)?,
            state,
            amount_minor: self.amount_minor,
            currency: currency(&self.currency)?,
            debit: Self::side(
                sight,
                self.debit_account,
                self.debit_number,
                self.debit_kind,
                self.debit_version,
                self.debit_balance_after,
            ),
            credit: Self::side(
                sight,
                self.credit_account,
                self.credit_number,
                self.credit_kind,
                self.credit_version,
                self.credit_balance_after,
            ),
            occurred_at: stamp(self.occurred_at, time_zone),
            recorded_at: stamp(self.recorded_at, time_zone),
            history: self.flags & FLAG_HISTORY != 0,
            reason,
            reference,
        })
    }
}

impl Store {
    /// Opens the payers' seals and makes views, in the rows' order.
    pub(super) async fn transaction_views(
        &self,
        db: &mut super::Db,
        sight: &Sight,
        rows: Vec<TransactionRow>,
    ) -> sqlx::Result<Vec<TransactionView>> {
        let keys = Keys::of(db, rows.iter().filter_map(|row| row.reference.as_deref())).await?;
        rows.into_iter().map(|row| row.view(sight, self.time_zone(), &keys)).collect()
    }
}

/// How a transaction ended, as its customer may know it: that nobody decided in time looks like "not approved".
pub fn outcome_for_customers(
    state: TransactionState,
    reason: Option<RefusalReason>,
) -> (TransactionState, Option<RefusalReason>) {
    match state {
        TransactionState::Expired => (TransactionState::Refused, Some(RefusalReason::NotApproved)),
        state => (state, reason),
    }
}

/// A moment as the bank's wall clocks show it.
pub fn stamp(moment: DateTime<Utc>, time_zone: Tz) -> Stamp {
    let offset = moment.with_timezone(&time_zone).offset().fix();
    Stamp { ms: moment.timestamp_millis(), offset_min: offset.local_minus_utc() / 60 }
}

/// The instants of a range of the bank's days: from (inclusive) and until (exclusive).
pub(super) fn instants(range: DateRange, time_zone: Tz) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    let from = range.from.map(|day| midnight(day, time_zone));
    let until = range.to.and_then(|day| day.succ_opt()).map(|day| midnight(day, time_zone));
    (from, until)
}

/// The first instant of a day. Where clocks skip midnight, the day begins an hour later.
fn midnight(day: NaiveDate, time_zone: Tz) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    let first = time_zone.from_local_datetime(&midnight).earliest();
    let first = first.or_else(|| time_zone.from_local_datetime(&(midnight + TimeDelta::hours(1))).earliest());
    first.map_or_else(|| midnight.and_utc(), |moment| moment.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap_or_default()
    }

    #[test]
    fn a_day_of_the_bank_is_as_long_as_its_clocks_say() {
        let hours = |text| {
            let range = DateRange { from: Some(day(text)), to: Some(day(text)) };
            let (from, until) = instants(range, chrono_tz::Europe::Paris);
            from.zip(until).map(|(from, until)| (until - from).num_hours())
        };
        assert_eq!(hours("2025-06-15"), Some(24));
        assert_eq!(hours("2025-03-30"), Some(23));
        assert_eq!(hours("2025-10-26"), Some(25));
    }

    #[test]
    fn a_day_whose_midnight_is_skipped_begins_an_hour_later() {
        // Beirut moved its clocks from 00:00 to 01:00 on 2024-03-31.
        let first = midnight(day("2024-03-31"), chrono_tz::Asia::Beirut);
        assert_eq!(first.to_rfc3339(), "2024-03-30T22:00:00+00:00");
    }

    #[test]
    fn a_stamp_carries_the_offset_of_its_own_moment() {
        let paris = chrono_tz::Europe::Paris;
        let at = |text: &str| text.parse::<DateTime<Utc>>().map(|moment| stamp(moment, paris).offset_min);
        assert_eq!(at("2025-01-15T12:00:00Z"), Ok(60));
        assert_eq!(at("2025-07-15T12:00:00Z"), Ok(120));
    }
}
