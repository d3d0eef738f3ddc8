//! Options of rules: declared, checked where they are written, and read by name.

use std::collections::BTreeMap;
use std::net::IpAddr;

/// What an option's value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionKind {
    /// An IP address.
    Address,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Web origins with commas between them, or the word `published`.
    Origins,
    /// Names with commas between them.
    Names,
}

/// An option that a rule takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionSpec {
    /// Its name.
    pub name: &'static str,
    /// What its value may be.
    pub kind: OptionKind,
    /// The value where none is given, as it would be written.
    pub default: &'static str,
    /// What it does, in one sentence.
    pub docs: &'static str,
}

/// The value of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionValue {
    /// An IP address.
    Address(IpAddr),
    /// A word.
    Word(String),
    /// Texts, in the order given.
    Texts(Vec<String>),
}

/// A value that an option does not take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    /// The value is not of the option's kind.
    #[error("`{name}` takes {wanted}, not `{given}`")]
    Value {
        /// The option.
        name: &'static str,
        /// What it takes.
        wanted: String,
        /// The value as given.
        given: String,
    },
}

impl OptionSpec {
    /// Reads a value of this option.
    ///
    /// # Errors
    /// [`OptionError::Value`] if the text is none.
    pub fn read(&self, text: &str) -> Result<OptionValue, OptionError> {
        let error = |wanted: String| OptionError::Value { name: self.name, wanted, given: text.to_owned() };
        match self.kind {
            OptionKind::Address => match text.parse::<IpAddr>() {
                Ok(address) if !address.is_unspecified() => Ok(OptionValue::Address(address)),
                Ok(_) => Err(error("the address of one interface".to_owned())),
                Err(_) => Err(error("an IP address".to_owned())),
            },
            OptionKind::OneOf(words) if words.contains(&text) => Ok(OptionValue::Word(text.to_owned())),
            OptionKind::Names => Ok(OptionValue::Texts(parts(text))),
            OptionKind::Origins => match parts(text) {
                origins if origins.iter().all(|origin| origin == "published" || is_origin(origin)) => {
                    Ok(OptionValue::Texts(origins))
                }
                _ => Err(error("origins such as `https://app.example.org`, or `published`".to_owned())),
            },
            OptionKind::OneOf(words) => Err(error(format!("one of {}", words.join(", ")))),
        }
    }
}

/// The parts of a text with commas; blanks around them do not count.
fn parts(text: &str) -> Vec<String> {
    text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// Whether a text is an origin as browsers send it: scheme, host, and a port that is not the scheme's own.
fn is_origin(text: &str) -> bool {
    let url = url::Url::parse(text);
    url.is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text
    })
}

/// The options given for one rule, for all services and for single ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Values for all services.
    pub general: BTreeMap<&'static str, OptionValue>,
    /// Values for single services, which beat the general ones.
    pub services: BTreeMap<String, BTreeMap<&'static str, OptionValue>>,
}

impl Options {
    /// The value of an option for a service; the default where none is given.
    #[must_use]
    pub fn get(&self, spec: &OptionSpec, service: &str) -> Option<OptionValue> {
        let own = self.services.get(service).and_then(|values| values.get(spec.name));
        own.or_else(|| self.general.get(spec.name)).cloned().or_else(|| spec.read(spec.default).ok())
    }

    /// Takes over what `other` gives; it beats what was given before.
    pub fn overlay(&mut self, other: &Self) {
        self.general.extend(other.general.iter().map(|(name, value)| (*name, value.clone())));
        for (service, values) in &other.services {
            let mine = self.services.entry(service.clone()).or_default();
            mine.extend(values.iter().map(|(name, value)| (*name, value.clone())));
        }
    }
}
