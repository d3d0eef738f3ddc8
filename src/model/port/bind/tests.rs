//! Every row of the table of entries, and the traps of variables.

use super::*;
use proptest::prelude::*;
use std::net::{Ipv4Addr, Ipv6Addr};

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn environment() -> Environment {
    Environment::from_iter([
        ("UI", "10.0.0.5:3000"),
        ("L", "127.0.0.1:1"),
        ("W", "0.0.0.0"),
        ("T", "80"),
        ("E", ""),
    ])
}

fn bind(text: &str) -> Result<String, BindRefusal> {
    ShortPort::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).bind(LOCALHOST, &environment())
}

#[test]
fn the_smallest_edit() {
    let rows = [
        ("80", "127.0.0.1::80"),
        (":80", "127.0.0.1::80"),
        ("::80", "127.0.0.1::80"),
        ("8080:80", "127.0.0.1:8080:80"),
        ("53:53/UDP", "127.0.0.1:53:53/UDP"),
        ("80/", "127.0.0.1::80/"),
        ("3000-3002", "127.0.0.1::3000-3002"),
        ("3000-3002:4000-4002", "127.0.0.1:3000-3002:4000-4002"),
        ("3000-3002:4000", "127.0.0.1:3000-3002:4000"),
        ("4000-4000:80", "127.0.0.1:4000-4000:80"),
        ("080:080", "127.0.0.1:080:080"),
        ("0:80", "127.0.0.1:0:80"),
        ("0.0.0.0:80:80", "127.0.0.1:80:80"),
        ("0.0.0.0::80", "127.0.0.1::80"),
        ("[::]:80:80", "127.0.0.1:80:80"),
        (":::80:80", "127.0.0.1:80:80"),
        ("[]:80:80", "127.0.0.1:80:80"),
        ("22:22", "127.0.0.1:22:22"),
    ];
    for (text, bound) in rows {
        assert_eq!(bind(text), Ok(bound.to_owned()), "{text}");
    }
}

#[test]
fn variables_that_are_ports() {
    let rows = [
        ("${FORWARD_DB_PORT:-3306}:3306", "127.0.0.1:${FORWARD_DB_PORT:-3306}:3306"),
        ("${RTP:-20000-20002}:20000-20002/udp", "127.0.0.1:${RTP:-20000-20002}:20000-20002/udp"),
        ("$T:80", "127.0.0.1:$T:80"),
        ("80${T}:80", "127.0.0.1:80${T}:80"),
        ("${T}", "127.0.0.1::${T}"),
        ("${N:-80}/udp", "127.0.0.1::${N:-80}/udp"),
        ("80/${N:-udp}", "127.0.0.1::80/${N:-udp}"),
        ("8080:${N}", "127.0.0.1:8080:${N}"),
        ("${N:-8080}:${M}", "127.0.0.1:${N:-8080}:${M}"),
        ("0.0.0.0:${N}:80", "127.0.0.1:${N}:80"),
        ("0.0.0.0:${PORTS}", "127.0.0.1:${PORTS}"),
    ];
    for (text, bound) in rows {
        assert_eq!(bind(text), Ok(bound.to_owned()), "{text}");
    }
}

#[test]
fn defaults_that_are_wide() {
    let rows = [
        ("${BIND:-0.0.0.0}:80:80", "${BIND:-127.0.0.1}:80:80"),
        ("${BIND-0.0.0.0}:80:80", "${BIND-127.0.0.1}:80:80"),
        ("${BIND:-[::]}:80:80", "${BIND:-127.0.0.1}:80:80"),
        ("${BIND:-::}:80:80", "${BIND:-127.0.0.1}:80:80"),
        ("${BIND:-}:80:80", "${BIND:-127.0.0.1}:80:80"),
        ("${ADDR:-0.0.0.0}:${PORT:-3001}:3001", "${ADDR:-127.0.0.1}:${PORT:-3001}:3001"),
        ("${ADDR:-0.0.0.0}:${PORT}:3001", "${ADDR:-127.0.0.1}:${PORT}:3001"),
        ("${BIND:-0.0.0.0:}80:80", "${BIND:-127.0.0.1:}80:80"),
        ("${P:-0.0.0.0:8080}:80", "${P:-127.0.0.1:8080}:80"),
        ("${P:-:::8080}:80", "${P:-127.0.0.1:8080}:80"),
        ("${A:-${B:-0.0.0.0}}:80:80", "${A:-${B:-127.0.0.1}}:80:80"),
        ("${E:-0.0.0.0}:80:80", "${E:-127.0.0.1}:80:80"),
    ];
    for (text, bound) in rows {
        assert_eq!(bind(text), Ok(bound.to_owned()), "{text}");
    }
}

