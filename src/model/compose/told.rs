//! What a service is told beside its own keys: the variables of `env_file` and of its Dockerfile, and the Dockerfile's
//! ENTRYPOINT and CMD.

use super::file_set::join;
use super::run::BuiltStage;
use super::{EnvFile, Project, Run, Service};
use crate::model::{Environment, dotenv};
use crate::syntax::dockerfile::{Instruction, Keyword, Word};

/// A variable that a service does not set in `environment`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherVariable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The file that sets it.
    pub file: String,
}

impl Project {
    /// The variables of the files of `env_file` that are at hand, and of the ENV of the Dockerfile. A name may come
    /// more than once, since which one counts is not settled here.
    #[must_use]
    pub fn other_variables(&self, parts: &[Service<'_>], run: Option<&Run<'_>>) -> Vec<OtherVariable> {
        let mut found = Vec::new();
        for part in parts {
            for file in EnvFile::of(part) {
                let path = join(part.file.base(), &file.path);
                let mut read = Environment::new();
                match (self.texts.get(&path), self.env_files.get(&path)) {
                    (Some(text), _) => drop(dotenv::parse(text, &mut read)),
                    (None, Some(known)) => read.fill(known),
                    (None, None) => {}
                }
                let variable = |name: &str| {
                    let (name, value) = (name.to_owned(), read.get(name)?.to_owned());
                    Some(OtherVariable { name, value, file: path.clone() })
                };
                found.extend(read.names().filter_map(variable));
            }
        }
        if let Some(built) = run.and_then(|run| run.built.as_ref()) {
            for instruction in built.instructions().filter(|found| found.keyword == Keyword::Env) {
                found.extend(instruction.command.arguments.pairs().iter().filter_map(|pair| {
                    let (name, value) = (pair.name.text.to_string(), unquoted(pair.value.as_ref()?));
                    Some(OtherVariable { name, value, file: built.file.path.clone() })
                }));
            }
        }
        found
    }
}

impl BuiltStage<'_> {
    /// The words of its ENTRYPOINT and CMD, one behind the other; those of a shell form as they stand.
    #[must_use]
    pub fn start_words(&self) -> Vec<String> {
        let Some(stage) = self.stage() else { return Vec::new() };
        let numbers = [self.resolved.entrypoint(stage), self.resolved.cmd(stage)].into_iter().flatten();
        let found = numbers.filter_map(|number| self.file.tree.instructions().get(number));
        found.flat_map(super::mounted::words).collect()
    }
}

impl BuiltStage<'_> {
    /// The instructions of the stage and of those that it is built on.
    pub fn instructions(&self) -> impl Iterator<Item = &Instruction> {
        let stages = self.stage().into_iter().flat_map(|stage| self.resolved.chain(stage));
        let numbers = stages.flat_map(|stage| stage.instructions.clone());
        numbers.filter_map(|number| self.file.tree.instructions().get(number))
    }

    /// What an instruction says: its own text, and those that it holds (heredocs).
    pub fn texts<'i>(&'i self, instruction: &'i Instruction) -> impl Iterator<Item = &'i str> {
        let bodies = instruction.heredocs.iter().map(|heredoc| heredoc.body.of(self.file.tree.text()));
        std::iter::once(instruction.logical_text()).chain(bodies)
    }

    /// The HEALTHCHECK in force, as it is written.
    #[must_use]
    pub fn health_text(&self) -> Option<&str> {
        let instruction = self.health_instruction()?;
        Some(instruction.span.of(self.file.tree.text()))
    }

    /// The value of a flag of the HEALTHCHECK in force, such as `interval`.
    #[must_use]
    pub fn health_flag(&self, name: &str) -> Option<&str> {
        let flag = self.health_instruction()?.command.flag(name)?;
        flag.text.split_once('=').map(|(_, value)| value)
    }

    fn health_instruction(&self) -> Option<&Instruction> {
        let number = self.resolved.healthcheck(self.stage()?)?;
        self.file.tree.instructions().get(number)
    }
}

fn unquoted(word: &Word) -> String {
    word.unquoted().unwrap_or(&word.text).to_owned()
}
