//! What a screen knows, from the frames of a socket: accounts, the newest transactions, what was missed.
//!
//! Promises, whatever the order, repetition or loss of frames:
//! - applying a frame twice changes nothing more; what was seen is dropped (a transaction by id and state, an account
//!   by version), and a balance only ever moves to a higher version;
//! - the rows of an account stand in the order of its versions; a row that comes before its predecessor waits for it
//!   [`HOLE_WAIT_MS`], then is shown and the hole is kept as a [`Gap`] until it is filled;
//! - memory is bounded by the limit given at the start.
//!
//! Deliberately absent: the clock (milliseconds are passed in), the socket, and anything about how it looks.

mod alerts;

pub use alerts::Alerts;

use crate::transaction::TransactionState;
use crate::view::{AccountView, Change, Frame, ResumeToken, SideView, TransactionView};
use std::collections::VecDeque;
use uuid::Uuid;

/// How long a row waits for the one before it.
pub const HOLE_WAIT_MS: i64 = 1_000;

/// States of one account kept while their predecessor is missing.
const AHEAD_MAX: usize = 256;

/// Versions of an account that were passed over: nothing is known of them yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    pub account: String,
    pub first: i64,
    pub last: i64,
}

/// Which versions of an account have been seen.
#[derive(Debug, Clone, Default)]
struct Versions {
    /// All up to here are known to be contained in what the screen started from. None: it started from nothing.
    floor: Option<i64>,
    /// The highest version shown.
    top: Option<i64>,
    /// Holes between floor and top, each (first, last), ascending.
    holes: Vec<(i64, i64)>,
    /// Above top, ascending: states of the account that came without, or before, the row that made them.
    ahead: Vec<i64>,
}

impl Versions {
    /// Raises the floor: everything up to `version` is contained in a snapshot.
    fn settle(&mut self, version: i64) {
        self.floor = self.floor.max(Some(version));
        self.top = self.top.max(Some(version));
        self.absorb();
        self.holes.retain(|hole| hole.1 > version);
        if let Some(hole) = self.holes.first_mut() {
            hole.0 = hole.0.max(version + 1);
        }
    }

    /// Contained in what the screen started from, hence not news.
    fn settled(&self, version: i64) -> bool {
        self.floor.is_some_and(|floor| version <= floor)
    }

    /// Nothing is missing below `version`, as far as can be known.
    fn follows(&self, version: i64) -> bool {
        self.top.is_none_or(|top| version <= top + 1)
    }

    /// A state of the account: known, whatever made it, so that no row waits for it.
    fn know(&mut self, version: i64) {
        if self.follows(version) {
            self.show(version);
        } else {
            if let Err(place) = self.ahead.binary_search(&version) {
                self.ahead.insert(place, version);
            }
            if self.ahead.len() > AHEAD_MAX {
                self.ahead.remove(0);
            }
        }
    }

    fn absorb(&mut self) {
        while let (Some(top), Some(next)) = (self.top, self.ahead.first().copied()) {
            if next > top + 1 {
                return;
            }
            self.top = Some(top.max(next));
            self.ahead.remove(0);
        }
    }

    fn show(&mut self, version: i64) {
        let Some(top) = self.top else {
            self.top = Some(version);
            return;
        };
        if version > top {
            if version > top + 1 {
                self.holes.push((top + 1, version - 1));
            }
            self.top = Some(version);
            self.absorb();
        } else if let Some(index) = self.holes.iter().position(|hole| hole.0 <= version && version <= hole.1) {
            let (first, last) = self.holes.remove(index);
            for (at, part) in [(first, version - 1), (version + 1, last)].into_iter().filter(|p| p.0 <= p.1).enumerate()
            {
                self.holes.insert(index + at, part);
            }
        }
    }
}

/// Versions by account number. A sorted row rather than a tree: a third of the code, and code is what a browser loads.
#[derive(Debug, Clone, Default)]
struct ByAccount(Vec<(String, Versions)>);

impl ByAccount {
    fn place_of(&self, account: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.as_str().cmp(account))
    }

    fn get(&self, account: &str) -> Option<&Versions> {
        self.place_of(account).ok().map(|place| &self.0[place].1)
    }

    /// What is known of the account, from now on something.
    fn of(&mut self, account: &str) -> &mut Versions {
        let place = self.place_of(account).unwrap_or_else(|place| {
            self.0.insert(place, (account.to_owned(), Versions::default()));
            place
        });
        &mut self.0[place].1
    }
}

