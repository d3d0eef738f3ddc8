//! Image references, such as `nginx:1.27` or `ghcr.io/owner/app@sha256:...`.

use super::{Digest, DigestError};
use std::fmt;
use std::str::FromStr;

/// An image reference in its parts, each as written.
///
/// The grammar is that of github.com/distribution/reference, which Docker uses, with its rules for short
/// names: the first component of the name is a registry's domain if it is `localhost` or holds a dot, a
/// colon or an upper-case letter; otherwise the image is on Docker Hub. Compose itself checks no reference,
/// so a file that loads may still hold one that is none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImageReference {
    domain: Option<String>,
    path: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// Docker Hub's canonical domain.
const HUB: &str = "docker.io";
/// Its older name, which means the same.
const HUB_LEGACY: &str = "index.docker.io";
/// The namespace of Docker Hub's official images, which short names leave out.
const OFFICIAL: &str = "library/";
/// The longest path that the grammar allows, in bytes, with `library/` where that is left out.
const LONGEST_PATH: usize = 255;
/// The longest tag, in bytes.
const LONGEST_TAG: usize = 128;

/// Why a text is no image reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImageReferenceError {
    /// Nothing at all.
    #[error("the reference is empty")]
    Empty,
    /// A dollar sign: the text has variables and is no reference before they are replaced.
    #[error("the reference holds a variable")]
    Variable,
    /// 64 hexadecimal digits alone, which Docker would take for an image's identifier.
    #[error("64 hexadecimal digits are an image's identifier and no name")]
    Identifier,
    /// A tag or a digest without a name before it.
    #[error("the reference has no name")]
    NoName,
    /// The registry's part is no host name, IPv4 address or bracketed IPv6 address with an optional port.
    #[error("`{domain}` is no registry's host")]
    Domain {
        /// The first component of the name.
        domain: String,
    },
    /// An upper-case letter in the name.
    #[error("the name `{path}` has an upper-case letter")]
    UpperCase {
        /// The name without the registry.
        path: String,
    },
    /// A component of the name is not made of lower-case letters and digits, separated by one dot, one or
    /// two underscores, or dashes.
    #[error("`{component}` is no component of an image's name")]
    Component {
        /// The component; may be empty.
        component: String,
    },
    /// The name is longer than 255 bytes.
    #[error("the name is {length} bytes long and may have {LONGEST_PATH}")]
    TooLong {
        /// Its length in bytes, with `library/` where that is left out.
        length: usize,
    },
    /// A colon with nothing after it.
    #[error("nothing follows the colon of the tag")]
    EmptyTag,
    /// The tag is not a letter, digit or underscore followed by up to 127 of these, dots and dashes.
    #[error("`{tag}` is no tag")]
    Tag {
        /// The text after the colon.
        tag: String,
    },
    /// What follows the `@` is no digest.
    #[error(transparent)]
    Digest(#[from] DigestError),
}

impl ImageReference {
    /// The registry as written, with its port; `None` if the reference leaves it out.
    #[must_use]
    pub fn domain(&self) -> Option<&str> {
        self.domain.as_deref()
    }

    /// The name after the registry, as written.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The tag as written.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest as written.
    #[must_use]
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// The registry that the reference means: `docker.io` where none is written.
    #[must_use]
    pub fn registry(&self) -> &str {
        match self.domain() {
            None | Some(HUB_LEGACY) => HUB,
            Some(domain) => domain,
        }
    }

    /// The repository within the [registry](Self::registry): `library/nginx` for `nginx`.
    #[must_use]
    pub fn repository(&self) -> String {
        if self.registry() == HUB && !self.path.contains('/') {
            format!("{OFFICIAL}{}", self.path)
        } else {
            self.path.clone()
        }
    }

    /// The repository in full, such as `docker.io/library/nginx`: what image facts go by.
    #[must_use]
    pub fn full_repository(&self) -> String {
        format!("{}/{}", self.registry(), self.repository())
    }

    /// The full form, such as `docker.io/library/nginx:latest`: two references with the same canonical form
    /// mean the same image. The tag is `latest` where neither tag nor digest is written.
    #[must_use]
    pub fn canonical(&self) -> String {
        let name = format!("{}/{}", self.registry(), self.repository());
        match (&self.tag, &self.digest) {
            (None, None) => format!("{name}:latest"),
            _ => self.with_name(&name),
        }
    }

    /// The short form that Docker shows, such as `nginx`: without Docker Hub's domain and `library/`.
    /// Tag and digest are as written; none is added.
    #[must_use]
    pub fn familiar(&self) -> String {
        if self.registry() != HUB {
            return self.to_string();
        }
        let short = self.path.strip_prefix(OFFICIAL).filter(|rest| !rest.contains('/'));
        self.with_name(short.unwrap_or(&self.path))
    }

    /// The reference pinned to `digest`: the name exactly as written, its tag, and the digest in place of the
    /// one that it may have had. A name alone means the tag `latest`, which is then written out. A reference
    /// that has a digest but no tag gets none, since nobody knows which tag that digest was.
    #[must_use]
    pub fn with_digest(&self, digest: &Digest) -> String {
        let mut pinned = self.clone();
        if pinned.tag.is_none() && pinned.digest.is_none() {
            pinned.tag = Some("latest".to_owned());
        }
        pinned.digest = Some(digest.clone());
        pinned.to_string()
    }

