//! Which capabilities an image needs where all are dropped.

use super::condition::{Condition, Presence, Setting, all_hold};
use super::confidence::Confidence;
use super::scope::{Scope, Scoped};
use super::text::{one_line, optional_line, scalar};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::str::FromStr;

/// The capabilities of Linux, without the prefix `CAP_`. Source: capabilities(7), Linux 6.16.
const NAMES: &[&str] = &[
    "AUDIT_CONTROL",
    "AUDIT_READ",
    "AUDIT_WRITE",
    "BLOCK_SUSPEND",
    "BPF",
    "CHECKPOINT_RESTORE",
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "IPC_LOCK",
    "IPC_OWNER",
    "KILL",
    "LEASE",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "MKNOD",
    "NET_ADMIN",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_RAW",
    "PERFMON",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYSLOG",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_CHROOT",
    "SYS_MODULE",
    "SYS_NICE",
    "SYS_PACCT",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "WAKE_ALARM",
];

/// What a container of root has where nothing is said of capabilities. Source: Docker's documentation of `docker run`,
/// "Runtime privilege and Linux capabilities"; the bounding set `a80425fb` seen on Docker 20.10.
const DEFAULTS: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// What a start script of root uses to hand folders over and to go on as another user. Source: the applications of
/// TrueNAS's catalogue (truenas/apps at 5a5f8aa813), which run with every capability dropped and some given back: of
/// 113 that leave the user to the image, 35 get none back and 52 more none but these.
const OF_START_SCRIPTS: &[&str] = &["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"];

/// What servers of a protocol use as root besides, by the ports that they listen on. Each is one that every container of
/// root has by default.
const OF_PORTS: &[(&[u16], &[&str])] = &[
    // Source: OpenSSH, sshd(8): what talks to the network before the login is confined to /var/empty or /run/sshd.
    (&[22], &["SYS_CHROOT"]),
    // Source: Dovecot documentation, Running with Docker, and its login processes, which are another user's in a folder of
    // their own; Postfix, master(5), column chroot; docker-mailserver, docs/content/config/advanced/kubernetes.md.
    (&[24, 25, 110, 143, 465, 587, 993, 995, 4190], &["KILL", "SYS_CHROOT"]),
    // The same of Dovecot's image without root, as its documentation lists them.
    (&[31024, 31110, 31143, 31465, 31587, 31990, 31993, 34190], &["SYS_CHROOT"]),
];

/// What programs that a start script names use as root besides [`OF_START_SCRIPTS`], or instead of them where it runs nothing
/// else. Each is one that every container of root has by default. Programs that are not here need what nobody knows.
const OF_PROGRAMS: &[(&[&str], &[&str])] = &[
    // Source: chown(2), chmod(2), capabilities(7): what a start script has those for anyway.
    (&["chgrp", "chmod", "chown"], &[]),
    // Source: opencontainers/runc#1860 lists what apt needs, cilium/cilium#19903 and CopilotKit/OpenBot#262 what it says
    // without; it fetches as a user of its own, and dpkg and rpm set the modes and the capabilities of files.
    (&["apt", "apt-get", "aptitude", "dnf", "microdnf", "yum"], &["FSETID", "SETFCAP"]),
    // Source: rootless-containers/runrootless#3: it runs the scripts of packages in a chroot, and they end with 127 without;
    // alpinelinux/apk-tools src/database.c and extract: modes and extended attributes of files.
    (&["apk"], &["FSETID", "SETFCAP", "SYS_CHROOT"]),
];

/// What goes with another capability that a service is given, of those that every container of root has by default.
/// Source: iptables of the legacy kind opens a raw socket (wg-easy/wg-easy#1554, podman#8784), and who asks for NET_ADMIN
/// mostly asks for it.
const BESIDE: &[(&str, &str)] = &[("NET_ADMIN", "NET_RAW")];

/// A Linux capability. The order is that of the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Capability(&'static str);

