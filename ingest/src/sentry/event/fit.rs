//! Cuts an event down until it fits, what helps least to find the cause first.

use std::io::{self, Write};

use shared::event::{Change, Event, Frame};

use super::frames::cut_middle;
use crate::decode::bounds::Notes;

/// Bytes of an event as JSON.
pub(super) const LIMIT: usize = 1 << 20;

/// Frames of each stack where even those without sources are too many.
const FEW_FRAMES: usize = 20;

/// Exceptions of a chain where even those with few frames are too many.
const FEW_EXCEPTIONS: usize = 4;

/// A way of making an event smaller, and the field that its note names.
type Step = (&'static str, fn(&mut Event));

/// What is left after all of them is bounded by itself: texts, tags, and a few frames of a few exceptions.
const STEPS: [Step; 10] = [
    ("exceptions.frames.vars", |event| each_frame(event, |frame| frame.vars.clear())),
    ("exceptions.frames.context_line", |event| each_frame(event, drop_lines)),
    ("exceptions.frames", |event| each_stack(event, |frames| cut_middle(frames, FEW_FRAMES))),
    ("extra", |event| details(event, |details| details.extra = None)),
    ("breadcrumbs", |event| details(event, |details| details.breadcrumbs.clear())),
    ("request", |event| details(event, |details| details.request = None)),
    ("threads", |event| details(event, |details| details.threads.clear())),
    ("contexts", |event| event.context = None),
    ("modules", |event| details(event, |details| details.modules.clear())),
    ("exceptions", |event| cut_middle(&mut event.exceptions, FEW_EXCEPTIONS)),
];

/// Makes an event fit, with a note for each step that took something away.
pub(super) fn fit(event: &mut Event) {
    let mut notes = Notes(std::mem::take(&mut event.notes));
    let mut size = size(event);
    for (field, step) in STEPS {
        if size <= LIMIT {
            break;
        }
        step(event);
        let left = self::size(event);
        if left < size {
            notes.add(field, Change::Dropped);
        }
        size = left;
    }
    event.notes = notes.0;
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
