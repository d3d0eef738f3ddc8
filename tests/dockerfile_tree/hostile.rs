//! Inputs that are refused, with their reasons and places, and inputs of a size that nobody writes.

use crate::invariants;
use hardtack::model::dockerfile::{BuildInputs, ResolvedDockerfile};
use hardtack::syntax::dockerfile::{Keyword, Limits, ReadErrorKind, decode, parse};
use std::time::{Duration, Instant};

fn refused(text: &str) -> (ReadErrorKind, String) {
    let error = parse(text, &Limits::default()).unwrap_err();
    (error.kind, error.position.to_string())
}

#[test]
fn each_refusal_names_its_reason_and_place() {
    use ReadErrorKind as Kind;
    let cases = [
        ("", Kind::NoInstructions, "1:1"),
        ("# only\n\n", Kind::NoInstructions, "1:1"),
        ("ARG A\n", Kind::NoStage, "1:1"),
        ("RUN a\nFROM b\n", Kind::BeforeFrom(Keyword::Run), "1:1"),
        ("FROM a\n  RUNN b\n", Kind::UnknownInstruction("RUNN".into()), "2:3"),
        ("FROM a\nRUN <<E\nx\n E\n", Kind::UnterminatedHeredoc("E".into()), "2:1"),
        ("FROM a # b\n", Kind::FromArguments, "1:1"),
        ("FROM a AS 1b\n", Kind::StageName("1b".into()), "1:1"),
        ("FROM a as b/c\n", Kind::StageName("b/c".into()), "1:1"),
        ("FROM\n", Kind::FromArguments, "1:1"),
        ("FROM a\nUSER\n", Kind::TooFewArguments(Keyword::User), "2:1"),
        ("FROM a\nCOPY x\n", Kind::TooFewArguments(Keyword::Copy), "2:1"),
        ("FROM a\nCOPY x <<E\nE\n", Kind::HeredocDestination(Keyword::Copy), "2:1"),
        ("FROM a\nENV\n", Kind::TooFewArguments(Keyword::Env), "2:1"),
        ("FROM a\nENV x\n", Kind::NoValue(Keyword::Env), "2:1"),
        ("FROM a\nENV x=1 y\n", Kind::NoEqualsSign("y".into()), "2:1"),
        ("FROM a\nLABEL =1\n", Kind::NoName(Keyword::Label), "2:1"),
        ("FROM a\nSHELL sh -c\n", Kind::ShellNotJson, "2:1"),
        ("FROM a\nSHELL []\n", Kind::TooFewArguments(Keyword::Shell), "2:1"),
        ("FROM a\nCMD [\"a\", 1]\n", Kind::NotOnlyStrings, "2:1"),
        ("FROM a\nVOLUME [\"\"]\n", Kind::EmptyVolume, "2:1"),
        ("FROM a\nHEALTHCHECK curl\n", Kind::HealthcheckKind("curl".into()), "2:1"),
        ("FROM a\nHEALTHCHECK NONE x\n", Kind::HealthcheckNone, "2:1"),
        ("FROM a\nHEALTHCHECK CMD\n", Kind::TooFewArguments(Keyword::Healthcheck), "2:1"),
        ("FROM a\nONBUILD FROM b\n", Kind::Trigger(Keyword::From), "2:1"),
        ("FROM a\nONBUILD ONBUILD RUN b\n", Kind::Trigger(Keyword::Onbuild), "2:1"),
        ("# escape=x\nFROM a\n", Kind::EscapeDirective("x".into()), "1:1"),
        ("# check=a\n# check=b\nFROM a\n", Kind::RepeatedDirective("check"), "2:1"),
        ("FROM {{ a }}\n", Kind::Template, "1:1"),
        ("FROM a\n{% if x %}\n", Kind::Template, "2:1"),
        ("<% x %>\nFROM a\n", Kind::Template, "1:1"),
        ("FROM a\0\n", Kind::Nul, "1:7"),
        ("FROM a\nCOPY --from=à b c\n", Kind::SplitCharacter('à'), "2:1"),
        ("\\\n", Kind::UnknownInstruction(String::new()), "1:1"),
    ];
    for (text, kind, position) in cases {
        assert_eq!(refused(text), (kind, position.to_owned()), "{text:?}");
    }
}

