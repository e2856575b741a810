//! How a caller's words become a record: completed by the session, site and expert as of the service date, or refused. Pure.

use std::collections::{HashMap, HashSet};

use super::policy;
use super::{Activities, Activity, Details, Irregularity, Kind, Operation, Performer, Record, operation};
use crate::assistants::Assistants;
use crate::experts::{Affiliation, Days, Experts, home_hospital_on};
use crate::kernel::{
    Date, Error, ExternalId, Fen, Fields, HalfDay, Id, Mask, Name, Patient, Reason, Residence, Result, SessionKind,
    Specialty, Timestamp, Vocabulary as _, Zone,
};
use crate::sessions::{SessionState, Sessions};
use crate::sites::{SiteLevel, Sites};

/// A record that is entered later than so many days after its service date is listed as late.
pub const LATE_AFTER_DAYS: i64 = 31;
/// The largest quantity of a record.
pub const MOST_QUANTITY: i64 = 100_000;
/// The largest declared saving of a record, in fen, either way.
pub const MOST_SAVING_FEN: i64 = 1_000_000_000;
/// Most further experts of a record.
pub const MOST_CO_EXPERTS: usize = 10;

/// The fields that an amendment can name.
pub const AMENDABLE: &[&str] = &[
    "session",
    "site",
    "date",
    "half_day",
    "session_kind",
    "lead_expert",
    "co_experts",
    "specialty",
    "residence",
    "patient",
    "quantity",
    "operation",
    "consultation_type",
    "assistant",
    "assistant_part",
    "technique",
    "gap_level",
    "declared_saving_fen",
    "external_ids",
];

/// What a caller says was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What kind of service.
    pub kind: Kind,
    /// In which session; none: late or sessionless.
    pub session: Option<Id>,
    /// Where; none: the session's site.
    pub site: Option<Id>,
    /// When; none: the session's day.
    pub date: Option<Date>,
    /// In which half-day; none: the session's, or not known.
    pub half_day: Option<HalfDay>,
    /// Under which kind of session; none: the session's, or the usual one.
    pub session_kind: Option<SessionKind>,
    /// Who is credited; none: the session's.
    pub lead_expert: Option<Id>,
    /// Further experts.
    pub co_experts: Vec<Id>,
    /// 诊疗科目; none: the session's, or the lead expert's first.
    pub specialty: Option<Specialty>,
    /// Where the patient lives.
    pub residence: Residence,
    /// For whom.
    pub patient: Option<Patient>,
    /// How many; 0: not said.
    pub quantity: i64,
    /// What was operated.
    pub operation: Option<Operation>,
    /// What some kinds say besides.
    pub details: Details,
    /// What the county declares that the household saved.
    pub declared_saving: Option<Fen>,
    /// Identifiers in other systems.
    pub external_ids: Vec<ExternalId>,
}

