//! Colours, pipes and help.

use super::project::{DATABASE, Project};
use std::io::Read;
use std::process::Stdio;

const ESCAPE: char = '\u{1b}';

#[test]
fn alone_it_prints_help_and_ends_with_0() {
    let run = Project::new().run(&[]).ends(0).shows("Usage: hardtack").shows("Exit codes:");
    assert!(run.stderr.is_empty());
    Project::new().run(&["--help"]).ends(0).shows("Exit codes:");
    Project::new().run(&["--version"]).ends(0).shows(concat!("hardtack ", env!("CARGO_PKG_VERSION")));
}

#[test]
fn every_command_explains_itself() {
    for command in ["plan", "apply", "check", "refresh", "rollback", "explain", "rules", "profiles"] {
        Project::new().run(&[command, "--help"]).ends(0).shows("Usage: hardtack");
    }
}

#[test]
fn rules_and_codes_are_explained() {
    let project = Project::new();
    for rule in ["no-new-privileges", "bind-localhost", "pin-digest"] {
        project.run(&["rules"]).ends(0).shows(rule);
        project.run(&["explain", rule]).ends(0).shows(&format!("# {rule}\n")).shows("## Options");
    }
    project.run(&["explain", "evidence-missing"]).ends(0).shows("evidence-missing: ");
}

#[test]
fn colour_follows_the_flag_then_the_environment_then_the_terminal() {
    let project = Project::database();
    let colours = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = project.command(arguments);
        let output = command.envs(variables.iter().copied()).output().unwrap();
        String::from_utf8(output.stdout).unwrap().contains(ESCAPE)
    };
    assert!(!colours(&["plan"], &[]));
    assert!(colours(&["plan", "--color", "always"], &[]));
    assert!(colours(&["plan", "--color", "always"], &[("NO_COLOR", "1")]));
    assert!(!colours(&["plan", "--color", "never"], &[("FORCE_COLOR", "1")]));
    assert!(colours(&["plan"], &[("FORCE_COLOR", "1")]));
    assert!(!colours(&["plan"], &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
    for format in ["diff", "json"] {
        assert!(
            !colours(&["plan", "--color", "always", "--format", format], &[]),
            "{format} is for programs"
        );
    }
}

#[test]
fn colour_changes_nothing_but_colour() {
    let project = Project::example();
    let coloured = project.run(&["plan", "--color", "always"]).stdout;
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once(ESCAPE) {
        plain.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    assert_eq!(plain + rest, project.run(&["plan", "--color", "never"]).stdout);
}

#[test]
fn names_and_values_cannot_steer_the_terminal() {
    let text = "services:\n  \"a\\e[2Jb\":\n    image: \"x\\e[31m\"\n    ports: [\"5432\\a\"]\n  \"r\\u202el\":\n    image: y\n";
    let name = "esc\u{1b}[31m.compose.yaml";
    let project = Project::with(&[(name, text), ("bad\u{1b}[2J.compose.yaml", "services: [\n")]);
    for arguments in
        [&["plan"][..], &["check"], &["plan", "--by-fix"], &["apply"], &["rollback", "--list"], &["rollback"]]
    {
        let run = project.run(arguments);
        let hidden = |c: char| c != '\n' && c.is_control() || c == '\u{202e}';
        assert!(!run.stdout.contains(hidden) && !run.stderr.contains(hidden), "{run}");
    }
    let run = project.run(&["plan", "--color", "always"]).ends(3).shows("a\\u{1b}[2Jb");
    assert!(!run.stdout.contains("\u{1b}[2J"), "{run}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let project = Project::new();
    for number in 0..400 {
        project.write(&format!("part-{number}/compose.yaml"), DATABASE);
    }
    for arguments in [&["plan"][..], &["plan", "--format", "json"], &["plan", "--format", "diff"]] {
        let mut command = project.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = [0; 1];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{told}");
        assert!(!told.contains("panicked"), "{told}");
    }
}
