//! Sets the variables that harden an application: cookies, headers, CORS, as the profile or the project names them.
//!
//! ## Why
//! Frameworks read from the environment whether cookies go over TLS alone, whether scripts may read them, and whether
//! other origins may send them. What else a program reads, only its authors know, so that a rule can set what it is told
//! to, and see to it that no service lacks it or switches it off.
//!
//! ## What changes
//! Each variable of the option `set` that a service does not set is added to its `environment`, in the form that this
//! has. A variable that is set stays, but for a value that switches a known protection off (`SESSION_COOKIE_SECURE=false`,
//! `NODE_TLS_REJECT_UNAUTHORIZED=0`, `CORS_ALLOW_CREDENTIALS=true` beside `*`): with `set`, or with `mode: fix`, it is
//! replaced; else it is advice, in files that are not for development. Give `set` for the services that read it:
//!
//! ```text
//! rules:
//!   application-settings:
//!     services:
//!       backend:
//!         set: SESSION_COOKIE_SECURE=true, SESSION_COOKIE_HTTPONLY=true, SESSION_COOKIE_SAMESITE=strict
//! ```
//!
//! What needs TLS in front (cookies for TLS alone, HSTS, redirects to HTTPS) is advice where the files show plain HTTP: an
//! address of its own with `http://`, `..._PROTOCOL=http`, a comment that says so, or, for what would be switched on, a
//! port that is published with no proxy in the project.
//!
//! What the option `propose` names is advised for services that are built here and have a port: no file tells whether
//! the program reads it.
//!
//! ## Can it break?
//! With cookies that are for TLS alone, nobody can log in over plain HTTP, as on a developer's machine. To undo it:
//! `hardtack rollback --rule application-settings`.
//!
//! ## Examples
//! A protection that is switched off is said, and nothing of what else is set:
//! ```yaml advice
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment: { SESSION_COOKIE_SECURE: "false", LEVEL: info }
//! ```
//! ```yaml advice
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment: ["CORS_ALLOW_CREDENTIALS=true", "CORS_ORIGINS=*"]
//! ```
//! ```yaml quiet
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       SESSION_COOKIE_SECURE: "true"
//!       CSRF_COOKIE_HTTPONLY: "false"
//!       CORS_ALLOW_CREDENTIALS: "true"
//!       CORS_ORIGINS: https://app.example.org
//! ```
//! ```yaml quiet compose.dev.yaml
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment: { SESSION_COOKIE_SECURE: "false" }
//! ```
//! With `mode: fix` it is replaced:
//! ```yaml settings
//! rules:
//!   application-settings:
//!     options: { mode: fix, propose: "SESSION_COOKIE_SAMESITE=strict, CORS_ALLOW_CREDENTIALS=false" }
//! ```
//! ```yaml before
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       - SECURE_HEADERS_ENABLED=false # for now
//!       - SESSION_COOKIE_SECURE=${SECURE:-false}
//!       - CORS_ALLOW_CREDENTIALS=true
//!   web:
//!     image: example.org/web:1
//!     environment: { NODE_TLS_REJECT_UNAUTHORIZED: 0 }
//! ```
//! ```yaml after
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       - SECURE_HEADERS_ENABLED=true # for now
//!       - SESSION_COOKIE_SECURE=${SECURE:-true}
//!       - CORS_ALLOW_CREDENTIALS=false
//!   web:
//!     image: example.org/web:1
//!     environment: { NODE_TLS_REJECT_UNAUTHORIZED: "1" }
//! ```
//! Where the files show plain HTTP, it stays:
//! ```yaml advice
//! services:
//!   flows:
//!     image: example.org/flows:1
//!     environment: { FLOWS_PROTOCOL: http, FLOWS_SECURE_COOKIE: "false" }
//! ```
//! ```yaml advice
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       SITE_URL: http://192.0.2.7:8000
//!       SESSION_COOKIE_SECURE: "false"
//! ```
//! ```yaml advice
//! services:
//!   app:
//!     image: example.org/app:1
//!     ports: ["8000:8000"]
//!     environment: { SESSION_COOKIE_SECURE: "false" }
//! ```
//! What is proposed:
//! ```dockerfile beside Dockerfile
//! FROM alpine:3.20
//! EXPOSE 8000
//! ```
//! ```yaml advice
//! services:
//!   app:
//!     build: .
//!   db:
//!     image: postgres:16
//! ```
//! What is asked for by `set`:
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
//! ```yaml before
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment: { SESSION_COOKIE_SECURE: "false", SESSION_COOKIE_SAMESITE: "${SAMESITE}" }
//! ```
//! ```yaml after
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment: { SESSION_COOKIE_SECURE: "true", SESSION_COOKIE_SAMESITE: "${SAMESITE}" }
//! ```

mod plain_http;
mod proposed;
mod switched_off;

use crate::knowledge::{Confidence, needs_tls};
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

static PROPOSE: OptionSpec = OptionSpec {
    name: "propose",
    kind: OptionKind::Settings,
    default: "",
    docs: "Variables that a person is asked about, `NAME=value`, with commas between them.",
};

static MODE: OptionSpec = OptionSpec {
    name: "mode",
    kind: OptionKind::OneOf(&["advice", "fix"]),
    default: "advice",
    docs: "What is done about a variable that switches a known protection off: say it, or switch it on.",
};

static META: Meta = Meta {
    id: "application-settings",
    severity: Severity::Medium,
    source: include_str!("application_settings.rs"),
    after: &[],
    options: &[SET, PROPOSE, MODE],
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

/// A variable that the settings ask for.
struct Wish {
    name: String,
    value: String,
    /// Whether a service that lacks it gets it.
    is_to_be_set: bool,
}

/// What the settings ask for in a service.
fn asked(context: &Context<'_>, service: &str) -> Vec<Wish> {
    let wishes = |spec, is_to_be_set| {
        let texts = match context.options.get(spec, service) {
            Some(OptionValue::Texts(texts)) => texts,
            _ => Vec::new(),
        };
        texts.into_iter().filter_map(move |text| {
            let (name, value) = text.split_once('=')?;
            Some(Wish { name: name.to_owned(), value: value.to_owned(), is_to_be_set })
        })
    };
    wishes(&SET, true).chain(wishes(&PROPOSE, false)).collect()
}

fn check_service(context: &Context<'_>, service: Service<'_>) -> Vec<Finding> {
    let mut parts = vec![service];
    parts.extend(context.project.bases(&service));
    parts.extend(context.project.below(&service));
    parts.extend(context.project.above(&service));
    let is_set = |name: &str| parts.iter().any(|part| set_variables(part).iter().any(|set| set.name == name));
    let wishes = asked(context, service.name);
    let missing = wishes.iter().filter(|wish| wish.is_to_be_set && !is_set(&wish.name));
    let missing = missing.map(|wish| finding_for(context, service, &parts, (&wish.name, &wish.value)));
    let mut found: Vec<Finding> = missing.collect();
    found.extend(switched_off::findings(context, service));
    found.extend(proposed::advice(context, service, &parts));
    found
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
    let shown = needs_tls(name, value).then(|| plain_http::shown(context, &service, name, false)).flatten();
    if let Some(shown) = shown {
        let advice = format!("set `{name}` to `{value}` once TLS ends in it or in front of it: {shown}");
        return finding.build(message, Remedy::Advice(advice));
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