#[test]
fn what_stays_as_it_is() {
    let ip = |text: &str| text.parse::<IpAddr>().unwrap();
    let bound = |address| BindRefusal::AlreadyBound { address: ip(address) };
    let other = |address| BindRefusal::OtherAddress { address: ip(address) };
    let variable = |variable: &str| BindRefusal::Interpolated { variable: variable.to_owned() };
    let rows = [
        ("127.0.0.1:80:80", bound("127.0.0.1")),
        ("127.0.0.1::80", bound("127.0.0.1")),
        ("127.9.9.9:80:80", bound("127.9.9.9")),
        ("[::1]:80:80", bound("::1")),
        ("::1:80:80", bound("::1")),
        ("127.0.0.1:${N}:80", bound("127.0.0.1")),
        ("${N:-127.0.0.1:3000}:3000", bound("127.0.0.1")),
        ("${BIND:-127.0.0.1}:80:80", bound("127.0.0.1")),
        ("${BIND:-127.0.0.1:}80:80", bound("127.0.0.1")),
        ("${L}:80", bound("127.0.0.1")),
        ("192.168.0.9:80:80", other("192.168.0.9")),
        ("${UI}:3000", other("10.0.0.5")),
        ("${N:-10.0.0.5}:80:80", other("10.0.0.5")),
        ("${N}:80", variable("N")),
        ("${N}", variable("N")),
        ("${N:?no}:80", variable("N")),
        ("${N}:80:80", variable("N")),
        // Empty now, but meant for an address.
        ("${BIND:-}8080:80", variable("BIND")),
        ("${N:-}:80", variable("N")),
        ("${ADDR:+$ADDR:}3002:3002", variable("ADDR")),
        ("${N:-8080:80}", variable("N")),
        // Set in the environment, so that its default says nothing.
        ("${W}:80:80", variable("W")),
        ("${W:-0.0.0.0}:80:80", variable("W")),
        // The default is not the only text that the address comes from.
        ("${N:-0.0.0}.0:80:80", variable("N")),
        ("${T:+0.0.0.0}:80:80", variable("T")),
        (
            "127.0.0.1:${UI}:80",
            BindRefusal::Invalid(PortError::Address { text: "127.0.0.1:10.0.0.5".to_owned() }),
        ),
    ];
    for (text, refusal) in rows {
        assert_eq!(bind(text), Err(refusal), "{text}");
    }
}

#[test]
fn other_wanted_addresses() {
    let bind = |text: &str, address: &str| {
        ShortPort::parse(text).unwrap().bind(address.parse().unwrap(), &environment())
    };
    assert_eq!(bind("8080:80", "::1"), Ok("[::1]:8080:80".to_owned()));
    assert_eq!(bind("80", "::1"), Ok("[::1]::80".to_owned()));
    assert_eq!(bind(":::80:80", "::1"), Ok("[::1]:80:80".to_owned()));
    assert_eq!(bind("${B:-[::]}:80:80", "::1"), Ok("${B:-[::1]}:80:80".to_owned()));
    assert_eq!(bind("80:80", "10.1.2.3"), Ok("10.1.2.3:80:80".to_owned()));
    let same = "10.1.2.3".parse().unwrap();
    assert_eq!(bind("10.1.2.3:80:80", "10.1.2.3"), Err(BindRefusal::AlreadyBound { address: same }));
}

fn entries() -> impl Strategy<Value = String> {
    let port = "[1-9][0-9]{0,3}";
    let variable_or = |plain: &'static str| {
        prop_oneof![
            3 => plain.prop_map(String::from),
            1 => plain.prop_map(|default| format!("${{X:-{default}}}")),
        ]
    };
    let address = prop_oneof![
        Just(String::new()),
        variable_or("0\\.0\\.0\\.0|::|\\[::\\]").prop_map(|address| format!("{address}:")),
    ];
    let published = prop_oneof![
        Just(String::new()),
        variable_or(port),
        (1..500_u16).prop_map(|first| format!("{first}-{}", first + 3)),
    ];
    let target = variable_or(port);
    let protocol = prop_oneof![Just(""), Just("/"), Just("/tcp"), Just("/UDP"), Just("/${Y}")];
    (address, published, target, protocol).prop_map(|(address, published, target, protocol)| {
        let colon = if address.is_empty() && published.is_empty() { "" } else { ":" };
        format!("{address}{published}{colon}{target}{protocol}")
    })
}

proptest! {
    /// Whatever the text: if it is edited, it is bound afterwards and says the same otherwise.
    #[test]
    fn an_edit_is_always_sound(
        text in "(127\\.0\\.0\\.1:|0\\.0\\.0\\.0:|:::|\\[::\\]:|\\[\\]:|:|\\$W:|\\$E:|\\$\\{N-(0\\.0\\.0\\.0:?|::)?\\}:?)?(\\$\\{(N|E|T|W):?[-+](80)?\\}|80|[1-3]-3|\\$T|\\$N|:){0,2}:?([1-3]-3|80|\\$T|\\$N|\\$\\{N:-80\\})(/|/udp|/\\$\\{N:-tcp\\})?",
    ) {
        let environment = environment();
        if let Ok(before) = ShortPort::parse(&text)
            && let Ok(bound) = before.bind(LOCALHOST, &environment)
        {
            let after = ShortPort::parse(&bound).unwrap();
            let resolution = after.resolve(&environment);
            prop_assert_eq!(resolution, Resolution::Known(HostAddress::Loopback(LOCALHOST)), "{}", bound);
            prop_assert_eq!(
                without_address(after.read(&environment)),
                without_address(before.read(&environment)),
                "{}",
                bound
            );
        }
    }

    /// The edited entry is one that is bound, says the same otherwise, and needs no second edit.
    #[test]
    fn binding_changes_the_address_alone(text in entries(), six in any::<bool>()) {
        let address = if six { IpAddr::V6(Ipv6Addr::LOCALHOST) } else { LOCALHOST };
        let environment = Environment::new();
        let before = ShortPort::parse(&text).unwrap();
        let bound = before.bind(address, &environment).unwrap();
        let after = ShortPort::parse(&bound).unwrap();
        prop_assert_eq!(after.resolve(&environment), Resolution::Known(HostAddress::Loopback(address)));
        prop_assert_eq!(after.target_ports(&environment), before.target_ports(&environment));
        prop_assert_eq!(after.protocol(&environment), before.protocol(&environment));
        prop_assert_eq!(after.target().of(&bound), before.target().of(&text));
        prop_assert_eq!(after.published().map(|range| range.of(&bound)), before.published().map(|range| range.of(&text)));
        prop_assert_eq!(after.published_ports(&environment), before.published_ports(&environment));
        prop_assert_eq!(after.bind(address, &environment), Err(BindRefusal::AlreadyBound { address }));
    }
}
