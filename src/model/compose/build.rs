//! What a service builds: which Dockerfile, which stage, and with what.

use super::{Service, lookup};
use crate::model::dockerfile::BuildInputs;
use crate::syntax::yaml::NodeId;
use std::fmt;

/// The `build:` of a service, as far as the files say.
///
/// As Compose v2.40 reads it: the short form is the context; `dockerfile` counts from the context, and is
/// `Dockerfile` where it is not given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// The folder that is built, as a path from the root; `None` if it is not a folder of the project.
    pub context: Option<String>,
    /// Where the Dockerfile is.
    pub dockerfile: BuildFile,
    /// The stage that is built; the last one if absent.
    pub target: Option<String>,
    /// The arguments and contexts that it is built with.
    pub inputs: BuildInputs,
}

/// Where the Dockerfile of a build is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildFile {
    /// A file of the project, as a path from the root.
    Path(String),
    /// Written inside the Compose file, at this node.
    Inline(NodeId),
    /// Nowhere that this project holds.
    Elsewhere(Elsewhere),
}

/// Why a Dockerfile is out of reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// A Git repository or an archive.
    Remote(String),
    /// A path outside the project's root.
    Outside(String),
    /// A variable without a known value is part of its path.
    Variable(String),
}

impl fmt::Display for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Remote(url) => write!(f, "it is built from {url}"),
            Self::Outside(path) => write!(f, "it is built from `{path}`, outside the project"),
            Self::Variable(text) => write!(f, "the path of its build, `{text}`, depends on a variable"),
        }
    }
}

impl Build {
    /// The build of a service; `None` if it builds nothing.
    #[must_use]
    pub fn of(service: &Service<'_>) -> Option<Self> {
        if !service.has("build") {
            return None;
        }
        let node = service.field("build")?.value;
        let reader = Reader { service, node };
        let context = reader.context();
        let inputs =
            BuildInputs { arguments: reader.pairs("args"), contexts: reader.names("additional_contexts") };
        Some(Self {
            dockerfile: reader.dockerfile(&context),
            context: context.ok(),
            target: reader.text("target"),
            inputs,
        })
    }

    /// The path of its Dockerfile, if that is a file of the project.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match &self.dockerfile {
            BuildFile::Path(path) => Some(path),
            _ => None,
        }
    }
}

/// The name in lower case that BuildKit falls back to where no `Dockerfile` is (moby/buildkit,
/// `frontend/dockerui/config.go`, `ReadEntrypoint`); `None` for files with other names.
#[must_use]
pub fn lower_case(path: &str) -> Option<String> {
    let folder =
        path.strip_suffix("Dockerfile").filter(|folder| folder.is_empty() || folder.ends_with('/'))?;
    Some(format!("{folder}dockerfile"))
}

struct Reader<'a> {
    service: &'a Service<'a>,
    node: NodeId,
}

