//! The commit that a project's repository is at, read from its own files, and whether more is there than that.

use super::ProjectRoot;
use super::git::Git;
use std::fs;
use std::path::{Path, PathBuf};

/// The longest file of git that is read for it, in bytes: a list of all references may be long.
const MAX_BYTES: u64 = 64 << 20;

/// The commit that is checked out, in hexadecimal; `None` if there is no repository, or none that can be read so.
/// Changes that are not committed don't show in it; [`uncommitted_files`] counts them.
#[must_use]
pub fn commit_of(root: &ProjectRoot) -> Option<String> {
    let marked = root.folder().ancestors().map(|folder| folder.join(".git")).find(|git| git.exists())?;
    let folder = git_folder(&marked)?;
    let head = read(&folder.join("HEAD"))?;
    match head.trim().strip_prefix("ref: ") {
        None => commit(&head),
        Some(name) => reference(&folder, name.trim()),
    }
}

/// How many files below a project's root are not as they are committed, or not committed at all; `None` where git
/// can't tell. Git is asked for it, since its index alone does not show what changed.
#[must_use]
pub fn uncommitted_files(root: &ProjectRoot) -> Option<usize> {
    let git = Git::of(root.folder()).ok()?;
    let folder = root.folder().canonicalize().ok()?;
    let place = folder.strip_prefix(git.folder().canonicalize().ok()?).ok()?;
    let place = match place.to_str()? {
        "" => ":/".to_owned(),
        place => format!(":(top,literal){place}"),
    };
    let status = ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", &place];
    let listed = git.run(&status).ok()?;
    Some(listed.split('\0').filter(|line| !line.is_empty()).count())
}

/// The folder of git: `.git` itself, or the one that a file of that name points to (a worktree, a submodule).
pub(super) fn git_folder(marked: &Path) -> Option<PathBuf> {
    if marked.is_dir() {
        return Some(marked.to_owned());
    }
    let text = read(marked)?;
    let path = text.trim().strip_prefix("gitdir: ")?;
    Some(marked.parent()?.join(path))
}

/// What a reference stands for: a file of its own, or a line of the packed ones; both may be in the folder that
/// worktrees share.
fn reference(folder: &Path, name: &str) -> Option<String> {
    if !name.starts_with("refs/") || name.split('/').any(|part| part == "..") {
        return None;
    }
    let shared = read(&folder.join("commondir")).map(|path| folder.join(path.trim()));
    [Some(folder.to_owned()), shared].into_iter().flatten().find_map(|folder| {
        let own = read(&folder.join(name)).and_then(|text| commit(&text));
        own.or_else(|| {
            let packed = read(&folder.join("packed-refs"))?;
            let line =
                packed.lines().find(|line| line.split_once(' ').is_some_and(|(_, found)| found == name))?;
            commit(line.split(' ').next()?)
        })
    })
}

fn read(path: &Path) -> Option<String> {
    let is_fit = fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() <= MAX_BYTES);
    if is_fit { fs::read_to_string(path).ok() } else { None }
}

fn commit(text: &str) -> Option<String> {
    let text = text.trim();
    let is_commit = matches!(text.len(), 40 | 64) && text.chars().all(|c| c.is_ascii_hexdigit());
    is_commit.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "3d3c42e5aac5ba805825da76410c181273ba90b1";

    fn at(files: &[(&str, &str)]) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let inside = folder.path().join("project");
        fs::create_dir_all(&inside).unwrap();
        fs::write(inside.join("hardtack.yaml"), "").unwrap();
        commit_of(&ProjectRoot::of(&inside))
    }

    #[test]
    fn the_commit_is_found_wherever_git_keeps_it() {
        let line = format!("{COMMIT}\n");
        let packed = format!("# pack-refs\n{COMMIT} refs/heads/main\n");
        for files in [
            &[(".git/HEAD", line.as_str())][..],
            &[(".git/HEAD", "ref: refs/heads/main\n"), (".git/refs/heads/main", &line)],
            &[(".git/HEAD", "ref: refs/heads/main\n"), (".git/packed-refs", &packed)],
            &[
                ("git/HEAD", "ref: refs/heads/main\n"),
                ("git/refs/heads/main", &line),
                (".git", "gitdir: git\n"),
            ],
            &[
                ("git/HEAD", "ref: refs/heads/main\n"),
                ("git/commondir", "../shared\n"),
                ("shared/refs/heads/main", &line),
                (".git", "gitdir: git\n"),
            ],
        ] {
            assert_eq!(at(files).as_deref(), Some(COMMIT), "{files:?}");
        }
    }

    #[test]
    fn files_that_are_not_committed_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("project");
        fs::create_dir(&project).unwrap();
        let root = || ProjectRoot::of(&project);
        let git = |arguments: &[&str]| {
            let mut command = std::process::Command::new("git");
            command.current_dir(folder.path()).args(["-c", "user.name=a", "-c", "user.email=a@example.org"]);
            assert!(command.args(arguments).output().unwrap().status.success(), "{arguments:?}");
        };
        fs::write(project.join("hardtack.yaml"), "").unwrap();
        assert_eq!(uncommitted_files(&root()), None, "no repository");
        git(&["init", "--quiet"]);
        git(&["add", "."]);
        git(&["commit", "--quiet", "-m", "a"]);
        fs::write(folder.path().join("beside"), "").unwrap();
        assert_eq!(uncommitted_files(&root()), Some(0));
        fs::write(project.join("hardtack.yaml"), "profile: strict\n").unwrap();
        fs::write(project.join("new file"), "").unwrap();
        assert_eq!(uncommitted_files(&root()), Some(2));
    }

    #[test]
    fn what_is_no_commit_is_none() {
        for files in [
            &[(".git/HEAD", "ref: refs/heads/main\n")][..],
            &[(".git/HEAD", "ref: ../../secret\n")],
            &[(".git/HEAD", "ref: refs/../../secret\n"), ("secret", COMMIT)],
            &[(".git/HEAD", "nonsense\n")],
            &[(".git/config", "")],
        ] {
            assert_eq!(at(files), None, "{files:?}");
        }
    }
}
