//! Takes all measures of a project at once.

use std::collections::{BTreeSet, HashMap};

use deadpool_postgres::GenericClient;

use super::counts::{Boundaries, CountRow, Counts};
use super::read::{self, Reading};
use super::slots;
use super::slots::Stretch;
use super::{Family, Measure, MeasureId, Measured, Measures, Metric, Moments, Scope, Value};
use crate::ids::ProjectId;
use crate::postgres::DbError;

/// For each set of texts the errors whose messages contain them, among all errors or among those that are
/// looked at by themselves.
type Matching = HashMap<(Scope, Vec<String>), BTreeSet<i64>>;

/// The whole project among the counts of errors.
const WHOLE_PROJECT: i64 = 0;

impl Measures {
    /// Measures everything; of single errors, those that are given.
    ///
    /// # Errors
    /// When Postgres is away.
    pub async fn take(
        &mut self,
        client: &impl GenericClient,
        project: ProjectId,
        moments: &Moments,
        errors: &BTreeSet<i64>,
    ) -> Result<Measured, DbError> {
        let reading = Reading { client, project };
        let matching = self.matching(&reading, errors).await?;
        let mut measured = Measured::default();
        self.take_totals(&reading, moments, &mut measured).await?;
        let taking = Taking { moments, matching: &matching, errors };
        self.take_events_of_each(&reading, taking, &mut measured).await?;
        self.take_events_with_texts(&reading, taking, &mut measured).await?;
        self.take_arrivals(&reading, taking, &mut measured).await?;
        self.take_users(&reading, taking, &mut measured).await?;
        Ok(measured)
    }

    async fn matching<C: GenericClient>(
        &self,
        reading: &Reading<'_, C>,
        errors: &BTreeSet<i64>,
    ) -> Result<Matching, DbError> {
        let among: Vec<i64> = errors.iter().copied().collect();
        let mut matching = Matching::new();
        for measure in self.list.iter().filter(|measure| !measure.texts.is_empty()) {
            let key = (measure.condition.scope, measure.texts.clone());
            if matching.contains_key(&key) {
                continue;
            }
            let among = measure.is_of_each_error().then_some(among.as_slice());
            let Reading { client, project } = reading;
            let found = read::errors_that_match(*client, *project, &measure.texts, among).await?;
            matching.insert(key, found);
        }
        Ok(matching)
    }

    /// Events of the whole project, whatever their messages.
    async fn take_totals<C: GenericClient>(
        &mut self,
        reading: &Reading<'_, C>,
        moments: &Moments,
        measured: &mut Measured,
    ) -> Result<(), DbError> {
        let cut = self.boundaries(moments, Measure::is_total);
        let rows = reading.totals(&cut).await?;
        let counts = self.counts(reading, cut, &rows).await?;
        for (id, measure) in self.those(Measure::is_total) {
            measured.put(id, measure.of_project(&counts, moments));
        }
        Ok(())
    }

    /// Events of errors by themselves.
    async fn take_events_of_each<C: GenericClient>(
        &mut self,
        reading: &Reading<'_, C>,
        taking: Taking<'_>,
        measured: &mut Measured,
    ) -> Result<(), DbError> {
        let cut = self.boundaries(taking.moments, Measure::is_of_each);
        let rows = reading.by_error(&cut, taking.errors).await?;
        let counts = self.counts(reading, cut, &rows).await?;
        for (id, measure) in self.those(Measure::is_of_each) {
            let value = |window, before: Option<Stretch>| {
                let (window, before) = (counts.part(window), before.map(|one| counts.part(one)));
                let value = |error: i64| {
                    let before = before.map(|before| before.of(error, &measure.admits));
                    measure.value_of_error(window.of(error, &measure.admits), before)
                };
                let errors = measure.errors(taking).iter();
                Value::Errors(errors.filter_map(|error| Some((*error, value(*error)?))).collect())
            };
            measured.put(id, measure.at_each(taking.moments, value));
        }
        Ok(())
    }

