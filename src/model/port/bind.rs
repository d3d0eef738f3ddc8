//! An entry's text with an address: the smallest edit that narrows where a port can be reached.

use super::{HostAddress, PortError, Resolution, ResolvedPort, ShortPort};
use crate::model::{Environment, Part, Template};
use crate::text::TextRange;
use std::net::IpAddr;

/// Why an entry is left as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BindRefusal {
    /// The ports can be reached from the host alone already, or at just the wanted address.
    #[error("it is bound to {address} already")]
    AlreadyBound {
        /// Where they can be reached.
        address: IpAddr,
    },
    /// Somebody chose another address.
    #[error("somebody chose the address {address}")]
    OtherAddress {
        /// The address chosen.
        address: IpAddr,
    },
    /// Where the address stands or would stand there is a variable, and it may carry an address itself.
    #[error("the variable {variable} may carry an address")]
    Interpolated {
        /// The variable's name.
        variable: String,
    },
    /// Compose refuses the entry as it is.
    #[error("it is no valid entry: {0}")]
    Invalid(PortError),
}

impl ShortPort {
    /// The entry's text with `address`; all else in it stays, byte for byte.
    ///
    /// Without an address it gets one in front (`8080:80` → `127.0.0.1:8080:80`, and `80` →
    /// `127.0.0.1::80`, since `127.0.0.1:80` would not load). `0.0.0.0` and `::` are replaced; an IPv6
    /// address is written in brackets. An IPv4 address in place of `::` means that the port is no longer
    /// reached over IPv6. If the wide address comes from the default of a variable that is not set, the
    /// default is edited. The variables of `environment` are taken as what the entry is run with.
    ///
    /// # Errors
    /// The refusal, if the entry needs no edit or none is sound.
    pub fn bind(&self, address: IpAddr, environment: &Environment) -> Result<String, BindRefusal> {
        let resolution = self.resolve(environment);
        let is_wide = matches!(resolution, Resolution::Known(HostAddress::Wide(_)));
        refuse_known(resolution, address)?;
        let text = self.text();
        let written = with_brackets(address);
        let host = self.host_part();
        let literal = self.template.is_literal_in(host);
        if literal && (self.address.is_some() || self.literal_address().is_some()) {
            return Ok(format!("{}{written}{}", &text[..host.start], &text[host.end..]));
        }
        if !literal && (self.address.is_some() || is_wide) {
            return self.bind_in_default(host, address, environment);
        }
        if let Some(variable) = self.suspicious_variable(host, environment) {
            return Err(BindRefusal::Interpolated { variable });
        }
        Ok(if self.published.is_some() { format!("{written}:{text}") } else { format!("{written}::{text}") })
    }

    fn bind_in_default(
        &self,
        host: TextRange,
        address: IpAddr,
        environment: &Environment,
    ) -> Result<String, BindRefusal> {
        let before = self.read(environment);
        let is_bound = |text: &str| {
            ShortPort::parse(text).is_ok_and(|edited| {
                edited.resolve(environment) == Resolution::Known(HostAddress::of(address))
                    && without_address(edited.read(environment)) == without_address(before.clone())
            })
        };
        edit_default(&self.template, host, &with_brackets(address), is_bound)
            .ok_or_else(|| BindRefusal::Interpolated { variable: self.first_variable(host) })
    }

    /// A variable in `host` whose value is anything but a port or part of one: such a variable may be meant
    /// for an address, even if it is empty now.
    fn suspicious_variable(&self, host: TextRange, environment: &Environment) -> Option<String> {
        let is_plain =
            |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        self.template.parts().iter().find_map(|part| match part {
            Part::Variable(variable) if host.contains_range(variable.range) => {
                let value = self.filled(variable.range, environment);
                (!value.is_ok_and(|value| is_plain(&value))).then(|| variable.name.clone())
            }
            _ => None,
        })
    }

    fn first_variable(&self, host: TextRange) -> String {
        let mut variables = self.template.variables().into_iter();
        variables
            .find(|variable| host.contains_range(variable.range))
            .map_or_else(String::new, |variable| variable.name.clone())
    }
}

/// Turns away an entry whose address needs no edit, or is not known, or was chosen.
pub(in crate::model) fn refuse_known(resolution: Resolution, wanted: IpAddr) -> Result<(), BindRefusal> {
    match resolution {
        Resolution::Invalid(error) => Err(BindRefusal::Invalid(error)),
        Resolution::Unknown { variable } => Err(BindRefusal::Interpolated { variable }),
        Resolution::Known(HostAddress::Loopback(address)) => Err(BindRefusal::AlreadyBound { address }),
        Resolution::Known(known) => match known {
            HostAddress::Wide(address) | HostAddress::Other(address) if address == wanted => {
                Err(BindRefusal::AlreadyBound { address })
            }
            HostAddress::Other(address) => Err(BindRefusal::OtherAddress { address }),
            _ => Ok(()),
        },
    }
}

/// The template's text with `address` in place of the wide address, or of nothing, at the start of the first
/// default within `range` for which the outcome `is_bound`.
pub(in crate::model) fn edit_default(
    template: &Template,
    range: TextRange,
    address: &str,
    is_bound: impl Fn(&str) -> bool,
) -> Option<String> {
    let text = template.text();
    template.variables().into_iter().filter(|variable| range.contains_range(variable.range)).find_map(
        |variable| {
            let operation = variable.operation.as_ref()?;
            if !operation.operator.is_default() || !operation.word.is_literal() {
                return None;
            }
            let word = operation.word.range;
            let wide = word.start + wide_prefix(word.of(text))?;
            let edited = format!("{}{address}{}", &text[..word.start], &text[wide..]);
            is_bound(&edited).then_some(edited)
        },
    )
}

/// The length in bytes of the wide address at the start of a default: the whole of it, or what stands before
/// one of its colons. The empty text is wide as a whole.
fn wide_prefix(default: &str) -> Option<usize> {
    if default.is_empty() {
        return Some(0);
    }
    let colons = default.match_indices(':').map(|(at, _)| at);
    std::iter::once(default.len()).chain(colons).find(|end| {
        let prefix = super::resolved::read_address(&default[..*end]);
        prefix.is_ok_and(|address| matches!(address.map(HostAddress::of), Some(HostAddress::Wide(_))))
    })
}

fn with_brackets(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

fn without_address(port: Result<Result<ResolvedPort, PortError>, String>) -> Option<ResolvedPort> {
    port.ok()?.ok().map(|port| ResolvedPort { address: None, ..port })
}

#[cfg(test)]
mod tests;
