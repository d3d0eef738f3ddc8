//! Which forge a repository is on, where its interface is, and with which token.

use crate::edge::git::Remote;
use std::fmt;
use url::{Host, Url};

/// The kinds of forges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForgeKind {
    /// GitHub, also Enterprise.
    GitHub,
    /// GitLab.
    GitLab,
    /// Gitea and Forgejo.
    Gitea,
}

impl ForgeKind {
    /// Its name in outputs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
            Self::Gitea => "gitea",
        }
    }
}

/// A token. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A token from the environment, without blanks around it.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// Its text, for a header.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token([hidden])")
    }
}

/// A repository on a forge.
#[derive(Clone, Debug)]
pub struct Place {
    /// The kind of forge.
    pub kind: ForgeKind,
    /// Where its interface begins.
    pub api: Url,
    /// The repository, as the forge names it.
    pub repository: String,
    /// The token, if there is one.
    pub token: Option<Token>,
}

/// Why the forge is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// Nothing says what kind of forge it is.
    #[error("nothing says what kind of forge {host} is")]
    Kind {
        /// The host.
        host: String,
    },
    /// The address of the interface is none.
    #[error("`{url}` is no address of an interface: it takes https://, without user")]
    Api {
        /// The address.
        url: String,
    },
    /// The remote is reached without encryption.
    #[error("the remote is at {host} over http://, where everybody on the way reads the token")]
    Plain {
        /// The host.
        host: String,
    },
    /// The job's own token of GitLab can open no merge request.
    #[error("CI_JOB_TOKEN can open no merge request")]
    JobToken,
    /// There is no token.
    #[error("there is no token for {host}")]
    NoToken {
        /// The host.
        host: String,
    },
}

impl PlaceError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Kind { .. } => "say so: --forge github, gitlab or gitea",
            Self::Api { .. } => "name it with --api-url https://...",
            Self::Plain { .. } => "set the remote to https:// or ssh:// with `git remote set-url`",
            Self::JobToken => {
                "give a project access token (role Developer, scopes `api` and `write_repository`) in HARDTACK_TOKEN"
            }
            Self::NoToken { .. } => {
                "put one into the environment: HARDTACK_TOKEN, or GITHUB_TOKEN, GITLAB_TOKEN, GITEA_TOKEN"
            }
        }
    }
}

impl Place {
    /// Finds out from the remote and the environment; `kind` and `api` are what the user says, which counts more.
    /// `variable` reads the environment.
    ///
    /// # Errors
    /// If the kind, the address or the token is not known.
    pub fn of(
        remote: &Remote,
        kind: Option<ForgeKind>,
        api: Option<&str>,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, PlaceError> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let runner = runner(&set).filter(|(_, host, _)| host.eq_ignore_ascii_case(&remote.host));
        let kind = kind
            .or_else(|| runner.as_ref().map(|(kind, ..)| *kind))
            .or_else(|| ForgeKind::by_name(&remote.host));
        let kind = kind.ok_or_else(|| PlaceError::Kind { host: remote.host.clone() })?;
        let of_runner = runner.filter(|(known, ..)| *known == kind).map(|(.., api)| api);
        let api = api.map(str::to_owned).or(of_runner).unwrap_or_else(|| usual_api(kind, remote));
        let wrong = || PlaceError::Api { url: api.clone() };
        let url = Url::parse(&api).ok().filter(is_fit).ok_or_else(wrong)?;
        let token = token(kind, &set);
        if token.is_some() && remote.web.as_ref().is_some_and(|web| !is_fit(web)) {
            return Err(PlaceError::Plain { host: remote.host.clone() });
        }
        if token.is_none() && kind == ForgeKind::GitLab && set("CI_JOB_TOKEN").is_some() {
            return Err(PlaceError::JobToken);
        }
        Ok(Self { kind, api: url, repository: remote.path.clone(), token })
    }

    /// What git sends as the value of `Authorization`, and to which address; `None` if it has its own way in (SSH, or
    /// no token), or if the token would go without encryption.
    #[must_use]
    pub fn git_authorization(&self, remote: &Remote) -> Option<(String, String)> {
        use base64::Engine as _;
        let web = remote.web.as_ref().filter(|web| is_fit(web))?;
        let user = match self.kind {
            ForgeKind::GitHub => "x-access-token",
            ForgeKind::GitLab | ForgeKind::Gitea => "oauth2",
        };
        let pair = format!("{user}:{}", self.token.as_ref()?.text());
        let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
        Some((web.to_string(), format!("Basic {encoded}")))
    }
}

/// Encrypted, or on this machine; and without a user of its own.
fn is_fit(url: &Url) -> bool {
    let is_here = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let is_encrypted = url.scheme() == "https" || url.scheme() == "http" && is_here;
    is_encrypted && url.username().is_empty() && url.password().is_none()
}

/// The forge whose runner this is: kind, host, interface.
fn runner(set: &dyn Fn(&str) -> Option<String>) -> Option<(ForgeKind, String, String)> {
    let host = |url: &str| {
        let url = Url::parse(url).ok()?;
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        Some(format!("{}{port}", url.host_str()?))
    };
    if let (Some(server), Some(api)) = (set("CI_SERVER_URL"), set("CI_API_V4_URL")) {
        return Some((ForgeKind::GitLab, host(&server)?, api));
    }
    let server = set("GITHUB_SERVER_URL")?;
    // The runners of Gitea and Forgejo set GitHub's variables, too.
    let is_gitea = set("GITEA_ACTIONS").is_some() || set("FORGEJO_ACTIONS").is_some();
    let kind = if is_gitea { ForgeKind::Gitea } else { ForgeKind::GitHub };
    Some((kind, host(&server)?, set("GITHUB_API_URL")?))
}

