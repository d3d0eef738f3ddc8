//! The images that services name.

use super::META;
use super::mention::{Mention, Place as MentionPlace, Target};
use crate::model::compose::Service;
use crate::model::{ImageReference, Part, Template, Variable};
use crate::rule::{FindingBuilder, Refusal, RefusalCode};
use crate::syntax::Route;
use crate::syntax::yaml::NodeId;
use crate::text::TextRange;
use std::collections::HashSet;

/// The images of a service: its own, and those that it mounts (`type: image`). What the project builds is none of a
/// registry.
pub(super) fn mentions<'p>(service: Service<'p>, built: &HashSet<&str>) -> Vec<Mention<'p>> {
    let own = service.field("image").filter(|_| !service.has("build"));
    let own = own.map(|field| ("its image".to_owned(), field.value, Route::root().key("image")));
    let all = own.into_iter().chain(mounted(&service));
    all.filter_map(|(what, node, path)| mention(service, what, node, path, built)).collect()
}

/// The images among the volumes of a service.
fn mounted(service: &Service<'_>) -> Vec<(String, NodeId, Route)> {
    let tree = service.tree();
    let image = |(index, node): (usize, NodeId)| {
        let text = |key: &str| Some(tree.resolve_alias(tree.get(node, key)?));
        let kind = tree.scalar(text("type")?)?;
        let path = Route::root().key("volumes").index(index).key("source");
        (&*kind.value == "image").then_some(("the image that it mounts,".to_owned(), text("source")?, path))
    };
    let volumes = service.items("volumes").into_iter().map(|node| tree.resolve_alias(node));
    volumes.enumerate().filter_map(image).collect()
}

fn mention<'p>(
    service: Service<'p>,
    what: String,
    node: NodeId,
    path: Route,
    built: &HashSet<&str>,
) -> Option<Mention<'p>> {
    let text = &*service.tree().scalar(node)?.value;
    if text.is_empty() || built.contains(text) || is_local(text) {
        return None;
    }
    let runs = service.interpolate(text).and_then(|text| text.parse::<ImageReference>().ok());
    let (is_pinned, target) = target(&service, text, path);
    Some(Mention {
        finding: FindingBuilder::new(META.id, META.severity, service).at(node),
        what,
        written: text.to_owned(),
        platform: None,
        is_pinned: is_pinned || runs.as_ref().is_some_and(|runs| runs.digest().is_some()),
        runs,
        target,
    })
}

/// Whether a text is the id of an image on the machine (`sha256:` and 64 digits), which no registry knows.
fn is_local(text: &str) -> bool {
    text.strip_prefix("sha256:")
        .is_some_and(|id| id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Whether the text has a digest, and what can be pinned in it.
fn target(service: &Service<'_>, text: &str, path: Route) -> (bool, Result<Target, Refusal>) {
    let refuse = |code, message: String| Err(Refusal::new(code, message));
    let Ok(template) = Template::parse(text) else {
        let message = "its variables are not written as Compose reads them".to_owned();
        return (false, refuse(RefusalCode::Notation, message));
    };
    if template.is_constant() && text.contains('$') {
        let message =
            "`$$` stands for a dollar, which no image reference holds; the image cannot be pulled".to_owned();
        return (false, refuse(RefusalCode::Notation, message));
    }
    let place = match place(&template, service) {
        Ok(place) => place,
        Err(variable) => {
            // `name@${DIGEST}` is a pin already, whatever the variable holds.
            let has_digest =
                |part: &Part| matches!(part, Part::Literal(range) if range.of(text).contains('@'));
            let has_digest = template.parts().iter().any(has_digest);
            let message = match has_digest {
                true => format!(
                    "the digest behind it decides what runs, and `{variable}` says nothing then: write the reference without the variable"
                ),
                false => format!(
                    "`{variable}` decides what runs: pin its value where it is set, or give the whole reference as default"
                ),
            };
            return (has_digest, refuse(RefusalCode::Interpolated, message));
        }
    };
    match place.reference.parse::<ImageReference>() {
        Ok(reference) => {
            let place = MentionPlace::Service {
                file: service.file.path.clone(),
                document: service.document,
                service: service.name.to_owned(),
                path,
                text: text.to_owned(),
                replaced: place.replaced,
                before: place.before,
            };
            (reference.digest().is_some(), Ok(Target { reference, place }))
        }
        Err(error) => (false, refuse(RefusalCode::Notation, error.to_string())),
    }
}

struct Place {
    reference: String,
    replaced: TextRange,
    before: usize,
}

/// Where the reference ends in the text: in the text itself, or in the default of a variable that nothing
/// sets. The error is the variable that is in the way.
fn place(template: &Template, service: &Service<'_>) -> Result<Place, String> {
    let text = template.text();
    let variables: Vec<&Variable> = template.variables();
    let Some((variable, others)) = variables.split_first() else {
        let whole = TextRange::new(0, text.len());
        return Ok(Place { reference: text.to_owned(), replaced: whole, before: 0 });
    };
    let in_the_way = || Err(variable.name.clone());
    let is_last =
        matches!(template.parts().last(), Some(Part::Variable(last)) if last.range == variable.range);
    let literal_before =
        matches!(template.parts(), [Part::Variable(_)] | [Part::Literal(_), Part::Variable(_)]);
    if !others.is_empty()
        || !is_last
        || !literal_before
        || service.file.environment.get(&variable.name).is_some()
    {
        return in_the_way();
    }
    match &variable.operation {
        Some(operation) if operation.operator.is_default() && operation.word.is_literal() => {
            let word = operation.word.range;
            let before = &text[..variable.range.start];
            let reference = format!("{before}{}", word.of(text));
            // A default that ends before the tag would put the digest behind something else.
            if word.is_empty() {
                in_the_way()
            } else {
                Ok(Place { reference, replaced: word, before: before.len() })
            }
        }
        _ => in_the_way(),
    }
}
