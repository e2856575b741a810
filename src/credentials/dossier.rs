//! Dossiers: the papers of one consultation for one named inpatient away from the home hospital (院外会诊).
//!
//! What a telephone call promised counts until the papers are due; then the papers count. Not here: the session itself (`sessions`) and
//! what was found (nowhere: no clinical content is kept).
use crate::experts::Consent;
use crate::kernel::{
    Collection, Date, Error, ExternalId, Fen, Id, Meta, Name, Patient, Reason, Result, Vocabulary as _, vocabulary,
};
use chrono::{Datelike as _, Weekday};

/// The collection `dossiers`.
pub enum Dossiers {}

impl Collection for Dossiers {
    const COLLECTION: &'static str = "dossiers";
}

vocabulary! {
    /// Where a dossier is in its life.
    pub enum DossierState: "DossierState" {
        /// Promised, say by telephone; papers are to follow.
        Promised = 1 => "PROMISED",
        /// Every paper is there.
        Papered = 2 => "PAPERED",
        /// The expert has reported to the home hospital.
        ReportedBack = 3 => "REPORTED_BACK",
        /// The invitation or a consent was taken back.
        Withdrawn = 4 => "WITHDRAWN",
    }
}

/// Days after the promise by which papers are due where nobody says another day. The rule says "promptly" (及时); seven days is this
/// service's reading.
pub const PAPERS_DUE_DAYS: u64 = 7;
/// Working days after the planned one by which the report is due where nobody says another day.
pub const REPORT_DUE_WORKING_DAYS: u32 = 2;
/// The most experts beside the leading one.
pub const MOST_CO_EXPERTS: usize = 9;

/// A dossier.
#[derive(Clone, Debug, PartialEq)]
pub struct Dossier {
    /// `programmes/{programme}/dossiers/{dossier}`.
    pub name: Name<Dossiers>,
    /// Who was invited.
    pub expert: Id,
    /// Who else was invited and comes along, at most [`MOST_CO_EXPERTS`], none twice.
    pub co_experts: Vec<Id>,
    /// Where the patient is.
    pub site: Id,
    /// For whom.
    pub patient: Patient,
    /// What for, 1 to 500 characters, nothing that identifies the patient.
    pub purpose: String,
    /// The day that is planned.
    pub planned: Date,
    /// The home hospital's word, heard before its papers.
    pub promise: Option<Consent>,
    /// The papers so far.
    pub papers: DossierPapers,
    /// The day by which the papers must be there.
    pub papers_due: Date,
    /// The day by which the expert is to report to the home hospital.
    pub report_due: Date,
    /// The day of that report.
    pub reported: Option<Date>,
    /// Identifiers in other systems.
    pub external_ids: Vec<ExternalId>,
    /// Where it is in its life.
    pub state: DossierState,
    /// Revision and times.
    pub meta: Meta,
}

/// The papers of a dossier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DossierPapers {
    /// The site's written invitation.
    pub invitation: Option<Document>,
    /// The home hospital's consent.
    pub home_consent: Option<Document>,
    /// The patient's consent, or that of who speaks for the patient.
    pub patient_consent: Option<Document>,
    /// What the site pays the home hospital, never the expert; 0: nothing is asked.
    pub fee: Option<Fen>,
}

/// A paper: where it is found, and its day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its number or title, 1 to 200 characters.
    pub reference: String,
    /// Its day.
    pub date: Date,
}

impl DossierPapers {
    /// Whether all are there.
    #[must_use]
    pub const fn are_complete(&self) -> bool {
        self.invitation.is_some() && self.home_consent.is_some() && self.patient_consent.is_some() && self.fee.is_some()
    }

    /// These, and where they are given those.
    #[must_use]
    pub fn with(&self, given: DossierPapers) -> DossierPapers {
        DossierPapers {
            invitation: given.invitation.or_else(|| self.invitation.clone()),
            home_consent: given.home_consent.or_else(|| self.home_consent.clone()),
            patient_consent: given.patient_consent.or_else(|| self.patient_consent.clone()),
            fee: given.fee.or(self.fee),
        }
    }

