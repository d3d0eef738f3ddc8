//! The commit that a project's repository is at, read from its own files: no program is started for it.

use super::ProjectRoot;
use std::fs;
use std::path::{Path, PathBuf};

/// The longest file of git that is read for it, in bytes: a list of all references may be long.
const MAX_BYTES: u64 = 64 << 20;

/// The commit that is checked out, in hexadecimal; `None` if there is no repository, or none that can be read so.
/// Changes that are not committed don't show in it.
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
