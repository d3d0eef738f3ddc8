//! Leaves no package lists and caches of `apt`, `apk` and `dnf` in an image.
//!
//! ## Why
//! Package lists are dead weight in an image (20 MB and more for Debian), they are stale the day after, and what is
//! installed from stale lists is old. They must go in the RUN that fetched them: a later one only hides them.
//!
//! ## What changes
//! * A RUN with `apt-get update` gets `rm -rf /var/lib/apt/lists/*` behind its last command.
//! * `apk add` gets `--no-cache`; a RUN with `apk update` gets `rm -rf /var/cache/apk/*`.
//! * A RUN with `dnf install` or `yum install` gets `dnf clean all`.
//! * With the option `recommends: skip`, `apt-get install` gets `--no-install-recommends`. A package that only came with
//!   another one and is relied on is named: `ca-certificates` with curl, git or Python, unless the image below holds it,
//!   `openssh-client` where git fetches by SSH, and the like.
//!
//! A RUN that only fetches lists is reported: the layer is cached, and later ones install what is old by then.
//!
//! Left alone: stages that are in no image, RUN with a cache mount for the packages, and RUN in JSON form. To clean up
//! behind a shell text with loops, groups or comments at its end is refused, and so is one whose lists a later RUN still needs.
//!
//! ## Can it break?
//! Cleaning up changes nothing that runs. `--no-install-recommends` may leave out something that the program uses: then name
//! that package. To undo it: `hardtack rollback --rule apt-hygiene`.
//!
//! ## Examples
//! ```dockerfile before
//! FROM debian:12-slim
//! RUN apt-get update && apt-get install -y \
//!     # for the health check
//!     curl \
//!     tini
//! ```
//! ```dockerfile after
//! FROM debian:12-slim
//! RUN apt-get update && apt-get install -y \
//!     # for the health check
//!     curl \
//!     tini \
//!     && rm -rf /var/lib/apt/lists/*
//! ```
//! In the notation that the text has:
//! ```dockerfile before
//! FROM ubuntu:24.04
//! RUN apt-get update \
//!  && apt-get install -y --no-install-recommends curl
//! RUN set -ex; \
//!     apt-get update; \
//!     apt-get install -y git
//! run apt update && apt install -y vim
//! ```
//! ```dockerfile after
//! FROM ubuntu:24.04
//! RUN apt-get update \
//!  && apt-get install -y --no-install-recommends curl \
//!  && rm -rf /var/lib/apt/lists/*
//! RUN set -ex; \
//!     apt-get update; \
//!     apt-get install -y git && \
//!     rm -rf /var/lib/apt/lists/*
//! run apt update && apt install -y vim && rm -rf /var/lib/apt/lists/*
//! ```
//! ```dockerfile before
//! FROM alpine:3.20
//! RUN apk add curl && apk --no-cache add git
//! RUN apk update && apk add --no-cache tini
//! ```
//! ```dockerfile after
//! FROM alpine:3.20
//! RUN apk add --no-cache curl && apk --no-cache add git
//! RUN apk update && apk add --no-cache tini && rm -rf /var/cache/apk/*
//! ```
//! ```dockerfile before
//! FROM fedora:41
//! RUN dnf install -y httpd
//! ```
//! ```dockerfile after
//! FROM fedora:41
//! RUN dnf install -y httpd && dnf clean all
//! ```
//! What no image holds, what a cache mount keeps out of it, and what is clean:
//! ```dockerfile untouched
//! FROM debian:12 AS build
//! RUN apt-get update && apt-get install -y gcc
//! FROM debian:12
//! RUN --mount=type=cache,target=/var/lib/apt apt-get update && apt-get install -y curl
//! RUN apt-get update && apt-get install -y git && rm -rf /var/lib/apt/lists/*
//! RUN ["apt-get", "install", "-y", "vim"]
//! RUN echo "apt-get update && apt-get install x"
//! ```
//! ```dockerfile refused=notation
//! FROM debian:12
//! RUN apt-get update && for p in curl git; do apt-get install -y $p; done
//! ```
//! ```dockerfile refused=explicit
//! FROM debian:12
//! RUN apt-get update && apt-get install -y curl
//! RUN apt-get install -y git
//! ```
//! What empties the lists itself, and what fetches nothing:
//! ```dockerfile untouched
//! FROM debian:13
//! RUN apt-get update && apt-get install -y --no-install-recommends curl && apt-get dist-clean
//! ```
//! ```dockerfile untouched
//! FROM alpine:3.22
//! RUN apk add --no-cache rsync && apk add --no-network --virtual .later rsync
//! ```
//! With options:
//! ```yaml settings
//! rules:
//!   apt-hygiene:
//!     options: { recommends: skip }
//! ```
//! ```dockerfile before
//! FROM debian:12
//! RUN apt-get update && apt-get install -y curl ca-certificates && rm -rf /var/lib/apt/lists/*
//! ```
//! ```dockerfile after
//! FROM debian:12
//! RUN apt-get update && apt-get install --no-install-recommends -y curl ca-certificates && rm -rf /var/lib/apt/lists/*
//! ```
//! What only came with another package is named where it is relied on, in the habit of the list:
//! ```dockerfile before
//! FROM ubuntu:24.04
//! RUN apt-get update && apt-get install -y \
//!     # for the health check
//!     curl \
//!     git \
//!     libpq5 \
//!     && rm -rf /var/lib/apt/lists/*
//! RUN git clone git@git.example.org:team/app.git
//! ```
//! ```dockerfile after
//! FROM ubuntu:24.04
//! RUN apt-get update && apt-get install --no-install-recommends -y \
//!     ca-certificates \
//!     # for the health check
//!     curl \
//!     git \
//!     libpq5 \
//!     openssh-client \
//!     && rm -rf /var/lib/apt/lists/*
//! RUN git clone git@git.example.org:team/app.git
//! ```
//! ```dockerfile before
//! FROM python:3.13-slim
//! RUN apt-get update && apt-get install -y gcc curl && rm -rf /var/lib/apt/lists/*
//! ```
//! ```dockerfile after
//! FROM python:3.13-slim
//! RUN apt-get update && apt-get install --no-install-recommends -y gcc libc6-dev curl && rm -rf /var/lib/apt/lists/*
//! ```
//! ```dockerfile before
//! FROM debian:13-slim
//! RUN set -eux; apt-get update; apt-get install -y curl; rm -rf /var/lib/apt/lists/*
//! RUN set -eux; \
//!     apt-get update; \
//!     apt-get install \
//!       git \
//!       make; \
//!     git clone git@git.example.org:team/app.git; \
//!     rm -rf /var/lib/apt/lists/*
//! ```
//! ```dockerfile after
//! FROM debian:13-slim
//! RUN set -eux; apt-get update; apt-get install --no-install-recommends -y ca-certificates curl; rm -rf /var/lib/apt/lists/*
//! RUN set -eux; \
//!     apt-get update; \
//!     apt-get install --no-install-recommends \
//!       git \
//!       openssh-client \
//!       make; \
//!     git clone git@git.example.org:team/app.git; \
//!     rm -rf /var/lib/apt/lists/*
//! ```
//! Compilers are large, and whether pip needs one no file tells:
//! ```dockerfile refused=evidence-missing
//! FROM debian:12
//! RUN apt-get update && apt-get install -y python3-pip && rm -rf /var/lib/apt/lists/*
//! RUN pip3 install --break-system-packages flask
//! ```
//! ```dockerfile refused=evidence-missing
//! FROM debian:12
//! ARG PACKAGES
//! RUN apt-get update && apt-get install -y $PACKAGES && rm -rf /var/lib/apt/lists/*
//! ```
//! What comes later may need the lists, also where it is not read:
//! ```dockerfile refused=explicit
//! FROM debian:12
//! RUN apt-get update && apt-get install -y --no-install-recommends curl
//! RUN ["apt-get", "install", "-y", "git"]
//! ```
//! ```dockerfile refused=explicit
//! FROM debian:12
//! COPY install.sh /
//! RUN apt-get update && apt-get install -y --no-install-recommends curl
//! RUN /install.sh
//! ```

