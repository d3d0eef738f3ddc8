//! Whether the program of a stage does without root.

use super::asked::{closed_mount, needs_root, needs_root_by_name};
use super::ports::low_port;
use super::{GUESS, LOW_PORTS, VOLUMES, home, sources, start, writes};
use crate::knowledge::{Confidence, RootNeed, UserKey, is_for_development, root_need};
use crate::model::compose::{EntryScript, Service};
use crate::model::dockerfile::Stage;
use crate::rule::{Context, DockerfileView, OptionValue, RefusalCode, ShellInForce, simple_commands};
use crate::syntax::dockerfile::Keyword;

/// Why a stage gets no user.
pub(super) enum Obstacle {
    /// Its program gives root up by itself, or its image has a user of its own.
    StepsDown,
    /// It may need root.
    Refused(RefusalCode, String),
}

/// Programs that run what follows and nothing else.
const WRAPPERS: [&str; 6] = ["exec", "tini", "dumb-init", "catatonit", "env", "nice"];
/// How sure it is that the program does without root.
///
/// # Errors
/// What speaks against it.
pub(super) fn judge(
    context: &Context<'_>,
    view: &DockerfileView<'_>,
    stage: &Stage,
) -> Result<Confidence, Obstacle> {
    let explicit = |why: &str| Err(Obstacle::Refused(RefusalCode::Explicit, why.to_owned()));
    let missing = |why: String| Err(Obstacle::Refused(RefusalCode::EvidenceMissing, why));
    if view.shell(stage, usize::MAX) == ShellInForce::Other || steps_down(view, stage) || stage.is_for_work()
    {
        return Err(Obstacle::StepsDown);
    }
    let facts = view.facts(context.catalogue, stage);
    let user = facts.as_ref().and_then(|(facts, tag)| facts.user.get(tag));
    match user.map(|fact| fact.user_key) {
        Some(UserKey::Never | UserKey::KeepImageUser) => return Err(Obstacle::StepsDown),
        Some(UserKey::Conditional) => {
            let how = user.and_then(|fact| fact.provided.clone()).unwrap_or_default();
            return missing(format!(
                "its base image runs as another user only if {how}; try it, and put USER before its CMD"
            ));
        }
        Some(UserKey::Possible) | None => {}
    }
    if view.built_on(stage).next().is_some() {
        return explicit(
            "other stages are built on it and would go on as that user; put USER into each by hand",
        );
    }
    if view.instructions(stage).any(|(_, found)| found.keyword == Keyword::Onbuild) {
        return explicit("it is made to be built on (ONBUILD), and what is built on it may need root");
    }
    if let Some(what) = home::below_root(context, view, stage) {
        return explicit(&format!(
            "{what} stands below /root, where nobody else may look; move it, to /app or /opt for instance"
        ));
    }
    if let Some(folder) = view.covered_folder(stage) {
        return explicit(&format!(
            "a service puts a folder of the host over {folder}, whose files belong to somebody there; give the service \
             that user by `user:`"
        ));
    }
    let asked = view.services(stage).find_map(|service| needs_root(context, service));
    if let Some(why) = asked.or_else(|| needs_root_by_name(context, view)) {
        return explicit(&why);
    }
    let mut closed = view.services(stage).filter_map(|service| closed_mount(context, view, stage, service));
    if let Some(why) = closed.next() {
        return explicit(&why);
    }
    let are_given = context.options.get(&VOLUMES, "") == Some(OptionValue::Word("given".to_owned()));
    if let Some((target, service)) = writes::volumes(view, stage).first_key_value().filter(|_| !are_given) {
        return missing(format!(
            "`{service}` keeps files at {target} that belong to root; give them to the new user \
             (`docker compose run --rm --user root {service} chown -R UID:GID {target}`), and say `volumes: given`"
        ));
    }
    if let Some(path) = writes::declared(view, stage) {
        return missing(format!(
            "VOLUME {path} belongs to root; give it to a user before VOLUME declares it, and put USER before its CMD"
        ));
    }
    if let Some(path) = writes::redirection(view, stage) {
        return explicit(&format!("its command writes to {path}, which is root's"));
    }
    if let Some(path) = writes::named_path(view, stage) {
        return explicit(&format!("its command names {path}, where only root may make files"));
    }
    if let Some((line, write)) = sources::outside(context, view, stage) {
        let path = &write.path;
        let do_so = match write.own_folder() {
            Some(folder) => format!(
                "give the folder to a user (`RUN mkdir -p {folder} && chown UID:GID {folder}`), or put USER before its CMD"
            ),
            None => "have it write into a folder of its own, and give that to a user".to_owned(),
        };
        return missing(format!("{line} writes to {path}, where only root may; {do_so}"));
    }
    if writes::closed(view, stage) {
        return missing(
            "a RUN takes a file's mode from others, and whether the program needs it is not known".to_owned(),
        );
    }
    if home::in_heredoc(view, stage) {
        return missing(
            "a RUN with a text of its own (heredoc) makes users, or keeps files below /root; put USER before its CMD by hand"
                .to_owned(),
        );
    }
    if for_development(view, stage) || start::develops(context, view, stage) {
        return explicit("it is started for development, where tools write beside the sources");
    }
    if let Some(target) = writes::unreadable(view, stage) {
        return explicit(&format!(
            "the mode of what is copied to {target} lets only its owner read it, who is root"
        ));
    }
    let may_be_low = context.options.get(&LOW_PORTS, "") == Some(OptionValue::Word("docker".to_owned()));
    if let Some(port) = low_port(view, stage).filter(|_| !may_be_low) {
        return explicit(&format!(
            "it listens on port {port}, which only root may take where the kernel guards the ports below 1024; move it \
             above, or say `low-ports: docker` if it only runs under Docker"
        ));
    }
    let words = view.start_words(stage);
    let Some(program) = program(&words) else {
        return missing(
            "it starts the program of its base image, and nothing is known of what that needs here"
                .to_owned(),
        );
    };
    if program.starts_with("/root/") {
        return explicit(&format!(
            "{program} stands below /root, where nobody else may look; move it, and what it uses"
        ));
    }
    let name = program.rsplit('/').next().unwrap_or_default();
    let need = root_need(name);
    if need == Some(RootNeed::StartsAsRoot) {
        return explicit(&format!(
            "{name} starts as root by design: it starts others as their users, or has a user setting of its own"
        ));
    }
    if is_script(name) || entry_script(context, view, stage).is_some() {
        let Some(script) = entry_script(context, view, stage) else {
            return missing(format!(
                "what {program} does is not read; if it needs no root (no chown, no useradd), put USER before its CMD"
            ));
        };
        return judge_script(&script, |line| format!("{}:{line}", script.path));
    }
    if has_shell_text(&words) {
        let script = EntryScript { path: &view.file.path, text: &words.join(" ") };
        return judge_script(&script, |_| "the shell text that it starts with".to_owned());
    }
    if let Some(what) = start::of_root(context, view, stage) {
        return missing(format!("{what}, which another user may not be allowed to"));
    }
    // Nothing speaks against a program that is known to run as anybody; of others that is only concluded.
    Ok(if need == Some(RootNeed::Nothing) { Confidence::Experiment } else { GUESS })
}

