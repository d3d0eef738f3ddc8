//! The words of `command` and `entrypoint`, as the engine gets them.

use super::Service;

impl Service<'_> {
    /// The words of `command` or `entrypoint`: the items of a list, or a text taken apart as Compose does it. Variables
    /// have their values; where one has none, the texts stay as a shell would read them (`$NAME`). `None` if the field is
    /// not there or can't be taken apart.
    #[must_use]
    pub fn argument_list(&self, field: &str) -> Option<Vec<String>> {
        let told = |text: &str| self.interpolate(text).unwrap_or_else(|| text.replace("$$", "$"));
        if let Some(text) = self.scalar(field) {
            return split(&told(text));
        }
        let items = self.items(field);
        if items.is_empty() {
            return None;
        }
        items.into_iter().map(|item| Some(told(&self.tree().scalar(item)?.value))).collect()
    }
}

/// A text taken apart at blanks outside quotes. A backslash takes the next character as it is, but `\n` and `\t`, also
/// inside double quotes. Source: compose-go, which takes mattn/go-shellwords@0377e1db for it; `None` where that
/// stops or refuses the text.
fn split(text: &str) -> Option<Vec<String>> {
    let (mut words, mut word) = (Vec::new(), None::<String>);
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        let mut add = |c: char| word.get_or_insert_default().push(c);
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some('\''), _) => add(c),
            (_, '\\') => match characters.next()? {
                'n' => add('\n'),
                't' => add('\t'),
                other => add(other),
            },
            (Some(_), _) => add(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ' | '\t' | '\r' | '\n') => words.extend(word.take()),
            (None, '`' | '(' | ')' | ';' | '&' | '|' | '<' | '>') => return None,
            (None, _) => add(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;
    use crate::model::compose::ComposeFile;

    #[test]
    fn a_text_is_taken_apart_as_compose_does_it() {
        for (text, words) in [
            ("sh -c 'a && b'", Some(vec!["sh", "-c", "a && b"])),
            ("sh -c \"a\n  'b c'\"", Some(vec!["sh", "-c", "a\n  'b c'"])),
            ("a \"b \\\"c\\\"\" ''", Some(vec!["a", "b \"c\"", ""])),
            ("a\\ b  c", Some(vec!["a b", "c"])),
            ("\"a\\nb\"", Some(vec!["a\nb"])),
            ("a > b", None),
            ("a 'b", None),
            ("a $(b)", None),
        ] {
            let words = words.map(|words| words.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(split(text), words, "{text}");
        }
    }

    #[test]
    fn variables_have_their_values() {
        let said = |field: &str| {
            let text = format!("services: {{a: {{command: {field}}}}}");
            let file = ComposeFile::read("compose.yaml", text.as_bytes(), Environment::new()).unwrap();
            let words = file.services().next().unwrap().argument_list("command");
            words.map(|words| words.join("|"))
        };
        assert_eq!(said("[sh, -c, 'a ${B:-c} $$D']").as_deref(), Some("sh|-c|a c $D"));
        assert_eq!(said("sh -c 'a $B $$D'").as_deref(), Some("sh|-c|a $B $D"));
        assert_eq!(said("[]"), None);
    }
}
