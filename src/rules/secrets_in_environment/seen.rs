//! Where a Compose file names files and folders of the host that something besides Compose gets to see.

use crate::model::Template;
use crate::model::compose::{ComposeFile, Service, file_set::folder_of, file_set::join, lookup};
use crate::syntax::yaml::NodeId;

/// A path of the host that a file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the project, from its root.
    Inside(String),
    /// Outside of the project, or back into it from there, as seen from its root; or an absolute path.
    Outside(String),
    /// A variable without a known value decides, such as `${PWD}`.
    Unknown {
        written: String,
        /// The folder of the file that says so.
        folder: String,
    },
}

impl Place {
    fn of(file: &ComposeFile, written: &str) -> Self {
        let evaluated = Template::parse(written).ok().and_then(|text| text.evaluate(&file.environment).ok());
        let known = evaluated.filter(|evaluated| evaluated.unset.is_empty()).map(|evaluated| evaluated.text);
        let Some(path) = known.filter(|path| !path.contains('\\')) else {
            return Self::Unknown { written: written.to_owned(), folder: file.folder().to_owned() };
        };
        if path.starts_with(['/', '~']) {
            return Self::Outside(path);
        }
        let joined = join(file.base(), &path);
        let leaves = joined.split('/').any(|part| part == "..");
        if leaves { Self::Outside(joined) } else { Self::Inside(joined) }
    }

    /// Whether what has this place may find a file of the project there, or in a folder below. A folder with a name of
    /// its own somewhere on the host is one for data; who has that of the project has the Compose file today, with the
    /// secret in it.
    pub(super) fn may_hold(&self, path: &str) -> bool {
        match self {
            Self::Inside(place) => place == path || below(place, path).is_some(),
            Self::Outside(written) if written.starts_with(['/', '~']) => self.may_be(path),
            Self::Outside(written) => back_inside(written)
                .is_none_or(|place| place.is_empty() || place == path || below(&place, path).is_some()),
            Self::Unknown { folder, .. } if !is_around(folder, path) => false,
            Self::Unknown { written, .. } if written.starts_with('/') => {
                written.rsplit('/').next() == path.rsplit('/').next()
            }
            Self::Unknown { written, .. } => {
                let known = written.rsplit(['}', '$']).next().unwrap_or_default();
                let known = if written.contains('}') { known } else { known.trim_start_matches(is_of_name) };
                let folder = folder_of(path);
                let rest = known.trim_matches('/');
                rest.is_empty() || folder == rest || below(rest, folder).is_some() || self.may_be(path)
            }
        }
    }

    /// Whether a file at this place may be that file of the project.
    pub(super) fn may_be(&self, path: &str) -> bool {
        let written = match self {
            Self::Inside(place) => return place == path,
            Self::Unknown { folder, .. } if !is_around(folder, path) => return false,
            Self::Outside(written) | Self::Unknown { written, .. } => written,
        };
        // Its last part tells, unless a variable may hold that.
        let plain = written.rsplit('}').next().unwrap_or(written);
        let last = plain.rsplit_once('/').map(|(_, last)| last).filter(|last| !last.contains('$'));
        last.is_none_or(|last| path.rsplit('/').next() == Some(last))
    }
}

/// What a path that leaves the project names in it if it comes back: as many folders as it goes up have the names of the
/// project's own, which are not known here. `None` if it only goes up.
fn back_inside(path: &str) -> Option<String> {
    let down: Vec<&str> = path.split('/').skip_while(|part| *part == "..").collect();
    let up = path.split('/').count() - down.len();
    Some(down.get(up..)?.join("/"))
}

/// Whether a variable in a file of `folder` may stand for the place of `path`: who sets it thinks of that folder, of what is
/// in it, or of what it is in, and not of another application beside it.
pub(super) fn is_around(folder: &str, path: &str) -> bool {
    let other = folder_of(path);
    folder == other || below(folder, other).is_some() || below(other, folder).is_some()
}

/// Whether a character may be one of a variable's name.
fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// A path as seen from a folder that it is in.
pub(super) fn below<'p>(folder: &str, path: &'p str) -> Option<&'p str> {
    if folder.is_empty() { Some(path) } else { path.strip_prefix(folder)?.strip_prefix('/') }
}

/// The files that a service takes variables or labels from: `env_file`, `label_file`.
pub(super) fn taken_files(service: &Service<'_>, field: &str) -> Vec<Place> {
    let tree = service.tree();
    let nodes = service.field(field).map(|field| listed(service, field.value)).unwrap_or_default();
    let path_of = |node: NodeId| tree.scalar(node).or_else(|| tree.scalar(lookup(tree, node, "path")?.value));
    nodes.into_iter().filter_map(path_of).map(|path| Place::of(service.file, &path.value)).collect()
}

