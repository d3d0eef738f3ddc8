//! Reads settings from a YAML tree, so that every error can say where.

use crate::rule::{Options, Rule};
use crate::syntax::yaml::{Kind, Limits, NodeId, Tree, decode, duplicate_keys, parse};
use crate::text::LineColumn;
use std::fmt;

/// Something wrong in a profile, a project file or a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file as the user knows it.
    pub path: String,
    /// Where in it; `None` if it is about the file as a whole.
    pub position: Option<LineColumn>,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some(position) => write!(f, "{}:{position}: {}", self.path, self.message)?,
            None => write!(f, "{}: {}", self.path, self.message)?,
        }
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ConfigError {}

/// Where the reader of typed data stumbled.
#[must_use]
pub fn place_of(error: &serde_yaml::Error) -> Option<LineColumn> {
    error.location().map(|at| LineColumn { line: at.line(), column: at.column() })
}

/// The message of that reader without the place at its end, for where the place stands before it.
#[must_use]
pub fn without_place(message: &str) -> &str {
    message.rfind(" at line ").and_then(|at| message.get(..at)).unwrap_or(message)
}

/// Walks a settings file and gathers what is wrong with it.
pub(super) struct Reader<'t> {
    pub(super) path: &'t str,
    pub(super) tree: &'t Tree,
    pub(super) errors: Vec<ConfigError>,
}

/// Reads the text of a settings file as YAML.
pub(super) fn parse_settings(path: &str, text: &str) -> Result<Tree, Vec<ConfigError>> {
    let error = |position, message: String, help: Option<&str>| {
        vec![ConfigError { path: path.to_owned(), position, message, help: help.map(str::to_owned) }]
    };
    let read = decode(text.as_bytes()).and_then(|text| parse(text, &Limits::default()));
    let tree = read.map_err(|wrong| error(Some(wrong.position), wrong.to_string(), wrong.help()))?;
    if let Some((_, second)) = duplicate_keys(&tree).first() {
        let position = tree.locate(tree.node(*second).span.start);
        return Err(error(Some(position), "the key is here for the second time".to_owned(), None));
    }
    if let [_, second, ..] = tree.documents() {
        let position = tree.locate(second.start_marker.unwrap_or_else(|| tree.node(second.root).span.start));
        let message = "a second document starts here, and settings are one document".to_owned();
        return Err(error(Some(position), message, Some("join the two, or take one out")));
    }
    Ok(tree)
}

impl<'t> Reader<'t> {
    pub(super) fn new(path: &'t str, tree: &'t Tree) -> Self {
        Self { path, tree, errors: Vec::new() }
    }

    pub(super) fn position(&self, node: NodeId) -> LineColumn {
        self.tree.locate(self.tree.node(node).span.start)
    }

    pub(super) fn error(&mut self, node: NodeId, message: impl Into<String>, help: Option<String>) {
        let position = Some(self.position(node));
        self.errors.push(ConfigError { path: self.path.to_owned(), position, message: message.into(), help });
    }

    /// The root mapping; an empty file counts as an empty one.
    pub(super) fn root(&mut self) -> Option<NodeId> {
        let root = self.tree.documents().first().map(|document| document.root)?;
        (!self.tree.is_null(root)).then_some(root)
    }

    /// The entries of a mapping as text keys; anything that is none of `known` is an error.
    pub(super) fn fields(&mut self, node: NodeId, known: &[&str]) -> Vec<(&'t str, NodeId)> {
        let entries = self.entries(node);
        for (key, _, place) in &entries {
            if !known.contains(key) {
                let help = format!("known here: {}", known.join(", "));
                self.error(*place, format!("`{key}` is not known"), Some(help));
            }
        }
        entries
            .into_iter()
            .filter(|(key, ..)| known.contains(key))
            .map(|(key, value, _)| (key, value))
            .collect()
    }

