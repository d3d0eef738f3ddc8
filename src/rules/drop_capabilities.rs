//! Takes all capabilities from a service and gives back the least that its image needs.
//!
//! ## Why
//! A container of root has fourteen capabilities by default: it may give files away, pass over their modes,
//! open raw sockets, make device nodes. Most services need none or a few of them, and what a service does
//! not have, an attacker in it does not have either.
//!
//! ## What changes
//! `cap_drop` gets the item `ALL`, and `cap_add` what the image needs for its first start and for every later
//! one on the same volumes; many fail only at the second. What is in `cap_add` stays, and what the service
//! drops by name is not given back. Nothing is added that a container of root does not have by default: what
//! needs more has it in `cap_add` already, or is refused. A service whose processes are not root needs none: by `user:`, by the
//! facts about its image, or by what the image says of itself. An image that is built is judged by its
//! Dockerfile and by what that stands on.
//!
//! ## Can it break?
//! Yes: whatever needs a capability that nobody knew of. Each fix says what its list rests on, and the plan
//! shows what each capability is for. It is refused where a command, a Dockerfile's start or an entry script does what
//! root alone may and nobody knows how much of it (`gosu`, `su`, `sudo`, `sshd`, `cron`, `ip`), and where a Dockerfile
//! installs the server that it starts. A start that hands folders over (`chown`) or installs packages says what it takes:
//! that is a guess as for images that no facts are known of, with what package managers need besides. On the host's network, where ports below 1024 are root's, what is unknown gets
//! `NET_BIND_SERVICE`. Of an image that no facts are known of, the profile `recommended`
//! refuses the fix, and `strict` makes it and marks it as unverified. If such an image may start as root, it gets
//! what start scripts hand folders over with and go on as another user: CHOWN, DAC_OVERRIDE, FOWNER, SETGID and
//! SETUID; beside them SYS_CHROOT where a port is that of SSH or of mail (there with KILL), and NET_RAW where it is given
//! NET_ADMIN; take out what it runs without. Docker before 20.10 and Podman keep ports below 1024 for root with
//! `NET_BIND_SERVICE`, which has to be added by hand there. To verify: start the service twice on the same
//! volumes, use it, stop it, and read its log for `Operation not permitted`.
//! To undo it: `hardtack rollback --rule drop-capabilities --service NAME`.
//!
//! ## Examples
//! The entry script of this image walks the data folder as root, which only the server may enter after the
//! first start:
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
//!     cap_drop:
//!       - ALL
//!     cap_add:
//!       - CHOWN
//!       - DAC_OVERRIDE
//!       - SETGID
//!       - SETUID
//!
//! volumes:
//!   data:
//! ```
//! Versions differ; where the tag does not tell, what either needs:
//! ```yaml before
//! services:
//!   old: { image: "redis:7.2-alpine" }
//!   new: { image: "redis:8" }
//!   any: { image: redis }
//! ```
//! ```yaml after
//! services:
//!   old: { image: "redis:7.2-alpine", cap_drop: [ALL], cap_add: [CHOWN, DAC_OVERRIDE, SETGID, SETUID] }
//!   new: { image: "redis:8", cap_drop: [ALL], cap_add: [CHOWN, SETGID, SETPCAP, SETUID] }
//!   any: { image: redis, cap_drop: [ALL], cap_add: [CHOWN, DAC_OVERRIDE, SETGID, SETPCAP, SETUID] }
//! ```
//! What is there stays, in any spelling, and what is dropped by name is not given back:
//! ```yaml before
//! services:
//!   db:
//!     image: postgres:16
//!     cap_drop: [CAP_CHOWN]
//!     cap_add:
//!       - sys_nice # for the planner
//!       - cap_dac_override
//! ```
//! ```yaml after
//! services:
//!   db:
//!     image: postgres:16
//!     cap_drop: [CAP_CHOWN, ALL]
//!     cap_add:
//!       - sys_nice # for the planner
//!       - cap_dac_override
//!       - SETGID
//!       - SETUID
//! ```
//! A process that is not root has no capabilities to lose:
//! ```yaml before
//! services:
//!   api:
//!     image: registry.example.org/team/api:3
//!     user: "1000:1000"
//!     ports:
//!       - "127.0.0.1:8000:8000"
//! ```
//! ```yaml after
//! services:
//!   api:
//!     image: registry.example.org/team/api:3
//!     user: "1000:1000"
//!     ports:
//!       - "127.0.0.1:8000:8000"
//!     cap_drop:
//!       - ALL
//! ```
//! That may be the work of a Dockerfile:
//! ```dockerfile beside
//! FROM node:22-slim
//! COPY . /app
//! USER node
//! CMD ["node", "/app/server.js"]
//! ```
//! ```yaml before
//! services:
//!   api:
//!     build: .
//! ```
//! ```yaml after
//! services:
//!   api:
//!     build: .
//!     cap_drop:
//!       - ALL
//! ```
//! A Dockerfile that only adds files starts what its base starts:
//! ```dockerfile beside
//! FROM node:22 AS build
//! RUN npm ci && npm run build
//! FROM nginx:1.27-alpine
//! COPY --from=build /app/dist /usr/share/nginx/html
//! ```
//! ```yaml before
//! services:
//!   web:
//!     build: .
//! ```
//! ```yaml after
//! services:
//!   web:
//!     build: .
//!     cap_drop:
//!       - ALL
//!     cap_add:
//!       - CHOWN
//!       - SETGID
//!       - SETUID
//! ```
//! A start that only hands folders over needs what that takes:
//! ```yaml before
//! services:
//!   owner: { image: "busybox:1.37", command: [chown, -R, "1000:1000", /data], volumes: [ "shop:/data" ] }
//! volumes: { shop: {} }
//! ```
//! ```yaml after
//! services:
//!   owner: { image: "busybox:1.37", command: [chown, -R, "1000:1000", /data], volumes: [ "shop:/data" ], cap_drop: [ALL], cap_add: [CHOWN, DAC_OVERRIDE, FOWNER] }
//! volumes: { shop: {} }
//! ```
//! Nobody can tell what a program with capabilities of its own needs:
//! ```dockerfile beside
//! FROM debian:12
//! RUN setcap cap_net_raw+ep /usr/bin/probe
//! USER nobody
//! ```
//! ```yaml refused=evidence-missing
//! services:
//!   probe:
//!     build: .
//! ```
//! Somebody made it root on purpose:
//! ```yaml refused=evidence-missing
//! services:
//!   metrics:
//!     image: prom/prometheus:v3.1.0
//!     user: root
//! ```
//! All spellings of ALL count. Where it is privileged, or asks for all, the rest is for a person:
//! ```yaml untouched
//! services:
//!   a:
//!     image: redis:7
//!     cap_drop: [all]
//!     cap_add: [CHOWN, DAC_OVERRIDE, SETGID, SETUID]
//!   b:
//!     image: redis:7
//!     privileged: true
//!   c:
//!     image: redis:7
//!     cap_add: [ALL]
//! ```
//! A part of a service is left alone:
//! ```yaml refused=fragment
//! services:
//!   cache:
//!     environment: { LEVEL: debug }
//! ```

