//! The buckets of UTC in which things are counted over time.

use chrono::{DateTime, Datelike as _, Days, Months, TimeDelta, Timelike as _, Utc};
use serde::Serialize;

use crate::fields::QueryFields;

/// How far numbers over time reach back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Period {
    Day,
    Week,
    Fortnight,
    Month,
    Year,
}

/// The width of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GroupBy {
    Hour,
    Day,
    Week,
    Month,
}

/// The buckets of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Range {
    pub(crate) period: Period,
    pub(crate) group_by: GroupBy,
    /// When the first bucket begins; it is whole.
    pub(crate) first: DateTime<Utc>,
    /// When the last bucket ends; it goes on as time does.
    pub(crate) end: DateTime<Utc>,
}

impl Period {
    pub(crate) const ALL: [Self; 5] =
        [Self::Day, Self::Week, Self::Fortnight, Self::Month, Self::Year];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Fortnight => "fortnight",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    fn days(self) -> u64 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Fortnight => 14,
            Self::Month => 30,
            Self::Year => 365,
        }
    }
}

impl GroupBy {
    pub(crate) const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::Month];

    /// The word, also the one by which `date_trunc` knows the unit; its weeks begin on Monday, too.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The begin of the bucket that holds the time.
    fn floor(self, time: DateTime<Utc>) -> DateTime<Utc> {
        let date = time.date_naive();
        let since_monday = Days::new(date.weekday().num_days_from_monday().into());
        let date = match self {
            Self::Hour | Self::Day => Some(date),
            Self::Week => date.checked_sub_days(since_monday),
            Self::Month => date.with_day(1),
        };
        let hour = if self == Self::Hour { time.hour() } else { 0 };
        let begin = date.and_then(|date| date.and_hms_opt(hour, 0, 0));
        begin.map_or(time, |begin| begin.and_utc())
    }

    /// The begin of the bucket after the one that begins then.
    fn next(self, begin: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Hour => begin + TimeDelta::hours(1),
            Self::Day => begin + Days::new(1),
            Self::Week => begin + Days::new(7),
            Self::Month => begin + Months::new(1),
        }
    }
}

impl Range {
    /// What a request asks for: the last week by day unless it says otherwise.
    pub(crate) fn read(fields: &mut QueryFields<'_>, now: DateTime<Utc>) -> Self {
        let period = fields.word("period", &Period::ALL, Period::as_str);
        let group_by = fields.word("group_by", &GroupBy::ALL, GroupBy::as_str);
        Self::up_to(now, period.unwrap_or(Period::Week), group_by.unwrap_or(GroupBy::Day))
    }

    /// The buckets of a period up to now.
    pub(crate) fn up_to(now: DateTime<Utc>, period: Period, group_by: GroupBy) -> Self {
        let first = group_by.floor(now - Days::new(period.days()));
        Self { period, group_by, first, end: group_by.next(group_by.floor(now)) }
    }

    /// The begins of all buckets.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = DateTime<Utc>> {
        let begins =
            std::iter::successors(Some(self.first), |begin| Some(self.group_by.next(*begin)));
        begins.take_while(|begin| *begin < self.end)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn time(text: &str) -> DateTime<Utc> {
        shared::time::parse(text).unwrap()
    }

    /// The number of buckets, the first one and the last one.
    fn check(now: &str, period: Period, group_by: GroupBy, expected: (usize, &str, &str)) {
        let range = Range::up_to(time(now), period, group_by);
        let buckets: Vec<_> = range.buckets().collect();
        let (count, first, last) = expected;
        assert_eq!((buckets[0], *buckets.last().unwrap()), (time(first), time(last)));
        assert_eq!(buckets.len(), count);
    }

    #[test]
    fn buckets_begin_with_a_whole_one_and_end_with_now() {
        let now = "2026-01-01T00:00:00.500Z";
        let (newyear, eve) = ("2026-01-01T00:00:00Z", "2025-12-31T00:00:00Z");
        check(now, Period::Day, GroupBy::Hour, (25, eve, newyear));
        check(now, Period::Day, GroupBy::Day, (2, eve, newyear));
        check(now, Period::Week, GroupBy::Day, (8, "2025-12-25T00:00:00Z", newyear));
        // The 1st of January 2026 is a Thursday.
        let monday = "2025-12-29T00:00:00Z";
        check(now, Period::Fortnight, GroupBy::Day, (15, "2025-12-18T00:00:00Z", newyear));
        check(now, Period::Week, GroupBy::Week, (2, "2025-12-22T00:00:00Z", monday));
        check(now, Period::Month, GroupBy::Month, (2, "2025-12-01T00:00:00Z", newyear));
        check(now, Period::Year, GroupBy::Month, (13, "2025-01-01T00:00:00Z", newyear));
        let last = "2025-12-31T23:00:00Z";
        check(
            "2025-12-31T23:59:59.999Z",
            Period::Day,
            GroupBy::Hour,
            (25, "2025-12-30T23:00:00Z", last),
        );
    }

    #[test]
    fn a_leap_day_has_its_bucket() {
        let now = "2028-03-01T12:00:00Z";
        check(now, Period::Day, GroupBy::Day, (2, "2028-02-29T00:00:00Z", "2028-03-01T00:00:00Z"));
        check(
            now,
            Period::Month,
            GroupBy::Month,
            (3, "2028-01-01T00:00:00Z", "2028-03-01T00:00:00Z"),
        );
    }

    proptest! {
        #[test]
        fn buckets_have_no_gaps_and_hold_the_whole_period(
            second in 946_684_800_i64..4_102_444_800,
            period in prop::sample::select(&Period::ALL[..]),
            group_by in prop::sample::select(&GroupBy::ALL[..]),
        ) {
            let now = DateTime::from_timestamp(second, 0).unwrap();
            let range = Range::up_to(now, period, group_by);
            let buckets: Vec<_> = range.buckets().collect();
            prop_assert!(buckets[0] <= now - Days::new(period.days()));
            prop_assert!(group_by.next(buckets[0]) > now - Days::new(period.days()));
            prop_assert!(*buckets.last().unwrap() <= now && now < range.end);
            for begin in &buckets {
                prop_assert_eq!(group_by.floor(*begin), *begin);
                prop_assert_eq!(group_by.floor(group_by.next(*begin) - TimeDelta::seconds(1)), *begin);
            }
        }
    }
}
