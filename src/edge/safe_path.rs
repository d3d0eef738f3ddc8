//! Paths that may be read and written: relative, inside the root, never in Git's or Hardtack's own folder.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Component, Path, PathBuf};

/// Longest path that is accepted, in bytes; the limit of Linux for a whole path.
const MAX_PATH_BYTES: usize = 4096;

/// Name of the folder that holds Hardtack's own state in a project.
pub(super) const OWN_FOLDER: &str = ".hardtack";

/// What every temporary file's name starts with.
pub(super) const TEMP_PREFIX: &str = ".hardtack-tmp-";

/// Why a path is not touched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The text is no plain relative path.
    #[error("it {0}")]
    Malformed(&'static str),
    /// The path leads into `.git` or `.hardtack`.
    #[error("it leads into `{0}`, which no fix may touch")]
    Reserved(&'static str),
    /// A symbolic link on the way leads out of the project.
    #[error("a symbolic link leads out of the project, to `{0}`")]
    LeavesRoot(String),
    /// A symbolic link on the way leads nowhere.
    #[error("a symbolic link on the way is broken")]
    BrokenLink,
    /// Something on the way is there and is no folder.
    #[error("`{0}` is not a folder")]
    NotAFolder(String),
    /// The path names a folder, a device, a pipe or a socket.
    #[error("it is not a regular file")]
    NotAFile,
    /// A symbolic link leads to a name that is not UTF-8.
    #[error("it leads to a name that is not UTF-8")]
    NotUtf8,
    /// The file system does not say what is there.
    #[error("it cannot be looked at: {0}")]
    Unreadable(String),
}

/// Where a path really leads.
#[derive(Debug)]
pub(super) struct Resolved {
    /// The path from the root with every symbolic link followed, with `/`.
    pub(super) real: String,
    /// What is there; `None` when nothing is.
    pub(super) metadata: Option<Metadata>,
    /// Folders on the way that do not exist yet, outermost first, relative to the root.
    pub(super) missing_folders: Vec<String>,
    /// Whether the last step of the path as given is a symbolic link.
    pub(super) is_link: bool,
}

/// Says whether `path` is a plain relative path with `/` that a fix may name.
///
/// # Errors
/// [`PathError::Malformed`] or [`PathError::Reserved`]; the disk is not looked at.
pub(super) fn check(path: &str) -> Result<(), PathError> {
    let malformed = |why| Err(PathError::Malformed(why));
    if path.is_empty() {
        return malformed("is empty");
    }
    if path.len() > MAX_PATH_BYTES {
        return malformed("is longer than 4096 bytes");
    }
    if path.contains('\0') {
        return malformed("holds a NUL");
    }
    if path.starts_with('/') {
        return malformed("is absolute");
    }
    if cfg!(windows) && path.contains(['\\', ':']) {
        return malformed("holds a backslash or a colon");
    }
    path.split('/').try_for_each(check_component)
}

/// Windows takes `.git.` and `.git ` for `.git`, and other systems may ignore case: refused everywhere,
/// because a record that was written on one system may be read on another.
fn check_component(component: &str) -> Result<(), PathError> {
    let plain = component.trim_end_matches(['.', ' ']);
    if component.is_empty() || component == "." {
        return Err(PathError::Malformed("has an empty step or a `.`"));
    }
    if component == ".." {
        return Err(PathError::Malformed("climbs with `..`"));
    }
    if plain.eq_ignore_ascii_case(".git") || plain.eq_ignore_ascii_case("git~1") {
        return Err(PathError::Reserved(".git"));
    }
    if plain.eq_ignore_ascii_case(OWN_FOLDER) || component.starts_with(TEMP_PREFIX) {
        return Err(PathError::Reserved(OWN_FOLDER));
    }
    Ok(())
}

/// Follows `path` from `root` step by step, and says where it leads.
///
/// `root` must be canonical. The path is judged twice: as it is written, and as it is after every symbolic
/// link has been followed, so that no link leads out of the root or into a reserved folder.
pub(super) fn resolve(root: &Path, path: &str) -> Result<Resolved, PathError> {
    check(path)?;
    let resolved = walk(root, path)?;
    check(&resolved.real)?;
    Ok(resolved)
}

/// [`resolve`] without the judgement of names, for Hardtack's own files.
pub(super) fn walk(root: &Path, path: &str) -> Result<Resolved, PathError> {
    let (folders, name) = path.rsplit_once('/').map_or(("", path), |(folders, name)| (folders, name));
    let mut at = root.to_path_buf();
    let mut missing_folders = Vec::new();
    for component in folders.split('/').filter(|component| !component.is_empty()) {
        at.push(component);
        if !missing_folders.is_empty() {
            missing_folders.push(relative(root, &at)?);
            continue;
        }
        match look(&at)? {
            None => missing_folders.push(relative(root, &at)?),
            Some(metadata) => {
                if metadata.is_symlink() {
                    at = follow(root, &at)?;
                }
                if !at.is_dir() {
                    return Err(PathError::NotAFolder(relative(root, &at)?));
                }
            }
        }
    }
    at.push(name);
    let mut metadata = if missing_folders.is_empty() { look(&at)? } else { None };
    let is_link = metadata.as_ref().is_some_and(Metadata::is_symlink);
    if is_link {
        at = follow(root, &at)?;
        metadata = look(&at)?;
    }
    if metadata.as_ref().is_some_and(|metadata| !metadata.is_file()) {
        return Err(PathError::NotAFile);
    }
    Ok(Resolved { real: relative(root, &at)?, metadata, missing_folders, is_link })
}

/// What a path leads to that was resolved before: it must still lead where it says, through no link.
pub(super) fn resolved_again(root: &Path, path: &str) -> Result<Option<Metadata>, PathError> {
    let resolved = walk(root, path)?;
    if resolved.real == path {
        Ok(resolved.metadata)
    } else {
        Err(PathError::Malformed("now leads through a symbolic link"))
    }
}

/// What stands at `path`, links not followed; `None` when nothing does.
fn look(path: &Path) -> Result<Option<Metadata>, PathError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(PathError::Unreadable(error.to_string())),
    }
}