/// Everything the islands of one page show. See the head of this file for what it promises.
#[derive(Debug, Clone)]
pub struct LiveState {
    limit: usize,
    /// By number.
    accounts: Vec<AccountView>,
    versions: ByAccount,
    /// Newest first.
    transactions: Vec<TransactionView>,
    /// (when it came, row): waiting for a predecessor.
    waiting: Vec<(i64, TransactionView)>,
    seen: Seen,
    resume: Option<ResumeToken>,
    missed: u64,
    received: u64,
    alerts: Alerts,
}

impl LiveState {
    /// Keeps at most `limit` transactions, and at most as many waiting.
    pub fn new(limit: usize) -> Self {
        LiveState {
            limit,
            accounts: Vec::new(),
            versions: ByAccount::default(),
            transactions: Vec::new(),
            waiting: Vec::new(),
            seen: Seen::new(limit.saturating_mul(8)),
            resume: None,
            missed: 0,
            received: 0,
            alerts: Alerts::new(limit.saturating_mul(8)),
        }
    }

    pub fn account(&self, account: &str) -> Option<&AccountView> {
        self.place_of(account).ok().map(|place| &self.accounts[place])
    }

    pub fn accounts(&self) -> impl Iterator<Item = &AccountView> {
        self.accounts.iter()
    }

    /// Newest first.
    pub fn transactions(&self) -> &[TransactionView] {
        &self.transactions
    }

    pub fn transaction(&self, id: Uuid) -> Option<&TransactionView> {
        let waiting = self.waiting.iter().map(|(_, row)| row);
        waiting.chain(&self.transactions).find(|row| row.id == id)
    }

    /// What to ask for after a cut: everything after this.
    pub fn resume(&self) -> Option<&ResumeToken> {
        self.resume.as_ref()
    }

    /// Changes this client will not get one by one, as the node counted them.
    pub fn missed(&self) -> u64 {
        self.missed
    }

    /// Transactions that came as news since the page was loaded, repetitions not counted.
    pub fn received(&self) -> u64 {
        self.received
    }

    pub fn alerts(&self) -> &Alerts {
        &self.alerts
    }

    pub fn gaps(&self) -> Vec<Gap> {
        let holes = |(account, versions): &(String, Versions)| -> Vec<Gap> {
            let gap = |&(first, last): &(i64, i64)| Gap { account: account.clone(), first, last };
            versions.holes.iter().map(gap).collect()
        };
        self.versions.0.iter().flat_map(holes).collect()
    }

    /// When [`LiveState::tick`] next has something to do.
    pub fn next_due_ms(&self) -> Option<i64> {
        self.waiting.iter().map(|(came_ms, _)| came_ms + HOLE_WAIT_MS).min()
    }

    /// What the server rendered: the accounts and rows the page already shows, and where a socket goes on from.
    /// Called once per island; of several tokens the earlier counts, partition by partition, so that none misses anything.
    pub fn seed(&mut self, accounts: &[AccountView], transactions: &[TransactionView], resume: &ResumeToken) {
        self.put_accounts(accounts);
        self.put_rows(transactions);
        self.resume = Some(match self.resume.take() {
            None => resume.clone(),
            Some(known) => earlier(&known, resume),
        });
    }

    /// Applies a frame that came at `now_ms`. Returns whether anything shown has changed.
    pub fn apply(&mut self, frame: &Frame, now_ms: i64) -> bool {
        match frame {
            Frame::Snapshot { resume, missed, accounts, transactions, .. } => {
                self.missed = self.missed.saturating_add(missed.unwrap_or(0));
                self.resume = Some(resume.clone());
                self.put_accounts(accounts);
                let news = transactions.iter().filter(|row| self.seen.rank(row.id).is_none()).count();
                self.received = self.received.saturating_add(news as u64);
                self.put_rows(transactions);
                self.alerts.lose_track();
                self.settle_waiting(now_ms);
                true
            }
            Frame::Update { resume, changes, .. } => {
                let mut changed = false;
                for change in changes {
                    changed |= match change {
                        Change::Account(account) => self.put_account(account),
                        Change::Transaction(row) => self.take(row, now_ms),
                        Change::Alert(alert) => self.alerts.take(alert),
                    };
                }
                self.resume = Some(match self.resume.take() {
                    None => resume.clone(),
                    Some(known) => later(&known, resume),
                });
                self.settle_waiting(now_ms) || changed
            }
            Frame::Heartbeat { .. } | Frame::Goodbye => self.settle_waiting(now_ms),
        }
    }

