//! What must hold for every tree, checked from outside by other means than the reader's.

use hardtack::syntax::Route;
use hardtack::syntax::nginx::{Block, Body, Directive, Nginx, Quote};
use hardtack::text::TextRange;

/// Checks everything that `Nginx` promises; panics with `name` and the offence.
pub fn check(name: &str, source: &str, tree: &Nginx) {
    assert_eq!(tree.text(), source, "{name}: the text is not the source");
    assert_eq!(tree.root().inner, TextRange::new(0, source.len()), "{name}");
    let mut tokens: Vec<TextRange> = tree.comments().to_vec();
    for comment in tree.comments() {
        let text = comment.of(source);
        assert!(text.starts_with('#') && !text.contains('\n'), "{name}: no comment: {text:?}");
    }
    block(name, source, tree, tree.root(), &Route::root(), &mut tokens);
    tokens.sort();
    let mut at = 0;
    for token in tokens {
        assert!(token.start >= at, "{name}: two tokens overlap at byte {}", token.start);
        blank(name, source, at, token.start);
        at = token.end;
    }
    blank(name, source, at, source.len());
}

/// The routes of all directives, in order of the source.
pub fn routes(tree: &Nginx) -> Vec<Route> {
    fn collect(block: &Block, route: &Route, found: &mut Vec<Route>) {
        for (number, directive) in block.directives.iter().enumerate() {
            let route = route.index(number);
            found.push(route.clone());
            if let Some(block) = directive.block() {
                collect(block, &route.key("block"), found);
            }
        }
    }
    let mut found = Vec::new();
    collect(tree.root(), &Route::root(), &mut found);
    found
}

fn block(name: &str, source: &str, tree: &Nginx, block: &Block, route: &Route, tokens: &mut Vec<TextRange>) {
    let mut at = block.inner.start;
    for (number, found) in block.directives.iter().enumerate() {
        assert!(found.span.start >= at && found.span.end <= block.inner.end, "{name}: {route}[{number}]");
        at = found.span.end;
        let route = route.index(number);
        assert_eq!(tree.directive(&route), Some(found), "{name}: {route} leads elsewhere");
        assert_eq!(route.to_string().parse::<Route>().unwrap(), route, "{name}");
        directive(name, source, tree, found, &route, tokens);
    }
}

fn directive(
    name: &str,
    source: &str,
    tree: &Nginx,
    found: &Directive,
    route: &Route,
    tokens: &mut Vec<TextRange>,
) {
    assert_eq!(found.span.start, found.name.span.start, "{name}: {route}");
    for word in found.words() {
        let written = word.span.of(source);
        let quotes = match word.quote {
            Quote::None => !written.starts_with(['"', '\'']),
            Quote::Single => written.len() > 1 && written.starts_with('\'') && written.ends_with('\''),
            Quote::Double => written.len() > 1 && written.starts_with('"') && written.ends_with('"'),
        };
        assert!(quotes && !written.is_empty(), "{name}: {route}: {written:?}");
        if !written.contains('\\') {
            assert_eq!(word.inner().of(source), &*word.value, "{name}: {route}");
        }
        tokens.push(word.span);
    }
    let one = |at: usize| TextRange::new(at, at + 1);
    let last = one(found.span.end - 1);
    let sign = last.of(source);
    match &found.body {
        Body::None(at) => assert!(sign == ";" && *at == last.start, "{name}: {route}"),
        Body::Lua(code) => {
            assert!(sign == "}" && code.end == last.start, "{name}: {route}");
            tokens.extend([one(code.start - 1), *code]);
        }
        Body::Block(inner) => {
            assert!(sign == "}" && inner.inner.end == last.start, "{name}: {route}");
            assert_eq!(one(inner.inner.start - 1).of(source), "{", "{name}: {route}");
            tokens.push(one(inner.inner.start - 1));
            block(name, source, tree, inner, &route.key("block"), tokens);
        }
    }
    tokens.push(last);
}

fn blank(name: &str, source: &str, from: usize, to: usize) {
    let gap = &source[from..to];
    assert!(
        gap.bytes().all(|byte| b" \t\r\n".contains(&byte)),
        "{name}: bytes {from}..{to} belong to nothing: {gap:?}"
    );
}
