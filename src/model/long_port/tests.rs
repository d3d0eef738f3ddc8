//! Each row of the long form was given to Compose v2.40.3.

use super::*;
use proptest::prelude::*;

const LOCALHOST: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

fn environment() -> Environment {
    Environment::from_iter([("W", "0.0.0.0"), ("L", "127.0.0.1"), ("T", "80"), ("E", "")])
}

fn with_target(target: &str) -> Result<LongPort, PortError> {
    LongPort::parse(LongPortFields { target: Some(target), ..LongPortFields::default() })
}

fn with_host_ip(host_ip: &str) -> Result<LongPort, PortError> {
    LongPort::parse(LongPortFields {
        target: Some("80"),
        host_ip: Some(host_ip),
        ..LongPortFields::default()
    })
}

#[test]
fn targets() {
    for (text, port) in [("80", 80), ("080", 80), ("+80", 80), ("0100", 100), ("${T}", 80), ("${N:-90}", 90)]
    {
        assert_eq!(with_target(text).unwrap().target_ports(&environment()), Some(port..=port), "{text}");
    }
    for text in ["0", "70000", "${N}", "${E}", "${T}-81"] {
        assert_eq!(with_target(text).unwrap().target_ports(&environment()), None, "{text}");
    }
    for text in ["80-81", "", "x", "-1", " 80", "1_0", "99999999999999999999"] {
        assert_eq!(with_target(text), Err(PortError::Target { text: text.to_owned() }), "{text}");
    }
    assert_eq!(LongPort::parse(LongPortFields::default()), Err(PortError::NoTarget));
}

#[test]
fn published_ports_and_protocols() {
    let port = |published, protocol| {
        LongPort::parse(LongPortFields { target: Some("80"), published, protocol, host_ip: None }).unwrap()
    };
    let rows = [
        (None, PublishedPorts::Ephemeral),
        (Some(""), PublishedPorts::Ephemeral),
        (Some("0100"), PublishedPorts::Ports(100..=100)),
        (Some("1-3"), PublishedPorts::Ports(1..=3)),
        (Some("${T}"), PublishedPorts::Ports(80..=80)),
        (Some("${N}"), PublishedPorts::Unknown),
        (Some("abc"), PublishedPorts::Unknown),
        (Some("127.0.0.1:80"), PublishedPorts::Unknown),
    ];
    for (text, published) in rows {
        assert_eq!(port(text, None).published_ports(&environment()), published, "{text:?}");
    }
    let rows = [
        (None, Some(Protocol::Tcp)),
        (Some("TCP"), Some(Protocol::Tcp)),
        (Some("udp"), Some(Protocol::Udp)),
        (Some("${N:-sctp}"), Some(Protocol::Sctp)),
        (Some("${N}"), None),
        (Some("foo"), None),
    ];
    for (text, protocol) in rows {
        assert_eq!(port(None, text).protocol(&environment()), protocol, "{text:?}");
    }
}

#[test]
fn addresses() {
    let ip = |text: &str| text.parse::<IpAddr>().unwrap();
    let of = |text| Resolution::Known(HostAddress::of(ip(text)));
    let empty = || Resolution::Invalid(PortError::Address { text: String::new() });
    for (text, resolution) in [
        ("127.0.0.1", of("127.0.0.1")),
        ("::", of("::")),
        ("::ffff:1.2.3.4", of("::ffff:1.2.3.4")),
        ("${W}", of("0.0.0.0")),
        ("${N:-0.0.0.0}", of("0.0.0.0")),
        ("${E}", empty()),
        ("${N:-}", empty()),
        ("${N}", Resolution::Unknown { variable: "N".to_owned() }),
    ] {
        assert_eq!(with_host_ip(text).unwrap().resolve(&environment()), resolution, "{text}");
    }
    for text in ["localhost", "[::1]", "", "127", "::1%lo"] {
        assert_eq!(with_host_ip(text), Err(PortError::Address { text: text.to_owned() }), "{text}");
    }
    assert_eq!(with_host_ip("0.0.0.0").unwrap().host_address(), HostAddress::Wide(ip("0.0.0.0")));
    assert_eq!(with_host_ip("${W}").unwrap().host_address(), HostAddress::Variable("${W}".to_owned()));
    assert_eq!(with_target("80").unwrap().host_address(), HostAddress::None);
}

#[test]
fn binding() {
    let bind = |text: &str| with_host_ip(text).unwrap().bind(LOCALHOST, &environment());
    assert_eq!(with_target("80").unwrap().bind(LOCALHOST, &environment()), Ok("127.0.0.1".to_owned()));
    assert_eq!(with_target("${N}").unwrap().bind(LOCALHOST, &environment()), Ok("127.0.0.1".to_owned()));
    assert_eq!(bind("0.0.0.0"), Ok("127.0.0.1".to_owned()));
    assert_eq!(bind("::"), Ok("127.0.0.1".to_owned()));
    assert_eq!(bind("${BIND:-0.0.0.0}"), Ok("${BIND:-127.0.0.1}".to_owned()));
    assert_eq!(bind("${A:-${B-::}}"), Ok("${A:-${B-127.0.0.1}}".to_owned()));
    let interpolated = |variable: &str| Err(BindRefusal::Interpolated { variable: variable.to_owned() });
    assert_eq!(bind("${W}"), interpolated("W"));
    assert_eq!(bind("${W:-0.0.0.0}"), interpolated("W"));
    assert_eq!(bind("${N}"), interpolated("N"));
    assert_eq!(bind("${L}"), Err(BindRefusal::AlreadyBound { address: LOCALHOST }));
    let other = "10.0.0.5".parse().unwrap();
    assert_eq!(bind("10.0.0.5"), Err(BindRefusal::OtherAddress { address: other }));
    assert!(matches!(bind("${E}"), Err(BindRefusal::Invalid(_))));
    let six = with_target("80").unwrap().bind("::1".parse().unwrap(), &environment());
    assert_eq!(six, Ok("::1".to_owned()), "no brackets in the long form");
}

proptest! {
    #[test]
    fn never_panics(
        target in "[0-9$\\{\\}A:+-]{0,8}",
        rest in proptest::collection::vec(proptest::option::of("([0-9:.$\\{\\}A-]|\\$\\{A:-){0,8}"), 3),
    ) {
        let fields = LongPortFields {
            target: Some(&target),
            published: rest[0].as_deref(),
            host_ip: rest[1].as_deref(),
            protocol: rest[2].as_deref(),
        };
        if let Ok(port) = LongPort::parse(fields) {
            let environment = environment();
            let _ = (port.resolve(&environment), port.target_ports(&environment), port.protocol(&environment));
            if let Ok(bound) = port.bind(LOCALHOST, &environment) {
                let after = LongPort::parse(LongPortFields { host_ip: Some(&bound), ..fields }).unwrap();
                prop_assert_eq!(after.resolve(&environment), Resolution::Known(HostAddress::Loopback(LOCALHOST)));
            }
        }
    }
}