    /// Events of the project whose messages contain something: added up where they are read, because there
    /// may be many errors and many moments.
    async fn take_events_with_texts<C: GenericClient>(
        &mut self,
        reading: &Reading<'_, C>,
        taking: Taking<'_>,
        measured: &mut Measured,
    ) -> Result<(), DbError> {
        let of_texts = self.those(Measure::is_of_texts);
        let asked: BTreeSet<Vec<String>> =
            of_texts.map(|(_, measure)| measure.texts.clone()).collect();
        for texts in asked {
            let is_asked = |measure: &Measure| measure.is_of_texts() && measure.texts == texts;
            let cut = self.boundaries(taking.moments, is_asked);
            let among = taking.matching.get(&(Scope::Project, texts.clone()));
            let rows = match among {
                Some(errors) => reading.sum_of_errors(&cut, errors).await?,
                None => Vec::new(),
            };
            let counts = self.counts(reading, cut, &rows).await?;
            for (id, measure) in self.those(is_asked) {
                measured.put(id, measure.of_project(&counts, taking.moments));
            }
        }
        Ok(())
    }

    async fn take_arrivals<C: GenericClient>(
        &mut self,
        reading: &Reading<'_, C>,
        taking: Taking<'_>,
        measured: &mut Measured,
    ) -> Result<(), DbError> {
        let mut asked: BTreeSet<(bool, Vec<String>)> = BTreeSet::new();
        for measure in &self.list {
            if let Family::Arrivals { regressed } = measure.family() {
                asked.insert((regressed, measure.texts.clone()));
            }
        }
        for (regressed, texts) in asked {
            let is_asked = |measure: &Measure| {
                measure.family() == Family::Arrivals { regressed } && measure.texts == texts
            };
            let among = taking.matching.get(&(Scope::Project, texts.clone()));
            let cut = self.boundaries(taking.moments, is_asked);
            let rows = reading.arrivals(&cut, regressed, among).await?;
            let counts = self.counts(reading, cut, &rows).await?;
            for (id, measure) in self.those(is_asked) {
                measured.put(id, measure.of_project(&counts, taking.moments));
            }
        }
        Ok(())
    }

    /// Users are counted once however often they are met, so every window is read by itself.
    async fn take_users<C: GenericClient>(
        &mut self,
        reading: &Reading<'_, C>,
        taking: Taking<'_>,
        measured: &mut Measured,
    ) -> Result<(), DbError> {
        let of_users = |measure: &Measure| measure.family() == Family::Users;
        if let Some(whole) = self.boundaries(taking.moments, of_users).whole() {
            let met = reading.facets_of_users(whole).await?;
            self.learn(reading, met.into_iter()).await?;
        }
        for (id, measure) in self.those(of_users) {
            let facets = self.admitted_facets(id);
            let facets = facets.as_deref();
            let mut values = Vec::with_capacity(taking.moments.ends.len());
            for end in &taking.moments.ends {
                let window = measure.window(*end, taking.moments.now);
                values.push(if measure.is_of_each_error() {
                    let errors = measure.errors(taking);
                    Value::Errors(reading.users_by_error(window, facets, errors).await?)
                } else {
                    let among = taking.matching.get(&measure.texts_key());
                    Value::Project(Some(reading.users(window, facets, among).await?))
                });
            }
            measured.put(id, values);
        }
        Ok(())
    }

    /// The measures of a kind.
    fn those(
        &self,
        kind: impl Fn(&Measure) -> bool,
    ) -> impl Iterator<Item = (MeasureId, &Measure)> {
        let all = self.list.iter().enumerate();
        all.filter(move |(_, measure)| kind(measure))
            .map(|(place, measure)| (MeasureId(place), measure))
    }

    fn boundaries(&self, moments: &Moments, kind: impl Fn(&Measure) -> bool) -> Boundaries {
        Boundaries::of(self.those(kind).flat_map(|(_, measure)| measure.stretches(moments)))
    }

