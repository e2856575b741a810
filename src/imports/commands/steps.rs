//! A row as what is to be written: its references resolved, its slice's own types filled in.

use std::collections::HashMap;

use super::directory::{Directory, Wanted};
use super::room::AddRoom;
use super::seal::Seal;
use super::trouble::Place;
use crate::activities::Details;
use crate::activities::commands::Row as ActivityRow;
use crate::activities::record::{Draft, MOST_SAVING_FEN};
use crate::assistants::commands::{CreateAssistant, CreatePairing, EndAssistant};
use crate::assistants::{self, Assistants, Pairings};
use crate::experts::commands::{CreateExpert, EndExpert};
use crate::experts::{self, Affiliation, Consent, Days, Experts, HomeTie, LicenceSecret, Scope};
use crate::hospitals::commands::CreateHospital;
use crate::hospitals::{self, Hospitals};
use crate::imports::Problem;
use crate::imports::cells::Moment;
use crate::imports::headers::Column;
use crate::imports::record::Key;
use crate::imports::records::{Record, people, places, work};
use crate::imports::table::Entry;
use crate::kernel::{ExternalId, Fields, Id, NaiveTime, Name, Reason, Result, Timestamp, Zone};
use crate::savings::commands::{BillRow, Create, TripRow};
use crate::savings::versions::Tariff;
use crate::sessions::draft::LONGEST_MINUTES;
use crate::sessions::{ExpertConsent, SessionDraft, Urgency};
use crate::sites::commands::CreateSite;
use crate::sites::{self, Room, Sites};
use crate::tallies::OpeningBalances;
use crate::tallies::commands::CreateOpeningBalance;

/// One thing to write for a row.
pub(super) enum Step {
    Hospital(CreateHospital),
    Site(CreateSite),
    Room(AddRoom),
    Expert(Box<CreateExpert>),
    ExpertExit(EndExpert),
    Assistant(CreateAssistant),
    AssistantEnd(EndAssistant),
    Pairing { create: CreatePairing, site: Id },
    Session(Box<SessionDraft>),
    Activity(Box<ActivityRow>),
    OpeningBalance(CreateOpeningBalance),
    Tariff(Box<Create<Tariff>>),
    Trip(Box<TripRow>),
    Bill(Box<BillRow>),
}

impl Step {
    /// The id that it gives, unique among the rows of a file.
    pub(super) fn id(&self) -> String {
        match self {
            Step::Hospital(create) => create.name.id().to_string(),
            Step::Site(create) => create.name.id().to_string(),
            Step::Room(add) => format!("{}/{}", add.site.id(), add.room.id),
            Step::Expert(create) => create.name.id().to_string(),
            Step::ExpertExit(end) => end.name.id().to_string(),
            Step::Assistant(create) => create.name.id().to_string(),
            Step::AssistantEnd(end) => end.name.id().to_string(),
            Step::Pairing { create, .. } => create.name.id().to_string(),
            Step::Session(draft) => draft.session.to_string(),
            Step::Activity(row) => row.id.to_string(),
            Step::OpeningBalance(create) => create.name.id().to_string(),
            Step::Tariff(create) => create.name.id().to_string(),
            Step::Trip(row) => row.id.to_string(),
            Step::Bill(row) => row.id.to_string(),
        }
    }
}

/// What a row comes to: one step, and for who has left already a second one.
pub(super) struct Steps {
    pub first: Step,
    pub second: Option<Step>,
}

/// Notes whom and what a row refers to.
pub(super) fn want(record: &Record, wanted: &mut Wanted) {
    match record {
        // Activities, sessions and trips are named by their own ids.
        Record::Hospital(_) | Record::OpeningBalance(_) | Record::Tariff(_) | Record::Trip(_) | Record::Bill(_) => {}
        Record::Site(site) => wanted.hospitals.extend(site.hospital.clone()),
        Record::Room(room) => drop(wanted.sites.insert(room.site.clone())),
        Record::Expert(expert) => drop(wanted.hospitals.insert(expert.hospital.clone())),
        Record::Assistant(assistant) => drop(wanted.sites.insert(assistant.site.clone())),
        Record::Pairing(pairing) => {
            wanted.experts.insert(pairing.expert.clone());
            wanted.assistants.insert(pairing.assistant.clone());
        }
        Record::Session(session) => {
            wanted.sites.insert(session.site.clone());
            wanted.experts.insert(session.expert.clone());
            wanted.experts.extend(session.co_experts.iter().cloned());
            let local = [&session.assistant, &session.responsible_before, &session.responsible_after];
            wanted.assistants.extend(local.into_iter().flatten().cloned());
        }
        Record::Activity(activity) => {
            wanted.sites.extend(activity.site.clone());
            wanted.experts.extend(activity.expert.clone());
            wanted.assistants.extend(activity.assistant.clone());
        }
    }
}

