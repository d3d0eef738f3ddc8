//! `plan -o FILE` and `apply FILE`.

use super::project::{DATABASE, DATABASE_FIXED, Project};

fn two_files() -> Project {
    let project = Project::with(&[("a/compose.yaml", DATABASE), ("b/compose.yaml", DATABASE)]);
    project.run(&["plan", "-o", "plan.json"]).ends(0).mentions("`hardtack apply plan.json` carries it out");
    project
}

#[test]
fn a_saved_plan_does_what_apply_does() {
    let project = two_files();
    let run = project.run(&["apply", "plan.json"]).ends(0);
    assert_eq!(project.read("a/compose.yaml"), DATABASE_FIXED);
    assert_eq!(project.read("b/compose.yaml"), DATABASE_FIXED);
    project.run(&["rollback", &run.id()]).ends(0);
    assert_eq!(project.read("a/compose.yaml"), DATABASE);
}

#[test]
fn a_saved_plan_finds_its_project_from_anywhere() {
    let project = two_files();
    project.run_in("b", &["apply", "../plan.json"]).ends(0);
    assert_eq!(project.read("a/compose.yaml"), DATABASE_FIXED);
}

#[test]
fn a_plan_may_be_kept_in_another_folder() {
    let (project, elsewhere) = (two_files(), Project::unmarked());
    let plan = elsewhere.path("kept/plan.json");
    std::fs::create_dir(elsewhere.path("kept")).unwrap();
    project.run(&["plan", "-o", plan.to_str().unwrap()]).ends(0);
    elsewhere.run(&["apply", "kept/plan.json"]).ends(0);
    assert_eq!(project.read("a/compose.yaml"), DATABASE_FIXED);
}

#[test]
fn a_stale_plan_is_4_names_every_file_and_writes_nothing() {
    let project = two_files();
    project.edit("a/compose.yaml", "postgres:16", "postgres:17");
    std::fs::remove_file(project.path("b/compose.yaml")).unwrap();
    let before = project.files();
    let run = project.run(&["apply", "plan.json"]).ends(4).tells("error: the plan is stale");
    run.mentions("  a/compose.yaml\n")
        .mentions("  b/compose.yaml\n")
        .mentions("make a new one with `hardtack plan`");
    assert!(project.files() == before);
    assert!(project.records().is_empty());
}

#[test]
fn a_plan_that_was_applied_says_so() {
    let project = two_files();
    project.run(&["apply", "plan.json"]).ends(0);
    let run = project.run(&["apply", "plan.json"]).ends(4);
    run.mentions("a/compose.yaml (the plan was applied already)");
    assert_eq!(project.records().len(), 1);
}

#[test]
fn a_plan_is_applied_even_if_the_settings_changed() {
    let project = two_files();
    project.write("hardtack.yaml", "profile: pin-only\n");
    project.run(&["apply", "plan.json"]).ends(0);
    assert_eq!(project.read("a/compose.yaml"), DATABASE_FIXED);
}

#[test]
fn options_of_planning_do_not_go_with_a_saved_plan() {
    let project = two_files();
    for option in
        [["--only", "pin-digest"], ["--safety", "safe"], ["--profile", "strict"], ["--service", "db"]]
    {
        project
            .run(&["apply", "plan.json", option[0], option[1]])
            .ends(2)
            .mentions("a saved plan is carried out");
    }
}

#[test]
fn a_plan_may_have_any_name() {
    let project = two_files();
    std::fs::rename(project.path("plan.json"), project.path("friday")).unwrap();
    project.run(&["apply", "friday"]).ends(0);
    assert_eq!(project.read("a/compose.yaml"), DATABASE_FIXED);
}

#[test]
fn what_a_saved_plan_leaves_is_1_on_demand() {
    // Pins that wait for a registry are not open by themselves; a port that nobody can bind is.
    two_files().run(&["apply", "plan.json", "--exit-code"]).ends(0);
    let open = DATABASE.replace("\"5432:5432\"", "\"${DB_PUBLISH}:5432\"");
    assert_ne!(open, DATABASE);
    let project = Project::with(&[("compose.yaml", &open)]);
    project.run(&["plan", "-o", "plan.json"]).ends(0);
    project.run(&["apply", "plan.json", "--exit-code"]).ends(1).shows("[interpolated]");
}

#[test]
fn a_plan_overwrites_nothing_but_a_plan() {
    let project = two_files();
    project.run(&["plan", "-o", "plan.json"]).ends(0);
    project
        .run(&["plan", "-o", "a/compose.yaml"])
        .ends(2)
        .tells("error: a/compose.yaml: it is there already");
    assert_eq!(project.read("a/compose.yaml"), DATABASE);
}

#[test]
fn a_plan_with_nothing_to_do_does_nothing() {
    let project = Project::with(&[("compose.yaml", "services: {}\n")]);
    project.run(&["plan", "-o", "plan.json"]).ends(0);
    project.run(&["apply", "plan.json"]).ends(0).shows("Nothing to do.");
    assert!(project.records().is_empty());
}

#[test]
fn a_plan_that_cannot_be_saved_is_an_error() {
    Project::database().run(&["plan", "-o", "nowhere/plan.json"]).ends(2).tells("error: nowhere/plan.json: ");
}

#[test]
fn a_compose_file_in_json_is_no_plan() {
    let project = Project::with(&[("c.json", "{\"services\": {\"web\": {\"image\": \"nginx:1\"}}}\n")]);
    project.run(&["apply", "c.json"]).ends(0).shows("c.json (2 steps)");
    assert!(project.read("c.json").contains("no-new-privileges:true"));
}
