//! The whole file: stages, and what they inherit.

use super::environment::Environment;
use super::image_use::{ImageUse, image_uses};
use super::{Base, BuildInputs, Exposed, Resolved, Setting, Stage, Unknown};
use crate::syntax::dockerfile::{Dockerfile, Instruction, Keyword, StageRange};
use std::collections::HashMap;

/// A Dockerfile with its stages resolved.
#[derive(Clone, Debug)]
pub struct ResolvedDockerfile {
    stages: Vec<Stage>,
    images: Vec<ImageUse>,
}

impl ResolvedDockerfile {
    /// Resolves a file for a build with these inputs.
    #[must_use]
    pub fn new(tree: &Dockerfile, inputs: &BuildInputs) -> Self {
        let ranges = tree.stages();
        let mut global = Environment::global(tree.escape(), inputs);
        let first = ranges.first().map_or(0, |range| range.start);
        for instruction in tree.instructions().iter().take(first) {
            global.take(instruction, inputs, None);
        }
        let mut builder = Builder {
            tree,
            inputs,
            global,
            names: HashMap::new(),
            stages: Vec::with_capacity(ranges.len()),
            environments: Vec::with_capacity(ranges.len()),
        };
        for range in ranges {
            builder.stage(range);
        }
        let images = image_uses(tree, inputs, &builder.global, &builder.stages);
        Self { stages: builder.stages, images }
    }

    /// The stages, in order.
    #[must_use]
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// Every image that the file names, in order of the source. Stages, additional contexts and `scratch` are
    /// none, and neither is anything in a heredoc.
    #[must_use]
    pub fn images(&self) -> &[ImageUse] {
        &self.images
    }

    /// The stage that a build of `target` ends with: the last one without a target, otherwise the last of
    /// that name, compared without regard to case. `None` if there is no such stage.
    #[must_use]
    pub fn target(&self, target: Option<&str>) -> Option<&Stage> {
        match target {
            None => self.stages.last(),
            Some(target) => {
                let name = target.to_lowercase();
                self.stages.iter().rfind(|stage| stage.name.as_ref() == Some(&name))
            }
        }
    }

    /// A stage and the stages that it is built on, from itself down to the one that begins with an image or
    /// with nothing.
    pub fn chain<'s>(&'s self, stage: &'s Stage) -> impl Iterator<Item = &'s Stage> {
        std::iter::successors(Some(stage), |stage| match stage.base {
            Base::Stage(index) => self.stages.get(index),
            _ => None,
        })
    }

    /// What the stage stands on in the end: an image, a context or nothing, but no stage.
    #[must_use]
    pub fn root<'s>(&'s self, stage: &'s Stage) -> &'s Base {
        self.chain(stage).last().map_or(&stage.base, |last| &last.base)
    }

    /// The USER that is in force at the end of the stage; `None` leaves it to the [root](Self::root).
    #[must_use]
    pub fn user<'s>(&'s self, stage: &'s Stage) -> Option<&'s Setting> {
        self.chain(stage).find_map(|stage| stage.user.as_ref())
    }

    /// The number of the ENTRYPOINT in force; `None` leaves it to the [root](Self::root).
    #[must_use]
    pub fn entrypoint(&self, stage: &Stage) -> Option<usize> {
        self.chain(stage).find_map(|stage| stage.entrypoint)
    }

    /// The number of the CMD in force. An ENTRYPOINT drops what it inherits: `None` then means that there is
    /// none, and otherwise leaves it to the [root](Self::root).
    #[must_use]
    pub fn cmd(&self, stage: &Stage) -> Option<usize> {
        for stage in self.chain(stage) {
            if stage.cmd.is_some() || stage.entrypoint.is_some() {
                return stage.cmd;
            }
        }
        None
    }

    /// The number of the HEALTHCHECK in force, which may be `NONE`; `None` leaves it to the
    /// [root](Self::root).
    #[must_use]
    pub fn healthcheck(&self, stage: &Stage) -> Option<usize> {
        self.chain(stage).find_map(|stage| stage.healthcheck)
    }

