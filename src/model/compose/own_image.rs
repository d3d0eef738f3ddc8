//! Which images that services run by their names alone are the project's own, by what its files show. That is enough not to
//! take one for a foreign image, and not enough to say what is in it: what a registry has may be older than the files.

use super::file_set::folder_of;
use super::run::BuiltStage;
use super::{Build, ComposeFile, Project, Service, lookup};
use crate::model::dockerfile::{BuildInputs, DockerfileFile};
use crate::model::workflow::FOLDER as WORKFLOWS;

/// An image that a project seems to build itself.
#[derive(Clone, Debug)]
pub struct OwnImage<'p> {
    /// What shows that, as a clause.
    pub sign: String,
    /// The service that builds it, if there is one that is clearly the same.
    pub builder: Option<Service<'p>>,
    /// What it may be built from, as far as that is at hand.
    pub dockerfiles: Vec<&'p DockerfileFile>,
}

/// What a workflow builds and pushes images with.
const BUILDERS: [&str; 5] =
    ["docker/build-push-action", "docker/bake-action", "docker build", "buildx build", "buildah"];

/// Words in a line of a workflow that only uses an image.
const USERS: [&str; 5] = ["image:", "uses:", "docker pull", "docker run", "container:"];

impl Project {
    /// What shows that the image which a service runs by its name is the project's own; `None` if nothing does, or the
    /// service is built.
    #[must_use]
    pub fn own_image<'p>(&'p self, service: &Service<'p>) -> Option<OwnImage<'p>> {
        let part = self.running(service).filter(|part| !part.has("build"))?;
        let repository = part.repository()?;
        let name = repository.split_once('/').map_or(repository.as_str(), |(_, name)| name);
        self.built_beside(&part, &repository)
            .or_else(|| self.built_in_comment(&part))
            .or_else(|| self.built_by_workflow(&part, name))
            .or_else(|| self.named_like(&part, name))
    }

