//! What a registry holds behind a digest, down to the image's own configuration.
//!
//! Everything here is asked for by its digest and checked against it, so that it is what the digest names,
//! whoever sent it.

use super::access::Wanted;
use super::description::{Annotations, Blob, Descriptor, Image, Manifest, configuration, others};
use super::error::RegistryError;
use super::host::Host;
use super::manifest::{ACCEPT, check};
use super::resolver::{Attempts, Resolver};
use super::target::Target;
use crate::model::{Digest, ImageConfiguration, ImageDescription};
use reqwest::{Method, StatusCode};
use url::Url;

/// How many indexes may lie around the manifest of a platform. Real images have one.
const MAX_DEPTH: usize = 3;

impl Resolver<'_> {
    /// What an image says of itself for one of its platforms, and where the next one that is in wide use differs.
    pub(super) async fn describe(
        &self,
        target: &Target,
        digest: &Digest,
        counts: &mut Attempts,
    ) -> Result<ImageDescription, RegistryError> {
        let mut at = digest.clone();
        let mut platforms = None;
        let mut annotations = Vec::new();
        for _ in 0..MAX_DEPTH {
            let content = self.manifest(target, &at, counts).await?;
            match Manifest::read(&content)? {
                Manifest::Index(index) => {
                    let own = index.platforms();
                    let next = index.choose().ok_or_else(|| RegistryError::Malformed {
                        why: "the index lists no image for any platform".to_owned(),
                    })?;
                    if !own.is_empty() {
                        platforms.get_or_insert(own);
                    }
                    annotations.insert(0, index.annotations);
                    at = next;
                }
                Manifest::Image(image) => {
                    let mut configuration = self.configuration(target, &image, &annotations, counts).await?;
                    let alone = || [(configuration.platform.clone(), at.clone())].into();
                    let platforms = platforms.unwrap_or_else(alone);
                    for other in others(&platforms, &configuration.platform) {
                        // What cannot be read is one platform that nobody looked at.
                        let said = self.of_platform(target, &other, counts).await;
                        said.iter().for_each(|said| configuration.compare(said));
                    }
                    return Ok(ImageDescription { platforms, size: image.size, configuration });
                }
            }
        }
        Err(RegistryError::Malformed { why: format!("more than {MAX_DEPTH} indexes inside each other") })
    }

    /// The configuration behind the manifest of one platform.
    async fn of_platform(
        &self,
        target: &Target,
        digest: &Digest,
        counts: &mut Attempts,
    ) -> Result<ImageConfiguration, RegistryError> {
        let content = self.manifest(target, digest, counts).await?;
        match Manifest::read(&content)? {
            Manifest::Image(image) => self.configuration(target, &image, &[], counts).await,
            Manifest::Index(_) => {
                Err(RegistryError::Malformed { why: "an index where an image was promised".to_owned() })
            }
        }
    }

    async fn configuration(
        &self,
        target: &Target,
        image: &Image,
        around: &[Annotations],
        counts: &mut Attempts,
    ) -> Result<ImageConfiguration, RegistryError> {
        let blob = self.configuration_blob(target, &image.config, counts).await?;
        let annotations: Vec<&Annotations> = std::iter::once(&image.annotations).chain(around).collect();
        configuration(&image.config.digest, &Blob::read(&blob)?, &annotations)
    }

    async fn manifest(
        &self,
        target: &Target,
        digest: &Digest,
        counts: &mut Attempts,
    ) -> Result<Vec<u8>, RegistryError> {
        let url = target.manifest_with(digest)?;
        self.content(target, digest, &url, Some(ACCEPT), self.limits.manifest, counts).await
    }

    async fn configuration_blob(
        &self,
        target: &Target,
        config: &Descriptor,
        counts: &mut Attempts,
    ) -> Result<Vec<u8>, RegistryError> {
        let limit = self.limits.configuration;
        if config.size > limit as u64 {
            return Err(RegistryError::TooLarge { limit });
        }
        let url = target.blob(&config.digest)?;
        self.content(target, &config.digest, &url, None, limit, counts).await
    }

    /// The content of a digest, of at most `limit` bytes, from the cache where it is there.
    async fn content(
        &self,
        target: &Target,
        digest: &Digest,
        url: &Url,
        accept: Option<&'static str>,
        limit: usize,
        counts: &mut Attempts,
    ) -> Result<Vec<u8>, RegistryError> {
        let fetch = async |host: &Host| {
            let reply = self.send(host, target, &Wanted { method: Method::GET, url, accept }).await?;
            if reply.status() != StatusCode::OK {
                return Err(reply.into_error().await);
            }
            let content = reply.content(limit).await?;
            check(digest, &content)?;
            Ok(content)
        };
        if let Some(content) = self.cache.and_then(|cache| cache.read(digest, limit)) {
            return Ok(content);
        }
        let content = self.attempt(target, counts, fetch).await?;
        if let Some(cache) = self.cache {
            cache.keep(digest, &content);
        }
        Ok(content)
    }
}
