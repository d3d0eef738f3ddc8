//! Platforms that install a Compose file by itself, by what such a file shows.

use super::embedded::embedded;
use super::text::one_line;
use serde::Deserialize;
use std::sync::LazyLock;

/// The facts, each with its source.
const FILE: &str = include_str!("app_stores.yaml");

/// A platform that takes the Compose file and not what is beside it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppStore {
    /// What it is called.
    #[serde(deserialize_with = "one_line")]
    pub name: String,
    /// Keys at the top of its files.
    #[serde(default)]
    keys: Vec<String>,
    /// Beginnings of variables that it gives their values.
    #[serde(default)]
    variables: Vec<String>,
    /// Services that it adds something to.
    #[serde(default)]
    services: Vec<String>,
    /// What gives a secret its value there, in words.
    #[serde(deserialize_with = "one_line")]
    pub sets: String,
    /// The documentation that says so, in one line.
    #[serde(deserialize_with = "one_line")]
    pub source: String,
}

impl AppStore {
    /// The platform that a file is for, by its keys at the top, its services, and the variables that it asks for or sets;
    /// `None` if it shows none.
    #[must_use]
    pub fn of(keys: &[&str], services: &[&str], variables: &[&str]) -> Option<&'static Self> {
        static ALL: LazyLock<Vec<AppStore>> = LazyLock::new(|| embedded("app_stores.yaml", FILE));
        ALL.iter().find(|store| {
            let is_its = |name: &&str| store.variables.iter().any(|start| name.starts_with(start));
            store.keys.iter().any(|key| keys.contains(&key.as_str()))
                || store.services.iter().any(|service| services.contains(&service.as_str()))
                || variables.iter().any(is_its)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::AppStore;

    #[test]
    fn a_file_shows_what_it_is_for() {
        let name = |keys: &[&str], services: &[&str], variables: &[&str]| {
            AppStore::of(keys, services, variables).map(|store| store.name.as_str())
        };
        assert_eq!(name(&["services", "x-casaos"], &["app"], &[]), Some("CasaOS"));
        assert_eq!(name(&["services"], &["app"], &["TZ", "SERVICE_PASSWORD_DB"]), Some("Coolify"));
        assert_eq!(name(&["services"], &["app_proxy", "db"], &[]), Some("Umbrel or Runtipi"));
        assert_eq!(name(&["services", "x-logging"], &["app"], &["DB_PASSWORD", "MY_SERVICE_URL_A"]), None);
    }
}
