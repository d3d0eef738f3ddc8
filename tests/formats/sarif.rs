//! SARIF: valid, and its fixes do what they say when another program carries them out.

use super::project::Project;
use super::samples::{SECRET, samples, schema, violations};
use serde_json::Value;
use std::collections::BTreeMap;

fn sarif(project: &Project) -> Value {
    let run = project.run(&["check", "--format", "sarif"]);
    assert!(!run.stdout.contains(SECRET), "{run}");
    run.json()
}

fn results(log: &Value) -> &Vec<Value> {
    log["runs"][0]["results"].as_array().unwrap()
}

#[test]
fn every_report_is_valid() {
    let mut schema = schema("sarif-2.1.0.json");
    // This pattern of the standard's schema is no regular expression; Hardtack states no language.
    for part in ["run", "toolComponent"] {
        schema["definitions"][part]["properties"]["language"].as_object_mut().unwrap().remove("pattern");
    }
    for (name, project) in samples() {
        for command in ["plan", "check"] {
            let log = project.run(&[command, "--format", "sarif"]).json();
            assert_eq!(violations(&schema, &log), Vec::<String>::new(), "{name}");
        }
    }
    // The schema is one: it tells a wrong report.
    let mut log = sarif(&Project::database());
    log["runs"][0]["results"][0]["level"] = "bad".into();
    assert_eq!(violations(&schema, &log).len(), 1);
}

#[test]
fn what_could_not_be_read_is_a_notification() {
    let project = Project::with(&[("compose.yaml", "services: [\n")]);
    let log = project.run(&["check", "--format", "sarif"]).ends(3).json();
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["toolExecutionNotifications"].as_array().unwrap().len(), 1);
}

#[test]
fn accepted_findings_are_suppressed_with_their_reason() {
    let (_, project) = samples().into_iter().find(|(name, _)| *name == "accepted").unwrap();
    let log = sarif(&project);
    let suppressed: Vec<&Value> =
        results(&log).iter().filter(|result| result.get("suppressions").is_some()).collect();
    assert_eq!(suppressed.len(), 1);
    assert_eq!(suppressed[0]["suppressions"][0]["kind"], "inSource");
    assert_eq!(suppressed[0]["suppressions"][0]["justification"], "the office reads it");
    let idle = results(&log).iter().filter(|result| result["ruleId"] == "idle-suppression").count();
    assert_eq!(idle, 1);
}

#[test]
fn no_two_results_are_taken_for_one() {
    for (name, project) in samples() {
        let log = sarif(&project);
        let mut prints: Vec<&str> = results(&log)
            .iter()
            .map(|result| result["partialFingerprints"]["hardtack/v1"].as_str().unwrap())
            .collect();
        let all = prints.len();
        prints.sort_unstable();
        prints.dedup();
        assert_eq!(prints.len(), all, "{name}");
    }
}

#[test]
fn paths_start_at_the_repository() {
    let project = Project::with(&[("deploy here/compose.yaml", super::project::DATABASE)]);
    project.write("deploy here/hardtack.yaml", "profile: recommended\n");
    let log = project.run_in("deploy here", &["check", "--format", "sarif"]).json();
    let place = &results(&log)[0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(place["uri"], "deploy%20here/compose.yaml");
    assert_eq!(place["uriBaseId"], "%SRCROOT%");
}

/// Lines as SARIF counts them, each with its line break; a byte order mark belongs to no column.
fn offset(text: &str, line: u64, column: u64) -> usize {
    let mut at = 0;
    for _ in 1..line {
        let rest = &text[at..];
        let end = rest.find(['\n', '\r']).unwrap();
        at += end + if rest[end..].starts_with("\r\n") { 2 } else { 1 };
    }
    if line == 1 && text.starts_with('\u{feff}') {
        at += '\u{feff}'.len_utf8();
    }
    let skipped: usize =
        text[at..].chars().take(usize::try_from(column - 1).unwrap()).map(char::len_utf8).sum();
    at + skipped
}

/// Carries a fix out as the standard describes it, knowing nothing of Hardtack.
fn fixed(project: &Project, fix: &Value) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for change in fix["artifactChanges"].as_array().unwrap() {
        let path = change["artifactLocation"]["uri"].as_str().unwrap().to_owned();
        let mut text = project.read(&path);
        for replacement in change["replacements"].as_array().unwrap().iter().rev() {
            let region = &replacement["deletedRegion"];
            let number = |key: &str| region[key].as_u64().unwrap();
            let from = offset(&text, number("startLine"), number("startColumn"));
            let to = offset(&text, number("endLine"), number("endColumn"));
            text.replace_range(from..to, replacement["insertedContent"]["text"].as_str().unwrap());
        }
        texts.insert(path, text);
    }
    texts
}

#[test]
fn each_fix_by_itself_settles_its_finding_and_breaks_nothing() {
    let mut carried_out = 0;
    for (name, project) in samples() {
        let log = sarif(&project);
        for result in results(&log).iter().filter(|result| result.get("fixes").is_some()) {
            let texts = fixed(&project, &result["fixes"][0]);
            let before: Vec<(String, String)> =
                texts.keys().map(|path| (path.clone(), project.read(path))).collect();
            texts.iter().for_each(|(path, text)| project.write(path, text));
            let after = sarif(&project);
            let print = &result["partialFingerprints"]["hardtack/v1"];
            let count = |log: &Value| {
                // Equal findings have a number behind their fingerprint; each fix settles one of them.
                let base = print.as_str().unwrap().split('-').next().unwrap().to_owned();
                let is_it = |other: &&Value| {
                    let open = other["properties"]["open"] == true;
                    open && other["partialFingerprints"]["hardtack/v1"].as_str().unwrap().starts_with(&base)
                };
                results(log).iter().filter(is_it).count()
            };
            assert!(count(&after) < count(&log), "{name}: {print} is still open\n{texts:?}");
            let unread = |log: &Value| log["runs"][0]["invocations"][0]["toolExecutionNotifications"].clone();
            assert_eq!(unread(&after), unread(&log), "{name}");
            before.iter().for_each(|(path, text)| project.write(path, text));
            carried_out += 1;
        }
    }
    assert!(carried_out > 25, "{carried_out}");
}

#[test]
fn a_fix_is_what_apply_writes() {
    for only in ["bind-localhost", "no-new-privileges"] {
        let project = Project::database();
        let log = project.run(&["plan", "--only", only, "--format", "sarif"]).json();
        let result = results(&log).iter().find(|result| result.get("fixes").is_some()).unwrap();
        let texts = fixed(&project, &result["fixes"][0]);
        project.run(&["apply", "--only", only]).ends(0);
        assert_eq!(texts["compose.yaml"], project.read("compose.yaml"));
    }
}

#[test]
fn a_fix_that_would_copy_a_secret_is_left_out() {
    let text = format!(
        "services:\n  a:\n    image: nginx:1.27\n    environment: &shared\n      API_TOKEN: {SECRET}\n  b:\n    image: x\n    environment: *shared\n"
    );
    let project = Project::with(&[("compose.yaml", &text)]);
    assert!(!project.run(&["plan", "--format", "sarif"]).stdout.contains(SECRET));
}
