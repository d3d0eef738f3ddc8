//! Tells a Node.js program that it runs in production, and Next.js not to report about it.
//!
//! ## Why
//! Express and many libraries switch caches on and details of errors off when `NODE_ENV` is `production`. Next.js
//! sends usage figures to its maker unless it is told not to.
//!
//! ## What changes
//! A stage that becomes an image and starts Node.js gets `ENV NODE_ENV=production` before its CMD, behind all that is
//! installed, so that the build stays the same. A stage that builds or starts Next.js gets
//! `ENV NEXT_TELEMETRY_DISABLED=1` behind its FROM.
//!
//! Left alone: what is set, stages that are named as ones to develop or test in, images that start a development server
//! or a tool for tests, be it by a script of `package.json`, and those over whose sources a service puts a folder of the
//! host.
//!
//! ## Can it break?
//! A program that needs the development mode to run (seed data, debug pages) loses it. To undo it:
//! `hardtack rollback --rule node-environment`.
//!
//! ## Examples
//! ```dockerfile before
//! FROM node:22-slim
//! RUN npm ci
//! COPY . .
//! # serve
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile after
//! FROM node:22-slim
//! RUN npm ci
//! COPY . .
//! ENV NODE_ENV=production
//! # serve
//! CMD ["node", "server.js"]
//! ```
//! ```dockerfile before
//! FROM node:22-slim
//! ENV NODE_ENV=production
//! RUN npx next build
//! CMD npx next start
//! ```
//! ```dockerfile after
//! FROM node:22-slim
//! ENV NEXT_TELEMETRY_DISABLED=1
//! ENV NODE_ENV=production
//! RUN npx next build
//! CMD npx next start
//! ```
//! ```dockerfile untouched
//! FROM node:22-slim
//! CMD ["npm", "run", "dev"]
//! ```
//! A stage to develop in, and a start that `package.json` says to be one of development:
//! ```dockerfile untouched
//! FROM node:22-slim AS development
//! CMD ["node", "server.js"]
//! ```
//! ```text beside package.json
//! {"scripts": {"serve": "vue-cli-service serve", "start": "npm run serve"}}
//! ```
//! ```dockerfile untouched
//! FROM node:22-slim
//! WORKDIR /app
//! COPY package*.json ./
//! RUN npm ci
//! COPY . .
//! CMD ["npm", "start"]
//! ```
//! ```text beside package.json
//! {"scripts": {"serve": "node server.js"}}
//! ```
//! ```dockerfile before
//! FROM node:22-slim
//! WORKDIR /app
//! COPY . .
//! RUN npm ci
//! CMD ["npm", "run", "serve"]
//! ```
//! ```dockerfile after
//! FROM node:22-slim
//! WORKDIR /app
//! COPY . .
//! RUN npm ci
//! ENV NODE_ENV=production
//! CMD ["npm", "run", "serve"]
//! ```

use crate::knowledge::{Confidence, is_for_development};
use crate::model::dockerfile::Stage;
use crate::rule::{
    Context, DockerfileView, Evidence, Finding, Fix, Meta, Remedy, Rule, Severity, package_scripts,
};
use crate::syntax::{Change, Value};

/// The rule of this file.
pub(super) struct NodeEnvironment;

static META: Meta = Meta {
    id: "node-environment",
    severity: Severity::Info,
    source: include_str!("node_environment.rs"),
    after: &[],
    options: &[],
    supports: &[],
};

const CAVEAT: &str = "a program that needs its development mode to run loses it";

impl Rule for NodeEnvironment {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let check = |view: &DockerfileView<'_>| {
            let stages = view.resolved.stages().iter();
            let telemetry = stages.filter_map(|stage| check_telemetry(view, stage));
            telemetry
                .chain(view.shipped().filter_map(|stage| check_mode(context, view, stage)))
                .collect::<Vec<_>>()
        };
        DockerfileView::all(context.project).iter().flat_map(check).collect()
    }
}

