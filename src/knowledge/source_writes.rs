//! By which calls programs write, and what a source file shows of where its program does.

use super::embedded::embedded;
use super::text::one_line;
use crate::model::SourceWrite;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The facts, each with the documentation that says so.
const FILE: &str = include_str!("source_writes.yaml");

/// How many lines further the arguments of a call may go on.
const MOST_LINES: usize = 3;

/// More such calls in one file than a reader of messages cares for.
const MOST_WRITES: usize = 50;

/// How the programs of a language write.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WritingLanguage {
    /// What it is called.
    #[serde(deserialize_with = "one_line")]
    pub language: String,
    /// The documentation of the calls, in one line.
    #[serde(deserialize_with = "one_line")]
    pub source: String,
    /// Endings of the names of its files, without the dot.
    pub endings: Vec<String>,
    /// Programs that run its files.
    #[serde(default)]
    pub programs: Vec<String>,
    /// What a line of comment begins with.
    pub comment: Vec<String>,
    /// Calls that write to the path that they are given, or make it.
    pub writes: Vec<String>,
    /// Whether paths stand in no quotes and calls in no brackets, as in a shell.
    #[serde(default)]
    pub is_plain: bool,
    /// Calls that do so if they are given one of the modes.
    #[serde(default)]
    pub opens: Vec<String>,
    /// The modes in which such a call writes.
    #[serde(default)]
    pub modes: Vec<String>,
}

impl WritingLanguage {
    /// The language of a file by its name; `None` for one whose calls are not known.
    #[must_use]
    pub fn of(path: &str) -> Option<&'static Self> {
        let (_, ending) = path.rsplit('/').next()?.rsplit_once('.')?;
        Self::all().iter().find(|language| language.endings.iter().any(|known| known == ending))
    }

    /// Whether a start that names these programs, without their folders, may run a source file: it is of their language,
    /// or they tell of none.
    #[must_use]
    pub fn may_run(started: &[&str], path: &str) -> bool {
        let is_named =
            |language: &Self| language.programs.iter().any(|known| started.contains(&known.as_str()));
        let is_told = Self::all().iter().any(is_named);
        !is_told || Self::of(path).is_some_and(|language| language.is_plain || is_named(language))
    }

    fn all() -> &'static [Self] {
        static ALL: LazyLock<Vec<WritingLanguage>> = LazyLock::new(|| embedded("source_writes.yaml", FILE));
        &ALL
    }

    /// The absolute paths that a source file hands to calls that write, as texts or by a name that it gives them in a
    /// line of its own.
    #[must_use]
    pub fn writes_in(&self, text: &str) -> Vec<SourceWrite> {
        // Hardly any file has both, and looking for them is quick.
        let has_path = self.is_plain || ["\"/", "'/", "`/"].iter().any(|start| text.contains(start));
        if !has_path || !self.writes.iter().chain(&self.opens).any(|call| text.contains(call.as_str())) {
            return Vec::new();
        }
        let is_comment = |line: &str| self.comment.iter().any(|sign| line.trim_start().starts_with(sign));
        let lines: Vec<&str> = text.lines().map(|line| if is_comment(line) { "" } else { line }).collect();
        if self.is_plain {
            let write = |(index, line): (usize, &&str)| {
                let path = self.plain_write(line)?;
                Some(SourceWrite { line: index + 1, path, unless: None })
            };
            return lines.iter().enumerate().filter_map(write).take(MOST_WRITES).collect();
        }
        let named = named_paths(&lines);
        let mut found = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            let Some(from) = self.call_in(line) else { continue };
            let rest = lines.iter().skip(index + 1).take(if from.has_bracket { MOST_LINES } else { 0 });
            let arguments: Vec<&str> = std::iter::once(&line[from.at..]).chain(rest.copied()).collect();
            let arguments = extent(&arguments.join("\n")).to_owned();
            if from.needs_mode && !texts(&arguments).any(|text| self.modes.iter().any(|mode| mode == text)) {
                continue;
            }
            let by_text = texts(&arguments).find_map(path_in).map(|path| (path, None));
            // `Path("/data/x").write_text(…)`
            let before = || {
                let path = texts(&line[..from.at]).filter_map(path_in).last().filter(|_| from.of_value)?;
                Some((path, None))
            };
            let by_name = || words(&arguments).find_map(|word| named.get(word).cloned());
            let Some((path, unless)) = by_text.or_else(before).or_else(by_name) else { continue };
            found.push(SourceWrite { line: index + 1, path, unless });
            if found.len() >= MOST_WRITES {
                break;
            }
        }
        found
    }

    /// The first path of a line that stands behind one of the words that write, options between them.
    fn plain_write(&self, line: &str) -> Option<String> {
        self.writes.iter().find_map(|call| {
            line.match_indices(call.as_str()).find_map(|(at, _)| {
                let is_word = call.starts_with('>')
                    || line[..at].is_empty()
                    || line[..at].ends_with([' ', '\t', '/', ';']);
                let mut words = line[at + call.len()..].trim_start_matches('>').split_whitespace();
                let word = words.find(|word| !word.starts_with('-')).filter(|_| is_word)?;
                path_in(word.trim_matches(['"', '\'', ';', ')']))
            })
        })
    }

    /// Where the arguments of the first call of a line begin that writes, or may.
    fn call_in(&self, line: &str) -> Option<Call> {
        let at = |call: &String| {
            // `reopen(` is another call than `open(`, and `RotatingFileHandler(` is one of its kind.
            let is_word = |at: &usize| {
                !call.starts_with(|c: char| c.is_lowercase())
                    || !line[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
            };
            let place = line.match_indices(call.as_str()).map(|(at, _)| at).find(is_word)?;
            Some(Call {
                at: place + call.len(),
                needs_mode: false,
                has_bracket: call.ends_with('('),
                of_value: call.starts_with('.'),
            })
        };
        let first = |calls: &[String]| calls.iter().filter_map(at).min_by_key(|call| call.at);
        first(&self.writes).or_else(|| Some(Call { needs_mode: true, ..first(&self.opens)? }))
    }
}

