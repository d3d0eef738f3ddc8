//! The fix: the value moves to the `.env` beside the Compose file, and the variable is required.

use super::around::Around;
use crate::knowledge::Confidence;
use crate::model::compose::{ComposeFile, Service, SetVariable, file_set::join};
use crate::model::{Environment, Template, dotenv};
use crate::rule::{Effect, Evidence, Fix, Operation, Refusal, RefusalCode, ServiceEffect};
use crate::syntax::Value;
use crate::syntax::yaml::{ScalarStyle, is_string_in_every_schema};

/// Whether a value that stands in the file is one to move. A person decides where it is made of other variables, where it
/// only says where the secret is, where the file is for developing, so that it starts with no more than the repository,
/// and where it is for `docker stack deploy`, which reads no `.env`.
pub(super) fn can_move(service: &Service<'_>, entry: &SetVariable) -> bool {
    reads_env(service)
        && !is_path(&entry.value)
        && Template::parse(&entry.value).is_ok_and(|text| text.is_constant())
}

/// Whether a service is one whose values a `.env` may hold.
pub(super) fn reads_env(service: &Service<'_>) -> bool {
    !(service.file.is_for_development() || service.file.is_stack() || service.has("provider"))
}

/// The fix for a value that stands in the file, or why there is none.
pub(super) fn move_out(
    around: &Around<'_>,
    service: &Service<'_>,
    entry: &SetVariable,
) -> Result<(Fix, Evidence), Refusal> {
    one_env(around, service)?;
    if !is_text(service, entry) {
        let why = "it is written as a number or a date, or with a tag, and what Compose makes of that is not what stands \
                   there; put it into quotes first";
        return Err(Refusal::new(RefusalCode::Notation, why));
    }
    let Some(name) = around.names.of(service, &entry.name) else {
        let why = "its name stands for something else here: another service, `.env` or a template uses it; give it one of \
                   its own by hand";
        return Err(Refusal::new(RefusalCode::Explicit, why));
    };
    let path = join(service.file.folder(), ".env");
    let required = entry.with(&format!("${{{name}:?{name} must be set}}"));
    let set = Operation::Set(Value::string(required));
    let mut effects: Vec<Effect> =
        vec![ServiceEffect { path: entry.path.clone(), ..ServiceEffect::on(service, &[], set) }.into()];
    // A variable that is there has this value, or it would have another name.
    let value = service.interpolate(&entry.value).unwrap_or_default();
    if around.project.env_files.get(&path).is_none_or(|known| known.get(name).is_none()) {
        effects.extend(kept(around, &path, name, &value)?);
    }
    let left = around.texts(&path).with_value(&value);
    let title = format!("move the value of `{}` to {path} as `{name}`", entry.name);
    Ok((Fix::caution(title, caveat(&path, left), effects), evidence()))
}

/// Why the `.env` beside a service's file may not be the one that Compose reads for it.
pub(super) fn one_env(around: &Around<'_>, service: &Service<'_>) -> Result<(), Refusal> {
    if let Some(fragment) = around.project.fragment(service) {
        let why = format!("{fragment}; whether the same `.env` is read for both is not known");
        return Err(Refusal::new(RefusalCode::Fragment, why));
    }
    let file = service.file;
    around.alone(file).or_else(|| around.elsewhere(file)).or_else(|| replaced(file)).map_or(Ok(()), Err)
}

/// What gives a variable its value in a `.env`, and keeps that file where it belongs.
pub(super) fn kept(around: &Around<'_>, path: &str, name: &str, value: &str) -> Result<Vec<Effect>, Refusal> {
    let line = line(name, value).ok_or_else(|| {
        let why = "its value has line breaks or quotes that a `.env` does not hold exactly; move it by hand";
        Refusal::new(RefusalCode::Notation, why)
    })?;
    let mut effects = vec![Effect::Variable { path: path.to_owned(), name: name.to_owned(), line }];
    effects.extend(around.kept_out(path, name)?);
    Ok(effects)
}

/// What to do besides; the same for all that moves to one `.env`, so that it is read once.
pub(super) fn caveat(path: &str, left: Option<String>) -> String {
    let left = left.map(|left| format!(". {left}")).unwrap_or_default();
    format!(
        "the values are in the history of their file: change them. Until each is set in {path}, or in the environment, which \
         goes before the file, nothing of the project starts: bring its lines to every host (where Compose is called with \
         `--env-file` to the file that is named there, with `--project-directory` to the `.env` of that folder){left}"
    )
}

