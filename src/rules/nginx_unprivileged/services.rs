//! What changes in the Compose files: the container's side of ports, health checks, and what tells a proxy the port.

use super::address::{Move, checked, is_unclear};
use super::unit::{Member, Unit};
use crate::model::compose::{Mount, MountEntry, PortEntry, Service, lookup, set_variables};
use crate::rule::{Effect, Operation, Refusal, RefusalCode, ServiceEffect};
use crate::syntax::yaml::{NodeId, ScalarStyle};
use crate::syntax::{Route, Value};

/// Variables that tell a proxy in the same project the port (jwilder/nginx-proxy, `VIRTUAL_PORT`).
const PORT_VARIABLES: [&str; 1] = ["VIRTUAL_PORT"];

/// Endings of labels that tell a proxy the port (Traefik, Docker provider).
const PORT_LABELS: [&str; 1] = [".loadbalancer.server.port"];

/// The effects for one service, or why it cannot follow.
pub(super) fn effects(unit: &Unit<'_>, member: &Member<'_>, ports: &[Move]) -> Result<Vec<Effect>, Refusal> {
    let service = &member.service;
    check(unit, member)?;
    let mut effects = Vec::new();
    let mut set = |path: Route, text: Value| {
        effects.push(Effect::Service(ServiceEffect {
            file: service.file.path.clone(),
            document: service.document,
            service: service.name.to_owned(),
            path,
            operation: Operation::Set(text),
        }));
    };
    for (index, node) in service.items("ports").into_iter().enumerate() {
        if let Some((path, text)) = port(service, node, index, ports)? {
            set(path, text);
        }
    }
    let exposed = exposed(service, ports);
    for (index, node, moved) in &exposed.moved {
        set(Route::root().key("expose").index(*index), alike(service, *node, moved.clone()));
    }
    for (path, text) in health(unit, service, ports)? {
        set(path, Value::string(text));
    }
    for variable in set_variables(service).iter().filter(|set| PORT_VARIABLES.contains(&set.name.as_str())) {
        if let Some(moved) = moved_port(&variable.value, ports) {
            set(variable.path.clone(), alike(service, variable.node, variable.with(&moved)));
        }
    }
    for (path, text) in labels(service, ports) {
        set(path, Value::string(text));
    }
    let remove = |index: &usize| {
        let path = Route::root().key("expose").index(*index);
        let (file, service) = (service.file.path.clone(), service.name.to_owned());
        let document = member.service.document;
        Effect::Service(ServiceEffect { file, document, service, path, operation: Operation::Remove })
    };
    // From the end, so that none moves the place of another.
    effects.extend(exposed.doubled.iter().rev().map(remove));
    Ok(effects)
}

/// What becomes of the `expose` of a service.
struct Exposed {
    /// Items that move: number, node and new text.
    moved: Vec<(usize, NodeId, String)>,
    /// Numbers of items that go, since the list has the new port: Compose refuses one that stands there twice.
    doubled: Vec<usize>,
}

fn exposed(service: &Service<'_>, ports: &[Move]) -> Exposed {
    let text = |node: NodeId| service.tree().scalar(node).map(|scalar| scalar.value.to_string());
    let items: Vec<(NodeId, String)> =
        service.items("expose").into_iter().map(|node| (node, text(node).unwrap_or_default())).collect();
    let plain = |text: &str| text.strip_suffix("/tcp").unwrap_or(text).to_owned();
    let mut known: Vec<String> = items
        .iter()
        .filter(|(_, text)| moved_port(text, ports).is_none())
        .map(|(_, text)| plain(text))
        .collect();
    let mut found = Exposed { moved: Vec::new(), doubled: Vec::new() };
    for (index, (node, text)) in items.iter().enumerate() {
        let Some(moved) = moved_port(text, ports) else { continue };
        if known.contains(&plain(&moved)) {
            found.doubled.push(index);
        } else {
            known.push(plain(&moved));
            found.moved.push((index, *node, moved));
        }
    }
    found
}

