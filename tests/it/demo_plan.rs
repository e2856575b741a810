//! The demo's plan, without any database: published totals to the unit, nobody and nothing twice, always the same.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{Datelike as _, Days, NaiveTime};
use homecoming::activities::Performer;
use homecoming::demo::{
    AS_OF, DECLARED_SAVINGS_ABOVE_FEN, Deed, FIRST_DAY, FIRST_EXPERTS, HOME_HOSPITALS, OPERATION_CASES, Outcome, Plan,
    ROSTER, SITTINGS, Session, apportion,
};
use homecoming::experts::HomeTieKind;
use homecoming::kernel::{Date, HalfDay, Id, Residence, SessionKind, Zone};
use homecoming::sites::SiteLevel;
use proptest::prelude::*;

fn plan() -> Plan {
    Plan::new(AS_OF)
}

fn held(plan: &Plan) -> impl Iterator<Item = &Session> {
    plan.sessions.iter().filter(|session| session.outcome == Outcome::Held)
}

fn deeds(plan: &Plan) -> impl Iterator<Item = &Deed> {
    plan.sessions.iter().flat_map(|session| session.activities.iter().map(|activity| &activity.deed))
}

#[test]
fn the_roster_grows_from_25_born_here_to_232_of_15_hospitals() {
    let plan = plan();
    let on = |day: Date| plan.experts.iter().filter(|expert| expert.joined <= day).count();
    assert_eq!((on(FIRST_DAY), on(AS_OF)), (FIRST_EXPERTS as usize, ROSTER as usize));
    assert!(plan.experts.iter().take(25).all(|expert| expert.tie == HomeTieKind::Born));
    let hospitals: HashSet<usize> = plan.experts.iter().map(|expert| expert.hospital).collect();
    assert_eq!((hospitals.len(), plan.hospitals.len()), (HOME_HOSPITALS as usize, HOME_HOSPITALS as usize));
    let by_year: Vec<usize> = (2017..2024).map(|year| on(Date::from_ymd_opt(year, 12, 31).unwrap())).collect();
    assert!(by_year.is_sorted_by(|earlier, later| earlier < later), "{by_year:?}");
}

#[test]
fn sittings_and_operation_cases_are_the_published_ones_to_the_unit() {
    let plan = plan();
    let mut sittings = HashSet::new();
    let clinics = held(&plan).filter(|session| session.kind == SessionKind::Clinic);
    for session in clinics {
        assert!(session.date < AS_OF);
        assert!(sittings.insert((session.expert, session.site, session.date, session.half_day)), "{}", session.id);
    }
    assert_eq!(sittings.len(), SITTINGS as usize);
    let performers = deeds(&plan).filter_map(|deed| match deed {
        Deed::Operation(case) => Some(case.performer),
        Deed::Headcount { .. } | Deed::Consultation(_) | Deed::Lesson { .. } => None,
    });
    let (local, counted): (Vec<_>, Vec<_>) = performers.partition(|performer| *performer == Performer::Local);
    assert_eq!(counted.len(), OPERATION_CASES as usize);
    assert!(!local.is_empty(), "succession shows in cases that don't count");
}

#[test]
fn there_are_some_twelve_consultations_a_sitting() {
    let consultations: u32 = deeds(&plan())
        .map(|deed| match deed {
            Deed::Headcount { patients, .. } => *patients,
            Deed::Consultation(_) => 1,
            Deed::Operation(_) | Deed::Lesson { .. } => 0,
        })
        .sum();
    let mean = f64::from(consultations) / f64::from(SITTINGS);
    assert!((11.5..12.5).contains(&mean), "{mean}");
}

#[test]
fn every_site_has_sittings() {
    let plan = plan();
    let sites: HashSet<usize> =
        held(&plan).filter(|session| session.kind == SessionKind::Clinic).map(|session| session.site).collect();
    assert_eq!(sites.len(), plan.sites.len());
}

#[test]
fn the_declared_saving_is_just_above_the_published_one_and_partly_for_neighbours() {
    let mut by_residence: HashMap<Residence, i64> = HashMap::new();
    for deed in deeds(&plan()) {
        let patient = match deed {
            Deed::Operation(case) => &case.patient,
            Deed::Consultation(patient) => patient,
            Deed::Headcount { .. } | Deed::Lesson { .. } => continue,
        };
        *by_residence.entry(patient.residence).or_default() += patient.declared_saving_fen.unwrap_or_default();
    }
    let total: i64 = by_residence.values().sum();
    assert!((DECLARED_SAVINGS_ABOVE_FEN..DECLARED_SAVINGS_ABOVE_FEN + 100_000_000).contains(&total), "{total}");
    assert!(by_residence[&Residence::OwnCounty] > by_residence[&Residence::Neighbouring]);
    assert!(by_residence[&Residence::Neighbouring] > 0);
}

