//! Who calls: what a credential says, and the roles that go with it.
use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::super::oidc::{Signer, Vouched};
use crate::access::decide::Grant;
use crate::access::secret::Digest;
use crate::access::service::directory::Picture;
use crate::access::{PLATFORM, Role, Token};
use crate::kernel::{Error, Id, Reason, Result, Timestamp};

/// Where a subject is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Realm {
    /// In one programme: whose token it is.
    Programme(Id),
    /// In all of them.
    Everywhere,
}

/// Who calls, as long as the credential holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub subject: String,
    pub realm: Realm,
    /// Whether it says for whom it calls.
    pub vouches: bool,
    pub expires: Timestamp,
    /// The hash of the token; nothing where an issuer vouches.
    pub hash: Option<Digest>,
    /// The key by which an issuer vouches; nothing where a token is ours.
    pub signer: Option<Arc<Signer>>,
}

impl Identity {
    /// The subject's roles in a programme.
    pub(super) fn grants(&self, picture: &Picture, programme: &Id) -> Vec<Grant> {
        let platform = Id::platform();
        match &self.realm {
            Realm::Programme(own) if own != programme => Vec::new(),
            Realm::Programme(own) => picture.grants(own, &self.subject).to_vec(),
            Realm::Everywhere if *programme == platform => picture.grants(&platform, &self.subject).to_vec(),
            Realm::Everywhere => {
                [picture.grants(&platform, &self.subject), picture.grants(programme, &self.subject)].concat()
            }
        }
    }

    /// The programmes in which the subject has a role; nothing where that is every one.
    pub(super) fn programmes(&self, picture: &Picture) -> Option<Vec<Id>> {
        let platform = Id::platform();
        if self.realm == Realm::Everywhere && !picture.grants(&platform, &self.subject).is_empty() {
            return None;
        }
        let known = picture.programmes_of(&self.subject);
        let mine = |programme: &&Id| match &self.realm {
            Realm::Programme(own) => own == *programme,
            Realm::Everywhere => **programme != platform,
        };
        Some(known.filter(mine).cloned().collect())
    }

    /// Whether the subject has one of the roles anywhere.
    pub(super) fn has_anywhere(&self, picture: &Picture, takes: impl Fn(Role) -> bool) -> bool {
        let of = |programme: &Id| self.grants(picture, programme).iter().any(|(role, _)| takes(*role));
        of(&Id::platform()) || picture.programmes_of(&self.subject).any(of)
    }

    /// Whether the credential still holds.
    pub(super) fn check(&self, picture: &Picture, now: Timestamp) -> Result<()> {
        if self.hash.as_ref().is_some_and(|hash| picture.token(hash).is_none()) {
            return Err(invalid());
        }
        if self.expires <= now { Err(expired()) } else { Ok(()) }
    }
}

/// The credential of a call.
///
/// # Errors
/// `CREDENTIALS_MISSING`, `CREDENTIALS_INVALID` where there are several or another scheme.
pub(super) fn credential(headers: &HeaderMap) -> Result<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        let text = "the call has no credential: send `authorization: Bearer TOKEN`";
        return Err(Error::refused(Reason::CredentialsMissing, text));
    };
    let text = value.to_str().map_err(|_| invalid())?;
    let (scheme, credential) = text.split_once(' ').ok_or_else(invalid)?;
    if values.next().is_some() || !scheme.eq_ignore_ascii_case("bearer") {
        return Err(invalid());
    }
    Ok(credential.trim())
}

/// Whom one of our tokens names, which has this hash.
///
/// # Errors
/// `CREDENTIALS_EXPIRED`.
pub(super) fn of_token(token: &Token, hash: Digest, now: Timestamp) -> Result<Identity> {
    if token.expires <= now {
        return Err(expired());
    }
    let programme = token.name.programme();
    let is_platforms = *programme == Id::platform() && token.subject.starts_with(PLATFORM);
    let realm = if is_platforms { Realm::Everywhere } else { Realm::Programme(programme.clone()) };
    let (subject, expires, vouches) = (token.subject.clone(), token.expires, token.vouches);
    Ok(Identity { subject, realm, vouches, expires, hash: Some(hash), signer: None })
}

/// Whom an issuer vouches for.
///
/// # Errors
/// `CREDENTIALS_EXPIRED`.
pub(super) fn of_issuer(vouched: Vouched, now: Timestamp) -> Result<Identity> {
    if vouched.expires <= now {
        return Err(expired());
    }
    let Vouched { subject, expires, signer } = vouched;
    let (realm, signer) = (Realm::Everywhere, Some(signer));
    Ok(Identity { subject, realm, vouches: false, expires, hash: None, signer })
}

/// Nobody knows the credential, or it was revoked: the answer is the same.
pub(super) fn invalid() -> Error {
    Error::refused(Reason::CredentialsInvalid, "the credential isn't known here, or was revoked")
}

pub(super) fn expired() -> Error {
    Error::refused(Reason::CredentialsExpired, "the credential has expired: ask for a new one")
}
