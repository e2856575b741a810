//! Places that are kept in memory between searches: whatever is written, by whom and in whatever order, who remembers finds what is found by
//! who doesn't.
use std::sync::Arc;

use futures_util::future::join_all;
use homecoming::db::ledger::{self, Seen};
use homecoming::db::{Query, Since, Tx};
use homecoming::kernel::{Grade, PageRequest, Result, SessionKind, Specialty};
use homecoming::pb;
use homecoming::pb::assistant_service_client::AssistantServiceClient;
use homecoming::pb::credential_service_client::CredentialServiceClient;
use homecoming::pb::expert_service_client::ExpertServiceClient;
use homecoming::pb::person_service_client::PersonServiceClient;
use homecoming::pb::site_service_client::SiteServiceClient;
use homecoming::server::lapses::sessions as sweep;
use homecoming::sessions::SessionDraft;
use homecoming::sessions::atlas::{Atlas, Places};
use homecoming::sessions::commands::FindSlots;
use homecoming::sessions::slots::{Slot, SlotPurpose, Wanted};

use super::deeds::*;
use super::facts;
use crate::persons;
use crate::support::schedule::{self, PAPERED, PARENT, TOMORROW, at, booking, clinic, date, name};
use crate::support::{START, TestServer, each_engine, liling, papers};

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

/// Searches of everybody everywhere on the day after tomorrow: with an atlas that is kept, and with an empty one.
struct Watch<'a> {
    server: &'a TestServer,
    atlas: Arc<Atlas>,
    last: Vec<Slot>,
}

impl Watch<'_> {
    async fn found(&self, atlas: &Arc<Atlas>) -> Vec<Slot> {
        let (now, window) =
            (self.server.db.clock().now(), (TOMORROW.plus_minutes(DAY), TOMORROW.plus_minutes(2 * DAY)));
        let template = SessionDraft {
            specialty: Some(Specialty::parse("03.04").unwrap()),
            grade: Grade::new(3),
            consents: Vec::new(),
            ..facts::draft()
        };
        let wanted = Wanted {
            purpose: SlotPurpose::Book,
            template,
            experts: Vec::new(),
            sites: Vec::new(),
            kinds: vec![SessionKind::Clinic, SessionKind::Operation, SessionKind::Lecture],
            window,
            grid_minutes: HOUR,
            minutes: HOUR,
        };
        let bound_to = FindSlots::bound_to(&wanted);
        let (page, atlas) = (PageRequest::first(1000), Arc::clone(atlas));
        let find = FindSlots { wanted, page, bound_to, count_all: false, most_experts: 300, now, atlas };
        self.server.db.read(find).await.unwrap().page.items
    }

    /// Who remembers finds what is found by who doesn't.
    async fn agrees(&mut self, what: &str) -> bool {
        let (kept, anew) = (self.found(&self.atlas).await, self.found(&Arc::default()).await);
        assert!(kept == anew, "after {what}, {} slots were found and {} were there", kept.len(), anew.len());
        std::mem::replace(&mut self.last, kept) != anew
    }

    /// Several who remember and ask at once see it.
    async fn all_see(&mut self, what: &str) {
        let all = join_all((0..8).map(|_| self.found(&self.atlas))).await;
        self.sees(what).await;
        assert!(all.iter().all(|found| *found == self.last));
    }

    /// The same, and it is something else than before.
    async fn sees(&mut self, what: &str) {
        assert!(self.agrees(what).await, "{what} changes nothing that is found");
    }
}

/// The hours of the day after tomorrow.
fn later(number: usize, from: i64, until: i64) -> pb::SessionPlan {
    clinic(number, 24 + from, 24 + until)
}

#[tokio::test]
async fn what_is_remembered_of_places_is_never_old() {
    each_engine("atlas", async |server| {
        let mut sessions = schedule::make(&server.channel, 2).await;
        for expert in ["e1", "e2"] {
            offered(&server.channel, expert, (6, 20)).await;
        }
        let mut watch = Watch { server: &server, atlas: Arc::default(), last: Vec::new() };
        watch.sees("the first search").await;
        sites_come_and_go(&mut watch).await;
        sessions_change(&mut watch, &mut sessions).await;
        moves_change(&mut watch, &mut sessions).await;
        people_change(&mut watch).await;
        sites_change(&mut watch, &mut sessions).await;
        papers_change(&mut watch).await;
        persons_change(&mut watch).await;
        days_pass(&mut watch, &mut sessions).await;
    })
    .await;
}

