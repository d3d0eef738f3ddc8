//! A file as a parser of libyaml's family reads it, and what declared effects make of that: an account that
//! shares no code with the one that plans are proved by.

use hardtack::rule::{Operation, ServiceEffect};
use hardtack::syntax::{Segment, Value as New};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use serde_yaml::Value as Yaml;

/// The documents of a text, merge keys worked out, extensions at the top left out.
///
/// # Errors
/// The parser's message.
pub fn view(text: &str) -> Result<Vec<Json>, String> {
    // libyaml counts a byte order mark as a column.
    serde_yaml::Deserializer::from_str(text.trim_start_matches('\u{feff}'))
        .map(|document| {
            let mut read = plain(&Yaml::deserialize(document).map_err(|error| error.to_string())?);
            if let Some(top) = read.as_object_mut() {
                top.retain(|key, _| !key.starts_with("x-"));
            }
            Ok(read)
        })
        .collect()
}

/// Where the text afterwards reads as something else than the text before with the effects.
pub fn other_than_effects(before: &str, after: &str, effects: &[&ServiceEffect]) -> Option<String> {
    let (mut before, after) = match (view(before), view(after)) {
        (Ok(before), Ok(after)) => (before, after),
        (Err(error), _) | (_, Err(error)) => return Some(error),
    };
    for effect in effects {
        if apply(&mut before, effect).is_none() {
            return Some(format!("{effect} has no place"));
        }
    }
    (before != after).then(|| format!("expected {}\nfound {}", json!(before), json!(after)))
}

fn apply(documents: &mut [Json], effect: &ServiceEffect) -> Option<()> {
    let mut at = documents.get_mut(effect.document)?.get_mut("services")?.get_mut(&effect.service)?;
    let (last, way) = effect.path.segments.split_last()?;
    for segment in way {
        at = match segment {
            Segment::Key(key)
                if matches!(effect.operation, Operation::Set(_)) && at.get(key).is_none_or(Json::is_null) =>
            {
                at.as_object_mut()?.insert(key.clone(), json!({}));
                at.get_mut(key)?
            }
            Segment::Key(key) => at.get_mut(key)?,
            Segment::Index(index) => at.get_mut(index)?,
        };
    }
    match (last, &effect.operation) {
        (Segment::Key(key), Operation::Set(value)) => {
            at.as_object_mut()?.insert(key.clone(), new(value));
        }
        (Segment::Index(index), Operation::Set(value)) => *at.get_mut(index)? = new(value),
        (Segment::Key(key), Operation::Append(value)) => {
            let list = at.as_object_mut()?.entry(key.clone()).or_insert(Json::Null);
            if list.is_null() {
                *list = json!([]);
            }
            list.as_array_mut()?.push(new(value));
        }
        (Segment::Index(_), Operation::Append(_)) => return None,
        (Segment::Key(key), Operation::Remove) => drop(at.as_object_mut()?.remove(key)?),
        (Segment::Index(index), Operation::Remove) => {
            at.get(index)?;
            at.as_array_mut()?.remove(*index);
        }
    }
    Some(())
}

fn new(value: &New) -> Json {
    match value {
        New::String(text) => json!(text),
        New::Bool(flag) => json!(flag),
        New::Integer(number) => json!(*number as f64),
        New::Sequence(items) => items.iter().map(new).collect(),
        New::Mapping(entries) => entries.iter().map(|(key, value)| (key.clone(), new(value))).collect(),
        New::Null | New::Alias(_) => Json::Null,
    }
}

fn plain(value: &Yaml) -> Json {
    match value {
        Yaml::Null => Json::Null,
        Yaml::Bool(flag) => json!(flag),
        Yaml::Number(number) => {
            json!(number.to_string().parse::<f64>().map_or(json!(null), |float| json!(float)))
        }
        Yaml::String(text) => json!(text),
        Yaml::Sequence(items) => items.iter().map(plain).collect(),
        Yaml::Mapping(_) => {
            let mut entries = Map::new();
            merge(value, &mut entries);
            Json::Object(entries)
        }
        Yaml::Tagged(tagged) => plain(&tagged.value),
    }
}

/// Own entries first, then what merge keys bring in: what is there stays.
fn merge(value: &Yaml, entries: &mut Map<String, Json>) {
    let Yaml::Mapping(mapping) = value else { return };
    for (key, value) in mapping {
        let name = key.as_str().map_or_else(|| format!("{key:?}"), str::to_owned);
        // Numbers and words that YAML types are names of services all the same.
        let name = match key {
            Yaml::Number(number) => number.to_string(),
            Yaml::Bool(flag) => flag.to_string(),
            Yaml::Null => "null".to_owned(),
            _ => name,
        };
        if name != "<<" && !entries.contains_key(&name) {
            entries.insert(name, plain(value));
        }
    }
    match mapping.get("<<") {
        Some(Yaml::Sequence(items)) => items.iter().for_each(|item| merge(item, entries)),
        Some(other) => merge(other, entries),
        None => {}
    }
}
