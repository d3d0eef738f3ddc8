use super::*;
use tempfile::TempDir;

/// A folder with these files; a path that ends in `/` is a folder.
fn folder(paths: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for path in paths {
        let at = folder.path().join(path);
        if path.ends_with('/') {
            fs::create_dir_all(at).unwrap();
        } else {
            fs::create_dir_all(at.parent().unwrap()).unwrap();
            fs::write(at, *path).unwrap();
        }
    }
    folder
}

fn find(folder: &TempDir, paths: &[&str]) -> Vec<Discovered> {
    let paths: Vec<PathBuf> = paths.iter().map(|path| folder.path().join(path)).collect();
    discover(&paths, 100).files
}

fn shown(found: &[Discovered]) -> Vec<&str> {
    found.iter().map(|file| file.path.as_str()).collect()
}

#[test]
fn a_folder_is_searched_by_name_and_without_what_is_ignored() {
    let project = folder(&[
        "b/compose.yaml",
        "a/docker-compose.prod.yml",
        "a/values.yaml",
        ".devcontainer/docker-compose.yml",
        "node_modules/x/compose.yaml",
        ".git/compose.yaml",
        ".hardtack/compose.yaml",
        "build/compose.yaml",
    ]);
    let all = find(&project, &[""]);
    let expected = [
        ".devcontainer/docker-compose.yml",
        "a/docker-compose.prod.yml",
        "b/compose.yaml",
        "build/compose.yaml",
        "node_modules/x/compose.yaml",
    ];
    assert_eq!(shown(&all), expected);
    assert_eq!(all[2].content.as_ref().unwrap().bytes, b"b/compose.yaml");

    fs::write(project.path().join(".gitignore"), "node_modules/\n/build\n").unwrap();
    assert_eq!(shown(&find(&project, &[""])), expected[..3]);
    assert_eq!(shown(&find(&project, &["build/compose.yaml"])), ["build/compose.yaml"]);
}

#[test]
fn gitignore_counts_without_a_repository_and_from_a_folder_further_down() {
    let project = folder(&["hardtack.yaml", "a/old/compose.yaml", "a/compose.yaml"]);
    fs::write(project.path().join(".gitignore"), "old/\n").unwrap();
    assert_eq!(shown(&find(&project, &["a"])), ["a/compose.yaml"]);
}

#[test]
fn a_named_file_is_taken_whatever_its_name_and_once() {
    let project = folder(&[".git/", "stack.txt", "compose.yaml"]);
    let found = find(&project, &["stack.txt", "", "compose.yaml", "./compose.yaml"]);
    assert_eq!(shown(&found), ["compose.yaml", "stack.txt"]);
    assert!(found.iter().all(|file| file.named && file.content.is_ok()));
    assert!(!find(&project, &[""])[0].named);
}

#[test]
fn problems_are_typed_and_stop_nothing() {
    let project = folder(&[".git/", "compose.yaml/", "a/compose.yaml", "b/compose.yaml"]);
    fs::write(project.path().join("b/compose.yaml"), "x".repeat(101)).unwrap();
    let found = find(&project, &["", "missing.yaml"]);
    let problems: Vec<_> = found.iter().map(|file| file.content.as_ref().err()).collect();
    assert_eq!(shown(&found), ["a/compose.yaml", "b/compose.yaml", "compose.yaml", "missing.yaml"]);
    assert_eq!(
        problems,
        [
            None,
            Some(&FileProblem::TooLarge { limit: 100 }),
            Some(&FileProblem::IsFolder),
            Some(&FileProblem::NotFound)
        ]
    );
    assert!(found[3].named && !found[2].named);
}

#[cfg(unix)]
#[test]
fn links_are_followed_inside_and_reported_outside() {
    use std::os::unix::fs::symlink;
    let outside = folder(&["secret.yaml"]);
    let project = folder(&[".git/", "deploy/stack.yaml"]);
    let secret = outside.path().join("secret.yaml").canonicalize().unwrap();
    symlink("deploy/stack.yaml", project.path().join("compose.yaml")).unwrap();
    symlink(&secret, project.path().join("compose.out.yaml")).unwrap();
    symlink("nowhere", project.path().join("compose.broken.yaml")).unwrap();
    let found = find(&project, &[""]);
    assert_eq!(shown(&found), ["compose.broken.yaml", "compose.out.yaml", "deploy/stack.yaml"]);
    assert_eq!(found[0].content, Err(FileProblem::BrokenLink));
    let target = secret.display().to_string();
    assert_eq!(found[1].content, Err(FileProblem::LeavesRoot { target }));
    assert!(found[2].content.is_ok());

    let named = find(&project, &["compose.out.yaml", "compose.broken.yaml"]);
    assert_eq!(shown(&named), ["compose.broken.yaml", "compose.out.yaml"]);
    assert_eq!(named[0].content, Err(FileProblem::BrokenLink));
    let target = secret.display().to_string();
    assert_eq!(named[1].content, Err(FileProblem::LeavesRoot { target }));
}

#[cfg(unix)]
#[test]
fn a_pipe_is_not_waited_for() {
    let project = folder(&[".git/"]);
    let pipe = project.path().join("compose.yaml");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    assert_eq!(find(&project, &[""])[0].content, Err(FileProblem::NotAFile));
    assert_eq!(find(&project, &["compose.yaml"])[0].content, Err(FileProblem::NotAFile));
}

#[test]
fn the_order_of_arguments_does_not_matter() {
    let project = folder(&[".git/", "sub/.git/", "sub/compose.yaml", "compose.yaml"]);
    let (one, two) = (find(&project, &["", "sub"]), find(&project, &["sub", ""]));
    assert_eq!(one, two);
    assert_eq!(shown(&one), ["compose.yaml", "sub/compose.yaml"]);
}

#[test]
fn a_folder_with_settings_of_its_own_is_left_to_itself() {
    let project = folder(&[
        ".git/",
        "compose.yaml",
        "a/hardtack.yaml",
        "a/compose.yaml",
        "a/deep/compose.yaml",
        "b/c/hardtack.yaml",
        "b/c/Dockerfile",
        "b/compose.yaml",
    ]);
    let all = discover(&[project.path().to_path_buf()], 100);
    assert_eq!(shown(&all.files), ["b/compose.yaml", "compose.yaml"]);
    assert_eq!(all.left, ["a", "b/c"]);
    // Where somebody asks for it, it is the project.
    let own = discover(&[project.path().join("a")], 100);
    assert_eq!((shown(&own.files), own.left.len()), (vec!["compose.yaml", "deep/compose.yaml"], 0));
    assert_eq!(shown(&find(&project, &["a/deep"])), ["deep/compose.yaml"]);
    assert_eq!(shown(&find(&project, &["b/c/Dockerfile"])), ["Dockerfile"]);
}
