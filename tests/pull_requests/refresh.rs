//! The quarterly job: `hardtack pr --refresh` with real registries whose tags move.

use super::forge::TOKEN;
use super::push::{Image, Push};
use super::real_server::Registries;
use super::scene::{Run, Scene};

const REFRESHED: &str = "hardtack/refresh";

/// Where pins stand that somebody made long ago.
struct Pinned {
    registries: Registries,
    scene: Scene,
}

impl Pinned {
    /// A project whose file is made of this one, with the registry for `HOST` and its digest for `OLD`.
    fn new(compose: &str) -> Option<(Self, String)> {
        let registries = Registries::start()?;
        let host = registries.variable("REG_PLAIN").to_owned();
        let old = Push { host: &host, repository: "own/app" }
            .index("1.2", &[image("1.2.3"), Image::of_version("linux/s390x", "1.2.3")]);
        let compose = compose.replace("HOST", &host).replace("OLD", &old);
        let scene = Scene::on(&["--forge", "github"], &compose)?;
        Some((Self { registries, scene }, old))
    }

    fn push(&self) -> Push<'_> {
        Push { host: self.registries.variable("REG_PLAIN"), repository: "own/app" }
    }

    fn refresh(&self, arguments: &[&str]) -> Run {
        let host = self.registries.variable("REG_PLAIN");
        let all = [&["pr", "--refresh", "--format", "json", "--plain-http", host], arguments].concat();
        self.scene.run_in("work", &all, &[("HARDTACK_TOKEN", TOKEN)])
    }
}

fn image(version: &str) -> Image {
    Image { size: 100 * version.len(), ..Image::of_version("linux/amd64", version) }
}

const COMPOSE: &str =
    "services:\n  web: # front\n    image: HOST/own/app:1.2@OLD\n    ports: [\"8080:80\"]\n";

#[test]
fn every_move_comes_with_its_evidence_and_nothing_else_changes() {
    let Some((pinned, old)) = Pinned::new(COMPOSE) else { return };
    let scene = &pinned.scene;
    pinned.refresh(&[]).ends(0).did("nothing");
    let new = pinned.push().index("1.2", &[image("1.2.10"), Image::of_version("linux/arm64", "1.2.10")]);
    let made = pinned.refresh(&["--newer-tags"]).ends(0).did("created");
    assert_eq!((&made["branch"], &made["counts"]["files"]), (&REFRESHED.into(), &2.into()), "{made}");
    let pulls = scene.pulls();
    assert_eq!(pulls[0].title, "Refresh 1 digest");
    for wanted in [
        "by `hardtack refresh`",
        "/own/app:1.2`",
        "- `compose.yaml:3:12 (web)`",
        &format!("| digest | `{old}` | `{new}` |"),
        "| kind | `index` | `index` |",
        "| version | `1.2.3` | `1.2.10` |",
        "| declared creation | `2026-01-02` | `2026-01-02` |",
        "| size | `500 B` | `600 B` |",
        "| size change | | +100 B (+20%) |",
        "| platforms added | | `linux/arm64` |",
        "| platforms removed | | `linux/s390x` |",
        "Floating tag",
        "### How to undo it",
    ] {
        assert!(pulls[0].body.contains(wanted), "{wanted}\n{}", pulls[0].body);
    }
    // The rules of the profile have a request of their own.
    let before = scene.file("main", "compose.yaml");
    assert_eq!(scene.file(REFRESHED, "compose.yaml"), before.replace(&old, &new));
    assert!(scene.file(REFRESHED, "hardtack.lock").contains(&new));

    pinned.refresh(&[]).ends(0).did("unchanged");
    let newest = pinned.push().index("1.2", &[image("1.2.100")]);
    pinned.refresh(&[]).ends(0).did("updated");
    assert!(scene.pulls()[0].body.contains(&newest) && !scene.pulls()[0].body.contains(&new));
    scene.merge_branch(REFRESHED);
    pinned.refresh(&[]).ends(0).did("nothing");
    assert_eq!(scene.file("main", "compose.yaml"), before.replace(&old, &newest));
    assert_eq!(scene.pulls().len(), 1);
}

