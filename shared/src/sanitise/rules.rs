//! What a project sanitises beyond the built-in rules, and what it leaves alone.
//!
//! The rules are stored per project as JSON, every field optional:
//!
//! ```json
//! {
//!   "extra_keys": ["customer number", "iban"],
//!   "safe_keys": ["session_kind"],
//!   "off": ["card_numbers"]
//! }
//! ```
//!
//! `extra_keys` match like the built-in ones: as whole words anywhere in a key, in any spelling
//! (`customer number` matches `oldCustomerNumber`). `safe_keys` match whole keys, in any spelling,
//! and win over everything else. `off` names detectors; see [`Detector`].

use serde::{Deserialize, Serialize};

use super::keys;

/// More keys than this per list slow down every event of the project for no purpose.
pub const MAX_KEYS: usize = 100;

/// The longest key, in bytes, that a rule may name, also when its words are written with spaces.
pub const MAX_KEY_LENGTH: usize = 64;

/// Finds one kind of secret by its shape, wherever it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detector {
    /// Payment card numbers: known issuer, its length, Luhn's check digit.
    CardNumbers,
    /// Bank account numbers: known country, its length, remainder by 97.
    Ibans,
    /// PEM blocks that hold a private key.
    PrivateKeys,
    /// JSON web tokens.
    Jwts,
    /// The password of `user:password@host` in URLs.
    UrlPasswords,
    /// `Bearer …` and `Basic …` in text.
    BearerTokens,
    /// Keys of well-known services that begin with a fixed prefix.
    ServiceKeys,
}

impl Detector {
    /// All detectors.
    pub const ALL: [Self; 7] = [
        Self::CardNumbers,
        Self::Ibans,
        Self::PrivateKeys,
        Self::Jwts,
        Self::UrlPasswords,
        Self::BearerTokens,
        Self::ServiceKeys,
    ];

    /// The name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CardNumbers => "card_numbers",
            Self::Ibans => "ibans",
            Self::PrivateKeys => "private_keys",
            Self::Jwts => "jwts",
            Self::UrlPasswords => "url_passwords",
            Self::BearerTokens => "bearer_tokens",
            Self::ServiceKeys => "service_keys",
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// What is sanitised, beyond and except the built-in rules. The default adds and excepts nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Rules {
    /// Lower-case words joined by single spaces, as [`keys::normalise`] writes them.
    extra: Vec<String>,
    safe: Vec<String>,
    off: u8,
}

impl Rules {
    /// Rules from keys in any spelling.
    ///
    /// # Errors
    /// When a list is too long, or a key is too long or holds no letter.
    pub fn new(
        extra_keys: &[String],
        safe_keys: &[String],
        off: &[Detector],
    ) -> Result<Self, RulesError> {
        Ok(Self {
            extra: normalised("extra_keys", extra_keys)?,
            safe: normalised("safe_keys", safe_keys)?,
            off: off.iter().fold(0, |bits, detector| bits | detector.bit()),
        })
    }

    /// What is wrong with a key that a rule would name.
    ///
    /// # Errors
    /// When it is too long or holds no letter; `list` is the name of its list.
    pub fn check_key(list: &'static str, key: &str) -> Result<(), RulesError> {
        normalised_key(list, key).map(drop)
    }

    /// Whether the detector is on.
    pub fn detects(&self, detector: Detector) -> bool {
        self.off & detector.bit() == 0
    }

    pub(super) fn extra(&self) -> &[String] {
        &self.extra
    }

    pub(super) fn safe(&self) -> &[String] {
        &self.safe
    }
}

fn normalised(list: &'static str, keys: &[String]) -> Result<Vec<String>, RulesError> {
    if keys.len() > MAX_KEYS {
        return Err(RulesError::TooMany { list });
    }
    keys.iter().map(|key| normalised_key(list, key)).collect()
}

fn normalised_key(list: &'static str, key: &str) -> Result<String, RulesError> {
    let words = keys::normalise(key);
    // Spaces between words make it longer, and it is read again as it is written then.
    if key.len().max(words.len()) > MAX_KEY_LENGTH {
        return Err(RulesError::TooLong { list });
    }
    if words.is_empty() { Err(RulesError::NoWord { list }) } else { Ok(words) }
}

/// Why rules are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// A list holds more than [`MAX_KEYS`] keys.
    #[error("{list} holds more than {MAX_KEYS} keys")]
    TooMany {
        /// Name of the list.
        list: &'static str,
    },
    /// A key is longer than [`MAX_KEY_LENGTH`] bytes.
    #[error("{list} holds a key of more than {MAX_KEY_LENGTH} bytes")]
    TooLong {
        /// Name of the list.
        list: &'static str,
    },
    /// A key has no letter, so it could never match.
    #[error("{list} holds a key without a letter")]
    NoWord {
        /// Name of the list.
        list: &'static str,
    },
}

/// The JSON form.
#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(default)]
    extra_keys: Vec<String>,
    #[serde(default)]
    safe_keys: Vec<String>,
    #[serde(default)]
    off: Vec<Detector>,
}

impl TryFrom<Stored> for Rules {
    type Error = RulesError;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        Self::new(&stored.extra_keys, &stored.safe_keys, &stored.off)
    }
}

impl From<Rules> for Stored {
    fn from(rules: Rules) -> Self {
        let off = Detector::ALL.into_iter().filter(|detector| !rules.detects(*detector)).collect();
        Self { extra_keys: rules.extra, safe_keys: rules.safe, off }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_refused(json: &str, problem: &str) {
        let error = serde_json::from_str::<Rules>(json).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }

    #[test]
    fn rules_are_read_back_as_they_were_stored() {
        let json = r#"{"extra_keys":["customer number"],"safe_keys":["session kind"],"off":["ibans","jwts"]}"#;
        let rules: Rules = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&rules).unwrap(), json);
        assert!(rules.detects(Detector::CardNumbers));
        assert!(!rules.detects(Detector::Jwts));
    }

    #[test]
    fn a_detector_has_one_name() {
        for detector in Detector::ALL {
            assert_eq!(serde_json::to_value(detector).unwrap(), detector.as_str());
        }
    }

    #[test]
    fn every_field_may_be_left_out() {
        assert_eq!(serde_json::from_str::<Rules>("{}").unwrap(), Rules::default());
        assert!(Detector::ALL.into_iter().all(|detector| Rules::default().detects(detector)));
    }

    #[test]
    fn bounds_hold() {
        let many = vec!["x"; MAX_KEYS + 1];
        check_refused(&serde_json::json!({ "extra_keys": many }).to_string(), "more than 100 keys");
        for long in ["x".repeat(MAX_KEY_LENGTH + 1), "aB".repeat(MAX_KEY_LENGTH / 2)] {
            check_refused(&serde_json::json!({ "safe_keys": [long] }).to_string(), "64 bytes");
        }
        check_refused(r#"{"safe_keys":["_1"]}"#, "without a letter");
        check_refused(r#"{"off":["everything"]}"#, "unknown variant");
    }
}
