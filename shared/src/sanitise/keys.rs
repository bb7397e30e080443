//! Decides by its words whether a key names a secret.
//!
//! Words are compared whole, never as parts of longer ones: `author` is not `auth`. What the value
//! looks like is no concern of this module.

use super::rules::Rules;
use super::words::{Ranges, Word, Words};

/// What a key says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing secret.
    Clear,
    /// Several of something that may also be counted (`tokens`): a number is a count.
    Plural,
    /// A secret, by a word that also names services and files (`auth`, `session`).
    Ambiguous,
    /// A secret.
    Secret,
}

/// What the key says about its value.
pub(super) fn verdict(key: &[u8], rules: &Rules) -> Verdict {
    let extra = contains_any(key, rules.extra());
    let verdict = if extra { Verdict::Secret } else { built_in(key) };
    let safe = verdict != Verdict::Clear && rules.safe().iter().any(|safe| spells(key, safe));
    if safe { Verdict::Clear } else { verdict }
}

fn built_in(key: &[u8]) -> Verdict {
    let mut found = Verdict::Clear;
    let mut auth = false;
    let mut previous = Word::EMPTY;
    let mut words = Words::new(key);
    while let Some(word) = words.next() {
        match single(word.singular()) {
            Some(Kind::Secret) => return Verdict::Secret,
            Some(Kind::Auth) => auth = true,
            Some(Kind::Thing) if word.is_plural() => found = Verdict::Plural,
            Some(Kind::Thing) => found = Verdict::Ambiguous,
            None => {}
        }
        if is_phrase(previous.bytes(), word.singular())
            || words.unsplit().is_some_and(|word| is_secret(word.singular()))
        {
            return Verdict::Secret;
        }
        previous = word;
    }
    let last = previous.singular();
    if matches!(last, b"pass" | b"pin" | b"otp") {
        // In front of other words these are about something else: `pass_count`, `pin_board`. At the
        // end they are secrets often enough; a pin on a map or a board that is hidden by mistake
        // costs its reader less than the pin of a card.
        Verdict::Secret
    } else if describes(last) {
        Verdict::Clear
    } else if auth && !describes_auth(last) {
        Verdict::Ambiguous
    } else {
        found
    }
}

/// How a single word makes a key secret.
#[derive(Clone, Copy)]
enum Kind {
    /// Whatever stands around it.
    Secret,
    /// Unless the last word only describes it.
    Thing,
    /// As `Thing`, with more describing words.
    Auth,
}

fn single(word: &[u8]) -> Option<Kind> {
    match word {
        b"session" | b"token" | b"cookie" => Some(Kind::Thing),
        b"auth" => Some(Kind::Auth),
        _ => is_secret(word).then_some(Kind::Secret),
    }
}

fn is_secret(word: &[u8]) -> bool {
    matches!(
        word,
        b"password"
            | b"passwd"
            | b"pwd"
            | b"passphrase"
            | b"passcode"
            | b"pgpassword"
            | b"dbpassword"
            | b"userpassword"
            | b"mypassword"
            | b"newpassword"
            | b"oldpassword"
            | b"secret"
            | b"clientsecret"
            | b"apisecret"
            | b"secretkey"
            | b"apikey"
            | b"privatekey"
            | b"accesskey"
            | b"authkey"
            | b"accesstoken"
            | b"refreshtoken"
            | b"authtoken"
            | b"sessiontoken"
            | b"apitoken"
            | b"csrftoken"
            | b"csrfmiddlewaretoken"
            | b"csrf"
            | b"xsrf"
            | b"authorization"
            | b"authorisation"
            | b"bearer"
            | b"jwt"
            | b"credential"
            | b"cred"
            | b"setcookie"
            | b"phpsessid"
            | b"jsessionid"
            | b"creditcard"
            | b"cardnumber"
            | b"cvv"
            | b"cvc"
            | b"ssn"
    )
}

/// Two words that are secret only together: an API key is, a primary key is not.
fn is_phrase(first: &[u8], second: &[u8]) -> bool {
    match second {
        b"key" => matches!(
            first,
            b"api"
                | b"private"
                | b"access"
                | b"auth"
                | b"encryption"
                | b"signing"
                | b"master"
                | b"shared"
                | b"account"
                | b"ssh"
        ),
        b"card" => matches!(first, b"credit" | b"debit"),
        b"number" => matches!(first, b"card" | b"pin"),
        b"code" => {
            matches!(first, b"pin" | b"security" | b"verification" | b"recovery" | b"backup")
        }
        b"security" => first == b"social",
        b"signature" => matches!(first, b"amz" | b"goog"),
        _ => false,
    }
}

/// Last words that make a key speak about a session, token or cookie instead of holding it.
fn describes(word: &[u8]) -> bool {
    matches!(
        word,
        b"id" | b"count" | b"name" | b"type" | b"length" | b"age" | b"ttl" | b"expire" | b"at"
    )
}

fn describes_auth(word: &[u8]) -> bool {
    matches!(
        word,
        b"method" | b"mode" | b"provider" | b"scheme" | b"service" | b"statu" | b"uri" | b"url"
    )
}

