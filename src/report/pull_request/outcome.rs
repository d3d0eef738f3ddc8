//! What came of a pull request, for machines.

use crate::plan::{Outcome, Plan};
use schemars::JsonSchema;
use serde::Serialize;

/// Version of the form: a new minor version adds fields and outcomes, a new major one may change them.
pub const VERSION: &str = "1.1";

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// A pull request was opened.
    Created,
    /// The open one got new content.
    Updated,
    /// The open one says all that there is to say.
    Unchanged,
    /// The open one was closed, since nothing is left to do.
    Closed,
    /// There is nothing to do, and no pull request.
    Nothing,
    /// Nothing was touched, since a person closed the request for just this plan.
    Declined,
    /// Nothing was touched, for the reason given.
    Refused,
    /// Nothing was touched, since only a look was asked for.
    Shown,
}

/// How much of what is in a plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Counts {
    /// Steps, of which each can be taken back by itself.
    pub steps: usize,
    /// Files that change.
    pub files: usize,
    /// Fixes that are wanted and not possible.
    pub refused: usize,
    /// Advice.
    pub advice: usize,
    /// Fixes that were not asked for.
    pub held: usize,
}

impl Counts {
    /// The counts of a plan.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let count =
            |is: fn(&Outcome) -> bool| plan.findings.iter().filter(|found| is(&found.outcome)).count();
        Self {
            steps: plan.steps.len(),
            files: plan.files.len(),
            refused: count(|outcome| matches!(outcome, Outcome::Refused(_))),
            advice: count(|outcome| matches!(outcome, Outcome::Advice { .. })),
            held: count(|outcome| matches!(outcome, Outcome::Held { .. })),
        }
    }
}

/// What came of one pull request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Proposed {
    /// What was done.
    pub operation: Operation,
    /// The branch.
    pub branch: String,
    /// The plan's identity; the same plan has the same one.
    pub plan: String,
    /// How much of what.
    pub counts: Counts,
    /// The number of the pull request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// Where a person reads it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The commit at the branch's tip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// Why nothing was touched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What to do about that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What else went otherwise than asked for: labels or reviewers that were not taken.
    pub notes: Vec<String>,
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// Version of this form, `major.minor`.
    pub version: &'static str,
    /// The tool and its version.
    pub tool: String,
    /// The forge: github, gitlab or gitea.
    pub forge: String,
    /// The repository, as the forge names it.
    pub repository: String,
    /// The branch that the plan was made on.
    pub base: String,
    /// Its commit.
    pub base_commit: String,
    /// The pull requests: one, and another one if files of workflows change, too.
    pub pull_requests: Vec<Proposed>,
}

impl Report {
    /// The JSON form.
    ///
    /// # Errors
    /// None that can be met: all its parts have a JSON form.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// The JSON Schema (draft 2020-12) of [`Report`].
///
/// # Errors
/// None that can be met: a schema has a JSON form.
pub fn schema() -> Result<String, serde_json::Error> {
    let mut schema = schemars::generate::SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<Report>();
    schema.insert("title".to_owned(), format!("Outcome of hardtack pr, version {VERSION}").into());
    Ok(serde_json::to_string_pretty(&schema)? + "\n")
}
