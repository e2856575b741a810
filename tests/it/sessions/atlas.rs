//! Places that are kept in memory between searches: whatever is written, by whom and in whatever order, who remembers finds what is found by
//! who doesn't.
use std::sync::Arc;

use homecoming::kernel::{Grade, Id, PageRequest, SessionKind, Specialty};
use homecoming::pb;
use homecoming::pb::assistant_service_client::AssistantServiceClient;
use homecoming::pb::credential_service_client::CredentialServiceClient;
use homecoming::pb::site_service_client::SiteServiceClient;
use homecoming::server::lapses::sessions as sweep;
use homecoming::sessions::SessionDraft;
use homecoming::sessions::atlas::{AtSite, Atlas, Places};
use homecoming::sessions::commands::FindSlots;
use homecoming::sessions::slots::{Slot, SlotPurpose, Wanted};
use homecoming::sessions::snapshot::{Busy, Hashed, Snapshot};

use super::deeds::*;
use super::facts;
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
        people_change(&mut watch).await;
        sites_change(&mut watch, &mut sessions).await;
        papers_change(&mut watch).await;
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
    watch.sees("a booking").await;
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

#[tokio::test]
async fn who_reads_an_older_state_is_told_nothing_newer() {
    each_engine("atlas_older", async |server| {
        schedule::make(&server.channel, 1).await;
        let atlas = Atlas::default();
        let ahead = Places::since(None, (1_000_000, None), (START, TOMORROW), START);
        atlas.keep(&facts::id("liling"), ahead);
        offered(&server.channel, "e1", (6, 20)).await;
        let mut watch = Watch { server: &server, atlas: Arc::new(atlas), last: Vec::new() };
        watch.sees("a search before what is remembered").await;
    })
    .await;
}

/// A place with a booking in a room.
fn county() -> (Id, AtSite) {
    let Snapshot { sites, assistants, .. } = facts::snapshot();
    let mut busy = Hashed::default();
    for resource in facts::draft().resources() {
        busy.insert(resource, vec![Busy::of(&facts::draft())]);
    }
    let site = Arc::clone(&sites[&facts::id("county")]);
    (facts::id("county"), AtSite { site, papers: Vec::new(), assistants, busy })
}

/// What is known at a change: one site.
fn known(change: i64) -> Places {
    let mut places = Places::since(None, (change, None), (START, TOMORROW), START);
    places.learn(Hashed::default(), [county()].into());
    places
}

#[test]
fn what_is_touched_is_asked_anew_and_nothing_else() {
    let sites = [facts::id("county"), facts::id("town")];
    let after = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| format!("programmes/liling/{name}")).collect();
        Places::since(Some(&known(7)), (9, Some(&names)), (START, TOMORROW), START)
    };
    let lacks = |names: &[&str]| after(names).lacking(&sites).len();
    assert_eq!(lacks(&[]), 1);
    assert_eq!(lacks(&["sites/town", "reservations/r1", "offers/o1", "experts/e1", "activities/a1"]), 1);
    for touched in ["sites/county", "sites/county/rooms/c1", "closures/flood", "assistants/a1", "credentials/p1"] {
        assert_eq!(lacks(&["reservations/r1", touched]), 2, "{touched}");
    }
    assert_eq!(after(&["sessions/s1", "reservations/r1", "sessions/s1"]).changed(), [facts::id("s1")]);
    // Of nothing that is known nothing can have changed.
    assert!(after(&["sessions/s1", "sites/county"]).changed().is_empty());
}

#[test]
fn what_a_session_takes_is_replaced() {
    let names = ["programmes/liling/sessions/own".to_owned()];
    let mut places = Places::since(Some(&known(7)), (8, Some(&names)), (START, TOMORROW), START);
    let mut moved = facts::draft();
    moved.room = Some(facts::id("c2"));
    let taken = moved.resources().into_iter().map(|resource| (resource, vec![Busy::of(&moved)])).collect();
    places.learn(taken, [].into());
    let mut snapshot = Snapshot::default();
    places.describe(&[facts::id("county")], &mut snapshot);
    let mut taken: Vec<String> = snapshot.busy.keys().map(homecoming::sessions::Resource::key).collect();
    taken.sort();
    // Experts are asked for by every search.
    assert_eq!(taken, ["assistants/a1", "sites/county/rooms/c2"]);
    assert!(places.changed().is_empty());
}

#[test]
fn what_holds_no_more_is_left() {
    let site = [facts::id("county")];
    let knows = |kept: &Places, change, names: Option<&[String]>, window, now| {
        Places::since(Some(kept), (change, names), window, now).lacking(&site).is_empty()
    };
    let (week, kept) = (8 * DAY, known(7));
    let at = |minutes: i64| (START.plus_minutes(minutes), TOMORROW.plus_minutes(minutes));
    assert!(knows(&kept, 7, Some(&[]), at(0), START));
    assert!(knows(&kept, 7, Some(&[]), at(week - DAY), START.plus_minutes(week - DAY)));
    assert!(!knows(&kept, 7, Some(&[]), at(week), START.plus_minutes(week)), "it has grown old");
    assert!(!knows(&kept, 7, None, at(0), START), "nobody says what was touched");
    assert!(!knows(&kept, 6, Some(&[]), at(0), START), "it is newer than what is read");
    assert!(!knows(&kept, 7, Some(&[]), at(-2 * DAY), START), "nobody looked that far back");
    assert!(!knows(&kept, 7, Some(&[]), at(200 * 366 * DAY), START), "nor that far ahead");
}

#[test]
fn an_atlas_keeps_the_newest_of_few() {
    let atlas = Atlas::default();
    let programme = |number: usize| Id::parse(&format!("p{number:03}")).unwrap();
    for change in [3, 7, 5] {
        atlas.keep(&programme(0), known(change));
    }
    assert_eq!(atlas.of(&programme(0)).1, Some(7));
    atlas.keep(&programme(1), Places::within((START, TOMORROW)));
    assert_eq!(atlas.of(&programme(1)).1, None, "what was asked for one question isn't kept");
    for number in 1..200 {
        atlas.keep(&programme(number), known(1));
    }
    let kept = (0..200).filter(|number| atlas.of(&programme(*number)).0.is_some()).count();
    assert_eq!(kept, 64);
}
