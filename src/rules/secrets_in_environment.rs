//! Reports secrets in `environment`: written into the file, or passed where the image takes them from a file.
//!
//! ## Why
//! A password in a Compose file is in every copy of the repository, for ever. One that comes from a variable is
//! still shown by `docker inspect`, passed on to every child process, and found in crash reports; a file below
//! `/run/secrets` is none of that.
//!
//! ## What changes
//! Without options nothing: the advice has the text to paste, and no value is ever shown. With `mode: env-file` (in
//! `strict`, `guide-002` and `hipaa`) a value that stands in the file moves to the `.env` beside it, and `${NAME:?NAME must
//! be set}` takes its place: what Compose resolves stays the same. NAME is the variable's own name, or has the service's in
//! front where something else is called so, or where Compose, a shell or a job is likely to set it; what services share by
//! an anchor shares its variable. A new `.env` is readable to its owner alone. What git or a build would take of it is kept
//! out by a line in `.gitignore` and `.dockerignore`, made if need be. `hardtack pr` commits no `.env`: the request names the variables to set.
//!
//! A default that stands in the file (`${DB_PASSWORD:-5f2a}`) moves as well, and the variable is required, where all that
//! asks for the variable beside that `.env` has the same default. Files for developing and for `docker stack deploy` keep
//! their values; so do values made of other variables. It is refused where Compose may read another `.env` (`include`,
//! `extends` from another folder, `COMPOSE_FILE` over folders, `COMPOSE_ENV_FILES`), where git tracks it or its index can't be read, where an ignore file
//! further down takes it in, where it is a symbolic link, where a service takes all of it by `env_file` or `label_file`,
//! where one has the folder (a mount, a volume that is bound, a context of a build, `develop.watch`) or `secrets` and
//! `configs` name it, where a variable or an absolute path leaves that open, and where a build may need it.
//!
//! Better still is a secret that the image reads from a file:
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
//! Every `docker compose` command on the file fails until the variable is set in `.env` there: on each host, and in
//! pipelines. The environment goes before `.env`, and `--env-file` replaces it. The value stays in the history of the
//! file, so change it. To undo it: `hardtack rollback --rule secrets-in-environment --service NAME`.
//!
//! An image that is given both the variable and its `_FILE` twin stops; one that doesn't know the twin starts without a
//! password. With `file:` the owner and mode of the host's file hold in the container.
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
//! With `mode: env-file`, in both forms, with a `$` that is written twice in the Compose file:
//! ```yaml settings
//! rules:
//!   secrets-in-environment:
//!     options: { mode: env-file }
//! ```
//! ```yaml before
//! services:
//!   db:
//!     image: example.org/db:1
//!     environment:
//!       DB_PASSWORD: 5f2a$$b # never this one
//!       DB_USER: app
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       - "DB_PASSWORD=5f2a$$b"
//!       - DATABASE_URL=postgres://app:5f2a@db/app
//!       - MAX_TOKENS=4096
//! ```
//! ```yaml after
//! services:
//!   db:
//!     image: example.org/db:1
//!     environment:
//!       DB_PASSWORD: ${DB_PASSWORD:?DB_PASSWORD must be set} # never this one
//!       DB_USER: app
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       - "DB_PASSWORD=${DB_PASSWORD:?DB_PASSWORD must be set}"
//!       - DATABASE_URL=${DATABASE_URL:?DATABASE_URL must be set}
//!       - MAX_TOKENS=4096
//! ```
//! ```text after .env
//! DB_PASSWORD='5f2a$b'
//! DATABASE_URL=postgres://app:5f2a@db/app
//! ```
//! ```text after .gitignore
//! .env
//! ```
//! Other values of the same name get the service's name in front, and so does a name that a template asks for; a
//! `.env` that is there keeps what it has:
//! ```text beside .env
//! TAG=1
//! ```
//! ```text beside .gitignore
//! .env
//! ```
//! ```yaml before
//! services:
//!   one:
//!     image: example.org/app:${TAG}
//!     environment: { API_TOKEN: 5f2a, SECRET_KEY: "it's" }
//!   two-b:
//!     image: example.org/app:${TAG}
//!     environment:
//!       API_TOKEN: 6f2a
//!       KEY: ${SECRET_KEY:-}
//! ```
//! ```yaml after
//! services:
//!   one:
//!     image: example.org/app:${TAG}
//!     environment: { API_TOKEN: "${ONE_API_TOKEN:?ONE_API_TOKEN must be set}", SECRET_KEY: "${ONE_SECRET_KEY:?ONE_SECRET_KEY must be set}" }
//!   two-b:
//!     image: example.org/app:${TAG}
//!     environment:
//!       API_TOKEN: ${TWO_B_API_TOKEN:?TWO_B_API_TOKEN must be set}
//!       KEY: ${SECRET_KEY:-}
//! ```
//! ```text after .env
//! TAG=1
//! ONE_API_TOKEN=5f2a
//! ONE_SECRET_KEY="it's"
//! TWO_B_API_TOKEN=6f2a
//! ```
//! A default, wherever it stands; what can be empty today still can:
//! ```yaml before
//! services:
//!   db:
//!     image: example.org/db:1
//!     environment:
//!       DB_PASSWORD: ${DB_PASSWORD:-5f2a}
//!       API_TOKEN: ${TOKEN-6f2a}
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       - DATABASE_URL=postgres://${DB_USER:-app}:${DB_PASSWORD:-5f2a}@db/app
//! ```
//! ```yaml after
//! services:
//!   db:
//!     image: example.org/db:1
//!     environment:
//!       DB_PASSWORD: ${DB_PASSWORD:?DB_PASSWORD must be set}
//!       API_TOKEN: ${TOKEN?TOKEN must be set}
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       - DATABASE_URL=postgres://${DB_USER:-app}:${DB_PASSWORD:?DB_PASSWORD must be set}@db/app
//! ```
//! ```text after .env
//! DB_PASSWORD=5f2a
//! TOKEN=6f2a
//! ```
//! ```text after .gitignore
//! .env
//! ```
//! What else asks for the variable would get the value, too:
//! ```yaml refused=explicit
//! services:
//!   db:
//!     image: example.org/db:${DB_PASSWORD}
//!     environment:
//!       DB_PASSWORD: ${DB_PASSWORD:-5f2a}
//! ```
//! An image that is built from the folder does not get the file:
//! ```text beside .dockerignore
//! .git
//! ```
//! ```yaml before
//! services:
//!   app:
//!     build: .
//!     environment:
//!       API_TOKEN: 5f2a
//! ```
//! ```yaml after
//! services:
//!   app:
//!     build: .
//!     environment:
//!       API_TOKEN: ${API_TOKEN:?API_TOKEN must be set}
//! ```
//! ```text after .env
//! API_TOKEN=5f2a
//! ```
//! ```text after .dockerignore
//! .git
//! .env
//! ```
//! ```text after .gitignore
//! .env
//! ```
//! A build that has the `.env` now may need it:
//! ```text beside .env
//! TAG=1
//! ```
//! ```yaml refused=explicit
//! services:
//!   app:
//!     build: .
//!     environment:
//!       API_TOKEN: 5f2a
//! ```
//! An application that has the folder may act on the file:
//! ```yaml refused=explicit
//! services:
//!   app:
//!     image: example.org/app:1
//!     volumes: [".:/app"]
//!     environment:
//!       API_TOKEN: 5f2a
//! ```
//! A folder that others have, by whatever path, shows them the secret, whether the `.env` is new or not:
//! ```text beside .env
//! TAG=1
//! ```
//! ```yaml refused=explicit
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       API_TOKEN: 5f2a
//!   web:
//!     image: example.org/web:1
//!     volumes: ["${PWD}:/usr/share/nginx/html:ro"]
//! ```
//! A service that takes the whole file would get the secret of another:
//! ```yaml refused=explicit
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       API_TOKEN: 5f2a
//!   other:
//!     image: example.org/other:1
//!     env_file: .env
//! ```
//! A number with a nought in front is another number to Compose:
//! ```yaml refused=notation
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       API_TOKEN: 0123
//! ```
//! Paths, and files for developing, keep their values:
//! ```yaml advice
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       API_TOKEN: /run/secrets/token
//! ```
//! ```yaml advice compose.dev.yaml
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       API_TOKEN: 5f2a
//! ```

