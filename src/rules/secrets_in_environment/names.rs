//! Which variable of `.env` a value moves to: its own name where that is free, else with the service's in front.

use super::held::{Held, held};
use super::spoken::{self, spoken_texts};
use crate::model::compose::{ComposeFile, Project, Service, SetVariable, file_set::join, set_variables};
use crate::syntax::yaml::NodeId;
use std::collections::{BTreeMap, BTreeSet};

/// What Compose, Docker and shells read themselves, and what people and jobs have in their environment, which goes
/// before `.env`: as beginnings of names.
const TAKEN_BEGINNINGS: &[&str] = &[
    "ACTIONS_",
    "AWS_",
    "AZURE_",
    "BUILDKIT_",
    "BUILDX_",
    "CI_",
    "COMPOSE_",
    "DOCKER_",
    "GH_",
    "GITHUB_",
    "GITLAB_",
    "GOOGLE_",
    "KUBE",
    "LC_",
    "NPM_",
    "SSH_",
    "XDG_",
];
/// The same, as whole names.
const TAKEN_NAMES: &[&str] = &[
    "ALL_PROXY",
    "CI",
    "EDITOR",
    "FTP_PROXY",
    "HOME",
    "HOST",
    "HOSTNAME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "IFS",
    "LANG",
    "LOGNAME",
    "MAIL",
    "NO_PROXY",
    "OLDPWD",
    "PATH",
    "PGPASSWORD",
    "PWD",
    "SHELL",
    "TERM",
    "TMPDIR",
    "TZ",
    "UID",
    "USER",
    "USERNAME",
];

/// The variables of a project's `.env` files that values move to.
#[derive(Default)]
pub(super) struct Names {
    /// By file, document, service and variable.
    by_entry: BTreeMap<(String, usize, String, String), String>,
    /// By file, text of a command and value in it.
    by_spoken: BTreeMap<(String, NodeId, String), String>,
}

/// A value that could move.
struct Candidate<'p> {
    service: Service<'p>,
    variable: String,
    /// The variable, as a name that a template can ask for.
    plain: String,
    value: String,
    node: NodeId,
}

/// A secret in a command that could move.
struct SpokenCandidate<'p> {
    service: Service<'p>,
    node: NodeId,
    /// What its flag calls it.
    called: String,
    value: String,
}

/// How many names are tried for services that are called nearly alike.
const MOST_ALIKE: usize = 9;

impl Names {
    /// Gives every value that stands in a file a name. Equal values of one variable share it if it is the variable's own;
    /// what several services have by one anchor shares whatever it gets, as its text can ask for one alone.
    pub(super) fn of_project(project: &Project) -> Self {
        let mut by_folder: BTreeMap<&str, (Vec<Candidate<'_>>, Vec<SpokenCandidate<'_>>)> = BTreeMap::new();
        for file in project.files().iter().filter(|file| file.in_scope) {
            let (set, spoken) = by_folder.entry(file.folder()).or_default();
            set.extend(candidates(file));
            spoken.extend(spoken_candidates(file));
        }
        let mut names = Self::default();
        for (folder, (set, spoken)) in &by_folder {
            if !set.is_empty() || !spoken.is_empty() {
                names.assign(project, folder, set, spoken);
            }
        }
        names
    }

    /// The variable for a secret in a text of a command; `None` if no name is free for it.
    pub(super) fn of_spoken(&self, service: &Service<'_>, node: NodeId, value: &str) -> Option<&str> {
        self.by_spoken.get(&(service.file.path.clone(), node, value.to_owned())).map(String::as_str)
    }

    /// The variable for an entry of a service; `None` if no name is free for it.
    pub(super) fn of(&self, service: &Service<'_>, variable: &str) -> Option<&str> {
        let key = (service.file.path.clone(), service.document, service.name.to_owned(), variable.to_owned());
        self.by_entry.get(&key).map(String::as_str)
    }

