//! Writing a set of files: what is written, what is refused, and what is kept.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests: a panic is a failed test")]

#[path = "transaction/recovery.rs"]
mod recovery;
#[cfg(unix)]
#[path = "transaction/unix.rs"]
mod unix;

use hardtack::edge::{
    FileWrite, NewRecord, Recovery, RollbackStore, Staleness, TransactionError, apply, recover, sha256_hex,
};
use std::fs::{self, File};
use std::path::Path;
use tempfile::TempDir;

/// A project with these files.
fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let at = folder.path().join(path);
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        fs::write(at, text).unwrap();
    }
    folder
}

fn write(path: &str, before: Option<&str>, after: Option<&str>) -> FileWrite {
    FileWrite {
        path: path.to_owned(),
        expect: before.map(|text| sha256_hex(text.as_bytes())),
        content: after.map(|text| text.as_bytes().to_vec()),
        mode: None,
    }
}

fn record(id: &str) -> NewRecord {
    NewRecord {
        id: id.parse().unwrap(),
        undoes: None,
        json: b"{\"secret\": 1}".to_vec(),
        patch: "--- a\n+++ b\n".to_owned(),
    }
}

/// All files of a project by path, without the lock and the ignore file of the state folder.
fn files(root: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let shown = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            if shown != ".hardtack/lock" && shown != ".hardtack/.gitignore" {
                files.push((shown, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

fn named(files: &[(&str, &str)]) -> Vec<(String, String)> {
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

const ID: &str = "20261121T073000Z-1a2b3c4d";

#[test]
fn writes_creates_deletes_and_keeps_the_record() {
    let folder = project(&[("compose.yaml", "old"), ("app/Dockerfile", "FROM a"), ("gone.env", "X=1")]);
    let writes = [
        write("compose.yaml", Some("old"), Some("new")),
        write("app/Dockerfile", Some("FROM a"), Some("FROM b")),
        write("nginx/conf.d/site.conf", None, Some("server {}")),
        write("gone.env", Some("X=1"), None),
    ];
    apply(folder.path(), &writes, Some(&record(ID))).unwrap();
    let expected = named(&[
        (".hardtack/rollback/20261121T073000Z-1a2b3c4d.json", "{\"secret\": 1}"),
        (".hardtack/rollback/20261121T073000Z-1a2b3c4d.patch", "--- a\n+++ b\n"),
        ("app/Dockerfile", "FROM b"),
        ("compose.yaml", "new"),
        ("nginx/conf.d/site.conf", "server {}"),
    ]);
    assert_eq!(files(folder.path()), expected);
    assert_eq!(fs::read_to_string(folder.path().join(".hardtack/.gitignore")).unwrap(), "*\n");
    assert_eq!(recover(folder.path()).unwrap(), Recovery::Nothing);
    let store = RollbackStore::of(folder.path());
    let last = store.last().unwrap().unwrap();
    assert_eq!(store.read(&last.id, 100).unwrap(), b"{\"secret\": 1}");
}

#[test]
fn an_undo_is_a_record_of_its_own() {
    let folder = project(&[("a", "1")]);
    apply(folder.path(), &[write("a", Some("1"), Some("2"))], Some(&record(ID))).unwrap();
    let store = RollbackStore::of(folder.path());
    let next =
        store.next_id(ID.parse::<hardtack::edge::RecordId>().unwrap().time().unwrap(), "ffffffff").unwrap();
    let undo = NewRecord { id: next.clone(), undoes: Some(ID.parse().unwrap()), ..record(ID) };
    apply(folder.path(), &[write("a", Some("2"), Some("1"))], Some(&undo)).unwrap();
    let listed = store.list().unwrap();
    assert_eq!((&listed[0].id, &listed[1].undone_by), (&next, &vec![next.clone()]));
    assert_eq!(fs::read_to_string(folder.path().join("a")).unwrap(), "1");
}

#[test]
fn a_record_is_never_overwritten() {
    let folder = project(&[("a", "1")]);
    apply(folder.path(), &[], Some(&record(ID))).unwrap();
    let writes = [write("a", Some("1"), Some("2"))];
    let error = apply(folder.path(), &writes, Some(&record(ID))).unwrap_err();
    assert!(matches!(error, TransactionError::Stale { change: Staleness::Appeared, .. }), "{error}");
    assert_eq!(fs::read_to_string(folder.path().join("a")).unwrap(), "1");
}

#[test]
fn nothing_to_write_leaves_no_trace() {
    let folder = project(&[]);
    apply(folder.path(), &[], None).unwrap();
    assert_eq!(recover(folder.path()).unwrap(), Recovery::Nothing);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_stale_plan_writes_nothing_and_names_the_file() {
    for (stale, change) in [
        (write("b", Some("other"), Some("x")), Staleness::Edited),
        (write("b", None, Some("x")), Staleness::Appeared),
        (write("c", Some("2"), Some("x")), Staleness::Vanished),
    ] {
        let folder = project(&[("a", "1"), ("b", "2")]);
        let path = stale.path.clone();
        let writes = [write("a", Some("1"), Some("x")), stale];
        let error = apply(folder.path(), &writes, Some(&record(ID))).unwrap_err();
        assert!(error.to_string().contains(&format!("`{path}`")), "{error}");
        assert!(matches!(error, TransactionError::Stale { change: found, .. } if found == change));
        assert_eq!(files(folder.path()), named(&[("a", "1"), ("b", "2")]));
    }
}

#[test]
fn paths_that_leave_the_project_are_refused() {
    for path in ["../x", "/etc/x", ".git/config", ".hardtack/journal.json", "a/../../x", ""] {
        let folder = project(&[("a/b", "1")]);
        let error = apply(folder.path(), &[write(path, None, Some("x"))], None).unwrap_err();
        assert!(matches!(error, TransactionError::Path { .. }), "{path}: {error}");
        assert_eq!(files(folder.path()), named(&[("a/b", "1")]));
    }
}

#[test]
fn one_file_is_written_once() {
    let folder = project(&[("a", "1")]);
    let writes = [write("a", Some("1"), Some("2")), write("a", Some("1"), Some("3"))];
    assert!(matches!(apply(folder.path(), &writes, None), Err(TransactionError::Twice(path)) if path == "a"));
    assert_eq!(files(folder.path()), named(&[("a", "1")]));
}

#[cfg(unix)]
#[test]
fn a_second_writer_is_told_who_writes() {
    let folder = project(&[("a", "1")]);
    apply(folder.path(), &[write("a", Some("1"), Some("2"))], None).unwrap();
    let lock = File::options().read(true).write(true).open(folder.path().join(".hardtack/lock")).unwrap();
    lock.lock().unwrap();
    let error = apply(folder.path(), &[write("a", Some("2"), Some("3"))], None).unwrap_err();
    assert!(matches!(&error, TransactionError::Locked { .. }), "{error}");
    assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
    // Reading goes on: there is nothing to recover.
    assert_eq!(recover(folder.path()).unwrap(), Recovery::Nothing);
    drop(lock);
    apply(folder.path(), &[write("a", Some("2"), Some("3"))], None).unwrap();
}
