//! Dates as files write them, and which of day and month comes first.

use app::ports::DateOrder;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

/// A moment as precise as the file gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileMoment {
    Day(NaiveDate),
    /// On the bank's clocks.
    Local(NaiveDateTime),
    Exact(DateTime<Utc>),
}

impl FileMoment {
    /// When it occurred. A day without a time is taken at the first moment of that day in the bank's time zone: never at
    /// a time that depends on the line's place in the file, so that overlapping exports agree.
    pub fn occurred_at(self, zone: Tz) -> DateTime<Utc> {
        match self {
            FileMoment::Day(day) => first_moment(day, zone),
            FileMoment::Local(local) => {
                zone.from_local_datetime(&local).earliest().map_or_else(|| local.and_utc(), |at| at.with_timezone(&Utc))
            }
            FileMoment::Exact(at) => at,
        }
    }

    /// The day in the bank's time zone.
    pub fn date(self, zone: Tz) -> NaiveDate {
        match self {
            FileMoment::Day(day) => day,
            FileMoment::Local(local) => local.date(),
            FileMoment::Exact(at) => at.with_timezone(&zone).date_naive(),
        }
    }

    /// The moment as the file gave it, whatever the bank's time zone: what the row's id is made from.
    pub fn as_written(self) -> NaiveDateTime {
        match self {
            FileMoment::Day(day) => day.and_time(NaiveTime::MIN),
            FileMoment::Local(local) => local,
            FileMoment::Exact(at) => at.naive_utc(),
        }
    }
}

/// Midnight, or what comes first after it where clocks skip midnight.
fn first_moment(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    (0..24)
        .filter_map(|hours| zone.from_local_datetime(&(midnight + chrono::TimeDelta::hours(hours))).earliest())
        .map(|at| at.with_timezone(&Utc))
        .next()
        .unwrap_or_else(|| midnight.and_utc())
}

/// Reads a date, with a time if there is one: `31/12/2024`, `2024-12-31`, `20241231`, `31.12.24`,
/// `2024-12-31 13:45:00`, `2024-12-31T12:45:00Z`.
pub fn parse_moment(text: &str, order: DateOrder) -> Option<FileMoment> {
    let text = text.trim();
    if let Some((date, time)) = text.split_once(['T', ' ']) {
        if let Ok(exact) = DateTime::parse_from_rfc3339(&text.replacen(' ', "T", 1)) {
            return Some(FileMoment::Exact(exact.with_timezone(&Utc)));
        }
        let time =
            ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|form| NaiveTime::parse_from_str(time.trim(), form).ok())?;
        return Some(FileMoment::Local(parse_date(date, order)?.and_time(time)));
    }
    parse_date(text, order).map(FileMoment::Day)
}

fn parse_date(text: &str, order: DateOrder) -> Option<NaiveDate> {
    let [first, second, third] = parts(text)?;
    let (year, month, day) = match order {
        DateOrder::DayMonthYear => (third, second, first),
        DateOrder::MonthDayYear => (third, first, second),
        DateOrder::YearMonthDay => (first, second, third),
    };
    if month.len() > 2 || day.len() > 2 {
        return None;
    }
    let number: i32 = year.parse().ok()?;
    let year = match year.len() {
        4 => number,
        2 if number < 70 => 2000 + number,
        2 => 1900 + number,
        _ => return None,
    };
    let date = NaiveDate::from_ymd_opt(year, month.parse().ok()?, day.parse().ok()?)?;
    (1900..=2199).contains(&year).then_some(date)
}

/// The three numbers of a date, as text.
fn parts(text: &str) -> Option<[&str; 3]> {
    let is_number = |part: &str| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return Some([&text[..4], &text[4..6], &text[6..]]);
    }
    let mark = text.chars().find(|c| matches!(c, '/' | '-' | '.'))?;
    let mut parts = text.splitn(3, mark);
    let found = [parts.next()?, parts.next()?, parts.next()?];
    found.iter().all(|part| is_number(part)).then_some(found)
}

/// `930131`, twentieth century: how Berka's file writes dates.
pub fn parse_yymmdd(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    if text.len() != 6 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    NaiveDate::from_ymd_opt(1900 + text[..2].parse::<i32>().ok()?, text[2..4].parse().ok()?, text[4..].parse().ok()?)
}

