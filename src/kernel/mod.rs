//! The types that every slice speaks: names, ids, time, money, pages, masks, callers, errors and shared vocabulary.
//!
//! Everything here is a value or a pure function. There is no database, no wire format and no rule of one slice;
//! the only clock is [`SystemClock`].
mod caller;
mod change;
mod civil;
mod clock;
mod error;
pub mod etag;
mod external_id;
pub mod fact;
mod fen;
mod fields;
mod id;
mod mask;
mod meta;
mod name;
pub mod page;
pub mod patient;
pub mod pseudonym;
mod reason;
mod specialty;
mod time;
mod vocabulary;

pub use caller::{Call, Caller};
pub use change::{Change, Verb};
pub use chrono::{NaiveDate as Date, NaiveTime};
pub use civil::{Zone, day};
pub use clock::{Clock, ManualClock, SystemClock};
pub use error::{Error, Refusal, Result, Violation};
pub use etag::Etag;
pub use external_id::ExternalId;
pub use fact::{Dimensions, Fact, Leaf, Measure};
pub use fen::Fen;
pub use fields::{Bounds, Fields};
pub use id::Id;
pub use mask::Mask;
pub use meta::Meta;
pub use name::{Collection, Name, ProgrammeName};
pub use page::{Cursor, Key, Page, PageRequest};
pub use patient::Patient;
pub use reason::{Class, Reason};
pub use specialty::Specialty;
pub use time::Timestamp;
pub(crate) use vocabulary::vocabulary;
pub use vocabulary::{Grade, HalfDay, Residence, SessionKind, Vocabulary};
