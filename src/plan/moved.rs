//! Values that move to a `.env` file: what Compose resolves is the same before and after.

use super::replay::{append_line, has_line};
use super::types::FileChange;
use crate::model::compose::{Project, Service, file_set::join, lookup};
use crate::model::{Environment, Template, dotenv};
use crate::rule::{Effect, Fix, Operation, ServiceEffect};
use crate::syntax::yaml::NodeId;
use crate::syntax::{Route, Segment, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Why a value cannot be proved to be the same in its new place. None of these texts holds it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum MoveError {
    /// With the line, the file would set something else than before and the variable.
    #[error("with a line for {name}, {path} would not set that alone")]
    File {
        /// The `.env` file.
        path: String,
        /// The variable.
        name: String,
    },
    /// Another fix gives the variable another value.
    #[error("{name} would have two values in {path}")]
    TwoValues {
        /// The `.env` file.
        path: String,
        /// The variable.
        name: String,
    },
    /// The text would resolve to something else.
    #[error("`{service}: {place}` would resolve to another value")]
    Value {
        /// The service.
        service: String,
        /// The place in it.
        place: String,
    },
}

/// What the fixes of a plan have moved so far.
#[derive(Default)]
pub(super) struct Moved {
    /// By file and variable, the line that sets it.
    lines: HashMap<(String, String), String>,
    /// By file, the names that were asked for beside it before anything moved there.
    asked_for: HashMap<String, BTreeSet<String>>,
}

impl Moved {
    /// Proves a fix that moves values to `.env` files, on the project as its rule saw it, and notes what it moves. Any
    /// other fix needs no proof here.
    pub(super) fn take(&mut self, project: &Project, fix: &Fix) -> Result<(), MoveError> {
        let mut added: BTreeMap<&str, Environment> = BTreeMap::new();
        let mut lines = Vec::new();
        for effect in &fix.effects {
            let Effect::Variable { path, name, line } = effect else { continue };
            let place = || (path.clone(), name.clone());
            let (at, of) = (path.clone(), name.clone());
            let asked_for = self
                .asked_for
                .entry(path.clone())
                .or_insert_with(|| project.names_read_beside(path))
                .contains(name);
            let value =
                alone(project, path, name, line, asked_for).ok_or(MoveError::File { path: at, name: of })?;
            if self.lines.get(&place()).is_some_and(|known| known != line) {
                return Err(MoveError::TwoValues { path: path.clone(), name: name.clone() });
            }
            added.entry(path).or_default().set(name, value);
            lines.push((place(), line.clone()));
        }
        if added.is_empty() {
            return Ok(());
        }
        let effects = fix.effects.iter().filter_map(|effect| match effect {
            Effect::Service(effect) => Some(effect),
            _ => None,
        });
        for effect in effects {
            if !is_same(project, effect, &added) {
                let (service, place) = (effect.service.clone(), effect.path.to_string());
                return Err(MoveError::Value { service, place });
            }
        }
        self.lines.extend(lines);
        Ok(())
    }
}

/// The value that a line gives a variable in a file, if the file then sets that and what it set before, and if nothing
/// that reads the file asked for the variable until now, or all of it had this value for a default.
fn alone(project: &Project, path: &str, name: &str, line: &str, asked_for: bool) -> Option<String> {
    let before = project.plain.get(path).map(String::as_str).unwrap_or_default();
    let (mut expected, mut found) = (Environment::new(), Environment::new());
    let is_sound = dotenv::parse(before, &mut expected).is_empty();
    let is_sound = is_sound && dotenv::parse(&with_line(before, line)?, &mut found).is_empty();
    let value = found.get(name)?.to_owned();
    let is_free = match expected.get(name) {
        Some(known) => known == value,
        None => !asked_for || project.reads_alike_with(path, name, &value),
    };
    expected.set(name, value.clone());
    (is_sound && is_free && expected == found).then_some(value)
}

/// Whether what an effect sets resolves to what stands there now, with the variables that come to the file's `.env`.
fn is_same(project: &Project, effect: &ServiceEffect, added: &BTreeMap<&str, Environment>) -> bool {
    let Operation::Set(Value::String(new)) = &effect.operation else { return false };
    let Some(file) = project.file(&effect.file) else { return false };
    let mut named = file.services_named(&effect.service);
    let Some(service) = named.find(|service| service.document == effect.document) else { return false };
    let Some(old) = text_at(&service, &effect.path) else { return false };
    let mut environment = file.environment.clone();
    if let Some(added) = added.get(join(file.folder(), ".env").as_str()) {
        environment.fill(added);
    }
    let resolved = |text: &str, environment: &Environment| {
        let resolved = Template::parse(text).ok()?.evaluate(environment).ok()?;
        resolved.unset.is_empty().then_some(resolved.text)
    };
    let before = resolved(old, &file.environment);
    before.is_some() && before == resolved(new, &environment)
}

/// The text at a place of a resolved service.
fn text_at<'f>(service: &Service<'f>, path: &Route) -> Option<&'f str> {
    let tree = service.tree();
    let step = |at: NodeId, segment: &Segment| match segment {
        Segment::Key(key) => Some(lookup(tree, at, key)?.value),
        Segment::Index(index) => Some(tree.resolve_alias(tree.sequence(at)?.items.get(*index)?.node)),
    };
    let node = path.segments.iter().try_fold(service.node, step)?;
    Some(&tree.scalar(node)?.value)
}

