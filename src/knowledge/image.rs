//! What is known of an image.

use super::capability::CapabilityFact;
use super::health::HealthFact;
use super::login::LoginFact;
use super::port::{PortFact, contradiction};
use super::privilege::NoNewPrivileges;
use super::repository::RepositoryPattern;
use super::scope::Facts;
use super::secret::SecretFact;
use super::start::{StartFact, StopFact};
use super::storage::{DataFact, ReadOnlyFact};
use super::system::{Note, SystemFact, UnprivilegedFact};
use super::tag::Tag;
use super::text::one_line;
use super::user::UserFact;
use crate::model::Protocol;
use serde::{Deserialize, Serialize};

/// What an image is for. It decides nothing by itself; it says what a rule may expect of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Keeps the data of other services: relational, document, graph, time series.
    Database,
    /// Keeps what can be computed again.
    Cache,
    /// Carries messages, or coordinates those who do.
    Queue,
    /// Answers searches over an index.
    Search,
    /// Keeps files or objects.
    Storage,
    /// Gathers or shows figures, logs and traces.
    Metrics,
    /// Lets an operator change other services in a browser.
    AdminUi,
    /// Passes connections on to other services.
    Proxy,
    /// Serves visitors.
    Web,
    /// Takes or delivers mail.
    Mail,
    /// A language or a system to build one's own image on; what it listens on is not known.
    Runtime,
    /// Any other program.
    App,
}

/// The facts about one image, whichever of its repositories it is pulled from.
///
/// Read from a data file with serde, which checks the invariants: there is at least one repository, none
/// stands twice, and no two port facts speak of the same port. A repository that has no facts of a kind is
/// not harmless in that respect; it is unknown.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "DeclaredFacts")]
pub struct ImageFacts {
    /// A short name for plans and messages, such as `postgres`.
    pub name: String,
    /// The repositories that hold this image.
    pub repositories: Vec<RepositoryPattern>,
    /// What it is for.
    pub role: Role,
    /// What listens in it.
    pub ports: Vec<PortFact>,
    /// What `no-new-privileges` does to it; `None` if nothing is known to speak against the option.
    pub no_new_privileges: Option<NoNewPrivileges>,
    /// What it is made of.
    pub system: Facts<SystemFact>,
    /// Which user it runs as.
    pub user: Facts<UserFact>,
    /// How it starts.
    pub start: Facts<StartFact>,
    /// How it stops.
    pub stop: Facts<StopFact>,
    /// Which capabilities it needs.
    pub capabilities: Facts<CapabilityFact>,
    /// What a read-only root file system must leave open.
    pub read_only: Facts<ReadOnlyFact>,
    /// Where it keeps its data.
    pub data: Facts<DataFact>,
    /// How to see whether it serves.
    pub health: Facts<HealthFact>,
    /// Which variables hold secrets.
    pub secrets: Facts<SecretFact>,
    /// How it asks who one is, where it does not by itself.
    pub login: Option<LoginFact>,
    /// An image that does the same without root.
    pub unprivileged: Facts<UnprivilegedFact>,
    /// What else a person should know.
    pub notes: Vec<Note>,
}

impl ImageFacts {
    /// What listens on the container's port `number`, if that is known.
    #[must_use]
    pub fn port(&self, number: u16, protocol: Protocol) -> Option<&PortFact> {
        self.ports.iter().find(|fact| fact.is_about(number, protocol))
    }

    /// What is known of a variable that holds a secret, for a version. A fact that names it goes before a
    /// pattern.
    #[must_use]
    pub fn secret(&self, variable: &str, tag: &Tag) -> Option<&SecretFact> {
        let named = self.secrets.find(tag, |fact| fact.names(variable));
        named.or_else(|| self.secrets.find(tag, |fact| fact.is_about(variable)))
    }
}

/// The facts as a data file states them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeclaredFacts {
    #[serde(deserialize_with = "one_line")]
    name: String,
    #[serde(rename = "match")]
    repositories: Vec<RepositoryPattern>,
    role: Role,
    #[serde(default)]
    ports: Vec<PortFact>,
    no_new_privileges: Option<NoNewPrivileges>,
    #[serde(default)]
    system: Facts<SystemFact>,
    #[serde(default)]
    user: Facts<UserFact>,
    #[serde(default)]
    start: Facts<StartFact>,
    #[serde(default)]
    stop: Facts<StopFact>,
    #[serde(default)]
    capabilities: Facts<CapabilityFact>,
    #[serde(default)]
    read_only: Facts<ReadOnlyFact>,
    #[serde(default)]
    data: Facts<DataFact>,
    #[serde(default)]
    health: Facts<HealthFact>,
    #[serde(default)]
    secrets: Facts<SecretFact>,
    login: Option<LoginFact>,
    #[serde(default)]
    unprivileged: Facts<UnprivilegedFact>,
    #[serde(default)]
    notes: Vec<Note>,
}