mod around;
mod by_file;
mod defaults;
mod held;
mod images;
mod left;
mod move_out;
mod names;
mod seen;

use crate::knowledge::is_secret_name;
use crate::model::compose::{Service, SetVariable};
use crate::rule::{
    Context, Finding, FindingBuilder, Meta, OptionKind, OptionSpec, OptionValue, Remedy, Rule, Severity,
};
use around::Around;
use by_file::{by_file, evidence, from_file};
use defaults::{defaults, require};
use held::{Held, held};
use move_out::{can_move, move_out};
use names::counted;
use std::cell::OnceCell;

/// The rule of this file.
pub(super) struct SecretsInEnvironment;

static MODE: OptionSpec = OptionSpec {
    name: "mode",
    kind: OptionKind::OneOf(&["advice", "env-file"]),
    default: "advice",
    docs: "Whether to say it, or to move the value to the `.env` beside the file: then nothing starts where it is not set.",
};

static META: Meta = Meta {
    id: "secrets-in-environment",
    severity: Severity::Medium,
    source: include_str!("secrets_in_environment.rs"),
    after: &[],
    options: &[MODE],
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
        // Most profiles move nothing, and need not know what is around.
        let around = OnceCell::new();
        let services = context.project.services();
        services
            .flat_map(|service| {
                let entries = counted(&service).into_iter();
                entries
                    .filter_map(|(entry, counts)| check_entry(context, &around, service, &entry, counts))
                    .collect::<Vec<_>>()
            })
            .collect()
    }
}

