//! The shared Dockerfile traps, each with BuildKit's recorded verdict.

use crate::{invariants, support};
use hardtack::model::dockerfile::{BuildInputs, ImageUse, ImageUseKind, ResolvedDockerfile};
use hardtack::syntax::dockerfile::{Dockerfile, Limits, ReadError, decode, parse};
use std::path::{Path, PathBuf};

fn folder() -> Option<PathBuf> {
    support::shared().map(|shared| shared.join("traps/dockerfile"))
}

fn source(path: &Path) -> String {
    decode(&std::fs::read(path).unwrap()).unwrap().to_owned()
}

fn read(name: &str) -> Option<(String, Result<Dockerfile, ReadError>)> {
    let folder = folder()?;
    let path = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().is_some_and(|found| found.to_string_lossy().starts_with(name)));
    let source = source(&path.unwrap_or_else(|| panic!("there is no trap {name}")));
    let tree = parse(&source, &Limits::default());
    Some((source, tree))
}

/// The verdict in the notation of the traps' table, as far as that goes.
fn verdict(tree: &Dockerfile) -> String {
    let instructions: Vec<String> = tree
        .instructions()
        .iter()
        .map(|instruction| {
            let mut text = instruction.command.name.text.to_string();
            if instruction.command.arguments.is_json() {
                text.push('j');
            }
            if !instruction.heredocs.is_empty() {
                text.push_str(&format!("h{}", instruction.heredocs.len()));
            }
            text
        })
        .collect();
    format!("{}; {} stage(s)", instructions.join(" "), tree.stages().len())
}

#[test]
fn every_verdict_is_buildkits() {
    let Some(folder) = folder() else { return };
    let table = std::fs::read_to_string(folder.join("TRAPS.md")).unwrap();
    let mut seen = 0;
    for row in table.lines().filter(|line| line.starts_with("| `")) {
        let mut cells = row.split(" | ");
        let name = cells.next().unwrap().trim_start_matches("| `").trim_end_matches('`');
        let expected = cells.next().unwrap();
        let source = source(&folder.join(name));
        match parse(&source, &Limits::default()) {
            Ok(tree) => {
                invariants::check(name, &source, &tree);
                assert_eq!(verdict(&tree), expected, "{name}");
            }
            Err(error) => {
                assert!(expected.contains("rejected"), "{name}: {error}");
                if let Some((_, at)) = expected.split_once("on line ") {
                    assert!(
                        at.starts_with(&format!("{}:", error.position.line)),
                        "{name}: {}",
                        error.position
                    );
                }
            }
        }
        seen += 1;
    }
    let files = std::fs::read_dir(&folder).unwrap().count() - 1;
    assert_eq!(seen, files, "the table and the folder differ");
}

/// The images of a trap that can be pinned where they stand, in order.
fn pinnable(name: &str) -> Option<Vec<String>> {
    let (source, tree) = read(name)?;
    let resolved = ResolvedDockerfile::new(&tree.unwrap(), &BuildInputs::default());
    let may_be_pinned = |image: &&ImageUse| {
        image.is_literal()
            && image.span.is_some_and(|span| span.of(&source) == image.written)
            && image.reference().is_some_and(|reference| reference.digest().is_none())
    };
    Some(resolved.images().iter().filter(may_be_pinned).map(|image| image.written.clone()).collect())
}

#[test]
fn only_images_are_pinnable() {
    let cases: [(&str, &[&str]); 12] = [
        ("01", &["docker/dockerfile:1", "alpine:3.20"]),
        ("26", &[]),
        ("36", &["alpine:3.20"]),
        ("53", &[]),
        ("54", &["alpine:3.20"]),
        ("55", &[]),
        ("56", &[]),
        ("57", &["alpine:3.20"]),
        ("58", &["tools", "alpine:3.20"]),
        ("60", &["alpine:3.20", "busybox:1.36", "node:22"]),
        ("61", &["golang:1.23", "alpine:3.20"]),
        ("35", &["docker/dockerfile:1", "alpine:3.20"]),
    ];
    for (name, expected) in cases {
        let Some(found) = pinnable(name) else { return };
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn the_default_of_an_argument_is_named_with_its_uses() {
    let Some((_, tree)) = read("54") else { return };
    let resolved = ResolvedDockerfile::new(&tree.unwrap(), &BuildInputs::default());
    let kind = &resolved.images()[0].kind;
    assert!(
        matches!(kind, ImageUseKind::ArgumentDefault { name, is_sole: true, is_taken_over: true, .. } if name == "BASE"),
        "{kind:?}"
    );
}

/// The user at the end of the last stage.
fn last_user(name: &str) -> Option<Option<String>> {
    let (_, tree) = read(name)?;
    let resolved = ResolvedDockerfile::new(&tree.unwrap(), &BuildInputs::default());
    let user = resolved.user(resolved.target(None).unwrap());
    Some(user.map(|user| user.value.text().unwrap_or("?").to_owned()))
}

#[test]
fn the_user_in_force_is_the_last_one_of_the_chain() {
    let cases = [
        ("02", None),
        ("22", None),
        ("29", Some("nobody")),
        ("38", Some("nobody")),
        ("43", Some("nobody # drop root")),
        ("62", None),
        ("63", Some("app")),
        ("64", Some("root")),
        ("71", None),
    ];
    for (name, expected) in cases {
        let Some(user) = last_user(name) else { return };
        assert_eq!(user.as_deref(), expected, "{name}");
    }
}
