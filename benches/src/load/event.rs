//! The JSON errors that are sent: about 1.1 KB each, as a web backend would report them.

use std::fmt::{self, Write as _};

use uuid::Builder;

use super::mix::{Mix, scatter};
use super::words::{capitalised, word};

/// Distinct users of the whole run.
const USERS: u64 = 50_000;

const LEVELS: [&str; 8] =
    ["error", "error", "error", "error", "error", "warning", "warning", "info"];
const RELEASES: [&str; 3] = ["shop@2.14.0", "shop@2.14.1", "shop@2.15.0"];
const REGIONS: [&str; 4] = ["eu-central", "eu-west", "us-east", "ap-south"];

/// Frames below the one that names the error: a framework's, the same for all.
const LIBRARY_FRAMES: [&str; 7] = [
    "Router.handle (/srv/app/node_modules/router/index.js:182:20)",
    "Layer.invoke (/srv/app/node_modules/router/lib/layer.js:95:15)",
    "Layer.next (/srv/app/node_modules/router/lib/layer.js:144:13)",
    "session (/srv/app/node_modules/session/index.js:496:7)",
    "authorise (/srv/app/node_modules/auth/lib/check.js:61:9)",
    "Server.emit (node:events:519:28)",
    "processTicksAndRejections (node:internal/task_queues:95:5)",
];

/// Makes the events of a run; the event of a number is always the same.
#[derive(Debug, Clone)]
pub struct Events {
    /// Which errors the events belong to.
    pub mix: Mix,
    /// Runs with different seeds send different events.
    pub seed: u64,
    /// Whether events carry ids of their own.
    pub ids: bool,
}

impl Events {
    /// The error that an event belongs to, below the number of errors in the mix.
    #[must_use]
    pub fn error(&self, number: u64) -> u64 {
        self.mix.pick(self.random(number, 0))
    }

    /// Writes an event as a JSON object.
    ///
    /// # Errors
    /// None when writing to a string.
    pub fn write(&self, number: u64, out: &mut String) -> fmt::Result {
        let name = word(self.error(number));
        let random = self.random(number, 1);
        let type_name = capitalised(&name);
        out.push('{');
        if self.ids {
            let id =
                (u128::from(self.random(number, 2)) << 64) | u128::from(self.random(number, 3));
            let id = Builder::from_random_bytes(id.to_be_bytes()).into_uuid();
            write!(out, r#""event_id":"{id}","#)?;
        }
        write!(
            out,
            r#""message":"Cannot load {name} of the order: the {name} store closed the connection","source":"shop-backend","level":"{}","environment":"production","release":"{}","url":"https://shop.example.com/orders/{}/{name}","#,
            choose(&LEVELS, random),
            choose(&RELEASES, random >> 8),
            number % 10_000,
        )?;
        write_stack(&name, &type_name, random, out)?;
        let user = random % USERS;
        write!(
            out,
            r#""user":{{"id":"{user}","email":"user{user}@example.com"}},"tags":{{"region":"{}","host":"web-{:02}","runtime":"node"}},"context":{{"order_id":{},"items":{},"duration_ms":{},"retry":false}}}}"#,
            choose(&REGIONS, random >> 16),
            (random >> 24) % 40,
            random % 1_000_000,
            (random >> 32) % 12 + 1,
            (random >> 40) % 5_000,
        )
    }

    /// Independent random numbers of one event.
    fn random(&self, number: u64, which: u64) -> u64 {
        scatter(scatter(self.seed).wrapping_add(number.wrapping_mul(4).wrapping_add(which)))
    }
}

/// Twelve frames: five of the application, which name the error, above seven of libraries. Line
/// numbers move with the release, as they do in life.
fn write_stack(name: &str, type_name: &str, random: u64, out: &mut String) -> fmt::Result {
    let line = random % 300 + 20;
    write!(
        out,
        r#""stack_trace":"{type_name}Error: Cannot load {name}\n    at read{type_name} (/srv/app/src/{name}/store.js:{line}:17)\n    at async load{type_name} (/srv/app/src/{name}/load.js:{}:11)\n    at async {type_name}View.render (/srv/app/src/{name}/view.js:{}:5)\n    at async orders (/srv/app/src/orders.js:48:3)\n    at async main (/srv/app/src/main.js:12:3)"#,
        line + 31,
        line + 7,
    )?;
    for frame in LIBRARY_FRAMES {
        write!(out, r"\n    at {frame}")?;
    }
    out.push_str(r#"","#);
    Ok(())
}

fn choose(choices: &[&'static str], random: u64) -> &'static str {
    // The remainder is below the number of choices.
    choices.get((random % choices.len().max(1) as u64) as usize).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    fn events(errors: u64, ids: bool) -> Events {
        Events { mix: Mix::uniform(errors), seed: 7, ids }
    }

    fn event(events: &Events, number: u64) -> Value {
        let mut text = String::new();
        events.write(number, &mut text).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn an_event_has_what_a_backend_reports() {
        let event = event(&events(1_000, false), 1);
        let stack = event["stack_trace"].as_str().unwrap();
        assert_eq!(stack.lines().filter(|line| line.starts_with("    at ")).count(), 12);
        for field in ["message", "source", "level", "release", "url", "user", "tags", "context"] {
            assert!(!event[field].is_null(), "{field}");
        }
        assert!(event["event_id"].is_null());
    }

    #[test]
    fn an_event_has_about_1100_bytes() {
        let events = events(1_000, false);
        let mut text = String::new();
        for number in 0..1_000 {
            events.write(number, &mut text).unwrap();
        }
        assert!((1_050_000..1_350_000).contains(&text.len()), "{}", text.len());
    }

    #[test]
    fn errors_differ_in_words() {
        let events = events(100, false);
        let distinct = |field: &str| {
            let texts = (0..2_000).map(|number| {
                let text = event(&events, number)[field].as_str().unwrap().to_owned();
                text.replace(|c: char| c.is_ascii_digit(), "")
            });
            texts.collect::<BTreeSet<_>>().len()
        };
        assert_eq!(distinct("message"), 100);
        assert_eq!(distinct("stack_trace"), 100);
    }

    #[test]
    fn own_ids_are_distinct_and_repeatable() {
        let events = events(10, true);
        let id = |number| event(&events, number)["event_id"].as_str().unwrap().to_owned();
        let ids: BTreeSet<_> = (0..1_000).map(id).collect();
        assert_eq!(ids.len(), 1_000);
        assert_eq!(id(5), id(5));
    }
}
