//! What is started by a shell, or written out in front of the image's own program.

use super::*;

/// What the rule says of a service of `acme/unknown` or another image, with programs of its own tried.
fn tried_service(keys: &str) -> String {
    judged_with(&[("compose.yaml", &format!("services: {{a: {{{keys}}}}}\n"))], "try")
}

/// Why it is refused, or advised against.
fn why(keys: &str) -> String {
    let text = format!("services: {{a: {{{keys}}}}}\n");
    let file = ComposeFile::read("compose.yaml", text.as_bytes(), Environment::new()).unwrap();
    let project = Project::new(vec![file]);
    let (mut options, answers) = (Options::default(), Answers::default());
    options.general.insert(PROGRAMS.name, OptionValue::Word("try".to_owned()));
    let context =
        Context { project: &project, options: &options, catalogue: Catalogue::builtin(), answers: &answers };
    match &ReadOnlyRoot.check(&context)[0].remedy {
        Remedy::Refused(refusal) => refusal.message.clone(),
        Remedy::Advice(text) => text.clone(),
        Remedy::Fix(fix) => fix.title.clone(),
    }
}

const GUESS: &str = "inferred? /tmp:mode=1777 /run:mode=1777";

#[test]
fn known_commands_that_write_into_mounts_bear_it() {
    for keys in [
        "image: busybox, command: [sh, -c, 'chown -R 1000:1000 /home/node/.n8n'], volumes: ['./n:/home/node/.n8n']",
        "image: busybox, command: chown -R 1001:1001 /html /files, volumes: ['hh:/html', 'ff:/files']",
        "image: alpine, command: \"sh -c 'sleep 30'\"",
        "image: alpine, command: \"/bin/sh -c 'while true; do echo hello; sleep 1; done'\"",
        "image: alpine, entrypoint: [sh, -c], command: ['curl -so /dev/null http://a; exit 1']",
        "image: alpine, command: [sh, -c, 'echo ready > /tmp/ready && sleep 5']",
        "image: acme/unknown, command: [sh, -c, 'touch /srv/flag'], volumes: ['ss:/srv']",
        // Nothing of what the image is made for runs.
        "image: mongo, entrypoint: [sh, -c, 'mkdir -p /backup/x'], volumes: ['bb:/backup']",
    ] {
        assert_eq!(tried_service(keys), GUESS, "{keys}");
    }
}

#[test]
fn what_lies_in_no_mount_or_is_not_known_is_refused() {
    for keys in [
        "image: busybox, command: [sh, -c, 'chown -R 1000:1000 /home /etc/x'], volumes: ['./n:/home']",
        "image: busybox, command: [sh, -c, 'mkdir -p /srv/../etc/x'], volumes: ['ss:/srv']",
        "image: alpine, command: [sh, -c, 'touch $$PLACE'], volumes: ['ss:/srv']",
        "image: alpine, command: [sh, -c, 'touch flag'], volumes: ['ss:/srv']",
        "image: alpine, command: [sh, -c, 'apk add curl; sleep 60']",
        "image: alpine, command: [sh, -c, 'eval \"$$A\"']",
        "image: alpine, command: [sh, -c, 'cat <<E\n> /srv/x\nE'], volumes: ['ss:/srv']",
        "image: alpine, command: [sh, /start.sh]",
        "image: alpine, entrypoint: /bin/sh, tty: true",
        "image: acme/unknown, command: [sh, -c, 'python -m app worker']",
        "image: acme/unknown, command: [sh, -c, 'exec node server.js']",
        "image: acme/unknown, command: [bundle, exec, sidekiq]",
        "image: 'node:22', command: [sh, -c, 'node server.js']",
        "image: mongo, entrypoint: [sh, -c, 'mkdir -p /backup/x']",
    ] {
        let said = tried_service(keys);
        assert!(said == "explicit" || said == "evidence-missing", "{keys}: {said}");
    }
}