pub(super) fn evidence() -> Evidence {
    Evidence {
        confidence: Confidence::Documented,
        fact: "Compose reads the `.env` beside the file and refuses to start where a required variable is not set"
            .to_owned(),
        source: "Compose documentation, Interpolation".to_owned(),
    }
}

/// Why the `.env` beside a file does not count.
fn replaced(file: &ComposeFile) -> Option<Refusal> {
    let is_set = |name: &&str| file.environment.get(name).is_some_and(|value| !value.is_empty());
    let name = ["COMPOSE_DISABLE_ENV_FILE", "COMPOSE_ENV_FILES"].into_iter().find(is_set)?;
    let why = format!("`{name}` is set, so that Compose reads another file than the `.env` beside this one");
    Some(Refusal::new(RefusalCode::Explicit, why))
}

/// Whether Compose takes the value for a text, or for a whole number that is written as it is told.
fn is_text(service: &Service<'_>, entry: &SetVariable) -> bool {
    let tree = service.tree();
    let is_bare = tree.node(entry.node).tag().is_none();
    tree.scalar(entry.node).is_some_and(|scalar| {
        is_bare && (scalar.style != ScalarStyle::Plain || entry.is_item || is_plain_text(&scalar.value))
    })
}

fn is_plain_text(text: &str) -> bool {
    let is_whole = text.len() <= 15 && !text.starts_with('0') && text.chars().all(|c| c.is_ascii_digit());
    if is_whole || is_string_in_every_schema(text) {
        return true;
    }
    // What begins like a number and has a letter that no number, date or time has.
    let has_base = ["0x", "0X", "0o", "0b"].iter().any(|base| text.starts_with(base));
    let is_other = |c: char| c.is_alphabetic() && !matches!(c, 'e' | 'E' | 't' | 'T' | 'z' | 'Z');
    text.starts_with(|c: char| c.is_ascii_digit()) && !has_base && text.contains(is_other)
}

/// Whether a value only says where a secret is.
pub(super) fn is_path(value: &str) -> bool {
    const STARTS: &[&str] = &[
        "/run/",
        "/etc/",
        "/var/",
        "/opt/",
        "/home/",
        "/root/",
        "/app/",
        "/data/",
        "/config/",
        "/secrets/",
        "/certs/",
        "/usr/",
        "/tmp/",
        "/srv/",
        "/mnt/",
        "./",
        "../",
        "~/",
        "file:",
    ];
    STARTS.iter().any(|start| value.starts_with(start))
}

/// The line that gives a variable exactly this value, by Compose's own reader; `None` if no line is sure to.
fn line(name: &str, value: &str) -> Option<String> {
    if value.is_empty() || value.contains(char::is_control) {
        return None;
    }
    // What else reads the file (make, `docker run --env-file`) takes quotes for a part of the value.
    let is_bare = value.chars().all(|c| c.is_ascii_alphanumeric() || "_-.,:/@%+=".contains(c));
    let line = match value.contains('\'') {
        _ if is_bare => format!("{name}={value}"),
        false => format!("{name}='{value}'"),
        true if !value.contains(['"', '\\', '$', '`']) => format!("{name}=\"{value}\""),
        true => return None,
    };
    let mut read = Environment::new();
    let is_sound = dotenv::parse(&format!("{line}\nNEXT=1\n"), &mut read).is_empty();
    (is_sound && read.get(name) == Some(value) && read.get("NEXT") == Some("1")).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_gives_the_very_value() {
        for (value, written) in [
            ("hunter2", Some("A=hunter2")),
            ("postgres://a:b@db/x", Some("A=postgres://a:b@db/x")),
            ("a b # c", Some("A='a b # c'")),
            ("a$b${C}\"d", Some("A='a$b${C}\"d'")),
            ("a\\nb", Some("A='a\\nb'")),
            ("it's", Some("A=\"it's\"")),
            ("it's $5", None),
            ("ends\\", None),
            ("two\nlines", None),
            ("", None),
        ] {
            assert_eq!(line("A", value).as_deref(), written, "{value}");
        }
    }
}
