//! What the facets of a project stand for, in places that measures remember their decision by.

use std::collections::HashMap;

use super::ResolvedCondition;
use crate::batch::Facet;

/// The facets seen so far. A facet's number never changes its meaning, and there are at most some
/// thousands in a project.
#[derive(Debug, Default)]
pub(super) struct Facets {
    places: HashMap<i32, usize>,
    list: Vec<(i32, Facet)>,
}

impl Facets {
    pub(super) fn contains(&self, facet_id: i32) -> bool {
        self.places.contains_key(&facet_id)
    }

    pub(super) fn insert(&mut self, facet_id: i32, facet: Facet) {
        self.places.entry(facet_id).or_insert_with(|| {
            self.list.push((facet_id, facet));
            self.list.len() - 1
        });
    }

    /// The place of a facet.
    pub(super) fn place(&self, facet_id: i32) -> Option<usize> {
        self.places.get(&facet_id).copied()
    }

    /// Adds to a measure's decisions those about facets that it has not seen.
    pub(super) fn admit(&self, condition: &ResolvedCondition, admits: &mut Vec<bool>) {
        let unseen = self.list.iter().skip(admits.len());
        admits.extend(unseen.map(|(_, facet)| condition.matches_facet(facet)));
    }

    /// The numbers of the facets that are admitted.
    pub(super) fn admitted(&self, admits: &[bool]) -> Vec<i32> {
        let pairs = self.list.iter().zip(admits);
        pairs.filter(|(_, admits)| **admits).map(|((facet_id, _), _)| *facet_id).collect()
    }
}