    /// The stage that a Dockerfile ends with, as it is built without any settings.
    #[must_use]
    pub fn last_stage<'p>(&self, file: &'p DockerfileFile) -> Option<BuiltStage<'p>> {
        let resolved = file.resolved(&BuildInputs::default());
        let stage = resolved.target(None)?.index;
        Some(BuiltStage { file, resolved, stage })
    }

    /// The same service, built, in a file beside.
    fn built_beside<'p>(&'p self, part: &Service<'p>, repository: &str) -> Option<OwnImage<'p>> {
        let is_same = |other: &Service<'_>| {
            other.name == part.name
                && other.file.path != part.file.path
                && other.file.folder() == part.file.folder()
                && (!other.has("image") || other.repository().is_none_or(|found| found == repository))
        };
        let builders: Vec<(Service<'_>, Build)> =
            self.built().filter(is_same).filter_map(|other| Some((other, Build::of(&other)?))).collect();
        let (first, build) = builders.first()?;
        let is_one = builders
            .iter()
            .all(|(_, other)| other.dockerfile == build.dockerfile && other.target == build.target);
        let paths = builders.iter().filter_map(|(_, build)| build.path());
        Some(OwnImage {
            sign: format!("{} builds the same service", first.file.path),
            builder: is_one.then_some(*first),
            dockerfiles: paths.filter_map(|path| self.dockerfiles.get(path)).collect(),
        })
    }

    /// A `build` in a comment right below the image.
    fn built_in_comment<'p>(&'p self, part: &Service<'p>) -> Option<OwnImage<'p>> {
        let tree = part.tree();
        let line = tree.locate(tree.node(part.field("image")?.value).span.start).line;
        let uncommented = |line: &str| line.trim_start().starts_with('#').then(|| line.replacen('#', " ", 1));
        let is_build = |line: &String| line.trim_start().starts_with("build:");
        let comments = tree.text().lines().skip(line).map_while(uncommented);
        let comments: Vec<String> = comments.skip_while(|line| !is_build(line)).collect();
        let indent = |line: &str| line.len() - line.trim_start().len();
        let first = comments.first()?;
        let below = comments[1..].iter().take_while(|line| indent(line) > indent(first));
        let lines = std::iter::once(first).chain(below).map(|line| format!("    {line}\n"));
        let text = format!("services:\n  a:\n{}", lines.collect::<String>());
        let read = ComposeFile::read(&part.file.path, text.as_bytes(), part.file.environment.clone());
        let build = read.ok().and_then(|file| Build::of(&file.services().next()?));
        let file = build.and_then(|build| self.dockerfiles.get(build.path()?));
        Some(OwnImage {
            sign: "a comment below its `image` says how it is built".to_owned(),
            builder: None,
            dockerfiles: file.into_iter().collect(),
        })
    }

    /// A workflow that builds images and names this one.
    fn built_by_workflow<'p>(&'p self, part: &Service<'p>, name: &str) -> Option<OwnImage<'p>> {
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let names_it = |line: &str| {
            let mut found = line.match_indices(name).map(|(at, _)| &line[at + name.len()..]);
            !line.trim_start().starts_with('#')
                && found.any(|rest| !rest.starts_with(|c: char| is_of_name(c) || c == '/'))
                && !USERS.iter().any(|user| line.contains(user))
        };
        // Names of one word are those of official images.
        let is_own = name.contains('/') && !name.starts_with("library/");
        let mut workflows = self.plain.iter().filter(|(path, _)| is_own && path.starts_with(WORKFLOWS));
        let (path, text) = workflows.find(|(_, text)| {
            text.contains(name)
                && BUILDERS.iter().any(|builder| text.contains(builder))
                && text.lines().any(names_it)
        })?;
        let is_named = |file: &&DockerfileFile| {
            let paths = text.split(|c: char| !is_of_name(c) && c != '/');
            let mut paths = paths.map(|path| path.trim_start_matches("./"));
            paths.any(|path| path == file.path)
        };
        let mut dockerfiles: Vec<_> = self.dockerfiles.values().filter(is_named).collect();
        if dockerfiles.is_empty() {
            dockerfiles = self.named_like(part, name).map(|own| own.dockerfiles).unwrap_or_default();
        }
        if dockerfiles.is_empty() {
            dockerfiles.extend(self.dockerfiles.get("Dockerfile"));
        }
        Some(OwnImage { sign: format!("{path} builds an image of its name"), builder: None, dockerfiles })
    }

    /// The Dockerfiles that bear the name of the image: in the name of their folder or their own, and for the name of the
    /// project that of its root, or any.
    fn named_like<'p>(&'p self, part: &Service<'p>, name: &str) -> Option<OwnImage<'p>> {
        let last = name.rsplit('/').next()?.to_ascii_lowercase();
        let tree = part.tree();
        let root = tree.documents().get(part.document)?.root;
        let written = lookup(tree, root, "name").and_then(|field| tree.scalar(field.value));
        let written = written.and_then(|scalar| part.interpolate(&scalar.value));
        let projects: Vec<String> =
            self.name.iter().chain(&written).map(|name| name.to_ascii_lowercase()).collect();
        let is_project = projects.contains(&last);
        let is_it = |word: &str| {
            let word = word.to_ascii_lowercase();
            word == last || projects.iter().any(|project| last == format!("{project}-{word}"))
        };
        let bears = |file: &&DockerfileFile| {
            let folder = folder_of(&file.path).rsplit('/').next().unwrap_or_default();
            words_of(&file.path).chain([folder]).any(|word| !word.is_empty() && is_it(word))
        };
        // What another service of the file is built from is that service's.
        let is_free = |file: &&DockerfileFile| {
            let mut builds = part.file.services().filter_map(|other| Build::of(&other));
            !builds.any(|build| build.path() == Some(&file.path))
        };
        let free = || self.dockerfiles.values().filter(is_free);
        let mut dockerfiles: Vec<_> = free().filter(bears).collect();
        if dockerfiles.is_empty() && is_project {
            let at_root = || free().filter(|file| file.path == "Dockerfile").collect::<Vec<_>>();
            dockerfiles =
                Some(at_root()).filter(|found| !found.is_empty()).unwrap_or_else(|| free().collect());
        }
        let first = dockerfiles.first()?;
        let sign = match is_project {
            true => format!("its image bears the name of this project, which has {}", first.path),
            false => format!("its image bears the name of {}", first.path),
        };
        Some(OwnImage { sign, builder: None, dockerfiles })
    }
}