/// Whether a shell is given more to do than to start one program.
fn has_shell_text(words: &[String]) -> bool {
    let is_shell =
        |word: &String| ["sh", "bash", "ash", "dash"].contains(&word.rsplit('/').next().unwrap_or_default());
    let joins = |word: &String| matches!(word.as_str(), "&&" | "||" | ";" | "|");
    words.iter().any(joins)
        || words
            .windows(2)
            .any(|pair| is_shell(&pair[0]) && pair[1].starts_with('-') && pair[1].ends_with('c'))
}

/// Programs by which a script that starts as root becomes another user.
const STEPPING_DOWN: [&str; 6] = ["gosu", "su-exec", "setpriv", "runuser", "s6-setuidgid", "su"];

/// Programs of a script that take root, or write where perhaps only root may.
const TAKING_ROOT: [&str; 25] = [
    "chown", "chgrp", "chmod", "useradd", "usermod", "groupadd", "groupmod", "adduser", "addgroup",
    "apt-get", "apk", "mount", "iptables", "crond", "cron", "mkdir", "cp", "mv", "ln", "tee", "touch", "sed",
    "envsubst", "rm", "install",
];

/// The script that a stage starts with, as the services that run it find it.
fn entry_script<'p>(
    context: &Context<'p>,
    view: &DockerfileView<'p>,
    stage: &Stage,
) -> Option<EntryScript<'p>> {
    view.services(stage).find_map(|service| {
        let run = context.project.run(service)?;
        context.project.built_script(service, &run)
    })
}

