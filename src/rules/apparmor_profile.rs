//! Names the AppArmor profile of the engine, for auditors who want to read it in the file.
//!
//! ## Why
//! On a host with AppArmor, Docker gives every container the profile `docker-default` by itself, so that naming it
//! changes nothing there. Some checklists ask for it all the same. It is in no general profile for that reason.
//!
//! ## What changes
//! `security_opt` of the service gets the item `apparmor=docker-default`; the older spelling with `:` is one that
//! the engine has called deprecated since 2017. An AppArmor item that is there stays.
//!
//! ## Can it break?
//! Under Docker, no: without AppArmor on the host the item counts for nothing. Podman refuses to start a service
//! that names a profile on a host without AppArmor. To undo it: `hardtack rollback --rule apparmor-profile`.
//!
//! ## Examples
//! ```yaml before
//! services:
//!   app:
//!     image: example.org/app:1
//!     security_opt:
//!       - no-new-privileges:true
//! ```
//! ```yaml after
//! services:
//!   app:
//!     image: example.org/app:1
//!     security_opt:
//!       - no-new-privileges:true
//!       - apparmor=docker-default
//! ```
//! ```yaml quiet
//! services:
//!   app:
//!     image: example.org/app:1
//!     security_opt: ["apparmor:app"]
//! ```
//! A privileged container has no profile, whatever is named:
//! ```yaml quiet
//! services:
//!   app:
//!     image: example.org/app:1
//!     privileged: true
//! ```
//! ```yaml refused=fragment
//! services:
//!   app:
//!     environment: { LEVEL: debug }
//! ```

use crate::knowledge::Confidence;
use crate::model::compose::Service;
use crate::rule::{
    Context, Evidence, Finding, FindingBuilder, Fix, Meta, Operation, Refusal, RefusalCode, Remedy, Rule,
    ServiceEffect, Severity,
};
use crate::syntax::{Route, Value};

/// The rule of this file.
pub(super) struct ApparmorProfile;

static META: Meta = Meta {
    id: "apparmor-profile",
    severity: Severity::Info,
    source: include_str!("apparmor_profile.rs"),
    after: &[],
    options: &[],
    supports: &[
        "CIS Docker 1.6.0 5.2",
        "OWASP Docker Security Cheat Sheet rule 6",
        "OWASP Docker Top 10 D04",
        "HIPAA 45 CFR 164.312(a)(1) (inferred)",
    ],
};

const FIELD: &str = "security_opt";
const ITEM: &str = "apparmor=docker-default";
const CAVEAT: &str = "Podman refuses to start it on a host without AppArmor";

impl Rule for ApparmorProfile {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        context.findings_of_services(|service| check_service(context, service))
    }
}

fn check_service(context: &Context<'_>, service: Service<'_>) -> Option<Finding> {
    if service.has("provider") || service.file.is_stack() || service.is_true("privileged") {
        return None;
    }
    let mut parts = vec![service];
    parts.extend(context.project.bases(&service));
    parts.extend(context.project.below(&service));
    parts.extend(context.project.above(&service));
    if parts.iter().any(names_a_profile) {
        return None;
    }
    let finding = FindingBuilder::new(META.id, META.severity, service).subject(ITEM);
    let message = "no AppArmor profile is named for it";
    if let Some(fragment) = context.project.fragment(&service) {
        let refusal = Refusal::new(RefusalCode::Fragment, fragment.to_string());
        return Some(finding.build(message, Remedy::Refused(refusal)));
    }
    let evidence = Evidence {
        confidence: Confidence::ReadInSource,
        fact: "the profile is the engine's default, and naming it is ignored on hosts without AppArmor"
            .to_owned(),
        source: "moby@b985e231 daemon/oci_linux.go and daemon/daemon_unix.go".to_owned(),
    };
    let effect = ServiceEffect {
        file: service.file.path.clone(),
        document: service.document,
        service: service.name.to_owned(),
        path: Route::root().key(FIELD),
        operation: Operation::Append(Value::string(ITEM)),
    };
    let fix = Fix::caution(format!("add {ITEM}"), CAVEAT, vec![effect.into()]);
    Some(finding.because(Some(evidence)).build(message, Remedy::Fix(fix)))
}

fn names_a_profile(part: &Service<'_>) -> bool {
    part.scalar_items(FIELD).any(|item| item.trim_start().starts_with("apparmor"))
}
