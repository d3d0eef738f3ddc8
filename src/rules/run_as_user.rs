//! Lets the program of an image run as a user who is not root.
//!
//! ## Why
//! Who breaks into a process gets its user. Root in a container may write every file of the image, holds capabilities
//! that the kernel grants to root alone, and is root of the host as soon as it finds a way out. Hardly any program
//! needs that.
//!
//! ## What changes
//! A stage that becomes an image and would run as root gets a user, behind everything that it installs and before its
//! CMD: a RUN that makes the user in the way of its distribution, and `USER` with numbers. Files that COPY brings into
//! the program's folder (WORKDIR), and the folder itself, go to that user. A user that the Dockerfile makes and does
//! not use, or that the image has for the purpose, is taken instead. An image without a shell gets the numbers alone.
//! Where a RUN makes more in that folder than installed packages, all of it goes to the user.
//!
//! Left alone: stages that end as another user, stages to develop, build or test in by their names, images whose services all have `user:`, programs that step down by
//! themselves (`gosu`, `su-exec`, `setpriv`), and base images that the facts say to keep their own user.
//!
//! Refused: where nobody knows which user the base image has, where an entry script of the project takes root
//! or is not at hand, where ports below 1024 (exposed, published, or told to the program), devices or capabilities ask for root, where the
//! program or its packages stand below `/root`, where a service keeps files in volumes that belong to root, where a
//! folder of the host stands over the program's, and where other stages are built on this one.
//!
//! ## Can it break?
//! What the program writes must belong to the user: outside its folder it can write `/tmp` and its home. To undo it: `hardtack rollback --rule run-as-user`.
//!
//! ## Examples
//! ```dockerfile before
//! FROM python:3.13-slim
//! WORKDIR /app
//! COPY requirements.txt .
//! RUN pip install --no-cache-dir -r requirements.txt
//! COPY . .
//! EXPOSE 8000
//! # serve
//! CMD ["gunicorn", "--bind", "0.0.0.0:8000", "app:app"]
//! ```
//! ```dockerfile after
//! FROM python:3.13-slim
//! WORKDIR /app
//! COPY --chown=10001:10001 requirements.txt .
//! RUN pip install --no-cache-dir -r requirements.txt
//! COPY --chown=10001:10001 . .
//! EXPOSE 8000
//! RUN groupadd --gid 10001 app && useradd --uid 10001 --gid 10001 --create-home --shell /usr/sbin/nologin app && chown 10001:10001 /app
//! USER 10001:10001
//! # serve
//! CMD ["gunicorn", "--bind", "0.0.0.0:8000", "app:app"]
//! ```
//! An entry script of the project is read: this one needs root, and says why:
//! ```text beside start.sh
//! #!/bin/sh
//! # give the volume to the user
//! chown -R 1000 /data
//! exec "$@"
//! ```
//! ```dockerfile beside Dockerfile
//! FROM python:3.13-slim
//! WORKDIR /app
//! COPY . .
//! ENTRYPOINT ["./start.sh"]
//! CMD ["python", "app.py"]
//! ```
//! ```yaml refused=evidence-missing
//! services: { web: { build: . } }
//! ```
//! So is what a shell is given:
//! ```dockerfile refused=evidence-missing
//! FROM python:3.13-slim
//! WORKDIR /app
//! COPY . .
//! CMD ["sh", "-c", "mkdir -p /var/lib/app && exec python /app/main"]
//! ```
//! And this one becomes another user by itself:
//! ```text beside start.sh
//! #!/bin/sh
//! exec gosu nobody "$@"
//! ```
//! ```dockerfile beside Dockerfile
//! FROM python:3.13-slim
//! COPY start.sh /usr/local/bin/
//! ENTRYPOINT ["start.sh"]
//! CMD ["python", "app.py"]
//! ```
//! ```yaml quiet
//! services: { web: { build: . } }
//! ```
//! In the way of the distribution, and in the last stage only:
//! ```dockerfile before
//! from golang:1.23-alpine as build
//! run go build -o /out/app .
//!
//! from alpine:3.20
//! copy --from=build /out/app /usr/local/bin/app
//! entrypoint ["/usr/local/bin/app"]
//! ```
//! ```dockerfile after
//! from golang:1.23-alpine as build
//! run go build -o /out/app .
//!
//! from alpine:3.20
//! copy --from=build /out/app /usr/local/bin/app
//! run addgroup -g 10001 app && adduser -D -u 10001 -G app -s /sbin/nologin app
//! user 10001:10001
//! entrypoint ["/usr/local/bin/app"]
//! ```
//! Without a shell, and with a user that is there:
//! ```dockerfile before
//! FROM scratch
//! COPY app /app
//! CMD ["/app"]
//! ```
//! ```dockerfile after
//! FROM scratch
//! COPY app /app
//! USER 10001:10001
//! CMD ["/app"]
//! ```
//! ```dockerfile before
//! FROM node:22-slim
//! WORKDIR /srv/app
//! COPY --link ["package.json", "./"]
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile after
//! FROM node:22-slim
//! WORKDIR /srv/app
//! COPY --link --chown=1000:1000 ["package.json", "./"]
//! RUN chown 1000:1000 /srv/app
//! USER 1000:1000
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile before
//! FROM debian:12-slim
//! RUN useradd --system --uid 999 worker
//! COPY work /usr/local/bin/work
//! CMD ["/usr/local/bin/work"]
//! ```
//! ```dockerfile after
//! FROM debian:12-slim
//! RUN useradd --system --uid 999 worker
//! COPY work /usr/local/bin/work
//! USER 999
//! CMD ["/usr/local/bin/work"]
//! ```
//! ```dockerfile untouched
//! FROM python:3.13-slim
//! USER 1000
//! CMD ["python", "app.py"]
//! ```
//! ```dockerfile untouched
//! FROM debian:12-slim
//! COPY --from=tianon/gosu /gosu /usr/local/bin/
//! ENTRYPOINT ["gosu", "nobody", "/app"]
//! ```
//! ```dockerfile beside Dockerfile
//! FROM python:3.13-slim
//! WORKDIR /app
//! CMD ["python", "app.py"]
//! ```
//! ```yaml refused=explicit
//! services:
//!   web:
//!     build: .
//!     volumes: [".:/app"]
//! ```
//! ```dockerfile refused=evidence-missing
//! FROM registry.example.org/team/base:1
//! CMD ["python", "app.py"]
//! ```
//! ```dockerfile refused=evidence-missing
//! FROM python:3.13-slim
//! ENTRYPOINT ["/entrypoint.sh"]
//! ```
//! ```dockerfile refused=explicit
//! FROM python:3.13-slim
//! USER app
//! RUN pip install flask
//! USER root
//! CMD ["flask", "run"]
//! ```
//! Packages of root's own, which nobody else may look at:
//! ```dockerfile refused=explicit
//! FROM python:3.13-slim AS builder
//! RUN pip install --user gunicorn
//!
//! FROM python:3.13-slim
//! WORKDIR /app
//! COPY --from=builder /root/.local /root/.local
//! ENV PATH=/root/.local/bin:$PATH
//! CMD ["gunicorn", "app:app"]
//! ```
//! Files that are there already:
//! ```dockerfile beside Dockerfile
//! FROM python:3.13-slim
//! WORKDIR /app
//! CMD ["gunicorn", "app:app"]
//! ```
//! ```yaml refused=evidence-missing
//! services:
//!   web:
//!     build: .
//!     volumes: ["media:/app/media"]
//! volumes: { media: {} }
//! ```
//! ```dockerfile refused=explicit
//! FROM python:3.13-slim
//! CMD exec gunicorn app:app >> /var/log/app.log
//! ```
//! ```dockerfile refused=explicit
//! FROM python:3.13-slim
//! RUN groupadd --gid 10001 data
//! CMD ["gunicorn", "app:app"]
//! ```
//! A virtual environment below root's folder, and a tool of development that writes beside the sources:
//! ```dockerfile refused=explicit
//! FROM python:3.13-slim
//! WORKDIR /app
//! RUN pip install poetry && poetry install
//! CMD ["poetry", "run", "gunicorn", "app:app"]
//! ```
//! ```dockerfile refused=explicit
//! FROM node:22-slim
//! WORKDIR /app
//! CMD ["npm", "run", "dev"]
//! ```
//! ```dockerfile refused=explicit
//! FROM python:3.13-slim
//! CMD ["gunicorn", "-b", "unix:/run/app.sock", "app:app"]
//! ```
//! ```dockerfile refused=evidence-missing
//! FROM python:3.13-slim
//! RUN <<EOF
//! groupadd --gid 10001 data
//! EOF
//! CMD ["gunicorn", "app:app"]
//! ```
//! A user that was made and forgotten gets the files by its name:
//! ```dockerfile before
//! FROM python:3.13-slim
//! RUN useradd --create-home app
//! WORKDIR /srv/site
//! COPY . /srv
//! CMD ["gunicorn", "app:app"]
//! ```
//! ```dockerfile after
//! FROM python:3.13-slim
//! RUN useradd --create-home app
//! WORKDIR /srv/site
//! COPY --chown=app . /srv
//! RUN chown app /srv/site
//! USER app
//! CMD ["gunicorn", "app:app"]
//! ```
//! What the image's build leaves to be written goes to the user as a whole:
//! ```dockerfile before
//! FROM python:3.13-slim
//! WORKDIR /app
//! RUN mkdir -p uploads
//! CMD ["python", "app.py"]
//! ```
//! ```dockerfile after
//! FROM python:3.13-slim
//! WORKDIR /app
//! RUN mkdir -p uploads
//! RUN groupadd --gid 10001 app && useradd --uid 10001 --gid 10001 --create-home --shell /usr/sbin/nologin app && chown -R 10001:10001 /app
//! USER 10001:10001
//! CMD ["python", "app.py"]
//! ```
//! ```dockerfile refused=explicit
//! FROM python:3.13-slim
//! CMD ["uvicorn", "app:app", "--port", "80"]
//! ```
//! ```dockerfile refused=explicit
//! FROM python:3.13-slim
//! EXPOSE 80
//! CMD ["gunicorn", "--bind", "0.0.0.0:80", "app:app"]
//! ```

