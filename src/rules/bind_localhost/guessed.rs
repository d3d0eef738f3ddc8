//! Ports that a variable without a value decides: what the project shows of the form of that value.
//!
//! The value itself is never taken for known. What is bound on such a ground is a guess and marked as one; where the value turns
//! out to hold an address as well, Compose refuses the entry and nothing starts in silence on a wider one.

use crate::knowledge::Confidence;
use crate::model::compose::{ComposeFile, PortEntry, Service};
use crate::model::{HostAddress, Part, PublishedPorts, Resolution, Template};
use crate::rule::{Context, Evidence, Fix, Remedy};

/// A number in place of one that nobody knows, for the edit alone: it is never looked up.
const SOME_PORT: &str = "1";

/// The fields whose texts use a port.
const FIELDS: [&str; 5] = ["environment", "command", "entrypoint", "healthcheck", "labels"];

/// What is guessed of an entry.
pub(super) struct Guess {
    /// The service's file with numbers for the variables.
    file: ComposeFile,
    /// Whether they are those of a template; any number stands there otherwise.
    pub(super) has_number: bool,
    /// Why a number stands there.
    pub(super) evidence: Evidence,
    /// The variable.
    variable: String,
}

impl Guess {
    /// The service as it would be with these numbers.
    pub(super) fn service<'g>(&'g self, service: &Service<'g>) -> Service<'g> {
        Service { file: &self.file, ..*service }
    }

    /// The remedy, as one that nobody has tried.
    pub(super) fn marked(&self, remedy: Remedy) -> Remedy {
        let Remedy::Fix(fix) = remedy else { return remedy };
        let variable = &self.variable;
        let to_try = format!(
            "the value of `{variable}` is not known here: if it holds an address, too, Compose refuses the entry, which \
             `docker compose config` shows"
        );
        let caveat = fix.caveat.into_iter().chain([to_try]).collect::<Vec<_>>().join("; ");
        Remedy::Fix(Fix::unverified(fix.title, caveat, fix.effects))
    }
}

/// What the project shows of the variables without a value that decide an entry's address or its ports.
pub(super) fn guess(context: &Context<'_>, service: &Service<'_>, entry: &PortEntry) -> Option<Guess> {
    let is_open = |file: &ComposeFile| {
        let environment = &file.environment;
        matches!(
            entry.resolve(environment),
            Resolution::Unknown { .. } | Resolution::Known(HostAddress::Variable(_))
        ) || entry.targets(environment).is_none()
            || entry.published(environment) == PublishedPorts::Unknown
    };
    if !is_open(service.file) {
        return None;
    }
    by_template(context, service, entry)
        .filter(|guess| !is_open(&guess.file))
        .or_else(|| by_use(context, service, entry))
}

/// By the template of a `.env` that is not there.
fn by_template(context: &Context<'_>, service: &Service<'_>, entry: &PortEntry) -> Option<Guess> {
    let sampled = context.project.sampled(service.file)?;
    let names = entry.variables();
    let (variable, path) = names.iter().find_map(|name| Some((name, sampled.sources.get(name)?)))?;
    let evidence = Evidence {
        confidence: Confidence::Inferred,
        fact: format!("{path} has a bare port number for `{variable}`, and no `.env` is there (a guess)"),
        source: path.clone(),
    };
    Some(Guess { file: sampled.file, has_number: true, evidence, variable: variable.clone() })
}

/// By what else the project does with the only variable of an entry that is nothing but that.
fn by_use(context: &Context<'_>, service: &Service<'_>, entry: &PortEntry) -> Option<Guess> {
    let PortEntry::Short(port) = entry else { return None };
    let template = Template::parse(port.text()).ok()?;
    let [Part::Variable(variable)] = template.parts() else { return None };
    if variable
        .operation
        .as_ref()
        .is_some_and(|operation| operation.operator.is_default() || operation.operator.is_alternative())
    {
        return None;
    }
    let beside = context.project.files().iter().filter(|file| file.folder() == service.file.folder());
    let used =
        beside.flat_map(ComposeFile::services).find_map(|user| use_as_number(&user, &variable.name))?;
    let mut file = service.file.clone();
    file.environment.set(&*variable.name, SOME_PORT);
    let evidence = Evidence {
        confidence: Confidence::Inferred,
        fact: format!("`{}` is used as a bare port number: {used} (a guess)", variable.name),
        source: service.file.path.clone(),
    };
    Some(Guess { file, has_number: false, evidence, variable: variable.name.clone() })
}

/// How a service uses a variable as a number: as the port of an address, as the container's side of a mapping, or as all of the
/// value of a variable that is called a port.
fn use_as_number(service: &Service<'_>, name: &str) -> Option<String> {
    let (braced, bare) = (format!("${{{name}}}"), format!("${name}"));
    let is_it = |text: &str| text == braced || text == bare;
    for entry in PortEntry::of(service) {
        let PortEntry::Short(port) = &entry else { continue };
        let target = port.target();
        if target.start > 0 && is_it(target.of(port.text())) {
            return Some(format!("`{}` publishes the container's port by it", service.name));
        }
    }
    for field in FIELDS {
        for (key, text) in service.texts(field) {
            let is_called_port = |key: &str| key == "PORT" || key.ends_with("_PORT");
            if is_it(&text) && is_called_port(&key) {
                return Some(format!("`{key}` of `{}` is nothing else", service.name));
            }
            let is_passed = field == "environment" && key.is_empty() && text == name && is_called_port(name);
            if is_passed {
                return Some(format!("`{}` takes it for its own", service.name));
            }
            if is_port_of_address(&text, &braced) {
                return Some(format!("an address in `{field}` of `{}` ends in it", service.name));
            }
        }
    }
    None
}

/// Whether a text has an address with this variable for a port: `http://collector:${PORT}/v1`, `${HOST}:${PORT}`.
fn is_port_of_address(text: &str, braced: &str) -> bool {
    text.match_indices(braced).any(|(at, _)| {
        let Some(before) = text[..at].strip_suffix(':') else { return false };
        let after = &text[at + braced.len()..];
        let ends_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '}' | ']' | '-' | '.');
        before.ends_with(ends_host)
            && !after.starts_with(|c: char| c == ':' || c == '$' || c == '-' || c.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests;
