use super::*;
use crate::knowledge::Catalogue;
use crate::model::Environment;
use crate::model::compose::ComposeFile;
use crate::plan::Selection;
use crate::rule::{Context, Finding, FindingBuilder, Meta, Options, Refusal, Remedy, Rule, Safety, Severity};

/// A rule that must know how each image is configured.
struct Curious;

static META: Meta =
    Meta { id: "curious", severity: Severity::Low, source: "", after: &[], options: &[], supports: &[] };

impl Rule for Curious {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn ask(&self, context: &Context<'_>) -> Vec<Question> {
        let images = context.project.services().filter_map(|service| service.image());
        images.map(|image| Question::configuration(&image)).collect()
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let check = |service: crate::model::compose::Service<'_>| {
            let why = context.answers.configuration(&service.image()?).err()?;
            let refusal = Refusal::new(RefusalCode::EvidenceMissing, why);
            Some(FindingBuilder::new("curious", Severity::Low, service).build("x", Remedy::Refused(refusal)))
        };
        context.project.services().filter_map(check).collect()
    }
}

const COMPOSE: &str = "services:\n  web:\n    image: nginx:1\n  db: # hardtack: ignore[curious] ours\n    image: postgres:16\n  cache:\n    image: ${CACHE:-redis:7}\n";

/// What would be asked, with these services in scope.
fn asked(rules: &[&'static dyn Rule], services: &[&str]) -> Vec<String> {
    let file = ComposeFile::read("compose.yaml", COMPOSE.as_bytes(), Environment::new()).unwrap();
    let none = Answers::default();
    let input = Input {
        project: Project::new(vec![file]),
        profile: "test".to_owned(),
        rules: rules.iter().map(|rule| (*rule, Options::default())).collect(),
        known_rules: vec!["curious"],
        exceptions: &[],
        selection: Selection {
            services: services.iter().map(|name| (*name).to_owned()).collect(),
            safety: Safety::Caution,
            confidence: crate::knowledge::Confidence::Inferred,
        },
        catalogue: Catalogue::builtin(),
        answers: &none,
    };
    let questions = ask(&input);
    let missing = needed(&plan(input.clone()), &input.project, &questions);
    missing.iter().map(|question| question.reference().to_owned()).collect()
}

#[test]
fn a_configuration_is_asked_for_where_a_finding_waits_for_it() {
    let (nginx, redis) = ("docker.io/library/nginx:1", "docker.io/library/redis:7");
    assert_eq!(asked(&[&Curious], &[]), [nginx, redis], "what is suppressed is not asked for");
    assert_eq!(asked(&[&Curious], &["cache"]), [redis], "nor what is out of scope");
    assert!(asked(&[], &[]).is_empty(), "nor what no rule asks for");
}