mod account;
mod effects;
mod files;
mod home;
mod need;
mod ports;
mod program;
mod writes;

use crate::knowledge::Confidence;
use crate::model::dockerfile::Stage;
use crate::rule::{
    Context, DockerfileView, Evidence, Finding, Fix, Meta, OptionKind, OptionSpec, Question, Refusal,
    RefusalCode, Remedy, Rule, Severity,
};
use account::Account;
use effects::effects;
use need::{Ends, ends_as};
use program::{Obstacle, judge};

/// The rule of this file.
pub(super) struct RunAsUser;

const LARGEST: i64 = 65_533;
const UID: OptionSpec = OptionSpec {
    name: "uid",
    kind: OptionKind::Integer(1, LARGEST),
    default: "10001",
    docs: "the number of the user",
};
const GID: OptionSpec = OptionSpec {
    name: "gid",
    kind: OptionKind::Integer(1, LARGEST),
    default: "10001",
    docs: "the number of its group",
};
const NAME: OptionSpec =
    OptionSpec { name: "name", kind: OptionKind::Plain, default: "app", docs: "the name of user and group" };
const SHELL: OptionSpec = OptionSpec {
    name: "shell",
    kind: OptionKind::Plain,
    default: "",
    docs: "its shell; the distribution's nologin where none is given",
};

