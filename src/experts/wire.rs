//! Requests to commands and queries, and experts to messages.

use super::commands::{CreateExpert, EndExpert, MergeExperts, Patch, PauseExpert, ResumeExpert, UpdateExpert};
use super::queries::{GetExpert, ListExperts};
use super::store::Filter;
use super::{
    Affiliation, Consent, Days, Expert, Experts, HomeTie, LicenceNumber, LicenceSecret, MAX_AFFILIATIONS,
    MAX_HOME_TIES, Profile, Scope, Standing, two_mains,
};
use crate::hospitals::Hospitals;
use crate::kernel::{Caller, Fields, Grade, Id, Name, Page, Reason, Specialty, Timestamp, Vocabulary as _};
use crate::pb;
use crate::sites::DivisionCode;
use crate::wire::mutations;

mutations!(
    pb::CreateExpertRequest,
    pb::UpdateExpertRequest,
    pb::PauseExpertRequest,
    pb::ResumeExpertRequest,
    pb::EndExpertRequest,
    pb::MergeExpertsRequest,
);

const MAX_NAME: usize = 64;
const MAX_PLACE: usize = 128;
const MAX_TEXT: usize = 500;
const UPDATABLE: &[&str] = &[
    "display_name",
    "title",
    "specialties",
    "affiliations",
    "home_ties",
    "roster_entry_date",
    "scope",
    "licence_number",
    "external_ids",
];

pub(super) fn create(fields: &mut Fields, message: pb::CreateExpertRequest, now: Timestamp) -> CreateExpert {
    let programme = fields.parent("parent", &message.parent);
    let id = fields.id("expert_id", &message.expert_id).unwrap_or_else(|| Id::fresh(now));
    let expert = fields.message("expert", message.expert);
    fields.within("expert", |fields| CreateExpert {
        profile: Profile {
            display_name: fields.required("display_name", &expert.display_name, MAX_NAME),
            title: fields.choice("title", expert.title),
            specialties: specialties(fields, &expert.specialties),
            affiliations: affiliations(fields, &expert.affiliations, &programme),
            home_ties: home_ties(fields, &expert.home_ties, now),
            scope: scope(fields, expert.scope.as_ref()),
            external_ids: fields.external_ids("external_ids", &expert.external_ids),
        },
        entry: fields.date("roster_entry_date", expert.roster_entry_date.as_ref()),
        licence: licence_number(fields, &expert.licence_number),
        secret: LicenceSecret::fresh(now),
        name: Name::new(programme, id),
    })
}

pub(super) fn update(fields: &mut Fields, message: pb::UpdateExpertRequest, now: Timestamp) -> UpdateExpert {
    let expert = fields.message("expert", message.expert);
    let mask = fields.mask(&message.update_mask, UPDATABLE);
    // An update of everything that gives no licence leaves the hash: nobody can read the number back to send it.
    let named = message.update_mask.is_some_and(|mask| mask.paths.iter().any(|path| path == "licence_number"));
    fields.within("expert", |fields| {
        let name = fields.name::<Experts>("name", &expert.name);
        let programme = name.programme();
        let mut patch = Patch::default();
        for field in mask.iter() {
            match field {
                "display_name" => {
                    patch.display_name = Some(fields.required(field, &expert.display_name, MAX_NAME));
                }
                "title" => patch.title = Some(fields.choice(field, expert.title)),
                "specialties" => patch.specialties = Some(specialties(fields, &expert.specialties)),
                "affiliations" => patch.affiliations = Some(affiliations(fields, &expert.affiliations, programme)),
                "home_ties" => patch.home_ties = Some(home_ties(fields, &expert.home_ties, now)),
                "roster_entry_date" => patch.entry = Some(fields.date(field, expert.roster_entry_date.as_ref())),
                "scope" => patch.scope = Some(scope(fields, expert.scope.as_ref())),
                "licence_number" if expert.licence_number.is_empty() => patch.licence = named.then_some(None),
                "licence_number" => patch.licence = Some(licence_number(fields, &expert.licence_number)),
                "external_ids" => patch.external_ids = Some(fields.external_ids(field, &expert.external_ids)),
                _ => {}
            }
        }
        UpdateExpert { etag: fields.etag("etag", &expert.etag), name, patch, secret: LicenceSecret::fresh(now) }
    })
}

