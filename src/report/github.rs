//! The report as workflow commands of GitHub Actions, which become annotations of the files.
//!
//! GitHub shows ten of each level for a step; the worst come first, and the step summary
//! ([`markdown`](super::markdown)) has them all.

use super::issue::{Issue, Matter};
use super::visible;
use crate::rule::Severity;

/// A command for each open issue, the worst first; then a notice about folders that were not looked at.
#[must_use]
pub fn report(matter: &Matter<'_>) -> String {
    let issues = matter.issues();
    let left = matter.left_out().map(|left| format!("::notice title=hardtack::{}\n", data(&visible(&left))));
    let commands = issues.iter().filter(|issue| issue.is_open()).map(|issue| command(matter, issue));
    commands.chain(left).collect()
}

fn command(matter: &Matter<'_>, issue: &Issue) -> String {
    let level = match issue.severity {
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "notice",
    };
    format!(
        "::{level} file={},line={},col={},title={}::{}\n",
        property(&matter.path(&issue.path)),
        issue.position.line,
        issue.position.column,
        property(&format!("hardtack: {}", issue.rule)),
        data(&format!("{}. {}", issue.message, issue.remedy)),
    )
}

/// A text after the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A value between the first and the second `::`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn nothing_ends_a_command_early() {
        assert_eq!(data("100%\r\n::error::x"), "100%25%0D%0A::error::x");
        assert_eq!(property("a,b:c%3A"), "a%2Cb%3Ac%253A");
    }
}
