//! What each logged command was answered: payments and their repetitions, and what was asked about holds.

use super::{Events, Told, Verdict};
use crate::wire::{End, Fact, Payment, Settle};
use std::collections::HashMap;
use uuid::Uuid;

pub fn judge(told: &Told, events: &Events, verdict: &mut Verdict) {
    let places = places(events);
    payments(told, events, &places, verdict);
    settles(told, events, &places, verdict);
}

/// The first fact of each command: what it came to. An alert stands behind it.
type Places<'a> = HashMap<(i32, i64), &'a Fact>;

fn places(events: &Events) -> Places<'_> {
    let firsts = events.facts.iter().filter(|fact| fact.position.ordinal == 0);
    firsts.map(|fact| ((fact.position.partition, fact.position.offset), fact)).collect()
}

/// Each accepted command has its fact where the log put it, and repeats are answered for what they are.
fn payments(told: &Told, events: &Events, places: &Places<'_>, verdict: &mut Verdict) {
    let first: HashMap<Uuid, &Fact> =
        events.facts.iter().rev().filter(|fact| fact.is_outcome()).filter_map(|fact| Some((fact.id?, fact))).collect();
    for (command, place) in &told.accepted {
        let Some(payment) = told.sent.get(command) else { continue };
        let Some(fact) = places.get(place).filter(|fact| fact.command_id == Some(*command)) else {
            verdict.find(|v| &mut v.lost, || format!("no answer to command {command} at {place:?}"));
            continue;
        };
        if fact.fact != "command_answered" {
            if fact.id != Some(payment.transaction_id) {
                verdict.find(
                    |v| &mut v.misanswered,
                    || format!("command {command} got a fact of something else: {}", fact.fact),
                );
            }
            continue;
        }
        let Some(original) = first.get(&payment.transaction_id) else { continue };
        let repeat = if same_body(payment, original) { "duplicate" } else { "conflict" };
        if repeat == "duplicate" {
            verdict.duplicates_answered += 1;
        } else {
            verdict.conflicts_answered += 1;
        }
        if fact.repeat.as_deref() != Some(repeat) || fact.transaction_id != Some(payment.transaction_id) {
            verdict.find(
                |v| &mut v.misanswered,
                || format!("command {command} is a {repeat} and was answered {:?}", fact.repeat),
            );
        }
    }
}

/// Each accepted command about a hold ends it or is answered with what became of it, once, where the log put it.
fn settles(told: &Told, events: &Events, places: &Places<'_>, verdict: &mut Verdict) {
    let mut answered: HashMap<Uuid, u32> = HashMap::new();
    let mut ends: HashMap<Uuid, &Fact> = HashMap::new();
    for fact in events.facts.iter().filter(|fact| fact.position.ordinal == 0) {
        if let Some(command) = fact.command_id.filter(|command| told.settles.contains_key(command)) {
            *answered.entry(command).or_default() += 1;
        }
        // Once its hold has ended this is the end, which all that came later was answered with.
        if let Some(id) = fact.id.filter(|_| fact.is_outcome()) {
            ends.insert(id, fact);
        }
    }
    for (command, settle) in &told.settles {
        let Some(place) = told.accepted.get(command) else { continue };
        verdict.settles_accepted += 1;
        let fact = places.get(place).filter(|fact| fact.command_id == Some(*command));
        let right = fact.is_some_and(|fact| rightly_answered(settle, fact, &ends, verdict));
        let times = answered.get(command).copied().unwrap_or(0);
        if !right || times != 1 {
            let found = fact.map(|fact| (&fact.fact, &fact.state, &fact.repeat));
            verdict.find(
                |v| &mut v.settles_misanswered,
                || format!("{:?} of {}: answered {times} times, {found:?}", settle.end, settle.transaction_id),
            );
        }
    }
}

fn rightly_answered(settle: &Settle, fact: &Fact, ends: &HashMap<Uuid, &Fact>, verdict: &mut Verdict) -> bool {
    let id = Some(settle.transaction_id);
    match fact.fact.as_str() {
        "transaction_posted" => fact.id == id && settle.end == End::Release,
        // A release that the accounts do not allow any more gives the money back; no run gets there.
        "transaction_refused" => fact.id == id && settle.end == End::Refuse,
        "command_answered" => {
            let end = ends.get(&settle.transaction_id).filter(|end| end.fact != "transaction_held");
            let ended = end.filter(|end| end.position < fact.position).and_then(|end| end.state.as_deref());
            let expected = match (ended, settle.end) {
                (None, End::Expire) => "not_due",
                (None, _) => return false,
                (Some(_), End::Expire) | (Some("posted"), End::Release) | (Some("refused"), End::Refuse) => "duplicate",
                (Some(_), _) => "conflict",
            };
            let counter = if ended.is_none() { &mut verdict.settles_too_early } else { &mut verdict.settles_repeated };
            *counter += 1;
            let state = ended.unwrap_or("held");
            fact.transaction_id == id
                && fact.repeat.as_deref() == Some(expected)
                && fact.state.as_deref() == Some(state)
        }
        _ => false,
    }
}

fn same_body(payment: &Payment, fact: &Fact) -> bool {
    let account = |side: &Option<crate::wire::Side>| side.as_ref().map(|side| side.account.clone()).unwrap_or_default();
    let kind = serde_json::to_value(payment.kind).ok().and_then(|kind| kind.as_str().map(str::to_owned));
    account(&fact.debit) == payment.debit
        && account(&fact.credit) == payment.credit
        && fact.amount_minor == Some(payment.amount_minor)
        && fact.kind == kind
}
