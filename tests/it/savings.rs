//! Savings: the model's rules, each by its name, and the worked cases. `fixture` has one trip from Liling to Changsha.
pub mod api;
mod bills;
mod fixture;
mod killed;
mod lines;
mod published;
mod recomputing;
mod refusals;
mod rules;
mod sensitivity;
mod tariffs;
mod totals;
pub mod trips;
mod trips_exports;
mod trips_restrictions;
mod trips_rules;
mod trips_tallies;
