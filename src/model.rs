//! Floor 2: what Compose makes of the texts in a project's files.
//!
//! Small readers for the texts that a Compose file holds inside its scalars: templates with variables,
//! `.env` files, port entries, image references. Each follows the reference implementation (Docker Compose
//! v2.40.3 with compose-go v2.9.1, unless a doc comment says otherwise), keeps byte ranges where a text may
//! be edited, and answers "unknown" instead of guessing. The process environment is never read here.

pub mod compose;
mod digest;
pub mod dockerfile;
pub mod dotenv;
mod environment;
mod ignored;
mod image_configuration;
mod image_reference;
mod interpolation;
pub mod lock;
mod long_port;
pub mod nginx;
pub mod pins;
mod platform;
mod port;
mod source;
mod source_write;
mod tag;
pub mod workflow;
mod yaml_integer;

pub use digest::{Digest, DigestError};
pub use environment::Environment;
pub use ignored::{GitIgnores, build_ignores};
pub use image_configuration::{ImageConfiguration, ImageDescription, LABELS, Otherwise, RunsAs};
pub use image_reference::{ImageReference, ImageReferenceError};
pub use interpolation::{
    Evaluated, InterpolationCause, InterpolationError, Operation, Operator, Part, RequiredMissing, Template,
    Variable, Word, names_asked_for,
};
pub use long_port::{LongPort, LongPortFields};
pub use platform::{Platform, PlatformError};
pub use port::{
    BindRefusal, HostAddress, PortError, Protocol, PublishedPorts, Resolution, ResolvedPort, ShortPort,
};
pub use source::Source;
pub use source_write::SourceWrite;
pub use tag::{TagKind, TagVersion, newer_tags};
pub use yaml_integer::yaml_integer;
