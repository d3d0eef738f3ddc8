//! Starts a service only when what it depends on serves, not as soon as that was started.
//!
//! ## Why
//! `depends_on: [db]` waits until the container of the database was started, which is seconds before it takes
//! connections. What begins too early fails, is started again, or comes up half: with a migration missing, without
//! its secrets, in a mode for emergencies.
//!
//! ## What changes
//! An entry of `depends_on` whose service has a health check gets `condition: service_healthy`; a list becomes a
//! mapping for that, with the other entries as they were (`service_started`) and every comment kept. A health check
//! counts if the service has one, or the Dockerfile that it is built from, or the image, as its facts or its own
//! configuration say.
//!
//! Left alone: what waits until another service has completed, and services that look like jobs or have their check
//! switched off. A mapping that waits for the health of one service and for the start of another says both on purpose.
//! Where the check uses a program that the image is not known to have, the fix says so and is not made: waiting for
//! such a check would never end. Nor is it made where the check asks a service that itself waits for this one, and
//! between the members of one cluster, none of whom may be healthy before the others are there.
//!
//! ## Can it break?
//! A service whose dependency never becomes healthy does not start any more; `docker compose ps` shows the check's
//! state. To undo it: `hardtack rollback --rule wait-for-healthy --service NAME`.
//!
//! ## Examples
//! ```yaml before
//! services:
//!   web:
//!     image: example/web:1
//!     depends_on:
//!       - db # the ledger
//!       # sessions
//!       - cache
//!   db:
//!     image: postgres:16
//!     healthcheck:
//!       test: [CMD, pg_isready, "-h", 127.0.0.1]
//!   cache:
//!     image: redis:7
//! ```
//! ```yaml after
//! services:
//!   web:
//!     image: example/web:1
//!     depends_on:
//!       db: # the ledger
//!         condition: service_healthy
//!       # sessions
//!       cache:
//!         condition: service_started
//!   db:
//!     image: postgres:16
//!     healthcheck:
//!       test: [CMD, pg_isready, "-h", 127.0.0.1]
//!   cache:
//!     image: redis:7
//! ```
//! In brackets, with dashes under the key, and as a mapping:
//! ```yaml before
//! services:
//!   db:
//!     image: postgres:16
//!     healthcheck:
//!       test: [CMD, pg_isready]
//!   web:
//!     image: example/web:1
//!     depends_on: [db] # first of all
//!   api:
//!     image: example/api:1
//!     depends_on:
//!     - db
//!   worker:
//!     image: example/worker:1
//!     depends_on:
//!       db: { condition: service_started, restart: true }
//! ```
//! ```yaml after
//! services:
//!   db:
//!     image: postgres:16
//!     healthcheck:
//!       test: [CMD, pg_isready]
//!   web:
//!     image: example/web:1
//!     depends_on: # first of all
//!       db:
//!         condition: service_healthy
//!   api:
//!     image: example/api:1
//!     depends_on:
//!       db:
//!         condition: service_healthy
//!   worker:
//!     image: example/worker:1
//!     depends_on:
//!       db: { condition: service_healthy, restart: true }
//! ```
//! A list that services share changes where it is written if all of them want it, else the service gets its own:
//! ```yaml before
//! x-needs: &needs
//!   - db
//! services:
//!   db:
//!     image: postgres:16
//!     healthcheck: { test: [CMD, pg_isready] }
//!   web:
//!     image: example/web:1
//!     depends_on: *needs
//!   api:
//!     image: example/api:1
//!     depends_on: *needs
//! ```
//! ```yaml after
//! x-needs: &needs
//!   db:
//!     condition: service_healthy
//! services:
//!   db:
//!     image: postgres:16
//!     healthcheck: { test: [CMD, pg_isready] }
//!   web:
//!     image: example/web:1
//!     depends_on: *needs
//!   api:
//!     image: example/api:1
//!     depends_on: *needs
//! ```
//! Nothing to wait for, a check that is off, a job, and one who waits already:
//! ```yaml untouched
//! services:
//!   web:
//!     image: example/web:1
//!     depends_on: [cache, quiet]
//!   api:
//!     image: example/api:1
//!     depends_on:
//!       db: { condition: service_healthy }
//!       migrate: { condition: service_completed_successfully }
//!   worker:
//!     image: example/worker:1
//!     depends_on: [migrate]
//!   cache:
//!     image: redis:7
//!   quiet:
//!     image: postgres:16
//!     healthcheck: { test: [CMD, pg_isready], disable: true }
//!   db:
//!     image: postgres:16
//!     healthcheck: { test: [CMD, pg_isready] }
//!   migrate:
//!     image: postgres:16
//!     healthcheck: { test: [CMD, pg_isready] }
//! ```
//! The check may stand in a Dockerfile, and ask for another name of who would wait:
//! ```dockerfile beside Dockerfile
//! FROM nginx:1.27-alpine
//! HEALTHCHECK CMD wget -q --spider http://backend:8000/health
//! ```
//! ```yaml refused=explicit
//! services:
//!   api:
//!     image: example/api:1
//!     depends_on: [proxy]
//!     networks: { default: { aliases: [backend] } }
//!   proxy:
//!     build: .
//! ```
//! Here somebody chose for each:
//! ```yaml refused=explicit
//! services:
//!   web:
//!     image: example/web:1
//!     depends_on:
//!       db: { condition: service_healthy }
//!       cache: { condition: service_started }
//!   db:
//!     image: postgres:16
//!     healthcheck: { test: [CMD, pg_isready] }
//!   cache:
//!     image: redis:7
//!     healthcheck: { test: [CMD, redis-cli, ping] }
//! ```
//! An item with an anchor can't become a key:
//! ```yaml refused=notation
//! services:
//!   web:
//!     image: example/web:1
//!     depends_on:
//!       - &db db
//!   api:
//!     image: example/api:1
//!     links: [*db]
//!   db:
//!     image: postgres:16
//!     healthcheck: { test: [CMD, pg_isready] }
//! ```
//! Compose replaces variables in the items of a list, and not in keys:
//! ```yaml refused=interpolated
//! services:
//!   web:
//!     image: example/web:1
//!     depends_on: [db, "${QUEUE:-queue}"]
//!   db:
//!     image: postgres:16
//!     healthcheck: { test: [CMD, pg_isready] }
//! ```
//! ```yaml refused=fragment
//! services:
//!   web:
//!     depends_on: [db]
//!   db:
//!     image: postgres:16
//!     healthcheck: { test: [CMD, pg_isready] }
//! ```
//! This check asks the one who would wait for it:
//! ```yaml refused=explicit
//! services:
//!   api:
//!     image: example/api:1
//!     depends_on: [proxy]
//!   proxy:
//!     image: nginx:1.27-alpine
//!     healthcheck: { test: [CMD, wget, -q, --spider, "http://api:8000/health"] }
//! ```
//! Two of three have to be there before either is healthy:
//! ```yaml refused=explicit
//! services:
//!   one:
//!     image: opensearchproject/opensearch:2
//!     environment: ["cluster.initial_cluster_manager_nodes=one,two,three"]
//!     healthcheck: { test: [CMD, curl, "-fk", "https://localhost:9200/_plugins/_security/health"] }
//!   two:
//!     image: opensearchproject/opensearch:2
//!     environment: ["cluster.initial_cluster_manager_nodes=one,two,three"]
//!     depends_on: [one]
//! ```
//! This image has no `curl`, so its check never succeeds:
//! ```yaml refused=explicit
//! services:
//!   web:
//!     image: example/web:1
//!     depends_on: [app]
//!   app:
//!     image: python:3.13-slim
//!     healthcheck: { test: [CMD, curl, "-f", "http://127.0.0.1:8000/"] }
//! ```

