//! What an image is made of, and what else there is to know of it.

use super::confidence::Confidence;
use super::repository::RepositoryPattern;
use super::scope::{Scope, Scoped, versions};
use super::tag::{Tag, VersionRange};
use super::text::{one_line, optional_line};
use serde::{Deserialize, Serialize};

/// The distribution that an image is built on; it decides how a user is made and what installs packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Alpine: `addgroup`, `adduser`, `apk`.
    Alpine,
    /// Debian: `groupadd`, `useradd`, `apt-get`.
    Debian,
    /// Ubuntu: as Debian; since 23.04 it has a user `ubuntu` with the number 1000.
    Ubuntu,
    /// Red Hat and its kin (UBI, Oracle Linux, Amazon Linux): `groupadd`, `useradd` if they are there, `dnf`.
    Rhel,
    /// A Red Hat image without `useradd`: with `microdnf` (ubi-minimal), or without package manager (ubi-micro).
    RhelMicro,
    /// Busybox alone.
    Busybox,
    /// No distribution, no shell, but the files that programs expect.
    Distroless,
    /// Nothing but the program.
    Scratch,
}

/// The shells that an image may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shell {
    /// None: only the program itself can be run.
    None,
    /// `sh` alone.
    Sh,
    /// `sh` and `bash`.
    Bash,
}

/// What an image is made of.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SystemFact {
    /// For which versions.
    #[serde(default)]
    pub holds_for: Scope,
    /// Its distribution.
    pub family: Family,
    /// Its shell.
    pub shell: Shell,
    /// Programs that a check or a script may use: `curl`, `wget`, `nc`. What is not listed is not known to be
    /// there.
    #[serde(default)]
    pub tools: Vec<String>,
    /// Packages that builds and downloads rely on: certificates, compilers, git. What is not listed is not known to be
    /// there.
    #[serde(default)]
    pub packages: Vec<String>,
    /// Numbers of users and groups that are taken, or what else to mind when one is made, in one line.
    #[serde(default, deserialize_with = "optional_line")]
    pub note: Option<String>,
    /// Where that was seen, in one line.
    #[serde(deserialize_with = "one_line")]
    pub source: String,
    /// How sure that makes it.
    pub confidence: Confidence,
}

impl Scoped for SystemFact {
    fn scope(&self) -> &Scope {
        &self.holds_for
    }

    fn is_ruled_out(&self, tag: &Tag) -> bool {
        let mut named = tag.words().filter_map(Named::of).peekable();
        tag.is_of_windows() || (named.peek().is_some() && !named.any(|named| named.fits(self.family)))
    }
}

/// The distribution that a word of a tag names.
#[derive(Clone, Copy)]
enum Named {
    Alpine,
    /// Debian and Ubuntu, which are alike in what facts state.
    Debian,
    Rhel,
    Busybox,
    Distroless,
    /// One that no fact is about.
    Other,
}

impl Named {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "alpine" => Self::Alpine,
            "debian" | "wheezy" | "jessie" | "stretch" | "buster" | "bullseye" | "bookworm" | "trixie"
            | "forky" | "sid" | "ubuntu" | "xenial" | "bionic" | "focal" | "jammy" | "noble" | "resolute" => {
                Self::Debian
            }
            "almalinux" | "amazonlinux" | "al" | "centos" | "fedora" | "ol" | "oracle" | "oraclelinux"
            | "rhel" | "rocky" | "rockylinux" | "ubi" => Self::Rhel,
            "busybox" => Self::Busybox,
            "distroless" => Self::Distroless,
            "azurelinux" | "mariner" | "opensuse" | "photon" | "wolfi" => Self::Other,
            _ => return None,
        })
    }

    fn fits(self, family: Family) -> bool {
        match self {
            Self::Alpine => family == Family::Alpine,
            Self::Debian => matches!(family, Family::Debian | Family::Ubuntu),
            Self::Rhel => matches!(family, Family::Rhel | Family::RhelMicro),
            Self::Busybox => family == Family::Busybox,
            Self::Distroless => matches!(family, Family::Distroless | Family::Scratch),
            Self::Other => false,
        }
    }
}

/// An image that does the same without root.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnprivilegedFact {
    /// For which versions.
    #[serde(default)]
    pub holds_for: Scope,
    /// Its repository.
    pub repository: RepositoryPattern,
    /// The ports that move: from where this image listens to where that one does.
    pub ports: Vec<MovedPort>,
    /// The tags that both images are known to have; what is none of them has to be asked for.
    #[serde(default)]
    pub tags: KnownTags,
    /// What has to change with it, in one line.
    #[serde(deserialize_with = "one_line")]
    pub note: String,
    /// Where that was seen, in one line.
    #[serde(deserialize_with = "one_line")]
    pub source: String,
    /// How sure that makes it.
    pub confidence: Confidence,
}

