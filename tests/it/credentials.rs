//! Papers over a real socket: entered, ended, running out, missing. Dossiers and checklists are in files of their own.
mod dossiers;
mod onboardings;
mod rules;

use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::credential::Paper;
use homecoming::pb::credential_service_client::CredentialServiceClient;
use tonic::Code;

use crate::support::errors::{Refused, refused};
use crate::support::{bare, each_engine};

const PARENT: &str = "programmes/liling";

fn name(collection: &str, id: &str) -> String {
    format!("{PARENT}/{collection}/{id}")
}

fn date(year: i32, month: i32, day: i32) -> pb::Date {
    pb::Date { year, month, day }
}

fn licence(expert: &str) -> Paper {
    Paper::Licence(pb::LicencePeriod { expert: name("experts", expert) })
}

fn basis(expert: &str, kind: pb::BasisKind, sites: &[&str]) -> Paper {
    let sites = sites.iter().map(|site| name("sites", site)).collect();
    Paper::Basis(pb::LegalBasis { expert: name("experts", expert), kind: kind as i32, sites })
}

fn grade_list(site: &str, specialty: &str, highest_grade: i32) -> Paper {
    Paper::GradeList(pb::GradeList { site: name("sites", site), specialty: specialty.to_owned(), highest_grade })
}

fn authorisation(expert: &str, site: &str, highest_grade: i32) -> Paper {
    Paper::Authorisation(pb::Authorisation {
        expert: name("experts", expert),
        site: name("sites", site),
        highest_grade,
        specialties: vec!["04".to_owned()],
    })
}

/// A paper of 2024.
fn create(id: &str, paper: Paper) -> pb::CreateCredentialRequest {
    let credential = pb::Credential {
        paper: Some(paper),
        from_date: Some(date(2024, 1, 1)),
        to_date: Some(date(2024, 12, 31)),
        document: "卫备〔2024〕1号".to_owned(),
        external_ids: vec![pb::ExternalId { system: "office".to_owned(), value: id.to_owned() }],
        ..Default::default()
    };
    pb::CreateCredentialRequest {
        parent: PARENT.to_owned(),
        credential_id: id.to_owned(),
        credential: Some(credential),
        ..Default::default()
    }
}

fn batch(rows: Vec<pb::CreateCredentialRequest>) -> pb::BatchCreateCredentialsRequest {
    pb::BatchCreateCredentialsRequest { parent: PARENT.to_owned(), requests: rows, ..Default::default() }
}

fn ids<'a>(credentials: impl IntoIterator<Item = &'a pb::Credential>) -> Vec<&'a str> {
    credentials.into_iter().map(|credential| credential.name.rsplit('/').next().unwrap()).collect()
}

