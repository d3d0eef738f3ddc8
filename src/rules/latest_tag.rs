//! Says where an image has no version: no tag at all, or `latest`.
//!
//! ## Why
//! `latest` is whatever was pushed last: another version tomorrow than today, and another on each machine. Nobody can
//! say from the file what runs, whether a known weakness is in it, or which version to go back to.
//!
//! ## What changes
//! Nothing: which version is right is for those to say who run it. What stands here is advice. A reference with a digest
//! is exact, whatever its tag; images that the project builds have no version of others.
//!
//! ## Can it break?
//! No. Once there is a version, `pin-digest` ties it to its content.
//!
//! ## Examples
//! ```yaml untouched
//! services:
//!   web:
//!     image: nginx
//!   cache:
//!     image: redis:latest
//!   api:
//!     image: example/api:${TAG:-latest}
//! ```
//! Versions, digests and own images are no finding:
//! ```yaml untouched
//! services:
//!   web:
//!     image: nginx:1.27
//!   cache:
//!     image: redis@sha256:1111111111111111111111111111111111111111111111111111111111111111
//!   api:
//!     build: .
//!     image: example/api
//!   twin:
//!     image: example/api
//! ```
//! What a variable holds that is not known is not judged:
//! ```yaml untouched
//! services:
//!   web:
//!     image: ${IMAGE}
//! ```

use crate::model::compose::Service;
use crate::rule::{Context, Finding, FindingBuilder, Meta, Remedy, Rule, Severity};
use std::collections::HashSet;

/// The rule of this file.
pub(super) struct LatestTag;

static META: Meta = Meta {
    id: "latest-tag",
    severity: Severity::Low,
    source: include_str!("latest_tag.rs"),
    after: &[],
    options: &[],
    supports: &["CIS Docker 1.6.0 5.28 (direct)", "NIST SP 800-190 4.2.2"],
};

impl Rule for LatestTag {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let services = context.project.files().iter().flat_map(|file| file.services());
        let built: HashSet<&str> = services
            .filter(|service| service.has("build"))
            .filter_map(|service| service.scalar("image"))
            .collect();
        context.findings_of_services(|service| check_service(service, &built))
    }
}

fn check_service(service: Service<'_>, built: &HashSet<&str>) -> Option<Finding> {
    let text = service.scalar("image")?;
    if service.has("build") || built.contains(text) {
        return None;
    }
    let image = service.image().filter(|image| image.digest().is_none())?;
    let message = match image.tag() {
        None => format!("its image {text} has no tag, which means latest"),
        Some("latest") => format!("its image {text} has no version"),
        Some(_) => return None,
    };
    let node = service.field("image")?.value;
    let advice =
        "write the version that you run (`docker compose images` shows what that is), then pin its digest";
    let finding = FindingBuilder::new(META.id, META.severity, service).subject(text).at(node);
    Some(finding.build(message, Remedy::Advice(advice.to_owned())))
}
