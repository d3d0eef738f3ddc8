//! What the rule says of a service, case by case.

mod own_image_tests;
mod script_tests;
mod source_tests;
mod volume_tests;

use super::*;
use crate::knowledge::{Catalogue, WritingLanguage};
use crate::model::Environment;
use crate::model::compose::{ComposeFile, Project};
use crate::model::dockerfile::DockerfileFile;
use crate::model::nginx::NginxFile;
use crate::rule::{Answers, Effect, Operation, OptionValue, Options, Remedy, ServiceEffect};
use crate::syntax::Value;

/// What the rule says of the service `a`, in short: the rank of the evidence of its fix, with a `?` if it is
/// unverified, and the entries of `tmpfs`; or the code of the refusal; or `advice`; empty if it says nothing.
fn judged(files: &[(&str, &str)]) -> String {
    judged_with(files, "advice")
}

/// The same with a word for the option `programs`.
fn judged_with(files: &[(&str, &str)], programs: &str) -> String {
    let is_compose = |path: &str| path.ends_with(".yaml");
    let compose = files.iter().filter(|(path, _)| is_compose(path));
    let read =
        |(path, text): &(&str, &str)| ComposeFile::read(path, text.as_bytes(), Environment::new()).unwrap();
    let mut project = Project::new(compose.map(read).collect());
    for (path, text) in files.iter().filter(|(path, _)| !is_compose(path)) {
        if path.ends_with(".conf") && !path.starts_with("read/") {
            project.nginx.insert((*path).to_owned(), NginxFile::read(path, text.as_bytes()).unwrap());
        } else if !path.starts_with("read/") && WritingLanguage::of(path).is_none() {
            project
                .dockerfiles
                .insert((*path).to_owned(), DockerfileFile::read(path, text.as_bytes()).unwrap());
        }
    }
    for (path, text) in files {
        if let Some(language) = WritingLanguage::of(path) {
            project.source_writes.insert((*path).to_owned(), language.writes_in(text));
        }
    }
    let in_folder = files.iter().filter(|(path, _)| path.starts_with("read/"));
    project.texts.extend(in_folder.map(|(path, text)| ((*path).to_owned(), (*text).to_owned())));
    let (mut options, answers) = (Options::default(), Answers::default());
    options.general.insert(PROGRAMS.name, OptionValue::Word(programs.to_owned()));
    let context =
        Context { project: &project, options: &options, catalogue: Catalogue::builtin(), answers: &answers };
    let findings = ReadOnlyRoot.check(&context);
    let Some(finding) = findings.iter().find(|finding| finding.service == "a" && finding.file == files[0].0)
    else {
        return String::new();
    };
    match &finding.remedy {
        Remedy::Fix(fix) => {
            let entries = fix.effects.iter().skip(1).flat_map(|effect| match effect {
                Effect::Service(ServiceEffect {
                    operation: Operation::Set(Value::Sequence(items)), ..
                }) => items.clone(),
                Effect::Service(ServiceEffect { operation: Operation::Append(item), .. }) => {
                    vec![item.clone()]
                }
                _ => Vec::new(),
            });
            let text = |value| if let Value::String(text) = value { text } else { String::new() };
            let entries = entries.map(text).collect::<Vec<_>>().join(" ");
            let mark = if fix.unverified { "?" } else { "" };
            format!("{}{mark} {entries}", finding.evidence[0].confidence).trim().to_owned()
        }
        Remedy::Refused(refusal) => refusal.code.to_string(),
        Remedy::Advice(_) => "advice".to_owned(),
    }
}

fn service(keys: &str) -> String {
    judged(&[("compose.yaml", &one(keys))])
}

fn one(keys: &str) -> String {
    format!("services:\n  a: {{ {keys} }}\n")
}

fn built(dockerfile: &str, keys: &str) -> String {
    let compose = format!("services:\n  a: {{ build: . {keys} }}\n");
    judged(&[("compose.yaml", &compose), ("Dockerfile", dockerfile)])
}

