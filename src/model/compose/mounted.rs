//! Files of the project that stand in a service's container: copied by its Dockerfile, or mounted.

use super::run::{BuiltStage, Run};
use super::{Mount, MountEntry, MountKind, Project, Service, lookup};
use crate::model::nginx::NginxFile;
use crate::syntax::dockerfile::{Instruction, Keyword, Word};
use crate::syntax::yaml::NodeId;

/// A file or folder of the project, and where it stands in the container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Its path from the root.
    pub source: String,
    /// Its path in the container.
    pub target: String,
    /// The number of the COPY or ADD that puts it there; `None` for a mount.
    pub instruction: Option<usize>,
}

/// Files of the container that are not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFiles {
    /// Where they stand in the container; `None` if that isn't known either.
    pub target: Option<String>,
    /// Why, as a sentence.
    pub why: String,
    /// The folder of the project, from the root, that they come from, if at least that is known.
    pub from: Option<String>,
}

/// What a container's folder holds.
#[derive(Clone, Debug, Default)]
pub struct PlacedFiles {
    /// What is known, in the order of COPY and then of the mounts.
    pub placed: Vec<Placed>,
    /// What else may stand there.
    pub unknown: Vec<UnknownFiles>,
}

impl PlacedFiles {
    /// What of it brings a file of the project, each with where that stands in the container then.
    #[must_use]
    pub fn bringing(&self, path: &str) -> Vec<(&Placed, String)> {
        self.placed.iter().filter_map(|placed| Some((placed, position(placed, path)?))).collect()
    }

    fn unknown(&mut self, target: Option<String>, why: String) {
        self.unknown.push(UnknownFiles { target, why, from: None });
    }

    fn place(&mut self, source: String, target: &str, instruction: Option<usize>) {
        self.placed.push(Placed { source, target: target.trim_end_matches('/').to_owned(), instruction });
    }
}

impl Project {
    /// What stands at, above or below `folder` of a service's container, besides what the image has there.
    #[must_use]
    pub fn placed_in(&self, service: &Service<'_>, run: &Run<'_>, folder: &str) -> PlacedFiles {
        let mut found = PlacedFiles::default();
        let context = super::Build::of(&run.part).and_then(|build| build.context);
        match (&run.built, context) {
            (Some(built), Some(context)) => self.copied(built, &context, &mut found),
            (Some(built), None) => {
                found.unknown(
                    None,
                    format!("the context of {} is not a folder of the project", built.file.path),
                );
            }
            _ => {}
        }
        let parts = if service.node == run.part.node && service.file.path == run.part.file.path {
            vec![*service]
        } else {
            vec![run.part, *service]
        };
        for part in &parts {
            mounted(part, &mut found);
            configs(part, &mut found);
            if part.has("volumes_from") {
                found.unknown(None, "`volumes_from` may mount more than this service says".to_owned());
            }
        }
        let touches = |path: &str| path == folder || is_below(path, folder) || is_below(folder, path);
        found.placed.retain(|placed| touches(&placed.target));
        found.unknown.retain(|unknown| unknown.target.as_deref().is_none_or(touches));
        found
    }

    /// The nginx files of a service's container, each with where it stands.
    #[must_use]
    pub fn nginx_files<'p>(&'p self, placed: &PlacedFiles) -> Vec<(&'p NginxFile, String)> {
        let mut found: Vec<(&NginxFile, String)> = Vec::new();
        for placed in &placed.placed {
            for (path, file) in &self.nginx {
                let Some(at) = position(placed, path) else { continue };
                // What is placed later at the same path takes its place.
                found.retain(|(_, known)| *known != at);
                found.push((file, at));
            }
        }
        found
    }

    /// The paths of the [texts](Project::texts) that a placed file or folder brings, each with where it stands in
    /// the container.
    pub fn texts_at<'p>(&'p self, placed: &Placed) -> impl Iterator<Item = (&'p str, String)> {
        self.texts.keys().filter_map(move |path| Some((path.as_str(), position(placed, path)?)))
    }
}

