//! How often naming an event asks for memory: for a message as often whether it has ten words or
//! thousands, but for the growth of what is written.
//!
//! A binary of its own, because its allocator counts for all threads of a test.

use allocation_counter::{AllocationInfo, measure};
use shared::fingerprint::{Input, group};

/// A message of all sorts of values, repeated.
fn message(times: usize) -> String {
    "job 4711 of anna@example.org on 10.0.0.7:6379 took 1,250 ms at 2026-11-07T09:15:01Z: 'no' {\"a\": 1} "
        .repeat(times)
}

fn cost(message: &str, stack_trace: Option<&str>) -> AllocationInfo {
    let input = Input { message, stack_trace, ..Input::default() };
    measure(|| drop(group(input)))
}

/// Buffers double when they are full.
fn doublings(from: usize, to: usize) -> u64 {
    u64::from((to / from).next_power_of_two().ilog2())
}

#[test]
fn no_token_of_a_message_costs_an_allocation() {
    let (short, long) = (message(1), message(40));
    let (few, many) = (cost(&short, None), cost(&long, None));
    assert!(few.count_total <= 2, "{few:?}");
    assert!(many.count_total <= few.count_total + doublings(short.len(), long.len()), "{many:?}");
    assert_eq!((few.count_current, many.count_current), (0, 0));
}

#[test]
fn text_that_is_no_stack_is_read_in_place() {
    let line = "worker 7 saw 4711 rows in 3.2 s at /srv/app/run-7.log\n";
    let (few, many) = (line.repeat(2), line.repeat(32));
    let (few, many) = (cost("failed", Some(&few)), cost("failed", Some(&many)));
    assert!(many.count_total <= few.count_total + 5, "{few:?} against {many:?}");
}

#[test]
fn a_frame_costs_no_more_than_its_names() {
    let frame = "\tat org.example.port.Seals.check(Seals.java:18)\n";
    let stack = |frames: usize| format!("org.example.SealBroken: 7\n{}", frame.repeat(frames));
    let (few, many) = (cost("broken", Some(&stack(4))), cost("broken", Some(&stack(260))));
    // Function, module and file, and the growth of the list.
    assert!(many.count_total <= few.count_total + 256 * 3 + 7, "{few:?} against {many:?}");
}
