//! Manifests and configurations, read with care: both are strangers' texts.

use super::error::{RegistryError, clip};
use crate::model::{Digest, ImageConfiguration, LABELS, Platform};
use crate::report::secrets::{masked, masked_words};
use crate::report::visible;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

/// The media types of configurations.
const CONFIGURATIONS: [&str; 2] =
    ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"];
/// The media types of indexes.
const INDEXES: [&str; 2] =
    ["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"];
/// The platform whose configuration is read, if the image is for it: what most servers run, then the next.
const PREFERRED: [&str; 2] = ["linux/amd64", "linux/arm64"];
/// The most that is kept of a configuration, in bytes. Real ones have some hundred; a lock is for people.
const MAX_KEPT: usize = 16 * 1024;

/// A manifest whose content was checked against its digest.
pub(super) enum Manifest {
    Index(Index),
    Image(Image),
}

/// The manifests of an image for several platforms.
pub(super) struct Index {
    manifests: Vec<IndexEntry>,
    /// What it says of all its images.
    pub(super) annotations: Annotations,
}

/// Annotations of a manifest: labels that stand outside of the configuration.
pub(super) type Annotations = BTreeMap<String, Option<String>>;

/// The manifest of an image for one platform.
pub(super) struct Image {
    /// Its configuration.
    pub(super) config: Descriptor,
    /// The size of all layers, compressed, in bytes.
    pub(super) size: u64,
    /// What the manifest says of it.
    pub(super) annotations: Annotations,
}

/// What a manifest says of another content.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    #[serde(default)]
    media_type: String,
    pub(super) digest: Digest,
    pub(super) size: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IndexEntry {
    #[serde(default)]
    media_type: String,
    digest: Digest,
    platform: Option<WrittenPlatform>,
}

#[derive(Deserialize)]
struct WrittenPlatform {
    #[serde(default)]
    architecture: String,
    #[serde(default)]
    os: String,
    variant: Option<String>,
}

impl WrittenPlatform {
    /// The platform; `None` if it is none, such as the `unknown/unknown` of attestations.
    fn platform(&self) -> Option<Platform> {
        if self.os == "unknown" {
            return None;
        }
        let variant = self.variant.as_deref().filter(|variant| !variant.is_empty());
        let variant = variant.map(|variant| format!("/{variant}")).unwrap_or_default();
        let text = format!("{}/{}{variant}", self.os, self.architecture);
        text.parse::<Platform>().ok().map(Platform::normal)
    }
}

fn malformed(why: impl Into<String>) -> RegistryError {
    RegistryError::Malformed { why: why.into() }
}

impl Manifest {
    /// Reads a manifest of one of the four media types; its content says which, since a registry's header
    /// could say anything of a content that has its digest.
    pub(super) fn read(content: &[u8]) -> Result<Self, RegistryError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Written {
            schema_version: u32,
            manifests: Option<Vec<IndexEntry>>,
            config: Option<Descriptor>,
            layers: Option<Vec<Descriptor>>,
            annotations: Option<Annotations>,
        }
        let written: Written = serde_json::from_slice(content)
            .map_err(|error| malformed(format!("the manifest's JSON is wrong in line {}", error.line())))?;
        let annotations = written.annotations.clone().unwrap_or_default();
        match written {
            Written { schema_version: 2, manifests: Some(manifests), config: None, layers: None, .. } => {
                Ok(Self::Index(Index { manifests, annotations }))
            }
            Written {
                schema_version: 2,
                manifests: None,
                config: Some(config),
                layers: Some(layers),
                ..
            } => {
                if !CONFIGURATIONS.contains(&config.media_type.as_str()) {
                    return Err(RegistryError::BadMediaType { found: clip(&config.media_type) });
                }
                let size = layers.iter().fold(0_u64, |sum, layer| sum.saturating_add(layer.size));
                Ok(Self::Image(Image { config, size, annotations }))
            }
            // What is an index to one program and an image to another would be judged as one and run as the other.
            _ => Err(malformed("the manifest is neither an index nor an image")),
        }
    }
}

impl Index {
    /// Each platform with its manifest; the first entry counts, as for the engine.
    pub(super) fn platforms(&self) -> BTreeMap<Platform, Digest> {
        let mut platforms = BTreeMap::new();
        for entry in &self.manifests {
            if let Some(platform) = entry.platform.as_ref().and_then(WrittenPlatform::platform) {
                platforms.entry(platform).or_insert_with(|| entry.digest.clone());
            }
        }
        platforms
    }

    /// The manifest to go on with: of a preferred platform, else of the first one for Linux, else of any; an
    /// index inside the index where no entry names a platform.
    pub(super) fn choose(&self) -> Option<Digest> {
        let platforms = self.platforms();
        let preferred = PREFERRED.iter().find_map(|name| platforms.get(&name.parse::<Platform>().ok()?));
        let linux =
            || platforms.iter().find(|(platform, _)| platform.os() == "linux").map(|(_, digest)| digest);
        let nested = || {
            let is_index = |entry: &&IndexEntry| INDEXES.contains(&entry.media_type.as_str());
            self.manifests.iter().find(is_index).map(|entry| &entry.digest)
        };
        preferred.or_else(linux).or_else(|| platforms.values().next()).or_else(nested).cloned()
    }
}

