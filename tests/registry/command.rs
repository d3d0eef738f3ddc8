//! The program itself: plan, apply and rollback with a registry at hand.

use super::fault_server::{Faults, free_ports};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

struct Project {
    folder: TempDir,
    host: String,
}

impl Project {
    fn new(server: &Faults, compose: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let compose = compose.replace("HOST", &server.host());
        fs::write(folder.path().join("compose.yaml"), compose).unwrap();
        Self { folder, host: server.host() }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn text(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.path().join(name)).ok()
    }

    /// Runs the program with the registry asked in the clear, as it speaks nothing else.
    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hardtack"));
        command.current_dir(self.path()).env("HOME", self.path()).env_remove("DOCKER_CONFIG");
        command.env_remove("REGISTRY_AUTH_FILE").env_remove("XDG_RUNTIME_DIR").env_remove("XDG_CONFIG_HOME");
        command.args(arguments).args(["--color", "never"]);
        if arguments[0] != "rollback" {
            command.args(["--profile", "pin-only", "--plain-http", &self.host]);
        }
        command.output().unwrap()
    }

    /// Runs it and expects this exit code.
    fn run_to(&self, exit: i32, arguments: &[&str]) -> String {
        let done = self.run(arguments);
        let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert_eq!(done.status.code(), Some(exit), "{arguments:?}\n{out}\n{err}");
        format!("{out}\n{err}")
    }
}

const COMPOSE: &str =
    "services:\n  web:\n    image: HOST/f/ok:1 # front\n  bad:\n    image: HOST/f/injdigest:1\n";
const GOOD: &str = "services:\n  web:\n    image: HOST/f/ok:1 # front\n";

#[test]
fn a_tag_is_pinned_noted_and_taken_back() {
    let Some(server) = Faults::start() else { return };
    let project = Project::new(&server, GOOD);
    let before = project.text("compose.yaml");
    let shown = project.run_to(0, &["plan"]);
    assert!(shown.contains("hardtack.lock (new)") && shown.contains("@sha256:"), "{shown}");
    assert_eq!(project.text("hardtack.lock"), None, "plan writes nothing");

    project.run_to(0, &["apply"]);
    let pinned = project.text("compose.yaml").unwrap();
    assert!(pinned.contains("/f/ok:1@sha256:") && pinned.contains(" # front\n"), "{pinned}");
    let lock = project.text("hardtack.lock").unwrap();
    assert!(lock.contains(&format!("  {}/f/ok:1:\n    digest: sha256:", project.host)), "{lock}");
    assert!(lock.contains("kind: index\n    resolved-at: 2"), "{lock}");

    let asked = server.requests().len();
    project.run_to(0, &["check", "--locked"]);
    project.run_to(0, &["apply"]);
    assert_eq!(server.requests().len(), asked, "what is known is not asked");

    project.run_to(0, &["rollback"]);
    assert_eq!(project.text("compose.yaml"), before);
    assert_eq!(project.text("hardtack.lock"), None);
}

#[test]
fn undoing_the_pin_keeps_the_evidence() {
    let Some(server) = Faults::start() else { return };
    let project = Project::new(&server, GOOD);
    let before = project.text("compose.yaml");
    project.run_to(0, &["apply"]);
    let lock = project.text("hardtack.lock");
    project.run_to(0, &["rollback", "--rule", "pin-digest"]);
    assert_eq!(project.text("compose.yaml"), before);
    assert_eq!(project.text("hardtack.lock"), lock);
    let noted = project.text("hardtack.yaml").unwrap();
    assert!(noted.contains("rule: pin-digest") && !noted.contains("rule: lock"), "{noted}");
}

#[test]
fn a_lock_that_changed_since_stays_and_stops_nothing() {
    let Some(server) = Faults::start() else { return };
    let project = Project::new(&server, GOOD);
    let before = project.text("compose.yaml");
    project.run_to(0, &["apply"]);
    let changed = format!("{}# a note\n", project.text("hardtack.lock").unwrap());
    fs::write(project.path().join("hardtack.lock"), &changed).unwrap();
    project.run_to(0, &["rollback"]);
    assert_eq!(project.text("compose.yaml"), before);
    assert_eq!(project.text("hardtack.lock"), Some(changed));
    project.run_to(2, &["rollback"]);
}

