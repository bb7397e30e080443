//! Stacks of SDKs: their frames come outermost first and leave here innermost first.

use serde_json::Value;
use shared::event::{Change, Frame, Object};

use super::fields::{bounded, text_of};
use crate::decode::bounds::Notes;

/// Frames kept of one stack: the half that was called last and the half that was called first tell what
/// happened, the middle is recursion.
const MAX_FRAMES: usize = 250;

/// Bytes of a path or a name. URLs of scripts are long.
const MAX_NAME: usize = 1024;

/// Bytes of a source line; those of bundles have megabytes.
const MAX_LINE: usize = 1024;

/// Source lines before or after the one of a frame.
const MAX_LINES: usize = 20;

/// Bytes of the variables of one frame, as JSON.
const MAX_VARS: usize = 64 * 1024;

/// Takes the frames of whatever holds a `stacktrace`.
pub(super) fn take(holder: &mut Object, notes: &mut Notes) -> Vec<Frame> {
    holder.remove("stacktrace").map(|stack| of_stack(stack, notes)).unwrap_or_default()
}

/// The frames of a stack.
pub(super) fn of_stack(stack: Value, notes: &mut Notes) -> Vec<Frame> {
    let Value::Object(mut stack) = stack else { return Vec::new() };
    let Some(Value::Array(mut frames)) = stack.remove("frames") else { return Vec::new() };
    if frames.len() > MAX_FRAMES {
        cut_middle(&mut frames, MAX_FRAMES);
        notes.add("exceptions.frames", Change::Dropped);
    }
    frames.into_iter().rev().filter_map(|frame| read(frame, notes)).collect()
}

/// Leaves out the middle of a list, so that so many are left at most.
pub(super) fn cut_middle<T>(list: &mut Vec<T>, left: usize) {
    let Some(too_many) = list.len().checked_sub(left) else { return };
    let first = left / 2;
    list.drain(first..first + too_many);
}

fn read(frame: Value, notes: &mut Notes) -> Option<Frame> {
    let Value::Object(mut frame) = frame else { return None };
    let in_app = frame.remove("in_app").and_then(|value| value.as_bool());
    let vars = variables(frame.remove("vars"), notes);
    let mut lines = |name: &str| lines(frame.remove(name), notes);
    let (pre_context, post_context) = (lines("pre_context"), lines("post_context"));
    let mut number = |name: &str| number(frame.remove(name));
    let (lineno, colno) = (number("lineno"), number("colno"));
    let mut text = |name: &str, limit| text(frame.remove(name), limit, notes);
    let mut read = Frame {
        function: text("function", MAX_NAME),
        module: text("module", MAX_NAME),
        filename: text("filename", MAX_NAME),
        abs_path: text("abs_path", MAX_NAME),
        context_line: text("context_line", MAX_LINE),
        lineno,
        colno,
        in_app,
        pre_context,
        post_context,
        vars,
    };
    shared::stacktrace::settle_in_app(&mut read);
    Some(read)
}

fn text(value: Option<Value>, limit: usize, notes: &mut Notes) -> Option<String> {
    let text = text_of(value?).filter(|text| !text.is_empty())?;
    Some(notes.bounded("exceptions.frames", text, limit))
}

/// A line or column, which some clients send as a text or a float.
fn number(value: Option<Value>) -> Option<u32> {
    let written = match value? {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text,
        _ => return None,
    };
    let whole = written.trim().trim_end_matches('0').strip_suffix('.').unwrap_or(&written);
    // The API promises 32 bits with a sign.
    whole.trim().parse::<i32>().ok().and_then(|number| u32::try_from(number).ok())
}

fn lines(value: Option<Value>, notes: &mut Notes) -> Vec<String> {
    let Some(Value::Array(lines)) = value else { return Vec::new() };
    let line = |line: Value| {
        notes.bounded("exceptions.frames", text_of(line).unwrap_or_default(), MAX_LINE)
    };
    lines.into_iter().take(MAX_LINES).map(line).collect()
}

/// Local variables; a list of them goes by its places.
fn variables(value: Option<Value>, notes: &mut Notes) -> Object {
    let vars: Object = match value {
        Some(Value::Object(vars)) => vars,
        Some(Value::Array(vars)) => {
            let numbered = vars.into_iter().enumerate();
            numbered.map(|(place, value)| (place.to_string(), value)).collect()
        }
        _ => return Object::new(),
    };
    bounded("exceptions.frames.vars", vars, MAX_VARS, notes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(stack: Value) -> Vec<Frame> {
        of_stack(stack, &mut Notes::default())
    }

    #[test]
    fn frames_are_turned_round_and_read_leniently() {
        let frames = run(json!({"frames": [
            null,
            {"function": "main", "lineno": "3", "colno": -1, "vars": ["a"], "in_app": "yes"},
            {"function": 7, "lineno": 4_294_967_296_u64, "colno": 10.0, "pre_context": ["x", null], "filename": "a.py"},
        ]}));
        assert_eq!(frames.len(), 2);
        assert_eq!(frames[0].function.as_deref(), Some("7"));
        assert_eq!((frames[0].lineno, frames[0].colno), (None, Some(10)));
        assert_eq!(frames[0].pre_context.len(), 2);
        assert_eq!((frames[1].lineno, frames[1].colno), (Some(3), None));
        assert_eq!(frames[1].vars["0"], "a");
        assert_eq!(run(json!({"frames": null})), []);
        assert_eq!(run(json!([])), []);
    }

    #[test]
    fn lists_of_every_length_lose_their_middle() {
        let check = |length: usize, left: usize, expected: &[usize]| {
            let mut list: Vec<usize> = (0..length).collect();
            cut_middle(&mut list, left);
            assert_eq!(list, expected, "{length} {left}");
        };
        check(0, 4, &[]);
        check(1, 4, &[0]);
        check(4, 4, &[0, 1, 2, 3]);
        check(5, 4, &[0, 1, 3, 4]);
        check(9, 3, &[0, 7, 8]);
    }

    #[test]
    fn of_a_deep_stack_the_middle_is_left_out() {
        let frame = |number: usize| json!({"function": format!("f{number}")});
        let mut notes = Notes::default();
        let frames =
            of_stack(json!({"frames": (0..1_000).map(frame).collect::<Vec<_>>()}), &mut notes);
        assert_eq!(frames.len(), MAX_FRAMES);
        assert_eq!(frames[0].function.as_deref(), Some("f999"));
        assert_eq!(frames[MAX_FRAMES - 1].function.as_deref(), Some("f0"));
        assert_eq!(notes.0.len(), 1);
    }
}
