//! Programs that move digests in this repository already: Renovate and Dependabot, by their configuration.
//!
//! Where one of them does, Hardtack pins once and leaves the moves to it. Two programs that move the same lines
//! would undo each other's work; the digest in the file is the truth, whoever wrote it.

use super::file_kind::FileKind;
use super::{MAX_FILE_BYTES, ProjectRoot, discover};
use crate::model::compose::file_set::folder_of;
use serde_json::Value;
use std::collections::BTreeSet;

/// A program that moves digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateBot {
    /// Its name.
    pub name: &'static str,
    /// The file that configures it, from the root of the repository.
    pub file: String,
    /// Whether it moves the images of all Compose files and Dockerfiles here. What its configuration leaves open
    /// counts as no: digests that nobody moves grow old.
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
    if renovate.is_none() && dependabot.is_none() {
        return Vec::new();
    }
    let images = Images::of(repository);
    let mut found = Vec::new();
    found.extend(renovate.map(|(file, text)| UpdateBot {
        name: "Renovate",
        file,
        moves_images: renovate_moves(&text, &images),
    }));
    found.extend(dependabot.map(|(file, text)| UpdateBot {
        name: "Dependabot",
        file,
        moves_images: dependabot_moves(&text, &images),
    }));
    found
}

/// The folders that have files with images, as `/` and `/a/b`.
struct Images {
    compose: BTreeSet<String>,
    dockerfiles: BTreeSet<String>,
}

impl Images {
    fn of(repository: &ProjectRoot) -> Self {
        let found = discover(&[repository.folder().to_path_buf()], MAX_FILE_BYTES).files;
        let folders = |kind: FileKind| {
            let of_kind = found.iter().filter(|file| file.kind == kind);
            of_kind.map(|file| format!("/{}", folder_of(&file.path))).collect()
        };
        Self { compose: folders(FileKind::Compose), dockerfiles: folders(FileKind::Dockerfile) }
    }

    /// Which of Renovate's managers look at them.
    fn managers(&self) -> impl Iterator<Item = &'static str> {
        let compose = (!self.compose.is_empty()).then_some("docker-compose");
        compose.into_iter().chain((!self.dockerfiles.is_empty()).then_some("dockerfile"))
    }
}

/// Renovate looks at images unless it is told otherwise. What is JSON5 or does not parse may tell it so.
fn renovate_moves(text: &str, images: &Images) -> bool {
    let Ok(settings) = serde_json::from_str::<Value>(text) else { return false };
    let lists = |value: &Value, name: &str| {
        value.as_array().is_some_and(|values| values.iter().any(|value| value == name))
    };
    // A rule that switches something off says by patterns what; only one about other managers is known to be none of ours.
    let switches_off = |manager: &str| {
        let rules = settings["packageRules"].as_array();
        rules.into_iter().flatten().filter(|rule| rule["enabled"] == false).any(|rule| {
            let managers = &rule["matchManagers"];
            !managers.is_array() || lists(managers, manager)
        })
    };
    let leaves_paths_out = ["ignorePaths", "includePaths"].iter().any(|key| settings.get(key).is_some());
    settings.is_object()
        && settings["enabled"] != false
        && !leaves_paths_out
        && images.managers().all(|manager| {
            let managers = &settings["enabledManagers"];
            (managers.is_null() || lists(managers, manager))
                && settings[manager]["enabled"] != false
                && settings["docker"]["enabled"] != false
                && !switches_off(manager)
        })
}

/// Dependabot looks at what is listed, in the folders that are listed, and at nothing else.
fn dependabot_moves(text: &str, images: &Images) -> bool {
    let Ok(settings) = serde_yaml::from_str::<serde_yaml::Value>(text) else { return false };
    let updates = settings.get("updates").and_then(|updates| updates.as_sequence());
    let entries = |ecosystem: &'static str| {
        let is_it = move |entry: &&serde_yaml::Value| {
            let is_open = entry.get("open-pull-requests-limit").and_then(|limit| limit.as_u64()) != Some(0);
            entry.get("package-ecosystem").and_then(|name| name.as_str()) == Some(ecosystem) && is_open
        };
        updates.into_iter().flatten().filter(is_it)
    };
    let covers = |entry: &serde_yaml::Value, folder: &str| {
        let one = entry.get("directory").and_then(|name| name.as_str());
        let more = entry.get("directories").and_then(|names| names.as_sequence()).into_iter().flatten();
        // An entry that leaves something out may leave this out.
        entry.get("ignore").is_none()
            && entry.get("exclude-paths").is_none()
            && one
                .into_iter()
                .chain(more.filter_map(|name| name.as_str()))
                .any(|name| is_folder(name, folder))
    };
    [("docker-compose", &images.compose), ("docker", &images.dockerfiles)].into_iter().all(
        |(ecosystem, folders)| {
            folders.iter().all(|folder| entries(ecosystem).any(|entry| covers(entry, folder)))
        },
    )
}

