//! A place in a source file that writes to a path.

/// What a line of a source file writes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceWrite {
    /// The line, from 1.
    pub line: usize,
    /// The absolute path, in the container then; of one that is put together, the folder that is known.
    pub path: String,
    /// The variable of the environment that goes before the path, if the source asks for one.
    pub unless: Option<String>,
}

/// Folders that many programs share, so that none of them is for one to have.
const SHARED: [&str; 12] = [
    "/",
    "/etc",
    "/home",
    "/mnt",
    "/opt",
    "/run",
    "/srv",
    "/usr",
    "/usr/local",
    "/var",
    "/var/lib",
    "/var/log",
];

impl SourceWrite {
    /// The folder that could be given to the program: the path, or what it lies in if it is that of a file; `None` if
    /// that is shared with others.
    #[must_use]
    pub fn own_folder(&self) -> Option<&str> {
        let (above, name) = self.path.rsplit_once('/')?;
        let folder = if name.contains('.') { above } else { &self.path };
        (!folder.is_empty() && !SHARED.contains(&folder)).then_some(folder)
    }
}

#[cfg(test)]
mod tests {
    use super::SourceWrite;

    #[test]
    fn a_folder_of_its_own_is_told_from_a_shared_one() {
        for (path, folder) in [
            ("/var/lib/ledger", Some("/var/lib/ledger")),
            ("/var/log/app/app.log", Some("/var/log/app")),
            ("/var/log/app.log", None),
            ("/data", Some("/data")),
            ("/app.db", None),
        ] {
            let write = SourceWrite { line: 1, path: path.to_owned(), unless: None };
            assert_eq!(write.own_folder(), folder, "{path}");
        }
    }
}
