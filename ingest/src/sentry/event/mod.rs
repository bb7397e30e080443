//! From the JSON of an SDK's event to the canonical event. Lenient: a field that can't be read counts as not
//! given, what is over-long is cut with a note, and no event is refused for what it holds.

mod clock;
mod exceptions;
mod fields;
mod fit;
mod frames;
mod message;
mod scene;

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde_json::Value;
use shared::access::Project;
use shared::api::{ApiError, Code};
use shared::event::{Change, Details, Event, Exception, Object};
use shared::ids::EventId;

use self::exceptions::Stacks;
use self::fields::Fields;
use self::message::Message;
use self::scene::Request;
use super::envelope::event_id;
use crate::decode::bounds;
use crate::decode::{json, report};
use crate::prepare::{self, IdBy, Named, Origin, Prepared};

/// Bytes of an event as it comes. Larger ones than real SDKs ever send are refused before they are read.
const MAX_BYTES: usize = 20 << 20;

/// Bytes of a logger's name, and of the names of platforms and SDKs.
const MAX_WORD: usize = 64;
/// Bytes of a host's name.
const MAX_HOST: usize = 256;

/// Stands for the message of an event that says nothing.
const WORDLESS: &str = "<no message>";

/// What goes with an event from its envelope and its request.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    /// The id in the envelope's first line.
    pub(crate) event_id: Option<EventId>,
    pub(crate) origin: Origin,
    pub(crate) project: Project,
}

/// Makes of an event what is enqueued. None for a transaction, which early SDKs send through the doors of
/// events.
pub(crate) fn prepare(item: &[u8], with: &Surroundings) -> Result<Option<Prepared>, ApiError> {
    let Some((named, id_by)) = named(item, with)? else { return Ok(None) };
    named.enter(id_by).map(Some).map_err(ApiError::internal)
}

/// Reads, bounds, sanitises and names an event.
pub(crate) fn named(item: &[u8], with: &Surroundings) -> Result<Option<(Named, IdBy)>, ApiError> {
    let decoded = decoded(item, with)?;
    Ok(decoded.map(|(event, id_by)| (prepare::name(event, &with.project), id_by)))
}

/// Reads and bounds an event. It holds its secrets still.
pub(crate) fn decoded(item: &[u8], with: &Surroundings) -> Result<Option<(Event, IdBy)>, ApiError> {
    let (object, length) = read(item)?;
    if object.get("type").and_then(Value::as_str) == Some("transaction") {
        return Ok(None);
    }
    let sent_id = object.get("event_id").and_then(Value::as_str).and_then(event_id);
    let client_id = with.event_id.or(sent_id);
    let id = client_id.unwrap_or_else(EventId::generate);
    let mut event = decode(object, id, &with.origin, &with.project);
    // Writing the event again to measure it takes time, and a small one grows little while it is read.
    if length > fit::LIMIT / 4 {
        fit::fit(&mut event);
    }
    Ok(Some((event, IdBy::of(client_id))))
}

/// Bytes of memory that reading an event may take.
///
/// # Errors
/// When nobody sends so large an event.
pub(crate) fn room(item: &[u8]) -> Result<usize, ApiError> {
    if item.len() > MAX_BYTES { Err(too_large(MAX_BYTES)) } else { Ok(json::room(item)) }
}

/// The failure for an event that is not read, with the bytes that one may have.
pub(crate) fn too_large(limit: usize) -> ApiError {
    let message = format!("An event like this one may have at most {limit} bytes");
    ApiError::new(Code::PayloadTooLarge, message).with_detail("limit", limit.into())
}

/// Reads the JSON, and says how long it is. Bytes that are no UTF-8 are replaced, which makes it longer.
fn read(item: &[u8]) -> Result<(Object, usize), ApiError> {
    // Looking first is the faster way, and nearly all are UTF-8.
    let text =
        std::str::from_utf8(item).map_or_else(|_| String::from_utf8_lossy(item), Cow::Borrowed);
    let text = text.trim_start_matches('\u{feff}');
    match json::parse_text(text, json::Large::Texts)? {
        Value::Object(object) if !object.is_empty() => Ok((object, text.len())),
        _ => Err(ApiError::new(Code::MalformedJson, "An event must be a JSON object with fields")),
    }
}