#[test]
fn the_facts_about_the_image_decide() {
    for (keys, said) in [
        ("image: 'redis:7'", "experiment"),
        ("image: 'postgres:16'", "experiment /var/run/postgresql:mode=1777 /tmp:mode=1777"),
        ("image: 'postgres:${TAG:?}'", "experiment /var/run/postgresql:mode=1777 /tmp:mode=1777"),
        ("image: mysql", "inferred /var/run/mysqld:mode=1777 /tmp:mode=1777"),
        ("image: traefik", "documented /tmp:mode=1777"),
        ("image: elasticsearch", "explicit"),
        ("image: 'rabbitmq:3.8-management'", "explicit"),
        ("image: 'rabbitmq:3-management'", "experiment /tmp:mode=1777 /var/log/rabbitmq:mode=1777"),
        ("image: 'nextcloud:30', environment: {REDIS_HOST: cache}", "explicit"),
        ("image: 'nextcloud:30'", "read-in-source /tmp:mode=1777 /run:mode=1777"),
        ("image: 'nextcloud:30', env_file: x", "advice"),
        ("image: n8nio/n8n, volumes: ['flows:/home/node/.n8n'], user: root", "explicit"),
        (
            "image: clickhouse, volumes: ['logs:/var/log/clickhouse-server']",
            "read-in-source /etc/clickhouse-server/users.d:mode=0755 /tmp:mode=1777",
        ),
        (
            "image: clickhouse",
            "read-in-source /etc/clickhouse-server/users.d:mode=0755 /tmp:mode=1777 /var/log/clickhouse-server",
        ),
        ("image: 'getmeili/meilisearch:v1.10', volumes: ['data:/meili_data']", "documented /tmp"),
        ("image: 'getmeili/meilisearch:v1.10'", "advice"),
        ("image: portainer/portainer-ce", "advice"),
        ("image: acme/unknown", "inferred? /tmp:mode=1777 /run:mode=1777"),
        ("image: $IMAGE", "inferred? /tmp:mode=1777 /run:mode=1777"),
        ("image: acme/unknown, environment: {PUID: 1000}", "evidence-missing"),
        ("image: acme/unknown, entrypoint: /init", "evidence-missing"),
        ("image: acme/unknown, environment: {LOG_DIRS: /tmp/logs}", "inferred? /run:mode=1777 /tmp"),
        ("image: $IMAGE, environment: {LOG_DIRS: /tmp/logs}", "evidence-missing"),
        ("image: acme/unknown, environment: [WWWUSER], user: '7'", "inferred? /tmp:mode=1777 /run:mode=1777"),
        ("image: 'node:22'", "advice"),
        ("image: 'php:8-apache'", "experiment /tmp:mode=1777 /run:mode=1777"),
        ("image: 'php:8-cli', command: php x.php", "advice"),
        ("image: redis, entrypoint: /x", "evidence-missing"),
        ("image: redis, command: redis-server --save 60", "experiment"),
        ("image: 'redis', privileged: true", "advice"),
        ("provider: {type: x}", ""),
    ] {
        assert_eq!(service(keys), said, "{keys}");
    }
}

#[test]
fn what_every_start_makes_anew_may_be_hidden_and_nothing_else() {
    let made = "read-in-source /etc/kafka:mode=0775,uid=1000,gid=0 /var/log/kafka:mode=0775,uid=1000,gid=0 \
                /tmp:mode=1777";
    let keeper = |keys: &str| service(&format!("image: 'confluentinc/cp-zookeeper:7.5.0'{keys}"));
    let jaas = "environment: {KAFKA_OPTS: '-Dlogin=/etc/kafka/jaas.conf'}";
    for keys in [
        String::new(),
        format!(", {jaas}, volumes: ['./jaas.conf:/etc/kafka/jaas.conf:ro']"),
        ", environment: {KAFKA_OPTS: '-Dlogin=/etc/zookeeper/secrets/jaas.conf'}".to_owned(),
        ", healthcheck: {test: zookeeper-shell -zk /etc/kafka/zookeeper.properties}".to_owned(),
        ", environment: {KAFKA_LOG4J_OPTS: '-Dlog4j.configuration=file:/etc/kafka/log4j.properties'}"
            .to_owned(),
    ] {
        assert_eq!(keeper(&keys), made, "{keys}");
    }
    for keys in [
        format!(", {jaas}"),
        ", healthcheck: {test: 'x --config=/etc/kafka/consumer.properties'}".to_owned(),
        ", command: [/etc/confluent/docker/run, /etc/kafka/other/log4j.properties]".to_owned(),
    ] {
        assert_eq!(keeper(&keys), "evidence-missing", "{keys}");
    }
    let on_top = |line: &str| built(&format!("FROM confluentinc/cp-zookeeper:7.5.0\n{line}\n"), "");
    assert_eq!(on_top("LABEL a=b"), made);
    assert_eq!(on_top("RUN sed -i s/a/b/ /etc/kafka/tools.conf"), "evidence-missing");
    assert_eq!(on_top("COPY jaas.conf /etc/kafka/jaas.conf"), "evidence-missing");
    // Where its folder is a volume already, nothing is hidden.
    assert_eq!(
        keeper(&format!(", {jaas}, volumes: ['etc:/etc/kafka'], tmpfs: [/var/log, /tmp]")),
        "read-in-source"
    );
    let registry = "image: 'confluentinc/cp-schema-registry'";
    let made = "read-in-source /etc/schema-registry:mode=0775,uid=1000,gid=0 /tmp:mode=1777";
    assert_eq!(service(registry), made);
    let snappy = "environment: {SCHEMA_REGISTRY_KAFKASTORE_COMPRESSION_TYPE: snappy}";
    assert_eq!(service(&format!("{registry}, {snappy}")), "explicit");
}

