//! Entering, approving and withdrawing a version, of a tariff or of a policy alike.
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Change, Error, Id, Meta, Name, Result, Verb, etag};
use crate::savings::store::Stored;
use crate::savings::tariff;
use crate::savings::versions::Approval;

/// Enters a version.
#[derive(Debug)]
pub struct Create<T: Stored> {
    /// The name to be.
    pub name: Name<T::Collection>,
    /// What it says.
    pub draft: T::Draft,
    /// The version that it takes the place of.
    pub replaces: Option<Id>,
}

impl<T: Stored> Command for Create<T> {
    type Facts = bool;
    type Effects = T;
    type Output = T;
    const METHOD: &'static str = T::CREATE;

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<bool> {
        if let Some(replaced) = &self.replaces {
            get::<T>(tx, &Name::new(self.name.programme().clone(), replaced.clone())).await?;
        }
        Ok(T::find(tx, &self.name).await?.is_some())
    }

    fn decide(&self, exists: bool, context: &Context<'_>) -> Result<Decision<T, T>> {
        if exists {
            return Err(Error::already_exists(&self.name));
        }
        let approval = Approval::entered(&context.call.caller, self.replaces.clone());
        let version = T::entered(self.name.clone(), self.draft.clone(), approval, Meta::new(context.now));
        Ok(Decision::new(version.clone(), version, vec![Change::created(&self.name)]))
    }

    async fn apply(&self, version: &T, tx: &mut Tx<'_>) -> Result<()> {
        version.insert(tx).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<T> {
        let made = names.first().and_then(|name| Name::parse(name).ok());
        get(tx, made.as_ref().unwrap_or(&self.name)).await
    }
}

/// Approves a version.
#[derive(Debug)]
pub struct Approve<T: Stored> {
    /// The version.
    pub name: Name<T::Collection>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
}

/// What an approval is judged by.
#[derive(Debug)]
pub struct Judged<T> {
    version: T,
    replaced: Option<T>,
    approved: Vec<T>,
}

impl<T: Stored> Command for Approve<T> {
    type Facts = Judged<T>;
    type Effects = Vec<T>;
    type Output = T;
    const METHOD: &'static str = T::APPROVE;

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Judged<T>> {
        let version: T = get(tx, &self.name).await?;
        let replaced = match version.approval().replaces.clone() {
            Some(id) => Some(get::<T>(tx, &Name::new(self.name.programme().clone(), id)).await?),
            None => None,
        };
        let approved = version.approved_of_one(tx).await?;
        Ok(Judged { version, replaced, approved })
    }

    fn decide(&self, facts: Judged<T>, context: &Context<'_>) -> Result<Decision<Vec<T>, T>> {
        let Judged { version, replaced, approved } = facts;
        check_etag(self.etag.as_deref(), &version)?;
        let approval = version.approval().approved(&self.name.to_string(), &context.call.caller)?;
        let mut effects = Vec::new();
        if let Some(replaced) = replaced {
            if !replaced.is_of_one(&version) {
                return Err(tariff::overlap(version.name().id(), replaced.name().id()));
            }
            let superseded = replaced.approval().superseded(&replaced.name().to_string())?;
            let meta = replaced.meta().touched(context.now);
            effects.push(replaced.standing(superseded, meta));
        }
        let replaced = version.approval().replaces.as_ref();
        let mut rivals = approved.iter().filter(|other| Some(other.name().id()) != replaced);
        if let Some(rival) = rivals.find(|other| other.overlaps(&version)) {
            return Err(tariff::overlap(version.name().id(), rival.name().id()));
        }
        let meta = version.meta().touched(context.now);
        let version = version.standing(approval, meta);
        let mut changes = vec![Change::new(version.name(), Verb::new("approve"), meta.revision)];
        let superseded = |it: &T| Change::new(it.name(), Verb::new("supersede"), it.meta().revision);
        changes.extend(effects.iter().map(superseded));
        effects.push(version.clone());
        Ok(Decision::new(effects, version, changes))
    }

    async fn apply(&self, versions: &Vec<T>, tx: &mut Tx<'_>) -> Result<()> {
        for version in versions {
            version.update(tx).await?;
        }
        Ok(())
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<T> {
        get(tx, &self.name).await
    }
}

/// Withdraws a version.
#[derive(Debug)]
pub struct Withdraw<T: Stored> {
    /// The version.
    pub name: Name<T::Collection>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
}

impl<T: Stored> Command for Withdraw<T> {
    type Facts = T;
    type Effects = T;
    type Output = T;
    const METHOD: &'static str = T::WITHDRAW;

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<T> {
        get(tx, &self.name).await
    }

    fn decide(&self, version: T, context: &Context<'_>) -> Result<Decision<T, T>> {
        check_etag(self.etag.as_deref(), &version)?;
        let approval = version.approval().withdrawn(&self.name.to_string())?;
        let meta = version.meta().touched(context.now);
        let version = version.standing(approval, meta);
        let change = Change::new(version.name(), Verb::new("withdraw"), meta.revision);
        Ok(Decision::new(version.clone(), version, vec![change]))
    }

    async fn apply(&self, version: &T, tx: &mut Tx<'_>) -> Result<()> {
        version.update(tx).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<T> {
        get(tx, &self.name).await
    }
}

pub(super) async fn get<T: Stored>(tx: &mut Tx<'_>, name: &Name<T::Collection>) -> Result<T> {
    T::find(tx, name).await?.ok_or_else(|| Error::not_found(name))
}

fn check_etag<T: Stored>(etag: Option<&str>, version: &T) -> Result<()> {
    etag::check(etag, &version.name().to_string(), version.meta().revision)
}
