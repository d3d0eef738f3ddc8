//! Profiles: the builtin ones, those from files, and what is wrong with them.

use super::project::{DATABASE, Project};

const OURS: &str = "name: ours\nextends: recommended\nrules:\n  - rule: bind-localhost\n    options: { address: 10.0.0.1 }\n  - rule: no-new-privileges\n    enabled: false\n";

fn ours() -> Project {
    Project::with(&[("compose.yaml", DATABASE), ("policy/ours.yaml", OURS)])
}

#[test]
fn a_profile_from_a_file_extends_another() {
    let run = ours().run(&["plan", "--profile", "policy/ours.yaml"]).ends(0);
    run.shows("+      - \"10.0.0.1:5432:5432\"").shows_no("no-new-privileges").shows("(profile ours)");
}

#[test]
fn the_project_file_names_a_profile_from_the_root() {
    let project = ours();
    project.write("hardtack.yaml", "profile: policy/ours.yaml\n");
    project.run_in("policy", &["plan", ".."]).ends(0).shows("(profile ours)");
}

#[test]
fn the_flag_beats_the_project_file() {
    let project = ours();
    project.write("hardtack.yaml", "profile: policy/ours.yaml\n");
    project
        .run(&["plan", "--profile", "recommended"])
        .ends(0)
        .shows("no-new-privileges")
        .shows("127.0.0.1:5432");
}

#[test]
fn a_path_on_the_command_line_starts_in_the_working_folder() {
    let project = ours();
    project.run_in("policy", &["plan", "..", "--profile", "ours.yaml"]).ends(0).shows("(profile ours)");
}

#[test]
fn a_profile_extends_a_file_beside_it() {
    let project = ours();
    project.write(
        "policy/more.yaml",
        "name: more\nextends: ours.yaml\nrules:\n  - rule: pin-digest\n    enabled: false\n",
    );
    project.run(&["plan", "--profile", "policy/more.yaml"]).ends(0).shows_no("pin-digest").shows("10.0.0.1");
    project.write("hardtack.yaml", "profile: policy/more.yaml\n");
    project.run(&["plan"]).ends(0).shows_no("pin-digest").shows("(profile more)");
}

#[test]
fn options_of_the_project_beat_those_of_the_profile() {
    let project = ours();
    project.write(
        "hardtack.yaml",
        "profile: policy/ours.yaml\nrules:\n  bind-localhost:\n    options: { address: \"::1\" }\n",
    );
    project.run(&["plan"]).ends(0).shows("+      - \"[::1]:5432:5432\"");
}

#[test]
fn what_is_wrong_with_a_profile_is_2_and_pointed_at() {
    for (text, line) in [
        ("rules: [nope]\n", "1:9: there is no rule `nope`"),
        ("rules:\n  - pin-digest\n  - pin-digest\n", "3:5: `pin-digest` is listed for the second time"),
        ("rules: []\n", "1:1: the profile has no rules"),
        ("nope: 1\nrules: [pin-digest]\n", "1:1: `nope` is not known"),
        ("extends: nope\n", "1:10: there is no profile `nope`"),
        ("extends: p.yaml\n", "1:10: the profile `p.yaml` extends itself"),
        ("safety: maybe\nrules: [pin-digest]\n", "1:9: this must be one of safe, caution"),
        ("rules:\n  - options: {}\n", "2:5: the entry names no rule"),
        ("rules:\n  - rule: pin-digest\n    options: {a: b}\n", "3:15: `pin-digest` has no option `a`"),
        ("rules: [\n", ""),
    ] {
        let project = Project::with(&[("compose.yaml", DATABASE), ("p.yaml", text)]);
        project.write("hardtack.yaml", "profile: p.yaml\n");
        project.run(&["plan"]).ends(2).tells(&format!("error: p.yaml:{line}"));
        let by_flag = project.run(&["plan", "--profile", "p.yaml"]).ends(2);
        assert!(by_flag.stderr.contains(&format!("p.yaml:{line}")), "{by_flag}");
    }
}

#[test]
fn an_empty_profile_is_an_error() {
    let project = Project::with(&[("compose.yaml", DATABASE), ("p.yaml", "# nothing yet\n")]);
    project.run(&["plan", "--profile", "p.yaml"]).ends(2).mentions("is empty");
}

#[test]
fn builtin_profiles_can_be_listed_copied_and_used() {
    let project = Project::database();
    for name in ["recommended", "strict", "pin-only"] {
        project.run(&["profiles"]).ends(0).shows(name);
        let text = project.run(&["profiles", name]).ends(0).stdout;
        project.write("copy.yaml", &text);
        let (copied, builtin) =
            (project.run(&["plan", "--profile", "copy.yaml"]), project.run(&["plan", "--profile", name]));
        assert_eq!(copied.stdout, builtin.stdout);
    }
}

#[test]
fn pin_only_pins_and_nothing_else() {
    let project = Project::example();
    let run = project.run(&["plan", "--profile", "pin-only", "--format", "json"]).ends(0);
    let report = run.json();
    assert!(report["steps"].as_array().unwrap().iter().all(|step| step["rule"] == "pin-digest"), "{run}");
    assert_eq!(report["steps"].as_array().unwrap().len(), 6);
}

/// A database that facts are known of, and a program that nothing is known of.
const TWO_KINDS: &str = "services:\n  db:\n    image: postgres:16\n  api:\n    image: acme/unknown:1\n";

#[test]
fn what_nobody_has_tried_is_refused_unless_the_profile_asks_for_it() {
    let project = Project::with(&[("compose.yaml", TWO_KINDS)]);
    let rule = ["plan", "--only", "drop-capabilities"];
    project
        .run(&rule)
        .ends(0)
        .shows("[evidence-missing] nothing is known of the capabilities that docker.io/acme/unknown needs")
        .shows("(strict) makes the change and marks it as unverified")
        .shows("Plan: 1 fix in 1 file; 1 refused, 0 advice, 0 held back");
    let strict = [&rule[..], &["--profile", "strict"]].concat();
    project.run(&strict).ends(0).shows("note: unverified: nobody has tried this").shows("Plan: 2 fixes");
}
