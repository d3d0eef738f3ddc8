//! One entry of `volumes` of a service, in either form.
//!
//! As Compose v2.40 reads it: the short form is `[SOURCE:]TARGET[:OPTIONS]`, where a source that begins with
//! `.`, `/` or `~` is a path of the host and any other a volume; options that it does not know count for nothing.

use super::{Service, lookup};
use crate::syntax::yaml::NodeId;

/// What a mount brings into the container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MountKind {
    /// A file or folder of the host.
    Bind,
    /// A volume, named or not.
    Volume,
    /// Anything else: `tmpfs`, `npipe`, `cluster`, `image`.
    Other,
}

/// One entry of `volumes`, with the variables that are known in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Its number in the list, from 0.
    pub index: usize,
    /// Its node.
    pub node: NodeId,
    /// What it brings in.
    pub kind: MountKind,
    /// Where that comes from: a path of the host as written, or the name of a volume.
    pub source: Option<String>,
    /// Where it appears in the container.
    pub target: String,
    /// The options of the short form; `None` for a long one.
    pub options: Option<Vec<String>>,
    /// Whether it is read-only; `None` if the entry does not say.
    pub read_only: Option<bool>,
    /// How mounts below it pass between host and container, if the entry says.
    pub propagation: Option<String>,
}

/// One entry of `volumes`, read as far as that goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MountEntry {
    /// It is known what it brings in.
    Known(Mount),
    /// A variable without value decides about it, or Compose refuses it; with its target, if that is written out.
    Unclear(Option<String>),
}

impl MountEntry {
    /// Where it appears in the container, if that is known.
    #[must_use]
    pub fn into_target(self) -> Option<String> {
        match self {
            Self::Known(mount) => Some(mount.target),
            Self::Unclear(target) => target,
        }
    }
}

/// The words for propagation, as options of the short form.
const PROPAGATIONS: [&str; 6] = ["private", "rprivate", "shared", "rshared", "slave", "rslave"];

impl Mount {
    /// The mounts of a service. Entries that depend on a variable without value, or that Compose refuses,
    /// are left out.
    #[must_use]
    pub fn of(service: &Service<'_>) -> Vec<Self> {
        let known = |entry| match entry {
            MountEntry::Known(mount) => Some(mount),
            MountEntry::Unclear(_) => None,
        };
        Self::entries(service).into_iter().filter_map(known).collect()
    }

    /// All entries of a service, those with an open question as well: for whoever must know that nothing else
    /// is mounted somewhere.
    #[must_use]
    pub fn entries(service: &Service<'_>) -> Vec<MountEntry> {
        let items = service.items("volumes").into_iter().enumerate();
        let entry = |(index, node)| match Self::read(service, index, node) {
            Some(mount) => MountEntry::Known(mount),
            None => MountEntry::Unclear(written_target(service, node)),
        };
        items.map(entry).collect()
    }

    /// Where each entry appears in the container; `None` where a variable decides that.
    #[must_use]
    pub fn targets(service: &Service<'_>) -> Vec<Option<String>> {
        Self::entries(service).into_iter().map(MountEntry::into_target).collect()
    }

    /// The path of the host in canonical form (`//var/./run/` is `/var/run`), if it is an absolute one.
    #[must_use]
    pub fn host_path(&self) -> Option<String> {
        let source = self.source.as_deref().filter(|_| self.kind == MountKind::Bind)?;
        source.starts_with('/').then(|| format!("/{}", super::file_set::join("", source)))
    }

    /// The entry in the words of the short form.
    #[must_use]
    pub fn subject(&self) -> String {
        match &self.source {
            Some(source) => format!("{source}:{}", self.target),
            None => self.target.clone(),
        }
    }

    fn read(service: &Service<'_>, index: usize, node: NodeId) -> Option<Self> {
        match service.tree().scalar(node) {
            Some(scalar) => Self::short(index, node, &service.interpolate(&scalar.value)?),
            None => Self::long(service, index, node),
        }
    }

    fn short(index: usize, node: NodeId, text: &str) -> Option<Self> {
        let (source, target, options) = match split(text)[..] {
            [target] => (None, target, ""),
            [source, target] => (Some(source), target, ""),
            [source, target, options] => (Some(source), target, options),
            _ => return None,
        };
        let kind = match source {
            Some(source) if is_host_path(source) => MountKind::Bind,
            _ => MountKind::Volume,
        };
        let options: Vec<String> =
            options.split(',').filter(|option| !option.is_empty()).map(str::to_owned).collect();
        // Of several, the last one counts.
        let read_only = options.iter().rev().find_map(|option| match option.as_str() {
            "ro" => Some(true),
            "rw" => Some(false),
            _ => None,
        });
        let propagation = options.iter().rev().find(|option| PROPAGATIONS.contains(&option.as_str()));
        Some(Self {
            index,
            node,
            kind,
            source: source.map(str::to_owned),
            target: target.to_owned(),
            read_only,
            propagation: propagation.cloned(),
            options: Some(options),
        })
    }

    fn long(service: &Service<'_>, index: usize, node: NodeId) -> Option<Self> {
        let tree = service.tree();
        let child = |node, key: &str| lookup(tree, node, key).map(|field| field.value);
        let text = |node: NodeId| service.interpolate(&tree.scalar(node)?.value);
        let kind = match text(child(node, "type")?)?.as_str() {
            "bind" => MountKind::Bind,
            "volume" => MountKind::Volume,
            _ => MountKind::Other,
        };
        let read_only = match child(node, "read_only") {
            Some(node) => {
                Some(matches!(text(node)?.to_ascii_lowercase().as_str(), "true" | "yes" | "on" | "y"))
            }
            None => None,
        };
        let bind = child(node, "bind");
        Some(Self {
            index,
            node,
            kind,
            source: child(node, "source").and_then(text),
            target: text(child(node, "target")?)?,
            options: None,
            read_only,
            propagation: bind.and_then(|bind| child(bind, "propagation")).and_then(text),
        })
    }
}

