//! What of a letter is shown: a row of the list, or everything.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use shared::batch::{Batch, Entry};
use shared::event::{Event, title};
use shared::ids::{ErrorId, EventId, ProjectId};
use shared::payload;
use shared::telemetry::ErrorChain;

use super::found::{Found, Unreadable};
use super::text::{cut, hex_dump, plain, size};

/// Ids that a row names; most letters hold one event, and `show` names them all.
const ROW_EVENT_IDS: usize = 10;

/// Characters of a title and of a reason in a row that is read by a person.
const ROW_TITLE_CHARS: usize = 60;
const ROW_REASON_CHARS: usize = 120;

/// Bytes of an unreadable message that are shown: its first fields tell what it is.
const DUMP_BYTES: usize = 256;

/// One letter in the list. Small, whatever the letter holds.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Row {
    id: String,
    #[serde(with = "shared::time::json_option")]
    pub(super) buried_at: Option<DateTime<Utc>>,
    /// Whose events; nothing for a message that can't be read, as with all that follows.
    projects: Vec<ProjectId>,
    events: Option<usize>,
    /// The first ones.
    event_ids: Vec<EventId>,
    bytes: usize,
    title: String,
    reason: String,
}

impl Row {
    /// The heads of the columns of [`Self::cells`].
    pub(super) const HEADS: [&'static str; 8] =
        ["LETTER", "BURIED", "PROJECT", "EVENTS", "SIZE", "EVENT ID", "TITLE", "REASON"];

    pub(super) fn of(letter: &Found) -> Self {
        let batch = letter.batch();
        let entries = batch.as_ref().map_or(&[][..], |batch| &batch.entries);
        let mut projects: Vec<ProjectId> = entries.iter().map(|entry| entry.project_id).collect();
        projects.sort_unstable();
        projects.dedup();
        Self {
            id: letter.id.to_string(),
            buried_at: letter.buried_at,
            projects,
            events: batch.as_ref().ok().map(|batch| batch.entries.len()),
            event_ids: entries.iter().take(ROW_EVENT_IDS).map(|entry| entry.event_id).collect(),
            bytes: letter.body.len(),
            title: entries.first().map(title_of).unwrap_or_default(),
            reason: letter.reason.clone(),
        }
    }

    /// The row for people.
    pub(super) fn cells(&self) -> [String; 8] {
        let unknown = || "-".to_owned();
        let list = |texts: Vec<String>| if texts.is_empty() { unknown() } else { texts.join(",") };
        let title = if self.events.is_some() { &self.title } else { "(unreadable)" };
        [
            plain(&self.id),
            time(self.buried_at),
            cut(&list(self.projects.iter().map(ToString::to_string).collect()), ROW_TITLE_CHARS),
            self.events.map_or_else(unknown, |events| events.to_string()),
            size(self.bytes),
            self.event_ids.first().map_or_else(unknown, ToString::to_string),
            cut(title, ROW_TITLE_CHARS),
            cut(&self.reason, ROW_REASON_CHARS),
        ]
    }
}

/// Everything of a letter, as JSON. Events are read one at a time while they are written: they may
/// take a thousand times the letter's size.
#[derive(Debug, Serialize)]
pub(super) struct Whole<'a> {
    id: &'a str,
    #[serde(with = "shared::time::json_option")]
    buried_at: Option<DateTime<Utc>>,
    kind: &'a str,
    bytes: usize,
    reason: &'a str,
    #[serde(flatten)]
    contents: Contents,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Contents {
    Readable {
        #[serde(serialize_with = "one_at_a_time")]
        events: Batch,
    },
    Unreadable {
        unreadable: String,
        start_in_hex: String,
    },
}

impl<'a> Whole<'a> {
    pub(super) fn of(letter: &'a Found) -> Self {
        let contents = match letter.batch() {
            Ok(events) => Contents::Readable { events },
            Err(Unreadable(unreadable)) => {
                Contents::Unreadable { unreadable, start_in_hex: hex::encode(start(letter)) }
            }
        };
        Self {
            id: letter.id.as_str(),
            buried_at: letter.buried_at,
            kind: &letter.kind,
            bytes: letter.body.len(),
            reason: &letter.reason,
            contents,
        }
    }
}

fn one_at_a_time<S: Serializer>(batch: &Batch, out: S) -> Result<S::Ok, S::Error> {
    out.collect_seq(batch.entries.iter().map(Shown::of))
}

/// What stands above the contents of a letter for people.
pub(super) fn head(letter: &Found) -> [[String; 2]; 5] {
    [
        ("letter", plain(letter.id.as_str())),
        ("buried", time(letter.buried_at)),
        ("type", plain(&letter.kind)),
        ("size", size(letter.body.len())),
        ("reason", plain(&letter.reason)),
    ]
    .map(|(name, value)| [name.to_owned(), value])
}

/// The beginning of a message that can't be read, for people.
pub(super) fn dump(letter: &Found) -> String {
    hex_dump(start(letter))
}

fn start(letter: &Found) -> &[u8] {
    letter.body.get(..DUMP_BYTES).unwrap_or(&letter.body)
}

/// One event of a letter: what it is indexed by, and itself as far as it can be read.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    pub(super) event_id: EventId,
    project_id: ProjectId,
    error_id: ErrorId,
    #[serde(with = "shared::time::json")]
    received_at: DateTime<Utc>,
    title: String,
    /// Nothing when only the event's count was to be kept, or when it can't be read.
    event: Option<Event>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
}

