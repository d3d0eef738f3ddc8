//! Has Compose refuse to start where a secret is not set, instead of starting with none or with a known one.
//!
//! ## Why
//! `${DB_PASSWORD}` without value is the empty text, with no more than a warning; `${DB_PASSWORD:-dev}` is a password
//! that stands in the repository. Both start. With `${DB_PASSWORD:?...}` Compose says what is missing and starts nothing.
//!
//! ## What changes
//! With the option `mode: fix`: in `environment`, a variable whose name speaks of a secret becomes `${NAME:?NAME must be
//! set}`; its default goes. Without it the same is said as advice, since a start that went through until now fails where the
//! secret was never set. Files for developing and testing keep their defaults, and so does a default that is empty on purpose
//! (`${NAME:-}`).
//!
//! ## Can it break?
//! That is the point: every `docker compose` command on the file fails until the secret is set, in the environment or in
//! `.env`, also in pipelines that only build. Where the default was in use, set the variable to that value first, then
//! change it. To undo it: `hardtack rollback --rule require-variables --service NAME`.
//!
//! ## Examples
//! ```yaml settings
//! rules:
//!   require-variables:
//!     options: { mode: fix }
//! ```
//! ```yaml before
//! services:
//!   db:
//!     image: postgres:16
//!     environment:
//!       POSTGRES_PASSWORD: ${DB_PASSWORD:-dev} # never this one
//!       POSTGRES_USER: ${DB_USER:-app}
//!   web:
//!     image: example/web:1
//!     environment:
//!       - API_TOKEN=$API_TOKEN
//!       - "DATABASE_URL=postgres://${DB_USER:-app}:${DB_PASSWORD}@db/app"
//! ```
//! ```yaml after
//! services:
//!   db:
//!     image: postgres:16
//!     environment:
//!       POSTGRES_PASSWORD: ${DB_PASSWORD:?DB_PASSWORD must be set} # never this one
//!       POSTGRES_USER: ${DB_USER:-app}
//!   web:
//!     image: example/web:1
//!     environment:
//!       - API_TOKEN=${API_TOKEN:?API_TOKEN must be set}
//!       - "DATABASE_URL=postgres://${DB_USER:-app}:${DB_PASSWORD:?DB_PASSWORD must be set}@db/app"
//! ```
//! What is required already, empty on purpose, or an alternative; and a default that comes from another variable:
//! ```yaml untouched
//! services:
//!   web:
//!     image: example/web:1
//!     environment:
//!       A: ${A_PASSWORD:?set it}
//!       B: ${B_PASSWORD:-}
//!       C: ${C_TOKEN:+yes}
//!       D: ${D_PASSWORD_FILE:-/run/secrets/d}
//!       E: $$E_PASSWORD
//! ```
//! ```yaml refused=explicit
//! services:
//!   web:
//!     image: example/web:1
//!     environment:
//!       A: ${A_PASSWORD:-${OTHER_PASSWORD}}
//! ```
//! Files for developing keep theirs:
//! ```yaml untouched compose.dev.yaml
//! services:
//!   web:
//!     image: example/web:1
//!     environment: { A: "${A_PASSWORD:-dev}" }
//! ```

use crate::knowledge::{Confidence, is_secret_name};
use crate::model::compose::{Service, SetVariable, set_variables};
use crate::model::{Operator, Part, Template, Variable};
use crate::rule::{
    Context, Evidence, Finding, FindingBuilder, Fix, Meta, Operation, OptionKind, OptionSpec, OptionValue,
    Refusal, RefusalCode, Remedy, Rule, ServiceEffect, Severity, listed,
};
use crate::syntax::Value;

/// The rule of this file.
pub(super) struct RequireVariables;

static MODE: OptionSpec = OptionSpec {
    name: "mode",
    kind: OptionKind::OneOf(&["advice", "fix"]),
    default: "advice",
    docs: "Whether to say it or to write it: what is written fails where the secret is not set.",
};

