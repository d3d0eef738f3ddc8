//! Makes the root file system of a service read-only, with a tmpfs wherever its image has to write.
//!
//! ## Why
//! Who breaks into a service with a read-only root can't leave a program behind, change the one that runs, or put
//! something into a start script: what can be written is a volume that somebody meant, or memory that is empty at the
//! next start and from which nothing is executed.
//!
//! ## What changes
//! The service gets `read_only: true` and, in the same fix, those entries of `tmpfs` that facts about its image name and
//! that lie in no mount yet. Each has the mode that it needs, the owner if others than root write there and the mode
//! does not let everyone. Where programs or libraries are unpacked and loaded, which Docker's own options for a tmpfs
//! forbid, or where more is written than memory holds, it gets a volume without a name (`volumes: [/tmp]`): the engine
//! fills that with what the image has there, and it stays over a restart, as the container's own layer did. A `tmpfs`
//! that is there grows in the form that it has. A size is written only if the option asks for one. A service that has `read_only: true` and lacks such
//! an entry gets that. Nothing is known of what a program of your own writes, so for images that are built, and for
//! those of languages and systems, this is advice. With the option `programs: try` (so in `strict`) such a program gets
//! what nearly all programs get by with, `/tmp` and `/run`, marked as unverified; and an image of which it is known where
//! it writes, and which nobody has run so, gets that, marked as well.
//!
//! A text that a shell is given (`sh -c`) counts by its commands: those that are known to write nothing, or only into
//! mounts, and the image's own program among them, by what the facts tell of that.
//!
//! ## Can it break?
//! Yes: whatever is written and nobody knew of. So it is refused where a command or an entry script installs packages or
//! writes files outside mounts, or does what is not known, where a tmpfs would hide what a Dockerfile makes or a file of the image that the service names, where another entry point is started, where a
//! variable, an option or a configuration file of the project names a place for output, where a script of the first
//! start writes elsewhere or a hook (`post_start`) runs, where `develop` copies files in, and where a file on top
//! changes what is run, since that would get the read-only root, too. Of an image that no facts are known of, the
//! profile `recommended` refuses the fix, and `strict` makes it with `/tmp` and `/run` and marks it as unverified. Nothing
//! is guessed of a Dockerfile that is not there, nor of an image that the project seems to build itself (the same service
//! with `build` in a file beside, a `build` in a comment, a workflow, the name of a Dockerfile) if that Dockerfile speaks
//! against it or can't be told for certain. To verify: `docker diff CONTAINER` shows what a container wrote outside its volumes; after the next start, look for
//! `Read-only file system` in its log. A runtime before runc 1.1.8 ignores the mode of a tmpfs. From a volume without a
//! name programs can be started, as they could from everywhere; it stays behind after `docker compose down`, until
//! `docker volume prune` or `down -v`. To undo it: `hardtack
//! rollback --rule read-only-root --service NAME`.
//!
//! ## Examples
//! The socket lies in one folder, the data in a volume:
//! ```yaml before
//! services:
//!   db:
//!     image: postgres:16 # the ledger
//!     volumes:
//!       - data:/var/lib/postgresql/data
//!
//! volumes:
//!   data:
//! ```
//! ```yaml after
//! services:
//!   db:
//!     image: postgres:16 # the ledger
//!     volumes:
//!       - data:/var/lib/postgresql/data
//!     read_only: true
//!     tmpfs:
//!       - /var/run/postgresql:mode=1777
//!       - /tmp:mode=1777
//!
//! volumes:
//!   data:
//! ```
//! In flow style, and an image that writes nothing but its data:
//! ```yaml before
//! services:
//!   cache: { image: "redis:7" }
//!   shop: { image: "mongo:8", volumes: [ "shop:/data/db" ] }
//! volumes: { shop: {} }
//! ```
//! ```yaml after
//! services:
//!   cache: { image: "redis:7", read_only: true }
//!   shop: { image: "mongo:8", volumes: [ "shop:/data/db" ], read_only: true, tmpfs: ["/tmp:mode=1777"] }
//! volumes: { shop: {} }
//! ```
//! A tmpfs that is there stays as it is, be it a text or a list, and what lies in a mount needs none:
//! ```yaml before
//! services:
//!   one:
//!     image: postgres:16
//!     tmpfs: /tmp:size=64m # for sorting
//!   two:
//!     image: mariadb:11
//!     tmpfs:
//!       - /tmp/ # for sorting
//!   three:
//!     image: postgres:16
//!     volumes:
//!       - sockets:/run/postgresql
//!       - { type: tmpfs, target: /tmp }
//! volumes:
//!   sockets:
//! ```
//! ```yaml after
//! services:
//!   one:
//!     image: postgres:16
//!     tmpfs: # for sorting
//!       - /tmp:size=64m
//!       - /var/run/postgresql:mode=1777
//!     read_only: true
//!   two:
//!     image: mariadb:11
//!     tmpfs:
//!       - /tmp/ # for sorting
//!       - /run/mysqld:mode=1777
//!     read_only: true
//!   three:
//!     image: postgres:16
//!     volumes:
//!       - sockets:/run/postgresql
//!       - { type: tmpfs, target: /tmp }
//!     read_only: true
//! volumes:
//!   sockets:
//! ```
//! Another user than root writes where it is theirs, or where everyone may:
//! ```yaml before
//! services:
//!   front:
//!     image: nginx:1.27
//!     user: "101:101"
//!   bus:
//!     image: rabbitmq:4
//!     user: "999:999"
//! ```
//! ```yaml after
//! services:
//!   front:
//!     image: nginx:1.27
//!     user: "101:101"
//!     read_only: true
//!     tmpfs:
//!       - /var/cache/nginx:mode=0755,uid=101,gid=101
//!       - /var/run:mode=0755,uid=101,gid=101
//!   bus:
//!     image: rabbitmq:4
//!     user: "999:999"
//!     read_only: true
//!     tmpfs:
//!       - /tmp:mode=1777
//!       - /var/log/rabbitmq:mode=1777
//! ```
//! What is shared through an anchor with a service that wants something else is written out:
//! ```yaml before
//! x-db: &db { image: "postgres:16", tmpfs: &scratch [ /tmp ] }
//! services:
//!   one: { <<: *db }
//!   two: { image: "nginxinc/nginx-unprivileged:1.27", tmpfs: *scratch }
//! ```
//! ```yaml after
//! x-db: &db { image: "postgres:16", tmpfs: &scratch [ /tmp ] }
//! services:
//!   one: { <<: *db, read_only: true, tmpfs: [/tmp, /var/run/postgresql:mode=1777] }
//!   two: { image: "nginxinc/nginx-unprivileged:1.27", tmpfs: *scratch, read_only: true }
//! ```
//! A Dockerfile that only adds files starts what its base starts:
//! ```dockerfile beside
//! FROM nginxinc/nginx-unprivileged:1.27
//! COPY dist /usr/share/nginx/html
//! ```
//! ```yaml before
//! services:
//!   web:
//!     build: .
//! ```
//! ```yaml after
//! services:
//!   web:
//!     build: .
//!     read_only: true
//!     tmpfs:
//!       - /tmp:mode=1777
//! ```
//! Sites that are made of templates at the start need their folder, too:
//! ```yaml before
//! services:
//!   web:
//!     image: nginxinc/nginx-unprivileged:1.27
//!     volumes:
//!       - ./templates:/etc/nginx/templates:ro
//! ```
//! ```yaml after
//! services:
//!   web:
//!     image: nginxinc/nginx-unprivileged:1.27
//!     volumes:
//!       - ./templates:/etc/nginx/templates:ro
//!     read_only: true
//!     tmpfs:
//!       - /tmp:mode=1777
//!       - /etc/nginx/conf.d:mode=0755,uid=101,gid=101
//! ```
//! What every start makes anew may lie in memory:
//! ```yaml before
//! services:
//!   schemas:
//!     image: confluentinc/cp-schema-registry:7.9.0
//! ```
//! ```yaml after
//! services:
//!   schemas:
//!     image: confluentinc/cp-schema-registry:7.9.0
//!     read_only: true
//!     tmpfs:
//!       - /etc/schema-registry:mode=0775,uid=1000,gid=0
//!       - /tmp:mode=1777
//! ```
//! A file beside it that only the image has may not:
//! ```yaml refused=evidence-missing
//! services:
//!   schemas:
//!     image: confluentinc/cp-schema-registry:7.9.0
//!     environment: { SCHEMA_REGISTRY_OPTS: -Dsettings=/etc/schema-registry/connect-avro-standalone.properties }
//! ```
//! Programs and libraries are not loaded from a tmpfs, so a volume without a name goes there:
//! ```yaml before
//! services:
//!   broker:
//!     image: quay.io/debezium/kafka:2.7 # the ledger's
//!     volumes: [ "ledger:/kafka/data" ]
//! volumes: { ledger: {} }
//! ```
//! ```yaml after
//! services:
//!   broker:
//!     image: quay.io/debezium/kafka:2.7 # the ledger's
//!     volumes: [ "ledger:/kafka/data", "/tmp" ]
//!     read_only: true
//! volumes: { ledger: {} }
//! ```
//! A root that is read-only already, and a tmpfs that is missing:
//! ```yaml before
//! services:
//!   db:
//!     image: postgres:16
//!     read_only: true
//! ```
//! ```yaml after
//! services:
//!   db:
//!     image: postgres:16
//!     read_only: true
//!     tmpfs:
//!       - /var/run/postgresql:mode=1777
//!       - /tmp:mode=1777
//! ```
//! What is known depends on how it starts, and a program of your own is for you to know:
//! ```yaml advice
//! services:
//!   app:
//!     image: node:22
//!     command: node server.js
//! ```
//! ```yaml settings
//! rules:
//!   read-only-root:
//!     options: { programs: try }
//! ```
//! ```yaml before
//! services:
//!   app:
//!     image: node:22
//!     command: node server.js
//! ```
//! ```yaml after
//! services:
//!   app:
//!     image: node:22
//!     command: node server.js
//!     read_only: true
//!     tmpfs:
//!       - /tmp:mode=1777
//!       - /run:mode=1777
//! ```
//! ```yaml refused=explicit
//! services:
//!   app:
//!     image: redis:7
//!     command: sh -c "apk add curl && redis-server"
//! ```
//! What a text for a shell runs counts, and where it writes:
//! ```yaml before
//! services:
//!   cache:
//!     image: redis:7
//!     command: sh -c 'mkdir -p /data/dumps && exec redis-server --requirepass "$$PASSWORD"'
//!     volumes: [ "cache:/data" ]
//! volumes: { cache: {} }
//! ```
//! ```yaml after
//! services:
//!   cache:
//!     image: redis:7
//!     command: sh -c 'mkdir -p /data/dumps && exec redis-server --requirepass "$$PASSWORD"'
//!     volumes: [ "cache:/data" ]
//!     read_only: true
//! volumes: { cache: {} }
//! ```
//! ```yaml refused=evidence-missing
//! services:
//!   cache:
//!     image: redis:7
//!     command: sh -c 'mkdir -p /dumps && redis-server'
//! ```
//! Data without a volume have to get one first:
//! ```yaml advice
//! services:
//!   metrics:
//!     image: prom/prometheus:v3.5.0-distroless
//! ```
//! and folders that somebody moved, too:
//! ```yaml refused=evidence-missing
//! services:
//!   db:
//!     image: postgres:16
//!     environment:
//!       PGDATA: /srv/ledger
//! ```
//! An option that is not known to read is taken for one that writes, and what hooks write is not known:
//! ```yaml refused=evidence-missing
//! services:
//!   cache: { image: "redis:7", command: [redis-server, --unixsocket, /tmp/redis.sock] }
//! ```
//! ```yaml refused=evidence-missing
//! services:
//!   cache: { image: "redis:7", post_start: [ { command: [sh, -c, "echo ready > /etc/state"] } ] }
//! ```
//! A file on top would get the read-only root along with the rest:
//! ```yaml beside compose.override.yaml
//! services:
//!   web:
//!     command: npm run dev
//! ```
//! ```yaml refused=fragment
//! services:
//!   web:
//!     image: nginxinc/nginx-unprivileged:1.27
//! ```
//! What the project seems to build itself is no unknown image:
//! ```dockerfile beside ferry/Dockerfile
//! FROM node:22
//! CMD ["node", "server.js"]
//! ```
//! ```yaml refused=evidence-missing
//! services:
//!   web: { image: "acme/ferry:2" }
//! ```
//! Somebody decided otherwise:
//! ```yaml refused=explicit
//! services:
//!   db:
//!     image: postgres:16
//!     read_only: false
//! ```

