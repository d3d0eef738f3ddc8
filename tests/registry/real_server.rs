//! Real registries (CNCF distribution) behind four doors: plain, TLS, password, token.

use super::fault_server::free_ports;
use super::support;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The programs that it takes.
const PROGRAMS: [&str; 4] = ["docker-registry", "skopeo", "openssl", "python3"];

pub struct Registries {
    folder: TempDir,
    scripts: PathBuf,
    variables: BTreeMap<String, String>,
}

impl Registries {
    /// Starts them and fills them; `None` when the test is to be skipped.
    pub fn start() -> Option<Self> {
        let scripts = support::shared()?.join("testbed/registry");
        for program in PROGRAMS {
            let found = std::env::split_paths(&std::env::var_os("PATH")?)
                .any(|folder| folder.join(program).is_file());
            if !found {
                let in_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
                assert!(!in_ci, "{program} is missing, and CI must not skip a test");
                let _ = writeln!(
                    std::io::stderr(),
                    "skipped: {program} is missing (scripts/environment installs it)"
                );
                return None;
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let done = Command::new("bash")
            .arg(scripts.join("registry-up.sh"))
            .arg(folder.path())
            .env("REG_BASE_PORT", free_ports::<5>()[0].to_string())
            // What the servers hold open must not keep this call waiting.
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(done.success(), "the registries did not start");
        let text = std::fs::read_to_string(folder.path().join("env")).unwrap();
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        let variables = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Some(Self { folder, scripts, variables })
    }

    /// A variable such as `REG_PLAIN`, as the script names it.
    pub fn variable(&self, name: &str) -> &str {
        &self.variables[name]
    }

    /// The folder with keys and certificates.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Who asked the token server, a line each.
    pub fn token_requests(&self) -> usize {
        std::fs::read_to_string(self.variable("REG_TOKEN_LOG")).unwrap().lines().count()
    }
}

impl Drop for Registries {
    fn drop(&mut self) {
        let down = self.scripts.join("registry-down.sh");
        let _status = Command::new("bash").arg(down).arg(self.folder.path()).stdout(Stdio::null()).status();
    }
}
