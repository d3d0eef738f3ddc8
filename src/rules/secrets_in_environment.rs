//! Reports secrets in `environment` and in commands: written into the file, or passed where the image takes them from a file.
//!
//! ## Why
//! A password in a Compose file is in every copy of the repository, for ever. One that comes from a variable is
//! still shown by `docker inspect`, passed on to every child process, and found in crash reports; a file below
//! `/run/secrets` is none of that.
//!
//! ## What changes
//! Without options nothing: the advice has the text to paste, and no value is ever shown. With `mode: env-file` (in
//! `strict`, `guide-002` and `hipaa`) a value that stands in the file moves to the `.env` beside it, and `${NAME:?NAME must
//! be set}` takes its place: what Compose resolves stays the same. NAME is the variable's own name, or has the service's in
//! front where something else is called so, or where Compose, a shell or a job is likely to set it; what services share by
//! an anchor shares its variable. A new `.env` is readable to its owner alone. What git or a build would take of it is kept
//! out by a line in `.gitignore` and `.dockerignore`, made if need be. `hardtack pr` commits no `.env`: the request names the variables to set.
//!
//! A default that stands in the file (`${DB_PASSWORD:-5f2a}`) moves as well, and the variable is required, where all that
//! asks for the variable beside that `.env` has the same default. So does what stands in `command`, `entrypoint` or a
//! health check behind a flag for a secret (`--requirepass`, `mysqladmin -p…`, `PGPASSWORD=…`), in a text of one line. Files for developing and for `docker stack deploy` keep
//! their values; so do values made of other variables. It is refused where Compose may read another `.env` (`include`,
//! `extends` from another folder, `COMPOSE_FILE` over folders, `COMPOSE_ENV_FILES`), where git tracks it or its index can't be read, where an ignore file
//! further down takes it in, where it is a symbolic link, where a service takes all of it by `env_file` or `label_file`,
//! where a platform installs the file alone, where one has the folder (a mount, a volume that is bound, a context of a build, `develop.watch`) or `secrets` and
//! `configs` name it, where a variable or an absolute path leaves that open, and where a build may need it.
//!
//! Better still is a secret that the image reads from a file:
//!
//! ```text
//! services:
//!   db:
//!     environment:
//!       POSTGRES_PASSWORD_FILE: /run/secrets/postgres_password
//!     secrets: [postgres_password]
//! secrets:
//!   postgres_password:
//!     file: ./secrets/postgres_password.txt     # mode 600, in .gitignore
//! ```
//!
//! ## Can it break?
//! Every `docker compose` command on the file fails until the variable is set in `.env` there: on each host, and in
//! pipelines. The environment goes before `.env`, and `--env-file` replaces it. The value stays in the history of the
//! file, so change it. To undo it: `hardtack rollback --rule secrets-in-environment --service NAME`.
//!
//! An image that is given both the variable and its `_FILE` twin stops; one that doesn't know the twin starts without a
//! password. With `file:` the owner and mode of the host's file hold in the container.
//!
//! ## Examples
//! ```yaml advice
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       - API_TOKEN=5f2a
//! ```
//! ```yaml advice
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       DATABASE_URL: postgres://app:5f2a@db/app
//! ```
//! ```yaml advice
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       SECRET_KEY: ${SECRET_KEY:-only-for-development}
//! ```
//! An image that reads the secret from a file:
//! ```yaml advice
//! services:
//!   db:
//!     image: postgres:16
//!     environment:
//!       POSTGRES_PASSWORD: ${DB_PASSWORD}
//! ```
//! ```yaml quiet
//! services:
//!   db:
//!     image: postgres:16
//!     environment:
//!       POSTGRES_PASSWORD_FILE: /run/secrets/db
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       SECRET_KEY: ${SECRET_KEY:?set it}
//!       API_TOKEN_FILE: /run/secrets/api_token
//!       TOKEN_REQUIRED: "true"
//! ```
//! With `mode: env-file`, in both forms, with a `$` that is written twice in the Compose file:
//! ```yaml settings
//! rules:
//!   secrets-in-environment:
//!     options: { mode: env-file }
//! ```
//! ```yaml before
//! services:
//!   db:
//!     image: example.org/db:1
//!     environment:
//!       DB_PASSWORD: 5f2a$$b # never this one
//!       DB_USER: app
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       - "DB_PASSWORD=5f2a$$b"
//!       - DATABASE_URL=postgres://app:5f2a@db/app
//!       - MAX_TOKENS=4096
//! ```
//! ```yaml after
//! services:
//!   db:
//!     image: example.org/db:1
//!     environment:
//!       DB_PASSWORD: ${DB_PASSWORD:?DB_PASSWORD must be set} # never this one
//!       DB_USER: app
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       - "DB_PASSWORD=${DB_PASSWORD:?DB_PASSWORD must be set}"
//!       - DATABASE_URL=${DATABASE_URL:?DATABASE_URL must be set}
//!       - MAX_TOKENS=4096
//! ```
//! ```text after .env
//! DB_PASSWORD='5f2a$b'
//! DATABASE_URL=postgres://app:5f2a@db/app
//! ```
//! ```text after .gitignore
//! .env
//! ```
//! Other values of the same name get the service's name in front, and so does a name that a template asks for; a
//! `.env` that is there keeps what it has:
//! ```text beside .env
//! TAG=1
//! ```
//! ```text beside .gitignore
//! .env
//! ```
//! ```yaml before
//! services:
//!   one:
//!     image: example.org/app:${TAG}
//!     environment: { API_TOKEN: 5f2a, SECRET_KEY: "it's" }
//!   two-b:
//!     image: example.org/app:${TAG}
//!     environment:
//!       API_TOKEN: 6f2a
//!       KEY: ${SECRET_KEY:-}
//! ```
//! ```yaml after
//! services:
//!   one:
//!     image: example.org/app:${TAG}
//!     environment: { API_TOKEN: "${ONE_API_TOKEN:?ONE_API_TOKEN must be set}", SECRET_KEY: "${ONE_SECRET_KEY:?ONE_SECRET_KEY must be set}" }
//!   two-b:
//!     image: example.org/app:${TAG}
//!     environment:
//!       API_TOKEN: ${TWO_B_API_TOKEN:?TWO_B_API_TOKEN must be set}
//!       KEY: ${SECRET_KEY:-}
//! ```
//! ```text after .env
//! TAG=1
//! ONE_API_TOKEN=5f2a
//! ONE_SECRET_KEY="it's"
//! TWO_B_API_TOKEN=6f2a
//! ```
//! A default, wherever it stands; what can be empty today still can:
//! ```yaml before
//! services:
//!   db:
//!     image: example.org/db:1
//!     environment:
//!       DB_PASSWORD: ${DB_PASSWORD:-5f2a}
//!       API_TOKEN: ${TOKEN-6f2a}
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       - DATABASE_URL=postgres://${DB_USER:-app}:${DB_PASSWORD:-5f2a}@db/app
//! ```
//! ```yaml after
//! services:
//!   db:
//!     image: example.org/db:1
//!     environment:
//!       DB_PASSWORD: ${DB_PASSWORD:?DB_PASSWORD must be set}
//!       API_TOKEN: ${TOKEN?TOKEN must be set}
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       - DATABASE_URL=postgres://${DB_USER:-app}:${DB_PASSWORD:?DB_PASSWORD must be set}@db/app
//! ```
//! ```text after .env
//! DB_PASSWORD=5f2a
//! TOKEN=6f2a
//! ```
//! ```text after .gitignore
//! .env
//! ```
//! What else asks for the variable would get the value, too:
//! ```yaml refused=explicit
//! services:
//!   db:
//!     image: example.org/db:${DB_PASSWORD}
//!     environment:
//!       DB_PASSWORD: ${DB_PASSWORD:-5f2a}
//! ```
//! An image that is built from the folder does not get the file:
//! ```text beside .dockerignore
//! .git
//! ```
//! ```yaml before
//! services:
//!   app:
//!     build: .
//!     environment:
//!       API_TOKEN: 5f2a
//! ```
//! ```yaml after
//! services:
//!   app:
//!     build: .
//!     environment:
//!       API_TOKEN: ${API_TOKEN:?API_TOKEN must be set}
//! ```
//! ```text after .env
//! API_TOKEN=5f2a
//! ```
//! ```text after .dockerignore
//! .git
//! .env
//! ```
//! ```text after .gitignore
//! .env
//! ```
//! A build that has the `.env` now may need it:
//! ```text beside .env
//! TAG=1
//! ```
//! ```yaml refused=explicit
//! services:
//!   app:
//!     build: .
//!     environment:
//!       API_TOKEN: 5f2a
//! ```
//! An application that has the folder may act on the file:
//! ```yaml refused=explicit
//! services:
//!   app:
//!     image: example.org/app:1
//!     volumes: [".:/app"]
//!     environment:
//!       API_TOKEN: 5f2a
//! ```
//! A folder that others have, by whatever path, shows them the secret, whether the `.env` is new or not:
//! ```text beside .env
//! TAG=1
//! ```
//! ```yaml refused=explicit
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       API_TOKEN: 5f2a
//!   web:
//!     image: example.org/web:1
//!     volumes: ["${PWD}:/usr/share/nginx/html:ro"]
//! ```
//! A file that a platform installs by itself comes without what is beside it:
//! ```yaml refused=explicit
//! name: app
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       API_TOKEN: 5f2a
//! x-casaos: { main: app }
//! ```
//! A service that takes the whole file would get the secret of another:
//! ```yaml refused=explicit
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       API_TOKEN: 5f2a
//!   other:
//!     image: example.org/other:1
//!     env_file: .env
//! ```
//! A number with a nought in front is another number to Compose:
//! ```yaml refused=notation
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       API_TOKEN: 0123
//! ```
//! A command says secrets, too; one that a variable has already gets that name:
//! ```yaml before
//! services:
//!   db:
//!     image: example.org/db:1
//!     environment: [DB_PASSWORD=5f2a]
//!     healthcheck:
//!       test: ["CMD", "mysqladmin", "ping", "-uroot", "-p5f2a"] # as root
//!   cache:
//!     image: example.org/cache:1
//!     command: cache-server --requirepass 6f2a --port 6379
//! ```
//! ```yaml after
//! services:
//!   db:
//!     image: example.org/db:1
//!     environment: ["DB_PASSWORD=${DB_PASSWORD:?DB_PASSWORD must be set}"]
//!     healthcheck:
//!       test: ["CMD", "mysqladmin", "ping", "-uroot", "-p${DB_PASSWORD:?required}"] # as root
//!   cache:
//!     image: example.org/cache:1
//!     command: cache-server --requirepass ${CACHE_REQUIREPASS:?required} --port 6379
//! ```
//! ```text after .env
//! DB_PASSWORD=5f2a
//! CACHE_REQUIREPASS=6f2a
//! ```
//! ```text after .gitignore
//! .env
//! ```
//! Blocks of text, and files for developing, keep their values:
//! ```yaml advice
//! services:
//!   cache:
//!     image: example.org/cache:1
//!     command: >
//!       cache-server
//!       --requirepass 6f2a
//! ```
//! A path only says where a secret is:
//! ```yaml quiet
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       API_TOKEN: /run/secrets/token
//!     command: app --secret-key /run/secrets/key --token "$$TOKEN"
//! ```
//! ```yaml advice compose.dev.yaml
//! services:
//!   app:
//!     image: example.org/app:1
//!     environment:
//!       API_TOKEN: 5f2a
//! ```

