//! Source files of the programs that services run: which of them are looked at.

use super::project::Project;

const PLAN: [&str; 5] = ["plan", "--profile", "strict", "--only", "run-as-user"];
const COMPOSE: &str = "services:\n  web:\n    build: .\n";
const DOCKERFILE: &str = "FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nEXPOSE 8000\nCMD [\"gunicorn\", \"-b\", \"0.0.0.0:8000\", \"app:app\"]\n";
const WRITES: &str = "import os\n\nos.makedirs(\"/var/lib/ledger\", exist_ok=True)\n";

#[test]
fn what_a_source_in_a_folder_writes_holds_the_user_back() {
    let files = [
        ("compose.yaml", COMPOSE),
        ("Dockerfile", DOCKERFILE),
        ("app.py", "app = 1\n"),
        ("lib/store.py", WRITES),
    ];
    Project::with(&files).run(&PLAN).ends(0).shows("lib/store.py:3").shows("/var/lib/ledger");
}

#[test]
fn what_tests_and_others_wrote_is_not_looked_at() {
    let files = [
        ("compose.yaml", COMPOSE),
        ("Dockerfile", DOCKERFILE),
        ("app.py", "app = 1\n"),
        ("tests/store.py", WRITES),
        ("node_modules/x/store.py", WRITES),
        ("test_store.py", WRITES),
    ];
    Project::with(&files).run(&PLAN).ends(0).shows("+USER 10001:10001");
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let project = Project::with(&[
        ("compose.yaml", COMPOSE),
        ("Dockerfile", DOCKERFILE),
        ("app.py", "app = 1\n"),
        ("elsewhere/out.md", WRITES),
    ]);
    let root = project.root();
    std::os::unix::fs::symlink("out.md", root.join("elsewhere/out.py")).unwrap();
    std::os::unix::fs::symlink(".", root.join("again")).unwrap();
    project.run(&PLAN).ends(0).shows("+USER 10001:10001");
}
