//! Inputs that are refused, with their reasons and places, and inputs of a size that nobody writes.

use crate::invariants;
use hardtack::model::nginx::ResolvedNginx;
use hardtack::syntax::nginx::{Limits, ReadErrorKind, decode, parse, verify};
use std::time::{Duration, Instant};

#[test]
fn each_refusal_names_its_reason_and_place() {
    use ReadErrorKind as Kind;
    let cases = [
        ("a\0;", Kind::Nul, "1:2"),
        ("\u{feff}a;", Kind::ByteOrderMark, "1:1"),
        ("a 1;\n  'b;\n", Kind::UnclosedQuote, "2:3"),
        ("a \"b\\\";", Kind::UnclosedQuote, "1:3"),
        ("a 'b'c;", Kind::BehindQuote('c'), "1:6"),
        ("a 'b'};", Kind::BehindQuote('}'), "1:6"),
        ("a { b; };", Kind::NoDirective(';'), "1:9"),
        (";", Kind::NoDirective(';'), "1:1"),
        ("a;\n{ }", Kind::NoDirective('{'), "2:1"),
        ("a { b }", Kind::NoSemicolon("b".into()), "1:5"),
        ("a;\nb", Kind::NoSemicolon("b".into()), "2:1"),
        ("a;\nb\\", Kind::NoSemicolon("b\\".into()), "2:1"),
        ("a; }", Kind::StrayClose, "1:4"),
        ("a {\n b;\n", Kind::UnclosedBlock("a".into()), "1:3"),
        ("map $a $b { c { d; } }", Kind::BlockAmongEntries("map".into()), "1:15"),
        ("location ~ a{1}$ { b; } }", Kind::BraceInName("1}$".into()), "1:14"),
        ("a_by_lua_block { '}", Kind::UnclosedLua("a_by_lua_block".into()), "1:16"),
        ("listen {{ port }};", Kind::Template, "1:9"),
        ("a;\n{% if x %}\n", Kind::Template, "2:1"),
        ("a;\n<% if x %>\nb;", Kind::Template, "2:1"),
    ];
    for (text, kind, position) in cases {
        let error = parse(text, &Limits::default()).unwrap_err();
        assert_eq!((error.kind.clone(), error.position.to_string().as_str()), (kind, position), "{text:?}");
        assert!(error.help().is_some(), "{text:?}");
    }
    assert_eq!(decode(b"a;\n\xff").unwrap_err().kind, Kind::NotUtf8);
}

#[test]
fn the_bounds_hold() {
    let refused = |text: &str, limits: Limits| parse(text, &limits).unwrap_err().kind;
    let limits = Limits::default();
    assert_eq!(refused("a b;", Limits { bytes: 3, ..limits }), ReadErrorKind::TooLarge { limit: 3 });
    assert_eq!(refused("a b c;", Limits { words: 2, ..limits }), ReadErrorKind::TooManyWords { limit: 2 });
    assert_eq!(refused("a{a{a{}}}", Limits { depth: 2, ..limits }), ReadErrorKind::TooDeep { limit: 2 });
    assert!(parse("a{a{}}", &Limits { depth: 2, ..limits }).is_ok());
    assert!(parse(&format!("{};", "x".repeat(Limits::WORD)), &limits).is_ok());
    assert_eq!(refused(&format!("{};", "x".repeat(Limits::WORD + 1)), limits), ReadErrorKind::WordTooLong);
    assert!(matches!(refused(&"x ".repeat(5 << 20), limits), ReadErrorKind::TooLarge { .. }));
    assert!(matches!(refused(&"a{".repeat(100_000), limits), ReadErrorKind::TooDeep { .. }));
}

/// Sizes for which quadratic work would take minutes. The bound is generous, since tests run unoptimised and
/// share the machine.
#[test]
fn large_inputs_take_linear_time() {
    let size = 100_000;
    let inputs = [
        ("words", format!("a {};", "b ".repeat(size))),
        ("directives", "listen 80;\n".repeat(size)),
        ("servers", "server { listen 80; include x; }\n".repeat(size / 4)),
        ("comments", "# c\n".repeat(size)),
        ("comments within", format!("a {};", "# c\n".repeat(size))),
        ("comments above", format!("a {{ {} b; }}", "# c\n".repeat(size))),
        ("deep", format!("{}{}{}", "a{".repeat(19), "pid c;".repeat(size / 2), "}".repeat(19))),
        ("brackets", format!("a_by_lua_block {{ {} }}", "[=".repeat(size))),
        ("strings", format!("a_by_lua_block {{ {} }}", "''--\n".repeat(size))),
        ("escapes", format!("a {};", "\\\\ ".repeat(size))),
        ("locations", format!("server {{ {} }}", "location / { add_header a b; }\n".repeat(size / 8))),
        ("maps", format!("map $a $b {{ {} }}", "~x $server_port;\n".repeat(size / 2))),
    ];
    for (name, text) in inputs {
        let start = Instant::now();
        if let Ok(tree) = parse(&text, &Limits::default()) {
            assert_eq!(verify(&tree, &tree, &[]), Ok(()), "{name}");
            let _ = ResolvedNginx::new(&tree);
        }
        let taken = start.elapsed();
        assert!(taken < Duration::from_secs(30), "{name}: {} bytes took {taken:?}", text.len());
    }
}

#[test]
fn odd_but_sound_files_are_read() {
    for text in [
        "",
        "# only",
        "a 'b'{ } c;",
        "if ($a = \"b\") { }",
        "a \\; b;",
        "a b\\ c ${d};",
        "a ${{{b}};",
        "a b#c;#d\r\ne f}g;",
        "\r\n\ta\r;\r",
        "location ~ \"^/a{1}$\" { }",
        "set_by_lua_block $a { return '}' }x;",
        "listen ${PORT};",
        "types { text/html html; }",
        "'quoted name' x;",
    ] {
        let tree = parse(text, &Limits::default()).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        invariants::check(text, text, &tree);
    }
}
