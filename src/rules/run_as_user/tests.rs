use super::RunAsUser;
use crate::knowledge::{Catalogue, WritingLanguage};
use crate::model::Environment;
use crate::model::compose::{ComposeFile, Project};
use crate::model::dockerfile::DockerfileFile;
use crate::rule::{Answers, Context, OptionValue, Options, Remedy, Rule};

/// What the rule says about a project of these files: why it refuses, or what it writes; empty if it says nothing.
fn said(files: &[(&str, &str)]) -> String {
    said_with(files, &Options::default())
}

fn said_with(files: &[(&str, &str)], options: &Options) -> String {
    let read =
        |(path, text): &(&str, &str)| ComposeFile::read(path, text.as_bytes(), Environment::new()).unwrap();
    let compose = files.iter().filter(|(path, _)| path.ends_with(".yaml"));
    let mut project = Project::new(compose.map(read).collect());
    for (path, text) in files {
        match path.rsplit('/').next() {
            Some("Dockerfile") => {
                let file = DockerfileFile::read(path, text.as_bytes()).unwrap();
                project.dockerfiles.insert((*path).to_owned(), file);
            }
            Some(".dockerignore") => drop(project.plain.insert((*path).to_owned(), (*text).to_owned())),
            Some(name) if name.ends_with(".sh") => {
                project.texts.insert((*path).to_owned(), (*text).to_owned());
            }
            Some(name) if WritingLanguage::of(name).is_some() => {
                let writes = WritingLanguage::of(name).unwrap().writes_in(text);
                project.source_writes.insert((*path).to_owned(), writes);
            }
            _ => drop(project.manifests.insert((*path).to_owned(), (*text).to_owned())),
        }
    }
    let answers = Answers::default();
    let context = Context { project: &project, options, catalogue: Catalogue::builtin(), answers: &answers };
    let findings = RunAsUser.check(&context).into_iter();
    findings
        .map(|finding| match finding.remedy {
            Remedy::Refused(refusal) => format!("refused: {}", refusal.message),
            Remedy::Fix(fix) => format!("{:?}", fix.effects),
            Remedy::Advice(text) => text,
        })
        .collect()
}

