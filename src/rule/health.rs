//! Whether a service is checked for its health, and by whom.

use super::{Answer, Context, Evidence, Question};
use crate::knowledge::Tag;
use crate::model::compose::{Run, Service};

/// The health check of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HealthCheck {
    /// The service or what comes along with it has one.
    Compose {
        /// The file that says so, as a path from the root.
        file: String,
        /// A program that it uses and that the image is not known to have.
        missing: Option<String>,
    },
    /// Its Dockerfile has one.
    Dockerfile {
        /// That file, as a path from the root.
        path: String,
    },
    /// Its image has one of its own.
    Image(Evidence),
    /// It is switched off.
    Off,
    /// There is none, as far as is known.
    Unknown,
}

/// Programs that checks use and that many images lack.
const PROGRAMS: [&str; 3] = ["curl", "wget", "nc"];

impl Context<'_> {
    /// The health check of a service, be it its own, one that comes along with what it extends or with files that
    /// are read as one with its own, or one of what it runs.
    #[must_use]
    pub fn health_check(&self, service: &Service<'_>) -> HealthCheck {
        let parts = self.project.parts(service);
        let is_disabled = |part: &Service<'_>| {
            part.text_at(&["healthcheck", "disable"]).is_some_and(|text| text.eq_ignore_ascii_case("true"))
        };
        if parts.iter().any(is_disabled) {
            return HealthCheck::Off;
        }
        let run = self.project.run(service);
        if let Some(part) = parts.iter().find(|part| part.has_at(&["healthcheck", "test"])) {
            let words = part.words_at(&["healthcheck", "test"]);
            if words.first() == Some(&"NONE") {
                return HealthCheck::Off;
            }
            let missing = run.as_ref().and_then(|run| self.missing_program(run, &words));
            return HealthCheck::Compose { file: part.file.path.clone(), missing };
        }
        run.map_or(HealthCheck::Unknown, |run| self.health_check_of_run(service, &run))
    }

    /// The question whether the image of a service has a check of its own, if nothing here tells and no fact does.
    #[must_use]
    pub fn question_of_health(&self, service: &Service<'_>) -> Option<Question> {
        if self.health_check(service) != HealthCheck::Unknown {
            return None;
        }
        let run = self.project.run(service)?;
        let image = run.image()?;
        let is_unknown = self.catalogue.image(&image.full_repository()).is_none();
        is_unknown.then(|| Question::configuration(image))
    }

    fn health_check_of_run(&self, service: &Service<'_>, run: &Run<'_>) -> HealthCheck {
        if let Some(built) = &run.built
            && let Some(number) = built.stage().and_then(|stage| built.resolved.healthcheck(stage))
        {
            let text = built
                .file
                .tree
                .instructions()
                .get(number)
                .map(|instruction| instruction.span.of(built.file.tree.text()).to_ascii_uppercase());
            let is_off = text.is_some_and(|text| text.split_whitespace().nth(1) == Some("NONE"));
            let path = built.file.path.clone();
            return if is_off { HealthCheck::Off } else { HealthCheck::Dockerfile { path } };
        }
        let Some(image) = run.image() else { return HealthCheck::Unknown };
        let fact = format!("the image of `{}` has a health check of its own", service.name);
        let facts = self.catalogue.image(&image.full_repository());
        let known = facts.and_then(|facts| facts.health.get(&Tag::of(image))).filter(|known| known.built_in);
        if let Some(known) = known {
            let (confidence, source) = (known.confidence, known.source.clone());
            return HealthCheck::Image(Evidence { confidence, fact, source });
        }
        match self.answers.get(&Question::configuration(image)) {
            Answer::Configuration(found) if found.configuration.has_health_check() => {
                HealthCheck::Image(found.evidence("has a health check of its own"))
            }
            _ => HealthCheck::Unknown,
        }
    }

    /// A program in a test that the image, as far as its facts go, does not have and its Dockerfile does not name.
    fn missing_program(&self, run: &Run<'_>, words: &[&str]) -> Option<String> {
        let image = run.image()?;
        let (facts, tag) = (self.catalogue.image(&image.full_repository())?, Tag::of(image));
        let system = facts.system.get(&tag)?;
        let is_word = |text: &str, program: &str| {
            text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').any(|word| word == program)
        };
        let is_known = |program: &str| {
            let mut tests = facts.health.iter().filter_map(|fact| fact.test.as_ref());
            let named = run.built.as_ref().is_some_and(|built| is_word(built.file.tree.text(), program));
            named
                || system.tools.iter().any(|tool| tool == program)
                || tests.any(|test| test.words().iter().any(|word| is_word(word, program)))
        };
        let mut used = PROGRAMS.iter().filter(|program| words.iter().any(|word| is_word(word, program)));
        used.find(|program| !is_known(program)).map(|program| (*program).to_owned())
    }
}
