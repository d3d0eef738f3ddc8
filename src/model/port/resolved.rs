//! An entry without variables: exactly what Compose accepts, and what it makes of it.

use super::{PortError, Protocol};
use std::net::IpAddr;
use std::ops::RangeInclusive;

/// A short entry whose variables have been replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedPort {
    /// The host's address; `None` means every address.
    pub address: Option<IpAddr>,
    /// The host's ports; `None` means a free one for each container port.
    pub published: Option<RangeInclusive<u16>>,
    /// The container's ports, from 1.
    pub target: RangeInclusive<u16>,
    /// The protocol.
    pub protocol: Protocol,
}

impl ResolvedPort {
    /// Reads `[[address:][host port or range]:]container port or range[/protocol]`.
    ///
    /// # Errors
    /// If Compose refuses the text. Of several faults the leftmost check of Compose's own order is named:
    /// protocol, address, container port, host port, lengths of ranges.
    pub fn read(text: &str) -> Result<Self, PortError> {
        let (address, published, container) = split(text);
        let (target, protocol) = container.split_once('/').unwrap_or((container, ""));
        if target.is_empty() {
            return Err(PortError::NoTarget);
        }
        let protocol = protocol.parse()?;
        let address = read_address(address)?;
        let target_ports = port_range(target)
            .filter(|ports| *ports.start() > 0)
            .ok_or_else(|| PortError::Target { text: target.to_owned() })?;
        if published.is_empty() {
            return Ok(Self { address, published: None, target: target_ports, protocol });
        }
        let published_ports =
            port_range(published).ok_or_else(|| PortError::Published { text: published.to_owned() })?;
        // A single container port may have a pool of host ports; otherwise they go in pairs.
        if target_ports.len() > 1 && target_ports.len() != published_ports.len() {
            return Err(PortError::UnequalRanges {
                published: published.to_owned(),
                target: target.to_owned(),
            });
        }
        Ok(Self { address, published: Some(published_ports), target: target_ports, protocol })
    }
}

/// Splits from the right, so that the colons of an IPv6 address stay with the address.
fn split(text: &str) -> (&str, &str, &str) {
    let Some((before, container)) = text.rsplit_once(':') else { return ("", "", text) };
    match before.rsplit_once(':') {
        Some((address, published)) => (address, published, container),
        None => ("", before, container),
    }
}

/// An address, in brackets or without; the empty text and `[]` are no address.
pub(super) fn read_address(text: &str) -> Result<Option<IpAddr>, PortError> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if bare.is_empty() {
        return Ok(None);
    }
    bare.parse().map(Some).map_err(|_| PortError::Address { text: text.to_owned() })
}

/// A port or a range `first-last`. Compose ignores a second dash and what follows it, as in `1-2-3`.
pub(in crate::model) fn port_range(text: &str) -> Option<RangeInclusive<u16>> {
    let mut numbers = text.split('-').map(port_number);
    let first = numbers.next()??;
    let last = numbers.next().unwrap_or(Some(first))?;
    (first <= last).then_some(first..=last)
}

/// Decimal digits alone, leading noughts included: no sign and no blank.
fn port_number(text: &str) -> Option<u16> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests;
