//! Bounds the log that the engine keeps of a service, so that it can't fill the disk.
//!
//! ## Why
//! Docker keeps all that a container prints, in one file without limit. A service that somebody makes print errors
//! fills the disk, and with it stop the database and every other service of the host.
//!
//! ## What changes
//! A service without `logging` gets the driver `json-file` (option `driver`) with `max-size: 10m` and `max-file: "3"`,
//! as the options say. Whatever stands under `logging` is somebody's decision and stays, and so does a file that
//! defines its own under `x-...`: there it says what to write. One decision is questioned: with `driver: none` nothing
//! is left after an incident, so `strict` has that log kept, too.
//!
//! Rotation deletes what is old. Where logs are evidence that must be kept, ship them first and set the option
//! `mode: advice`.
//!
//! ## Can it break?
//! The service runs on as before. Where the daemon is set to another driver (`journald`, `fluentd`), the logs of this
//! service would no longer go there: set the option `mode: advice` then. `docker compose logs` shows at most what the
//! kept files hold. To undo it: `hardtack rollback --rule rotate-logs`.
//!
//! ## Examples
//! ```yaml before
//! services:
//!   web:
//!     image: nginx:1.27 # front
//!     ports: ["80:80"]
//!   api: { image: "redis:7" }
//! ```
//! ```yaml after
//! services:
//!   web:
//!     image: nginx:1.27 # front
//!     ports: ["80:80"]
//!     logging:
//!       driver: json-file
//!       options:
//!         max-size: 10m
//!         max-file: "3"
//!   api: { image: "redis:7", logging: {driver: json-file, options: {max-size: 10m, max-file: "3"}} }
//! ```
//! What is there stays, wherever it comes from:
//! ```yaml untouched
//! x-base: &base
//!   logging: { driver: journald }
//! services:
//!   web:
//!     image: nginx:1.27
//!     logging:
//!       options: { max-size: 50m }
//!   api:
//!     <<: *base
//!     image: redis:7
//! ```
//! A log that is thrown away:
//! ```yaml before
//! services:
//!   web:
//!     image: nginx:1.27
//!     logging:
//!       driver: none # too loud
//! ```
//! ```yaml after
//! services:
//!   web:
//!     image: nginx:1.27
//!     logging:
//!       driver: json-file # too loud
//!       options:
//!         max-size: 10m
//!         max-file: "3"
//! ```
//! A definition of the file that this service does not use is for a person to apply:
//! ```yaml untouched
//! x-logging: &logging
//!   driver: json-file
//!   options: { max-size: 50m }
//! services:
//!   web:
//!     image: nginx:1.27
//!     logging: *logging
//!   api:
//!     image: redis:7
//! ```
//! A service that is an alias gets it where it is written if everyone wants it there:
//! ```yaml before
//! services:
//!   web: &web
//!     image: nginx:1.27
//!   twin: *web
//! ```
//! ```yaml after
//! services:
//!   web: &web
//!     image: nginx:1.27
//!     logging:
//!       driver: json-file
//!       options:
//!         max-size: 10m
//!         max-file: "3"
//!   twin: *web
//! ```
//! ```yaml refused=fragment
//! services:
//!   cache:
//!     environment: { LEVEL: debug }
//! ```
//! ```yaml settings
//! rules:
//!   rotate-logs:
//!     options: { max-size: 20m, max-file: 5, compress: true }
//! ```
//! ```yaml before
//! services:
//!   web:
//!     image: nginx:1.27
//! ```
//! ```yaml after
//! services:
//!   web:
//!     image: nginx:1.27
//!     logging:
//!       driver: json-file
//!       options:
//!         max-size: 20m
//!         max-file: "5"
//!         compress: "true"
//! ```
//! ```yaml settings
//! rules:
//!   rotate-logs:
//!     options: { mode: advice }
//! ```
//! ```yaml untouched
//! services:
//!   web:
//!     image: nginx:1.27
//! ```

use crate::knowledge::Confidence;
use crate::model::compose::{ComposeFile, Service, lookup};
use crate::rule::{
    Context, Evidence, Finding, FindingBuilder, Fix, Meta, Operation, OptionKind, OptionSpec, OptionValue,
    Refusal, RefusalCode, Remedy, Rule, ServiceEffect, Severity,
};
use crate::syntax::Value;

/// The rule of this file.
pub(super) struct RotateLogs;

