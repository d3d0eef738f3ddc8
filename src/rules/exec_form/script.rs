//! Scripts that start the program as a child of theirs: then the shell stays process 1, and passes no signal on.

use super::META;
use crate::knowledge::root_need;
use crate::model::compose::{EntryScript, PortEntry, Service};
use crate::model::dockerfile::Stage;
use crate::rule::{Context, DockerfileView, Finding, Remedy, simple_commands};

/// Programs that stand before the script and pass signals on, or look after several programs.
const INITS: [&str; 9] = [
    "catatonit",
    "docker-init",
    "dumb-init",
    "my_init",
    "runit",
    "runsvdir",
    "s6-svscan",
    "supervisord",
    "tini",
];

/// Words of a script that looks after what it starts by itself.
const SUPERVISES: [&str; 3] = ["supervisord", "trap", "wait"];

/// The last command of a script, which runs below its shell.
#[derive(Debug, PartialEq, Eq)]
struct Ending {
    /// Its line, from 1.
    line: usize,
    /// The command as written.
    text: String,
    /// What takes the shell's place instead.
    instead: String,
    /// Whether it starts what the script is given.
    is_handed_over: bool,
}

/// The advice for the script that a stage starts with, if it is one of the project that a shell runs.
pub(super) fn advice(context: &Context<'_>, view: &DockerfileView<'_>, stage: &Stage) -> Option<Finding> {
    let number = view.resolved.entrypoint(stage).or_else(|| view.resolved.cmd(stage))?;
    let words = view.start_words(stage);
    let is_init = |word: &String| INITS.contains(&word.rsplit('/').next().unwrap_or_default());
    if words.iter().any(is_init) || !view.is_in_shipped_image(stage) {
        return None;
    }
    let starts = |service: &&Service<'_>| {
        let has = |key: &str| context.project.parts(service).iter().any(|part| part.has(key));
        !has("init") && !has("pid")
    };
    let (service, script) = view.services(stage).filter(starts).find_map(|service| {
        Some((service, context.project.built_script(service, &context.project.run(service)?)?))
    })?;
    let ending = ending(&script)?;
    // A program that ends by itself needs no signal: it has to be one that stays.
    if !ending.is_handed_over && !stays(context, view, stage, service) {
        return None;
    }
    let name = view.tree().instructions().get(number)?.keyword.as_str();
    let at = format!("{}:{}", script.path, ending.line);
    let message = format!(
        "{name} starts a script whose shell stays process 1 and passes no signal on to `{}` ({at})",
        ending.text
    );
    let advice = format!(
        "in {at} write `{}` in place of `{}`: the program takes the shell's place, and ends by itself on SIGTERM",
        ending.instead, ending.text
    );
    let finding = view.finding(&META, view.route(number)).subject(format!("{name} {}", script.path));
    Some(finding.build(message, Remedy::Advice(advice)))
}

/// Whether what a service runs is there to stay: it is called at a port, started again, or asked for its health.
fn stays(context: &Context<'_>, view: &DockerfileView<'_>, stage: &Stage, service: &Service<'_>) -> bool {
    let by_service = |part: &Service<'_>| {
        let restarts = part.scalar("restart").is_some_and(|policy| policy != "no");
        restarts || part.has("expose") || part.has("healthcheck") || PortEntry::of(part).next().is_some()
    };
    view.resolved.exposed(stage).next().is_some() || context.project.parts(service).iter().any(by_service)
}