/// The target of an entry that can't be read as a whole, if no variable decides about it.
fn written_target(service: &Service<'_>, node: NodeId) -> Option<String> {
    let tree = service.tree();
    if let Some(scalar) = tree.scalar(node) {
        // The last part that is a path: options follow it, and a default in front may hold colons of its own.
        let target = scalar.value.rsplit(':').find(|part| part.starts_with('/') || part.contains('$'))?;
        return (!target.contains('$')).then(|| target.to_owned());
    }
    let target = tree.scalar(lookup(tree, node, "target")?.value)?;
    service.interpolate(&target.value)
}

fn is_host_path(source: &str) -> bool {
    source.starts_with(['.', '/', '~', '\\']) || is_drive(source)
}

/// `C:\data` or `c:/data`: a path of Windows.
fn is_drive(source: &str) -> bool {
    let mut chars = source.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic()) && chars.next() == Some(':')
}

/// The parts between colons; the colon behind the letter of a drive parts nothing.
fn split(text: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(':') {
        let part = text.get(start..at).unwrap_or_default();
        let is_letter = part.len() == 1 && part.chars().all(|c| c.is_ascii_alphabetic());
        if is_letter && text.get(at + 1..).is_some_and(|rest| rest.starts_with(['/', '\\'])) {
            continue;
        }
        parts.push(part);
        start = at + 1;
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;
    use crate::model::compose::ComposeFile;

    fn mounts(volumes: &str) -> Vec<Mount> {
        let text = format!("services:\n  web:\n    image: web\n    volumes:\n{volumes}");
        let file = ComposeFile::read("compose.yaml", text.as_bytes(), Environment::new()).unwrap();
        let service = file.services().next().unwrap();
        Mount::of(&service)
    }

    #[test]
    fn the_short_form_has_one_to_three_parts() {
        let of = |text: &str| mounts(&format!("      - \"{text}\"\n")).pop();
        let mount = of("/var/run/docker.sock:/var/run/docker.sock:ro").unwrap();
        assert_eq!((mount.kind, mount.read_only), (MountKind::Bind, Some(true)));
        assert_eq!(mount.host_path().as_deref(), Some("/var/run/docker.sock"));
        let mount = of("data:/data:z").unwrap();
        assert_eq!((mount.kind, mount.read_only), (MountKind::Volume, None));
        let mount = of("/data").unwrap();
        assert_eq!((mount.kind, mount.source, mount.target.as_str()), (MountKind::Volume, None, "/data"));
        let mount = of("/:/host:ro,rslave").unwrap();
        assert_eq!(mount.propagation.as_deref(), Some("rslave"));
        assert_eq!(mount.host_path().as_deref(), Some("/"));
        let mount = of("c:/data:/data:rw").unwrap();
        assert_eq!((mount.source.as_deref(), mount.read_only), (Some("c:/data"), Some(false)));
        assert_eq!(of("a:b:c:d"), None);
        assert_eq!(of("${UNSET}:/data"), None);
        assert_eq!(of("${UNSET:-/etc}:/data").unwrap().host_path().as_deref(), Some("/etc"));
        assert_eq!(
            of("//etc/./localtime/:/etc/localtime").unwrap().host_path().as_deref(),
            Some("/etc/localtime")
        );
        assert_eq!(of("./etc:/etc").unwrap().host_path(), None);
    }

    #[test]
    fn what_a_variable_decides_keeps_the_target_that_is_written() {
        let of = |text: &str| {
            let text = format!("services:\n  web:\n    image: web\n    volumes:\n      - {text}\n");
            let file = ComposeFile::read("compose.yaml", text.as_bytes(), Environment::new()).unwrap();
            let service = file.services().next().unwrap();
            Mount::entries(&service).pop().unwrap()
        };
        let unclear = |target: &str| MountEntry::Unclear(Some(target.to_owned()));
        assert_eq!(of("/data/$ID/nginx:/etc/nginx"), unclear("/etc/nginx"));
        assert_eq!(of("\"${DATA:?set it}:/etc/nginx:ro\""), unclear("/etc/nginx"));
        assert_eq!(
            of("{type: bind, source: $DATA, target: /etc/nginx, read_only: $RO}"),
            unclear("/etc/nginx")
        );
        assert_eq!(of("/data:/etc/$NAME"), MountEntry::Unclear(None));
        assert_eq!(of("$ALL"), MountEntry::Unclear(None));
        assert_eq!(of("a:b:c:d"), MountEntry::Unclear(None));
    }

    #[test]
    fn the_long_form_says_each_part_by_name() {
        let found = mounts(
            "      - {type: bind, source: /etc, target: /host, read_only: true, bind: {propagation: rshared}}\n      - {type: tmpfs, target: /tmp}\n      - {source: /etc, target: /x}\n",
        );
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].host_path().as_deref(), Some("/etc"));
        assert_eq!((found[0].read_only, found[0].propagation.as_deref()), (Some(true), Some("rshared")));
        assert_eq!((found[1].kind, found[1].options.as_ref()), (MountKind::Other, None));
    }
}
