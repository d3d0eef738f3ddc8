//! The customs of well-known registries, as their documentation and their users' reports tell them: played on
//! loopback, since none of them can be reached from a test.

use super::odd_server::{Odd, answer};
use super::push::digest;
use hardtack::edge::{CredentialFiles, Depth, RegistryError, RegistryOptions, Resolved, look_up};
use serde_json::json;
use std::sync::{Arc, OnceLock};

const IMAGE: &str = "application/vnd.oci.image";

/// A registry's contents: an index, a manifest, a configuration.
struct Tiny {
    index: String,
    manifest: String,
    config: String,
}

impl Tiny {
    fn new() -> Self {
        let config = r#"{"architecture":"amd64","os":"linux","config":{"User":"65532"}}"#.to_owned();
        let manifest = json!({"schemaVersion": 2, "layers": [], "config": {
            "mediaType": format!("{IMAGE}.config.v1+json"), "digest": digest(config.as_bytes()), "size": config.len()}})
        .to_string();
        let index = json!({"schemaVersion": 2, "manifests": [{"digest": digest(manifest.as_bytes()),
            "size": manifest.len(), "platform": {"os": "linux", "architecture": "amd64"}}]})
        .to_string();
        Self { index, manifest, config }
    }

    /// What a registry without customs answers.
    fn answer(&self, head: &str) -> Vec<u8> {
        let (kind, text) = if head.contains("/blobs/") {
            ("octet-stream".to_owned(), &self.config)
        } else if head.contains(&digest(self.manifest.as_bytes())) {
            (format!("{IMAGE}.manifest.v1+json"), &self.manifest)
        } else {
            (format!("{IMAGE}.index.v1+json"), &self.index)
        };
        let headers =
            [format!("Content-Type: {kind}"), format!("Docker-Content-Digest: {}", digest(text.as_bytes()))];
        let content = if head.starts_with("HEAD") { b"" } else { text.as_bytes() };
        answer("200 OK", &headers.each_ref().map(String::as_str), content)
    }
}

fn ask(host: &str, repository: &str, credentials: CredentialFiles) -> Result<Resolved, RegistryError> {
    let options =
        RegistryOptions { plain_http: vec![host.to_owned()], credentials, ..RegistryOptions::default() };
    let reference = format!("{host}/{repository}:1").parse().unwrap();
    look_up(&[(reference, Depth::Description)], &options).into_values().next().unwrap()
}

/// The user by the image's own configuration, which takes every kind of request to know.
fn user(found: Result<Resolved, RegistryError>) -> Option<String> {
    found.unwrap().description.unwrap().unwrap().configuration.user
}

fn redirect(host: &str, head: &str) -> Vec<u8> {
    let path = head.split(' ').nth(1).unwrap();
    answer("307 Away", &[&format!("Location: http://{host}{path}")], b"")
}

/// The host of a server that is only known once it runs.
fn later() -> (Arc<OnceLock<String>>, Arc<OnceLock<String>>) {
    let host = Arc::new(OnceLock::new());
    (Arc::clone(&host), host)
}

const AUTHORIZED: &str = "authorization: ";

