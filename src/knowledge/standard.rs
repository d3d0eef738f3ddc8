//! Standards and their controls, as far as rules refer to them.
//!
//! A rule names what it supports as text: `CIS Docker 1.6.0 5.26 (direct)`. Here that text becomes a control, so that
//! a report can say what it is about. To support a control is not to comply with it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One standard.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standard {
    /// Its name, as rules write it.
    pub name: String,
    /// Its full title.
    pub title: String,
    /// The version that the numbers are of, if it has versions.
    #[serde(default)]
    pub version: Option<String>,
    /// Where it is published.
    pub url: String,
    /// Where the numbers are from, and what to mind.
    pub source: String,
    /// What each control is about, by its number.
    pub controls: BTreeMap<String, String>,
}

/// How a rule relates to a control.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// The control's own text or check names the setting.
    Direct,
    /// The setting serves what the control is for.
    Supports,
    /// The control names no such thing; that the setting serves it is a conclusion.
    Inferred,
}

/// A control, and how a rule relates to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Control<'t> {
    /// The standard.
    pub standard: &'static Standard,
    /// The version that the rule names; empty if it names none.
    pub version: &'t str,
    /// The control's number there.
    pub number: &'t str,
    /// How the rule relates to it.
    pub relation: Relation,
}

impl Relation {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Supports => "supports",
            Self::Inferred => "inferred",
        }
    }
}

impl Standard {
    /// All standards, in the order of the data file.
    #[must_use]
    pub fn all() -> &'static [Self] {
        static STANDARDS: LazyLock<Vec<Standard>> =
            LazyLock::new(|| serde_yaml::from_str(include_str!("standards.yaml")).unwrap_or_default());
        &STANDARDS
    }
}

impl<'t> Control<'t> {
    /// Reads what a rule writes: the standard's name, a version if it has one, the number, and in parentheses the
    /// relation, where it is not `supports`. `None` if no such standard is known.
    #[must_use]
    pub fn parse(text: &'t str) -> Option<Self> {
        let (text, relation) = match (text.strip_suffix(" (direct)"), text.strip_suffix(" (inferred)")) {
            (Some(text), _) => (text, Relation::Direct),
            (_, Some(text)) => (text, Relation::Inferred),
            _ => (text, Relation::Supports),
        };
        let standard =
            Standard::all().iter().find(|standard| text.starts_with(&format!("{} ", standard.name)))?;
        let rest = text.get(standard.name.len()..)?.trim();
        let (version, number) = match &standard.version {
            Some(_) => rest.split_once(' ')?,
            None => ("", rest),
        };
        (!number.is_empty()).then_some(Self { standard, version, number, relation })
    }

    /// What it is about; `None` if the number is not known, or is of another version.
    #[must_use]
    pub fn title(&self) -> Option<&'static str> {
        let is_known = self.standard.version.as_deref().unwrap_or_default() == self.version;
        self.standard.controls.get(self.number).filter(|_| is_known).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_file_is_read_whole() {
        let read: Vec<Standard> = serde_yaml::from_str(include_str!("standards.yaml")).unwrap();
        assert!(read.len() >= 6 && read == Standard::all());
        for (index, standard) in read.iter().enumerate() {
            // No name may hide another one that begins with it.
            assert!(
                !read[..index].iter().any(|earlier| standard.name.starts_with(&earlier.name)),
                "{}",
                standard.name
            );
            assert!(standard.url.starts_with("https://") && !standard.controls.is_empty());
        }
    }

    #[test]
    fn what_a_rule_writes_becomes_a_control() {
        let control = Control::parse("CIS Docker 1.6.0 5.26 (direct)").unwrap();
        assert_eq!((control.standard.name.as_str(), control.number), ("CIS Docker", "5.26"));
        assert_eq!((control.relation, control.title()), (Relation::Direct, Some("no additional privileges")));
        let control = Control::parse("HIPAA 45 CFR 164.312(a)(1) (inferred)").unwrap();
        assert_eq!((control.relation, control.title()), (Relation::Inferred, Some("access control")));
        let control = Control::parse("OWASP Docker Security Cheat Sheet rule 5a").unwrap();
        assert_eq!((control.relation, control.number), (Relation::Supports, "rule 5a"));
        assert_eq!(Control::parse("CIS Docker 0.9.0 5.26").unwrap().title(), None, "another version");
        for none in ["", "CIS Docker", "CIS Docker 1.6.0", "ISO 27001 5.1", "OWASP Docker Top 10 "] {
            assert_eq!(Control::parse(none), None, "{none}");
        }
    }
}
