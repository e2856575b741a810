//! Attestation by sheets, disputes, and the programme's window for late entries, over a real socket.
use homecoming::kernel::{Date, Reason};
use homecoming::pb;
use homecoming::pb::ActivityState::{Attested, Disputed, Recorded};
use tonic::Code;

use crate::support::errors::{Refused, refused};
use crate::support::figures::{
    self, activities, agreeing, amend, attest, by, consultation, correct, date, days, headcount, held, name, operation,
    record, sessions, sheets, tallies, void,
};
use crate::support::{TestServer, each_engine};

async fn state(server: &TestServer, id: &str) -> pb::Activity {
    let request = pb::GetActivityRequest { name: name("activities", id) };
    activities(server).get_activity(request).await.unwrap().into_inner()
}

fn march(site: &str) -> pb::SheetScope {
    days(site, date(2024, 3, 1), date(2024, 3, 31))
}

async fn record_march(server: &TestServer) {
    let mut client = activities(server);
    for n in 1..=8 {
        let activity = consultation(date(2024, 3, n), &format!("tok_{n:04}"));
        client.record_activity(by("clerk", record(&format!("c{n}"), activity))).await.unwrap();
    }
    let case = operation(date(2024, 3, 9), pb::Performer::Expert);
    client.record_activity(by("clerk", record("o1", case))).await.unwrap();
    client.record_activity(by("other-clerk", record("t1", headcount(date(2024, 3, 9), 30)))).await.unwrap();
}

