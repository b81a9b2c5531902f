//! One pass over the counterparty's rows, newest first, and its labels.
//!
//! Promises: ends at the longest window, when every count is full, or after [`ROWS_MAX`] rows; labels count from the
//! time they became known.

use super::DISTINCT_MAX;
use super::Payee;
use super::lookback::{Lookback, PayeeRow};
use crate::distinct::Distinct;
use crate::payment::Payment;
use crate::policy::Policy;
use crate::rules::{RuleId, fan_in, payee_reported, shared_payee, terminal_burst, terminal_risk};

/// A counterparty with more rows than this in a day is judged by its newest ones.
pub const ROWS_MAX: usize = 128;

pub(super) fn scan(
    policy: &Policy,
    payment: &Payment,
    lookback: &impl Lookback,
    rows: impl Iterator<Item = PayeeRow>,
) -> Payee {
    let burst = &policy.parameters(RuleId::TerminalBurst).values;
    let (tiny_ms, tiny_minor) = (burst[terminal_burst::WINDOW_MS], burst[terminal_burst::AMOUNT_MINOR]);
    let payers_ms = policy.parameters(RuleId::FanIn).values[fan_in::WINDOW_MS];
    let new_ms = policy.parameters(RuleId::SharedPayee).values[shared_payee::WINDOW_MS];
    // Rows are asked for their time, not for their age: a subtraction less for each.
    let after = |window_ms: i64| payment.at_ms.saturating_sub(window_ms);
    let (tiny_after, payers_after, new_after) = (after(tiny_ms), after(payers_ms), after(new_ms));
    let all_after = tiny_after.min(payers_after).min(new_after);
    let (mut tiny, mut payers, mut new) =
        (Distinct::up_to(DISTINCT_MAX), Distinct::up_to(DISTINCT_MAX), Distinct::up_to(DISTINCT_MAX));
    for row in rows.take(ROWS_MAX) {
        // The payers of a shop fill their count at once; tiny amounts matter for minutes only.
        if row.at_ms <= all_after || (payers.full() && new.full() && row.at_ms <= tiny_after) {
            break;
        }
        if row.at_ms > payment.at_ms || row.payer == payment.payer {
            continue;
        }
        if row.amount_minor <= tiny_minor && row.at_ms > tiny_after {
            tiny.insert(row.payer);
        }
        if row.refused {
            continue;
        }
        if row.at_ms > payers_after {
            payers.insert(row.payer);
        }
        if row.first_of_pair && row.at_ms > new_after {
            new.insert(row.payer);
        }
    }
    Payee {
        tiny_payers: tiny.count(),
        payers: payers.count(),
        new_payers: new.count(),
        ..labels(policy, payment, lookback)
    }
}

fn labels(policy: &Policy, payment: &Payment, lookback: &impl Lookback) -> Payee {
    let at_ms = payment.at_ms;
    let reported_ms = policy.parameters(RuleId::PayeeReported).values[payee_reported::WINDOW_MS];
    let risk = &policy.parameters(RuleId::TerminalRisk).values;
    let until_ms = at_ms.saturating_sub(risk[terminal_risk::LAG_MS]);
    let after_ms = until_ms.saturating_sub(risk[terminal_risk::WINDOW_MS]);
    let labelled = lookback.payee_labelled(after_ms, until_ms, at_ms);
    let reported_after_ms = at_ms.saturating_sub(reported_ms);
    let reports = lookback.payee_reports(reported_after_ms, at_ms);
    let received = if reports > 0 { lookback.payee_labelled(reported_after_ms, at_ms, at_ms).count } else { 0 };
    Payee { reports, received, labelled_count: labelled.count, labelled_frauds: labelled.frauds, ..Payee::default() }
}
