//! Has the engine check whether a service still serves, with a program that its image has.
//!
//! ## Why
//! A process that hangs is up as far as the engine knows. With a health check `docker compose ps` and `docker ps` show
//! it, `docker compose up --wait` fails on it, and other services can wait until it serves.
//!
//! ## What changes
//! A service without health check, whose image the facts know a check for, gets `healthcheck` with that test. It asks
//! 127.0.0.1, since `localhost` may lead to an IPv6 address that nobody listens on, and uses a program that is in the
//! image; variables are those of the container. How often and how long are options; a check that is dear is run less
//! often, as its facts say.
//!
//! Only where the service starts its image as it is meant to. Left to a person, with the test to start from: another
//! entry point or command, an option that is not known as harmless, a variable that moves the port or asks for a login,
//! and a configuration at the place where the image reads it, unless it says nothing of the network. That holds for
//! the service, its `env_file` and what its Dockerfile says as well. So are checks that need a port or a path of the
//! application. An image with a check of its own keeps that one. A worker, which serves nobody, is let be, and so is a
//! program of your own that nothing shows to listen: no port, no server in its command, nobody who names it.
//!
//! ## Can it break?
//! Not by itself: Docker restarts nothing that is unhealthy, but a swarm does, and so do tools that watch for it. Who
//! waits for `service_healthy` waits for this check. To undo it: `hardtack rollback --rule add-healthcheck --service
//! NAME`.
//!
//! ## Examples
//! ```yaml before
//! services:
//!   db:
//!     image: postgres:16 # the ledger
//!     environment: { POSTGRES_USER: ledger }
//!   cache: { image: "redis:7", command: redis-server --appendonly yes }
//!   broker:
//!     image: rabbitmq:3.13
//!     tmpfs: [/tmp]
//! ```
//! ```yaml after
//! services:
//!   db:
//!     image: postgres:16 # the ledger
//!     environment: { POSTGRES_USER: ledger }
//!     healthcheck:
//!       test:
//!         - CMD-SHELL
//!         - pg_isready -h 127.0.0.1 -U "$${POSTGRES_USER:-postgres}" -d "$${POSTGRES_DB:-$${POSTGRES_USER:-postgres}}"
//!       interval: 10s
//!       timeout: 5s
//!       retries: 5
//!       start_period: 30s
//!   cache: { image: "redis:7", command: redis-server --appendonly yes, healthcheck: {test: [CMD-SHELL, redis-cli ping | grep -q PONG], interval: 10s, timeout: 5s, retries: 5, start_period: 30s} }
//!   broker:
//!     image: rabbitmq:3.13
//!     tmpfs: [/tmp]
//!     healthcheck:
//!       test:
//!         - CMD
//!         - rabbitmq-diagnostics
//!         - -q
//!         - ping
//!       interval: 30s
//!       timeout: 10s
//!       retries: 5
//!       start_period: 30s
//! ```
//! What the service changes about the start of its image, what has a check, what needs the application's own port, and
//! what is not known:
//! ```yaml untouched
//! services:
//!   cache:
//!     image: redis:7
//!     command: ["redis-server", "--requirepass", "${PASSWORD}"]
//!   conf:
//!     image: redis:7
//!     command: redis-server /etc/redis.conf
//!   dump:
//!     image: postgres:16
//!     command: pg_dump -h db
//!   moved:
//!     image: grafana/grafana:11.0.0
//!     environment: [GF_SERVER_HTTP_PORT=3001]
//!   off:
//!     image: postgres:16
//!     healthcheck: { disable: true }
//!   mail:
//!     image: axllent/mailpit:v1.20
//!   app:
//!     image: node:22
//!   own:
//!     image: example/own:1
//! ```
//! What a file of variables, a configuration, or the Dockerfile moves:
//! ```text beside app.env
//! GF_SERVER_HTTP_PORT=4000
//! ```
//! ```text beside my.cnf
//! [mysqld]
//! port=3307
//! ```
//! ```dockerfile beside db/Dockerfile
//! FROM postgres:16
//! CMD ["postgres", "-p", "5433"]
//! ```
//! ```dockerfile beside cache/Dockerfile
//! FROM redis:7.4
//! COPY redis.conf /r.conf
//! CMD ["redis-server", "/r.conf"]
//! ```
//! ```dockerfile beside ledger/Dockerfile
//! FROM mysql:8.4
//! COPY my.cnf /etc/mysql/conf.d/
//! ```
//! ```yaml advice
//! services:
//!   board:
//!     image: grafana/grafana:11.0.0
//!     env_file: app.env
//!   data:
//!     image: mysql:8.4
//!     volumes: ["./my.cnf:/etc/my.cnf:ro"]
//!   pages:
//!     image: httpd:2.4
//!     volumes: ["/srv/httpd.conf:/usr/local/apache2/conf/httpd.conf"]
//!   files:
//!     image: minio/minio:RELEASE.2024-01-01T00-00-00Z
//!     command: server --address :9100 /data
//!   db: { build: db }
//!   cache: { build: cache }
//!   ledger: { build: ledger }
//! ```
//! An old release is asked in the way that it knows, and one that nothing names is left to a person:
//! ```yaml before
//! services:
//!   db: { image: "mariadb:10.6.4-focal" }
//!   ledger: { image: "mariadb:10.6" }
//!   files: { image: "minio/minio:RELEASE.2023-10-25T06-33-25Z" }
//!   any: { image: "mariadb:${TAG}" }
//! ```
//! ```yaml after
//! services:
//!   db: { image: "mariadb:10.6.4-focal", healthcheck: {test: [CMD-SHELL, mysqladmin ping -h 127.0.0.1 --silent], interval: 10s, timeout: 5s, retries: 5, start_period: 30s} }
//!   ledger: { image: "mariadb:10.6", healthcheck: {test: [CMD, healthcheck.sh, --connect], interval: 10s, timeout: 5s, retries: 5, start_period: 30s} }
//!   files: { image: "minio/minio:RELEASE.2023-10-25T06-33-25Z", healthcheck: {test: [CMD, curl, -fsS, http://127.0.0.1:9000/minio/health/live], interval: 10s, timeout: 5s, retries: 5, start_period: 30s} }
//!   any: { image: "mariadb:${TAG}" }
//! ```
//! A configuration that leaves the network alone changes nothing about the check:
//! ```text beside my.cnf
//! [mysqld]
//! character-set-server = utf8mb4
//! ```
//! ```yaml before
//! services:
//!   db:
//!     image: mysql:8.4
//!     volumes: ["./my.cnf:/etc/mysql/conf.d/my.cnf:ro"]
//! ```
//! ```yaml after
//! services:
//!   db:
//!     image: mysql:8.4
//!     volumes: ["./my.cnf:/etc/mysql/conf.d/my.cnf:ro"]
//!     healthcheck:
//!       test:
//!         - CMD-SHELL
//!         - mysqladmin ping -h 127.0.0.1 --silent
//!       interval: 10s
//!       timeout: 5s
//!       retries: 5
//!       start_period: 30s
//! ```
//! A service that others extend is left to them:
//! ```yaml before
//! services:
//!   base:
//!     image: redis:7
//!   cache:
//!     extends: base
//!     healthcheck: { disable: true }
//!   queue:
//!     extends: base
//! ```
//! ```yaml after
//! services:
//!   base:
//!     image: redis:7
//!   cache:
//!     extends: base
//!     healthcheck: { disable: true }
//!   queue:
//!     extends: base
//!     healthcheck:
//!       test:
//!         - CMD-SHELL
//!         - redis-cli ping | grep -q PONG
//!       interval: 10s
//!       timeout: 5s
//!       retries: 5
//!       start_period: 30s
//! ```
//! A program of your own that nothing shows to listen has no address to ask; the port of one that does is put in:
//! ```yaml untouched
//! services:
//!   bot: { image: "node:22", command: node bot.js }
//! ```
//! ```yaml advice
//! services:
//!   api: { image: "node:22", command: node api.js, ports: ["8080:4000"] }
//! ```
//! ```yaml settings
//! rules:
//!   add-healthcheck:
//!     options: { interval: 1m, timeout: 3s, retries: 3, start-period: 20s }
//! ```
//! ```yaml before
//! services:
//!   cache:
//!     image: redis:7
//! ```
//! ```yaml after
//! services:
//!   cache:
//!     image: redis:7
//!     healthcheck:
//!       test:
//!         - CMD-SHELL
//!         - redis-cli ping | grep -q PONG
//!       interval: 1m
//!       timeout: 3s
//!       retries: 3
//!       start_period: 20s
//! ```

