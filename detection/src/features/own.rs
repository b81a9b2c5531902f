//! Of the account at risk: habit, speed, novelty, known frauds.

use super::{LABEL_DELAY_MS, LARGE_ROWS_MIN, LARGE_TIMES, LAST};
use crate::distinct::Distinct;
use crate::history::past::Brief;
use crate::history::{AccountHistory, Past, Sums};
use crate::payment::{DAY_MS, Party};
use serde::{Deserialize, Serialize};

/// Newest spending rows that the median, the largest and the large ones are taken from.
pub const SAMPLE_ROWS: usize = 32;
/// Rows looked at in search of them, and different counterparties counted among them.
const LOOKED_AT_MAX: usize = 256;
const DISTINCT_MAX: usize = 32;

/// Rows of a window: how many, how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Habit {
    pub count: u32,
    pub sum_minor: i64,
}

impl From<Sums> for Habit {
    fn from(sums: Sums) -> Self {
        Habit { count: sums.count, sum_minor: sums.amount_minor }
    }
}

/// Spending rows only; refused attempts and credits count where the name says so. Windows end with the payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Own {
    pub day: Habit,
    pub week: Habit,
    pub month: Habit,
    /// Sixty days that ended fourteen days ago: the habit before a card that leaked lately was abused.
    pub earlier: Habit,
    /// Standard deviation of the month's amounts, rounded down.
    pub deviation_minor: i64,
    /// Rows in the sample: at most [`SAMPLE_ROWS`] of the month.
    pub sampled: u32,
    pub median_minor: i64,
    pub largest_minor: i64,
    /// Rows of the sample above [`LARGE_TIMES`] its median.
    pub large_3d: u32,
    pub large_14d: u32,
    /// Rows of at most a fifth of the median.
    pub small_24h: u32,
    pub count_10min: u32,
    pub count_1h: u32,
    pub refused_1h: u32,
    pub credits_24h_minor: i64,
    /// Payments to counterparties never paid before.
    pub firsts_24h: u32,
    pub firsts_7d: u32,
    pub firsts_30d: u32,
    /// Different counterparties but this one.
    pub others_24h: u32,
    pub last_age_ms: Option<i64>,
    /// Newest first.
    pub last_amounts_minor: [Option<i64>; LAST],
    /// Since the oldest remembered row.
    pub span_ms: i64,
    /// Payments in this local hour and the two beside it; in all hours.
    pub hour_count: u32,
    pub hours_total: u32,
    /// Frauds among payments of the last thirty days that are known by now.
    pub frauds_30d: u32,
    pub fraud_newest_age_ms: Option<i64>,
    /// Frauds among the last five rows old enough to be labelled.
    pub frauds_of_last: u32,
    pub opened_age_ms: Option<i64>,
    pub contact_change_age_ms: Option<i64>,
}

impl Own {
    pub(super) fn gather(account: &AccountHistory, counterparty: Party, at_ms: i64, hour: u8) -> Self {
        let age = |then_ms: i64| Some(at_ms.saturating_sub(then_ms)).filter(|age_ms| *age_ms >= 0);
        let [minutes_10, hour_1, day, week, fortnight, month, long] = account.usual_windows(at_ms);
        let oldest_ms = account.rows().oldest_at_ms().unwrap_or(at_ms);
        let mut own = Own {
            day: day.into(),
            week: week.into(),
            month: month.into(),
            earlier: long.minus(fortnight).into(),
            deviation_minor: deviation_minor(month),
            count_10min: minutes_10.count,
            count_1h: hour_1.count,
            refused_1h: hour_1.refused,
            credits_24h_minor: day.credits_minor,
            firsts_24h: day.firsts,
            firsts_7d: week.firsts,
            firsts_30d: month.firsts,
            span_ms: at_ms.saturating_sub(oldest_ms).max(0),
            hour_count: [hour + 23, hour, hour + 1].map(|hour| account.paid_at_hour(hour % 24)).iter().sum(),
            hours_total: account.paid_at_all_hours(),
            opened_age_ms: account.opened_at_ms.and_then(age),
            contact_change_age_ms: account.contact_changed_at_ms.and_then(age),
            ..Own::default()
        };
        own.sample(account, counterparty, at_ms);
        own.labels(account, at_ms);
        own
    }

