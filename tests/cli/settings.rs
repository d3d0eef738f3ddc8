//! `hardtack.yaml`: exceptions and facts about own images.

use super::project::{DATABASE, DATABASE_FIXED, Project};

const TWO: &str = "services:\n  db:\n    image: postgres:16\n    ports: [\"5432:5432\"]\n  cache:\n    image: redis:7\n    ports: [\"6379:6379\"]\n";

fn with_settings(settings: &str) -> Project {
    Project::with(&[("a/compose.yaml", TWO), ("b/compose.yaml", TWO), ("hardtack.yaml", settings)])
}

/// How many findings of `bind-localhost` are excepted, and how many are fixed.
fn bindings(project: &Project) -> (usize, usize) {
    let report = project.run(&["plan", "--format", "json"]).ends(0).json();
    let count = |outcome: &str| {
        let findings = report["findings"].as_array().unwrap().iter();
        findings.filter(|one| one["rule"] == "bind-localhost" && one["remedy"]["outcome"] == outcome).count()
    };
    (count("excepted"), count("fixed"))
}

#[test]
fn an_exception_covers_what_it_names() {
    let settings =
        |narrow: &str| format!("exceptions:\n  - rule: bind-localhost\n    reason: why not\n{narrow}");
    assert_eq!(bindings(&with_settings(&settings(""))), (4, 0));
    assert_eq!(bindings(&with_settings(&settings("    service: db\n"))), (2, 2));
    assert_eq!(bindings(&with_settings(&settings("    file: a/compose.yaml\n"))), (2, 2));
    assert_eq!(bindings(&with_settings(&settings("    service: db\n    file: a/compose.yaml\n"))), (1, 3));
}

#[test]
fn an_exception_shows_its_reason_and_is_no_finding() {
    let project = Project::with(&[("compose.yaml", DATABASE)]);
    project.write("hardtack.yaml", "exceptions:\n  - rule: bind-localhost\n    reason: the office reads it\n    owner: ops\n    expires: 9999-12-31\n");
    project
        .run(&["plan"])
        .ends(0)
        .shows("Excepted or suppressed (1)")
        .shows("hardtack.yaml: the office reads it");
    project.run(&["apply"]).ends(0);
    project.run(&["check", "--skip", "pin-digest"]).ends(0);
}

#[test]
fn an_exception_that_is_not_needed_is_only_told_by_a_look_at_everything() {
    let project = with_settings(
        "exceptions:\n  - rule: bind-localhost\n    service: db\n    file: a/compose.yaml\n    reason: x\n",
    );
    project.run(&["plan", "b"]).ends(0);
    project.run(&["plan", "--only", "pin-digest"]).ends(0);
    project.run(&["plan", "--service", "cache"]).ends(0);
    project.edit("a/compose.yaml", "5432:5432", "127.0.0.1:5432:5432");
    project.run(&["plan"]).ends(2).tells("error: hardtack.yaml:2:5: nothing needs this exception");
    project.run(&["plan", "b"]).ends(0);
}

const LEDGER: &str =
    "services:\n  ledger:\n    image: registry.example.org/team/ledger:1\n    ports: [\"9000:9000\"]\n";

fn ledger(exposure: &str) -> String {
    format!(
        "images:\n  - name: ledger\n    match: [registry.example.org/team/ledger]\n    role: app\n    ports:\n      - port: 9000\n        exposure: {exposure}\n        note: its own protocol\n        source: the wiki\n        confidence: documented\n"
    )
}

#[test]
fn own_image_facts_decide_what_is_bound() {
    let project = Project::with(&[("compose.yaml", LEDGER)]);
    project.run(&["plan"]).ends(0).shows_no("127.0.0.1:9000");
    project.write("hardtack.yaml", ledger("internal"));
    project.run(&["plan"]).ends(0).shows("127.0.0.1:9000:9000").shows("its own protocol");
    project.write("hardtack.yaml", ledger("public"));
    project.run(&["plan"]).ends(0).shows_no("127.0.0.1:9000");
}

#[test]
fn own_image_facts_beat_the_builtin_ones() {
    let project = Project::database();
    let facts = ledger("public").replace("registry.example.org/team/ledger", "docker.io/library/postgres");
    project.write("hardtack.yaml", facts.replace("9000", "5432"));
    project.run(&["plan"]).ends(0).shows_no("127.0.0.1:5432");
}

