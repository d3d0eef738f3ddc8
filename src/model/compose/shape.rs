//! Whether a file has the shape that Compose asks for, as far as anything here relies on it.
//!
//! A value of the wrong kind makes Compose refuse the whole file, so an edit beside it would be for nothing and
//! a finding about it would mislead. Checked against Compose 2.40, with one reserve: a null is right where the
//! file is read on top of another one, and a tag (`!reset`, `!override`) can mean anything; both pass.

use super::{ComposeFile, ComposeFileError, Service};
use crate::syntax::yaml::{Kind, Limits, NodeId, ReadError, ReadErrorKind, ScalarStyle, Tree};
use std::collections::HashMap;

/// The most values that a file may come to once its aliases are followed.
const LARGEST: usize = 1_000_000;

/// The fields whose kind counts, and what they may be.
const FIELDS: &[(&str, Wanted)] = &[
    ("image", Wanted::Text),
    ("build", Wanted::TextOrMapping),
    ("ports", Wanted::List),
    ("expose", Wanted::List),
    ("security_opt", Wanted::List),
    ("cap_add", Wanted::List),
    ("cap_drop", Wanted::List),
    ("volumes", Wanted::List),
    ("environment", Wanted::ListOrMapping),
    ("networks", Wanted::ListOrMapping),
];

#[derive(Clone, Copy)]
enum Wanted {
    Text,
    TextOrMapping,
    List,
    ListOrMapping,
}

impl Wanted {
    fn words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::TextOrMapping => "a text or a mapping",
            Self::List => "a list",
            Self::ListOrMapping => "a list or a mapping",
        }
    }

    fn takes(self, kind: &Kind) -> bool {
        match kind {
            Kind::Scalar(_) => matches!(self, Self::Text | Self::TextOrMapping),
            Kind::Sequence(_) => matches!(self, Self::List | Self::ListOrMapping),
            Kind::Mapping(_) => matches!(self, Self::TextOrMapping | Self::ListOrMapping),
            Kind::Alias(_) => true,
        }
    }
}

/// Looks for what Compose would refuse, and for aliases that multiply the file beyond reason.
///
/// # Errors
/// The first offence: [`ComposeFileError::AliasBomb`], [`ComposeFileError::ServiceNotAMapping`] or
/// [`ComposeFileError::WrongKind`].
pub fn check_shape(file: &ComposeFile) -> Result<(), ComposeFileError> {
    check_aliases(&file.tree)?;
    file.services().try_for_each(|service| check_service(&service))
}

fn check_service(service: &Service<'_>) -> Result<(), ComposeFileError> {
    let tree = service.tree();
    let node = tree.resolve_alias(service.node);
    if passes_unseen(tree, node) {
        return Ok(());
    }
    if tree.mapping(node).is_none() {
        let position = tree.locate(tree.node(service.node).span.start);
        return Err(ComposeFileError::ServiceNotAMapping { service: service.name.to_owned(), position });
    }
    for (name, wanted) in FIELDS {
        let Some(field) = service.field(name) else { continue };
        if passes_unseen(tree, field.value) {
            continue;
        }
        if !wanted.takes(&tree.node(field.value).kind) || is_other_scalar(tree, field.value) {
            if let Some(template) = template_at(tree, field.value) {
                return Err(template);
            }
            return Err(ComposeFileError::WrongKind {
                service: service.name.to_owned(),
                field: (*name).to_owned(),
                wanted: wanted.words(),
                position: tree.locate(tree.node(field.written).span.start),
            });
        }
    }
    quoted_template(service).map_or(Ok(()), Err)
}

/// An `image: "{{ name }}"` is YAML, and still a template: no reference holds a brace but in `${NAME}`.
fn quoted_template(service: &Service<'_>) -> Option<ComposeFileError> {
    let tree = service.tree();
    let node = service.field("image")?.value;
    let value = &tree.scalar(node)?.value;
    let is_template = ["{{", "{%", "{#"].iter().any(|mark| value.contains(mark));
    let offset = tree.node(node).span.start;
    let kind = ReadErrorKind::Template;
    is_template.then(|| ReadError { kind, offset, position: tree.locate(offset) }.into())
}

/// A template's `{{ name }}` reads as a mapping in a mapping, where no Compose file has one.
fn template_at(tree: &Tree, node: NodeId) -> Option<ComposeFileError> {
    let offset = tree.node(node).span.start;
    let is_template = tree.text()[offset..].starts_with("{{");
    let kind = ReadErrorKind::Template;
    is_template.then(|| ReadError { kind, offset, position: tree.locate(offset) }.into())
}

fn passes_unseen(tree: &Tree, node: NodeId) -> bool {
    tree.is_null(node) || tree.node(node).tag().is_some()
}

/// Whether a scalar is a number or a boolean for every reader, where Compose wants a text.
fn is_other_scalar(tree: &Tree, node: NodeId) -> bool {
    tree.scalar(node).is_some_and(|scalar| {
        let text = &*scalar.value;
        let is_number = text.starts_with(|c: char| c.is_ascii_digit()) && text.parse::<f64>().is_ok();
        scalar.style == ScalarStyle::Plain && (is_number || matches!(text, "true" | "false"))
    })
}

/// What a node comes to when its aliases are followed.
#[derive(Clone, Copy)]
struct Extent {
    values: usize,
    depth: usize,
}

impl Extent {
    fn add(&mut self, child: Self) {
        self.values = self.values.saturating_add(child.values);
        self.depth = self.depth.max(child.depth.saturating_add(1));
    }
}

