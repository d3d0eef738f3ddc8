//! What is known of a service, case by case.

use super::*;
use crate::knowledge::Catalogue;
use crate::model::Environment;
use crate::model::ImageConfiguration;
use crate::model::compose::{ComposeFile, Project};
use crate::model::dockerfile::DockerfileFile;
use crate::rule::{Answer, Answers, ConfigurationFact, Options};

/// What the rule says of the service `a`, in short: the title of its fix with the rank of its evidence and a `?`
/// if it is unverified, or the code of the refusal, or the advice; empty if it says nothing.
fn judged(compose: &str, dockerfile: &str) -> String {
    judged_with(compose, dockerfile, &Answers::default())
}

fn judged_with(compose: &str, dockerfile: &str, answers: &Answers) -> String {
    judged_by(Catalogue::builtin(), compose, dockerfile, answers)
}

fn judged_by(catalogue: &Catalogue, compose: &str, dockerfile: &str, answers: &Answers) -> String {
    let file = ComposeFile::read("compose.yaml", compose.as_bytes(), Environment::new()).unwrap();
    let mut project = Project::new(vec![file]);
    if !dockerfile.is_empty() {
        let file = DockerfileFile::read("Dockerfile", dockerfile.as_bytes()).unwrap();
        project.dockerfiles.insert("Dockerfile".to_owned(), file);
    }
    let options = Options::default();
    let context = Context { project: &project, options: &options, catalogue, answers };
    let findings = DropCapabilities.check(&context);
    let Some(finding) = findings.iter().find(|finding| finding.service == "a") else { return String::new() };
    match &finding.remedy {
        Remedy::Fix(fix) => {
            let list = fix.title.strip_prefix("drop all capabilities").unwrap();
            let list = list.strip_prefix(" but ").unwrap_or("none");
            let mark = if fix.unverified { "?" } else { "" };
            format!("{list} ({}{mark})", finding.evidence[0].confidence)
        }
        Remedy::Refused(refusal) => refusal.code.to_string(),
        Remedy::Advice(text) => text.clone(),
    }
}

fn service(keys: &str) -> String {
    judged(&format!("services:\n  a: {{ {keys} }}\n"), "")
}

fn built(dockerfile: &str, keys: &str) -> String {
    judged(&format!("services:\n  a: {{ build: . {keys} }}\n"), dockerfile)
}

/// What is given back to an image that may start as root and of which nothing is known.
const USUAL: &str = "CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETUID (inferred?)";

#[test]
fn a_guess_keeps_what_its_ports_and_capabilities_tell_of() {
    let usual = "CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETUID, SYS_CHROOT (inferred?)";
    let mail = "CHOWN, DAC_OVERRIDE, FOWNER, KILL, SETGID, SETUID, SYS_CHROOT (inferred?)";
    let admin = "CHOWN, DAC_OVERRIDE, FOWNER, NET_ADMIN, NET_RAW, SETGID, SETUID (inferred?)";
    for (keys, said) in [
        ("image: acme/vpn, cap_add: [net_admin]", admin),
        ("image: acme/git, ports: ['2222:22']", usual),
        ("image: gitlab/gitlab-ce", usual),
        ("image: acme/imap, ports: ['993:993']", mail),
        ("image: acme/imap, expose: [143]", mail),
        ("image: acme/web, ports: ['22:8080']", USUAL),
    ] {
        assert_eq!(service(keys), said, "{keys}");
    }
    assert_eq!(built("FROM acme/unknown\nEXPOSE 587/tcp\n", ""), mail);
    assert_eq!(
        built("FROM acme/unknown\nRUN x\nENTRYPOINT setcap cap_net_raw+ep /x\n", ""),
        "evidence-missing"
    );
}

