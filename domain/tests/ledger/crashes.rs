//! Workers that die at the worst moments, over the very `step` of the real one.

use crate::fold::once;
use crate::properties::hold;
use crate::worker::{any_attempts, run, run_calmly};
use crate::world::any_log;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn crashes_leave_nothing_out_and_nothing_twice(log in any_log(), attempts in any_attempts(false)) {
        let expected = run_calmly(&log);
        let found = run(&log, &attempts);
        hold(&log, &found);
        prop_assert_eq!(once(&found.events), once(&expected.events));
        prop_assert_eq!(&found.committed, &expected.committed);
        prop_assert_eq!(&found.database, &expected.database);
    }

    #[test]
    fn the_books_hold_whatever_order_partitions_are_served_in(log in any_log(), attempts in any_attempts(true)) {
        hold(&log, &run(&log, &attempts));
    }
}