mod check;
mod evidence;
mod guess;
mod lacking;
mod mounts;
mod obstacle;
mod own_image;
mod own_start;
mod places;
mod room;
mod script;
mod sources;
mod stated;
#[cfg(test)]
mod tests;
mod tmpfs;

use crate::rule::{Context, Finding, Ground, Meta, OptionKind, OptionSpec, Reach, Rule, Severity};
use check::check_service;

/// The rule of this file.
pub(super) struct ReadOnlyRoot;

/// Less than a page holds nothing.
const LEAST_SIZE: u64 = 4096;

static TMPFS_SIZE: OptionSpec = OptionSpec {
    name: "tmpfs-size",
    kind: OptionKind::Size(LEAST_SIZE),
    default: "",
    docs: "The most that each new tmpfs may hold; half of the host's memory if it is not given.",
};

static PROGRAMS: OptionSpec = OptionSpec {
    name: "programs",
    kind: OptionKind::OneOf(&["advice", "try"]),
    default: "advice",
    docs: "What to do with programs of your own, of which no file tells what they write, and with images that nobody \
           has run so although nothing known speaks against it: advice, or try it.",
};

static META: Meta = Meta {
    id: "read-only-root",
    severity: Severity::Medium,
    source: include_str!("read_only_root.rs"),
    after: &[],
    options: &[TMPFS_SIZE, PROGRAMS],
    supports: &[
        "CIS Docker 1.6.0 5.13 (direct)",
        "OWASP Docker Security Cheat Sheet rule 8 (direct)",
        "NIST SP 800-190 4.4.4",
        "OWASP Docker Top 10 D09",
        "HIPAA 45 CFR 164.312(c)(1) (inferred)",
        "PCI DSS 4.0.1 11.5.2 (inferred)",
    ],
};

const FIELD: &str = "read_only";

impl Rule for ReadOnlyRoot {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn builds_on(&self) -> &'static [Ground] {
        &[
            Ground { rule: "nginx-unprivileged", reach: Reach::Services },
            Ground { rule: "run-as-user", reach: Reach::Services },
        ]
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        context.findings_of_services(|service| check_service(context, service))
    }
}
