//! Levels: the nested contexts that settings and headers are inherited through.

use super::Header;
use crate::syntax::Route;
use crate::syntax::nginx::Directive;

/// What a file is a part of, as far as it tells by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// The main configuration: it has `events`, `http`, `stream` or `mail`.
    Main,
    /// What another file includes where servers stand: it has `server`, `upstream`, `map` and the like at its
    /// root. So are `conf.d/*.conf` and the templates of the official image.
    Part,
    /// What another file includes anywhere: bare directives, or nothing.
    Snippet,
}

impl FileKind {
    /// Tells it from the directives at the root of a file.
    pub(super) fn of(root: &[Directive]) -> Self {
        let has = |names: &[&str]| {
            root.iter().any(|found| found.block().is_some() && names.contains(&&*found.name.value))
        };
        if has(&["events", "http", "stream", "mail"]) {
            Self::Main
        } else if has(&["server", "upstream", "map", "geo", "split_clients", "types"]) {
            Self::Part
        } else {
            Self::Snippet
        }
    }
}

/// What a block of directives is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// The root of the file; what that is depends on its [`FileKind`].
    File,
    /// `http`
    Http,
    /// `stream`
    Stream,
    /// `mail`
    Mail,
    /// `server` with a block.
    Server,
    /// `location`
    Location,
    /// `if`
    If,
    /// `limit_except`
    LimitExcept,
    /// `upstream`
    Upstream,
    /// Any other.
    Other,
}

impl Context {
    pub(super) fn of(directive: &Directive) -> Self {
        match &*directive.name.value {
            "http" => Self::Http,
            "stream" => Self::Stream,
            "mail" => Self::Mail,
            "server" => Self::Server,
            "location" => Self::Location,
            "if" => Self::If,
            "limit_except" => Self::LimitExcept,
            "upstream" => Self::Upstream,
            _ => Self::Other,
        }
    }
}

/// A block of directives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// The directive whose block it is; the empty route for the root of the file.
    pub route: Route,
    /// What it is.
    pub context: Context,
    /// The number of the level around it; `None` for the root of the file.
    pub parent: Option<usize>,
    /// Its own `add_header`s, in order.
    pub headers: Vec<Header>,
    /// Whether it includes a file that may hold anything, directly. The files of nginx's own distribution that
    /// only hold types, character sets and parameters do not count.
    pub has_include: bool,
    /// Whether it hands an application a `SERVER_PORT` of its own.
    pub has_own_port: bool,
    /// Whether it has an `add_header_inherit` (nginx 1.29.3), which changes how headers are inherited.
    pub has_header_inherit: bool,
}
