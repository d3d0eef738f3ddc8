//! What a route names in a Dockerfile.

use super::edit::ScriptPlace;
use super::{Arguments, Command, Dockerfile, Keyword, StageRange, Word};
use crate::syntax::{Route, Segment};
use crate::text::TextRange;

/// How the text at a place is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Notation {
    /// A word; one pair of quotes may stand around it.
    Word,
    /// A JSON string.
    Json,
    /// The rest of the instruction.
    Line,
    /// A field of comma-separated ones.
    Field,
    /// The name of an instruction.
    Keyword,
}

/// What a route names.
///
/// | route | what it names |
/// |---|---|
/// | `syntax` | the image in `# syntax=` |
/// | `global[i]` | instruction i before the first FROM |
/// | `stages[s][i]` | instruction i of stage s; 0 is its FROM |
/// | `....keyword` | its name |
/// | `....arguments` | the shell text of RUN, CMD and ENTRYPOINT, to set it to an array |
/// | `....arguments[n]` | word, JSON item or text n; for ARG, ENV and LABEL the value of pair n |
/// | `....flags` | the flags, to append one |
/// | `....flags[n]` | the value of flag n |
/// | `....flags[n].from` | the field `from` of that value |
/// | `....commands[n]` | command n of a RUN in shell form |
/// | `....commands[n].words[m]` | word m of that command |
/// | `....trigger` | what stands behind ONBUILD, with `arguments` and `flags` below it |
#[derive(Clone, Debug)]
pub enum Place<'t> {
    /// The image of the frontend.
    Syntax(TextRange),
    /// An instruction, by its number in the file.
    Instruction(usize),
    /// The list of flags of an instruction or of a trigger.
    Flags(&'t Command),
    /// The shell text of an instruction, where it stands in one piece.
    Arguments(Option<TextRange>),
    /// A command in a shell text or a word of one, where it stands in one piece.
    Script(Option<TextRange>),
    /// A text that can be set.
    Text(Word, Notation),
}

/// The two lists of instructions that a route can go through.
const GLOBAL: &str = "global";
const STAGES: &str = "stages";

impl Dockerfile {
    /// What stands at a route; `None` if there is nothing.
    #[must_use]
    pub fn find(&self, route: &Route) -> Option<Place<'_>> {
        if route.document != 0 {
            return None;
        }
        if let [Segment::Key(key)] = &route.segments[..] {
            return self.frontend().filter(|_| key == "syntax").map(Place::Syntax);
        }
        let slot = self.slot(&route.segments).filter(|slot| slot.number < slot.list.end)?;
        match slot.below {
            [] => Some(Place::Instruction(slot.number)),
            below if ScriptPlace::of(below).is_some() => self.find_in_script(slot.number, below),
            below => find_in_command(&self.instructions().get(slot.number)?.command, below),
        }
    }

    /// Where the thing stands that a route names. What a continuation cuts in two, or a list of flags, stands
    /// where its instruction does.
    #[must_use]
    pub fn span(&self, route: &Route) -> Option<TextRange> {
        let instruction = |number: usize| self.instructions().get(number).map(|instruction| instruction.span);
        match self.find(route)? {
            Place::Syntax(span) => Some(span),
            Place::Instruction(number) => instruction(number),
            Place::Text(Word { span: Some(span), .. }, _)
            | Place::Arguments(Some(span))
            | Place::Script(Some(span)) => Some(span),
            Place::Text(..) | Place::Flags(_) | Place::Arguments(None) | Place::Script(None) => {
                instruction(self.slot(&route.segments)?.number)
            }
        }
    }

    fn find_in_script(&self, number: usize, below: &[Segment]) -> Option<Place<'_>> {
        let script = self.instructions().get(number)?.script(self.escape())?;
        let span = match ScriptPlace::of(below)? {
            ScriptPlace::Command(command) => {
                let words = &script.commands.get(command)?.words;
                let (first, last) = (words.first()?.span, words.last()?.span);
                first.zip(last).map(|(first, last)| TextRange::new(first.start, last.end))
            }
            ScriptPlace::Word { command, word } => script.commands.get(command)?.words.get(word)?.span,
        };
        Some(Place::Script(span))
    }

    /// The route of the instruction with this number in the file.
    #[must_use]
    pub fn route(&self, index: usize) -> Route {
        let froms = self.instructions().iter().enumerate().take(index + 1);
        let mut stages =
            froms.filter(|(_, instruction)| instruction.keyword == Keyword::From).map(|(at, _)| at);
        match stages.next() {
            None => Route::root().key(GLOBAL).index(index),
            Some(first) => {
                let (stage, start) =
                    stages.enumerate().last().map_or((0, first), |(at, start)| (at + 1, start));
                Route::root().key(STAGES).index(stage).index(index - start)
            }
        }
    }

    /// Where a route begins, in the list of the instructions before the first FROM or of a stage.
    pub(super) fn slot<'r>(&self, segments: &'r [Segment]) -> Option<Slot<'r>> {
        let (list, index, below) = match segments {
            [Segment::Key(list), Segment::Index(index), below @ ..] if list == GLOBAL => {
                (0..self.stages().first()?.start, index, below)
            }
            [Segment::Key(list), Segment::Index(stage), Segment::Index(index), below @ ..]
                if list == STAGES =>
            {
                (self.stages().get(*stage)?.clone(), index, below)
            }
            _ => return None,
        };
        let number = list.start.checked_add(*index).filter(|number| *number <= list.end)?;
        Some(Slot { list, number, below })
    }
}

