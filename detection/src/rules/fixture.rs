//! A quiet customer, and how to disturb one thing about him. For tests alone.

use super::RuleId;
use crate::facts::{Balance, Device, Facts, Graph, Inflow, Own, PairMemory, Payee, Reading, RoundTrip, Seen, Split};
use crate::facts::{Usual, lookback::Refused};
use crate::payment::{DAY_MS, HOUR_MS, MINUTE_MS, Party, Place};
use domain::TransactionKind;

pub(crate) struct Fixtures {
    pub(crate) rule: RuleId,
    pub(crate) firing: Vec<Fixture>,
    pub(crate) silent: Vec<Fixture>,
}

#[derive(Clone)]
pub(crate) struct Fixture {
    pub(crate) name: &'static str,
    pub(crate) facts: Facts,
}

/// Wednesday, 2026-03-04, 13:00 UTC.
pub(crate) const AT_MS: i64 = 20_516 * DAY_MS + 13 * HOUR_MS;

/// 50.00 to a known payee by day, as forty times before in the last month.
pub(crate) fn quiet(name: &'static str) -> Fixture {
    let usual = Usual {
        window_ms: 30 * DAY_MS,
        rows_min: 5,
        count: 40,
        sum_minor: 200_000,
        deviation_minor: 2_000,
        payees_tenths: 12,
    };
    let own = Own {
        opened_at_ms: Some(AT_MS - 900 * DAY_MS),
        last_paid_at_ms: Some(AT_MS - DAY_MS),
        usual,
        last_amounts_minor: [Some(1_200), Some(8_000), Some(3_000)],
        hour_count: 20,
        hours_total: 200,
        ..Own::default()
    };
    let pair = PairMemory { count: 6, last_at_ms: AT_MS - 9 * DAY_MS, last_amount_minor: 4_000, last_refused: None };
    let facts = Facts {
        amount_minor: 5_000,
        kind: TransactionKind::Transfer,
        at_ms: AT_MS,
        local_offset_ms: 0,
        counterparty: Party(7),
        place: None,
        channel: None,
        country: None,
        session_risk: None,
        own: Reading::Known(own),
        pair: Reading::Known(pair),
        payee: Reading::Known(Payee { payers: 1, labelled_count: 40, ..Payee::default() }),
        device: Reading::Known(Device { first_used_at_ms: Some(AT_MS - 300 * DAY_MS), other_accounts: 0 }),
        graph: Reading::Known(Graph::default()),
        balance: Reading::Known(Balance { available_minor: 150_000 }),
    };
    Fixture { name, facts }
}

fn change<T>(reading: &mut Reading<T>, with: impl FnOnce(&mut T)) {
    match reading {
        Reading::Known(value) => with(value),
        _ => panic!("a fixture changes what is known"),
    }
}

impl Fixture {
    fn with(mut self, with: impl FnOnce(&mut Facts)) -> Self {
        with(&mut self.facts);
        self
    }

    pub(crate) fn own(self, with: impl FnOnce(&mut Own)) -> Self {
        self.with(|facts| change(&mut facts.own, with))
    }

    pub(crate) fn pair(self, with: impl FnOnce(&mut PairMemory)) -> Self {
        self.with(|facts| change(&mut facts.pair, with))
    }

    pub(crate) fn payee(self, with: impl FnOnce(&mut Payee)) -> Self {
        self.with(|facts| change(&mut facts.payee, with))
    }

    pub(crate) fn device(self, with: impl FnOnce(&mut Device)) -> Self {
        self.with(|facts| change(&mut facts.device, with))
    }

    pub(crate) fn amount(self, amount_minor: i64) -> Self {
        self.with(|facts| facts.amount_minor = amount_minor)
    }

    pub(crate) fn kind(self, kind: TransactionKind) -> Self {
        self.with(|facts| facts.kind = kind)
    }

    pub(crate) fn hour(self, hour: i64) -> Self {
        self.with(|facts| facts.local_offset_ms = (hour - 13) * HOUR_MS)
    }

    pub(crate) fn weekend(self) -> Self {
        self.with(|facts| facts.at_ms += 3 * DAY_MS)
    }

    pub(crate) fn channel(self, channel: &str) -> Self {
        self.with(|facts| facts.channel = Some(channel.into()))
    }

    pub(crate) fn country(self, country: &str) -> Self {
        self.with(|facts| facts.country = Some(country.into()))
    }

    pub(crate) fn session_risk(self, risk: u8) -> Self {
        self.with(|facts| facts.session_risk = Some(risk))
    }

    pub(crate) fn without_device(self) -> Self {
        self.with(|facts| facts.device = Reading::Absent)
    }

    pub(crate) fn available(self, available_minor: i64) -> Self {
        self.with(|facts| facts.balance = Reading::Known(Balance { available_minor }))
    }

    pub(crate) fn hours_after_pair(self, hours: i64) -> Self {
        self.pair(|pair| pair.last_at_ms = AT_MS - hours * HOUR_MS)
    }

    pub(crate) fn refused_minutes_ago(self, minutes: i64, amount_minor: i64) -> Self {
        self.pair(|pair| pair.last_refused = Some(Refused { at_ms: AT_MS - minutes * MINUTE_MS, amount_minor }))
    }

    pub(crate) fn inflow(self, in_minor: i64, out_minor: i64) -> Self {
        self.own(|own| own.inflow = Some(Inflow { at_ms: AT_MS - HOUR_MS, in_minor, out_minor }))
    }

    pub(crate) fn income(self, in_minor: i64, out_minor: i64) -> Self {
        self.own(|own| own.income = Some(Inflow { at_ms: AT_MS - HOUR_MS, in_minor, out_minor }))
    }

    pub(crate) fn split(self, in_minor: i64, out_minor: i64, other_payees: i64) -> Self {
        self.own(|own| own.split = Some(Split { in_minor, out_minor, other_payees }))
    }

    pub(crate) fn round_trip(self, accounts: i64, least_minor: i64, most_minor: i64) -> Self {
        let round_trip = Some(RoundTrip { accounts, least_minor, most_minor });
        self.with(|facts| facts.graph = Reading::Known(Graph { round_trip }))
    }

    pub(crate) fn travel(self, from: (i32, i32), to: (i32, i32), minutes: i64) -> Self {
        let place = |(latitude_e6, longitude_e6)| Place { latitude_e6, longitude_e6 };
        self.own(|own| own.last_place = Some(Seen { place: place(from), at_ms: AT_MS - minutes * MINUTE_MS }))
            .with(|facts| facts.place = Some(place(to)))
    }
}
