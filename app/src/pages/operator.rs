//! The machine room: how far each partition has come, what stands still and why, what could not be decided.

mod dead_letter;

use crate::components::list::{AsOf, Pager};
use crate::components::notice::{Empty, Notice};
use crate::components::panel::Panel;
use crate::components::{Badge, Tone};
use crate::islands::{LiveChip, LivePart};
use crate::page::{Page, Place, serve};
use crate::ports::{DeadLetterView, PartitionView, PortError, Role};
use crate::text::fill;
use crate::text::operator::Operator;
use crate::visit::{PageError, Visit};
use domain::fact::DeadLetterReason;
use leptos::prelude::*;

pub use dead_letter::DeadLetterPage;

const LETTERS: i64 = 25;
const REFRESH_MS: u32 = 2_000;

#[component]
pub fn OperatorPage() -> impl IntoView {
    serve(load)
}

async fn load(visit: Visit) -> Result<Page, PageError> {
    let person = visit.person()?;
    if person.role == Role::Customer {
        return Err(PageError::Forbidden);
    }
    let partitions = visit.ports.operations.partitions(&person).await?;
    let before = visit.query.get("before").and_then(|text| text.parse().ok());
    let letters = match visit.ports.operations.dead_letters(&person, before, LETTERS + 1).await {
        Ok(letters) => Some(letters),
        Err(PortError::Forbidden) => None,
        Err(error) => return Err(error.into()),
    };
    let (texts, language, now) = (visit.texts(), visit.language(), visit.now());
    let text = &texts.operator;
    let (state, table, address) =
        (state_of_room(&visit, &partitions), partition_table(&visit, partitions), visit.address.clone());
    let letters = letters.map(|letters| letters_panel(&visit, letters, before));
    let body = view! {
        <LivePart name="room".to_owned() every_ms=REFRESH_MS>
            <div class="stack" data-part="room" data-running="true">
                {state} <Panel title=text.partitions>{table}</Panel>
                <AsOf texts time=language.time(now) now address />
            </div>
        </LivePart>
        {letters}
    };
    let chip = view! { <LiveChip language as_of=now all=true resume=None accounts=Vec::new() /> };
    Ok(Page::new(text.title, Place::Operator, body).live(chip))
}

/// The one sentence an operator looks for.
fn state_of_room(visit: &Visit, partitions: &[PartitionView]) -> AnyView {
    let (text, language) = (&visit.texts().operator, visit.language());
    let number = |count: usize| language.number(i64::try_from(count).unwrap_or(i64::MAX));
    let halted = partitions.iter().filter(|partition| partition.halted.is_some()).count();
    let lag: i64 = partitions.iter().filter_map(lag).sum();
    let oldest = partitions.iter().filter_map(|partition| partition.lag_seconds).fold(0.0, f64::max);
    let silent = partitions.iter().any(|partition| partition.end.is_none());
    let (tone, sentence) = match () {
        () if partitions.is_empty() => (Tone::Info, text.none_yet.to_owned()),
        () if halted > 0 => {
            let values = [("count", number(halted)), ("total", number(partitions.len()))];
            (Tone::Bad, fill(text.some_halted, &values.each_ref().map(|(name, value)| (*name, value.as_str()))))
        }
        () if silent => (Tone::Wait, text.broker_silent.to_owned()),
        () if lag > 0 => {
            let age = language.age((oldest * 1_000.0) as i64);
            let tone = if oldest > 10.0 { Tone::Wait } else { Tone::Info };
            (tone, fill(text.behind, &[("count", &language.number(lag)), ("age", &age)]))
        }
        () => (Tone::Ok, fill(text.all_well, &[("count", &number(partitions.len()))])),
    };
    view! { <Notice tone text=sentence /> }.into_any()
}

fn lag(partition: &PartitionView) -> Option<i64> {
    partition.end.map(|end| (end - partition.applied).max(0))
}

