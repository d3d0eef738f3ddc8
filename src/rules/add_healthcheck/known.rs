//! What is known of the health check of the image that a service runs.

use crate::knowledge::{HealthFact, HealthTest, ImageFacts, Scoped, Tag};
use crate::model::compose::Service;
use crate::rule::Context;

/// What is known of the image that a service runs.
pub(super) struct Known {
    pub(super) fact: HealthFact,
    pub(super) facts: ImageFacts,
    pub(super) tag: Tag,
    /// Whether a release runs that may be older than what the fact tells of: no tag names it, or a digest does.
    pub(super) may_be_older: bool,
    /// Whether something else than the image says what is started.
    pub(super) is_other_start: bool,
}

impl Known {
    pub(super) fn of(context: &Context<'_>, service: &Service<'_>) -> Option<Self> {
        let run = context.project.run(service)?;
        let (repository, tag, is_fixed) = match run.image() {
            Some(image) => (image.full_repository(), Tag::of(image), image.digest().is_some()),
            // The tag may hang on a variable and the rest be known.
            None if !run.part.has("build") => (run.part.repository()?, Tag::unknown(), true),
            None => return None,
        };
        let facts = context.catalogue.image(&repository)?.clone();
        let fact = facts.health.get(&tag)?.clone();
        // What a tag such as `10.6` or `latest` leaves open is the newest, unless something else says which it is.
        let may_be_older = is_fixed && facts.health.iter().any(|fact| fact.scope().holds_for(&tag).is_none());
        Some(Self { fact, facts, tag, may_be_older, is_other_start: run.has_own_entrypoint() })
    }
}

/// The program that asks. What only says what is to be asked, `echo` before a pipe, is not it.
pub(super) fn program(test: &HealthTest) -> &str {
    let line = test.words().get(1).map(String::as_str).unwrap_or_default();
    let asks = line.split_once('|').filter(|_| line.starts_with("echo ")).map_or(line, |(_, rest)| rest);
    asks.split_whitespace().next().unwrap_or_default()
}

/// The test as it stands in a Compose file.
pub(super) fn in_words(test: &HealthTest) -> String {
    let words: Vec<String> =
        test.words().iter().map(|word| format!("{:?}", word.replace('$', "$$"))).collect();
    format!("[{}]", words.join(", "))
}

/// The test with the port that the service is known to listen at, in place of the one that programs of the language
/// mostly take.
pub(super) fn at_port(test: &HealthTest, port: u16) -> Option<HealthTest> {
    const HOST: &str = "http://127.0.0.1:";
    let moved = |word: &String| match word.find(HOST) {
        None => word.clone(),
        Some(at) => {
            let (before, rest) = word.split_at(at + HOST.len());
            format!("{before}{port}{}", rest.trim_start_matches(|c: char| c.is_ascii_digit()))
        }
    };
    HealthTest::new(test.words().iter().map(moved).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(words: &[&str]) -> HealthTest {
        HealthTest::new(words.iter().map(|word| (*word).to_owned()).collect()).unwrap()
    }

    #[test]
    fn the_port_of_the_service_takes_the_place_of_the_usual_one() {
        let asks = test(&["CMD", "node", "-e", "fetch('http://127.0.0.1:3000/').then(r=>r)"]);
        assert_eq!(at_port(&asks, 4000).unwrap().words()[3], "fetch('http://127.0.0.1:4000/').then(r=>r)");
    }

    #[test]
    fn a_check_is_named_by_the_program_that_asks() {
        assert_eq!(program(&test(&["CMD-SHELL", "echo srvr | nc -w 2 127.0.0.1 2181 | grep -q Mode"])), "nc");
        assert_eq!(program(&test(&["CMD-SHELL", "redis-cli ping | grep -q PONG"])), "redis-cli");
        assert_eq!(program(&test(&["CMD", "mc", "ready", "local"])), "mc");
    }
}