#[test]
fn a_capability_with_two_reasons_is_added_once() {
    let compose = "services:\n  a:\n    image: nginx:1.27\n    volumes: [\"./l:/var/log/nginx\", \"./c:/var/cache/nginx\"]\n";
    let file = ComposeFile::read("compose.yaml", compose.as_bytes(), Environment::new()).unwrap();
    let (project, options) = (Project::new(vec![file]), Options::default());
    let answers = Answers::default();
    let context =
        Context { project: &project, options: &options, catalogue: Catalogue::builtin(), answers: &answers };
    let findings = DropCapabilities.check(&context);
    let Remedy::Fix(fix) = &findings[0].remedy else { panic!("no fix") };
    let effects: Vec<String> = fix.effects.iter().map(ToString::to_string).collect();
    assert!(effects[1].starts_with("a: cap_add"), "{effects:?}");
    assert_eq!(effects[1].matches("DAC_OVERRIDE").count(), 1, "{effects:?}");
    assert_eq!(findings[0].evidence[0].fact.matches("DAC_OVERRIDE").count(), 1);
}

#[test]
fn the_image_decides_while_it_starts_as_it_is_meant() {
    for (keys, list) in [
        ("image: 'postgres:16-alpine'", "CHOWN, DAC_OVERRIDE, SETGID, SETUID (experiment)"),
        ("image: 'postgres:${TAG:?}'", "CHOWN, DAC_OVERRIDE, SETGID, SETUID (experiment)"),
        (
            "image: postgres, command: postgres -c fsync=off",
            "CHOWN, DAC_OVERRIDE, SETGID, SETUID (experiment)",
        ),
        ("image: postgres, command: [-c, fsync=off]", "CHOWN, DAC_OVERRIDE, SETGID, SETUID (experiment)"),
        ("image: postgres, command: ''", "CHOWN, DAC_OVERRIDE, SETGID, SETUID (experiment)"),
        ("image: postgres, init: true", "CHOWN, DAC_OVERRIDE, KILL, SETGID, SETUID (experiment)"),
        (
            "image: postgres, command: sh -c 'while true; do pg_dump; done'",
            "CHOWN, DAC_OVERRIDE, SETGID, SETUID (inferred?)",
        ),
        ("image: 'postgres:9.4'", "CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETUID (inferred)"),
        ("image: postgres, env_file: x", "CHOWN, DAC_OVERRIDE, SETGID, SETUID (experiment)"),
        (
            "image: postgres, environment: {POSTGRES_INITDB_WALDIR: /wal}",
            "CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETUID (experiment)",
        ),
        ("image: 'influxdb:2.7'", "CHOWN, DAC_OVERRIDE, SETGID, SETUID (read-in-source)"),
        ("image: postgres, command: ['$PROGRAM']", "CHOWN, DAC_OVERRIDE, SETGID, SETUID (inferred?)"),
        ("image: postgres, entrypoint: /backup.sh", "CHOWN, DAC_OVERRIDE, SETGID, SETUID (inferred?)"),
        ("image: nginx", "CHOWN, SETGID, SETUID (experiment)"),
        ("image: nginx, network_mode: host", "CHOWN, NET_BIND_SERVICE, SETGID, SETUID (experiment)"),
        ("image: 'python:3.12', command: [python, x.py]", "none (inferred)"),
        ("image: 'python:3.12', volumes: ['.:/app']", "DAC_OVERRIDE (inferred)"),
        ("image: grafana/grafana", "none (read-in-source)"),
        ("image: 'haproxy:2.9'", "none (read-in-source)"),
        ("image: haproxy", USUAL),
        ("image: acme/unknown", USUAL),
        ("image: $IMAGE", USUAL),
    ] {
        assert_eq!(service(keys), list, "{keys}");
    }
}

