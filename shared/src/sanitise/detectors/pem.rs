//! PEM blocks that hold a private key.

use super::rest;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";

/// The longest label in use is a third of this.
const LONGEST_LABEL: usize = 64;

/// Where the block ends that begins at `start`. A block that was cut off ends with the text.
pub(in crate::sanitise) fn at(bytes: &[u8], start: usize) -> Option<usize> {
    let label = rest(bytes, start).strip_prefix(BEGIN)?;
    let length = find(label.get(..LONGEST_LABEL).unwrap_or(label), DASHES)?;
    find(label.get(..length)?, b"PRIVATE KEY")?;
    let body = start + BEGIN.len() + length + DASHES.len();
    Some(end_of_block(bytes, body).unwrap_or(bytes.len()))
}

fn end_of_block(bytes: &[u8], body: usize) -> Option<usize> {
    let label = body + find(rest(bytes, body), END)? + END.len();
    Some(label + find(rest(bytes, label), DASHES)? + DASHES.len())
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(at(text.as_bytes(), 0).and_then(|end| text.get(..end)), expected, "{text}");
    }

    #[test]
    fn private_keys_are_found() {
        let block = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----";
        check(&format!("{block}\nrest"), Some(block));
        let cut = "-----BEGIN PRIVATE KEY-----\\nMIIE";
        check(cut, Some(cut));
        let pgp = "-----BEGIN PGP PRIVATE KEY BLOCK-----\nx\n-----END PGP PRIVATE KEY BLOCK-----";
        check(pgp, Some(pgp));
    }

    #[test]
    fn public_blocks_stay() {
        check("-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----", None);
        check("-----BEGIN PUBLIC KEY-----\nMIIE\n-----END PUBLIC KEY-----", None);
        check("-------------", None);
    }
}
