//! Which files Compose reads together: those of a folder, and what they extend and include. What is done in one circle of
//! files says nothing of the services in another, whatever their names, unless both run what one Dockerfile builds.

use super::file_set::folder_of;
use super::{Build, Project, extended_files, included_files};
use std::collections::{BTreeSet, HashMap};

/// A service as a part of its circle: the circle's number, and the service's name.
pub type Place = (usize, String);

/// The Compose files of a project, parted into circles, and the services that Dockerfiles decide about.
#[derive(Clone, Debug, Default)]
pub struct Circles {
    numbers: HashMap<String, usize>,
    /// By the number of a file, that of another one in its circle; the first of a circle has its own.
    towards: Vec<usize>,
    /// By Dockerfile, the services that run what is built from it.
    built: HashMap<String, BTreeSet<Place>>,
}

impl Circles {
    /// The circles of a project.
    #[must_use]
    pub fn of(project: &Project) -> Self {
        let mut circles = Self::default();
        let mut first_in: HashMap<&str, &str> = HashMap::new();
        for file in project.files() {
            let path = file.path.as_str();
            circles.join(path, first_in.entry(folder_of(path)).or_insert(path));
            for other in included_files(file).into_iter().chain(extended_files(file)) {
                circles.join(path, &other);
            }
        }
        for set in &project.sets {
            set.iter().for_each(|path| circles.join(&set[0], path));
        }
        circles.built = circles.running(project);
        circles
    }

    /// The number of a file's circle; `None` for what is no Compose file.
    #[must_use]
    pub fn number(&self, path: &str) -> Option<usize> {
        Some(self.first(*self.numbers.get(path)?))
    }

    /// The services that run what is built from a Dockerfile.
    pub fn built_from(&self, path: &str) -> impl Iterator<Item = &Place> {
        self.built.get(path).into_iter().flatten()
    }

    /// By Dockerfile, the services that are built from it, and those that run an image which one of them is tagged as.
    fn running(&self, project: &Project) -> HashMap<String, BTreeSet<Place>> {
        let mut running: HashMap<String, BTreeSet<Place>> = HashMap::new();
        let mut tagged: HashMap<String, BTreeSet<String>> = HashMap::new();
        for service in project.built() {
            let Some(build) = Build::of(&service) else { continue };
            let Some((path, circle)) = build.path().zip(self.number(&service.file.path)) else { continue };
            running.entry(path.to_owned()).or_default().insert((circle, service.name.to_owned()));
            if let Some(image) = service.image() {
                tagged.entry(image.canonical()).or_default().insert(path.to_owned());
            }
        }
        if tagged.is_empty() {
            return running;
        }
        for file in project.files() {
            let Some(circle) = self.number(&file.path) else { continue };
            for service in file.services() {
                let Some(image) = service.image() else { continue };
                for path in tagged.get(&image.canonical()).into_iter().flatten() {
                    running.entry(path.clone()).or_default().insert((circle, service.name.to_owned()));
                }
            }
        }
        running
    }

    /// Makes one circle of those of two files.
    fn join(&mut self, one: &str, other: &str) {
        let (one, other) = (self.entry(one), self.entry(other));
        self.towards[one] = other;
    }

    /// The first of a file's circle, which it alone is if the file is new.
    fn entry(&mut self, path: &str) -> usize {
        if let Some(number) = self.numbers.get(path) {
            return self.first(*number);
        }
        let number = self.towards.len();
        self.numbers.insert(path.to_owned(), number);
        self.towards.push(number);
        number
    }

    fn first(&self, mut number: usize) -> usize {
        while self.towards[number] != number {
            number = self.towards[number];
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;
    use crate::model::compose::ComposeFile;

    fn circles(files: &[(&str, &str)], sets: &[&[&str]]) -> Circles {
        let file = |(path, text): &(&str, &str)| {
            ComposeFile::read(path, text.as_bytes(), Environment::new()).unwrap()
        };
        let mut project = Project::new(files.iter().map(file).collect());
        project.sets = sets.iter().map(|set| set.iter().map(|path| (*path).to_owned()).collect()).collect();
        Circles::of(&project)
    }

    fn are_one(circles: &Circles, one: &str, other: &str) -> bool {
        circles.number(one).is_some() && circles.number(one) == circles.number(other)
    }

    const APP: &str = "services: { server: { image: a } }\n";

    #[test]
    fn applications_side_by_side_are_apart() {
        let circles = circles(&[("a/compose.yaml", APP), ("b/compose.yaml", APP), ("b/more.yaml", APP)], &[]);
        assert!(!are_one(&circles, "a/compose.yaml", "b/compose.yaml"));
        assert!(are_one(&circles, "b/compose.yaml", "b/more.yaml"));
        assert_eq!(circles.number("c/compose.yaml"), None);
    }

    #[test]
    fn what_is_taken_over_belongs_to_it() {
        for outer in [
            "include: [../b/compose.yaml]\n",
            "services: { web: { extends: { file: ../b/compose.yaml, service: server } } }\n",
        ] {
            let circles = circles(&[("a/compose.yaml", outer), ("b/compose.yaml", APP)], &[]);
            assert!(are_one(&circles, "a/compose.yaml", "b/compose.yaml"), "{outer}");
        }
        let files = [("a/compose.yaml", APP), ("b/compose.yaml", APP)];
        let read = circles(&files, &[&["a/compose.yaml", "b/compose.yaml"]]);
        assert!(are_one(&read, "a/compose.yaml", "b/compose.yaml"));
    }

    /// The services that a Dockerfile decides about, each with its file's folder.
    fn built(files: &[(&str, &str)], path: &str) -> Vec<String> {
        let circles = circles(files, &[]);
        let folder = |number: usize| {
            let found = files.iter().find(|(file, _)| circles.number(file) == Some(number)).unwrap();
            folder_of(found.0).to_owned()
        };
        circles.built_from(path).map(|(number, name)| format!("{} {name}", folder(*number))).collect()
    }

    #[test]
    fn a_dockerfile_decides_about_all_that_run_it() {
        let build = "services: { server: { build: ../src, image: own/app }, db: { image: a } }\n";
        let run = "services: { web: { image: own/app }, db: { image: a } }\n";
        let files = [("a/compose.yaml", build), ("b/compose.yaml", run), ("c/compose.yaml", APP)];
        assert_eq!(built(&files, "src/Dockerfile"), ["a server", "b web"]);
        assert!(built(&files, "a/Dockerfile").is_empty());
        assert!(!are_one(&circles(&files, &[]), "a/compose.yaml", "b/compose.yaml"));
    }
}
