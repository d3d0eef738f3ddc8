//! What listens on a port of a container, and who has to reach it.

use super::confidence::Confidence;
use super::text::one_line;
use crate::model::Protocol;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// Who has to reach a port from outside the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exposure {
    /// Nobody: other services of the project use it over a Compose network.
    Internal,
    /// The people who run the deployment: a console, a debugger, figures. They have a tunnel or a proxy.
    Operator,
    /// Everyone whom the deployment serves: web visitors, devices, mail servers, resolvers.
    Public,
    /// It depends on the deployment, which only its owner knows.
    Application,
}

impl Exposure {
    /// Whether a port published on the loopback address still serves those who have to reach it.
    ///
    /// True where an expert binds without asking; for [`Exposure::Public`] never, and for
    /// [`Exposure::Application`] the owner has to say.
    #[must_use]
    pub fn loopback_suffices(self) -> bool {
        matches!(self, Self::Internal | Self::Operator)
    }
}

impl fmt::Display for Exposure {
    /// The word that the data files use, such as `operator`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Internal => "internal",
            Self::Operator => "operator",
            Self::Public => "public",
            Self::Application => "application",
        })
    }
}

/// Container ports from `first` to `last`, both included.
///
/// Invariant: `1 <= first <= last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PortRange {
    first: u16,
    last: u16,
}

impl PortRange {
    /// The range from `first` to `last`; `None` if it is empty or holds the port 0, on which nothing listens.
    #[must_use]
    pub fn new(first: u16, last: u16) -> Option<Self> {
        (1 <= first && first <= last).then_some(Self { first, last })
    }

    /// The lowest port.
    #[must_use]
    pub fn first(self) -> u16 {
        self.first
    }

    /// The highest port.
    #[must_use]
    pub fn last(self) -> u16 {
        self.last
    }

    /// Whether `port` is in it.
    #[must_use]
    pub fn contains(self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }

    /// Whether some port is in both.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

impl fmt::Display for PortRange {
    /// `5432` or `9000-9010`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "{}", self.first)
        } else {
            write!(f, "{}-{}", self.first, self.last)
        }
    }
}

impl<'de> Deserialize<'de> for PortRange {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PortRangeVisitor)
    }
}

/// Reads the number `5432` or the text `9000-9010`.
struct PortRangeVisitor;

impl Visitor<'_> for PortRangeVisitor {
    type Value = PortRange;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a port from 1 to 65535, or a range such as 9000-9010")
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<PortRange, E> {
        u16::try_from(value)
            .ok()
            .and_then(|port| PortRange::new(port, port))
            .ok_or_else(|| E::invalid_value(de::Unexpected::Unsigned(value), &self))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<PortRange, E> {
        value
            .split_once('-')
            .and_then(|(first, last)| PortRange::new(first.parse().ok()?, last.parse().ok()?))
            .ok_or_else(|| E::invalid_value(de::Unexpected::Str(value), &self))
    }
}

/// What listens on a port, who has to reach it, and how that is known.
///
/// The port is the container's own, not the one on the machine that it is published on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortFact {
    /// The port or ports.
    #[serde(rename = "port")]
    pub ports: PortRange,
    /// Their transport.
    #[serde(default)]
    pub protocol: Protocol,
    /// Who has to reach them.
    pub exposure: Exposure,
    /// What it is, in one line for the reader of a plan.
    #[serde(deserialize_with = "one_line")]
    pub note: String,
    /// Where that was seen, in one line.
    #[serde(deserialize_with = "one_line")]
    pub source: String,
    /// How sure that makes it.
    pub confidence: Confidence,
    /// Words one of which has to stand beside the number for it to show what it is; none if the number does by itself.
    /// In lower case.
    #[serde(default)]
    pub words: Vec<String>,
}

impl PortFact {
    /// Whether what is written of a service shows that the number means this there: a name, a variable, a command.
    #[must_use]
    pub fn agrees_with(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        let has_token = |word: &str| {
            let mut tokens = text.split(|c: char| !c.is_ascii_alphanumeric());
            tokens.any(|token| token.trim_end_matches(|c: char| c.is_ascii_digit()) == word)
        };
        self.words
            .iter()
            .any(|word| if word.len() <= 3 { has_token(word) } else { text.contains(word.as_str()) })
    }

    /// Whether this is about port `number` of `protocol`.
    #[must_use]
    pub fn is_about(&self, number: u16, protocol: Protocol) -> bool {
        self.protocol == protocol && self.ports.contains(number)
    }
}

/// The TCP ports that clients on other machines reach themselves, so that nothing can be put in front of them.
///
/// Every fact is about TCP and [`Exposure::Public`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DirectPorts {
    /// Ports of the host: the front door, where a proxy itself would stand.
    pub(super) host: Vec<PortFact>,
    /// Ports of protocols that no proxy of the web passes on, of the container or of the host.
    pub(super) protocol: Vec<PortFact>,
}

