//! Which variables of an image hold secrets, and how it takes them from files.

use super::confidence::Confidence;
use super::scope::{Scope, Scoped};
use super::text::{one_line, optional_line, scalar};
use serde::{Deserialize, Deserializer, Serialize};

/// What an image does with a variable that names a file in place of the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FromFile {
    /// It reads the file.
    Reads,
    /// It knows no such variable and starts without the secret.
    Ignores,
    /// It stops.
    Exits,
}

/// Who reads the file, and when; it decides which owner and mode a secret needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reader {
    /// Root, before it steps down. It needs `DAC_OVERRIDE` for a file that only another user may read.
    Root,
    /// The user that serves.
    Server,
}

/// How the variable that names the file is made of the one that holds the secret: `NAME_FILE`, `NAME__FILE`
/// or `FILE__NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileVariable {
    before: String,
    after: String,
}

impl FileVariable {
    /// The name of the variable that names the file of the secret in `variable`.
    #[must_use]
    pub fn of(&self, variable: &str) -> String {
        format!("{}{variable}{}", self.before, self.after)
    }
}

impl<'de> Deserialize<'de> for FileVariable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const EXPECTED: &str = "a pattern such as NAME_FILE or FILE__NAME";
        scalar(deserializer, EXPECTED, |text| {
            let part = |part: &str| part.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
            match text.split_once("NAME") {
                Some((before, after)) if part(before) && part(after) && text.len() > "NAME".len() => {
                    Ok(Self { before: before.to_owned(), after: after.to_owned() })
                }
                _ => Err(format!("expected {EXPECTED}, found {text:?}")),
            }
        })
    }
}

/// The name of a variable, or the beginning of names with a `*` behind it. `*` alone is every variable.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VariablePattern {
    prefix: String,
    open: bool,
}

impl VariablePattern {
    /// Whether a variable is meant.
    #[must_use]
    pub fn matches(&self, variable: &str) -> bool {
        if self.open { variable.starts_with(&self.prefix) } else { variable == self.prefix }
    }

    /// Whether both mean some variable with the same right: an exact name goes before a pattern.
    fn clashes(&self, other: &Self) -> bool {
        match (self.open, other.open) {
            (true, true) => self.prefix.starts_with(&other.prefix) || other.prefix.starts_with(&self.prefix),
            (false, false) => self.prefix == other.prefix,
            _ => false,
        }
    }
}

impl<'de> Deserialize<'de> for VariablePattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const EXPECTED: &str = "a variable such as MYSQL_PASSWORD, or GF_*";
        scalar(deserializer, EXPECTED, |text| {
            let (prefix, open) = text.strip_suffix('*').map_or((text, false), |prefix| (prefix, true));
            let sound = prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if sound && (open || !prefix.is_empty()) {
                Ok(Self { prefix: prefix.to_owned(), open })
            } else {
                Err(format!("expected {EXPECTED}, found {text:?}"))
            }
        })
    }
}

/// What is known of variables that hold secrets.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretFact {
    /// For which versions.
    #[serde(default)]
    pub holds_for: Scope,
    /// The variables.
    pub variables: Vec<VariablePattern>,
    /// What the image does with the variable that names a file.
    pub from_file: FromFile,
    /// How that variable is called; `NAME_FILE` if absent.
    #[serde(default)]
    pub file_variable: Option<FileVariable>,
    /// Who reads the file; `None` if that is not known, or nobody does.
    #[serde(default)]
    pub read_by: Option<Reader>,
    /// What to mind, or where else a secret can go, in one line.
    #[serde(default, deserialize_with = "optional_line")]
    pub note: Option<String>,
    /// Where that was seen, in one line.
    #[serde(deserialize_with = "one_line")]
    pub source: String,
    /// How sure that makes it.
    pub confidence: Confidence,
}

impl SecretFact {
    /// Whether it speaks of a variable by its name.
    #[must_use]
    pub fn names(&self, variable: &str) -> bool {
        self.variables.iter().any(|pattern| !pattern.open && pattern.matches(variable))
    }

    /// Whether it speaks of a variable by name or by pattern.
    #[must_use]
    pub fn is_about(&self, variable: &str) -> bool {
        self.variables.iter().any(|pattern| pattern.matches(variable))
    }

    /// The variable that names the file for the secret in `variable`.
    #[must_use]
    pub fn file_variable_of(&self, variable: &str) -> String {
        self.file_variable.as_ref().map_or_else(|| format!("{variable}_FILE"), |form| form.of(variable))
    }
}

impl Scoped for SecretFact {
    fn scope(&self) -> &Scope {
        &self.holds_for
    }

    fn is_about_the_same(&self, other: &Self) -> bool {
        self.variables.iter().any(|own| other.variables.iter().any(|their| own.clashes(their)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::scope::Facts;
    use super::*;

    #[test]
    fn the_variable_of_the_file_has_the_form_that_the_image_knows() {
        let of = |form: &str| serde_yaml::from_str::<FileVariable>(form).map(|form| form.of("DB_PASSWORD"));
        assert_eq!(of("NAME_FILE").unwrap(), "DB_PASSWORD_FILE");
        assert_eq!(of("NAME__FILE").unwrap(), "DB_PASSWORD__FILE");
        assert_eq!(of("FILE__NAME").unwrap(), "FILE__DB_PASSWORD");
        for bad in ["NAME", "FILE", "''", "name_FILE", "NAME FILE"] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn facts_about_one_variable_contradict_and_about_two_do_not() {
        let fact = |variables: &str| {
            format!("- {{variables: {variables}, from_file: reads, source: s, confidence: documented}}\n")
        };
        let read = |a: &str, b: &str| serde_yaml::from_str::<Facts<SecretFact>>(&(fact(a) + &fact(b)));
        assert!(read("[A, B]", "[C]").is_ok() && read("['A_*']", "[A_B]").is_ok());
        for (a, b) in [("[A]", "[B, A]"), ("['A_*']", "['*']"), ("['*']", "['*']")] {
            let error = read(a, b).unwrap_err().to_string();
            assert!(error.contains("overlap"), "{error}");
        }
        for bad in ["['']", "['A B']", "['A*B']", "['$A']"] {
            assert!(serde_yaml::from_str::<Facts<SecretFact>>(&fact(bad)).is_err(), "{bad}");
        }
    }
}
