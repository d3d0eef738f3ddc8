//! `hardtack refresh` with real registries whose tags move.

use super::push::{Image, Push};
use super::real_server::Registries;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A project and a user's home beside it.
pub struct Project {
    folder: TempDir,
    host: String,
}

pub struct Done {
    pub exit: i32,
    pub out: String,
    pub err: String,
}

impl Project {
    pub fn new(host: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("project/web")).unwrap();
        Self { folder, host: host.to_owned() }
    }

    pub fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("project")
    }

    pub fn home(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file of the project, with the registry for `HOST`.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text.replace("HOST", &self.host)).unwrap();
    }

    pub fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap_or_default()
    }

    pub fn run(&self, arguments: &[&str]) -> Done {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hardtack"));
        command.current_dir(self.path()).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        command.env("HOME", self.home()).args(arguments);
        if arguments[0] != "rollback" {
            command.args(["--plain-http", &self.host]);
        }
        let done = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Done { exit: done.status.code().unwrap(), out: text(&done.stdout), err: text(&done.stderr) }
    }

    /// Runs it and expects this exit code.
    pub fn run_to(&self, exit: i32, arguments: &[&str]) -> String {
        let done = self.run(arguments);
        assert_eq!(done.exit, exit, "{arguments:?}\n{}\n{}", done.out, done.err);
        format!("{}\n{}", done.out, done.err)
    }
}

fn image(version: &str) -> Image {
    Image { size: 100 * version.len(), ..Image::of_version("linux/amd64", version) }
}

const COMPOSE: &str = "services:\n  web: # front\n    image: HOST/own/app:1.2\n  other:\n    image: \"${IMAGE:-HOST/own/app:1.2}\"\n  third: { image: 'HOST/own/app:${TAG:-1.2}' }\n  built:\n    build: web\n";
const DOCKERFILE: &str = "# base\nFROM HOST/own/app:1.2 AS base\nRUN true\n";

#[test]
fn files_and_lock_move_together_and_back() {
    let Some(registries) = Registries::start() else { return };
    let host = registries.variable("REG_PLAIN").to_owned();
    let push = Push { host: &host, repository: "own/app" };
    let old = push.index("1.2", &[image("1.2.3"), Image::of_version("linux/s390x", "1.2.3")]);
    let project = Project::new(&host);
    project.write("compose.yaml", COMPOSE);
    project.write("web/Dockerfile", DOCKERFILE);
    project.run_to(0, &["apply", "--profile", "pin-only"]);
    let files = ["compose.yaml", "web/Dockerfile", "hardtack.lock"];
    let pinned: Vec<String> = files.iter().map(|name| project.text(name)).collect();
    assert_eq!(pinned[0].matches(&old).count(), 3, "{}", pinned[0]);
    let shown = project.run_to(0, &["refresh"]);
    assert!(shown.contains("4 pins: 4 current"), "{shown}");

    let new = push.index("1.2", &[image("1.2.10"), Image::of_version("linux/arm64", "1.2.10")]);
    let shown = project.run_to(0, &["refresh", "--dry-run"]);
    for wanted in [
        "own/app:1.2",
        &format!("digest: {old} -> {new}"),
        "version: 1.2.3 -> 1.2.10",
        "size: 500 B -> 600 B",
        "size change: +100 B (+20%)",
        "platforms added: linux/arm64",
        "platforms removed: linux/s390x",
        "floating tag",
        "compose.yaml:3:12 (web)",
        "web/Dockerfile:2:6 (built)",
        "4 to move",
    ] {
        assert!(shown.contains(wanted), "{wanted}: {shown}");
    }
    project.run_to(1, &["refresh", "--check"]);
    assert_eq!(files.map(|name| project.text(name)).to_vec(), pinned, "nothing is written");

    let shown = project.run_to(0, &["refresh"]);
    assert!(shown.contains("4 moved") && shown.contains("hardtack rollback"), "{shown}");
    for (name, before) in files.iter().zip(&pinned).take(2) {
        assert_eq!(project.text(name), before.replace(&old, &new), "{name}");
    }
    let lock = project.text("hardtack.lock");
    assert!(lock.contains(&new) && !lock.contains(&old), "{lock}");
    assert!(
        lock.contains("- linux/arm64") && lock.contains("org.opencontainers.image.version: 1.2.10"),
        "{lock}"
    );
    project.run_to(0, &["refresh", "--check"]);
    project.run_to(0, &["check", "--profile", "pin-only", "--locked"]);

    project.run_to(0, &["rollback"]);
    assert_eq!(files.map(|name| project.text(name)).to_vec(), pinned, "every byte is back");
}

