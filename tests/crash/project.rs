//! The project that is written to: one file for each way in which a file can be written.

use hardtack::edge::{FileWrite, NewRecord, sha256_hex};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempDir;

const REPLACED: (&str, &str) = ("services: {web: {image: nginx}}\n", "services: {web: {read_only: true}}\n");
const SCRIPT: (&str, &str) = ("#!/bin/sh\n", "#!/bin/sh\nset -e\n");
const LINKED: (&str, &str) =
    ("FROM nginx:1.27\n# and a tail that is longer than the other\n", "FROM nginx:1.28\n");
const REMOVED: &str = "A=1\n";
const CREATED: &str = "server { listen 8080; }\n";
const RECORD: &str = ".hardtack/rollback/20261121T073000Z-1a2b3c4d";

/// All that a person sees of a project: each file with its bytes and its mode, each folder.
pub type View = BTreeMap<String, (String, u32)>;

pub struct Project {
    folder: TempDir,
}

impl Project {
    pub fn new() -> Self {
        let project = Self { folder: tempfile::tempdir().unwrap() };
        let root = project.root();
        fs::create_dir(root.join("bin")).unwrap();
        for (path, text, mode) in [
            ("compose.yaml", REPLACED.0, 0o644),
            ("bin/start.sh", SCRIPT.0, 0o755),
            ("Dockerfile", LINKED.0, 0o640),
            ("old.env", REMOVED, 0o600),
        ] {
            fs::write(root.join(path), text).unwrap();
            fs::set_permissions(root.join(path), fs::Permissions::from_mode(mode)).unwrap();
        }
        fs::hard_link(root.join("Dockerfile"), root.join("Dockerfile.too")).unwrap();
        project
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    /// What is there, without what Hardtack keeps for itself for good. A temporary file, a journal or a record
    /// counts.
    pub fn view(&self) -> View {
        let mut view = View::new();
        collect(self.root(), self.root(), &mut view);
        for kept in [".hardtack", ".hardtack/rollback", ".hardtack/lock", ".hardtack/.gitignore"] {
            view.remove(kept);
        }
        view
    }

    /// Between the kill and the next command, a file is old or new; only the one that is overwritten in place
    /// may be half-written, and only while the journal is there to complete it.
    pub fn assert_each_file_is_whole_or_guarded(&self) {
        let view = self.view();
        for (path, (old, new)) in
            [("compose.yaml", REPLACED), ("bin/start.sh", SCRIPT), ("Dockerfile", LINKED)]
        {
            let text = view.get(path).map(|(text, _)| text.as_str()).unwrap_or_default();
            let guarded =
                path == "Dockerfile" && new.starts_with(text) && view.contains_key(".hardtack/journal.json");
            assert!(text == old || text == new || guarded, "{path}: {text:?}");
        }
    }
}

fn collect(root: &Path, folder: &Path, view: &mut View) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        let shown = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        let mode = metadata.permissions().mode() & 0o7777;
        if metadata.is_dir() {
            view.insert(shown, (String::new(), mode));
            collect(root, &path, view);
        } else {
            view.insert(shown, (fs::read_to_string(&path).unwrap(), mode));
        }
    }
}

/// What the child writes.
pub fn writes() -> Vec<FileWrite> {
    let write = |path: &str, before: Option<&str>, after: Option<&str>| FileWrite {
        path: path.to_owned(),
        expect: before.map(|text| sha256_hex(text.as_bytes())),
        content: after.map(|text| text.as_bytes().to_vec()),
        mode: None,
    };
    let created = FileWrite { mode: Some(0o644), ..write("nginx/conf.d/site.conf", None, Some(CREATED)) };
    vec![
        write("compose.yaml", Some(REPLACED.0), Some(REPLACED.1)),
        write("old.env", Some(REMOVED), None),
        write("Dockerfile", Some(LINKED.0), Some(LINKED.1)),
        created,
        write("bin/start.sh", Some(SCRIPT.0), Some(SCRIPT.1)),
    ]
}

/// The record that it writes with them.
pub fn record() -> NewRecord {
    NewRecord {
        id: "20261121T073000Z-1a2b3c4d".parse().unwrap(),
        undoes: None,
        json: b"{}".to_vec(),
        patch: "patch".to_owned(),
    }
}

fn view_of(files: &[(&str, &str, u32)], folders: &[&str], like: &View) -> View {
    let files = files.iter().map(|(path, text, mode)| ((*path).to_owned(), ((*text).to_owned(), *mode)));
    // A folder's mode is the umask's business.
    let folder = |path: &&str| ((*path).to_owned(), like.get(*path).cloned().unwrap_or_default());
    files.chain(folders.iter().map(folder)).collect()
}

pub fn is_before(view: &View) -> bool {
    let files = [
        ("compose.yaml", REPLACED.0, 0o644),
        ("bin/start.sh", SCRIPT.0, 0o755),
        ("Dockerfile", LINKED.0, 0o640),
        ("Dockerfile.too", LINKED.0, 0o640),
        ("old.env", REMOVED, 0o600),
    ];
    *view == view_of(&files, &["bin"], view)
}

pub fn is_after(view: &View) -> bool {
    let (json, patch) = (format!("{RECORD}.json"), format!("{RECORD}.patch"));
    let files = [
        ("compose.yaml", REPLACED.1, 0o644),
        ("bin/start.sh", SCRIPT.1, 0o755),
        ("Dockerfile", LINKED.1, 0o640),
        ("Dockerfile.too", LINKED.1, 0o640),
        ("nginx/conf.d/site.conf", CREATED, 0o644),
        (&json, "{}", 0o600),
        (&patch, "patch", 0o600),
    ];
    *view == view_of(&files, &["bin", "nginx", "nginx/conf.d"], view)
}
