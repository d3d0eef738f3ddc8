//! Which variable of `.env` a value moves to: its own name where that is free, else with the service's in front.

use super::held::{Held, held};
use crate::model::compose::{ComposeFile, Project, Service, file_set::join, set_variables};
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
}

/// A value that could move.
struct Candidate<'p> {
    service: Service<'p>,
    variable: String,
    value: String,
}

impl Names {
    /// Gives every value that stands in a file a name. Equal values of one variable share it.
    pub(super) fn of_project(project: &Project) -> Self {
        let mut by_folder: BTreeMap<&str, Vec<Candidate<'_>>> = BTreeMap::new();
        for file in project.files().iter().filter(|file| file.in_scope) {
            by_folder.entry(file.folder()).or_default().extend(candidates(file));
        }
        let mut names = Self::default();
        for (folder, candidates) in by_folder.iter().filter(|(_, candidates)| !candidates.is_empty()) {
            names.assign(project, folder, candidates);
        }
        names
    }

    /// The variable for an entry of a service; `None` if no name is free for it.
    pub(super) fn of(&self, service: &Service<'_>, variable: &str) -> Option<&str> {
        let key = (service.file.path.clone(), service.document, service.name.to_owned(), variable.to_owned());
        self.by_entry.get(&key).map(String::as_str)
    }

    fn assign(&mut self, project: &Project, folder: &str, candidates: &[Candidate<'_>]) {
        let path = join(folder, ".env");
        let known = project.env_files.get(&path);
        let asked_for = project.names_read_beside(&path);
        let mut values: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for candidate in candidates {
            values.entry(plain_name(&candidate.variable)).or_default().insert(&candidate.value);
        }
        let mut assigned: BTreeMap<String, &str> = BTreeMap::new();
        for candidate in candidates {
            let (service, value) = (candidate.service, candidate.value.as_str());
            let own = plain_name(&candidate.variable);
            let there = |name: &str| known.and_then(|known| known.get(name));
            let is_shared =
                values.get(&own).is_some_and(|values| values.len() > 1) && there(&own) != Some(value);
            let own = (!is_shared && !is_taken(&own)).then_some(own);
            let prefixed = format!("{}_{}", upper(service.name), plain_name(&candidate.variable));
            let is_free = |name: &String| {
                let fits = there(name).map_or_else(|| !asked_for.contains(name), |there| there == value);
                let is_name = !name.starts_with(|c: char| c.is_ascii_digit());
                fits && is_name && !is_taken(name) && assigned.get(name).is_none_or(|other| *other == value)
            };
            let Some(name) = own.into_iter().chain([prefixed]).find(is_free) else { continue };
            assigned.insert(name.clone(), value);
            let file = service.file.path.clone();
            let key = (file, service.document, service.name.to_owned(), candidate.variable.clone());
            self.by_entry.insert(key, name);
        }
    }
}

fn candidates(file: &ComposeFile) -> Vec<Candidate<'_>> {
    let of_service = |service| {
        let entries = set_variables(&service).into_iter();
        entries.filter_map(move |entry| {
            matches!(held(&entry.name, &entry.value)?, Held::Literal | Held::Address).then_some(())?;
            let value = service.interpolate(&entry.value)?;
            Some(Candidate { service, variable: entry.name, value })
        })
    };
    file.services().flat_map(of_service).collect()
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
