//! Each row was given to Compose v2.40.3 as `--env-file`, and read back with `config --environment`.

use super::*;
use proptest::prelude::*;

fn read(text: &str) -> Environment {
    let mut environment = Environment::new();
    assert_eq!(parse(text, &mut environment), [], "{text}");
    environment
}

fn faults(text: &str) -> Vec<(usize, DotenvCause)> {
    parse(text, &mut Environment::new()).into_iter().map(|error| (error.line, error.cause)).collect()
}

#[test]
fn values_as_measured() {
    let rows: &[(&str, &[(&str, &str)])] = &[
        ("\u{feff}A=1\r\nB=2\r\n", &[("A", "1"), ("B", "2")]),
        (
            "export A=1\nexport\tB=2\nexport\nC=3\nexportD=4",
            &[("A", "1"), ("B", "2"), ("C", "3"), ("exportD", "4")],
        ),
        ("A: v\nB :w", &[("A", "v"), ("B", "w")]),
        ("A=x # c\nB=x#c\nC= # c\nD=#c", &[("A", "x"), ("B", "x#c"), ("C", "# c"), ("D", "#c")]),
        ("A='a\\'b$X\\\\'\nB=1", &[("A", "a'b$X\\\\"), ("B", "1")]),
        (
            "A=\"a\\\"b\\n\\x41\\0101\\012\\0777\\c\\$Q\" # c\nB=$A-${Z:-d}",
            &[("A", "a\"b\n\\x41A\\12\\777\\c$Q"), ("B", "a\"b\n\\x41A\\12\\777\\c$Q-d")],
        ),
        ("A\nB=1", &[("B", "1")]),
        ("B=1\nA", &[("B", "1")]),
        ("A B", &[]),
        ("A=\"x\ny\"\nB=2", &[("A", "x\ny"), ("B", "2")]),
        ("=v\nB=1", &[("B", "1")]),
        ("A=$$x\nB=\\$x\nC=\"\\$x\"", &[("A", "$x"), ("B", "\\"), ("C", "$x")]),
        ("A=\"1\"B=2\nC=3", &[("A", "1"), ("B", "2"), ("C", "3")]),
        ("A-b=1\nc.d=2\ne[0]=3\n1x=4", &[("A-b", "1"), ("c.d", "2"), ("e[0]", "3"), ("1x", "4")]),
        ("A\tB=1", &[("A\tB", "1")]),
        ("A=1\nA=2\nB=$A", &[("A", "2"), ("B", "2")]),
        ("\n\n#c\n  # d\n A = 1 ", &[("A", "1")]),
        ("A=é\né=1", &[("A", "é"), ("é", "1")]),
        ("A=a\u{a0}\nB=1", &[("A", "a"), ("B", "1")]),
        ("A=\"x\" y=z\nB=1\n", &[("A", "x"), ("y", "z"), ("B", "1")]),
        ("A=`x`\nB=a\\nb", &[("A", "`x`"), ("B", "a\\nb")]),
        ("A=\nB=2", &[("A", ""), ("B", "2")]),
        ("A=\"\\0\"\nB=\"\\01\"\nC=\"\\08123\"", &[("A", "\\"), ("B", "\\1"), ("C", "\\8123")]),
        ("A=\"\\\\n\"", &[("A", "\\n")]),
        ("A=1\rB=2\r", &[("A", "1\rB=2")]),
        ("A==1", &[("A", "=1")]),
        ("A=\"${X:-\\\"q\\\"}\"", &[("A", "\"q\"")]),
        ("A=\"\\a\\b\\f\\n\\r\\t\\v\\\\\"", &[("A", "\x07\x08\x0c\n\r\t\x0b\\")]),
    ];
    for (text, variables) in rows {
        assert_eq!(read(text), variables.iter().copied().collect(), "{text:?}");
        for (name, value) in *variables {
            assert_eq!(read(text).get(name), Some(*value), "{text:?}");
        }
    }
}

#[test]
fn one_fault_does_not_hide_the_rest() {
    let text = "A B=1\nlol$wut=1\nB=ok\nC=${\nD=${X:?hush}\nE=\"open\nF='x'\n";
    let mut environment = Environment::new();
    let errors = parse(text, &mut environment);
    let seen: Vec<_> = errors.iter().map(|error| (error.line, error.cause)).collect();
    assert_eq!(
        seen,
        [
            (1, DotenvCause::SpaceInName),
            (2, DotenvCause::CharacterInName),
            (4, DotenvCause::Interpolation(InterpolationCause::NoName)),
            (5, DotenvCause::RequiredMissing),
            (6, DotenvCause::UnterminatedQuote),
        ]
    );
    assert_eq!(environment, Environment::from_iter([("B", "ok"), ("F", "x")]));
    assert!(errors.iter().all(|error| !error.to_string().contains("hush")));
}

#[test]
fn faults_as_measured() {
    assert_eq!(faults("B=1\nexport "), [(2, DotenvCause::NoName)]);
    assert_eq!(faults("export\n"), []);
    assert_eq!(faults("A B\n"), [(1, DotenvCause::SpaceInName)]);
    assert_eq!(faults("A\n\n\nB C=1\n"), [(4, DotenvCause::SpaceInName)]);
    assert_eq!(faults("A='x'\n\nB C=2\n"), [(3, DotenvCause::SpaceInName)]);
    assert_eq!(faults("A=\"x\" y z\nB=1\n"), [(1, DotenvCause::SpaceInName)]);
    for open in ["K=\"", "K=\"v", "K=\"v\\\"", "K=\"v'", "K='", "K='v", "K='v\\'", "K='v\""] {
        assert_eq!(faults(open), [(1, DotenvCause::UnterminatedQuote)], "{open}");
    }
}

#[test]
fn layers() {
    let mut environment = read("A=1\nB=2");
    assert_eq!(parse("B=3\nC=$A$B", &mut environment), []);
    assert_eq!(environment, Environment::from_iter([("A", "1"), ("B", "3"), ("C", "13")]));
    assert_eq!(fill("A=9\nD=$A\nE=$D", &mut environment), []);
    assert_eq!(environment.get("A"), Some("1"));
    assert_eq!(environment.get("D"), Some("1"));
    assert_eq!(environment.get("E"), Some("1"));
}

proptest! {
    #[test]
    fn any_text_is_read_to_its_end(text in "([AB =:#'\"\\\\$\\{\\}\n\r0n]|export |é){0,32}") {
        let mut environment = Environment::new();
        let errors = parse(&text, &mut environment);
        let lines = text.matches('\n').count() + 1;
        prop_assert!(errors.iter().all(|error| (1..=lines).contains(&error.line)));
    }
}
