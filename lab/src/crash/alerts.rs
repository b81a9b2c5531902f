//! Alerts and holds, from facts and tables: each alert once and right behind its transaction, each hold ended once at
//! most, nothing held that no row explains, and each decision found again in what was stored of it.
//!
//! To decide again, the lab takes the crate `detection` as the pure library that defines what a decision is: the one
//! exception to sharing no code with what it judges.

use super::check::{Events, Verdict};
use super::tables::{AlertRow, HoldRow, Tables};
use crate::wire::{Fact, Judgement, OnExpiry, RiskVerdict};
use detection::decision;
use detection::evidence::Evidence;
use detection::policy::Policy;
use std::collections::HashMap;
use uuid::Uuid;

/// The built-in policy: no run changes it.
const POLICY_VERSION: i64 = 1;

/// What the facts say of one transaction, in the order of its partition.
#[derive(Default)]
struct Story<'a> {
    first: Option<&'a Fact>,
    end: Option<&'a Fact>,
    alert: Option<&'a Fact>,
}

pub fn judge(events: &Events, tables: &Tables, verdict: &mut Verdict) {
    let stories = stories(events, verdict);
    for (id, story) in &stories {
        count(story, verdict);
        compare_alert(id, story, tables.alerts.get(id), verdict);
        compare_hold(id, story, tables.holds.get(id), verdict);
    }
    for id in tables.alerts.keys().filter(|id| stories.get(id).is_none_or(|story| story.alert.is_none())) {
        verdict.find(|v| &mut v.alerts_lost_or_doubled, || format!("{id}: an alert's row without its fact"));
    }
    for id in tables.holds.keys().filter(|id| !stories.contains_key(id)) {
        verdict.find(|v| &mut v.holds_leaked, || format!("{id}: a hold of no transaction"));
    }
    let mut held: HashMap<&str, i64> = HashMap::new();
    for row in tables.transactions.values().filter(|row| row.state == 2) {
        *held.entry(&row.debit).or_default() += row.amount_minor;
    }
    for (number, row) in tables.accounts.iter().filter(|(_, row)| !row.external) {
        let expected = held.get(number.as_str()).copied().unwrap_or(0);
        if row.held_minor != expected {
            verdict.find(
                |v| &mut v.holds_leaked,
                || format!("{number}: {} held, {expected} in held transactions", row.held_minor),
            );
        }
    }
    rederive(events, verdict);
}

/// Gathers, and finds what comes twice or out of place.
fn stories<'a>(events: &'a Events, verdict: &mut Verdict) -> HashMap<Uuid, Story<'a>> {
    let mut stories: HashMap<Uuid, Story<'a>> = HashMap::new();
    let mut before: Option<&Fact> = None;
    for fact in &events.facts {
        if let (true, Some(id)) = (fact.is_outcome(), fact.id) {
            let story = stories.entry(id).or_default();
            match story.first {
                None => story.first = Some(fact),
                Some(first) if first.fact != "transaction_held" => {
                    verdict.find(|v| &mut v.doubled, || format!("a second outcome of transaction {id}: {}", fact.fact));
                }
                Some(_) if fact.fact == "transaction_held" => {
                    verdict.find(|v| &mut v.doubled, || format!("transaction {id} was held twice"));
                }
                Some(_) if story.end.is_some() => {
                    verdict.find(|v| &mut v.holds_ended_twice, || format!("a second end of the hold of {id}"));
                }
                Some(_) => story.end = Some(fact),
            }
        } else if fact.fact == "alert_raised" {
            let id = fact.transaction_id.unwrap_or_default();
            let story = stories.entry(id).or_default();
            let behind = before.is_some_and(|before| before.id == Some(id) && follows(before, fact));
            if story.alert.replace(fact).is_some() || !behind {
                verdict.find(
                    |v| &mut v.alerts_lost_or_doubled,
                    || format!("{id}: an alert's fact twice, or not right behind its transaction's"),
                );
            }
        }
        before = Some(fact);
    }
    stories
}

fn follows(before: &Fact, fact: &Fact) -> bool {
    let (b, f) = (before.position, fact.position);
    (b.partition, b.offset, b.ordinal + 1) == (f.partition, f.offset, f.ordinal)
}

fn count(story: &Story<'_>, verdict: &mut Verdict) {
    match story.first.and_then(|first| first.judgement).map(|said| said.verdict) {
        Some(RiskVerdict::Review) => verdict.reviewed += 1,
        Some(RiskVerdict::Hold) => verdict.held += 1,
        Some(RiskVerdict::Refuse) => verdict.refused_by_detection += 1,
        Some(RiskVerdict::Allow) | None => {}
    }
    verdict.alerts += u64::from(story.alert.is_some());
    match story.end.and_then(|end| end.state.as_deref()) {
        Some("posted") => verdict.holds_released += 1,
        Some("refused") => verdict.holds_refused += 1,
        Some(_) => verdict.holds_expired += 1,
        None => {}
    }
}

