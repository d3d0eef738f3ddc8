//! Files of the project that stand in a service's container: copied by its Dockerfile, or mounted.

use super::run::{BuiltStage, Run};
use super::{Project, Service};
use crate::model::nginx::NginxFile;
use crate::syntax::dockerfile::{Arguments, Instruction, Keyword};
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

/// What a container's folder holds.
#[derive(Clone, Debug, Default)]
pub struct PlacedFiles {
    /// What is known, in the order of COPY and then of the mounts.
    pub placed: Vec<Placed>,
    /// Why that may not be all, each as a sentence.
    pub unknown: Vec<String>,
}

impl Project {
    /// What of the project stands at or below `folder` of a service's container.
    #[must_use]
    pub fn placed_in(&self, service: &Service<'_>, run: &Run<'_>, folder: &str) -> PlacedFiles {
        let mut found = PlacedFiles::default();
        let context = super::Build::of(&run.part).and_then(|build| build.context);
        if let (Some(built), Some(context)) = (&run.built, context) {
            copied(built, &context, &mut found);
        }
        let parts = if service.node == run.part.node && service.file.path == run.part.file.path {
            vec![*service]
        } else {
            vec![run.part, *service]
        };
        for part in &parts {
            mounted(part, &mut found);
            if part.has("configs") {
                found.unknown.push("`configs` of the service may hold a part of it".to_owned());
            }
        }
        let is_in = |path: &str| {
            path == folder || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
        };
        found
            .placed
            .retain(|placed| is_in(&placed.target) || folder.starts_with(&format!("{}/", placed.target)));
        found
    }

    /// The nginx files of a service's container, each with where it stands.
    #[must_use]
    pub fn nginx_files<'p>(&'p self, placed: &PlacedFiles) -> Vec<(&'p NginxFile, String)> {
        let mut found: Vec<(&NginxFile, String)> = Vec::new();
        for Placed { source, target, .. } in &placed.placed {
            for (path, file) in &self.nginx {
                let below = match path.strip_prefix(source.as_str()) {
                    Some("") => "",
                    Some(rest) if rest.starts_with('/') || source.is_empty() => rest,
                    _ => continue,
                };
                let at = format!(
                    "{}{}{below}",
                    target.trim_end_matches('/'),
                    if source.is_empty() { "/" } else { "" }
                );
                // What is placed later at the same path takes its place.
                found.retain(|(_, known)| *known != at);
                found.push((file, at));
            }
        }
        found
    }
}

/// What the stage and those that it is built on copy from the context.
fn copied(built: &BuiltStage<'_>, context: &str, found: &mut PlacedFiles) {
    let Some(stage) = built.stage() else { return };
    let stages: Vec<_> = built.resolved.chain(stage).collect();
    for stage in stages.into_iter().rev() {
        for number in stage.instructions.clone() {
            let Some(instruction) = built.file.tree.instructions().get(number) else { continue };
            if matches!(instruction.keyword, Keyword::Copy | Keyword::Add) {
                copy(instruction, number, context, found);
            }
        }
    }
}

fn copy(instruction: &Instruction, number: usize, context: &str, found: &mut PlacedFiles) {
    if instruction.command.flag("from").is_some() || !instruction.heredocs.is_empty() {
        return;
    }
    let words: Vec<String> = match &instruction.command.arguments {
        Arguments::Words(words) => {
            words.iter().map(|word| word.unquoted().unwrap_or(&word.text).to_owned()).collect()
        }
        Arguments::Json(words) => words
            .iter()
            .map(|word| serde_json::from_str(&word.text).unwrap_or_else(|_| word.text.to_string()))
            .collect(),
        _ => return,
    };
    let Some((target, sources)) = words.split_last() else { return };
    if !target.starts_with('/') || target.contains('$') {
        return;
    }
    let is_folder = target.ends_with('/') || sources.len() > 1;
    for source in sources {
        if source.contains(['*', '?', '[', '$']) || source.contains("://") {
            found
                .unknown
                .push(format!("`{source}` is copied to {target}, and which files that are is not known"));
            continue;
        }
        let path = super::file_set::join(context, source.trim_start_matches('/'));
        let name = path.rsplit('/').next().unwrap_or_default();
        // A folder is copied by its content, a file into a folder under its own name.
        let is_file = name.contains('.') && !source.ends_with('/');
        let at = target.trim_end_matches('/');
        let target = if is_folder && is_file { format!("{at}/{name}") } else { at.to_owned() };
        found.placed.push(Placed { source: path, target, instruction: Some(number) });
    }
}

/// What the service mounts from the project.
fn mounted(service: &Service<'_>, found: &mut PlacedFiles) {
    for node in service.items("volumes") {
        let Some((source, target)) = mount(service, node) else { continue };
        if !source.starts_with('.') {
            continue;
        }
        let path = super::file_set::join(service.file.folder(), &source);
        found.placed.push(Placed {
            source: path,
            target: target.trim_end_matches('/').to_owned(),
            instruction: None,
        });
    }
}

/// Source and target of a mount, in either form.
fn mount(service: &Service<'_>, node: NodeId) -> Option<(String, String)> {
    let tree = service.tree();
    if let Some(scalar) = tree.scalar(node) {
        let text = service.interpolate(&scalar.value)?;
        let (source, rest) = text.split_once(':')?;
        return Some((source.to_owned(), rest.split(':').next().unwrap_or(rest).to_owned()));
    }
    let part = |key: &str| {
        let value = tree.scalar(super::lookup(tree, node, key)?.value)?;
        service.interpolate(&value.value)
    };
    Some((part("source")?, part("target")?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;
    use crate::model::compose::ComposeFile;
    use crate::model::dockerfile::DockerfileFile;

    fn placed(compose: &str, dockerfile: &str) -> Vec<(String, String)> {
        let file = ComposeFile::read("compose.yaml", compose.as_bytes(), Environment::new()).unwrap();
        let mut project = Project::new(vec![file]);
        let dockerfile = DockerfileFile::read("web/Dockerfile", dockerfile.as_bytes()).unwrap();
        project.dockerfiles.insert("web/Dockerfile".to_owned(), dockerfile);
        let service = project.services().next().unwrap();
        let run = project.run(&service).unwrap();
        let found = project.placed_in(&service, &run, "/etc/nginx");
        found.placed.into_iter().map(|placed| (placed.source, placed.target)).collect()
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
}
