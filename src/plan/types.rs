//! The plan: what apply will do, exactly.

use crate::knowledge::mask::masked_prose;
use crate::rule::{Effect, Evidence, Refusal, Safety, Severity};
use crate::syntax::{Change, Language, Route};
use crate::text::{LineColumn, TextEdit};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The version of the plan's and the record's JSON form. A new minor version adds fields, which a reader that does not
/// know them passes over. A new kind of change is a new major version, as a reader that does not know it can neither
/// carry it out nor undo it: 2 has changes of Dockerfiles and nginx files, and of several lines of a text; 3 has lines that
/// make their file.
pub const FORMAT: &str = "3.0";
/// The oldest major version of a record that is read here: its kinds of changes are all known. Plans are made anew.
pub(super) const OLDEST_RECORD: u32 = 1;

/// The number of a step in its plan, from 1.
pub type StepId = u32;

/// A change of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileChange {
    /// One operation on a file's tree.
    Tree {
        /// The file, as a path from the root.
        path: String,
        /// The operation.
        change: Change,
    },
    /// One operation on a file that counts its instructions.
    Source {
        /// The file, as a path from the root.
        path: String,
        /// Its language.
        language: Language,
        /// The operation.
        change: Change,
    },
    /// A new file; there was none at this path.
    CreateFile {
        /// Its path from the root.
        path: String,
        /// Its text.
        text: String,
    },
    /// A new last line of a plain text file.
    AppendLine {
        /// The file, as a path from the root.
        path: String,
        /// The line, without line break.
        line: String,
    },
    /// A plain text file has this line: a new last one, unless it stands there already. Where there is no such file it
    /// is made, and it goes again with its last line.
    EnsureLine {
        /// The file, as a path from the root.
        path: String,
        /// The line, without line break.
        line: String,
    },
    /// New lines within a plain text file.
    InsertLines {
        /// The file, as a path from the root.
        path: String,
        /// The line in front of which they go, without line break: the only one with this text. The end of
        /// the file if there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<String>,
        /// The lines, each with its line break.
        text: String,
    },
    /// Lines of a plain text file give way to others.
    ReplaceLines {
        /// The file, as a path from the root.
        path: String,
        /// The lines, each with its line break (the last line of a file may have none). They stand there once.
        from: String,
        /// What stands there afterwards, in the same form.
        text: String,
    },
}

impl FileChange {
    /// The file that changes, as a path from the root.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Tree { path, .. }
            | Self::Source { path, .. }
            | Self::CreateFile { path, .. }
            | Self::AppendLine { path, .. }
            | Self::EnsureLine { path, .. }
            | Self::InsertLines { path, .. }
            | Self::ReplaceLines { path, .. } => path,
        }
    }

    /// The operation on a tree; `None` if it is about lines or a whole file.
    #[must_use]
    pub fn change(&self) -> Option<&Change> {
        match self {
            Self::Tree { change, .. } | Self::Source { change, .. } => Some(change),
            _ => None,
        }
    }
}

/// One fix as it is carried out, or several that only one edit can make together (services that share
/// the text through an anchor).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its number in the plan, from 1.
    pub id: StepId,
    /// The rule.
    pub rule: String,
    /// What it does, in one line.
    pub title: String,
    /// What it may do to a running system.
    pub safety: Safety,
    /// What may break and how to tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caveat: Option<String>,
    /// The file and the service of each fix in it; of a fix of a file, the services that it concerns.
    pub services: Vec<(String, String)>,
    /// Fingerprints of the findings that it settles.
    pub findings: Vec<String>,
    /// What it rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// What is true of the resolved project afterwards.
    pub effects: Vec<Effect>,
    /// What it does to the files.
    pub changes: Vec<FileChange>,
    /// Steps without which it can't be carried out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends: Vec<StepId>,
}

