//! Clients of the fault program: who writes under request ids until an answer comes, and who watches and goes on where they were.
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use homecoming::kernel::{Reason, Timestamp, Vocabulary as _};
use homecoming::pb;
use homecoming::pb::change_service_client::ChangeServiceClient;
use homecoming::pb::hospital_service_client::HospitalServiceClient;
use homecoming::pb::reservation_service_client::ReservationServiceClient;
use homecoming::pb::session_service_client::SessionServiceClient;
use tokio::sync::watch;
use tokio::time::timeout;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::support::schedule::{self, PARENT, name};

/// How long an answer is waited for before the request is sent again.
const PATIENCE: Duration = Duration::from_secs(3);

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Reservation = 0,
    Session = 1,
    Hospital = 2,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Reservation, Kind::Session, Kind::Hospital];
}

/// What clients know.
#[derive(Default)]
pub struct Log {
    /// Names, by kind.
    pub acknowledged: [BTreeSet<String>; 3],
    pub repeated: usize,
    pub full_sessions: usize,
    pub storage_full: usize,
    pub wrong: Vec<String>,
}

fn channel(address: SocketAddr) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    endpoint.connect_timeout(PATIENCE).timeout(PATIENCE).connect_lazy()
}

/// What became of an attempt.
enum Answer {
    Done(String),
    /// A rule refuses it, and always will.
    Refused(Reason),
    /// Nobody knows: to be sent again as it was.
    Unknown,
    Wrong(String),
}

fn read(answer: Result<String, Status>) -> Answer {
    let status = match answer {
        Ok(name) => return Answer::Done(name),
        Err(status) => status,
    };
    let details = status.get_error_details();
    let reason = details.error_info().and_then(|info| Reason::from_code(&info.reason));
    match (status.code(), reason) {
        (_, Some(reason @ (Reason::SessionFull | Reason::StorageFull))) => Answer::Refused(reason),
        (Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown, _) => Answer::Unknown,
        // What a connection that was cut makes of an answer.
        (Code::Internal, None) => Answer::Unknown,
        _ => Answer::Wrong(format!("{status:?}")),
    }
}

/// Writes one thing after the other, each until it is answered, at one server after the other.
pub async fn write(
    number: usize,
    addresses: Vec<SocketAddr>,
    log: Arc<Mutex<Log>>,
    count: Arc<watch::Sender<usize>>,
    stop: Arc<AtomicBool>,
) {
    let channels: Vec<Channel> = addresses.into_iter().map(channel).collect();
    let mut next = 0;
    while !stop.load(Ordering::Relaxed) {
        next += 1;
        let kind = Kind::ALL[next % 3];
        let id = format!("w{number}-{next}");
        let mut server = number;
        loop {
            let sent = send(&channels[server % channels.len()], kind, &id, number);
            let answer = timeout(PATIENCE, sent).await.map_or(Answer::Unknown, read);
            let mut log = log.lock().unwrap();
            match answer {
                Answer::Done(name) => {
                    log.acknowledged[kind as usize].insert(name);
                    break;
                }
                Answer::Refused(Reason::StorageFull) => log.storage_full += 1,
                Answer::Refused(_) => {
                    log.full_sessions += 1;
                    break;
                }
                Answer::Unknown => log.repeated += 1,
                Answer::Wrong(what) => {
                    log.wrong.push(format!("{id}: {what}"));
                    break;
                }
            }
            server += 1;
        }
        count.send_modify(|count| *count += 1);
    }
}

async fn send(channel: &Channel, kind: Kind, id: &str, number: usize) -> Result<String, Status> {
    let (parent, request_id) = (PARENT.to_owned(), id.to_owned());
    match kind {
        Kind::Reservation => {
            let patient = pb::Patient { issuer: "liling.his".to_owned(), token: format!("tokenOf-{id}") };
            let session = name("sessions", "wanted");
            let reservation = Some(pb::Reservation { session, patient: Some(patient), ..Default::default() });
            let reservation_id = id.to_owned();
            let request =
                pb::BookReservationRequest { parent, reservation_id, reservation, request_id, ..Default::default() };
            let answer = ReservationServiceClient::new(channel.clone()).book_reservation(request).await?;
            Ok(answer.into_inner().name)
        }
        Kind::Session => {
            let plan = schedule::clinic(number + 1, 8, 12);
            let request = pb::RecordHeldSessionRequest { request_id, ..schedule::record(id, plan) };
            let answer = SessionServiceClient::new(channel.clone()).record_held_session(request).await?;
            Ok(answer.into_inner().name)
        }
        Kind::Hospital => {
            let hospital = Some(pb::Hospital {
                display_name: format!("医院 {id}"),
                level: pb::HospitalLevel::Tertiary.into(),
                ..Default::default()
            });
            let hospital_id = id.to_owned();
            let request = pb::CreateHospitalRequest { parent, hospital_id, hospital, request_id, ..Default::default() };
            let answer = HospitalServiceClient::new(channel.clone()).create_hospital(request).await?;
            Ok(answer.into_inner().name)
        }
    }
}