impl Draft {
    /// Notes what contradicts the kind, whatever session, site and expert are.
    pub fn refuse_unfit(&self, fields: &mut Fields) {
        let mut unfit = |wrong: bool, field: &str, reason: Reason, text: &str| {
            if wrong {
                fields.refuse(field, reason, text);
            }
        };
        let local = self.operation.as_ref().is_some_and(|operation| operation.performer == Performer::Local);
        let alone = self.session.is_none();
        unfit(alone && self.site.is_none(), "site", Reason::Required, "must be set where there is no session");
        unfit(alone && self.date.is_none(), "date", Reason::Required, "must be set where there is no session");
        let nobody = alone && self.lead_expert.is_none() && !local;
        unfit(nobody, "lead_expert", Reason::Required, "must be set where there is no session");
        let nothing = alone && self.lead_expert.is_none() && self.specialty.is_none();
        unfit(nothing, "specialty", Reason::Required, "must be set where there is neither session nor expert");
        let twice = self.lead_expert.as_ref().is_some_and(|lead| self.co_experts.contains(lead))
            || self.co_experts.iter().collect::<HashSet<_>>().len() < self.co_experts.len();
        unfit(twice, "co_experts", Reason::Duplicate, "must name each expert once, and not the lead expert");

        let one_patient = matches!(self.kind, Kind::Consultation | Kind::OperationCase);
        let unknown = self.kind == Kind::Consultation && self.patient.is_none();
        unfit(unknown, "patient", Reason::Required, "must be set: consultations without a patient are a HEADCOUNT");
        let foreign = !one_patient && self.patient.is_some();
        unfit(foreign, "patient", Reason::Inconsistent, "must be unset: this kind has no single patient");
        let none = matches!(self.kind, Kind::Headcount | Kind::TrainedStaff) && self.quantity == 0;
        unfit(none, "quantity", Reason::Required, "must be the number of consultations, or of those trained");
        let one_thing = one_patient || matches!(self.kind, Kind::Technique | Kind::GapFilled);
        let many = one_thing && self.quantity > 1;
        unfit(many, "quantity", Reason::Inconsistent, "must be unset or 1: this kind is one at a time");

        let missing = self.kind == Kind::OperationCase && self.operation.is_none();
        unfit(missing, "operation", Reason::Required, "must be set for an operation case");
        let foreign = self.kind != Kind::OperationCase && self.operation.is_some();
        unfit(foreign, "operation", Reason::Inconsistent, "must be unset: only an operation case has one");
        let mains = self.operation.as_ref().is_some_and(|case| !operation::has_one_main(&case.procedures));
        unfit(mains, "operation.procedures", Reason::Inconsistent, "must have exactly one main line");

        let no_saving = self.declared_saving.is_some() && (!one_patient || local);
        let text = "must be unset: only consultations and the programme's own operation cases save a household money";
        unfit(no_saving, "declared_saving_fen", Reason::Inconsistent, text);
        self.details.refuse_unfit(self.kind, self.operation.as_ref(), fields);
    }

    /// The draft that would make a record again, for an amendment.
    #[must_use]
    pub fn of(activity: &Activity) -> Draft {
        let record = activity.record.clone();
        Draft {
            kind: record.kind,
            session: record.session,
            site: Some(record.site),
            date: Some(record.date),
            half_day: record.half_day,
            session_kind: Some(record.session_kind),
            lead_expert: record.lead_expert,
            co_experts: record.co_experts,
            specialty: Some(record.specialty),
            residence: record.residence,
            patient: record.patient,
            quantity: record.quantity,
            operation: record.operation,
            details: record.details,
            declared_saving: record.declared_saving,
            external_ids: activity.external_ids.clone(),
        }
    }

    /// This draft with the fields that a mask names taken from another. A change of session lets place and time follow it,
    /// where the mask doesn't name them too.
    #[must_use]
    pub fn amended(mut self, by: Draft, mask: &Mask) -> Draft {
        if mask.has("session") && by.session.is_some() && by.session != self.session {
            (self.site, self.date, self.half_day, self.session_kind) = (None, None, None, None);
        }
        for field in mask.iter() {
            match field {
                "session" => self.session = by.session.clone(),
                "site" => self.site = by.site.clone(),
                "date" => self.date = by.date,
                "half_day" => self.half_day = by.half_day,
                "session_kind" => self.session_kind = by.session_kind,
                "lead_expert" => self.lead_expert = by.lead_expert.clone(),
                "co_experts" => self.co_experts.clone_from(&by.co_experts),
                "specialty" => self.specialty = by.specialty.clone(),
                "residence" => self.residence = by.residence,
                "patient" => self.patient = by.patient.clone(),
                "quantity" => self.quantity = by.quantity,
                "operation" => self.operation = by.operation.clone(),
                "consultation_type" => self.details.consultation_type = by.details.consultation_type,
                "assistant" => self.details.assistant = by.details.assistant.clone(),
                "assistant_part" => self.details.part = by.details.part,
                "technique" => self.details.technique.clone_from(&by.details.technique),
                "gap_level" => self.details.gap_level = by.details.gap_level,
                "declared_saving_fen" => self.declared_saving = by.declared_saving,
                "external_ids" => self.external_ids.clone_from(&by.external_ids),
                // AMENDABLE and the mask's parser leave nothing else.
                _ => {}
            }
        }
        self
    }
}