#[test]
fn bytes_that_are_no_text_are_refused_at_the_first_of_them() {
    let error = decode(b"FROM a\nRUN \xff\n").unwrap_err();
    assert_eq!(
        (error.kind, error.offset, error.position.to_string().as_str()),
        (ReadErrorKind::NotUtf8, 11, "2:5")
    );
}

#[test]
fn a_file_beyond_the_limit_is_not_looked_at() {
    let error = parse("FROM a\n", &Limits { bytes: 6 }).unwrap_err();
    assert_eq!(error.kind, ReadErrorKind::TooLarge { limit: 6 });
}

#[test]
fn the_longest_line_is_buildkits() {
    let line = |length: usize, end: &str| format!("FROM a{}{end}", " ".repeat(length - 6));
    for end in ["", "\n"] {
        assert!(parse(&line(Limits::LINE - 1, end), &Limits::default()).is_ok());
        assert_eq!(refused(&line(Limits::LINE, end)).0, ReadErrorKind::LineTooLong);
    }
}

/// Sizes for which quadratic work would take minutes. The bound is generous, since tests run
/// unoptimised and share the machine.
#[test]
fn large_inputs_take_linear_time() {
    let size = 200_000;
    let inputs = [
        ("words", format!("FROM a\nEXPOSE {}\n", "1 \\\n".repeat(size))),
        ("continuations", format!("FROM a\nRUN {}x\n", "\\\n".repeat(size))),
        ("blank continuations", format!("FROM a\nRUN x \\\n{}y\n", "\n".repeat(size))),
        ("comments inside", format!("FROM a\nRUN x \\\n{}y\n", "# c\n".repeat(size))),
        ("comments outside", format!("FROM a\n{}", "# c\n".repeat(size))),
        ("instructions", format!("FROM a\n{}", "USER 1\n".repeat(size))),
        ("stages", "FROM a AS b\n".repeat(size / 2)),
        ("stages on stages", format!("FROM a AS b\n{}", "FROM b AS b\n".repeat(size / 2))),
        ("arguments", format!("{}FROM a\n{}", "ARG A=1\n".repeat(size / 2), "RUN x\n".repeat(size / 2))),
        ("heredocs", format!("FROM a\nRUN {}\n{}", "<<E \\\n".repeat(size / 5), "E\n".repeat(size / 5))),
        ("flags", format!("FROM a\nRUN {}x\n", "--a \\\n".repeat(size))),
        ("json", format!("FROM a\nCMD [{}\"\"]\n", "\"\",\\\n".repeat(size))),
        ("brackets", format!("FROM a\nCMD {}\n", "[\\\n".repeat(size))),
        ("braces", format!("FROM a\nRUN <<{}\n", "${a:-\\\n".repeat(size))),
        ("variables", format!("ARG A=a\nFROM ${{A}}{}\n", "$A\\\n".repeat(size))),
    ];
    for (name, text) in inputs {
        let start = Instant::now();
        if let Ok(tree) = parse(&text, &Limits::default()) {
            let resolved = ResolvedDockerfile::new(&tree, &BuildInputs::default());
            assert!(!resolved.stages().is_empty(), "{name}");
        }
        let taken = start.elapsed();
        assert!(taken < Duration::from_secs(30), "{name}: {} bytes took {taken:?}", text.len());
    }
}

#[test]
fn odd_but_sound_files_are_read() {
    for text in [
        "FROM a\r\nRUN b \\\r\n  c\r\n",
        "\u{feff}FROM a",
        "\u{feff}# escape=`\nFROM a\nRUN b `\n c\nCOPY x c:\\\n",
        "from a as b\nonbuild run <<E\nx\nE\n",
        "FROM a\nRUN\nCMD []\nENTRYPOINT\n",
        "FROM a\nCOPY --chown=1:1 --  --x /y\n",
        "FROM a\nCOPY <<A <<-'B' /x/\nA\n\tB\n",
        "FROM a\nHEALTHCHECK --interval=5s CMD [\"x\"]\nHEALTHCHECK none\n",
        "FROM a\nONBUILD NOTHING x\n",
        "FROM a\nRUN x \\",
        "FROM a\nRUN x \\\n# c",
    ] {
        let tree = parse(text, &Limits::default()).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        invariants::check(text, text, &tree);
    }
}
