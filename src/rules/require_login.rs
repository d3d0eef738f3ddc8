//! Reports services whose image lets everyone in who reaches them, and that nobody told to ask for a login.
//!
//! ## Why
//! Some servers ask for no password unless they are told to. Whoever takes over any service on the same network, or
//! finds a port that is published by mistake, then has the data, and with some servers runs code.
//!
//! ## What changes
//! Nothing by itself: the clients must have the same password. The advice is that of the image's facts, with the text
//! to paste, where the command that a service has is kept; a variable that sets a login, an argument, or a configuration file that is mounted counts as asking.
//!
//! ## Can it break?
//! Advice edits nothing. Clients without the password fail as soon as the server asks for one.
//!
//! ## Examples
//! ```yaml advice
//! services:
//!   cache:
//!     image: redis:7
//! ```
//! ```yaml advice
//! services:
//!   queue:
//!     image: rabbitmq:4
//!     environment: { RABBITMQ_DEFAULT_VHOST: shop }
//! ```
//! ```yaml quiet
//! services:
//!   cache:
//!     image: redis:7
//!     command: redis-server --requirepass ${REDIS_PASSWORD:?set it}
//!   other:
//!     image: redis:7
//!     command: [redis-server, /usr/local/etc/redis/redis.conf]
//!   third:
//!     image: redis:7
//!     volumes: ["./redis:/usr/local/etc/redis:ro"]
//!   documents:
//!     image: mongo:7
//!     environment: { MONGO_INITDB_ROOT_USERNAME: root }
//!   unknown:
//!     image: mongo:7
//!     env_file: [mongo.env]
//! ```

use crate::knowledge::mask::holds_secret;
use crate::knowledge::{AddedOptions, LoginFact};
use crate::model::compose::{Mount, Service};
use crate::rule::{Context, Evidence, Finding, FindingBuilder, Meta, Remedy, Rule, Severity};

/// The rule of this file.
pub(super) struct RequireLogin;

static META: Meta = Meta {
    id: "require-login",
    severity: Severity::Medium,
    source: include_str!("require_login.rs"),
    after: &[],
    options: &[],
    supports: &[
        "OWASP Docker Top 10 D04",
        "NIST SP 800-190 4.4.3",
        "HIPAA 45 CFR 164.312(d) (inferred)",
        "PCI DSS 4.0.1 2.2.2 (inferred)",
    ],
};

impl Rule for RequireLogin {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        context.findings_of_services(|service| check_service(context, service))
    }
}

fn check_service(context: &Context<'_>, service: Service<'_>) -> Option<Finding> {
    let repository = service.repository().filter(|_| !service.has("build"))?;
    let fact = context.catalogue.image(&repository)?.login.as_ref()?;
    let mut parts = vec![service];
    parts.extend(context.project.bases(&service));
    parts.extend(context.project.below(&service));
    parts.extend(context.project.above(&service));
    if parts.iter().any(|part| may_ask(part, fact)) {
        return None;
    }
    // Nobody but the services beside it can reach a port that is not published.
    let severity = if parts.iter().any(|part| part.has("ports")) { META.severity } else { Severity::Info };
    let evidence = Evidence {
        confidence: fact.confidence,
        fact: format!("whoever reaches it {}", fact.without),
        source: fact.source.clone(),
    };
    let finding = FindingBuilder::new(META.id, severity, service).subject("login").because(Some(evidence));
    let message = format!("no login of your own protects it: whoever reaches it {}", fact.without);
    let given = fact.adds.as_ref().and_then(|adds| beside_what_is_given(&parts, adds));
    Some(finding.build(message, Remedy::Advice(given.unwrap_or_else(|| fact.paste.clone()))))
}

