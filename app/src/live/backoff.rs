//! How long to wait before the next attempt to connect: doubling, capped, spread so that a node that comes back is not
//! met by everybody at once.

const FIRST_MS: f64 = 250.0;
const LONGEST_MS: f64 = 10_000.0;

/// Milliseconds before attempt `attempt` (from 0). `chance` is a random number in 0..1: the wait lies between half of
/// the full one and all of it.
pub fn wait_ms(attempt: u32, chance: f64) -> u32 {
    let full = (FIRST_MS * f64::from(1_u32 << attempt.min(16))).min(LONGEST_MS);
    (full * (0.5 + chance.clamp(0.0, 1.0) / 2.0)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_ten_seconds_and_keep_at_least_half() {
        assert_eq!((wait_ms(0, 0.0), wait_ms(0, 1.0)), (125, 250));
        assert_eq!((wait_ms(2, 0.0), wait_ms(2, 1.0)), (500, 1_000));
        assert_eq!((wait_ms(6, 0.0), wait_ms(99, 1.0)), (5_000, 10_000));
    }
}
