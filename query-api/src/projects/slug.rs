//! Short names of projects for links.

/// Characters of a slug at most, before a number is added.
const MAX_SLUG: usize = 50;

/// The name in lower-case ASCII letters and digits, words joined by `-`.
pub(super) fn of(name: &str) -> String {
    let mut slug = String::new();
    for letter in name.chars() {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() == MAX_SLUG {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    // Names in other scripts leave nothing.
    if slug.is_empty() { "project".to_owned() } else { slug.to_owned() }
}

/// The slug, or the slug with the first number that makes it free.
pub(super) fn free(wanted: &str, taken: &[&str]) -> String {
    if !taken.contains(&wanted) {
        return wanted.to_owned();
    }
    (2_u64..)
        .map(|number| format!("{wanted}-{number}"))
        .find(|slug| !taken.contains(&slug.as_str()))
        .unwrap_or_else(|| wanted.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_made_from_names() {
        for (name, expected) in [
            ("Web Shop", "web-shop"),
            ("  Ünïcode -- App! ", "n-code-app"),
            ("Проект", "project"),
            (&"x".repeat(80), &"x".repeat(50)),
        ] {
            assert_eq!(of(name), expected, "{name}");
        }
    }

    #[test]
    fn a_taken_slug_gets_a_number() {
        assert_eq!(free("a", &[]), "a");
        assert_eq!(free("a", &["a", "a-2", "a-b"]), "a-3");
    }
}