/// What a service gets to see of the host: as mounts, as contexts of its build besides the main one, or copied while
/// somebody works on it.
pub(super) fn of_service(service: &Service<'_>) -> Vec<Place> {
    let tree = service.tree();
    let volumes = service.find(&["volumes"]).map(|node| listed(service, node)).unwrap_or_default();
    let mut places: Vec<Place> = volumes.into_iter().filter_map(|entry| of_mount(service, entry)).collect();
    if let Some(node) = service.find(&["build", "additional_contexts"]) {
        let text = |node: NodeId| Some(&*tree.scalar(node)?.value);
        let written: Vec<&str> = match tree.mapping(node) {
            Some(mapping) => {
                mapping.entries.iter().filter_map(|entry| text(tree.resolve_alias(entry.value))).collect()
            }
            None => {
                let items = listed(service, node).into_iter().filter_map(text);
                items.map(|item| item.split_once('=').map_or(item, |(_, path)| path)).collect()
            }
        };
        let is_elsewhere =
            |text: &&str| text.contains("://") || text.starts_with("service:") || text.starts_with("git@");
        places.extend(
            written.into_iter().filter(|text| !is_elsewhere(text)).map(|text| Place::of(service.file, text)),
        );
    }
    let watched = service.find(&["develop", "watch"]).map(|node| listed(service, node)).unwrap_or_default();
    for entry in watched {
        let text = |key: &str| Some(&*tree.scalar(lookup(tree, entry, key)?.value)?.value);
        let is_copied = !matches!(text("action"), Some("rebuild" | "restart"));
        places.extend(text("path").filter(|_| is_copied).map(|path| Place::of(service.file, path)));
    }
    places
}

/// What an entry of `volumes` has of the host; `None` if it is a volume, or memory.
fn of_mount(service: &Service<'_>, entry: NodeId) -> Option<Place> {
    let tree = service.tree();
    let text = |key: &str| Some(&*tree.scalar(lookup(tree, entry, key)?.value)?.value);
    let written = match tree.scalar(entry) {
        Some(short) => source(&short.value)?,
        None if matches!(text("type"), Some("volume" | "tmpfs" | "image" | "cluster" | "npipe")) => {
            return None;
        }
        None => text("source")?,
    };
    Some(Place::of(service.file, written))
}

/// The host's part of a mount in one text, if that is a path: what stands before the first colon outside of braces.
fn source(short: &str) -> Option<&str> {
    let mut depth = 0_usize;
    let end = short.char_indices().find(|(_, c)| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        *c == ':' && depth == 0
    });
    let source = short.get(..end?.0)?;
    source.starts_with(['.', '/', '~', '$']).then_some(source)
}

/// What the top level of a file names: `file` of `secrets` and `configs`, and folders that are bound as volumes; each
/// with where it stands.
pub(super) fn of_file(file: &ComposeFile) -> Vec<(String, Place)> {
    let tree = &*file.tree;
    let mut places = Vec::new();
    for document in tree.documents() {
        for (section, way) in
            [("secrets", &["file"][..]), ("configs", &["file"]), ("volumes", &["driver_opts", "device"])]
        {
            let Some(mapping) =
                lookup(tree, document.root, section).and_then(|found| tree.mapping(found.value))
            else {
                continue;
            };
            for entry in &mapping.entries {
                let find = |way: &[&str]| {
                    let start = tree.resolve_alias(entry.value);
                    let node = way.iter().try_fold(start, |at, key| Some(lookup(tree, at, key)?.value))?;
                    Some(&*tree.scalar(node)?.value)
                };
                // What is mounted from a server, or from memory, is no folder of the host.
                let kind = find(&["driver_opts", "type"]);
                let is_remote = matches!(kind, Some("nfs" | "nfs4" | "cifs" | "smb3" | "tmpfs"));
                let Some(written) = find(way).filter(|_| !is_remote) else { continue };
                let name = tree.key_text(entry).unwrap_or_default();
                places.push((format!("{section}.{name}"), Place::of(file, written)));
            }
        }
    }
    places
}

