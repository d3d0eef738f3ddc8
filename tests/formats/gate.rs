//! `check` as the gate: severity, drift, and the age of pins.

use super::project::{DATABASE, Project};
use super::samples::{digest, lock};

#[test]
fn the_severity_decides() {
    // `no-new-privileges` and `pin-digest` are medium, `bind-localhost` on a database is high.
    let project = Project::with(&[("compose.yaml", "services:\n  web:\n    image: nginx:1.27\n")]);
    for (level, code) in [("info", 1), ("low", 1), ("medium", 1), ("high", 0)] {
        project.run(&["check", "--fail-on", level]).ends(code);
    }
    let severities = project.run(&["check", "--format", "json"]).json();
    let is_medium = |finding: &serde_json::Value| finding["severity"] == "medium";
    assert!(severities["findings"].as_array().unwrap().iter().all(is_medium));
}

#[test]
fn drift_fails_whatever_the_severity() {
    let project = Project::with(&[("compose.yaml", DATABASE)]);
    project.run(&["apply", "--skip", "bind-localhost,pin-digest"]).ends(0);
    project.run(&["check", "--only", "no-new-privileges", "--drift"]).ends(0);
    project.edit("compose.yaml", "      - no-new-privileges:true\n", "      - label:disable\n");
    project.run(&["check", "--only", "no-new-privileges", "--fail-on", "high"]).ends(0);
    project
        .run(&["check", "--only", "no-new-privileges", "--fail-on", "high", "--drift"])
        .ends(1)
        .shows("Drift from the profile: 1 pending fix");
}

/// A hardened project with one pin, and a lock that read it on this day.
fn pinned(day: &str) -> Project {
    let compose = format!(
        "services:\n  web:\n    image: nginx:1.27@{}\n    security_opt:\n      - no-new-privileges:true\n",
        digest()
    );
    let project = Project::with(&[("compose.yaml", &compose)]);
    project.write("hardtack.lock", lock(day));
    // A profile of few rules, so that a new one changes no test here.
    project.write("hardtack.yaml", "profile: rules.yaml\n");
    project.write("rules.yaml", "name: ours\nrules: [no-new-privileges, pin-digest]\n");
    project
}

#[test]
fn old_pins_fail_and_new_ones_do_not() {
    let old = pinned("2020-02-02");
    old.run(&["check"]).ends(0);
    let run = old.run(&["check", "--max-pin-age", "90"]).ends(1);
    run.shows("Pins older than 90 days (1)\n  compose.yaml:3:12 docker.io/library/nginx:1.27: ");
    let issues = old.run(&["check", "--max-pin-age", "90", "--format", "gitlab"]).ends(1).json();
    assert_eq!(issues[0]["check_name"], "pin-age");
    // No machine of today has a clock that stands so late; a clock that was ahead fails nothing, and makes nothing young.
    let ahead = pinned("2999-01-01").run(&["check", "--max-pin-age", "0", "--format", "json"]).ends(0).json();
    let why = "the lock says that it was read on a day that is still to come";
    assert_eq!(ahead["gate"]["pins"][0]["why"], why);
    old.run(&["check", "--max-pin-age", "1000000"]).ends(0);
    // As `refresh --older-than` has it.
    old.run(&["check", "--max-pin-age", "90d"]).ends(1);
    old.run(&["check", "--max-pin-age", "100000w"]).ends(0);
}

#[test]
fn an_age_that_is_not_known_is_told_and_fails_nothing() {
    let moved = pinned("2020-02-02");
    moved.edit("compose.yaml", digest(), &digest().replace('1', "2"));
    let run = moved.run(&["check", "--max-pin-age", "90"]).ends(0);
    run.mentions("note: the age of 1 digest is not known");
    let report = moved.run(&["check", "--max-pin-age", "90", "--format", "json"]).ends(0).json();
    assert_eq!(report["gate"]["pins"][0]["why"], "the lock lists another digest");
}

#[test]
fn pins_of_dockerfiles_count() {
    let project = pinned("2020-02-02");
    project.write("app/Dockerfile", format!("FROM nginx:1.27@{}\nRUN true\n", digest()));
    let report = project.run(&["check", "--max-pin-age", "90", "--format", "json"]).ends(1).json();
    let paths: Vec<&str> =
        report["gate"]["pins"].as_array().unwrap().iter().map(|pin| pin["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["app/Dockerfile", "compose.yaml"]);
}
