//! Starts the program of an image itself, instead of a shell that starts it.
//!
//! ## Why
//! `CMD program` runs `/bin/sh -c "program"`. The shell is process 1, gets SIGTERM when the container is stopped, and
//! passes it on to nobody: the program is killed after ten seconds, with whatever it had not written. One program
//! less in the container is one less to break into, too.
//!
//! ## What changes
//! CMD and ENTRYPOINT in shell form become a list (exec form) if their text is one program with plain words. With
//! quotes or variables in it the shell stays, and `exec` in front lets the program take its place. So it does where the
//! program is a script that does not begin with `#!`, or is not at hand: only a shell can start it without.
//!
//! A script of the project that an image starts with, and that ends with the program but without `exec`, is told of with
//! its line: there, too, the shell stays process 1. It is changed by nobody but its author. Scripts below an init process
//! (`init: true`, tini) and those that look after what they start (`trap`, `wait`, `&`) are left alone.
//!
//! ## Can it break?
//! The program becomes process 1: it gets SIGTERM and must end by itself, and a program that starts others must wait
//! for them (`init: true` in Compose does that). To undo it: `hardtack rollback --rule exec-form`.
//!
//! ## Examples
//! ```dockerfile before
//! FROM python:3.13-slim
//! # the application
//! CMD gunicorn --bind 0.0.0.0:8000 app:app
//! ```
//! ```dockerfile after
//! FROM python:3.13-slim
//! # the application
//! CMD ["gunicorn", "--bind", "0.0.0.0:8000", "app:app"]
//! ```
//! ```dockerfile before
//! from node:22
//! entrypoint node server.js
//! ```
//! ```dockerfile after
//! from node:22
//! entrypoint ["node", "server.js"]
//! ```
//! Where the text needs the shell:
//! ```dockerfile before
//! FROM python:3.13-slim
//! CMD gunicorn --bind "0.0.0.0:$PORT" app:app
//! ```
//! ```dockerfile after
//! FROM python:3.13-slim
//! CMD exec gunicorn --bind "0.0.0.0:$PORT" app:app
//! ```
//! A script may lack the line that says what runs it:
//! ```dockerfile before
//! FROM alpine:3.22
//! COPY start.sh /start.sh
//! CMD /start.sh
//! ```
//! ```dockerfile after
//! FROM alpine:3.22
//! COPY start.sh /start.sh
//! CMD exec /start.sh
//! ```
//! ```dockerfile untouched
//! FROM python:3.13-slim AS dev
//! CMD ["flask", "run"]
//! FROM dev
//! CMD exec gunicorn app:app
//! ```
//! ```dockerfile refused=notation
//! FROM python:3.13-slim
//! CMD python manage.py migrate && gunicorn app:app
//! ```
//! A script that keeps the program as its child:
//! ```text beside docker/entrypoint.sh
//! #!/bin/sh
//! set -e
//! python manage.py migrate
//! "$@"
//! ```
//! ```yaml beside compose.yaml
//! services:
//!   app: { build: . }
//! ```
//! ```dockerfile advice
//! FROM python:3.13-slim
//! COPY docker/entrypoint.sh /entrypoint.sh
//! ENTRYPOINT ["/entrypoint.sh"]
//! CMD ["gunicorn", "app:app"]
//! ```
//! What the list would be handed to may read it as something else than the shell's text:
//! ```dockerfile refused=explicit
//! FROM alpine:3.20
//! ENTRYPOINT ["/entry"]
//! CMD serve --all
//! ```
//! ```dockerfile refused=explicit
//! FROM alpine:3.20
//! ENTRYPOINT serve --all
//! CMD ["more"]
//! ```
//! ```dockerfile refused=explicit
//! FROM alpine:3.20 AS base
//! ENTRYPOINT serve
//! FROM base
//! CMD ["--all"]
//! ```
//! Windows has another shell:
//! ```dockerfile refused=explicit
//! FROM mcr.microsoft.com/windows/servercore:ltsc2022
//! CMD app.exe
//! ```

mod script;

use crate::knowledge::Confidence;
use crate::model::dockerfile::Stage;
use crate::rule::{
    Context, DockerfileView, Evidence, Finding, Fix, Meta, Refusal, RefusalCode, Remedy, Rule, Severity,
    ShellInForce,
};
use crate::syntax::dockerfile::{Arguments, Instruction, Keyword, literal};
use crate::syntax::{Change, Value};

/// The rule of this file.
pub(super) struct ExecForm;

