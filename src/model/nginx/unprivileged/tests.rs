//! What it takes to leave root behind.

use super::*;
use crate::syntax::nginx::{Limits, parse, rewrite};

fn ask(texts: &[&str], goal: &Goal) -> Vec<Unprivileged> {
    let files: Vec<ResolvedNginx> =
        texts.iter().map(|text| ResolvedNginx::new(&parse(text, &Limits::default()).unwrap())).collect();
    unprivileged(&files.iter().collect::<Vec<_>>(), goal)
}

fn one(text: &str) -> Unprivileged {
    ask(&[text], &Goal::default()).remove(0)
}

fn reasons(answer: &Unprivileged) -> Vec<String> {
    answer.obstacles.iter().map(|found| format!("{} {:?}", found.route, found.reason)).collect()
}

fn after(text: &str, goal: &Goal) -> String {
    let answer = ask(&[text], goal).remove(0);
    let mut changes: Vec<Change> = answer.listens.into_iter().map(|listen| listen.change).collect();
    changes.extend(answer.redirects);
    changes.extend(answer.user);
    changes.extend(answer.paths);
    rewrite(text, &changes).unwrap().0
}

#[test]
fn a_main_configuration_gets_all_it_needs() {
    let text = "user  nginx; # who\npid /var/run/nginx.pid;\n\n# events\nevents {\n  worker_connections 1;\n}\n\
        http {\n  proxy_temp_path /var/cache/p 1 2;\n\n  server {\n    listen 80;\n    listen 443 ssl;\n  }\n}\n";
    assert_eq!(
        after(text, &Goal::default()),
        "pid /tmp/nginx.pid;\n\n# events\nevents {\n  worker_connections 1;\n}\n\
        http {\n  client_body_temp_path /tmp/client_temp;\n  fastcgi_temp_path /tmp/fastcgi_temp;\n  \
        uwsgi_temp_path /tmp/uwsgi_temp;\n  scgi_temp_path /tmp/scgi_temp;\n  proxy_temp_path /tmp/proxy_temp 1 2;\n\n  \
        server {\n    listen 8080;\n    listen 443 ssl;\n    port_in_redirect off;\n  }\n}\n"
    );
    let goal = Goal { folder: "/run/web".into(), ..Goal::default() }.with_tls();
    let moved = after(text, &goal);
    assert!(moved.contains("listen 8443 ssl;") && moved.contains("pid /run/web/nginx.pid;"), "{moved}");
}

#[test]
fn a_missing_pid_is_added_above_the_first_block() {
    let text = "worker_processes 1;\n# why\nevents {}\nhttp {}\n";
    let moved = after(text, &Goal::default());
    assert!(
        moved.starts_with("worker_processes 1;\npid /tmp/nginx.pid;\n# why\nevents {}\nhttp { "),
        "{moved}"
    );
    let moved = after("events {}", &Goal::default());
    assert_eq!(moved, "pid /tmp/nginx.pid;\nevents {}");
}

#[test]
fn what_is_writable_stays() {
    let text = "pid /tmp/n.pid;\nevents {}\nhttp {\n  client_body_temp_path /dev/shm/a;\n  proxy_temp_path /tmp/b;\n  \
        fastcgi_temp_path /tmp/c;\n  uwsgi_temp_path /tmp/d;\n  scgi_temp_path /tmp/e;\n}\n";
    assert_eq!(after(text, &Goal::default()), text);
    assert!(after("pid /tmp/../run/n.pid;\nevents {}", &Goal::default()).starts_with("pid /tmp/nginx.pid;"));
}

