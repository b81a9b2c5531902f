//! Features: the numbers the model sees, one line each in the table below, name beside formula.
//!
//! The first fifteen are those of the Fraud Detection Handbook, by their published names (Le Borgne et al., 2022); the
//! others describe what any fraud disturbs: habit, speed, novelty, the counterparty's own past. Promises: always finite,
//! never NaN; a value that does not exist is one of the sentinels stated here; the same code live and in training.
//! Absent: anything later than the payment; labels before they were known; whoever the parties are.

use crate::facts::borrowed::Parties;
use crate::history::{AccountHistory, CounterpartyHistory, DeviceHistory};
use crate::payment::{DAY_MS, HOUR_MS, Payment};

pub mod inputs;
pub mod own;
pub mod payee;
#[cfg(test)]
mod tests;

use inputs::mean_with;
pub use inputs::{Inputs, Marks};
use own::Habit;

/// How much later than a payment its label is expected: what is younger counts as unlabelled.
pub const LABEL_DELAY_MS: i64 = 7 * DAY_MS;
/// An amount is large beyond so many times the median of at least so many rows.
pub const LARGE_TIMES: i64 = 3;
pub const LARGE_ROWS_MIN: u32 = 5;
/// Last amounts kept, and last labelled rows looked at.
pub const LAST: usize = 5;

/// Sentinel of a ratio or share whose denominator does not exist. Real ones are at least 0.
pub const NO_RATIO: f64 = -1.0;
/// Sentinel of the age of what never happened: older than anything remembered.
pub const NEVER_DAYS: f64 = 1_000.0;
pub const NEVER_HOURS: f64 = 24.0 * NEVER_DAYS;
/// Ratios stop here, so that no habit of cents makes a number without meaning.
const RATIO_MAX: f64 = 1_000.0;

/// What grows for ever stops where it means "long known", so that a model meets no larger values than it was trained on.
const SPAN_DAYS_MAX: f64 = 30.0;
const PAIR_COUNT_MAX: f64 = 10.0;

/// The table: `"NAME" => formula,` with the inputs under the name given first.
macro_rules! features {
    ($x:ident; $($name:literal => $formula:expr,)*) => {
        /// In the order of the values.
        pub const NAMES: [&str; N] = [$($name),*];
        /// Number of features.
        pub const N: usize = [$($name),*].len();
        const FORMULAS: [fn(&Inputs) -> f64; N] = [$(|$x: &Inputs| $formula),*];

        impl Inputs {
            /// All values, in the order of [`NAMES`].
            pub fn features(&self) -> [f64; N] {
                let $x = self;
                [$($formula),*]
            }
        }
    };
}

