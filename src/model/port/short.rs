//! The short form of a `ports` entry, with its variables in place.

use super::resolved::read_address;
use super::{HostAddress, PortError, Protocol, ResolvedPort};
use crate::model::{Part, Template, yaml_integer};
use crate::text::TextRange;

/// A short entry such as `127.0.0.1:8080:80/tcp` or `${PORT:-8080}:80`, as it stands in the file.
///
/// It is split at the colons that stand outside of variables, from the right: container, host port, and
/// what is left is the address. Where the text has variables, their values may shift the parts (`${P}:80`
/// with P=`127.0.0.1:8080`): [`resolve`](Self::resolve) knows. All ranges are bytes of the entry's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShortPort {
    pub(super) template: Template,
    /// What is left of the host port's colon, empty if that is the first character.
    pub(super) address: Option<TextRange>,
    /// What is left of the container's colon; may be empty.
    pub(super) published: Option<TextRange>,
    pub(super) target: TextRange,
    pub(super) protocol: Option<TextRange>,
}

impl ShortPort {
    /// Reads the text of an entry: of a quoted scalar, or of a plain one that YAML reads as a string.
    ///
    /// # Errors
    /// If Compose refuses the text whatever its variables are. Without variables this is exact; a text with
    /// variables may still come to something that Compose refuses.
    pub fn parse(text: &str) -> Result<Self, PortError> {
        let entry = Self::split(Template::parse(text)?);
        if entry.template.is_constant() {
            // `$$` makes a dollar, which no part of an entry may hold.
            ResolvedPort::read(text)?;
        } else {
            entry.check_literals()?;
        }
        Ok(entry)
    }

    /// Reads an entry that is an unquoted whole number in YAML: the entry is then the number in decimal, so
    /// `0100` is container port 64.
    ///
    /// # Errors
    /// If Compose does not read the text as a whole number, or the number is no port.
    pub fn from_integer_text(text: &str) -> Result<Self, PortError> {
        let number = yaml_integer(text).ok_or_else(|| PortError::NotAnInteger { text: text.to_owned() })?;
        Self::parse(&number.to_string())
    }

    fn split(template: Template) -> Self {
        let text = template.text();
        let colons = literal_positions(&template, ':');
        let container_start = colons.last().map_or(0, |colon| colon + 1);
        let slash = literal_positions(&template, '/').into_iter().find(|slash| *slash >= container_start);
        let target = TextRange::new(container_start, slash.unwrap_or(text.len()));
        let protocol = slash.map(|slash| TextRange::new(slash + 1, text.len()));
        let (address, published) = match colons.as_slice() {
            [] => (None, None),
            [colon] => (None, Some(TextRange::new(0, *colon))),
            [.., first, second] => {
                (Some(TextRange::new(0, *first)), Some(TextRange::new(first + 1, *second)))
            }
        };
        Self { address, published, target, protocol, template }
    }

    /// Checks what no variable can change, from the right up to the first part that has one.
    fn check_literals(&self) -> Result<(), PortError> {
        let text = self.text();
        if let Some(address) = self.address
            && self.template.is_literal_in(address)
        {
            read_address(address.of(text))?;
        }
        let container = TextRange::new(self.target.start, text.len());
        if !self.template.is_literal_in(container) {
            return Ok(());
        }
        match self.published {
            Some(published) if self.template.is_literal_in(published) => {
                ResolvedPort::read(&text[published.start..])?
            }
            _ => ResolvedPort::read(container.of(text))?,
        };
        Ok(())
    }

    /// The names of its variables, at any depth.
    #[must_use]
    pub fn variables(&self) -> Vec<String> {
        self.template.variables().into_iter().map(|variable| variable.name.clone()).collect()
    }

    /// The entry as written.
    #[must_use]
    pub fn text(&self) -> &str {
        self.template.text()
    }

    /// Where the address stands; `None` if none is written.
    #[must_use]
    pub fn host_ip(&self) -> Option<TextRange> {
        self.address.filter(|range| !range.is_empty())
    }

    /// Where the host port or its range stands; `None` if none is written.
    #[must_use]
    pub fn published(&self) -> Option<TextRange> {
        self.published.filter(|range| !range.is_empty())
    }

    /// Where the container port or its range stands.
    #[must_use]
    pub fn target(&self) -> TextRange {
        self.target
    }

    /// Where the protocol stands, without its slash; `None` if none is written.
    #[must_use]
    pub fn protocol_range(&self) -> Option<TextRange> {
        self.protocol.filter(|range| !range.is_empty())
    }

    /// The address as it stands in the text, with no variable replaced.
    #[must_use]
    pub fn host_address(&self) -> HostAddress {
        let host = self.host_part();
        if !self.template.is_literal_in(host) {
            return HostAddress::Variable(host.of(self.text()).to_owned());
        }
        self.literal_address().into()
    }

    /// The leftmost part, in which an address may stand or hide.
    pub(super) fn host_part(&self) -> TextRange {
        self.address.or(self.published).unwrap_or(self.target)
    }

    /// The address that is written out. In `127.0.0.1:${PORTS}` it stands where the host port would.
    pub(super) fn literal_address(&self) -> Option<std::net::IpAddr> {
        let range = match self.address {
            Some(address) => address,
            None if !self.template.is_literal_in(self.target) => self.published?,
            None => return None,
        };
        if !self.template.is_literal_in(range) {
            return None;
        }
        read_address(range.of(self.text())).ok().flatten()
    }

    /// The protocol as it stands in the text; `None` if it has a variable.
    pub(super) fn literal_protocol(&self) -> Option<Protocol> {
        let container = TextRange::new(self.target.start, self.text().len());
        if !self.template.is_literal_in(container) {
            return None;
        }
        self.protocol.map_or("", |range| range.of(self.text())).parse().ok()
    }
}

/// Where `wanted` stands in the template outside of its variables.
fn literal_positions(template: &Template, wanted: char) -> Vec<usize> {
    let mut positions = Vec::new();
    for part in template.parts() {
        if let Part::Literal(range) = part {
            let found = range.of(template.text()).match_indices(wanted);
            positions.extend(found.map(|(at, _)| range.start + at));
        }
    }
    positions
}

#[cfg(test)]
mod tests;
