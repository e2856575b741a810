//! Restricts a person.
use super::{Own, Step, recalled};
use crate::assistants::{self, Assistants};
use crate::db::{Command, Context, Decision, Tx};
use crate::experts::{self, Experts};
use crate::kernel::{Change, Collection as _, Date, Error, Id, Meta, Name, Patient, Result};
use crate::persons::{PATIENT, Person, PersonRestrictions, RESTRICT, Restriction, Seal, State, stand_in, store};

/// Restricts a person.
#[derive(Debug)]
pub struct RestrictPerson {
    /// The restriction's name.
    pub name: Name<PersonRestrictions>,
    /// Whom; a patient by the own token.
    pub person: Person,
    /// The request or the decision.
    pub document: String,
    /// The first day on which it may be erased.
    pub erase_after: Option<Date>,
}

/// What is written.
pub struct Effects {
    restriction: Restriction,
    step: Step,
    seals: Vec<Seal>,
}

impl RestrictPerson {
    /// Of a patient the token that takes the place of the own one, which is sealed.
    fn shown(&self) -> Result<(Person, Vec<Seal>)> {
        let Person::Patient(patient) = &self.person else { return Ok((self.person.clone(), Vec::new())) };
        let other: Patient = stand_in(&self.name, patient.issuer()).ok_or(Error::Internal("a token that is none"))?;
        let seal = Seal { part: PATIENT, key: other.token().to_owned(), value: patient.token().to_owned() };
        Ok((Person::Patient(other), vec![seal]))
    }
}

impl Command for RestrictPerson {
    type Facts = (Option<Restriction>, Option<Id>, Own);
    type Effects = Effects;
    type Output = Restriction;
    const METHOD: &'static str = "PersonService.RestrictPerson";
    const AFTER_END: bool = true;

    fn programme(&self) -> &Id {
        self.name.programme()
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        let programme = self.name.programme();
        let same = store::find(tx, &self.name).await?;
        let standing = store::standing(tx, programme, &self.person).await?;
        Ok((same, standing, Own::load(tx, programme, &self.person).await?))
    }

    fn decide(&self, facts: Self::Facts, context: &Context<'_>) -> Result<Decision<Effects, Restriction>> {
        let (same, standing, own) = facts;
        let programme = self.name.programme();
        if same.is_some() {
            return Err(Error::already_exists(&self.name));
        }
        if let Some(standing) = standing {
            return Err(Error::already_exists(Name::<PersonRestrictions>::new(programme.clone(), standing)));
        }
        match &self.person {
            Person::Expert(id) if own.experts.is_empty() => {
                return Err(Error::not_found(Name::<Experts>::new(programme.clone(), id.clone())));
            }
            Person::Assistant(id) if own.assistant.is_none() => {
                return Err(Error::not_found(Name::<Assistants>::new(programme.clone(), id.clone())));
            }
            Person::Expert(_) | Person::Assistant(_) | Person::Patient(_) => {}
        }
        let (person, mut seals) = self.shown()?;
        let mut step = Step::default();
        for before in own.experts {
            let (after, value) = experts::sealed::hidden(&before)?;
            seals.push(Seal { part: Experts::COLLECTION, key: before.name.id().to_string(), value });
            step.experts.push((before, after));
        }
        if let Some(before) = own.assistant {
            let (after, value) = assistants::sealed::hidden(&before)?;
            seals.push(Seal { part: Assistants::COLLECTION, key: before.name.id().to_string(), value });
            step.assistant = Some((before, after));
        }
        let restriction = Restriction {
            name: self.name.clone(),
            person,
            document: self.document.clone(),
            erase_after: self.erase_after,
            state: State::Restricted,
            keys_done: 0,
            touched: 0,
            meta: Meta::new(context.now),
        };
        let mut changes = vec![Change::new(&self.name, RESTRICT, 1)];
        changes.extend(step.touched(context.now));
        Ok(Decision::new(Effects { restriction: restriction.clone(), step, seals }, restriction, changes))
    }

    async fn apply(&self, effects: &Effects, tx: &mut Tx<'_>) -> Result<()> {
        store::insert(tx, &effects.restriction).await?;
        store::seal(tx, &effects.restriction, &effects.seals).await?;
        effects.step.apply(tx).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Restriction> {
        recalled(tx, names).await
    }
}
