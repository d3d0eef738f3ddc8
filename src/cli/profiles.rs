//! `hardtack profiles`: the profiles that the program brings along.

use super::exit::{Exit, Failure, failure};
use super::output::Output;
use crate::profile::{BUILTIN, load};
use clap::Args;

/// The arguments of `hardtack profiles`.
#[derive(Args)]
pub(super) struct ProfilesCommand {
    /// Shows the text of this profile, to copy and change.
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

impl ProfilesCommand {
    pub(super) fn run(self, output: Output) -> Result<Exit, Failure> {
        let find = |wanted: &str, _: Option<&str>| {
            let found = BUILTIN.iter().find(|(name, _)| *name == wanted);
            found
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
                .ok_or_else(|| format!("there is no profile `{wanted}`"))
        };
        if let Some(name) = &self.name {
            let (_, text) = find(name, None).map_err(|message| failure(Exit::Usage, message))?;
            output.data(&text);
            return Ok(Exit::Done);
        }
        let width = BUILTIN.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        for (name, _) in BUILTIN {
            let profile = load(name, &find).map_err(|errors| {
                failure(Exit::Bug, errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
            })?;
            let rules: Vec<_> = profile.rules.iter().map(|rule| rule.rule.meta().id).collect();
            output.data(&format!(
                "{name:width$}  {}\n{:width$}  rules: {}\n",
                profile.description,
                "",
                rules.join(", ")
            ));
        }
        Ok(Exit::Done)
    }
}
