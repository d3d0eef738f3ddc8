//! One scheme of exit codes for all commands, and messages that point at the right place.

use super::project::{DATABASE, Project};

#[test]
fn nothing_to_do_is_0() {
    let project = Project::with(&[("compose.yaml", "services: {}\n")]);
    for arguments in [
        &["plan"][..],
        &["plan", "--exit-code"],
        &["check"],
        &["apply"],
        &["apply", "--exit-code"],
        &["rules"],
    ] {
        project.run(arguments).ends(0);
    }
}

#[test]
fn pending_fixes_are_1_for_check_and_on_demand() {
    let project = Project::database();
    project.run(&["plan"]).ends(0);
    project.run(&["plan", "--exit-code"]).ends(1);
    project.run(&["check"]).ends(1);
    project.run(&["check", "--format", "json"]).ends(1);
}

#[test]
fn what_apply_left_is_1_on_demand() {
    let open = DATABASE.replace("\"5432:5432\"", "\"${DB_PUBLISH}:5432\"");
    assert_ne!(open, DATABASE);
    let left = Project::with(&[("compose.yaml", &open)]);
    left.run(&["apply", "--exit-code"]).ends(1).shows("[interpolated]");
    // A pin that waits for a registry is not open by itself.
    let waits = Project::database();
    waits.run(&["apply", "--exit-code"]).ends(0).shows("[evidence-missing]");
    let done = Project::database();
    done.run(&["apply", "--exit-code", "--skip", "pin-digest"]).ends(0);
}

#[test]
fn wrong_flags_are_2() {
    let project = Project::database();
    for arguments in [
        &["--nope"][..],
        &["nope"],
        &["plan", "--nope"],
        &["plan", "--format", "xml"],
        &["plan", "--safety", "manual"],
        &["plan", "--color", "sometimes"],
        &["plan", "--by-fix", "--format", "json"],
        &["explain"],
        &["explain", "nope"],
        &["profiles", "nope"],
        &["rollback", "not-an-id"],
        &["rollback", "20200101T000000Z-00000000"],
    ] {
        let run = project.run(arguments).ends(2);
        assert!(run.stdout.is_empty() && run.stderr.starts_with("error: "), "{run}");
    }
}

#[test]
fn unknown_names_are_2_and_say_what_there_is() {
    let project = Project::database();
    let rules = hardtack::rules::names().join(", ");
    project.run(&["plan", "--only", "nope"]).ends(2).tells("error: there is no rule `nope`").mentions(&rules);
    project.run(&["plan", "--skip", "nope"]).ends(2).tells("error: there is no rule `nope`");
    project.run(&["plan", "--service", "web"]).ends(2).tells("error: no file here has a service `web`");
    project.run(&["plan", "--profile", "nope"]).ends(2).mentions("recommended, strict, pin-only");
    project
        .run(&["plan", "--profile", "pin-only", "--only", "bind-localhost"])
        .ends(2)
        .mentions("only narrow");
    project.run(&["plan", "--lock", "nope.lock"]).ends(2).tells("error: nope.lock: there is no such file");
    project.run(&["explain", "nope"]).ends(2).mentions(&rules).mentions("evidence-missing");
}

#[test]
fn a_file_that_fails_to_read_does_not_hide_behind_an_unknown_service() {
    let project = Project::with(&[("compose.yaml", "services: [\n")]);
    project.run(&["plan", "--service", "db"]).ends(2).mentions("compose.yaml:");
}

/// What the project file gets said about it; nothing may be written.
#[track_caller]
fn wrong_settings(text: &str, line: &str) {
    let project = Project::with(&[("compose.yaml", DATABASE), ("hardtack.yaml", text)]);
    for command in ["plan", "check", "apply"] {
        project.run(&[command]).ends(2).tells(&format!("error: hardtack.yaml:{line}"));
    }
    assert_eq!(project.read("compose.yaml"), DATABASE);
}

#[test]
fn wrong_settings_are_2_and_pointed_at() {
    wrong_settings("a:\n\tb: c\n", "2:1: a tab is used");
    wrong_settings("a: [\n", "");
    wrong_settings("- a\n", "1:1: this must be a mapping");
    wrong_settings("profile: strict\nprofile: strict\n", "2:1: the key is here for the second time");
    wrong_settings("profile: strict\nnope: 1\n", "2:1: `nope` is not known");
    wrong_settings("profile: nope\n", "1:10: there is no profile `nope`");
    wrong_settings("profile: [a]\n", "1:10: this must be a text");
    wrong_settings("profile: ../outside.yaml\n", "1:10: the profile `../outside.yaml` cannot be read");
    wrong_settings("profile: /etc/passwd\n", "1:10: there is no profile `/etc/passwd`");
    wrong_settings("rules:\n  nope: {}\n", "2:3: there is no rule `nope`");
    wrong_settings("rules:\n  pin-digest:\n    nope: 1\n", "3:5: `nope` is not known");
    let options = |options: &str| format!("rules:\n  bind-localhost:\n    options: {{{options}}}\n");
    wrong_settings(&options("nope: 1"), "3:15: `bind-localhost` has no option `nope`");
    wrong_settings(&options("address: 999"), "3:24: `address` takes an IP address, not `999`");
    wrong_settings(&options("bind: maybe"), "3:21: `bind` takes one of");
}