/// Refuses a file whose aliases multiply it or nest it beyond what is followed, before anything follows them.
fn check_aliases(tree: &Tree) -> Result<(), ComposeFileError> {
    let has_aliases = tree.nodes().any(|(_, node)| matches!(node.kind, Kind::Alias(_)));
    let mut anchored = HashMap::new();
    for document in tree.documents().iter().filter(|_| has_aliases) {
        measure(tree, document.root, &mut anchored)?;
    }
    Ok(())
}

/// Measures a node from below. In the order of the source, what an alias stands for comes before it; and the
/// source nests no deeper than the stack bears, which is one of the limits of reading.
fn measure(
    tree: &Tree,
    id: NodeId,
    anchored: &mut HashMap<NodeId, Extent>,
) -> Result<Extent, ComposeFileError> {
    let mut extent = Extent { values: 1, depth: 1 };
    match &tree.node(id).kind {
        Kind::Scalar(_) => {}
        Kind::Alias(target) => extent = anchored.get(target).copied().unwrap_or(extent),
        Kind::Sequence(sequence) => {
            for item in &sequence.items {
                extent.add(measure(tree, item.node, anchored)?);
            }
        }
        Kind::Mapping(mapping) => {
            for entry in &mapping.entries {
                extent.add(measure(tree, entry.key, anchored)?);
                extent.add(measure(tree, entry.value, anchored)?);
            }
        }
    }
    if extent.values > LARGEST || extent.depth > Limits::DEEPEST {
        let position = tree.locate(tree.node(id).span.start);
        return Err(ComposeFileError::AliasBomb { position });
    }
    if tree.node(id).anchor().is_some() {
        anchored.insert(id, extent);
    }
    Ok(extent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;

    fn refused(text: &str) -> Option<(String, String)> {
        let file = ComposeFile::read("compose.yaml", text.as_bytes(), Environment::new()).unwrap();
        let error = check_shape(&file).err()?;
        Some((error.to_string(), error.position().map(|at| at.to_string()).unwrap_or_default()))
    }

    fn service(field: &str) -> Option<(String, String)> {
        refused(&format!("services:\n  a:\n    {field}\n"))
    }

    #[test]
    fn values_of_the_wrong_kind_are_refused_where_they_stand() {
        for (field, wanted, at) in [
            ("ports: \"80:80\"", "a list", "3:12"),
            ("ports: {a: b}", "a list", "3:12"),
            ("security_opt: x", "a list", "3:19"),
            ("image: [x]", "a text", "3:12"),
            ("image: 12", "a text", "3:12"),
            ("image: true", "a text", "3:12"),
            ("build: [x]", "a text or a mapping", "3:12"),
            ("environment: 3", "a list or a mapping", "3:18"),
        ] {
            let (message, position) = service(field).unwrap();
            assert!(message.ends_with(&format!("must be {wanted}")), "{field}: {message}");
            assert_eq!(position, at, "{field}");
        }
    }

    #[test]
    fn a_template_in_quotes_is_one_as_well() {
        for field in ["image: \"{{ image }}\"", "image: 'app:{{tag}}'", "image: \"{% if a %}a{% endif %}\""] {
            let (message, position) = service(field).unwrap();
            assert!(message.contains("the file is a template"), "{field}: {message}");
            assert_eq!(position, "3:12", "{field}");
        }
        assert_eq!(service("image: \"${IMAGE:-${OTHER}}\""), None, "a variable of Compose");
        assert_eq!(
            service("image: a\n    logging: {options: {tag: \"{{.Name}}\"}}"),
            None,
            "the engine's own"
        );
    }

    #[test]
    fn what_compose_takes_passes() {
        for field in [
            "image: \"12\"",
            "image: 12-alpine",
            "image: nan",
            "image: ${IMAGE}",
            "image:",
            "ports:",
            "ports: []",
            "ports: !reset null",
            "environment: [A]",
            "environment: {A: b}",
            "build: .",
            "build: {context: .}",
        ] {
            assert_eq!(service(field), None, "{field}");
        }
        assert_eq!(refused("services:\n  a:\n  b: !reset null\n"), None);
    }

    #[test]
    fn a_service_must_be_a_mapping() {
        assert_eq!(refused("services:\n  a: hello\n").unwrap().1, "2:6");
        assert_eq!(refused("services:\n  a: [x]\n").unwrap().1, "2:6");
    }

    #[test]
    fn merged_fields_count_where_they_are_written() {
        let text = "x-a: &a\n  ports: nope\nservices:\n  a:\n    <<: *a\n    image: x\n";
        assert_eq!(refused(text).unwrap().1, "2:10");
    }

    #[test]
    fn aliases_that_multiply_or_nest_are_refused() {
        let chain = |first: &str, next: fn(usize) -> String, count: usize| {
            let lines: String =
                (1..count).map(|number| format!("x-{number}: &a{number} {}\n", next(number - 1))).collect();
            format!("x-0: &a0 {first}\n{lines}")
        };
        for text in [
            chain("[lol]", |n| format!("[{}]", vec![format!("*a{n}"); 9].join(", ")), 12),
            chain("{k: lol}", |n| format!("{{a: *a{n}, b: *a{n}, c: *a{n}, d: *a{n}, e: *a{n}}}"), 12),
            chain("{k: lol}", |n| format!("{{<<: [{}]}}", vec![format!("*a{n}"); 9].join(", ")), 12),
            chain("[lol]", |n| format!("[*a{n}]"), 300),
            chain("{k: lol}", |n| format!("{{<<: *a{n}}}"), 300),
        ] {
            assert!(refused(&text).unwrap().0.contains("aliases"), "{text}");
        }
        assert_eq!(refused(&chain("[lol]", |n| format!("[*a{n}, *a{n}]"), 8)), None);
    }
}