mod evidence;
mod gains;
mod script;
#[cfg(test)]
mod tests;

use crate::knowledge::{Capability, Confidence, DefaultCapability};
use crate::model::compose::Service;
use crate::rule::{
    Context, Effect, Finding, FindingBuilder, Fix, Ground, Meta, Operation, Question, Reach, Refusal,
    RefusalCode, Remedy, Rule, ServiceEffect, Severity, parts,
};
use crate::syntax::{Route, Value};
use evidence::{Judgement, Needed, evidence_for, question_about};

/// The rule of this file.
pub(super) struct DropCapabilities;

static META: Meta = Meta {
    id: "drop-capabilities",
    severity: Severity::Medium,
    source: include_str!("drop_capabilities.rs"),
    after: &[],
    options: &[],
    supports: &[
        "CIS Docker 1.6.0 5.4 (direct)",
        "OWASP Docker Security Cheat Sheet rule 3 (direct)",
        "NIST SP 800-190 4.4.3",
        "OWASP Docker Top 10 D04",
        "HIPAA 45 CFR 164.312(a)(1) (inferred)",
        "PCI DSS 4.0.1 7.2.5 (inferred)",
    ],
};

const DROP: &str = "cap_drop";
const ADD: &str = "cap_add";
const ALL: &str = "ALL";

