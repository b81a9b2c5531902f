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
pub const ROWS_MAX: usize = 256;

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
    let horizon_ms = tiny_ms.max(payers_ms).max(new_ms);
    let (mut tiny, mut payers, mut new) =
        (Distinct::up_to(DISTINCT_MAX), Distinct::up_to(DISTINCT_MAX), Distinct::up_to(DISTINCT_MAX));
    for row in rows.take(ROWS_MAX) {
        let age_ms = payment.at_ms.saturating_sub(row.at_ms);
        // The payers of a shop fill their count at once; tiny amounts matter for minutes only.
        if age_ms >= horizon_ms || (payers.full() && new.full() && age_ms >= tiny_ms) {
            break;
        }
        if age_ms < 0 || row.payer == payment.payer {
            continue;
        }
        if age_ms < tiny_ms && row.amount_minor <= tiny_minor {
            tiny.insert(row.payer);
        }
        if row.refused {
            continue;
        }
        if age_ms < payers_ms {
            payers.insert(row.payer);
        }
        if age_ms < new_ms && row.first_of_pair {
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
