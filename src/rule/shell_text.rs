//! A text for a shell as the list of its simple commands, and what they write.

use super::below;
use super::presence::is_in;
use crate::knowledge::{ShellWord, written_by};
use crate::syntax::dockerfile::{Script, ScriptCommand, literal, substitutions};
use std::collections::BTreeMap;

/// Texts within texts, deeper than anybody writes them.
const DEPTH: usize = 6;

/// Names of shells.
const SHELLS: [&str; 4] = ["ash", "bash", "dash", "sh"];

/// A simple command of a text for a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShellCommand {
    /// Its words, the program first, without what only runs it (`exec`, `timeout 5`).
    pub words: Vec<ShellWord>,
    /// The files that its output goes to.
    pub redirected: Vec<ShellWord>,
    /// The folder that it runs in, if that is known.
    pub folder: Option<String>,
    /// It as it stands in the text.
    pub text: String,
}

impl ShellCommand {
    /// The command that is started by these words, without a shell.
    #[must_use]
    pub fn of_words(words: &[String], folder: Option<&str>) -> Self {
        // A variable of Compose that has no value.
        let word = |word: &String| (!word.contains('$')).then(|| word.clone());
        let told = unwrapped(words.iter().map(word).collect());
        Self { words: told, redirected: Vec::new(), folder: folder.map(str::to_owned), text: words.join(" ") }
    }

    /// The last component of its program's name; `None` if that is made of what is not known.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.words.first()?.as_deref()?.rsplit('/').next()
    }

    /// The paths that it writes to, absolute; `None` if that is not known.
    #[must_use]
    pub fn written(&self) -> Option<Vec<String>> {
        let files = match self.words.is_empty() {
            true => Vec::new(),
            false => self.written_by_words()?,
        };
        let files: Option<Vec<String>> = files.into_iter().map(|file| self.place(&file?)).collect();
        let mut all = self.outputs()?;
        all.extend(files?.into_iter().filter(|path| !is_stream(path)));
        Some(all)
    }

    /// The paths that its output goes to, absolute; `None` if one is not known.
    #[must_use]
    pub fn outputs(&self) -> Option<Vec<String>> {
        let files: Option<Vec<String>> =
            self.redirected.iter().map(|file| self.place(file.as_deref()?)).collect();
        Some(files?.into_iter().filter(|path| !is_stream(path)).collect())
    }

    fn written_by_words(&self) -> Option<Vec<ShellWord>> {
        if self.name() != Some("find") {
            return written_by(&self.words);
        }
        // What `find` runs, it runs on what lies in the folders that it is given.
        let is_test =
            |word: &ShellWord| word.as_deref().is_some_and(|word| word.starts_with(['-', '(', '!']));
        let folders: Vec<ShellWord> =
            self.words.iter().skip(1).take_while(|word| !is_test(word)).cloned().collect();
        let mut written = Vec::new();
        let mut words = self.words.iter().skip(1);
        while let Some(word) = words.next() {
            match word.as_deref() {
                Some("-delete") => written.extend(folders.iter().cloned()),
                Some("-exec") => {
                    let is_end = |word: &&ShellWord| matches!(word.as_deref(), Some(";" | "+"));
                    let run = words.by_ref().take_while(|word| !is_end(word));
                    let of = |word: &ShellWord| match word.as_deref() {
                        Some("{}") => folders.clone(),
                        _ => vec![word.clone()],
                    };
                    written.extend(written_by(&run.flat_map(of).collect::<Vec<_>>())?);
                }
                Some(word)
                    if word.starts_with("-exec")
                        || word.starts_with("-ok")
                        || word.starts_with("-f") && word != "-follow" && word != "-fstype" =>
                {
                    return None;
                }
                _ => {}
            }
        }
        Some(written)
    }

    /// An absolute path without `..`.
    fn place(&self, path: &str) -> Option<String> {
        match path.starts_with('/') {
            true => Some(below("/", path)),
            false => Some(below(self.folder.as_deref()?, path)),
        }
    }
}

/// The simple commands of a text that a shell runs in `folder`, in order, those of loops, conditions and substitutions, too;
/// `None` if it has more structure than is understood: here-documents, `case`, functions.
#[must_use]
pub fn shell_commands(text: &str, folder: Option<&str>) -> Option<Vec<ShellCommand>> {
    let mut reader =
        Reader { set: BTreeMap::new(), folder: folder.map(str::to_owned), folders: 0, found: Vec::new() };
    let raw = raw_commands(text, DEPTH)?;
    for command in &raw {
        reader.learn(command);
    }
    for command in &raw {
        reader.read(command)?;
    }
    Some(reader.found)
}