pub(super) fn pause(fields: &mut Fields, message: pb::PauseExpertRequest, _: Timestamp) -> PauseExpert {
    PauseExpert {
        name: fields.name("name", &message.name),
        until: fields.optional_date("until_date", message.until_date.as_ref()),
        etag: fields.etag("etag", &message.etag),
    }
}

pub(super) fn resume(fields: &mut Fields, message: pb::ResumeExpertRequest, _: Timestamp) -> ResumeExpert {
    ResumeExpert { name: fields.name("name", &message.name), etag: fields.etag("etag", &message.etag) }
}

pub(super) fn end(fields: &mut Fields, message: pb::EndExpertRequest, _: Timestamp) -> EndExpert {
    EndExpert {
        name: fields.name("name", &message.name),
        exit: fields.date("exit_date", message.exit_date.as_ref()),
        etag: fields.etag("etag", &message.etag),
    }
}

pub(super) fn merge(fields: &mut Fields, message: pb::MergeExpertsRequest, _: Timestamp) -> MergeExperts {
    let survivor = fields.name::<Experts>("survivor", &message.survivor);
    let duplicate = fields.name_in::<Experts>("duplicate", &message.duplicate, survivor.programme());
    if !message.survivor.is_empty() && message.survivor == message.duplicate {
        fields.refuse("duplicate", Reason::Inconsistent, "must be another expert than the survivor");
    }
    MergeExperts {
        duplicate: Name::new(survivor.programme().clone(), duplicate),
        survivor,
        survivor_etag: fields.etag("survivor_etag", &message.survivor_etag),
        duplicate_etag: fields.etag("duplicate_etag", &message.duplicate_etag),
    }
}

pub(super) fn get(fields: &mut Fields, message: pb::GetExpertRequest) -> GetExpert {
    GetExpert { name: fields.name("name", &message.name) }
}

pub(super) fn list(fields: &mut Fields, message: pb::ListExpertsRequest) -> ListExperts {
    let programme = fields.parent("parent", &message.parent);
    let unpaged = pb::ListExpertsRequest { page_size: 0, page_token: String::new(), ..message.clone() };
    let bound_to = format!("ListExperts {unpaged:?}");
    let roster_day = fields.optional_date("roster_date", message.roster_date.as_ref());
    let hospital = fields.optional_name_in::<Hospitals>("hospital", &message.hospital, &programme);
    let external_id = message.external_id.as_ref();
    ListExperts {
        filter: Filter {
            state: fields.optional_choice("state", message.state),
            hospital: hospital.map(|hospital| (hospital, roster_day)),
            specialty: fields.optional_specialty("specialty", &message.specialty),
            roster_day,
            ..Filter::default()
        },
        external_id: external_id.and_then(|id| fields.external_id("external_id", &id.system, &id.value)),
        licence: licence_number(fields, &message.licence_number),
        page: fields.page(message.page_size, &message.page_token, &bound_to),
        programme,
        bound_to,
    }
}

/// Reads the first and the last day of something in two fields; `None` where one is refused.
pub fn days(
    fields: &mut Fields,
    (from_field, from): (&str, Option<&pb::Date>),
    (to_field, to): (&str, Option<&pb::Date>),
) -> Option<Days> {
    if from.is_none() {
        fields.refuse(from_field, Reason::Required, "must be set");
    }
    let first = fields.optional_date(from_field, from);
    let last = fields.optional_date(to_field, to);
    if to.is_some() && last.is_none() {
        return None;
    }
    let days = Days::new(first?, last);
    if days.is_none() {
        fields.refuse(to_field, Reason::Inconsistent, format!("must not be before {from_field}"));
    }
    days
}

