//! The project file, `hardtack.yaml`: the profile, options, exceptions and image facts of one project.

use super::reader::{ConfigError, Reader, parse_settings, place_of, without_place};
use crate::knowledge::{Catalogue, CatalogueError, ImageFacts};
use crate::model::ImageReference;
use crate::model::compose::file_set::join;
use crate::rule::Options;
use crate::syntax::yaml::NodeId;
use crate::text::LineColumn;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// An exception as the project file states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExceptionEntry {
    /// The rule.
    pub rule: String,
    /// The service; every service if absent.
    pub service: Option<String>,
    /// The file, as a path from the root; every file if absent.
    pub file: Option<String>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day on which it holds.
    pub expires: Option<Date>,
    /// Whether `hardtack rollback` noted it (`noted-by: rollback`) and no person.
    pub noted_by_rollback: bool,
    /// Where it is written.
    pub position: LineColumn,
}

/// The settings of one project.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProjectFile {
    /// The profile: a builtin name or a path from the project root.
    pub profile: Option<String>,
    /// Where the profile is named.
    pub profile_position: Option<LineColumn>,
    /// Options of rules, which beat the profile's.
    pub options: BTreeMap<String, Options>,
    /// The services that options name: rule, service, and where.
    pub option_services: Vec<(String, String, LineColumn)>,
    /// The exceptions, in order.
    pub exceptions: Vec<ExceptionEntry>,
    /// Facts about the project's own images.
    pub images: Vec<ImageFacts>,
    /// Who is asked before a registry, in order.
    pub mirrors: Vec<MirrorEntry>,
}

/// A mirror as the project file states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MirrorEntry {
    /// The registry that it stands in for, as references name it (`docker.io`).
    pub registry: String,
    /// Its URL as written.
    pub url: String,
    /// Where the URL is written.
    pub position: LineColumn,
}

const FIELDS: &[&str] = &["profile", "rules", "exceptions", "images", "registry"];
const EXCEPTION_FIELDS: &[&str] = &["rule", "service", "file", "reason", "owner", "expires", "noted-by"];

impl ProjectFile {
    /// Reads a project file. `today` decides which exceptions have expired; that is an error, so that
    /// no exception outlives the day that somebody agreed to.
    ///
    /// # Errors
    /// Everything that is wrong with it, each where it is written.
    pub fn read(path: &str, text: &str, today: Date) -> Result<Self, Vec<ConfigError>> {
        let tree = parse_settings(path, text)?;
        let mut reader = Reader::new(path, &tree);
        let mut file = Self::default();
        let Some(root) = reader.root() else { return Ok(file) };
        for (key, node) in reader.fields(root, FIELDS) {
            match key {
                "profile" => {
                    file.profile = reader.text(node).map(str::to_owned);
                    file.profile_position = Some(reader.position(node));
                }
                "rules" => file.options = rule_options(&mut reader, node, &mut file.option_services),
                "exceptions" => file.exceptions = exceptions(&mut reader, node, today),
                "registry" => file.mirrors = mirrors(&mut reader, node),
                _ => file.images = images(&mut reader, node, text),
            }
        }
        if reader.errors.is_empty() { Ok(file) } else { Err(reader.errors) }
    }
}

fn mirrors(reader: &mut Reader<'_>, node: NodeId) -> Vec<MirrorEntry> {
    let mut mirrors = Vec::new();
    for (_, node) in reader.fields(node, &["mirrors"]) {
        for (registry, list, key) in reader.entries(node) {
            let is_registry = |name: &ImageReference| name.registry() == registry;
            if !format!("{registry}/a").parse().is_ok_and(|name| is_registry(&name)) {
                let message = format!("`{registry}` is no registry as references name it");
                reader.error(
                    key,
                    message,
                    Some("write it as in docker.io or registry.example.org:5000".to_owned()),
                );
                continue;
            }
            for item in reader.list(list) {
                let (position, registry) = (reader.position(item), registry.to_owned());
                let Some(url) = reader.text(item).map(str::to_owned) else { continue };
                mirrors.push(MirrorEntry { registry, url, position });
            }
        }
    }
    mirrors
}

fn rule_options(
    reader: &mut Reader<'_>,
    node: NodeId,
    named: &mut Vec<(String, String, LineColumn)>,
) -> BTreeMap<String, Options> {
    let mut options = BTreeMap::new();
    for (name, value, key) in reader.entries(node) {
        let Some(rule) = reader.rule_named(name, key) else { continue };
        let fields = reader.fields(value, &["options", "services"]);
        let field = |key: &str| fields.iter().find(|(name, _)| *name == key).map(|(_, node)| *node);
        for (service, _, key) in field("services").map(|node| reader.entries(node)).unwrap_or_default() {
            named.push((name.to_owned(), service.to_owned(), reader.position(key)));
        }
        options.insert(name.to_owned(), reader.options(rule, field("options"), field("services")));
    }
    options
}

