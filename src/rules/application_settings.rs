//! Sets the variables that harden an application: cookies, headers, CORS, as the profile or the project names them.
//!
//! ## Why
//! Frameworks read from the environment whether cookies go over TLS alone, whether scripts may read them, and whether
//! other origins may send them. What such a variable is called, and what it means, only the application's authors
//! know, so that a rule can set what it is told to, and see to it that no service lacks it.
//!
//! ## What changes
//! Each variable of the option `set` that a service does not set is added to its `environment`, in the form that this
//! has. A variable that is set stays, whatever its value. Without the option nothing is asked for and nothing changes;
//! give it for the services that read it:
//!
//! ```text
//! rules:
//!   application-settings:
//!     services:
//!       backend:
//!         set: SESSION_COOKIE_SECURE=true, SESSION_COOKIE_HTTPONLY=true, SESSION_COOKIE_SAMESITE=strict
//! ```
//!
//! ## Can it break?
//! With cookies that are for TLS alone, nobody can log in over plain HTTP, as on a developer's machine. To undo it:
//! `hardtack rollback --rule application-settings`.
//!
//! ## Examples
//! ```yaml settings
//! rules:
//!   application-settings:
//!     services:
//!       app: { set: "SESSION_COOKIE_SECURE=true, SESSION_COOKIE_SAMESITE=strict" }
//! ```
//! ```yaml before
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       LEVEL: info # for audits
//!       SESSION_COOKIE_SAMESITE: lax
//!   db:
//!     image: postgres:16
//! ```
//! ```yaml after
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       LEVEL: info # for audits
//!       SESSION_COOKIE_SAMESITE: lax
//!       SESSION_COOKIE_SECURE: "true"
//!   db:
//!     image: postgres:16
//! ```
//! ```yaml before
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment: ["LEVEL=info"]
//! ```
//! ```yaml after
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment: ["LEVEL=info", "SESSION_COOKIE_SECURE=true", "SESSION_COOKIE_SAMESITE=strict"]
//! ```
//! A file may hold the variable:
//! ```yaml refused=evidence-missing
//! services:
//!   app:
//!     image: example.org/app:1
//!     env_file: [app.env]
//! ```
//! ```yaml quiet
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment: { SESSION_COOKIE_SECURE: "false", SESSION_COOKIE_SAMESITE: "${SAMESITE}" }
//! ```

use crate::knowledge::Confidence;
use crate::model::compose::{Service, set_variables};
use crate::rule::{
    Context, Evidence, Finding, FindingBuilder, Fix, Meta, Operation, OptionKind, OptionSpec, OptionValue,
    Refusal, RefusalCode, Remedy, Rule, ServiceEffect, Severity,
};
use crate::syntax::{Route, Value};

/// The rule of this file.
pub(super) struct ApplicationSettings;

static SET: OptionSpec = OptionSpec {
    name: "set",
    kind: OptionKind::Settings,
    default: "",
    docs: "The variables and their values, `NAME=value`, with commas between them.",
};

static META: Meta = Meta {
    id: "application-settings",
    severity: Severity::Medium,
    source: include_str!("application_settings.rs"),
    after: &[],
    options: &[SET],
    supports: &[
        "NIST SP 800-190 4.4.4",
        "HIPAA 45 CFR 164.312(e)(1) (inferred)",
        "PCI DSS 4.0.1 6.2.4 (inferred)",
    ],
};

const FIELD: &str = "environment";
const CAVEAT: &str = "the application behaves otherwise from its next start on; cookies for TLS alone are not sent over \
                      plain HTTP";

impl Rule for ApplicationSettings {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        context.findings_of_services(|service| check_service(context, service))
    }
}

fn check_service(context: &Context<'_>, service: Service<'_>) -> Vec<Finding> {
    let Some(OptionValue::Texts(wanted)) = context.options.get(&SET, service.name) else { return Vec::new() };
    let mut parts = vec![service];
    parts.extend(context.project.bases(&service));
    parts.extend(context.project.below(&service));
    parts.extend(context.project.above(&service));
    let is_set = |name: &str| parts.iter().any(|part| set_variables(part).iter().any(|set| set.name == name));
    let missing = wanted.iter().filter_map(|text| text.split_once('=')).filter(|(name, _)| !is_set(name));
    missing.map(|(name, value)| finding_for(context, service, &parts, (name, value))).collect()
}

fn finding_for(
    context: &Context<'_>,
    service: Service<'_>,
    parts: &[Service<'_>],
    (name, value): (&str, &str),
) -> Finding {
    let finding = FindingBuilder::new(META.id, META.severity, service).subject(name);
    let message = format!("`{name}` is not set, and the settings ask for it");
    let refused = |finding: FindingBuilder<'_>, code, why: String| {
        finding.build(message.clone(), Remedy::Refused(Refusal::new(code, why)))
    };
    if let Some(fragment) = context.project.fragment(&service) {
        return refused(finding, RefusalCode::Fragment, fragment.to_string());
    }
    if parts.iter().any(|part| part.has("env_file")) {
        let why = format!("a file of `env_file` may set it; set `{name}` there, or in `environment`");
        return refused(finding, RefusalCode::EvidenceMissing, why);
    }
    let tree = service.tree();
    let is_mapping = service.field(FIELD).is_some_and(|field| tree.mapping(field.value).is_some());
    let (path, operation) = if is_mapping {
        (Route::root().key(FIELD).key(name), Operation::Set(Value::string(value)))
    } else {
        (Route::root().key(FIELD), Operation::Append(Value::string(format!("{name}={value}"))))
    };
    let effect = ServiceEffect {
        file: service.file.path.clone(),
        document: service.document,
        service: service.name.to_owned(),
        path,
        operation,
    };
    let evidence = Evidence {
        confidence: Confidence::Documented,
        fact: "the settings ask for the variable".to_owned(),
        source: "option set".to_owned(),
    };
    let fix = Fix::caution(format!("set {name}"), CAVEAT, vec![effect.into()]);
    finding.because(Some(evidence)).build(message, Remedy::Fix(fix))
}