    fn assign(
        &mut self,
        project: &Project,
        folder: &str,
        candidates: &[Candidate<'_>],
        spoken: &[SpokenCandidate<'_>],
    ) {
        let path = join(folder, ".env");
        let known = project.env_files.get(&path);
        let asked_for = project.names_read_beside(&path);
        let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for candidate in candidates {
            values.entry(&candidate.plain).or_default().insert(&candidate.value);
        }
        let there = |name: &str| known.and_then(|known| known.get(name));
        let mut assigned: BTreeMap<String, &str> = BTreeMap::new();
        let is_free = |assigned: &BTreeMap<String, &str>, name: &String, value: &str| {
            let fits = there(name).map_or_else(|| !asked_for.contains(name), |there| there == value);
            let is_name = !name.starts_with(|c: char| c.is_ascii_digit());
            fits && is_name && !is_taken(name) && assigned.get(name).is_none_or(|other| *other == value)
        };
        let mut by_text: BTreeMap<(&str, NodeId, &str), String> = BTreeMap::new();
        // What is only a part of a service stays, and takes no name from what moves.
        for candidate in candidates.iter().filter(|found| project.fragment(&found.service).is_none()) {
            let (service, value, own) = (candidate.service, candidate.value.as_str(), &candidate.plain);
            let text = (service.file.path.as_str(), candidate.node, own.as_str());
            let name = by_text.get(&text).cloned().or_else(|| {
                let has_others = values.get(own.as_str()).is_some_and(|values| values.len() > 1);
                let is_own = !has_others || there(own) == Some(value);
                let own = is_own.then(|| own.clone());
                let mut names = own.into_iter().chain(prefixed(&service, &candidate.plain));
                names.find(|name| is_free(&assigned, name, value))
            });
            let Some(name) = name else { continue };
            assigned.insert(name.clone(), value);
            by_text.insert(text, name.clone());
            self.by_entry.insert(candidate.key(), name);
        }
        for secret in spoken.iter().filter(|found| project.fragment(&found.service).is_none()) {
            let key = (secret.service.file.path.clone(), secret.node, secret.value.clone());
            if self.by_spoken.contains_key(&key) {
                continue;
            }
            let value = secret.value.as_str();
            let same = candidates.iter().filter(|found| found.value == value && secret.is_that_of(found));
            let mut names = same.filter_map(|found| self.by_entry.get(&found.key()).cloned());
            let name = names.next().or_else(|| {
                let mut names = prefixed(&secret.service, &secret.called);
                names.find(|name| is_free(&assigned, name, value))
            });
            let Some(name) = name else { continue };
            assigned.insert(name.clone(), value);
            self.by_spoken.insert(key, name);
        }
    }
}

impl Candidate<'_> {
    fn key(&self) -> (String, usize, String, String) {
        let service = &self.service;
        (service.file.path.clone(), service.document, service.name.to_owned(), self.variable.clone())
    }
}

impl SpokenCandidate<'_> {
    /// Whether a variable with the same value is the same secret: the service's own, or one that is called after it.
    fn is_that_of(&self, other: &Candidate<'_>) -> bool {
        let (service, its) = (&self.service, &other.service);
        let is_own =
            (&service.file.path, service.document, service.name) == (&its.file.path, its.document, its.name);
        is_own || other.plain.to_ascii_uppercase().starts_with(&format!("{}_", upper(service.name)))
    }
}

/// Names with the service's in front: `a-b` and `a.b` are alike in capitals, so there are some with numbers.
fn prefixed(service: &Service<'_>, own: &str) -> impl Iterator<Item = String> {
    let service = upper(service.name);
    let prefixed = match own.strip_prefix(&service) {
        Some(rest) if rest.starts_with('_') => own.to_owned(),
        _ => format!("{service}_{own}"),
    };
    let numbered = (2..=MOST_ALIKE).map({
        let prefixed = prefixed.clone();
        move |number| format!("{prefixed}_{number}")
    });
    std::iter::once(prefixed).chain(numbered)
}

