//! What a service has of the settings that facts depend on.

use super::{Context, below};
use crate::knowledge::{Presence, Setting};
use crate::model::compose::{Mount, MountEntry, MountKind, Project, Service, lookup};

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
            match has(self.project, &part, setting) {
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
fn has(project: &Project, part: &Service<'_>, setting: &Setting) -> Option<bool> {
    match setting {
        Setting::User => Some(part.has("user")),
        Setting::Variable(name) => part.sets_variable(name),
        Setting::Init => Some(part.is_true("init")),
        Setting::HostNetwork => low_ports_are_roots(project, part),
        // Not for one part alone to say.
        Setting::Files(_) => None,
        Setting::BindMount(folder) => Some(has_bind_mount(part, folder.as_deref())),
    }
}

/// Whether ports below 1024 are root's for a service; a network of Docker's own leaves them to everyone.
fn low_ports_are_roots(project: &Project, part: &Service<'_>) -> Option<bool> {
    if sysctl(part).is_some_and(|first| first > 0) {
        return Some(true);
    }
    let Some(mode) = part.scalar("network_mode") else { return Some(false) };
    let mode = part.interpolate(mode)?;
    // In another service's network, its mode counts; one that leads back here has none.
    let host = |name: &str| {
        let others = project.files().iter().flat_map(|file| file.services_named(name));
        let mut modes = others
            .map(|other| Some(other.interpolate(other.scalar("network_mode").unwrap_or(""))? == "host"));
        modes.try_fold(false, |all, one| Some(all || one?))
    };
    mode.strip_prefix("service:").map_or(Some(mode == "host"), host)
}

/// The first port that everyone may take, if the service sets it (Linux, ip-sysctl).
fn sysctl(part: &Service<'_>) -> Option<u16> {
    const NAME: &str = "net.ipv4.ip_unprivileged_port_start";
    let tree = part.tree();
    let field = part.field("sysctls")?;
    if let Some(value) = lookup(tree, field.value, NAME) {
        return part.interpolate(&tree.scalar(value.value)?.value)?.trim().parse().ok();
    }
    part.scalar_items("sysctls").find_map(|item| {
        let (name, value) = item.split_once('=')?;
        (name.trim() == NAME).then(|| part.interpolate(value)?.trim().parse().ok()).flatten()
    })
}

/// Whether `volumes` brings in a folder of the host that may be written, at or below `folder`. Sockets don't count,
/// since they are used by group or not at all. What a variable leaves open counts, since a folder may come out.
fn has_bind_mount(part: &Service<'_>, folder: Option<&str>) -> bool {
    let is_there = |target: &str| {
        folder.is_none_or(|folder| {
            target.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    };
    let is_socket = |path: &str| path.ends_with(".sock");
    Mount::entries(part).into_iter().any(|entry| match entry {
        MountEntry::Known(mount) => {
            mount.kind == MountKind::Bind
                && mount.read_only != Some(true)
                && !is_socket(&mount.target)
                && !mount.source.as_deref().is_some_and(is_socket)
                && is_there(&mount.target)
        }
        MountEntry::Unclear(target) => target.is_none_or(|target| !is_socket(&target) && is_there(&target)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;
    use crate::model::compose::ComposeFile;

    fn presence(service: &str, setting: &str) -> Option<Presence> {
        let text = format!(
            "services:\n  base:\n    init: true\n  host:\n    network_mode: host\n  a:\n    image: x\n    {service}\n"
        );
        let file = ComposeFile::read("compose.yaml", text.as_bytes(), Environment::new()).unwrap();
        let project = Project::new(vec![file]);
        let context = Context::of(&project);
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
            ("network_mode: service:base", "host-network", Some(Presence::Unset)),
            ("network_mode: service:host", "host-network", Some(Presence::Set)),
            ("sysctls: {net.ipv4.ip_unprivileged_port_start: 1024}", "host-network", Some(Presence::Set)),
            ("sysctls: [net.ipv4.ip_unprivileged_port_start=0]", "host-network", Some(Presence::Unset)),
            ("environment: {A: b}", "environment.A", Some(Presence::Set)),
            ("env_file: x", "environment.A", None),
            ("volumes: [data:/data]", "bind-mount", Some(Presence::Unset)),
            ("volumes: [/data]", "bind-mount", Some(Presence::Unset)),
            ("volumes: [./data:/data]", "bind-mount", Some(Presence::Set)),
            ("volumes: ['./data:/data:ro']", "bind-mount", Some(Presence::Unset)),
            ("volumes: ['./data:/data:ro,z']", "bind-mount", Some(Presence::Unset)),
            ("volumes: ['${DATA:-./data}:/data']", "bind-mount", Some(Presence::Set)),
            ("volumes: ['$DATA:/data']", "bind-mount", Some(Presence::Set)),
            ("volumes: [./log:/var/log/nginx]", "bind-mount./var/log", Some(Presence::Set)),
            ("volumes: [./log:/var/logs]", "bind-mount./var/log", Some(Presence::Unset)),
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