#[test]
fn what_is_gone_is_an_error_even_if_nothing_moves() {
    let Some(registries) = Registries::start() else { return };
    let host = registries.variable("REG_PLAIN").to_owned();
    let push = Push { host: &host, repository: "own/app" };
    let old = push.index("1.2.3", &[image("1.2.3")]);
    let project = Project::new(&host);
    project.write("compose.yaml", "services:\n  web:\n    image: HOST/own/app:1.2.3\n");
    project.run_to(0, &["apply", "--profile", "pin-only"]);
    let created = jiff::Zoned::now().strftime("%Y-%m-%dT00:00:00Z").to_string();
    let young = Image { created, ..image("1.2.3-1") };
    let new = push.index("1.2.3", &[young]);
    push.delete(&old);
    let before = project.text("compose.yaml");
    let shown = project.run_to(1, &["refresh", "--min-age", "7d"]);
    assert!(shown.contains("compose.yaml:3:12: GONE") && shown.contains("Gone:"), "{shown}");
    assert!(shown.contains("made 0 days ago by its own word; 7 days are asked for"), "{shown}");
    assert_eq!(project.text("compose.yaml"), before);
    project.run_to(1, &["refresh", "--check"]);
    // A young pin waits, but not one that nobody can pull.
    let shown = project.run_to(0, &["refresh", "--older-than", "90d"]);
    assert!(shown.contains("GONE") && shown.contains("re-pushed tag"), "{shown}");
    assert_eq!(project.text("compose.yaml"), before.replace(&old, &new));
}

#[test]
fn a_file_that_is_newer_than_the_lock_is_not_set_back() {
    let Some(registries) = Registries::start() else { return };
    let host = registries.variable("REG_PLAIN").to_owned();
    let push = Push { host: &host, repository: "own/app" };
    let first = push.index("1", &[image("1.0.0")]);
    let project = Project::new(&host);
    project.write("compose.yaml", "services:\n  web:\n    image: HOST/own/app:1\n");
    project.run_to(0, &["apply", "--profile", "pin-only"]);
    let second = push.index("1", &[image("1.0.10")]);
    // Somebody else moves the pin.
    let moved = project.text("compose.yaml").replace(&first, &second);
    fs::write(project.path().join("compose.yaml"), &moved).unwrap();
    for command in [&["apply", "--profile", "pin-only"][..], &["refresh", "--check"]] {
        project.run_to(0, command);
        assert_eq!(project.text("compose.yaml"), moved);
    }
    project.run_to(0, &["refresh"]);
    let lock = project.text("hardtack.lock");
    assert!(
        project.text("compose.yaml") == moved && lock.contains(&second) && !lock.contains(&first),
        "{lock}"
    );
    assert!(lock.contains("resolved-at"), "the tag stands for it: {lock}");

    // And again, to a digest that the tag does not stand for any more: the lock follows, without a date.
    let third = push.index("1", &[image("1.0.100")]);
    fs::write(project.path().join("compose.yaml"), moved.replace(&second, &first)).unwrap();
    project.run_to(0, &["refresh", "--min-age", "99999d"]);
    let lock = project.text("hardtack.lock");
    assert!(lock.contains(&first) && !lock.contains("resolved-at"), "{lock}");
    let shown = project.run_to(0, &["refresh", "--older-than", "90d"]);
    assert!(shown.contains("how old the pin is nobody noted"), "{shown}");
    assert!(project.text("compose.yaml").contains(&third) && project.text("hardtack.lock").contains(&third));
    let shown = project.run_to(0, &["refresh", "--older-than", "90d"]);
    assert!(shown.contains("1 current"), "{shown}");
    push.index("1", &[image("1.0.1000")]);
    let shown = project.run_to(0, &["refresh", "--older-than", "90d"]);
    assert!(shown.contains("pinned 0 days ago") && shown.contains("1 not due"), "{shown}");
}