    /// Counts from rows, once it is known what their facets stand for.
    async fn counts<C: GenericClient>(
        &mut self,
        reading: &Reading<'_, C>,
        cut: Boundaries,
        rows: &[CountRow],
    ) -> Result<Counts, DbError> {
        self.learn(reading, rows.iter().map(|row| row.facet_id)).await?;
        Ok(Counts::new(cut, rows, &self.facets))
    }

    /// Finds out what facets stand for, and for which measures they count.
    async fn learn<C: GenericClient>(
        &mut self,
        reading: &Reading<'_, C>,
        met: impl Iterator<Item = i32>,
    ) -> Result<(), DbError> {
        let unknown: BTreeSet<i32> = met.filter(|facet| !self.facets.contains(*facet)).collect();
        if !unknown.is_empty() {
            for (facet_id, facet) in reading.facets(&unknown).await? {
                self.facets.insert(facet_id, facet);
            }
        }
        for measure in &mut self.list {
            self.facets.admit(&measure.condition, &mut measure.admits);
        }
        Ok(())
    }
}

/// What measures are taken from.
#[derive(Clone, Copy)]
struct Taking<'a> {
    moments: &'a Moments,
    matching: &'a Matching,
    /// The errors that are looked at by themselves.
    errors: &'a BTreeSet<i64>,
}

impl Measure {
    fn is_total(&self) -> bool {
        self.family() == Family::Events && !self.is_of_each_error() && self.texts.is_empty()
    }

    fn is_of_texts(&self) -> bool {
        self.family() == Family::Events && !self.is_of_each_error() && !self.texts.is_empty()
    }

    fn is_of_each(&self) -> bool {
        self.family() == Family::Events && self.is_of_each_error()
    }

    /// Its values of the project, from counts that are of the project.
    fn of_project(&self, counts: &Counts, moments: &Moments) -> Vec<Value> {
        self.at_each(moments, |window, before| {
            let count = |stretch| counts.part(stretch).of(WHOLE_PROJECT, &self.admits);
            Value::Project(self.value(count(window), before.map(count)))
        })
    }

    fn texts_key(&self) -> (Scope, Vec<String>) {
        (self.condition.scope, self.texts.clone())
    }

    /// The errors that it is about.
    fn errors<'a>(&self, taking: Taking<'a>) -> &'a BTreeSet<i64> {
        if self.texts.is_empty() {
            return taking.errors;
        }
        taking.matching.get(&self.texts_key()).unwrap_or(taking.errors)
    }

    /// Its value at each moment, from its window and the one before it.
    fn at_each(
        &self,
        moments: &Moments,
        value: impl Fn(Stretch, Option<Stretch>) -> Value,
    ) -> Vec<Value> {
        let now = moments.now;
        let ends = moments.ends.iter();
        ends.map(|end| value(self.window(*end, now), self.window_before(*end, now))).collect()
    }

    /// What a count in the window, and that in the one before, are in the unit of the metric.
    fn value(&self, count: f64, before: Option<f64>) -> Option<f64> {
        match (self.condition.metric, before) {
            (Metric::ErrorRate, _) => Some(count / f64::from(self.condition.window.minutes())),
            (Metric::ErrorCountChange, Some(before)) => {
                (before > 0.0).then(|| (count - before) / before * 100.0)
            }
            _ => Some(count),
        }
    }

    /// As [`Measure::value`], of an error by itself: one without events in the window has no value, or
    /// every error that ever was would be below every threshold.
    fn value_of_error(&self, count: f64, before: Option<f64>) -> Option<f64> {
        let is_there = count > 0.0 || before.is_some();
        if is_there { self.value(count, before) } else { None }
    }

    /// All windows that it looks at.
    pub(super) fn stretches(&self, moments: &Moments) -> impl Iterator<Item = Stretch> {
        let ends = moments.ends.iter();
        ends.flat_map(|end| {
            let window = slots::window(*end, self.condition.window, moments.now);
            [Some(window), self.window_before(*end, moments.now)]
        })
        .flatten()
    }
}
