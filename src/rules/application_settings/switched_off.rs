//! Variables that are set, and switch a protection off.

use super::{META, MODE, asked, plain_http};
use crate::knowledge::{Companion, Confidence, Protection, lets_any_origin_in, needs_tls};
use crate::model::compose::{Service, SetVariable, set_variables};
use crate::model::{Part, Template};
use crate::rule::{
    Context, Evidence, Finding, FindingBuilder, Fix, Operation, OptionValue, Remedy, ServiceEffect, Severity,
};
use crate::syntax::Value;
use crate::text::TextRange;

/// What is found about the variables of one service.
pub(super) fn findings(context: &Context<'_>, service: Service<'_>) -> Vec<Finding> {
    let variables = set_variables(&service);
    let is_open_to_all = || {
        let value = |variable: &SetVariable| service.interpolate(&variable.value);
        variables.iter().any(|set| value(set).is_some_and(|value| lets_any_origin_in(&set.name, &value)))
    };
    let check = |variable: &SetVariable| {
        let protection = Protection::of(&variable.name)?;
        let wished = asked(context, service.name).into_iter().find(|wish| wish.name == variable.name);
        let value = service.interpolate(&variable.value)?;
        let is_fitting = wished.as_ref().is_none_or(|wish| !protection.is_off_by(&wish.value));
        let is_harmful = match protection.only_with {
            Some(Companion::AnyOrigin) => wished.is_some() || is_open_to_all(),
            None => true,
        };
        if !protection.is_off_by(&value) || !is_fitting || !is_harmful {
            return None;
        }
        let is_set = wished.as_ref().is_some_and(|wish| wish.is_to_be_set);
        let to_be_fixed =
            is_set || context.options.get(&MODE, service.name) == Some(OptionValue::Word("fix".to_owned()));
        // On a developer's machine there is no TLS, and whoever tries something out is on it.
        if service.file.is_for_development() && !to_be_fixed {
            return None;
        }
        let wanted = wished.map_or_else(|| spelled_alike(&value, &protection.write), |wish| wish.value);
        let plain = || plain_http::shown(context, &service, &variable.name, !is_set);
        let plain = needs_tls(&variable.name, &wanted).then(plain).flatten();
        Some(finding(service, variable, protection, &wanted, Wanted { to_be_fixed, plain }))
    };
    variables.iter().filter_map(check).collect()
}

/// A truth value as the file spells the other one: `0` becomes `1`, `False` becomes `True`.
fn spelled_alike(found: &str, wanted: &str) -> String {
    const PAIRS: [(&str, &str); 4] = [("false", "true"), ("0", "1"), ("no", "yes"), ("off", "on")];
    let found = found.trim().trim_matches(['\'', '"']);
    let is_true = PAIRS.iter().any(|(_, yes)| *yes == wanted);
    let pair =
        PAIRS.iter().find(|(no, yes)| found.eq_ignore_ascii_case(no) || found.eq_ignore_ascii_case(yes));
    let Some((no, yes)) = pair.filter(|_| is_true || wanted == "false") else { return wanted.to_owned() };
    let word = if is_true { yes } else { no };
    let is_upper = found.len() > 1 && found.chars().all(|c| c.is_ascii_uppercase());
    match found.chars().next() {
        Some(_) if is_upper => word.to_ascii_uppercase(),
        Some(first) if first.is_ascii_uppercase() => word[..1].to_ascii_uppercase() + &word[1..],
        _ => (*word).to_owned(),
    }
}

/// Whether a protection is to be switched on, and what shows plain HTTP if it needs TLS.
struct Wanted {
    to_be_fixed: bool,
    plain: Option<String>,
}

fn finding(
    service: Service<'_>,
    variable: &SetVariable,
    protection: &Protection,
    wanted: &str,
    Wanted { to_be_fixed, plain }: Wanted,
) -> Finding {
    let name = &variable.name;
    let to_be_fixed = to_be_fixed && plain.is_none();
    let severity = if to_be_fixed { META.severity } else { Severity::Low };
    let finding = FindingBuilder::new(META.id, severity, service).at(variable.node).subject(name.clone());
    let message = format!("with `{name}` as it is set {}", protection.lost);
    let line = variable_line(variable, wanted);
    let Some(range) = value_range(&service, variable) else {
        let advice = format!(
            "where its value comes from, write `{name}={wanted}`, or here `{line}`; {}",
            protection.kept
        );
        return finding.build(message, Remedy::Advice(advice));
    };
    if let Some(plain) = plain {
        let advice = format!("write `{line}` once TLS ends in it or in front of it: {plain}");
        return finding.build(message, Remedy::Advice(advice));
    }
    if !to_be_fixed {
        let advice = format!("write `{line}`, if the program reads it; {}", protection.kept);
        return finding.build(message, Remedy::Advice(advice));
    }
    let mut value = variable.value.clone();
    value.replace_range(range.start..range.end, wanted);
    let effect = ServiceEffect {
        path: variable.path.clone(),
        ..ServiceEffect::on(&service, &[], Operation::Set(Value::string(variable.with(&value))))
    };
    let evidence = Evidence {
        confidence: Confidence::Documented,
        fact: "the settings ask for it, and its value switches a protection off".to_owned(),
        source: protection.source.clone(),
    };
    let fix = Fix::caution(format!("set {name} to {wanted}"), protection.kept.clone(), vec![effect.into()]);
    finding.because(Some(evidence)).build(message, Remedy::Fix(fix))
}

/// The line to paste, in the form that the service has.
fn variable_line(variable: &SetVariable, wanted: &str) -> String {
    if variable.is_item {
        format!("- {}={wanted}", variable.name)
    } else {
        format!("{}: \"{wanted}\"", variable.name)
    }
}

/// The part of a value that decides: all of it, or the default of a variable that nothing sets; `None` if the value
/// comes from elsewhere.
fn value_range(service: &Service<'_>, variable: &SetVariable) -> Option<TextRange> {
    let template = Template::parse(&variable.value).ok()?;
    match template.parts() {
        [Part::Literal(_)] => Some(TextRange::new(0, variable.value.len())),
        [Part::Variable(found)] => {
            let operation = found.operation.as_ref()?;
            let is_set = service.file.environment.get(&found.name).is_some();
            let decides = operation.operator.is_default() && operation.word.is_literal() && !is_set;
            decides.then_some(operation.word.range)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_spelled_as_the_other_one_was() {
        for (found, wanted, expected) in [
            ("false", "true", "true"),
            ("False", "true", "True"),
            ("FALSE", "true", "TRUE"),
            ("0", "true", "1"),
            ("Off", "true", "On"),
            ("'no'", "true", "yes"),
            ("1", "false", "0"),
            ("True", "false", "False"),
            ("0", "1", "1"),
        ] {
            assert_eq!(spelled_alike(found, wanted), expected, "{found}");
        }
    }
}
