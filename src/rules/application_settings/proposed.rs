//! Variables that a guide sets, for a person to say whether the program reads them.

use super::{META, asked, plain_http};
use crate::knowledge::{Role, is_for_development, needs_tls};
use crate::model::compose::{PortEntry, Service, is_for_development as is_development_path, set_variables};
use crate::model::dockerfile::Stage;
use crate::rule::{Context, Finding, FindingBuilder, Remedy, Severity};

/// The advice for one service: it serves, from a Dockerfile of the project, and sets none of them.
pub(super) fn advice(context: &Context<'_>, service: Service<'_>, parts: &[Service<'_>]) -> Option<Finding> {
    if service.file.is_for_development() || !serves_a_program_of_its_own(context, &service, parts) {
        return None;
    }
    let is_set = |name: &str| parts.iter().any(|part| set_variables(part).iter().any(|set| set.name == name));
    let wishes = asked(context, service.name);
    // Where it is called over plain HTTP, a person who follows the proposal would lock everybody out.
    let fits = |name: &str, value: &str| {
        !needs_tls(name, value) || plain_http::shown(context, &service, name, true).is_none()
    };
    let lacking = wishes.iter().filter(|wish| !wish.is_to_be_set && !is_set(&wish.name));
    let lacking: Vec<_> = lacking.filter(|wish| fits(&wish.name, &wish.value)).collect();
    let names: Vec<&str> = lacking.iter().map(|wish| wish.name.as_str()).collect();
    if names.is_empty() {
        return None;
    }
    let lines: Vec<String> =
        lacking.iter().map(|wish| format!("{}: \"{}\"", wish.name, wish.value)).collect();
    let on_tls: Vec<&str> = lacking
        .iter()
        .filter(|wish| needs_tls(&wish.name, &wish.value))
        .map(|wish| wish.name.as_str())
        .collect();
    let condition = match on_tls.is_empty() {
        true => String::new(),
        false => format!("; {} only where TLS ends in it or in front of it", on_tls.join(", ")),
    };
    let finding = FindingBuilder::new(META.id, Severity::Info, service).subject(names.join(", "));
    let advice = format!(
        "whether the program reads them no file tells; those that it does: `environment: {{ {} }}`, or as the option `set` \
         of the service{condition}",
        lines.join(", ")
    );
    Some(finding.build(format!("the settings propose {}", names.join(", ")), Remedy::Advice(advice)))
}

/// Whether a service is built from a Dockerfile of the project and has a port to be called at. What stands on a server that
/// is known is that server, with settings of its own.
fn serves_a_program_of_its_own(context: &Context<'_>, service: &Service<'_>, parts: &[Service<'_>]) -> bool {
    let Some(run) = context.project.run(service) else { return false };
    let known = run.image().and_then(|image| context.catalogue.image(&image.full_repository()));
    if known.is_some_and(|facts| facts.role != Role::Runtime) {
        return false;
    }
    let Some(built) = run.built else { return false };
    let of_service = parts.iter().flat_map(|part| part.words_at(&["command"])).map(str::to_owned);
    let is_for_work = built.stage().is_some_and(Stage::is_for_work)
        || is_for_development(&built.start_words())
        || is_for_development(&of_service.collect::<Vec<_>>());
    if is_for_work || is_development_path(&built.file.path) {
        return false;
    }
    let is_exposed = built
        .resolved
        .stages()
        .get(built.stage)
        .is_some_and(|stage| built.resolved.exposed(stage).next().is_some());
    let has_own_command = parts.iter().any(|part| part.has("command"));
    // Beside another command the port of the Dockerfile is that of what it starts by itself.
    (is_exposed && !has_own_command)
        || parts.iter().any(|part| part.has("expose") || PortEntry::of(part).next().is_some())
}
