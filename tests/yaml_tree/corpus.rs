//! Real files and traps.

use crate::{invariants, oracle};
use hardtack::syntax::yaml::{Kind, Limits, ReadErrorKind, ScalarStyle, Tree, decode, parse};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The shared folder; `None`, with a word about it, where there is none. In CI that is a failure.
fn shared() -> Option<PathBuf> {
    let place = std::env::var_os("HARDTACK_SHARED").map(PathBuf::from);
    assert!(place.is_some() || std::env::var_os("CI").is_none(), "HARDTACK_SHARED must be set in CI");
    if place.is_none() {
        println!("skipped: HARDTACK_SHARED is not set");
    }
    place
}

fn yaml_files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            yaml_files(&path, found);
        } else if path.extension().is_some_and(|end| end == "yml" || end == "yaml" || end == "j2") {
            found.push(path);
        }
    }
}

/// What reading a folder yielded.
#[derive(Default)]
struct Tally {
    files: usize,
    bytes: usize,
    scalars: usize,
    compared: usize,
    refused: BTreeMap<PathBuf, ReadErrorKind>,
}

fn read_all(folder: &Path) -> Tally {
    let mut paths = Vec::new();
    yaml_files(folder, &mut paths);
    let mut tally = Tally::default();
    for path in paths {
        let (bytes, name) = (std::fs::read(&path).unwrap(), path.display().to_string());
        tally.files += 1;
        tally.bytes += bytes.len();
        let read = decode(&bytes).and_then(|text| Ok((text, parse(text, &Limits::default())?)));
        match read {
            Err(error) => {
                println!(
                    "refused {}:{}: {error}",
                    path.strip_prefix(folder).unwrap().display(),
                    error.position
                );
                tally.refused.insert(path.strip_prefix(folder).unwrap().to_owned(), error.kind);
            }
            Ok((text, tree)) => {
                invariants::check(&name, text, &tree);
                tally.scalars += slices_mean_their_values(&name, &tree);
                if let Some(steps) = oracle::of_granit(text) {
                    assert_eq!(oracle::of_tree(&tree), steps, "{name}: two parsers see two files");
                    tally.compared += 1;
                }
            }
        }
    }
    println!(
        "{}: {} files, {} bytes, {} scalars, {} compared with the oracle, {} refused",
        folder.file_name().unwrap().display(),
        tally.files,
        tally.bytes,
        tally.scalars,
        tally.compared,
        tally.refused.len()
    );
    tally
}

/// Reads each scalar's slice by itself; that it then has the same value and style shows that the span
/// is neither too short nor too long. Returns how many were read.
fn slices_mean_their_values(name: &str, tree: &Tree) -> usize {
    let mut count = 0;
    for (_, node) in tree.nodes() {
        let Kind::Scalar(scalar) = &node.kind else { continue };
        let slice = node.span.of(tree.text());
        let is_block = matches!(scalar.style, ScalarStyle::Literal | ScalarStyle::Folded);
        let header = slice.lines().next().unwrap_or_default();
        // An indentation indicator counts from the parent, which the slice does not have.
        if slice.is_empty() || (is_block && header.contains(|c: char| c.is_ascii_digit())) {
            continue;
        }
        let alone = if is_block { format!("--- {slice}\n") } else { slice.to_owned() };
        let steps = oracle::of_granit(&alone).unwrap_or_default();
        let same = match steps.as_slice() {
            [oracle::Step::Document, oracle::Step::Scalar(value, style, _)] => {
                let (value, expected) = (value.as_str(), &*scalar.value);
                // A block at the end of a file without a last break has none in its value.
                let cut = is_block && node.span.end == tree.text().len();
                *style == scalar.style
                    && (value == expected
                        || (cut && value.trim_end_matches('\n') == expected.trim_end_matches('\n')))
            }
            _ => false,
        };
        assert!(same, "{name}: {slice:?} does not mean {:?} but {steps:?}", scalar.value);
        count += 1;
    }
    count
}

/// The refused files that are no templates, and how many templates there are.
fn summary(tally: &Tally) -> (Vec<(String, &ReadErrorKind)>, usize) {
    let (templates, rest): (Vec<_>, Vec<_>) =
        tally.refused.iter().partition(|(_, kind)| **kind == ReadErrorKind::Template);
    (rest.into_iter().map(|(path, kind)| (path.display().to_string(), kind)).collect(), templates.len())
}

#[test]
fn every_trap_is_read_exactly_or_refused_for_a_reason() {
    let Some(shared) = shared() else { return };
    let tally = read_all(&shared.join("traps/yaml"));
    let (refused, templates) = summary(&tally);
    let expected = [
        ("46_nel_in_comment.yml".to_owned(), &ReadErrorKind::UnicodeLineBreak('\u{85}')),
        ("47_ls_in_plain.yml".to_owned(), &ReadErrorKind::UnicodeLineBreak('\u{2028}')),
    ];
    assert_eq!((refused.as_slice(), templates), (expected.as_slice(), 0));
    assert!(tally.files >= 60 && tally.compared + 2 == tally.files);
}

/// Of 2,141 files, 38 are templates that do not parse, and two are broken: PyYAML refuses both as well.
#[test]
fn every_real_file_is_read_exactly_or_refused_for_a_reason() {
    let Some(shared) = shared() else { return };
    let tally = read_all(&shared.join("corpus"));
    let (refused, templates) = summary(&tally);
    let broken = [
        "confluentinc__demo-scene/gcp-pipeline/docker-compose-ccloud.yml",
        "confluentinc__kafka-images/kafka-connect/test/fixtures/cluster-host-plain.yml",
    ];
    for (path, kind) in &refused {
        let known = broken.contains(&path.as_str()) && matches!(kind, ReadErrorKind::Syntax(_));
        assert!(known, "{path} is newly refused: {kind}");
    }
    assert!(templates <= 38, "{templates} files are taken for templates");
    assert!(tally.scalars > 150_000 && tally.compared + tally.refused.len() == tally.files);
}