#[test]
fn sessions_drift_from_the_county_hospital_to_the_townships() {
    let plan = plan();
    let mut by_year: BTreeMap<i32, (u32, u32)> = BTreeMap::new();
    for session in held(&plan).filter(|session| session.kind == SessionKind::Clinic) {
        let (all, township) = by_year.entry(session.date.year()).or_default();
        *all += 1;
        *township += u32::from(plan.sites[session.site].level != SiteLevel::CountyHospital);
    }
    let percent: Vec<u32> = by_year.values().map(|(all, township)| township * 100 / all).collect();
    let (last, whole_years) = percent.split_last().unwrap();
    assert!(whole_years.is_sorted(), "{percent:?}");
    assert!(percent[0] <= 10 && *last > 50, "{percent:?}");
}

#[test]
fn every_kind_and_every_outcome_is_there() {
    let plan = plan();
    let kinds: HashSet<SessionKind> = held(&plan).map(|session| session.kind).collect();
    assert_eq!(kinds.len(), 9);
    let count = |outcome: Outcome| plan.sessions.iter().filter(|session| session.outcome == outcome).count();
    let counts = [Outcome::Cancelled, Outcome::NotHeld, Outcome::Confirmed].map(count);
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
    let without_consent = held(&plan).filter(|session| session.consent.is_none()).count();
    let without_assistant = held(&plan).filter(|session| session.assistant.is_none()).count();
    assert!((1..60).contains(&without_consent) && (1..60).contains(&without_assistant));
}

#[test]
fn only_what_was_held_has_deeds_and_people_are_numbers() {
    let plan = plan();
    let idle = plan.sessions.iter().filter(|session| session.outcome != Outcome::Held);
    assert!(idle.into_iter().all(|session| session.activities.is_empty()));
    for (index, expert) in plan.experts.iter().enumerate() {
        assert_eq!(expert.display_name, format!("专家 {:03}", index + 1));
    }
}

#[test]
fn every_id_is_valid_and_unique() {
    let plan = plan();
    let activities = plan.sessions.iter().flat_map(|session| session.activities.iter().map(|activity| &activity.id));
    let ids = plan.sites.iter().map(|site| &site.id);
    let ids = ids.chain(plan.visits.iter().map(|visit| &visit.id)).chain(plan.sessions.iter().map(|one| &one.id));
    let mut seen = HashSet::new();
    for id in ids.chain(activities) {
        assert!(Id::parse(id).is_ok(), "{id}");
        assert!(seen.insert(id), "{id} twice");
    }
}

#[test]
fn the_past_is_the_same_for_every_today() {
    let (one, other) = (plan(), Plan::new(AS_OF + Days::new(999)));
    assert_eq!(one, plan());
    let past = |plan: &Plan| held(plan).cloned().collect::<Vec<_>>();
    assert_eq!(past(&one), past(&other));
}

#[test]
fn experts_work_on_the_roster_where_they_are_hosted_and_licensed() {
    let plan = plan();
    let specialty = |index: usize| homecoming::kernel::Specialty::parse(plan.experts[index].specialty).unwrap();
    for session in &plan.sessions {
        let expert = &plan.experts[session.expert];
        assert!(expert.joined <= session.date);
        let site = &plan.sites[session.site];
        assert!(site.licensed.iter().any(|own| own.covers(&specialty(session.expert))), "{}", session.id);
        assert!(site.rooms.iter().any(|room| room.id == session.room));
        if session.kind != SessionKind::RemoteConsultation {
            assert_eq!(expert.host_on(session.date).map(|host| host.site), Some(session.site), "{}", session.id);
            let visit = &plan.visits[session.visit.unwrap()];
            assert_eq!((visit.expert, visit.site), (session.expert, session.site));
            assert!(visit.arrival < (session.date, session.start) && (session.date, session.end) < visit.departure);
        }
    }
    for (expert, assistant) in
        plan.experts.iter().flat_map(|expert| expert.hosts.iter().map(move |host| (expert, host)))
    {
        assert_eq!(plan.assistants[assistant.assistant].site, assistant.site, "{}", expert.id);
        assert!(plan.assistants[assistant.assistant].since <= assistant.from);
    }
}

