//! The control totals of DOMAIN.md §4, each by its own name: what was ever confirmed, what was completed, what amounts are the sum of, and
//! that a difference which nothing accounts for is printed.
use std::collections::BTreeMap;

use homecoming::pb;
use homecoming::sessions::ControlTotals;

use super::partitions::{reconcile, tamper};
use crate::savings::trips;
use crate::sessions::deeds::void;
use crate::sessions::verbs::in_state;
use crate::support::figures::{self, activities, consultation, date, name, record, tallies};
use crate::support::schedule::{self, TOMORROW, booking, clinic};
use crate::support::{TestServer, each_engine};

#[test]
fn the_parts_balance_exactly_where_they_add_up_to_what_was_ever_confirmed() {
    type Part = fn(&mut ControlTotals) -> &mut i64;
    let parts: [(&str, Part); 7] = [
        ("completed", |totals| &mut totals.completed),
        ("cancelled", |totals| &mut totals.cancelled),
        ("not held", |totals| &mut totals.not_held),
        ("voided", |totals| &mut totals.voided),
        ("in progress", |totals| &mut totals.in_progress),
        ("unresolved", |totals| &mut totals.unresolved),
        ("future", |totals| &mut totals.future),
    ];
    for (part, of) in parts {
        let mut totals = ControlTotals { ever_confirmed: 3, ..ControlTotals::default() };
        for (count, is_balanced) in [(2, false), (3, true), (4, false)] {
            *of(&mut totals) = count;
            assert_eq!(totals.balanced(), is_balanced, "3 ever confirmed, {count} {part}");
        }
    }
}

#[tokio::test]
async fn ever_confirmed_is_completed_cancelled_not_held_voided_in_progress_unresolved_and_future() {
    use pb::SessionState::{Cancelled, Completed, Confirmed, InProgress, NotHeld};
    each_engine("control_ever", async |server| {
        let mut client = schedule::make(&server.channel, 1).await;
        server.clock.set(TOMORROW.plus_minutes(72 * 60));
        for (hour, state) in (0..).zip([Confirmed, InProgress, Completed, NotHeld, Cancelled, Completed]) {
            in_state(&mut client, &format!("s{hour}"), hour, state).await;
        }
        client.void_session(void("s5")).await.unwrap();
        client.book_session(booking("future", clinic(1, 96, 97))).await.unwrap();
        let found = reconcile(&server).await;
        let control = found.sessions.unwrap();
        let expected = pb::SessionControl {
            ever_confirmed: 7,
            completed: 1,
            cancelled: 1,
            not_held: 1,
            voided: 1,
            in_progress: 1,
            unresolved: 1,
            future: 1,
            unallocated: 0,
            sittings: 1,
            ..Default::default()
        };
        assert_eq!((found.equal, control), (true, expected));
        let request = pb::GetSessionControlTotalsRequest { parent: figures::PROGRAMME.to_owned() };
        let same = client.get_session_control_totals(request).await.unwrap().into_inner();
        assert_eq!((same.ever_confirmed, same.voided, same.balanced), (7, 1, true));
    })
    .await;
}

#[tokio::test]
async fn completed_is_what_is_counted_and_what_is_excluded_by_reason() {
    each_engine("control_completed", async |server| {
        let mut client = schedule::make(&server.channel, 1).await;
        server.clock.set(TOMORROW.plus_minutes(72 * 60));
        let of = |kind: pb::SessionKind, plan| pb::SessionPlan { kind: kind as i32, ..plan };
        let held = [
            ("morning", clinic(1, 8, 9)),
            ("later", clinic(1, 10, 11)),
            ("afternoon", clinic(1, 14, 15)),
            ("free", of(pb::SessionKind::FreeClinic, clinic(1, 16, 17))),
            ("lecture", of(pb::SessionKind::Lecture, clinic(1, 18, 19))),
        ];
        for (id, plan) in held {
            client.record_held_session(schedule::record(id, plan)).await.unwrap();
        }
        let found = reconcile(&server).await;
        let control = found.sessions.unwrap();
        let expected = pb::SessionControl {
            ever_confirmed: 5,
            completed: 5,
            sittings: 2,
            same_sitting: 1,
            free_clinics: 1,
            other_kinds: 1,
            uncounted: 0,
            ..Default::default()
        };
        assert_eq!((found.equal, control), (true, expected));
    })
    .await;
}

