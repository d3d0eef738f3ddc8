//! Where text goes: data to standard output, status to standard error, colour only where it is wanted.

use crate::edge::{ColorChoice, stdout_color};
use crate::report::json::Problem;
use crate::report::secrets::holds_secret;
use crate::report::text::counted;
use crate::report::visible_lines;
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

    /// Writes a view that is marked for colour. A reader that went away (`| head`) is no error.
    pub(super) fn view(self, text: &str) {
        let choice = if self.color { Choice::Always } else { Choice::Never };
        let mut stream = AutoStream::new(std::io::stdout().lock(), choice);
        let _written = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    }

    /// Writes words without colour; what they quote from files is shown, never obeyed.
    pub(super) fn words(self, text: &str) {
        self.data(&visible_lines(text));
    }

    /// Writes data for programs, byte for byte.
    pub(super) fn data(self, text: &str) {
        let mut stream = std::io::stdout().lock();
        let _written = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    }
}

/// Writes a patch, and says so if it cannot but show a secret.
pub(super) fn show_patch(output: Output, patch: &str) {
    output.data(patch);
    let shown =
        patch.lines().filter(|line| line.starts_with([' ', '-', '+'])).filter(|line| holds_secret(line));
    match shown.count() {
        0 => {}
        count => status(&format!(
            "note: {} of this patch may hold a secret, as a patch holds the lines that it changes: keep it as you keep the file",
            counted(count, "line", "lines")
        )),
    }
}

/// Writes a line of status; what it quotes from files is shown, never obeyed.
pub(super) fn status(text: &str) {
    let _written = writeln!(std::io::stderr().lock(), "{}", visible_lines(text));
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
