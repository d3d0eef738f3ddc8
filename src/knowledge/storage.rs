//! Where an image writes: what it keeps, and what a read-only root file system must leave open.

use super::condition::Condition;
use super::confidence::Confidence;
use super::scope::{Scope, Scoped};
use super::text::{absolute_path, one_line, optional_line, scalar};
use super::user::UserId;
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// Whether an image runs with `read_only: true`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadOnlyLevel {
    /// It does, with the mounts that are stated.
    Works,
    /// It depends on how the service is set up.
    Conditional,
    /// All that it writes was looked for and is stated, nothing that is known speaks against it, and nobody has run it so.
    Untried,
    /// It does not.
    Breaks,
}

/// The mode of a mounted folder, in octal digits: `1777`. Invariant: at most 7777.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mode(u16);

impl Mode {
    /// Whether every user may write there.
    #[must_use]
    pub fn lets_everyone_write(self) -> bool {
        self.0 & 0o002 != 0
    }
}

impl fmt::Display for Mode {
    /// Four octal digits, as a mount option takes them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

impl<'de> Deserialize<'de> for Mode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        scalar(deserializer, "a mode such as \"1777\"", |text| {
            let digits = text.len() == 4 && text.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
            let read = digits.then(|| u16::from_str_radix(text, 8).ok()).flatten();
            read.map(Self).ok_or_else(|| format!("{text:?} is no mode of four octal digits such as 1777"))
        })
    }
}

/// What a folder that has to be writable is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WritableKind {
    /// Memory, empty at each start, from which nothing is executed.
    #[default]
    Tmpfs,
    /// A volume without a name, where a tmpfs does not do: programs or libraries are unpacked there and loaded, it may
    /// be larger than memory, or it holds what has to outlast a restart, as the container's own layer did.
    ///
    /// Whoever states this has seen that the image has the folder, since such a volume takes over what lies there, its
    /// owner and its mode, and would be root's otherwise; and that no file lies there which a later release changes,
    /// since Compose hands the volume on to the next container with all that is in it.
    Volume,
}

/// A folder that has to be writable.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WritablePath {
    /// The folder.
    #[serde(deserialize_with = "absolute_path")]
    pub path: String,
    /// What it is given.
    #[serde(default)]
    pub kind: WritableKind,
    /// The mode that a tmpfs needs there; without one it takes that of the folder below it, as a volume always does.
    pub mode: Mode,
    /// Its owner; root if absent. A service with `user:` needs that one unless the mode lets everyone write.
    #[serde(default)]
    pub owner: Option<UserId>,
    /// Whether the image starts without it, so that it is needed only for what `for` says.
    #[serde(default)]
    pub optional: bool,
    /// The files there that every start makes anew, relative to the folder, if the image has others there, too: an
    /// empty mount hides those, so that a service may name none but these.
    #[serde(default, deserialize_with = "files")]
    pub remade: Vec<String>,
    /// It is needed only if all of these hold.
    #[serde(default, rename = "if")]
    pub conditions: Vec<Condition>,
    /// For what, in one line.
    #[serde(rename = "for", deserialize_with = "one_line")]
    pub purpose: String,
}

impl WritablePath {
    /// A folder for temporary files in which everyone may write.
    #[must_use]
    pub fn for_everyone(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            kind: WritableKind::Tmpfs,
            mode: Mode(0o1777),
            owner: None,
            optional: false,
            remade: Vec::new(),
            conditions: Vec::new(),
            purpose: "temporary files".to_owned(),
        }
    }
}

