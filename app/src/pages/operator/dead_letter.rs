//! One dead letter: why, from where, and its first bytes as text and in hexadecimal.

use super::{Visit, reason_text};
use crate::components::Icon;
use crate::components::notice::Empty;
use crate::components::panel::Panel;
use crate::page::{Page, Place, serve};
use crate::ports::DeadLetterView;
use crate::text::fill;
use crate::visit::PageError;
use leptos::prelude::*;

/// Bytes written out: enough to see what it is.
const TEXT_BYTES: usize = 4_096;
const HEX_BYTES: usize = 1_024;

#[component]
pub fn DeadLetterPage() -> impl IntoView {
    serve(load)
}

async fn load(visit: Visit) -> Result<Page, PageError> {
    let person = visit.person()?;
    let part = |name: &str| visit.params.get(name).unwrap_or_default();
    let partition = part("partition").parse().map_err(|_| PageError::NotFound)?;
    let offset = part("offset").parse().map_err(|_| PageError::NotFound)?;
    let letter = visit.ports.operations.dead_letter(&person, partition, offset).await?;
    let text = &visit.texts().operator;
    let names = [("partition", partition.to_string()), ("offset", offset.to_string())];
    let title = fill(text.dead_letter_title, &names.each_ref().map(|(name, value)| (*name, value.as_str())));
    Ok(Page::new(title, Place::Operator, body(&visit, letter)))
}

fn body(visit: &Visit, letter: DeadLetterView) -> impl IntoView + use<> {
    let (text, language) = (&visit.texts().operator, visit.language());
    let stamp = visit.stamp(letter.recorded_at);
    let rows = [
        (text.reason, reason_text(text, letter.reason).to_owned()),
        (text.detail, letter.detail.clone()),
        (text.origin, format!("bank.commands {}/{}", letter.partition, letter.offset)),
        (text.recorded, language.date_time(stamp)),
        (text.size, fill(text.bytes, &[("count", &language.number(letter.length))])),
        (text.digest, letter.sha256.clone()),
    ];
    let rows = rows.map(|(name, value)| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{value}</dd>
            </div>
        }
    });
    let content = content(visit, &letter);
    view! {
        <Panel title=text.reason>
            <dl class="rows">{rows.into_iter().collect_view()}</dl>
        </Panel>
        <Panel title=text.content>{content}</Panel>
        <p>
            <a href="/operator">
                <Icon name="previous" />
                {text.back}
            </a>
        </p>
    }
}

fn content(visit: &Visit, letter: &DeadLetterView) -> AnyView {
    let (text, language) = (&visit.texts().operator, visit.language());
    if letter.head.is_empty() {
        return view! { <Empty text=text.no_bytes /> }.into_any();
    }
    let shown = letter.head.len().min(TEXT_BYTES);
    let number = |count: i64| language.number(count);
    let values = [("shown", number(i64::try_from(shown).unwrap_or(i64::MAX))), ("length", number(letter.length))];
    let part = fill(text.shown_part, &values.each_ref().map(|(name, value)| (*name, value.as_str())));
    let is_part = i64::try_from(shown).is_ok_and(|shown| shown < letter.length);
    view! {
        {is_part.then(|| view! { <p class="lead">{part}</p> })}
        <h3>{text.as_text}</h3>
        <pre class="bytes" tabindex="0" role="region" aria-label=text.as_text>
            {readable(&letter.head[..shown])}
        </pre>
        <h3>{text.as_bytes}</h3>
        <pre class="bytes" tabindex="0" role="region" aria-label=text.as_bytes>
            {hex_dump(&letter.head[..letter.head.len().min(HEX_BYTES)])}
        </pre>
    }
    .into_any()
}

/// The bytes as text; what cannot be shown becomes a visible sign.
fn readable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let sign = |c: char| match c {
        '\n' | '\t' => c,
        '\u{7f}' => '\u{2421}',
        // Control characters have pictures of their own.
        c if u32::from(c) < 0x20 => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        // Marks that turn the direction of text could make it read otherwise than it is.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c => c,
    };
    text.chars().map(sign).collect()
}

/// Sixteen bytes a line: offset, hexadecimal, ASCII.
fn hex_dump(bytes: &[u8]) -> String {
    let line = |(index, chunk): (usize, &[u8])| {
        let hex: String = chunk.iter().map(|byte| format!("{byte:02x} ")).collect();
        let ascii: String = chunk
            .iter()
            .map(|byte| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '·' })
            .collect();
        format!("{:06x}  {hex:<48} {ascii}\n", index * 16)
    };
    bytes.chunks(16).enumerate().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_so_that_nothing_hides() {
        assert_eq!(readable(b"a\0b\x1b[31m\n"), "a\u{2400}b\u{241b}[31m\n");
        assert_eq!(readable("x\u{202e}y".as_bytes()), "x\u{fffd}y");
        let dump = hex_dump(b"{\"amount\":1}\xff\x00ABCD");
        assert_eq!(dump.lines().count(), 2);
        assert!(
            dump.starts_with("000000  7b 22 61 6d 6f 75 6e 74 22 3a 31 7d ff 00 41 42  {\"amount\":1}··AB"),
            "{dump}"
        );
    }
}
