//! The verdict, from journal, database and `bank.events` alone: one outcome per accepted command, nothing lost, doubled
//! or out of balance, every account's order kept, and the fold of the facts equal to the tables. Alerts and holds are
//! judged in `alerts`, answers to commands in `answers`.

use super::alerts;
use super::fold::Fold;
use super::journal::Entry;
use super::tables::Tables;
use crate::wire::{Fact, Payment, Settle};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use uuid::Uuid;

mod answers;
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

    /// Whether enough of everything happened for the counts to say something.
    pub fn telling(&self) -> bool {
        let each = [self.reviewed, self.held, self.refused_by_detection, self.holds_released, self.holds_refused];
        each.into_iter().all(|count| count > 0) && 2 * self.posted >= self.accepted_transactions
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
    answers::judge(&told, events, &mut verdict);
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
