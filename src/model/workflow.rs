//! Workflows of GitHub Actions (and of Forgejo's, which reads the same form), as far as rules look at them.

use super::compose::Project;
use crate::syntax::yaml::{Limits, NodeId, Tree, parse};
use crate::text::LineColumn;

/// The folder of workflows, from the root.
pub const FOLDER: &str = ".github/workflows/";

/// One workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workflow {
    /// Its path from the root.
    pub path: String,
    /// Everything that its jobs take from elsewhere, in source order.
    pub used: Vec<Used>,
    /// Which permissions its jobs state.
    pub permissions: Permissions,
    /// Where those are stated, or its first key.
    pub position: LineColumn,
}

/// An action or a workflow that is taken from elsewhere; those of the same repository (`./`) are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// As written: `owner/name@reference`.
    pub text: String,
    /// Where that stands.
    pub position: LineColumn,
}

/// What a workflow says about the permissions of its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permissions {
    /// They are stated at the top, or at each job.
    Stated,
    /// Some job has what the repository's settings give.
    Missing,
    /// `write-all` stands at the top.
    All,
}

impl Workflow {
    /// The workflows of a project, by path. A file that cannot be read as YAML, or has no jobs, is none.
    #[must_use]
    pub fn all(project: &Project) -> Vec<Self> {
        let is_workflow = |path: &str| {
            let name = path.strip_prefix(FOLDER).unwrap_or_default();
            !name.contains('/') && (name.ends_with(".yml") || name.ends_with(".yaml"))
        };
        let files = project.plain.iter().filter(|(path, _)| is_workflow(path));
        files.filter_map(|(path, text)| Self::read(path, text)).collect()
    }

    fn read(path: &str, text: &str) -> Option<Self> {
        let tree = parse(text, &Limits::default()).ok()?;
        let root = tree.documents().first()?.root;
        let jobs = tree.mapping(tree.resolve_alias(tree.get(root, "jobs")?))?;
        let jobs: Vec<NodeId> = jobs.entries.iter().map(|entry| tree.resolve_alias(entry.value)).collect();
        let mut used = Vec::new();
        for job in &jobs {
            used.extend(tree.get(*job, "uses").and_then(|node| used_at(&tree, node)));
            let steps = tree.get(*job, "steps").and_then(|node| tree.sequence(tree.resolve_alias(node)));
            for step in steps.map(|steps| &steps.items[..]).unwrap_or_default() {
                let step = tree.resolve_alias(step.node);
                used.extend(tree.get(step, "uses").and_then(|node| used_at(&tree, node)));
            }
        }
        let stated = tree.get(root, "permissions");
        let permissions = match stated {
            Some(node) if tree.scalar(node).is_some_and(|scalar| &*scalar.value == "write-all") => {
                Permissions::All
            }
            Some(_) => Permissions::Stated,
            None if jobs.iter().all(|job| tree.get(*job, "permissions").is_some()) => Permissions::Stated,
            None => Permissions::Missing,
        };
        let position = tree.locate(tree.node(stated.unwrap_or(root)).span.start);
        Some(Self { path: path.to_owned(), used, permissions, position })
    }
}

fn used_at(tree: &Tree, node: NodeId) -> Option<Used> {
    let node = tree.resolve_alias(node);
    let text = tree.scalar(node)?.value.to_string();
    let position = tree.locate(tree.node(node).span.start);
    (!text.starts_with("./")).then_some(Used { text, position })
}
