//! One Compose file: its tree and its services.

use super::Service;
use crate::model::Environment;
use crate::syntax::yaml::{Limits, NodeId, ReadError, Tree, decode, duplicate_keys, parse};
use crate::text::LineColumn;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

/// Why a file cannot be treated as a Compose file at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeFileError {
    /// It cannot be read as YAML.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The same key twice in one mapping; Compose refuses that.
    #[error("the key `{key}` is here for the second time; the first is at line {first}")]
    DuplicateKey {
        /// The key.
        key: String,
        /// Line of the first one.
        first: usize,
        /// Where the second one stands.
        position: LineColumn,
    },
    /// A document that is no mapping; Compose refuses that.
    #[error("a Compose file is a mapping, and this document is none")]
    NotAMapping {
        /// Where the document starts.
        position: LineColumn,
    },
    /// `services` is no mapping; Compose refuses that.
    #[error("`services` must be a mapping")]
    ServicesNotAMapping {
        /// Where it stands.
        position: LineColumn,
    },
    /// A service that is no mapping; Compose refuses that.
    #[error("the service `{service}` must be a mapping")]
    ServiceNotAMapping {
        /// The service.
        service: String,
        /// Where its value stands.
        position: LineColumn,
    },
    /// A field of the wrong kind; Compose refuses that.
    #[error("`{field}` of the service `{service}` must be {wanted}")]
    WrongKind {
        /// The service.
        service: String,
        /// The field.
        field: String,
        /// What it may be.
        wanted: &'static str,
        /// Where its value stands.
        position: LineColumn,
    },
    /// Aliases multiply the file beyond what is followed.
    #[error("the file's aliases expand to more than a million values, or nest more than 250 deep")]
    AliasBomb {
        /// Where it gets too much.
        position: LineColumn,
    },
}

impl ComposeFileError {
    /// Where in the file, if it is about one place.
    #[must_use]
    pub fn position(&self) -> Option<LineColumn> {
        match self {
            Self::Read(error) => Some(error.position),
            Self::DuplicateKey { position, .. }
            | Self::NotAMapping { position }
            | Self::ServicesNotAMapping { position }
            | Self::ServiceNotAMapping { position, .. }
            | Self::WrongKind { position, .. }
            | Self::AliasBomb { position } => Some(*position),
        }
    }

    /// What to do next.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Read(error) => error.help(),
            Self::DuplicateKey { .. } => Some("remove one of the two; Compose refuses the file as it is"),
            Self::NotAMapping { .. }
            | Self::ServicesNotAMapping { .. }
            | Self::ServiceNotAMapping { .. }
            | Self::WrongKind { .. } => {
                Some("check it with `docker compose config`; Compose refuses the file as it is")
            }
            Self::AliasBomb { .. } => Some("write the repeated parts out, or leave the file out"),
        }
    }
}

/// A Compose file that can be read.
#[derive(Clone, Debug)]
pub struct ComposeFile {
    /// Its path from the project root, with `/`.
    pub path: String,
    /// Its source, shared: the plan keeps each file as it was beside the one that it becomes.
    pub tree: Arc<Tree>,
    /// The variables that Compose would read from `.env` for it.
    pub environment: Environment,
    /// Whether it may be changed; files read only to understand others may not.
    pub in_scope: bool,
    /// The folder that its relative paths start from, where a file that includes it says so.
    base: Option<String>,
    /// The Dockerfiles that builds ask for and that are there with a name in lower case alone.
    pub(super) in_lower_case: Arc<BTreeSet<String>>,
    services: Arc<Services>,
}

/// The services of a file: name, number of the document, value as written.
#[derive(Debug, Default)]
struct Services {
    list: Vec<(String, usize, NodeId)>,
    /// By name, their numbers in the list.
    by_name: HashMap<String, Vec<usize>>,
    /// Whether the file is for a swarm, once somebody asked. The path does not change after reading.
    is_for_swarm: OnceLock<bool>,
}

impl ComposeFile {
    /// Reads a file's bytes.
    ///
    /// # Errors
    /// What Compose would refuse as a whole, or what cannot be read without doubt.
    pub fn read(path: &str, bytes: &[u8], environment: Environment) -> Result<Self, ComposeFileError> {
        let tree = parse(decode(bytes)?, &Limits::default())?;
        Self::from_tree(path, tree, environment)
    }

