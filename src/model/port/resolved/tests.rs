//! Each row was given, quoted, to Compose v2.40.3.

use super::*;
use proptest::prelude::*;

type Row<'a> = (&'a str, Option<&'a str>, Option<(u16, u16)>, (u16, u16), Protocol);

#[test]
fn takes_what_compose_takes() {
    use Protocol::{Sctp, Tcp, Udp};
    let rows: &[Row<'_>] = &[
        ("80", None, None, (80, 80), Tcp),
        (":80", None, None, (80, 80), Tcp),
        ("::80", None, None, (80, 80), Tcp),
        ("00080", None, None, (80, 80), Tcp),
        ("65535", None, None, (65535, 65535), Tcp),
        ("8080:80", None, Some((8080, 8080)), (80, 80), Tcp),
        ("080:080", None, Some((80, 80)), (80, 80), Tcp),
        ("0:80", None, Some((0, 0)), (80, 80), Tcp),
        ("0-0:80", None, Some((0, 0)), (80, 80), Tcp),
        ("53:53/udp", None, Some((53, 53)), (53, 53), Udp),
        ("53:53/UDP", None, Some((53, 53)), (53, 53), Udp),
        ("9:9/sctp", None, Some((9, 9)), (9, 9), Sctp),
        ("80/", None, None, (80, 80), Tcp),
        ("3000-3002", None, None, (3000, 3002), Tcp),
        ("3000-3002:4000-4002", None, Some((3000, 3002)), (4000, 4002), Tcp),
        ("3000-3002:4000", None, Some((3000, 3002)), (4000, 4000), Tcp),
        ("4000-4000:80", None, Some((4000, 4000)), (80, 80), Tcp),
        ("1-2-3", None, None, (1, 2), Tcp),
        ("1-2-3:80-81", None, Some((1, 2)), (80, 81), Tcp),
        ("127.0.0.1::80", Some("127.0.0.1"), None, (80, 80), Tcp),
        ("[::1]::80", Some("::1"), None, (80, 80), Tcp),
        ("[::]::80", Some("::"), None, (80, 80), Tcp),
        ("0.0.0.0:80:80", Some("0.0.0.0"), Some((80, 80)), (80, 80), Tcp),
        ("[::]:80:80", Some("::"), Some((80, 80)), (80, 80), Tcp),
        (":::80:80", Some("::"), Some((80, 80)), (80, 80), Tcp),
        ("::::80", Some("::"), None, (80, 80), Tcp),
        ("[::1]:5353:53/udp", Some("::1"), Some((5353, 5353)), (53, 53), Udp),
        ("::1:5354:53/udp", Some("::1"), Some((5354, 5354)), (53, 53), Udp),
        ("[]:80:80", None, Some((80, 80)), (80, 80), Tcp),
        ("[127.0.0.1]:80:80", Some("127.0.0.1"), Some((80, 80)), (80, 80), Tcp),
        ("2001:db8::1:80:80", Some("2001:db8::1"), Some((80, 80)), (80, 80), Tcp),
        ("::ffff:127.0.0.1:80:80", Some("::ffff:127.0.0.1"), Some((80, 80)), (80, 80), Tcp),
    ];
    for (text, address, published, target, protocol) in rows {
        let expected = ResolvedPort {
            address: address.map(|address| address.parse().unwrap()),
            published: published.map(|(first, last)| first..=last),
            target: target.0..=target.1,
            protocol: *protocol,
        };
        assert_eq!(ResolvedPort::read(text), Ok(expected), "{text}");
    }
}

#[test]
fn refuses_what_compose_refuses() {
    let of = |text: &str| text.to_owned();
    for text in ["", "/", ":", ":::", "/tcp", "80:", "80:/tcp"] {
        assert_eq!(ResolvedPort::read(text), Err(PortError::NoTarget), "{text}");
    }
    let targets =
        [" 80", "80 ", "65536", "5-3", "-80", "a", "0x50", "80:a", "0", "0:0", "0-1", "+80", "1-", "$80"];
    for text in targets {
        let target = of(text.rsplit(':').next().unwrap());
        assert_eq!(ResolvedPort::read(text), Err(PortError::Target { text: target }), "{text}");
    }
    for (text, published) in [
        ("a:80", "a"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("0.0.0.0:80", "0.0.0.0"),
        ("+80:80", "+80"),
        ("5-3:80", "5-3"),
        ("80-:80", "80-"),
        ("٣:80", "٣"),
        ("65536:80", "65536"),
        ("1.2.3.4:[80]:80", "[80]"),
    ] {
        assert_eq!(ResolvedPort::read(text), Err(PortError::Published { text: of(published) }), "{text}");
    }
    for (text, address) in [
        ("localhost:80:80", "localhost"),
        ("127.1:80:80", "127.1"),
        ("999.1.1.1:80:80", "999.1.1.1"),
        ("127.0.0.001:80:80", "127.0.0.001"),
        ("[::1%lo]:80:80", "[::1%lo]"),
        ("::1%lo:80:80", "::1%lo"),
        ("[::1]:80", "[:"),
        ("::1:80", ":"),
        ("a::80", "a"),
        ("80:80:80", "80"),
        ("127.0.0.1:[::1]:80:80", "127.0.0.1:[::1]"),
        ("127.0.0.1:10.0.0.5:3000:3000", "127.0.0.1:10.0.0.5"),
        ("[::1]:5:80:80", "[::1]:5"),
        ("[::1]80:80:80", "[::1]80"),
        ("[::1:80:80", "[::1"),
        ("::1]:80:80", "::1]"),
        ("1:2:3:4:5:6:7:8:9:80:80", "1:2:3:4:5:6:7:8:9"),
    ] {
        assert_eq!(ResolvedPort::read(text), Err(PortError::Address { text: of(address) }), "{text}");
    }
    for (text, protocol) in
        [("80/foo", "foo"), ("80/tcp/x", "tcp/x"), ("80:80//udp", "/udp"), ("80/TCP ", "TCP ")]
    {
        assert_eq!(ResolvedPort::read(text), Err(PortError::Protocol { text: of(protocol) }), "{text}");
    }
    let unequal = PortError::UnequalRanges { published: of("3000"), target: of("4000-4002") };
    assert_eq!(ResolvedPort::read("3000:4000-4002"), Err(unequal));
    assert!(matches!(ResolvedPort::read("3-5:80-81"), Err(PortError::UnequalRanges { .. })));
}

proptest! {
    #[test]
    fn never_panics(text in "[0-9:./\\[\\]\\-a-f%é ]{0,20}") {
        let _ = ResolvedPort::read(&text);
    }
}
