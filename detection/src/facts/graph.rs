//! Money that comes back: paths of earlier transfers from this payment's payee to its payer.
//!
//! Promises: each hop is later than the one before it and carries a similar amount; the search is bounded by
//! [`HOPS_MAX`] transfers and the rule's longest path. Absent: this payment's own amount.

use super::RoundTrip;
use super::lookback::Hop;
use crate::payment::{Party, Payment};
use crate::policy::Policy;
use crate::rules::amount::share;
use crate::rules::{RuleId, round_trip as rule};

/// Only so many transfers are looked at, the first given.
pub const HOPS_MAX: usize = 64;
/// Steps of the search: five hops among 64 transfers end long before it, unless somebody builds a trap.
const STEPS_MAX: usize = 2_000;

pub(super) fn round_trip(policy: &Policy, payment: &Payment, hops: &[Hop]) -> Option<RoundTrip> {
    if hops.is_empty() {
        return None;
    }
    let parameters = &policy.parameters(RuleId::RoundTrip).values;
    let mut search = Search {
        hops: &hops[..hops.len().min(HOPS_MAX)],
        origin: payment.counterparty,
        after_ms: payment.at_ms.saturating_sub(parameters[rule::WINDOW_MS]),
        share_per_mille: parameters[rule::SHARE_PER_MILLE],
        // This payment is the last hop.
        hops_max: parameters[rule::HOPS] - 1,
        hops_min: parameters[rule::HOPS_LEAST] - 1,
        steps: 0,
        found: None,
    };
    search.backwards(payment.payer, payment.at_ms, None, 1);
    search.found
}

struct Search<'a> {
    hops: &'a [Hop],
    origin: Party,
    after_ms: i64,
    share_per_mille: i64,
    hops_max: i64,
    hops_min: i64,
    steps: usize,
    found: Option<RoundTrip>,
}

impl Search<'_> {
    /// From the payer towards the origin. `onward` is the hop taken after this one, `arrived` what reached the payer.
    fn backwards(&mut self, to: Party, until_ms: i64, onward: Option<(i64, i64)>, depth: i64) {
        if depth > self.hops_max {
            return;
        }
        for index in 0..self.hops.len() {
            self.steps += 1;
            if self.steps > STEPS_MAX {
                return;
            }
            let hop = self.hops[index];
            let (next_minor, arrived_minor) = onward.unwrap_or((hop.amount_minor, hop.amount_minor));
            let timely = hop.at_ms > self.after_ms && hop.at_ms <= until_ms;
            if hop.to != to || !timely || !self.alike(hop.amount_minor, next_minor) {
                continue;
            }
            if hop.from == self.origin {
                if depth >= self.hops_min {
                    self.note(depth + 1, arrived_minor);
                }
            } else {
                self.backwards(hop.from, hop.at_ms, Some((hop.amount_minor, arrived_minor)), depth + 1);
            }
        }
    }

    fn alike(&self, one_minor: i64, other_minor: i64) -> bool {
        one_minor >= share(other_minor, self.share_per_mille) && other_minor >= share(one_minor, self.share_per_mille)
    }

    fn note(&mut self, accounts: i64, arrived_minor: i64) {
        let found = self.found.unwrap_or(RoundTrip { accounts, least_minor: i64::MAX, most_minor: 0 });
        self.found = Some(RoundTrip {
            accounts: found.accounts.min(accounts),
            least_minor: found.least_minor.min(arrived_minor),
            most_minor: found.most_minor.max(arrived_minor),
        });
    }
}
