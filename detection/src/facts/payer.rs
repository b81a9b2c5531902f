//! One pass over the payer's own rows, newest first.
//!
//! Promises: ends at the longest short window, and looks back further only where a rule asks for it: cash habits of a
//! cash payment, usual payees of somebody who pays many, last month's wages of this month's; in any case after
//! [`ROWS_MAX`] rows, or [`BUSY_ROWS_MAX`] within the short windows. Integer sums, divided last. Absent: any limit that
//! holds the payment's own amount.

use super::DISTINCT_MAX;
use super::lookback::{Lookback, PayerRow, Spending};
use super::{Inflow, Own, Seen, Split, Usual};
use crate::distinct::Distinct;
use crate::history::Outcome;
use crate::payment::{DAY_MS, Party, Payment};
use crate::policy::Policy;
use crate::rules::amount::share;
use crate::rules::{self, RuleId};
use domain::TransactionKind;

/// A habit is looked for in no more rows than this.
pub const ROWS_MAX: usize = 512;
/// An account with more rows than this in its short windows is judged by its newest ones: no count that a rule asks for
/// comes near. Its habit, what it spent in a day and what came in are summed over all rows; whether the money of one
/// inflow was split is not asked where a larger one may lie before the rows that were read.
pub const BUSY_ROWS_MAX: usize = 128;
/// Nothing on earth is further than a day's flight, so older places say nothing.
const PLACE_WINDOW_MS: i64 = DAY_MS;
/// As many as `Own::last_amounts_minor` holds.
const LAST_AMOUNTS: usize = 3;
/// Wages come monthly: the credit before lies this far back.
const INCOME_SOONEST_MS: i64 = 20 * DAY_MS;
const INCOME_LATEST_MS: i64 = 40 * DAY_MS;

/// The rules' windows, looked up once.
struct Windows {
    below_limit_ms: i64,
    below_limit: (i64, i64),
    day_ms: i64,
    recent_ms: i64,
    tiny_ms: i64,
    tiny_minor: i64,
    refused_ms: i64,
    payees_ms: i64,
    inflow_ms: i64,
    split_ms: i64,
    income_ms: i64,
    usual_ms: i64,
    payees: i64,
    cash: bool,
    /// The longest of those that any payment asks for, and the longest beside `below_limit_ms`.
    short_ms: i64,
    brief_ms: i64,
}

impl Windows {
    fn of(policy: &Policy, cash: bool) -> Self {
        let of = |id: RuleId| &policy.parameters(id).values;
        let structuring = of(RuleId::Structuring);
        let limit_minor = structuring[rules::structuring::LIMIT_MINOR];
        let least_minor = share(limit_minor, structuring[rules::structuring::SHARE_PER_MILLE]);
        let windows = Windows {
            below_limit_ms: structuring[rules::structuring::WINDOW_MS],
            below_limit: (least_minor, limit_minor),
            day_ms: of(RuleId::DailyLimit)[rules::daily_limit::WINDOW_MS],
            recent_ms: of(RuleId::Velocity)[rules::velocity::WINDOW_MS],
            tiny_ms: of(RuleId::CardTesting)[rules::card_testing::WINDOW_MS],
            tiny_minor: of(RuleId::CardTesting)[rules::card_testing::AMOUNT_MINOR],
            refused_ms: of(RuleId::ManyRefusals)[rules::many_refusals::WINDOW_MS],
            payees_ms: of(RuleId::FanOut)[rules::fan_out::WINDOW_MS],
            inflow_ms: of(RuleId::RapidInOut)[rules::rapid_in_out::WINDOW_MS],
            split_ms: of(RuleId::InThenSplit)[rules::in_then_split::WINDOW_MS],
            income_ms: of(RuleId::SalaryDrain)[rules::salary_drain::WINDOW_MS],
            usual_ms: policy.usual.window_ms,
            payees: of(RuleId::FanOut)[rules::fan_out::COUNT],
            cash,
            short_ms: 0,
            brief_ms: 0,
        };
        let brief_ms = [windows.day_ms, windows.recent_ms, windows.tiny_ms, windows.refused_ms]
            .into_iter()
            .chain([windows.payees_ms, windows.inflow_ms, windows.split_ms, windows.income_ms])
            .fold(PLACE_WINDOW_MS, i64::max);
        Windows { short_ms: brief_ms.max(windows.below_limit_ms), brief_ms, ..windows }
    }

    /// The age up to which a rule asks for more than the short windows, as far as the rows before are known; 0: none does.
    fn long_ms(&self, scan: &Scan) -> i64 {
        // Last month's wages are worth a look only if there are this month's.
        let income = scan.income.is_some() && scan.own.income.is_none();
        let income_ms = if income { self.income_ms.saturating_add(INCOME_LATEST_MS) } else { 0 };
        let usual = self.cash || scan.amounts < LAST_AMOUNTS || scan.own.other_payees + 1 >= self.payees;
        income_ms.max(if usual { self.usual_ms } else { 0 })
    }
}