mod doubt;
mod known;
mod option;
mod serves;
mod worker;

use crate::knowledge::{HealthFact, HealthTest, Role};
use crate::model::compose::Service;
use crate::rule::{
    Context, Evidence, Finding, FindingBuilder, Fix, Ground, HealthCheck, Meta, Operation, OptionKind,
    OptionSpec, OptionValue, Question, Reach, Refusal, RefusalCode, Remedy, Rule, ServiceEffect, Severity,
    milliseconds,
};
use crate::syntax::Value;
use known::{Known, at_port, in_words, program};
use serves::{Listening, listening};

/// The rule of this file.
pub(super) struct AddHealthcheck;

static INTERVAL: OptionSpec = OptionSpec {
    name: "interval",
    kind: OptionKind::Duration,
    default: "10s",
    docs: "How long to wait from one check to the next; longer where the facts say that the check is dear.",
};
static TIMEOUT: OptionSpec = OptionSpec {
    name: "timeout",
    kind: OptionKind::Duration,
    default: "5s",
    docs: "How long one check may take.",
};
static RETRIES: OptionSpec = OptionSpec {
    name: "retries",
    kind: OptionKind::Integer(1, 1000),
    default: "5",
    docs: "How many checks in a row have to fail until the service counts as unhealthy.",
};
static START_PERIOD: OptionSpec = OptionSpec {
    name: "start-period",
    kind: OptionKind::Duration,
    default: "30s",
    docs: "For how long after the start a check that fails does not count.",
};

