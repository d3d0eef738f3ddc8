//! Reports secrets that a Dockerfile takes through ENV and ARG.
//!
//! ## Why
//! What ENV and ARG hold is written into the image's configuration and history. Whoever can pull the image reads it,
//! and a later instruction does not take it out again.
//!
//! ## What changes
//! Nothing: where a secret comes from is for a person to say. The finding has the text to write instead. It never
//! shows the value.
//!
//! ## Examples
//! ```dockerfile untouched
//! FROM node:22
//! ARG NPM_TOKEN
//! ENV DB_PASSWORD=hunter2
//! RUN npm ci
//! ```
//! ```dockerfile untouched
//! FROM node:22
//! ENV PUBLIC_KEY=abc DB_PASSWORD_FILE=/run/secrets/db TOKEN_TTL=60
//! ```
//! ```dockerfile untouched
//! FROM node:22
//! ENV API_KEY=
//! ```

use crate::rule::{Context, DockerfileView, Finding, Meta, Remedy, Rule, Severity};
use crate::syntax::dockerfile::{Instruction, Keyword, Pair};

/// The rule of this file.
pub(super) struct BuildSecrets;

static META: Meta = Meta {
    id: "build-secrets",
    severity: Severity::High,
    source: include_str!("build_secrets.rs"),
    after: &[],
    options: &[],
    supports: &[
        "CIS Docker 1.6.0 4.10",
        "OWASP Docker Security Cheat Sheet rule 12",
        "NIST SP 800-190 4.1.4",
    ],
};

impl Rule for BuildSecrets {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        DockerfileView::all(context.project).iter().flat_map(check_file).collect()
    }
}

fn check_file(view: &DockerfileView<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for (number, instruction) in view.tree().instructions().iter().enumerate() {
        if !matches!(instruction.keyword, Keyword::Env | Keyword::Arg) {
            continue;
        }
        for pair in
            instruction.command.arguments.pairs().iter().filter(|pair| holds_secret(instruction, pair))
        {
            let name = &*pair.name.text;
            let message = format!("{} {name} leaves a secret in the image", instruction.keyword);
            let finding = view.finding(&META, view.route(number)).subject(name);
            found.push(finding.build(message, Remedy::Advice(advice(instruction.keyword, name))));
        }
    }
    found
}

fn advice(keyword: Keyword, name: &str) -> String {
    let id = name.to_ascii_lowercase();
    let during = format!(
        "for the build, hand it over by `RUN --mount=type=secret,id={id},env={name} ...` and `docker build --secret \
         id={id},env={name}` (in Compose: `build.secrets`)"
    );
    match keyword {
        Keyword::Arg => during,
        _ => format!(
            "take it out and change it, since it is in every image built so far; set it where the container is \
                      started; {during}"
        ),
    }
}

/// Whether an instruction sets something secret: by its name, and with a value or, for ARG, for one to come.
fn holds_secret(instruction: &Instruction, pair: &Pair) -> bool {
    let value = pair.value.as_ref().map(|value| value.text.trim_matches(['"', '\'']));
    let is_filled = match value {
        None => instruction.keyword == Keyword::Arg,
        Some(value) => !value.is_empty() && !is_harmless(value),
    };
    is_filled && is_secret_name(&pair.name.text)
}

/// Words, numbers and paths that no secret is.
fn is_harmless(value: &str) -> bool {
    let words = ["true", "false", "yes", "no", "none", "null"];
    words.contains(&value.to_ascii_lowercase().as_str())
        || value.chars().all(|c| c.is_ascii_digit()) && value.len() < 4
        || value.starts_with('/')
}

/// Whether a name says that its value is secret, by its words.
fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let words: Vec<&str> = name.split(['_', '-', '.']).collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(word));
    let is_about = [
        "FILE",
        "PATH",
        "DIR",
        "URL",
        "URI",
        "TTL",
        "EXPIRY",
        "EXPIRES",
        "NAME",
        "LENGTH",
        "TYPE",
        "ID",
        "ALGORITHM",
        "HEADER",
    ];
    let ends_about = words.last().is_some_and(|last| is_about.contains(last));
    let key = words.windows(2).any(|pair| {
        matches!(
            pair,
            ["API" | "ACCESS" | "PRIVATE" | "SECRET" | "ENCRYPTION" | "SIGNING" | "APP" | "MASTER", "KEY"]
        )
    });
    let secret = has(&[
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "PWD",
        "SECRET",
        "TOKEN",
        "APIKEY",
        "CREDENTIAL",
        "CREDENTIALS",
    ]) && name != "PWD"
        && name != "OLDPWD";
    (key || secret) && !ends_about && !has(&["PUBLIC"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_secrets_from_what_is_about_them() {
        for name in [
            "DB_PASSWORD",
            "npm_token",
            "AWS_SECRET_ACCESS_KEY",
            "API_KEY",
            "MYSQL_ROOT_PASSWORD",
            "SECRET",
            "APIKEY",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "PUBLIC_KEY",
            "DB_PASSWORD_FILE",
            "TOKEN_TTL",
            "GPG_KEY",
            "KEYCLOAK_URL",
            "PWD",
            "AUTHOR",
            "SECRETARY",
            "PASSWORD_MIN_LENGTH",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
