//! From text to tree.

use super::error::{Fault, ReadError, ReadErrorKind};
use super::lexer::{Lexer, Token};
use super::{Block, BlockKind, Body, Directive, Limits, Nginx, Quote, Word};
use crate::text::{LineIndex, TextRange};
use std::sync::Arc;

/// The text of a file's bytes.
///
/// # Errors
/// [`ReadErrorKind::NotUtf8`] at the first byte that is no UTF-8.
pub fn decode(bytes: &[u8]) -> Result<&str, ReadError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let before = std::str::from_utf8(valid).unwrap_or_default();
        ReadError::new(Fault::new(ReadErrorKind::NotUtf8, before.len()), before, &LineIndex::new(before))
    })
}

/// Reads a configuration file into a tree that knows the exact span of every token.
///
/// It takes time and memory linear in the size of the text.
///
/// # Errors
/// Why the text is refused, and where; see [`ReadErrorKind`]. There is no half-read tree.
pub fn parse(text: &str, limits: &Limits) -> Result<Nginx, ReadError> {
    if text.len() > limits.bytes {
        let fault = Fault::new(ReadErrorKind::TooLarge { limit: limits.bytes }, 0);
        return Err(ReadError::new(fault, "", &LineIndex::new("")));
    }
    let lines = LineIndex::new(text);
    let mut reader = Reader::new(text, limits);
    match reader.read() {
        Ok(root) => Ok(Nginx { text: Arc::from(text), root, comments: reader.comments, lines }),
        Err(fault) => Err(ReadError::new(fault.or_template(text), text, &lines)),
    }
}

/// The blocks whose items are read by a handler of their own (`cf->handler`) and are no directives.
const ENTRY_BLOCKS: [&str; 7] = ["map", "geo", "geoip2", "split_clients", "types", "charset_map", "match"];

/// How the names of blocks with Lua code end.
const LUA_BLOCK: &str = "_by_lua_block";

struct Reader<'t> {
    text: &'t str,
    limits: &'t Limits,
    lexer: Lexer<'t>,
    comments: Vec<TextRange>,
    /// The blocks that are open, the root first.
    open: Vec<Open>,
}

/// A block whose `}` has not come yet.
struct Open {
    /// The words of its directive; none at the root.
    head: Vec<Word>,
    start: usize,
    kind: BlockKind,
    directives: Vec<Directive>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, limits: &'t Limits) -> Self {
        Self { text, limits, lexer: Lexer::new(text), comments: Vec::new(), open: Vec::new() }
    }

    fn read(&mut self) -> Result<Block, Fault> {
        if self.text.starts_with('\u{feff}') {
            return Err(Fault::new(ReadErrorKind::ByteOrderMark, 0));
        }
        if let Some(at) = self.text.find('\0') {
            return Err(Fault::new(ReadErrorKind::Nul, at));
        }
        let mut current =
            Open { head: Vec::new(), start: 0, kind: BlockKind::Directives, directives: Vec::new() };
        let mut words: Vec<Word> = Vec::new();
        let mut count = 0_usize;
        while let Some(token) = self.lexer.token()? {
            match token {
                Token::Comment(comment) => self.comments.push(comment),
                Token::Word(word) => {
                    count += 1;
                    if count > self.limits.words {
                        let kind = ReadErrorKind::TooManyWords { limit: self.limits.words };
                        return Err(Fault::new(kind, word.span.start));
                    }
                    words.push(word);
                }
                Token::Semicolon(at) => {
                    let words = check_name(std::mem::take(&mut words), ';', at, current.kind)?;
                    current.directives.extend(directive(words, at + 1, Body::None(at)));
                }
                Token::Open(at) => {
                    let words = check_name(std::mem::take(&mut words), '{', at, current.kind)?;
                    self.open_block(&mut current, words, at)?;
                }
                Token::Close(at) => {
                    no_words_left(&words)?;
                    let outer = self.open.pop().ok_or_else(|| Fault::new(ReadErrorKind::StrayClose, at))?;
                    let closed = std::mem::replace(&mut current, outer);
                    let inner = TextRange::new(closed.start, at);
                    let block = Block { inner, kind: closed.kind, directives: closed.directives };
                    current.directives.extend(directive(closed.head, at + 1, Body::Block(block)));
                }
            }
        }
        no_words_left(&words)?;
        if let Some(name) = current.head.first() {
            return Err(Fault::new(ReadErrorKind::UnclosedBlock(shown(name)), current.start - 1));
        }
        let inner = TextRange::new(0, self.text.len());
        Ok(Block { inner, kind: BlockKind::Directives, directives: current.directives })
    }

    /// Takes a `{` at `at`: a block of Lua is read as a whole, any other becomes the current one.
    fn open_block(&mut self, current: &mut Open, words: Vec<Word>, at: usize) -> Result<(), Fault> {
        let fault = |kind| Err(Fault::new(kind, at));
        if current.kind == BlockKind::Entries {
            let name = current.head.first().map(shown).unwrap_or_default();
            return fault(ReadErrorKind::BlockAmongEntries(name));
        }
        let Some(name) = words.first() else { return Ok(()) };
        if name.value.ends_with(LUA_BLOCK) {
            let Some(code) = self.lexer.lua() else { return fault(ReadErrorKind::UnclosedLua(shown(name))) };
            current.directives.extend(directive(words, code.end + 1, Body::Lua(code)));
            return Ok(());
        }
        if self.open.len() >= self.limits.depth {
            return fault(ReadErrorKind::TooDeep { limit: self.limits.depth });
        }
        let has_entries = ENTRY_BLOCKS.contains(&&*name.value);
        let kind = if has_entries { BlockKind::Entries } else { BlockKind::Directives };
        let block = Open { head: words, start: at + 1, kind, directives: Vec::new() };
        self.open.push(std::mem::replace(current, block));
        Ok(())
    }
}

/// A directive of at least one word that ends at `end`.
fn directive(words: Vec<Word>, end: usize, body: Body) -> Option<Directive> {
    let mut words = words.into_iter();
    let name = words.next()?;
    let span = TextRange::new(name.span.start, end);
    Some(Directive { span, name, arguments: words.collect(), body })
}

/// The words of a directive that `sign` ends, if they can be one.
fn check_name(words: Vec<Word>, sign: char, at: usize, kind: BlockKind) -> Result<Vec<Word>, Fault> {
    let Some(name) = words.first() else { return Err(Fault::new(ReadErrorKind::NoDirective(sign), at)) };
    if kind == BlockKind::Directives && name.quote == Quote::None {
        if name.value.contains('}') {
            return Err(Fault::new(ReadErrorKind::BraceInName(shown(name)), name.span.start));
        }
        if name.value.starts_with("<%") {
            return Err(Fault::new(ReadErrorKind::Template, name.span.start));
        }
    }
    Ok(words)
}

/// A `}` or the end of the file must not come before the `;`.
fn no_words_left(words: &[Word]) -> Result<(), Fault> {
    match words.first() {
        None => Ok(()),
        Some(name) => Err(Fault::new(ReadErrorKind::NoSemicolon(shown(name)), name.span.start)),
    }
}

/// A name for a message: short, whatever the file holds.
fn shown(name: &Word) -> String {
    name.value.chars().take(60).collect()
}