/// The platforms that a manifest lists; none if it is not an index.
pub(super) fn platforms_in(content: &[u8]) -> Vec<Platform> {
    match Manifest::read(content) {
        Ok(Manifest::Index(index)) => index.platforms().into_keys().collect(),
        Ok(Manifest::Image(_)) | Err(_) => Vec::new(),
    }
}

/// The manifests of the preferred platforms but this one.
pub(super) fn others(platforms: &BTreeMap<Platform, Digest>, own: &Platform) -> Vec<Digest> {
    let names = PREFERRED.iter().filter_map(|name| name.parse::<Platform>().ok());
    names.filter(|name| name != own).filter_map(|name| platforms.get(&name).cloned()).collect()
}

/// A configuration as registries serve it.
#[derive(Deserialize)]
pub(super) struct Blob {
    #[serde(flatten)]
    platform: WrittenPlatform,
    created: Option<String>,
    config: Option<Config>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Config {
    user: Option<String>,
    exposed_ports: Option<BTreeMap<String, IgnoredAny>>,
    volumes: Option<BTreeMap<String, IgnoredAny>>,
    entrypoint: Option<Vec<String>>,
    cmd: Option<Vec<String>>,
    healthcheck: Option<HealthCheck>,
    labels: Option<BTreeMap<String, Option<String>>>,
    stop_signal: Option<String>,
    working_dir: Option<String>,
}

#[derive(Deserialize)]
struct HealthCheck {
    #[serde(rename = "Test", default)]
    test: Option<Vec<String>>,
}

impl Blob {
    pub(super) fn read(content: &[u8]) -> Result<Self, RegistryError> {
        serde_json::from_slice(content)
            .map_err(|error| malformed(format!("the configuration's JSON is wrong in line {}", error.line())))
    }
}

/// What is kept of a configuration. A label that it lacks is taken from the manifests' annotations, the nearest
/// first: some builders write only those (OCI image specification, `annotations.md`).
pub(super) fn configuration(
    digest: &Digest,
    blob: &Blob,
    annotations: &[&Annotations],
) -> Result<ImageConfiguration, RegistryError> {
    let platform =
        blob.platform.platform().ok_or_else(|| malformed("the configuration names no platform"))?;
    let none = Config::default();
    let config = blob.config.as_ref().unwrap_or(&none);
    let keys = |map: &Option<BTreeMap<String, IgnoredAny>>| -> Result<Vec<String>, RegistryError> {
        map.iter().flat_map(BTreeMap::keys).map(|key| one_line(key)).collect()
    };
    let line =
        |text: &Option<String>| text.as_deref().filter(|text| !text.is_empty()).map(one_line).transpose();
    // The lock is read by many.
    let words = |words: &Option<Vec<String>>| masked_words(words.as_deref().unwrap_or_default());
    let mut labels = BTreeMap::new();
    for name in LABELS {
        let said = config.labels.iter().chain(annotations.iter().copied());
        let mut said = said.filter_map(|labels| labels.get(name)?.as_deref());
        if let Some(value) = said.find(|value| !value.is_empty()) {
            labels.insert(name.to_owned(), visible(&masked(&clip(value))).into_owned());
        }
    }
    let kept = ImageConfiguration {
        digest: digest.clone(),
        platform,
        same_on: Vec::new(),
        otherwise_on: BTreeMap::new(),
        created: line(&blob.created)?,
        user: line(&config.user)?,
        exposed_ports: keys(&config.exposed_ports)?,
        volumes: keys(&config.volumes)?,
        entrypoint: words(&config.entrypoint),
        cmd: words(&config.cmd),
        health_check: words(&config.healthcheck.as_ref().and_then(|check| check.test.clone())),
        stop_signal: line(&config.stop_signal)?,
        working_dir: line(&config.working_dir)?,
        labels,
    };
    let lists = [&kept.exposed_ports, &kept.volumes, &kept.entrypoint, &kept.cmd, &kept.health_check];
    // Eight bytes for what a lock puts around each of them.
    let size: usize = lists.into_iter().flatten().map(|text| text.len() + 8).sum();
    match size > MAX_KEPT {
        true => Err(malformed(format!(
            "the configuration says more than the {MAX_KEPT} bytes that are kept of it"
        ))),
        false => Ok(kept),
    }
}

/// A text that can only be one line; a longer or an odd one is no user, port or folder.
fn one_line(text: &str) -> Result<String, RegistryError> {
    const LONGEST: usize = 1024;
    match text.len() <= LONGEST && visible(text) == text {
        true => Ok(text.to_owned()),
        false => Err(malformed("the configuration has a user, port, folder or signal that is none")),
    }
}

#[cfg(test)]
mod tests;
