//! Which files have to do with each other: they are read together, take each other over, or are built from the same
//! Dockerfile. What is done in one circle of files says nothing of the services in another, whatever their names.

use super::file_set::folder_of;
use super::{Build, Project, extended_files, included_files};
use std::collections::HashMap;

/// The files of a project, parted into circles.
#[derive(Clone, Debug, Default)]
pub struct Circles {
    numbers: HashMap<String, usize>,
    /// By the number of a file, that of another one in its circle; the first of a circle has its own.
    towards: Vec<usize>,
}

impl Circles {
    /// The circles of a project's Compose files: those of a folder are one, with what they extend, include, build, or
    /// run that is built by another.
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
        for service in project.built() {
            let build = Build::of(&service);
            if let Some(dockerfile) = build.as_ref().and_then(Build::path) {
                circles.join(&service.file.path, dockerfile);
            }
        }
        for set in &project.sets {
            set.iter().for_each(|path| circles.join(&set[0], path));
        }
        circles.join_runners(project);
        circles
    }

    /// Makes one circle of those of two files.
    pub fn join(&mut self, one: &str, other: &str) {
        let (one, other) = (self.entry(one), self.entry(other));
        self.towards[one] = other;
    }

    /// The number of a file's circle; `None` if the file is in none.
    #[must_use]
    pub fn number(&self, path: &str) -> Option<usize> {
        Some(self.first(*self.numbers.get(path)?))
    }

    /// Who runs an image that others build is judged by those builds.
    fn join_runners(&mut self, project: &Project) {
        if project.builders.is_empty() {
            return;
        }
        for file in project.files() {
            let images = file.services().filter_map(|service| service.image());
            for builder in images.filter_map(|image| project.builders.get(&image.canonical())).flatten() {
                self.join(&file.path, &project.files()[*builder].path);
            }
        }
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

    #[test]
    fn one_dockerfile_joins_all_that_are_built_from_it() {
        let build = "services: { server: { build: ../src } }\n";
        let mut circles = circles(&[("a/compose.yaml", build), ("b/compose.yaml", build)], &[]);
        assert!(are_one(&circles, "a/compose.yaml", "src/Dockerfile"));
        assert!(are_one(&circles, "a/compose.yaml", "b/compose.yaml"));
        circles.join("src/Dockerfile", "src/nginx.conf");
        assert!(are_one(&circles, "b/compose.yaml", "src/nginx.conf"));
    }

    #[test]
    fn who_runs_an_image_belongs_to_who_builds_it() {
        let built = "services: { server: { build: ., image: own/app } }\n";
        let run = "services: { server: { image: own/app } }\n";
        let circles =
            circles(&[("a/compose.yaml", built), ("b/compose.yaml", run), ("c/compose.yaml", APP)], &[]);
        assert!(are_one(&circles, "a/compose.yaml", "b/compose.yaml"));
        assert!(!are_one(&circles, "a/compose.yaml", "c/compose.yaml"));
    }
}
