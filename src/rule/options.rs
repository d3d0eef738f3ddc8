//! Options of rules: declared, checked where they are written, and read by name.

use std::collections::BTreeMap;
use std::net::IpAddr;

/// The longest time that an option may be, a day in milliseconds: Compose refuses what has no room in its numbers.
const LONGEST: u64 = 24 * 3_600_000;

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
    /// Some of these words, with commas between them.
    SomeOf(&'static [&'static str]),
    /// Variables with their values, `NAME=value`, with commas between them.
    Settings,
    /// A whole number from the first to the second.
    Integer(i64, i64),
    /// A number with at most three decimals, from 0.01, below which runc refuses a share of the processors, up to this.
    Decimal(u32),
    /// An amount of memory as Compose writes it (`512m`, `1.5g`), of so many bytes or more.
    Size(u64),
    /// A time as Compose writes it (`90s`, `1m30s`).
    Duration,
    /// A word that needs no quotes anywhere: a name, a path, a mode.
    Plain,
}

impl OptionKind {
    /// What an option of this kind takes, in words.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Address => "an IP address".to_owned(),
            Self::OneOf(words) => format!("one of {}", words.join(", ")),
            Self::Origins => "web origins, with commas between them".to_owned(),
            Self::Names => "names, with commas between them".to_owned(),
            Self::SomeOf(words) => format!("some of {}, with commas between them", words.join(", ")),
            Self::Settings => "settings such as NAME=value, with commas between them".to_owned(),
            Self::Integer(least, most) => format!("a whole number from {least} to {most}"),
            Self::Decimal(most) => format!("a number from 0.01 to {most}, such as 0.5"),
            Self::Size(least) => format!("a size such as 512m or 2g, at least {}", readable(least)),
            Self::Duration => "a time such as 90s or 1m30s, up to 24h".to_owned(),
            Self::Plain => "a word of letters, digits and `._/:=,@+-`".to_owned(),
        }
    }
}

/// Whether a text is a variable's name with a value. `$` would make Compose replace a part of it.
fn is_setting(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, value)| {
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        is_name && !name.starts_with(|c: char| c.is_ascii_digit()) && !value.contains(['$', '\n', '\r'])
    })
}

fn readable(bytes: u64) -> String {
    match bytes >> 20 {
        0 => format!("{bytes} bytes"),
        megabytes => format!("{megabytes} MiB"),
    }
}

/// The largest size that an option takes: 1 PiB, more than any machine has.
const MOST_BYTES: u64 = 1 << 50;

/// An option that a rule takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionSpec {
    /// Its name.
    pub name: &'static str,
    /// What its value may be.
    pub kind: OptionKind,
    /// The value where none is given, as it would be written; empty if there is none then.
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
    /// A whole number.
    Integer(i64),
    /// A number, a size or a time, as it is written.
    Text(String),
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
            kind @ OptionKind::SomeOf(words) => {
                let given = parts(text);
                let is_known = given.iter().all(|word| words.contains(&word.as_str()))
                    && given.is_empty() == text.trim().is_empty();
                if is_known { Ok(OptionValue::Texts(given)) } else { Err(error(kind.words())) }
            }
            kind @ OptionKind::Settings => match parts(text) {
                settings if settings.iter().all(|setting| is_setting(setting)) => {
                    Ok(OptionValue::Texts(settings))
                }
                _ => Err(error(kind.words())),
            },
            OptionKind::Origins => match parts(text) {
                origins if origins.iter().all(|origin| origin == "published" || is_origin(origin)) => {
                    Ok(OptionValue::Texts(origins))
                }
                _ => Err(error("origins such as `https://app.example.org`, or `published`".to_owned())),
            },
            OptionKind::Plain if is_plain(text) => Ok(OptionValue::Word(text.to_owned())),
            kind @ (OptionKind::OneOf(_) | OptionKind::Plain) => Err(error(kind.words())),
            kind @ OptionKind::Integer(least, most) => match text.parse::<i64>() {
                Ok(number) if (least..=most).contains(&number) => Ok(OptionValue::Integer(number)),
                _ => Err(error(kind.words())),
            },
            kind @ (OptionKind::Decimal(_) | OptionKind::Size(_) | OptionKind::Duration) => {
                let is_one = match kind {
                    OptionKind::Decimal(most) => thousandths(text)
                        .is_some_and(|number| (10..=u64::from(most) * 1000).contains(&number)),
                    OptionKind::Size(least) => {
                        bytes(text).is_some_and(|bytes| (least..=MOST_BYTES).contains(&bytes))
                    }
                    _ => milliseconds(text).is_some_and(|length| length > 0 && length <= LONGEST),
                };
                if is_one { Ok(OptionValue::Text(text.to_owned())) } else { Err(error(kind.words())) }
            }
        }
    }
}