#[test]
fn a_server_that_a_dockerfile_installs_is_not_taken_for_a_plain_program() {
    for dockerfile in [
        "FROM debian:12\nRUN apt-get update && apt-get install -y nginx\nCMD nginx -g 'daemon off;'\n",
        "FROM alpine:3\nRUN apk add --no-cache \\\n  curl \\\n  nginx\nCMD [\"/usr/sbin/nginx\"]\n",
        "FROM debian:12\nRUN apt-get install -y mysql-server\nCMD [\"mysqld\"]\n",
        "FROM debian:12\nRUN apt-get install -y postgresql=15\nENTRYPOINT [\"postgres\"]\n",
    ] {
        assert_eq!(built(dockerfile, ""), USUAL, "{dockerfile}");
    }
    for dockerfile in [
        "FROM debian:12\nRUN apt-get install -y python3 && rm -r /var/lib/x\nCMD [\"python3\", \"x.py\"]\n",
        "FROM debian:12\nRUN apt-get install -y curl; echo nginx\nCMD [\"nginx\"]\n",
    ] {
        assert_eq!(built(dockerfile, ""), "none (inferred)", "{dockerfile}");
    }
}

#[test]
fn the_network_of_the_host_keeps_low_ports_for_root() {
    let usual = "CHOWN, DAC_OVERRIDE, FOWNER, NET_BIND_SERVICE, SETGID, SETUID (inferred?)";
    for (keys, said) in [
        ("image: acme/unknown, network_mode: host", usual),
        (
            "image: 'python:3.12', command: python -m http.server 80, network_mode: host",
            "NET_BIND_SERVICE (inferred)",
        ),
        ("image: 'python:3.12', command: python -m http.server 80", "none (inferred)"),
        ("image: 'postgres:16', network_mode: host", "CHOWN, DAC_OVERRIDE, SETGID, SETUID (experiment)"),
    ] {
        assert_eq!(service(keys), said, "{keys}");
    }
}

#[test]
fn a_command_that_takes_capabilities_as_root_is_for_a_person() {
    for keys in [
        "image: 'debian:12', command: 'sh -c \"chown 1000 /data && exec setpriv --reuid=1000 /data/run\"'",
        "image: 'debian:12', entrypoint: [/usr/sbin/gosu, app], command: /app",
        "image: 'node:22', command: [su, node, -c, node x.js]",
        "image: 'alpine:3', command: su-exec app /app",
        "image: 'debian:12', command: cron -f",
        "image: 'debian:12', command: /usr/sbin/sshd -D",
        "image: 'debian:12', command: bash -c 'apt-get update && sudo app'",
        "image: 'debian:12', command: bash -c 'chown 1000 /data && su app -c run'",
        "image: 'alpine:3', command: sh -c 'apk add openssh && /usr/sbin/sshd -D'",
        "image: 'alpine:3', command: sh -c 'apk add iptables; iptables -L'",
        "image: 'alpine:3', command: sh -c 'apk add docker; dockerd'",
        "image: 'alpine:3', command: ip link show",
    ] {
        assert_eq!(service(keys), "evidence-missing", "{keys}");
        assert_eq!(service(&format!("{keys}, user: '1000'")), "none (documented)", "{keys}");
    }
    assert_eq!(built("FROM debian:12\nCMD chown app /data; exec /app\n", ""), USUAL);
    assert_eq!(built("FROM debian:12\nCMD chown app /data\n", ", entrypoint: /app"), "none (inferred)");
    assert_eq!(service("image: 'python:3.12', command: python sync.py --su --mount=x"), "none (inferred)");
}