features! { x;
    "TX_AMOUNT" => major(x.amount_minor),
    "TX_DURING_WEEKEND" => flag(is_weekend(x.local_ms)),
    "TX_DURING_NIGHT" => flag(hour(x.local_ms) < 7.0),
    "CUSTOMER_ID_NB_TX_1DAY_WINDOW" => with_this(x.own.day.count),
    "CUSTOMER_ID_AVG_AMOUNT_1DAY_WINDOW" => mean_with(x.own.day, x.amount_minor),
    "CUSTOMER_ID_NB_TX_7DAY_WINDOW" => with_this(x.own.week.count),
    "CUSTOMER_ID_AVG_AMOUNT_7DAY_WINDOW" => mean_with(x.own.week, x.amount_minor),
    "CUSTOMER_ID_NB_TX_30DAY_WINDOW" => with_this(x.own.month.count),
    "CUSTOMER_ID_AVG_AMOUNT_30DAY_WINDOW" => mean_with(x.own.month, x.amount_minor),
    "TERMINAL_ID_NB_TX_1DAY_WINDOW" => f64::from(x.payee.labelled[0].count),
    "TERMINAL_ID_RISK_1DAY_WINDOW" => risk(x, 0),
    "TERMINAL_ID_NB_TX_7DAY_WINDOW" => f64::from(x.payee.labelled[1].count),
    "TERMINAL_ID_RISK_7DAY_WINDOW" => risk(x, 1),
    "TERMINAL_ID_NB_TX_30DAY_WINDOW" => f64::from(x.payee.labelled[2].count),
    "TERMINAL_ID_RISK_30DAY_WINDOW" => risk(x, 2),

    // Amount against own habit.
    "own_amount_over_mean_7d" => over_mean(x.amount_minor, x.own.week),
    "own_amount_over_mean_30d" => over_mean(x.amount_minor, x.own.month),
    "own_amount_over_mean_earlier" => over_mean(x.amount_minor, earlier(x)),
    "own_amount_over_median" => ratio(x.amount_minor as f64, x.own.median_minor as f64),
    "own_amount_over_largest" => ratio(x.amount_minor as f64, x.own.largest_minor as f64),
    "own_amount_over_last" => over_last(x.amount_minor, x.own.last_amounts_minor[0]),
    "own_amount_deviations_30d" => deviations(x.amount_minor, x.own.month, x.own.deviation_minor),
    "own_near_equal_of_last" => near_equal(x.amount_minor, &x.own.last_amounts_minor),
    "amount_trailing_zeros" => trailing_zeros(x.amount_minor),
    "own_large_3d" => f64::from(x.own.large_3d),
    "own_large_14d" => f64::from(x.own.large_14d),
    "own_small_24h" => f64::from(x.own.small_24h),

    // Speed against own habit.
    "own_last_age_hours" => hours_or_never(x.own.last_age_ms),
    "own_count_10min" => with_this(x.own.count_10min),
    "own_count_1h" => with_this(x.own.count_1h),
    "own_count_24h_over_usual" => rate_over_usual(with_this(x.own.day.count), x.own.month, x.own.span_ms, 1.0),
    "own_count_7d_over_usual" => rate_over_usual(with_this(x.own.week.count), x.own.month, x.own.span_ms, 7.0),
    "own_sum_24h_over_usual" => sum_over_usual(x, x.own.day, 1.0),
    "own_sum_7d_over_usual" => sum_over_usual(x, x.own.week, 7.0),
    "own_refused_1h" => f64::from(x.own.refused_1h),
    "own_sum_over_credits_24h" => spent_of_credits(x),
    "own_span_days" => days(x.own.span_ms).min(SPAN_DAYS_MAX),
    "own_hour_share" => hour_share(x),
    "hour" => hour(x.local_ms),

    // Novelty.
    "pair_count" => f64::from(x.pair.count).min(PAIR_COUNT_MAX),
    "pair_last_age_hours" => hours_or_never(x.pair.last_age_ms),
    "pair_amount_over_last" => over_last(x.amount_minor, (x.pair.count > 0).then_some(x.pair.last_amount_minor)),
    "own_firsts_24h" => f64::from(x.own.firsts_24h) + flag(x.is_first_of_pair()),
    "own_firsts_7d" => f64::from(x.own.firsts_7d) + flag(x.is_first_of_pair()),
    "own_firsts_share_30d" => share(x.own.firsts_30d, x.own.month.count),
    "own_counterparties_24h" => with_this(x.own.others_24h),
    "account_age_days" => x.own.opened_age_ms.map_or(NO_RATIO, days),
    "contact_change_age_hours" => hours_or_never(x.own.contact_change_age_ms),
    "device_age_hours" => x.device.map_or(NO_RATIO, |device| device.first_use_age_ms.map_or(0.0, in_hours)),
    "device_other_accounts_7d" => x.device.map_or(0.0, |device| f64::from(device.other_accounts_7d)),

    // Known frauds.
    "own_frauds_30d" => f64::from(x.own.frauds_30d),
    "own_fraud_newest_age_days" => x.own.fraud_newest_age_ms.map_or(NEVER_DAYS, days),
    "own_frauds_of_last" => f64::from(x.own.frauds_of_last),
    "payee_frauds_30d" => f64::from(x.payee.frauds_30d),
    "payee_reports_7d" => f64::from(x.payee.reports_7d),
    "payee_fraud_newest_age_days" => x.payee.fraud_newest_age_ms.map_or(NEVER_DAYS, days),
    "payee_fraud_oldest_age_days" => x.payee.fraud_oldest_age_ms.map_or(NEVER_DAYS, days),
    "payee_frauds_of_last" => f64::from(x.payee.frauds_of_last),

    // The counterparty against its own past.
    "payee_last_age_hours" => hours_or_never(x.payee.last_age_ms),
    "payee_count_1h" => with_this(x.payee.count_1h),
    "payee_payers_1h" => with_this(x.payee.other_payers_1h),
    "payee_count_24h_over_usual" => rate_over_usual(with_this(x.payee.day.count), x.payee.month, x.payee.span_ms, 1.0),
    "payee_count_7d_over_usual" => rate_over_usual(with_this(x.payee.week.count), x.payee.month, x.payee.span_ms, 7.0),
    "payee_firsts_24h" => f64::from(x.payee.firsts_24h) + flag(x.is_first_of_pair()),
    "payee_firsts_share_30d" => share(x.payee.firsts_30d, x.payee.month.count),
    "payee_amount_over_mean_30d" => over_mean(x.amount_minor, x.payee.month),
    "payee_amount_deviations_30d" => deviations(x.amount_minor, x.payee.month, x.payee.deviation_minor),
    "payee_mean_7d_over_mean_30d" => over_mean(mean_minor(x.payee.week), x.payee.month),
    "payee_near_equal_of_last" => near_equal(x.amount_minor, &x.payee.last_amounts_minor),
    "payee_large_24h" => f64::from(x.payee.large_24h),
    "payee_large_7d" => f64::from(x.payee.large_7d),
    "payee_large_30d" => f64::from(x.payee.large_30d),
    "payee_span_days" => days(x.payee.span_ms).min(SPAN_DAYS_MAX),
}

