//! Reports secrets in `environment`: written into the file, or passed where the image takes them from a file.
//!
//! ## Why
//! A password in a Compose file is in every copy of the repository, for ever. One that comes from a variable is
//! still shown by `docker inspect`, passed on to every child process, and found in crash reports; a file below
//! `/run/secrets` is none of that.
//!
//! ## What changes
//! Nothing by itself: the secret has to be changed, and somebody has to put it where it belongs. The advice has the
//! text to paste; no value is ever shown. For an image that reads secrets from files:
//!
//! ```text
//! services:
//!   db:
//!     environment:
//!       POSTGRES_PASSWORD_FILE: /run/secrets/postgres_password
//!     secrets: [postgres_password]
//! secrets:
//!   postgres_password:
//!     file: ./secrets/postgres_password.txt     # mode 600, in .gitignore
//! ```
//!
//! ## Can it break?
//! Advice edits nothing. An image that is given both the variable and its `_FILE` twin stops; one that doesn't know
//! the twin starts without a password. With `file:` the owner and mode of the host's file hold in the container.
//!
//! ## Examples
//! ```yaml advice
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       - API_TOKEN=5f2a
//! ```
//! ```yaml advice
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       DATABASE_URL: postgres://app:5f2a@db/app
//! ```
//! ```yaml advice
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       SECRET_KEY: ${SECRET_KEY:-only-for-development}
//! ```
//! An image that reads the secret from a file:
//! ```yaml advice
//! services:
//!   db:
//!     image: postgres:16
//!     environment:
//!       POSTGRES_PASSWORD: ${DB_PASSWORD}
//! ```
//! ```yaml quiet
//! services:
//!   db:
//!     image: postgres:16
//!     environment:
//!       POSTGRES_PASSWORD_FILE: /run/secrets/db
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       SECRET_KEY: ${SECRET_KEY:?set it}
//!       API_TOKEN_FILE: /run/secrets/api_token
//!       TOKEN_REQUIRED: "true"
//! ```

use crate::knowledge::is_secret_name;
use crate::knowledge::{FromFile, SecretFact, Tag};
use crate::model::Template;
use crate::model::compose::{Service, SetVariable, set_variables};
use crate::rule::{Context, Evidence, Finding, FindingBuilder, Meta, Remedy, Rule, Severity};

/// The rule of this file.
pub(super) struct SecretsInEnvironment;

static META: Meta = Meta {
    id: "secrets-in-environment",
    severity: Severity::Medium,
    source: include_str!("secrets_in_environment.rs"),
    after: &[],
    options: &[],
    supports: &[
        "CIS Docker 1.6.0 4.10",
        "OWASP Docker Security Cheat Sheet rule 12 (direct)",
        "OWASP Docker Top 10 D06",
        "NIST SP 800-190 4.1.4",
        "HIPAA 45 CFR 164.312(a)(2)(iv) (inferred)",
        "HIPAA 45 CFR 164.312(d) (inferred)",
        "PCI DSS 4.0.1 8.6.2 (inferred)",
    ],
};

impl Rule for SecretsInEnvironment {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let services = context.project.services();
        services
            .flat_map(|service| {
                let entries = set_variables(&service);
                entries
                    .into_iter()
                    .filter_map(move |entry| check_entry(context, service, &entry))
                    .collect::<Vec<_>>()
            })
            .collect()
    }
}

/// What a value gives away.
enum Held {
    /// A text that stands in the file.
    Literal,
    /// The default of a variable.
    Default,
    /// A password inside an address.
    Address,
}

