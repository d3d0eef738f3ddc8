//! `hardtack init` and `hardtack init ci`: what they write is sound, explained, and never in anybody's way.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests: a panic is a failed test")]
#![allow(dead_code, reason = "a helper that other tests share")]

#[path = "cli/project.rs"]
mod project;

use project::Project;

const COMPOSE: &str = "\
services:
  web:
    image: nginx:1.27
    ports: [\"8080:80\"]
  db:
    image: postgres:16
    ports: [\"5432:5432\"]
  ledger:
    image: registry.example.org/team/ledger:3
    ports: [\"9000:9000\"]
";

fn findings(project: &Project) -> serde_json::Value {
    project.run(&["plan", "--format", "json"]).json()["findings"].clone()
}

#[test]
fn the_starting_text_changes_nothing_and_says_why() {
    for project in
        [Project::with(&[("compose.yaml", COMPOSE), ("app/Dockerfile", "FROM nginx:1.27\n")]), Project::new()]
    {
        // The usual profile, by name: without one, the helper runs the program with a profile of the tests.
        project.write("hardtack.yaml", "profile: recommended\n");
        let before = findings(&project);
        std::fs::remove_file(project.path("hardtack.yaml")).unwrap();
        project.run(&["init"]).ends(0).shows("Wrote hardtack.yaml");
        assert_eq!(findings(&project), before);
        let text = project.read("hardtack.yaml");
        assert!(text.contains("\nprofile: recommended\n"), "{text}");
        let is_comment = |line: &&str| line.starts_with('#') || line.is_empty();
        assert_eq!(text.lines().filter(|line| !is_comment(line)).count(), 1, "{text}");
        project.run(&["init"]).ends(2).mentions("it is left as it is");
        assert_eq!(project.read("hardtack.yaml"), text);
    }
}

#[test]
fn what_was_found_and_what_is_unknown_is_listed() {
    let project = Project::with(&[("compose.yaml", COMPOSE), ("renovate.json", "{}")]);
    let text = project.run(&["init", "--dry-run"]).ends(0).stdout;
    assert!(!project.path("hardtack.yaml").exists());
    for line in [
        "# Found: 3 services in 1 Compose file, and 0 Dockerfiles.",
        "#   compose.yaml: web (nginx:1.27)",
        "#   registry.example.org/team/ledger:3",
        "#       ledger: { bind: all }   # ",
        "# Renovate moves digests here (renovate.json).",
    ] {
        assert!(text.lines().any(|found| found.starts_with(line)), "{line} in\n{text}");
    }
}

#[test]
fn a_login_in_a_reference_is_not_copied_and_each_word_is_said_once() {
    let compose = "services:\n  a:\n    image: robot:hunter2@registry.example.org/team/y:2\n";
    let project = Project::with(&[("compose.yaml", compose)]);
    let text = project.run(&["init", "--dry-run"]).ends(0).stdout;
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains("a ([hidden]@registry.example.org/team/y:2)"), "{text}");
    let empty = Project::new().run(&["init", "--dry-run"]).ends(0);
    assert_eq!(empty.stderr.matches("there is no Compose file here").count(), 1, "{}", empty.stderr);
}

/// The text with the comments of one part taken away, as a person does.
fn switched_on(text: &str, part: &str) -> String {
    let mut on = false;
    let mut out = String::new();
    for line in text.lines() {
        on = line.starts_with(&format!("# {part}:")) || on && line.starts_with("#  ");
        out.push_str(if on { line.strip_prefix("# ").unwrap() } else { line });
        out.push('\n');
    }
    assert!(out.contains(&format!("\n{part}:\n")), "{out}");
    out
}

#[test]
fn each_part_is_sound_once_its_comments_are_taken_away() {
    let project = Project::with(&[("compose.yaml", COMPOSE)]);
    project.run(&["init"]).ends(0);
    let text = project.read("hardtack.yaml");
    for part in ["rules", "exceptions", "images"] {
        project.write("hardtack.yaml", switched_on(&text, part));
        project.run(&["plan"]).ends(0);
    }
    project.write("hardtack.yaml", switched_on(&text, "rules"));
    project.run(&["plan"]).ends(0).shows("127.0.0.1:9000:9000");
}

#[test]
fn one_service_alone_can_be_switched_on() {
    let more = format!(
        "{COMPOSE}  other:\n    image: registry.example.org/team/other:3\n    ports: [\"9001:9001\"]\n"
    );
    let project = Project::with(&[("compose.yaml", &more)]);
    project.run(&["init"]).ends(0);
    let text = project.read("hardtack.yaml");
    assert!(
        text.contains(
            "the three lines above the services:\n# rules:\n#   bind-localhost:\n#     services:\n"
        )
    );
    let wanted = ["# rules:", "#   bind-localhost:", "#     services:", "#       other:"];
    let switched = |line: &str| match wanted.iter().any(|start| line.starts_with(start)) {
        true => format!("{}\n", line.strip_prefix("# ").unwrap()),
        false => format!("{line}\n"),
    };
    project.write("hardtack.yaml", text.lines().map(switched).collect::<String>());
    let shown = project.run(&["plan"]).ends(0).stdout;
    assert!(shown.contains("127.0.0.1:9001:9001") && !shown.contains("127.0.0.1:9000:9000"), "{shown}");
}

#[test]
fn what_variables_have_for_defaults_counts() {
    let compose = "services:\n  db:\n    image: postgres:${PG_TAG:-16-bookworm}\n  tagged:\n    image: redis:${TAG}\n  own:\n    image: ${IMG:-example.org/own:1}\n";
    let project = Project::with(&[("compose.yaml", compose)]);
    let text = project.run(&["init", "--dry-run"]).ends(0).stdout;
    let unknown: Vec<&str> =
        text.lines().skip_while(|line| !line.contains("hardtack knows nothing")).skip(2).take(2).collect();
    assert_eq!(unknown, ["#   example.org/own:1", "# images:"], "{text}");
    assert!(text.contains("#   compose.yaml: db (postgres:16-bookworm)"), "{text}");
}

#[test]
fn an_empty_folder_has_no_service_in_its_text() {
    let project = Project::new();
    project.run(&["init"]).ends(0);
    let text = project.read("hardtack.yaml");
    assert!(!text.contains("service: web") && text.contains("service: NAME-OF-A-SERVICE"), "{text}");
}

#[test]
fn a_file_that_could_not_be_read_is_no_success() {
    let project = Project::with(&[("compose.yaml", "services: [\n")]);
    let run = project.run(&["init"]).ends(3);
    assert!(run.stderr.contains("compose.yaml:"), "{run}");
    assert!(project.root().join("hardtack.yaml").is_file());
}

#[test]
fn names_from_files_stay_in_their_comments() {
    let hostile = "services:\n  \"a\\nprofile: none\\n\":\n    image: \"x\\ny: z\"\n    ports: [\"9000:9000\"]\n  \"b: {c\":\n    image: q\n    ports: [\"9001:9001\"]\n";
    let project = Project::with(&[("compose.yaml", hostile)]);
    project.run(&["init"]).ends(0);
    let text = project.read("hardtack.yaml");
    assert_eq!(text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).count(), 1, "{text}");
    project.run(&["plan"]).ends(0);
    project.write("hardtack.yaml", switched_on(&text, "rules"));
    project.run(&["plan"]).ends(0);
}

#[test]
fn where_the_usual_profile_has_nothing_left_the_next_one_is_chosen() {
    let project = Project::example();
    std::fs::remove_file(project.path("hardtack.yaml")).unwrap();
    let first = project.run(&["init", "--dry-run"]).ends(0).stdout;
    project.run(&["apply"]).ends(0);
    let next = project.run(&["init", "--dry-run"]).ends(0).stdout;
    assert!(first.contains("\nprofile: recommended\n"), "{first}");
    let strict = project.run(&["plan", "--profile", "strict", "--format", "json"]).json();
    let wanted = if strict["steps"] == serde_json::json!([]) { "recommended" } else { "strict" };
    assert!(next.contains(&format!("\nprofile: {wanted}\n")), "{next}");
}

/// The texts that `init ci` writes for a forge, by path.
fn written(forge: &str) -> Vec<(String, String)> {
    let project = Project::with(&[("compose.yaml", COMPOSE)]);
    project.run(&["init", "ci", "--forge", forge]).ends(0);
    let files = project.files().into_iter().filter(|(path, _)| path != "compose.yaml");
    files.map(|(path, (bytes, _))| (path, String::from_utf8(bytes).unwrap())).collect()
}

#[test]
fn each_forge_gets_a_check_a_schedule_and_pre_commit() {
    for (forge, count) in [("github", 3), ("gitlab", 3), ("forgejo", 3)] {
        let files = written(forge);
        assert_eq!(files.len(), count, "{forge}");
        for (path, text) in &files {
            let version = env!("CARGO_PKG_VERSION");
            assert!(
                text.contains(&format!("--version {version} "))
                    || text.contains(&format!("hardtack:{version}\"")),
                "{path}"
            );
            assert!(!text.contains("{version}"), "{path}");
            serde_json::to_string(&yaml(text)).unwrap();
        }
    }
}

/// The commands of a workflow's steps, with what else is said of each; of a GitLab job's script, its lines.
fn runs(workflow: &serde_json::Value) -> Vec<(String, bool)> {
    let jobs = workflow["jobs"].as_object().into_iter().flat_map(|jobs| jobs.values());
    let steps = jobs.flat_map(|job| job["steps"].as_array().unwrap());
    let of_step = |step: &serde_json::Value| {
        Some((step["run"].as_str()?.to_owned(), step["if"] == "${{ success() || failure() }}"))
    };
    let jobs = workflow.as_object().unwrap().values().filter_map(|job| job["script"].as_array());
    let lines = jobs.flatten().flat_map(|script| script.as_str().unwrap().lines());
    let lines = lines.map(|line| (line.to_owned(), line.ends_with("|| status=$?")));
    let all = steps.filter_map(of_step).chain(lines);
    all.filter(|(run, _)| run.starts_with("hardtack ")).collect()
}

#[test]
fn a_project_below_has_runs_of_its_own() {
    for forge in ["github", "gitlab", "forgejo"] {
        let project = Project::with(&[
            ("compose.yaml", COMPOSE),
            ("a/hardtack.yaml", ""),
            ("a/b.c/hardtack.yaml", ""),
            ("x y/hardtack.yaml", ""),
            ("-z/hardtack.yaml", ""),
            ("other/hardtack.yaml", ""),
            ("other/.git", "gitdir: ../.git/modules/other\n"),
        ]);
        let run = project.run(&["init", "ci", "--forge", forge]).ends(0);
        run.mentions("note: x y is a project of its own, and nothing that is written here runs it");
        for (path, (bytes, _)) in project.files().into_iter().filter(|(path, _)| path.ends_with(".yml")) {
            let workflow = yaml(&String::from_utf8(bytes).unwrap());
            let runs = runs(&workflow);
            if (forge, path.ends_with("check.yml")) == ("gitlab", true) {
                let job = &workflow["hardtack-check"];
                let projects = serde_json::json!([{ "PROJECT": [".", "a", "a/b.c"] }]);
                assert_eq!(job["parallel"]["matrix"], projects, "{path}");
                assert!(runs[0].0.starts_with("hardtack check --format gitlab \"$PROJECT\" >"), "{runs:?}");
                continue;
            }
            let roots: Vec<&(String, bool)> = runs.iter().step_by(3).collect();
            assert_eq!(roots.len(), if path.ends_with("check.yml") { 1 } else { 2 }, "{path}: {runs:?}");
            for (number, (run, _)) in roots.into_iter().enumerate() {
                for (project, at) in [("a", 1), ("a/b.c", 2)] {
                    let (call, rest) =
                        run.split_once(" ||").map_or((run.as_str(), None), |(call, rest)| (call, Some(rest)));
                    let wanted = match rest {
                        Some(rest) => format!("{call} {project} ||{rest}"),
                        None => format!("{call} {project}"),
                    };
                    assert_eq!(runs[3 * number + at], (wanted, true), "{path}: one project hides no other");
                }
            }
        }
        let hooks = yaml(&project.read(".pre-commit-config.yaml"))["repos"][0]["hooks"].clone();
        let entries: Vec<&str> =
            hooks.as_array().unwrap().iter().map(|hook| hook["entry"].as_str().unwrap()).collect();
        let root = "hardtack check --offline --skip pin-digest";
        assert_eq!(entries, [root.to_owned(), format!("{root} a"), format!("{root} a/b.c")]);
        // Each of them is a run that there is.
        for entry in entries {
            let words: Vec<&str> = entry.split(' ').skip(1).filter(|word| *word != "--offline").collect();
            let run = project.run(&words);
            assert!(matches!(run.code, 0 | 1), "{run}");
        }
        // No workflow is written where no runner looks.
        project.run_in("a", &["init", "ci", "--forge", forge]).ends(2).mentions("help: run it there");
    }
}

/// The file of a forge that runs by schedule.
const SCHEDULES: [(&str, &str); 3] = [
    ("github", ".github/workflows/hardtack-pull-request.yml"),
    ("gitlab", ".gitlab/hardtack-merge-request.yml"),
    ("forgejo", ".forgejo/workflows/hardtack-pull-request.yml"),
];

#[test]
fn the_schedule_moves_digests_and_is_the_text_of_the_rule() {
    for (forge, path) in SCHEDULES {
        let files = written(forge);
        let (_, text) = files.iter().find(|(own, _)| own == path).unwrap();
        for call in ["hardtack pr\n", "hardtack pr --refresh --min-age 7"] {
            assert!(
                text.contains(call) || text.contains(&call.replace('\n', " ||")),
                "{path}: {call}\n{text}"
            );
        }
        let options = format!("{{ rule: refresh-schedule, options: {{ forge: {forge}, by: hardtack }} }}");
        let profile = format!("name: own\nrules: [{options}]\n");
        let project = Project::with(&[("compose.yaml", COMPOSE), ("own.yaml", &profile)]);
        project.run(&["apply", "--profile", "own.yaml"]).ends(0);
        assert_eq!(&project.read(path), text, "{path}");
        // Once it is there, nothing is left to say.
        project.run(&["check", "--profile", "own.yaml"]).ends(0);
        let weekly = profile.replace("by: hardtack", "by: hardtack, interval: weekly");
        let project = Project::with(&[("compose.yaml", COMPOSE), ("own.yaml", &weekly)]);
        project.run(&["apply", "--profile", "own.yaml"]).ends(0);
        let weekly = project.read(path);
        assert!(weekly.contains("17 4 * * 2") && !weekly.contains("{cron}"), "{weekly}");
        assert_eq!(weekly.replace("17 4 * * 2", "17 4 2 1,4,7,10 *"), *text);
    }
}

fn yaml(text: &str) -> serde_json::Value {
    serde_yaml::from_str(text).unwrap()
}

/// The actions that may be used, each with its release and the commit of that release's tag, as looked up in the
/// action's own repository.
const ACTIONS: &[(&str, &str, &str)] = &[
    ("actions/checkout", "3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"),
    ("actions/upload-artifact", "bbbca2ddaa5d8feaa63e36b76fdaad77386f024f", "v7.0.0"),
    ("actions/download-artifact", "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c", "v8.0.1"),
    ("actions/attest-build-provenance", "a2bbfa25375fe432b6a289bc6b6cd05ecd0c4c32", "v4.1.0"),
    ("github/codeql-action/upload-sarif", "8aad20d150bbac5944a9f9d289da16a4b0d87c1e", "v4.36.2"),
];

#[test]
fn every_action_is_pinned_to_the_commit_of_its_release() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts: Vec<(String, String)> =
        ["github", "gitlab", "forgejo"].into_iter().flat_map(written).collect();
    for path in ["action.yml", ".github/workflows/ci.yml", ".github/workflows/release.yml"] {
        texts.push((path.to_owned(), std::fs::read_to_string(root.join(path)).unwrap()));
    }
    let mut seen = 0;
    for (path, text) in &texts {
        for line in
            text.lines().filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: "))
        {
            let pinned = ACTIONS.iter().any(|(name, commit, tag)| line == format!("{name}@{commit} # {tag}"));
            assert!(pinned, "{path}: {line}");
            seen += 1;
        }
    }
    assert!(seen >= 4, "{seen}");
}

