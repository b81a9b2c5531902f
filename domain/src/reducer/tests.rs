//! The promises at the head of the reducer: by example, then for every interleaving, repetition and loss.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::view::{AfterView, AlertView, Stamp};
use crate::{AccountKind, AccountStatus, Currency, TransactionKind};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn id(number: u64) -> Uuid {
    Uuid::from_u64_pair(7, number)
}

fn side(account: &str, version: Option<i64>, booked_minor: i64) -> SideView {
    let after = version.map(|version| AfterView { version, booked_minor, available_minor: Some(booked_minor) });
    SideView { account: account.to_owned(), after }
}

fn row(number: u64, debit: SideView, credit: SideView, state: TransactionState) -> TransactionView {
    let at = Stamp { ms: 0, offset_min: 60 };
    TransactionView {
        id: id(number),
        kind: TransactionKind::Transfer,
        state,
        amount_minor: 1,
        currency: Currency::EUR,
        debit,
        credit,
        occurred_at: at,
        recorded_at: at,
        history: false,
        reason: None,
        reference: None,
    }
}

/// A deposit: one visible side.
fn deposit(number: u64, account: &str, version: i64) -> TransactionView {
    row(number, side("CASH-EUR", None, 0), side(account, Some(version), version * 100), TransactionState::Posted)
}

fn account(number: &str, version: i64, booked_minor: i64) -> AccountView {
    AccountView {
        account: number.to_owned(),
        kind: AccountKind::Customer,
        currency: Currency::EUR,
        status: AccountStatus::Open,
        version,
        booked_minor,
        held_minor: 0,
        overdraft_minor: 0,
        available_minor: booked_minor,
    }
}

fn token(pairs: &[(i32, i64)]) -> ResumeToken {
    ResumeToken(pairs.iter().copied().collect())
}

fn update(changes: Vec<Change>) -> Frame {
    Frame::Update { resume: token(&[]), changes, now_ms: 0 }
}

fn rows(views: &[TransactionView]) -> Frame {
    update(views.iter().cloned().map(Change::Transaction).collect())
}

fn shown(state: &LiveState) -> Vec<Uuid> {
    state.transactions().iter().map(|row| row.id).collect()
}

#[test]
fn a_frame_applied_twice_changes_nothing_more() {
    let mut state = LiveState::new(50);
    let frame = update(vec![Change::Account(account("A", 4, 400)), Change::Transaction(deposit(1, "A", 5))]);
    assert!(state.apply(&frame, 0));
    assert!(!state.apply(&frame, 0));
    assert_eq!((shown(&state), state.received()), (vec![id(1)], 1));
    assert_eq!(state.account("A").unwrap().booked_minor, 500);
}

/// A hold of 1 on account A, which stood at 5 before, and what became of it.
fn held_and_ended(state: TransactionState) -> [TransactionView; 2] {
    let after = |version, booked_minor, available_minor| SideView {
        account: "A".to_owned(),
        after: Some(AfterView { version, booked_minor, available_minor: Some(available_minor) }),
    };
    let booked = if state == TransactionState::Posted { 4 } else { 5 };
    let held = row(1, after(2, 5, 4), side("B", None, 0), TransactionState::Held);
    let mut ended = row(1, after(3, booked, booked), side("B", None, 0), state);
    ended.recorded_at.ms = 9_000;
    [held, ended]
}

#[test]
fn a_hold_reserves_and_its_end_changes_the_row_in_place_with_the_time_it_came() {
    for end in [TransactionState::Posted, TransactionState::Refused, TransactionState::Expired] {
        let mut state = LiveState::new(50);
        state.seed(&[account("A", 1, 5)], &[], &token(&[]));
        let [mut held, ended] = held_and_ended(end);
        held.reference = Some("Rent".to_owned());
        state.apply(&rows(&[held]), 0);
        let standing = |state: &LiveState| {
            let account = state.account("A").unwrap();
            (account.booked_minor, account.held_minor, account.available_minor)
        };
        assert_eq!(standing(&state), (5, 1, 4));
        state.apply(&rows(&[deposit(2, "C", 1)]), 0);
        assert!(state.apply(&rows(&[ended]), 0));
        let left = if end == TransactionState::Posted { 4 } else { 5 };
        assert_eq!(standing(&state), (left, 0, left));
        assert_eq!((shown(&state), state.received()), (vec![id(2), id(1)], 2));
        let row = state.transaction(id(1)).unwrap();
        assert_eq!((row.state, row.recorded_at.ms, row.reference.as_deref()), (end, 0, Some("Rent")));
    }
}

