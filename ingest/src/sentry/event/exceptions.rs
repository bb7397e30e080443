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

/// Takes exceptions, threads and the stack of a message. A stack that is written in the message goes before
/// that of the place which logged it, which is left among the threads.
pub(super) fn take(fields: &mut Fields, written: Option<&str>) -> Stacks {
    let sent = values(fields.take_either("exception", "sentry.interfaces.Exception"));
    let threads = values(fields.take("threads"));
    let stack = fields.take_either("stacktrace", "sentry.interfaces.Stacktrace");
    let notes = &mut fields.notes;
    if sent.len() > MAX_EXCEPTIONS {
        notes.add("exceptions", Change::Dropped);
    }
    let thrown_on = sent.last().and_then(|shown| text_of(shown.get("thread_id")?.clone()));
    // They come with the one to show last.
    let last_raised = sent.into_iter().rev().take(MAX_EXCEPTIONS);
    let mut exceptions: Vec<Exception> = last_raised.filter_map(|it| read(it, notes)).collect();
    let (mut threads, decisive) = read_threads(threads, thrown_on.as_deref(), notes);
    if exceptions.iter().all(|exception| exception.frames.is_empty()) {
        let own = stack.map(|stack| frames::of_stack(stack, notes)).filter(|own| !own.is_empty());
        let of_thread = || Some(std::mem::take(&mut threads.get_mut(decisive?)?.frames));
        let stack = own.or_else(of_thread).filter(|frames| !frames.is_empty());
        match (exceptions.first_mut(), stack) {
            (Some(shown), Some(stack)) => shown.frames = stack,
            (None, Some(frames)) if written.is_some() => match decisive
                .and_then(|at| threads.get_mut(at))
            {
                Some(thread) => thread.frames = frames,
                None => threads.push(Thread { current: Some(true), frames, ..Thread::default() }),
            },
            (None, Some(frames)) => exceptions.push(Exception { frames, ..Exception::default() }),
            (_, None) => {}
        }
    }
    Stacks { exceptions, threads }
}

/// The threads, and which of them the event was made on: the one that the exception names, else the one
/// that crashed, the current one, or the only one. It is kept among however many.
fn read_threads(
    mut sent: Vec<Value>,
    thrown_on: Option<&str>,
    notes: &mut Notes,
) -> (Vec<Thread>, Option<usize>) {
    let flag = |thread: &Value, name: &str| thread.get(name) == Some(&Value::Bool(true));
    let id = |thread: &Value| text_of(thread.get("id")?.clone());
    let find = |is_it: &dyn Fn(&Value) -> bool| sent.iter().position(is_it);
    let named = thrown_on.and_then(|name| find(&|it| id(it).as_deref() == Some(name)));
    let marked = || ["crashed", "current"].iter().find_map(|name| find(&|it| flag(it, name)));
    let mut decisive = named.or_else(marked).or((sent.len() == 1).then_some(0));
    if sent.len() > MAX_THREADS {
        notes.add("threads", Change::Dropped);
        if let Some(place) = decisive.filter(|place| *place >= MAX_THREADS) {
            sent.swap(place, MAX_THREADS - 1);
            decisive = Some(MAX_THREADS - 1);
        }
        sent.truncate(MAX_THREADS);
    }
    (sent.into_iter().map(|it| thread(it, notes)).collect(), decisive)
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

fn thread(thread: Value, notes: &mut Notes) -> Thread {
    let Value::Object(mut thread) = thread else { return Thread::default() };
    let frames = frames::take(&mut thread, notes);
    let flag = |name: &str| thread.get(name).and_then(Value::as_bool);
    let (crashed, current) = (flag("crashed"), flag("current"));
    let id = text(&mut thread, "id", bounds::NAME, notes);
    let name = text(&mut thread, "name", bounds::NAME, notes);
    Thread { id, name, crashed, current, frames }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(event: Value) -> Stacks {
        let Value::Object(object) = event else { unreachable!() };
        take(&mut Fields::new(object), None)
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

    #[test]
    fn an_exception_without_frames_has_those_of_its_thread() {
        let thread = |id: usize, flag: &str| {
            let frames = json!({"frames": [{"function": format!("f{id}")}]});
            json!({"id": id, flag: true, "stacktrace": frames})
        };
        let check = |exception: Value, threads: &[Value], expected: &str| {
            let stacks = run(json!({"exception": exception, "threads": threads}));
            let frame = stacks.exceptions.first().and_then(|it| it.frames.first());
            let function = frame.and_then(|frame| frame.function.as_deref());
            assert_eq!(function.unwrap_or_default(), expected, "{exception}");
            assert!(stacks.threads.len() <= MAX_THREADS);
        };
        let threads = [thread(1, "current"), thread(2, "crashed"), thread(3, "main")];
        check(json!([{"type": "A", "thread_id": 3}]), &threads, "f3");
        check(json!([{"type": "A", "thread_id": "9"}]), &threads, "f2");
        check(json!([{"type": "A"}]), &threads[..1], "f1");
        check(json!([{"type": "A"}]), &threads[2..], "f3");
        check(json!([{"type": "A"}]), &[thread(3, "a"), thread(4, "b")], "");
        check(json!([{"type": "A"}]), &[json!(7), thread(4, "crashed")], "f4");
        let mut many: Vec<Value> = (10..160).map(|id| thread(id, "main")).collect();
        many.push(thread(7, "crashed"));
        check(json!([{"type": "A"}]), &many, "f7");
    }
}
