//! Compose files: the source as it is written, and what Compose makes of it.
//!
//! Here each file is read by itself, with anchors, aliases and merge keys resolved; [`file_set`] says
//! which files and services are only parts of something larger. That is where the merging of
//! override files and `extends` will go; until then parts are recognised and left alone.

mod argument_list;
mod build;
mod called_script;
mod circle;
mod entry_script;
mod env_file;
mod file;
pub mod file_set;
mod include;
mod inline;
mod lookup;
mod manifest;
mod mount;
mod mounted;
mod names_read;
mod overlay;
mod own_image;
mod package_folders;
mod parts;
mod port_entry;
mod resolved;
mod run;
mod sample;
mod service;
mod shape;
mod sources;
mod swarm;
mod told;
mod variables;

pub use build::{Build, BuildFile, Elsewhere, lower_case};
pub use circle::Circles;
pub use entry_script::EntryScript;
pub use env_file::EnvFile;
pub use file::{ComposeFile, ComposeFileError, is_for_development};
pub use file_set::{Fragment, Project, extended_files};
pub use include::{Include, included_files, includes};
pub use inline::InlineDockerfile;
pub use lookup::{Field, is_merge_key, lookup, lookup_in, merge_chain};
pub use manifest::Manifest;
pub use mount::{Mount, MountEntry, MountKind};
pub use mounted::{Placed, PlacedFiles, UnknownFiles};
pub use overlay::is_default_name;
pub use own_image::OwnImage;
pub use package_folders::{members, names_folder, package_hints, pnpm_members};
pub use parts::Dependency;
pub use port_entry::PortEntry;
pub use resolved::{Resolved, ResolvedKind, TooManyNodes};
pub use run::{BuiltStage, Ground, Run, StartUser};
pub use sample::{SAMPLE_NAMES, Sample, Sampled};
pub use service::Service;
pub use shape::check_shape;
pub use told::OtherVariable;
pub use variables::{SetVariable, set_variables};
