//! Exit status and signals.

fn main() {}
