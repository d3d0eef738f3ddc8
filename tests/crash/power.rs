//! What a loss of power asks for, which no kill can show: the order in which writes are forced to the disk.
//!
//! A kill leaves all that was written in the system's memory; a loss of power leaves what was forced out, and
//! of the rest any part. So the calls of one run are read back and held against the protocol.

use super::project::Project;
use super::traced::{Traced, strace_is_there};
use std::collections::BTreeSet;

/// A call that matters here, with paths from the root.
#[derive(Debug, PartialEq, Eq)]
enum Call {
    Create { path: String, mode: String },
    Write(String),
    Sync(String),
    Rename(String, String),
    Remove(String),
}

const JOURNAL: &str = ".hardtack/journal.json";

fn folder_of(path: &str) -> String {
    path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned())
}

/// Reads a line of `strace -y`, such as `12 fsync(5</tmp/x/a>) = 0`.
fn parse(line: &str, root: &str) -> Option<Call> {
    let (_, call) = line.split_once(' ')?;
    let (name, rest) = call.trim().split_once('(')?;
    let inside = |text: &str| Some(text.strip_prefix(root)?.trim_start_matches('/').to_owned());
    let opened = || inside(rest.split_once('<')?.1.split_once('>')?.0);
    let mut quoted = rest.split('"').skip(1).step_by(2);
    let failed = rest.contains(" = -1 ");
    match name {
        "fsync" => Some(Call::Sync(opened()?)),
        "write" => Some(Call::Write(opened()?)),
        "openat" if rest.contains("O_CREAT|O_EXCL") => {
            let mode = rest.split_once(") =")?.0.rsplit_once(", ")?.1.to_owned();
            Some(Call::Create { path: inside(quoted.next()?)?, mode })
        }
        "unlink" | "unlinkat" if !failed => Some(Call::Remove(inside(quoted.next()?)?)),
        "rename" | "renameat" | "renameat2" => {
            Some(Call::Rename(inside(quoted.next()?)?, inside(quoted.next()?)?))
        }
        _ => None,
    }
}

/// The calls of one run, in their order.
fn calls() -> Vec<Call> {
    let project = Project::new();
    let root = project.root().canonicalize().unwrap();
    let names = ["fsync", "write", "openat", "unlink", "rename"];
    let lines = Traced::new("apply", "").list(&names, &project);
    lines.iter().filter_map(|line| parse(line, root.to_str().unwrap())).collect()
}

#[test]
fn the_order_of_calls_outlasts_a_loss_of_power() {
    if !strace_is_there() {
        return;
    }
    let calls = calls();
    let renames: Vec<usize> =
        (0..calls.len()).filter(|at| matches!(&calls[*at], Call::Rename(_, to) if to == JOURNAL)).collect();
    let [prepared, committed] = renames[..] else { panic!("two states of the journal: {calls:#?}") };
    let removed = calls.iter().position(|call| *call == Call::Remove(JOURNAL.to_owned())).unwrap();
    let is_temp = |path: &str| path.contains("/.hardtack-tmp-") || path.starts_with(".hardtack-tmp-");
    let synced = |path: &str, from: usize, to: usize| calls[from..to].contains(&Call::Sync(path.to_owned()));

    let (mut temps, mut changed) = (0, BTreeSet::new());
    for (at, call) in calls.iter().enumerate() {
        match call {
            Call::Rename(from, _) => {
                let written =
                    calls[..at].iter().rposition(|call| *call == Call::Write(from.clone())).unwrap();
                assert!(synced(from, written, at), "{from} is forced out before it gets its name");
            }
            Call::Create { path, mode } => {
                assert!(is_temp(path), "{path} is made under a name that counts for nothing");
                assert_eq!(mode, "0600", "{path} is for its owner alone until it is complete");
                if folder_of(path) == ".hardtack" {
                    continue;
                }
                temps += 1;
                assert!(prepared < at && at < committed, "{path} is made while the journal names it");
                assert!(synced(path, at, committed), "{path} is forced out before the decision");
                assert!(
                    synced(&folder_of(path), at, committed),
                    "the name {path} is forced out before the decision"
                );
            }
            _ => {}
        }
        let target = match call {
            Call::Rename(_, to) if to != JOURNAL && !to.ends_with(".gitignore") => to,
            Call::Remove(path) if path != JOURNAL => path,
            _ => continue,
        };
        assert!(committed < at && at < removed, "{target} changes after the decision");
        assert!(synced(".hardtack", committed, at), "the decision is forced out before {target} changes");
        assert!(synced(&folder_of(target), at, removed), "{target} is forced out before the journal goes");
        changed.insert(target.clone());
    }
    assert_eq!(temps, 6, "one for each file that is written and for the record and its patch");
    assert_eq!(changed.len(), 7, "{changed:?}");
    let record = calls
        .iter()
        .rposition(|call| matches!(call, Call::Rename(_, to) if to.contains("rollback")))
        .unwrap();
    let first =
        calls.iter().position(|call| matches!(call, Call::Rename(_, to) if to == "compose.yaml")).unwrap();
    assert!(
        synced(".hardtack/rollback", record, first),
        "the way back is forced out before the first file changes"
    );
}

#[test]
fn what_is_overwritten_is_forced_out_before_its_copy_goes() {
    if !strace_is_there() {
        return;
    }
    let calls = calls();
    let position = |wanted: Call| calls.iter().rposition(|call| *call == wanted).unwrap();
    let written = position(Call::Write("Dockerfile".to_owned()));
    let synced = position(Call::Sync("Dockerfile".to_owned()));
    let copy_gone = calls[written..].iter().find(|call| matches!(call, Call::Remove(_))).unwrap();
    let Call::Remove(copy) = copy_gone else { unreachable!() };
    assert!(copy.starts_with(".hardtack-tmp-"), "{copy}");
    assert!(written < synced && synced < position(Call::Remove(copy.clone())));
}