#[test]
fn the_own_program_of_an_image_counts_behind_a_shell() {
    for (keys, said) in [
        ("image: 'redis:7', command: [sh, -c, 'redis-server --requirepass \"$$P\"']", "read-in-source"),
        ("image: 'redis:7', command: [sh, -c, 'echo a; exec redis-server']", "read-in-source"),
        ("image: 'memcached:1.6', entrypoint: memcached -m 256", "inferred"),
        ("image: 'valkey/valkey:8', command: [redis-server, --maxmemory, 1g]", "experiment"),
        (
            "image: minio/minio, entrypoint: sh, command: \"-c 'mkdir -p /data/x && minio server /data'\", volumes: ['dd:/data']",
            "read-in-source /root/.minio:mode=0700 /tmp:mode=1777 /root/.mc:mode=0700",
        ),
        (
            "image: minio/mc, entrypoint: [sh, -c, 'until mc alias set s http://m:9000 a b; do sleep 1; done; mc mb s/x']",
            "documented /root/.mc:mode=0700 /tmp:mode=1777",
        ),
        ("image: hyperledger/fabric-ca, command: \"sh -c 'fabric-ca-server start -d'\"", "advice"),
        (
            "image: hyperledger/fabric-ca, command: \"sh -c 'fabric-ca-server start -d'\", volumes: ['./ca:/etc/hyperledger/fabric-ca-server']",
            "inferred /tmp:mode=1777",
        ),
    ] {
        assert_eq!(service(keys), said, "{keys}");
    }
    for keys in [
        "image: 'redis:7', command: [sh, -c, 'redis-server --dir /srv']",
        "image: 'redis:7', command: [sh, -c, 'redis-server > /var/log/redis']",
        "image: 'redis:7', command: [sh, -c, 'setup && redis-server']",
        "image: minio/minio, entrypoint: [sh, -c, 'minio server /srv']",
        "image: minio/minio, entrypoint: [sh, -c, 'minio server $$WHERE'], volumes: ['dd:/data']",
        "image: minio/mc, entrypoint: [sh, -c, 'mc mirror s/x /backup']",
        // Its folder would be that of a user who it does not become.
        "image: 'clickhouse/clickhouse-server:25.5', entrypoint: [sh, -c, 'curl -o /x http://a; clickhouse-server']",
    ] {
        let said = service(keys);
        assert!(said == "explicit" || said == "evidence-missing", "{keys}: {said}");
    }
}

#[test]
fn the_reasons_are_those_of_the_case() {
    for (keys, said) in [
        (
            "image: alpine, command: sleep infinity",
            "its `command` only keeps it alive, so that people can work in it",
        ),
        (
            "image: alpine, entrypoint: [sh, -c, 'while [ 1 -eq 1 ];do sleep 60;done']",
            "its `entrypoint` only keeps it alive, so that people can work in it",
        ),
        (
            "image: acme/unknown, command: [bash, -c, '/run.sh & sleep infinity']",
            "its `command` keeps it alive whatever its programs do, and what they write, or people who work in it, is not \
             known; build an image with what it installs, and start its program alone",
        ),
        (
            "image: acme/unknown, command: [bash, -c, 'confluent-hub install x; /run & sleep infinity']",
            "its `command` runs `confluent-hub`, which writes files",
        ),
        (
            "image: acme/unknown, entrypoint: /bin/sh, tty: true",
            "it starts a shell for people, and what they write is not known",
        ),
        (
            "image: confluentinc/cp-kafka, command: [bash, -c, '/tmp/certs.sh && /etc/confluent/docker/run']",
            "its script runs `certs.sh`, and what that writes is not known",
        ),
        (
            "image: acme/unknown, command: [bundle, exec, sidekiq]",
            "its `command` starts a program by `bundle exec`, which may write below its own folder, as Rails does (tmp, log)",
        ),
        (
            "image: busybox, command: chown 1 /a /b, volumes: ['aa:/a']",
            "its start runs `chown`, which writes to /b, which no volume and no tmpfs holds; give it a volume",
        ),
    ] {
        assert_eq!(why(keys), said, "{keys}");
    }
}

#[test]
fn a_script_at_hand_is_read() {
    let said = |script: &str| {
        let compose = "services: {a: {image: alpine, entrypoint: [sh, /s.sh], volumes: ['./s.sh:/s.sh:ro', 'dd:/data']}}\n";
        judged_with(&[("read/compose.yaml", compose), ("read/s.sh", script)], "try")
    };
    assert_eq!(said("#!/bin/sh\nset -e\n# the data\nmkdir -p /data/x\nchown 1000 /data/x\n"), GUESS);
    assert_eq!(said("#!/bin/sh\nmkdir -p /srv/x\n"), "evidence-missing");
    assert_eq!(said("#!/bin/sh\nsetup\n"), "evidence-missing");
    let built = |script: &str| {
        let dockerfile = "FROM python:3.12\nCOPY read/e.sh /e.sh\nENTRYPOINT [\"/e.sh\"]\n";
        let compose = "services: {a: {build: ., volumes: ['dd:/data']}}\n";
        judged_with(&[("compose.yaml", compose), ("Dockerfile", dockerfile), ("read/e.sh", script)], "try")
    };
    assert_eq!(built("#!/bin/sh\nmkdir -p /data/x\nexec \"$@\"\n"), GUESS);
    assert_eq!(built("#!/bin/sh\nmkdir -p /srv/x\nexec \"$@\"\n"), "evidence-missing");
    assert_eq!(built("#!/bin/sh\nmkdir -p \"$DATA\"\nexec \"$@\"\n"), "evidence-missing");
}