    /// The reference without its digest: what moves with time. `None` if nothing but the digest says which
    /// image of the repository is meant.
    #[must_use]
    pub fn without_digest(&self) -> Option<Self> {
        match (&self.tag, &self.digest) {
            (None, Some(_)) => None,
            _ => Some(Self { digest: None, ..self.clone() }),
        }
    }

    fn with_name(&self, name: &str) -> String {
        let mut text = name.to_owned();
        if let Some(tag) = &self.tag {
            text.push(':');
            text.push_str(tag);
        }
        if let Some(digest) = &self.digest {
            text.push('@');
            text.push_str(digest.as_str());
        }
        text
    }
}

impl FromStr for ImageReference {
    type Err = ImageReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Err(ImageReferenceError::Empty);
        }
        if text.contains('$') {
            return Err(ImageReferenceError::Variable);
        }
        if text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return Err(ImageReferenceError::Identifier);
        }
        let (name_and_tag, digest) = match text.split_once('@') {
            Some((before, digest)) => (before, Some(digest)),
            None => (text, None),
        };
        let (name, tag) = split_tag(name_and_tag);
        if name.is_empty() {
            return Err(ImageReferenceError::NoName);
        }
        let (domain, path) = split_domain(name);
        if let Some(domain) = domain.filter(|domain| !is_domain(domain)) {
            return Err(ImageReferenceError::Domain { domain: domain.to_owned() });
        }
        check_path(path)?;
        tag.map_or(Ok(()), check_tag)?;
        let digest = digest.map(Digest::from_str).transpose()?;
        let owned = str::to_owned;
        let reference = Self { domain: domain.map(owned), path: owned(path), tag: tag.map(owned), digest };
        match reference.repository().len() {
            length if length > LONGEST_PATH => Err(ImageReferenceError::TooLong { length }),
            _ => Ok(reference),
        }
    }
}

impl fmt::Display for ImageReference {
    /// The reference as it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match &self.domain {
            Some(domain) => format!("{domain}/{}", self.path),
            None => self.path.clone(),
        };
        f.write_str(&self.with_name(&name))
    }
}

/// The tag follows the first colon after the last slash: a colon before that belongs to the registry's port.
fn split_tag(text: &str) -> (&str, Option<&str>) {
    let component = text.rfind('/').map_or(0, |slash| slash + 1);
    match text[component..].find(':') {
        Some(colon) => (&text[..component + colon], Some(&text[component + colon + 1..])),
        None => (text, None),
    }
}

fn split_domain(name: &str) -> (Option<&str>, &str) {
    match name.split_once('/') {
        Some((first, rest))
            if first == "localhost" || first.contains(['.', ':']) || first.contains(char::is_uppercase) =>
        {
            (Some(first), rest)
        }
        _ => (None, name),
    }
}

fn is_domain(domain: &str) -> bool {
    let (host, port) = match domain.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, after)) => {
            let is_address = |b: u8| b.is_ascii_hexdigit() || b == b':';
            if address.is_empty() || !address.bytes().all(is_address) {
                return false;
            }
            match after.strip_prefix(':') {
                Some(port) => (None, Some(port)),
                None if after.is_empty() => (None, None),
                None => return false,
            }
        }
        None => match domain.split_once(':') {
            Some((host, port)) => (Some(host), Some(port)),
            None => (Some(domain), None),
        },
    };
    host.is_none_or(|host| host.split('.').all(is_label))
        && port.is_none_or(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
}

fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn check_path(path: &str) -> Result<(), ImageReferenceError> {
    if path.contains(char::is_uppercase) {
        return Err(ImageReferenceError::UpperCase { path: path.to_owned() });
    }
    match path.split('/').find(|component| !is_component(component)) {
        Some(component) => Err(ImageReferenceError::Component { component: component.to_owned() }),
        None => Ok(()),
    }
}

/// `[a-z0-9]+` joined by `.`, `_`, `__` or any number of dashes.
fn is_component(component: &str) -> bool {
    let is_alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_separator = |s: &str| matches!(s, "." | "_" | "__") || s.bytes().all(|b| b == b'-');
    let inner = component.trim_start_matches(is_alphanumeric).trim_end_matches(is_alphanumeric);
    component.starts_with(is_alphanumeric)
        && component.ends_with(is_alphanumeric)
        && inner.split(is_alphanumeric).all(is_separator)
}

fn check_tag(tag: &str) -> Result<(), ImageReferenceError> {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let Some(first) = tag.bytes().next() else { return Err(ImageReferenceError::EmptyTag) };
    let rest = |b: u8| is_word(b) || b == b'.' || b == b'-';
    if is_word(first) && tag.bytes().all(rest) && tag.len() <= LONGEST_TAG {
        Ok(())
    } else {
        Err(ImageReferenceError::Tag { tag: tag.to_owned() })
    }
}

#[cfg(test)]
mod tests;
