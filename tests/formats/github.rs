//! Annotations: read back as the runner of GitHub Actions reads workflow commands.

use super::project::Project;
use super::samples::{SECRET, samples};
use std::collections::BTreeMap;

struct Command {
    name: String,
    properties: BTreeMap<String, String>,
    message: String,
}

/// A line as the runner reads it (actions/runner, ActionCommand): `::name key=value,...::message`.
fn read(line: &str) -> Command {
    let (head, message) = line.strip_prefix("::").expect("a command").split_once("::").expect("its end");
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let data = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
    let value = |text: &str| {
        let text = text.replace("%0D", "\r").replace("%0A", "\n").replace("%3A", ":").replace("%2C", ",");
        text.replace("%25", "%")
    };
    let pairs = properties.split(',').filter_map(|pair| pair.split_once('='));
    Command {
        name: name.to_owned(),
        properties: pairs.map(|(key, text)| (key.to_owned(), value(text))).collect(),
        message: data(message),
    }
}

fn commands(project: &Project) -> Vec<Command> {
    let run = project.run(&["check", "--format", "github"]);
    assert!(!run.stdout.contains(SECRET), "{run}");
    run.stdout.lines().map(read).collect()
}

#[test]
fn every_line_is_a_command_about_a_line_of_a_file() {
    for (name, project) in samples() {
        for command in commands(&project) {
            // A word about the run as a whole.
            if !command.properties.contains_key("file") {
                assert!(name == "nested" && command.message.starts_with("Not looked at"), "{name}");
                continue;
            }
            assert!(matches!(command.name.as_str(), "error" | "warning" | "notice"), "{name}");
            let lines = project.read(&command.properties["file"]).lines().count();
            let line: usize = command.properties["line"].parse().unwrap();
            // An error at the end of a file stands on the empty line behind its last line break.
            assert!((1..=lines + 1).contains(&line), "{name}: line {line} of {lines}");
            assert!(command.properties["title"].starts_with("hardtack: "), "{name}");
            assert!(!command.message.is_empty(), "{name}");
        }
    }
}

#[test]
fn the_worst_come_first() {
    let level =
        |command: &Command| ["error", "warning", "notice"].iter().position(|level| *level == command.name);
    for (name, project) in samples() {
        let levels: Vec<_> = commands(&project).iter().map(level).collect();
        assert!(levels.is_sorted(), "{name}: {levels:?}");
    }
}

#[test]
fn names_from_files_start_no_command() {
    let project = Project::with(&[(
        "compose.yaml",
        "services:\n  \"x\\n::add-mask::y\":\n    image: nginx:1.27\n    ports: [\"5432:5432\"]\n",
    )]);
    let found = commands(&project);
    assert!(found.iter().all(|command| command.name != "add-mask") && !found.is_empty());
}

#[test]
fn the_step_summary_has_the_report() {
    let project = Project::database();
    let summary = project.path("summary.md");
    std::fs::write(&summary, "earlier\n").unwrap();
    let output = project
        .command(&["check", "--format", "github"])
        .env("GITHUB_STEP_SUMMARY", &summary)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = std::fs::read_to_string(&summary).unwrap();
    assert!(text.starts_with("earlier\n## Hardtack\n\n**The gate is not passed.**"), "{text}");
    assert!(text.contains("+      - \"127.0.0.1:5432:5432\""), "{text}");
}

#[test]
fn a_summary_that_cannot_be_written_changes_no_verdict() {
    let project = Project::database();
    let output = project
        .command(&["check", "--format", "github"])
        .env("GITHUB_STEP_SUMMARY", project.path("no/such/folder"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("the step summary could not be written"));
}

#[test]
fn what_steps_put_in_moves_no_finding() {
    let short = "FROM debian:12\nCMD node x\n";
    let long = "FROM debian:12\nRUN apt-get update && apt-get install -y sudo curl\nADD a /a\nCMD node x\n";
    for text in [short, long, &short.replace('\n', "\r\n"), short.trim_end()] {
        let project = Project::with(&[("Dockerfile", text), ("hardtack.yaml", "profile: strict\n")]);
        let last = text.lines().count();
        let found: Vec<(String, usize)> = commands(&project)
            .iter()
            .map(|command| (command.properties["title"].clone(), command.properties["line"].parse().unwrap()))
            .collect();
        let line = |rule: &str| found.iter().find(|(title, _)| title.ends_with(rule)).map(|(_, line)| *line);
        assert_eq!(line("exec-form"), Some(last), "{found:?}");
        assert!(line("run-as-user").is_some(), "the step that puts an instruction in: {found:?}");
        assert!(found.iter().all(|(_, line)| (1..=last).contains(line)), "{found:?}");
    }
}