/// The commands of a text and of the texts within it, each by its words as written.
fn raw_commands(text: &str, depth: usize) -> Option<Vec<Vec<String>>> {
    let depth = depth.checked_sub(1)?;
    let script = Script::of_text(text);
    if script.word_obstacle.is_some() {
        return None;
    }
    let mut found = Vec::new();
    for command in &script.commands {
        for word in &command.words {
            // `$((1 + 2))` is a sum.
            for inner in substitutions(&word.text)?.into_iter().filter(|inner| !inner.starts_with('(')) {
                found.extend(raw_commands(&inner, depth)?);
            }
        }
        found.push(command.words.iter().map(|word| word.text.to_string()).collect());
        if let Some(inner) = inner_text(command) {
            found.pop();
            found.extend(raw_commands(&inner?, depth)?);
        }
    }
    Some(found)
}

/// The text that a command hands to a shell, or to `trap`; the inner `None` if that can't be told.
fn inner_text(command: &ScriptCommand) -> Option<Option<String>> {
    let words: Vec<ShellWord> = unwrapped(command.literals().collect());
    let name = words.first()?.as_deref()?.rsplit('/').next()?.to_owned();
    if name == "trap" {
        return Some(words.get(1).cloned().flatten().filter(|text| !text.starts_with('-')));
    }
    if !SHELLS.contains(&name.as_str()) {
        return None;
    }
    let words: Option<Vec<String>> = words.into_iter().collect();
    Some(words.and_then(|words| match shell_start(&words) {
        Some(ShellStart::Text(text)) => Some(text),
        _ => None,
    }))
}

/// What a shell is started with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShellStart {
    /// A text, behind `-c`.
    Text(String),
    /// A script.
    File(String),
    /// Nothing: it is there for people.
    People,
}

/// What these words start a shell with; `None` if they start something else.
#[must_use]
pub fn shell_start(words: &[String]) -> Option<ShellStart> {
    let words: Vec<String> =
        unwrapped(words.iter().cloned().map(Some).collect()).into_iter().flatten().collect();
    let (first, rest) = words.split_first()?;
    SHELLS.contains(&first.rsplit('/').next()?).then_some(())?;
    let mut rest = rest.iter();
    let mut has_text = false;
    while let Some(word) = rest.next() {
        if word == "--" {
            continue;
        }
        if !word.starts_with(['-', '+']) {
            return Some(if has_text {
                ShellStart::Text(word.clone())
            } else {
                ShellStart::File(word.clone())
            });
        }
        if !word.starts_with("--") {
            has_text |= word.starts_with('-') && word.contains('c');
            // `-o pipefail`
            if word.ends_with('o') {
                rest.next();
            }
        }
    }
    Some(ShellStart::People)
}

/// A command without what only runs it.
fn unwrapped(mut words: Vec<ShellWord>) -> Vec<ShellWord> {
    let is_option = |word: &ShellWord| word.as_deref().is_some_and(|word| word.starts_with('-'));
    loop {
        let name = words.first().and_then(|word| word.as_deref()?.rsplit('/').next()).unwrap_or_default();
        let second = words.get(1).and_then(|word| word.as_deref()).unwrap_or_default();
        let skipped = match name {
            "command" if second.starts_with('-') => return vec![Some("type".to_owned())],
            "exec" | "command" | "builtin" | "time" | "nice" if !second.starts_with('-') => 1,
            "tini" | "dumb-init" => 1 + words[1..].iter().take_while(|word| is_option(word)).count(),
            "timeout" if !second.starts_with('-') => 2,
            "env" => {
                let is_set = |word: &&ShellWord| {
                    word.as_deref().is_none_or(|word| !word.starts_with('-') && word.contains('='))
                };
                1 + words[1..].iter().take_while(is_set).count()
            }
            _ => return words,
        };
        words.drain(..skipped.min(words.len()));
    }
}

/// Whether a path is none of a file that is kept.
fn is_stream(path: &str) -> bool {
    ["/dev", "/proc"].iter().any(|folder| is_in(path, folder))
}

struct Reader {
    /// The variables that the text sets, each with its value; `None` if it has several, or one that is not known.
    set: BTreeMap<String, Option<String>>,
    folder: Option<String>,
    /// How often it changes its folder.
    folders: usize,
    found: Vec<ShellCommand>,
}