/// Why facts that can each be read make no sense together.
#[derive(Debug, thiserror::Error)]
enum InconsistentFacts {
    #[error("match: names no repository")]
    NoRepository,
    #[error("match: {0} clashes with {1}")]
    Repositories(RepositoryPattern, RepositoryPattern),
    #[error("ports: {0} and {1} of {2} overlap")]
    Ports(super::port::PortRange, super::port::PortRange, Protocol),
}

impl TryFrom<DeclaredFacts> for ImageFacts {
    type Error = InconsistentFacts;

    fn try_from(declared: DeclaredFacts) -> Result<Self, InconsistentFacts> {
        let DeclaredFacts { repositories, ports, .. } = &declared;
        if repositories.is_empty() {
            return Err(InconsistentFacts::NoRepository);
        }
        for (index, pattern) in repositories.iter().enumerate() {
            if let Some(earlier) = repositories.iter().take(index).find(|earlier| earlier.clashes(pattern)) {
                return Err(InconsistentFacts::Repositories(earlier.clone(), pattern.clone()));
            }
        }
        if let Some((earlier, later)) = contradiction(ports) {
            return Err(InconsistentFacts::Ports(earlier.ports, later.ports, later.protocol));
        }
        Ok(Self {
            name: declared.name,
            repositories: declared.repositories,
            role: declared.role,
            ports: declared.ports,
            no_new_privileges: declared.no_new_privileges,
            system: declared.system,
            user: declared.user,
            start: declared.start,
            stop: declared.stop,
            capabilities: declared.capabilities,
            read_only: declared.read_only,
            data: declared.data,
            health: declared.health,
            secrets: declared.secrets,
            login: declared.login,
            unprivileged: declared.unprivileged,
            notes: declared.notes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Exposure, PrivilegeLevel};
    use super::*;

    const WHOLE: &str = "\
name: ledger
match: [registry.example.net/ledger/web]
role: app
ports:
  - {port: 8000, exposure: internal, note: gunicorn, source: Dockerfile, confidence: read-in-source}
  - {port: 8000, protocol: udp, exposure: public, note: beacon, source: Dockerfile, confidence: inferred}
no_new_privileges: {level: breaks, why: the worker calls sudo, source: run.sh, confidence: read-in-source}
";

    fn error(yaml: &str) -> String {
        serde_yaml::from_str::<ImageFacts>(yaml).unwrap_err().to_string()
    }

    #[test]
    fn a_file_of_facts_is_read_whole() {
        let facts: ImageFacts = serde_yaml::from_str(WHOLE).unwrap();
        assert_eq!((facts.name.as_str(), facts.role), ("ledger", Role::App));
        assert!(facts.repositories[0].matches("registry.example.net/ledger/web"));
        assert_eq!(facts.port(8000, Protocol::Tcp).unwrap().exposure, Exposure::Internal);
        assert_eq!(facts.port(8000, Protocol::Udp).unwrap().exposure, Exposure::Public);
        assert!(facts.port(8001, Protocol::Tcp).is_none());
        assert_eq!(facts.no_new_privileges.unwrap().level, PrivilegeLevel::Breaks);
    }

    #[test]
    fn ports_and_the_verdict_may_be_left_out() {
        let facts: ImageFacts =
            serde_yaml::from_str("name: a\nmatch: [docker.io/a/b]\nrole: runtime\n").unwrap();
        assert!(facts.ports.is_empty() && facts.no_new_privileges.is_none());
    }

    #[test]
    fn an_error_names_the_field_and_the_line() {
        let wrong = error(&WHOLE.replace("exposure: internal", "exposure: secret"));
        assert!(wrong.contains("ports[0].exposure") && wrong.contains("line 5"), "{wrong}");
        let wrong = error(&WHOLE.replace("note: beacon", "note: ''"));
        assert!(wrong.contains("ports[1].note") && wrong.contains("line 6"), "{wrong}");
        let wrong = error(&WHOLE.replace("registry.example.net/ledger/web", "postgres"));
        assert!(wrong.contains("match[0]") && wrong.contains("docker.io/library/postgres"), "{wrong}");
        let wrong = error(&WHOLE.replace("role: app", "role: app\nrank: 1"));
        assert!(wrong.contains("unknown field `rank`") && wrong.contains("line 4"), "{wrong}");
    }

    #[test]
    fn facts_that_contradict_each_other_are_errors() {
        let wrong = error(&WHOLE.replace("protocol: udp, ", ""));
        assert!(wrong.contains("ports: 8000 and 8000 of tcp overlap"), "{wrong}");
        let wrong = error("name: a\nmatch: []\nrole: app\n");
        assert!(wrong.contains("match: names no repository"), "{wrong}");
        let wrong = error("name: a\nmatch: [docker.io/a/b, docker.io/a/b]\nrole: app\n");
        assert!(wrong.contains("docker.io/a/b clashes with docker.io/a/b"), "{wrong}");
    }
}
