//! `hardtack apply`: what it writes and what it says.

use super::project::{DATABASE, DATABASE_FIXED, Project};

#[test]
fn it_ends_with_what_to_do_next_and_how_to_go_back() {
    let project = Project::database();
    let run = project.run(&["apply"]).ends(0);
    let next = format!("Next:\n  docker compose up -d db\nUndo:\n  hardtack rollback {}\n", run.id());
    assert!(run.stdout.ends_with(&next), "{run}");
    // What is left to a person comes with it.
    run.shows("Refused: a fix is wanted and not possible here (1)");
    assert_eq!(project.read("compose.yaml"), DATABASE_FIXED);
}

#[test]
fn the_commands_that_it_ends_with_work_as_they_are_printed() {
    let project = Project::with(&[("it's here/docker-compose.dev eu.yml", DATABASE)]);
    let run = project.run(&["apply"]).ends(0);
    let next = "  (cd 'it'\\''s here' && docker compose -f 'docker-compose.dev eu.yml' up -d db)\n";
    run.shows(next);
}

#[test]
fn undo_from_another_folder_names_the_root() {
    let project = Project::new();
    project.write("one/compose.yaml", DATABASE);
    project.write("one/hardtack.yaml", "");
    project.write("two/hardtack.yaml", "");
    let run = project.run_in("two", &["apply", "../one"]).ends(0);
    let undo = run.stdout.lines().last().unwrap().trim().strip_prefix("hardtack ").unwrap().to_owned();
    assert!(undo.contains(" --root "), "{run}");
    let words: Vec<&str> = undo.split(' ').collect();
    project.run_in("two", &words).ends(0);
    assert_eq!(project.read("one/compose.yaml"), DATABASE);
}

#[test]
fn nothing_but_the_files_of_the_plan_changes() {
    let project =
        Project::with(&[("compose.yaml", DATABASE), ("notes.txt", "x"), ("sub/other.yaml", "a: b\n")]);
    let mut before = project.files();
    project.run(&["apply"]).ends(0);
    before.get_mut("compose.yaml").unwrap().0 = DATABASE_FIXED.as_bytes().to_vec();
    assert!(project.files() == before);
    assert_eq!(project.records().len(), 1);
}

#[test]
fn a_dry_run_shows_the_plan_and_writes_nothing() {
    let project = Project::database();
    let before = project.files();
    let plan = project.run(&["plan"]).ends(0);
    assert_eq!(project.run(&["apply", "--dry-run"]).ends(0).stdout, plan.stdout);
    assert_eq!(project.run(&["apply", "--dry-run", "--format", "json"]).ends(0).json()["command"], "plan");
    assert!(project.files() == before);
    project.run(&["plan", "-o", "plan.json"]).ends(0);
    let before = project.files();
    project.run(&["apply", "--dry-run", "plan.json"]).ends(0).shows("127.0.0.1:5432:5432");
    project.run(&["apply", "--dry-run", "plan.json", "--format", "json"]).ends(0).json();
    assert!(project.files() == before);
}

#[test]
fn json_names_the_run() {
    let project = Project::database();
    let run = project.run(&["apply", "--format", "json"]).ends(0);
    assert_eq!(run.json()["run"], run.id());
    assert_eq!(run.json()["command"], "apply");
    assert!(project.run(&["apply", "--format", "json"]).ends(0).json()["run"].is_null());
}

#[cfg(unix)]
#[test]
fn modes_stay_through_apply_and_rollback() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::with(&[("a/compose.yaml", DATABASE), ("b/compose.yaml", DATABASE)]);
    for (path, mode) in [("a/compose.yaml", 0o640), ("b/compose.yaml", 0o755)] {
        std::fs::set_permissions(project.path(path), std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let before = project.files();
    project.run(&["apply"]).ends(0);
    let modes = |project: &Project| {
        project.files().into_iter().map(|(path, (_, mode))| (path, mode)).collect::<Vec<_>>()
    };
    let expected: Vec<_> = before.iter().map(|(path, (_, mode))| (path.clone(), *mode)).collect();
    assert_eq!(modes(&project), expected);
    project.run(&["rollback"]).ends(0);
    assert!(project.files() == before);
}

#[test]
fn what_git_would_show_of_our_own_folder_is_nothing() {
    let project = Project::database();
    project.run(&["apply"]).ends(0);
    assert_eq!(project.read(".hardtack/.gitignore").trim(), "*");
}
