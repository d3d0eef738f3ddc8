//! What BuildKit makes of a Dockerfile: its stages, what each is built on, and every image that it names.
//!
//! As BuildKit's `dockerfile2llb` in the source of August 2026. What depends on the machine, on an image's own
//! configuration or on the caller is "unknown" and never guessed. Instructions behind ONBUILD act on other
//! builds: they are no part of any stage here, and images that they name are marked.

mod environment;
mod file;
mod image_use;
mod inputs;
mod resolved;
mod stage;

pub use environment::{Resolved, Unknown};
pub use file::DockerfileFile;
pub use image_use::{ImageUse, ImageUseKind};
pub use inputs::BuildInputs;
pub use resolved::ResolvedDockerfile;
pub use stage::{Base, Exposed, Setting, Stage};

#[cfg(test)]
mod tests;
