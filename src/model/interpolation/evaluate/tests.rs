//! What Compose v2.40.3 makes of each text, with S=val, E empty and U, V unset.

use super::*;

fn environment() -> Environment {
    Environment::from_iter([("S", "val"), ("E", "")])
}

fn evaluate(text: &str) -> Evaluated {
    Template::parse(text).unwrap().evaluate(&environment()).unwrap()
}

#[test]
fn values_as_measured() {
    let rows = [
        ("$S ${S}", "val val"),
        ("${E:-d}", "d"),
        ("${E-d}", ""),
        ("${U:-d}", "d"),
        ("${U-d}", "d"),
        ("${S:+r}", "r"),
        ("${E:+r}", ""),
        ("${E+r}", "r"),
        ("${U+r}", ""),
        ("${U:+r}", ""),
        ("${E?m}", ""),
        ("${S:?m}", "val"),
        ("${S?m}", "val"),
        ("$$S", "$S"),
        ("$${S}", "${S}"),
        ("$$$S", "$val"),
        ("$$$", "$$"),
        ("$$$$", "$$"),
        ("${U:-${S}}", "val"),
        ("${U:-${V:-deep}}", "deep"),
        ("${U:-x${V:-y}${S}}q", "xyvalq"),
        ("${U:-{\"k\":1}}", "{\"k\":1}"),
        ("${U:-{}}", "{}"),
        ("${U:-{\"k\":{\"a\":1}}} ${S}", "{\"k\":{\"a\":1}} val"),
        ("${U:-{ }} ${S}", "{ } val"),
        ("${U:-{{x}}}", "{{x}}"),
        ("${S:-{{x}}} t", "val} t"),
        ("${U:-a}b}", "ab}"),
        ("${S:-a}b}", "valb}"),
        ("${U:-{a} ${S}}x}", "{a} valx}"),
        ("${S}}", "val}"),
        ("{${S}}", "{val}"),
        ("${U:-}}", "}"),
        ("${U:-$}", "$"),
        ("${U:-$${x}}", "${x}"),
        ("$S.x $S-x", "val.x val-x"),
        ("${A-B}", "B"),
        ("${U-a:-b}", "a:-b"),
        ("${U:-a-b}", "a-b"),
        ("${S}\n${U:-x}", "val\nx"),
        ("${U:-a} \n }", "a \n }"),
        ("\\$S", "\\val"),
        ("cost $5", "cost $5"),
    ];
    for (text, value) in rows {
        assert_eq!(evaluate(text), Evaluated { text: value.to_owned(), unset: vec![] }, "{text}");
    }
}

#[test]
fn unset_variables_are_named_once() {
    let seen = |text| evaluate(text).unset;
    assert_eq!(seen("${U}$U$V"), ["U", "V"]);
    assert_eq!(seen("$Sx"), ["Sx"]);
    assert_eq!(seen("$ſ"), ["ſ"]);
    // Also in a text that is not used: Compose warns there too.
    assert_eq!(seen("${S:-$U}"), ["U"]);
    assert_eq!(seen("${S:?$U}"), ["U"]);
    assert_eq!(evaluate("${E-${U}}"), Evaluated { text: String::new(), unset: vec!["U".to_owned()] });
}

#[test]
fn required_variables() {
    let missing =
        |text: &str| Template::parse(text).unwrap().evaluate(&environment()).unwrap_err().to_string();
    assert_eq!(missing("${U:?m}"), "required variable U is missing a value: m");
    assert_eq!(missing("${U?a $S}"), "required variable U is missing a value: a val");
    assert_eq!(missing("${U:?}"), "required variable U is missing a value");
    assert_eq!(missing("${E:?m}"), "required variable E is missing a value: m");
    // The text after an operator is evaluated even if it is not used.
    assert_eq!(missing("${S:-${U:?no}}"), "required variable U is missing a value: no");
    assert_eq!(missing("${U:+${V:?no}}"), "required variable V is missing a value: no");
}
