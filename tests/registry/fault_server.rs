//! The server that misbehaves: the name of a repository picks the fault.

use super::support;
use hardtack::edge::{CredentialFiles, Limits, RegistryError, RegistryOptions, Resolved, resolve};
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Two servers: the registry, and the place that it sends clients to.
pub struct Faults {
    folder: TempDir,
    servers: Vec<Child>,
    pub port: u16,
    pub other: u16,
    scheme_is_tls: bool,
}

/// One request as a server saw it.
#[derive(Clone, Debug)]
pub struct Request {
    pub port: u16,
    pub path: String,
    pub authorization: String,
}

impl Faults {
    /// The servers, without encryption; `None` when the test is to be skipped.
    pub fn start() -> Option<Self> {
        Self::start_with(&[])
    }

    /// The servers; the registry itself with this certificate and key.
    pub fn start_with(certificate: &[PathBuf]) -> Option<Self> {
        let script = support::shared()?.join("testbed/registry/fault_server.py");
        let [port, other] = free_ports();
        let mut faults = Self {
            folder: tempfile::tempdir().unwrap(),
            servers: Vec::new(),
            port,
            other,
            scheme_is_tls: !certificate.is_empty(),
        };
        faults.run(&script, [port, other], certificate);
        faults.run(&script, [other, port], &[]);
        Some(faults)
    }

    fn run(&mut self, script: &Path, ports: [u16; 2], certificate: &[PathBuf]) {
        let log = self.folder.path().join("log");
        let server = Command::new("python3")
            .arg(script)
            .args(ports.map(|port| port.to_string()))
            .arg(log)
            .args(certificate)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.servers.push(server);
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", ports[0])).is_err() {
            assert!(start.elapsed() < Duration::from_secs(20), "the server never listened");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The registry as references name it.
    pub fn host(&self) -> String {
        let name = if self.scheme_is_tls { "localhost" } else { "127.0.0.1" };
        format!("{name}:{}", self.port)
    }

    /// More time than any answer takes on a busy machine, no credentials, plain http unless there is a
    /// certificate.
    pub fn options(&self) -> RegistryOptions {
        let plain_http = if self.scheme_is_tls { Vec::new() } else { vec![self.host()] };
        RegistryOptions { plain_http, ..RegistryOptions::default() }
    }

    /// Credentials for the registry, and for no other host.
    pub fn credentials(&self) -> CredentialFiles {
        let file = self.folder.path().join("config.json");
        // The name and password of the test are `user:hunter2`.
        let text = format!(r#"{{"auths":{{"{}":{{"auth":"dXNlcjpodW50ZXIy"}}}}}}"#, self.host());
        fs::write(&file, text).unwrap();
        CredentialFiles::read([file])
    }

    /// Asks for the reference of one fault.
    pub fn ask(&self, fault: &str, options: &RegistryOptions) -> Result<Resolved, RegistryError> {
        let reference = format!("{}/f/{fault}:1", self.host()).parse().unwrap();
        let answers = resolve(&[reference], options);
        assert_eq!(answers.len(), 1);
        answers.into_values().next().unwrap()
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Request> {
        let text = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let request = |line: serde_json::Value| {
            Some(Request {
                port: line["port"].as_u64()? as u16,
                path: line["path"].as_str()?.to_owned(),
                authorization: line["auth"].as_str()?.to_owned(),
            })
        };
        lines.filter_map(request).collect()
    }

    /// The requests for one fault: of its manifest and of tokens for it.
    pub fn requests_for(&self, fault: &str) -> Vec<Request> {
        let (manifest, scope) = (format!("/f/{fault}/"), format!("repository%3Af%2F{fault}%3Apull"));
        let mut requests = self.requests();
        requests.retain(|request| request.path.contains(&manifest) || request.path.contains(&scope));
        requests
    }
}

impl Drop for Faults {
    fn drop(&mut self) {
        for server in &mut self.servers {
            let _killed = server.kill();
            let _status = server.wait();
        }
    }
}

/// Limits under which a fault shows in seconds.
pub fn short_limits() -> Limits {
    Limits {
        connect: Duration::from_secs(2),
        request: Duration::from_secs(3),
        reference: Duration::from_secs(8),
        ..Limits::default()
    }
}

/// Ports in a row that nobody listens on. They lie below those that Linux gives to connections, one of which would take a
/// port before its server does, or connect to itself where the server never came up.
pub fn free_ports<const N: usize>() -> [u16; N] {
    const FIRST: u32 = 18_000;
    const MANY: u32 = 14_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let width = u32::try_from(N).unwrap();
    for _ in 0..1000 {
        let start = NEXT.fetch_add(width, Ordering::Relaxed) + std::process::id() * 97;
        let ports = std::array::from_fn(|index| (FIRST + start % MANY + index as u32) as u16);
        if ports.iter().all(is_free) {
            return ports;
        }
    }
    panic!("no {N} free ports in a row");
}