/// What is known of an image with a read-only root file system.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadOnlyFact {
    /// For which versions.
    #[serde(default)]
    pub holds_for: Scope,
    /// The verdict as far as the image alone decides it.
    pub level: ReadOnlyLevel,
    /// For a conditional verdict, and for one that nobody tried: only if all of these hold. None are stated for a
    /// conditional one where the service's keys can't tell.
    #[serde(default)]
    pub works_if: Vec<Condition>,
    /// What has to stay writable besides the volumes.
    #[serde(default)]
    pub writable: Vec<WritablePath>,
    /// What it depends on, or what fails, in one line.
    #[serde(default, deserialize_with = "optional_line")]
    pub note: Option<String>,
    /// What besides is to mind where a health check asks `localhost`, in one line.
    #[serde(default, deserialize_with = "optional_line")]
    pub localhost_note: Option<String>,
    /// Where that was seen, in one line.
    #[serde(deserialize_with = "one_line")]
    pub source: String,
    /// How sure that makes it.
    pub confidence: Confidence,
}

impl Scoped for ReadOnlyFact {
    fn scope(&self) -> &Scope {
        &self.holds_for
    }
}

/// Where an image keeps its data.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataFact {
    /// For which versions.
    #[serde(default)]
    pub holds_for: Scope,
    /// The folders.
    #[serde(deserialize_with = "paths")]
    pub paths: Vec<String>,
    /// Whether the image declares them as volumes, so that they stay writable and get an anonymous volume
    /// where none is given.
    pub declared: bool,
    /// What else there is to know, in one line.
    #[serde(default, deserialize_with = "optional_line")]
    pub note: Option<String>,
    /// Where that was seen, in one line.
    #[serde(deserialize_with = "one_line")]
    pub source: String,
    /// How sure that makes it.
    pub confidence: Confidence,
}

fn files<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let files = Vec::<String>::deserialize(deserializer)?;
    let is_outside = |file: &&String| file.is_empty() || file.starts_with('/') || file.contains("..");
    match files.iter().find(is_outside) {
        Some(file) => Err(serde::de::Error::custom(format!("{file:?} is no file below the folder"))),
        None => Ok(files),
    }
}

fn paths<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    struct Path(#[serde(deserialize_with = "absolute_path")] String);
    Ok(Vec::<Path>::deserialize(deserializer)?.into_iter().map(|path| path.0).collect())
}

impl Scoped for DataFact {
    fn scope(&self) -> &Scope {
        &self.holds_for
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "
level: works
writable:
  - {path: /run, mode: '1777', for: sockets}
  - {path: /tmp, mode: '0755', owner: '101:101', kind: volume, for: libraries}
source: a run
confidence: experiment
";

    #[test]
    fn what_is_made_anew_lies_below_the_folder() {
        let read = |file: &str| {
            let mount = format!("{{path: /etc/a, mode: '1777', remade: [{file}], for: settings}}");
            serde_yaml::from_str::<WritablePath>(&mount)
        };
        assert_eq!(read("b/c.conf").unwrap().remade, ["b/c.conf"]);
        for bad in ["/etc/a/b.conf", "../b", "''"] {
            assert!(read(bad).unwrap_err().to_string().contains("no file below the folder"), "{bad}");
        }
    }

    #[test]
    fn a_mount_has_a_path_and_a_mode() {
        let fact: ReadOnlyFact = serde_yaml::from_str(WHOLE).unwrap();
        assert_eq!(fact.writable[1].mode.to_string(), "0755");
        assert!(fact.writable[0].mode.lets_everyone_write() && !fact.writable[1].mode.lets_everyone_write());
        assert_eq!(fact.writable[1].owner.unwrap().user, 101);
        assert_eq!(
            [fact.writable[0].kind, fact.writable[1].kind],
            [WritableKind::Tmpfs, WritableKind::Volume]
        );
        for (good, bad) in [
            ("'1777'", "'777'"),
            ("'1777'", "'1778'"),
            ("'1777'", "'17777'"),
            ("/run", "run"),
            ("/run", "/"),
            ("/run", "/run/"),
            ("/run", "/a/../b"),
            ("/run", "'/a,b'"),
            ("/run", "'/a:b'"),
        ] {
            let error =
                serde_yaml::from_str::<ReadOnlyFact>(&WHOLE.replacen(good, bad, 1)).unwrap_err().to_string();
            assert!(error.contains("writable[0].") && error.contains("line 4"), "{bad}: {error}");
        }
    }
}