/// Puts the lines that changes ask for into the project that the next rules see.
pub(super) fn ensure_lines<'c>(project: &mut Project, changes: impl Iterator<Item = &'c FileChange>) {
    for change in changes {
        let FileChange::EnsureLine { path, line } = change else { continue };
        let before = project.plain.get(path).map(String::as_str).unwrap_or_default();
        if let Some(text) = with_line(before, line).filter(|text| *text != before) {
            project.set_plain(path, text);
        }
    }
}

fn with_line(text: &str, line: &str) -> Option<String> {
    if has_line(text, line) {
        return Some(text.to_owned());
    }
    append_line(text, line).ok()?.apply(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::compose::ComposeFile;

    fn project(environment: &str) -> Project {
        let text = "services:\n  db:\n    image: db\n    environment:\n      PASSWORD: a$$b\n";
        let mut known = Environment::new();
        drop(dotenv::parse(environment, &mut known));
        let mut project =
            Project::new(vec![ComposeFile::read("compose.yaml", text.as_bytes(), known).unwrap()]);
        project.set_plain(".env", environment.to_owned());
        project
    }

    fn fix(line: &str) -> Fix {
        let project = project("");
        let service = project.services().next().unwrap();
        let new = Operation::Set(Value::string("${PASSWORD:?PASSWORD must be set}"));
        let effects = vec![
            ServiceEffect::on(&service, &["environment", "PASSWORD"], new).into(),
            Effect::Variable { path: ".env".to_owned(), name: "PASSWORD".to_owned(), line: line.to_owned() },
        ];
        Fix::caution("move it", "mind it", effects)
    }

    fn taken(environment: &str, line: &str) -> Result<(), String> {
        Moved::default().take(&project(environment), &fix(line)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_value_that_stays_the_same_is_proved() {
        assert_eq!(taken("", "PASSWORD='a$b'"), Ok(()));
        assert_eq!(taken("A=1\r\n", "PASSWORD='a$b'"), Ok(()));
        assert_eq!(taken("\u{feff}A=1", "PASSWORD='a$b'"), Ok(()));
        assert_eq!(taken("PASSWORD='a$b'\n", "PASSWORD='a$b'"), Ok(()));
    }

    #[test]
    fn another_value_is_seen() {
        for (environment, line) in [
            ("", "PASSWORD='a$$b'"),
            ("", "PASSWORD=a$b"),
            ("", "OTHER='a$b'"),
            ("PASSWORD=x\n", "PASSWORD='a$b'"),
            ("A=\"open\nB=1\n", "PASSWORD='a$b'"),
        ] {
            let error = taken(environment, line).unwrap_err();
            assert!(!error.contains("a$b"), "{error}");
        }
    }

    #[test]
    fn a_variable_has_one_value() {
        let mut moved = Moved::default();
        let project = project("");
        moved.take(&project, &fix("PASSWORD='a$b'")).unwrap();
        let error = moved.take(&project, &fix("PASSWORD=\"a\\$b\"")).unwrap_err();
        assert!(matches!(error, MoveError::TwoValues { .. }), "{error}");
    }
}