mod around;
mod by_file;
mod command;
mod defaults;
mod entry;
mod held;
mod images;
mod left;
mod move_out;
mod names;
mod seen;
mod spoken;

use crate::model::compose::Service;
use crate::rule::{Context, Finding, Meta, OptionKind, OptionSpec, OptionValue, Rule, Severity};
use command::check_command;
use entry::check_entry;
use names::counted;
use spoken::FIELDS;
use std::cell::OnceCell;

/// The rule of this file.
pub(super) struct SecretsInEnvironment;

static MODE: OptionSpec = OptionSpec {
    name: "mode",
    kind: OptionKind::OneOf(&["advice", "env-file"]),
    default: "advice",
    docs: "Whether to say it, or to move the value to the `.env` beside the file: then nothing starts where it is not set.",
};

static META: Meta = Meta {
    id: "secrets-in-environment",
    severity: Severity::Medium,
    source: include_str!("secrets_in_environment.rs"),
    after: &[],
    options: &[MODE],
    supports: &[
        "CIS Docker 1.6.0 4.10",
        "OWASP Docker Security Cheat Sheet rule 12 (direct)",
        "OWASP Docker Top 10 D06",
        "NIST SP 800-190 4.1.4",
        "HIPAA 45 CFR 164.312(a)(2)(iv) (inferred)",
        "HIPAA 45 CFR 164.312(d) (inferred)",
        "PCI DSS 4.0.1 8.6.2 (inferred)",
    ],
};

impl Rule for SecretsInEnvironment {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        // Most profiles move nothing, and need not know what is around.
        let around = OnceCell::new();
        let check = |service: Service<'_>| {
            let mut found: Vec<Finding> = Vec::new();
            for (entry, counts) in counted(&service) {
                found.extend(check_entry(context, &around, service, &entry, counts));
            }
            found.extend(FIELDS.iter().filter_map(|field| check_command(context, &around, service, field)));
            found
        };
        context.project.services().flat_map(check).collect()
    }
}

/// Whether the settings ask to move what stands in a service.
fn moves(context: &Context<'_>, service: &Service<'_>) -> bool {
    context.options.get(&MODE, service.name) == Some(OptionValue::Word("env-file".to_owned()))
}
