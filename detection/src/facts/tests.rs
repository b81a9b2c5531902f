//! Gathering: windows, late rows, labels, money that splits or comes back.
#![allow(clippy::unwrap_used)]

use super::lookback::{DeviceRow, Hop, Labelled, PayeeRow, PayerMemory, PayerRow, Spending};
use super::*;
use crate::history::Outcome;
use crate::payment::{HOUR_MS, MINUTE_MS};
use crate::policy::Policy;
use crate::rules::fixture::AT_MS;
use uuid::Uuid;

const ME: Party = Party(1);
const SHOP: Party = Party(7);

#[derive(Default)]
struct Past {
    memory: PayerMemory,
    rows: Vec<PayerRow>,
    pair: PairMemory,
    payee: Vec<PayeeRow>,
    device: Vec<DeviceRow>,
    hops: Vec<Hop>,
    unreadable: bool,
}

impl Lookback for Past {
    fn payer(&self) -> Reading<PayerMemory> {
        if self.unreadable { Reading::Unreadable } else { Reading::Known(self.memory) }
    }
    fn payer_rows(&self) -> impl Iterator<Item = PayerRow> {
        self.rows.iter().copied()
    }
    fn spending(&self, after_ms: i64, until_ms: i64) -> Spending {
        let within = |row: &&PayerRow| after_ms < row.at_ms && row.at_ms <= until_ms;
        let spent = |row: &&PayerRow| row.outgoing && row.outcome != Outcome::Refused;
        self.rows.iter().filter(within).filter(spent).fold(Spending::default(), |sums, row| Spending {
            count: sums.count + 1,
            sum_minor: sums.sum_minor + row.amount_minor,
            squares: sums.squares + i128::from(row.amount_minor).pow(2),
        })
    }
    fn inflow(&self, after_ms: i64, until_ms: i64) -> Option<Inflow> {
        let within = |row: &&PayerRow| after_ms < row.at_ms && row.at_ms <= until_ms;
        let rows = || self.rows.iter().filter(within).filter(|row| row.outcome != Outcome::Refused);
        let at_ms = rows().filter(|row| !row.outgoing).map(|row| row.at_ms).min()?;
        let sum = |outgoing: bool| {
            rows().filter(|row| row.outgoing == outgoing && row.at_ms >= at_ms).map(|row| row.amount_minor).sum()
        };
        Some(Inflow { at_ms, in_minor: sum(false), out_minor: sum(true) })
    }
    fn pair(&self) -> Reading<PairMemory> {
        Reading::Known(self.pair)
    }
    fn payee_rows(&self) -> Reading<impl Iterator<Item = PayeeRow>> {
        Reading::Known(self.payee.iter().copied())
    }
    fn payee_reports(&self, _: i64, _: i64) -> i64 {
        2
    }
    fn payee_labelled(&self, after_ms: i64, until_ms: i64, _: i64) -> Labelled {
        Labelled { count: (until_ms - after_ms) / DAY_MS, frauds: 1 }
    }
    fn device_rows(&self) -> Reading<impl Iterator<Item = DeviceRow>> {
        Reading::Known(self.device.iter().copied())
    }
    fn device_first_used_at_ms(&self) -> Option<i64> {
        Some(AT_MS)
    }
    fn hops(&self) -> Reading<&[Hop]> {
        Reading::Known(&self.hops)
    }
    fn available_minor(&self) -> Reading<i64> {
        Reading::Known(100_000)
    }
}

fn payment() -> Payment {
    Payment {
        id: Uuid::nil(),
        kind: TransactionKind::Transfer,
        payer: ME,
        counterparty: SHOP,
        amount_minor: 5_000,
        at_ms: AT_MS,
        local_offset_ms: 0,
        device: None,
        place: None,
        channel: None,
        country: None,
        session_risk: None,
    }
}

fn paid(ago_ms: i64, amount_minor: i64, party: u64) -> PayerRow {
    PayerRow {
        at_ms: AT_MS - ago_ms,
        amount_minor,
        party: Party(party),
        outgoing: true,
        kind: TransactionKind::Transfer,
        outcome: Outcome::Posted,
        place: None,
    }
}

fn received(ago_ms: i64, amount_minor: i64, party: u64) -> PayerRow {
    PayerRow { outgoing: false, ..paid(ago_ms, amount_minor, party) }
}

fn refused(ago_ms: i64, amount_minor: i64) -> PayerRow {
    PayerRow { outcome: Outcome::Refused, ..paid(ago_ms, amount_minor, 7) }
}