static META: Meta = Meta {
    id: "add-healthcheck",
    severity: Severity::Low,
    source: include_str!("add_healthcheck.rs"),
    after: &[],
    options: &[INTERVAL, TIMEOUT, RETRIES, START_PERIOD],
    supports: &["CIS Docker 1.6.0 5.27 (direct)"],
};

const FIELD: &str = "healthcheck";
const MESSAGE: &str = "nothing checks whether it still serves";

impl Rule for AddHealthcheck {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn builds_on(&self) -> &'static [Ground] {
        &[
            Ground { rule: "nginx-unprivileged", reach: Reach::Services },
            Ground { rule: "dockerfile-healthcheck", reach: Reach::Services },
        ]
    }

    /// Whether an image that no fact is known about checks its own health.
    fn ask_ahead(&self, context: &Context<'_>) -> Vec<(String, Question)> {
        let services = context.project.services().filter(|service| service.file.in_scope);
        services
            .filter_map(|service| Some((service.name.to_owned(), context.question_of_health(&service)?)))
            .collect()
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        context.findings_of_services(|service| check_service(context, service))
    }
}

fn check_service(context: &Context<'_>, service: Service<'_>) -> Option<Finding> {
    // A provider is no container.
    if service.has("provider") || context.health_check(&service) != HealthCheck::Unknown {
        return None;
    }
    let parts = context.project.parts(&service);
    // What runs once is not checked; what has parts of a check is somebody's work.
    let is_left = |part: &Service<'_>| part.has(FIELD) || part.text_at(&["restart"]).as_deref() == Some("no");
    if parts.iter().any(is_left) {
        return None;
    }
    let own_image = Known::of(context, &service).filter(|known| !known.facts.ports.is_empty());
    if own_image.is_none() && starts_a_worker(context, &service, &parts) {
        return None;
    }
    let listening = listening(context, &service, &parts);
    let Some(mut known) = Known::of(context, &service) else { return by_configuration(context, service) };
    // The address in the test of a language is that of the owners' own program, which may listen nowhere.
    if known.facts.role == Role::Runtime && known.facts.ports.is_empty() {
        match (listening?, &known.fact.test) {
            (Listening::At(port), Some(test)) => known.fact.test = at_port(test, port),
            (Listening::At(_) | Listening::Somewhere, _) => {}
        }
    }
    let finding = FindingBuilder::new(META.id, META.severity, service).subject(FIELD);
    if let Some(fragment) = context.project.fragment(&service) {
        let refusal = Refusal::new(RefusalCode::Fragment, fragment.to_string());
        return Some(finding.build(MESSAGE, Remedy::Refused(refusal)));
    }
    let advise = |advice: String| {
        let finding = FindingBuilder::new(META.id, Severity::Info, service).subject(FIELD);
        Some(finding.build(MESSAGE, Remedy::Advice(advice)))
    };
    let Some(test) = &known.fact.test else {
        return advise(
            known.fact.note.clone().unwrap_or_else(|| "no check is known for its image".to_owned()),
        );
    };
    let doubt = match &known.fact.note {
        _ if known.may_be_older => {
            Some("which release runs is not known, and not every one has the program of a check".to_owned())
        }
        _ if !known.fact.adapt => doubt::reason_to_ask(context, &service, &known, &parts, test),
        Some(note) => Some(note.clone()),
        None => Some("what it asks for depends on the deployment".to_owned()),
    };
    if let Some(why) = doubt {
        let note = known.fact.note.as_ref().filter(|note| **note != why);
        let note = note.map(|note| format!("; {note}")).unwrap_or_default();
        return advise(format!("{why}; a test to start from: {}{note}", in_words(test)));
    }
    let effect =
        ServiceEffect::on(&service, &[FIELD], Operation::Set(value(context, &service, &known.fact, test)));
    let evidence = Evidence {
        confidence: known.fact.confidence,
        fact: format!("{} tells whether the image serves", in_words(test)),
        source: known.fact.source.clone(),
    };
    let mut caveat = "services that wait for `service_healthy` wait for this check".to_owned();
    if let Some(note) = &known.fact.note {
        caveat = format!("{note}; {caveat}");
    }
    let fix = Fix::caution(format!("check its health with {}", program(test)), caveat, vec![effect.into()]);
    Some(finding.because(Some(evidence)).build(MESSAGE, Remedy::Fix(fix)))
}

