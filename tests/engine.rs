//! Fixes on a real Docker engine: what `hardtack apply` writes is built and started, asked, stopped, started again,
//! and taken back.
//!
//! `scripts/test-engine` sets up an engine of its own and runs this; without that, all of it is skipped. The images
//! on that engine have the official names and are imitations made of Debian packages (`tests/engine/images/`), as
//! no registry is asked.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "engine/image.rs"]
mod image;
#[path = "engine/processes.rs"]
mod processes;
#[path = "engine/stack.rs"]
mod stack;

use processes::{Process, bits, listening};
use stack::{Answer, Stack};
use std::collections::BTreeSet;

/// What a container of root has by default, by Docker's documentation (fourteen capabilities).
const DEFAULT: u64 = 0xa804_25fb;

/// A site with a start script that edits what is served, and a RUN.
const BUILT: [(&str, &str); 5] = [
    (
        "compose.yaml",
        r#"services:
  web:
    build: .
    environment:
      GREETING: good morning
    ports:
      - "127.0.0.1:18081:80" # the site
    healthcheck:
      test: ["CMD", "curl", "-fsS", "-o", "/dev/null", "http://localhost/"]
      interval: 1s
      retries: 90
"#,
    ),
    (
        "Dockerfile",
        "FROM nginx:1.27\n\
         COPY site.conf /etc/nginx/conf.d/default.conf\n\
         COPY 40-greet.sh /docker-entrypoint.d/40-greet.sh\n\
         RUN chmod +x /docker-entrypoint.d/40-greet.sh\n\
         COPY html /usr/share/nginx/html\n\
         EXPOSE 80\n",
    ),
    ("site.conf", "server {\n    listen 80;\n    root /usr/share/nginx/html;\n}\n"),
    (
        "40-greet.sh",
        "#!/bin/sh\nset -e\nsed -i \"s/@GREETING@/$GREETING/\" /usr/share/nginx/html/docs/index.html\n",
    ),
    ("html/docs/index.html", "@GREETING@ from the documentation\n"),
];

/// A site whose whole configuration is mounted, with the main configuration as the image has it.
const MOUNTED: [(&str, &str); 4] = [
    (
        "compose.yaml",
        r#"services:
  web:
    image: nginx:1.27
    ports:
      - target: 80
        published: "18082"
        host_ip: 127.0.0.1
    volumes:
      - ./nginx.conf:/etc/nginx/nginx.conf:ro
      - ./site.conf:/etc/nginx/conf.d/default.conf:ro
      - ./html:/srv:ro
    healthcheck:
      test: ["CMD-SHELL", "curl -fsS http://127.0.0.1/docs/"]
      interval: 1s
      retries: 90
"#,
    ),
    ("nginx.conf", include_str!("engine/images/nginx/nginx.conf")),
    ("site.conf", "server {\n    listen 80 default_server;\n    root /srv;\n}\n"),
    ("html/docs/index.html", "good morning from the documentation\n"),
];

#[test]
fn nginx_of_a_dockerfile_runs_as_101_on_8080_and_goes_back() {
    nginx_moves_and_goes_back("built", &BUILT, 18081);
}

#[test]
fn nginx_with_mounted_configuration_runs_as_101_on_8080_and_goes_back() {
    nginx_moves_and_goes_back("mounted", &MOUNTED, 18082);
}

fn nginx_moves_and_goes_back(name: &str, files: &[(&str, &str)], port: u16) {
    let Some(stack) = Stack::new(name, files) else { return };
    stack.up();
    let before = assert_site(&stack, port);
    assert_runs_as_root(&stack);
    stack.down();

    stack.hardtack(&["apply", "--offline", "--only", "nginx-unprivileged"]);
    stack.up();
    assert_eq!(assert_site(&stack, port), before, "it answers otherwise than before");
    assert_runs_as_101(&stack);
    for _ in 0..2 {
        stack.compose(&["stop"]);
        stack.compose(&["start"]);
        stack.wait_until_healthy("web");
        assert_eq!(assert_site(&stack, port), before);
        assert_runs_as_101(&stack);
    }
    stack.down();

    stack.hardtack(&["rollback"]);
    for (path, text) in files {
        assert_eq!(stack.read(path), *text, "{path} is not as it was");
    }
    stack.up();
    assert_eq!(assert_site(&stack, port), before);
    assert_runs_as_root(&stack);
}

