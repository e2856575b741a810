//! Entering papers, one or many, and ending them.
use std::collections::{BTreeSet, HashMap};

use super::People;
use crate::credentials::{Credential, CredentialState, Credentials, Paper, store};
use crate::db::{Command, Context, Decision, Tx, external_ids};
use crate::experts::Days;
use crate::kernel::{
    Change, Collection as _, Date, Error, Etag, ExternalId, Id, Meta, Name, Reason, Result, Verb, Vocabulary as _,
};

/// A paper to be entered.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The name to be.
    pub name: Name<Credentials>,
    /// What it says.
    pub paper: Paper,
    /// On which days.
    pub days: Days,
    /// Where it is found.
    pub document: String,
    /// Identifiers in other systems.
    pub external_ids: Vec<ExternalId>,
}

/// What new papers rest on; it grows with each that is taken, so that the next is judged after it.
#[derive(Debug)]
pub struct Known {
    people: People,
    existing: BTreeSet<Id>,
    taken: HashMap<ExternalId, Id>,
}

impl Known {
    async fn load(tx: &mut Tx<'_>, programme: &Id, entries: &[Entry]) -> Result<Known> {
        let experts: BTreeSet<&Id> = entries.iter().filter_map(|entry| entry.paper.expert()).collect();
        let sites: BTreeSet<&Id> = entries.iter().flat_map(|entry| entry.paper.sites()).collect();
        let (experts, sites): (Vec<Id>, Vec<Id>) =
            (experts.into_iter().cloned().collect(), sites.into_iter().cloned().collect());
        let ids: Vec<Id> = entries.iter().map(|entry| entry.name.id().clone()).collect();
        let external: Vec<&ExternalId> = entries.iter().flat_map(|entry| &entry.external_ids).collect();
        Ok(Known {
            people: People::load(tx, programme, &experts, &sites).await?,
            existing: store::many(tx, programme, &ids).await?.into_keys().collect(),
            taken: external_ids::find_all(tx, programme, Credentials::COLLECTION, &external).await?,
        })
    }

    /// The credential that an entry becomes, or why not.
    fn take(&mut self, entry: &Entry, context: &Context<'_>) -> Result<Credential> {
        let (programme, id) = (entry.name.programme(), entry.name.id());
        if self.existing.contains(id) {
            return Err(Error::already_exists(&entry.name));
        }
        if let Some(expert) = entry.paper.expert() {
            self.people.must_have_expert(programme, expert, "create_credential")?;
        }
        for site in entry.paper.sites() {
            self.people.zone(programme, site)?;
        }
        let holder = |external: &ExternalId| Some((external.clone(), self.taken.get(external)?.clone()));
        let taken = entry.external_ids.iter().filter_map(holder).collect();
        external_ids::refuse_taken(programme, Credentials::COLLECTION, taken)?;
        self.existing.insert(id.clone());
        self.taken.extend(entry.external_ids.iter().map(|external| (external.clone(), id.clone())));
        Ok(Credential {
            name: entry.name.clone(),
            paper: entry.paper.clone(),
            days: entry.days,
            document: entry.document.clone(),
            external_ids: entry.external_ids.clone(),
            state: CredentialState::Valid,
            meta: Meta::new(context.now),
        })
    }
}

/// Enters one paper.
#[derive(Debug)]
pub struct CreateCredential {
    /// The paper.
    pub entry: Entry,
}

impl Command for CreateCredential {
    type Facts = Known;
    type Effects = Credential;
    type Output = Credential;
    const METHOD: &'static str = "CredentialService.CreateCredential";

    fn programme(&self) -> &Id {
        self.entry.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Known> {
        Known::load(tx, self.programme(), std::slice::from_ref(&self.entry)).await
    }

    fn decide(&self, mut known: Known, context: &Context<'_>) -> Result<Decision<Credential, Credential>> {
        let credential = known.take(&self.entry, context)?;
        let change = Change::created(&credential.name);
        Ok(Decision::new(credential.clone(), credential, vec![change]))
    }

    async fn apply(&self, credential: &Credential, tx: &mut Tx<'_>) -> Result<()> {
        store::insert_all(tx, self.programme(), std::slice::from_ref(credential)).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Credential> {
        let made = names.first().and_then(|name| Name::parse(name).ok());
        store::get(tx, made.as_ref().unwrap_or(&self.entry.name)).await
    }
}

/// Enters many papers, all or none.
#[derive(Debug)]
pub struct BatchCreateCredentials {
    /// Of which programme.
    pub programme: Id,
    /// The papers, 1 to 200.
    pub entries: Vec<Entry>,
}

impl Command for BatchCreateCredentials {
    type Facts = Known;
    type Effects = Vec<Credential>;
    type Output = Vec<Credential>;
    const METHOD: &'static str = "CredentialService.BatchCreateCredentials";

    fn programme(&self) -> &Id {
        &self.programme
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Known> {
        Known::load(tx, &self.programme, &self.entries).await
    }

    fn decide(&self, mut known: Known, context: &Context<'_>) -> Result<Decision<Vec<Credential>, Vec<Credential>>> {
        let mut credentials = Vec::with_capacity(self.entries.len());
        for (row, entry) in self.entries.iter().enumerate() {
            credentials.push(known.take(entry, context).map_err(|error| in_row(row, &error))?);
        }
        let changes = credentials.iter().map(|credential| Change::created(&credential.name)).collect();
        Ok(Decision::new(credentials.clone(), credentials, changes))
    }

    async fn apply(&self, credentials: &Vec<Credential>, tx: &mut Tx<'_>) -> Result<()> {
        store::insert_all(tx, &self.programme, credentials).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Vec<Credential>> {
        let ids: Vec<Id> =
            names.iter().filter_map(|name| Some(Name::<Credentials>::parse(name).ok()?.into_id())).collect();
        let mut found = store::many(tx, &self.programme, &ids).await?;
        Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
    }
}

/// The refusal of a batch by one of its rows.
fn in_row(row: usize, error: &Error) -> Error {
    let message = format!("row {row} is refused, and so nothing was written: {error}");
    Error::refused(Reason::BatchRefused, message).with("row", row).with("reason", error.reason().code())
}

/// Ends a paper: on one of its days, or as one that never held.
#[derive(Debug)]
pub struct EndCredential {
    /// The paper.
    pub name: Name<Credentials>,
    /// The etag that the caller read, if it cares.
    pub etag: Option<String>,
    /// The last day; none: it never held.
    pub to: Option<Date>,
}

impl Command for EndCredential {
    type Facts = Credential;
    type Effects = Credential;
    type Output = Credential;
    const METHOD: &'static str = "CredentialService.EndCredential";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Credential> {
        store::get(tx, &self.name).await
    }

    fn decide(&self, before: Credential, context: &Context<'_>) -> Result<Decision<Credential, Credential>> {
        Etag::check(self.etag.as_deref(), &before.name.to_string(), before.meta.revision)?;
        let (days, state) = before.ended(self.to)?;
        let after = Credential { days, state, meta: before.meta.touched(context.now), ..before };
        let change = Change::new(&after.name, Verb::new("end"), after.meta.revision);
        Ok(Decision::new(after.clone(), after, vec![change]))
    }

    async fn apply(&self, credential: &Credential, tx: &mut Tx<'_>) -> Result<()> {
        store::update(tx, credential).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Credential> {
        store::get(tx, &self.name).await
    }
}
