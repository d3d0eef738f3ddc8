//! Whether git tracks a file, read from its own index: no program is started for it.

use super::ProjectRoot;
use super::commit::git_folder;
use std::fs;
use std::io::{ErrorKind, Read as _};

/// The longest index that is read, in bytes: one of a million files.
const MAX_BYTES: u64 = 256 << 20;

/// What the index of a repository says of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tracking {
    /// It has an entry.
    Tracked,
    /// It has none, or there is no repository.
    Untracked,
    /// The index cannot be read, or has a form that is not understood here: version 4 (`index.version`,
    /// `feature.manyFiles`), split (`core.splitIndex`), or with whole folders as entries (`index.sparse`).
    Unknown,
}

/// What the index of the nearest repository says of a file, by its path from the project's root.
pub(super) fn tracking(root: &ProjectRoot, path: &str) -> Tracking {
    let file = root.folder().join(path);
    let Some(top) = file.ancestors().skip(1).find(|folder| folder.join(".git").exists()) else {
        return Tracking::Untracked;
    };
    let inside = file.strip_prefix(top).ok().and_then(|inside| inside.to_str());
    let index = git_folder(&top.join(".git")).map(|folder| folder.join("index"));
    let (Some(inside), Some(index)) = (inside, index) else { return Tracking::Unknown };
    let mut bytes = Vec::new();
    match fs::File::open(index).map(|file| file.take(MAX_BYTES).read_to_end(&mut bytes)) {
        // A repository to which nothing was ever added has no index.
        Err(error) if error.kind() == ErrorKind::NotFound => Tracking::Untracked,
        Ok(Ok(_)) => in_index(&bytes, inside),
        _ => Tracking::Unknown,
    }
}

/// The same, from the bytes of an index. Which hash it is made with stands elsewhere, so both lengths are tried; an index
/// is understood if it can be followed to its very end.
fn in_index(index: &[u8], path: &str) -> Tracking {
    let has_entry = [20, 32].into_iter().find_map(|hash| has_entry(index, path.as_bytes(), hash));
    has_entry.map_or(Tracking::Unknown, |has| if has { Tracking::Tracked } else { Tracking::Untracked })
}

/// Whether an index of version 2 or 3 has a path; `None` if it is of another form (git's `index-format`).
///
/// An entry is 40 bytes about the file, the hash, flags, the path, and one to eight NUL, which fill it up to a multiple
/// of eight. Extensions follow, and the hash of all. Those whose name begins with a small letter change what the entries
/// mean.
fn has_entry(index: &[u8], path: &[u8], hash: usize) -> Option<bool> {
    let number = |at: usize| Some(u32::from_be_bytes(index.get(at..at + 4)?.try_into().ok()?));
    if !index.starts_with(b"DIRC") || !matches!(number(4)?, 2 | 3) {
        return None;
    }
    let (mut at, mut found) = (12_usize, false);
    for _ in 0..number(8)? {
        let flags = at + 40 + hash;
        let is_extended = index.get(flags)? & 0x40 != 0;
        let start = flags + if is_extended { 4 } else { 2 };
        let length = index.get(start..)?.iter().position(|byte| *byte == 0)?;
        found |= &index[start..start + length] == path;
        at += (start - at + length + 8) & !7;
    }
    let end = index.len().checked_sub(hash)?;
    while at < end {
        let is_optional = index.get(at)?.is_ascii_uppercase();
        let size = usize::try_from(number(at + 4)?).ok()?;
        at = at.checked_add(8)?.checked_add(size).filter(|_| is_optional)?;
    }
    (at == end).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn what_is_in_the_index_is_tracked() {
        let folder = tempfile::tempdir().unwrap();
        let git = |arguments: &[&str]| {
            let done = Command::new("git").args(arguments).current_dir(folder.path()).output().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        };
        git(&["init", "--quiet"]);
        for path in ["sub/.env", "other/.env.example", "compose.yaml"] {
            fs::create_dir_all(folder.path().join(path).parent().unwrap()).unwrap();
            fs::write(folder.path().join(path), "A=1\n").unwrap();
        }
        let root = ProjectRoot::of(folder.path());
        let expect = |tracked: &[&str], not: &[&str]| {
            tracked.iter().for_each(|path| assert_eq!(tracking(&root, path), Tracking::Tracked, "{path}"));
            not.iter().for_each(|path| assert_eq!(tracking(&root, path), Tracking::Untracked, "{path}"));
        };
        expect(&[], &["sub/.env"]);
        git(&["add", "."]);
        expect(&["sub/.env", "compose.yaml"], &[".env", "other/.env", "other/.env.exampl"]);
        git(&["update-index", "--skip-worktree", "sub/.env"]);
        expect(&["sub/.env"], &[".env"]);
        for form in [["--index-version", "4"], ["--index-version", "2"]] {
            git(&[&["update-index"][..], &form].concat());
            let is_known = form[1] != "4";
            assert_eq!(tracking(&root, ".env") == Tracking::Untracked, is_known);
            assert_eq!(tracking(&root, "sub/.env") == Tracking::Tracked, is_known);
        }
        git(&["update-index", "--split-index"]);
        assert_eq!(tracking(&root, "sub/.env"), Tracking::Unknown);
        git(&["update-index", "--no-split-index"]);
        git(&["update-index", "--no-skip-worktree", "sub/.env"]);
        git(&["rm", "--quiet", "--cached", "sub/.env"]);
        expect(&["compose.yaml"], &["sub/.env"]);
        fs::write(folder.path().join(".git/index"), "DIRC").unwrap();
        assert_eq!(tracking(&root, "compose.yaml"), Tracking::Unknown);
        git(&["init", "--quiet", "other"]);
        expect(&[], &["other/.env"]);
    }
}