/// The words that tell Dockerfiles apart: those beside `Dockerfile` in their names.
fn words_of(path: &str) -> impl Iterator<Item = &str> {
    let name = path.rsplit('/').next().unwrap_or_default();
    let is_kind =
        |word: &&str| !word.eq_ignore_ascii_case("dockerfile") && !word.eq_ignore_ascii_case("containerfile");
    name.split('.').filter(is_kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;

    /// What shows that the image of `a` in the first file is the project's own, and the Dockerfiles that it may be from.
    fn own(files: &[(&str, &str)]) -> Option<(String, Vec<String>)> {
        let compose = files.iter().filter(|(path, _)| path.contains("compose"));
        let read = |(path, text): &(&str, &str)| {
            ComposeFile::read(path, text.as_bytes(), Environment::new()).unwrap()
        };
        let mut project = Project::new(compose.map(read).collect());
        project.name = Some("ferry".to_owned());
        for (path, text) in files.iter().filter(|(path, _)| !path.contains("compose")) {
            if path.starts_with(WORKFLOWS) {
                project.plain.insert((*path).to_owned(), (*text).to_owned());
            } else {
                let file = DockerfileFile::read(path, text.as_bytes()).unwrap();
                project.dockerfiles.insert((*path).to_owned(), file);
            }
        }
        let service = project.file(files[0].0).unwrap().services().next().unwrap();
        let own = project.own_image(&service)?;
        Some((own.sign, own.dockerfiles.iter().map(|file| file.path.clone()).collect()))
    }

    const FROM: &str = "FROM alpine\n";

    fn sign(files: &[(&str, &str)]) -> String {
        own(files).map(|(sign, _)| sign).unwrap_or_default()
    }

    #[test]
    fn a_file_beside_that_builds_the_service_shows_it() {
        let image = ("compose.yaml", "services: {a: {image: acme/share}}");
        let beside = |text: &'static str| sign(&[image, ("compose.dev.yaml", text), ("Dockerfile", FROM)]);
        assert_eq!(beside("services: {a: {build: .}}"), "compose.dev.yaml builds the same service");
        assert!(!beside("services: {a: {build: ., image: 'acme/share:dev'}}").is_empty());
        assert_eq!(beside("services: {a: {build: ., image: acme/other}}"), "");
        assert_eq!(beside("services: {b: {build: .}}"), "");
        let elsewhere = ("b/compose.yaml", "services: {a: {build: .}}");
        assert_eq!(sign(&[image, elsewhere]), "");
    }

    #[test]
    fn a_build_in_a_comment_shows_it() {
        let with = |comment: &str| {
            let compose = format!("services:\n  a:\n    image: acme/x\n{comment}    restart: always\n");
            own(&[("compose.yaml", &compose), ("src/Dockerfile", FROM), ("Dockerfile", FROM)])
        };
        let paths = |comment: &str| with(comment).map(|(_, paths)| paths.join(" "));
        assert_eq!(paths("    # build: src\n").as_deref(), Some("src/Dockerfile"));
        assert_eq!(paths("#    build:\n#      context: .\n").as_deref(), Some("Dockerfile"));
        assert_eq!(paths("    # build:\n      # context: src\n").as_deref(), Some("src/Dockerfile"));
        assert_eq!(paths("    # Or so:\n    # build: .\n").as_deref(), Some("Dockerfile"));
        assert_eq!(paths("    # build: gone\n    # more\n").as_deref(), Some(""));
        assert_eq!(paths("    # builds nothing\n"), None);
        assert_eq!(paths(""), None);
    }

    #[test]
    fn a_workflow_that_pushes_it_shows_it() {
        let with = |line: &str| {
            let text = format!("  - uses: docker/build-push-action@v6\n    with:\n      {line}\n");
            let workflow = (".github/workflows/a.yml", text.as_str());
            sign(&[("compose.yaml", "services: {a: {image: 'acme/x:$V'}}"), workflow, ("Dockerfile", FROM)])
        };
        assert!(!with("tags: acme/x:latest").is_empty());
        assert!(!with("images: docker.io/acme/x").is_empty());
        for line in ["tags: acme/x-web:1", "image: acme/x", "# tags: acme/x", "tags: other/x"] {
            assert_eq!(with(line), "", "{line}");
        }
    }

    #[test]
    fn the_name_of_a_dockerfile_or_its_folder_shows_it() {
        let of = |image: &str, path: &str| {
            let compose = format!("services: {{a: {{image: {image}}}, b: {{build: other}}}}");
            !sign(&[("compose.yaml", &compose), (path, FROM)]).is_empty()
        };
        for (image, path) in [
            ("acme/agent", "docker/Dockerfile.agent.alpine"),
            ("acme/agent", "agent.dockerfile"),
            ("acme/web", "packages/web/Dockerfile"),
            ("acme/ferry-web", "packages/web/Dockerfile"),
            ("ghcr.io/acme/ferry:2", "Dockerfile"),
            ("acme/ferry", "docker/app.dockerfile"),
        ] {
            assert!(of(image, path), "{image} {path}");
        }
        for (image, path) in [
            ("acme/web", "Dockerfile"),
            ("zabbix/zabbix-web", "web/Dockerfile"),
            ("acme/other", "other/Dockerfile"),
            ("acme/dockerfile", "Dockerfile"),
        ] {
            assert!(!of(image, path), "{image} {path}");
        }
    }
}