/// A file that the plan changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedFile {
    /// Its path from the root.
    pub path: String,
    /// SHA-256 of its text before; `None` if the plan creates it.
    pub before: Option<String>,
    /// SHA-256 of its text afterwards.
    pub after: String,
    /// All edits in one, from the text before to the text afterwards.
    pub edit: TextEdit,
    /// The text before, where it is at hand; not part of the JSON form.
    #[serde(skip)]
    pub text_before: String,
    /// The text afterwards, where it is at hand; not part of the JSON form.
    #[serde(skip)]
    pub text_after: String,
}

/// What became of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// A step of the plan fixes it.
    Fixed {
        /// The step.
        step: StepId,
    },
    /// A fix is wanted and not possible.
    Refused(Refusal),
    /// A person must decide.
    Advice {
        /// What to look at.
        text: String,
    },
    /// There is a fix, below what the profile or a flag asks for.
    Held {
        /// What the fix would do.
        title: String,
        /// Its safety.
        safety: Safety,
        /// How to have it.
        how: String,
    },
    /// The project file excepts it.
    Excepted {
        /// The reason given there.
        reason: String,
    },
    /// A comment in the file suppresses it.
    Suppressed {
        /// The reason given there.
        reason: String,
    },
}

impl Outcome {
    /// The same, without the secrets that its text may quote from the project: no view of a plan shows them.
    pub(super) fn masked(self) -> Self {
        match self {
            Self::Refused(refusal) => {
                Self::Refused(Refusal { message: masked_prose(&refusal.message), ..refusal })
            }
            Self::Advice { text } => Self::Advice { text: masked_prose(&text) },
            Self::Held { title, safety, how } => {
                Self::Held { title: masked_prose(&title), safety, how: masked_prose(&how) }
            }
            other @ (Self::Fixed { .. } | Self::Excepted { .. } | Self::Suppressed { .. }) => other,
        }
    }
}

/// A finding and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedFinding {
    /// Identifies it over runs.
    pub fingerprint: String,
    /// The rule.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// The file, as a path from the root.
    pub file: String,
    /// The service.
    pub service: String,
    /// What it is about within the service.
    pub subject: String,
    /// What is wrong.
    pub message: String,
    /// The node that it is about.
    pub route: Route,
    /// Where that stands in the file as it is now.
    pub position: LineColumn,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// The safety of its fix, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub safety: Option<Safety>,
    /// What became of it; `remedy` in the JSON form, as in reports. It is not flattened: a refusal has a
    /// `message`, and a fix that is held back a `safety`, of its own.
    #[serde(rename = "remedy")]
    pub outcome: Outcome,
}

/// What apply will do, exactly, and everything that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Version of this form, `major.minor`.
    pub format: String,
    /// The tool and its version.
    pub tool: String,
    /// The way from the folder of a saved plan to the project's root; not there until it is saved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<String>,
    /// The profile's name.
    pub profile: String,
    /// The files that change, by path.
    pub files: Vec<ChangedFile>,
    /// The steps, in the order in which they were made.
    pub steps: Vec<Step>,
    /// What was found, by file, place and rule.
    pub findings: Vec<PlannedFinding>,
    /// Suppression comments that suppress nothing, or give no reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub idle_suppressions: Vec<IdleSuppression>,
    /// Numbers, in the order of the project file, of the exceptions that except nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub idle_exceptions: Vec<usize>,
}

/// A suppression comment that has no effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct IdleSuppression {
    /// The file, as a path from the root.
    pub file: String,
    /// Where the comment stands.
    pub position: LineColumn,
    /// Why it has no effect, in one sentence.
    pub why: String,
}

/// A text that is not a plan of this version.
#[derive(Debug, thiserror::Error)]
pub enum PlanFormatError {
    /// It is no JSON, or not of this form.
    #[error("it is not a plan: {0}")]
    Json(#[from] serde_json::Error),
    /// It states no version.
    #[error("it states no format of the form 1.0, so nobody knows how to read it")]
    NoVersion,
    /// A newer hardtack wrote it.
    #[error("a newer hardtack made it (format {found}; this one reads {FORMAT}); update hardtack")]
    Newer {
        /// The format that it states.
        found: String,
    },
    /// An older hardtack wrote it.
    #[error("an older hardtack made it (format {found}; this one reads {FORMAT}); make a new one")]
    Older {
        /// The format that it states.
        found: String,
    },
}

impl Plan {
    /// The plan in its JSON form.
    ///
    /// # Errors
    /// None that can be met: all its parts have a JSON form.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }

