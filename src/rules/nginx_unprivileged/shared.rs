//! Who else uses what would change: its Dockerfile, its configuration files, its name in other Compose files.

use super::address::Move;
use super::services::names_port;
use super::unit::Unit;
use crate::model::Source;
use crate::model::compose::{Ground, Placed, PortEntry, Project, Run, Service, file_set};
use crate::rule::{Refusal, RefusalCode};
use crate::syntax::dockerfile::Keyword;

/// Why a file or a service of the unit can't change by itself.
pub(super) fn refusal(project: &Project, unit: &Unit<'_>, ports: &[Move]) -> Option<Refusal> {
    let services = project.files().iter().flat_map(|file| file.services());
    let mut others = services.filter(|service| !unit.has(service));
    let refusal = others.find_map(|service| {
        same_name(project, unit, &service, ports)
            .or_else(|| same_dockerfile(project, unit, &service))
            .or_else(|| same_configuration(project, unit, &service))
    });
    refusal.or_else(|| copied_elsewhere(project, unit)).or_else(|| included_elsewhere(project, unit))
}

fn explicit(message: String) -> Option<Refusal> {
    Some(Refusal::new(RefusalCode::Explicit, message))
}

/// A service of the same name in a file that may be read on top of this one, or below it, and that counts on the
/// port. Only a part of a service is one wherever its file is.
fn same_name(project: &Project, unit: &Unit<'_>, service: &Service<'_>, ports: &[Move]) -> Option<Refusal> {
    let is_part = project.running(service).is_none();
    let is_same = |own: &Service<'_>| {
        own.name == service.name
            && own.file.path != service.file.path
            && (is_part || own.file.folder() == service.file.folder())
    };
    let member = unit.members.iter().find(|member| is_same(&member.service))?;
    let counts = |key: &&str| service.texts(key).iter().any(|(_, text)| names_port(text, ports));
    let texts = ["expose", "healthcheck", "labels"].into_iter().find(counts);
    let key = if publishes(service, ports) { "ports" } else { texts? };
    Some(Refusal::new(
        RefusalCode::Fragment,
        format!(
            "`{}` is in {}, too, and its `{key}` counts on the port there; move both by hand",
            member.service.name, service.file.path
        ),
    ))
}

/// Whether a service publishes one of these ports of its container, or may do so.
fn publishes(service: &Service<'_>, ports: &[Move]) -> bool {
    service.items("ports").into_iter().any(|node| {
        let Ok((entry, _)) = PortEntry::read(service.tree(), node) else { return true };
        let targets = entry.targets(&service.file.environment);
        targets.is_none_or(|(targets, _)| ports.iter().any(|moved| targets.contains(&moved.from)))
    })
}

/// A service that is built on the same stage and would not move.
fn same_dockerfile(project: &Project, unit: &Unit<'_>, service: &Service<'_>) -> Option<Refusal> {
    let run = project.run(service)?;
    let built = run.built.as_ref()?;
    let stages: Vec<usize> = built.resolved.chain(built.stage()?).map(|stage| stage.index).collect();
    let shares = unit.members.iter().any(|member| {
        let path = member.run.built.as_ref().map(|own| own.file.path.as_str());
        path == Some(built.file.path.as_str())
            && member.root_stage().is_some_and(|root| stages.contains(&root))
    });
    let message = || {
        format!(
            "`{}` in {} is built from {}, too, and would not move; give it a Dockerfile of its own",
            service.name, service.file.path, built.file.path
        )
    };
    shares.then(message).and_then(explicit)
}

/// A service outside that has a configuration file of the unit in its container.
fn same_configuration(project: &Project, unit: &Unit<'_>, service: &Service<'_>) -> Option<Refusal> {
    let nothing =
        || Run { part: *service, is_built: false, built: None, ground: Ground::Unknown(String::new()) };
    let run = project.run(service).unwrap_or_else(nothing);
    let placed = project.placed_in(service, &run, "");
    // All files of a program may lie beside the server's own; they are its configuration only in such a folder.
    let is_configuration = |placed: &Placed| {
        placed.target.contains("/nginx")
            || placed.target.contains("/openresty")
            || placed.target == "/"
            || !is_source_tree(project, placed)
    };
    let is_used = |path: &str| placed.bringing(path).into_iter().any(|(placed, _)| is_configuration(placed));
    let (file, _) = unit.files().into_iter().find(|(file, _)| is_used(&file.path))?;
    explicit(format!(
        "{} is also used by `{}` in {}, which would not move; give each a file of its own",
        file.path, service.name, service.file.path
    ))
}

/// Whether a folder is that of a program with all its files: it holds a Dockerfile or a Compose file.
fn is_source_tree(project: &Project, placed: &Placed) -> bool {
    let folder = &placed.source;
    let is_below = |path: &str| {
        folder.is_empty() || path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'))
    };
    project.files().iter().any(|file| is_below(&file.path))
        || project.dockerfiles.keys().any(|path| is_below(path))
}

/// A stage that no service of the unit runs, and that copies one of its configuration files.
fn copied_elsewhere(project: &Project, unit: &Unit<'_>) -> Option<Refusal> {
    let files: Vec<String> = unit.files().into_iter().map(|(file, _)| file.path.clone()).collect();
    for file in project.dockerfiles.values() {
        let own: Vec<usize> = unit
            .members
            .iter()
            .filter_map(|member| member.run.built.as_ref().filter(|built| built.file.path == file.path))
            .flat_map(|built| built.stage().into_iter().flat_map(|stage| built.resolved.chain(stage)))
            .flat_map(|stage| stage.instructions.clone())
            .collect();
        let folder = file_set::folder_of(&file.path);
        for (number, instruction) in file.tree.instructions().iter().enumerate() {
            let copies = matches!(instruction.keyword, Keyword::Copy | Keyword::Add);
            if !copies || own.contains(&number) || instruction.command.flag("from").is_some() {
                continue;
            }
            let words = instruction.command.arguments.words();
            let sources = words.iter().rev().skip(1);
            let mut paths = sources.flat_map(|word| {
                let text = word.text.trim_matches(['"', '\'']);
                [file_set::join(folder, text), file_set::join("", text)]
            });
            if let Some(path) = paths.find(|path| files.contains(path)) {
                return explicit(format!(
                    "{path} is also copied by another stage, at {}:{}; give each a file of its own",
                    file.path,
                    file.tree.locate(instruction.span.start)
                ));
            }
        }
    }
    None
}

/// A configuration outside that includes a file of the unit by its name.
fn included_elsewhere(project: &Project, unit: &Unit<'_>) -> Option<Refusal> {
    let files = unit.files();
    let others = project.nginx.values().filter(|other| files.iter().all(|(file, _)| file.path != other.path));
    for other in others {
        for include in other.resolved().includes() {
            let name = include.pattern.text.rsplit('/').next().unwrap_or_default();
            let is_it = |path: &str| path.rsplit('/').next() == Some(name);
            if let Some((file, _)) = files.iter().find(|(file, _)| is_it(&file.path)) {
                let at = Source::Nginx(other).position(&include.pattern.route);
                let at = at.map(|at| format!(":{at}")).unwrap_or_default();
                return explicit(format!(
                    "{} may also be included by {}{at}, which would not move; give each a file of its own",
                    file.path, other.path
                ));
            }
        }
    }
    None
}
