//! A Dockerfile as rules look at it.

use super::{Effect, FindingBuilder, Meta, SourceEffect, is_in};
use crate::knowledge::{Catalogue, ImageFacts, Tag};
use crate::model::compose::{
    Build, InlineDockerfile, Mount, MountKind, Project, Service, is_for_development,
};
use crate::model::dockerfile::{Base, BuildInputs, DockerfileFile, ResolvedDockerfile, Stage};
use crate::model::{ImageReference, Source};
use crate::syntax::dockerfile::{Dockerfile, Instruction, Keyword, Script, literal};
use crate::syntax::{Change, Language, Route};
use std::collections::BTreeSet;

/// A Dockerfile with what its builds make of it.
#[derive(Clone, Debug)]
pub struct DockerfileView<'p> {
    /// The file.
    pub file: &'p DockerfileFile,
    /// Its stages, for what all builds of it have in common.
    pub resolved: ResolvedDockerfile,
    /// The services that are built from it, each with the number of its stage; `None` if there is no such stage.
    services: Vec<(Service<'p>, Option<usize>)>,
    /// The stages that become images: those that services name, and the last one.
    shipped: BTreeSet<usize>,
    /// Where it is written, if that is inside a Compose file.
    inline: Option<InlineDockerfile<'p>>,
}

/// The shell that runs the shell forms at some place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShellInForce {
    /// No SHELL is in force: `/bin/sh -c`, unless the image says otherwise.
    Usual,
    /// A SHELL instruction names one of the family of `sh`.
    Posix,
    /// A SHELL instruction names another one.
    Other,
}

impl<'p> DockerfileView<'p> {
    /// The Dockerfiles of a project that may be changed, by path, and then those inside Compose files, which are
    /// not edited: a fix of one is refused when its finding is made.
    #[must_use]
    pub fn all(project: &'p Project) -> Vec<Self> {
        let files = project.dockerfiles.values().filter(|file| file.in_scope);
        let files = files.map(|file| Self::of(file, project.built_from(&file.path).collect(), None));
        let inline = project.inline_dockerfiles().map(|inline| {
            let build = Build::of(&inline.service).map(|build| (inline.service, build));
            Self::of(inline.file, build.into_iter().collect(), Some(inline))
        });
        files.chain(inline).collect()
    }

    fn of(
        file: &'p DockerfileFile,
        builds: Vec<(Service<'p>, Build)>,
        inline: Option<InlineDockerfile<'p>>,
    ) -> Self {
        let resolved = file.resolved(&shared_inputs(builds.iter().map(|(_, build)| &build.inputs)));
        let targets = builds.iter().map(|(_, build)| build.target.as_deref()).chain([None]);
        let shipped = targets.filter_map(|target| Some(resolved.target(target)?.index)).collect();
        let stage = |target: Option<&str>| resolved.target(target).map(|stage| stage.index);
        let services =
            builds.iter().map(|(service, build)| (*service, stage(build.target.as_deref()))).collect();
        Self { file, resolved, services, shipped, inline }
    }

    /// Its tree.
    #[must_use]
    pub fn tree(&self) -> &'p Dockerfile {
        &self.file.tree
    }

