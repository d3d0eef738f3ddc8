//! Reports `sudo` in a build.
//!
//! ## Why
//! A build runs as root until USER says otherwise, so `sudo` does nothing there but hide which steps need root; and
//! where it is installed for the running container, it is a way back to root, which `no-new-privileges` closes.
//!
//! ## What changes
//! Nothing: the steps that need root belong before USER, which is a rearrangement that a person must make.
//!
//! ## Examples
//! ```dockerfile untouched
//! FROM debian:12
//! RUN apt-get update && apt-get install -y sudo
//! USER app
//! RUN sudo make install
//! ```
//! ```dockerfile untouched
//! FROM debian:12
//! RUN echo "sudo make install"
//! ```
//! ```dockerfile untouched
//! FROM debian:12
//! RUN make install
//! ```

use crate::rule::{Context, DockerfileView, Finding, Meta, Remedy, Rule, Severity};
use crate::syntax::dockerfile::ScriptCommand;

/// The rule of this file.
pub(super) struct Sudo;

static META: Meta = Meta {
    id: "sudo",
    severity: Severity::Low,
    source: include_str!("sudo.rs"),
    after: &[],
    options: &[],
    supports: &["CIS Docker 1.6.0 4.8", "OWASP Docker Security Cheat Sheet rule 4"],
};

impl Rule for Sudo {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        DockerfileView::all(context.project).iter().flat_map(check_file).collect()
    }
}

fn check_file(view: &DockerfileView<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for stage in view.resolved.stages() {
        for (number, script) in view.scripts(stage) {
            let Some((index, (message, advice))) = script
                .commands
                .iter()
                .enumerate()
                .find_map(|(index, command)| Some((index, judge(command)?)))
            else {
                continue;
            };
            let route = view.route(number).key("commands").index(index);
            let subject: Vec<String> = script.commands[index].literals().flatten().take(4).collect();
            let finding = view.finding(&META, route).subject(subject.join(" "));
            found.push(finding.build(message, Remedy::Advice(advice.to_owned())));
        }
    }
    found
}

fn judge(command: &ScriptCommand) -> Option<(&'static str, &'static str)> {
    let name = command.name()?;
    if name == "sudo" {
        return Some((
            "a build step runs by sudo",
            "move the step before USER, where the build is root, and leave sudo out",
        ));
    }
    let words: Vec<String> = command.literals().flatten().collect();
    let installs = matches!(name.as_str(), "apt-get" | "apt" | "apk" | "dnf" | "yum" | "microdnf")
        && words.iter().any(|word| word == "install" || word == "add");
    (installs && words.iter().any(|word| word == "sudo")).then_some((
        "sudo is installed in the image",
        "leave sudo out: what needs root during the build belongs before USER, and a running container needs no way back",
    ))
}