/// Whether a directory of Dependabot is this folder; `*` stands for a part, `**` for any number of them.
fn is_folder(pattern: &str, folder: &str) -> bool {
    fn fits(pattern: &[&str], folder: &[&str]) -> bool {
        match (pattern, folder) {
            ([], []) => true,
            (["**", rest @ ..], _) => (0..=folder.len()).any(|skip| fits(rest, &folder[skip..])),
            (["*", rest @ ..], [_, below @ ..]) => fits(rest, below),
            ([part, rest @ ..], [own, below @ ..]) => part == own && fits(rest, below),
            _ => false,
        }
    }
    /// Each `**` multiplies the work.
    const MOST_STARS: usize = 3;
    let pattern: Vec<&str> = pattern.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let folder: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    pattern.iter().filter(|part| **part == "**").count() <= MOST_STARS && fits(&pattern, &folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bots(files: &[(&str, &str)]) -> Vec<(&'static str, bool)> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let root = ProjectRoot::of(folder.path());
        update_bots(&root).into_iter().map(|bot| (bot.name, bot.moves_images)).collect()
    }

    const COMPOSE: (&str, &str) = ("compose.yaml", "services: {}\n");
    const DOCKERFILE: (&str, &str) = ("app/Dockerfile", "FROM x\n");

    #[test]
    fn renovate_moves_images_unless_its_configuration_leaves_it_open() {
        let moves = |text: &str| bots(&[COMPOSE, ("renovate.json", text)]) == [("Renovate", true)];
        assert!(moves("{}") && moves(r#"{"enabledManagers": ["npm", "docker-compose"]}"#));
        assert!(moves(r#"{"packageRules": [{"matchManagers": ["npm"], "enabled": false}]}"#));
        for text in [
            r#"{"enabledManagers": ["npm"]}"#,
            r#"{"enabledManagers": ["dockerfile"]}"#,
            r#"{"enabled": false}"#,
            r#"{"docker-compose": {"enabled": false}}"#,
            r#"{"packageRules": [{"matchManagers": ["docker-compose"], "enabled": false}]}"#,
            r#"{"packageRules": [{"matchDatasources": ["docker"], "enabled": false}]}"#,
            r#"{"ignorePaths": ["**/*"]}"#,
            "{a: 1,}",
            "{",
        ] {
            assert!(!moves(text), "{text}");
        }
        assert_eq!(bots(&[COMPOSE, ("package.json", r#"{"renovate": {}}"#)]), [("Renovate", true)]);
        assert_eq!(bots(&[COMPOSE, (".github/renovate.json5", "{a: 1,}")]), [("Renovate", false)]);
        assert_eq!(bots(&[COMPOSE, ("package.json", "{}")]), []);
        assert_eq!(bots(&[COMPOSE]), []);
    }

    #[test]
    fn dependabot_moves_what_is_listed_and_where() {
        let entry = |ecosystem: &str, more: &str| format!("  - package-ecosystem: {ecosystem}\n    {more}\n");
        let both = [COMPOSE, DOCKERFILE];
        let moves = |files: &[(&str, &str)], entries: &[String]| {
            let text = format!("version: 2\nupdates:\n{}", entries.concat());
            bots(&[files, &[(".github/dependabot.yml", text.as_str())]].concat()) == [("Dependabot", true)]
        };
        assert!(moves(&[COMPOSE], &[entry("docker-compose", "directory: /")]));
        assert!(moves(&[DOCKERFILE], &[entry("docker", "directories: [/x, /app]")]));
        assert!(moves(
            &both,
            &[entry("docker-compose", "directory: /"), entry("docker", "directories: ['**/*']")]
        ));
        assert!(moves(&[DOCKERFILE], &[entry("docker", "directories: ['/*']")]));
        for (files, ecosystem, more) in [
            (&[COMPOSE][..], "docker", "directory: /"),
            (&[COMPOSE], "cargo", "directory: /"),
            (&[COMPOSE], "docker-compose", "directory: /other"),
            (&[COMPOSE], "docker-compose", "{directory: /, open-pull-requests-limit: 0}"),
            (&[DOCKERFILE], "docker", "directory: /"),
            (&both, "docker-compose", "directory: /"),
        ] {
            let text = match more.strip_prefix('{').and_then(|more| more.strip_suffix('}')) {
                Some(more) => entry(ecosystem, &more.replace(", ", "\n    ")),
                None => entry(ecosystem, more),
            };
            assert!(!moves(files, std::slice::from_ref(&text)), "{text}");
        }
        assert_eq!(bots(&[COMPOSE, (".github/dependabot.yml", "a: [")]), [("Dependabot", false)]);
    }
}
