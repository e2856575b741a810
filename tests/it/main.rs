//! All tests, in one binary.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "tests read their own settings from the environment")]

mod access;
mod accounts;
mod activities;
mod assistants;
mod audit;
mod backups;
mod bad_input;
mod batches;
mod bench;
mod bulletins;
mod calendars;
mod changes;
mod charters;
mod conformance;
mod crashes;
mod credentials;
mod demo;
mod demo_plan;
mod experts;
mod exports;
mod feeds;
mod fuzz;
mod golden;
mod hospitals;
mod imports;
mod kernel;
mod layering;
mod migrate_data;
mod process;
mod programmes;
mod protos;
mod pseudonymise;
mod races;
mod reservations;
mod savings;
mod server;
mod sessions;
mod sites;
mod story;
mod support;
mod tallies;
mod visits;
mod vocabularies;
mod writer;
