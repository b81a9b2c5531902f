//! What is added up over the rows of a window.
//!
//! Promises: whole numbers that wrap around, so that a difference of two sums is right whatever was summed before.

use super::timeline::Brief;

/// Sums over a window. Refused attempts count in `refused` only, credits in `credits_minor` only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// Of squared minor units.
    pub squares: i128,
    pub amount_minor: i64,
    pub credits_minor: i64,
    pub count: u32,
    /// Rows that were the first of their pair.
    pub firsts: u32,
    /// Rows that were marked as far above the payer's habit.
    pub large: u32,
    pub refused: u32,
}

impl Sums {
    /// Of one spending row.
    pub fn spending(amount_minor: i64) -> Self {
        let wide = i128::from(amount_minor);
        Sums { squares: wide.wrapping_mul(wide), amount_minor, count: 1, ..Sums::default() }
    }

    pub(super) fn with(self, brief: &impl Brief) -> Self {
        self.plus(brief.sums())
    }

    pub(super) fn without(self, brief: &impl Brief) -> Self {
        self.minus(brief.sums())
    }

    pub(super) fn plus(self, other: Sums) -> Self {
        Sums {
            squares: self.squares.wrapping_add(other.squares),
            amount_minor: self.amount_minor.wrapping_add(other.amount_minor),
            credits_minor: self.credits_minor.wrapping_add(other.credits_minor),
            count: self.count.wrapping_add(other.count),
            firsts: self.firsts.wrapping_add(other.firsts),
            large: self.large.wrapping_add(other.large),
            refused: self.refused.wrapping_add(other.refused),
        }
    }

    /// Of what is in this window and not in that one, which lies within it.
    pub fn minus(self, other: Sums) -> Self {
        Sums {
            squares: self.squares.wrapping_sub(other.squares),
            amount_minor: self.amount_minor.wrapping_sub(other.amount_minor),
            credits_minor: self.credits_minor.wrapping_sub(other.credits_minor),
            count: self.count.wrapping_sub(other.count),
            firsts: self.firsts.wrapping_sub(other.firsts),
            large: self.large.wrapping_sub(other.large),
            refused: self.refused.wrapping_sub(other.refused),
        }
    }
}