/// Facts about capabilities and the user of an own image.
const OWN_SECTIONS: &str = "
images:
  - name: ledger
    match: [registry.example.org/team/ledger]
    role: app
    user:
      - {starts_as: root, user_key: never, source: the wiki, confidence: documented}
    capabilities:
      - holds_for: {versions: '<2'}
        needs:
          - {add: CHOWN, at: [first-start], for: its data}
        source: the wiki
        confidence: documented
      - holds_for: {versions: '>=2'}
        needs: []
        source: the wiki
        confidence: documented
";

#[test]
fn what_is_wrong_with_own_facts_is_reported_where_it_stands() {
    let project = Project::with(&[("compose.yaml", LEDGER), ("hardtack.yaml", OWN_SECTIONS)]);
    project.run(&["plan"]).ends(0);
    for (good, bad, place, told) in [
        ("CHOWN", "cap_chown", ":11:19: ", "write \"cap_chown\" as CHOWN"),
        ("first-start", "once", ":11:31: ", "unknown variant `once`"),
        ("'<2'", "'2'", ":9:31: ", "expected versions such as `<8`"),
        ("'>=2'", "'>=1'", ":9:7: ", "capabilities: the facts for <2 and for >=1 overlap"),
        ("starts_as: root", "starts_as: admin", ":7:21: ", "unknown variant `admin`"),
        ("needs: []", "needs: []\n        note: x", ":16:9: ", "unknown field `note`"),
    ] {
        project.write("hardtack.yaml", OWN_SECTIONS.replacen(good, bad, 1));
        project.run(&["plan"]).ends(2).tells(&format!("error: hardtack.yaml{place}")).mentions(told);
    }
}

#[test]
fn a_lock_gives_the_digests() {
    let project = Project::database();
    let digest = "sha256:82578ecb615adb8358e5962e62eb3a74bea08f41428ff067d71e382640996e18";
    let lock = format!(
        "version: 1\nimages:\n  docker.io/library/postgres:16:\n    digest: {digest}\n    kind: index\n"
    );
    project.write("elsewhere.lock", &lock);
    let pinned = format!("+    image: postgres:16@{digest}");
    project
        .run(&["plan", "--lock", "elsewhere.lock"])
        .ends(0)
        .shows(&pinned)
        .shows("(registry: elsewhere.lock)");
    project
        .run(&["plan"])
        .ends(0)
        .shows("there is no hardtack.lock that lists docker.io/library/postgres:16");
    project.write("hardtack.lock", &lock);
    project.run(&["plan"]).ends(0).shows(&pinned);
}

#[test]
fn a_project_file_with_only_comments_counts_for_nothing() {
    for text in ["", "# later\n", "---\n", "exceptions:\n", "exceptions: []\nrules: {}\nimages: []\n"] {
        let project = Project::with(&[("compose.yaml", DATABASE), ("hardtack.yaml", text)]);
        project.run(&["apply"]).ends(0);
        assert_eq!(project.read("compose.yaml"), DATABASE_FIXED, "{text:?}");
    }
}

#[test]
fn a_path_from_the_root_may_be_written_in_any_way() {
    let settings = |path: &str| {
        format!("exceptions:\n  - rule: bind-localhost\n    reason: why not\n    file: {path}\n")
    };
    for path in ["./a/compose.yaml", "a//compose.yaml", "b/../a/compose.yaml"] {
        assert_eq!(bindings(&with_settings(&settings(path))), (2, 2), "{path}");
    }
    for path in ["/a/compose.yaml", "../a/compose.yaml", ".."] {
        with_settings(&settings(path))
            .run(&["plan"])
            .ends(2)
            .tells(&format!("error: hardtack.yaml:4:11: `{path}` is no file of the project"))
            .tells("  help: write the path from the folder of this file");
    }
}

#[test]
fn a_second_document_is_an_error_where_it_starts() {
    let project = with_settings("profile: strict\n---\nexceptions: []\n");
    project.run(&["plan"]).ends(2).tells("error: hardtack.yaml:2:1: a second document starts here");
    let project = with_settings("profile: own.yaml\n");
    project.write("own.yaml", "name: own\nrules: []\n---\n");
    project.run(&["plan"]).ends(2).tells("error: own.yaml:3:1: a second document starts here");
}

#[test]
fn each_error_is_one() {
    let project = with_settings("one: 1\ntwo: 2\n");
    let run = project.run(&["plan"]).ends(2);
    assert_eq!(run.stderr.matches("error: hardtack.yaml:").count(), 2, "{run}");
    run.mentions("\nerror: hardtack.yaml:2:1: `two` is not known");
}