fn is_plain(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "._/:=,@+-".contains(c);
    !text.is_empty() && text.chars().all(is_part)
}

/// A number with at most three decimals, in thousandths.
fn thousandths(text: &str) -> Option<u64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(decimals) || decimals.len() > 3 {
        return None;
    }
    let decimals = format!("{decimals:0<3}").parse::<u64>().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(1000)?.checked_add(decimals)
}

/// The bytes of a size: a number and a unit of 1024s, in any case, with or without `b` behind it. A number
/// alone is bytes. Compose reads more; what is left out reads as a slip (`1 g`, `-1`).
#[must_use]
pub fn bytes(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let digits = lower.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(lower.len());
    let (number, unit) = lower.split_at(digits);
    let shift = match unit {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        _ => return None,
    };
    let bytes = u128::from(thousandths(number)?) * (1u128 << shift) / 1000;
    u64::try_from(bytes).ok()
}

/// A time as Go reads it, numbers with units, in milliseconds; what is shorter counts as nothing.
#[must_use]
pub fn milliseconds(text: &str) -> Option<u64> {
    let (mut rest, mut total) = (text, 0u64);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, unit) = rest.split_at(digits);
        let thousandths = thousandths(number).filter(|_| number.len() <= 9)?;
        let units = [("ms", 1), ("h", 3_600_000), ("m", 60_000), ("s", 1000)];
        let (length, after) =
            units.iter().find_map(|(name, length)| Some((length, unit.strip_prefix(name)?)))?;
        total = total.checked_add(thousandths.checked_mul(*length)? / 1000)?;
        rest = after;
    }
    Some(total)
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
    /// The value of an option for a service; the default where none is given, and nothing if there is none.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: OptionKind, text: &str) -> Result<OptionValue, String> {
        let spec = OptionSpec { name: "x", kind, default: "", docs: "" };
        spec.read(text).map_err(|error| error.to_string())
    }

    #[test]
    fn numbers_have_a_range() {
        assert_eq!(read(OptionKind::Integer(1, 9), "9"), Ok(OptionValue::Integer(9)));
        assert_eq!(
            read(OptionKind::Integer(1, 9), "10"),
            Err("`x` takes a whole number from 1 to 9, not `10`".to_owned())
        );
        for text in ["0", "-1", "1.0", "1e1", "", "99999999999999999999"] {
            assert!(read(OptionKind::Integer(1, 9), text).is_err(), "{text}");
        }
        for text in ["0.5", "1", "1.25", "512", "0.01"] {
            assert_eq!(read(OptionKind::Decimal(512), text), Ok(OptionValue::Text(text.to_owned())));
        }
        for text in ["0", "0.0", "512.1", ".5", "1.", "500m", "-1", "1,5", "0.0005", "nan"] {
            assert!(read(OptionKind::Decimal(512), text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_those_that_compose_reads() {
        for (text, size) in [
            ("6m", 6 << 20),
            ("1.5g", 3 << 29),
            ("512MB", 512 << 20),
            ("2GiB", 2 << 30),
            ("8388608", 8 << 20),
        ] {
            assert_eq!(bytes(text), Some(size), "{text}");
            assert!(read(OptionKind::Size(6 << 20), text).is_ok());
        }
        for text in ["5m", "512x", "1Gi", "512mbs", "", "-1", "m", "1 g", "99999999999999999999t"] {
            assert!(read(OptionKind::Size(6 << 20), text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_have_units() {
        for (text, length) in [("90s", 90_000), ("1m30s", 90_000), ("500ms", 500), ("1.5h", 5_400_000)] {
            assert_eq!(milliseconds(text), Some(length), "{text}");
            assert!(read(OptionKind::Duration, text).is_ok(), "{text}");
        }
        for text in ["90", "0s", "s", "", "1d", "1m 30s", "-5s", "24h1s", "999999999h"] {
            assert!(read(OptionKind::Duration, text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_option_without_default_has_no_value() {
        let spec = OptionSpec { name: "x", kind: OptionKind::Size(1), default: "", docs: "" };
        assert_eq!(Options::default().get(&spec, "web"), None);
    }
}
