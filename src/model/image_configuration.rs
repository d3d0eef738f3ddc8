//! What an image says of itself.

use super::{Digest, Platform};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The part of an image's configuration that hardening needs, for one platform of the image.
///
/// The fields are those of the OCI image specification (`config.md`) and of Docker's, which adds the health
/// check. The environment is left out: nothing needs it, and it is where secrets end up. Lists are empty where
/// the image says nothing. A value that looks like a secret stands here as `[hidden]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ImageConfiguration {
    /// The digest of the configuration itself.
    pub digest: Digest,
    /// The platform that it is for.
    pub platform: Platform,
    /// Other platforms of the same image that were looked at and give the same user and ports, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub same_on: Vec<Platform>,
    /// Other platforms of the same image that give another user or other ports.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub otherwise_on: BTreeMap<Platform, Otherwise>,
    /// When the image was made, as it declares; a reproducible build declares any date, often 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// The user, as written: `postgres`, `101`, `1000:1000`; see [`runs_as`](Self::runs_as).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The ports that it exposes, such as `5432/tcp`, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exposed_ports: Vec<String>,
    /// The folders that become volumes, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<String>,
    /// The program and its first arguments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entrypoint: Vec<String>,
    /// What follows the entry point unless a service says otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cmd: Vec<String>,
    /// The health check, with `CMD`, `CMD-SHELL` or `NONE` in front; see
    /// [`has_health_check`](Self::has_health_check).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub health_check: Vec<String>,
    /// The signal that stops it; SIGTERM if it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_signal: Option<String>,
    /// The folder that it starts in; `/` if it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<String>,
    /// The labels that say which version it is and where it comes from: those of [`LABELS`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// What another platform of an image says, of what hardening rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Otherwise {
    /// The user, as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The ports that it exposes, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exposed_ports: Vec<String>,
}

/// The labels that are kept (OCI image specification, `annotations.md`).
pub const LABELS: [&str; 4] = [
    "org.opencontainers.image.created",
    "org.opencontainers.image.revision",
    "org.opencontainers.image.source",
    "org.opencontainers.image.version",
];

/// As whom a container runs unless its service says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunsAs<'c> {
    /// Root: the image says so, or says nothing.
    Root,
    /// A user by number that is not 0: certainly not root.
    Number(u32),
    /// A user by name. The image's `/etc/passwd` says who that is; a name other than `root` is a user other
    /// than root in every image that we know of, but nothing enforces it.
    Name(&'c str),
}

impl ImageConfiguration {
    /// As whom a container runs.
    ///
    /// A user that is not root has no capabilities to lose, except where a program in the image has some of its
    /// own (`setcap`, as some builds of Caddy and CoreDNS have to bind port 80 or 53): with `cap_drop: [ALL]`
    /// such a program does not start. The configuration does not show those.
    #[must_use]
    pub fn runs_as(&self) -> RunsAs<'_> {
        let user = self.user.as_deref().unwrap_or_default();
        let name = user.split_once(':').map_or(user, |(name, _)| name);
        match name.parse::<u32>() {
            Ok(0) => RunsAs::Root,
            Ok(number) => RunsAs::Number(number),
            Err(_) if matches!(name, "" | "root") => RunsAs::Root,
            Err(_) => RunsAs::Name(name),
        }
    }

    /// Notes what the same image says for another platform.
    pub fn compare(&mut self, other: &Self) {
        if (&self.user, &self.exposed_ports) == (&other.user, &other.exposed_ports) {
            self.same_on.push(other.platform.clone());
            self.same_on.sort();
        } else {
            let said = Otherwise { user: other.user.clone(), exposed_ports: other.exposed_ports.clone() };
            self.otherwise_on.insert(other.platform.clone(), said);
        }
    }

    /// How the platforms of the image differ in what hardening rests on, as a sentence; `None` if they do not, as
    /// far as anybody looked. What is judged for one of them may then break the other.
    #[must_use]
    pub fn disagreement(&self) -> Option<String> {
        let (platform, other) = self.otherwise_on.first_key_value()?;
        let user = |user: &Option<String>| format!("the user {}", user.as_deref().unwrap_or("root"));
        let ports = |ports: &[String]| match ports {
            [] => "no port".to_owned(),
            ports => format!("the ports {}", ports.join(", ")),
        };
        let (own, others) = match self.user == other.user {
            true => (ports(&self.exposed_ports), ports(&other.exposed_ports)),
            false => (user(&self.user), user(&other.user)),
        };
        Some(format!("its platforms differ: {own} for {}, {others} for {platform}", self.platform))
    }

    /// Whether the image checks its own health.
    #[must_use]
    pub fn has_health_check(&self) -> bool {
        self.health_check.first().is_some_and(|kind| kind != "NONE")
    }

    /// The version that the image declares, if any.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.labels.get("org.opencontainers.image.version").map(String::as_str)
    }

    /// The commit that the image says it was built from, if any.
    #[must_use]
    pub fn revision(&self) -> Option<&str> {
        self.labels.get("org.opencontainers.image.revision").map(String::as_str)
    }
}

