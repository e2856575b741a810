//! The demo's hospitals, experts, assistants and pairings. Everybody is made up and numbered; nobody has a name.

use chrono::Days;

use crate::experts::HomeTieKind;
use crate::kernel::{Date, Specialty};

use super::dice::Dice;
use super::places::{COUNTY_HOSPITALS, Site};
use super::{AS_OF, FIRST_DAY, FIRST_EXPERTS, HOME_HOSPITALS, PURPOSE_EXPERT, ROSTER, specialties};

/// A provincial key hospital, home of some of the experts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hospital {
    /// `hospital-01`.
    pub id: String,
    /// Numbered, not named.
    pub display_name: String,
}

/// A visiting expert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expert {
    /// `expert-001`.
    pub id: String,
    /// `专家 001`.
    pub display_name: String,
    /// Index into the plan's hospitals.
    pub hospital: usize,
    /// The one specialty practised here.
    pub specialty: &'static str,
    /// Why this county.
    pub tie: HomeTieKind,
    /// First day on the roster; nobody has left it.
    pub joined: Date,
    /// Whom the expert works with and where, in order, the first from `joined`; each ends when the next begins.
    pub hosts: Vec<Host>,
}

/// A time of an expert's at a site, with an assistant stationed there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// First day.
    pub from: Date,
    /// First day that is no longer part of it; none while it lasts.
    pub until: Option<Date>,
    /// Index into the plan's sites.
    pub site: usize,
    /// Index into the plan's assistants.
    pub assistant: usize,
}

/// A local clinician stationed at a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assistant {
    /// `assistant-001`.
    pub id: String,
    /// `助手 001`.
    pub display_name: String,
    /// Index into the plan's sites.
    pub site: usize,
    /// The specialty of the first expert that the assistant was paired with.
    pub specialty: &'static str,
    /// From when on.
    pub since: Date,
}

impl Expert {
    /// Where and with whom the expert works on a day; none before joining.
    pub fn host_on(&self, day: Date) -> Option<&Host> {
        self.hosts.iter().rev().find(|host| host.from <= day)
    }

    /// Whether the expert operates.
    pub fn operates(&self) -> bool {
        !specialties::operations(self.specialty).is_empty()
    }
}

/// The fifteen home hospitals.
pub(super) fn hospitals() -> Vec<Hospital> {
    let numbered = |number| Hospital {
        id: format!("hospital-{number:02}"),
        display_name: format!("省级重点医院 {number:02}（合成）"),
    };
    (1..=HOME_HOSPITALS).map(numbered).collect()
}

/// All experts in the order in which they joined, each with an assistant of the same number.
pub(super) fn experts_and_assistants(sites: &[Site]) -> (Vec<Expert>, Vec<Assistant>) {
    let (mut experts, mut assistants): (Vec<Expert>, Vec<Assistant>) = (Vec::new(), Vec::new());
    for index in 0..ROSTER {
        let mut dice = Dice::of(PURPOSE_EXPERT, u64::from(index));
        let joined = joined(index);
        let specialty = specialty(&mut dice);
        let site = first_site(sites, specialty, index, &mut dice);
        let number = index + 1;
        let assistant = assistants.len();
        assistants.push(Assistant {
            id: format!("assistant-{number:03}"),
            display_name: format!("助手 {number:03}"),
            site,
            specialty,
            since: joined,
        });
        let mut hosts = vec![Host { from: joined, until: None, site, assistant }];
        hosts.extend(next_host(sites, &assistants, specialty, joined, &mut dice).filter(|_| site == 0));
        if let [first, second] = hosts.as_mut_slice() {
            first.until = Some(second.from);
        }
        experts.push(Expert {
            id: format!("expert-{number:03}"),
            display_name: format!("专家 {number:03}"),
            hospital: hospital(index, &mut dice),
            specialty,
            tie: tie(index, &mut dice),
            joined,
            hosts,
        });
    }
    (experts, assistants)
}

