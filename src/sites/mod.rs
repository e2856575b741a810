//! Sites: where sessions happen, with their rooms, closures and the journeys between them.
//!
//! What isn't known stays unknown: a journey without minutes is no journey of zero minutes. Not here: who is at a site
//! (`assistants`, `sessions`), an operation's grade list (`sessions`).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::hospitals::CreditCode;
use crate::kernel::{
    Collection, Error, ExternalId, Id, Mask, Meta, Name, Reason, Result, Specialty, Timestamp, Zone, vocabulary,
};

pub mod commands;
pub mod queries;
pub mod reactions;
pub mod service;
pub mod store;
pub mod wire;

/// The collection `sites`.
pub enum Sites {}

impl Collection for Sites {
    const COLLECTION: &'static str = "sites";
}

/// The collection `closures`.
pub enum Closures {}

impl Collection for Closures {
    const COLLECTION: &'static str = "closures";
}

vocabulary! {
    /// What kind of place a site is; sessions and tallies are reported by it.
    pub enum SiteLevel: "SiteLevel" {
        /// 县级医院.
        CountyHospital = 1 => "COUNTY_HOSPITAL",
        /// 乡镇卫生院.
        TownshipHealthCentre = 2 => "TOWNSHIP_HEALTH_CENTRE",
        /// 社区卫生服务中心.
        CommunityCentre = 3 => "COMMUNITY_CENTRE",
        /// 村卫生室.
        VillageClinic = 4 => "VILLAGE_CLINIC",
        /// None of these, such as a school where a free clinic is held.
        Other = 5 => "OTHER",
    }
}

vocabulary! {
    /// What a room can be used for.
    pub enum RoomKind: "RoomKind" {
        /// 诊室.
        Clinic = 1 => "CLINIC",
        /// 手术室.
        Operating = 2 => "OPERATING",
        /// 病房.
        Ward = 3 => "WARD",
        /// 教室.
        Lecture = 4 => "LECTURE",
        /// 远程会诊室.
        Telemedicine = 5 => "TELEMEDICINE",
    }
}

vocabulary! {
    /// Why a site or room is closed.
    pub enum ClosureCause: "ClosureCause" {
        /// Repairs or rebuilding.
        Works = 1 => "WORKS",
        /// Equipment that is missing, broken or being serviced.
        Equipment = 2 => "EQUIPMENT",
        /// Nobody to run it.
        Staff = 3 => "STAFF",
        /// A holiday of the site itself.
        Holiday = 4 => "HOLIDAY",
        /// Infection control or an outbreak.
        Infection = 5 => "INFECTION",
        /// Flood, snow, landslide, power cut.
        Disaster = 6 => "DISASTER",
        /// An order or an inspection of an authority.
        Order = 7 => "ORDER",
        /// Closed for good.
        Ceased = 8 => "CEASED",
        /// Something else: the note says what.
        Other = 9 => "OTHER",
    }
}

/// A site 服务点.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// `programmes/{programme}/sites/{site}`.
    pub name: Name<Sites>,
    /// What can be changed.
    pub profile: Profile,
    /// Revision and times.
    pub meta: Meta,
}

/// The fields that an update can replace.
pub const FIELDS: &[&str] = &[
    "display_name",
    "hospital",
    "level",
    "institution_code",
    "division_code",
    "zone",
    "licensed_specialties",
    "rooms",
    "address",
    "external_ids",
];

/// What an update can replace.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// 1 to 100 characters.
    pub display_name: String,
    /// The hospital of the same programme that it is or belongs to, if recorded.
    pub hospital: Option<Id>,
    /// What kind of place it is.
    pub level: SiteLevel,
    /// 统一社会信用代码 of the institution, if known; sites may share it.
    pub institution_code: Option<CreditCode>,
    /// The county or township it is in.
    pub division_code: DivisionCode,
    /// In which its days and half-days are told.
    pub zone: Zone,
    /// 诊疗科目 it is licensed for, at most 100, by code; empty: no licence is recorded.
    pub licensed_specialties: Vec<Specialty>,
    /// At most 200, their ids unique, in the order in which they are shown.
    pub rooms: Vec<Room>,
    /// How to find it, at most 200 characters; empty: not known.
    pub address: String,
    /// At most 20 identifiers in other systems.
    pub external_ids: Vec<ExternalId>,
}

impl Profile {
    /// This profile with the fields of another that a mask has.
    pub fn updated(&self, mask: &Mask, with: &Self) -> Self {
        let pick = |field: &str| if mask.has(field) { with } else { self };
        Self {
            display_name: pick("display_name").display_name.clone(),
            hospital: pick("hospital").hospital.clone(),
            level: pick("level").level,
            institution_code: pick("institution_code").institution_code.clone(),
            division_code: pick("division_code").division_code.clone(),
            zone: pick("zone").zone,
            licensed_specialties: pick("licensed_specialties").licensed_specialties.clone(),
            rooms: pick("rooms").rooms.clone(),
            address: pick("address").address.clone(),
            external_ids: pick("external_ids").external_ids.clone(),
        }
    }

    /// How large it is in an answer, in bytes, at most.
    pub fn bytes(&self) -> usize {
        let room = |room: &Room| 40 + room.id.as_str().len() + room.display_name.len() + 2 * room.kinds.len();
        let external_ids = self.external_ids.iter().map(|id| 10 + id.system().len() + id.value().len());
        500 + self.display_name.len()
            + self.address.len()
            + self.licensed_specialties.len() * 10
            + self.rooms.iter().map(room).sum::<usize>()
            + external_ids.sum::<usize>()
    }

