//! Reports services whose image lets everyone in who reaches them, and that nobody told to ask for a login.
//!
//! ## Why
//! Some servers ask for no password unless they are told to. Whoever takes over any service on the same network, or
//! finds a port that is published by mistake, then has the data, and with some servers runs code.
//!
//! ## What changes
//! Nothing by itself: the clients must have the same password. The advice is that of the image's facts, with the text
//! to paste; a variable that sets a login, an argument, or a configuration file that is mounted counts as asking.
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

use crate::knowledge::LoginFact;
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
    Some(finding.build(message, Remedy::Advice(fact.paste.clone())))
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