/// Reads an expert's yes, which must be set.
pub fn consent(fields: &mut Fields, field: &str, value: Option<&pb::Consent>, now: Timestamp) -> Option<Consent> {
    let Some(value) = value else {
        fields.refuse(field, Reason::Required, "must be set: without the expert's consent nothing is recorded");
        return None;
    };
    fields.within(field, |fields| {
        let heard_time = fields.time("heard_time", value.heard_time.as_ref());
        if heard_time > now {
            fields.refuse("heard_time", Reason::Inconsistent, "must not be in the future");
        }
        Some(Consent {
            heard_by: fields.required("heard_by", &value.heard_by, MAX_NAME),
            medium: fields.choice("medium", value.medium),
            heard_time,
            words: fields.prose("words", &value.words, MAX_TEXT),
        })
    })
}

fn specialties(fields: &mut Fields, values: &[String]) -> Vec<Specialty> {
    if values.is_empty() {
        fields.refuse("specialties", Reason::Required, "must have at least one entry");
    }
    fields.specialties("specialties", values)
}

fn affiliations(fields: &mut Fields, values: &[pb::Affiliation], programme: &Id) -> Vec<Affiliation> {
    let read = fields.list("affiliations", values, MAX_AFFILIATIONS, |fields, value| {
        let hospital = fields.name_in::<Hospitals>("hospital", &value.hospital, programme);
        let days = days(fields, ("from_date", value.from_date.as_ref()), ("to_date", value.to_date.as_ref()))?;
        Some(Affiliation { hospital, days, main: value.main })
    });
    // One without days can't be compared; the caller hears of it first.
    let affiliations: Vec<Affiliation> = read.into_iter().collect::<Option<_>>().unwrap_or_default();
    if let Some((first, second, days)) = two_mains(&affiliations) {
        let text = format!("is main on days on which affiliations[{first}] is: {days}");
        fields.refuse(&format!("affiliations[{second}]"), Reason::Inconsistent, text);
    }
    affiliations
}

fn home_ties(fields: &mut Fields, values: &[pb::HomeTie], now: Timestamp) -> Vec<HomeTie> {
    let read = fields.list("home_ties", values, MAX_HOME_TIES, |fields, value| {
        let kind = fields.choice("kind", value.kind);
        let division = if value.division.is_empty() {
            None
        } else {
            let parse = |code: &str| DivisionCode::parse(code).ok_or(());
            fields.shaped("division", &value.division, DivisionCode::SHAPE, parse)
        };
        let place = fields.text("place", &value.place, MAX_PLACE);
        if value.division.is_empty() && value.place.trim().is_empty() {
            fields.refuse("", Reason::Required, "division or place must be set");
        }
        let consent = consent(fields, "consent", value.consent.as_ref(), now)?;
        Some(HomeTie { kind, division, place, consent })
    });
    read.into_iter().flatten().collect()
}

fn scope(fields: &mut Fields, value: Option<&pb::ScopeOfPractice>) -> Scope {
    let Some(value) = value else { return Scope::default() };
    fields.within("scope", |fields| Scope {
        specialties: fields.specialties("specialties", &value.specialties),
        operation_grade_limit: Grade::new(fields.number("operation_grade_limit", value.operation_grade_limit, 0..=4)),
        text: fields.prose("text", &value.text, MAX_TEXT),
    })
}

fn licence_number(fields: &mut Fields, value: &str) -> Option<LicenceNumber> {
    if value.is_empty() {
        return None;
    }
    fields.shaped("licence_number", value, LicenceNumber::SHAPE, |number| LicenceNumber::parse(number).ok_or(()))
}

