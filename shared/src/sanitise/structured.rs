//! Walks JSON: values under keys, lists of pairs, and documents inside strings.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::MASK;
use super::detectors::card;
use super::keys::{self, Verdict};
use super::rules::{Detector, Rules};
use super::text::{self, Syntax};

/// Values nested deeper than any door lets in are masked unread, which bounds the recursion.
const DEEPEST: usize = 64;

/// How many JSON documents may stand inside one another's strings; deeper ones are read as text.
const MOST_DOCUMENTS: usize = 4;

/// No shape of a secret is shorter.
const SHORTEST_SECRET: usize = 8;

/// How a nested value is walked.
#[derive(Clone, Copy)]
pub(super) struct Walk<'a> {
    rules: &'a Rules,
    depth: usize,
    documents: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(rules: &'a Rules) -> Self {
        Self { rules, depth: 0, documents: 0 }
    }

    fn deeper(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }

    /// Masks the secrets of an object. Returns whether there was one.
    pub(super) fn object(self, object: &mut Map<String, Value>) -> bool {
        let mut changed = self.named_value(object) | self.keys(object);
        for (key, value) in object.iter_mut() {
            let verdict = keys::verdict(key.as_bytes(), self.rules);
            changed |= if hides(verdict, value) {
                mask(value)
            } else if let Value::Array(items) = value
                && keys::last_word_is(key.as_bytes(), |word| word == b"header")
            {
                self.headers(items)
            } else {
                self.value(value)
            };
        }
        changed
    }

    /// Masks secrets that are keys themselves, as in counts by card number.
    fn keys(self, object: &mut Map<String, Value>) -> bool {
        let masked = masked_keys(object.keys(), self.rules);
        for (key, name) in &masked {
            if let Some(value) = object.remove(key) {
                object.insert(name.clone(), value);
            }
        }
        !masked.is_empty()
    }

    fn value(self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => self.string(text),
            Value::Number(number) => {
                let card = number.as_u64().is_some_and(card::is_card_number);
                card && self.rules.detects(Detector::CardNumbers) && mask(value)
            }
            Value::Array(_) | Value::Object(_) if self.depth >= DEEPEST => mask(value),
            Value::Array(items) => self.deeper().array(items),
            Value::Object(object) => self.deeper().object(object),
            Value::Null | Value::Bool(_) => false,
        }
    }

    /// Masks the secrets of a list of values that stand for themselves.
    pub(super) fn list(self, items: &mut [Value]) {
        for item in items {
            self.value(item);
        }
    }

    fn array(self, items: &mut [Value]) -> bool {
        let pairs = items.iter().all(is_pair);
        let mut changed = self.options(items);
        for item in items {
            changed |= match item {
                Value::Array(pair) if pairs => self.pair(pair),
                item => self.value(item),
            };
        }
        changed
    }

    /// `["Cookie", "…"]` in a list that consists of pairs.
    fn pair(self, pair: &mut [Value]) -> bool {
        if let [Value::String(key), value] = pair {
            let verdict = keys::verdict(key.as_bytes(), self.rules);
            if hides(verdict, value) {
                return mask(value);
            }
        }
        self.deeper().array(pair)
    }

    /// Names and values in turn, as Node lists the headers of a request; or any other list.
    fn headers(self, items: &mut [Value]) -> bool {
        let mut changed = false;
        if items.len().is_multiple_of(2) && items.iter().all(Value::is_string) {
            for pair in items.chunks_exact_mut(2) {
                changed |= self.pair(pair);
            }
            return changed;
        }
        self.deeper().array(items)
    }

    /// `["--password", "…"]` in the arguments of a program.
    fn options(self, items: &mut [Value]) -> bool {
        let mut changed = false;
        for place in 1..items.len() {
            let Some([Value::String(option), value]) = items.get_mut(place - 1..=place) else {
                continue;
            };
            let Some(name) = option.strip_prefix("--") else {
                continue;
            };
            let is_value = value.as_str().is_some_and(|value| !value.starts_with('-'));
            if is_value && hides(keys::verdict(name.as_bytes(), self.rules), value) {
                changed |= mask(value);
            }
        }
        changed
    }

    /// `{"name": "Cookie", "value": "…"}`.
    fn named_value(self, object: &mut Map<String, Value>) -> bool {
        let Some(value) = object.get("value") else {
            return false;
        };
        let names =
            ["name", "key", "header"].into_iter().filter_map(|name| object.get(name)?.as_str());
        let named = names.map(|name| keys::verdict(name.as_bytes(), self.rules));
        let hidden = named.into_iter().any(|verdict| hides(verdict, value));
        hidden && object.get_mut("value").is_some_and(mask)
    }

    /// Masks the secrets of a string, which may be a JSON document itself. It stays byte for byte
    /// when there is none.
    pub(super) fn string(self, text: &mut String) -> bool {
        if self.documents < MOST_DOCUMENTS
            && looks_like_json(text)
            && let Ok(mut document) = serde_json::from_str::<Value>(text)
        {
            return self.document(text, &mut document);
        }
        text::sanitise(text, self.rules, Syntax::Prose)
    }

    fn document(self, text: &mut String, document: &mut Value) -> bool {
        let inside = Self { depth: 0, documents: self.documents + 1, ..self };
        let changed = inside.value(document);
        if changed {
            *text = document.to_string();
        }
        changed
    }
}

