//! What narrow roles reach, on real sessions, reservations and watchers.
use homecoming::db::Engine;
use homecoming::kernel::Reason;
use homecoming::pb;
use homecoming::pb::access_service_client::AccessServiceClient;
use homecoming::pb::change_service_client::ChangeServiceClient;
use homecoming::pb::expert_service_client::ExpertServiceClient;
use homecoming::pb::reservation_service_client::ReservationServiceClient;
use homecoming::pb::session_service_client::SessionServiceClient;
use tonic::transport::Channel;

use super::{Line, bind, line, make_token, member};
use crate::support::errors::refused;
use crate::support::schedule::{self, PARENT, booking, clinic, name};
use crate::support::{Database, TestServer};

/// A guarded server over the county of `schedule`, in which everything was made before anybody was asked, and its owner.
pub async fn county(test: &str, body: impl AsyncFn(TestServer, Line)) {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let Some(database) = Database::fresh(test, engine).await else { continue };
        eprintln!("{test} on {engine:?}");
        let open = TestServer::start(&database, homecoming::server::options()).await;
        make(&open.channel).await;
        open.stop().await;
        let (server, owner) = TestServer::guarded(&database).await;
        body(server.clone(), line(&server, &owner)).await;
        server.stop().await;
        database.remove().await;
    }
}

/// `s1` of `e1` at `county` with places for patients, `s2` of `e2` at `guanzhuang`.
async fn make(channel: &Channel) {
    let mut sessions = schedule::make(channel, 2).await;
    sessions.book_session(booking("s1", clinic(1, 8, 12))).await.unwrap();
    let there = pb::SessionPlan {
        site: name("sites", "guanzhuang"),
        room: "g1".to_owned(),
        assistant: String::new(),
        ..clinic(2, 8, 12)
    };
    sessions.book_session(booking("s2", there)).await.unwrap();
    let register = pb::OpenRegisterRequest { session: name("sessions", "s1"), place_minutes: 10, ..Default::default() };
    ReservationServiceClient::new(channel.clone()).open_register(register).await.unwrap();
}

/// Somebody with a role in part of the programme.
pub async fn narrow(server: &TestServer, owner: &Line, subject: &str, binding: pb::Binding) -> Line {
    bind(owner, "liling", pb::Binding { subject: subject.to_owned(), ..binding }).await;
    line(server, &make_token(owner, "liling", subject, 9_000).await.secret)
}

pub fn scheduler() -> pb::Binding {
    pb::Binding { role: pb::AccessRole::Scheduler.into(), ..Default::default() }
}

