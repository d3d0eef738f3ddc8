//! Heredocs: which words open one, and what they are called.

use super::ShellError;
use super::shell::{Options, split};
use crate::text::TextRange;

/// A heredoc of RUN, COPY or ADD, or of one of these behind ONBUILD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heredoc {
    /// The word that ends it, without quotes.
    pub name: Box<str>,
    /// Whether variables in its body are replaced: no part of its name is quoted.
    pub expand: bool,
    /// Whether it is `<<-`: tabs at the start of each line do not count.
    pub chomp: bool,
    /// The file descriptor before `<<`; 0 where none is written.
    pub descriptor: u64,
    /// Its lines, with their breaks; may be empty.
    pub body: TextRange,
    /// The line that ends it, without its break.
    pub terminator: TextRange,
}

/// A word that opens a heredoc.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Opener {
    pub(super) name: String,
    pub(super) expand: bool,
    pub(super) chomp: bool,
    pub(super) descriptor: u64,
}

impl Opener {
    /// Whether a line (without its break) ends the heredoc.
    pub(super) fn is_ended_by(&self, line: &str) -> bool {
        let line = if self.chomp { line.trim_start_matches('\t') } else { line };
        line == self.name
    }
}

/// The heredocs that a logical line opens, in order.
///
/// BuildKit splits the whole line, keyword and all, and always with the backslash as escape; a line that
/// cannot be split (an odd quote, `${{`) opens none.
pub(super) fn openers(line: &str) -> Result<Vec<Opener>, ShellError> {
    let options = Options { escape: '\\', raw_quotes: true, raw_escapes: true, keep_unset: true };
    let words = match split(line, options) {
        Ok(words) => words,
        Err(ShellError::TooDeep) => return Err(ShellError::TooDeep),
        Err(_) => return Ok(Vec::new()),
    };
    words.iter().filter_map(|word| opener(word).transpose()).collect()
}

/// Whether a word of COPY or ADD stands for a heredoc; what is no sound opener is a path.
pub(super) fn is_opener(word: &str) -> bool {
    matches!(opener(word), Ok(Some(_)))
}

/// BuildKit's `^(\d*)<<(-?)\s*([^<]*)$`, with a rest that is one word.
fn opener(word: &str) -> Result<Option<Opener>, ShellError> {
    let after = word.trim_start_matches(|c: char| c.is_ascii_digit());
    let Some(rest) = after.strip_prefix("<<") else { return Ok(None) };
    let (chomp, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let rest = rest.trim_start_matches(['\t', '\n', '\u{c}', '\r', ' ']);
    if rest.is_empty() || rest.contains('<') {
        return Ok(None);
    }
    let options = |raw_quotes| Options { escape: '\\', raw_quotes, raw_escapes: false, keep_unset: true };
    let [name] = &mut split(rest, options(false))?[..] else { return Ok(None) };
    // Quotes that are there in one reading and not in the other mark a quoted name.
    let quotes = |text: &str| text.matches(['\'', '"']).count();
    let written: usize = split(rest, options(true))?.iter().map(|word| quotes(word)).sum();
    Ok(Some(Opener {
        expand: quotes(name) == written,
        name: std::mem::take(name),
        chomp,
        descriptor: word[..word.len() - after.len()].parse().unwrap_or(0),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(line: &str) -> Vec<String> {
        openers(line).unwrap().into_iter().map(|opener| opener.name).collect()
    }

    #[test]
    fn a_word_of_digits_and_two_signs_opens_a_heredoc() {
        assert_eq!(names("RUN <<EOF cat"), ["EOF"]);
        assert_eq!(names("RUN 3<<A <<-B cat << 'C D'"), ["A", "B", "C D"]);
        assert_eq!(names("RUN x=$(cat <<END)"), ["END)"]);
        assert_eq!(names("RUN echo $((1 << 2))"), ["2))"]);
        assert_eq!(names("RUN cat<<X"), Vec::<String>::new());
        assert_eq!(names("RUN cat <<<x"), Vec::<String>::new());
        assert_eq!(names("RUN echo it's <<X"), Vec::<String>::new());
        assert_eq!(names("RUN echo ${{a}} <<X"), Vec::<String>::new());
    }

    #[test]
    fn quotes_switch_expansion_off_and_a_backslash_does_not() {
        let expands = |line: &str| openers(line).unwrap()[0].expand;
        assert!(expands("RUN <<A"));
        assert!(!expands("RUN <<'A'"));
        assert!(!expands("RUN <<\"A\""));
        assert!(expands("RUN <<\\A"));
    }

    #[test]
    fn only_tabs_may_stand_before_a_terminator() {
        let opener = openers("RUN <<-A").unwrap().remove(0);
        assert!(opener.is_ended_by("\t\tA"));
        assert!(!opener.is_ended_by(" A"));
        assert!(!openers("RUN <<A").unwrap()[0].is_ended_by("\tA"));
    }
}