impl Capability {
    /// Its name without prefix: `CHOWN`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0
    }

    /// What most images that start as root get by with, of whose needs nothing is known: enough to take folders over
    /// and to go on as another user. Each is one that every container of root has by default.
    pub fn of_start_scripts() -> impl Iterator<Item = Self> {
        OF_START_SCRIPTS.iter().copied().map(Self)
    }

    /// What servers that listen on a port of the container use as root besides [`Capability::of_start_scripts`], as far as
    /// their protocol tells. Each is one that every container of root has by default.
    pub fn of_port(number: u16) -> impl Iterator<Item = Self> {
        let known = OF_PORTS.iter().filter(move |(ports, _)| ports.contains(&number));
        known.flat_map(|(_, names)| names.iter().copied().map(Self))
    }

    /// What a program that a start script names uses as root besides [`Capability::of_start_scripts`]; `None` if nobody knows.
    /// Each is one that every container of root has by default.
    pub fn of_program(name: &str) -> Option<impl Iterator<Item = Self>> {
        let (_, names) = OF_PROGRAMS.iter().find(|(programs, _)| programs.contains(&name))?;
        Some(names.iter().copied().map(Self))
    }

    /// What handing folders over takes, where a start does nothing else. Source: capabilities(7), `CAP_CHOWN`,
    /// `CAP_DAC_OVERRIDE`, `CAP_FOWNER`; and where it sets modes with the bit for the group, `CAP_FSETID`, without which
    /// chmod(2) drops that.
    pub fn of_handing_over(sets_bits: bool) -> impl Iterator<Item = Self> {
        let bits = sets_bits.then_some("FSETID");
        ["CHOWN", "DAC_OVERRIDE", "FOWNER"].into_iter().chain(bits).map(Self)
    }

    /// What is needed along with it as a rule, of what every container of root has by default.
    #[must_use]
    pub fn beside(self) -> Option<Self> {
        BESIDE.iter().find(|(name, _)| *name == self.0).map(|(_, beside)| Self(beside))
    }

    /// Whether it opens raw sockets, as scanners and `ping` do. Source: capabilities(7).
    #[must_use]
    pub fn is_for_raw_sockets(self) -> bool {
        self.0 == "NET_RAW"
    }

    /// What a port below 1024 takes where those are root's, as in the network of the host. Source: capabilities(7).
    #[must_use]
    pub fn low_ports() -> Self {
        Self("NET_BIND_SERVICE")
    }

    /// Whether a process that has `self` can do all that `other` is for. The one pair known here is
    /// `DAC_OVERRIDE`, which reads and searches everything as well as `DAC_READ_SEARCH`.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self == other || (self.0 == "DAC_OVERRIDE" && other.0 == "DAC_READ_SEARCH")
    }

    /// The same as one that every container of root has by default, if it is such a one.
    #[must_use]
    pub fn as_default(self) -> Option<DefaultCapability> {
        DEFAULTS.contains(&self.0).then_some(DefaultCapability(self))
    }
}

/// A capability that a container of root has by default. To give one back after all were dropped gives a service
/// no right that it did not have, which is why a fix adds no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DefaultCapability(Capability);

impl DefaultCapability {
    /// Its name without prefix: `CHOWN`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl FromStr for Capability {
    type Err = String;

    /// Reads every spelling that the engine takes: `CHOWN`, `chown`, `CAP_CHOWN`. `ALL` is none of them.
    fn from_str(text: &str) -> Result<Self, String> {
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("CAP_").unwrap_or(&upper);
        let found = NAMES.iter().find(|known| **known == name);
        found.map(|name| Self(name)).ok_or_else(|| format!("{text:?} is no capability such as CHOWN"))
    }
}

impl<'de> Deserialize<'de> for Capability {
    /// The data files write names in one way only.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        scalar(deserializer, "a capability such as CHOWN", |text| {
            let read: Self = text.parse()?;
            if read.0 == text { Ok(read) } else { Err(format!("write {text:?} as {read}")) }
        })
    }
}

/// When in the life of a container something is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// At the start on empty volumes.
    FirstStart,
    /// At each later start on the same volumes.
    Restart,
    /// While it runs: reloads, health checks, jobs.
    Run,
    /// To stop it within its grace period.
    Stop,
}

/// A capability that is needed, and for what.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// The capability. A fix adds it only if it is one of the default ones; others a service has to have.
    pub add: Capability,
    /// One that does as well where the service has it already, and that no fix adds: it is outside the default
    /// set, or larger.
    #[serde(default)]
    pub or: Option<Capability>,
    /// When.
    pub at: Vec<Phase>,
    /// It is needed only if all of these hold.
    #[serde(default, rename = "if")]
    pub conditions: Vec<Condition>,
    /// Whether a process that is not root needs it, too. That is so only where a program carries the
    /// capability in its file and can't be executed if it lies outside the bounding set.
    #[serde(default)]
    pub as_user: bool,
    /// For what, in one line.
    #[serde(rename = "for", deserialize_with = "one_line")]
    pub purpose: String,
}

