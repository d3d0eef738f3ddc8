//! Makes mounts of host files that are only read read-only, and reports mounts of the host's own folders.
//!
//! ## Why
//! A service that may write to `/etc`, `/usr` or `/` of the host can change what the host runs. Files such as
//! `/etc/localtime` are mounted to be read, so the right to write to them is of no use to anyone but an attacker.
//!
//! ## What changes
//! A mount of a file or folder that programs only read gets `:ro`, or `read_only: true` in the long form:
//! `/etc/localtime`, `/etc/timezone`, `/usr/share/zoneinfo`, `/etc/machine-id`, `/etc/os-release`, `/etc/ssl/certs`,
//! `/etc/ca-certificates`, `/usr/share/ca-certificates`, `/usr/local/share/ca-certificates`, `/lib/modules`. Mounts
//! of other folders of the host are reported: read-only ones as worth knowing, writable ones as a weakness.
//!
//! ## Can it break?
//! No program writes to these files; a container that sets the host's time zone through such a mount would be the
//! exception. To undo it: `hardtack rollback --rule sensitive-mounts`.
//!
//! ## Examples
//! ```yaml before
//! services:
//!   home:
//!     image: example.org/home:1
//!     volumes:
//!       - ./config:/config # settings
//!       - /etc/localtime:/etc/localtime # the host's zone
//!       - "/etc/timezone:/etc/timezone:z"
//! ```
//! ```yaml after
//! services:
//!   home:
//!     image: example.org/home:1
//!     volumes:
//!       - ./config:/config # settings
//!       - /etc/localtime:/etc/localtime:ro # the host's zone
//!       - "/etc/timezone:/etc/timezone:z,ro"
//! ```
//! ```yaml before
//! services:
//!   home:
//!     image: example.org/home:1
//!     volumes:
//!       - type: bind
//!         source: ${ZONE:-/etc/localtime}
//!         target: /etc/localtime
//! ```
//! ```yaml after
//! services:
//!   home:
//!     image: example.org/home:1
//!     volumes:
//!       - type: bind
//!         source: ${ZONE:-/etc/localtime}
//!         target: /etc/localtime
//!         read_only: true
//! ```
//! Someone's own decision stays:
//! ```yaml refused=explicit
//! services:
//!   clock:
//!     image: example.org/clock:1
//!     volumes: ["/etc/localtime:/etc/localtime:rw"]
//! ```
//! ```yaml advice
//! services:
//!   backup:
//!     image: example.org/backup:1
//!     volumes: ["/:/host"]
//! ```
//! ```yaml advice
//! services:
//!   figures:
//!     image: example.org/figures:1
//!     volumes: ["/proc:/host/proc:ro"]
//! ```
//! ```yaml quiet
//! services:
//!   home:
//!     image: example.org/home:1
//!     volumes: ["/etc/localtime:/etc/localtime:ro", "/srv/media:/media", "data:/etc"]
//! volumes:
//!   data:
//! ```

use crate::knowledge::Confidence;
use crate::model::compose::{Mount, Service};
use crate::rule::{
    Context, Evidence, Finding, FindingBuilder, Fix, Meta, Operation, Refusal, RefusalCode, Remedy, Rule,
    ServiceEffect, Severity,
};
use crate::syntax::{Route, Value};

/// The rule of this file.
pub(super) struct SensitiveMounts;

static META: Meta = Meta {
    id: "sensitive-mounts",
    severity: Severity::High,
    source: include_str!("sensitive_mounts.rs"),
    after: &[],
    options: &[],
    supports: &[
        "CIS Docker 1.6.0 5.6 (direct)",
        "OWASP Docker Security Cheat Sheet rule 8",
        "OWASP Docker Top 10 D04",
        "NIST SP 800-190 4.5.5",
        "HIPAA 45 CFR 164.312(c)(1) (inferred)",
        "PCI DSS 4.0.1 7.2.5 (inferred)",
    ],
};

/// What programs only read.
const ONLY_READ: &[&str] = &[
    "/etc/localtime",
    "/etc/timezone",
    "/usr/share/zoneinfo",
    "/etc/machine-id",
    "/etc/os-release",
    "/etc/ssl/certs",
    "/etc/ca-certificates",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/lib/modules",
];

