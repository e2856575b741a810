//! Requests about sessions, as short as tests want them.
use homecoming::db::{Db, Query, Sql, Tx};
use homecoming::kernel::Result;
use homecoming::pb;
use homecoming::pb::calendar_service_client::CalendarServiceClient;
use homecoming::pb::session_service_client::SessionServiceClient;
use tonic::transport::Channel;

use crate::support::schedule::{PARENT, TOMORROW, at, date, name};

pub type Client = SessionServiceClient<Channel>;

/// A yes that was heard long before everything.
pub fn yes() -> pb::Consent {
    pb::Consent {
        heard_by: "office-1".to_owned(),
        medium: pb::ConsentMedium::Message as i32,
        heard_time: Some(TOMORROW.plus_minutes(-400 * 24 * 60).into()),
        words: "好的".to_owned(),
    }
}

/// A standing offer of an expert for every day from 0:00 to 24:00, whatever it is for.
pub async fn always_offered(channel: &Channel, expert: &str) {
    offered(channel, expert, (0, 24)).await;
}

/// A standing offer of an expert for every day between two hours.
pub async fn offered(channel: &Channel, expert: &str, (from, until): (i32, i32)) -> String {
    let hour = |hour| Some(pb::LocalTime { hour, minute: 0 });
    let weekly = pb::WeeklyPattern {
        zone: "Asia/Shanghai".to_owned(),
        weekdays: (1..=7).collect(),
        start: hour(from),
        end: hour(until),
        first_date: Some(date(2022, 1, 1)),
        ..Default::default()
    };
    let offer = pb::Offer {
        expert: name("experts", expert),
        mode: pb::OfferMode::Standing as i32,
        shape: Some(pb::offer::Shape::Weekly(weekly)),
        consent: Some(yes()),
        ..Default::default()
    };
    let create = pb::CreateOfferRequest { parent: PARENT.to_owned(), offer: Some(offer), ..Default::default() };
    CalendarServiceClient::new(channel.clone()).create_offer(create).await.unwrap().into_inner().name
}

pub fn hold(id: &str, plan: pb::SessionPlan) -> pb::CreateHoldRequest {
    pb::CreateHoldRequest {
        parent: PARENT.to_owned(),
        session_id: id.to_owned(),
        session: Some(plan),
        ..Default::default()
    }
}

pub fn confirm(id: &str) -> pb::BookSessionRequest {
    pb::BookSessionRequest { parent: PARENT.to_owned(), hold: name("sessions", id), ..Default::default() }
}

/// Asks to propose a plan, until an hour.
pub fn propose(id: &str, plan: pb::SessionPlan, deadline: prost_types::Timestamp) -> pb::ProposeSessionRequest {
    pb::ProposeSessionRequest {
        parent: PARENT.to_owned(),
        session_id: id.to_owned(),
        session: Some(plan),
        deadline: Some(deadline),
        ..Default::default()
    }
}

/// The expert's answer.
pub fn answer(id: &str, answer: pb::SessionAnswer) -> pb::RespondSessionRequest {
    let says_yes = answer != pb::SessionAnswer::Decline;
    pb::RespondSessionRequest {
        name: name("sessions", id),
        party: pb::Awaiting::Expert as i32,
        answer: answer as i32,
        consent: says_yes.then(yes),
        ..Default::default()
    }
}

/// The expert's yes to other hours.
pub fn counter(id: &str, from: i64, until: i64) -> pb::RespondSessionRequest {
    let (start_time, end_time) = (Some(at(from, 0)), Some(at(until, 0)));
    pb::RespondSessionRequest { start_time, end_time, ..answer(id, pb::SessionAnswer::Counter) }
}

/// The office's answer to a counter.
pub fn office(id: &str, answer: pb::SessionAnswer) -> pb::RespondSessionRequest {
    pb::RespondSessionRequest {
        name: name("sessions", id),
        party: pb::Awaiting::Office as i32,
        answer: answer as i32,
        ..Default::default()
    }
}

