//! No output shows the value of a variable that looks like a secret.

use super::project::Project;

const SECRET: &str = "hunter2-s3cret";

/// A project with a secret in every place where people put them, next to what is fixed.
fn project() -> Project {
    let text = format!(
        "services:
  db:
    image: postgres:${{TAG}}
    environment:
      POSTGRES_PASSWORD: {SECRET}
      PGPASSWORD:
        {SECRET}
      DB_TOKEN: |
        {SECRET}
        {SECRET}
    ports:
      - \"5432:5432\"
  cache:
    image: redis:7
    command: redis-server --requirepass {SECRET}
    ports:
      - \"6379:6379\"
    environment:
      - REDIS_PASSWORD={SECRET}
      - \"API_TOKEN={SECRET}\"
  queue:
    image: redis:7
    ports:
      - \"6380:6379\"
    command:
      - --requirepass
      - {SECRET}
  worker:
    image: worker
    environment: {{DATABASE_URL: \"postgres://app:{SECRET}@db/app\", SECRET_KEY: {SECRET}}}
    # SMTP_PASSWORD: {SECRET}
"
    );
    let project = Project::with(&[("compose.yaml", &text)]);
    project.write(".env", format!("TAG=16\nPOSTGRES_PASSWORD={SECRET}\nAPI_TOKEN={SECRET}\n"));
    project
}

#[test]
fn no_output_shows_a_secret() {
    let project = project();
    for arguments in [
        &["plan", "--color", "never"][..],
        &["plan", "--color", "always"],
        &["plan", "--format", "diff"],
        &["plan", "--by-fix"],
        &["plan", "--format", "json"],
        &["plan", "-o", "plan.json"],
        &["check"],
        &["check", "--format", "json"],
        &["apply"],
        &["rollback", "--list"],
        &["rollback", "--dry-run"],
        &["rollback", "--rule", "bind-localhost"],
    ] {
        let run = project.run(arguments);
        assert!(run.code <= 1, "{run}");
        assert!(!run.stdout.contains(SECRET) && !run.stderr.contains(SECRET), "{run}");
    }
    assert!(!project.read("plan.json").contains(SECRET));
}

#[test]
fn a_patch_without_secrets_in_its_context_still_applies() {
    for arguments in [&["plan", "--format", "diff"][..], &["plan", "--by-fix"]] {
        let by_git = project();
        let patch = by_git.run(arguments).ends(0).stdout;
        by_git.git(&["apply"], &patch);
        let by_us = project();
        by_us.run(&["apply"]).ends(0);
        assert_eq!(by_git.read("compose.yaml"), by_us.read("compose.yaml"), "{patch}");
    }
}

#[test]
fn the_view_for_people_shows_where_a_secret_stands() {
    project()
        .run(&["plan"])
        .shows("      - REDIS_PASSWORD=[hidden]\n")
        .shows("         [hidden]\n         [hidden]\n     ports:\n")
        .shows("       - --requirepass\n       - [hidden]\n");
}

#[test]
fn a_patch_that_must_show_a_secret_says_so() {
    let text = format!("services:\n  db: {{image: x, environment: {{DB_PASSWORD: {SECRET}}}}}\n");
    let project = Project::with(&[("compose.yaml", &text)]);
    project
        .run(&["plan", "--format", "diff"])
        .shows(SECRET)
        .tells("note: 2 lines of this patch may hold a secret");
    project.run(&["plan"]).shows_no(SECRET);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_what_holds_whole_files() {
    let project = project();
    project.run(&["apply"]).ends(0);
    for (path, (_, mode)) in project.all_files() {
        if path.starts_with(".hardtack/rollback/") {
            assert_eq!(mode & 0o077, 0, "{path}");
        }
    }
}
