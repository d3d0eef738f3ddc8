//! What is an expression, what is text and what is refused. The rows were measured with Compose v2.40.3.

use super::*;
use proptest::prelude::*;

fn cause(text: &str) -> (usize, InterpolationCause) {
    let error = Template::parse(text).unwrap_err();
    (error.offset, error.cause)
}

#[test]
fn ordinary_text_stays() {
    for text in ["", "$", "a$", "cost $5", "$1", "$(cmd)", "%$%", "$é", "^X$", "$}", "{a}", "a $ string"] {
        let template = Template::parse(text).unwrap();
        assert!(template.is_constant(), "{text}");
        assert!(template.parts().iter().all(|part| matches!(part, Part::Literal(_))), "{text}");
        assert!(template.parts().len() <= 1, "{text}: literals are joined");
    }
}

#[test]
fn refuses_what_compose_refuses() {
    for text in ["${}", "${ S}", "${1A}", "${ }", "${#S}", "${!S}", "${é}", "${", "${-x}"] {
        assert_eq!(cause(text), (0, InterpolationCause::NoName), "{text}");
    }
    for text in ["${A B}", "${A.B}", "${S }", "${S:x}", "${S/x/y}", "${S^^}", "${U:}", "${U:=x}", "${S\n}"] {
        assert_eq!(cause(text), (0, InterpolationCause::NoOperator), "{text}");
    }
    for text in ["${S", "${S:", "${U:-x", "${U:-a\nb}", "${U:-${S", "${U:-"] {
        assert_eq!(cause(text), (0, InterpolationCause::Unclosed), "{text}");
    }
}

#[test]
fn an_inner_fault_is_found_at_its_place() {
    assert_eq!(cause("ab $$ ${U:-x${}}"), (12, InterpolationCause::NoName));
    // The counter of braces never comes to nought, so the last brace closes and `${S` is left open inside.
    assert_eq!(cause("${U:-{}} and ${S}"), (13, InterpolationCause::Unclosed));
    assert_eq!(cause("${U:-${S}"), (5, InterpolationCause::Unclosed));
}

#[test]
fn ranges_point_into_the_whole_text() {
    let text = "a${B:-c${D-e}}f$G.$$";
    let template = Template::parse(text).unwrap();
    let seen: Vec<_> = template.variables().iter().map(|v| (v.name.as_str(), v.range.of(text))).collect();
    assert_eq!(seen, [("B", "${B:-c${D-e}}"), ("D", "${D-e}"), ("G", "$G")]);
    let words: Vec<_> = template
        .variables()
        .iter()
        .filter_map(|v| v.operation.as_ref())
        .map(|o| (o.operator, o.word.range.of(text), o.word.is_literal()))
        .collect();
    assert_eq!(words, [(Operator::DefaultIfEmpty, "c${D-e}", false), (Operator::DefaultIfUnset, "e", true)]);
    assert_eq!(template.parts().last(), Some(&Part::Escape(TextRange::new(18, 20))));
}

#[test]
fn hostile_depth_is_refused_and_not_fatal() {
    let deep = |levels: usize| format!("{}x{}", "${A:-".repeat(levels), "}".repeat(levels));
    assert!(Template::parse(&deep(100)).is_ok());
    assert_eq!(Template::parse(&deep(101)).unwrap_err().cause, InterpolationCause::TooDeep);
    assert!(Template::parse(&deep(50_000)).is_err());
}

proptest! {
    #[test]
    fn parts_cover_any_text(text in "([$\\{\\}:+?\\-AB1 \n]|\\$\\{A:-|é){0,24}") {
        if let Ok(template) = Template::parse(&text) {
            let mut at = 0;
            for part in template.parts() {
                prop_assert_eq!(part.range().start, at);
                prop_assert!(part.range().end > at);
                at = part.range().end;
            }
            prop_assert_eq!(at, text.len());
        }
    }
}