#[test]
fn an_alert_is_news_once_and_its_label_once_more() {
    let mut state = LiveState::new(50);
    let alert = |open| update(vec![Change::Alert(AlertView { id: id(1), open })]);
    assert!(state.apply(&alert(true), 0) && !state.apply(&alert(true), 0));
    assert!(!state.alerts().is_labelled(id(1)));
    assert!(state.apply(&alert(false), 0) && !state.apply(&alert(false), 0) && !state.apply(&alert(true), 0));
    assert_eq!((state.alerts().raised(), state.alerts().turn()), (1, 2));
    assert!(state.alerts().is_labelled(id(1)));
    let (resume, missed) = (token(&[]), Some(3));
    state.apply(&Frame::Snapshot { resume, missed, accounts: vec![], transactions: vec![], now_ms: 0 }, 0);
    assert_eq!(state.alerts().turn(), 3, "what was missed is fetched again");
}

#[test]
fn a_balance_only_moves_to_a_higher_version() {
    let mut state = LiveState::new(50);
    state.seed(&[account("A", 7, 700)], &[], &token(&[]));
    assert!(!state.apply(&update(vec![Change::Account(account("A", 6, 600))]), 0));
    assert_eq!(state.account("A").unwrap().booked_minor, 700);
    assert!(state.apply(&update(vec![Change::Account(account("A", 8, 800))]), 0));
    assert_eq!(state.account("A").unwrap().booked_minor, 800);
}

#[test]
fn a_row_waits_a_second_for_its_predecessor_and_then_shows_the_gap() {
    let mut state = LiveState::new(50);
    state.seed(&[account("A", 4, 400)], &[], &token(&[]));
    state.apply(&rows(&[deposit(6, "A", 6)]), 10_000);
    assert!(shown(&state).is_empty() && state.gaps().is_empty());
    assert_eq!(state.next_due_ms(), Some(11_000));
    assert!(!state.tick(10_999));
    assert!(state.tick(11_000));
    assert_eq!(shown(&state), vec![id(6)]);
    assert_eq!(state.gaps(), vec![Gap { account: "A".into(), first: 5, last: 5 }]);

    state.apply(&rows(&[deposit(5, "A", 5)]), 12_000);
    assert_eq!((shown(&state), state.gaps()), (vec![id(6), id(5)], vec![]), "the gap is filled in its place");
}

#[test]
fn a_row_is_shown_at_once_when_its_predecessor_comes_in_time() {
    let mut state = LiveState::new(50);
    state.seed(&[account("A", 4, 400)], &[], &token(&[]));
    state.apply(&rows(&[deposit(6, "A", 6)]), 0);
    state.apply(&rows(&[deposit(5, "A", 5)]), 300);
    assert_eq!((shown(&state), state.gaps(), state.next_due_ms()), (vec![id(6), id(5)], vec![], None));
}

#[test]
fn a_change_of_the_account_alone_leaves_no_hole() {
    let mut state = LiveState::new(50);
    state.seed(&[account("A", 4, 400)], &[], &token(&[]));
    let frozen = Change::Account(account("A", 6, 500));
    state.apply(&update(vec![frozen, Change::Transaction(deposit(7, "A", 7))]), 0);
    assert!(shown(&state).is_empty(), "5 is missing");
    state.apply(&rows(&[deposit(5, "A", 5)]), 100);
    assert_eq!((shown(&state), state.gaps()), (vec![id(7), id(5)], vec![]));
}

#[test]
fn a_held_row_changes_in_place_and_never_back() {
    let mut state = LiveState::new(50);
    let held = row(1, side("A", Some(1), 100), side("B", None, 0), TransactionState::Held);
    let posted = row(1, side("A", Some(3), 90), side("B", Some(1), 10), TransactionState::Posted);
    state.apply(&rows(&[held.clone(), deposit(2, "A", 2), posted]), 0);
    assert_eq!(shown(&state), vec![id(2), id(1)]);
    assert!(!state.apply(&rows(&[held]), 0));
    assert_eq!(state.transaction(id(1)).unwrap().state, TransactionState::Posted);
}

