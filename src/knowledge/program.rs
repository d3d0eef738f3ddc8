//! What is known of programs whatever the image that they stand in: how they stand to root.

/// How a program stands to root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
const DEVELOPMENT_TOOLS: [&str; 5] = ["--reload", "--watch", "nodemon", "ts-node-dev", "vite"];

/// Whether the words that start a program start a tool of development: such tools write beside the sources.
#[must_use]
pub fn is_for_development(words: &[String]) -> bool {
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    (has(&SCRIPT_RUNNERS) && has(&DEVELOPMENT_SCRIPTS)) || has(&DEVELOPMENT_TOOLS)
}

/// Programs that become another user (their manuals).
const STEPPING: [&str; 7] = ["chpst", "gosu", "runuser", "s6-setuidgid", "setpriv", "su", "su-exec"];

/// Programs that start as root by design (their manuals).
const ROOT: [&str; 17] = [
    "apache2",
    "apache2-foreground",
    "apache2ctl",
    "apachectl",
    "cron",
    "crond",
    "dnsmasq",
    "dockerd",
    "haproxy",
    "httpd",
    "init",
    "nginx",
    "php-fpm",
    "s6-svscan",
    "sshd",
    "supervisord",
    "systemd",
];

/// Programs that need root for nothing themselves; what they run may.
const PLAIN: [&str; 27] = [
    "bun",
    "bundle",
    "celery",
    "daphne",
    "deno",
    "dotnet",
    "fastapi",
    "flask",
    "gunicorn",
    "hypercorn",
    "java",
    "next",
    "node",
    "npm",
    "npx",
    "perl",
    "php",
    "pipenv",
    "pnpm",
    "poetry",
    "puma",
    "rails",
    "ruby",
    "streamlit",
    "uv",
    "uvicorn",
    "yarn",
];

/// What is known of a program, by its name without path; `None` if nothing is.
#[must_use]
pub fn root_need(name: &str) -> Option<RootNeed> {
    let is_version = |rest: &str| rest.chars().all(|c| c.is_ascii_digit() || c == '.');
    let is_python = || name.strip_prefix("python").is_some_and(is_version);
    if STEPPING.contains(&name) {
        Some(RootNeed::StepsDown)
    } else if ROOT.contains(&name) {
        Some(RootNeed::StartsAsRoot)
    } else if PLAIN.contains(&name) || is_python() {
        Some(RootNeed::Nothing)
    } else {
        None
    }
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
    }
}
