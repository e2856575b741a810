//! The county's real townships and the sites that the demo puts there. The places are published; the institutions are
//! made up and numbered, and nothing here is what any of them really has.

use crate::kernel::{Specialty, Vocabulary as _};
use crate::sites::{RoomKind, SiteLevel};

use super::specialties;

/// Division codes of GB/T 2260 (six digits: the county) and its townships (nine digits), with the header
/// `division_code,name`.
const PLACES: &str = include_str!("../../data/liling_places.csv");

/// How many county hospitals the demo has: a general one, then one of Chinese medicine.
pub(super) const COUNTY_HOSPITALS: usize = 2;

/// A place where the demo's sessions happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// `county-hospital-01` or `site-` and the division code.
    pub id: String,
    /// The place's name and the kind of institution.
    pub display_name: String,
    /// By the division code.
    pub level: SiteLevel,
    /// Six digits for the county, nine for a township or a street.
    pub division_code: String,
    /// Specialties that it is licensed for.
    pub licensed: Vec<Specialty>,
    /// Its rooms: at least one for clinics everywhere, theatres in the county's hospitals only.
    pub rooms: Vec<Room>,
    /// Travel from the first county hospital, one way, in minutes; 0 for itself.
    pub minutes_from_county: u32,
}

/// A room of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Unique within its site, such as `clinic-01`.
    pub id: String,
    /// What it is used for.
    pub kind: RoomKind,
}

/// The county hospitals, then every street and town in the order of the published codes.
pub(super) fn sites() -> Vec<Site> {
    let places = || PLACES.lines().skip(1).filter_map(|line| line.split_once(','));
    let county = places()
        .find(|(code, _)| code.len() == 6)
        .into_iter()
        .flat_map(|(code, name)| (1..=COUNTY_HOSPITALS).map(move |number| county_hospital(number, code, name)));
    let townships = places().filter_map(|(code, name)| Some((township_level(code)?, code, name)));
    let townships = townships.enumerate().map(|(index, (level, code, name))| township(index, level, code, name));
    county.chain(townships).collect()
}

/// Within a county, GB/T 10114 numbers streets 001–099 and towns 100–199; 400 and above are development zones and the
/// like, which have no health centre of their own.
fn township_level(code: &str) -> Option<SiteLevel> {
    let number: u32 = code.get(6..)?.parse().ok()?;
    match number {
        1..100 => Some(SiteLevel::CommunityCentre),
        100..200 => Some(SiteLevel::TownshipHealthCentre),
        _ => None,
    }
}

fn county_hospital(number: usize, code: &str, name: &str) -> Site {
    let (kind, licensed) = match number {
        1 => ("市级医院", specialties::COUNTY),
        _ => ("市级中医医院", specialties::COUNTY_CHINESE_MEDICINE),
    };
    Site {
        id: format!("county-hospital-{number:02}"),
        display_name: format!("{name}{kind} {number:02}（合成）"),
        level: SiteLevel::CountyHospital,
        division_code: code.to_owned(),
        licensed: specialties::parse(licensed),
        rooms: rooms(&[
            (RoomKind::Clinic, 24),
            (RoomKind::Operating, 8),
            (RoomKind::Ward, 12),
            (RoomKind::Lecture, 4),
            (RoomKind::Telemedicine, 2),
        ]),
        minutes_from_county: if number == 1 { 0 } else { 15 },
    }
}

fn township(index: usize, level: SiteLevel, code: &str, name: &str) -> Site {
    let in_town = level == SiteLevel::CommunityCentre;
    let (kind, licensed) = match in_town {
        true => ("社区卫生服务中心", specialties::COMMUNITY),
        false => ("卫生院", specialties::TOWNSHIP),
    };
    let spread = u32::try_from(index).unwrap_or_default();
    Site {
        id: format!("site-{code}"),
        display_name: format!("{name}{kind}（合成）"),
        level,
        division_code: code.to_owned(),
        licensed: specialties::parse(licensed),
        rooms: rooms(&[(RoomKind::Clinic, 3), (RoomKind::Ward, 2), (RoomKind::Lecture, 1)]),
        // Streets are in town, towns up to an hour away; the minutes are made up.
        minutes_from_county: if in_town { 8 + spread * 2 } else { 20 + spread * 11 % 37 },
    }
}

fn rooms(counts: &[(RoomKind, u32)]) -> Vec<Room> {
    let numbered = |(kind, count): &(RoomKind, u32)| {
        let (kind, word) = (*kind, kind.code().to_ascii_lowercase());
        (1..=*count).map(move |number| Room { id: format!("{word}-{number:02}"), kind })
    };
    counts.iter().flat_map(numbered).collect()
}