static META: Meta = Meta {
    id: "require-variables",
    severity: Severity::Medium,
    source: include_str!("require_variables.rs"),
    after: &[],
    options: &[MODE],
    supports: &[
        "OWASP Docker Security Cheat Sheet rule 12",
        "NIST SP 800-190 4.1.4",
        "OWASP Docker Top 10 D06",
        "PCI DSS 4.0.1 8.6.2 (inferred)",
    ],
};

impl Rule for RequireVariables {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        context.findings_of_services(|service| check_service(context, service))
    }
}

fn check_service(context: &Context<'_>, service: Service<'_>) -> Vec<Finding> {
    if service.has("provider") || service.file.is_for_development() {
        return Vec::new();
    }
    let variables = set_variables(&service).into_iter();
    variables.filter_map(|variable| check_variable(context, service, &variable)).collect()
}

fn check_variable(context: &Context<'_>, service: Service<'_>, set: &SetVariable) -> Option<Finding> {
    let template = Template::parse(&set.value).ok()?;
    let secrets: Vec<&Variable> = template
        .parts()
        .iter()
        .filter_map(|part| match part {
            Part::Variable(variable) if is_open(variable) => Some(variable),
            _ => None,
        })
        .collect();
    let names: Vec<&str> = secrets.iter().map(|variable| variable.name.as_str()).collect();
    let subject = names.first().map(|_| names.join(", "))?;
    let named = listed(&names, "and");
    let message = match secrets.iter().any(|variable| variable.operation.is_some()) {
        true => format!("without {named} it starts with a secret that stands in the file"),
        false => format!("without {named} it starts with an empty secret"),
    };
    let finding = |severity| {
        FindingBuilder::new(META.id, severity, service)
            .subject(format!("{}: {subject}", set.name))
            .at(set.node)
    };
    if secrets.iter().any(|variable| has_open_default(variable)) {
        let why = "its default is another variable: require the one that is to be set, by hand";
        let refusal = Refusal::new(RefusalCode::Explicit, why);
        return Some(finding(META.severity).build(message, Remedy::Refused(refusal)));
    }
    let mode = context.options.get(&MODE, service.name);
    if mode != Some(OptionValue::Word("fix".to_owned())) {
        let wanted: Vec<String> = names.iter().map(|name| format!("`{}`", required(name))).collect();
        let them = if wanted.len() > 1 { "them" } else { "it" };
        let advice = format!("write {}, and set {them} wherever the file is used", listed(&wanted, "and"));
        return Some(finding(Severity::Info).build(message, Remedy::Advice(advice)));
    }
    let mut value = set.value.clone();
    for variable in secrets.iter().rev() {
        value.replace_range(variable.range.start..variable.range.end, &required(&variable.name));
    }
    let effect = ServiceEffect {
        path: set.path.clone(),
        ..ServiceEffect::on(&service, &[], Operation::Set(Value::string(set.with(&value))))
    };
    let caveat = format!("every `docker compose` command on the file fails until {subject} is set");
    let evidence = Evidence {
        confidence: Confidence::Documented,
        fact: "Compose takes a variable that is not set for an empty text, with a warning".to_owned(),
        source: "Compose specification, Interpolation".to_owned(),
    };
    let fix = Fix::caution(format!("require {subject}"), caveat, vec![effect.into()]);
    Some(finding(META.severity).because(Some(evidence)).build(message, Remedy::Fix(fix)))
}

fn required(name: &str) -> String {
    format!("${{{name}:?{name} must be set}}")
}

/// Whether Compose starts without this secret.
fn is_open(variable: &Variable) -> bool {
    let is_open = match &variable.operation {
        None => true,
        // An empty default is a decision: the secret may be missing.
        Some(operation) => operation.operator.is_default() && !operation.word.range.is_empty(),
    };
    is_open && is_secret_name(&variable.name)
}

fn has_open_default(variable: &Variable) -> bool {
    let operation = variable.operation.as_ref();
    operation.is_some_and(|operation| {
        matches!(operation.operator, Operator::DefaultIfEmpty | Operator::DefaultIfUnset)
            && !operation.word.is_literal()
    })
}
