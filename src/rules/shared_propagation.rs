//! Reports mounts that pass new mounts on to the host: what the service mounts, the host gets.
//!
//! ## Why
//! With `shared` propagation a mount made in the container appears on the host, and in every other container that
//! shares the folder. A service that was taken over can put its own files over the host's.
//!
//! ## What changes
//! Nothing by itself. To see mounts that the host makes later, `rslave` is enough; without the option nothing
//! passes in either direction, which is the default.
//!
//! ## Can it break?
//! Advice edits nothing. Programs that mount for others (FUSE, storage drivers) need `shared`: except them.
//!
//! ## Examples
//! ```yaml advice
//! services:
//!   media:
//!     image: example.org/media:1
//!     volumes: ["/mnt:/mnt:rshared"]
//! ```
//! ```yaml advice
//! services:
//!   media:
//!     image: example.org/media:1
//!     volumes:
//!       - type: bind
//!         source: /mnt
//!         target: /mnt
//!         bind:
//!           propagation: shared
//! ```
//! ```yaml quiet
//! services:
//!   media:
//!     image: example.org/media:1
//!     volumes: ["/mnt:/mnt:ro,rslave", "data:/shared"]
//! volumes:
//!   data:
//! ```

use crate::model::compose::{Mount, Service};
use crate::rule::{Context, Finding, FindingBuilder, Meta, Remedy, Rule, Severity};

/// The rule of this file.
pub(super) struct SharedPropagation;

static META: Meta = Meta {
    id: "shared-propagation",
    severity: Severity::Medium,
    source: include_str!("shared_propagation.rs"),
    after: &[],
    options: &[],
    supports: &["CIS Docker 1.6.0 5.20 (direct)", "NIST SP 800-190 4.4.3"],
};

impl Rule for SharedPropagation {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        context.findings_of_services(check_service)
    }
}

fn check_service(service: Service<'_>) -> Vec<Finding> {
    let mounts = Mount::of(&service).into_iter();
    let shared = mounts.filter(|mount| matches!(mount.propagation.as_deref(), Some("shared" | "rshared")));
    let finding = |mount: Mount| {
        let message = format!("what it mounts below {} appears on the host", mount.target);
        let instead = match mount.options {
            Some(_) => format!("`\"{}:rslave\"`", mount.subject()),
            None => "`bind: { propagation: rslave }`".to_owned(),
        };
        let advice =
            format!("write {instead} if it has to see mounts of the host, and no propagation if not");
        FindingBuilder::new(META.id, META.severity, service)
            .subject(mount.subject())
            .at(mount.node)
            .build(message, Remedy::Advice(advice))
    };
    shared.map(finding).collect()
}
