//! What a fact may depend on: settings of the service that runs the image.

use super::text::scalar;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// Something that has to be true of a service.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Which of its settings.
    pub setting: Setting,
    /// Whether it has to be there.
    pub is: Presence,
}

/// Whether a setting is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Presence {
    /// It is, with a value that isn't empty.
    Set,
    /// It isn't, or its value is empty.
    Unset,
}

/// A setting of a service that decides how its image starts, or what it needs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Setting {
    /// The key `user`; written `user`.
    User,
    /// A variable of the container's environment; written `environment.NAME`.
    Variable(String),
    /// `init: true`, which puts a process of root before the image's own; written `init`.
    Init,
    /// A network in which ports below 1024 are root's: the host's, or one with a sysctl that says so; written
    /// `host-network`.
    HostNetwork,
    /// A folder of the host that may be written, whose owner no file tells; written `bind-mount`, or
    /// `bind-mount./PATH` for one at or below a folder of the container.
    BindMount(Option<String>),
    /// Something that the deployment puts at a path of the container or below it, by a mount or by COPY; written
    /// `files./PATH`.
    Files(String),
}

const EXPECTED: &str =
    "user, init, host-network, bind-mount, bind-mount./PATH, environment.NAME or files./PATH";

impl<'de> Deserialize<'de> for Setting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        scalar(deserializer, EXPECTED, |text| match (text, text.split_once('.')) {
            ("user", _) => Ok(Self::User),
            ("init", _) => Ok(Self::Init),
            ("host-network", _) => Ok(Self::HostNetwork),
            ("bind-mount", _) => Ok(Self::BindMount(None)),
            (_, Some(("bind-mount", path))) if is_path(path) => Ok(Self::BindMount(Some(path.to_owned()))),
            (_, Some(("environment", name))) if !name.is_empty() => Ok(Self::Variable(name.to_owned())),
            (_, Some(("files", path))) if is_path(path) => Ok(Self::Files(path.to_owned())),
            _ => Err(format!("expected {EXPECTED}, found {text:?}")),
        })
    }
}

fn is_path(path: &str) -> bool {
    path.len() > 1 && path.starts_with('/') && !path.ends_with('/') && !path.contains("//")
}

impl fmt::Display for Setting {
    /// As the data files write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User => f.write_str("user"),
            Self::Init => f.write_str("init"),
            Self::HostNetwork => f.write_str("host-network"),
            Self::BindMount(None) => f.write_str("bind-mount"),
            Self::BindMount(Some(path)) => write!(f, "bind-mount.{path}"),
            Self::Variable(name) => write!(f, "environment.{name}"),
            Self::Files(path) => write!(f, "files.{path}"),
        }
    }
}

/// Whether all of `conditions` hold for a service. `presence` says whether the service has a setting, and
/// `None` where that can't be told, which makes the answer `None` unless another condition decides it.
#[must_use]
pub fn all_hold(conditions: &[Condition], presence: impl Fn(&Setting) -> Option<Presence>) -> Option<bool> {
    let mut all = Some(true);
    for condition in conditions {
        match presence(&condition.setting) {
            Some(found) if found == condition.is => {}
            Some(_) => return Some(false),
            None => all = None,
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_keys_or_variables_and_are_written_as_they_are_read() {
        for bad in [
            "group",
            "environment",
            "environment.",
            "user.name",
            "''",
            "Init",
            "bind",
            "bind-mount.a",
            "files.etc",
            "files./",
        ] {
            let error = serde_yaml::from_str::<Setting>(bad).unwrap_err().to_string();
            assert!(error.contains(EXPECTED), "{bad}: {error}");
        }
        for good in [
            "user",
            "init",
            "host-network",
            "bind-mount",
            "bind-mount./a",
            "environment.A.B",
            "files./etc/nginx/conf.d",
        ] {
            assert_eq!(serde_yaml::from_str::<Setting>(good).unwrap().to_string(), good);
        }
    }

    #[test]
    fn one_condition_that_fails_decides_before_one_that_cannot_be_told() {
        let conditions: Vec<Condition> =
            serde_yaml::from_str("[{setting: user, is: set}, {setting: init, is: unset}]").unwrap();
        let hold =
            |user, init| all_hold(&conditions, |setting| if *setting == Setting::User { user } else { init });
        assert_eq!(hold(Some(Presence::Set), Some(Presence::Unset)), Some(true));
        assert_eq!(hold(None, Some(Presence::Unset)), None);
        assert_eq!(hold(None, Some(Presence::Set)), Some(false));
        assert_eq!(all_hold(&[], |_| None), Some(true));
    }
}
