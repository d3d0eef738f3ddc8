//! Keeps the processes of a service from gaining privileges that they were not started with.
//!
//! ## Why
//! A setuid program in an image (`su`, `mount`, one that an attacker left) makes its caller root. With
//! `no-new-privileges` the kernel ignores setuid bits and file capabilities when a program is started, so
//! a break-in stays with the user that it began with.
//!
//! ## What changes
//! `security_opt` of the service gets the item `no-new-privileges:true`; the list is made if it is not
//! there. All spellings that Compose knows count as set: `no-new-privileges`, with `:true` or `=true`.
//!
//! ## Can it break?
//! Root that steps down by `gosu`, `su-exec` or `setpriv` is not affected. What needs `sudo`, or a program
//! with file capabilities (some `ping`s), fails. Where the image facts know of such a need the fix is held
//! back or refused; a Dockerfile is read for `sudo`, `setcap` and setuid bits; of an image that nothing is known
//! of the fix says so. Beside `privileged: true` it still keeps what is not root from becoming it: where something is known of the
//! image it is set there, too, where nothing is, it is marked as unverified, and what starts containers of its own (`docker:dind`) is
//! left alone. It is held back where the service is given what containers mostly get by file capabilities. To see it: `docker compose logs` after a start. To undo it: `hardtack rollback --rule no-new-privileges --service NAME`.
//!
//! ## Examples
//! ```yaml before
//! services:
//!   db:
//!     image: postgres:16 # the ledger
//!     volumes:
//!       - data:/var/lib/postgresql/data
//!
//! volumes:
//!   data:
//! ```
//! ```yaml after
//! services:
//!   db:
//!     image: postgres:16 # the ledger
//!     volumes:
//!       - data:/var/lib/postgresql/data
//!     security_opt:
//!       - no-new-privileges:true
//!
//! volumes:
//!   data:
//! ```
//! A list that is there grows, in the notation that it has:
//! ```yaml before
//! services:
//!   web: { image: "nginx:1.27", security_opt: ["apparmor=web"] }
//! ```
//! ```yaml after
//! services:
//!   web: { image: "nginx:1.27", security_opt: ["apparmor=web", "no-new-privileges:true"] }
//! ```
//! A list that comes through a merge key is shared. It grows where it is written if everyone who sees it
//! wants the same:
//! ```yaml before
//! x-base: &base
//!   security_opt:
//!     - apparmor=stack
//! services:
//!   api:
//!     <<: *base
//!     image: redis:7
//!   worker:
//!     <<: *base
//!     image: redis:7
//! ```
//! ```yaml after
//! x-base: &base
//!   security_opt:
//!     - apparmor=stack
//!     - no-new-privileges:true
//! services:
//!   api:
//!     <<: *base
//!     image: redis:7
//!   worker:
//!     <<: *base
//!     image: redis:7
//! ```
//! and is copied where not:
//! ```yaml before
//! x-base: &base
//!   security_opt: [apparmor=stack]
//! services:
//!   api:
//!     <<: *base
//!     image: redis:7
//!   probe:
//!     <<: *base
//!     image: docker:28-dind
//!     privileged: true
//! ```
//! ```yaml after
//! x-base: &base
//!   security_opt: [apparmor=stack]
//! services:
//!   api:
//!     <<: *base
//!     image: redis:7
//!     security_opt:
//!       - apparmor=stack
//!       - no-new-privileges:true
//!   probe:
//!     <<: *base
//!     image: docker:28-dind
//!     privileged: true
//! ```
//! Written into `api`, the list would hide the one that `worker` merges behind it:
//! ```yaml refused=anchored
//! x-base: &base
//!   security_opt: ["no-new-privileges:true", apparmor=stack]
//! services:
//!   api: &api
//!     image: redis:7
//!   worker:
//!     <<: [*api, *base]
//! ```
//! Other spellings count, and an explicit `false` is somebody's decision:
//! ```yaml untouched
//! services:
//!   cache:
//!     image: redis:7
//!     security_opt: [no-new-privileges=true]
//! ```
//! ```yaml refused=explicit
//! services:
//!   cache:
//!     image: redis:7
//!     security_opt: ["no-new-privileges:false"]
//! ```
//! A command that begins with `sudo` would not start:
//! ```yaml refused=explicit
//! services:
//!   cron:
//!     image: registry.example.org/cron:1
//!     command: sudo -E crond -f
//! ```
//! That counts for what a Dockerfile starts, too:
//! ```dockerfile beside
//! FROM debian:12
//! RUN apt-get update && apt-get install -y sudo
//! CMD ["sudo", "-u", "app", "/app/serve"]
//! ```
//! ```yaml refused=explicit
//! services:
//!   app:
//!     build: .
//! ```
//! What starts containers of its own, privileged as it is, would hand it on to all of them:
//! ```yaml advice
//! services:
//!   engine:
//!     image: docker:28-dind
//!     privileged: true
//! ```
//! What a service extends says which image it runs:
//! ```yaml refused=explicit
//! services:
//!   base:
//!     image: pihole/pihole:2024.07.0
//!   dns:
//!     extends: base
//! ```
//! What `cap_add` gives, a program that is not root has by its file alone. Where nobody knows who uses it, the fix is marked
//! as unverified, and the profile `recommended` does not make it:
//! ```yaml before
//! services:
//!   scanner:
//!     image: example/scanner:1
//!     cap_add: [NET_RAW]
//! ```
//! ```yaml after
//! services:
//!   scanner:
//!     image: example/scanner:1
//!     cap_add: [NET_RAW]
//!     security_opt: [no-new-privileges:true]
//! ```
//! A part of a service is left alone:
//! ```yaml refused=fragment
//! services:
//!   cache:
//!     environment: { LEVEL: debug }
//! ```