/// What of a service keeps it from moving at all.
fn check(unit: &Unit<'_>, member: &Member<'_>) -> Result<(), Refusal> {
    let service = &member.service;
    let refuse = |code, message: String| Err(Refusal::new(code, format!("`{}`: {message}", service.name)));
    if !service.file.in_scope {
        let message =
            format!("it is in {}, which is not part of this run; name it as well", service.file.path);
        return refuse(RefusalCode::Fragment, message);
    }
    let mode = service.scalar("network_mode").and_then(|mode| service.interpolate(mode));
    if mode.is_some_and(|mode| mode == "host") {
        return refuse(
            RefusalCode::Explicit,
            "with the host's network its port is the host's, too".to_owned(),
        );
    }
    if service.has("entrypoint") || service.has("command") && !is_plain_command(unit, service) {
        let message = "`command` or `entrypoint` does more than start it, and may need root".to_owned();
        return refuse(RefusalCode::EvidenceMissing, message);
    }
    if member.is_inline() {
        let message = "its Dockerfile is written inside the Compose file, which is not edited; move it to a file of its own";
        return refuse(RefusalCode::Notation, message.to_owned());
    }
    if let Some(unknown) = member.unknown().next() {
        let message = format!("{}, so what it listens on is not known", unknown.why);
        return refuse(RefusalCode::EvidenceMissing, message);
    }
    if let Some(missing) = member.missing().next() {
        let message =
            format!("its configuration {} is not there, so what it listens on is not known", missing.source);
        return refuse(RefusalCode::EvidenceMissing, message);
    }
    let written = ["/var/log/nginx", "/var/cache/nginx", "/run", "/var/run"];
    for target in Mount::entries(service).into_iter().filter_map(MountEntry::into_target) {
        if written.iter().any(|folder| target == *folder || target.starts_with(&format!("{folder}/"))) {
            let message = format!(
                "what is mounted at {target} belongs to root, and it must write there; give it to the new user first"
            );
            return refuse(RefusalCode::EvidenceMissing, message);
        }
    }
    Ok(())
}

/// Whether `command` starts the server and does nothing else.
fn is_plain_command(unit: &Unit<'_>, service: &Service<'_>) -> bool {
    let words: Vec<String> = match service.scalar("command") {
        Some(text) => text.split_whitespace().map(str::to_owned).collect(),
        None => service.scalar_items("command").map(str::to_owned).collect(),
    };
    let Some((program, rest)) = words.split_first() else { return true };
    let is_program = unit.start.is_some_and(|start| !start.programs.is_empty() && start.runs(program));
    let rest = rest.join(" ").replace(['\'', '"'], "");
    is_program && matches!(rest.trim(), "" | "-g daemon off;")
}

/// A number where a number stands without quotes, else a text.
fn alike(service: &Service<'_>, node: NodeId, text: String) -> Value {
    let is_plain = service.tree().scalar(node).is_some_and(|scalar| scalar.style == ScalarStyle::Plain);
    match text.parse::<i64>() {
        Ok(number) if is_plain => Value::Integer(number),
        _ => Value::String(text),
    }
}

/// A port by itself, perhaps with its protocol, after the move.
fn moved_port(text: &str, ports: &[Move]) -> Option<String> {
    let (number, protocol) = text.split_once('/').map_or((text, None), |(number, rest)| (number, Some(rest)));
    if protocol.is_some_and(|protocol| protocol != "tcp") {
        return None;
    }
    let moved = ports.iter().find(|moved| number.parse() == Ok(moved.from))?;
    Some(protocol.map_or(moved.to.to_string(), |protocol| format!("{}/{protocol}", moved.to)))
}

