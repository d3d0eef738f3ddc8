//! Reads everything that a plan is made of: the files, the settings, the profile and the lock.

use super::asked_beside::asked_beside;
use super::build_files::read_dockerfiles;
use super::context_files::{compose_project, listed_folders};
use super::dotenv_files::DotenvFiles;
use super::file_kind::FileKind;
use super::manifest_files::manifest_files;
use super::nginx_files::read_nginx;
use super::plain_files::plain_files;
use super::project_root::read_regular;
use super::service_texts::service_texts;
use super::shared_profile::shared_profile;
use super::source_writes::source_writes;
use super::twins::twins;
use super::{Discovered, Discovery, FileProblem, MAX_FILE_BYTES, Mirror, ProjectRoot, discover, today};
use crate::model::Environment;
use crate::model::compose::file_set::folder_of;
use crate::model::compose::{ComposeFile, Project, check_shape};
use crate::model::lock::{Lock, LockError};
use crate::plan::sha256_hex;
use crate::profile::{BUILTIN, ConfigError, MirrorEntry, Profile, ProjectFile, is_shared, load};
use crate::report::json::Problem;
use crate::text::{LineColumn, LineIndex};
use rayon::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The name of the project file.
pub const PROJECT_FILE: &str = "hardtack.yaml";
/// The name of the lock.
pub const LOCK_FILE: &str = "hardtack.lock";

/// What the user asks to be read.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Files and folders; the working folder if there are none.
    pub paths: Vec<PathBuf>,
    /// A profile that beats the project file's: a builtin name or a path.
    pub profile: Option<String>,
    /// A lock in another place.
    pub lock: Option<PathBuf>,
    /// Whether no socket is opened: a shared profile must have been fetched before.
    pub offline: bool,
}

/// A project as read from disk.
pub struct Workspace {
    /// Its root.
    pub root: ProjectRoot,
    /// The settings of `hardtack.yaml`, empty if there is none.
    pub settings: ProjectFile,
    /// The profile.
    pub profile: Profile,
    /// The files that the profile is made of and the project file, each with the SHA-256 of its text.
    pub settings_files: Vec<(String, String)>,
    /// The lock; `None` if there is none.
    pub lock: Option<Lock>,
    /// The lock's text; `None` if there is none.
    pub lock_text: Option<String>,
    /// What the lock is called, whether there is one or not.
    pub lock_name: String,
    /// The Compose files.
    pub project: Project,
    /// Inputs that could not be read, or were refused as a whole.
    pub problems: Vec<Problem>,
    /// What is wrong with the project and keeps nothing from going on, such as a line of a `.env` file.
    pub warnings: Vec<Problem>,
    /// Folders below that have a project file of their own and were left to it, as [`Discovery::left`](crate::edge::Discovery).
    pub left: Vec<String>,
}

/// Why nothing can be read at all: the settings or the arguments are wrong.
#[derive(Debug, thiserror::Error)]
pub enum WorkspaceError {
    /// Settings are wrong, each where it is written.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Settings(Vec<ConfigError>),
    /// The paths belong to several projects.
    #[error("the paths belong to several projects ({first} and {second}); run hardtack for each of them")]
    SeveralRoots {
        /// The root of one.
        first: String,
        /// The root of another.
        second: String,
    },
}

/// Reads a project.
///
/// # Errors
/// If settings, profile or lock are wrong. Files that cannot be read are no error: they are in `problems`,
/// and the others go on.
pub fn read(request: &Request) -> Result<Workspace, WorkspaceError> {
    let paths = if request.paths.is_empty() { vec![PathBuf::from(".")] } else { request.paths.clone() };
    let Discovery { files, left, misnamed } = discover(&paths, MAX_FILE_BYTES);
    let (root, found) = one_root(&paths, files)?;
    let settings = read_settings(&root)?;
    let (profile, mut settings_files) = read_profile(&root, &settings, request)?;
    if let Ok(Some(text)) = read_text(&root, PROJECT_FILE) {
        settings_files.push((PROJECT_FILE.to_owned(), sha256_hex(&text)));
    }
    let own_lock = request.lock.as_ref().map(|path| path.display().to_string());
    let lock_name = own_lock.unwrap_or_else(|| LOCK_FILE.to_owned());
    let (lock, lock_text) = read_lock(&root, request, &lock_name)?.unzip();
    let Files { project, problems, mut warnings } = read_files(&root, found);
    warnings.extend(misnamed.into_iter().map(misnamed_settings));
    Ok(Workspace {
        root,
        settings,
        profile,
        settings_files,
        lock,
        lock_text,
        lock_name,
        project,
        problems,
        warnings,
        left,
    })
}