#[tokio::test]
async fn papers_are_entered_and_found() {
    each_engine("credentials", async |server| {
        bare::make(&server.channel, 2).await;
        let mut client = CredentialServiceClient::new(server.channel.clone());
        let papers = [
            ("c1", licence("e1")),
            ("c2", basis("e1", pb::BasisKind::Filed, &["county", "banshan"])),
            ("c3", basis("e2", pb::BasisKind::HomeLeave, &[])),
            ("c4", grade_list("county", "04", 3)),
            ("c5", authorisation("e1", "county", 3)),
        ];
        let request = pb::CreateCredentialRequest { request_id: "r1".to_owned(), ..create("c1", licence("e1")) };
        let made = client.create_credential(request.clone()).await.unwrap().into_inner();
        assert_eq!((made.state(), made.paper.clone()), (pb::CredentialState::Valid, Some(licence("e1"))));
        assert_eq!(client.create_credential(request).await.unwrap().into_inner(), made, "a repeated request");
        let rows = papers[1..].iter().map(|(id, paper)| create(id, paper.clone())).collect();
        let request = pb::BatchCreateCredentialsRequest { request_id: "r2".to_owned(), ..batch(rows) };
        let made = client.batch_create_credentials(request.clone()).await.unwrap().into_inner();
        assert_eq!(ids(&made.credentials), ["c2", "c3", "c4", "c5"]);
        assert_eq!(client.batch_create_credentials(request).await.unwrap().into_inner(), made, "a repeated request");
        for (id, paper) in papers {
            let get = pb::GetCredentialRequest { name: name("credentials", id) };
            assert_eq!(client.get_credential(get).await.unwrap().into_inner().paper, Some(paper));
        }
        let all = pb::ListCredentialsRequest { parent: PARENT.to_owned(), ..Default::default() };
        let expert = |id: &str| pb::ListCredentialsRequest { expert: name("experts", id), ..all.clone() };
        let cases = [
            (all.clone(), &["c1", "c2", "c3", "c4", "c5"][..]),
            (expert("e1"), &["c1", "c2", "c5"]),
            (pb::ListCredentialsRequest { site: name("sites", "county"), ..all.clone() }, &["c2", "c4", "c5"]),
            (pb::ListCredentialsRequest { site: name("sites", "banshan"), ..expert("e1") }, &["c2"]),
            (pb::ListCredentialsRequest { paper_kind: pb::PaperKind::Basis as i32, ..all.clone() }, &["c2", "c3"]),
            (pb::ListCredentialsRequest { basis_kind: pb::BasisKind::HomeLeave as i32, ..all.clone() }, &["c3"]),
            (pb::ListCredentialsRequest { in_force_date: Some(date(2024, 12, 31)), ..expert("e2") }, &["c3"]),
            (pb::ListCredentialsRequest { in_force_date: Some(date(2025, 1, 1)), ..all.clone() }, &[]),
            (
                pb::ListCredentialsRequest {
                    external_id: Some(pb::ExternalId { system: "office".to_owned(), value: "c4".to_owned() }),
                    ..all.clone()
                },
                &["c4"],
            ),
        ];
        for (request, expected) in cases {
            let page = client.list_credentials(request.clone()).await.unwrap().into_inner();
            assert_eq!(ids(&page.credentials), expected, "{request:?}");
        }
        let first = pb::ListCredentialsRequest { page_size: 3, ..all };
        let page = client.list_credentials(first.clone()).await.unwrap().into_inner();
        let next = pb::ListCredentialsRequest { page_token: page.next_page_token, ..first };
        assert_eq!(ids(&client.list_credentials(next).await.unwrap().into_inner().credentials), ["c4", "c5"]);
        let in_use = refused(bare::delete_site(&server.channel, "banshan").await);
        assert_eq!(in_use.metadata["referrer"], name("credentials", "c2"));
    })
    .await;
}

