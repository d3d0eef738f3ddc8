//! The recipe for all-repos, carried out by that very engine.

use super::forge::TOKEN;
use super::many_repositories::recipe;
use super::scene::{COMPOSE, Scene, git};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const HEADING: &str = "A campaign with all-repos";
/// What the engine makes of the name in the recipe.
const BRANCH: &str = "all-repos_autofix_hardtack";
/// Rules that ask nobody; the last one makes a file.
const RULES: &str = "name: recommended\nrules: [no-new-privileges, bind-localhost, {rule: scan-workflow, options: {forge: github}}]\n";

/// A person's folder for the campaign.
struct Desk<'s> {
    scene: &'s Scene,
    programs: PathBuf,
}

impl Desk<'_> {
    /// Writes the files of the recipe for these repositories.
    fn lay_out(&self, repositories: &[&str]) {
        let forge = format!("http://{}/api/v3", self.scene.forge.address);
        let settings = recipe(HEADING, "json").replace("https://api.github.com", &forge);
        let settings_path = self.write("all-repos.json", &settings);
        std::fs::set_permissions(settings_path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let addresses: serde_json::Map<String, serde_json::Value> = repositories
            .iter()
            .map(|name| ((*name).to_owned(), format!("git@forge.example.org:{name}").into()))
            .collect();
        self.write("repositories.json", &serde_json::to_string(&addresses).unwrap());
        self.write("harden.py", &recipe(HEADING, "python"));
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.scene.path("desk").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Runs a line of the recipe. The addresses over SSH lead to the forge's own folder.
    fn run(&self, line: &str) -> Output {
        let words: Vec<&str> = line.split(' ').collect();
        let (program, arguments) = words.split_first().unwrap();
        let own = Path::new(env!("CARGO_BIN_EXE_hardtack")).parent().unwrap().display();
        let path = format!("{}:{own}:{}", self.programs.display(), std::env::var("PATH").unwrap());
        let served = format!("url.file://{}/.insteadOf", self.scene.path("srv").display());
        let mut command = Command::new(self.programs.join(program));
        command.args(arguments).current_dir(self.scene.path("desk")).env_clear();
        command
            .env("PATH", path)
            .env("HOME", "/nonexistent")
            .env("OFFLINE", "1")
            .env("HARDTACK_TOKEN", TOKEN);
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_COUNT", "1");
        command.env("GIT_CONFIG_KEY_0", served).env("GIT_CONFIG_VALUE_0", "git@forge.example.org:");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "A person");
            command.env(format!("GIT_{who}_EMAIL"), "person@example.org");
        }
        let output = command.output().unwrap();
        let problems = self.scene.forge.world().problems.clone();
        assert!(output.status.success() && problems.is_empty(), "{line}: {problems:?} {output:?}");
        output
    }
}

#[test]
fn the_engine_opens_a_request_where_there_is_something_to_do() {
    let Some(programs) = super::support::all_repos() else { return };
    let Some(scene) = Scene::new() else { return };
    scene.change_base(&[("rules.yaml", RULES)]);
    let others = [("o/done", "services: {}\n"), ("o/broken", "services: [\n")];
    for (name, text) in others {
        scene.found(name);
        let seed = scene.path(name);
        let bare = scene.bare(name).display().to_string();
        git(&scene.path("."), &["clone", "--quiet", &bare, seed.to_str().unwrap()], "").unwrap();
        std::fs::write(seed.join("compose.yaml"), text).unwrap();
        scene.commit_in(name, "first");
        git(&seed, &["push", "--quiet", "origin", "HEAD:main"], "").unwrap();
    }
    let desk = Desk { scene: &scene, programs };
    desk.lay_out(&["o/broken", "o/done", "o/n"]);
    let lines = recipe(HEADING, "console");
    let [clone, dry, wet] = lines.lines().collect::<Vec<_>>()[..] else { panic!("{lines}") };

    desk.run(clone);
    desk.run(dry);
    assert!(scene.tip(BRANCH).is_none() && scene.pulls().is_empty(), "a dry run touches nothing");
    let said = String::from_utf8(desk.run(wet).stdout).unwrap();
    assert_eq!(said.matches("***Errored").count(), 1, "the broken one, and the others go on: {said}");
    let pulls = scene.pulls();
    assert_eq!(pulls.len(), 1, "{pulls:?}");
    assert_eq!((pulls[0].title.as_str(), pulls[0].base.as_str()), ("Harden containers", "main"));
    assert!(scene.file(BRANCH, "compose.yaml").contains("127.0.0.1:5432:5432"));
    let range = format!("main..{BRANCH}");
    let changed = git(&scene.bare("o/n"), &["diff", "--name-only", &range], "").unwrap();
    assert_eq!(changed, ".github/workflows/image-scan.yml\ncompose.yaml\n", "and no record of the run");

    // While that waits, the branch stays as it is.
    let tip = scene.tip(BRANCH);
    scene.change_base(&[("compose.yaml", &COMPOSE.replace("5432:", "5433:"))]);
    desk.run(clone);
    let said = String::from_utf8(desk.run(wet).stdout).unwrap();
    assert_eq!(said.matches("***Errored").count(), 2, "{said}");
    assert_eq!((scene.tip(BRANCH), scene.pulls().len()), (tip, 1));
}
