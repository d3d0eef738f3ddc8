use super::super::AptHygiene;
use crate::model::Environment;
use crate::model::compose::{ComposeFile, Project};
use crate::model::dockerfile::DockerfileFile;
use crate::rule::{Context, OptionValue, Options, Remedy, Rule};

/// What the installs of a Dockerfile are told: the packages that each fix names, or why there is none.
fn told(dockerfile: &str) -> Vec<String> {
    let file = ComposeFile::read("compose.yaml", b"services: {a: {build: .}}\n", Environment::new()).unwrap();
    let mut project = Project::new(vec![file]);
    let file = DockerfileFile::read("Dockerfile", dockerfile.as_bytes()).unwrap();
    project.dockerfiles.insert("Dockerfile".to_owned(), file);
    let mut options = Options::default();
    options.general.insert("recommends", OptionValue::Word("skip".to_owned()));
    let context = Context { options: &options, ..Context::of(&project) };
    let found = AptHygiene.check(&context);
    let found = found.into_iter().filter(|finding| finding.message.contains("recommend"));
    let told = found.map(|finding| match finding.remedy {
        Remedy::Fix(fix) => {
            let named = fix.title.strip_prefix("install with --no-install-recommends").unwrap();
            named.strip_prefix(", and name ").unwrap_or(named).to_owned()
        }
        Remedy::Refused(refusal) => format!("refused: {}", refusal.message),
        Remedy::Advice(text) => text,
    });
    told.collect()
}

#[test]
fn certificates_are_named_where_nothing_else_brings_them() {
    for (text, named) in [
        ("FROM debian:12-slim\nRUN apt-get install -y curl", "ca-certificates"),
        ("FROM ubuntu:24.04\nRUN apt-get install -y wget=1.21-1 tini", "ca-certificates"),
        ("FROM node:22-slim\nRUN apt-get install -y python3", "ca-certificates"),
        ("FROM registry.example.org/base\nRUN apt-get install -y git/bookworm", "ca-certificates"),
        // The image below holds them.
        ("FROM python:3.13-slim\nRUN apt-get install -y curl", ""),
        ("FROM node:22\nRUN apt-get install -y curl", ""),
        ("FROM ruby:3.4\nRUN apt-get install -y gcc git\nRUN git clone git@a:b", ""),
        // The list, or an install before it or right behind it, names them.
        ("FROM debian:12\nRUN apt-get install -y ca-certificates curl", ""),
        ("FROM debian:12\nRUN apt-get install -y default-jre-headless curl", ""),
        (
            "FROM debian:12\nRUN apt-get install -y curl && apt-get clean && apt-get install -y --no-install-recommends ca-certificates",
            "",
        ),
        (
            "FROM debian:12 AS a\nRUN apt-get install -y --no-install-recommends ca-certificates\nFROM a\nRUN apt-get install -y curl",
            "",
        ),
        ("FROM debian:12\nRUN apt-get install -y libpq5 tini", ""),
        (
            "FROM debian:12\nRUN apt-get install -y curl && curl https://a && apt-get install -y --no-install-recommends ca-certificates",
            "ca-certificates",
        ),
        // What is installed without them brings none.
        (
            "FROM debian:12\nRUN apt-get install -y --no-install-recommends curl\nRUN apt-get install -y git",
            "ca-certificates",
        ),
    ] {
        assert_eq!(told(text), [named], "{text}");
    }
    // The first of two installs names them for both.
    assert_eq!(
        told("FROM debian:12\nRUN apt-get install -y curl\nRUN apt-get install -y git"),
        ["ca-certificates", ""]
    );
}

#[test]
fn what_is_relied_on_by_commands_is_named_for_those_alone() {
    let image = "FROM debian:12\nRUN apt-get install -y --no-install-recommends ca-certificates\nRUN apt-get install -y ";
    for (rest, named) in [
        ("git", ""),
        ("git\nRUN git clone https://example.org/a", ""),
        ("git\nRUN git clone git@example.org:a/b", "openssh-client"),
        ("git\nRUN --mount=type=ssh make", "openssh-client"),
        ("git\nRUN <<E\nssh-keyscan a\nE", "openssh-client"),
        ("git openssh-client\nRUN ssh-keyscan a", ""),
        ("gcc", "libc6-dev"),
        ("gcc-12 make", "libc6-dev"),
        ("gcc g++", ""),
        ("gcc-${GCC_VERSION} postgresql-client-$PG=15*", "libc6-dev"),
        ("gpg\nRUN gpg --dearmor a", ""),
        ("gpg\nRUN gpg --keyserver a --recv-keys b", "dirmngr"),
        ("gnupg\nRUN gpg --keyserver a --recv-keys b", ""),
        ("build-essential\nRUN gpg --verify a", "gnupg"),
        ("zip", ""),
        ("zip\nRUN unzip a", "unzip"),
        ("python3-pip", ""),
        ("python3-pip g++ python3-dev\nRUN pip3 install a", ""),
        ("-t bookworm-backports git 2>/dev/null", ""),
    ] {
        let text = format!("{image}{rest}\n");
        assert_eq!(told(&text), [named], "{text}");
    }
}

#[test]
fn what_only_a_person_knows_is_refused() {
    for (rest, why) in [
        ("python3-pip\nRUN pip3 install a", "`python3-pip` recommends `build-essential`"),
        ("python3-pip gcc\nRUN python3 -m pip install a", "`python3-pip` recommends `python3-dev`"),
        ("npm\nRUN npm ci", "`npm` recommends `build-essential`"),
        ("$PACKAGES", "what `$PACKAGES` names"),
        ("lib$NAME", "what `lib$NAME` names"),
        ("$(cat list)", "what `$(cat list)` names"),
    ] {
        let text = format!("FROM debian:12\nRUN apt-get install -y {rest}\n");
        let told = told(&text);
        assert!(told.len() == 1 && told[0].starts_with(&format!("refused: {why}")), "{text}: {told:?}");
    }
}