#[test]
fn another_file_may_set_what_one_lacks() {
    let main = "pid /tmp/a;\nevents {}\nhttp { include conf.d/*; }";
    let part = "proxy_temp_path /x;\nclient_body_temp_path /y;\nserver { listen 80; }";
    let answers = ask(&[main, part], &Goal::default());
    assert_eq!(answers[0].paths.len(), 3);
    assert_eq!(answers[1].paths.len(), 2);
    // The same name twice would be one folder with two ways of nesting in it.
    let twice = one("server { proxy_temp_path /x 1; }\nserver { proxy_temp_path /y 2; }");
    let texts: Vec<String> = twice.paths.iter().map(|change| format!("{change:?}")).collect();
    assert!(texts[0].contains("/tmp/proxy_temp\"") && texts[1].contains("/tmp/proxy_temp_2\""), "{texts:?}");
}

#[test]
fn a_part_gets_no_paths_of_its_own() {
    let answer = one("server { listen 80; }");
    assert_eq!((answer.paths.len(), answer.user.len(), answer.listens.len()), (0, 0, 1));
    assert_eq!((answer.listens[0].from, answer.listens[0].to), (80, 8080));
}

#[test]
fn what_cannot_move_has_its_reason() {
    let text = "server { listen ${PORT}; listen 80-81; listen 8000-9000; listen PORT; listen 443 ssl; listen 25; \
        listen unix:/tmp/a; listen 9000; }\nserver { include x; }";
    let answer = one(text);
    assert!(answer.listens.is_empty() && answer.can_move());
    assert_eq!(
        reasons(&answer),
        [
            "[0].block[0] Variable(\"${PORT}\")",
            "[0].block[1] Range { first: 80, last: 81 }",
            "[0].block[3] Invalid(\"PORT\")",
            "[0].block[4] Privileged(443)",
            "[0].block[5] Privileged(25)",
            "[1] ListenElsewhere",
        ]
    );
}

#[test]
fn a_port_that_another_file_listens_on_stands_against_the_move() {
    let answers = ask(
        &["server { listen 80; }", "server { listen 8080; }", "server { listen 8000-8100; }"],
        &Goal::default(),
    );
    assert!(answers[0].can_move() && !answers[1].can_move() && !answers[2].can_move());
    assert_eq!(reasons(&answers[1]), ["[0].block[0] Taken(8080)"]);
    // Without anything to move there is nothing to stand against.
    assert!(ask(&["server { listen 8080; }"], &Goal::default())[0].can_move());
}

#[test]
fn what_depends_on_the_port_in_another_file_counts() {
    let answers = ask(&["server { listen 80; }", "map $server_port $x { 80 1; }"], &Goal::default());
    assert_eq!(reasons(&answers[1]), ["[0] PortDecides(\"map\")"]);
    let answers = ask(&["server { }", "upstream x { server localhost; }"], &Goal::default());
    assert!(reasons(&answers[1])[0].contains("OwnPort"), "{answers:?}");
    let quiet = ask(&["server { listen 81; }", "map $server_port $x { 80 1; }"], &Goal::default());
    assert!(quiet[1].can_move());
    let elsewhere = one("server { listen 10.0.0.1:80; location / { proxy_pass http://127.0.0.1:80; } }");
    assert!(elsewhere.can_move(), "{elsewhere:?}");
}

#[test]
fn redirects_keep_their_port_out_where_that_is_sure() {
    let redirects = |text: &str| one(text).redirects.len();
    assert_eq!(redirects("server { listen 80; listen 443 ssl; listen unix:/tmp/a; }"), 1);
    assert_eq!(redirects("server { listen 80; port_in_redirect off; }"), 0);
    assert_eq!(redirects("absolute_redirect off; server { listen 80; }"), 0);
    assert_eq!(redirects("server { listen 81; }"), 0);
    for unsure in [
        "server { listen 80; listen 81; }",
        "server { listen 80; include x; }",
        "server { listen 80; port_in_redirect on; }",
        "listen 80;",
    ] {
        let answer = one(unsure);
        assert!(answer.redirects.is_empty(), "{unsure}");
        assert!(reasons(&answer).iter().any(|found| found.contains("PortInRedirect(8080)")), "{unsure}");
    }
}

