//! Who a service needs to be healthy because both are members of one cluster.

use crate::knowledge::{ClusterSign, cluster_sign};
use crate::model::ImageReference;
use crate::model::compose::{Project, Service};
use crate::rule::Context;

/// A configuration with more bytes is not looked through.
const MOST_BYTES: usize = 64 * 1024;

/// The services without which `found` may never be healthy, each with why: its peers, and who makes a cluster of
/// them. `check` is what its health check runs.
pub(super) fn needed(
    context: &Context<'_>,
    found: &Service<'_>,
    check: &str,
) -> Vec<(String, Option<String>)> {
    let project = context.project;
    let asks = cluster_sign(ClusterSign::Check, check);
    let own = ground(project, found);
    let others = found.file.services().filter(|other| other.name != found.name);
    let others: Vec<(Service<'_>, bool)> =
        others.map(|other| (other, own.is_some() && ground(project, &other) == own)).collect();
    if asks.is_none() && !others.iter().any(|(_, is_same)| *is_same) {
        return Vec::new();
    }
    let told = texts(project, found);
    // Source: documentation of Elasticsearch and OpenSearch, `discovery.type: single-node`.
    if told.iter().any(|text| text.contains("single-node")) {
        return Vec::new();
    }
    let member = sign(ClusterSign::Member, &told);
    if asks.is_none() && member.is_none() {
        return Vec::new();
    }
    let need = |(other, is_same): (Service<'_>, bool)| {
        let told = texts(project, &other);
        let is_member = || is_same && sign(ClusterSign::Member, &told).is_some();
        let is_copy = || is_same && starts(project, found) == starts(project, &other);
        let is_forming = || sign(ClusterSign::Forming, &told).is_some();
        let word = member.filter(|_| is_member()).or_else(|| asks.filter(|_| is_copy() || is_forming()))?;
        let why = format!(
            "`{}` and `{}` belong to one cluster ({word}), which may have to be complete before the first of them is \
             healthy: both would wait for ever",
            found.name, other.name
        );
        Some((other.name.to_owned(), Some(why)))
    };
    others.into_iter().filter_map(need).collect()
}

/// The first sign of a kind in texts.
fn sign(kind: ClusterSign, texts: &[String]) -> Option<&'static str> {
    texts.iter().find_map(|text| cluster_sign(kind, text))
}

/// What tells a service how it is to run: its variables with their names, its command, and what is mounted into it.
fn texts(project: &Project, service: &Service<'_>) -> Vec<String> {
    let parts = project.parts(service);
    let run = project.run(service);
    let mut texts: Vec<String> = Vec::new();
    for part in &parts {
        texts.extend(part.texts("environment").into_iter().map(|(name, value)| format!("{name}={value}")));
        for field in ["command", "entrypoint"] {
            texts.push(part.words_at(&[field]).join(" "));
        }
    }
    let other = project.other_variables(&parts, run.as_ref());
    texts.extend(other.into_iter().map(|variable| format!("{}={}", variable.name, variable.value)));
    let placed = run.iter().flat_map(|run| project.placed_in(service, run, "").placed);
    // Folders are shared by many; a file that is mounted by itself is of this service.
    let files = placed.filter_map(|placed| project.texts.get(&placed.source));
    texts.extend(files.filter(|text| text.len() <= MOST_BYTES).cloned());
    texts
}

/// The image, whatever its tag, or the Dockerfile that a service runs.
fn ground(project: &Project, service: &Service<'_>) -> Option<String> {
    let run = project.run(service)?;
    match &run.built {
        Some(built) => Some(built.file.path.clone()),
        // Where a variable decides about the tag, the repository may still be known.
        None => run.image().map(ImageReference::full_repository).or_else(|| run.part.repository()),
    }
}

/// The first word of what the service says itself that is started: by another one it does something else, as a job of
/// the same image does.
fn starts(project: &Project, service: &Service<'_>) -> Option<String> {
    let parts = project.parts(service);
    let first = |field: &str| {
        let words = parts.iter().find_map(|part| part.words_at(&[field]).first().copied())?;
        Some(words.trim_matches(['"', '\'']).to_owned())
    };
    first("entrypoint").or_else(|| first("command"))
}

#[cfg(test)]
mod tests {
    use super::super::WaitForHealthy;
    use crate::model::Environment;
    use crate::model::compose::{ComposeFile, Project};
    use crate::rule::{Context, Remedy, Rule};