mod manager;
mod recommended;
mod unseen;

use crate::model::dockerfile::Stage;
use crate::rule::{
    Context, DockerfileView, Effect, Finding, Fix, Meta, OptionKind, OptionSpec, OptionValue, Refusal,
    RefusalCode, Remedy, Rule, Severity,
};
use crate::syntax::dockerfile::Script;
use crate::syntax::{Change, Value};
use manager::{Action, Manager, actions};

/// The rule of this file.
pub(super) struct AptHygiene;

const RECOMMENDS: OptionSpec = OptionSpec {
    name: "recommends",
    kind: OptionKind::OneOf(&["keep", "skip"]),
    default: "keep",
    docs: "whether apt-get installs the packages that others recommend",
};

static META: Meta = Meta {
    id: "apt-hygiene",
    severity: Severity::Low,
    source: include_str!("apt_hygiene.rs"),
    after: &[],
    options: &[RECOMMENDS],
    supports: &["CIS Docker 1.6.0 4.3", "CIS Docker 1.6.0 4.7", "OWASP Docker Top 10 D02"],
};

impl Rule for AptHygiene {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let skips = context.options.get(&RECOMMENDS, "") == Some(OptionValue::Word("skip".to_owned()));
        let check = |view: &DockerfileView<'_>| {
            let stages = view.resolved.stages().iter().filter(|stage| view.is_in_image(stage));
            stages.flat_map(|stage| check_stage(context, view, stage, skips)).collect::<Vec<_>>()
        };
        DockerfileView::all(context.project).iter().flat_map(check).collect()
    }
}