/// What is known of a session that a draft names.
#[derive(Clone, Debug)]
pub struct KnownSession {
    /// Where in its life it is.
    pub state: SessionState,
    /// What it is.
    pub kind: SessionKind,
    /// Where.
    pub site: Id,
    /// The day it counts on.
    pub date: Date,
    /// The half-day it counts in.
    pub half_day: HalfDay,
    /// Who came, or is to come.
    pub lead_expert: Id,
    /// Everybody else who takes part.
    pub co_experts: Vec<Id>,
    /// 诊疗科目.
    pub specialty: Specialty,
}

/// What is known of a site.
#[derive(Clone, Debug)]
pub struct KnownSite {
    /// What kind of place it is.
    pub level: SiteLevel,
    /// In which its days are told.
    pub zone: Zone,
    /// The programme's window there: see [`policy::Policy::late_entry_days`].
    pub late_entry_days: i64,
}

/// What is known of an expert.
#[derive(Clone, Debug)]
pub struct KnownExpert {
    /// Who is credited: of a merged duplicate, the survivor.
    pub id: Id,
    /// First and last day on the roster.
    pub roster: Days,
    /// Where the expert works and worked.
    pub affiliations: Vec<Affiliation>,
    /// The foremost one.
    pub specialty: Option<Specialty>,
}

/// What is known around some drafts.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Sessions, by id.
    pub sessions: HashMap<Id, KnownSession>,
    /// Sites, those of the sessions too.
    pub sites: HashMap<Id, KnownSite>,
    /// Experts by the ids that drafts and sessions name.
    pub experts: HashMap<Id, KnownExpert>,
    /// The assistants that drafts name, as far as they are there.
    pub assistants: HashSet<Id>,
}

impl Known {
    /// Refuses a record that comes after the programme's window.
    ///
    /// # Errors
    /// `ENTRY_WINDOW_CLOSED`.
    pub fn admit(&self, record: &Record, now: Timestamp) -> Result<()> {
        let site = self.sites.get(&record.site).ok_or(Error::Internal("a settled record has an unknown site"))?;
        policy::admit(site.late_entry_days, record, site.zone.date_of(now))
    }
}