fn exceptions(reader: &mut Reader<'_>, node: NodeId, today: Date) -> Vec<ExceptionEntry> {
    let items = reader.list(node);
    items.into_iter().filter_map(|item| exception(reader, item, today)).collect()
}

fn exception(reader: &mut Reader<'_>, node: NodeId, today: Date) -> Option<ExceptionEntry> {
    let fields = reader.fields(node, EXCEPTION_FIELDS);
    let field = |key: &str| fields.iter().find(|(name, _)| *name == key).map(|(_, node)| *node);
    let text =
        |reader: &mut Reader<'_>, key| field(key).and_then(|node| reader.text(node)).map(str::to_owned);
    let Some(rule) = field("rule") else {
        reader.error(node, "the exception names no rule", Some("write `rule: NAME`".to_owned()));
        return None;
    };
    let rule = reader.rule(rule)?.meta().id.to_owned();
    let reason = text(reader, "reason").filter(|reason| !reason.trim().is_empty());
    let Some(reason) = reason else {
        reader.error(node, "the exception gives no reason", Some("write `reason: why`".to_owned()));
        return None;
    };
    let expires = field("expires").and_then(|node| date(reader, node));
    if let Some(day) = expires
        && day < today
    {
        let message = format!("the exception of `{rule}` expired on {day}");
        let help = "decide anew: take it out, or give it another day".to_owned();
        reader.error(field("expires").unwrap_or(node), message, Some(help));
    }
    let noted_by = text(reader, "noted-by");
    if let (Some(node), Some(other)) = (field("noted-by"), noted_by.as_deref().filter(|by| *by != "rollback"))
    {
        let help = "take it out; `owner` says who answers for the exception".to_owned();
        reader.error(node, format!("`noted-by` is `rollback` or is not there, not `{other}`"), Some(help));
    }
    Some(ExceptionEntry {
        rule,
        service: text(reader, "service"),
        file: field("file").and_then(|node| path(reader, node)),
        reason,
        owner: text(reader, "owner"),
        expires,
        noted_by_rollback: noted_by.is_some(),
        position: reader.position(node),
    })
}

/// A path from the folder of the project file, as findings have it: `./a//b` is `a/b`.
fn path(reader: &mut Reader<'_>, node: NodeId) -> Option<String> {
    let text = reader.text(node)?;
    let path = join("", text);
    let is_inside = !text.starts_with('/') && !path.is_empty() && path != ".." && !path.starts_with("../");
    if !is_inside {
        let help = "write the path from the folder of this file, such as `deploy/compose.yaml`".to_owned();
        reader.error(node, format!("`{text}` is no file of the project"), Some(help));
    }
    is_inside.then_some(path)
}

fn date(reader: &mut Reader<'_>, node: NodeId) -> Option<Date> {
    let text = reader.text(node)?;
    let read = text.parse().ok();
    if read.is_none() {
        reader.error(node, format!("`{text}` is no date"), Some("write it as 2027-01-31".to_owned()));
    }
    read
}

/// The entry of the image that is in another one's way; the whole list if that is not known.
fn claimant(reader: &mut Reader<'_>, list: NodeId, images: &[ImageFacts], error: &CatalogueError) -> NodeId {
    let name = match error {
        CatalogueError::SameName { name } | CatalogueError::SameRepository { second: name, .. } => name,
        _ => return list,
    };
    let number = images.iter().rposition(|image| image.name == *name);
    number.and_then(|number| reader.list(list).get(number).copied()).unwrap_or(list)
}

/// Image facts have the form of the builtin data files, so they are read the same way.
fn images(reader: &mut Reader<'_>, node: NodeId, text: &str) -> Vec<ImageFacts> {
    #[derive(serde::Deserialize)]
    struct Images {
        images: Vec<ImageFacts>,
    }
    match serde_yaml::from_str::<Images>(text) {
        Ok(read) => {
            if let Err(error) = Catalogue::with_own(read.images.clone()) {
                let node = claimant(reader, node, &read.images, &error);
                let help = "say in one entry what is known of the image".to_owned();
                reader.error(node, error.to_string(), Some(help));
            }
            read.images
        }
        Err(error) => {
            let help = "`images` in the section on hardtack.yaml of docs/usage.md shows the form";
            reader.errors.push(ConfigError {
                path: reader.path.to_owned(),
                position: place_of(&error).or_else(|| Some(reader.position(node))),
                message: format!("these image facts cannot be read: {}", without_place(&error.to_string())),
                help: Some(help.to_owned()),
            });
            Vec::new()
        }
    }
}