/// The last word of the key, in lower case and singular, handed to `test`.
pub(super) fn last_word_is(key: &[u8], test: impl Fn(&[u8]) -> bool) -> bool {
    Words::new(key).last().is_some_and(|word| test(word.singular()))
}

/// The first word of the key, in lower case and singular, handed to `test`.
pub(super) fn first_word_is(key: &[u8], test: impl Fn(&[u8]) -> bool) -> bool {
    Words::new(key).next().is_some_and(|word| test(word.singular()))
}

/// The words of a key in lower case, joined by spaces.
pub(super) fn normalise(key: &str) -> String {
    let mut words = String::with_capacity(key.len() + 4);
    for range in Ranges::new(key.as_bytes()) {
        if !words.is_empty() {
            words.push(' ');
        }
        words.extend(range.iter().map(|byte| char::from(byte.to_ascii_lowercase())));
    }
    words
}

/// Whether the key is these words, whatever stands between them.
fn spells(key: &[u8], words: &str) -> bool {
    let mut ranges = Ranges::new(key);
    let same = words.split(' ').all(|word| ranges.next().is_some_and(|range| is(range, word)));
    same && ranges.next().is_none()
}

/// Whether the words of one of the phrases stand in the key side by side.
fn contains_any(key: &[u8], phrases: &[String]) -> bool {
    if phrases.is_empty() {
        return false;
    }
    let mut words = Ranges::new(key);
    loop {
        let from = words.clone();
        let Some(word) = words.next() else {
            return false;
        };
        // Most phrases differ in their first letter already.
        let first = word.first().map(u8::to_ascii_lowercase);
        let mut alike = phrases.iter().filter(|phrase| phrase.bytes().next() == first);
        if alike.any(|phrase| begins_with(from.clone(), phrase)) {
            return true;
        }
    }
}

fn begins_with(mut words: Ranges<'_>, phrase: &str) -> bool {
    phrase.split(' ').all(|word| words.next().is_some_and(|range| is(range, word)))
}

fn is(range: &[u8], word: &str) -> bool {
    range.eq_ignore_ascii_case(word.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(key: &str, expected: Verdict) {
        assert_eq!(verdict(key.as_bytes(), &Rules::default()), expected, "{key}");
    }

    fn check_all(keys: &str, expected: Verdict) {
        for key in keys.split_whitespace() {
            check(key, expected);
        }
    }

    #[test]
    fn secrets_are_found_in_any_spelling() {
        check_all(
            "password Password PASSWORD passWord PASSword passwords user_password userPassword
             DB_PASSWORD PGPASSWORD password2 passwd pwd MYSQL_PWD db_pass smtpPass pass passphrase
             secret secrets client_secret secretAccessKey SECRET_KEY_BASE apiKey apiKEY APIKey
             APIkey api_key api-key api.key X-Api-Key apikeys authorization Proxy-Authorization
             credentials creds csrf XSRF-TOKEN csrfmiddlewaretoken credit_card creditCardNumber
             card_number cardNumber cvv cvv2 CVC ssn privateKey private-key access_key_id bearer jwt
             access_token_secret user[password] user%5Bpassword%5D user%5bpassword%5d pin card_pin
             pin_code otp X-Amz-Signature PHPSESSID",
            Verdict::Secret,
        );
    }

    #[test]
    fn words_with_other_meanings_are_told_apart() {
        check_all(
            "session token cookie auth auth_data access_token Set-Cookie",
            Verdict::Ambiguous,
        );
        check_all("tokens max_tokens cookies sessions", Verdict::Plural);
        check_all(
            "session_id sessionId sessionID session_ids sessionIDs token_count tokenCount
             cookie_name tokenExpiresAt token_type session_age cookie.ttl token-length auth_type
             auth_method auth_provider token_expires",
            Verdict::Clear,
        );
    }

    #[test]
    fn parts_of_words_do_not_match() {
        check_all(
            "businessName passenger passage tokenizer secretary author authors authority keyboard
             monkey key primary_key public_key cache_key foreignKey card cardinal code number spin
             pin_board pass_count compass opinion obsession sessional accession discard cookieless
             keys monkeys classname authenticated _ 1 %5B",
            Verdict::Clear,
        );
        check("", Verdict::Clear);
    }

    #[test]
    fn projects_add_and_except_keys() {
        let rules = Rules::new(
            &["customer number".to_owned(), "Nickname".to_owned()],
            &["password_hint".to_owned(), "session".to_owned()],
            &[],
        )
        .unwrap();
        let check = |key: &str, expected| assert_eq!(verdict(key.as_bytes(), &rules), expected);
        check("oldCustomerNumber", Verdict::Secret);
        check("customer_number_2", Verdict::Secret);
        check("customer", Verdict::Clear);
        check("nickname", Verdict::Secret);
        check("passwordHint", Verdict::Clear);
        check("password_hints", Verdict::Secret);
        check("my_password_hint", Verdict::Secret);
        check("SESSION", Verdict::Clear);
        check("session_key", Verdict::Ambiguous);
    }

    #[test]
    fn keys_are_normalised_to_words() {
        assert_eq!(normalise("X-APIKey2"), "x api key");
        assert_eq!(normalise("__1"), "");
    }
}
