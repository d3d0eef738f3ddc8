//! Variables that reach a service by a list that it shares with others, and that one of those alone heeds.

use crate::knowledge::is_read_by;
use crate::model::compose::{Service, set_variables};
use crate::rule::Context;

/// Whether a variable is one that only another service of the file heeds, whose image is made for it, with the same value: a
/// list of variables that both share by an anchor brings it along.
pub(super) fn is_of_another(context: &Context<'_>, parts: &[Service<'_>], name: &str, value: &str) -> bool {
    let Some(own) = parts.first() else { return false };
    let heeds = |service: &Service<'_>| {
        let image = context.repository_run(service);
        image.is_some_and(|image| is_read_by(name, &image) == Some(true))
    };
    if context.repository_run(own).is_none() || is_read_by(name, "").is_none() || heeds(own) {
        return false;
    }
    let has_it = |service: &Service<'_>| {
        let set = set_variables(service).into_iter().filter(|set| set.name == name);
        set.filter_map(|set| service.interpolate(&set.value)).any(|set| set == value)
    };
    own.file.services().any(|other| other.name != own.name && heeds(&other) && has_it(&other))
}

#[cfg(test)]
mod tests {
    use super::super::super::ReadOnlyRoot;
    use crate::model::Environment;
    use crate::model::compose::{ComposeFile, Project};
    use crate::rule::{Context, Remedy, Rule};

    /// What is refused of the service `a`, if anything is.
    fn refused(text: &str) -> Option<String> {
        let file = ComposeFile::read("compose.yaml", text.as_bytes(), Environment::new()).unwrap();
        let project = Project::new(vec![file]);
        let found =
            ReadOnlyRoot.check(&Context::of(&project)).into_iter().find(|finding| finding.service == "a")?;
        match found.remedy {
            Remedy::Refused(refusal) => Some(refusal.message),
            _ => None,
        }
    }

    #[test]
    fn what_only_the_database_heeds_says_nothing_of_others() {
        let shared = "x-env: &env {PGDATA: /var/lib/postgresql/data}\nservices:\n  a: {image: 'redis:7', environment: *env}\n";
        let with = |other: &str| format!("{shared}  b: {other}\n");
        assert_eq!(refused(&with("{image: 'postgres:16', environment: *env}")), None);
        for other in [
            "{image: 'postgres:16'}",
            "{image: 'postgres:16', environment: {PGDATA: /x}}",
            "{image: 'acme/x', environment: *env}",
        ] {
            assert!(refused(&with(other)).is_some_and(|why| why.contains("PGDATA")), "{other}");
        }
    }

    #[test]
    fn a_folder_of_programs_is_read() {
        let with = |path: &str| {
            format!("services: {{a: {{image: 'redis:7', environment: {{DB_DUMP_DIR: {path}}}}}}}")
        };
        assert_eq!(refused(&with("/usr/bin")), None);
        assert!(refused(&with("/srv/x")).is_some());
    }
}
