//! Counts between boundaries, by error and facet.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::facets::Facets;
use super::slots::Stretch;

/// The boundaries of all windows that are looked at, in ascending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Boundaries(Vec<DateTime<Utc>>);

impl Boundaries {
    /// Those of some stretches of time.
    pub(super) fn of(stretches: impl Iterator<Item = Stretch>) -> Self {
        let mut all: Vec<DateTime<Utc>> =
            stretches.flat_map(|stretch| [stretch.start, stretch.end]).collect();
        all.sort_unstable();
        all.dedup();
        Self(all)
    }

    pub(super) fn as_slice(&self) -> &[DateTime<Utc>] {
        &self.0
    }

    /// From the first to the last; none where nothing is looked at.
    pub(super) fn whole(&self) -> Option<Stretch> {
        Some(Stretch { start: *self.0.first()?, end: *self.0.last()? })
    }
}

/// A row as it is read: events between one boundary and the next. The segment counts from 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct CountRow {
    pub(super) error_id: i64,
    pub(super) facet_id: i32,
    pub(super) segment: i32,
    pub(super) events: i64,
}

/// Counts of errors, or of the whole project as error 0.
#[derive(Debug)]
pub(super) struct Counts {
    boundaries: Boundaries,
    by_error: HashMap<i64, Vec<FacetCounts>>,
}

/// The counts of a facet, by its place.
#[derive(Debug)]
struct FacetCounts {
    place: usize,
    /// Events before each boundary.
    before: Vec<f64>,
}

impl Counts {
    /// From rows whose facets are known.
    pub(super) fn new(boundaries: Boundaries, rows: &[CountRow], facets: &Facets) -> Self {
        let mut by_error: HashMap<i64, Vec<FacetCounts>> = HashMap::new();
        for row in rows {
            let Some(place) = facets.place(row.facet_id) else { continue };
            let counts = by_error.entry(row.error_id).or_default();
            let found = counts.iter().position(|counts| counts.place == place);
            let found = found.unwrap_or_else(|| {
                counts.push(FacetCounts { place, before: vec![0.0; boundaries.0.len()] });
                counts.len() - 1
            });
            let segment = usize::try_from(row.segment).unwrap_or_default();
            if let Some(events) = counts.get_mut(found).and_then(|one| one.before.get_mut(segment))
            {
                *events += as_number(row.events);
            }
        }
        for counts in by_error.values_mut().flatten() {
            let mut sum = 0.0;
            for events in &mut counts.before {
                sum += *events;
                *events = sum;
            }
        }
        Self { boundaries, by_error }
    }

    /// The part of the counts within a stretch that was asked for.
    pub(super) fn part(&self, stretch: Stretch) -> Part<'_> {
        let place = |moment| self.boundaries.0.binary_search(&moment).ok();
        let places = place(stretch.start).zip(place(stretch.end));
        Part { counts: self, places }
    }
}

/// The counts within a stretch of time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    counts: &'a Counts,
    /// The boundaries at which it starts and ends.
    places: Option<(usize, usize)>,
}

impl Part<'_> {
    /// Events of an error, of the facets that are admitted.
    pub(super) fn of(self, error_id: i64, admits: &[bool]) -> f64 {
        let Some((start, end)) = self.places else { return 0.0 };
        let facets = self.counts.by_error.get(&error_id).into_iter().flatten();
        let admitted = facets.filter(|one| admits.get(one.place).copied().unwrap_or(false));
        let before = |one: &FacetCounts, place| one.before.get(place).copied().unwrap_or_default();
        // The sum of nothing is -0.0, which reads badly.
        admitted.map(|one| before(one, end) - before(one, start)).fold(0.0, |sum, one| sum + one)
    }
}

/// Counts are far below 2^53, up to which every whole number has its own float.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(super) fn as_number(count: i64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Facet;
    use crate::event::Level;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn stretch(start: i64, end: i64) -> Stretch {
        Stretch { start: at(start), end: at(end) }
    }

    #[test]
    fn windows_of_every_length_are_cut_from_one_reading() {
        let facet = |name: &str| Facet {
            level: Level::Error,
            source: name.to_owned(),
            environment: String::new(),
            release: String::new(),
        };
        let mut facets = Facets::default();
        facets.insert(7, facet("a"));
        facets.insert(3, facet("b"));
        let windows = [stretch(0, 100), stretch(40, 100), stretch(0, 40), stretch(90, 100)];
        let boundaries = Boundaries::of(windows.into_iter());
        assert_eq!(boundaries.as_slice(), [at(0), at(40), at(90), at(100)]);
        let row =
            |error_id, facet_id, segment, events| CountRow { error_id, facet_id, segment, events };
        let rows = [row(0, 7, 1, 5), row(0, 7, 3, 1), row(0, 3, 2, 10), row(9, 3, 2, 4)];
        let counts = Counts::new(boundaries, &rows, &facets);
        for (error_id, window, admits, expected) in [
            (0, stretch(0, 100), [true, true], 16.0),
            (0, stretch(40, 100), [true, true], 11.0),
            (0, stretch(0, 40), [true, true], 5.0),
            (0, stretch(90, 100), [true, true], 1.0),
            (0, stretch(0, 100), [true, false], 6.0),
            (0, stretch(0, 100), [false, true], 10.0),
            (9, stretch(0, 100), [true, true], 4.0),
            (8, stretch(0, 100), [true, true], 0.0),
        ] {
            assert_eq!(
                counts.part(window).of(error_id, &admits),
                expected,
                "{error_id} {window:?}"
            );
        }
    }
}
