//! Who is told the port that a server listens on: by `$server_port`, in a header, a parameter, a redirect or a log.

use super::ports::{Whole, moves, obstacle};
use super::{Goal, Reason, Unprivileged};
use crate::model::nginx::written::replaced;
use crate::model::nginx::{ImplicitListen, Include, Listen, ResolvedNginx, Server, VariableUse};
use crate::syntax::{Change, Route, Segment, Value};

const VARIABLE: &str = "server_port";

/// Directives of `http`, `server` and `location` that write a text for people.
const LOGS: [&str; 3] = ["log_format", "access_log", "error_log"];

/// Directives that hand a text on, each with the first of its words that may hold a variable. What they do does not
/// hang on the text.
const HAND_ON: [(&str, usize); 13] = [
    ("add_header", 1),
    ("add_trailer", 1),
    ("proxy_set_header", 1),
    ("grpc_set_header", 1),
    ("fastcgi_param", 1),
    ("uwsgi_param", 1),
    ("scgi_param", 1),
    ("return", 1),
    ("rewrite", 1),
    ("sub_filter", 0),
    ("proxy_redirect", 0),
    ("proxy_cookie_domain", 0),
    ("set", 1),
];

/// Keeps the port that others are told where a server has only the one that moves, and says what stands against it
/// elsewhere.
pub(super) fn told(file: &ResolvedNginx, goal: &Goal, whole: &Whole, found: &mut Unprivileged) {
    for used in file.server_port_uses() {
        let server = server_of(file, &used.route);
        if server.is_some_and(|server| stays(file, server, goal)) {
            continue;
        }
        let name = used.directive.clone();
        let reason = if LOGS.contains(&name.as_str()) {
            Reason::PortLogged(name)
        } else if let Some(changes) = server.and_then(|server| kept(file, server, used, goal)) {
            found.told.extend(changes);
            continue;
        } else if HAND_ON.iter().any(|(known, _)| *known == name) {
            Reason::PortShown(name)
        } else {
            Reason::PortDecides(name)
        };
        found.obstacles.push(obstacle(&used.route, reason));
    }
    // The files of parameters that nginx brings along hold `SERVER_PORT $server_port`.
    for include in file.includes().iter().filter(|include| include.is_parameters()) {
        if whole.moves_any() && !sets_the_port(file, include.level) {
            let name = format!("include {}", include.pattern.text);
            let route = include.pattern.route.parent().and_then(|list| list.parent()).unwrap_or_default();
            match behind_parameters(file, include, &route, goal) {
                Some(change) => found.told.push(change),
                None => found.obstacles.push(obstacle(&route, Reason::PortLogged(name))),
            }
        }
    }
}

/// The old port as a parameter of its own behind the include of those of FastCGI, where a server has only the one that
/// moves: applications build addresses of themselves with it. nginx hands both on, in their order, and PHP takes the
/// last one (php-src main/fastcgi.c, `fcgi_hash_set`). What servers of uwsgi and SCGI take is not known.
fn behind_parameters(file: &ResolvedNginx, include: &Include, route: &Route, goal: &Goal) -> Option<Change> {
    let name = include.pattern.text.rsplit('/').next()?;
    let server = server_of(file, route).filter(|_| matches!(&*name, "fastcgi_params" | "fastcgi.conf"))?;
    let port = sole_port(file, server, goal)?;
    let (Some(block), Some(Segment::Index(index))) = (route.parent(), route.last()) else { return None };
    let value = Value::string(format!("fastcgi_param SERVER_PORT {port};"));
    Some(Change::Insert { route: block.index(index + 1), value })
}

/// The server around a directive.
fn server_of<'f>(file: &'f ResolvedNginx, route: &Route) -> Option<&'f Server> {
    file.servers().iter().find(|server| !server.is_fragment() && route.starts_with(&server.route))
}

/// The port that a server listens on, if it is one and moves.
fn sole_port(file: &ResolvedNginx, server: &Server, goal: &Goal) -> Option<u16> {
    let first = server.listens.first().map_or(Some(Listen::DEFAULT_PORT), Listen::port)?;
    let is_sole = server.listens.iter().all(|listen| listen.port() == Some(first));
    (is_whole(file, server) && is_sole && goal.target(first).is_some()).then_some(first)
}

/// Whether all listens of the server are known, none of them in another file.
fn is_whole(file: &ResolvedNginx, server: &Server) -> bool {
    let has_include = file.levels().get(server.level).is_none_or(|level| level.has_include);
    !has_include && server.implicit != ImplicitListen::Unknown
}

/// Whether the server surely listens where it did.
fn stays(file: &ResolvedNginx, server: &Server, goal: &Goal) -> bool {
    let is_still = |listen: &Listen| listen.port().is_some() && moves(listen, goal).is_none();
    is_whole(file, server) && !server.listens.is_empty() && server.listens.iter().all(is_still)
}

/// The old port in place of the variable, where that is all that the variable can be.
fn kept(file: &ResolvedNginx, server: &Server, used: &VariableUse, goal: &Goal) -> Option<Vec<Change>> {
    let port = sole_port(file, server, goal)?;
    let (_, from) = HAND_ON.iter().find(|(known, _)| *known == used.directive)?;
    let change = |word: &crate::model::nginx::Written| {
        let is_text = matches!(word.route.last(), Some(Segment::Index(index)) if index >= from);
        let text = replaced(&word.text, VARIABLE, &port.to_string());
        is_text.then(|| Change::Set { route: word.route.clone(), value: Value::string(text) })
    };
    let changes: Option<Vec<Change>> = used.words.iter().map(change).collect();
    changes.filter(|changes| !changes.is_empty())
}

/// Whether a level says by itself what `SERVER_PORT` is.
fn sets_the_port(file: &ResolvedNginx, level: usize) -> bool {
    file.levels().get(level).is_some_and(|level| level.has_own_port)
}
