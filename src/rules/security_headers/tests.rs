use super::SecurityHeaders;
use crate::knowledge::Catalogue;
use crate::model::Environment;
use crate::model::compose::{ComposeFile, Project};
use crate::model::nginx::NginxFile;
use crate::rule::{Answers, Context, Effect, Options, Remedy, Rule};
use crate::syntax::nginx::rewrite;

const MOUNT: &str = "services:\n  web:\n    image: nginx:1.27\n    volumes: [./a.conf:/etc/nginx/conf.d/a.conf, \
    ./b.conf:/etc/nginx/b.conf]\n";

/// What is said about `a.conf`, each as `SUBJECT > REMEDY`, and its text with all fixes.
fn found(a: &str, b: &str) -> (Vec<String>, String) {
    let file = ComposeFile::read("compose.yaml", MOUNT.as_bytes(), Environment::new()).unwrap();
    let mut project = Project::new(vec![file]);
    for (path, text) in [("a.conf", a), ("b.conf", b)] {
        project.nginx.insert(path.to_owned(), NginxFile::read(path, text.as_bytes()).unwrap());
    }
    let (options, catalogue, answers) = (Options::default(), Catalogue::builtin(), Answers::default());
    let context = Context { project: &project, options: &options, catalogue, answers: &answers };
    let findings = SecurityHeaders.check(&context);
    let mut changes = Vec::new();
    let said = findings.iter().filter(|finding| finding.file == "a.conf").map(|finding| {
        let remedy = match &finding.remedy {
            Remedy::Fix(fix) => {
                changes.extend(fix.effects.iter().filter_map(|effect| match effect {
                    Effect::Source(effect) => Some(effect.change.clone()),
                    _ => None,
                }));
                fix.title.clone()
            }
            Remedy::Refused(refusal) => refusal.code.as_str().to_owned(),
            Remedy::Advice(_) => "advice".to_owned(),
        };
        format!("{} > {remedy}", finding.subject)
    });
    let said = said.collect();
    (said, rewrite(a, &changes).unwrap().0)
}

const BOTH: &str = "add_header X-Content-Type-Options \"nosniff\" always; \
    add_header Referrer-Policy \"strict-origin-when-cross-origin\" always;";

#[test]
fn what_the_application_sends_is_hidden_before_it_is_sent_anew() {
    let hidden = "server { listen 80; proxy_hide_header X-Content-Type-Options; proxy_hide_header referrer-policy; \
        location / { proxy_pass http://app; } }";
    let (said, after) = found(hidden, "");
    assert_eq!(
        said,
        ["server: X-Content-Type-Options, Referrer-Policy > send X-Content-Type-Options and Referrer-Policy"]
    );
    assert!(after.contains(BOTH), "{after}");
    // A location that hides something else hides nothing that is hidden around it.
    let other = hidden.replace("proxy_pass", "proxy_hide_header X-Powered-By; proxy_pass");
    let (said, after) = found(&other, "");
    assert_eq!(said, ["server: X-Content-Type-Options, Referrer-Policy > advice"]);
    assert_eq!(after, other);
}

#[test]
fn the_only_header_of_a_block_does_not_go_alone() {
    let alone = "server { listen 80; add_header X-Frame-Options DENY always; root /srv; \
        location /a { add_header X-XSS-Protection 1; root /a; } }";
    let (said, after) = found(alone, "");
    assert!(said.contains(
        &"location /a of server: X-Frame-Options, X-Content-Type-Options, Referrer-Policy > send X-Frame-Options, \
          X-Content-Type-Options and Referrer-Policy; send no X-XSS-Protection any more"
            .to_owned()
    ), "{said:?}");
    assert!(!after.contains("XSS"), "{after}");
    // Where nothing is added, it stays, if there is something around it that would come in its place.
    let passed = "server { listen 80; add_header Referrer-Policy origin always; \
        location /a { add_header X-XSS-Protection 1; return 204; } }";
    let (said, after) = found(passed, "");
    assert!(said.contains(&"location /a of server: X-XSS-Protection > explicit".to_owned()), "{said:?}");
    assert!(after.contains("add_header X-XSS-Protection 1; return 204;"), "{after}");
    let bare = "server { listen 80; location /a { add_header X-XSS-Protection 1; return 204; } }";
    let (said, after) = found(bare, "");
    assert_eq!(said, ["location /a of server: X-XSS-Protection > send no X-XSS-Protection any more"]);
    assert!(!after.contains("XSS"), "{after}");
}