#[test]
fn what_somebody_else_moved_closes_the_request() {
    let Some((pinned, old)) = Pinned::new(COMPOSE) else { return };
    let new = pinned.push().index("1.2", &[image("1.2.10")]);
    pinned.refresh(&[]).ends(0).did("created");
    let moved = pinned.scene.file("main", "compose.yaml").replace(&old, &new);
    pinned.scene.change_base(&[("compose.yaml", &moved)]);
    pinned.refresh(&[]).ends(0).did("closed");
    assert_eq!(pinned.scene.pulls()[0].state, "closed");
}

/// A run that leaves moves out must not take back what one without limits proposed.
#[test]
fn each_limit_of_age_has_a_branch_of_its_own() {
    let Some((pinned, _)) = Pinned::new(COMPOSE) else { return };
    let created = jiff::Zoned::now().strftime("%Y-%m-%dT00:00:00Z").to_string();
    pinned.push().index("1.2", &[Image { created, ..image("1.2.10") }]);
    pinned.refresh(&[]).ends(0).did("created");
    pinned.refresh(&["--min-age", "7"]).ends(0).did("nothing");
    let old = pinned.refresh(&["--older-than", "2w"]).ends(0).did("created");
    assert_eq!(old["branch"], "hardtack/refresh-older-than-14");
    assert_eq!(pinned.scene.pulls()[0].state, "open");
}

#[test]
fn what_is_gone_or_too_young_is_told_and_what_is_not_known_touches_nothing() {
    let two = format!("{COMPOSE}  other:\n    image: HOST/own/tool:1@OLD\n");
    let Some((pinned, old)) = Pinned::new(&two) else { return };
    // The digest of another repository: this one never had it, and has no such tag either.
    let gone = pinned.refresh(&[]).ends(1);
    assert!(gone.stderr.contains("GONE") && gone.stderr.contains("/own/tool:1@"), "{gone:?}");
    gone.did("nothing");
    let created = jiff::Zoned::now().strftime("%Y-%m-%dT00:00:00Z").to_string();
    pinned.push().index("1.2", &[Image { created, ..image("1.2.10") }]);
    pinned.refresh(&["--min-age", "7"]).ends(1).did("nothing");
    let made = pinned.refresh(&[]).ends(1).did("created");
    let body = pinned.scene.pulls()[0].body.clone();
    assert!(body.contains("### Gone") && body.contains("the registry has this digest no more"), "{body}");
    // A registry that is out of reach would take the move back that the request has.
    let [closed] = super::fault_server::free_ports();
    let with_closed = format!(
        "{}  third:\n    image: 127.0.0.1:{closed}/x:1@{old}\n",
        pinned.scene.file("main", "compose.yaml")
    );
    pinned.scene.change_base(&[("compose.yaml", &with_closed)]);
    let tip = pinned.scene.tip(REFRESHED);
    let refused = pinned.refresh(&["--plain-http", &format!("127.0.0.1:{closed}")]).ends(5).did("refused");
    assert!(refused["reason"].as_str().unwrap().contains("a registry gave no answer"), "{refused}");
    assert_eq!((pinned.scene.tip(REFRESHED), pinned.scene.pulls()[0].state), (tip, "open"), "{made}");
}

#[test]
fn options_that_do_not_go_together_are_told() {
    let Some(scene) = Scene::new() else { return };
    let token = [("HARDTACK_TOKEN", TOKEN)];
    for wrong in [&["pr", "--refresh", "--offline"][..], &["pr", "--refresh", "--profile", "strict"]] {
        let run = scene.run_in("work", wrong, &token).ends(2);
        assert!(run.stderr.contains("cannot be used with"), "{run:?}");
    }
    let run = scene.run_in("work", &["pr", "--min-age", "7d"], &token).ends(2);
    assert!(run.stderr.contains("they take --refresh"), "{run:?}");
}
