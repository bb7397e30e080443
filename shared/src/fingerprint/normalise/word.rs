//! Decides what a single word of a message is: text to keep, or a value.

/// What becomes of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// Text that a person wrote.
    Text,
    /// A value as a whole: an id, a hash, a number.
    Value,
    /// Letters that name something, with a number behind them.
    Numbered,
    /// The name of a month or a day of the week.
    Calendar,
}

/// Shorter mixtures of hex digits are as likely to be words with a number behind (`a12`).
const HEX_MIN: usize = 4;
/// Only-letter runs from which on nobody would expect an English word of `a` to `f`.
const HEX_LETTERS_MIN: usize = 8;
/// Words in which letters and digits take turns this often are ids: `bq7lk`, but not `worker12`.
const TURNS_MIN: usize = 2;
/// Words with any digit count as ids from this length on.
const LONG_MIN: usize = 16;
/// Letters that change their case all the time are drawn, not written, from this length on.
const CASES_MIN: usize = 10;
/// Nobody writes so many small letters without a vowel: clusters draw them for what they start.
const UNSPOKEN_MIN: usize = 8;
/// A word in a name such as `OAuth2TokenEndpoint` has at least so many letters to tell that it is one.
const PART_MIN: usize = 4;
/// So many of such words make a name.
const PARTS_MIN: usize = 2;
/// What else may be in such a name: letters of shorter words, such as `s` in `s3UploadService`.
const OTHERS_MAX: usize = 3;

/// Classifies a run of letters and digits.
pub(super) fn classify(word: &[u8]) -> Word {
    if !word.iter().any(u8::is_ascii_digit) {
        return classify_letters(word);
    }
    let all_hex = word.iter().all(u8::is_ascii_hexdigit);
    let starts_with_digit = word.first().is_some_and(u8::is_ascii_digit);
    let is_id = starts_with_digit
        || (all_hex && word.len() >= HEX_MIN)
        || (turns(word) >= TURNS_MIN || word.len() >= LONG_MIN) && !is_name_with_number(word);
    if is_id { Word::Value } else { Word::Numbered }
}

/// Classifies a run of letters.
pub(super) fn classify_letters(word: &[u8]) -> Word {
    match word.len() {
        3..=9 if is_calendar(word) => Word::Calendar,
        length if length >= HEX_LETTERS_MIN && word.iter().all(u8::is_ascii_hexdigit) => {
            Word::Value
        }
        length if length >= UNSPOKEN_MIN && is_without_vowels(word) => Word::Value,
        length if length >= CASES_MIN && case_changes(word) * 3 > length && !is_camel(word) => {
            Word::Value
        }
        _ => Word::Text,
    }
}

/// Whether the letters are words written as one, `getUserById`, `getUserByID`: each begins with a capital, and
/// most can be spoken.
fn is_camel(letters: &[u8]) -> bool {
    let letters = letters.strip_suffix(b"ID").unwrap_or(letters);
    let (mut count, mut spoken) = (0, 0);
    for part in parts(letters) {
        let is_capital = part.len() == 1 && part[0].is_ascii_uppercase();
        if is_capital {
            return false;
        }
        count += 1;
        spoken += usize::from(has_vowel(part));
    }
    spoken * 3 >= count * 2
}

/// Whether nearly all of a word with digits is words that people write: `OAuth2TokenEndpoint`.
fn is_name_with_number(word: &[u8]) -> bool {
    let (mut names, mut others) = (0, 0);
    for letters in word.split(u8::is_ascii_digit) {
        for part in parts(letters) {
            match part.len() >= PART_MIN && has_vowel(part) {
                true => names += 1,
                false => others += part.len(),
            }
        }
    }
    names >= PARTS_MIN && others <= OTHERS_MAX && turns(word) <= 2
}

/// The words that letters are made of, each of which begins with its only capital.
fn parts(letters: &[u8]) -> impl Iterator<Item = &[u8]> {
    letters.chunk_by(|_, next| !next.is_ascii_uppercase())
}

fn has_vowel(word: &[u8]) -> bool {
    word.iter().any(|byte| b"aeiouyAEIOUY".contains(byte))
}

/// How often letters and digits take turns.
fn turns(word: &[u8]) -> usize {
    word.windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count()
}

