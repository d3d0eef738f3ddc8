//! Which file names are Compose files.

/// Whether a file of this name is taken for a Compose file when it is found in a folder.
///
/// The four names that Compose looks for by itself (`compose.yaml`, `compose.yml`, `docker-compose.yaml`,
/// `docker-compose.yml`), their overrides and the variants that people pass with `-f`:
/// `compose.*`, `docker-compose.*`, `docker-compose-*`, `*.compose`, `*-compose` and `docker-stack*`,
/// each with `.yaml` or `.yml`. Upper and lower case differ, as they do for Compose.
#[must_use]
pub fn is_compose_file_name(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml")) else {
        return false;
    };
    let starts = ["compose.", "docker-compose.", "docker-compose-", "docker-stack"];
    let ends = [".compose", "-compose"];
    stem == "compose"
        || starts.iter().any(|start| stem.starts_with(start))
        || ends.iter().any(|end| stem.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_compose_files() {
        for name in [
            "compose.yaml",
            "compose.yml",
            "docker-compose.yml",
            "docker-compose.yaml",
            "compose.override.yaml",
            "docker-compose.override.yml",
            "docker-compose.prod.eu.yml",
            "docker-compose-dev.yml",
            "web.compose.yaml",
            "web-compose.yml",
            "docker-stack.yml",
            "docker-stack-prod.yaml",
        ] {
            assert!(is_compose_file_name(name), "{name}");
        }
    }

    #[test]
    fn names_of_other_files() {
        for name in [
            "compose.json",
            "compose",
            ".yaml",
            "composer.yaml",
            "decompose.yml",
            "docker-compose.yml.bak",
            "docker-compose.yml~",
            "Compose.yaml",
            "values.yaml",
            ".hardtack-tmp-00112233aabbccdd-0",
        ] {
            assert!(!is_compose_file_name(name), "{name}");
        }
    }
}
