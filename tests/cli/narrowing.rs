//! Flags that narrow what a run does.

use super::project::{DATABASE, DATABASE_FIXED, Project};

fn rules(project: &Project, arguments: &[&str]) -> Vec<String> {
    let arguments = [&["plan", "--format", "json"], arguments].concat();
    let report = project.run(&arguments).ends(0).json();
    let steps = report["steps"].as_array().unwrap().iter();
    steps.map(|step| step["rule"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn only_and_skip_choose_rules() {
    let project = Project::database();
    assert_eq!(rules(&project, &[]), ["no-new-privileges", "drop-capabilities", "bind-localhost"]);
    assert_eq!(rules(&project, &["--only", "bind-localhost"]), ["bind-localhost"]);
    assert_eq!(rules(&project, &["--only", "bind-localhost,pin-digest"]), ["bind-localhost"]);
    assert_eq!(rules(&project, &["--skip", "bind-localhost"]), ["no-new-privileges", "drop-capabilities"]);
    assert_eq!(
        rules(&project, &["--skip", "bind-localhost,drop-capabilities", "--skip", "no-new-privileges"]),
        [""; 0]
    );
    assert_eq!(rules(&project, &["--only", "bind-localhost", "--skip", "bind-localhost"]), [""; 0]);
}

#[test]
fn safety_holds_back_what_changes_behaviour_and_says_how_to_have_it() {
    let project = Project::database();
    assert_eq!(rules(&project, &["--safety", "safe"]), ["no-new-privileges"]);
    let run = project.run(&["plan", "--safety", "safe"]).ends(0);
    run.shows("Held back").shows("to 127.0.0.1 [caution]; to have it: --safety caution");
    project.run(&["apply", "--safety", "safe"]).ends(0);
    assert!(project.read("compose.yaml").contains("- \"5432:5432\""));
}

#[test]
fn safety_does_not_widen_a_profile() {
    let project = Project::database();
    project.write("p.yaml", "extends: recommended\nsafety: safe\n");
    assert_eq!(rules(&project, &["--profile", "p.yaml", "--safety", "caution"]), ["no-new-privileges"]);
    // What a flag cannot give must not be offered as a flag.
    let run = project.run(&["plan", "--profile", "p.yaml"]).ends(0);
    run.shows("Held back").shows_no("to have it: --safety caution");
}

#[test]
fn service_chooses_services() {
    let two = format!("{DATABASE}  web:\n    image: nginx:1\n");
    let project = Project::with(&[("compose.yaml", &two)]);
    project.run(&["apply", "--service", "db"]).ends(0);
    assert_eq!(project.read("compose.yaml"), format!("{DATABASE_FIXED}  web:\n    image: nginx:1\n"));
    project.run(&["plan", "--service", "db,web"]).ends(0).shows("Plan: 2 fixes in 1 file");
}
