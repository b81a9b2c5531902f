//! From bytes to a command: envelope, authority, key and partition, value. What does not fit becomes a dead letter
//! with its reason; nothing here can stop a partition.

use super::producers::{Producer, Producers, Stopping};
use crate::kafka::command_consumer::RawRecord;
use crate::kafka::signature::{ProducerSignature, Signer};
use chrono::{DateTime, Utc};
use domain::command::{Command, SubmitTransaction};
use domain::fact::DeadLetterReason;
use domain::ledger::{Input, Record};
use domain::money::ABSURD_AMOUNT_MINOR;
use domain::{envelope, partition};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use uuid::Uuid;

/// Bytes of a value that are kept for the dead letters, and the most a command may have.
pub const HEAD_BYTES: usize = 64 * 1024;

/// A record ready for the step, with what a dead letter of it would need.
#[derive(Debug, Clone)]
pub struct Decoded {
    pub record: Record,
    pub key: Box<[u8]>,
    /// First 64 KB of the value.
    pub head: Box<[u8]>,
    /// The offset from which this is the next record: nothing in the log stands between. Set by the queue.
    pub follows: i64,
}

impl Decoded {
    /// Memory this record holds, for the bounds of queue and batch.
    pub fn bytes(&self) -> usize {
        self.head.len() + self.key.len() + 256
    }
}

#[cfg(test)]
impl Decoded {
    /// A record that only its place in the log matters of.
    pub fn at(partition: i32, offset: i64, recorded_at: DateTime<Utc>) -> Self {
        let input = Input::DeadLetter { reason: DeadLetterReason::Undecodable, detail: String::new(), command: None };
        let (command_id, length, sha256) = (None, 0, [0; 32]);
        let record = Record { partition, offset, recorded_at, command_id, length, sha256, input };
        Decoded { record, key: Box::default(), head: Box::default(), follows: offset }
    }
}

pub struct Decoder {
    signer: Signer,
    producers: Producers,
    partition_count: i32,
}

/// The headers that matter, as found.
#[derive(Default)]
struct Envelope<'a> {
    specversion: &'a [u8],
    id: &'a [u8],
    kind: &'a [u8],
    source: &'a [u8],
    signature: &'a [u8],
}

type Rejection = (DeadLetterReason, String);

/// Who signed a record.
enum Authority {
    /// One of our own nodes.
    Node,
    Producer(Arc<Producer>),
}

/// Why a record gives no command.
enum Unread {
    Rejected(Box<(Rejection, Option<Command>)>),
    Stopping,
}

impl From<Stopping> for Unread {
    fn from(_: Stopping) -> Self {
        Unread::Stopping
    }
}

impl Decoder {
    pub fn new(signer: Signer, producers: Producers, partition_count: i32) -> Self {
        Decoder { signer, producers, partition_count }
    }

    /// None if the worker is asked to stop before it could be told who signed: the record is the next owner's.
    pub fn decode(&mut self, raw: &RawRecord<'_>) -> Option<Decoded> {
        let mut found = Envelope::default();
        for (name, value) in raw.headers() {
            match name {
                envelope::CE_SPECVERSION => found.specversion = value,
                envelope::CE_ID => found.id = value,
                envelope::CE_TYPE => found.kind = value,
                envelope::CE_SOURCE => found.source = value,
                envelope::SIGNATURE => found.signature = value,
                _ => {}
            }
        }
        let key = raw.key.unwrap_or_default();
        let command_id = std::str::from_utf8(found.id).ok().and_then(|text| Uuid::try_parse(text).ok());
        let input = match self.read(raw, key, &found, command_id) {
            Ok(command) => Input::Command(command),
            Err(Unread::Rejected(rejected)) => {
                let ((reason, detail), command) = *rejected;
                Input::DeadLetter { reason, detail, command }
            }
            Err(Unread::Stopping) => return None,
        };
        Some(Decoded {
            record: Record {
                partition: raw.partition,
                offset: raw.offset,
                recorded_at: raw.recorded_at,
                command_id,
                length: i64::try_from(raw.value.len()).unwrap_or(i64::MAX),
                sha256: Sha256::digest(raw.value).into(),
                input,
            },
            key: key.into(),
            head: raw.value[..raw.value.len().min(HEAD_BYTES)].into(),
            follows: raw.offset,
        })
    }

    fn read(
        &mut self,
        raw: &RawRecord<'_>,
        key: &[u8],
        found: &Envelope<'_>,
        command_id: Option<Uuid>,
    ) -> Result<Command, Unread> {
        let early = |reason, detail: &str| Unread::Rejected(Box::new(((reason, detail.to_owned()), None)));
        if raw.value.len() > HEAD_BYTES {
            return Err(early(DeadLetterReason::TooLarge, "a command has 64 KB at most"));
        }
        if found.specversion != envelope::SPECVERSION.as_bytes() {
            return Err(early(DeadLetterReason::Undecodable, "ce_specversion is not 1.0"));
        }
        if command_id.is_none() {
            return Err(early(DeadLetterReason::Undecodable, "ce_id is not a UUID"));
        }
        let Some(authority) = self.authority(raw, key, found)? else {
            return Err(early(DeadLetterReason::BadSignature, "no valid signature"));
        };
        let command =
            parse(found.kind, raw.value).map_err(|rejection| Unread::Rejected(Box::new((rejection, None))))?;
        if let Authority::Producer(producer) = authority {
            // Not a word on bank.events about the account it named: nothing of it was this producer's.
            may_send(&producer, &command).map_err(|detail| early(DeadLetterReason::NotAuthorised, detail))?;
        }
        match self.check(raw.partition, key, &command) {
            Ok(()) => Ok(command),
            Err(rejection) => Err(Unread::Rejected(Box::new((rejection, Some(command))))),
        }
    }