#[test]
fn the_user_decides_before_the_image() {
    for (keys, said) in [
        ("image: postgres, user: '999:999'", "none (documented)"),
        ("image: acme/unknown, user: nobody", "none (documented)"),
        ("image: acme/unknown, user: nobody, ports: ['80:8080']", "none (documented)"),
        ("image: acme/unknown, user: nobody, ports: ['8080:80']", "none (inferred?)"),
        ("image: acme/unknown, user: nobody, ports: [{target: 443}]", "none (inferred?)"),
        ("image: wordpress, user: '33:33', ports: ['8080:80']", "none (documented)"),
        ("image: caddy, user: '1000'", "NET_BIND_SERVICE (experiment)"),
        ("image: caddy", "NET_BIND_SERVICE (experiment)"),
        ("image: 'jc21/nginx-proxy-manager:2', user: '1000'", "evidence-missing"),
        ("image: postgres, user: root", "CHOWN, DAC_OVERRIDE, SETGID, SETUID (experiment)"),
        ("image: postgres, user: '$WHO'", "CHOWN, DAC_OVERRIDE, SETGID, SETUID (experiment)"),
        ("image: acme/unknown, user: '$WHO'", USUAL),
        ("image: acme/unknown, user: '0:0'", "evidence-missing"),
        ("image: grafana/grafana, user: '0'", "evidence-missing"),
    ] {
        assert_eq!(service(keys), said, "{keys}");
    }
}

#[test]
fn a_built_image_is_judged_by_its_dockerfile_and_what_that_stands_on() {
    for (dockerfile, said) in [
        ("FROM node:22\nUSER node\n", "none (documented)"),
        ("FROM acme/unknown\nUSER 65532:65532\nEXPOSE 80\n", "none (documented)"),
        ("FROM grafana/grafana:11\nCOPY x /x\n", "none (read-in-source)"),
        ("FROM nginx:1.27\nCOPY x /x\n", "CHOWN, SETGID, SETUID (read-in-source)"),
        (
            "FROM nginx:1.27\nCMD [\"nginx\", \"-g\", \"daemon off;\"]\n",
            "CHOWN, SETGID, SETUID (read-in-source)",
        ),
        ("FROM nginx:1.27\nCMD nginx -g 'daemon off;'\n", "CHOWN, SETGID, SETUID (inferred?)"),
        ("FROM nginx:1.27\nENTRYPOINT [\"/run.sh\"]\n", "CHOWN, SETGID, SETUID (inferred?)"),
        ("FROM node:22\nCMD [\"node\", \"x.js\"]\n", "none (inferred)"),
        ("FROM scratch\nCOPY x /x\nENTRYPOINT [\"/x\"]\n", "none (inferred?)"),
        ("ARG BASE\nFROM $BASE\n", USUAL),
        ("FROM caddy:2\nUSER 1000\n", "NET_BIND_SERVICE (experiment)"),
    ] {
        assert_eq!(built(dockerfile, ""), said, "{dockerfile}");
    }
    assert_eq!(built("FROM node:22\nUSER node\n", ", user: root"), "evidence-missing");
    assert_eq!(built("FROM node:22\nUSER root\n", ", user: node"), "none (documented)");
    assert_eq!(judged("services: {a: {build: nowhere}}", ""), USUAL);
}

#[test]
fn a_dockerfile_that_hands_rights_on_is_for_a_person() {
    for run in [
        "RUN setcap 'cap_net_raw+ep' /bin/x",
        "RUN apt-get update && apt-get install -y sudo",
        "RUN <<END\napk add sudo\nEND",
    ] {
        assert_eq!(built(&format!("FROM node:22\n{run}\nUSER node\n"), ""), "evidence-missing", "{run}");
        assert_eq!(built(&format!("FROM node:22\n{run}\n"), ""), "evidence-missing", "{run}");
    }
    let steps_down = "FROM node:22\nCOPY --from=tianon/gosu /gosu /bin/\n";
    assert_eq!(built(steps_down, ""), "evidence-missing");
    assert_eq!(
        built(&format!("{steps_down}USER node\n"), ""),
        "none (documented)",
        "only root can step down"
    );
    // A stage that is not part of the result, and a comment, count for nothing.
    assert_eq!(
        built("FROM node:22 AS x\nRUN setcap a /x\nFROM node:22\nRUN a && \\\n# gosu\n b\nUSER node\n", ""),
        "none (documented)"
    );
}

