//! Addresses that invitations go to.

/// Characters of an address (RFC 5321, with the brackets around it left out).
pub(super) const MAX_EMAIL: usize = 254;

/// Characters before the `@`.
const MAX_LOCAL: usize = 64;

/// Characters of one part of a host name.
const MAX_LABEL: usize = 63;

/// Whether mail could be sent to the address. Quoted local parts and literal addresses of hosts are
/// refused: nobody has one, and they carry characters that mean something in headers.
pub(super) fn is_address(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else {
        return false;
    };
    text.chars().count() <= MAX_EMAIL && is_local(local) && is_host(host)
}

/// The part before the `@`: what a member is called until the invitation is accepted.
pub(super) fn local_part(address: &str) -> &str {
    address.rsplit_once('@').map_or(address, |(local, _)| local)
}

fn is_local(local: &str) -> bool {
    let fits = |letter: char| letter.is_alphanumeric() || "!#$%&'*+/=?^_`{|}~-".contains(letter);
    local.chars().count() <= MAX_LOCAL
        && local.split('.').all(|part| !part.is_empty() && part.chars().all(fits))
}

fn is_host(host: &str) -> bool {
    let fits = |letter: char| letter.is_alphanumeric() || letter == '-';
    host.split('.').all(|label| {
        (1..=MAX_LABEL).contains(&label.chars().count())
            && label.chars().all(fits)
            && !label.starts_with('-')
            && !label.ends_with('-')
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: bool) {
        assert_eq!(is_address(text), expected, "{text:?}");
    }

    #[test]
    fn addresses_are_told_from_other_texts() {
        for good in [
            "a@b",
            "new.user+tag@company.example",
            "o'neil@x.example",
            "jürgen@bücher.example",
            "root@localhost",
            "UPPER@Case.Example",
        ] {
            check(good, true);
        }
        for bad in [
            "",
            "a",
            "@",
            "a@",
            "@b",
            "a b@c",
            "a@b c",
            "a@b@c",
            ".a@b",
            "a.@b",
            "a..b@c",
            "a@b.",
            "a@.b",
            "a@-b",
            "a@b-",
            "a@b\r\nBcc: c@d",
            "a\0@b",
            "\"a b\"@c",
            "a@[127.0.0.1]",
            "<a@b>",
            "a@b,c@d",
        ] {
            check(bad, false);
        }
        check(&format!("{}@b", "a".repeat(64)), true);
        check(&format!("{}@b", "a".repeat(65)), false);
        check(&format!("a@{}", "b".repeat(64)), false);
        check(&format!("a@{}", vec!["b".repeat(60); 5].join(".")), false);
    }

    proptest! {
        #[test]
        fn what_passes_can_stand_in_a_header(text in "\\PC{0,20}@?[\\x00-\\x7f]{0,20}") {
            if is_address(&text) {
                prop_assert!(!text.chars().any(|letter| letter.is_control() || letter.is_whitespace()));
                prop_assert!(!text.contains(['<', '>', ',', ';', ':', '"', '(', ')']));
                prop_assert!(!local_part(&text).is_empty());
            }
        }
    }
}
