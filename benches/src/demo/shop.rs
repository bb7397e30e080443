//! The programs of the shop, and what goes wrong in them when. What it is stands in `stories.json`, an event
//! each as SDKs report them, with `{…}` where events differ.

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Builder;

use crate::load::mix::{scatter, unit};

const STORIES: &str = include_str!("stories.json");

/// Users of the shop who meet an error at times.
const USERS: u64 = 400;

/// How long a release lives.
const RELEASE_SECONDS: f64 = 2.0 * 86_400.0;

/// Two bad hours, of each day and a half, of what comes in bursts.
const BURST: (f64, f64) = (7_200.0, 130_000.0);

const BROWSERS: [(&str, &str); 4] = [
    ("Firefox", "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"),
    (
        "Chrome",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36",
    ),
    (
        "Safari",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/26.0 Safari/605.1.15",
    ),
    (
        "Chrome Mobile",
        "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/141.0 Mobile Safari/537.36",
    ),
];
const ENVIRONMENTS: [&str; 8] = [
    "production",
    "production",
    "production",
    "production",
    "production",
    "production",
    "canary",
    "staging",
];
const REGIONS: [&str; 3] = ["eu-central", "eu-west", "us-east"];

/// A program of the shop: its name, its language, the project that it reports to, and its SDK.
#[derive(Debug)]
pub struct Program {
    /// The name, also of its releases.
    pub name: &'static str,
    platform: &'static str,
    /// The project; none: the one that every installation begins with.
    pub project: Option<&'static str>,
    sdk: &'static str,
}

const PROGRAMS: [Program; 9] = [
    program("checkout", "python", None, "sentry.python.fastapi"),
    program("storefront", "javascript", None, "sentry.javascript.react"),
    program("gateway", "node", None, "sentry.javascript.node"),
    program("search", "rust", None, "sentry.rust"),
    program("mailer", "ruby", None, "sentry.ruby.sidekiq"),
    program("admin", "csharp", None, "sentry.dotnet.aspnetcore"),
    program("warehouse", "java", Some("Warehouse"), "sentry.java.spring-boot"),
    program("labels", "go", Some("Warehouse"), "sentry.go"),
    program("scanner", "php", Some("Warehouse"), "sentry.php.laravel"),
];

const fn program(
    name: &'static str,
    platform: &'static str,
    project: Option<&'static str>,
    sdk: &'static str,
) -> Program {
    Program { name, platform, project, sdk }
}

/// Something that goes wrong again and again.
#[derive(Debug, Deserialize)]
struct Story {
    program: String,
    per_day: f64,
    began_days_ago: f64,
    bursts: bool,
    settled: bool,
    assigned_to: Option<String>,
    event: Value,
}

/// What people do about a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Care {
    /// Whether somebody says that it is mended.
    pub settled: bool,
    /// Who looks after it.
    pub assigned_to: Option<String>,
}

/// Something that goes wrong once.
#[derive(Debug, Clone, Copy)]
pub struct Happening {
    /// The number of the story.
    pub story: usize,
    /// When, in seconds since 1970.
    pub at: f64,
    seed: u64,
}

impl Happening {
    /// Independent random numbers of it.
    fn random(self, which: u64) -> u64 {
        scatter(self.seed.wrapping_add(which))
    }
}

/// The shop.
#[derive(Debug)]
pub struct Shop {
    stories: Vec<(&'static Program, Story)>,
}

impl Shop {
    /// Reads the stories.
    ///
    /// # Errors
    /// When one is of a program that there is not.
    pub fn new() -> anyhow::Result<Self> {
        let stories: Vec<Story> =
            serde_json::from_str(STORIES).context("cannot read the stories")?;
        let told = stories.into_iter().map(|story| {
            let program = PROGRAMS.iter().find(|program| program.name == story.program);
            Ok((program.with_context(|| format!("there is no {}", story.program))?, story))
        });
        Ok(Self { stories: told.collect::<anyhow::Result<_>>()? })
    }

    /// The projects that the programs report to, besides the one that is always there.
    pub fn projects(&self) -> impl Iterator<Item = &'static str> {
        let mut names: Vec<_> =
            self.stories.iter().filter_map(|(program, _)| program.project).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter()
    }

