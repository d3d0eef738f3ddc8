//! Every place of a file that names an image.

use super::environment::Environment;
use super::{Base, BuildInputs, Resolved, Stage};
use crate::model::ImageReference;
use crate::syntax::Route;
use crate::syntax::dockerfile::{Arguments, Command, Dockerfile, Keyword, Pair, Word};
use crate::text::TextRange;
use std::collections::{HashMap, HashSet};

/// What an image is named for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageUseKind {
    /// `# syntax=`: it reads the file.
    Syntax,
    /// The default of an ARG before the first FROM that one or more FROM consist of.
    ArgumentDefault {
        /// The ARG's name.
        name: String,
        /// The stages that are built on it.
        stages: Vec<usize>,
        /// Whether it is used for nothing else before the first FROM and in any FROM, so that a digest in it
        /// ends up at the end of a reference and nowhere else.
        is_sole: bool,
        /// Whether some stage takes the value over (`ARG NAME`), where anything may be done with it.
        is_taken_over: bool,
        /// Whether the build is given another value, so that the default does not count.
        is_overridden: bool,
    },
    /// FROM.
    From {
        /// The stage that it begins.
        stage: usize,
    },
    /// `COPY --from=`.
    CopyFrom {
        /// The stage in which it stands.
        stage: usize,
    },
    /// `RUN --mount=from=`.
    MountFrom {
        /// The stage in which it stands.
        stage: usize,
    },
}

/// One mention of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageUse {
    /// What it is for.
    pub kind: ImageUseKind,
    /// Where it can be set.
    pub route: Route,
    /// Where it stands, without quotes; `None` if it cannot be replaced, since a continuation cuts it or its
    /// quotes are more than one pair.
    pub span: Option<TextRange>,
    /// The text as written, without one pair of quotes around it.
    pub written: String,
    /// The text with variables replaced.
    pub resolved: Resolved,
    /// Whether it stands behind ONBUILD, where it is for builds on top of this image.
    pub in_trigger: bool,
}

impl ImageUse {
    /// Whether the text is the reference itself, without variables.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        self.resolved.text() == Some(self.written.as_str())
    }

    /// The image; `None` if it is not known or no sound reference.
    #[must_use]
    pub fn reference(&self) -> Option<ImageReference> {
        self.resolved.text()?.parse().ok()
    }
}

/// All images of a file, in order of the source.
pub(super) fn image_uses(
    tree: &Dockerfile,
    inputs: &BuildInputs,
    global: &Environment,
    stages: &[Stage],
) -> Vec<ImageUse> {
    let names = stages.iter().filter_map(|stage| stage.name.clone()).collect();
    let mut finder = Finder { tree, inputs, names, found: Vec::new() };
    finder.syntax();
    finder.argument_defaults(global, stages);
    for stage in stages {
        finder.stage(stage, global);
    }
    finder.found
}

struct Finder<'t> {
    tree: &'t Dockerfile,
    inputs: &'t BuildInputs,
    /// The names of all stages: COPY and RUN see later ones, too, though BuildKit then refuses the build.
    names: HashSet<String>,
    found: Vec<ImageUse>,
}

