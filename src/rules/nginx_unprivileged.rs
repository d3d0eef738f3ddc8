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
//! The published port stays the same.
//!
//! ## Can it break?
//! A proxy outside of these files has to forward to the new port; the fix says which. Files that are mounted
//! must be readable by the new user. Refused: keys of TLS, which are often root's alone; a `listen` that a
//! variable decides; configuration that a script writes; a service of the project that calls the old port; an
//! entry point of one's own. To undo it: `hardtack rollback --rule nginx-unprivileged`.
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
//! HEALTHCHECK --interval=30s CMD wget -qO- http://127.0.0.1:8080/healthz || exit 1
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
//!       test: ["CMD", "wget", "-q", "--spider", "http://127.0.0.1:8080/healthz"]
//! ```
//! A service that runs the image as it is, with a configuration that is mounted:
//! ```nginx beside site.conf
//! server { listen 80; root /srv; }
//! ```
//! ```yaml before
//! services:
//!   site:
//!     image: nginx:1.27
//!     ports: [{target: 80, published: "8088"}]
//!     volumes:
//!       - ./site.conf:/etc/nginx/conf.d/default.conf:ro
//! ```
//! ```nginx after site.conf
//! server { listen 8080; port_in_redirect off; root /srv; }
//! ```
//! ```yaml after
//! services:
//!   site:
//!     image: nginxinc/nginx-unprivileged:1.27
//!     ports: [{target: 8080, published: "8088"}]
//!     volumes:
//!       - ./site.conf:/etc/nginx/conf.d/default.conf:ro
//! ```
//! A build that runs something goes on to do so as root:
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
//! A list that has the new port already, which Compose refuses to read twice:
//! ```nginx beside site.conf
//! server { listen 80; root /srv; }
//! ```
//! ```yaml before
//! services:
//!   web:
//!     image: nginx:1.27
//!     expose:
//!       - "80"
//!       - "8080" # the metrics
//!     volumes:
//!       - ./site.conf:/etc/nginx/conf.d/default.conf:ro
//! ```
//! ```yaml after
//! services:
//!   web:
//!     image: nginxinc/nginx-unprivileged:1.27
//!     expose:
//!       - "8080" # the metrics
//!     volumes:
//!       - ./site.conf:/etc/nginx/conf.d/default.conf:ro
//! ```
//! ```nginx after site.conf
//! server { listen 8080; port_in_redirect off; root /srv; }
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
//!   site:
//!     image: nginx:1.27
//!   probe:
//!     image: busybox:1.36
//!     environment: { TARGET: "http://site/" }
//! ```
//! The configuration is not at hand:
//! ```yaml refused=evidence-missing
//! services:
//!   site:
//!     image: nginx:1.27
//!     volumes:
//!       - ./gone.conf:/etc/nginx/conf.d/default.conf:ro
//! ```
//! Another container writes it, or it stands elsewhere on the host:
//! ```yaml refused=evidence-missing
//! services:
//!   site:
//!     image: nginx:1.27
//!     ports: ["80:80"]
//!     volumes:
//!       - generated:/etc/nginx/conf.d
//! volumes: { generated: {} }
//! ```
//! ```yaml refused=evidence-missing
//! services:
//!   site:
//!     image: nginx:1.27
//!     ports: ["80:80"]
//!     volumes:
//!       - /srv/$ID/nginx:/etc/nginx
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
mod configuration;
mod outside;
mod services;
mod unit;

use crate::knowledge::Tag;
use crate::model::{ImageReference, Source};
use crate::rule::{
    Answer, Context, Effect, Evidence, Finding, FindingBuilder, Fix, Meta, Operation, Question, Refusal,
    RefusalCode, Remedy, Rule, ServiceEffect, Severity,
};
use crate::syntax::{Route, Value};
use address::Move;
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

    /// The digest of the new image, for the rule that pins it.
    fn ask(&self, context: &Context<'_>) -> Vec<Question> {
        let successors =
            units(context.project, context.catalogue).into_iter().filter_map(|unit| unit.successor());
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
    let finding = located(unit)?.subject(unit.image.familiar()).because(Some(Evidence {
        confidence: unit.fact.confidence,
        fact: unit.fact.note.clone(),
        source: unit.fact.source.clone(),
    }));
    let message = format!("{} starts as root", unit.image.familiar());
    let remedy = fix(context, unit).map_or_else(Remedy::Refused, Remedy::Fix);
    Some(finding.build(message, remedy))
}