#[test]
fn wrong_bytes_in_the_settings_are_pointed_at() {
    let project = Project::database();
    project.write("hardtack.yaml", b"profile: strict\n# caf\xe9\n");
    project.run(&["plan"]).ends(2).tells("error: hardtack.yaml:2:6: the file is not valid UTF-8");
}

#[test]
fn wrong_exceptions_are_2_and_pointed_at() {
    let exception = |rest: &str| format!("exceptions:\n  - rule: bind-localhost\n{rest}");
    wrong_settings(&exception(""), "2:5: the exception gives no reason");
    wrong_settings(&exception("    reason: \" \"\n"), "2:5: the exception gives no reason");
    wrong_settings(&exception("    reason: x\n    expires: soon\n"), "4:14: `soon` is no date");
    wrong_settings(
        &exception("    reason: x\n    expires: 2020-01-31\n"),
        "4:14: the exception of `bind-localhost` expired on 2020-01-31",
    );
    wrong_settings("exceptions:\n  - reason: x\n", "2:5: the exception names no rule");
    wrong_settings("exceptions:\n  - rule: nope\n    reason: x\n", "2:11: there is no rule `nope`");
    wrong_settings(&exception("    service: web\n    reason: x\n"), "2:5: nothing needs this exception");
}

#[test]
fn every_wrong_setting_is_told_at_once() {
    let project = Project::with(&[
        ("compose.yaml", DATABASE),
        ("hardtack.yaml", "a: 1\nrules: {b: {}}\nexceptions: [{}]\n"),
    ]);
    let run = project.run(&["plan"]).ends(2);
    assert_eq!(run.stderr.matches("hardtack.yaml:").count(), 3, "{run}");
}

#[test]
fn wrong_image_facts_are_2_and_pointed_at() {
    wrong_settings(
        "images:\n  - name: x\n",
        "2:5: these image facts cannot be read: images[0]: missing field",
    );
    wrong_settings(
        "images:\n  - name: x\n    match: [a/b]\n    role: app\n",
        "3:13: these image facts cannot be read: images[0].match[0]: \"a/b\" is not canonical",
    );
    let image = |name: &str| format!("  - {{name: {name}, match: [docker.io/library/a], role: app}}\n");
    let twice = format!("images:\n{}{}", image("x"), image("y"));
    wrong_settings(&twice, "3:5: docker.io/library/a is claimed by both \"x\" and \"y\"");
}

#[test]
fn a_wrong_lock_is_2_and_pointed_at() {
    let digest = "sha256:82578ecb615adb8358e5962e62eb3a74bea08f41428ff067d71e382640996e18";
    for (text, line) in [
        ("images: {}\n".to_owned(), "1:1: it cannot be read: missing field `version`"),
        ("version: 2\n".to_owned(), "1:1: it has version 2"),
        (
            format!("version: 1\nimages:\n  nginx:1:\n    digest: {digest}\n    kind: index\n"),
            "3:3: `nginx:1` is not",
        ),
        (
            "version: 1\nimages:\n  docker.io/library/nginx:1:\n    digest: sha256:82\n    kind: index\n"
                .to_owned(),
            "4:5: it cannot be read",
        ),
    ] {
        let project = Project::with(&[("compose.yaml", DATABASE), ("hardtack.lock", &text)]);
        project.run(&["plan"]).ends(2).tells(&format!("error: hardtack.lock:{line}"));
        project.write("other/my.lock", &text);
        std::fs::remove_file(project.path("hardtack.lock")).unwrap();
        project
            .run(&["plan", "--lock", "other/my.lock"])
            .ends(2)
            .tells(&format!("error: other/my.lock:{line}"));
    }
}

#[test]
fn bad_input_is_3_and_counts_more_than_findings() {
    let project = Project::with(&[("compose.yaml", DATABASE), ("bad.compose.yaml", "services: [\n")]);
    for arguments in [&["plan"][..], &["plan", "--exit-code"], &["check"], &["apply"]] {
        project.run(arguments).ends(3);
    }
    project.run(&["plan", "nope.yaml"]).ends(3).tells("error: nope.yaml: there is no such file or folder");
}

#[test]
fn no_compose_file_is_0_with_a_note() {
    let note = "note: there is no Compose file here";
    Project::new().run(&["plan"]).ends(0).tells(note);
    Project::new().run(&["check"]).ends(0).tells(note);
}