#[test]
fn files_that_others_must_open_are_noted() {
    let text = "error_log /var/log/nginx/error.log;\nevents {}\nhttp { access_log /logs/a.log main; access_log off;\n\
        proxy_cache_path /cache keys_zone=a:1m; server { ssl_certificate_key /k.pem; error_log stderr; } }";
    let answer = one(text);
    let found = reasons(&answer);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(
        found[0].contains("/logs/a.log") && found[1].contains("/cache") && found[2].contains("PrivateKey")
    );
    assert!(answer.can_move());
}

#[test]
fn stream_servers_move_without_redirects() {
    let answer = one("stream { server { listen 80; } server { } }");
    assert_eq!((answer.listens.len(), answer.redirects.len()), (1, 0));
}

#[test]
fn the_port_that_others_are_told_is_kept_where_it_is_one() {
    let told = |text: &str| {
        let answer = one(text);
        let texts = answer.told.iter().map(|change| match change {
            crate::syntax::Change::Set { value: crate::syntax::Value::String(text), .. }
            | crate::syntax::Change::Insert { value: crate::syntax::Value::String(text), .. } => text.clone(),
            other => panic!("{other:?}"),
        });
        (texts.collect::<Vec<_>>(), reasons(&answer))
    };
    let kept = |text: &str, words: &[&str]| {
        assert_eq!(told(text), (words.iter().map(|w| (*w).to_owned()).collect(), vec![]), "{text}")
    };
    kept("server { listen 80; proxy_set_header Host $host:$server_port; }", &["$host:80"]);
    kept(
        "server { listen 80; listen [::]:80; location / { fastcgi_param SERVER_PORT ${server_port}; } }",
        &["80"],
    );
    kept("server { return 301 http://$host:$server_port/x; }", &["http://$host:80/x"]);
    kept(
        "server { listen 80; rewrite ^ http://a:$server_port/ permanent; sub_filter a $server_port; }",
        &["http://a:80/", "80"],
    );
    kept("server { listen 80; } server { listen 1081; return 301 http://a:$server_port/; }", &[]);
    for (text, reason) in [
        ("server { listen 80; listen 81; add_header X $server_port; }", "PortShown"),
        ("server { listen 80; include x; add_header X $server_port; }", "PortShown"),
        ("proxy_set_header X $server_port; server { listen 80; }", "PortShown"),
        ("listen 80; proxy_set_header X $server_port;", "PortShown"),
        ("server { listen 80; if ($server_port = 80) { return 204; } }", "PortDecides"),
        ("log_format a $server_port; server { listen 80; }", "PortLogged"),
        ("server { listen 80; location / { include uwsgi_params; } }", "PortLogged"),
        ("server { listen 80; include x; location / { include fastcgi_params; } }", "PortLogged"),
        ("server { listen 80; listen 81; location / { include fastcgi_params; } }", "PortLogged"),
    ] {
        let (changes, found) = told(text);
        assert!(changes.is_empty() && found.iter().any(|found| found.contains(reason)), "{text}: {found:?}");
    }
    let own = ["fastcgi_param SERVER_PORT 80;"];
    kept("server { listen 80; location / { fastcgi_pass a:9000; include fastcgi_params; } }", &own);
    kept("server { listen 80; location / { include /etc/nginx/fastcgi.conf; fastcgi_pass a:9000; } }", &own);
    kept("server { listen 80; location / { include fastcgi_params; fastcgi_param SERVER_PORT 443; } }", &[]);
}

#[test]
fn a_socket_is_made_in_a_folder_that_the_user_may_not_write_to() {
    let found = reasons(&one("server { listen 80; listen unix:/run/a.sock; }"));
    assert!(
        found.iter().any(|found| found.contains("WritablePath") && found.contains("/run/a.sock")),
        "{found:?}"
    );
    assert_eq!(reasons(&one("server { listen 80; listen unix:/tmp/a.sock; }")), Vec::<String>::new());
}
