//! The verdict on one small story, told soundly and then with one thing wrong at a time.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::crash::tables::{AccountRow, AlertRow, HoldRow, TransactionRow};
use crate::wire::{End, Fact, Kind, Payment};
use chrono::{DateTime, Utc};
use detection::decision;
use detection::evidence::Evidence;
use detection::facts::borrowed::Parties;
use detection::facts::{Facts, Own, Reading};
use detection::history::{AccountHistory, CounterpartyHistory};
use detection::payment::Party;
use detection::policy::Policy;
use serde_json::{Value, json};

const COUNTERS: [&str; 13] = [
    "lost",
    "doubled",
    "alerts_lost_or_doubled",
    "holds_ended_twice",
    "holds_leaked",
    "not_rederived",
    "settles_misanswered",
    "unbalanced",
    "out_of_order",
    "feed_faults",
    "fold_differs",
    "phantoms",
    "misanswered",
];

fn id() -> Uuid {
    Uuid::from_u128(0xF00)
}

fn command(offset: i64) -> Uuid {
    Uuid::from_u128(offset as u128)
}

fn moment(offset: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_750_000_000 + offset, 0).unwrap()
}

/// A payment far beyond all habit: held by the built-in policy.
fn evidence() -> Evidence {
    let payment = json!({"id": id(), "kind": "transfer", "payer": Party::of("L1"), "counterparty": Party::of("L2"),
        "amount_minor": 100, "at_ms": moment(3).timestamp_millis(), "local_offset_ms": 0});
    let payment: detection::payment::Payment = serde_json::from_value(payment).unwrap();
    let own = Own { recent_count: 50, other_payees: 40, day_sum_minor: 10_000_000, ..Own::default() };
    let facts = Facts { own: Reading::Known(own), ..Facts::of(&payment) };
    let inputs =
        Parties::of(&payment, &AccountHistory::default(), &CounterpartyHistory::default(), None).inputs(&payment);
    let evidence = Evidence::of(facts, inputs, &Policy::default(), None);
    assert_eq!(evidence.decision.verdict, decision::Verdict::Hold);
    evidence
}

struct Story {
    entries: Vec<Entry>,
    facts: Vec<Value>,
    tables: Tables,
}

/// Three accounts are opened; a transfer is held with an alert; two releases are asked for, of which the first counts.
fn story() -> Story {
    let evidence = evidence();
    let score_e9 = (evidence.decision.uncapped * 1e9).round() as i64;
    let evidence = evidence.to_json().unwrap();
    let after = |version: i64, booked: i64, held: i64| json!({"version": version, "booked_minor": booked, "held_minor": held, "overdraft_minor": 0});
    let open = |offset: i64, account: &str, kind: &str| {
        json!({"position": {"partition": 0, "offset": offset, "ordinal": 0, "last": true}, "recorded_at": moment(offset),
            "command_id": command(offset), "fact": "account_opened", "account": account, "kind": kind, "status": "open", "after": after(1, 0, 0)})
    };
    let judgement = json!({"verdict": "hold", "score_e9": score_e9, "policy_version": 1});
    let transaction = |offset: i64, last: bool, fact: &str, state: &str, debit: Value, credit: Value| {
        json!({"position": {"partition": 0, "offset": offset, "ordinal": 0, "last": last}, "recorded_at": moment(offset),
            "command_id": command(offset), "fact": fact, "id": id(), "kind": "transfer", "state": state, "amount_minor": 100,
            "debit": {"account": "L1", "after": debit}, "credit": {"account": "L2", "after": credit}})
    };
    let mut held = transaction(3, false, "transaction_held", "held", after(2, 0, 100), Value::Null);
    held["judgement"] = judgement.clone();
    held["hold"] = json!({"until": moment(100), "on_expiry": "expire"});
    let alert = json!({"position": {"partition": 0, "offset": 3, "ordinal": 1, "last": true}, "recorded_at": moment(3),
        "command_id": command(3), "fact": "alert_raised", "transaction_id": id(), "account": "L1", "judgement": judgement, "evidence": evidence});
    let released = transaction(4, true, "transaction_posted", "posted", after(3, -100, 0), after(2, 100, 0));
    let answered = json!({"position": {"partition": 0, "offset": 5, "ordinal": 0, "last": true}, "recorded_at": moment(5),
        "command_id": command(5), "fact": "command_answered", "repeat": "duplicate", "transaction_id": id(), "state": "posted"});
    let facts = vec![
        open(0, "CASH-EUR", "external"),
        open(1, "L1", "customer"),
        open(2, "L2", "customer"),
        held,
        alert,
        released,
        answered,
    ];
    Story { entries: entries(), facts, tables: tables(score_e9, evidence) }
}

fn entries() -> Vec<Entry> {
    let payment = Payment {
        transaction_id: id(),
        kind: Kind::Transfer,
        debit: "L1".to_owned(),
        credit: "L2".to_owned(),
        amount_minor: 100,
    };
    let settle = Settle { transaction_id: id(), account: "L1".to_owned(), end: End::Release };
    let accepted = |offset| Entry::Accepted { command_id: command(offset), partition: 0, offset };
    vec![
        Entry::Sent { command_id: command(3), payment },
        Entry::Settled { command_id: command(4), settle: settle.clone() },
        Entry::Settled { command_id: command(5), settle },
        accepted(3),
        accepted(4),
        accepted(5),
    ]
}

