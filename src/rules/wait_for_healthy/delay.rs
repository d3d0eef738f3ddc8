//! How long nothing that waits can start, since the first check of a service comes late.

use crate::model::compose::Service;
use crate::rule::{Context, milliseconds};

/// The longest time to the first check that nobody has to be told of: Docker's own interval is half of it.
const USUAL: u64 = 60_000;

/// What is to be told of a service that others wait for. The first check comes after the interval; since engine 25,
/// `start_interval` (5 s where it is not given) stands in its place for as long as `start_period` is.
/// Source: Docker's reference of HEALTHCHECK, and moby's `daemon/health.go`.
pub(super) fn of(context: &Context<'_>, other: &Service<'_>) -> Option<String> {
    let interval = value(context, other, "interval")?;
    let length = milliseconds(&interval).filter(|length| *length > USUAL)?;
    let start = value(context, other, "start_interval").or_else(|| value(context, other, "start-interval"));
    let has_period = value(context, other, "start_period")
        .or_else(|| value(context, other, "start-period"))
        .and_then(|text| milliseconds(&text))
        .is_some_and(|length| length > 0);
    if has_period && start.as_deref().and_then(milliseconds).is_some_and(|start| start < length) {
        return None;
    }
    let when = if has_period { " with an engine before 25.0" } else { "" };
    Some(format!(
        "`{}` is checked for the first time after {interval}{when}, and nothing that waits starts before; \
         `start_period` with `start_interval` has it checked sooner",
        other.name
    ))
}

/// A time of the check: of the service, or else of its Dockerfile, whose flags have another spelling.
fn value(context: &Context<'_>, other: &Service<'_>, name: &str) -> Option<String> {
    let parts = context.project.parts(other);
    let own = parts.iter().find_map(|part| part.text_at(&["healthcheck", name]));
    own.or_else(|| Some(context.project.run(other)?.built?.health_flag(name)?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;
    use crate::model::compose::{ComposeFile, Project};

    fn told(check: &str) -> Option<String> {
        let text = format!("services:\n  db:\n    image: postgres:16\n    healthcheck: {{{check}}}\n");
        let file = ComposeFile::read("compose.yaml", text.as_bytes(), Environment::new()).unwrap();
        let project = Project::new(vec![file]);
        let context = Context::of(&project);
        let service = project.services().next().unwrap();
        of(&context, &service)
    }

    #[test]
    fn a_late_first_check_is_told_with_its_time() {
        assert!(told("test: [CMD, a], interval: 1h").is_some_and(|told| told.contains("after 1h,")));
        let period = told("test: [CMD, a], interval: 10m, start_period: 30s");
        assert!(period.is_some_and(|told| told.contains("after 10m with an engine before 25.0")));
        for quick in [
            "test: [CMD, a]",
            "test: [CMD, a], interval: 60s",
            "test: [CMD, a], interval: 1h, start_period: 30s, start_interval: 2s",
        ] {
            assert_eq!(told(quick), None, "{quick}");
        }
    }
}