    /// The ports that the stage and those that it is built on expose; an image adds its own.
    pub fn exposed<'s>(&'s self, stage: &'s Stage) -> impl Iterator<Item = &'s Exposed> {
        self.chain(stage).flat_map(|stage| &stage.exposed)
    }
}

struct Builder<'t> {
    tree: &'t Dockerfile,
    inputs: &'t BuildInputs,
    global: Environment,
    /// The stages so far by name; a later one of the same name takes its place.
    names: HashMap<String, usize>,
    stages: Vec<Stage>,
    /// The variables at the end of each stage.
    environments: Vec<Environment>,
}

impl Builder<'_> {
    fn stage(&mut self, range: StageRange) {
        let Some(from) = self.tree.instructions().get(range.start) else { return };
        let words = from.command.arguments.words();
        let name = words.get(2).map(|name| name.text.to_lowercase());
        let written = words.first().map_or("", |word| &*word.text);
        let base = self.base(written, name.as_deref());
        let mut environment = match &base {
            Base::Stage(index) => self.environments.get(*index).cloned(),
            _ => None,
        }
        .unwrap_or_else(|| Environment::stage(self.tree.escape(), base != Base::Scratch));
        let mut stage = Stage {
            index: self.stages.len(),
            name,
            instructions: range.clone(),
            base,
            platform: from.command.flag("platform").and_then(|flag| flag.value()).map(str::to_owned),
            user: None,
            workdirs: Vec::new(),
            entrypoint: None,
            cmd: None,
            healthcheck: None,
            shell: None,
            exposed: Vec::new(),
        };
        for number in range {
            let Some(instruction) = self.tree.instructions().get(number) else { continue };
            environment.take(instruction, self.inputs, Some(&self.global));
            record(&mut stage, number, instruction, &environment);
        }
        if let Some(name) = &stage.name {
            self.names.insert(name.clone(), stage.index);
        }
        self.stages.push(stage);
        self.environments.push(environment);
    }

    /// Only the variables before the first FROM count here, and stages are looked up exactly as written.
    fn base(&self, written: &str, name: Option<&str>) -> Base {
        if let Some(context) = name.and_then(|name| self.inputs.context(name)) {
            return Base::Context(context.to_owned());
        }
        let text = match self.global.expand(written) {
            Resolved::Text(text) => text,
            Resolved::Unknown(why) => return Base::Unknown(why),
        };
        if text.is_empty() {
            let name =
                self.global.try_expand(written).ok().and_then(|expanded| expanded.unset.into_iter().next());
            return Base::Unknown(Unknown::Variable(name.unwrap_or_else(|| written.to_owned())));
        }
        if let Some(index) = self.names.get(&text) {
            return Base::Stage(*index);
        }
        match self.inputs.context(&text) {
            _ if text == "scratch" => Base::Scratch,
            Some(context) => Base::Context(context.to_owned()),
            None => Base::Image(text),
        }
    }
}

/// Notes what an instruction sets.
fn record(stage: &mut Stage, number: usize, instruction: &Instruction, environment: &Environment) {
    let words = instruction.command.arguments.words();
    let setting = || {
        let text = words.first().map_or("", |word| &*word.text);
        Some(Setting { instruction: number, value: environment.expand(text) })
    };
    match instruction.keyword {
        Keyword::User => stage.user = setting(),
        Keyword::Workdir => stage.workdirs.extend(setting()),
        Keyword::Entrypoint => stage.entrypoint = Some(number),
        Keyword::Cmd => stage.cmd = Some(number),
        Keyword::Healthcheck => stage.healthcheck = Some(number),
        Keyword::Shell => stage.shell = Some(number),
        Keyword::Expose => stage.exposed.extend(words.iter().enumerate().map(|(argument, word)| Exposed {
            instruction: number,
            argument,
            span: word.span,
            port: environment.expand(&word.text),
        })),
        _ => {}
    }
}
