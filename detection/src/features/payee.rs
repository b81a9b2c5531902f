//! Of the counterparty: known frauds, crowd, what it usually takes.

use super::own::{Habit, deviation_minor};
use super::{LABEL_DELAY_MS, LAST};
use crate::distinct::Distinct;
use crate::history::counterparty::WINDOWS_MS;
use crate::history::{CounterpartyHistory, Labels, Sums};
use crate::payment::{DAY_MS, HOUR_MS, Party};
use serde::{Deserialize, Serialize};

const LOOKED_AT_MAX: usize = 256;
const DISTINCT_MAX: usize = 32;
/// The windows of labelled rows end where the third begins.
const _: () = assert!(WINDOWS_MS[2] == LABEL_DELAY_MS);

/// Rows old enough to be labelled, and the frauds among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labelled {
    pub count: u32,
    pub frauds: u32,
}

/// Windows end with the payment, but those of `labelled`, which end seven days before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payee {
    /// Of one, seven and thirty days.
    pub labelled: [Labelled; 3],
    /// Frauds among payments of the last thirty days that are known by now.
    pub frauds_30d: u32,
    /// Frauds that became known in the last seven days.
    pub reports_7d: u32,
    pub fraud_newest_age_ms: Option<i64>,
    pub fraud_oldest_age_ms: Option<i64>,
    /// Frauds among the last five rows old enough to be labelled.
    pub frauds_of_last: u32,
    pub count_1h: u32,
    pub day: Habit,
    pub week: Habit,
    pub month: Habit,
    /// Standard deviation of the month's amounts, rounded down.
    pub deviation_minor: i64,
    /// Different payers but this one.
    pub other_payers_1h: u32,
    /// Payments by someone who had never paid here.
    pub firsts_24h: u32,
    pub firsts_30d: u32,
    /// Payments far above their payer's habit.
    pub large_24h: u32,
    pub large_7d: u32,
    pub large_30d: u32,
    pub last_age_ms: Option<i64>,
    /// Newest first.
    pub last_amounts_minor: [Option<i64>; LAST],
    /// Since the oldest remembered row.
    pub span_ms: i64,
}

impl Payee {
    pub(super) fn gather(counterparty: &CounterpartyHistory, payer: Party, at_ms: i64) -> Self {
        let [hour, day, week, days_8, days_14, _, month, days_37] = counterparty.usual_windows(at_ms);
        let oldest_ms = counterparty.rows().oldest_at_ms().unwrap_or(at_ms);
        let labelled = |window: Sums| Labelled { count: window.minus(week).count, frauds: 0 };
        let mut payee = Payee {
            labelled: [days_8, days_14, days_37].map(labelled),
            count_1h: hour.count,
            day: day.into(),
            week: week.into(),
            month: month.into(),
            deviation_minor: deviation_minor(month),
            firsts_24h: day.firsts,
            firsts_30d: month.firsts,
            large_24h: day.large,
            large_7d: week.large,
            large_30d: month.large,
            span_ms: at_ms.saturating_sub(oldest_ms).max(0),
            ..Payee::default()
        };
        payee.labels(counterparty, at_ms);
        payee.crowd(counterparty, payer, at_ms);
        payee
    }

    fn labels(&mut self, counterparty: &CounterpartyHistory, at_ms: i64) {
        let labels: &Labels = counterparty.labels();
        if labels.is_empty() {
            return;
        }
        let end_ms = at_ms.saturating_sub(LABEL_DELAY_MS);
        for (labelled, days) in self.labelled.iter_mut().zip([1, 7, 30]) {
            let after_ms = end_ms.saturating_sub(days * DAY_MS);
            labelled.frauds = labels.count(after_ms, end_ms, at_ms).min(labelled.count);
        }
        self.frauds_30d = labels.count(at_ms.saturating_sub(30 * DAY_MS), at_ms, at_ms);
        self.reports_7d = labels.known_within(at_ms.saturating_sub(7 * DAY_MS), at_ms);
        if let Some((oldest_ms, newest_ms)) = labels.oldest_and_newest(at_ms) {
            self.fraud_oldest_age_ms = Some(at_ms - oldest_ms);
            self.fraud_newest_age_ms = Some(at_ms - newest_ms);
        }
        let rows = counterparty.rows();
        let last = rows.places_until(end_ms).filter(|(_, row)| !row.refused).take(LAST);
        let frauds = last.filter(|(_, row)| row.is_fraud);
        let known_at_ms = |place: usize| rows.get(place).and_then(|row| row.fraud_known_at_ms);
        let is_known = |place: usize| known_at_ms(place).is_some_and(|known_at_ms| known_at_ms <= at_ms);
        self.frauds_of_last = frauds.map(|(place, _)| u32::from(is_known(place))).sum();
    }

    fn crowd(&mut self, counterparty: &CounterpartyHistory, payer: Party, at_ms: i64) {
        let (mut payers, mut last) = (Distinct::up_to(DISTINCT_MAX), 0);
        for row in counterparty.rows().briefs_until(at_ms).take(LOOKED_AT_MAX).filter(|row| !row.refused) {
            let age_ms = at_ms.saturating_sub(row.at_ms);
            if last == LAST && (age_ms >= HOUR_MS || payers.full()) {
                break;
            }
            if let Some(place) = self.last_amounts_minor.get_mut(last) {
                *place = Some(row.amount_minor);
                self.last_age_ms = self.last_age_ms.or(Some(age_ms));
                last += 1;
            }
            if age_ms < HOUR_MS && row.payer != payer {
                payers.insert(row.payer);
            }
        }
        self.other_payers_1h = u32::try_from(payers.len()).unwrap_or(u32::MAX);
    }
}
