use super::*;
use crate::syntax::dockerfile::{Limits, parse};

fn resolved(text: &str) -> ResolvedDockerfile {
    ResolvedDockerfile::new(&parse(text, &Limits::default()).unwrap(), &BuildInputs::default())
}

/// Each image as `route = written`.
fn images(text: &str) -> Vec<String> {
    let named = |image: &ImageUse| format!("{} = {}", image.route, image.written);
    resolved(text).images().iter().map(named).collect()
}

#[test]
fn images_are_found_at_every_place_and_stages_are_none() {
    let text = "# syntax=docker/dockerfile:1\nARG BASE=\"node:22\"\nFROM $BASE AS a\nFROM a AS b\nFROM scratch\n\
        COPY --from=A x y\nCOPY --from=0 x y\nCOPY --from=busybox x y\nCOPY --from=scratch x y\n\
        RUN --mount=type=cache,target=/c --mount=target=/t,from=golang:1 <<EOF\nFROM debian\nEOF\n\
        ONBUILD COPY --from=\"alpine\" x y\n";
    assert_eq!(
        images(text),
        [
            "syntax = docker/dockerfile:1",
            "global[0].arguments[0] = node:22",
            "stages[0][0].arguments[0] = $BASE",
            "stages[2][3].flags[0] = busybox",
            "stages[2][5].flags[1].from = golang:1",
            "stages[2][6].trigger.flags[0] = alpine",
        ]
    );
    let resolved = resolved(text);
    for image in resolved.images() {
        assert_eq!(image.span.unwrap().of(text), image.written);
    }
    assert_eq!(resolved.images()[2].resolved, Resolved::Text("node:22".into()));
    assert!(!resolved.images()[2].is_literal());
    assert!(resolved.images()[5].in_trigger && !resolved.images()[4].in_trigger);
}

#[test]
fn only_a_default_that_is_a_whole_reference_is_an_image() {
    let kind = |text: &str| resolved(text).images().first().map(|image| image.kind.clone());
    let sole = |text: &str| match kind(text) {
        Some(ImageUseKind::ArgumentDefault { is_sole, is_taken_over, .. }) => Some((is_sole, is_taken_over)),
        _ => None,
    };
    assert_eq!(sole("ARG B=a\nFROM $B\n"), Some((true, false)));
    assert_eq!(sole("ARG B=a\nFROM ${B}\nARG B\n"), Some((true, true)));
    assert_eq!(sole("ARG B=a\nFROM $B\nFROM x/$B\n"), Some((false, false)));
    assert_eq!(sole("ARG B=a\nARG C=$B\nFROM $B\n"), Some((false, false)));
    assert_eq!(sole("ARG B=a\nFROM --platform=$B $B\n"), Some((false, false)));
    assert_eq!(sole("ARG B=a\nFROM x:$B\n"), None);
    assert_eq!(sole("ARG B=scratch\nFROM $B\n"), None);
    assert_eq!(sole("ARG B=a\nFROM x AS a\nFROM $B\n"), None);
}

#[test]
fn a_base_is_resolved_with_the_variables_before_the_first_from_only() {
    let base = |text: &str| resolved(text).stages().last().unwrap().base.clone();
    assert_eq!(base("ARG V=3\nFROM alpine:${V}\n"), Base::Image("alpine:3".into()));
    assert_eq!(base("FROM a\nARG V=3\nFROM alpine:${V:-9}\n"), Base::Image("alpine:9".into()));
    assert_eq!(base("FROM $X\n"), Base::Unknown(Unknown::Variable("X".into())));
    assert_eq!(base("FROM a-$TARGETARCH\n"), Base::Unknown(Unknown::Variable("TARGETARCH".into())));
    assert_eq!(base("FROM a AS Base\nFROM base\n"), Base::Stage(0));
    assert_eq!(base("FROM a AS base\nFROM Base\n"), Base::Image("Base".into()));
    assert_eq!(base("FROM b\nFROM a AS b\n"), Base::Image("a".into()));
    assert_eq!(base("FROM a AS x\nFROM b AS x\nFROM x\n"), Base::Stage(1));
    assert!(matches!(base("ARG V=1\nFROM a:${V%.*}\n"), Base::Unknown(Unknown::Expression(_))));
}

#[test]
fn what_the_build_is_given_counts() {
    let tree = parse("ARG V=3\nFROM alpine:$V AS a\nFROM b:latest\n", &Limits::default()).unwrap();
    let inputs = BuildInputs {
        arguments: [("V".to_owned(), "4".to_owned())].into(),
        contexts: ["b".to_owned()].into(),
    };
    let resolved = ResolvedDockerfile::new(&tree, &inputs);
    assert_eq!(resolved.stages()[0].base, Base::Image("alpine:4".into()));
    assert_eq!(resolved.stages()[1].base, Base::Context("b".into()));
    assert_eq!(resolved.images().len(), 1);
}

#[test]
fn settings_are_inherited_through_stages() {
    let text = "FROM a AS base\nENV U=app\nUSER $U\nCMD x\nEXPOSE 80 443/udp\nHEALTHCHECK NONE\n\
        FROM base AS next\nENTRYPOINT y\nONBUILD USER root\nEXPOSE 8080\nFROM other\n";
    let resolved = resolved(text);
    let next = resolved.target(Some("NEXT")).unwrap();
    assert_eq!(resolved.user(next).unwrap().value, Resolved::Text("app".into()));
    assert_eq!(
        (resolved.entrypoint(next), resolved.cmd(next), resolved.healthcheck(next)),
        (Some(7), None, Some(5))
    );
    assert_eq!(resolved.cmd(&resolved.stages()[0]), Some(3));
    assert_eq!(resolved.exposed(next).count(), 3);
    assert_eq!(resolved.root(next), &Base::Image("a".into()));
    let last = resolved.target(None).unwrap();
    assert_eq!((last.index, resolved.user(last)), (2, None));
    assert!(resolved.target(Some("none")).is_none());
}

#[test]
fn a_variable_that_the_image_may_set_is_unknown() {
    let user = |text: &str| {
        let resolved = resolved(text);
        resolved.user(resolved.target(None).unwrap()).unwrap().value.clone()
    };
    assert_eq!(user("FROM a\nUSER $X\n"), Resolved::Unknown(Unknown::Variable("X".into())));
    assert_eq!(user("FROM scratch\nUSER ${X:-1}\n"), Resolved::Text("1".into()));
    assert_eq!(user("ARG X=5\nFROM a\nARG X\nUSER $X\n"), Resolved::Text("5".into()));
    assert_eq!(user("ARG X=5\nFROM a\nUSER $X\n"), Resolved::Unknown(Unknown::Variable("X".into())));
    assert_eq!(user("FROM a\nARG X=1\nENV X=2 Y=$X\nUSER $X:$Y\n"), Resolved::Text("2:1".into()));
    assert_eq!(user("FROM a\nUSER nobody # no root\n"), Resolved::Text("nobody # no root".into()));
}

#[test]
fn values_that_double_each_time_end_as_unknown() {
    let doubling = format!("FROM scratch\nENV A=xxxxxxxx\n{}USER $A\n", "ENV A=$A$A\n".repeat(64));
    let resolved = resolved(&doubling);
    let user = resolved.user(&resolved.stages()[0]).unwrap();
    assert!(matches!(user.value, Resolved::Unknown(_)));
}
