//! Floor 7: the disk, the network, the clock and the terminal. What the floors below must not touch, they get from here.
//!
//! Reading goes through [`discover()`] and [`ProjectRoot::read`]; writing goes through [`apply`] alone, which
//! leaves a project all-before or all-after, whenever the process is killed. Every command that reads or
//! writes a project calls [`recover`] first.

mod asked_beside;
mod build_files;
mod ci;
mod clock;
mod commit;
mod compose_name;
mod context_files;
mod discover;
mod dotenv_files;
mod file_kind;
pub mod forge;
pub mod git;
mod manifest_files;
mod nginx_files;
mod plain_files;
mod project_root;
mod propose;
mod record_id;
mod registry;
mod rollback_store;
mod safe_path;
mod service_texts;
mod shared_profile;
mod source_writes;
mod terminal;
mod tracked;
mod transaction;
mod twins;
mod update_bots;
mod workspace;

pub use ci::{append_step_summary, below_repository, set_step_outputs};
pub use clock::{now, today};
pub use commit::{commit_of, uncommitted_files};
pub use compose_name::is_compose_file_name;
pub use discover::{Discovered, Discovery, discover, projects_below};
pub use file_kind::FileKind;
pub use project_root::{FileContent, FileProblem, MAX_FILE_BYTES, ProjectRoot};
pub use propose::{Commits, Proposal, ProposeError, propose};
pub use record_id::{RecordId, RecordIdError};
pub use registry::{
    Answers as RegistryAnswers, Cache, CredentialFiles, Depth, Limits, Mirror, MirrorError, Progress,
    RegistryError, RegistryOptions, Resolved, list_tags, look_up, resolve,
};
pub use rollback_store::{MAX_RECORD_BYTES, NewRecord, RollbackEntry, RollbackStore, StoreError};
pub use safe_path::PathError;
pub use terminal::{ColorChoice, Environment, color_enabled, stdout_color, stdout_is_terminal};
pub use transaction::{FileWrite, Recovery, Staleness, TransactionError, apply, recover, sha256_hex};
pub use update_bots::{UpdateBot, update_bots};
pub use workspace::{LOCK_FILE, PROJECT_FILE, Request, Workspace, WorkspaceError, read as read_workspace};
