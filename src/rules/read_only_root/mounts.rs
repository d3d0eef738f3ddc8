//! What a service is given to write to, beside its read-only root.

use super::tmpfs;
use crate::knowledge::{WritableKind, WritablePath};
use crate::model::compose::Service;
use crate::rule::{Effect, Operation, ServiceEffect, listed};
use crate::syntax::Value;

/// What a service lacks of what its image writes to.
#[derive(Debug, Default)]
pub(super) struct Mounts {
    /// Where a tmpfs goes, and its entry in `tmpfs`.
    pub(super) tmpfs: Vec<(String, String)>,
    /// Where a volume without a name goes.
    pub(super) volumes: Vec<String>,
}

impl Mounts {
    pub(super) fn is_empty(&self) -> bool {
        self.tmpfs.is_empty() && self.volumes.is_empty()
    }

    /// The folders.
    pub(super) fn paths(&self) -> Vec<&str> {
        self.in_memory().chain(self.on_disk()).collect()
    }

    fn in_memory(&self) -> impl Iterator<Item = &str> {
        self.tmpfs.iter().map(|(path, _)| path.as_str())
    }

    fn on_disk(&self) -> impl Iterator<Item = &str> {
        self.volumes.iter().map(String::as_str)
    }

    /// What they are: `a tmpfs at /run and /var/log, and a volume without a name at /tmp`.
    pub(super) fn told(&self) -> String {
        let volumes =
            if self.volumes.len() > 1 { "volumes without a name" } else { "a volume without a name" };
        let kinds: [(&str, Vec<&str>); 2] =
            [("a tmpfs", self.in_memory().collect()), (volumes, self.on_disk().collect())];
        let kinds = kinds.into_iter().filter(|(_, paths)| !paths.is_empty());
        let told: Vec<String> =
            kinds.map(|(kind, paths)| format!("{kind} at {}", listed(&paths, "and"))).collect();
        told.join(", and ")
    }

    /// What there is to mind of them; empty if there are none.
    pub(super) fn remark(&self) -> String {
        let memory = match self.tmpfs.is_empty() {
            true => "",
            false => "; what lies in a tmpfs counts as memory and is gone when it stops",
        };
        if self.volumes.is_empty() {
            return memory.to_owned();
        }
        format!(
            "{memory}; whoever breaks in can still start programs from {}, as from any place until now; a volume without a name \
             stays behind after `docker compose down`, until `docker volume prune` or `down -v`",
            listed(&self.volumes, "and")
        )
    }

    /// The effects that add them, each in the form that is there.
    pub(super) fn effects(&self, service: &Service<'_>) -> Vec<Effect> {
        let entries: Vec<String> = self.tmpfs.iter().map(|(_, entry)| entry.clone()).collect();
        let mut effects = tmpfs::effects(service, &entries);
        let on = |operation| Effect::from(ServiceEffect::on(service, &["volumes"], operation));
        let there = service.items("volumes");
        let is_long = !there.is_empty() && there.iter().all(|node| service.tree().mapping(*node).is_some());
        let mut volumes = self.on_disk().map(|path| if is_long { long(path) } else { Value::string(path) });
        if !there.is_empty() {
            effects.extend(volumes.map(|entry| on(Operation::Append(entry))));
        } else if let Some(first) = volumes.next() {
            effects
                .push(on(Operation::Set(Value::Sequence(std::iter::once(first).chain(volumes).collect()))));
        }
        effects
    }
}

fn long(path: &str) -> Value {
    Value::Mapping(vec![
        ("type".to_owned(), Value::string("volume")),
        ("target".to_owned(), Value::string(path)),
    ])
}

/// Compose hands a volume without a name on to the next container, also to that of a newer image.
pub(super) fn stays_old(mount: &WritablePath, what: &str) -> String {
    format!(
        "it needs a volume at {}, which would keep {what} of its Dockerfile as it is now, also after the image is built \
         anew",
        mount.path
    )
}

/// What the mounts are for, in one sentence.
pub(super) fn told(needed: &[&WritablePath], is_tried: bool) -> String {
    let runs = if is_tried { "its image runs" } else { "by all that is known its image should run" };
    let of_kind = |kind, name: &str| {
        let mounts = needed.iter().filter(|mount| mount.kind == kind);
        let purposes: Vec<String> =
            mounts.map(|mount| format!("{}: {}", mount.path, mount.purpose)).collect();
        (!purposes.is_empty()).then(|| format!(", with {name} at {}", purposes.join("; ")))
    };
    let mounts =
        [of_kind(WritableKind::Tmpfs, "a tmpfs"), of_kind(WritableKind::Volume, "a volume without a name")];
    let mounts: String = mounts.into_iter().flatten().collect();
    format!("{runs} with a read-only root{mounts}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_is_told_by_its_kind() {
        let mounts = |tmpfs: &[&str], volumes: &[&str]| Mounts {
            tmpfs: tmpfs.iter().map(|path| ((*path).to_owned(), format!("{path}:mode=1777"))).collect(),
            volumes: volumes.iter().map(|path| (*path).to_owned()).collect(),
        };
        for (mounts, told) in [
            (mounts(&[], &[]), ""),
            (mounts(&["/a", "/b"], &[]), "a tmpfs at /a and /b"),
            (mounts(&[], &["/tmp"]), "a volume without a name at /tmp"),
            (mounts(&["/a"], &["/tmp"]), "a tmpfs at /a, and a volume without a name at /tmp"),
        ] {
            assert_eq!(mounts.told(), told);
            assert_eq!(mounts.is_empty(), told.is_empty());
            assert_eq!(mounts.remark().is_empty(), mounts.is_empty());
            assert_eq!(mounts.remark().contains("counts as memory"), !mounts.tmpfs.is_empty());
            assert_eq!(mounts.remark().contains("down -v"), !mounts.volumes.is_empty());
        }
    }
}
