//! Images that the project seems to build itself.

use super::*;

const IMAGE: &str = "services: {a: {image: acme/share}}\n";
const BUILT: &str = "services: {a: {build: .}}\n";

fn tried(files: &[(&str, &str)]) -> String {
    judged_with(files, "try")
}

#[test]
fn an_image_is_judged_by_the_dockerfile_of_the_same_service_beside() {
    let beside = |compose: &str, dockerfile: &str| {
        tried(&[("compose.yaml", IMAGE), ("compose.dev.yaml", compose), ("Dockerfile", dockerfile)])
    };
    let guess = "inferred? /tmp:mode=1777 /run:mode=1777";
    assert_eq!(beside("services: {b: {build: .}}\n", "FROM node:22\nCMD [\"node\", \"a.js\"]\n"), guess);
    assert_eq!(beside(BUILT, "FROM node:22\nCMD [\"node\", \"a.js\"]\n"), guess);
    for dockerfile in [
        "FROM node:22\nRUN mkdir /tmp/img\nCMD [\"node\", \"a.js\"]\n",
        "FROM node:22\nCMD [\"prisma\", \"generate\"]\n",
        "FROM node:22\nCMD [\"pm2-runtime\", \"app.js\"]\n",
    ] {
        assert_eq!(beside(BUILT, dockerfile), "evidence-missing", "{dockerfile}");
    }
    let said = beside(BUILT, "FROM nginx:1.27\nCOPY dist /usr/share/nginx/html\n");
    assert!(said.contains("? ") && said.contains("/var/cache/nginx"), "{said}");
    let two = "services: {a: {build: {context: ., target: other}}}\n";
    let dockerfile = "FROM node:22 AS other\nCMD [\"node\", \"a.js\"]\nFROM other\n";
    let files = [("compose.yaml", IMAGE), ("compose.dev.yaml", BUILT), ("compose.test.yaml", two)];
    assert_eq!(tried(&[&files[..], &[("Dockerfile", dockerfile)]].concat()), "evidence-missing");
}

#[test]
fn nothing_is_guessed_of_an_image_that_bears_the_name_of_a_dockerfile() {
    let node = "FROM node:22\nCMD [\"node\", \"a.js\"]\n";
    assert_eq!(tried(&[("compose.yaml", IMAGE), ("share/Dockerfile", node)]), "evidence-missing");
    assert_eq!(tried(&[("compose.yaml", IMAGE), ("Dockerfile.share", node)]), "evidence-missing");
    let other = ("web/Dockerfile", node);
    assert_eq!(tried(&[("compose.yaml", IMAGE), other]), "inferred? /tmp:mode=1777 /run:mode=1777");
    let commented = "services:\n  a:\n    image: acme/server\n    # build: web\n";
    assert_eq!(tried(&[("compose.yaml", commented), other]), "evidence-missing");
    // Facts about an image count, whatever bears its name.
    let known = "services: {a: {image: 'redis:7'}}\n";
    assert_eq!(tried(&[("compose.yaml", known), ("redis/Dockerfile", node)]), "experiment");
}

#[test]
fn a_dockerfile_that_is_not_there_leaves_a_marked_guess() {
    let guess = "inferred? /tmp:mode=1777 /run:mode=1777";
    let remote = "services: {a: {build: 'https://example.com/x.git'}}\n";
    for text in [BUILT, remote] {
        assert_eq!(tried(&[("compose.yaml", text)]), guess, "{text}");
        assert_eq!(judged(&[("compose.yaml", text)]), "advice", "{text}");
    }
}
