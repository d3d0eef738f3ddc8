//! Which paths the ignore files of git and of a build leave out.

use super::compose::Project;
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Git's ignore files of a project, each with its folder.
pub struct GitIgnores {
    files: Vec<(String, Gitignore)>,
}

impl GitIgnores {
    /// Those that are at hand.
    #[must_use]
    pub fn of(project: &Project) -> Self {
        let read = |(path, text): (&String, &String)| {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            if name != ".gitignore" {
                return None;
            }
            Some((folder.to_owned(), read_lines(text.trim_start_matches('\u{feff}').lines())?))
        };
        let mut files: Vec<_> = project.plain.iter().filter_map(read).collect();
        // What stands nearer to a file counts more.
        files.sort_by_key(|(folder, _)| std::cmp::Reverse(folder.len()));
        Self { files }
    }

    /// Whether git ignores a path.
    #[must_use]
    pub fn cover(&self, path: &str) -> bool {
        self.verdict(path).is_some_and(|(_, ignored)| ignored)
    }

    /// The folder whose ignore file takes a path in again, by a line that begins with `!`; `None` if none does, or
    /// one nearer to the path leaves it out.
    #[must_use]
    pub fn taking_in(&self, path: &str) -> Option<&str> {
        self.verdict(path).filter(|(_, ignored)| !ignored).map(|(folder, _)| folder)
    }

    /// What the nearest ignore file that speaks of a path says, and its folder.
    fn verdict(&self, path: &str) -> Option<(&str, bool)> {
        self.files.iter().find_map(|(folder, ignore)| {
            let below =
                if folder.is_empty() { path } else { path.strip_prefix(folder)?.strip_prefix('/')? };
            match ignore.matched_path_or_any_parents(below, false) {
                Match::None => None,
                Match::Ignore(_) => Some((folder.as_str(), true)),
                Match::Whitelist(_) => Some((folder.as_str(), false)),
            }
        })
    }
}

/// Whether a `.dockerignore` with this text leaves a path of the build's folder out of what is built from.
///
/// Each of its patterns begins at that folder, whether it has a slash or not; `**` stands for any number of folders,
/// and the last pattern that fits decides (Docker's reference of the Dockerfile, `.dockerignore`).
#[must_use]
pub fn build_ignores(text: &str, path: &str) -> bool {
    let anchored = |line: &str| {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        let (sign, pattern) = line.strip_prefix('!').map_or(("", line), |pattern| ("!", pattern.trim()));
        let pattern = pattern.trim_start_matches("./").trim_matches('/');
        Some(format!("{sign}/{pattern}"))
    };
    let lines: Vec<String> = text.trim_start_matches('\u{feff}').lines().filter_map(anchored).collect();
    read_lines(lines.iter().map(String::as_str))
        .is_some_and(|ignore| ignore.matched_path_or_any_parents(path, false).is_ignore())
}

fn read_lines<'l>(lines: impl Iterator<Item = &'l str>) -> Option<Gitignore> {
    let mut builder = GitignoreBuilder::new("");
    for line in lines {
        // A line that git cannot read counts for nothing, and so it does here.
        let _read = builder.add_line(None, line);
    }
    builder.build().ok()
}

#[cfg(test)]
mod tests {
    use super::build_ignores;

    #[test]
    fn patterns_of_a_build_begin_at_its_folder() {
        for (text, path) in [
            (".env\n", ".env"),
            ("/.env", ".env"),
            ("**/.env\r\n", "sub/.env"),
            (".env*\n!.env.example\n", ".env"),
            ("*\n!src\n", ".env"),
            ("sub\n", "sub/.env"),
            ("./sub/.env\n", "sub/.env"),
        ] {
            assert!(build_ignores(text, path), "{text:?} {path}");
        }
        for (text, path) in [
            ("", ".env"),
            ("# .env\n", ".env"),
            (".env\n", "sub/.env"),
            (".env\n!.env\n", ".env"),
            ("env\n", ".env"),
        ] {
            assert!(!build_ignores(text, path), "{text:?} {path}");
        }
    }
}