#[test]
fn other_ways_to_set_headers_stand_against_it() {
    for other in ["add_header_inherit merge;", "more_set_headers 'X-Frame-Options: DENY';"] {
        let text = format!("server {{ listen 80; root /srv; location /a {{ {other} }} }}");
        let (said, after) = found(&text, "");
        assert_eq!(said[0], "server: X-Content-Type-Options, Referrer-Policy > explicit", "{said:?}");
        assert_eq!(after, text);
    }
}

#[test]
fn headers_of_http_reach_servers_of_other_files() {
    let (said, _) =
        found("server { listen 80; root /srv; }", "add_header X-Frame-Options DENY always; map $a $b { }");
    assert_eq!(said, ["server: Content-Security-Policy > advice"]);
}

#[test]
fn a_file_that_is_included_is_not_doubled() {
    let a = "server { listen 80; root /srv; include b.conf; add_header Referrer-Policy origin always; }";
    let (said, after) = found(a, "add_header X-Content-Type-Options nosniff always;");
    assert_eq!(said, ["server: Content-Security-Policy > advice"]);
    assert_eq!(after, a);
}

#[test]
fn a_page_for_errors_is_not_worth_a_header_of_its_own() {
    let text = "server { listen 80; error_page 500 502 /50x.html; location = /50x.html { root /srv; } \
        location / { proxy_pass http://app; } }";
    let (said, after) = found(text, "");
    assert_eq!(said, ["server: X-Content-Type-Options, Referrer-Policy > advice"]);
    assert_eq!(after, text);
}

#[test]
fn streams_grpc_and_short_answers_are_no_pages() {
    for text in [
        "stream { server { listen 80; proxy_pass x; } }",
        "server { listen 80; proxy_pass x; }",
        "server { listen 80; location / { grpc_pass grpc://x; } }",
        "server { listen 80; location /ok { return 200 ok; } location / { return 301 /a; } }",
        "server { listen 80; error_page 502 = /e; location = /e { internal; add_header grpc-status 14; return 204; } }",
        "upstream x { server a:80; }",
        "",
    ] {
        assert_eq!(found(text, ""), (Vec::new(), text.to_owned()));
    }
}

#[test]
fn a_policy_for_frames_takes_the_place_of_the_older_header() {
    let text = "http { add_header X-Frame-Options DENY always; server { listen 80; root /srv; \
        add_header Content-Security-Policy \"frame-ancestors 'self'\" always; } }";
    let (_, after) = found(text, "");
    assert_eq!(after.matches("X-Frame-Options").count(), 1, "{after}");
}

#[test]
fn a_server_with_tls_is_told_of_strict_transport() {
    let said = |text: &str| found(text, "").0;
    let advice = "server: Strict-Transport-Security > advice".to_owned();
    let tls = "server { listen 443 ssl; location / { proxy_pass http://a; } }";
    assert!(said(tls).contains(&advice));
    let has = tls.replace("location", "add_header Strict-Transport-Security max-age=1 always; location");
    assert!(!said(&has).contains(&advice));
    assert!(!said("server { listen 80; location / { proxy_pass http://a; } }").contains(&advice));
}

#[test]
fn a_text_of_the_configuration_gets_back_what_is_sent_around_it() {
    let with = |answer: &str| {
        format!(
            "server {{ listen 80; root /srv; add_header X-Content-Type-Options nosniff always; add_header Referrer-Policy \
             origin always; location /h {{ add_header Content-Type a/b; {answer} }} }}"
        )
    };
    let (said, after) = found(&with("return 200 ok;"), "");
    assert!(
        said.iter().any(|line| line.starts_with("location /h of server") && line.contains("> send")),
        "{said:?}"
    );
    assert!(after.contains("Content-Type a/b; add_header X-Content-Type-Options nosniff always;"), "{after}");
    // Nothing is read there: a word for a program, a way to elsewhere, an error.
    for answer in ["return 200;", "return 204;", "return 301 /a;", "return 404 gone;"] {
        let (said, after) = found(&with(answer), "");
        assert!(!said.iter().any(|line| line.starts_with("location")), "{answer}: {said:?}");
        assert_eq!(after, with(answer));
    }
    // Around it nothing is sent: it gets nothing of its own.
    let bare = "server { listen 80; location / { proxy_pass http://a; } \
        location /h { add_header Content-Type a/b; return 200 ok; } }";
    let (said, after) = found(bare, "");
    assert!(!said.iter().any(|line| line.starts_with("location /h")), "{said:?}");
    assert_eq!(after, bare);
}
