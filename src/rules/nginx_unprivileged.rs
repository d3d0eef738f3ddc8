//! Runs web servers that start as root by their counterpart without root, on a port above 1023.
//!
//! ## Why
//! A server that starts as root keeps a root process for its whole life; a flaw in it, in a module or in a
//! start script is a flaw in a root process. Its image without root does the same as an ordinary user, needs no
//! capability at all, and listens on a port that any user may open.
//!
//! ## What changes
//! One fix over all files that belong together, or none of it: the base image in the Dockerfile (or `image` of the
//! service) becomes its counterpart without root, with the same tag; `listen` in every form, `EXPOSE`,
//! the container's side of every published port, `expose`, health checks, and the variables and labels that tell
//! a proxy the port move from 80 to 8080; in a main configuration `user` goes, and the pid file and temporary
//! folders move to `/tmp`. `port_in_redirect off` keeps the new port out of the redirects that the server makes
//! itself. What the Dockerfile runs, it goes on to run as root, and the image's own user is back at the end.
//! The published port stays the same, and so does the host that a health check asks; but `localhost` becomes 127.0.0.1
//! where the server listens on IPv4 alone. `$server_port`, handed on in a header or a redirect, becomes the old port
//! where the server listens on no other.
//!
//! ## Can it break?
//! A proxy outside of these files has to forward to the new port; the fix says which. Files that are mounted
//! must be readable by the new user. To undo it: `hardtack rollback --rule nginx-unprivileged`.
//!
//! Refused, each with the place that stands against it:
//!
//! * the configuration isn't at hand, a variable decides a `listen`, or a script or a RUN writes it; keys of TLS, which
//!   are often root's alone; a port below 1024 other than 80;
//! * somebody in the project calls the old port: a service by name, alias, link or in its network; an `env_file`, a
//!   Dockerfile, a proxy's configuration that is mounted; its own configuration. The name alone is enough where a host
//!   stands: in `UPSTREAM: site` or `curl site`, not in `POSTGRES_USER: site`;
//! * a service that would not move uses the same configuration file or Dockerfile, or counts on the port in another
//!   Compose file that has a service of the same name. Services that share a file and can all move do so in one fix;
//! * `command`, CMD or an entry point does more than start the server, or a start script is not at hand or may need
//!   root; `user: root`; `COPY --chmod` that keeps the new user out; a build argument decides the base image;
//! * `$server_port` is handed on where it may be one of several; a socket of the file system, a cache or a log is made
//!   where the new user can't write;
//! * a health check or a label speaks of the port in a way that is not understood;
//! * nobody knows whether the other image has the tag, and no registry was asked.
//!
//! ## Examples
//! ```dockerfile beside web/Dockerfile
//! FROM node:20-alpine AS build
//! RUN npm ci && npm run build
//!
//! FROM nginx:1.27-alpine
//! COPY --from=build /src/dist /usr/share/nginx/html
//! COPY default.conf /etc/nginx/conf.d/default.conf
//! EXPOSE 80
//! HEALTHCHECK --interval=30s CMD wget -qO- http://localhost:80/healthz || exit 1
//! ```
//! ```nginx beside web/default.conf
//! server {
//!     listen       80;
//!     listen  [::]:80;   # both families
//!     location = /healthz { return 200 "ok\n"; }
//! }
//! ```
//! ```yaml before
//! services:
//!   web:
//!     build: ./web
//!     ports:
//!       - "80:80" # the site
//!     healthcheck:
//!       test: ["CMD", "wget", "-q", "--spider", "http://localhost/healthz"]
//! ```
//! ```dockerfile after web/Dockerfile
//! FROM node:20-alpine AS build
//! RUN npm ci && npm run build
//!
//! FROM nginxinc/nginx-unprivileged:1.27-alpine
//! COPY --from=build /src/dist /usr/share/nginx/html
//! COPY default.conf /etc/nginx/conf.d/default.conf
//! EXPOSE 8080
//! HEALTHCHECK --interval=30s CMD wget -qO- http://localhost:8080/healthz || exit 1
//! ```
//! ```nginx after web/default.conf
//! server {
//!     listen       8080;
//!     listen  [::]:8080;   # both families
//!     port_in_redirect off;
//!     location = /healthz { return 200 "ok\n"; }
//! }
//! ```
//! ```yaml after
//! services:
//!   web:
//!     build: ./web
//!     ports:
//!       - "80:8080" # the site
//!     healthcheck:
//!       test: ["CMD", "wget", "-q", "--spider", "http://localhost:8080/healthz"]
//! ```
//! A build that runs something goes on to do so as root, and a script that runs before the server is looked into:
//! ```text beside start.sh
//! #!/bin/sh
//! sed -i "s/@TITLE@/$TITLE/" /usr/share/nginx/html/index.html
//! ```
//! ```dockerfile beside Dockerfile
//! FROM nginx:1.27-alpine
//! COPY start.sh /docker-entrypoint.d/40-start.sh
//! RUN chmod +x /docker-entrypoint.d/40-start.sh
//! COPY html /usr/share/nginx/html
//! EXPOSE 80
//! CMD ["nginx", "-g", "daemon off;"]
//! ```
//! ```yaml before
//! services:
//!   web:
//!     build: .
//!     expose: ["80"]
//! ```
//! ```dockerfile after Dockerfile
//! FROM nginxinc/nginx-unprivileged:1.27-alpine
//! USER root
//! COPY start.sh /docker-entrypoint.d/40-start.sh
//! RUN chmod +x /docker-entrypoint.d/40-start.sh
//! COPY html /usr/share/nginx/html
//! RUN chown -R 101:101 /usr/share/nginx/html
//! USER 101:101
//! EXPOSE 8080
//! CMD ["nginx", "-g", "daemon off;"]
//! ```
//! ```yaml after
//! services:
//!   web:
//!     build: .
//!     expose: ["8080"]
//! ```
//! Services that share a configuration file move together, each to the image with its own tag; one whose root file
//! system is read-only gets a `/tmp`:
//! ```nginx beside a.conf
//! server { listen 80; }
//! ```
//! ```yaml before
//! services:
//!   b:
//!     image: nginx:1.25
//!     ports: [{target: 80, published: "81"}]
//!     volumes: ["./a.conf:/etc/nginx/conf.d/default.conf"]
//!     read_only: true
//!     tmpfs: ["/var/cache/nginx"]
//!   c:
//!     image: nginx:1.27-alpine
//!     expose: ["80", "8080"]
//!     volumes: ["./a.conf:/etc/nginx/conf.d/default.conf"]
//!     healthcheck: { test: "curl -fsS localhost/ || exit 1" }
//! ```
//! ```nginx after a.conf
//! server { listen 8080; port_in_redirect off; }
//! ```
//! ```yaml after
//! services:
//!   b:
//!     image: nginxinc/nginx-unprivileged:1.25
//!     ports: [{target: 8080, published: "81"}]
//!     volumes: ["./a.conf:/etc/nginx/conf.d/default.conf"]
//!     read_only: true
//!     tmpfs: ["/var/cache/nginx", "/tmp"]
//!   c:
//!     image: nginxinc/nginx-unprivileged:1.27-alpine
//!     expose: ["8080"]
//!     volumes: ["./a.conf:/etc/nginx/conf.d/default.conf"]
//!     healthcheck: { test: "curl -fsS 127.0.0.1:8080/ || exit 1" }
//! ```
//! Who is told the port goes on to be told the old one:
//! ```nginx beside a.conf
//! server { listen 80; proxy_set_header X-Forwarded-Port $server_port; location / { include fastcgi_params; } }
//! ```
//! ```yaml before
//! services:
//!   site: {image: "nginx:1.27", ports: ["80:80"], volumes: ["./a.conf:/etc/nginx/conf.d/default.conf"]}
//! ```
//! ```nginx after a.conf
//! server { listen 8080; port_in_redirect off; proxy_set_header X-Forwarded-Port 80; location / { include fastcgi_params; fastcgi_param SERVER_PORT 80; } }
//! ```
//! ```yaml after
//! services:
//!   site: {image: "nginxinc/nginx-unprivileged:1.27", ports: ["80:8080"], volumes: ["./a.conf:/etc/nginx/conf.d/default.conf"]}
//! ```
//! Another server, which would not move, uses the same file:
//! ```nginx beside a.conf
//! server { listen 80; }
//! ```
//! ```yaml refused=explicit
//! services:
//!   site:
//!     image: nginx:1.27
//!     ports: ["80:80"]
//!     volumes: ["./a.conf:/etc/nginx/conf.d/default.conf"]
//!   other:
//!     image: openresty/openresty:1.25
//!     ports: ["81:80"]
//!     volumes: ["./a.conf:/etc/nginx/conf.d/default.conf"]
//! ```
//! A Compose file that may be read on top counts on the port, and can't follow:
//! ```yaml beside compose.prod.yaml
//! services:
//!   site:
//!     image: nginx:1.26
//!     user: "101"
//!     ports: ["82:80"]
//! ```
//! ```yaml refused=fragment
//! services:
//!   site:
//!     image: nginx:1.27
//!     ports: ["80:80"]
//! ```
//! CMD does more than start the server:
//! ```dockerfile beside Dockerfile
//! FROM nginx:1.27-alpine
//! COPY my.conf /srv/my.conf
//! CMD ["nginx", "-c", "/srv/my.conf", "-g", "daemon off;"]
//! ```
//! ```yaml refused=evidence-missing
//! services:
//!   site: { build: ., ports: ["80:80"] }
//! ```
//! A script that runs before the server changes its configuration:
//! ```text beside fix.sh
//! sed -i "s/listen 80/listen $PORT/" /etc/nginx/conf.d/default.conf
//! ```
//! ```dockerfile beside Dockerfile
//! FROM nginx:1.27-alpine
//! COPY fix.sh /docker-entrypoint.d/99-fix.sh
//! ```
//! ```yaml refused=evidence-missing
//! services:
//!   site: { build: ., ports: ["80:80"] }
//! ```
//! A build argument decides the base:
//! ```dockerfile beside Dockerfile
//! ARG BASE=nginx:1.27-alpine
//! FROM ${BASE}
//! EXPOSE 80
//! ```
//! ```yaml refused=interpolated
//! services:
//!   site:
//!     build: { context: ., args: { BASE: "nginx:1.26" } }
//!     ports: ["80:80"]
//! ```
//! Callers by another name, in its network, in a file of variables, or in a proxy's configuration:
//! ```yaml refused=explicit
//! services:
//!   site:
//!     image: nginx:1.27
//!     ports: ["80:80"]
//!     networks: { front: { aliases: [www] } }
//!   probe:
//!     image: busybox:1.36
//!     networks: [front]
//!     environment: { UP_HOST: www, UP_PORT: "80" }
//! networks: { front: {} }
//! ```
//! ```yaml refused=explicit
//! services:
//!   site: { image: "nginx:1.27", ports: ["80:80"] }
//!   probe: { image: "busybox:1.36", network_mode: "service:site" }
//! ```
//! ```text beside app.env
//! UP=http://site/
//! ```
//! ```yaml refused=explicit
//! services:
//!   site: { image: "nginx:1.27", ports: ["80:80"] }
//!   app: { image: "example.org/app:1", env_file: app.env }
//! ```
//! ```text beside Caddyfile
//! example.org {
//!   reverse_proxy site
//! }
//! ```
//! ```yaml refused=explicit
//! services:
//!   site:
//!     image: nginx:1.27
//!     expose: ["80"]
//!   door:
//!     image: caddy:2
//!     volumes: ["./Caddyfile:/etc/caddy/Caddyfile"]
//! ```
//! ```nginx beside a.conf
//! server { listen 80; location /again { proxy_pass http://site/; } }
//! ```
//! ```yaml refused=explicit
//! services:
//!   site:
//!     image: nginx:1.27
//!     ports: ["80:80"]
//!     volumes: ["./a.conf:/etc/nginx/conf.d/default.conf"]
//! ```
//! A label tells a proxy the port in a way that isn't followed:
//! ```yaml refused=notation
//! services:
//!   site:
//!     image: nginx:1.27
//!     expose: ["80"]
//!     labels: { caddy.reverse_proxy: "{{upstreams 80}}" }
//! ```
//! It would stay root, or its tag may not be there:
//! ```yaml refused=explicit
//! services:
//!   site: { image: "nginx:1.27", user: root, ports: ["80:80"] }
//! ```
//! ```yaml refused=evidence-missing
//! services:
//!   site: { image: "nginx:1.9", ports: ["80:80"] }
//! ```
//! A Dockerfile inside the Compose file is not edited:
//! ```yaml refused=notation
//! services:
//!   web:
//!     ports: ["80:80"]
//!     build:
//!       dockerfile_inline: |
//!         FROM nginx:1.27
//! ```
//! Keys that perhaps only root can read:
//! ```nginx beside tls.conf
//! server {
//!     listen 443 ssl;
//!     ssl_certificate /etc/nginx/certs/site.crt;
//!     ssl_certificate_key /etc/nginx/certs/site.key;
//! }
//! ```
//! ```yaml refused=evidence-missing
//! services:
//!   site:
//!     image: nginx:1.27
//!     ports: ["443:443"]
//!     volumes:
//!       - ./tls.conf:/etc/nginx/conf.d/default.conf:ro
//! ```
//! Somebody in the project calls the old port:
//! ```yaml refused=explicit
//! services:
//!   site: { image: "nginx:1.27" }
//!   probe: { image: "busybox:1.36", environment: { TARGET: "http://site/" } }
//! ```
//! The configuration is not at hand:
//! ```yaml refused=evidence-missing
//! services:
//!   site:
//!     image: nginx:1.27
//!     volumes:
//!       - ./gone.conf:/etc/nginx/conf.d/default.conf:ro
//! ```
//! Another container writes it:
//! ```yaml refused=evidence-missing
//! services:
//!   site:
//!     image: nginx:1.27
//!     ports: ["80:80"]
//!     volumes:
//!       - generated:/etc/nginx/conf.d
//! volumes: { generated: {} }
//! ```
//! Nobody here says who uses it:
//! ```yaml refused=evidence-missing
//! services:
//!   site:
//!     image: nginx:1.27
//! ```
//! What runs as another user already stays:
//! ```yaml untouched
//! services:
//!   site:
//!     image: nginx:1.27
//!     user: "101"
//! ```

