//! Serves the slices over gRPC: wiring, limits, telemetry, health, reflection. There is no rule of a slice here.
mod status;

pub use status::DOMAIN;