/// A call of a line.
struct Call {
    /// The byte behind its name.
    at: usize,
    /// Whether it writes in some modes alone.
    needs_mode: bool,
    /// Whether its arguments stand in brackets, which may close in a later line.
    has_bracket: bool,
    /// Whether it is one of the value in front of it.
    of_value: bool,
}

/// A text of arguments up to the bracket that closes them, or to its end.
fn extent(text: &str) -> &str {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => return &text[..at],
            ')' | ']' | '}' => depth -= 1,
            '\n' if depth == 0 && text[..at].trim_end().ends_with(';') => return &text[..at],
            _ => {}
        }
    }
    text
}

/// The texts in quotes.
fn texts(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        let start = rest.find(['"', '\'', '`'])?;
        let quote = rest[start..].chars().next()?;
        let behind = &rest[start + 1..];
        let end = behind.find(quote)?;
        rest = &behind[end + 1..];
        Some(&behind[..end])
    })
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

/// The path of the container in a text, up to what is put into it: `/data/{id}.json` is in `/data`.
fn path_in(text: &str) -> Option<String> {
    let is_of_path = |c: char| c.is_ascii_alphanumeric() || "/._-@+".contains(c);
    let end = text.find(|c| !is_of_path(c)).unwrap_or(text.len());
    let plain = match text[end..].chars().next() {
        None => text,
        // What is put in, in any of the languages.
        Some('{' | '$' | '%' | '#') => &text[..text[..end].rfind('/')?],
        Some(_) => return None,
    };
    let path = plain.trim_end_matches('/');
    let is_stream = ["/dev", "/proc", "/sys"]
        .iter()
        .any(|folder| path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    let is_path = path.len() > 1 && path.starts_with('/') && !path.starts_with("//") && !path.contains("/..");
    (is_path && !is_stream).then(|| path.to_owned())
}

/// The names that lines give to an absolute path, `LOG = "/var/log/a.log"`, each with the path, and with the variable that
/// goes before it if the line asks for one.
fn named_paths<'t>(lines: &[&'t str]) -> BTreeMap<&'t str, (String, Option<String>)> {
    let named = |line: &&'t str| {
        let (name, value) = line.split_once('=')?;
        if value.starts_with(['=', '>']) || name.ends_with(['!', '<', '>']) {
            return None;
        }
        // `const log: string`, `log :=`
        let name = name.trim_end_matches([':', ' ']);
        let name = name.split_once(':').map_or(name, |(name, _)| name).trim_end();
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let name = &name[name.trim_end_matches(is_part).len()..];
        let path = texts(value).find_map(path_in)?;
        let asks = value.to_ascii_lowercase().contains("env");
        let is_variable = |word: &&str| {
            word.len() > 2 && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        };
        let variable = words(value).find(is_variable).filter(|_| asks).map(str::to_owned);
        (!name.is_empty()).then_some((name, (path, variable)))
    };
    lines.iter().filter_map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(file: &str, text: &str) -> Vec<String> {
        let writes = WritingLanguage::of(file).unwrap().writes_in(text);
        writes.into_iter().map(|write| format!("{}:{}", write.line, write.path)).collect()
    }

    #[test]
    fn a_call_that_writes_shows_its_path() {
        for (file, text, wanted) in [
            ("a.py", "with open('/data/x', 'w') as f:", "1:/data/x"),
            ("a.py", "f = open(f\"/data/{name}.json\", mode=\"a\")", "1:/data"),
            ("a.py", "os.makedirs(\"/opt/x/y\", exist_ok=True)", "1:/opt/x/y"),
            ("a.py", "Path('/srv/a.txt').write_text(text)", "1:/srv/a.txt"),
            (
                "a.py",
                "LOG = '/var/log/app.log'\nh = RotatingFileHandler(\n    LOG,\n    maxBytes=1)",
                "2:/var/log/app.log",
            ),
            ("src/a.ts", "const dir: string = process.env.DIR || '/data'\nfs.mkdirSync(dir)", "2:/data"),
            ("a.js", "await fs.promises.writeFile(`/var/x/${id}.json`, s)", "1:/var/x"),
            ("a.js", "new transports.File({ filename: '/var/log/a.log' })", "1:/var/log/a.log"),
            ("a.rb", "File.open('/data/a', 'w') { |f| f.puts 1 }", "1:/data/a"),
            ("a.php", "file_put_contents('/var/cache/a', $x);", "1:/var/cache/a"),
            ("main.go", "f, err := os.Create(\"/var/run/a.pid\")", "1:/var/run/a.pid"),
            ("A.java", "new FileWriter(\"/logs/a.log\")", "1:/logs/a.log"),
            ("a.sh", "echo a >> /var/log/a.log", "1:/var/log/a.log"),
            ("a.sh", "run >/dev/null 2>&1 && date > \"/srv/x/$NAME\"", "1:/srv/x"),
            ("a.sh", "mkdir -p /backups;", "1:/backups"),
            ("a.rs", "std::fs::create_dir_all(\"/data/x\")?;", "1:/data/x"),
        ] {
            assert_eq!(paths(file, text), [wanted], "{text}");
        }
    }

    #[test]
    fn what_is_read_or_no_path_shows_nothing() {
        for (file, text) in [
            ("a.py", "open('/etc/app.conf')"),
            ("a.py", "open('/etc/app.conf', 'r', encoding='w8')"),
            ("a.py", "# open('/data/x', 'w')"),
            ("a.py", "open('data/x', 'w')"),
            ("a.py", "open('/dev/null', 'w')"),
            ("a.py", "reopen('/x/y', 'w')"),
            ("a.py", "@app.route('/data')\ndef f(): open(p, 'w')"),
            ("a.js", "app.get('/data', h); fs.writeFileSync(p, x)"),
            ("a.js", "// fs.writeFileSync('/data/x', y)"),
            ("a.js", "fs.readFileSync('/data/x')"),
            ("main.go", "os.Open(\"/data/x\")"),
            ("a.sh", "run /etc/x >/dev/null 2>&1"),
            ("a.sh", "# date > /srv/x"),
            ("a.sh", "cat < /srv/x > a.log"),
        ] {
            assert_eq!(paths(file, text), Vec::<String>::new(), "{text}");
        }
        assert!(WritingLanguage::of("a.txt").is_none() && WritingLanguage::of("py").is_none());
    }

    #[test]
    fn a_variable_that_goes_before_is_told() {
        let language = WritingLanguage::of("a.py").unwrap();
        let found = language.writes_in("D = os.environ.get('DATA_DIR', '/data')\nos.makedirs(D)\n");
        assert_eq!(found[0].unless.as_deref(), Some("DATA_DIR"));
    }

    #[test]
    fn a_start_runs_the_files_of_its_language() {
        for (started, path, may) in [
            (&["npm", "start"][..], "src/app.py", false),
            (&["npm", "start"], "src/app.ts", true),
            (&["python", "app.py"], "src/app.py", true),
            (&["server"], "main.go", true),
            (&["node", "a.js"], "run.sh", true),
            (&[], "a.py", true),
        ] {
            assert_eq!(WritingLanguage::may_run(started, path), may, "{started:?} {path}");
        }
    }

    #[test]
    fn every_language_is_complete() {
        let all: Vec<WritingLanguage> = embedded("source_writes.yaml", FILE);
        for language in all {
            assert!(!language.endings.is_empty() && !language.writes.is_empty(), "{}", language.language);
            assert_eq!(language.opens.is_empty(), language.modes.is_empty(), "{}", language.language);
        }
    }
}
