//! The `kadath` binary.
fn main() {}
