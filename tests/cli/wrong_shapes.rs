//! Files that are YAML and no Compose files, and files in notations that most tools trip over.

use super::project::{DATABASE, DATABASE_FIXED, Project};

const SEE: &str = "  help: check it with `docker compose config`; Compose refuses the file as it is";

#[track_caller]
fn refused(text: &str, line: &str) {
    let project = Project::with(&[("bad/compose.yaml", text), ("good/compose.yaml", DATABASE)]);
    let line = format!("error: bad/compose.yaml:{line}");
    project.run(&["apply"]).ends(3).tells(&line).tells(SEE);
    assert_eq!(project.read("bad/compose.yaml"), text);
    assert_eq!(project.read("good/compose.yaml"), DATABASE_FIXED);
}

#[test]
fn a_root_that_is_no_mapping() {
    refused("hello\n", "1:1: a Compose file is a mapping");
    refused("- a\n- b\n", "1:1: a Compose file is a mapping");
}

#[test]
fn services_that_are_no_mapping() {
    refused("services:\n", "1:10: `services` must be a mapping");
    refused("services: [a]\n", "1:11: `services` must be a mapping");
    refused("services: a\n", "1:11: `services` must be a mapping");
}

#[test]
fn a_service_that_is_no_mapping() {
    refused("services:\n  web: nginx\n", "2:8: the service `web` must be a mapping");
    refused("services:\n  web: [nginx]\n", "2:8: the service `web` must be a mapping");
}

#[test]
fn a_field_of_the_wrong_kind() {
    for (field, column, wanted) in [
        ("ports: \"80:80\"", 12, "a list"),
        ("security_opt: seccomp=unconfined", 19, "a list"),
        ("image: 12", 12, "a text"),
        ("image: [nginx]", 12, "a text"),
        ("environment: 3", 18, "a list or a mapping"),
    ] {
        let name = field.split(':').next().unwrap();
        let line = format!("3:{column}: `{name}` of the service `web` must be {wanted}");
        refused(&format!("services:\n  web:\n    {field}\n"), &line);
    }
}

#[test]
fn odd_environments_are_left_alone_and_no_reason_to_stop() {
    for environment in ["[A, B=1, C=, =x]", "{A: , B: 1, C: [x], 1: 2}", "[[A]]", "[{A: b}]"] {
        let text = format!("services:\n  db:\n    image: postgres:16\n    environment: {environment}\n");
        let project = Project::with(&[("compose.yaml", &text)]);
        project.run(&["apply"]).ends(0);
        assert!(project.read("compose.yaml").starts_with(&text), "{environment}");
    }
}

#[test]
fn a_service_without_anything_is_left_to_the_file_that_says_more() {
    let project = Project::with(&[("compose.yaml", "services:\n  db:\n  web:\n    image: nginx:1\n")]);
    project.run(&["apply"]).ends(0).shows("[fragment]");
    assert_eq!(
        project.read("compose.yaml"),
        "services:\n  db:\n  web:\n    image: nginx:1\n    security_opt:\n      - no-new-privileges:true\n    cap_drop:\n      - ALL\n    cap_add:\n      - CHOWN\n      - SETGID\n      - SETUID\n"
    );
}

#[test]
fn a_file_without_services_has_nothing_to_fix() {
    let project = Project::with(&[("compose.yaml", "volumes:\n  a: {}\n")]);
    project.run(&["check"]).ends(0).shows("Plan: 0 fixes in 0 files");
}

#[test]
fn line_ends_marks_and_missing_ends_stay() {
    for transform in [
        |text: &str| text.replace('\n', "\r\n"),
        |text: &str| format!("\u{feff}{text}"),
        |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n")),
        |text: &str| text.trim_end().to_owned(),
        |text: &str| format!("---\n{text}"),
        |text: &str| format!("# ü — 日本\n\n{text}"),
    ] {
        let project = Project::with(&[("compose.yaml", &transform(DATABASE))]);
        let patch = project.run(&["plan", "--format", "diff"]).ends(0).stdout;
        project.git(&["apply", "--check"], &patch);
        project.run(&["apply"]).ends(0);
        assert_eq!(project.read("compose.yaml"), transform(DATABASE_FIXED));
        project.run(&["rollback"]).ends(0);
        assert_eq!(project.read("compose.yaml"), transform(DATABASE));
    }
}