static META: Meta = Meta {
    id: "exec-form",
    severity: Severity::Low,
    source: include_str!("exec_form.rs"),
    after: &[],
    options: &[],
    supports: &[],
};

const CAVEAT: &str = "the program is process 1 now: it must end on SIGTERM, and wait for programs that it starts \
                      (`init: true` does that for it)";

/// What only a shell can do.
const BUILTINS: [&str; 15] = [
    ".", ":", "alias", "cd", "eval", "exec", "export", "read", "set", "shift", "source", "trap", "ulimit",
    "umask", "wait",
];

impl Rule for ExecForm {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        DockerfileView::all(context.project).iter().flat_map(|view| check_file(context, view)).collect()
    }
}

fn check_file(context: &Context<'_>, view: &DockerfileView<'_>) -> Vec<Finding> {
    let started = |stage: &Stage| {
        [stage.entrypoint, stage.cmd].into_iter().flatten().map(|n| (stage.index, n)).collect()
    };
    let all: Vec<Vec<(usize, usize)>> = view.resolved.stages().iter().map(started).collect();
    let mut all: Vec<(usize, usize)> = all.concat();
    all.sort_unstable();
    let stages = view.resolved.stages();
    let starts =
        all.into_iter().filter_map(|(stage, number)| check_start(context, view, stages.get(stage)?, number));
    starts.chain(stages.iter().filter_map(|stage| script::advice(context, view, stage))).collect()
}

fn check_start(
    context: &Context<'_>,
    view: &DockerfileView<'_>,
    stage: &Stage,
    number: usize,
) -> Option<Finding> {
    let found = view.tree().instructions().get(number)?;
    let Arguments::Text(text) = &found.command.arguments else { return None };
    let words: Vec<&str> = text.text.split_whitespace().collect();
    // Shells that somebody calls, and what takes the shell's place already, are meant so.
    if matches!(*words.first()?, "exec" | "sh" | "bash" | "/bin/sh" | "/bin/bash") {
        return None;
    }
    let name = found.keyword.as_str();
    let route = view.route(number);
    let finding = view.finding(&META, route.clone()).subject(name);
    let message = format!("{name} starts a shell, which passes no signal on to the program");
    let refuse = |code, why: &str| Some((code, why.to_owned()));
    let refused = if view.is_of_windows(stage) {
        refuse(
            RefusalCode::Explicit,
            "the image is one of Windows, whose shell is another; write the list by hand",
        )
    } else if view.shell(stage, number) != ShellInForce::Usual {
        refuse(
            RefusalCode::Explicit,
            "SHELL names the shell that runs it; write the list by hand if it needs none",
        )
    } else if text.span.is_none() {
        refuse(RefusalCode::Notation, "it runs over several lines; write it on one, or as a list")
    } else {
        handed_over(view, stage, found)
    };
    if let Some((code, why)) = refused {
        return Some(finding.build(message, Remedy::Refused(Refusal::new(code, why))));
    }
    let is_list = text.text.chars().all(is_plain)
        && !is_shell_word(words[0])
        && !may_need_a_shell(context, view, stage, words[0]);
    let change = if is_list {
        let items = words.iter().map(|word| Value::string(*word)).collect();
        Change::Set { route: route.key("arguments"), value: Value::Sequence(items) }
    } else {
        match with_exec(view, found, &text.text) {
            Ok(text) => Change::Set { route: route.key("arguments").index(0), value: Value::string(text) },
            Err(why) => {
                let refusal = Refusal::new(RefusalCode::Notation, why);
                return Some(finding.build(message, Remedy::Refused(refusal)));
            }
        }
    };
    let evidence = Evidence {
        confidence: Confidence::Documented,
        fact: "in shell form the program runs below /bin/sh -c, which does not pass signals".to_owned(),
        source: "Dockerfile reference, Shell and exec form".to_owned(),
    };
    let fix = Fix::caution(format!("start {} without a shell", words[0]), CAVEAT, vec![view.effect(change)]);
    Some(finding.because(Some(evidence)).build(message, Remedy::Fix(fix)))
}

/// Whether a program may be a script that does not begin with `#!`. The kernel refuses to execute one; a shell, that of
/// `exec` as well, runs it itself then. Source: execve(2), ENOEXEC; POSIX, Shell Command Language 2.9.1.
fn may_need_a_shell(context: &Context<'_>, view: &DockerfileView<'_>, stage: &Stage, program: &str) -> bool {
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let script = |service| {
        let script = context.project.built_script(service, &context.project.run(service)?)?;
        (name(script.path) == name(program)).then_some(script)
    };
    match view.services(stage).find_map(script) {
        Some(script) => !script.text.starts_with("#!"),
        None => name(program).ends_with(".sh"),
    }
}