impl Shown {
    pub(super) fn of(entry: &Entry) -> Self {
        let event =
            entry.payload.as_ref().map(|payload| payload::decode(payload.encoding, &payload.bytes));
        let (event, unreadable) = match event.transpose() {
            Ok(event) => (event, None),
            Err(error) => (None, Some(ErrorChain(&error).to_string())),
        };
        Self {
            event_id: entry.event_id,
            project_id: entry.project_id,
            error_id: entry.error_id,
            received_at: entry.received_at,
            title: title_of(entry),
            event,
            unreadable,
        }
    }
}

fn title_of(entry: &Entry) -> String {
    title(entry.exception_type.as_deref(), &entry.message)
}

/// Whole seconds, as the broker keeps them.
fn time(time: Option<DateTime<Utc>>) -> String {
    time.map_or_else(|| "-".to_owned(), |time| time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;
    use shared::batch::{Facet, MESSAGE_TYPE};
    use shared::event::Level;
    use shared::ids::{BatchId, FINGERPRINT_VERSION, Fingerprint, InstanceId};
    use shared::payload::Payload;

    use super::*;
    use crate::dead_letters::found::LetterId;

    fn entry(message: &str, payload: Option<Payload>) -> Entry {
        let (project, fingerprint) = (ProjectId(7), Fingerprint([1; 16]));
        Entry {
            project_id: project,
            event_id: EventId::generate(),
            client_id: false,
            occurred_at: DateTime::UNIX_EPOCH,
            received_at: DateTime::UNIX_EPOCH,
            error_id: ErrorId::derive(project, FINGERPRINT_VERSION, fingerprint),
            fingerprint,
            fingerprint_version: FINGERPRINT_VERSION,
            earlier_ids: Vec::new(),
            facet: Facet {
                level: Level::Error,
                source: "test".to_owned(),
                environment: "production".to_owned(),
                release: String::new(),
            },
            user_hash: None,
            exception_type: Some("ValueError".to_owned()),
            message: message.to_owned(),
            culprit: None,
            payload,
        }
    }

    fn letter(body: Vec<u8>) -> Found {
        Found {
            id: LetterId::new("a letter"),
            buried_at: None,
            reason: "too\nodd".to_owned(),
            kind: MESSAGE_TYPE.to_owned(),
            body: body.into(),
            tag: 1,
        }
    }

    /// One event of which only the count is kept, and one that is damaged.
    fn two_events() -> Found {
        let damaged = Payload { encoding: 0, bytes: Bytes::from_static(b"no zstd") };
        let entries = vec![entry("counted\n…", None), entry("damaged", Some(damaged))];
        let instance = InstanceId::UNKNOWN;
        letter(Batch { batch_id: BatchId::generate(), instance, entries }.encode())
    }

    #[test]
    fn what_is_known_of_an_event_is_shown_without_its_payload() {
        let whole = serde_json::to_value(Whole::of(&two_events())).unwrap();
        assert_eq!(whole["buried_at"], json!(null));
        let [counted, damaged] = &whole["events"].as_array().unwrap()[..] else { unreachable!() };
        assert_eq!(
            (&counted["title"], &counted["event"]),
            (&json!("ValueError: counted"), &json!(null))
        );
        assert_eq!(counted.get("unreadable"), None);
        assert_eq!(damaged["project_id"], 7);
        assert!(damaged["unreadable"].as_str().unwrap().contains("failed to inflate the event"));
    }

    #[test]
    fn a_row_names_the_first_event_and_stays_one_line() {
        let cells = Row::of(&two_events()).cells();
        assert_eq!((cells[1].as_str(), cells[2].as_str(), cells[3].as_str()), ("-", "7", "2"));
        assert_eq!(
            (cells[6].as_str(), cells[7].as_str()),
            ("ValueError: counted", "too\\u000aodd")
        );
    }

    #[test]
    fn of_an_unreadable_message_no_more_than_the_start_is_shown() {
        let letter = letter(vec![0xff; 1 << 20]);
        let whole = serde_json::to_value(Whole::of(&letter)).unwrap();
        assert_eq!(whole["start_in_hex"], "ff".repeat(DUMP_BYTES));
        assert_eq!(dump(&letter).lines().count(), DUMP_BYTES / 16);
        assert_eq!(Row::of(&letter).cells()[6], "(unreadable)");
    }
}
