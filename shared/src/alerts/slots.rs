//! Which time a window covers.
//!
//! Events are counted by slots of ten seconds of their receipt; after two hours upkeep merges them to
//! minutes, after two days to hours. A window ends with the slot that is running and begins at a boundary
//! of the slots that old, so it covers at most its length, and at least its length but one step.

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};

use super::condition::Span;

/// The width of a slot, and the step in which windows slide.
pub const SLOT: TimeDelta = TimeDelta::seconds(10);

/// Slots are merged to minutes at the age of two hours, and to hours at that of two days. A little less,
/// because a window must not lie half among those that are being merged.
const MINUTES_FROM: TimeDelta = TimeDelta::minutes(115);
const HOURS_FROM: TimeDelta = TimeDelta::hours(47);

/// A stretch of time: from its start to before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Stretch {
    /// Its start.
    pub start: DateTime<Utc>,
    /// Its end, which is not part of it.
    pub end: DateTime<Utc>,
}

/// Whether slots of a moment are still as fine as they were counted.
pub fn are_fine(moment: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    width(moment, now) == SLOT
}

/// The end of the slot that a moment lies in.
pub fn end_of_slot(moment: DateTime<Utc>) -> DateTime<Utc> {
    floor(moment, SLOT) + SLOT
}

/// The window of a length that ends at the end of a slot, seen at `now`.
pub fn window(end: DateTime<Utc>, length: Span, now: DateTime<Utc>) -> Stretch {
    Stretch { start: ceil(end - minutes(length), now), end }
}

/// The window before [`window`], of the same length.
pub fn window_before(end: DateTime<Utc>, length: Span, now: DateTime<Utc>) -> Stretch {
    let this = window(end, length, now);
    Stretch { start: ceil(end - minutes(length) * 2, now), end: this.start }
}

/// The ends of all slots that begin at a moment or later, until now; as fine as slots of that age are, in
/// ascending order.
pub fn ends(from: DateTime<Utc>, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let last = end_of_slot(now);
    let mut ends = Vec::new();
    let mut end = ceil(from, now) + width(from, now);
    while end < last {
        ends.push(end);
        end = ceil(end + width(end, now), now);
    }
    ends.push(last);
    ends
}

/// A length as a time difference.
pub fn minutes(length: Span) -> TimeDelta {
    TimeDelta::minutes(i64::from(length.minutes()))
}

/// The first boundary at or after a moment, among slots as old as that.
fn ceil(moment: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    let width = width(moment, now);
    let floor = floor(moment, width);
    if floor == moment { moment } else { floor + width }
}

/// How wide slots of a moment are.
fn width(moment: DateTime<Utc>, now: DateTime<Utc>) -> TimeDelta {
    let age = now - moment;
    if age < MINUTES_FROM {
        SLOT
    } else if age < HOURS_FROM {
        TimeDelta::minutes(1)
    } else {
        TimeDelta::hours(1)
    }
}

/// A time too far out to round stays as it is.
fn floor(moment: DateTime<Utc>, width: TimeDelta) -> DateTime<Utc> {
    moment.duration_trunc(width).unwrap_or(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        crate::time::parse(&format!("2026-03-05T{text}Z")).unwrap()
    }

    #[track_caller]
    fn check(now: &str, length: &str, start: &str, end: &str) {
        let now = at(now);
        let stretch = window(end_of_slot(now), length.parse().unwrap(), now);
        let day = |time: DateTime<Utc>| crate::time::format(time);
        assert_eq!((day(stretch.start), day(stretch.end)), (start.into(), end.into()));
    }

    #[test]
    fn a_window_slides_in_steps_of_its_slots() {
        let end = "2026-03-05T12:00:10.000Z";
        check("12:00:00", "1m", "2026-03-05T11:59:10.000Z", end);
        check("12:00:09.999", "5m", "2026-03-05T11:55:10.000Z", end);
        check("12:00:03", "1h", "2026-03-05T11:00:10.000Z", end);
        check("12:00:03", "3h", "2026-03-05T09:01:00.000Z", end);
        check("12:00:03", "3d", "2026-03-02T13:00:00.000Z", end);
    }

    #[test]
    fn ends_are_as_fine_as_slots_of_their_age() {
        let now = at("12:00:03");
        let recent = ends(now - TimeDelta::minutes(1), now);
        assert_eq!(recent.len(), 6);
        assert_eq!((recent[0], recent[5]), (at("11:59:20"), at("12:00:10")));
        let all = ends(now - TimeDelta::days(3), now);
        assert!(all.is_sorted() && all.windows(2).all(|pair| pair[0] < pair[1]));
        // 25 hours of hours, 45 of minutes, 115 minutes of ten seconds.
        assert!((3_350..3_420).contains(&all.len()), "{}", all.len());
    }

    #[test]
    fn the_window_before_ends_where_the_window_begins() {
        let (now, length) = (at("12:00:03"), "5m".parse().unwrap());
        let end = end_of_slot(now);
        let before = window_before(end, length, now);
        assert_eq!(before.end, window(end, length, now).start);
        assert_eq!(before.end - before.start, TimeDelta::minutes(5));
    }
}