/// Who wrote exceptions into it believes that they hold.
fn misnamed_settings(path: String) -> Problem {
    let message = format!("nothing reads this file: settings stand in `{PROJECT_FILE}`");
    Problem { path, position: None, message, help: Some(format!("rename it to {PROJECT_FILE}")) }
}

/// The root that all files share. Folders without a mark of their own have their common folder as root.
fn one_root(
    paths: &[PathBuf],
    found: Vec<Discovered>,
) -> Result<(ProjectRoot, Vec<Discovered>), WorkspaceError> {
    let roots: BTreeSet<PathBuf> =
        paths.iter().map(|path| ProjectRoot::of(path).folder().to_path_buf()).collect();
    let mut roots = roots.into_iter();
    let Some(first) = roots.next() else { return Ok((ProjectRoot::of(Path::new(".")), found)) };
    let rest: Vec<PathBuf> = roots.collect();
    if rest.is_empty() {
        return Ok((ProjectRoot::of(&first), found));
    }
    let is_marked = |folder: &Path| folder.join(PROJECT_FILE).is_file() || folder.join(".git").exists();
    if let Some(other) = rest.iter().find(|other| is_marked(other) || is_marked(&first)) {
        return Err(WorkspaceError::SeveralRoots {
            first: first.display().to_string(),
            second: other.display().to_string(),
        });
    }
    let shared = |folder: &Path| rest.iter().all(|other| other.starts_with(folder));
    let common = first.ancestors().find(|folder| shared(folder)).unwrap_or(&first);
    let root = ProjectRoot::of(common);
    let moved = found.into_iter().map(|file| {
        let path = root.relative(&file.root.folder().join(&file.path)).unwrap_or(file.path);
        Discovered { root: root.clone(), path, ..file }
    });
    let moved = moved.collect();
    Ok((root, moved))
}

fn read_settings(root: &ProjectRoot) -> Result<ProjectFile, WorkspaceError> {
    match read_text(root, PROJECT_FILE) {
        Ok(Some(text)) => {
            let settings =
                ProjectFile::read(PROJECT_FILE, &text, today()).map_err(WorkspaceError::Settings)?;
            let wrong: Vec<ConfigError> = settings.mirrors.iter().filter_map(mirror_error).collect();
            if wrong.is_empty() { Ok(settings) } else { Err(WorkspaceError::Settings(wrong)) }
        }
        Ok(None) => Ok(ProjectFile::default()),
        Err(unread) => Err(WorkspaceError::Settings(vec![config_error(PROJECT_FILE, unread)])),
    }
}

fn mirror_error(entry: &MirrorEntry) -> Option<ConfigError> {
    let message = Mirror::at(&entry.url).err()?.to_string();
    Some(ConfigError { path: PROJECT_FILE.to_owned(), position: Some(entry.position), message, help: None })
}

/// Why a settings file could not be read.
pub(super) struct Unread {
    position: Option<LineColumn>,
    pub(super) why: String,
}

fn config_error(path: &str, unread: Unread) -> ConfigError {
    ConfigError { path: path.to_owned(), position: unread.position, message: unread.why, help: None }
}

/// A text below the root; `None` if it is not there.
pub(super) fn read_text(root: &ProjectRoot, path: &str) -> Result<Option<String>, Unread> {
    match root.read(path, MAX_FILE_BYTES) {
        Ok(content) => decoded(content.bytes).map(Some),
        Err(FileProblem::NotFound) => Ok(None),
        Err(problem) => Err(Unread { position: None, why: problem.to_string() }),
    }
}