/// `cash` says whether the habit of cash is asked for.
pub(super) fn scan(policy: &Policy, payment: &Payment, lookback: &impl Lookback, own: Own, cash: bool) -> Own {
    let windows = Windows::of(policy, cash);
    let mut scan = Scan::new(payment, own, &windows);
    let mut cut = false;
    let aged = |row: PayerRow| (payment.at_ms - row.at_ms, row);
    let mut rows = lookback.payer_rows().take(ROWS_MAX).map(aged).enumerate();
    while let Some((index, (age_ms, row))) = rows.next() {
        if index >= BUSY_ROWS_MAX && age_ms < windows.short_ms {
            cut = age_ms < windows.split_ms;
            break;
        }
        if age_ms >= windows.brief_ms {
            let long_ms = windows.long_ms(&scan);
            if age_ms >= windows.short_ms.max(long_ms) {
                break;
            }
            // Most rows that are read: a week of them, of which only what lies below the limit is asked for.
            if long_ms == 0 {
                scan.below_limit(&row, age_ms, &windows);
                let rest = rows.take_while(|(index, (age_ms, _))| *index < BUSY_ROWS_MAX && *age_ms < windows.short_ms);
                rest.for_each(|(_, (age_ms, row))| scan.below_limit(&row, age_ms, &windows));
                break;
            }
        }
        scan.row(&row, age_ms, policy, &windows);
    }
    let since = |window_ms| lookback.inflow(payment.at_ms.saturating_sub(window_ms), payment.at_ms);
    scan.own.inflow = since(windows.inflow_ms);
    if cut {
        let alike = windows.split_ms == windows.inflow_ms;
        let all = if alike { scan.own.inflow } else { since(windows.split_ms) };
        let unseen_minor = all.map_or(0, |all| all.in_minor.saturating_sub(scan.split_seen_minor));
        scan.own.split = scan.own.split.filter(|split| split.in_minor >= unseen_minor);
    }
    scan.finish()
}

struct Scan {
    own: Own,
    outgoing: bool,
    counterparty: Party,
    amounts: usize,
    /// Paid out so far, that is: after the row at hand.
    out_minor: i64,
    /// Came in within the window of the largest inflow.
    split_seen_minor: i64,
    payees: Distinct,
    income: Option<(Party, Inflow)>,
    tile: Tiles,
}

impl Scan {
    fn new(payment: &Payment, own: Own, windows: &Windows) -> Self {
        Scan {
            own,
            outgoing: payment.kind != TransactionKind::Deposit,
            counterparty: payment.counterparty,
            amounts: 0,
            out_minor: 0,
            split_seen_minor: 0,
            payees: Distinct::up_to(DISTINCT_MAX),
            income: None,
            tile: Tiles::new(windows.payees_ms),
        }
    }

    #[inline(always)]
    fn row(&mut self, row: &PayerRow, age_ms: i64, policy: &Policy, windows: &Windows) {
        if age_ms < 0 {
            self.own.late_ms = self.own.late_ms.max(-age_ms);
            return;
        }
        self.place(row, age_ms);
        let alike = row.outgoing == self.outgoing;
        if alike {
            self.attempt(row, age_ms, windows);
        }
        self.below_limit(row, age_ms, windows);
        if row.outcome == Outcome::Refused {
            return;
        }
        if row.outgoing {
            self.paid(row, age_ms, windows);
        } else {
            self.received(row, age_ms, policy, windows);
        }
        if alike {
            self.habit(row, age_ms, windows);
        }
    }

    #[inline(always)]
    fn place(&mut self, row: &PayerRow, age_ms: i64) {
        if let Some(place) = row.place
            && self.own.last_place.is_none()
            && age_ms < PLACE_WINDOW_MS
        {
            self.own.last_place = Some(Seen { place, at_ms: row.at_ms });
        }
    }

    /// What counts whether it was refused or not.
    #[inline(always)]
    fn attempt(&mut self, row: &PayerRow, age_ms: i64, windows: &Windows) {
        if age_ms < windows.tiny_ms && row.amount_minor <= windows.tiny_minor {
            self.own.tiny_count += 1;
        }
        if age_ms < windows.refused_ms && row.outcome == Outcome::Refused {
            self.own.refused_count += 1;
        }
    }

    #[inline(always)]
    fn below_limit(&mut self, row: &PayerRow, age_ms: i64, windows: &Windows) {
        let (least_minor, limit_minor) = windows.below_limit;
        let near = row.amount_minor >= least_minor && row.amount_minor < limit_minor;
        let alike = row.outgoing == self.outgoing && row.outcome != Outcome::Refused;
        if near && alike && age_ms < windows.below_limit_ms {
            self.own.below_limit_count += 1;
            self.own.below_limit_sum_minor = self.own.below_limit_sum_minor.saturating_add(row.amount_minor);
        }
    }

