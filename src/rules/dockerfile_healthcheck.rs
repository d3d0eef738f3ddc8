//! Gives an image a health check.
//!
//! ## Why
//! A process that hangs is running. Only a check from inside tells a container that serves from one that does not, so
//! that others can wait for it and somebody is told.
//!
//! ## What changes
//! A stage that becomes an image and exposes a port gets a HEALTHCHECK that asks `http://127.0.0.1:PORT/PATH`, with a
//! program that is in the image: one that it installs, or one that the image facts know. The option `path` says where
//! the program answers; without it the finding shows the text.
//!
//! Left alone: images that have a HEALTHCHECK, also from below or `NONE`, and images all of whose services check by
//! themselves, since Compose prefers that.
//!
//! ## Can it break?
//! A check that asks for the wrong path makes the container unhealthy: nothing stops it, but what waits for it does not
//! start. To undo it: `hardtack rollback --rule dockerfile-healthcheck`.
//!
//! ## Examples
//! ```dockerfile untouched
//! FROM python:3.13-slim
//! EXPOSE 8000
//! CMD ["gunicorn", "app:app"]
//! ```
//! ```yaml settings
//! rules:
//!   dockerfile-healthcheck:
//!     options: { path: /health }
//! ```
//! ```dockerfile before
//! FROM alpine:3.20
//! EXPOSE 8080
//! CMD ["/app"]
//! ```
//! ```dockerfile after
//! FROM alpine:3.20
//! EXPOSE 8080
//! HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
//!     CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/health"]
//! CMD ["/app"]
//! ```
//! ```dockerfile before
//! FROM python:3.13-slim
//! EXPOSE 8000/tcp
//! CMD ["gunicorn", "app:app"]
//! ```
//! ```dockerfile after
//! FROM python:3.13-slim
//! EXPOSE 8000/tcp
//! HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
//!     CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=3)"]
//! CMD ["gunicorn", "app:app"]
//! ```
//! ```dockerfile refused=evidence-missing
//! FROM debian:12-slim
//! EXPOSE 8000
//! CMD ["/app"]
//! ```
//! ```dockerfile untouched
//! FROM alpine:3.20
//! EXPOSE 8080
//! HEALTHCHECK NONE
//! CMD ["/app"]
//! ```

mod probe;

use crate::model::dockerfile::Stage;
use crate::rule::{
    Context, DockerfileView, Finding, Fix, Meta, OptionKind, OptionSpec, OptionValue, Refusal, RefusalCode,
    Remedy, Rule, Severity,
};
use crate::syntax::{Change, Value};
use probe::{Probe, probe};

/// The rule of this file.
pub(super) struct DockerfileHealthcheck;

const PATH: OptionSpec = OptionSpec {
    name: "path",
    kind: OptionKind::Plain,
    default: "",
    docs: "the path at which the program answers without a login, such as /health",
};
const PORT: OptionSpec = OptionSpec {
    name: "port",
    kind: OptionKind::Integer(1, 65535),
    default: "",
    docs: "the port that it listens on, where EXPOSE does not say",
};
const INTERVAL: OptionSpec = OptionSpec {
    name: "interval",
    kind: OptionKind::Duration,
    default: "30s",
    docs: "the time between two checks",
};
const TIMEOUT: OptionSpec = OptionSpec {
    name: "timeout",
    kind: OptionKind::Duration,
    default: "5s",
    docs: "how long a check may take",
};
const START: OptionSpec = OptionSpec {
    name: "start_period",
    kind: OptionKind::Duration,
    default: "10s",
    docs: "how long failures do not count after the start",
};
const RETRIES: OptionSpec = OptionSpec {
    name: "retries",
    kind: OptionKind::Integer(1, 100),
    default: "3",
    docs: "how many failures in a row make it unhealthy",
};

static META: Meta = Meta {
    id: "dockerfile-healthcheck",
    severity: Severity::Low,
    source: include_str!("dockerfile_healthcheck.rs"),
    after: &["run-as-user"],
    options: &[PATH, PORT, INTERVAL, TIMEOUT, START, RETRIES],
    supports: &["CIS Docker 1.6.0 4.6"],
};

const CAVEAT: &str = "what waits for it to be healthy waits until the path answers without an error";

impl Rule for DockerfileHealthcheck {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let check = |view: &DockerfileView<'_>| {
            view.shipped().filter_map(|stage| check_stage(context, view, stage)).collect::<Vec<_>>()
        };
        DockerfileView::all(context.project).iter().flat_map(check).collect()
    }
}

