//! Tells how a fingerprint came to be: what went into it, and what was left out and why.
//!
//! For people who ask why two events are one error, or why they are not. Not on the way of an event: it
//! reads a stored one again with the same functions that name events.

use super::names::{Name, Place};
use super::parts::Component;
use super::{Input, chain_of, computed, normalise, parts, stack};
use crate::event::{Exception, Frame};
use crate::ids::Fingerprint;
use crate::stacktrace::in_app;

/// Things that are named as left out; a stack may have hundreds of frames.
const MAX_LEFT_OUT: usize = 100;

/// Bytes of a value that is shown.
const MAX_VALUE: usize = 300;

/// How the fingerprint of one event came to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The fingerprint.
    pub fingerprint: Fingerprint,
    /// What it is the hash of, in that order.
    pub components: Vec<Component>,
    /// What it would be, and what `{{ default }}` stands for, without the client's own grouping or a rule.
    pub default: (Fingerprint, Vec<Component>),
    /// What was looked at for the default and left out.
    pub left_out: Vec<LeftOut>,
    /// Whether more was left out than is named.
    pub more: bool,
    /// What stands for values that differ from event to event.
    pub replaced: Vec<Replaced>,
}

/// Something that did not go into the fingerprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// `type`, `frame`, `line`, `path` or `message`.
    pub kind: &'static str,
    /// What it says.
    pub value: String,
    /// Why it does not count.
    pub reason: Reason,
}

/// Why something does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Code of a library, a framework or the runtime.
    NotInApp,
    /// It called the place that decides; the same bug is reached in many ways.
    Caller,
    /// A function without a name; the one around it has one.
    Anonymous,
    /// Code that nobody wrote.
    Generated,
    /// An exception that only carries another one.
    Carrier,
    /// An exception that the client made to carry a stack.
    Synthetic,
    /// It differs from release to release.
    LineNumber,
    /// It differs from host to host.
    PathPrefix,
    /// The stack says enough.
    StackDecides,
}

impl Reason {
    /// All reasons.
    pub const ALL: [Self; 9] = [
        Self::NotInApp,
        Self::Caller,
        Self::Anonymous,
        Self::Generated,
        Self::Carrier,
        Self::Synthetic,
        Self::LineNumber,
        Self::PathPrefix,
        Self::StackDecides,
    ];

    /// The name in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotInApp => "not_in_app",
            Self::Caller => "caller",
            Self::Anonymous => "anonymous",
            Self::Generated => "generated",
            Self::Carrier => "carrier",
            Self::Synthetic => "synthetic",
            Self::LineNumber => "line_number",
            Self::PathPrefix => "path_prefix",
            Self::StackDecides => "stack_decides",
        }
    }
}

/// Values that were replaced by one placeholder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// What stands in the fingerprint.
    pub placeholder: &'static str,
    /// What it stands for.
    pub kind: &'static str,
    /// How often.
    pub times: usize,
}

/// The placeholders that a normalised text may hold.
pub const PLACEHOLDERS: [(&str, &str); 8] = [
    ("<n>", "number or id"),
    ("<time>", "time"),
    ("<str>", "quoted text"),
    ("<email>", "mail address"),
    ("<url>", "URL"),
    ("<host>", "host or address"),
    ("<v>", "name made of letters and digits"),
    ("<path>", "directory"),
];

impl Explanation {
    /// Explains the fingerprint of an event.
    pub fn of(input: Input<'_>) -> Self {
        let chain = chain_of(&input);
        let (made_of, default) = (parts(&input, &chain), computed(&input, &chain));
        let components = made_of.components();
        let default = (default.hash(), default.components());
        let mut found = Found::default();
        if chain.iter().any(|exception| !exception.frames.is_empty()) {
            found.chain(&chain);
            if !default.1.iter().any(|component| component.kind == "message") {
                found.add("message", input.message, Reason::StackDecides);
            }
        }
        Self {
            fingerprint: made_of.hash(),
            replaced: replaced(&default.1),
            components,
            default,
            left_out: found.left_out,
            more: found.more,
        }
    }
}

/// What was left out so far.
#[derive(Default)]
struct Found {
    left_out: Vec<LeftOut>,
    more: bool,
}

impl Found {
    fn add(&mut self, kind: &'static str, value: &str, reason: Reason) {
        if self.left_out.len() >= MAX_LEFT_OUT {
            self.more = true;
            return;
        }
        let value = value.get(..value.floor_char_boundary(MAX_VALUE)).unwrap_or_default();
        self.left_out.push(LeftOut { kind, value: value.to_owned(), reason });
    }

    fn chain(&mut self, chain: &[Exception]) {
        let all_frames = !chain.iter().flat_map(|it| &it.frames).any(in_app::is_in_app);
        for exception in chain {
            let kind = exception.kind.as_deref().unwrap_or_default();
            if !stack::decisive(chain).any(|it| std::ptr::eq(it, exception)) {
                self.add("type", kind, Reason::Carrier);
                continue;
            }
            if exception.is_synthetic() {
                self.add("type", kind, Reason::Synthetic);
            }
            self.frames(&exception.frames, all_frames);
        }
    }

