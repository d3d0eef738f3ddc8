//! Gives services that run in a bare language image an init process, which passes signals on and buries the dead.
//!
//! ## Why
//! The first process of a container gets no default handling of signals, and inherits every orphan. An interpreter or a
//! shell that was not made for that ignores `SIGTERM`, so that each stop takes ten seconds and ends in a kill with
//! connections open, and leaves zombies until the limit of processes is reached.
//!
//! ## What changes
//! `init: true` is added to a service whose image, as the facts say, leaves to the deployment what runs in it (a language,
//! a shell), and that has no entry point of its own. Images with a program that is made to be the first process, with a
//! supervisor, or that step down from root need none or break with it, and are left alone. A Dockerfile that brings
//! an init along (`tini`, `dumb-init`) is left alone, too.
//!
//! ## Can it break?
//! Hardly: Docker's own `docker-init` becomes the first process and starts the program. A program that insists on being
//! process 1 says so in its log. To undo it: `hardtack rollback --rule init-process --service NAME`.
//!
//! ## Examples
//! ```yaml before
//! services:
//!   app:
//!     image: node:22
//!     command: node server.js # port 3000
//! ```
//! ```yaml after
//! services:
//!   app:
//!     image: node:22
//!     command: node server.js # port 3000
//!     init: true
//! ```
//! A service that is built on such an image:
//! ```dockerfile beside app/Dockerfile
//! FROM python:3.13-slim
//! COPY . /app
//! CMD ["python", "/app/main.py"]
//! ```
//! ```yaml before
//! services:
//!   app: { build: app, ports: ["80:8000"] }
//! ```
//! ```yaml after
//! services:
//!   app: { build: app, ports: ["80:8000"], init: true }
//! ```
//! Programs, supervisors, what is said already, and what brings an init along:
//! ```dockerfile beside own/Dockerfile
//! FROM node:22
//! RUN apt-get update && apt-get install -y --no-install-recommends tini
//! ENTRYPOINT ["tini", "--"]
//! CMD ["node", "server.js"]
//! ```
//! ```yaml untouched
//! services:
//!   db:
//!     image: postgres:16
//!   app:
//!     image: node:22
//!     init: false
//!   shared:
//!     image: node:22
//!     pid: host
//!   own:
//!     build: own
//!   wrapped:
//!     image: node:22
//!     entrypoint: [/usr/bin/dumb-init, node]
//! ```
//! ```yaml refused=fragment
//! services:
//!   base:
//!     image: node:22
//!   app:
//!     extends: base
//!     init: true
//! ```

use crate::knowledge::{EntryPoint, Tag};
use crate::model::compose::Service;
use crate::rule::{
    Context, Evidence, Finding, FindingBuilder, Fix, Ground, Meta, Operation, Reach, Refusal, RefusalCode,
    Remedy, Rule, ServiceEffect, Severity,
};
use crate::syntax::Value;

/// The rule of this file.
pub(super) struct InitProcess;

static META: Meta = Meta {
    id: "init-process",
    severity: Severity::Info,
    source: include_str!("init_process.rs"),
    after: &[],
    options: &[],
    supports: &[],
};

const FIELD: &str = "init";
const CAVEAT: &str = "the program is process 1 no longer: one that insists on that says so in its log";

/// Programs that are the first process in place of what a service runs.
const INITS: [&str; 5] = ["tini", "dumb-init", "s6-svscan", "supervisord", "runit"];

impl Rule for InitProcess {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn builds_on(&self) -> &'static [Ground] {
        &[Ground { rule: "nginx-unprivileged", reach: Reach::Services }]
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        context.findings_of_services(|service| check_service(context, service))
    }
}

fn check_service(context: &Context<'_>, service: Service<'_>) -> Option<Finding> {
    let parts = context.project.parts(&service);
    // With another container's or the host's processes its own is not the first one.
    let is_settled = |part: &Service<'_>| {
        ["provider", FIELD, "pid", "entrypoint"].iter().any(|key| part.has(key)) || names_an_init(part)
    };
    if parts.iter().any(is_settled) {
        return None;
    }
    let evidence = evidence(context, &service)?;
    let finding = FindingBuilder::new(META.id, META.severity, service).subject(FIELD).because(Some(evidence));
    let message = "its first process was not made to pass signals on and to bury the dead";
    if let Some(fragment) = context.project.fragment(&service) {
        let refusal = Refusal::new(RefusalCode::Fragment, fragment.to_string());
        return Some(finding.build(message, Remedy::Refused(refusal)));
    }
    let effect = ServiceEffect::on(&service, &[FIELD], Operation::Set(Value::Bool(true)));
    let fix = Fix::caution("start it below an init process", CAVEAT, vec![effect.into()]);
    Some(finding.build(message, Remedy::Fix(fix)))
}

fn names_an_init(part: &Service<'_>) -> bool {
    let words = part.words_at(&["command"]);
    words.iter().filter_map(|word| word.rsplit('/').next()).any(|word| INITS.contains(&word))
}

/// What shows that the image leaves it to the deployment what runs in it.
fn evidence(context: &Context<'_>, service: &Service<'_>) -> Option<Evidence> {
    let run = context.project.run(service)?;
    let brings_one = |text: &str| INITS.iter().any(|init| text.contains(init));
    if run.has_own_entrypoint() || run.built.as_ref().is_some_and(|built| brings_one(built.file.tree.text()))
    {
        return None;
    }
    let image = run.image()?;
    let start = context.catalogue.image(&image.full_repository())?.start.get(&Tag::of(image))?;
    (start.entrypoint == EntryPoint::Shell).then(|| Evidence {
        confidence: start.confidence,
        fact: "the image starts what the deployment says, without an init process".to_owned(),
        source: start.source.clone(),
    })
}
