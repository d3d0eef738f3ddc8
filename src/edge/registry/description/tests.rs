use super::*;

fn digest(digit: &str) -> String {
    format!("sha256:{}", digit.repeat(64))
}

fn index(entries: &str) -> Result<Index, RegistryError> {
    match Manifest::read(format!(r#"{{"schemaVersion":2,"manifests":[{entries}]}}"#).as_bytes())? {
        Manifest::Index(index) => Ok(index),
        Manifest::Image(_) => Err(malformed("an image")),
    }
}

fn entry(digit: &str, os: &str, architecture: &str, variant: &str) -> String {
    let (digest, size) = (digest(digit), 7);
    format!(
        r#"{{"digest":"{digest}","size":{size},"platform":{{"os":"{os}","architecture":"{architecture}","variant":"{variant}"}}}}"#
    )
}

fn read(config: &str) -> Result<ImageConfiguration, RegistryError> {
    let text = format!(
        r#"{{"architecture":"amd64","os":"linux","created":"2026-01-02T03:04:05Z","rootfs":{{}},"config":{config}}}"#
    );
    configuration(&digest("c").parse().unwrap(), &Blob::read(text.as_bytes())?, &[])
}

#[test]
fn the_usual_platform_is_chosen_and_attestations_are_none() {
    let entries = [
        entry("1", "unknown", "unknown", ""),
        entry("2", "linux", "arm64", "v8"),
        entry("3", "linux", "amd64", ""),
        entry("4", "windows", "amd64", ""),
        entry("5", "linux", "amd64", ""),
        entry("6", "linux", "arm", "v7"),
    ];
    let found = index(&entries.join(",")).unwrap();
    let names: Vec<String> = found.platforms().keys().map(ToString::to_string).collect();
    assert_eq!(names, ["linux/amd64", "linux/arm/v7", "linux/arm64", "windows/amd64"]);
    assert_eq!(found.choose().unwrap().as_str(), digest("3"));
    let choose = |entries: &[&String]| {
        let entries: Vec<&str> = entries.iter().map(|entry| entry.as_str()).collect();
        index(&entries.join(",")).unwrap().choose().map(|found| found.to_string())
    };
    assert_eq!(choose(&[&entries[3], &entries[5]]), Some(digest("6")));
    assert_eq!(choose(&[&entries[3]]), Some(digest("4")));
    assert_eq!(choose(&[&entries[0]]), None);
    let nested = format!(r#"{{"mediaType":"{}","digest":"{}","size":1}}"#, INDEXES[0], digest("9"));
    assert_eq!(choose(&[&nested]), Some(digest("9")));
}

#[test]
fn what_two_programs_would_read_differently_is_refused() {
    let config = format!(r#"{{"mediaType":"{}","digest":"{}","size":2}}"#, CONFIGURATIONS[0], digest("c"));
    let both = format!(r#"{{"schemaVersion":2,"manifests":[],"config":{config},"layers":[]}}"#);
    let chart = config.replace(CONFIGURATIONS[0], "application/vnd.cncf.helm.config.v1+json");
    for text in [
        both.as_str(),
        r#"{"schemaVersion":1,"manifests":[]}"#,
        r#"{"schemaVersion":2}"#,
        &format!(r#"{{"schemaVersion":2,"config":{chart},"layers":[]}}"#),
        r#"{"schemaVersion":2,"manifests":[{"digest":"sha256:zz","size":1}]}"#,
    ] {
        assert!(Manifest::read(text.as_bytes()).is_err(), "{text}");
    }
    let layers =
        r#"[{"digest":"D","size":5},{"digest":"D","size":18446744073709551615}]"#.replace('D', &digest("1"));
    let image = format!(r#"{{"schemaVersion":2,"config":{config},"layers":{layers}}}"#);
    assert!(matches!(Manifest::read(image.as_bytes()), Ok(Manifest::Image(Image { size: u64::MAX, .. }))));
}

#[test]
fn a_configuration_is_kept_as_far_as_hardening_needs_it() {
    let found = read(
        r#"{"User":"postgres","ExposedPorts":{"5432/tcp":{}},"Volumes":{"/data":{}},"Env":["PGPASSWORD=hunter2"],
            "Entrypoint":["docker-entrypoint.sh"],"Cmd":["postgres"],"StopSignal":"SIGINT","WorkingDir":"/w",
            "Healthcheck":{"Test":["CMD","pg_isready"],"Interval":1000},
            "Labels":{"org.opencontainers.image.version":"16.4","maintainer":"nobody","x":null}}"#,
    )
    .unwrap();
    assert_eq!((found.user.as_deref(), found.stop_signal.as_deref()), (Some("postgres"), Some("SIGINT")));
    assert_eq!((found.exposed_ports, found.volumes), (vec!["5432/tcp".to_owned()], vec!["/data".to_owned()]));
    assert_eq!((found.cmd, found.health_check.len()), (vec!["postgres".to_owned()], 2));
    assert_eq!(found.labels.into_iter().collect::<Vec<_>>().len(), 1);
    assert_eq!(found.created.as_deref(), Some("2026-01-02T03:04:05Z"));
}

#[test]
fn an_image_that_says_nothing_is_an_image() {
    for config in ["null", "{}", r#"{"User":"","ExposedPorts":null,"Entrypoint":null,"Labels":null}"#] {
        let found = read(config).unwrap();
        assert!(found.user.is_none() && found.exposed_ports.is_empty() && found.entrypoint.is_empty());
    }
}

#[test]
fn secrets_of_a_command_are_not_kept() {
    let found = read(
        r#"{"Cmd":["redis-server","--requirepass","hunter2"],"Entrypoint":["sh","-c","TOKEN=hunter2 run"]}"#,
    );
    let shown = format!("{found:?}");
    assert!(!shown.contains("hunter2") && shown.contains("[hidden]"), "{shown}");
}

#[test]
fn what_is_odd_or_endless_is_refused() {
    let long = "a".repeat(2000);
    let many: Vec<String> = (0..3000).map(|number| format!("\"{number}/tcp\":{{}}")).collect();
    for config in [
        r#"{"User":"a\nprivileged: true"}"#.to_owned(),
        r#"{"User":7}"#.to_owned(),
        format!(r#"{{"WorkingDir":"{long}"}}"#),
        format!(r#"{{"ExposedPorts":{{{}}}}}"#, many.join(",")),
        format!(r#"{{"Cmd":["{}"]}}"#, "a".repeat(20_000)),
    ] {
        assert!(matches!(read(&config), Err(RegistryError::Malformed { .. })), "{config:.60}");
    }
    let nameless = Blob::read(br#"{"config":{}}"#).unwrap();
    assert!(configuration(&digest("c").parse().unwrap(), &nameless, &[]).is_err());
}
