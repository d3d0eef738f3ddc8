//! `hardtack rollback`: what it takes back and what it keeps.

use super::project::{DATABASE, DATABASE_FIXED, Project, Run};

fn applied() -> (Project, Run) {
    let project = Project::database();
    let run = project.run(&["apply"]).ends(0);
    (project, run)
}

/// Two services in two files, all fixed.
fn four() -> Project {
    let two = format!("{DATABASE}  web:\n    image: nginx:1\n");
    let project = Project::with(&[("a/compose.yaml", &two), ("b/compose.yaml", &two)]);
    project.run(&["apply"]).ends(0);
    project
}

#[test]
fn the_last_run_goes_back_to_the_same_bytes() {
    let project = Project::example();
    let before = project.files();
    let steps = project.run(&["plan", "--format", "json"]).json()["steps"].as_array().unwrap().len();
    project.run(&["apply"]).ends(0);
    assert!(project.files() != before);
    project.run(&["rollback"]).ends(0).shows(&format!("Undone: {steps} steps of run "));
    assert!(project.files() == before);
}

#[test]
fn taking_back_a_whole_run_notes_no_exception() {
    let (project, _) = applied();
    project.run(&["rollback"]).ends(0);
    assert!(!project.path("hardtack.yaml").exists());
    project.run(&["plan"]).ends(0).shows("Plan: 3 fixes");
}

#[test]
fn a_named_run_goes_back_and_later_ones_stay() {
    let project = Project::database();
    let first = project.run(&["apply", "--only", "bind-localhost"]).ends(0);
    project.run(&["apply", "--only", "no-new-privileges,drop-capabilities"]).ends(0);
    project.run(&["rollback", &first.id()]).ends(0);
    assert_eq!(project.read("compose.yaml"), DATABASE_FIXED.replace("127.0.0.1:", ""));
    project.run(&["rollback"]).ends(0);
    assert_eq!(project.read("compose.yaml"), DATABASE);
}

#[test]
fn one_rule_goes_back_and_does_not_come_again() {
    let (project, _) = applied();
    let run =
        project.run(&["rollback", "--rule", "bind-localhost", "--reason", "the office: reads it"]).ends(0);
    run.shows("Undone: 1 step of run ").shows("Noted in hardtack.yaml: 1 exception");
    assert_eq!(project.read("compose.yaml"), DATABASE_FIXED.replace("127.0.0.1:", ""));
    project.run(&["plan"]).ends(0).shows("Plan: 0 fixes").shows("hardtack.yaml: the office: reads it");
    project.run(&["check", "--skip", "pin-digest"]).ends(0);
}

#[test]
fn without_a_reason_the_exception_says_when() {
    let (project, _) = applied();
    project.run(&["rollback", "--rule", "bind-localhost"]).ends(0);
    assert!(project.read("hardtack.yaml").contains("reason: undone with hardtack rollback on 2"));
}

#[test]
fn no_except_lets_the_fix_come_again() {
    let (project, _) = applied();
    project.run(&["rollback", "--rule", "bind-localhost", "--no-except"]).ends(0);
    assert!(!project.path("hardtack.yaml").exists());
    project.run(&["apply"]).ends(0);
    assert_eq!(project.read("compose.yaml"), DATABASE_FIXED);
}

#[test]
fn exceptions_are_added_to_a_project_file_that_is_there() {
    let project = Project::database();
    project.write("hardtack.yaml", "# ours\nprofile: recommended  # for now\n");
    project.run(&["apply"]).ends(0);
    project.run(&["rollback", "--rule", "bind-localhost", "--reason", "x"]).ends(0);
    let noted = "# ours\nprofile: recommended  # for now\nexceptions:\n  - rule: bind-localhost\n    reason: x\n    noted-by: rollback\n";
    assert_eq!(project.read("hardtack.yaml"), noted);
    project.run(&["rollback", "--rule", "no-new-privileges", "--reason", "y"]).ends(0);
    assert_eq!(
        project.read("hardtack.yaml"),
        format!("{noted}  - rule: no-new-privileges\n    reason: \"y\"\n    noted-by: rollback\n")
    );
    project.run(&["plan"]).ends(0).shows("Plan: 0 fixes");
}

#[test]
fn one_service_goes_back() {
    let project = four();
    project.run(&["rollback", "--service", "web"]).ends(0).shows("Undone: 4 steps");
    for path in ["a/compose.yaml", "b/compose.yaml"] {
        assert_eq!(project.read(path), format!("{DATABASE_FIXED}  web:\n    image: nginx:1\n"));
    }
    project.run(&["plan"]).ends(0).shows("Plan: 0 fixes");
}