#[tokio::test]
async fn what_cant_be_a_paper_is_refused() {
    each_engine("credentials_bad", async |server| {
        bare::make(&server.channel, 1).await;
        let mut client = CredentialServiceClient::new(server.channel.clone());
        let mut bad = create("c1", grade_list("county", "4", 5));
        if let Some(credential) = &mut bad.credential {
            credential.to_date = Some(date(2023, 1, 1));
            credential.document = String::new();
        }
        let refusal = refused(client.create_credential(bad).await);
        let expected = [
            ("credential.grade_list.specialty", Reason::Malformed),
            ("credential.grade_list.highest_grade", Reason::OutOfRange),
            ("credential.to_date", Reason::Inconsistent),
            ("credential.document", Reason::Required),
        ];
        assert_eq!(refusal.violations, expected.map(|(field, reason)| (field.to_owned(), reason)));
        let mut nothing = create("c1", licence("e1"));
        nothing.credential.as_mut().unwrap().paper = None;
        let refusal = refused(client.create_credential(nothing).await);
        assert_eq!(refusal.violations, [("credential.paper".to_owned(), Reason::Required)]);
        let twice = create("c1", basis("e1", pb::BasisKind::Unspecified, &["county", "county"]));
        let refusal = refused(client.create_credential(twice).await);
        let expected = [("credential.basis.kind", Reason::Required), ("credential.basis.sites[1]", Reason::Duplicate)];
        assert_eq!(refusal.violations, expected.map(|(field, reason)| (field.to_owned(), reason)));

        let not_found = Refused::new(Code::NotFound, Reason::ResourceNotFound);
        let nobody = refused(client.create_credential(create("c1", licence("e9"))).await);
        assert_eq!(nobody, not_found.clone().with("name", &name("experts", "e9")));
        let nowhere = refused(client.create_credential(create("c1", grade_list("pukou", "", 1))).await);
        assert_eq!(nowhere, not_found.with("name", &name("sites", "pukou")));

        // A batch is all or nothing, and a row is judged after those before it.
        let rows = vec![create("c1", licence("e1")), create("c1", licence("e1"))];
        let refusal = refused(client.batch_create_credentials(batch(rows)).await);
        assert_eq!(
            refusal,
            Refused::new(Code::FailedPrecondition, Reason::BatchRefused)
                .with("row", "1")
                .with("reason", "RESOURCE_EXISTS")
        );
        let mut rows = vec![create("c1", licence("e1")), create("c2", licence("e1"))];
        rows[1].credential.as_mut().unwrap().external_ids[0].value = "c1".to_owned();
        let refusal = refused(client.batch_create_credentials(batch(rows)).await);
        assert_eq!(refusal.metadata["reason"], "EXTERNAL_ID_TAKEN");
        let get = pb::GetCredentialRequest { name: name("credentials", "c1") };
        assert_eq!(refused(client.get_credential(get).await).reason, Reason::ResourceNotFound, "nothing was written");
        let many = batch(vec![create("", licence("e1")); 201]);
        let refusal = refused(client.batch_create_credentials(many).await);
        assert_eq!(refusal.violations, [("requests".to_owned(), Reason::OutOfRange)]);
        let foreign =
            pb::CreateCredentialRequest { parent: "programmes/other".to_owned(), ..create("c1", licence("e1")) };
        let refusal = refused(client.batch_create_credentials(batch(vec![foreign])).await);
        assert_eq!(refusal.violations, [("requests[0].parent".to_owned(), Reason::Inconsistent)]);
        let empty = refused(client.batch_create_credentials(batch(Vec::new())).await);
        assert_eq!(empty.violations, [("requests".to_owned(), Reason::Required)]);
    })
    .await;
}

#[tokio::test]
async fn a_paper_ends_on_one_of_its_days_or_never_held() {
    each_engine("credential_end", async |server| {
        bare::make(&server.channel, 1).await;
        let mut client = CredentialServiceClient::new(server.channel.clone());
        let made = client.create_credential(create("c1", licence("e1"))).await.unwrap().into_inner();
        let end = |to: Option<pb::Date>| pb::EndCredentialRequest {
            name: made.name.clone(),
            to_date: to,
            ..Default::default()
        };
        for outside in [date(2023, 12, 31), date(2025, 1, 1)] {
            let refusal = refused(client.end_credential(end(Some(outside))).await);
            assert_eq!(refusal.violations, [("to_date".to_owned(), Reason::OutOfRange)]);
        }
        let ended = client.end_credential(end(Some(date(2024, 6, 30)))).await.unwrap().into_inner();
        assert_eq!((ended.to_date, ended.state()), (Some(date(2024, 6, 30)), pb::CredentialState::Valid));
        let stale = pb::EndCredentialRequest { etag: made.etag.clone(), ..end(None) };
        assert_eq!(refused(client.end_credential(stale).await).reason, Reason::EtagMismatch);
        let void = client.end_credential(end(None)).await.unwrap().into_inner();
        assert_eq!(void.state(), pb::CredentialState::Void);
        let again = refused(client.end_credential(end(None)).await);
        assert_eq!((again.reason, again.metadata["state"].as_str()), (Reason::IllegalTransition, "VOID"));
        let in_force = pb::ListCredentialsRequest {
            parent: PARENT.to_owned(),
            in_force_date: Some(date(2024, 3, 1)),
            ..Default::default()
        };
        assert_eq!(client.list_credentials(in_force).await.unwrap().get_ref().credentials, []);
    })
    .await;
}

