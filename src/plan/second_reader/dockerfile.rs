//! The second reading of a Dockerfile: line by line, and without any position in the source.
//!
//! It shares no code with the tree that edits are made in. It knows less, and that is enough: which
//! instructions there are, what their flags and arguments say, and what their heredocs hold.

use std::str::SplitInclusive;

/// The lines that are left, each with its break.
type Lines<'t> = SplitInclusive<'t, char>;

/// A Dockerfile as the second reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// What `# syntax=` names.
    pub(super) frontend: Option<String>,
    pub(super) items: Vec<Item>,
}

/// An instruction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Item {
    /// Its name in upper case.
    pub(super) name: String,
    /// Each flag: what stands before its value, up to the sign and a quote, and the value.
    pub(super) flags: Vec<(String, String)>,
    /// Each argument in the same way; of most instructions there is nothing before the value.
    pub(super) arguments: Vec<(String, String)>,
    /// Whether the arguments are a JSON array.
    pub(super) json: bool,
    /// What stands behind ONBUILD.
    pub(super) trigger: Option<Box<Item>>,
    /// The bodies of its heredocs, with their names.
    pub(super) heredocs: Vec<(String, String)>,
    /// The words of commands that a change puts into its shell text; empty after reading.
    pub(super) additions: Vec<Vec<String>>,
}

/// Reads a Dockerfile that is known to be sound.
pub(super) fn read(text: &str) -> Result<Reading, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let escape = directive(text, "escape").and_then(|value| value.chars().next()).unwrap_or('\\');
    let frontend = directive(text, "syntax").filter(|value| !value.is_empty());
    let frontend = frontend.and_then(|value| Some(value.split_whitespace().next()?.to_owned()));
    let mut items = Vec::new();
    let mut lines = text.split_inclusive('\n');
    while let Some(line) = lines.next() {
        let line = without_break(line);
        if is_passed_over(line) {
            continue;
        }
        let logical = joined(line.trim_start(), &mut lines, escape);
        let mut item = item(&logical, escape, 0)?;
        for (name, chomp) in openers(&logical, &item) {
            item.heredocs.push((name.clone(), body(&name, chomp, &mut lines)?));
        }
        items.push(item);
    }
    Ok(Reading { frontend, items })
}

fn without_break(line: &str) -> &str {
    line.trim_end_matches(['\n', '\r'])
}