/// The last command of a script of a shell, if it starts a program as a child and nothing shows that this is meant.
fn ending(script: &EntryScript<'_>) -> Option<Ending> {
    if !script.is_of_shell() || script.first_of(&SUPERVISES).is_some() {
        return None;
    }
    let lines = logical_lines(script);
    let runs_beside = |line: &str| {
        let line = line.replace("&&", "").replace("&>", "").replace(">&", "");
        line.contains('&') && !line.contains(['"', '\''])
    };
    if lines.iter().any(|(_, line)| runs_beside(line)) {
        return None;
    }
    let (line, text) = lines.last()?;
    // With anything but one simple command at its end, where `exec` goes is a question of its own.
    if text.contains([';', '|', '`', '&']) && !text.contains("2>&1") {
        return None;
    }
    let mut commands = simple_commands(text).filter(|words| !words.is_empty());
    let words = commands.next()?;
    let is_assignment = |word: &&str| {
        let name = word.split_once('=').map_or("", |(name, _)| name);
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let set = words.iter().take_while(|word| is_assignment(word)).count();
    if set > 0 {
        return None;
    }
    let program = words.first()?.trim_matches(['"', '\'']);
    let is_handed_over = matches!(program, "$@" | "${@}");
    let name = program.rsplit('/').next().unwrap_or_default();
    let is_program = root_need(name).is_some() || (program.contains('/') && !program.contains('$'));
    (is_handed_over || is_program).then(|| Ending {
        line: *line,
        text: text.clone(),
        instead: format!("exec {text}"),
        is_handed_over,
    })
}

/// The lines of a script without comments, those that a backslash continues in one, each with the number of its first.
fn logical_lines(script: &EntryScript<'_>) -> Vec<(usize, String)> {
    let mut all: Vec<(usize, String)> = Vec::new();
    let mut is_open = false;
    for (number, line) in script.lines() {
        let line = line.trim();
        if line.is_empty() {
            is_open = false;
            continue;
        }
        let (text, goes_on) = match line.strip_suffix('\\') {
            Some(text) => (text.trim_end(), true),
            None => (line, false),
        };
        match all.last_mut().filter(|_| is_open) {
            Some((_, whole)) => {
                whole.push(' ');
                whole.push_str(text);
            }
            None => all.push((number, text.to_owned())),
        }
        is_open = goes_on;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::ExecForm;
    use super::*;
    use crate::model::Environment;
    use crate::model::compose::{ComposeFile, Project};
    use crate::model::dockerfile::DockerfileFile;
    use crate::rule::Rule;

    /// The advice for a service with these keys that starts with a script of this text.
    fn told(keys: &str, start: &str, text: &str) -> Option<String> {
        let compose = format!("services: {{a: {{build: .{keys}}}}}\n");
        let file = ComposeFile::read("compose.yaml", compose.as_bytes(), Environment::new()).unwrap();
        let mut project = Project::new(vec![file]);
        let dockerfile = format!("FROM alpine:3.22\nCOPY docker/start.sh /start.sh\n{start}\nCMD [\"x\"]\n");
        let file = DockerfileFile::read("Dockerfile", dockerfile.as_bytes()).unwrap();
        project.dockerfiles.insert("Dockerfile".to_owned(), file);
        project.texts.insert("docker/start.sh".to_owned(), text.to_owned());
        let found = ExecForm.check(&Context::of(&project));
        found.into_iter().find_map(|finding| match finding.remedy {
            Remedy::Advice(text) => Some(text),
            _ => None,
        })
    }

    const START: &str = "ENTRYPOINT [\"/start.sh\"]";

    #[test]
    fn a_script_that_starts_a_child_is_told_of_with_its_line() {
        let advice = told("", START, "#!/bin/sh\nset -e\nmigrate\n\"$@\" # go\n").unwrap();
        assert!(
            advice.starts_with("in docker/start.sh:4 write `exec \"$@\"` in place of `\"$@\"`"),
            "{advice}"
        );
        let text = "#!/bin/bash\nmigrate && echo ok\ngunicorn \\\n  --bind 0.0.0.0:80 app:app 2>&1\n";
        let advice = told(", ports: ['80:80']", START, text).unwrap();
        assert!(
            advice.starts_with("in docker/start.sh:3 write `exec gunicorn --bind 0.0.0.0:80 app:app 2>&1`")
        );
        let text = "#!/bin/sh\nif [ \"$1\" = a ]; then exec b; fi\n/app/serve --all\n";
        assert!(told(", restart: always", START, text).unwrap().contains(":3 write `exec /app/serve --all`"));
    }

    #[test]
    fn scripts_that_are_right_as_they_are_get_no_word() {
        let bare = "#!/bin/sh\n\"$@\"\n";
        assert!(told("", START, bare).is_some());
        assert_eq!(told(", init: true", START, bare), None);
        assert_eq!(told("", "ENTRYPOINT [\"tini\", \"--\", \"/start.sh\"]", bare), None);
        assert_eq!(told(", entrypoint: /other.sh", START, bare), None);
        for text in [
            "#!/bin/sh\nexec \"$@\"\n",
            "#!/bin/sh\nworker &\nserver &\nwait -n\n",
            "#!/bin/sh\nworker &\n\"$@\"\n",
            "#!/bin/sh\ntrap 'kill $p' TERM\n\"$@\"\n",
            "#!/usr/bin/env python3\nmain()\n",
            "#!/bin/sh\nif a; then\n  \"$@\"\nfi\n",
            "#!/bin/sh\n\"$@\"\nexit $?\n",
            "#!/bin/sh\ngunicorn app | tee log\n",
            "#!/bin/sh\necho done\n",
            "#!/bin/sh\nmain \"$@\"\n",
        ] {
            assert_eq!(told(", restart: always", START, text), None, "{text}");
        }
        // What ends by itself needs no signal.
        assert_eq!(told("", START, "#!/bin/sh\npython manage.py migrate\n"), None);
    }
}
