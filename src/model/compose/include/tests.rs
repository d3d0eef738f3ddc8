use super::*;
use crate::model::compose::{Build, Project};

fn file(path: &str, text: &str, variables: &[(&str, &str)]) -> ComposeFile {
    ComposeFile::read(path, text.as_bytes(), variables.iter().copied().collect()).unwrap()
}

fn texts(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn short_and_long_entries_are_found() {
    let text = "include:\n  - a.yaml\n  - path: [sub/b.yaml, ../c.yaml]\n  - { path: d.yaml }\n";
    assert_eq!(
        included_files(&file("x/compose.yaml", text, &[])),
        ["x/a.yaml", "x/sub/b.yaml", "c.yaml", "x/d.yaml"]
    );
}

#[test]
fn what_an_entry_says_is_read_with_its_variables() {
    let text = "include:\n  - path: [\"${KIND:-a}/b.yaml\"]\n    project_directory: ..\n    env_file: [one.env, '${KIND:-a}/two.env']\n  \
                - { path: /etc/c.yaml, env_file: [] }\n";
    let found = includes(&file("x/compose.yaml", text, &[]));
    assert_eq!(found[0].paths, ["x/a/b.yaml"]);
    assert_eq!(found[0].project_directory, "");
    assert_eq!(found[0].env_files.as_deref(), Some(&["x/one.env".to_owned(), "x/a/two.env".to_owned()][..]));
    assert_eq!((found[1].paths[0].as_str(), &found[1].env_files), ("../etc/c.yaml", &None));
}

#[test]
fn outer_variables_win_over_any_distance() {
    let project = Project::new(vec![
        file("compose.yaml", "include: [b/b.yaml]\n", &[("TAG", "outer")]),
        file("b/b.yaml", "include: [../a/a.yaml]\n", &[("TAG", "middle"), ("PORT", "1")]),
        file("a/a.yaml", "services: {}\n", &[("PORT", "2"), ("OWN", "3")]),
    ]);
    let innermost = &project.file("a/a.yaml").unwrap().environment;
    assert_eq!(innermost.get("TAG"), Some("outer"));
    assert_eq!(innermost.get("PORT"), Some("1"));
    assert_eq!(innermost.get("OWN"), Some("3"));
}

/// The project that `tests/include.rs` gives to Compose, too: what each variable comes to.
#[test]
fn the_files_of_env_file_come_between_the_outer_variables_and_nothing() {
    let outer =
        "include:\n  - path: a/x.yaml\n    project_directory: c\n    env_file: [a/one.env, a/two.env]\n";
    let nested = "include:\n  - { path: b/n.yaml, env_file: n.env }\nservices: { x: { build: ./bb } }\n";
    let texts = texts(&[
        ("a/one.env", "OUTER=one\nP=1\nQ=${OUTER}-q\nR=first\n"),
        ("a/two.env", "P=2\nS=${R}-s\n"),
        ("a/.env", "OWN=own\n"),
        ("c/.env", "CDIR=cdir\n"),
        ("c/n.env", "N=c\n"),
        ("c/b/.env", "NO=no\n"),
    ]);
    let files = vec![
        file("compose.yaml", outer, &[("OUTER", "outer")]),
        file("a/x.yaml", nested, &[("OWN", "own")]),
        file("c/b/n.yaml", "services: { n: { image: n } }\n", &[("NO", "no")]),
    ];
    let project = Project::with_texts(files, &texts);
    let included = project.file("a/x.yaml").unwrap();
    let got = |name: &str| included.environment.get(name);
    assert_eq!(
        [got("OUTER"), got("P"), got("Q"), got("R"), got("S")],
        ["outer", "2", "outer-q", "first", "first-s"].map(Some)
    );
    assert_eq!([got("OWN"), got("CDIR")], [None, None]);
    let build = Build::of(&included.services().next().unwrap()).unwrap();
    assert_eq!(build.context.as_deref(), Some("c/bb"));
    let innermost = &project.file("c/b/n.yaml").unwrap().environment;
    assert_eq!([innermost.get("N"), innermost.get("P"), innermost.get("NO")], [Some("c"), Some("2"), None]);
}

#[test]
fn without_env_file_the_project_directory_has_it() {
    let texts = texts(&[("c/.env", "A=c\n"), ("a/.env", "A=a\n")]);
    let of = |entry: &str| {
        let files = vec![
            file("compose.yaml", &format!("include: [{entry}]\n"), &[]),
            file("a/x.yaml", "services: {}\n", &[("A", "a")]),
        ];
        let project = Project::with_texts(files, &texts);
        project.file("a/x.yaml").unwrap().environment.get("A").map(str::to_owned)
    };
    assert_eq!(of("a/x.yaml").as_deref(), Some("a"));
    assert_eq!(of("{path: a/x.yaml, env_file: []}").as_deref(), Some("a"));
    assert_eq!(of("{path: a/x.yaml, project_directory: c}").as_deref(), Some("c"));
    assert_eq!(of("{path: a/x.yaml, project_directory: .}"), None);
    assert_eq!(of("{path: a/x.yaml, env_file: /dev/null}"), None);
}

#[test]
fn a_circle_ends() {
    let project = Project::new(vec![
        file("a.yaml", "include: [b.yaml]\n", &[("TAG", "a")]),
        file("b.yaml", "include: [a.yaml]\n", &[("TAG", "b")]),
    ]);
    assert_eq!(project.files().len(), 2);
}
