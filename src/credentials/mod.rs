//! Credentials: the dated papers on which visiting practice rests, and what each kind of session needs of them on a day.
//!
//! Everything is computed from the dates each time; nothing here says that somebody is qualified. Not here: scope of practice, which is
//! the expert's (`experts`), the specialties that a site is licensed for (`sites`), what happens to a plan whose paper lapses (`sessions`).
use crate::experts::Days;
use crate::kernel::{
    Collection, Date, Error, ExternalId, Grade, Id, Meta, Name, Reason, Result, Specialty, Vocabulary as _, vocabulary,
};

pub mod commands;
pub mod dossier;
pub mod expiry;
pub mod lawful;
pub mod onboarding;
pub mod queries;
pub mod reactions;
pub mod service;
pub mod store;
mod wire;

pub use dossier::{Document, Dossier, DossierPapers, DossierState, Dossiers};
pub use lawful::{Gap, Papers, Question};
pub use onboarding::{Item, Onboarding, Onboardings};

/// The collection `credentials`.
pub enum Credentials {}

impl Collection for Credentials {
    const COLLECTION: &'static str = "credentials";
}

vocabulary! {
    /// What kind of paper a credential is.
    pub enum PaperKind: "PaperKind" {
        /// A period in which an expert's licence 执业证书 is in force.
        Licence = 1 => "LICENCE",
        /// A legal basis on which an expert may practise at sites.
        Basis = 2 => "BASIS",
        /// The operations that a site has filed to do.
        GradeList = 3 => "GRADE_LIST",
        /// What a site lets a surgeon do there.
        Authorisation = 4 => "AUTHORISATION",
    }
}

vocabulary! {
    /// On what an expert's work away from the home hospital rests.
    pub enum BasisKind: "BasisKind" {
        /// 注册: the site is the registered place of practice.
        Registered = 1 => "REGISTERED",
        /// 多机构备案: the site is filed as a further place of practice.
        Filed = 2 => "FILED",
        /// 对口支援: the home hospital supports the site.
        Support = 3 => "SUPPORT",
        /// 医联体, 医共体: both belong to one alliance.
        Alliance = 4 => "ALLIANCE",
        /// 政府指令性任务: the government sends the expert.
        GovernmentTask = 5 => "GOVERNMENT_TASK",
        /// 公益: work for the public good that needs no filing.
        PublicBenefit = 6 => "PUBLIC_BENEFIT",
        /// 义诊备案: the notice of a free clinic.
        FreeClinicNotice = 7 => "FREE_CLINIC_NOTICE",
        /// 远程会诊协议: an agreement between the hospitals.
        RemoteAgreement = 8 => "REMOTE_AGREEMENT",
        /// The home hospital's leave to be away and teach.
        HomeLeave = 9 => "HOME_LEAVE",
    }
}

impl BasisKind {
    /// Whether it lets an expert see patients at the site as its own physicians do.
    #[must_use]
    pub const fn is_practice(self) -> bool {
        match self {
            BasisKind::Registered
            | BasisKind::Filed
            | BasisKind::Support
            | BasisKind::Alliance
            | BasisKind::GovernmentTask
            | BasisKind::PublicBenefit => true,
            BasisKind::FreeClinicNotice | BasisKind::RemoteAgreement | BasisKind::HomeLeave => false,
        }
    }
}

vocabulary! {
    /// Whether a credential was ever one.
    pub enum CredentialState: "CredentialState" {
        /// It holds on its days.
        Valid = 1 => "VALID",
        /// It was entered by mistake and never held.
        Void = 2 => "VOID",
    }
}

/// The most sites that a legal basis names.
pub const MOST_SITES: usize = 100;

/// A dated paper.
#[derive(Clone, Debug, PartialEq)]
pub struct Credential {
    /// `programmes/{programme}/credentials/{credential}`.
    pub name: Name<Credentials>,
    /// What it says.
    pub paper: Paper,
    /// On which days.
    pub days: Days,
    /// Where it is found: its number or title, 1 to 200 characters.
    pub document: String,
    /// Identifiers in other systems.
    pub external_ids: Vec<ExternalId>,
    /// Whether it was ever one.
    pub state: CredentialState,
    /// Revision and times.
    pub meta: Meta,
}