fn words(view: &DockerfileView<'_>, stage: &Stage) -> Vec<String> {
    view.start_words(stage)
        .iter()
        .map(|word| word.rsplit('/').next().unwrap_or_default().to_owned())
        .collect()
}

/// `NODE_ENV`, before the program is started.
fn check_mode(context: &Context<'_>, view: &DockerfileView<'_>, stage: &Stage) -> Option<Finding> {
    let started = words(view, stage);
    let started: Vec<&str> = started.iter().map(String::as_str).filter(|word| *word != "exec").collect();
    let is_node = started.first().is_some_and(|first| {
        matches!(*first, "node" | "npm" | "yarn" | "pnpm" | "npx" | "next") || started.get(1) == Some(&"node")
    });
    let number = stage.cmd.or(stage.entrypoint)?;
    if !is_node || view.sets(stage, "NODE_ENV") || develops(context, view, stage) {
        return None;
    }
    let route = view.route(number);
    let value = Value::string("ENV NODE_ENV=production");
    let fix = Fix::caution(
        "set NODE_ENV to production",
        CAVEAT,
        vec![view.effect(Change::Insert { route: route.clone(), value })],
    );
    let evidence = Evidence {
        confidence: Confidence::Documented,
        fact: "Node.js and its frameworks take NODE_ENV=production for the mode to serve in".to_owned(),
        source: "Node.js guide, NODE_ENV; Express, production best practices".to_owned(),
    };
    let finding = view.finding(&META, route).subject("NODE_ENV");
    Some(finding.because(Some(evidence)).build("NODE_ENV is not set", Remedy::Fix(fix)))
}

/// Whether a stage is there to develop or test in.
fn develops(context: &Context<'_>, view: &DockerfileView<'_>, stage: &Stage) -> bool {
    let is_sign = |word: &String| {
        ["dev", "watch", "nodemon", "vite", "debug", "inspect"].iter().any(|sign| word.contains(sign))
    };
    let started = words(view, stage);
    let own = view.history(stage).into_iter().map(|(_, instruction)| instruction);
    let scripts = package_scripts(context.project, view.file, own, &started);
    let of_script =
        |command: Vec<&str>| is_for_development(&command.into_iter().map(str::to_owned).collect::<Vec<_>>());
    let mut services = view.services(stage).peekable();
    let is_for_it = services.peek().is_some() && services.all(|service| service.file.is_for_development());
    stage.is_for_work()
        || is_for_it
        || view.covered_folder(stage).is_some()
        || is_for_development(&started)
        || started.iter().any(is_sign)
        || scripts.iter().any(|script| script.commands().any(of_script))
        // By habit of Vue and Angular, where nothing tells what it does.
        || (scripts.is_empty() && started.iter().any(|word| word == "serve"))
}

/// `NEXT_TELEMETRY_DISABLED`, where Next.js is built or started.
fn check_telemetry(view: &DockerfileView<'_>, stage: &Stage) -> Option<Finding> {
    let name = "NEXT_TELEMETRY_DISABLED";
    let verbs = ["build", "start", "export"];
    let is_next = |words: &[String]| {
        words.windows(2).any(|pair| pair[0] == "next" && verbs.contains(&pair[1].as_str()))
    };
    let runs = |(_, script): (usize, crate::syntax::dockerfile::Script)| {
        script.commands.iter().any(|command| is_next(&command.literals().flatten().collect::<Vec<_>>()))
    };
    let uses = (stage.cmd.or(stage.entrypoint).is_some() && is_next(&words(view, stage)))
        || view.scripts(stage).any(runs);
    if !uses || view.sets(stage, name) {
        return None;
    }
    let from = view.route(stage.instructions.start);
    let value = Value::string(format!("ENV {name}=1"));
    let effect = view.effect(Change::Insert { route: from.parent()?.index(1), value });
    let finding = view.finding(&META, from).subject(name);
    let fix = Fix::safe(format!("set {name}"), vec![effect]);
    Some(finding.build("Next.js reports its use", Remedy::Fix(fix)))
}