/// Nobody and nothing twice, by time and for everything that was planned.
fn overlap(plan: &Plan) -> Option<String> {
    type Times = Vec<(Date, NaiveTime, NaiveTime, String)>;
    let mut by_resource: HashMap<(&str, usize, &str), Times> = HashMap::new();
    for session in &plan.sessions {
        let mut resources = vec![("expert", session.expert, ""), ("room", session.site, session.room.as_str())];
        resources.extend(session.assistant.map(|assistant| ("assistant", assistant, "")));
        for resource in resources {
            let times = by_resource.entry(resource).or_default();
            times.push((session.date, session.start, session.end, session.id.clone()));
        }
    }
    by_resource.into_values().find_map(|mut times| {
        times.sort();
        let clash = |pair: &[(Date, NaiveTime, NaiveTime, String)]| pair[0].0 == pair[1].0 && pair[1].1 < pair[0].2;
        times.windows(2).find(|pair| clash(pair)).map(|pair| format!("{} and {}", pair[0].3, pair[1].3))
    })
}

/// One expert's trips one after the other.
fn overlapping_trips(plan: &Plan) -> Option<String> {
    let mut by_expert: HashMap<usize, Vec<_>> = HashMap::new();
    for visit in &plan.visits {
        by_expert.entry(visit.expert).or_default().push((visit.arrival, visit.departure, visit.id.clone()));
    }
    by_expert.into_values().find_map(|mut trips| {
        trips.sort();
        trips.windows(2).find(|pair| pair[1].0 < pair[0].1).map(|pair| format!("{} and {}", pair[0].2, pair[1].2))
    })
}

#[test]
fn half_days_are_those_of_the_zone() {
    let plan = plan();
    let zone = Zone::parse(homecoming::demo::ZONE).unwrap();
    for session in &plan.sessions {
        for time in [session.start, session.end] {
            let instant = zone.instant(session.date, time);
            assert_eq!((zone.date_of(instant), zone.half_day_of(instant)), (session.date, session.half_day));
        }
        assert!(session.start < session.end);
    }
    assert!(plan.sessions.iter().any(|session| session.half_day == HalfDay::Afternoon));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn whatever_the_day_nothing_overlaps_and_the_coming_weeks_are_filled(days in 0_u64..20_000) {
        let today = AS_OF + Days::new(days);
        let plan = Plan::new(today);
        prop_assert_eq!(overlap(&plan), None);
        prop_assert_eq!(overlapping_trips(&plan), None);
        let monday = today - Days::new(u64::from(today.weekday().num_days_from_monday()));
        let to_come: Vec<_> = plan.sessions.iter().filter(|one| one.outcome == Outcome::Confirmed).collect();
        for week in [monday + Days::new(7), monday + Days::new(14)] {
            let inside = |session: &&&Session| week <= session.date && session.date < week + Days::new(7);
            prop_assert!(to_come.iter().filter(inside).count() >= 12);
        }
        for session in to_come {
            prop_assert!(session.date > today && session.assistant.is_some());
            prop_assert!(session.consent.as_ref().is_some_and(|consent| consent.heard.0 < today));
        }
    }

    #[test]
    fn a_coming_week_is_the_same_on_every_day_before_it(days in 0_u64..20_000, later in 1_u64..7) {
        let second_week = |plan: &Plan, monday: Date| -> Vec<Session> {
            plan.sessions.iter().filter(|one| one.date >= monday && one.outcome != Outcome::Held)
                .map(|one| Session { visit: None, ..one.clone() }).collect()
        };
        let monday = FIRST_DAY + Days::new(7 * 400) + Days::new(days / 7 * 7);
        let week_after_next = second_week(&Plan::new(monday + Days::new(later)), monday + Days::new(14));
        let next_week: Vec<Session> = second_week(&Plan::new(monday + Days::new(7)), monday + Days::new(14))
            .into_iter().filter(|one| one.date < monday + Days::new(21)).collect();
        prop_assert_eq!(week_after_next, next_week);
    }
}

proptest! {
    #[test]
    fn shares_sum_to_the_total_and_are_at_most_one_off(total in 0_u32..1_000_000, weights in prop::collection::vec(0_u32..1_000, 1..400)) {
        let whole: u32 = weights.iter().sum();
        let shares = apportion(total, &weights);
        prop_assert_eq!(shares.len(), weights.len());
        if whole == 0 {
            prop_assert!(shares.iter().all(|share| *share == 0));
        } else {
            prop_assert_eq!(shares.iter().sum::<u32>(), total);
            for (share, weight) in shares.iter().zip(&weights) {
                let exact = f64::from(total) * f64::from(*weight) / f64::from(whole);
                prop_assert!((f64::from(*share) - exact).abs() <= 1.0, "{} of {}", share, exact);
            }
        }
    }
}