fn check_entry<'c>(
    context: &Context<'c>,
    around: &OnceCell<Around<'c>>,
    service: Service<'_>,
    entry: &SetVariable,
    counts: bool,
) -> Option<Finding> {
    let name = entry.name.as_str();
    let held = held(name, &entry.value);
    // In a file on top of another, the twin would stand beside the variable below.
    let is_on_top =
        context.project.below(&service).is_some_and(|below| below.sets_variable(name) != Some(false));
    let from_file = from_file(context, &service, name).filter(|_| is_secret_name(name) && !is_on_top);
    if let Some((fact, twin)) = &from_file
        && service.sets_variable(twin) == Some(true)
    {
        let finding = FindingBuilder::new(META.id, Severity::High, service).subject(name).at(entry.node);
        let message = format!("both `{name}` and `{twin}` are set, and the image stops at that");
        let remedy = Remedy::Advice(format!("take `{name}` out"));
        return Some(finding.because(Some(evidence(fact))).build(message, remedy));
    }
    let moves = context.options.get(&MODE, service.name) == Some(OptionValue::Word("env-file".to_owned()));
    let defaults = defaults(&service, entry);
    let (message, severity) = match (&held, &from_file) {
        (Some(Held::Literal), _) => (format!("the secret `{name}` stands in the file"), META.severity),
        (Some(Held::Default), _) => {
            (format!("`{name}` has a default, which everyone who reads the file knows"), META.severity)
        }
        // Of the others `require-variables` speaks.
        (Some(Held::Inside), _) if !moves || defaults.is_empty() => return None,
        (Some(Held::Inside), _) => (
            format!("a secret in `{name}` has a default, which everyone who reads the file knows"),
            META.severity,
        ),
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
    let finding = finding.because(from_file.map(|(fact, _)| evidence(fact)));
    let stands = matches!(held, Some(Held::Literal | Held::Address)) && can_move(&service, entry);
    if !counts || (!stands && defaults.is_empty()) {
        return Some(finding.build(message, Remedy::Advice(advice)));
    }
    if !moves {
        let advice = format!(
            "{advice}; with the option `mode: env-file` (profile strict) hardtack moves it to `.env`"
        );
        return Some(finding.build(message, Remedy::Advice(advice)));
    }
    let around = around.get_or_init(|| Around::of(context.project));
    let moved = match &*defaults {
        [] => move_out(around, &service, entry),
        defaults => require(around, &service, entry, defaults),
    };
    Some(match moved {
        Ok((fix, evidence)) => finding.because(Some(evidence)).build(message, Remedy::Fix(fix)),
        Err(refusal) => finding.build(message, Remedy::Refused(refusal)),
    })
}
