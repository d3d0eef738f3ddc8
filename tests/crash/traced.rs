//! A child process under `strace`, which kills it or has its calls fail.

use super::project::{Project, record, writes};
use hardtack::edge::{apply, recover};
use std::fs;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, exit};

const ROOT: &str = "HARDTACK_CRASH_ROOT";
const WORK: &str = "HARDTACK_CRASH_WORK";
const WARM: &str = "HARDTACK_CRASH_WARM";

/// Calls that the child makes before it works. `strace` counts each thread's calls on their own, and the test
/// harness has a thread that opens and writes files too: the numbers above this one are the work's alone.
const WARM_UP: usize = 100;

/// Exit code of a child whose work was an error.
const FAILED: i32 = 3;

/// How a child ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ending {
    /// Killed by `strace`.
    Killed,
    /// Ended well, and `strace` had no occasion to do anything.
    Finished,
    /// Ended well although a call failed.
    FinishedAllTheSame,
    /// Ended with this error, since a call failed.
    Failed(String),
}

/// A child process with what `strace` shall do to it.
pub struct Traced {
    work: String,
    /// The call whose number is counted from the end of the warm-up.
    warm: String,
    calls: Vec<String>,
    injections: Vec<String>,
}

impl Traced {
    /// `work` is `apply` or `recover`.
    pub fn new(work: &str, warm: &str) -> Self {
        let (work, warm) = (work.to_owned(), warm.to_owned());
        Self { work, warm, calls: Vec::new(), injections: Vec::new() }
    }

    pub fn kill(&mut self, call: &str, number: usize) -> &mut Self {
        self.inject(call, "signal=KILL", number, "")
    }

    pub fn fail(&mut self, call: &str, error: &str, number: usize) -> &mut Self {
        self.inject(call, &format!("error={error}"), number, "")
    }

    pub fn fail_from(&mut self, call: &str, error: &str, number: usize) -> &mut Self {
        self.inject(call, &format!("error={error}"), number, "+")
    }

    fn inject(&mut self, call: &str, what: &str, number: usize, on: &str) -> &mut Self {
        let offset = if warms_up(call) { WARM_UP } else { 0 };
        assert!(offset == 0 || call == self.warm, "only the warm call can be counted from the work on");
        let calls = spellings(call);
        self.injections.push(format!("inject={calls}:{what}:when={}{on}", number + offset));
        self.calls.push(calls);
        self
    }

    pub fn run(&self, project: &Project) -> Ending {
        let (output, told) = self.trace(project);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        match (output.status.signal(), output.status.code()) {
            (Some(9), _) => Ending::Killed,
            (_, Some(0)) if told.contains("INJECTED") => Ending::FinishedAllTheSame,
            (_, Some(0)) => Ending::Finished,
            (_, Some(FAILED)) => Ending::Failed(errors),
            _ => panic!("{:?} {:?}: {errors}", self.injections, output.status),
        }
    }

    /// The calls of these kinds that the work makes, as `strace` writes them, with the path of each file.
    pub fn list(mut self, calls: &[&str], project: &Project) -> Vec<String> {
        self.calls = calls.iter().map(|call| spellings(call)).collect();
        let (output, told) = self.trace(project);
        assert!(output.status.success());
        told.lines().map(str::to_owned).collect()
    }

    fn trace(&self, project: &Project) -> (Output, String) {
        let log = tempfile::NamedTempFile::new().unwrap();
        let mut command = Command::new("strace");
        command.args(["-f", "-y", "-s", "4096", "-qq", "-o"]).arg(log.path()).arg("-e");
        command.arg(format!("trace={}", self.calls.join(",")));
        for injection in &self.injections {
            command.arg("-e").arg(injection);
        }
        command.arg(std::env::current_exe().unwrap());
        command.args(["--exact", "child", "--ignored", "--nocapture", "--test-threads=1"]);
        // With it, the loader looks in many places, and its calls would outnumber the warm-up.
        command.env_remove("LD_LIBRARY_PATH");
        command.env(ROOT, project.root()).env(WORK, &self.work).env(WARM, &self.warm);
        (command.output().unwrap(), fs::read_to_string(log.path()).unwrap())
    }
}

/// Names of a call on all architectures; `?` has `strace` pass over those that this one has not.
fn spellings(call: &str) -> String {
    let others = match call {
        "rename" => ",?renameat,?renameat2",
        "fchmod" => ",?fchmodat",
        "unlink" | "rmdir" => ",?unlinkat",
        "mkdir" => ",?mkdirat",
        _ => "",
    };
    format!("?{call}{others}")
}

fn warms_up(call: &str) -> bool {
    matches!(call, "openat" | "write")
}

/// Whether `strace` works here. Where tests must be complete, its absence fails them.
pub fn strace_is_there() -> bool {
    let works = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).status();
    let works = works.is_ok_and(|status| status.success());
    if !works {
        let why = "strace is missing or may not trace (Debian: apt-get install strace)";
        assert!(std::env::var_os("CI").is_none(), "{why}");
        eprintln!("skipped: {why}");
    }
    works
}

/// What the child does.
pub fn work() {
    let (Some(root), Some(work), Ok(warm)) =
        (std::env::var_os(ROOT), std::env::var_os(WORK), std::env::var(WARM))
    else {
        return;
    };
    let root = Path::new(&root);
    let mut null = fs::File::options().write(true).open("/dev/null").unwrap();
    // The line above has opened one.
    for number in 0..WARM_UP {
        match warm.as_str() {
            "openat" if number > 0 => drop(fs::File::open("/dev/null")),
            "write" => null.write_all(b"x").unwrap(),
            _ => {}
        }
    }
    let done =
        if work == "apply" { apply(root, &writes(), Some(&record())) } else { recover(root).map(|_| ()) };
    if let Err(error) = &done {
        // Not `eprintln`, which panics when the call that fails is this one.
        let _ = writeln!(std::io::stderr(), "{error}");
    }
    exit(if done.is_ok() { 0 } else { FAILED });
}
