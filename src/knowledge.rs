//! Floor 2: facts about images and ports, as data files with a typed loader.
//!
//! Rules never name an image; they ask the [`Catalogue`] what is known of the repository that a service
//! runs, or of a port that shows by itself what it is. Each fact says where it was seen and how sure that
//! makes it, so that a plan can print its reason and a profile can set a threshold. What no file states is
//! unknown, and a rule treats it so: there are no defaults.

mod builtin;
mod catalogue;
mod confidence;
mod image;
mod index;
mod port;
mod privilege;
mod repository;
mod text;

#[cfg(test)]
mod builtin_tests;

pub use catalogue::{Catalogue, CatalogueError};
pub use confidence::Confidence;
pub use image::{ImageFacts, Role};
pub use port::{Exposure, PortFact, PortRange};
pub use privilege::{Condition, NoNewPrivileges, Presence, PrivilegeLevel, Setting};
pub use repository::{RepositoryError, RepositoryPattern};