fn own_of(rows: Vec<PayerRow>) -> Own {
    let facts = gather(&Policy::default(), &payment(), &Past { rows, ..Past::default() });
    facts.own_or_none(Own::clone)
}

#[test]
fn a_window_holds_what_is_younger_than_it_and_not_its_edge() {
    let ten = 10 * MINUTE_MS;
    let own = own_of(vec![paid(0, 100, 7), paid(ten - 1, 100, 7), paid(ten, 100, 7)]);
    assert_eq!(own.recent_count, 2);
    assert_eq!(own.tiny_count, 3);
    assert_eq!(own.day_sum_minor, 300);
}

#[test]
fn nothing_later_than_the_payment_is_seen_and_lateness_is_told() {
    let own = own_of(vec![paid(-5_000, 100, 7), paid(-1, 100, 7), paid(1, 100, 7)]);
    assert_eq!((own.recent_count, own.late_ms), (1, 5_000));
}

#[test]
fn an_account_that_was_opened_after_the_payment_has_no_age() {
    let opened = |at_ms| {
        let memory = PayerMemory { opened_at_ms: Some(at_ms), ..PayerMemory::default() };
        let facts = gather(&Policy::default(), &payment(), &Past { memory, ..Past::default() });
        facts.own_or_none(|own| own.opened_at_ms)
    };
    assert_eq!((opened(AT_MS), opened(AT_MS + 1)), (Some(AT_MS), None));
}

#[test]
fn refused_attempts_count_apart_from_spending() {
    let own = own_of(vec![refused(1, 100), refused(2, 90_000), paid(3, 5_000, 7)]);
    assert_eq!((own.refused_count, own.tiny_count, own.recent_count), (2, 1, 1));
    assert_eq!((own.usual.count, own.usual.sum_minor, own.day_sum_minor), (1, 5_000, 5_000));
    assert_eq!(own.last_amounts_minor, [Some(5_000), None, None]);
}

#[test]
fn the_usual_is_mean_and_deviation_of_thirty_days() {
    let own = own_of(vec![
        paid(DAY_MS, 1_000, 7),
        paid(2 * DAY_MS, 3_000, 7),
        paid(3 * DAY_MS, 1_000, 7),
        paid(4 * DAY_MS, 3_000, 7),
        paid(5 * DAY_MS, 2_000, 7),
        paid(30 * DAY_MS, 900_000, 7),
    ]);
    assert_eq!((own.usual.count, own.usual.mean_minor()), (5, Some(2_000)));
    assert_eq!(own.usual.deviation_minor, 894);
    assert_eq!(own.usual.rate_tenths(6 * DAY_MS), 10);
    assert_eq!(own_of(vec![paid(DAY_MS, 1_000, 7)]).usual.mean_minor(), None);
}

#[test]
fn payees_are_counted_once_and_this_one_not_at_all() {
    let mut rows = vec![paid(1, 9, 2), paid(2, 9, 2), paid(3, 9, 7), paid(4, 9, 3), paid(9 * HOUR_MS, 9, 4)];
    assert_eq!(own_of(rows.clone()).other_payees, 2);
    assert_eq!(own_of(rows.clone()).usual.payees_tenths, 0, "nobody asks");
    rows.splice(4..4, [paid(5, 9, 5), paid(6, 9, 6)]);
    rows.extend([paid(17 * HOUR_MS, 9, 4), paid(18 * HOUR_MS, 9, 5), paid(29 * DAY_MS, 9, 8)]);
    let own = own_of(rows);
    // One payee in each of two stretches of eight hours, two in another.
    assert_eq!((own.other_payees, own.usual.payees_tenths), (4, 13));
}

#[test]
fn the_habit_of_cash_is_gathered_for_cash_at_odd_times() {
    let cash = |days| PayerRow { kind: TransactionKind::Withdrawal, ..paid(days * DAY_MS, 6_000, 7) };
    let rows = vec![cash(1), paid(2 * DAY_MS, 9, 7), cash(20), cash(31)];
    let of = |payment: &Payment| {
        let facts = gather(&Policy::default(), payment, &Past { rows: rows.clone(), ..Past::default() });
        facts.own_or_none(|own| (own.cash_count, own.cash_sum_minor))
    };
    assert_eq!(of(&payment()), (0, 0));
    let night = Payment { kind: TransactionKind::Withdrawal, local_offset_ms: 13 * HOUR_MS, ..payment() };
    assert_eq!(of(&night), (2, 12_000));
}

