//! Which programs keep what they install in the folder of whoever runs them.

use super::embedded::embedded;
use super::text::one_line;
use serde::Deserialize;
use std::sync::LazyLock;

/// The facts, each with the documentation that says so.
const FILE: &str = include_str!("home_files.yaml");

/// A program that keeps something in the folder of its user.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HomeFiles {
    /// The program.
    #[serde(deserialize_with = "one_line")]
    pub program: String,
    /// Words of commands that put something there, in this order, with anything between them.
    #[serde(default)]
    commands: Vec<Vec<String>>,
    /// Packages of npm whose installation puts something there.
    #[serde(default)]
    packages: Vec<Package>,
    /// What moves it to another place, or keeps it from being there.
    #[serde(default)]
    unless: Vec<Mover>,
    /// The documentation that says so, in one line.
    #[serde(deserialize_with = "one_line")]
    pub source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Package {
    name: String,
    /// The first version, `MAJOR.MINOR`.
    #[serde(default)]
    from: Option<String>,
    /// The first version that no longer does.
    #[serde(default)]
    below: Option<String>,
}

/// A variable, a setting, or an option of the command.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mover {
    name: String,
    /// The values that do, as they are written; any if there are none.
    #[serde(default)]
    is: Vec<String>,
    /// The values that don't, in lower case, however they are written.
    #[serde(default)]
    is_not: Vec<String>,
}

impl HomeFiles {
    /// All that are known.
    #[must_use]
    pub fn all() -> &'static [Self] {
        static ALL: LazyLock<Vec<HomeFiles>> = LazyLock::new(|| embedded("home_files.yaml", FILE));
        &ALL
    }

    /// Whether the words of a command put something there.
    #[must_use]
    pub fn are_made_by(&self, words: &[&str]) -> bool {
        self.commands.iter().any(|parts| {
            let mut rest = words.iter();
            // A program may be called by its path, a package by its version, a function with its arguments.
            let is = |word: &str, part: &str| {
                let name = word.rsplit('/').next().unwrap_or(word);
                let name = name.split('@').next().filter(|name| !name.is_empty()).unwrap_or(name);
                name == part || (part.contains('.') && word.contains(part))
            };
            parts.iter().all(|part| rest.any(|word| is(word, part)))
        })
    }

    /// Whether installing a package of npm in a version that fits `range` puts something there.
    #[must_use]
    pub fn come_with(&self, package: &str, range: &str) -> bool {
        let version = version(range);
        let fits = |known: &&Package| {
            let bound = |bound: &Option<String>| bound.as_deref().and_then(self::version);
            let is_new = bound(&known.from).is_none_or(|from| version.is_none_or(|version| version >= from));
            let is_old =
                bound(&known.below).is_none_or(|below| version.is_some_and(|version| version < below));
            known.name == package && is_new && is_old
        };
        self.packages.iter().any(|known| fits(&known))
    }

    /// Whether a variable or setting with this value moves it or keeps it away. `None` stands for a value that is not
    /// known, which is taken for one that does.
    #[must_use]
    pub fn are_moved_by(&self, name: &str, value: Option<&str>) -> bool {
        self.unless.iter().filter(|mover| mover.name == name).any(|mover| {
            value.is_none_or(|value| {
                let is_meant = mover.is.is_empty() || mover.is.iter().any(|other| other == value);
                is_meant && !mover.is_not.contains(&value.to_ascii_lowercase())
            })
        })
    }
}

/// The first number of a range (`^22.1.0`, `>=1.38`) with the one behind it; `None` if it names no number (`latest`).
fn version(range: &str) -> Option<(u32, u32)> {
    let digits = range.trim_start_matches(|c: char| !c.is_ascii_digit());
    let mut numbers = digits.split(|c: char| !c.is_ascii_digit());
    let major = numbers.next()?.parse().ok()?;
    Some((major, numbers.next().and_then(|minor| minor.parse().ok()).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(program: &str) -> &'static HomeFiles {
        HomeFiles::all().iter().find(|known| known.program == program).unwrap()
    }

    /// What comes with packages of npm.
    fn installed(program: &str) -> &'static HomeFiles {
        let of_npm = |known: &&HomeFiles| known.program == program && !known.packages.is_empty();
        HomeFiles::all().iter().find(of_npm).unwrap()
    }

    #[test]
    fn every_program_has_a_source_and_something_that_puts_files_there() {
        for known in embedded::<Vec<HomeFiles>>("home_files.yaml", FILE) {
            assert!(known.source.len() > 10, "{}", known.program);
            assert!(!known.commands.is_empty() || !known.packages.is_empty(), "{}", known.program);
            assert!(known.commands.iter().all(|words| !words.is_empty()), "{}", known.program);
            for bound in known.packages.iter().flat_map(|package| package.from.iter().chain(&package.below)) {
                assert!(version(bound).is_some(), "{bound}");
            }
        }
    }

    #[test]
    fn commands_are_known_by_their_words() {
        let browsers = ["npx", "--yes", "puppeteer@22", "browsers", "install", "chrome"];
        assert!(known("puppeteer").are_made_by(&browsers));
        assert!(known("playwright").are_made_by(&["/app/node_modules/.bin/playwright", "install"]));
        assert!(known("NLTK").are_made_by(&["python", "-c", "import nltk; nltk.download('punkt')"]));
        assert!(!known("puppeteer").are_made_by(&["npm", "install", "puppeteer"]));
    }

    #[test]
    fn packages_are_known_in_the_versions_that_do_so() {
        let puppeteer = installed("puppeteer");
        assert!(puppeteer.come_with("puppeteer", "^22.0.0") && puppeteer.come_with("puppeteer", "latest"));
        assert!(!puppeteer.come_with("puppeteer", "~13.7.0") && !puppeteer.come_with("puppeteer-core", "22"));
        let playwright = installed("playwright");
        assert!(playwright.come_with("playwright", "1.37.2") && !playwright.come_with("playwright", "^1.38"));
        assert!(!playwright.come_with("playwright", "latest"));
    }

    #[test]
    fn a_default_that_is_written_out_moves_nothing() {
        let poetry = known("poetry");
        assert!(!poetry.are_moved_by("virtualenvs.create", Some("true")));
        assert!(poetry.are_moved_by("virtualenvs.create", Some("false")));
        assert!(!poetry.are_moved_by("POETRY_VIRTUALENVS_IN_PROJECT", Some("yes")));
        assert!(!poetry.are_moved_by("POETRY_VIRTUALENVS_IN_PROJECT", Some("True")));
        assert!(poetry.are_moved_by("virtualenvs.in-project", None));
        assert!(!poetry.are_moved_by("PLAYWRIGHT_BROWSERS_PATH", Some("/opt")));
        assert!(!known("pipenv").are_moved_by("PIPENV_VENV_IN_PROJECT", Some("False")));
        assert!(!known("playwright").are_moved_by("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", Some("1")));
        assert!(installed("playwright").are_moved_by("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", Some("1")));
        assert!(!installed("puppeteer").are_moved_by("PUPPETEER_SKIP_DOWNLOAD", Some("false")));
    }
}
