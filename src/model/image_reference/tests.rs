//! The vectors are those of distribution/reference's own tests, and the traps of real files.

use super::*;
use proptest::prelude::*;

const HEX: &str = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

fn parse(text: &str) -> ImageReference {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn error(text: &str) -> ImageReferenceError {
    text.parse::<ImageReference>().err().unwrap_or_else(|| panic!("{text} is accepted"))
}

#[test]
fn parts_as_written() {
    let rows = [
        ("test_com", None, "test_com", None),
        ("test.com:tag", None, "test.com", Some("tag")),
        ("test.com:5000", None, "test.com", Some("5000")),
        ("ubuntu.local:5000", None, "ubuntu.local", Some("5000")),
        ("test.com/repo:tag", Some("test.com"), "repo", Some("tag")),
        ("test:5000/repo", Some("test:5000"), "repo", None),
        ("test:5000/repo:tag", Some("test:5000"), "repo", Some("tag")),
        ("lowercase:Uppercase", None, "lowercase", Some("Uppercase")),
        (
            "sub-dom1.foo.com/bar/baz/quux:some-long-tag",
            Some("sub-dom1.foo.com"),
            "bar/baz/quux",
            Some("some-long-tag"),
        ),
        ("xn--n3h.com/myimage:xn--n3h.com", Some("xn--n3h.com"), "myimage", Some("xn--n3h.com")),
        ("foo_bar.com:8080", None, "foo_bar.com", Some("8080")),
        ("foo/foo_bar.com:8080", None, "foo/foo_bar.com", Some("8080")),
        ("192.168.1.1:5000/repo:5050", Some("192.168.1.1:5000"), "repo", Some("5050")),
        ("192.168.0.1:80", None, "192.168.0.1", Some("80")),
        ("[2001:db8::1]/repo", Some("[2001:db8::1]"), "repo", None),
        ("[2001:db8::1]:5000/repo:tag", Some("[2001:db8::1]:5000"), "repo", Some("tag")),
        ("[fc00::1]:5000/docker/docker", Some("[fc00::1]:5000"), "docker/docker", None),
        ("localhost/debian", Some("localhost"), "debian", None),
        ("LOCALDOMAIN/library/debian", Some("LOCALDOMAIN"), "library/debian", None),
        ("Docker/docker", Some("Docker"), "docker", None),
        ("docker---rules/dock__er", None, "docker---rules/dock__er", None),
        ("x/a.b_c__d-e---f", None, "x/a.b_c__d-e---f", None),
        ("d/docker", None, "d/docker", None),
        ("app:_1.2-3", None, "app", Some("_1.2-3")),
    ];
    for (text, domain, path, tag) in rows {
        for digest in [None, Some(format!("sha256:{HEX}"))] {
            let text = digest.as_ref().map_or(text.to_owned(), |digest| format!("{text}@{digest}"));
            let reference = parse(&text);
            assert_eq!(reference.domain(), domain, "{text}");
            assert_eq!(reference.path(), path, "{text}");
            assert_eq!(reference.tag(), tag, "{text}");
            assert_eq!(reference.digest().map(Digest::as_str), digest.as_deref(), "{text}");
            assert_eq!(reference.to_string(), text);
        }
    }
}

#[test]
fn says_what_is_wrong() {
    use ImageReferenceError as E;
    assert_eq!(error(""), E::Empty);
    assert_eq!(error("nginx:${TAG:-1}"), E::Variable);
    assert_eq!(error("1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a"), E::Identifier);
    assert_eq!(error(":justtag"), E::NoName);
    assert_eq!(error(&format!("@sha256:{HEX}")), E::NoName);
    assert_eq!(error("nginx:"), E::EmptyTag);
    assert_eq!(error(&format!("nginx:@sha256:{HEX}")), E::EmptyTag);
    for tag in [".a", "-a", "a b", "é", "a+b", &"a".repeat(129)] {
        assert_eq!(error(&format!("nginx:{tag}")), E::Tag { tag: tag.to_owned() });
    }
    for path in ["Nginx", "Uppercase:tag", "docker/Docker", "docker.io/docker/Docker", "test:5000/Up/low:tag"]
    {
        assert!(matches!(error(path), E::UpperCase { .. }), "{path}");
    }
    for path in [
        "-docker",
        "-docker/docker",
        "docker-/docker",
        "docker///docker",
        "docker/",
        "____/____",
        "_docker/_docker",
        "dock..er/docker_",
        "a/dock..er",
        "a/dock_.er",
        "a/dock-.er",
        "a/dock___er",
        "aa/asdf^/aa",
        " nginx",
        "nginx ",
        "a/b:c/d",
        "[2001:db8::1]",
        "é",
        "[]/a",
    ] {
        let seen = error(path);
        let component = matches!(seen, E::Component { .. } | E::Domain { .. } | E::Tag { .. });
        assert!(component, "{path}: {seen:?}");
    }
    for path in [
        "https://github.com/docker/docker",
        "-docker.io/docker/docker",
        "[fe80::1%eth0]:5000/debian",
        "[2001:db8:3:4::192.0.2.33]:5000/debian",
        "fc00::1:5000/debian",
        "a.b:/c",
        "a.b:x/c",
        "[::1]x/a",
        "a..b/c",
        "É/c",
        "a.b_c/x", // The dot makes it a domain, which has no underscores.
    ] {
        assert!(matches!(error(path), E::Domain { .. }), "{path}: {:?}", error(path));
    }
}

#[test]
fn placeholder_digests_are_no_digests() {
    let placeholder =
        DigestError::NotHexadecimal { algorithm: "sha256".into(), hex: "ACTUAL_SHA_HERE".into() };
    assert_eq!(error("nginx:1.27@sha256:ACTUAL_SHA_HERE"), ImageReferenceError::Digest(placeholder));
    assert!(matches!(error("x:1@REPLACE_ME"), ImageReferenceError::Digest(DigestError::NoAlgorithm { .. })));
    assert!(matches!(error("x@"), ImageReferenceError::Digest(_)));
    assert!(matches!(error("repo@sha256:ffff"), ImageReferenceError::Digest(DigestError::Length { .. })));
    let unknown = format!("validname@invaliddigest:{HEX}");
    assert!(matches!(error(&unknown), ImageReferenceError::Digest(DigestError::UnknownAlgorithm { .. })));
}

#[test]
fn length_counts_the_path_with_its_namespace() {
    let path = |length: usize| "a".repeat(length);
    assert_eq!(error(&path(248)), ImageReferenceError::TooLong { length: 256 });
    assert_eq!(parse(&path(247)).path().len(), 247);
    assert_eq!(parse(&format!("example.com/{}:tag", path(255))).path().len(), 255);
    assert_eq!(error(&format!("example.com/{}", path(256))), ImageReferenceError::TooLong { length: 256 });
    assert_eq!(parse(&format!("nginx:{}", "a".repeat(128))).tag().map(str::len), Some(128));
}

#[test]
fn canonical_and_familiar_forms() {
    let rows = [
        ("nginx", "docker.io/library/nginx:latest", "nginx"),
        ("nginx:1.27", "docker.io/library/nginx:1.27", "nginx:1.27"),
        ("library/nginx", "docker.io/library/nginx:latest", "nginx"),
        ("docker.io/nginx", "docker.io/library/nginx:latest", "nginx"),
        ("index.docker.io/library/nginx:1", "docker.io/library/nginx:1", "nginx:1"),
        ("index.docker.io/nginx", "docker.io/library/nginx:latest", "nginx"),
        ("docker.io/grafana/grafana", "docker.io/grafana/grafana:latest", "grafana/grafana"),
        ("docker.io/library/a/b", "docker.io/library/a/b:latest", "library/a/b"),
        ("ghcr.io/library/x", "ghcr.io/library/x:latest", "ghcr.io/library/x"),
        ("ghcr.io/x:1", "ghcr.io/x:1", "ghcr.io/x:1"),
        ("localhost:5000/x", "localhost:5000/x:latest", "localhost:5000/x"),
    ];
    for (text, canonical, familiar) in rows {
        assert_eq!(parse(text).canonical(), canonical, "{text}");
        assert_eq!(parse(text).familiar(), familiar, "{text}");
        assert_eq!(parse(canonical).canonical(), canonical, "{text}");
    }
    let pinned = format!("nginx@sha256:{HEX}");
    assert_eq!(parse(&pinned).canonical(), format!("docker.io/library/{pinned}"));
}

#[test]
fn pinning_keeps_the_name_as_written() {
    let digest: Digest = format!("sha256:{HEX}").parse().unwrap();
    let old = format!("@sha256:{}", "0".repeat(64));
    let rows = [
        ("nginx", "nginx:latest"),
        ("index.docker.io/nginx:1", "index.docker.io/nginx:1"),
        ("localhost:5000/x", "localhost:5000/x:latest"),
        (&format!("nginx:1{old}"), "nginx:1"),
        (&format!("nginx{old}"), "nginx"),
    ];
    for (text, before_digest) in rows {
        assert_eq!(parse(text).with_digest(&digest), format!("{before_digest}@{digest}"), "{text}");
    }
}

proptest! {
    #[test]
    fn never_panics_and_keeps_what_it_takes(text in "[a-zA:/@.\\[\\]_$ é-]{0,20}(@sha256:[0-9a-fX]{0,3})?") {
        if let Ok(reference) = text.parse::<ImageReference>() {
            prop_assert_eq!(reference.to_string(), text);
        }
    }

    #[test]
    fn round_trip(
        domain in proptest::option::of("localhost|[a-z]{1,4}\\.[a-z]{2}|[a-z]{1,3}:[0-9]{1,4}|\\[::1\\]:5|[A-Z]{3}"),
        path in "[a-z0-9]{1,5}((\\.|_|__|-{1,3})[a-z0-9]{1,3}){0,2}(/[a-z0-9]{1,4}){0,2}",
        tag in proptest::option::of("[A-Za-z0-9_][A-Za-z0-9_.-]{0,10}"),
        hex in proptest::option::of("[0-9a-f]{64}"),
    ) {
        // A path whose first component has a dot would be a domain and a path.
        let dotted = path.split_once('/').is_some_and(|(first, _)| first == "localhost" || first.contains('.'));
        let domain = domain.or_else(|| dotted.then(|| "localhost".to_owned()));
        let mut text = domain.as_ref().map_or(String::new(), |domain| format!("{domain}/"));
        text += &path;
        text += &tag.as_ref().map_or(String::new(), |tag| format!(":{tag}"));
        text += &hex.as_ref().map_or(String::new(), |hex| format!("@sha256:{hex}"));
        let reference = parse(&text);
        prop_assert_eq!(reference.domain(), domain.as_deref());
        prop_assert_eq!(reference.path(), path);
        prop_assert_eq!(reference.tag(), tag.as_deref());
        prop_assert_eq!(reference.digest().map(Digest::hex), hex.as_deref());
        prop_assert_eq!(reference.to_string(), text);
        prop_assert_eq!(parse(&reference.canonical()).canonical(), reference.canonical());
        prop_assert_eq!(parse(&reference.familiar()).canonical(), reference.canonical());
    }
}
