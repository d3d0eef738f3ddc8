//! Writes a value in block or flow notation.

use super::style::LocalStyle;
use crate::syntax::Value;
use crate::syntax::yaml::ScalarStyle;
use crate::syntax::yaml::encode::{double_quoted, encode_string};

/// Writes what follows the `:` of a key at column `column`: a blank and a scalar, or lines below it.
pub(super) fn emit_after_key(value: &Value, column: usize, style: &LocalStyle, out: &mut String) {
    match value {
        Value::Sequence(items) if !items.is_empty() => {
            let column = column + style.sequence_offset;
            break_line(column, style, out);
            emit_block(value, column, style, out);
        }
        Value::Mapping(entries) if !entries.is_empty() => {
            let column = column + style.step;
            break_line(column, style, out);
            emit_block(value, column, style, out);
        }
        scalar => {
            out.push(' ');
            out.push_str(&emit_flow(scalar, ScalarStyle::Plain, false));
        }
    }
}

/// Writes a value whose first character stands at column `column` of the current line.
pub(super) fn emit_block(value: &Value, column: usize, style: &LocalStyle, out: &mut String) {
    match value {
        Value::Sequence(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    break_line(column, style, out);
                }
                out.push_str("- ");
                emit_block(item, column + 2, style, out);
            }
        }
        Value::Mapping(entries) if !entries.is_empty() => {
            for (index, (key, value)) in entries.iter().enumerate() {
                if index > 0 {
                    break_line(column, style, out);
                }
                out.push_str(&emit_key(key, false, false));
                out.push(':');
                emit_after_key(value, column, style, out);
            }
        }
        scalar => out.push_str(&emit_flow(scalar, ScalarStyle::Plain, false)),
    }
}

/// Writes a value on one line; strings in the wanted style where it can carry them. `inside` says that
/// the value stands in brackets already.
pub(super) fn emit_flow(value: &Value, want: ScalarStyle, inside: bool) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::String(text) => encode_string(text, want, inside),
        Value::Alias(name) => format!("*{name}"),
        Value::Sequence(items) => {
            let items: Vec<_> = items.iter().map(|item| emit_flow(item, want, true)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Mapping(entries) => {
            let quoted = want == ScalarStyle::DoubleQuoted;
            let write = |(key, value): &(String, Value)| {
                format!("{}: {}", emit_key(key, quoted, true), emit_flow(value, want, true))
            };
            let entries: Vec<_> = entries.iter().map(write).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

/// Writes a key. The merge key stands without quotes: quoted it would be an ordinary key.
pub(super) fn emit_key(key: &str, quoted: bool, inside: bool) -> String {
    match key {
        "<<" => key.to_owned(),
        _ if quoted => double_quoted(key),
        _ => encode_string(key, ScalarStyle::Plain, inside),
    }
}

fn break_line(column: usize, style: &LocalStyle, out: &mut String) {
    out.push_str(style.newline);
    out.extend(std::iter::repeat_n(' ', column));
}
