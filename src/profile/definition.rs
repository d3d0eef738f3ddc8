//! Profiles: ordered lists of rules with options.

use super::reader::{ConfigError, Reader, parse_settings};
use crate::knowledge::Confidence;
use crate::rule::{Options, Rule, Safety};
use crate::syntax::yaml::NodeId;
use crate::text::LineColumn;

/// The profiles that the program brings along: name and text.
pub const BUILTIN: &[(&str, &str)] = &[
    ("recommended", include_str!("../../profiles/recommended.yaml")),
    ("strict", include_str!("../../profiles/strict.yaml")),
    ("pin-only", include_str!("../../profiles/pin-only.yaml")),
    ("cis", include_str!("../../profiles/cis.yaml")),
    ("hipaa", include_str!("../../profiles/hipaa.yaml")),
    ("guide-000", include_str!("../../profiles/guide-000.yaml")),
    ("guide-001", include_str!("../../profiles/guide-001.yaml")),
    ("guide-002", include_str!("../../profiles/guide-002.yaml")),
    ("guide-003", include_str!("../../profiles/guide-003.yaml")),
    ("guide-004", include_str!("../../profiles/guide-004.yaml")),
];

/// The most profiles that may extend each other in a row.
const LONGEST_CHAIN: usize = 16;

/// A rule of a profile.
#[derive(Clone)]
pub struct ProfileRule {
    /// The rule.
    pub rule: &'static dyn Rule,
    /// Its options.
    pub options: Options,
    /// The file and the place where it is listed.
    listed: (String, LineColumn),
}

/// Which rules run, in which order, and which of their fixes are taken.
#[derive(Clone)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// What it is for, in one sentence.
    pub description: String,
    /// What is known to be wrong with it, a sentence each: told whenever it is used.
    pub warnings: Vec<String>,
    /// Fixes less safe than this are held back.
    pub safety: Safety,
    /// Fixes with a caveat that rest on less than this are held back.
    pub confidence: Confidence,
    /// Its rules in order.
    pub rules: Vec<ProfileRule>,
}

/// Finds the text of a profile by what a user calls it: a builtin name or a path. `from` is the file
/// that asks for it. Returns the name for messages, and the text.
pub type Source<'s> = dyn Fn(&str, Option<&str>) -> Result<(String, String), String> + 's;

/// Loads a profile and what it extends.
///
/// # Errors
/// Everything that is wrong with it, each where it is written.
pub fn load(name: &str, source: &Source<'_>) -> Result<Profile, Vec<ConfigError>> {
    let profile = load_chain(name, None, source, &mut Vec::new())?;
    check_order(&profile)?;
    Ok(profile)
}

