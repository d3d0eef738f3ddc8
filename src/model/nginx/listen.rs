//! `listen`: the address and port of a server.

use crate::syntax::Route;
use crate::syntax::nginx::Directive;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::{Range, RangeInclusive};

/// A `listen` directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// The directive.
    pub route: Route,
    /// What it listens on.
    pub socket: Socket,
    /// The text of its first word.
    pub text: String,
    /// The words behind the address: `ssl`, `default_server`, `backlog=511` and so on, as written.
    pub flags: Vec<String>,
}

/// What a server listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Socket {
    /// An address and port of IPv4 or IPv6.
    Inet {
        /// The address.
        host: Host,
        /// The ports; almost always one.
        ports: RangeInclusive<u16>,
        /// Where the port stands in the text of the word; `None` if none is written, which means 80.
        port_text: Option<Range<usize>>,
    },
    /// A socket in the file system, by its path.
    Unix(String),
    /// The file does not say.
    Unknown(ListenUnknown),
}

/// The address that a server listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// All IPv4 addresses: a port alone, or `*`.
    Any,
    /// One IPv4 address.
    V4(Ipv4Addr),
    /// One IPv6 address, or all: `[::]`.
    V6(Ipv6Addr),
    /// A name, resolved when the server starts.
    Name(String),
}

/// Why a `listen` is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ListenUnknown {
    /// A variable or a template has a part in it.
    #[error("a variable decides what it is")]
    Variable,
    /// The server refuses it, or it is a placeholder that something fills in.
    #[error("it is no address and no port")]
    Invalid,
}

impl Listen {
    /// The default port of `listen` in `http` (`ngx_http_core_listen`).
    pub const DEFAULT_PORT: u16 = 80;

    pub(super) fn new(directive: &Directive, route: &Route) -> Self {
        let mut words = directive.arguments.iter().map(|word| word.value.to_string());
        let text = words.next().unwrap_or_default();
        Self { route: route.clone(), socket: Socket::read(&text), text, flags: words.collect() }
    }

    /// The ports; `None` for a socket in the file system and for what is not known.
    #[must_use]
    pub fn ports(&self) -> Option<&RangeInclusive<u16>> {
        match &self.socket {
            Socket::Inet { ports, .. } => Some(ports),
            Socket::Unix(_) | Socket::Unknown(_) => None,
        }
    }

    /// The port, if it is known and only one.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.ports().filter(|ports| ports.start() == ports.end()).map(|ports| *ports.start())
    }

    /// Whether a word behind the address is this one.
    #[must_use]
    pub fn has_flag(&self, flag: &str) -> bool {
        self.flags.iter().any(|found| found == flag)
    }

    /// Whether it speaks TLS by its own flags; `ssl on;` in its server is not looked at.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.has_flag("ssl") || self.has_flag("quic")
    }

    /// The text of the first word with another port in it: in place of the one that is there, or behind an
    /// address without one. `None` if there is not exactly one known port.
    #[must_use]
    pub fn with_port(&self, port: u16) -> Option<String> {
        self.port()?;
        let Socket::Inet { port_text, .. } = &self.socket else { return None };
        match port_text {
            Some(place) => {
                let (before, after) = (self.text.get(..place.start)?, self.text.get(place.end..)?);
                Some(format!("{before}{port}{after}"))
            }
            None => Some(format!("{}:{port}", self.text)),
        }
    }
}

impl Socket {
    /// Reads the first word as `ngx_parse_url` does for `listen`.
    fn read(text: &str) -> Self {
        if super::written::varies(text) {
            return Self::Unknown(ListenUnknown::Variable);
        }
        if text.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("unix:")) {
            return Self::Unix(text[5..].to_owned());
        }
        Self::inet(text).unwrap_or(Self::Unknown(ListenUnknown::Invalid))
    }

    fn inet(text: &str) -> Option<Self> {
        if let Some(ports) = ports(text) {
            return Some(Self::Inet { host: Host::Any, ports, port_text: Some(0..text.len()) });
        }
        let host_end = match text.strip_prefix('[') {
            Some(rest) => rest.find(']')? + 2,
            None => text.find(':').unwrap_or(text.len()),
        };
        let (host_text, rest) = text.split_at_checked(host_end)?;
        let host = Host::read(host_text)?;
        if rest.is_empty() {
            let is_sure = !matches!(&host, Host::Name(name) if !is_plain_name(name));
            let ports = Listen::DEFAULT_PORT..=Listen::DEFAULT_PORT;
            return is_sure.then_some(Self::Inet { host, ports, port_text: None });
        }
        let ports = ports(rest.strip_prefix(':')?)?;
        Some(Self::Inet { host, ports, port_text: Some(host_end + 1..text.len()) })
    }
}