#[test]
fn a_pin_keeps_its_kind_and_its_platform() {
    let Some(registries) = Registries::start() else { return };
    let host = registries.variable("REG_PLAIN").to_owned();
    let push = Push { host: &host, repository: "own/app" };
    let arm = |version: &str| Image::of_version("linux/arm64", version);
    let single = push.image(Some("1"), &arm("1.0.0"));
    let project = Project::new(&host);
    project.write("compose.yaml", &format!("services:\n  web:\n    image: HOST/own/app:1@{single}\n"));
    project.run_to(0, &["refresh"]);
    assert!(project.text("hardtack.lock").contains("kind: manifest"));
    push.index("1", &[image("1.0.10"), arm("1.0.10")]);
    let now = push.image(None, &arm("1.0.10"));
    let shown = project.run_to(0, &["refresh"]);
    assert!(shown.contains("kind: manifest\n") && shown.contains(&now), "{shown}");
    assert!(project.text("compose.yaml").contains(&now));
    project.run_to(0, &["refresh", "--check"]);

    push.index("1", &[image("1.0.100")]);
    let shown = project.run_to(0, &["refresh"]);
    assert!(shown.contains("the pin is for linux/arm64, which the tag has no image for"), "{shown}");
    assert!(project.text("compose.yaml").contains(&now));

    let index = push.index("2", &[image("2.0.0"), arm("2.0.0")]);
    project.write("compose.yaml", &format!("services:\n  web:\n    image: HOST/own/app:2@{index}\n"));
    push.image(Some("2"), &image("2.0.10"));
    let shown = project.run_to(0, &["refresh"]);
    assert!(shown.contains("the tag stands for a single one now") && shown.contains("1 held"), "{shown}");
    assert!(project.text("compose.yaml").contains(&index));
}

#[test]
fn a_pin_moves_to_no_image_that_its_service_cannot_run() {
    let Some(registries) = Registries::start() else { return };
    let host = registries.variable("REG_PLAIN").to_owned();
    let push = Push { host: &host, repository: "own/app" };
    let (amd, arm) = (image("1.0.0"), Image::of_version("linux/arm64", "1.0.0"));
    let (one, several) = (push.image(Some("1"), &amd), push.index("2", &[amd.clone(), arm.clone()]));
    let project = Project::new(&host);
    project.write(
        "compose.yaml",
        &format!(
            "services:\n  one:\n    image: HOST/own/app:1@{one}\n  asks:\n    image: HOST/own/app:2@{several}\n    platform: linux/arm64\n  built:\n    build: web\n"
        ),
    );
    project.write("web/Dockerfile", &format!("FROM --platform=arm64 HOST/own/app:2@{several}\n"));
    let before = [project.text("compose.yaml"), project.text("web/Dockerfile")];
    push.image(Some("1"), &Image { size: 7, ..arm });
    push.index("2", &[Image { size: 7, ..amd }]);
    let shown = project.run_to(0, &["refresh"]);
    for why in ["for linux/amd64, and the tag stands for an image for linux/arm64", "ask for linux/arm64"] {
        assert!(shown.contains(why), "{why}: {shown}");
    }
    assert!(shown.contains("3 held"), "{shown}");
    assert_eq!([project.text("compose.yaml"), project.text("web/Dockerfile")], before);
}

#[test]
fn what_a_file_brought_along_says_nothing_of_its_tag() {
    let Some(registries) = Registries::start() else { return };
    let host = registries.variable("REG_PLAIN").to_owned();
    let push = Push { host: &host, repository: "own/app" };
    let user = |user: &str| Image::new("linux/amd64", serde_json::json!({"User": user}));
    let old = push.index("1", &[user("1000")]);
    let project = Project::new(&host);
    project.write("own.yaml", "name: own\nrules: [drop-capabilities, pin-digest]\nsafety: caution\n");
    project.write("compose.yaml", &format!("services:\n  a:\n    image: HOST/own/app:1@{old}\n"));
    project.run_to(0, &["apply", "--profile", "own.yaml"]);
    assert!(project.text("hardtack.lock").contains("pinned in a file"), "{}", project.text("hardtack.lock"));
    let new = push.index("1", &[user("0")]);
    let compose = format!("{}  b:\n    image: HOST/own/app:1\n", project.text("compose.yaml"));
    project.write("compose.yaml", &compose);
    let shown = project.run_to(0, &["apply", "--profile", "own.yaml"]);
    let text = project.text("compose.yaml");
    assert!(text.contains(&new) && text.matches("cap_drop").count() == 1, "{text}\n{shown}");
}