/// The first experts together, the others one by one until a month before the day of the figures.
fn joined(index: u32) -> Date {
    let Some(later) = index.checked_sub(FIRST_EXPERTS) else { return FIRST_DAY };
    let days = AS_OF.signed_duration_since(FIRST_DAY).num_days().unsigned_abs() - 30;
    FIRST_DAY + Days::new(14 + (days - 14) * u64::from(later) / u64::from(ROSTER - FIRST_EXPERTS))
}

/// Every hospital has an expert early; after that the first five have about half of them.
fn hospital(index: u32, dice: &mut Dice) -> usize {
    let number = match index {
        0..HOME_HOSPITALS => index,
        _ if dice.once_in(2) => dice.roll(5),
        _ => dice.roll(HOME_HOSPITALS),
    };
    usize::try_from(number).unwrap_or_default()
}

fn specialty(dice: &mut Dice) -> &'static str {
    let mut throw = dice.roll(specialties::FIELDS.iter().map(|field| field.weight).sum());
    let chosen = specialties::FIELDS.iter().find(|field| match throw.checked_sub(field.weight) {
        Some(rest) => {
            throw = rest;
            false
        }
        None => true,
    });
    chosen.map_or("03", |field| field.code)
}

fn tie(index: u32, dice: &mut Dice) -> HomeTieKind {
    if index < FIRST_EXPERTS {
        return HomeTieKind::Born;
    }
    match dice.roll(10) {
        0..4 => HomeTieKind::Born,
        4..6 => HomeTieKind::Ancestral,
        6 => HomeTieKind::Studied,
        7 => HomeTieKind::Worked,
        8 => HomeTieKind::SpouseHome,
        _ => HomeTieKind::MenteeHere,
    }
}

/// The general county hospital for those who operate and for critical care; the others ever more often a township.
fn first_site(sites: &[Site], specialty: &str, index: u32, dice: &mut Dice) -> usize {
    if !moves_to_townships(specialty) {
        return 0;
    }
    let joined = joined(index);
    let years = joined.signed_duration_since(FIRST_DAY).num_days().unsigned_abs() / 366;
    let township_in_ten = u32::try_from(years).unwrap_or_default() + 2;
    match dice.roll(10) {
        throw if joined > FIRST_DAY && throw < township_in_ten => {
            // One after the other, so that none is left out.
            let licensed: Vec<usize> = townships(sites, specialty).collect();
            let turn = usize::try_from(index).unwrap_or_default().checked_rem(licensed.len());
            turn.and_then(|turn| licensed.get(turn)).copied().unwrap_or_default()
        }
        _ if specialty == "50" => 1,
        _ => 0,
    }
}

/// A move from the county hospital to a township between the third and the seventh year, where an assistant works.
fn next_host(sites: &[Site], assistants: &[Assistant], specialty: &str, joined: Date, dice: &mut Dice) -> Option<Host> {
    let from = FIRST_DAY + Days::new(730 + u64::from(dice.roll(1600)));
    if !moves_to_townships(specialty) || from <= joined {
        return None;
    }
    let at_licensed = |site: usize| townships(sites, specialty).any(|licensed| licensed == site);
    let stationed: Vec<usize> = assistants
        .iter()
        .enumerate()
        .filter(|(_, assistant)| assistant.since <= from && at_licensed(assistant.site))
        .map(|(index, _)| index)
        .collect();
    let assistant = *dice.pick(&stationed)?;
    Some(Host { from, until: None, site: assistants.get(assistant)?.site, assistant })
}

fn moves_to_townships(specialty: &str) -> bool {
    specialty != "28" && specialties::operations(specialty).is_empty()
}

fn townships<'a>(sites: &'a [Site], specialty: &'a str) -> impl Iterator<Item = usize> + 'a {
    let wanted = Specialty::parse(specialty).ok();
    let licensed =
        move |site: &Site| wanted.as_ref().is_some_and(|one| site.licensed.iter().any(|own| own.covers(one)));
    sites.iter().enumerate().skip(COUNTY_HOSPITALS).filter(move |(_, site)| licensed(site)).map(|(index, _)| index)
}
