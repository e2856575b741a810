//! Limits of what is asked at a time, and of a busy server: each refusal says why, and when to try again.
use std::sync::Arc;
use std::time::{Duration, Instant};

use homecoming::db::{Db, Query, Tx};
use homecoming::kernel::{Reason, Result};
use homecoming::pb;
use homecoming::pb::access_service_client::AccessServiceClient;
use homecoming::pb::hospital_service_client::HospitalServiceClient;
use homecoming::pb::slot_service_client::SlotServiceClient;
use homecoming::server::Door;
use homecoming::server::limits::Limits;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::{bind, each_guarded, line, make_programme, make_token, whole};
use crate::support::TestServer;
use crate::support::errors::{refusal, refused};
use crate::support::schedule::at;

/// Longer than anything here takes on a busy machine.
const LONG: Duration = Duration::from_secs(30);

async fn strict(server: &TestServer, limits: Limits) -> TestServer {
    server.second_behind(&Door { limits, ..Door::guarded("127.0.0.1:0".parse().unwrap()) }).await
}

fn hospitals() -> pb::ListHospitalsRequest {
    pb::ListHospitalsRequest { parent: "programmes/mine".to_owned(), ..Default::default() }
}

fn retry(status: &Status) -> Option<Duration> {
    status.get_error_details().retry_info()?.retry_delay
}

/// A read that says when it has begun and goes on until it may end.
#[derive(Clone)]
struct Busy {
    begun: Arc<Semaphore>,
    end: Arc<Semaphore>,
}

impl Query for Busy {
    type Output = ();

    async fn run(&self, _: &mut Tx<'_>) -> Result<()> {
        self.begun.add_permits(1);
        let _ = self.end.acquire().await;
        Ok(())
    }
}

/// Keeps every reader of a server busy until it is dropped.
struct Crowd {
    busy: Busy,
    reads: Vec<JoinHandle<Result<()>>>,
}

impl Crowd {
    /// As many readers as a database has in tests.
    const READERS: u32 = 4;

    async fn of(db: &Db) -> Crowd {
        let busy = Busy { begun: Arc::new(Semaphore::new(0)), end: Arc::new(Semaphore::new(0)) };
        let read = |_| {
            let (db, busy) = (db.clone(), busy.clone());
            tokio::spawn(async move { db.read(busy).await })
        };
        let reads = (0..Crowd::READERS).map(read).collect();
        busy.begun.acquire_many(Crowd::READERS).await.unwrap().forget();
        Crowd { busy, reads }
    }

    async fn leave(self) {
        self.busy.end.close();
        for read in self.reads {
            read.await.unwrap().unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_is_as_large_as_the_server_lets_it_be() {
    each_guarded("windows", async |server, owner| {
        make_programme(&line(&server, &owner), "mine").await;
        let strict = strict(&server, Limits { window_days: 7, window_experts: 1, ..Limits::default() }).await;
        let mut slots = SlotServiceClient::new(line(&strict, &owner));
        let search = |days: i64, experts: &[&str]| pb::FindSlotsRequest {
            parent: "programmes/mine".to_owned(),
            experts: experts.iter().map(|id| format!("programmes/mine/experts/{id}")).collect(),
            kinds: vec![pb::SessionKind::Clinic as i32],
            window: Some(pb::Interval { start_time: Some(at(0, 0)), end_time: Some(at(days * 24, 0)) }),
            duration_minutes: 60,
            ..Default::default()
        };
        let long = slots.find_slots(search(8, &["e1"])).await.unwrap_err();
        let said = long.get_error_details().bad_request().unwrap().field_violations[0].description.clone();
        assert!(said.contains("7 days"), "{said}");
        assert_eq!(refusal(&long).violations, [("window".to_owned(), Reason::OutOfRange)]);
        let wide = refused(slots.find_slots(search(7, &["e1", "e2"])).await).violations;
        assert_eq!(wide[0].0, "experts", "{wide:?}");
        let fits = refusal(&slots.find_slots(search(7, &["e1"])).await.unwrap_err());
        assert_eq!(fits.reason, Reason::ResourceNotFound, "it is looked for: {fits:?}");
        strict.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_takes_no_longer_than_the_server_lets_it() {
    each_guarded("deadlines", async |server, owner| {
        make_programme(&line(&server, &owner), "mine").await;
        let strict = strict(&server, Limits { deadline_seconds: 1, ..Limits::default() }).await;
        let crowd = Crowd::of(&strict.db).await;
        let began = Instant::now();
        let late = HospitalServiceClient::new(line(&strict, &owner)).list_hospitals(hospitals()).await.unwrap_err();
        assert_eq!((late.code(), refusal(&late).reason), (Code::DeadlineExceeded, Reason::DeadlineExceeded));
        assert!(began.elapsed() < LONG, "{:?}", began.elapsed());
        crowd.leave().await;
        strict.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_calls_at_a_time_than_there_is_room_for_are_turned_away() {
    each_guarded("calls", async |server, owner| {
        make_programme(&line(&server, &owner), "mine").await;
        let strict = strict(&server, Limits { calls: 1, ..Limits::default() }).await;
        let crowd = Crowd::of(&strict.db).await;
        let call = || {
            let mut client = HospitalServiceClient::new(line(&strict, &owner));
            tokio::spawn(async move { client.list_hospitals(hospitals()).await })
        };
        // Either of two takes the room; the other is told to come again, and the first goes on.
        let (mut one, mut other) = (call(), call());
        let (turned_away, stays) = tokio::select! { it = &mut one => (it, other), it = &mut other => (it, one) };
        let turned_away = turned_away.unwrap().unwrap_err();
        assert_eq!((turned_away.code(), refusal(&turned_away).reason), (Code::Unavailable, Reason::Overloaded));
        assert!(retry(&turned_away).is_some_and(|delay| !delay.is_zero()), "{turned_away:?}");
        crowd.leave().await;
        stays.await.unwrap().unwrap();
        strict.stop().await;
    })
    .await;
}

/// Who may call is read beside all other readers.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_revoked_stops_however_busy_the_readers_are() {
    each_guarded("busy", async |server, owner| {
        let mine = line(&server, &owner);
        make_programme(&mine, "mine").await;
        bind(&mine, "mine", whole("desk", pb::AccessRole::Scheduler)).await;
        let token = make_token(&mine, "mine", "desk", 9_000).await;
        let second = server.second_guarded().await;
        let there = HospitalServiceClient::new(line(&second, &token.secret));
        there.clone().list_hospitals(hospitals()).await.unwrap();
        let crowd = Crowd::of(&second.db).await;
        let revoke = pb::RevokeTokenRequest { name: token.token.unwrap().name, ..Default::default() };
        AccessServiceClient::new(mine.clone()).revoke_token(revoke).await.unwrap();
        // Its fields are wrong: no reader is needed to answer it.
        let wrong = pb::ListHospitalsRequest { page_token: "none".to_owned(), ..hospitals() };
        let goes = async {
            loop {
                let status = there.clone().list_hospitals(wrong.clone()).await.unwrap_err();
                if status.code() == Code::Unauthenticated {
                    return refusal(&status).reason;
                }
            }
        };
        let reason = tokio::time::timeout(Duration::from_secs(1), goes).await.expect("refused within a second");
        assert_eq!(reason, Reason::CredentialsInvalid);
        crowd.leave().await;
        second.stop().await;
    })
    .await;
}
