//! Which programs of a build ask Git about the folder that they run in.

/// Commands of Git that look at no repository, or at none that is there (their manual pages).
const OUTSIDE: [&str; 7] = ["--version", "clone", "config", "help", "init", "ls-remote", "version"];

/// Programs that ask Git whatever they are told: goreleaser, semantic-release and lerna by their documentation; make,
/// just, task and mage run what files of the project say, and a version by `git describe` is common there.
const ASKING: [&str; 7] = ["goreleaser", "just", "lerna", "mage", "make", "semantic-release", "task"];

/// Commands of Go that write the commit into what they build (`go help build`, `-buildvcs`). Where Git is there and
/// fails, they fail.
const STAMPING: [&str; 2] = ["build", "install"];

/// Plug-ins that ask Git for the version of a Python package (their documentation).
const VERSION_PLUGINS: [&str; 8] = [
    "dunamai",
    "hatch-vcs",
    "pbr",
    "poetry-dynamic-versioning",
    "setuptools-scm",
    "setuptools_scm",
    "versioneer",
    "versioningit",
];

/// Commands that build the Python package of the folder that they run in or are given (their documentation).
const PYTHON_BUILDS: [&[&str]; 8] = [
    &["pip", "install"],
    &["pip3", "install"],
    &["-m", "build"],
    &["poetry", "install"],
    &["poetry", "build"],
    &["uv", "sync"],
    &["uv", "build"],
    &["setup.py"],
];

/// Whether the words of a simple command, without leading assignments, make it ask Git about the repository of its
/// folder. `asks_for_version` says whether a Python package there gets its version from Git.
#[must_use]
pub fn asks_git(words: &[&str], asks_for_version: bool) -> bool {
    let Some((program, rest)) = words.split_first() else { return false };
    let name = program.rsplit('/').next().unwrap_or_default();
    let first = rest.iter().find(|word| !word.starts_with('-')).copied();
    match name {
        "git" => !rest
            .iter()
            .find(|word| **word == "--version" || !word.starts_with('-'))
            .is_some_and(|word| OUTSIDE.contains(word)),
        "go" => first.is_some_and(|verb| STAMPING.contains(&verb)) && !rest.contains(&"-buildvcs=false"),
        _ if ASKING.contains(&name) => true,
        _ => asks_for_version && builds_python(words),
    }
}

/// Whether a file of a Python package says that its version comes from Git.
#[must_use]
pub fn takes_version_from_git(manifest: &str) -> bool {
    VERSION_PLUGINS.iter().any(|plugin| manifest.contains(plugin))
}

fn builds_python(words: &[&str]) -> bool {
    PYTHON_BUILDS.iter().any(|parts| {
        let mut rest = words.iter();
        parts.iter().all(|part| rest.any(|word| word.rsplit('/').next() == Some(part)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(text: &str) -> bool {
        asks_git(&text.split(' ').collect::<Vec<_>>(), true)
    }

    #[test]
    fn who_asks_git_is_known_by_its_words() {
        for text in [
            "git rev-parse HEAD",
            "/usr/bin/git describe",
            "git submodule update --init",
            "go build -o /out/app .",
            "go install ./...",
            "make build",
            "pip install --no-cache-dir -e .",
            "python -m build",
            "python setup.py install",
        ] {
            assert!(asks(text), "{text}");
        }
        for text in [
            "git clone https://example.org/x.git",
            "git --version",
            "git config --global user.name x",
            "go build -buildvcs=false .",
            "go mod download",
            "go test ./...",
            "apt-get install -y git make",
            "cargo build --release",
            "npm ci",
        ] {
            assert!(!asks(text), "{text}");
        }
        assert!(!asks_git(&["pip", "install", "."], false));
    }

    #[test]
    fn a_version_from_git_is_told_by_its_plugin() {
        assert!(takes_version_from_git("[build-system]\nrequires = [\"setuptools-scm>=8\"]\n"));
        assert!(!takes_version_from_git("[build-system]\nrequires = [\"setuptools\"]\n"));
    }
}
