//! Law 6: changes of a file that mean nothing, and that a fix must go along with.

use hardtack::syntax::yaml::{Kind, Limits, ScalarStyle, parse};

/// A change of a file that means nothing to Compose.
pub struct Transformation {
    /// What it does.
    pub name: &'static str,
    /// The file with it; `None` where it does not apply.
    pub apply: fn(&str) -> Option<String>,
}

/// The transformations of law 6 that apply to any file.
pub const TRANSFORMATIONS: &[Transformation] = &[
    Transformation { name: "CRLF", apply: crlf },
    Transformation { name: "BOM", apply: byte_order_mark },
    Transformation { name: "comment above", apply: comment_above },
    Transformation { name: "document marker", apply: document_marker },
    Transformation { name: "no final newline", apply: no_final_newline },
];

fn crlf(text: &str) -> Option<String> {
    (!text.contains('\r')).then(|| text.replace('\n', "\r\n"))
}

fn byte_order_mark(text: &str) -> Option<String> {
    (!text.starts_with('\u{feff}')).then(|| format!("\u{feff}{text}"))
}

/// Behind a BOM, which stays first.
fn comment_above(text: &str) -> Option<String> {
    let (mark, rest) = split_mark(text);
    Some(format!("{mark}# kept: ü — #{}{rest}", newline(text)))
}

/// Not on a file of comments alone: a marker makes an empty document of it, which Compose refuses.
fn document_marker(text: &str) -> Option<String> {
    let is_empty = parse(text, &Limits::default()).is_ok_and(|tree| tree.documents().is_empty());
    let (mark, rest) = split_mark(text);
    let has_marker = text.lines().any(|line| {
        line.trim_start_matches('\u{feff}').starts_with("---")
            || line.starts_with("...")
            || line.starts_with('%')
    });
    (!has_marker && !is_empty).then(|| format!("{mark}---{}{rest}", newline(text)))
}

/// A text block at the end would lose its last line break with the file's, so that nothing can follow it.
fn no_final_newline(text: &str) -> Option<String> {
    let cut = text.strip_suffix("\r\n").or_else(|| text.strip_suffix('\n'))?;
    (!cut.ends_with('\n') && !ends_in_text_block(text)).then(|| cut.to_owned())
}

fn ends_in_text_block(text: &str) -> bool {
    let Ok(tree) = parse(text, &Limits::default()) else { return true };
    let end = text.trim_end().len();
    tree.nodes().any(|(_, node)| {
        let is_block = matches!(&node.kind, Kind::Scalar(scalar)
            if matches!(scalar.style, ScalarStyle::Literal | ScalarStyle::Folded));
        is_block && node.span.end >= end
    })
}

fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

fn split_mark(text: &str) -> (&'static str, &str) {
    match text.strip_prefix('\u{feff}') {
        Some(rest) => ("\u{feff}", rest),
        None => ("", text),
    }
}
