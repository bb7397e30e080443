//! Versions of the fingerprint function side by side: they name the same events differently, and do not split
//! an error.

use shared::batch::Entry;
use shared::ids::{ErrorId, FINGERPRINT_VERSION, Fingerprint};

use crate::place::{PROJECT, Place, batch, entry};

const NEXT: u8 = FINGERPRINT_VERSION + 1;

/// An event as an ingest of the next version names it; the version before says `old`.
fn next(new: &str, old: &str) -> Entry {
    let old = entry(old);
    let mut named = entry(new);
    named.fingerprint_version = NEXT;
    named.error_id = ErrorId::derive(PROJECT, NEXT, named.fingerprint);
    named.earlier_ids = vec![old.error_id];
    named
}

/// To which error an id leads.
async fn home(place: &Place, name: ErrorId) -> i64 {
    let sql = format!(
        "SELECT error_id FROM error_names JOIN groups USING (project_id, group_id)
         WHERE name = '{name}'"
    );
    place.value(&sql).await
}

async fn errors(place: &Place) -> i64 {
    place.value("SELECT count(*) FROM errors").await
}

#[tokio::test]
async fn a_known_old_id_takes_the_events_of_the_next_version() {
    let place = Place::new().await;
    let old = entry("old");
    let new = next("new", "old");
    place.store(&[batch(vec![old.clone()])]).await;
    place.store(&[batch(vec![new.clone(), next("new", "old")])]).await;
    assert_eq!(errors(&place).await, 1);
    assert_eq!(home(&place, old.error_id).await, home(&place, new.error_id).await);
    // Both go on counting there.
    place.store(&[batch(vec![entry("old"), next("new", "old")])]).await;
    assert_eq!(place.value::<i64>("SELECT event_count FROM error_stats").await, 5);
    place.assert_counts(5).await;
    place.close().await;
}

#[tokio::test]
async fn whichever_version_comes_first_there_is_one_error() {
    let place = Place::new().await;
    // The next version first, then the one before; and both within one batch.
    place.store(&[batch(vec![next("new", "old")])]).await;
    place.store(&[batch(vec![entry("old")])]).await;
    assert_eq!(errors(&place).await, 1);
    place.store(&[batch(vec![next("new 2", "old 2"), entry("old 2")])]).await;
    assert_eq!(errors(&place).await, 2);
    place.assert_counts(4).await;
    place.close().await;
}

#[tokio::test]
async fn a_known_new_id_wins_over_a_known_old_one() {
    let place = Place::new().await;
    // What the version before told apart, the next one does not.
    place.store(&[batch(vec![entry("left"), entry("right")])]).await;
    place.store(&[batch(vec![next("both", "left")])]).await;
    place.store(&[batch(vec![next("both", "right")])]).await;
    assert_eq!(errors(&place).await, 2);
    let both = next("both", "left").error_id;
    assert_eq!(home(&place, both).await, home(&place, entry("left").error_id).await);
    assert_ne!(home(&place, both).await, home(&place, entry("right").error_id).await);
    // What the next version tells apart, an old error holds together.
    place.store(&[batch(vec![next("one", "right"), next("other", "right")])]).await;
    assert_eq!(errors(&place).await, 2);
    place.assert_counts(6).await;
    place.close().await;
}

#[tokio::test]
async fn an_id_that_was_adopted_goes_with_its_error_and_begins_anew() {
    let place = Place::new().await;
    place.store(&[batch(vec![next("new", "old")])]).await;
    place.execute("DELETE FROM error_names; DELETE FROM groups; DELETE FROM errors; DELETE FROM error_stats").await;
    place.store(&[batch(vec![entry("old")])]).await;
    place.store(&[batch(vec![next("new", "old")])]).await;
    assert_eq!(errors(&place).await, 1);
    assert_eq!(place.value::<i64>("SELECT event_count FROM error_stats").await, 2);
    place.close().await;
}

#[tokio::test]
async fn workers_that_meet_an_error_in_two_versions_at_once_agree() {
    const ERRORS: usize = 40;
    let place = Place::new().await;
    let name = |kind: &str, error: usize| format!("{kind} {error}");
    let storing = (0..4).map(|worker| {
        let mut entries: Vec<Entry> = (0..ERRORS)
            .map(|error| match worker % 2 {
                0 => entry(&name("old", error)),
                _ => next(&name("new", error), &name("old", error)),
            })
            .collect();
        if worker > 1 {
            entries.reverse();
        }
        let place = &place;
        async move {
            for chunk in entries.chunks(4) {
                place.store(&[batch(chunk.to_vec())]).await;
            }
        }
    });
    futures_util::future::join_all(storing).await;
    assert_eq!(errors(&place).await, ERRORS as i64);
    let sql = "SELECT count(*) FROM error_stats WHERE event_count <> 4";
    assert_eq!(place.value::<i64>(sql).await, 0, "each of the four counts in the same error");
    place.assert_counts(4 * ERRORS as i64).await;
    place.close().await;
}

#[test]
fn a_fingerprint_of_each_version_has_an_id_of_its_own() {
    let fingerprint = Fingerprint([7; 16]);
    let ids = [FINGERPRINT_VERSION, NEXT].map(|it| ErrorId::derive(PROJECT, it, fingerprint));
    assert_ne!(ids[0], ids[1]);
}
