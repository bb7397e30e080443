//! What may happen, drawn at random: few projects, errors, ids and users, so that everything meets
//! everything.

use std::fmt;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any};
use proptest::prop_oneof;
use worker::upkeep::Job;

/// Projects that exist. Events also come for the one after.
pub(super) const PROJECTS: i32 = 2;

const DAY: i64 = 86_400;

/// The days over which events are received.
const DAYS: i64 = 3;

/// One run of the test.
#[derive(Debug, Clone)]
pub(super) struct Sequence {
    /// Whether payloads are kept within budgets that are soon used up.
    pub(super) frugal: bool,
    pub(super) steps: Vec<Step>,
}

/// A step a line, each with its number.
impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "frugal: {}", self.frugal)?;
        let mut steps = self.steps.iter().enumerate();
        steps.try_for_each(|(number, step)| writeln!(f, "{number}: {step:?}"))
    }
}

/// What happens next.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Alone(Action),
    /// Two of them at once, whichever comes first.
    AtOnce(Action, Action),
    /// A transaction is cut off, and its messages come again.
    CutOff(Delivery, Cut),
    /// The dead letters are sent again, with their cause mended or not.
    Replay {
        mended: bool,
    },
}

#[derive(Debug, Clone)]
pub(super) enum Action {
    Deliver(Delivery),
    Change(Change),
    Upkeep(Job),
}

/// The messages of one transaction.
pub(super) type Delivery = Vec<Message>;

#[derive(Debug, Clone)]
pub(super) enum Message {
    New(Vec<Event>),
    /// One of those before, by any number.
    Again(usize),
}

#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) project: i32,
    pub(super) error: u8,
    /// The id that the client gave.
    pub(super) id: Option<u8>,
    /// Seconds after the first of the days.
    pub(super) received: i64,
    /// Seconds from when it happened to its receipt.
    pub(super) delay: i64,
    pub(super) user: Option<i64>,
    pub(super) facet: u8,
    pub(super) payload_bytes: Option<usize>,
    /// Whether Postgres refuses it.
    pub(super) poison: bool,
}

/// What somebody does to an error.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub(super) project: i32,
    pub(super) error: u8,
    /// Seconds after the first of the days.
    pub(super) at: i64,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    Resolve,
    Unresolve,
    /// Until so many seconds after the first of the days, or so many events from now.
    Ignore {
        until: Option<i64>,
        events: Option<i64>,
    },
    Delete,
    /// Another error becomes part of it.
    Merge {
        other: u8,
    },
    /// It becomes an error of its own again, whatever it is part of.
    Unmerge,
}

/// How a transaction is cut off.
#[derive(Debug, Clone)]
pub(super) struct Cut {
    /// How often the transaction gets on before.
    pub(super) polls: usize,
    /// Whether Postgres ends the session, or else the worker goes away.
    pub(super) by_postgres: bool,
}

pub(super) fn sequences() -> impl Strategy<Value = Sequence> {
    (any::<bool>(), vec(step(), 1..60)).prop_map(|(frugal, steps)| Sequence { frugal, steps })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => action().prop_map(Step::Alone),
        3 => (action(), action()).prop_map(|(one, other)| Step::AtOnce(one, other)),
        3 => (delivery(), cut()).prop_map(|(delivery, cut)| Step::CutOff(delivery, cut)),
        1 => any::<bool>().prop_map(|mended| Step::Replay { mended }),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    let job = prop_oneof![Just(Job::PurgeDeleted), Just(Job::MergeSlots), Just(Job::WakeIgnored)];
    prop_oneof![
        6 => delivery().prop_map(Action::Deliver),
        4 => change().prop_map(Action::Change),
        1 => job.prop_map(Action::Upkeep),
    ]
}

fn delivery() -> impl Strategy<Value = Delivery> {
    let message = prop_oneof![
        3 => vec(event(), 1..8).prop_map(Message::New),
        1 => any::<usize>().prop_map(Message::Again),
    ];
    vec(message, 1..4)
}

fn event() -> impl Strategy<Value = Event> {
    let names = (project(), error(), option::weighted(0.6, 0..8_u8));
    let delay = prop_oneof![3 => Just(0_i64), 2 => 0..7_200_i64, 1 => -60..0_i64, 1 => 0..30 * DAY];
    let contents = (option::weighted(0.5, 0..4_i64), 0..6_u8, option::weighted(0.8, 1..20_usize));
    let poison = proptest::bool::weighted(0.05);
    (names, moment(), delay, contents, poison).prop_map(
        |((project, error, id), received, delay, (user, facet, payload_bytes), poison)| Event {
            project,
            error,
            id,
            received,
            delay,
            user,
            facet,
            payload_bytes,
            poison,
        },
    )
}

/// Often around midnight, where days meet.
fn moment() -> impl Strategy<Value = i64> {
    let midnight = (1..DAYS, -300..300_i64).prop_map(|(day, seconds)| day * DAY + seconds);
    prop_oneof![midnight, 0..DAYS * DAY]
}

fn change() -> impl Strategy<Value = Change> {
    let until = option::of(prop_oneof![4 => moment(), 1 => Just(300 * DAY)]);
    let ignore = (until, option::of(1..6_i64));
    let kind = prop_oneof![
        3 => Just(Kind::Resolve),
        1 => Just(Kind::Unresolve),
        3 => ignore.prop_map(|(until, events)| Kind::Ignore { until, events }),
        2 => Just(Kind::Delete),
        4 => error().prop_map(|other| Kind::Merge { other }),
        3 => Just(Kind::Unmerge),
    ];
    (1..=PROJECTS, error(), moment(), kind).prop_map(|(project, error, at, kind)| Change {
        project,
        error,
        at,
        kind,
    })
}

fn project() -> impl Strategy<Value = i32> {
    prop_oneof![12 => Just(1), 6 => Just(PROJECTS), 1 => Just(PROJECTS + 1)]
}

fn error() -> impl Strategy<Value = u8> {
    0..4_u8
}

fn cut() -> impl Strategy<Value = Cut> {
    (0..45_usize, any::<bool>()).prop_map(|(polls, by_postgres)| Cut { polls, by_postgres })
}
