//! What stands against running nginx without root.

use crate::syntax::Route;

/// A reason, and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// The directive, server or entry.
    pub route: Route,
    /// The reason.
    pub reason: Reason,
}

/// How much a reason weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// Somebody may notice: a header, a log, a file that must be readable or writable.
    Notice,
    /// The listen stays where it is, and may need privileges there.
    Stays,
    /// The move would change or break what the server does. No listen of the configuration should move.
    Breaks,
}

/// Why something cannot be moved, or what a move does besides.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// A variable decides what the `listen` is.
    #[error("a variable decides what `{0}` listens on")]
    Variable(String),
    /// The `listen` is neither address nor port.
    #[error("`{0}` is no address and no port, or a placeholder that something else fills in")]
    Invalid(String),
    /// A range of ports that holds a privileged one.
    #[error("the ports {first}-{last} are a range")]
    Range {
        /// Its first port.
        first: u16,
        /// Its last.
        last: u16,
    },
    /// A port below 1024 that is not to be moved.
    #[error("port {0} is privileged and is not one of those to be moved")]
    Privileged(u16),
    /// A server without `listen` whose other parts are not known: a file that it includes may have one.
    #[error("the server has no `listen` here; a file that belongs to it may have one")]
    ListenElsewhere,
    /// The new port is in use: the sockets would become one, with another default server, or nginx would
    /// refuse the second `listen`.
    #[error("port {0} is listened on already")]
    Taken(u16),
    /// What the server does depends on the port that it listens on.
    #[error("`{0}` depends on `$server_port`, which is the port that the server listens on inside")]
    PortDecides(String),
    /// A peer is this nginx itself, at a port that moves.
    #[error("`{directive}` leads back to port {port} of this server, which moves")]
    OwnPort {
        /// The directive with the peer.
        directive: String,
        /// The port.
        port: u16,
    },
    /// A header, a redirect or another program is told the port that the server listens on.
    #[error("`{0}` hands on `$server_port`, which changes: write the port that is meant in its place")]
    PortShown(String),
    /// A log names the port that the server listens on, or a file of parameters that nginx brings along tells an
    /// application.
    #[error("`{0}` passes on `$server_port`, which changes")]
    PortLogged(String),
    /// Redirects that nginx makes itself will name the new port, unless `port_in_redirect off` or
    /// `absolute_redirect off` is in effect; it could not be added here.
    #[error("redirects that nginx makes itself will name port {0}")]
    PortInRedirect(u16),
    /// A file or folder that nginx writes to.
    #[error("the user of nginx must be able to write to {path} (`{directive}`)")]
    WritablePath {
        /// The directive.
        directive: &'static str,
        /// The path as written.
        path: String,
    },
    /// A private key, which is often readable by root alone.
    #[error("the user of nginx must be able to read the key `{0}`")]
    PrivateKey(String),
}

impl Reason {
    /// How much it weighs.
    #[must_use]
    pub fn weight(&self) -> Weight {
        match self {
            Self::Variable(_)
            | Self::Invalid(_)
            | Self::Range { .. }
            | Self::Privileged(_)
            | Self::ListenElsewhere => Weight::Stays,
            Self::Taken(_) | Self::PortDecides(_) | Self::PortShown(_) | Self::OwnPort { .. } => {
                Weight::Breaks
            }
            Self::PortLogged(_)
            | Self::PortInRedirect(_)
            | Self::WritablePath { .. }
            | Self::PrivateKey(_) => Weight::Notice,
        }
    }
}
