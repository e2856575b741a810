//! What the demo says the patients' trips would have been: who would have gone along, what speaks for it, what was billed. Pure.
//!
//! Every price is an assumption of the demo, dated and marked as one: Liling lies some 100 km east of Changsha. The counts and the
//! flat amounts of the county's method are made up so that its figure is the published one in round words, and the headline shows
//! what of it can be said by receipts, tariffs and evidence.

use crate::activities::Performer;
use crate::kernel::{Date, Fen, Residence, SessionKind};
use crate::savings::bill::{Settled, Terms, price};
use crate::savings::{Cases, Component, EvidenceGrade, PersonClass, TravelMode, Unit};

use super::dice::Dice;
use super::plan::{Deed, Outcome, Plan, Session};
use super::{PURPOSE_TRIP, day};

/// The county's code, where its hospital is too.
pub(super) const COUNTY: &str = "430281";
/// Changsha, where the far hospitals are.
pub(super) const FAR: &str = "430100";
/// A neighbouring county, from which some patients come.
pub(super) const NEIGHBOUR: &str = "430223";

/// A trip that a patient did not make, or made in vain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trip {
    /// The activity's id, or the session's with `-in-vain`.
    pub id: String,
    /// The activity that it was for; none: somebody came in vain.
    pub activity: Option<String>,
    /// Index into the plan's sessions.
    pub session: usize,
    /// The token of who came in vain; else the activity's patient.
    pub token: Option<String>,
    /// Whether the patient lives in the neighbouring county.
    pub from_nearby: bool,
    /// The operation's grade; none: a consultation.
    pub grade: Option<u8>,
    /// How it is known that the trip would have been made.
    pub evidence: EvidenceGrade,
    /// Whether somebody goes along, and whether the patient earns.
    pub household: (bool, bool),
    /// Whether it was a follow-up.
    pub follow_up: bool,
    /// How many days later the patient travelled on; none: never, as far as is known.
    pub onward: Option<u32>,
    /// What the county's hospital settled; none: it sent no bill.
    pub bill: Option<Settled>,
}

/// The trips of everything that was done to a patient with a token and counts, and of those who came to sessions that weren't held.
pub(super) fn trips(plan: &Plan) -> Vec<Trip> {
    let mut trips = Vec::new();
    for (index, session) in plan.sessions.iter().enumerate() {
        match session.outcome {
            Outcome::Held => trips.extend(of_session(index, session)),
            Outcome::NotHeld if session.kind == SessionKind::Clinic => trips.push(in_vain(index, session)),
            Outcome::NotHeld | Outcome::Confirmed | Outcome::Cancelled => {}
        }
    }
    trips
}

fn of_session(index: usize, session: &Session) -> Vec<Trip> {
    let of = |(place, activity): (usize, &super::plan::Activity)| {
        let (patient, grade) = match &activity.deed {
            Deed::Consultation(patient) => (patient, None),
            Deed::Operation(case) if case.performer != Performer::Local => (&case.patient, Some(case.grade)),
            Deed::Operation(_) | Deed::Headcount { .. } | Deed::Lesson { .. } => return None,
        };
        let mut dice = dice(index, place);
        let operated = grade.is_some();
        let evidence = match dice.roll(10) {
            0..3 => EvidenceGrade::K1,
            3..6 => EvidenceGrade::K2,
            _ => EvidenceGrade::K3,
        };
        Some(Trip {
            id: activity.id.clone(),
            activity: Some(activity.id.clone()),
            session: index,
            token: None,
            from_nearby: patient.residence == Residence::Neighbouring,
            grade,
            evidence,
            household: (operated || dice.once_in(3), dice.once_in(2)),
            follow_up: !operated && dice.once_in(5),
            onward: (operated && dice.once_in(40)).then(|| 3 + dice.roll(24)),
            bill: grade.filter(|_| dice.roll(10) < 6).and_then(|grade| settled(grade, &mut dice)),
        })
    };
    session.activities.iter().enumerate().filter_map(of).collect()
}

/// One patient hadn't heard that the session wouldn't be held.
fn in_vain(index: usize, session: &Session) -> Trip {
    Trip {
        id: format!("{}-in-vain", session.id),
        activity: None,
        session: index,
        token: Some(format!("demo-in-vain-{index:06}")),
        from_nearby: false,
        grade: None,
        evidence: EvidenceGrade::K3,
        household: (false, dice(index, 0).once_in(2)),
        follow_up: false,
        onward: None,
        bill: None,
    }
}

fn dice(session: usize, place: usize) -> Dice {
    let number = |it: usize| u64::try_from(it).unwrap_or_default();
    Dice::of(PURPOSE_TRIP, number(session) * 100 + number(place))
}

