//! Persons who ask that their data be used no more: what identifies them is sealed at once, and destroyed when that is due.
//!
//! A seal is a copy of what was taken out of a record, kept here alone until it is put back or destroyed. Slices that hold what
//! identifies a person follow a restriction and a lifting by reactions, each in its own tables. Not here: who may ask for it, and what
//! must be kept for how long, which the office knows.
use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use crate::kernel::{
    Collection, Date, Error, ExternalId, Id, Meta, Name, Patient, Reason, Result, Verb, Vocabulary as _, vocabulary,
};

pub mod commands;
pub mod queries;
pub mod reactions;
pub mod service;
pub mod store;
mod wire;

/// The collection `personRestrictions`.
pub enum PersonRestrictions {}

impl Collection for PersonRestrictions {
    const COLLECTION: &'static str = "personRestrictions";
}

/// The verb by which others follow that a person was restricted.
pub const RESTRICT: Verb = Verb::new("restrict");
/// The verb by which others follow that a restriction was lifted.
pub const LIFT: Verb = Verb::new("lift");
/// The verb by which others follow that a person was erased.
pub const ERASE: Verb = Verb::new("erase");
/// Under which a patient's own token is sealed.
pub const PATIENT: &str = "patient";

vocabulary! {
    /// Where a restriction stands.
    pub enum State: "PersonRestrictionState" {
        /// What identifies is sealed.
        Restricted = 1 => "RESTRICTED",
        /// It was put back.
        Lifted = 2 => "LIFTED",
        /// It is destroyed; keys of the audit are still being destroyed.
        Erasing = 3 => "ERASING",
        /// Everything is destroyed.
        Erased = 4 => "ERASED",
    }
}

/// Who is restricted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Person {
    /// An expert.
    Expert(Id),
    /// An assistant.
    Assistant(Id),
    /// A patient, by whatever token records have now.
    Patient(Patient),
}

/// A person whose data are restricted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restriction {
    /// `programmes/{programme}/personRestrictions/{person_restriction}`.
    pub name: Name<PersonRestrictions>,
    /// Who it is; a patient by the token that took the place of the own one.
    pub person: Person,
    /// The request or the decision.
    pub document: String,
    /// The first day on which it may be erased.
    pub erase_after: Option<Date>,
    /// Where it stands.
    pub state: State,
    /// Up to which entry the audit's keys are destroyed, while they are being.
    pub keys_done: i64,
    /// Resources that were touched.
    pub touched: i64,
    /// Revision and times.
    pub meta: Meta,
}

impl Restriction {
    /// Refuses what its state doesn't allow.
    ///
    /// # Errors
    /// `ILLEGAL_TRANSITION`.
    pub fn needs(&self, states: &[State], verb: &'static str) -> Result<()> {
        if states.contains(&self.state) {
            return Ok(());
        }
        let refusal = Error::refused(Reason::IllegalTransition, "the restriction's state doesn't allow this");
        Err(refusal.with("name", &self.name).with("state", self.state.code()).with("verb", verb))
    }

    /// Refuses an erasure before its day.
    ///
    /// # Errors
    /// `ERASURE_NOT_DUE`.
    pub fn due(&self, today: Date) -> Result<()> {
        match self.erase_after.filter(|day| today < *day) {
            None => Ok(()),
            Some(day) => {
                let refusal = Error::refused(Reason::ErasureNotDue, "the records have to be kept until that day");
                Err(refusal.with("name", &self.name).with("erase_after_date", day))
            }
        }
    }
}

/// What a token begins with that takes the place of another.
const STAND_IN: &str = "sealed-";

/// The token that takes the place of a restricted patient's: the same in all records, and nothing of the own one is in it.
#[must_use]
pub fn stand_in(name: &Name<PersonRestrictions>, issuer: &str) -> Option<Patient> {
    let digest = Sha256::digest(name.to_string());
    let hex = crate::kernel::hex(&digest[..16]);
    Patient::parse(issuer, &format!("{STAND_IN}{hex}")).ok()
}

/// Which patients' own tokens stand under a restriction: nothing new is kept of them until it is lifted (docs/adr/0020).
#[derive(Clone, Debug, Default)]
pub struct Restricted(HashMap<Patient, Name<PersonRestrictions>>);

impl Restricted {
    /// With the restriction that each of these patients is under.
    #[must_use]
    pub fn new(found: HashMap<Patient, Name<PersonRestrictions>>) -> Restricted {
        Restricted(found)
    }

    /// Refuses a plan for, or a record of, somebody whose data are restricted.
    ///
    /// # Errors
    /// `PERSON_RESTRICTED`.
    pub fn refuse(&self, patient: &Patient) -> Result<()> {
        let Some(name) = self.of(patient) else { return Ok(()) };
        let message = "the patient's data are restricted: nothing new is kept of them until that is lifted";
        Err(Error::refused(Reason::PersonRestricted, message).with("name", name))
    }

    /// These and others.
    #[must_use]
    pub fn and(mut self, others: Restricted) -> Restricted {
        self.0.extend(others.0);
        self
    }

    /// Of patients as records have them ([`store::on_record`]): refuses a record of one of them that has identifiers in other systems, since
    /// each names its patient there.
    ///
    /// # Errors
    /// `PERSON_RESTRICTED`.
    pub fn refuse_named(&self, patient: &Patient, external_ids: &[ExternalId]) -> Result<()> {
        if external_ids.is_empty() { Ok(()) } else { self.refuse(patient) }
    }

    /// The restriction that a patient is under.
    #[must_use]
    pub fn of(&self, patient: &Patient) -> Option<&Name<PersonRestrictions>> {
        self.0.get(patient)
    }

    /// Whether a patient is among them.
    #[must_use]
    pub fn contains(&self, patient: &Patient) -> bool {
        self.0.contains_key(patient)
    }
}

/// What was taken out of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// Whose table it was in: the collection of the record.
    pub part: &'static str,
    /// The record's id.
    pub key: String,
    /// What stood there, as the slice writes it.
    pub value: String,
}
