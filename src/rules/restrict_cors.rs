//! Replaces "any origin" in the CORS settings of applications by the origins that are meant.
//!
//! ## Why
//! `Access-Control-Allow-Origin: *`, or an origin that is echoed, lets every page on the web that a user
//! happens to visit call the interface and read the answers; with credentials it acts as that user.
//!
//! ## What changes
//! A variable whose name says that it lists origins (`BACKEND_CORS_ORIGINS`, `ALLOWED_ORIGINS`,
//! `..._ALLOW_ORIGIN`, and those that the option `keys` names) and whose value is a wildcard gets explicit origins,
//! in the form that the value has: `*`, a list with commas, or JSON inside the text. Origins that stand
//! beside the wildcard stay.
//!
//! Left to you, with advice: a name that asks for one origin (`CORS_ORIGIN`) where there are several, switches such as
//! `CORS_ALLOW_ALL_ORIGINS`, lists in another form, and labels of a proxy. An
//! `env_file` is not read.
//!
//! The origins come from the option `origins`. `origins: published` derives them from the ports that the web
//! services of the same stack publish, under `localhost` and `127.0.0.1`. Without the option they are derived if
//! all those ports are bound to this machine, and the fix then counts as inferred. Otherwise nobody but you
//! knows the origins, and the finding is advice.
//!
//! ## Can it break?
//! Pages under another address can't call the service any more: a public name in front of it has to be in
//! `origins`. To see it: the browser's console names the origin that was refused. To undo it:
//! `hardtack rollback --rule restrict-cors --service NAME`.
//!
//! ## Examples
//! ```yaml before
//! services:
//!   web:
//!     image: nginx:1.27
//!     ports: ["127.0.0.1:8080:80"]
//!   api:
//!     build: api
//!     ports: ["127.0.0.1:8001:8000"]
//!     environment:
//!       # any origin is fine here
//!       BACKEND_CORS_ORIGINS: '["*"]'
//! ```
//! ```yaml after
//! services:
//!   web:
//!     image: nginx:1.27
//!     ports: ["127.0.0.1:8080:80"]
//!   api:
//!     build: api
//!     ports: ["127.0.0.1:8001:8000"]
//!     environment:
//!       # any origin is fine here
//!       BACKEND_CORS_ORIGINS: '["http://localhost:8080","http://127.0.0.1:8080","http://localhost:8001","http://127.0.0.1:8001"]'
//! ```
//! The list form, and a wildcard beside an origin:
//! ```yaml before
//! services:
//!   web:
//!     image: nginx:1.27
//!     ports: ["127.0.0.1:80:80"]
//!   api:
//!     build: api
//!     environment:
//!       - MODE=prod
//!       - "CORS_ALLOWED_ORIGINS=https://shop.example.org,*" # to be narrowed
//! ```
//! ```yaml after
//! services:
//!   web:
//!     image: nginx:1.27
//!     ports: ["127.0.0.1:80:80"]
//!   api:
//!     build: api
//!     environment:
//!       - MODE=prod
//!       - "CORS_ALLOWED_ORIGINS=https://shop.example.org,http://localhost,http://127.0.0.1" # to be narrowed
//! ```
//! The default of a variable that nothing sets:
//! ```yaml before
//! services:
//!   api:
//!     build: api
//!     ports: ["127.0.0.1:8000:8000"]
//!     environment: { CORS_ORIGINS: "${CORS_ORIGINS:-*}" }
//! ```
//! ```yaml after
//! services:
//!   api:
//!     build: api
//!     ports: ["127.0.0.1:8000:8000"]
//!     environment: { CORS_ORIGINS: "${CORS_ORIGINS:-http://localhost:8000,http://127.0.0.1:8000}" }
//! ```
//! One origin is asked for, and a switch has no place for any:
//! ```yaml untouched
//! services:
//!   api:
//!     build: api
//!     ports: ["127.0.0.1:8000:8000"]
//!     environment: { ACCESS_CONTROL_ALLOW_ORIGIN: "*", CORS_ALLOW_ALL_ORIGINS: "true", A_ORIGINS: "['*']" }
//!     labels: ["traefik.http.middlewares.x.headers.accesscontrolalloworiginlist=*"]
//! ```
//! Nobody can tell under which name people reach a stack that is open to the network:
//! ```yaml untouched
//! services:
//!   web:
//!     image: nginx:1.27
//!     ports: ["80:80"]
//!   api:
//!     build: api
//!     environment: { CORS_ORIGINS: "*" }
//! ```
//! What is narrow, or no list of origins, stays:
//! ```yaml untouched
//! services:
//!   api:
//!     build: api
//!     ports: ["127.0.0.1:8000:8000"]
//!     environment:
//!       CORS_ORIGINS: '["http://localhost:5173"]'
//!       CORS_METHODS: "*"
//!       ELASTICSEARCH_HOSTS: '["*"]'
//! ```

