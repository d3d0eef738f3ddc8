//! The catalogue: which facts hold for the image and the port at hand.

use super::builtin::Builtin;
use super::image::{ImageFacts, Role};
use super::index::RepositoryIndex;
use super::mirror::mirrored;
use super::port::{PortFact, PortRange};
use super::repository::{RepositoryError, RepositoryPattern};
use crate::model::Protocol;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// All that is known of images and ports.
///
/// Whoever knows more goes first: the facts that the user gives for own images, then those that come with
/// the program, then the ports that show by themselves what they are. Within one source an exact repository
/// name goes before a pattern with `*`.
#[derive(Debug)]
pub struct Catalogue {
    own: OwnImages,
    builtin: &'static Builtin,
}

/// Why facts can't be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// A data file is no YAML, lacks a field, has one too many, or states something impossible.
    #[error("{file}: {source}")]
    Unreadable {
        /// The name of the file.
        file: String,
        /// What is wrong, with the field and the line.
        source: serde_yaml::Error,
    },
    /// A data file names what is no repository in canonical form.
    #[error("{file}: match: {source}")]
    NoRepository {
        /// The name of the file.
        file: String,
        /// What is wrong with it.
        source: RepositoryError,
    },
    /// Two images have the same name.
    #[error("two images are named {name:?}")]
    SameName {
        /// That name.
        name: String,
    },
    /// Two images claim the same repository, so it is open which facts hold.
    #[error("{repository} is claimed by both {first:?} and {second:?}")]
    SameRepository {
        /// The repository or pattern of the later one.
        repository: RepositoryPattern,
        /// The name of the image that has it already.
        first: String,
        /// The name of the other.
        second: String,
    },
    /// Two facts of one file are about the same port.
    #[error("{file}: {first} and {second} of {protocol} overlap")]
    SamePort {
        /// The name of the file.
        file: String,
        /// The ports of the earlier fact.
        first: PortRange,
        /// The ports of the later one.
        second: PortRange,
        /// Their transport.
        protocol: Protocol,
    },
}

impl Catalogue {
    /// The facts that come with the program.
    #[must_use]
    pub fn builtin() -> &'static Self {
        static CATALOGUE: LazyLock<Catalogue> =
            LazyLock::new(|| Catalogue { own: OwnImages::default(), builtin: Builtin::get() });
        &CATALOGUE
    }

    /// The facts that come with the program, and before them those of the user's own images.
    ///
    /// Own facts for a repository replace the builtin ones as a whole: what they don't state is unknown.
    ///
    /// # Errors
    ///
    /// [`CatalogueError::SameName`] and [`CatalogueError::SameRepository`] if two of `own` are in each
    /// other's way. A builtin image may have the same name or repository.
    pub fn with_own(own: Vec<ImageFacts>) -> Result<Self, CatalogueError> {
        Ok(Self { own: OwnImages::new(own)?, builtin: Builtin::get() })
    }

    /// The facts about the image in `repository`, a canonical name such as `docker.io/library/postgres`
    /// without tag and digest. Of any other form of the name nothing is known. What a mirror of Docker Hub hands
    /// out is judged as the image there.
    #[must_use]
    pub fn image(&self, repository: &str) -> Option<&ImageFacts> {
        let known = |repository: &str| self.own.get(repository).or_else(|| self.builtin.image(repository));
        known(repository).or_else(|| known(&mirrored(repository)?))
    }

    /// What port `number` shows by itself, whatever the image: for those that are built or unknown.
    ///
    /// Only ports that hardly anything else uses are listed, so `None` is the usual answer.
    #[must_use]
    pub fn well_known_port(&self, number: u16, protocol: Protocol) -> Option<&PortFact> {
        self.builtin.ports().iter().find(|fact| fact.is_about(number, protocol))
    }

    /// Why clients on other machines have to reach a TCP port themselves, with no proxy or tunnel in front: the front
    /// door of the host, or a protocol of devices, mail, names and the like. `None` if nothing says so.
    #[must_use]
    pub fn direct_port(&self, host: Option<u16>, container: u16) -> Option<&PortFact> {
        let direct = self.builtin.direct_ports();
        let about = |facts: &'static [PortFact], number: u16| {
            facts.iter().find(|fact| fact.is_about(number, Protocol::Tcp))
        };
        host.and_then(|host| about(&direct.host, host).or_else(|| about(&direct.protocol, host)))
            .or_else(|| about(&direct.protocol, container))
    }

    /// Whether a TCP port of the host is the front door, where visitors come in or a proxy would stand.
    #[must_use]
    pub fn is_front_door(&self, host: u16) -> bool {
        self.builtin.direct_ports().host.iter().any(|fact| fact.is_about(host, Protocol::Tcp))
    }

    /// What listens on the container's port `number` of a service, by the best source there is.
    ///
    /// `repository` is the canonical name of its image; `None` if it is built or can't be told. A port that
    /// the image's facts don't mention is looked up by its number, except for images that pass connections
    /// on: what a proxy offers on 5432 is there on purpose.
    #[must_use]
    pub fn port(&self, repository: Option<&str>, number: u16, protocol: Protocol) -> Option<&PortFact> {
        let image = repository.and_then(|repository| self.image(repository));
        let passes_on = image.is_some_and(|image| matches!(image.role, Role::Proxy | Role::Web));
        image
            .and_then(|image| image.port(number, protocol))
            .or_else(|| if passes_on { None } else { self.well_known_port(number, protocol) })
    }

    /// Every image of the catalogue: own ones first, then the builtin ones by name.
    ///
    /// This reads every data file, which takes some milliseconds; a look-up reads only the one it needs.
    pub fn images(&self) -> impl Iterator<Item = &ImageFacts> {
        self.own.facts.iter().chain(self.builtin.images())
    }
}

