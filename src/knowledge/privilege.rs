//! What `no-new-privileges` does to an image.

use super::condition::{Condition, Presence, Setting, all_hold};
use super::confidence::Confidence;
use super::text::one_line;
use serde::{Deserialize, Serialize};

/// Whether an image runs with `no-new-privileges`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrivilegeLevel {
    /// It runs as before.
    Compatible,
    /// It depends on how the service is set up.
    Conditional,
    /// It fails, or a part of it does.
    Breaks,
}

/// What is known of an image under `no-new-privileges`, the option by which the kernel ignores setuid bits
/// and file capabilities when a program is executed.
///
/// Stepping down from root with `gosu`, `su-exec` or `setpriv` doesn't need either, so most images have no
/// such fact; `sudo`, setuid helpers and binaries with capabilities do.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoNewPrivileges {
    /// The verdict as far as the image alone decides it.
    pub level: PrivilegeLevel,
    /// For a conditional verdict: the image runs as before if all of these hold. None are stated where the
    /// service's keys can't tell.
    #[serde(default)]
    pub compatible_if: Vec<Condition>,
    /// What fails or on what it depends, in one line for the reader of a plan.
    #[serde(deserialize_with = "one_line")]
    pub why: String,
    /// Where that was seen, in one line.
    #[serde(deserialize_with = "one_line")]
    pub source: String,
    /// How sure that makes it.
    pub confidence: Confidence,
}

impl NoNewPrivileges {
    /// The verdict for one service. `presence` says whether the service has a setting, and `None` where
    /// that can't be told, for instance since a variable may come from a file that wasn't read; what can't
    /// be told never makes a service compatible.
    #[must_use]
    pub fn level_for(&self, presence: impl Fn(&Setting) -> Option<Presence>) -> PrivilegeLevel {
        if self.level == PrivilegeLevel::Conditional
            && !self.compatible_if.is_empty()
            && all_hold(&self.compatible_if, presence) == Some(true)
        {
            PrivilegeLevel::Compatible
        } else {
            self.level
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "level: breaks\nwhy: sudo\nsource: Dockerfile\nconfidence: read-in-source\n";

    fn conditional(conditions: &str) -> NoNewPrivileges {
        let text = WHOLE.replace("breaks", "conditional");
        serde_yaml::from_str(&format!("{text}compatible_if: {conditions}\n")).unwrap()
    }

    #[test]
    fn a_verdict_needs_its_reason_and_its_source() {
        let fact: NoNewPrivileges = serde_yaml::from_str(WHOLE).unwrap();
        assert_eq!((fact.level, fact.confidence), (PrivilegeLevel::Breaks, Confidence::ReadInSource));
        for field in ["level", "why", "source", "confidence"] {
            let without: Vec<_> = WHOLE.lines().filter(|line| !line.starts_with(field)).collect();
            let error = serde_yaml::from_str::<NoNewPrivileges>(&without.join("\n")).unwrap_err().to_string();
            assert!(error.contains(&format!("missing field `{field}`")), "{error}");
        }
    }

    #[test]
    fn a_service_that_meets_every_condition_is_compatible() {
        let fact = conditional("[{setting: user, is: unset}, {setting: environment.A, is: set}]");
        let level = |user, variable| {
            fact.level_for(|setting| match setting {
                Setting::User => user,
                Setting::Variable(name) => (name == "A").then_some(variable).flatten(),
                _ => None,
            })
        };
        assert_eq!(level(Some(Presence::Unset), Some(Presence::Set)), PrivilegeLevel::Compatible);
        assert_eq!(level(Some(Presence::Set), Some(Presence::Set)), PrivilegeLevel::Conditional);
        assert_eq!(level(Some(Presence::Unset), None), PrivilegeLevel::Conditional, "unknown is not met");
    }

    #[test]
    fn nothing_makes_compatible_what_breaks_or_states_no_condition() {
        let breaks: NoNewPrivileges = serde_yaml::from_str(WHOLE).unwrap();
        assert_eq!(breaks.level_for(|_| Some(Presence::Unset)), PrivilegeLevel::Breaks);
        assert_eq!(conditional("[]").level_for(|_| Some(Presence::Unset)), PrivilegeLevel::Conditional);
    }
}