/// Where a file stands in the container that is placed there, or lies in a folder that is; `None` if it is another.
fn position(placed: &Placed, path: &str) -> Option<String> {
    let Placed { source, target, .. } = placed;
    let below = match path.strip_prefix(source.as_str())? {
        "" => "",
        rest if rest.starts_with('/') || source.is_empty() => rest,
        _ => return None,
    };
    let sign = if source.is_empty() { "/" } else { "" };
    Some(format!("{}{sign}{below}", target.trim_end_matches('/')))
}

/// Whether `path` lies below `folder`.
fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/') || folder.is_empty())
}

impl Project {
    /// What the stage and those that it is built on copy from the context.
    fn copied(&self, built: &BuiltStage<'_>, context: &str, found: &mut PlacedFiles) {
        let Some(stage) = built.stage() else { return };
        let stages: Vec<_> = built.resolved.chain(stage).collect();
        // Where the image starts from is not known before a WORKDIR says it.
        let mut folder: Option<String> = None;
        for stage in stages.into_iter().rev() {
            for number in stage.instructions.clone() {
                let Some(instruction) = built.file.tree.instructions().get(number) else { continue };
                match instruction.keyword {
                    Keyword::Workdir => {
                        folder =
                            words(instruction).first().and_then(|word| absolute(word, folder.as_deref()));
                    }
                    Keyword::Copy | Keyword::Add => {
                        self.copy((instruction, number), context, folder.as_deref(), found);
                    }
                    _ => {}
                }
            }
        }
    }

    fn copy(
        &self,
        (instruction, number): (&Instruction, usize),
        context: &str,
        folder: Option<&str>,
        found: &mut PlacedFiles,
    ) {
        let words = words(instruction);
        let Some((written, sources)) = words.split_last() else { return };
        let target = absolute(written, folder);
        let of_another_stage = instruction.command.flag("from").is_some();
        if of_another_stage || !instruction.heredocs.is_empty() {
            let from = if of_another_stage { "another stage" } else { "a text in the Dockerfile" };
            // A build output at a place that no one knows is all but never a configuration.
            if target.is_some() {
                found.unknown(target, format!("{written} comes from {from}"));
            }
            return;
        }
        let Some(target) = target else {
            found.unknown(None, format!("where `{written}` is, to which a COPY goes, is not known"));
            return;
        };
        let is_folder = written.ends_with(['/', '.']) || sources.len() > 1 || is_folder_name(&target);
        for source in sources {
            if source.contains(['*', '?', '[', '$']) || source.contains("://") {
                let why = format!("`{source}` is copied to {written}, and which files that are is not known");
                let at = target.trim_end_matches('/').to_owned();
                let from = folder_of_pattern(source).map(|folder| super::file_set::join(context, folder));
                found.unknown.push(UnknownFiles { target: Some(at), why, from });
                continue;
            }
            let path = super::file_set::join(context, source.trim_start_matches('/'));
            // A folder is copied by its content, a file into a folder under its own name.
            let name = path.rsplit('/').next().unwrap_or_default();
            let is_file = !source.ends_with('/') && !is_folder_name(&path) && !self.has_nginx_below(&path);
            let folder = target.trim_end_matches('/');
            let at = if is_folder && is_file { format!("{folder}/{name}") } else { target.clone() };
            found.place(path, &at, Some(number));
        }
    }

    /// Whether a file of the project is known to lie below a path, which is a folder then.
    fn has_nginx_below(&self, path: &str) -> bool {
        self.nginx.keys().any(|file| is_below(file, path))
    }
}

/// The folder in which a pattern of a COPY finds files, if only their names are patterns.
fn folder_of_pattern(pattern: &str) -> Option<&str> {
    let (folder, name) = pattern.trim_start_matches('/').rsplit_once('/').unwrap_or(("", pattern));
    (!folder.contains(['*', '?', '[', '$', ':']) && !name.contains('$')).then_some(folder)
}

