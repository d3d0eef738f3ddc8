//! The example, from end to end with the real program: what people see and what their files become.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use support::compose::Compose;

/// A copy of the example in an empty folder.
fn example() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/kidney-genetics"), folder.path());
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

fn hardtack(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hardtack"));
    command.args(arguments).current_dir(folder).env_clear().output().unwrap()
}

fn stdout(folder: &Path, arguments: &[&str]) -> String {
    let output = hardtack(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Compares with `snapshots/kidney-genetics/NAME`; ids of runs are different each time.
fn golden(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots/kidney-genetics");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

fn without_run(text: &str) -> String {
    let is_id = |word: &str| word.len() == 25 && word.as_bytes()[8] == b'T' && word.as_bytes()[16] == b'-';
    let line = |line: &str| {
        let words: Vec<&str> = line.split(' ').map(|word| if is_id(word) { "RUN" } else { word }).collect();
        words.join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

fn git(folder: &Path, arguments: &[&str]) -> bool {
    Command::new("git").args(arguments).current_dir(folder).status().unwrap().success()
}

const FILES: [&str; 2] = ["docker-compose.prod.yml", "docker-compose.prod.test.yml"];

fn texts(folder: &Path) -> [String; 2] {
    FILES.map(|file| fs::read_to_string(folder.join(file)).unwrap())
}

#[test]
fn the_plan_reads_well_in_every_form() {
    let folder = example();
    golden("plan", &stdout(folder.path(), &["plan"]));
    golden("diff", &stdout(folder.path(), &["plan", "--format", "diff"]));
    golden("by-fix", &stdout(folder.path(), &["plan", "--by-fix"]));
    golden("json", &stdout(folder.path(), &["plan", "--format", "json"]));
    golden("check", &String::from_utf8(hardtack(folder.path(), &["check"]).stdout).unwrap());
}

#[test]
fn apply_writes_what_the_plan_showed_and_rollback_takes_it_back() {
    let folder = example();
    let before = texts(folder.path());
    golden("apply", &without_run(&stdout(folder.path(), &["apply"])));
    let after = texts(folder.path());
    for (file, text) in FILES.iter().zip(&after) {
        golden(file, text);
    }
    assert_eq!(hardtack(folder.path(), &["check"]).status.code(), Some(0));
    golden("rollback", &without_run(&stdout(folder.path(), &["rollback"])));
    assert_eq!(texts(folder.path()), before);
}

#[test]
fn git_applies_the_diff_and_the_series_to_the_same_texts() {
    let applied = example();
    stdout(applied.path(), &["apply"]);
    for form in [&["plan", "--format", "diff"][..], &["plan", "--by-fix"]] {
        let folder = example();
        fs::write(folder.path().join("p.diff"), stdout(folder.path(), form)).unwrap();
        assert!(
            git(folder.path(), &["apply", "--check", "p.diff"]) && git(folder.path(), &["apply", "p.diff"])
        );
        assert_eq!(texts(folder.path()), texts(applied.path()), "{form:?}");
    }
}

#[test]
fn compose_accepts_the_example_before_and_after() {
    let Some(compose) = Compose::find() else { return };
    let folder = example();
    let accepts = |when: &str| {
        for file in FILES {
            compose
                .accept("kidney", folder.path(), &[file])
                .unwrap_or_else(|why| panic!("{file} {when}: {why}"));
        }
    };
    accepts("before");
    stdout(folder.path(), &["apply"]);
    accepts("after");
}
