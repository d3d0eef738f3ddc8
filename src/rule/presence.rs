//! What a service has of the settings that facts depend on.

use super::{Context, below};
use crate::knowledge::{Presence, Setting};
use crate::model::compose::{Mount, Project, Service, lookup};
use crate::syntax::yaml::NodeId;

impl Context<'_> {
    /// Whether a service has a setting, be it its own or one that comes along with what it extends or with
    /// the file below; `None` where that can't be told, for instance since a variable may come from a file
    /// that wasn't read.
    #[must_use]
    pub fn presence(&self, service: &Service<'_>, setting: &Setting) -> Option<Presence> {
        if let Setting::Files(folder) = setting {
            return self.has_files(service, folder);
        }
        let mut all = Some(false);
        for part in parts(self.project, service) {
            match has(&part, setting) {
                Some(true) => return Some(Presence::Set),
                Some(false) => {}
                None => all = None,
            }
        }
        all.map(|_| Presence::Unset)
    }

    /// Whether a mount or a COPY puts something at or below a folder. What stands above it may hold it, or not.
    fn has_files(&self, service: &Service<'_>, folder: &str) -> Option<Presence> {
        let mut targets: Vec<String> = Vec::new();
        let mut is_whole = true;
        for part in parts(self.project, service) {
            let mounts = Mount::targets(&part);
            is_whole &= mounts.iter().all(Option::is_some) && !part.has("configs");
            targets.extend(mounts.into_iter().flatten());
        }
        if let Some(run) = self.project.run(service) {
            let placed = self.project.placed_in(service, &run, folder);
            is_whole &= placed.unknown.is_empty();
            targets.extend(placed.placed.into_iter().map(|placed| placed.target));
        }
        let targets: Vec<String> = targets.iter().map(|target| below("/", target)).collect();
        if targets.iter().any(|target| is_in(target, folder)) {
            return Some(Presence::Set);
        }
        let is_open = !is_whole || targets.iter().any(|target| is_in(folder, target));
        (!is_open).then_some(Presence::Unset)
    }
}

/// Whether a path is a folder or lies in it, both without `.`, `..` and a slash at the end.
#[must_use]
pub fn is_in(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder.trim_end_matches('/'))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A service and what comes along with it: what it extends, and the same service in the file below.
#[must_use]
pub fn parts<'p>(project: &'p Project, service: &Service<'p>) -> Vec<Service<'p>> {
    let mut parts = vec![*service];
    parts.extend(project.bases(service));
    parts.extend(project.below(service));
    parts
}

/// Whether one part has a setting by itself.
fn has(part: &Service<'_>, setting: &Setting) -> Option<bool> {
    match setting {
        Setting::User => Some(part.has("user")),
        Setting::Variable(name) => part.sets_variable(name),
        Setting::Init => Some(part.is_true("init")),
        Setting::HostNetwork => match part.scalar("network_mode") {
            Some(mode) => Some(part.interpolate(mode)? == "host"),
            None => Some(false),
        },
        // Not for one part alone to say.
        Setting::Files(_) => None,
        Setting::BindMount => Some(part.items("volumes").into_iter().any(|node| is_bind_mount(part, node))),
    }
}

/// Whether an entry of `volumes` brings in a folder of the host that may be written. Sockets don't count,
/// since they are used by group or not at all. What a variable leaves open counts if it can be a folder.
fn is_bind_mount(part: &Service<'_>, node: NodeId) -> bool {
    let tree = part.tree();
    if let Some(scalar) = tree.scalar(node) {
        let text = part.interpolate(&scalar.value).unwrap_or_else(|| scalar.value.to_string());
        return is_bind_text(&text);
    }
    let text = |key: &str| {
        let scalar = tree.scalar(lookup(tree, node, key)?.value)?;
        Some(part.interpolate(&scalar.value).unwrap_or_else(|| scalar.value.to_string()))
    };
    let is_socket = text("source").is_some_and(|source| source.ends_with(".sock"));
    text("type").as_deref() == Some("bind") && !is_socket && text("read_only").as_deref() != Some("true")
}

