//! Limits the memory, the processors, the processes and the open files that a service may take.
//!
//! ## Why
//! A service without limits that is attacked, or has a leak, takes all that the host has, and every other service
//! goes down with it.
//!
//! ## What changes
//! What the options ask for is added, for all services or for one, as far as the service has no such limit: no
//! number that somebody wrote is touched, and without options nothing changes, since what a service needs is known
//! to those who run it. The profile `strict` brings numbers for all. A service whose own settings ask for more memory
//! than two thirds of the limit (`-Xmx`, `shm_size`, `--maxmemory`, a heap, a pool or a cache in a variable, an option or
//! a configuration file of the project, a tmpfs), that computes on a device, serves models, or is never killed
//! (`oom_kill_disable`) gets advice. The notation is the one that the service has (`deploy.resources.limits`, or `mem_limit`,
//! `cpus` and `pids_limit`), else the one that prevails in its file; never both, which Compose refuses to load. What
//! nothing heeds is not written, and the fix says so: `reserve-cpus` outside a swarm, and `nproc`, which counts a user's
//! processes on the whole host. `reserve-memory` is written beside the limits.
//!
//! ## Can it break?
//! Yes, if a number is too small: what needs more memory is killed (exit code 137), a process or a file too many fails
//! to open. Look at `docker stats` under load first; a heap that is set by hand (`-Xmx`, `maxmemory`) needs room above
//! it. To undo it: `hardtack rollback --rule limit-resources --service NAME`.
//!
//! ## Examples
//! ```yaml settings
//! rules:
//!   limit-resources:
//!     options: { memory: 512m, pids: 200 }
//!     services:
//!       db: { memory: 2g, cpus: 1.5, nofile: 4096, nofile-hard: 8192 }
//! ```
//! ```yaml before
//! services:
//!   web:
//!     image: nginx:1.27 # front
//!   db:
//!     image: postgres:16
//!     deploy:
//!       replicas: 1
//! ```
//! ```yaml after
//! services:
//!   web:
//!     image: nginx:1.27 # front
//!     deploy:
//!       resources:
//!         limits:
//!           memory: 512m
//!           pids: 200
//!   db:
//!     image: postgres:16
//!     deploy:
//!       replicas: 1
//!       resources:
//!         limits:
//!           memory: 2g
//!           cpus: "1.5"
//!           pids: 200
//!     ulimits:
//!       nofile:
//!         soft: 4096
//!         hard: 8192
//! ```
//! The notation that is there stays, and so do its numbers:
//! ```yaml before
//! services:
//!   web: { image: "nginx:1.27", mem_limit: 64m }
//!   api:
//!     image: redis:7
//!     deploy: { resources: { limits: { cpus: "0.5" } } }
//! ```
//! ```yaml after
//! services:
//!   web: { image: "nginx:1.27", mem_limit: 64m, pids_limit: 200 }
//!   api:
//!     image: redis:7
//!     deploy: { resources: { limits: { cpus: "0.5", memory: 512m, pids: 200 } } }
//! ```
//! What comes through a merge key is shared. It grows where it is written if everyone who sees it wants the same:
//! ```yaml before
//! x-deploy: &deploy
//!   restart_policy: { condition: any }
//! services:
//!   web:
//!     image: nginx:1.27
//!     deploy: *deploy
//!   api:
//!     image: redis:7
//!     deploy:
//!       <<: *deploy
//!       replicas: 2
//! ```
//! ```yaml after
//! x-deploy: &deploy
//!   restart_policy: { condition: any }
//!   resources:
//!     limits:
//!       memory: 512m
//!       pids: 200
//! services:
//!   web:
//!     image: nginx:1.27
//!     deploy: *deploy
//!   api:
//!     image: redis:7
//!     deploy:
//!       <<: *deploy
//!       replicas: 2
//! ```
//! and an alias gives way to a mapping of its own where not:
//! ```yaml before
//! x-deploy: &deploy
//!   restart_policy: { condition: any }
//! services:
//!   web:
//!     image: nginx:1.27
//!     deploy: *deploy
//!   db:
//!     image: postgres:16
//!     ulimits: { nofile: 1024 }
//!     deploy: *deploy
//! ```
//! ```yaml after
//! x-deploy: &deploy
//!   restart_policy: { condition: any }
//! services:
//!   web:
//!     image: nginx:1.27
//!     deploy:
//!       <<: *deploy
//!       resources:
//!         limits:
//!           memory: 512m
//!           pids: 200
//!   db:
//!     image: postgres:16
//!     ulimits: { nofile: 1024 }
//!     deploy:
//!       <<: *deploy
//!       resources:
//!         limits:
//!           memory: 2g
//!           cpus: "1.5"
//!           pids: 200
//! ```
//! A heap needs room above it:
//! ```yaml advice
//! services:
//!   search:
//!     image: example.org/search:1
//!     environment:
//!       JAVA_OPTS: -Xms256m -Xmx400m
//! ```
//! An empty block takes them all, and processors that somebody chose stay:
//! ```yaml before
//! services:
//!   db:
//!     image: postgres:16
//!     cpuset: "0-3"
//!     deploy: { resources: { limits: {} } }
//!     ulimits: { nofile: 1024 }
//! ```
//! ```yaml after
//! services:
//!   db:
//!     image: postgres:16
//!     cpuset: "0-3"
//!     deploy: { resources: { limits: {memory: 2g, pids: 200} } }
//!     ulimits: { nofile: 1024 }
//! ```
//! A limit below what is reserved does not start:
//! ```yaml refused=explicit
//! services:
//!   web:
//!     image: nginx:1.27
//!     mem_reservation: 1g
//! ```
//! ```yaml untouched
//! services:
//!   web:
//!     image: nginx:1.27
//!     mem_limit: ${WEB_MEMORY}
//!     pids_limit: -1
//! ```
//! What is set aside stands beside the limits, and what nothing heeds is not written:
//! ```yaml settings
//! rules:
//!   limit-resources:
//!     options: { memory: 1g, reserve-memory: 256m, reserve-cpus: 0.5, nproc: 512 }
//! ```
//! ```yaml before
//! services:
//!   web:
//!     image: nginx:1.27
//!   api:
//!     image: redis:7
//!     deploy: { resources: { limits: { cpus: "0.5" } } }
//!   db:
//!     image: postgres:16
//!     deploy: { resources: { reservations: { memory: 64m } } }
//!   small:
//!     image: memcached:1
//!     deploy: { resources: { limits: { memory: 128m } } }
//! ```
//! ```yaml after
//! services:
//!   web:
//!     image: nginx:1.27
//!     deploy:
//!       resources:
//!         limits:
//!           memory: 1g
//!         reservations:
//!           memory: 256m
//!   api:
//!     image: redis:7
//!     deploy: { resources: { limits: { cpus: "0.5", memory: 1g }, reservations: {memory: 256m} } }
//!   db:
//!     image: postgres:16
//!     deploy: { resources: { reservations: { memory: 64m }, limits: {memory: 1g} } }
//!   small:
//!     image: memcached:1
//!     deploy: { resources: { limits: { memory: 128m } } }
//! ```
//! ```yaml before
//! services:
//!   web: { image: "nginx:1.27", cpus: 0.5 }
//! ```
//! ```yaml after
//! services:
//!   web: { image: "nginx:1.27", cpus: 0.5, mem_limit: 1g, mem_reservation: 256m }
//! ```

