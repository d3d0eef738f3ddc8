use hardtack::syntax::yaml::{Limits, parse};
#[test]
fn scratch() {
    for text in [
        "a: |\n  one\n  two",
        "a: |\n  one\n  two\n",
        "a: |+\n  one",
        "a: |-\n  one",
        "a: >\n  one\n  two",
        "a: |\n  one\n  ",
    ] {
        let tree = parse(text, &Limits::default()).unwrap();
        for (_, node) in tree.nodes() {
            if let hardtack::syntax::yaml::Kind::Scalar(s) = &node.kind {
                print!("{:?} ", s.value);
            }
        }
        println!("| {:?}", hardtack::plan::second_reading(text));
    }
}
