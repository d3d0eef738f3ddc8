//! A value that lists origins: its form, and the same form with other origins.

use crate::model::compose::Service;
use crate::model::{Part, Template};
use crate::text::TextRange;

/// A variable that is set elsewhere holds the wildcard.
pub(super) struct Unreadable(pub(super) String);

/// A value that lets any origin in.
pub(super) struct OriginValue {
    /// The value as written.
    text: String,
    /// The part of it that lists the origins: all of it, or the default of its variable.
    range: TextRange,
    form: Form,
    /// What is listed, wildcards included.
    items: Vec<String>,
    /// One pair of quotes around the list.
    quote: Option<char>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// One wildcard and nothing else.
    Bare,
    /// Texts with commas between them.
    Commas,
    /// JSON inside the text.
    Json,
}

impl OriginValue {
    /// Reads a value; nothing if it does not let any origin in.
    pub(super) fn read(text: &str, service: &Service<'_>) -> Result<Option<Self>, Unreadable> {
        let Ok(template) = Template::parse(text) else { return Ok(None) };
        let range = match template.parts() {
            [] => return Ok(None),
            [Part::Literal(_)] => TextRange::new(0, text.len()),
            [Part::Variable(variable)] => {
                let is_set = service.file.environment.get(&variable.name).is_some();
                match &variable.operation {
                    Some(operation)
                        if operation.operator.is_default() && operation.word.is_literal() && !is_set =>
                    {
                        operation.word.range
                    }
                    _ => return of_elsewhere(text, service, &variable.name),
                }
            }
            parts => {
                let name = parts.iter().find_map(|part| match part {
                    Part::Variable(variable) => Some(variable.name.clone()),
                    _ => None,
                });
                return of_elsewhere(text, service, &name.unwrap_or_default());
            }
        };
        Ok(list(range.of(text)).map(|(form, items, quote)| Self {
            text: text.to_owned(),
            range,
            form,
            items,
            quote,
        }))
    }

    /// Whether the value is one wildcard and nothing else.
    pub(super) fn is_bare(&self) -> bool {
        self.form == Form::Bare
    }

    /// The value with these origins in the place of the wildcard.
    pub(super) fn with(&self, origins: &[String]) -> String {
        let mut listed: Vec<&str> = Vec::new();
        for item in &self.items {
            let replaced: Vec<&str> =
                if is_wild(item) { origins.iter().map(String::as_str).collect() } else { vec![item] };
            for origin in replaced {
                if !listed.contains(&origin) {
                    listed.push(origin);
                }
            }
        }
        let list = match self.form {
            Form::Bare | Form::Commas => listed.join(","),
            Form::Json => serde_json::to_string(&listed).unwrap_or_default(),
        };
        let quoted = self.quote.map_or(list.clone(), |quote| format!("{quote}{list}{quote}"));
        format!("{}{quoted}{}", &self.text[..self.range.start], &self.text[self.range.end..])
    }
}

/// A wildcard that comes from a variable that is set elsewhere.
fn of_elsewhere(text: &str, service: &Service<'_>, name: &str) -> Result<Option<OriginValue>, Unreadable> {
    let is_wild = service.interpolate(text).is_some_and(|value| list(&value).is_some());
    if is_wild { Err(Unreadable(name.to_owned())) } else { Ok(None) }
}

/// The form and the items of a list with a wildcard in it; `None` for any other text.
fn list(text: &str) -> Option<(Form, Vec<String>, Option<char>)> {
    let quote = text
        .chars()
        .next()
        .filter(|first| matches!(first, '\'' | '"') && text.len() > 1 && text.ends_with(*first));
    let inner = if quote.is_some() { &text[1..text.len() - 1] } else { text };
    let (form, items) = match inner.trim() {
        wild if is_wild(wild) => (Form::Bare, vec![wild.to_owned()]),
        json if json.starts_with('[') => (Form::Json, serde_json::from_str::<Vec<String>>(json).ok()?),
        commas => (Form::Commas, commas.split(',').map(|item| item.trim().to_owned()).collect()),
    };
    items.iter().any(|item| is_wild(item)).then_some((form, items, quote))
}

/// Any origin, or any origin of one scheme.
fn is_wild(item: &str) -> bool {
    matches!(item, "*" | "http://*" | "https://*" | "*://*")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;
    use crate::model::compose::ComposeFile;

    fn narrowed(value: &str, environment: &[(&str, &str)]) -> Result<Option<String>, String> {
        let text = "services:\n  a:\n    image: x\n";
        let variables = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let file =
            ComposeFile::read("compose.yaml", text.as_bytes(), variables.collect::<Environment>()).unwrap();
        let service = file.services().next().unwrap();
        let origins = ["http://a".to_owned(), "http://b".to_owned()];
        match OriginValue::read(value, &service) {
            Ok(value) => Ok(value.map(|value| value.with(&origins))),
            Err(Unreadable(name)) => Err(name),
        }
    }

    #[test]
    fn every_form_keeps_its_form() {
        for (value, expected) in [
            ("*", "http://a,http://b"),
            ("'*'", "'http://a,http://b'"),
            ("[\"*\"]", "[\"http://a\",\"http://b\"]"),
            ("[\"http://b\", \"*\"]", "[\"http://b\",\"http://a\"]"),
            ("https://x, *", "https://x,http://a,http://b"),
            ("${X:-*}", "${X:-http://a,http://b}"),
            ("${X-[\"*\"]}", "${X-[\"http://a\",\"http://b\"]}"),
            ("https://*", "http://a,http://b"),
        ] {
            assert_eq!(narrowed(value, &[]).unwrap().as_deref(), Some(expected), "{value}");
        }
    }

    #[test]
    fn what_is_narrow_or_unknown_is_nothing() {
        for value in [
            "",
            "http://a",
            "https://*.example.org",
            "[\"http://a\"]",
            "[*]",
            "${X}",
            "true",
            "${X:-http://a}",
        ] {
            assert_eq!(narrowed(value, &[]), Ok(None), "{value}");
        }
    }

    #[test]
    fn a_wildcard_from_elsewhere_is_named() {
        assert_eq!(narrowed("${X:-http://a}", &[("X", "*")]), Err("X".to_owned()));
        assert_eq!(narrowed("${X}", &[("X", "[\"*\"]")]), Err("X".to_owned()));
        assert_eq!(narrowed("${X:-*}", &[("X", "http://a")]), Ok(None));
    }
}
