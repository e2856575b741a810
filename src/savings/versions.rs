//! What dated versions have in common: entered by one person, approved by another, superseded by a later one, never changed.

use std::fmt::Debug;

use super::policy::Policy;
use super::tariff::{TariffGrade, Version};
use crate::kernel::{Caller, Collection, Error, Id, Meta, Name, Reason, Result, Vocabulary as _, vocabulary};

/// The collection `tariffs`.
pub enum Tariffs {}

impl Collection for Tariffs {
    const COLLECTION: &'static str = "tariffs";
}

/// The collection `saving-policies`.
pub enum Policies {}

impl Collection for Policies {
    const COLLECTION: &'static str = "saving-policies";
}

vocabulary! {
    /// Where a version of a tariff or a policy stands.
    pub enum TariffState: "TariffState" {
        /// It waits for another person.
        Entered = 1 => "ENTERED",
        /// It is used for service dates that it holds on.
        Approved = 2 => "APPROVED",
        /// Another version holds in its place.
        Superseded = 3 => "SUPERSEDED",
        /// It was entered wrongly and never used.
        Withdrawn = 4 => "WITHDRAWN",
    }
}

/// Where a version stands, and who put it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Where.
    pub state: TariffState,
    /// The version that it takes the place of.
    pub replaces: Option<Id>,
    /// Who entered it.
    pub entered_by: String,
    /// Who approved it.
    pub approved_by: Option<String>,
}

impl Approval {
    /// Of a version that is entered.
    #[must_use]
    pub fn entered(caller: &Caller, replaces: Option<Id>) -> Self {
        Self { state: TariffState::Entered, replaces, entered_by: person(caller).to_owned(), approved_by: None }
    }

    /// Approved by a caller.
    ///
    /// # Errors
    /// `ILLEGAL_TRANSITION`; `SECOND_PERSON_REQUIRED` where the caller is who entered it.
    pub fn approved(&self, name: &str, caller: &Caller) -> Result<Self> {
        self.must_be(TariffState::Entered, name, "approve")?;
        if person(caller) == self.entered_by {
            let message = "the version must be approved by another person than who entered it";
            return Err(Error::refused(Reason::SecondPersonRequired, message).with("name", name));
        }
        Ok(Self { state: TariffState::Approved, approved_by: Some(person(caller).to_owned()), ..self.clone() })
    }

    /// Withdrawn, which only what was never approved can be.
    ///
    /// # Errors
    /// `ILLEGAL_TRANSITION`.
    pub fn withdrawn(&self, name: &str) -> Result<Self> {
        self.must_be(TariffState::Entered, name, "withdraw")?;
        Ok(Self { state: TariffState::Withdrawn, ..self.clone() })
    }

    /// Superseded by another version.
    ///
    /// # Errors
    /// `ILLEGAL_TRANSITION`.
    pub fn superseded(&self, name: &str) -> Result<Self> {
        self.must_be(TariffState::Approved, name, "supersede")?;
        Ok(Self { state: TariffState::Superseded, ..self.clone() })
    }

    fn must_be(&self, state: TariffState, name: &str, verb: &'static str) -> Result<()> {
        if self.state == state {
            return Ok(());
        }
        let refusal = Error::refused(Reason::IllegalTransition, "the version's state doesn't allow this");
        Err(refusal.with("name", name).with("state", self.state.code()).with("verb", verb))
    }
}

/// Who acts: the person, or the subject where the call names none.
#[must_use]
pub fn person(caller: &Caller) -> &str {
    caller.person.as_deref().unwrap_or(&caller.subject)
}

