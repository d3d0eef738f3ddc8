use super::*;
use crate::model::compose::ComposeFile;
use crate::model::lock::DigestKind;
use crate::model::{Digest, Environment, ImageConfiguration, ImageDescription};

fn digest(digit: &str) -> Digest {
    format!("sha256:{}", digit.repeat(64)).parse().unwrap()
}

fn configuration(user: &str) -> ImageConfiguration {
    serde_yaml::from_str(&format!("digest: {}\nplatform: linux/amd64\nuser: '{user}'\n", digest("c")))
        .unwrap()
}

fn said(digit: &str, description: Option<Result<&str, RegistryError>>) -> Resolved {
    let describe = |user| ImageDescription {
        platforms: [("linux/amd64".parse().unwrap(), digest("d"))].into(),
        size: 42,
        configuration: configuration(user),
    };
    Resolved {
        digest: digest(digit),
        kind: DigestKind::Index,
        registry: "docker.io".to_owned(),
        method: "HEAD",
        platforms: Vec::new(),
        at: "2026-01-02T03:04:05Z".parse().unwrap(),
        description: description.map(|outcome| outcome.map(describe)),
    }
}

fn questions(digests: &[&str], configurations: &[&str]) -> BTreeSet<Question> {
    let full = |name: &&str| name.parse::<ImageReference>().unwrap();
    let digests = digests.iter().map(full).map(|name| Question::digest(&name));
    digests.chain(configurations.iter().map(full).map(|name| Question::configuration(&name))).collect()
}

/// The answers, and what the lock is to say.
fn take(
    questions: BTreeSet<Question>,
    lock: &Lock,
    said: &[(&str, Result<Resolved, RegistryError>)],
) -> (Answers, BTreeMap<String, LockedImage>) {
    let wishes = Wishes::of(questions, &evidence(lock));
    let said = said.iter().map(|(name, outcome)| {
        let reference: ImageReference = name.parse().unwrap();
        (reference.canonical(), outcome.clone())
    });
    let mut answers = Answers::default();
    let new = wishes.take(&said.collect(), lock, &mut answers);
    (answers, new)
}

/// What a lock is evidence for in a project without pins.
fn evidence(lock: &Lock) -> Known<'_> {
    Known::of(Some(lock), &Project::default())
}

const NGINX: &str = "docker.io/library/nginx:1";

fn lock_of(entry: &LockedImage) -> Lock {
    Lock::of([(NGINX.to_owned(), entry.clone())].into())
}

#[test]
fn both_questions_are_one_request() {
    let wishes = Wishes::of(questions(&["nginx:1", "redis:7"], &["nginx:1"]), &evidence(&Lock::default()));
    let asked: Vec<_> = wishes.asked.iter().map(|(name, depth)| (name.canonical(), *depth)).collect();
    assert_eq!(
        asked,
        [(NGINX.to_owned(), Depth::Description), ("docker.io/library/redis:7".to_owned(), Depth::Digest)]
    );
}

#[test]
fn what_an_image_says_is_an_answer_and_goes_into_the_lock() {
    let both = questions(&["nginx:1"], &["nginx:1"]);
    let (answers, new) = take(both, &Lock::default(), &[("nginx:1", Ok(said("a", Some(Ok("101")))))]);
    let fact = answers.configuration(&"nginx:1".parse().unwrap()).unwrap();
    assert_eq!((fact.digest.clone(), fact.configuration.user.as_deref()), (digest("a"), Some("101")));
    let evidence = fact.evidence("runs as user 101");
    assert_eq!(evidence.fact, "the image nginx:1 runs as user 101");
    assert_eq!(
        evidence.source,
        "its own configuration for linux/amd64, docker.io: HEAD at 2026-01-02T03:04:05Z"
    );
    let entry = &new[NGINX];
    assert_eq!((entry.size, entry.platforms.len()), (Some(42), 1));
    // The next run has it from the lock.
    let question = Question::configuration(&"nginx:1".parse().unwrap());
    assert!(matches!(answer(&question, entry, String::new()), Some(Answer::Configuration(_))));
}