/// What is known of an image that is started with `cap_drop: [ALL]`.
///
/// It holds where the service keeps the image's entry point and runs one of the programs that
/// [`StartFact`](super::StartFact) names.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CapabilityFact {
    /// For which versions.
    #[serde(default)]
    pub holds_for: Scope,
    /// What has to be added again; nothing if it is empty.
    pub needs: Vec<Need>,
    /// What a service may need besides, or how a missing capability shows, in one line.
    #[serde(default, deserialize_with = "optional_line")]
    pub caveat: Option<String>,
    /// Where that was seen, in one line.
    #[serde(deserialize_with = "one_line")]
    pub source: String,
    /// How sure that makes it.
    pub confidence: Confidence,
}

impl CapabilityFact {
    /// What one service needs, in the order of the file. `is_root` says whether its first process is;
    /// `presence` whether it has a setting. What can't be told counts as needed: a capability too many is
    /// better than a service that does not start.
    pub fn needs_of<'f>(
        &'f self,
        is_root: bool,
        presence: impl Fn(&Setting) -> Option<Presence> + 'f,
    ) -> impl Iterator<Item = &'f Need> {
        self.needs.iter().filter(move |need| {
            (is_root || need.as_user) && all_hold(&need.conditions, &presence) != Some(false)
        })
    }
}

impl Scoped for CapabilityFact {
    fn scope(&self) -> &Scope {
        &self.holds_for
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POSTGRES: &str = "
needs:
  - {add: CHOWN, at: [first-start], for: a folder of the host}
  - {add: FOWNER, at: [first-start], if: [{setting: environment.WAL, is: set}], for: its mode}
  - {add: KILL, at: [stop], if: [{setting: init, is: set}], for: signals}
  - {add: NET_BIND_SERVICE, at: [first-start, restart], as_user: true, for: a file capability}
source: entry script
confidence: experiment
";

    fn names(is_root: bool, wal: Option<Presence>) -> String {
        let fact: CapabilityFact = serde_yaml::from_str(POSTGRES).unwrap();
        let presence = |setting: &Setting| match setting {
            Setting::Variable(_) => wal,
            _ => Some(Presence::Unset),
        };
        fact.needs_of(is_root, presence).map(|need| need.add.name()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_spelling_of_the_engine_is_read() {
        for text in ["SYS_CHROOT", "sys_chroot", "CAP_SYS_CHROOT", "cap_sys_chroot"] {
            assert_eq!(text.parse::<Capability>().unwrap().name(), "SYS_CHROOT");
        }
        for bad in ["ALL", "CAP_ALL", "", "CAP_", "CAP_CAP_CHOWN", "FOO", " CHOWN"] {
            assert!(bad.parse::<Capability>().is_err(), "{bad:?}");
        }
        assert!(NAMES.is_sorted() && NAMES.len() == 41);
        assert!(DEFAULTS.is_sorted() && DEFAULTS.len() == 14);
        assert!(DEFAULTS.iter().all(|name| NAMES.contains(name)));
    }

    #[test]
    fn a_data_file_writes_it_in_one_way() {
        let error = serde_yaml::from_str::<Capability>("cap_chown").unwrap_err().to_string();
        assert!(error.contains("write \"cap_chown\" as CHOWN"), "{error}");
    }

    #[test]
    fn needs_depend_on_root_and_on_settings() {
        assert_eq!(names(true, Some(Presence::Unset)), "CHOWN NET_BIND_SERVICE");
        assert_eq!(names(true, Some(Presence::Set)), "CHOWN FOWNER NET_BIND_SERVICE");
        assert_eq!(names(true, None), "CHOWN FOWNER NET_BIND_SERVICE", "what is not known may be needed");
        assert_eq!(names(false, Some(Presence::Set)), "NET_BIND_SERVICE");
    }

    #[test]
    fn what_reads_files_of_the_host_by_handle_is_no_default() {
        let default =
            |name: &str| name.parse::<Capability>().unwrap().as_default().map(DefaultCapability::name);
        assert_eq!(default("cap_dac_override"), Some("DAC_OVERRIDE"));
        for more in ["DAC_READ_SEARCH", "NET_ADMIN", "SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE", "BPF"] {
            assert_eq!(default(more), None);
        }
    }

    #[test]
    fn only_overriding_covers_reading() {
        let of = |name: &str| name.parse::<Capability>().unwrap();
        assert!(of("DAC_OVERRIDE").covers(of("DAC_READ_SEARCH")) && of("CHOWN").covers(of("CHOWN")));
        assert!(!of("DAC_READ_SEARCH").covers(of("DAC_OVERRIDE")) && !of("SYS_ADMIN").covers(of("CHOWN")));
    }
}
