//! Keys of well-known services, which announce themselves by a prefix.

use super::{base64, byte, rest, run_end};

/// One service's form of a key.
struct Form {
    prefix: &'static [u8],
    /// The least that must follow the prefix.
    shortest: usize,
    /// What may follow.
    alphabet: fn(u8) -> bool,
    /// Names of other things begin alike; a key has a digit early on.
    digit: bool,
}

const fn form(prefix: &'static [u8], shortest: usize, alphabet: fn(u8) -> bool) -> Form {
    Form { prefix, shortest, alphabet, digit: false }
}

const fn with_digit(prefix: &'static [u8], shortest: usize, alphabet: fn(u8) -> bool) -> Form {
    Form { prefix, shortest, alphabet, digit: true }
}

const FORMS: &[Form] = &[
    // AWS: access key ids, long-lived and temporary.
    form(b"AKIA", 16, upper),
    form(b"ASIA", 16, upper),
    // Google: API keys, OAuth tokens.
    form(b"AIza", 35, base64::is_url_safe),
    form(b"ya29.", 20, dotted),
    // Stripe, and API keys of this system. Publishable keys (`pk_`) are public.
    form(b"sk_live_", 10, alphanumeric),
    form(b"sk_test_", 10, alphanumeric),
    form(b"rk_live_", 10, alphanumeric),
    form(b"rk_test_", 10, alphanumeric),
    form(b"whsec_", 20, base64::is_url_safe),
    // GitHub and GitLab.
    form(b"ghp_", 36, alphanumeric),
    form(b"gho_", 36, alphanumeric),
    form(b"ghu_", 36, alphanumeric),
    form(b"ghs_", 36, alphanumeric),
    form(b"ghr_", 36, alphanumeric),
    form(b"github_pat_", 22, base64::is_url_safe),
    form(b"glpat-", 20, base64::is_url_safe),
    // Slack: tokens, and incoming webhooks, whose path is the secret.
    form(b"xoxa-", 10, base64::is_url_safe),
    form(b"xoxb-", 10, base64::is_url_safe),
    form(b"xoxe-", 10, base64::is_url_safe),
    form(b"xoxo-", 10, base64::is_url_safe),
    form(b"xoxp-", 10, base64::is_url_safe),
    form(b"xoxr-", 10, base64::is_url_safe),
    form(b"xoxs-", 10, base64::is_url_safe),
    form(b"xapp-", 10, base64::is_url_safe),
    form(b"hooks.slack.com/services/", 20, slashed),
    // OpenAI and Anthropic.
    with_digit(b"sk-", 20, base64::is_url_safe),
    // SendGrid, Shopify, Vault, DigitalOcean, Docker, Hugging Face.
    form(b"SG.", 40, dotted),
    form(b"shpat_", 32, alphanumeric),
    form(b"hvs.", 24, base64::is_url_safe),
    form(b"dop_v1_", 40, alphanumeric),
    form(b"dckr_pat_", 20, base64::is_url_safe),
    with_digit(b"hf_", 30, alphanumeric),
    // Package registries.
    form(b"npm_", 36, alphanumeric),
    form(b"pypi-AgE", 20, base64::is_url_safe),
];

/// How much of a key is read for its digit; bounds what a failed look costs.
const DIGIT_WITHIN: usize = 64;

/// Where the key ends that begins at `start`.
pub(in crate::sanitise) fn at(bytes: &[u8], start: usize) -> Option<usize> {
    let text = rest(bytes, start);
    let form = FORMS.iter().find(|form| text.starts_with(form.prefix))?;
    let tail = start + form.prefix.len();
    let least = bytes.get(tail..tail + form.shortest)?;
    if !least.iter().all(|byte| (form.alphabet)(*byte)) {
        return None;
    }
    if form.digit && !has_digit(bytes, tail, form) {
        return None;
    }
    let end = run_end(bytes, tail, form.alphabet);
    // A full stop that ends a sentence is no part of the key.
    Some(if byte(bytes, end - 1) == b'.' { end - 1 } else { end })
}

/// Whether a key may begin with these three bytes; keeps nearly all words from the list.
pub(in crate::sanitise) fn may_begin_with(bytes: [u8; 3]) -> bool {
    matches!(
        &bytes,
        b"AKI"
            | b"ASI"
            | b"AIz"
            | b"ya2"
            | b"sk_"
            | b"sk-"
            | b"rk_"
            | b"whs"
            | b"ghp"
            | b"gho"
            | b"ghu"
            | b"ghs"
            | b"ghr"
            | b"git"
            | b"glp"
            | b"xox"
            | b"xap"
            | b"hoo"
            | b"SG."
            | b"shp"
            | b"hvs"
            | b"dop"
            | b"dck"
            | b"hf_"
            | b"npm"
            | b"pyp"
    )
}

fn has_digit(bytes: &[u8], tail: usize, form: &Form) -> bool {
    let text = rest(bytes, tail).iter().take(DIGIT_WITHIN);
    text.take_while(|byte| (form.alphabet)(**byte)).any(u8::is_ascii_digit)
}

fn upper(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit()
}

fn alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

fn dotted(byte: u8) -> bool {
    base64::is_url_safe(byte) || byte == b'.'
}

fn slashed(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'/'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(at(text.as_bytes(), 0).and_then(|end| text.get(..end)), expected, "{text}");
    }

    #[test]
    fn keys_are_found_by_their_prefix() {
        check("AKIAIOSFODNN7EXAMPLE, x", Some("AKIAIOSFODNN7EXAMPLE"));
        check("sk_live_abcdefghij rest", Some("sk_live_abcdefghij"));
        check("sk-proj-a1b2c3d4e5f6g7h8i9j0", Some("sk-proj-a1b2c3d4e5f6g7h8i9j0"));
    }

    #[test]
    fn names_that_begin_alike_stay() {
        check("sk-loading-spinner-wrapper", None);
        check("sk_live_", None);
        check("pk_live_abcdefghijklmnop", None);
        check("AKIA", None);
    }

    #[test]
    fn every_form_passes_the_first_look() {
        for form in FORMS {
            let first = form.prefix.first_chunk().unwrap();
            assert!(may_begin_with(*first), "{first:?}");
        }
    }
}