#[test]
fn one_file_goes_back() {
    let project = four();
    project.run(&["rollback", "--file", "a/compose.yaml"]).ends(0).shows("Undone: 5 steps");
    assert_eq!(project.read("a/compose.yaml"), format!("{DATABASE}  web:\n    image: nginx:1\n"));
    assert!(project.read("b/compose.yaml").starts_with(DATABASE_FIXED));
    project.run(&["plan"]).ends(0).shows("Plan: 0 fixes");
}

#[test]
fn a_file_may_be_named_as_the_shell_completes_it() {
    let project = four();
    project
        .run(&["rollback", "--file", "./a/compose.yaml", "--dry-run"])
        .ends(0)
        .shows("+++ b/a/compose.yaml");
    project.run_in("a", &["rollback", "--file", "compose.yaml", "--reason", "x"]).ends(0);
    assert!(project.read("hardtack.yaml").contains("    file: a/compose.yaml\n"));
    let (one, _) = applied();
    let absolute = one.root().join("compose.yaml");
    one.run(&["rollback", "--file", absolute.to_str().unwrap(), "--dry-run"])
        .ends(0)
        .shows("+++ b/compose.yaml");
}

#[test]
fn narrowing_flags_narrow_together() {
    let project = four();
    let run = project.run(&[
        "rollback",
        "--rule",
        "no-new-privileges",
        "--service",
        "db",
        "--file",
        "b/compose.yaml",
        "--reason",
        "x",
    ]);
    run.ends(0).shows("Undone: 1 step");
    assert!(project.read("hardtack.yaml").ends_with(
        "  - rule: no-new-privileges\n    service: db\n    file: b/compose.yaml\n    reason: x\n    noted-by: rollback\n"
    ));
}

#[test]
fn a_dry_run_writes_nothing_and_shows_a_patch() {
    let (project, _) = applied();
    let before = project.all_files();
    let run = project.run(&["rollback", "--rule", "bind-localhost", "--dry-run"]).ends(0);
    assert!(project.all_files() == before);
    project.git(&["apply"], &run.stdout);
    assert_eq!(project.read("compose.yaml"), DATABASE_FIXED.replace("127.0.0.1:", ""));
}

#[test]
fn the_list_names_the_runs_and_what_is_left_of_them() {
    let (project, run) = applied();
    assert_eq!(
        project.run(&["rollback", "--list"]).ends(0).stdout,
        format!("{}  3 steps  compose.yaml  (profile recommended)\n", run.id())
    );
    project.run(&["rollback", "--rule", "bind-localhost"]).ends(0);
    project.run(&["rollback", "--list"]).ends(0).shows("  2 of 3 steps  ");
    project.run(&["rollback"]).ends(0);
    project.run(&["rollback", "--list"]).ends(0).shows("  undone  ");
}

#[test]
fn edits_elsewhere_in_the_file_are_kept() {
    let (project, _) = applied();
    project.edit("compose.yaml", "services:\n", "# the database\nname: shop\nservices:\n");
    project.edit("compose.yaml", "postgres:16\n", "postgres:17  # newer\n    restart: always\n");
    project.run(&["rollback"]).ends(0);
    assert_eq!(
        project.read("compose.yaml"),
        "# the database\nname: shop\nservices:\n  db:\n    image: postgres:17  # newer\n    restart: always\n    ports:\n      - \"5432:5432\"\n"
    );
}

#[test]
fn what_a_person_took_back_already_is_no_clash() {
    let (project, _) = applied();
    project.write("compose.yaml", DATABASE);
    project.run(&["rollback"]).ends(0);
    assert_eq!(project.read("compose.yaml"), DATABASE);
}

#[test]
fn rollback_works_from_a_folder_below_and_from_elsewhere() {
    let project = four();
    project.run_in("a", &["rollback", "--service", "web", "--no-except"]).ends(0);
    let elsewhere = Project::new();
    elsewhere.run(&["rollback", "--root", project.root().to_str().unwrap()]).ends(0);
    assert!(project.read("a/compose.yaml").starts_with(DATABASE));
}

#[test]
fn the_patch_beside_the_record_undoes_the_run_as_well() {
    let (project, run) = applied();
    let patch = project.read(&format!(".hardtack/rollback/{}.patch", run.id()));
    project.git(&["apply", "-R"], &patch);
    assert_eq!(project.read("compose.yaml"), DATABASE);
}

