//! What can be done with tokens and bindings: they are made and revoked, alike; and the first owner.
mod begin;

pub use begin::{Begin, OWNER};

use super::refuse_beyond_operator;
use super::store::Kept;
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Change, Error, Etag, Id, Name, Reason, Result, Verb, Violation};

/// Makes a token or a binding.
#[derive(Clone, Debug)]
pub struct Make<K> {
    /// What it is to be.
    pub made: K,
}

impl<K: Kept> Command for Make<K> {
    /// Whether its name is taken, and what it is about that isn't there.
    type Facts = (bool, Option<(&'static str, String)>);
    type Effects = K;
    type Output = K;
    const METHOD: &'static str = K::METHODS[0];

    fn programme(&self) -> &Id {
        self.made.name().programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        let exists = K::find(tx, self.made.name()).await?.is_some();
        Ok((exists, self.made.absent(tx).await?))
    }

    fn decide(&self, (exists, absent): Self::Facts, context: &Context<'_>) -> Result<Decision<K, K>> {
        let name = self.made.name();
        refuse_beyond_operator(name.programme(), &context.call.caller.roles, self.made.role())?;
        if exists {
            return Err(Error::already_exists(name));
        }
        if let Some((field, absent)) = absent {
            return Err(nothing_within(field, absent));
        }
        let made = self.made.made(context.now);
        Ok(Decision::new(made.clone(), made, vec![Change::created(name)]))
    }

    async fn apply(&self, made: &K, tx: &mut Tx<'_>) -> Result<()> {
        made.insert(tx).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<K> {
        get(tx, self.made.name()).await
    }
}

/// That a role would reach as far as something that isn't there.
fn nothing_within(field: &'static str, absent: String) -> Error {
    let (reason, description) = (Reason::ResourceNotFound, "the programme has none of this name".to_owned());
    let violation = Violation { field: field.to_owned(), reason, description };
    let refusal = Error::refused(reason, format!("{absent} was not found: a role can't be about it"));
    refusal.with("name", absent).with_violations(vec![violation])
}

/// Revokes a token or a binding, in a programme that has ended too.
pub struct Revoke<K: Kept> {
    /// Which.
    pub name: Name<K::Collection>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
}

impl<K: Kept> Command for Revoke<K> {
    type Facts = K;
    type Effects = K;
    type Output = K;
    const METHOD: &'static str = K::METHODS[1];
    const AFTER_END: bool = true;

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<K> {
        get(tx, &self.name).await
    }

    fn decide(&self, kept: K, context: &Context<'_>) -> Result<Decision<K, K>> {
        refuse_beyond_operator(self.name.programme(), &context.call.caller.roles, kept.role())?;
        Etag::check(self.etag.as_deref(), &self.name.to_string(), kept.meta().revision)?;
        let kept = kept.revoked(context.now)?;
        let change = Change::new(&self.name, Verb::new("revoke"), kept.meta().revision);
        Ok(Decision::new(kept.clone(), kept, vec![change]))
    }

    async fn apply(&self, kept: &K, tx: &mut Tx<'_>) -> Result<()> {
        kept.update(tx).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<K> {
        get(tx, &self.name).await
    }
}

async fn get<K: Kept>(tx: &mut Tx<'_>, name: &Name<K::Collection>) -> Result<K> {
    K::find(tx, name).await?.ok_or_else(|| Error::not_found(name))
}
