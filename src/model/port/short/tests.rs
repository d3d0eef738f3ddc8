//! Parts, addresses and numbers of entries with and without variables.

use super::*;
use crate::model::{Environment, PublishedPorts, Resolution};
use proptest::prelude::*;

fn parse(text: &str) -> ShortPort {
    ShortPort::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn environment() -> Environment {
    Environment::from_iter([("P", "127.0.0.1:8080"), ("B", "0.0.0.0"), ("T", "80"), ("RTP", "20000-20002")])
}

#[test]
fn ranges_of_the_parts() {
    let rows = [
        ("80", None, None, "80", None),
        (":80", None, None, "80", None),
        ("8080:80", None, Some("8080"), "80", None),
        ("53:53/UDP", None, Some("53"), "53", Some("UDP")),
        ("80/", None, None, "80", None),
        ("127.0.0.1::80", Some("127.0.0.1"), None, "80", None),
        ("[::1]:5353:53/udp", Some("[::1]"), Some("5353"), "53", Some("udp")),
        (":::80:80", Some("::"), Some("80"), "80", None),
        (
            "${A:-::1}:${P:-1:2}:${T:-3/udp}/${X:-tcp}",
            Some("${A:-::1}"),
            Some("${P:-1:2}"),
            "${T:-3/udp}",
            Some("${X:-tcp}"),
        ),
        ("${ADDR:-[::]}:80:80", Some("${ADDR:-[::]}"), Some("80"), "80", None),
        ("$A:$B", None, Some("$A"), "$B", None),
    ];
    for (text, address, published, target, protocol) in rows {
        let port = parse(text);
        let of = |range: Option<TextRange>| range.map(|range| range.of(text));
        assert_eq!(of(port.host_ip()), address, "{text}");
        assert_eq!(of(port.published()), published, "{text}");
        assert_eq!(port.target().of(text), target, "{text}");
        assert_eq!(of(port.protocol_range()), protocol, "{text}");
        assert_eq!(port.text(), text);
    }
}

#[test]
fn refused_whatever_the_variables_are() {
    let refused = |text: &str| ShortPort::parse(text).unwrap_err();
    assert_eq!(refused("${A}:"), PortError::NoTarget);
    assert_eq!(refused("${A}:80x"), PortError::Target { text: "80x".to_owned() });
    assert_eq!(refused("${A}:x:80"), PortError::Published { text: "x".to_owned() });
    assert_eq!(
        refused("${A}:1-2:80-82"),
        PortError::UnequalRanges { published: "1-2".into(), target: "80-82".into() }
    );
    assert_eq!(refused("localhost:${A}:80"), PortError::Address { text: "localhost".to_owned() });
    assert_eq!(refused("${A}:80/foo"), PortError::Protocol { text: "foo".to_owned() });
    assert!(matches!(refused("${A:80"), PortError::Interpolation(_)));
    assert_eq!(refused("$$80"), PortError::Target { text: "$$80".to_owned() });
    assert_eq!(refused(""), PortError::NoTarget);
}

#[test]
fn addresses_as_written() {
    let ip = |text: &str| text.parse().unwrap();
    let rows = [
        ("80", HostAddress::None),
        (":80", HostAddress::None),
        ("8080:80", HostAddress::None),
        ("[]:80:80", HostAddress::None),
        ("127.0.0.1:80:80", HostAddress::Loopback(ip("127.0.0.1"))),
        ("127.9.9.9::80", HostAddress::Loopback(ip("127.9.9.9"))),
        ("::1:80:80", HostAddress::Loopback(ip("::1"))),
        ("::ffff:127.0.0.1:80:80", HostAddress::Loopback(ip("::ffff:127.0.0.1"))),
        ("0.0.0.0:80:80", HostAddress::Wide(ip("0.0.0.0"))),
        (":::80:80", HostAddress::Wide(ip("::"))),
        ("[::]:80:80", HostAddress::Wide(ip("::"))),
        ("192.168.1.5:80:80", HostAddress::Other(ip("192.168.1.5"))),
        ("127.0.0.1:${P}:80", HostAddress::Loopback(ip("127.0.0.1"))),
        ("127.0.0.1:${PORTS}", HostAddress::Loopback(ip("127.0.0.1"))),
        ("8080:${T}", HostAddress::None),
        ("80/${PROTO}", HostAddress::None),
        ("${P:-8080}:80", HostAddress::Variable("${P:-8080}".to_owned())),
        ("${A}:80:80", HostAddress::Variable("${A}".to_owned())),
        ("80${A}:80", HostAddress::Variable("80${A}".to_owned())),
        ("${A}/udp", HostAddress::Variable("${A}".to_owned())),
    ];
    for (text, address) in rows {
        assert_eq!(parse(text).host_address(), address, "{text}");
    }
}

#[test]
fn addresses_with_variables() {
    let known =
        |address: Option<&str>| Resolution::Known(address.map(|address| address.parse().unwrap()).into());
    let unknown = |variable: &str| Resolution::Unknown { variable: variable.to_owned() };
    let rows = [
        ("8080:80", known(None)),
        ("${P}:80", known(Some("127.0.0.1"))),
        ("${P:-9}:80", known(Some("127.0.0.1"))),
        ("${N:-10.0.0.5:3000}:3000", known(Some("10.0.0.5"))),
        ("${N:-8080}:80", known(None)),
        ("${N:-}80:80", known(None)),
        ("${N:-0.0.0.0:}80:80", known(Some("0.0.0.0"))),
        ("${B}:80:80", known(Some("0.0.0.0"))),
        ("${N:-::}:80:80", known(Some("::"))),
        ("${N:-[::1]}:80:80", known(Some("::1"))),
        ("${N:-80:80}", known(None)),
        ("${T:+1.2.3.4:}80:80", known(Some("1.2.3.4"))),
        // Only a variable where an address can hide makes it unknown.
        ("8080:${N}", known(None)),
        ("80/${N}", known(None)),
        ("127.0.0.1:${N}:80", known(Some("127.0.0.1"))),
        ("127.0.0.1:${N}", known(Some("127.0.0.1"))),
        ("${B}:${N}:80", known(Some("0.0.0.0"))),
        ("${P}:${N}", known(Some("127.0.0.1"))),
        ("${T}:${N}", known(None)),
        ("${N}:80", unknown("N")),
        ("${N:?set it}:80", unknown("N")),
        ("${N:-$M}:80", unknown("M")),
        ("${N}:80:80", unknown("N")),
        ("${N}", unknown("N")),
        ("${N:+$N:}3002:3002", unknown("N")),
        (
            "127.0.0.1:${P}:80",
            Resolution::Invalid(PortError::Address { text: "127.0.0.1:127.0.0.1".to_owned() }),
        ),
        ("${B}:${T}", Resolution::Invalid(PortError::Published { text: "0.0.0.0".to_owned() })),
        ("${T:+x}:${N}:80", Resolution::Invalid(PortError::Address { text: "x".to_owned() })),
        ("${N:-}", Resolution::Invalid(PortError::NoTarget)),
    ];
    for (text, resolution) in rows {
        assert_eq!(parse(text).resolve(&environment()), resolution, "{text}");
    }
}

#[test]
fn numbers_and_protocols() {
    use Protocol::{Tcp, Udp};
    use PublishedPorts::{Ephemeral, Ports, Unknown};
    let rows = [
        ("80", Some(80..=80), Ephemeral, Some(Tcp)),
        ("9000-9002:9000", Some(9000..=9000), Ports(9000..=9002), Some(Tcp)),
        ("${RTP}:20000-20002/udp", Some(20000..=20002), Ports(20000..=20002), Some(Udp)),
        ("${N}:80/udp", Some(80..=80), Unknown, Some(Udp)),
        ("${N}::80", Some(80..=80), Ephemeral, Some(Tcp)),
        ("8080:${N}", None, Ports(8080..=8080), None),
        ("8080:${T}/${N}", Some(80..=80), Ports(8080..=8080), None),
        ("80:80/${N:-udp}", Some(80..=80), Ports(80..=80), Some(Udp)),
        ("${P}:${T}", Some(80..=80), Ports(8080..=8080), Some(Tcp)),
        ("${N:-8080:80/udp}", Some(80..=80), Ports(8080..=8080), Some(Udp)),
        ("${N}", None, Unknown, None),
        ("${B}:${T}", None, Unknown, None),
    ];
    for (text, target, published, protocol) in rows {
        let port = parse(text);
        assert_eq!(port.target_ports(&environment()), target, "{text}");
        assert_eq!(port.published_ports(&environment()), published, "{text}");
        assert_eq!(port.protocol(&environment()), protocol, "{text}");
    }
}

#[test]
fn unquoted_numbers() {
    let text = |text: &str| ShortPort::from_integer_text(text).map(|port| port.text().to_owned());
    assert_eq!(text("8080"), Ok("8080".to_owned()));
    assert_eq!(text("0100"), Ok("64".to_owned()));
    assert_eq!(text("077"), Ok("63".to_owned()));
    assert_eq!(text("8_0"), Ok("80".to_owned()));
    assert_eq!(text("0x50"), Ok("80".to_owned()));
    assert_eq!(text("-80"), Err(PortError::Target { text: "-80".to_owned() }));
    assert_eq!(text("00"), Err(PortError::Target { text: "0".to_owned() }));
    for fraction in ["80.5", "1e3", "08", "22:22"] {
        assert_eq!(text(fraction), Err(PortError::NotAnInteger { text: fraction.to_owned() }));
    }
    // Quoted, the same digits are decimal.
    assert_eq!(parse("0100").target_ports(&environment()), Some(100..=100));
}

proptest! {
    #[test]
    fn never_panics(text in "([0-9:./\\[\\]\\-$\\{\\}é]|\\$\\{P:-|\\$T|0\\.0\\.0\\.0){0,14}") {
        if let Ok(port) = ShortPort::parse(&text) {
            let _ = (port.host_address(), port.resolve(&environment()), port.target_ports(&environment()));
            let _ = (port.published_ports(&environment()), port.protocol(&environment()));
            let _ = port.bind(std::net::Ipv4Addr::LOCALHOST.into(), &environment());
        }
        let _ = ShortPort::from_integer_text(&text);
    }
}
