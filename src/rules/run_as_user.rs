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
//! not use, or that the image has for the purpose, is taken instead. An image without a shell or `useradd` gets the numbers alone.
//! Where a RUN makes more in that folder than installed packages, or the start changes those (`prisma generate`, by a
//! script of `package.json` as well), all of it goes to the user. So it does where a RUN asks Git about what a COPY
//! brings, which has to be root's until then.
//!
//! Left alone: stages that end as another user, stages to develop, build or test in by their names, images whose services all have `user:`, programs that step down by
//! themselves (`gosu`, `su-exec`, `setpriv`), and base images that the facts say to keep their own user.
//!
//! Refused: where nobody knows which user the base image has, where an entry script of the project takes root
//! or is not at hand, where ports below 1024 (exposed, published, or told to the program), devices, sockets of the host or
//! capabilities ask for root, where the program, its packages or what these download stand below `/root` or a service mounts something there, where a service keeps files in volumes that belong to root, where a
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
//! What a source writes outside of the program's own folder would stay root's:
//! ```text beside app.py
//! with open("/data/visits.txt", "a") as visits:
//!     visits.write("one more\n")
//! ```
//! ```dockerfile beside Dockerfile
//! FROM python:3.13-slim
//! WORKDIR /app
//! COPY . .
//! CMD ["python", "app.py"]
//! ```
//! ```yaml refused=evidence-missing
//! services: { web: { build: . } }
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
//! The engine's socket is root's, and what a package downloads when it is installed is in root's folder:
//! ```dockerfile beside Dockerfile
//! FROM python:3.13-slim
//! CMD ["python", "-m", "watcher"]
//! ```
//! ```yaml refused=explicit
//! services:
//!   watcher:
//!     build: .
//!     volumes: ["/var/run/docker.sock:/var/run/docker.sock"]
//! ```
//! ```text beside package.json
//! {"dependencies": {"puppeteer": "^22.0.0"}}
//! ```
//! ```dockerfile refused=explicit
//! FROM node:22
//! WORKDIR /app
//! COPY . .
//! RUN npm ci
//! CMD ["node", "server.js"]
//! ```
//! Git and the start of the program:
//! ```text beside package.json
//! {"scripts": {"start": "prisma generate && node server.js"}}
//! ```
//! ```dockerfile before
//! FROM node:22
//! WORKDIR /app
//! COPY package.json .
//! RUN npm ci
//! COPY . .
//! RUN git rev-parse HEAD
//! CMD ["npm", "start"]
//! ```
//! ```dockerfile after
//! FROM node:22
//! WORKDIR /app
//! COPY --chown=1000:1000 package.json .
//! RUN npm ci
//! COPY . .
//! RUN git rev-parse HEAD
//! RUN chown -R 1000:1000 /app
//! USER 1000:1000
//! CMD ["npm", "start"]
//! ```
//! A folder for data, by a variable:
//! ```dockerfile before
//! FROM alpine:3.20
//! ENV DATA=/data
//! WORKDIR ${DATA}
//! COPY work /usr/bin/work
//! ENTRYPOINT ["work"]
//! ```
//! ```dockerfile after
//! FROM alpine:3.20
//! ENV DATA=/data
//! WORKDIR ${DATA}
//! COPY work /usr/bin/work
//! RUN addgroup -g 10001 app && adduser -D -u 10001 -G app -s /sbin/nologin app && chown 10001:10001 .
//! USER 10001:10001
//! ENTRYPOINT ["work"]
//! ```
//! ```dockerfile refused=explicit
//! FROM scratch
//! WORKDIR /data
//! COPY work /usr/bin/work
//! ENTRYPOINT ["/usr/bin/work"]
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
mod asked;
mod effects;
mod files;
mod git;
mod home;
mod need;
mod options;
mod ports;
mod program;
mod sources;
mod stage;
mod start;
#[cfg(test)]
mod tests;
mod writes;

use crate::knowledge::Confidence;
use crate::rule::{Context, DockerfileView, Finding, Meta, Question, Rule, Severity};
use options::{GID, LOW_PORTS, NAME, SHELL, UID, VOLUMES};
use stage::check_stage;

/// The rule of this file.
pub(super) struct RunAsUser;

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

/// How sure it is that the program runs as another user if that is only concluded.
const GUESS: Confidence = Confidence::Inferred;
