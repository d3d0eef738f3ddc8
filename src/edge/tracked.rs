//! Whether git tracks a file, read from its own index: no program is started for it.

use super::ProjectRoot;
use super::commit::git_folder;
use std::fs;
use std::io::Read as _;

/// The longest index that is read, in bytes: one of a million files.
const MAX_BYTES: u64 = 256 << 20;

/// Whether the repository's index has an entry for a file, by its path from the project's root. An index of version 4
/// (`index.version`) names files by what differs from the one before, and is not understood here.
pub(super) fn is_tracked(root: &ProjectRoot, path: &str) -> bool {
    let Some(top) = root.folder().ancestors().find(|folder| folder.join(".git").exists()) else {
        return false;
    };
    let Ok(inside) = root.folder().join(path).strip_prefix(top).map(|inside| inside.to_path_buf()) else {
        return false;
    };
    let Some(index) = git_folder(&top.join(".git")).map(|folder| folder.join("index")) else { return false };
    let mut bytes = Vec::new();
    let read = fs::File::open(index).map(|file| file.take(MAX_BYTES).read_to_end(&mut bytes));
    matches!(read, Ok(Ok(_))) && inside.to_str().is_some_and(|inside| has_entry(&bytes, inside))
}

/// Whether an index of version 2 or 3 has a path: in an entry stand the length of the path, in the lower 12 bits of two
/// bytes (version 3 may put two more behind them), the path, and NUL (git's `index-format`).
fn has_entry(index: &[u8], path: &str) -> bool {
    let name = path.as_bytes();
    if !index.starts_with(b"DIRC") || name.is_empty() {
        return false;
    }
    let length = u16::try_from(name.len()).unwrap_or(u16::MAX).min(0x0fff);
    let states = |at: usize| {
        let bytes = index.get(at..at + 2).and_then(|bytes| <[u8; 2]>::try_from(bytes).ok());
        bytes.is_some_and(|bytes| u16::from_be_bytes(bytes) & 0x0fff == length)
    };
    let ends = |end: usize| index.get(end) == Some(&0);
    let mut found =
        index.windows(name.len()).enumerate().filter(|(_, bytes)| *bytes == name).map(|(at, _)| at);
    found.any(|at| ends(at + name.len()) && at >= 4 && (states(at - 2) || states(at - 4)))
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
        assert!(!is_tracked(&root, "sub/.env"));
        git(&["add", "."]);
        assert!(is_tracked(&root, "sub/.env") && is_tracked(&root, "compose.yaml"));
        assert!(!is_tracked(&root, ".env") && !is_tracked(&root, "other/.env"));
        git(&["rm", "--quiet", "--cached", "sub/.env"]);
        assert!(!is_tracked(&root, "sub/.env"));
    }
}
