//! Floor 2: facts about images and ports, as data files with a typed loader.
//!
//! Rules never name an image; they ask the [`Catalogue`] what is known of the repository that a service
//! runs, or of a port that shows by itself what it is. Each fact says where it was seen and how sure that
//! makes it, so that a plan can print its reason and a profile can set a threshold. What no file states is
//! unknown, and a rule treats it so: there are no defaults.

mod app_store;
mod build_packages;
mod builtin;
mod capability;
mod catalogue;
mod cluster;
mod condition;
mod confidence;
mod embedded;
mod escalation;
mod health;
mod home_files;
mod image;
mod index;
mod listening;
mod login;
pub mod mask;
mod mirror;
mod model_server;
mod plain_http;
mod port;
mod privilege;
mod program;
mod program_variables;
mod protection;
mod recommended;
mod remapped_user;
mod repository;
mod scope;
mod secret;
mod secret_flag;
mod secret_name;
mod serving;
mod source_writes;
mod standard;
mod start;
mod start_writes;
mod storage;
mod system;
mod tag;
mod text;
mod user;
mod version_control;
mod written;

#[cfg(test)]
mod builtin_section_tests;
#[cfg(test)]
mod builtin_tests;

pub use app_store::AppStore;
pub use build_packages::{BuildPackages, BuildResult};
pub use capability::{Capability, CapabilityFact, DefaultCapability, Need, Phase};
pub use catalogue::{Catalogue, CatalogueError};
pub use cluster::{ClusterSign, cluster_sign};
pub use condition::{Condition, Presence, Setting, all_hold};
pub use confidence::Confidence;
pub use escalation::Escalation;
pub use health::{HealthFact, HealthTest};
pub use home_files::HomeFiles;
pub use image::{ImageFacts, Role};
pub use listening::{Listening, ServerFacts};
pub use login::{AddedOptions, LoginFact};
pub use model_server::serves_models;
pub use plain_http::{CalledBy, called_by, needs_tls};
pub use port::{Exposure, PortFact, PortRange};
pub use privilege::{NoNewPrivileges, PrivilegeLevel};
pub use program::{RootNeed, is_for_development, root_need};
pub use program_variables::is_read_by;
pub use protection::{Companion, Protection, lets_any_origin_in};
pub use recommended::{RecommendedPackage, Reliance};
pub use remapped_user::remaps_user;
pub use repository::{RepositoryError, RepositoryPattern};
pub use scope::{Facts, Scope, Scoped, Word};
pub use secret::{FileVariable, FromFile, Reader, SecretFact, VariablePattern};
pub use secret_flag::{glued_secret, takes_secret};
pub use secret_name::{is_secret_name, may_be_secret_name};
pub use serving::is_server;
pub use source_writes::WritingLanguage;
pub use standard::{Control, Relation, Standard};
pub use start::{EntryPoint, StartFact, StopFact};
pub use start_writes::{StartWrite, WrittenPlace};
pub use storage::{DataFact, Mode, ReadOnlyFact, ReadOnlyLevel, WritableKind, WritablePath};
pub use system::{Family, KnownTags, MovedPort, Note, Shell, SystemFact, Topic, UnprivilegedFact};
pub use tag::{Tag, Version, VersionRange};
pub use user::{FirstUser, UserFact, UserId, UserKey};
pub use version_control::{asks_git, takes_version_from_git};
pub use written::{ShellWord, written_by};
