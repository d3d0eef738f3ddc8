//! The image that the `Dockerfile` of this repository makes, as `scripts/test-engine` built it on its engine, run with
//! no right at all: no network, no capability, a root that can't be written.

use super::stack::engine;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::PathBuf;
use std::process::{Command, Output};

/// A user that the image does not know and that owns the project, as the one at a desk does.
const CALLER: u32 = 1234;

/// An example of this repository, in a folder that belongs to [`CALLER`].
struct Checkout {
    folder: tempfile::TempDir,
    engine: String,
}

impl Checkout {
    fn new() -> Option<Self> {
        let engine = engine()?;
        let folder = tempfile::tempdir().unwrap();
        let example = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/clinic-documents/.");
        let copied = Command::new("cp").arg("-r").arg(example).arg(folder.path()).output();
        ends(&copied.unwrap(), 0);
        let checkout = Self { folder, engine };
        for path in checkout.entries() {
            chown(&path, Some(CALLER), Some(CALLER)).unwrap();
        }
        // For a user that owns nothing, too: a checkout can be read by everybody.
        fs::set_permissions(checkout.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Some(checkout)
    }

    /// All there is below the folder, the folder first.
    fn entries(&self) -> Vec<PathBuf> {
        let mut found = vec![self.folder.path().to_owned()];
        let mut next = 0;
        while let Some(path) = found.get(next).cloned() {
            next += 1;
            if path.is_dir() {
                found.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            }
        }
        found
    }

    /// Mode, owner and text of every file, without the records.
    fn files(&self) -> BTreeMap<PathBuf, (u32, u32, Vec<u8>)> {
        let files = self.entries().into_iter().filter(|path| path.is_file());
        let files = files.filter(|path| !path.components().any(|part| part.as_os_str() == ".hardtack"));
        files
            .map(|path| {
                let state = path.metadata().unwrap();
                let bytes = fs::read(&path).unwrap();
                (path, (state.mode(), state.uid(), bytes))
            })
            .collect()
    }

    fn docker(&self, arguments: &[&str]) -> Output {
        Command::new("docker").env("DOCKER_HOST", &self.engine).args(arguments).output().unwrap()
    }

    /// Runs the image on the project, by the words that the recipe has. `options` are further ones of `docker run`.
    fn run(&self, options: &[&str], access: &str, arguments: &[&str]) -> Output {
        let mount = format!("{}:/project{access}", self.folder.path().display());
        let rights = ["--network", "none", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"];
        let mut words = vec!["run", "--rm", "--read-only"];
        words.extend(rights);
        words.extend(["--volume", &mount]);
        words.extend(options);
        words.push("hardtack");
        words.extend(arguments);
        self.docker(&words)
    }
}

fn ends(output: &Output, code: i32) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(code), "{printed}\n{said}");
    format!("{printed}{said}")
}

#[test]
fn the_image_hardens_a_project_and_takes_it_back() {
    let Some(checkout) = Checkout::new() else { return };
    let before = checkout.files();
    let caller = format!("{CALLER}:{CALLER}");
    let run = |arguments: &[&str]| checkout.run(&["--user", &caller], "", arguments);

    assert!(ends(&run(&["plan", "--offline"]), 0).contains("no-new-privileges"));
    ends(&run(&["check", "--offline"]), 1);
    assert_eq!(checkout.files(), before, "neither writes");

    ends(&run(&["apply", "--offline"]), 0);
    let after = checkout.files();
    for (path, (mode, owner, text)) in &before {
        let now = &after[path];
        assert_eq!((now.0, now.1), (*mode, *owner), "{}", path.display());
        let is_fixed = path.ends_with("Dockerfile") || path.ends_with("docker-compose.prod.yml");
        assert!(now.2 != *text || !is_fixed, "{}", path.display());
    }
    ends(&run(&["check", "--offline"]), 0);
    assert!(
        checkout.entries().iter().all(|path| path.metadata().unwrap().uid() == CALLER),
        "all is the caller's"
    );

    ends(&run(&["rollback"]), 0);
    assert_eq!(checkout.files(), before);
}

/// As it is without `--user`: somebody who owns nothing, and who can read.
#[test]
fn the_image_reads_what_it_may_not_write() {
    let Some(checkout) = Checkout::new() else { return };
    let before = checkout.files();
    // `plan`, which asks registries, and none answers without a network.
    assert!(ends(&checkout.run(&[], ":ro", &[]), 5).contains("no-new-privileges"));
    ends(&checkout.run(&[], ":ro", &["check", "--offline"]), 1);
    for access in ["", ":ro"] {
        let said = ends(&checkout.run(&[], access, &["apply", "--offline"]), 3);
        assert!(said.contains("error: "), "{said}");
    }
    assert_eq!(checkout.files(), before);
    assert!(!checkout.folder.path().join(".hardtack").exists());
    // There is no git in it.
    let said = ends(&checkout.run(&[], ":ro", &["pr", "--dry-run", "--offline"]), 2);
    assert!(said.contains("`git` is not there"), "{said}");
}