    /// Whose signature the record carries, if it is a valid one.
    fn authority(
        &mut self,
        raw: &RawRecord<'_>,
        key: &[u8],
        found: &Envelope<'_>,
    ) -> Result<Option<Authority>, Stopping> {
        if !ProducerSignature::is_claimed_by(found.signature) {
            let ours = self.signer.verify(found.signature, key, found.id, found.kind, found.source, raw.value);
            return Ok(ours.then_some(Authority::Node));
        }
        let Some(said) = ProducerSignature::read(found.signature) else { return Ok(None) };
        let Some(producer) = self.producers.find(said.producer, raw.recorded_at)? else { return Ok(None) };
        let valid = producer
            .key
            .as_ref()
            .is_some_and(|public| public.verify(&said, key, found.id, found.kind, found.source, raw.value));
        Ok(valid.then_some(Authority::Producer(producer)))
    }

    fn check(&self, partition: i32, key: &[u8], command: &Command) -> Result<(), Rejection> {
        if key != command.key().as_str().as_bytes() {
            return Err((DeadLetterReason::WrongPartition, "the key is not the account at risk".to_owned()));
        }
        if partition::partition_of(key, self.partition_count) != partition {
            return Err((DeadLetterReason::WrongPartition, "the key belongs to another partition".to_owned()));
        }
        if let Command::SubmitTransaction(SubmitTransaction { amount_minor, occurred_at, context, .. }) = command {
            if let Some(field) = context.as_ref().and_then(|context| context.invalid_field()) {
                return Err((DeadLetterReason::Undecodable, format!("context.{field} is not as described")));
            }
            if !(1..=ABSURD_AMOUNT_MINOR).contains(amount_minor) {
                return Err((DeadLetterReason::AbsurdAmount, "an amount is positive and smaller".to_owned()));
            }
            sane_time("occurred_at", *occurred_at)?;
        }
        if let Command::ReportFraud(report) = command {
            sane_time("known_at", report.known_at)?;
        }
        Ok(())
    }
}

/// What a direct producer may send: payments of its accounts, live ones, without free text.
fn may_send(producer: &Producer, command: &Command) -> Result<(), &'static str> {
    let Command::SubmitTransaction(submission) = command else { return Err("a producer submits transactions only") };
    if producer.revoked {
        return Err("this producer was revoked");
    }
    if submission.history {
        return Err("a producer sends no history");
    }
    if submission.reference.is_some() {
        return Err("a producer sends no free text");
    }
    if !producer.reach.covers(submission.account_at_risk()) {
        return Err("this producer may not act for the account at risk");
    }
    Ok(())
}

/// Beyond what the database can hold: year 290000 is damage, not history.
fn sane_time(field: &str, time: DateTime<Utc>) -> Result<(), Rejection> {
    if (-62_135_596_800..253_402_300_800).contains(&time.timestamp()) {
        return Ok(());
    }
    Err((DeadLetterReason::Undecodable, format!("{field} outside the years 1 to 9999")))
}

fn parse(kind: &[u8], value: &[u8]) -> Result<Command, Rejection> {
    let parsed = match kind {
        b"vigie.transaction.submit.v1" => serde_json::from_slice(value).map(Command::SubmitTransaction),
        b"vigie.account.open.v1" => serde_json::from_slice(value).map(Command::OpenAccount),
        b"vigie.account.link.v1" => serde_json::from_slice(value).map(Command::LinkAccount),
        b"vigie.account.unlink.v1" => serde_json::from_slice(value).map(Command::UnlinkAccount),
        b"vigie.account.change-status.v1" => serde_json::from_slice(value).map(Command::ChangeAccountStatus),
        b"vigie.account.change-overdraft.v1" => serde_json::from_slice(value).map(Command::ChangeOverdraft),
        b"vigie.hold.release.v1" => serde_json::from_slice(value).map(Command::ReleaseHold),
        b"vigie.hold.refuse.v1" => serde_json::from_slice(value).map(Command::RefuseHold),
        b"vigie.hold.expire.v1" => serde_json::from_slice(value).map(Command::ExpireHold),
        b"vigie.fraud.report.v1" => serde_json::from_slice(value).map(Command::ReportFraud),
        _ => return Err((DeadLetterReason::UnknownType, "ce_type is not known here".to_owned())),
    };
    // serde's message may quote the value: only the place is kept.
    parsed.map_err(|error| {
        let place = format!("not the JSON its type promises, at line {} column {}", error.line(), error.column());
        (DeadLetterReason::Undecodable, place)
    })
}