/// How often capital and small letters take turns.
fn case_changes(word: &[u8]) -> usize {
    word.windows(2)
        .filter(|pair| pair[0].is_ascii_uppercase() != pair[1].is_ascii_uppercase())
        .count()
}

/// Names of months and days, whole or cut to three letters.
fn is_calendar(word: &[u8]) -> bool {
    const NAMES: [&[u8]; 19] = [
        b"January",
        b"February",
        b"March",
        b"April",
        b"May",
        b"June",
        b"July",
        b"August",
        b"September",
        b"October",
        b"November",
        b"December",
        b"Monday",
        b"Tuesday",
        b"Wednesday",
        b"Thursday",
        b"Friday",
        b"Saturday",
        b"Sunday",
    ];
    word[0].is_ascii_uppercase()
        && NAMES.iter().any(|name| *name == word || (word.len() == 3 && name.starts_with(word)))
}

/// A counted noun as it is for one: stem and ending.
pub(super) fn singular(word: &[u8]) -> (&[u8], &'static [u8]) {
    match word {
        [stem @ .., b'i', b'e', b's'] if stem.len() > 1 => (stem, b"y"),
        [.., b't' | b'n', b'c', b'h', b'e', b's']
        | [.., b's', b'h', b'e', b's']
        | [.., b's', b's', b'e', b's']
        | [.., b'x', b'e', b's'] => (&word[..word.len() - 2], b""),
        [.., b's', b's'] | [.., b'u', b's'] | [.., b'i', b's'] => (word, b""),
        [stem @ .., b's'] if stem.len() > 2 => (stem, b""),
        _ => (word, b""),
    }
}

/// Whether a word of small letters and digits has no vowel.
pub(super) fn is_without_vowels(word: &[u8]) -> bool {
    let fits =
        |byte: &u8| byte.is_ascii_digit() || byte.is_ascii_lowercase() && !b"aeiouy".contains(byte);
    word.iter().all(fits)
}

/// Units that stand apart from their number; `120 ms` and `2 seconds` are one kind of value.
pub(super) fn is_unit(word: &[u8]) -> bool {
    const UNITS: [&str; 34] = [
        "ns",
        "us",
        "µs",
        "ms",
        "s",
        "sec",
        "secs",
        "second",
        "seconds",
        "millis",
        "milliseconds",
        "min",
        "mins",
        "minute",
        "minutes",
        "h",
        "hr",
        "hrs",
        "hour",
        "hours",
        "day",
        "days",
        "b",
        "byte",
        "bytes",
        "kb",
        "mb",
        "gb",
        "tb",
        "kib",
        "mib",
        "gib",
        "tib",
        "percent",
    ];
    UNITS.iter().any(|unit| word.eq_ignore_ascii_case(unit.as_bytes()))
}

/// Currencies by the codes of ISO 4217 that are met most.
pub(super) fn is_currency(word: &[u8]) -> bool {
    const CODES: [&[u8; 3]; 20] = [
        b"AUD", b"BRL", b"CAD", b"CHF", b"CNY", b"CZK", b"DKK", b"EUR", b"GBP", b"HKD", b"INR",
        b"JPY", b"KRW", b"MXN", b"NOK", b"PLN", b"SEK", b"SGD", b"TRY", b"USD",
    ];
    word.len() == 3 && CODES.iter().any(|code| word == *code)
}

/// Keys whose value names somebody or something, whatever it looks like.
pub(super) fn names_identity(key: &[u8]) -> bool {
    const KEYS: [&str; 21] = [
        "id",
        "uid",
        "uuid",
        "user",
        "username",
        "user_name",
        "login",
        "name",
        "email",
        "mail",
        "host",
        "hostname",
        "customer",
        "account",
        "tenant",
        "session",
        "token",
        "key",
        "pod",
        "trace",
        "ip",
    ];
    let last = key.rsplit(|byte| matches!(byte, b'.' | b'-')).next();
    let last = last.unwrap_or(key);
    KEYS.iter().any(|name| last.eq_ignore_ascii_case(name.as_bytes())) || ends_with_id(last)
}

