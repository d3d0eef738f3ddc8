//! What a file is, by its name.

use super::compose_name::is_compose_file_name;

/// What a file is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// A Compose file.
    Compose,
    /// A Dockerfile.
    Dockerfile,
    /// An nginx configuration, or a template of one.
    Nginx,
}

impl FileKind {
    /// What a file that is found in a folder is; `None` if it is nothing to look at.
    #[must_use]
    pub fn of_found(name: &str) -> Option<Self> {
        if is_compose_file_name(name) {
            return Some(Self::Compose);
        }
        is_dockerfile_name(name).then_some(Self::Dockerfile)
    }

    /// What a file that a person names is: a Compose file unless its name says otherwise. nginx files are not
    /// searched for, since `.conf` says little; they are read where a service uses them.
    #[must_use]
    pub fn of_named(name: &str) -> Self {
        let is_nginx = name.ends_with(".conf") || name.ends_with(".conf.template");
        Self::of_found(name).unwrap_or(if is_nginx { Self::Nginx } else { Self::Compose })
    }
}

/// Endings of files that only look like a Dockerfile: what BuildKit ignores in it, templates, and backups.
const OTHER_ENDINGS: [&str; 12] = [
    ".dockerignore",
    ".j2",
    ".jinja",
    ".jinja2",
    ".tmpl",
    ".tpl",
    ".template",
    ".erb",
    ".in",
    ".bak",
    ".orig",
    "~",
];

/// `Dockerfile`, `Containerfile`, and the variants that people pass with `-f`: `Dockerfile.*`, `Containerfile.*`,
/// `*.Dockerfile` and `*.dockerfile`.
fn is_dockerfile_name(name: &str) -> bool {
    if OTHER_ENDINGS.iter().any(|ending| name.ends_with(ending)) {
        return false;
    }
    let variant_of =
        |base: &str| name.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    variant_of("Dockerfile")
        || variant_of("Containerfile")
        || name.ends_with(".Dockerfile")
        || name.ends_with(".dockerfile")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_a_file_is() {
        for name in [
            "Dockerfile",
            "Dockerfile.prod",
            "web.Dockerfile",
            "api.dockerfile",
            "Containerfile",
            "Containerfile.dev",
        ] {
            assert_eq!(FileKind::of_found(name), Some(FileKind::Dockerfile), "{name}");
        }
        for name in [
            "Dockerfile.dockerignore",
            "Dockerfile.j2",
            "Dockerfile.in",
            "dockerfile",
            "Dockerfiles",
            "MyDockerfile",
            "Dockerfile~",
        ] {
            assert_eq!(FileKind::of_found(name), None, "{name}");
        }
        assert_eq!(FileKind::of_found("compose.yaml"), Some(FileKind::Compose));
        assert_eq!(FileKind::of_named("stack.yml"), FileKind::Compose);
    }
}
