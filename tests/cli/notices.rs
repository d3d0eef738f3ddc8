//! What is said about files that are looked at and not planned, and about those that are wrong in part.

use super::project::{DATABASE, Project};

#[test]
fn a_fault_in_an_env_file_is_a_warning_with_its_line() {
    let text = "services:\n  a:\n    image: ${NAME}\n    ports: [\"${PORT}:6379\"]\n";
    let project = Project::with(&[("compose.yaml", text)]);
    project.write(".env", "NAME=redis:7\n\nPO RT=6379\n");
    let run = project.run(&["plan"]).ends(0);
    run.tells("warning: .env:3:1: the name contains a space; what the line sets counts as not known")
        .mentions("  help: mend the line: Compose refuses the project as it is")
        // What the other lines set is known: a Redis, so the port matters; and its own variable is not.
        .shows("the value of `PORT` is not known here");
    project.write(".env", b"NAME=caf\xe9\n");
    project.run(&["plan"]).ends(0).tells("warning: .env: the file is not valid UTF-8");
    project.write(".env", "NAME=redis:7\nPORT=6379\n");
    assert_eq!(project.run(&["plan"]).ends(0).stderr, "");
}

#[test]
fn compose_refuses_what_is_warned_of() {
    let Some(compose) = crate::support::compose::Compose::find() else { return };
    for (env, is_sound) in
        [("A B=1\n", false), ("A=\"x\n", false), ("A=${\n", false), ("A=${B:?}\n", false), ("A=1\n", true)]
    {
        let project = Project::database();
        project.write(".env", env);
        let judged = compose.accept("x", &project.root(), &["compose.yaml"]);
        assert_eq!(judged.is_ok(), is_sound, "{env}");
        assert_eq!(project.run(&["plan"]).ends(0).stderr.is_empty(), is_sound, "{env}");
    }
}

#[test]
fn files_that_are_read_along_and_not_planned_are_named() {
    let main = "include: [parts/cache.yml, compose.db.yaml, https://example.org/x.yml, gone.yml]\nservices:\n  a:\n    extends: {file: base.yml, service: a}\n";
    let project = Project::with(&[
        ("compose.yaml", main),
        ("compose.db.yaml", DATABASE),
        ("parts/cache.yml", "services: {cache: {image: \"redis:7\"}}\n"),
        ("base.yml", "services: {a: {image: \"redis:7\"}}\n"),
    ]);
    let run = project.run(&["plan"]).ends(0);
    assert_eq!(
        run.stderr,
        "note: parts/cache.yml is included by compose.yaml and not in this run; name it to have it planned, too\n\
         note: base.yml is extended by compose.yaml and not in this run; name it to have it planned, too\n"
    );
    assert_eq!(project.run(&["plan", ".", "base.yml", "parts/cache.yml"]).ends(0).stderr, "");
}

#[test]
fn a_line_break_in_a_name_breaks_no_line() {
    let project = Project::with(&[("compose.yaml", "services:\n  \"a\\nb\": {}\n  \"a\\nb\": {}\n")]);
    let run = project.run(&["plan"]).ends(3);
    run.tells("error: compose.yaml:3:3: the key `a\\u{a}b` is here for the second time");
    let project = Project::with(&[("compose.yaml", DATABASE), ("hardtack.yaml", "profile: \"a\\nb\"\n")]);
    project.run(&["plan"]).ends(2).tells("error: hardtack.yaml:1:10: there is no profile `a\\u{a}b`");
}

#[test]
fn a_folder_with_settings_of_its_own_is_left_to_them_with_a_word() {
    let accepted = "exceptions:\n  - {rule: bind-localhost, service: db, reason: the office reads it}\n";
    let project = Project::with(&[
        ("compose.yaml", DATABASE),
        ("a/compose.yaml", DATABASE),
        ("a/hardtack.yaml", accepted),
    ]);
    let run = project.run(&["apply", "--only", "bind-localhost"]).ends(0);
    run.mentions(
        "note: left to the hardtack.yaml of their own, and not in this run: a; run hardtack for each of them",
    );
    assert!(project.read("compose.yaml").contains("127.0.0.1:5432:5432"));
    assert_eq!(project.read("a/compose.yaml"), DATABASE, "what was accepted there stays");
    project.run_in("a", &["check", "--only", "bind-localhost"]).ends(0);
    // A gate that is passed with nothing on standard output would look as if all was seen.
    let formats = |project: &Project, folder: &str| {
        ["json", "sarif", "gitlab"].map(|format| {
            let run = project.run_in(folder, &["check", "--only", "bind-localhost", "--format", format]);
            (format, run.ends(0).json())
        })
    };
    for (format, report) in formats(&project, ".") {
        let found = match format {
            "json" => report["other-projects"][0] == "a",
            "sarif" => {
                let run = &report["runs"][0];
                let notification = &run["invocations"][0]["toolExecutionNotifications"][0];
                assert_eq!(run["invocations"][0]["executionSuccessful"], true);
                let place = &notification["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
                notification["level"] == "warning" && place == "a/hardtack.yaml"
            }
            _ => {
                let entry = report.as_array().unwrap().last().unwrap();
                entry["severity"] == "info" && entry["location"]["path"] == "a/hardtack.yaml"
            }
        };
        assert!(found, "{format}: {report}");
    }
    for (format, report) in formats(&project, "a") {
        let text = report.to_string();
        assert!(!text.contains("not looked at") && !text.contains("other-projects"), "{format}: {text}");
    }
    let told = "Not looked at, as each has a hardtack.yaml of its own: a. Run hardtack for each of them.";
    for format in ["github", "markdown"] {
        let run = project.run(&["check", "--only", "bind-localhost", "--format", format]).ends(0);
        let shown = run.stdout.replace('\\', "");
        assert!(shown.contains(told), "{format}: {shown}");
        let own = project.run_in("a", &["check", "--only", "bind-localhost", "--format", format]);
        assert!(!own.ends(0).stdout.contains("Not looked at"), "{format}");
    }
}

#[test]
fn settings_under_another_name_are_not_passed_over() {
    let project = Project::with(&[("compose.yaml", DATABASE), ("a/hardtack.yml", "profile: strict\n")]);
    let run = project.run(&["plan"]).ends(0);
    run.tells("warning: a/hardtack.yml: nothing reads this file: settings stand in `hardtack.yaml`")
        .mentions("help: rename it to hardtack.yaml");
}

#[test]
fn a_dockerfile_is_something_to_look_at_by_itself() {
    let project = Project::with(&[("Dockerfile", "FROM scratch\n")]);
    for arguments in [&["check", "Dockerfile"][..], &["plan"]] {
        let run = project.run(arguments);
        assert!(!run.stderr.contains("there is no Compose file"), "{}", run.stderr);
    }
    Project::new().run(&["plan"]).ends(0).mentions("note: there is no Compose file here");
}
