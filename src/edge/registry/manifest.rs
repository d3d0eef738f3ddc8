//! Which answer of a registry is a digest: only one that is sound in every part.
//!
//! Registries send other things under status 200: a captive portal's page, a manifest in a form that cannot be
//! pulled by its digest (Docker's schema 1, for clients that do not ask for more), or a header that is no digest.

use super::error::{RegistryError, clip};
use crate::model::Digest;
use crate::model::lock::DigestKind;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde::Deserialize;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// The media types that can be pulled by digest: indexes first, so that a registry that has both forms gives
/// the one for all platforms.
pub(super) const MEDIA_TYPES: [(&str, DigestKind); 4] = [
    ("application/vnd.oci.image.index.v1+json", DigestKind::Index),
    ("application/vnd.docker.distribution.manifest.list.v2+json", DigestKind::Index),
    ("application/vnd.oci.image.manifest.v1+json", DigestKind::Manifest),
    ("application/vnd.docker.distribution.manifest.v2+json", DigestKind::Manifest),
];

/// The header in which registries name the digest.
const DIGEST_HEADER: &str = "docker-content-digest";

/// A manifest's digest and what it names.
pub(super) type Found = (Digest, DigestKind);

/// The value of the header `Accept`: all four types, since registries convert or refuse what is not asked for.
pub(super) const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json";

/// The digest as the headers say; `None` if only the content can tell.
///
/// # Errors
/// If the header is no digest.
pub(super) fn from_headers(headers: &HeaderMap) -> Result<Option<Found>, RegistryError> {
    let Some(kind) = kind(headers) else { return Ok(None) };
    Ok(header_digest(headers)?.map(|digest| (digest, kind)))
}

/// The digest computed from the content, which the headers must agree with.
///
/// # Errors
/// If the content is no manifest, or not the one that the headers speak of.
pub(super) fn from_content(headers: &HeaderMap, content: &[u8]) -> Result<Found, RegistryError> {
    let media_type = media_type(headers);
    let kind = kind(headers).ok_or_else(|| RegistryError::BadMediaType { found: clip(&media_type) })?;
    let malformed = |why: String| RegistryError::Malformed { why };
    let digest = computed("sha256", content)?;
    if let Some(header) = header_digest(headers)?
        && header != digest
    {
        return Err(RegistryError::DigestMismatch { header: header.to_string(), body: digest.to_string() });
    }
    let manifest: Manifest = serde_json::from_slice(content)
        .map_err(|error| malformed(format!("the manifest's JSON is wrong in line {}", error.line())))?;
    if manifest.schema_version != 2 {
        return Err(malformed(format!("the manifest has schema version {}", manifest.schema_version)));
    }
    match manifest.media_type {
        Some(own) if own != media_type => Err(RegistryError::BadMediaType { found: clip(&own) }),
        _ => Ok((digest, kind)),
    }
}

/// The digest of a content by an algorithm that [`Digest`] knows.
pub(super) fn computed(algorithm: &str, content: &[u8]) -> Result<Digest, RegistryError> {
    let bytes = match algorithm {
        "sha512" => Sha512::digest(content).to_vec(),
        "sha384" => Sha384::digest(content).to_vec(),
        _ => Sha256::digest(content).to_vec(),
    };
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let malformed = |error: crate::model::DigestError| RegistryError::Malformed { why: error.to_string() };
    format!("{algorithm}:{hex}").parse().map_err(malformed)
}