/// Every judgement but an allow has one alert, in facts and table, and its state follows the hold's.
fn compare_alert(id: &Uuid, story: &Story<'_>, row: Option<&AlertRow>, verdict: &mut Verdict) {
    let first = story.first;
    let judgement = first.and_then(|first| first.judgement);
    let alerts = judgement.is_some_and(|said| said.verdict != RiskVerdict::Allow);
    let (Some(first), Some(alert), Some(row), true) = (first, story.alert, row, alerts) else {
        let same = !alerts && story.alert.is_none() && row.is_none();
        if !same {
            let (fact, row) = (story.alert.is_some(), row.is_some());
            verdict.find(
                |v| &mut v.alerts_lost_or_doubled,
                || format!("{id}: judged {judgement:?}, alert in the facts: {fact}, in the table: {row}"),
            );
        }
        return;
    };
    let as_row = |said: Judgement| (said.verdict.number(), said.score_e9);
    let said = (alert.account.as_deref(), alert.judgement, alert.evidence.as_deref());
    let found = (Some(row.account.as_str()), Some((row.verdict, row.score_e9)), Some(row.evidence.as_str()));
    let same = said.0 == first.account_at_risk()
        && said.1 == judgement
        && found == (said.0, said.1.map(as_row), said.2)
        && row.raised_at == first.recorded_at;
    if !same {
        verdict.find(
            |v| &mut v.alerts_lost_or_doubled,
            || format!("{id}: judged {judgement:?}, the alert's fact says {:?}, its row {found:?}", said.1),
        );
    }
    let closed = story.end.map(|end| end.recorded_at);
    if row.closed_at != closed {
        verdict.find(
            |v| &mut v.holds_leaked,
            || format!("{id}: its hold ended {closed:?}, its alert closed {:?}", row.closed_at),
        );
    }
}

/// A row of terms lives exactly as long as its transaction is held.
fn compare_hold(id: &Uuid, story: &Story<'_>, row: Option<&HoldRow>, verdict: &mut Verdict) {
    let held = story.first.filter(|first| first.fact == "transaction_held" && story.end.is_none());
    let expected = held.map(|first| {
        let on_expiry = |terms: crate::wire::HoldTerms| if terms.on_expiry == OnExpiry::Release { 1 } else { 2 };
        (first.account_at_risk(), first.hold.map(|terms| (terms.until, on_expiry(terms))))
    });
    let found = row.map(|row| (Some(row.account.as_str()), Some((row.until, row.on_expiry))));
    if expected != found {
        verdict
            .find(|v| &mut v.holds_leaked, || format!("{id}: held by the facts {expected:?}, by the table {found:?}"));
    }
    verdict.holds_open += u64::from(row.is_some());
}

/// Each alert's decision once more, from what was stored with it.
fn rederive(events: &Events, verdict: &mut Verdict) {
    let policy = Policy::default();
    for alert in events.facts.iter().filter(|fact| fact.fact == "alert_raised") {
        if let Err(why) = decided_again(alert, &policy) {
            let id = alert.transaction_id.unwrap_or_default();
            verdict.find(|v| &mut v.not_rederived, || format!("the decision about {id}: {why}"));
        }
    }
}

fn decided_again(alert: &Fact, policy: &Policy) -> Result<(), String> {
    let said = alert.judgement.ok_or("its alert carries no judgement")?;
    if said.policy_version != POLICY_VERSION {
        return Err(format!("by policy {}, which no run makes", said.policy_version));
    }
    let text = alert.evidence.as_deref().unwrap_or_default();
    let evidence = Evidence::from_json(text).map_err(|error| format!("its evidence cannot be read: {error}"))?;
    let again = evidence.decided_again(policy);
    let verdict = match again.verdict {
        decision::Verdict::Allow => RiskVerdict::Allow,
        decision::Verdict::Review => RiskVerdict::Review,
        decision::Verdict::Hold => RiskVerdict::Hold,
        decision::Verdict::Refuse => RiskVerdict::Refuse,
    };
    let score_e9 = (again.uncapped * 1e9).round() as i64;
    if again != evidence.decision {
        return Err("another decision than the stored one".to_owned());
    }
    if (verdict, score_e9) != (said.verdict, said.score_e9) {
        return Err(format!("{verdict:?} with {score_e9} instead of {:?} with {}", said.verdict, said.score_e9));
    }
    Ok(())
}