/// A registry that wants a token of its own token server, whose challenges name `scope`.
fn with_tokens(scope: &'static str) -> Odd {
    let (host, own) = later();
    let tiny = Tiny::new();
    let server = Odd::start(move |head| {
        if head.starts_with("GET /token") {
            return answer("200 OK", &[], br#"{"token":"for-anybody"}"#);
        }
        if head.contains("authorization: Bearer for-anybody") {
            return tiny.answer(head);
        }
        let challenge = format!(
            "WWW-Authenticate: Bearer realm=\"http://{}/token\",service=\"s\",scope=\"{scope}\"",
            own.get().unwrap()
        );
        answer("401 Who", &[&challenge], b"")
    });
    host.set(server.host.clone()).unwrap();
    server
}

#[test]
fn the_scope_is_that_of_the_image_whatever_the_challenge_says() {
    // ghcr.io names a placeholder before a repository is known; public.ecr.aws names `aws`.
    for scope in ["repository:user/image:pull", "aws", ""] {
        let server = with_tokens(scope);
        assert_eq!(user(ask(&server.host, "owner/app", CredentialFiles::none())).as_deref(), Some("65532"));
        let requests = server.requests();
        let tokens: Vec<&String> = requests.iter().filter(|head| head.starts_with("GET /token")).collect();
        assert_eq!(tokens.len(), 1, "{requests:?}");
        assert!(tokens[0].contains("scope=repository%3Aowner%2Fapp%3Apull"), "{tokens:?}");
        assert!(!requests.iter().any(|head| head.contains("GET /v2/ ")), "{requests:?}");
        // The first answer teaches all that follow.
        assert_eq!(requests.len(), 6, "{requests:?}");
    }
}

#[test]
fn a_front_sends_on_to_a_registry_that_asks_for_nothing() {
    // registry.k8s.io: 307 to the next region of a registry that is open.
    let tiny = Tiny::new();
    let region = Odd::start(move |head| tiny.answer(head));
    let away = region.host.clone();
    let front = Odd::start(move |head| redirect(&away, head));
    assert_eq!(user(ask(&front.host, "pause", CredentialFiles::none())).as_deref(), Some("65532"));
    assert_eq!((front.requests().len(), region.requests().len()), (4, 4));
}

#[test]
fn a_front_sends_on_to_a_registry_that_wants_its_own_token() {
    // lscr.io: to ghcr.io, which gives anybody a token. What the user is to the front is nobody else's business.
    let behind = with_tokens("repository:linuxserver/app:pull");
    let away = behind.host.clone();
    let front = Odd::start(move |head| redirect(&away, head));
    let folder = tempfile::tempdir().unwrap();
    let login = login(&front.host, folder.path());
    assert_eq!(user(ask(&front.host, "linuxserver/app", login)).as_deref(), Some("65532"));
    let sent: Vec<String> = behind.requests().into_iter().filter(|head| head.contains(AUTHORIZED)).collect();
    assert!(!sent.is_empty() && sent.iter().all(|head| head.contains("Bearer for-anybody")), "{sent:?}");
    assert!(front.requests().iter().all(|head| !head.contains(AUTHORIZED)), "{:?}", front.requests());
}

fn login(host: &str, folder: &std::path::Path) -> CredentialFiles {
    let file = folder.join("config.json");
    let text = format!(r#"{{"auths":{{"{host}":{{"username":"AWS","password":"hunter2"}}}}}}"#);
    std::fs::write(&file, text).unwrap();
    CredentialFiles::read([file])
}

#[test]
fn blobs_come_from_a_store_that_gets_no_password() {
    // Private ECR: a password for everything, and blobs at signed URLs of S3. Docker Hub, ghcr.io and MCR keep blobs
    // elsewhere in the same way.
    let (tiny, stored) = (Tiny::new(), Tiny::new());
    let store = Odd::start(move |head| {
        if head.contains(AUTHORIZED) {
            return answer("400 Only one auth mechanism allowed", &[], b"");
        }
        stored.answer(head)
    });
    let away = store.host.clone();
    let registry = Odd::start(move |head| {
        if !head.contains("authorization: Basic ") {
            let challenge =
                "WWW-Authenticate: Basic realm=\"https://aws.example/\",service=\"ecr.amazonaws.com\"";
            return answer("401 Who", &[challenge], b"");
        }
        if head.contains("/blobs/") { redirect(&away, head) } else { tiny.answer(head) }
    });
    let folder = tempfile::tempdir().unwrap();
    let found = ask(&registry.host, "team/app", login(&registry.host, folder.path()));
    assert_eq!(user(found).as_deref(), Some("65532"));
    assert_eq!(store.requests().len(), 1);
    let denied = ask(&registry.host, "team/app", CredentialFiles::none());
    assert!(matches!(denied, Err(RegistryError::Denied { .. })), "{denied:?}");
}

#[test]
fn tags_come_page_by_page_and_from_one_host() {
    let page = |tags: &str| format!(r#"{{"name":"a","tags":{tags}}}"#);
    let (first, last) = (page(r#"["1.0","1.1","bad tag"]"#), page(r#"["1.2"]"#));
    let server = Odd::start(move |head| match head {
        head if head.contains("last=1.1") => answer("200 OK", &[], last.as_bytes()),
        head if head.contains("/v2/loop/") => {
            answer("200 OK", &["Link: </v2/loop/tags/list>; rel=\"next\""], br#"{"tags":["x"]}"#)
        }
        head if head.contains("/v2/away/") => {
            answer("200 OK", &["Link: <http://other.example/v2/>; rel=\"next\""], br#"{"tags":["x"]}"#)
        }
        head if head.contains("/v2/none/") => answer("200 OK", &[], br#"{"tags":null}"#),
        _ => answer("200 OK", &["Link: </v2/a/tags/list?last=1.1>; rel=\"next\""], first.as_bytes()),
    });
    let options = RegistryOptions { plain_http: vec![server.host.clone()], ..RegistryOptions::default() };
    let tags = |repository: &str| {
        let reference = format!("{}/{repository}:1", server.host).parse().unwrap();
        hardtack::edge::list_tags(&[reference], &options).into_values().next().unwrap()
    };
    assert_eq!(tags("a").unwrap(), ["1.0", "1.1", "1.2"]);
    assert_eq!(tags("none").unwrap(), Vec::<String>::new());
    assert_eq!(tags("loop").unwrap().len(), 20, "pages without end");
    assert!(matches!(tags("away"), Err(RegistryError::BadHop { .. })));
}
