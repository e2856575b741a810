//! Tokens of an OIDC issuer: who calls, as somebody else vouches. Roles are ours: the subject is `oidc:` and the token's `sub`.
//!
//! Keys come from a file, which is read again when it changes; nothing is fetched. A signature is checked once for each token (docs/adr/0015).
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;
use tokio::sync::watch;
use tracing::warn;

use crate::access::secret::{self, Digest};
use crate::access::{OIDC, is_oidc_subject};
use crate::kernel::Timestamp;

/// Which issuer is trusted.
#[derive(Clone, Debug, Args)]
pub struct Oidc {
    /// The issuer whose tokens are taken, as their `iss` has it; empty: none is
    #[arg(long, env = "HOMECOMING_OIDC_ISSUER", default_value = "", value_name = "URL")]
    pub oidc_issuer: String,
    /// What a token's `aud` must have
    #[arg(long, env = "HOMECOMING_OIDC_AUDIENCE", default_value = "homecoming", value_name = "AUDIENCE")]
    pub oidc_audience: String,
    /// A file with the issuer's keys (JWKS), read again when it changes
    #[arg(long, env = "HOMECOMING_OIDC_KEYS", value_name = "FILE")]
    pub oidc_keys: Option<PathBuf>,
    /// By how much the issuer's clock may differ from ours, in seconds
    #[arg(long, env = "HOMECOMING_OIDC_SKEW_SECONDS", default_value = "60", value_name = "SECONDS")]
    pub oidc_skew_seconds: u32,
}

impl Default for Oidc {
    fn default() -> Self {
        let (oidc_issuer, oidc_audience) = (String::new(), "homecoming".to_owned());
        Oidc { oidc_issuer, oidc_audience, oidc_keys: None, oidc_skew_seconds: 60 }
    }
}

/// The longest token that is read at all, in bytes.
const LONGEST: usize = 8_192;
/// Tokens whose signature is remembered.
const MOST_REMEMBERED: usize = 10_000;

/// Why the keys can't be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// No file is named.
    #[error("--oidc-issuer needs --oidc-keys, a file with the issuer's keys")]
    NoFile,
    /// The file can't be read.
    #[error("the OIDC issuer's keys {}: {why}", .file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// What the system says.
        why: std::io::Error,
    },
    /// The file has no key that can be used.
    #[error("{} is no JWKS with an RSA, P-256 or Ed25519 key for signatures", .0.display())]
    NoKeys(PathBuf),
}

/// A key by which the issuer signs.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Key {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl Key {
    /// The one algorithm that it is for: a token can't choose.
    const fn algorithm(&self) -> &'static str {
        match self {
            Self::Rsa { .. } => "RS256",
            Self::P256(_) => "ES256",
            Self::Ed25519(_) => "EdDSA",
        }
    }

    fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let verified = match self {
            Self::Rsa { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
            Self::P256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature),
            Self::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
        };
        verified.is_ok()
    }
}

/// Whom a token names, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    /// `oidc:` and the token's `sub`.
    pub subject: String,
    /// When the token expires, the skew included.
    pub expires: Timestamp,
    /// By which key.
    pub signer: Arc<Signer>,
}

/// A key of the issuer's under its name: whoever it vouched for is nobody once it is gone, or another has its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    kid: String,
    key: Key,
}

/// The issuer that is trusted.
pub struct Issuer {
    settings: Oidc,
    known: Mutex<Known>,
    /// Moves whenever the keys change.
    changes: watch::Sender<u64>,
}

#[derive(Default)]
struct Known {
    keys: Arc<HashMap<String, Arc<Signer>>>,
    modified: Option<SystemTime>,
    /// By the token's hash.
    verified: HashMap<Digest, Vouched>,
}

#[derive(Deserialize)]
struct Keys {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct Jwk {
    #[serde(default)]
    kid: String,
    kty: String,
    #[serde(rename = "use")]
    purpose: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: String,
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: f64,
    nbf: Option<f64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Issuer {
    /// The issuer of the settings, with its keys; nothing where none is named.
    ///
    /// # Errors
    /// [`KeysError`].
    pub fn open(settings: &Oidc) -> Result<Option<Issuer>, KeysError> {
        if settings.oidc_issuer.is_empty() {
            return Ok(None);
        }
        let issuer = Issuer { settings: settings.clone(), known: Mutex::default(), changes: watch::Sender::new(0) };
        issuer.read_keys()?;
        Ok(Some(issuer))
    }

    /// Reads the keys again where their file has changed; a file that can't be used changes nothing.
    pub(super) fn refresh(&self) {
        if let Err(error) = self.read_keys() {
            warn!(%error, "the OIDC issuer's keys stay as they were");
        }
    }

    fn read_keys(&self) -> Result<(), KeysError> {
        let file = self.settings.oidc_keys.as_ref().ok_or(KeysError::NoFile)?;
        let failed = |why| KeysError::File { file: file.clone(), why };
        let modified = Some(fs::metadata(file).and_then(|file| file.modified()).map_err(failed)?);
        if self.known.lock().unwrap_or_else(PoisonError::into_inner).modified == modified {
            return Ok(());
        }
        let keys = keys(file, &fs::read_to_string(file).map_err(failed)?)?;
        // What a key that is gone has signed isn't known any more.
        let known = Known { keys: Arc::new(keys), modified, verified: HashMap::new() };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = known;
        self.changes.send_modify(|changes| *changes += 1);
        Ok(())
    }

    /// Moves whenever the keys change.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Whether a key is still the issuer's.
    #[must_use]
    pub fn trusts(&self, signer: &Signer) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.keys.get(&signer.kid).is_some_and(|now| **now == *signer)
    }