/// A finding at the base image, or at the service that runs the image as it is.
fn located<'p>(unit: &Unit<'p>) -> Option<FindingBuilder<'p>> {
    let member = unit.members.iter().find(|member| member.service.file.in_scope)?;
    let built = member.run.built.as_ref().filter(|_| !member.is_inline());
    if let (Some(built), Some(stage)) = (built, member.root_stage()) {
        let route = Route::root().key("stages").index(stage).index(0);
        let file = Source::Dockerfile(built.file);
        return Some(FindingBuilder::in_file(META.id, META.severity, file, route, unit.services()));
    }
    let node = member.service.field("image").map_or(member.service.node, |field| field.value);
    Some(FindingBuilder::new(META.id, META.severity, member.service).at(node))
}

/// Everything that moves, or why nothing does.
fn fix(context: &Context<'_>, unit: &Unit<'_>) -> Result<Fix, Refusal> {
    let ports: Vec<Move> = unit.fact.ports.iter().map(|port| Move { from: port.from, to: port.to }).collect();
    let unknown = || Refusal::new(RefusalCode::EvidenceMissing, "which image takes its place is not known");
    let successor = unit.successor().ok_or_else(unknown)?;
    if let Some(refusal) = outside::caller(context.project, unit, &ports) {
        return Err(refusal);
    }
    let mut effects = images(unit, &successor)?;
    let images = effects.len();
    for member in &unit.members {
        effects.extend(services::effects(unit, member, &ports)?);
    }
    if effects.len() == images {
        let why = "nothing in these files publishes its port, so who forwards to it, and would have to follow, is not known";
        return Err(Refusal::new(RefusalCode::EvidenceMissing, why));
    }
    let (files, mut notes) = configuration::effects(unit, &ports)?;
    let user = user_of(context, &successor).ok_or_else(unknown)?;
    let built = unit.members.iter().find_map(|member| Some((member, member.run.built.as_ref()?)));
    if let Some((member, built)) = built {
        let rebuilt = build::effects(unit, member, built, &successor, (&ports, &user))?;
        effects.extend(rebuilt.effects);
        notes.extend(rebuilt.caveats);
    }
    effects.extend(files);
    notes.insert(0, outside::left_outside(unit, &ports));
    if !matches!(context.answers.get(&Question::digest(&successor)), Answer::Digest(_)) {
        notes.push(format!("nobody was asked whether there is {}", successor.familiar()));
    }
    let title = format!("run it as {user}, by {}", successor.familiar());
    Ok(Fix::caution(title, notes.join("; "), effects))
}

/// The user of an image, by number.
fn user_of(context: &Context<'_>, image: &ImageReference) -> Option<String> {
    let facts = context.catalogue.image(&image.full_repository())?;
    Some(facts.user.get(&Tag::of(image))?.serves_as?.to_string())
}

/// `image` of the services that run the image as it is.
fn images(unit: &Unit<'_>, successor: &ImageReference) -> Result<Vec<Effect>, Refusal> {
    let mut effects: Vec<Effect> = Vec::new();
    for member in unit.members.iter().filter(|member| member.run.built.is_none()) {
        let part = &member.run.part;
        let refuse = |code, message: &str| Err(Refusal::new(code, format!("`{}`: {message}", part.name)));
        let text = part.scalar("image").unwrap_or_default();
        if text.contains('$') {
            return refuse(RefusalCode::Interpolated, "a variable decides which image it runs");
        }
        if unit.image.digest().is_some() {
            let message = "its image is pinned, and the digest of the other is not known; take the digest out and pin it anew";
            return refuse(RefusalCode::EvidenceMissing, message);
        }
        let tag = unit.image.tag().map(|tag| format!(":{tag}")).unwrap_or_default();
        let familiar = successor.familiar();
        let name = familiar.rsplit_once(':').map_or(familiar.as_str(), |(name, _)| name);
        let effect = Effect::Service(ServiceEffect {
            file: part.file.path.clone(),
            document: part.document,
            service: part.name.to_owned(),
            path: Route::root().key("image"),
            operation: Operation::Set(Value::string(format!("{name}{tag}"))),
        });
        if !effects.contains(&effect) {
            effects.push(effect);
        }
    }
    Ok(effects)
}
