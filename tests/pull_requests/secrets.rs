//! Where the token goes and where it never does; and what a body shows of files.

use super::forge::TOKEN;
use super::http::Response;
use super::scene::{BRANCH, COMPOSE, Scene, git};
use std::os::unix::fs::PermissionsExt;

#[test]
fn the_token_stands_in_no_argument_no_address_and_no_file() {
    let Some(scene) = Scene::new() else { return };
    // A `git` that notes how it is called, before the real one.
    let folder = scene.path("bin");
    std::fs::create_dir(&folder).unwrap();
    let log = scene.path("calls");
    let script =
        format!("#!/bin/sh\nprintf '%s\\n' \"$*\" >> {}\nPATH=\"$REAL\" exec git \"$@\"\n", log.display());
    std::fs::write(folder.join("git"), script).unwrap();
    std::fs::set_permissions(folder.join("git"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let real = std::env::var("PATH").unwrap();
    let path = format!("{}:{real}", folder.display());
    let variables = [("HARDTACK_TOKEN", TOKEN), ("PATH", &path), ("REAL", &real)];
    scene.run_in("work", &["pr", "--offline", "--format", "json"], &variables).ends(0).did("created");
    let calls = std::fs::read_to_string(&log).unwrap();
    assert!(calls.contains(" push ") && calls.contains(" fetch "), "{calls}");
    assert!(!calls.contains(TOKEN) && !calls.contains("extraHeader"), "{calls}");
    let config = std::fs::read_to_string(scene.work().join(".git/config")).unwrap();
    assert!(!config.contains(TOKEN) && !config.to_lowercase().contains("header"), "{config}");
    for request in &scene.forge.world().git_log {
        assert!(!request.path.contains(TOKEN) && !request.raw_query.contains(TOKEN));
    }
}

#[test]
fn a_header_that_the_runner_left_is_not_sent_besides() {
    let Some(scene) = Scene::new() else { return };
    let key = format!("http.http://{}/.extraheader", scene.forge.address);
    git(&scene.work(), &["config", &key, "AUTHORIZATION: basic bGVmdDpvdmVy"], "").unwrap();
    scene.pr(&[]).ends(0).did("created");
    let world = scene.forge.world();
    assert!(
        world
            .git_log
            .iter()
            .all(|request| request.headers.get("authorization").is_none_or(|all| all.len() == 1))
    );
}

#[test]
fn settings_that_came_by_the_environment_stay() {
    let Some(scene) = Scene::new() else { return };
    let variables = [
        ("HARDTACK_TOKEN", TOKEN),
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "user.email"),
        ("GIT_CONFIG_VALUE_0", "bot@example.org"),
        ("GIT_AUTHOR_NAME", "bot"),
        ("GIT_COMMITTER_NAME", "bot"),
    ];
    scene.run_in("work", &["pr", "--offline", "--format", "json"], &variables).ends(0).did("created");
    let author = git(&scene.bare("o/n"), &["log", "-1", "--format=%an <%ae>", BRANCH], "").unwrap();
    assert_eq!(author, "bot <bot@example.org>\n");
}

#[test]
fn a_body_hides_secrets_and_calls_nobody() {
    let secret = "hunter2-value";
    let compose = format!(
        "services:\n  \"@all fixes #1 <b>\":\n    image: nginx:1.27\n    environment:\n      API_TOKEN: {secret}\n    ports: [\"5432:5432\"]\n"
    );
    let Some(scene) = Scene::on(&["--forge", "github"], &compose) else { return };
    scene.pr(&[]).ends(0).did("created");
    let pull = scene.pulls()[0].clone();
    assert!(!pull.body.contains(secret), "{}", pull.body);
    let message = git(&scene.bare("o/n"), &["log", "-1", "--format=%B", BRANCH], "").unwrap();
    for text in [&message, &pull.title] {
        assert!(!text.contains(secret) && !text.contains("@all") && !text.contains("#1"), "{text}");
    }
    // In the body a name stands in code alone.
    let outside: String = pull.body.split('`').step_by(2).collect();
    assert!(!outside.contains("@all") && !outside.contains("#1 "), "{outside}");
}

#[test]
fn a_body_keeps_to_the_limit() {
    let Some(scene) = Scene::new() else { return };
    let many = |prefix: &str| {
        let service = |number: usize| {
            format!("  {prefix}{number}:\n    image: app\n    ports: [\"{}:5432\"]\n", 10000 + number)
        };
        format!("services:\n{}", (0..100).map(service).collect::<String>())
    };
    let files: Vec<(String, String)> =
        (0..8).map(|number| (format!("p{number}/compose.yaml"), many(&format!("s{number}x")))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    scene.change_base(&files);
    let made = scene.pr(&[]).ends(0).did("created");
    assert!(made["counts"]["steps"].as_u64().unwrap() > 1000, "{made}");
    let body = &scene.pulls()[0].body;
    assert!(body.len() <= 60_000, "{}", body.len());
    assert!(body.contains("left out for want of room") && body.contains("How to undo it"), "{body}");
    assert_eq!(body.matches("<details>").count(), body.matches("</details>").count());
    scene.pr(&[]).ends(0).did("unchanged");
}

#[test]
fn bots_that_move_digests_are_named() {
    let lock = "version: 1\nimages:\n  docker.io/library/postgres:16:\n    digest: sha256:1111111111111111111111111111111111111111111111111111111111111111\n    kind: index\n";
    let Some(scene) = Scene::on(&["--forge", "github"], COMPOSE) else { return };
    scene.change_base(&[("hardtack.lock", lock), ("renovate.json", "{}")]);
    scene.pr(&[]).ends(0).did("created");
    assert!(scene.pulls()[0].body.contains("Renovate moves the digests"), "{}", scene.pulls()[0].body);
}

#[test]
fn the_token_follows_no_redirect() {
    let Some(scene) = Scene::new() else { return };
    // The same forge by another name: another host, as far as git knows.
    let elsewhere = scene.url("o/n").replace("127.0.0.1", "localhost");
    let moved = Response {
        status: 301,
        headers: vec![("location".to_owned(), format!("{elsewhere}/info/refs?service=git-upload-pack"))],
        ..Response::default()
    };
    scene.fault("GET", "/info/refs", 9, moved);
    let run = scene.pr(&[]).ends(5);
    assert!(run.stderr.contains("git remote set-url"), "{run:?}");
    let world = scene.forge.world();
    assert!(
        world
            .git_log
            .iter()
            .all(|request| request.header("host").is_some_and(|host| host.starts_with("127.")))
    );
}

#[test]
fn a_body_hides_secrets_that_have_no_name() {
    let compose = "\
services:
  web:
    image: nginx:1.27
    labels:
      traefik.http.middlewares.auth.basicauth.users: \"admin:$$apr1$$abcdefgh$$ABCDEFGHIJKLMNOPQRSTUV\"
    ports: [\"5432:5432\"]
    environment:
      SLACK: https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXX
  cache:
    image: redis:7
    healthcheck:
      test: [\"CMD\", \"redis-cli\", \"-a\", \"Sup3rS3cretRedis\", \"ping\"]
    ports: [\"6379:6379\"]
    hostname: cache
    command: [curl, -H, \"Authorization: Bearer b3arer\", -u, \"admin:t0psecret\", http://x]
";
    let Some(scene) = Scene::on(&["--forge", "github"], compose) else { return };
    scene.pr(&[]).ends(0).did("created");
    let shown: Vec<(Vec<&str>, String)> = [
        vec!["plan", "--offline", "--format", "diff"],
        vec!["plan", "--offline", "--format", "text"],
        vec!["check", "--offline", "--format", "markdown"],
        vec!["plan", "--offline", "--format", "markdown"],
        vec!["check", "--offline", "--format", "github"],
    ]
    .into_iter()
    .map(|arguments| {
        let run = scene.run_in("work", &arguments, &[]);
        (arguments, run.stdout)
    })
    .chain([(vec!["body"], scene.pulls()[0].body.clone())])
    .collect();
    for (place, text) in shown {
        for secret in ["ABCDEFGHIJ", "B00000000", "Sup3rS3cretRedis", "b3arer", "t0psecret"] {
            assert!(!text.contains(secret), "{place:?} shows {secret}:\n{text}");
        }
    }
}

#[test]
fn a_secret_that_moves_is_in_no_commit_and_the_request_names_what_to_set() {
    const SECRET: &str = "hunter2-value";
    const RULES: &str =
        "name: ours\nrules: [{rule: secrets-in-environment, options: {mode: env-file}}, no-new-privileges]\n";
    for arguments in [&[][..], &["--by-fix"]] {
        let compose = format!(
            "services:\n  app:\n    image: app:1\n    environment:\n      API_TOKEN: {SECRET}\n      PLAIN: x\n"
        );
        let Some(scene) = Scene::on(&["--forge", "github"], &compose) else { return };
        scene.change_base(&[("rules.yaml", RULES), (".gitignore", ".env\n")]);
        // The person's own file has a say in nothing.
        std::fs::write(scene.work().join(".env"), "API_TOKEN=theirs\n").unwrap();
        let branch = "hardtack/ours";
        let run = scene.pr(arguments).ends(0);
        let (stdout, stderr) = (run.stdout.clone(), run.stderr.clone());
        run.did("created");
        let pull = scene.pulls()[0].clone();
        let moved = "API_TOKEN: ${API_TOKEN:?API_TOKEN must be set}";
        assert!(scene.file(branch, "compose.yaml").contains(moved));
        let log =
            git(&scene.bare("o/n"), &["log", "--name-only", "--format=%B", branch, "^main"], "").unwrap();
        assert!(!log.lines().any(|line| line == ".env"), "{log}");
        assert!(
            pull.body.contains("set these variables") && pull.body.contains("`API_TOKEN`"),
            "{}",
            pull.body
        );
        for text in [&log, &pull.title, &pull.body, &stdout, &stderr] {
            assert!(!text.contains(SECRET) && !text.contains("theirs"), "{text}");
        }
        assert_eq!(std::fs::read_to_string(scene.work().join(".env")).unwrap(), "API_TOKEN=theirs\n");
        scene.pr(arguments).ends(0).did("unchanged");
        scene.merge_branch(branch);
        scene.pr(arguments).ends(0).did("nothing");
    }
}

#[test]
fn a_request_has_git_ignore_the_file_that_it_does_not_commit() {
    let compose = "services:\n  app:\n    image: app:1\n    environment:\n      API_TOKEN: hunter2-value\n";
    let Some(scene) = Scene::on(&["--forge", "github"], compose) else { return };
    let rules = "name: ours\nrules: [{rule: secrets-in-environment, options: {mode: env-file}}]\n";
    scene.change_base(&[("rules.yaml", rules)]);
    scene.pr(&[]).ends(0).did("created");
    let files = git(&scene.bare("o/n"), &["ls-tree", "--name-only", "hardtack/ours"], "").unwrap();
    assert!(
        files.lines().any(|name| name == ".gitignore") && !files.lines().any(|name| name == ".env"),
        "{files}"
    );
    assert_eq!(scene.file("hardtack/ours", ".gitignore"), ".env\n");
}