/// Features of a payment that is not yet in the histories.
pub fn features(
    payment: &Payment,
    account: &AccountHistory,
    counterparty: &CounterpartyHistory,
    device: Option<&DeviceHistory>,
) -> [f64; N] {
    Parties::of(payment, account, counterparty, device).inputs(payment).features()
}

impl Inputs {
    /// One value alone.
    pub fn feature(&self, index: usize) -> Option<f64> {
        FORMULAS.get(index).map(|formula| formula(self))
    }

    /// The least amount, up to `most_minor`, whose value of this feature is at or above the threshold while that of
    /// the amount below it is not (or the other way round). For features that only rise or only fall with the amount.
    pub fn amount_at(&self, index: usize, threshold: f64, most_minor: i64) -> Option<i64> {
        let formula = FORMULAS.get(index)?;
        let above = |amount_minor: i64| formula(&self.with_amount(amount_minor)) >= threshold;
        let (mut low, mut high) = (0, most_minor.max(0));
        let start = above(low);
        if above(high) == start {
            return None;
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if above(middle) == start { low = middle } else { high = middle }
        }
        Some(high)
    }
}

fn major(amount_minor: i64) -> f64 {
    amount_minor as f64 / 100.0
}

fn flag(is: bool) -> f64 {
    f64::from(u8::from(is))
}

fn with_this(count: u32) -> f64 {
    f64::from(count) + 1.0
}

fn in_hours(ms: i64) -> f64 {
    ms as f64 / HOUR_MS as f64
}

fn days(ms: i64) -> f64 {
    ms as f64 / DAY_MS as f64
}

fn hours_or_never(age_ms: Option<i64>) -> f64 {
    age_ms.map_or(NEVER_HOURS, in_hours)
}