/// How sure it is that a script does without root.
fn judge_script(script: &EntryScript<'_>, place: impl Fn(usize) -> String) -> Result<Confidence, Obstacle> {
    if script.first_of(&STEPPING_DOWN).is_some() {
        return Err(Obstacle::StepsDown);
    }
    let refused = |line: usize, what: &str| {
        let why = format!(
            "{} {what}, which another user may not be allowed to; give the files to that user in the Dockerfile, \
             and put USER before its CMD",
            place(line)
        );
        Err(Obstacle::Refused(RefusalCode::EvidenceMissing, why))
    };
    if let Some((line, program)) = daemon(script) {
        let why = format!("{} starts {program}, which starts as root by design", place(line));
        return Err(Obstacle::Refused(RefusalCode::Explicit, why));
    }
    match (script.first_of(&TAKING_ROOT), script.first_redirection()) {
        (Some((program, line)), _) => refused(line, &format!("runs {program}")),
        (None, Some(line)) => refused(line, "writes a file"),
        // What the programs in it do is only concluded.
        (None, None) => Ok(GUESS),
    }
}

/// The first program of a script that starts as root by design, with its line.
fn daemon(script: &EntryScript<'_>) -> Option<(usize, String)> {
    let started = |line: &str| {
        simple_commands(line).find_map(|words| {
            let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
            let name = program(&words)?.rsplit('/').next()?.to_owned();
            (root_need(&name) == Some(RootNeed::StartsAsRoot)).then_some(name)
        })
    };
    script.lines().find_map(|(number, line)| Some((number, started(line)?)))
}

/// Whether the program is a tool of development, by the words that start it.
fn for_development(view: &DockerfileView<'_>, stage: &Stage) -> bool {
    let of_service = |service: &Service<'_>| -> Vec<String> {
        service.words_at(&["command"]).into_iter().map(str::to_owned).collect()
    };
    is_for_development(&view.start_words(stage))
        || view.services(stage).any(|service| is_for_development(&of_service(service)))
}

fn steps_down(view: &DockerfileView<'_>, stage: &Stage) -> bool {
    let base = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let started =
        view.start_words(stage).iter().any(|word| root_need(&base(word)) == Some(RootNeed::StepsDown));
    let scripts = view.resolved.chain(stage).flat_map(|part| view.scripts(part));
    let mut words = scripts.flat_map(|(_, script)| script.commands).flat_map(|command| command.words);
    started || words.any(|word| matches!(base(&word.text).as_str(), "gosu" | "su-exec"))
}

/// The program behind wrappers, shells and their options.
fn program(words: &[String]) -> Option<&str> {
    // What a shell is given may be in quotes, and the program is its first word.
    let words =
        words.iter().flat_map(|word| word.split_whitespace()).map(|word| word.trim_matches(['"', '\'']));
    let mut words = words.filter(|word| !word.starts_with('-'));
    words.find(|word| {
        let name = word.rsplit('/').next().unwrap_or_default();
        !WRAPPERS.contains(&name) && !["sh", "bash", "ash"].contains(&name) && !word.contains('=')
    })
}

/// Whether a name is that of a script that readies the container.
fn is_script(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.ends_with(".sh")
        || lower.contains("entrypoint")
        || lower.contains("entry_point")
        || name.contains([' ', ';', '&'])
}