mod built;
mod given;
mod privileged;

use crate::knowledge::{Confidence, NoNewPrivileges as PrivilegeFact, PrivilegeLevel};
use crate::model::ImageReference;
use crate::model::compose::{Ground, Run, Service};
use crate::rule::{
    Context, Evidence, Finding, FindingBuilder, Fix, Meta, Operation, Refusal, RefusalCode, Remedy, Rule,
    ServiceEffect, Severity, parts,
};
use crate::syntax::{Route, Value};
use built::{CALLERS, Gains, gains};
use privileged::gains_by_design;

/// The rule of this file.
pub(super) struct NoNewPrivileges;

static META: Meta = Meta {
    id: "no-new-privileges",
    severity: Severity::Medium,
    source: include_str!("no_new_privileges.rs"),
    after: &[],
    options: &[],
    supports: &[
        "CIS Docker 1.6.0 5.26 (direct)",
        "OWASP Docker Security Cheat Sheet rule 4 (direct)",
        "NIST SP 800-190 4.4.3",
        "OWASP Docker Top 10 D04",
        "HIPAA 45 CFR 164.312(a)(1) (inferred)",
        "PCI DSS 4.0.1 2.2.6 (inferred)",
    ],
};

const FIELD: &str = "security_opt";
const ITEM: &str = "no-new-privileges:true";
const CAVEAT: &str = "nothing is known of what it runs: if it relies on sudo, or on a program with setuid bit or \
                      file capabilities, that part fails; look at its log after the next start";

impl Rule for NoNewPrivileges {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        context.findings_of_services(|service| check_service(context, service))
    }
}

fn check_service(context: &Context<'_>, service: Service<'_>) -> Option<Finding> {
    // A provider is no container, and a swarm ignores `security_opt`.
    if service.has("provider") || service.file.is_stack() {
        return None;
    }
    let finding = FindingBuilder::new(META.id, META.severity, service).subject(ITEM);
    match effective_setting(context, &service) {
        Some(true) => return None,
        Some(false) => {
            let message = "it is switched off on purpose; take the item out if that is no longer meant";
            let refusal = Refusal::new(RefusalCode::Explicit, message);
            return Some(finding.build("no-new-privileges is set to false", Remedy::Refused(refusal)));
        }
        None => {}
    }
    let message = "its processes may gain privileges through setuid programs";
    if let Some(fragment) = context.project.fragment(&service) {
        let refusal = Refusal::new(RefusalCode::Fragment, fragment.to_string());
        return Some(finding.build(message, Remedy::Refused(refusal)));
    }
    if let Some((field, program)) = setuid_program(context, &service) {
        let why =
            format!("its `{field}` runs `{program}`, which fails with it; start the service without it");
        let refusal = Refusal::new(RefusalCode::Explicit, why);
        return Some(finding.build(message, Remedy::Refused(refusal)));
    }
    if let Some(kind) = gains_by_design(context, &service).filter(|_| is_privileged(context, &service)) {
        let advice =
            format!("it is privileged, and {}; take `privileged` away first, if it can do without", kind.why);
        return Some(finding.build(message, Remedy::Advice(advice)));
    }
    let (remedy, evidence) = remedy(context, &service);
    Some(finding.because(evidence).build(message, remedy))
}

/// Whether a service is privileged, be it by what it extends or by the file below.
fn is_privileged(context: &Context<'_>, service: &Service<'_>) -> bool {
    parts(context.project, service).iter().any(|part| part.is_true("privileged"))
}

/// A program in what the service starts that refuses to run with the option, and the field that has it.
fn setuid_program(context: &Context<'_>, service: &Service<'_>) -> Option<(&'static str, &'static str)> {
    let parts = parts(context.project, service);
    let in_field = |field: &'static str| {
        let texts =
            parts.iter().flat_map(|part| part.scalar(field).into_iter().chain(part.scalar_items(field)));
        let found: Vec<&str> = texts.flat_map(words).collect();
        CALLERS.into_iter().find(|program| found.contains(program)).map(|program| (field, program))
    };
    ["command", "entrypoint"].into_iter().find_map(in_field)
}

