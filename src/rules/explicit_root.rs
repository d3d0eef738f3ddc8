//! Reports services that `user:` makes root.
//!
//! ## Why
//! `user: root` overrules the image: one that was made to run without root runs as root all the same, and what breaks
//! out of it is root on the host unless user namespaces are set up. It is there most often because a mounted folder
//! belonged to somebody else.
//!
//! ## What changes
//! Nothing by itself: which user owns the data is known on the host alone. The advice names the user that the image is
//! made for, if that is known.
//!
//! ## Can it break?
//! Advice edits nothing. Another user must be able to write what the service writes: `chown` the folders first.
//!
//! ## Examples
//! ```yaml advice
//! services:
//!   metrics:
//!     image: prom/prometheus:v3.1.0
//!     user: root
//! ```
//! ```yaml advice
//! services:
//!   db:
//!     image: postgres:16
//!     user: "0:0"
//! ```
//! ```yaml quiet
//! services:
//!   app:
//!     image: example.org/app:1
//!     user: "1000:0"
//!   other:
//!     image: example.org/other:1
//! ```

use crate::knowledge::{FirstUser, Tag, UserFact};
use crate::model::compose::{Service, StartUser};
use crate::rule::{Context, Evidence, Finding, FindingBuilder, Meta, Remedy, Rule, Severity};

/// The rule of this file.
pub(super) struct ExplicitRoot;

static META: Meta = Meta {
    id: "explicit-root",
    severity: Severity::Medium,
    source: include_str!("explicit_root.rs"),
    after: &[],
    options: &[],
    supports: &[
        "CIS Docker 1.6.0 4.1 (direct)",
        "OWASP Docker Security Cheat Sheet rule 2 (direct)",
        "OWASP Docker Top 10 D01",
        "NIST SP 800-190 4.1.2",
        "HIPAA 45 CFR 164.312(a)(1) (inferred)",
        "PCI DSS 4.0.1 7.2.5 (inferred)",
    ],
};

const FIELD: &str = "user";

impl Rule for ExplicitRoot {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        context.findings_of_services(|service| check_service(context, service))
    }
}

fn check_service(context: &Context<'_>, service: Service<'_>) -> Option<Finding> {
    let field = service.field(FIELD)?;
    let user = service.interpolate(service.scalar(FIELD)?)?;
    if StartUser::Set(user.clone()).is_root() != Some(true) {
        return None;
    }
    let fact = image_user(context, &service);
    let advice = match fact.map(|fact| (fact, fact.set_to.as_ref())) {
        Some((fact, _)) if fact.starts_as == FirstUser::Other => {
            "take `user` out: the image starts as a user who is not root, and the folders that it writes have to be that \
             user's"
                .to_owned()
        }
        Some((_, Some(user))) => {
            format!("write `user: \"{user}\"`, and give that user the folders that it writes (`chown`)")
        }
        _ => "take `user` out, or name the user that owns the folders which it writes".to_owned(),
    };
    let evidence = fact.map(|fact| Evidence {
        confidence: fact.confidence,
        fact: "the user that the image is made for is known".to_owned(),
        source: fact.source.clone(),
    });
    let finding = FindingBuilder::new(META.id, META.severity, service).subject(user).at(field.value);
    Some(finding.because(evidence).build("it is root whatever its image says", Remedy::Advice(advice)))
}

/// What is known of the user of the image that the service runs as it is.
fn image_user<'c>(context: &Context<'c>, service: &Service<'_>) -> Option<&'c UserFact> {
    let running = context.project.running(service).filter(|part| !part.has("build"))?;
    let facts = context.catalogue.image(&running.repository()?)?;
    facts.user.get(&running.image().map_or_else(Tag::unknown, |image| Tag::of(&image)))
}