/// A number in a list of instructions, or the one behind its last.
#[derive(Clone, Debug)]
pub(super) struct Slot<'r> {
    /// The list, as numbers of instructions of the file.
    pub(super) list: StageRange,
    /// The number in the file; at most the end of the list.
    pub(super) number: usize,
    /// The rest of the route.
    pub(super) below: &'r [Segment],
}

fn find_in_command<'t>(command: &'t Command, below: &[Segment]) -> Option<Place<'t>> {
    let (Segment::Key(key), rest) = below.split_first()? else { return None };
    match (key.as_str(), rest, &command.arguments) {
        ("trigger", rest, Arguments::Trigger(inner)) => find_in_command(inner, rest),
        ("keyword", [], _) => Some(Place::Text(command.name.clone(), Notation::Keyword)),
        ("arguments", [], Arguments::Text(text)) => {
            let has_array =
                matches!(command.keyword, Some(Keyword::Run | Keyword::Cmd | Keyword::Entrypoint));
            has_array.then_some(Place::Arguments(text.span))
        }
        ("flags", [], _) => Some(Place::Flags(command)),
        ("flags", [Segment::Index(index)], _) => {
            let value = command.flags.get(*index)?.written_value.clone()?;
            Some(Place::Text(value, Notation::Word))
        }
        ("flags", [Segment::Index(index), Segment::Key(field)], _) => {
            let fields = command.flags.get(*index)?.mount_fields()?;
            let found = fields.into_iter().find(|found| &*found.key == field)?;
            Some(Place::Text(found.value?, Notation::Field))
        }
        ("arguments", [Segment::Index(index)], arguments) => {
            find_argument(arguments, *index).map(|(word, notation)| Place::Text(word.clone(), notation))
        }
        _ => None,
    }
}

fn find_argument(arguments: &Arguments, index: usize) -> Option<(&Word, Notation)> {
    match arguments {
        Arguments::None | Arguments::Trigger(_) => None,
        Arguments::Text(word) => (index == 0).then_some((word, Notation::Line)),
        Arguments::Words(words) => words.get(index).map(|word| (word, Notation::Word)),
        Arguments::Json(words) => words.get(index).map(|word| (word, Notation::Json)),
        Arguments::Pairs(pairs) => {
            let pair = pairs.get(index)?;
            Some((pair.value.as_ref()?, if pair.by_space { Notation::Line } else { Notation::Word }))
        }
        Arguments::Healthcheck(kind, _) if index == 0 => Some((kind, Notation::Word)),
        Arguments::Healthcheck(_, test) => find_argument(test, index - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::dockerfile::{Limits, parse};

    const TEXT: &str = "# syntax=docker/dockerfile:1\nARG A=\"x\"\nFROM a AS b\nRUN --mount=type=bind,from=c \\\n  --network=none d\n\
        FROM b\nONBUILD COPY --from=e f g\nHEALTHCHECK CMD [\"h\", \"i\"]\nUSER j k\n";

    fn text(route: &str) -> Option<String> {
        let tree = parse(TEXT, &Limits::default()).unwrap();
        let found = match tree.find(&route.parse().unwrap())? {
            Place::Syntax(range) => range.of(TEXT).to_owned(),
            Place::Text(word, _) => {
                let span = word.span.unwrap();
                assert_eq!(span.of(TEXT), &*word.text);
                word.text.to_string()
            }
            Place::Instruction(index) => {
                tree.instructions().get(index).map(|i| i.logical_text().to_owned())?
            }
            Place::Flags(command) => command.flags.len().to_string(),
            Place::Arguments(span) | Place::Script(span) => span?.of(TEXT).to_owned(),
        };
        Some(found)
    }

    #[test]
    fn routes_name_what_the_table_says() {
        let said = |route: &str| text(route).unwrap();
        assert_eq!(said("syntax"), "docker/dockerfile:1");
        assert_eq!(said("global[0].arguments[0]"), "\"x\"");
        assert_eq!(said("stages[0][0].arguments[2]"), "b");
        assert_eq!(said("stages[0][1].flags[0].from"), "c");
        assert_eq!(said("stages[0][1].commands[0].words[0]"), "d");
        assert_eq!(said("stages[0][1].arguments"), "d");
        assert_eq!(said("stages[1][1].trigger.keyword"), "COPY");
        assert_eq!(said("stages[0][1].flags[1]"), "none");
        assert_eq!(said("stages[0][1].flags"), "2");
        assert_eq!(said("stages[1][1].trigger.flags[0]"), "e");
        assert_eq!(said("stages[1][1].trigger.arguments[1]"), "g");
        assert_eq!(said("stages[1][2].arguments[0]"), "CMD");
        assert_eq!(said("stages[1][2].arguments[2]"), "\"i\"");
        assert_eq!(said("stages[1][3]"), "USER j k");
        assert_eq!(said("stages[1][3].arguments[0]"), "j k");
        for nothing in [
            "stages[2][0]",
            "stages[0][2]",
            "global[1]",
            "stages[0][0].arguments[3]",
            "#1:syntax",
            "global",
            "stages[1][3].flags[0]",
        ] {
            assert_eq!(text(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn every_instruction_has_the_route_that_leads_to_it() {
        let tree = parse(TEXT, &Limits::default()).unwrap();
        for index in 0..tree.instructions().len() {
            let found = tree.find(&tree.route(index));
            assert!(matches!(found, Some(Place::Instruction(at)) if at == index));
        }
    }
}
