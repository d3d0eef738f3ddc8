//! What well-known commands write, by their words.

use super::embedded::embedded;
use super::text::one_line;
use serde::Deserialize;
use std::sync::LazyLock;

/// The facts, each with the documentation that says so.
const FILE: &str = include_str!("written.yaml");

/// Which of the words that are no options are files that a command writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Files {
    None,
    First,
    All,
    ButFirst,
    Last,
}

/// What is known of a command.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    programs: Vec<String>,
    files: Files,
    #[serde(default)]
    values: Vec<String>,
    #[serde(default)]
    output: Vec<String>,
    #[serde(default)]
    only: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
    /// Read for what it says to people.
    #[serde(deserialize_with = "one_line")]
    #[cfg_attr(not(test), allow(dead_code, reason = "a fact names where it was read"))]
    source: String,
}

/// A word of a command: its text, or `None` where a shell makes it of what is not known.
pub type ShellWord = Option<String>;

/// The files that a command writes, by its words; `None` if that is not known. The first word is the program, with or without
/// a folder.
#[must_use]
pub fn written_by(command: &[ShellWord]) -> Option<Vec<ShellWord>> {
    static ALL: LazyLock<Vec<Known>> = LazyLock::new(|| embedded("written.yaml", FILE));
    let (program, words) = command.split_first()?;
    let name = program.as_deref()?.rsplit('/').next()?;
    let mut known = ALL.iter().filter(|known| known.programs.iter().any(|program| program == name));
    known.find_map(|known| known.written(words))
}

impl Known {
    fn written(&self, words: &[ShellWord]) -> Option<Vec<ShellWord>> {
        let (mut files, mut plain) = (Vec::new(), Vec::new());
        let mut is_told = self.only.is_empty();
        let mut words = words.iter();
        let mut are_options = true;
        while let Some(word) = words.next() {
            match word.as_deref().filter(|_| are_options) {
                Some("--") => are_options = false,
                Some(option) if option.len() > 1 && option.starts_with('-') => {
                    let found = self.option(option)?;
                    is_told |= found.is_told;
                    let mut value = || {
                        let next = || words.next().cloned().flatten();
                        found.value.map(str::to_owned).map_or_else(next, Some)
                    };
                    match found.takes {
                        Takes::Nothing => {}
                        Takes::Value => drop(value()),
                        Takes::File => files.push(value()),
                    }
                }
                _ => plain.push(word.clone()),
            }
        }
        files.retain(|file| file.as_deref() != Some("-"));
        files.extend(match self.files {
            Files::None => Vec::new(),
            Files::First => plain.into_iter().take(1).collect(),
            Files::All => plain,
            Files::ButFirst => plain.into_iter().skip(1).collect(),
            Files::Last => plain.into_iter().next_back().into_iter().collect(),
        });
        is_told.then_some(files)
    }

    /// What a word says that is one option or several letters of them; `None` if nothing is known of the command with it.
    fn option<'o>(&self, word: &'o str) -> Option<OptionWord<'o>> {
        let has = |list: &[String], option: &str| list.iter().any(|known| known == option);
        let takes = |option: &str| match (has(&self.output, option), has(&self.values, option)) {
            (true, _) => Takes::File,
            (_, true) => Takes::Value,
            _ => Takes::Nothing,
        };
        if word.starts_with("--") {
            let (name, value) =
                word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
            let found = OptionWord { takes: takes(name), value, is_told: has(&self.only, name) };
            return (!has(&self.unless, name)).then_some(found);
        }
        let mut is_told = false;
        for (at, letter) in word.char_indices().skip(1) {
            let option = format!("-{letter}");
            if has(&self.unless, &option) {
                return None;
            }
            is_told |= has(&self.only, &option);
            let takes = takes(&option);
            if takes != Takes::Nothing {
                let rest = &word[at + letter.len_utf8()..];
                return Some(OptionWord { takes, value: (!rest.is_empty()).then_some(rest), is_told });
            }
        }
        Some(OptionWord { takes: Takes::Nothing, value: None, is_told })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Value,
    File,
}

struct OptionWord<'o> {
    takes: Takes,
    /// What is glued to it; else the next word counts.
    value: Option<&'o str>,
    /// Whether it is one of those without which nothing is known.
    is_told: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        let word = |word: &str| (!word.contains('$')).then(|| word.to_owned());
        let words: Vec<ShellWord> = text.split(' ').map(word).collect();
        let files = written_by(&words);
        let told = |file: ShellWord| file.unwrap_or_else(|| "?".to_owned());
        files.map_or("unknown".to_owned(), |files| files.into_iter().map(told).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn a_command_tells_by_its_words_what_it_writes() {
        for (command, files) in [
            ("echo /x", ""),
            ("sleep 30", ""),
            ("chown -R 1000:1000 /data /srv", "/data /srv"),
            ("/bin/chmod 0755 /data", "/data"),
            ("touch -d now /x", "/x"),
            ("mkdir -p -m 700 /a /b", "/a /b"),
            ("cp -r /a /b /c", "/c"),
            ("mv /a /b", "/a /b"),
            ("rm -rf /a", "/a"),
            ("tee -a /a $B", "/a ?"),
            ("sed -i s/a/b/ /x", "/x"),
            ("sed s/a/b/ /x", ""),
            ("curl -fsSo /x http://a", "/x"),
            ("curl --output=/x http://a", "/x"),
            ("curl -o/dev/null -w %{http_code} http://a", "/dev/null"),
            ("curl -sf -X POST -H a http://a", ""),
            ("wget -qO- http://a", ""),
            ("wget -q --spider http://a", ""),
            ("wget -O /x http://a", "/x"),
            ("mosquitto_passwd -b -c /p user word", "/p"),
            ("nc -z db 5432", ""),
        ] {
            assert_eq!(said(command), files, "{command}");
        }
        for command in [
            "wget http://a",
            "curl -LO http://a",
            "curl -sc jar http://a",
            "chmod -x /a",
            "chown --reference=/a /b",
            "cp -t /a /b",
            "sed -i -e s/a/b/ /x",
            "nc -l -p 80 -e /bin/sh",
            "npm start",
            "$A /x",
            "eval a",
            "python x.py",
        ] {
            assert_eq!(said(command), "unknown", "{command}");
        }
    }

    #[test]
    fn every_command_has_a_source() {
        let all: Vec<Known> = embedded("written.yaml", FILE);
        assert!(all.iter().all(|known| known.source.len() > 6 && !known.programs.is_empty()));
    }
}
