//! Modes, owners, links, mounts and folders that refuse.

use super::recovery::interrupted;
use super::*;
use hardtack::edge::PathError;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// The user that a test which must not run as root runs as: `nobody` on every common system.
const PLAIN_USER: u32 = 65534;
const FOLDER: &str = "HARDTACK_TEST_FOLDER";

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Whether files that this process makes belong to root.
fn is_root() -> bool {
    fs::metadata(tempfile::tempdir().unwrap().path()).unwrap().uid() == 0
}

#[test]
fn the_mode_is_kept_exactly_or_set_as_asked() {
    for kept in [0o644, 0o755, 0o600, 0o664, 0o4711, 0o400] {
        let folder = project(&[("a", "1")]);
        let path = folder.path().join("a");
        set_mode(&path, kept);
        apply(folder.path(), &[write("a", Some("1"), Some("2"))], None).unwrap();
        assert_eq!(mode(&path), kept, "{kept:o}");
        let asked = FileWrite { mode: Some(0o750), ..write("a", Some("2"), Some("2")) };
        apply(folder.path(), &[asked], None).unwrap();
        assert_eq!(mode(&path), 0o750);
    }
}

#[test]
fn a_new_file_has_the_mode_that_the_system_gives() {
    let folder = project(&[("given", "1")]);
    let new = FileWrite { mode: Some(0o600), ..write("closed", None, Some("1")) };
    apply(folder.path(), &[write("new", None, Some("1")), new], None).unwrap();
    assert_eq!(mode(&folder.path().join("new")), mode(&folder.path().join("given")));
    assert_eq!(mode(&folder.path().join("closed")), 0o600);
}

#[test]
fn state_is_for_its_owner_alone() {
    let folder = project(&[]);
    apply(folder.path(), &[], Some(&record(ID))).unwrap();
    let state = folder.path().join(".hardtack");
    assert_eq!(mode(&state), 0o700);
    assert_eq!(mode(&state.join("rollback")), 0o700);
    assert_eq!(mode(&state.join("lock")), 0o600);
    for file in fs::read_dir(state.join("rollback")).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
}

#[test]
fn a_link_stays_and_its_target_is_written() {
    let folder = project(&[("deploy/stack.yaml", "1")]);
    symlink("deploy/stack.yaml", folder.path().join("compose.yaml")).unwrap();
    apply(folder.path(), &[write("compose.yaml", Some("1"), Some("2"))], None).unwrap();
    assert!(folder.path().join("compose.yaml").is_symlink());
    assert_eq!(fs::read_to_string(folder.path().join("deploy/stack.yaml")).unwrap(), "2");
    let error = apply(folder.path(), &[write("compose.yaml", Some("2"), None)], None).unwrap_err();
    assert!(matches!(error, TransactionError::DeleteThroughLink(_)));
    let both =
        [write("compose.yaml", Some("2"), Some("3")), write("deploy/stack.yaml", Some("2"), Some("4"))];
    assert!(matches!(apply(folder.path(), &both, None), Err(TransactionError::Twice(_))));
}

#[test]
fn links_out_of_the_project_are_refused() {
    let outside = project(&[("a", "1")]);
    let folder = project(&[(".git/config", "1")]);
    symlink(outside.path().join("a"), folder.path().join("a")).unwrap();
    symlink(outside.path(), folder.path().join("sub")).unwrap();
    symlink(".git", folder.path().join("sly")).unwrap();
    for (path, leaves) in [("a", true), ("sub/a", true), ("sub/new", true), ("sly/config", false)] {
        let before = (path != "sub/new").then_some("1");
        let error = apply(folder.path(), &[write(path, before, Some("2"))], None).unwrap_err();
        let TransactionError::Path { why, .. } = error else { panic!("{path}: {error}") };
        assert_eq!(matches!(why, PathError::LeavesRoot(_)), leaves, "{path}: {why}");
    }
    assert_eq!(files(outside.path()), named(&[("a", "1")]));
    assert_eq!(fs::read_to_string(folder.path().join(".git/config")).unwrap(), "1");
}

