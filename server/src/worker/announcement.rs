//! What a batch will say, as one row: the records for bank.events and bank.dead-letters, packed and compressed, so
//! that whoever owns the partition next can say exactly the same.

use super::decode::Decoded;
use crate::kafka::announcer::{AnnouncedRecord, Destination};
use domain::envelope;
use domain::fact::{DeadLetterReason, Fact, FactBody};
use domain::hex::hex;
use domain::ledger::DeadLetter;
use std::borrow::Cow;
use std::cell::RefCell;

/// The row cannot be read: it was written by another version, or damaged.
#[derive(Debug, thiserror::Error)]
#[error("the announcement cannot be read: {0}")]
pub struct UnreadableAnnouncement(&'static str);

/// What a posted transaction's fact takes, so that writing it does not grow the buffer.
const FACT_BYTES: usize = 768;

/// A fact as a record of bank.events.
///
/// # Errors
/// When the fact cannot be written as JSON.
pub fn fact_record(fact: &Fact, key: &[u8]) -> serde_json::Result<AnnouncedRecord> {
    let position = fact.position;
    let id = format!("{}-{}-{}", position.partition, position.offset, position.ordinal);
    let time = fact.recorded_at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    Ok(AnnouncedRecord {
        destination: Destination::Events,
        key: key.to_vec(),
        headers: cloud_event(id, fact.body.type_name(), time),
        value: {
            let mut value = Vec::with_capacity(FACT_BYTES);
            serde_json::to_writer(&mut value, fact)?;
            value
        },
    })
}

type Headers = Vec<(Cow<'static, str>, Cow<'static, [u8]>)>;

fn cloud_event(id: String, kind: &'static str, time: String) -> Headers {
    let header = |name: &'static str, value: &'static str| (Cow::Borrowed(name), Cow::Borrowed(value.as_bytes()));
    vec![
        header(envelope::CE_SPECVERSION, envelope::SPECVERSION),
        (Cow::Borrowed(envelope::CE_ID), Cow::Owned(id.into_bytes())),
        header(envelope::CE_TYPE, kind),
        header(envelope::CE_SOURCE, "vigie/worker"),
        (Cow::Borrowed(envelope::CE_TIME), Cow::Owned(time.into_bytes())),
        header(envelope::CONTENT_TYPE, envelope::JSON),
    ]
}

/// A reason's name on the wire and in the tables.
pub fn reason_name(reason: DeadLetterReason) -> String {
    let value = serde_json::to_value(reason).ok();
    value.and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A dead letter as a record of bank.dead-letters: the value's first 64 KB, the origin in headers.
pub fn dead_letter_record(letter: &DeadLetter, decoded: &Decoded, topic: &str) -> AnnouncedRecord {
    let record = &decoded.record;
    let header = |name: &'static str, value: String| (Cow::Borrowed(name), Cow::Owned(value.into_bytes()));
    AnnouncedRecord {
        destination: Destination::DeadLetters,
        key: decoded.key.to_vec(),
        headers: vec![
            header("vigie_dlq_topic", topic.to_owned()),
            header("vigie_dlq_partition", record.partition.to_string()),
            header("vigie_dlq_offset", record.offset.to_string()),
            header("vigie_dlq_ts", record.recorded_at.timestamp_millis().to_string()),
            header("vigie_dlq_reason", reason_name(letter.reason)),
            header("vigie_dlq_detail", letter.detail.clone()),
            header("vigie_dlq_length", record.length.to_string()),
            header("vigie_dlq_sha256", hex(&record.sha256)),
        ],
        value: decoded.head.to_vec(),
    }
}

/// The key of a fact's record: the account it is about, or what the dead record had.
pub fn fact_key<'a>(fact: &'a Fact, decoded: &'a Decoded) -> &'a [u8] {
    match &fact.body {
        FactBody::RecordDeadLettered(_) => &decoded.key,
        _ => match &decoded.record.input {
            domain::ledger::Input::Command(command) => command.key().as_str().as_bytes(),
            domain::ledger::Input::DeadLetter { .. } => &decoded.key,
        },
    }
}

const FORMAT: u8 = 1;

/// Packs records into one compressed row.
///
/// # Errors
/// When the compressor refuses.
pub fn pack(records: &[AnnouncedRecord]) -> std::io::Result<Vec<u8>> {
    let mut plain = Vec::with_capacity(records.iter().map(|record| record.value.len() + 256).sum());
    plain.push(FORMAT);
    for record in records {
        plain.push(match record.destination {
            Destination::Events => 0,
            Destination::DeadLetters => 1,
        });
        put(&mut plain, &record.key);
        plain.push(u8::try_from(record.headers.len()).unwrap_or(u8::MAX));
        for (name, value) in &record.headers {
            put(&mut plain, name.as_bytes());
            put(&mut plain, value);
        }
        put(&mut plain, &record.value);
    }
    PACKER.with_borrow_mut(|packer| match packer {
        Some(packer) => packer.compress(&plain),
        None => packer.insert(zstd::bulk::Compressor::new(1)?).compress(&plain),
    })
}

thread_local! {
    /// Making one takes longer than packing a payment.
    static PACKER: RefCell<Option<zstd::bulk::Compressor<'static>>> = const { RefCell::new(None) };
}

fn put(plain: &mut Vec<u8>, bytes: &[u8]) {
    plain.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
    plain.extend_from_slice(bytes);
}

/// The records of a row, in the order they were packed.
///
/// # Errors
/// When the row is damaged or of another format.
pub fn unpack(row: &[u8]) -> Result<Vec<AnnouncedRecord>, UnreadableAnnouncement> {
    let plain = zstd::stream::decode_all(row).map_err(|_| UnreadableAnnouncement("not zstd"))?;
    let (format, mut rest) = plain.split_first().ok_or(UnreadableAnnouncement("empty"))?;
    if *format != FORMAT {
        return Err(UnreadableAnnouncement("another format"));
    }
    let mut records = Vec::new();
    while !rest.is_empty() {
        let destination = match byte(&mut rest)? {
            0 => Destination::Events,
            _ => Destination::DeadLetters,
        };
        let key = take(&mut rest)?.to_vec();
        let count = byte(&mut rest)?;
        let mut headers = Vec::with_capacity(usize::from(count));
        for _ in 0..count {
            let name = String::from_utf8(take(&mut rest)?.to_vec()).map_err(|_| UnreadableAnnouncement("header"))?;
            headers.push((Cow::Owned(name), Cow::Owned(take(&mut rest)?.to_vec())));
        }
        let value = take(&mut rest)?.to_vec();
        records.push(AnnouncedRecord { destination, key, headers, value });
    }
    Ok(records)
}

fn byte(rest: &mut &[u8]) -> Result<u8, UnreadableAnnouncement> {
    let (first, tail) = rest.split_first().ok_or(UnreadableAnnouncement("cut short"))?;
    *rest = tail;
    Ok(*first)
}

fn take<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], UnreadableAnnouncement> {
    let (length, tail) = rest.split_first_chunk::<4>().ok_or(UnreadableAnnouncement("cut short"))?;
    let length = u32::from_le_bytes(*length) as usize;
    let (bytes, tail) = tail.split_at_checked(length).ok_or(UnreadableAnnouncement("cut short"))?;
    *rest = tail;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn record(destination: Destination, value: &[u8]) -> AnnouncedRecord {
        AnnouncedRecord {
            destination,
            key: b"C1".to_vec(),
            headers: cloud_event("1-2-0".into(), "vigie.x.v1", "now".into()),
            value: value.to_vec(),
        }
    }

    #[test]
    fn what_was_packed_is_unpacked_byte_for_byte() {
        let records = vec![
            record(Destination::Events, b"{}"),
            record(Destination::DeadLetters, &[0; 70_000]),
            record(Destination::Events, b""),
        ];
        assert_eq!(unpack(&pack(&records).unwrap()).unwrap(), records);
        assert_eq!(unpack(&pack(&[]).unwrap()).unwrap(), vec![]);
    }

    #[test]
    fn a_damaged_row_is_refused() {
        let packed = pack(&[record(Destination::Events, b"{}")]).unwrap();
        assert!(unpack(&packed[..packed.len() - 4]).is_err());
        assert!(unpack(b"nonsense").is_err());
    }
}
