//! The bank's words as the small numbers that stand in the tables: the one place that knows both.
//!
//! A code is a word's place in its list, counted from 1. The lists only ever grow at their end.

use chrono::{DateTime, Utc};
use domain::command::{FraudLabel, LabelSource};
use domain::fact::{Judgement, RiskVerdict};
use domain::{AccountKind, AccountStatus, OnExpiry, RefusalReason, TransactionKind, TransactionState};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

/// A word that is stored as a `smallint`.
pub trait Code: Copy + PartialEq + 'static {
    /// Every word, in the order of its code.
    const WORDS: &'static [Self];

    fn code(self) -> i16 {
        let place = Self::WORDS.iter().position(|word| *word == self);
        // Every list below is complete, which a test holds; 0 is refused by the tables' checks.
        place.map_or(0, |place| place as i16 + 1)
    }

    /// # Errors
    /// When the number stands for no word: the row was written by a newer version, or by hand.
    fn from_code(code: i16) -> Result<Self, UnknownCode> {
        let place = usize::try_from(code).ok().and_then(|code| code.checked_sub(1));
        place.and_then(|place| Self::WORDS.get(place)).copied().ok_or(UnknownCode(code))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no known code")]
pub struct UnknownCode(pub i16);

impl From<UnknownCode> for sqlx::Error {
    fn from(error: UnknownCode) -> Self {
        sqlx::Error::Decode(Box::new(error))
    }
}

impl Code for TransactionKind {
    const WORDS: &'static [Self] = &[TransactionKind::Deposit, TransactionKind::Withdrawal, TransactionKind::Transfer];
}

impl Code for TransactionState {
    const WORDS: &'static [Self] =
        &[TransactionState::Posted, TransactionState::Held, TransactionState::Refused, TransactionState::Expired];
}

impl Code for AccountKind {
    const WORDS: &'static [Self] = &[AccountKind::Customer, AccountKind::External];
}

impl Code for AccountStatus {
    const WORDS: &'static [Self] = &[AccountStatus::Open, AccountStatus::Frozen, AccountStatus::Closed];
}

impl Code for OnExpiry {
    const WORDS: &'static [Self] = &[OnExpiry::Release, OnExpiry::Expire];
}

impl Code for RefusalReason {
    const WORDS: &'static [Self] = &RefusalReason::ALL;
}

impl Code for RiskVerdict {
    const WORDS: &'static [Self] = &[RiskVerdict::Allow, RiskVerdict::Review, RiskVerdict::Hold, RiskVerdict::Refuse];
}

impl Code for FraudLabel {
    const WORDS: &'static [Self] = &[FraudLabel::Fraud, FraudLabel::Genuine, FraudLabel::Inconclusive];
}

impl Code for LabelSource {
    const WORDS: &'static [Self] = &[LabelSource::Customer, LabelSource::Analyst];
}

/// The time that a row of `transaction` counts at: see `domain::ledger::event_time`.
///
/// # Errors
/// When the row lacks `flags`, `occurred_at` or `recorded_at`.
pub fn event_time(row: &PgRow) -> sqlx::Result<DateTime<Utc>> {
    let believed = row.try_get::<i16, _>("flags")? & FLAG_OCCURRED_AT_OUT_OF_BOUNDS == 0;
    row.try_get(if believed { "occurred_at" } else { "recorded_at" })
}

/// Bits of `transaction.flags`.
pub const FLAG_HISTORY: i16 = 1;
pub const FLAG_OCCURRED_AT_OUT_OF_BOUNDS: i16 = 2;
pub const FLAG_FIRST_OF_PAIR: i16 = 4;
pub const FLAG_LARGE: i16 = 8;

/// The flags of a row.
pub fn flags(history: bool, clock_out_of_bounds: bool, judgement: Option<&Judgement>) -> i16 {
    let bit = |is: bool, flag: i16| if is { flag } else { 0 };
    bit(history, FLAG_HISTORY)
        | bit(clock_out_of_bounds, FLAG_OCCURRED_AT_OUT_OF_BOUNDS)
        | bit(judgement.is_some_and(|judgement| judgement.first_of_pair), FLAG_FIRST_OF_PAIR)
        | bit(judgement.is_some_and(|judgement| judgement.large), FLAG_LARGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_word_comes_back<T: Code + std::fmt::Debug>() {
        for (index, word) in T::WORDS.iter().enumerate() {
            assert_eq!(word.code(), index as i16 + 1);
            assert_eq!(T::from_code(word.code()), Ok(*word));
        }
        let beyond = T::WORDS.len() as i16 + 1;
        assert_eq!(T::from_code(beyond), Err(UnknownCode(beyond)));
        assert_eq!(T::from_code(0), Err(UnknownCode(0)));
        assert_eq!(T::from_code(-1), Err(UnknownCode(-1)));
    }

    #[test]
    fn every_word_comes_back_from_its_code() {
        every_word_comes_back::<TransactionKind>();
        every_word_comes_back::<TransactionState>();
        every_word_comes_back::<AccountKind>();
        every_word_comes_back::<OnExpiry>();
        every_word_comes_back::<AccountStatus>();
        every_word_comes_back::<RefusalReason>();
        every_word_comes_back::<RiskVerdict>();
        every_word_comes_back::<FraudLabel>();
        every_word_comes_back::<LabelSource>();
    }

    #[test]
    fn the_codes_are_those_the_schema_explains() {
        assert_eq!(TransactionKind::Transfer.code(), 3);
        assert_eq!(TransactionState::Refused.code(), 3);
        assert_eq!(AccountKind::External.code(), 2);
        assert_eq!(AccountStatus::Closed.code(), 3);
        assert_eq!(RefusalReason::NotApproved.code(), 13);
        assert_eq!(RiskVerdict::Refuse.code(), 4);
        assert_eq!(FraudLabel::Inconclusive.code(), 3);
        assert_eq!(LabelSource::Analyst.code(), 2);
    }
}
