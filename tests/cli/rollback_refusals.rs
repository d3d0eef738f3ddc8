//! When `hardtack rollback` does nothing: a clash, a damaged record, nothing to undo.

use super::project::{DATABASE, Project, Run};
use serde_json::{Value, json};

fn applied() -> (Project, Run) {
    let project = Project::database();
    let run = project.run(&["apply"]).ends(0);
    (project, run)
}

#[test]
fn a_clash_is_4_says_where_and_writes_nothing() {
    let (project, _) = applied();
    project.edit("compose.yaml", "127.0.0.1:5432:5432", "10.0.0.1:5432:5432");
    // The line is that of the file as it is now.
    project.edit("compose.yaml", "services:", "# ours\n\nservices:");
    let before = project.all_files();
    for arguments in [&["rollback"][..], &["rollback", "--rule", "bind-localhost"]] {
        project
            .run(arguments)
            .ends(4)
            .tells("error: compose.yaml: line 7 was changed since the run, and undoing would touch it")
            .mentions("nothing was written");
        assert!(project.all_files() == before);
    }
    // The rest of the run can still go back.
    project.run(&["rollback", "--rule", "no-new-privileges"]).ends(0);
    project.run(&["rollback", "--rule", "drop-capabilities"]).ends(0);
    let edited = DATABASE.replace("5432:5432", "10.0.0.1:5432:5432");
    assert_eq!(project.read("compose.yaml"), format!("# ours\n\n{edited}"));
}

#[test]
fn a_clash_in_one_file_keeps_the_others_from_going_back() {
    let project = Project::with(&[("a/compose.yaml", DATABASE), ("b/compose.yaml", DATABASE)]);
    project.run(&["apply"]).ends(0);
    project.edit("b/compose.yaml", "127.0.0.1:5432", "10.0.0.1:5432");
    let before = project.all_files();
    project.run(&["rollback"]).ends(4);
    assert!(project.all_files() == before);
    project.run(&["rollback", "--file", "a/compose.yaml", "--no-except"]).ends(0);
    assert_eq!(project.read("a/compose.yaml"), DATABASE);
}

#[test]
fn a_file_that_is_gone_or_unreadable_is_said() {
    let (project, _) = applied();
    project.write("compose.yaml", "services: [\n");
    project.run(&["rollback"]).ends(4).mentions("compose.yaml");
    std::fs::remove_file(project.path("compose.yaml")).unwrap();
    project.run(&["rollback"]).ends(4).mentions("compose.yaml: the file is gone");
    project.write("compose.yaml", b"caf\xe9");
    project.run(&["rollback"]).ends(3).mentions("compose.yaml");
}

#[test]
fn nothing_to_undo_is_2() {
    let message = "error: there is nothing to undo here";
    Project::database().run(&["rollback"]).ends(2).tells(message);
    let (project, run) = applied();
    let has = format!(
        "  run {} has:\n    bind-localhost db in compose.yaml\n    drop-capabilities db in compose.yaml\n    no-new-privileges db in compose.yaml\n",
        run.id()
    );
    let other = |arguments: &[&str], what: &str| project.run(arguments).ends(2).tells(what).mentions(&has);
    other(&["rollback", "--rule", "nope"], "error: no run has anything to undo for rule `nope`");
    other(&["rollback", "--service", "nope"], "error: no run has anything to undo for service `nope`");
    let named = format!("error: the run {} has nothing to undo for rule `pin-digest`", run.id());
    other(&["rollback", &run.id(), "--rule", "pin-digest"], &named);
    project.run(&["rollback"]).ends(0);
    project.run(&["rollback"]).ends(2).tells(message);
    project.run(&["rollback", &run.id()]).ends(2).tells(message);
}

#[test]
fn an_undoing_is_not_undone_but_applied_again() {
    let (project, _) = applied();
    let undoing = project.run(&["rollback"]).ends(0);
    project.run(&["rollback", &undoing.id()]).ends(2).mentions("took another run back; `hardtack apply`");
    Project::new().run(&["rollback", "--list"]).ends(0).tells("note: no run has changed anything here");
}

/// Changes the record and expects that it is refused and nothing is written.
#[track_caller]
fn refused(what: &str, tamper: impl Fn(&mut Value)) {
    let (project, _) = applied();
    let path = project.records().remove(0);
    let mut record: Value = serde_json::from_str(&project.read(&path)).unwrap();
    tamper(&mut record);
    project.write(&path, record.to_string());
    let before = project.all_files();
    let run = project.run(&["rollback"]);
    assert!(matches!(run.code, 2..=4), "{what}: {run}");
    assert!(run.stderr.starts_with("error: "), "{what}: {run}");
    assert!(project.all_files() == before, "{what} wrote something");
}

#[test]
fn a_tampered_record_is_refused() {
    refused("before", |record| record["files"][0]["before"] = json!("services: {evil: {image: x}}\n"));
    refused("after", |record| record["files"][0]["after"] = json!("0".repeat(64)));
    refused("no steps", |record| record["steps"] = json!([]));
    refused("a step less", |record| drop(record["steps"].as_array_mut().unwrap().pop()));
    refused("format", |record| record["format"] = json!("4.0"));
    refused("no record", |record| *record = json!([]));
    for path in ["../outside.yaml", "/etc/passwd", ".git/config"] {
        refused(path, |record| {
            let text = record.to_string().replace("\"compose.yaml\"", &json!(path).to_string());
            *record = serde_json::from_str(&text).unwrap();
        });
    }
}

#[test]
fn a_record_that_is_no_json_stops_only_what_needs_it() {
    let (project, _) = applied();
    project.write(".hardtack/rollback/20200101T000000Z-00000000.json", "nonsense");
    project.run(&["rollback", "20200101T000000Z-00000000"]).ends(3).tells(
        "error: the rollback record 20200101T000000Z-00000000 cannot be used: it is not a rollback record",
    );
    project.run(&["rollback", "--list"]).ends(0).shows("20200101T000000Z-00000000  the rollback record");
    project.run(&["rollback"]).ends(0);
    assert_eq!(project.read("compose.yaml"), DATABASE);
}

#[test]
fn a_damaged_record_is_not_passed_over_for_an_older_one() {
    let (project, run) = applied();
    project.write(".hardtack/rollback/29990101T000000Z-00000000.json", "nonsense");
    let before = project.all_files();
    project.run(&["rollback"]).ends(3).mentions("29990101T000000Z-00000000");
    assert!(project.all_files() == before);
    project.run(&["rollback", &run.id()]).ends(0);
    assert_eq!(project.read("compose.yaml"), DATABASE);
}

#[test]
fn an_exception_that_cannot_be_noted_stops_the_rollback() {
    let (project, _) = applied();
    project.write("hardtack.yaml", "exceptions: [\n");
    let before = project.all_files();
    project
        .run(&["rollback", "--rule", "bind-localhost"])
        .ends(2)
        .mentions("hardtack.yaml")
        .mentions("--no-except");
    assert!(project.all_files() == before);
    project.run(&["rollback", "--rule", "bind-localhost", "--no-except"]).ends(0);
}