fn get(id: &str) -> pb::GetSessionRequest {
    pb::GetSessionRequest { name: name("sessions", id) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_and_an_expert_are_as_far_as_they_say() {
    county("narrow", async |server, owner| {
        let site = pb::Binding { site: name("sites", "county"), ..scheduler() };
        let expert = pb::Binding { expert: name("experts", "e2"), ..scheduler() };
        let desk = SessionServiceClient::new(narrow(&server, &owner, "desk", site).await);
        let secretary = SessionServiceClient::new(narrow(&server, &owner, "secretary", expert).await);
        for (absent, field) in [
            (pb::Binding { site: name("sites", "never"), ..scheduler() }, "binding.site"),
            (pb::Binding { expert: name("experts", "never"), ..scheduler() }, "binding.expert"),
        ] {
            let of = [absent.site.as_str(), absent.expert.as_str()].concat();
            let binding = Some(pb::Binding { subject: "nowhere".to_owned(), ..absent });
            let request = pb::CreateBindingRequest { parent: PARENT.to_owned(), binding, ..Default::default() };
            let no = refused(AccessServiceClient::new(owner.clone()).create_binding(request).await);
            assert_eq!((no.reason, &no.metadata["name"]), (Reason::ResourceNotFound, &of));
            assert_eq!(no.violations, [(field.to_owned(), Reason::ResourceNotFound)]);
        }
        for (mut client, mine, other) in [(desk, "s1", "s2"), (secretary, "s2", "s1")] {
            assert_eq!(client.get_session(get(mine)).await.unwrap().into_inner().name, name("sessions", mine));
            let hidden = client.get_session(get(other)).await.unwrap_err();
            let absent = client.get_session(get("never")).await.unwrap_err();
            let told = |status: &tonic::Status| (status.code(), status.message().to_owned());
            assert_eq!(told(&hidden), (told(&absent).0, told(&absent).1.replace("never", other)));
            let cancel = pb::CancelSessionRequest { name: name("sessions", other), ..Default::default() };
            assert_eq!(refused(client.cancel_session(cancel).await).reason, Reason::ResourceNotFound);
        }
        let site = pb::Binding { site: name("sites", "county"), ..scheduler() };
        let mut desk = SessionServiceClient::new(narrow(&server, &owner, "desk-2", site).await);
        let all = pb::ListSessionsRequest { parent: PARENT.to_owned(), ..Default::default() };
        assert_eq!(refused(desk.list_sessions(all.clone()).await).reason, Reason::ScopeExceeded);
        for (site, right) in [("county", Ok(1)), ("guanzhuang", Err(Reason::ScopeExceeded))] {
            let some = pb::ListSessionsRequest { site: name("sites", site), ..all.clone() };
            let answer = desk.list_sessions(some).await;
            match right {
                Ok(count) => assert_eq!(answer.unwrap().into_inner().sessions.len(), count),
                Err(reason) => assert_eq!(refused(answer).reason, reason),
            }
        }
        // A batch is as wide as its widest row.
        let wide = pb::SessionPlan { site: name("sites", "guanzhuang"), ..clinic(1, 13, 17) };
        let rows = [booking("s3", clinic(1, 13, 17)), booking("s4", wide)];
        let batch =
            pb::BatchBookSessionsRequest { parent: PARENT.to_owned(), requests: rows.to_vec(), ..Default::default() };
        assert_eq!(refused(desk.batch_book_sessions(batch).await).reason, Reason::ScopeExceeded);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrow_role_counts_where_a_programme_shares_what_it_has() {
    county("narrow_shared", async |server, owner| {
        let numbered = pb::UpdateExpertRequest {
            expert: Some(pb::Expert {
                name: name("experts", "e1"),
                external_ids: vec![pb::ExternalId { system: "hr".to_owned(), value: "0815".to_owned() }],
                ..Default::default()
            }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["external_ids".to_owned()] }),
            ..Default::default()
        };
        ExpertServiceClient::new(owner.clone()).update_expert(numbered).await.unwrap();
        let system = || pb::Binding { role: pb::AccessRole::HospitalSystem.into(), ..Default::default() };
        let books = narrow(&server, &owner, "books", system()).await;
        let both = narrow(&server, &owner, "both", system()).await;
        let plans = pb::Binding { subject: "both".to_owned(), site: name("sites", "county"), ..scheduler() };
        bind(&owner, "liling", plans).await;
        // Who only books gets what it books by; who plans somewhere gets what planners get.
        for (line, known) in [(books, 0), (both, 1)] {
            let get = pb::GetExpertRequest { name: name("experts", "e1") };
            let expert = ExpertServiceClient::new(line).get_expert(get).await.unwrap().into_inner();
            assert_eq!(expert.external_ids.len(), known);
        }
    })
    .await;
}

fn book(number: usize) -> pb::BookReservationRequest {
    let patient = pb::Patient { issuer: "liling.his".to_owned(), token: format!("tokenOf{number:05}") };
    let session = name("sessions", "s1");
    pb::BookReservationRequest {
        parent: PARENT.to_owned(),
        reservation_id: format!("r{number}"),
        reservation: Some(pb::Reservation { session, patient: Some(patient), ..Default::default() }),
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hospitals_system_sees_the_reservations_that_it_made() {
    county("own_reservations", async |server, owner| {
        let role = pb::AccessRole::HospitalSystem;
        let mut lines = Vec::new();
        for subject in ["his-a", "his-b"] {
            lines.push(member(&server, &owner, "liling", subject, role).await);
        }
        let mut desks: Vec<_> = lines.iter().cloned().map(ReservationServiceClient::new).collect();
        for (at, desk) in desks.iter_mut().enumerate() {
            desk.book_reservation(book(at)).await.unwrap();
        }
        // Another system's reservation of the same patient stands in the way, and which one it is isn't said.
        let mut twice = book(0);
        twice.reservation_id = "again".to_owned();
        let holds = refused(desks[1].book_reservation(twice).await);
        assert_eq!(holds.reason, Reason::PatientHoldsPlace);
        assert_eq!(holds.metadata.keys().collect::<Vec<_>>(), ["session"]);
        let list = pb::ListReservationsRequest { parent: PARENT.to_owned(), ..Default::default() };
        for (at, desk) in desks.iter_mut().enumerate() {
            let listed = desk.list_reservations(list.clone()).await.unwrap().into_inner().reservations;
            assert_eq!(
                listed.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(),
                [name("reservations", &format!("r{at}"))]
            );
            let mine = pb::GetReservationRequest { name: name("reservations", &format!("r{at}")) };
            desk.get_reservation(mine).await.unwrap();
            let other = name("reservations", &format!("r{}", 1 - at));
            let get = pb::GetReservationRequest { name: other.clone() };
            assert_eq!(refused(desk.get_reservation(get).await).reason, Reason::ResourceNotFound);
            let cancel = pb::CancelReservationRequest {
                name: other,
                cancelled_by: pb::CancelledBy::Patient.into(),
                ..Default::default()
            };
            assert_eq!(refused(desk.cancel_reservation(cancel).await).reason, Reason::ResourceNotFound);
        }
        let everything = ReservationServiceClient::new(owner.clone()).list_reservations(list).await.unwrap();
        assert_eq!(everything.into_inner().reservations.len(), 2);
        // Nor does it see them as a watcher, or in a snapshot: the changes come, the states don't.
        let of = |line: &Line| ChangeServiceClient::new(line.clone());
        let wish = pb::ListChangesRequest {
            parent: PARENT.to_owned(),
            collections: vec!["reservations".to_owned(), "sites".to_owned()],
            with_state: true,
            page_size: 1_000,
            ..Default::default()
        };
        let has_states = |answer: pb::ListChangesResponse, collection: &str| {
            let here = answer.changes.iter().filter(|change| change.name.contains(collection));
            here.map(|change| change.state.is_some()).collect::<Vec<bool>>()
        };
        let seen = of(&lines[0]).list_changes(wish.clone()).await.unwrap().into_inner();
        assert_eq!(has_states(seen.clone(), "/reservations/"), [false, false]);
        let sites = has_states(seen, "/sites/");
        assert!(sites.len() >= 3 && sites.iter().all(|has_state| *has_state), "{sites:?}");
        let seen = of(&owner).list_changes(wish).await.unwrap().into_inner();
        assert_eq!(has_states(seen, "/reservations/"), [true, true]);
        let mut snapshot = pb::GetSnapshotRequest { parent: PARENT.to_owned(), ..Default::default() };
        let mut resources = of(&lines[0]).get_snapshot(snapshot.clone()).await.unwrap().into_inner();
        while let Some(page) = resources.message().await.unwrap() {
            assert!(page.resources.iter().all(|one| !one.type_url.ends_with("Reservation")));
        }
        snapshot.collections = vec!["reservations".to_owned()];
        assert_eq!(refused(of(&lines[0]).get_snapshot(snapshot).await).reason, Reason::ScopeExceeded);
        let watch = pb::WatchChangesRequest {
            parent: PARENT.to_owned(),
            collections: vec!["reservations".to_owned()],
            with_state: true,
            ..Default::default()
        };
        for (line, sees) in [(&lines[0], false), (&owner, true)] {
            let mut watching = of(line).watch_changes(watch.clone()).await.unwrap().into_inner();
            let changes = watching.message().await.unwrap().unwrap().changes;
            assert_eq!(changes.len(), 2);
            assert!(changes.iter().all(|change| change.state.is_some() == sees), "{changes:?}");
        }
    })
    .await;
}