/// Tags by their form: a name or a version, and perhaps a variant behind a dash.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownTags {
    /// Names, such as `latest`.
    #[serde(default)]
    pub names: Vec<String>,
    /// Versions.
    #[serde(default, deserialize_with = "versions")]
    pub versions: Option<VersionRange>,
    /// What may follow, such as `alpine`; nothing may always.
    #[serde(default)]
    pub variants: Vec<String>,
}

impl UnprivilegedFact {
    /// Whether both images are known to have a tag.
    #[must_use]
    pub fn has_tag(&self, tag: &str) -> bool {
        let is_variant = |text: &str| self.tags.variants.iter().any(|variant| variant == text);
        if is_variant(tag) {
            return true;
        }
        let (head, variant) =
            tag.split_once('-').map_or((tag, None), |(head, variant)| (head, Some(variant)));
        let is_named = || self.tags.names.iter().any(|name| name == head);
        let is_version = || {
            let versions = self.tags.versions.as_ref();
            versions.zip(head.parse().ok()).is_some_and(|(all, own)| all.contains(&own) == Some(true))
        };
        variant.is_none_or(is_variant) && (is_named() || is_version())
    }
}

/// A port of a container that is another one in the image without root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MovedPort {
    /// The port of this image.
    pub from: u16,
    /// The port of the other.
    pub to: u16,
}

impl Scoped for UnprivilegedFact {
    fn scope(&self) -> &Scope {
        &self.holds_for
    }
}

/// Something that no other kind of fact holds and that a person should know.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// What it is about.
    pub about: Topic,
    /// The fact, in one line.
    #[serde(deserialize_with = "one_line")]
    pub note: String,
    /// Where that was seen, in one line.
    #[serde(deserialize_with = "one_line")]
    pub source: String,
    /// How sure that makes it.
    pub confidence: Confidence,
}

/// What a note is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// Memory, processes, files, shared memory.
    Resources,
    /// Settings that leave it open.
    Security,
    /// Whether it is still kept up.
    Maintenance,
    /// How it is operated.
    Operation,
}

#[cfg(test)]
mod tests {
    use crate::knowledge::{Catalogue, Family, Tag};

    #[test]
    fn a_tag_that_names_another_system_rules_a_fact_out() {
        let family = |name: &str, tag: &str| {
            let facts = Catalogue::builtin().image(&format!("docker.io/library/{name}")).unwrap();
            facts.system.get(&Tag::parse(tag)).map(|fact| fact.family)
        };
        for (name, tag, expected) in [
            ("python", "3.12", Some(Family::Debian)),
            ("python", "3.12-slim-bookworm", Some(Family::Debian)),
            ("python", "3.12-alpine3.20", Some(Family::Alpine)),
            ("python", "3.12-windowsservercore-ltsc2022", None),
            ("golang", "1.23-nanoserver", None),
            ("eclipse-temurin", "21-jre", Some(Family::Ubuntu)),
            ("eclipse-temurin", "21-jre-jammy", Some(Family::Ubuntu)),
            ("eclipse-temurin", "21-jre-ubi9-minimal", Some(Family::RhelMicro)),
            ("eclipse-temurin", "8-jre-centos7", None),
            ("eclipse-temurin", "17-nanoserver-ltsc2022", None),
            ("openjdk", "8-jre", Some(Family::Debian)),
            ("openjdk", "8-oracle", None),
            ("openjdk", "17-slim-bullseye", Some(Family::Debian)),
            ("openjdk", "17-jdk-bullseye", Some(Family::Debian)),
            ("openjdk", "17-alpine", Some(Family::Alpine)),
            ("openjdk", "17", None),
            ("openjdk", "17-oraclelinux8", None),
        ] {
            assert_eq!(family(name, tag), expected, "{name}:{tag}");
        }
    }

    #[test]
    fn nothing_that_holds_for_linux_holds_for_windows() {
        let facts = Catalogue::builtin().image("docker.io/library/python").unwrap();
        let tag = Tag::parse("3.12-windowsservercore");
        assert!(facts.user.get(&tag).is_none() && facts.capabilities.get(&tag).is_none());
    }

    #[test]
    fn the_tags_of_both_images_go_by_their_form() {
        let facts = Catalogue::builtin().image("docker.io/library/nginx").unwrap();
        let fact = facts.unprivileged.get(&Tag::parse("1.27")).unwrap();
        for tag in
            ["1.27", "1.27.3", "1.27-alpine", "stable-alpine-slim", "alpine", "latest", "1", "mainline-perl"]
        {
            assert!(fact.has_tag(tag), "{tag}");
        }
        for tag in
            ["1.9", "1.9-alpine", "1.27-otel", "1.27-alpine3.20", "1.27-bookworm", "1.19.10", "slim", ""]
        {
            assert!(!fact.has_tag(tag), "{tag}");
        }
    }
}
