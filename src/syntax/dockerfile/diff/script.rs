//! Shell texts before and after something was put into them, command by command.

use crate::syntax::dockerfile::edit::ScriptPlace;
use crate::syntax::dockerfile::{Dockerfile, Instruction, Joint, Script};

/// The words of each command, and how it hangs on the one before.
type Commands = Vec<(Joint, Vec<String>)>;

/// Whether the shell text of an instruction is the one before with `additions`, and nothing else.
pub(super) fn is_extended(
    (before, old): (&Dockerfile, &Instruction),
    (after, new): (&Dockerfile, &Instruction),
    additions: &[(ScriptPlace, &str)],
) -> bool {
    let (Some(old), Some(new)) = (old.script(before.escape()), new.script(after.escape())) else {
        return false;
    };
    let only_words = additions.iter().all(|(place, _)| matches!(place, ScriptPlace::Word { .. }));
    let is_closed =
        |script: &Script| script.word_obstacle.is_some() || (!only_words && script.obstacle.is_some());
    if is_closed(&old) || is_closed(&new) || old.obstacle != new.obstacle || old.comment != new.comment {
        return false;
    }
    extended(commands(&old), additions).is_some_and(|wanted| wanted == commands(&new))
}

fn commands(script: &Script) -> Commands {
    let words = script
        .commands
        .iter()
        .map(|command| (command.joint, command.words.iter().map(|word| word.text.to_string()).collect()));
    words.collect()
}

/// The commands with what is added, all at places of the text before.
fn extended(mut commands: Commands, additions: &[(ScriptPlace, &str)]) -> Option<Commands> {
    let count = commands.len();
    let mut words: Vec<(usize, usize, &str)> = Vec::new();
    for (place, text) in additions {
        match place {
            ScriptPlace::Word { command, word } => words.push((*command, *word, text)),
            ScriptPlace::Command(number) if *number == count => {
                commands.push((Joint::And, text.split(' ').map(str::to_owned).collect()));
            }
            ScriptPlace::Command(_) => return None,
        }
    }
    // From the last to the first, so that no word moves the place of another; of several at one place the
    // last given ends up last.
    words.reverse();
    words.sort_by_key(|(command, word, _)| std::cmp::Reverse((*command, *word)));
    for (command, word, text) in words {
        let own = &mut commands.get_mut(command).filter(|_| command < count)?.1;
        if word == 0 || word > own.len() {
            return None;
        }
        own.insert(word, text.to_owned());
    }
    Some(commands)
}