#[test]
fn workflows_ask_for_what_they_need_and_for_no_more() {
    for forge in ["github", "forgejo"] {
        for (path, text) in written(forge).iter().filter(|(path, _)| path.contains("workflows")) {
            let workflow = yaml(text);
            assert_eq!(workflow["permissions"], serde_json::json!({}), "{path}: nothing by default");
            let jobs = workflow["jobs"].as_object().unwrap();
            for job in jobs.values() {
                let granted = job["permissions"].as_object().unwrap();
                let writes: Vec<&str> = granted
                    .iter()
                    .filter(|(_, level)| *level == "write")
                    .map(|(name, _)| name.as_str())
                    .collect();
                let is_github_request = forge == "github" && path.contains("pull-request");
                assert_eq!(
                    writes,
                    if is_github_request { vec!["contents", "pull-requests"] } else { vec![] },
                    "{path}"
                );
                assert!(job["timeout-minutes"].is_u64(), "{path}");
            }
            assert!(!text.contains("pull_request_target"), "{path}");
        }
    }
}

#[test]
fn what_is_there_stays_and_bots_are_left_to_move_digests() {
    let project = Project::with(&[
        ("compose.yaml", COMPOSE),
        (".pre-commit-config.yaml", "repos: []\n"),
        (".github/renovate.json", "{}"),
    ]);
    let run = project.run(&["init", "ci"]).ends(0);
    let run = run
        .mentions("note: .pre-commit-config.yaml is there already")
        .mentions("Renovate (.github/renovate.json) moves digests");
    assert_eq!(project.read(".pre-commit-config.yaml"), "repos: []\n");
    assert!(project.path(".github/workflows/hardtack-check.yml").exists(), "{run}");
    assert!(!project.path(".github/workflows/hardtack-pull-request.yml").exists());
    project.run(&["init", "ci", "--with-schedule"]).ends(0);
    assert!(project.path(".github/workflows/hardtack-pull-request.yml").exists());
    Project::with(&[("compose.yaml", COMPOSE)])
        .run(&["init", "ci"])
        .ends(2)
        .mentions("help: say so: --forge");
}

