//! Wildcards where no list of origins can be written in their place: what a person has to change.

use super::{MESSAGE, META, is_origin_name};
use crate::model::compose::{Service, SetVariable};
use crate::rule::{Finding, FindingBuilder, Remedy};

/// Switches that let every origin in (django-cors-headers, FastAPI and Spring templates).
const SWITCHES: [&str; 5] =
    ["ALLOW_ALL_ORIGINS", "ORIGIN_ALLOW_ALL", "ALLOW_ANY_ORIGIN", "ALLOW_ALL_CORS", "CORS_ALLOW_ALL"];

/// Ends of labels by which a proxy sends the header (Traefik, headers middleware).
const LABELS: [&str; 2] = ["accesscontrolalloworiginlist", "accesscontrolalloworiginlistregex"];

/// The advice for one service.
pub(super) fn advice(service: &Service<'_>, variables: &[SetVariable]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut say = |finding: FindingBuilder<'_>, subject: &str, text: &str| {
        found.push(finding.subject(subject).build(MESSAGE, Remedy::Advice(text.to_owned())));
    };
    let at = |node| FindingBuilder::new(META.id, META.severity, *service).at(node);
    for variable in variables {
        let name = variable.name.to_ascii_uppercase();
        let value = service.interpolate(&variable.value).unwrap_or_default();
        if SWITCHES.iter().any(|switch| name.contains(switch)) && is_on(&value) {
            say(
                at(variable.node),
                &variable.name,
                "switch it off, and list the origins in the variable that the application has for them",
            );
        } else if is_origin_name(&variable.name) && is_odd_list(&value) {
            say(
                at(variable.node),
                &variable.name,
                "its list is in a form that is not edited; write the origins in the place of the wildcard",
            );
        }
    }
    for (name, value, node) in labels(service) {
        if LABELS.iter().any(|ending| name.to_ascii_lowercase().ends_with(ending))
            && matches!(&*value, "*" | ".*")
        {
            say(at(node), &name, "list the origins in the label, with commas between them");
        }
    }
    found
}

fn is_on(value: &str) -> bool {
    matches!(value.trim().to_ascii_lowercase().as_str(), "true" | "1" | "yes" | "on")
}

/// Whether a wildcard stands in a list that is neither JSON nor parted by commas.
fn is_odd_list(value: &str) -> bool {
    let is_json = serde_json::from_str::<Vec<String>>(value).is_ok();
    let inner = value.trim().trim_matches(['\'', '"']);
    let items: Vec<&str> =
        inner.split([';', ' ', ',', '[', ']', '\'', '"']).filter(|item| !item.is_empty()).collect();
    let by_commas = inner.split(',').map(str::trim).any(|item| item == "*");
    !is_json && !by_commas && items.len() > usize::from(!inner.starts_with('[')) && items.contains(&"*")
}

type Label = (String, String, crate::syntax::yaml::NodeId);

/// The labels of a service, in either form.
fn labels(service: &Service<'_>) -> Vec<Label> {
    let tree = service.tree();
    let Some(field) = service.field("labels") else { return Vec::new() };
    if let Some(mapping) = tree.mapping(field.value) {
        let entry = |entry: &crate::syntax::yaml::Entry| {
            let value = tree.scalar(tree.resolve_alias(entry.value))?;
            Some((tree.key_text(entry)?.to_owned(), value.value.to_string(), entry.value))
        };
        return mapping.entries.iter().filter_map(entry).collect();
    }
    let item = |node| {
        let (name, value) = tree.scalar(node)?.value.split_once('=')?;
        Some((name.to_owned(), value.to_owned(), node))
    };
    service.items("labels").into_iter().filter_map(item).collect()
}
