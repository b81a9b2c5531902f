//! What a batch asks of the tables before it is booked, and the papers it leaves: announcements and dead letters.

use super::announcement::{self, dead_letter_record, fact_key, fact_record, reason_name};
use super::decode::Decoded;
use super::fault::Fault;
use super::sender::Batch;
use crate::kafka::announcer::AnnouncedRecord;
use crate::store::worker::{AnnouncementRow, DeadLetterRow, FenceAdvance, Named};
use domain::command::Command;
use domain::ledger::{Input, Outcome};
use std::collections::BTreeMap;

/// The facts and dead letters of a batch, per partition, as they will be sent and as one packed row.
///
/// # Errors
/// When a fact cannot be written.
pub fn announcements(
    batch: &[Decoded],
    outcome: &Outcome,
    advances: &[FenceAdvance],
    topic: &str,
) -> Result<Vec<Batch>, Fault> {
    let broken = |error: &dyn std::fmt::Display| Fault::Broken(format!("facts cannot be written: {error}"));
    let mut by_partition: BTreeMap<i32, Vec<AnnouncedRecord>> = BTreeMap::new();
    let mut index = 0;
    for fact in &outcome.facts {
        let decoded = &batch[index];
        let record = fact_record(fact, fact_key(fact, decoded)).map_err(|error| broken(&error))?;
        by_partition.entry(fact.position.partition).or_default().push(record);
        if fact.position.last {
            index += 1;
        }
    }
    for letter in &outcome.dead_letters {
        let decoded = &batch[letter.record];
        let record = dead_letter_record(letter, decoded, topic);
        by_partition.entry(decoded.record.partition).or_default().push(record);
    }
    advances
        .iter()
        .map(|advance| {
            let records = by_partition.remove(&advance.partition).unwrap_or_default();
            let row = AnnouncementRow {
                partition: advance.partition,
                first_offset: advance.first_offset,
                last_offset: advance.next_offset - 1,
                records: announcement::pack(&records).map_err(|error| broken(&error))?,
            };
            Ok(Batch { row, records })
        })
        .collect()
}

/// The batch's rows for the dead letters.
pub fn letters(batch: &[Decoded], outcome: &Outcome) -> Vec<DeadLetterRow> {
    outcome
        .dead_letters
        .iter()
        .map(|letter| {
            let decoded = &batch[letter.record];
            let record = &decoded.record;
            DeadLetterRow {
                partition: record.partition,
                offset: record.offset,
                recorded_at: record.recorded_at,
                reason: reason_name(letter.reason),
                detail: letter.detail.clone(),
                length: record.length,
                sha256: record.sha256.to_vec(),
                head: decoded.head.to_vec(),
            }
        })
        .collect()
}

/// What the batch names and must be loaded.
pub fn named(batch: &[Decoded]) -> Named {
    let mut named = Named::default();
    for decoded in batch {
        named.partitions.insert(decoded.record.partition);
        let Input::Command(command) = &decoded.record.input else { continue };
        match command {
            Command::SubmitTransaction(submission) => {
                named.transactions.insert(submission.transaction_id);
                for number in [&submission.debit, &submission.credit] {
                    if !named.accounts.contains(number) {
                        named.accounts.insert(number.clone());
                    }
                }
            }
            Command::ReleaseHold(settle) | Command::RefuseHold(settle) | Command::ExpireHold(settle) => {
                named.transactions.insert(settle.transaction_id);
                named.accounts.insert(settle.account.clone());
            }
            Command::ReportFraud(report) => {
                named.transactions.insert(report.transaction_id);
                named.accounts.insert(report.account.clone());
            }
            _ => {
                named.accounts.insert(command.key().clone());
                named.linked.insert(command.key().clone());
            }
        }
    }
    named
}