/// Makes a file's rows into steps.
pub(super) struct Planner<'a> {
    pub programme: &'a Id,
    pub system: Option<&'a str>,
    pub directory: &'a Directory,
    pub now: Timestamp,
}

impl Planner<'_> {
    /// The steps of a row.
    ///
    /// # Errors
    /// The problems of what it refers to and of what doesn't fit its slice.
    pub fn steps(&self, entry: &Entry, place: Place<'_>) -> Result<Steps, Vec<Problem>> {
        let mut row = RowPlan { planner: self, place, problems: Vec::new(), id: entry.key.id(), key: &entry.key };
        let steps = match &entry.record {
            Record::Hospital(record) => row.hospital(record),
            Record::Site(record) => row.site(record),
            Record::Room(record) => row.room(record),
            Record::Expert(record) => row.expert(record),
            Record::Assistant(record) => row.assistant(record),
            Record::Pairing(record) => row.pairing(record),
            Record::Session(record) => row.session(record),
            Record::Activity(record) => row.activity(record),
            Record::OpeningBalance(record) => row.opening_balance(record),
            Record::Tariff(record) => row.tariff(record),
            Record::Trip(record) => row.trip(record),
            Record::Bill(record) => row.bill(record),
        };
        match steps {
            Some(steps) if row.problems.is_empty() => Ok(steps),
            Some(_) | None => Err(row.problems),
        }
    }

    fn name<C>(&self, id: &Id) -> Name<C>
    where
        C: crate::kernel::Collection,
    {
        Name::new(self.programme.clone(), id.clone())
    }
}

/// The seal of a row.
pub(super) fn seal(entry: &Entry) -> Seal {
    Seal { key: entry.key.clone(), fingerprint: entry.fingerprint.clone() }
}

/// One row being made into steps.
pub(super) struct RowPlan<'a> {
    pub(super) planner: &'a Planner<'a>,
    pub(super) place: Place<'a>,
    pub(super) problems: Vec<Problem>,
    pub(super) id: Id,
    pub(super) key: &'a Key,
}

/// One step and no second.
pub(super) fn alone(first: Step) -> Option<Steps> {
    Some(Steps { first, second: None })
}

