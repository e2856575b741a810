//! The kernel's types: tables of cases and properties.
mod civil;
mod fields;
mod names;
mod pages;
mod values;
mod wire;
