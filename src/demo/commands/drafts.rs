//! Turns what the plan says into the commands' own words. Pure; which of them is sent when is `load`'s business.

use chrono::NaiveTime;

use crate::activities::{self, Kind, Operation, Procedure, ProcedureCode};
use crate::assistants::commands::{CreateAssistant, CreatePairing};
use crate::assistants::{self, PairingRole};
use crate::experts::commands::CreateExpert;
use crate::experts::{self, Affiliation, Days, ExpertTitle, HomeTie, LicenceSecret, Scope};
use crate::hospitals::commands::CreateHospital;
use crate::hospitals::{self, HospitalLevel};
use crate::kernel::{
    Collection, Date, Error, ExternalId, Fen, Fields, Grade, Id, Mask, Name, Patient, Residence, Result, SessionKind,
    Specialty, Timestamp, Zone,
};
use crate::programmes::Programme;
use crate::programmes::commands::{CreateProgramme, UpdateProgramme};
use crate::sessions::commands::{Amend, CancelSession, CorrectSessionOutcome, Correction, Target};
use crate::sessions::{CancelCode, CancelParty, ExpertConsent, NotHeldCause, SessionDraft, Urgency};
use crate::sites::commands::{CreateSite, SetTravelMinutes};
use crate::sites::{self, DivisionCode, Journey};
use crate::visits;
use crate::visits::commands::{CreateVisit, EndVisit};

use crate::demo::people::{Assistant, Expert, Hospital, Host};
use crate::demo::places::Site;
use crate::demo::plan::{self, Activity, Case, Deed, Plan, Session, Visit};
use crate::demo::{FIRST_DAY, PROGRAMME, SYSTEM, specialties};

/// Who hears the experts' consents: an office, never a person.
pub(super) const OFFICE: &str = "行程办（合成）";

/// The plan with what every draft needs.
pub(super) struct Drafts<'a> {
    pub(super) plan: &'a Plan,
    pub(super) programme: Id,
    pub(super) zone: Zone,
}

/// An id of the plan.
pub(super) fn id(text: &str) -> Result<Id> {
    Id::parse(text).map_err(|_shape| Error::Internal("an id of the demo has the wrong shape"))
}

/// The mark by which the demo's own programme is known.
pub(super) fn mark(value: &str) -> Result<ExternalId> {
    ExternalId::parse(SYSTEM, value).map_err(|_shape| Error::Internal("a mark of the demo has the wrong shape"))
}

fn specialty(code: &str) -> Result<Specialty> {
    Specialty::parse(code).map_err(|_shape| Error::Internal("a specialty of the demo has the wrong shape"))
}