pub fn reschedule(id: &str, from: i64, until: i64) -> pb::RescheduleSessionRequest {
    pb::RescheduleSessionRequest {
        name: name("sessions", id),
        start_time: Some(at(from, 0)),
        end_time: Some(at(until, 0)),
        ..Default::default()
    }
}

pub fn replace_expert(id: &str, expert: &str) -> pb::ReplaceSessionExpertRequest {
    let expert = name("experts", expert);
    pb::ReplaceSessionExpertRequest { name: name("sessions", id), expert, ..Default::default() }
}

pub fn replace_assistant(id: &str, assistant: &str) -> pb::ReplaceSessionAssistantRequest {
    let assistant = name("assistants", assistant);
    pb::ReplaceSessionAssistantRequest { name: name("sessions", id), assistant, ..Default::default() }
}

pub fn replace_room(id: &str, room: &str) -> pb::ReplaceSessionRoomRequest {
    pb::ReplaceSessionRoomRequest { name: name("sessions", id), room: room.to_owned(), ..Default::default() }
}

pub fn delay(id: &str, minutes: i32) -> pb::ReportSessionDelayRequest {
    pb::ReportSessionDelayRequest { name: name("sessions", id), minutes, ..Default::default() }
}

pub fn void(id: &str) -> pb::VoidSessionRequest {
    pb::VoidSessionRequest { name: name("sessions", id), note: "录入有误".to_owned(), ..Default::default() }
}

pub fn complete(id: &str) -> pb::CompleteSessionRequest {
    pb::CompleteSessionRequest { name: name("sessions", id), ..Default::default() }
}

pub fn not_held(id: &str, cause: pb::NotHeldCause) -> pb::MarkSessionNotHeldRequest {
    pb::MarkSessionNotHeldRequest { name: name("sessions", id), cause: cause as i32, ..Default::default() }
}

pub fn cancel(id: &str) -> pb::CancelSessionRequest {
    let party = pb::CancelParty::Expert as i32;
    pb::CancelSessionRequest { name: name("sessions", id), party, ..Default::default() }
}

pub fn start(id: &str) -> pb::StartSessionRequest {
    pb::StartSessionRequest { name: name("sessions", id), ..Default::default() }
}

pub fn correct(id: &str, state: pb::SessionState) -> pb::CorrectSessionOutcomeRequest {
    let cause = if state == pb::SessionState::NotHeld { pb::NotHeldCause::RecordedInError as i32 } else { 0 };
    pb::CorrectSessionOutcomeRequest {
        name: name("sessions", id),
        state: state as i32,
        note: "纸面记录有误".to_owned(),
        cause,
        ..Default::default()
    }
}

/// The session as anybody sees it.
pub async fn get(client: &mut Client, id: &str) -> pb::Session {
    let request = pb::GetSessionRequest { name: name("sessions", id) };
    client.get_session(request).await.unwrap().into_inner()
}

/// The irregularities that need attention.
pub fn attention(session: &pb::Session) -> Vec<pb::Irregularity> {
    assert_eq!(session.needs_attention, !session.attention.is_empty());
    session.attention.iter().map(pb::IrregularityNote::irregularity).collect()
}

/// The verbs that the change log has of a session, in order.
pub async fn changes(db: &Db, id: &str) -> Vec<String> {
    db.read(Changes(name("sessions", id))).await.unwrap()
}

struct Changes(String);

const CHANGES: Sql =
    Sql::new("SELECT c.verb FROM changes c WHERE c.programme = 'liling' AND c.name = $1 ORDER BY c.sequence");

impl Query for Changes {
    type Output = Vec<String>;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Vec<String>> {
        let rows = tx.sql(CHANGES).bind(&self.0).fetch_all().await?;
        rows.iter().map(|row| row.get("verb")).collect()
    }
}
