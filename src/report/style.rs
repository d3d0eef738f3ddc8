//! The few styles of the terminal view. Whoever prints strips them where they are not wanted, and no
//! meaning is in colour alone.

use super::visible;
use anstyle::{AnsiColor, Style};

/// Names of files and headings.
pub(super) const HEADING: Style = Style::new().bold();
/// Lines that come.
pub(super) const ADDED: Style = AnsiColor::Green.on_default();
/// Lines that go.
pub(super) const REMOVED: Style = AnsiColor::Red.on_default();
/// Places and remarks.
pub(super) const QUIET: Style = AnsiColor::BrightBlack.on_default();
/// Rules and codes.
pub(super) const NAME: Style = AnsiColor::Cyan.on_default();
/// What to take care of.
pub(super) const CARE: Style = AnsiColor::Yellow.on_default();

/// `text` in a style. What it holds itself is shown, never obeyed.
pub(super) fn paint(style: Style, text: &str) -> String {
    format!("{style}{}{style:#}", visible(text))
}
