//! Where requests are sent: peers of a proxy, and redirects.

use super::Written;
use crate::syntax::Route;
use std::net::{Ipv4Addr, Ipv6Addr};

/// The target of a `proxy_pass`, `fastcgi_pass`, `uwsgi_pass`, `scgi_pass`, `grpc_pass` or `memcached_pass`, or a
/// `server` in an `upstream`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The name of the directive.
    pub directive: String,
    /// The target as written.
    pub target: Written,
    /// The level that it is written at.
    pub level: usize,
}

impl Peer {
    /// Host and port of the target, the scheme's default port included. `None` for a socket in the file system,
    /// for a text with variables, and where nothing gives a port: the name of an `upstream`, say, has none
    /// unless `http` or `https` is before it.
    #[must_use]
    pub fn address(&self) -> Option<(&str, u16)> {
        let text = self.target.literal()?;
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let default = match (scheme, self.directive.as_str()) {
            ("http" | "grpc", _) | ("", "server") => Some(80),
            ("https" | "grpcs", _) => Some(443),
            _ => None,
        };
        let authority = rest.split(['/', '?']).next().filter(|host| *host != "unix:")?;
        let host_end = match authority.strip_prefix('[') {
            Some(inner) => inner.find(']')? + 2,
            None => authority.find(':').unwrap_or(authority.len()),
        };
        let (host, port) = authority.split_at_checked(host_end)?;
        match port.strip_prefix(':') {
            Some(port) => Some((host, port.parse().ok()?)),
            None => Some((host, default?)),
        }
    }

    /// The port, if the target is this container itself: `localhost` or a loopback address.
    #[must_use]
    pub fn loopback_port(&self) -> Option<u16> {
        let (host, port) = self.address()?;
        let v6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_loopback = host == "localhost"
            || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
            || v6.is_some_and(|host| host.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback()));
        is_loopback.then_some(port)
    }
}

/// A `return` with a code of 3xx, or a `rewrite` that ends in `redirect` or `permanent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// The directive.
    pub route: Route,
    /// The level that it is written at.
    pub level: usize,
    /// The code: 301, 302, 303, 307 or 308.
    pub code: u16,
    /// Where it leads.
    pub target: Written,
}

/// The port in the target of a redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TargetPort {
    /// The target is a path: nginx puts scheme, host and perhaps its own port before it.
    Own,
    /// The target has a host without a port.
    None,
    /// This port is written.
    Literal(u16),
    /// A variable has a part in it.
    Unknown,
}

impl Redirect {
    /// The port in its target.
    #[must_use]
    pub fn port(&self) -> TargetPort {
        let text = &self.target.text;
        let Some((_, rest)) = text.split_once("://") else {
            return if text.starts_with('/') { TargetPort::Own } else { TargetPort::Unknown };
        };
        // A variable behind the host, such as `$request_uri`, begins with a slash.
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        let after_v6 = authority.rfind(']').map_or(0, |at| at + 1);
        match authority[after_v6..].split_once(':') {
            Some((_, port)) => {
                let digits = port.split('$').next().unwrap_or_default();
                digits.parse().map_or(TargetPort::Unknown, TargetPort::Literal)
            }
            // `$http_host` is the only one of the server's variables for a host that has a port.
            None if super::written::uses(authority, "http_host") => TargetPort::Unknown,
            None => TargetPort::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Written {
        Written { route: Route::root(), text: text.to_owned() }
    }

    #[test]
    fn peers_have_addresses() {
        let peer = |directive: &str, text: &str| Peer {
            directive: directive.into(),
            target: written(text),
            level: 0,
        };
        assert_eq!(peer("proxy_pass", "http://app/x:9").address(), Some(("app", 80)));
        assert_eq!(peer("proxy_pass", "https://app:8443").address(), Some(("app", 8443)));
        assert_eq!(peer("fastcgi_pass", "php:9000").address(), Some(("php", 9000)));
        assert_eq!(peer("fastcgi_pass", "backend").address(), None);
        assert_eq!(peer("server", "app").address(), Some(("app", 80)));
        assert_eq!(peer("proxy_pass", "http://$host:80").address(), None);
        assert_eq!(peer("proxy_pass", "http://unix:/a.sock:/b").address(), None);
        assert_eq!(peer("server", "[::1]:80").loopback_port(), Some(80));
        assert_eq!(peer("proxy_pass", "http://localhost/").loopback_port(), Some(80));
        assert_eq!(peer("proxy_pass", "http://127.9.0.1:81").loopback_port(), Some(81));
        assert_eq!(peer("proxy_pass", "http://web:80").loopback_port(), None);
    }

    #[test]
    fn redirects_have_ports() {
        let port =
            |text: &str| Redirect { route: Route::root(), level: 0, code: 301, target: written(text) }.port();
        assert_eq!(port("https://$host$request_uri"), TargetPort::None);
        assert_eq!(port("https://$host:8443$request_uri"), TargetPort::Literal(8443));
        assert_eq!(port("https://[::1]:80/"), TargetPort::Literal(80));
        assert_eq!(port("https://$host:$server_port$request_uri"), TargetPort::Unknown);
        assert_eq!(port("https://$http_host$request_uri"), TargetPort::Unknown);
        assert_eq!(port("/a:80"), TargetPort::Own);
        assert_eq!(port("$scheme://a/"), TargetPort::None);
        assert_eq!(port("$x"), TargetPort::Unknown);
    }
}