/// A RUN with the packages that it handles.
struct Run<'v> {
    view: &'v DockerfileView<'v>,
    number: usize,
    script: Script,
    actions: Vec<Action>,
}

fn check_stage(context: &Context<'_>, view: &DockerfileView<'_>, stage: &Stage, skips: bool) -> Vec<Finding> {
    let runs: Vec<Run<'_>> = view
        .scripts(stage)
        .map(|(number, script)| Run { view, number, actions: actions(&script), script })
        .filter(|run| !run.actions.is_empty())
        .collect();
    let mut found = Vec::new();
    for (index, run) in runs.iter().enumerate() {
        let later = &runs[index + 1..];
        for manager in Manager::ALL {
            found.extend(run.check_cleaning(manager, stage, later));
        }
        found.extend(run.check_cache());
        if skips {
            found.extend(run.check_recommended(stage, context.catalogue));
        }
    }
    found
}

impl Run<'_> {
    fn has(&self, manager: Manager, verb: &str) -> bool {
        self.actions.iter().any(|action| action.manager == manager && action.verb == verb)
    }

    /// Whether the RUN brings lists or a cache into the layer, and leaves them there.
    fn leaves(&self, manager: Manager) -> bool {
        let brings = manager.bringing().iter().any(|verb| self.has(manager, verb));
        let cleaned = self.script.commands.iter().any(|command| {
            let text: Vec<&str> = command.words.iter().map(|word| &*word.text).collect();
            manager.is_cleaned_by(&text.join(" "))
        });
        let flags = self.view.tree().instructions().get(self.number).map(|found| &found.command.flags);
        let kept_out = flags.into_iter().flatten().any(|flag| {
            let value = flag.value().unwrap_or_default();
            flag.name() == "mount"
                && value.contains("cache")
                && manager.folders().iter().any(|at| value.contains(at))
        });
        brings && !cleaned && !kept_out
    }

    fn check_cleaning(&self, manager: Manager, stage: &Stage, later: &[Run<'_>]) -> Option<Finding> {
        if !self.leaves(manager) {
            return None;
        }
        let route = self.view.route(self.number);
        let finding =
            self.view.finding(&META, route.clone()).subject(format!("{} {}", manager.name(), self.subject()));
        if manager == Manager::Apt && !self.has(manager, "install") && !self.has(manager, "upgrade") {
            let advice = "fetch lists in the RUN that installs: `RUN apt-get update && apt-get install -y ... && rm -rf \
                          /var/lib/apt/lists/*`; alone, the layer is cached and later installs are from old lists";
            let message = "a RUN fetches package lists and installs nothing";
            return Some(finding.build(message, Remedy::Advice(advice.to_owned())));
        }
        let message = format!("{} leaves its {} in the image", manager.name(), manager.leftover());
        let refused = |finding: crate::rule::FindingBuilder<'_>, code, why: &str| {
            Some(finding.build(message.clone(), Remedy::Refused(Refusal::new(code, why))))
        };
        if let Some(why) = self.script.obstacle {
            let why = format!("{why}; add `{}` by hand", manager.cleaning(self));
            return refused(finding, RefusalCode::Notation, &why);
        }
        if self.is_needed_later(manager, stage, later) {
            let why = "a later RUN installs from the same lists; give that one an update of its own first";
            return refused(finding, RefusalCode::Explicit, why);
        }
        if unseen::may_install(self.view, stage, self.number, manager) {
            let why = "a script or a command that comes later may install from the same lists; give it an update of its own";
            return refused(finding, RefusalCode::Explicit, why);
        }
        let at = route.key("commands").index(self.script.commands.len());
        let change = Change::Insert { route: at, value: Value::string(manager.cleaning(self)) };
        let fix = Fix::safe(
            format!("remove the {} of {}", manager.leftover(), manager.name()),
            vec![self.view.effect(change)],
        );
        Some(finding.build(message, Remedy::Fix(fix)))
    }

    /// Whether something that comes later installs from the lists that this RUN fetched.
    fn is_needed_later(&self, manager: Manager, stage: &Stage, later: &[Run<'_>]) -> bool {
        let first = later.iter().find_map(|run| first_use(&run.actions, manager).map(|verb| (run, verb)));
        let is_use = |(run, verb): (&Run<'_>, &str)| {
            verb != "update" && !(manager == Manager::Apk && run.actions.iter().all(|action| action.is_fresh))
        };
        if let Some(first) = first {
            return is_use(first) && manager.has_lists();
        }
        let above = self.view.built_on(stage).any(|other| {
            let mut scripts = self.view.scripts(other).map(|(_, script)| actions(&script));
            scripts
                .find_map(|actions| first_use(&actions, manager).map(|verb| verb != "update"))
                .unwrap_or(false)
        });
        above && manager.has_lists()
    }

    /// The program with which an action of this kind is done here, as it is written.
    fn program(&self, manager: Manager) -> &str {
        let found = self.actions.iter().find(|action| action.manager == manager);
        found.map_or("", |action| &action.program)
    }

    /// What tells the RUN from others whatever comes and goes around it: what it installs first.
    fn subject(&self) -> String {
        self.actions.iter().map(|action| action.packages.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// The installs of a manager that lack an option.
    fn lacking(&self, manager: Manager, is_said: impl Fn(&Script, &Action) -> bool) -> Vec<&Action> {
        let installs =
            self.actions.iter().filter(|action| action.manager == manager && action.verb == "install");
        installs.filter(|action| !is_said(&self.script, action)).collect()
    }

    /// A word that goes behind word number `behind` of the command of an action.
    fn inserted(&self, action: &Action, behind: usize, text: &str) -> Effect {
        let route = self.view.route(self.number).key("commands").index(action.command);
        let route = route.key("words").index(behind + 1);
        self.view.effect(Change::Insert { route, value: Value::string(text) })
    }

    /// Puts `--no-cache` behind each `apk add` that lacks it.
    fn check_cache(&self) -> Option<Finding> {
        const OPTION: &str = "--no-cache";
        let message = "apk add keeps its index";
        // Without a network nothing is fetched, and the option would have the index fetched (apk-tools, database.c).
        let lacking = self.lacking(Manager::Apk, |_, action| action.is_fresh || action.is_offline);
        if lacking.is_empty() || self.is_clean_apk() {
            return None;
        }
        let finding = self.view.finding(&META, self.view.route(self.number));
        let finding = finding.subject(format!("{OPTION} {}", self.subject()));
        if let Some(why) = self.script.word_obstacle {
            let why = format!("{why}; add `{OPTION}` by hand");
            return Some(finding.build(message, Remedy::Refused(Refusal::new(RefusalCode::Notation, why))));
        }
        let effects = lacking.iter().map(|action| self.inserted(action, action.word, OPTION)).collect();
        Some(finding.build(message, Remedy::Fix(Fix::safe(format!("install with {OPTION}"), effects))))
    }

    /// Whether the index of apk is taken away or kept out of the image already, or will be as a whole.
    fn is_clean_apk(&self) -> bool {
        self.has(Manager::Apk, "update") || !self.leaves_index()
    }

    fn leaves_index(&self) -> bool {
        let cleaned = self.script.commands.iter().any(|command| {
            let text: Vec<&str> = command.words.iter().map(|word| &*word.text).collect();
            Manager::Apk.is_cleaned_by(&text.join(" "))
        });
        let flags = self.view.tree().instructions().get(self.number).map(|found| &found.command.flags);
        let kept_out = flags.into_iter().flatten().any(|flag| {
            let value = flag.value().unwrap_or_default();
            flag.name() == "mount" && Manager::Apk.folders().iter().any(|at| value.contains(at))
        });
        !cleaned && !kept_out
    }
}

/// The first thing that commands of this manager do with its lists.
fn first_use(actions: &[Action], manager: Manager) -> Option<&str> {
    let own = actions.iter().filter(|action| action.manager == manager);
    own.map(|action| action.verb.as_str()).find(|verb| manager.uses_lists(verb))
}
