use super::*;

fn digest(digit: &str) -> Digest {
    format!("sha256:{}", digit.repeat(64)).parse().unwrap()
}

/// An image of 2026-03-01 unless said otherwise.
fn image(digit: &str, created: Option<&str>, platforms: &[&str]) -> LockedImage {
    let created = created.map(|when| format!("created: '{when}'\n")).unwrap_or_default();
    let text = format!(
        "digest: {}\nkind: index\nsize: 100\nplatforms: [{}]\nconfiguration:\n  digest: {}\n  platform: linux/amd64\n  {created}",
        digest(digit),
        platforms.join(", "),
        digest("c")
    );
    serde_yaml::from_str(&text).unwrap()
}

fn terms(older_than: Option<i32>, min_age: Option<i32>) -> Terms {
    Terms { today: "2026-03-10".parse().unwrap(), older_than, min_age }
}

fn moved(created: Option<&str>) -> Sighting {
    Sighting {
        pinned: Some(image("a", Some("2026-01-01T00:00:00Z"), &["linux/amd64", "linux/s390x"])),
        now: Some(image("b", created, &["linux/amd64", "linux/arm64"])),
        ..Sighting::default()
    }
}

fn pinned(tag: &str) -> ImageReference {
    format!("nginx{tag}@{}", digest("a")).parse().unwrap()
}

const MADE: Option<&str> = Some("2026-03-01T12:00:00.123Z");
const LONG_AGO: Option<&str> = Some("2025-12-01T00:00:00Z");
const LATELY: Option<&str> = Some("2026-03-08T23:59:59Z");

#[test]
fn a_pin_moves_with_what_speaks_for_it() {
    let verdict = judge(&pinned(":1.27"), &BTreeSet::new(), &moved(MADE), LONG_AGO, &terms(None, None));
    assert_eq!((verdict.fate, verdict.notes.len()), (Fate::Moves, 0));
    let movement = verdict.movement.unwrap();
    assert_eq!((movement.from.unwrap().digest, movement.to.digest), (digest("a"), digest("b")));
    assert_eq!((movement.tag, movement.to.created.as_deref()), (TagKind::Floating, MADE));
    assert_eq!(movement.platforms_added, ["linux/arm64".parse().unwrap()]);
    assert_eq!(movement.platforms_removed, ["linux/s390x".parse().unwrap()]);
}

#[test]
fn what_the_tag_stands_for_stays() {
    let same = Sighting { now: Some(image("a", MADE, &[])), ..moved(MADE) };
    assert_eq!(judge(&pinned(":1"), &BTreeSet::new(), &same, None, &terms(None, None)).fate, Fate::Current);
    assert!(!is_candidate(&same, None, &terms(None, None)));
    assert_eq!(
        judge(&pinned(""), &BTreeSet::new(), &moved(MADE), None, &terms(None, None)).fate,
        Fate::Untagged
    );
    let trouble = Sighting { now: None, trouble: Some("down".to_owned()), ..moved(MADE) };
    let unknown = Fate::Unknown { why: "down".to_owned() };
    assert_eq!(judge(&pinned(":1"), &BTreeSet::new(), &trouble, None, &terms(None, None)).fate, unknown);
}

#[test]
fn young_pins_wait_and_pins_of_unknown_age_do_not() {
    let terms = terms(Some(90), None);
    let fate = |when| judge(&pinned(":1"), &BTreeSet::new(), &moved(MADE), when, &terms);
    assert_eq!(fate(LATELY).fate, Fate::NotDue { days: 2 });
    assert_eq!(fate(LONG_AGO), Verdict { notes: Vec::new(), ..fate(LONG_AGO) });
    assert_eq!(fate(LONG_AGO).fate, Fate::Moves);
    for unknown in [None, Some(""), Some("last week, or so")] {
        let verdict = fate(unknown);
        assert_eq!((verdict.fate, verdict.notes.len()), (Fate::Moves, 1), "{unknown:?}");
        assert!(is_candidate(&moved(MADE), unknown, &terms));
    }
    assert!(!is_candidate(&moved(MADE), LATELY, &terms));
    let gone = Sighting { is_gone: true, ..moved(MADE) };
    assert!(is_candidate(&gone, LATELY, &terms), "what is gone cannot wait");
    assert_eq!(judge(&pinned(":1"), &BTreeSet::new(), &gone, LATELY, &terms).fate, Fate::Moves);
}

#[test]
fn young_images_are_held_and_images_of_unknown_age_are_not() {
    let fate =
        |created| judge(&pinned(":1"), &BTreeSet::new(), &moved(created), LONG_AGO, &terms(None, Some(14)));
    assert!(matches!(fate(MADE).fate, Fate::Held { why } if why.contains("9 days ago")));
    assert_eq!(fate(Some("2026-02-01T00:00:00Z")).fate, Fate::Moves);
    for unknown in [None, Some("1970-01-01T00:00:00Z"), Some("2030-01-01T00:00:00Z"), Some("today")] {
        let verdict = fate(unknown);
        assert_eq!(verdict.fate, Fate::Moves, "{unknown:?}");
        assert!(verdict.notes[0].contains("nobody knows"), "{:?}", verdict.notes);
    }
}

#[test]
fn a_pin_keeps_its_kind() {
    let old = image("a", MADE, &["linux/amd64"]);
    let platforms = |name: &str| BTreeMap::from([(name.parse().unwrap(), digest("d"))]);
    assert_eq!(same_platform(Some(&old), &platforms("linux/amd64")), Ok(digest("d")));
    assert!(same_platform(Some(&old), &platforms("linux/arm64")).unwrap_err().contains("linux/amd64"));
    assert!(same_platform(None, &platforms("linux/amd64")).is_err());
    let held = Sighting { held: Some("why".to_owned()), ..moved(MADE) };
    assert_eq!(
        judge(&pinned(":1"), &BTreeSet::new(), &held, None, &terms(None, None)).fate,
        Fate::Held { why: "why".to_owned() }
    );
}

#[test]
fn a_platform_that_the_files_ask_for_must_be_there_still() {
    let fate = |asked: &str| {
        let asked = BTreeSet::from([asked.parse().unwrap()]);
        judge(&pinned(":1"), &asked, &moved(MADE), LONG_AGO, &terms(None, None)).fate
    };
    assert_eq!(fate("linux/arm64"), Fate::Moves);
    assert_eq!(fate("linux/amd64/v2"), Fate::Moves);
    assert!(matches!(fate("linux/s390x"), Fate::Held { why } if why.contains("ask for linux/s390x")));
}

#[test]
fn a_pin_on_one_platform_stays_on_it() {
    let of = |platform: &str, said: bool| {
        let image = image("a", None, &[platform]);
        let configuration = image.configuration.clone().filter(|_| said);
        LockedImage { kind: DigestKind::Manifest, configuration, ..image }
    };
    let (amd, arm) = (of("linux/amd64", false), of("linux/arm64", false));
    assert_eq!(other_platform(&amd, &of("linux/amd64", true)), None);
    assert!(other_platform(&amd, &arm).is_some_and(|why| why.contains("for linux/arm64 now")));
    let platforms = [("linux/arm64".parse().unwrap(), digest("d"))].into();
    assert_eq!(same_platform(Some(&arm), &platforms), Ok(digest("d")), "the lock may say it without more");
}