#[test]
fn what_the_service_says_itself_is_kept() {
    for (keys, said) in [
        (
            "image: redis:7, cap_add: [NET_ADMIN]",
            "CHOWN, DAC_OVERRIDE, NET_ADMIN, SETGID, SETUID (experiment)",
        ),
        ("image: redis:7, cap_add: [DAC_READ_SEARCH]", "CHOWN, DAC_READ_SEARCH, SETGID, SETUID (experiment)"),
        ("image: redis:7, cap_add: [DAC_OVERRIDE]", "CHOWN, DAC_OVERRIDE, SETGID, SETUID (experiment)"),
        ("image: redis:7, cap_drop: [CHOWN, NET_RAW]", "DAC_OVERRIDE, SETGID, SETUID (experiment)"),
        ("image: redis:7, cap_drop: ['$X']", "interpolated"),
        (
            "image: redis:7, cap_add: ['${X:-ALL}']",
            "it asks for every capability; name those that it needs in place of ALL",
        ),
        (
            "image: redis:7, privileged: 'true'",
            "it is privileged, which makes this pointless; take `privileged` away first",
        ),
        ("image: redis:7, cap_drop: [ALL], user: '999'", ""),
        ("image: redis:7, cap_drop: [All], cap_add: [cap_setuid, SETGID, CHOWN, DAC_OVERRIDE]", ""),
        ("provider: {type: x}", ""),
    ] {
        assert_eq!(service(keys), said, "{keys}");
    }
}

#[test]
fn a_list_that_fails_at_the_second_start_is_reported() {
    let advice = "add DAC_OVERRIDE to cap_add, or give it a user who is not root and owns its data";
    assert_eq!(service("image: postgres:14, cap_drop: [ALL], cap_add: [CHOWN, SETGID, SETUID]"), advice);
    // What only some first starts need, what is a guess, and what nobody knows is no advice.
    for enough in ["DAC_OVERRIDE", "DAC_READ_SEARCH"] {
        let keys = format!("image: postgres:14, cap_drop: [ALL], cap_add: [{enough}, SETGID, SETUID]");
        assert_eq!(service(&keys), "", "{enough}");
    }
    assert_eq!(service("image: postgres:14, entrypoint: /x, cap_drop: [ALL]"), "");
    assert_eq!(service("image: acme/unknown, cap_drop: [ALL]"), "");
}

#[test]
fn what_comes_through_extends_counts() {
    let compose = "services:\n  base: { image: 'redis:7', cap_drop: [ALL], cap_add: [CHOWN] }\n  a: { extends: base }\n";
    let advice =
        "add DAC_OVERRIDE, SETGID, SETUID to cap_add, or give it a user who is not root and owns its data";
    assert_eq!(judged(compose, ""), advice);
    let compose = "services:\n  base: { image: 'redis:7', user: '999' }\n  a: { extends: base }\n";
    assert_eq!(judged(compose, ""), "none (documented)");
}

/// The answer of a registry: the image is configured with this user and exposes this port.
fn configured(image: &str, user: &str, port: &str) -> Answers {
    let text = format!(
        "digest: sha256:{0}\nplatform: linux/amd64\nuser: '{user}'\nexposed-ports: [{port}]\n",
        "0".repeat(64)
    );
    let configuration: ImageConfiguration = serde_yaml::from_str(&text).unwrap();
    let digest = configuration.digest.clone();
    let reference = image.to_owned();
    let fact = ConfigurationFact { reference, digest, configuration, source: "the lock".to_owned() };
    let mut answers = Answers::default();
    let question = Question::configuration(&image.parse().unwrap());
    answers.insert(question, Answer::Configuration(Box::new(fact)));
    answers
}

