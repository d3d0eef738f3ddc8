//! What moves together: the services that share a Dockerfile stage or a configuration file, and those files.

use crate::knowledge::{Catalogue, StartFact, Tag, UnprivilegedFact};
use crate::model::compose::{
    Build, BuildFile, Placed, PlacedFiles, Project, Run, Service, StartUser, UnknownFiles, lookup,
};
use crate::model::nginx::NginxFile;
use crate::model::{ImageReference, Source};
use crate::rule::{FindingBuilder, Meta};
use crate::syntax::Route;
use std::collections::{BTreeMap, BTreeSet};

/// Where the image keeps its configuration.
const FOLDER: &str = "/etc/nginx";

/// Folders and files below it that hold no directives.
const DATA_FOLDERS: [&str; 11] = [
    "certs",
    "cert",
    "certificates",
    "ssl",
    "tls",
    "private",
    "html",
    "modules",
    "mime.types",
    "htpasswd",
    "passwd",
];

/// Endings of files that hold no directives.
const DATA_ENDINGS: [&str; 12] =
    ["pem", "crt", "cer", "key", "csr", "dhparam", "htpasswd", "mmdb", "dat", "js", "html", "lua"];

/// A service that runs the image, with what it runs and the configuration in it.
pub(super) struct Member<'p> {
    pub(super) service: Service<'p>,
    pub(super) run: Run<'p>,
    /// What it stands on.
    pub(super) image: ImageReference,
    pub(super) placed: PlacedFiles,
    pub(super) files: Vec<(&'p NginxFile, String)>,
}

/// Services that can only move together.
pub(super) struct Unit<'p> {
    pub(super) members: Vec<Member<'p>>,
    pub(super) fact: &'p UnprivilegedFact,
    /// How the image starts, if that is known.
    pub(super) start: Option<&'p StartFact>,
}

impl<'p> Member<'p> {
    /// The service, if its image has a counterpart without root and it is not run as another user already.
    fn of(
        project: &'p Project,
        catalogue: &'p Catalogue,
        service: Service<'p>,
    ) -> Option<(Self, &'p UnprivilegedFact)> {
        let run = project.run(&service)?;
        let image = run.image()?.clone();
        let facts = catalogue.image(&image.full_repository())?;
        let fact = facts.unprivileged.get(&Tag::of(&image))?;
        if run.user(&service).is_root() == Some(false) || matches!(run.user(&service), StartUser::Unknown) {
            return None;
        }
        let placed = project.placed_in(&service, &run, FOLDER);
        let mut files = project.nginx_files(&placed);
        // A pattern such as `conf.d/*.conf` passes over names that begin with a dot.
        files.retain(|(_, at)| !at.rsplit('/').next().unwrap_or_default().starts_with('.'));
        Some((Self { service, run, image, placed, files }, fact))
    }

    /// Whether it is this service, in this file.
    pub(super) fn is(&self, service: &Service<'_>) -> bool {
        self.service.node == service.node && self.service.file.path == service.file.path
    }

    /// The image without root that takes its image's place, with the same tag and without digest; `None` where
    /// it would come from another registry than a mirror that somebody chose.
    pub(super) fn successor(&self, fact: &UnprivilegedFact) -> Option<ImageReference> {
        let repository = fact.repository.exact()?;
        if !repository.starts_with(&format!("{}/", self.image.registry())) {
            return None;
        }
        let tag = self.image.tag().map(|tag| format!(":{tag}")).unwrap_or_default();
        format!("{repository}{tag}").parse().ok()
    }

    /// What it shares with others of its unit.
    fn keys(&self) -> BTreeSet<String> {
        let mut keys: BTreeSet<String> =
            self.files.iter().map(|(file, _)| format!("file {}", file.path)).collect();
        if let Some(stage) = self.root_stage() {
            keys.insert(format!(
                "stage {stage} of {}",
                self.run.built.as_ref().map_or("", |built| &built.file.path)
            ));
        } else {
            keys.insert(format!("service {} of {}", self.run.part.name, self.run.part.file.path));
        }
        // Files side by side may be read on top of each other (`-f compose.yaml -f compose.prod.yaml`).
        keys.insert(format!("service {} in {}", self.service.name, self.service.file.folder()));
        keys
    }

