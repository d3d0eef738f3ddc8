//! Where else what moves stands: a value that stays in a command or a health check must change with it.

use crate::model::Template;
use crate::model::compose::{Project, set_variables};
use std::collections::BTreeSet;

/// The most places that are named.
const MOST: usize = 3;
/// A shorter value stands in many texts that have nothing to do with it.
const SHORTEST: usize = 6;

/// The texts of the files that read one `.env`, without keys and the values of `environment`.
pub(super) struct Texts<'p> {
    /// Each with its file and line.
    texts: Vec<(&'p str, usize, &'p str)>,
}

impl<'p> Texts<'p> {
    /// Those beside the `.env` at `path`.
    pub(super) fn beside(project: &'p Project, path: &str) -> Self {
        let mut texts = Vec::new();
        for file in project.files_reading(path) {
            let tree = &file.tree;
            let set = file.services().flat_map(|service| set_variables(&service));
            let set: BTreeSet<_> = set.map(|entry| entry.node).collect();
            for (id, node) in tree.nodes().filter(|(id, _)| !set.contains(id)) {
                let is_key = || tree.entry_of(id).is_some_and(|entry| entry.key == id);
                let Some(scalar) = tree.scalar(id).filter(|scalar| scalar.value.len() >= SHORTEST) else {
                    continue;
                };
                if !is_key() {
                    texts.push((file.path.as_str(), tree.locate(node.span.start).line, &*scalar.value));
                }
            }
        }
        Self { texts }
    }

    /// What to say of the places where a value stands; nothing if there is none. The value is not in it.
    pub(super) fn with_value(&self, value: &str) -> Option<String> {
        let places = self.told(|text| value.len() >= SHORTEST && text.contains(value))?;
        Some(format!("The value also stands in {places}: change it there, too"))
    }

    /// What to say of the places where a variable has a default; nothing if there is none.
    pub(super) fn with_default(&self, name: &str) -> Option<String> {
        let has_default = |text: &str| {
            let template = Template::parse(text).ok().filter(|_| text.contains(name));
            template.is_some_and(|template| {
                template.variables().iter().any(|variable| {
                    let operation = variable.operation.as_ref();
                    variable.name == name
                        && operation.is_some_and(|operation| operation.operator.is_default())
                })
            })
        };
        let places = self.told(has_default)?;
        Some(format!("The default of `{name}` also stands in {places}: take it out there, too"))
    }

    fn told(&self, is_it: impl Fn(&str) -> bool) -> Option<String> {
        let found = self.texts.iter().filter(|(_, _, text)| is_it(text));
        let mut places: Vec<String> = found.map(|(path, line, _)| format!("{path}:{line}")).collect();
        places.dedup();
        let more = places.len().saturating_sub(MOST);
        places.truncate(MOST);
        let named = places.join(", ");
        match (places.len(), more) {
            (0, _) => None,
            (_, 0) => Some(named),
            (_, more) => Some(format!("{named} and {more} more places")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;
    use crate::model::compose::ComposeFile;

    #[test]
    fn what_stays_behind_is_named_by_its_line() {
        let text = "services:\n  a:\n    image: a\n    environment: {PW: hunter2, KEY: '${KEY:-hunter3}'}\n    command: x \
                    --pw hunter2\n    labels: ['k=${KEY:-hunter3}']\n    user: '${KEY}'\n";
        let file = ComposeFile::read("app/compose.yaml", text.as_bytes(), Environment::new()).unwrap();
        let project = Project::new(vec![file]);
        let texts = Texts::beside(&project, "app/.env");
        let told = texts.with_value("hunter2").unwrap();
        assert!(told.contains("app/compose.yaml:5:") && !told.contains("hunter2"), "{told}");
        let told = texts.with_default("KEY").unwrap();
        assert!(told.contains("app/compose.yaml:6:") && !told.contains("hunter3"), "{told}");
        assert_eq!(texts.with_value("other-one").or(texts.with_default("PW")), None);
        assert_eq!(Texts::beside(&project, ".env").with_value("hunter2"), None);
    }
}