#[test]
fn an_image_that_no_fact_is_known_of_says_itself_who_it_starts_as() {
    let compose = "services: {a: {image: 'acme/unknown:1'}}";
    for (user, port, said) in [
        ("1001", "8080/tcp", "none (registry)"),
        ("app:app", "8080/tcp", "none (registry)"),
        ("1001", "53/udp", "none (inferred?)"),
        ("0", "8080/tcp", USUAL),
        ("", "8080/tcp", USUAL),
    ] {
        assert_eq!(judged_with(compose, "", &configured("acme/unknown:1", user, port)), said, "{user}");
    }
    let as_root = "services: {a: {image: 'acme/unknown:1', user: root}}";
    assert_eq!(
        judged_with(as_root, "", &configured("acme/unknown:1", "1001", "8080/tcp")),
        "evidence-missing"
    );
}

/// Of an image whose old releases start as root, a tag that does not show the release leaves open who starts it.
#[test]
fn an_image_whose_releases_differ_says_itself_who_it_starts_as() {
    let kafka = "services: {a: {image: confluentinc/cp-kafka, volumes: ['./d:/var/lib/kafka/data']}}";
    assert_eq!(judged(kafka, ""), "DAC_OVERRIDE (read-in-source)");
    let said = |user: &str| configured("confluentinc/cp-kafka", user, "9092/tcp");
    assert_eq!(judged_with(kafka, "", &said("appuser")), "none (registry)");
    assert_eq!(judged_with(kafka, "", &said("")), "DAC_OVERRIDE (read-in-source)");
    // What a program's file asks for is needed by every user.
    let server = "mcr.microsoft.com/mssql/server";
    let compose = format!("services: {{a: {{image: {server}}}}}");
    let found = judged_with(&compose, "", &configured(server, "mssql", "1433/tcp"));
    assert_eq!(found, "NET_BIND_SERVICE (inferred)");
}

#[test]
fn only_what_nothing_else_tells_is_asked() {
    let asked = |keys: &str| {
        let text = format!("services: {{a: {{{keys}}}}}");
        let file = ComposeFile::read("compose.yaml", text.as_bytes(), Environment::new()).unwrap();
        let project = Project::new(vec![file]);
        let (options, answers) = (Options::default(), Answers::default());
        let catalogue = Catalogue::builtin();
        let context = Context { project: &project, options: &options, catalogue, answers: &answers };
        DropCapabilities.ask(&context).len()
    };
    assert_eq!(asked("image: acme/unknown"), 1);
    assert_eq!(asked("image: confluentinc/cp-kafka"), 1);
    for known in [
        "image: 'confluentinc/cp-kafka:7.5.0'",
        "image: postgres",
        "image: acme/unknown, user: '5'",
        "image: acme/unknown, privileged: true",
        "image: acme/unknown, cap_drop: [ALL]",
        "image: acme/unknown, build: .",
        "image: $IMAGE",
        "environment: {A: b}",
    ] {
        assert_eq!(asked(known), 0, "{known}");
    }
}

/// A fix gives a service nothing that it did not have: neither by any fact of the program, whatever is set, ...
#[test]
fn no_fact_needs_more_than_a_container_has_by_default() {
    for image in Catalogue::builtin().images() {
        for need in image.capabilities.iter().flat_map(|fact| &fact.needs) {
            assert!(need.add.as_default().is_some(), "{}: {}", image.name, need.add);
        }
    }
}

/// ... nor by a fact of the user's.
#[test]
fn what_a_container_does_not_have_by_default_is_not_added() {
    let own = "
name: tunnel
match: [docker.io/acme/tunnel]
role: app
capabilities:
  - needs:
      - {add: CHOWN, at: [first-start], for: its folders}
      - {add: NET_ADMIN, at: [first-start, restart], for: the tunnel}
    source: a run
    confidence: experiment
";
    let catalogue = Catalogue::with_own(vec![serde_yaml::from_str(own).unwrap()]).unwrap();
    let judged = |keys: &str| {
        let compose = format!("services: {{a: {{image: 'acme/tunnel:1', {keys}}}}}");
        judged_by(&catalogue, &compose, "", &Answers::default())
    };
    assert_eq!(judged(""), "evidence-missing");
    assert_eq!(judged("cap_add: [NET_RAW]"), "evidence-missing");
    assert!(judged("cap_add: [NET_ADMIN]").starts_with("CHOWN, NET_ADMIN ("));
    assert!(judged("cap_drop: [net_admin]").starts_with("CHOWN ("), "it works without, somebody says");
}