    /// The state of a dossier with these papers that nobody has reported on.
    #[must_use]
    pub const fn state(&self) -> DossierState {
        if self.are_complete() { DossierState::Papered } else { DossierState::Promised }
    }
}

/// The day by which papers are due where nobody says one.
#[must_use]
pub fn papers_due(promised: Date) -> Date {
    promised.checked_add_days(chrono::Days::new(PAPERS_DUE_DAYS)).unwrap_or(Date::MAX)
}

/// The day by which a report is due where nobody says one: two weekdays after the planned day. Holidays only ever make it later, and
/// then somebody says so.
#[must_use]
pub fn report_due(planned: Date) -> Date {
    let is_weekday = |day: &Date| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    let after = planned.iter_days().skip(1).filter(is_weekday).take(REPORT_DUE_WORKING_DAYS as usize);
    after.last().unwrap_or(planned)
}

impl Dossier {
    /// Whether it lets an expert work at a site on a day for its patient: a promise until the papers are due, papers from then on.
    #[must_use]
    pub fn covers(&self, expert: &Id, site: &Id, day: Date) -> bool {
        let holds = match self.state {
            DossierState::Promised => day <= self.papers_due,
            DossierState::Papered | DossierState::ReportedBack => true,
            DossierState::Withdrawn => false,
        };
        let named = self.expert == *expert || self.co_experts.contains(expert);
        holds && named && self.site == *site
    }

    /// The same with more papers; PAPERED once all are there.
    ///
    /// # Errors
    /// `ILLEGAL_TRANSITION` unless it is PROMISED or PAPERED.
    pub fn papered(&self, given: DossierPapers) -> Result<(DossierPapers, DossierState)> {
        match self.state {
            DossierState::Promised | DossierState::Papered => {
                let papers = self.papers.with(given);
                let state = papers.state();
                Ok((papers, state))
            }
            DossierState::ReportedBack | DossierState::Withdrawn => Err(self.illegal("file_papers")),
        }
    }

    /// Refuses a report on a dossier that isn't complete, or that has one.
    ///
    /// # Errors
    /// `ILLEGAL_TRANSITION` unless it is PAPERED.
    pub fn must_be_papered(&self) -> Result<()> {
        match self.state {
            DossierState::Papered => Ok(()),
            DossierState::Promised | DossierState::ReportedBack | DossierState::Withdrawn => {
                Err(self.illegal("report_back"))
            }
        }
    }

    /// Refuses a withdrawal after the report.
    ///
    /// # Errors
    /// `ILLEGAL_TRANSITION` unless it is PROMISED or PAPERED.
    pub fn must_be_open(&self) -> Result<()> {
        match self.state {
            DossierState::Promised | DossierState::Papered => Ok(()),
            DossierState::ReportedBack | DossierState::Withdrawn => Err(self.illegal("withdraw")),
        }
    }

    fn illegal(&self, verb: &'static str) -> Error {
        let message = format!("a dossier that is {} can't take this", self.state.code());
        let error = Error::refused(Reason::IllegalTransition, message).with("name", &self.name);
        error.with("state", self.state.code()).with("verb", verb)
    }

    /// How large it is in an answer, in bytes, at most.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let name = 95 + self.name.programme().as_str().len();
        let promise = self.promise.as_ref().map_or(0, |promise| 90 + promise.heard_by.len() + promise.words.len());
        let papers = [&self.papers.invitation, &self.papers.home_consent, &self.papers.patient_consent];
        let papers = papers.into_iter().flatten().map(|paper| 30 + paper.reference.len());
        let external_ids = self.external_ids.iter().map(|id| 10 + id.system().len() + id.value().len());
        let sizes = promise + papers.sum::<usize>() + external_ids.sum::<usize>();
        400 + (3 + self.co_experts.len()) * name + self.purpose.len() + sizes
    }
}