mod cluster;
mod delay;
mod ring;

use crate::knowledge::Confidence;
use crate::model::compose::{Dependency, Project, Service};
use crate::rule::{
    Context, Effect, Evidence, Finding, FindingBuilder, Fix, Ground, HealthCheck, Meta, Operation, Question,
    Reach, Refusal, RefusalCode, Remedy, Rule, ServiceEffect, Severity, listed,
};
use crate::syntax::Value;
use std::collections::HashSet;

/// The rule of this file.
pub(super) struct WaitForHealthy;

static META: Meta = Meta {
    id: "wait-for-healthy",
    severity: Severity::Low,
    source: include_str!("wait_for_healthy.rs"),
    after: &["add-healthcheck"],
    options: &[],
    supports: &[],
};

const FIELD: &str = "depends_on";
const HEALTHY: &str = "service_healthy";
const STARTED: &str = "service_started";

impl Rule for WaitForHealthy {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn builds_on(&self) -> &'static [Ground] {
        &[
            Ground { rule: "add-healthcheck", reach: Reach::Services },
            Ground { rule: "dockerfile-healthcheck", reach: Reach::Services },
        ]
    }

    /// Whether an image that no fact is known about checks its own health.
    fn ask_ahead(&self, context: &Context<'_>) -> Vec<(String, Question)> {
        let jobs = jobs(context.project);
        let of_service = |service: Service<'_>| {
            let awaited = awaited(&service, &jobs).into_iter().filter(|other| !may_be_absent(context, other));
            let questions = awaited.filter_map(|other| context.question_of_health(&other));
            questions.map(|question| (service.name.to_owned(), question)).collect::<Vec<_>>()
        };
        context.project.services().filter(|service| service.file.in_scope).flat_map(of_service).collect()
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let jobs = jobs(context.project);
        context.findings_of_services(|service| check_service(context, service, &jobs))
    }
}

