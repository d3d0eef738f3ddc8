//! What a service runs: an image of a registry, or a stage of a Dockerfile on top of one.

use super::{Build, BuildFile, Project, Service};
use crate::model::ImageReference;
use crate::model::dockerfile::{Base, DockerfileFile, ResolvedDockerfile, Stage};

/// What a service runs, as far as the files of the project say.
#[derive(Clone, Debug)]
pub struct Run<'p> {
    /// The part of the service that says so: itself, the one below it, or what it extends.
    pub part: Service<'p>,
    /// Whether the project builds it: the service itself, or another one under the name that this one runs.
    pub is_built: bool,
    /// The Dockerfile that it is built from, if that is at hand.
    pub built: Option<BuiltStage<'p>>,
    /// What it stands on in the end.
    pub ground: Ground,
}

/// A stage that a service runs.
#[derive(Clone, Debug)]
pub struct BuiltStage<'p> {
    /// The file.
    pub file: &'p DockerfileFile,
    /// The file as this service builds it.
    pub resolved: ResolvedDockerfile,
    /// The number of the stage.
    pub stage: usize,
}

/// What an image stands on in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ground {
    /// An image of a registry.
    Image(ImageReference),
    /// Nothing: `FROM scratch`.
    Scratch,
    /// The files do not say; why, as a sentence goes on after "since".
    Unknown(String),
}

/// Who the processes of a service start as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartUser {
    /// `user:` of the service or USER of its Dockerfile, as `user` or `user:group`.
    Set(String),
    /// Whatever the image that it stands on says.
    OfImage,
    /// The files do not say, since a variable decides.
    Unknown,
}

impl StartUser {
    /// Whether it is root; `None` if only the image knows, or nobody.
    #[must_use]
    pub fn is_root(&self) -> Option<bool> {
        match self {
            Self::Set(text) => {
                let user = text.split(':').next().unwrap_or_default();
                Some(user.is_empty() || user == "root" || user.parse() == Ok(0_u32))
            }
            Self::OfImage | Self::Unknown => None,
        }
    }
}

impl BuiltStage<'_> {
    /// The stage.
    #[must_use]
    pub fn stage(&self) -> Option<&Stage> {
        self.resolved.stages().get(self.stage)
    }
}

impl Project {
    /// What a service runs; `None` if nothing says so.
    #[must_use]
    pub fn run<'p>(&'p self, service: &Service<'p>) -> Option<Run<'p>> {
        let part = self.running(service)?;
        let built = match (Build::of(&part), part.image()) {
            (Some(build), _) => self.built_stage(&part, &build),
            (None, None) => Err("a variable decides which image it runs".to_owned()),
            (None, Some(image)) => match self.builder(&image) {
                Some(builder) => builder,
                None => {
                    return Some(Run { part, is_built: false, built: None, ground: Ground::Image(image) });
                }
            },
        };
        let is_built = part.image().is_some() || part.has("build");
        Some(match built {
            Ok(built) => {
                let ground = Ground::of(&built);
                Run { part, is_built, built: Some(built), ground }
            }
            Err(why) => Run { part, is_built, built: None, ground: Ground::Unknown(why) },
        })
    }