#[test]
fn what_lies_in_a_mount_needs_nothing() {
    let tmp = "experiment /var/run/postgresql:mode=1777";
    for (keys, said) in [
        ("tmpfs: [/tmp, /run]", "experiment"),
        ("tmpfs: ['/tmp:size=1m']", tmp),
        ("tmpfs: /tmp", "experiment /tmp /var/run/postgresql:mode=1777"),
        ("volumes: ['tmp:/tmp', '${X}:/run/postgresql']", "experiment"),
        ("volumes: ['./tmp:/tmp:ro', 'xx:/var/run']", "experiment"),
        ("volumes: [{type: tmpfs, target: /tmp}, {type: volume, source: s, target: /run}]", "experiment"),
        ("volumes: ['$X']", "interpolated"),
    ] {
        assert_eq!(service(&format!("image: postgres, {keys}")), said, "{keys}");
    }
    assert_eq!(service("image: acme/unknown, tmpfs: [/run]"), "inferred? /tmp:mode=1777");
}

#[test]
fn a_tmpfs_suits_the_user_and_the_capabilities() {
    for (keys, said) in [
        ("cap_drop: [ALL], cap_add: [SETUID, SETGID, CHOWN]", "mode=1777"),
        ("cap_drop: [ALL], cap_add: [SETUID, SETGID]", "mode=1777,uid=999,gid=999"),
        ("cap_drop: [ALL], user: '999:999'", "mode=1777"),
    ] {
        let said = format!("experiment /var/run/postgresql:{said} /tmp:{said}");
        assert_eq!(service(&format!("image: 'postgres:16', {keys}")), said, "{keys}");
    }
    let user = |user: &str| service(&format!("image: nginx, user: {user}"));
    assert_eq!(user("nginx"), "experiment /var/cache/nginx:mode=1777 /var/run:mode=1777");
    assert_eq!(user("root"), "experiment /var/cache/nginx:mode=0755 /var/run:mode=0755");
}

#[test]
fn what_evidently_writes_is_left_alone() {
    for (keys, said) in [
        ("image: redis, develop: {watch: []}", "explicit"),
        ("image: redis, volumes_from: [b]", "evidence-missing"),
        ("image: redis, platform: windows/amd64", "explicit"),
        ("image: acme/servercore-windows", "explicit"),
        ("image: acme/unknown, volumes: ['x:C:\\data']", "explicit"),
        ("image: acme/unknown, command: npm start", "explicit"),
        ("image: acme/unknown, entrypoint: [sh, -c, 'x > /etc/y; exec z']", "explicit"),
        ("image: acme/unknown, command: sleep infinity", "explicit"),
        ("image: acme/unknown, entrypoint: /bin/sh -c 'mc alias set a b'", "evidence-missing"),
        ("image: nginx, volumes: ['./x.sh:/docker-entrypoint.d/x.sh']", "evidence-missing"),
        ("image: postgres, environment: {PGDATA: /srv/x}", "evidence-missing"),
        ("image: postgres, environment: [PGDATA=/srv/x], volumes: ['xx:/srv']", "experiment /"),
        ("image: postgres, environment: {PGDATA: /var/lib/postgresql/data/x}, tmpfs: [/tmp, /run]", ""),
        ("image: traefik, command: ['--acme.storage=/acme.json']", "evidence-missing"),
        ("image: traefik, command: ['--acme.storage=/a/acme.json'], volumes: ['aa:/a']", "documented /"),
        ("image: prom/prometheus:distroless", "advice"),
        ("image: prom/prometheus:distroless, volumes: ['pp:/prometheus']", "inferred"),
        ("image: redis, read_only: false", "explicit"),
        ("image: redis, read_only: $X", "interpolated"),
        ("image: redis, read_only: 'true'", ""),
        ("image: redis, read_only: '${X:-true}'", ""),
    ] {
        assert!(service(keys).starts_with(said), "{keys}: {}", service(keys));
        assert!(!said.is_empty() || service(keys).is_empty() || keys.contains("PGDATA"), "{keys}");
    }
    let config = "services: {a: {image: redis, configs: [c]}}\nconfigs: {c: {content: x}}\n";
    assert_eq!(judged(&[("compose.yaml", config)]), "explicit");
    let file = "services: {a: {image: redis, configs: [{source: c}]}}\nconfigs: {c: {file: x}}\n";
    assert_eq!(judged(&[("compose.yaml", file)]), "experiment");
    let secret = "services: {a: {image: redis, secrets: [c]}}\nsecrets: {c: {environment: X}}\n";
    assert_eq!(judged(&[("compose.yaml", secret)]), "explicit");
    assert_eq!(judged(&[(".devcontainer/compose.yaml", "services: {a: {image: redis}}")]), "explicit");
}

