//! Every place of a project that names an image of a registry, pinned or not.

use super::{compose, dockerfile};
use crate::model::compose::Project;
use crate::model::{Digest, ImageReference};
use crate::rule::{Effect, FindingBuilder, Operation, Refusal, ServiceEffect, SourceEffect};
use crate::syntax::{Change, Language, Route, Value};
use crate::text::TextRange;
use std::collections::HashSet;

/// One place that names an image.
pub(super) struct Mention<'p> {
    /// Makes findings about the place.
    pub(super) finding: FindingBuilder<'p>,
    /// What the image is for, as the beginning of a sentence: `its image`, `the base image`.
    pub(super) what: String,
    /// The text as written.
    pub(super) written: String,
    /// The platform that stands beside it (`FROM --platform`), as written; services may ask for one, too.
    pub(super) platform: Option<String>,
    /// Whether it has a digest.
    pub(super) is_pinned: bool,
    /// What runs, as far as the files say: the reference with the values of its variables.
    pub(super) runs: Option<ImageReference>,
    /// What a digest can be put into, or why none can.
    pub(super) target: Result<Target, Refusal>,
}

/// A reference that can take a digest, in the place of one that it may have.
pub(super) struct Target {
    /// The reference as it is.
    pub(super) reference: ImageReference,
    pub(super) place: Place,
}

/// Where a reference stands.
pub(super) enum Place {
    /// A text of a service; the reference may be the default of a variable.
    Service {
        file: String,
        document: usize,
        service: String,
        /// Where it stands in the service.
        path: Route,
        text: String,
        /// The part of the text that is the reference, or ends it.
        replaced: TextRange,
        /// How many bytes of the reference stand before `replaced`.
        before: usize,
    },
    /// A place of a Dockerfile, which the reference fills.
    Dockerfile { file: String, route: Route },
}

impl Target {
    /// What shall be true for the reference to have this digest.
    pub(super) fn effect(&self, digest: &Digest) -> Effect {
        let pinned = self.reference.with_digest(digest);
        match &self.place {
            Place::Service { file, document, service, path, text, replaced, before } => {
                let image =
                    format!("{}{}{}", &text[..replaced.start], &pinned[*before..], &text[replaced.end..]);
                Effect::Service(ServiceEffect {
                    file: file.clone(),
                    document: *document,
                    service: service.clone(),
                    path: path.clone(),
                    operation: Operation::Set(Value::string(image)),
                })
            }
            Place::Dockerfile { file, route } => Effect::Source(SourceEffect {
                file: file.clone(),
                language: Language::Dockerfile,
                change: Change::Set { route: route.clone(), value: Value::string(pinned) },
            }),
        }
    }
}

/// All of them: Compose files first, then Dockerfiles, each in order.
pub(super) fn mentions(project: &Project) -> Vec<Mention<'_>> {
    let built = built_images(project);
    let mut found: Vec<Mention<'_>> =
        project.services().flat_map(|service| compose::mentions(service, &built)).collect();
    found.extend(dockerfile::mentions(project, &built));
    found
}

/// The images that the project builds itself, as written: nobody can pin what is not in a registry.
fn built_images(project: &Project) -> HashSet<&str> {
    let services = project.files().iter().flat_map(|file| file.services());
    services.filter(|service| service.has("build")).filter_map(|service| service.scalar("image")).collect()
}
