//! Which files belong together, and which services are only a part of something larger.
//!
//! Compose reads a base file and its override as one, and lets a service extend another. An item added
//! to both halves can make the project fail to load (equal `security_opt` items are an error), so a
//! half must be recognised. **Merging goes here**: once a [`Project`] holds merged services, a
//! [`Fragment`] becomes the service that it is a part of.

use super::include;
use super::overlay::{BASE_NAMES, is_below, is_complete, is_overlay, only_amends};
use super::{Build, ComposeFile, Sample, Service};
use crate::model::dockerfile::DockerfileFile;
use crate::model::nginx::NginxFile;
use crate::model::{Environment, Source, SourceWrite};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Why a service must not get anything added where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fragment {
    /// It has neither image nor build: the rest of it is in another file.
    NoImage,
    /// Its file is read on top of another one that has the service, too.
    Override {
        /// The file below.
        base: String,
    },
    /// Another service takes it over by `extends`, and lists are joined there.
    Extended {
        /// The service that extends it.
        by: String,
    },
    /// It extends a service of a file that is not at hand.
    ExtendsUnknown {
        /// What it extends.
        target: String,
    },
    /// Several documents of its file hold a part of it each.
    SeveralDocuments,
}

impl std::fmt::Display for Fragment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoImage => {
                write!(f, "it has neither image nor build here, so the rest of it is in another file")
            }
            Self::Override { base } => {
                write!(f, "its file is read on top of {base}, which has the service, too")
            }
            Self::Extended { by } => write!(f, "`{by}` extends it and would get the same entry twice"),
            Self::ExtendsUnknown { target } => write!(f, "it extends {target}, which is not at hand"),
            Self::SeveralDocuments => write!(f, "several documents of the file hold a part of it"),
        }
    }
}

/// The Compose files of one project root, sorted by path, and the other files that belong to them.
#[derive(Clone, Debug, Default)]
pub struct Project {
    files: Vec<ComposeFile>,
    /// The name of the root's folder, which mostly is that of the project.
    pub name: Option<String>,
    /// Text files that are no Compose files (`.gitignore`), by path from the root.
    pub plain: BTreeMap<String, String>,
    /// Files that may not be changed, though something in them could be, each with the reason.
    pub sealed: BTreeMap<String, String>,
    /// The `.env` files that Compose reads for them, by path from the root, each with what it sets.
    pub env_files: BTreeMap<String, Environment>,
    /// By folder, the variables that files in it ask for which are read by nothing here: YAML files under names of their own.
    pub asked_beside: BTreeMap<String, BTreeSet<String>>,
    /// The Dockerfiles, by path from the root.
    pub dockerfiles: BTreeMap<String, DockerfileFile>,
    /// The nginx configuration files, by path from the root.
    pub nginx: BTreeMap<String, NginxFile>,
    /// The texts of small files that services read: by `env_file`, as mounts, as `configs`, or copied into their
    /// images, the scripts that those start with among them; by path from the root. What is not here may be missing, large or no text. They hold secrets.
    pub texts: BTreeMap<String, String>,
    /// The texts of the files that list the packages and scripts of the programs that Dockerfiles copy
    /// (`package.json`), by path from the root.
    pub manifests: BTreeMap<String, String>,
    /// Where the source files write that services mount and Dockerfiles copy, by path from the root; none that write nowhere.
    pub source_writes: BTreeMap<String, Vec<SourceWrite>>,
    /// The Dockerfiles inside Compose files.
    pub(super) inline: BTreeMap<super::inline::Key, DockerfileFile>,
    /// By folder, the template of a `.env` that is not there.
    pub samples: BTreeMap<String, Sample>,
    /// By path of an included file, the files that include it.
    pub(super) including: BTreeMap<String, Vec<String>>,
    /// Files that are read as one, each list in the order of reading (`COMPOSE_FILE` of a `.env`).
    pub sets: Vec<Vec<String>>,
    /// Numbers of the files in each folder.
    folders: HashMap<String, Vec<usize>>,
    /// Paths of the files that are read on top of another one.
    overlays: HashSet<String>,
    /// Paths of the files with services that are built: in large collections those are few.
    building: HashSet<String>,
    /// By file and service, the names of the services that extend it.
    extenders: HashMap<(String, String), BTreeSet<String>>,
    /// By the full name of an image, the numbers of the files whose services build it.
    pub(super) builders: HashMap<String, BTreeSet<usize>>,
}

