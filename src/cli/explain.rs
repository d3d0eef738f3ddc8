//! `hardtack explain`: a rule or a refusal code.

use super::exit::{Exit, Failure, failure};
use super::output::Output;
use crate::report::explain;
use crate::rule::RefusalCode;
use clap::Args;

/// The arguments of `hardtack explain`.
#[derive(Args)]
pub(super) struct ExplainCommand {
    /// A rule, as `hardtack rules` lists it, or a refusal code, as `plan` shows it.
    #[arg(value_name = "RULE|CODE")]
    name: String,
}

impl ExplainCommand {
    pub(super) fn run(self, output: Output) -> Result<Exit, Failure> {
        let code = RefusalCode::ALL.into_iter().find(|code| code.as_str() == self.name);
        let text = match (crate::rules::find(&self.name), code) {
            (Some(rule), _) => explain::rule(rule.meta()),
            (None, Some(code)) => format!("{code}: {}\n", code.meaning()),
            (None, None) => {
                let rules = crate::rules::names().join(", ");
                let codes = RefusalCode::ALL.map(RefusalCode::as_str).join(", ");
                let message = format!(
                    "there is neither a rule nor a refusal code `{}`\n  rules: {rules}\n  codes: {codes}",
                    self.name
                );
                return Err(failure(Exit::Usage, message));
            }
        };
        output.data(&text);
        Ok(Exit::Done)
    }
}
