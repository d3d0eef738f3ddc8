//! The shared nginx traps: what is refused, what moves to 8080, and what must not.

use crate::{invariants, support};
use hardtack::model::nginx::ResolvedNginx;
use hardtack::model::nginx::unprivileged::{Goal, Reason, Unprivileged, unprivileged};
use hardtack::syntax::Change;
use hardtack::syntax::nginx::{Limits, Nginx, ReadErrorKind, decode, parse, rewrite};
use std::path::{Path, PathBuf};

/// Every trap by its number and name, with its source.
fn traps() -> Option<Vec<(String, PathBuf, String)>> {
    let folder = support::shared()?.join("traps/nginx");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if let Some((name, "conf" | "conf.template")) = name.split_once('.') {
            let source = decode(&std::fs::read(&path).unwrap()).unwrap().to_owned();
            found.push((name.to_owned(), path.clone(), source));
        }
    }
    found.sort();
    assert!(found.len() > 30, "{} traps", found.len());
    Some(found)
}

fn expected(path: &Path, name: &str) -> String {
    std::fs::read_to_string(path.with_file_name(format!("{name}.expected"))).unwrap()
}

fn ask(tree: &Nginx) -> Unprivileged {
    let resolved = ResolvedNginx::new(tree);
    let mut answers = unprivileged(&[&resolved], &Goal::default());
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}

fn moves(answer: &Unprivileged) -> Vec<Change> {
    answer.listens.iter().map(|listen| listen.change.clone()).collect()
}

#[test]
fn what_the_server_rejects_is_rejected_and_all_else_is_read() {
    let Some(traps) = traps() else { return };
    for (name, _, source) in traps {
        match parse(&source, &Limits::default()) {
            Ok(tree) => invariants::check(&name, &source, &tree),
            Err(error) if name.starts_with("30") => assert_eq!(error.kind, ReadErrorKind::ByteOrderMark),
            Err(error) if name.starts_with("31") => {
                assert!(matches!(error.kind, ReadErrorKind::BraceInName(_)), "{error}");
            }
            Err(error) => panic!("{name}:{}: {error}", error.position),
        }
    }
}

#[test]
fn every_move_is_byte_for_byte_as_expected() {
    let Some(traps) = traps() else { return };
    let mut seen = 0;
    for (name, path, source) in traps {
        let Ok(tree) = parse(&source, &Limits::default()) else { continue };
        let answer = ask(&tree);
        let (after, edit) = rewrite(&source, &moves(&answer)).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(edit.invert(&source).unwrap().apply(&after).unwrap(), source, "{name}");
        if name.starts_with("05") {
            // The table leaves it open: report, or insert.
            assert!(after.contains("server {\n    listen 8080;\n    server_name a.example;"), "{after}");
            seen += 1;
            continue;
        }
        assert_eq!(after, expected(&path, &name), "{name}");
        let again = ask(&parse(&after, &Limits::default()).unwrap());
        assert_eq!(moves(&again), [], "{name}: the second move is not empty");
        seen += 1;
    }
    assert_eq!(seen, 29);
}

#[test]
fn a_move_that_breaks_something_is_named() {
    let Some(traps) = traps() else { return };
    for (name, _, source) in traps {
        let Ok(tree) = parse(&source, &Limits::default()) else { continue };
        let answer = ask(&tree);
        let number = &name[..2];
        // Three whose expected file shows the damage, and three that connect to the port that moves.
        let breaks = ["17", "18", "19", "20", "21", "28"].contains(&number);
        assert_eq!(answer.can_move(), !breaks, "{name}: {:?}", answer.obstacles);
        let has = |wanted: fn(&Reason) -> bool| answer.obstacles.iter().any(|found| wanted(&found.reason));
        assert_eq!(has(|r| matches!(r, Reason::Taken(8080))), ["20", "21"].contains(&number), "{name}");
        assert_eq!(has(|r| matches!(r, Reason::PortDecides(_))), number == "28", "{name}");
        assert_eq!(has(|r| matches!(r, Reason::PortLogged(_))), number == "15", "{name}");
        assert_eq!(has(|r| matches!(r, Reason::Variable(_))), number == "24", "{name}");
        let own = |r: &Reason| matches!(r, Reason::OwnPort { port: 80, .. });
        assert_eq!(has(own), ["17", "18", "19"].contains(&number), "{name}");
    }
}

#[test]
fn all_changes_of_a_trap_can_be_made_together() {
    let Some(traps) = traps() else { return };
    for (name, _, source) in traps {
        let Ok(tree) = parse(&source, &Limits::default()) else { continue };
        let answer = ask(&tree);
        let mut changes = moves(&answer);
        changes.extend(
            answer.redirects.iter().chain(&answer.told).chain(&answer.user).chain(&answer.paths).cloned(),
        );
        let (after, _) = rewrite(&source, &changes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let again = ask(&parse(&after, &Limits::default()).unwrap());
        let rest = [&again.redirects, &again.told, &again.user, &again.paths].map(Vec::len);
        assert_eq!((again.listens.len(), rest), (0, [0; 4]), "{name}: {after}");
    }
}