/// The services that others wait for until they have completed, with their folder.
fn jobs(project: &Project) -> HashSet<(String, String)> {
    let mut jobs = HashSet::new();
    for file in project.files() {
        let dependencies = file.services().flat_map(|service| service.dependencies());
        let completed = dependencies.filter(Dependency::is_completion);
        jobs.extend(completed.map(|job| (file.folder().to_owned(), job.service)));
    }
    jobs
}

/// Why it is worth waiting for a service.
enum Check {
    /// It has a health check.
    Some(Evidence),
    /// It has one that can't succeed, and why.
    Broken(String),
}

fn check_service(
    context: &Context<'_>,
    service: Service<'_>,
    jobs: &HashSet<(String, String)>,
) -> Option<Finding> {
    // A swarm ignores `depends_on`, and reads the list alone.
    if service.has("provider") || service.file.is_stack() {
        return None;
    }
    let dependencies = service.dependencies();
    let is_list = service.field(FIELD).is_some_and(|field| service.tree().sequence(field.value).is_some());
    let (mut healthy, mut evidence, mut broken) = (HashSet::new(), Vec::new(), Vec::new());
    let mut delays = String::new();
    for other in awaited(&service, jobs) {
        match health_check(context, &other) {
            Some(Check::Some(fact)) => match ring::leads_back(context, &service, &other) {
                Some(why) => broken.push(why),
                None => {
                    delays.extend(delay::of(context, &other).map(|told| format!("; {told}")));
                    healthy.insert(other.name);
                    evidence.push(fact);
                }
            },
            Some(Check::Broken(why)) => broken.push(why),
            None => {}
        }
    }
    let names: Vec<&str> = dependencies
        .iter()
        .map(|entry| entry.service.as_str())
        .filter(|name| healthy.contains(name))
        .collect();
    let node = service.field(FIELD)?.value;
    let finding = FindingBuilder::new(META.id, META.severity, service).at(node);
    if names.is_empty() {
        let why = broken.into_iter().next()?;
        let refusal = Refusal::new(RefusalCode::Explicit, why);
        let message = "it starts before what it depends on serves";
        return Some(finding.subject(FIELD).build(message, Remedy::Refused(refusal)));
    }
    let subject = names.join(", ");
    let (serve, are) = if names.len() > 1 { ("serve", "are") } else { ("serves", "is") };
    let message = format!("it starts before {} {serve}", listed(&names, "and"));
    let finding = finding.relies_on(names.iter().map(|name| (*name).to_owned()).collect());
    let finding =
        evidence.into_iter().fold(finding.subject(&subject), |finding, fact| finding.because(Some(fact)));
    if is_list && dependencies.iter().any(|entry| entry.service.contains('$')) {
        let why = "a variable names one of the services, and Compose replaces none in keys";
        return Some(finding.build(message, Remedy::Refused(Refusal::new(RefusalCode::Interpolated, why))));
    }
    if dependencies.iter().any(|entry| entry.condition.as_deref() == Some(HEALTHY)) {
        let why =
            "others are waited for until they are healthy, so this one seems to be chosen: change it by hand";
        return Some(finding.build(message, Remedy::Refused(Refusal::new(RefusalCode::Explicit, why))));
    }
    if let Some(fragment) = context.project.fragment(&service) {
        let refusal = Refusal::new(RefusalCode::Fragment, fragment.to_string());
        return Some(finding.build(message, Remedy::Refused(refusal)));
    }
    let effects = if is_list {
        vec![as_mapping(&service, &dependencies, &healthy)]
    } else {
        names.iter().map(|name| condition(&service, name)).collect()
    };
    let [all, one] = ["and", "or"].map(|word| listed(&names, word));
    let caveat = format!("should {one} never become healthy, the service does not start at all{delays}");
    Some(finding.build(
        message,
        Remedy::Fix(Fix::caution(format!("wait until {all} {are} healthy"), caveat, effects)),
    ))
}

