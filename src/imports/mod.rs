//! Brings a county's own tables in: hospitals, sites, rooms, experts, assistants, pairings, sessions, activities, opening balances, tariffs, trips, bills.
//!
//! A file becomes rows of cells (`text`, `sheet`), a header becomes columns (`headers`), a row becomes a typed record or problems
//! that name line and column (`record`, `records`), a record becomes commands of the slice it belongs to (`commands`).
//! Nothing of a file with a problem is written unless the caller asks for the good part; a row that was brought in before is
//! left alone. Not here: what a record must satisfy (its slice decides), changes of what is already in, and deletions.
//! No value of a cell is ever echoed: what stands in the wrong column may be a person.

pub mod cells;
pub mod commands;
pub mod fingerprint;
pub mod headers;
pub mod record;
pub mod records;
pub mod service;
pub mod sheet;
pub mod spelling;
pub mod store;
pub mod table;
pub mod text;
mod wire;

use crate::access::Role;
use crate::access::table::{self as calls, Powers};
use crate::kernel::{Error, Id, Reason, Result, Vocabulary as _, vocabulary};

pub use cells::Cell;
pub use table::{About, Reading};

/// Bytes of one file.
pub const MAX_FILE_BYTES: usize = 32 << 20;
/// Rows of one file, without its header.
pub const MAX_ROWS: usize = 100_000;
/// Problems of one file that are told, the first ones; all are counted.
pub const MOST_PROBLEMS: usize = 1_000;
/// Columns of one file.
pub const MAX_COLUMNS: usize = 200;
/// Characters of one cell.
pub const MAX_CELL_CHARACTERS: usize = 4_000;

vocabulary! {
    /// The tables that can be brought in, in the order in which they need each other.
    pub enum Table: "ImportedTable" {
        /// 医院.
        Hospitals = 1 => "HOSPITALS",
        /// 服务点.
        Sites = 2 => "SITES",
        /// 房间 of sites.
        Rooms = 3 => "ROOMS",
        /// 专家.
        Experts = 4 => "EXPERTS",
        /// 助手.
        Assistants = 5 => "ASSISTANTS",
        /// 结对.
        Pairings = 6 => "PAIRINGS",
        /// 场次 that were held.
        Sessions = 7 => "SESSIONS",
        /// 服务记录.
        Activities = 8 => "ACTIVITIES",
        /// 期初数.
        OpeningBalances = 9 => "OPENING_BALANCES",
        /// 测算参数, entered for another person to approve.
        Tariffs = 10 => "TARIFFS",
        /// Avoided trips 就医行程.
        Trips = 11 => "TRIPS",
        /// Bills 结算单 of trips.
        Bills = 12 => "BILLS",
    }
}

impl Table {
    /// The call by which its rows are entered one by one, as the table of access names it.
    #[must_use]
    pub const fn entered_by(self) -> &'static str {
        match self {
            Self::Hospitals => "HospitalService.CreateHospital",
            Self::Sites => "SiteService.CreateSite",
            Self::Rooms => "SiteService.UpdateSite",
            Self::Experts => "ExpertService.CreateExpert",
            Self::Assistants => "AssistantService.CreateAssistant",
            Self::Pairings => "PairingService.CreatePairing",
            Self::Sessions => "SessionService.RecordHeldSession",
            Self::Activities => "ActivityService.RecordActivity",
            Self::OpeningBalances => "TallyService.CreateOpeningBalance",
            Self::Tariffs => "SavingService.CreateTariff",
            Self::Trips => "TripService.RecordTrip",
            Self::Bills => "TripService.RecordEncounter",
        }
    }

    /// Who may bring it in: whoever may enter its rows one by one.
    #[must_use]
    pub fn importers(self) -> Vec<Role> {
        calls::by_method(self.entered_by()).map_or_else(Vec::new, |entry| entry.roles().collect())
    }

    /// Refuses whoever may not bring it in.
    ///
    /// # Errors
    /// `ROLE_REQUIRED`.
    pub fn must_be_for(self, programme: &Id, powers: &Powers) -> Result<()> {
        let importers = self.importers();
        if powers.has_one(programme, &importers) {
            return Ok(());
        }
        let roles = importers.iter().map(|role| role.code()).collect::<Vec<_>>().join(",");
        let text = format!("the table {} is brought in by one of the roles {roles}", self.code());
        let refusal = Error::refused(Reason::RoleRequired, text).with("method", "ImportService.ImportTable");
        Err(refusal.with("roles", roles))
    }
}

vocabulary! {
    /// How a text file's bytes are letters.
    pub enum TextEncoding: "TextEncoding" {
        /// UTF-8, with or without a byte order mark.
        Utf8 = 1 => "UTF_8",
        /// GB18030, and GBK and GB2312 with it.
        Gb18030 = 2 => "GB18030",
    }
}

impl TextEncoding {
    /// As people write it.
    pub fn title(self) -> &'static str {
        match self {
            TextEncoding::Utf8 => "UTF-8",
            TextEncoding::Gb18030 => "GB18030",
        }
    }
}

/// One row of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its line in a text file (the first, where a cell spans several), its row in a sheet; from 1.
    pub line: u32,
    /// Its cells, as many as stand there.
    pub cells: Vec<Cell>,
}

/// What is wrong with a file, a line or a cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Line or row, from 1; 0: the whole file.
    pub line: u32,
    /// The column's heading as the file has it; empty: the whole line.
    pub column: String,
    /// Why, for programs.
    pub reason: Reason,
    /// Why, for people; never a cell's value.
    pub text: String,
}

impl Problem {
    /// A problem of the whole file.
    pub fn of_file(reason: Reason, text: impl Into<String>) -> Self {
        Self::at(0, "", reason, text)
    }

    /// A problem of a line, or of a cell of it.
    pub fn at(line: u32, column: impl Into<String>, reason: Reason, text: impl Into<String>) -> Self {
        Self { line, column: column.into(), reason, text: text.into() }
    }
}
