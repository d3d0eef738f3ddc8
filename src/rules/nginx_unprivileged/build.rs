//! What changes in the Dockerfile: the base image, who runs what, and the ports that it names.

use super::address::Move;
use super::health::Family;
use super::start::{CONTENT, SCRIPTS, Scripts};
use super::unit::{Member, Unit};
use super::{health, start};
use crate::model::ImageReference;
use crate::model::compose::{BuiltStage, Project};
use crate::model::dockerfile::{ImageUseKind, Stage};
use crate::rule::{Effect, Refusal, RefusalCode, SourceEffect};
use crate::syntax::dockerfile::{Arguments, Dockerfile, Instruction, Keyword};
use crate::syntax::{Change, Language, Route, Value};

/// What the Dockerfile of a unit needs.
pub(super) struct Rebuilt {
    pub(super) effects: Vec<Effect>,
    /// What to mind, each as the part of a sentence.
    pub(super) caveats: Vec<String>,
}

/// The effects in the Dockerfile that a service of the unit is built from, or why it cannot change. `user` is the
/// user of the new image.
pub(super) fn effects(
    project: &Project,
    unit: &Unit<'_>,
    member: &Member<'_>,
    (ports, user): (&[Move], &str),
) -> Result<Rebuilt, Refusal> {
    let (Some(built), Some(successor)) = (&member.run.built, member.successor(unit.fact)) else {
        return Ok(Rebuilt { effects: Vec::new(), caveats: Vec::new() });
    };
    let path = &built.file.path;
    let refuse = |code, message: String| Err(Refusal::new(code, format!("{path}: {message}")));
    let Some(root) = member.root_stage().and_then(|index| built.resolved.stages().get(index)) else {
        return refuse(RefusalCode::Notation, "its stages lead nowhere".to_owned());
    };
    let tree = &built.file.tree;
    let mut edit = Edit { path, changes: vec![base(project, built, root, &successor)?] };
    let stages: Vec<&Stage> = unit_stages(unit, path);
    let mut caveats = Vec::new();
    let own = |keyword| stages.iter().any(|stage| numbered(tree, stage).any(|(_, i)| i.keyword == keyword));
    if own(Keyword::User) {
        return refuse(
            RefusalCode::Explicit,
            "it sets USER itself; move that to the end of the stage by hand".to_owned(),
        );
    }
    if own(Keyword::Entrypoint) {
        return refuse(
            RefusalCode::EvidenceMissing,
            "it has an entry point of its own, which may need root".to_owned(),
        );
    }
    if stages.len() > 1 {
        return refuse(
            RefusalCode::Notation,
            "several stages are built on the image; move them by hand".to_owned(),
        );
    }
    let family = Family::of(unit, ports);
    for (number, instruction) in numbered(tree, root) {
        check_instruction(unit, path, instruction)?;
        edit.move_ports(tree, number, instruction, (ports, family))?;
    }
    let scripts = start::scripts(project, member)?;
    let mut users = edit.users(tree, root, &scripts, user);
    caveats.append(&mut users);
    let source =
        |change| Effect::Source(SourceEffect { file: path.clone(), language: Language::Dockerfile, change });
    Ok(Rebuilt { effects: edit.changes.into_iter().map(source).collect(), caveats })
}

/// The stages of a Dockerfile between the image and what the unit's services run.
fn unit_stages<'u>(unit: &'u Unit<'_>, path: &str) -> Vec<&'u Stage> {
    let mut stages: Vec<&Stage> = Vec::new();
    let built = unit.members.iter().filter_map(|member| member.run.built.as_ref());
    for built in built.filter(|built| built.file.path == path) {
        let Some(stage) = built.stage() else { continue };
        for stage in built.resolved.chain(stage) {
            if !stages.iter().any(|known| known.index == stage.index) {
                stages.push(stage);
            }
        }
    }
    stages
}