/// A billed trip at each of two sites, in two specialties, and a follow-up, which is beside the headline.
async fn two_places(server: &TestServer) -> Vec<pb::Trip> {
    let mut client = trips::county(server).await;
    let township = pb::Activity {
        site: name("sites", "township"),
        lead_expert: name("experts", "e2"),
        ..consultation(date(2024, 3, 7), "tok_township")
    };
    activities(server).record_activity(record("a4", township)).await.unwrap();
    let there = pb::Trip { near: "430281".to_owned(), ..trips::trip(&["a4"]) };
    let follow_up = pb::Trip { follow_up: true, trip_needed: true, ..trips::trip(&["a2"]) };
    let mut recorded = Vec::new();
    for (id, trip, is_billed) in [("t1", trips::trip(&["a1"]), true), ("t2", follow_up, false), ("t4", there, true)] {
        client.record_trip(trips::asking(id, trip)).await.unwrap();
        if is_billed {
            client.record_encounter(trips::bill(&format!("b{id}"), id)).await.unwrap();
        }
        let get = pb::GetTripRequest { name: name("trips", id) };
        recorded.push(client.get_trip(get).await.unwrap().into_inner());
    }
    recorded
}

#[tokio::test]
async fn amounts_are_the_sum_of_the_records_of_the_sites_and_of_the_specialties() {
    const MEASURES: [&str; 3] = ["net_savings_fen", "bill_savings_fen", "avoided_trips"];
    each_engine("control_amounts", async |server| {
        let recorded = two_places(&server).await;
        let answer = async |group_by: &[pb::TallyDimension]| {
            tallies(&server).query_tally(super::query(&MEASURES, group_by)).await.unwrap().into_inner()
        };
        let total: Vec<i64> = answer(&[]).await.totals.iter().map(|it| it.quantity).collect();
        let headline = |ledger: pb::SavingLedger| {
            let of = |trip: &pb::Trip| {
                let found = trip.ledgers.iter().find(|it| it.ledger() == ledger).unwrap();
                found.headline_fen.map_or(0, |fen| fen.base)
            };
            recorded.iter().filter(|trip| !trip.follow_up).map(of).sum::<i64>()
        };
        let records = [headline(pb::SavingLedger::Net), headline(pb::SavingLedger::Bill), 3];
        assert_eq!(total, records);
        assert!(records[0] > 600_000, "{records:?}");
        for dimension in [pb::TallyDimension::Site, pb::TallyDimension::Specialty] {
            let parts = answer(&[dimension]).await;
            assert_eq!(parts.rows.len(), 2, "{dimension:?}");
            let sums: Vec<i64> =
                (0..total.len()).map(|place| parts.rows.iter().map(|row| row.values[place].quantity).sum()).collect();
            assert_eq!(sums, total, "{dimension:?}");
        }
        let found = reconcile(&server).await;
        assert!(found.equal, "{:?}", found.differences);
        let control: BTreeMap<_, _> = found.totals.iter().map(|it| (it.measure.as_str(), it)).collect();
        for (measure, total) in MEASURES.iter().zip(total) {
            let counted = control[measure];
            assert_eq!((counted.records, counted.cells.clone()), (total, vec![total; found.faces.len()]), "{measure}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_difference_that_nothing_accounts_for_is_printed() {
    each_engine("control_unallocated", async |server| {
        let mut client = schedule::make(&server.channel, 1).await;
        server.clock.set(TOMORROW.plus_minutes(72 * 60));
        for (id, from) in [("one", 8), ("other", 14)] {
            client.record_held_session(schedule::record(id, clinic(1, from, from + 1))).await.unwrap();
        }
        assert!(reconcile(&server).await.equal);
        // One has no outcome any more, and so nothing that became of it.
        tamper(&server, "DELETE FROM session_outcomes WHERE session = 'other'").await;
        let found = reconcile(&server).await;
        let control = found.sessions.unwrap();
        assert_eq!((control.ever_confirmed, control.completed, control.unallocated), (2, 1, 1));
        assert!(!found.equal);
    })
    .await;
}