    /// Whether its Dockerfile is written inside the Compose file.
    pub(super) fn is_inline(&self) -> bool {
        Build::of(&self.run.part).is_some_and(|build| matches!(build.dockerfile, BuildFile::Inline(_)))
    }

    /// The number of the stage that begins with the image.
    pub(super) fn root_stage(&self) -> Option<usize> {
        let built = self.run.built.as_ref()?;
        Some(built.resolved.chain(built.stage()?).last()?.index)
    }

    /// What may be configuration and can't be looked into.
    pub(super) fn unknown(&self) -> impl Iterator<Item = &UnknownFiles> {
        let may_be = |unknown: &&UnknownFiles| unknown.target.as_deref().is_none_or(is_configuration);
        self.placed.unknown.iter().filter(may_be)
    }

    /// What is placed as configuration and is not at hand.
    pub(super) fn missing(&self) -> impl Iterator<Item = &Placed> {
        let is_known = |placed: &&Placed| {
            self.files.iter().any(|(file, _)| {
                file.path == placed.source
                    || file.path.starts_with(&format!("{}/", placed.source))
                    || placed.source.is_empty()
            })
        };
        let is_configuration = |placed: &&Placed| is_configuration(&placed.target);
        self.placed.placed.iter().filter(is_configuration).filter(move |placed| !is_known(placed))
    }
}

/// Whether nginx may read its configuration from a path of the container. All of its folder may be included from
/// somewhere, but for keys, lists of users and the like, which go by their names.
fn is_configuration(path: &str) -> bool {
    let names: Vec<&str> = path.split('/').collect();
    let is_data = |name: &&str| {
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        DATA_FOLDERS.contains(name) || DATA_ENDINGS.contains(&ending)
    };
    !names.iter().any(is_data)
}

/// What the file calls the project, if it does: containers and networks get names from it.
fn project_name(service: &Service<'_>) -> Option<String> {
    let tree = service.tree();
    let document = tree.documents().get(service.document)?;
    let name = lookup(tree, document.root, "name").and_then(|field| tree.scalar(field.value))?;
    service.interpolate(&name.value)
}

/// All units of a project, in the order of their first services.
pub(super) fn units<'p>(project: &'p Project, catalogue: &'p Catalogue) -> Vec<Unit<'p>> {
    let mut units: Vec<(BTreeSet<String>, Unit<'p>)> = Vec::new();
    let services = project.files().iter().flat_map(|file| file.services());
    for (member, fact) in services.filter_map(|service| Member::of(project, catalogue, service)) {
        let mut keys = member.keys();
        let mut members = Vec::new();
        let mut kept = Vec::with_capacity(units.len() + 1);
        let mut first = None;
        for (known, unit) in units {
            if known.is_disjoint(&keys) {
                kept.push((known, unit));
                continue;
            }
            keys.extend(known);
            first.get_or_insert((kept.len(), unit.fact, unit.start));
            members.extend(unit.members);
        }
        let own = || (kept.len(), fact, start_of(catalogue, &member.image));
        let (at, fact, start) = first.unwrap_or_else(own);
        members.push(member);
        kept.insert(at, (keys, Unit { members, fact, start }));
        units = kept;
    }
    let in_scope = |unit: &Unit<'_>| unit.members.iter().any(|member| member.service.file.in_scope);
    units.into_iter().map(|(_, unit)| unit).filter(in_scope).collect()
}

/// How an image starts, if that is known.
fn start_of<'p>(catalogue: &'p Catalogue, image: &ImageReference) -> Option<&'p StartFact> {
    catalogue.image(&image.full_repository())?.start.get(&Tag::of(image))
}

impl<'p> Unit<'p> {
    /// The images of its services, each once, in their order.
    pub(super) fn images(&self) -> Vec<&ImageReference> {
        let mut images: Vec<&ImageReference> = Vec::new();
        for member in &self.members {
            if !images.contains(&&member.image) {
                images.push(&member.image);
            }
        }
        images
    }

    /// What takes the place of each of its images, each once; `None` if that is not known of one.
    pub(super) fn successors(&self) -> Option<Vec<ImageReference>> {
        let mut successors: Vec<ImageReference> = Vec::new();
        for member in &self.members {
            let successor = member.successor(self.fact)?;
            if !successors.contains(&successor) {
                successors.push(successor);
            }
        }
        Some(successors)
    }