impl Rule for DropCapabilities {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn ask(&self, context: &Context<'_>) -> Vec<Question> {
        let is_open = |service: &Service<'_>| {
            let stated = Stated::of(context, service);
            let leaves_it_open = stated.is_some_and(|stated| !stated.drops_all && !stated.adds_all);
            is_container(service)
                && leaves_it_open
                && !service.is_true("privileged")
                && context.project.fragment(service).is_none()
        };
        let open = context.project.services().filter(is_open);
        open.filter_map(|service| question_about(context, &service)).collect()
    }

    fn builds_on(&self) -> &'static [Ground] {
        &[
            Ground { rule: "nginx-unprivileged", reach: Reach::Services },
            Ground { rule: "run-as-user", reach: Reach::Services },
        ]
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        context.findings_of_services(|service| check_service(context, service))
    }
}

/// A provider is no container, and what a swarm makes of capabilities depends on its engines.
fn is_container(service: &Service<'_>) -> bool {
    !service.has("provider") && !service.file.is_stack()
}

fn check_service(context: &Context<'_>, service: Service<'_>) -> Option<Finding> {
    if !is_container(&service) {
        return None;
    }
    let finding = FindingBuilder::new(META.id, META.severity, service).subject(ALL);
    let message = "it keeps capabilities that it may not need";
    let refuse = |code, why: String| {
        let remedy = Remedy::Refused(Refusal::new(code, why));
        Some(finding.clone().build(message, remedy))
    };
    let Some(stated) = Stated::of(context, &service) else {
        return refuse(
            RefusalCode::Interpolated,
            "a variable without a known value is one of the items".to_owned(),
        );
    };
    if service.is_true("privileged") || stated.adds_all {
        let advice = if stated.adds_all {
            "it asks for every capability; name those that it needs in place of ALL"
        } else {
            "it is privileged, which makes this pointless; take `privileged` away first"
        };
        return Some(finding.build("it has every capability", Remedy::Advice(advice.to_owned())));
    }
    if stated.drops_all {
        return lacking(context, &service, &stated, finding);
    }
    if let Some(fragment) = context.project.fragment(&service) {
        return refuse(RefusalCode::Fragment, fragment.to_string());
    }
    match evidence_for(context, &service) {
        Ok(judgement) => {
            let remedy = match given_back(&stated, &judgement) {
                Ok(added) => Remedy::Fix(fix(&service, &stated, &judgement, &added)),
                Err(refusal) => Remedy::Refused(refusal),
            };
            Some(finding.because(Some(judgement.evidence)).build(message, remedy))
        }
        Err(refusal) => Some(finding.build(message, Remedy::Refused(refusal))),
    }
}

/// What the service says of capabilities, its bases by `extends` and the file below included.
struct Stated {
    drops_all: bool,
    adds_all: bool,
    dropped: Vec<Capability>,
    added: Vec<Capability>,
}