/// The container's side of a published port.
fn port(
    service: &Service<'_>,
    node: NodeId,
    index: usize,
    ports: &[Move],
) -> Result<Option<(Route, Value)>, Refusal> {
    let Ok((entry, subject)) = PortEntry::read(service.tree(), node) else { return Ok(None) };
    let refuse = |why: &str| {
        let message = format!("`{}`: {why} in the port {subject}; write it out first", service.name);
        Err(Refusal::new(RefusalCode::Interpolated, message))
    };
    let Some((targets, _)) = entry.targets(&service.file.environment) else {
        return refuse("a variable decides the container's side");
    };
    let Some(moved) = ports.iter().find(|moved| targets.contains(&moved.from)) else { return Ok(None) };
    if targets.len() > 1 {
        return refuse("a range holds the port that moves");
    }
    let path = Route::root().key("ports").index(index);
    Ok(Some(match &entry {
        PortEntry::Long(_) => {
            let target = lookup(service.tree(), node, "target").map_or(node, |field| field.value);
            (path.key("target"), alike(service, target, moved.to.to_string()))
        }
        PortEntry::Short(short) => {
            let (text, target) = (short.text(), short.target());
            if target.of(text).contains('$') {
                return refuse("a variable decides the container's side");
            }
            let text = format!("{}{}{}", &text[..target.start], moved.to, &text[target.end..]);
            (path, alike(service, node, text))
        }
    }))
}

/// The health check with the new port in it.
fn health(unit: &Unit<'_>, service: &Service<'_>, ports: &[Move]) -> Result<Vec<(Route, String)>, Refusal> {
    let tree = service.tree();
    let test = service.field("healthcheck").and_then(|field| lookup(tree, field.value, "test"));
    let Some(test) = test.map(|field| field.value) else { return Ok(Vec::new()) };
    let route = Route::root().key("healthcheck").key("test");
    let names: Vec<String> = unit.names().into_iter().collect();
    let texts: Vec<(Route, String)> = match tree.sequence(test) {
        Some(sequence) => {
            let item = |(index, node): (usize, NodeId)| {
                Some((route.index(index), tree.scalar(tree.resolve_alias(node))?.value.to_string()))
            };
            sequence.items.iter().map(|item| item.node).enumerate().filter_map(item).collect()
        }
        None => tree.scalar(test).map(|scalar| (route, scalar.value.to_string())).into_iter().collect(),
    };
    let changed: Vec<(Route, String)> =
        texts.iter().filter_map(|(path, text)| Some((path.clone(), checked(text, ports, &names)?))).collect();
    if changed.is_empty() && texts.iter().any(|(_, text)| is_unclear(text, ports)) {
        let message =
            format!("`{}`: its health check asks the old port in a way that is not understood", service.name);
        return Err(Refusal::new(RefusalCode::Notation, message));
    }
    Ok(changed)
}

/// Labels that tell a proxy the port.
fn labels(service: &Service<'_>, ports: &[Move]) -> Vec<(Route, String)> {
    let tree = service.tree();
    let Some(field) = service.field("labels") else { return Vec::new() };
    let route = Route::root().key("labels");
    let tells = |name: &str| PORT_LABELS.iter().any(|ending| name.ends_with(ending));
    if let Some(mapping) = tree.mapping(field.value) {
        let entry = |entry: &crate::syntax::yaml::Entry| {
            let name = tree.key_text(entry).filter(|name| tells(name))?;
            let value = tree.scalar(tree.resolve_alias(entry.value))?;
            Some((route.key(name), moved_port(&value.value, ports)?))
        };
        return mapping.entries.iter().filter_map(entry).collect();
    }
    let items = service.items("labels").into_iter().enumerate();
    let item = |(index, node): (usize, NodeId)| {
        let (name, value) = tree.scalar(node)?.value.split_once('=')?;
        let moved = moved_port(value, ports).filter(|_| tells(name))?;
        Some((route.index(index), format!("{name}={moved}")))
    };
    items.filter_map(item).collect()
}