/// The advice for a service that has a command, which has to be kept.
fn beside_what_is_given(parts: &[Service<'_>], adds: &AddedOptions) -> Option<String> {
    let AddedOptions { program, options, also } = adds;
    if let Some(given) = parts.iter().find(|part| part.has("entrypoint") || part.has("command")) {
        let whole = Some(given).filter(|_| !parts.iter().any(|part| part.has("entrypoint")));
        if let Some(whole) = whole.and_then(|part| with_options(part, program, options)) {
            return Some(format!("command: {whole}, {also}"));
        }
        let options: Vec<String> = options.iter().map(|word| item(word)).collect();
        return Some(format!(
            "put {} behind `{program}` in what the service starts, {also}",
            options.join(" ")
        ));
    }
    None
}

/// The command of a service with more options, if it is known to start this program and nothing else.
fn with_options(part: &Service<'_>, program: &str, options: &[String]) -> Option<String> {
    let starts_it = |first: &str| first.starts_with('-') || first.rsplit('/').next() == Some(program);
    if let Some(text) = part.scalar("command") {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || " -_./:=,+@${}?".contains(c);
        let sound = text.chars().all(is_plain) && !text.contains(": ") && !may_hold_secret(text);
        let first = text.split(' ').next().unwrap_or_default();
        return (sound && starts_it(first)).then(|| format!("{text} {}", options.join(" ")));
    }
    let words: Vec<&str> = part.scalar_items("command").collect();
    let sound = words.len() == part.items("command").len() && !may_hold_secret(&words.join(" "));
    let first = words.first().filter(|first| sound && starts_it(first))?;
    // A shell's text, or another program behind the first.
    if first.starts_with('-') && words.iter().any(|word| word.contains(['\n', ';', '|', '&'])) {
        return None;
    }
    let items = words.into_iter().chain(options.iter().map(String::as_str)).map(item);
    Some(format!("[{}]", items.collect::<Vec<_>>().join(", ")))
}

/// Whether a command may hold a secret, which advice does not repeat: the mask knows it, or an option speaks of one.
fn may_hold_secret(command: &str) -> bool {
    const SPEAKING: [&str; 5] = ["auth", "pass", "pwd", "secret", "token"];
    let lower = command.to_ascii_lowercase();
    holds_secret(command) || SPEAKING.iter().any(|part| lower.contains(part))
}

/// A word as an item of a list in YAML.
fn item(word: &str) -> String {
    let is_plain = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '-')
        && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
        && !matches!(word, "yes" | "no" | "on" | "off" | "true" | "false" | "null" | "y" | "n" | "-");
    if is_plain { word.to_owned() } else { format!("{word:?}") }
}

/// Whether one part of a service has it ask for a login, or may have it do so in a file that is not read.
fn may_ask(part: &Service<'_>, fact: &LoginFact) -> bool {
    let by_variable = fact.variables.iter().any(|name| part.sets_variable(name) != Some(false));
    let tree = part.tree();
    let words = ["command", "entrypoint"].into_iter().filter_map(|key| part.field(key));
    let by_argument = words
        .map(|field| tree.node(field.value).span.of(tree.text()))
        .any(|text| fact.arguments.iter().any(|argument| text.contains(argument.as_str())));
    let is_in = |mount: &Mount| {
        fact.configuration
            .iter()
            .any(|path| mount.target == *path || mount.target.starts_with(&format!("{path}/")))
    };
    let configs =
        part.items("configs").len() + usize::from(part.has("configs") && part.items("configs").is_empty());
    by_variable || by_argument || configs > 0 || Mount::of(part).iter().any(is_in)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Catalogue;
    use crate::model::Environment;
    use crate::model::compose::{ComposeFile, Project};
    use crate::rule::{Answers, Options};

    fn advice(keys: &str) -> String {
        let text = format!("services: {{a: {{image: 'redis:8'{keys}}}}}\n");
        let file = ComposeFile::read("compose.yaml", text.as_bytes(), Environment::new()).unwrap();
        let project = Project::new(vec![file]);
        let (options, answers) = (Options::default(), Answers::default());
        let catalogue = Catalogue::builtin();
        let context = Context { project: &project, options: &options, catalogue, answers: &answers };
        match RequireLogin.check(&context).remove(0).remedy {
            Remedy::Advice(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_command_that_a_service_has_is_kept() {
        let password = "\"${REDIS_PASSWORD:?set it}\"";
        for (keys, expected) in [
            (
                ", command: [redis-server, '--appendonly', 'yes', '--save', '60 1']",
                format!(
                    "command: [redis-server, --appendonly, \"yes\", --save, \"60 1\", --requirepass, {password}], and"
                ),
            ),
            (", command: ['--appendonly', 'yes']", format!("command: [--appendonly, \"yes\", --requirepass, {password}], ")),
            (
                ", command: redis-server --maxmemory-policy noeviction",
                "command: redis-server --maxmemory-policy noeviction --requirepass ${REDIS_PASSWORD:?set it}, ".to_owned(),
            ),
            (
                ", command: sh -c 'x && redis-server'",
                format!("put --requirepass {password} behind `redis-server` in what the service starts, and"),
            ),
            (", command: [redis-server], entrypoint: [/start]", format!("put --requirepass {password} behind")),
            (", command: [redis-server, '--masterauth', hunter2hunter2]", "put --requirepass".to_owned()),
            ("", format!("command: [redis-server, --requirepass, {password}, --timeout")),
        ] {
            let advice = advice(keys);
            assert!(advice.starts_with(&expected), "{keys}: {advice}");
            assert!(advice.contains("the same password for its clients"), "{advice}");
        }
    }
}