const LOW_PORTS: OptionSpec = OptionSpec {
    name: "low-ports",
    kind: OptionKind::OneOf(&["refuse", "docker"]),
    default: "refuse",
    docs: "whether a program that listens below 1024 gets a user: Docker lets every user do so in a network of the \
           container's own, others do not",
};

const VOLUMES: OptionSpec = OptionSpec {
    name: "volumes",
    kind: OptionKind::OneOf(&["refuse", "given"]),
    default: "refuse",
    docs: "whether a program that keeps files in volumes gets a user: `given` says that they belong to it, or will \
           before the next start",
};

static META: Meta = Meta {
    id: "run-as-user",
    severity: Severity::Medium,
    source: include_str!("run_as_user.rs"),
    after: &[],
    options: &[UID, GID, NAME, SHELL, LOW_PORTS, VOLUMES],
    supports: &[
        "CIS Docker 1.6.0 4.1",
        "OWASP Docker Security Cheat Sheet rule 2",
        "OWASP Docker Top 10 D01",
        "NIST SP 800-190 4.1.2",
    ],
};

impl Rule for RunAsUser {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn ask(&self, context: &Context<'_>) -> Vec<Question> {
        let ask = |view: &DockerfileView<'_>| {
            let open = view.shipped().filter(|stage| view.resolved.user(stage).is_none());
            let unknown = open.filter(|stage| {
                view.facts(context.catalogue, stage).is_none_or(|(facts, tag)| facts.user.get(&tag).is_none())
            });
            unknown.filter_map(|stage| Some(Question::configuration(&view.image(stage)?))).collect::<Vec<_>>()
        };
        DockerfileView::all(context.project).iter().flat_map(ask).collect()
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let check = |view: &DockerfileView<'_>| {
            view.shipped().filter_map(|stage| check_stage(context, view, stage)).collect::<Vec<_>>()
        };
        DockerfileView::all(context.project).iter().flat_map(check).collect()
    }
}

