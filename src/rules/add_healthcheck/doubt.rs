//! Why the check of an image may not tell for a service: something moves where it listens, or asks for a login.

use super::Known;
use super::option::{moving, tokens};
use crate::knowledge::HealthTest;
use crate::knowledge::Listening;
use crate::model::Environment;
use crate::model::compose::{BuiltStage, EnvFile, Run, Service, file_set, set_variables};
use crate::model::dotenv;
use crate::rule::{Context, is_in};
use crate::syntax::dockerfile::{Instruction, Keyword};

/// Why the check may not tell for this service, though it does for its image.
pub(super) fn reason_to_ask(
    context: &Context<'_>,
    service: &Service<'_>,
    known: &Known,
    parts: &[Service<'_>],
    test: &HealthTest,
) -> Option<String> {
    let run = context.project.run(service)?;
    if known.is_other_start || parts.iter().any(|part| part.has("entrypoint")) {
        return Some("it starts something else than its image does".to_owned());
    }
    in_command(known, &command(parts, &run))
        .or_else(|| in_variables(context, parts, &run, test))
        .or_else(|| in_files(context, service, &run))
}

/// The words of the command: those of the service, else those of its Dockerfile.
fn command(parts: &[Service<'_>], run: &Run<'_>) -> Vec<String> {
    let own = parts.iter().map(|part| part.words_at(&["command"])).find(|words| !words.is_empty());
    if let Some(words) = own {
        return words.into_iter().map(str::to_owned).collect();
    }
    let Some(built) = &run.built else { return Vec::new() };
    let cmd = built.stage().and_then(|stage| built.resolved.cmd(stage));
    let Some(cmd) = cmd.and_then(|number| built.file.tree.instructions().get(number)) else {
        return Vec::new();
    };
    let arguments = &cmd.command.arguments;
    // The shell form hands a shell to the entry point.
    if !arguments.is_json() {
        return vec!["/bin/sh".to_owned()];
    }
    let plain = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| text.to_owned());
    arguments.words().iter().map(|word| plain(&word.text)).collect()
}

fn in_command(known: &Known, words: &[String]) -> Option<String> {
    let first = words.first()?;
    let is_shell = matches!(first.rsplit('/').next(), Some("sh" | "bash" | "ash" | "dash"));
    let is_as_meant = known.facts.start.get(&known.tag).is_some_and(|start| start.runs(first));
    if !is_as_meant || is_shell {
        return Some(format!("its command (`{first}`) may start something else than its image does"));
    }
    let before = std::iter::once("").chain(words.iter().map(String::as_str));
    let after = words.iter().skip(1).map(String::as_str).chain([""]);
    let word = words.iter().zip(before).zip(after).find_map(|((word, before), after)| {
        let is_value = before.starts_with('-') && !before.contains('=');
        moving(word, after, is_value)
    })?;
    Some(format!("`{word}` in its command may move what the check asks for"))
}

/// The variable that moves the server, be it set by the service, a file of variables or the Dockerfile.
fn in_variables(
    context: &Context<'_>,
    parts: &[Service<'_>],
    run: &Run<'_>,
    test: &HealthTest,
) -> Option<String> {
    let has_port = test.words().iter().any(|word| word.contains("127.0.0.1:"));
    let asks = |text: &str| test.words().iter().any(|word| word.contains(text));
    let is_moved = |name: &str, value: &str| {
        has_port && tokens(name).iter().any(|token| is_moving(token))
            || Listening::get().is_moving_variable(name)
            || name == "ZOO_4LW_COMMANDS_WHITELIST" && asks("srvr") && !value.contains(['*', '$']) && {
                !value.split([',', ' ']).any(|word| word == "srvr")
            }
    };
    let why = |name: &str| Some(format!("the variable {name} may move what the check asks for"));
    let set = parts.iter().flat_map(set_variables);
    if let Some(found) = set.into_iter().find(|found| is_moved(&found.name, &found.value)) {
        return why(&found.name);
    }
    for (part, file) in
        parts.iter().flat_map(|part| EnvFile::of(part).into_iter().map(move |file| (part, file)))
    {
        let path = file_set::join(part.file.base(), &file.path);
        let Some(text) = context.project.texts.get(&path) else {
            if has_port {
                return Some(format!("{path}, which is not at hand, may move what the check asks for"));
            }
            continue;
        };
        let mut variables = Environment::new();
        // Compose refuses a file with faults; what is sound in it counts here.
        let _faults = dotenv::parse(text, &mut variables);
        let found = variables.names().find(|name| is_moved(name, variables.get(name).unwrap_or_default()));
        if let Some(name) = found {
            return why(name);
        }
    }
    let pairs = instructions(run).filter(|found| found.keyword == Keyword::Env);
    let mut pairs = pairs.flat_map(|found| found.command.arguments.pairs());
    pairs.find_map(|pair| {
        let value = pair.value.as_ref().map(|value| &*value.text).unwrap_or_default();
        why(&pair.name.text).filter(|_| is_moved(&pair.name.text, value))
    })
}

/// The configuration that the service brings along for its server.
fn in_files(context: &Context<'_>, service: &Service<'_>, run: &Run<'_>) -> Option<String> {
    let placed = context.project.placed_in(service, run, "");
    let why = |path: &str| Some(format!("the configuration at {path} may move what the check asks for"));
    for file in &placed.placed {
        let texts: Vec<(&str, String)> = context.project.texts_at(file).collect();
        let is_whole = matches!(&texts[..], [(_, at)] if *at == file.target);
        let is_plain = |path: &str| context.project.texts.get(path).is_some_and(|text| !moves(text));
        if let Some((_, at)) =
            texts.iter().find(|(path, at)| is_configuration(at) && !(is_whole && is_plain(path)))
        {
            return why(at);
        }
        if !is_whole && is_configuration(&file.target) {
            return why(&file.target);
        }
    }
    let mut unknown = placed.unknown.iter().filter_map(|unknown| unknown.target.as_deref());
    if let Some(target) = unknown.find(|target| is_configuration(target)) {
        return why(target);
    }
    let known = Listening::get();
    let mut scripts = instructions(run).filter(|found| found.keyword == Keyword::Run);
    scripts.find_map(|found| {
        let text = found.span.of(run.built.as_ref()?.file.tree.text());
        let mut places = known.places().chain(known.files());
        let place = places.find(|place| place.len() > 5 && text.contains(*place))?;
        Some(format!("a RUN of its Dockerfile names {place}, which may move what the check asks for"))
    })
}

fn is_configuration(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let known = Listening::get();
    path == "/etc/grafana"
        || path == "/usr/local/apache2"
        || known.places().any(|place| is_in(path, place))
        || known.files().any(|file| file == name)
}

/// Whether a line of a configuration says where a server listens or whom it lets in, or brings in another file.
fn moves(text: &str) -> bool {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';']));
    lines.flat_map(tokens).any(|token| {
        is_moving(&token)
            || ["networking", "include", "includedir", "virtualhost", "plugin"].contains(&&*token)
    })
}

/// The instructions of the stage that runs, and of those that it is built on.
fn instructions<'r>(run: &'r Run<'_>) -> impl Iterator<Item = &'r Instruction> {
    run.built.iter().flat_map(BuiltStage::instructions)
}

/// Words in the names of settings that say where a server listens and whom it lets in.
fn is_moving(token: &str) -> bool {
    const WORDS: [&str; 17] = [
        "port",
        "listen",
        "bind",
        "tls",
        "ssl",
        "https",
        "cert",
        "requirepass",
        "password",
        "protocol",
        "scheme",
        "socket",
        "config",
        "prefix",
        "addr",
        "address",
        "subpath",
    ];
    WORDS.contains(&token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_is_plain_where_it_says_nothing_of_the_network() {
        assert!(!moves("[mysqld]\n# port=3307\ncharacter-set-server = utf8mb4\n"));
        for text in ["[mysqld]\nport=3307\n", "Listen 8080\n", "http_port = 3001\n", "!includedir /x\n"] {
            assert!(moves(text), "{text}");
        }
    }
}
