//! How registries are asked: what the command line and the settings say, and the asking itself.

use super::exit::{Exit, Failure, failure};
use super::output::status;
use super::progress::Shown;
use crate::edge::{
    Cache, CredentialFiles, Depth, Limits, MAX_FILE_BYTES, Mirror, PROJECT_FILE, Progress, RegistryAnswers,
    RegistryError, RegistryOptions, Resolved, list_tags, look_up,
};
use crate::model::ImageReference;
use crate::profile::ProjectFile;
use crate::report::text::counted;
use clap::Args;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

/// How registries are asked for what the lock does not list.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Registries {
    /// Compute each digest from the manifest's content, which some registries count as a pull.
    #[arg(long)]
    pub(super) verify: bool,
    /// Ask only these registries: a file may name any host.
    #[arg(long, value_name = "HOST", value_delimiter = ',', value_parser = host)]
    registry_allow: Vec<String>,
    /// Ask this registry without encryption.
    #[arg(long, value_name = "HOST", value_delimiter = ',', value_parser = host)]
    plain_http: Vec<String>,
    /// Certificates (PEM) of authorities to trust besides the system's.
    #[arg(long, value_name = "FILE")]
    registry_ca: Option<PathBuf>,
    /// Neither read nor keep manifests in the user's cache folder.
    #[arg(long)]
    no_cache: bool,
}

impl Registries {
    /// Whether any of these is given.
    pub(super) fn is_used(&self) -> bool {
        self.verify
            || self.no_cache
            || !self.registry_allow.is_empty()
            || !self.plain_http.is_empty()
            || self.registry_ca.is_some()
    }
}

/// Asks registries, all in the same way.
pub(super) struct Asker {
    options: RegistryOptions,
}

impl Asker {
    /// As the command line and the project's settings say.
    pub(super) fn of(own: &Registries, settings: &ProjectFile) -> Result<Self, Failure> {
        let options = RegistryOptions {
            plain_http: own.plain_http.clone(),
            allow: own.registry_allow.clone(),
            authorities: own.registry_ca.as_deref().map(read_authorities).transpose()?,
            verify: own.verify,
            credentials: CredentialFiles::of_user(),
            limits: Limits::default(),
            mirrors: mirrors(settings, &own.plain_http)?,
            cache: if own.no_cache { None } else { Cache::of_user() },
            progress: Progress::default(),
        };
        Ok(Self { options })
    }

    /// What the registries say of these references.
    pub(super) fn look_up(&self, wishes: &[(ImageReference, Depth)]) -> RegistryAnswers {
        if wishes.is_empty() {
            return RegistryAnswers::new();
        }
        let names = wishes.iter().map(|(reference, _)| reference);
        let asked = self.ask(names, "about", |options| look_up(wishes, options));
        let first_error = asked.values().find_map(|answer| answer.as_ref().err());
        if let Some(error) = first_error.filter(|_| asked.values().all(is_out_of_reach)) {
            status(&format!(
                "no registry gave an answer: {error}; what the lock does not list stays unknown (--offline does not ask)"
            ));
        }
        asked
    }

    /// The tags of the repositories of these references, by full repository.
    pub(super) fn tags(
        &self,
        references: &[ImageReference],
    ) -> BTreeMap<String, Result<Vec<String>, RegistryError>> {
        if references.is_empty() {
            return BTreeMap::new();
        }
        self.ask(references.iter(), "for the tags of", |options| list_tags(references, options))
    }

    /// Asks, and shows how far it is.
    fn ask<'r, T>(
        &self,
        references: impl Iterator<Item = &'r ImageReference>,
        what: &str,
        ask: impl FnOnce(&RegistryOptions) -> T,
    ) -> T {
        let allow = &self.options.allow;
        let allowed =
            references.filter(|name| allow.is_empty() || allow.iter().any(|own| own == name.registry()));
        let names: BTreeSet<String> = allowed.map(ImageReference::canonical).collect();
        let registries: BTreeSet<&str> = names.iter().filter_map(|name| name.split('/').next()).collect();
        let registries = registries.into_iter().collect::<Vec<_>>().join(", ");
        if !names.is_empty() {
            status(&format!("asking {registries} {what} {}", counted(names.len(), "image", "images")));
        }
        let (_shown, progress) = Shown::begin(names.len());
        ask(&RegistryOptions { progress, ..self.options.clone() })
    }
}

/// A registry as references name it: a host, with a port if need be.
fn host(text: &str) -> Result<String, String> {
    let lower = text.to_ascii_lowercase();
    let is_host = ImageReference::from_str(&format!("{lower}/x")).is_ok_and(|name| name.registry() == lower);
    match lower.as_str() {
        "index.docker.io" | "registry-1.docker.io" => Ok("docker.io".to_owned()),
        _ if is_host => Ok(lower),
        _ => Err("name the registry as references do: HOST or HOST:PORT, such as ghcr.io".to_owned()),
    }
}

fn mirrors(settings: &ProjectFile, plain_http: &[String]) -> Result<BTreeMap<String, Vec<Mirror>>, Failure> {
    let mut mirrors: BTreeMap<String, Vec<Mirror>> = BTreeMap::new();
    for entry in &settings.mirrors {
        let mirror = Mirror::at(&entry.url);
        let mirror = mirror.and_then(|mirror| mirror.check_plain(plain_http).map(|()| mirror));
        let mirror = mirror
            .map_err(|error| failure(Exit::Usage, format!("{PROJECT_FILE}:{}: {error}", entry.position)))?;
        mirrors.entry(entry.registry.to_ascii_lowercase()).or_default().push(mirror);
    }
    Ok(mirrors)
}

fn is_out_of_reach(answer: &Result<Resolved, RegistryError>) -> bool {
    use RegistryError::{Setup, Timeout, Unreachable};
    matches!(answer, Err(Unreachable { .. } | Timeout | Setup { .. }))
}

fn read_authorities(path: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |why: String| failure(Exit::Usage, format!("{}: {why}", path.display()));
    let file = std::fs::File::open(path).map_err(|error| failed(error.to_string()))?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES).read_to_end(&mut bytes).map_err(|error| failed(error.to_string()))?;
    match String::from_utf8_lossy(&bytes).contains("-----BEGIN CERTIFICATE-----") {
        true => Ok(bytes),
        false => Err(failed("it holds no certificate in PEM form".to_owned())),
    }
}
