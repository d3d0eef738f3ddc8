//! Has a service that ends by accident started again.
//!
//! ## Why
//! A crash that somebody can cause is an outage for as long as nobody looks. With `restart: unless-stopped` the engine
//! starts the service again, also after the host was restarted, and leaves alone what a person stopped.
//!
//! ## What changes
//! `restart: unless-stopped` is added to services that have no restart policy and show that they serve: they publish or
//! expose ports, have a health check, others depend on them, or the image facts know that the image listens. The
//! option `policy: on-failure` starts a service again only after an error, and gives up after as many attempts as
//! `attempts` says, which is what the CIS benchmark asks for.
//!
//! A job that runs once is left alone: one that others wait for until it has completed, one with a `restart` of any
//! kind. Where it is not clear which of the two a service is (a profile, a name or a command such as `migrate`, no sign
//! of serving) it is left to a person, and so are files for developing and testing.
//!
//! ## Can it break?
//! A job that was taken for a server would run for ever; a service that ends at once is started again and again, which
//! `docker compose ps` shows as `Restarting`. To undo it: `hardtack rollback --rule restart-policy --service NAME`.
//!
//! ## Examples
//! ```yaml before
//! services:
//!   web:
//!     image: example/web:1
//!     ports: ["80:8080"] # front
//!   worker:
//!     image: example/web:1
//!     command: work
//!     depends_on: [db]
//!   db:
//!     image: postgres:16
//! ```
//! ```yaml after
//! services:
//!   web:
//!     image: example/web:1
//!     ports: ["80:8080"] # front
//!     restart: unless-stopped
//!   worker:
//!     image: example/web:1
//!     command: work
//!     depends_on: [db]
//!   db:
//!     image: postgres:16
//!     restart: unless-stopped
//! ```
//! Jobs, and what has a policy:
//! ```yaml untouched
//! services:
//!   web:
//!     image: example/web:1
//!     ports: ["80:8080"]
//!     restart: "no"
//!     depends_on:
//!       prepare: { condition: service_completed_successfully }
//!   prepare:
//!     image: example/web:1
//!     expose: ["9000"]
//!   migrate:
//!     image: example/web:1
//!     command: ["manage.py", "migrate"]
//!     ports: ["81:81"]
//!   names:
//!     image: example/acme:1
//!     command: certonly --standalone -d example.org
//!     ports: ["83:80"]
//!   try:
//!     image: nginx:1.27
//!     command: nginx -t
//!     ports: ["84:80"]
//!   console:
//!     image: adminer:4
//!     ports: ["127.0.0.1:8081:8080"]
//!     profiles: [tools]
//!   api:
//!     image: example/api:1
//!     ports: ["82:82"]
//!     deploy: { restart_policy: { condition: on-failure } }
//! ```
//! What is merged in tells of the command that stands there, and not of another:
//! ```yaml advice
//! x-app: &app { image: "example/app:1", ports: ["80:80"] }
//! services:
//!   cron: { <<: *app, command: php artisan schedule:run }
//!   worker: { <<: *app, command: php artisan queue:work }
//! ```
//! The command that an image is built with is judged as well:
//! ```dockerfile beside Dockerfile
//! FROM example/acme:1
//! CMD ["certonly", "--standalone", "-d", "example.org"]
//! ```
//! ```yaml advice
//! services:
//!   names:
//!     build: .
//!     ports: ["80:80"]
//! ```
//! A tool that is told nothing to do is one that a person runs by hand:
//! ```yaml advice
//! services:
//!   npm:
//!     image: node:22-alpine
//!     ports: ["5173:5173"]
//!     entrypoint: ["npm"]
//! ```
//! ```yaml settings
//! rules:
//!   restart-policy:
//!     options: { policy: on-failure, attempts: 5 }
//! ```
//! ```yaml before
//! services:
//!   web: {image: "nginx:1.27"}
//! ```
//! ```yaml after
//! services:
//!   web: {image: "nginx:1.27", restart: on-failure:5}
//! ```
//! ```yaml refused=fragment
//! services:
//!   web:
//!     ports: ["80:80"]
//! ```