/// Whether a content is the one that a digest names.
///
/// # Errors
/// If it is another.
pub(super) fn check(digest: &Digest, content: &[u8]) -> Result<(), RegistryError> {
    let body = computed(digest.algorithm(), content)?;
    if body == *digest {
        return Ok(());
    }
    Err(RegistryError::DigestMismatch { header: digest.to_string(), body: body.to_string() })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Manifest {
    schema_version: u32,
    media_type: Option<String>,
}

/// The digest of the header; `None` if there is none or it is empty. Only SHA-256, which every registry
/// computes and the content can be checked with.
fn header_digest(headers: &HeaderMap) -> Result<Option<Digest>, RegistryError> {
    let Some(value) = headers.get(DIGEST_HEADER).filter(|value| !value.is_empty()) else { return Ok(None) };
    let bad = |why: &str| RegistryError::BadDigest { why: clip(why) };
    if headers.get_all(DIGEST_HEADER).iter().any(|other| other != value) {
        return Err(bad("there are two, and they differ"));
    }
    let text = value.to_str().map_err(|_| bad("it has bytes that no digest has"))?;
    let digest: Digest = text.parse().map_err(|error: crate::model::DigestError| bad(&error.to_string()))?;
    match digest.algorithm() {
        "sha256" => Ok(Some(digest)),
        other => Err(bad(&format!("it is a {other}, and nobody asked for one"))),
    }
}

fn kind(headers: &HeaderMap) -> Option<DigestKind> {
    let media_type = media_type(headers);
    MEDIA_TYPES.iter().find(|(name, _)| *name == media_type).map(|(_, kind)| *kind)
}

/// The media type without parameters, in lower case.
fn media_type(headers: &HeaderMap) -> String {
    let text = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    const INDEX: &str = "application/vnd.oci.image.index.v1+json";

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| {
            (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    fn with_digest(digest: &str) -> HeaderMap {
        headers(&[("content-type", INDEX), (DIGEST_HEADER, digest)])
    }

    #[test]
    fn all_four_types_are_asked_for() {
        assert_eq!(ACCEPT, MEDIA_TYPES.map(|(name, _)| name).join(", "));
    }

    #[test]
    fn headers_that_are_sound_are_taken() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        for (media_type, kind) in MEDIA_TYPES {
            let media_type = format!("{media_type}; charset=utf-8");
            let found = from_headers(&headers(&[("content-type", &media_type), (DIGEST_HEADER, &digest)]));
            assert_eq!(found, Ok(Some((digest.parse().unwrap(), kind))));
        }
    }

    #[test]
    fn what_is_no_digest_is_never_taken() {
        let sha = format!("sha256:{}", "a".repeat(64));
        for bad in [
            "sha256:zz".to_owned(),
            format!("{sha} # x\\n  privileged: true"),
            format!("{sha}\u{20}"),
            sha.to_uppercase().replace("SHA256", "sha256"),
            format!("md5:{}", "a".repeat(32)),
            format!("sha512:{}", "a".repeat(128)),
            format!("{sha}${{X}}"),
        ] {
            let found = from_headers(&with_digest(&bad));
            assert!(matches!(found, Err(RegistryError::BadDigest { .. })), "{bad}: {found:?}");
        }
    }

    #[test]
    fn two_digests_are_none() {
        let digest = |digit: &str| format!("sha256:{}", digit.repeat(64));
        let with = |second: &str| {
            let mut both = with_digest(&digest("a"));
            both.append(DIGEST_HEADER, HeaderValue::from_str(second).unwrap());
            from_headers(&both)
        };
        assert!(matches!(with(&digest("b")), Err(RegistryError::BadDigest { .. })));
        assert!(with(&digest("a")).is_ok());
    }

    #[test]
    fn the_content_decides_where_headers_do_not() {
        let digest = format!("sha256:{}", "a".repeat(64));
        assert_eq!(from_headers(&with_digest("")), Ok(None));
        assert_eq!(from_headers(&headers(&[("content-type", INDEX)])), Ok(None));
        let portal = headers(&[("content-type", "text/html"), (DIGEST_HEADER, &digest)]);
        assert_eq!(from_headers(&portal), Ok(None));
        assert!(matches!(from_content(&portal, b"<html>"), Err(RegistryError::BadMediaType { .. })));
    }

    #[test]
    fn content_is_hashed_and_read() {
        let plain = headers(&[("content-type", INDEX)]);
        let content = br#"{"schemaVersion":2,"manifests":[]}"#;
        let (digest, kind) = from_content(&plain, content).unwrap();
        // The same as `printf ... | sha256sum`.
        assert_eq!(digest.hex().len(), 64);
        assert_eq!(kind, DigestKind::Index);
        assert_eq!(from_content(&with_digest(digest.as_str()), content), Ok((digest, kind)));
        let other = with_digest(&format!("sha256:{}", "0".repeat(64)));
        assert!(matches!(from_content(&other, content), Err(RegistryError::DigestMismatch { .. })));
        for bad in [&content[..20], b"", b"[]", br#"{"schemaVersion":1}"#] {
            assert!(matches!(from_content(&plain, bad), Err(RegistryError::Malformed { .. })), "{bad:?}");
        }
        let lies = br#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json"}"#;
        assert!(matches!(from_content(&plain, lies), Err(RegistryError::BadMediaType { .. })));
    }
}
