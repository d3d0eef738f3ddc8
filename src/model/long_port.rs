//! The long form of a `ports` entry: a mapping with `target`, `published`, `host_ip` and `protocol`.

use super::port::{
    BindRefusal, HostAddress, PortError, Protocol, PublishedPorts, Resolution, edit_default, port_range,
    refuse_known,
};
use super::{Environment, Template};
use crate::text::TextRange;
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// The texts of a long entry, as YAML reads them: the text of a string, and the decimal digits of an unquoted
/// number (see [`yaml_integer`](super::yaml_integer): `target: 0100` is 64).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LongPortFields<'a> {
    /// The container port. Compose requires it.
    pub target: Option<&'a str>,
    /// The host port, or a range of them to choose from. Compose checks nothing here.
    pub published: Option<&'a str>,
    /// The host's address: an IP address without brackets.
    pub host_ip: Option<&'a str>,
    /// The protocol. Compose checks nothing here.
    pub protocol: Option<&'a str>,
}

/// A long entry with its variables in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LongPort {
    target: Template,
    published: Option<Template>,
    host_ip: Option<Template>,
    protocol: Option<Template>,
}

impl LongPort {
    /// Reads the texts of an entry.
    ///
    /// # Errors
    /// If Compose refuses the entry whatever its variables are: no target, a target that is no whole number,
    /// a `host_ip` that is no bare IP address (`localhost`, `[::1]`, empty), or a text that is no template.
    pub fn parse(fields: LongPortFields<'_>) -> Result<Self, PortError> {
        let template = |text: Option<&str>| text.map(Template::parse).transpose();
        let port = Self {
            target: Template::parse(fields.target.ok_or(PortError::NoTarget)?)?,
            published: template(fields.published)?,
            host_ip: template(fields.host_ip)?,
            protocol: template(fields.protocol)?,
        };
        if port.target.is_constant() {
            target_number(port.target.text())?;
        }
        if let Some(host_ip) = port.host_ip.as_ref().filter(|host_ip| host_ip.is_constant()) {
            bare_address(host_ip.text())?;
        }
        Ok(port)
    }

    /// The names of its variables, at any depth.
    #[must_use]
    pub fn variables(&self) -> Vec<String> {
        let fields =
            [Some(&self.target), self.published.as_ref(), self.host_ip.as_ref(), self.protocol.as_ref()];
        let variables = fields.into_iter().flatten().flat_map(Template::variables);
        variables.map(|variable| variable.name.clone()).collect()
    }

    /// The address as it stands in the entry, with no variable replaced.
    #[must_use]
    pub fn host_address(&self) -> HostAddress {
        let Some(host_ip) = &self.host_ip else { return HostAddress::None };
        if !host_ip.is_constant() {
            return HostAddress::Variable(host_ip.text().to_owned());
        }
        bare_address(host_ip.text()).ok().into()
    }

    /// The address at which the port can be reached, with the variables of `environment`. A default counts as
    /// the value of a variable that is not set. A variable that is empty or not set and without a default
    /// leaves no address, and Compose refuses that.
    #[must_use]
    pub fn resolve(&self, environment: &Environment) -> Resolution {
        let Some(host_ip) = &self.host_ip else { return Resolution::Known(HostAddress::None) };
        match filled(host_ip, environment).map(|text| bare_address(&text)) {
            Ok(Ok(address)) => Resolution::Known(HostAddress::of(address)),
            Ok(Err(error)) => Resolution::Invalid(error),
            Err(variable) => Resolution::Unknown { variable },
        }
    }

    /// The container port, as a range of one; `None` if it depends on a variable without a value, or is a
    /// number that Compose takes and no engine does, such as 0 or 70000.
    #[must_use]
    pub fn target_ports(&self, environment: &Environment) -> Option<RangeInclusive<u16>> {
        let number = target_number(&filled(&self.target, environment).ok()?).ok()?;
        let port = u16::try_from(number).ok().filter(|port| *port > 0)?;
        Some(port..=port)
    }

    /// The host's ports.
    #[must_use]
    pub fn published_ports(&self, environment: &Environment) -> PublishedPorts {
        let Some(published) = &self.published else { return PublishedPorts::Ephemeral };
        match filled(published, environment) {
            Ok(text) if text.is_empty() => PublishedPorts::Ephemeral,
            Ok(text) => port_range(&text).map_or(PublishedPorts::Unknown, PublishedPorts::Ports),
            Err(_) => PublishedPorts::Unknown,
        }
    }

    /// The protocol; `None` if it depends on a variable without a value or is none that an engine knows.
    #[must_use]
    pub fn protocol(&self, environment: &Environment) -> Option<Protocol> {
        match &self.protocol {
            Some(protocol) => filled(protocol, environment).ok()?.parse().ok(),
            None => Some(Protocol::Tcp),
        }
    }

    /// The text of `host_ip` that binds the entry to `address`: a new key where there is none. The rules are
    /// those of [`ShortPort::bind`](super::ShortPort::bind).
    ///
    /// # Errors
    /// The refusal, if the entry needs no edit or none is sound.
    pub fn bind(&self, address: IpAddr, environment: &Environment) -> Result<String, BindRefusal> {
        refuse_known(self.resolve(environment), address)?;
        let written = address.to_string();
        let Some(host_ip) = self.host_ip.as_ref().filter(|host_ip| !host_ip.is_constant()) else {
            return Ok(written);
        };
        let is_bound = |text: &str| {
            let edited = Template::parse(text).ok().and_then(|edited| filled(&edited, environment).ok());
            edited.is_some_and(|edited| bare_address(&edited) == Ok(address))
        };
        let whole = TextRange::new(0, host_ip.text().len());
        edit_default(host_ip, whole, &written, is_bound).ok_or_else(|| BindRefusal::Interpolated {
            variable: host_ip.variables().first().map_or_else(String::new, |variable| variable.name.clone()),
        })
    }
}

/// A template with every variable replaced; `Err` names the first one without a value.
fn filled(template: &Template, environment: &Environment) -> Result<String, String> {
    let evaluated = template.evaluate(environment).map_err(|missing| missing.name)?;
    match evaluated.unset.into_iter().next() {
        Some(variable) => Err(variable),
        None => Ok(evaluated.text),
    }
}

fn bare_address(text: &str) -> Result<IpAddr, PortError> {
    text.parse().map_err(|_| PortError::Address { text: text.to_owned() })
}

/// A whole number as Go's `strconv.Atoi` reads it: a sign may be there. Negative ones do not load.
fn target_number(text: &str) -> Result<i64, PortError> {
    let number = text.parse::<i64>().ok().filter(|number| *number >= 0);
    number.ok_or_else(|| PortError::Target { text: text.to_owned() })
}

#[cfg(test)]
mod tests;
