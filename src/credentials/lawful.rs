//! What a session of each kind needs of papers on its day: pure.
//!
//! By 医师法 art. 18 a physician practises at the registered place; at others by filing, by support or alliance of the home hospital, on the
//! government's orders, or for the public good. By 医师外出会诊管理暂行规定 art. 2, 4 and 5 a consultation elsewhere is for one named patient,
//! approved by the home hospital, agreed to by the patient, and invited in writing; an invitation by telephone is papered promptly
//! afterwards. Grades of operations are filed by the site and given to each surgeon there. Nothing here looks at sites' specialties.
use std::collections::{BTreeMap, HashMap};

use super::{BasisKind, Credential, Dossier, Paper};
use crate::experts::Scope;
use crate::kernel::{Date, Grade, Id, SessionKind, Specialty, vocabulary};

vocabulary! {
    /// What of papers is missing for a session on its day.
    pub enum Gap: "PaperGap" {
        /// No licence of the expert is in force.
        LicenceNotInForce = 1 => "LICENCE_NOT_IN_FORCE",
        /// The specialty or the grade is outside the expert's scope of practice.
        OutOfScope = 2 => "OUT_OF_SCOPE",
        /// No legal basis for this kind of session at the site.
        NoLawfulBasis = 3 => "NO_LAWFUL_BASIS",
        /// No dossier of the patient.
        DossierRequired = 4 => "DOSSIER_REQUIRED",
        /// An operation whose grade isn't said.
        GradeRequired = 5 => "GRADE_REQUIRED",
        /// The grade isn't within what the site has filed.
        GradeNotFiled = 6 => "GRADE_NOT_FILED",
        /// The site hasn't authorised the surgeon for the grade and specialty.
        SurgeonNotAuthorised = 7 => "SURGEON_NOT_AUTHORISED",
    }
}

/// The papers that matter to some experts at some sites, by whom they concern; void ones aren't in it.
#[derive(Clone, Debug, Default)]
pub struct Papers {
    /// What experts have: licences, bases, authorisations.
    pub of_experts: HashMap<Id, Vec<Credential>>,
    /// What sites have: grade lists.
    pub of_sites: HashMap<Id, Vec<Credential>>,
    /// The dossiers that were named.
    pub dossiers: BTreeMap<Id, Dossier>,
}

/// A session about to be judged: one expert of it, on one day.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// What kind of session.
    pub kind: SessionKind,
    /// Which of its experts.
    pub expert: &'a Id,
    /// What the expert may do by licence, where it is known.
    pub scope: Option<&'a Scope>,
    /// Where.
    pub site: &'a Id,
    /// The civil day at the site.
    pub day: Date,
    /// The specialty that is needed.
    pub specialty: Option<&'a Specialty>,
    /// The highest grade of operation that is planned; OPERATION only.
    pub grade: Option<Grade>,
    /// The dossier that it names.
    pub dossier: Option<&'a Id>,
}

/// Whether a kind of session may be, with the bases that hold at the site on the day and a dossier of the patient that holds, or none.
///
/// CLINIC and WARD_ROUND: a basis of practice. OPERATION: that, or a dossier. OUT_CONSULTATION: a dossier. FREE_CLINIC: its notice.
/// REMOTE_CONSULTATION: an agreement. TEACHING, LECTURE and CASE_CONFERENCE: home leave, or a basis of practice.
#[must_use]
pub fn permits(kind: SessionKind, bases: &[BasisKind], has_dossier: bool) -> bool {
    let practice = || bases.iter().any(|basis| basis.is_practice());
    match kind {
        SessionKind::Clinic | SessionKind::WardRound => practice(),
        SessionKind::Operation => practice() || has_dossier,
        SessionKind::OutConsultation => has_dossier,
        SessionKind::FreeClinic => bases.contains(&BasisKind::FreeClinicNotice),
        SessionKind::RemoteConsultation => bases.contains(&BasisKind::RemoteAgreement),
        SessionKind::Teaching | SessionKind::Lecture | SessionKind::CaseConference => {
            bases.contains(&BasisKind::HomeLeave) || practice()
        }
    }
}

