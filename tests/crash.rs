//! Law 8: killed at any system call, a project is all-before or all-after once any command has run again.
//!
//! A child process writes a set of files under `strace`, which kills it, or has a call fail, at the first
//! system call of a kind, then at the second, and so on until there are no more. The child is this test
//! binary, told to run one of the ignored tests. Needs `strace` (Debian: `apt-get install strace`).
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests: a panic is a failed test")]

#[path = "crash/power.rs"]
mod power;
#[path = "crash/project.rs"]
mod project;
#[path = "crash/traced.rs"]
mod traced;

use hardtack::edge::{Recovery, recover};
use project::{Project, is_after, is_before};
use std::collections::BTreeSet;
use traced::{Ending, Traced, strace_is_there};

/// System calls by which the disk changes, and at least how many of each one run makes. Without these
/// figures a run that is never hit would pass for one that survives.
const CALLS: [(&str, usize); 7] =
    [("openat", 40), ("write", 11), ("fsync", 25), ("rename", 8), ("fchmod", 5), ("unlink", 5), ("mkdir", 4)];

/// Kills `work` at each call of a kind and ends what it left; says how often the outcome was before and after.
fn kill_at_each(call: &str, work: &str, start: impl Fn() -> Project) -> (usize, usize) {
    let (mut before, mut after) = (0, 0);
    for number in 1.. {
        let project = start();
        let ending = Traced::new(work, call).kill(call, number).run(&project);
        if ending == Ending::Finished {
            assert!(recover(project.root()).is_ok());
            break;
        }
        assert_eq!(ending, Ending::Killed, "{work}: {call} {number}");
        project.assert_each_file_is_whole_or_guarded();
        let recovered = recover(project.root());
        assert!(recovered.is_ok(), "{work}: {call} {number}: {recovered:?}");
        assert_eq!(recover(project.root()).unwrap(), Recovery::Nothing);
        match project.view() {
            view if is_before(&view) => before += 1,
            view if is_after(&view) => after += 1,
            view => panic!("{work}: {call} {number}: neither before nor after, but {view:#?}"),
        }
    }
    (before, after)
}

#[test]
fn a_run_that_is_killed_is_all_before_or_all_after() {
    if !strace_is_there() {
        return;
    }
    for (call, least) in CALLS {
        let (before, after) = kill_at_each(call, "apply", Project::new);
        eprintln!("apply killed at {call}: {before} before, {after} after");
        assert!(before + after >= least, "{call} was hit {} times only", before + after);
        // Making a folder happens before the moment that decides, all other calls on both sides of it.
        assert!(before > 0 && (after > 0 || call == "mkdir" || call == "fchmod"), "{call}");
    }
}

/// A run that was killed at the `number`th renaming.
fn killed_at_rename(number: usize) -> Project {
    let project = Project::new();
    assert_eq!(Traced::new("apply", "rename").kill("rename", number).run(&project), Ending::Killed);
    project
}

/// The renaming that is the first after the moment that decides.
fn first_rename_after_commit() -> usize {
    (1..20)
        .find(|number| {
            let project = killed_at_rename(*number);
            matches!(recover(project.root()), Ok(Recovery::Completed(_)))
        })
        .unwrap()
}

#[test]
fn a_recovery_that_is_killed_can_be_repeated() {
    if !strace_is_there() {
        return;
    }
    let first = first_rename_after_commit();
    for call in ["openat", "write", "fsync", "rename", "unlink"] {
        // Forward: the texts are ready and none is in its place, or half of them are.
        for number in [first, first + 3] {
            let (before, after) = kill_at_each(call, "recover", || killed_at_rename(number));
            assert_eq!(before, 0, "a decision is kept");
            assert!(after > 0 || call == "write", "{call}");
        }
    }
    for call in ["openat", "fsync", "unlink", "rmdir"] {
        // Back: all texts are ready and it is not decided yet.
        let (before, after) = kill_at_each(call, "recover", || killed_at_rename(first - 1));
        assert_eq!(after, 0, "what was not decided does not happen");
        assert!(before > 0, "{call}");
    }
}