impl From<Expert> for pb::Expert {
    fn from(expert: Expert) -> Self {
        let Expert { name, profile, roster, licence, meta } = expert;
        let (pause_until, merged_into) = match &roster.standing {
            Standing::Active | Standing::Exited => (None, None),
            Standing::Paused { until } => (*until, None),
            Standing::Merged { into } => (None, Some(Name::<Experts>::new(name.programme().clone(), into.clone()))),
        };
        let affiliation = |affiliation: Affiliation| pb::Affiliation {
            hospital: Name::<Hospitals>::new(name.programme().clone(), affiliation.hospital).to_string(),
            from_date: Some(affiliation.days.from.into()),
            to_date: affiliation.days.to.map(Into::into),
            main: affiliation.main,
        };
        pb::Expert {
            name: name.to_string(),
            display_name: profile.display_name,
            title: profile.title.number(),
            specialties: profile.specialties.into_iter().map(String::from).collect(),
            affiliations: profile.affiliations.into_iter().map(affiliation).collect(),
            home_ties: profile.home_ties.into_iter().map(Into::into).collect(),
            roster_entry_date: Some(roster.entry.into()),
            roster_exit_date: roster.exit.map(Into::into),
            scope: (profile.scope != Scope::default()).then(|| profile.scope.into()),
            licence_number: String::new(),
            licence_recorded: licence.is_some(),
            state: roster.standing.state().number(),
            pause_until_date: pause_until.map(Into::into),
            merged_into: merged_into.map(|name| name.to_string()).unwrap_or_default(),
            external_ids: profile.external_ids.into_iter().map(Into::into).collect(),
            etag: meta.etag(&name),
            create_time: Some(meta.create_time.into()),
            update_time: Some(meta.update_time.into()),
        }
    }
}

impl From<HomeTie> for pb::HomeTie {
    fn from(tie: HomeTie) -> Self {
        pb::HomeTie {
            kind: tie.kind.number(),
            division: tie.division.map(|division| division.as_str().to_owned()).unwrap_or_default(),
            place: tie.place,
            consent: Some(tie.consent.into()),
        }
    }
}

impl From<Consent> for pb::Consent {
    fn from(consent: Consent) -> Self {
        pb::Consent {
            heard_by: consent.heard_by,
            medium: consent.medium.number(),
            heard_time: Some(consent.heard_time.into()),
            words: consent.words,
        }
    }
}

impl From<Scope> for pb::ScopeOfPractice {
    fn from(scope: Scope) -> Self {
        let limit = scope.operation_grade_limit.map_or(0, Grade::number);
        pb::ScopeOfPractice {
            specialties: scope.specialties.into_iter().map(String::from).collect(),
            operation_grade_limit: i32::try_from(limit).unwrap_or_default(),
            text: scope.text,
        }
    }
}

impl From<Page<Expert>> for pb::ListExpertsResponse {
    fn from(page: Page<Expert>) -> Self {
        let next_page_token = page.next_page_token();
        pb::ListExpertsResponse { experts: page.items.into_iter().map(Into::into).collect(), next_page_token }
    }
}

/// How much of an expert a caller gets: a hospital's system that books places needs no home ties.
#[derive(Clone, Copy)]
pub(super) enum Sees {
    /// Everything.
    All,
    /// What is needed to book with somebody.
    Booking,
}

impl Sees {
    pub(super) fn of(caller: &Caller) -> Sees {
        let only_books = !caller.roles.is_empty() && caller.roles.iter().all(|role| role == "hospital_system");
        if only_books { Sees::Booking } else { Sees::All }
    }

    pub(super) fn of_expert(self, expert: pb::Expert) -> pb::Expert {
        match self {
            Sees::All => expert,
            Sees::Booking => pb::Expert { home_ties: Vec::new(), external_ids: Vec::new(), ..expert },
        }
    }

    pub(super) fn of_page(self, page: pb::ListExpertsResponse) -> pb::ListExpertsResponse {
        let experts = page.experts.into_iter().map(|expert| self.of_expert(expert)).collect();
        pb::ListExpertsResponse { experts, ..page }
    }
}
