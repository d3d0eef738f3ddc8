//! The ports of a service, and what they tell of its needs.

use super::Subject;
use crate::knowledge::Capability;
use crate::model::compose::PortEntry;
use crate::rule::parts;
use crate::syntax::dockerfile::Keyword;

impl Subject<'_> {
    /// What the protocols of its ports take: of those that it publishes, and of those that it, its Dockerfile or the facts
    /// about its image name.
    pub(super) fn of_protocols(&self) -> Vec<Capability> {
        let mut ports: Vec<u16> = self.ports().into_iter().flatten().collect();
        let parts = parts(self.context.project, self.service);
        let exposed = parts.iter().flat_map(|part| part.scalar_items("expose"));
        ports.extend(exposed.filter_map(first_port));
        if let Some(built) = &self.run.built {
            let instructions = built.instructions().filter(|found| found.keyword == Keyword::Expose);
            let words = instructions.flat_map(|found| found.command.arguments.words());
            ports.extend(words.into_iter().filter_map(|word| first_port(&word.text)));
        }
        ports.extend(self.facts.iter().flat_map(|facts| &facts.ports).map(|fact| fact.ports.first()));
        let mut found: Vec<Capability> = ports.into_iter().flat_map(Capability::of_port).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether it publishes a port of the container below 1024, or one that can't be told, or whether its image
    /// exposes one.
    pub(super) fn has_low_port(&self) -> bool {
        self.ports().into_iter().any(|port| port.is_none_or(|port| port < 1024))
    }

    /// The first port of the container of each entry that it publishes, and of each that its image says itself to expose;
    /// `None` where that can't be told.
    pub(super) fn ports(&self) -> Vec<Option<u16>> {
        let exposed = self.configuration.iter().flat_map(|fact| &fact.configuration.exposed_ports);
        let mut found: Vec<Option<u16>> = exposed.map(|port| first_port(port)).collect();
        for part in parts(self.context.project, self.service) {
            let environment = &part.file.environment;
            found.extend(
                PortEntry::of(&part).map(|entry| entry.targets(environment).map(|(ports, _)| *ports.start())),
            );
        }
        found
    }
}

/// The first port in `993/tcp` or `8000-8010`.
fn first_port(text: &str) -> Option<u16> {
    text.split(['/', '-']).next()?.parse().ok()
}