async fn sites_come_and_go(watch: &mut Watch<'_>) {
    let mut client = SiteServiceClient::new(watch.server.channel.clone());
    let school = liling::site("school", pb::SiteLevel::TownshipHealthCentre, &["03"]);
    liling::make_site(&watch.server.channel, "school", school).await;
    watch.sees("a new site").await;
    let delete = pb::DeleteSiteRequest { name: name("sites", "school"), ..Default::default() };
    client.delete_site(delete).await.unwrap();
    watch.sees("a site that is gone").await;
}

/// Every verb that takes a room or somebody's time, or gives it back.
async fn sessions_change(watch: &mut Watch<'_>, client: &mut Client) {
    client.book_session(booking("s1", later(2, 9, 10))).await.unwrap();
    watch.all_see("a booking").await;
    client.replace_session_room(replace_room("s1", "c2")).await.unwrap();
    watch.sees("another room").await;
    client.replace_session_assistant(replace_assistant("s1", "a1")).await.unwrap();
    watch.sees("another assistant").await;
    client.reschedule_session(reschedule("s1", 24 + 11, 24 + 12)).await.unwrap();
    watch.sees("a move").await;
    client.replace_session_expert(replace_expert("s1", "e1")).await.unwrap();
    watch.sees("another expert").await;
    client.cancel_session(cancel("s1")).await.unwrap();
    watch.sees("a cancellation").await;
    client.create_hold(hold("s2", later(2, 9, 10))).await.unwrap();
    watch.sees("a hold").await;
    client.book_session(confirm("s2")).await.unwrap();
    watch.agrees("a hold that is confirmed").await;
    client.create_hold(hold("s3", later(1, 13, 14))).await.unwrap();
    watch.sees("another hold").await;
    watch.server.clock.set(TOMORROW);
    watch.sees("a hold's lapse").await;
    sweep(&watch.server.db, "one").await.unwrap();
    watch.agrees("the sweep").await;
    client.propose_session(propose("s4", later(1, 14, 15), at(12, 0))).await.unwrap();
    watch.sees("a proposal, which keeps a room").await;
    client.respond_session(answer("s4", pb::SessionAnswer::Accept)).await.unwrap();
    watch.sees("a yes, which keeps the expert").await;
    // More than are told one by one.
    for _ in 0..150 {
        client.reschedule_session(reschedule("s4", 24 + 15, 24 + 16)).await.unwrap();
        client.reschedule_session(reschedule("s4", 24 + 16, 24 + 17)).await.unwrap();
    }
    watch.sees("three hundred moves").await;
}

/// A time beside the session's own, and what ends by itself.
async fn moves_change(watch: &mut Watch<'_>, client: &mut Client) {
    // Whoever is kept in the evening is seen by e1, who has offered it; e2 is asked.
    offered(&watch.server.channel, "e1", (20, 24)).await;
    for id in ["s2", "s4"] {
        client.cancel_session(cancel(id)).await.unwrap();
    }
    client.book_session(booking("m1", later(2, 9, 10))).await.unwrap();
    watch.sees("a booking to be moved").await;
    client.report_session_delay(delay("m1", 60)).await.unwrap();
    watch.sees("a delay").await;
    client.reschedule_session(reschedule("m1", 24 + 21, 24 + 22)).await.unwrap();
    watch.sees("a time beside the session's own").await;
    client.respond_session(answer("m1", pb::SessionAnswer::Decline)).await.unwrap();
    watch.sees("a no").await;
    client.reschedule_session(reschedule("m1", 24 + 21, 24 + 22)).await.unwrap();
    client.respond_session(answer("m1", pb::SessionAnswer::Accept)).await.unwrap();
    watch.sees("a yes").await;
    let asked = pb::RescheduleSessionRequest { deadline: Some(at(1, 0)), ..reschedule("m1", 24 + 22, 24 + 23) };
    client.reschedule_session(asked).await.unwrap();
    watch.sees("another time beside").await;
    watch.server.clock.set(TOMORROW.plus_minutes(HOUR));
    watch.sees("silence").await;
    client.create_hold(hold("m2", later(1, 7, 8))).await.unwrap();
    watch.sees("a hold beside").await;
    watch.server.clock.set(TOMORROW.plus_minutes(2 * HOUR));
    watch.sees("its lapse").await;
    // Whose places they are writes down that both are over.
    let rows = [("m3", later(1, 7, 8)), ("m4", later(1, 22, 23))].map(|(id, plan)| booking(id, plan));
    let batch = pb::BatchBookSessionsRequest { parent: PARENT.to_owned(), requests: rows.into(), ..Default::default() };
    client.batch_book_sessions(batch).await.unwrap();
    watch.sees("a batch where others were").await;
    for id in ["m1", "m3", "m4"] {
        client.cancel_session(cancel(id)).await.unwrap();
        watch.sees("a cancellation").await;
    }
}