    /// The services that run a stage.
    pub fn services<'s>(&'s self, stage: &Stage) -> impl Iterator<Item = &'s Service<'p>> {
        let index = stage.index;
        self.services.iter().filter(move |(_, of)| *of == Some(index)).map(|(service, _)| service)
    }

    /// Whether each service that runs a stage says something by this key, and there is one.
    #[must_use]
    pub fn all_services_have(&self, stage: &Stage, key: &str) -> bool {
        self.services(stage).next().is_some() && self.services(stage).all(|service| service.has(key))
    }

    /// The stages that become images, in order.
    pub fn shipped(&self) -> impl Iterator<Item = &Stage> {
        self.resolved.stages().iter().filter(|stage| self.shipped.contains(&stage.index))
    }

    /// Whether what a stage holds is in an image: it becomes one, or one that does is built on it.
    #[must_use]
    pub fn is_in_image(&self, stage: &Stage) -> bool {
        self.shipped().any(|shipped| self.resolved.chain(shipped).any(|part| part.index == stage.index))
    }

    /// Whether what a stage holds is in an image that ships: one that is not for developing or testing by the name of its
    /// stage, the path of its Dockerfile, or the files of all services that run it.
    #[must_use]
    pub fn is_in_shipped_image(&self, stage: &Stage) -> bool {
        let ships = |end: &&Stage| {
            let mut services = self.services(end).peekable();
            let is_for_work =
                services.peek().is_some() && services.all(|service| service.file.is_for_development());
            !end.is_for_work() && !is_for_work
        };
        let mut ends = self.shipped().filter(ships);
        !is_for_development(&self.file.path)
            && ends.any(|end| self.resolved.chain(end).any(|part| part.index == stage.index))
    }

    /// The stages that are built on this one, directly.
    pub fn built_on<'s>(&'s self, stage: &Stage) -> impl Iterator<Item = &'s Stage> {
        let index = stage.index;
        self.resolved.stages().iter().filter(move |other| other.base == Base::Stage(index))
    }

    /// The instructions of a stage, each with its number in the file.
    pub fn instructions(&self, stage: &Stage) -> impl Iterator<Item = (usize, &'p Instruction)> + use<'p> {
        let tree = self.tree();
        stage.instructions.clone().filter_map(|number| Some((number, tree.instructions().get(number)?)))
    }

    /// The instructions of a stage and of those that it is built on, in the order in which they are carried out.
    #[must_use]
    pub fn history(&self, stage: &Stage) -> Vec<(usize, &'p Instruction)> {
        let mut chain: Vec<&Stage> = self.resolved.chain(stage).collect();
        chain.reverse();
        chain.into_iter().flat_map(|stage| self.instructions(stage)).collect()
    }

    /// The commands of each RUN of a stage that a POSIX shell runs.
    pub fn scripts(&self, stage: &Stage) -> impl Iterator<Item = (usize, Script)> {
        let escape = self.tree().escape();
        let scripts = self.instructions(stage).filter(|(_, found)| found.keyword == Keyword::Run);
        scripts
            .filter(|(number, _)| self.shell(stage, *number) != ShellInForce::Other)
            .filter_map(move |(number, found)| Some((number, found.script(escape)?)))
    }

    /// The shell in force at an instruction of a stage.
    #[must_use]
    pub fn shell(&self, stage: &Stage, number: usize) -> ShellInForce {
        let own =
            self.instructions(stage).filter(|(at, found)| *at < number && found.keyword == Keyword::Shell);
        let inherited = || {
            let below = self.resolved.chain(stage).skip(1).find_map(|stage| stage.shell);
            below.and_then(|number| self.tree().instructions().get(number))
        };
        let Some(shell) = own.map(|(_, found)| found).last().or_else(inherited) else {
            return ShellInForce::Usual;
        };
        let words = shell.command.arguments.words();
        let name = words.first().map(|word| word.text.trim_matches('"')).unwrap_or_default();
        let is_posix = ["sh", "bash", "ash", "dash", "ksh", "zsh"]
            .contains(&name.rsplit('/').next().unwrap_or_default());
        if is_posix { ShellInForce::Posix } else { ShellInForce::Other }
    }

    /// The image that a stage stands on in the end, if the file says which.
    #[must_use]
    pub fn image(&self, stage: &Stage) -> Option<ImageReference> {
        match self.resolved.root(stage) {
            Base::Image(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// What is known of the image that a stage stands on, with its tag.
    #[must_use]
    pub fn facts<'c>(&self, catalogue: &'c Catalogue, stage: &Stage) -> Option<(&'c ImageFacts, Tag)> {
        let image = self.image(stage)?;
        Some((catalogue.image(&image.full_repository())?, Tag::of(&image)))
    }

    /// Where something goes that must stand behind all that a stage does to its files: before the CMD or ENTRYPOINT
    /// that follows the last of that, or at the end of the stage.
    #[must_use]
    pub fn before_start(&self, stage: &Stage) -> Option<Route> {
        let all: Vec<_> = self.instructions(stage).collect();
        let works = |keyword| {
            !matches!(
                keyword,
                Keyword::Cmd
                    | Keyword::Entrypoint
                    | Keyword::Expose
                    | Keyword::Healthcheck
                    | Keyword::Label
                    | Keyword::Maintainer
                    | Keyword::Stopsignal
                    | Keyword::Env
                    | Keyword::Volume
            )
        };
        let last = all.iter().rposition(|(_, found)| works(found.keyword))?;
        let is_start = |keyword| matches!(keyword, Keyword::Cmd | Keyword::Entrypoint);
        let behind = all.iter().enumerate().skip(last + 1);
        let at =
            behind.clone().find(|(_, (_, found))| is_start(found.keyword)).map_or(all.len(), |(at, _)| at);
        Some(self.route(stage.instructions.start).parent()?.index(at))
    }

    /// The folder in which instruction `number` of a stage is carried out, as WORKDIR says it; `None` if a variable
    /// without a known value or the image below decides.
    #[must_use]
    pub fn folder(&self, stage: &Stage, number: usize) -> Option<String> {
        let mut chain: Vec<&Stage> = self.resolved.chain(stage).collect();
        chain.reverse();
        let all = chain.into_iter().flat_map(|stage| &stage.workdirs);
        let mut folder: Option<String> = None;
        for workdir in all.take_while(|workdir| workdir.instruction < number) {
            let Some(text) = workdir.value.text() else {
                folder = None;
                continue;
            };
            let base = if text.starts_with('/') { Some("/") } else { folder.as_deref() };
            folder = base.map(|base| below(base, text));
        }
        folder
    }

    /// The folder of a stage's program, if a service puts one of the host in its place or above it, to be written.
    #[must_use]
    pub fn covered_folder(&self, stage: &Stage) -> Option<String> {
        let folder = self.folder(stage, usize::MAX)?;
        let covers = |mount: &Mount| {
            mount.kind == MountKind::Bind && mount.read_only != Some(true) && is_in(&folder, &mount.target)
        };
        self.services(stage).any(|service| Mount::of(service).iter().any(covers)).then_some(folder)
    }

    /// The route of an instruction.
    #[must_use]
    pub fn route(&self, number: usize) -> Route {
        self.tree().route(number)
    }

    /// A finding about what `route` names.
    #[must_use]
    pub fn finding(&self, meta: &'static Meta, route: Route) -> FindingBuilder<'p> {
        if let Some(inline) = self.inline {
            let inside = Source::Dockerfile(self.file).position(&route);
            return FindingBuilder::inline(meta.id, meta.severity, inline, inside);
        }
        let mut names: Vec<String> =
            self.services.iter().map(|(service, _)| service.name.to_owned()).collect();
        names.sort_unstable();
        names.dedup();
        FindingBuilder::in_file(meta.id, meta.severity, Source::Dockerfile(self.file), route, names)
    }

    /// A change of this file, as an effect.
    #[must_use]
    pub fn effect(&self, change: Change) -> Effect {
        SourceEffect { file: self.file.path.clone(), language: Language::Dockerfile, change }.into()
    }

    /// The words of an ENTRYPOINT or CMD as the kernel gets them; `None` in shell form.
    #[must_use]
    pub fn exec_words(&self, number: usize) -> Option<Vec<String>> {
        let instruction = self.tree().instructions().get(number)?;
        let arguments = &instruction.command.arguments;
        let words = arguments.is_json().then(|| arguments.words())?;
        words.iter().map(|word| serde_json::from_str(&word.text).ok()).collect()
    }

    /// The words with which a stage starts its program, shell form taken apart at blanks: ENTRYPOINT and CMD,
    /// one behind the other. Empty if the image below decides.
    #[must_use]
    pub fn start_words(&self, stage: &Stage) -> Vec<String> {
        let words = |number: Option<usize>| -> Vec<String> {
            let Some(number) = number else { return Vec::new() };
            self.exec_words(number).unwrap_or_else(|| {
                let found = self.tree().instructions().get(number);
                let words = found.map(|found| found.command.arguments.words()).unwrap_or_default();
                let words = words.iter().flat_map(|word| word.text.split_whitespace());
                words.map(|word| literal(word).unwrap_or_else(|| word.to_owned())).collect()
            })
        };
        let mut all = words(self.resolved.entrypoint(stage));
        all.extend(words(self.resolved.cmd(stage)));
        all
    }

    /// Whether an ARG or ENV of this name is set in a stage or one that it is built on.
    #[must_use]
    pub fn sets(&self, stage: &Stage, name: &str) -> bool {
        let sets = |found: &Instruction| {
            matches!(found.keyword, Keyword::Env | Keyword::Arg)
                && found.command.arguments.pairs().iter().any(|pair| &*pair.name.text == name)
        };
        self.history(stage).iter().any(|(_, found)| sets(found))
    }
}

/// A path below a folder, both absolute afterwards, without `.` and `..`.
#[must_use]
pub fn below(folder: &str, path: &str) -> String {
    let start = if path.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = Vec::new();
    for part in start.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// An argument counts if all builds give it the same value, a context if one does.
fn shared_inputs<'b>(mut builds: impl Iterator<Item = &'b BuildInputs>) -> BuildInputs {
    let Some(mut shared) = builds.next().cloned() else { return BuildInputs::default() };
    for inputs in builds {
        shared.arguments.retain(|name, value| inputs.arguments.get(name) == Some(value));
        shared.contexts.extend(inputs.contexts.iter().cloned());
    }
    shared
}
