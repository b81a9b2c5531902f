//! The verdict, from journal, database and `bank.events` alone: one outcome per accepted command, nothing lost, doubled
//! or out of balance, every account's order kept, and the fold of the facts equal to the tables. Alerts and holds are
//! judged in `alerts`.

use super::alerts;
use super::fold::Fold;
use super::journal::Entry;
use super::tables::Tables;
use crate::wire::{End, Fact, Payment, Settle};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use uuid::Uuid;

#[cfg(test)]
mod tests;

#[derive(Debug, Default, Serialize)]
pub struct Verdict {
    /// Accepted by the log or received by the node, without an outcome in tables and facts.
    pub lost: u64,
    /// Transactions with more than one first outcome.
    pub doubled: u64,
    /// Judgements without exactly one alert, alerts without a judgement, in facts and table.
    pub alerts_lost_or_doubled: u64,
    /// Holds that ended more than once, and reserves that do not follow from holds and ends.
    pub holds_ended_twice: u64,
    /// Terms or reserves without a held transaction or the reverse, and alerts that do not follow their hold.
    pub holds_leaked: u64,
    /// Alerts whose stored facts and policy give another decision.
    pub not_rederived: u64,
    /// Commands about holds without exactly one right answer.
    pub settles_misanswered: u64,
    /// Sums, balances or chains that do not hold.
    pub unbalanced: u64,
    /// Debits of an account decided in another order than the log's, or acknowledged in another order than sent.
    pub out_of_order: u64,
    /// Places on `bank.events` where a fact is missing or differs from its first sending.
    pub feed_faults: u64,
    /// Rows that the fold of the facts does not give.
    pub fold_differs: u64,
    /// Rows for transactions that nobody sent.
    pub phantoms: u64,
    /// Repeated ids that were answered wrongly.
    pub misanswered: u64,
    pub accepted_commands: u64,
    pub accepted_transactions: u64,
    pub facts: u64,
    pub facts_sent_again: u64,
    pub posted: u64,
    pub refused: u64,
    pub alerts: u64,
    pub reviewed: u64,
    pub held: u64,
    pub refused_by_detection: u64,
    pub holds_released: u64,
    pub holds_refused: u64,
    pub holds_expired: u64,
    pub holds_open: u64,
    pub settles_accepted: u64,
    pub settles_too_early: u64,
    pub settles_repeated: u64,
    pub duplicates_answered: u64,
    pub conflicts_answered: u64,
    /// The first findings, in words.
    pub findings: Vec<String>,
}

impl Verdict {
    pub fn clean(&self) -> bool {
        self.lost
            + self.doubled
            + self.alerts_lost_or_doubled
            + self.holds_ended_twice
            + self.holds_leaked
            + self.not_rederived
            + self.settles_misanswered
            + self.unbalanced
            + self.out_of_order
            + self.feed_faults
            + self.fold_differs
            + self.phantoms
            + self.misanswered
            == 0
    }

    pub fn find(&mut self, counter: fn(&mut Verdict) -> &mut u64, text: impl FnOnce() -> String) {
        *counter(self) += 1;
        if self.findings.len() < 40 {
            self.findings.push(text());
        }
    }
}

/// The facts as a reader sees them: in order, each position once.
pub struct Events {
    pub facts: Vec<Fact>,
    pub sent_again: u64,
    pub faults: Vec<String>,
}

/// What the journal says.
#[derive(Default)]
struct Told {
    sent: HashMap<Uuid, Payment>,
    settles: HashMap<Uuid, Settle>,
    /// In the order of sending.
    order: Vec<Uuid>,
    accepted: HashMap<Uuid, (i32, i64)>,
    received: HashSet<Uuid>,
    /// Every transaction id that was ever tried.
    tried: HashSet<Uuid>,
}

impl Told {
    fn read(entries: Vec<Entry>) -> Self {
        let mut told = Told::default();
        for entry in entries {
            match entry {
                Entry::Sent { command_id, payment } => {
                    told.tried.insert(payment.transaction_id);
                    told.order.push(command_id);
                    told.sent.insert(command_id, payment);
                }
                Entry::Settled { command_id, settle } => {
                    told.settles.insert(command_id, settle);
                }
                Entry::Accepted { command_id, partition, offset } => {
                    told.accepted.insert(command_id, (partition, offset));
                }
                Entry::Posted { payment } => {
                    told.tried.insert(payment.transaction_id);
                }
                Entry::Received { transaction_id } => {
                    told.received.insert(transaction_id);
                }
            }
        }
        told
    }
}

pub fn judge(entries: Vec<Entry>, events: &Events, tables: &Tables) -> Verdict {
    let told = Told::read(entries);
    let mut verdict = Verdict {
        accepted_commands: told.accepted.len() as u64,
        facts: events.facts.len() as u64,
        facts_sent_again: events.sent_again,
        ..Verdict::default()
    };
    for fault in &events.faults {
        verdict.find(|v| &mut v.feed_faults, || fault.clone());
    }
    outcomes(&told, events, tables, &mut verdict);
    let places = places(events);
    commands(&told, events, &places, &mut verdict);
    settles(&told, events, &places, &mut verdict);
    order(&told, events, &mut verdict);
    balance(tables, &mut verdict);
    alerts::judge(events, tables, &mut verdict);
    let mut fold = Fold::default();
    fold.take(&events.facts);
    for fault in fold.faults() {
        verdict.find(|v| &mut v.unbalanced, || fault);
    }
    for fault in fold.held_faults() {
        verdict.find(|v| &mut v.holds_ended_twice, || fault);
    }
    for difference in fold.differences(tables) {
        verdict.find(|v| &mut v.fold_differs, || difference);
    }
    verdict
}