fn load_chain(
    name: &str,
    from: Option<(&str, LineColumn)>,
    source: &Source<'_>,
    seen: &mut Vec<String>,
) -> Result<Profile, Vec<ConfigError>> {
    let problem = |message: String| {
        let builtin: Vec<_> = BUILTIN.iter().map(|(name, _)| *name).collect();
        vec![ConfigError {
            path: from.map_or_else(|| name.to_owned(), |(path, _)| path.to_owned()),
            position: from.map(|(_, position)| position),
            message,
            help: Some(format!("builtin profiles: {}; anything else is a path", builtin.join(", "))),
        }]
    };
    let (path, text) = source(name, from.map(|(path, _)| path)).map_err(problem)?;
    if seen.contains(&path) || seen.len() >= LONGEST_CHAIN {
        return Err(problem(format!("the profile `{name}` extends itself")));
    }
    seen.push(path.clone());
    let tree = parse_settings(&path, &text)?;
    let mut reader = Reader::new(&path, &tree);
    let Some(root) = reader.root() else { return Err(problem(format!("the profile `{name}` is empty"))) };
    let fields =
        reader.fields(root, &["name", "description", "warnings", "extends", "safety", "evidence", "rules"]);
    let field = |key: &str| fields.iter().find(|(name, _)| *name == key).map(|(_, node)| *node);
    let mut profile =
        match field("extends").and_then(|node| Some((reader.text(node)?, reader.position(node)))) {
            Some((base, position)) => load_chain(base, Some((&path, position)), source, seen)?,
            None => Profile {
                name: String::new(),
                description: String::new(),
                warnings: Vec::new(),
                safety: Safety::Caution,
                confidence: Confidence::Documented,
                rules: Vec::new(),
            },
        };
    profile.name = field("name").and_then(|node| reader.text(node)).unwrap_or(name).to_owned();
    if let Some(text) = field("description").and_then(|node| reader.text(node)) {
        profile.description = text.to_owned();
    }
    for node in field("warnings").map(|node| reader.list(node)).unwrap_or_default() {
        profile.warnings.extend(reader.text(node).map(str::to_owned));
    }
    if let Some(safety) = field("safety").and_then(|node| reader.word(node, "safe, caution")) {
        profile.safety = safety;
    }
    let words = "experiment, registry, read-in-source, documented, inferred";
    if let Some(confidence) = field("evidence").and_then(|node| reader.word(node, words)) {
        profile.confidence = confidence;
    }
    for node in field("rules").map(|node| reader.list(node)).unwrap_or_default() {
        take_rule(&mut reader, node, &mut profile.rules);
    }
    if profile.rules.is_empty() && reader.errors.is_empty() {
        reader.error(root, "the profile has no rules", Some("list some under `rules:`".to_owned()));
    }
    if reader.errors.is_empty() { Ok(profile) } else { Err(reader.errors) }
}

/// Adds a rule, or changes the one that an extended profile lists, at its place there. A new rule goes behind
/// all others but for those of an extended profile that must stand after it.
fn take_rule(reader: &mut Reader<'_>, node: NodeId, rules: &mut Vec<ProfileRule>) {
    let listed = (reader.path.to_owned(), reader.position(node));
    if reader.tree.scalar(node).is_some() {
        if let Some(rule) = reader.rule(node) {
            put(reader, node, ProfileRule { rule, options: Options::default(), listed }, rules);
        }
        return;
    }
    let fields = reader.fields(node, &["rule", "enabled", "options", "services"]);
    let field = |key: &str| fields.iter().find(|(name, _)| *name == key).map(|(_, node)| *node);
    let Some(name) = field("rule") else {
        reader.error(node, "the entry names no rule", Some("write `rule: NAME`".to_owned()));
        return;
    };
    let Some(rule) = reader.rule(name) else { return };
    let options = reader.options(rule, field("options"), field("services"));
    if field("enabled").and_then(|node| reader.flag(node)) == Some(false) {
        rules.retain(|known| known.rule.meta().id != rule.meta().id);
        return;
    }
    put(reader, node, ProfileRule { rule, options, listed }, rules);
}

fn put(reader: &mut Reader<'_>, node: NodeId, new: ProfileRule, rules: &mut Vec<ProfileRule>) {
    match rules.iter_mut().find(|known| known.rule.meta().id == new.rule.meta().id) {
        Some(known) if known.listed.0 == new.listed.0 => {
            let message = format!("`{}` is listed for the second time", new.rule.meta().id);
            reader.error(node, message, None);
        }
        Some(known) => known.options.overlay(&new.options),
        None => {
            let comes_later = |known: &ProfileRule| {
                let (after, new_meta) = (known.rule.meta().after, new.rule.meta());
                let comes_last = after.contains(&ALL) && !new_meta.after.contains(&ALL);
                known.listed.0 != new.listed.0 && (comes_last || after.contains(&new_meta.id))
            };
            let place = rules.iter().position(comes_later).unwrap_or(rules.len());
            rules.insert(place, new);
        }
    }
}

/// In a rule's `after`: every rule that does not say so itself.
const ALL: &str = "*";

