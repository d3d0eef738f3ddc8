//! What files resolve to.

use super::*;
use crate::syntax::nginx::{Limits, parse};

fn resolve(text: &str) -> ResolvedNginx {
    ResolvedNginx::new(&parse(text, &Limits::default()).unwrap())
}

#[test]
fn a_file_is_what_its_root_shows() {
    let kind = |text: &str| resolve(text).kind();
    assert_eq!(kind("user a; events {} http { }"), FileKind::Main);
    assert_eq!(kind("stream { server { listen 53 udp; } }"), FileKind::Main);
    assert_eq!(kind("map $a $b { } server { listen 80; }"), FileKind::Part);
    assert_eq!(kind("upstream a { server b; }"), FileKind::Part);
    assert_eq!(kind("server a:80;"), FileKind::Snippet);
    assert_eq!(kind("listen 80;"), FileKind::Snippet);
    assert_eq!(kind(""), FileKind::Snippet);
}

#[test]
fn servers_have_layers_and_listens() {
    let text = "http { server { listen 80 default_server; listen [::]:443 ssl; server_name a b; } }\n\
        stream { server { listen 53 udp; } server { } }\nmail { server { listen 25; } }";
    let file = resolve(text);
    let layers: Vec<Layer> = file.servers().iter().map(|server| server.layer).collect();
    assert_eq!(layers, [Layer::Http, Layer::Stream, Layer::Stream, Layer::Mail]);
    let first = &file.servers()[0];
    assert_eq!(first.route.to_string(), "[0].block[0]");
    assert_eq!(first.listens[1].route.to_string(), "[0].block[0].block[1]");
    assert!(first.listens[0].has_flag("default_server") && first.listens[1].is_tls());
    assert!(first.listens_on(443) && !first.listens_on(53));
    assert_eq!(file.servers()[2].implicit, ImplicitListen::No);
    let names = file.own_setting(first.level, "server_name").unwrap();
    assert_eq!(names.values[1].text, "b");
    assert_eq!(names.values[1].route.to_string(), "[0].block[0].block[2].arguments[1]");
}

#[test]
fn a_server_without_listen_listens_unless_others_may_say() {
    let implicit = |text: &str| resolve(text).servers()[0].implicit;
    assert_eq!(implicit("server { }"), ImplicitListen::Yes);
    assert_eq!(implicit("server { listen ${PORT}; }"), ImplicitListen::No);
    assert_eq!(implicit("server { include snippets/*.conf; }"), ImplicitListen::Unknown);
    assert_eq!(implicit("server { include /etc/nginx/mime.types; }"), ImplicitListen::Yes);
    assert_eq!(implicit("server { location / { include x; } }"), ImplicitListen::Yes);
    assert_eq!(implicit("server_name a;"), ImplicitListen::Unknown);
}

#[test]
fn a_part_tells_its_layer_by_what_only_http_has() {
    let layer = |text: &str| resolve(text).servers()[0].layer;
    assert_eq!(layer("server { listen 80; location / { } }"), Layer::Http);
    assert_eq!(layer("server { listen 80; proxy_pass a:80; }"), Layer::Unknown);
}

#[test]
fn bare_directives_are_a_part_of_a_server() {
    let file = resolve("listen 80;\nserver_name a;\n");
    assert!(file.servers()[0].is_fragment());
    assert_eq!(file.servers()[0].listens[0].route.to_string(), "[0]");
    assert!(resolve("gzip on;").servers().is_empty());
}

#[test]
fn a_level_with_headers_inherits_none() {
    let text = "events {}\nhttp {\n add_header A 1;\n server {\n  add_header B 2 always;\n  location /a { }\n\
        location /b { add_header C 3; if ($x) { } }\n }\n server { }\n}\n";
    let file = resolve(text);
    let at = |route: &str| {
        let route = route.parse().unwrap();
        let level = file.levels().iter().position(|level| level.route == route).unwrap();
        let found = file.headers(level);
        let names: Vec<&str> = found.headers.iter().map(|header| header.name.text.as_str()).collect();
        (names.join(" "), found.is_certain)
    };
    assert_eq!(at("[1]"), ("A".into(), true));
    assert_eq!(at("[1].block[1]"), ("B".into(), true));
    assert_eq!(at("[1].block[1].block[1]"), ("B".into(), true));
    assert_eq!(at("[1].block[1].block[2]"), ("C".into(), true));
    assert_eq!(at("[1].block[1].block[2].block[1]"), ("C".into(), true));
    assert_eq!(at("[1].block[2]"), ("A".into(), true));
    let header = &file.levels().iter().find(|level| level.context == Context::Server).unwrap().headers[0];
    assert!(header.always && header.value.route.to_string() == "[1].block[1].block[0].arguments[1]");
}

