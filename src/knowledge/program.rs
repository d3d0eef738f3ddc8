//! What is known of programs whatever the image that they stand in: how they stand to root.

use super::embedded::embedded;
use super::text::one_line;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// How a program stands to root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RootNeed {
    /// It becomes another user and starts what follows: `gosu`, `su-exec`.
    StepsDown,
    /// It starts as root by design: it starts others, guards a low port, or changes to a user of its own.
    StartsAsRoot,
    /// It runs what it is given, and needs root for nothing itself: interpreters and servers of applications.
    Nothing,
}

/// Tools that start a script of a package, and the names that scripts for development have by habit.
const SCRIPT_RUNNERS: [&str; 7] = ["astro", "bun", "next", "npm", "nuxt", "pnpm", "yarn"];
const DEVELOPMENT_SCRIPTS: [&str; 4] = ["dev", "serve:dev", "start:dev", "watch"];

/// Tools and options that are for development alone (their manuals).
const DEVELOPMENT_TOOLS: [&str; 9] = [
    "--reload",
    "--watch",
    "browser-sync",
    "live-server",
    "node-dev",
    "nodemon",
    "ts-node-dev",
    "vite",
    "webpack-dev-server",
];

/// Tools that run tests, and leave what came of them beside the sources (their manuals).
const TEST_TOOLS: [&str; 5] = ["cypress", "jest", "mocha", "playwright", "vitest"];

/// Tools that serve the sources as they change, with the word behind their name that says so (their manuals).
const DEVELOPMENT_SERVERS: [(&str, &str); 8] = [
    ("craco", "start"),
    ("gatsby", "develop"),
    ("ng", "serve"),
    ("react-scripts", "start"),
    ("storybook", "dev"),
    ("tsx", "watch"),
    ("vue-cli-service", "serve"),
    ("webpack", "serve"),
];

/// Whether the words that start a program start a tool of development: such tools write beside the sources.
#[must_use]
pub fn is_for_development(words: &[String]) -> bool {
    let names: Vec<&str> = words.iter().filter_map(|word| word.rsplit('/').next()).collect();
    let has = |wanted: &[&str]| names.iter().any(|name| wanted.contains(name));
    let serves = |pair: &[&str]| DEVELOPMENT_SERVERS.contains(&(pair[0], pair[1]));
    let is_named = |name: &&str| words.iter().any(|word| word == name);
    (has(&SCRIPT_RUNNERS) && DEVELOPMENT_SCRIPTS.iter().any(is_named))
        || has(&DEVELOPMENT_TOOLS)
        || has(&TEST_TOOLS)
        || names.windows(2).any(serves)
}

/// The facts: how programs stand to root, each group with the documentation that says so.
const FILE: &str = include_str!("programs.yaml");

/// Programs of which the same is known.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    need: RootNeed,
    /// The documentation that says so.
    #[serde(deserialize_with = "one_line")]
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "for who reads the file; a test sees that it is there")
    )]
    source: String,
    programs: Vec<String>,
}

/// What is known of a program, by its name without path; `None` if nothing is. A version behind the name counts for
/// nothing.
#[must_use]
pub fn root_need(name: &str) -> Option<RootNeed> {
    static NEEDS: LazyLock<BTreeMap<String, RootNeed>> = LazyLock::new(|| {
        let groups: Vec<Group> = embedded("programs.yaml", FILE);
        groups
            .into_iter()
            .flat_map(|group| group.programs.into_iter().map(move |program| (program, group.need)))
            .collect()
    });
    let without_version = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    NEEDS.get(name).or_else(|| NEEDS.get(without_version.trim_end_matches('-'))).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_known_by_its_whole_name() {
        assert_eq!(root_need("gosu"), Some(RootNeed::StepsDown));
        assert_eq!(root_need("crond"), Some(RootNeed::StartsAsRoot));
        assert_eq!(root_need("python3.12"), Some(RootNeed::Nothing));
        assert_eq!(root_need("pythonic"), None);
        assert_eq!(root_need("app"), None);
        assert_eq!(root_need(""), None);
    }

    #[test]
    fn development_is_known_by_its_tools() {
        let is = |text: &str| is_for_development(&text.split(' ').map(str::to_owned).collect::<Vec<_>>());
        for text in [
            "npm run dev",
            "node_modules/.bin/vue-cli-service serve",
            "react-scripts start",
            "npx playwright test",
        ] {
            assert!(is(text), "{text}");
        }
        for text in ["npm start", "node serve", "vue-cli-service build", "next start"] {
            assert!(!is(text), "{text}");
        }
    }

    #[test]
    fn init_systems_and_daemons_start_as_root() {
        for name in
            ["my_init", "runsvdir", "postfix", "dovecot", "chronyd", "vsftpd", "php-fpm8.3", "php-fpm-8"]
        {
            assert_eq!(root_need(name), Some(RootNeed::StartsAsRoot), "{name}");
        }
    }

    #[test]
    fn every_program_is_named_once_and_every_group_has_a_source() {
        let groups: Vec<Group> = embedded("programs.yaml", FILE);
        let mut names: Vec<&String> = groups.iter().flat_map(|group| &group.programs).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(groups.iter().all(|group| group.source.len() > 10 && !group.programs.is_empty()));
        assert!(
            names
                .iter()
                .all(|name| !name.ends_with(|c: char| c.is_ascii_digit()) || root_need(name).is_some())
        );
    }
}
