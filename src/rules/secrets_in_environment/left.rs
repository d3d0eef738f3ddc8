//! Where else what moves stands: a value that stays in a command or a health check must change with it.

use super::held::held;
use crate::model::Template;
use crate::model::compose::{ComposeFile, Project, set_variables};
use crate::syntax::yaml::NodeId;

/// The most places that are named.
const MOST: usize = 3;
/// A shorter value stands in many texts that have nothing to do with it.
const SHORTEST: usize = 6;

/// Fields of a service that hand a secret on.
const FIELDS: [&str; 5] = ["command", "entrypoint", "healthcheck", "labels", "build"];

/// The texts of the files that read one `.env` in which services hand secrets on.
pub(super) struct Texts<'p> {
    /// Each with its file and line.
    texts: Vec<(&'p str, usize, &'p str)>,
    /// What services and images are called, and the values that are no secrets: a password that is one of those stands in
    /// many places and means something else there.
    names: Vec<&'p str>,
}

impl<'p> Texts<'p> {
    /// Those beside the `.env` at `path`.
    pub(super) fn beside(project: &'p Project, path: &str) -> Self {
        let mut all = Self { texts: Vec::new(), names: Vec::new() };
        for service in project.files_reading(path).into_iter().flat_map(ComposeFile::services) {
            let tree = service.tree();
            all.names.push(service.name);
            all.names.extend(service.scalar("image"));
            let set =
                set_variables(&service).into_iter().filter(|entry| held(&entry.name, &entry.value).is_none());
            all.names.extend(set.filter_map(|entry| Some(&*tree.scalar(entry.node)?.value)));
            let mut waiting: Vec<NodeId> =
                FIELDS.iter().filter_map(|field| Some(service.field(field)?.value)).collect();
            while let Some(id) = waiting.pop() {
                let node = tree.node(id);
                if let Some(scalar) = tree.scalar(id) {
                    let line = tree.locate(node.span.start).line;
                    all.texts.push((&service.file.path, line, &*scalar.value));
                }
                let items = tree.sequence(id).into_iter().flat_map(|list| &list.items).map(|item| item.node);
                let values = tree.mapping(id).into_iter().flat_map(|mapping| &mapping.entries);
                waiting.extend(items.chain(values.map(|entry| entry.value)));
            }
        }
        all.texts.sort_unstable();
        all
    }

    /// What to say of the places where a value stands; nothing if there is none. The value is not in it.
    pub(super) fn with_value(&self, value: &str) -> Option<String> {
        if value.len() < SHORTEST || self.names.iter().any(|name| name.contains(value)) {
            return None;
        }
        let places = self.told(|text| text.contains(value))?;
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
        let text = "services:\n  a:\n    image: image-name\n    environment: {PASSWORD: hunter2, KEY: '${KEY:-hunter3}'}\n    command: x \
                    --pw hunter2 image-name\n    labels: ['k=${KEY:-hunter3}']\n    user: '${KEY}'\n";
        let file = ComposeFile::read("app/compose.yaml", text.as_bytes(), Environment::new()).unwrap();
        let project = Project::new(vec![file]);
        let texts = Texts::beside(&project, "app/.env");
        let told = texts.with_value("hunter2").unwrap();
        assert!(told.contains("app/compose.yaml:5:") && !told.contains("hunter2"), "{told}");
        let told = texts.with_default("KEY").unwrap();
        assert!(told.contains("app/compose.yaml:6:") && !told.contains("hunter3"), "{told}");
        assert_eq!(texts.with_value("image-name"), None);
        assert_eq!(texts.with_value("other-one").or(texts.with_default("PW")), None);
        assert_eq!(Texts::beside(&project, ".env").with_value("hunter2"), None);
    }
}
