//! Packages that a program needs while it is built, and none while it runs.

use super::embedded::embedded;
use super::text::one_line;
use serde::Deserialize;
use std::sync::LazyLock;

/// The facts, with the documentation that says so.
const FILE: &str = include_str!("build_packages.yaml");

/// What is known of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildPackages {
    packages: Vec<String>,
    /// Ends of names of packages that hold headers.
    endings: Vec<String>,
    /// The documentation that says so, in one line.
    #[serde(deserialize_with = "one_line")]
    pub source: String,
    results: Vec<BuildResult>,
}

/// What a build leaves that the image needs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuildResult {
    programs: Vec<String>,
    /// How it is taken over from a stage called `build`, in one line; `FOLDER` is the folder in which the program runs.
    #[serde(deserialize_with = "one_line")]
    pub take: String,
    /// The documentation that says so, in one line.
    #[serde(deserialize_with = "one_line")]
    pub source: String,
}

impl BuildPackages {
    /// The facts that come with the program.
    #[must_use]
    pub fn get() -> &'static Self {
        static KNOWN: LazyLock<BuildPackages> = LazyLock::new(|| embedded("build_packages.yaml", FILE));
        &KNOWN
    }

    /// What the first of these programs that builds anything leaves.
    #[must_use]
    pub fn result_of<'s>(&self, mut programs: impl Iterator<Item = &'s str>) -> Option<&BuildResult> {
        let of = |program: &str| {
            self.results.iter().find(|result| result.programs.iter().any(|known| known == program))
        };
        programs.find_map(of)
    }

    /// Whether a package is one of headers.
    #[must_use]
    pub fn is_of_headers(&self, package: &str) -> bool {
        let name = package.split(['=', '~', '<', '>', ':']).next().unwrap_or_default();
        self.endings.iter().any(|ending| name.len() > ending.len() && name.ends_with(ending.as_str()))
    }

    /// Whether a package, as it is named to a package manager, is one of them. A version (`gcc=4:12`, `cmake~3`) and that
    /// of a compiler (`gcc-12`) count for nothing.
    #[must_use]
    pub fn has(&self, package: &str) -> bool {
        let name = package.split(['=', '~', '<', '>', ':']).next().unwrap_or_default();
        let plain = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        let plain = if plain.len() < name.len() { plain.trim_end_matches('-') } else { plain };
        self.packages.iter().any(|known| known == plain) || self.is_of_headers(package)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_build_leaves_is_known_by_its_program() {
        let known = BuildPackages::get();
        let take =
            |programs: &[&str]| known.result_of(programs.iter().copied()).map(|result| result.take.as_str());
        assert!(take(&["apt-get", "npm"]).unwrap().contains("node_modules"));
        assert!(take(&["pip3", "npm"]).unwrap().contains("/opt/venv"));
        assert_eq!(take(&["apt-get", "echo"]), None);
    }

    #[test]
    fn tools_and_headers_are_known_by_name_whatever_their_version() {
        let known = embedded::<BuildPackages>("build_packages.yaml", FILE);
        assert!(known.source.len() > 10);
        assert!(known.results.iter().all(|result| result.source.len() > 10 && result.take.contains("COPY")));
        for package in
            ["gcc", "g++", "gcc-12", "g++-13", "build-base", "libpq-dev", "python3-devel", "cmake=3.25"]
        {
            assert!(known.has(package), "{package}");
        }
        for package in ["libgcc-s1", "libpq5", "curl", "-dev", "gcc-doc", "makedev", "devscripts"] {
            assert!(!known.has(package), "{package}");
        }
    }
}
