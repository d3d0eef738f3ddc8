//! Pins images to the digest that their tag stands for, so that what runs is what was looked at.
//!
//! ## Why
//! A tag moves: whoever can push to the repository changes what the next `docker compose pull` brings. A
//! digest names one content for ever. The tag stays in front of it, for people and for refreshing.
//!
//! ## What changes
//! `name:tag` becomes `name:tag@sha256:...`, also as the default of a variable (`${IMAGE:-name:tag}`,
//! `name:${TAG:-tag}`). A name without tag becomes `name:latest@sha256:...`. The digest comes from
//! `hardtack.lock` or from the registry itself: without one the fix is refused as `evidence-missing`.
//!
//! In Dockerfiles: every `FROM`, `COPY --from=`, `RUN --mount=from=`, the frontend in `# syntax=`, and the
//! default of an ARG that a `FROM` consists of.
//!
//! Never pinned: a stage, `scratch`, an image that a service of the project builds, a reference whose text comes from a
//! variable that is set elsewhere, and one that has a digest.
//!
//! ## Can it break?
//! What runs is the image that the tag stood for when the registry was asked. Updates no longer come by
//! themselves, so refresh the digests (quarterly, and for security releases). To undo it:
//! `hardtack rollback --rule pin-digest`.
//!
//! ## Examples
//! ```yaml lock
//! version: 1
//! images:
//!   docker.io/library/nginx:1.27:
//!     digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
//!     kind: index
//!   docker.io/library/redis:latest:
//!     digest: sha256:2222222222222222222222222222222222222222222222222222222222222222
//!     kind: index
//! ```
//! ```yaml before
//! services:
//!   web:
//!     image: "nginx:1.27"   # front
//!   cache:
//!     image: redis
//! ```
//! ```yaml after
//! services:
//!   web:
//!     image: "nginx:1.27@sha256:1111111111111111111111111111111111111111111111111111111111111111"   # front
//!   cache:
//!     image: redis:latest@sha256:2222222222222222222222222222222222222222222222222222222222222222
//! ```
//! Defaults of variables, of the whole reference and of the tag:
//! ```yaml before
//! services:
//!   web:
//!     image: ${WEB_IMAGE:-nginx:1.27}
//!   other:
//!     image: nginx:${NGINX_TAG:-1.27}
//! ```
//! ```yaml after
//! services:
//!   web:
//!     image: ${WEB_IMAGE:-nginx:1.27@sha256:1111111111111111111111111111111111111111111111111111111111111111}
//!   other:
//!     image: nginx:${NGINX_TAG:-1.27@sha256:1111111111111111111111111111111111111111111111111111111111111111}
//! ```
//! ```yaml refused=interpolated
//! services:
//!   web:
//!     image: nginx:${TAG}
//! ```
//! ```yaml refused=evidence-missing
//! services:
//!   web:
//!     image: httpd:2.4
//! ```
//! ```yaml untouched
//! services:
//!   web:
//!     build: .
//!     image: nginx:1.27
//!   twin:
//!     image: nginx:1.27
//! ```
//! Dockerfiles, whether a service builds them or not:
//! ```dockerfile before
//! ARG BASE=nginx:1.27
//! FROM redis AS tools
//! RUN <<EOF
//! echo FROM nginx:1.27
//! EOF
//!
//! FROM ${BASE}
//! COPY --from=tools /usr/local/bin/redis-cli /usr/local/bin/
//! COPY --from=nginx:1.27 /etc/nginx/mime.types /etc/nginx/
//! ```
//! ```dockerfile after
//! ARG BASE=nginx:1.27@sha256:1111111111111111111111111111111111111111111111111111111111111111
//! FROM redis:latest@sha256:2222222222222222222222222222222222222222222222222222222222222222 AS tools
//! RUN <<EOF
//! echo FROM nginx:1.27
//! EOF
//!
//! FROM ${BASE}
//! COPY --from=tools /usr/local/bin/redis-cli /usr/local/bin/
//! COPY --from=nginx:1.27@sha256:1111111111111111111111111111111111111111111111111111111111111111 /etc/nginx/mime.types /etc/nginx/
//! ```
//! ```dockerfile refused=interpolated
//! ARG NGINX=1.27
//! FROM nginx:${NGINX}
//! ```
//! What the build is given instead of the default is what counts:
//! ```dockerfile beside web/Dockerfile
//! ARG BASE=nginx:1.27
//! FROM ${BASE}
//! ```
//! ```yaml refused=interpolated
//! services:
//!   web:
//!     build:
//!       context: web
//!       args:
//!         BASE: httpd:2.4
//! ```
//! Behind ONBUILD a name means what it means in the Dockerfile that builds on the image:
//! ```dockerfile refused=explicit
//! FROM scratch
//! ONBUILD COPY --from=node:22 /usr/local/bin/node /node
//! ```

