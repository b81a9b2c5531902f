//! From bytes to lines: unpacks gzip, finds the encoding, and sets apart lines that no reader of CSV could take without
//! swallowing their neighbours.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1250, WINDOWS_1252};
use std::io::Read as _;

/// The most bytes a compressed file may unfold to.
const UNPACKED_MAX: u64 = 512 * 1024 * 1024;
/// The most lines one quoted cell may span before its opening quote is taken for a stray one.
const CELL_LINES_MAX: u64 = 20;

#[derive(Debug, thiserror::Error)]
pub enum TextError {
    #[error("the compressed file is damaged")]
    Damaged,
    #[error("the compressed file unfolds to more than 512 MB")]
    TooLarge,
}

/// A file's text and what it was written in.
#[derive(Debug)]
pub struct Text {
    pub text: String,
    pub encoding: &'static Encoding,
}

/// Reads bytes as text: gzip is unpacked; a byte order mark decides, then valid UTF-8, then windows-1250 or 1252.
///
/// # Errors
/// Only for compressed files: damaged, or unfolding without end. Any bytes are some text in windows-1252.
pub fn decode(bytes: &[u8]) -> Result<Text, TextError> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut unpacked = Vec::new();
        flate2::read::MultiGzDecoder::new(bytes)
            .take(UNPACKED_MAX + 1)
            .read_to_end(&mut unpacked)
            .map_err(|_| TextError::Damaged)?;
        if unpacked.len() as u64 > UNPACKED_MAX {
            return Err(TextError::TooLarge);
        }
        return Ok(decode_plain(&unpacked));
    }
    Ok(decode_plain(bytes))
}

fn decode_plain(bytes: &[u8]) -> Text {
    let encoding = match Encoding::for_bom(bytes) {
        Some((encoding, _)) if [UTF_8, UTF_16LE, UTF_16BE].contains(&encoding) => encoding,
        _ if std::str::from_utf8(bytes).is_ok() => UTF_8,
        _ if central_european(bytes) => WINDOWS_1250,
        _ => WINDOWS_1252,
    };
    let (text, _, _) = encoding.decode(bytes);
    Text { text: text.into_owned(), encoding }
}

/// Counts bytes that are common letters in Czech or Polish against those common in the languages of windows-1252.
/// Only free text can be read wrongly by this guess: account numbers, dates and amounts are ASCII in both.
fn central_european(bytes: &[u8]) -> bool {
    let score: i64 = bytes
        .iter()
        .map(|byte| match byte {
            // ě ř ů š ž Š Ž ą ł ż ź ň ď
            0xec | 0xf8 | 0xf9 | 0x9a | 0x9e | 0x8a | 0x8e | 0xb9 | 0xb3 | 0xbf | 0x9f | 0xf2 | 0xef => 1,
            // à â ê î ñ û ã
            0xe0 | 0xe2 | 0xea | 0xee | 0xf1 | 0xfb | 0xe3 => -1,
            _ => 0,
        })
        .sum();
    score > 0
}

/// The text with each unreadable line emptied (line numbers stay as they are), and the numbers of those lines.
pub fn set_apart_stray_quotes(text: &str, delimiter: u8) -> (String, Vec<u64>) {
    let mut kept = String::with_capacity(text.len());
    let mut stray = Vec::new();
    let mut rest = text;
    let mut line = 1;
    while !rest.is_empty() {
        match record_end(rest, delimiter) {
            Some((length, lines)) => {
                kept.push_str(&rest[..length]);
                rest = &rest[length..];
                line += lines;
            }
            None => {
                stray.push(line);
                let length = rest.find('\n').map_or(rest.len(), |place| place + 1);
                kept.push('\n');
                rest = &rest[length..];
                line += 1;
            }
        }
    }
    (kept, stray)
}

/// Length in bytes and in lines of the first record; none if its opening quote has no closing one of its own.
fn record_end(text: &str, delimiter: u8) -> Option<(usize, u64)> {
    let bytes = text.as_bytes();
    let mut quoted = false;
    let mut cell_start = true;
    let mut lines = 0;
    let mut index = 0;
    while index < bytes.len() {
        let byte = bytes[index];
        if byte == b'\n' {
            lines += 1;
            if !quoted {
                return Some((index + 1, lines));
            }
            if lines >= CELL_LINES_MAX {
                return None;
            }
        } else if quoted && byte == b'"' {
            if bytes.get(index + 1) == Some(&b'"') {
                index += 1;
            } else if lines > 0
                && !matches!(bytes.get(index + 1), None | Some(b'\r' | b'\n'))
                && bytes[index + 1] != delimiter
            {
                // The end of a cell of several lines that is the beginning of another: the first quote was astray.
                return None;
            } else {
                quoted = false;
            }
        } else if !quoted {
            quoted = cell_start && byte == b'"';
            cell_start = byte == delimiter;
        }
        index += 1;
    }
    (!quoted).then_some((bytes.len(), lines + 1))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::Write as _;

    #[test]
    fn each_encoding_that_banks_write_is_found() {
        for (bytes, text, encoding) in [
            (&b"caf\xc3\xa9"[..], "café", UTF_8),
            (b"\xef\xbb\xbfdate", "date", UTF_8),
            (b"r\xe9f\xe9rence \xe0 l'\xe9tranger", "référence à l'étranger", WINDOWS_1252),
            (b"p\xf8evod na \xfa\xe8et, \x9elut\xfd k\xf9\xf2", "převod na účet, žlutý kůň", WINDOWS_1250),
            (b"\xff\xfed\0a\0", "da", UTF_16LE),
        ] {
            let read = decode(bytes).unwrap();
            assert_eq!((read.text.as_str(), read.encoding), (text, encoding));
        }
    }

    #[test]
    fn a_compressed_file_is_unpacked_and_a_damaged_one_is_named() {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(b"date;account\r\n").unwrap();
        let packed = packer.finish().unwrap();
        assert_eq!(decode(&packed).unwrap().text, "date;account\r\n");
        assert!(matches!(decode(&packed[..packed.len() - 9]), Err(TextError::Damaged)));
    }

    #[test]
    fn a_stray_quote_costs_its_own_line_and_no_other() {
        let text = "a;b\n1;\"never closed\n2;x\n\"3\";\"two\nlines\"\n4;a 3\" pipe\n";
        let (kept, stray) = set_apart_stray_quotes(text, b';');
        assert_eq!(stray, [2]);
        assert_eq!(kept, "a;b\n\n2;x\n\"3\";\"two\nlines\"\n4;a 3\" pipe\n");
    }
}
