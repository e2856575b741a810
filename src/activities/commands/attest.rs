//! Attesting by a sheet: what was recorded of a session, or at a site on some days, by another person than who recorded it.

use std::collections::{BTreeMap, BTreeSet};

use super::amend::next_version;
use super::intake::fact;
use super::{ATTEST, DISPUTE};
use crate::activities::policy::Policy;
use crate::activities::sheet::{self, Check, Finding, MOST_ACTIVITIES, Scope, Sheet, Sheets};
use crate::activities::store::sheets::Covered;
use crate::activities::{Activities, Activity, Kind, State, store};
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Change, Error, Fact, Id, Name, Reason, Result, Vocabulary as _};
use crate::sessions::{SessionState, Sessions};
use crate::sites::Sites;

/// Attests what a sheet is about.
#[derive(Clone, Debug)]
pub struct AttestSheet {
    /// Its name.
    pub name: Name<Sheets>,
    /// What it is about.
    pub scope: Scope,
    /// The digest of the lines that the attester has read.
    pub digest: String,
    /// What was looked up again, each record once.
    pub checks: Vec<Check>,
}

/// What a sheet would cover, and what it has to be judged by.
#[derive(Clone, Debug)]
pub struct Lines {
    /// The records that nobody has attested yet, by day and id; one more than a sheet can have, where there are that many.
    pub recorded: Vec<Activity>,
    /// How many are disputed, and so left out.
    pub disputed: i64,
    /// How many were attested before.
    pub attested: i64,
    /// The digest of the lines.
    pub digest: String,
    /// What has to be looked up again.
    pub to_check: BTreeSet<Id>,
}

/// Reads what a sheet would cover.
///
/// # Errors
/// `RESOURCE_NOT_FOUND` (the session or the site), `SESSION_NOT_HELD`, `IN_THE_FUTURE`, `SHEET_EMPTY`, `SHEET_TOO_LARGE`, or a storage
/// error.
pub(in crate::activities) async fn lines(tx: &mut Tx<'_>, programme: &Id, scope: &Scope) -> Result<Lines> {
    let held = must_be_over(tx, programme, scope).await?;
    let policy: Policy = store::policy::find(tx, programme).await?;
    let Covered { recorded, disputed, attested } = store::sheets::covered(tx, programme, scope).await?;
    if recorded.len() > MOST_ACTIVITIES {
        let message =
            "there are more records than a sheet can have: attest session by session, or fewer days at a time";
        return Err(Error::refused(Reason::SheetTooLarge, message).with("limit", MOST_ACTIVITIES));
    }
    if recorded.is_empty() && !held {
        return Err(Error::refused(Reason::SheetEmpty, "there is nothing on these days that could be attested"));
    }
    let digest = sheet::digest(scope, &recorded);
    let to_check = sheet::to_check(&digest, &recorded, policy.recheck_percent);
    Ok(Lines { recorded, disputed, attested, digest, to_check })
}

/// Refuses what isn't over yet; says whether a session was held, which is attested though nothing else was recorded of it.
async fn must_be_over(tx: &mut Tx<'_>, programme: &Id, scope: &Scope) -> Result<bool> {
    match scope {
        Scope::Session(session) => {
            let name = Name::<Sessions>::new(programme.clone(), session.clone());
            let state = store::session_state(tx, &name).await?.ok_or_else(|| Error::not_found(&name))?;
            if state == SessionState::Completed {
                return Ok(true);
            }
            let message = "only a session that was held can be attested: complete it first";
            Err(Error::refused(Reason::SessionNotHeld, message).with("name", &name).with("state", state.code()))
        }
        Scope::Days { site, from, to } => {
            let name = Name::<Sites>::new(programme.clone(), site.clone());
            let zone = store::sheets::zone_of(tx, programme, site).await?.ok_or_else(|| Error::not_found(&name))?;
            if *to > zone.date_of(tx.now()) {
                let message = "only days that have been can be attested";
                return Err(Error::refused(Reason::InTheFuture, message).with("field", "to_date"));
            }
            store::sheets::has_held(tx, programme, site, *from, *to).await
        }
    }
}

/// What an attestation is judged by.
#[derive(Debug)]
pub struct Surroundings {
    lines: Lines,
    /// Who has recorded which of the lines, in whichever version.
    recorders: BTreeSet<(String, Id)>,
    /// Who has said of which session that it was held, where no sheet has attested that yet.
    held_by: Vec<(String, Id)>,
    exists: bool,
    sequence: i64,
}

/// What it writes.
#[derive(Debug)]
pub struct Attested {
    sheet: Sheet,
    versions: Vec<Activity>,
}