mod compose;
mod dockerfile;
mod mention;
mod refresh;

pub use refresh::{Pin, pins};

pub(super) use refresh::RefreshDigest;

use crate::knowledge::Confidence;
use crate::rule::{
    Answer, Context, Evidence, Finding, Fix, Meta, Question, Refusal, RefusalCode, Remedy, Rule, Severity,
};
use mention::{Mention, mentions};

/// The rule of this file.
pub(super) struct PinDigest;

static META: Meta = Meta {
    id: "pin-digest",
    severity: Severity::Medium,
    source: include_str!("pin_digest.rs"),
    // Pins come last, so that a refresh of the digests can run alone and its diff stands by itself.
    after: &["*"],
    options: &[],
    supports: &[
        "CIS Docker 1.6.0 4.2",
        "CIS Docker 1.6.0 5.28 (direct)",
        "NIST SP 800-190 4.1.5",
        "OWASP Docker Security Cheat Sheet rule 13",
        "OWASP Docker Top 10 D08",
        "NIST SP 800-190 4.2.2",
        "HIPAA 45 CFR 164.312(c)(1) (inferred)",
        "PCI DSS 4.0.1 6.3.2 (inferred)",
    ],
};

const REMARK: &str =
    "updates no longer come by themselves: refresh the digests quarterly and for security releases";

impl Rule for PinDigest {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn ask(&self, context: &Context<'_>) -> Vec<Question> {
        let mentions = mentions(context.project).into_iter().filter(|mention| !mention.is_pinned);
        mentions.filter_map(|mention| Some(Question::digest(&mention.target.ok()?.reference))).collect()
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let mentions = mentions(context.project).into_iter().filter(|mention| !mention.is_pinned);
        mentions.map(|mention| finding(context, mention)).collect()
    }
}

fn finding(context: &Context<'_>, mention: Mention<'_>) -> Finding {
    let Mention { finding, what, written, target, .. } = mention;
    let target = match target {
        Ok(target) => target,
        Err(refusal) => {
            let message = format!("{what} {written} is not pinned to a digest");
            return finding.subject(written).build(message, Remedy::Refused(refusal));
        }
    };
    let reference = &target.reference;
    let finding = finding.subject(reference.to_string());
    let message = format!("{what} {reference} is not pinned to a digest");
    let fact = match context.answers.get(&Question::digest(reference)) {
        Answer::Digest(fact) => fact,
        other => {
            let refusal = Refusal::new(RefusalCode::EvidenceMissing, other.why_not());
            return finding.build(message, Remedy::Refused(refusal));
        }
    };
    let evidence = Evidence {
        confidence: Confidence::Registry,
        fact: format!("{reference} stood for this digest"),
        source: fact.source,
    };
    let fix = Fix::safe(format!("pin {reference}"), vec![target.effect(&fact.digest)]).noting(REMARK);
    finding.because(Some(evidence)).build(message, Remedy::Fix(fix))
}