    /// What an image is built from, if a service of the project builds it under that name: others then run the same
    /// by its name alone.
    ///
    /// # Errors
    /// If the Dockerfile is not at hand, or several services build different images under one name.
    fn builder(&self, image: &ImageReference) -> Option<Result<BuiltStage<'_>, String>> {
        let name = image.canonical();
        let files = self.builders.get(&name)?.iter().filter_map(|index| self.files().get(*index));
        let services = files.flat_map(|file| file.services()).filter(|service| service.has("build"));
        let builders =
            services.filter(|service| service.image().is_some_and(|other| other.canonical() == name));
        let mut stages =
            builders.filter_map(|builder| Some(self.built_stage(&builder, &Build::of(&builder)?)));
        let first = stages.next()?;
        let is_same = |other: &Result<BuiltStage<'_>, String>| match (&first, other) {
            (Ok(first), Ok(other)) => first.file.path == other.file.path && first.stage == other.stage,
            (Err(_), _) | (_, Err(_)) => false,
        };
        if stages.all(|other| is_same(&other)) {
            return Some(first);
        }
        Some(Err(format!("several services build {image}, and not all of them the same")))
    }

    fn built_stage(&self, part: &Service<'_>, build: &Build) -> Result<BuiltStage<'_>, String> {
        let (path, file) = match &build.dockerfile {
            BuildFile::Path(path) => (path.as_str(), self.dockerfiles.get(path)),
            BuildFile::Inline(_) => ("inside the Compose file", self.inline.get(&super::inline::key(part))),
            BuildFile::Elsewhere(why) => return Err(why.to_string()),
        };
        let file = file.ok_or_else(|| format!("its Dockerfile {path} is not there or cannot be read"))?;
        let resolved = file.resolved(&build.inputs);
        let stage = resolved.target(build.target.as_deref()).map(|stage| stage.index);
        let stage = stage.ok_or_else(|| match &build.target {
            Some(target) => format!("{path} has no stage `{target}`"),
            None => format!("{path} has no stage"),
        })?;
        Ok(BuiltStage { file, resolved, stage })
    }
}

impl Run<'_> {
    /// Who its processes start as: `user:` of `service`, else that of the part that says what it runs, else the
    /// USER of the Dockerfile.
    #[must_use]
    pub fn user(&self, service: &Service<'_>) -> StartUser {
        for part in [service, &self.part] {
            if part.has("user") {
                let user = part.scalar("user").and_then(|text| part.interpolate(text));
                return user.map_or(StartUser::Unknown, StartUser::Set);
            }
        }
        let Some(built) = &self.built else { return StartUser::OfImage };
        let Some(stage) = built.stage() else { return StartUser::OfImage };
        match built.resolved.user(stage) {
            Some(user) => {
                user.value.text().map_or(StartUser::Unknown, |text| StartUser::Set(text.to_owned()))
            }
            None if self.ground == Ground::Scratch => StartUser::Set("0".to_owned()),
            None => StartUser::OfImage,
        }
    }

    /// The image that it stands on, if that is known.
    #[must_use]
    pub fn image(&self) -> Option<&ImageReference> {
        match &self.ground {
            Ground::Image(image) => Some(image),
            _ => None,
        }
    }

    /// Whether its own Dockerfile says what is started, so that the entrypoint of the image that it stands on
    /// does not run.
    #[must_use]
    pub fn has_own_entrypoint(&self) -> bool {
        let own = |built: &BuiltStage<'_>| {
            built.stage().is_some_and(|stage| built.resolved.entrypoint(stage).is_some())
        };
        self.built.as_ref().is_some_and(own)
    }
}

