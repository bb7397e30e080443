//! Exceptions and threads. A stack that belongs to no exception, as loggers attach it to messages, becomes
//! an exception without type: so every stack stands in one place, for readers as for the fingerprint.

use serde_json::Value;
use shared::event::{Change, Exception, Object, Thread};

use super::fields::{Fields, bounded, text_of, values};
use super::frames;
use crate::decode::bounds::{self, Notes};

/// Exceptions of a chain, from the one that is shown on.
const MAX_EXCEPTIONS: usize = 50;

/// Threads of a program, of which the first are the oldest.
const MAX_THREADS: usize = 100;

/// Bytes of a mechanism, as JSON.
const MAX_MECHANISM: usize = 4 * 1024;

/// The stacks of an event.
#[derive(Debug, Default)]
pub(super) struct Stacks {
    /// Outermost (last raised) first.
    pub(super) exceptions: Vec<Exception>,
    pub(super) threads: Vec<Thread>,
}

/// Takes exceptions, threads and the stack of a message.
pub(super) fn take(fields: &mut Fields) -> Stacks {
    let sent = values(fields.take_either("exception", "sentry.interfaces.Exception"));
    let threads = values(fields.take("threads"));
    let stack = fields.take_either("stacktrace", "sentry.interfaces.Stacktrace");
    let notes = &mut fields.notes;
    if sent.len() > MAX_EXCEPTIONS {
        notes.add("exceptions", Change::Dropped);
    }
    // They come with the one to show last.
    let last_raised = sent.into_iter().rev().take(MAX_EXCEPTIONS);
    let mut exceptions: Vec<Exception> = last_raised.filter_map(|it| read(it, notes)).collect();
    if threads.len() > MAX_THREADS {
        notes.add("threads", Change::Dropped);
    }
    let threads = threads.into_iter().take(MAX_THREADS);
    let mut threads: Vec<Thread> = threads.filter_map(|it| thread(it, notes)).collect();
    if exceptions.iter().all(|exception| exception.frames.is_empty()) {
        let own = stack.map(|stack| frames::of_stack(stack, notes)).filter(|own| !own.is_empty());
        let stack = own.or_else(|| of_threads(&mut threads));
        match (exceptions.first_mut(), stack) {
            (Some(shown), Some(stack)) => shown.frames = stack,
            (None, Some(frames)) => exceptions.push(Exception { frames, ..Exception::default() }),
            (_, None) => {}
        }
    }
    Stacks { exceptions, threads }
}

/// The stack of the thread that the event was made on.
fn of_threads(threads: &mut [Thread]) -> Option<Vec<shared::event::Frame>> {
    let is_it = |thread: &Thread| thread.crashed == Some(true) || thread.current == Some(true);
    let only = threads.len() == 1;
    let thread = threads.iter_mut().find(|thread| only || is_it(thread))?;
    Some(std::mem::take(&mut thread.frames)).filter(|frames| !frames.is_empty())
}

fn read(exception: Value, notes: &mut Notes) -> Option<Exception> {
    let Value::Object(mut exception) = exception else { return None };
    let frames = frames::take(&mut exception, notes);
    let mechanism = match exception.remove("mechanism") {
        Some(Value::Object(mechanism)) => {
            bounded("exceptions.mechanism", mechanism, MAX_MECHANISM, notes)
        }
        _ => None,
    };
    let mut text = |name: &str, limit| text(&mut exception, name, limit, notes);
    let read = Exception {
        kind: text("type", bounds::EXCEPTION_TYPE),
        value: text("value", bounds::MESSAGE),
        module: text("module", bounds::EXCEPTION_TYPE),
        frames,
        mechanism,
    };
    let says_something = read.kind.is_some() || read.value.is_some() || !read.frames.is_empty();
    says_something.then_some(read)
}

fn text(object: &mut Object, name: &str, limit: usize, notes: &mut Notes) -> Option<String> {
    let text = text_of(object.remove(name)?).filter(|text| !text.is_empty())?;
    Some(notes.bounded(&format!("exceptions.{name}"), text, limit))
}

fn thread(thread: Value, notes: &mut Notes) -> Option<Thread> {
    let Value::Object(mut thread) = thread else { return None };
    let frames = frames::take(&mut thread, notes);
    let flag = |name: &str| thread.get(name).and_then(Value::as_bool);
    let (crashed, current) = (flag("crashed"), flag("current"));
    let id = text(&mut thread, "id", bounds::NAME, notes);
    let name = text(&mut thread, "name", bounds::NAME, notes);
    Some(Thread { id, name, crashed, current, frames })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(event: Value) -> Stacks {
        let Value::Object(object) = event else { unreachable!() };
        take(&mut Fields::new(object))
    }

    fn kinds(stacks: &Stacks) -> Vec<&str> {
        stacks.exceptions.iter().filter_map(|it| it.kind.as_deref()).collect()
    }

    #[test]
    fn the_last_raised_one_is_the_first_in_every_shape() {
        let (a, b) = (json!({"type": "A"}), json!({"type": "B", "value": 7}));
        for shape in [
            json!({"exception": {"values": [a, null, b]}}),
            json!({"exception": [a, b]}),
            json!({"sentry.interfaces.Exception": {"values": [a, b]}}),
        ] {
            let stacks = run(shape);
            assert_eq!(kinds(&stacks), ["B", "A"]);
            assert_eq!(stacks.exceptions[0].value.as_deref(), Some("7"));
        }
        assert_eq!(kinds(&run(json!({"exception": a}))), ["A"]);
        for nothing in [json!({}), json!({"exception": {"values": null}}), json!({"exception": 7})]
        {
            assert_eq!(run(nothing).exceptions, []);
        }
    }

    #[test]
    fn the_stack_of_a_message_is_an_exception_without_type() {
        let stack = json!({"frames": [{"function": "main"}, {"function": "log"}]});
        let attached =
            run(json!({"threads": {"values": [{"current": true, "stacktrace": stack}]}}));
        assert_eq!(attached.exceptions[0].frames[0].function.as_deref(), Some("log"));
        assert_eq!(attached.threads[0].frames, []);
        let legacy = run(json!({"sentry.interfaces.Stacktrace": stack}));
        assert_eq!((legacy.exceptions[0].frames.len(), legacy.threads.len()), (2, 0));
        let raised = run(json!({
            "exception": [{"type": "A", "stacktrace": stack}],
            "threads": [{"id": 1, "stacktrace": stack}],
        }));
        assert_eq!((raised.exceptions.len(), raised.threads[0].frames.len()), (1, 2));
    }
}