/// The services that one waits for until they have started and no more, but for jobs.
fn awaited<'p>(service: &Service<'p>, jobs: &HashSet<(String, String)>) -> Vec<Service<'p>> {
    let is_started = |dependency: &Dependency| {
        let waits = dependency.condition.as_deref().is_some_and(|condition| condition != STARTED);
        let place = (service.file.folder().to_owned(), dependency.service.clone());
        !waits && !jobs.contains(&place)
    };
    let dependencies = service.dependencies().into_iter().filter(is_started);
    dependencies.filter_map(|dependency| service.file.services_named(&dependency.service).next()).collect()
}

/// Whether a service is started on demand or runs once, so that it may not be there to wait for.
fn may_be_absent(context: &Context<'_>, other: &Service<'_>) -> bool {
    context.project.parts(other).iter().any(|part| {
        part.has("profiles") || part.has("provider") || part.text_at(&["restart"]).as_deref() == Some("no")
    })
}

/// The list as a mapping, each entry with its condition.
fn as_mapping(service: &Service<'_>, dependencies: &[Dependency], healthy: &HashSet<&str>) -> Effect {
    let entries = dependencies.iter().map(|entry| {
        let condition = if healthy.contains(entry.service.as_str()) { HEALTHY } else { STARTED };
        let value = Value::Mapping(vec![("condition".to_owned(), Value::string(condition))]);
        (entry.service.clone(), value)
    });
    ServiceEffect::on(service, &[FIELD], Operation::Set(Value::Mapping(entries.collect()))).into()
}

fn condition(service: &Service<'_>, name: &str) -> Effect {
    ServiceEffect::on(service, &[FIELD, name, "condition"], Operation::Set(Value::string(HEALTHY))).into()
}

/// The health check of a service that others depend on, wherever it comes from.
fn health_check(context: &Context<'_>, other: &Service<'_>) -> Option<Check> {
    if may_be_absent(context, other) {
        return None;
    }
    let name = other.name;
    let read = |fact: String, source: &str| {
        Check::Some(Evidence { confidence: Confidence::Documented, fact, source: source.to_owned() })
    };
    match context.health_check(other) {
        HealthCheck::Unknown | HealthCheck::Off => None,
        HealthCheck::Compose { file, missing: None } => {
            Some(read(format!("`{name}` has a health check"), &file))
        }
        HealthCheck::Compose { missing: Some(program), .. } => Some(Check::Broken(format!(
            "the health check of `{name}` uses {program}, which its image is not known to have: waiting for it might never end"
        ))),
        HealthCheck::Dockerfile { path } => {
            Some(read(format!("`{name}` is built with a health check"), &path))
        }
        HealthCheck::Image(evidence) => Some(Check::Some(evidence)),
    }
}