impl Ground {
    /// What a stage stands on in the end.
    #[must_use]
    pub fn of(built: &BuiltStage<'_>) -> Self {
        let Some(stage) = built.stage() else { return Self::Unknown("it has no stage".to_owned()) };
        match built.resolved.root(stage) {
            Base::Scratch => Self::Scratch,
            Base::Image(text) => match text.parse() {
                Ok(image) => Self::Image(image),
                Err(_) => Self::Unknown(format!("`{text}` is no reference that a registry knows")),
            },
            Base::Context(name) => {
                Self::Unknown(format!("the context `{name}` takes the place of its base image"))
            }
            Base::Unknown(why) => Self::Unknown(why.to_string()),
            Base::Stage(_) => Self::Unknown("its stages lead nowhere".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;
    use crate::model::compose::ComposeFile;

    fn project(compose: &str, dockerfile: &str) -> Project {
        let file = ComposeFile::read("compose.yaml", compose.as_bytes(), Environment::new()).unwrap();
        let mut project = Project::new(vec![file]);
        let dockerfile = DockerfileFile::read("Dockerfile", dockerfile.as_bytes()).unwrap();
        project.dockerfiles.insert("Dockerfile".to_owned(), dockerfile);
        project
    }

    fn judged(compose: &str, dockerfile: &str) -> (String, StartUser) {
        let project = project(compose, dockerfile);
        let service = project.services().next().unwrap();
        let run = project.run(&service).unwrap();
        let ground = match &run.ground {
            Ground::Image(image) => image.to_string(),
            Ground::Scratch => "scratch".to_owned(),
            Ground::Unknown(why) => why.clone(),
        };
        (ground, run.user(&service))
    }

    const DOCKERFILE: &str =
        "ARG V=3.19\nFROM alpine:$V AS base\nUSER app\nFROM base AS dev\nUSER root\nFROM base\nCMD [\"x\"]\n";

    #[test]
    fn a_built_service_stands_on_the_image_of_its_stages() {
        let set = |user: &str| StartUser::Set(user.to_owned());
        assert_eq!(judged("services: {a: {build: .}}", DOCKERFILE), ("alpine:3.19".to_owned(), set("app")));
        assert_eq!(judged("services: {a: {build: {context: ., target: dev}}}", DOCKERFILE).1, set("root"));
        assert_eq!(
            judged("services: {a: {build: {context: ., target: dev}, user: '7'}}", DOCKERFILE).1,
            set("7")
        );
        assert_eq!(judged("services: {a: {build: {args: {V: '3.20'}}}}", DOCKERFILE).0, "alpine:3.20");
        assert!(judged("services: {a: {build: {target: no}}}", DOCKERFILE).0.contains("no stage `no`"));
        assert!(judged("services: {a: {build: web}}", DOCKERFILE).0.contains("web/Dockerfile"));
        assert_eq!(
            judged("services: {a: {image: 'redis:7'}}", DOCKERFILE),
            ("redis:7".to_owned(), StartUser::OfImage)
        );
        let named = "services: {a: {image: acme/app}, b: {build: {target: dev}, image: 'acme/app:latest'}}";
        assert_eq!(judged(named, DOCKERFILE), ("alpine:3.19".to_owned(), set("root")));
        let both =
            format!("{}, c: {{build: ., image: acme/app}}}}", named.trim_end_matches('}').to_owned() + "}");
        assert!(judged(&both, DOCKERFILE).0.contains("not all of them the same"), "{both}");
        assert_eq!(
            judged("services: {a: {build: .}}", "FROM scratch\nCOPY x /x\n"),
            ("scratch".to_owned(), set("0"))
        );
    }

    #[test]
    fn a_dockerfile_may_be_there_in_lower_case() {
        let asked = "services: {a: {build: .}, b: {build: {dockerfile: Other}}}";
        let file = ComposeFile::read("compose.yaml", asked.as_bytes(), Environment::new()).unwrap();
        let mut project = Project::new(vec![file]);
        project.set_in_lower_case(["Dockerfile".to_owned()].into());
        let dockerfile = DockerfileFile::read("dockerfile", DOCKERFILE.as_bytes()).unwrap();
        project.dockerfiles.insert("dockerfile".to_owned(), dockerfile);
        let built = |project: &Project| -> Vec<bool> {
            project.services().map(|service| project.run(&service).unwrap().built.is_some()).collect()
        };
        assert_eq!(built(&project), [true, false]);
        assert_eq!(project.built_from("dockerfile").count(), 1);
        let again = project.files()[0].with_text(&format!("{asked} # again")).unwrap();
        project.replace(again);
        assert_eq!(built(&project), [true, false]);
    }

    #[test]
    fn root_has_several_names() {
        let is_root = |user: &str| StartUser::Set(user.to_owned()).is_root();
        for (user, expected) in
            [("root", true), ("0:1000", true), ("", true), ("1000", false), ("app:root", false)]
        {
            assert_eq!(is_root(user), Some(expected), "{user}");
        }
        assert_eq!(StartUser::OfImage.is_root(), None);
    }
}
