//! Slots over a real socket: what is found can be planned, what can't is explained, pages join, and searches have limits.
use homecoming::assistants::{Absence, AbsenceKind};
use homecoming::kernel::{Reason, SessionKind, Timestamp};
use homecoming::pb;
use homecoming::pb::assistant_service_client::AssistantServiceClient;
use homecoming::pb::slot_service_client::SlotServiceClient;
use homecoming::sessions::SessionDraft;
use homecoming::sessions::slots::{Grid, Search, SlotPurpose, Spans, Step, Wanted};
use homecoming::sessions::snapshot::Snapshot;
use tonic::Code;

use super::facts;
use crate::support::each_engine;
use crate::support::errors::refused;
use crate::support::schedule::{self, PARENT, TOMORROW, at, booking, clinic, date, name};

/// Clinics of an hour tomorrow, to be proposed.
fn search(from: i64, until: i64) -> pb::FindSlotsRequest {
    pb::FindSlotsRequest {
        parent: PARENT.to_owned(),
        purpose: pb::SlotPurpose::Propose as i32,
        experts: vec![name("experts", "e1")],
        sites: vec![name("sites", "county")],
        kinds: vec![pb::SessionKind::Clinic as i32],
        window: Some(pb::Interval { start_time: Some(at(from, 0)), end_time: Some(at(until, 0)) }),
        duration_minutes: 60,
        ..Default::default()
    }
}

fn starts(slots: &[pb::Slot]) -> Vec<&str> {
    slots.iter().map(|slot| &slot.local_start_time["2024-04-02T".len()..][..5]).collect()
}

#[tokio::test]
async fn what_is_found_is_free_and_its_witnesses_too() {
    each_engine("slots_found", async |server| {
        let mut client = schedule::make(&server.channel, 2).await;
        let mut slots = SlotServiceClient::new(server.channel.clone());
        client.book_session(booking("s1", clinic(1, 9, 10))).await.unwrap();
        let found = slots.find_slots(search(8, 15)).await.unwrap().into_inner();
        // Half past twelve would cross one o'clock.
        assert_eq!(
            starts(&found.slots),
            ["08:00", "10:00", "10:30", "11:00", "11:30", "12:00", "13:00", "13:30", "14:00"]
        );
        assert!(found.next_page_token.is_empty() && found.total_count.is_none());
        let first = &found.slots[0];
        assert_eq!((first.assistant.as_str(), first.room.as_str()), (name("assistants", "a1").as_str(), "c1"));
        assert_eq!(first.local_end_time, "2024-04-02T09:00:00+08:00");
        // Somebody else's session in the room: another room does. The assistant's own: another assistant.
        let other = pb::SessionPlan { assistant: name("assistants", "a1"), ..clinic(2, 11, 12) };
        client.book_session(booking("s2", other)).await.unwrap();
        let found = slots.find_slots(search(11, 12)).await.unwrap().into_inner();
        assert_eq!(found.slots.len(), 1);
        assert_eq!(found.slots[0].room, "c2");
        assert_eq!(found.slots[0].assistant, name("assistants", "a2"));
    })
    .await;
}