#[test]
fn the_earlier_of_two_seeds_is_where_the_socket_goes_on() {
    let mut state = LiveState::new(50);
    state.seed(&[], &[], &token(&[(0, 9), (1, 4), (2, 7)]));
    state.seed(&[], &[], &token(&[(0, 5), (1, 8)]));
    assert_eq!(state.resume(), Some(&token(&[(0, 5), (1, 4)])));
    state.apply(&Frame::Update { resume: token(&[(0, 6), (2, 8)]), changes: vec![], now_ms: 0 }, 0);
    assert_eq!(state.resume(), Some(&token(&[(0, 6), (1, 4), (2, 8)])));
}

#[test]
fn the_rows_of_a_page_are_a_choice_and_leave_no_gap() {
    let mut state = LiveState::new(50);
    state.seed(&[], &[deposit(9, "A", 9), deposit(5, "A", 5)], &token(&[]));
    assert_eq!((shown(&state), state.gaps()), (vec![id(9), id(5)], vec![]));
    state.apply(&rows(&[deposit(7, "A", 7), deposit(10, "A", 10)]), 0);
    assert_eq!((shown(&state), state.gaps(), state.received()), (vec![id(10), id(9), id(5)], vec![], 1));
}

#[test]
fn what_a_seed_contained_is_no_news() {
    let mut state = LiveState::new(50);
    state.seed(&[account("A", 9, 900)], &[], &token(&[]));
    assert!(!state.apply(&rows(&[deposit(8, "A", 8)]), 0));
    assert!(shown(&state).is_empty() && state.received() == 0);
}

#[test]
fn a_snapshot_counts_what_was_missed_and_fills_the_gaps() {
    let mut state = LiveState::new(50);
    state.seed(&[account("A", 4, 400)], &[], &token(&[]));
    state.apply(&rows(&[deposit(6, "A", 6)]), 0);
    state.tick(1_000);
    assert_eq!(state.gaps().len(), 1);
    let snapshot = Frame::Snapshot {
        resume: token(&[(0, 3)]),
        missed: Some(12),
        accounts: vec![account("A", 9, 900)],
        transactions: vec![deposit(9, "A", 9), deposit(8, "A", 8)],
        now_ms: 0,
    };
    state.apply(&snapshot, 2_000);
    assert_eq!((state.missed(), state.gaps()), (12, vec![]));
    assert_eq!(shown(&state), vec![id(9), id(8), id(6)]);
    assert_eq!(state.account("A").unwrap().version, 9);
}

#[test]
fn no_more_rows_are_kept_than_the_limit_however_many_wait() {
    let mut state = LiveState::new(10);
    state.seed(&[account("A", 0, 0)], &[], &token(&[]));
    let views: Vec<_> = (2..500).map(|version| deposit(version as u64, "A", version)).collect();
    state.apply(&rows(&views), 0);
    assert!(state.waiting.len() <= 10);
    state.tick(5_000);
    let newest: Vec<_> = (490..500).rev().map(id).collect();
    assert_eq!(shown(&state), newest);
    assert_eq!(state.received(), 498);
}

/// A bank's history: transfers between four accounts and cash, in commit order, with the versions they made.
#[derive(Debug, Clone)]
struct History {
    rows: Vec<TransactionView>,
    accounts: Vec<AccountView>,
}

fn history(moves: &[(u8, u8, i64)]) -> History {
    let names = ["A", "B", "C", "D"];
    let mut state = [(0_i64, 0_i64); 4];
    let mut rows = Vec::new();
    for (number, &(from, to, amount)) in moves.iter().enumerate() {
        let mut touch = |index: usize, delta: i64| {
            state[index].0 += 1;
            state[index].1 += delta;
            side(names[index], Some(state[index].0), state[index].1)
        };
        let cash = || side("CASH-EUR", None, 0);
        let (debit, credit) = match (usize::from(from), usize::from(to)) {
            (4, 4) => continue,
            (4, to) => (cash(), touch(to, amount)),
            (from, 4) => (touch(from, -amount), cash()),
            (from, to) if from == to => continue,
            (from, to) => (touch(from, -amount), touch(to, amount)),
        };
        rows.push(row(number as u64, debit, credit, TransactionState::Posted));
    }
    let accounts = names.iter().zip(state).map(|(name, (version, booked))| account(name, version, booked)).collect();
    History { rows, accounts }
}