/// Each accepted transaction has exactly one outcome, the same in facts and tables.
fn outcomes(told: &Told, events: &Events, tables: &Tables, verdict: &mut Verdict) {
    // In the end: a hold's end comes after it.
    let mut decided: HashMap<Uuid, &str> = HashMap::new();
    for fact in events.facts.iter().filter(|fact| fact.is_outcome()) {
        decided.insert(fact.id.unwrap_or_default(), &fact.fact);
    }
    let ended = |as_what: &str| decided.values().filter(|fact| **fact == as_what).count() as u64;
    (verdict.posted, verdict.refused) = (ended("transaction_posted"), ended("transaction_refused"));
    let by_command =
        told.accepted.keys().filter_map(|command| told.sent.get(command)).map(|payment| payment.transaction_id);
    let accepted: BTreeSet<Uuid> = by_command.chain(told.received.iter().copied()).collect();
    verdict.accepted_transactions = accepted.len() as u64;
    for id in &accepted {
        if !decided.contains_key(id) {
            verdict.find(|v| &mut v.lost, || format!("no fact of the accepted transaction {id}"));
        } else if !tables.transactions.contains_key(id) {
            verdict.find(|v| &mut v.lost, || format!("no row of the accepted transaction {id}"));
        }
    }
    for id in tables.transactions.keys().filter(|id| !told.tried.contains(id)) {
        verdict.find(|v| &mut v.phantoms, || format!("nobody sent transaction {id}"));
    }
}

/// The first fact of each command: what it came to. An alert stands behind it.
type Places<'a> = HashMap<(i32, i64), &'a Fact>;

fn places(events: &Events) -> Places<'_> {
    let firsts = events.facts.iter().filter(|fact| fact.position.ordinal == 0);
    firsts.map(|fact| ((fact.position.partition, fact.position.offset), fact)).collect()
}

/// Each accepted command has its fact where the log put it, and repeats are answered for what they are.
fn commands(told: &Told, events: &Events, places: &Places<'_>, verdict: &mut Verdict) {
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

/// The log keeps the order of sending per account, and the versions of an account follow its log.
fn order(told: &Told, events: &Events, verdict: &mut Verdict) {
    let mut last: HashMap<&str, i64> = HashMap::new();
    // Payments alone: the desk sends from another producer.
    for command in &told.order {
        let (Some(payment), Some((_, offset))) = (told.sent.get(command), told.accepted.get(command)) else { continue };
        if let Some(before) = last.insert(payment.key(), *offset)
            && before >= *offset
        {
            verdict.find(
                |v| &mut v.out_of_order,
                || format!("{}: sent later, logged earlier ({before}, {offset})", payment.key()),
            );
        }
    }
    let mut own: BTreeMap<&str, Vec<(i64, i64)>> = BTreeMap::new();
    for fact in &events.facts {
        let side = if fact.kind.as_deref() == Some("deposit") { &fact.credit } else { &fact.debit };
        if let Some(side) = side.as_ref().filter(|_| fact.is_outcome())
            && let Some(after) = side.after
        {
            own.entry(&side.account).or_default().push((fact.position.offset, after.version));
        }
    }
    for (account, mut changes) in own {
        changes.sort_unstable();
        for pair in changes.windows(2).filter(|pair| pair[0].1 >= pair[1].1) {
            verdict.find(|v| &mut v.out_of_order, || format!("{account}: versions against the log: {pair:?}"));
        }
    }
}

/// What the tables must hold by themselves: zero in sum, balances equal to their transactions, unbroken chains.
fn balance(tables: &Tables, verdict: &mut Verdict) {
    let sum: i128 = tables.accounts.values().map(|row| i128::from(row.booked_minor)).sum::<i128>()
        + tables.stripes.values().map(|(booked, _)| i128::from(*booked)).sum::<i128>();
    if sum != 0 {
        verdict.find(|v| &mut v.unbalanced, || format!("the ledger sums to {sum}"));
    }
    for (side, mut rows) in tables.chains() {
        rows.sort_unstable_by_key(|row| row.version);
        let mut balance = 0;
        for row in &rows {
            balance += row.change;
            if row.balance_after != balance {
                verdict.find(|v| &mut v.unbalanced, || format!("{side}: chain broken at version {}", row.version));
                balance = row.balance_after;
            }
        }
        for pair in rows.windows(2).filter(|pair| pair[0].version == pair[1].version) {
            verdict.find(|v| &mut v.unbalanced, || format!("{side}: version {} twice", pair[0].version));
        }
        if tables.booked(&side) != Some(balance) {
            let found = tables.booked(&side);
            verdict.find(
                |v| &mut v.unbalanced,
                || format!("{side}: its transactions give {balance}, the table {found:?}"),
            );
        }
    }
}