    /// Whom a token names; nothing where it isn't one of the issuer's for us. The expiry is the caller's to compare.
    #[must_use]
    pub fn verify(&self, token: &str, now: Timestamp) -> Option<Vouched> {
        self.verify_hashed(token, secret::digest(token), now)
    }

    /// The same of a token whose hash is known.
    pub(super) fn verify_hashed(&self, token: &str, hash: Digest, now: Timestamp) -> Option<Vouched> {
        if token.len() > LONGEST {
            return None;
        }
        let keys = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(vouched) = known.verified.get(&hash) {
                return Some(vouched.clone());
            }
            Arc::clone(&known.keys)
        };
        // Nobody waits for a signature but whose it is.
        let vouched = self.check(&keys, token, now)?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&known.keys, &keys) {
            return None; // other keys by now: whoever holds a good token asks again
        }
        if known.verified.len() >= MOST_REMEMBERED {
            known.verified.clear();
        }
        known.verified.insert(hash, vouched.clone());
        Some(vouched)
    }

    fn check(&self, keys: &HashMap<String, Arc<Signer>>, token: &str, now: Timestamp) -> Option<Vouched> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let header: Header = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        let signer = keys.get(&header.kid)?;
        let key = &signer.key;
        if header.alg != key.algorithm() || header.crit.is_some() {
            return None;
        }
        if !key.has_signed(message.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).ok()?) {
            return None;
        }
        let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
        let audience = &self.settings.oidc_audience;
        let is_for_us = match &claims.aud {
            Audience::One(one) => one == audience,
            Audience::Many(many) => many.contains(audience),
        };
        let skew = i64::from(self.settings.oidc_skew_seconds).saturating_mul(1_000_000);
        let begins = claims.nbf.map_or(Some(i64::MIN), micros)?;
        let is_begun = begins.saturating_sub(skew) <= now.micros();
        if claims.iss != self.settings.oidc_issuer || !is_for_us || !is_begun || !is_oidc_subject(&claims.sub) {
            return None;
        }
        let expires = Timestamp::from_micros(micros(claims.exp)?.saturating_add(skew));
        Some(Vouched { subject: format!("{OIDC}{}", claims.sub), expires, signer: Arc::clone(signer) })
    }
}

/// Seconds since 1970 as JSON has them, in microseconds; nothing beyond the year 9999.
fn micros(seconds: f64) -> Option<i64> {
    const LAST: f64 = 253_402_300_800.0;
    #[expect(clippy::cast_possible_truncation, reason = "within the years that an i64 of microseconds holds")]
    (0.0..LAST).contains(&seconds).then_some((seconds * 1e6) as i64)
}

fn keys(file: &Path, text: &str) -> Result<HashMap<String, Arc<Signer>>, KeysError> {
    let none = || KeysError::NoKeys(file.to_owned());
    let set: Keys = serde_json::from_str(text).map_err(|_| none())?;
    let signer = |jwk: &Jwk| Some((jwk.kid.clone(), Arc::new(Signer { kid: jwk.kid.clone(), key: key(jwk)? })));
    let keys: HashMap<String, Arc<Signer>> = set.keys.iter().filter_map(signer).collect();
    if keys.is_empty() { Err(none()) } else { Ok(keys) }
}

/// The key, where it is one for signatures that is known here.
fn key(jwk: &Jwk) -> Option<Key> {
    if jwk.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let bytes = |text: &Option<String>| URL_SAFE_NO_PAD.decode(text.as_deref()?).ok();
    let number = |text: &Option<String>| Some(bytes(text)?.into_iter().skip_while(|byte| *byte == 0).collect());
    match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("RSA", _) => Some(Key::Rsa { n: number(&jwk.n)?, e: number(&jwk.e)? }),
        ("EC", Some("P-256")) => {
            let (x, y) = (bytes(&jwk.x)?, bytes(&jwk.y)?);
            (x.len() == 32 && y.len() == 32).then(|| Key::P256([&[4], x.as_slice(), &y].concat()))
        }
        ("OKP", Some("Ed25519")) => bytes(&jwk.x).filter(|x| x.len() == 32).map(Key::Ed25519),
        _ => None,
    }
}
