//! An instruction as a list of its texts, each with its route: what two versions of it are compared by.

use crate::syntax::Route;
use crate::syntax::dockerfile::{Arguments, Command, Flag, Word, json};

/// A piece of an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Leaf {
    /// The name of an instruction at this route.
    Name(Route, String),
    /// The name of a flag or of a field: what no change can set.
    Fixed(String),
    /// A text that is at a route, as written.
    Text(Route, String),
    /// The JSON string at a route, as written.
    Json(Route, String),
    /// Behind the flags whose list is at this route.
    EndOfFlags(Route),
}

impl Leaf {
    /// Where it is; `None` for what no change can set.
    pub(super) fn route(&self) -> Option<&Route> {
        match self {
            Self::Name(route, _) | Self::Text(route, _) | Self::Json(route, _) => Some(route),
            Self::Fixed(_) | Self::EndOfFlags(_) => None,
        }
    }

    /// Whether it has the text `wanted` in the quoting that `before` had.
    pub(super) fn is_set_to(&self, before: &Self, wanted: &str) -> bool {
        match (before, self) {
            (Self::Name(..), Self::Name(_, found)) => found.eq_ignore_ascii_case(wanted),
            (Self::Json(..), Self::Json(_, found)) => json::decode(found) == wanted,
            (Self::Text(_, old), Self::Text(_, found)) => {
                let word = |text: &str| Word { text: text.into(), span: None };
                match word(old).unquoted() {
                    Some(_) => word(found).unquoted() == Some(wanted) && found.get(..1) == old.get(..1),
                    None => found == wanted,
                }
            }
            _ => false,
        }
    }

    /// Whether it is the JSON string of this text.
    pub(super) fn is_string(&self, wanted: &str) -> bool {
        matches!(self, Self::Json(_, found) if json::decode(found) == wanted)
    }

    /// Whether it is this text or name, wherever it is.
    pub(super) fn says(&self, wanted: &str) -> bool {
        match self {
            Self::Fixed(text) | Self::Text(_, text) => text == wanted,
            Self::Name(..) | Self::Json(..) | Self::EndOfFlags(_) => false,
        }
    }
}

/// The pieces of a command that is at `route`, in order.
pub(super) fn leaves(command: &Command, route: &Route) -> Vec<Leaf> {
    let mut found = Vec::new();
    collect(command, route, &mut found);
    found
}

fn collect(command: &Command, route: &Route, found: &mut Vec<Leaf>) {
    found.push(Leaf::Name(route.key("keyword"), command.name.text.to_string()));
    let list = route.key("flags");
    for (index, flag) in command.flags.iter().enumerate() {
        collect_flag(flag, &list.index(index), found);
    }
    found.push(Leaf::EndOfFlags(list));
    if let Arguments::Trigger(inner) = &command.arguments {
        return collect(inner, &route.key("trigger"), found);
    }
    let arguments = route.key("arguments");
    let is_json = command.arguments.is_json();
    for (index, pair) in command.arguments.pairs().iter().enumerate() {
        let sign = if pair.by_space { " " } else { "=" };
        found.push(Leaf::Fixed(format!("{}{sign}", pair.name.text)));
        match &pair.value {
            Some(value) => found.push(Leaf::Text(arguments.index(index), value.text.to_string())),
            None => found.push(Leaf::Fixed(String::new())),
        }
    }
    found.push(Leaf::Fixed(if is_json { "[" } else { "" }.to_owned()));
    for (index, word) in command.arguments.words().into_iter().enumerate() {
        let (route, text) = (arguments.index(index), word.text.to_string());
        let in_array = is_json && (index > 0 || matches!(command.arguments, Arguments::Json(_)));
        found.push(if in_array { Leaf::Json(route, text) } else { Leaf::Text(route, text) });
    }
}

/// A flag is its name and its value, or the fields of a value that has some.
fn collect_flag(flag: &Flag, route: &Route, found: &mut Vec<Leaf>) {
    let Some(value) = &flag.written_value else { return found.push(Leaf::Fixed(flag.word.text.to_string())) };
    let name = &flag.word.text[..flag.word.text.len() - value.text.len()];
    found.push(Leaf::Fixed(name.to_owned()));
    match flag.mount_fields().filter(|_| flag.name() == "mount") {
        None => found.push(Leaf::Text(route.clone(), value.text.to_string())),
        Some(fields) => {
            // Quotes around the whole are no part of any field.
            found.push(Leaf::Fixed(quote_of(value)));
            for field in fields {
                found.push(Leaf::Fixed(field.key.to_string()));
                if let Some(text) = field.value {
                    found.push(Leaf::Text(route.key(&*field.key), text.text.to_string()));
                }
            }
        }
    }
}

fn quote_of(value: &Word) -> String {
    value.unquoted().and(value.text.get(..1)).unwrap_or_default().to_owned()
}

/// What the pieces of a flag that is added say, in order.
pub(super) fn of_flag(written: &str) -> Vec<String> {
    match written.split_once('=') {
        None => vec![written.to_owned()],
        Some((name, value)) => vec![format!("{name}="), value.to_owned()],
    }
}
