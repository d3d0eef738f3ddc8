//! What the user has logged in to: Docker's `config.json` and Podman's `auth.json`.

use super::helper;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// The largest file of credentials that is read, in bytes.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Names that all mean Docker Hub, as files of credentials write it.
const HUB: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];
/// What Docker asks a credential helper for when it means Docker Hub.
const HUB_SERVER: &str = "https://index.docker.io/v1/";

/// How the user is known to a registry. Its debug form does not show it.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Credential {
    /// User and password.
    Password(String, String),
    /// An identity token: good for nothing but tokens of the registry's token server.
    Identity(String),
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password(..) => "Password(..)",
            Self::Identity(_) => "Identity(..)",
        })
    }
}

impl Credential {
    /// The credential of a user name and a secret; helpers write `<token>` as the user of an identity token.
    pub(super) fn of(user: String, secret: String) -> Option<Self> {
        match (user.as_str(), secret.is_empty()) {
            (_, true) | ("", _) => None,
            ("<token>", _) => Some(Self::Identity(secret)),
            _ => Some(Self::Password(user, secret)),
        }
    }

    /// The value of the header `Authorization` for Basic authentication; an identity token has none.
    pub(super) fn basic(&self) -> Option<String> {
        match self {
            Self::Password(user, password) => {
                Some(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
            }
            Self::Identity(_) => None,
        }
    }
}

/// Where the credentials for a repository are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// In the file itself.
    File(Credential),
    /// With a program, `docker-credential-NAME`.
    Helper {
        /// The program's name without its prefix.
        name: String,
        /// What it is asked for.
        server: String,
        /// What the file holds in case the helper has nothing.
        otherwise: Option<Credential>,
    },
}

/// Files of credentials, the first that knows a registry wins. They belong to the user and are never part
/// of a project.
#[derive(Clone, Debug, Default)]
pub struct CredentialFiles {
    files: Vec<ConfigFile>,
    /// Files that are there and cannot be used, with the reason.
    problems: Vec<String>,
}

impl CredentialFiles {
    /// No credentials: every registry is asked as anybody may.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Those of the user: `$DOCKER_CONFIG/config.json` (by default `~/.docker`), then Podman's
    /// `$REGISTRY_AUTH_FILE`, or else `auth.json` in `$XDG_RUNTIME_DIR/containers` and
    /// `~/.config/containers`. What cannot be read is as if it were not there, and mentioned where access is
    /// denied.
    #[must_use]
    pub fn of_user() -> Self {
        let variable =
            |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = variable("HOME").or_else(|| variable("USERPROFILE"));
        let below_home = |path: &str| home.as_ref().map(|home| home.join(path));
        let docker = variable("DOCKER_CONFIG").or_else(|| below_home(".docker"));
        let podman = match variable("REGISTRY_AUTH_FILE") {
            Some(file) => vec![Some(file)],
            None => vec![
                variable("XDG_RUNTIME_DIR").map(|folder| folder.join("containers/auth.json")),
                variable("XDG_CONFIG_HOME")
                    .or_else(|| below_home(".config"))
                    .map(|folder| folder.join("containers/auth.json")),
            ],
        };
        let paths = std::iter::once(docker.map(|folder| folder.join("config.json"))).chain(podman);
        Self::read(paths.flatten())
    }

    /// Those in these files; a file that is not there is passed over.
    #[must_use]
    pub fn read(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        let mut files = Self::none();
        for path in paths {
            match read_file(&path) {
                Ok(Some(text)) => files.add(&path.display().to_string(), &text),
                Ok(None) => {}
                Err(why) => files.problems.push(format!("{}: {why}", path.display())),
            }
        }
        files
    }

    fn add(&mut self, path: &str, text: &str) {
        match serde_json::from_str(text) {
            Ok(file) => self.files.push(file),
            // Serde's own message may quote a value, and values here are secrets.
            Err(error) => self.problems.push(format!("{path}: no such JSON in line {}", error.line())),
        }
    }

    /// Why a credential may be missing; `None` if all files could be read.
    pub(super) fn problem(&self) -> Option<String> {
        (!self.problems.is_empty()).then(|| self.problems.join("; "))
    }

