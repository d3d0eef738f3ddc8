//! Law 10 for Dockerfiles: what BuildKit parsed before a fix, it parses after, and it sees the instructions that this
//! program sees.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests, which may fail and print")]

mod support;

use hardtack::model::compose::Project;
use hardtack::model::dockerfile::DockerfileFile;
use support::buildkit::{BuildKit, Seen};
use support::corpus_files::dockerfiles;
use support::planning::Planner;
use support::shared;

/// The instructions of a file but the first, as this program sees them.
fn seen(file: &DockerfileFile) -> Vec<Seen> {
    let instructions = file.tree.instructions().iter().skip(1);
    instructions
        .map(|found| {
            (
                file.tree.locate(found.command.name.span.map_or(found.span.start, |span| span.start)).line,
                found.keyword.as_str().to_owned(),
            )
        })
        .collect()
}

#[derive(Default)]
struct Score {
    accepted: usize,
    changed: usize,
    broken: Vec<String>,
}

impl Score {
    fn judge(&mut self, buildkit: &BuildKit, planner: &Planner, path: &str, bytes: &[u8]) {
        let Ok(before) = buildkit.instructions(bytes) else { return };
        self.accepted += 1;
        let Ok(file) = DockerfileFile::read(path, bytes) else {
            self.broken.push(format!("{path}: BuildKit takes it, and it is refused"));
            return;
        };
        self.compare(path, "before", &before, &file);
        let mut project = Project::new(Vec::new());
        project.dockerfiles.insert(path.to_owned(), file);
        let plan = planner.plan(&project, &[]);
        let Some(changed) = plan.files.iter().find(|file| file.path == path) else { return };
        self.changed += 1;
        let text = &changed.text_after;
        match buildkit.instructions(text.as_bytes()) {
            Ok(after) => {
                let file = DockerfileFile::read(path, text.as_bytes()).unwrap();
                self.compare(path, "after", &after, &file);
            }
            Err(why) => self.broken.push(format!("{path}: BuildKit no longer takes it: {why}\n{text}")),
        }
    }

    fn compare(&mut self, path: &str, when: &str, theirs: &[Seen], file: &DockerfileFile) {
        let ours = seen(file);
        if ours != theirs {
            self.broken.push(format!("{path}: {when}: BuildKit sees {theirs:?}, not {ours:?}"));
        }
    }
}

fn judged(folder: &str) -> Option<Score> {
    let (buildkit, shared) = (BuildKit::find()?, shared()?);
    let planner = Planner::of("strict");
    let mut score = Score::default();
    for (path, bytes) in dockerfiles(&shared.join(folder)) {
        score.judge(&buildkit, &planner, &path, &bytes);
    }
    println!("{folder}: {} accepted, {} of them changed", score.accepted, score.changed);
    Some(score)
}

#[test]
fn the_judge_tells_what_it_sees() {
    let Some(buildkit) = BuildKit::find() else { return };
    let text = "# c\nFROM alpine\n# d\nRUN <<E\nUSER x\nE\n\n\nuser y\nONBUILD RUN z\n";
    let seen = |line, keyword: &str| (line, keyword.to_owned());
    assert_eq!(
        buildkit.instructions(text.as_bytes()),
        Ok(vec![seen(4, "RUN"), seen(9, "USER"), seen(10, "ONBUILD")])
    );
    assert!(buildkit.instructions(b"FROM alpine\nRUN <<E\n").unwrap_err().contains("heredoc"));
    assert!(buildkit.instructions(b"FROM alpine\nNOTHING x\n").unwrap_err().contains("NOTHING"));
}

#[test]
fn traps_that_parsed_parse_after() {
    let Some(score) = judged("traps/dockerfile") else { return };
    assert!(score.broken.is_empty(), "{}", score.broken.join("\n"));
    assert!(score.accepted > 50 && score.changed > 20, "{} {}", score.accepted, score.changed);
}

#[test]
fn dockerfiles_of_projects_that_parsed_parse_after() {
    let Some(score) = judged("projects") else { return };
    assert!(score.broken.is_empty(), "{}", score.broken.join("\n"));
    assert!(score.accepted > 15 && score.changed > 10, "{} {}", score.accepted, score.changed);
}