#[test]
fn a_built_image_is_judged_by_what_its_dockerfile_stands_on() {
    let nginx = "read-in-source /var/cache/nginx:mode=0755 /var/run:mode=0755";
    for (dockerfile, said) in [
        ("FROM nginx:1.27\nCOPY x /usr/share/nginx/html\n", nginx),
        ("FROM nginx:1.27\nCOPY x.conf /etc/nginx/conf.d/default.conf\n", nginx),
        ("FROM nginx:1.27\nCOPY cache /var/cache/nginx/cache\n", "evidence-missing"),
        ("FROM nginx:1.27\nENTRYPOINT [\"/x\"]\n", "evidence-missing"),
        ("FROM redis:7\nCOPY x /x\n", "read-in-source"),
        ("FROM nginx:1.27\nCOPY x.sh /docker-entrypoint.d/40-x.sh\n", "evidence-missing"),
        ("FROM node:22\nCMD [\"node\", \"x\"]\n", "advice"),
        ("FROM php:8-apache\nCOPY . /var/www/html\n", "advice"),
        ("FROM scratch\nCOPY x /x\n", "advice"),
        ("FROM acme/unknown\n", "advice"),
        ("ARG X\nFROM $X\n", "advice"),
    ] {
        assert_eq!(built(dockerfile, ""), said, "{dockerfile}");
    }
}

#[test]
fn a_configuration_that_writes_elsewhere_is_for_a_person() {
    let compose = "services: {a: {image: 'nginxinc/nginx-unprivileged:1.27', volumes: ['./nginx.conf:/etc/nginx/nginx.conf:ro', './s.conf:/etc/nginx/conf.d/s.conf']}}";
    let main = |http: &str| format!("pid /tmp/n.pid;\nevents {{}}\nhttp {{ {http} }}\n");
    let paths = "client_body_temp_path /tmp/a; proxy_temp_path /tmp/b; fastcgi_temp_path /tmp/c; uwsgi_temp_path /tmp/d; scgi_temp_path /tmp/e;";
    let with = |http: &str, site: &str| {
        judged(&[("compose.yaml", compose), ("nginx.conf", &main(http)), ("s.conf", site)])
    };
    assert_eq!(with(paths, "server {}\n"), "experiment /tmp:mode=1777");
    assert_eq!(with("", "server {}\n"), "evidence-missing");
    assert_eq!(with(paths, "server { access_log /var/log/nginx/shop.log; }\n"), "evidence-missing");
    assert_eq!(
        with(paths, "server { access_log /var/log/nginx/access.log; }\n"),
        "experiment /tmp:mode=1777"
    );
}

#[test]
fn what_is_read_on_top_counts() {
    let base = "services: {a: {image: 'postgres:16'}}";
    let with = |above: &str| judged(&[("compose.yaml", base), ("compose.override.yaml", above)]);
    for (above, said) in [
        ("services: {a: {command: x}}", "fragment"),
        ("services: {a: {read_only: true}}", "fragment"),
        ("services: {a: {volumes: ['xx:/tmp']}}", "fragment"),
        ("services: {a: {tmpfs: '/tmp:size=1m'}}", "fragment"),
        ("services: {a: {ports: ['5432']}}", "experiment /var/run/postgresql:mode=1777 /tmp:mode=1777"),
    ] {
        assert_eq!(with(above), said, "{above}");
    }
    let extends = "services:\n  b: {image: 'postgres:16', tmpfs: [/tmp]}\n  a: {extends: b}\n";
    assert_eq!(judged(&[("compose.yaml", extends)]), "experiment /var/run/postgresql:mode=1777");
}

