//! What reads tokens, bindings and where things are: one struct per use case.
use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;

use super::Token;
use super::decide::{Found, Grant};
use super::store::{self, Kept, places};
use crate::db::{Query, Tx};
use crate::kernel::{Cursor, Error, Id, Name, Page, PageRequest, Result};

/// Reads one token or binding.
pub struct Get<K: Kept> {
    /// Which.
    pub name: Name<K::Collection>,
}

impl<K: Kept> Query for Get<K> {
    type Output = K;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<K> {
        K::find(tx, &self.name).await?.ok_or_else(|| Error::not_found(&self.name))
    }
}

/// Reads a page of tokens or bindings by id.
pub struct ListKept<K> {
    /// Of which programme.
    pub programme: Id,
    /// Of which subject; empty: of all.
    pub subject: String,
    /// Which page.
    pub page: PageRequest,
    /// What its token is bound to.
    pub bound_to: String,
    /// Which of the two.
    pub kind: PhantomData<fn() -> K>,
}

impl<K: Kept> Query for ListKept<K> {
    type Output = Page<K>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Page<K>> {
        let found = K::list(tx, &self.programme, &self.subject, &self.page).await?;
        let after = |last: &K| Cursor::from([last.name().id()]);
        Ok(Page::cut_sized(found, &self.page, &self.bound_to, after, Kept::bytes))
    }
}

/// Looks up the resources that a request names in one programme.
pub struct Locate {
    /// The programme.
    pub programme: Id,
    /// Collections and ids.
    pub resources: BTreeSet<(String, Id)>,
}

impl Query for Locate {
    type Output = Found;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Found> {
        places::find(tx, &self.programme, &self.resources).await
    }
}

/// What there is to know of access in one programme.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// How often it has changed.
    pub version: i64,
    /// Tokens that weren't revoked.
    pub tokens: Vec<Token>,
    /// The roles of each subject.
    pub grants: BTreeMap<String, Vec<Grant>>,
}

/// Reads what has changed in tokens and bindings since versions that the reader has.
pub struct ReadAccess {
    /// The versions that are known.
    pub versions: BTreeMap<Id, i64>,
}

impl Query for ReadAccess {
    type Output = BTreeMap<Id, Known>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<BTreeMap<Id, Known>> {
        let mut changed = BTreeMap::new();
        for (programme, version) in store::versions(tx).await? {
            if self.versions.get(&programme) == Some(&version) {
                continue;
            }
            let tokens = store::live_tokens(tx, &programme).await?;
            let mut grants: BTreeMap<String, Vec<Grant>> = BTreeMap::new();
            for (subject, grant) in store::live_grants(tx, &programme).await? {
                grants.entry(subject).or_default().push(grant);
            }
            changed.insert(programme, Known { version, tokens, grants });
        }
        Ok(changed)
    }
}

/// Finds the platform's token of a hash, revoked or not.
pub struct FindPlatformToken {
    /// The hash of its secret.
    pub hash: String,
}

impl Query for FindPlatformToken {
    type Output = Option<Token>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Option<Token>> {
        store::token_of_hash(tx, &Id::platform(), &self.hash).await
    }
}
