//! What changes in the Dockerfile: the base image, who runs what, and the ports that it names.

use super::address::{Move, checked, is_unclear};
use super::unit::{Member, Unit};
use crate::model::ImageReference;
use crate::model::compose::BuiltStage;
use crate::model::dockerfile::{ImageUseKind, Stage};
use crate::rule::{Effect, Refusal, RefusalCode, SourceEffect};
use crate::syntax::dockerfile::{Arguments, Dockerfile, Instruction, Keyword};
use crate::syntax::{Change, Language, Route, Value};

/// Where scripts go that the image runs before it starts the server.
const START_SCRIPTS: &str = "/docker-entrypoint.d";

/// Where the image keeps what it serves.
const CONTENT: &str = "/usr/share/nginx/html";

/// What the Dockerfile of a unit needs.
pub(super) struct Rebuilt {
    pub(super) effects: Vec<Effect>,
    /// What to mind, each as the part of a sentence.
    pub(super) caveats: Vec<String>,
}

/// The effects in a unit's Dockerfile, or why it cannot change. `user` is the user of the new image.
pub(super) fn effects(
    unit: &Unit<'_>,
    member: &Member<'_>,
    built: &BuiltStage<'_>,
    successor: &ImageReference,
    (ports, user): (&[Move], &str),
) -> Result<Rebuilt, Refusal> {
    let path = &built.file.path;
    let refuse = |code, message: String| Err(Refusal::new(code, format!("{path}: {message}")));
    let Some(root) = member.root_stage().and_then(|index| built.resolved.stages().get(index)) else {
        return refuse(RefusalCode::Notation, "its stages lead nowhere".to_owned());
    };
    let tree = &built.file.tree;
    let mut edit = Edit { path, changes: vec![base(built, root, successor)?] };
    let stages: Vec<&Stage> = unit_stages(unit);
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
    for (number, instruction) in numbered(tree, root) {
        check_instruction(path, instruction)?;
        edit.move_ports(tree, number, instruction, ports)?;
    }
    let mut users = edit.users(tree, root, user);
    caveats.append(&mut users);
    let source =
        |change| Effect::Source(SourceEffect { file: path.clone(), language: Language::Dockerfile, change });
    Ok(Rebuilt { effects: edit.changes.into_iter().map(source).collect(), caveats })
}

/// The stages between the image and what the unit's services run.
fn unit_stages<'u>(unit: &'u Unit<'_>) -> Vec<&'u Stage> {
    let mut stages: Vec<&Stage> = Vec::new();
    for built in unit.members.iter().filter_map(|member| member.run.built.as_ref()) {
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
fn base(built: &BuiltStage<'_>, root: &Stage, successor: &ImageReference) -> Result<Change, Refusal> {
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
fn check_instruction(path: &str, instruction: &Instruction) -> Result<(), Refusal> {
    let text = instruction.logical_text();
    let is_about = text.contains("/etc/nginx");
    let why = match instruction.keyword {
        Keyword::Run if is_about && !only_removes(text) => "a RUN changes the configuration",
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
        ports: &[Move],
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
            Keyword::Healthcheck => self.health(&route, instruction, ports)?,
            _ => {}
        }
        Ok(())
    }

    fn health(&mut self, route: &Route, instruction: &Instruction, ports: &[Move]) -> Result<(), Refusal> {
        let words = instruction.command.arguments.words();
        let is_json = instruction.command.arguments.is_json();
        let mut any = false;
        for (index, word) in words.iter().enumerate().skip(1) {
            let text = if is_json {
                serde_json::from_str(&word.text).unwrap_or_default()
            } else {
                word.text.to_string()
            };
            if let Some(moved) = checked(&text, ports, &[]) {
                any = true;
                self.changes.push(Change::Set { route: route.index(index), value: Value::string(moved) });
            }
        }
        if !any && words.iter().skip(1).any(|word| is_unclear(&word.text, ports)) {
            let message =
                format!("{}: its HEALTHCHECK asks the old port in a way that is not understood", self.path);
            return Err(Refusal::new(RefusalCode::Notation, message));
        }
        Ok(())
    }

    /// What ran as root goes on to do so while the image is built; at the end the image's own user is back.
    fn users(&mut self, tree: &Dockerfile, stage: &Stage, user: &str) -> Vec<String> {
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
        let has_scripts = copies(START_SCRIPTS);
        let gives_content = has_scripts && copies(CONTENT);
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
        if has_scripts {
            caveats.push(format!("the scripts in {START_SCRIPTS} run as user {user} from now on"));
        }
        caveats
    }
}
