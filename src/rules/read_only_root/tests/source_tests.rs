//! What the sources of a program show of where it writes.

use super::{judged_with, one};

#[test]
fn a_write_outside_of_what_stays_writable_holds_the_guess_back() {
    let dockerfile = "FROM python:3.13-slim\nWORKDIR /app\nCOPY . .\nCMD [\"python\", \"app.py\"]\n";
    let with = |keys: &str, source: &str| {
        let compose = one(&format!("build: .{keys}"));
        let files = [("compose.yaml", compose.as_str()), ("Dockerfile", dockerfile), ("src/app.py", source)];
        judged_with(&files, "try")
    };
    const GUESS: &str = "inferred? /tmp:mode=1777 /run:mode=1777";
    assert_eq!(with("", "open('/data/x')"), GUESS);
    assert_eq!(with("", "open('/tmp/x', 'w')"), GUESS);
    assert_eq!(with("", "open('/data/x', 'w')"), "evidence-missing");
    assert_eq!(with("", "open('/app/x', 'w')"), "evidence-missing");
    assert_eq!(with(", volumes: ['data:/data']", "open('/data/x', 'w')"), GUESS);
    let by_variable = "D = os.getenv('TARGET', '/data')\nos.makedirs(D)";
    assert_eq!(with("", by_variable), "evidence-missing");
    assert_eq!(with(", environment: {TARGET: /tmp/x}", by_variable), GUESS);
}

#[test]
fn a_source_that_is_mounted_counts_as_well() {
    let compose = one("image: 'node:22', command: node /app/a.js, volumes: ['./src:/app:ro']");
    let with = |source: &str| judged_with(&[("compose.yaml", &compose), ("src/a.js", source)], "try");
    assert_eq!(with("fs.writeFileSync('/var/x/a', s)"), "evidence-missing");
    assert_eq!(with("fs.readFileSync('/var/x/a')"), "inferred? /tmp:mode=1777 /run:mode=1777");
}