/// What a paper says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Paper {
    /// The expert's licence is in force.
    Licence {
        /// Whose.
        expert: Id,
    },
    /// The expert may work at sites.
    Basis {
        /// Who.
        expert: Id,
        /// On what it rests.
        kind: BasisKind,
        /// Where, at most [`MOST_SITES`]; empty: at all sites of the programme.
        sites: Vec<Id>,
    },
    /// A site has filed to do operations.
    GradeList {
        /// Which site.
        site: Id,
        /// Of this specialty and those below it; none: of all.
        specialty: Option<Specialty>,
        /// Up to this grade.
        highest: Grade,
    },
    /// A site lets a surgeon operate there.
    Authorisation {
        /// Who.
        expert: Id,
        /// Where.
        site: Id,
        /// Up to this grade.
        highest: Grade,
        /// In these specialties and those below them; empty: in all.
        specialties: Vec<Specialty>,
    },
}

impl Paper {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> PaperKind {
        match self {
            Paper::Licence { .. } => PaperKind::Licence,
            Paper::Basis { .. } => PaperKind::Basis,
            Paper::GradeList { .. } => PaperKind::GradeList,
            Paper::Authorisation { .. } => PaperKind::Authorisation,
        }
    }

    /// Whose it is; a site's grade list is nobody's.
    #[must_use]
    pub const fn expert(&self) -> Option<&Id> {
        match self {
            Paper::Licence { expert } | Paper::Basis { expert, .. } | Paper::Authorisation { expert, .. } => {
                Some(expert)
            }
            Paper::GradeList { .. } => None,
        }
    }

    /// The sites that it names.
    #[must_use]
    pub fn sites(&self) -> &[Id] {
        match self {
            Paper::Licence { .. } => &[],
            Paper::Basis { sites, .. } => sites,
            Paper::GradeList { site, .. } | Paper::Authorisation { site, .. } => std::slice::from_ref(site),
        }
    }

    /// The kind of basis, where it is one.
    #[must_use]
    pub const fn basis(&self) -> Option<BasisKind> {
        match self {
            Paper::Basis { kind, .. } => Some(*kind),
            Paper::Licence { .. } | Paper::GradeList { .. } | Paper::Authorisation { .. } => None,
        }
    }

    /// The highest grade of operations that it speaks of.
    #[must_use]
    pub const fn grade(&self) -> Option<Grade> {
        match self {
            Paper::GradeList { highest, .. } | Paper::Authorisation { highest, .. } => Some(*highest),
            Paper::Licence { .. } | Paper::Basis { .. } => None,
        }
    }

    /// The specialties that it names.
    #[must_use]
    pub fn specialties(&self) -> &[Specialty] {
        match self {
            Paper::GradeList { specialty, .. } => specialty.as_slice(),
            Paper::Authorisation { specialties, .. } => specialties,
            Paper::Licence { .. } | Paper::Basis { .. } => &[],
        }
    }

    /// The same paper of another expert.
    #[must_use]
    pub fn of(self, survivor: Id) -> Paper {
        match self {
            Paper::Licence { .. } => Paper::Licence { expert: survivor },
            Paper::Basis { kind, sites, .. } => Paper::Basis { expert: survivor, kind, sites },
            Paper::Authorisation { site, highest, specialties, .. } => {
                Paper::Authorisation { expert: survivor, site, highest, specialties }
            }
            Paper::GradeList { .. } => self,
        }
    }
}

impl Credential {
    /// Whether it holds on a day.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        match self.state {
            CredentialState::Valid => self.days.contains(day),
            CredentialState::Void => false,
        }
    }

    /// The same paper with an earlier last day; without one, a paper that never held. Changing an end to the same day is no error.
    ///
    /// # Errors
    /// `ILLEGAL_TRANSITION` of one that is VOID; `INVALID_FIELDS` where the day is before the first or after the last one.
    pub fn ended(&self, to: Option<Date>) -> Result<(Days, CredentialState)> {
        match self.state {
            CredentialState::Valid => {}
            CredentialState::Void => {
                let error = Error::refused(Reason::IllegalTransition, "a paper that never held can't end");
                return Err(error.with("name", &self.name).with("state", self.state.code()).with("verb", "end"));
            }
        }
        let Some(to) = to else { return Ok((self.days, CredentialState::Void)) };
        if !self.days.contains(to) {
            let text = "must be one of the paper's days: a longer paper is another one";
            return Err(Error::field("to_date", Reason::OutOfRange, text));
        }
        Ok((Days { from: self.days.from, to: Some(to) }, CredentialState::Valid))
    }

    /// How large it is in an answer, in bytes, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let name = 95 + self.name.programme().as_str().len();
        let external_ids = self.external_ids.iter().map(|id| 10 + id.system().len() + id.value().len());
        let paper = self.paper.sites().len() * name + self.paper.specialties().len() * 10;
        200 + 2 * name + paper + self.document.len() + external_ids.sum::<usize>()
    }
}
