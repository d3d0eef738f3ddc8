//! Which digest a tag stands for, asked of the registry itself.
//!
//! The protocol is that of the OCI distribution specification, as the registries speak it. A digest is taken
//! only from an answer that is sound in every part; whatever else comes back is a [`RegistryError`], and a
//! reference without a digest never stops the others. Compose files and registries are both strangers: which
//! hosts may be asked, where a redirect may lead, and who gets to see a credential is decided here, in `hop` and
//! `credentials`.

mod access;
mod cache;
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
mod mirror;
mod progress;
mod resolver;
mod tags;
mod target;
mod token;
mod transport;

pub use cache::Cache;
pub use credentials::CredentialFiles;
pub use error::RegistryError;
pub use limits::Limits;
pub use mirror::{Mirror, MirrorError};
pub use progress::Progress;

use super::clock::now;
use crate::model::lock::DigestKind;
use crate::model::{Digest, ImageDescription, ImageReference, Platform};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use jiff::Timestamp;
use resolver::{Asked, Attempts, Resolver};
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
    /// By registry, who is asked before it, in order. A mirror gets the credentials for its own host and no others.
    pub mirrors: BTreeMap<String, Vec<Mirror>>,
    /// Where contents are kept that have a digest; nowhere if absent.
    pub cache: Option<Cache>,
    /// Who is told how far it is.
    pub progress: Progress,
}

/// What a registry says of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The digest: that of the index where there are several platforms.
    pub digest: Digest,
    /// What it names.
    pub kind: DigestKind,
    /// The registry as the reference names it; of a mirror's answer, `docker.io by mirror.example`.
    pub registry: String,
    /// `HEAD` if the digest is the registry's word, `GET` if it was computed from the content.
    pub method: &'static str,
    /// The platforms of an index whose content was read to compute its digest; empty otherwise.
    pub platforms: Vec<Platform>,
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
    /// Also the platforms, the size and what the image says of itself: up to five requests more.
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
    let mut depths: BTreeMap<String, (&ImageReference, Depth)> = BTreeMap::new();
    for (reference, depth) in wishes {
        let wish = depths.entry(reference.canonical()).or_insert((reference, *depth));
        wish.1 = wish.1.max(*depth);
    }
    let references = depths.iter().map(|(name, (reference, _))| (name.clone(), *reference));
    ask_each(references, options, async |resolver, name, targets| {
        let depth = depths.get(name).map_or(Depth::Digest, |(_, depth)| *depth);
        let last = targets.len() - 1;
        for target in &targets[..last] {
            // Whatever is wrong with a mirror, the next one or the registry itself may do better.
            let found = ask(resolver, target, depth, &mut Attempts::brief(resolver.limits)).await;
            if let Ok(found) = found
                && !matches!(found.description, Some(Err(_)))
            {
                return Ok(found);
            }
        }
        ask(resolver, &targets[last], depth, &mut Attempts::default()).await
    })
}

/// Asks the registries, and before them their mirrors, for the tags of the repositories of references, by
/// [`ImageReference::full_repository`]. Blocks as [`look_up`] does.
///
/// A mirror may know fewer tags than its registry: a cache lists those of its origin, a copy those that were copied,
/// which are the ones that can be pulled there.
#[must_use]
pub fn list_tags(
    references: &[ImageReference],
    options: &RegistryOptions,
) -> BTreeMap<String, Result<Vec<String>, RegistryError>> {
    let by_name: BTreeMap<String, &ImageReference> =
        references.iter().map(|reference| (reference.full_repository(), reference)).collect();
    ask_each(by_name.into_iter(), options, async |resolver, _, targets| {
        let last = targets.len() - 1;
        for target in &targets[..last] {
            let found = resolver.tags(target, &mut Attempts::brief(resolver.limits)).await;
            if let Ok(tags) = found
                && !tags.is_empty()
            {
                return Ok(tags);
            }
        }
        resolver.tags(&targets[last], &mut Attempts::default()).await
    })
}