mod bare;

use crate::knowledge::Confidence;
use crate::model::compose::{Project, Service};
use crate::rule::{
    Context, Evidence, Finding, FindingBuilder, Fix, Ground, Meta, Operation, OptionKind, OptionSpec,
    OptionValue, Reach, Refusal, RefusalCode, Remedy, Rule, ServiceEffect, Severity,
};
use crate::syntax::Value;
use std::collections::HashSet;

/// The rule of this file.
pub(super) struct RestartPolicy;

static POLICY: OptionSpec = OptionSpec {
    name: "policy",
    kind: OptionKind::OneOf(&["unless-stopped", "on-failure", "always"]),
    default: "unless-stopped",
    docs: "When the engine starts a service again.",
};
static ATTEMPTS: OptionSpec = OptionSpec {
    name: "attempts",
    kind: OptionKind::Integer(1, 1000),
    default: "5",
    docs: "After how many attempts `on-failure` gives up.",
};

static META: Meta = Meta {
    id: "restart-policy",
    severity: Severity::Low,
    source: include_str!("restart_policy.rs"),
    after: &[],
    options: &[POLICY, ATTEMPTS],
    supports: &[
        "CIS Docker 1.6.0 5.15 (direct)",
        "OWASP Docker Security Cheat Sheet rule 7 (direct)",
        "OWASP Docker Top 10 D07",
    ],
};

const FIELD: &str = "restart";
const CAVEAT: &str = "should it end on purpose, it would be started for ever; if `docker compose ps` shows it as \
                      Restarting, look at its log";

/// Words in a name or a command that speak of a job, or of something that a person runs by hand.
const JOB_WORDS: &[&str] = &[
    "migrate",
    "migration",
    "migrations",
    "migrator",
    "init",
    "initialize",
    "initializer",
    "setup",
    "seed",
    "seeder",
    "seeds",
    "bootstrap",
    "provision",
    "createbuckets",
    "createdb",
    "initdb",
    "job",
    "once",
    "backup",
    "restore",
    "import",
    "importer",
    "export",
    "test",
    "tests",
    "pytest",
    "e2e",
    "lint",
    "build",
    "builder",
    "compile",
    "cli",
    "shell",
    "console",
    "tool",
    "tools",
    "certbot",
    "certonly",
    "certs",
    "install",
    "generate",
    "upgrade",
    "download",
    "exit",
    "createsuperuser",
    "collectstatic",
    "loaddata",
    "dumpdata",
    "precompile",
];

/// Whole words of a command that do one thing and end: tasks of Laravel and of Rails. `schedule:run` does what is due
/// this minute, and `schedule:work` goes on.
const TASKS: &[&str] = &["schedule:run", "db:create", "db:prepare", "db:wipe", "cache:clear"];

impl Rule for RestartPolicy {
    fn meta(&self) -> &'static Meta {
        &META
    }

    /// A port or a health check may be the sign that a service is to stay up.
    fn builds_on(&self) -> &'static [Ground] {
        &[
            Ground { rule: "add-healthcheck", reach: Reach::Services },
            Ground { rule: "dockerfile-healthcheck", reach: Reach::Services },
            Ground { rule: "unpublish-database", reach: Reach::Services },
        ]
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let waited_for = WaitedFor::of(context.project);
        let check = |service| check_service(context, service, &waited_for);
        context.project.services().filter_map(check).collect()
    }
}

/// The services that others depend on, by folder and name.
struct WaitedFor {
    until_completed: HashSet<(String, String)>,
    until_started: HashSet<(String, String)>,
}

impl WaitedFor {
    fn of(project: &Project) -> Self {
        let mut found = Self { until_completed: HashSet::new(), until_started: HashSet::new() };
        for file in project.files() {
            for dependency in file.services().flat_map(|service| service.dependencies()) {
                let set = match dependency.is_completion() {
                    true => &mut found.until_completed,
                    false => &mut found.until_started,
                };
                set.insert((file.folder().to_owned(), dependency.service));
            }
        }
        found
    }
}

