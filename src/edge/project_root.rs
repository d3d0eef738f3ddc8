//! The root of a project, and how its files are read.

use super::safe_path::{self, PathError};
use crate::report::json::Problem;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Largest file that is read unless told otherwise, in bytes. The largest Compose files that people publish
/// are a few hundred kilobytes.
pub const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// The folder that a project's paths start from: where `hardtack.lock` and `.hardtack/` live.
///
/// Invariant: absolute, and canonical wherever the folder exists.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectRoot {
    folder: PathBuf,
}

/// The content of a file and how it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileContent {
    /// All its bytes.
    pub bytes: Vec<u8>,
    /// Permission bits (`0o7777`); `None` on systems that have none.
    pub mode: Option<u32>,
}

/// Why a file was not read. It concerns this file alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileProblem {
    /// Nothing is there.
    #[error("there is no such file or folder")]
    NotFound,
    /// A folder has the name of a file. Docker makes such folders when it mounts a file that is missing.
    #[error("it is a folder; Docker makes one when it mounts a file that does not exist")]
    IsFolder,
    /// A device, a pipe or a socket.
    #[error("it is not a regular file")]
    NotAFile,
    /// A symbolic link that leads nowhere.
    #[error("it is a symbolic link that leads nowhere")]
    BrokenLink,
    /// A symbolic link that leads out of the project.
    #[error("it is a symbolic link that leads out of the project, to `{target}`")]
    LeavesRoot {
        /// Where it leads.
        target: String,
    },
    /// The file is larger than the limit.
    #[error("it is larger than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// A name on the way is not UTF-8, so that no report and no record can name it.
    #[error("its name is not UTF-8")]
    NameNotUtf8,
    /// The path is not one that a project may name.
    #[error("the path is refused: {0}")]
    Path(PathError),
    /// The system does not let it be read.
    #[error("it cannot be read: {why}")]
    Unreadable {
        /// The system's message.
        why: String,
    },
}

impl FileProblem {
    /// What a person can do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::NotFound => "name a file or a folder that is there",
            Self::IsFolder => "remove the folder if it is empty, or name the file that is meant",
            Self::NotAFile => "name a regular file; pipes and devices are not read",
            Self::BrokenLink => "mend the link or remove it",
            Self::LeavesRoot { .. } => {
                "run hardtack in the project that the target belongs to, or name the target itself"
            }
            Self::TooLarge { .. } => "split the file, or leave it out of the run",
            Self::NameNotUtf8 => "rename it",
            Self::Path(_) => "name a path inside the project",
            Self::Unreadable { .. } => "give yourself the right to read it, or leave it out of the run",
        }
    }

    /// What a report says of it; `path` is the file.
    pub(super) fn of_file(&self, path: &str) -> Problem {
        let (message, help) = (self.to_string(), self.help().to_owned());
        Problem { path: path.to_owned(), position: None, message, help: Some(help) }
    }
}

impl ProjectRoot {
    /// The root for `path`: the nearest folder upwards that holds `hardtack.yaml` or `.git`, else the folder
    /// itself; for a file, its folder. For a path that does not exist, the search starts at the nearest
    /// folder that does.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        let folder = nearest_folder(path);
        let marked = folder
            .ancestors()
            .find(|folder| folder.join("hardtack.yaml").is_file() || folder.join(".git").exists());
        Self { folder: marked.unwrap_or(&folder).to_path_buf() }
    }

    /// The root as an absolute path.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// `path` as it is shown: from the root, with `/`. `None` when it is elsewhere or not UTF-8.
    #[must_use]
    pub fn relative(&self, path: &Path) -> Option<String> {
        safe_path::relative(&self.folder, path).ok()
    }

    /// Reads the file that a project names, by its path from the root with `/`.
    ///
    /// Symbolic links are followed as long as they stay inside the root.
    ///
    /// # Errors
    /// Any [`FileProblem`]; a file of more than `max_bytes` is not read.
    pub fn read(&self, path: &str, max_bytes: u64) -> Result<FileContent, FileProblem> {
        let resolved = safe_path::resolve(&self.folder, path).map_err(|error| match error {
            PathError::BrokenLink => FileProblem::BrokenLink,
            PathError::LeavesRoot(target) => FileProblem::LeavesRoot { target },
            PathError::NotAFile if self.folder.join(path).is_dir() => FileProblem::IsFolder,
            PathError::NotAFile => FileProblem::NotAFile,
            PathError::NotUtf8 => FileProblem::NameNotUtf8,
            PathError::NotAFolder(_) => FileProblem::NotFound,
            PathError::Unreadable(why) => FileProblem::Unreadable { why },
            other @ (PathError::Malformed(_) | PathError::Reserved(_)) => FileProblem::Path(other),
        })?;
        read_regular(&self.folder.join(resolved.real), max_bytes)
    }
}

