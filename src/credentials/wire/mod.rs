//! Messages of credentials to commands and queries, and credentials to messages; dossiers and checklists have files of their own.
pub(super) mod dossiers;
pub(super) mod onboardings;

use super::commands::{BatchCreateCredentials, CreateCredential, EndCredential, Entry};
use super::expiry::Expiring;
use super::queries::{GetCredential, ListCredentials, ListExpiring, ListMissing, Missing};
use super::store::Filter;
use super::{Credential, MOST_SITES, Paper};
use crate::experts::wire::days;
use crate::experts::{Days, Experts};
use crate::kernel::{Date, Fields, Grade, Id, Name, Page, Reason, SessionKind, Timestamp, Vocabulary as _};
use crate::pb;
use crate::pb::credential::Paper as Said;
use crate::sites::Sites;
use crate::wire::mutations;

mutations!(pb::CreateCredentialRequest, pb::BatchCreateCredentialsRequest, pb::EndCredentialRequest);

/// The longest reference to a document, in characters.
const MAX_DOCUMENT: usize = 200;
/// The most rows of a batch.
const MOST_ROWS: usize = 200;
/// The most experts of a page of what is missing.
const MOST_EXPERTS: usize = 100;

pub(super) fn create(fields: &mut Fields, request: pb::CreateCredentialRequest, now: Timestamp) -> CreateCredential {
    let programme = fields.parent("parent", &request.parent);
    let id = fields.id("credential_id", &request.credential_id).unwrap_or_else(|| Id::fresh(now));
    let credential = fields.message("credential", request.credential);
    let name = Name::new(programme, id);
    CreateCredential { entry: fields.within("credential", |fields| entry(fields, name, &credential)) }
}

pub(super) fn batch_create(
    fields: &mut Fields,
    request: pb::BatchCreateCredentialsRequest,
    now: Timestamp,
) -> BatchCreateCredentials {
    let programme = fields.parent("parent", &request.parent);
    if request.requests.is_empty() {
        fields.refuse("requests", Reason::Required, "must have at least one entry");
    }
    let entries = fields.list("requests", &request.requests, MOST_ROWS, |fields, row| {
        if !row.parent.is_empty() && row.parent != request.parent {
            fields.refuse("parent", Reason::Inconsistent, "must be empty or the batch's");
        }
        let id = fields.id("credential_id", &row.credential_id).unwrap_or_else(|| Id::fresh(now));
        let credential = fields.message("credential", row.credential.clone());
        let name = Name::new(programme.clone(), id);
        fields.within("credential", |fields| entry(fields, name, &credential))
    });
    BatchCreateCredentials { programme, entries }
}

fn entry(fields: &mut Fields, name: Name<super::Credentials>, credential: &pb::Credential) -> Entry {
    let programme = name.programme();
    let dates = (("from_date", credential.from_date.as_ref()), ("to_date", credential.to_date.as_ref()));
    if credential.paper.is_none() {
        fields.refuse("paper", Reason::Required, "must be set");
    }
    let paper = credential.paper.as_ref().and_then(|said| paper(fields, said, programme));
    Entry {
        // Where it is refused, nothing is done with the placeholder; the same below.
        paper: paper.unwrap_or_else(|| Paper::Licence { expert: programme.clone() }),
        days: days(fields, dates.0, dates.1).unwrap_or(Days { from: Date::default(), to: None }),
        document: fields.required("document", &credential.document, MAX_DOCUMENT),
        external_ids: fields.external_ids("external_ids", &credential.external_ids),
        name,
    }
}

fn paper(fields: &mut Fields, said: &Said, programme: &Id) -> Option<Paper> {
    let grade = |fields: &mut Fields, value: i32| Grade::new(fields.number("highest_grade", value, 1..=4));
    match said {
        Said::Licence(said) => fields.within("licence", |fields| {
            Some(Paper::Licence { expert: fields.name_in::<Experts>("expert", &said.expert, programme) })
        }),
        Said::Basis(said) => fields.within("basis", |fields| {
            Some(Paper::Basis {
                expert: fields.name_in::<Experts>("expert", &said.expert, programme),
                kind: fields.choice("kind", said.kind),
                sites: fields.names_in::<Sites>("sites", &said.sites, MOST_SITES, programme),
            })
        }),
        Said::GradeList(said) => fields.within("grade_list", |fields| {
            Some(Paper::GradeList {
                site: fields.name_in::<Sites>("site", &said.site, programme),
                specialty: fields.optional_specialty("specialty", &said.specialty),
                highest: grade(fields, said.highest_grade)?,
            })
        }),
        Said::Authorisation(said) => fields.within("authorisation", |fields| {
            Some(Paper::Authorisation {
                expert: fields.name_in::<Experts>("expert", &said.expert, programme),
                site: fields.name_in::<Sites>("site", &said.site, programme),
                specialties: fields.specialties("specialties", &said.specialties),
                highest: grade(fields, said.highest_grade)?,
            })
        }),
    }
}

pub(super) fn end(fields: &mut Fields, request: pb::EndCredentialRequest, _now: Timestamp) -> EndCredential {
    EndCredential {
        name: fields.name("name", &request.name),
        etag: fields.etag("etag", &request.etag),
        to: fields.optional_date("to_date", request.to_date.as_ref()),
    }
}

pub(super) fn get(fields: &mut Fields, request: pb::GetCredentialRequest) -> GetCredential {
    GetCredential { name: fields.name("name", &request.name) }
}