#[test]
fn what_came_in_is_set_against_what_went_out_after_it() {
    let own = own_of(vec![
        paid(HOUR_MS, 300, 2),
        received(2 * HOUR_MS, 1_000, 9),
        paid(3 * HOUR_MS, 200, 3),
        received(4 * HOUR_MS, 5_000, 8),
        paid(5 * HOUR_MS, 70_000, 4),
    ]);
    assert_eq!(own.inflow, Some(Inflow { at_ms: AT_MS - 4 * HOUR_MS, in_minor: 6_000, out_minor: 500 }));
    assert_eq!(own.split, Some(Split { in_minor: 5_000, out_minor: 500, other_payees: 2 }));
    assert_eq!(own.income, None);
}

#[test]
fn a_busy_account_is_judged_by_its_newest_rows_and_by_all_its_inflow() {
    let busy = |first_minor, then_minor| {
        let mut rows: Vec<PayerRow> = (1..=300).map(|n| paid(n * MINUTE_MS, 100, 20 + n as u64)).collect();
        rows[100] = received(101 * MINUTE_MS, then_minor, 9);
        rows[299] = received(300 * MINUTE_MS, first_minor, 8);
        own_of(rows)
    };
    let own = busy(90_000, 50_000);
    assert_eq!(own.inflow, Some(Inflow { at_ms: AT_MS - 300 * MINUTE_MS, in_minor: 140_000, out_minor: 29_800 }));
    assert_eq!(own.split, None, "a larger one may lie before the rows that were read");
    let split = busy(40_000, 50_000).split.unwrap();
    assert_eq!((split.in_minor, split.out_minor), (50_000, 10_000));
}

#[test]
fn a_credit_is_income_if_it_came_a_month_before_too() {
    let rows =
        |before| vec![paid(HOUR_MS, 300, 2), received(2 * HOUR_MS, 250_000, 9), received(31 * DAY_MS, before, 9)];
    let income = Some(Inflow { at_ms: AT_MS - 2 * HOUR_MS, in_minor: 250_000, out_minor: 300 });
    assert_eq!(own_of(rows(240_000)).income, income);
    assert_eq!(own_of(rows(100_000)).income, None);
}

#[test]
fn counterparties_are_judged_by_others_and_labels_by_their_window() {
    let row = |ago_ms, payer, amount_minor, first_of_pair, refused| PayeeRow {
        at_ms: AT_MS - ago_ms,
        amount_minor,
        payer: Party(payer),
        first_of_pair,
        refused,
    };
    let payee = vec![
        row(-1, 90, 100, true, false),
        row(1, 1, 100, true, false),
        row(2, 2, 100, true, true),
        row(3, 3, 100, true, false),
        row(4, 3, 100, false, false),
        row(HOUR_MS, 4, 100, false, false),
        row(25 * HOUR_MS, 5, 100, true, false),
    ];
    let facts = gather(&Policy::default(), &payment(), &Past { payee, ..Past::default() });
    let expected = Payee {
        tiny_payers: 2,
        payers: 2,
        new_payers: 1,
        reports: 2,
        received: 30,
        labelled_count: 14,
        labelled_frauds: 1,
    };
    assert_eq!(facts.payee, Reading::Known(expected));
}

#[test]
fn money_that_comes_back_is_found_through_other_accounts_only() {
    let hop = |from, to, hours, amount_minor| Hop {
        from: Party(from),
        to: Party(to),
        at_ms: AT_MS - hours * HOUR_MS,
        amount_minor,
    };
    let trip = |hops: Vec<Hop>| {
        let facts = gather(&Policy::default(), &payment(), &Past { hops, ..Past::default() });
        match facts.graph {
            Reading::Known(graph) => graph.round_trip,
            _ => None,
        }
    };
    let found = Some(RoundTrip { accounts: 3, least_minor: 95_000, most_minor: 95_000 });
    assert_eq!(trip(vec![hop(7, 5, 20, 100_000), hop(5, 1, 10, 95_000)]), found);
    assert_eq!(trip(vec![hop(5, 1, 20, 95_000), hop(7, 5, 10, 100_000)]), None, "in the wrong order");
    assert_eq!(trip(vec![hop(7, 5, 90, 100_000), hop(5, 1, 10, 95_000)]), None, "too long ago");
    assert_eq!(trip(vec![hop(7, 5, 20, 100_000), hop(5, 1, 10, 50_000)]), None, "too little of it");
    assert_eq!(trip(vec![hop(7, 1, 10, 100_000)]), None, "a loan repaid");
}

