//! Files that cannot be read: one clear line each, and the other files go on.

use super::project::{DATABASE, DATABASE_FIXED, Project};
use std::fs;

/// What a bad file gets said about it, with a good one beside it that must be fixed all the same.
#[track_caller]
fn refused(bad: impl AsRef<[u8]>, position: &str, message: &str, help: &str) {
    let project = Project::with(&[("good/compose.yaml", DATABASE)]);
    project.write("bad/compose.yaml", bad.as_ref());
    let line = format!("error: bad/compose.yaml:{position}: {message}");
    project
        .run(&["plan"])
        .ends(3)
        .tells(&line)
        .tells(&format!("  help: {help}"))
        .shows("good/compose.yaml\n");
    project.run(&["check"]).ends(3).tells(&line);
    project.run(&["apply"]).ends(3).tells(&line);
    assert_eq!(project.read("good/compose.yaml"), DATABASE_FIXED);
    assert_eq!(fs::read(project.path("bad/compose.yaml")).unwrap(), bad.as_ref());
}

#[test]
fn not_utf8() {
    refused(
        b"services:\n  db:\n    image: caf\xe9\n",
        "3:15",
        "the file is not valid UTF-8",
        "save the file",
    );
}

#[test]
fn utf16() {
    let text: Vec<u8> = format!("\u{feff}{DATABASE}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    refused(text, "1:1", "the file is encoded in UTF-16", "save the file");
}

#[test]
fn characters_that_yaml_forbids() {
    for c in ['\0', '\u{7}', '\u{1b}', '\u{7f}', '\u{9b}'] {
        let code = format!("the file contains the character U+{:04X}", u32::from(c));
        refused(format!("services:\n  db:\n    image: a{c}b\n"), "3:13", &code, "remove the character");
    }
}

#[test]
fn characters_that_some_readers_take_for_line_breaks() {
    for c in ['\u{85}', '\u{2028}', '\u{2029}'] {
        let code = format!("the character U+{:04X} ends the line", u32::from(c));
        refused(format!("services: # a{c}b\n"), "1:14", &code, "replace the character");
    }
}

#[test]
fn a_tab_as_indentation() {
    refused("services:\n\tdb:\n\t\timage: a\n", "2:1", "a tab is used as indentation", "indent with spaces");
}

#[test]
fn a_key_twice() {
    let text = "services:\n  db:\n    image: a\n  db:\n    image: b\n";
    refused(text, "4:3", "the key `db` is here for the second time; the first is at line 2", "remove one");
}

#[test]
fn an_alias_without_anchor() {
    refused("services:\n  db: *nope\n", "2:7", "the alias `*nope` has no anchor", "define the anchor");
}

#[test]
fn a_template() {
    let text = "services:\n{% for name in names %}\n  db:\n    image: a\n{% endfor %}\n";
    refused(text, "2:1", "the file is a template", "render the template first");
}

#[test]
fn a_template_that_happens_to_be_yaml() {
    let text = "services:\n  db:\n    image: {{ image }}\n";
    refused(text, "3:12", "the file is a template, not YAML", "render the template first");
}

#[test]
fn quotes_that_do_not_end() {
    let project = Project::with(&[("compose.yaml", "services:\n  db:\n    image: \"a\n")]);
    project.run(&["plan"]).ends(3).tells("error: compose.yaml:3:12: the file is not valid YAML");
}

/// Nine times nine, twelve times over.
fn bomb(first: &str, open: &str, item: impl Fn(usize, usize) -> String, close: &str, last: &str) -> String {
    let line = |level: usize| {
        let items: Vec<String> = (0..9).map(|number| item(level - 1, number)).collect();
        format!("x-{level}: &a{level} {open}{}{close}\n", items.join(", "))
    };
    let lines: String = (1..12).map(line).collect();
    format!("x-0: &a0 {first}\n{lines}services:\n  db:\n    image: a\n    {last}: *a11\n")
}

#[test]
fn alias_bombs() {
    let list = bomb("[lol]", "[", |level, _| format!("*a{level}"), "]", "ports");
    let map = bomb("{k: lol}", "{", |level, number| format!("k{number}: *a{level}"), "}", "environment");
    let merge = bomb("{k: lol}", "{<<: [", |level, _| format!("*a{level}"), "]}", "<<");
    let message = "the file's aliases expand to more than a million values";
    for (text, position) in [(list, "7:10"), (map, "7:10"), (merge, "7:15")] {
        refused(text, position, message, "write the repeated");
    }
}

#[test]
fn long_chains_of_aliases() {
    let links = |link: fn(usize) -> String| -> String {
        (1..20_000).map(|number| format!("x-{number}: &a{number} {}\n", link(number - 1))).collect()
    };
    for lines in [links(|number| format!("[*a{number}]")), links(|number| format!("{{<<: *a{number}}}"))] {
        let project = Project::with(&[("compose.yaml", &format!("x-0: &a0 {{k: v}}\n{lines}"))]);
        project.run(&["plan"]).ends(3).mentions("the file's aliases expand");
    }
}

#[test]
fn nesting_without_end() {
    let flow = format!("services: {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    let block = "- ".repeat(100_000) + "a\n";
    let maps = "{a: ".repeat(100_000) + &"}".repeat(100_000);
    for text in [flow, block, maps] {
        let project = Project::with(&[("bad/compose.yaml", &text), ("good/compose.yaml", DATABASE)]);
        let run = project.run(&["apply"]).ends(3).tells("error: bad/compose.yaml:1:");
        run.mentions(": the file nests collections more than 100 deep\n").tells("  help: split the file");
        assert_eq!(project.read("good/compose.yaml"), DATABASE_FIXED);
    }
}

/// What is not read at all has no line to point at.
#[track_caller]
fn unread(project: &Project, path: &str, message: &str, help: &str) {
    project.write("good/compose.yaml", DATABASE);
    let line = format!("error: {path}: {message}");
    project
        .run(&["plan"])
        .ends(3)
        .tells(&line)
        .tells(&format!("  help: {help}"))
        .shows("good/compose.yaml\n");
    project.run(&["apply"]).ends(3).tells(&line);
    assert_eq!(project.read("good/compose.yaml"), DATABASE_FIXED);
}

#[test]
fn a_file_of_50_megabytes() {
    let project = Project::new();
    project.write("compose.yaml", "# 45678\n".repeat(50 * 1024 * 1024 / 8));
    unread(&project, "compose.yaml", "it is larger than 4194304 bytes", "split the file");
}

#[test]
fn a_folder_with_the_name_of_a_file() {
    let project = Project::new();
    fs::create_dir(project.path("compose.yaml")).unwrap();
    unread(&project, "compose.yaml", "it is a folder", "remove the folder");
}

#[cfg(unix)]
#[test]
fn links_that_lead_nowhere_out_or_in_circles() {
    use std::os::unix::fs::symlink;
    for (target, message, help) in [
        ("nowhere", "it is a symbolic link that leads nowhere", "mend the link"),
        ("compose.yaml", "it cannot be read: Too many levels", "give yourself the right"),
        ("/etc/passwd", "it is a symbolic link that leads out of the project", "run hardtack in the project"),
    ] {
        let project = Project::new();
        symlink(target, project.path("compose.yaml")).unwrap();
        unread(&project, "compose.yaml", message, help);
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::database();
    fs::set_permissions(project.path("compose.yaml"), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(project.path("compose.yaml")).is_ok() {
        eprintln!("skipped: this user may read everything, as root may");
        return;
    }
    unread(&project, "compose.yaml", "it cannot be read: Permission denied", "give yourself the right");
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_is_not_waited_for() {
    let project = Project::new();
    let made = std::process::Command::new("mkfifo").arg(project.path("compose.yaml")).status().unwrap();
    assert!(made.success());
    unread(&project, "compose.yaml", "it is not a regular file", "name a regular file");
}

#[test]
fn every_bad_file_is_named_and_every_good_one_fixed() {
    let project = Project::with(&[
        ("a/compose.yaml", DATABASE),
        ("b/compose.yaml", "services: [\n"),
        ("c/compose.yaml", DATABASE),
        ("d/compose.yaml", "services: {a: *b}\n"),
    ]);
    let run =
        project.run(&["apply"]).ends(3).tells("error: b/compose.yaml:").tells("error: d/compose.yaml:1:15");
    assert!(
        run.stdout.contains("a/compose.yaml (3 steps)") && run.stdout.contains("c/compose.yaml (3 steps)")
    );
    assert_eq!(project.read("c/compose.yaml"), DATABASE_FIXED);
    let report = project.run(&["plan", "--format", "json"]).ends(3).json();
    assert_eq!(report["problems"].as_array().unwrap().len(), 2);
    assert_eq!(report["problems"][1]["position"], serde_json::json!({"line": 1, "column": 15}));
}

#[test]
fn a_file_with_nothing_in_it_is_no_error() {
    for text in ["", "\n\n", "# later\n"] {
        let project = Project::with(&[("compose.yaml", text)]);
        project.run(&["plan"]).ends(0).tells("note: compose.yaml: the file is empty");
    }
}

#[test]
fn settings_of_other_programs_that_an_image_gets_are_not_read_as_those_of_nginx() {
    let nginx = "server { listen 80; }\n";
    let project = Project::with(&[
        ("compose.yaml", "services:\n  a:\n    build: app\n"),
        ("app/Dockerfile", "FROM debian:12\nCOPY files/ /\nCOPY etc /etc\nCMD [\"sleep\", \"1\"]\n"),
        ("app/files/etc/redis.conf", "port 6379\n"),
        ("app/files/etc/nginx/conf.d/site.conf", nginx),
        ("app/files/etc/nginx/modsec/main.conf", "SecRuleEngine On\n"),
        ("app/etc/php/www.conf", "[www]\nuser = www-data\n"),
        ("app/etc/apache2/site.conf", "<VirtualHost *:80>\n</VirtualHost>\n"),
    ]);
    project.run(&["plan"]).ends(0);
    // What nginx reads for certain still has to be right.
    project.write("app/files/etc/nginx/conf.d/site.conf", "server { listen 80 }\n");
    project.run(&["plan"]).ends(3).tells("error: app/files/etc/nginx/conf.d/site.conf:1:");
}
