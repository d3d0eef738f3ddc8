//! Profiles that several repositories share: a file at a commit of a git repository, with the hash of its text.
//!
//! `git+https://git.example.org/platform/hardening.git//profiles/ours.yaml@COMMIT#sha256=HASH`. The commit says what
//! to fetch, and the hash what to expect: nobody can change what a project is held to without a change in it.

/// Where a shared profile is, and which text it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedProfile {
    /// The repository, as git takes it.
    pub repository: String,
    /// The file, from the repository's root, with `/`.
    pub path: String,
    /// The commit: 40 hexadecimal digits, or 64.
    pub commit: String,
    /// SHA-256 of the text, in 64 hexadecimal digits.
    pub sha256: String,
}

/// What stands before the address of a shared profile.
const MARK: &str = "git+";

/// Whether a name is meant as that of a shared profile.
#[must_use]
pub fn is_shared(name: &str) -> bool {
    name.starts_with(MARK)
}

impl SharedProfile {
    /// Reads the name of a shared profile.
    ///
    /// # Errors
    /// What is wrong with it, in words for a message.
    pub fn read(name: &str) -> Result<Self, String> {
        let form = "write it as git+https://HOST/REPOSITORY.git//PATH@COMMIT#sha256=HASH";
        let wrong = |what: &str| format!("{what}; {form}");
        let rest = name.strip_prefix(MARK).ok_or_else(|| wrong("it does not begin with `git+`"))?;
        let (rest, sha256) = rest.rsplit_once("#sha256=").ok_or_else(|| wrong("it has no `#sha256=`"))?;
        let (rest, commit) = rest.rsplit_once('@').ok_or_else(|| wrong("it names no commit"))?;
        let scheme = rest.find("://").map(|at| at + 3).ok_or_else(|| wrong("it has no address"))?;
        let inside = rest[scheme..].find("//").ok_or_else(|| wrong("it names no file behind `//`"))? + scheme;
        let (repository, path) = (&rest[..inside], &rest[inside + 2..]);
        let is_hash = |text: &str, lengths: &[usize]| {
            lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
        };
        if !is_hash(commit, &[40, 64]) {
            return Err(wrong("a branch or a tag can move: name the commit in full"));
        }
        if !is_hash(sha256, &[64]) {
            return Err(wrong("the hash is not 64 hexadecimal digits"));
        }
        if !is_reachable(repository) {
            return Err(wrong("the address must be https:// or ssh://, without a password"));
        }
        let is_plain = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', ':', '\0']);
        if !path.split('/').all(is_plain) || path.contains(char::is_control) {
            return Err(wrong("the path is none within a repository"));
        }
        Ok(Self {
            repository: repository.to_owned(),
            path: path.to_owned(),
            commit: commit.to_ascii_lowercase(),
            sha256: sha256.to_ascii_lowercase(),
        })
    }
}

/// Encrypted, or on this machine, and without a secret in it.
fn is_reachable(repository: &str) -> bool {
    let Ok(url) = url::Url::parse(repository) else { return false };
    let is_here = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
    let is_fit = match url.scheme() {
        "https" => url.username().is_empty(),
        "http" => url.username().is_empty() && is_here,
        "ssh" => true,
        _ => false,
    };
    is_fit && url.password().is_none() && url.host_str().is_some_and(|host| !host.starts_with('-'))
}

#[cfg(test)]
mod tests {
    use super::SharedProfile;

    #[test]
    fn names_are_read_in_full_or_refused() {
        let (commit, hash) = ("a".repeat(40), "b".repeat(64));
        let name = |address: &str| format!("git+{address}@{commit}#sha256={hash}");
        let read = SharedProfile::read(&name("https://h.example/o/n.git//profiles/ours.yaml")).unwrap();
        assert_eq!(
            (read.repository.as_str(), read.path.as_str()),
            ("https://h.example/o/n.git", "profiles/ours.yaml")
        );
        assert!(SharedProfile::read(&name("ssh://git@h.example/o/n.git//p.yaml")).is_ok());
        for address in [
            "https://h.example/o/n.git",
            "https://u:p@h.example/o/n.git//p.yaml",
            "http://h.example/o/n.git//p.yaml",
            "file:///srv/n.git//p.yaml",
            "ext::sh -c x//p.yaml",
            "https://h.example/o/n.git//../p.yaml",
            "https://h.example/o/n.git///p.yaml",
            "ssh://-oProxyCommand=x/n.git//p.yaml",
        ] {
            assert!(SharedProfile::read(&name(address)).is_err(), "{address}");
        }
        let moving = format!("git+https://h.example/n.git//p.yaml@main#sha256={hash}");
        assert!(SharedProfile::read(&moving).unwrap_err().contains("can move"));
        assert!(SharedProfile::read(&format!("git+https://h.example/n.git//p.yaml@{commit}")).is_err());
    }
}
