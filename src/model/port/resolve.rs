//! What an entry comes to with a project's variables.

use super::resolved::{port_range, read_address};
use super::{HostAddress, PortError, Protocol, PublishedPorts, Resolution, ResolvedPort, ShortPort};
use crate::model::Environment;
use crate::text::TextRange;
use std::ops::RangeInclusive;

impl ShortPort {
    /// The address at which the entry's ports can be reached, with the variables of `environment`.
    ///
    /// A default counts as the value of a variable that is not set. A variable without either makes the
    /// address unknown only if it stands where an address can hide: left of everything else.
    #[must_use]
    pub fn resolve(&self, environment: &Environment) -> Resolution {
        match self.read(environment) {
            Ok(Ok(port)) => Resolution::Known(port.address.into()),
            Ok(Err(error)) => Resolution::Invalid(error),
            Err(_) => self.resolve_host_part(environment),
        }
    }

    /// The container's ports; `None` if they depend on a variable without a value, or are none.
    #[must_use]
    pub fn target_ports(&self, environment: &Environment) -> Option<RangeInclusive<u16>> {
        match self.read(environment) {
            Ok(port) => port.ok().map(|port| port.target),
            Err(_) => port_range(&self.filled(self.target, environment).ok()?),
        }
    }

    /// The host's ports.
    #[must_use]
    pub fn published_ports(&self, environment: &Environment) -> PublishedPorts {
        match self.read(environment) {
            Ok(Ok(port)) => return port.published.map_or(PublishedPorts::Ephemeral, PublishedPorts::Ports),
            Ok(Err(_)) => return PublishedPorts::Unknown,
            Err(_) => {}
        }
        match self.published.map(|published| self.filled(published, environment)) {
            Some(Ok(text)) if text.is_empty() => PublishedPorts::Ephemeral,
            Some(Ok(text)) => port_range(&text).map_or(PublishedPorts::Unknown, PublishedPorts::Ports),
            Some(Err(_)) => PublishedPorts::Unknown,
            // A variable that stands alone may hold a host port as well as the container's.
            None => {
                self.target_ports(environment).map_or(PublishedPorts::Unknown, |_| PublishedPorts::Ephemeral)
            }
        }
    }

    /// The protocol; `None` if it depends on a variable without a value.
    #[must_use]
    pub fn protocol(&self, environment: &Environment) -> Option<Protocol> {
        match self.read(environment) {
            Ok(port) => port.ok().map(|port| port.protocol),
            Err(_) => self.literal_protocol(),
        }
    }

    /// The whole entry with every variable replaced; `Err` names the first one without a value.
    pub(super) fn read(&self, environment: &Environment) -> Result<Result<ResolvedPort, PortError>, String> {
        let whole = TextRange::new(0, self.text().len());
        self.filled(whole, environment).map(|text| ResolvedPort::read(&text))
    }

    /// One part with every variable replaced; `Err` names the first one without a value.
    pub(super) fn filled(&self, range: TextRange, environment: &Environment) -> Result<String, String> {
        let evaluated = self.template.evaluate_in(range, environment).map_err(|missing| missing.name)?;
        match evaluated.unset.into_iter().next() {
            Some(variable) => Err(variable),
            None => Ok(evaluated.text),
        }
    }

    /// The address, when some other part has a variable without a value.
    fn resolve_host_part(&self, environment: &Environment) -> Resolution {
        let host = match self.filled(self.host_part(), environment) {
            Ok(host) => host,
            Err(variable) => return Resolution::Unknown { variable },
        };
        if self.published.is_none() {
            // The target itself is known, so it is the protocol that is not.
            return Resolution::Known(HostAddress::None);
        }
        let address = if self.address.is_some() {
            read_address(&host)
        } else if let Ok(Some(address)) = read_address(&host) {
            // `127.0.0.1:${PORTS}`
            Ok(Some(address))
        } else {
            // Any container port does to read the rest.
            ResolvedPort::read(&format!("{host}:1")).map(|port| port.address)
        };
        match address {
            Ok(address) => Resolution::Known(address.into()),
            Err(error) => Resolution::Invalid(error),
        }
    }
}