#[test]
fn every_pin_is_asked_for_also_where_it_cannot_move() {
    let Some(registries) = Registries::start() else { return };
    let host = registries.variable("REG_PLAIN").to_owned();
    let push = Push { host: &host, repository: "own/app" };
    push.index("1", &[image("1.0.0")]);
    let gone = format!("HOST/own/app:1@sha256:{}", "a".repeat(64));
    let project = Project::new(&host);
    project.write(".env", &format!("IMG={gone}\n"));
    project.write(
        "compose.yaml",
        &format!(
            "services:\n  set:\n    image: ${{IMG}}\n  nested:\n    image: ${{A:-${{B:-{gone}}}}}\n  tag:\n    image: HOST/own/app:${{TAG:-1}}@sha256:{}\n  inline:\n    build:\n      dockerfile_inline: |\n        FROM {gone}\n  mounts:\n    image: HOST/own/app:1\n    volumes:\n      - {{ type: image, source: \"{gone}\", target: /x }}\n",
            "a".repeat(64)
        ),
    );
    let shown = project.run_to(1, &["refresh", "--dry-run"]);
    // The mounted one can move, and the others are told with the reason.
    assert_eq!(shown.matches(": GONE: ").count(), 5, "{shown}");
    for part in ["5 pins", "1 to move", "`IMG` decides", "`TAG` says nothing then", "inside the Compose file"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    project.run_to(1, &["refresh"]);
    assert!(!project.text("compose.yaml").contains(&format!("source: \"{}", gone.replace("HOST", &host))));
}

#[test]
fn an_image_that_is_mounted_is_pinned_and_its_platforms_are_noted() {
    let Some(registries) = Registries::start() else { return };
    let host = registries.variable("REG_PLAIN").to_owned();
    let push = Push { host: &host, repository: "own/data" };
    let arm = Image::of_version("linux/arm64", "1.9.0");
    let digest = push.index("1", &[image("1.9.0"), arm]);
    let project = Project::new(&host);
    let compose = "services:\n  web:\n    build: web\n    volumes:\n      - data:/var\n      - type: image # facts\n        source: HOST/own/data:1\n        target: /x\n";
    project.write("compose.yaml", compose);
    project.run_to(0, &["apply", "--profile", "pin-only", "--verify"]);
    let text = project.text("compose.yaml");
    assert!(text.contains(&format!("source: {host}/own/data:1@{digest}\n        target: /x")), "{text}");
    let lock = project.text("hardtack.lock");
    assert!(lock.contains("    platforms:\n    - linux/amd64\n    - linux/arm64\n"), "{lock}");
    project.run_to(0, &["rollback"]);
    assert_eq!(project.text("compose.yaml"), compose.replace("HOST", &host));
    project.run_to(0, &["apply", "--profile", "pin-only"]);
    push.index("1", &[image("2.0.0")]);
    let shown = project.run_to(0, &["refresh", "--dry-run"]);
    assert!(shown.contains("from 1.9.0 to 2.0.0, another major one"), "{shown}");
    for wrong in ["http://127.0.0.1:5000", "*", "a/b", ""] {
        let shown = project.run_to(2, &["refresh", "--registry-allow", wrong]);
        assert!(shown.contains("HOST or HOST:PORT"), "{wrong}: {shown}");
    }
}

#[test]
fn a_tag_that_does_not_move_renews_its_evidence() {
    let Some(registries) = Registries::start() else { return };
    let host = registries.variable("REG_PLAIN").to_owned();
    let old = Push { host: &host, repository: "own/app" }.index("1", &[image("1.0.0")]);
    let project = Project::new(&host);
    project.write("compose.yaml", "services:\n  web:\n    image: HOST/own/app:1\n");
    project.run_to(0, &["apply", "--profile", "pin-only"]);
    let lock = project.text("hardtack.lock");
    let (_, behind) = lock.split_once("resolved-at: ").unwrap();
    let day = &behind[..10];
    project.write("hardtack.lock", &lock.replace(day, "2025-01-01"));
    let aged = ["check", "--profile", "pin-only", "--max-pin-age", "90"];
    project.run_to(1, &aged);
    let shown = project.run_to(0, &["refresh", "--older-than", "90d"]);
    assert!(shown.contains("1 current") && project.text("compose.yaml").contains(&old), "{shown}");
    assert!(project.text("hardtack.lock").contains(day), "{}", project.text("hardtack.lock"));
    project.run_to(0, &aged);
    // On the same day there is no news.
    let lock = project.text("hardtack.lock");
    project.run_to(0, &["refresh"]);
    assert_eq!(project.text("hardtack.lock"), lock);
}

#[test]
fn only_what_is_meant_moves_and_every_form_tells_of_it() {
    let Some(registries) = Registries::start() else { return };
    let host = registries.variable("REG_PLAIN").to_owned();
    let app = Push { host: &host, repository: "own/app" };
    let tool = Push { host: &host, repository: "own/tool" };
    let (a, t) = (app.index("1.2", &[image("1.2.3")]), tool.index("v3", &[image("3.0.0")]));
    for tag in ["1.3", "2.0", "2.0-alpine", "latest"] {
        app.image(Some(tag), &image(tag));
    }
    let project = Project::new(&host);
    let compose = format!(
        "services:\n  web:\n    image: HOST/own/app:1.2@{a}\n  kept:\n    image: HOST/own/app:1.2@{a} # hardtack: ignore[pin-digest] the audit wants it\n  tool:\n    image: HOST/own/tool:v3@{t}\n  bare:\n    image: HOST/own/tool@{t}\n  free:\n    image: HOST/own/tool:${{TAG}}@{t}\n"
    );
    project.write("compose.yaml", &compose);
    let before = project.text("compose.yaml");
    let (new, _) = (app.index("1.2", &[image("1.2.10")]), tool.index("v3", &[image("3.0.10")]));

    project.run_to(2, &["refresh", "--only", "nginx"]);
    let json = project.run(&["refresh", "--dry-run", "--format", "json", "--newer-tags"]);
    let report: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((json.exit, report["command"].as_str()), (0, Some("refresh")));
    let states: Vec<&str> = report["pins"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pin| pin["outcome"]["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["moves", "held", "moves", "untagged", "unmovable"], "{}", json.out);
    assert_eq!(report["pins"][0]["movement"]["to"]["digest"].as_str(), Some(new.as_str()));
    assert_eq!(report["pins"][0]["newer-tags"]["same-major"], "1.3");
    assert_eq!(report["pins"][0]["newer-tags"]["newest"], "2.0");
    assert!(report["pins"][2]["newer-tags"].is_null());

    let markdown = project.run(&["refresh", "--format", "markdown", "--only", "*/own/app"]);
    assert_eq!(markdown.exit, 0, "{}", markdown.err);
    for wanted in [
        "## Refresh 1 digest",
        &format!("| digest | `{a}` | `{new}` |"),
        "| version | `1.2.3` | `1.2.10` |",
        "### Not moved",
        "a comment excepts it: the audit wants it",
        "To undo it: `hardtack rollback",
    ] {
        assert!(markdown.out.contains(wanted), "{wanted}: {}", markdown.out);
    }
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (old, after) = (lines(&before), lines(&project.text("compose.yaml")));
    let changed: Vec<usize> = (0..old.len()).filter(|line| old[*line] != after[*line]).collect();
    assert_eq!(changed, [2], "{after:?}");
    // One tag, two digests in the files: the lock says nothing of it.
    assert!(!project.text("hardtack.lock").contains("own/app"), "{}", project.text("hardtack.lock"));
}

#[test]
fn a_registry_out_of_reach_is_5_and_nothing_moves() {
    let [closed] = super::fault_server::free_ports();
    let project = Project::new(&format!("127.0.0.1:{closed}"));
    let digest = format!("sha256:{}", "a".repeat(64));
    project.write("compose.yaml", &format!("services:\n  web:\n    image: HOST/own/app:1@{digest}\n"));
    let before = project.text("compose.yaml");
    let shown = project.run_to(5, &["refresh"]);
    assert!(shown.contains("Not refreshed:") && shown.contains("cannot be reached"), "{shown}");
    assert!(!shown.contains("GONE") && project.text("compose.yaml") == before);
    assert!(!project.path().join("hardtack.lock").exists());
    let none = Project::new("none.invalid");
    none.write("compose.yaml", "services:\n  web:\n    image: nginx:1\n");
    assert!(none.run_to(0, &["refresh"]).contains("0 pins"));
}

#[test]
fn contents_are_kept_and_tags_are_not() {
    let Some(registries) = Registries::start() else { return };
    let host = registries.variable("REG_PLAIN").to_owned();
    let push = Push { host: &host, repository: "own/app" };
    let old = push.index("1", &[image("1.0.0")]);
    let project = Project::new(&host);
    project.write("compose.yaml", &format!("services:\n  web:\n    image: HOST/own/app:1@{old}\n"));
    push.index("1", &[image("1.0.10")]);
    let cache = project.home().join(".cache/hardtack/registry/sha256");
    project.run_to(0, &["refresh", "--dry-run", "--no-cache"]);
    assert!(!cache.exists());
    project.run_to(0, &["refresh", "--dry-run"]);
    // An index, a manifest and a configuration of each side.
    assert_eq!(fs::read_dir(&cache).unwrap().count(), 6);
    assert!(cache.join(old.strip_prefix("sha256:").unwrap()).exists());
    // What somebody put there is not believed.
    for entry in fs::read_dir(&cache).unwrap() {
        fs::write(entry.unwrap().path(), b"{}").unwrap();
    }
    let shown = project.run_to(0, &["refresh", "--dry-run"]);
    assert!(shown.contains("version: 1.0.0 -> 1.0.10"), "{shown}");
    // The tag is asked for each time.
    let last = push.index("1", &[image("1.0.100")]);
    assert!(project.run_to(0, &["refresh", "--dry-run"]).contains(&last));
}
