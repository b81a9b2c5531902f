//! One line of a file as the bank will book it, and the id that makes importing it twice harmless.

use super::date::FileMoment;
use chrono::{DateTime, NaiveDate, Utc};
use domain::account::history_desk;
use domain::command::SubmitTransaction;
use domain::{AccountNumber, AmountMinor, Currency, TransactionKind};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use uuid::Uuid;

/// A good line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub line: u64,
    pub id: Uuid,
    pub account: AccountNumber,
    pub kind: TransactionKind,
    /// Positive.
    pub amount_minor: AmountMinor,
    pub date: NaiveDate,
    pub occurred_at: DateTime<Utc>,
    /// The file's running balance after this line, where it has one.
    pub balance_minor: Option<AmountMinor>,
}

impl Row {
    /// The command that books it: history, against the desk behind imported history of that currency.
    pub fn command(&self, currency: Currency) -> SubmitTransaction {
        let (debit, credit) = match self.kind {
            TransactionKind::Deposit => (history_desk(currency), self.account.clone()),
            TransactionKind::Withdrawal | TransactionKind::Transfer => (self.account.clone(), history_desk(currency)),
        };
        SubmitTransaction {
            transaction_id: self.id,
            kind: self.kind,
            debit,
            credit,
            amount_minor: self.amount_minor,
            currency,
            occurred_at: self.occurred_at,
            history: true,
            reference: None,
            context: None,
        }
    }

    /// The amount with the sign it has for the account.
    pub fn signed_minor(&self) -> AmountMinor {
        if self.kind == TransactionKind::Deposit { self.amount_minor } else { -self.amount_minor }
    }
}

/// Names rows. The id is a UUIDv8 (RFC 9562): 48 bits of milliseconds of the moment as the file writes it, read as UTC
/// (so that ids of one export lie together in the index, and the bank's time zone does not change them); then a SHA-256
/// of bank, canonical line and how often that line came before in this file. So the same file again gives the same ids,
/// a longer export gives those and its new lines', and two equal lines are two transactions.
///
/// The canonical line holds what the transaction is (moment, account, signed amount, and the bank's own id of the line
/// where there is one), not how the file spells it, and no running balance: that depends on the order within a day.
#[derive(Debug)]
pub struct RowIds {
    bank: String,
    seen: HashMap<String, u64>,
}

impl RowIds {
    pub fn new(bank: &str) -> Self {
        RowIds { bank: bank.to_owned(), seen: HashMap::new() }
    }

    pub fn next(
        &mut self,
        moment: FileMoment,
        account: &AccountNumber,
        signed_minor: AmountMinor,
        bank_id: Option<&str>,
    ) -> Uuid {
        let written = moment.as_written();
        let line = format!("{}|{account}|{signed_minor}|{}", written.format("%FT%T%.f"), bank_id.unwrap_or_default());
        let occurrence = self.seen.entry(line.clone()).and_modify(|count| *count += 1).or_insert(0);
        id_v8(written.and_utc().timestamp_millis(), &[&self.bank, &line, &occurrence.to_string()])
    }
}

/// A UUIDv8 of a moment and the SHA-256 of the parts, each preceded by its length.
pub fn id_v8(at_ms: i64, parts: &[&str]) -> Uuid {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let hash = hash.finalize();
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&at_ms.max(0).to_be_bytes()[2..]);
    bytes[6..].copy_from_slice(&hash[..10]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_id_begins_with_its_moment_and_says_version_eight() {
        let id = id_v8(0x0123_4567_89ab, &["bank", "line", "0"]);
        assert!(id.to_string().starts_with("01234567-89ab-8"), "{id}");
        assert_eq!((id.get_version_num(), id.get_variant()), (8, uuid::Variant::RFC4122));
        assert_ne!(id, id_v8(0x0123_4567_89ab, &["bankl", "ine", "0"]));
    }

    #[test]
    fn another_bank_gives_other_ids() {
        let account = "C100".parse().unwrap();
        let moment = FileMoment::Day(NaiveDate::from_ymd_opt(2024, 1, 5).unwrap());
        let first = RowIds::new("one").next(moment, &account, -2_500, None);
        assert_eq!(first, RowIds::new("one").next(moment, &account, -2_500, None));
        assert_ne!(first, RowIds::new("two").next(moment, &account, -2_500, None));
        assert_ne!(first, RowIds::new("one").next(moment, &account, 2_500, None));
        assert_ne!(first, RowIds::new("one").next(moment, &account, -2_500, Some("17")));
    }
}
