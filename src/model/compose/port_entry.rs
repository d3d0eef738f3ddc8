//! An entry of a service's `ports`, in either of its forms.

use super::Service;
use crate::model::{
    BindRefusal, Environment, LongPort, LongPortFields, PortError, Protocol, PublishedPorts, Resolution,
    ShortPort, yaml_integer,
};
use crate::syntax::yaml::{NodeId, ScalarStyle, Tree};
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// An entry of `ports`.
#[derive(Clone, Debug)]
pub enum PortEntry {
    /// One text.
    Short(ShortPort),
    /// A mapping.
    Long(LongPort),
}

impl PortEntry {
    /// Reads an entry. The text names it in messages: the short form as it is, the long one as
    /// `published:target`.
    ///
    /// # Errors
    /// If Compose refuses it.
    pub fn read(tree: &Tree, node: NodeId) -> Result<(Self, String), PortError> {
        if let Some(scalar) = tree.scalar(node) {
            let is_number = scalar.style == ScalarStyle::Plain && yaml_integer(&scalar.value).is_some();
            let port = if is_number {
                ShortPort::from_integer_text(&scalar.value)?
            } else {
                ShortPort::parse(&scalar.value)?
            };
            return Ok((Self::Short(port), scalar.value.to_string()));
        }
        let text = |key: &str| {
            let scalar = tree.scalar(super::lookup(tree, node, key)?.value)?;
            let number = if scalar.style == ScalarStyle::Plain { yaml_integer(&scalar.value) } else { None };
            Some(number.map_or_else(|| scalar.value.to_string(), |number| number.to_string()))
        };
        let (target, published, host_ip, protocol) =
            (text("target"), text("published"), text("host_ip"), text("protocol"));
        let port = LongPort::parse(LongPortFields {
            target: target.as_deref(),
            published: published.as_deref(),
            host_ip: host_ip.as_deref(),
            protocol: protocol.as_deref(),
        })?;
        let target = target.unwrap_or_default();
        Ok((
            Self::Long(port),
            published.map_or_else(|| target.clone(), |published| format!("{published}:{target}")),
        ))
    }

    /// The entries of a service that can be read, in order.
    pub fn of<'s>(service: &Service<'s>) -> impl Iterator<Item = Self> + use<'s> {
        let tree = service.tree();
        service.items("ports").into_iter().filter_map(|node| Some(Self::read(tree, node).ok()?.0))
    }

    /// The variables that it asks for, in the order in which they stand there.
    #[must_use]
    pub fn variables(&self) -> Vec<String> {
        match self {
            Self::Short(port) => port.variables(),
            Self::Long(port) => port.variables(),
        }
    }

    /// The address at which it can be reached.
    #[must_use]
    pub fn resolve(&self, environment: &Environment) -> Resolution {
        match self {
            Self::Short(port) => port.resolve(environment),
            Self::Long(port) => port.resolve(environment),
        }
    }

    /// The container's ports and their protocol; `None` if they are not known.
    #[must_use]
    pub fn targets(&self, environment: &Environment) -> Option<(RangeInclusive<u16>, Protocol)> {
        let (ports, protocol) = match self {
            Self::Short(port) => (port.target_ports(environment), port.protocol(environment)),
            Self::Long(port) => (port.target_ports(environment), port.protocol(environment)),
        };
        Some((ports?, protocol?))
    }

    /// The host's ports.
    #[must_use]
    pub fn published(&self, environment: &Environment) -> PublishedPorts {
        match self {
            Self::Short(port) => port.published_ports(environment),
            Self::Long(port) => port.published_ports(environment),
        }
    }

    /// The text that binds it to an address: the whole entry in the short form, `host_ip` in the long one.
    ///
    /// # Errors
    /// Why that cannot be done.
    pub fn bind(&self, address: IpAddr, environment: &Environment) -> Result<String, BindRefusal> {
        match self {
            Self::Short(port) => port.bind(address, environment),
            Self::Long(port) => port.bind(address, environment),
        }
    }
}
