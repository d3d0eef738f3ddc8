//! How far a value reaches, given what stands before it on its line: quotes and brackets that are open, or none. In
//! doubt more counts as the value: what is hidden too much can be read in the file, what is shown is out.

/// What is open at a place of a line.
#[derive(Default)]
pub(super) struct Around {
    /// The quote that the place stands in.
    pub(super) quote: Option<char>,
    /// Whether a flow collection is open.
    pub(super) is_flow: bool,
}

impl Around {
    /// What the text before a place leaves open.
    pub(super) fn after(before: &str) -> Self {
        let mut quote: Option<char> = None;
        let mut open: Vec<char> = Vec::new();
        let mut last = ' ';
        let mut is_escaped = false;
        for c in before.chars() {
            match quote {
                Some(own) => {
                    if c == own && !is_escaped {
                        quote = None;
                    }
                    is_escaped = c == '\\' && !is_escaped && own == '"';
                }
                // Within a word an apostrophe opens nothing; a quote right behind one is that one doubled.
                None if matches!(c, '"' | '\'') && (last == c || !last.is_alphanumeric()) => quote = Some(c),
                // `${` opens a variable, no collection.
                None if c == '{' && last == '$' => open.push('$'),
                None if matches!(c, '{' | '[') => open.push(c),
                None if matches!(c, '}' | ']') => {
                    open.pop();
                }
                None => {}
            }
            last = c;
        }
        Self { quote, is_flow: open.iter().any(|c| *c != '$') }
    }
}

/// How far a value reaches, and how much is to be hidden with it, in bytes.
pub(super) struct Extent {
    pub(super) value: usize,
    /// As `value`, or to the end of the line with a comment, which may tell what the value was.
    pub(super) hidden: usize,
}

impl Extent {
    fn of(value: usize) -> Self {
        Self { value, hidden: value }
    }
}

/// The bytes before the quote that ends a text in quotes: a doubled `'` and a `"` behind a backslash end none.
fn inside(text: &str, quote: char) -> Option<usize> {
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && quote == '"' {
            chars.next();
        } else if c == quote {
            if quote == '\'' && chars.next_if(|(_, next)| *next == quote).is_some() {
                continue;
            }
            return Some(at);
        }
    }
    None
}

/// Whether a mapping begins here that says where a secret comes from, as Compose has it below `secrets`.
fn is_definition(rest: &str) -> bool {
    let Some((key, _)) = rest.strip_prefix('{').and_then(|rest| rest.split_once(':')) else { return false };
    matches!(key.trim(), "file" | "environment" | "external" | "name")
}

/// How much of `rest` is the value of a setting.
pub(super) fn of_setting(rest: &str, around: &Around) -> Extent {
    if is_definition(rest) {
        return Extent::of(0);
    }
    let line = rest.trim_end_matches(['\r', '\n']).len();
    if let Some(outer) = around.quote {
        let value = inside(rest, outer).unwrap_or(line);
        let is_told = !around.is_flow && is_comment(rest.get(value + 1..));
        return Extent { value, hidden: if is_told { line } else { value } };
    }
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
    let end = match quote {
        Some(quote) => rest.get(1..).and_then(|text| inside(text, quote)).map(|at| at + 2),
        None if around.is_flow => end_in_flow(rest),
        None => rest.find(" #"),
    };
    let end = end.unwrap_or(line);
    let value = rest.get(..end).map_or(end, |value| value.trim_end().len());
    let behind = rest.get(end..line).unwrap_or_default();
    // Something stuck to the quote belongs to it, to a shell at least.
    if quote.is_some() && !behind.is_empty() && !behind.starts_with(is_delimiter) {
        return Extent::of(line);
    }
    let is_told = !around.is_flow && is_comment(Some(behind));
    Extent { value, hidden: if is_told { line } else { value } }
}

/// The end of a plain value in a flow collection; the brace of a variable that it begins with ends none.
fn end_in_flow(rest: &str) -> Option<usize> {
    let from = if rest.starts_with("${") { rest.find('}')? + 1 } else { 0 };
    Some(from + rest.get(from..)?.find([',', '}', ']'])?)
}

/// How much of `rest` is the word behind a flag.
pub(super) fn of_word(rest: &str, around: &Around) -> Extent {
    let line = rest.trim_end_matches(['\r', '\n']).len();
    let mut at = 0;
    while let Some(c) = rest.get(at..).and_then(|rest| rest.chars().next()) {
        let is_end = c.is_whitespace() || around.quote == Some(c);
        if is_end || around.quote.is_none() && around.is_flow && at > 0 && matches!(c, ',' | ']' | '}') {
            return Extent::of(at);
        }
        let next = at + c.len_utf8();
        let text = rest.get(next..).unwrap_or_default();
        at = match c {
            '"' | '\'' => inside(text, c).map_or(line, |end| next + end + 1),
            '$' if text.starts_with('{') => text.find('}').map_or(line, |end| next + end + 1),
            '\\' => next + text.chars().next().map_or(0, char::len_utf8),
            _ => next,
        };
    }
    Extent::of(line)
}

fn is_delimiter(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ']' | '}' | ')' | ';')
}

fn is_comment(text: Option<&str>) -> bool {
    text.is_some_and(|text| text.trim_start().starts_with('#'))
}

/// Where the variables with braces end that a text begins with: a colon in them is none of the login.
fn after_variables(text: &str) -> usize {
    let mut rest = text;
    while let Some((_, behind)) = rest.strip_prefix("${").and_then(|name| name.split_once('}')) {
        rest = behind;
    }
    text.len() - rest.len()
}

/// The password in `scheme://user:password@host`, given where the user begins. It may hold what it should not, such as
/// an `@`, a quote or a blank; only digits up to the end of the host are a port.
pub(super) fn url_password(line: &str, from: usize) -> Option<std::ops::Range<usize>> {
    let rest = line.get(from..)?;
    let rest = rest.get(..rest.find("://").unwrap_or(rest.len()))?;
    let login = after_variables(rest);
    let is_end = |c: char| c == ':' || c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '`' | '?');
    let colon = login + rest.get(login..)?.find(is_end)?;
    let password = rest.get(colon..)?.strip_prefix(':')?;
    let is_host_end = |text: &str| {
        text.is_empty()
            || text.starts_with(|c: char| is_delimiter(c) || matches!(c, '/' | '"' | '\'' | '`' | '?' | '#'))
    };
    let port = password.trim_start_matches(|c: char| c.is_ascii_digit());
    let variable = password.strip_prefix("${").and_then(|name| name.split_once('}')).map(|(_, rest)| rest);
    if is_host_end(port) || variable.is_some_and(is_host_end) {
        return None;
    }
    let word = password.find(char::is_whitespace).unwrap_or(password.len());
    let end = password.get(..word)?.rfind('@').or_else(|| password.rfind('@'))?;
    let start = from + colon + 1;
    (!super::is_harmless(password.get(..end)?)).then_some(start..start + end)
}