#[test]
fn a_state_folder_that_is_a_link_is_not_used() {
    let outside = project(&[]);
    let folder = project(&[("a", "1")]);
    symlink(outside.path(), folder.path().join(".hardtack")).unwrap();
    let error = apply(folder.path(), &[write("a", Some("1"), Some("2"))], None).unwrap_err();
    assert!(matches!(error, TransactionError::Foreign { .. }), "{error}");
    assert!(matches!(recover(folder.path()), Err(TransactionError::Foreign { .. })));
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[test]
fn a_lock_that_is_a_link_is_not_opened() {
    let outside = project(&[("victim", "text")]);
    let folder = project(&[("a", "1")]);
    fs::create_dir(folder.path().join(".hardtack")).unwrap();
    symlink(outside.path().join("victim"), folder.path().join(".hardtack/lock")).unwrap();
    let error = apply(folder.path(), &[write("a", Some("1"), Some("2"))], None).unwrap_err();
    assert!(matches!(error, TransactionError::Foreign { .. }), "{error}");
    assert_eq!(files(outside.path()), named(&[("victim", "text")]));
}

#[test]
fn recovery_follows_no_link_that_came_since() {
    let outside = project(&[("a", "old")]);
    let folder = interrupted("committed", false);
    fs::remove_file(folder.path().join("a")).unwrap();
    symlink(outside.path().join("a"), folder.path().join("a")).unwrap();
    assert!(matches!(recover(folder.path()), Err(TransactionError::Stuck { .. })));
    assert_eq!(files(outside.path()), named(&[("a", "old")]));
}

#[test]
fn hard_links_stay_linked() {
    let folder = project(&[("a", "1 and more")]);
    set_mode(&folder.path().join("a"), 0o640);
    fs::hard_link(folder.path().join("a"), folder.path().join("b")).unwrap();
    let inode = fs::metadata(folder.path().join("a")).unwrap().ino();
    apply(folder.path(), &[write("a", Some("1 and more"), Some("2"))], None).unwrap();
    assert_eq!(files(folder.path()), named(&[("a", "2"), ("b", "2")]));
    assert_eq!(fs::metadata(folder.path().join("a")).unwrap().ino(), inode);
    assert_eq!(mode(&folder.path().join("a")), 0o640);
}

/// Runs a test of this file as a user who is not root, with `folder` in its environment: root may write
/// everywhere.
fn run_as_plain_user(test: &str, folder: &Path) {
    // A copy, because the folder of the build may be closed to others.
    let copy = folder.join("test-binary");
    fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
    set_mode(&copy, 0o755);
    let mut command = Command::new(&copy);
    command.args(["--exact", test, "--ignored"]).env(FOLDER, folder).current_dir(folder);
    if is_root() {
        command.uid(PLAIN_USER).gid(PLAIN_USER);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

fn give_to_plain_user(path: &Path) {
    if is_root() {
        chown(path, Some(PLAIN_USER), Some(PLAIN_USER)).unwrap();
    }
}

#[test]
fn a_folder_that_is_read_only_is_named_and_nothing_is_written() {
    let folder = project(&[("root/a", "1"), ("root/sub/b", "2"), ("closed/a", "1")]);
    set_mode(folder.path(), 0o755);
    for path in ["root", "root/a", "root/sub", "root/sub/b", "closed", "closed/a"] {
        give_to_plain_user(&folder.path().join(path));
    }
    set_mode(&folder.path().join("root/sub"), 0o555);
    set_mode(&folder.path().join("closed"), 0o555);
    run_as_plain_user("unix::helper_read_only_folders", folder.path());
    assert_eq!(files(&folder.path().join("root")), named(&[("a", "1"), ("sub/b", "2")]));
    assert_eq!(files(&folder.path().join("closed")), named(&[("a", "1")]));
    set_mode(&folder.path().join("root/sub"), 0o755);
    set_mode(&folder.path().join("closed"), 0o755);
}

#[test]
#[ignore = "part of a_folder_that_is_read_only_is_named_and_nothing_is_written"]
fn helper_read_only_folders() {
    let Some(given) = std::env::var_os(FOLDER) else { return };
    let given = Path::new(&given);
    let writes = [write("a", Some("1"), Some("x")), write("sub/b", Some("2"), Some("x"))];
    let error = apply(&given.join("root"), &writes, Some(&record(ID))).unwrap_err();
    assert!(
        matches!(&error, TransactionError::FolderNotWritable { folder, .. } if folder == "sub"),
        "{error}"
    );
    let error = apply(&given.join("closed"), &writes[..1], None).unwrap_err();
    assert!(matches!(&error, TransactionError::FolderNotWritable { folder, .. } if folder == "."), "{error}");
    assert_eq!(recover(&given.join("closed")).unwrap(), Recovery::Nothing);
}

#[test]
fn the_owner_of_a_file_is_kept() {
    if !is_root() {
        eprintln!("skipped: only root can make files of other owners");
        return;
    }
    let folder = project(&[("root/a", "1"), ("root/b", "2")]);
    set_mode(folder.path(), 0o755);
    give_to_plain_user(&folder.path().join("root"));
    let (a, b) = (folder.path().join("root/a"), folder.path().join("root/b"));
    // Root keeps the owner while replacing.
    chown(&b, Some(4242), Some(4343)).unwrap();
    apply(&folder.path().join("root"), &[write("b", Some("2"), Some("3"))], None).unwrap();
    let kept = fs::metadata(&b).unwrap();
    assert_eq!((kept.uid(), kept.gid()), (4242, 4343));
    fs::remove_dir_all(folder.path().join("root/.hardtack")).unwrap();
    // A plain user cannot, and overwrites.
    set_mode(&a, 0o666);
    let inode = fs::metadata(&a).unwrap().ino();
    run_as_plain_user("unix::helper_foreign_file", folder.path());
    let kept = fs::metadata(&a).unwrap();
    assert_eq!((kept.uid(), kept.ino(), mode(&a)), (0, inode, 0o666));
    assert_eq!(fs::read_to_string(&a).unwrap(), "2");
    assert_eq!(fs::read_to_string(&b).unwrap(), "3");
}

#[test]
#[ignore = "part of the_owner_of_a_file_is_kept"]
fn helper_foreign_file() {
    let Some(given) = std::env::var_os(FOLDER) else { return };
    let root = Path::new(&given).join("root");
    // This one may not be opened for writing, which shows before anything is written.
    let closed = [write("a", Some("1"), Some("2")), write("b", Some("3"), Some("4"))];
    let error = apply(&root, &closed, None).unwrap_err();
    assert!(matches!(&error, TransactionError::Io { path, .. } if path == "b"), "{error}");
    assert_eq!(files(&root), named(&[("a", "1"), ("b", "3")]));
    apply(&root, &closed[..1], None).unwrap();
}

#[test]
fn a_file_that_is_a_mount_is_overwritten() {
    let folder = project(&[("root/a", "1"), ("elsewhere", "1")]);
    let (a, elsewhere) = (folder.path().join("root/a"), folder.path().join("elsewhere"));
    let mounted = Command::new("mount").arg("--bind").args([&elsewhere, &a]).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: this user may not mount; tests/crash.rs injects the error that a mount gives");
        return;
    }
    let applied = apply(&folder.path().join("root"), &[write("a", Some("1"), Some("2"))], None);
    assert!(Command::new("umount").arg(&a).status().unwrap().success());
    applied.unwrap();
    assert_eq!(fs::read_to_string(elsewhere).unwrap(), "2");
    assert_eq!(fs::read_to_string(a).unwrap(), "1");
    assert_eq!(recover(&folder.path().join("root")).unwrap(), Recovery::Nothing);
}
