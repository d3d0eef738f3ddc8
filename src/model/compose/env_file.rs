//! The files that a service takes variables from: `env_file`, in each of its forms.

use super::{Service, lookup};
use crate::syntax::yaml::NodeId;

/// One file of `env_file`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvFile {
    /// Its path as written, from the folder of the Compose file, with the variables that are known in place.
    pub path: String,
    /// The node that names it.
    pub node: NodeId,
}

impl EnvFile {
    /// The files of a service; those whose path depends on a variable without value are left out.
    #[must_use]
    pub fn of(service: &Service<'_>) -> Vec<Self> {
        let tree = service.tree();
        let Some(field) = service.field("env_file") else { return Vec::new() };
        let one = |node: NodeId| {
            let named = tree.scalar(node).map(|_| node);
            let named = named.or_else(|| lookup(tree, node, "path").map(|found| found.value))?;
            let path = service.interpolate(&tree.scalar(named)?.value).filter(|path| !path.is_empty())?;
            Some(Self { path, node: named })
        };
        match tree.sequence(field.value) {
            Some(_) => service.items("env_file").into_iter().filter_map(one).collect(),
            None => one(field.value).into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;
    use crate::model::compose::ComposeFile;

    #[test]
    fn every_form_names_its_files() {
        for (form, wanted) in [
            ("env_file: .env", vec![".env"]),
            ("env_file: [.env, \"${X:-a}.env\", \"${Y}.env\"]", vec![".env", "a.env"]),
            ("env_file: [{path: ./b.env, required: false}]", vec!["./b.env"]),
            ("env_file:", vec![]),
        ] {
            let text = format!("services:\n  web:\n    image: web\n    {form}\n");
            let file = ComposeFile::read("compose.yaml", text.as_bytes(), Environment::new()).unwrap();
            let service = file.services().next().unwrap();
            let found: Vec<_> = EnvFile::of(&service).into_iter().map(|file| file.path).collect();
            assert_eq!(found, wanted, "{form}");
        }
    }
}
