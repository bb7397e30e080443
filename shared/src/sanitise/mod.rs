//! Replaces secrets in an event before it leaves the ingest process.
//!
//! A secret is known by its key (`keys`) or by its shape (`detectors`). Events are trees of strings:
//! this module walks the event's own fields, `structured` the JSON that clients attach, and `text`
//! every single string. All of it is one pass, linear in the size of the event, and changes nothing
//! but the secrets themselves. Sanitising an event twice is the same as doing it once.
//!
//! What a field may hold, and how much of it, is decided before; this module neither validates nor
//! cuts anything.

mod detectors;
mod keys;
mod rules;
mod structured;
mod text;
mod words;

pub use rules::{Detector, MAX_KEY_LENGTH, MAX_KEYS, Rules, RulesError};

use serde_json::Value;

use crate::event::{Details, Event, Exception, Frame, User};
use keys::Verdict;
use structured::{Walk, masked_keys};
use text::Syntax;

/// What stands where a secret stood.
pub const MASK: &str = "[Filtered]";

/// Replaces every secret in the event.
///
/// Untouched are ids, level, platform, host and address, and the names of functions.
pub fn event(event: &mut Event, rules: &Rules) {
    let walk = Walk::new(rules);
    walk.string(&mut event.message);
    // Names by their purpose, but clients put anything anywhere.
    walk.string(&mut event.source);
    walk.string(&mut event.environment);
    optional(&mut event.release, walk);
    optional(&mut event.exception_type, walk);
    let texts = [&mut event.stack_trace, &mut event.culprit, &mut event.url, &mut event.user_agent];
    for text in texts {
        optional(text, walk);
    }
    for exception in &mut event.exceptions {
        sanitise_exception(exception, rules);
    }
    if let Some(context) = &mut event.context {
        walk.object(context);
    }
    if let Some(details) = &mut event.details {
        sanitise_details(details, rules);
    }
    if let Some(user) = &mut event.user {
        sanitise_user(user, walk);
    }
    for part in event.client_fingerprint.iter_mut().flatten() {
        walk.string(part);
    }
    for (key, value) in &mut event.tags {
        sanitise_tag(key, value, rules);
    }
    for (key, masked) in masked_keys(event.tags.keys(), rules) {
        if let Some(value) = event.tags.remove(&key) {
            event.tags.insert(masked, value);
        }
    }
}

/// Replaces every secret in a value that stands for itself: a text as a message is read, an object as a
/// context.
pub fn value(value: &mut Value, rules: &Rules) {
    Walk::new(rules).list(std::slice::from_mut(value));
}

fn optional(text: &mut Option<String>, walk: Walk<'_>) {
    if let Some(text) = text {
        walk.string(text);
    }
}

/// Untouched are the names and versions of libraries.
fn sanitise_details(details: &mut Details, rules: &Rules) {
    let walk = Walk::new(rules);
    let texts = [
        &mut details.logger,
        &mut details.transaction,
        &mut details.dist,
        &mut details.message_template,
        &mut details.log_message,
    ];
    for text in texts {
        optional(text, walk);
    }
    let objects = [&mut details.request, &mut details.extra, &mut details.sdk];
    for object in objects.into_iter().flatten() {
        walk.object(object);
    }
    walk.list(&mut details.breadcrumbs);
    for thread in &mut details.threads {
        optional(&mut thread.name, walk);
        for frame in &mut thread.frames {
            sanitise_frame(frame, rules);
        }
    }
}

fn sanitise_exception(exception: &mut Exception, rules: &Rules) {
    let walk = Walk::new(rules);
    optional(&mut exception.value, walk);
    if let Some(mechanism) = &mut exception.mechanism {
        walk.object(mechanism);
    }
    for frame in &mut exception.frames {
        sanitise_frame(frame, rules);
    }
}

fn sanitise_frame(frame: &mut Frame, rules: &Rules) {
    let walk = Walk::new(rules);
    // In browsers these are URLs.
    optional(&mut frame.filename, walk);
    optional(&mut frame.abs_path, walk);
    let around = frame.pre_context.iter_mut().chain(&mut frame.post_context);
    for line in around.chain(&mut frame.context_line) {
        text::sanitise(line, rules, Syntax::Code);
    }
    walk.object(&mut frame.vars);
}

/// The user's id stays: users are counted by it.
fn sanitise_user(user: &mut User, walk: Walk<'_>) {
    optional(&mut user.email, walk);
    optional(&mut user.username, walk);
}

fn sanitise_tag(key: &str, value: &mut String, rules: &Rules) {
    let verdict = keys::verdict(key.as_bytes(), rules);
    if verdict == Verdict::Clear || value.is_empty() {
        Walk::new(rules).string(value);
    } else if value != MASK {
        MASK.clone_into(value);
    }
}
