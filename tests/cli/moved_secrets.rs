//! Secrets that move from a Compose file to the `.env` beside it: no output shows them, each can go back, and Compose
//! resolves the same.

use super::project::Project;
use super::support::compose::Compose;
use serde_json::Value;
use std::fs;
use std::path::Path;

const SECRET: &str = "hunter2-s3cret";
const ONLY: [&str; 4] = ["--profile", "strict", "--only", "secrets-in-environment"];

/// Values in every form that people write, two of them the same.
fn project() -> Project {
    let text = format!(
        "services:
  db:
    image: example.org/db:1
    environment:
      DB_PASSWORD: {SECRET}
      PGPASSWORD:
        {SECRET}$$1
  web:
    image: example.org/web:1
    environment:
      - \"DB_PASSWORD={SECRET}\"
      - API_TOKEN={SECRET}-2
      - DATABASE_URL=postgres://app:{SECRET}@db/app
  other:
    image: example.org/web:1
    environment: {{API_TOKEN: '{SECRET} # \"3\"', SECRET_KEY: \"it's {SECRET}\"}}
"
    );
    Project::with(&[("compose.yaml", &text)])
}

fn run(project: &Project, arguments: &[&str]) -> super::project::Run {
    let arguments: Vec<&str> = arguments.iter().chain(&ONLY).copied().collect();
    project.run(&arguments)
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn resolved(compose: &Compose, project: &Project) -> Value {
    compose.resolve("p", &project.root(), &["compose.yaml"]).unwrap()
}

/// CI may build it, or a person.
#[test]
fn a_dockerfile_that_no_service_builds_does_not_get_the_file() {
    let compose =
        "services:\n  db:\n    image: example.org/db:1\n    environment:\n      DB_PASSWORD: abcdefg1\n";
    let ignored = |dockerfile: &str, env: Option<&str>| {
        let project = Project::with(&[("deploy/compose.yaml", compose), ("Dockerfile", dockerfile)]);
        env.into_iter().for_each(|text| project.write("deploy/.env", text));
        project.run(&["apply", "--profile", "strict", "--only", "secrets-in-environment"]).ends(0);
        let moved = project.read("deploy/compose.yaml") != compose;
        let path = project.path(".dockerignore");
        (moved, path.exists().then(|| fs::read_to_string(path).unwrap()))
    };
    let kept_out = (true, Some("deploy/.env\n".to_owned()));
    for copy in
        ["COPY . .", "ADD ./ /srv/", "COPY [\"deploy\", \"/srv\"]", "COPY deploy/* /", "COPY x deploy/.env /"]
    {
        assert_eq!(ignored(&format!("FROM scratch\n{copy}\n"), None), kept_out, "{copy}");
    }
    for copy in ["COPY app /app", "COPY --from=debian:13 . /", "COPY deploy2 /", "RUN x"] {
        assert_eq!(ignored(&format!("FROM scratch\n{copy}\n"), None), (true, None), "{copy}");
    }
    let left = ignored("FROM scratch\nCOPY . .\n", Some("TAG=1\n"));
    assert_eq!(left, (false, None), "the image may need what it has today");
}

#[test]
fn what_to_look_out_for_is_said_once() {
    let compose = "services:\n  db:\n    image: example.org/db:1\n    environment:\n      DB_PASSWORD: abcdefg1\n      API_TOKEN: abcdefg2\n";
    let project = Project::with(&[("compose.yaml", compose)]);
    let run = project.run(&["apply", "--profile", "strict", "--only", "secrets-in-environment"]).ends(0);
    assert_eq!(run.stdout.matches("nothing of the project starts").count(), 1, "{run}");
    assert_eq!(
        run.stdout.matches("move the value of `API_TOKEN`").count(),
        3,
        "each file has its step: {run}"
    );
}

#[test]
fn no_view_shows_what_moves() {
    let project = project();
    project.write(".env", format!("TAG=1\nMULTI=\"a\n{SECRET}\"\nOTHER={SECRET}\n"));
    for arguments in [
        &["plan", "--color", "never"][..],
        &["plan", "--color", "always"],
        &["plan", "--format", "json"],
        &["plan", "--format", "sarif"],
        &["plan", "--format", "github"],
        &["plan", "--format", "gitlab"],
        &["plan", "--format", "markdown"],
        &["plan", "-o", "plan.json"],
        &["check"],
        &["check", "--format", "json"],
        &["check", "--format", "sarif"],
        &["report"],
        &["report", "--format", "json"],
        &["apply"],
    ] {
        let run = run(&project, arguments);
        assert!(run.code <= 1, "{arguments:?} {run}");
        assert!(!run.stdout.contains(SECRET) && !run.stderr.contains(SECRET), "{arguments:?} {run}");
    }
    for arguments in [&["rollback", "--list"][..], &["rollback", "--dry-run"], &["rollback"]] {
        let run = project.run(arguments).ends(0);
        assert!(!run.stdout.contains(SECRET) && !run.stderr.contains(SECRET), "{run}");
    }
}

#[test]
fn a_saved_plan_holds_the_values_for_its_owner_alone() {
    let (at_once, saved) = (project(), project());
    run(&at_once, &["apply"]).ends(0);
    saved.write("plan.json", "{\"format\": \"2.0\", \"steps\": []}");
    let told = run(&saved, &["plan", "-o", "plan.json"]).ends(0);
    assert!(told.stderr.contains("only you may read it"), "{told}");
    assert!(saved.read("plan.json").contains(SECRET));
    assert_eq!(mode(&saved.path("plan.json")), 0o600);
    saved.run(&["apply", "plan.json"]).ends(0);
    for path in ["compose.yaml", ".env", ".gitignore"] {
        assert_eq!(saved.read(path), at_once.read(path), "{path}");
    }
    assert_eq!(mode(&saved.path(".env")), 0o600);
}

#[test]
fn compose_resolves_the_same() {
    let Some(compose) = Compose::find() else { return };
    for env in [None, Some("TAG=1"), Some("\u{feff}TAG=1\r\nX='a'\r\n")] {
        let project = project();
        if let Some(env) = env {
            project.write(".env", env);
        }
        let before = resolved(&compose, &project);
        run(&project, &["apply"]).ends(0);
        assert!(!project.read("compose.yaml").contains(SECRET), "{}", project.read("compose.yaml"));
        assert_eq!(resolved(&compose, &project), before, "{}", project.read(".env"));
        assert!(project.read(".env").starts_with(env.unwrap_or_default()));
        let again = run(&project, &["plan", "--format", "json"]).json();
        assert_eq!(again["steps"].as_array().map(Vec::len), Some(0), "{again:#}");
    }
}

#[test]
fn all_goes_back_and_leaves_no_file() {
    for env in [None, Some("TAG=1")] {
        let project = project();
        if let Some(env) = env {
            project.write(".env", env);
        }
        let before = project.files();
        run(&project, &["apply"]).ends(0);
        project.run(&["rollback"]).ends(0);
        assert_eq!(project.files(), before);
    }
}

#[test]
fn one_service_goes_back_and_the_other_keeps_the_variable_that_both_use() {
    let Some(compose) = Compose::find() else { return };
    let project = project();
    let before = resolved(&compose, &project);
    run(&project, &["apply"]).ends(0);
    let all = project.read(".env");
    project.run(&["rollback", "--service", "db"]).ends(0);
    let (text, env) = (project.read("compose.yaml"), project.read(".env"));
    assert!(text.contains(&format!("      DB_PASSWORD: {SECRET}\n")), "{text}");
    assert!(text.contains("\"DB_PASSWORD=${DB_PASSWORD:?DB_PASSWORD must be set}\""), "{text}");
    assert!(env.contains("DB_PASSWORD=") && !env.contains("PGPASSWORD") && env != all, "{env}");
    assert_eq!(resolved(&compose, &project), before);
    project.run(&["rollback", "--service", "web"]).ends(0);
    project.run(&["rollback", "--service", "other"]).ends(0);
    assert!(!project.path(".env").exists() && !project.path(".gitignore").exists());
}

#[test]
fn what_a_person_put_into_the_file_since_stays() {
    let project = project();
    let before = project.read("compose.yaml");
    run(&project, &["apply"]).ends(0);
    let env = project.read(".env");
    project.write(".env", format!("{env}OWN=1\n"));
    project.run(&["rollback"]).ends(0);
    assert_eq!(project.read("compose.yaml"), before);
    assert_eq!(project.read(".env"), "OWN=1\n");
}

#[test]
fn a_file_that_git_tracks_gets_no_secret() {
    let project = project();
    project.git(&["init", "--quiet"], "");
    project.write(".env", "TAG=1\n");
    project.git(&["add", "--force", ".env"], "");
    let before = project.read("compose.yaml");
    let told = run(&project, &["plan"]);
    assert!(told.stdout.contains("git tracks the file"), "{told}");
    run(&project, &["apply"]);
    assert_eq!((project.read("compose.yaml"), project.read(".env")), (before, "TAG=1\n".to_owned()));
}

#[test]
fn a_file_that_cannot_be_read_gets_no_secret_and_stops_nothing_else() {
    let project = project();
    project.write(".env", b"A=\xff\n");
    let run =
        project.run(&["apply", "--profile", "strict", "--only", "secrets-in-environment,no-new-privileges"]);
    assert!(run.stdout.contains("not valid UTF-8"), "{run}");
    let text = project.read("compose.yaml");
    assert!(text.contains(SECRET) && text.contains("no-new-privileges:true"), "{text}");
}

#[test]
fn the_recommended_profile_only_says_it() {
    let project = project();
    let told = project
        .run(&["plan", "--profile", "recommended", "--only", "secrets-in-environment", "--format", "json"])
        .ends(0)
        .json();
    assert_eq!(told["steps"].as_array().map(Vec::len), Some(0));
    let advice = told["findings"][0]["remedy"]["text"].as_str().unwrap();
    assert!(advice.contains("`mode: env-file` (profile strict)"), "{advice}");
}

#[test]
fn a_second_rule_adds_to_the_ignore_file_that_the_first_one_made() {
    let project = project();
    project.edit(
        "compose.yaml",
        "    image: example.org/db:1\n",
        "    image: example.org/db:1\n    env_file: db/.env.prod\n",
    );
    let rules = ["--profile", "strict", "--only", "secrets-in-environment,ignore-env-file"];
    let with = |first: &[&'static str]| first.iter().chain(&rules).copied().collect::<Vec<_>>();
    let before = project.read("compose.yaml");
    project.run(&with(&["apply"])).ends(0);
    assert_eq!(project.read(".gitignore"), ".env\ndb/.env.prod\n");
    let again = project.run(&with(&["plan", "--format", "json"])).json();
    assert_eq!(again["steps"].as_array().map(Vec::len), Some(0), "{again:#}");
    project.run(&["rollback", "--rule", "secrets-in-environment"]).ends(0);
    assert_eq!(project.read(".gitignore"), "db/.env.prod\n");
    project.run(&["rollback", "--rule", "ignore-env-file"]).ends(0);
    assert!(!project.path(".env").exists() && !project.path(".gitignore").exists());
    assert_eq!(project.read("compose.yaml"), before);
}

#[test]
fn whoever_may_read_the_secrets_is_told_of_once() {
    let project = project();
    project.write(".env", "TAG=1\n");
    let path = project.root().join(".env");
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let done = run(&project, &["apply"]);
    assert_eq!(done.stderr.matches("chmod 600 .env").count(), 1, "{}", done.stderr);
    assert_eq!(mode(&path), 0o644);
    assert_eq!(done.stdout.matches("history of their file").count(), 1, "{}", done.stdout);
}

#[test]
fn a_patch_says_that_it_leaves_a_new_env_open() {
    let patch = run(&project(), &["plan", "--format", "diff"]);
    assert_eq!(patch.stderr.matches("chmod 600 .env").count(), 1, "{}", patch.stderr);
}
