//! `include`: a file takes in others, says which folder their relative paths start from, and hands variables on.
//!
//! As compose-go v2.9.1 does it (`loader/include.go`), measured with Docker Compose v2.40.3: what the outer file has set
//! wins; beneath it come the files of `env_file`, of which later ones win, or else the `.env` of `project_directory`, which is the
//! folder of the entry's first file where nothing is said. A `.env` beside an included file is not read where `env_file` is given.

use super::ComposeFile;
use super::file_set::{folder_of, join};
use super::lookup::lookup;
use crate::model::{Environment, Template, dotenv};
use crate::syntax::yaml::{NodeId, Tree};
use std::collections::{BTreeMap, HashMap};

/// How deep files include one another before nothing more is handed on; a circle, which Compose refuses, ends there, too.
const DEEPEST: usize = 64;

/// One entry of `include`. Paths are those from the root; those at addresses elsewhere come out as paths that no file has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Include {
    /// The files that it takes in, read as one.
    pub paths: Vec<String>,
    /// The folder that their relative paths start from.
    pub project_directory: String,
    /// The files that their variables are taken from; `None` for the `.env` of the project directory.
    pub env_files: Option<Vec<String>>,
}

impl Include {
    /// The files whose variables go to what is included, in the order of reading.
    #[must_use]
    pub fn variable_files(&self) -> Vec<String> {
        self.env_files.clone().unwrap_or_else(|| vec![join(&self.project_directory, ".env")])
    }

    /// The variables of an included file, beneath those of the file that includes it. It has a folder, and there variables of
    /// its own.
    fn hand_on(
        &self,
        outer: &Environment,
        (folder, own): (&str, &Environment),
        texts: &BTreeMap<String, String>,
    ) -> Environment {
        let mut environment = outer.clone();
        let files = self.variable_files();
        // The `.env` beside the file was read with it.
        if self.env_files.is_none() && self.project_directory == folder && !texts.contains_key(&files[0]) {
            environment.fill(own);
            return environment;
        }
        // A line that Compose refuses leaves its variable unknown.
        drop(dotenv::fill_all(files.iter().filter_map(|path| texts.get(path)), &mut environment));
        environment
    }
}

/// The entries of a file's `include`.
#[must_use]
pub fn includes(file: &ComposeFile) -> Vec<Include> {
    let tree = &file.tree;
    let lists = tree.documents().iter().filter_map(|document| lookup(tree, document.root, "include"));
    let entries = lists.flat_map(|list| nodes(tree, list.value));
    let read = |entry: NodeId| {
        let texts = |key: &str| {
            let field = lookup(tree, entry, key)?;
            let items = nodes(tree, field.value).into_iter();
            Some(
                items
                    .filter_map(|item| path_from_root(file, tree.scalar(item)?.value.as_ref()))
                    .collect::<Vec<_>>(),
            )
        };
        let paths = match texts("path") {
            Some(paths) => paths,
            None => {
                tree.scalar(entry).and_then(|path| path_from_root(file, &path.value)).into_iter().collect()
            }
        };
        let first = paths.first()?;
        let named = texts("project_directory").and_then(|texts| texts.into_iter().next());
        let project_directory = named.unwrap_or_else(|| folder_of(first).to_owned());
        let env_files = texts("env_file")
            .filter(|_| lookup(tree, entry, "env_file").is_some_and(|field| !is_empty(tree, field.value)));
        Some(Include { paths, project_directory, env_files })
    };
    entries.filter_map(read).collect()
}

/// The files that a file includes, as paths from the root.
#[must_use]
pub fn included_files(file: &ComposeFile) -> Vec<String> {
    includes(file).into_iter().flat_map(|include| include.paths).collect()
}

/// A path that an `include` names, from the root; `None` for nothing. What is absolute is outside of every project.
fn path_from_root(file: &ComposeFile, written: &str) -> Option<String> {
    let evaluated = Template::parse(written).ok().and_then(|text| text.evaluate(&file.environment).ok());
    let known = evaluated.filter(|evaluated| evaluated.unset.is_empty()).map(|evaluated| evaluated.text);
    let path = known.unwrap_or_else(|| written.to_owned());
    match path.as_str() {
        "" => None,
        path if path.starts_with(['/', '~']) => Some(format!("..{}", path.trim_start_matches('~'))),
        path => Some(join(file.base(), path)),
    }
}

/// The items of a list, aliases followed; what is no list stands for itself.
fn nodes(tree: &Tree, node: NodeId) -> Vec<NodeId> {
    match tree.sequence(node) {
        Some(list) => list.items.iter().map(|item| tree.resolve_alias(item.node)).collect(),
        None => vec![node],
    }
}

/// Whether nothing is given: no item, or the empty text.
fn is_empty(tree: &Tree, node: NodeId) -> bool {
    tree.is_null(node)
        || tree.sequence(node).is_some_and(|list| list.items.is_empty())
        || tree.scalar(node).is_some_and(|scalar| scalar.value.is_empty())
}

/// Gives each included file the variables, and the folder for its paths, that the files which include it decide. Of several that
/// include it the first one wins. `texts` has the files that variables come from, by path.
pub(super) fn settle(files: &mut [ComposeFile], texts: &BTreeMap<String, String>) {
    let own: Vec<Environment> = files.iter().map(|file| file.environment.clone()).collect();
    let places: HashMap<String, usize> =
        files.iter().enumerate().map(|(place, file)| (file.path.clone(), place)).collect();
    let including: Vec<usize> =
        (0..files.len()).filter(|place| !includes(&files[*place]).is_empty()).collect();
    for _ in 0..DEEPEST.min(including.len()) {
        let mut handed: BTreeMap<usize, (Environment, String)> = BTreeMap::new();
        for outer in &including {
            for include in includes(&files[*outer]) {
                for inner in
                    include.paths.iter().filter_map(|path| places.get(path)).filter(|inner| *inner != outer)
                {
                    let beside = (files[*inner].folder(), &own[*inner]);
                    let environment = include.hand_on(&files[*outer].environment, beside, texts);
                    match handed.get_mut(inner) {
                        Some((known, _)) => known.fill(&environment),
                        None => drop(handed.insert(*inner, (environment, include.project_directory.clone()))),
                    }
                }
            }
        }
        let mut is_settled = true;
        for (inner, (environment, base)) in handed {
            let file = &mut files[inner];
            is_settled &= environment == file.environment && base == file.base();
            file.environment = environment;
            file.set_base(base);
        }
        if is_settled {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
