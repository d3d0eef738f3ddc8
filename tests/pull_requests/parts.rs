//! Runs that see less than others: they never take back what those propose.

use super::forge::TOKEN;
use super::scene::{BRANCH, COMPOSE, Run, Scene};

const BROKEN: &str = "services:\n  db:\n  image: [x\n";

#[test]
fn a_base_that_can_not_be_read_is_left_alone() {
    let Some(scene) = Scene::new() else { return };
    scene.change_base(&[("other/compose.yaml", COMPOSE)]);
    scene.pr(&[]).ends(0).did("created");
    let (tip, body) = (scene.tip(BRANCH), scene.pulls()[0].body.clone());
    for files in [&[("compose.yaml", BROKEN)][..], &[("other/compose.yaml", BROKEN)]] {
        scene.change_base(files);
        let run = scene.pr(&[]).ends(3);
        assert!(run.stderr.contains("compose.yaml"), "the file is named: {run:?}");
        let refused = run.did("refused");
        assert!(refused["reason"].as_str().unwrap().contains("could not be read"), "{refused}");
        assert_eq!((scene.tip(BRANCH), scene.pulls()[0].body.clone()), (tip.clone(), body.clone()));
        assert_eq!(scene.pulls()[0].state, "open");
    }
    scene.change_base(&[("compose.yaml", COMPOSE), ("other/compose.yaml", COMPOSE)]);
    scene.pr(&[]).ends(0).did("unchanged");
}

#[test]
fn a_run_for_a_part_has_a_branch_of_its_own() {
    let more = format!("{COMPOSE}  web:\n    image: nginx:1.27\n    ports:\n      - \"8080:80\"\n");
    let Some(scene) = Scene::on(&["--forge", "github"], &more) else { return };
    scene.change_base(&[("docs/x", "x\n"), ("app/compose.yaml", COMPOSE)]);
    super::scene::git(&scene.work(), &["pull", "--quiet", scene.bare("o/n").to_str().unwrap(), "main"], "")
        .unwrap();
    scene.pr(&[]).ends(0).did("created");
    let tip = scene.tip(BRANCH);
    // Nothing is to do there, which says nothing of the rest.
    scene.pr(&["docs"]).ends(0).did("nothing");
    let mut branches = vec![BRANCH.to_owned()];
    for arguments in [
        &["app"][..],
        &["--service", "web"],
        &["--skip", "pin-digest,no-new-privileges"],
        &["--safety", "safe"],
    ] {
        let made = scene.pr(arguments).ends(0).did("created");
        branches.push(made["branch"].as_str().unwrap().to_owned());
        scene.pr(arguments).ends(0).did("unchanged");
    }
    branches.sort_unstable();
    branches.dedup();
    assert_eq!(branches.len(), 5, "{branches:?}");
    assert!(branches.iter().all(|branch| branch.starts_with(BRANCH)), "{branches:?}");
    assert_eq!(scene.tip(BRANCH), tip);
    assert_eq!(scene.pulls()[0].state, "open");
    scene.pr(&[]).ends(0).did("unchanged");
    // A branch that the command line names can't mix them either.
    for arguments in [&["--branch", BRANCH, "--service", "web"][..], &["--branch", BRANCH, "docs"]] {
        let refused = scene.pr(arguments).ends(4).did("refused");
        assert!(refused["reason"].as_str().unwrap().contains("another part"), "{refused}");
        assert_eq!((scene.tip(BRANCH), scene.pulls()[0].state), (tip.clone(), "open"));
    }
}

#[test]
fn a_run_without_answers_takes_no_pins_back() {
    let digest = "1".repeat(64);
    let lock = format!(
        "version: 1\nimages:\n  docker.io/library/postgres:16:\n    digest: sha256:{digest}\n    kind: index\n"
    );
    let Some(scene) = Scene::new() else { return };
    // All answers are in the lock here, so the plan is whole; later, the lock is gone.
    scene.change_base(&[("hardtack.lock", &lock)]);
    scene.pr(&[]).ends(0).did("created");
    assert!(scene.file(BRANCH, "compose.yaml").contains(&digest));
    let tip = scene.tip(BRANCH);
    scene.change_base(&[("hardtack.lock", "version: 1\nimages: {}\n")]);
    let refused = scene.pr(&[]).ends(4).did("refused");
    assert!(refused["hint"].as_str().unwrap().contains("--offline"), "{refused}");
    assert_eq!(scene.tip(BRANCH), tip);
}

#[test]
fn a_profile_of_the_repository_is_that_of_the_base() {
    let Some(scene) = Scene::new() else { return };
    scene.change_base(&[("ours.yaml", "extends: pin-only\n"), ("some.lock", "version: 1\nimages: {}\n")]);
    super::scene::git(&scene.work(), &["pull", "--quiet", scene.bare("o/n").to_str().unwrap(), "main"], "")
        .unwrap();
    std::fs::write(scene.work().join("ours.yaml"), "extends: recommended\n").unwrap();
    let run = |arguments: &[&str]| -> Run {
        let all = [&["pr", "--offline", "--format", "json"], arguments].concat();
        scene.run_in("work", &all, &[("HARDTACK_TOKEN", TOKEN)])
    };
    let done = run(&["--profile", "ours.yaml"]).ends(0).did("nothing");
    assert_eq!(done["branch"], "hardtack/ours-yaml", "no folder of this machine is in the name");
    let digest = "1".repeat(64);
    let lock = format!(
        "version: 1\nimages:\n  docker.io/library/postgres:16:\n    digest: sha256:{digest}\n    kind: index\n"
    );
    std::fs::write(scene.work().join("some.lock"), &lock).unwrap();
    run(&["--lock", "some.lock"]).ends(0).did("created");
    assert!(!scene.file(BRANCH, "compose.yaml").contains(&digest));
    let missing = run(&["--lock", "new.lock"]).ends(2);
    assert!(missing.stderr.contains("push it first"), "{missing:?}");
    // What is outside of the repository is the user's own.
    std::fs::write(scene.path("own.yaml"), "name: own\nextends: recommended\n").unwrap();
    let own = scene.path("own.yaml");
    let made = run(&["--profile", own.to_str().unwrap(), "--only", "bind-localhost"]).ends(0).did("created");
    assert_eq!(made["branch"], "hardtack/bind-localhost");
    let wrong = run(&["--profile", "recomended"]).ends(2);
    assert!(wrong.stderr.contains("there is no profile"), "{wrong:?}");
}
