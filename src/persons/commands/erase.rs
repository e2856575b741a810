//! Erases a person: the seals first, then, step by step, the keys of the audit's digests.
use std::collections::BTreeSet;

use super::{Own, recalled};
use crate::assistants::AssistantState;
use crate::db::{Command, Context, Decision, Tx, ledger};
use crate::experts::Standing;
use crate::kernel::{Change, Error, Id, Name, Reason, Result, Vocabulary as _, etag};
use crate::persons::{ERASE, PersonRestrictions, Restriction, State, store};
use crate::programmes::{self, Programme};

/// Entries of the audit that are looked at in one step.
const STEP: i64 = 500;

/// Destroys what a restriction sealed.
#[derive(Debug)]
pub struct ErasePerson {
    /// Which.
    pub name: Name<PersonRestrictions>,
    /// The version that the caller has read; none: whichever stands.
    pub etag: Option<String>,
}

impl Command for ErasePerson {
    type Facts = (Programme, Restriction, Own);
    type Effects = Restriction;
    type Output = Restriction;
    const METHOD: &'static str = "PersonService.ErasePerson";
    const AFTER_END: bool = true;

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        let programme = programmes::store::get(tx, self.name.programme()).await?;
        let restriction = store::get(tx, &self.name).await?;
        let own = Own::load(tx, self.name.programme(), &restriction.person).await?;
        Ok((programme, restriction, own))
    }

    fn decide(&self, facts: Self::Facts, context: &Context<'_>) -> Result<Decision<Restriction, Restriction>> {
        let (programme, restriction, own) = facts;
        etag::check(self.etag.as_deref(), &self.name.to_string(), restriction.meta.revision)?;
        restriction.needs(&[State::Restricted, State::Erasing], "erase")?;
        refuse_present(&own)?;
        restriction.due(programme.zone.date_of(context.now))?;
        let meta = restriction.meta.touched(context.now);
        let erasing = Restriction { state: State::Erasing, meta, ..restriction };
        let change = Change::new(&self.name, ERASE, erasing.meta.revision);
        Ok(Decision::new(erasing.clone(), erasing, vec![change]))
    }

    async fn apply(&self, erasing: &Restriction, tx: &mut Tx<'_>) -> Result<()> {
        store::update(tx, erasing).await?;
        store::destroy(tx, &self.name).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Restriction> {
        recalled(tx, names).await
    }
}

/// Who still comes is still to be called and planned with: the time here ends first.
fn refuse_present(own: &Own) -> Result<()> {
    let refusal = |name: String, state: &'static str| {
        let refusal = Error::refused(Reason::IllegalTransition, "the person's time here has to end first");
        Err(refusal.with("name", name).with("state", state).with("verb", "erase"))
    };
    for expert in &own.experts {
        match expert.roster.standing {
            Standing::Exited | Standing::Merged { .. } => {}
            Standing::Active | Standing::Paused { .. } => {
                return refusal(expert.name.to_string(), expert.roster.standing.state().code());
            }
        }
    }
    match own.assistant.as_ref().map(|assistant| (assistant.name.to_string(), assistant.state())) {
        Some((name, AssistantState::Active)) => refusal(name, AssistantState::Active.code()),
        Some((_, AssistantState::Ended)) | None => Ok(()),
    }
}

/// Destroys the keys of the next entries that touched an erased person. Its answer says whether more are left.
#[derive(Debug)]
pub struct DestroyKeys {
    /// The restriction.
    pub name: Name<PersonRestrictions>,
}

/// What a step rests on.
pub struct Facts {
    restriction: Restriction,
    names: BTreeSet<String>,
    entries: Vec<ledger::Touched>,
}

/// What a step writes.
pub struct Effects {
    restriction: Restriction,
    entries: Vec<i64>,
}

impl Command for DestroyKeys {
    type Facts = Facts;
    type Effects = Effects;
    type Output = Restriction;
    const METHOD: &'static str = "PersonService.ErasePerson";
    const AFTER_END: bool = true;

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Facts> {
        let programme = self.name.programme();
        let restriction = store::get(tx, &self.name).await?;
        let items = store::items(tx, &self.name).await?;
        let name = |(part, id): (String, String)| format!("programmes/{programme}/{part}/{id}");
        let names = items.into_iter().map(name).chain([self.name.to_string()]).collect();
        let entries = ledger::touched_after(tx, programme, restriction.keys_done, STEP).await?;
        Ok(Facts { restriction, names, entries })
    }

    fn decide(&self, facts: Facts, context: &Context<'_>) -> Result<Decision<Effects, Restriction>> {
        let Facts { restriction, names, entries } = facts;
        if restriction.state == State::Erased {
            // Another server's sweep, or the caller itself, was faster.
            let effects = Effects { restriction: restriction.clone(), entries: Vec::new() };
            return Ok(Decision::new(effects, restriction, Vec::new()));
        }
        restriction.needs(&[State::Erasing], "erase")?;
        let is_last = entries.len() < usize::try_from(STEP).unwrap_or(usize::MAX);
        let keys_done = entries.last().map_or(restriction.keys_done, |last| last.entry);
        let touches = |entry: &ledger::Touched| entry.names.iter().any(|name| names.contains(name));
        let entries = entries.iter().filter(|entry| touches(entry)).map(|entry| entry.entry).collect();
        let mut next = Restriction { keys_done, ..restriction };
        let mut changes = Vec::new();
        if is_last {
            next.state = State::Erased;
            next.meta = next.meta.touched(context.now);
            changes.push(Change::new(&self.name, ERASE, next.meta.revision));
        }
        Ok(Decision::new(Effects { restriction: next.clone(), entries }, next, changes))
    }

    async fn apply(&self, effects: &Effects, tx: &mut Tx<'_>) -> Result<()> {
        ledger::destroy_keys(tx, self.name.programme(), &effects.entries).await?;
        store::update(tx, &effects.restriction).await?;
        match effects.restriction.state {
            State::Erased => store::forget(tx, &self.name).await,
            State::Restricted | State::Lifted | State::Erasing => Ok(()),
        }
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Restriction> {
        recalled(tx, names).await
    }
}