/// As [`is_bind_mount`], of the short form `SOURCE:TARGET[:OPTIONS]`.
fn is_bind_text(text: &str) -> bool {
    // A variable with a default value has a colon of its own; whatever is in it, a path may come out.
    let (source, rest) = match text.strip_prefix("${").and_then(|text| text.split_once('}')) {
        Some((_, rest)) => ("${}", rest),
        None => text.split_once(':').map_or(("", ""), |(source, _)| (source, &text[source.len()..])),
    };
    let mut rest = rest.split(':').skip(1);
    let target = rest.next().unwrap_or_default();
    let is_read_only = rest.next().is_some_and(|options| options.split(',').any(|option| option == "ro"));
    let is_path = source.starts_with(['.', '/', '~', '$']) || source.contains('\\');
    is_path && !is_read_only && !source.ends_with(".sock") && !target.ends_with(".sock")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Catalogue;
    use crate::model::Environment;
    use crate::model::compose::ComposeFile;
    use crate::rule::{Answers, Options};

    fn presence(service: &str, setting: &str) -> Option<Presence> {
        let text = format!("services:\n  base:\n    init: true\n  a:\n    image: x\n    {service}\n");
        let file = ComposeFile::read("compose.yaml", text.as_bytes(), Environment::new()).unwrap();
        let project = Project::new(vec![file]);
        let (options, answers) = (Options::default(), Answers::default());
        let context = Context {
            project: &project,
            options: &options,
            catalogue: Catalogue::builtin(),
            answers: &answers,
        };
        let service = project.services().find(|service| service.name == "a").unwrap();
        context.presence(&service, &serde_yaml::from_str(setting).unwrap())
    }

    #[test]
    fn settings_are_read_from_their_keys() {
        for (service, setting, expected) in [
            ("user: '5'", "user", Some(Presence::Set)),
            ("init: true", "init", Some(Presence::Set)),
            ("init: false", "init", Some(Presence::Unset)),
            ("extends: base", "init", Some(Presence::Set)),
            ("network_mode: host", "host-network", Some(Presence::Set)),
            ("network_mode: bridge", "host-network", Some(Presence::Unset)),
            ("network_mode: $MODE", "host-network", None),
            ("environment: {A: b}", "environment.A", Some(Presence::Set)),
            ("env_file: x", "environment.A", None),
            ("volumes: [data:/data]", "bind-mount", Some(Presence::Unset)),
            ("volumes: [/data]", "bind-mount", Some(Presence::Unset)),
            ("volumes: [./data:/data]", "bind-mount", Some(Presence::Set)),
            ("volumes: ['./data:/data:ro']", "bind-mount", Some(Presence::Unset)),
            ("volumes: ['./data:/data:ro,z']", "bind-mount", Some(Presence::Unset)),
            ("volumes: ['${DATA:-./data}:/data']", "bind-mount", Some(Presence::Set)),
            ("volumes: ['$DATA:/data']", "bind-mount", Some(Presence::Set)),
            ("volumes: [/var/run/docker.sock:/var/run/docker.sock]", "bind-mount", Some(Presence::Unset)),
            ("volumes: [{type: bind, source: ./a, target: /a}]", "bind-mount", Some(Presence::Set)),
            (
                "volumes: [{type: bind, source: ./a, target: /a, read_only: true}]",
                "bind-mount",
                Some(Presence::Unset),
            ),
            ("volumes: [{type: volume, source: a, target: /a}]", "bind-mount", Some(Presence::Unset)),
            ("volumes: [./t:/etc/t]", "files./etc/t", Some(Presence::Set)),
            ("volumes: [./t:/etc/t/a.conf]", "files./etc/t", Some(Presence::Set)),
            ("volumes: [data:/etc/t/]", "files./etc/t", Some(Presence::Set)),
            ("volumes: [./t:/etc]", "files./etc/t", None),
            ("volumes: [./t:/etc/tt]", "files./etc/t", Some(Presence::Unset)),
            ("configs: [a]", "files./etc/t", None),
        ] {
            assert_eq!(presence(service, setting), expected, "{service}");
        }
    }
}