fn check_service(context: &Context<'_>, service: Service<'_>, waited_for: &WaitedFor) -> Option<Finding> {
    // A provider is no container, and a swarm heeds `deploy.restart_policy` alone.
    if service.has("provider") || service.file.is_stack() {
        return None;
    }
    let parts = context.project.parts(&service);
    let has_policy = |part: &Service<'_>| {
        part.has(FIELD)
            || part.has_at(&["deploy", "restart_policy"])
            || part.text_at(&["deploy", "mode"]).is_some_and(|mode| mode.ends_with("-job"))
    };
    let place = (service.file.folder().to_owned(), service.name.to_owned());
    if parts.iter().any(has_policy) || waited_for.until_completed.contains(&place) {
        return None;
    }
    let policy = policy(context, &service);
    let finding = FindingBuilder::new(META.id, META.severity, service).subject(FIELD);
    let message = "it stays down when it ends by accident";
    if let Some(fragment) = context.project.fragment(&service) {
        let refusal = Refusal::new(RefusalCode::Fragment, fragment.to_string());
        return Some(finding.build(message, Remedy::Refused(refusal)));
    }
    let doubt = reason_to_ask(&service, &parts).or_else(|| built_for_a_job(context, &service, &parts));
    let sign = sign_of_serving(context, &service, &parts, waited_for.until_started.contains(&place));
    let Some(sign) = sign.filter(|_| doubt.is_none()) else {
        let why = doubt.unwrap_or_else(|| "nothing shows whether it serves or runs once".to_owned());
        let advice = format!(
            "{why}: write `restart: {policy}` if it is to run all the time, `restart: \"no\"` if not"
        );
        let finding = FindingBuilder::new(META.id, Severity::Info, service).subject(FIELD);
        return Some(finding.build(message, Remedy::Advice(advice)));
    };
    let effect = ServiceEffect::on(&service, &[FIELD], Operation::Set(Value::string(&policy)));
    let evidence = Evidence {
        confidence: Confidence::Documented,
        fact: format!("`{policy}` starts again what ended by accident; {sign}"),
        source: "Docker documentation, Start containers automatically".to_owned(),
    };
    let fix = Fix::caution(format!("restart {policy}"), CAVEAT, vec![effect.into()]);
    Some(finding.because(Some(evidence)).build(message, Remedy::Fix(fix)))
}

/// The policy as it is written.
fn policy(context: &Context<'_>, service: &Service<'_>) -> String {
    let attempts = match context.options.get(&ATTEMPTS, service.name) {
        Some(OptionValue::Integer(number)) => number,
        _ => 5,
    };
    match context.options.get(&POLICY, service.name) {
        Some(OptionValue::Word(word)) if word == "on-failure" => format!("{word}:{attempts}"),
        Some(OptionValue::Word(word)) => word,
        _ => POLICY.default.to_owned(),
    }
}

/// Why a person has to say whether the service is to run all the time.
fn reason_to_ask(service: &Service<'_>, parts: &[Service<'_>]) -> Option<String> {
    if service.file.is_for_development() {
        return Some("the file reads as one for developing or testing".to_owned());
    }
    if parts.iter().any(|part| part.has("profiles")) {
        return Some("it is started on demand, by a profile".to_owned());
    }
    if parts.iter().any(|part| part.is_true("tty") && part.is_true("stdin_open")) {
        return Some("it has a terminal, as what a person works in has".to_owned());
    }
    let is_job_word = |word: &str| JOB_WORDS.contains(&word.to_ascii_lowercase().as_str());
    let pieces = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_owned).collect()
    };
    if let Some(word) = pieces(service.name).into_iter().find(|word| is_job_word(word)) {
        return Some(format!("its name speaks of a job (`{word}`)"));
    }
    let commands = parts
        .iter()
        .flat_map(|part| part.words_at(&["command"]).into_iter().chain(part.words_at(&["entrypoint"])));
    let commands: Vec<&str> = commands.collect();
    if let Some(word) = question(&commands) {
        return Some(format!("its command only asks for something (`{word}`)"));
    }
    if let Some(tool) = bare::tool(&started(parts)) {
        return Some(format!(
            "it starts `{tool}` and tells it nothing to do, as what a person runs by hand (`docker compose run`)"
        ));
    }
    let mut whole = commands.iter().flat_map(|words| words.split_whitespace());
    let task = whole.find_map(|word| TASKS.iter().find(|task| word.trim_matches(['"', '\'', ';']) == **task));
    if let Some(task) = task {
        return Some(format!("its command speaks of a job (`{task}`)"));
    }
    let word = commands.into_iter().flat_map(pieces).find(|word| is_job_word(word));
    word.map(|word| format!("its command speaks of a job (`{word}`)"))
}

