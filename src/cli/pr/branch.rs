//! The name of the branch: one for each set of rules and each project of a repository.

use crate::plan::sha256_hex;

/// `hardtack/PROFILE`, or `hardtack/RULE+RULE` with `--only`; a project below the repository's root gets a number of
/// its own, made from its path.
pub(super) fn name(profile: &str, only: &[String], inside: &str) -> String {
    let mut rules: Vec<&str> = only.iter().map(String::as_str).collect();
    rules.sort_unstable();
    rules.dedup();
    let what = if rules.is_empty() { plain(profile) } else { rules.join("+") };
    let place = match inside {
        "" => String::new(),
        inside => format!("-{}", &sha256_hex(inside)[..8]),
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
    use super::name;

    #[test]
    fn each_set_of_rules_has_its_own() {
        assert_eq!(name("recommended", &[], ""), "hardtack/recommended");
        assert_eq!(name("../our profile.yaml", &[], ""), "hardtack/our-profile-yaml");
        let only = ["pin-digest".to_owned(), "bind-localhost".to_owned(), "pin-digest".to_owned()];
        assert_eq!(name("x", &only, ""), "hardtack/bind-localhost+pin-digest");
        assert_ne!(name("x", &[], "a"), name("x", &[], "b"));
        assert_eq!(name("ü", &[], ""), "hardtack/profile");
    }
}