fn check_entry(context: &Context<'_>, service: Service<'_>, entry: &SetVariable) -> Option<Finding> {
    let name = entry.name.as_str();
    let held = held(name, &entry.value);
    let from_file = from_file(context, &service, name).filter(|_| is_secret_name(name));
    if let Some((fact, twin)) = &from_file
        && service.sets_variable(twin) == Some(true)
    {
        let finding = FindingBuilder::new(META.id, Severity::High, service).subject(name).at(entry.node);
        let message = format!("both `{name}` and `{twin}` are set, and the image stops at that");
        let remedy = Remedy::Advice(format!("take `{name}` out"));
        return Some(finding.because(Some(evidence(fact))).build(message, remedy));
    }
    let (message, severity) = match (&held, &from_file) {
        (Some(Held::Literal), _) => (format!("the secret `{name}` stands in the file"), META.severity),
        (Some(Held::Default), _) => {
            (format!("`{name}` has a default, which everyone who reads the file knows"), META.severity)
        }
        (Some(Held::Address), _) => (format!("the address in `{name}` holds a password"), META.severity),
        (None, Some(_)) if !entry.value.is_empty() => {
            (format!("`{name}` is passed in the environment, which `docker inspect` shows"), Severity::Info)
        }
        (None, _) => return None,
    };
    let advice = match (&held, &from_file) {
        (Some(Held::Address), _) => {
            "put the password into a variable that is required, `${DB_PASSWORD:?set it}`, and \
                                     change it, as it is in the history of the file"
                .to_owned()
        }
        (_, Some((_, twin))) => by_file(name, twin),
        (_, None) => format!(
            "write `{name}: ${{{name}:?set it}}` and put the value where only the host has it; change it, as it is in \
             the history of the file"
        ),
    };
    let finding = FindingBuilder::new(META.id, severity, service).subject(name).at(entry.node);
    let evidence = from_file.map(|(fact, _)| evidence(fact));
    Some(finding.because(evidence).build(message, Remedy::Advice(advice)))
}

/// The text to paste for a secret that the image reads from a file.
fn by_file(name: &str, twin: &str) -> String {
    let secret = name.to_lowercase();
    format!(
        "in place of `{name}` write `{twin}: /run/secrets/{secret}` and `secrets: [{secret}]` for the service, and at the \
         end of the file `secrets: {{ {secret}: {{ file: ./secrets/{secret}.txt }} }}`; keep that file out of git"
    )
}

/// How the image takes a secret from a file, and the variable that names it; `None` if it doesn't, or nobody knows.
fn from_file<'c>(
    context: &Context<'c>,
    service: &Service<'_>,
    variable: &str,
) -> Option<(&'c SecretFact, String)> {
    let running = context.project.running(service).filter(|part| !part.has("build"))?;
    let facts = context.catalogue.image(&running.repository()?)?;
    let tag = running.image().map_or_else(Tag::unknown, |image| Tag::of(&image));
    let fact = facts.secret(variable, &tag).filter(|fact| fact.from_file == FromFile::Reads)?;
    Some((fact, fact.file_variable_of(variable)))
}

fn evidence(fact: &SecretFact) -> Evidence {
    Evidence {
        confidence: fact.confidence,
        fact: "the image reads the secret from a file".to_owned(),
        source: fact.source.clone(),
    }
}

/// What the value of a variable gives away; `None` if nothing.
fn held(name: &str, value: &str) -> Option<Held> {
    let template = Template::parse(value).ok()?;
    if !is_secret_name(name) {
        return has_password(value).then_some(Held::Address);
    }
    let variables = template.variables();
    if variables.is_empty() {
        return (!is_harmless(value)).then_some(Held::Literal);
    }
    let defaults = variables.iter().filter_map(|variable| variable.operation.as_ref());
    let mut known =
        defaults.filter(|operation| operation.operator.is_default() && operation.word.is_literal());
    known.any(|operation| !is_harmless(operation.word.range.of(value))).then_some(Held::Default)
}

/// Whether an address holds a password that stands in the file: `scheme://user:password@host`.
fn has_password(value: &str) -> bool {
    let Some((_, rest)) = value.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((login, _)) = authority.rsplit_once('@') else { return false };
    let Some((_, password)) = login.split_once(':') else { return false };
    !password.contains('$') && !is_harmless(password)
}

/// Whether a text is no secret whatever its name says: empty, a switch, a number of one digit, or a placeholder
/// that says so.
fn is_harmless(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    let is_switch = ["", "true", "false", "yes", "no", "on", "off", "none", "null", "0", "1"];
    is_switch.contains(&text.as_str()) || (text.starts_with('<') && text.ends_with('>'))
}
