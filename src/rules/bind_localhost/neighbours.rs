//! Which files of a root belong to one Compose project, so that its services run side by side.

use crate::model::PublishedPorts;
use crate::model::compose::{
    Build, ComposeFile, EnvFile, Mount, MountKind, PortEntry, Project, extended_files, file_set,
    included_files,
};
use std::collections::{BTreeMap, BTreeSet};

/// The number of a Compose project among those of a root.
pub(super) type Group = usize;

/// The Compose projects of a root: the files of one folder, with those that they include, extend or name in a set.
pub(super) struct Neighbours {
    of_folder: BTreeMap<String, Group>,
    /// Who reads a file, or the files of a folder: as variables, as a mount or to build an image.
    readers: BTreeMap<String, BTreeSet<Group>>,
    /// The ports of the host that each of them publishes.
    published: BTreeMap<Group, Vec<std::ops::RangeInclusive<u16>>>,
}

impl Neighbours {
    /// Those of a root.
    pub(super) fn of(project: &Project) -> Self {
        let folders: BTreeSet<&str> = project.files().iter().map(ComposeFile::folder).collect();
        let of_folder = folders.into_iter().enumerate().map(|(at, folder)| (folder.to_owned(), at)).collect();
        let mut found = Self { of_folder, readers: BTreeMap::new(), published: BTreeMap::new() };
        for file in project.files() {
            for other in included_files(file).into_iter().chain(extended_files(file)) {
                found.join(file.folder(), file_set::folder_of(&other));
            }
        }
        for pair in project.sets.iter().flat_map(|set| set.windows(2)) {
            found.join(file_set::folder_of(&pair[0]), file_set::folder_of(&pair[1]));
        }
        for service in project.services() {
            let Some(group) = found.of_file(service.file) else { continue };
            let folder = service.file.folder();
            let variables = EnvFile::of(&service).into_iter().map(|file| file.path);
            let binds = Mount::of(&service).into_iter().filter(|mount| mount.kind == MountKind::Bind);
            let inside = binds.filter_map(|mount| mount.source.filter(|source| source.starts_with('.')));
            let read = variables.chain(inside).map(|path| file_set::join(folder, &path));
            for path in read.chain(Build::of(&service).and_then(|build| build.context)) {
                found.readers.entry(path).or_default().insert(group);
            }
            let ports = PortEntry::of(&service).filter_map(|entry| {
                match entry.published(&service.file.environment) {
                    PublishedPorts::Ports(ports) => Some(ports),
                    PublishedPorts::Ephemeral | PublishedPorts::Unknown => None,
                }
            });
            found.published.entry(group).or_default().extend(ports);
        }
        found
    }

    fn join(&mut self, one: &str, other: &str) {
        let groups = (self.of_folder.get(one).copied(), self.of_folder.get(other).copied());
        if let (Some(kept), Some(gone)) = groups {
            self.of_folder.values_mut().filter(|group| **group == gone).for_each(|group| *group = kept);
        }
    }

    /// The project of a Compose file.
    pub(super) fn of_file(&self, file: &ComposeFile) -> Option<Group> {
        self.of_folder.get(file.folder()).copied()
    }

    /// The projects that a file beside them belongs to: those that read it, or a folder that it is in, and that of the
    /// nearest folder with a Compose file. Empty if there is none, so that it may belong to all.
    pub(super) fn of_path(&self, path: &str) -> BTreeSet<Group> {
        let above =
            || std::iter::successors(Some(path), |at| (!at.is_empty()).then(|| file_set::folder_of(at)));
        let readers = above().filter_map(|at| self.readers.get(at)).flatten().copied();
        let nearest = above().skip(1).find_map(|folder| self.of_folder.get(folder)).copied();
        readers.chain(nearest).collect()
    }

    /// Whether a project publishes a port of the host itself, which is what it means by that number then.
    pub(super) fn publishes(&self, group: Group, port: u16) -> bool {
        self.published.get(&group).is_some_and(|all| all.iter().any(|ports| ports.contains(&port)))
    }
}