impl Drafts<'_> {
    /// The name of a resource of the programme.
    pub(super) fn name<C: Collection>(&self, text: &str) -> Result<Name<C>> {
        Ok(Name::new(self.programme.clone(), id(text)?))
    }

    pub(super) fn instant(&self, (date, time): (Date, NaiveTime)) -> Timestamp {
        self.zone.instant(date, time)
    }

    pub(super) fn site_id(&self, index: usize) -> Result<Id> {
        id(self.plan.sites.get(index).map_or("", |site| &site.id))
    }

    pub(super) fn expert_id(&self, index: usize) -> Result<Id> {
        id(self.plan.experts.get(index).map_or("", |expert| &expert.id))
    }

    fn assistant_id(&self, index: usize) -> Result<Id> {
        id(self.plan.assistants.get(index).map_or("", |assistant| &assistant.id))
    }

    pub(super) fn programme(&self) -> Result<CreateProgramme> {
        Ok(CreateProgramme {
            id: self.programme.clone(),
            display_name: "湘雅乡情·专家醴陵行（合成示例，按公布的总数校准）".to_owned(),
            division_code: "430281".to_owned(),
            zone: self.zone,
            external_ids: vec![mark(PROGRAMME)?],
        })
    }

    /// The programme with one more mark.
    pub(super) fn marked(&self, programme: Programme, mark: ExternalId) -> UpdateProgramme {
        let mut external_ids = programme.external_ids;
        external_ids.push(mark);
        UpdateProgramme {
            id: programme.id,
            mask: Mask::parse(&mut Fields::new(), &["external_ids".to_owned()], UpdateProgramme::FIELDS),
            display_name: programme.display_name,
            division_code: programme.division_code,
            external_ids,
            etag: None,
        }
    }

    pub(super) fn hospital(&self, hospital: &Hospital) -> Result<CreateHospital> {
        let profile = hospitals::Profile {
            display_name: hospital.display_name.clone(),
            aliases: Vec::new(),
            level: HospitalLevel::ProvincialKey,
            city: "长沙市".to_owned(),
            credit_code: None,
            external_ids: Vec::new(),
        };
        Ok(CreateHospital { name: self.name(&hospital.id)?, profile })
    }

    pub(super) fn site(&self, site: &Site) -> Result<CreateSite> {
        let rooms: Result<Vec<sites::Room>> = site
            .rooms
            .iter()
            .map(|room| {
                let display_name = room.id.clone();
                Ok(sites::Room { id: id(&room.id)?, display_name, kinds: vec![room.kind], turnover_minutes: 0 })
            })
            .collect();
        let profile = sites::Profile {
            display_name: site.display_name.clone(),
            hospital: None,
            level: site.level,
            institution_code: None,
            division_code: DivisionCode::parse(&site.division_code)
                .ok_or(Error::Internal("a division of the demo has the wrong shape"))?,
            zone: self.zone,
            licensed_specialties: site.licensed.clone(),
            rooms: rooms?,
            address: String::new(),
            external_ids: Vec::new(),
        };
        Ok(CreateSite { name: self.name(&site.id)?, profile })
    }

    /// Journeys between the first county hospital and every other site, both ways.
    pub(super) fn journeys(&self) -> Result<SetTravelMinutes> {
        let hub = self.site_id(0)?;
        let mut journeys = Vec::new();
        for site in self.plan.sites.iter().skip(1) {
            let (there, minutes) = (id(&site.id)?, Some(i64::from(site.minutes_from_county)));
            journeys.push(Journey { origin: hub.clone(), destination: there.clone(), minutes });
            journeys.push(Journey { origin: there, destination: hub.clone(), minutes });
        }
        Ok(SetTravelMinutes { programme: self.programme.clone(), journeys })
    }

    pub(super) fn expert(&self, expert: &Expert, secret: LicenceSecret) -> Result<CreateExpert> {
        let hospital = id(self.plan.hospitals.get(expert.hospital).map_or("", |hospital| &hospital.id))?;
        let since_before = Days { from: Date::from_ymd_opt(2010, 1, 1).unwrap_or(FIRST_DAY), to: None };
        let told = NaiveTime::from_hms_opt(10, 0, 0).unwrap_or_default();
        let consent = experts::Consent {
            heard_by: OFFICE.to_owned(),
            medium: experts::ConsentMedium::InPerson,
            heard_time: self.instant((expert.joined, told)),
            words: "可以登记（合成）".to_owned(),
        };
        let tie = HomeTie { kind: expert.tie, division: DivisionCode::parse("430281"), place: String::new(), consent };
        let profile = experts::Profile {
            display_name: expert.display_name.clone(),
            title: ExpertTitle::Chief,
            specialties: vec![specialty(expert.specialty)?],
            affiliations: vec![Affiliation { hospital, days: since_before, main: true }],
            home_ties: vec![tie],
            scope: Scope::default(),
            external_ids: Vec::new(),
        };
        Ok(CreateExpert { name: self.name(&expert.id)?, profile, entry: expert.joined, licence: None, secret })
    }

    pub(super) fn assistant(&self, assistant: &Assistant) -> Result<CreateAssistant> {
        let profile = assistants::Profile {
            display_name: assistant.display_name.clone(),
            specialties: vec![specialty(assistant.specialty)?],
            licence: None,
            absences: Vec::new(),
            external_ids: Vec::new(),
        };
        Ok(CreateAssistant { name: self.name(&assistant.id)?, site: self.site_id(assistant.site)?, profile })
    }

    pub(super) fn pairing(&self, expert: &Expert, number: usize, host: &Host) -> Result<CreatePairing> {
        let tail = expert.id.trim_start_matches("expert-");
        Ok(CreatePairing {
            name: self.name(&format!("pairing-{tail}-{}", number + 1))?,
            expert: id(&expert.id)?,
            assistant: self.assistant_id(host.assistant)?,
            role: PairingRole::Primary,
            days: Days { from: host.from, to: host.until.and_then(|until| until.pred_opt()) },
            external_ids: Vec::new(),
        })
    }

    pub(super) fn session(&self, session: &Session) -> Result<SessionDraft> {
        let expert = self.expert_id(session.expert)?;
        let assistant = session.assistant.map(|index| self.assistant_id(index)).transpose()?;
        let responsible = assistant.clone().filter(|_| session.kind == SessionKind::Operation);
        let consent = session.consent.as_ref().map(|consent| experts::Consent {
            heard_by: OFFICE.to_owned(),
            medium: consent.medium,
            heard_time: self.instant(consent.heard),
            words: "可以（合成）".to_owned(),
        });
        let by_dossier = session.kind == SessionKind::OutConsultation;
        let dossier = by_dossier.then(|| id(&Self::dossier_of(session)));
        Ok(SessionDraft {
            programme: self.programme.clone(),
            session: id(&session.id)?,
            kind: session.kind,
            site: self.site_id(session.site)?,
            room: Some(id(&session.room)?),
            co_experts: Vec::new(),
            accompanying: 0,
            assistant,
            specialty: None,
            capacity: capacity(session.kind),
            before_minutes: 0,
            after_minutes: 0,
            start: self.instant((session.date, session.start)),
            end: self.instant((session.date, session.end)),
            responsible_before: responsible.clone(),
            responsible_after: responsible,
            grade: self.grade(session),
            dossier: dossier.transpose()?,
            urgency: Urgency::Elective,
            external_ids: Vec::new(),
            consents: consent.into_iter().map(|consent| ExpertConsent { expert: expert.clone(), consent }).collect(),
            expert,
        })
    }

    /// The highest grade of what an operation list's surgeon operates.
    fn grade(&self, session: &Session) -> Option<Grade> {
        let lists = session.kind == SessionKind::Operation;
        let specialty = self.plan.experts.get(session.expert).filter(|_| lists)?.specialty;
        let highest = specialties::operations(specialty).iter().map(|operation| operation.grade).max()?;
        Grade::new(i64::from(highest))
    }

    /// A correction of a record of a session that wasn't held after all.
    pub(super) fn not_held(&self, session: &Session) -> Result<Amend<CorrectSessionOutcome>> {
        let causes = [NotHeldCause::ExpertUnable, NotHeldCause::ForceMajeure, NotHeldCause::NoPatients];
        let cause = causes.into_iter().cycle().nth(session.expert).unwrap_or(NotHeldCause::Other);
        let target = Target { name: self.name(&session.id)?, etag: None };
        let note = "核对后更正（合成）".to_owned();
        Ok(Amend(CorrectSessionOutcome { target, correction: Correction::NotHeld(cause), note }))
    }

    /// A plan called off.
    pub(super) fn cancellation(&self, session: &Session) -> Result<Amend<CancelSession>> {
        let home = session.expert.is_multiple_of(2);
        let (party, code) = match home {
            true => (CancelParty::HomeHospital, CancelCode::HomeDuty),
            false => (CancelParty::Site, CancelCode::TooFewPatients),
        };
        let target = Target { name: self.name(&session.id)?, etag: None };
        Ok(Amend(CancelSession { target, party, code: Some(code) }))
    }

    /// A trip with the sessions inside it.
    pub(super) fn visit(&self, visit: &Visit, sessions: &[Id]) -> Result<CreateVisit> {
        let profile = visits::Profile {
            host_site: self.site_id(visit.site)?,
            arrival: self.instant(visit.arrival),
            departure: self.instant(visit.departure),
            sessions: sessions.to_vec(),
            external_ids: Vec::new(),
        };
        Ok(CreateVisit { name: self.name(&visit.id)?, expert: self.expert_id(visit.expert)?, profile })
    }

    /// A trip that was made as planned.
    pub(super) fn visit_made(&self, visit: &Visit) -> Result<EndVisit> {
        Ok(EndVisit { name: self.name(&visit.id)?, etag: None, arrival: None, departure: None })
    }

    /// An activity's id and draft.
    pub(super) fn activity(&self, session: &Session, activity: &Activity) -> Result<(Id, activities::Draft)> {
        let done = match &activity.deed {
            Deed::Headcount { patients, residence } => {
                Done { kind: Kind::Headcount, residence: *residence, quantity: i64::from(*patients), ..Done::default() }
            }
            Deed::Lesson { listeners } => {
                let kind = if session.kind == SessionKind::Lecture { Kind::Lecture } else { Kind::Teaching };
                Done { kind, quantity: i64::from(*listeners), ..Done::default() }
            }
            Deed::Consultation(patient) => Done::with(Kind::Consultation, patient, None)?,
            Deed::Operation(case) => Done::with(Kind::OperationCase, &case.patient, Some(operation(case)?))?,
        };
        let draft = activities::Draft {
            kind: done.kind,
            session: Some(id(&session.id)?),
            site: None,
            date: None,
            half_day: None,
            session_kind: None,
            lead_expert: None,
            co_experts: Vec::new(),
            specialty: None,
            residence: done.residence,
            patient: done.patient,
            quantity: done.quantity,
            operation: done.operation,
            details: activities::Details::default(),
            declared_saving: done.saving,
            external_ids: Vec::new(),
        };
        Ok((id(&activity.id)?, draft))
    }
}

