//! The only place that knows an engine, and what every write does by itself.
//!
//! A slice sees [`Command`] and [`Query`], [`Tx`] and [`Row`], statements as [`Sql`] constants and [`List`]s. Request
//! ids, changes, the audit chain and the cells of tallies are written here, once per batch; no slice can forget them.
//! No rule of the field stands here.
mod ahead;
mod ask;
pub mod backup;
mod batch;
mod bell;
pub mod chain;
mod command;
mod engine;
pub mod external_ids;
mod fault;
mod handle;
pub mod ledger;
pub mod migrate_data;
mod migrations;
mod pending;
mod reaction;
pub mod retention;
mod row;
mod scrub;
mod select;
pub mod since;
mod sql;
mod statistics;
mod stats;
mod stmt;
mod told;
mod tx;
mod value;
pub mod verify;
mod writer;

pub use ask::{Ask, Read};
pub use command::{Command, Context, Decision, Outcome, Query};
pub use engine::{Engine, OpenError, Target};
pub use handle::{Db, Options, WritePath};
pub use ledger::{Delta, Projection};
pub use migrations::names as migration_names;
pub use reaction::{React, Reacted, Reaction};
pub use row::{Column, Row};
pub use select::{List, Select};
pub use since::{Since, since};
pub use sql::{Sql, keys};
pub use stats::{Counts, Stats};
pub use stmt::Stmt;
pub use told::{told_at_once, told_together};
pub use tx::Tx;
pub use value::Value;
