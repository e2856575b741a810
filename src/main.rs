//! The `homecoming` program.
fn main() {}
