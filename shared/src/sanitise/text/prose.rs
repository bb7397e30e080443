//! Words by which sentences about secrets are told from secrets.
//!
//! Error messages speak of tokens and passwords far more often than they hold one, and stay
//! readable. Every list is closed and short: a word that is not in it is taken for a secret.

use crate::sanitise::keys;

fn is_one_of(word: &[u8], words: &[&str]) -> bool {
    words.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
}

/// Values that hide nothing: absent ones, switches, and the placeholders of templates and SQL.
pub(super) fn is_nothing(value: &[u8]) -> bool {
    const NOTHING: &[&str] =
        &["null", "none", "nil", "undefined", "true", "false", "?", "%s", "%v", "%d", "%r", "<nil"];
    is_one_of(value, NOTHING) || is_placeholder(value)
}

fn is_placeholder(value: &[u8]) -> bool {
    match value {
        [b'$', b'{', ..] | [b'%', b'(', ..] => true,
        [b'$', number @ ..] => !number.is_empty() && number.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// Words that begin a sentence about the secret, as in `token: must not be empty`.
pub(super) fn begins_sentence(value: &[u8]) -> bool {
    const WORDS: &[&str] = &[
        "a",
        "an",
        "the",
        "this",
        "your",
        "it",
        "is",
        "was",
        "are",
        "were",
        "has",
        "have",
        "does",
        "do",
        "did",
        "no",
        "not",
        "must",
        "should",
        "cannot",
        "can",
        "could",
        "can't",
        "expected",
        "unexpected",
        "expired",
        "invalid",
        "missing",
        "required",
        "incorrect",
        "wrong",
        "empty",
        "failed",
        "failure",
        "denied",
        "unauthorized",
        "unknown",
        "too",
        "unable",
        "error",
        "string",
        "str",
        "&str",
        "number",
        "int",
        "integer",
        "bool",
        "boolean",
        "bytes",
        "object",
        "any",
    ];
    let value = value.strip_suffix(b".").unwrap_or(value);
    is_one_of(value, WORDS)
}

/// Words that follow `Bearer` when a sentence goes on.
pub(in crate::sanitise) fn follows_bearer(word: &[u8]) -> bool {
    const WORDS: &[&str] = &[
        "token",
        "tokens",
        "auth",
        "authentication",
        "authorization",
        "authorisation",
        "scheme",
        "header",
        "headers",
        "prefix",
        "format",
        "type",
        "string",
        "key",
        "credential",
        "credentials",
        "realm",
        "error",
        "error_description",
        "scope",
        "and",
        "or",
        "of",
        "in",
        "to",
        "for",
        "with",
        "from",
        "by",
        "but",
        "only",
        "security",
        "flow",
    ];
    begins_sentence(word) || is_one_of(word, WORDS)
}

/// Words before `token` by which a parser speaks of its input.
pub(super) fn is_parsers_word(word: &[u8]) -> bool {
    is_one_of(word, &["unexpected", "expected", "illegal", "unrecognized", "unrecognised"])
}

/// Whether a name before a colon is that of an exception, a class or a state: what follows is its
/// message, as in `TokenExpiredError: jwt expired`.
pub(super) fn names_a_speaker(key: &[u8]) -> bool {
    keys::last_word_is(key, is_speaker) || keys::first_word_is(last_part(key), is_complaint)
}

fn last_part(key: &[u8]) -> &[u8] {
    key.rsplit(|byte| *byte == b'.').next().unwrap_or(key)
}

fn is_speaker(word: &[u8]) -> bool {
    const WORDS: &[&str] = &[
        "error",
        "exception",
        "warning",
        "fault",
        "failure",
        "failed",
        "expired",
        "invalid",
        "missing",
        "denied",
        "rejected",
        "interrupt",
        "interrupted",
        "service",
        "server",
        "handler",
        "manager",
        "middleware",
        "controller",
        "provider",
        "store",
        "storage",
        "factory",
        "client",
        "filter",
        "validator",
        "parser",
        "interceptor",
        "guard",
        "module",
        "test",
        "backend",
        "log",
        "logger",
    ];
    is_one_of(word, WORDS)
}

fn is_complaint(word: &[u8]) -> bool {
    const WORDS: &[&str] = &[
        "invalid",
        "bad",
        "missing",
        "expired",
        "unknown",
        "unexpected",
        "illegal",
        "incorrect",
        "wrong",
        "malformed",
        "suspiciou",
        "unsupported",
    ];
    is_one_of(word, WORDS)
}

/// Names of authentication schemes, which stand between a key and its secret.
pub(super) fn is_scheme(word: &[u8]) -> bool {
    is_one_of(word, &["bearer", "basic", "token", "apikey", "negotiate", "ntlm", "key"])
        || has_parameters(word)
}

/// Schemes whose credentials are a list up to the end of the line.
pub(super) fn has_parameters(word: &[u8]) -> bool {
    const SCHEMES: &[&str] = &["digest", "oauth", "hawk", "hmac", "sentry", "aws4-hmac-sha256"];
    is_one_of(word, SCHEMES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speakers_are_told_from_secrets() {
        for key in ["TokenExpiredError", "jwt.exceptions.InvalidToken", "auth.TokenService"] {
            assert!(names_a_speaker(key.as_bytes()), "{key}");
        }
        for key in ["token", "user_password", "X-Api-Key", "AccessToken", "api.token"] {
            assert!(!names_a_speaker(key.as_bytes()), "{key}");
        }
    }

    #[test]
    fn placeholders_hide_nothing() {
        for value in ["null", "None", "$1", "${DB_PASSWORD", "%(token)s", "?", "%s"] {
            assert!(is_nothing(value.as_bytes()), "{value}");
        }
        for value in ["$", "$ecret", "hunter2", "?x"] {
            assert!(!is_nothing(value.as_bytes()), "{value}");
        }
    }
}
