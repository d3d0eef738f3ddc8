use super::*;

fn digest() -> String {
    format!("sha256:{}", "a".repeat(64))
}

fn error(text: &str) -> (Option<(usize, usize)>, String, String) {
    let error = Lock::read(text).unwrap_err();
    let position = error.position.map(|at| (at.line, at.column));
    (position, error.to_string(), error.help())
}

#[test]
fn a_lock_of_the_first_release_is_still_read() {
    let text = format!(
        "version: 1\nimages:\n  docker.io/library/nginx:1:\n    digest: {}\n    kind: index\n    ours: 7\n",
        digest()
    );
    let lock = Lock::read(&text).unwrap();
    let entry = &lock.images["docker.io/library/nginx:1"];
    assert!(entry.configuration.is_none() && entry.platforms.is_empty() && entry.size.is_none());
}

#[test]
fn what_is_written_is_read_again() {
    let text = format!(
        "version: 1\nimages:\n  docker.io/library/nginx:1:\n    digest: {0}\n    kind: index\n    platforms:\n    - linux/amd64\n    - linux/arm/v7\n    size: 42\n    resolved-at: 2026-01-02T03:04:05Z\n    source: 'docker.io: GET'\n    configuration:\n      digest: {0}\n      platform: linux/amd64\n      user: '101'\n      exposed-ports:\n      - 80/tcp\n      cmd:\n      - nginx\n      - '-g'\n      - daemon off;\n      labels:\n        org.opencontainers.image.version: 1.27.3\n",
        digest()
    );
    let lock = Lock::read(&text).unwrap();
    let written = lock.to_text().unwrap();
    assert_eq!(Lock::read(&written).unwrap(), lock);
    assert_eq!(written, format!("{HEADER}{}", text.replace("'-g'", "-g")));
    let entry = &lock.images["docker.io/library/nginx:1"];
    let names: Vec<String> = entry.fields().unwrap().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["digest", "kind", "platforms", "size", "resolved-at", "source", "configuration"]);
}

#[test]
fn a_digest_that_the_lock_does_not_have_is_not_in_it() {
    let text = format!(
        "version: 1\nimages:\n  docker.io/library/nginx:1:\n    digest: {}\n    kind: index\n",
        digest()
    );
    let lock = Lock::read(&text).unwrap();
    let has = |reference: &str| lock.get(&reference.parse().unwrap()).is_some();
    let other = format!("sha256:{}", "b".repeat(64));
    assert!(has("nginx:1") && has(&format!("nginx:1@{}", digest())));
    assert!(!has(&format!("nginx:1@{other}")) && !has("nginx:2") && !has(&format!("nginx@{}", digest())));
}

#[test]
fn every_error_says_where_and_what_to_do() {
    let entry = format!("    digest: {}\n    kind: index\n", digest());
    let one = format!("  docker.io/library/nginx:1:\n{entry}");
    let head = "version: 1\nimages:\n";
    for (text, place, message, help) in [
        (
            format!("{head}{one}{one}"),
            (6, 3),
            "docker.io/library/nginx:1` is here for the second time",
            "merge",
        ),
        (
            format!("{head}  docker.io/library/nginx:1:\n{entry}    kind: index\n"),
            (6, 5),
            "`kind` is here",
            "keep",
        ),
        ("version: 2\n".to_owned(), (1, 1), "version 2", "newer"),
        ("version: 0\n".to_owned(), (1, 1), "version 0", "version: 1"),
        (format!("{head}  nginx:1:\n{entry}"), (3, 3), "`nginx:1` is not", "`docker.io/library/nginx:1`"),
        (format!("{head}  Nginx//1:\n{entry}"), (3, 3), "`Nginx//1` is not", "take the entry out"),
        (
            format!("{head}  a.org/b:1:\n    digest: sha256:zz\n    kind: index\n"),
            (4, 5),
            "not hexadecimal",
            "restore",
        ),
        (
            format!("{head}  a.org/b:1:\n    digest: {}\n    kind: other\n", digest()),
            (5, 11),
            "other",
            "restore",
        ),
        (format!("{head}  a.org/b:1:\n    kind: index\n"), (4, 5), "digest", "restore"),
        ("images: 7\n".to_owned(), (1, 9), "", "restore"),
        ("version: 1\nimages: [\n".to_owned(), (3, 1), "", "restore"),
        (String::new(), (1, 1), "it is empty", "restore"),
    ] {
        let (found, said, helped) = error(&text);
        assert!(said.contains(message) && helped.contains(help), "{text}: {found:?} {said} / {helped}");
        assert_eq!(found, Some(place), "{text}: {said}");
    }
}

#[test]
fn a_mark_at_the_beginning_is_no_part_of_it() {
    assert!(Lock::read("\u{feff}version: 1\nimages: {}\n").is_ok());
}