/// The first two facts that speak of the same port of the same protocol, if there are any.
pub(super) fn contradiction(facts: &[PortFact]) -> Option<(&PortFact, &PortFact)> {
    facts.iter().enumerate().find_map(|(index, fact)| {
        let same =
            |earlier: &&PortFact| earlier.protocol == fact.protocol && earlier.ports.overlaps(fact.ports);
        facts.iter().take(index).find(same).map(|earlier| (earlier, fact))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(yaml: &str) -> Result<PortRange, serde_yaml::Error> {
        serde_yaml::from_str(yaml)
    }

    fn fact(ports: &str, protocol: &str) -> PortFact {
        let rest = "exposure: internal\nnote: a\nsource: b\nconfidence: inferred\n";
        serde_yaml::from_str(&format!("port: {ports}\nprotocol: {protocol}\n{rest}")).unwrap()
    }

    #[test]
    fn a_range_is_a_number_or_two() {
        assert_eq!(range("5432").unwrap(), PortRange { first: 5432, last: 5432 });
        assert_eq!(range("30000-30009").unwrap(), PortRange { first: 30000, last: 30009 });
        assert_eq!(range("30000-30009").unwrap().to_string(), "30000-30009");
        assert_eq!(range("65535").unwrap().to_string(), "65535");
    }

    #[test]
    fn no_range_is_empty_or_outside_the_ports() {
        for bad in
            ["0", "65536", "-1", "0-5", "9-8", "9-", "-", "80/tcp", "1-70000", "[]", "''", "1-2-3", "3.5"]
        {
            let error = range(bad).expect_err(bad).to_string();
            assert!(error.contains("a port from 1 to 65535"), "{bad} gave {error}");
        }
    }

    #[test]
    fn ranges_overlap_at_their_ends() {
        let ranges = |a, b| range(a).unwrap().overlaps(range(b).unwrap());
        assert!(ranges("1-5", "5-9") && ranges("5-9", "1-5") && ranges("1-9", "4"));
        assert!(!ranges("1-4", "5-9") && !ranges("5-9", "1-4"));
    }

    #[test]
    fn only_the_same_protocol_contradicts() {
        assert!(contradiction(&[fact("53", "tcp"), fact("53", "udp"), fact("80", "tcp")]).is_none());
        let facts = [fact("53", "tcp"), fact("50-60", "udp"), fact("54", "udp")];
        let (earlier, later) = contradiction(&facts).unwrap();
        assert_eq!((earlier.ports.first(), later.ports.first()), (50, 54));
    }

    #[test]
    fn a_fact_is_about_its_own_ports_and_protocol() {
        let passive = fact("30000-30009", "tcp");
        assert!(passive.is_about(30000, Protocol::Tcp) && passive.is_about(30009, Protocol::Tcp));
        assert!(!passive.is_about(30010, Protocol::Tcp) && !passive.is_about(30000, Protocol::Udp));
    }

    #[test]
    fn a_short_word_stands_by_itself_and_a_long_one_anywhere() {
        let rest =
            "exposure: internal\nnote: a\nsource: b\nconfidence: inferred\nwords: [elastic, amq, es]\n";
        let fact: PortFact = serde_yaml::from_str(&format!("port: 9200\n{rest}")).unwrap();
        for text in ["acme/myelasticsearch", "ES_JAVA_OPTS=-Xms1g", "es01", "my-es-node", "AMQ"] {
            assert!(fact.agrees_with(text), "{text}");
        }
        for text in ["owncloud/ocis", "tests", "best", "1es2x", ""] {
            assert!(!fact.agrees_with(text), "{text}");
        }
    }

    #[test]
    fn the_protocol_is_tcp_unless_given_and_unknown_fields_are_errors() {
        let rest = "exposure: public\nnote: a\nsource: b\nconfidence: documented\n";
        let read: PortFact = serde_yaml::from_str(&format!("port: 80\n{rest}")).unwrap();
        assert_eq!(read.protocol, Protocol::Tcp);
        let error = serde_yaml::from_str::<PortFact>(&format!("port: 80\nhost: 1\n{rest}")).unwrap_err();
        assert!(error.to_string().contains("unknown field `host`"), "{error}");
    }

    #[test]
    fn loopback_suffices_where_nobody_outside_or_only_operators_come_in() {
        assert!(Exposure::Internal.loopback_suffices() && Exposure::Operator.loopback_suffices());
        assert!(!Exposure::Public.loopback_suffices() && !Exposure::Application.loopback_suffices());
    }
}
