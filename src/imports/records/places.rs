//! Rows of hospitals, sites and rooms.

use crate::hospitals::{CreditCode, HospitalLevel};
use crate::imports::headers::Column;
use crate::imports::record::{Key, Line};
use crate::kernel::{Reason, Specialty, Zone};
use crate::sites::{DivisionCode, RoomKind, SiteLevel};

/// A hospital 医院.
#[derive(Clone, Debug)]
pub struct HospitalRecord {
    /// Its official name.
    pub display_name: String,
    /// Others.
    pub aliases: Vec<String>,
    /// What kind it is.
    pub level: HospitalLevel,
    /// Its city; empty: not known.
    pub city: String,
    /// 统一社会信用代码.
    pub credit_code: Option<CreditCode>,
}

/// A site 服务点.
#[derive(Clone, Debug)]
pub struct SiteRecord {
    /// Its name.
    pub display_name: String,
    /// The institution it belongs to, by number or name.
    pub hospital: Option<Key>,
    /// What kind it is.
    pub level: SiteLevel,
    /// 统一社会信用代码.
    pub institution_code: Option<CreditCode>,
    /// Where it is.
    pub division_code: DivisionCode,
    /// Its zone; `None`: the programme's.
    pub zone: Option<Zone>,
    /// 诊疗科目.
    pub licensed_specialties: Vec<Specialty>,
    /// Empty: not known.
    pub address: String,
}

/// A room of a site.
#[derive(Clone, Debug)]
pub struct RoomRecord {
    /// The site, by number or name.
    pub site: Key,
    /// The room's own number.
    pub id: Key,
    /// Its name.
    pub display_name: String,
    /// What it can be used for.
    pub kinds: Vec<RoomKind>,
    /// Minutes between two sessions.
    pub turnover_minutes: i64,
}

/// Reads a hospital.
pub fn hospital(line: &mut Line<'_>) -> Option<(Key, HospitalRecord)> {
    let key = line.key(Column::Id);
    let display_name = line.text(Column::DisplayName, 100);
    let aliases = line.list(Column::Aliases, 20, 100);
    let level = line.choice(Column::Level);
    let city = line.text_or_empty(Column::City, 50);
    let credit_code = credit_code(line);
    Some((key?, HospitalRecord { display_name: display_name?, aliases, level: level?, city, credit_code }))
}

/// Reads a site.
pub fn site(line: &mut Line<'_>) -> Option<(Key, SiteRecord)> {
    let key = line.key(Column::Id);
    let display_name = line.text(Column::DisplayName, 100);
    let hospital = line.key(Column::Hospital);
    let level = line.choice(Column::Level);
    let institution_code = credit_code(line);
    let division_code = line.shaped(Column::DivisionCode, Reason::Malformed, DivisionCode::SHAPE, DivisionCode::parse);
    let zone = line.shaped(Column::Zone, Reason::UnknownValue, "not an IANA zone such as Asia/Shanghai", Zone::parse);
    let licensed_specialties = line.specialties(Column::Specialties, 200);
    let address = line.text_or_empty(Column::Address, 200);
    let record = SiteRecord {
        display_name: display_name?,
        hospital,
        level: level?,
        institution_code,
        division_code: division_code?,
        zone,
        licensed_specialties,
        address,
    };
    Some((key?, record))
}

/// Reads a room; its key has the site's number in it.
pub fn room(line: &mut Line<'_>) -> Option<(Key, RoomRecord)> {
    let site = line.key(Column::Site);
    let id = line.key(Column::Id);
    let display_name = line.text(Column::DisplayName, 60);
    let kinds = line.choices(Column::RoomKinds);
    let turnover_minutes = line.count(Column::TurnoverMinutes, 0..=480).unwrap_or(0);
    let (site, id) = (site?, id?);
    let key = Key::of_parts(&[site.as_str(), id.as_str()]);
    Some((key, RoomRecord { site, id, display_name: display_name?, kinds, turnover_minutes }))
}

fn credit_code(line: &mut Line<'_>) -> Option<CreditCode> {
    line.shaped(Column::CreditCode, Reason::Malformed, CreditCode::SHAPE, CreditCode::parse)
}
