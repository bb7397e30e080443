//! Words made of syllables.
//!
//! A fingerprint sees through numbers and hexadecimal digits, so what tells two errors apart has to
//! be words: no syllable here can be read as a number in any notation.

const CONSONANTS: [char; 10] = ['k', 'l', 'm', 'n', 'p', 'r', 's', 't', 'v', 'z'];
const VOWELS: [char; 4] = ['a', 'i', 'o', 'u'];
const SYLLABLES: u64 = (CONSONANTS.len() * VOWELS.len()) as u64;

/// Shorter words look like prepositions and units.
const MIN_SYLLABLES: usize = 3;

/// The word of a number; different numbers have different words.
#[must_use]
pub fn word(number: u64) -> String {
    let mut rest = number;
    let mut word = String::new();
    let mut syllables = 0;
    while rest > 0 || syllables < MIN_SYLLABLES {
        let (consonant, vowel) = syllable(rest % SYLLABLES);
        word.push(consonant);
        word.push(vowel);
        rest /= SYLLABLES;
        syllables += 1;
    }
    word
}

/// The word with a capital, as in the name of a class.
#[must_use]
pub fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

fn syllable(number: u64) -> (char, char) {
    let number = usize::try_from(number).unwrap_or_default();
    let consonant = CONSONANTS[number / VOWELS.len() % CONSONANTS.len()];
    (consonant, VOWELS[number % VOWELS.len()])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn small_numbers_have_words_too() {
        assert_eq!(word(0), "kakaka");
        assert_eq!(word(1), "kikaka");
        assert_eq!(word(40), "kakika");
        assert_eq!(capitalised("kaka"), "Kaka");
    }

    proptest! {
        #[test]
        fn different_numbers_have_different_words(a: u64, b: u64) {
            prop_assert_eq!(a == b, word(a) == word(b));
        }

        #[test]
        fn words_are_lower_case_letters(number: u64) {
            let word = word(number);
            prop_assert!(word.len() >= 6 && word.bytes().all(|byte| byte.is_ascii_lowercase()));
        }
    }
}