/// `user_id`, `orderId`.
fn ends_with_id(key: &[u8]) -> bool {
    key.ends_with(b"_id") || key.ends_with(b"Id") || key.ends_with(b"ID")
}

/// Words that are values after a key.
pub(super) fn is_literal(word: &[u8]) -> bool {
    const LITERALS: [&str; 7] = ["true", "false", "null", "none", "nil", "yes", "no"];
    LITERALS.iter().any(|literal| word.eq_ignore_ascii_case(literal.as_bytes()))
}

/// Words that answer a question.
pub(super) fn is_boolean(word: &[u8]) -> bool {
    const ANSWERS: [&str; 4] = ["true", "false", "yes", "no"];
    ANSWERS.iter().any(|answer| word.eq_ignore_ascii_case(answer.as_bytes()))
}

/// Words that follow `for user` without being somebody's name.
pub(super) fn follows_user(word: &[u8]) -> bool {
    const WORDS: [&str; 22] = [
        "account",
        "agent",
        "and",
        "at",
        "data",
        "failed",
        "has",
        "in",
        "input",
        "interface",
        "is",
        "not",
        "on",
        "or",
        "profile",
        "role",
        "session",
        "settings",
        "to",
        "was",
        "while",
        "with",
    ];
    WORDS.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
}

/// Ends of host names. Names that are also ends of files or of packages are left out.
pub(super) fn is_host_suffix(label: &[u8]) -> bool {
    const SUFFIXES: [&str; 34] = [
        "arpa",
        "at",
        "au",
        "biz",
        "br",
        "ca",
        "ch",
        "cloud",
        "cn",
        "co",
        "com",
        "consul",
        "de",
        "edu",
        "eu",
        "fr",
        "gov",
        "info",
        "internal",
        "intranet",
        "io",
        "it",
        "jp",
        "lan",
        "local",
        "localdomain",
        "net",
        "nl",
        "org",
        "pl",
        "se",
        "svc",
        "uk",
        "us",
    ];
    SUFFIXES.iter().any(|suffix| label == suffix.as_bytes())
}

/// Ends of host names that are words, too: only names of three labels or with a port are hosts.
pub(super) fn may_be_host_suffix(label: &[u8]) -> bool {
    const SUFFIXES: [&str; 31] = [
        "ai", "app", "be", "cl", "corp", "cz", "dev", "dk", "es", "example", "fi", "gr", "home",
        "hu", "ie", "in", "invalid", "ir", "kr", "mx", "nz", "prod", "pt", "ru", "sg", "site",
        "store", "test", "tr", "ua", "xyz",
    ];
    SUFFIXES.iter().any(|suffix| label == suffix.as_bytes())
}

/// First labels of package names written the other way round, such as `com.example`.
pub(super) fn is_package_root(label: &[u8]) -> bool {
    const ROOTS: [&str; 9] = ["com", "de", "dev", "io", "java", "javax", "net", "org", "system"];
    ROOTS.iter().any(|root| label.eq_ignore_ascii_case(root.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_told_from_words() {
        let check = |word: &str, expected| {
            assert_eq!(classify(word.as_bytes()), expected, "{word}");
        };
        check("declined", Word::Text);
        check("facade", Word::Text);
        check("deadbeefcafe", Word::Value);
        check("a4c15ccab1", Word::Value);
        check("3f2a", Word::Value);
        check("K9X2P7QZ", Word::Value);
        check("x2x9z", Word::Value);
        check("aGvXcTqLbWzR", Word::Value);
        check("SQLConnectionTimeout", Word::Text);
        check("getUserById", Word::Text);
        check("isDbUpToDate", Word::Text);
        check("getUserByID", Word::Text);
        check("ABcDEfGHiJKl", Word::Value);
        check("OAuth2TokenEndpoint", Word::Numbered);
        check("s3UploadService", Word::Numbered);
        check("OrderProcessingService20241", Word::Numbered);
        check("i18nextLoaderError", Word::Numbered);
        check("kVzr3QmWcXbneTpa", Word::Value);
        check("s3Xy7UploadService", Word::Value);
        check("worker12", Word::Numbered);
        check("sha256", Word::Numbered);
        check("bq7lk", Word::Value);
        check("zbgpwhxwcq", Word::Value);
        check("Nov", Word::Calendar);
    }
}
