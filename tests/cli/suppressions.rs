//! Suppression comments in the Compose file.

use super::project::Project;

fn plan(text: &str) -> super::project::Run {
    Project::with(&[("compose.yaml", text)]).run(&["plan"]).ends(0)
}

#[test]
fn a_comment_behind_the_entry_keeps_it() {
    let run = plan(
        "services:\n  db:\n    image: postgres:16\n    ports:\n      - \"5432:5432\"  # hardtack: ignore[bind-localhost] the office reads it\n",
    );
    run.shows_no("127.0.0.1").shows("comment: the office reads it").shows("+      - no-new-privileges:true");
}

#[test]
fn a_comment_above_the_entry_keeps_it() {
    let run = plan(
        "services:\n  db:\n    image: postgres:16\n    ports:\n      # hardtack: ignore[bind-localhost] the office reads it\n      # which is fine\n      - \"5432:5432\"\n      - \"5433:5432\"\n",
    );
    run.shows("comment: the office reads it")
        .shows_no("127.0.0.1:5432")
        .shows("+      - \"127.0.0.1:5433:5432\"");
}

#[test]
fn a_comment_on_the_name_keeps_the_service() {
    let run = plan(
        "services:\n  db:  # hardtack: ignore[bind-localhost, drop-capabilities, no-new-privileges] the office reads it\n    image: postgres:16\n    ports: [\"5432:5432\"]\n",
    );
    run.shows("Plan: 0 fixes in 0 files; 1 refused, 0 advice, 0 held back, 3 excepted");
}

#[test]
fn a_comment_above_the_name_keeps_the_service() {
    let run = plan(
        "services:\n  # hardtack: ignore[no-new-privileges] it uses sudo\n  db:\n    image: postgres:16\n  web:\n    image: nginx:1\n",
    );
    run.shows("comment: it uses sudo").shows("Plan: 3 fixes in 1 file");
}

#[test]
fn a_comment_without_effect_is_reported_and_counts_for_check() {
    for (comment, why) in [
        ("ignore[bind-localhost]", "it gives no reason"),
        ("ignore[bind-localhost] -", "it gives no reason"),
        ("ignore[nope] because", "there is no rule `nope`"),
        ("ignore because", "it names no rule"),
        ("ignore[] because", "it names no rule"),
        ("ignore[pin-digest] because", "nothing here needs it"),
    ] {
        let text = format!(
            "services:\n  db:\n    image: postgres:16\n    ports:\n      - \"127.0.0.1:5432:5432\"  # hardtack: {comment}\n    security_opt: [\"no-new-privileges:true\"]\n"
        );
        let project = Project::with(&[("compose.yaml", &text)]);
        project
            .run(&["plan"])
            .ends(0)
            .shows("Suppression comments without effect")
            .shows(&format!("  compose.yaml:5:32 {why}"));
        if !comment.contains("pin-digest") {
            project.run(&["check", "--skip", "pin-digest"]).ends(1);
        }
    }
}

#[test]
fn a_comment_without_reason_suppresses_nothing() {
    let run = plan(
        "services:\n  db:\n    image: postgres:16\n    ports:\n      - \"5432:5432\"  # hardtack: ignore[bind-localhost]\n",
    );
    run.shows("+      - \"127.0.0.1:5432:5432\"  # hardtack: ignore[bind-localhost]")
        .shows("it gives no reason");
}

#[test]
fn a_comment_for_a_rule_that_does_not_run_is_not_idle() {
    let text = "services:\n  db:\n    image: postgres:16\n    ports: [\"5432:5432\"]  # hardtack: ignore[bind-localhost] why not\n";
    let project = Project::with(&[("compose.yaml", text)]);
    project.run(&["plan", "--skip", "bind-localhost"]).ends(0).shows_no("without effect");
    project.run(&["plan", "--profile", "pin-only"]).ends(0).shows_no("without effect");
}

#[test]
fn a_comment_in_crlf_files_works_as_well() {
    let text = "services:\r\n  db:\r\n    image: postgres:16\r\n    ports:\r\n      # hardtack: ignore[bind-localhost] why not\r\n      - \"5432:5432\"\r\n";
    plan(text).shows("comment: why not\n").shows_no("127.0.0.1");
}