fn check_stage(context: &Context<'_>, view: &DockerfileView<'_>, stage: &Stage) -> Option<Finding> {
    let by_service = view.all_services_have(stage, "healthcheck");
    if by_service || view.resolved.healthcheck(stage).is_some() || below_checks(context, view, stage) {
        return None;
    }
    let name = view.services(stage).next().map_or("", |service| service.name);
    let port = match context.options.get(&PORT, name) {
        Some(OptionValue::Integer(port)) => u16::try_from(port).ok()?,
        _ => exposed(view, stage)?,
    };
    let path = match context.options.get(&PATH, name) {
        Some(OptionValue::Word(path)) if path.starts_with('/') => Some(path),
        _ => None,
    };
    let route = view.before_start(stage)?;
    let place = view.route(stage.instructions.start);
    let finding = view.finding(&META, place).subject(format!("{port}/tcp"));
    let message = format!("nothing checks whether what listens on {port} answers");
    let found = probe(context, view, stage, port, path.as_deref().unwrap_or("/PATH"));
    let text = |probe: &Probe| instruction(context, view, name, &probe.words);
    let remedy = match (found, path) {
        (Some(probe), Some(_)) => {
            let text = text(&probe)?;
            let effect = view.effect(Change::Insert { route, value: Value::string(text) });
            let fix = Fix::caution(format!("check port {port}"), CAVEAT, vec![effect]);
            return Some(finding.because(Some(probe.evidence)).build(message, Remedy::Fix(fix)));
        }
        (Some(probe), None) => Remedy::Advice(format!(
            "if it speaks HTTP, say at which path it answers, with the option `path`; then it gets `{}`",
            in_one_line(&text(&probe)?)
        )),
        (None, Some(_)) => Remedy::Refused(Refusal::new(
            RefusalCode::EvidenceMissing,
            "no program is known to be in the image that could ask; install curl, or give the program a check of its own",
        )),
        (None, None) => Remedy::Advice(
            "give it a HEALTHCHECK with a program that is in the image; none is known that could ask over HTTP".to_owned(),
        ),
    };
    Some(finding.build(message, remedy))
}

/// Whether the image below has a check of its own.
fn below_checks(context: &Context<'_>, view: &DockerfileView<'_>, stage: &Stage) -> bool {
    let known =
        view.facts(context.catalogue, stage).and_then(|(facts, tag)| Some(facts.health.get(&tag)?.built_in));
    let configured = view.image(stage).and_then(|image| context.answers.configuration(&image).ok());
    known.unwrap_or(false) || configured.is_some_and(|fact| fact.configuration.has_health_check())
}

/// The only TCP port that is exposed.
fn exposed(view: &DockerfileView<'_>, stage: &Stage) -> Option<u16> {
    let mut ports: Vec<u16> = Vec::new();
    for exposed in view.resolved.exposed(stage) {
        let text = exposed.port.text()?;
        let (number, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        if protocol.eq_ignore_ascii_case("tcp") {
            ports.push(number.parse().ok()?);
        }
    }
    ports.dedup();
    match ports[..] {
        [port] => Some(port),
        _ => None,
    }
}

/// An instruction that goes on in the next line, as one that can be pasted from a message.
fn in_one_line(text: &str) -> String {
    let lines = text.lines().map(|line| line.trim().trim_end_matches(['\\', '`']).trim_end());
    lines.collect::<Vec<_>>().join(" ")
}

fn instruction(
    context: &Context<'_>,
    view: &DockerfileView<'_>,
    name: &str,
    words: &[String],
) -> Option<String> {
    let text = |spec| match context.options.get(spec, name) {
        Some(OptionValue::Text(text)) => Some(text),
        Some(OptionValue::Integer(number)) => Some(number.to_string()),
        _ => None,
    };
    let (interval, timeout, start, retries) =
        (text(&INTERVAL)?, text(&TIMEOUT)?, text(&START)?, text(&RETRIES)?);
    let words: Option<Vec<String>> = words.iter().map(|word| serde_json::to_string(word).ok()).collect();
    let escape = view.tree().escape().char();
    Some(format!(
        "HEALTHCHECK --interval={interval} --timeout={timeout} --start-period={start} --retries={retries} {escape}\n    CMD [{}]",
        words?.join(", ")
    ))
}
