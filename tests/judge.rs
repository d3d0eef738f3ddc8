//! The judge itself: the real Compose answers as the other tests take for granted.

mod support;

use std::fs;
use support::compose::Compose;

/// A folder that holds `text` as `compose.yaml`.
fn project(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("compose.yaml"), text).expect("a file in a temporary folder");
    folder
}

#[test]
fn a_valid_project_is_resolved_with_all_profiles_and_unused_resources() {
    let Some(compose) = Compose::find() else { return };
    let folder = project(
        "services:\n  web:\n    image: nginx\n    profiles: [rare]\n    environment: {LIST: $PATH}\nvolumes:\n  unused:\n",
    );
    let resolved = compose.resolve("judge", folder.path(), &["compose.yaml"]).expect("a valid project");
    assert_eq!(resolved["name"], "judge");
    assert_eq!(resolved["services"]["web"]["image"], "nginx");
    assert_eq!(resolved["services"]["web"]["environment"]["LIST"], "", "the machine's PATH leaks in");
    assert_eq!(resolved["volumes"]["unused"]["name"], "judge_unused");
    assert_eq!(compose.accept("judge", folder.path(), &["compose.yaml"]), Ok(()));
    assert_eq!(compose.resolve::<&str>("judge", folder.path(), &[]), Ok(resolved), "the default file");
}

#[test]
fn later_files_override_earlier_ones() {
    let Some(compose) = Compose::find() else { return };
    let folder = project("services:\n  web:\n    image: nginx\n    user: a\n");
    fs::write(folder.path().join("more.yaml"), "services:\n  web:\n    user: b\n").expect("a file");
    let files = ["compose.yaml", "more.yaml"];
    let resolved = compose.resolve("judge", folder.path(), &files).expect("a valid project");
    assert_eq!(resolved["services"]["web"]["user"], "b");
    assert_eq!(resolved["services"]["web"]["image"], "nginx");
}

#[test]
fn a_refusal_carries_the_reason() {
    let Some(compose) = Compose::find() else { return };
    let folder = project("services:\n  web:\n    image: nginx\n    volumes: [data:/data]\n");
    let refused = compose.accept("judge", folder.path(), &["compose.yaml"]).expect_err("an undefined volume");
    assert!(refused.contains("undefined volume data"), "{refused}");
}

#[test]
fn an_include_from_the_network_is_refused_without_asking_it() {
    let Some(compose) = Compose::find() else { return };
    for remote in ["https://github.com/docker/awesome-compose.git", "oci://docker.io/library/nothing"] {
        let folder = project(&format!("include:\n  - {remote}\n"));
        let refused = compose.accept("judge", folder.path(), &["compose.yaml"]).expect_err(remote);
        assert!(refused.contains("disabled"), "{remote}: {refused}");
    }
}

#[test]
fn the_shared_examples_are_there_when_named() {
    let Some(shared) = support::shared() else { return };
    assert!(shared.join("projects").is_dir(), "{} holds no example projects", shared.display());
}
