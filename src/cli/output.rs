//! Where text goes: data to standard output, status to standard error, colour only where it is wanted.

use crate::edge::{ColorChoice, stdout_color};
use crate::report::json::Problem;
use anstream::{AutoStream, ColorChoice as Choice};
use std::io::Write as _;

/// The two streams of the process.
#[derive(Clone, Copy)]
pub(super) struct Output {
    color: bool,
}

impl Output {
    /// As the terminal and the environment ask.
    pub(super) fn of_process() -> Self {
        Self::with(ColorChoice::Auto)
    }

    /// As `--color` asks.
    pub(super) fn with(choice: ColorChoice) -> Self {
        Self { color: stdout_color(choice) }
    }

    /// Writes data. A reader that went away (`| head`) is no error.
    pub(super) fn data(self, text: &str) {
        // Taking colour out looks at every byte, so it is only done where there is some.
        let plain = !self.color && text.contains('\u{1b}');
        let choice = if plain { Choice::Never } else { Choice::Always };
        let mut stream = AutoStream::new(std::io::stdout().lock(), choice);
        let _written = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    }
}

/// Writes a line of status.
pub(super) fn status(text: &str) {
    let _written = writeln!(std::io::stderr().lock(), "{text}");
}

/// Writes an error.
pub(super) fn error(text: &str) {
    status(&format!("error: {text}"));
}

/// Writes what could not be read, a line for each and what to do about it.
pub(super) fn problems(problems: &[Problem]) {
    for problem in problems {
        let place =
            problem.position.map_or_else(|| problem.path.clone(), |at| format!("{}:{at}", problem.path));
        error(&format!("{place}: {}", problem.message));
        if let Some(help) = &problem.help {
            status(&format!("  help: {help}"));
        }
    }
}