    /// What this payment's direction has in common.
    #[inline(always)]
    fn habit(&mut self, row: &PayerRow, age_ms: i64, windows: &Windows) {
        if !self.outgoing && age_ms < windows.day_ms {
            self.own.day_sum_minor = self.own.day_sum_minor.saturating_add(row.amount_minor);
        }
        if age_ms < windows.recent_ms {
            self.own.recent_count += 1;
        }
        if let Some(free) = self.own.last_amounts_minor.get_mut(self.amounts) {
            *free = Some(row.amount_minor);
            self.amounts += 1;
        }
        if windows.cash && age_ms < windows.usual_ms && row.kind == TransactionKind::Withdrawal {
            self.own.cash_count += 1;
            self.own.cash_sum_minor = self.own.cash_sum_minor.saturating_add(row.amount_minor);
        }
    }

    #[inline(always)]
    fn paid(&mut self, row: &PayerRow, age_ms: i64, windows: &Windows) {
        self.out_minor = self.out_minor.saturating_add(row.amount_minor);
        let recent = age_ms < windows.payees_ms;
        if !self.payees.full() && row.party != self.counterparty && (recent || age_ms < windows.split_ms) {
            self.payees.insert(row.party);
            if recent {
                self.own.other_payees = self.payees.count();
            }
        }
        if !recent && age_ms < windows.usual_ms && self.own.other_payees + 1 >= windows.payees {
            self.tile.met(row.party, age_ms);
        }
    }

    #[inline(always)]
    fn received(&mut self, row: &PayerRow, age_ms: i64, policy: &Policy, windows: &Windows) {
        if age_ms < windows.split_ms {
            self.split_seen_minor = self.split_seen_minor.saturating_add(row.amount_minor);
            if self.own.split.is_none_or(|split| row.amount_minor > split.in_minor) {
                let (in_minor, out_minor) = (row.amount_minor, self.out_minor);
                self.own.split = Some(Split { in_minor, out_minor, other_payees: self.payees.count() });
            }
        }
        if self.income.is_none() && age_ms < windows.income_ms {
            let inflow = Inflow { at_ms: row.at_ms, in_minor: row.amount_minor, out_minor: self.out_minor };
            self.income = Some((row.party, inflow));
        } else if let Some((party, inflow)) = self.income
            && self.own.income.is_none()
            && row.party == party
            && (INCOME_SOONEST_MS..INCOME_LATEST_MS).contains(&inflow.at_ms.saturating_sub(row.at_ms))
        {
            let near = policy.parameters(RuleId::SalaryDrain).values[rules::salary_drain::TOLERANCE_PER_MILLE];
            let off_minor = row.amount_minor.saturating_sub(inflow.in_minor).saturating_abs();
            self.own.income = (off_minor <= share(inflow.in_minor, near)).then_some(inflow);
        }
    }

    fn finish(mut self) -> Own {
        self.own.usual.payees_tenths = self.tile.mean_tenths();
        self.own
    }
}

/// The habit from whole sums: count²·variance = count·Σx² − (Σx)², divided once, at the end.
pub(super) fn usual(empty: &Usual, spending: Spending) -> Usual {
    let count = i128::from(spending.count);
    let sum = i128::from(spending.sum_minor);
    let scaled = count.saturating_mul(spending.squares).saturating_sub(sum.saturating_mul(sum)).max(0);
    let variance = scaled / (count * count).max(1);
    // Seldom more than 64 bits, whose root is found sooner.
    let deviation = u64::try_from(variance).map_or_else(|_| variance.isqrt(), |small| small.isqrt().into());
    Usual {
        count: spending.count,
        sum_minor: spending.sum_minor,
        deviation_minor: i64::try_from(deviation).unwrap_or(i64::MAX),
        ..*empty
    }
}

/// Distinct payees per stretch of time, over the stretches that have any.
struct Tiles {
    length_ms: i64,
    ends_at_age_ms: i64,
    here: Distinct,
    tiles: i64,
    payees: i64,
}

impl Tiles {
    fn new(length_ms: i64) -> Self {
        let length_ms = length_ms.max(1);
        Tiles { length_ms, ends_at_age_ms: 2 * length_ms, here: Distinct::up_to(DISTINCT_MAX), tiles: 0, payees: 0 }
    }

    fn met(&mut self, party: Party, age_ms: i64) {
        if age_ms >= self.ends_at_age_ms {
            self.close();
            self.ends_at_age_ms = (age_ms / self.length_ms + 1).saturating_mul(self.length_ms);
        }
        self.here.insert(party);
    }

    fn close(&mut self) {
        self.tiles += i64::from(!self.here.is_empty());
        self.payees += self.here.count();
        self.here.clear();
    }

    fn mean_tenths(&mut self) -> i64 {
        self.close();
        if self.tiles == 0 { 0 } else { self.payees * 10 / self.tiles }
    }
}