/// Completes a draft to a record, or says why it can't be a fact.
///
/// # Errors
/// `RESOURCE_NOT_FOUND`, `SESSION_NOT_HELD`, `OUTSIDE_SESSION`, `IN_THE_FUTURE`, `SAVING_NOT_APPLICABLE`, or the fields that
/// [`Draft::refuse_unfit`] names.
pub fn settle(programme: &Id, draft: &Draft, known: &Known, now: Timestamp) -> Result<Record> {
    let mut fields = Fields::new();
    fields.within("activity", |fields| draft.refuse_unfit(fields));
    fields.check()?;
    let session = draft.session.as_ref().map(|id| held_session(programme, id, draft, known)).transpose()?;
    let required = |field| Error::field(format!("activity.{field}"), Reason::Required, "must be set");
    let site_id = session.map(|it| &it.site).or(draft.site.as_ref()).ok_or_else(|| required("site"))?;
    let date = session.map(|it| it.date).or(draft.date).ok_or_else(|| required("date"))?;
    let not_found = |id: &Id| Error::not_found(Name::<Sites>::new(programme.clone(), id.clone()));
    let site = known.sites.get(site_id).ok_or_else(|| not_found(site_id))?;
    let today = site.zone.date_of(now);
    if date > today {
        let message = "a record is of what was done: its day is still to come";
        return Err(Error::refused(Reason::InTheFuture, message).with("field", "date"));
    }
    let session_kind = session.map(|it| it.kind).or(draft.session_kind).unwrap_or_else(|| draft.kind.usual_session());
    refuse_saving(draft, session_kind)?;
    if let Some(assistant) = draft.details.assistant.as_ref().filter(|id| !known.assistants.contains(id)) {
        return Err(Error::not_found(Name::<Assistants>::new(programme.clone(), assistant.clone())));
    }

    let lead_expert = draft.lead_expert.as_ref().or(session.map(|it| &it.lead_expert));
    let lead = lead_expert.map(|id| Ok::<_, Error>((id, expert(programme, id, known)?))).transpose()?;
    let mut co_experts = Vec::with_capacity(draft.co_experts.len());
    for id in &draft.co_experts {
        let credited = &expert(programme, id, known)?.id;
        if !co_experts.contains(credited) {
            co_experts.push(credited.clone());
        }
    }
    let specialty = draft
        .specialty
        .clone()
        .or_else(|| session.map(|it| it.specialty.clone()))
        .or_else(|| lead.and_then(|(_, expert)| expert.specialty.clone()))
        .ok_or_else(|| required("specialty"))?;
    let home_hospital = lead.and_then(|(_, expert)| home_hospital_on(&expert.affiliations, date)).cloned();
    Ok(Record {
        kind: draft.kind,
        session: draft.session.clone(),
        session_kind,
        site: site_id.clone(),
        site_level: site.level,
        date,
        half_day: session.map(|it| it.half_day).or(draft.half_day),
        lead_expert: lead.map(|(_, expert)| expert.id.clone()),
        co_experts: co_experts.into_iter().filter(|id| lead.is_none_or(|(_, lead)| lead.id != *id)).collect(),
        specialty,
        residence: draft.residence,
        patient: draft.patient.clone(),
        quantity: match draft.kind {
            Kind::Consultation | Kind::OperationCase | Kind::Technique | Kind::GapFilled => 1,
            Kind::Headcount | Kind::Teaching | Kind::Lecture | Kind::TrainedStaff => draft.quantity,
        },
        operation: draft.operation.clone(),
        details: draft.details.clone(),
        declared_saving: draft.declared_saving,
        irregularities: irregularities(draft, session, session_kind, lead, home_hospital.as_ref(), (date, today)),
        home_hospital,
    })
}

/// The session, if something was or is being done in it, and the draft doesn't contradict it.
fn held_session<'a>(programme: &Id, id: &Id, draft: &Draft, known: &'a Known) -> Result<&'a KnownSession> {
    let name = Name::<Sessions>::new(programme.clone(), id.clone());
    let session = known.sessions.get(id).ok_or_else(|| Error::not_found(&name))?;
    match session.state {
        SessionState::Confirmed | SessionState::InProgress | SessionState::Completed => {}
        SessionState::Tentative
        | SessionState::Proposed
        | SessionState::NotHeld
        | SessionState::Cancelled
        | SessionState::Lapsed
        | SessionState::Voided => {
            let message = "the session wasn't held, so nothing was done in it";
            let refusal = Error::refused(Reason::SessionNotHeld, message);
            return Err(refusal.with("name", &name).with("state", session.state.code()));
        }
    }
    let contradiction = [
        ("site", draft.site.as_ref().is_some_and(|site| *site != session.site)),
        ("date", draft.date.is_some_and(|date| date != session.date)),
        ("half_day", draft.half_day.is_some_and(|half_day| half_day != session.half_day)),
        ("session_kind", draft.session_kind.is_some_and(|kind| kind != session.kind)),
    ];
    match contradiction.into_iter().find(|(_, differs)| *differs) {
        Some((field, _)) => {
            let message = format!("the record's {field} isn't its session's");
            Err(Error::refused(Reason::OutsideSession, message).with("name", &name).with("field", field))
        }
        None => Ok(session),
    }
}