impl Host {
    fn read(text: &str) -> Option<Self> {
        if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            return inner.parse().ok().map(Self::V6);
        }
        match text {
            "" => None,
            "*" => Some(Self::Any),
            _ if text.contains(['/', '?']) => None,
            _ => Some(text.parse().map_or_else(|_| Self::Name(text.to_owned()), Self::V4)),
        }
    }

    /// Whether a connection to a loopback address of the same container can arrive here.
    #[must_use]
    pub fn takes_loopback(&self) -> bool {
        match self {
            Self::Any => true,
            Self::V4(address) => address.is_loopback() || address.is_unspecified(),
            Self::V6(address) => address.is_loopback() || address.is_unspecified(),
            Self::Name(name) => name == "localhost",
        }
    }
}

/// A port or a range of ports, of digits alone as the server reads them: leading zeros count for nothing.
fn ports(text: &str) -> Option<RangeInclusive<u16>> {
    let port = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<u16>().ok()).flatten().filter(|port| *port > 0)
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (port(first)?, port(last)?);
    (first <= last).then_some(first..=last)
}

/// Whether a name without a port is surely one, and no placeholder such as `PORT` or `__PORT__` that a script
/// replaces.
fn is_plain_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listen(text: &str) -> Listen {
        Listen { route: Route::root(), socket: Socket::read(text), text: text.to_owned(), flags: Vec::new() }
    }

    #[test]
    fn all_forms_are_read_and_moved() {
        for (text, host, moved) in [
            ("80", Host::Any, "8080"),
            ("0080", Host::Any, "8080"),
            ("*:80", Host::Any, "*:8080"),
            ("*", Host::Any, "*:8080"),
            ("127.80.80.80:80", Host::V4(Ipv4Addr::new(127, 80, 80, 80)), "127.80.80.80:8080"),
            ("127.0.0.1", Host::V4(Ipv4Addr::LOCALHOST), "127.0.0.1:8080"),
            ("[::]:80", Host::V6(Ipv6Addr::UNSPECIFIED), "[::]:8080"),
            ("[::1]", Host::V6(Ipv6Addr::LOCALHOST), "[::1]:8080"),
            ("localhost", Host::Name("localhost".into()), "localhost:8080"),
            ("my_app:80", Host::Name("my_app".into()), "my_app:8080"),
        ] {
            let listen = listen(text);
            assert!(matches!(&listen.socket, Socket::Inet { host: found, .. } if *found == host), "{text}");
            assert_eq!((listen.port(), listen.with_port(8080).as_deref()), (Some(80), Some(moved)), "{text}");
        }
    }

    #[test]
    fn what_has_no_one_port_is_not_moved() {
        assert_eq!(listen("8000-8010").ports(), Some(&(8000..=8010)));
        assert_eq!(listen("[::]:80-81").ports(), Some(&(80..=81)));
        assert_eq!(listen("unix:/run/a:80").socket, Socket::Unix("/run/a:80".into()));
        for text in ["${PORT}", "[::]:$PORT", "{{port}}"] {
            assert_eq!(listen(text).socket, Socket::Unknown(ListenUnknown::Variable), "{text}");
        }
        for text in
            ["", "0", "70000", "a:b", "1.2.3.4:", ":80", "[::1", "[x]:80", "PORT", "__PORT__", "9-8", "a/b"]
        {
            assert_eq!(listen(text).socket, Socket::Unknown(ListenUnknown::Invalid), "{text}");
        }
        for text in ["8000-8010", "unix:/a", "${PORT}", "PORT"] {
            assert_eq!(listen(text).with_port(8080), None, "{text}");
        }
    }
}