impl Reader<'_> {
    fn child(&self, key: &str) -> Option<NodeId> {
        Some(lookup(self.service.tree(), self.node, key)?.value)
    }

    /// A scalar as it is written.
    fn raw(&self, key: &str) -> Option<&str> {
        let tree = self.service.tree();
        let node = self.child(key)?;
        if tree.is_null(node) { None } else { tree.scalar(node).map(|scalar| &*scalar.value) }
    }

    /// A scalar with its variables, if they are known.
    fn text(&self, key: &str) -> Option<String> {
        self.service.interpolate(self.raw(key)?).filter(|text| !text.is_empty())
    }

    /// The folder, from the root.
    fn context(&self) -> Result<String, Elsewhere> {
        let tree = self.service.tree();
        let short = tree.scalar(self.node).map(|scalar| &*scalar.value);
        let written = short.or_else(|| self.raw("context")).unwrap_or(".");
        let text = self.known(written)?;
        if is_remote(&text) {
            return Err(Elsewhere::Remote(text));
        }
        self.inside(self.service.file.base(), &text)
    }

    fn dockerfile(&self, context: &Result<String, Elsewhere>) -> BuildFile {
        if let Some(node) =
            self.child("dockerfile_inline").filter(|node| self.service.tree().scalar(*node).is_some())
        {
            return BuildFile::Inline(node);
        }
        let path = context.clone().and_then(|folder| {
            let text =
                self.known(self.raw("dockerfile").filter(|text| !text.is_empty()).unwrap_or("Dockerfile"))?;
            let path = self.inside(&folder, &text)?;
            let is_lower = self.service.file.in_lower_case.contains(&path);
            Ok(lower_case(&path).filter(|_| is_lower).unwrap_or(path))
        });
        path.map_or_else(BuildFile::Elsewhere, BuildFile::Path)
    }

    fn known(&self, written: &str) -> Result<String, Elsewhere> {
        self.service.interpolate(written).ok_or_else(|| Elsewhere::Variable(written.to_owned()))
    }

    /// A path inside the project; absolute ones and those that climb out are not.
    fn inside(&self, folder: &str, path: &str) -> Result<String, Elsewhere> {
        let joined = super::file_set::join(folder, path);
        let is_outside = path.starts_with(['/', '~']) || joined.split('/').any(|part| part == "..");
        if is_outside { Err(Elsewhere::Outside(path.to_owned())) } else { Ok(joined) }
    }

    /// The pairs of a mapping, or of a list of `NAME=value`; those without a known value are left out.
    fn pairs(&self, key: &str) -> std::collections::BTreeMap<String, String> {
        let known =
            |(name, value): (String, Option<String>)| Some((name, self.service.interpolate(&value?)?));
        self.entries(key).into_iter().filter_map(known).collect()
    }

    fn names(&self, key: &str) -> std::collections::BTreeSet<String> {
        self.entries(key).into_iter().map(|(name, _)| name).collect()
    }

    fn entries(&self, key: &str) -> Vec<(String, Option<String>)> {
        let tree = self.service.tree();
        let Some(node) = self.child(key) else { return Vec::new() };
        if let Some(mapping) = tree.mapping(node) {
            let entry = |entry: &crate::syntax::yaml::Entry| {
                let value = tree.scalar(tree.resolve_alias(entry.value));
                Some((tree.key_text(entry)?.to_owned(), value.map(|value| value.value.to_string())))
            };
            return mapping.entries.iter().filter_map(entry).collect();
        }
        let items = tree.sequence(node).map(|sequence| &sequence.items[..]).unwrap_or_default();
        let item = |text: &str| match text.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (text.to_owned(), None),
        };
        items
            .iter()
            .filter_map(|node| Some(item(&tree.scalar(tree.resolve_alias(node.node))?.value)))
            .collect()
    }
}

/// What Compose hands to BuildKit as a Git repository or an archive.
fn is_remote(context: &str) -> bool {
    let schemes = [
        "http://",
        "https://",
        "git://",
        "ssh://",
        "git@",
        "github.com/",
        "docker-image://",
        "oci-layout://",
    ];
    schemes.iter().any(|scheme| context.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;
    use crate::model::compose::ComposeFile;

    fn build(yaml: &str) -> Build {
        let text = format!("services:\n  a:\n    {}\n", yaml.replace('\n', "\n    "));
        let file = ComposeFile::read("app/compose.yaml", text.as_bytes(), Environment::new()).unwrap();
        let service = file.services().next().unwrap();
        Build::of(&service).unwrap()
    }

    fn path(yaml: &str) -> Result<String, String> {
        match build(yaml).dockerfile {
            BuildFile::Path(path) => Ok(path),
            BuildFile::Inline(_) => Err("inline".to_owned()),
            BuildFile::Elsewhere(why) => Err(why.to_string()),
        }
    }

    #[test]
    fn the_dockerfile_counts_from_the_context() {
        assert_eq!(path("build: .").unwrap(), "app/Dockerfile");
        assert_eq!(path("build: ../web").unwrap(), "web/Dockerfile");
        assert_eq!(
            path("build:\n  context: ./web\n  dockerfile: docker/Dockerfile.prod").unwrap(),
            "app/web/docker/Dockerfile.prod"
        );
        assert_eq!(path("build: {dockerfile: ../Dockerfile}").unwrap(), "Dockerfile");
        assert_eq!(path("build: ${WHERE:-src}").unwrap(), "app/src/Dockerfile");
    }

    #[test]
    fn what_is_not_in_the_project_is_elsewhere() {
        assert!(path("build: ../../out").unwrap_err().contains("outside"));
        assert!(path("build: /srv/x").unwrap_err().contains("outside"));
        assert!(path("build: https://example.com/x.git#main").unwrap_err().contains("https://example.com"));
        assert!(path("build: $WHERE").unwrap_err().contains("variable"));
        assert_eq!(path("build:\n  dockerfile_inline: FROM x").unwrap_err(), "inline");
    }

    #[test]
    fn arguments_and_contexts_are_read_in_both_forms() {
        let found = build(
            "build:\n  target: prod\n  args: [A=1, B, 'C=${X:-y}']\n  additional_contexts: {base: 'docker-image://x'}",
        );
        assert_eq!(found.target.as_deref(), Some("prod"));
        assert_eq!(
            found.inputs.arguments,
            [("A", "1"), ("C", "y")].map(|(a, b)| (a.to_owned(), b.to_owned())).into()
        );
        assert!(found.inputs.contexts.contains("base"));
        assert_eq!(build("build: {args: {A: 1}}").inputs.arguments["A"], "1");
    }
}
