use super::super::{BIND, BindLocalhost};
use crate::knowledge::Confidence;
use crate::model::Environment;
use crate::model::compose::{ComposeFile, Project, Sample};
use crate::rule::{Context, Effect, Finding, OptionValue, Options, Remedy, Rule};

fn project(text: &str, sample: &[(&str, &str)]) -> Project {
    let file = ComposeFile::read("compose.yaml", text.as_bytes(), Environment::new()).unwrap();
    let mut project = Project::new(vec![file]);
    if !sample.is_empty() {
        let variables = sample.iter().copied().collect();
        project.samples.insert(String::new(), Sample { path: ".env.example".to_owned(), variables });
    }
    project
}

/// The findings under `bind: proxied`.
fn found(project: &Project) -> Vec<Finding> {
    let mut options = Options::default();
    options.general.insert(BIND.name, OptionValue::Word("proxied".to_owned()));
    BindLocalhost.check(&Context { options: &options, ..Context::of(project) })
}

/// The texts that the entries of a service with these keys are bound to.
fn bound(keys: &str, sample: &[(&str, &str)]) -> Vec<String> {
    let project = project(&format!("services: {{a: {{image: acme/x, {keys}}}}}"), sample);
    let text = |finding: Finding| {
        let Remedy::Fix(fix) = finding.remedy else { return None };
        assert!(fix.unverified, "{keys}");
        assert!(
            finding.evidence.iter().all(|evidence| evidence.confidence == Confidence::Inferred),
            "{keys}"
        );
        let Effect::Service(effect) = &fix.effects[0] else { return None };
        Some(format!("{:?}", effect.operation))
    };
    let all = found(&project).into_iter().filter_map(text);
    all.map(|text| text.split('"').nth(1).unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_template_shows_that_a_number_stands_there() {
    let sample =
        [("PORT", "8080"), ("FRONT", "443"), ("POOL", "3000-3020"), ("ADDRESS", "1.2.3.4:80"), ("SSH", "22")];
    assert_eq!(bound("ports: ['${PORT}:80']", &sample), ["127.0.0.1:${PORT}:80"]);
    assert_eq!(bound("ports: ['${PORT}:${FRONT}']", &sample), ["127.0.0.1:${PORT}:${FRONT}"]);
    assert_eq!(bound("ports: [{target: 80, published: '${PORT}'}]", &sample), ["127.0.0.1"]);
    assert_eq!(bound("ports: ['${SSH}']", &sample), ["127.0.0.1::${SSH}"]);
    for keys in [
        "ports: ['${FRONT}:8080']",
        "ports: ['${POOL}:80']",
        "ports: ['${ADDRESS}:80']",
        "ports: ['${ABSENT}:80']",
        "ports: ['${PORT}:${SSH}']",
        "ports: ['${PORT}:80/udp']",
        "ports: ['${PORT}:80'], extra_hosts: ['far:host-gateway'], environment: ['U=http://far:${PORT}']",
        "ports: ['${PORT}:80'], environment: [DB_HOST=host.docker.internal, 'DB_PORT=${PORT}']",
    ] {
        assert_eq!(bound(keys, &sample), [""; 0], "{keys}");
    }
    assert_eq!(bound("ports: ['${PORT}:80']", &[]), [""; 0]);
}

#[test]
fn the_use_of_a_variable_shows_that_a_number_stands_there() {
    for keys in [
        "environment: ['URL=http://a:${P}/x']",
        "environment: {URL: '${HOST}:${P}'}",
        "environment: ['MY_PORT=${P}']",
        "environment: {PORT: $P}",
        "healthcheck: {test: 'wget http://localhost:${P}'}",
        "expose: ['${P}'], command: 'serve --listen 0.0.0.0:${P}'",
    ] {
        assert_eq!(bound(&format!("{keys}, ports: ['${{P}}']"), &[]), ["127.0.0.1::${P}"], "{keys}");
    }
    assert_eq!(bound("environment: [P_PORT], ports: ['${P_PORT}']", &[]), ["127.0.0.1::${P_PORT}"]);
    assert_eq!(bound("ports: ['8080:${P}', '${P:?}']", &[]), ["127.0.0.1::${P:?}"]);
    for keys in [
        "environment: ['URL=${P}']",
        "environment: ['URL=http://a:${P}:80']",
        "environment: ['URL=http://a:${P}${Q}']",
        "environment: ['URL=http:${PP}']",
        "environment: [P]",
    ] {
        assert_eq!(bound(&format!("{keys}, ports: ['${{P}}']"), &[]), [""; 0], "{keys}");
    }
    for entry in ["${P}:${P}", "${P}/udp", "${P}${Q}", "${P:-80:80}"] {
        let keys = format!("environment: ['MY_PORT=${{P}}'], ports: ['{entry}']");
        assert!(bound(&keys, &[]).iter().all(|text| text.starts_with("127.0.0.1:80:80")), "{entry}");
    }
}

#[test]
fn a_proxy_and_an_image_with_a_public_port_keep_theirs() {
    for image in ["traefik:3", "nginx:1.27"] {
        let text = format!(
            "services: {{a: {{image: '{image}', environment: ['MY_PORT=${{P}}'], ports: ['${{P}}']}}}}"
        );
        let project = project(&text, &[]);
        assert!(found(&project).iter().all(|finding| !matches!(finding.remedy, Remedy::Fix(_))), "{image}");
    }
}

#[test]
fn without_a_host_part_nothing_is_a_front_door() {
    let text = "services: {a: {image: acme/x, ports: ['80', '22', '443:443', '2222:22']}}";
    let project = project(text, &[]);
    let fixed = found(&project).into_iter().filter(|finding| matches!(finding.remedy, Remedy::Fix(_)));
    assert_eq!(fixed.map(|finding| finding.subject).collect::<Vec<_>>(), ["80", "22"]);
}