/// What becomes of sessions on the day itself.
async fn days_pass(watch: &mut Watch<'_>, client: &mut Client) {
    for (id, from) in [("d1", 12), ("d2", 13), ("d3", 14)] {
        let plan = pb::SessionPlan { room: "c2".to_owned(), ..later(2, from, from + 1) };
        client.book_session(booking(id, plan)).await.unwrap();
    }
    watch.sees("three bookings").await;
    watch.server.clock.set(TOMORROW.plus_minutes(DAY + 12 * HOUR));
    watch.agrees("the day").await;
    client.start_session(start("d1")).await.unwrap();
    watch.agrees("a start").await;
    watch.server.clock.set(TOMORROW.plus_minutes(DAY + 14 * HOUR));
    client.complete_session(complete("d1")).await.unwrap();
    watch.agrees("an end").await;
    client.mark_session_not_held(not_held("d2", pb::NotHeldCause::ExpertUnable)).await.unwrap();
    watch.sees("a clinic that isn't held").await;
    client.void_session(void("d1")).await.unwrap();
    watch.agrees("a session that is voided").await;
}

async fn people_change(watch: &mut Watch<'_>) {
    let mut client = AssistantServiceClient::new(watch.server.channel.clone());
    let get = |id: &str| pb::GetAssistantRequest { name: name("assistants", id) };
    let known = client.get_assistant(get("a1")).await.unwrap().into_inner();
    let day = Some(date(2024, 4, 3));
    let leave = pb::Absence { kind: pb::AbsenceKind::Leave as i32, from_date: day, to_date: day, half_day: 0 };
    let away = pb::Assistant { absences: vec![leave], ..known };
    let update = pb::UpdateAssistantRequest { assistant: Some(away), ..Default::default() };
    client.update_assistant(update).await.unwrap();
    watch.sees("somebody's leave").await;
    let there = pb::Assistant {
        display_name: "助手 009".to_owned(),
        site: name("sites", "guanzhuang"),
        specialties: vec!["03.04".to_owned()],
        ..Default::default()
    };
    let create = pb::CreateAssistantRequest {
        parent: PARENT.to_owned(),
        assistant_id: "a9".to_owned(),
        assistant: Some(there),
        ..Default::default()
    };
    client.create_assistant(create).await.unwrap();
    watch.sees("somebody who comes").await;
    let end = pb::EndAssistantRequest {
        name: name("assistants", "a9"),
        end_date: Some(date(2024, 4, 2)),
        ..Default::default()
    };
    client.end_assistant(end).await.unwrap();
    watch.sees("somebody who leaves").await;
}

async fn sites_change(watch: &mut Watch<'_>, sessions: &mut Client) {
    let mut client = SiteServiceClient::new(watch.server.channel.clone());
    let close = pb::CloseSiteRequest {
        name: name("sites", "county"),
        closure_id: "flood".to_owned(),
        start_time: Some(at(24 + 6, 0)),
        end_time: Some(at(24 + 8, 0)),
        cause: pb::ClosureCause::Works as i32,
        ..Default::default()
    };
    client.close_site(close).await.unwrap();
    watch.sees("a closure").await;
    let reopen = pb::ReopenSiteRequest {
        name: name("closures", "flood"),
        reopen_time: Some(at(24 + 6, 0)),
        ..Default::default()
    };
    client.reopen_site(reopen).await.unwrap();
    watch.sees("a closure that is withdrawn").await;
    let suspend = pb::SuspendSiteRequest {
        name: name("sites", "county"),
        closure_id: "storm".to_owned(),
        start_time: Some(at(24 + 18, 0)),
        end_time: Some(at(24 + 20, 0)),
        cause: pb::ClosureCause::Disaster as i32,
        ..Default::default()
    };
    sessions.suspend_site(suspend).await.unwrap();
    watch.sees("a suspension").await;
    let known = client.get_site(pb::GetSiteRequest { name: name("sites", "county") }).await.unwrap().into_inner();
    let rooms = known.rooms.iter().filter(|room| room.id != "c1").cloned().collect();
    let site = Some(pb::Site { rooms, ..known });
    client.update_site(pb::UpdateSiteRequest { site, ..Default::default() }).await.unwrap();
    watch.sees("a room that is gone").await;
    // Somebody who comes from elsewhere.
    let there = pb::SessionPlan {
        site: name("sites", "guanzhuang"),
        room: String::new(),
        kind: pb::SessionKind::Lecture as i32,
        assistant: String::new(),
        capacity: 0,
        ..later(2, 7, 8)
    };
    sessions.book_session(booking("s5", there)).await.unwrap();
    watch.sees("a lecture elsewhere").await;
    let journey = pb::TravelMinutes {
        origin: name("sites", "guanzhuang"),
        destination: name("sites", "county"),
        minutes: Some(150),
    };
    let set =
        pb::SetTravelMinutesRequest { parent: PARENT.to_owned(), travel_minutes: vec![journey], ..Default::default() };
    client.set_travel_minutes(set).await.unwrap();
    watch.sees("a longer way").await;
    for licensed in [&["04"][..], &["03", "04"]] {
        let known = client.get_site(pb::GetSiteRequest { name: name("sites", "county") }).await.unwrap().into_inner();
        let licensed_specialties = licensed.iter().map(|code| (*code).to_owned()).collect();
        let site = Some(pb::Site { licensed_specialties, ..known });
        client.update_site(pb::UpdateSiteRequest { site, ..Default::default() }).await.unwrap();
        watch.sees("another licence").await;
    }
}