impl Project {
    /// A project of these files.
    #[must_use]
    pub fn new(files: Vec<ComposeFile>) -> Self {
        Self::with_texts(files, &BTreeMap::new())
    }

    /// A project of these files, where the variables of those that others include come from these texts (`env_file`, `.env`),
    /// each under its path from the root.
    #[must_use]
    pub fn with_texts(mut files: Vec<ComposeFile>, texts: &BTreeMap<String, String>) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        include::settle(&mut files, texts);
        let mut folders: HashMap<String, Vec<usize>> = HashMap::new();
        let mut extenders: HashMap<(String, String), BTreeSet<String>> = HashMap::new();
        let mut builders: HashMap<String, BTreeSet<usize>> = HashMap::new();
        for (index, file) in files.iter().enumerate() {
            folders.entry(file.folder().to_owned()).or_default().push(index);
            for service in file.services() {
                if let Some(image) = service.image().filter(|_| service.has("build")) {
                    builders.entry(image.canonical()).or_default().insert(index);
                }
                if let Some(target) = extends(&service) {
                    extenders.entry(target).or_default().insert(service.name.to_owned());
                }
            }
        }
        let beside = |file: &ComposeFile| folders[file.folder()].iter().map(|index| &files[*index]);
        let is_overlay = |file: &&ComposeFile| {
            is_overlay(file)
                || beside(file).any(|base| BASE_NAMES.contains(&base.name()) && only_amends(file, base))
        };
        let overlays = files.iter().filter(is_overlay).map(|file| file.path.clone()).collect();
        let building = files.iter().filter(|file| builds(file)).map(|file| file.path.clone()).collect();
        let inline = files.iter().flat_map(super::inline::of_file).collect();
        let including = super::sample::including(&files);
        Self { files, folders, including, overlays, building, extenders, builders, inline, ..Self::default() }
    }

    /// Its files, sorted by path.
    #[must_use]
    pub fn files(&self) -> &[ComposeFile] {
        &self.files
    }

    /// The file with this path.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&ComposeFile> {
        let index = self.files.binary_search_by(|file| file.path.as_str().cmp(path)).ok()?;
        self.files.get(index)
    }

    /// Whether a file with this path was read, Compose file or not.
    #[must_use]
    pub fn has_path(&self, path: &str) -> bool {
        self.plain.contains_key(path) || self.env_files.contains_key(path) || self.source(path).is_some()
    }

    /// Says which Dockerfiles that builds ask for are there with a name in [lower case](super::lower_case) alone.
    pub fn set_in_lower_case(&mut self, paths: BTreeSet<String>) {
        let paths = std::sync::Arc::new(paths);
        for file in &mut self.files {
            file.in_lower_case.clone_from(&paths);
        }
    }

    /// Puts a new reading of a file in the place of the old one. Its services, what they extend and what they
    /// build are the same as before: rules change what services have, not which there are.
    pub fn replace(&mut self, file: ComposeFile) {
        if let Ok(index) = self.files.binary_search_by(|old| old.path.cmp(&file.path)) {
            if self.building.contains(&file.path) {
                self.inline.extend(super::inline::of_file(&file));
            }
            self.files[index] = file;
        }
    }

    /// The file with this path, if it has a tree.
    #[must_use]
    pub fn source(&self, path: &str) -> Option<Source<'_>> {
        let compose = self.file(path).map(Source::Compose);
        compose
            .or_else(|| self.dockerfiles.get(path).map(Source::Dockerfile))
            .or_else(|| self.nginx.get(path).map(Source::Nginx))
    }

    /// The files that have a tree, Compose files first.
    pub fn sources(&self) -> impl Iterator<Item = Source<'_>> {
        let compose = self.files.iter().map(Source::Compose);
        let dockerfiles = self.dockerfiles.values().map(Source::Dockerfile);
        compose.chain(dockerfiles).chain(self.nginx.values().map(Source::Nginx))
    }

    /// Puts a new text of a file that is no Compose file in the place of the old one. A text that cannot be
    /// read changes nothing.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn replace_text(&mut self, path: &str, text: &str) -> Result<(), String> {
        if let Some(file) = self.dockerfiles.get_mut(path) {
            *file = file.with_text(text).map_err(|error| error.to_string())?;
        } else if let Some(file) = self.nginx.get_mut(path) {
            *file = file.with_text(text).map_err(|error| error.to_string())?;
        } else {
            return Err(format!("there is no file {path}"));
        }
        Ok(())
    }

    /// Puts a new text of a plain file in the place of the old one, or where there was none. What a `.env` sets besides
    /// is known from then on to the Compose files beside it.
    pub fn set_plain(&mut self, path: &str, text: String) {
        if let Some(known) = self.texts.get_mut(path) {
            known.clone_from(&text);
        }
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if name == ".env" {
            let mut environment = Environment::new();
            // A line that Compose refuses was told when the file was read.
            drop(crate::model::dotenv::parse(&text, &mut environment));
            for file in self.files.iter_mut().filter(|file| file.folder() == folder) {
                file.environment.fill(&environment);
            }
            self.env_files.insert(path.to_owned(), environment);
        }
        self.plain.insert(path.to_owned(), text);
    }

    /// The services that are built from the Dockerfile with this path, each with its build; those of files
    /// that are only read to understand others, too.
    pub fn built_from<'p>(&'p self, path: &str) -> impl Iterator<Item = (Service<'p>, Build)> {
        let builds = self.built().filter_map(|service| Some((service, Build::of(&service)?)));
        builds.filter(move |(_, build)| build.path() == Some(path))
    }

    /// The services that are built, file by file; those of files that are only read to understand others, too.
    pub fn built(&self) -> impl Iterator<Item = Service<'_>> {
        let files = self.files.iter().filter(|file| self.building.contains(&file.path));
        files.flat_map(ComposeFile::services).filter(|service| service.has("build"))
    }

    /// The services that may be changed, file by file.
    pub fn services(&self) -> impl Iterator<Item = Service<'_>> {
        self.files.iter().filter(|file| file.in_scope).flat_map(ComposeFile::services)
    }

    /// Why nothing may be added to a service where it is written; `None` if it is whole.
    #[must_use]
    pub fn fragment(&self, service: &Service<'_>) -> Option<Fragment> {
        if service.file.services_named(service.name).count() > 1 {
            return Some(Fragment::SeveralDocuments);
        }
        if let Some(base) = self.base_of(service) {
            return Some(Fragment::Override { base });
        }
        if let Some(target) = self.unknown_base(service) {
            return Some(Fragment::ExtendsUnknown { target });
        }
        if !is_complete(service) {
            return Some(Fragment::NoImage);
        }
        self.extended_by(service).map(|by| Fragment::Extended { by })
    }

    /// The services that take this one over by `extends`, by name.
    #[must_use]
    pub fn extending(&self, service: &Service<'_>) -> Vec<String> {
        let target = (service.file.path.clone(), service.name.to_owned());
        self.extenders.get(&target).into_iter().flatten().cloned().collect()
    }

    /// What a service extends, directly or not, where that is at hand; nearest first.
    #[must_use]
    pub fn bases<'p>(&'p self, service: &Service<'p>) -> Vec<Service<'p>> {
        let mut found: Vec<Service<'p>> = Vec::new();
        let mut at = *service;
        while let Some((path, name)) = extends(&at) {
            let Some(file) = self.file(&path) else { break };
            let Some(base) = file.services_named(&name).next() else { break };
            let seen = |known: &Service<'_>| known.node == base.node && known.file.path == base.file.path;
            if found.iter().any(seen) || seen(service) {
                break;
            }
            found.push(base);
            at = base;
        }
        found
    }

    /// The part of a service that says what it runs: itself, the same service in the file below, or what it
    /// extends; `None` if none of those does.
    #[must_use]
    pub fn running<'p>(&'p self, service: &Service<'p>) -> Option<Service<'p>> {
        let parts = std::iter::once(*service).chain(self.below(service)).chain(self.bases(service));
        parts.into_iter().find(|part| part.has("image") || part.has("build"))
    }

    /// The same service in the file that this one's file is read on top of.
    #[must_use]
    pub fn below<'p>(&'p self, service: &Service<'p>) -> Option<Service<'p>> {
        let base = self.file(&self.base_of(service)?)?;
        base.services_named(service.name).next()
    }

    /// The same service in the files beside this one that are read on top of it.
    pub fn above<'p>(&'p self, service: &Service<'p>) -> impl Iterator<Item = Service<'p>> {
        let beside =
            self.folders.get(service.file.folder()).into_iter().flatten().map(|index| &self.files[*index]);
        let (path, name) = (service.file.path.clone(), service.name);
        let parts =
            beside.filter(move |file| file.path != path).flat_map(move |file| file.services_named(name));
        let file = service.file.path.clone();
        parts.filter(move |part| self.base_of(part).as_ref() == Some(&file))
    }

    fn unknown_base(&self, service: &Service<'_>) -> Option<String> {
        let last = self.bases(service).pop();
        let (path, name) = extends(last.as_ref().unwrap_or(service))?;
        Some(if path == service.file.path { format!("`{name}`") } else { format!("`{name}` of {path}") })
    }

    fn extended_by(&self, service: &Service<'_>) -> Option<String> {
        self.extending(service).into_iter().next()
    }

    /// The file that a service's file is read on top of, if that has the service, too.
    fn base_of(&self, service: &Service<'_>) -> Option<String> {
        let overlay = service.file;
        let has_it = |path: &&String| {
            self.file(path).is_some_and(|file| file.services_named(service.name).next().is_some())
        };
        let earlier = |set: &Vec<String>| {
            let place = set.iter().position(|path| *path == overlay.path)?;
            set[..place].iter().find(has_it).cloned()
        };
        if let Some(base) = self.sets.iter().find_map(earlier) {
            return Some(base);
        }
        if !self.overlays.contains(&overlay.path) {
            return None;
        }
        let beside = self.folders.get(overlay.folder())?.iter().map(|index| &self.files[*index]);
        let bases = beside.filter(|file| file.path != overlay.path && is_below(file.name(), overlay.name()));
        let mut having = bases.filter(|file| file.services_named(service.name).next().is_some());
        having.next().map(|file| file.path.clone())
    }
}

/// Whether some service of a file is built.
fn builds(file: &ComposeFile) -> bool {
    file.services().any(|service| service.has("build"))
}

/// The file and the service that a service extends, the file as a path from the root.
fn extends(service: &Service<'_>) -> Option<(String, String)> {
    let tree = service.tree();
    let field = service.field("extends")?;
    if let Some(name) = tree.scalar(field.value) {
        let given = !name.value.is_empty();
        return given.then(|| (service.file.path.clone(), name.value.to_string()));
    }
    let part = |key| {
        let found = super::lookup::lookup(tree, field.value, key)?;
        Some(tree.scalar(found.value)?.value.to_string())
    };
    let path = match part("file") {
        Some(file) => join(service.file.base(), &file),
        None => service.file.path.clone(),
    };
    Some((path, part("service")?))
}

/// The folder of a path from the root; empty for one that stands in the root itself.
#[must_use]
pub fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Joins a relative path to a folder, both with `/`.
#[must_use]
pub fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The files that the services of a file extend, as paths from the root.
#[must_use]
pub fn extended_files(file: &ComposeFile) -> BTreeSet<String> {
    file.services()
        .filter_map(|service| extends(&service))
        .map(|(path, _)| path)
        .filter(|path| *path != file.path)
        .collect()
}