mod demand;
mod notation;
mod open_files;
mod reservation;
mod said;

use crate::knowledge::Confidence;
use crate::model::compose::Service;
use crate::rule::{
    Context, Evidence, Finding, FindingBuilder, Fix, Meta, Operation, OptionKind, OptionSpec, OptionValue,
    Refusal, RefusalCode, Remedy, Rule, ServiceEffect, Severity, bytes,
};
use crate::syntax::Value;
use demand::{too_small, wants_more};
use notation::{Prevailing, limit_effects, style};
use open_files::{NOFILE, NOFILE_HARD, open_files};
use reservation::{NPROC, RESERVE_CPUS, RESERVE_MEMORY, Reservation};

/// The rule of this file.
pub(super) struct LimitResources;

/// Below this Docker starts no container.
const LEAST_MEMORY: u64 = 6 << 20;
/// The most processes that Linux counts to.
const MOST_PROCESSES: i64 = 1 << 22;

static MEMORY: OptionSpec = OptionSpec {
    name: "memory",
    kind: OptionKind::Size(LEAST_MEMORY),
    default: "",
    docs: "The most memory that a service may take.",
};
static CPUS: OptionSpec = OptionSpec {
    name: "cpus",
    kind: OptionKind::Decimal(1024),
    default: "",
    docs: "How many processors a service may keep busy.",
};
static PIDS: OptionSpec = OptionSpec {
    name: "pids",
    kind: OptionKind::Integer(1, MOST_PROCESSES),
    default: "",
    docs: "The most processes and threads that a service may have.",
};
static META: Meta = Meta {
    id: "limit-resources",
    severity: Severity::Medium,
    source: include_str!("limit_resources.rs"),
    after: &[],
    options: &[MEMORY, CPUS, PIDS, NOFILE, NOFILE_HARD, RESERVE_MEMORY, RESERVE_CPUS, NPROC],
    supports: &[
        "CIS Docker 1.6.0 5.11 (direct)",
        "CIS Docker 1.6.0 5.12 (direct)",
        "CIS Docker 1.6.0 5.19 (direct)",
        "CIS Docker 1.6.0 5.29 (direct)",
        "OWASP Docker Security Cheat Sheet rule 7 (direct)",
        "NIST SP 800-190 4.4.3",
        "OWASP Docker Top 10 D07",
        "PCI DSS 4.0.1 2.2.6 (inferred)",
    ],
};

