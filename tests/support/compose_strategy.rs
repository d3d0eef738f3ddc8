//! Small Compose files of every make: block and flow, anchors, merge keys, aliases, comments, quotes, ports
//! in all forms, lists that are there, missing, empty or shared.

use proptest::prelude::*;

/// How a file is written throughout.
#[derive(Clone, Copy, Debug)]
struct Habit {
    /// Columns from a key to the keys below it.
    step: usize,
    /// Columns from a key to the dashes below it.
    dash: usize,
    crlf: bool,
    final_newline: bool,
    mark: bool,
    marker: bool,
}

/// A service, by what it has.
#[derive(Clone, Debug)]
struct Service {
    shape: Shape,
    anchored: bool,
    merge: Merge,
    image: Option<String>,
    ports: Ports,
    security_opt: List,
    more: Vec<String>,
    comment: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Block,
    Flow,
    /// What an earlier service is, if one has an anchor.
    Alias,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Merge {
    Nothing,
    Common,
    /// The shared mapping and, if one has an anchor, an earlier service.
    Both,
}

#[derive(Clone, Debug)]
enum Ports {
    None,
    Short(Vec<(&'static str, char)>),
    Flow(Vec<&'static str>),
    Long(&'static str, bool),
    Shared,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    Missing,
    Block,
    Flow,
    Empty,
    Null,
    Shared,
    Set,
    Off,
}

const IMAGES: &[&str] = &[
    "postgres:16",
    "redis",
    "nginx:1.27",
    "registry.example.org:5000/team/app:1.2",
    "${IMAGE:-mysql:8}",
    "mongo:${TAG:-7}",
    "app:${TAG}",
    "busybox@sha256:1111111111111111111111111111111111111111111111111111111111111111",
];

const PORTS: &[&str] = &[
    "5432:5432",
    "6379",
    "0.0.0.0:3306:3306",
    "127.0.0.1:27017:27017",
    "80:80",
    "[::]:6379:6379/tcp",
    "${DB_PORT:-5432}:5432",
    "${PUBLISH}:5432",
    "9000-9002:9000-9002",
];

const MORE: &[&str] = &[
    "restart: always",
    "privileged: true",
    "environment: { LEVEL: debug, 'A B': \"c # d\" }",
    "labels: [\"a=b\", 'c=d']",
    "user: \"1000\" # not root",
    "network_mode: host",
];

/// A Compose file.
pub fn compose_file() -> impl Strategy<Value = String> {
    (habit(), proptest::collection::vec(service(), 1..5), any::<bool>())
        .prop_map(|(habit, services, commented)| write(habit, &services, commented))
}

fn habit() -> impl Strategy<Value = Habit> {
    let layout = prop_oneof![3 => Just((2, 2)), 1 => Just((2, 0)), 1 => Just((4, 2)), 1 => Just((4, 4))];
    let rare = || proptest::bool::weighted(0.2);
    (layout, rare(), rare(), rare(), rare()).prop_map(|((step, dash), crlf, cut, mark, marker)| Habit {
        step,
        dash,
        crlf,
        final_newline: !cut,
        mark,
        marker,
    })
}

fn service() -> impl Strategy<Value = Service> {
    let shape = prop_oneof![5 => Just(Shape::Block), 2 => Just(Shape::Flow), 1 => Just(Shape::Alias)];
    let merge = prop_oneof![4 => Just(Merge::Nothing), 2 => Just(Merge::Common), 1 => Just(Merge::Both)];
    let quote = prop_oneof![Just(""), Just("'"), Just("\"")];
    let image =
        (proptest::sample::select(IMAGES), quote).prop_map(|(image, quote)| format!("{quote}{image}{quote}"));
    let more = proptest::sample::subsequence(MORE, 0..3)
        .prop_map(|more| more.into_iter().map(str::to_owned).collect());
    let comment = proptest::sample::select(vec![None, Some("# ports:"), Some("# a note: ü"), Some("#- x")]);
    (shape, any::<bool>(), merge, proptest::option::weighted(0.9, image), ports(), list(), more, comment)
        .prop_map(|(shape, anchored, merge, image, ports, security_opt, more, comment)| Service {
            shape,
            anchored,
            merge,
            image,
            ports,
            security_opt,
            more,
            comment,
        })
}

fn ports() -> impl Strategy<Value = Ports> {
    let short = (proptest::sample::select(PORTS), proptest::sample::select(vec!['"', '\'', ' ']));
    prop_oneof![
        2 => Just(Ports::None),
        4 => proptest::collection::vec(short, 1..4).prop_map(Ports::Short),
        1 => proptest::collection::vec(proptest::sample::select(PORTS), 1..3).prop_map(Ports::Flow),
        1 => (proptest::sample::select(vec!["5432", "\"6379\"", "'80'"]), any::<bool>())
            .prop_map(|(target, wide)| Ports::Long(target, wide)),
        1 => Just(Ports::Shared),
    ]
}

fn list() -> impl Strategy<Value = List> {
    prop_oneof![
        4 => Just(List::Missing),
        1 => Just(List::Block),
        1 => Just(List::Flow),
        1 => Just(List::Empty),
        1 => Just(List::Null),
        1 => Just(List::Shared),
        1 => Just(List::Set),
        1 => Just(List::Off),
    ]
}

/// Writes a file: what is shared first, then the services, each under the name `s1`, `s2`, ...
fn write(habit: Habit, services: &[Service], commented: bool) -> String {
    let mut lines: Vec<String> = Vec::new();
    if habit.marker {
        lines.push("---".to_owned());
    }
    if commented {
        lines.push("# the stack: ü — #".to_owned());
    }
    let (step, dash) = (" ".repeat(habit.step), " ".repeat(habit.dash));
    lines.push("x-common: &common".to_owned());
    lines.push(format!("{step}restart: always # shared"));
    lines.push(format!("{step}security_opt: &opts"));
    lines.push(format!("{step}{dash}- seccomp=unconfined"));
    lines.push(format!("x-ports: &ports{}", if commented { " # shared, too" } else { "" }));
    lines.push(format!("{dash}- \"5432:5432\""));
    lines.push("services:".to_owned());
    let mut anchors: Vec<String> = Vec::new();
    for (index, service) in services.iter().enumerate() {
        let name = format!("s{}", index + 1);
        write_service(habit, &name, service, &anchors, &mut lines);
        if service.anchored && service.shape == Shape::Block {
            anchors.push(name);
        }
    }
    if commented {
        lines.extend([String::new(), "volumes:".to_owned(), format!("{step}data: # the end")]);
    }
    let newline = if habit.crlf { "\r\n" } else { "\n" };
    let mark = if habit.mark { "\u{feff}" } else { "" };
    let end = if habit.final_newline { newline } else { "" };
    format!("{mark}{}{end}", lines.join(newline))
}

fn write_service(habit: Habit, name: &str, service: &Service, anchors: &[String], lines: &mut Vec<String>) {
    let step = " ".repeat(habit.step);
    match (service.shape, anchors.last()) {
        (Shape::Alias, Some(anchor)) => lines.push(format!("{step}{name}: *{anchor} # the same")),
        (Shape::Flow, _) => lines.push(format!("{step}{name}: {{ {} }}", flow_entries(service).join(", "))),
        _ => {
            let anchor = if service.anchored { format!(" &{name}") } else { String::new() };
            lines.push(format!("{step}{name}:{anchor}"));
            let entries = block_entries(habit, service, anchors);
            lines.extend(entries.into_iter().map(|entry| format!("{step}{step}{entry}")));
            lines.extend(service.comment.map(|comment| format!("{step}{step}{comment}")));
        }
    }
}

fn flow_entries(service: &Service) -> Vec<String> {
    let image = service.image.as_deref().unwrap_or("fallback:1");
    // A brace or a comma of a variable would end a plain scalar in brackets.
    let image = if image.starts_with(['"', '\'']) { image.to_owned() } else { format!("\"{image}\"") };
    let mut entries = vec![format!("image: {image}")];
    entries.extend((service.merge != Merge::Nothing).then(|| "<<: *common".to_owned()));
    entries.extend(match &service.ports {
        Ports::None => None,
        Ports::Shared => Some("ports: *ports".to_owned()),
        Ports::Long(target, _) => Some(format!("ports: [ {{ target: {target}, published: 1 }} ]")),
        Ports::Short(ports) => Some(format!("ports: {}", quoted(ports.iter().map(|(port, _)| *port)))),
        Ports::Flow(ports) => Some(format!("ports: {}", quoted(ports.iter().copied()))),
    });
    entries.extend(match service.security_opt {
        List::Missing | List::Block | List::Null => None,
        List::Flow => Some("security_opt: [ 'apparmor=x' ]".to_owned()),
        List::Empty => Some("security_opt: []".to_owned()),
        List::Shared => Some("security_opt: *opts".to_owned()),
        List::Set => Some("security_opt: [no-new-privileges]".to_owned()),
        List::Off => Some("security_opt: ['no-new-privileges:false']".to_owned()),
    });
    entries
}

fn quoted<'p>(items: impl Iterator<Item = &'p str>) -> String {
    format!("[{}]", items.map(|item| format!("\"{item}\"")).collect::<Vec<_>>().join(", "))
}

fn block_entries(habit: Habit, service: &Service, anchors: &[String]) -> Vec<String> {
    let dash = " ".repeat(habit.dash);
    let mut entries = Vec::new();
    entries.extend(match (service.merge, anchors.last()) {
        (Merge::Nothing, _) => None,
        (Merge::Both, Some(anchor)) => Some(format!("<<: [*{anchor}, *common]")),
        _ => Some("<<: *common".to_owned()),
    });
    let image = service.image.as_deref().map(|image| format!("image: {image}   # what runs"));
    entries.extend(image.or_else(|| (service.merge != Merge::Both).then(|| "build: .".to_owned())));
    match &service.ports {
        Ports::None => {}
        Ports::Shared => entries.push("ports: *ports".to_owned()),
        Ports::Flow(ports) => entries.push(format!("ports: {} # open", quoted(ports.iter().copied()))),
        Ports::Long(target, wide) => {
            entries.extend(["ports:".to_owned(), format!("{dash}- target: {target} # inside")]);
            entries.push(format!("{dash}  published: 15432"));
            entries.extend(wide.then(|| format!("{dash}  host_ip: 0.0.0.0")));
        }
        Ports::Short(ports) => {
            entries.push("ports: # who may come".to_owned());
            for (port, quote) in ports {
                // A bracket at its start would make a plain scalar a list.
                let quote = if port.starts_with('[') && *quote == ' ' { '"' } else { *quote };
                let quote = quote.to_string().trim().to_owned();
                entries.push(format!("{dash}- {quote}{port}{quote} # for the team"));
            }
        }
    }
    entries.extend(match service.security_opt {
        List::Missing => vec![],
        List::Block => vec!["security_opt:".to_owned(), format!("{dash}- apparmor=x # kept")],
        List::Flow => vec!["security_opt: [ apparmor=x ] # kept".to_owned()],
        List::Empty => vec!["security_opt: []".to_owned()],
        List::Null => vec!["security_opt: # nothing yet".to_owned()],
        List::Shared => vec!["security_opt: *opts # as above".to_owned()],
        List::Set => vec!["security_opt:".to_owned(), format!("{dash}- no-new-privileges=true")],
        List::Off => vec!["security_opt: [\"no-new-privileges:false\"]".to_owned()],
    });
    entries.extend(service.more.iter().cloned());
    entries
}
