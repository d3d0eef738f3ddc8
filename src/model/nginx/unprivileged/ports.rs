//! Listens, and what depends on their ports.

use super::paths::is_below;
use super::{Goal, MovedListen, Obstacle, Reason, Unprivileged};
use crate::model::nginx::{
    ImplicitListen, Layer, Listen, ListenUnknown, ResolvedNginx, Server, Setting, Socket,
};
use crate::syntax::{Change, Route, Segment, Value};
use std::collections::BTreeSet;

/// Ports below this are privileged.
const FIRST_UNPRIVILEGED: u16 = 1024;

/// What the files together show.
pub(super) struct Whole {
    /// The ports that move.
    moved: BTreeSet<u16>,
    /// Those of them at which a connection to a loopback address arrives.
    moved_from_loopback: BTreeSet<u16>,
}

impl Whole {
    pub(super) fn of(files: &[&ResolvedNginx], goal: &Goal) -> Self {
        let mut whole = Self { moved: BTreeSet::new(), moved_from_loopback: BTreeSet::new() };
        for server in files.iter().flat_map(|file| file.servers()) {
            for listen in &server.listens {
                let Some((port, _)) = moves(listen, goal) else { continue };
                whole.moved.insert(port);
                if matches!(&listen.socket, Socket::Inet { host, .. } if host.takes_loopback()) {
                    whole.moved_from_loopback.insert(port);
                }
            }
            if is_implicit(server) && goal.target(Listen::DEFAULT_PORT).is_some() {
                whole.moved.insert(Listen::DEFAULT_PORT);
                whole.moved_from_loopback.insert(Listen::DEFAULT_PORT);
            }
        }
        whole
    }

    /// Whether any port moves.
    pub(super) fn moves_any(&self) -> bool {
        !self.moved.is_empty()
    }
}

/// From which port to which a listen moves.
pub(super) fn moves(listen: &Listen, goal: &Goal) -> Option<(u16, u16)> {
    let port = listen.port()?;
    Some((port, goal.target(port)?))
}

fn is_implicit(server: &Server) -> bool {
    server.implicit == ImplicitListen::Yes
}

/// Moves the listens of a file.
pub(super) fn listens(file: &ResolvedNginx, goal: &Goal, whole: &Whole, found: &mut Unprivileged) {
    let new_ports: BTreeSet<u16> = whole.moved.iter().filter_map(|port| goal.target(*port)).collect();
    for server in file.servers() {
        for listen in &server.listens {
            one(listen, goal, found);
            let taken = new_ports.iter().find(|port| listen.ports().is_some_and(|own| own.contains(port)));
            found.obstacles.extend(taken.map(|port| obstacle(&listen.route, Reason::Taken(*port))));
        }
        implicit(server, goal, found);
        redirects(file, server, goal, found);
    }
    if !whole.moved.is_empty() {
        dependents(file, whole, found);
    }
}

fn one(listen: &Listen, goal: &Goal, found: &mut Unprivileged) {
    if let Some((from, to)) = moves(listen, goal)
        && let Some(text) = listen.with_port(to)
    {
        let route = listen.route.key("arguments").index(0);
        let change = Change::Set { route, value: Value::string(text) };
        found.listens.push(MovedListen { change, from, to });
        return;
    }
    let reason = match &listen.socket {
        Socket::Unknown(ListenUnknown::Variable) => Reason::Variable(listen.text.clone()),
        Socket::Unknown(ListenUnknown::Invalid) => Reason::Invalid(listen.text.clone()),
        Socket::Inet { ports, .. } if *ports.start() < FIRST_UNPRIVILEGED => match listen.port() {
            Some(port) => Reason::Privileged(port),
            None => Reason::Range { first: *ports.start(), last: *ports.end() },
        },
        Socket::Unix(path) if !is_below(path, goal) => {
            Reason::WritablePath { directive: "listen", path: path.clone() }
        }
        Socket::Inet { .. } | Socket::Unix(_) => return,
    };
    found.obstacles.push(obstacle(&listen.route, reason));
}

/// A server without `listen` gets one, since what it has without depends on who starts nginx.
fn implicit(server: &Server, goal: &Goal, found: &mut Unprivileged) {
    match (server.implicit, goal.target(Listen::DEFAULT_PORT)) {
        (ImplicitListen::Yes, Some(to)) => {
            let change = insert(server, &format!("listen {to};"));
            found.listens.push(MovedListen { change, from: Listen::DEFAULT_PORT, to });
        }
        (ImplicitListen::Unknown, _) => {
            found.obstacles.push(obstacle(&server.route, Reason::ListenElsewhere));
        }
        _ => {}
    }
}

/// A directive as the first of a server.
fn insert(server: &Server, text: &str) -> Change {
    let route = server.route.key("block").index(0);
    Change::Insert { route, value: Value::string(text) }
}

/// A directive behind the last `listen` of a server, to which it belongs.
fn behind_listens(server: &Server, text: &str) -> Change {
    let last = server.listens.iter().map(|listen| &listen.route).max();
    let place = last.and_then(|last| match (last.parent(), last.last()) {
        (Some(block), Some(Segment::Index(index))) => Some(block.index(index + 1)),
        _ => None,
    });
    match place {
        Some(route) => Change::Insert { route, value: Value::string(text) },
        None => insert(server, text),
    }
}

/// Keeps the new port out of the redirects that nginx makes itself. It names its port there unless that is 80,
/// or 443 with TLS (`ngx_http_header_filter`).
fn redirects(file: &ResolvedNginx, server: &Server, goal: &Goal, found: &mut Unprivileged) {
    let moved = server.listens.iter().find_map(|listen| moves(listen, goal).map(|(_, to)| to));
    let implicit = goal.target(Listen::DEFAULT_PORT).filter(|_| is_implicit(server));
    let Some(to) = moved.or(implicit).filter(|_| !matches!(server.layer, Layer::Stream | Layer::Mail)) else {
        return;
    };
    let has_off = |name| file.setting(server.level, name).is_some_and(is_off);
    if has_off("port_in_redirect") || has_off("absolute_redirect") {
        return;
    }
    let has_include = file.levels().get(server.level).is_none_or(|level| level.has_include);
    let is_set = file.own_setting(server.level, "port_in_redirect").is_some();
    // What listens on another port names that today, and goes on doing so.
    let names_none_today = server
        .listens
        .iter()
        .all(|listen| matches!(listen.socket, Socket::Unix(_)) || matches!(listen.port(), Some(80 | 443)));
    if server.is_fragment() || has_include || is_set || !names_none_today {
        found.obstacles.push(obstacle(&server.route, Reason::PortInRedirect(to)));
    } else {
        found.redirects.push(behind_listens(server, "port_in_redirect off;"));
    }
}

fn is_off(setting: &Setting) -> bool {
    setting.values.first().is_some_and(|value| value.text.eq_ignore_ascii_case("off"))
}

/// Peers that are this nginx itself, at a port that moves.
fn dependents(file: &ResolvedNginx, whole: &Whole, found: &mut Unprivileged) {
    for peer in file.peers() {
        let port = peer.loopback_port().filter(|port| whole.moved_from_loopback.contains(port));
        if let Some(port) = port {
            let reason = Reason::OwnPort { directive: peer.directive.clone(), port };
            let directive = peer.target.route.parent().and_then(|list| list.parent());
            found.obstacles.push(obstacle(&directive.unwrap_or_default(), reason));
        }
    }
}

pub(super) fn obstacle(route: &Route, reason: Reason) -> Obstacle {
    Obstacle { route: route.clone(), reason }
}