/// Whether specialty and grade lie within a scope of practice; what the scope leaves open isn't limited.
#[must_use]
pub fn is_in_scope(scope: &Scope, specialty: Option<&Specialty>, grade: Option<Grade>) -> bool {
    let practised =
        |needed: &Specialty| scope.specialties.is_empty() || scope.specialties.iter().any(|own| own.covers(needed));
    let graded = |grade: Grade| scope.operation_grade_limit.is_none_or(|limit| grade <= limit);
    specialty.is_none_or(practised) && grade.is_none_or(graded)
}

impl Papers {
    /// Everything of papers that a session misses, in the order of [`Gap`]. Empty: it is lawful as far as papers go.
    #[must_use]
    pub fn gaps(&self, question: &Question<'_>) -> Vec<Gap> {
        let mut gaps = Vec::new();
        let mut note = |is_missing: bool, gap: Gap| gaps.extend(is_missing.then_some(gap));
        note(!self.has_licence(question.expert, question.day), Gap::LicenceNotInForce);
        let in_scope = |scope| is_in_scope(scope, question.specialty, question.grade);
        note(!question.scope.is_none_or(in_scope), Gap::OutOfScope);
        let has_dossier = self.has_dossier(question);
        if !permits(question.kind, &self.bases(question.expert, question.site, question.day), has_dossier) {
            let by_dossier_alone = matches!(question.kind, SessionKind::OutConsultation);
            note(true, if by_dossier_alone { Gap::DossierRequired } else { Gap::NoLawfulBasis });
        }
        if matches!(question.kind, SessionKind::Operation) {
            match question.grade {
                None => note(true, Gap::GradeRequired),
                Some(grade) => {
                    note(!self.has_filed(question, grade), Gap::GradeNotFiled);
                    note(!self.has_authorised(question, grade), Gap::SurgeonNotAuthorised);
                }
            }
        }
        gaps
    }

    /// Whether an expert's licence is in force on a day.
    #[must_use]
    pub fn has_licence(&self, expert: &Id, day: Date) -> bool {
        let is_licence = |paper: &Paper| matches!(paper, Paper::Licence { .. });
        self.held_by(expert, day).any(|credential| is_licence(&credential.paper))
    }

    /// The bases on which an expert may work at a site on a day.
    #[must_use]
    pub fn bases(&self, expert: &Id, site: &Id, day: Date) -> Vec<BasisKind> {
        let basis = |credential: &Credential| match &credential.paper {
            Paper::Basis { kind, sites, .. } => (sites.is_empty() || sites.contains(site)).then_some(*kind),
            Paper::Licence { .. } | Paper::GradeList { .. } | Paper::Authorisation { .. } => None,
        };
        self.held_by(expert, day).filter_map(basis).collect()
    }

    fn held_by(&self, expert: &Id, day: Date) -> impl Iterator<Item = &Credential> {
        self.of_experts.get(expert).into_iter().flatten().filter(move |credential| credential.holds_on(day))
    }

    fn has_dossier(&self, question: &Question<'_>) -> bool {
        let dossier = question.dossier.and_then(|id| self.dossiers.get(id));
        dossier.is_some_and(|dossier| dossier.covers(question.expert, question.site, question.day))
    }

    fn has_filed(&self, question: &Question<'_>, grade: Grade) -> bool {
        let filed = |credential: &Credential| match &credential.paper {
            Paper::GradeList { specialty, highest, .. } => {
                grade <= *highest && covers(specialty.as_slice(), question.specialty)
            }
            Paper::Licence { .. } | Paper::Basis { .. } | Paper::Authorisation { .. } => false,
        };
        let mut lists = self.of_sites.get(question.site).into_iter().flatten();
        lists.any(|credential| credential.holds_on(question.day) && filed(credential))
    }

    fn has_authorised(&self, question: &Question<'_>, grade: Grade) -> bool {
        self.held_by(question.expert, question.day).any(|credential| match &credential.paper {
            Paper::Authorisation { site, highest, specialties, .. } => {
                site == question.site && grade <= *highest && covers(specialties, question.specialty)
            }
            Paper::Licence { .. } | Paper::Basis { .. } | Paper::GradeList { .. } => false,
        })
    }
}

/// Whether a paper for these specialties is one for what is needed; a paper that names none is for all.
fn covers(specialties: &[Specialty], needed: Option<&Specialty>) -> bool {
    specialties.is_empty() || needed.is_some_and(|needed| specialties.iter().any(|own| own.covers(needed)))
}