#[test]
fn a_trap_of_transfers_ends() {
    let hops: Vec<Hop> = (0..200)
        .map(|n| Hop { from: Party(n % 4 + 20), to: Party((n + 1) % 4 + 20), at_ms: AT_MS, amount_minor: 5 })
        .collect();
    let past = Past {
        hops: [vec![Hop { from: Party(20), to: ME, at_ms: AT_MS, amount_minor: 5 }], hops].concat(),
        ..Past::default()
    };
    assert_eq!(gather(&Policy::default(), &payment(), &past).graph, Reading::Known(Graph::default()));
}

#[test]
fn devices_count_other_accounts_of_a_week() {
    let row = |days, account| DeviceRow { at_ms: AT_MS - days * DAY_MS, account: Party(account) };
    let past = Past { device: vec![row(1, 2), row(2, 1), row(3, 2), row(4, 3), row(7, 4)], ..Past::default() };
    assert_eq!(gather(&Policy::default(), &payment(), &past).device, Reading::Absent);
    let payment = Payment { device: Some(Party(50)), ..payment() };
    let device = Device { first_used_at_ms: Some(AT_MS), other_accounts: 2 };
    assert_eq!(gather(&Policy::default(), &payment, &past).device, Reading::Known(device));
}

#[test]
fn what_could_not_be_read_stays_so_and_a_deposit_needs_no_payee() {
    let facts = gather(&Policy::default(), &payment(), &Past { unreadable: true, ..Past::default() });
    assert_eq!(facts.own, Reading::Unreadable);
    let deposit = Payment { kind: TransactionKind::Deposit, ..payment() };
    assert_eq!(gather(&Policy::default(), &deposit, &Past::default()).payee, Reading::Absent);
}

#[test]
fn another_amount_changes_nothing_else() {
    let facts = gather(&Policy::default(), &payment(), &Past { rows: vec![paid(1, 9, 2)], ..Past::default() });
    let other = facts.with_amount(1);
    assert_eq!(other.amount_minor, 1);
    assert_eq!(other.with_amount(facts.amount_minor), facts);
    let text = serde_json::to_string(&facts).unwrap();
    assert_eq!(serde_json::from_str::<Facts>(&text).unwrap(), facts);
}

#[test]
fn the_histories_of_this_crate_can_be_gathered_from() {
    use super::borrowed::Parties;
    use crate::history::{AccountHistory, CounterpartyHistory, DeviceHistory, Past as Row, Received};
    let mut account = AccountHistory::default();
    account.opened_at_ms = Some(5);
    let mut counterparty = CounterpartyHistory::default();
    let mut device = DeviceHistory::default();
    for (n, minutes) in (1..=8).rev().enumerate() {
        let past = Payment { id: Uuid::from_u128(n as u128), at_ms: AT_MS - minutes * MINUTE_MS, ..payment() };
        account.push(Row::of(&past, Outcome::Posted));
    }
    account.push(Row::of(&Payment { at_ms: AT_MS - 2_000, ..payment() }, Outcome::Refused));
    for payer in 2..6 {
        counterparty.push(Received {
            id: Uuid::from_u128(u128::from(payer)),
            at_ms: AT_MS - 20 * DAY_MS,
            amount_minor: 100,
            payer: Party(payer),
            first_of_pair: true,
            large: false,
            refused: false,
            fraud_known_at_ms: (payer == 2).then_some(AT_MS - DAY_MS),
        });
        device.push(Party(payer), AT_MS - DAY_MS);
    }
    let payment = Payment { device: Some(Party(50)), ..payment() };
    let parties = Parties::of(&payment, &account, &counterparty, Some(&device));
    let histories = parties.histories(&payment);
    let facts = gather(&Policy::default(), &payment, &histories);
    let own = facts.own_or_none(Own::clone);
    assert_eq!((own.recent_count, own.refused_count, own.usual.count, own.opened_at_ms), (8, 1, 8, Some(5)));
    assert_eq!((own.hours_total, own.last_paid_at_ms), (8, Some(AT_MS - MINUTE_MS)));
    let pair = facts.pair_or_none(|pair| (pair.count, pair.last_refused.map(|refused| refused.at_ms)));
    assert_eq!(pair, (8, Some(AT_MS - 2_000)));
    assert_eq!(facts.payee_or_none(|payee| (payee.reports, payee.received)), (1, 4));
    assert_eq!(facts.payee_or_none(|payee| (payee.labelled_count, payee.labelled_frauds)), (4, 1));
    assert_eq!(facts.device, Reading::Known(Device { first_used_at_ms: None, other_accounts: 4 }));
    assert_eq!((facts.graph, facts.balance), (Reading::Absent, Reading::Absent));
}
