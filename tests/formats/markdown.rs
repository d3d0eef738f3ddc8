//! Markdown: what files hold formats nothing and calls nobody.

use super::project::Project;
use super::samples::{SECRET, samples};

/// The text outside of code, where a forge looks for mentions, references and HTML.
fn prose(markdown: &str) -> String {
    let mut out = String::new();
    let mut fence: Option<String> = None;
    for line in markdown.lines() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) if line.trim_end() == *open => fence = None,
            Some(_) => {}
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => out.push_str(&(without_code(line) + "\n")),
        }
    }
    assert_eq!(fence, None, "a block is open at the end");
    out
}

fn without_code(line: &str) -> String {
    let (mut out, mut rest) = (String::new(), line);
    while let Some(at) = rest.find('`') {
        let ticks: String = rest[at..].chars().take_while(|c| *c == '`').collect();
        out.push_str(&rest[..at]);
        let behind = &rest[at + ticks.len()..];
        let is_escaped = out.ends_with('\\');
        match behind.find(&ticks).filter(|_| !is_escaped) {
            Some(end) => rest = &behind[end + ticks.len()..],
            None => rest = behind,
        }
    }
    out + rest
}

#[test]
fn nothing_is_called_and_no_secret_is_shown() {
    for (name, project) in samples() {
        let text = project.run(&["check", "--format", "markdown"]).stdout;
        assert!(text.starts_with("## Hardtack\n"), "{name}");
        assert!(!text.contains(SECRET), "{name}");
        let prose = prose(&text);
        for mark in ["@team", "#1", "<b>", "://"] {
            assert!(!prose.contains(mark), "{name}: {mark} in\n{prose}");
        }
    }
}

#[test]
fn a_hostile_name_stays_text() {
    let name = "@all closes #1 `x` </details> <img src=x> [a](https://b.example) ```";
    let compose = format!("services:\n  '{name}':\n    image: nginx:1.27\n    ports: [\"5432:5432\"]\n");
    let project = Project::with(&[("compose.yaml", &compose)]);
    let text = project.run(&["plan", "--format", "markdown"]).stdout;
    assert!(text.contains("nginx:1.27"), "{text}");
    let prose = prose(&text);
    for mark in ["@all", "#1", "<img", "(https://"] {
        assert!(!prose.contains(mark), "{mark} in\n{prose}");
    }
    assert_eq!(prose.matches("</details>").count(), prose.matches("<details>").count());
}

#[test]
fn the_gate_is_told() {
    let project = Project::database();
    project.run(&["check", "--format", "markdown"]).ends(1).shows("**The gate is not passed.**");
    project
        .run(&["check", "--only", "no-new-privileges", "--fail-on", "high", "--format", "markdown"])
        .ends(0)
        .shows("\n\nThe gate is passed. ");
}
