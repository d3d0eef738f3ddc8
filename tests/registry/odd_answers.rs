//! Answers that are well-formed and still not to be trusted.

use super::fault_server::short_limits;
use super::odd_server::{Odd, answer};
use hardtack::edge::{CredentialFiles, Limits, RegistryError, RegistryOptions, Resolved, resolve};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

const INDEX: &str = "Content-Type: application/vnd.oci.image.index.v1+json";
const MANIFEST: &[u8] = br#"{"schemaVersion":2,"manifests":[]}"#;

fn ask(server: &Odd, credentials: CredentialFiles) -> Result<Resolved, RegistryError> {
    let options =
        RegistryOptions { plain_http: vec![server.host.clone()], credentials, ..RegistryOptions::default() };
    let reference = format!("{}/a:1", server.host).parse().unwrap();
    resolve(&[reference], &options).into_values().next().unwrap()
}

fn login(host: &str, folder: &std::path::Path) -> CredentialFiles {
    let file = folder.join("config.json");
    std::fs::write(&file, format!(r#"{{"auths":{{"{host}":{{"username":"u","password":"hunter2"}}}}}}"#))
        .unwrap();
    CredentialFiles::read([file])
}

#[test]
fn a_way_back_brings_no_password_back() {
    let first_host: Arc<OnceLock<String>> = Arc::default();
    let back = Arc::clone(&first_host);
    let second = Odd::start(move |_| {
        answer("307 Away", &[&format!("Location: http://{}/v2/back", back.get().unwrap())], b"")
    });
    let away = second.host.clone();
    let digest = format!("Docker-Content-Digest: sha256:{}", "a".repeat(64));
    let first = Odd::start(move |head| match head {
        head if head.contains("/v2/back") => answer("200 OK", &[INDEX, &digest], b""),
        head if head.contains("authorization: Basic ") => {
            answer("307 Away", &[&format!("Location: http://{away}/v2/there")], b"")
        }
        _ => answer("401 Who", &["WWW-Authenticate: Basic realm=\"x\""], b""),
    });
    first_host.set(first.host.clone()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let outcome = ask(&first, login(&first.host, folder.path()));
    assert!(outcome.is_ok(), "{outcome:?}");
    let requests = [first.requests(), second.requests()].concat();
    let with_password: Vec<_> = requests.iter().filter(|head| head.contains("authorization")).collect();
    assert!(with_password.len() == 1 && with_password[0].contains("/manifests/1"), "{requests:?}");
}

#[test]
fn a_password_goes_out_only_where_it_is_asked_for() {
    let digest = format!("Docker-Content-Digest: sha256:{}", "a".repeat(64));
    let server = Odd::start(move |_| answer("200 OK", &[INDEX, &digest], b""));
    let folder = tempfile::tempdir().unwrap();
    assert!(ask(&server, login(&server.host, folder.path())).is_ok());
    assert!(server.requests().iter().all(|head| !head.contains("authorization")));
}

#[test]
fn content_that_is_no_manifest_is_refused() {
    let head_then = |content: &'static [u8], headers: &'static [&'static str]| {
        Odd::start(move |head| match head.starts_with("HEAD") {
            true => answer("200 OK", &[INDEX], b""),
            false => answer("200 OK", headers, content),
        })
    };
    let none = CredentialFiles::none;
    assert!(ask(&head_then(MANIFEST, &[INDEX]), none()).is_ok());
    let gzipped: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03";
    for content in [b"".as_slice(), gzipped] {
        let outcome = ask(&head_then(content, &[INDEX]), none());
        assert!(matches!(outcome, Err(RegistryError::Malformed { .. })), "{outcome:?}");
    }
    let outcome = ask(&head_then(MANIFEST, &["Content-Type: application/json"]), none());
    assert!(matches!(outcome, Err(RegistryError::BadMediaType { .. })), "{outcome:?}");
}

#[test]
fn a_digest_is_gone_where_the_registry_itself_says_so() {
    let pinned = |content: &'static str| {
        let server = Odd::start(move |head| {
            let content = if head.starts_with("HEAD") { "" } else { content };
            answer("404 None", &[], content.as_bytes())
        });
        let reference = format!("{}/a:1@sha256:{}", server.host, "a".repeat(64)).parse().unwrap();
        let options = RegistryOptions { plain_http: vec![server.host.clone()], ..RegistryOptions::default() };
        (resolve(&[reference], &options).into_values().next().unwrap(), server.requests().len())
    };
    for code in ["MANIFEST_UNKNOWN", "NAME_UNKNOWN"] {
        let content: &str = format!(r#"{{"errors":[{{"code":"{code}"}}]}}"#).leak();
        assert_eq!(pinned(content), (Err(RegistryError::NotFound), 2), "{code}");
    }
    for of_a_proxy in ["", "<html>404 Not Found</html>", r#"{"errors":[]}"#] {
        assert_eq!(pinned(of_a_proxy), (Err(RegistryError::Status(404)), 2), "{of_a_proxy}");
    }
}

#[test]
fn a_challenge_that_is_refused_is_no_knowledge_about_the_registry() {
    let digest = format!("Docker-Content-Digest: sha256:{}", "a".repeat(64));
    let server = Odd::start(move |head| {
        if head.contains("/bad/") {
            return answer("401 Who", &["WWW-Authenticate: Bearer realm=\"http://169.254.169.254/t\""], b"");
        }
        // Long enough for the refused one to be first.
        std::thread::sleep(Duration::from_millis(300));
        answer("200 OK", &[INDEX, &digest], b"")
    });
    let names = ["bad", "a", "b", "c"].map(|name| format!("{}/{name}/x:1", server.host).parse().unwrap());
    let options = RegistryOptions { plain_http: vec![server.host.clone()], ..RegistryOptions::default() };
    let answers = resolve(&names, &options);
    let refused: Vec<_> = answers.iter().filter(|(_, answer)| answer.is_err()).collect();
    assert!(refused.len() == 1 && refused[0].0.contains("/bad/"), "{answers:?}");
}

#[test]
fn nobody_asks_for_a_compressed_answer() {
    let server = Odd::start(|_| answer("404 None", &[], b""));
    assert_eq!(ask(&server, CredentialFiles::none()), Err(RegistryError::NotFound));
    let head = server.requests().concat().to_lowercase();
    assert!(!head.contains("accept-encoding"), "{head}");
    assert!(head.contains("user-agent: hardtack/"), "{head}");
    for media_type in
        ["oci.image.index", "manifest.list.v2", "oci.image.manifest", "distribution.manifest.v2"]
    {
        assert!(head.contains(media_type), "{head}");
    }
}

#[test]
fn a_challenge_of_a_megabyte_is_an_error() {
    let challenge = format!("WWW-Authenticate: Bearer realm=\"https://{}\"", "a".repeat(1 << 20));
    let server = Odd::start(move |_| answer("401 Who", &[&challenge], b""));
    let outcome = ask(&server, CredentialFiles::none());
    assert!(matches!(outcome, Err(RegistryError::Malformed { .. })), "{outcome:?}");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_manifest_that_is_asked_for_by_digest_is_that_one() {
    let other = format!("Docker-Content-Digest: sha256:{}", "b".repeat(64));
    let server = Odd::start(move |_| answer("200 OK", &[INDEX, &other], b""));
    let reference = format!("{}/a:1@sha256:{}", server.host, "a".repeat(64)).parse().unwrap();
    let options = RegistryOptions { plain_http: vec![server.host.clone()], ..RegistryOptions::default() };
    let outcome = resolve(&[reference], &options).into_values().next().unwrap();
    assert!(matches!(outcome, Err(RegistryError::DigestMismatch { .. })), "{outcome:?}");
}

#[test]
fn a_registry_that_is_silent_is_given_up_for_all_its_references() {
    let heads = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&heads);
    let server = Odd::start(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_secs(60));
        Vec::new()
    });
    let limits = Limits { request: Duration::from_millis(500), ..short_limits() };
    let options =
        RegistryOptions { plain_http: vec![server.host.clone()], limits, ..RegistryOptions::default() };
    let name = |number| format!("{}/a{number}:1", server.host).parse().unwrap();
    let references: Vec<_> = (0..40).map(name).collect();
    let answers = resolve(&references, &options);
    assert!(answers.len() == 40 && answers.values().all(|answer| *answer == Err(RegistryError::Timeout)));
    let requests = heads.load(Ordering::SeqCst);
    assert!(requests < 80, "{requests} requests; four attempts for each reference are 160");
}
