//! Which tools write beside the sources of a program when they run, or in the folder of who runs them.

use super::embedded::embedded;
use super::text::one_line;
use serde::Deserialize;
use std::sync::LazyLock;

/// The facts, each with the documentation that says so.
const FILE: &str = include_str!("start_writes.yaml");

/// Where a tool writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WrittenPlace {
    /// Beside the sources, files of its own.
    Sources,
    /// Among the packages that are installed: `node_modules`.
    Packages,
    /// In the folder of who runs it, without which it stops.
    Home,
}

/// A tool that does.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartWrite {
    /// The words of its command, in this order, options between them.
    pub words: Vec<String>,
    /// Options that take the next word.
    #[serde(default)]
    pub valued: Vec<String>,
    /// Where it writes.
    pub place: WrittenPlace,
    /// Variables that keep it from writing in the folder of its user, besides HOME.
    #[serde(default)]
    pub unless: Vec<String>,
    /// The documentation that says so, in one line.
    #[serde(deserialize_with = "one_line")]
    pub source: String,
}

impl StartWrite {
    /// The tool that a simple command runs and that writes beside the sources, by its words; `None` if it is none of
    /// those that are known.
    #[must_use]
    pub fn of(command: &[&str]) -> Option<&'static Self> {
        Self::all().iter().find(|known| known.place != WrittenPlace::Home && known.is_run_by(command))
    }

    /// The tools that a simple command runs, each by another, that need the folder of their user.
    pub fn at_home<'c>(command: &'c [&str]) -> impl Iterator<Item = &'static Self> + 'c {
        Self::all().iter().filter(|known| known.place == WrittenPlace::Home && known.is_run_by(command))
    }

    fn all() -> &'static [Self] {
        static ALL: LazyLock<Vec<StartWrite>> = LazyLock::new(|| embedded("start_writes.yaml", FILE));
        &ALL
    }

    fn is_run_by(&self, command: &[&str]) -> bool {
        let mut is_value = false;
        let mut words = command.iter().filter(|word| {
            let was_value =
                std::mem::replace(&mut is_value, self.valued.iter().any(|option| option == *word));
            !was_value && !word.starts_with('-') && !word.contains('=')
        });
        let is = |word: &&str, part: &String| word.rsplit('/').next() == Some(part.as_str());
        let Some((first, rest)) = self.words.split_first() else { return false };
        // What follows the tool's name stands right behind it.
        words.any(|word| is(word, first))
            && rest.iter().all(|part| words.next().is_some_and(|word| is(word, part)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<WrittenPlace> {
        StartWrite::of(&text.split(' ').collect::<Vec<_>>()).map(|known| known.place)
    }

    #[test]
    fn tools_are_known_by_their_words() {
        assert_eq!(of("npx --yes prisma generate"), Some(WrittenPlace::Packages));
        assert_eq!(of("node_modules/.bin/prisma generate --schema x"), Some(WrittenPlace::Packages));
        assert_eq!(of("NODE_ENV=production next build"), Some(WrittenPlace::Sources));
        assert_eq!(of("npm --prefix=web ci"), Some(WrittenPlace::Packages));
        assert_eq!(of("prisma db push --accept-data-loss"), Some(WrittenPlace::Packages));
        assert_eq!(of("celery -A shop beat -l info"), Some(WrittenPlace::Sources));
        assert_eq!(of("bundle exec rails s -b 0.0.0.0"), Some(WrittenPlace::Sources));
        assert_eq!(of("dotnet run --project web"), Some(WrittenPlace::Sources));
        for text in ["celery -A beat worker", "dotnet web.dll", "rails console"] {
            assert_eq!(of(text), None, "{text}");
        }
        for text in ["prisma migrate deploy", "next start", "node server.js", "npm start", "node tsc.js"] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn a_tool_may_need_the_folder_of_its_user_besides_those_that_it_runs() {
        let names = |text: &str| -> Vec<String> {
            let words: Vec<&str> = text.split(' ').collect();
            StartWrite::at_home(&words).map(|known| known.words.join(" ")).collect()
        };
        assert_eq!(names("uv run --no-sync streamlit run app.py"), ["uv run", "streamlit run"]);
        assert_eq!(names("/opt/venv/bin/streamlit run app.py"), ["streamlit run"]);
        assert!(names("uv sync").is_empty() && names("prisma generate").is_empty());
        assert_eq!(
            (names("npx serve"), names("npm start")),
            (vec!["npx".to_owned()], vec!["npm".to_owned()])
        );
        assert_eq!(of("uv run app.py"), None);
    }

    #[test]
    fn every_tool_has_a_source() {
        let all: Vec<StartWrite> = embedded("start_writes.yaml", FILE);
        assert!(all.iter().all(|known| known.source.len() > 10 && !known.words.is_empty()));
    }
}