#[tokio::test]
async fn papers_that_run_out_are_listed_with_what_follows() {
    each_engine("expiring", async |server| {
        bare::make(&server.channel, 2).await;
        let mut client = CredentialServiceClient::new(server.channel.clone());
        let until = |mut request: pb::CreateCredentialRequest, from: pb::Date, to: Option<pb::Date>| {
            let credential = request.credential.as_mut().unwrap();
            (credential.from_date, credential.to_date) = (Some(from), to);
            request
        };
        let first = date(2024, 1, 1);
        let rows = vec![
            until(create("c1", licence("e1")), first, Some(date(2024, 4, 30))),
            until(create("c2", licence("e1")), date(2024, 5, 1), None),
            until(create("c3", basis("e2", pb::BasisKind::Filed, &["county"])), first, Some(date(2024, 4, 10))),
            until(create("c4", grade_list("county", "04", 3)), first, Some(date(2024, 4, 20))),
            until(create("c5", grade_list("county", "", 3)), date(2024, 4, 1), Some(date(2024, 12, 31))),
            until(create("c6", licence("e2")), first, Some(date(2024, 5, 2))),
        ];
        client.batch_create_credentials(batch(rows)).await.unwrap();
        let asked = pb::ListExpiringRequest {
            parent: PARENT.to_owned(),
            as_of_date: Some(date(2024, 4, 10)),
            within_days: 21,
            ..Default::default()
        };
        let of = |page: pb::ListExpiringResponse| -> Vec<(String, bool)> {
            let one = |one: pb::ExpiringCredential| (ids(&one.credential)[0].to_owned(), one.renewed);
            page.expiring.into_iter().map(one).collect()
        };
        let expected = |all: &[(&str, bool)]| -> Vec<(String, bool)> {
            all.iter().map(|(id, renewed)| ((*id).to_owned(), *renewed)).collect()
        };
        let page = client.list_expiring(asked.clone()).await.unwrap().into_inner();
        assert_eq!(of(page), expected(&[("c3", false), ("c4", true), ("c1", true)]));
        let cases = [
            (pb::ListExpiringRequest { within_days: 22, ..asked.clone() }, 4),
            (pb::ListExpiringRequest { within_days: 0, ..asked.clone() }, 1),
            (pb::ListExpiringRequest { expert: name("experts", "e1"), ..asked.clone() }, 1),
            (pb::ListExpiringRequest { site: name("sites", "county"), ..asked.clone() }, 2),
            (pb::ListExpiringRequest { paper_kind: pb::PaperKind::Licence as i32, ..asked.clone() }, 1),
        ];
        for (request, count) in cases {
            let page = client.list_expiring(request.clone()).await.unwrap().into_inner();
            assert_eq!(page.expiring.len(), count, "{request:?}");
        }
        let first = pb::ListExpiringRequest { page_size: 2, ..asked.clone() };
        let page = client.list_expiring(first.clone()).await.unwrap().into_inner();
        let next = pb::ListExpiringRequest { page_token: page.next_page_token.clone(), ..first };
        assert_eq!(of(client.list_expiring(next).await.unwrap().into_inner()), expected(&[("c1", true)]));
        let bad = pb::ListExpiringRequest { as_of_date: None, within_days: 367, ..asked };
        let refusal = refused(client.list_expiring(bad).await);
        let expected = [("as_of_date", Reason::Required), ("within_days", Reason::OutOfRange)];
        assert_eq!(refusal.violations, expected.map(|(field, reason)| (field.to_owned(), reason)));
    })
    .await;
}

