//! What to run after files have changed: the calls that bring the change into effect.

use super::write::{elsewhere, not_a_flag, quoted, shown_folder};
use crate::edge::ProjectRoot;
use crate::model::compose::is_default_name;
use crate::plan::Step;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The services of a Compose file that have to start anew.
#[derive(Debug, Default)]
struct Services<'s> {
    names: BTreeSet<&'s str>,
    /// Whether an image of one of them has to be built before.
    build: bool,
    /// Whether a file that one of them mounts has changed, which Compose does not see.
    recreate: bool,
}

/// What to run now, and how to go back.
pub(super) fn next_steps(root: &ProjectRoot, steps: &[Step], id: &str) -> String {
    format!("{}Undo:\n  hardtack rollback {id}{}\n", into_effect(root, steps), elsewhere(root))
}

/// What to run now; nothing if nothing that runs has changed.
pub(super) fn into_effect(root: &ProjectRoot, steps: &[Step]) -> String {
    let (by_file, unused) = by_compose_file(root, steps);
    let calls: Vec<String> = by_file.iter().map(|(file, services)| call(root, file, services)).collect();
    let builds = unused.iter().map(|path| format!("  build anew what {path} makes\n"));
    let lines: String = calls.into_iter().chain(builds).collect();
    if lines.is_empty() { lines } else { format!("Next:\n{lines}") }
}

/// The services by the Compose file that starts them, and the Dockerfiles that no known file builds.
fn by_compose_file<'s>(
    root: &ProjectRoot,
    steps: &'s [Step],
) -> (BTreeMap<String, Services<'s>>, BTreeSet<&'s str>) {
    let (compose, others): (Vec<_>, Vec<_>) =
        steps.iter().flat_map(|step| &step.services).partition(|(file, _)| is_yaml(file));
    let mut by_file: BTreeMap<String, Services<'s>> = BTreeMap::new();
    for (file, service) in compose {
        by_file.entry(file.clone()).or_default().names.insert(service);
    }
    let mut unused: BTreeSet<&str> = BTreeSet::new();
    for (path, service) in others {
        let is_known = by_file.values().any(|services| services.names.contains(service.as_str()));
        if !is_known {
            let Some(file) = nearest(root, path) else {
                unused.insert(path);
                continue;
            };
            by_file.entry(file).or_default().names.insert(service);
        }
        for services in by_file.values_mut().filter(|services| services.names.contains(service.as_str())) {
            services.build = true;
            services.recreate |= !is_dockerfile(path);
        }
    }
    let has_service = |step: &&Step| step.services.is_empty();
    let files =
        steps.iter().filter(has_service).flat_map(|step| step.changes.iter().map(|change| change.path()));
    unused.extend(files.filter(|path| is_dockerfile(path)));
    (by_file, unused)
}

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}

fn is_dockerfile(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.to_ascii_lowercase().contains("dockerfile"))
}

/// The Compose file with a usual name in the folder of `path`, or else the next one above it.
fn nearest(root: &ProjectRoot, path: &str) -> Option<String> {
    let mut folder = path;
    loop {
        folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        let names = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
        let join =
            |name: &&str| if folder.is_empty() { (*name).to_owned() } else { format!("{folder}/{name}") };
        if let Some(found) = names.iter().map(join).find(|path| root.folder().join(path).is_file()) {
            return Some(found);
        }
        if folder.is_empty() {
            return None;
        }
    }
}

/// The call of Compose for one file.
fn call(root: &ProjectRoot, file: &str, services: &Services<'_>) -> String {
    let folder = shown_folder(root);
    let (inside, name) = file.rsplit_once('/').unwrap_or((".", file));
    let at = match (folder.as_str(), inside) {
        (folder, ".") => folder.to_owned(),
        (".", inside) => inside.to_owned(),
        (folder, inside) => format!("{folder}/{inside}"),
    };
    let named =
        if is_default_name(name) { String::new() } else { format!(" -f {}", quoted(&not_a_flag(name))) };
    let build = if services.build { " --build" } else { "" };
    let recreate = if services.recreate { " --force-recreate" } else { "" };
    let names: Vec<String> = services.names.iter().map(|name| quoted(name)).collect();
    let call = format!("docker compose{named} up -d{build}{recreate} {}", names.join(" "));
    let mut out = String::new();
    // In parentheses the change of folder ends with its line, so that all lines can be pasted at once.
    let _ = if at == "." {
        writeln!(out, "  {call}")
    } else {
        writeln!(out, "  (cd {} && {call})", quoted(&not_a_flag(&at)))
    };
    out
}
