//! Places that are kept in memory, as values: what of them still holds, and how many are kept.
use std::sync::Arc;

use homecoming::db::Since;
use homecoming::db::ledger::Seen;
use homecoming::kernel::{Id, Timestamp};
use homecoming::sessions::atlas::{AtSite, Atlas, Places};
use homecoming::sessions::snapshot::{Busy, Hashed, Snapshot};

use super::facts;
use crate::support::START;
use crate::support::schedule::TOMORROW;

const DAY: i64 = 24 * 60;

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

/// What is told of a ledger that ends at a change now.
fn since(sequence: i64, names: Option<&[&str]>) -> Since {
    let named = |names: &[&str]| names.iter().map(|name| format!("programmes/liling/{name}")).collect();
    Since { head: Seen { sequence, entry: sequence, link: "0".repeat(64) }, names: names.map(named) }
}

/// What is known at a change: one site.
fn known(change: i64) -> Places {
    let mut places = Places::since(None, since(change, None), (START, TOMORROW), START);
    places.learn(Hashed::default(), [county()].into());
    places
}

#[test]
fn what_is_touched_is_asked_anew_and_nothing_else() {
    let sites = [facts::id("county"), facts::id("town")];
    let after = |names: &[&str]| Places::since(Some(&known(7)), since(9, Some(names)), (START, TOMORROW), START);
    let lacks = |names: &[&str]| after(names).lacking(&sites).len();
    assert_eq!(lacks(&[]), 1);
    assert_eq!(lacks(&["sites/town", "reservations/r1", "offers/o1", "experts/e1", "activities/a1"]), 1);
    for touched in [
        "sites/county",
        "sites/county/rooms/c1",
        "closures/flood",
        "assistants/a1",
        "credentials/p1",
        // As nobody names anything: for safety's sake.
        "sites/",
        "sessions/",
    ] {
        assert_eq!(lacks(&["reservations/r1", touched]), 2, "{touched}");
    }
    assert_eq!(after(&["sessions/s1", "reservations/r1", "sessions/s1"]).changed(), [facts::id("s1")]);
    // Of nothing that is known nothing can have changed.
    assert!(after(&["sessions/s1", "sites/county"]).changed().is_empty());
}

/// Who and what is taken at the site near a window.
fn taken_near(places: &Places, window: (Timestamp, Timestamp)) -> Vec<String> {
    let mut snapshot = Snapshot::default();
    places.describe(&[facts::id("county")], window, &mut snapshot);
    let mut taken: Vec<String> = snapshot.busy.keys().map(homecoming::sessions::Resource::key).collect();
    taken.sort();
    taken
}

#[test]
fn what_a_session_takes_is_replaced() {
    let mut places = Places::since(Some(&known(7)), since(8, Some(&["sessions/own"])), (START, TOMORROW), START);
    let mut moved = facts::draft();
    moved.room = Some(facts::id("c2"));
    let taken = moved.resources().into_iter().map(|resource| (resource, vec![Busy::of(&moved)])).collect();
    places.learn(taken, [].into());
    // Experts are asked for by every search.
    assert_eq!(taken_near(&places, (START, TOMORROW)), ["assistants/a1", "sites/county/rooms/c2"]);
    assert!(places.changed().is_empty());
    let (week, later) = (7 * DAY, |minutes| (START.plus_minutes(minutes), TOMORROW.plus_minutes(minutes)));
    assert!(taken_near(&places, later(week)).is_empty(), "what is far from a window doesn't matter in it");
    assert!(taken_near(&places, later(-week)).is_empty());
}

#[test]
fn what_holds_no_more_is_left() {
    let site = [facts::id("county")];
    let knows = |kept: &Places, change, names: Option<&[&str]>, window, now| {
        Places::since(Some(kept), since(change, names), window, now).lacking(&site).is_empty()
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
    let county = [facts::id("county")];
    for change in [3, 7, 5] {
        atlas.keep(&programme(0), known(change), &county);
    }
    let kept = || atlas.of(&programme(0)).unwrap();
    assert_eq!(kept().as_of().unwrap().sequence, 7);
    atlas.keep(&programme(0), Places::since(None, since(7, None), (START, TOMORROW), START), &[]);
    assert!(kept().lacking(&county).is_empty(), "who knows less comes too late");
    atlas.keep(&programme(0), Places::since(None, since(8, None), (START, TOMORROW), START), &[]);
    assert!(!kept().lacking(&county).is_empty(), "unless it is newer");
    atlas.keep(&programme(1), Places::within((START, TOMORROW)), &county);
    assert!(atlas.of(&programme(1)).is_none(), "what was asked for one question isn't kept");
    for number in 1..200 {
        atlas.keep(&programme(number), known(1), &county);
    }
    let kept = (0..200).filter(|number| atlas.of(&programme(*number)).is_some()).count();
    assert_eq!(kept, 64);
}

#[test]
fn of_too_many_sites_those_of_the_last_search_are_kept() {
    let atlas = Atlas::default();
    let (_, there) = county();
    let id = |number: usize| Id::parse(&format!("s{number:03}")).unwrap();
    let mut places = known(7);
    places.learn(Hashed::default(), (0..400).map(|number| (id(number), there.clone())).collect());
    let last = [id(3), id(7)];
    atlas.keep(&facts::id("liling"), places, &last);
    let kept = atlas.of(&facts::id("liling")).unwrap();
    assert!(kept.lacking(&last).is_empty());
    assert_eq!(kept.lacking(&[id(4), facts::id("county")]).len(), 2);
}
