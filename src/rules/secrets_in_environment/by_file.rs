//! Secrets that an image reads from a file, in place of a variable.

use crate::knowledge::{FromFile, SecretFact, Tag};
use crate::model::compose::Service;
use crate::rule::{Context, Evidence};

/// The text to paste for a secret that the image reads from a file.
pub(super) fn by_file(name: &str, twin: &str) -> String {
    let secret = name.to_lowercase();
    format!(
        "in place of `{name}` write `{twin}: /run/secrets/{secret}` and `secrets: [{secret}]` for the service, and at the \
         end of the file `secrets: {{ {secret}: {{ file: ./secrets/{secret}.txt }} }}`; keep that file out of git"
    )
}

/// How the image takes a secret from a file, and the variable that names it; `None` if it doesn't, or nobody knows.
pub(super) fn from_file<'c>(
    context: &Context<'c>,
    service: &Service<'_>,
    variable: &str,
) -> Option<(&'c SecretFact, String)> {
    let running = context.project.running(service).filter(|part| !part.has("build"))?;
    let facts = context.catalogue.image(&running.repository()?)?;
    let tag = running.image().map_or_else(Tag::unknown, |image| Tag::of(&image));
    let fact = facts.secret(variable, &tag).filter(|fact| fact.from_file == FromFile::Reads)?;
    Some((fact, fact.file_variable_of(variable)))
}

pub(super) fn evidence(fact: &SecretFact) -> Evidence {
    Evidence {
        confidence: fact.confidence,
        fact: "the image reads the secret from a file".to_owned(),
        source: fact.source.clone(),
    }
}