/// Why the text is not only a start: an entry point may be handed the words of CMD or `command:`.
fn handed_over(
    view: &DockerfileView<'_>,
    stage: &Stage,
    found: &Instruction,
) -> Option<(RefusalCode, String)> {
    let why = match found.keyword {
        Keyword::Cmd if view.resolved.entrypoint(stage).is_some() => {
            "an ENTRYPOINT gets it as arguments, and would get others; write the list by hand"
        }
        Keyword::Entrypoint if view.resolved.cmd(stage).is_some() => {
            "CMD, which a shell ignores, would be handed to it; take CMD out, or write the list by hand"
        }
        Keyword::Entrypoint if view.services(stage).any(|service| service.has("command")) => {
            "`command` of a service, which a shell ignores, would be handed to it; write the list by hand"
        }
        Keyword::Entrypoint if hands_over_above(view, stage) => {
            "a stage built on it has a CMD, which a shell ignores and which would be handed to it; write the list by hand"
        }
        _ => return None,
    };
    Some((RefusalCode::Explicit, why.to_owned()))
}

/// Whether a stage that is built on this one takes its ENTRYPOINT over, and adds a CMD or a service's `command`.
fn hands_over_above(view: &DockerfileView<'_>, stage: &Stage) -> bool {
    view.built_on(stage).filter(|above| above.entrypoint.is_none()).any(|above| {
        above.cmd.is_some()
            || view.services(above).any(|service| service.has("command"))
            || hands_over_above(view, above)
    })
}

/// Whether a character means the same to a shell and to nobody: no quotes, no expansion, no sign.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, ' ' | '\t') || "-_./:=+@,%".contains(c)
}

/// Whether a shell takes the word for something else than a program.
fn is_shell_word(word: &str) -> bool {
    BUILTINS.contains(&word) || word.contains('=')
}

/// The text with `exec` before its only program.
fn with_exec(view: &DockerfileView<'_>, found: &Instruction, text: &str) -> Result<String, &'static str> {
    let involved =
        "its text needs a shell; put `exec` before its last program, or move it into a script that does so";
    let script =
        found.script(view.tree().escape()).filter(|script| script.obstacle.is_none()).ok_or(involved)?;
    let [command] = &script.commands[..] else { return Err(involved) };
    let program = command.words.first().and_then(|word| literal(&word.text)).ok_or(involved)?;
    if is_shell_word(&program) { Err(involved) } else { Ok(format!("exec {text}")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;
    use crate::model::compose::{ComposeFile, Project};
    use crate::model::dockerfile::DockerfileFile;

    /// What the instruction becomes, if a file `start` or `start.sh` with this text is in the context.
    fn becomes(start: &str, script: Option<&str>) -> String {
        let compose = "services: {a: {build: .}}\n";
        let file = ComposeFile::read("compose.yaml", compose.as_bytes(), Environment::new()).unwrap();
        let mut project = Project::new(vec![file]);
        let dockerfile = format!("FROM alpine:3.22\nCOPY start.sh start /\n{start}\n");
        let file = DockerfileFile::read("Dockerfile", dockerfile.as_bytes()).unwrap();
        project.dockerfiles.insert("Dockerfile".to_owned(), file);
        for path in ["start", "start.sh"] {
            project.texts.extend(script.map(|text| (path.to_owned(), text.to_owned())));
        }
        let context = Context::of(&project);
        match &ExecForm.check(&context)[0].remedy {
            Remedy::Fix(fix) => format!("{:?}", fix.effects[0]),
            Remedy::Refused(refusal) => refusal.message.clone(),
            Remedy::Advice(text) => text.clone(),
        }
    }

    #[test]
    fn a_script_without_its_first_line_keeps_a_shell() {
        for (start, script, is_list) in [
            ("ENTRYPOINT /start.sh", Some("#!/bin/sh\nexec sleep 1d\n"), true),
            ("ENTRYPOINT /start.sh", Some("set -e\nexec sleep 1d\n"), false),
            ("CMD /start --all", Some("set -e\nexec sleep 1d\n"), false),
            ("CMD /start --all", Some("#!/bin/sh\n"), true),
            ("CMD /start.sh", None, false),
            // A program without an ending is a program.
            ("CMD /start --all", None, true),
            ("CMD sleep 1d", Some("set -e\n"), true),
        ] {
            let change = becomes(start, script);
            assert_eq!(!change.contains("exec /start"), is_list, "{start}: {change}");
        }
    }
}