static MODE: OptionSpec = OptionSpec {
    name: "mode",
    kind: OptionKind::OneOf(&["fix", "advice"]),
    default: "fix",
    docs: "Whether to write it or to say it: rotation deletes what may have to be kept.",
};
static DRIVER: OptionSpec = OptionSpec {
    name: "driver",
    kind: OptionKind::OneOf(&["json-file", "local"]),
    default: "json-file",
    docs: "The logging driver; both take the same options.",
};
static MAX_SIZE: OptionSpec = OptionSpec {
    name: "max-size",
    kind: OptionKind::Size(4 << 10),
    default: "10m",
    docs: "How large a log file grows before the next one is begun.",
};
static MAX_FILE: OptionSpec = OptionSpec {
    name: "max-file",
    kind: OptionKind::Integer(1, 1000),
    default: "3",
    docs: "How many log files are kept.",
};
static COMPRESS: OptionSpec = OptionSpec {
    name: "compress",
    kind: OptionKind::OneOf(&["true", "false"]),
    default: "false",
    docs: "Whether the files that are not written to any more are compressed; it takes a `max-file` of 2 or more.",
};

static META: Meta = Meta {
    id: "rotate-logs",
    severity: Severity::Low,
    source: include_str!("rotate_logs.rs"),
    after: &[],
    options: &[MODE, DRIVER, MAX_SIZE, MAX_FILE, COMPRESS],
    supports: &["OWASP Docker Top 10 D07", "OWASP Docker Top 10 D10"],
};

const FIELD: &str = "logging";
const CAVEAT: &str = "older log lines are deleted, and a logging driver that the daemon is set to no longer gets this \
                      service's log";

const KEPT_AGAIN: &str = "what it writes is on the host's disk from now on; if its log is off because of what is in it, \
                          take this out again (hardtack rollback) and say so in an exception";

impl Rule for RotateLogs {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        context.findings_of_services(|service| check_service(context, service))
    }
}

fn check_service(context: &Context<'_>, service: Service<'_>) -> Option<Finding> {
    // A provider is no container.
    if service.has("provider") {
        return None;
    }
    let parts = context.project.parts(&service);
    let stating: Vec<_> = parts.iter().filter(|part| part.has(FIELD)).collect();
    match stating[..] {
        [] => check_growing(context, service),
        [_] if throws_away(&service) => check_thrown_away(context, service),
        _ => None,
    }
}

/// A service that leaves its log to the default of the daemon, which is without limit.
fn check_growing(context: &Context<'_>, service: Service<'_>) -> Option<Finding> {
    let finding = FindingBuilder::new(META.id, META.severity, service).subject(FIELD);
    let message = "its log grows without limit";
    let wanted = match Wanted::of(context, &service) {
        Ok(wanted) => wanted,
        Err(refusal) => return Some(finding.build(message, Remedy::Refused(refusal))),
    };
    if let Some(fragment) = context.project.fragment(&service) {
        let refusal = Refusal::new(RefusalCode::Fragment, fragment.to_string());
        return Some(finding.build(message, Remedy::Refused(refusal)));
    }
    if let Some(name) = own_definition(service.file) {
        let advice = format!(
            "the file defines its logging under `{name}`: use that here, too, if it is meant for this service"
        );
        let finding = FindingBuilder::new(META.id, Severity::Info, service).subject(FIELD);
        return Some(finding.build(message, Remedy::Advice(advice)));
    }
    if wanted.is_advice {
        let advice = format!(
            "rotation deletes what may have to be kept: ship the logs first, then write `logging: {}`",
            wanted.in_words()
        );
        let finding = FindingBuilder::new(META.id, Severity::Info, service).subject(FIELD);
        return Some(finding.build(message, Remedy::Advice(advice)));
    }
    let title = format!("keep {} log files of {}", wanted.max_file, wanted.max_size);
    let effect = ServiceEffect::on(&service, &[FIELD], Operation::Set(wanted.value()));
    let evidence = Evidence {
        confidence: Confidence::Documented,
        fact: "the driver json-file keeps everything in one file unless it is told otherwise".to_owned(),
        source: "Docker documentation, JSON File logging driver".to_owned(),
    };
    let fix = Fix::caution(title, CAVEAT, vec![effect.into()]);
    Some(finding.because(Some(evidence)).build(message, Remedy::Fix(fix)))
}

