//! How the server starts: the command, and the scripts that run before it.

use super::unit::Member;
use crate::knowledge::StartFact;
use crate::model::compose::Project;
use crate::rule::{Refusal, RefusalCode};

/// Where scripts go that the image runs before it starts the server.
pub(super) const SCRIPTS: &str = "/docker-entrypoint.d";

/// Where the image keeps what it serves.
pub(super) const CONTENT: &str = "/usr/share/nginx/html";

/// Where a script may read or write without root, or run programs from. What it writes to [`CONTENT`] is given to
/// the new user when the image is built.
const OPEN: [&str; 7] = [CONTENT, SCRIPTS, "/tmp", "/dev", "/bin", "/usr/bin", "/usr/local/bin"];

/// Programs that need root, or that change what the server listens on or as whom it runs.
const PRIVILEGED: [&str; 20] = [
    "chown", "chgrp", "chmod", "apk", "apt", "apt-get", "adduser", "addgroup", "useradd", "usermod",
    "groupmod", "su", "su-exec", "gosu", "sudo", "setcap", "mount", "install", "ln", "listen",
];

/// Whether the words of a command start the server and do nothing else.
pub(super) fn is_plain(start: Option<&StartFact>, words: &[String]) -> bool {
    let Some((program, rest)) = words.split_first() else { return true };
    let is_program = start.is_some_and(|start| !start.programs.is_empty() && start.runs(program));
    let rest = rest.join(" ").replace(['\'', '"'], "");
    is_program && matches!(rest.trim(), "" | "-g daemon off;")
}

/// The scripts of a service.
#[derive(Default)]
pub(super) struct Scripts {
    /// Whether there are any.
    pub(super) any: bool,
    /// Whether one of them uses the folder of what is served.
    pub(super) use_content: bool,
}

/// The scripts that run before the server, if all of them are at hand and do nothing that the move would break.
pub(super) fn scripts(project: &Project, member: &Member<'_>) -> Result<Scripts, Refusal> {
    let mut found = Scripts::default();
    let refuse = |message: String| Err(Refusal::new(RefusalCode::EvidenceMissing, message));
    let placed = project.placed_in(&member.service, &member.run, SCRIPTS);
    let is_at = |path: &str| path == SCRIPTS || path.starts_with(&format!("{SCRIPTS}/"));
    if let Some(unknown) = placed.unknown.iter().find(|unknown| unknown.target.as_deref().is_some_and(is_at))
    {
        return refuse(format!(
            "`{}`: {}, and the image runs that at its start",
            member.service.name, unknown.why
        ));
    }
    for placed in &placed.placed {
        let texts: Vec<(&str, String)> = project.texts_at(placed).filter(|(_, at)| is_at(at)).collect();
        if texts.is_empty() && is_at(&placed.target) {
            let message = format!("{} runs before the server, and cannot be looked into", placed.source);
            return refuse(message);
        }
        for (path, _) in texts {
            let text = project.texts.get(path).map(String::as_str).unwrap_or_default();
            if let Some(word) = privileged(text) {
                let message = format!(
                    "{path} runs before the server, and what it does with `{word}` may need root or change what the \
                     server listens on"
                );
                return refuse(message);
            }
            found.any = true;
            let uses_content = text.contains(CONTENT);
            if uses_content && placed.instruction.is_none() {
                return refuse(format!("{path} writes to {CONTENT}, which is root's in the image"));
            }
            found.use_content |= uses_content;
        }
    }
    Ok(found)
}

/// What in a script may need root, or change the configuration.
fn privileged(text: &str) -> Option<&str> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    code.flat_map(|line| line.split([' ', '\t', '"', '\'', '=', '>', '<', ';', '(', ')', '`', '{', '}']))
        .find(|word| {
            let is_open = |folder: &&str| *word == *folder || word.starts_with(&format!("{folder}/"));
            let is_closed_path = word.len() > 1 && word.starts_with('/') && !OPEN.iter().any(is_open);
            is_closed_path || word.contains("..") || word.contains(".conf") || PRIVILEGED.contains(word)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_fills_in_a_page_is_harmless() {
        for text in [
            "#!/bin/sh\nset -e\nsed -i \"s/@GREETING@/$GREETING/\" /usr/share/nginx/html/docs/index.html\n",
            "#!/bin/sh\n# chown is not needed\ncat > /usr/share/nginx/html/config.js <<E\nwindow.api = '${API}'\nE\n",
            "envsubst < /usr/share/nginx/html/a.tmpl > /tmp/a && cp /tmp/a /usr/share/nginx/html/a.js",
        ] {
            assert_eq!(privileged(text), None, "{text}");
        }
        for text in [
            "sed -i s/80/$PORT/ /etc/nginx/conf.d/a.conf",
            "cd / && cd etc && sed -i s/80/81/ default.conf",
            "chown nginx /tmp/x",
            "cp a /usr/share/nginx/html/../x",
        ] {
            assert!(privileged(text).is_some(), "{text}");
        }
    }
}
