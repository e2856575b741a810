//! Bytes as hexadecimal digits: of digests, links, salts.

/// Two lower-case digits for each byte.
#[must_use]
pub fn hex(bytes: impl AsRef<[u8]>) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.as_ref().iter().flat_map(|byte| [byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]));
    String::from_utf8(digits.collect()).unwrap_or_default()
}
