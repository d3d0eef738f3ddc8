//! Profiles that several repositories share, by a commit and a hash.

use super::forge::TOKEN;
use super::scene::{Scene, git};
use base64::Engine as _;
use sha2::Digest as _;

const PROFILE: &str =
    "name: ours\nextends: recommended\nrules:\n  - rule: bind-localhost\n    enabled: false\n";

/// Puts a profile into a repository of the forge; returns its commit.
fn shared(scene: &Scene, profile: &str) -> String {
    scene.found("o/hardening");
    let folder = scene.path("hardening");
    let bare = scene.bare("o/hardening");
    git(&scene.path("."), &["clone", "--quiet", bare.to_str().unwrap(), folder.to_str().unwrap()], "")
        .unwrap();
    std::fs::create_dir_all(folder.join("profiles")).unwrap();
    std::fs::write(folder.join("profiles/ours.yaml"), profile).unwrap();
    scene.commit_in("hardening", "profile");
    git(&folder, &["push", "--quiet", "origin", "HEAD:main"], "").unwrap();
    git(&folder, &["rev-parse", "HEAD"], "").unwrap().trim().to_owned()
}

fn name(scene: &Scene, commit: &str, text: &str) -> String {
    let hash: String =
        sha2::Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("git+{}//profiles/ours.yaml@{commit}#sha256={hash}", scene.url("o/hardening"))
}

fn plan(scene: &Scene, arguments: &[&str]) -> super::scene::Run {
    let header = base64::engine::general_purpose::STANDARD.encode(format!("x:{TOKEN}"));
    let header = format!("Authorization: Basic {header}");
    let cache = scene.path("cache");
    let variables = [
        ("XDG_CACHE_HOME", cache.to_str().unwrap()),
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "http.extraHeader"),
        ("GIT_CONFIG_VALUE_0", &header),
    ];
    scene.run_in(
        "work",
        &[&["plan", "--skip", "pin-digest", "--format", "json"], arguments].concat(),
        &variables,
    )
}

#[test]
fn a_project_extends_a_profile_of_another_repository() {
    let Some(scene) = Scene::new() else { return };
    let commit = shared(&scene, PROFILE);
    let settings = format!("profile: {}\n", name(&scene, &commit, PROFILE));
    std::fs::write(scene.work().join("hardtack.yaml"), settings).unwrap();
    let offline = plan(&scene, &["--offline"]).ends(2);
    assert!(
        offline.stderr.contains("hardtack.yaml:1:10: ") && offline.stderr.contains("was not fetched before"),
        "{offline:?}"
    );
    let report = plan(&scene, &[]).ends(0).json();
    assert_eq!(report["profile"], "ours");
    assert!(report["findings"].as_array().unwrap().iter().all(|finding| finding["rule"] != "bind-localhost"));
    // From here on the text is known by its hash, and nothing is fetched.
    scene.forge.world().git_log.clear();
    plan(&scene, &["--offline"]).ends(0);
    plan(&scene, &[]).ends(0);
    assert!(scene.forge.world().git_log.is_empty());
    // A cache that somebody changed is not believed.
    for entry in std::fs::read_dir(scene.path("cache/hardtack/profiles")).unwrap() {
        std::fs::write(entry.unwrap().path(), "rules: []\n").unwrap();
    }
    plan(&scene, &["--offline"]).ends(2);
    plan(&scene, &[]).ends(0);
}

#[test]
fn another_text_under_the_same_name_is_refused() {
    let Some(scene) = Scene::new() else { return };
    let commit = shared(&scene, PROFILE);
    let run = plan(&scene, &["--profile", &name(&scene, &commit, "something else")]).ends(2);
    assert!(run.stderr.contains("is not the one that is named"), "{run:?}");
    let missing = name(&scene, &"0".repeat(40), PROFILE);
    plan(&scene, &["--profile", &missing]).ends(2);
    let run = plan(&scene, &["--profile", "git+https://h.example/n.git//p.yaml@main#sha256=0"]).ends(2);
    assert!(run.stderr.contains("can move"), "{run:?}");
}

#[test]
fn a_shared_profile_reaches_for_no_file() {
    let Some(scene) = Scene::new() else { return };
    let text = "extends: ../../etc/passwd\n";
    let commit = shared(&scene, text);
    let run = plan(&scene, &["--profile", &name(&scene, &commit, text)]).ends(2);
    assert!(run.stderr.contains("no file such as"), "{run:?}");
}