/// A text that the user named on the command line, wherever it is.
fn read_own_text(path: &Path) -> Result<String, Unread> {
    let content = read_regular(path, MAX_FILE_BYTES);
    decoded(content.map_err(|problem| Unread { position: None, why: problem.to_string() })?.bytes)
}

fn decoded(bytes: Vec<u8>) -> Result<String, Unread> {
    String::from_utf8(bytes).map_err(|error| {
        let end = error.utf8_error().valid_up_to();
        let good = String::from_utf8_lossy(&error.as_bytes()[..end]);
        let position = LineIndex::new(&good).locate(&good, end);
        Unread { position: Some(position), why: "the file is not valid UTF-8".to_owned() }
    })
}

fn read_profile(
    root: &ProjectRoot,
    settings: &ProjectFile,
    request: &Request,
) -> Result<(Profile, Vec<(String, String)>), WorkspaceError> {
    let asked = request.profile.as_deref();
    let name = asked.or(settings.profile.as_deref()).unwrap_or("recommended");
    let find = |wanted: &str, from: Option<&str>| {
        if let Some((name, text)) = BUILTIN.iter().find(|(name, _)| *name == wanted) {
            return Ok(((*name).to_owned(), (*text).to_owned()));
        }
        if is_shared(wanted) {
            let text = shared_profile(wanted, request.offline);
            return text
                .map(|text| (wanted.to_owned(), text))
                .map_err(|why| format!("the profile `{wanted}` cannot be had: {why}"));
        }
        if from.is_some_and(is_shared) {
            return Err(format!(
                "a shared profile extends builtin ones and shared ones, and no file such as `{wanted}`"
            ));
        }
        // A path on the command line, and what its file extends, is the user's own; one that a file of the
        // project names stays in the project.
        if asked.is_some() {
            let folder = from.and_then(|from| Path::new(from).parent());
            let path = folder.map_or_else(|| PathBuf::from(wanted), |folder| folder.join(wanted));
            return read_own_profile(&path);
        }
        let folder = from.map_or("", folder_of);
        let path = crate::model::compose::file_set::join(folder, wanted);
        match read_text(root, &path) {
            Ok(Some(text)) => Ok((path, text)),
            Ok(None) => Err(format!("there is no profile `{wanted}`")),
            Err(unread) => Err(format!("the profile `{wanted}` cannot be read: {}", unread.why)),
        }
    };
    let read = RefCell::new(Vec::new());
    let source = |wanted: &str, from: Option<&str>| {
        let (name, text) = find(wanted, from)?;
        read.borrow_mut().push((name.clone(), sha256_hex(&text)));
        Ok((name, text))
    };
    let mut profile = load(name, &source).map_err(|errors| {
        let named_by_project = asked.is_none() && settings.profile.is_some();
        let locate = |mut error: ConfigError| {
            if named_by_project && error.position.is_none() {
                error.path = PROJECT_FILE.to_owned();
                error.position = settings.profile_position;
            }
            error
        };
        WorkspaceError::Settings(errors.into_iter().map(locate).collect())
    })?;
    for rule in &mut profile.rules {
        if let Some(own) = settings.options.get(rule.rule.meta().id) {
            rule.options.overlay(own);
        }
    }
    let files = read.borrow().clone();
    Ok((profile, files))
}

fn read_own_profile(path: &Path) -> Result<(String, String), String> {
    let shown = path.display().to_string();
    match read_regular(path, MAX_FILE_BYTES) {
        Err(FileProblem::NotFound) => Err(format!("there is no profile `{shown}`")),
        Err(problem) => Err(format!("the profile `{shown}` cannot be read: {problem}")),
        Ok(content) => match decoded(content.bytes) {
            Ok(text) => Ok((shown, text)),
            Err(unread) => Err(format!("the profile `{shown}` cannot be read: {}", unread.why)),
        },
    }
}