#[tokio::test]
async fn what_plans_would_miss_is_listed_by_expert_site_and_kind() {
    each_engine("missing", async |server| {
        bare::make(&server.channel, 3).await;
        let mut client = CredentialServiceClient::new(server.channel.clone());
        let rows = vec![
            create("c1", licence("e1")),
            create("c2", basis("e1", pb::BasisKind::Filed, &["county"])),
            create("c3", grade_list("county", "", 3)),
            create("c4", licence("e2")),
            create("c5", basis("e2", pb::BasisKind::Support, &[])),
        ];
        client.batch_create_credentials(batch(rows)).await.unwrap();
        let kinds = [pb::SessionKind::Clinic as i32, pb::SessionKind::Operation as i32];
        let asked = pb::ListMissingRequest {
            parent: PARENT.to_owned(),
            as_of_date: Some(date(2024, 3, 1)),
            sites: vec![name("sites", "county")],
            kinds: kinds.to_vec(),
            ..Default::default()
        };
        let page = client.list_missing(asked.clone()).await.unwrap().into_inner();
        let found: Vec<_> = page
            .experts
            .iter()
            .flat_map(|one| {
                one.missing.iter().map(|gap| (ids_of(&one.expert), gap.kind(), gap.gaps().collect::<Vec<_>>()))
            })
            .collect();
        use pb::PaperGap::{LicenceNotInForce, NoLawfulBasis, SurgeonNotAuthorised};
        use pb::SessionKind::{Clinic, Operation};
        let expected = [
            ("e1", Operation, vec![SurgeonNotAuthorised]),
            ("e2", Operation, vec![SurgeonNotAuthorised]),
            ("e3", Clinic, vec![LicenceNotInForce, NoLawfulBasis]),
            ("e3", Operation, vec![LicenceNotInForce, NoLawfulBasis, SurgeonNotAuthorised]),
        ];
        assert_eq!(found, expected);
        // Who misses nothing is left out, and pages go on behind them.
        let clinics = pb::ListMissingRequest { kinds: kinds[..1].to_vec(), page_size: 1, ..asked.clone() };
        let mut request = clinics.clone();
        let mut experts = Vec::new();
        loop {
            let page = client.list_missing(request.clone()).await.unwrap().into_inner();
            experts.extend(page.experts.iter().map(|one| ids_of(&one.expert).to_owned()));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!(experts, ["e3"]);
        let all_kinds = pb::ListMissingRequest {
            kinds: Vec::new(),
            expert: name("experts", "e2"),
            sites: vec![name("sites", "county"), name("sites", "banshan")],
            ..asked.clone()
        };
        let page = client.list_missing(all_kinds).await.unwrap().into_inner();
        assert_eq!(page.experts[0].missing.len(), 6, "operation, free clinic and remote, at both: {page:?}");
        let before = pb::ListMissingRequest { as_of_date: Some(date(2022, 12, 31)), ..asked.clone() };
        assert_eq!(client.list_missing(before).await.unwrap().get_ref().experts, [], "nobody was on the roster");
        let nobody = pb::ListMissingRequest { expert: name("experts", "e9"), ..asked.clone() };
        assert_eq!(refused(client.list_missing(nobody).await).reason, Reason::ResourceNotFound);
        let nowhere = pb::ListMissingRequest { sites: Vec::new(), ..asked };
        let refusal = refused(client.list_missing(nowhere).await);
        assert_eq!(refusal.violations, [("sites".to_owned(), Reason::Required)]);
    })
    .await;
}

fn ids_of(name: &str) -> &str {
    name.rsplit('/').next().unwrap()
}

#[tokio::test]
async fn a_duplicates_papers_are_the_survivors() {
    each_engine("credential_merge", async |server| {
        bare::make(&server.channel, 2).await;
        let mut client = CredentialServiceClient::new(server.channel.clone());
        client.create_credential(create("c1", basis("e2", pb::BasisKind::Filed, &["county"]))).await.unwrap();
        bare::merge(&server.channel, "e1", "e2").await;
        let get = pb::GetCredentialRequest { name: name("credentials", "c1") };
        let moved = client.get_credential(get).await.unwrap().into_inner();
        assert_eq!(moved.paper, Some(basis("e1", pb::BasisKind::Filed, &["county"])));
        let late = refused(client.create_credential(create("c2", licence("e2"))).await);
        assert_eq!((late.reason, late.metadata["state"].as_str()), (Reason::IllegalTransition, "MERGED"));
    })
    .await;
}