mod elsewhere;
mod origins;
mod value;

use crate::knowledge::Confidence;
use crate::model::compose::{Service, SetVariable, set_variables};
use crate::rule::{
    Context, Evidence, Finding, FindingBuilder, Fix, Ground, Meta, Operation, OptionKind, OptionSpec,
    OptionValue, Reach, Refusal, RefusalCode, Remedy, Rule, ServiceEffect, Severity,
};
use crate::syntax::Value;
use origins::{PUBLISHED, Published, published};
use value::{OriginValue, Unreadable};

/// The rule of this file.
pub(super) struct RestrictCors;

static ORIGINS: OptionSpec = OptionSpec {
    name: "origins",
    kind: OptionKind::Origins,
    default: "",
    docs: "The origins that may call, with commas between them (`https://app.example.org`); `published` for the \
           ports that the stack publishes on this machine.",
};

static KEYS: OptionSpec = OptionSpec {
    name: "keys",
    kind: OptionKind::Names,
    default: "",
    docs: "Names of further variables that list origins, with commas between them.",
};

static META: Meta = Meta {
    id: "restrict-cors",
    severity: Severity::Medium,
    source: include_str!("restrict_cors.rs"),
    // The origins follow from where the ports are bound.
    after: &["bind-localhost"],
    options: &[ORIGINS, KEYS],
    supports: &["OWASP ASVS 4.0.3 14.5.3"],
};

const MESSAGE: &str = "pages of any origin may call it";

impl Rule for RestrictCors {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn builds_on(&self) -> &'static [Ground] {
        &[
            Ground { rule: "bind-localhost", reach: Reach::Project },
            Ground { rule: "nginx-unprivileged", reach: Reach::Project },
        ]
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        context.findings_of_services(|service| check_service(context, service))
    }
}

fn check_service(context: &Context<'_>, service: Service<'_>) -> Vec<Finding> {
    let more = match context.options.get(&KEYS, service.name) {
        Some(OptionValue::Texts(names)) => names,
        _ => Vec::new(),
    };
    let lists_origins =
        |variable: &&SetVariable| more.contains(&variable.name) || is_origin_name(&variable.name);
    let variables = set_variables(&service);
    let narrowed = variables
        .iter()
        .filter(lists_origins)
        .filter_map(|variable| check_variable(context, service, variable));
    let mut found: Vec<Finding> = narrowed.collect();
    found.extend(elsewhere::advice(&service, &variables));
    found
}

/// Whether a variable's name says that it lists the origins that may call.
fn is_origin_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase().replace(['.', '-'], "_");
    let allows = ["ALLOW_ORIGIN", "ALLOWED_ORIGIN", "ACCESS_CONTROL_ALLOW_ORIGIN"];
    let is_other =
        ["REGEX", "PATTERN", "CREDENTIAL", "METHOD", "HEADER"].iter().any(|word| name.contains(word));
    let is_cors = name.contains("CORS") && ["ORIGIN", "DOMAIN", "URL"].iter().any(|word| name.contains(word));
    !is_other && (is_cors || name.ends_with("_ORIGINS") || allows.iter().any(|word| name.contains(word)))
}