#[tokio::test]
async fn pages_of_slots_join_to_the_whole() {
    each_engine("slots_pages", async |server| {
        // So many that more than one thread counts them.
        let mut client = schedule::make(&server.channel, 9).await;
        let mut slots = SlotServiceClient::new(server.channel.clone());
        client.book_session(booking("s1", clinic(2, 9, 10))).await.unwrap();
        let whole = pb::FindSlotsRequest {
            experts: Vec::new(),
            sites: Vec::new(),
            kinds: vec![pb::SessionKind::Lecture as i32, pb::SessionKind::Clinic as i32],
            page_size: 1000,
            count_all: true,
            ..search(8, 20)
        };
        let all = slots.find_slots(whole.clone()).await.unwrap().into_inner();
        assert_eq!(all.total_count, Some(all.slots.len() as i64));
        let order = |slot: &pb::Slot| {
            let start = slot.start_time.map(|start| start.seconds);
            (start, slot.expert.clone(), slot.site.clone(), slot.kind)
        };
        assert!(all.slots.is_sorted_by_key(order));
        let (mut joined, mut token) = (Vec::new(), String::new());
        loop {
            let page = pb::FindSlotsRequest { page_size: 67, page_token: token, ..whole.clone() };
            let page = slots.find_slots(page).await.unwrap().into_inner();
            assert_eq!(page.total_count, Some((all.slots.len() - joined.len()) as i64));
            joined.extend(page.slots);
            token = page.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(joined, all.slots);
        let batch = pb::BatchFindSlotsRequest {
            parent: PARENT.to_owned(),
            requests: vec![pb::FindSlotsRequest { parent: String::new(), ..whole }, search(8, 9)],
        };
        let answers = slots.batch_find_slots(batch).await.unwrap().into_inner().responses;
        assert_eq!(answers[0].slots, all.slots[..50]);
        assert_eq!(starts(&answers[1].slots), ["08:00"]);
    })
    .await;
}

#[tokio::test]
async fn what_stands_against_a_session_is_explained() {
    each_engine("slots_explained", async |server| {
        let mut client = schedule::make(&server.channel, 2).await;
        let mut slots = SlotServiceClient::new(server.channel.clone());
        client.book_session(booking("s1", clinic(1, 9, 10))).await.unwrap();
        let plan = pb::SessionPlan { end_time: Some(at(10, 30)), ..clinic(1, 9, 10) };
        let check = pb::CheckSlotRequest {
            parent: PARENT.to_owned(),
            session: Some(plan.clone()),
            consent: Some(schedule::consent()),
            ..Default::default()
        };
        let checked = slots.check_slot(check.clone()).await.unwrap().into_inner();
        assert!(!checked.passes);
        let refusal = checked.refusal.unwrap();
        assert_eq!(refusal.reason, "EXPERT_OCCUPIED");
        let explain = pb::ExplainSlotRequest {
            parent: PARENT.to_owned(),
            session: Some(plan.clone()),
            consent: Some(schedule::consent()),
            ..Default::default()
        };
        let explained = slots.explain_slot(explain.clone()).await.unwrap().into_inner();
        let reasons: Vec<&str> = explained.findings.iter().map(|finding| finding.reason.as_str()).collect();
        let told: Vec<&str> = refusal.violations.iter().map(|violation| violation.reason.as_str()).collect();
        assert_eq!(reasons, told, "a check and an explanation say the same");
        let busy = &explained.findings[0];
        assert_eq!(busy.rule_class(), pb::RuleClass::Safety);
        assert!(!busy.overridable);
        assert_eq!(busy.blocked_by, name("sessions", "s1"));
        assert_eq!(busy.blocked_until, Some(at(10, 0)));
        assert_eq!(busy.field, "session.expert");
        let instead = explained.alternatives.unwrap();
        assert_eq!(instead.assistants, [name("assistants", "a2")]);
        assert_eq!(instead.rooms, ["c2"]);
        // No offer, and what was said of this time isn't said of another.
        assert_eq!((instead.before, instead.after), (None, None));
        let propose = pb::ExplainSlotRequest {
            purpose: pb::SlotPurpose::Propose as i32,
            consent: None,
            session: Some(plan),
            ..explain
        };
        let instead = slots.explain_slot(propose).await.unwrap().into_inner().alternatives.unwrap();
        assert_eq!(starts(&[instead.before.unwrap(), instead.after.unwrap()]), ["07:30", "10:00"]);
        let free = pb::CheckSlotRequest { session: Some(clinic(1, 14, 15)), ..check };
        assert!(slots.check_slot(free).await.unwrap().into_inner().passes);
        // Nothing was written.
        client.book_session(booking("s2", clinic(1, 14, 15))).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn searches_have_limits_and_say_them() {
    each_engine("slots_limits", async |server| {
        schedule::make(&server.channel, 1).await;
        let mut slots = SlotServiceClient::new(server.channel.clone());
        let wrong = pb::FindSlotsRequest {
            kinds: Vec::new(),
            grid_minutes: 4,
            duration_minutes: 0,
            experts: (0..301).map(|number| name("experts", &format!("e{number}"))).collect(),
            ..search(0, 12 * 7 * 24 + 1)
        };
        let refusal = refused(slots.find_slots(wrong).await);
        assert_eq!((refusal.code, refusal.reason), (Code::InvalidArgument, Reason::InvalidFields));
        let fields: Vec<&str> = refusal.violations.iter().map(|(field, _)| field.as_str()).collect();
        for field in ["experts", "kinds", "window", "grid_minutes", "duration_minutes"] {
            assert!(fields.contains(&field), "{field} in {fields:?}");
        }
        let nobody = pb::FindSlotsRequest { experts: vec![name("experts", "nobody")], ..search(8, 9) };
        assert_eq!(refused(slots.find_slots(nobody).await).reason, Reason::ResourceNotFound);
        let token = pb::FindSlotsRequest { page_token: "x".to_owned(), ..search(8, 9) };
        assert_eq!(refused(slots.find_slots(token).await).violations[0].1, Reason::PageTokenInvalid);
        let words = pb::CheckSlotRequest {
            parent: PARENT.to_owned(),
            purpose: pb::SlotPurpose::Hold as i32,
            session: Some(clinic(1, 8, 9)),
            consent: Some(schedule::consent()),
            ..Default::default()
        };
        assert_eq!(refused(slots.check_slot(words).await).violations[0].0, "consent");
    })
    .await;
}

#[test]
fn spans_join_part_and_fit() {
    let time = |minutes: i64| TOMORROW.plus_minutes(minutes);
    let spans =
        |list: &[(i64, i64)]| Spans::new(list.iter().map(|(from, until)| (time(*from), time(*until))).collect());
    assert_eq!(spans(&[(60, 90), (0, 30), (30, 40), (5, 10), (99, 99)]), spans(&[(0, 40), (60, 90)]));
    let free = spans(&[(0, 40), (60, 90)]).gaps((time(-10), time(80)));
    assert_eq!(free, spans(&[(-10, 0), (40, 60)]));
    assert_eq!(free.fit(time(-20), 10), Some(time(-10)));
    assert_eq!(free.fit(time(-5), 10), Some(time(40)));
    assert_eq!(free.fit(time(41), 20), None);
    assert!(free.leave_free(time(0), time(40)) && !free.leave_free(time(0), time(41)));
    let apart = Spans::apart(vec![(time(0), time(10)), (time(10), time(20))]);
    assert_eq!(apart.fit(time(5), 6), Some(time(10)), "nothing fits across");
}

#[test]
fn starts_are_counted_from_every_midnight() {
    let zone = homecoming::kernel::Zone::parse("Europe/Berlin").unwrap();
    let utc = |text: &str| Timestamp::from_utc(text.parse().unwrap());
    // A day of 23 hours: from two to three o'clock there is nothing.
    let window = (utc("2024-03-30T00:00:00Z"), utc("2024-04-02T00:00:00Z"));
    let grid = Grid::new(zone, window, 7 * 60);
    let next = |text: &str| grid.at_or_after(utc(text)).to_string();
    assert_eq!(next("2024-03-30T23:00:00Z"), "2024-03-30T23:00:00Z");
    assert_eq!(next("2024-03-30T23:00:01Z"), "2024-03-31T06:00:00Z");
    assert_eq!(next("2024-03-31T20:00:01Z"), "2024-03-31T22:00:00Z", "the next midnight comes first");
    assert_eq!(grid.next_day(utc("2024-03-31T22:00:00Z")), Some(utc("2024-04-01T22:00:00Z")));
}

#[test]
fn whoever_is_tried_is_examined() {
    let mut snapshot = facts::snapshot();
    facts::offered(&mut snapshot, &[(8 * 60, 10 * 60)]);
    let wanted = Wanted {
        purpose: SlotPurpose::Book,
        template: SessionDraft { consents: Vec::new(), ..facts::draft() },
        experts: vec![facts::id("e1")],
        sites: vec![facts::id("county")],
        kinds: vec![SessionKind::Clinic],
        window: (TOMORROW, TOMORROW.plus_minutes(24 * 60)),
        grid_minutes: 60,
        minutes: 60,
    };
    let count = |snapshot: &Snapshot, most| Search::new(&wanted, snapshot, None).count(most, 1);
    let step = |snapshot: &Snapshot| {
        let mut search = Search::new(&wanted, snapshot, None);
        let found = search.step();
        (found != Step::Passed, search.examined())
    };
    assert_eq!((count(&snapshot, 1), count(&snapshot, 2)), (None, Some(2)), "two starts");
    assert_eq!(step(&snapshot), (true, 1));
    let day = facts::day(2);
    let leave = Absence { kind: AbsenceKind::Leave, from: day, to: day, half_day: None };
    snapshot.assistants.get_mut(&facts::id("a1")).unwrap().absences.push(leave.clone());
    assert_eq!(
        (count(&snapshot, 3), count(&snapshot, 4)),
        (None, Some(2)),
        "at each the second of two assistants will do"
    );
    assert_eq!(step(&snapshot), (true, 2));
    snapshot.assistants.get_mut(&facts::id("a2")).unwrap().absences.push(leave);
    assert_eq!((count(&snapshot, 3), count(&snapshot, 4)), (None, Some(0)), "and when both are away, none");
    assert_eq!(step(&snapshot), (false, 2));
}

#[tokio::test]
async fn a_search_that_turns_out_long_finds_the_same() {
    each_engine("slots_long", async |server| {
        schedule::make(&server.channel, 20).await;
        let mut assistants = AssistantServiceClient::new(server.channel.clone());
        for number in 1..20 {
            let get = pb::GetAssistantRequest { name: name("assistants", &format!("a{number}")) };
            let known = assistants.get_assistant(get).await.unwrap().into_inner();
            let absences = vec![pb::Absence {
                kind: pb::AbsenceKind::Leave as i32,
                from_date: Some(date(2024, 4, 1)),
                to_date: Some(date(2024, 12, 31)),
                half_day: 0,
            }];
            let assistant = Some(pb::Assistant { absences, ..known });
            assistants.update_assistant(pb::UpdateAssistantRequest { assistant, ..Default::default() }).await.unwrap();
        }
        // Four weeks of 46 starts a day, none across noon or midnight; at each twenty assistants are tried.
        let mut slots = SlotServiceClient::new(server.channel.clone());
        let all = pb::FindSlotsRequest { page_size: 1, count_all: true, ..search(0, 28 * 24) };
        let found = slots.find_slots(all.clone()).await.unwrap().into_inner();
        assert_eq!((found.total_count, found.slots[0].assistant.clone()), (Some(28 * 46), name("assistants", "a20")));
        let uncounted = pb::FindSlotsRequest { page_size: 1000, count_all: false, ..all };
        let page = slots.find_slots(uncounted.clone()).await.unwrap().into_inner();
        let rest = pb::FindSlotsRequest { page_token: page.next_page_token, ..uncounted };
        let rest = slots.find_slots(rest).await.unwrap().into_inner();
        assert_eq!((page.slots.len(), rest.slots.len(), rest.next_page_token.as_str()), (1000, 288, ""));
    })
    .await;
}
