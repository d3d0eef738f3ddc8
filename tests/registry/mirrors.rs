//! Mirrors: a real registry in proxy mode, one that asks for a password, and some that are of no use.

use super::fault_server::free_ports;
use super::odd_server::{Odd, answer};
use super::push::{Image, Push};
use super::real_server::Registries;
use super::refresh::Project;
use hardtack::edge::{CredentialFiles, Depth, Mirror, RegistryError, RegistryOptions, Resolved, look_up};
use std::fs;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A real registry that fetches what it does not have from another one.
struct Proxy {
    server: Child,
    _folder: TempDir,
    host: String,
}

impl Proxy {
    fn start(origin: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [port] = free_ports();
        let host = format!("127.0.0.1:{port}");
        let data = folder.path().display();
        let config = format!(
            "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\nstorage: {{filesystem: {{rootdirectory: {data}/data}}}}\nhttp: {{addr: '{host}', secret: not-a-secret}}\nproxy: {{remoteurl: 'http://{origin}'}}\n"
        );
        let file = folder.path().join("proxy.yml");
        fs::write(&file, config).unwrap();
        let server = Command::new("docker-registry")
            .arg("serve")
            .arg(&file)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let start = Instant::now();
        while TcpStream::connect(&host).is_err() {
            assert!(start.elapsed() < Duration::from_secs(20), "the proxy never listened");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { server, _folder: folder, host }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _killed = self.server.kill();
        let _status = self.server.wait();
    }
}

/// A registry that nobody can reach, so that an answer is the mirror's.
const NOWHERE: &str = "registry.invalid";

fn options(origin: &str, mirrors: &[&str], plain_http: &[&str]) -> RegistryOptions {
    let mirrors = mirrors.iter().map(|url| Mirror::at(url).unwrap()).collect();
    RegistryOptions {
        mirrors: [(origin.to_owned(), mirrors)].into(),
        plain_http: plain_http.iter().map(|host| (*host).to_owned()).collect(),
        ..RegistryOptions::default()
    }
}

fn ask(reference: &str, options: &RegistryOptions) -> Result<Resolved, RegistryError> {
    let wish = (reference.parse().unwrap(), Depth::Description);
    look_up(&[wish], options).into_values().next().unwrap()
}

#[test]
fn a_real_pull_through_cache_answers_for_its_registry() {
    let Some(registries) = Registries::start() else { return };
    let host = registries.variable("REG_PLAIN").to_owned();
    let push = Push { host: &host, repository: "own/app" };
    let digest = push.index("1", &[Image::of_version("linux/amd64", "1.0.0")]);
    let proxy = Proxy::start(&host);
    let url = format!("http://{}", proxy.host);
    let found = ask(&format!("{NOWHERE}/own/app:1"), &options(NOWHERE, &[&url], &[&proxy.host])).unwrap();
    assert_eq!(found.digest.as_str(), digest);
    assert_eq!(found.registry, format!("{NOWHERE} by {}", proxy.host));
    assert_eq!(found.description.unwrap().unwrap().configuration.version(), Some("1.0.0"));

    // What it does not have, and what none of its kind has, the registry itself is asked for.
    let [closed] = free_ports();
    let closed = format!("http://127.0.0.1:{closed}");
    let both = options(&host, &[&closed, &url], &[&proxy.host, &host]);
    assert_eq!(
        ask(&format!("{host}/own/app:1"), &both).unwrap().registry,
        format!("{host} by {}", proxy.host)
    );
    let only_closed = options(&host, &[&closed], &[&host]);
    assert_eq!(ask(&format!("{host}/own/app:1"), &only_closed).unwrap().registry, host);
    assert_eq!(ask(&format!("{host}/own/none:1"), &both), Err(RegistryError::NotFound));
}

#[test]
fn the_settings_name_mirrors() {
    let Some(registries) = Registries::start() else { return };
    let host = registries.variable("REG_PLAIN").to_owned();
    let proxy = Proxy::start(&host);
    let later = Image::of_version("linux/amd64", "1.3.0");
    Push { host: &host, repository: "pub/multi" }.index("1.3", &[later]);
    let project = Project::new(&proxy.host);
    project.write("compose.yaml", &format!("services:\n  web:\n    image: {NOWHERE}/pub/multi:1.2\n"));
    project.write("hardtack.yaml", &format!("registry:\n  mirrors:\n    {NOWHERE}: [\"http://HOST\"]\n"));
    project.run_to(0, &["apply", "--profile", "pin-only"]);
    assert!(project.text("compose.yaml").contains(&format!("{NOWHERE}/pub/multi:1.2@sha256:")));
    let source = format!("source: '{NOWHERE} by {}: HEAD'", proxy.host);
    assert!(project.text("hardtack.lock").contains(&source), "{}", project.text("hardtack.lock"));
    project.run_to(0, &["refresh", "--check"]);
    let newer = project.run_to(0, &["refresh", "--check", "--newer-tags"]);
    assert!(newer.contains("1.3") && !newer.contains("newer tags are not known"), "{newer}");
    let none = project.run_to(0, &["refresh", "--check", "--registry-allow", "ghcr.io"]);
    assert!(none.contains("--registry-allow"), "{none}");

    for (settings, place) in [
        (format!("registry:\n  mirrors:\n    {NOWHERE}: [\"http://other.example\"]\n"), "3:24: the mirror"),
        (format!("registry:\n  mirrors:\n    {NOWHERE}: [\"ftp://other.example\"]\n"), "3:24: `ftp"),
        ("registry:\n  mirrors:\n    no/registry: []\n".to_owned(), "3:5: `no/registry`"),
        ("registry:\n  mirror: {}\n".to_owned(), "2:3: `mirror` is not known"),
    ] {
        project.write("hardtack.yaml", &settings);
        let shown = project.run_to(2, &["refresh"]);
        assert!(shown.contains(&format!("hardtack.yaml:{place}")), "{shown}");
    }
}

#[test]
fn a_mirror_gets_its_own_password_and_no_other() {
    let Some(registries) = Registries::start() else { return };
    let basic = registries.variable("REG_BASIC").to_owned();
    let folder = tempfile::tempdir().unwrap();
    let login = |host: &str, password: &str| {
        let file = folder.path().join("config.json");
        let text = format!(r#"{{"auths":{{"{host}":{{"username":"alice","password":"{password}"}}}}}}"#);
        fs::write(&file, text).unwrap();
        CredentialFiles::read([file])
    };
    let url = format!("http://{basic}");
    let with = |credentials| RegistryOptions { credentials, ..options(NOWHERE, &[&url], &[&basic]) };
    let name = format!("{NOWHERE}/priv/multi:1.2");
    assert!(ask(&name, &with(login(&basic, "s3cret"))).is_ok());
    assert!(ask(&name, &with(login(NOWHERE, "s3cret"))).is_err());

    let nosy = Odd::start(|_| answer("401 Who", &["WWW-Authenticate: Basic realm=\"x\""], b""));
    let url = format!("http://{}", nosy.host);
    let credentials = login(NOWHERE, "hunter2");
    let outcome = ask(&name, &RegistryOptions { credentials, ..options(NOWHERE, &[&url], &[&nosy.host]) });
    assert!(outcome.is_err());
    let requests = nosy.requests();
    assert!(
        !requests.is_empty() && requests.iter().all(|head| !head.contains("authorization")),
        "{requests:?}"
    );
}

#[test]
fn a_mirror_that_lies_about_a_digest_is_passed_over() {
    let Some(registries) = Registries::start() else { return };
    let host = registries.variable("REG_PLAIN").to_owned();
    let push = Push { host: &host, repository: "own/app" };
    let digest = push.index("1", &[Image::of_version("linux/amd64", "1.0.0")]);
    let kind = "Content-Type: application/vnd.oci.image.index.v1+json";
    let named = format!("Docker-Content-Digest: {digest}");
    let liar =
        Odd::start(move |_| answer("200 OK", &[kind, &named], br#"{"schemaVersion":2,"manifests":[]}"#));
    let url = format!("http://{}", liar.host);
    let found =
        ask(&format!("{host}/own/app:1@{digest}"), &options(&host, &[&url], &[&liar.host, &host])).unwrap();
    assert_eq!((found.registry, found.digest.as_str()), (host, digest.as_str()));
    assert!(!liar.requests().is_empty());
}