fn check_order(profile: &Profile) -> Result<(), Vec<ConfigError>> {
    let place = |id: &str| profile.rules.iter().position(|rule| rule.rule.meta().id == id);
    let mut errors = Vec::new();
    for (index, entry) in profile.rules.iter().enumerate() {
        let meta = entry.rule.meta();
        let others =
            profile.rules.iter().map(|other| other.rule.meta()).filter(|other| !other.after.contains(&ALL));
        let others: Vec<&str> =
            if meta.after.contains(&ALL) { others.map(|other| other.id).collect() } else { Vec::new() };
        for earlier in meta.after.iter().filter(|earlier| **earlier != ALL).copied().chain(others) {
            if place(earlier).is_some_and(|place| place > index) {
                errors.push(ConfigError {
                    path: entry.listed.0.clone(),
                    position: Some(entry.listed.1),
                    message: format!("`{}` must stand after `{earlier}`", meta.id),
                    help: Some("change the order of the list".to_owned()),
                });
            }
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Loads `main` from texts by name; the builtin ones are there, too.
    fn load_from(files: &[(&str, &str)]) -> Result<Profile, String> {
        let source = |wanted: &str, _: Option<&str>| {
            let found = files.iter().chain(BUILTIN).find(|(name, _)| *name == wanted);
            found
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
                .ok_or_else(|| format!("no `{wanted}`"))
        };
        load("main", &source)
            .map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    fn names(profile: &Profile) -> Vec<&'static str> {
        profile.rules.iter().map(|rule| rule.rule.meta().id).collect()
    }

    #[test]
    fn every_builtin_profile_loads_under_its_own_name() {
        for (name, text) in BUILTIN {
            assert_eq!(load_from(&[("main", text)]).unwrap().name, *name);
        }
    }

    #[test]
    fn an_extended_profile_is_changed_in_place() {
        let text = "name: ours\nextends: strict\nrules:\n  - rule: bind-localhost\n    options: { bind: all }\n  - rule: no-new-privileges\n    enabled: false\n";
        let profile = load_from(&[("main", text)]).unwrap();
        assert_eq!((profile.name.as_str(), profile.confidence), ("ours", Confidence::Inferred));
        let mut wanted = names(&load_from(&[("main", "name: base\nextends: strict\n")]).unwrap());
        wanted.retain(|name| *name != "no-new-privileges");
        assert_eq!(names(&profile), wanted);
        let bound = profile.rules.iter().find(|rule| rule.rule.meta().id == "bind-localhost").unwrap();
        assert_eq!(bound.options.general.len(), 1);
    }

    #[test]
    fn what_is_wrong_is_said_where_it_is_written() {
        let error = |text: &str| load_from(&[("main", text)]).err().unwrap();
        assert_eq!(
            error("rules:\n  - pin-digest\n  - bind-localhost\n"),
            "main:2:5: `pin-digest` must stand after `bind-localhost`\n  help: change the order of the list"
        );
        assert!(error("rules: [pin-digest, pin-digest]\n").starts_with("main:1:21: `pin-digest` is listed"));
        assert!(error("rules:\n  - pin-digests\n").starts_with("main:2:5: there is no rule `pin-digests`"));
        assert!(error("rules: [pin-digest]\nsafty: safe\n").starts_with("main:2:1: `safty` is not known"));
        assert!(
            error("rules: [pin-digest]\nsafety: high\n").starts_with("main:2:9: this must be one of safe")
        );
        let options = "rules:\n  - rule: bind-localhost\n    services: { web: { address: here } }\n";
        assert!(
            error(options).starts_with("main:3:33: `address` takes an IP address, not `here`"),
            "{}",
            error(options)
        );
        assert!(error("description: nothing\n").starts_with("main:1:1: the profile has no rules"));
    }

    #[test]
    fn a_rule_that_is_added_goes_before_those_that_must_stand_after_it() {
        let text = "extends: pin-only\nrules: [bind-localhost, no-new-privileges]\n";
        let profile = load_from(&[("main", text)]).unwrap();
        assert_eq!(names(&profile), ["bind-localhost", "no-new-privileges", "pin-digest"]);
    }

    #[test]
    fn a_circle_ends() {
        let error = load_from(&[("main", "extends: other\n"), ("other", "extends: main\n")]).err().unwrap();
        assert!(error.starts_with("other:1:10: the profile `main` extends itself"), "{error}");
    }
}