    /// Where the credentials for a repository are, such as `ghcr.io` and `owner/app`.
    pub(super) fn find(&self, registry: &str, repository: &str) -> Option<Source> {
        self.files.iter().find_map(|file| file.find(registry, repository))
    }
}

fn read_file(path: &Path) -> Result<Option<String>, String> {
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.kind().to_string()),
    };
    if !metadata.is_file() {
        return Err("it is no file".to_owned());
    }
    if metadata.len() > MAX_BYTES {
        return Err(format!("it is larger than {MAX_BYTES} bytes"));
    }
    std::fs::read_to_string(path).map(Some).map_err(|error| error.kind().to_string())
}

/// The parts of `config.json` and `auth.json` that matter here.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ConfigFile {
    auths: BTreeMap<String, AuthEntry>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct AuthEntry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
}

impl fmt::Debug for AuthEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthEntry(..)")
    }
}

impl AuthEntry {
    fn credential(&self) -> Option<Credential> {
        if let Some(token) = self.identitytoken.as_ref().filter(|token| !token.is_empty()) {
            return Some(Credential::Identity(token.clone()));
        }
        if let (Some(user), Some(password)) = (&self.username, &self.password) {
            return Credential::of(user.clone(), password.clone());
        }
        let decoded = STANDARD.decode(self.auth.as_ref()?.trim()).ok()?;
        let text = String::from_utf8(decoded).ok()?;
        let (user, password) = text.split_once(':')?;
        // Some tools pad the secret with NUL.
        Credential::of(user.to_owned(), password.trim_end_matches('\0').to_owned())
    }
}

impl ConfigFile {
    fn find(&self, registry: &str, repository: &str) -> Option<Source> {
        let own = best_key(self.auths.keys(), registry, repository)
            .and_then(|key| self.auths.get(key))
            .and_then(AuthEntry::credential);
        let helper = best_key(self.cred_helpers.keys(), registry, repository)
            .and_then(|key| self.cred_helpers.get(key))
            .or(self.creds_store.as_ref().filter(|_| own.is_none()))
            .filter(|name| helper::is_name(name));
        match (helper, own) {
            (Some(name), otherwise) => {
                let server = if is_hub(registry) { HUB_SERVER } else { registry };
                Some(Source::Helper { name: name.clone(), server: server.to_owned(), otherwise })
            }
            (None, Some(credential)) => Some(Source::File(credential)),
            (None, None) => None,
        }
    }
}

fn is_hub(host: &str) -> bool {
    HUB.contains(&host)
}

