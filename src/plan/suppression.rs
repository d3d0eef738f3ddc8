//! Suppression comments: `# hardtack: ignore[rule, rule] reason`.
//!
//! Behind something on its line, the comment speaks of that line; on a line of its own, of the next line
//! that is not a comment. On the line of a service's name it speaks of the whole service. The reason is
//! required: a comment without one suppresses nothing and is reported, and so is one that nothing needs.

use super::types::IdleSuppression;
use crate::model::Source;
use crate::model::compose::Project;
use crate::rule::Finding;
use crate::text::LineColumn;
use std::collections::HashSet;

const MARKER: &str = "hardtack:";

/// A file, a comment in it, and a rule that the comment suppressed.
pub(super) type Used = (String, usize, String);

/// One suppression comment.
#[derive(Clone, Debug)]
pub(super) struct Suppression {
    /// Number of the comment in its file; edits elsewhere do not change it.
    number: usize,
    rules: Vec<String>,
    pub(super) reason: String,
    position: LineColumn,
    /// The line that it speaks of, from 1.
    target: usize,
}

/// The suppression comments of a file.
pub(super) fn suppressions(file: Source<'_>) -> Vec<Suppression> {
    let text = |number: usize| file.comments()[number].of(file.text());
    (0..file.comments().len())
        .filter_map(|number| {
            let (rules, reason) = read(text(number))?;
            let comment = file.comments()[number];
            let position = file.locate(comment.start);
            let target = target_line(file, comment.start, position.line);
            Some(Suppression { number, rules, reason, position, target })
        })
        .collect()
}

/// The suppression that covers a finding, if there is one with a reason.
pub(super) fn covering<'s>(
    suppressions: &'s [Suppression],
    finding: &Finding,
    project: &Project,
) -> Option<&'s Suppression> {
    let name_line = project
        .file(&finding.file)
        .and_then(|file| {
            file.services_named(&finding.service).find(|service| service.document == finding.document)
        })
        .map(|service| service.position().line);
    suppressions.iter().find(|suppression| {
        let here = suppression.target == finding.position.line || Some(suppression.target) == name_line;
        here && !suppression.reason.is_empty() && suppression.rules.iter().any(|rule| rule == finding.rule)
    })
}

impl Suppression {
    /// What identifies the comment's word on a rule over the steps of a plan.
    pub(super) fn key(&self, file: &str, rule: &str) -> Used {
        (file.to_owned(), self.number, rule.to_owned())
    }
}

/// The comments of a file that have no effect, given those that had one and the rules that ran.
pub(super) fn idle(
    file: Source<'_>,
    used: &HashSet<Used>,
    known: &[&str],
    ran: &[&str],
) -> Vec<IdleSuppression> {
    let mut found = Vec::new();
    for suppression in suppressions(file) {
        let unknown = suppression.rules.iter().find(|rule| !known.contains(&rule.as_str()));
        // A rule that did not run could not need it; that says nothing about the comment.
        let is_needless = |rule: &&String| {
            ran.contains(&rule.as_str()) && !used.contains(&suppression.key(file.path(), rule))
        };
        let why = if suppression.rules.is_empty() {
            "it names no rule: write `# hardtack: ignore[rule] reason`".to_owned()
        } else if let Some(rule) = unknown {
            format!("there is no rule `{rule}`")
        } else if suppression.reason.is_empty() {
            "it gives no reason: write one behind the bracket".to_owned()
        } else if let Some(rule) = suppression.rules.iter().find(is_needless) {
            format!("nothing here needs it for `{rule}`: take that out")
        } else {
            continue;
        };
        found.push(IdleSuppression { file: file.path().to_owned(), position: suppression.position, why });
    }
    found
}

/// The rules and the reason of a suppression comment; `None` for any other comment.
fn read(comment: &str) -> Option<(Vec<String>, String)> {
    // Behind other words of the same comment it counts, too, if it starts with a `#` of its own.
    let start = comment.to_ascii_lowercase().rfind(MARKER)?;
    comment[..start].trim_end().strip_suffix('#')?;
    let rest = comment[start + MARKER.len()..].trim_start();
    // Another word than `ignore` is a slip of the pen, to be reported rather than passed over.
    let bracket = rest.strip_prefix("ignore").unwrap_or_default().trim_start().strip_prefix('[');
    let Some((rules, reason)) = bracket.and_then(|rest| rest.split_once(']')) else {
        return Some((Vec::new(), String::new()));
    };
    let rules = rules.split(',').map(|rule| rule.trim().to_owned()).filter(|rule| !rule.is_empty());
    let reason = reason.trim().trim_start_matches([':', '-', '—']).trim();
    Some((rules.collect(), reason.to_owned()))
}

fn target_line(file: Source<'_>, comment: usize, line: usize) -> usize {
    let (text, lines) = (file.text(), file.lines());
    let before = &text[lines.line_start(line - 1)..comment];
    if !before.trim_start_matches('\u{feff}').trim().is_empty() {
        return line;
    }
    let is_content = |number: &usize| {
        let content = text[lines.line_start(*number)..lines.line_start(number + 1)].trim();
        !content.is_empty() && !content.starts_with('#')
    };
    (line..lines.lines()).find(is_content).map_or(line, |number| number + 1)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn rules_and_reason_are_read() {
        let read_ok = |text| read(text).unwrap();
        assert_eq!(
            read_ok("# hardtack: ignore[pin-digest, bind-localhost] the lab needs it"),
            (vec!["pin-digest".to_owned(), "bind-localhost".to_owned()], "the lab needs it".to_owned())
        );
        assert_eq!(read_ok("#hardtack: ignore[a]").1, "");
        assert_eq!(read_ok("# hardtack: ignore everything").0, Vec::<String>::new());
        assert_eq!(read_ok("# HARDTACK: ignore[a] b").0, ["a"]);
        assert_eq!(read_ok("# some # hardtack: ignore[a] b").1, "b");
        assert_eq!(read_ok("# hardtack: disable[a] b").0, Vec::<String>::new());
        assert!(read("# hardtack is nice").is_none());
        assert!(read("# see hardtack: it is nice").is_none());
    }
}
