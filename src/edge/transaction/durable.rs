//! Bytes that stay: writing that has reached the disk when it returns.

use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

/// The SHA-256 of `bytes`, as 64 lowercase hexadecimal digits.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 of a file's bytes; `None` when nothing is there.
pub(super) fn hash_file(path: &Path) -> io::Result<Option<String>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(Some(hex(&hasher.finalize()))),
            Ok(length) => hasher.update(buffer.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Opens a file that does not exist yet, readable by others only as far as `mode` says.
pub(super) fn create_new(path: &Path, mode: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)
}

/// Puts `bytes` at `path` in one step: whoever looks sees the old file or the new one, whole.
///
/// `temp` is a free name in the same folder, and free again on return. The file is for its owner alone.
pub(super) fn replace(path: &Path, temp: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = create_new(temp, 0o600)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    drop(file);
    if let Err(error) = written.and_then(|()| fs::rename(temp, path)) {
        // What cannot be removed now, the next recovery removes.
        let _ = fs::remove_file(temp);
        return Err(error);
    }
    path.parent().map_or(Ok(()), sync_folder)
}

/// Overwrites the file at `path`, keeping the file itself: its owner, its links, its mount.
///
/// It is emptied first and then written from its start, so that an interrupted write leaves a beginning of
/// `bytes`, which [`is_torn`] knows again.
pub(super) fn overwrite(path: &Path, bytes: &[u8]) -> io::Result<File> {
    let mut file = OpenOptions::new().write(true).truncate(true).open(path)?;
    file.write_all(bytes)?;
    Ok(file)
}

/// Whether `found` is what an interrupted [`overwrite`] with `bytes` leaves: a beginning of them, followed by
/// nothing or, when the machine lost power, by zeros where the disk was not reached.
pub(super) fn is_torn(found: &[u8], bytes: &[u8]) -> bool {
    if found.len() > bytes.len() {
        return false;
    }
    let agree = found.iter().zip(bytes).take_while(|(one, two)| one == two).count();
    found.iter().skip(agree).all(|byte| *byte == 0)
}

/// Makes what was created, renamed or removed in a folder last.
///
/// Some file systems cannot and say that the request makes no sense; nothing more can be done there.
#[cfg(unix)]
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            Ok(())
        }
        other => other,
    }
}

/// Makes what was created, renamed or removed in a folder last; this system has no such request.
#[cfg(not(unix))]
pub(super) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_as_the_standard_says() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256_hex(b"abc"), abc);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        assert_eq!(hash_file(&path).unwrap(), None);
        fs::write(&path, "abc").unwrap();
        assert_eq!(hash_file(&path).unwrap().as_deref(), Some(abc));
    }

    #[test]
    fn a_torn_write_is_a_beginning() {
        for (found, torn) in [
            ("", true),
            ("ab", true),
            ("abc", true),
            ("a\0\0", true),
            ("b", false),
            ("abcd", false),
            ("\0b", false),
        ] {
            assert_eq!(is_torn(found.as_bytes(), b"abc"), torn, "{found:?}");
        }
    }

    #[test]
    fn a_taken_name_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let (path, temp) = (folder.path().join("a"), folder.path().join("t"));
        fs::write(&temp, "someone's").unwrap();
        assert!(replace(&path, &temp, b"x").is_err());
        assert_eq!(fs::read(&temp).unwrap(), b"someone's");
    }
}