/// The page, and the redirect to it, which nginx makes itself and which must not name the inner port.
fn assert_site(stack: &Stack, port: u16) -> [Answer; 2] {
    let page = stack.get(port, "/docs/");
    assert_eq!((page.status, page.body.as_str()), (200, "good morning from the documentation\n"));
    let redirect = stack.get(port, "/docs");
    assert_eq!((redirect.status, redirect.location.as_deref()), (301, Some("http://site.test/docs/")));
    [page, redirect]
}

fn assert_runs_as_root(stack: &Stack) {
    let processes = Process::named(stack, "web", "nginx");
    assert_eq!(processes[0].user, 0, "the first is root's: {processes:?}");
    assert!(processes[1..].iter().any(|worker| worker.user == 101), "{processes:?}");
    assert_eq!(listening(stack, "web"), BTreeSet::from([80]));
}

fn assert_runs_as_101(stack: &Stack) {
    let processes = Process::named(stack, "web", "nginx");
    assert!(processes.len() > 1, "a server without workers answers nothing: {processes:?}");
    assert!(processes.iter().all(|process| process.user == 101), "{processes:?}");
    assert!(processes.iter().all(|process| process.effective == 0), "{processes:?}");
    assert_eq!(listening(stack, "web"), BTreeSet::from([8080]));
}

const NGINX: [(&str, &str); 3] = [
    (
        "compose.yaml",
        r#"services:
  web:
    image: nginx:1.27
    ports: ["127.0.0.1:18083:80"]
    volumes: ["./html:/usr/share/nginx/html:ro", "./site.conf:/etc/nginx/conf.d/default.conf:ro"]
    healthcheck: { test: ["CMD", "curl", "-fsS", "http://127.0.0.1/docs/"], interval: 1s, retries: 90 }
"#,
    ),
    ("site.conf", "server {\n    listen 80;\n    root /usr/share/nginx/html;\n}\n"),
    ("html/docs/index.html", "good morning from the documentation\n"),
];

const POSTGRES: [(&str, &str); 1] = [(
    "compose.yaml",
    r#"services:
  db:
    image: postgres:16
    environment:
      POSTGRES_PASSWORD: only-for-this-test
    volumes:
      - data:/var/lib/postgresql/data
    healthcheck:
      test: ["CMD", "pg_isready", "-h", "127.0.0.1", "-U", "postgres"]
      interval: 1s
      retries: 90

volumes:
  data:
"#,
)];

const REDIS: [(&str, &str); 1] = [(
    "compose.yaml",
    r#"services:
  cache:
    image: redis:7.2
    command: ["--appendonly", "yes", "--appendfsync", "always", "--protected-mode", "no"]
    volumes:
      - data:/data
    healthcheck:
      test: ["CMD-SHELL", "redis-cli ping | grep -q PONG"]
      interval: 1s
      retries: 90

volumes:
  data:
"#,
)];

/// A program that unpacks another to `/tmp`, starts it from there, and notes each start beside it.
const UNPACKS: [(&str, &str); 1] = [(
    "compose.yaml",
    r#"services:
  keeper:
    image: quay.io/debezium/zookeeper:2.7
    stop_grace_period: 1s
    healthcheck:
      test: ["CMD", "test", "-s", "/tmp/unpacked"]
      interval: 1s
      retries: 90
"#,
)];

/// Adds a row and counts all: the data of every earlier start are there.
const COUNT_IN_POSTGRES: &str = "PGPASSWORD=only-for-this-test psql -h 127.0.0.1 -U postgres -qtA \
    -c 'CREATE TABLE IF NOT EXISTS starts (at timestamptz DEFAULT now())' \
    -c 'INSERT INTO starts DEFAULT VALUES' -c 'SELECT count(*) FROM starts' 2>/dev/null";

#[test]
fn postgres_starts_again_with_the_capabilities_of_the_plan() {
    let Some(stack) = Stack::new("postgres", &POSTGRES) else { return };
    starts_again(&stack, "db", |stack| stack.shell("db", COUNT_IN_POSTGRES).trim().parse().unwrap());
    // The server itself has stepped down, and has none of them.
    let server = Process::first(&stack, "db");
    assert_eq!((server.name.as_str(), server.user, server.effective), ("postgres", 999, 0));
}