    /// Shows what has waited long enough. Returns whether anything shown has changed.
    pub fn tick(&mut self, now_ms: i64) -> bool {
        self.settle_waiting(now_ms)
    }

    fn place_of(&self, account: &str) -> Result<usize, usize> {
        self.accounts.binary_search_by(|known| known.account.as_str().cmp(account))
    }

    fn put_accounts(&mut self, accounts: &[AccountView]) {
        for account in accounts {
            self.put_account(account);
            self.versions.of(&account.account).settle(account.version);
        }
    }

    fn put_account(&mut self, account: &AccountView) -> bool {
        // A change of the account that is no transaction fills its place in the order too.
        self.versions.of(&account.account).know(account.version);
        match self.place_of(&account.account) {
            Ok(place) if self.accounts[place].version >= account.version => return false,
            Ok(place) => self.accounts[place] = account.clone(),
            Err(place) => self.accounts.insert(place, account.clone()),
        }
        true
    }

    /// Rows of a page or snapshot, newest first: shown as they are, nothing waits. They are a choice made in one reading,
    /// which held all that came before them: what is not among them is no gap.
    fn put_rows(&mut self, rows: &[TransactionView]) {
        for (account, version) in rows.iter().flat_map(versions_of) {
            self.versions.of(account).settle(version);
        }
        for row in rows.iter().rev() {
            if self.is_news(row) {
                self.waiting.retain(|(_, waiting)| waiting.id != row.id);
                self.show(row.clone());
            }
        }
    }

    fn is_news(&self, row: &TransactionView) -> bool {
        self.seen.rank(row.id).is_none_or(|rank| rank < state_rank(row.state))
    }

    /// Takes one transaction from an update.
    fn take(&mut self, row: &TransactionView, now_ms: i64) -> bool {
        let moved = self.move_balances(row);
        if !self.is_news(row)
            || self.waiting.iter().any(|(_, waiting)| waiting.id == row.id && waiting.state == row.state)
        {
            return moved;
        }
        if self.seen.rank(row.id).is_none() && self.is_settled(row) {
            self.seen.insert(row.id, state_rank(row.state));
            return moved;
        }
        // The end of a known hold is no new row.
        self.received = self.received.saturating_add(u64::from(self.seen.rank(row.id).is_none()));
        if self.in_order(row) {
            self.show(row.clone());
            return true;
        }
        self.waiting.push((now_ms, row.clone()));
        moved
    }

    /// Everything this row says was already contained in what the screen started from, which shows only the newest.
    fn is_settled(&self, row: &TransactionView) -> bool {
        let mut any = false;
        for (account, version) in versions_of(row) {
            any = true;
            if !self.versions.get(account).is_some_and(|versions| versions.settled(version)) {
                return false;
            }
        }
        any
    }

    fn in_order(&self, row: &TransactionView) -> bool {
        versions_of(row).all(|(account, version)| self.versions.get(account).is_none_or(|known| known.follows(version)))
    }

    /// Shows what may be shown: first all whose predecessors have come, then what has waited too long.
    fn settle_waiting(&mut self, now_ms: i64) -> bool {
        let mut changed = false;
        loop {
            let ready = self.waiting.iter().position(|(_, row)| self.in_order(row));
            let overdue = || {
                let crowded = self.waiting.len() > self.limit;
                let due = |(came_ms, _): &(i64, TransactionView)| crowded || now_ms - came_ms >= HOLE_WAIT_MS;
                let oldest = self.waiting.iter().enumerate().filter(|(_, waiting)| due(waiting));
                // Of several overdue, the one with the lowest versions opens the smallest hole.
                oldest
                    .min_by_key(|(_, (_, row))| versions_of(row).map(|(_, version)| version).max())
                    .map(|(index, _)| index)
            };
            let Some(index) = ready.or_else(overdue) else { return changed };
            let (_, row) = self.waiting.remove(index);
            if self.is_news(&row) {
                self.show(row);
                changed = true;
            }
        }
    }

