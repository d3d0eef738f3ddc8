//! A project in a folder of its own, on the engine that `scripts/test-engine` set up.

use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Once;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Longer than any start takes, even the first of a database on a machine under load.
const PATIENCE: Duration = Duration::from_secs(90);

/// A project and what runs of it; all goes with this value, its containers, volumes and built images included.
pub struct Stack {
    folder: tempfile::TempDir,
    name: String,
    compose: PathBuf,
    engine: String,
}

/// Where the engine listens; `None`, with one line for all tests, where none is named.
pub fn engine() -> Option<String> {
    static SKIPPED: Once = Once::new();
    let engine = std::env::var("HARDTACK_ENGINE").ok().filter(|engine| !engine.is_empty());
    if engine.is_none() {
        SKIPPED.call_once(|| {
            // Not `eprintln!`: the test harness keeps what that prints to itself when a test passes.
            let line =
                "skipped: all of tests/engine.rs: HARDTACK_ENGINE is unset (scripts/test-engine sets it)";
            let _ = writeln!(std::io::stderr(), "{line}");
        });
    }
    engine
}

/// What a web server answers, as far as it does not differ from run to run.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub location: Option<String>,
    pub body: String,
}

impl Stack {
    /// A project of these files; `None` where no engine is named.
    ///
    /// # Panics
    /// When there is an engine and `HARDTACK_COMPOSE` is unset.
    pub fn new(name: &str, files: &[(&str, &str)]) -> Option<Self> {
        let engine = engine()?;
        let compose = std::env::var_os("HARDTACK_COMPOSE").expect("HARDTACK_COMPOSE is unset");
        let folder = tempfile::tempdir().unwrap();
        let stack = Self { folder, name: format!("hardtack-{name}"), compose: compose.into(), engine };
        for (path, text) in files {
            stack.write(path, text);
        }
        Some(stack)
    }

    /// Writes a file of the project, readable by every user, as files in a checkout are.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.folder.path().join(path)).unwrap()
    }

    /// Runs the program in the project and returns what it printed.
    pub fn hardtack(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hardtack"));
        command.args(arguments).current_dir(self.folder.path());
        successful(command)
    }

    /// Runs Compose in the project and returns what it printed.
    pub fn compose(&self, arguments: &[&str]) -> String {
        successful(self.compose_command(arguments))
    }

    fn compose_command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.compose);
        command.current_dir(self.folder.path()).env("DOCKER_HOST", &self.engine);
        // The builder that needs no plug-in, and takes its base images from this engine.
        command.env("DOCKER_BUILDKIT", "0");
        command.args(["--progress", "quiet", "--project-name", &self.name]).args(arguments);
        command
    }

    /// Builds, starts, and waits until all is healthy.
    pub fn up(&self) {
        let mut up = self.compose_command(&["up", "--build", "--detach", "--wait", "--wait-timeout", "90"]);
        let output = up.output().unwrap();
        if !output.status.success() {
            let log = self.compose(&["logs", "--no-log-prefix"]);
            panic!("it does not start: {}\n{log}", String::from_utf8_lossy(&output.stderr));
        }
    }

    /// Removes the containers and keeps the volumes.
    pub fn down(&self) {
        self.compose(&["down"]);
    }

    /// Runs a line in the container of a service.
    pub fn shell(&self, service: &str, line: &str) -> String {
        self.compose(&["exec", "--no-TTY", service, "sh", "-c", line])
    }

    /// Waits for the service's own health check, which `start` does not.
    pub fn wait_until_healthy(&self, service: &str) {
        self.wait_for(service, |state| state["Health"] == "healthy");
    }

    /// Waits until the container of a service has ended, and returns its exit code.
    pub fn wait_until_ended(&self, service: &str) -> i64 {
        self.wait_for(service, |state| state["State"] == "exited")["ExitCode"].as_i64().unwrap()
    }

    fn wait_for(&self, service: &str, is_there: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            let state = self.compose(&["ps", "--all", "--format", "json", service]);
            let state: Value = serde_json::from_str(state.trim()).unwrap();
            if is_there(&state) {
                return state;
            }
            if start.elapsed() > PATIENCE {
                panic!(
                    "`{service}` stays as it is: {state:#}\n{}",
                    self.compose(&["logs", "--no-log-prefix"])
                );
            }
            sleep(Duration::from_millis(200));
        }
    }

    /// `cap_drop` and `cap_add` of a service, as Compose reads the project.
    pub fn capabilities(&self, service: &str) -> (Vec<String>, Vec<String>) {
        let project: Value = serde_json::from_str(&self.compose(&["config", "--format", "json"])).unwrap();
        let list = |key: &str| serde_json::from_value(project["services"][service][key].clone()).unwrap();
        (list("cap_drop"), list("cap_add"))
    }

    /// Asks a published port, under the name that the outside world calls the site by.
    pub fn get(&self, port: u16, path: &str) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\nHost: site.test\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let location = head.lines().find_map(|line| line.strip_prefix("Location: ")).map(str::to_owned);
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, location, body: body.to_owned() }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let down = ["down", "--volumes", "--rmi", "local", "--timeout", "1"];
        let _ = self.compose_command(&down).output();
    }
}

/// What a command printed, once it has ended well.
fn successful(mut command: Command) -> String {
    let output = command.output().unwrap();
    let (printed, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{printed}\n{said}", output.status);
    printed.into_owned()
}