/// Free clinics, rounds, teaching and talk save no household a trip that it would have made.
fn refuse_saving(draft: &Draft, session_kind: SessionKind) -> Result<()> {
    let saves = match session_kind {
        SessionKind::Clinic
        | SessionKind::Operation
        | SessionKind::OutConsultation
        | SessionKind::RemoteConsultation => true,
        SessionKind::WardRound
        | SessionKind::Teaching
        | SessionKind::Lecture
        | SessionKind::CaseConference
        | SessionKind::FreeClinic => false,
    };
    if saves || draft.declared_saving.is_none() {
        return Ok(());
    }
    let message = "records of this kind of session have no saving";
    Err(Error::refused(Reason::SavingNotApplicable, message).with("session_kind", session_kind.code()))
}

fn expert<'a>(programme: &Id, id: &Id, known: &'a Known) -> Result<&'a KnownExpert> {
    known.experts.get(id).ok_or_else(|| Error::not_found(Name::<Experts>::new(programme.clone(), id.clone())))
}

fn irregularities(
    draft: &Draft,
    session: Option<&KnownSession>,
    session_kind: SessionKind,
    lead: Option<(&Id, &KnownExpert)>,
    home_hospital: Option<&Id>,
    (date, today): (Date, Date),
) -> Vec<Irregularity> {
    let outside = session.zip(lead).is_some_and(|(session, (id, expert))| {
        let mut present = session.co_experts.iter().chain([&session.lead_expert]);
        !present.any(|it| it == id || *it == expert.id)
    });
    let found = [
        (Irregularity::NoSession, session.is_none()),
        (Irregularity::LateEntry, (today - date).num_days() > LATE_AFTER_DAYS),
        (Irregularity::ExpertOutsideSession, outside),
        (Irregularity::ExpertOffRoster, lead.is_some_and(|(_, expert)| !expert.roster.contains(date))),
        (Irregularity::HomeHospitalUnknown, lead.is_some() && home_hospital.is_none()),
        (Irregularity::UnusualForSession, !draft.kind.usual_in(session_kind)),
        (Irregularity::PatientUnknown, draft.kind == Kind::OperationCase && draft.patient.is_none()),
    ];
    found.into_iter().filter(|(_, is)| *is).map(|(irregularity, _)| irregularity).collect()
}

/// The ids that a set of new records may not take.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// Ids of activities.
    pub ids: HashSet<Id>,
    /// External ids, and whose they are.
    pub external_ids: HashMap<ExternalId, Id>,
}

impl Taken {
    /// Refuses ids that others have; `is_new` says whether `id` itself must be free.
    ///
    /// # Errors
    /// `RESOURCE_EXISTS`, `EXTERNAL_ID_TAKEN`.
    pub fn refuse(&self, programme: &Id, id: &Id, is_new: bool, external_ids: &[ExternalId]) -> Result<()> {
        let name = |id: &Id| Name::<Activities>::new(programme.clone(), id.clone());
        if is_new && self.ids.contains(id) {
            return Err(Error::already_exists(name(id)));
        }
        for external_id in external_ids {
            if let Some(other) = self.external_ids.get(external_id).filter(|other| *other != id) {
                let message = format!("another activity has this external id of {}", external_id.system());
                let refusal = Error::refused(Reason::ExternalIdTaken, message);
                return Err(refusal.with("system", external_id.system()).with("name", name(other)));
            }
        }
        Ok(())
    }

    /// Takes the ids of an admitted record.
    pub fn take(&mut self, id: &Id, external_ids: &[ExternalId]) {
        self.ids.insert(id.clone());
        self.external_ids.extend(external_ids.iter().map(|external_id| (external_id.clone(), id.clone())));
    }
}
