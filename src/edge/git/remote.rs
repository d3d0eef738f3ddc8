//! Where a remote is: the host, and the repository's name there.

use super::{Git, GitError};
use url::Url;

/// A remote repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// The name by which git knows it.
    pub name: String,
    /// The host, with its port if it has one of its own.
    pub host: String,
    /// The repository on it, such as `owner/name`; on GitLab it may have more parts.
    pub path: String,
    /// Where it is reached over HTTP, without path (`https://host:port`); `None` if git goes by SSH.
    pub web: Option<Url>,
}

/// A remote of which nothing can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the remote {name} is at no forge: its address is neither https:// nor ssh://")]
pub struct RemoteError {
    /// Its name.
    pub name: String,
}

impl Remote {
    /// Reads a remote of the repository.
    ///
    /// # Errors
    /// If there is none of this name; the inner error, if its address is none of a forge.
    pub fn of(git: &Git, name: &str) -> Result<Result<Self, RemoteError>, GitError> {
        // Unlike `ls-remote --get-url`, this fails for a name that is no remote.
        let address = git.run(&["remote", "get-url", "--push", "--", name])?;
        Ok(Self::read(name, address.trim()).ok_or(RemoteError { name: name.to_owned() }))
    }

    fn read(name: &str, address: &str) -> Option<Self> {
        let remote = |host: String, path: &str, web| {
            let path = path.trim_matches('/');
            let path = path.strip_suffix(".git").unwrap_or(path);
            let is_whole = path.split('/').count() >= 2 && path.split('/').all(|part| !part.is_empty());
            is_whole.then(|| Self { name: name.to_owned(), host, path: path.to_owned(), web })
        };
        if let Ok(url) = Url::parse(address)
            && let Some(host) = url.host_str()
        {
            return match url.scheme() {
                "https" | "http" => {
                    let mut web = url.clone();
                    web.set_path("/");
                    web.set_query(None);
                    let _user = web.set_username("");
                    let _password = web.set_password(None);
                    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
                    remote(format!("{host}{port}"), url.path(), Some(web))
                }
                // The port is that of SSH, and says nothing of the one for the web.
                "ssh" | "git+ssh" => remote(host.to_owned(), url.path(), None),
                _ => None,
            };
        }
        // `git@host:owner/name.git`
        let (host, path) = address.split_once(':')?;
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        // One letter is a drive; what begins with `//` is another scheme, such as `file:`.
        let is_host = host.len() > 1 && !host.contains(['/', '\\']) && !path.starts_with("//");
        if is_host { remote(host.to_owned(), path, None) } else { None }
    }

    /// The first part of the repository's name.
    #[must_use]
    pub fn owner(&self) -> &str {
        self.path.split('/').next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Remote;

    #[test]
    fn addresses_are_read_as_git_does() {
        let read = |address: &str| {
            Remote::read("origin", address)
                .map(|remote| (remote.host, remote.path, remote.web.map(String::from)))
        };
        let known = |host: &str, path: &str, web: Option<&str>| {
            Some((host.to_owned(), path.to_owned(), web.map(str::to_owned)))
        };
        let github = known("github.com", "o/n", Some("https://github.com/"));
        assert_eq!(read("https://github.com/o/n.git"), github);
        assert_eq!(read("https://user:secret@github.com/o/n/"), github);
        assert_eq!(read("git@github.com:o/n.git"), known("github.com", "o/n", None));
        assert_eq!(read("ssh://git@host.example:2222/g/s/n.git"), known("host.example", "g/s/n", None));
        assert_eq!(
            read("http://127.0.0.1:8080/o/n"),
            known("127.0.0.1:8080", "o/n", Some("http://127.0.0.1:8080/"))
        );
        for other in ["/srv/git/n.git", "../n", "file:///srv/n.git", "C:\\n", "https://github.com/n", "", "x"]
        {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
