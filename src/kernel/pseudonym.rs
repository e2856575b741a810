//! Tokens of patients, made inside the hospital from their identity numbers. Pure; nothing of a number leaves in an error.
//!
//! A token is an HMAC-SHA256 under the hospital's own key: the same person has the same token, and without the key nobody can test a
//! guess. Not here: where keys and numbers come from (`cli`), what a token must look like to be taken (`patient`).
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// The fewest bytes of a key.
pub const MIN_KEY: usize = 32;
/// Characters of a token: 128 bits in base32.
pub const TOKEN: usize = 26;
/// The longest identifier, in characters, once it is normalised.
const MAX_IDENTIFIER: usize = 64;

/// Why a text is no identifier. Says what is wrong, never what was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing is there.
    Empty,
    /// Neither 18 characters nor the old 15 digits.
    Shape,
    /// The check character isn't that of the 17 digits before it: it was misread.
    CheckCharacter,
}

impl Flaw {
    /// The same for people.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Flaw::Empty => "is empty",
            Flaw::Shape => "must be a resident identity number of 18 characters, or of the old 15 digits",
            Flaw::CheckCharacter => "has another check character than its digits: it was misread",
        }
    }
}

/// Which identifiers are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identifiers {
    /// 公民身份号码 alone (GB 11643), with its check character.
    Resident,
    /// Also any other of 1 to 64 letters and digits: passports, a hospital's own numbers.
    Any,
}

/// An identifier in the one form that is hashed: full-width signs made narrow, spaces and hyphens left out, letters in capitals, and a
/// resident number of the old 15 digits in its form of 18.
///
/// # Errors
/// What is wrong with it.
pub fn normalise(text: &str, taken: Identifiers) -> Result<String, Flaw> {
    let kept: String = text.chars().map(narrow).filter(|sign| !sign.is_whitespace() && *sign != '-').collect();
    let kept = kept.to_ascii_uppercase();
    if kept.is_empty() {
        return Err(Flaw::Empty);
    }
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let resident = match (kept.get(..17), kept.len()) {
        (None, 15) if digits(&kept) => Some(with_century(&kept)),
        (Some(body), 18) if digits(body) && kept.ends_with(|last: char| last == 'X' || last.is_ascii_digit()) => {
            let checked = kept.ends_with(check_character(body));
            return if checked { Ok(kept) } else { Err(Flaw::CheckCharacter) };
        }
        (None | Some(_), _) => None,
    };
    match (resident, taken) {
        (Some(resident), _) => Ok(resident),
        (None, Identifiers::Any)
            if kept.len() <= MAX_IDENTIFIER && kept.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
        {
            Ok(kept)
        }
        (None, Identifiers::Any | Identifiers::Resident) => Err(Flaw::Shape),
    }
}

/// A full-width sign of ASCII as the sign itself.
fn narrow(sign: char) -> char {
    match sign {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(sign) - 0xfee0).unwrap_or(sign),
        other => other,
    }
}

/// 15 digits have two of the year; who has them was born before 2000.
fn with_century(old: &str) -> String {
    let body = format!("{}19{}", &old[..6], &old[6..]);
    let check = check_character(&body);
    format!("{body}{check}")
}

/// ISO 7064 MOD 11-2 over 17 digits.
fn check_character(body: &str) -> char {
    const CHECKS: &[u8; 11] = b"10X98765432";
    let sum = body.bytes().enumerate().fold(0_usize, |sum, (place, digit)| {
        let weight = (0..17 - place).fold(1_usize, |weight, _| weight * 2 % 11);
        sum + usize::from(digit - b'0') * weight
    });
    char::from(CHECKS[sum % 11])
}

/// The token of a normalised identifier: 26 of `[a-z2-7]`, at least two of which are letters.
#[must_use]
pub fn token(key: &[u8], normalised: &str) -> String {
    first_with_letters((0..=u8::MAX).map(|round| {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return [0; 32] }; // HMAC takes keys of any length
        mac.update(normalised.as_bytes());
        if round > 0 {
            mac.update(&[0, round]); // no identifier holds a zero byte
        }
        mac.finalize().into_bytes().into()
    }))
}

/// The text of the first digest that has two letters; nearly every one has.
#[must_use]
pub fn first_with_letters(digests: impl Iterator<Item = [u8; 32]>) -> String {
    let mut texts = digests.map(|digest| base32(&digest[..16]));
    let has_letters = |text: &String| text.bytes().filter(u8::is_ascii_alphabetic).count() >= 2;
    texts.find(has_letters).unwrap_or_default()
}

/// RFC 4648, in small letters, without padding.
fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut text = String::with_capacity(TOKEN);
    let (mut held, mut bits) = (0_u32, 0_u32);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(LETTERS[(held >> bits) as usize & 31]));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(char::from(LETTERS[(held << (5 - bits)) as usize & 31]));
    }
    text
}
