//! A server, and what it listens on.

use super::{Listen, Socket};
use crate::syntax::Route;
use crate::syntax::nginx::Directive;

/// Which of nginx's protocols a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layer {
    /// HTTP: it stands in `http`, or holds what only an HTTP server may hold.
    Http,
    /// TCP or UDP as they come: it stands in `stream`.
    Stream,
    /// Mail: it stands in `mail`.
    Mail,
    /// The file that includes this one decides.
    Unknown,
}

/// A `server` block, or a file that is included in one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The directive; the empty route if the file is what a server includes.
    pub route: Route,
    /// Its protocol.
    pub layer: Layer,
    /// The number of its level.
    pub level: usize,
    /// Its `listen` directives, in order.
    pub listens: Vec<Listen>,
    /// Whether it listens although nothing says so.
    pub implicit: ImplicitListen,
}

/// Whether a server without `listen` gets one from nginx.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImplicitListen {
    /// It has a `listen`, or is no HTTP server: without one that does not start.
    No,
    /// It listens on `*:80` if nginx is started as root and on `*:8000` otherwise (`ngx_http_core_server`).
    Yes,
    /// A file that it includes, or that includes it, may have the `listen`.
    Unknown,
}

impl Server {
    /// Whether the file is only a part of the server.
    #[must_use]
    pub fn is_fragment(&self) -> bool {
        self.route.segments.is_empty()
    }

    /// Whether one of its listens is surely on this port.
    #[must_use]
    pub fn listens_on(&self, port: u16) -> bool {
        self.listens.iter().any(|listen| listen.ports().is_some_and(|ports| ports.contains(&port)))
    }

    /// Whether what it listens on depends on a variable.
    #[must_use]
    pub fn has_unknown_listen(&self) -> bool {
        self.listens.iter().any(|listen| matches!(listen.socket, Socket::Unknown(_)))
    }
}

/// Directives that may stand in an HTTP server and in no other, among those that most servers have one of.
const HTTP_ONLY: [&str; 17] = [
    "location",
    "root",
    "index",
    "try_files",
    "rewrite",
    "if",
    "error_page",
    "add_header",
    "charset",
    "expires",
    "gzip",
    "client_max_body_size",
    "autoindex",
    "sendfile",
    "keepalive_timeout",
    "large_client_header_buffers",
    "absolute_redirect",
];

/// Whether these directives of a server show that it is one of HTTP.
pub(super) fn is_http(directives: &[Directive]) -> bool {
    directives.iter().any(|found| HTTP_ONLY.contains(&&*found.name.value))
}
