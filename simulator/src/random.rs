//! Repeatable chance: the same seed gives the same bank on every machine and with every version of every library.

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014). Not for secrets.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Chance(seed)
    }

    /// A chance of its own for each subject: what happens to one is not moved by how often another one asked.
    pub fn of(parts: &[u64]) -> Self {
        let mut chance = Chance(0);
        for part in parts {
            chance.0 ^= *part;
            chance.0 = chance.bits();
        }
        chance
    }

    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `count`; 0 if there is none.
    pub fn below(&mut self, count: usize) -> usize {
        let last = i64::try_from(count).unwrap_or(i64::MAX).saturating_sub(1);
        usize::try_from(self.between(0, last.max(0))).unwrap_or(0)
    }

    /// One of them, each as likely; none of nothing.
    pub fn one_of<'a, T>(&mut self, things: &'a [T]) -> Option<&'a T> {
        things.get(self.below(things.len()))
    }

    /// Puts them into another order, each as likely.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for index in (1..things.len()).rev() {
            things.swap(index, self.below(index + 1));
        }
    }

    /// A number from `low` to `high`, both included, each as likely.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = high.saturating_sub(low).max(0).unsigned_abs().saturating_add(1);
        // The bias of the remainder is far below what any simulation could show.
        low.saturating_add_unsigned(self.bits() % width)
    }

    /// A number from `low` to `high`, small ones more likely.
    pub fn mostly_small(&mut self, low: i64, high: i64) -> i64 {
        (self.between(low, high)).min(self.between(low, high)).min(self.between(low, high))
    }

    /// Whether something happens that happens `percent` times in a hundred.
    pub fn happens(&mut self, percent: i64) -> bool {
        self.between(1, 100) <= percent
    }

    /// Whether something happens that happens `per_mille` times in a thousand.
    pub fn seldom(&mut self, per_mille: i64) -> bool {
        self.between(1, 1_000) <= per_mille
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn the_same_seed_gives_the_same_numbers_within_their_bounds() {
        let (mut left, mut right) = (Chance::new(7), Chance::new(7));
        for _ in 0..1000 {
            let number = left.between(-3, 9);
            assert!((-3..=9).contains(&number));
            assert_eq!(number, right.between(-3, 9));
        }
    }

    #[test]
    fn the_first_numbers_are_those_of_the_published_algorithm() {
        // Reference values of SplitMix64 with seed 1234567.
        let mut chance = Chance::new(1_234_567);
        assert_eq!(
            [chance.bits(), chance.bits(), chance.bits()],
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }
}
