//! Messages of dossiers to commands and queries, and dossiers to messages.
use super::super::commands::{CreateDossier, FileDossierPapers, ReportBackDossier, WithdrawDossier};
use super::super::dossier::MOST_CO_EXPERTS;
use super::super::queries::{GetDossier, ListDossiers};
use super::super::store::dossiers::Filter;
use super::super::{Document, Dossier, DossierPapers};
use super::MAX_DOCUMENT;
use crate::experts::Experts;
use crate::experts::wire::consent;
use crate::kernel::{Fen, Fields, Id, Name, Page, Reason, Timestamp, Vocabulary as _};
use crate::pb;
use crate::sites::Sites;
use crate::wire::mutations;

mutations!(
    pb::CreateDossierRequest,
    pb::FileDossierPapersRequest,
    pb::ReportBackDossierRequest,
    pb::WithdrawDossierRequest,
);

const MAX_PURPOSE: usize = 500;
/// A million yuan.
const MAX_FEE_FEN: i64 = 100_000_000;

pub(in crate::credentials) fn create(
    fields: &mut Fields,
    request: pb::CreateDossierRequest,
    now: Timestamp,
) -> CreateDossier {
    let programme = fields.parent("parent", &request.parent);
    let id = fields.id("dossier_id", &request.dossier_id).unwrap_or_else(|| Id::fresh(now));
    let dossier = fields.message("dossier", request.dossier);
    fields.within("dossier", |fields| {
        if dossier.patient.is_none() {
            fields.refuse("patient", Reason::Required, "must be set");
        }
        let papers = papers(
            fields,
            [&dossier.invitation, &dossier.home_consent, &dossier.patient_consent].map(Option::as_ref),
            dossier.fee_fen,
        );
        let promise = match &dossier.promise {
            Some(promise) => consent(fields, "promise", Some(promise), now),
            None if papers.are_complete() => None,
            None => {
                fields.refuse("promise", Reason::Required, "must be set unless every paper is given");
                None
            }
        };
        if dossier.co_experts.contains(&dossier.expert) {
            fields.refuse("co_experts", Reason::Inconsistent, "must not have the expert who was invited first");
        }
        CreateDossier {
            expert: fields.name_in::<Experts>("expert", &dossier.expert, &programme),
            co_experts: fields.names_in::<Experts>("co_experts", &dossier.co_experts, MOST_CO_EXPERTS, &programme),
            site: fields.name_in::<Sites>("site", &dossier.site, &programme),
            patient: fields.patient("patient", dossier.patient.as_ref()),
            purpose: fields.required("purpose", &dossier.purpose, MAX_PURPOSE),
            planned: fields.date("planned_date", dossier.planned_date.as_ref()),
            promise,
            papers,
            papers_due: fields.optional_date("papers_due_date", dossier.papers_due_date.as_ref()),
            report_due: fields.optional_date("report_due_date", dossier.report_due_date.as_ref()),
            external_ids: fields.external_ids("external_ids", &dossier.external_ids),
            name: Name::new(programme, id),
        }
    })
}

/// The papers: invitation, the home hospital's consent, the patient's.
fn papers(fields: &mut Fields, documents: [Option<&pb::DossierDocument>; 3], fee_fen: Option<i64>) -> DossierPapers {
    let [invitation, home_consent, patient_consent] = documents;
    DossierPapers {
        invitation: document(fields, "invitation", invitation),
        home_consent: document(fields, "home_consent", home_consent),
        patient_consent: document(fields, "patient_consent", patient_consent),
        fee: fields.optional_number("fee_fen", fee_fen, 0..=MAX_FEE_FEN).map(Fen::new),
    }
}

fn document(fields: &mut Fields, field: &str, document: Option<&pb::DossierDocument>) -> Option<Document> {
    let document = document?;
    fields.within(field, |fields| {
        Some(Document {
            reference: fields.required("reference", &document.reference, MAX_DOCUMENT),
            date: fields.date("date", document.date.as_ref()),
        })
    })
}

