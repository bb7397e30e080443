//! Encryption of the few secrets that must come back as they were: passwords and addresses that the
//! system itself sends to other services.
//!
//! AES-256-GCM under a key that is derived from `SECRET_KEY`. Where a secret stands is part of what
//! is authenticated, so that a value moved to another place does not open there. API keys are not
//! kept this way: of them a hash is enough.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::config::Secret;

/// Tells keys of this purpose from others that may be derived from the same setting.
const LABEL: &[u8] = b"errata stored secrets, aes-256-gcm";

/// The first byte of what is stored, so that another form can follow.
const VERSION: u8 = 1;

/// Why a secret could not be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum SecretsError {
    #[error("failed to derive a key from SECRET_KEY")]
    Derive,
    #[error("failed to encrypt a secret")]
    Seal,
    #[error("a stored secret can't be read with this SECRET_KEY")]
    Open,
}

/// Where a secret stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// What it belongs to, such as the name of an integration.
    pub owner: &'a str,
    /// Which of the owner's secrets it is.
    pub field: &'a str,
}

impl Place<'_> {
    /// The lengths keep `a` + `bc` apart from `ab` + `c`.
    fn authenticated(self) -> Vec<u8> {
        let Self { owner, field } = self;
        format!("{VERSION}:{}:{owner}:{}:{field}", owner.len(), field.len()).into_bytes()
    }
}

/// Seals and opens secrets under one key.
#[derive(Debug)]
pub struct Secrets {
    key: LessSafeKey,
    random: SystemRandom,
}

impl Secrets {
    /// Derives the key from the setting.
    ///
    /// # Errors
    /// When the key can't be derived, which has no cause that depends on the setting.
    pub fn new(setting: &Secret) -> Result<Self, SecretsError> {
        let derived = Salt::new(HKDF_SHA256, &[]).extract(setting.expose().as_bytes());
        let info = [LABEL];
        let okm = derived.expand(&info, &AES_256_GCM).map_err(|_| SecretsError::Derive)?;
        Ok(Self { key: LessSafeKey::new(UnboundKey::from(okm)), random: SystemRandom::new() })
    }

    /// Encrypts a secret for its place, into printable text.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn seal(&self, place: Place<'_>, secret: &Secret) -> Result<String, SecretsError> {
        // Random nonces of 96 bits are safe for some 2^32 values; settings change a few times a year.
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(|_| SecretsError::Seal)?;
        let mut text = secret.expose().as_bytes().to_vec();
        let (unique, place) =
            (Nonce::assume_unique_for_key(nonce), Aad::from(place.authenticated()));
        self.key
            .seal_in_place_append_tag(unique, place, &mut text)
            .map_err(|_| SecretsError::Seal)?;
        Ok(STANDARD.encode([&[VERSION], nonce.as_slice(), &text].concat()))
    }

    /// Decrypts what was sealed for this place.
    ///
    /// # Errors
    /// When it was sealed under another key or for another place, or has been changed.
    pub fn open(&self, place: Place<'_>, sealed: &str) -> Result<Secret, SecretsError> {
        let bytes = STANDARD.decode(sealed).map_err(|_| SecretsError::Open)?;
        let rest = bytes.strip_prefix(&[VERSION]).ok_or(SecretsError::Open)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SecretsError::Open)?;
        let (nonce, mut text) = (Nonce::assume_unique_for_key(*nonce), text.to_vec());
        let opened = self
            .key
            .open_in_place(nonce, Aad::from(place.authenticated()), &mut text)
            .map_err(|_| SecretsError::Open)?;
        let text = std::str::from_utf8(opened).map_err(|_| SecretsError::Open)?;
        Ok(Secret::new(text))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLACE: Place<'_> = Place { owner: "email", field: "password" };

    fn secrets(setting: &str) -> Secrets {
        Secrets::new(&Secret::new(setting)).unwrap()
    }

    fn sealed() -> String {
        secrets("a").seal(PLACE, &Secret::new("hunter2")).unwrap()
    }

    #[track_caller]
    fn check_refused(secrets: &Secrets, place: Place<'_>, sealed: &str) {
        assert_eq!(secrets.open(place, sealed), Err(SecretsError::Open));
    }

    #[test]
    fn nothing_opens_under_another_key_or_in_another_place() {
        check_refused(&secrets("b"), PLACE, &sealed());
        check_refused(&secrets("a"), Place { owner: "sms", field: "password" }, &sealed());
        check_refused(&secrets("a"), Place { owner: "email", field: "username" }, &sealed());
        check_refused(&secrets("a"), Place { owner: "emailp", field: "assword" }, &sealed());
    }

    #[test]
    fn the_same_secret_never_looks_the_same() {
        assert_ne!(sealed(), sealed());
    }

    #[test]
    fn every_changed_bit_is_noticed() {
        let bytes = STANDARD.decode(sealed()).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            check_refused(&secrets("a"), PLACE, &STANDARD.encode(&changed));
        }
    }

    proptest! {
        #[test]
        fn what_is_sealed_comes_back(setting in ".{32,64}", secret in ".*") {
            let secrets = secrets(&setting);
            let sealed = secrets.seal(PLACE, &Secret::new(secret.clone())).unwrap();
            prop_assert_eq!(secrets.open(PLACE, &sealed).unwrap(), Secret::new(secret));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*", bytes: Vec<u8>) {
            check_refused(&secrets("a"), PLACE, &text);
            check_refused(&secrets("a"), PLACE, &STANDARD.encode(bytes));
        }
    }
}