/// The variables of a service, each with whether it counts: of a name that a list has twice the last does, and moving the
/// others changes nothing.
pub(super) fn counted(service: &Service<'_>) -> Vec<(SetVariable, bool)> {
    let mut seen = BTreeSet::new();
    let mut entries: Vec<(SetVariable, bool)> = set_variables(service)
        .into_iter()
        .rev()
        .map(|entry| {
            let counts = seen.insert(entry.name.clone());
            (entry, counts)
        })
        .collect();
    entries.reverse();
    entries
}

fn candidates(file: &ComposeFile) -> Vec<Candidate<'_>> {
    let of_service = |service| {
        let entries = counted(&service).into_iter().filter(|(_, counts)| *counts);
        entries.filter_map(move |(entry, _)| {
            matches!(held(&entry.name, &entry.value)?, Held::Literal | Held::Address).then_some(())?;
            let value = service.interpolate(&entry.value)?;
            let plain = plain_name(&entry.name);
            Some(Candidate { service, variable: entry.name, plain, value, node: entry.node })
        })
    };
    file.services().flat_map(of_service).collect()
}

fn spoken_candidates(file: &ComposeFile) -> Vec<SpokenCandidate<'_>> {
    let mut found = Vec::new();
    for service in file.services() {
        for text in spoken::FIELDS.iter().flat_map(|field| spoken_texts(&service, field)) {
            found.extend(text.secrets.iter().map(|secret| SpokenCandidate {
                service,
                node: text.node,
                called: secret.name.clone(),
                value: secret.range.of(text.text).to_owned(),
            }));
        }
    }
    found
}

/// A variable's name, as one that a template can ask for: `spring.datasource.password` cannot be.
fn plain_name(name: &str) -> String {
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_plain { name.to_owned() } else { upper(name) }
}

fn upper(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

fn is_taken(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    TAKEN_NAMES.contains(&name.as_str()) || TAKEN_BEGINNINGS.iter().any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;

    fn names(text: &str) -> Vec<Option<String>> {
        let file = ComposeFile::read("compose.yaml", text.as_bytes(), Environment::new()).unwrap();
        let project = Project::new(vec![file]);
        let names = Names::of_project(&project);
        project.services().map(|service| names.of(&service, "API_TOKEN").map(str::to_owned)).collect()
    }

    #[test]
    fn what_an_anchor_shares_gets_one_name_in_one_run() {
        let text = "x-env: &env {API_TOKEN: one}\nservices:\n  a: {image: x, environment: *env}\n  b: {image: x, \
                    environment: {<<: *env, B: b}}\n  c: {image: x, environment: {API_TOKEN: two}}\n  d: {image: x, \
                    environment: {API_TOKEN: one}}\n";
        let expected = ["A_API_TOKEN", "A_API_TOKEN", "C_API_TOKEN", "D_API_TOKEN"];
        assert_eq!(names(text), expected.map(|name| Some(name.to_owned())));
    }

    #[test]
    fn a_file_on_top_takes_no_name() {
        let file = |path: &str, value: &str| {
            let text = format!("services: {{a: {{image: x, environment: {{API_TOKEN: {value}}}}}}}\n");
            ComposeFile::read(path, text.as_bytes(), Environment::new()).unwrap()
        };
        let project = Project::new(vec![file("compose.override.yaml", "two"), file("compose.yaml", "one")]);
        let names = Names::of_project(&project);
        let found: Vec<_> = project.services().map(|service| names.of(&service, "API_TOKEN")).collect();
        assert_eq!(found, [None, Some("A_API_TOKEN")]);
    }

    #[test]
    fn services_that_are_alike_in_capitals_get_a_number() {
        let service = |name: &str| format!("  {name}: {{image: x, environment: [API_TOKEN={name}]}}\n");
        let text = format!("services:\n{}{}{}", service("a-b"), service("a.b"), service("a_b"));
        let expected = ["A_B_API_TOKEN", "A_B_API_TOKEN_2", "A_B_API_TOKEN_3"];
        assert_eq!(names(&text), expected.map(|name| Some(name.to_owned())));
    }
}