impl Stated {
    /// `None` if a variable that is not known is one of the items.
    fn of(context: &Context<'_>, service: &Service<'_>) -> Option<Self> {
        let parts = parts(context.project, service);
        let items = |field: &str| -> Option<Vec<String>> {
            let of = |part: &Service<'_>| -> Vec<Option<String>> {
                part.scalar_items(field).map(|item| part.interpolate(item)).collect()
            };
            parts.iter().flat_map(of).collect()
        };
        let (drop, add) = (items(DROP)?, items(ADD)?);
        let has_all = |items: &[String]| items.iter().any(|item| item.trim().eq_ignore_ascii_case(ALL));
        // What is no capability is for the engine to refuse.
        let known = |items: &[String]| items.iter().filter_map(|item| item.trim().parse().ok()).collect();
        Some(Self {
            drops_all: has_all(&drop),
            adds_all: has_all(&add),
            dropped: known(&drop),
            added: known(&add),
        })
    }

    fn has(&self, need: &Needed) -> bool {
        self.added.iter().any(|added| added.covers(need.capability) || Some(*added) == need.or)
    }

    /// What it would lack with all dropped, apart from what it drops by name.
    fn lacks<'n>(&self, needs: &'n [Needed]) -> impl Iterator<Item = Capability> + use<'n, '_> {
        let lacking = needs.iter().filter(|need| !self.has(need)).map(|need| need.capability);
        lacking.filter(|capability| !self.dropped.contains(capability))
    }
}

/// What is to be added again: of what every container of root has, since a fix gives no right that was not there.
///
/// # Errors
/// If the service would need more, which only a person can give it.
fn given_back(stated: &Stated, judgement: &Judgement) -> Result<Vec<DefaultCapability>, Refusal> {
    let default = |capability: Capability| capability.as_default().ok_or(capability);
    stated.lacks(&judgement.needs).map(default).collect::<Result<_, _>>().map_err(|beyond| {
        let why = format!(
            "it needs {beyond}, which no container has by default and this one does not ask for; if it shall have \
             that, name it in cap_add"
        );
        Refusal::new(RefusalCode::EvidenceMissing, why)
    })
}

/// The fix, with both of its effects.
fn fix(service: &Service<'_>, stated: &Stated, judgement: &Judgement, missing: &[DefaultCapability]) -> Fix {
    let effect = |field: &str, operation: Operation| -> Effect {
        let effect = ServiceEffect {
            file: service.file.path.clone(),
            document: service.document,
            service: service.name.to_owned(),
            path: Route::root().key(field),
            operation,
        };
        effect.into()
    };
    let mut effects = vec![effect(DROP, Operation::Append(Value::string(ALL)))];
    let items = missing.iter().map(|capability| Value::string(capability.name()));
    if !service.items(ADD).is_empty() {
        effects.extend(items.map(|item| effect(ADD, Operation::Append(item))));
    } else if !missing.is_empty() {
        effects.push(effect(ADD, Operation::Set(Value::Sequence(items.collect()))));
    }
    let mut left: Vec<&str> = stated
        .added
        .iter()
        .map(|added| added.name())
        .chain(missing.iter().map(|added| added.name()))
        .collect();
    left.sort_unstable();
    left.dedup();
    let title = match left.is_empty() {
        true => "drop all capabilities".to_owned(),
        false => format!("drop all capabilities but {}", left.join(", ")),
    };
    let caveat = judgement.caveat.clone();
    if judgement.is_verified {
        Fix::caution(title, caveat, effects)
    } else {
        Fix::unverified(title, caveat, effects)
    }
}

/// Where all are dropped already: what is missing in `cap_add` for the next start. To give rights is for a
/// person, who may know better, so this is advice.
fn lacking(
    context: &Context<'_>,
    service: &Service<'_>,
    stated: &Stated,
    finding: FindingBuilder<'_>,
) -> Option<Finding> {
    if context.project.fragment(service).is_some() {
        return None;
    }
    let judgement = evidence_for(context, service).ok()?;
    let is_sure = judgement.is_verified && judgement.evidence.confidence >= Confidence::ReadInSource;
    let needed = judgement.needs.iter().filter(|need| need.at_restart && !stated.has(need));
    let missing: Vec<&str> = needed.map(|need| need.capability.name()).collect();
    if !is_sure || missing.is_empty() {
        return None;
    }
    let missing = missing.join(", ");
    let advice = format!("add {missing} to cap_add, or give it a user who is not root and owns its data");
    let message = format!("all capabilities are dropped, and it can't be started again without {missing}");
    Some(finding.subject(ADD).because(Some(judgement.evidence)).build(message, Remedy::Advice(advice)))
}
