//! Each fault that the verdict looks for is seen where it is, and nothing is seen where none is.
#![allow(clippy::unwrap_used)]

use super::*;
use serde_json::json;

fn at(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_800_000_000_000 + ms).unwrap()
}

/// One payment every 100 ms on each of two partitions; version 3 is in force 1.05 s after the start.
struct Run {
    changes: Vec<Change>,
    sent: Vec<Uuid>,
    found: Found,
    /// The facts, as JSON.
    told: Vec<Value>,
}

fn fact(one: &Decided) -> Value {
    let verdict = if one.verdict == Some(2) { "review" } else { "allow" };
    json!({
        "position": { "partition": one.partition, "offset": one.offset, "ordinal": 0, "last": true },
        "recorded_at": one.appended, "fact": "transaction_posted", "id": one.id,
        "judgement": { "verdict": verdict, "score_e9": one.score_e9, "policy_version": one.policy },
    })
}

fn run() -> Run {
    let mut decided = Vec::new();
    for partition in 0..2 {
        for offset in 0..40_i64 {
            decided.push(Decided {
                id: Uuid::from_u128((partition as u128) << 64 | offset as u128),
                partition,
                worker: partition as usize,
                offset,
                policy: Some(if offset <= 10 { 2 } else { 3 }),
                model: None,
                verdict: Some(if offset <= 10 { 2 } else { 1 }),
                score_e9: Some(17_000_000_000),
                batch: offset,
                appended: at(100 * offset),
                committed: at(100 * offset + 60),
            });
        }
    }
    let version = |number, ms| Version { number, appended: at(ms - 10), committed: at(ms) };
    let what = What::Policy(FIRST_REVIEW + 5);
    let changes = vec![Change { what, answered: at(1_100), version: Some(3), said: String::new() }];
    let told = decided.iter().map(fact).collect();
    let sent = decided.iter().map(|one| one.id).collect();
    let found = Found { decided, policies: vec![version(2, -500), version(3, 1_050)], models: Vec::new() };
    Run { changes, sent, found, told }
}

fn verdict(run: &Run) -> Verdict {
    let facts = run.told.iter().map(|fact| serde_json::from_value(fact.clone()).unwrap()).collect();
    let events = Events { facts, sent_again: 0, faults: Vec::new() };
    Verdict::of(&run.changes, &run.sent, &run.found, &events)
}

/// What is counted once the run was spoilt.
fn spoilt(spoil: impl FnOnce(&mut Run)) -> Vec<&'static str> {
    let mut run = run();
    spoil(&mut run);
    let verdict = verdict(&run);
    assert!(!verdict.holds());
    verdict.faults().filter(|(_, count)| *count > 0).map(|(name, _)| name).collect()
}

#[test]
fn a_run_without_fault_holds_and_says_when_the_change_was_live() {
    let verdict = verdict(&run());
    assert!(verdict.holds(), "{:?}", verdict.examples);
    assert_eq!(verdict.changes[0].last_old_ms, [20.0, 20.0]);
    assert_eq!((verdict.changes[0].committed_ms, verdict.changes[0].first_new_ms), (10.0, 120.0));
    assert_eq!((verdict.decided_by, verdict.batches), (vec![40, 40], 40));
}

#[test]
fn every_fault_is_seen_and_named() {
    let old = |one: &mut Decided| (one.policy, one.verdict) = (Some(2), Some(2));
    let told_too = |run: &mut Run, index: usize| run.told[index] = fact(&run.found.decided[index]);
    let late = spoilt(|run| {
        for index in 11..25 {
            old(&mut run.found.decided[index]);
            run.found.decided[index].batch += 1_000;
            told_too(run, index);
        }
    });
    assert_eq!(late, ["decided by the old a second later"]);
    let mixed = spoilt(|run| {
        old(&mut run.found.decided[11]);
        told_too(run, 11);
    });
    assert_eq!(mixed, ["batches of mixed versions"]);
    let back = spoilt(|run| {
        old(&mut run.found.decided[12]);
        run.found.decided[12].batch = 1_000;
        told_too(run, 12);
    });
    assert_eq!(back, ["versions that went back"]);
    let by_another = spoilt(|run| {
        run.found.decided[12].verdict = Some(2);
        told_too(run, 12);
    });
    assert_eq!(by_another, ["verdicts that their policy does not give"]);
    let nameless = spoilt(|run| {
        let one = &mut run.found.decided[79];
        (one.policy, one.verdict, one.score_e9, one.batch) = (None, None, None, 1_000);
        run.told[79]["judgement"] = Value::Null;
    });
    assert!(nameless.contains(&"decisions that do not name their versions"), "{nameless:?}");
    let twice = spoilt(|run| run.told.push(run.told[5].clone()));
    assert_eq!(twice, ["payments decided twice"]);
    let unsaid = spoilt(|run| _ = run.told.pop());
    assert_eq!(unsaid, ["payments without a fact"]);
    let otherwise = spoilt(|run| run.told[5]["judgement"]["policy_version"] = json!(3));
    assert_eq!(otherwise, ["facts that say another thing"]);
    let lost = spoilt(|run| run.sent.push(Uuid::from_u128(99)));
    assert_eq!(lost, ["payments without a fact", "payments without a row"]);
    let never = spoilt(|run| run.changes[0].version = None);
    assert_eq!(never, ["changes not in force"]);
    let idle = spoilt(|run| run.found.decided.iter_mut().for_each(|one| one.worker = 0));
    assert_eq!(idle, ["workers that decided nothing"]);
    let unasked = spoilt(|run| run.changes.push(Change { what: What::BadOnTheLog, ..run.changes[0].clone() }));
    assert_eq!(unasked, ["wrong policies the workers took"]);
}