    /// The entries of a mapping: key, value, and the node of the key.
    pub(super) fn entries(&mut self, node: NodeId) -> Vec<(&'t str, NodeId, NodeId)> {
        let tree = self.tree;
        let node = tree.resolve_alias(node);
        match &tree.node(node).kind {
            Kind::Mapping(mapping) => mapping
                .entries
                .iter()
                .map(|entry| {
                    (tree.key_text(entry).unwrap_or_default(), tree.resolve_alias(entry.value), entry.key)
                })
                .collect(),
            _ if tree.is_null(node) => Vec::new(),
            _ => {
                self.error(node, "this must be a mapping", None);
                Vec::new()
            }
        }
    }

    pub(super) fn list(&mut self, node: NodeId) -> Vec<NodeId> {
        let tree = self.tree;
        match &tree.node(node).kind {
            Kind::Sequence(sequence) => {
                sequence.items.iter().map(|item| tree.resolve_alias(item.node)).collect()
            }
            _ if tree.is_null(node) => Vec::new(),
            _ => {
                self.error(node, "this must be a list", None);
                Vec::new()
            }
        }
    }

    pub(super) fn text(&mut self, node: NodeId) -> Option<&'t str> {
        match self.tree.scalar(node) {
            Some(scalar) if !self.tree.is_null(node) => Some(&*scalar.value),
            _ => {
                self.error(node, "this must be a text", None);
                None
            }
        }
    }

    pub(super) fn flag(&mut self, node: NodeId) -> Option<bool> {
        match self.text(node)? {
            "true" => Some(true),
            "false" => Some(false),
            other => {
                let message = format!("this must be true or false, not `{other}`");
                self.error(node, message, None);
                None
            }
        }
    }

    /// One of the words of a type that reads itself from YAML.
    pub(super) fn word<T: serde::de::DeserializeOwned>(&mut self, node: NodeId, words: &str) -> Option<T> {
        let text = self.text(node)?;
        let read = serde_yaml::from_str(text).ok();
        if read.is_none() {
            self.error(node, format!("this must be one of {words}, not `{text}`"), None);
        }
        read
    }

    /// The `options` and `services` of a rule, checked against what the rule takes.
    pub(super) fn options(
        &mut self,
        rule: &'static dyn Rule,
        general: Option<NodeId>,
        services: Option<NodeId>,
    ) -> Options {
        let mut options = Options::default();
        if let Some(node) = general {
            options.general = self.option_values(rule, node);
        }
        for (service, node, _) in services.map(|node| self.entries(node)).unwrap_or_default() {
            let values = self.option_values(rule, node);
            options.services.insert(service.to_owned(), values);
        }
        options
    }

    fn option_values(
        &mut self,
        rule: &'static dyn Rule,
        node: NodeId,
    ) -> std::collections::BTreeMap<&'static str, crate::rule::OptionValue> {
        let meta = rule.meta();
        let mut values = std::collections::BTreeMap::new();
        for (name, value, key) in self.entries(node) {
            let Some(spec) = meta.options.iter().find(|spec| spec.name == name) else {
                let known: Vec<_> = meta.options.iter().map(|spec| spec.name).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                self.error(
                    key,
                    format!("`{}` has no option `{name}`", meta.id),
                    Some(format!("it takes: {known}")),
                );
                continue;
            };
            let Some(text) = self.text(value) else { continue };
            match spec.read(text) {
                Ok(read) => {
                    values.insert(spec.name, read);
                }
                Err(error) => self.error(value, error.to_string(), None),
            }
        }
        values
    }

    /// The rule that a text names.
    pub(super) fn rule(&mut self, node: NodeId) -> Option<&'static dyn Rule> {
        let name = self.text(node)?;
        self.rule_named(name, node)
    }

    /// The rule with this name, written at `node`.
    pub(super) fn rule_named(&mut self, name: &str, node: NodeId) -> Option<&'static dyn Rule> {
        let rule = crate::rules::find(name);
        if rule.is_none() {
            let help = format!("there are: {}", crate::rules::names().join(", "));
            self.error(node, format!("there is no rule `{name}`"), Some(help));
        }
        rule
    }
}