impl RowPlan<'_> {
    pub(super) fn refuse(&mut self, column: Column, reason: Reason, text: &str) {
        self.problems.push(self.place.problem(Some(column), reason, text));
    }

    /// What a key leads to; what leads nowhere is a problem of its column.
    fn find<T: Clone>(&mut self, column: Column, found: &HashMap<Key, T>, key: &Key) -> Option<T> {
        let known = found.get(key).cloned();
        if known.is_none() {
            self.refuse(column, Reason::ResourceNotFound, "the programme has none with this number or name");
        }
        known
    }

    fn find_optional<T: Clone>(&mut self, column: Column, found: &HashMap<Key, T>, key: Option<&Key>) -> Option<T> {
        key.and_then(|key| self.find(column, found, key))
    }

    /// The county's number as an external id of the file's system.
    pub(super) fn external_ids(&mut self) -> Vec<ExternalId> {
        let Some(system) = self.planner.system else { return Vec::new() };
        match ExternalId::parse(system, self.key.as_str()) {
            Ok(id) => vec![id],
            Err((_, shape)) => {
                self.refuse(Column::Id, Reason::Malformed, shape);
                Vec::new()
            }
        }
    }

    fn hospital(&mut self, record: &places::HospitalRecord) -> Option<Steps> {
        let profile = hospitals::Profile {
            display_name: record.display_name.clone(),
            aliases: record.aliases.clone(),
            level: record.level,
            city: record.city.clone(),
            credit_code: record.credit_code.clone(),
            external_ids: self.external_ids(),
        };
        if profile.repeated_name().is_some() {
            self.refuse(Column::Aliases, Reason::Duplicate, "a name stands twice");
        }
        alone(Step::Hospital(CreateHospital { name: self.planner.name::<Hospitals>(&self.id), profile }))
    }

    fn site(&mut self, record: &places::SiteRecord) -> Option<Steps> {
        let directory = self.planner.directory;
        let hospital = self.find_optional(Column::Hospital, &directory.hospitals, record.hospital.as_ref());
        let profile = sites::Profile {
            display_name: record.display_name.clone(),
            hospital,
            level: record.level,
            institution_code: record.institution_code.clone(),
            division_code: record.division_code.clone(),
            zone: record.zone.unwrap_or(directory.zone),
            licensed_specialties: record.licensed_specialties.clone(),
            rooms: Vec::new(),
            address: record.address.clone(),
            external_ids: self.external_ids(),
        };
        alone(Step::Site(CreateSite { name: self.planner.name::<Sites>(&self.id), profile }))
    }

    fn room(&mut self, record: &places::RoomRecord) -> Option<Steps> {
        let (site, _) = self.find(Column::Site, &self.planner.directory.sites, &record.site)?;
        let room = Room {
            id: record.id.id(),
            display_name: record.display_name.clone(),
            kinds: record.kinds.clone(),
            turnover_minutes: record.turnover_minutes,
        };
        alone(Step::Room(AddRoom { site: self.planner.name::<Sites>(&site), room }))
    }

    fn expert(&mut self, record: &people::ExpertRecord) -> Option<Steps> {
        let hospital = self.find(Column::Hospital, &self.planner.directory.hospitals, &record.hospital);
        let home_ties = record.home_tie.iter().filter_map(|tie| self.home_tie(tie)).collect();
        let external_ids = self.external_ids();
        // Whoever has left the roster may still work at the hospital: the affiliation goes on.
        let days = Days { from: record.affiliation_from, to: None };
        let profile = experts::Profile {
            display_name: record.display_name.clone(),
            title: record.title,
            specialties: record.specialties.clone(),
            affiliations: vec![Affiliation { hospital: hospital?, days, main: true }],
            home_ties,
            scope: Scope { operation_grade_limit: record.grade_limit, ..Scope::default() },
            external_ids,
        };
        let name = self.planner.name::<Experts>(&self.id);
        let secret = LicenceSecret::fresh(self.planner.now);
        let create = CreateExpert { name: name.clone(), profile, entry: record.entry_date, licence: None, secret };
        let exit = record.exit_date.map(|exit| Step::ExpertExit(EndExpert { name, etag: None, exit }));
        Some(Steps { first: Step::Expert(Box::new(create)), second: exit })
    }

    fn home_tie(&mut self, tie: &people::TieRecord) -> Option<HomeTie> {
        let consent = self.consent(&tie.consent)?;
        Some(HomeTie { kind: tie.kind, division: tie.division.clone(), place: tie.place.clone(), consent })
    }

    fn consent(&mut self, said: &people::ConsentRecord) -> Option<Consent> {
        let heard_time = self.planner.directory.zone.instant(said.heard_date, NaiveTime::MIN);
        if heard_time > self.planner.now {
            self.refuse(Column::ConsentDate, Reason::OutOfRange, "a consent can't be heard in the future");
            return None;
        }
        Some(Consent { heard_by: said.heard_by.clone(), medium: said.medium, heard_time, words: String::new() })
    }

    fn assistant(&mut self, record: &people::AssistantRecord) -> Option<Steps> {
        let site = self.find(Column::Site, &self.planner.directory.sites, &record.site);
        let profile = assistants::Profile {
            display_name: record.display_name.clone(),
            specialties: record.specialties.clone(),
            licence: None,
            absences: Vec::new(),
            external_ids: self.external_ids(),
        };
        let name = self.planner.name::<Assistants>(&self.id);
        let create = CreateAssistant { name: name.clone(), site: site?.0, profile };
        let end = record.end_date.map(|end| Step::AssistantEnd(EndAssistant { name, etag: None, end }));
        Some(Steps { first: Step::Assistant(create), second: end })
    }

    fn pairing(&mut self, record: &people::PairingRecord) -> Option<Steps> {
        let expert = self.find(Column::Expert, &self.planner.directory.experts, &record.expert);
        let assistant = self.find(Column::Assistant, &self.planner.directory.assistants, &record.assistant);
        let external_ids = self.external_ids();
        let (assistant, site) = assistant?;
        let create = CreatePairing {
            name: self.planner.name::<Pairings>(&self.id),
            expert: expert?,
            assistant,
            role: record.role,
            days: Days { from: record.from_date, to: record.to_date },
            external_ids,
        };
        alone(Step::Pairing { create, site })
    }

    fn session(&mut self, record: &work::SessionRecord) -> Option<Steps> {
        let directory = self.planner.directory;
        let site = self.find(Column::Site, &directory.sites, &record.site);
        let expert = self.find(Column::Expert, &directory.experts, &record.expert);
        let assistant = self.find_optional(Column::Assistant, &directory.assistants, record.assistant.as_ref());
        let responsible = [
            (Column::ResponsibleBefore, record.responsible_before.as_ref()),
            (Column::ResponsibleAfter, record.responsible_after.as_ref()),
        ];
        let responsible =
            responsible.map(|(column, key)| self.find_optional(column, &directory.assistants, key).map(|(id, _)| id));
        let [responsible_before, responsible_after] = responsible;
        // The column is the leading expert's word; nobody answers for the others.
        let leads = record.consent.iter().filter_map(|said| self.consent(said)).zip(expert.clone());
        let consents = leads.map(|(consent, expert)| ExpertConsent { expert, consent }).collect();
        let mut co_experts = Vec::new();
        for key in &record.co_experts {
            let found = self.find(Column::CoExperts, &directory.experts, key);
            if found.is_some() && (found == expert || found.as_ref().is_some_and(|id| co_experts.contains(id))) {
                self.refuse(Column::CoExperts, Reason::Duplicate, "an expert stands twice");
            }
            co_experts.extend(found);
        }
        let external_ids = self.external_ids();
        let (site, zone) = site?;
        let (start, end) = (instant(record.start, zone), instant(record.end, zone));
        if !(1..=LONGEST_MINUTES).contains(&end.minutes_since(start)) {
            self.refuse(Column::EndTime, Reason::OutOfRange, "not later than the start by at most 24 hours");
        }
        let assistant = assistant.map(|(id, _)| id);
        alone(Step::Session(Box::new(SessionDraft {
            programme: self.planner.programme.clone(),
            session: self.id.clone(),
            kind: record.kind,
            site,
            room: record.room.as_ref().map(Key::id),
            expert: expert?,
            co_experts,
            accompanying: 0,
            assistant,
            specialty: record.specialty.clone(),
            capacity: 0,
            before_minutes: 0,
            after_minutes: 0,
            start,
            end,
            responsible_before,
            responsible_after,
            grade: None,
            dossier: None,
            urgency: Urgency::Elective,
            external_ids,
            consents,
        })))
    }

    fn activity(&mut self, record: &work::ActivityRecord) -> Option<Steps> {
        let directory = self.planner.directory;
        let site = self.find_optional(Column::Site, &directory.sites, record.site.as_ref());
        let lead_expert = self.find_optional(Column::Expert, &directory.experts, record.expert.as_ref());
        let assistant = self.find_optional(Column::Assistant, &directory.assistants, record.assistant.as_ref());
        let assistant = assistant.map(|(id, _)| id);
        let draft = Draft {
            kind: record.kind,
            session: record.session.as_ref().map(Key::id),
            site: site.map(|(id, _)| id),
            date: record.date,
            half_day: record.half_day,
            session_kind: None,
            lead_expert,
            co_experts: Vec::new(),
            specialty: record.specialty.clone(),
            residence: record.residence,
            patient: record.patient.clone(),
            quantity: record.quantity,
            operation: record.operation.clone(),
            details: Details {
                consultation_type: record.consultation_type,
                assistant,
                part: record.assistant_part,
                technique: record.technique.clone(),
                gap_level: record.gap_level,
            },
            declared_saving: record.declared_saving,
            external_ids: self.external_ids(),
        };
        if draft.declared_saving.is_some_and(|saving| saving.get().abs() > MOST_SAVING_FEN) {
            self.refuse(Column::DeclaredSaving, Reason::OutOfRange, "over 10,000,000 yuan for one record");
        }
        let mut fields = Fields::new();
        draft.refuse_unfit(&mut fields);
        if let Err(error) = fields.check() {
            self.problems.extend(self.place.problems(error).unwrap_or_default());
        }
        alone(Step::Activity(Box::new(ActivityRow { id: self.id.clone(), draft, place: None })))
    }

    fn opening_balance(&mut self, record: &work::OpeningBalanceRecord) -> Option<Steps> {
        let id = Id::parse(&record.measure.name.replace('_', "-")).unwrap_or_else(|_| self.id.clone());
        alone(Step::OpeningBalance(CreateOpeningBalance {
            name: self.planner.name::<OpeningBalances>(&id),
            measure: record.measure,
            quantity: record.quantity,
            as_of: record.as_of,
            document: record.document.clone(),
            declared_by: record.declared_by.clone(),
        }))
    }
}

fn instant(moment: Moment, zone: Zone) -> Timestamp {
    match moment {
        Moment::Local(local) => zone.instant(local.date(), local.time()),
        Moment::Fixed(fixed) => Timestamp::from_utc(fixed.to_utc()),
    }
}