/// The keys that hold a secret, each with what is left of it, numbered where another key has that
/// name.
pub(super) fn masked_keys<'k>(
    keys: impl Iterator<Item = &'k String> + Clone,
    rules: &Rules,
) -> Vec<(String, String)> {
    let masked = |key: &String| {
        let mut text = key.clone();
        text::sanitise(&mut text, rules, Syntax::Prose).then(|| (key.clone(), text))
    };
    let mut masked: Vec<_> =
        keys.clone().filter(|key| !is_plain_name(key)).filter_map(masked).collect();
    if !masked.is_empty() {
        number(&mut masked, keys.cloned().collect());
    }
    masked
}

/// Gives each masked key a name that none of the taken ones is.
fn number(masked: &mut [(String, String)], mut taken: HashSet<String>) {
    // Numbered on and not anew for each key, so that many of them stay linear.
    let mut number = 1;
    for (_, name) in masked {
        let left = name.clone();
        while !taken.insert(name.clone()) {
            number += 1;
            *name = format!("{left} {number}");
        }
    }
}

/// Secrets have a shape of their own; words do not, and almost every key consists of words.
fn is_plain_name(key: &str) -> bool {
    key.len() < SHORTEST_SECRET
        || key.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'.'))
}

/// Whether a value is hidden under a key with this verdict. Nulls, switches and empty values hide
/// nothing, and that a secret is missing is often the very cause of an error.
pub(super) fn hides(verdict: Verdict, value: &Value) -> bool {
    let holds_something = match value {
        Value::Null | Value::Bool(_) => false,
        Value::Number(_) => verdict != Verdict::Plural,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(object) => !object.is_empty(),
    };
    verdict != Verdict::Clear && holds_something
}

/// Puts the mask in the place of a value. Returns whether that changed it.
fn mask(value: &mut Value) -> bool {
    if value == MASK {
        return false;
    }
    *value = Value::String(MASK.to_owned());
    true
}

fn is_pair(item: &Value) -> bool {
    matches!(item, Value::Array(pair) if matches!(pair.as_slice(), [Value::String(_), _]))
}

fn looks_like_json(text: &str) -> bool {
    let text = text.trim_ascii().as_bytes();
    matches!((text.first(), text.last()), (Some(b'{'), Some(b'}')) | (Some(b'['), Some(b']')))
        && text.len() > 2
        && text != MASK.as_bytes()
}
