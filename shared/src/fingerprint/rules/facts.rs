//! What rules can ask of an event, and whether a rule fits. Nothing here allocates.

use std::borrow::Cow;

use super::{Key, Matcher, Rule, Sense};
use crate::event::{Event, Exception, Frame};
use crate::fingerprint::names::Name;
use crate::fingerprint::{Input, raised_at, type_in_message};
use crate::stacktrace::in_app;

/// Frames that are looked at; deeper ones are the runtime's.
const MAX_FRAMES: usize = 128;

/// Exceptions that are looked at, from the one that is shown on.
const MAX_EXCEPTIONS: usize = 8;

/// Bytes of a text that are looked at. What it says further on differs from event to event.
const MAX_TEXT: usize = 1_024;

/// An event with its exceptions, as they were read.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) event: &'a Event,
    pub(super) input: Input<'a>,
    pub(super) chain: &'a [Exception],
}

impl<'a> Facts<'a> {
    /// Whether all matchers of a rule fit.
    pub(super) fn fit(&self, rule: &Rule) -> bool {
        let mut of_event = rule.matchers.iter().filter(|matcher| !matcher.key.is_of_frame());
        of_event.all(|matcher| self.fits(matcher)) && self.frames_fit(rule)
    }

    fn fits(&self, matcher: &Matcher) -> bool {
        let found = match &matcher.key {
            Key::Type => self.types().any(|kind| matcher.pattern.matches(start(kind))),
            Key::Message => self.messages().any(|text| matcher.pattern.matches(start(text))),
            key => matcher.pattern.matches(start(&self.value(key))),
        };
        found == (matcher.sense == Sense::Is)
    }

    /// One frame has all that is asked for, and no frame has what must not be there.
    fn frames_fit(&self, rule: &Rule) -> bool {
        let of_sense = |sense| {
            let matchers = rule.matchers.iter();
            matchers.filter(move |it| it.key.is_of_frame() && it.sense == sense)
        };
        let (wanted, unwanted) = (of_sense(Sense::Is), of_sense(Sense::IsNot));
        let frames = || self.chain.iter().flat_map(|it| &it.frames).take(MAX_FRAMES);
        let has = |frame: &Frame, matcher: &Matcher| {
            matcher.pattern.matches(start(of_frame(frame, &matcher.key)))
        };
        let lacks_all = |frame: &Frame| unwanted.clone().all(|matcher| !has(frame, matcher));
        let has_all = |frame: &Frame| wanted.clone().all(|matcher| has(frame, matcher));
        (unwanted.clone().next().is_none() || frames().all(lacks_all))
            && (wanted.clone().next().is_none() || frames().any(has_all))
    }

    /// The type that was given and those of the stack; else the one that the message begins with.
    fn types(&self) -> impl Iterator<Item = &'a str> {
        let given = self.input.exception_type.filter(|kind| !kind.is_empty());
        let chain = || self.chain.iter().take(MAX_EXCEPTIONS);
        let read = || chain().filter_map(|exception| exception.kind.as_deref());
        let is_alone = given.is_none() && read().next().is_none();
        let in_message = if is_alone { type_in_message(self.input.message) } else { None };
        given.into_iter().chain(read()).chain(in_message)
    }

    fn messages(&self) -> impl Iterator<Item = &'a str> {
        let chain = self.chain.iter().take(MAX_EXCEPTIONS);
        let raised = chain.filter_map(|exception| exception.value.as_deref());
        [self.event.message.as_str(), self.input.message].into_iter().chain(raised)
    }

    /// A value that an event has one of, nothing where it says nothing. Of frames it is that of the frame
    /// which decides.
    pub(super) fn value(&self, key: &Key) -> Cow<'a, str> {
        let event = self.event;
        let text = match key {
            Key::Type => self.types().next(),
            Key::Message => Some(self.input.message),
            Key::Level => Some(event.level.as_str()),
            Key::Environment => Some(event.environment.as_str()),
            Key::Source => Some(event.source.as_str()),
            Key::Release => event.release.as_deref(),
            Key::Platform => event.platform.as_deref(),
            Key::ServerName => event.server_name.as_deref(),
            Key::Url => event.url.as_deref(),
            Key::Tag(name) => event.tags.get(name).map(String::as_str),
            Key::Module => {
                return raised_at(self.chain).map(|place| place.scope).unwrap_or_default();
            }
            Key::Function => {
                return match raised_at(self.chain).map(|place| place.name) {
                    Some(Name::Own(name)) => name,
                    _ => Cow::default(),
                };
            }
            Key::Path | Key::InApp => None,
        };
        Cow::Borrowed(text.unwrap_or_default())
    }
}

/// The part of a text that is looked at.
fn start(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_TEXT)).unwrap_or(text)
}

/// What a frame says; nothing for what only an event says.
fn of_frame<'a>(frame: &'a Frame, key: &Key) -> &'a str {
    match key {
        Key::Module => frame.module.as_deref().unwrap_or_default(),
        Key::Function => frame.function.as_deref().unwrap_or_default(),
        Key::Path => in_app::path_of(frame),
        Key::InApp if in_app::is_in_app(frame) => "yes",
        Key::InApp => "no",
        _ => "",
    }
}