    /// The balances a row carries, for accounts that are known.
    fn move_balances(&mut self, row: &TransactionView) -> bool {
        let mut moved = false;
        for side in [&row.debit, &row.credit] {
            let (Some(after), Ok(place)) = (side.after, self.place_of(&side.account)) else { continue };
            let known = &mut self.accounts[place];
            let Some(available_minor) = after.available_minor else { continue };
            if after.version > known.version {
                known.version = after.version;
                known.booked_minor = after.booked_minor;
                known.available_minor = available_minor;
                known.held_minor =
                    after.booked_minor.saturating_add(known.overdraft_minor).saturating_sub(available_minor).max(0);
                moved = true;
            }
        }
        moved
    }

    fn show(&mut self, row: TransactionView) {
        for (account, version) in versions_of(&row) {
            self.versions.of(account).show(version);
        }
        self.seen.insert(row.id, state_rank(row.state));
        if let Some(known) = self.transactions.iter_mut().find(|known| known.id == row.id) {
            // A known row changes in place, and was recorded when it came, not when its hold ended.
            let (recorded_at, reference) = (known.recorded_at, known.reference.take());
            *known = TransactionView { recorded_at, reference: row.reference.clone().or(reference), ..row };
            return;
        }
        place(&mut self.transactions, row);
        self.transactions.truncate(self.limit);
    }
}

/// Inserts at the top, but below every row that comes later in the life of one of its accounts; rows above that point
/// that come earlier move down with it.
fn place(rows: &mut Vec<TransactionView>, row: TransactionView) {
    let below = rows.iter().rposition(|other| precedes(&row, other)).map_or(0, |index| index + 1);
    let mut sinking: Vec<TransactionView> = vec![row];
    let mut staying: Vec<TransactionView> = Vec::with_capacity(below);
    let rest = rows.split_off(below);
    for other in rows.drain(..) {
        if sinking.iter().any(|sunk| precedes(&other, sunk)) { sinking.push(other) } else { staying.push(other) }
    }
    rows.extend(staying);
    rows.extend(sinking);
    rows.extend(rest);
}

/// Whether `a` comes before `b` in the life of an account both touch.
fn precedes(a: &TransactionView, b: &TransactionView) -> bool {
    versions_of(a).any(|(account, version)| versions_of(b).any(|(other, later)| account == other && version < later))
}

fn versions_of(row: &TransactionView) -> impl Iterator<Item = (&str, i64)> {
    let version = |side: &'_ SideView| side.after.map(|after| after.version);
    [&row.debit, &row.credit].into_iter().filter_map(move |side| Some((side.account.as_str(), version(side)?)))
}

/// A hold is followed by one outcome, and nothing follows an outcome.
fn state_rank(state: TransactionState) -> u8 {
    match state {
        TransactionState::Held => 1,
        TransactionState::Posted | TransactionState::Refused | TransactionState::Expired => 2,
    }
}

/// The least a reader of both has seen; a partition absent from either stands at 0.
fn earlier(a: &ResumeToken, b: &ResumeToken) -> ResumeToken {
    let both = a.0.iter().filter_map(|(partition, next)| Some((*partition, (*next).min(*b.0.get(partition)?))));
    ResumeToken(both.collect())
}

fn later(a: &ResumeToken, b: &ResumeToken) -> ResumeToken {
    let mut token = a.clone();
    for (partition, next) in &b.0 {
        let known = token.0.entry(*partition).or_default();
        *known = (*known).max(*next);
    }
    token
}

/// The states last seen of the latest transactions, bounded.
#[derive(Debug, Clone)]
struct Seen {
    capacity: usize,
    /// Oldest first.
    ranks: VecDeque<(Uuid, u8)>,
}

impl Seen {
    fn new(capacity: usize) -> Self {
        Seen { capacity, ranks: VecDeque::new() }
    }

    fn rank(&self, id: Uuid) -> Option<u8> {
        self.ranks.iter().rev().find(|(known, _)| *known == id).map(|(_, rank)| *rank)
    }

    fn insert(&mut self, id: Uuid, rank: u8) {
        if let Some(known) = self.ranks.iter_mut().rev().find(|(known, _)| *known == id) {
            known.1 = rank;
            return;
        }
        self.ranks.push_back((id, rank));
        if self.ranks.len() > self.capacity {
            self.ranks.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;