#[tokio::test]
async fn another_person_attests_a_month_and_looks_operations_and_a_sample_up_again() {
    each_engine("sheet_month", async |server| {
        figures::make(&server).await;
        record_march(&server).await;
        let mut client = sheets(&server);
        let request = pb::PreviewSheetRequest { parent: figures::PROGRAMME.to_owned(), scope: Some(march("county")) };
        let preview = client.preview_sheet(request).await.unwrap().into_inner();
        assert_eq!(preview.activities.len(), 10);
        assert!(preview.to_check.contains(&name("activities", "o1")), "operations always");
        assert_eq!(preview.to_check.len(), 2, "and ten of a hundred of the others, rounded up");

        let whole = agreeing(&server, march("county")).await;
        let own = refused(client.attest_sheet(by("other-clerk", whole.clone())).await);
        let expected = Refused::new(Code::FailedPrecondition, Reason::SecondPersonRequired);
        assert_eq!(own, expected.with("name", &name("activities", "t1")));
        let unchecked = pb::AttestSheetRequest { checks: Vec::new(), ..whole.clone() };
        let unchecked = refused(client.attest_sheet(by("office", unchecked)).await);
        assert_eq!((unchecked.code, unchecked.reason), (Code::FailedPrecondition, Reason::SheetUnchecked));
        let stale = pb::AttestSheetRequest { digest: "0".repeat(64), ..whole.clone() };
        let stale = refused(client.attest_sheet(by("office", stale)).await);
        assert_eq!((stale.code, stale.reason), (Code::Aborted, Reason::SheetChanged));

        let mut request = pb::AttestSheetRequest { sheet_id: "march".to_owned(), ..whole };
        let differing = request.checks.iter().position(|check| check.activity != name("activities", "o1")).unwrap();
        let doubted = request.checks[differing].activity.clone();
        request.checks[differing].finding = pb::SheetFinding::Differs as i32;
        request.checks[differing].note = "原始登记本上没有".to_owned();
        request.request_id = "r-1".to_owned();
        let dry = pb::AttestSheetRequest { validate_only: true, ..request.clone() };
        client.attest_sheet(by("office", dry)).await.unwrap();
        let sheet = client.attest_sheet(by("office", request.clone())).await.unwrap().into_inner();
        assert_eq!((sheet.attested, sheet.operations, sheet.attester.as_str()), (9, 1, "office"));
        assert_eq!(client.attest_sheet(by("office", request)).await.unwrap().into_inner(), sheet, "a replay");
        let get = pb::GetSheetRequest { name: sheet.name.clone() };
        assert_eq!(client.get_sheet(get).await.unwrap().into_inner(), sheet);
        let list = pb::ListSheetsRequest {
            parent: figures::PROGRAMME.to_owned(),
            site: name("sites", "county"),
            ..Default::default()
        };
        assert_eq!(client.list_sheets(list).await.unwrap().into_inner().sheets, std::slice::from_ref(&sheet));

        let case = state(&server, "o1").await;
        assert_eq!((case.state(), case.sheet.as_str(), case.revision), (Attested, sheet.name.as_str(), 2));
        let doubted = state(&server, doubted.rsplit('/').next().unwrap()).await;
        assert_eq!((doubted.state(), doubted.dispute_note.as_str()), (Disputed, "原始登记本上没有"));
        let request = pb::PreviewSheetRequest { parent: figures::PROGRAMME.to_owned(), scope: Some(march("county")) };
        assert_eq!(refused(client.preview_sheet(request).await).reason, Reason::SheetEmpty, "the rest is disputed");
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_attested_is_refused_with_its_reason() {
    each_engine("sheet_refusals", async |server| {
        figures::make(&server).await;
        let mut client = sheets(&server);
        let ask = |scope| pb::PreviewSheetRequest { parent: figures::PROGRAMME.to_owned(), scope: Some(scope) };
        let empty = refused(client.preview_sheet(ask(march("county"))).await);
        assert_eq!(empty, Refused::new(Code::FailedPrecondition, Reason::SheetEmpty));
        let april = days("county", date(2024, 4, 1), date(2024, 4, 30));
        let early = refused(client.preview_sheet(ask(april)).await);
        let expected = Refused::new(Code::FailedPrecondition, Reason::InTheFuture);
        assert_eq!(early, expected.with("field", "to_date"));
        let two_months = days("county", date(2024, 2, 1), date(2024, 3, 1));
        let violations = refused(client.preview_sheet(ask(two_months)).await).violations;
        assert_eq!(violations, [("scope.days.to_date".to_owned(), Reason::Inconsistent)]);
        let violations = refused(client.preview_sheet(ask(pb::SheetScope::default())).await).violations;
        assert!(violations.contains(&("scope".to_owned(), Reason::Inconsistent)), "{violations:?}");
        let nowhere = refused(client.preview_sheet(ask(march("nowhere"))).await);
        assert_eq!((nowhere.code, nowhere.reason), (Code::NotFound, Reason::ResourceNotFound));

        let rows: Vec<_> =
            (0..501).map(|n| figures::row("", consultation(date(2024, 3, 5), &format!("tok_{n:04}")))).collect();
        for part in rows.chunks(300) {
            activities(&server).batch_record_activities(figures::batch(part.to_vec())).await.unwrap();
        }
        let large = refused(client.preview_sheet(ask(march("county"))).await);
        let expected = Refused::new(Code::ResourceExhausted, Reason::SheetTooLarge);
        assert_eq!(large, expected.with("limit", "500"));
    })
    .await;
}

async fn attested_sittings(server: &TestServer) -> i64 {
    let request = pb::QueryTallyRequest {
        parent: figures::PROGRAMME.to_owned(),
        from_date: date(2024, 3, 1),
        to_date: date(2024, 3, 31),
        measures: vec!["sittings".to_owned()],
        basis: pb::TallyBasis::Attested as i32,
        ..Default::default()
    };
    tallies(server).query_tally(request).await.unwrap().into_inner().totals[0].quantity
}

#[tokio::test]
async fn a_sessions_sheet_attests_the_session_until_its_outcome_is_corrected() {
    each_engine("sheet_session", async |server| {
        figures::make(&server).await;
        let day = Date::from_ymd_opt(2024, 3, 12).unwrap();
        sessions(&server).record_held_session(held("s1", "e1", "county", day, 9)).await.unwrap();
        let seen = pb::Activity {
            session: name("sessions", "s1"),
            site: String::new(),
            date: None,
            ..consultation(None, "tok_0001")
        };
        activities(&server).record_activity(record("a1", seen)).await.unwrap();
        assert_eq!(attested_sittings(&server).await, 0);
        let scope = pb::SheetScope { session: name("sessions", "s1"), days: None };
        let sheet = attest(&server, scope.clone()).await;
        assert_eq!((sheet.attested, sheet.scope.as_ref()), (1, Some(&scope)));
        assert_eq!(attested_sittings(&server).await, 1);
        assert_eq!(state(&server, "a1").await.state(), Attested);

        activities(&server).void_activity(void("a1")).await.unwrap();
        let mut client = sessions(&server);
        client.correct_session_outcome(correct("s1", pb::SessionState::NotHeld)).await.unwrap();
        assert_eq!(attested_sittings(&server).await, 0);
        let request = pb::PreviewSheetRequest { parent: figures::PROGRAMME.to_owned(), scope: Some(scope) };
        let refusal = refused(sheets(&server).preview_sheet(request).await);
        assert_eq!((refusal.code, refusal.reason), (Code::FailedPrecondition, Reason::SessionNotHeld));
        client.correct_session_outcome(correct("s1", pb::SessionState::Completed)).await.unwrap();
        assert_eq!(attested_sittings(&server).await, 0, "the outcome that was attested is another");
        attest(&server, march("county")).await;
        assert_eq!(attested_sittings(&server).await, 1, "a township's month covers its sessions");
    })
    .await;
}

#[tokio::test]
async fn a_dispute_takes_the_attestation_away_until_another_person_dismisses_it() {
    each_engine("disputes", async |server| {
        figures::make(&server).await;
        record_march(&server).await;
        attest(&server, march("county")).await;
        let mut client = activities(&server);
        let dispute = pb::DisputeActivityRequest {
            name: name("activities", "c1"),
            note: "患者否认就诊".to_owned(),
            ..Default::default()
        };
        let disputed = client.dispute_activity(by("auditor", dispute.clone())).await.unwrap().into_inner();
        assert_eq!((disputed.state(), disputed.recorder.as_str()), (Disputed, "auditor"));
        let again = refused(client.dispute_activity(by("auditor", dispute.clone())).await);
        let illegal = Refused::new(Code::FailedPrecondition, Reason::IllegalTransition).with("name", &disputed.name);
        assert_eq!(again, illegal.clone().with("state", "DISPUTED").with("verb", "dispute"));
        let dismiss = |id: &str| pb::DismissDisputeRequest { name: name("activities", id), ..Default::default() };
        let own = refused(client.dismiss_dispute(by("auditor", dismiss("c1"))).await);
        let expected = Refused::new(Code::FailedPrecondition, Reason::SecondPersonRequired);
        assert_eq!(own, expected.with("name", &disputed.name));
        let dismissed = client.dismiss_dispute(by("office", dismiss("c1"))).await.unwrap().into_inner();
        assert_eq!((dismissed.state(), dismissed.dispute_note.as_str()), (Attested, ""), "it is what it was");
        assert_eq!(dismissed.sheet, disputed.sheet);
        let none = refused(client.dismiss_dispute(by("office", dismiss("c1"))).await);
        assert_eq!(none, illegal.with("state", "ATTESTED").with("verb", "dismiss_dispute"));

        let amended = amend("c1", pb::Activity { residence: 2, ..Default::default() }, &["residence"]);
        let amended = client.amend_activity(by("clerk", amended)).await.unwrap().into_inner();
        assert_eq!((amended.state(), amended.sheet.as_str()), (Recorded, ""), "other words must be attested anew");
        client
            .dispute_activity(by("auditor", pb::DisputeActivityRequest { name: name("activities", "c2"), ..dispute }))
            .await
            .unwrap();
        let settled = amend("c2", pb::Activity { residence: 2, ..Default::default() }, &["residence"]);
        let settled = client.amend_activity(by("clerk", settled)).await.unwrap().into_inner();
        assert_eq!((settled.state(), settled.dispute_note.as_str()), (Recorded, ""), "amending settles it");
    })
    .await;
}

#[tokio::test]
async fn a_record_after_the_programmes_window_is_refused_and_amending_one_is_not() {
    each_engine("entry_window", async |server| {
        figures::make(&server).await;
        let mut client = activities(&server);
        client.record_activity(record("a1", consultation(date(2024, 1, 5), "tok_0001"))).await.unwrap();
        let name = name("activityPolicies", "default");
        let get = pb::GetActivityPolicyRequest { name: name.clone() };
        let unset = sheets(&server).get_activity_policy(get.clone()).await.unwrap().into_inner();
        assert_eq!((unset.late_entry_days, unset.recheck_percent), (0, 10));
        let policy =
            pb::ActivityPolicy { name: name.clone(), late_entry_days: 60, etag: unset.etag, ..Default::default() };
        let request = pb::UpdateActivityPolicyRequest {
            policy: Some(policy),
            update_mask: Some(prost_types::FieldMask { paths: vec!["late_entry_days".to_owned()] }),
            ..Default::default()
        };
        let set = sheets(&server).update_activity_policy(request.clone()).await.unwrap().into_inner();
        assert_eq!((set.late_entry_days, set.recheck_percent), (60, 10));
        assert_eq!(refused(sheets(&server).update_activity_policy(request).await).reason, Reason::EtagMismatch);

        let late = refused(client.record_activity(record("a2", consultation(date(2024, 1, 5), "tok_0002"))).await);
        let expected = Refused::new(Code::FailedPrecondition, Reason::EntryWindowClosed);
        assert_eq!(late, expected.clone().with("date", "2024-01-05").with("first_date", "2024-02-01"));
        client.record_activity(record("a3", consultation(date(2024, 2, 1), "tok_0003"))).await.unwrap();
        let residence = pb::Activity { residence: 2, ..Default::default() };
        client.amend_activity(amend("a1", residence, &["residence"])).await.unwrap();
        let earlier = pb::Activity { date: date(2024, 1, 6), ..Default::default() };
        let moved = refused(client.amend_activity(amend("a1", earlier, &["date"])).await);
        assert_eq!(moved, expected.with("date", "2024-01-06").with("first_date", "2024-02-01"));
    })
    .await;
}

#[tokio::test]
async fn who_dismisses_a_dispute_has_no_part_in_the_record() {
    each_engine("dismissers", async |server| {
        figures::make(&server).await;
        record_march(&server).await;
        let mut client = activities(&server);
        let amended = amend("c1", pb::Activity { residence: 2, ..Default::default() }, &["residence"]);
        client.amend_activity(by("corrector", amended)).await.unwrap();
        for id in ["c1", "c2"] {
            let note = "患者否认就诊".to_owned();
            let dispute = pb::DisputeActivityRequest { name: name("activities", id), note, ..Default::default() };
            client.dispute_activity(by("auditor", dispute)).await.unwrap();
        }
        let dismiss = |id: &str| pb::DismissDisputeRequest { name: name("activities", id), ..Default::default() };
        let expected = Refused::new(Code::FailedPrecondition, Reason::SecondPersonRequired);
        for own in ["clerk", "corrector"] {
            let own = refused(client.dismiss_dispute(by(own, dismiss("c1"))).await);
            assert_eq!(own, expected.clone().with("name", &name("activities", "c1")), "whose words are disputed");
        }
        assert_eq!(state(&server, "c1").await.state(), Disputed);
        for id in ["c1", "c2"] {
            client.dismiss_dispute(by("office", dismiss(id))).await.unwrap();
        }
        let sheet = agreeing(&server, march("county")).await;
        let own = refused(sheets(&server).attest_sheet(by("corrector", sheet.clone())).await);
        assert_eq!(own, expected.with("name", &name("activities", "c1")), "whoever amended it has recorded it");
        let attested = sheets(&server).attest_sheet(by("office", sheet)).await.unwrap().into_inner();
        assert_eq!(attested.attested, 10, "no word of it is the dismisser's");
    })
    .await;
}

#[tokio::test]
async fn who_said_that_a_session_was_held_does_not_attest_it() {
    each_engine("completers", async |server| {
        figures::make(&server).await;
        let day = Date::from_ymd_opt(2024, 3, 12).unwrap();
        sessions(&server).record_held_session(by("clerk", held("s1", "e1", "county", day, 9))).await.unwrap();
        let mut client = sheets(&server);
        let session = pb::SheetScope { session: name("sessions", "s1"), days: None };
        let expected = Refused::new(Code::FailedPrecondition, Reason::SecondPersonRequired);
        for scope in [session.clone(), march("county")] {
            let sheet = agreeing(&server, scope).await;
            let own = refused(client.attest_sheet(by("clerk", sheet)).await);
            assert_eq!(
                own,
                expected.clone().with("name", &name("sessions", "s1")),
                "though nothing else is recorded of it"
            );
        }
        attest(&server, session.clone()).await;
        activities(&server).record_activity(by("other", record("t1", headcount(date(2024, 3, 12), 30)))).await.unwrap();
        let sheet = agreeing(&server, march("county")).await;
        client.attest_sheet(by("clerk", sheet)).await.expect("another person has attested the session before");

        let corrected = correct("s1", pb::SessionState::NotHeld);
        sessions(&server).correct_session_outcome(by("clerk", corrected)).await.unwrap();
        let corrected = correct("s1", pb::SessionState::Completed);
        sessions(&server).correct_session_outcome(by("corrector", corrected)).await.unwrap();
        let sheet = agreeing(&server, session.clone()).await;
        let own = refused(client.attest_sheet(by("corrector", sheet.clone())).await);
        assert_eq!(own, expected.with("name", &name("sessions", "s1")), "a correction is another word");
        client.attest_sheet(by("clerk", sheet)).await.unwrap();
        assert_eq!(attested_sittings(&server).await, 1);
    })
    .await;
}
