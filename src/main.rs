//! The `hardtack` program: a thin shell around the library.

use hardtack::cli::{self, Exit};

fn main() -> Exit {
    // A panic is always a bug of ours. It gets its own exit code, and its message says so.
    std::panic::catch_unwind(cli::main).unwrap_or_else(|_| {
        cli::report_bug();
        Exit::Bug
    })
}