/// The host's own folders: those of CIS 5.6, and where users, programs and the engine keep their files.
const FOLDERS: &[&str] = &[
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib64",
    "/proc",
    "/sys",
    "/usr",
    "/bin",
    "/sbin",
    "/root",
    "/var/lib/docker",
    "/var/lib/containerd",
];

/// Devices and sockets that are mounted to be written to; they are no folders of the host.
const MEANT_TO_BE_WRITTEN: &[&str] =
    &["/dev/shm", "/dev/null", "/dev/log", "/dev/net/tun", "/dev/dri", "/dev/snd"];

impl Rule for SensitiveMounts {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let services = context.project.services();
        services
            .flat_map(|service| {
                let mounts = Mount::of(&service);
                mounts.into_iter().filter_map(move |mount| check_mount(service, &mount)).collect::<Vec<_>>()
            })
            .collect()
    }
}

fn check_mount(service: Service<'_>, mount: &Mount) -> Option<Finding> {
    let path = mount.host_path()?;
    let finding =
        |severity| FindingBuilder::new(META.id, severity, service).subject(mount.subject()).at(mount.node);
    if ONLY_READ.contains(&path.as_str()) {
        let message = format!("it may write to {path} of the host, which programs only read");
        let remedy = match mount.read_only {
            Some(true) => return None,
            Some(false) => Remedy::Refused(Refusal::new(
                RefusalCode::Explicit,
                "the entry asks for writing on purpose; write `ro` if that is no longer meant",
            )),
            None => read_only(service, mount),
        };
        let evidence = Evidence {
            confidence: Confidence::Inferred,
            fact: format!("{path} is kept by the host and only read by programs"),
            source: "hier(7), localtime(5), machine-id(5)".to_owned(),
        };
        return Some(finding(Severity::Low).because(Some(evidence)).build(message, remedy));
    }
    let is_below = |folder: &str| path == folder || path.starts_with(&format!("{folder}/"));
    let is_folder = path == "/" || FOLDERS.iter().any(|folder| is_below(folder));
    if !is_folder || MEANT_TO_BE_WRITTEN.iter().any(|meant| is_below(meant)) || path.ends_with(".sock") {
        return None;
    }
    Some(if mount.read_only == Some(true) {
        let advice = "kept, as it is read-only; mount only the files in it that are needed";
        finding(Severity::Info)
            .build(format!("it reads {path} of the host"), Remedy::Advice(advice.to_owned()))
    } else {
        let advice =
            format!("mount only what is needed, and read-only where that is enough: `{}`", exact(mount));
        finding(META.severity).build(format!("it may write to {path} of the host"), Remedy::Advice(advice))
    })
}

/// The same mount, read-only, in its form.
fn exact(mount: &Mount) -> String {
    match &mount.options {
        Some(options) => {
            let kept = options.iter().filter(|option| *option != "rw").cloned();
            let options: Vec<String> = kept.chain(["ro".to_owned()]).collect();
            format!("\"{}:{}\"", mount.subject(), options.join(","))
        }
        None => "read_only: true".to_owned(),
    }
}

fn read_only(service: Service<'_>, mount: &Mount) -> Remedy {
    let item = Route::root().key("volumes").index(mount.index);
    let (path, value) = match &mount.options {
        None => (item.key("read_only"), Value::Bool(true)),
        Some(options) => {
            let Some(text) = service.tree().scalar(mount.node).map(|scalar| scalar.value.to_string()) else {
                return Remedy::Advice("write `ro` behind it".to_owned());
            };
            // A variable may hold options already; its text says where they end only if all of it is known.
            if text.contains('$') {
                let message = "a variable is a part of the entry; write `:ro` behind it by hand";
                return Remedy::Refused(Refusal::new(RefusalCode::Interpolated, message));
            }
            let separator = if options.is_empty() { ':' } else { ',' };
            (item, Value::string(format!("{}{separator}ro", text.trim_end_matches(':'))))
        }
    };
    let effect = ServiceEffect {
        file: service.file.path.clone(),
        document: service.document,
        service: service.name.to_owned(),
        path,
        operation: Operation::Set(value),
    };
    Remedy::Fix(Fix::safe(format!("mount {} read-only", mount.target), vec![effect.into()]))
}
