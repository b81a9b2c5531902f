//! A lane: a booking loop with its own database connection and its own share of the partitions. Two of them overlap:
//! while one waits for Postgres to insert and commit, the other reads, judges and packs. To the books a lane is what
//! a second worker would be: fences keep partitions apart, accounts are locked in id order.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lane(usize);

impl Lane {
    /// More than two only queue for the same locks and the same database.
    pub const COUNT: usize = 2;

    pub fn all() -> impl Iterator<Item = Lane> {
        (0..Self::COUNT).map(Lane)
    }

    /// The lane that books this partition.
    pub fn of(partition: i32) -> Self {
        Lane(partition.unsigned_abs() as usize % Self::COUNT)
    }

    pub fn index(self) -> usize {
        self.0
    }

    pub fn holds(self, partition: i32) -> bool {
        Self::of(partition) == self
    }
}