    /// A file from a tree that is read already.
    ///
    /// # Errors
    /// As [`ComposeFile::read`].
    pub fn from_tree(path: &str, tree: Tree, environment: Environment) -> Result<Self, ComposeFileError> {
        if let Some((first, second)) = duplicate_keys(&tree).into_iter().next() {
            return Err(ComposeFileError::DuplicateKey {
                key: tree.scalar(second).map(|key| key.value.to_string()).unwrap_or_default(),
                first: tree.locate(tree.node(first).span.start).line,
                position: tree.locate(tree.node(second).span.start),
            });
        }
        let mut services = Services::default();
        for (number, document) in tree.documents().iter().enumerate() {
            let position = tree.locate(tree.node(document.root).span.start);
            if tree.mapping(document.root).is_none() {
                return Err(ComposeFileError::NotAMapping { position });
            }
            let Some(value) = tree.get(document.root, "services") else { continue };
            let node = tree.resolve_alias(value);
            let Some(mapping) = tree.mapping(node) else {
                let position = tree.locate(tree.node(value).span.start);
                return Err(ComposeFileError::ServicesNotAMapping { position });
            };
            for entry in &mapping.entries {
                let Some(name) = tree.key_text(entry) else { continue };
                if !super::lookup::is_merge_key(&tree, entry) {
                    services.by_name.entry(name.to_owned()).or_default().push(services.list.len());
                    services.list.push((name.to_owned(), number, entry.value));
                }
            }
        }
        Ok(Self {
            path: path.to_owned(),
            tree: Arc::new(tree),
            environment,
            in_scope: true,
            base: None,
            in_lower_case: Arc::default(),
            services: Arc::new(services),
        })
    }

    /// The services as written, in source order; one that several documents hold comes several times.
    pub fn services(&self) -> impl Iterator<Item = Service<'_>> {
        (0..self.services.list.len()).map(|number| self.service(number))
    }

    /// The services with this name, one for each document that has it.
    pub fn services_named<'s>(&'s self, name: &str) -> impl Iterator<Item = Service<'s>> + use<'s> {
        let numbers = self.services.by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        numbers.iter().map(|number| self.service(*number))
    }

    fn service(&self, number: usize) -> Service<'_> {
        let (name, document, node) = &self.services.list[number];
        Service { file: self, name, document: *document, node: *node }
    }

    /// Whether the file holds services at all (an `include`-only file or a fragment need not).
    #[must_use]
    pub fn has_services(&self) -> bool {
        !self.services.list.is_empty()
    }

    /// The same file with another text, read anew.
    ///
    /// # Errors
    /// As [`ComposeFile::read`].
    pub fn with_text(&self, text: &str) -> Result<Self, ComposeFileError> {
        let tree = parse(text, &Limits::default())?;
        let mut file = Self::from_tree(&self.path, tree, self.environment.clone())?;
        file.in_scope = self.in_scope;
        file.base.clone_from(&self.base);
        file.in_lower_case.clone_from(&self.in_lower_case);
        Ok(file)
    }

    /// The last part of the path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Whether the file is for `docker stack deploy`, which ignores some of what `docker compose` heeds: told by its
    /// name, by services that are placed on nodes, or by a network that spans them.
    #[must_use]
    pub fn is_stack(&self) -> bool {
        *self.services.is_for_swarm.get_or_init(|| super::swarm::is_for_swarm(self))
    }

    /// Whether the file is for developing or testing and not for running the system, told by words in its
    /// path (`compose.dev.yaml`, `tests/compose.yaml`); what Compose reads on top by itself is for that, too.
    #[must_use]
    pub fn is_for_development(&self) -> bool {
        is_for_development(&self.path)
    }

    /// The folder of the file, `""` for the root.
    #[must_use]
    pub fn folder(&self) -> &str {
        super::file_set::folder_of(&self.path)
    }

    /// The folder that its relative paths start from: its own, or the `project_directory` of the `include` that takes it in.
    #[must_use]
    pub fn base(&self) -> &str {
        self.base.as_deref().unwrap_or_else(|| self.folder())
    }

    /// Sets the folder that its relative paths start from.
    pub fn set_base(&mut self, folder: String) {
        self.base = (folder != self.folder()).then_some(folder);
    }
}

/// Whether a path, or a name, has a word that says developing or testing.
#[must_use]
pub fn is_for_development(path: &str) -> bool {
    const WORDS: [&str; 17] = [
        "dev",
        "devel",
        "develop",
        "development",
        "devcontainer",
        "test",
        "tests",
        "testing",
        "e2e",
        "ci",
        "local",
        "debug",
        "override",
        "example",
        "examples",
        "sample",
        "samples",
    ];
    let words = path.split(|c: char| !c.is_ascii_alphanumeric());
    words.map(str::to_ascii_lowercase).any(|word| WORDS.contains(&word.as_str()))
}