pub(in crate::credentials) fn file_papers(
    fields: &mut Fields,
    request: pb::FileDossierPapersRequest,
    _now: Timestamp,
) -> FileDossierPapers {
    let documents = [&request.invitation, &request.home_consent, &request.patient_consent].map(Option::as_ref);
    if documents.iter().all(Option::is_none) && request.fee_fen.is_none() {
        fields.refuse("invitation", Reason::Required, "at least one paper, or fee_fen, must be set");
    }
    FileDossierPapers {
        name: fields.name("name", &request.name),
        etag: fields.etag("etag", &request.etag),
        papers: papers(fields, documents, request.fee_fen),
    }
}

pub(in crate::credentials) fn report_back(
    fields: &mut Fields,
    request: pb::ReportBackDossierRequest,
    _now: Timestamp,
) -> ReportBackDossier {
    ReportBackDossier {
        name: fields.name("name", &request.name),
        etag: fields.etag("etag", &request.etag),
        reported: fields.date("reported_date", request.reported_date.as_ref()),
    }
}

pub(in crate::credentials) fn withdraw(
    fields: &mut Fields,
    request: pb::WithdrawDossierRequest,
    _now: Timestamp,
) -> WithdrawDossier {
    WithdrawDossier { name: fields.name("name", &request.name), etag: fields.etag("etag", &request.etag) }
}

pub(in crate::credentials) fn get(fields: &mut Fields, request: pb::GetDossierRequest) -> GetDossier {
    GetDossier { name: fields.name("name", &request.name) }
}

pub(in crate::credentials) fn list(fields: &mut Fields, request: pb::ListDossiersRequest) -> ListDossiers {
    let programme = fields.parent("parent", &request.parent);
    let external_id = request.external_id.as_ref();
    let filter = Filter {
        expert: fields.optional_name_in::<Experts>("expert", &request.expert, &programme),
        site: fields.optional_name_in::<Sites>("site", &request.site, &programme),
        state: fields.optional_choice("state", request.state),
        patient: fields.patient("patient", request.patient.as_ref()),
        due_by: fields.optional_date("due_by_date", request.due_by_date.as_ref()),
        external_id: external_id.and_then(|id| fields.external_id("external_id", &id.system, &id.value)),
    };
    // `Debug` leaves a patient's token out, and a page token has only a hash of this text.
    let token = filter.patient.as_ref().map(crate::kernel::Patient::token);
    let bound_to = format!("ListDossiers {programme} {filter:?} {token:?}");
    let page = fields.page(request.page_size, &request.page_token, &bound_to);
    ListDossiers { programme, filter, page, bound_to }
}

pub(in crate::credentials) fn dossier(dossier: Dossier) -> pb::Dossier {
    let programme = dossier.name.programme().clone();
    let expert = |id: &Id| format!("programmes/{programme}/experts/{id}");
    let document = |paper: Document| pb::DossierDocument { reference: paper.reference, date: Some(paper.date.into()) };
    let patient =
        pb::Patient { issuer: dossier.patient.issuer().to_owned(), token: dossier.patient.token().to_owned() };
    pb::Dossier {
        name: dossier.name.to_string(),
        expert: expert(&dossier.expert),
        co_experts: dossier.co_experts.iter().map(expert).collect(),
        site: format!("programmes/{programme}/sites/{}", dossier.site),
        patient: Some(patient),
        purpose: dossier.purpose,
        planned_date: Some(dossier.planned.into()),
        promise: dossier.promise.map(Into::into),
        invitation: dossier.papers.invitation.map(document),
        home_consent: dossier.papers.home_consent.map(document),
        patient_consent: dossier.papers.patient_consent.map(document),
        fee_fen: dossier.papers.fee.map(Fen::get),
        papers_due_date: Some(dossier.papers_due.into()),
        report_due_date: Some(dossier.report_due.into()),
        reported_date: dossier.reported.map(Into::into),
        external_ids: dossier.external_ids.into_iter().map(Into::into).collect(),
        state: dossier.state.number(),
        etag: dossier.meta.etag(&dossier.name),
        create_time: Some(dossier.meta.create_time.into()),
        update_time: Some(dossier.meta.update_time.into()),
    }
}

pub(in crate::credentials) fn page(page: Page<Dossier>) -> pb::ListDossiersResponse {
    let next_page_token = page.next_page_token();
    pb::ListDossiersResponse { dossiers: page.items.into_iter().map(dossier).collect(), next_page_token }
}