/// The words of an instruction, as they are without quotes.
pub(super) fn words(instruction: &Instruction) -> Vec<String> {
    let arguments = &instruction.command.arguments;
    let plain = |word: &Word| match arguments.is_json() {
        true => serde_json::from_str(&word.text).unwrap_or_else(|_| word.text.to_string()),
        false => word.unquoted().unwrap_or(&word.text).to_owned(),
    };
    arguments.words().into_iter().map(plain).collect()
}

/// A path of the container from its root, seen from `folder`; `None` if a variable or an unknown folder decides.
fn absolute(path: &str, folder: Option<&str>) -> Option<String> {
    let from = if path.starts_with('/') { "" } else { folder? };
    (!path.contains('$')).then(|| {
        format!("/{}", super::file_set::join(from.trim_start_matches('/'), path.trim_start_matches('/')))
    })
}

/// Whether a path looks like that of a folder: no ending, or the `.d` of a folder of settings.
fn is_folder_name(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    !name.contains('.') || name.ends_with(".d")
}

/// What the service mounts: known if it comes from the project.
fn mounted(service: &Service<'_>, found: &mut PlacedFiles) {
    for entry in Mount::entries(service) {
        let mount = match entry {
            MountEntry::Known(mount) => mount,
            MountEntry::Unclear(target) => {
                let at = target.clone().unwrap_or_else(|| "a path that a variable decides".to_owned());
                found.unknown(target, format!("a variable decides what is mounted at {at}"));
                continue;
            }
        };
        let source = mount.source.as_deref().filter(|source| !source.starts_with(['/', '~', '\\']));
        match source.filter(|_| mount.kind == MountKind::Bind) {
            Some(source) => {
                found.place(super::file_set::join(service.file.base(), source), &mount.target, None);
            }
            None => {
                let why = format!("what `{}` brings in is not part of the project", mount.subject());
                found.unknown(Some(mount.target.trim_end_matches('/').to_owned()), why);
            }
        }
    }
}