/// The most specific key that covers the repository. Keys are hosts, URLs of hosts (`https://host/v1/`), and
/// with Podman also hosts with the beginning of a repository's name (`quay.io/team`).
fn best_key<'k>(
    keys: impl Iterator<Item = &'k String>,
    registry: &str,
    repository: &str,
) -> Option<&'k String> {
    let covers = |key: &&String| {
        let (bare, is_url) = match key.split_once("://") {
            Some((_, bare)) => (bare, true),
            None => (key.as_str(), false),
        };
        let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
        let is_host = host.eq_ignore_ascii_case(registry) || is_hub(host) && is_hub(registry);
        let path = path.trim_end_matches('/');
        let is_version = matches!(path, "" | "v1" | "v2");
        let rest = repository.strip_prefix(path);
        let is_path = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        is_host && (is_url || is_version || is_path)
    };
    keys.filter(covers).max_by_key(|key| if key.contains("://") { 0 } else { key.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(texts: &[&str]) -> CredentialFiles {
        let mut files = CredentialFiles::none();
        texts.iter().for_each(|text| files.add("config.json", text));
        files
    }

    fn password(user: &str, password: &str) -> Source {
        Source::File(Credential::Password(user.to_owned(), password.to_owned()))
    }

    fn entry(text: &str) -> String {
        format!(r#"{{"auth":"{}"}}"#, STANDARD.encode(text))
    }

    #[test]
    fn hub_has_many_names() {
        for key in [
            "https://index.docker.io/v1/",
            "docker.io",
            "index.docker.io",
            "https://registry-1.docker.io/v2/",
        ] {
            let files = files(&[&format!(r#"{{"auths":{{"{key}":{}}}}}"#, entry("u:p:q"))]);
            assert_eq!(files.find("docker.io", "library/nginx"), Some(password("u", "p:q")), "{key}");
            assert_eq!(files.find("ghcr.io", "a/b"), None, "{key}");
        }
    }

    #[test]
    fn hosts_are_whole_and_ports_count() {
        let auths = format!(
            r#"{{"auths":{{"example.org:5000":{},"http://Other.org":{}}}}}"#,
            entry("a:b"),
            entry("c:d")
        );
        let files = files(&[&auths]);
        assert_eq!(files.find("example.org:5000", "x"), Some(password("a", "b")));
        assert_eq!(files.find("other.org", "x"), Some(password("c", "d")));
        for other in ["example.org", "example.org:5001", "evil-example.org:5000", "example.org:5000.evil.org"]
        {
            assert_eq!(files.find(other, "x"), None, "{other}");
        }
    }

    #[test]
    fn podman_keys_reach_into_repositories() {
        let auths = format!(
            r#"{{"auths":{{"quay.io":{},"quay.io/team":{},"quay.io/team/app":{}}}}}"#,
            entry("a:1"),
            entry("b:2"),
            entry("c:3")
        );
        let files = files(&[&auths]);
        assert_eq!(files.find("quay.io", "other/app"), Some(password("a", "1")));
        assert_eq!(files.find("quay.io", "teams/app"), Some(password("a", "1")));
        assert_eq!(files.find("quay.io", "team/web"), Some(password("b", "2")));
        assert_eq!(files.find("quay.io", "team/app"), Some(password("c", "3")));
    }

    #[test]
    fn helpers_of_a_host_come_first_and_the_store_last() {
        let text = format!(
            r#"{{"auths":{{"a.org":{},"b.org":{{}}}},"credHelpers":{{"gcr.io":"gcloud"}},"credsStore":"desktop"}}"#,
            entry("u:p")
        );
        let files = files(&[&text]);
        let helper = |name: &str, server: &str| {
            Some(Source::Helper { name: name.to_owned(), server: server.to_owned(), otherwise: None })
        };
        assert_eq!(files.find("gcr.io", "x"), helper("gcloud", "gcr.io"));
        assert_eq!(files.find("a.org", "x"), Some(password("u", "p")));
        assert_eq!(files.find("b.org", "x"), helper("desktop", "b.org"));
        assert_eq!(files.find("docker.io", "x"), helper("desktop", "https://index.docker.io/v1/"));
    }

    #[test]
    fn helper_names_are_no_paths() {
        let files = files(&[r#"{"credsStore":"../../tmp/evil"}"#]);
        assert_eq!(files.find("a.org", "x"), None);
    }

    #[test]
    fn identity_tokens_in_both_forms() {
        let files = files(&[&format!(
            r#"{{"auths":{{"a.org":{{"identitytoken":"t","auth":""}},"b.org":{}}}}}"#,
            entry("<token>:s")
        )]);
        let identity = |token: &str| Some(Source::File(Credential::Identity(token.to_owned())));
        assert_eq!(files.find("a.org", "x"), identity("t"));
        assert_eq!(files.find("b.org", "x"), identity("s"));
    }

    #[test]
    fn files_that_cannot_be_used_are_no_secret_leak() {
        let files = files(&[r#"{"auths":{"a.org":{"auth":42424242}}}"#, "{}"]);
        assert_eq!(files.find("a.org", "x"), None);
        let problem = files.problem().unwrap();
        assert!(problem.contains("config.json") && !problem.contains("42424242"), "{problem}");
        let secret = format!("{:?}", Credential::Password("u".to_owned(), "hunter2".to_owned()));
        assert!(!secret.contains("hunter2"));
        assert!(CredentialFiles::read([PathBuf::from("/nonexistent/config.json")]).problem().is_none());
    }

    #[test]
    fn texts_that_are_no_credentials_are_none() {
        for auth in ["%%%", "", "dXNlcg==", "Og=="] {
            let files = files(&[&format!(r#"{{"auths":{{"a.org":{{"auth":"{auth}"}}}}}}"#)]);
            assert_eq!(files.find("a.org", "x"), None, "{auth}");
        }
    }
}