impl Finder<'_> {
    fn syntax(&mut self) {
        let Some(span) = self.tree.frontend() else { return };
        let written = span.of(self.tree.text()).to_owned();
        self.found.push(ImageUse {
            kind: ImageUseKind::Syntax,
            route: Route::root().key("syntax"),
            span: Some(span),
            resolved: Resolved::Text(written.clone()),
            written,
            in_trigger: false,
        });
    }

    fn argument_defaults(&mut self, global: &Environment, stages: &[Stage]) {
        let first = stages.first().map_or(0, |stage| stage.instructions.start);
        let uses = VariableUses::of(self.tree, global, stages);
        let taken_over = taken_over(self.tree, first);
        // Of several ARG of one name the last with a value counts.
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        for number in (0..first).rev() {
            let Some(instruction) = self.tree.instructions().get(number) else { continue };
            for (index, pair) in instruction.command.arguments.pairs().iter().enumerate().rev() {
                let (name, Some(value)) = (&*pair.name.text, &pair.value) else { continue };
                if !seen.insert(name) {
                    continue;
                }
                let fed = uses.whole.get(name).map_or(&[][..], Vec::as_slice);
                let (written, span) = text_of(value);
                let resolved = global.expand(&value.text);
                let is_image = fed.iter().any(|stage| stages.get(*stage).is_some_and(is_built_on_image));
                if !is_image || resolved.text() == Some("scratch") {
                    continue;
                }
                let kind = ImageUseKind::ArgumentDefault {
                    name: name.to_owned(),
                    stages: fed.to_vec(),
                    is_sole: !uses.partial.contains(name),
                    is_taken_over: taken_over.contains(name),
                    is_overridden: self.inputs.arguments.contains_key(name),
                };
                let route = Route::root().key("global").index(number).key("arguments").index(index);
                found.push(ImageUse { kind, route, span, written, resolved, in_trigger: false });
            }
        }
        found.reverse();
        self.found.extend(found);
    }

    fn stage(&mut self, stage: &Stage, global: &Environment) {
        for (within, number) in stage.instructions.clone().enumerate() {
            let Some(instruction) = self.tree.instructions().get(number) else { continue };
            let route = Route::root().key("stages").index(stage.index).index(within);
            if instruction.keyword == Keyword::From {
                self.from(stage, &instruction.command, &route, global);
            } else {
                self.command(stage.index, &instruction.command, &route, false);
            }
        }
    }

    fn from(&mut self, stage: &Stage, command: &Command, route: &Route, global: &Environment) {
        let words = command.arguments.words();
        let Some(word) = words.first().filter(|_| is_built_on_image(stage)) else {
            return;
        };
        let (written, span) = text_of(word);
        self.found.push(ImageUse {
            kind: ImageUseKind::From { stage: stage.index },
            route: route.key("arguments").index(0),
            span,
            written,
            resolved: global.expand(&word.text),
            in_trigger: false,
        });
    }

    fn command(&mut self, stage: usize, command: &Command, route: &Route, in_trigger: bool) {
        if let Arguments::Trigger(inner) = &command.arguments {
            return self.command(stage, inner, &route.key("trigger"), true);
        }
        for (index, flag) in command.flags.iter().enumerate() {
            let route = route.key("flags").index(index);
            match (command.keyword, flag.name()) {
                (Some(Keyword::Copy), "from") => {
                    let Some(word) = &flag.written_value else { continue };
                    let (written, span) = text_of(word);
                    // A number is that of a stage, whether there is one or not.
                    if written.parse::<i64>().is_err() {
                        self.push(ImageUseKind::CopyFrom { stage }, route, (written, span), in_trigger);
                    }
                }
                (Some(Keyword::Run), "mount") => {
                    let fields = flag.mount_fields().unwrap_or_default();
                    let from = fields.into_iter().rfind(|field| &*field.key == "from");
                    let Some(word) = from.and_then(|field| field.value) else { continue };
                    let text = (word.text.to_string(), word.span);
                    self.push(ImageUseKind::MountFrom { stage }, route.key("from"), text, in_trigger);
                }
                _ => {}
            }
        }
    }

    /// Notes what a flag names, unless it is a stage, a context or `scratch`. Variables are not replaced there.
    fn push(
        &mut self,
        kind: ImageUseKind,
        route: Route,
        (written, span): (String, Option<TextRange>),
        in_trigger: bool,
    ) {
        let is_stage = self.names.contains(&written.to_lowercase());
        if written.is_empty() || written == "scratch" || is_stage || self.inputs.context(&written).is_some() {
            return;
        }
        let resolved = if written.contains('$') {
            Resolved::Unknown(super::Unknown::Variable(written.clone()))
        } else {
            Resolved::Text(written.clone())
        };
        self.found.push(ImageUse { kind, route, span, written, resolved, in_trigger });
    }
}

/// Whether the stage is built on an image, as far as the file says.
fn is_built_on_image(stage: &Stage) -> bool {
    matches!(stage.base, Base::Image(_) | Base::Unknown(_))
}

/// A word without one pair of quotes, and where that can be replaced.
fn text_of(word: &Word) -> (String, Option<TextRange>) {
    (word.unquoted().unwrap_or(&word.text).to_owned(), word.plain_span())
}

/// The ARG names that stages take over from before the first FROM.
fn taken_over(tree: &Dockerfile, first: usize) -> HashSet<&str> {
    let in_stages = tree.instructions().iter().skip(first).filter(|i| i.keyword == Keyword::Arg);
    let pairs = in_stages.flat_map(|instruction| instruction.command.arguments.pairs());
    pairs.filter(|pair| pair.value.is_none()).map(|pair: &Pair| &*pair.name.text).collect()
}

/// How the variables before the first FROM are used.
struct VariableUses {
    /// The stages whose FROM is this variable and nothing else.
    whole: HashMap<String, Vec<usize>>,
    /// The variables that are part of something: of a FROM, of a platform, of another default.
    partial: HashSet<String>,
}

impl VariableUses {
    fn of(tree: &Dockerfile, global: &Environment, stages: &[Stage]) -> Self {
        let mut uses = Self { whole: HashMap::new(), partial: HashSet::new() };
        for stage in stages {
            let command = tree.instructions().get(stage.instructions.start).map(|from| &from.command);
            let words = command.map(|command| command.arguments.words()).unwrap_or_default();
            let (text, _) = words.first().map(|word| text_of(word)).unwrap_or_default();
            // In single quotes nothing is replaced.
            let is_fixed = words.first().is_some_and(|word| word.text.starts_with('\''));
            match whole_variable(&text).filter(|_| !is_fixed) {
                Some(name) => uses.whole.entry(name.to_owned()).or_default().push(stage.index),
                None => uses.mention(global, &text),
            }
            if let Some(platform) = &stage.platform {
                uses.mention(global, platform);
            }
        }
        let first = stages.first().map_or(0, |stage| stage.instructions.start);
        for instruction in tree.instructions().iter().take(first) {
            for value in instruction.command.arguments.pairs().iter().filter_map(|pair| pair.value.as_ref()) {
                uses.mention(global, &value.text);
            }
        }
        uses
    }

    fn mention(&mut self, global: &Environment, text: &str) {
        if let Ok(expanded) = global.try_expand(text) {
            self.partial.extend(expanded.used.into_iter().chain(expanded.unset));
        } else {
            // What cannot be expanded may still mention a variable: every name in it counts.
            let names = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            self.partial.extend(names.filter(|name| !name.is_empty()).map(str::to_owned));
        }
    }
}

/// The name in `$NAME` or `${NAME}`.
fn whole_variable(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('$')?;
    let name = rest.strip_prefix('{').map_or(Some(rest), |rest| rest.strip_suffix('}'))?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(is_name)).then_some(name)
}
