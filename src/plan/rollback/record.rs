//! What a run leaves behind so that it can be undone.

use crate::plan::types::{
    FORMAT, OLDEST_RECORD, Plan, PlanFormatError, Step, StepId, check_format, sha256_hex,
};
use serde::{Deserialize, Serialize};

/// A text that is not a rollback record of this version.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It is no JSON, or not of this form.
    #[error("it is not a rollback record: {0}")]
    Json(#[from] serde_json::Error),
    /// Another major version wrote it.
    #[error(transparent)]
    Version(#[from] PlanFormatError),
}

/// A file as a run found it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedFile {
    /// Its path from the root.
    pub path: String,
    /// Its text before; `None` if the run created it.
    pub before: Option<String>,
    /// SHA-256 of its text afterwards; `None` if the run deleted it.
    pub after: Option<String>,
}

/// The record of one run: the texts before and the steps in order. It is never edited; undoing writes a
/// record of its own that names this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollbackRecord {
    /// Version of this form, `major.minor`.
    pub format: String,
    /// The tool and its version.
    pub tool: String,
    /// The run.
    pub id: String,
    /// The profile's name.
    pub profile: String,
    /// The files that it changed.
    pub files: Vec<RecordedFile>,
    /// What it did, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// For a record of undoing: the run of which steps were undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<String>,
    /// For a record of undoing: those steps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undone: Vec<StepId>,
}

impl RollbackRecord {
    /// The record of a plan that is about to be applied, under the run's id.
    #[must_use]
    pub fn of(plan: &Plan, id: &str) -> Self {
        let files = plan.files.iter().map(|file| RecordedFile {
            path: file.path.clone(),
            before: file.before.is_some().then(|| file.text_before.clone()),
            after: Some(file.after.clone()),
        });
        Self {
            format: FORMAT.to_owned(),
            tool: plan.tool.clone(),
            id: id.to_owned(),
            profile: plan.profile.clone(),
            files: files.collect(),
            steps: plan.steps.clone(),
            undoes: None,
            undone: Vec::new(),
        }
    }

    /// The record of undoing `steps` of this run: files as path, text before, text afterwards.
    #[must_use]
    pub fn undoing(
        &self,
        id: &str,
        steps: &[StepId],
        files: &[(String, Option<String>, Option<String>)],
    ) -> Self {
        let files = files.iter().map(|(path, before, after)| RecordedFile {
            path: path.clone(),
            before: before.clone(),
            after: after.as_deref().map(sha256_hex),
        });
        Self {
            format: FORMAT.to_owned(),
            tool: self.tool.clone(),
            id: id.to_owned(),
            profile: self.profile.clone(),
            files: files.collect(),
            steps: Vec::new(),
            undoes: Some(self.id.clone()),
            undone: steps.to_vec(),
        }
    }

    /// The record in its JSON form.
    ///
    /// # Errors
    /// None that can be met: all its parts have a JSON form.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }

    /// Reads the JSON form.
    ///
    /// # Errors
    /// If it is no record, or one of a newer version.
    pub fn from_json(text: &str) -> Result<Self, RecordError> {
        check_format(text, OLDEST_RECORD).map_err(|error| match error {
            PlanFormatError::Json(error) => RecordError::Json(error),
            other => RecordError::Version(other),
        })?;
        Ok(serde_json::from_str(text)?)
    }
}
