//! The reference page of the rules is generated from their documentation and must be up to date.

use hardtack::report::explain;
use std::path::Path;

#[test]
fn the_rule_reference_is_what_the_rules_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md");
    let wanted = explain::reference(hardtack::rules::ALL);
    if std::env::var_os("HARDTACK_UPDATE").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "docs/rules.md is out of date; run `HARDTACK_UPDATE=1 cargo test --test reference`"
    );
}

#[test]
fn every_rule_file_is_listed_under_its_own_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| path.file_stem().unwrap().to_string_lossy().replace('_', "-"))
        .collect();
    files.sort();
    let mut names: Vec<String> = hardtack::rules::names().into_iter().map(str::to_owned).collect();
    names.sort();
    assert_eq!(files, names);
}