#[test]
fn a_run_that_is_killed_while_it_goes_back_is_all_before_or_all_after() {
    if !strace_is_there() {
        return;
    }
    let last = first_rename_after_commit() + 4;
    for call in ["openat", "write", "fsync", "fchmod", "unlink"] {
        let mut outcomes = BTreeSet::new();
        for number in 1.. {
            let project = Project::new();
            let mut traced = Traced::new("apply", call);
            traced.fail("rename", "EIO", last).kill(call, number);
            if traced.run(&project) != Ending::Killed {
                break;
            }
            let recovered = recover(project.root()).unwrap();
            let view = project.view();
            assert!(is_before(&view) || is_after(&view), "{call} {number}: {recovered:?} {view:#?}");
            outcomes.insert(match recovered {
                Recovery::Nothing => "nothing",
                Recovery::Discarded => "discarded",
                Recovery::Completed(_) => "completed",
                Recovery::Reverted(_) => "reverted",
            });
        }
        // Modes are set while the texts before are made ready, which is before going back is decided.
        assert!(outcomes.contains("reverted") || call == "fchmod", "{call}: {outcomes:?}");
    }
}

#[test]
fn one_call_that_fails_is_a_clean_error_and_all_before() {
    if !strace_is_there() {
        return;
    }
    for (call, error) in [
        ("write", "ENOSPC"),
        ("fsync", "EIO"),
        ("rename", "EIO"),
        ("rename", "EPERM"),
        ("fchmod", "EPERM"),
        ("unlink", "EIO"),
        ("mkdir", "ENOSPC"),
        ("openat", "EMFILE"),
    ] {
        let mut failed = 0;
        for number in 1.. {
            let project = Project::new();
            match Traced::new("apply", call).fail(call, error, number).run(&project) {
                Ending::Finished => break,
                // What is done as well as it can be, such as the words in the lock file.
                Ending::FinishedAllTheSame => assert!(is_after(&project.view()), "{call} {error} {number}"),
                Ending::Failed(message) => {
                    let view = project.view();
                    assert!(is_before(&view), "{call} {error} {number}: {message} {view:#?}");
                    assert!(message.contains("cannot") || message.contains("not writable"), "{message}");
                    failed += 1;
                }
                other => panic!("{call} {error} {number}: {other:?}"),
            }
            assert_eq!(recover(project.root()).unwrap(), Recovery::Nothing, "{call} {error} {number}");
        }
        assert!(failed > 2, "{call} {error} failed {failed} times only");
    }
}

#[test]
fn calls_that_fail_from_one_on_leave_what_the_next_command_ends() {
    if !strace_is_there() {
        return;
    }
    for (call, error) in [("write", "ENOSPC"), ("fsync", "EIO"), ("rename", "EIO"), ("unlink", "EPERM")] {
        for number in 1.. {
            let project = Project::new();
            match Traced::new("apply", call).fail_from(call, error, number).run(&project) {
                Ending::Finished => break,
                Ending::FinishedAllTheSame | Ending::Failed(_) => {}
                other => panic!("{call} {error} {number}: {other:?}"),
            }
            let recovered = recover(project.root());
            let view = project.view();
            assert!(is_before(&view) || is_after(&view), "{call} {error} {number}: {recovered:?} {view:#?}");
        }
    }
}

#[test]
fn a_file_that_may_not_be_replaced_because_it_is_a_mount_is_overwritten() {
    if !strace_is_there() {
        return;
    }
    let first = first_rename_after_commit();
    // The record, the patch, `compose.yaml`, the new file, `bin/start.sh`: what is new cannot be a mount.
    for number in [first, first + 3] {
        let project = Project::new();
        let ending = Traced::new("apply", "rename").fail("rename", "EBUSY", number).run(&project);
        assert!(matches!(ending, Ending::Failed(_)), "renaming {number}: {ending:?}");
        assert!(is_before(&project.view()));
    }
    for number in [first + 2, first + 4] {
        let project = Project::new();
        let ending = Traced::new("apply", "rename").fail("rename", "EBUSY", number).run(&project);
        assert_eq!(ending, Ending::FinishedAllTheSame, "renaming {number}");
        assert!(is_after(&project.view()));
        // Killed while it is overwritten, it is completed.
        for call in ["openat", "write", "fsync"] {
            for kill in 1.. {
                let project = Project::new();
                let mut traced = Traced::new("apply", call);
                traced.fail("rename", "EBUSY", number).kill(call, kill);
                if traced.run(&project) != Ending::Killed {
                    break;
                }
                recover(project.root()).unwrap();
                let view = project.view();
                assert!(is_before(&view) || is_after(&view), "{call} {kill}: {view:#?}");
            }
        }
    }
}

/// The child of the tests above: works, and ends with 0 or, after an error, with 3.
#[test]
#[ignore = "the child process of the other tests"]
fn child() {
    traced::work();
}