const PYTHON: &str = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD [\"python\", \"app.py\"]\n";

fn service(keys: &str) -> String {
    said(&[("compose.yaml", &format!("services: {{a: {{build: ., {keys}}}}}\n")), ("Dockerfile", PYTHON)])
}

#[test]
fn what_the_sources_write_outside_of_their_folder_stays_roots() {
    let with = |keys: &str, source: &str, run: &str| {
        let compose = format!("services: {{a: {{build: .{keys}}}}}\n");
        let dockerfile = PYTHON.replace("CMD", &format!("{run}CMD"));
        said(&[("compose.yaml", &compose), ("Dockerfile", &dockerfile), ("sub/app.py", source)])
    };
    let refused = |said: String| said.contains("sub/app.py:1 writes to");
    assert!(refused(with("", "open('/data/x', 'w')", "")));
    assert!(refused(with("", "os.makedirs('/app2')", "")));
    for (keys, source, run) in [
        ("", "open('/app/x', 'w'); open('/etc/app')", ""),
        ("", "open('/tmp/x', 'w')", ""),
        ("", "open('/data/x', 'w')", "RUN mkdir /data && chown 10001 /data\n"),
        (", environment: {DATA: /app/data}", "D = os.getenv('DATA', '/data')\nos.mkdir(D)", ""),
    ] {
        assert!(!refused(with(keys, source, run)), "{keys} {source} {run}");
    }
}

#[test]
fn what_of_the_host_is_roots_needs_root() {
    for (keys, what) in [
        (
            "volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro']",
            "`a` reaches the engine by /var/run/docker.sock",
        ),
        (
            "volumes: [{type: bind, source: /run/podman/podman.sock, target: /x.sock}]",
            "/run/podman/podman.sock",
        ),
        ("volumes: ['/var/run:/var/run']", "the socket in /var/run of the host"),
        ("volumes: ['/run/:/host/run:ro']", "the socket in /run of the host"),
        ("use_api_socket: true", "`use_api_socket`"),
        ("volumes: ['/run/dbus/system_bus_socket:/run/dbus/system_bus_socket']", "the socket /run/dbus"),
        ("volumes: ['/dev/ttyUSB0:/dev/ttyUSB0']", "the device /dev/ttyUSB0"),
    ] {
        let said = service(keys);
        assert!(said.starts_with("refused: ") && said.contains(what), "{keys}: {said}");
    }
    for keys in ["volumes: ['/etc/localtime:/etc/localtime:ro']", "volumes: ['/dev/shm:/dev/shm']"] {
        assert!(!service(keys).starts_with("refused"), "{keys}");
    }
}

#[test]
fn what_a_service_gets_from_other_files_counts() {
    let on_top = "services: {a: {volumes: ['/var/run/docker.sock:/var/run/docker.sock']}}\n";
    let files = [
        ("compose.yaml", "services: {a: {build: .}}\n"),
        ("compose.override.yaml", on_top),
        ("Dockerfile", PYTHON),
    ];
    assert!(said(&files).starts_with("refused: `a` reaches the engine"), "{}", said(&files));
}

/// A Dockerfile of Node.js with these lines between COPY and CMD.
fn node(lines: &str, cmd: &str, package: &str) -> String {
    let dockerfile = format!("FROM node:22\nWORKDIR /app\nCOPY . .\n{lines}\nCMD {cmd}\n");
    said(&[("Dockerfile", &dockerfile), ("package.json", package)])
}

#[test]
fn what_packages_download_into_roots_folder_speaks_against_a_user() {
    let serve = "[\"node\", \"server.js\"]";
    let puppeteer = r#"{"dependencies": {"puppeteer": "^22.0.0"}}"#;
    for (lines, package, program) in [
        ("RUN npm ci", puppeteer, "puppeteer"),
        ("RUN yarn", puppeteer, "puppeteer"),
        ("RUN npm ci && npx puppeteer browsers install chrome", "{}", "puppeteer"),
        ("ENV PUPPETEER_SKIP_DOWNLOAD=false\nRUN npm ci", puppeteer, "puppeteer"),
        ("ENV PLAYWRIGHT_BROWSERS_PATH=/opt/b\nRUN npm ci", puppeteer, "puppeteer"),
        ("RUN npm ci", r#"{"dependencies": {"cypress": "13"}}"#, "cypress"),
        ("RUN npm ci", r#"{"dependencies": {"playwright-chromium": "1.40"}}"#, "playwright"),
        ("RUN <<EOF\nnpm ci\nnpx cypress install\nEOF", "{}", "heredoc"),
    ] {
        let said = node(lines, serve, package);
        assert!(said.starts_with("refused: ") && said.contains(program), "{lines}: {said}");
    }
    for (lines, package) in [
        ("ENV PUPPETEER_SKIP_DOWNLOAD=true\nRUN npm ci", puppeteer),
        ("RUN PUPPETEER_CACHE_DIR=/opt/chrome npm ci", puppeteer),
        ("ENV PUPPETEER_EXECUTABLE_PATH=/usr/bin/chromium\nRUN npm ci", puppeteer),
        ("RUN npm ci --ignore-scripts", puppeteer),
        ("RUN npm ci", r#"{"dependencies": {"puppeteer": "^13.7.0"}}"#),
        ("RUN npm ci", r#"{"devDependencies": {"cypress": "13"}}"#),
        ("RUN npm ci", r#"{"dependencies": {"playwright": "^1.45"}}"#),
    ] {
        let said = node(lines, serve, package);
        assert!(!said.starts_with("refused") && said.contains("USER 1000:1000"), "{lines}: {said}");
    }
}

#[test]
fn a_default_that_is_written_out_moves_no_virtual_environment() {
    let poetry = |line: &str| {
        let text = format!(
            "FROM python:3.12-slim\nWORKDIR /app\nRUN pip install poetry && {line}\nCOPY . .\nRUN poetry install\n\
             CMD [\"poetry\", \"run\", \"python\", \"app.py\"]\n"
        );
        said(&[("Dockerfile", &text)])
    };
    assert!(poetry("poetry config virtualenvs.create true").contains("refused: what `poetry` keeps"));
    assert!(poetry("export POETRY_VIRTUALENVS_IN_PROJECT=false").contains("refused: what `poetry` keeps"));
    assert!(!poetry("poetry config virtualenvs.create false").starts_with("refused"));
    assert!(!poetry("poetry config virtualenvs.in-project true").starts_with("refused"));
}

#[test]
fn a_tool_that_needs_the_folder_of_its_user_gets_a_user_with_one() {
    let uv = |base: &str, lines: &str| {
        let text =
            format!("FROM {base}\nWORKDIR /app\nCOPY . .\n{lines}\nCMD [\"uv\", \"run\", \"app.py\"]\n");
        said(&[("Dockerfile", &text)])
    };
    let needs = |said: String| said.starts_with("refused") && said.contains("needs the folder of its user");
    assert!(!needs(uv("python:3.12-slim", "")));
    assert!(needs(uv("python:3.12-slim", "RUN useradd -r -u 900 app")));
    assert!(needs(uv("python:3.12-slim", "RUN adduser --system --no-create-home app")));
    assert!(!needs(uv("python:3.12-slim", "RUN useradd -ms /bin/bash app")));
    assert!(!needs(uv("python:3.12-slim", "ENV UV_CACHE_DIR=/tmp/uv\nRUN useradd -r -u 900 app")));
    assert!(!needs(uv("python:3.12-slim", "ENV HOME=/tmp\nRUN useradd -r -u 900 app")));
}

#[test]
fn copies_that_git_is_asked_about_stay_roots_until_then() {
    let go = |lines: &str, ignore: &str| {
        let text = format!("FROM golang:1.22\nWORKDIR /app\n{lines}\nCMD [\"/usr/local/bin/svc\"]\n");
        said(&[("Dockerfile", &text), (".dockerignore", ignore)])
    };
    for lines in [
        "COPY . .\nRUN go build -o /usr/local/bin/svc .",
        "COPY . /app\nRUN CGO_ENABLED=0 go install ./...",
        "COPY . .\nRUN go build -ldflags \"-X main.v=$(git describe)\" -buildvcs=false .",
        "COPY . .\nRUN <<EOF\nmake all\nEOF",
        "COPY .git ./.git\nRUN git rev-parse HEAD",
    ] {
        let kept = go(lines, "");
        assert!(!kept.contains("--chown") && kept.contains("chown -R"), "{lines}: {kept}");
        let given = go(lines, ".git\n");
        assert!(given.contains("--chown"), "{lines}: {given}");
    }
    for lines in [
        "COPY . .\nRUN go build -buildvcs=false -o /usr/local/bin/svc .",
        "ENV GOFLAGS=-buildvcs=false\nCOPY . .\nRUN go build .",
        "RUN git clone https://example.org/x.git /x\nCOPY . .",
        "COPY go.mod .\nRUN go build .",
        "COPY . .\nRUN git config --global --add safe.directory /app && go build .",
    ] {
        assert!(go(lines, "").contains("--chown"), "{lines}: {}", go(lines, ""));
    }
}

#[test]
fn a_version_from_git_is_asked_for_by_the_build() {
    let python = |manifest: &str| {
        let text = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install .\nCMD [\"python\", \"-m\", \"app\"]\n";
        said(&[("Dockerfile", text), ("pyproject.toml", manifest)])
    };
    assert!(!python("requires = [\"setuptools-scm\"]").contains("--chown"));
    assert!(python("requires = [\"setuptools\"]").contains("--chown"));
}

#[test]
fn nothing_of_a_repository_is_in_a_folder_below_the_root() {
    let text = "FROM golang:1.22\nWORKDIR /app\nCOPY . .\nRUN go build .\nCMD [\"/app/svc\"]\n";
    let files = [("compose.yaml", "services: {a: {build: api}}\n"), ("api/Dockerfile", text)];
    assert!(said(&files).contains("--chown"), "{}", said(&files));
}

#[test]
fn a_start_that_changes_its_packages_gets_them() {
    let start = |script: &str| {
        node("RUN npm ci", "[\"npm\", \"start\"]", &format!("{{\"scripts\": {{\"start\": \"{script}\"}}}}"))
    };
    for script in ["prisma generate && node server.js", "npx patch-package; node .", "npm install && node ."]
    {
        assert!(start(script).contains("chown -R 1000:1000 /app"), "{script}: {}", start(script));
    }
    for script in ["node server.js", "prisma migrate deploy && node server.js", "tsc && node dist"] {
        assert!(start(script).contains("chown 1000:1000 /app"), "{script}: {}", start(script));
    }
    // What another stage installs comes by a COPY.
    let text = "FROM node:22 AS deps\nWORKDIR /app\nCOPY . .\nRUN npm ci\nFROM node:22\nWORKDIR /app\nCOPY --from=deps /app .\n\
                CMD [\"npm\", \"start\"]\n";
    let package = r#"{"scripts": {"start": "prisma generate && node ."}}"#;
    let said = said(&[("Dockerfile", text), ("package.json", package)]);
    assert!(said.contains("--chown=1000:1000") && said.contains("chown 1000:1000 /app"), "{said}");
    for (script, what) in [
        ("nodemon server.js", "for development"),
        ("mkdir -p /data && node .", "the script `start` of package.json runs mkdir"),
        ("chown -R node . && node .", "runs chown"),
        ("node . > /var/log/app.log", "writes /var/log/app.log"),
    ] {
        let found = start(script);
        assert!(found.starts_with("refused") && found.contains(what), "{script}: {found}");
    }
}

#[test]
fn a_start_that_writes_beside_its_sources_needs_a_folder_of_its_own() {
    let text = "FROM node:22\nCOPY . .\nRUN npm ci\nCMD [\"npm\", \"start\"]\n";
    let package = r#"{"scripts": {"start": "next build && next start"}}"#;
    let said = said(&[("Dockerfile", text), ("package.json", package)]);
    assert!(said.starts_with("refused: its start runs `next build`"), "{said}");
}

#[test]
fn init_systems_and_daemons_keep_root() {
    for cmd in [
        "[\"/sbin/my_init\"]",
        "[\"runsvdir\", \"-P\", \"/etc/service\"]",
        "[\"postfix\", \"start-fg\"]",
        "dovecot -F",
        "[\"fail2ban-server\", \"-xf\", \"start\"]",
        "[\"pg_ctlcluster\", \"15\", \"main\", \"start\"]",
        "service cron start && tail -f /dev/null",
        "[\"bash\", \"-c\", \"echo ready && exec chronyd -d\"]",
    ] {
        let text = format!("FROM debian:12\nRUN apt-get update && apt-get install -y x\nCMD {cmd}\n");
        let said = said(&[("Dockerfile", &text)]);
        assert!(said.starts_with("refused") && said.contains("starts as root by design"), "{cmd}: {said}");
    }
}

#[test]
fn a_folder_for_data_is_given_away_or_keeps_root() {
    let alpine = |lines: &str| {
        said(&[("Dockerfile", &format!("{lines}\nCOPY svc /usr/bin/svc\nENTRYPOINT [\"/usr/bin/svc\"]\n"))])
    };
    assert!(alpine("FROM alpine:3.20\nWORKDIR /data").contains("chown 10001:10001 /data"));
    assert!(alpine("FROM alpine:3.20\nENV D=/data\nWORKDIR ${D}").contains("chown 10001:10001 ."));
    for lines in ["FROM scratch\nWORKDIR /data", "FROM scratch\nENV D=/data\nWORKDIR $D"] {
        assert!(alpine(lines).starts_with("refused: its WORKDIR /data"), "{}", alpine(lines));
    }
    assert!(!alpine("FROM scratch\nWORKDIR /app\nCOPY x .").starts_with("refused"));
    let system = alpine("FROM alpine:3.20\nWORKDIR /var/lib/svc");
    assert!(system.starts_with("refused"), "{system}");
}

#[test]
fn the_engines_socket_counts_where_the_image_is_run_by_its_name() {
    let agent = "FROM alpine:3.20\nCOPY agent /bin/\nENTRYPOINT [\"/bin/agent\"]\n";
    let with = |image: &str| {
        let compose = format!(
            "services: {{a: {{image: {image}, volumes: ['/var/run/docker.sock:/var/run/docker.sock']}}}}\n"
        );
        said(&[("compose.yaml", &compose), ("agent/Dockerfile", agent)])
    };
    let refused = with("acme/agent");
    assert!(refused.contains("reaches the engine by /var/run/docker.sock"), "{refused}");
    assert!(refused.contains("bears the name of agent/Dockerfile"), "{refused}");
    assert!(!with("acme/other").starts_with("refused"));
    let below = |target: &str| {
        let compose = format!("services: {{a: {{image: acme/agent, volumes: ['state:{target}']}}}}\n");
        said(&[("compose.yaml", &compose), ("agent/Dockerfile", agent)])
    };
    assert!(below("/root/.agent").contains("mounts /root/.agent"));
    assert!(!below("/rooted").starts_with("refused"));
}

#[test]
fn a_user_is_known_whose_name_stands_in_front_of_options() {
    let with = |command: &str| {
        said(&[("Dockerfile", &format!("FROM alpine:3.20\nRUN {command}\nCMD [\"/bin/agent\"]\n"))])
    };
    for command in [
        "adduser -u 1000 ferry -D && mkdir -p /etc/ferry && chown -R ferry /etc/ferry",
        "adduser ferry -u 1000 -D",
        "adduser -D -u 1000 ferry",
    ] {
        let said = with(command);
        assert!(said.contains("USER 1000") && !said.contains("adduser"), "{said}");
    }
    assert!(with("adduser ferry crew -D").contains("10001"));
}

/// What is said of a Dockerfile that stands alone.
fn alone(dockerfile: &str) -> String {
    said(&[("Dockerfile", dockerfile)])
}

#[test]
fn an_image_without_useradd_gets_numbers() {
    let app = "\nWORKDIR /app\nCOPY app.jar app.jar\nCMD [\"java\", \"-jar\", \"/app/app.jar\"]\n";
    let of = |from: &str| alone(&format!("FROM {from}{app}"));
    for from in ["eclipse-temurin:21-jre-ubi9-minimal", "eclipse-temurin:21-ubi10-minimal"] {
        let said = of(from);
        assert!(said.contains("USER 10001:10001") && !said.contains("groupadd"), "{from}: {said}");
        assert!(said.contains("RUN chown 10001:10001 /app"), "{from}: {said}");
    }
    // Nothing is known of the default since 12, which is another than before.
    assert!(!of("openjdk:17").contains("groupadd") && of("openjdk:8").contains("groupadd"));
    assert!(of("openjdk:17-jdk-bullseye").contains("groupadd"));
    assert!(of("eclipse-temurin:21-jre").contains("groupadd"));
}

#[test]
fn a_package_manager_of_red_hats_does_not_tell_that_useradd_is_there() {
    let of = |install: &str| {
        alone(&format!("FROM acme/base:2023\nRUN {install}\nWORKDIR /app\nCOPY . .\nCMD [\"/app/run\"]\n"))
    };
    for install in ["dnf install -y java", "yum install -y java", "microdnf install -y java"] {
        let said = of(install);
        assert!(said.contains("USER 10001:10001") && !said.contains("groupadd"), "{install}: {said}");
    }
    assert!(of("yum install -y java shadow-utils").contains("groupadd"));
    assert!(of("apt-get install -y java").contains("groupadd"));
}

#[test]
fn an_image_of_windows_gets_no_number() {
    for from in
        ["python:3.12-windowsservercore", "eclipse-temurin:17-nanoserver-ltsc2022", "golang:1.23-nanoserver"]
    {
        let said = alone(&format!("FROM {from}\nWORKDIR /app\nCOPY . .\nCMD [\"app\"]\n"));
        assert!(said.contains("refused: it is an image of Windows"), "{from}: {said}");
    }
}

#[test]
fn a_mount_below_roots_home_can_not_be_given_away() {
    let given = |keys: &str, dockerfile: &str| {
        let compose = format!("services: {{a: {{build: ., {keys}}}}}\n");
        let mut options = Options::default();
        options.general.insert("volumes", OptionValue::Word("given".to_owned()));
        said_with(&[("compose.yaml", &compose), ("Dockerfile", dockerfile)], &options)
    };
    for keys in
        ["volumes: ['models:/root/.cache/huggingface']", "volumes: ['./k:/root/.k:ro']", "volumes: ['/root']"]
    {
        let said = [given(keys, PYTHON), service(keys)];
        assert!(
            said.iter().all(|said| said.contains("the new user can't look into /root")),
            "{keys}: {said:?}"
        );
        assert!(!said.iter().any(|said| said.contains("volumes: given")), "{keys}: {said:?}");
    }
    let said = given("volumes: ['models:/data']", PYTHON);
    assert!(said.contains("mkdir -p /data && chown"), "{said}");
    let two = PYTHON.replace("WORKDIR", "RUN useradd -m one && useradd -m two\nWORKDIR");
    let said = given("volumes: ['data:/home/one/x']", &two);
    assert!(said.contains("look into /home/one"), "{said}");
    assert!(!given("volumes: ['data:/home/two/x']", &two).starts_with("refused"));
    let declared = PYTHON.replace("CMD", "VOLUME /root/data\nCMD");
    assert!(given("init: true", &declared).contains("what its VOLUME keeps stands below /root"));
}