/// The block that holds limits in one of the two notations.
const LIMITS: [&str; 3] = ["deploy", "resources", "limits"];

/// One kind of limit, in both notations.
struct Limit {
    option: &'static OptionSpec,
    /// Its key in `deploy.resources.limits`.
    in_deploy: &'static str,
    /// Its key in the service.
    in_service: &'static str,
    /// Other keys of the service that limit the same.
    others: &'static [&'static str],
}

static KINDS: [Limit; 3] = [
    Limit { option: &MEMORY, in_deploy: "memory", in_service: "mem_limit", others: &["memswap_limit"] },
    Limit {
        option: &CPUS,
        in_deploy: "cpus",
        in_service: "cpus",
        others: &["cpu_quota", "cpu_period", "cpu_count", "cpu_percent", "cpuset"],
    },
    Limit { option: &PIDS, in_deploy: "pids", in_service: "pids_limit", others: &[] },
];

impl Limit {
    fn is_set(&self, part: &Service<'_>) -> bool {
        let [deploy, resources, limits] = LIMITS;
        part.has_at(&[deploy, resources, limits, self.in_deploy])
            || part.has(self.in_service)
            || self.others.iter().any(|key| part.has(key))
    }
}

impl Rule for LimitResources {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        context.findings_of_files(|file| {
            let prevailing = Prevailing::new();
            file.services().filter_map(move |service| check_service(context, service, &prevailing))
        })
    }
}