fn numbered<'t>(
    tree: &'t Dockerfile,
    stage: &Stage,
) -> impl Iterator<Item = (usize, &'t Instruction)> + use<'t> {
    stage.instructions.clone().filter_map(|number| Some((number, tree.instructions().get(number)?)))
}

/// Another base image: in FROM, or in the default that it stands for.
fn base(
    project: &Project,
    built: &BuiltStage<'_>,
    root: &Stage,
    successor: &ImageReference,
) -> Result<Change, Refusal> {
    let is_base = |kind: &ImageUseKind| match kind {
        ImageUseKind::From { stage } => *stage == root.index,
        ImageUseKind::ArgumentDefault { stages, is_sole, is_taken_over, .. } => {
            stages.contains(&root.index) && *is_sole && !is_taken_over
        }
        _ => false,
    };
    let path = &built.file.path;
    let refuse = |code, message: &str| Err(Refusal::new(code, format!("{path}: {message}")));
    // The default of an ARG stands before the FROM that it is the text of.
    let Some(used) = built.resolved.images().iter().find(|used| is_base(&used.kind)) else {
        return refuse(RefusalCode::Interpolated, "a variable decides what the stage is built on");
    };
    if let ImageUseKind::ArgumentDefault { name, .. } = &used.kind {
        let mut builds = project.built_from(path);
        if let Some((service, _)) = builds.find(|(_, build)| build.inputs.arguments.contains_key(name)) {
            let message = format!(
                "`build.args` of `{}` in {} decides what the stage is built on, by `{name}`; move it by hand there",
                service.name, service.file.path
            );
            return refuse(RefusalCode::Interpolated, &message);
        }
    }
    if used.reference().is_some_and(|image| image.digest().is_some()) {
        return refuse(
            RefusalCode::EvidenceMissing,
            "its base image is pinned, and the digest of the other is not known; take the digest out and pin it anew",
        );
    }
    let name_end = used.written.rfind('/').map_or(0, |slash| slash + 1);
    let tag = used.written[name_end..].find(':').map(|at| &used.written[name_end + at..]).unwrap_or_default();
    let name = &used.written[..used.written.len() - tag.len()];
    if name.contains('$') {
        return refuse(RefusalCode::Interpolated, "a variable decides what the stage is built on");
    }
    let familiar = successor.familiar();
    let repository = familiar.rsplit_once(':').map_or(familiar.as_str(), |(name, _)| name);
    Ok(Change::Set { route: used.route.clone(), value: Value::string(format!("{repository}{tag}")) })
}

/// An instruction that does something with the configuration that is not understood.
fn check_instruction(unit: &Unit<'_>, path: &str, instruction: &Instruction) -> Result<(), Refusal> {
    let text = instruction.logical_text();
    let is_about = text.contains("/etc/nginx");
    let copies = matches!(instruction.keyword, Keyword::Copy | Keyword::Add);
    let mode = instruction.command.flag("chmod").filter(|_| copies);
    if let Some(mode) =
        mode.and_then(|flag| flag.written_value.as_ref()).filter(|mode| !is_readable(&mode.text))
    {
        let message =
            format!("{path}: with `--chmod={}` the new user may not read what is copied", mode.text);
        return Err(Refusal::new(RefusalCode::EvidenceMissing, message));
    }
    if instruction.keyword == Keyword::Cmd && !start::is_plain(unit.start, &command_words(instruction)) {
        let message = format!("{path}: its CMD does more than start the server, and may need root");
        return Err(Refusal::new(RefusalCode::EvidenceMissing, message));
    }
    let why = match instruction.keyword {
        Keyword::Run if is_about && !only_removes(text) => "a RUN changes the configuration",
        Keyword::Run if text.contains(SCRIPTS) && !only_marks(text) => {
            "a RUN writes what is run before the server"
        }
        Keyword::Copy | Keyword::Add if is_about && instruction.command.flag("from").is_some() => {
            "a part of the configuration comes from another stage"
        }
        Keyword::Copy | Keyword::Add if is_about && !instruction.heredocs.is_empty() => {
            "a part of the configuration is written in the Dockerfile"
        }
        _ => return Ok(()),
    };
    let message = format!("{path}: {why}, so what it listens on is not known");
    Err(Refusal::new(RefusalCode::EvidenceMissing, message))
}

/// Whether every command of a RUN that speaks of the configuration removes a file of it.
fn only_removes(text: &str) -> bool {
    let commands = text.split("&&").flat_map(|part| part.split(';'));
    let command = |part: &str| part.trim().trim_start_matches("RUN").trim().to_owned();
    commands.filter(|part| part.contains("/etc/nginx")).all(|part| command(part).starts_with("rm "))
}

/// Whether every command of a RUN that speaks of the start scripts makes them executable, or removes one.
fn only_marks(text: &str) -> bool {
    let commands = text.split("&&").flat_map(|part| part.split(';'));
    let command = |part: &str| part.trim().trim_start_matches("RUN").trim().to_owned();
    let is_mark = |part: &str| {
        let command = command(part);
        command.starts_with("rm ") || command.starts_with("chmod ") && !command.contains('>')
    };
    commands.filter(|part| part.contains(SCRIPTS)).all(is_mark)
}

/// Whether everyone may read files, and enter folders, with a mode of `--chmod`.
fn is_readable(mode: &str) -> bool {
    let mode = mode.trim_matches(['"', '\'']);
    let is_octal = mode.len() >= 3 && mode.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    is_octal && mode.ends_with(['4', '5', '6', '7'])
        || mode.split(',').any(|part| {
            part.split_once(['+', '='])
                .is_some_and(|(who, what)| (who.is_empty() || who.contains(['o', 'a'])) && what.contains('r'))
        })
}

/// The words of a CMD, in either form.
fn command_words(instruction: &Instruction) -> Vec<String> {
    let arguments = &instruction.command.arguments;
    if arguments.is_json() {
        let words = arguments.words();
        return words.iter().map(|word| serde_json::from_str(&word.text).unwrap_or_default()).collect();
    }
    let text = instruction.logical_text().trim();
    let text = text.split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
    text.split_whitespace().map(str::to_owned).collect()
}

struct Edit<'a> {
    path: &'a str,
    changes: Vec<Change>,
}