/// What a registry holds behind a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageDescription {
    /// Each platform and the digest of its own manifest.
    pub platforms: BTreeMap<Platform, Digest>,
    /// The size of the layers for the platform of the configuration, compressed, in bytes.
    pub size: u64,
    /// What the image says of itself.
    pub configuration: ImageConfiguration,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(user: Option<&str>) -> ImageConfiguration {
        ImageConfiguration {
            digest: format!("sha256:{}", "a".repeat(64)).parse().unwrap(),
            platform: "linux/amd64".parse().unwrap(),
            same_on: Vec::new(),
            otherwise_on: BTreeMap::new(),
            created: None,
            user: user.map(str::to_owned),
            exposed_ports: Vec::new(),
            volumes: Vec::new(),
            entrypoint: Vec::new(),
            cmd: Vec::new(),
            health_check: Vec::new(),
            stop_signal: None,
            working_dir: None,
            labels: BTreeMap::new(),
        }
    }

    #[test]
    fn who_runs_is_read_as_the_engine_reads_it() {
        for root in [None, Some(""), Some("0"), Some("root"), Some("0:1000"), Some("root:wheel"), Some(":5")]
        {
            assert_eq!(of(root).runs_as(), RunsAs::Root, "{root:?}");
        }
        assert_eq!(of(Some("101")).runs_as(), RunsAs::Number(101));
        assert_eq!(of(Some("1000:0")).runs_as(), RunsAs::Number(1000));
        assert_eq!(of(Some("postgres")).runs_as(), RunsAs::Name("postgres"));
    }

    #[test]
    fn a_check_that_is_switched_off_is_none() {
        let with = |words: &[&str]| ImageConfiguration {
            health_check: words.iter().map(|word| (*word).to_owned()).collect(),
            ..of(None)
        };
        assert!(with(&["CMD", "true"]).has_health_check());
        assert!(!with(&["NONE"]).has_health_check() && !with(&[]).has_health_check());
    }

    #[test]
    fn platforms_that_differ_are_told() {
        let arm = |other: ImageConfiguration| ImageConfiguration {
            platform: "linux/arm64".parse().unwrap(),
            ..other
        };
        let mut same = of(Some("101"));
        same.compare(&arm(of(Some("101"))));
        assert_eq!((same.same_on.len(), same.disagreement()), (1, None));
        let mut user = of(Some("101"));
        user.compare(&arm(of(None)));
        let told = "its platforms differ: the user 101 for linux/amd64, the user root for linux/arm64";
        assert_eq!(user.disagreement().as_deref(), Some(told));
        let mut port = of(None);
        port.compare(&arm(ImageConfiguration { exposed_ports: vec!["80/tcp".to_owned()], ..of(None) }));
        let told = "its platforms differ: no port for linux/amd64, the ports 80/tcp for linux/arm64";
        assert_eq!(port.disagreement().as_deref(), Some(told));
    }
}
