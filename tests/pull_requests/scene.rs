//! A repository on a forge, and a clone of it in which the program runs.

use super::forge::{Fault, Forge, Pull, TOKEN};
use super::http::Response;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub const BRANCH: &str = "hardtack/recommended";

/// A profile of few rules, so that a new one changes no test here.
const RULES: &str = "name: recommended\nrules: [no-new-privileges, bind-localhost, pin-digest]\n";

pub const COMPOSE: &str = "\
services:
  db:
    image: postgres:16
    ports:
      - \"5432:5432\"
";

pub struct Scene {
    folder: tempfile::TempDir,
    pub forge: Forge,
    /// Arguments that say which forge it is.
    kind: Vec<String>,
}

/// What a run gave.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Scene {
    /// A repository with [`COMPOSE`] on GitHub Enterprise; `None` if the descriptions are missing.
    pub fn new() -> Option<Self> {
        Self::on(&["--forge", "github"], COMPOSE)
    }

    /// The same on another forge, or with another file.
    pub fn on(kind: &[&str], compose: &str) -> Option<Self> {
        let shared = super::support::shared()?;
        let folder = tempfile::tempdir().unwrap();
        let served = folder.path().join("srv");
        std::fs::create_dir_all(served.join("o")).unwrap();
        let forge = Forge::start(&served, &shared.join("github"));
        let scene = Self { folder, forge, kind: kind.iter().map(|word| (*word).to_owned()).collect() };
        scene.found("o/n");
        let bare = scene.bare("o/n");
        let seed = scene.path("seed");
        git(&served, &["clone", "--quiet", bare.to_str().unwrap(), seed.to_str().unwrap()], "").unwrap();
        std::fs::write(seed.join("compose.yaml"), compose).unwrap();
        std::fs::write(seed.join("hardtack.yaml"), "profile: rules.yaml\n").unwrap();
        std::fs::write(seed.join("rules.yaml"), RULES).unwrap();
        scene.commit_in("seed", "first");
        git(&seed, &["push", "--quiet", "origin", "HEAD:main"], "").unwrap();
        git(&served, &["clone", "--quiet", bare.to_str().unwrap(), scene.work().to_str().unwrap()], "")
            .unwrap();
        git(&scene.work(), &["remote", "set-url", "origin", &scene.url("o/n")], "").unwrap();
        Some(scene)
    }

    /// Makes an empty repository on the forge.
    pub fn found(&self, name: &str) {
        let bare = self.bare(name);
        std::fs::create_dir_all(&bare).unwrap();
        git(&bare, &["init", "--quiet", "--bare", "--initial-branch=main"], "").unwrap();
        git(&bare, &["config", "http.receivepack", "true"], "").unwrap();
    }

    pub fn bare(&self, name: &str) -> PathBuf {
        self.folder.path().join("srv").join(format!("{name}.git"))
    }

    pub fn url(&self, name: &str) -> String {
        format!("http://{}/{name}.git", self.forge.address)
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn work(&self) -> PathBuf {
        self.path("work")
    }

    pub fn commit_in(&self, folder: &str, message: &str) {
        let folder = self.path(folder);
        git(&folder, &["add", "--all"], "").unwrap();
        git(&folder, &["commit", "--quiet", "--message", message], "").unwrap();
    }

    /// Commits files to the base, as a person does.
    pub fn change_base(&self, files: &[(&str, &str)]) {
        let seed = self.path("seed");
        git(&seed, &["fetch", "--quiet", "origin"], "").unwrap();
        git(&seed, &["reset", "--quiet", "--hard", "origin/main"], "").unwrap();
        for (path, text) in files {
            let path = seed.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        self.commit_in("seed", "change the base");
        git(&seed, &["push", "--quiet", "origin", "HEAD:main"], "").unwrap();
    }

    /// Does something on the branch, as a person does, and pushes it.
    pub fn change_branch(&self, script: &str) {
        let seed = self.path("seed");
        git(&seed, &["fetch", "--quiet", "origin"], "").unwrap();
        git(&seed, &["checkout", "--quiet", "-B", "theirs", &format!("origin/{BRANCH}")], "").unwrap();
        let status = shell(script, &seed).status().unwrap();
        assert!(status.success());
        git(&seed, &["push", "--quiet", "--force", "origin", &format!("HEAD:{BRANCH}")], "").unwrap();
        git(&seed, &["checkout", "--quiet", "--detach"], "").unwrap();
    }

    /// Runs `hardtack pr` in the clone, with JSON as its output.
    pub fn pr(&self, arguments: &[&str]) -> Run {
        let all = [&["pr", "--offline", "--format", "json"], arguments].concat();
        self.run_in("work", &all, &[("HARDTACK_TOKEN", TOKEN)])
    }

    /// The program in a folder of the scene, with nothing in its environment but `variables` and what it takes to run.
    pub fn command(&self, folder: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hardtack"));
        command.env_clear().current_dir(self.path(folder)).stdin(Stdio::null()).args(arguments);
        if arguments.first() == Some(&"pr") {
            command.args(&self.kind);
        }
        let temporary = self.path("tmp");
        std::fs::create_dir_all(&temporary).unwrap();
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", "/nonexistent");
        command.env("TMPDIR", &temporary).env("GIT_CONFIG_NOSYSTEM", "1");
        command.envs(variables.iter().copied());
        command
    }

    pub fn run_in(&self, folder: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        let mut command = self.command(folder, arguments, variables);
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let run = Run {
            code: output.status.code().unwrap(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        };
        assert_ne!(run.code, 70, "a bug: {run:?}");
        assert!(!run.stdout.contains(TOKEN) && !run.stderr.contains(TOKEN), "the token is shown: {run:?}");
        let problems = self.forge.world().problems.clone();
        assert!(problems.is_empty(), "the forge objects: {problems:#?}\n{run:?}");
        // Nothing is left behind: no folder, no working tree, no ref.
        let left: Vec<_> = std::fs::read_dir(self.path("tmp")).unwrap().flatten().collect();
        assert!(left.is_empty(), "left behind: {left:?}");
        if self.path(folder).join(".git").exists() {
            let trees = git(&self.path(folder), &["worktree", "list"], "").unwrap();
            assert_eq!(trees.lines().count(), 1, "{trees}");
            let refs = git(&self.path(folder), &["for-each-ref", "refs/hardtack"], "").unwrap();
            assert_eq!(refs, "");
            let own = std::fs::read_dir(self.path(folder).join(".git")).unwrap().flatten();
            let locks = own.filter(|entry| entry.file_name().to_string_lossy().starts_with("hardtack"));
            assert_eq!(locks.count(), 0);
        }
        run
    }

    pub fn tip(&self, branch: &str) -> Option<String> {
        let name = format!("refs/heads/{branch}");
        let found = git(&self.bare("o/n"), &["rev-parse", "--verify", "--quiet", &name], "").ok()?;
        Some(found.trim().to_owned())
    }

    /// A file at the tip of a branch.
    pub fn file(&self, branch: &str, path: &str) -> String {
        git(&self.bare("o/n"), &["show", &format!("{branch}:{path}")], "").unwrap()
    }

    pub fn pulls(&self) -> Vec<Pull> {
        self.forge.world().pulls.clone()
    }

    /// Changes the newest pull request, as a person does.
    pub fn person(&self, change: impl FnOnce(&mut Pull)) {
        change(self.forge.world().pulls.last_mut().unwrap());
    }

    /// Merges the usual branch into the base.
    pub fn merge(&self) {
        self.merge_branch(BRANCH);
    }

    /// Merges a branch into the base, as a person does by the forge's button.
    pub fn merge_branch(&self, branch: &str) {
        self.merge_commit(branch);
        let tip = self.tip(BRANCH);
        self.person(|pull| {
            pull.merged_at = tip;
            pull.state = "closed";
            pull.merged = true;
        });
    }

    /// Merges a branch into the base by git alone.
    pub fn merge_commit(&self, branch: &str) {
        let seed = self.path("seed");
        git(&seed, &["fetch", "--quiet", "origin"], "").unwrap();
        git(&seed, &["reset", "--quiet", "--hard", "origin/main"], "").unwrap();
        git(&seed, &["merge", "--quiet", "--no-ff", "-m", "merge", &format!("origin/{branch}")], "").unwrap();
        git(&seed, &["push", "--quiet", "origin", "HEAD:main"], "").unwrap();
    }

    pub fn fault(&self, method: &'static str, path: &'static str, times: usize, response: Response) {
        self.forge.world().faults.push(Fault { method, path, times, response, meanwhile: None });
    }

    /// Does something on the forge just when a request comes.
    pub fn meanwhile(&self, method: &'static str, path: &'static str, script: &str) {
        let meanwhile = Some(script.to_owned());
        let fault = Fault { method, path, times: 1, response: Response::default(), meanwhile };
        self.forge.world().faults.push(fault);
    }

    /// Puts a hook before every push: a text on standard error, and a failure.
    pub fn refuse_pushes(&self, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let hook = self.bare("o/n").join("hooks/pre-receive");
        std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
        std::fs::write(&hook, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

impl Run {
    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// The whole outcome.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{self:?}"))
    }

    /// The outcome of the first pull request, if it is this operation.
    #[track_caller]
    pub fn did(self, operation: &str) -> serde_json::Value {
        let request = self.json()["pull-requests"][0].clone();
        assert_eq!(request["operation"], operation, "{}\n{}", self.stdout, self.stderr);
        request
    }
}

fn shell(script: &str, folder: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-ec", script]).current_dir(folder);
    person(&mut command);
    command
}

/// The environment of a person who has a name.
fn person(command: &mut Command) {
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", "/nonexistent");
    for (name, value) in [
        ("GIT_AUTHOR_NAME", "A person"),
        ("GIT_AUTHOR_EMAIL", "person@example.org"),
        ("GIT_COMMITTER_NAME", "A person"),
        ("GIT_COMMITTER_EMAIL", "person@example.org"),
    ] {
        command.env(name, value);
    }
}

/// Runs git as a person does; the error is what it says.
pub fn git(folder: &Path, arguments: &[&str], input: &str) -> Result<String, String> {
    run_git(folder, arguments, input, None)
}

/// The same with an index of its own.
pub fn git_with_index(
    folder: &Path,
    arguments: &[&str],
    input: &str,
    index: &Path,
) -> Result<String, String> {
    run_git(folder, arguments, input, Some(index))
}

fn run_git(folder: &Path, arguments: &[&str], input: &str, index: Option<&Path>) -> Result<String, String> {
    let mut command = Command::new("git");
    command.args(arguments).current_dir(folder);
    person(&mut command);
    if let Some(index) = index {
        command.env("GIT_INDEX_FILE", index);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the tests need git");
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}
