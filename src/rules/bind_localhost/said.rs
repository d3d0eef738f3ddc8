//! What an image that no fact is known about says of the ports that it listens on.

use crate::model::compose::{PortEntry, Service};
use crate::model::{ImageReference, Protocol};
use crate::rule::{Context, Evidence};

/// The image that the service runs, if no fact is known about it.
pub(super) fn unknown_image(context: &Context<'_>, service: &Service<'_>) -> Option<ImageReference> {
    let run = context.project.run(service)?;
    let image = run.image()?;
    context.catalogue.image(&image.full_repository()).is_none().then(|| image.clone())
}

/// What an unknown image says of the ports that it listens on, and whether those of the entry are among them.
pub(super) fn said_by_image(
    context: &Context<'_>,
    service: &Service<'_>,
    entry: &PortEntry,
) -> Option<(bool, Evidence)> {
    let fact = context.answers.configuration(&unknown_image(context, service)?).ok()?;
    let exposed = &fact.configuration.exposed_ports;
    let (mut ports, protocol) = entry.targets(&service.file.environment)?;
    if exposed.is_empty() {
        return None;
    }
    let has = |port: u16| {
        let written = format!("{port}/{protocol}");
        exposed.iter().any(|own| *own == written || protocol == Protocol::Tcp && *own == port.to_string())
    };
    let is_exposed = ports.any(has);
    let says = format!("listens on {}", exposed.join(", "));
    Some((is_exposed, fact.evidence(&says)))
}