/// What differs between the kinds of activities.
struct Done {
    kind: Kind,
    residence: Residence,
    quantity: i64,
    patient: Option<Patient>,
    operation: Option<Operation>,
    saving: Option<Fen>,
}

impl Default for Done {
    fn default() -> Self {
        let (patient, operation, saving) = (None, None, None);
        Self { kind: Kind::Headcount, residence: Residence::Unknown, quantity: 1, patient, operation, saving }
    }
}

impl Done {
    fn with(kind: Kind, patient: &plan::Patient, operation: Option<Operation>) -> Result<Self> {
        let token = Patient::parse(SYSTEM, &patient.token)
            .map_err(|_flaw| Error::Internal("a patient of the demo has the wrong shape"))?;
        let saving = patient.declared_saving_fen.map(Fen::new);
        let (residence, patient) = (patient.residence, Some(token));
        Ok(Self { kind, residence, quantity: 1, patient, operation, saving })
    }
}

fn operation(case: &Case) -> Result<Operation> {
    let wrong = Error::Internal("an operation of the demo has the wrong shape");
    let (Some(code), Some(grade)) = (ProcedureCode::parse(case.code), Grade::new(i64::from(case.grade))) else {
        return Err(wrong);
    };
    let line = Procedure { code, system: "glb".to_owned(), version: "3.0".to_owned(), main: true };
    Ok(Operation { procedures: vec![line], grade, grade_list: "demo".to_owned(), performer: case.performer })
}

const fn capacity(kind: SessionKind) -> i64 {
    match kind {
        SessionKind::Clinic => 20,
        SessionKind::FreeClinic => 60,
        SessionKind::Operation => 5,
        SessionKind::OutConsultation | SessionKind::RemoteConsultation => 1,
        SessionKind::WardRound | SessionKind::Teaching | SessionKind::Lecture | SessionKind::CaseConference => 0,
    }
}