fn moves() -> impl Strategy<Value = Vec<(u8, u8, i64)>> {
    prop::collection::vec((0_u8..5, 0_u8..5, 1_i64..1000), 1..60)
}

/// The rows as a socket may carry them: each account-at-risk's partition in order, partitions interleaved at will.
fn interleave(history: &History, picks: &[usize]) -> Vec<TransactionView> {
    let mut queues: BTreeMap<String, VecDeque<TransactionView>> = BTreeMap::new();
    for row in &history.rows {
        let risk = if row.debit.after.is_some() { &row.debit } else { &row.credit };
        queues.entry(risk.account.clone()).or_default().push_back(row.clone());
    }
    let mut sent = Vec::new();
    for turn in 0.. {
        queues.retain(|_, queue| !queue.is_empty());
        let Some(count) = std::num::NonZeroUsize::new(queues.len()) else { break };
        let pick = picks.get(turn % picks.len().max(1)).copied().unwrap_or(0) % count;
        sent.extend(queues.values_mut().nth(pick).and_then(VecDeque::pop_front));
    }
    sent
}

fn assert_in_version_order(state: &LiveState) {
    for (index, row) in state.transactions().iter().enumerate() {
        for below in &state.transactions()[index + 1..] {
            assert!(!precedes(row, below), "{row:?} stands above {below:?}");
        }
    }
}

proptest! {
    #[test]
    fn any_interleaving_with_repetitions_shows_each_row_once_in_order(
        moves in moves(),
        picks in prop::collection::vec(0_usize..5, 1..80),
        cuts in prop::collection::vec((1_usize..8, 0_usize..12, 0_i64..400), 1..80),
    ) {
        let history = history(&moves);
        let sent = interleave(&history, &picks);
        let start: Vec<AccountView> = history.accounts.iter().map(|a| account(&a.account, 0, 0)).collect();
        let mut state = LiveState::new(200);
        state.seed(&start, &[], &token(&[]));
        let (mut at, mut now_ms) = (0, 0);
        for &(length, back, pause_ms) in cuts.iter().cycle() {
            // A frame may begin again before where the last one ended: a reconnect with an older token.
            let from = at - back.min(at);
            let to = (at + length).min(sent.len());
            state.apply(&rows(&sent[from..to]), now_ms);
            now_ms += pause_ms;
            state.tick(now_ms);
            assert_in_version_order(&state);
            at = to;
            if at == sent.len() { break }
        }
        state.tick(now_ms + HOLE_WAIT_MS);
        let mut expected: Vec<Uuid> = history.rows.iter().map(|row| row.id).collect();
        let mut seen = shown(&state);
        expected.sort();
        seen.sort();
        prop_assert_eq!(seen, expected);
        prop_assert_eq!(state.received(), history.rows.len() as u64);
        prop_assert_eq!(state.gaps(), vec![]);
        for account in &history.accounts {
            prop_assert_eq!(state.account(&account.account).unwrap().booked_minor, account.booked_minor);
        }
    }

    #[test]
    fn what_is_lost_is_shown_as_a_gap_and_nothing_else_is(
        moves in moves(),
        lost in prop::collection::vec(any::<bool>(), 60),
    ) {
        let history = history(&moves);
        let start: Vec<AccountView> = history.accounts.iter().map(|a| account(&a.account, 0, 0)).collect();
        let mut state = LiveState::new(200);
        state.seed(&start, &[], &token(&[]));
        let kept: Vec<_> =
            history.rows.iter().zip(&lost).filter(|(_, lost)| !**lost).map(|(row, _)| row.clone()).collect();
        state.apply(&rows(&kept), 0);
        state.tick(HOLE_WAIT_MS);
        assert_in_version_order(&state);
        prop_assert_eq!(state.transactions().len(), kept.len());
        for account in &history.accounts {
            let got = |row: &TransactionView| versions_of(row).find(|v| v.0 == account.account).map(|v| v.1);
            let versions: Vec<i64> = kept.iter().filter_map(got).collect();
            let top = versions.iter().copied().max().unwrap_or(0);
            let missing: Vec<i64> = (1..=top).filter(|version| !versions.contains(version)).collect();
            let gaps = state.gaps();
            let shown = gaps.iter().filter(|gap| gap.account == account.account).flat_map(|gap| gap.first..=gap.last);
            prop_assert_eq!(shown.collect::<Vec<_>>(), missing);
        }
    }
}
