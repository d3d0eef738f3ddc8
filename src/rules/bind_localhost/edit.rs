//! The edit that binds an entry, or why there is none.

use super::{ADDRESS, BIND, FIELD};
use crate::model::BindRefusal;
use crate::model::compose::{PortEntry, Service};
use crate::rule::{Context, Fix, Operation, OptionValue, Refusal, RefusalCode, Remedy, ServiceEffect};
use crate::syntax::{Route, Value};
use std::net::{IpAddr, Ipv4Addr};

/// The fix of an entry.
pub(super) fn remedy(
    context: &Context<'_>,
    service: &Service<'_>,
    entry: &PortEntry,
    (index, subject): (usize, &str),
) -> Remedy {
    let address = match context.options.get(&ADDRESS, service.name) {
        Some(OptionValue::Address(address)) => address,
        _ => IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    let text = match entry.bind(address, &service.file.environment) {
        Ok(text) => text,
        Err(error) => {
            let by_hand = match entry {
                PortEntry::Short(_) => "put the address in front by hand".to_owned(),
                PortEntry::Long(_) => format!("set it in `.env`, or write `host_ip: {address}` by hand"),
            };
            let (code, message) = match &error {
                BindRefusal::Interpolated { variable } => (
                    RefusalCode::Interpolated,
                    format!("the value of `{variable}` is not known here and may hold an address; {by_hand}"),
                ),
                BindRefusal::Invalid(_) => (
                    RefusalCode::Notation,
                    "with the values of its variables, Compose refuses the entry".to_owned(),
                ),
                BindRefusal::AlreadyBound { .. } | BindRefusal::OtherAddress { .. } => {
                    (RefusalCode::Explicit, error.to_string())
                }
            };
            return Remedy::Refused(Refusal::new(code, message));
        }
    };
    let item = Route::root().key(FIELD).index(index);
    let path = if matches!(entry, PortEntry::Long(_)) { item.key("host_ip") } else { item };
    let effect = ServiceEffect {
        file: service.file.path.clone(),
        document: service.document,
        service: service.name.to_owned(),
        path,
        operation: Operation::Set(Value::string(text)),
    };
    let mut caveat =
        "clients on other machines can't reach it any more; use an SSH tunnel, or a proxy with a login"
            .to_owned();
    if matches!(context.options.get(&BIND, service.name), Some(OptionValue::Word(word)) if word == "proxied")
    {
        caveat.push_str(", or `bind: evidence` for the service, which leaves open what may be for visitors");
    }
    let extending = context.project.extending(service);
    if !extending.is_empty() {
        caveat.push_str(&format!("; {} gets the change through extends", extending.join(", ")));
    }
    Remedy::Fix(Fix::caution(format!("bind {subject} to {address}"), caveat, vec![effect.into()]))
}