    /// For each of its Dockerfiles the first service that is built from it.
    pub(super) fn builds(&self) -> Vec<&Member<'p>> {
        let mut paths = BTreeSet::new();
        let is_new = |member: &&Member<'p>| {
            member.run.built.as_ref().is_some_and(|built| paths.insert(built.file.path.as_str()))
        };
        self.members.iter().filter(is_new).collect()
    }

    /// Whether one of its services is this one.
    pub(super) fn has(&self, service: &Service<'_>) -> bool {
        self.members.iter().any(|member| member.is(service))
    }

    /// A finding at the base image, or at the service that runs the image as it is.
    pub(super) fn finding(&self, meta: &'static Meta) -> Option<FindingBuilder<'p>> {
        let member = self.members.iter().find(|member| member.service.file.in_scope)?;
        let built = member.run.built.as_ref().filter(|_| !member.is_inline());
        if let (Some(built), Some(stage)) = (built, member.root_stage()) {
            let route = Route::root().key("stages").index(stage).index(0);
            let file = Source::Dockerfile(built.file);
            return Some(FindingBuilder::in_file(meta.id, meta.severity, file, route, self.services()));
        }
        let node = member.service.field("image").map_or(member.service.node, |field| field.value);
        Some(FindingBuilder::new(meta.id, meta.severity, member.service).at(node))
    }

    /// The configuration files, each once.
    pub(super) fn files(&self) -> Vec<(&'p NginxFile, &str)> {
        let all = self.members.iter().flat_map(|member| &member.files);
        let by_path: BTreeMap<&str, (&'p NginxFile, &str)> =
            all.map(|(file, target)| (file.path.as_str(), (*file, target.as_str()))).collect();
        by_path.into_values().collect()
    }

    /// The names under which other containers reach it, but for those that these give it themselves.
    pub(super) fn names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for member in &self.members {
            let service = &member.service;
            names.insert(service.name.to_owned());
            for key in ["container_name", "hostname"] {
                let text = service.scalar(key).and_then(|text| service.interpolate(text));
                names.extend(text);
            }
            let tree = service.tree();
            let networks = service.field("networks").and_then(|field| tree.mapping(field.value));
            let project = project_name(service);
            let project = project.as_deref();
            names.extend(project.map(|project| format!("{project}-{}-1", service.name)));
            names.extend(project.map(|project| format!("{}.{project}_default", service.name)));
            for entry in networks.map(|mapping| &mapping.entries[..]).unwrap_or_default() {
                let network = tree.resolve_alias(entry.value);
                let address =
                    lookup(tree, network, "ipv4_address").and_then(|field| tree.scalar(field.value));
                names.extend(address.and_then(|address| service.interpolate(&address.value)));
                let key = tree.key_text(entry).unwrap_or_default();
                names.extend(project.map(|project| format!("{}.{project}_{key}", service.name)));
                let aliases = lookup(tree, network, "aliases");
                let list = aliases.and_then(|field| tree.sequence(field.value));
                let items = list.map(|list| &list.items[..]).unwrap_or_default();
                let texts = items.iter().filter_map(|item| tree.scalar(tree.resolve_alias(item.node)));
                names.extend(texts.filter_map(|text| service.interpolate(&text.value)));
            }
        }
        names.remove("");
        names
    }

    /// The names of its services, each once.
    pub(super) fn services(&self) -> Vec<String> {
        let names: BTreeSet<&str> = self.members.iter().map(|member| member.service.name).collect();
        names.into_iter().map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::is_configuration;

    #[test]
    fn lists_of_users_and_keys_are_no_configuration() {
        for path in
            ["/etc/nginx/htpasswd", "/etc/nginx/.htpasswd", "/etc/nginx/conf.d/passwd", "/etc/nginx/ssl/a"]
        {
            assert!(!is_configuration(path), "{path}");
        }
        for path in ["/etc/nginx/gzip", "/etc/nginx/conf.d/default.conf", "/etc/nginx"] {
            assert!(is_configuration(path), "{path}");
        }
    }
}