#[test]
fn of_what_is_locked_the_locked_digest_is_asked_about() {
    let known =
        LockedImage { resolved_at: Some("2025-01-01T00:00:00Z".to_owned()), ..locked(&said("b", None)) };
    let lock = lock_of(&known);
    let pinned = format!("nginx:1@{}", digest("b"));
    let wishes = Wishes::of(questions(&[], &["nginx:1"]), &evidence(&lock));
    assert_eq!(wishes.asked[0].0.canonical(), format!("docker.io/library/{pinned}"));
    let (_, new) = take(questions(&[], &["nginx:1"]), &lock, &[(&pinned, Ok(said("b", Some(Ok("0")))))]);
    assert_eq!(new[NGINX].resolved_at, known.resolved_at, "the tag was not asked for");
    assert!(new[NGINX].configuration.is_some());
}

#[test]
fn a_file_that_is_newer_than_the_lock_is_never_set_back() {
    let lock = lock_of(&locked(&said("b", Some(Ok("0")))));
    let (older, newer) = (format!("nginx:1@{}", digest("b")), format!("nginx:1@{}", digest("a")));
    let (answers, new) = take(questions(&[], &[&newer]), &lock, &[(&newer, Ok(said("a", Some(Ok("101")))))]);
    assert_eq!((&new[NGINX].digest, &new[NGINX].resolved_at), (&digest("a"), &None));
    assert!(answers.configuration(&newer.parse().unwrap()).is_ok());
    // Two files that disagree leave the lock as it is.
    let outcomes =
        [(newer.as_str(), Ok(said("a", Some(Ok("101"))))), (older.as_str(), Ok(said("b", Some(Ok("0")))))];
    let (answers, new) = take(questions(&[], &[&newer, &older]), &lock, &outcomes);
    assert!(new.is_empty());
    assert_eq!(answers.configuration(&older.parse().unwrap()).unwrap().digest, digest("b"));
}

#[test]
fn a_digest_without_configuration_is_half_an_answer() {
    let broken = RegistryError::TooLarge { limit: 7 };
    let both = questions(&["nginx:1"], &["nginx:1"]);
    let outcome = said("a", Some(Err(broken.clone())));
    let (answers, new) = take(both.clone(), &Lock::default(), &[("nginx:1", Ok(outcome.clone()))]);
    assert!(matches!(answers.get(&Question::digest(&"nginx:1".parse().unwrap())), Answer::Digest(_)));
    let why = answers.configuration(&"nginx:1".parse().unwrap()).unwrap_err();
    assert!(why.contains("nginx:1: the answer has more than 7 bytes"), "{why}");
    assert!(new[NGINX].configuration.is_none() && is_network_trouble(&Ok(outcome)));
    let (answers, new) = take(both, &Lock::default(), &[("nginx:1", Err(RegistryError::NotFound))]);
    assert!(answers.configuration(&"nginx:1".parse().unwrap()).is_err() && new.is_empty());
}

#[test]
fn a_tag_that_nobody_asked_about_is_asked_about() {
    let nginx: ImageReference = "nginx:1".parse().unwrap();
    let pinned: ImageReference = format!("nginx:1@{}", digest("b")).parse().unwrap();
    let lock = lock_of(&locked(&said("b", Some(Ok("0")))).brought_along());
    assert!(evidence(&lock).get(&nginx).is_none() && evidence(&lock).get(&pinned).is_some());
    let wishes = Wishes::of(questions(&["nginx:1"], &[]), &evidence(&lock));
    assert_eq!(wishes.asked[0].0.canonical(), NGINX);
    // Once it was asked, the lock says when.
    let (_, new) = take(questions(&["nginx:1"], &[]), &lock, &[("nginx:1", Ok(said("b", None)))]);
    assert!(new[NGINX].resolved_at.is_some());
}

#[test]
fn a_lock_that_is_older_than_a_file_says_nothing_of_the_tag() {
    let compose = format!("services:\n  a:\n    image: nginx:1@{}\n  b:\n    image: nginx:1\n", digest("a"));
    let file = ComposeFile::read("compose.yaml", compose.as_bytes(), Environment::new()).unwrap();
    let project = Project::new(vec![file]);
    let lock = lock_of(&locked(&said("b", None)));
    let known = Known::of(Some(&lock), &project);
    assert!(known.get(&"nginx:1".parse().unwrap()).is_none());
    assert!(known.get(&format!("nginx:1@{}", digest("b")).parse().unwrap()).is_some());
}
