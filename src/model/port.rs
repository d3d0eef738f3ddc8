//! Published ports: where on the host a container's ports can be reached, and how to narrow that.
//!
//! A `ports` entry in its short form is one text, [`ShortPort`]; in its long form it is a mapping,
//! [`LongPort`](super::LongPort). Both may hold variables, and an address may hide in any of them. The rules
//! are those of compose-go v2.9.1 (`types.ParsePortConfig`, and go-connections' `nat` package behind it),
//! each measured with Docker Compose v2.40.3.

mod bind;
mod resolve;
mod resolved;
mod short;

use super::InterpolationError;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::str::FromStr;

pub use bind::BindRefusal;
pub(super) use bind::{edit_default, refuse_known};
pub use resolved::ResolvedPort;
pub(super) use resolved::port_range;
pub use short::ShortPort;

/// The address of the host at which a port can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostAddress {
    /// None is given: every address of the host, as long as the engine's own default is not changed.
    None,
    /// The host itself alone: `127.0.0.0/8` or `::1`.
    Loopback(IpAddr),
    /// Every address, written out: `0.0.0.0` or `::`.
    Wide(IpAddr),
    /// One address that somebody chose.
    Other(IpAddr),
    /// A text with variables stands where an address may stand. It is the text as written.
    Variable(String),
}

impl HostAddress {
    /// The kind of an address. An IPv4 address in IPv6 form counts as the IPv4 address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            canonical if canonical.is_loopback() => Self::Loopback(address),
            canonical if canonical.is_unspecified() => Self::Wide(address),
            _ => Self::Other(address),
        }
    }

    /// The address, if one is given and known.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        match self {
            Self::None | Self::Variable(_) => None,
            Self::Loopback(address) | Self::Wide(address) | Self::Other(address) => Some(*address),
        }
    }
}

impl From<Option<IpAddr>> for HostAddress {
    fn from(address: Option<IpAddr>) -> Self {
        address.map_or(Self::None, Self::of)
    }
}

/// What the address of an entry comes to once its variables are replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// It is known; never [`HostAddress::Variable`].
    Known(HostAddress),
    /// A variable stands where the address may stand and has neither a value nor a default.
    Unknown {
        /// The variable's name.
        variable: String,
    },
    /// With these values Compose refuses the entry.
    Invalid(PortError),
}

/// The host's side of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublishedPorts {
    /// None is given: the engine takes a free one at each start.
    Ephemeral,
    /// These. Each belongs to the container port of the same rank, or, if there is just one container port,
    /// the engine takes a free one of them. Port 0 alone means a free one.
    Ports(RangeInclusive<u16>),
    /// It depends on a variable without a value, or is a text that is no port.
    Unknown,
}

/// The protocol of a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// TCP, also where no protocol is given.
    #[default]
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

impl fmt::Display for Protocol {
    /// The name as Compose writes it, such as `tcp`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        })
    }
}

impl FromStr for Protocol {
    type Err = PortError;

    /// Reads a protocol's name in either case; the empty text is TCP.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_lowercase().as_str() {
            "" | "tcp" => Ok(Self::Tcp),
            "udp" => Ok(Self::Udp),
            "sctp" => Ok(Self::Sctp),
            _ => Err(PortError::Protocol { text: text.to_owned() }),
        }
    }
}

/// Why Compose refuses an entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// No container port: the entry is empty, or ends in a colon.
    #[error("no container port is given")]
    NoTarget,
    /// The container's side is no port number from 1 to 65535 and no range of these.
    #[error("`{text}` is no container port")]
    Target {
        /// The container's side.
        text: String,
    },
    /// The host's side is no port number from 0 to 65535 and no range of these.
    #[error("`{text}` is no host port")]
    Published {
        /// The host's side.
        text: String,
    },
    /// The address is no IP address. Names, such as `localhost`, and zones are not allowed.
    #[error("`{text}` is no IP address")]
    Address {
        /// The text where an address belongs.
        text: String,
    },
    /// The protocol is neither tcp, udp nor sctp.
    #[error("`{text}` is no protocol; tcp, udp and sctp are")]
    Protocol {
        /// The text after the slash.
        text: String,
    },
    /// Two ranges of unequal length.
    #[error("the ranges {published} and {target} are not of equal length")]
    UnequalRanges {
        /// The host's side.
        published: String,
        /// The container's side.
        target: String,
    },
    /// An unquoted number that is no whole number for Compose's YAML reader, such as `80.5` or `08`.
    #[error("`{text}` is no whole number")]
    NotAnInteger {
        /// The scalar's text.
        text: String,
    },
    /// The text is no valid template.
    #[error(transparent)]
    Interpolation(#[from] InterpolationError),
}
