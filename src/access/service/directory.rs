//! What a server knows of tokens and roles: all that is in force, in memory, looked up again twice a second and after each write here.
//!
//! So a call costs a hash and two look-ups, and what another server revoked stops working within a second.
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};
use tracing::warn;

use crate::access::Token;
use crate::access::decide::Grant;
use crate::access::queries::{Known, ReadAccess};
use crate::access::secret::{self, Digest};
use crate::db::Db;
use crate::kernel::{Id, Result};

/// How often it is looked up again: a second has room for a look that takes long.
const RHYTHM: Duration = Duration::from_millis(400);

/// What is known at one moment.
#[derive(Default)]
pub struct Picture {
    programmes: BTreeMap<Id, Arc<Known>>,
    /// By hash; the platform's and every programme's.
    tokens: HashMap<Digest, Arc<Token>>,
}

impl Picture {
    /// The token with this hash, expired or not.
    #[must_use]
    pub fn token(&self, hash: &Digest) -> Option<&Arc<Token>> {
        self.tokens.get(hash)
    }

    /// The roles that a programme's own bindings give a subject.
    #[must_use]
    pub fn grants(&self, programme: &Id, subject: &str) -> &[Grant] {
        self.programmes.get(programme).and_then(|known| known.grants.get(subject)).map_or(&[], Vec::as_slice)
    }

    /// The programmes that have bindings for a subject.
    pub fn programmes_of<'a>(&'a self, subject: &'a str) -> impl Iterator<Item = &'a Id> {
        self.programmes.iter().filter(move |(_, known)| known.grants.contains_key(subject)).map(|(id, _)| id)
    }
}

/// What this server knows of access; it is asked at every call.
pub struct Directory {
    db: Db,
    picture: RwLock<Arc<Picture>>,
    /// Moves whenever the picture changes.
    changes: watch::Sender<u64>,
    looking: Mutex<()>,
}

impl Directory {
    /// Knows nothing yet.
    #[must_use]
    pub fn new(db: Db) -> Arc<Directory> {
        let (changes, looking) = (watch::Sender::new(0), Mutex::new(()));
        Arc::new(Directory { db, picture: RwLock::default(), changes, looking })
    }

    /// What is known now.
    #[must_use]
    pub fn picture(&self) -> Arc<Picture> {
        match self.picture.read() {
            Ok(picture) => Arc::clone(&picture),
            // Nobody panics while writing it: all that is done there is to put another in its place.
            Err(poisoned) => Arc::clone(&poisoned.into_inner()),
        }
    }

    /// Moves whenever what is known changes.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Looks what has changed since; whoever called before this has returned is still judged by what was known before.
    ///
    /// # Errors
    /// An error of the storage.
    pub async fn refresh(&self) -> Result<()> {
        let _one_at_a_time = self.looking.lock().await;
        let before = self.picture();
        let versions = before.programmes.iter().map(|(id, known)| (id.clone(), known.version)).collect();
        let changed = self.db.read_aside(ReadAccess { versions }).await?;
        if changed.is_empty() {
            return Ok(());
        }
        let mut programmes = before.programmes.clone();
        programmes.extend(changed.into_iter().map(|(id, known)| (id, Arc::new(known))));
        let all = programmes.values().flat_map(|known| &known.tokens);
        let by_hash = |token: &Token| Some((secret::digest_of(&token.hash)?, Arc::new(token.clone())));
        let tokens = all.filter_map(by_hash).collect();
        let picture = Arc::new(Picture { programmes, tokens });
        match self.picture.write() {
            Ok(mut place) => *place = picture,
            Err(poisoned) => *poisoned.into_inner() = picture,
        }
        self.changes.send_modify(|changes| *changes += 1);
        Ok(())
    }

    /// Looks again and again; whoever stops the server aborts it.
    #[must_use]
    pub fn follow(self: Arc<Self>) -> JoinHandle<()> {
        tokio::spawn(async move {
            let mut rhythm = interval(RHYTHM);
            rhythm.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                rhythm.tick().await;
                if let Err(error) = self.refresh().await {
                    warn!(%error, "what has changed in tokens and roles can't be read now");
                }
            }
        })
    }
}