/// Why the command that the image is built with is no server's, where the service has none of its own. Only whole words
/// count here: `dumb-init` starts servers, and `build` is a folder as often as not.
fn built_for_a_job(context: &Context<'_>, service: &Service<'_>, parts: &[Service<'_>]) -> Option<String> {
    if parts.iter().any(|part| part.has("command") || part.has("entrypoint")) {
        return None;
    }
    let words = context.project.run(service)?.built?.start_words();
    if let Some(word) = question(&words) {
        return Some(format!("its Dockerfile starts what only asks for something (`{word}`)"));
    }
    if let Some(tool) = bare::tool(&words.iter().map(String::as_str).collect::<Vec<_>>()) {
        return Some(format!("its Dockerfile starts `{tool}` and tells it nothing to do"));
    }
    // What comes before a server in the same line ends, and the server goes on.
    if words.iter().any(|word| word.contains(['&', ';', '|'])) {
        return None;
    }
    let name = |word: &String| word.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let word = words.iter().map(name).find(|word| JOB_WORDS.contains(&word.as_str()));
    word.map(|word| format!("its Dockerfile starts what speaks of a job (`{word}`)"))
}

/// What a service starts by its own words: those of the first part that has some, as the one on top wins.
fn started<'f>(parts: &[Service<'f>]) -> Vec<&'f str> {
    let of = |key: &str| {
        parts.iter().find(|part| part.has(key)).map(|part| part.words_at(&[key])).unwrap_or_default()
    };
    [of("entrypoint"), of("command")].concat()
}

/// What of a command only asks for something. `nginx -t` is a test of the configuration, where no value follows.
fn question<W: AsRef<str>>(words: &[W]) -> Option<&str> {
    let is_question = |word: &&str| ["--version", "--help"].contains(word);
    let mut all = words.iter().map(AsRef::as_ref);
    all.find(is_question).or(words.last().map(AsRef::as_ref).filter(|word| *word == "-t"))
}

/// What shows that the service is to run all the time.
fn sign_of_serving(
    context: &Context<'_>,
    service: &Service<'_>,
    parts: &[Service<'_>],
    is_depended_on: bool,
) -> Option<&'static str> {
    // What is merged in, or extended, tells of the command there, and this one has another.
    let is_other = service.has_own("command") || service.has_own("entrypoint");
    let tells = |part: &Service<'_>, key: &str| !is_other || part.name == service.name && part.has_own(key);
    let any = |key: &str| parts.iter().any(|part| !part.items(key).is_empty() && tells(part, key));
    let has_test = |part: &Service<'_>| part.has_at(&["healthcheck", "test"]) && tells(part, "healthcheck");
    if any("ports") || any("expose") {
        return Some("its ports show that it serves");
    }
    if parts.iter().any(has_test) {
        return Some("its health check shows that it is to stay up");
    }
    if is_depended_on {
        return Some("others depend on it being up");
    }
    let running = context.project.running(service)?;
    let is_image =
        !running.has("build") && !parts.iter().any(|part| part.has("command") || part.has("entrypoint"));
    let facts = is_image.then(|| context.catalogue.image(&running.repository()?)).flatten();
    facts.filter(|facts| !facts.ports.is_empty()).map(|_| "the image is known to listen on a port")
}
