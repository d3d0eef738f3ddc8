//! What in a service itself speaks against a read-only root, whatever image it runs.

use super::room::Room;
use super::script::Start;
use crate::knowledge::remaps_user;
use crate::model::compose::{Run, Service, lookup, set_variables};
use crate::model::nginx::outputs;
use crate::rule::{Context, Refusal, RefusalCode};

/// Programs that install, build or change files where they are called, each by its own documentation.
const WRITERS: &[&str] = &[
    "apk",
    "apt",
    "apt-get",
    "cargo",
    "chmod",
    "chown",
    "composer",
    "conda",
    "confluent-hub",
    "cp",
    "dnf",
    "gem",
    "git",
    "gradle",
    "gradlew",
    "ln",
    "make",
    "microdnf",
    "mkdir",
    "mv",
    "mvn",
    "mvnw",
    "npm",
    "npx",
    "pip",
    "pip3",
    "pipenv",
    "pnpm",
    "poetry",
    "rm",
    "tee",
    "touch",
    "useradd",
    "uv",
    "yarn",
    "yum",
];

/// The folder of the configuration that is read, for what it says about output.
const SERVER_FILES: &str = "/etc/nginx";

/// Why a service can't have a read-only root, by what its own keys say.
pub(super) fn in_keys(
    context: &Context<'_>,
    service: &Service<'_>,
    parts: &[Service<'_>],
) -> Option<Refusal> {
    let explicit = |why: String| Some(Refusal::new(RefusalCode::Explicit, why));
    for part in parts {
        if part.has("develop") {
            return explicit("`develop` copies files into it while it runs".to_owned());
        }
        if part.has("volumes_from") {
            let why = "it has the volumes of another service (`volumes_from`), so that what stays writable can't be \
                       told";
            return Some(Refusal::new(RefusalCode::EvidenceMissing, why));
        }
        if is_of_windows(part) {
            return explicit("containers of Windows have no read-only root".to_owned());
        }
        if let Some(name) = copied_in(part) {
            return explicit(format!(
                "`{name}` is written in the Compose file or taken from a variable, and Compose can't put that \
                 into a container with a read-only root; give it a `file`"
            ));
        }
    }
    if service.file.path.split(['/', '.']).any(|word| word == "devcontainer") {
        return explicit("it is a container to work in".to_owned());
    }
    if let Some(hook) = ["post_start", "pre_stop"].iter().find(|hook| parts.iter().any(|part| part.has(hook)))
    {
        let why = format!("`{hook}` runs commands in it, and what those write is not known");
        return Some(Refusal::new(RefusalCode::EvidenceMissing, why));
    }
    above(context, service).map(|why| Refusal::new(RefusalCode::Fragment, why))
}

fn is_of_windows(part: &Service<'_>) -> bool {
    let starts = |key: &str| part.scalar(key).is_some_and(|text| text.starts_with("windows"));
    let is_windows = |word: &str| word == "windows" || word == "nanoserver";
    let image = part.repository().unwrap_or_default();
    let mut targets = crate::model::compose::Mount::of(part).into_iter().map(|mount| mount.target);
    starts("platform")
        || part.has("isolation")
        || image.split(['/', '-', '.']).any(is_windows)
        || targets.any(|target| target.contains(":\\") || target.starts_with('\\'))
}

/// The config or secret of a part that Compose copies into the container, which it has to be able to write for.
fn copied_in(part: &Service<'_>) -> Option<String> {
    let tree = part.tree();
    let root = tree.documents().get(part.document)?.root;
    let is_copied = |kind: &str, name: &str| {
        let entry = lookup(tree, root, kind).and_then(|all| lookup(tree, all.value, name));
        entry.is_some_and(|entry| {
            ["content", "environment"].iter().any(|key| lookup(tree, entry.value, key).is_some())
        })
    };
    for kind in ["configs", "secrets"] {
        for node in part.items(kind) {
            let source = lookup(tree, node, "source").map_or(node, |source| source.value);
            let name = tree.scalar(source).map(|scalar| scalar.value.to_string()).unwrap_or_default();
            if is_copied(kind, &name) {
                return Some(name);
            }
        }
    }
    None
}

/// What `command`, `entrypoint` or the health check does that a read-only root does not bear. Of commands that are
/// understood, where they write counts, which is looked at when all mounts are known.
pub(super) fn in_command(parts: &[Service<'_>], start: Option<&Start<'_>>) -> Option<Refusal> {
    let explicit = |why: String| Some(Refusal::new(RefusalCode::Explicit, why));
    for field in ["command", "entrypoint"] {
        let Some(part) = parts.iter().find(|part| part.has(field)) else { continue };
        let texts: Vec<&str> = part.scalar(field).into_iter().chain(part.scalar_items(field)).collect();
        let line = texts.join(" ");
        let kept = start.and_then(|start| start.keeps_alive(&line));
        let is_understood = start.is_some_and(Start::is_understood);
        let written = || writes(&line).filter(|_| !is_understood);
        if let Some(what) = written().or_else(|| kept.map(str::to_owned)) {
            return explicit(format!("its `{field}` {what}"));
        }
    }
    let test = parts.iter().find_map(|part| part.find(&["healthcheck", "test"]).map(|_| part))?;
    let what = writes(&test.words_at(&["healthcheck", "test"]).join(" "))?;
    explicit(format!("its health check {what}"))
}

/// What a command line does that writes.
pub(super) fn writes(line: &str) -> Option<String> {
    let words: Vec<&str> = line
        .split([' ', '\t', '\n', ';', '&', '|', '(', ')', '"', '\'', '`'])
        .filter(|word| !word.is_empty())
        .collect();
    let name = |word: &&str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let names: Vec<String> = words.iter().map(name).collect();
    let follows = |first: &str, then: &[&str]| {
        names.windows(2).any(|pair| pair[0] == first && then.contains(&pair[1].as_str()))
    };
    if let Some(writer) = names.iter().find(|name| WRITERS.contains(&name.as_str())) {
        return Some(format!("runs `{writer}`, which writes files"));
    }
    if follows("bundle", &["add", "install", "lock", "update"]) {
        return Some("installs with `bundle`, which writes files".to_owned());
    }
    if follows("bundle", &["exec"]) {
        return Some(
            "starts a program by `bundle exec`, which may write below its own folder, as Rails does (tmp, log)"
                .to_owned(),
        );
    }
    if follows("go", &["build", "install", "mod", "run", "test"]) || follows("sed", &["-i"]) {
        return Some("writes files".to_owned());
    }
    // `=>` and `->` are arrows.
    let signs = line.match_indices('>').filter(|(at, _)| !line[..*at].ends_with(['=', '-']));
    let mut targets = signs.map(|(at, sign)| line[at + sign.len()..].trim_start_matches(['|', ' ']));
    let is_file = |target: &str| {
        target.starts_with(|c: char| c.is_ascii_alphanumeric() || "/.$~\"'".contains(c))
            && !["/dev/", "/proc/"].iter().any(|stream| target.starts_with(stream))
    };
    targets.any(is_file).then(|| "writes its output to a file".to_owned())
}

/// What a file on top changes about what is started: a read-only root would hold there, too.
fn above(context: &Context<'_>, service: &Service<'_>) -> Option<String> {
    const CHANGES: [&str; 6] = ["image", "build", "command", "entrypoint", "user", "read_only"];
    context.project.above(service).find_map(|part| {
        let key = CHANGES.iter().find(|key| part.has(key))?;
        Some(format!(
            "{} changes its `{key}` and would get the read-only root, too; write `read_only: true` into a file that \
             production alone reads",
            part.file.path
        ))
    })
}

/// The file on top that has a mount where a tmpfs would go: Compose refuses two mounts at one place.
pub(super) fn taken_above(context: &Context<'_>, service: &Service<'_>, path: &str) -> Option<Refusal> {
    let has_it = |part: &Service<'_>| Room::of(&[*part]).map_or(true, |room| room.is_taken(path));
    let part = context.project.above(service).find(has_it)?;
    let why =
        format!("{} mounts something at {path}, and Compose refuses two mounts at one place", part.file.path);
    Some(Refusal::new(RefusalCode::Fragment, why))
}

/// The variable by which the start of an image makes or changes a user, in `/etc/passwd`.
pub(super) fn remapped_user(
    context: &Context<'_>,
    service: &Service<'_>,
    parts: &[Service<'_>],
    run: &Run<'_>,
) -> Option<String> {
    if run.user(service).is_root() == Some(false) {
        return None;
    }
    let own = parts.iter().flat_map(set_variables).map(|variable| variable.name);
    let others = context.project.other_variables(parts, Some(run)).into_iter().map(|variable| variable.name);
    own.chain(others).find(|name| remaps_user(name))
}

/// The service that takes over the volumes of this one.
pub(super) fn sharer(context: &Context<'_>, service: &Service<'_>) -> Option<String> {
    let is_named = |entry: &str| entry.split(':').next() == Some(service.name);
    let mut services = context.project.services();
    let found = services.find(|other| other.scalar_items("volumes_from").any(is_named))?;
    Some(found.name.to_owned())
}

/// What the configuration files of a web server write outside `room`, with the place of the file.
pub(super) fn server_output(
    context: &Context<'_>,
    service: &Service<'_>,
    run: &Run<'_>,
    room: &Room,
) -> Option<String> {
    let placed = context.project.placed_in(service, run, SERVER_FILES);
    let files = context.project.nginx_files(&placed);
    let resolved: Vec<_> = files.iter().map(|(file, _)| file.resolved()).collect();
    let outputs = outputs(&resolved.iter().collect::<Vec<_>>());
    let found = outputs.into_iter().find(|output| !room.holds(&output.path))?;
    let (file, _) = files.get(found.file)?;
    Some(format!("`{}` of {} writes to {}", found.directive, file.path, found.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_shows_what_it_writes() {
        for line in [
            "sh -c 'apt-get update && exec app'",
            "npm start",
            "/usr/bin/npm run dev",
            "sh -c \"echo a > /etc/b\"",
            "sh -c 'app >>app.log'",
            "sed -i s/a/b/ index.html",
            "go run .",
            "bundle exec rails s",
            "bundle install",
        ] {
            assert!(writes(line).is_some(), "{line}");
        }
        for line in [
            "nginx -g 'daemon off;'",
            "app 2>&1",
            "app > /dev/stdout",
            "go-server",
            "postgres -c a=b",
            "a => b",
        ] {
            assert_eq!(writes(line), None, "{line}");
        }
    }
}
