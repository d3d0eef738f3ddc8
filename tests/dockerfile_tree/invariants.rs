//! What must hold for every tree, checked from outside by other means than the reader's.

use hardtack::syntax::dockerfile::{Arguments, Command, Dockerfile, Instruction, Word};
use hardtack::text::TextRange;

/// Checks everything that `Dockerfile` promises; panics with `name` and the offence.
pub fn check(name: &str, source: &str, tree: &Dockerfile) {
    assert_eq!(tree.text(), source, "{name}: the text is not the source");
    outside(name, source, tree);
    for (index, instruction) in tree.instructions().iter().enumerate() {
        let what = format!("{name}: instruction {index}");
        inside(&what, source, tree, instruction);
        command(&what, source, &instruction.command);
        assert_eq!(Some(instruction.keyword), instruction.command.keyword, "{what}");
        let found = tree.find(&tree.route(index));
        assert!(found.is_some(), "{what} has no route");
    }
}

/// Every byte outside instructions, directives and comments is a byte order mark, white space or a break.
fn outside(name: &str, source: &str, tree: &Dockerfile) {
    let mut covered: Vec<TextRange> =
        tree.instructions().iter().map(|instruction| instruction.span).collect();
    covered.extend(tree.directives().iter().map(|directive| directive.span));
    let in_instruction =
        |comment: &TextRange| tree.instructions().iter().any(|one| one.span.contains_range(*comment));
    covered.extend(tree.comments().iter().filter(|comment| !in_instruction(comment)));
    covered.sort();
    let mut at = 0;
    for range in &covered {
        assert!(range.start >= at, "{name}: two tokens overlap at byte {}", range.start);
        blank(name, source, at, range.start);
        at = range.end;
    }
    blank(name, source, at, source.len());
    for comment in tree.comments() {
        assert!(comment.of(source).starts_with('#'), "{name}: no comment at byte {}", comment.start);
    }
}

fn blank(name: &str, source: &str, from: usize, to: usize) {
    let mut gap = &source[from..to];
    if from == 0 {
        gap = gap.strip_prefix('\u{feff}').unwrap_or(gap);
    }
    assert!(gap.chars().all(char::is_whitespace), "{name}: bytes {from}..{to} belong to nothing: {gap:?}");
}

/// Segments, heredocs and inner comments cover an instruction but for escapes, blanks and breaks, and the
/// segments together are the logical line.
fn inside(name: &str, source: &str, tree: &Dockerfile, instruction: &Instruction) {
    let segments: Vec<TextRange> = instruction.segments().collect();
    let joined: String = segments.iter().map(|segment| segment.of(source)).collect();
    assert_eq!(joined, instruction.logical_text(), "{name}: the segments are not the logical line");
    let mut pieces = segments;
    for heredoc in &instruction.heredocs {
        let (body, end) = (heredoc.body, heredoc.terminator);
        assert_eq!(body.end, end.start, "{name}: a heredoc does not end at its terminator");
        let tabs = if heredoc.chomp { end.of(source).trim_start_matches('\t') } else { end.of(source) };
        assert_eq!(tabs, &*heredoc.name, "{name}: a terminator is not the name");
        pieces.extend([body, end]);
    }
    let comments = tree.comments().iter().filter(|comment| instruction.span.contains_range(**comment));
    pieces.extend(comments);
    pieces.sort_by_key(|piece| (piece.start, piece.end));
    let mut at = instruction.span.start;
    for piece in pieces {
        assert!(piece.start >= at, "{name}: two pieces overlap at byte {}", piece.start);
        filler(name, tree, &source[at..piece.start]);
        at = piece.end;
    }
    assert!(at <= instruction.span.end, "{name}: a piece is outside");
    filler(name, tree, &source[at..instruction.span.end]);
    let lines = source[..instruction.span.start].matches('\n').count();
    let last = source[..instruction.span.end].matches('\n').count();
    assert_eq!(instruction.lines, lines..last + 1, "{name}: the lines are wrong");
}

fn filler(name: &str, tree: &Dockerfile, gap: &str) {
    let escapes = gap.matches(tree.escape().char()).count();
    let rest = gap.replace(tree.escape().char(), "");
    assert!(rest.chars().all(char::is_whitespace), "{name}: {gap:?} belongs to nothing");
    assert!(escapes <= gap.matches('\n').count() + 1, "{name}: {gap:?} has too many escapes");
}

fn command(name: &str, source: &str, command: &Command) {
    word(name, source, &command.name);
    for flag in &command.flags {
        word(name, source, &flag.word);
        flag.written_value.iter().for_each(|value| word(name, source, value));
        for field in flag.mount_fields().into_iter().flatten() {
            field.value.iter().for_each(|value| word(name, source, value));
        }
    }
    for pair in command.arguments.pairs() {
        word(name, source, &pair.name);
        pair.value.iter().for_each(|value| word(name, source, value));
    }
    command.arguments.words().into_iter().for_each(|found| word(name, source, found));
    if let Arguments::Trigger(inner) = &command.arguments {
        self::command(name, source, inner);
    }
}

fn word(name: &str, source: &str, word: &Word) {
    if let Some(span) = word.span {
        assert_eq!(source.get(span.start..span.end), Some(&*word.text), "{name}: a span is wrong");
    }
}
