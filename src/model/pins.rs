//! Every image reference that has a digest, and where it stands.

use super::compose::{Project, Service};
use super::dockerfile::BuildInputs;
use super::{ImageReference, Part, Template};
use crate::syntax::Route;
use crate::text::LineColumn;

/// A reference with a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The file, as a path from the root.
    pub path: String,
    /// Where it stands.
    pub position: LineColumn,
    /// The node that holds it.
    pub route: Route,
    /// The reference.
    pub reference: ImageReference,
    /// The reference without its digest, in canonical form, as a lock lists it.
    pub tagged: String,
}

/// The pins of the files in scope, by file and place: literal references, and defaults of variables.
#[must_use]
pub fn pins(project: &Project) -> Vec<Pin> {
    let mut found: Vec<Pin> = project.services().filter_map(|service| of_service(&service)).collect();
    for file in project.dockerfiles.values().filter(|file| file.in_scope) {
        for used in file.resolved(&BuildInputs::default()).images() {
            let Some(reference) = used.reference() else { continue };
            let position = project.source(&file.path).and_then(|source| source.position(&used.route));
            found.extend(pin(&file.path, position, used.route.clone(), reference));
        }
    }
    found.sort_by(|a, b| (&a.path, a.position).cmp(&(&b.path, b.position)));
    found.dedup();
    found
}

fn of_service(service: &Service<'_>) -> Option<Pin> {
    let text = service.scalar("image")?;
    let reference = reference_in(text)?;
    let tree = service.tree();
    let node = service.field("image")?.value;
    let position = tree.locate(tree.node(node).span.start);
    pin(&service.file.path, Some(position), tree.route(node), reference)
}

fn pin(path: &str, position: Option<LineColumn>, route: Route, reference: ImageReference) -> Option<Pin> {
    let digest = format!("@{}", reference.digest()?);
    let tagged: ImageReference = reference.to_string().strip_suffix(&digest)?.parse().ok()?;
    let position = position.unwrap_or(LineColumn { line: 1, column: 1 });
    Some(Pin { path: path.to_owned(), position, route, reference, tagged: tagged.canonical() })
}

/// The reference that a text stands for: itself, or with the default of the variable at its end.
fn reference_in(text: &str) -> Option<ImageReference> {
    let template = Template::parse(text).ok()?;
    match template.parts() {
        [Part::Variable(variable)] | [Part::Literal(_), Part::Variable(variable)] => {
            let operation =
                variable.operation.as_ref().filter(|operation| operation.operator.is_default())?;
            format!("{}{}", &text[..variable.range.start], operation.word.range.of(text)).parse().ok()
        }
        _ => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::reference_in;

    #[test]
    fn defaults_count() {
        let digest = format!("sha256:{}", "1".repeat(64));
        for text in [
            format!("nginx:1.27@{digest}"),
            format!("${{IMAGE:-nginx:1.27@{digest}}}"),
            format!("nginx:${{TAG:-1.27@{digest}}}"),
        ] {
            let found = reference_in(&text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(found.to_string(), format!("nginx:1.27@{digest}"));
        }
        for text in ["nginx:${TAG}", "${A}${B:-c}", "", "a b"] {
            assert_eq!(reference_in(text), None, "{text}");
        }
    }
}