    fn sample(&mut self, account: &AccountHistory, counterparty: Party, at_ms: i64) {
        let mut sample = [(0_i64, 0_i64); SAMPLE_ROWS];
        let mut sampled = 0;
        let mut others = Distinct::up_to(DISTINCT_MAX);
        for row in spent_until(account, at_ms) {
            let age_ms = at_ms.saturating_sub(row.at_ms);
            if let Some(last) = self.last_amounts_minor.get_mut(sampled) {
                *last = Some(row.amount_minor);
                self.last_age_ms = self.last_age_ms.or(Some(age_ms));
            }
            if !is_sampled(sampled, age_ms) {
                break;
            }
            if age_ms < DAY_MS && row.party != counterparty {
                others.insert(row.party);
            }
            sample[sampled] = (age_ms, row.amount_minor);
            sampled += 1;
        }
        self.others_24h = u32::try_from(others.len()).unwrap_or(u32::MAX);
        self.weigh(&sample[..sampled]);
    }

    /// Whether more than half of the sample's amounts lie so far below this one, as its median then does.
    pub(super) fn is_large(account: &AccountHistory, at_ms: i64, amount_minor: i64) -> bool {
        let (mut sampled, mut below) = (0, 0);
        for row in spent_until(account, at_ms) {
            if !is_sampled(sampled, at_ms.saturating_sub(row.at_ms)) {
                break;
            }
            sampled += 1;
            below += usize::from(LARGE_TIMES.saturating_mul(row.amount_minor) < amount_minor);
            // The rest of the sample could not outweigh these.
            if sampled - below >= SAMPLE_ROWS / 2 {
                return false;
            }
        }
        sampled >= LARGE_ROWS_MIN as usize && below > sampled / 2
    }

    /// Median, largest, and the rows that stand out; from (age, amount).
    fn weigh(&mut self, sample: &[(i64, i64)]) {
        let mut amounts = [0_i64; SAMPLE_ROWS];
        for (amount, row) in amounts.iter_mut().zip(sample) {
            *amount = row.1;
        }
        let amounts = &mut amounts[..sample.len()];
        if amounts.is_empty() {
            return;
        }
        let (_, median, above) = amounts.select_nth_unstable(sample.len() / 2);
        self.median_minor = *median;
        self.largest_minor = above.iter().copied().max().unwrap_or(self.median_minor);
        self.sampled = u32::try_from(sample.len()).unwrap_or(u32::MAX);
        if self.sampled < LARGE_ROWS_MIN {
            return;
        }
        let (large, small) = (LARGE_TIMES.saturating_mul(self.median_minor), self.median_minor / 5);
        for (age_ms, amount_minor) in sample {
            if *amount_minor > large {
                self.large_3d += u32::from(*age_ms < 3 * DAY_MS);
                self.large_14d += u32::from(*age_ms < 14 * DAY_MS);
            }
            self.small_24h += u32::from(*amount_minor <= small && *age_ms < DAY_MS);
        }
    }

    fn labels(&mut self, account: &AccountHistory, at_ms: i64) {
        let labels = account.labels();
        if labels.is_empty() {
            return;
        }
        self.frauds_30d = labels.count(at_ms.saturating_sub(30 * DAY_MS), at_ms, at_ms);
        self.fraud_newest_age_ms = labels.oldest_and_newest(at_ms).map(|(_, newest_ms)| at_ms - newest_ms);
        let rows = account.rows();
        let old_enough = rows.places_until(at_ms.saturating_sub(LABEL_DELAY_MS)).take(LOOKED_AT_MAX);
        let spent = old_enough.filter(|(_, row)| row.spent()).take(LAST);
        // An id stands far away: it is looked at only where the time fits.
        let timely = spent.filter(|(_, row)| labels.any_of(row.at_ms));
        let is_known = |row: Past| labels.is_known(row.id, row.at_ms, at_ms);
        self.frauds_of_last = timely.map(|(place, _)| u32::from(rows.get(place).is_some_and(is_known))).sum();
    }
}

/// The payer's own payments, newest first, as far back as any is looked for.
fn spent_until(account: &AccountHistory, at_ms: i64) -> impl Iterator<Item = &Brief> {
    account.rows().briefs_until(at_ms).take(LOOKED_AT_MAX).filter(|row| row.spent())
}

/// Whether a row of that age is one of the sample, behind so many others.
fn is_sampled(before: usize, age_ms: i64) -> bool {
    before < SAMPLE_ROWS && (age_ms < 30 * DAY_MS || before < LAST)
}

/// Rounded down. The difference is exact; only its root is a float, and IEEE rounds a root in one way.
pub(super) fn deviation_minor(sums: Sums) -> i64 {
    let (count, sum) = (i128::from(sums.count), i128::from(sums.amount_minor));
    if count == 0 {
        return 0;
    }
    let scaled = count.saturating_mul(sums.squares).saturating_sub(sum.saturating_mul(sum)).max(0);
    ((scaled as f64).sqrt() / count as f64) as i64
}