/// What `configs` puts into the container: at the root under its own name unless it says where.
fn configs(service: &Service<'_>, found: &mut PlacedFiles) {
    let tree = service.tree();
    for node in service.items("configs") {
        let text = |node: NodeId| service.interpolate(&tree.scalar(node)?.value);
        let part = |key: &str| text(lookup(tree, node, key)?.value);
        let is_short = tree.scalar(node).is_some();
        let target = if is_short { text(node) } else { part("target").or_else(|| part("source")) };
        let target = target.map(|path| if path.starts_with('/') { path } else { format!("/{path}") });
        found.unknown(target, "`configs` of the service may hold a part of it".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;
    use crate::model::compose::ComposeFile;
    use crate::model::dockerfile::DockerfileFile;

    fn found(compose: &str, dockerfile: &str) -> PlacedFiles {
        let file = ComposeFile::read("compose.yaml", compose.as_bytes(), Environment::new()).unwrap();
        let mut project = Project::new(vec![file]);
        let dockerfile = DockerfileFile::read("web/Dockerfile", dockerfile.as_bytes()).unwrap();
        project.dockerfiles.insert("web/Dockerfile".to_owned(), dockerfile);
        let service = project.services().next().unwrap();
        let run = project.run(&service).unwrap();
        project.placed_in(&service, &run, "/etc/nginx")
    }

    fn placed(compose: &str, dockerfile: &str) -> Vec<(String, String)> {
        found(compose, dockerfile).placed.into_iter().map(|placed| (placed.source, placed.target)).collect()
    }

    fn unknown(compose: &str, dockerfile: &str) -> Vec<String> {
        let target = |unknown: UnknownFiles| unknown.target.unwrap_or_else(|| "anywhere".to_owned());
        found(compose, dockerfile).unknown.into_iter().map(target).collect()
    }

    #[test]
    fn copies_and_mounts_are_found() {
        let dockerfile = "FROM x AS b\nFROM nginx\nCOPY --from=b /a /etc/nginx/x.conf\nCOPY nginx.conf /etc/nginx/\n\
            COPY [\"conf d/a.conf\", \"/etc/nginx/conf.d/default.conf\"]\nCOPY html /usr/share/nginx/html\nCOPY templates /etc/nginx/templates\n";
        let compose = "services:\n  a:\n    build: web\n    volumes:\n      - ./own.conf:/etc/nginx/conf.d/own.conf:ro\n      - data:/etc/nginx/data\n      - {type: bind, source: ./c, target: /etc/nginx/conf.d}\n";
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            placed(compose, dockerfile),
            [
                pair("web/nginx.conf", "/etc/nginx/nginx.conf"),
                pair("web/conf d/a.conf", "/etc/nginx/conf.d/default.conf"),
                pair("web/templates", "/etc/nginx/templates"),
                pair("own.conf", "/etc/nginx/conf.d/own.conf"),
                pair("c", "/etc/nginx/conf.d"),
            ]
        );
    }

    #[test]
    fn a_copy_goes_where_docker_puts_it() {
        let dockerfile = "FROM nginx\nWORKDIR /etc\nWORKDIR nginx\nCOPY nginx.conf .\nCOPY conf.d ./conf.d/\n\
            COPY site.conf /etc/nginx/conf.d\nCOPY a.conf b.conf conf.d/\nCOPY own.conf conf.d/default.conf\n";
        let pair = |a: &str, b: &str| (format!("web/{a}"), format!("/etc/nginx{b}"));
        assert_eq!(
            placed("services: {a: {build: web}}\n", dockerfile),
            [
                pair("nginx.conf", "/nginx.conf"),
                pair("conf.d", "/conf.d"),
                pair("site.conf", "/conf.d/site.conf"),
                pair("a.conf", "/conf.d/a.conf"),
                pair("b.conf", "/conf.d/b.conf"),
                pair("own.conf", "/conf.d/default.conf"),
            ]
        );
    }

    #[test]
    fn what_can_not_be_looked_into_is_said() {
        let image = "services:\n  a:\n    image: nginx\n    volumes:\n";
        let mount = |line: &str| unknown(&format!("{image}      - {line}\n"), "FROM x\n");
        assert_eq!(mount("/srv/$ID/nginx:/etc/nginx"), ["/etc/nginx"]);
        assert_eq!(mount("/srv/nginx/conf.d/:/etc/nginx/conf.d/:ro"), ["/etc/nginx/conf.d"]);
        assert_eq!(mount("~/nginx.conf:/etc/nginx/nginx.conf"), ["/etc/nginx/nginx.conf"]);
        assert_eq!(mount("generated:/etc/nginx/conf.d"), ["/etc/nginx/conf.d"]);
        assert_eq!(mount("/srv/etc:/etc"), ["/etc"]);
        assert_eq!(mount("/srv:$WHERE"), ["anywhere"]);
        assert_eq!(mount("html:/usr/share/nginx/html"), [""; 0]);
        assert_eq!(unknown("services: {a: {image: nginx, volumes_from: [b]}}\n", "FROM x\n"), ["anywhere"]);
        let configs = "services: {a: {image: nginx, configs: [site, {source: site, target: /etc/nginx/conf.d/s.conf}]}}\n";
        assert_eq!(unknown(configs, "FROM x\n"), ["/etc/nginx/conf.d/s.conf"]);
    }

    #[test]
    fn what_a_build_brings_from_elsewhere_is_said() {
        let copy = |lines: &str| unknown("services: {a: {build: web}}\n", &format!("FROM nginx\n{lines}\n"));
        assert_eq!(copy("COPY --from=b /x /etc/nginx/conf.d/"), ["/etc/nginx/conf.d"]);
        assert_eq!(copy("WORKDIR /etc/nginx\nCOPY --from=b /x ."), ["/etc/nginx"]);
        assert_eq!(copy("COPY <<E /etc/nginx/a.conf\nx\nE"), ["/etc/nginx/a.conf"]);
        assert_eq!(copy("COPY nginx.conf ."), ["anywhere"]);
        assert_eq!(copy("COPY *.conf /etc/nginx/conf.d/"), ["/etc/nginx/conf.d"]);
        assert_eq!(copy("COPY --from=b /dist /usr/share/nginx/html"), [""; 0]);
    }
}