/// What a watcher saw.
pub struct Watched {
    pub sequences: Vec<i64>,
    pub resumed: usize,
    pub wrong: Vec<String>,
}

/// Watches from the first change to the last that there will be, whatever happens to the stream.
pub async fn watch(number: usize, addresses: Vec<SocketAddr>, until: watch::Receiver<Option<i64>>) -> Watched {
    let channels: Vec<Channel> = addresses
        .into_iter()
        .map(|address| Endpoint::from_shared(format!("http://{address}")).unwrap().connect_lazy())
        .collect();
    let mut watched = Watched { sequences: Vec::new(), resumed: 0, wrong: Vec::new() };
    let mut server = number;
    loop {
        let after_sequence = watched.sequences.last().copied().unwrap_or_default();
        if until.borrow().is_some_and(|last| after_sequence >= last) {
            return watched;
        }
        let request = pb::WatchChangesRequest {
            parent: PARENT.to_owned(),
            after_sequence,
            heartbeat_seconds: 1,
            ..Default::default()
        };
        let channel = channels[server % channels.len()].clone();
        server += 1;
        if let Ok(stream) = ChangeServiceClient::new(channel).watch_changes(request).await {
            let mut stream = stream.into_inner();
            while let Ok(Ok(Some(message))) = timeout(PATIENCE, stream.message()).await {
                watched.sequences.extend(message.changes.iter().map(|change| change.sequence));
                let last = watched.sequences.last().copied().unwrap_or_default();
                if until.borrow().is_some_and(|until| last >= until) {
                    return watched;
                }
            }
            watched.resumed += 1;
        }
        tokio::task::yield_now().await;
    }
}

/// The plan on the next day by the machine's clock, which the program goes by.
#[expect(clippy::disallowed_methods, reason = "a program's clock is the machine's")]
pub fn tomorrow(plan: pb::SessionPlan) -> pb::SessionPlan {
    const DAY: i64 = 86_400_000_000;
    let now = Timestamp::from(SystemTime::now()).micros();
    // Days of Asia/Shanghai, eight hours before UTC's.
    let ahead = 8 * 3_600_000_000;
    let days = (now + ahead).div_euclid(DAY) + 2 - (schedule::TOMORROW.micros() + ahead).div_euclid(DAY);
    let later = |time: Option<prost_types::Timestamp>| {
        time.map(|time| prost_types::Timestamp { seconds: time.seconds + days * 86_400, ..time })
    };
    pb::SessionPlan { start_time: later(plan.start_time), end_time: later(plan.end_time), ..plan }
}

/// Whether a recount found every cell as it stands.
pub fn is_reconciled(answer: &pb::ReconcileResponse) -> bool {
    answer.equal && answer.stray_cells == 0
}

/// Every reservation.
pub async fn reservations(channel: &Channel) -> Vec<pb::Reservation> {
    let mut client = ReservationServiceClient::new(channel.clone());
    let mut request = pb::ListReservationsRequest { parent: PARENT.to_owned(), page_size: 1_000, ..Default::default() };
    let mut all = Vec::new();
    loop {
        let page = client.list_reservations(request.clone()).await.unwrap().into_inner();
        all.extend(page.reservations);
        if page.next_page_token.is_empty() {
            return all;
        }
        request.page_token = page.next_page_token;
    }
}

/// The names of sessions that writers recorded.
pub async fn sessions(channel: &Channel) -> Vec<String> {
    let mut client = SessionServiceClient::new(channel.clone());
    let mut request = pb::ListSessionsRequest { parent: PARENT.to_owned(), page_size: 1_000, ..Default::default() };
    let mut all = Vec::new();
    loop {
        let page = client.list_sessions(request.clone()).await.unwrap().into_inner();
        all.extend(page.sessions.into_iter().map(|one| one.name).filter(|name| name.contains("/sessions/w")));
        if page.next_page_token.is_empty() {
            all.retain(|name| !name.ends_with("/wanted"));
            return all;
        }
        request.page_token = page.next_page_token;
    }
}

/// The names of hospitals that writers made.
pub async fn hospitals(channel: &Channel) -> Vec<String> {
    let mut client = HospitalServiceClient::new(channel.clone());
    let mut request = pb::ListHospitalsRequest { parent: PARENT.to_owned(), page_size: 1_000, ..Default::default() };
    let mut all = Vec::new();
    loop {
        let page = client.list_hospitals(request.clone()).await.unwrap().into_inner();
        all.extend(page.hospitals.into_iter().map(|one| one.name).filter(|name| name.contains("/hospitals/w")));
        if page.next_page_token.is_empty() {
            return all;
        }
        request.page_token = page.next_page_token;
    }
}