/// Asks about all names at once, as far as the gates let requests through. Who is late has no answer in time.
fn ask_each<'r, T>(
    references: impl Iterator<Item = (String, &'r ImageReference)>,
    options: &RegistryOptions,
    ask: impl AsyncFn(&Resolver<'_>, &str, &[Target]) -> Result<T, RegistryError>,
) -> BTreeMap<String, Result<T, RegistryError>> {
    let mut answers = BTreeMap::new();
    let mut waiting: BTreeMap<String, Vec<Target>> = BTreeMap::new();
    for (name, reference) in references {
        match targets(reference, options) {
            Ok(targets) => drop(waiting.insert(name, targets)),
            Err(error) => drop(answers.insert(name, Err(error))),
        }
    }
    if waiting.is_empty() {
        return answers;
    }
    let asked = with_resolver(options, async |resolver| {
        let all = waiting.len();
        let mut asking: FuturesUnordered<_> = waiting
            .iter()
            .map(|(name, targets)| {
                let ask = &ask;
                async move { (name, ask(resolver, name, targets).await) }
            })
            .collect();
        let mut known = BTreeMap::new();
        let gather = async {
            while let Some((name, outcome)) = asking.next().await {
                known.insert(name.clone(), outcome);
                options.progress.tell(known.len(), all);
            }
        };
        let _in_time = timeout(resolver.limits.run, gather).await;
        drop(asking);
        known
    });
    match asked {
        Ok(known) => answers.extend(known),
        Err(error) => answers.extend(waiting.keys().map(|name| (name.clone(), Err(error.clone())))),
    }
    for name in waiting.into_keys() {
        answers.entry(name).or_insert(Err(RegistryError::Timeout));
    }
    answers
}

/// Who is asked about a reference, in order: the mirrors, and at last the registry itself.
fn targets(reference: &ImageReference, options: &RegistryOptions) -> Result<Vec<Target>, RegistryError> {
    let registry = reference.registry();
    let is_allowed = |host: &str| {
        options.allow.is_empty() || options.allow.iter().any(|own| own.eq_ignore_ascii_case(host))
    };
    if !is_allowed(registry) {
        return Err(RegistryError::NotAllowed { registry: registry.to_owned() });
    }
    let mirrors = options.mirrors.get(registry).into_iter().flatten();
    let mut targets: Vec<Target> = mirrors
        .filter(|mirror| is_allowed(mirror.host()))
        .map(|mirror| Target::by_mirror(reference, mirror))
        .collect::<Result<_, _>>()?;
    targets.push(Target::of(reference, &options.plain_http)?);
    Ok(targets)
}

/// What registries say of references, by canonical form.
pub type Answers = BTreeMap<String, Result<Resolved, RegistryError>>;

fn with_resolver<T>(
    options: &RegistryOptions,
    ask: impl AsyncFnOnce(&Resolver<'_>) -> T,
) -> Result<T, RegistryError> {
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
            cache: options.cache.as_ref(),
            gate: Semaphore::new(limits.in_all),
            hosts: RefCell::new(HashMap::new()),
            tokens: token::Tokens::default(),
        };
        Ok(ask(&resolver).await)
    });
    // A name lookup that hangs in the system would hold the program up otherwise.
    runtime.shutdown_background();
    answers
}

async fn ask(
    resolver: &Resolver<'_>,
    target: &Target,
    depth: Depth,
    counts: &mut Attempts,
) -> Result<Resolved, RegistryError> {
    let Asked { found: (digest, kind), method, platforms } = resolver.resolve(target, counts).await?;
    let description = match depth {
        Depth::Digest => None,
        Depth::Description => Some(resolver.describe(target, &digest, counts).await),
    };
    Ok(Resolved { digest, kind, registry: target.shown(), method, platforms, at: now(), description })
}
