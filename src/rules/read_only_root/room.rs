//! Where a container can be written, or not, whatever its root file system is.

use crate::model::compose::{Mount, Service};
use crate::rule::{Refusal, RefusalCode, below, is_in};
use crate::syntax::yaml::NodeId;

/// The mounts of a service. What lies in one of them is the same before and after its root becomes read-only, be
/// the mount writable or not. What a new tmpfs holds can be written, and is gone at each stop.
#[derive(Debug, Default)]
pub(super) struct Room {
    targets: Vec<String>,
    memory: Vec<String>,
}

impl Room {
    /// The mounts of all parts of a service together.
    ///
    /// # Errors
    /// A variable without known value says where one of them is.
    pub(super) fn of(parts: &[Service<'_>]) -> Result<Self, Refusal> {
        let mut targets = Vec::new();
        for part in parts {
            let mounts = Mount::targets(part);
            let tmpfs = tmpfs_items(part).into_iter().map(|node| {
                let text = part.interpolate(&part.tree().scalar(node)?.value)?;
                Some(text.split(':').next().unwrap_or_default().to_owned())
            });
            for target in mounts.into_iter().chain(tmpfs) {
                let why = "a variable without a known value says what is mounted, so that what it needs may be mounted already";
                let target = target.ok_or_else(|| Refusal::new(RefusalCode::Interpolated, why))?;
                targets.push(canonical(&target));
            }
        }
        Ok(Self { targets, memory: Vec::new() })
    }

    /// Whether a path is a mount, or lies in one.
    pub(super) fn holds(&self, path: &str) -> bool {
        let path = canonical(path);
        self.targets.iter().chain(&self.memory).any(|target| is_in(&path, target))
    }

    /// Whether what is written to a path stays as long as it did before: in no new tmpfs.
    pub(super) fn keeps(&self, path: &str) -> bool {
        let path = canonical(path);
        self.targets.iter().any(|target| is_in(&path, target))
    }

    /// Whether a path is that of a new tmpfs which is there for one thing, and not for all that is temporary.
    pub(super) fn is_for(&self, path: &str) -> bool {
        let path = canonical(path);
        self.memory.contains(&path) && !["/run", "/tmp", "/var/tmp"].contains(&path.as_str())
    }

    /// Whether something is mounted at exactly this path.
    pub(super) fn is_taken(&self, path: &str) -> bool {
        self.targets.contains(&canonical(path))
    }

    /// The same with volumes at these paths.
    pub(super) fn with<'p>(mut self, paths: impl Iterator<Item = &'p str>) -> Self {
        self.targets.extend(paths.map(canonical));
        self
    }

    /// The same with a new tmpfs at each of these paths.
    pub(super) fn with_memory<'p>(mut self, paths: impl Iterator<Item = &'p str>) -> Self {
        self.memory.extend(paths.map(canonical));
        self
    }
}

/// The entries of `tmpfs`, which is a list or a text.
pub(super) fn tmpfs_items(part: &Service<'_>) -> Vec<NodeId> {
    let items = part.items("tmpfs");
    if !items.is_empty() || !part.has("tmpfs") {
        return items;
    }
    let field = part.field("tmpfs").map(|field| field.value);
    field.into_iter().filter(|node| part.tree().scalar(*node).is_some()).collect()
}

/// A path of a container as the kernel sees it: in every distribution `/var/run` is a link to `/run`.
fn canonical(path: &str) -> String {
    let path = below("/", path);
    match path.strip_prefix("/var/run") {
        Some(rest) if is_in(&path, "/var/run") => format!("/run{rest}"),
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;
    use crate::model::compose::ComposeFile;

    fn room(keys: &str) -> Result<Room, RefusalCode> {
        let text = format!("services: {{a: {{image: x, {keys}}}}}");
        let file = ComposeFile::read("compose.yaml", text.as_bytes(), Environment::new()).unwrap();
        let service = file.services().next().unwrap();
        Room::of(&[service]).map_err(|refusal| refusal.code)
    }

    #[test]
    fn a_mount_holds_what_is_at_it_and_below_it() {
        let room = room("tmpfs: '/tmp/:size=1m', volumes: ['run:/run', './a:/srv/a:ro']").unwrap();
        for path in ["/tmp", "/tmp/x", "/var/run/db", "/run", "/srv/a/b"] {
            assert!(room.holds(path), "{path}");
        }
        for path in ["/tmpx", "/srv", "/var", "/"] {
            assert!(!room.holds(path), "{path}");
        }
        assert!(room.is_taken("/var/run") && room.is_taken("/tmp") && !room.is_taken("/tmp/x"));
    }

    #[test]
    fn a_new_tmpfs_holds_and_does_not_keep() {
        let room = room("volumes: ['data:/tmp/data']").unwrap();
        let room = room.with(["/srv"].into_iter()).with_memory(["/tmp"].into_iter());
        for (path, keeps) in [("/tmp/x", false), ("/tmp/data/x", true), ("/srv/x", true)] {
            assert!(room.holds(path), "{path}");
            assert_eq!(room.keeps(path), keeps, "{path}");
        }
        assert!(!room.holds("/var") && !room.keeps("/var"));
        let room = room.with_memory(["/var/cache/app"].into_iter());
        assert!(room.is_for("/var/cache/app") && !room.is_for("/var/cache/app/x") && !room.is_for("/tmp"));
    }

    #[test]
    fn what_a_variable_leaves_open_may_be_anywhere() {
        assert!(room("volumes: ['${A}:/a']").unwrap().holds("/a"));
        assert_eq!(room("volumes: ['$A']").unwrap_err(), RefusalCode::Interpolated);
        assert_eq!(room("tmpfs: ['$A']").unwrap_err(), RefusalCode::Interpolated);
    }
}
