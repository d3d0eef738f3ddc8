//! What the settings ask to be set aside for a service, and what they ask for that nothing heeds.

use super::LIMITS;
use crate::model::compose::Service;
use crate::rule::{Context, OptionKind, OptionSpec, OptionValue, Refusal, RefusalCode, bytes};
use crate::syntax::Value;

pub(super) static RESERVE_MEMORY: OptionSpec = OptionSpec {
    name: "reserve-memory",
    kind: OptionKind::Size(super::LEAST_MEMORY),
    default: "",
    docs: "The memory that is left to a service when the host runs short of it.",
};
pub(super) static RESERVE_CPUS: OptionSpec = OptionSpec {
    name: "reserve-cpus",
    kind: OptionKind::Decimal(1024),
    default: "",
    docs: "The processors that a swarm sets aside for a service; elsewhere nothing heeds it, and it is not written.",
};
pub(super) static NPROC: OptionSpec = OptionSpec {
    name: "nproc",
    kind: OptionKind::Integer(1, super::MOST_PROCESSES),
    default: "",
    docs: "Never written, and the plan says why: it counts the processes of a user on the whole host; `pids` counts \
           those of the service.",
};

/// The block of what is set aside.
pub(super) const RESERVATIONS: [&str; 3] = ["deploy", "resources", "reservations"];

/// What is to be written of what the settings ask for, and what is not.
#[derive(Default)]
pub(super) struct Reservation {
    /// Keys of the block, with their values as text.
    written: Vec<(&'static str, String)>,
    /// What is asked for and not written, with the reason.
    unwritten: Vec<String>,
}

impl Reservation {
    /// What is asked for a service; `limit` is the limit of memory that is written with it.
    ///
    /// # Errors
    /// A refusal where more memory is to be set aside than the service may take.
    pub(super) fn of(
        context: &Context<'_>,
        service: &Service<'_>,
        parts: &[Service<'_>],
        limit: Option<u64>,
    ) -> Result<Self, Refusal> {
        let text = |spec| match context.options.get(spec, service.name) {
            Some(OptionValue::Text(text)) => Some(text),
            Some(OptionValue::Integer(number)) => Some(number.to_string()),
            _ => None,
        };
        let has = |key: &str| {
            let [deploy, resources, reservations] = RESERVATIONS;
            parts.iter().any(|part| part.has_at(&[deploy, resources, reservations, key]))
        };
        let mut found = Self::default();
        let is_reserved = has("memory") || parts.iter().any(|part| part.has("mem_reservation"));
        if let Some(memory) = text(&RESERVE_MEMORY).filter(|_| !is_reserved) {
            let is_over =
                |most: Option<u64>| most.zip(bytes(&memory)).is_some_and(|(most, asked)| asked > most);
            if is_over(limit) {
                let why =
                    format!("the option `reserve-memory` ({memory}) is larger than the option `memory`");
                return Err(Refusal::new(RefusalCode::Explicit, why));
            }
            if limit.is_some() || !is_over(limit_in_force(parts)) {
                found.written.push(("memory", memory));
            }
        }
        if let Some(cpus) = text(&RESERVE_CPUS).filter(|_| !has("cpus")) {
            if service.file.is_stack() {
                found.written.push(("cpus", cpus));
            } else {
                found.unwritten.push(format!(
                    "`reservations.cpus` of {cpus} is not written: outside a swarm nothing heeds it"
                ));
            }
        }
        let has_processes = parts.iter().any(|part| part.has_at(&["ulimits", "nproc"]));
        if let Some(processes) = text(&NPROC).filter(|_| !has_processes) {
            found.unwritten.push(format!(
                "`nproc` of {processes} is not written: it counts the processes of a user on the whole host, and none of \
                 root's; `pids` counts those of the container"
            ));
        }
        Ok(found)
    }

    /// Whether nothing is to be written.
    pub(super) fn is_empty(&self) -> bool {
        self.written.is_empty()
    }

    /// What is set aside: `memory`, `cpus`.
    pub(super) fn keys(&self) -> Vec<&'static str> {
        self.written.iter().map(|(key, _)| *key).collect()
    }

    /// What is written, in words: `memory 512M`.
    pub(super) fn words(&self) -> String {
        self.written.iter().map(|(key, value)| format!("{key} {value}")).collect::<Vec<_>>().join(", ")
    }

    /// A caveat, and behind it what is not written.
    pub(super) fn with_reasons(&self, caveat: &str) -> String {
        std::iter::once(caveat)
            .chain(self.unwritten.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join("; ")
    }

    /// The key of the service that holds it, with its value, in the older notation.
    pub(super) fn in_service(&self) -> impl Iterator<Item = (&'static str, Value)> {
        let memory = self.written.iter().filter(|(key, _)| *key == "memory");
        memory.map(|(_, value)| ("mem_reservation", Value::string(value)))
    }

    /// The entries of the block.
    pub(super) fn entries(&self) -> Vec<(String, Value)> {
        self.written.iter().map(|(key, value)| ((*key).to_owned(), Value::string(value))).collect()
    }
}

/// The memory that a service may take as its files say: none where that is not known, so that nothing is set aside.
fn limit_in_force(parts: &[Service<'_>]) -> Option<u64> {
    let [deploy, resources, limits] = LIMITS;
    let paths: [&[&str]; 2] = [&[deploy, resources, limits, "memory"], &["mem_limit"]];
    let set = |part: &Service<'_>| paths.iter().any(|path| part.has_at(path));
    let read = |part: &Service<'_>| {
        let text = paths.iter().find_map(|path| part.text_at(path))?;
        bytes(part.interpolate(&text)?.trim())
    };
    parts.iter().find(|part| set(part)).map(|part| read(part).unwrap_or(0))
}
