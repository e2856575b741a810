//! Homecoming schedules a county's visiting specialists, pairs them with local assistants and tallies what was done.
//!
//! `ARCHITECTURE.md` says what each room is for and which way the arrows run.

pub mod access;
pub mod accounts;
pub mod activities;
pub mod assistants;
pub mod audit;
pub mod bulletins;
pub mod calendars;
pub mod changes;
pub mod charters;
pub mod cli;
pub mod credentials;
pub mod db;
pub mod demo;
pub mod experts;
pub mod exports;
pub mod feeds;
pub mod hospitals;
pub mod imports;
pub mod kernel;
pub mod persons;
pub mod programmes;
pub mod reservations;
pub mod savings;
pub mod server;
pub mod sessions;
pub mod sites;
pub mod tallies;
pub mod visits;
pub mod wire;

/// Messages and services generated from `proto/homecoming/v1`.
#[expect(clippy::large_enum_variant, reason = "generated: a row's result is its resource or a refusal")]
pub mod pb {
    tonic::include_proto!("homecoming.v1");

    /// The protos as an encoded `FileDescriptorSet`, with imports and comments: what reflection serves.
    pub const DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptor.bin"));
}
