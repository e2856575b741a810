//! The platform's owner: who nobody could make by a call, because there would be nobody to make it.
//!
//! A server that finds no owner's token in force makes one and puts it into a file that only its own user can read; a secret that stands
//! there already and that the database doesn't know is taken, so that it can be given beforehand.
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tracing::{info, warn};

use crate::access::commands::Begin;
use crate::access::queries::{FindPlatformToken, Known, ReadAccess};
use crate::access::secret::Secret;
use crate::access::{Role, Scope};
use crate::db::Db;
use crate::kernel::{Call, Caller, Error, Id};

/// Who writes it, as the audit has it.
const SUBJECT: &str = "server";

/// Why there is no owner.
#[derive(Debug, thiserror::Error)]
pub enum OwnerError {
    /// The file can't be read or written.
    #[error("the owner's token file {}: {why}", .file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// What the system says.
        why: std::io::Error,
    },
    /// The file holds something else.
    #[error("{} holds no token: move it away, and the next start makes one there, or say another --token-file", .0.display())]
    NoToken(PathBuf),
    /// The database doesn't answer.
    #[error("the platform's owner can't be made: {0}")]
    Storage(#[from] Error),
}

/// Makes a token of the platform's owner where none is in force, with its secret in the file.
///
/// # Errors
/// [`OwnerError`] says what is in the way.
pub async fn ensure(db: &Db, file: &Path) -> Result<(), OwnerError> {
    let platform = Id::platform();
    let access = db.read(ReadAccess { versions: Default::default() }).await?;
    if access.get(&platform).is_some_and(|known| has_owner(known, db)) {
        return Ok(());
    }
    let given = match read(file)? {
        Some(secret) if db.read(FindPlatformToken { hash: secret.hash() }).await?.is_none() => Some(secret),
        Some(_) | None => None, // one that was revoked or has expired isn't worth keeping
    };
    let secret = match given {
        Some(secret) => secret,
        None => {
            let secret = Secret::fresh().ok_or(Error::Internal("the system has no random bits"))?;
            write(file, &secret).map_err(|why| OwnerError::File { file: file.to_owned(), why })?;
            secret
        }
    };
    let now = db.clock().now();
    let begin = Begin { platform, token: Id::fresh(now), binding: Id::fresh(now), hash: secret.hash() };
    db.write(Call::new(Caller::new(SUBJECT)), begin).await?;
    info!(file = %file.display(), "the token of the platform's owner is in a file");
    Ok(())
}

fn has_owner(known: &Known, db: &Db) -> bool {
    let now = db.clock().now();
    let owns =
        |subject: &str| known.grants.get(subject).is_some_and(|grants| grants.contains(&(Role::Owner, Scope::Whole)));
    known.tokens.iter().any(|token| token.expires > now && owns(&token.subject))
}

/// The secret in the file, if there is a file.
fn read(file: &Path) -> Result<Option<Secret>, OwnerError> {
    let failed = |why| OwnerError::File { file: file.to_owned(), why };
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(failed(why)),
    };
    if fs::metadata(file).map_err(failed)?.permissions().mode() & 0o077 != 0 {
        warn!(file = %file.display(), "others can read the owner's token: chmod 600");
    }
    Secret::parse(text.trim()).map(Some).ok_or_else(|| OwnerError::NoToken(file.to_owned()))
}

/// Writes the secret beside the file and then puts it in its place: it is there whole or not at all, and readable for its user alone.
fn write(file: &Path, secret: &Secret) -> std::io::Result<()> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".partial");
    let beside = PathBuf::from(beside);
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    writeln!(out, "{}", secret.text())?;
    out.sync_all()?;
    fs::rename(&beside, file)
}
