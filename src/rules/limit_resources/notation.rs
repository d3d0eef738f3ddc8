//! The two notations of limits, and what is written in each.

use super::reservation::{RESERVATIONS, Reservation};
use super::{KINDS, LIMITS, Limit};
use crate::model::compose::{ComposeFile, Service};
use crate::rule::{Operation, Refusal, RefusalCode, ServiceEffect};
use crate::syntax::Value;
use crate::syntax::yaml::NodeId;
use std::cell::OnceCell;

/// How limits are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Deploy,
    Service,
}

/// The notation that prevails in the file of the services that are looked at, once one of them has asked.
pub(super) type Prevailing = OnceCell<Style>;

/// The notation for a service: what it has, else what its file has.
pub(super) fn style(
    service: &Service<'_>,
    parts: &[Service<'_>],
    prevailing: &Prevailing,
) -> Result<Style, Refusal> {
    let has_block = parts.iter().any(|part| part.find(&LIMITS).is_some());
    let has_keys = parts.iter().any(has_service_keys);
    match (has_block, has_keys) {
        (true, true) => {
            let message =
                "it has limits in both notations, which Compose takes only if they are equal; settle for one";
            Err(Refusal::new(RefusalCode::Explicit, message))
        }
        (true, false) => Ok(Style::Deploy),
        // A swarm heeds nothing but `deploy`.
        _ if service.file.is_stack() => Ok(Style::Deploy),
        (false, true) => Ok(Style::Service),
        (false, false) => Ok(*prevailing.get_or_init(|| style_of(service.file))),
    }
}

fn has_service_keys(part: &Service<'_>) -> bool {
    KINDS.iter().any(|limit| part.has(limit.in_service))
}

/// The notation that prevails in a file. Where none does it is `deploy`, which every current tool reads, but
/// for files that say to be of the version that did not have it.
fn style_of(file: &ComposeFile) -> Style {
    let blocks = file.services().filter(|service| service.find(&LIMITS).is_some()).count();
    let keys = file.services().filter(has_service_keys).count();
    let tree = &file.tree;
    let version =
        tree.documents().first().and_then(|document| tree.scalar(tree.get(document.root, "version")?));
    let is_old = version.is_some_and(|version| version.value.trim_start().starts_with('2'));
    if keys > blocks || (keys == blocks && is_old) { Style::Service } else { Style::Deploy }
}

/// What writes limits and reservations in a notation.
pub(super) fn limit_effects(
    service: &Service<'_>,
    style: Style,
    given: &[(&Limit, Value, String)],
    reserved: &Reservation,
) -> Vec<ServiceEffect> {
    let set = |path: &[&str], value: Value| ServiceEffect::on(service, path, Operation::Set(value));
    if style == Style::Service {
        let limits = given.iter().map(|(limit, value, _)| (limit.in_service, value.clone()));
        return limits.chain(reserved.in_service()).map(|(key, value)| set(&[key], value)).collect();
    }
    let limits = given.iter().map(|(limit, value, _)| (limit.in_deploy.to_owned(), value.clone()));
    let blocks = [(LIMITS, limits.collect::<Vec<_>>()), (RESERVATIONS, reserved.entries())];
    let blocks: Vec<_> = blocks.into_iter().filter(|(_, entries)| !entries.is_empty()).collect();
    // An empty block gives way as a whole.
    let is_there = |path: &[&str]| service.find(path).is_some_and(|node| !is_empty(service, node));
    let [deploy, resources, _] = LIMITS;
    if blocks.len() > 1 && !is_there(&[deploy, resources]) {
        let block = |([.., name], entries): ([&str; 3], _)| (name.to_owned(), Value::Mapping(entries));
        return vec![set(&[deploy, resources], Value::Mapping(blocks.into_iter().map(block).collect()))];
    }
    let write = |(path, entries): ([&'static str; 3], Vec<(String, Value)>)| {
        let [deploy, resources, block] = path;
        if is_there(&path) {
            let one = |(key, value): (String, Value)| set(&[deploy, resources, block, key.as_str()], value);
            entries.into_iter().map(one).collect()
        } else {
            vec![set(&path, Value::Mapping(entries))]
        }
    };
    blocks.into_iter().flat_map(write).collect()
}

/// Whether a mapping has no entries.
pub(super) fn is_empty(service: &Service<'_>, node: NodeId) -> bool {
    service.tree().mapping(node).is_some_and(|mapping| mapping.entries.is_empty())
}