pub(super) fn list(fields: &mut Fields, request: pb::ListCredentialsRequest) -> ListCredentials {
    let programme = fields.parent("parent", &request.parent);
    let external_id = request.external_id.as_ref();
    let filter = Filter {
        expert: fields.optional_name_in::<Experts>("expert", &request.expert, &programme),
        site: fields.optional_name_in::<Sites>("site", &request.site, &programme),
        paper: fields.optional_choice("paper_kind", request.paper_kind),
        basis: fields.optional_choice("basis_kind", request.basis_kind),
        in_force: fields.optional_date("in_force_date", request.in_force_date.as_ref()),
        external_id: external_id.and_then(|id| fields.external_id("external_id", &id.system, &id.value)),
    };
    let bound_to = format!("ListCredentials {programme} {filter:?}");
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListCredentials { programme, filter, page, bound_to }
}

pub(super) fn expiring(fields: &mut Fields, request: pb::ListExpiringRequest) -> ListExpiring {
    let programme = fields.parent("parent", &request.parent);
    let first = fields.date("as_of_date", request.as_of_date.as_ref());
    let days = fields.number("within_days", request.within_days, 0..=366);
    let last = first.checked_add_days(chrono::Days::new(days.unsigned_abs())).unwrap_or(Date::MAX);
    let filter = Filter {
        expert: fields.optional_name_in::<Experts>("expert", &request.expert, &programme),
        site: fields.optional_name_in::<Sites>("site", &request.site, &programme),
        paper: fields.optional_choice("paper_kind", request.paper_kind),
        ..Filter::default()
    };
    let bound_to = format!("ListExpiring {programme} {first} {last} {filter:?}");
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListExpiring { programme, window: (first, last), filter, page, bound_to }
}

pub(super) fn missing(fields: &mut Fields, request: pb::ListMissingRequest) -> ListMissing {
    let programme = fields.parent("parent", &request.parent);
    let day = fields.date("as_of_date", request.as_of_date.as_ref());
    let expert = fields.optional_name_in::<Experts>("expert", &request.expert, &programme);
    if request.sites.is_empty() {
        fields.refuse("sites", Reason::Required, "must have at least one entry");
    }
    let sites = fields.names_in::<Sites>("sites", &request.sites, MOST_SITES, &programme);
    let mut kinds: Vec<SessionKind> = fields.choices("kinds", &request.kinds);
    if kinds.is_empty() {
        kinds = SessionKind::ALL.to_vec();
    }
    // A dossier is one patient's: for nobody in particular it is always missing.
    kinds.retain(|kind| !matches!(kind, SessionKind::OutConsultation));
    let bound_to = format!("ListMissing {programme} {day} {expert:?} {sites:?} {kinds:?}");
    let mut page = fields.page(request.page_size, &request.page_token, &bound_to);
    page.size = page.size.min(MOST_EXPERTS);
    ListMissing { programme, day, expert, sites, kinds, page, bound_to }
}

pub(super) fn credential(credential: Credential) -> pb::Credential {
    let Credential { name, paper, days, document, external_ids, state, meta } = credential;
    pb::Credential {
        paper: Some(said(name.programme(), paper)),
        from_date: Some(days.from.into()),
        to_date: days.to.map(Into::into),
        document,
        external_ids: external_ids.into_iter().map(Into::into).collect(),
        state: state.number(),
        etag: meta.etag(&name),
        create_time: Some(meta.create_time.into()),
        update_time: Some(meta.update_time.into()),
        name: name.to_string(),
    }
}

fn said(programme: &Id, paper: Paper) -> Said {
    let expert = |id: Id| format!("programmes/{programme}/experts/{id}");
    let site = |id: Id| format!("programmes/{programme}/sites/{id}");
    let number = |grade: Grade| i32::try_from(grade.number()).unwrap_or_default();
    match paper {
        Paper::Licence { expert: id } => Said::Licence(pb::LicencePeriod { expert: expert(id) }),
        Paper::Basis { expert: id, kind, sites } => Said::Basis(pb::LegalBasis {
            expert: expert(id),
            kind: kind.number(),
            sites: sites.into_iter().map(site).collect(),
        }),
        Paper::GradeList { site: id, specialty, highest } => Said::GradeList(pb::GradeList {
            site: site(id),
            specialty: specialty.map(String::from).unwrap_or_default(),
            highest_grade: number(highest),
        }),
        Paper::Authorisation { expert: id, site: at, highest, specialties } => Said::Authorisation(pb::Authorisation {
            expert: expert(id),
            site: site(at),
            highest_grade: number(highest),
            specialties: specialties.into_iter().map(String::from).collect(),
        }),
    }
}

pub(super) fn credential_page(page: Page<Credential>) -> pb::ListCredentialsResponse {
    let next_page_token = page.next_page_token();
    pb::ListCredentialsResponse { credentials: page.items.into_iter().map(credential).collect(), next_page_token }
}

pub(super) fn expiring_page(page: Page<Expiring>) -> pb::ListExpiringResponse {
    let next_page_token = page.next_page_token();
    let one = |expiring: Expiring| pb::ExpiringCredential {
        credential: Some(credential(expiring.credential)),
        renewed: expiring.is_renewed,
    };
    pb::ListExpiringResponse { expiring: page.items.into_iter().map(one).collect(), next_page_token }
}

pub(super) fn missing_page(programme: &Id, page: Page<Missing>) -> pb::ListMissingResponse {
    let next_page_token = page.next_page_token();
    let one = |missing: Missing| pb::MissingPapers {
        expert: format!("programmes/{programme}/experts/{}", missing.expert),
        missing: missing
            .gaps
            .into_iter()
            .map(|(site, kind, gaps)| pb::MissingPaper {
                site: format!("programmes/{programme}/sites/{site}"),
                kind: kind.number(),
                gaps: gaps.into_iter().map(|gap| gap.number()).collect(),
            })
            .collect(),
    };
    pb::ListMissingResponse { experts: page.items.into_iter().map(one).collect(), next_page_token }
}
