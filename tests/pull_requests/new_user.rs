//! Real projects from `init` to a merged pull request and back, as somebody meets the program for the first time.

use super::scene::{Scene, git};
use super::support;
use std::path::Path;

/// Projects of the corpus that differ in size and notation.
const PROJECTS: [&str; 3] = ["umami-software__umami", "n8n-io__n8n-hosting", "TryGhost__ghost-docker"];

#[test]
fn from_init_to_a_pull_request_and_back() {
    let Some(shared) = support::shared() else { return };
    for name in PROJECTS {
        let scene = Scene::on(&["--forge", "github"], "services: {}\n").unwrap();
        let work = scene.work();
        copy(&shared.join("corpus").join(name), &work);
        for own in ["hardtack.yaml", "rules.yaml"] {
            std::fs::remove_file(work.join(own)).unwrap();
        }
        scene.run_in("work", &["init"], &[]).ends(0);
        scene.run_in("work", &["plan", "--offline"], &[]).ends(0);
        scene.commit_in("work", "add the project");
        scene.run_in("work", &["check", "--offline"], &[]).ends(1);
        // In place and back: not a byte is left of it.
        scene.run_in("work", &["apply", "--offline"], &[]).ends(0);
        let status = || git(&work, &["status", "--porcelain"], "").unwrap();
        assert_ne!(status(), "", "{name}");
        scene.run_in("work", &["rollback"], &[]).ends(0);
        assert_eq!(status(), "", "{name}");
        let seed = scene.path("seed");
        git(&seed, &["pull", "--quiet", work.to_str().unwrap(), "HEAD"], "").unwrap();
        git(&seed, &["push", "--quiet", "origin", "HEAD:main"], "").unwrap();
        let before = tree(&scene, "main");
        let made = scene.pr(&["--by-fix"]).ends(0).did("created");
        assert!(made["counts"]["steps"].as_u64().unwrap() > 0, "{name}: {made}");
        scene.merge();
        assert_ne!(tree(&scene, "main"), before, "{name}");
        scene.pr(&[]).ends(0).did("nothing");
        // Back: the revert of the merge gives the same tree.
        git(&seed, &["revert", "--no-edit", "-m", "1", "HEAD"], "").unwrap();
        git(&seed, &["push", "--quiet", "origin", "HEAD:main"], "").unwrap();
        assert_eq!(tree(&scene, "main"), before, "{name}");
    }
}

fn tree(scene: &Scene, branch: &str) -> String {
    git(&scene.bare("o/n"), &["rev-parse", &format!("{branch}^{{tree}}")], "").unwrap()
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&path, &target);
        } else {
            std::fs::write(&target, std::fs::read(&path).unwrap()).unwrap();
        }
    }
}