#[test]
fn what_stood_on_an_undone_fix_gets_no_exception() {
    let two =
        "services:\n  web:\n    image: example/web:1\n    depends_on: [db]\n  db:\n    image: postgres:16\n";
    let project = Project::with(&[("compose.yaml", two)]);
    project.run(&["apply", "--profile", "recommended"]).ends(0);
    project.run(&["rollback", "--rule", "add-healthcheck", "--reason", "x"]).ends(0);
    assert!(!project.read("hardtack.yaml").contains("wait-for-healthy"));
    let plan = project.run(&["plan", "--profile", "recommended"]).ends(0);
    assert!(!plan.stderr.contains("nothing needs"), "{plan}");
}

#[test]
fn an_undone_fix_takes_nothing_from_the_application_beside() {
    let two =
        "services:\n  web:\n    image: example/web:1\n    depends_on: [db]\n  db:\n    image: postgres:16\n";
    let project = Project::with(&[("one/compose.yaml", two), ("other/compose.yaml", two)]);
    project.run(&["apply", "--profile", "recommended"]).ends(0);
    let other = project.read("other/compose.yaml");
    assert!(other.contains("condition: service_healthy"), "{other}");
    project
        .run(&["rollback", "--rule", "add-healthcheck", "--file", "one/compose.yaml", "--reason", "x"])
        .ends(0);
    let one = project.read("one/compose.yaml");
    assert!(!one.contains("healthcheck:") && !one.contains("service_healthy"), "{one}");
    assert_eq!(project.read("other/compose.yaml"), other);
}

#[test]
fn an_exception_is_about_the_file_of_the_finding() {
    let project = Project::with(&[
        ("compose.yaml", "services:\n  a:\n    image: example/a:1\n    environment:\n      API_TOKEN: zz1\n"),
        (".gitignore", "x\n"),
    ]);
    let only = ["apply", "--profile", "strict", "--only", "secrets-in-environment"];
    project.run(&only).ends(0);
    project.run(&["rollback", "--file", ".gitignore", "--reason", "x"]).ends(0);
    let noted = "  - rule: secrets-in-environment\n    file: compose.yaml\n    reason: x\n";
    assert!(project.read("hardtack.yaml").contains(noted));
    project.run(&only).ends(0);
    assert!(project.read("compose.yaml").contains("API_TOKEN: zz1"));
}

#[test]
fn an_exception_that_a_rollback_noted_and_nothing_needs_is_a_word_and_no_error() {
    let (project, _) = applied();
    let noted = "exceptions:\n  - rule: bind-localhost\n    service: gone\n    reason: x\n";
    project.write("hardtack.yaml", format!("{noted}    noted-by: rollback\n"));
    project.run(&["plan"]).ends(0).mentions("nothing needs this exception of `bind-localhost`");
    project.write("hardtack.yaml", noted);
    project.run(&["plan"]).ends(2);
    project.write("hardtack.yaml", format!("{noted}    noted-by: me\n"));
    project.run(&["plan"]).ends(2);
}

/// Every example, every rule, service and file of the run: a part of it undone, the next run has nothing against
/// what the rollback noted.
#[test]
fn no_partial_rollback_of_an_example_stops_the_next_run() {
    for name in
        ["clinic-documents", "duty-scheduler", "housing-portal", "kidney-genetics", "practice-backend"]
    {
        let project = Project::example_named(name);
        project.run(&["apply"]).ends(0);
        let record = project.records().into_iter().find(|path| path.ends_with(".json")).unwrap();
        let record: serde_json::Value = serde_json::from_str(&project.read(&record)).unwrap();
        let mut asked = std::collections::BTreeSet::new();
        for step in record["steps"].as_array().unwrap() {
            asked.insert(("--rule", step["rule"].as_str().unwrap().to_owned()));
            for service in step["services"].as_array().unwrap() {
                asked.insert(("--service", service[1].as_str().unwrap().to_owned()));
            }
        }
        for file in record["files"].as_array().unwrap() {
            asked.insert(("--file", file["path"].as_str().unwrap().to_owned()));
        }
        let applied = project.all_files();
        for (what, which) in asked.into_iter().filter(|(_, which)| !which.ends_with("lock")) {
            project.run(&["rollback", what, &which]).ends(0);
            project.run(&["plan"]).ends(0);
            for path in project.all_files().into_keys().filter(|path| !applied.contains_key(path)) {
                std::fs::remove_file(project.path(&path)).unwrap();
            }
            applied.iter().for_each(|(path, (bytes, _))| project.write(path, bytes));
        }
    }
}