#[test]
fn an_image_that_another_service_builds_is_not_unknown() {
    let text =
        "services:\n  b: {build: ., image: acme/app}\n  a: {image: 'acme/app:latest', command: worker}\n";
    assert_eq!(judged(&[("compose.yaml", text)]), "advice");
}

#[test]
fn a_swarm_is_told_how_it_is_done_there() {
    assert_eq!(judged(&[("docker-stack.yaml", "services: {a: {image: redis}}")]), "advice");
}

#[test]
fn what_a_service_reads_may_name_other_places() {
    for (keys, path, text, said) in [
        (
            "image: 'postgres:16', env_file: read/pg.env",
            "read/pg.env",
            "PGDATA=/pgdata\n",
            "evidence-missing",
        ),
        ("image: 'redis:7', env_file: read/a.env", "read/a.env", "A=b\n", "experiment"),
        (
            "image: 'redis:7', volumes: ['./read/r.conf:/r.conf']",
            "read/r.conf",
            "unixsocket /tmp/r\n",
            "evidence-missing",
        ),
        (
            "image: 'redis:7', volumes: ['./read/r.conf:/r.conf']",
            "read/r.conf",
            "dir /data\nlogfile ''\n",
            "experiment",
        ),
        (
            "image: 'postgres:16', volumes: ['./read:/docker-entrypoint-initdb.d:ro']",
            "read/a.sh",
            "set -e\necho x > /var/lib/postgresql/.pgpass\n",
            "evidence-missing",
        ),
        (
            "image: 'postgres:16', volumes: ['./read:/docker-entrypoint-initdb.d:ro']",
            "read/a.sh",
            "psql <<-EOSQL\nCREATE DATABASE a;\nEOSQL\n",
            "experiment /var/run/postgresql:mode=1777 /tmp:mode=1777",
        ),
        (
            "image: 'postgres:16', volumes: ['./read/a.sh:/docker-entrypoint-initdb.d/a.sh']",
            "read/b",
            "",
            "evidence-missing",
        ),
    ] {
        let compose = format!("services:\n  a: {{ {keys} }}\n");
        assert_eq!(judged(&[("compose.yaml", &compose), (path, text)]), said, "{keys} {text}");
    }
}

#[test]
fn a_compose_file_in_a_folder_configures_no_program() {
    let text = "services:\n  a: {image: 'redis:7', volumes: ['./read:/code']}\n";
    let other = "services:\n  b:\n    image: b\n    working_dir: /srv\n";
    let with = |path: &str| judged(&[("compose.yaml", text), (path, other)]);
    assert_eq!(with("read/settings.yml"), "evidence-missing");
    assert_eq!(with("read/compose.yaml"), "experiment");
}

#[test]
fn what_a_dockerfile_starts_is_judged_as_a_command_is() {
    assert_eq!(
        built("FROM redis:7\nCMD [\"redis-server\", \"--unixsocket\", \"/tmp/r\"]\n", ""),
        "evidence-missing"
    );
    assert_eq!(built("FROM postgres:16\nENV PGDATA=/pgdata\n", ""), "evidence-missing");
    assert_eq!(built("FROM redis:7\nCMD [\"redis-server\", \"--save\", \"60\"]\n", ""), "read-in-source");
}

#[test]
fn hooks_and_checks_may_write() {
    for keys in [
        "image: 'redis:7', post_start: [{command: [sh, -c, 'echo x > /etc/x']}]",
        "image: 'redis:7', pre_stop: [{command: [/stop]}]",
    ] {
        assert_eq!(service(keys), "evidence-missing", "{keys}");
    }
    let check = |test: &str| service(&format!("image: 'redis:7', healthcheck: {{test: {test}}}"));
    assert_eq!(check("'touch /hc && redis-cli ping'"), "explicit");
    assert_eq!(check("[CMD, redis-cli, ping]"), "experiment");
    assert_eq!(check("redis-cli ping > /dev/null 2>&1 || exit 1"), "experiment");
}

