//! What changes in the Compose files: the container's side of ports, health checks, and what tells a proxy the port.

use super::address::Move;
use super::unit::{Member, Unit};
use super::{health, start, templates};
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
    let mut set = |path: Route, operation: Operation| {
        effects.push(Effect::Service(ServiceEffect {
            file: service.file.path.clone(),
            document: service.document,
            service: service.name.to_owned(),
            path,
            operation,
        }));
    };
    for (index, node) in service.items("ports").into_iter().enumerate() {
        if let Some((path, text)) = port(service, node, index, ports)? {
            set(path, Operation::Set(text));
        }
    }
    let exposed = exposed(service, ports);
    for (index, node, moved) in &exposed.moved {
        let text = alike(service, *node, moved.clone());
        set(Route::root().key("expose").index(*index), Operation::Set(text));
    }
    // From the last one up, so that those before one that goes keep their numbers.
    for index in exposed.doubled.iter().rev() {
        set(Route::root().key("expose").index(*index), Operation::Remove);
    }
    for (path, text) in health::of_service(unit, service, ports)? {
        set(path, Operation::Set(Value::string(text)));
    }
    for variable in set_variables(service).iter().filter(|set| PORT_VARIABLES.contains(&set.name.as_str())) {
        if let Some(moved) = moved_port(&variable.value, ports) {
            let value = alike(service, variable.node, variable.with(&moved));
            set(variable.path.clone(), Operation::Set(value));
        }
    }
    for (path, text) in labels(service, ports)? {
        set(path, Operation::Set(Value::string(text)));
    }
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
    let mode = service.scalar("network_mode").and_then(|mode| service.interpolate(mode)).unwrap_or_default();
    if mode == "host" || mode.starts_with("service:") || mode.starts_with("container:") {
        let whose = if mode == "host" { "the host's network" } else { "the network of another container" };
        let message = format!("with {whose} its port is that one's, too");
        return refuse(RefusalCode::Explicit, message);
    }
    if service.has("user") || member.run.part.has("user") {
        let message = "`user` keeps it at root whatever the image; take that out first".to_owned();
        return refuse(RefusalCode::Explicit, message);
    }
    let words: Vec<String> = match service.scalar("command") {
        Some(text) => text.split_whitespace().map(str::to_owned).collect(),
        None => service.scalar_items("command").map(str::to_owned).collect(),
    };
    if service.has("entrypoint") || service.has("command") && !start::is_plain(unit.start, &words) {
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
        let message = format!(
            "{} is put where its configuration lies, and is not there, or does not have the name of a configuration, \
             so what it listens on is not known",
            missing.source
        );
        return refuse(RefusalCode::EvidenceMissing, message);
    }
    if let Some(why) = templates::obstacle(member) {
        return refuse(RefusalCode::EvidenceMissing, why);
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

/// Labels that tell a proxy the port; those that do so in a way that is not understood stop the move.
fn labels(service: &Service<'_>, ports: &[Move]) -> Result<Vec<(Route, String)>, Refusal> {
    let mut effects = Vec::new();
    for label in read_labels(service) {
        let is_known = PORT_LABELS.iter().any(|ending| label.name.ends_with(ending));
        if let Some(moved) = moved_port(&label.value, ports).filter(|_| is_known) {
            effects.push((label.path, if label.is_item { format!("{}={moved}", label.name) } else { moved }));
        } else if label.value.contains("{{upstreams") || names_port(&label.value, ports) && !is_known {
            let message = format!(
                "`{}`: the label `{}` may tell a proxy the port; move it by hand, or write the port into it",
                service.name, label.name
            );
            return Err(Refusal::new(RefusalCode::Notation, message));
        }
    }
    Ok(effects)
}

/// Whether a port stands in a text by itself, or behind a host.
pub(super) fn names_port(text: &str, ports: &[Move]) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let is_port = |word: &str| ports.iter().any(|moved| word.parse() == Ok(moved.from));
    text.split(|c| !is_part(c)).any(is_port)
}

/// A label of a service.
struct Label {
    name: String,
    value: String,
    /// Where the node is that holds it.
    path: Route,
    /// Whether the node holds `NAME=value`.
    is_item: bool,
}

fn read_labels(service: &Service<'_>) -> Vec<Label> {
    let tree = service.tree();
    let Some(field) = service.field("labels") else { return Vec::new() };
    let route = Route::root().key("labels");
    if let Some(mapping) = tree.mapping(field.value) {
        let entry = |entry: &crate::syntax::yaml::Entry| {
            let name = tree.key_text(entry)?.to_owned();
            let value = tree.scalar(tree.resolve_alias(entry.value))?.value.to_string();
            Some(Label { path: route.key(&*name), name, value, is_item: false })
        };
        return mapping.entries.iter().filter_map(entry).collect();
    }
    let item = |(index, node): (usize, NodeId)| {
        let (name, value) = tree.scalar(node)?.value.split_once('=')?;
        let (name, value) = (name.to_owned(), value.to_owned());
        Some(Label { name, value, path: route.index(index), is_item: true })
    };
    service.items("labels").into_iter().enumerate().filter_map(item).collect()
}
