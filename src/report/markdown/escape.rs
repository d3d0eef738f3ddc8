//! Text from files as a forge may have it: it formats nothing, links nowhere, calls nobody, closes no issue.
//!
//! Forges look for mentions (`@name`), references (`#1`, `!1`, `GH-1`), links and, GitLab, commands at the start
//! of a line, in the text that Markdown leaves; a backslash does not stop them. Code is what they leave alone, so
//! names go into code, and in prose a zero-width space parts what would be recognised.

use crate::report::visible;

/// What parts a mark from what it would call.
const GAP: &str = "&#8203;";

/// A text of one line as prose. What stands between a pair of backticks becomes code.
#[must_use]
pub fn prose(text: &str) -> String {
    let text = visible(text);
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = &*text;
    while let Some((before, behind)) = rest.split_once('`') {
        plain(before, &mut out);
        match behind.split_once('`') {
            Some((inside, next)) if !inside.trim().is_empty() => {
                out.push_str(&code(inside));
                rest = next;
            }
            _ => {
                out.push_str("\\`");
                rest = behind;
            }
        }
    }
    plain(rest, &mut out);
    out
}

/// A text of one line as code.
#[must_use]
pub fn code(text: &str) -> String {
    let text = visible(text).replace('\t', " ");
    let fence = "`".repeat(longest_run(&text) + 1);
    // A blank keeps a backtick at an end, or blanks at both ends, apart from the fence.
    let blank = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}

/// The same in a cell of a table, where a bar would end the cell even in code.
#[must_use]
pub fn cell(markdown: &str) -> String {
    markdown.replace('|', "\\|")
}

/// Lines as a block of code in some language. The text stays as it is, but for characters that steer a view.
#[must_use]
pub fn block(language: &str, text: &str) -> String {
    let text = crate::report::visible_lines(text);
    let fence = "`".repeat(longest_run(&text).max(2) + 1);
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{fence}{language}\n{text}{end}{fence}\n")
}

/// A text as code in HTML, for where Markdown is not read (the summary of `<details>`).
#[must_use]
pub fn html_code(text: &str) -> String {
    let text = visible(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<code>{text}</code>")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

fn plain(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let parted = ["://", "www.", "WWW.", "GH-", "gh-"].iter().find(|mark| rest.starts_with(**mark));
        if let Some(mark) = parted {
            let (first, last) = mark.split_at(mark.len() - 1);
            out.push_str(first);
            out.push_str(GAP);
            out.push_str(last);
            rest = &rest[mark.len()..];
            continue;
        }
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' | '#' | '%' | '$' => {
                out.push(c);
                out.push_str(GAP);
            }
            '!' | '~' => {
                out.push('\\');
                out.push(c);
                out.push_str(GAP);
            }
            '\\' | '*' | '_' | '{' | '}' | '[' | ']' | '|' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
        rest = &rest[c.len_utf8()..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_called_and_nothing_is_closed() {
        assert_eq!(prose("fixes #12, ask @team"), "fixes #&#8203;12, ask @&#8203;team");
        assert_eq!(prose("closes GH-7 !3"), "closes GH&#8203;-7 \\!&#8203;3");
        assert_eq!(
            prose("see https://a.example www.b.example"),
            "see https:/&#8203;/a.example www&#8203;.b.example"
        );
        assert_eq!(prose("<img src=x>&amp;[a](b)"), "&lt;img src=x&gt;&amp;amp;\\[a\\](b)");
        assert_eq!(prose("a\nb"), "a\\\\u\\{a\\}b");
    }

    #[test]
    fn code_stays_code() {
        assert_eq!(prose("run `hardtack plan` @x"), "run `hardtack plan` @&#8203;x");
        assert_eq!(prose("odd ` one @x"), "odd \\` one @&#8203;x");
        assert_eq!(prose("``"), "\\`\\`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`a"), "`` `a ``");
    }

    #[test]
    fn no_line_ends_a_block() {
        let text = "a\n````\n```\n@team\n";
        assert_eq!(block("diff", text), format!("`````diff\n{text}`````\n"));
    }
}