fn decode(object: Object, id: EventId, origin: &Origin, project: &Project) -> Event {
    let mut fields = Fields::new(object);
    let message = message::take(&mut fields);
    let Stacks { exceptions, threads } =
        exceptions::take(&mut fields, message.stack_trace.as_deref());
    let request = scene::take_request(&mut fields);
    let platform = fields.text("platform", MAX_WORD);
    let shown = exceptions.first().filter(|shown| shown.kind.is_some() || shown.value.is_some());
    let (mut text, logged) = words(shown, &message.text);
    if text.is_empty() && shown.is_none() {
        WORDLESS.clone_into(&mut text);
    }
    let exception_type = shown.and_then(|shown| shown.kind.clone());
    let culprit = fields.text("culprit", bounds::NAME);
    let event = Event {
        event_id: id,
        project_id: project.id,
        timestamp: timestamp(&mut fields, origin.received_at),
        received_at: origin.received_at,
        level: clock::level(fields.take("level").as_ref()),
        message: text,
        source: source(platform.as_deref()).to_owned(),
        environment: fields
            .text("environment", bounds::ENVIRONMENT)
            .unwrap_or_else(|| "production".to_owned()),
        exception_type,
        type_was_read: false,
        stack_trace: message.stack_trace.clone().filter(|_| exceptions.is_empty()),
        culprit,
        url: request.url.clone(),
        release: fields.text("release", bounds::NAME),
        user: scene::take_user(&mut fields, origin, project),
        tags: scene::take_tags(&mut fields),
        client_fingerprint: scene::take_fingerprint(&mut fields),
        user_agent: request.user_agent.clone().or_else(|| origin.user_agent.clone()),
        ip_address: project.keep_ip_addresses.then(|| origin.address.to_string()),
        platform,
        server_name: fields.text("server_name", MAX_HOST),
        context: contexts(&mut fields),
        exceptions,
        details: None,
        notes: Vec::new(),
    };
    let details =
        Details { threads, log_message: logged, ..details(&mut fields, message, request) };
    Event { details: Some(Box::new(details)), notes: fields.notes.0, ..event }
}

/// The text that names the event, and what was logged besides. An exception goes before what was logged.
fn words(shown: Option<&Exception>, message: &str) -> (String, Option<String>) {
    let message = Some(message.to_owned()).filter(|message| !message.trim().is_empty());
    let Some(shown) = shown else { return (message.unwrap_or_default(), None) };
    let Some(value) = &shown.value else { return (message.unwrap_or_default(), None) };
    // The oldest clients repeat the exception as their message.
    let repeats = |logged: &String| {
        let rest =
            logged.strip_suffix(value.as_str()).map(|rest| rest.trim_end_matches([':', ' ']));
        rest.is_some_and(|rest| rest.is_empty() || Some(rest) == shown.kind.as_deref())
    };
    (value.clone(), message.filter(|logged| !repeats(logged)))
}

/// The rest of what only SDKs say.
fn details(fields: &mut Fields, message: Message, request: Request) -> Details {
    let mut extra = fields.free_object("extra", bounds::CONTEXT);
    if let Some(log) = message.log {
        let log = fields::bounded("extra.log", log, bounds::CONTEXT, &mut fields.notes);
        let extra = extra.get_or_insert_default();
        let free = ["log", "log_line"].into_iter().find(|name| !extra.contains_key(*name));
        if let (Some(log), Some(name)) = (log, free) {
            extra.insert(name.to_owned(), Value::Object(log));
        }
    }
    Details {
        logger: fields.text("logger", MAX_WORD),
        transaction: fields.text("transaction", bounds::NAME),
        dist: fields.text("dist", MAX_WORD),
        message_template: message.template,
        request: request.rest,
        breadcrumbs: scene::take_breadcrumbs(fields),
        extra,
        modules: scene::take_modules(fields),
        sdk: fields.free_object("sdk", bounds::CONTEXT / 16),
        ..Details::default()
    }
}

fn contexts(fields: &mut Fields) -> Option<Object> {
    let contexts = fields.take_either("contexts", "sentry.interfaces.Contexts")?;
    let Value::Object(mut contexts) = contexts else { return None };
    contexts.retain(|_, context| !context.is_null());
    fields::bounded("contexts", contexts, bounds::CONTEXT, &mut fields.notes)
}

/// The event's own time where it can be believed, else the time of receipt.
fn timestamp(fields: &mut Fields, received_at: DateTime<Utc>) -> DateTime<Utc> {
    let Some(value) = fields.take("timestamp") else { return received_at };
    let given = clock::time(&value).and_then(|given| report::believed(given, received_at));
    given.unwrap_or_else(|| {
        fields.notes.add("timestamp", Change::ClockCorrected);
        received_at
    })
}

/// Where an event comes from, in the words of the JSON API: SDKs name a platform instead.
fn source(platform: Option<&str>) -> &'static str {
    match platform {
        Some("javascript") => "frontend",
        Some("cocoa" | "android" | "objc" | "dart" | "flutter") => "mobile",
        _ => "backend",
    }
}