fn partition_table(visit: &Visit, partitions: Vec<PartitionView>) -> AnyView {
    let text = &visit.texts().operator;
    let rows = partitions.into_iter().map(|partition| partition_row(visit, partition)).collect_view();
    let numbers = [text.applied, text.end, text.lag, text.lag_seconds, text.unannounced, text.epoch];
    let heads = numbers.map(|word| view! { <th scope="col" data-type="number">{word}</th> });
    view! {
        <div class="table-scroll" role="region" tabindex="0" aria-label=text.partitions>
            <table class="data">
                <caption>{text.partitions_caption}</caption>
                <thead>
                    <tr>
                        <th scope="col">{text.partition}</th>
                        <th scope="col">{text.status}</th>
                        {heads.into_iter().collect_view()}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn partition_row(visit: &Visit, partition: PartitionView) -> AnyView {
    let (text, language) = (&visit.texts().operator, visit.language());
    let behind = lag(&partition);
    let number = |value: Option<i64>| value.map_or(text.unknown.to_owned(), |value| language.number(value));
    let seconds =
        partition.lag_seconds.map_or(text.unknown.to_owned(), |seconds| language.age((seconds * 1_000.0) as i64));
    let (tone, icon, word) = match (&partition.halted, behind) {
        (Some(_), _) => (Tone::Bad, "refused", text.halted),
        (None, Some(0)) => (Tone::Ok, "posted", text.running),
        (None, _) => (Tone::Wait, "review", text.waiting),
    };
    view! {
        <tr>
            <th scope="row">{partition.partition}</th>
            <td>
                <Badge tone icon word />
                {partition.halted.map(|why| view! { <p class="why">{why}</p> })}
            </td>
            <td data-type="number">{language.number(partition.applied)}</td>
            <td data-type="number">{number(partition.end)}</td>
            <td data-type="number">{number(behind)}</td>
            <td data-type="number">{seconds}</td>
            <td data-type="number">{language.number(partition.unannounced)}</td>
            <td data-type="number">{language.number(partition.epoch)}</td>
        </tr>
    }
    .into_any()
}

fn letters_panel(visit: &Visit, mut letters: Vec<DeadLetterView>, before: Option<i64>) -> AnyView {
    let texts = visit.texts();
    let text = &texts.operator;
    let limit = usize::try_from(LETTERS).unwrap_or(usize::MAX);
    let more = letters.len() > limit;
    letters.truncate(limit);
    let older = letters.last().filter(|_| more).map(|letter| format!("/operator?before={}", letter.seq));
    let newer = before.map(|_| "/operator".to_owned());
    let nothing = if before.is_some() { text.no_more } else { text.no_dead_letters };
    let body =
        if letters.is_empty() { view! { <Empty text=nothing /> }.into_any() } else { letter_table(visit, letters) };
    view! {
        <Panel title=text.dead_letters>
            {body} <Pager newer older newer_word=texts.common.newer older_word=texts.common.older />
        </Panel>
    }
    .into_any()
}

fn letter_table(visit: &Visit, letters: Vec<DeadLetterView>) -> AnyView {
    let (text, language) = (&visit.texts().operator, visit.language());
    let rows = letters.into_iter().map(|letter| {
        let address = format!("/operator/dead-letters/{}/{}", letter.partition, letter.offset);
        let stamp = visit.stamp(letter.recorded_at);
        view! {
            <tr>
                <td class="when">
                    <time datetime=crate::format::machine_time(stamp)>{language.date_time(stamp)}</time>
                </td>
                <th scope="row">
                    <a href=address>{reason_text(text, letter.reason)}</a>
                </th>
                <td class="detail">{letter.detail}</td>
                <td data-type="number">{format!("{}/{}", letter.partition, letter.offset)}</td>
                <td data-type="number">{fill(text.bytes, &[("count", &language.number(letter.length))])}</td>
            </tr>
        }
    });
    view! {
        <div class="table-scroll" role="region" tabindex="0" aria-label=text.dead_letters>
            <table class="data">
                <caption>{text.dead_letters_caption}</caption>
                <thead>
                    <tr>
                        <th scope="col">{text.recorded}</th>
                        <th scope="col">{text.reason}</th>
                        <th scope="col">{text.detail}</th>
                        <th scope="col" data-type="number">
                            {text.origin}
                        </th>
                        <th scope="col" data-type="number">
                            {text.size}
                        </th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn reason_text(text: &Operator, reason: DeadLetterReason) -> &'static str {
    match reason {
        DeadLetterReason::Undecodable => text.reason_undecodable,
        DeadLetterReason::UnknownType => text.reason_unknown_type,
        DeadLetterReason::BadSignature => text.reason_bad_signature,
        DeadLetterReason::NotAuthorised => text.reason_not_authorised,
        DeadLetterReason::WrongPartition => text.reason_wrong_partition,
        DeadLetterReason::AbsurdAmount => text.reason_absurd_amount,
        DeadLetterReason::TooLarge => text.reason_too_large,
        DeadLetterReason::AccountMismatch => text.reason_account_mismatch,
        DeadLetterReason::AccountBusy => text.reason_account_busy,
        DeadLetterReason::NoSuchTransaction => text.reason_no_such_transaction,
        DeadLetterReason::DataRejected => text.reason_data_rejected,
        DeadLetterReason::Skipped => text.reason_skipped,
    }
}