#[test]
fn redis_starts_again_with_the_capabilities_of_the_plan() {
    let Some(stack) = Stack::new("redis", &REDIS) else { return };
    starts_again(&stack, "cache", |stack| {
        stack.shell("cache", "redis-cli incr starts").trim().parse().unwrap()
    });
    let server = Process::first(&stack, "cache");
    assert_eq!((server.name.as_str(), server.user, server.effective), ("redis-server", 999, 0));
}

#[test]
fn nginx_starts_again_with_the_capabilities_of_the_plan() {
    let Some(stack) = Stack::new("nginx", &NGINX) else { return };
    let mut starts = 0;
    starts_again(&stack, "web", |stack| {
        assert_site(stack, 18083);
        starts += 1;
        starts
    });
    // The first process stays root, with what the plan gave back and no more; its workers have nothing.
    let processes = Process::named(&stack, "web", "nginx");
    assert_eq!((processes[0].user, processes[0].effective), (0, processes[0].bounding));
    assert!(processes.len() > 1);
    assert!(processes[1..].iter().all(|worker| worker.user == 101 && worker.effective == 0), "{processes:?}");
}

/// Hardens, then starts four times on the same volume: new, stopped and started, killed and started, and as a new
/// container. `count` uses the service and says how often it was used since the volume is there.
fn starts_again(stack: &Stack, service: &str, mut count: impl FnMut(&Stack) -> u32) {
    stack.up();
    assert_eq!(
        Process::first(stack, service).bounding,
        DEFAULT,
        "before, it has what Docker gives by default"
    );
    stack.compose(&["down", "--volumes"]);

    stack.hardtack(&["apply", "--offline", "--only", "drop-capabilities"]);
    let (dropped, added) = stack.capabilities(service);
    assert_eq!(dropped, ["ALL"]);
    let planned = bits(&added);
    assert!(planned != 0 && planned & !DEFAULT == 0, "{added:?}");
    assert!(planned.count_ones() <= 4, "{added:?}");
    let mut assert_serves = |start: u32| {
        stack.wait_until_healthy(service);
        assert_eq!(count(stack), start, "{service} lost what it was given before");
        assert_eq!(Process::first(stack, service).bounding, planned, "{added:?}");
    };
    stack.up();
    assert_serves(1);
    stack.compose(&["stop"]);
    stack.compose(&["start"]);
    assert_serves(2);
    stack.compose(&["kill"]);
    stack.compose(&["start"]);
    assert_serves(3);
    stack.compose(&["down"]);
    stack.up();
    assert_serves(4);
}

/// Capabilities that guides recommend and that suffice for the first start alone. They are why the facts tell first
/// start and restart apart, and they show that the tests above can fail.
#[test]
fn postgres_does_not_start_again_with_the_capabilities_of_guides() {
    let guide = "    cap_drop: [ALL]\n    cap_add: [CHOWN, SETGID, SETUID]\n    volumes:\n";
    let text = POSTGRES[0].1.replacen("    volumes:\n", guide, 1);
    let Some(stack) = Stack::new("guide", &[("compose.yaml", text.as_str())]) else { return };
    stack.up();
    assert_eq!(stack.shell("db", COUNT_IN_POSTGRES).trim(), "1");
    stack.compose(&["stop"]);
    stack.compose(&["start"]);
    assert_ne!(stack.wait_until_ended("db"), 0);
    let log = stack.compose(&["logs", "--no-log-prefix", "db"]);
    let why = "find: '/var/lib/postgresql/data': Permission denied";
    assert!(log.replace(['\u{2018}', '\u{2019}'], "'").contains(why), "{log}");

    // The rule gives no rights where somebody has chosen them, but says which one is missing, and that cures it.
    let plan = stack.hardtack(&["plan", "--offline", "--only", "drop-capabilities"]);
    assert!(plan.contains("DAC_OVERRIDE"), "{plan}");
    stack.write("compose.yaml", &text.replace("[CHOWN,", "[CHOWN, DAC_OVERRIDE,"));
    for start in ["2", "3"] {
        stack.up();
        assert_eq!(stack.shell("db", COUNT_IN_POSTGRES).trim(), start);
        stack.compose(&["stop"]);
    }
}