/// Whether a variable's name asks for one origin, as the header does that it may be copied into.
fn is_singular(name: &str) -> bool {
    name.to_ascii_uppercase().ends_with("ORIGIN")
}

fn check_variable(context: &Context<'_>, service: Service<'_>, variable: &SetVariable) -> Option<Finding> {
    let finding =
        FindingBuilder::new(META.id, META.severity, service).at(variable.node).subject(variable.name.clone());
    let value = match OriginValue::read(&variable.value, &service) {
        Ok(value) => value?,
        Err(Unreadable(name)) => {
            let why = format!("`{name}` is set elsewhere, and to a wildcard; narrow it there");
            let refusal = Refusal::new(RefusalCode::Interpolated, why);
            return Some(finding.build(MESSAGE, Remedy::Refused(refusal)));
        }
    };
    let (origins, evidence) = match origins_for(context, &service) {
        Ok(known) => known,
        Err(advice) => return Some(finding.build(MESSAGE, Remedy::Advice(advice))),
    };
    if value.is_bare() && origins.len() > 1 && is_singular(&variable.name) {
        let advice = format!(
            "say which one origin may call it, with the option `origins`: its name asks for one, and there are {}",
            listed(&origins)
        );
        return Some(finding.build(MESSAGE, Remedy::Advice(advice)));
    }
    let effect = ServiceEffect {
        file: service.file.path.clone(),
        document: service.document,
        service: service.name.to_owned(),
        path: variable.path.clone(),
        operation: Operation::Set(Value::string(variable.with(&value.with(&origins)))),
    };
    let mut caveat =
        "pages under another address can't call it any more: an address that people reach the site under \
                      has to be in `origins`"
            .to_owned();
    if value.is_bare() && origins.len() > 1 {
        caveat.push_str("; the application must split the value at its commas");
    }
    let title = format!("let only {} call", listed(&origins));
    let fix = Fix::caution(title, caveat, vec![effect.into()]);
    Some(finding.because(Some(evidence)).build(MESSAGE, Remedy::Fix(fix)))
}

/// The origins that are meant and where that is known from, or what a person has to say.
fn origins_for(context: &Context<'_>, service: &Service<'_>) -> Result<(Vec<String>, Evidence), String> {
    let given = match context.options.get(&ORIGINS, service.name) {
        Some(OptionValue::Texts(origins)) => origins,
        _ => Vec::new(),
    };
    let is_asked = given.iter().any(|origin| origin == PUBLISHED);
    if !given.is_empty() && !is_asked {
        return Ok((
            given,
            evidence(Confidence::Documented, "the settings give these origins", "option origins"),
        ));
    }
    let Published { mut origins, is_local, fact } = published(context, service);
    if origins.is_empty() {
        return Err("say which origins may call it, with the option `origins`: nothing in this stack publishes a web port"
            .to_owned());
    }
    origins.extend(given.into_iter().filter(|origin| origin != PUBLISHED));
    match (is_asked, is_local) {
        (true, _) => Ok((origins, evidence(Confidence::Documented, &fact, "option origins: published"))),
        (false, true) => Ok((origins, evidence(Confidence::Inferred, &fact, &service.file.path))),
        (false, false) => Err(format!(
            "say which origins may call it, with the option `origins`: it is open to the network, under names that only \
             you know (on this machine they would be {})",
            listed(&origins)
        )),
    }
}

fn evidence(confidence: Confidence, fact: &str, source: &str) -> Evidence {
    Evidence { confidence, fact: fact.to_owned(), source: source.to_owned() }
}

fn listed(origins: &[String]) -> String {
    origins.join(", ")
}