fn check_service(context: &Context<'_>, service: Service<'_>, prevailing: &Prevailing) -> Option<Finding> {
    // A provider is no container.
    if service.has("provider") {
        return None;
    }
    let parts = context.project.parts(&service);
    let missing: Vec<&Limit> =
        KINDS.iter().filter(|limit| !parts.iter().any(|part| limit.is_set(part))).collect();
    let given: Vec<(&Limit, Value, String)> =
        missing.iter().filter_map(|limit| given(context, &service, limit)).collect();
    let (files, contradiction) = match open_files(context, &service, &parts) {
        Ok(files) => (files, None),
        Err(refusal) => (None, Some(refusal)),
    };
    let lacks_files = files.is_some() || contradiction.is_some();
    let (reserved, contradiction) = match Reservation::of(context, &service, &parts, memory(&given)) {
        Ok(reserved) => (reserved, contradiction),
        Err(refusal) => (Reservation::default(), contradiction.or(Some(refusal))),
    };
    let fragment = context.project.fragment(&service);
    let names = |limits: &[&Limit]| limits.iter().map(|limit| limit.option.name).collect::<Vec<_>>();
    if given.is_empty() && files.is_none() && contradiction.is_none() && reserved.is_empty() {
        if missing.is_empty() || fragment.is_some() {
            return None;
        }
        let names = names(&missing);
        let advice = "see what it takes under load (`docker stats`) and give numbers as options of the rule";
        let finding = FindingBuilder::new(META.id, Severity::Info, service).subject(names.join(", "));
        return Some(finding.build(said::message(&names, &reserved), Remedy::Advice(advice.to_owned())));
    }
    let mut subjects: Vec<String> =
        given.iter().map(|(limit, _, text)| format!("{} {text}", limit.option.name)).collect();
    subjects.extend(files.iter().map(|(_, text)| format!("nofile {text}")));
    let mut limited = names(&given.iter().map(|(limit, ..)| *limit).collect::<Vec<_>>());
    if lacks_files {
        limited.push("nofile");
    }
    let subject = if limited.is_empty() { RESERVE_MEMORY.name.to_owned() } else { limited.join(", ") };
    let message = said::message(&limited, &reserved);
    let finding = FindingBuilder::new(META.id, META.severity, service).subject(subject);
    if let Some(fragment) = fragment {
        let refusal = Refusal::new(RefusalCode::Fragment, fragment.to_string());
        return Some(finding.build(message, Remedy::Refused(refusal)));
    }
    let limit = memory(&given);
    let small = contradiction.or_else(|| limit.and_then(|limit| too_small(&parts, limit)));
    let remedy = match (style(&service, &parts, prevailing), small) {
        (Err(refusal), _) | (_, Some(refusal)) => Remedy::Refused(refusal),
        (Ok(_), None)
            if let Some(why) = limit.and_then(|limit| wants_more(context, &service, &parts, limit)) =>
        {
            Remedy::Advice(format!("{why}; give it a number of its own (option `memory` of the service)"))
        }
        (Ok(style), None) => {
            let mut effects = limit_effects(&service, style, &given, &reserved);
            effects.extend(files.map(|(value, _)| {
                ServiceEffect::on(&service, &["ulimits", "nofile"], Operation::Set(value))
            }));
            let effects = effects.into_iter().map(Into::into).collect();
            let limits = (!subjects.is_empty()).then(|| format!("limit {}", subjects.join(", ")));
            let reserves = (!reserved.is_empty()).then(|| format!("reserve {}", reserved.words()));
            let title = limits.into_iter().chain(reserves).collect::<Vec<_>>().join("; ");
            Remedy::Fix(Fix::caution(title, said::caveat(&limited, &reserved), effects))
        }
    };
    Some(finding.because(Some(asked_for())).build(message, remedy))
}

/// The numbers are the owner's; that Compose and Docker keep to them is documented.
fn asked_for() -> Evidence {
    Evidence {
        confidence: Confidence::Documented,
        fact: "the settings ask for these limits".to_owned(),
        source: "options of the rule".to_owned(),
    }
}

/// What the options say about a limit: its value, and that as text.
fn given<'l>(
    context: &Context<'_>,
    service: &Service<'_>,
    limit: &&'l Limit,
) -> Option<(&'l Limit, Value, String)> {
    match context.options.get(limit.option, service.name)? {
        OptionValue::Text(text) => Some((*limit, Value::string(&text), text)),
        OptionValue::Integer(number) => Some((*limit, Value::Integer(number), number.to_string())),
        _ => None,
    }
}

/// The limit of memory that is to be written, in bytes.
fn memory(given: &[(&Limit, Value, String)]) -> Option<u64> {
    given.iter().find(|(limit, ..)| limit.in_deploy == "memory").and_then(|(.., text)| bytes(text))
}