/// All that the profile does by itself, together: a site, a database and a cache in one project.
#[test]
fn a_project_starts_again_with_the_recommended_profile() {
    let services =
        |text: &'static str| text.split("\n\n").next().unwrap().strip_prefix("services:\n").unwrap();
    let [site, db, cache] = [NGINX[0].1, POSTGRES[0].1, REDIS[0].1].map(services);
    let site = site.replace("18083", "18084").trim_end().to_owned();
    let volumes = "volumes:\n  data:\n  appended:\n";
    let cache = cache.replace("data:/data", "appended:/data");
    let text = format!("services:\n{site}\n{db}\n{cache}\n\n{volumes}");
    let Some(stack) = Stack::new("together", &[("compose.yaml", text.as_str()), NGINX[1], NGINX[2]]) else {
        return;
    };
    let applied = stack.hardtack(&["apply", "--offline"]);
    for rule in ["nginx-unprivileged", "drop-capabilities", "no-new-privileges", "read-only-root"] {
        assert!(applied.contains(rule), "{rule} did nothing: {applied}");
    }
    for start in ["1", "2", "3"] {
        stack.up();
        assert_site(&stack, 18084);
        assert_runs_as_101(&stack);
        assert_eq!(Process::first(&stack, "web").bounding, 0, "as 101 it needs no capability");
        assert_eq!(stack.shell("db", COUNT_IN_POSTGRES).trim(), start);
        assert_eq!(stack.shell("cache", "redis-cli incr starts").trim(), start);
        for service in ["web", "db", "cache"] {
            let written = stack.shell(service, "touch /etc/left-behind 2>&1 || true");
            assert!(written.contains("Read-only file system"), "{service}: {written}");
        }
        stack.compose(&["stop"]);
    }
}

/// A volume without a name takes over the mode of the image's folder, lets programs run, and goes on to the next
/// container, as the decision on read-only roots says.
#[test]
fn what_is_unpacked_runs_from_a_volume_without_a_name() {
    let Some(stack) = Stack::new("unpacks", &UNPACKS) else { return };
    stack.hardtack(&["apply", "--offline", "--only", "read-only-root"]);
    let hardened = stack.read("compose.yaml");
    assert!(hardened.contains("    read_only: true\n    volumes:\n      - /tmp\n"), "{hardened}");
    let starts: [&[&str]; 4] = [
        &["up", "--detach", "--wait"],
        &["restart"],
        &["up", "--detach", "--wait", "--force-recreate"],
        &["up", "--detach", "--wait", "--force-recreate", "--renew-anon-volumes"],
    ];
    for (start, count) in starts.into_iter().zip(["1", "2", "3", "1"]) {
        stack.compose(start);
        stack.wait_until_healthy("keeper");
        assert_eq!(stack.shell("keeper", "wc -l </tmp/starts").trim(), count, "{start:?}");
        let program = Process::first(&stack, "keeper");
        assert_eq!((program.name.as_str(), program.user), ("unpacked", 1001), "{start:?}");
        let written = stack.shell("keeper", "touch /zookeeper/left-behind 2>&1 || true");
        assert!(written.contains("Read-only file system"), "{written}");
    }
    stack.hardtack(&["rollback"]);
    assert_eq!(stack.read("compose.yaml"), UNPACKS[0].1);
}

/// What the volume is for, and that the test above can fail.
#[test]
fn what_is_unpacked_does_not_run_from_a_tmpfs() {
    let text = UNPACKS[0].1.to_owned() + "    read_only: true\n    tmpfs: [\"/tmp:mode=1777\"]\n";
    let Some(stack) = Stack::new("unpacks-in-memory", &[("compose.yaml", text.as_str())]) else { return };
    stack.compose(&["up", "--detach"]);
    assert_ne!(stack.wait_until_ended("keeper"), 0);
    let log = stack.compose(&["logs", "--no-log-prefix", "keeper"]);
    assert!(log.contains("/tmp/unpacked: Permission denied"), "{log}");
}