    /// For whom a service is made to wait, or what refuses.
    fn waits(compose: &str) -> Vec<String> {
        let file = ComposeFile::read("compose.yaml", compose.as_bytes(), Environment::new()).unwrap();
        let project = Project::new(vec![file]);
        let context = Context::of(&project);
        let found = WaitForHealthy.check(&context);
        found
            .into_iter()
            .map(|finding| match finding.remedy {
                Remedy::Fix(fix) => fix.title,
                Remedy::Refused(refusal) => refusal.message,
                Remedy::Advice(text) => text,
            })
            .collect()
    }

    fn pair(image: &str, one: &str, two: &str, check: &str) -> String {
        format!(
            "services:\n  one:\n    image: {image}\n    healthcheck: {{test: [CMD-SHELL, \"{check}\"]}}\n{one}  two:\n    image: {image}\n    depends_on: [one]\n{two}"
        )
    }

    #[test]
    fn members_of_one_cluster_do_not_wait_for_each_other() {
        let nodes = "    environment: {REDIS_NODES: one two}\n";
        let etcd = "    command: etcd --initial-cluster one=http://one:2380,two=http://two:2380\n";
        let voters = "    environment: [\"KAFKA_CONTROLLER_QUORUM_VOTERS=1@one:9093,2@two:9093\"]\n";
        for (one, two, check) in [
            (nodes, nodes, "redis-cli ping"),
            (etcd, etcd, "etcdctl endpoint health"),
            (voters, voters, "kafka-topics --list"),
            ("", "", "redis-cli cluster info | grep -q 'cluster_state:ok'"),
            ("", "", "curl -fs localhost:9200/_cluster/health"),
            (
                "",
                "    command: redis-cli --cluster create one:6379\n",
                "redis-cli cluster info | grep cluster_state:ok",
            ),
        ] {
            let found = waits(&pair("example/node:1", one, two, check));
            assert!(found.len() == 1 && found[0].contains("belong to one cluster"), "{check}: {found:?}");
        }
    }

    #[test]
    fn who_waits_for_a_member_and_is_none_still_waits() {
        let single = "    environment: [discovery.type=single-node]\n";
        let galera = "    environment: {WSREP_CLUSTER_ADDRESS: \"gcomm://one,two\"}\n";
        for (one, two, check) in [
            (single, single, "curl -fs localhost:9200/_cluster/health"),
            (galera, galera, "mariadb-admin ping"),
            ("", "", "pg_isready"),
            // Jobs of the same image that set it up.
            ("", "    command: [sh, -c, x]\n", "curl -fs localhost:9200/_cluster/health"),
            ("    command: --replSet a\n", "    command: mongoimport x\n", "mongosh --eval 'rs.status()'"),
        ] {
            let found = waits(&pair("example/node:1", one, two, check));
            assert_eq!(found, ["wait until one is healthy"], "{check}");
        }
        let web = "services:
  one:
    image: example/node:1
    environment: {VALKEY_NODES: one two}
    healthcheck: {test: [CMD, cli, cluster_state]}
  two: {image: 'example/node:1', environment: {VALKEY_NODES: one two}}
  web: {image: 'example/web:1', depends_on: [one]}
";
        assert_eq!(waits(web), ["wait until one is healthy"]);
    }

    #[test]
    fn a_way_over_others_counts_and_so_does_a_configuration_that_is_mounted() {
        let over = "services:
  one: {image: 'example/node:1', environment: {ZOO_SERVERS: x}, healthcheck: {test: [CMD, check]}}
  mid: {image: 'example/mid:1', depends_on: [one], healthcheck: {test: [CMD, check]}}
  two: {image: 'example/node:1', environment: {ZOO_SERVERS: x}, depends_on: [mid]}
";
        let found = waits(over);
        assert!(found[0].contains("one cluster (zoo_servers)"), "{found:?}");
        let text = "services:
  one: {image: 'example/node:1', volumes: ['./one.yml:/etc/node.yml'], healthcheck: {test: [CMD, check]}}
  two: {image: 'example/node:1', volumes: ['./two.yml:/etc/node.yml'], depends_on: [one]}
";
        let file = ComposeFile::read("compose.yaml", text.as_bytes(), Environment::new()).unwrap();
        let mut project = Project::new(vec![file]);
        for path in ["one.yml", "two.yml"] {
            project.texts.insert(path.to_owned(), "cluster.initial_master_nodes:\n- one\n- two\n".to_owned());
        }
        let services: Vec<_> = project.services().collect();
        let context = Context::of(&project);
        let needed = super::needed(&context, &services[0], "CMD check");
        assert_eq!(needed.len(), 1);
        assert_eq!(needed[0].0, "two");
    }
}
