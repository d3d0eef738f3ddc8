//! The fix for a variable whose default is a secret: the default moves to the `.env` beside the Compose file, and the
//! variable is required.

use super::around::Around;
use super::held::secret_default;
use super::move_out::{caveat, evidence, is_path, kept, one_env, reads_env};
use crate::model::compose::{Service, SetVariable, file_set::join};
use crate::model::{Operator, Part, Template, Variable};
use crate::rule::{Effect, Evidence, Fix, Operation, Refusal, RefusalCode, ServiceEffect};
use crate::syntax::Value;
use std::collections::BTreeSet;

/// The variables of an entry whose defaults are secrets that stand in the file, each with the default; none where one of
/// them is deeper in, only says where a secret is, or is for a person to decide.
pub(super) fn defaults(service: &Service<'_>, entry: &SetVariable) -> Vec<(Variable, String)> {
    let Some(template) = Template::parse(&entry.value).ok().filter(|_| reads_env(service)) else {
        return Vec::new();
    };
    let found =
        |variable: &Variable| Some((variable.clone(), secret_default(&entry.name, variable, &entry.value)?));
    let shallow: Vec<_> = template
        .parts()
        .iter()
        .filter_map(|part| if let Part::Variable(variable) = part { found(variable) } else { None })
        .collect();
    let in_all = template.variables().into_iter().filter_map(found).count();
    let is_whole = in_all == shallow.len() && !shallow.iter().any(|(_, default)| is_path(default));
    if is_whole { shallow } else { Vec::new() }
}

/// The fix for an entry with such variables, or why there is none.
pub(super) fn require(
    around: &Around<'_>,
    service: &Service<'_>,
    entry: &SetVariable,
    defaults: &[(Variable, String)],
) -> Result<(Fix, Evidence), Refusal> {
    one_env(around, service)?;
    let path = join(service.file.folder(), ".env");
    let mut text = entry.value.clone();
    let mut effects: Vec<Effect> = Vec::new();
    for (variable, default) in defaults.iter().rev() {
        let name = &variable.name;
        match around.project.env_files.get(&path).and_then(|known| known.get(name)) {
            Some("") => {
                let why =
                    format!("{path} sets `{name}` to nothing, so that the default counts; set it there");
                return Err(Refusal::new(RefusalCode::Explicit, why));
            }
            Some(_) => {}
            None if around.project.reads_alike_with(&path, name, default) => {
                effects.extend(kept(around, &path, name, default)?);
            }
            None => {
                let why = format!(
                    "`{name}` is asked for elsewhere beside {path}, with another default or with none, and would be set \
                     there, too; give it one default, or a name of its own, by hand"
                );
                return Err(Refusal::new(RefusalCode::Explicit, why));
            }
        }
        text.replace_range(variable.range.start..variable.range.end, &required(variable));
    }
    let set = Operation::Set(Value::string(entry.with(&text)));
    effects
        .insert(0, ServiceEffect { path: entry.path.clone(), ..ServiceEffect::on(service, &[], set) }.into());
    let names: BTreeSet<&str> = defaults.iter().map(|(variable, _)| variable.name.as_str()).collect();
    let left = names.iter().find_map(|name| around.texts(&path).with_default(name));
    let names = names.into_iter().collect::<Vec<_>>().join("`, `");
    let title = format!("move the default of `{names}` to {path}");
    Ok((Fix::caution(title, caveat(&path, left), effects), evidence()))
}

/// The variable without its default, as an error where it is not set; whether an empty one counts as set stays.
fn required(variable: &Variable) -> String {
    let name = &variable.name;
    let is_lax =
        variable.operation.as_ref().is_some_and(|operation| operation.operator == Operator::DefaultIfUnset);
    format!("${{{name}{}{name} must be set}}", if is_lax { "?" } else { ":?" })
}
