//! Tools that do something only if they are told what.

/// Programs that print how they are used, or do one thing, and end where no word tells them what to do.
const TOOLS: [&str; 24] = [
    "artisan",
    "bun",
    "bundle",
    "cargo",
    "composer",
    "django-admin",
    "dotnet",
    "go",
    "gradle",
    "gradlew",
    "manage.py",
    "mvn",
    "mvnw",
    "npm",
    "npx",
    "pip",
    "pip3",
    "pipenv",
    "pnpm",
    "poetry",
    "uv",
    "wp",
    "yarn",
    "yarnpkg",
];

/// Programs that run the script that follows.
const RUNNERS: [&str; 5] = ["bash", "php", "python", "python3", "sh"];

/// The tool that a command starts without a word on what to do. Options count for nothing, but for their values that
/// stand alone.
pub(super) fn tool<'w>(words: &[&'w str]) -> Option<&'w str> {
    let plain = |word: &'w str| word.trim_matches(['"', '\'']).rsplit('/').next().unwrap_or_default();
    let mut words = words.iter().filter(|word| !word.starts_with('-')).map(|word| plain(word));
    let mut first = words.next()?;
    if RUNNERS.contains(&first) {
        first = words.next()?;
    }
    (TOOLS.contains(&first) && words.next().is_none()).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::tool;

    #[test]
    fn a_tool_without_a_word_on_what_to_do_is_bare() {
        for (words, expected) in [
            ("npm", Some("npm")),
            ("/usr/local/bin/composer --ignore-platform-reqs", Some("composer")),
            ("php /var/www/html/artisan", Some("artisan")),
            ("python manage.py", Some("manage.py")),
            ("sh ./mvnw", Some("mvnw")),
            ("npm start", None),
            ("npm --prefix /app", None),
            ("php artisan serve", None),
            ("php", None),
            ("node", None),
            ("redis-server", None),
            ("", None),
        ] {
            assert_eq!(tool(&words.split(' ').collect::<Vec<_>>()), expected, "{words}");
        }
    }
}
