//! What paths mean: folders, ignored files, links, several projects, strange names.

use super::project::{DATABASE, DATABASE_FIXED, Project};

fn changed(project: &Project, arguments: &[&str]) -> Vec<String> {
    let arguments = [&["plan", "--format", "json"], arguments].concat();
    let report = project.run(&arguments).json();
    report["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap().to_owned()).collect()
}

fn tree() -> Project {
    Project::with(&[
        ("compose.yaml", DATABASE),
        ("deep/er/docker-compose.prod.yml", DATABASE),
        ("deep/not-one.yaml", DATABASE),
        ("node_modules/x/compose.yaml", DATABASE),
        (".hidden/compose.yaml", DATABASE),
        (".git/compose.yaml", DATABASE),
        (".gitignore", "node_modules/\n"),
    ])
}

#[test]
fn a_folder_is_searched_and_ignored_files_are_left_out() {
    let found = ["compose.yaml", ".hidden/compose.yaml", "deep/er/docker-compose.prod.yml"];
    let mut found: Vec<String> = found.map(str::to_owned).to_vec();
    found.sort();
    assert_eq!(changed(&tree(), &[]), found);
    assert_eq!(changed(&tree(), &["."]), found);
}

#[test]
fn a_named_file_counts_whatever_it_is_called_and_even_if_ignored() {
    let project = tree();
    assert_eq!(changed(&project, &["deep/not-one.yaml"]), ["deep/not-one.yaml"]);
    assert_eq!(changed(&project, &["node_modules/x/compose.yaml"]), ["node_modules/x/compose.yaml"]);
}

#[test]
fn several_paths_are_one_run() {
    let project = tree();
    let paths = ["deep", "compose.yaml", "./compose.yaml"];
    assert_eq!(changed(&project, &paths), ["compose.yaml", "deep/er/docker-compose.prod.yml"]);
}

#[test]
fn from_a_folder_below_paths_are_shown_from_the_root() {
    let project = tree();
    let run = project.run_in("deep/er", &["plan"]).ends(0);
    run.shows("deep/er/docker-compose.prod.yml\n").shows_no("\ncompose.yaml\n");
    project
        .run_in("deep", &["apply", "../compose.yaml"])
        .ends(0)
        .shows("  (cd .. && docker compose up -d db)\n");
    assert_eq!(project.read("compose.yaml"), DATABASE_FIXED);
    assert!(project.path(".hardtack/rollback").is_dir());
}

#[test]
fn paths_of_two_projects_are_2() {
    let project = Project::unmarked();
    for path in ["a/hardtack.yaml", "b/hardtack.yaml"] {
        project.write(path, "");
    }
    project.write("a/compose.yaml", DATABASE);
    project.write("b/compose.yaml", DATABASE);
    let run = project.run(&["apply", "a", "b"]).ends(2).tells("error: the paths belong to several projects");
    assert!(run.stdout.is_empty());
    assert_eq!(project.read("a/compose.yaml"), DATABASE);
}

#[test]
fn unmarked_folders_are_one_project_together() {
    let project = Project::unmarked();
    project.write("a/compose.yaml", DATABASE);
    project.write("b/compose.yaml", DATABASE);
    assert_eq!(changed(&project, &["a", "b"]), ["a/compose.yaml", "b/compose.yaml"]);
    assert_eq!(changed(&project, &["b"]), ["compose.yaml"]);
    project.run(&["apply", "a", "b"]).ends(0);
    project.run(&["rollback"]).ends(0);
    assert_eq!(project.read("b/compose.yaml"), DATABASE);
}

#[cfg(unix)]
#[test]
fn a_link_inside_the_project_stands_for_its_target() {
    let project = Project::with(&[("real/prod.yaml", DATABASE)]);
    std::os::unix::fs::symlink("real/prod.yaml", project.path("compose.yaml")).unwrap();
    assert_eq!(changed(&project, &[]), ["real/prod.yaml"]);
    assert_eq!(changed(&project, &["compose.yaml", "real/prod.yaml"]), ["real/prod.yaml"]);
    project.run(&["apply", "compose.yaml"]).ends(0);
    assert!(project.path("compose.yaml").is_symlink());
    assert_eq!(project.read("real/prod.yaml"), DATABASE_FIXED);
    project.run(&["rollback"]).ends(0);
    assert_eq!(project.read("real/prod.yaml"), DATABASE);
}

#[cfg(unix)]
#[test]
fn files_with_two_names_are_changed_by_one() {
    let project = Project::new();
    project.write(
        "compose.yaml",
        "services:\n  a: {build: .}\n  b: {build: {context: ., dockerfile: dev.Dockerfile}}\n",
    );
    project.write(
        "Dockerfile",
        "FROM python:3.13-slim\nWORKDIR /app\nRUN pip install flask\nCMD [\"python\"]\n",
    );
    project.write(".gitignore", "a\n");
    for (link, target) in [("dev.Dockerfile", "Dockerfile"), (".dockerignore", ".gitignore")] {
        std::os::unix::fs::symlink(target, project.path(link)).unwrap();
    }
    let before = project.all_files();
    let strict = ["--profile", "strict"];
    project
        .run(&[&["apply"], &strict[..]].concat())
        .ends(0)
        .shows("it leads to Dockerfile, and what that gets it has as well");
    assert!(project.read("Dockerfile").contains("--no-cache-dir"));
    assert!(project.path("dev.Dockerfile").is_symlink());
    project.run(&[&["plan", "--exit-code"], &strict[..]].concat()).ends(0);
    project.run(&["rollback"]).ends(0);
    let mut after = project.all_files();
    after.retain(|path, _| before.contains_key(path));
    assert_eq!(after, before);
}

#[cfg(unix)]
#[test]
fn a_named_link_that_leads_out_is_refused_before_anything_is_planned() {
    let (project, outside) = (Project::new(), Project::database());
    std::os::unix::fs::symlink(outside.path("compose.yaml"), project.path("compose.yaml")).unwrap();
    for command in ["plan", "apply"] {
        let run = project.run(&[command, "compose.yaml"]).ends(3);
        run.tells("error: compose.yaml: it is a symbolic link that leads out of the project")
            .mentions("help: run hardtack in the project");
    }
    assert_eq!(outside.read("compose.yaml"), DATABASE);
    assert!(project.records().is_empty());
}

#[test]
fn strange_names_survive_patches_apply_and_rollback() {
    for name in [
        "with space.compose.yaml",
        "ünï — 日本.compose.yaml",
        "quo\"te's.compose.yaml",
        "-dash.compose.yaml",
        "back\\slash.compose.yaml",
        "line\nfeed.compose.yaml",
    ] {
        let project = Project::with(&[(name, DATABASE)]);
        for arguments in [&["plan", "--format", "diff"][..], &["plan", "--by-fix"]] {
            let patch = project.run(arguments).ends(0).stdout;
            project.git(&["apply", "--check"], &patch);
        }
        project.run(&["apply", "."]).ends(0);
        assert_eq!(project.read(name), DATABASE_FIXED, "{name}");
        project.run(&["rollback", &format!("--file={name}"), "--no-except"]).ends(0);
        assert_eq!(project.read(name), DATABASE, "{name}");
    }
}

#[test]
fn a_service_name_cannot_slip_into_a_patch() {
    let evil = "\"x\\n--- a/y\\n+++ b/y\\n@@ -0,0 +1 @@\\n+evil\"";
    let project =
        Project::with(&[("compose.yaml", &format!("services:\n  {evil}:\n    image: postgres:16\n"))]);
    let patch = project.run(&["plan", "--by-fix"]).ends(0).stdout;
    project.git(&["apply"], &patch);
    assert!(!project.path("y").exists(), "{patch}");
    assert!(project.read("compose.yaml").contains("no-new-privileges"));
}

#[test]
fn a_dockerfile_in_lower_case_is_built_where_there_is_no_other() {
    let compose = ("compose.yaml", "services:\n  a: {build: web}\n");
    let text = "FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nCMD [\"python\", \"app.py\"]\n";
    let profile = ["--profile", "recommended"];
    let alone = Project::with(&[compose, ("web/dockerfile", text)]);
    assert!(changed(&alone, &profile).contains(&"web/dockerfile".to_owned()));
    alone.run(&["apply", "--profile", "recommended"]).ends(0);
    assert!(alone.read("web/dockerfile").contains("\nUSER "));
    assert!(changed(&alone, &profile).is_empty());
    alone.run(&["rollback"]).ends(0);
    assert_eq!(alone.read("web/dockerfile"), text);
    let both = Project::with(&[compose, ("web/dockerfile", text), ("web/Dockerfile", text)]);
    let found = changed(&both, &profile);
    assert!(found.contains(&"web/Dockerfile".to_owned()) && !found.contains(&"web/dockerfile".to_owned()));
}