/// The facts that the user gives for own images.
#[derive(Debug, Default)]
struct OwnImages {
    facts: Vec<ImageFacts>,
    index: RepositoryIndex,
}

impl OwnImages {
    fn new(facts: Vec<ImageFacts>) -> Result<Self, CatalogueError> {
        let mut index = RepositoryIndex::default();
        let mut names = BTreeSet::new();
        for (number, image) in facts.iter().enumerate() {
            if !names.insert(image.name.as_str()) {
                return Err(CatalogueError::SameName { name: image.name.clone() });
            }
            for repository in &image.repositories {
                index.claim(repository.clone(), number).map_err(|earlier| {
                    CatalogueError::SameRepository {
                        repository: repository.clone(),
                        first: facts.get(earlier).map(|image| image.name.clone()).unwrap_or_default(),
                        second: image.name.clone(),
                    }
                })?;
            }
        }
        Ok(Self { facts, index })
    }

    fn get(&self, repository: &str) -> Option<&ImageFacts> {
        self.index.find(repository).and_then(|number| self.facts.get(number))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Exposure;
    use super::*;

    fn facts(name: &str, repository: &str, rest: &str) -> ImageFacts {
        serde_yaml::from_str(&format!("name: {name}\nmatch: ['{repository}']\nrole: app\n{rest}")).unwrap()
    }

    fn port(number: u16, exposure: &str) -> String {
        format!(
            "ports:\n- port: {number}\n  exposure: {exposure}\n  note: n\n  source: s\n  confidence: documented\n"
        )
    }

    #[test]
    fn own_facts_replace_the_builtin_ones_as_a_whole() {
        assert_eq!(Catalogue::builtin().image("docker.io/library/redis").unwrap().name, "redis");
        let own = facts("cache", "docker.io/library/redis", &port(7000, "internal"));
        let catalogue = Catalogue::with_own(vec![own]).unwrap();
        let redis = catalogue.image("docker.io/library/redis").unwrap();
        assert_eq!(redis.name, "cache");
        assert!(redis.port(6379, Protocol::Tcp).is_none(), "the builtin port must not shine through");
        assert_eq!(catalogue.image("docker.io/library/postgres").unwrap().name, "postgres");
    }

    #[test]
    fn an_own_pattern_goes_before_a_builtin_name() {
        let own = facts("mirror", "docker.io/library/*", "");
        let catalogue = Catalogue::with_own(vec![own]).unwrap();
        assert_eq!(catalogue.image("docker.io/library/postgres").unwrap().name, "mirror");
    }

    #[test]
    fn two_images_can_have_neither_the_same_name_nor_the_same_repository() {
        let error = |a, b| Catalogue::with_own(vec![a, b]).unwrap_err().to_string();
        let same_name = error(facts("a", "ghcr.io/a/a", ""), facts("a", "ghcr.io/a/b", ""));
        assert_eq!(same_name, "two images are named \"a\"");
        let same_place = error(facts("a", "ghcr.io/a/a", ""), facts("b", "ghcr.io/a/a", ""));
        assert_eq!(same_place, "ghcr.io/a/a is claimed by both \"a\" and \"b\"");
        let overlap = error(facts("a", "ghcr.io/a/*", ""), facts("b", "ghcr.io/a/b-*", ""));
        assert_eq!(overlap, "ghcr.io/a/b-* is claimed by both \"a\" and \"b\"");
    }

    #[test]
    fn a_port_is_known_by_own_facts_then_builtin_ones_then_its_number() {
        let own = facts("tracker", "ghcr.io/acme/tracker", &port(5432, "public"));
        let catalogue = Catalogue::with_own(vec![own]).unwrap();
        let exposure = |repository, number| Some(catalogue.port(repository, number, Protocol::Tcp)?.exposure);
        assert_eq!(exposure(Some("ghcr.io/acme/tracker"), 5432), Some(Exposure::Public));
        assert_eq!(exposure(Some("ghcr.io/acme/tracker"), 6379), Some(Exposure::Internal));
        assert_eq!(exposure(Some("docker.io/grafana/grafana"), 3000), Some(Exposure::Operator));
        assert_eq!(exposure(Some("ghcr.io/acme/unknown"), 5432), Some(Exposure::Internal));
        assert_eq!(exposure(None, 5432), Some(Exposure::Internal));
        assert_eq!(exposure(None, 3000), None);
    }

    #[test]
    fn what_a_proxy_offers_is_not_judged_by_its_number() {
        let catalogue = Catalogue::builtin();
        for front in ["docker.io/library/haproxy", "docker.io/library/traefik", "docker.io/library/nginx"] {
            assert!(catalogue.image(front).is_some(), "{front}");
            assert!(catalogue.port(Some(front), 5432, Protocol::Tcp).is_none(), "{front}");
        }
    }

    #[test]
    fn a_name_that_is_not_canonical_is_unknown() {
        for name in ["postgres", "docker.io/postgres", "docker.io/library/postgres:16", ""] {
            assert!(Catalogue::builtin().image(name).is_none(), "{name:?}");
        }
    }
}