    /// The program of a story.
    #[must_use]
    pub fn program(&self, story: usize) -> Option<&'static Program> {
        self.stories.get(story).map(|(program, _)| *program)
    }

    /// What people do about each story.
    pub fn care(&self) -> impl Iterator<Item = (usize, Care)> {
        self.stories.iter().enumerate().map(|(number, (_, story))| {
            (number, Care { settled: story.settled, assigned_to: story.assigned_to.clone() })
        })
    }

    /// Everything that happened in the last days, oldest first.
    #[must_use]
    pub fn past(&self, now: f64, days: u32) -> Vec<Happening> {
        let hours = days * 24;
        (1..=hours)
            .rev()
            .flat_map(|ago| {
                let hour = now - f64::from(ago) * 3_600.0;
                let mut happened = self.during(hour, 1.0 / 24.0, scatter(u64::from(ago)));
                for one in &mut happened {
                    one.at += unit(one.random(9)) * 3_599.0;
                }
                happened
            })
            .filter(|one| now - one.at < self.age(one.story))
            .collect()
    }

    fn age(&self, story: usize) -> f64 {
        self.stories.get(story).map_or(0.0, |(_, story)| story.began_days_ago * 86_400.0)
    }

    /// What happens from a moment on, for a share of a day.
    #[must_use]
    pub fn during(&self, at: f64, share: f64, seed: u64) -> Vec<Happening> {
        let mut happening = Vec::new();
        for (number, (_, story)) in self.stories.iter().enumerate() {
            let seed = scatter(seed.wrapping_add(number as u64 * 1_000));
            let day = scatter(number as u64 ^ scatter((at / 86_400.0) as u64));
            let expected =
                story.per_day * share * of_day(at) * (0.3 + 1.4 * unit(day)) * story.burst(at);
            // As many as expected in the mean: the fraction by chance.
            let times = (expected + unit(seed)).floor();
            let mut more = 0.0;
            while more < times {
                more += 1.0;
                let seed = scatter(seed ^ (happening.len() as u64 + 1));
                happening.push(Happening { story: number, at, seed });
            }
        }
        happening
    }

    /// A story, now.
    #[must_use]
    pub fn once(&self, story: usize, at: f64) -> Happening {
        Happening { story, at, seed: scatter(at.to_bits()) }
    }

    /// The event as its program reports it; none: there is no such story.
    #[must_use]
    pub fn event(&self, happening: Happening) -> Option<Value> {
        let (program, story) = self.stories.get(happening.story)?;
        let (browser, agent) = choose(BROWSERS, happening.random(1))?;
        let number = happening.random(2) % 9_000 + 1_000;
        let text = story
            .event
            .to_string()
            .replace("{number}", &number.to_string())
            .replace("{browser}", agent);
        let mut event: Value = serde_json::from_str(&text).ok()?;
        let user = happening.random(3) % USERS;
        let id = (u128::from(happening.random(4)) << 64) | u128::from(happening.random(5));
        let id = Builder::from_random_bytes(id.to_be_bytes()).into_uuid();
        event["event_id"] = json!(id.simple().to_string());
        event["timestamp"] = json!(happening.at);
        event["platform"] = json!(program.platform);
        event["environment"] = json!(choose(ENVIRONMENTS, happening.random(6)));
        event["release"] = json!(program.release(happening.at));
        event["server_name"] = json!(format!("{}-{}", program.name, happening.random(7) % 6 + 1));
        event["sdk"] = json!({"name": program.sdk, "version": "3.2.0"});
        event["user"] =
            json!({"id": user.to_string(), "email": format!("customer{user}@example.com")});
        event["tags"] = json!({"region": choose(REGIONS, happening.random(8))});
        let crumbs = event["breadcrumbs"]["values"].as_array_mut().into_iter().flatten().rev();
        for (ago, crumb) in crumbs.enumerate() {
            crumb["timestamp"] = json!(happening.at - (ago as f64 + 0.4) * 1.7);
        }
        if event["request"]["headers"]["User-Agent"].is_string() {
            event["tags"]["browser"] = json!(browser);
        }
        Some(event)
    }
}

impl Program {
    /// The release that runs at a moment: each program has its own pace.
    fn release(&self, at: f64) -> String {
        let pace = scatter(self.name.len() as u64) % 4;
        let number = (at / (RELEASE_SECONDS * (1.0 + pace as f64 / 2.0))).floor();
        format!("{}@2.{}.{}", self.name, (number / 10.0).floor() % 90.0, number % 10.0)
    }
}

impl Story {
    /// Worse than usual at times.
    fn burst(&self, at: f64) -> f64 {
        let (bad, period) = BURST;
        let own = scatter(self.event.to_string().len() as u64) % 10_000;
        if self.bursts && (at + own as f64 * 13.0) % period < bad { 10.0 } else { 0.7 }
    }
}

/// People buy by day.
fn of_day(at: f64) -> f64 {
    let hour = at / 3_600.0 % 24.0;
    1.0 + 0.7 * ((hour - 8.0) / 24.0 * std::f64::consts::TAU).sin()
}

fn choose<T: Copy, const N: usize>(choices: [T; N], random: u64) -> Option<T> {
    usize::try_from(random % N.max(1) as u64).ok().and_then(|at| choices.get(at).copied())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Noon of a day.
    const NOW: f64 = 1_790_000_000.0;

    #[test]
    fn every_story_is_of_a_program_and_every_program_has_one() {
        let shop = Shop::new().unwrap();
        let told: BTreeSet<&str> = shop.stories.iter().map(|(program, _)| program.name).collect();
        assert_eq!(told, PROGRAMS.iter().map(|program| program.name).collect());
        assert_eq!(shop.projects().collect::<Vec<_>>(), ["Warehouse"]);
    }

    #[test]
    fn the_past_is_varied_bounded_and_always_the_same() {
        let shop = Shop::new().unwrap();
        let past = shop.past(NOW, 14);
        assert!((2_000..8_000).contains(&past.len()), "{}", past.len());
        assert!(past.iter().all(|one| (NOW - 14.0 * 86_400.0..=NOW).contains(&one.at)));
        let stories: BTreeSet<usize> = past.iter().map(|one| one.story).collect();
        assert_eq!(stories.len(), shop.stories.len());
        let events = past.iter().filter_map(|one| shop.event(*one));
        let mut ids = BTreeSet::new();
        let mut releases = BTreeSet::new();
        for event in events {
            assert!(!event.to_string().contains("{number}"), "{event}");
            ids.insert(event["event_id"].to_string());
            releases.insert(event["release"].to_string());
        }
        assert_eq!(ids.len(), past.len(), "each happens once");
        assert!(releases.len() > 20, "{releases:?}");
        let again = shop.past(NOW, 14);
        assert_eq!(shop.event(again[0]), shop.event(past[0]));
    }

    #[test]
    fn what_began_lately_has_no_long_past() {
        let shop = Shop::new().unwrap();
        for one in shop.past(NOW, 14) {
            assert!(NOW - one.at < shop.age(one.story));
        }
    }
}
