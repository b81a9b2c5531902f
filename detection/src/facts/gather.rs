//! Gathering: one pass over each history, which stops at the longest window that any rule asks for.
//!
//! Promises: nothing later than the payment is seen, whether row or label; the same histories give the same facts.

use super::lookback::{DeviceRow, Lookback, PayerMemory};
use super::{Balance, ContactChange, DISTINCT_MAX, Device, Facts, Graph, Own, Usual};
use super::{graph, payee, payer};
use crate::distinct::Distinct;
use crate::payment::Payment;
use crate::policy::Policy;
use crate::rules::{RuleId, daily_limit, device_shared, night_weekend_cash};

pub fn gather(policy: &Policy, payment: &Payment, lookback: &impl Lookback) -> Facts {
    let mut facts = Facts::of(payment);
    facts.own = lookback.payer().map(|memory| {
        let mut own = known_of(policy, payment, &memory);
        let spending = |window_ms: i64| lookback.spending(payment.at_ms.saturating_sub(window_ms), payment.at_ms);
        own.usual = payer::usual(&own.usual, spending(policy.usual.window_ms));
        if facts.outgoing() {
            own.day_sum_minor =
                spending(policy.parameters(RuleId::DailyLimit).values[daily_limit::WINDOW_MS]).sum_minor;
        }
        let cash = night_weekend_cash::asks(&facts, policy.parameters(RuleId::NightWeekendCash));
        payer::scan(policy, payment, lookback, own, cash)
    });
    facts.pair = lookback.pair();
    if facts.outgoing() {
        facts.payee = lookback.payee_rows().map(|rows| payee::scan(policy, payment, lookback, rows));
        facts.graph = lookback.hops().map(|hops| Graph { round_trip: graph::round_trip(policy, payment, hops) });
    }
    if payment.device.is_some() {
        facts.device = lookback.device_rows().map(|rows| Device {
            first_used_at_ms: lookback.device_first_used_at_ms().filter(|first| *first <= payment.at_ms),
            other_accounts: other_accounts(policy, payment, rows),
        });
    }
    facts.balance = lookback.available_minor().map(|available_minor| Balance { available_minor });
    facts
}

fn known_of(policy: &Policy, payment: &Payment, memory: &PayerMemory) -> Own {
    let past = |at_ms: &i64| *at_ms <= payment.at_ms;
    Own {
        // History is older than the account it was imported into.
        opened_at_ms: memory.opened_at_ms.filter(past),
        contact_change: memory.contact_change.filter(|change: &ContactChange| past(&change.at_ms)),
        limit_minor: memory.limit_minor,
        fraud_known_at_ms: memory.fraud_known_at_ms.filter(past),
        last_paid_at_ms: memory.last_paid_at_ms.filter(past),
        hour_count: memory.hour_count,
        hours_total: memory.hours_total,
        usual: Usual { window_ms: policy.usual.window_ms, rows_min: policy.usual.rows_min, ..Usual::default() },
        ..Own::default()
    }
}

fn other_accounts(policy: &Policy, payment: &Payment, rows: impl Iterator<Item = DeviceRow>) -> i64 {
    let window_ms = policy.parameters(RuleId::DeviceShared).values[device_shared::WINDOW_MS];
    let mut accounts = Distinct::up_to(DISTINCT_MAX);
    for row in rows {
        let age_ms = payment.at_ms.saturating_sub(row.at_ms);
        if age_ms >= window_ms || accounts.full() {
            break;
        }
        if age_ms >= 0 && row.account != payment.payer {
            accounts.insert(row.account);
        }
    }
    accounts.count()
}
