//! The `hardtack` program.

fn main() {}