/// What the county's hospital settled: somewhat around half of the far hospital's bill, by the county's terms.
fn settled(grade: u8, dice: &mut Dice) -> Option<Settled> {
    let percent = i64::from(42 + dice.roll(26));
    let total = Fen::new(far_bill(grade).base / 100 * percent);
    let terms = Terms {
        scope_bp: 9_000,
        deductible_left: Fen::new(50_000),
        ratio_bp: 7_500,
        cap_left: None,
        assistance: Fen::ZERO,
    };
    let priced = price(total, &terms).ok()?;
    Some(Settled {
        total,
        in_scope: priced.in_scope,
        deductible: terms.deductible_left,
        fund_paid: priced.fund,
        assistance: Fen::ZERO,
        cash: priced.out_of_pocket,
    })
}

/// What care of a grade is assumed to cost at the far hospital, in fen.
const fn far_bill(grade: u8) -> Cases<i64> {
    match grade {
        0..=2 => Cases::new(900_000, 1_200_000, 1_600_000),
        3 => Cases::new(1_700_000, 2_200_000, 2_900_000),
        _ => Cases::new(2_900_000, 3_800_000, 5_200_000),
    }
}

/// The item of a grade, as the demo's tariffs name it.
pub(super) fn item(grade: u8) -> String {
    format!("grade-{}", grade.max(2))
}

/// One assumed price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// Its id within its years.
    pub id: String,
    /// What is priced.
    pub component: Component,
    /// Where the journey begins; may be empty.
    pub origin: &'static str,
    /// Where the price holds; may be empty.
    pub destination: &'static str,
    /// By what.
    pub mode: Option<TravelMode>,
    /// For whom.
    pub person_class: PersonClass,
    /// Which care; may be empty.
    pub item: String,
    /// Low, base and high.
    pub values: Cases<i64>,
    /// First day.
    pub from: Date,
    /// First day after it; none: no end is known.
    pub until: Option<Date>,
}

/// The demo's prices: those of the first years, then dearer ones.
pub(super) fn prices() -> Vec<Price> {
    let change = day(2021, 1, 1);
    let years = [("2017", day(2017, 1, 1), Some(change), 100), ("2021", change, None, 115)];
    let mut prices = Vec::new();
    for (label, from, until, percent) in years {
        let mut add = |id: &str,
                       component: Component,
                       (origin, destination): (&'static str, &'static str),
                       mode,
                       person_class,
                       item: &str,
                       values: Cases<i64>| {
            let values = match component.unit() {
                Unit::BasisPoints => values,
                Unit::FenPerLeg | Unit::FenPerNight | Unit::FenPerDay | Unit::FenPerEncounter => {
                    values.map(|value| value * percent / 100)
                }
            };
            let (id, item) = (format!("{id}-{label}"), item.to_owned());
            prices.push(Price { id, component, origin, destination, mode, person_class, item, values, from, until });
        };
        for (home, fare, local) in [
            (COUNTY, Cases::new(2_500, 3_900, 6_000), Cases::new(200, 600, 1_200)),
            (NEIGHBOUR, Cases::new(4_500, 6_800, 9_500), Cases::new(1_200, 2_200, 3_500)),
        ] {
            let adult = PersonClass::Adult;
            add(&format!("fare-{home}"), Component::Fare, (home, FAR), Some(TravelMode::Rail), adult, "", fare);
            let feeder = Cases::new(800, 2_000, 4_000);
            add(&format!("feeder-{home}"), Component::Feeder, (home, ""), Some(TravelMode::Taxi), adult, "", feeder);
            let near = (home, COUNTY);
            add(&format!("local-{home}"), Component::LocalFare, near, Some(TravelMode::Bus), adult, "", local);
            let wage = Cases::new(8_000, 12_000, 18_000);
            add(&format!("wage-{home}"), Component::WageDay, (home, ""), None, PersonClass::Any, "", wage);
        }
        let far = ("", FAR);
        let any = PersonClass::Any;
        add("room", Component::RoomNight, far, None, any, "", Cases::new(10_000, 16_000, 26_000));
        add("meals", Component::MealDay, far, None, any, "", Cases::new(1_500, 3_500, 6_000));
        for grade in 2..=4 {
            let item = item(grade);
            add(&format!("bill-{item}"), Component::EncounterBill, far, None, any, &item, far_bill(grade));
        }
        let insured = PersonClass::ResidentInsured;
        add("scope", Component::Scope, far, None, insured, "", Cases::new(8_000, 8_500, 9_000));
        add("deductible", Component::Deductible, far, None, insured, "", Cases::new(120_000, 150_000, 200_000));
        add("ratio", Component::FundRatio, far, None, insured, "", Cases::new(5_500, 6_000, 6_500));
    }
    prices
}
