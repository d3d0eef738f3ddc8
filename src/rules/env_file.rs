//! Reports values in `.env` files that are not what they seem: commands that nobody runs, and templates in use.
//!
//! ## Why
//! `SECRET_KEY=$(openssl rand -hex 32)` in a `.env` runs nothing: the key is that text, the same in every copy of
//! the instructions. A template such as `.env.example` that is used as it is gives a service the values that
//! everyone knows. And what comes in by `env_file` is shown by `docker inspect`, so that the file is only half of
//! keeping a secret.
//!
//! ## What changes
//! Nothing: Hardtack never writes values into `.env`. The advice has the command to run.
//!
//! ## Can it break?
//! Advice edits nothing.
//!
//! ## Examples
//! ```text beside .env
//! SECRET_KEY=$(openssl rand -hex 32)
//! ```
//! ```yaml advice
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment: { SECRET_KEY: "${SECRET_KEY}" }
//! ```
//! ```yaml advice
//! services:
//!   app:
//!     image: example.org/app:1
//!     env_file: [.env.example]
//! ```
//! ```yaml advice
//! services:
//!   app:
//!     image: example.org/app:1
//!     env_file:
//!       - path: ./app.env
//!         required: false
//! ```
//! ```text beside .env
//! LEVEL=info
//! ```
//! ```yaml quiet
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment: { LEVEL: "${LEVEL}" }
//! ```

use crate::model::compose::{EnvFile, Service, file_set::join};
use crate::rule::{Context, Finding, FindingBuilder, Meta, Remedy, Rule, Severity};
use crate::text::LineColumn;

/// The rule of this file.
pub(super) struct EnvFileRule;

static META: Meta = Meta {
    id: "env-file",
    severity: Severity::Medium,
    source: include_str!("env_file.rs"),
    after: &[],
    options: &[],
    supports: &[
        "OWASP Docker Security Cheat Sheet rule 12",
        "OWASP Docker Top 10 D06",
        "NIST SP 800-190 4.1.4",
        "PCI DSS 4.0.1 8.6.2 (inferred)",
    ],
};

impl Rule for EnvFileRule {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let mut findings = commands(context);
        let services = context.project.services();
        findings.extend(services.flat_map(|service| {
            let files = EnvFile::of(&service);
            files.into_iter().map(move |file| check_file(service, &file)).collect::<Vec<_>>()
        }));
        findings
    }
}

/// Values with a command in them.
fn commands(context: &Context<'_>) -> Vec<Finding> {
    let files = context.project.env_files.iter();
    files
        .flat_map(|(path, variables)| {
            let is_command = |name: &&str| {
                let value = variables.get(name).unwrap_or_default();
                value.contains("$(") || value.starts_with('`') && value.ends_with('`')
            };
            variables.names().filter(is_command).map(move |name| {
                let advice = format!(
                    "run the command once and write what it prints, for instance with `printf '%s=%s\\n' {name} \"$(openssl \
                     rand -hex 32)\" >> {path}`"
                );
                FindingBuilder::in_text(META.id, META.severity, path, LineColumn { line: 1, column: 1 })
                    .subject(name)
                    .build(
                        format!("`{name}` is set to the text of a command, which nothing runs"),
                        Remedy::Advice(advice),
                    )
            })
        })
        .collect()
}

fn check_file(service: Service<'_>, file: &EnvFile) -> Finding {
    let path = join(service.file.base(), &file.path);
    let name = path.rsplit('/').next().unwrap_or(&path).to_lowercase();
    let is_template = ["example", "sample", "template"].iter().any(|word| name.contains(word));
    let finding =
        |severity| FindingBuilder::new(META.id, severity, service).subject(file.path.clone()).at(file.node);
    if is_template {
        let advice = "copy it to a name that git ignores, change every value, and name the copy here";
        let message = format!("{path} is a template, whose values everyone knows");
        return finding(META.severity).build(message, Remedy::Advice(advice.to_owned()));
    }
    let advice =
        format!("keep it readable to its owner alone, `chmod 600 {path}`, and pass secrets as `secrets:`");
    let message = format!("what {path} holds is shown by `docker inspect` and passed on to every process");
    finding(Severity::Info).build(message, Remedy::Advice(advice))
}