/// A registry of this test's own, in the network of the engine.
struct Registry {
    folder: tempfile::TempDir,
    process: std::process::Child,
}

impl Registry {
    const HOST: &str = "127.0.0.1:5055";

    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().display();
        let text = format!(
            "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {path}/data}}}}\nhttp: {{addr: \"{}\"}}\n",
            Self::HOST
        );
        fs::write(folder.path().join("registry.yml"), text).unwrap();
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(folder.path().join("registry.yml"));
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        let registry = Self { folder, process: command.spawn().unwrap() };
        let is_there = || std::net::TcpStream::connect(Self::HOST).is_ok();
        assert!((0..200).any(|_| is_there() || {
            std::thread::sleep(std::time::Duration::from_millis(50));
            false
        }));
        registry
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _killed = self.process.kill();
        let _waited = self.process.wait();
    }
}

/// The script of a release, with the program of this image for both architectures.
#[test]
fn a_release_has_one_name_over_both_architectures() {
    let Some(checkout) = Checkout::new() else { return };
    let registry = Registry::start();
    let name = format!("{}/owner/hardtack", Registry::HOST);
    let container = ends(&checkout.docker(&["create", "hardtack"]), 0).trim().to_owned();
    for architecture in ["amd64", "arm64"] {
        let dist = registry.folder.path().join(architecture).join("dist");
        fs::create_dir_all(&dist).unwrap();
        for path in ["hardtack", "etc/ssl/certs/ca-certificates.crt"] {
            let from = format!("{container}:/{path}");
            ends(&checkout.docker(&["cp", &from, &dist.display().to_string()]), 0);
        }
    }
    ends(&checkout.docker(&["rm", &container]), 0);
    let publish = |version: &str| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/publish-image");
        let mut command = Command::new(script);
        command.arg(&name).arg(version).arg(registry.folder.path()).env("DOCKER_HOST", &checkout.engine);
        command.env("DOCKER", std::env::var_os("HARDTACK_BUILDKIT_CLIENT").unwrap());
        command.output().unwrap()
    };
    // The tag of a release may say another version than the program.
    let said = ends(&publish("9.9.9"), 1);
    assert!(said.contains("nothing was pushed"), "{said}");

    let version = env!("CARGO_PKG_VERSION");
    let output = publish(version);
    ends(&output, 0);
    let digest = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    let pinned = format!("{name}@{digest}");
    let list = checkout.docker(&["manifest", "inspect", "--insecure", &pinned]);
    let list: Value = serde_json::from_str(&ends(&list, 0)).unwrap();
    let platforms: Vec<&str> = list["manifests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|manifest| manifest["platform"]["architecture"].as_str().unwrap())
        .collect();
    assert_eq!(platforms, ["amd64", "arm64"]);
    // As a user runs it: by its digest, which the registry has to have.
    ends(&checkout.docker(&["image", "rm", "--force", &format!("{name}:{version}-amd64")]), 0);
    let run = checkout.docker(&["run", "--rm", "--read-only", "--network", "none", &pinned, "--version"]);
    assert!(ends(&run, 0).contains(&format!("hardtack {version}")));
}

#[test]
fn the_image_holds_the_program_and_the_certificates_alone() {
    let Some(checkout) = Checkout::new() else { return };
    let inspected = checkout.docker(&["image", "inspect", "hardtack"]);
    let image: Value = serde_json::from_str(&ends(&inspected, 0)).unwrap();
    let (image, configuration) = (&image[0], &image[0]["Config"]);
    assert_eq!(configuration["User"], "65532:65532");
    assert_eq!(configuration["Entrypoint"], serde_json::json!(["/hardtack"]));
    // Of an unoptimised program, with room for some more: no base image, no second copy of the program.
    let size = image["Size"].as_u64().unwrap();
    assert!(size < 80_000_000, "{size} bytes");

    let made = checkout.docker(&["create", "hardtack"]);
    let container = ends(&made, 0).trim().to_owned();
    let archive = checkout.folder.path().join("image.tar");
    let path = archive.display().to_string();
    ends(&checkout.docker(&["export", "--output", &path, &container]), 0);
    ends(&checkout.docker(&["rm", &container]), 0);
    let listed = Command::new("tar").args(["--list", "--verbose", "--file", &path]).output().unwrap();
    let listed = ends(&listed, 0);
    // What the engine itself puts into every container stands in dev, proc, sys and the rest of etc, all of it empty.
    let filled = |line: &&str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words[0].starts_with('-') && words[2] != "0"
    };
    let files: Vec<(&str, &str)> = listed
        .lines()
        .filter(filled)
        .map(|line| (line.split(' ').next().unwrap(), line.rsplit(' ').next().unwrap()))
        .collect();
    assert_eq!(
        files,
        [("-r--r--r--", "etc/ssl/certs/ca-certificates.crt"), ("-r-xr-xr-x", "hardtack")],
        "{listed}"
    );
}