/// Whether the command, of the service or of its Dockerfile, starts what serves nobody.
fn starts_a_worker(context: &Context<'_>, service: &Service<'_>, parts: &[Service<'_>]) -> bool {
    let own = parts.iter().map(|part| part.words_at(&["command"])).find(|words| !words.is_empty());
    let built = || context.project.run(service)?.built.map(|built| built.start_words());
    own.map_or_else(|| built().is_some_and(|words| worker::is_worker(&words)), |own| worker::is_worker(&own))
}

/// Advice about an image that only speaks for itself: that it has no check, and where it listens.
fn by_configuration(context: &Context<'_>, service: Service<'_>) -> Option<Finding> {
    let run = context.project.run(&service)?;
    let image = run.image()?;
    if context.catalogue.image(&image.full_repository()).is_some() || run.has_own_entrypoint() {
        return None;
    }
    let fact = context.answers.configuration(image).ok()?;
    let ports = fact.configuration.exposed_ports.join(", ");
    let place = if ports.is_empty() { String::new() } else { format!(", on 127.0.0.1 and one of {ports}") };
    let advice = format!(
        "its image has no check of its own, and none is known for it; write one that asks it{place} with a program that \
         it has"
    );
    let evidence = fact.evidence("has no health check");
    let finding = FindingBuilder::new(META.id, Severity::Info, service).subject(FIELD);
    Some(finding.because(Some(evidence)).build(MESSAGE, Remedy::Advice(advice)))
}

/// The whole field.
fn value(context: &Context<'_>, service: &Service<'_>, fact: &HealthFact, test: &HealthTest) -> Value {
    let text = |spec: &OptionSpec| match context.options.get(spec, service.name) {
        Some(OptionValue::Text(text)) => text,
        _ => spec.default.to_owned(),
    };
    let at_least = |spec: &OptionSpec, seconds: Option<u32>| {
        let (given, least) = (text(spec), seconds.unwrap_or(0));
        let is_enough = milliseconds(&given).is_some_and(|given| given >= u64::from(least) * 1000);
        Value::String(if is_enough { given } else { format!("{least}s") })
    };
    let retries = match context.options.get(&RETRIES, service.name) {
        Some(OptionValue::Integer(number)) => number,
        _ => 5,
    };
    // Compose replaces variables of its own in what a single `$` begins.
    let words = test.words().iter().map(|word| Value::String(word.replace('$', "$$")));
    let entry = |key: &str, value: Value| (key.to_owned(), value);
    Value::Mapping(vec![
        entry("test", Value::Sequence(words.collect())),
        entry("interval", at_least(&INTERVAL, fact.interval_seconds)),
        entry("timeout", at_least(&TIMEOUT, fact.timeout_seconds)),
        entry("retries", Value::Integer(retries)),
        entry("start_period", Value::String(text(&START_PERIOD))),
    ])
}