mod address;
mod build;
mod callers;
mod configuration;
mod fix;
mod health;
mod outside;
mod services;
mod shared;
mod start;
mod storage;
mod templates;
mod unit;

use crate::model::ImageReference;
use crate::rule::{Context, Evidence, Finding, Meta, Question, Remedy, Rule, Severity};
use unit::{Unit, units};

/// The rule of this file.
pub(super) struct NginxUnprivileged;

static META: Meta = Meta {
    id: "nginx-unprivileged",
    severity: Severity::Medium,
    source: include_str!("nginx_unprivileged.rs"),
    after: &[],
    options: &[],
    supports: &[
        "CIS Docker 1.6.0 4.1 (direct)",
        "NIST SP 800-190 4.4.3",
        "OWASP Docker Security Cheat Sheet rule 2 (direct)",
        "OWASP Docker Top 10 D01",
        "HIPAA 45 CFR 164.312(a)(1) (inferred)",
        "PCI DSS 4.0.1 7.2.5 (inferred)",
    ],
};

impl Rule for NginxUnprivileged {
    fn meta(&self) -> &'static Meta {
        &META
    }

    /// The digests of the new images, for the rule that pins them, and to know that they are there.
    fn ask(&self, context: &Context<'_>) -> Vec<Question> {
        let units = units(context.project, context.catalogue);
        let successors = units.iter().filter_map(Unit::successors).flatten();
        successors.map(|image| Question::digest(&image)).collect()
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        units(context.project, context.catalogue)
            .iter()
            .filter_map(|unit| check_unit(context, unit))
            .collect()
    }
}

fn check_unit(context: &Context<'_>, unit: &Unit<'_>) -> Option<Finding> {
    let images: Vec<String> = unit.images().into_iter().map(ImageReference::familiar).collect();
    let finding = unit.finding(&META)?.subject(images.first()?.as_str()).because(Some(Evidence {
        confidence: unit.fact.confidence,
        fact: unit.fact.note.clone(),
        source: unit.fact.source.clone(),
    }));
    let mut message =
        format!("{} {} as root", images.join(" and "), if images.len() == 1 { "starts" } else { "start" });
    if unit.services().len() > 1 {
        let names: Vec<String> = unit.services().iter().map(|name| format!("`{name}`")).collect();
        message.push_str(&format!("; {} can only move together", names.join(", ")));
    }
    let remedy = fix::fix(context, unit).map_or_else(Remedy::Refused, Remedy::Fix);
    Some(finding.build(message, remedy))
}