#[test]
fn a_script_of_the_project_tells_what_it_does_as_root() {
    let said = |script: &str| {
        let compose = "services: {a: {build: .}}\n";
        let file = ComposeFile::read("compose.yaml", compose.as_bytes(), Environment::new()).unwrap();
        let mut project = Project::new(vec![file]);
        let dockerfile =
            "FROM python:3.13-slim\nCOPY start.sh /start.sh\nENTRYPOINT [\"/start.sh\"]\nCMD [\"x\"]\n";
        let file = DockerfileFile::read("Dockerfile", dockerfile.as_bytes()).unwrap();
        project.dockerfiles.insert("Dockerfile".to_owned(), file);
        project.texts.insert("start.sh".to_owned(), script.to_owned());
        let context = Context::of(&project);
        match &DropCapabilities.check(&context)[0].remedy {
            Remedy::Refused(refusal) => refusal.message.clone(),
            Remedy::Fix(fix) => fix.title.clone(),
            Remedy::Advice(text) => text.clone(),
        }
    };
    let refused = said("#!/bin/sh\nchown app /data # ours\nexec su-exec app \"$@\"\n");
    let wanted = "start.sh runs su-exec (line 3, which takes SETGID and SETUID), chown (line 2, which takes CHOWN) as root";
    assert!(refused.starts_with(wanted), "{refused}");
    assert!(said("setcap cap_net_raw+ep /x\nexec /x\n").contains("SETFCAP"));
    assert_eq!(said("#!/bin/sh\n# no chown\nexec \"$@\"\n"), "drop all capabilities");
}

#[test]
fn a_start_that_says_what_it_takes_gets_that() {
    let handed = "CHOWN, DAC_OVERRIDE, FOWNER (inferred?)";
    for (keys, said) in [
        ("image: busybox, command: [sh, -c, 'chown -R 1000:1000 /data']", handed),
        ("image: busybox, command: chown -R 1001:1001 /html /files", handed),
        (
            "image: ubuntu, command: \"bash -c 'mkdir -p /d && chmod -R 0777 /d; chown 1 /d; sleep 1'\"",
            handed,
        ),
        (
            "image: alpine, command: [sh, -c, 'chmod 2775 /data']",
            "CHOWN, DAC_OVERRIDE, FOWNER, FSETID (inferred?)",
        ),
        ("image: acme/unknown, entrypoint: [sh, -c, 'chown 1 /data']", handed),
        // What its own entry script does is not known.
        ("image: acme/unknown, command: [sh, -c, 'chown 1 /data']", USUAL),
        ("image: acme/unknown, command: [sh, -c, 'chown 1 /data && exec /app']", USUAL),
        (
            "image: edenhill/kcat, entrypoint: [sh, -c, 'apk add jq; while sleep 60; do :; done']",
            "CHOWN, DAC_OVERRIDE, FOWNER, FSETID, SETFCAP, SETGID, SETUID, SYS_CHROOT (inferred?)",
        ),
        (
            "image: 'python:3.12', command: bash -c 'apt-get update && apt-get install -y x && python x.py'",
            "CHOWN, DAC_OVERRIDE, FOWNER, FSETID, SETFCAP, SETGID, SETUID (inferred?)",
        ),
        ("image: busybox, user: root, command: chown 1 /data", handed),
        ("image: acme/unknown, user: '0', command: chown 1 /data", "evidence-missing"),
        ("image: alpine, user: '1000', command: apk add jq", "none (documented)"),
    ] {
        assert_eq!(service(keys), said, "{keys}");
    }
}