    fn frames(&mut self, frames: &[Frame], all_frames: bool) {
        let mut decisive = stack::raised_at(frames, all_frames);
        for frame in frames {
            let place = Place::of(frame);
            let counts = all_frames || in_app::is_in_app(frame);
            if !counts {
                self.add("frame", &shown(frame), Reason::NotInApp);
            } else if place.name == Name::Generated {
                self.add("frame", &shown(frame), Reason::Generated);
            } else if decisive
                .take_if(|it| it.name == place.name && it.scope == place.scope)
                .is_some()
            {
                self.parts_of(frame, &place);
            } else if decisive.is_some() {
                self.add("frame", &shown(frame), Reason::Anonymous);
            } else {
                self.add("frame", &shown(frame), Reason::Caller);
            }
        }
    }

    /// What of the frame that decides does not count.
    fn parts_of(&mut self, frame: &Frame, place: &Place<'_>) {
        let path = in_app::path_of(frame);
        if path.len() > place.scope.len() && path != place.scope {
            self.add("path", path, Reason::PathPrefix);
        }
        if let Some(line) = frame.lineno {
            self.add("line", &line.to_string(), Reason::LineNumber);
        }
    }
}

fn shown(frame: &Frame) -> String {
    let function = frame.function.as_deref().unwrap_or("?");
    let place = match in_app::path_of(frame) {
        "" => frame.module.as_deref().unwrap_or_default(),
        path => path,
    };
    if place.is_empty() { function.to_owned() } else { format!("{function} in {place}") }
}

fn replaced(components: &[Component]) -> Vec<Replaced> {
    let texts = || components.iter().filter(|it| matches!(it.kind, "message" | "line"));
    let times = |placeholder: &str| {
        texts().map(|component| component.value.matches(placeholder).count()).sum::<usize>()
    };
    PLACEHOLDERS
        .into_iter()
        .map(|(placeholder, kind)| Replaced { placeholder, kind, times: times(placeholder) })
        .filter(|replaced| replaced.times > 0)
        .collect()
}

/// A text as two reports of one event sort both write it.
pub fn normalised(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    normalise::normalise(text, &mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::group;

    const STACK: &str = "Traceback (most recent call last):\n  File \"/srv/app/shop/views.py\", line 12, in pay\n    charge(cart)\n  File \"/srv/app/shop/cards.py\", line 31, in charge\n    gateway.send(card)\n  File \"/usr/lib/python3.12/site-packages/gateway/api.py\", line 7, in send\n    raise Refused(code)\ngateway.Refused: card 4711 refused";

    #[track_caller]
    fn check(input: Input<'_>, components: &[(&str, &str)], left_out: &[(&str, &str, Reason)]) {
        let told = Explanation::of(input);
        assert_eq!(told.fingerprint, group(input).fingerprint, "it explains what is used");
        let parts: Vec<_> = told.components.iter().map(|it| (it.kind, it.value.as_str())).collect();
        assert_eq!(parts, components);
        let left: Vec<_> =
            told.left_out.iter().map(|it| (it.kind, it.value.as_str(), it.reason)).collect();
        assert_eq!(left, left_out);
    }

    #[test]
    fn of_a_stack_it_tells_what_decides_and_what_does_not() {
        check(
            Input { message: "card 4711 refused", stack_trace: Some(STACK), ..Input::default() },
            &[("type", "Refused"), ("module", "cards.py"), ("function", "charge")],
            &[
                (
                    "frame",
                    "send in /usr/lib/python3.12/site-packages/gateway/api.py",
                    Reason::NotInApp,
                ),
                ("path", "/srv/app/shop/cards.py", Reason::PathPrefix),
                ("line", "31", Reason::LineNumber),
                ("frame", "pay in /srv/app/shop/views.py", Reason::Caller),
                ("message", "card 4711 refused", Reason::StackDecides),
            ],
        );
    }

    #[test]
    fn of_a_message_it_tells_which_values_were_replaced() {
        let input = Input { message: "user 17 of 42 is not \"ann\"", ..Input::default() };
        check(input, &[("message", "user <n> of <n> is not <str>")], &[]);
        let told = Explanation::of(input).replaced;
        let told: Vec<_> = told.iter().map(|it| (it.placeholder, it.times)).collect();
        assert_eq!(told, [("<n>", 2), ("<str>", 1)]);
    }

    #[test]
    fn the_grouping_of_a_client_is_told_beside_what_it_replaced() {
        let own = ["checkout".to_owned()];
        let input = Input { message: "no 7", client_fingerprint: Some(&own), ..Input::default() };
        check(input, &[("client", "checkout")], &[]);
        let told = Explanation::of(input);
        let without = Input { client_fingerprint: None, ..input };
        assert_eq!(told.default.0, group(without).fingerprint);
        assert_eq!(told.default.1[0].value, "no <n>");
    }

    #[test]
    fn long_stacks_are_told_in_part() {
        let frame = |n: usize| Frame { function: Some(format!("f{n}")), ..Frame::default() };
        let frames = (0..MAX_LEFT_OUT + 20).map(frame).collect();
        let chain = [Exception { frames, ..Exception::default() }];
        let told = Explanation::of(Input { exceptions: &chain, ..Input::default() });
        assert_eq!((told.left_out.len(), told.more), (MAX_LEFT_OUT, true));
    }
}