/// The words of a command, in any form; of a path its last part.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split([' ', '\t', '\n', ';', '&', '|', '(', ')', '"', '\'', ',', '[', ']']);
    parts.filter_map(|word| word.rsplit('/').next())
}

/// What the service has, its bases by `extends` and the file below included: true, false or nothing.
fn effective_setting(context: &Context<'_>, service: &Service<'_>) -> Option<bool> {
    let parts = parts(context.project, service);
    let own = parts.iter().flat_map(settings).reduce(|a, b| a && b);
    // Switched off in a file on top of this one, it is somebody's decision for this one, too.
    let above = || context.project.above(service).flat_map(|part| settings(&part)).any(|setting| !setting);
    own.or_else(|| above().then_some(false))
}

/// What the items of one part say about it.
fn settings(part: &Service<'_>) -> Vec<bool> {
    part.scalar_items(FIELD).filter_map(|item| setting(&part.interpolate(item)?)).collect()
}

/// What one `security_opt` item says about it.
fn setting(item: &str) -> Option<bool> {
    match item.trim().strip_prefix("no-new-privileges")? {
        "" | ":true" | "=true" => Some(true),
        ":false" | "=false" => Some(false),
        _ => None,
    }
}

fn remedy(context: &Context<'_>, service: &Service<'_>) -> (Remedy, Option<Evidence>) {
    let effect = ServiceEffect {
        file: service.file.path.clone(),
        document: service.document,
        service: service.name.to_owned(),
        path: Route::root().key(FIELD),
        operation: Operation::Append(Value::string(ITEM)),
    };
    let title = format!("add {ITEM}");
    let effects = vec![effect.into()];
    let safe = |title, effects, evidence| (Remedy::Fix(Fix::safe(title, effects)), evidence);
    let caution = |why: String| {
        if is_privileged(context, service) {
            let why = match why == CAVEAT {
                true => privileged::CAVEAT.to_owned(),
                false => format!("{}; {why}", privileged::CAVEAT),
            };
            let fix = Fix::unverified(title.clone(), why, effects.clone());
            return (Remedy::Fix(fix), Some(privileged::inferred()));
        }
        (Remedy::Fix(Fix::caution(title.clone(), why, effects.clone())), Some(kernel()))
    };
    let run = context.project.run(service);
    if let Some(built) = run.as_ref().and_then(|run| run.built.as_ref()) {
        match gains(service, built) {
            Gains::Started(program, instruction) => {
                let path = &built.file.path;
                let why = format!("{instruction} of {path} runs `{program}`, which fails with it");
                return (Remedy::Refused(Refusal::new(RefusalCode::Explicit, why)), None);
            }
            Gains::Present(word) => {
                let path = &built.file.path;
                return caution(format!(
                    "{path} says `{word}`: what a running container does with that fails"
                ));
            }
            Gains::Nothing => {}
        }
    }
    if let Some(why) = given::by_script(context, service) {
        return (Remedy::Fix(Fix::unverified(title, why, effects)), Some(given::inferred()));
    }
    if run.as_ref().is_some_and(|run| run.ground == Ground::Scratch) {
        return safe(title, effects, None);
    }
    let image = run.as_ref().and_then(Run::image).map(ImageReference::full_repository);
    // Where a variable decides about the tag, the repository may still be known.
    let running = || context.project.running(service)?.repository();
    let facts = image.or_else(running).and_then(|repository| context.catalogue.image(&repository));
    let Some(facts) = facts else {
        return match given::may_be_by_file(context, service) {
            Some(why) => (Remedy::Fix(Fix::unverified(title, why, effects)), Some(given::inferred())),
            None => caution(CAVEAT.to_owned()),
        };
    };
    let Some(fact) = &facts.no_new_privileges else { return safe(title, effects, None) };
    let evidence = Some(evidence(fact));
    match fact.level_for(|setting| context.presence(service, setting)) {
        PrivilegeLevel::Compatible => safe(title, effects, evidence),
        PrivilegeLevel::Conditional => {
            (Remedy::Fix(Fix::caution(title, fact.why.clone(), effects)), evidence)
        }
        PrivilegeLevel::Breaks => {
            let refusal =
                Refusal::new(RefusalCode::Explicit, format!("the image needs it off: {}", fact.why));
            (Remedy::Refused(refusal), evidence)
        }
    }
}

/// What the option does, whatever the image.
fn kernel() -> Evidence {
    Evidence {
        confidence: Confidence::Documented,
        fact: "only setuid bits and file capabilities lose their effect".to_owned(),
        source: "Linux kernel, Documentation/userspace-api/no_new_privs.rst".to_owned(),
    }
}

fn evidence(fact: &PrivilegeFact) -> Evidence {
    Evidence { confidence: fact.confidence, fact: fact.why.clone(), source: fact.source.clone() }
}