impl ForgeKind {
    /// The kind of the forge at a host, as far as its name says.
    #[must_use]
    pub fn by_name(host: &str) -> Option<Self> {
        let host = host.to_lowercase();
        let has = |word: &str| host.split(['.', '-', ':']).any(|part| part == word);
        match host.as_str() {
            "codeberg.org" => Some(Self::Gitea),
            _ if has("github") || host.ends_with(".ghe.com") => Some(Self::GitHub),
            _ if has("gitlab") => Some(Self::GitLab),
            _ if has("gitea") || has("forgejo") => Some(Self::Gitea),
            _ => None,
        }
    }
}

fn usual_api(kind: ForgeKind, remote: &Remote) -> String {
    let origin = remote.web.as_ref().map_or_else(|| format!("https://{}/", remote.host), Url::to_string);
    match kind {
        ForgeKind::GitHub if remote.host == "github.com" => "https://api.github.com/".to_owned(),
        ForgeKind::GitHub if remote.host.ends_with(".ghe.com") => format!("https://api.{}/", remote.host),
        ForgeKind::GitHub => format!("{origin}api/v3/"),
        ForgeKind::GitLab => format!("{origin}api/v4/"),
        ForgeKind::Gitea => format!("{origin}api/v1/"),
    }
}

fn token(kind: ForgeKind, set: &dyn Fn(&str) -> Option<String>) -> Option<Token> {
    let names: &[&str] = match kind {
        ForgeKind::GitHub => &["GITHUB_TOKEN", "GH_TOKEN", "GH_ENTERPRISE_TOKEN"],
        ForgeKind::GitLab => &["GITLAB_TOKEN"],
        ForgeKind::Gitea => &["GITEA_TOKEN", "FORGEJO_TOKEN", "GITHUB_TOKEN"],
    };
    let names = std::iter::once(&"HARDTACK_TOKEN").chain(names);
    names.into_iter().find_map(|name| Token::new(&set(name)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(host: &str) -> Remote {
        let web = Url::parse(&format!("https://{host}/")).ok();
        Remote { name: "origin".to_owned(), host: host.to_owned(), path: "o/n".to_owned(), web }
    }

    fn place(host: &str, variables: &[(&str, &str)]) -> Result<Place, PlaceError> {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        Place::of(&remote(host), None, None, &variable)
    }

    #[test]
    fn hosts_say_what_they_are() {
        let known = |host| place(host, &[]).map(|place| (place.kind, place.api.to_string())).ok();
        assert_eq!(known("github.com"), Some((ForgeKind::GitHub, "https://api.github.com/".to_owned())));
        assert_eq!(
            known("github.corp.example"),
            Some((ForgeKind::GitHub, "https://github.corp.example/api/v3/".to_owned()))
        );
        assert_eq!(known("gitlab.com"), Some((ForgeKind::GitLab, "https://gitlab.com/api/v4/".to_owned())));
        assert_eq!(
            known("codeberg.org"),
            Some((ForgeKind::Gitea, "https://codeberg.org/api/v1/".to_owned()))
        );
        assert_eq!(known("git.example.org"), None);
        assert_eq!(known("notgithub.example.org"), None);
    }

    #[test]
    fn the_runner_counts_for_its_own_host_only() {
        let runner = [
            ("GITHUB_SERVER_URL", "https://git.example.org"),
            ("GITHUB_API_URL", "https://git.example.org/api/v1"),
            ("GITEA_ACTIONS", "true"),
        ];
        assert_eq!(place("git.example.org", &runner).map(|place| place.kind).ok(), Some(ForgeKind::Gitea));
        assert_eq!(place("other.example.org", &runner).err().map(|error| error.hint().len() > 5), Some(true));
    }

    #[test]
    fn a_token_goes_encrypted_or_nowhere() {
        let place = place("github.com", &[("GITHUB_TOKEN", " t0ken\n")]).unwrap();
        assert_eq!(format!("{:?}", place.token), "Some(Token([hidden]))");
        let (url, header) = place.git_authorization(&remote("github.com")).unwrap();
        assert_eq!(url, "https://github.com/");
        assert_eq!(header, "Basic eC1hY2Nlc3MtdG9rZW46dDBrZW4=");
        let mut plain = remote("github.com");
        plain.web = Url::parse("http://github.com/").ok();
        assert_eq!(place.git_authorization(&plain), None);
        assert!(Place::of(&plain, None, Some("http://github.com/api"), &|_| None).is_err());
        let with_token =
            Place::of(&plain, None, None, &|name| (name == "GITHUB_TOKEN").then(|| "t".to_owned()));
        assert_eq!(with_token.unwrap_err(), PlaceError::Plain { host: "github.com".to_owned() });
        assert!(Place::of(&plain, None, None, &|_| None).is_ok(), "to look takes no token");
    }

    #[test]
    fn the_token_of_a_gitlab_job_is_not_enough() {
        let error = place("gitlab.com", &[("CI_JOB_TOKEN", "x")]).unwrap_err();
        assert_eq!(error, PlaceError::JobToken);
        assert!(place("gitlab.com", &[("CI_JOB_TOKEN", "x"), ("GITLAB_TOKEN", "y")]).is_ok());
    }
}