/// The items of a list, aliases followed; what is no list stands for itself.
fn listed(service: &Service<'_>, node: NodeId) -> Vec<NodeId> {
    let tree = service.tree();
    match tree.sequence(node) {
        Some(list) => list.items.iter().map(|item| tree.resolve_alias(item.node)).collect(),
        None => vec![node],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;

    fn file(text: &str) -> ComposeFile {
        ComposeFile::read("app/compose.yaml", text.as_bytes(), Environment::new()).unwrap()
    }

    /// Whether something in a service, or at the top level, may show `app/.env`.
    fn shows(text: &str) -> bool {
        let file = file(text);
        let mut places: Vec<Place> = of_file(&file).into_iter().map(|(_, place)| place).collect();
        places.extend(file.services().flat_map(|service| of_service(&service)));
        places.iter().any(|place| place.may_hold("app/.env"))
    }

    #[test]
    fn what_may_hold_the_file_is_found() {
        for (field, wanted) in [
            ("volumes: ['.:/app']", true),
            ("volumes: ['./.env:/e']", true),
            ("volumes: ['..:/all']", true),
            ("volumes: ['../../x/app:/app']", true),
            ("volumes: ['../../x:/app']", true),
            ("volumes: ['../../../x:/app']", true),
            ("volumes: ['../../files/app.yaml:/app']", false),
            ("volumes: ['../../x/other:/app']", false),
            ("volumes: ['${PWD}:/app']", true),
            ("volumes: ['$PWD/.env:/e']", true),
            ("volumes: ['/srv/app:/app']", false),
            ("volumes: ['/srv/app/.env:/app']", true),
            ("volumes: ['/DATA/$APP:/x', '/DATA/$APP/data:/data', '${DATA}/mysql:/data']", false),
            ("volumes: ['${ROOT}/app:/app']", true),
            ("volumes: ['$ROOT/app/.env:/app']", true),
            ("volumes: ['~/app:/app']", false),
            ("volumes: [{type: bind, source: '${PWD}', target: /app}]", true),
            ("volumes: ['./data:/data', '../other:/other', 'named:/x']", false),
            ("volumes: ['/var/run/docker.sock:/s', '/etc/localtime:/etc/localtime:ro', '/x']", false),
            ("build: {context: sub, additional_contexts: {root: .}}", true),
            ("build: {context: sub, additional_contexts: ['root=${PWD}']}", true),
            ("build: {context: sub, additional_contexts: {a: 'docker-image://x', b: ./lib}}", false),
            ("develop: {watch: [{action: sync, path: ., target: /app}]}", true),
            (
                "develop: {watch: [{action: rebuild, path: .}, {action: sync, path: ./src, target: /a}]}",
                false,
            ),
        ] {
            assert_eq!(shows(&format!("services:\n  a:\n    image: a\n    {field}\n")), wanted, "{field}");
        }
        for (section, wanted) in [
            ("secrets: {s: {file: ./.env}}", true),
            ("configs: {s: {file: '${PWD}/.env'}}", true),
            ("secrets: {s: {file: ./s.txt}, t: {environment: T}, u: {external: true}}", false),
            ("volumes: {v: {driver_opts: {type: none, o: bind, device: .}}}", true),
            ("volumes: {v: {driver_opts: {type: none, o: bind, device: '${PWD}'}}}", true),
            ("volumes: {v: {driver_opts: {type: nfs, o: addr=h, device: ':/export'}}, w: }", false),
        ] {
            assert_eq!(shows(&format!("services: {{a: {{image: a}}}}\n{section}\n")), wanted, "{section}");
        }
    }

    #[test]
    fn a_variable_stands_for_no_place_of_another_application() {
        let place =
            |folder: &str| Place::Unknown { written: "${DATA}".to_owned(), folder: folder.to_owned() };
        for (folder, path, wanted) in [
            ("app", "app/.env", true),
            ("app/docker", "app/.env", true),
            ("", "app/.env", true),
            ("app", ".env", true),
            ("other", "app/.env", false),
            ("app-two", "app/.env", false),
        ] {
            assert_eq!(place(folder).may_hold(path), wanted, "{folder} {path}");
            assert_eq!(place(folder).may_be(path), wanted, "{folder} {path}");
        }
    }

    #[test]
    fn a_file_by_any_path_may_be_the_one() {
        for (path, wanted) in [
            (".env", true),
            ("sub/../.env", true),
            ("${PWD}/.env", true),
            ("/srv/app/.env", true),
            ("../../x/app/.env", true),
            ("${FILE}", true),
            ("${FILE}.env", true),
            ("${FILE:?set a/b.txt}", true),
            ("${PWD}/app.env", false),
            ("/srv/app/app.env", false),
            ("sub/.env", false),
        ] {
            let file = file(&format!(
                "services:\n  a:\n    image: a\n    env_file: ['{path}']\n    label_file: '{path}'\n"
            ));
            let service = file.services().next().unwrap();
            for places in [taken_files(&service, "env_file"), taken_files(&service, "label_file")] {
                assert_eq!(
                    places.iter().map(|place| place.may_be("app/.env")).collect::<Vec<_>>(),
                    [wanted],
                    "{path}"
                );
            }
        }
    }
}
