//! A folder to run the program in, and what a run gave.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A database that publishes its port: one fix of `no-new-privileges`, one of `bind-localhost`, and an image
/// that no lock lists.
pub const DATABASE: &str = "\
services:
  db:
    image: postgres:16
    ports:
      - \"5432:5432\"
";

/// What the tests' own profile makes of [`DATABASE`].
pub const DATABASE_FIXED: &str = "\
services:
  db:
    image: postgres:16
    ports:
      - \"127.0.0.1:5432:5432\"
    security_opt:
      - no-new-privileges:true
    cap_drop:
      - ALL
    cap_add:
      - CHOWN
      - DAC_OVERRIDE
      - SETGID
      - SETUID
";

/// A project in a temporary folder. An empty `.git` marks its root.
pub struct Project {
    folder: tempfile::TempDir,
    /// Whether it is the example project, which runs with its own profile.
    is_example: bool,
}

impl Project {
    /// A project without files.
    pub fn new() -> Self {
        let project = Self::unmarked();
        fs::create_dir(project.path(".git")).unwrap();
        project
    }

    /// A folder that nothing marks as a project.
    pub fn unmarked() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), is_example: false }
    }

    /// A project with these files.
    pub fn with(files: &[(&str, &str)]) -> Self {
        let project = Self::new();
        files.iter().for_each(|(path, text)| project.write(path, text));
        project
    }

    /// A project with [`DATABASE`] as `compose.yaml`.
    pub fn database() -> Self {
        Self::with(&[("compose.yaml", DATABASE)])
    }

    /// The example that most tests take, as it is in the repository.
    pub fn example() -> Self {
        Self::example_named("kidney-genetics")
    }

    /// An example project, as it is in the repository.
    pub fn example_named(name: &str) -> Self {
        let mut project = Self::new();
        project.is_example = true;
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
        copy(&from, project.folder.path());
        project
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Replaces a part of a file, which must be there.
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} holds no {from:?}:\n{text}");
        self.write(path, text.replacen(from, to, 1));
    }

    /// Runs the program in the root.
    pub fn run(&self, arguments: &[&str]) -> Run {
        self.run_in("", arguments)
    }

    /// Runs the program in a folder below the root.
    pub fn run_in(&self, folder: &str, arguments: &[&str]) -> Run {
        let mut command = self.command_in(folder, arguments);
        Run::of(arguments, &command.output().unwrap())
    }

    /// The program, to be run in the root. Its environment is empty, and it opens no socket.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_in("", arguments)
    }

    fn command_in(&self, folder: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hardtack"));
        let folder = self.path(folder);
        command.env_clear().current_dir(&folder).stdin(Stdio::null()).args(arguments);
        if matches!(arguments.first(), Some(&("plan" | "check" | "apply"))) {
            command.arg("--offline");
            let chosen = arguments.contains(&"--profile") || self.names_a_profile();
            if !self.is_example
                && !chosen
                && !arguments.iter().any(|argument| is_plan(&folder.join(argument)))
            {
                command.args(["--profile", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/steady.yaml")]);
            }
        }
        command
    }

    fn names_a_profile(&self) -> bool {
        fs::read(self.path("hardtack.yaml"))
            .is_ok_and(|text| String::from_utf8_lossy(&text).contains("profile"))
    }

    /// Runs git in the root.
    pub fn git(&self, arguments: &[&str], input: &str) {
        use std::io::Write;
        let mut command = Command::new("git");
        command.args(arguments).current_dir(self.folder.path());
        command
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CEILING_DIRECTORIES", "/")
            .env("HOME", "/nonexistent");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the tests need git");
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "git {arguments:?}: {}\n{input}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// Every file with its bytes and mode, but what Hardtack keeps for itself.
    pub fn files(&self) -> BTreeMap<String, (Vec<u8>, u32)> {
        self.all_files().into_iter().filter(|(path, _)| !path.starts_with(".hardtack/")).collect()
    }

    /// Every file with its bytes and mode.
    pub fn all_files(&self) -> BTreeMap<String, (Vec<u8>, u32)> {
        let mut found = BTreeMap::new();
        gather(self.folder.path(), self.folder.path(), &mut found);
        found
    }

    /// The names of the rollback records, oldest first.
    pub fn records(&self) -> Vec<String> {
        let in_store = |path: &String| path.starts_with(".hardtack/rollback/") && path.ends_with(".json");
        self.all_files().into_keys().filter(in_store).collect()
    }
}

/// Whether a file is a saved plan, which brings its own rules.
fn is_plan(path: &Path) -> bool {
    fs::read_to_string(path).is_ok_and(|text| text.starts_with('{') && text.contains("\"format\""))
}

fn gather(root: &Path, folder: &Path, found: &mut BTreeMap<String, (Vec<u8>, u32)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            gather(root, &path, found);
        } else if path.is_file() {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            found.insert(name, (fs::read(&path).unwrap(), mode(&path)));
        }
    }
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode()
}

#[cfg(not(unix))]
fn mode(_: &Path) -> u32 {
    0
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// What a run gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    what: String,
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    fn of(arguments: &[&str], output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("all output is UTF-8");
        let run = Self {
            what: arguments.join(" "),
            code: output.status.code().expect("the program ends by itself"),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        };
        assert_ne!(run.code, 70, "a bug: {run}");
        assert!(!run.stderr.contains("panicked"), "a panic: {run}");
        run
    }

    /// The run, if it ended with this code.
    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self}");
        self
    }

    /// The run, if standard error has a line that starts so.
    #[track_caller]
    pub fn tells(self, line: &str) -> Self {
        assert!(
            self.stderr.lines().any(|told| told.starts_with(line)),
            "no line starts with {line:?}\n{self}"
        );
        self
    }

    /// The run, if standard error holds this.
    #[track_caller]
    pub fn mentions(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "{text:?} is not mentioned\n{self}");
        self
    }

    /// The run, if standard output holds this.
    #[track_caller]
    pub fn shows(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "{text:?} is not shown\n{self}");
        self
    }

    /// The run, if standard output does not hold this.
    #[track_caller]
    pub fn shows_no(self, text: &str) -> Self {
        assert!(!self.stdout.contains(text), "{text:?} is shown\n{self}");
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }

    /// The id of the run that `apply` or `rollback` wrote.
    #[track_caller]
    pub fn id(&self) -> String {
        let line = self.stderr.lines().find_map(|line| line.strip_prefix("run ")?.strip_suffix(" written"));
        line.unwrap_or_else(|| panic!("nothing was written\n{self}")).to_owned()
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "hardtack {} ended with {}", self.what, self.code)?;
        write!(f, "--- stdout\n{}--- stderr\n{}", self.stdout, self.stderr)
    }
}