    /// Reads the JSON form. The texts of the files are not part of it.
    ///
    /// # Errors
    /// If it is no plan, or one of another major version.
    pub fn from_json(text: &str) -> Result<Self, PlanFormatError> {
        check_format(text, major(FORMAT).unwrap_or_default())?;
        Ok(serde_json::from_str(text)?)
    }
}

/// Whether a document can be read here, by the version that it states. It is looked at before all else: what another
/// version wrote may not even have the form that is read here.
pub(super) fn check_format(text: &str, oldest: u32) -> Result<(), PlanFormatError> {
    #[derive(Deserialize)]
    struct Head {
        format: String,
    }
    let found = serde_json::from_str::<Head>(text)?.format;
    match major(&found) {
        None => Err(PlanFormatError::NoVersion),
        Some(version) if Some(version) > major(FORMAT) => Err(PlanFormatError::Newer { found }),
        Some(version) if version < oldest => Err(PlanFormatError::Older { found }),
        Some(_) => Ok(()),
    }
}

fn major(format: &str) -> Option<u32> {
    format.split('.').next()?.parse().ok()
}

/// SHA-256 of a text, in hexadecimal.
#[must_use]
pub fn sha256_hex(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or_default();
    hash.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RefusalCode;

    fn finding(outcome: Outcome) -> PlannedFinding {
        PlannedFinding {
            fingerprint: "00".to_owned(),
            rule: "pin-digest".to_owned(),
            severity: Severity::Low,
            file: "compose.yaml".to_owned(),
            service: "web".to_owned(),
            subject: "nginx".to_owned(),
            message: "its image is not pinned".to_owned(),
            route: Route::root(),
            position: LineColumn { line: 1, column: 1 },
            evidence: Vec::new(),
            safety: Some(Safety::Safe),
            outcome,
        }
    }

    #[test]
    fn other_versions_are_refused_by_name_before_anything_else_is_read() {
        let told = |format: &str, oldest| {
            let text = format!(r#"{{"format": "{format}", "steps": [{{"a-kind": "of change"}}]}}"#);
            check_format(&text, oldest).map_err(|error| error.to_string())
        };
        assert!(told("4.0", 1).is_err_and(|why| why.contains("newer hardtack") && why.contains("update")));
        assert!(told("1.0", 2).is_err_and(|why| why.contains("older hardtack") && why.contains("a new one")));
        assert!(told("one", 1).is_err_and(|why| why.contains("states no format")));
        assert_eq!((told("3.9", 3), told("1.0", OLDEST_RECORD)), (Ok(()), Ok(())));
    }

    #[test]
    fn every_outcome_survives_its_json_form() {
        let text = || "a text of its own".to_owned();
        let outcomes = [
            Outcome::Fixed { step: 1 },
            Outcome::Refused(Refusal::new(RefusalCode::Anchored, text())),
            Outcome::Advice { text: text() },
            Outcome::Held { title: text(), safety: Safety::Caution, how: text() },
            Outcome::Excepted { reason: text() },
            Outcome::Suppressed { reason: text() },
        ];
        let plan = Plan {
            format: FORMAT.to_owned(),
            tool: text(),
            root: None,
            profile: text(),
            files: Vec::new(),
            steps: Vec::new(),
            findings: outcomes.into_iter().map(finding).collect(),
            idle_suppressions: Vec::new(),
            idle_exceptions: Vec::new(),
        };
        assert_eq!(Plan::from_json(&plan.to_json().unwrap()).unwrap(), plan);
    }
}