/// Where the link at `path` leads in the end, inside `root`.
fn follow(root: &Path, path: &Path) -> Result<PathBuf, PathError> {
    let target = fs::canonicalize(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => PathError::BrokenLink,
        _ => PathError::Unreadable(error.to_string()),
    })?;
    if target.starts_with(root) {
        Ok(target)
    } else {
        Err(PathError::LeavesRoot(target.display().to_string()))
    }
}

/// `path` from `root` on, with `/`.
///
/// # Errors
/// [`PathError::LeavesRoot`] when it is elsewhere, [`PathError::NotUtf8`] when a step is not UTF-8.
pub(super) fn relative(root: &Path, path: &Path) -> Result<String, PathError> {
    let rest = path.strip_prefix(root).map_err(|_| PathError::LeavesRoot(path.display().to_string()))?;
    let mut steps = Vec::new();
    for component in rest.components() {
        let Component::Normal(step) = component else {
            return Err(PathError::Malformed("climbs with `..`"));
        };
        steps.push(step.to_str().ok_or(PathError::NotUtf8)?);
    }
    Ok(steps.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_paths_pass() {
        for path in ["compose.yaml", "a/b/c.yml", ".env", ".github/x", "a b/ü.yaml", "..a/b..", ".gitignore"]
        {
            assert_eq!(check(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn tricks_are_refused() {
        let long = "a/".repeat(3000) + "b";
        for path in [
            "",
            "/etc/passwd",
            "../x",
            "a/../../x",
            "a/..",
            "./a",
            "a//b",
            "a/",
            "a\0b",
            ".git/config",
            ".GIT/hooks/x",
            "sub/.git/config",
            ".git./config",
            ".hardtack/journal.json",
            ".Hardtack/x",
            "a/.hardtack-tmp-0",
            &long,
        ] {
            assert!(check(path).is_err(), "{path:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_inside_and_refused_outside() {
        use std::os::unix::fs::symlink;
        let outside = tempfile::tempdir().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("real/.git")).unwrap();
        fs::write(root.join("real/a.yaml"), "a").unwrap();
        fs::write(outside.path().join("a.yaml"), "secret").unwrap();
        symlink("real", root.join("in")).unwrap();
        symlink("real/a.yaml", root.join("link.yaml")).unwrap();
        symlink("real/.git", root.join("sly")).unwrap();
        symlink(outside.path(), root.join("out")).unwrap();
        symlink("nowhere", root.join("broken.yaml")).unwrap();

        assert_eq!(resolve(&root, "in/a.yaml").unwrap().real, "real/a.yaml");
        let link = resolve(&root, "link.yaml").unwrap();
        assert_eq!((link.real.as_str(), link.is_link), ("real/a.yaml", true));
        assert!(matches!(resolve(&root, "out/a.yaml"), Err(PathError::LeavesRoot(_))));
        assert!(matches!(resolve(&root, "out/new.yaml"), Err(PathError::LeavesRoot(_))));
        assert_eq!(resolve(&root, "sly/config").unwrap_err(), PathError::Reserved(".git"));
        assert_eq!(resolve(&root, "broken.yaml").unwrap_err(), PathError::BrokenLink);
        assert_eq!(resolve(&root, "real").unwrap_err(), PathError::NotAFile);
        assert!(matches!(resolve(&root, "link.yaml/x"), Err(PathError::NotAFolder(_))));
    }

    #[test]
    fn missing_folders_are_named_from_the_outside_in() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let resolved = resolve(&root, "a/b/c.yaml").unwrap();
        assert_eq!(resolved.missing_folders, ["a", "a/b"]);
        assert!(resolved.metadata.is_none());
    }

    proptest! {
        #[test]
        fn what_passes_stays_below_the_root(path in "[a.g/i\\\\t~: ]{0,12}") {
            if check(&path).is_ok() {
                let steps = Path::new(&path).components();
                prop_assert!(steps.clone().count() > 0);
                let all_plain = steps.clone().all(|step| matches!(step, Component::Normal(_)));
                prop_assert!(all_plain);
                prop_assert!(!steps.into_iter().any(|step| step.as_os_str() == ".git"));
            }
        }
    }
}
