//! What else sees the `.env` of a folder: git, builds, mounts, services that take all of it, files that include others.

use super::images;
use super::left::Texts;
use super::names::Names;
use super::seen::{Place, below, is_around, of_file, of_service, taken_files};
use crate::knowledge::AppStore;
use crate::model::compose::{
    Build, BuildFile, ComposeFile, Elsewhere, Project, Service, extended_files, file_set::folder_of,
    file_set::join, included_files, set_variables,
};
use crate::model::{GitIgnores, build_ignores};
use crate::rule::{Effect, Refusal, RefusalCode};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// What the values of a project may move to, and what is around it; gathered once.
pub(super) struct Around<'p> {
    pub(super) project: &'p Project,
    pub(super) names: Names,
    ignores: GitIgnores,
    /// By included file, one that includes it.
    including: BTreeMap<String, &'p str>,
    /// By file, one of another folder that takes services of it over.
    extending: BTreeMap<String, &'p str>,
    /// By file, the platform that it is for.
    stores: BTreeMap<&'p str, &'static AppStore>,
    /// The services that are built, each with its build.
    builds: Vec<(Service<'p>, Build)>,
    /// What gets to see paths of the host, each with one: services, and entries of the top level.
    seen: Vec<(String, Place)>,
    /// The services that take variables from files by `env_file`, each with the path of one.
    takers: Vec<(Service<'p>, Place)>,
    /// The services that take labels from files, each with the path of one.
    labelled: Vec<(&'p str, Place)>,
    /// By `.env`, the texts that may hold what moves there besides `environment`.
    texts: RefCell<BTreeMap<String, Rc<Texts<'p>>>>,
}

impl<'p> Around<'p> {
    pub(super) fn of(project: &'p Project) -> Self {
        let mut around = Self {
            project,
            names: Names::of_project(project),
            ignores: GitIgnores::of(project),
            including: BTreeMap::new(),
            extending: BTreeMap::new(),
            stores: BTreeMap::new(),
            builds: Vec::new(),
            seen: Vec::new(),
            takers: Vec::new(),
            labelled: Vec::new(),
            texts: RefCell::default(),
        };
        for file in project.files() {
            around.including.extend(included_files(file).into_iter().map(|path| (path, file.path.as_str())));
            let extended = extended_files(file).into_iter().filter(|path| folder_of(path) != file.folder());
            around.extending.extend(extended.map(|path| (path, file.path.as_str())));
            around.stores.extend(store_of(file).map(|store| (file.path.as_str(), store)));
            around.seen.extend(of_file(file));
            for service in file.services() {
                let name = service.name;
                around.builds.extend(Build::of(&service).map(|build| (service, build)));
                around
                    .takers
                    .extend(taken_files(&service, "env_file").into_iter().map(|place| (service, place)));
                around
                    .labelled
                    .extend(taken_files(&service, "label_file").into_iter().map(|place| (name, place)));
                around.seen.extend(of_service(&service).into_iter().map(|place| (name.to_owned(), place)));
            }
        }
        around
    }

    /// The texts that may hold what moves to a `.env`.
    pub(super) fn texts(&self, path: &str) -> Rc<Texts<'p>> {
        let mut known = self.texts.borrow_mut();
        let texts =
            known.entry(path.to_owned()).or_insert_with(|| Rc::new(Texts::beside(self.project, path)));
        Rc::clone(texts)
    }

    /// Why whoever takes a file has no `.env` for it.
    pub(super) fn alone(&self, file: &ComposeFile) -> Option<Refusal> {
        let AppStore { name, sets, .. } = self.stores.get(file.path.as_str())?;
        let why = format!(
            "the file is one that {name} installs, without the `.env` beside it, and what is required there would keep it \
             from starting; have {name} give the value ({sets})"
        );
        Some(Refusal::new(RefusalCode::Explicit, why))
    }

    /// Why Compose may read another `.env` for a file than the one beside it.
    pub(super) fn elsewhere(&self, file: &ComposeFile) -> Option<Refusal> {
        let refused = |why: String| Some(Refusal::new(RefusalCode::Fragment, why));
        if let Some(outer) = self.including.get(&file.path) {
            return refused(format!("{outer} includes its file, and may give it another `.env`"));
        }
        if let Some(outer) = self.extending.get(&file.path) {
            return refused(format!(
                "{outer} extends a service of its file, and Compose reads the `.env` there for both"
            ));
        }
        let mut sets = self.project.sets.iter().filter(|set| set.contains(&file.path));
        if sets.any(|set| set.iter().any(|path| folder_of(path) != file.folder())) {
            return refused("it is read together with files of other folders by `COMPOSE_FILE`".to_owned());
        }
        None
    }

    /// The lines of ignore files that a `.env` needs for a secret, and that are not there yet.
    pub(super) fn kept_out(&self, path: &str, name: &str) -> Result<Vec<Effect>, Refusal> {
        self.out_of_services(path, name)?;
        self.out_of_sight(path)?;
        let mut effects = self.out_of_images(path)?;
        self.out_of_git(path)?;
        if !self.ignores.cover(path) {
            effects.push(ignore_line(self.project, ".gitignore", path)?);
        }
        Ok(effects)
    }

    /// What takes the whole file gets every variable; one that the service sets itself goes before it.
    fn out_of_services(&self, path: &str, name: &str) -> Result<(), Refusal> {
        let sets = |service: &Service<'_>| set_variables(service).iter().any(|entry| entry.name == name);
        let mut takers = self.takers.iter().filter(|(service, used)| used.may_be(path) && !sets(service));
        let takers = takers.next().map(|(taker, used)| (taker.name, used, "env_file"));
        let mut labelled = self.labelled.iter().filter(|(_, used)| used.may_be(path));
        let labelled = labelled.next().map(|(taker, used)| (*taker, used, "label_file"));
        let Some((taker, used, field)) = takers.or(labelled) else { return Ok(()) };
        let takes = if matches!(used, Place::Inside(_)) { "takes" } else { "may take" };
        let why = format!(
            "`{taker}` {takes} all of {path} by `{field}` and would get the secret, too; name the variables that it needs"
        );
        Err(Refusal::new(RefusalCode::Explicit, why))
    }

    /// What has the folder, or the file, has every secret in it, may act on its being there, or pass it on.
    fn out_of_sight(&self, path: &str) -> Result<(), Refusal> {
        let Some((who, place)) = self.seen.iter().find(|(_, place)| place.may_hold(path)) else {
            return Ok(());
        };
        let why = match place {
            Place::Inside(place) if place == path => format!("`{who}` has {path} itself"),
            Place::Inside(_) => format!("`{who}` has the folder in which {path} is"),
            Place::Outside(place) => format!("`{who}` has `{place}` of the host, in which {path} may be"),
            Place::Unknown { .. } => {
                format!("a variable decides which path of the host `{who}` has, and {path} may be there")
            }
        };
        let why = format!("{why}, so that it would see the secret; move the value by hand");
        Err(Refusal::new(RefusalCode::Explicit, why))
    }

    /// A line at the root counts for nothing where an ignore file further down says otherwise.
    fn out_of_git(&self, path: &str) -> Result<(), Refusal> {
        let folders = std::iter::successors(path.rsplit_once('/').map(|(folder, _)| folder), |folder| {
            folder.rsplit_once('/').map(|(up, _)| up)
        });
        let mut ignores = folders.chain([""]).map(|folder| join(folder, ".gitignore"));
        let unread = ignores.find_map(|ignore| {
            let why = self.project.sealed.get(&ignore)?;
            Some(format!("what {ignore} keeps out of git is not known: {why}"))
        });
        let taken_in = self.ignores.taking_in(path).filter(|folder| !folder.is_empty());
        let taken_in = taken_in
            .map(|folder| format!("{folder}/.gitignore takes {path} in, whatever the one at the root says"));
        match unread.or(taken_in) {
            Some(why) => Err(Refusal::new(RefusalCode::Explicit, why)),
            None => Ok(()),
        }
    }

    /// A build sends its whole folder, and `COPY . .` puts it into the image.
    fn out_of_images(&self, path: &str) -> Result<Vec<Effect>, Refusal> {
        let mut effects: Vec<Effect> = Vec::new();
        let mut take = |effect: Option<Effect>| {
            if let Some(effect) = effect.filter(|effect| !effects.contains(effect)) {
                effects.push(effect);
            }
        };
        for (service, build) in &self.builds {
            let Some(context) = &build.context else {
                let is_remote = matches!(build.dockerfile, BuildFile::Elsewhere(Elsewhere::Remote(_)));
                if is_remote || !is_around(service.file.base(), path) {
                    continue;
                }
                let why = format!(
                    "which folder `{}` is built from is not known, so {path} might get into its image; keep the \
                     secret out by hand",
                    service.name
                );
                return Err(Refusal::new(RefusalCode::Interpolated, why));
            };
            let Some(inside) = below(context, path) else { continue };
            let who = format!("`{}` is built", service.name);
            take(self.out_of_image(path, &who, build.path(), (context, inside))?);
        }
        let built: BTreeSet<&str> = self.builds.iter().filter_map(|(_, build)| build.path()).collect();
        for (dockerfile, inside) in images::taking(self.project, &built, path) {
            let who = format!("{dockerfile} builds an image");
            let context = folder_of(dockerfile);
            take(self.out_of_image(path, &who, Some(dockerfile), (context, inside))?);
        }
        Ok(effects)
    }

    /// The line that keeps the file, `inside` of a context, out of an image; `None` if one does already.
    fn out_of_image(
        &self,
        path: &str,
        who: &str,
        dockerfile: Option<&str>,
        (context, inside): (&str, &str),
    ) -> Result<Option<Effect>, Refusal> {
        let project = self.project;
        let own = dockerfile.map(|path| format!("{path}.dockerignore"));
        let own = own.filter(|own| project.plain.contains_key(own) || project.sealed.contains_key(own));
        let ignore = own.unwrap_or_else(|| join(context, ".dockerignore"));
        if project.plain.get(&ignore).is_some_and(|text| build_ignores(text, inside)) {
            return Ok(None);
        }
        if project.plain.contains_key(path) {
            let why = format!(
                "{who} from a folder that holds {path}, and nothing keeps it out of the image; put `{inside}` into \
                 {ignore} first, if the image does not need it"
            );
            return Err(Refusal::new(RefusalCode::Explicit, why));
        }
        ignore_line(project, &ignore, inside).map(Some)
    }
}

/// The platform that a file is for.
fn store_of(file: &ComposeFile) -> Option<&'static AppStore> {
    let tree = &*file.tree;
    let tops = tree.documents().iter().filter_map(|document| tree.mapping(document.root));
    let keys: Vec<&str> =
        tops.flat_map(|top| &top.entries).filter_map(|entry| tree.key_text(entry)).collect();
    let names = file.names_read();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let services: Vec<&str> = file.services().map(|service| service.name).collect();
    AppStore::of(&keys, &services, &names)
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
