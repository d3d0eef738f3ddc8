//! How many files each process of a service may open.

use crate::model::compose::Service;
use crate::rule::{Context, OptionKind, OptionSpec, OptionValue, Refusal, RefusalCode};
use crate::syntax::Value;

/// The most files that Linux lets a process open.
const MOST_FILES: i64 = 1 << 30;

pub(super) static NOFILE: OptionSpec = OptionSpec {
    name: "nofile",
    kind: OptionKind::Integer(1, MOST_FILES),
    default: "",
    docs: "The most files that each process of a service may open.",
};
pub(super) static NOFILE_HARD: OptionSpec = OptionSpec {
    name: "nofile-hard",
    kind: OptionKind::Integer(1, MOST_FILES),
    default: "",
    docs: "How far a process may raise `nofile` by itself; as far as `nofile` if it is not given.",
};

/// The `ulimits.nofile` that the options ask for and the service does not have.
pub(super) fn open_files(
    context: &Context<'_>,
    service: &Service<'_>,
    parts: &[Service<'_>],
) -> Result<Option<(Value, String)>, Refusal> {
    let number = |spec: &OptionSpec| match context.options.get(spec, service.name) {
        Some(OptionValue::Integer(number)) => Some(number),
        _ => None,
    };
    if parts.iter().any(|part| part.has_at(&["ulimits", "nofile"])) {
        return Ok(None);
    }
    let (soft, hard) = match (number(&NOFILE), number(&NOFILE_HARD)) {
        (None, None) => return Ok(None),
        (Some(soft), hard) if hard.is_none_or(|hard| hard >= soft) => (soft, hard.unwrap_or(soft)),
        _ => {
            let why = "the option `nofile-hard` needs an option `nofile` that is no larger";
            return Err(Refusal::new(RefusalCode::Explicit, why));
        }
    };
    let entry = |key: &str, number: i64| (key.to_owned(), Value::Integer(number));
    Ok(Some((Value::Mapping(vec![entry("soft", soft), entry("hard", hard)]), format!("{soft}:{hard}"))))
}
