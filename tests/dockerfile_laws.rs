//! The laws on real Dockerfiles and on those that break careless tools, with the rules of the strict profile.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests, which may fail and print")]

mod support;

use hardtack::model::compose::Project;
use hardtack::model::dockerfile::DockerfileFile;
use hardtack::plan::Plan;
use support::corpus_files::dockerfiles;
use support::planning::Planner;
use support::{law_checks, shared, undo_checks};

/// A project of one Dockerfile; `None` if that is refused.
fn alone(path: &str, bytes: &[u8]) -> Option<Project> {
    let mut project = Project::new(Vec::new());
    project.dockerfiles.insert(path.to_owned(), DockerfileFile::read(path, bytes).ok()?);
    Some(project)
}

fn fixed(planner: &Planner, path: &str, text: &str) -> Option<String> {
    let plan = planner.plan(&alone(path, text.as_bytes())?, &[]);
    Some(plan.files.first().map_or(text.to_owned(), |file| file.text_after.clone()))
}

/// Its name, whether it means nothing to the file at hand, and what it does.
type Transformation = (&'static str, bool, fn(&str) -> String);

/// Law 6: changes of a Dockerfile that mean nothing. A directive is one only at the top.
fn metamorphoses(planner: &Planner, path: &str, text: &str) -> Vec<String> {
    let has_directive = text.trim_start_matches('\u{feff}').trim_start().starts_with('#');
    let has_mark = text.starts_with('\u{feff}');
    // A heredoc that ends the file ends in the line break, and so does a continuation.
    let ends_plainly = text.ends_with('\n') && !text.ends_with("\n\n") && !text.contains("<<");
    let transformations: [Transformation; 4] = [
        ("CRLF", !text.contains('\r'), |text| text.replace('\n', "\r\n")),
        ("BOM", !has_mark, |text| format!("\u{feff}{text}")),
        ("no final newline", ends_plainly, |text| text.trim_end_matches(['\r', '\n']).to_owned()),
        ("comment above", !has_directive && !has_mark, |text| format!("# kept: ü\n{text}")),
    ];
    let Some(after) = fixed(planner, path, text) else { return Vec::new() };
    let mut broken = Vec::new();
    for (name, applies, transformation) in transformations {
        if !applies {
            continue;
        }
        let (found, expected) = (fixed(planner, path, &transformation(text)), transformation(&after));
        if found.as_ref() != Some(&expected) {
            broken
                .push(format!("{path}: {name}: expected\n{expected}\nfound\n{}", found.unwrap_or_default()));
        }
    }
    broken
}

/// Laws 1 to 6 on one file; the number of steps that were made.
fn laws(planner: &Planner, path: &str, bytes: &[u8], broken: &mut Vec<String>) -> usize {
    let Some(project) = alone(path, bytes) else { return 0 };
    let plan: Plan = planner.plan(&project, &[]);
    let mut found = law_checks::round_trip(&project, &[(path.to_owned(), bytes.to_vec())]);
    found.extend(law_checks::locality(&plan));
    found.extend(law_checks::proof(&plan));
    found.extend(law_checks::idempotence(planner, &project, &plan));
    found.extend(undo_checks::inverse(planner, &project, &plan, bytes.len() as u64));
    found.extend(metamorphoses(planner, path, std::str::from_utf8(bytes).unwrap_or_default()));
    broken.extend(found.into_iter().map(|what| format!("{path}: {what}")));
    plan.steps.len()
}

#[test]
fn the_laws_hold_on_every_trap() {
    let Some(shared) = shared() else { return };
    let (planner, mut broken, mut steps) = (Planner::of("strict"), Vec::new(), 0);
    let files = dockerfiles(&shared.join("traps/dockerfile"));
    assert!(files.len() >= 76, "some traps are missing");
    for (path, bytes) in &files {
        steps += laws(&planner, path, bytes, &mut broken);
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(steps > 60, "only {steps} steps");
}

#[test]
fn the_laws_hold_on_every_dockerfile_of_the_projects() {
    let Some(shared) = shared() else { return };
    let (planner, mut broken, mut steps) = (Planner::of("strict"), Vec::new(), 0);
    for (path, bytes) in dockerfiles(&shared.join("projects")) {
        steps += laws(&planner, &path, &bytes, &mut broken);
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(steps > 25, "only {steps} steps");
}

/// Law 7: a file that cannot be read does not stop the others.
#[test]
fn a_broken_file_stops_no_other() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("Dockerfile"), "FROM alpine:3.20\n").unwrap();
    std::fs::write(folder.path().join("Dockerfile.broken"), "FROM alpine:3.20\nRUN <<EOF\nnever ends\n")
        .unwrap();
    let request = hardtack::edge::Request { paths: vec![folder.path().to_owned()], ..Default::default() };
    let workspace = hardtack::edge::read_workspace(&request).unwrap();
    assert_eq!(workspace.problems.len(), 1, "{:?}", workspace.problems);
    assert!(workspace.problems[0].path.ends_with("Dockerfile.broken"));
    let plan = Planner::of("strict").plan(&workspace.project, &[]);
    assert_eq!(plan.files.len(), 1);
}