/// A dated version: a tariff's or a policy's.
pub trait Dated: Clone + Debug + Send + Sync + Sized + 'static {
    /// Where its names are.
    type Collection: Collection;
    /// What is entered.
    type Draft: Clone + Debug + Send + Sync + 'static;
    /// The RPC that enters one.
    const CREATE: &'static str;
    /// The RPC that approves one.
    const APPROVE: &'static str;
    /// The RPC that withdraws one.
    const WITHDRAW: &'static str;

    /// The version of a draft.
    fn entered(name: Name<Self::Collection>, draft: Self::Draft, approval: Approval, meta: Meta) -> Self;
    /// Its name.
    fn name(&self) -> &Name<Self::Collection>;
    /// Where it stands.
    fn approval(&self) -> &Approval;
    /// Its revision and times.
    fn meta(&self) -> Meta;
    /// The same version, standing elsewhere.
    fn standing(self, approval: Approval, meta: Meta) -> Self;
    /// Whether the other is a version of the same thing.
    fn is_of_one(&self, other: &Self) -> bool;
    /// Whether both would be in force on one day for the same thing.
    fn overlaps(&self, other: &Self) -> bool;
}

/// A tariff's version as a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tariff {
    /// `programmes/{programme}/tariffs/{tariff}`.
    pub name: Name<Tariffs>,
    /// What it says.
    pub draft: TariffDraft,
    /// Where it stands.
    pub approval: Approval,
    /// Its revision and times.
    pub meta: Meta,
}

/// What a tariff's version says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TariffDraft {
    /// Key, numbers and days.
    pub version: Version,
    /// SHA-256 of the source document; empty: there is none at hand.
    pub source_hash: String,
    /// How good the source is.
    pub grade: TariffGrade,
}

impl Dated for Tariff {
    type Collection = Tariffs;
    type Draft = TariffDraft;
    const CREATE: &'static str = "SavingService.CreateTariff";
    const APPROVE: &'static str = "SavingService.ApproveTariff";
    const WITHDRAW: &'static str = "SavingService.WithdrawTariff";

    fn entered(name: Name<Tariffs>, draft: TariffDraft, approval: Approval, meta: Meta) -> Self {
        Self { name, draft, approval, meta }
    }

    fn name(&self) -> &Name<Tariffs> {
        &self.name
    }

    fn approval(&self) -> &Approval {
        &self.approval
    }

    fn meta(&self) -> Meta {
        self.meta
    }

    fn standing(self, approval: Approval, meta: Meta) -> Self {
        Self { approval, meta, ..self }
    }

    fn is_of_one(&self, other: &Self) -> bool {
        self.draft.version.key == other.draft.version.key
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.draft.version.overlaps(&other.draft.version)
    }
}

/// A policy's version as a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVersion {
    /// `programmes/{programme}/saving-policies/{policy}`.
    pub name: Name<Policies>,
    /// What it says.
    pub draft: PolicyDraft,
    /// Where it stands.
    pub approval: Approval,
    /// Its revision and times.
    pub meta: Meta,
}

/// What a policy's version says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyDraft {
    /// Its rules and days.
    pub policy: Policy,
    /// Who decided it, and where that is written.
    pub source: String,
}

impl Dated for PolicyVersion {
    type Collection = Policies;
    type Draft = PolicyDraft;
    const CREATE: &'static str = "SavingService.CreateSavingPolicy";
    const APPROVE: &'static str = "SavingService.ApproveSavingPolicy";
    const WITHDRAW: &'static str = "SavingService.WithdrawSavingPolicy";

    fn entered(name: Name<Policies>, draft: PolicyDraft, approval: Approval, meta: Meta) -> Self {
        Self { name, draft, approval, meta }
    }

    fn name(&self) -> &Name<Policies> {
        &self.name
    }

    fn approval(&self) -> &Approval {
        &self.approval
    }

    fn meta(&self) -> Meta {
        self.meta
    }

    fn standing(self, approval: Approval, meta: Meta) -> Self {
        Self { approval, meta, ..self }
    }

    fn is_of_one(&self, _other: &Self) -> bool {
        true
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.draft.policy.overlaps(&other.draft.policy)
    }
}
