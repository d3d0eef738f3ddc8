//! Where text goes: data to standard output, status to standard error, colour only where it is wanted.

use crate::edge::{ColorChoice, stdout_color};
use crate::profile::ConfigError;
use crate::report::json::Problem;
use crate::report::secrets::{is_env_file, secret_lines};
use crate::report::text::counted;
use crate::report::{visible, visible_lines};
use crate::text::LineColumn;
use anstream::{AutoStream, ColorChoice as Choice};
use std::collections::BTreeSet;
use std::io::{BufWriter, Write};

/// How many bytes go out at a time.
const PIECE: usize = 64 * 1024;

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

    /// Has data for programs written piece by piece.
    pub(super) fn pieces(self, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) {
        let mut stream = BufWriter::with_capacity(PIECE, std::io::stdout().lock());
        let _written = write(&mut stream).and_then(|()| stream.flush());
    }

    /// Writes data for programs, byte for byte.
    pub(super) fn data(self, text: &str) {
        let mut stream = std::io::stdout().lock();
        let _written = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    }
}

/// Writes a patch, and says so if it cannot but show a secret, or makes a file for secrets that others may read then.
pub(super) fn show_patch(output: Output, patch: &str) {
    output.data(patch);
    for path in new_env_files(patch) {
        status(&format!(
            "note: a patch can't make {path} its owner's alone, as `hardtack apply` does: `chmod 600 {path}` once it is there"
        ));
    }
    match secret_lines(patch) {
        0 => {}
        count => status(&format!(
            "note: {} of this patch may hold a secret, as a patch holds the lines that it changes: keep it as you keep the file",
            counted(count, "line", "lines")
        )),
    }
}

/// The `.env` files that a patch makes.
fn new_env_files(patch: &str) -> BTreeSet<&str> {
    let heads = patch.lines().zip(patch.lines().skip(1)).filter(|(old, _)| *old == "--- /dev/null");
    heads.filter_map(|(_, new)| new.strip_prefix("+++ b/")).filter(|path| is_env_file(path)).collect()
}

/// Writes a line of status; what it quotes from files is shown, never obeyed.
pub(super) fn status(text: &str) {
    let _written = writeln!(std::io::stderr().lock(), "{}", visible_lines(text));
}

/// Writes an error.
pub(super) fn error(text: &str) {
    status(&format!("error: {text}"));
}

/// Writes what could not be read.
pub(super) fn problems(problems: &[Problem]) {
    problems.iter().for_each(|problem| error(&of_problem(problem)));
}

/// Writes what is wrong with the project and keeps nothing from going on.
pub(super) fn warnings(problems: &[Problem]) {
    problems.iter().for_each(|problem| status(&format!("warning: {}", of_problem(problem))));
}

fn of_problem(problem: &Problem) -> String {
    sentence(&problem.path, problem.position, &problem.message, problem.help.as_deref())
}

/// What is wrong with a settings file.
pub(super) fn said(error: &ConfigError) -> String {
    sentence(&error.path, error.position, &error.message, error.help.as_deref())
}

/// One line that says where and what, and one that says what to do; what is quoted breaks neither.
fn sentence(path: &str, position: Option<LineColumn>, message: &str, help: Option<&str>) -> String {
    let place = position.map_or_else(|| path.to_owned(), |at| format!("{path}:{at}"));
    let help = help.map_or_else(String::new, |help| format!("\n  help: {}", visible(help)));
    format!("{}: {}{help}", visible(&place), visible(message))
}
