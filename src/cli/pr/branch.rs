//! The name of the branch: one for each set of rules, each part of a repository, and each base.

use crate::cli::arguments::{SafetyLevel, Scope};
use crate::plan::sha256_hex;
use std::path::{Path, PathBuf};

/// Which part of a repository a run looks at. Runs that differ in it must not share a branch: the one with less would
/// take back what the other one proposes.
pub(super) struct Extent {
    /// The project's folder, from the repository's root.
    inside: String,
    /// What narrows the run, each with its option.
    narrowed: Vec<String>,
    /// The base, where it is not the default one. A branch that two bases shared would bring the commits of one into
    /// the other.
    base: Option<String>,
}

impl Extent {
    /// What a run with these options looks at; its paths, `root` and `project` are those of the checkout.
    pub(super) fn of(scope: &Scope, root: &Path, project: &Path) -> Self {
        let from = |folder: &Path, path: &Path| {
            let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
            real.strip_prefix(folder).unwrap_or(&real).to_string_lossy().into_owned()
        };
        let root = std::fs::canonicalize(root).unwrap_or_else(|_| root.to_path_buf());
        let paths: Vec<String> = scope.paths.iter().map(|path: &PathBuf| from(project, path)).collect();
        let is_all = paths.iter().all(String::is_empty);
        let paths = if is_all { &[][..] } else { &paths };
        let safety = match scope.safety {
            Some(SafetyLevel::Safe) => vec!["safe".to_owned()],
            Some(SafetyLevel::Caution) => vec!["caution".to_owned()],
            None => Vec::new(),
        };
        let lists =
            [("path", paths), ("service", &scope.service), ("skip", &scope.skip), ("safety", &safety)];
        let option = |(name, values): (&str, &[String])| -> Vec<String> {
            values.iter().map(|value| format!("{name}={value}")).collect()
        };
        let mut narrowed: Vec<String> = lists.into_iter().flat_map(option).collect();
        narrowed.sort_unstable();
        narrowed.dedup();
        Self { inside: from(&root, project), narrowed, base: None }
    }

    /// The same for a base that is not the default one.
    pub(super) fn for_base(self, base: &str) -> Self {
        Self { base: Some(base.to_owned()), ..self }
    }

    /// A short hash; empty for the whole of a repository.
    pub(super) fn id(&self) -> String {
        let base = self.base.as_ref().map(|base| format!("base={base}"));
        let parts = std::iter::once(&self.inside).chain(&self.narrowed).chain(&base);
        let text = parts.map(String::as_str).collect::<Vec<_>>().join("\0");
        if text.is_empty() { text } else { sha256_hex(&text).chars().take(8).collect() }
    }
}

/// What a request is about, as a short hash: the extent, and which rules or whether it is a refresh; empty for all rules
/// on the whole of a repository.
pub(super) fn subject(extent: &Extent, only: &[String], is_refresh: bool) -> String {
    let mut rules: Vec<String> = only.iter().map(|rule| format!("only={rule}")).collect();
    rules.sort_unstable();
    rules.dedup();
    rules.extend(is_refresh.then(|| "refresh".to_owned()));
    if rules.is_empty() {
        return extent.id();
    }
    sha256_hex(&format!("{}\0{}", extent.id(), rules.join("\0"))).chars().take(8).collect()
}

/// `hardtack/PROFILE`, or `hardtack/RULE+RULE` with `--only`; a part of the repository gets a number of its own, and so
/// does a base that is not the default one: `hardtack/PROFILE-BASE-NUMBER`.
pub(super) fn name(profile: &str, only: &[String], extent: &Extent) -> String {
    let mut rules: Vec<&str> = only.iter().map(String::as_str).collect();
    rules.sort_unstable();
    rules.dedup();
    let what = if rules.is_empty() { plain(profile) } else { rules.join("+") };
    let place = match extent.id() {
        id if id.is_empty() => String::new(),
        id => match &extent.base {
            Some(base) => format!("-{}-{id}", plain(base)),
            None => format!("-{id}"),
        },
    };
    format!("hardtack/{what}{place}")
}

/// A name of letters, digits and dashes.
fn plain(text: &str) -> String {
    let mapped: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let parts: Vec<&str> = mapped.split('-').filter(|part| !part.is_empty()).collect();
    let name: String = parts.join("-").chars().take(60).collect();
    if name.is_empty() { "profile".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(inside: &str, narrowed: &[&str]) -> Extent {
        let narrowed = narrowed.iter().map(|text| (*text).to_owned()).collect();
        Extent { inside: inside.to_owned(), narrowed, base: None }
    }

    #[test]
    fn each_set_of_rules_has_its_own() {
        let all = extent("", &[]);
        assert_eq!(name("recommended", &[], &all), "hardtack/recommended");
        assert_eq!(name("../our profile.yaml", &[], &all), "hardtack/our-profile-yaml");
        let only = ["pin-digest".to_owned(), "bind-localhost".to_owned(), "pin-digest".to_owned()];
        assert_eq!(name("x", &only, &all), "hardtack/bind-localhost+pin-digest");
        assert_eq!(name("ü", &[], &all), "hardtack/profile");
    }

    #[test]
    fn each_part_of_a_repository_has_its_own() {
        let parts = [
            extent("", &[]),
            extent("a", &[]),
            extent("b", &[]),
            extent("", &["path=a"]),
            extent("", &["service=a"]),
            extent("a", &["service=a"]),
            extent("", &["path=a", "service=a"]),
            extent("", &[]).for_base("release/1"),
            extent("", &[]).for_base("release-1"),
            extent("a", &[]).for_base("release-1"),
        ];
        let names: std::collections::BTreeSet<String> =
            parts.iter().map(|part| name("x", &[], part)).collect();
        assert_eq!(names.len(), parts.len(), "{names:?}");
        let of_base = name("x", &[], &extent("", &[]).for_base("release/1"));
        assert!(of_base.starts_with("hardtack/x-release-1-"), "{of_base}");
    }

    #[test]
    fn options_say_which_part_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(folder.path()).unwrap();
        std::fs::create_dir(root.join("a")).unwrap();
        let id = |change: &dyn Fn(&mut Scope)| {
            let mut scope = Scope { paths: vec![root.clone()], ..Scope::default() };
            change(&mut scope);
            Extent::of(&scope, &root, &root).id()
        };
        assert_eq!(id(&|_| {}), "");
        assert_eq!(id(&|scope| scope.offline = true), "", "how it asks is no part");
        let changes: [&dyn Fn(&mut Scope); 5] = [
            &|scope| scope.paths = vec![root.join("a")],
            &|scope| scope.service = vec!["a".to_owned()],
            &|scope| scope.skip = vec!["a".to_owned()],
            &|scope| scope.safety = Some(SafetyLevel::Safe),
            &|scope| scope.safety = Some(SafetyLevel::Caution),
        ];
        let ids: std::collections::BTreeSet<String> = changes.iter().map(|change| id(*change)).collect();
        assert!(ids.len() == changes.len() && !ids.contains(""), "{ids:?}");
    }
}
