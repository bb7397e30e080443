//! Groups a table of labelled events: reads one JSON object per line from the standard input and
//! writes `{"bug": …, "group": …}` for each, which a scorer compares.

use std::io::{self, BufRead, Write};

use serde::Deserialize;
use serde_json::json;
use shared::fingerprint::{Input, group};

/// The fields of a row that a client would send, and the label that it would not.
#[derive(Deserialize)]
struct Row {
    bug: String,
    message: String,
    stack_trace: Option<String>,
}

fn main() -> io::Result<()> {
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let row: Row = serde_json::from_str(&line?)?;
        let grouping = group(Input {
            message: &row.message,
            stack_trace: row.stack_trace.as_deref(),
            ..Input::default()
        });
        let answer = json!({
            "bug": row.bug,
            "group": grouping.fingerprint.to_string(),
            "exception_type": grouping.exception_type,
            "culprit": grouping.culprit,
        });
        writeln!(output, "{answer}")?;
    }
    output.flush()
}
