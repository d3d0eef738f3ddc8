//! Where else what moves stands: a value that stays in a command or a health check must change with it.

use super::command::stands_in_one_line;
use super::held::held;
use super::move_out::reads_env;
use super::spoken::{self, SpokenText, spoken_texts};
use crate::model::Template;
use crate::model::compose::{ComposeFile, Project, set_variables};
use crate::syntax::yaml::NodeId;
use std::borrow::Cow;

/// The most places that are named.
const MOST: usize = 3;
/// A shorter value stands in many texts that have nothing to do with it.
const SHORTEST: usize = 6;

/// Fields of a service that hand a secret on.
const FIELDS: [&str; 5] = ["command", "entrypoint", "healthcheck", "labels", "build"];

/// The texts of the files that read one `.env` in which services hand secrets on.
pub(super) struct Texts<'p> {
    /// Each with its file and line.
    texts: Vec<(&'p str, usize, Cow<'p, str>)>,
    /// The secrets that stay in a command, each with the file and line.
    spoken: Vec<(&'p str, usize, &'p str)>,
    /// What services and images are called, and the values that are no secrets: a password that is one of those stands in
    /// many places and means something else there.
    names: Vec<&'p str>,
}

impl<'p> Texts<'p> {
    /// Those beside the `.env` at `path`.
    pub(super) fn beside(project: &'p Project, path: &str) -> Self {
        let mut all = Self { texts: Vec::new(), spoken: Vec::new(), names: Vec::new() };
        for service in project.files_reading(path).into_iter().flat_map(ComposeFile::services) {
            let tree = service.tree();
            all.names.push(service.name);
            all.names.extend(service.scalar("image"));
            let set =
                set_variables(&service).into_iter().filter(|entry| held(&entry.name, &entry.value).is_none());
            all.names.extend(set.filter_map(|entry| Some(&*tree.scalar(entry.node)?.value)));
            // What moves by itself does not stay behind.
            let known: Vec<SpokenText<'_>> =
                spoken::FIELDS.iter().flat_map(|field| spoken_texts(&service, field)).collect();
            let moves = reads_env(&service) && project.fragment(&service).is_none();
            let mut waiting: Vec<NodeId> =
                FIELDS.iter().filter_map(|field| Some(service.field(field)?.value)).collect();
            while let Some(id) = waiting.pop() {
                let node = tree.node(id);
                if let Some(scalar) = tree.scalar(id) {
                    let line = tree.locate(node.span.start).line;
                    let text = match known.iter().find(|text| text.node == id) {
                        Some(text) if moves && stands_in_one_line(&service, text) => {
                            without_secrets(text).into()
                        }
                        Some(text) => {
                            let secrets = text.secrets.iter().map(|secret| secret.range.of(text.text));
                            all.spoken
                                .extend(secrets.map(|secret| (service.file.path.as_str(), line, secret)));
                            Cow::Borrowed(&*scalar.value)
                        }
                        None => Cow::Borrowed(&*scalar.value),
                    };
                    all.texts.push((&service.file.path, line, text));
                }
                let items = tree.sequence(id).into_iter().flat_map(|list| &list.items).map(|item| item.node);
                let values = tree.mapping(id).into_iter().flat_map(|mapping| &mapping.entries);
                waiting.extend(items.chain(values.map(|entry| entry.value)));
            }
        }
        all
    }

    /// What to say of the places where a value stands; nothing if there is none. The value is not in it.
    pub(super) fn with_value(&self, value: &str) -> Option<String> {
        let is_common = value.len() < SHORTEST || self.names.iter().any(|name| name.contains(value));
        let spoken = self.spoken.iter().filter(|(.., secret)| *secret == value);
        let mut found: Vec<(&str, usize)> = spoken.map(|(path, line, _)| (*path, *line)).collect();
        if !is_common {
            found.extend(self.with(|text| text.contains(value)));
        }
        let places = told(found)?;
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
        let places = told(self.with(has_default).collect())?;
        Some(format!("The default of `{name}` also stands in {places}: take it out there, too"))
    }

    fn with(&self, is_it: impl Fn(&str) -> bool) -> impl Iterator<Item = (&'p str, usize)> {
        self.texts.iter().filter(move |(.., text)| is_it(text)).map(|(path, line, _)| (*path, *line))
    }
}

/// The text without its secrets.
fn without_secrets(text: &SpokenText<'_>) -> String {
    let mut rest = text.text.to_owned();
    for secret in text.secrets.iter().rev() {
        rest.replace_range(secret.range.start..secret.range.end, "");
    }
    rest
}

/// Places in order, as far as they are named; `None` if there are none.
fn told(mut found: Vec<(&str, usize)>) -> Option<String> {
    found.sort_unstable();
    found.dedup();
    let more = found.len().saturating_sub(MOST);
    let named = found.iter().take(MOST).map(|(path, line)| format!("{path}:{line}")).collect::<Vec<_>>();
    let named = named.join(", ");
    match (found.len(), more) {
        (0, _) => None,
        (_, 0) => Some(named),
        (_, more) => Some(format!("{named} and {more} more places")),
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