#[test]
fn headers_are_uncertain_where_others_decide() {
    let certain = |text: &str| {
        let file = resolve(text);
        file.headers(file.levels().len() - 1).is_certain
    };
    assert!(certain("events {} http { server { location / { } } }"));
    assert!(!certain("server { location / { } }"));
    assert!(certain("server { add_header A 1; location / { } }"));
    assert!(certain("server { add_header A 1; location / { include fastcgi_params; } }"));
    assert!(!certain("server { add_header A 1; location / { include headers.conf; } }"));
    assert!(!certain("server { add_header A 1; location / { add_header_inherit merge; } }"));
}

#[test]
fn origins_are_followed_through_maps() {
    let text = "map $http_origin $cors { default ''; https://a 1; include more; }\nserver {\n\
        add_header Access-Control-Allow-Origin *;\n add_header access-control-allow-credentials true;\n\
        location /a { add_header Access-Control-Allow-Origin $http_origin always; }\n\
        location /b { add_header Access-Control-Allow-Origin $cors; }\n\
        location /c { set $c https://c; add_header Access-Control-Allow-Origin \"${c}\"; }\n\
        location /d { add_header Access-Control-Allow-Origin https://d; }\n\
        location /e { add_header Access-Control-Allow-Origin https://$host; }\n}\n";
    let file = resolve(text);
    let found = file.allowed_origins();
    let origins: Vec<&Origin> = found.iter().map(|found| &found.origin).collect();
    let variable = |name: &str| Origin::Variable(name.to_owned());
    assert_eq!(
        origins,
        [
            &Origin::Any,
            &Origin::Echo,
            &variable("cors"),
            &variable("c"),
            &Origin::One("https://d".into()),
            &Origin::Unknown
        ]
    );
    let credentials: Vec<bool> = found.iter().map(|found| found.with_credentials).collect();
    assert_eq!(credentials, [true, false, false, false, false, false]);
    let cors = file.variable("cors").unwrap();
    let values: Vec<&str> = cors.values.iter().map(|value| value.text.as_str()).collect();
    assert!(values == ["", "1"] && cors.has_more);
    assert_eq!(file.variable("c").unwrap().values[0].text, "https://c");
    assert_eq!(file.variable("x"), None);
}

#[test]
fn settings_are_inherited_and_includes_noted() {
    let text = "user www; pid /run/a.pid;\nevents { }\nhttp {\n include mime.types;\n error_log /a;\n\
        server { error_log /b; location / { include c/*.conf; } }\n types { include t; }\n}";
    let file = resolve(text);
    let server = file.servers()[0].level;
    assert_eq!(file.setting(server + 1, "error_log").unwrap().values[0].literal(), Some("/b"));
    assert_eq!(file.setting(server, "pid").unwrap().route.to_string(), "[1]");
    assert_eq!(file.setting(server, "access_log"), None);
    let patterns: Vec<&str> = file.includes().iter().map(|found| found.pattern.text.as_str()).collect();
    assert_eq!(patterns, ["mime.types", "c/*.conf", "t"]);
}

#[test]
fn peers_redirects_and_uses_of_the_port_are_found() {
    let text = "upstream a { server b:80; }\nlog_format m '$server_port';\nserver {\n\
        location / { proxy_pass http://a; }\n location /f { fastcgi_pass unix:/a; return 204; }\n\
        return 301 https://$host:8443$request_uri;\n rewrite ^ /x permanent;\n rewrite ^ /y last;\n\
        if ($server_port = 80) { set $server_ports 1; }\n}\nmap $a $b { x ${server_port}; }";
    let file = resolve(text);
    let peers: Vec<String> =
        file.peers().iter().map(|peer| format!("{} {}", peer.directive, peer.target.text)).collect();
    assert_eq!(peers, ["server b:80", "proxy_pass http://a", "fastcgi_pass unix:/a"]);
    let ports: Vec<TargetPort> = file.redirects().iter().map(Redirect::port).collect();
    assert_eq!(ports, [TargetPort::Literal(8443), TargetPort::Own]);
    let uses: Vec<String> =
        file.server_port_uses().iter().map(|used| format!("{} {}", used.route, used.directive)).collect();
    assert_eq!(uses, ["[1] log_format", "[2].block[5] if", "[3].block[0] map"]);
}
