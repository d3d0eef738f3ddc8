//! Programs that move digests in this repository already: Renovate and Dependabot, by their configuration.
//!
//! Where one of them does, Hardtack pins once and leaves the moves to it. Two programs that move the same lines
//! would undo each other's work; the digest in the file is the truth, whoever wrote it.

use super::{MAX_FILE_BYTES, ProjectRoot};
use serde_json::Value;

/// A program that moves digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateBot {
    /// Its name.
    pub name: &'static str,
    /// The file that configures it, from the root of the repository.
    pub file: String,
    /// Whether it looks at images, as far as its configuration says.
    pub moves_images: bool,
}

/// Where Renovate looks for its configuration (docs.renovatebot.com, "Configuration file names").
const RENOVATE: &[&str] = &[
    "renovate.json",
    "renovate.json5",
    "renovate.jsonc",
    ".github/renovate.json",
    ".github/renovate.json5",
    ".github/renovate.jsonc",
    ".gitlab/renovate.json",
    ".gitlab/renovate.json5",
    ".gitlab/renovate.jsonc",
    ".renovaterc",
    ".renovaterc.json",
    ".renovaterc.json5",
    ".renovaterc.jsonc",
];
/// Where Dependabot looks (docs.github.com, "Dependabot options reference").
const DEPENDABOT: &[&str] = &[".github/dependabot.yml", ".github/dependabot.yaml"];

/// The programs that are set up in the repository with this root.
#[must_use]
pub fn update_bots(repository: &ProjectRoot) -> Vec<UpdateBot> {
    let text = |path: &str| {
        let content = repository.read(path, MAX_FILE_BYTES).ok()?;
        String::from_utf8(content.bytes).ok()
    };
    let renovate = RENOVATE.iter().find_map(|path| Some(((*path).to_owned(), text(path)?)));
    // In `package.json` it is one key of many.
    let renovate = renovate.or_else(|| {
        let package: Value = serde_json::from_str(&text("package.json")?).ok()?;
        Some(("package.json".to_owned(), package.get("renovate")?.to_string()))
    });
    let dependabot = DEPENDABOT.iter().find_map(|path| Some(((*path).to_owned(), text(path)?)));
    let mut found = Vec::new();
    found.extend(renovate.map(|(file, text)| UpdateBot {
        name: "Renovate",
        file,
        moves_images: renovate_moves_images(&text),
    }));
    found.extend(dependabot.map(|(file, text)| UpdateBot {
        name: "Dependabot",
        file,
        moves_images: dependabot_moves_images(&text),
    }));
    found
}

/// Renovate looks at images unless it is told otherwise.
fn renovate_moves_images(text: &str) -> bool {
    // What is JSON5 or does not parse is not judged.
    let Ok(settings) = serde_json::from_str::<Value>(text) else { return true };
    let is_docker = |value: &Value| {
        value.as_str().is_some_and(|name| matches!(name, "docker-compose" | "dockerfile" | "custom.regex"))
    };
    let is_off = settings["enabled"] == false;
    match settings["enabledManagers"].as_array() {
        _ if is_off => false,
        Some(managers) => managers.iter().any(is_docker),
        None => true,
    }
}

/// Dependabot looks at what is listed, and at nothing else.
fn dependabot_moves_images(text: &str) -> bool {
    let Ok(settings) = serde_yaml::from_str::<serde_yaml::Value>(text) else { return false };
    let updates = settings.get("updates").and_then(|updates| updates.as_sequence());
    updates.into_iter().flatten().any(|entry| {
        let ecosystem = entry.get("package-ecosystem").and_then(|name| name.as_str());
        matches!(ecosystem, Some("docker" | "docker-compose"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bots(files: &[(&str, &str)]) -> Vec<(&'static str, bool)> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join(".github")).unwrap();
        for (path, text) in files {
            std::fs::write(folder.path().join(path), text).unwrap();
        }
        let root = ProjectRoot::of(folder.path());
        update_bots(&root).into_iter().map(|bot| (bot.name, bot.moves_images)).collect()
    }

    #[test]
    fn their_configuration_is_known() {
        assert_eq!(bots(&[]), []);
        assert_eq!(bots(&[("renovate.json", "{}")]), [("Renovate", true)]);
        assert_eq!(bots(&[(".github/renovate.json5", "{a: 1,}")]), [("Renovate", true)]);
        assert_eq!(bots(&[("renovate.json", r#"{"enabledManagers": ["npm"]}"#)]), [("Renovate", false)]);
        assert_eq!(
            bots(&[("renovate.json", r#"{"enabledManagers": ["dockerfile"]}"#)]),
            [("Renovate", true)]
        );
        assert_eq!(bots(&[("package.json", r#"{"renovate": {}}"#)]), [("Renovate", true)]);
        assert_eq!(bots(&[("package.json", "{}")]), []);
        let docker = "version: 2\nupdates:\n  - package-ecosystem: docker-compose\n    directory: /\n";
        assert_eq!(bots(&[(".github/dependabot.yml", docker)]), [("Dependabot", true)]);
        let cargo = docker.replace("docker-compose", "cargo");
        assert_eq!(bots(&[(".github/dependabot.yml", &cargo)]), [("Dependabot", false)]);
        assert_eq!(bots(&[(".github/dependabot.yml", "a: [")]), [("Dependabot", false)]);
    }
}