fn read_lock(
    root: &ProjectRoot,
    request: &Request,
    name: &str,
) -> Result<Option<(Lock, String)>, WorkspaceError> {
    let text = match &request.lock {
        Some(path) => read_own_text(path).map(Some),
        None => read_text(root, LOCK_FILE),
    };
    let wrong = |error| WorkspaceError::Settings(vec![error]);
    let Some(text) = text.map_err(|unread| wrong(config_error(name, unread)))? else { return Ok(None) };
    let lock = Lock::read(&text).map_err(|error| wrong(lock_error(name, &error)))?;
    Ok(Some((lock, text)))
}

/// What is wrong with a lock, and where.
fn lock_error(path: &str, error: &LockError) -> ConfigError {
    let help = Some(error.help());
    ConfigError { path: path.to_owned(), position: error.position, message: error.to_string(), help }
}

/// The files of a project, and what is wrong with them.
struct Files {
    project: Project,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

/// Reads the files that were found, and those that it takes to understand them.
fn read_files(root: &ProjectRoot, found: Vec<Discovered>) -> Files {
    let (found, others): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|file| file.kind == FileKind::Compose);
    let (dockerfiles, nginx): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|file| file.kind == FileKind::Dockerfile);
    let mut dotenv = DotenvFiles::read(root, found.iter().map(|file| folder_of(&file.path)));
    let read: Vec<Result<ComposeFile, Problem>> = found
        .par_iter()
        .map(|file| {
            let content = file.content.as_ref().map_err(|problem| problem.of_file(&file.path))?;
            read_compose(&file.path, &content.bytes, &dotenv)
        })
        .collect();
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for result in read {
        match result {
            Ok(file) => files.push(file),
            Err(problem) => problems.push(problem),
        }
    }
    let is_set = |(_, environment): &(&str, &Environment)| !environment.is_empty();
    let named = |(folder, environment): (&str, &Environment)| {
        (crate::model::compose::file_set::join(folder, ".env"), environment.clone())
    };
    let env_files = dotenv.all().filter(is_set).map(named).collect();
    let known: BTreeSet<String> = found.into_iter().map(|file| file.path).collect();
    let sets = file_sets(&dotenv);
    let listed = listed_folders(root, &files);
    let mut project = compose_project(root, files, (&listed, &sets), known, &mut dotenv);
    project.name = root.folder().file_name().and_then(|name| name.to_str()).map(str::to_owned);
    project.sets = sets;
    project.samples = std::mem::take(&mut dotenv.samples);
    let (dockerfiles, unread) = read_dockerfiles(root, dockerfiles, &mut project);
    project.dockerfiles = dockerfiles;
    problems.extend(unread);
    let (nginx, unread) = read_nginx(root, nginx, &project);
    project.nginx = nginx;
    problems.extend(unread);
    let (plain, sealed) = plain_files(root, &project);
    project.plain = plain;
    project.plain.append(&mut dotenv.texts);
    project.sealed = sealed;
    project.sealed.append(&mut dotenv.sealed);
    project.sealed.append(&mut twins(root, &project));
    project.texts = service_texts(root, &project);
    project.manifests = manifest_files(root, &project);
    project.source_writes = source_writes(root, &project);
    project.asked_beside = asked_beside(root, &project, &listed);
    project.env_files = env_files;
    Files { project, problems, warnings: dotenv.problems }
}

pub(super) fn read_compose(path: &str, bytes: &[u8], dotenv: &DotenvFiles) -> Result<ComposeFile, Problem> {
    let environment = dotenv.of(folder_of(path));
    let read = ComposeFile::read(path, bytes, environment);
    read.and_then(|file| check_shape(&file).map(|()| file)).map_err(|error| Problem {
        path: path.to_owned(),
        position: error.position(),
        message: error.to_string(),
        help: error.help().map(str::to_owned),
    })
}

/// The files that each folder's `.env` has Compose read as one.
fn file_sets(dotenv: &DotenvFiles) -> Vec<Vec<String>> {
    let set = |(folder, environment): (&str, &Environment)| {
        let separator =
            environment.get("COMPOSE_PATH_SEPARATOR").filter(|text| !text.is_empty()).unwrap_or(":");
        let files = environment.get("COMPOSE_FILE")?.split(separator);
        Some(files.map(|file| crate::model::compose::file_set::join(folder, file.trim())).collect())
    };
    dotenv.all().filter_map(set).collect()
}