/// Hour of the local day with its fraction.
fn hour(local_ms: i64) -> f64 {
    in_hours(local_ms.rem_euclid(DAY_MS))
}

fn is_weekend(local_ms: i64) -> bool {
    // 1970-01-01 was a Thursday: days 2 and 3 of each week counted from it.
    matches!(local_ms.div_euclid(DAY_MS).rem_euclid(7), 2 | 3)
}

fn ratio(value: f64, usual: f64) -> f64 {
    if usual > 0.0 { (value / usual).min(RATIO_MAX) } else { NO_RATIO }
}

fn share(part: u32, whole: u32) -> f64 {
    if whole > 0 { f64::from(part) / f64::from(whole) } else { NO_RATIO }
}

fn mean_minor(habit: Habit) -> i64 {
    if habit.count > 0 { habit.sum_minor / i64::from(habit.count) } else { 0 }
}

fn over_mean(amount_minor: i64, habit: Habit) -> f64 {
    // Divided last: amount / (sum / count).
    ratio(amount_minor as f64 * f64::from(habit.count), habit.sum_minor as f64)
}

fn over_last(amount_minor: i64, last_minor: Option<i64>) -> f64 {
    ratio(amount_minor as f64, last_minor.unwrap_or(0) as f64)
}

/// The habit of long ago, or of the month where there is not enough of it.
fn earlier(x: &Inputs) -> Habit {
    if x.own.earlier.count >= LARGE_ROWS_MIN { x.own.earlier } else { x.own.month }
}

/// Standard deviations above the mean; a deviation of less than one major unit counts as one. 0 without a habit.
fn deviations(amount_minor: i64, habit: Habit, deviation_minor: i64) -> f64 {
    if habit.count < 2 {
        return 0.0;
    }
    let mean = habit.sum_minor as f64 / f64::from(habit.count);
    ((amount_minor as f64 - mean) / deviation_minor.max(100) as f64).clamp(-RATIO_MAX, RATIO_MAX)
}

fn risk(x: &Inputs, window: usize) -> f64 {
    let labelled = x.payee.labelled[window];
    if labelled.count > 0 { f64::from(labelled.frauds) / f64::from(labelled.count) } else { 0.0 }
}

/// How many of the last amounts lie within one percent of this one.
fn near_equal(amount_minor: i64, last: &[Option<i64>; LAST]) -> f64 {
    let near = |other: i64| other.abs_diff(amount_minor).saturating_mul(100) <= amount_minor.unsigned_abs();
    last.iter().flatten().map(|other| flag(near(*other))).sum()
}

/// 0: cents; 1: whole euros; 2: tens; 3: hundreds; 4: thousands.
fn trailing_zeros(amount_minor: i64) -> f64 {
    [100, 1_000, 10_000, 100_000].iter().map(|unit| flag(amount_minor != 0 && amount_minor % unit == 0)).sum()
}

/// Days that the month's rows can lie in: fewer for a young history, one at least.
fn month_days(span_ms: i64) -> f64 {
    days(span_ms).clamp(1.0, 30.0)
}

/// A count in a window of so many days against the month's.
fn rate_over_usual(count: f64, month: Habit, span_ms: i64, window_days: f64) -> f64 {
    ratio(count * month_days(span_ms), f64::from(month.count) * window_days)
}

fn sum_over_usual(x: &Inputs, window: Habit, window_days: f64) -> f64 {
    let sum = window.sum_minor.saturating_add(x.amount_minor) as f64;
    ratio(sum * month_days(x.own.span_ms), x.own.month.sum_minor as f64 * window_days)
}

fn spent_of_credits(x: &Inputs) -> f64 {
    ratio(x.own.day.sum_minor.saturating_add(x.amount_minor) as f64, x.own.credits_24h_minor as f64)
}

fn hour_share(x: &Inputs) -> f64 {
    if x.own.hours_total < 10 { NO_RATIO } else { share(x.own.hour_count, x.own.hours_total) }
}