/// The nearest folder at or above `path` that exists, canonical where the system says so.
fn nearest_folder(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    // A named file stands where its name stands, even if it is a link to elsewhere.
    let start = absolute.ancestors().find(|at| at.is_dir()).unwrap_or(&absolute);
    fs::canonicalize(start).unwrap_or_else(|_| start.to_path_buf())
}

/// Reads a regular file, links followed. Nothing else is opened: a pipe would wait for ever.
pub(super) fn read_regular(path: &Path, max_bytes: u64) -> Result<FileContent, FileProblem> {
    let metadata = fs::metadata(path).map_err(|error| problem_of(&error))?;
    if metadata.is_dir() {
        return Err(FileProblem::IsFolder);
    }
    if !metadata.is_file() {
        return Err(FileProblem::NotAFile);
    }
    let too_large = FileProblem::TooLarge { limit: max_bytes };
    if metadata.len() > max_bytes {
        return Err(too_large);
    }
    let file = File::open(path).map_err(|error| problem_of(&error))?;
    let mut bytes = Vec::new();
    // One byte more than allowed tells a file that grew meanwhile from one that just fits.
    let read = file.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| problem_of(&error))?;
    if bytes.len() as u64 > max_bytes {
        return Err(too_large);
    }
    Ok(FileContent { bytes, mode: mode_of(&metadata) })
}

fn problem_of(error: &io::Error) -> FileProblem {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => FileProblem::NotFound,
        _ => FileProblem::Unreadable { why: error.to_string() },
    }
}

/// The permission bits, on systems that have them.
#[cfg(unix)]
pub(super) fn mode_of(metadata: &Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    Some(metadata.permissions().mode() & 0o7777)
}

/// The permission bits, on systems that have them.
#[cfg(not(unix))]
pub(super) fn mode_of(_metadata: &Metadata) -> Option<u32> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(folder: &tempfile::TempDir) -> PathBuf {
        folder.path().canonicalize().unwrap()
    }

    #[test]
    fn the_root_is_the_nearest_marked_folder() {
        let folder = tempfile::tempdir().unwrap();
        let top = canonical(&folder);
        fs::create_dir_all(top.join("git/.git")).unwrap();
        fs::create_dir_all(top.join("git/sub/deep")).unwrap();
        fs::create_dir_all(top.join("plain/deep")).unwrap();
        fs::write(top.join("git/sub/compose.yaml"), "").unwrap();
        let of = |path: &str| ProjectRoot::of(&top.join(path)).folder().to_path_buf();
        assert_eq!(of("git/sub/deep"), top.join("git"));
        assert_eq!(of("git/sub/compose.yaml"), top.join("git"));
        assert_eq!(of("git/sub/missing/compose.yaml"), top.join("git"));
        fs::write(top.join("git/sub/hardtack.yaml"), "").unwrap();
        assert_eq!(of("git/sub/deep"), top.join("git/sub"));
        assert_eq!(of("plain/deep"), top.join("plain/deep"));
    }

    #[test]
    fn reads_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(".git")).unwrap();
        fs::write(folder.path().join("a"), "12345").unwrap();
        let root = ProjectRoot::of(folder.path());
        assert_eq!(root.read("a", 5).unwrap().bytes, b"12345");
        assert_eq!(root.read("a", 4), Err(FileProblem::TooLarge { limit: 4 }));
        assert_eq!(root.read("b", 5), Err(FileProblem::NotFound));
        assert_eq!(root.read("a/b", 5), Err(FileProblem::NotFound));
        assert_eq!(root.read(".git", 5), Err(FileProblem::Path(PathError::Reserved(".git"))));
        assert!(matches!(root.read("../a", 5), Err(FileProblem::Path(PathError::Malformed(_)))));
    }
}