fn check_stage(context: &Context<'_>, view: &DockerfileView<'_>, stage: &Stage) -> Option<Finding> {
    if view.all_services_have(stage, "user") {
        return None;
    }
    let subject = stage.name.clone().unwrap_or_else(|| format!("stage {}", stage.index));
    let from = view.route(stage.instructions.start);
    let refuse = |route, message: &str, code, why: String| {
        let finding = view.finding(&META, route).subject(subject.clone());
        Some(finding.build(message, Remedy::Refused(Refusal::new(code, why))))
    };
    let message = "its program runs as root";
    let evidence = match ends_as(context, view, stage) {
        Ends::AsUser => return None,
        Ends::AsRoot(evidence) => evidence,
        Ends::AsRootOnPurpose(number) => {
            let why = "the last USER is root; name the user again before the program starts".to_owned();
            return refuse(view.route(number), "the stage ends as root", RefusalCode::Explicit, why);
        }
        Ends::Open(code, why) => return refuse(from, "it may run as root", code, why),
    };
    let confidence = match judge(context, view, stage) {
        Ok(confidence) => confidence,
        Err(Obstacle::StepsDown) => return None,
        Err(Obstacle::Refused(code, why)) => return refuse(from, message, code, why),
    };
    let account = Account::of(context, view, stage);
    if let Some(group) = account.clashes(view, stage) {
        let why = format!(
            "it makes the group {group} already; make the user there, or choose another by `gid` and `name`"
        );
        return refuse(from, message, RefusalCode::Explicit, why);
    }
    let Some(effects) = effects(view, stage, &account) else {
        let why = "the stage has no place where USER could stand".to_owned();
        return refuse(from, message, RefusalCode::Notation, why);
    };
    let volumes = writes::volumes(view, stage).into_iter();
    let volumes: Vec<String> = volumes.map(|volume| handed_over(volume, &account.user())).collect();
    let caveat = format!(
        "{}what it writes outside {} must belong to {}; run `docker compose build` afterwards",
        volumes.concat(),
        files::folder(view, stage).as_deref().unwrap_or("/tmp"),
        account.user(),
    );
    let evidence = Evidence { confidence: evidence.confidence.min(confidence), ..evidence };
    let fix = Fix::caution(format!("run as {}", account.user()), caveat, effects);
    let finding = view.finding(&META, from).subject(subject).because(Some(evidence));
    Some(finding.build(message, Remedy::Fix(fix)))
}

/// What to do about a volume that is there already.
fn handed_over((target, service): (String, String), user: &str) -> String {
    format!(
        "files that are at {target} already have to be given over: `docker compose run --rm --user root {service} chown \
         -R {user} {target}`; "
    )
}

/// How sure it is that the program runs as another user if that is only concluded.
const GUESS: Confidence = Confidence::Inferred;