/// With the option `programs: try`, as `strict` has it.
fn tried(dockerfile: &str, script: &str) -> String {
    let read = |path: &str, text: &str| ComposeFile::read(path, text.as_bytes(), Environment::new()).unwrap();
    let mut project = Project::new(vec![read("compose.yaml", "services: {a: {build: .}}\n")]);
    let file = DockerfileFile::read("Dockerfile", dockerfile.as_bytes()).unwrap();
    project.dockerfiles.insert("Dockerfile".to_owned(), file);
    project.texts.insert("e.sh".to_owned(), script.to_owned());
    project.manifests.insert("package.json".to_owned(), script.to_owned());
    let service = project.services().next().unwrap();
    let run = project.run(&service).unwrap();
    let (options, answers) = (Options::default(), Answers::default());
    let context =
        Context { project: &project, options: &options, catalogue: Catalogue::builtin(), answers: &answers };
    let script = own_start::written_by_script(&context, &service, &run, &room::Room::default());
    let hidden = ["/tmp", "/run"].map(|at| own_start::hidden_by_tmpfs(&context, &service, &run, at));
    let words = run.built.as_ref().map(|built| built.start_words()).unwrap_or_default();
    let commands = own_start::commands_of_scripts(&context, &run, words);
    let tool = commands.iter().find_map(|command| own_start::written_by_tool(command));
    script.into_iter().chain(hidden.into_iter().flatten()).chain(tool).collect::<Vec<_>>().join("; ")
}

#[test]
fn a_tool_that_a_script_of_the_package_runs_is_found() {
    let dockerfile = "FROM node:22\nWORKDIR /app\nCOPY . .\nCMD [\"npm\", \"start\"]\n";
    let package = |start: &str| format!("{{\"scripts\": {{\"start\": \"{start}\"}}}}");
    assert_eq!(tried(dockerfile, &package("prisma generate && node .")), "`prisma generate`");
    assert_eq!(tried(dockerfile, &package("node .")), "");
}

#[test]
fn an_entry_script_is_judged_as_a_command_is() {
    let dockerfile = "FROM python:3.12\nCOPY e.sh /e.sh\nENTRYPOINT [\"/e.sh\"]\n";
    for line in
        ["sed -i s/X/$X/ /app/config.ini", "mkdir -p /var/lib/app", "envsubst < /app/t > /app/config.js"]
    {
        let said = tried(dockerfile, &format!("#!/bin/sh\nset -e\n{line}\nexec \"$@\"\n"));
        assert!(said.starts_with("e.sh (line 3) "), "{said}");
    }
    assert_eq!(tried(dockerfile, "#!/bin/sh\n# mkdir /x\necho ready >&2\nexec \"$@\"\n"), "");
    assert_eq!(tried(dockerfile, "#!/usr/bin/env python3\nready = a > b\n"), "");
}

#[test]
fn a_tmpfs_does_not_hide_what_the_image_has_there() {
    for (lines, said) in [
        ("RUN mkdir -p /run/app && chown 1000 /run/app", "/run/app"),
        ("RUN install -d /var/run/app", "/var/run/app"),
        ("RUN mkdir /tmp/models", "/tmp/models"),
        ("CMD [\"/tmp/run.sh\"]", "/tmp/run.sh"),
        ("CMD exec /run/app/start", "/run/app/start"),
    ] {
        let found = tried(&format!("FROM debian:12\n{lines}\n"), "");
        assert!(found.contains(said), "{lines}: {found}");
    }
    for lines in [
        "RUN mkdir /tmp/x && make -C /tmp/x install && rm -r /tmp/x",
        "RUN mkdir -p /srv/run/app /runner",
        "CMD [\"app\", \"--port\", \"80\", \"--pid\", \"/run/app.pid\"]",
    ] {
        assert_eq!(tried(&format!("FROM debian:12\n{lines}\n"), ""), "", "{lines}");
    }
    assert_eq!(service("image: 'acme/u:1', command: /tmp/run.sh"), "evidence-missing");
    assert_eq!(service("image: 'acme/u:1', command: /run.sh"), "inferred? /tmp:mode=1777 /run:mode=1777");
    assert_eq!(service("image: 'acme/u:1', command: celery -A a beat -l info"), "evidence-missing");
    assert_eq!(
        service("image: 'acme/u:1', command: celery -A a worker"),
        "inferred? /tmp:mode=1777 /run:mode=1777"
    );
}
