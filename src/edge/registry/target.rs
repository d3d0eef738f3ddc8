//! What is asked of which registry.

use super::error::RegistryError;
use super::manifest::Found;
use super::mirror::Mirror;
use crate::model::{Digest, ImageReference};
use url::Url;

/// The host that speaks for Docker Hub.
const HUB_API: &str = "registry-1.docker.io";

/// A reference as a question to a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// Whose credentials are used: the registry as the reference names it, or the mirror's host.
    pub(super) registry: String,
    /// The registry that a mirror stands in for.
    origin: Option<String>,
    /// The repository there.
    pub(super) repository: String,
    /// The registry's URL.
    pub(super) base: Url,
    /// The URL of the manifest.
    pub(super) manifest: Url,
    /// The digest, if the reference has one.
    digest: Option<Digest>,
}

impl Target {
    /// The question for a reference; registries in `plain_http` are asked without encryption.
    pub(super) fn of(reference: &ImageReference, plain_http: &[String]) -> Result<Self, RegistryError> {
        let registry = reference.registry();
        let is_plain = plain_http.iter().any(|host| host.eq_ignore_ascii_case(registry));
        let scheme = if is_plain { "http" } else { "https" };
        let host = if registry == "docker.io" { HUB_API } else { registry };
        let malformed = |why: String| RegistryError::Malformed { why };
        let base = Url::parse(&format!("{scheme}://{host}/"))
            .map_err(|error| malformed(format!("{registry} is no registry: {error}")))?;
        Self::at(base, registry.to_owned(), None, reference.repository(), reference)
    }

    /// The same question for a mirror of the reference's registry.
    pub(super) fn by_mirror(reference: &ImageReference, mirror: &Mirror) -> Result<Self, RegistryError> {
        let origin = Some(reference.registry().to_owned());
        let repository = format!("{}{}", mirror.prefix(), reference.repository());
        Self::at(mirror.base().clone(), mirror.host().to_owned(), origin, repository, reference)
    }

    fn at(
        base: Url,
        registry: String,
        origin: Option<String>,
        repository: String,
        reference: &ImageReference,
    ) -> Result<Self, RegistryError> {
        let malformed = |why: String| RegistryError::Malformed { why };
        let name = match (reference.digest(), reference.tag()) {
            (Some(digest), _) => digest.as_str(),
            (None, tag) => tag.unwrap_or("latest"),
        };
        // Repository, tag and digest consist of characters that stand for themselves in a URL.
        let manifest = base
            .join(&format!("/v2/{repository}/manifests/{name}"))
            .map_err(|error| malformed(error.to_string()))?;
        Ok(Self { registry, origin, repository, base, manifest, digest: reference.digest().cloned() })
    }

    /// Whether the reference names a digest.
    pub(super) fn has_digest(&self) -> bool {
        self.digest.is_some()
    }

    /// Who answers, in words.
    pub(super) fn shown(&self) -> String {
        match &self.origin {
            Some(origin) => format!("{origin} by {}", self.registry),
            None => self.registry.clone(),
        }
    }

    /// The first page of the repository's tags.
    pub(super) fn tags(&self) -> Result<Url, RegistryError> {
        self.url("tags/list?n=1000")
    }

    /// The same repository's manifest with this digest.
    pub(super) fn manifest_with(&self, digest: &Digest) -> Result<Url, RegistryError> {
        self.url(&format!("manifests/{digest}"))
    }

    /// The same repository's blob with this digest.
    pub(super) fn blob(&self, digest: &Digest) -> Result<Url, RegistryError> {
        self.url(&format!("blobs/{digest}"))
    }

    fn url(&self, place: &str) -> Result<Url, RegistryError> {
        let malformed = |error: url::ParseError| RegistryError::Malformed { why: error.to_string() };
        self.base.join(&format!("/v2/{}/{place}", self.repository)).map_err(malformed)
    }

    /// What was found, if it is what was asked for: a reference with a digest has no other.
    pub(super) fn checked(&self, found: Found) -> Result<Found, RegistryError> {
        match &self.digest {
            Some(digest) if *digest != found.0 => {
                Err(RegistryError::DigestMismatch { header: digest.to_string(), body: found.0.to_string() })
            }
            _ => Ok(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(reference: &str) -> String {
        let plain = ["127.0.0.1:5000".to_owned()];
        Target::of(&reference.parse().unwrap(), &plain).unwrap().manifest.to_string()
    }

    #[test]
    fn references_become_urls() {
        let hub = "https://registry-1.docker.io/v2";
        assert_eq!(manifest("nginx"), format!("{hub}/library/nginx/manifests/latest"));
        assert_eq!(manifest("docker.io/nginx:1.27"), format!("{hub}/library/nginx/manifests/1.27"));
        assert_eq!(manifest("index.docker.io/a/b:1"), format!("{hub}/a/b/manifests/1"));
        assert_eq!(manifest("ghcr.io/a/b/c:v1"), "https://ghcr.io/v2/a/b/c/manifests/v1");
        assert_eq!(manifest("127.0.0.1:5000/a:1"), "http://127.0.0.1:5000/v2/a/manifests/1");
        assert_eq!(manifest("127.0.0.1:5001/a:1"), "https://127.0.0.1:5001/v2/a/manifests/1");
        assert_eq!(manifest("localhost/a:1"), "https://localhost/v2/a/manifests/1");
        assert_eq!(manifest("[::1]:5000/a:1"), "https://[::1]:5000/v2/a/manifests/1");
        let digest = format!("sha256:{}", "a".repeat(64));
        assert_eq!(
            manifest(&format!("ghcr.io/a/b:1@{digest}")),
            format!("https://ghcr.io/v2/a/b/manifests/{digest}")
        );
    }

    #[test]
    fn odd_hosts_are_errors_and_other_spellings_are_seen_through() {
        assert!(Target::of(&"a.b:99999/x:1".parse().unwrap(), &[]).is_err());
        let spelled = Target::of(&"0xa9fea9fe:443/x:1".parse().unwrap(), &[]).unwrap();
        assert!(super::super::hop::check_start(&spelled.base).is_err());
    }
}
