//! What a rule says about itself, for the terminal and for the reference page.

use super::text::severity;
use crate::rule::{Meta, RefusalCode, Rule};
use std::fmt::Write as _;

/// The documentation of one rule in Markdown.
#[must_use]
pub fn rule(meta: &Meta) -> String {
    let mut out = format!("# {}\n\n{}\n", meta.id, labelled(meta.docs().trim_end()));
    out.push_str("\n## Options\n\n");
    if meta.options.is_empty() {
        out.push_str("None.\n");
    }
    for option in meta.options {
        let kind = option.kind.words();
        let default = match option.default {
            "" => "no default".to_owned(),
            default => format!("default `{default}`"),
        };
        let _ = writeln!(out, "- `{}` ({kind}; {default}): {}", option.name, option.docs);
    }
    let _ = writeln!(out, "\nSeverity: {}.", severity(meta.severity));
    if !meta.supports.is_empty() {
        let _ = writeln!(out, "Supports (which is not the same as complying): {}.", meta.supports.join("; "));
    }
    out
}

/// The documentation with a word above each example that says what it is; in the rule's file the fence
/// itself says so, for the tests.
fn labelled(docs: &str) -> String {
    let label = |line: &str| {
        let words: Vec<&str> = line.strip_prefix("```").unwrap_or_default().split(' ').collect();
        let [language, kind, path @ ..] = &words[..] else { return format!("{line}\n") };
        let word = match *kind {
            "before" => "Before".to_owned(),
            "after" => "After".to_owned(),
            "untouched" => "Left as it is".to_owned(),
            "lock" => "With this `hardtack.lock`".to_owned(),
            "settings" => "With this `hardtack.yaml`".to_owned(),
            "beside" => "With this file beside it".to_owned(),
            "advice" => "Left as it is, with advice".to_owned(),
            "quiet" => "Nothing to say".to_owned(),
            refused => format!("Refused as `{}`", refused.trim_start_matches("refused=")),
        };
        let path = path.first().map(|path| format!(" (`{path}`)")).unwrap_or_default();
        format!("\n{word}{path}:\n\n```{language}\n")
    };
    let mut text: String =
        docs.lines().map(|line| if line == "```" { "```\n\n".to_owned() } else { label(line) }).collect();
    while let Some(gap) = text.find("\n\n\n") {
        text.remove(gap);
    }
    text
}

/// The reference of all rules, in their usual order.
#[must_use]
pub fn reference(rules: &[&dyn Rule]) -> String {
    let mut out = String::from(
        "<!-- Generated from the rules' own documentation; do not edit. `HARDTACK_UPDATE=1 cargo test --test reference` writes it. -->\n\n# Rules\n\n",
    );
    for rule in rules {
        let meta = rule.meta();
        let _ = writeln!(out, "- [{}](#{}): {}", meta.id, meta.id, meta.summary());
    }
    for found in rules {
        let text = rule(found.meta());
        // One level down, since the page has a title of its own.
        let lowered: Vec<String> = text
            .lines()
            .map(|line| if line.starts_with('#') { format!("#{line}") } else { line.to_owned() })
            .collect();
        let _ = write!(out, "\n{}\n", lowered.join("\n"));
    }
    out.push_str("\n## Refusal codes\n\n");
    for code in RefusalCode::ALL {
        let _ = writeln!(out, "- `{code}`: {}", code.meaning());
    }
    out
}