#[test]
fn the_next_steps_name_what_is_there_and_nothing_else() {
    let schedule = ".gitlab/hardtack-merge-request.yml";
    let project = Project::with(&[("compose.yaml", COMPOSE), ("renovate.json", "{}")]);
    let said = project.run(&["init", "ci", "--forge", "gitlab"]).ends(0).stdout;
    assert!(said.contains(".gitlab/hardtack-check.yml") && !said.contains(schedule), "{said}");
    let said = project.run(&["init", "ci", "--forge", "gitlab", "--with-schedule"]).ends(0).stdout;
    assert!(said.contains(schedule), "{said}");
    let said = project.run(&["init", "ci", "--forge", "gitlab", "--with-schedule"]).ends(0).stdout;
    assert!(said.is_empty(), "nothing was written: {said}");
    let github = Project::with(&[("compose.yaml", COMPOSE), ("renovate.json", "{}")]);
    let said = github.run(&["init", "ci", "--forge", "github"]).ends(0).stdout;
    assert!(!said.contains("hardtack-pull-request.yml"), "{said}");
}

#[test]
fn a_check_of_pushes_looks_at_the_default_branch() {
    let check = |script: &str, forge: &[&str], path: &str| {
        let project = Project::with(&[("compose.yaml", COMPOSE)]);
        let mut shell = std::process::Command::new("sh");
        shell.args(["-ec", script]).current_dir(project.path("."));
        let variables = ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"];
        assert!(shell.envs(variables.map(|name| (name, "x"))).status().unwrap().success());
        project.run(&[&["init", "ci"], forge].concat()).ends(0);
        project.read(path)
    };
    let (github, forgejo) = (".github/workflows/hardtack-check.yml", ".forgejo/workflows/hardtack-check.yml");
    let trunk = check("git init -q -b trunk", &["--forge", "github"], github);
    assert!(trunk.contains("branches: [\"trunk\"]"), "{trunk}");
    // The remote says which forge it is, too.
    let remote = "git init -q -b topic; git remote add origin https://codeberg.org/a/b.git; \
                  git symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/devel";
    assert!(check(remote, &[], forgejo).contains("branches: [\"devel\"]"));
    // Its word counts more than files that came along from another forge.
    let moved = "git init -q; mkdir .gitlab .forgejo; git remote add origin git@github.com:a/b.git";
    assert!(check(moved, &[], github).contains("hardtack check"));
    let topic = "git init -q -b main; git commit -q --allow-empty -m x; git pack-refs --all; git checkout -q -b topic";
    assert!(check(topic, &["--forge", "github"], github).contains("branches: [main, master]"));
    let odd = "git init -q; git symbolic-ref HEAD 'refs/heads/a]\"b'";
    assert!(check(odd, &["--forge", "github"], github).contains("branches: [main, master]"));
}