impl Reader {
    /// Learns what a command sets.
    fn learn(&mut self, words: &[String]) {
        let Some(first) = words.first() else { return };
        if first == "for" || first == "read" {
            let names = words.iter().skip(1).filter(|word| !word.starts_with('-'));
            let names: Vec<String> =
                if first == "for" { names.take(1).cloned().collect() } else { names.cloned().collect() };
            self.set.extend(names.into_iter().map(|name| (name, None)));
        }
        let is_keyword = ["export", "local", "readonly"].contains(&first.as_str());
        let runs = !is_keyword && words.iter().any(|word| assignment(word).is_none());
        for word in words.iter().skip(usize::from(is_keyword)) {
            let Some((name, value)) = assignment(word) else {
                if is_keyword {
                    continue;
                } else {
                    break;
                };
            };
            // A path, without what a shell makes something else of.
            let is_plain =
                |text: &String| text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-:".contains(c));
            let value = literal(value).filter(is_plain).filter(|_| !runs && !self.set.contains_key(name));
            self.set.insert(name.to_owned(), value);
        }
    }

    fn read(&mut self, words: &[String]) -> Option<()> {
        let words = match words.first().map(String::as_str) {
            // Its words are no commands, and substitutions in them were read before.
            Some("for") => return Some(()),
            Some("fi" | "done" | "}") => &words[1..],
            Some("esac" | "in" | "select" | "function" | "case") => return None,
            _ => words,
        };
        let (told, redirected) = self.parted(words)?;
        let program = told.iter().take_while(|word| assignment(word).is_some()).count();
        let plain: Vec<ShellWord> = told[program..].iter().map(|word| self.resolved(word)).collect();
        if plain.is_empty() && redirected.is_empty() {
            return Some(());
        }
        let command = ShellCommand {
            words: unwrapped(plain),
            redirected,
            folder: self.folder.clone(),
            text: words.join(" "),
        };
        if command.name() == Some("cd") {
            self.folders += 1;
            let to = command.words.get(1).cloned().flatten();
            let is_known = self.folders == 1;
            self.folder = to.filter(|_| is_known).and_then(|to| command.place(&to));
        }
        self.found.push(command);
        Some(())
    }

    /// The words of a command, and the files that its output goes to.
    fn parted<'w>(&self, words: &'w [String]) -> Option<(Vec<&'w str>, Vec<ShellWord>)> {
        let (mut told, mut files) = (Vec::new(), Vec::new());
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let Some(at) = first_arrow(word) else {
                told.push(word.as_str());
                continue;
            };
            let (before, rest) = word.split_at(at);
            let sign = rest.len() - rest.trim_start_matches(['<', '>', '&']).len();
            let (sign, target) = rest.split_at(sign);
            let is_descriptor = before.chars().all(|c| c.is_ascii_digit()) || before == "&";
            if !is_descriptor {
                told.push(before);
            }
            // `2>&1`
            if sign.ends_with('&')
                && sign.len() > 1
                && (target == "-" || target.chars().all(|c| c.is_ascii_digit()))
            {
                continue;
            }
            // `>(`
            if target.starts_with('(') || first_arrow(target).is_some() {
                return None;
            }
            let target = if target.is_empty() { words.next()?.as_str() } else { target };
            if sign.contains('>') {
                files.push(self.resolved(target));
            }
        }
        Some((told, files))
    }

    /// A word without quotes, with the values of variables that the text sets. Of a pattern, the folder that it starts with.
    fn resolved(&self, word: &str) -> ShellWord {
        // They look like patterns and are none.
        if ["[", "[[", "{}"].contains(&word) {
            return Some(word.to_owned());
        }
        let mut text = word.to_owned();
        for (name, value) in &self.set {
            let Some(value) = value else { continue };
            text = text.replace(&format!("${{{name}}}"), value);
            text = replaced(&text, name, value);
        }
        literal(&text).or_else(|| {
            let at = text.find(['*', '?', '['])?;
            let folder = &text[..=text[..at].rfind('/')?];
            let is_plain =
                !text.contains(['$', '`', '~', '{', '"', '\'', '\\', '<', '>']) && !text.contains("..");
            is_plain.then(|| folder.to_owned())
        })
    }
}

/// A text with the value of `$NAME` in its place, where no longer name stands.
fn replaced(text: &str, name: &str, value: &str) -> String {
    let sign = format!("${name}");
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(&sign) {
        let (before, after) = (&rest[..at], &rest[at + sign.len()..]);
        let is_longer = after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        result.push_str(before);
        result.push_str(if is_longer { &sign } else { value });
        rest = after;
    }
    result + rest
}

/// The name and the value of an assignment.
fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then_some((name, value))
}

/// Where the first `<` or `>` stands in a word that no quotes and no substitution hold.
fn first_arrow(word: &str) -> Option<usize> {
    let mut quote = None;
    let mut open = 0_usize;
    let mut characters = word.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        match (quote, c) {
            (Some('\''), '\'') | (Some('"'), '"') | (Some('`'), '`') => quote = None,
            (Some('\''), _) => {}
            (_, '\\') => drop(characters.next()),
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '(') => open += 1,
            (None, ')') => open = open.saturating_sub(1),
            (None, '<' | '>') if open == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests;
