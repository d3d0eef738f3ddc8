//! Which digest a tag stands for, asked of the registry itself.
//!
//! The protocol is that of the OCI distribution specification, as the registries speak it. A digest is taken
//! only from an answer that is sound in every part; whatever else comes back is a [`RegistryError`], and a
//! reference without a digest never stops the others. Compose files and registries are both strangers: which
//! hosts may be asked, where a redirect may lead, and who gets to see a credential is decided here, in `hop` and
//! `credentials`.

mod access;
mod challenge;
mod content;
mod credentials;
mod description;
mod error;
mod helper;
mod hop;
mod host;
mod limits;
mod lookup;
mod manifest;
mod resolver;
mod target;
mod token;
mod transport;

pub use credentials::CredentialFiles;
pub use error::RegistryError;
pub use limits::Limits;

use super::clock::now;
use crate::model::lock::DigestKind;
use crate::model::{Digest, ImageDescription, ImageReference};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use resolver::{Attempts, Resolver};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use target::Target;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use transport::Transport;

/// How registries are asked.
#[derive(Clone, Debug, Default)]
pub struct RegistryOptions {
    /// Registries that are asked without encryption, as references name them (`localhost:5000`).
    pub plain_http: Vec<String>,
    /// The only registries that are asked, as references name them (`docker.io`, `ghcr.io`); all if empty.
    pub allow: Vec<String>,
    /// Certificates, in PEM, of authorities that are trusted besides those of the system.
    pub authorities: Option<Vec<u8>>,
    /// Computes each digest from the manifest's content instead of taking the registry's word; costs a pull
    /// where the registry counts them.
    pub verify: bool,
    /// Who the user is.
    pub credentials: CredentialFiles,
    /// Bounds of requests, time and bytes.
    pub limits: Limits,
}

/// What a registry says of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The digest: that of the index where there are several platforms.
    pub digest: Digest,
    /// What it names.
    pub kind: DigestKind,
    /// The registry as the reference names it.
    pub registry: String,
    /// `HEAD` if the digest is the registry's word, `GET` if it was computed from the content.
    pub method: &'static str,
    /// When the registry said so.
    pub at: Timestamp,
    /// What the image says of itself; `None` if nobody asked.
    pub description: Option<Result<ImageDescription, RegistryError>>,
}

/// How much is asked about a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// The digest: one request.
    Digest,
    /// Also the platforms, the size and what the image says of itself: up to three requests more.
    Description,
}

/// Asks the registries for the digests of references; see [`look_up`].
#[must_use]
pub fn resolve(references: &[ImageReference], options: &RegistryOptions) -> Answers {
    let wishes: Vec<_> = references.iter().map(|reference| (reference.clone(), Depth::Digest)).collect();
    look_up(&wishes, options)
}

/// Asks the registries about references, by canonical form; equal ones are asked for once. Blocks until all is
/// known or given up, and for [`Limits::run`] at most. Registries that `allow` does not name are not asked.
#[must_use]
pub fn look_up(wishes: &[(ImageReference, Depth)], options: &RegistryOptions) -> Answers {
    let mut answers = BTreeMap::new();
    let mut targets: BTreeMap<String, (Target, Depth)> = BTreeMap::new();
    for (reference, depth) in wishes {
        let name = reference.canonical();
        match target(reference, options) {
            Ok(target) => {
                let wish = targets.entry(name).or_insert((target, *depth));
                wish.1 = wish.1.max(*depth);
            }
            Err(error) => drop(answers.insert(name, Err(error))),
        }
    }
    if targets.is_empty() {
        return answers;
    }
    match ask_all(&targets, options) {
        Ok(asked) => answers.extend(asked),
        Err(error) => answers.extend(targets.into_keys().map(|name| (name, Err(error.clone())))),
    }
    answers
}

fn target(reference: &ImageReference, options: &RegistryOptions) -> Result<Target, RegistryError> {
    let registry = reference.registry();
    let is_allowed = |host: &String| host.eq_ignore_ascii_case(registry);
    if !options.allow.is_empty() && !options.allow.iter().any(is_allowed) {
        return Err(RegistryError::NotAllowed { registry: registry.to_owned() });
    }
    Target::of(reference, &options.plain_http)
}

/// What the registries say of references, by canonical form.
pub type Answers = BTreeMap<String, Result<Resolved, RegistryError>>;

type Targets = BTreeMap<String, (Target, Depth)>;

fn ask_all(targets: &Targets, options: &RegistryOptions) -> Result<Answers, RegistryError> {
    let limits = &options.limits;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| RegistryError::Setup { why: error.to_string() })?;
    let answers = runtime.block_on(async {
        let resolver = Resolver {
            transport: Transport::new(limits, options.authorities.as_deref())?,
            limits,
            credentials: &options.credentials,
            verify: options.verify,
            gate: Semaphore::new(limits.in_all),
            hosts: RefCell::new(HashMap::new()),
            tokens: token::Tokens::default(),
        };
        Ok(ask_with(&resolver, targets).await)
    });
    // A name lookup that hangs in the system would hold the program up otherwise.
    runtime.shutdown_background();
    answers
}

/// Asks for all at once, as far as the gates let requests through. Who is late has no answer in time.
async fn ask_with(resolver: &Resolver<'_>, targets: &Targets) -> Answers {
    let mut asked: FuturesUnordered<_> = targets
        .iter()
        .map(|(name, (target, depth))| async move { (name, ask(resolver, target, *depth).await) })
        .collect();
    let mut answers = Answers::new();
    let all = async {
        while let Some((name, outcome)) = asked.next().await {
            answers.insert(name.clone(), outcome);
        }
    };
    let _in_time = timeout(resolver.limits.run, all).await;
    for name in targets.keys() {
        answers.entry(name.clone()).or_insert(Err(RegistryError::Timeout));
    }
    answers
}

async fn ask(resolver: &Resolver<'_>, target: &Target, depth: Depth) -> Result<Resolved, RegistryError> {
    let mut counts = Attempts::default();
    let ((digest, kind), method) = resolver.resolve(target, &mut counts).await?;
    let description = match depth {
        Depth::Digest => None,
        Depth::Description => Some(resolver.describe(target, &digest, &mut counts).await),
    };
    Ok(Resolved { digest, kind, registry: target.registry.clone(), method, at: now(), description })
}