async fn papers_change(watch: &mut Watch<'_>) {
    let mut client = CredentialServiceClient::new(watch.server.channel.clone());
    let list = pb::ListCredentialsRequest { parent: PARENT.to_owned(), page_size: 100, ..Default::default() };
    let listed = client.list_credentials(list).await.unwrap().into_inner().credentials;
    let is_grade_list = |one: &&pb::Credential| matches!(one.paper, Some(pb::credential::Paper::GradeList(_)));
    let of_grades = listed.iter().find(is_grade_list).unwrap().name.clone();
    let end = pb::EndCredentialRequest { name: of_grades, to_date: Some(date(2024, 4, 2)), ..Default::default() };
    client.end_credential(end).await.unwrap();
    watch.sees("a grade list that ends").await;
    let again = papers::grade_list(&name("sites", "county"), PAPERED);
    papers::enter(&watch.server.channel, PARENT, vec![again]).await;
    watch.sees("another grade list").await;
}

/// Who is no longer planned with, and who is somebody else.
async fn persons_change(watch: &mut Watch<'_>) {
    let who = pb::person_restriction::Person::Assistant(name("assistants", "a1"));
    let restrict = persons::restrict("r1", who);
    PersonServiceClient::new(watch.server.channel.clone()).restrict_person(restrict).await.unwrap();
    watch.agrees("an assistant who is restricted").await;
    let twice = liling::expert("03.04");
    liling::make_expert(&watch.server.channel, "e9", twice).await;
    let merge = pb::MergeExpertsRequest {
        survivor: name("experts", "e2"),
        duplicate: name("experts", "e9"),
        ..Default::default()
    };
    ExpertServiceClient::new(watch.server.channel.clone()).merge_experts(merge).await.unwrap();
    watch.agrees("an expert who is another").await;
}

/// Where the ledger ends.
struct Head;

impl Query for Head {
    type Output = Seen;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Seen> {
        ledger::head(tx, &facts::id("liling")).await
    }
}

/// An atlas that knows no more than was known, and takes it for what was known where a ledger ended.
fn mistaken(kept: Option<&Places>, head: Seen) -> Arc<Atlas> {
    let atlas = Atlas::default();
    let since = Since { head, names: kept.map(|_| Vec::new()) };
    let places = Places::since(kept, since, (START, TOMORROW), START);
    atlas.keep(&facts::id("liling"), places, &[]);
    Arc::new(atlas)
}

#[tokio::test]
async fn another_state_than_is_read_is_not_believed() {
    each_engine("atlas_older", async |server| {
        let mut sessions = schedule::make(&server.channel, 2).await;
        for expert in ["e1", "e2"] {
            offered(&server.channel, expert, (6, 20)).await;
        }
        let mut watch = Watch { server: &server, atlas: Arc::default(), last: Vec::new() };
        watch.sees("the first search").await;
        let before = watch.atlas.of(&facts::id("liling")).unwrap();
        sessions.book_session(booking("s1", later(2, 9, 10))).await.unwrap();
        let head = server.db.read(Head).await.unwrap();
        watch.atlas = mistaken(None, Seen { sequence: 1_000_000, ..head.clone() });
        watch.sees("a search before what is remembered").await;
        // A database that was put back, in which as much has been written since.
        let other = Seen { link: "0".repeat(64), ..head.clone() };
        watch.atlas = mistaken(Some(&before), other);
        watch.agrees("another past").await;
        watch.atlas = mistaken(Some(&before), head);
        let found = watch.found(&watch.atlas).await;
        assert!(found != watch.last, "nobody believes what is remembered");
    })
    .await;
}