/// Comments and blank lines.
fn is_passed_over(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

/// The value of `# name=value` among the directives at the top. BuildKit looks for `syntax` behind a `#!` line,
/// too, and for the others not.
fn directive(text: &str, wanted: &str) -> Option<String> {
    let has_interpreter = wanted == "syntax" && text.starts_with("#!");
    let top = text.lines().skip(usize::from(has_interpreter));
    let mut found = top.map_while(|line| {
        let (name, value) = line.trim_start().strip_prefix('#')?.split_once('=')?;
        let name = name.trim().to_ascii_lowercase();
        let is_name = ["syntax", "escape", "check"].contains(&name.as_str());
        is_name.then(|| (name, value.trim().to_owned()))
    });
    found.find(|(name, _)| name == wanted).map(|(_, value)| value)
}

/// A line with those that continue it.
fn joined(first: &str, lines: &mut Lines<'_>, escape: char) -> String {
    let mut logical = String::new();
    let mut line = first;
    loop {
        let bare = line.trim_end_matches([' ', '\t']);
        let continued = bare.strip_suffix(escape).filter(|before| !before.ends_with(escape));
        let Some(part) = continued else {
            logical.push_str(line);
            return logical;
        };
        logical.push_str(part);
        loop {
            match lines.next() {
                None => return logical,
                Some(next) if is_passed_over(next) => {}
                Some(next) => {
                    line = without_break(next);
                    break;
                }
            }
        }
    }
}

/// The lines up to the one that ends a heredoc.
fn body(name: &str, chomp: bool, lines: &mut Lines<'_>) -> Result<String, String> {
    let mut body = String::new();
    for line in lines.by_ref() {
        let bare = without_break(line);
        if (if chomp { bare.trim_start_matches('\t') } else { bare }) == name {
            return Ok(body);
        }
        body.push_str(line);
    }
    Err(format!("the heredoc {name} does not end"))
}

/// The words that open heredocs: their names, and whether tabs before the end do not count.
fn openers(logical: &str, item: &Item) -> Vec<(String, bool)> {
    let inner = item.trigger.as_deref().unwrap_or(item);
    if !["RUN", "COPY", "ADD"].contains(&inner.name.as_str()) || inner.json || logical.contains("${{") {
        return Vec::new();
    }
    let Some(words) = shell_words(logical) else { return Vec::new() };
    let opener = |word: &String| {
        let rest = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
        let (rest, chomp) = rest.strip_prefix('-').map_or((rest, false), |rest| (rest, true));
        let name: String = rest.trim().chars().filter(|c| !matches!(c, '\'' | '"' | '\\')).collect();
        (!name.is_empty() && !rest.contains('<')).then_some((name, chomp))
    };
    words.iter().filter_map(opener).collect()
}

/// Words between white space outside quotes; `None` if a quote does not close. White space behind `<<` is part
/// of the word.
fn shell_words(text: &str) -> Option<Vec<String>> {
    let (mut words, mut word) = (Vec::new(), String::new());
    let mut characters = text.chars().peekable();
    let mut quote = None;
    while let Some(c) = characters.next() {
        match quote {
            None if c.is_whitespace() => {
                if !word.ends_with("<<") && !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            None => {
                word.push(c);
                match c {
                    '\'' | '"' => quote = Some(c),
                    '\\' => word.extend(characters.next()),
                    _ => {}
                }
            }
            Some(open) => {
                word.push(c);
                match c {
                    _ if c == open => quote = None,
                    '\\' if open == '"' => word.extend(characters.next()),
                    _ => {}
                }
            }
        }
    }
    words.push(word);
    quote.is_none().then_some(words)
}

/// An instruction from its logical line.
fn item(logical: &str, escape: char, depth: usize) -> Result<Item, String> {
    let line = logical.trim();
    let (name, mut rest) = line.split_once(is_gap).unwrap_or((line, ""));
    let mut item = Item { name: name.to_ascii_uppercase(), ..Item::default() };
    loop {
        rest = rest.trim_start();
        if !rest.starts_with("--") || rest == "--" || rest.starts_with("-- ") {
            break;
        }
        let end = quoted_end(rest, escape);
        item.flags.push(split_value(&rest[..end]));
        rest = &rest[end..];
    }
    let rest = match rest.strip_prefix("--") {
        Some(behind) if behind.starts_with(' ') => behind.trim(),
        _ => rest.trim(),
    };
    let whole = |text: &str| vec![(String::new(), text.to_owned())];
    match item.name.as_str() {
        "RUN" | "CMD" | "ENTRYPOINT" | "SHELL" => match strings(rest) {
            Some(strings) => (item.json, item.arguments) = (true, strings),
            None => item.arguments = whole(rest),
        },
        "COPY" | "ADD" | "VOLUME" => match strings(rest) {
            Some(strings) => (item.json, item.arguments) = (true, strings),
            None => item.arguments = words(rest),
        },
        // BuildKit takes quotes off an image's name, so that only what is between them changes.
        "FROM" => item.arguments = words(rest).into_iter().map(|(_, word)| unquoted(&word)).collect(),
        "EXPOSE" => item.arguments = words(rest),
        "ARG" | "ENV" | "LABEL" => item.arguments = pairs(&item.name, rest, escape),
        "HEALTHCHECK" => {
            let (kind, test) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            item.arguments = whole(kind);
            match strings(test.trim()) {
                Some(strings) => {
                    item.json = true;
                    item.arguments.extend(strings);
                }
                None => item.arguments.extend(whole(test.trim())),
            }
        }
        "ONBUILD" if depth < 2 => item.trigger = Some(Box::new(self::item(rest, escape, depth + 1)?)),
        _ => item.arguments = whole(rest),
    }
    Ok(item)
}

/// What separates words: not every white space that Unicode knows.
fn is_gap(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\u{b}' | '\u{c}')
}

fn words(text: &str) -> Vec<(String, String)> {
    let words = text.split(is_gap).filter(|word| !word.is_empty());
    words.map(|word| (String::new(), word.to_owned())).collect()
}

/// The strings of a JSON array.
fn strings(text: &str) -> Option<Vec<(String, String)>> {
    let strings: Vec<String> = serde_json::from_str(text).ok()?;
    Some(strings.into_iter().map(|text| (String::new(), text)).collect())
}

/// Names with values. The old form is a name and the rest of the line.
fn pairs(name: &str, rest: &str, escape: char) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut left = rest;
    while !left.is_empty() {
        let end = quoted_end(left, escape);
        found.push(left[..end].to_owned());
        left = left[end..].trim_start();
    }
    let is_old = name != "ARG" && found.first().is_some_and(|first| !first.contains('='));
    match rest.split_once(is_gap).filter(|_| is_old) {
        Some((name, value)) => vec![(format!("{name} "), value.trim_start().to_owned())],
        None => found.iter().map(|word| split_value(word)).collect(),
    }
}

/// A word in two: up to its sign and the quote that opens its value, and the value without quotes.
fn split_value(word: &str) -> (String, String) {
    let Some((name, value)) = word.split_once('=') else { return (word.to_owned(), String::new()) };
    let (quote, value) = unquoted(value);
    (format!("{name}={quote}"), value)
}

/// A word in two: the quote that opens it, if it is in quotes as a whole, and what it says.
fn unquoted(word: &str) -> (String, String) {
    for quote in ['"', '\''] {
        let inner = word.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner.filter(|inner| !inner.contains(['"', '\'', '\\', '`'])) {
            return (quote.to_string(), inner.to_owned());
        }
    }
    (String::new(), word.to_owned())
}

/// Where the first word of a text ends, if white space in quotes and behind an escape does not end it.
fn quoted_end(text: &str, escape: char) -> usize {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match quote {
            _ if escaped => escaped = false,
            None if c.is_whitespace() => return at,
            None if matches!(c, '"' | '\'') => quote = Some(c),
            Some(open) if c == open => quote = None,
            _ => escaped = c == escape && quote != Some('\''),
        }
    }
    text.len()
}