impl AttestSheet {
    /// Refuses what the attester hasn't read, hasn't looked up again, or has recorded.
    fn refuse(&self, around: &Surroundings, attester: &str) -> Result<()> {
        let Surroundings { lines, recorders, held_by, exists, .. } = around;
        if *exists {
            return Err(Error::already_exists(&self.name));
        }
        if self.digest != lines.digest {
            let message = "the records aren't those that were read: read the sheet again";
            return Err(Error::refused(Reason::SheetChanged, message).with("digest", &lines.digest));
        }
        let name = |id: &Id| Name::<Activities>::new(self.name.programme().clone(), id.clone());
        if let Some((_, own)) = recorders.iter().find(|(recorder, _)| recorder == attester) {
            let message = "a record must be attested by another person than who recorded it";
            return Err(Error::refused(Reason::SecondPersonRequired, message).with("name", name(own)));
        }
        if let Some((_, own)) = held_by.iter().find(|(recorder, _)| recorder == attester) {
            let message = "a session must be attested by another person than who said that it was held";
            let name = Name::<Sessions>::new(self.name.programme().clone(), own.clone());
            return Err(Error::refused(Reason::SecondPersonRequired, message).with("name", name));
        }
        let checked: BTreeSet<&Id> = self.checks.iter().map(|check| &check.activity).collect();
        let missing: Vec<&Id> = lines.to_check.iter().filter(|id| !checked.contains(id)).collect();
        if let Some(first) = missing.first() {
            let message = "every operation case and the sample have to be looked up again at their source";
            let refusal = Error::refused(Reason::SheetUnchecked, message).with("name", name(first));
            return Err(refusal.with("missing", missing.len()));
        }
        let covered: BTreeSet<&Id> = lines.recorded.iter().map(|line| line.name.id()).collect();
        match checked.iter().find(|id| !covered.contains(*id)) {
            Some(foreign) => Err(Error::not_found(name(foreign))),
            None => Ok(()),
        }
    }
}

impl Command for AttestSheet {
    type Facts = Surroundings;
    type Effects = Attested;
    type Output = Sheet;
    const METHOD: &'static str = "SheetService.AttestSheet";

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Surroundings> {
        let programme = self.name.programme();
        let exists = store::sheets::find(tx, &self.name).await?.is_some();
        let lines = lines(tx, programme, &self.scope).await?;
        let ids: Vec<&Id> = lines.recorded.iter().map(|line| line.name.id()).collect();
        let recorders = store::sheets::recorders(tx, programme, &ids).await?;
        let held_by = store::sheets::held_by(tx, programme, &self.scope).await?;
        Ok(Surroundings { lines, recorders, held_by, exists, sequence: tx.sequence() })
    }

    fn decide(&self, around: Surroundings, context: &Context<'_>) -> Result<Decision<Attested, Sheet>> {
        let attester = context.call.caller.actor().to_owned();
        self.refuse(&around, &attester)?;
        let findings: BTreeMap<&Id, &Check> = self.checks.iter().map(|check| (&check.activity, check)).collect();
        let mut sheet = Sheet {
            name: self.name.clone(),
            scope: self.scope.clone(),
            attested: 0,
            operations: 0,
            checks: self.checks.clone(),
            digest: self.digest.clone(),
            attester,
            since_sequence: around.sequence,
            create_time: context.now,
        };
        let mut changes = vec![Change::created(&self.name)];
        let mut facts: Vec<Fact> = Vec::with_capacity(around.lines.recorded.len());
        let mut versions = Vec::with_capacity(around.lines.recorded.len());
        for (current, sequence) in around.lines.recorded.iter().zip(around.sequence + 1..) {
            let next = next_version(current, context, sequence);
            let differing = findings.get(current.name.id()).filter(|check| check.finding == Finding::Differs);
            let (next, verb) = match differing {
                Some(check) => {
                    (Activity { state: State::Disputed, dispute_note: Some(check.note.clone()), ..next }, DISPUTE)
                }
                None => {
                    sheet.attested += 1;
                    sheet.operations += i64::from(current.record.kind == Kind::OperationCase);
                    (Activity { state: State::Attested, sheet: Some(self.name.id().clone()), ..next }, ATTEST)
                }
            };
            changes.push(Change::new(&next.name, verb, next.meta.revision));
            facts.push(fact(Some(current), &next));
            versions.push(next);
        }
        Ok(Decision { effects: Attested { sheet: sheet.clone(), versions }, output: sheet, changes, facts })
    }

    async fn apply(&self, attested: &Attested, tx: &mut Tx<'_>) -> Result<()> {
        store::sheets::insert(tx, &attested.sheet).await?;
        store::replace_all(tx, &attested.versions).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Sheet> {
        let sheet = names.iter().find_map(|name| Name::<Sheets>::parse(name).ok());
        let name = sheet.ok_or(Error::Internal("a sheet's request named no sheet"))?;
        store::sheets::find(tx, &name).await?.ok_or(Error::Internal("a sheet is gone"))
    }
}