#[test]
fn a_lock_is_extended_in_its_own_form() {
    let Some(server) = Faults::start() else { return };
    let project = Project::new(&server, GOOD);
    let entry = format!("    digest: sha256:{}\n    kind: index\n    ours: 1\n", "b".repeat(64));
    let lock = format!(
        "# our lock\nversion: 1\nimages:\n  0.example.org/a:1:\n{entry}  # last\n  zz.example.org/z:1:\n{entry}"
    );
    fs::write(project.path().join("hardtack.lock"), &lock).unwrap();
    project.run_to(0, &["apply"]);
    let after = project.text("hardtack.lock").unwrap();
    let (head, rest) = lock.split_at(lock.find("  # last").unwrap());
    assert!(after.starts_with(head) && after.ends_with(rest) && after.len() > lock.len(), "{after}");
    project.run_to(0, &["rollback"]);
    assert_eq!(project.text("hardtack.lock"), Some(lock));
}

#[test]
fn what_is_not_known_changes_no_byte_and_the_rest_goes_on() {
    let Some(server) = Faults::start() else { return };
    let project = Project::new(&server, COMPOSE);
    let shown = project.run_to(5, &["apply"]);
    assert!(shown.contains("[evidence-missing]") && shown.contains("digest is none"), "{shown}");
    let after = project.text("compose.yaml").unwrap();
    assert!(after.contains("/f/ok:1@sha256:"), "{after}");
    assert!(after.contains("/f/injdigest:1\n") && !after.contains("privileged"), "{after}");
    assert!(!project.text("hardtack.lock").unwrap().contains("injdigest"));
}

#[test]
fn offline_and_locked_open_no_socket() {
    let Some(server) = Faults::start() else { return };
    let project = Project::new(&server, GOOD);
    let shown = project.run_to(0, &["plan", "--offline"]);
    assert!(shown.contains("[evidence-missing]"), "{shown}");
    let shown = project.run_to(2, &["apply", "--locked"]);
    assert!(shown.contains("/f/ok:1"), "{shown}");
    assert!(server.requests().is_empty());
}

#[test]
fn what_is_suppressed_or_out_of_scope_is_not_asked_for() {
    let Some(server) = Faults::start() else { return };
    let suppressed = "services:\n  web:\n    image: HOST/f/ok:1 # hardtack: ignore[pin-digest] ours\n  db:\n    image: HOST/f/nodcd:1\n";
    let project = Project::new(&server, suppressed);
    project.run_to(0, &["plan"]);
    assert!(server.requests_for("ok").is_empty() && !server.requests_for("nodcd").is_empty());
    let asked = server.requests().len();
    project.run_to(0, &["plan", "--service", "web"]);
    assert_eq!(server.requests().len(), asked);
}

#[test]
fn a_registry_out_of_reach_is_said_once() {
    let Some(server) = Faults::start() else { return };
    let [closed] = free_ports();
    let project = Project::new(&server, &format!("services:\n  web:\n    image: 127.0.0.1:{closed}/a:1\n"));
    let shown = project.run_to(5, &["plan"]);
    assert_eq!(shown.matches("no registry gave an answer").count(), 1, "{shown}");
    let none = ["plan", "--registry-allow", "ghcr.io"];
    let shown = project.run_to(0, &none);
    assert!(shown.contains("--registry-allow"), "{shown}");
}

#[test]
fn a_saved_plan_brings_the_lock_along() {
    let Some(server) = Faults::start() else { return };
    let project = Project::new(&server, GOOD);
    project.run_to(0, &["plan", "-o", "plan.json"]);
    let asked = server.requests().len();
    let done = Command::new(env!("CARGO_BIN_EXE_hardtack"))
        .args(["apply", "plan.json"])
        .current_dir(project.path())
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(project.text("hardtack.lock").is_some());
    assert_eq!(server.requests().len(), asked);
}