impl Edit<'_> {
    /// EXPOSE and HEALTHCHECK.
    fn move_ports(
        &mut self,
        tree: &Dockerfile,
        number: usize,
        instruction: &Instruction,
        (ports, family): (&[Move], Family),
    ) -> Result<(), Refusal> {
        let route = tree.route(number).key("arguments");
        let words = instruction.command.arguments.words();
        match instruction.keyword {
            Keyword::Expose => {
                for (index, word) in words.iter().enumerate() {
                    let (port, protocol) = word.text.split_once('/').unwrap_or((&word.text, ""));
                    let moved = ports.iter().find(|moved| port.parse() == Ok(moved.from));
                    if let Some(moved) = moved.filter(|_| matches!(protocol, "" | "tcp")) {
                        let text = if protocol.is_empty() {
                            moved.to.to_string()
                        } else {
                            format!("{}/tcp", moved.to)
                        };
                        self.changes
                            .push(Change::Set { route: route.index(index), value: Value::string(text) });
                    }
                }
            }
            Keyword::Healthcheck => self.health(&route, instruction, ports, family)?,
            _ => {}
        }
        Ok(())
    }

    fn health(
        &mut self,
        route: &Route,
        instruction: &Instruction,
        ports: &[Move],
        family: Family,
    ) -> Result<(), Refusal> {
        let words = instruction.command.arguments.words();
        let is_json = instruction.command.arguments.is_json();
        // The first word is CMD or NONE.
        let text = |text: &str| match is_json {
            true => serde_json::from_str(text).unwrap_or_default(),
            false => text.to_owned(),
        };
        let texts: Vec<String> = words.iter().skip(1).map(|word| text(&word.text)).collect();
        let moved = health::follow(&texts, ports, &[], family).map_err(|why| {
            Refusal::new(RefusalCode::Notation, format!("{}: its HEALTHCHECK {why}", self.path))
        })?;
        for (index, moved) in moved.into_iter().enumerate() {
            let Some(moved) = moved else { continue };
            self.changes.push(Change::Set { route: route.index(index + 1), value: Value::string(moved) });
        }
        Ok(())
    }

    /// What ran as root goes on to do so while the image is built; at the end the image's own user is back.
    fn users(&mut self, tree: &Dockerfile, stage: &Stage, scripts: &Scripts, user: &str) -> Vec<String> {
        let instructions: Vec<(usize, &Instruction)> = numbered(tree, stage).collect();
        let target = |instruction: &Instruction| match &instruction.command.arguments {
            Arguments::Words(words) | Arguments::Json(words) => {
                words.last().map(|word| word.text.trim_matches('"').to_owned()).unwrap_or_default()
            }
            _ => String::new(),
        };
        let copies = |folder: &str| {
            instructions.iter().any(|(_, instruction)| {
                matches!(instruction.keyword, Keyword::Copy | Keyword::Add)
                    && target(instruction).starts_with(folder)
            })
        };
        let gives_content = scripts.any && (scripts.use_content || copies(CONTENT));
        let runs = instructions.iter().any(|(_, instruction)| instruction.keyword == Keyword::Run);
        let mut caveats = Vec::new();
        if runs || gives_content {
            let closing = |keyword| {
                use Keyword::{Cmd, Entrypoint, Env, Expose, Healthcheck, Label, Stopsignal};
                matches!(keyword, Expose | Healthcheck | Cmd | Entrypoint | Stopsignal | Label | Env)
            };
            let last =
                instructions.iter().rposition(|(_, instruction)| !closing(instruction.keyword)).unwrap_or(0);
            let list = Route::root().key("stages").index(stage.index);
            let insert = |at: usize, text: String| Change::Insert {
                route: list.index(at),
                value: Value::string(text),
            };
            self.changes.push(insert(1, "USER root".to_owned()));
            if gives_content {
                self.changes.push(insert(last + 1, format!("RUN chown -R {user} {CONTENT}")));
            }
            self.changes.push(insert(last + 1, format!("USER {user}")));
        }
        if scripts.any {
            caveats.push(format!("the scripts in {SCRIPTS} run as user {user} from now on"));
        }
        caveats
    }
}

#[cfg(test)]
mod tests {
    use super::is_readable;

    #[test]
    fn a_mode_lets_the_others_read_or_not() {
        for mode in ["644", "0755", "\"644\"", "a+r", "u=rw,go=r", "+r"] {
            assert!(is_readable(mode), "{mode}");
        }
        for mode in ["600", "0640", "u=rw", "go-r", "+x", "$MODE", ""] {
            assert!(!is_readable(mode), "{mode}");
        }
    }
}
