//! Dossiers over a real socket.
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::dossier_service_client::DossierServiceClient;

use super::{PARENT, date, name};
use crate::support::errors::refused;
use crate::support::{START, bare, each_engine};

fn document(reference: &str) -> Option<pb::DossierDocument> {
    Some(pb::DossierDocument { reference: reference.to_owned(), date: Some(date(2024, 4, 1)) })
}

/// A patient of the county for whom e1 was asked by telephone.
fn promised(id: &str) -> pb::CreateDossierRequest {
    let dossier = pb::Dossier {
        expert: name("experts", "e1"),
        co_experts: vec![name("experts", "e2")],
        site: name("sites", "county"),
        patient: Some(pb::Patient { issuer: "liling.his".to_owned(), token: "tok_abcd".to_owned() }),
        purpose: "胃癌根治术".to_owned(),
        planned_date: Some(date(2024, 4, 5)),
        promise: Some(pb::Consent {
            heard_by: "医务科".to_owned(),
            medium: pb::ConsentMedium::Phone as i32,
            heard_time: Some(START.into()),
            words: String::new(),
        }),
        ..Default::default()
    };
    pb::CreateDossierRequest {
        parent: PARENT.to_owned(),
        dossier_id: id.to_owned(),
        dossier: Some(dossier),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_promise_is_papered_and_reported_back() {
    each_engine("dossier", async |server| {
        bare::make(&server.channel, 2).await;
        let mut client = DossierServiceClient::new(server.channel.clone());
        let made = client.create_dossier(promised("d1")).await.unwrap().into_inner();
        assert_eq!(made.state(), pb::DossierState::Promised);
        assert_eq!(made.papers_due_date, Some(date(2024, 4, 8)), "seven days after the promise");
        assert_eq!(made.report_due_date, Some(date(2024, 4, 9)), "the second weekday after the Friday");
        assert_eq!(made.co_experts, [name("experts", "e2")]);
        let get = pb::GetDossierRequest { name: made.name.clone() };
        assert_eq!(client.get_dossier(get).await.unwrap().into_inner(), made);
        assert_eq!(refused(client.create_dossier(promised("d1")).await).reason, Reason::ResourceExists);

        let report = |day| pb::ReportBackDossierRequest {
            name: made.name.clone(),
            reported_date: Some(day),
            ..Default::default()
        };
        let early = refused(client.report_back_dossier(report(date(2024, 4, 1))).await);
        assert_eq!((early.reason, early.metadata["state"].as_str()), (Reason::IllegalTransition, "PROMISED"));
        let file = pb::FileDossierPapersRequest { name: made.name.clone(), ..Default::default() };
        let nothing = refused(client.file_dossier_papers(file.clone()).await);
        assert_eq!(nothing.violations, [("invitation".to_owned(), Reason::Required)]);
        let some = pb::FileDossierPapersRequest {
            invitation: document("邀请函1"),
            patient_consent: document("同意书1"),
            fee_fen: Some(0),
            ..file.clone()
        };
        let half = client.file_dossier_papers(some).await.unwrap().into_inner();
        assert_eq!((half.state(), half.fee_fen), (pb::DossierState::Promised, Some(0)));
        let rest = pb::FileDossierPapersRequest { home_consent: document("批复1"), etag: half.etag.clone(), ..file };
        let papered = client.file_dossier_papers(rest.clone()).await.unwrap().into_inner();
        assert_eq!((papered.state(), papered.invitation.clone()), (pb::DossierState::Papered, document("邀请函1")));
        assert_eq!(refused(client.file_dossier_papers(rest).await).reason, Reason::EtagMismatch);

        let future = refused(client.report_back_dossier(report(date(2024, 4, 2))).await);
        assert_eq!((future.reason, future.metadata["field"].as_str()), (Reason::InTheFuture, "reported_date"));
        let reported = client.report_back_dossier(report(date(2024, 4, 1))).await.unwrap().into_inner();
        assert_eq!(
            (reported.state(), reported.reported_date),
            (pb::DossierState::ReportedBack, Some(date(2024, 4, 1)))
        );
        let withdraw = pb::WithdrawDossierRequest { name: made.name.clone(), ..Default::default() };
        assert_eq!(refused(client.withdraw_dossier(withdraw).await).reason, Reason::IllegalTransition);
        let in_use = refused(bare::delete_site(&server.channel, "county").await);
        assert_eq!(in_use.metadata["referrer"], made.name);
    })
    .await;
}

#[tokio::test]
async fn dossiers_are_listed_by_what_is_due() {
    each_engine("dossier_list", async |server| {
        bare::make(&server.channel, 3).await;
        let mut client = DossierServiceClient::new(server.channel.clone());
        client.create_dossier(promised("d1")).await.unwrap();
        let mut complete = promised("d2");
        let dossier = complete.dossier.as_mut().unwrap();
        *dossier = pb::Dossier {
            expert: name("experts", "e3"),
            promise: None,
            invitation: document("邀请函2"),
            home_consent: document("批复2"),
            patient_consent: document("同意书2"),
            fee_fen: Some(300_000),
            report_due_date: Some(date(2024, 4, 30)),
            patient: Some(pb::Patient { issuer: "liling.his".to_owned(), token: "tok_efgh".to_owned() }),
            ..dossier.clone()
        };
        assert_eq!(client.create_dossier(complete).await.unwrap().get_ref().state(), pb::DossierState::Papered);
        client.create_dossier(promised("d3")).await.unwrap();
        let withdraw = pb::WithdrawDossierRequest { name: name("dossiers", "d3"), ..Default::default() };
        let withdrawn = client.withdraw_dossier(withdraw).await.unwrap().into_inner();
        assert_eq!(withdrawn.state(), pb::DossierState::Withdrawn);

        let all = pb::ListDossiersRequest { parent: PARENT.to_owned(), ..Default::default() };
        let due = |day| pb::ListDossiersRequest { due_by_date: Some(day), ..all.clone() };
        let patient = pb::Patient { issuer: "liling.his".to_owned(), token: "tok_efgh".to_owned() };
        let cases = [
            (all.clone(), &["d1", "d2", "d3"][..]),
            (due(date(2024, 4, 7)), &[]),
            (due(date(2024, 4, 8)), &["d1"]),
            (due(date(2024, 4, 30)), &["d1", "d2"]),
            (pb::ListDossiersRequest { patient: Some(patient), ..all.clone() }, &["d2"]),
            (pb::ListDossiersRequest { expert: name("experts", "e3"), ..all.clone() }, &["d2"]),
            (pb::ListDossiersRequest { state: pb::DossierState::Withdrawn as i32, ..all.clone() }, &["d3"]),
            (pb::ListDossiersRequest { site: name("sites", "banshan"), ..all.clone() }, &[]),
        ];
        for (request, expected) in cases {
            let page = client.list_dossiers(request.clone()).await.unwrap().into_inner();
            let ids: Vec<&str> = page.dossiers.iter().map(|one| one.name.rsplit('/').next().unwrap()).collect();
            assert_eq!(ids, expected, "{request:?}");
        }
        // A duplicate's place is the survivor's, and nobody is there twice.
        bare::merge(&server.channel, "e1", "e2").await;
        let get = pb::GetDossierRequest { name: name("dossiers", "d1") };
        let moved = client.get_dossier(get).await.unwrap().into_inner();
        assert_eq!((moved.expert, moved.co_experts), (name("experts", "e1"), Vec::new()));
    })
    .await;
}

#[tokio::test]
async fn what_identifies_a_patient_is_refused_and_not_said_again() {
    each_engine("dossier_bad", async |server| {
        bare::make(&server.channel, 2).await;
        let mut client = DossierServiceClient::new(server.channel.clone());
        let mut bad = promised("d1");
        let dossier = bad.dossier.as_mut().unwrap();
        dossier.patient = Some(pb::Patient { issuer: "liling.his".to_owned(), token: "43028119900307123X".to_owned() });
        dossier.promise = None;
        dossier.invitation = Some(pb::DossierDocument::default());
        dossier.co_experts = vec![name("experts", "e1"); 2];
        dossier.fee_fen = Some(-1);
        let answer = client.create_dossier(bad).await;
        let status = answer.as_ref().unwrap_err();
        assert!(!format!("{status:?}").contains("43028119900307123X"), "{status:?}");
        let violations = refused(answer).violations;
        for expected in [
            ("dossier.patient.token", Reason::TokenNotDeidentified),
            ("dossier.promise", Reason::Required),
            ("dossier.invitation.reference", Reason::Required),
            ("dossier.invitation.date", Reason::Required),
            ("dossier.co_experts", Reason::Inconsistent),
            ("dossier.co_experts[1]", Reason::Duplicate),
            ("dossier.fee_fen", Reason::OutOfRange),
        ] {
            let found = violations.iter().any(|(field, reason)| (field.as_str(), *reason) == expected);
            assert!(found, "{expected:?} isn't in {violations:?}");
        }
        let mut nobody = promised("d1");
        nobody.dossier.as_mut().unwrap().patient = None;
        let refusal = refused(client.create_dossier(nobody).await);
        assert_eq!(refusal.violations, [("dossier.patient".to_owned(), Reason::Required)]);
        let mut stranger = promised("d1");
        stranger.dossier.as_mut().unwrap().co_experts = vec![name("experts", "e9")];
        let refusal = refused(client.create_dossier(stranger).await);
        assert_eq!(refusal.metadata["name"], name("experts", "e9"));
    })
    .await;
}
