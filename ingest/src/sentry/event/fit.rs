//! Cuts an event down until it fits, what helps least to find the cause first.

use std::io::{self, Write};

use shared::event::{Change, Event, Frame, Note};

use super::frames::cut_middle;

/// Bytes of an event as JSON.
pub(super) const LIMIT: usize = 1 << 20;

/// Frames of each stack where even those without sources are too many.
const FEW_FRAMES: usize = 20;

/// A way of making an event smaller, and the field that its note names.
type Step = (&'static str, fn(&mut Event));

const STEPS: [Step; 8] = [
    ("exceptions.frames.vars", |event| each_frame(event, |frame| frame.vars.clear())),
    ("exceptions.frames.context_line", |event| each_frame(event, drop_lines)),
    ("exceptions.frames", |event| each_stack(event, |frames| cut_middle(frames, FEW_FRAMES))),
    ("extra", |event| details(event, |details| details.extra = None)),
    ("breadcrumbs", |event| details(event, |details| details.breadcrumbs.clear())),
    ("request", |event| details(event, |details| details.request = None)),
    ("threads", |event| details(event, |details| details.threads.clear())),
    ("contexts", |event| event.context = None),
];

/// Makes an event fit, with a note for each step that it took.
pub(super) fn fit(event: &mut Event) {
    for (field, step) in STEPS {
        if size(event) <= LIMIT {
            return;
        }
        step(event);
        event.notes.push(Note { field: field.to_owned(), change: Change::Dropped });
    }
}

fn drop_lines(frame: &mut Frame) {
    frame.context_line = None;
    frame.pre_context.clear();
    frame.post_context.clear();
}

fn each_frame(event: &mut Event, change: fn(&mut Frame)) {
    each_stack(event, |frames| frames.iter_mut().for_each(change));
}

fn each_stack(event: &mut Event, mut change: impl FnMut(&mut Vec<Frame>)) {
    event.exceptions.iter_mut().for_each(|exception| change(&mut exception.frames));
    details(event, |details| {
        details.threads.iter_mut().for_each(|thread| change(&mut thread.frames));
    });
}

fn details(event: &mut Event, change: impl FnOnce(&mut shared::event::Details)) {
    if let Some(details) = &mut event.details {
        change(details);
    }
}

/// Bytes of the event as JSON, counted without keeping them.
fn size(event: &Event) -> usize {
    let mut counted = Counted(0);
    // Nothing refuses to be counted; an event that could not be written would be too large.
    serde_json::to_writer(&mut counted, event).map_or(usize::MAX, |()| counted.0)
}

struct Counted(usize);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