    /// The room with an id.
    pub fn room(&self, id: &Id) -> Option<&Room> {
        self.rooms.iter().find(|room| room.id == *id)
    }
}

/// A room of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Unique in its site.
    pub id: Id,
    /// 1 to 60 characters.
    pub display_name: String,
    /// At least one, none twice.
    pub kinds: Vec<RoomKind>,
    /// Minutes between two sessions, 0 to 480.
    pub turnover_minutes: i64,
}

/// `programmes/{programme}/sites/{site}/rooms/{room}`: rooms are read and changed with their site, and only the change log
/// and who objects to a removal name one by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomName {
    /// Whose room.
    pub site: Name<Sites>,
    /// Its id, unique in its site.
    pub room: Id,
}

impl RoomName {
    /// Reads a room's name.
    ///
    /// # Errors
    /// What the shape is, where the text has another.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let parsed = text
            .split_once("/rooms/")
            .and_then(|(site, room)| Some(Self { site: Name::parse(site).ok()?, room: Id::parse(room).ok()? }));
        parsed.ok_or("must be programmes/{programme}/sites/{site}/rooms/{room}")
    }
}

impl fmt::Display for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/rooms/{}", self.site, self.room)
    }
}

/// Refuses a room that a site doesn't have.
///
/// Errors: `ROOM_UNKNOWN`.
pub fn refuse_unknown_room(site: &Name<Sites>, rooms: &[Room], room: &Id) -> Result<()> {
    if rooms.iter().any(|each| each.id == *room) {
        return Ok(());
    }
    Err(Error::refused(Reason::RoomUnknown, "the site has no such room").with("name", site).with("room_id", room))
}

/// Whether a licence with these 诊疗科目 covers a specialty, by itself or by a parent.
pub fn covered(licensed: &[Specialty], specialty: &Specialty) -> bool {
    licensed.iter().any(|each| each.covers(specialty))
}

/// GB/T 2260: six digits for a county or county-level city, nine for a township or street.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DivisionCode(String);

impl TryFrom<String> for DivisionCode {
    type Error = &'static str;

    fn try_from(text: String) -> std::result::Result<Self, &'static str> {
        Self::parse(&text).ok_or(Self::SHAPE)
    }
}

impl From<DivisionCode> for String {
    fn from(code: DivisionCode) -> Self {
        code.0
    }
}

impl DivisionCode {
    /// What a valid code looks like, for the caller.
    pub const SHAPE: &'static str = "must be six digits (a county) or nine (a township), the first not 0";

    /// The code, if it has the shape.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        (digits && matches!(text.len(), 6 | 9)).then(|| Self(text.to_owned()))
    }

    /// Its digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The county that it is or lies in: its first six digits.
    pub fn county(&self) -> &str {
        self.0.get(..6).unwrap_or(&self.0)
    }

    /// What a field is read as that was refused: no division has this code.
    pub(crate) fn placeholder() -> Self {
        Self("000000".to_owned())
    }

    /// The first text after every code that begins with this one: `[code, end)` holds a county and its townships.
    pub fn end(&self) -> String {
        // ':' follows '9', and codes are digits only.
        format!("{}:", self.0)
    }
}

/// An interval in which a site or one of its rooms is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closure {
    /// `programmes/{programme}/closures/{closure}`.
    pub name: Name<Closures>,
    /// What is closed.
    pub site: Id,
    /// The room that is closed; none: the whole site.
    pub room: Option<Id>,
    /// First instant at which it is closed.
    pub start: Timestamp,
    /// First instant after it, as planned; none: until it is reopened.
    pub end: Option<Timestamp>,
    /// Why.
    pub cause: ClosureCause,
    /// At most 500 characters.
    pub note: String,
    /// When it really was open again, in `start..=end`; `start` itself: withdrawn.
    pub reopened: Option<Timestamp>,
    /// Revision and times.
    pub meta: Meta,
}

impl Closure {
    /// Its end as far as known: reopened, else planned, else none.
    pub fn until(&self) -> Option<Timestamp> {
        self.reopened.or(self.end)
    }

    /// Whether it shuts something at some instant of `[from, to)`.
    pub fn overlaps(&self, from: Timestamp, to: Timestamp) -> bool {
        self.start < to && self.until().is_none_or(|until| until > from && until > self.start)
    }

    /// Whether it keeps a room from being used: it closes the room, or the whole site. `room` none: a use without a
    /// room, which only a closure of the whole site prevents.
    pub fn shuts(&self, site: &Id, room: Option<&Id>) -> bool {
        self.site == *site && (self.room.is_none() || self.room.as_ref() == room)
    }

    /// The closure ended at an instant; at or before its start it is withdrawn.
    ///
    /// Errors: `ILLEGAL_TRANSITION` when it was reopened before, or when its planned end isn't after the instant.
    pub fn reopen(&self, at: Timestamp, now: Timestamp) -> Result<Self> {
        let state = match (self.reopened, self.end) {
            (Some(_), _) => Some("REOPENED"),
            (None, Some(end)) if end <= at => Some("OVER"),
            (None, _) => None,
        };
        match state {
            Some(state) => Err(Error::refused(Reason::IllegalTransition, "the closure has ended already")
                .with("name", &self.name)
                .with("state", state)
                .with("verb", "reopen")),
            None => Ok(Self { reopened: Some(at.max(self.start)), meta: self.meta.touched(now), ..self.clone() }),
        }
    }
}

/// What is known about a journey from one site to another, in this direction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Journey {
    /// Where it starts.
    pub origin: Id,
    /// Where it ends; another site.
    pub destination: Id,
    /// From door to door, 1 to 1440; none: unknown, never zero.
    pub minutes: Option<i64>,
}