fn tables(score_e9: i64, evidence: String) -> Tables {
    let mut tables = Tables::default();
    for (number, external, booked_minor, version) in
        [("CASH-EUR", true, 0, 1), ("L1", false, -100, 3), ("L2", false, 100, 2)]
    {
        let row = AccountRow { external, status: 1, booked_minor, held_minor: 0, overdraft_minor: 0, version };
        tables.accounts.insert(number.to_owned(), row);
    }
    let transaction = TransactionRow {
        state: 1,
        amount_minor: 100,
        debit: "L1".to_owned(),
        credit: "L2".to_owned(),
        debit_after: Some((3, -100)),
        credit_after: Some((2, 100)),
        partition: 0,
        offset: 3,
        judged: Some((3, score_e9, 1)),
    };
    tables.transactions.insert(id(), transaction);
    let alert = AlertRow {
        account: "L1".to_owned(),
        raised_at: moment(3),
        verdict: 3,
        score_e9,
        closed_at: Some(moment(4)),
        evidence,
    };
    tables.alerts.insert(id(), alert);
    tables
}

/// The counters that are not 0.
fn found(story: Story) -> Vec<&'static str> {
    let facts: Vec<Fact> = story.facts.into_iter().map(|fact| serde_json::from_value(fact).unwrap()).collect();
    let verdict = judge(story.entries, &Events { facts, sent_again: 0, faults: Vec::new() }, &story.tables);
    let counts = serde_json::to_value(&verdict).unwrap();
    let found: Vec<&str> = COUNTERS.into_iter().filter(|name| counts[*name] != 0).collect();
    assert_eq!(verdict.clean(), found.is_empty(), "{:?}", verdict.findings);
    found
}

fn found_after(change: impl FnOnce(&mut Story)) -> Vec<&'static str> {
    let mut story = story();
    change(&mut story);
    found(story)
}

const HELD: usize = 3;
const ALERT: usize = 4;
const RELEASED: usize = 5;
const ANSWERED: usize = 6;

#[test]
fn a_sound_story_is_clean() {
    assert_eq!(found(story()), Vec::<&str>::new());
}

#[test]
fn a_lost_a_doubled_and_a_foreign_alert_are_found() {
    let alerts = ["alerts_lost_or_doubled"];
    assert_eq!(found_after(|story| _ = story.facts.remove(ALERT)), alerts);
    assert_eq!(found_after(|story| _ = story.tables.alerts.remove(&id())), alerts);
    assert_eq!(found_after(|story| story.facts.insert(ALERT, story.facts[ALERT].clone())), alerts);
    let allowed = |story: &mut Story| story.facts[HELD]["judgement"]["verdict"] = json!("allow");
    assert_eq!(found_after(allowed), ["alerts_lost_or_doubled", "fold_differs"]);
    let elsewhere = |story: &mut Story| story.facts[ALERT]["account"] = json!("L2");
    assert_eq!(found_after(elsewhere), alerts);
    let another = |story: &mut Story| story.tables.alerts.values_mut().for_each(|row| row.evidence.push(' '));
    assert_eq!(found_after(another), alerts);
}

#[test]
fn a_hold_that_ends_twice_or_keeps_its_reserve_is_found() {
    let again = |story: &mut Story| {
        let mut end = story.facts[RELEASED].clone();
        end["position"]["offset"] = json!(6);
        (end["debit"]["after"]["version"], end["credit"]["after"]["version"]) = (json!(4), json!(3));
        story.facts.push(end);
    };
    assert!(found_after(again).contains(&"holds_ended_twice"));
    let kept = |story: &mut Story| story.facts[RELEASED]["debit"]["after"]["held_minor"] = json!(100);
    assert_eq!(found_after(kept), ["holds_ended_twice", "fold_differs"]);
    let held_again = |story: &mut Story| {
        let mut held = story.facts[HELD].clone();
        held["position"]["offset"] = json!(6);
        held["debit"]["after"]["version"] = json!(4);
        story.facts.push(held);
    };
    assert!(found_after(held_again).contains(&"doubled"));
}

#[test]
fn terms_reserves_and_alerts_that_outlive_their_hold_are_found() {
    let terms = |story: &mut Story| {
        story.tables.holds.insert(id(), HoldRow { account: "L1".to_owned(), until: moment(100), on_expiry: 2 });
    };
    assert_eq!(found_after(terms), ["holds_leaked"]);
    let open = |story: &mut Story| story.tables.alerts.values_mut().for_each(|row| row.closed_at = None);
    assert_eq!(found_after(open), ["holds_leaked"]);
    let reserve = |story: &mut Story| story.tables.accounts.get_mut("L1").unwrap().held_minor = 100;
    assert_eq!(found_after(reserve), ["holds_leaked", "fold_differs"]);
}

#[test]
fn a_decision_that_its_evidence_does_not_give_is_found() {
    for change in [
        |evidence: &mut Evidence| evidence.facts.own = Reading::Known(Own::default()),
        |evidence: &mut Evidence| evidence.decision.score += 1.0,
    ] {
        let tampered = |story: &mut Story| {
            let mut evidence = evidence();
            change(&mut evidence);
            let text = evidence.to_json().unwrap();
            story.facts[ALERT]["evidence"] = json!(text.clone());
            story.tables.alerts.values_mut().for_each(|row| row.evidence = text.clone());
        };
        assert_eq!(found_after(tampered), ["not_rederived"]);
    }
}

#[test]
fn a_command_about_a_hold_without_its_one_right_answer_is_found() {
    let settles = ["settles_misanswered"];
    assert_eq!(found_after(|story| _ = story.facts.remove(ANSWERED)), settles);
    assert_eq!(found_after(|story| story.facts[ANSWERED]["repeat"] = json!("conflict")), settles);
    assert_eq!(found_after(|story| story.facts[ANSWERED]["state"] = json!("held")), settles);
    let twice = |story: &mut Story| {
        let mut again = story.facts[ANSWERED].clone();
        again["position"]["offset"] = json!(6);
        story.facts.push(again);
    };
    assert_eq!(found_after(twice), settles);
}