/// The order that the dates themselves prove: a year in front, or a day above 12. None: it must be asked for.
pub fn guess_order<'a>(dates: impl Iterator<Item = &'a str>) -> Option<DateOrder> {
    let (mut year_first, mut day_first, mut month_first) = (0_u64, 0_u64, 0_u64);
    for text in dates {
        let date = text.trim().split(['T', ' ']).next().unwrap_or_default();
        let Some([first, second, _]) = parts(date) else { continue };
        let above_12 = |part: &str| part.parse::<u32>().is_ok_and(|number| (13..=31).contains(&number));
        if first.len() == 4 {
            year_first += 1;
        } else if above_12(first) {
            day_first += 1;
        } else if above_12(second) {
            month_first += 1;
        }
    }
    match (year_first, day_first, month_first) {
        (1.., 0, 0) => Some(DateOrder::YearMonthDay),
        (0, 1.., 0) => Some(DateOrder::DayMonthYear),
        (0, 0, 1..) => Some(DateOrder::MonthDayYear),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use DateOrder::{DayMonthYear, MonthDayYear, YearMonthDay};

    fn day(year: i32, month: u32, day: u32) -> Option<FileMoment> {
        NaiveDate::from_ymd_opt(year, month, day).map(FileMoment::Day)
    }

    #[test]
    fn dates_are_read_in_the_order_that_was_said() {
        assert_eq!(parse_moment("05/01/2024", DayMonthYear), day(2024, 1, 5));
        assert_eq!(parse_moment("05/01/2024", MonthDayYear), day(2024, 5, 1));
        assert_eq!(parse_moment("31.12.24", DayMonthYear), day(2024, 12, 31));
        assert_eq!(parse_moment("20241231", YearMonthDay), day(2024, 12, 31));
        assert_eq!(parse_moment("2024-1-5", YearMonthDay), day(2024, 1, 5));
        assert_eq!(parse_yymmdd("940331"), NaiveDate::from_ymd_opt(1994, 3, 31));
        for wrong in
            ["31/13/2024", "30/02/2024", "2024/01/05", "05/01/0024", "1/2", "", "a/b/c", "+1/01/2024", "05/01/024"]
        {
            assert_eq!(parse_moment(wrong, DayMonthYear), None, "{wrong:?}");
        }
        for wrong in ["931301", "93010", "9301011", "93a101"] {
            assert_eq!(parse_yymmdd(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_time_is_kept_when_the_file_has_one() {
        let local = parse_moment("05/01/2024 13:45", DayMonthYear).unwrap();
        assert_eq!(local.occurred_at(chrono_tz::Europe::Paris).to_rfc3339(), "2024-01-05T12:45:00+00:00");
        let exact = parse_moment("2024-01-05T23:30:00Z", YearMonthDay).unwrap();
        assert_eq!(exact.occurred_at(chrono_tz::Europe::Paris).to_rfc3339(), "2024-01-05T23:30:00+00:00");
        assert_eq!(exact.date(chrono_tz::Europe::Paris).to_string(), "2024-01-06");
        assert_eq!(parse_moment("05/01/2024 25:45", DayMonthYear), None);
    }

    #[test]
    fn a_day_begins_at_its_first_moment_in_the_banks_zone() {
        let summer = parse_moment("01/07/2024", DayMonthYear).unwrap();
        assert_eq!(summer.occurred_at(chrono_tz::Europe::Paris).to_rfc3339(), "2024-06-30T22:00:00+00:00");
        // Clocks in Beirut skipped the midnight of 31 March 2024.
        let skipped = parse_moment("31/03/2024", DayMonthYear).unwrap();
        assert_eq!(skipped.occurred_at(chrono_tz::Asia::Beirut).to_rfc3339(), "2024-03-30T22:00:00+00:00");
    }

    #[test]
    fn only_a_day_above_twelve_or_a_year_in_front_decides_the_order() {
        assert_eq!(guess_order(["01/02/2024", "13/02/2024"].into_iter()), Some(DayMonthYear));
        assert_eq!(guess_order(["01/02/2024", "02/13/2024"].into_iter()), Some(MonthDayYear));
        assert_eq!(guess_order(["2024-01-02"].into_iter()), Some(YearMonthDay));
        assert_eq!(guess_order(["01/02/2024", "12/12/2024", "rubbish"].into_iter()), None);
        assert_eq!(guess_order(["13/02/2024", "02/13/2024"].into_iter()), None);
    }
}
