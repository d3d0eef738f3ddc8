//! What is known of the container ports that a service publishes.

use super::{Context, parts};
use crate::knowledge::PortFact;
use crate::model::PublishedPorts;
use crate::model::compose::{PortEntry, Service};

/// The fields whose texts tell what a service is.
const FIELDS: [&str; 8] =
    ["image", "container_name", "hostname", "environment", "command", "entrypoint", "build", "volumes"];

impl<'c> Context<'c> {
    /// What listens on the container's ports of an entry, one answer a port; `None` if a variable decides which they
    /// are.
    ///
    /// The facts of the image count as they are. What only the number shows counts where nothing speaks against it:
    /// all of a range is known so, it is not published as 80 or 443 of the host, where the front door is, and a number
    /// that others take now and then has a name, a variable or a command that agrees.
    #[must_use]
    pub fn port_facts(&self, service: &Service<'_>, entry: &PortEntry) -> Option<Vec<Option<&'c PortFact>>> {
        let environment = &service.file.environment;
        let (ports, protocol) = entry.targets(environment)?;
        let repository = self.repository_run(service);
        let of_image = |port| {
            let image = repository.as_deref().and_then(|repository| self.catalogue.image(repository))?;
            image.port(port, protocol)
        };
        let front = match entry.published(environment) {
            PublishedPorts::Ports(mut hosts) => hosts.any(|host| self.catalogue.is_front_door(host)),
            PublishedPorts::Ephemeral | PublishedPorts::Unknown => false,
        };
        let mut texts: Option<Vec<String>> = None;
        let mut agrees = |fact: &PortFact| {
            let texts = texts.get_or_insert_with(|| self.texts_of(service));
            fact.words.is_empty() || texts.iter().any(|text| fact.agrees_with(text))
        };
        let mut by_number = |port| {
            let fact = self.catalogue.port(repository.as_deref(), port, protocol)?;
            (!front && agrees(fact)).then_some(fact)
        };
        let found: Vec<(bool, Option<&PortFact>)> = ports
            .map(|port| match of_image(port) {
                Some(fact) => (true, Some(fact)),
                None => (false, by_number(port)),
            })
            .collect();
        let is_whole = found.iter().all(|(_, fact)| fact.is_some());
        Some(found.into_iter().map(|(is_of_image, fact)| fact.filter(|_| is_of_image || is_whole)).collect())
    }

    /// The repository of the image that a service runs, also where a file below or a service that it extends says so;
    /// `None` if it is built.
    #[must_use]
    pub fn repository_run(&self, service: &Service<'_>) -> Option<String> {
        let deciding = self.project.running(service)?;
        if deciding.has("build") { None } else { deciding.repository() }
    }

    /// What is written of a service: its names, its image and that of its Dockerfile, its variables and commands.
    fn texts_of(&self, service: &Service<'_>) -> Vec<String> {
        let parts = parts(self.project, service);
        let mut texts = vec![service.name.to_owned()];
        for part in &parts {
            for field in FIELDS {
                texts.extend(part.texts(field).into_iter().flat_map(|(name, value)| [name, value]));
            }
        }
        let run = self.project.run(service);
        texts.extend(run.as_ref().and_then(|run| run.image()).map(|image| image.full_repository()));
        texts.extend(run.iter().filter_map(|run| run.built.as_ref()).flat_map(|built| built.start_words()));
        let variables = self.project.other_variables(&parts, run.as_ref());
        texts.extend(variables.into_iter().flat_map(|variable| [variable.name, variable.value]));
        texts
    }
}
