//! The amounts at which a rule fires, and whole-number shares of amounts.

/// All amounts in minor units, ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Firing {
    Never,
    Always,
    AtLeast(i64),
    Between(i64, i64),
    AnyOf([(i64, i64); 3]),
    Unknown,
}

/// Contains nothing.
pub const NOWHERE: (i64, i64) = (1, 0);

impl Firing {
    pub fn when(condition: bool) -> Self {
        if condition { Firing::Always } else { Firing::Never }
    }

    pub fn contains(&self, amount_minor: i64) -> bool {
        match *self {
            Firing::Never | Firing::Unknown => false,
            Firing::Always => true,
            Firing::AtLeast(least) => amount_minor >= least,
            Firing::Between(least, most) => (least..=most).contains(&amount_minor),
            Firing::AnyOf(spans) => spans.iter().any(|(least, most)| (*least..=*most).contains(&amount_minor)),
        }
    }

    /// Adds each amount from which on the answer differs from that for one unit less.
    pub fn edges(&self, edges: &mut Vec<i64>) {
        match *self {
            Firing::Never | Firing::Always | Firing::Unknown => {}
            Firing::AtLeast(least) => edges.push(least),
            Firing::Between(least, most) => edges.extend([least, most.saturating_add(1)]),
            Firing::AnyOf(spans) => {
                edges.extend(spans.iter().flat_map(|(least, most)| [*least, most.saturating_add(1)]));
            }
        }
    }
}

/// So many thousandths of an amount, rounded up: "at least 90 % of" is "at least this".
pub fn share(amount_minor: i64, per_mille: i64) -> i64 {
    let product = amount_minor.saturating_mul(per_mille);
    product.div_euclid(1_000).saturating_add(i64::from(product.rem_euclid(1_000) > 0))
}

/// What part one amount is of another, in thousandths, rounded down; 0 of nothing.
pub fn part_per_mille(part_minor: i64, whole_minor: i64) -> i64 {
    ratio(part_minor, 1_000, whole_minor)
}

/// How many times one amount the other is, in tenths, rounded down.
pub fn times_tenths(amount_minor: i64, usual_minor: i64) -> i64 {
    ratio(amount_minor, 10, usual_minor)
}

fn ratio(part: i64, scale: i64, whole: i64) -> i64 {
    if whole <= 0 {
        return 0;
    }
    i64::try_from(i128::from(part) * i128::from(scale) / i128::from(whole)).unwrap_or(i64::MAX)
}
