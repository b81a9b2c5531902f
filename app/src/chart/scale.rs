//! Round numbers for axes and classes: 1, 2 or 5 times a power of ten. Whole numbers only; no float decides a label.

/// Intervals on an axis at most.
const INTERVALS_MAX: i128 = 5;

/// Ticks from at or below `min` to at or above `max`, zero always among them, `least` or more apart.
pub fn ticks(min: i64, max: i64, least: i64) -> Vec<i64> {
    let (min, max) = (i128::from(min.min(0)), i128::from(max.max(0)));
    let least = i128::from(least.max(1));
    let mut step = least;
    for round in rounds() {
        step = least.max(1) * round;
        if max.div_euclid(step) + i128::from(max.rem_euclid(step) != 0) - min.div_euclid(step) <= INTERVALS_MAX {
            break;
        }
    }
    let first = min.div_euclid(step);
    let last = (max.div_euclid(step) + i128::from(max.rem_euclid(step) != 0)).max(first + 1);
    (first..=last).map(|index| i64::try_from(index * step).unwrap_or(i64::MAX)).collect()
}

/// 1, 2, 5, 10, 20, 50 …
fn rounds() -> impl Iterator<Item = i128> {
    (0..28).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_i128.pow(power)))
}

/// Where the classes 2 to 7 begin, for counts up to `max`: six neighbours of the 1-2-5 row, the first of them 1 while
/// that reaches.
pub fn class_starts(max: i64) -> [i64; 6] {
    let row: Vec<i64> = rounds().map_while(|round| i64::try_from(round).ok()).collect();
    let last = row.iter().rposition(|start| *start <= max).unwrap_or(0).max(5);
    let mut starts = [0; 6];
    starts.copy_from_slice(&row[last - 5..=last]);
    starts
}

/// The class, 1 to 7, of a count.
pub fn class_of(count: i64, starts: &[i64; 6]) -> usize {
    1 + starts.iter().filter(|start| count >= **start).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_cover_the_values() {
        assert_eq!(ticks(0, 43, 1), [0, 10, 20, 30, 40, 50]);
        assert_eq!(ticks(0, 3, 1), [0, 1, 2, 3]);
        assert_eq!(ticks(0, 0, 1), [0, 1]);
        assert_eq!(ticks(-30_000, 120_000, 100), [-50_000, 0, 50_000, 100_000, 150_000]);
        assert_eq!(ticks(-700, -100, 100), [-800, -600, -400, -200, 0]);
        assert_eq!(ticks(0, i64::MAX, 1).len(), 6);
    }

    #[test]
    fn seven_classes_follow_one_two_five() {
        assert_eq!(class_starts(3), [1, 2, 5, 10, 20, 50]);
        assert_eq!(class_starts(800), [10, 20, 50, 100, 200, 500]);
        let starts = class_starts(800);
        assert_eq!([0, 9, 10, 499, 500, 800].map(|count| class_of(count, &starts)), [1, 1, 2, 6, 7, 7]);
    }
}