/// Whether the service itself has no log: `driver: none`.
fn throws_away(service: &Service<'_>) -> bool {
    let tree = service.tree();
    let driver = service.field(FIELD).and_then(|logging| lookup(tree, logging.value, "driver"));
    let text = driver.and_then(|driver| service.interpolate(&tree.scalar(driver.value)?.value));
    text.is_some_and(|text| text == "none")
}

/// A service whose log is thrown away. Somebody chose that, so it takes a profile that goes beyond what is documented.
fn check_thrown_away(context: &Context<'_>, service: Service<'_>) -> Option<Finding> {
    let finding = FindingBuilder::new(META.id, META.severity, service).subject("driver");
    let message = "its log is thrown away, and after an incident nothing tells what happened";
    let wanted = match Wanted::of(context, &service) {
        Ok(wanted) => wanted,
        Err(refusal) => return Some(finding.build(message, Remedy::Refused(refusal))),
    };
    if wanted.is_advice {
        let advice = format!("if nothing forbids to keep it, write `logging: {}`", wanted.in_words());
        return Some(finding.build(message, Remedy::Advice(advice)));
    }
    let set = |key: &str, value| ServiceEffect::on(&service, &[FIELD, key], Operation::Set(value)).into();
    let effects = vec![set("driver", Value::string(&wanted.driver)), set("options", wanted.options_value())];
    let evidence = Evidence {
        confidence: Confidence::Inferred,
        fact: "nothing in the files says why it has no log".to_owned(),
        source: "logging of the service".to_owned(),
    };
    let title = format!("keep {} log files of {} instead of none", wanted.max_file, wanted.max_size);
    let fix = Fix::caution(title, KEPT_AGAIN, effects);
    Some(finding.because(Some(evidence)).build(message, Remedy::Fix(fix)))
}

/// What the options ask for.
struct Wanted {
    is_advice: bool,
    driver: String,
    max_size: String,
    max_file: i64,
    compress: bool,
}

impl Wanted {
    /// Docker refuses to compress where no second file is kept.
    fn of(context: &Context<'_>, service: &Service<'_>) -> Result<Self, Refusal> {
        let value = |spec: &OptionSpec| context.options.get(spec, service.name);
        let text = |spec: &OptionSpec| match value(spec) {
            Some(OptionValue::Text(text) | OptionValue::Word(text)) => text,
            _ => spec.default.to_owned(),
        };
        let max_file = match value(&MAX_FILE) {
            Some(OptionValue::Integer(number)) => number,
            _ => 3,
        };
        let wanted = Self {
            is_advice: text(&MODE) == "advice",
            driver: text(&DRIVER),
            // Docker's reader of this size wants one letter.
            max_size: text(&MAX_SIZE).to_ascii_lowercase().replace("ib", "").replace('b', ""),
            max_file,
            compress: text(&COMPRESS) == "true",
        };
        if wanted.compress && wanted.max_file < 2 {
            let message =
                "the options ask to compress, which Docker takes only with a `max-file` of 2 or more";
            return Err(Refusal::new(RefusalCode::Explicit, message));
        }
        Ok(wanted)
    }

    fn options(&self) -> Vec<(String, String)> {
        let entry = |key: &str, value: String| (key.to_owned(), value);
        let mut options =
            vec![entry("max-size", self.max_size.clone()), entry("max-file", self.max_file.to_string())];
        options.extend(self.compress.then(|| entry("compress", "true".to_owned())));
        options
    }

    /// All of them texts: Compose takes no boolean there.
    fn options_value(&self) -> Value {
        Value::Mapping(self.options().into_iter().map(|(key, value)| (key, Value::string(value))).collect())
    }

    fn value(&self) -> Value {
        Value::Mapping(vec![
            ("driver".to_owned(), Value::string(&self.driver)),
            ("options".to_owned(), self.options_value()),
        ])
    }

    fn in_words(&self) -> String {
        let options: Vec<_> =
            self.options().iter().map(|(key, value)| format!("{key}: \"{value}\"")).collect();
        format!("{{driver: {}, options: {{{}}}}}", self.driver, options.join(", "))
    }
}

/// The extension in which a file defines how to log, for services to use.
fn own_definition(file: &ComposeFile) -> Option<&str> {
    let tree = &file.tree;
    let mappings = tree.documents().iter().filter_map(|document| tree.mapping(document.root));
    let names = mappings.flat_map(|mapping| &mapping.entries).filter_map(|entry| tree.key_text(entry));
    names.into_iter().find(|name| name.strip_prefix("x-").is_some_and(|name| name.contains("logging")))
}
