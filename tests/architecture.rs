//! Guards the floors: each module may use only those below it, and nothing below `edge` does I/O.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

/// The floors from the ground up; modules of one entry stand on the same floor.
const FLOORS: &[&[&str]] = &[
    &["text"],
    &["syntax"],
    &["model", "knowledge"],
    &["rule"],
    &["rules", "profile"],
    &["plan"],
    &["report"],
    &["edge"],
    &["cli"],
];

/// What a pure floor may not name.
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net::Tcp",
    "std::net::Udp",
    "std::process",
    "std::env::",
    "std::time",
    "SystemTime",
    "std::io::std",
    "jiff::Timestamp",
    "Zoned::now",
];

/// The files of the product: tests that stand in files of their own are left out.
fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if is_product(&path) {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found
}

fn is_product(path: &Path) -> bool {
    let is_test = path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("tests"));
    path.extension().is_some_and(|extension| extension == "rs") && !is_test
}

/// The top-level module that a file belongs to.
fn module(path: &Path) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let relative = path.strip_prefix(root).unwrap();
    let first = relative.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|modules| modules.contains(&module))
}

/// The code of a file without comments, strings of documentation and tests.
fn code(text: &str) -> String {
    let before_tests = text.split("#[cfg(test)]").next().unwrap_or_default();
    before_tests.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn modules_use_only_the_floors_below_them() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let Some(own) = floor(&module(&path)) else { continue };
        for (number, line) in code(&text).lines().enumerate() {
            for part in line.split("crate::").skip(1) {
                let used: String = part.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if floor(&used).is_some_and(|used| used > own) {
                    wrong.push(format!("{}:{number}: crate::{used}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "floors are used from below:\n{}", wrong.join("\n"));
}

#[test]
fn every_module_has_a_floor() {
    for (path, _) in sources() {
        let module = module(&path);
        assert!(
            matches!(module.as_str(), "lib" | "main") || floor(&module).is_some(),
            "`{module}` has no floor"
        );
    }
}

#[test]
fn pure_floors_do_no_io() {
    let edge = floor("edge").unwrap();
    for (path, text) in sources() {
        if floor(&module(&path)).is_none_or(|own| own >= edge) {
            continue;
        }
        let code = code(&text);
        for name in IMPURE {
            assert!(!code.contains(name), "{} names {name}", path.display());
        }
    }
}

#[test]
fn rules_do_not_know_each_other_and_name_no_image() {
    let names =
        ["postgres", "mysql", "mariadb", "redis", "nginx", "mongo", "linuxserver", "pihole", "collabora"];
    for (path, text) in sources() {
        let is_rule = path.ancestors().any(|folder| folder.ends_with("src/rules"));
        if !is_rule {
            continue;
        }
        // nginx is a language, too, and its folders are called so whatever the image.
        let language = [
            "nginx_unprivileged",
            "nginx-unprivileged",
            "model::nginx",
            "syntax::nginx",
            "project.nginx",
            "nginx_files",
            "/nginx",
        ];
        let code = language.iter().fold(code(&text), |code, word| code.replace(word, ""));
        assert!(!code.contains("crate::rules"), "{} looks at another rule", path.display());
        for name in names {
            assert!(!code.contains(name), "{} names the image {name}: facts are data", path.display());
        }
    }
}

#[test]
fn files_are_short_enough_to_hold_one_idea() {
    for (path, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= 450, "{} has {lines} lines", path.display());
    }
}
