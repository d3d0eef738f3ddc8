//! What else sees the `.env` of a folder: git, builds, mounts, services that take all of it, files that include others.

use super::names::Names;
use crate::model::compose::{
    Build, BuildFile, ComposeFile, Elsewhere, EnvFile, Mount, MountKind, Project, Service, file_set::join,
    included_files, set_variables,
};
use crate::model::{GitIgnores, build_ignores};
use crate::rule::{Effect, Refusal, RefusalCode};
use std::collections::BTreeMap;

/// What the values of a project may move to, and what is around it; gathered once.
pub(super) struct Around<'p> {
    pub(super) project: &'p Project,
    pub(super) names: Names,
    ignores: GitIgnores,
    /// By included file, one that includes it.
    including: BTreeMap<String, &'p str>,
    /// The services that are built, each with its build.
    builds: Vec<(&'p str, Build)>,
    /// The services that mount a path of the project, each with the path.
    mounts: Vec<(&'p str, String)>,
    /// The services that take variables from files by `env_file`, each with the path of one.
    takers: Vec<(Service<'p>, String)>,
}

impl<'p> Around<'p> {
    pub(super) fn of(project: &'p Project) -> Self {
        let mut around = Self {
            project,
            names: Names::of_project(project),
            ignores: GitIgnores::of(project),
            including: BTreeMap::new(),
            builds: Vec::new(),
            mounts: Vec::new(),
            takers: Vec::new(),
        };
        for file in project.files() {
            around.including.extend(included_files(file).into_iter().map(|path| (path, file.path.as_str())));
            for service in file.services() {
                let inside = |path: &str| join(file.folder(), path);
                around.builds.extend(Build::of(&service).map(|build| (service.name, build)));
                let files = EnvFile::of(&service).into_iter();
                around.takers.extend(files.map(|used| (service, inside(&used.path))));
                let mounts = Mount::of(&service).into_iter().filter(|mount| mount.kind == MountKind::Bind);
                let sources =
                    mounts.filter_map(|mount| mount.source).filter(|path| !path.starts_with(['/', '~']));
                around.mounts.extend(sources.map(|source| (service.name, inside(&source))));
            }
        }
        around
    }

    /// Why Compose may read another `.env` for a file than the one beside it.
    pub(super) fn elsewhere(&self, file: &ComposeFile) -> Option<Refusal> {
        let refused = |why: String| Some(Refusal::new(RefusalCode::Fragment, why));
        if let Some(outer) = self.including.get(&file.path) {
            return refused(format!("{outer} includes its file, and may give it another `.env`"));
        }
        let folder_of =
            |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
        let mut sets = self.project.sets.iter().filter(|set| set.contains(&file.path));
        if sets.any(|set| set.iter().any(|path| folder_of(path) != file.folder())) {
            return refused("it is read together with files of other folders by `COMPOSE_FILE`".to_owned());
        }
        None
    }

    /// The lines of ignore files that a `.env` needs for a secret, and that are not there yet.
    pub(super) fn kept_out(&self, path: &str, name: &str) -> Result<Vec<Effect>, Refusal> {
        self.out_of_services(path, name)?;
        self.out_of_mounts(path)?;
        let mut effects = self.out_of_images(path)?;
        if !self.ignores.cover(path) {
            effects.push(ignore_line(self.project, ".gitignore", path)?);
        }
        Ok(effects)
    }

    /// What takes the whole file gets every variable; one that the service sets itself goes before it.
    fn out_of_services(&self, path: &str, name: &str) -> Result<(), Refusal> {
        let sets = |service: &Service<'_>| set_variables(service).iter().any(|entry| entry.name == name);
        let mut takers = self.takers.iter().filter(|(service, used)| used == path && !sets(service));
        let Some((taker, _)) = takers.next() else { return Ok(()) };
        let why = format!(
            "`{}` takes all of {path} by `env_file` and would get the secret, too; name the variables that it needs",
            taker.name
        );
        Err(Refusal::new(RefusalCode::Explicit, why))
    }

    /// What runs in a container with the folder in it may read a `.env` there, act on its being there, or fail to read it.
    fn out_of_mounts(&self, path: &str) -> Result<(), Refusal> {
        let is_new = !self.project.plain.contains_key(path);
        let is_seen = |source: &str| source == path || is_new && below(source, path).is_some();
        let Some((service, source)) = self.mounts.iter().find(|(_, source)| is_seen(source)) else {
            return Ok(());
        };
        let what = if source == path { "that file" } else { "the folder" };
        let why = format!(
            "`{service}` mounts {what}, so that the application would find {path} there and may act on it; move the value \
             by hand"
        );
        Err(Refusal::new(RefusalCode::Explicit, why))
    }

    /// A build sends its whole folder, and `COPY . .` puts it into the image.
    fn out_of_images(&self, path: &str) -> Result<Vec<Effect>, Refusal> {
        let project = self.project;
        let mut effects: Vec<Effect> = Vec::new();
        for (service, build) in &self.builds {
            let Some(context) = &build.context else {
                if let BuildFile::Elsewhere(Elsewhere::Remote(_)) = build.dockerfile {
                    continue;
                }
                let why = format!(
                    "which folder `{service}` is built from is not known, so {path} might get into its image; keep the \
                     secret out by hand"
                );
                return Err(Refusal::new(RefusalCode::Interpolated, why));
            };
            let Some(inside) = below(context, path) else { continue };
            let own = build.path().map(|path| format!("{path}.dockerignore"));
            let own = own.filter(|own| project.plain.contains_key(own) || project.sealed.contains_key(own));
            let ignore = own.unwrap_or_else(|| join(context, ".dockerignore"));
            if project.plain.get(&ignore).is_some_and(|text| build_ignores(text, inside)) {
                continue;
            }
            if project.plain.contains_key(path) {
                let why = format!(
                    "`{service}` is built from a folder that holds {path}, and nothing keeps it out of the image; put \
                     `{inside}` into {ignore} first, if the image does not need it"
                );
                return Err(Refusal::new(RefusalCode::Explicit, why));
            }
            let effect = ignore_line(project, &ignore, inside)?;
            if !effects.contains(&effect) {
                effects.push(effect);
            }
        }
        Ok(effects)
    }
}

/// A path as seen from a folder that it is in.
fn below<'p>(folder: &str, path: &'p str) -> Option<&'p str> {
    if folder.is_empty() { Some(path) } else { path.strip_prefix(folder)?.strip_prefix('/') }
}

fn ignore_line(project: &Project, ignore: &str, line: &str) -> Result<Effect, Refusal> {
    let stands = project.plain.get(ignore).is_some_and(|text| text.lines().any(|found| found == line));
    let is_pattern = line.contains(['\n', '\r', '\\', '*', '?', '[', '#', '!']) || line.trim() != line;
    if stands || is_pattern {
        let why = format!("no line of {ignore} would keep {line} out; what stands there takes it in again");
        return Err(Refusal::new(RefusalCode::Explicit, why));
    }
    Ok(Effect::Line { path: ignore.to_owned(), line: line.to_owned() })
}
