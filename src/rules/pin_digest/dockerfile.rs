//! The images that Dockerfiles name.

use super::{META, REMARK, built_images, evidence};
use crate::model::compose::{Build, BuildFile, Project, Service};
use crate::model::dockerfile::{BuildInputs, DockerfileFile, ImageUse, ImageUseKind, Resolved};
use crate::model::{ImageReference, Source};
use crate::rule::{
    Answer, Context, Finding, FindingBuilder, Fix, Question, Refusal, RefusalCode, Remedy, SourceEffect,
};
use crate::syntax::{Change, Language, Value};
use std::collections::HashSet;

/// What must be known to pin them.
pub(super) fn ask(context: &Context<'_>) -> Vec<Question> {
    let built = built_images(context.project);
    let files = context.project.dockerfiles.values().filter(|file| file.in_scope);
    let uses = files.flat_map(|file| uses(context.project, file));
    uses.filter_map(|used| Some(Question::digest(&target(&used, &built)?.ok()?))).collect()
}

/// What is not pinned, file by file.
pub(super) fn check(context: &Context<'_>) -> Vec<Finding> {
    let built = built_images(context.project);
    let mut findings = Vec::new();
    for file in context.project.dockerfiles.values().filter(|file| file.in_scope) {
        let concerns: Vec<String> = services(context.project, file);
        for used in uses(context.project, file) {
            let Some(target) = target(&used, &built) else { continue };
            let source = Source::Dockerfile(file);
            let finding =
                FindingBuilder::in_file(META.id, META.severity, source, used.route.clone(), concerns.clone());
            findings.push(finding_for(context, file, finding, &used, target));
        }
    }
    findings.extend(context.project.services().filter_map(|service| check_inline(&service, &built)));
    findings
}

fn finding_for(
    context: &Context<'_>,
    file: &DockerfileFile,
    finding: FindingBuilder<'_>,
    used: &ImageUse,
    target: Result<ImageReference, Refusal>,
) -> Finding {
    let refused = |finding: FindingBuilder<'_>, message: String, refusal| {
        finding.build(message, Remedy::Refused(refusal))
    };
    let reference = match target {
        Ok(reference) => reference,
        Err(refusal) => {
            let message = format!("{} {} is not pinned to a digest", place(used), used.written);
            return refused(finding.subject(used.written.clone()), message, refusal);
        }
    };
    let finding = finding.subject(reference.to_string());
    let message = format!("{} {reference} is not pinned to a digest", place(used));
    let fact = match context.answers.get(&Question::digest(&reference)) {
        Answer::Digest(fact) => fact,
        other => {
            return refused(finding, message, Refusal::new(RefusalCode::EvidenceMissing, other.why_not()));
        }
    };
    let value = Value::string(reference.with_digest(&fact.digest));
    let effect = SourceEffect {
        file: file.path.clone(),
        language: Language::Dockerfile,
        change: Change::Set { route: used.route.clone(), value },
    };
    let fix = Fix::safe(format!("pin {reference}"), vec![effect.into()]).noting(REMARK);
    finding.because(Some(evidence(&reference, &fact))).build(message, Remedy::Fix(fix))
}

/// What the image is for, as the beginning of a sentence.
fn place(used: &ImageUse) -> String {
    match &used.kind {
        ImageUseKind::Syntax => "the frontend".to_owned(),
        ImageUseKind::ArgumentDefault { name, .. } => format!("the default of `{name}`, the base image"),
        ImageUseKind::From { .. } => "the base image".to_owned(),
        ImageUseKind::CopyFrom { .. } => "the image that COPY takes from,".to_owned(),
        ImageUseKind::MountFrom { .. } => "the image that RUN mounts,".to_owned(),
    }
}

/// The reference to pin; `None` where nothing has to be.
fn target(used: &ImageUse, built: &HashSet<&str>) -> Option<Result<ImageReference, Refusal>> {
    let refuse = |code, message: &str| Some(Err(Refusal::new(code, message)));
    if built.contains(used.written.as_str()) {
        return None;
    }
    let reference = match &used.resolved {
        Resolved::Text(_) => used.reference(),
        Resolved::Unknown(why) if used.written.contains('@') => {
            // `name@${DIGEST}` is a pin already, whatever the variable holds.
            let _ = why;
            return None;
        }
        Resolved::Unknown(why) => {
            return refuse(
                RefusalCode::Interpolated,
                &format!("{why}; write the whole reference as its default"),
            );
        }
    };
    let Some(reference) = reference else {
        return refuse(RefusalCode::Notation, "it is no reference that a registry knows");
    };
    if reference.digest().is_some() || built.contains(reference.to_string().as_str()) {
        return None;
    }
    if !used.is_literal() {
        let message = "a variable is a part of it, and a digest behind it would win over every value that the \
                       variable is given; make the whole reference the variable's default";
        return refuse(RefusalCode::Interpolated, message);
    }
    if let Some(refusal) = used_otherwise(&used.kind) {
        return Some(Err(refusal));
    }
    match used.span {
        None => {
            refuse(RefusalCode::Notation, "a line break or its quotes cut it in two; write it in one piece")
        }
        Some(_) => Some(Ok(reference)),
    }
}

/// Why the default of an ARG cannot take a digest.
fn used_otherwise(kind: &ImageUseKind) -> Option<Refusal> {
    let ImageUseKind::ArgumentDefault { name, is_sole, is_taken_over, is_overridden, .. } = kind else {
        return None;
    };
    let why = if *is_overridden {
        format!("`build.args` gives `{name}` another value, so the default does not count; pin it there")
    } else if !is_sole || *is_taken_over {
        format!("`{name}` is used for something else, too, where a digest may not fit; pin it by hand")
    } else {
        return None;
    };
    Some(Refusal::new(RefusalCode::Interpolated, why))
}

/// The images of a file, except for FROM lines that consist of a variable: those stand for its default.
fn uses(project: &Project, file: &DockerfileFile) -> Vec<ImageUse> {
    let resolved = file.resolved(&inputs(project, file));
    let all = resolved.images();
    let by_default: HashSet<usize> = all
        .iter()
        .filter_map(|used| match &used.kind {
            ImageUseKind::ArgumentDefault { stages, .. } => Some(stages.iter().copied()),
            _ => None,
        })
        .flatten()
        .collect();
    let is_of_default =
        |used: &&ImageUse| matches!(used.kind, ImageUseKind::From { stage } if by_default.contains(&stage));
    all.iter().filter(|used| !is_of_default(used)).cloned().collect()
}

/// What all builds of a file are given: an argument counts if all of them give it, a context if one does.
fn inputs(project: &Project, file: &DockerfileFile) -> BuildInputs {
    let mut builds = project.built_from(&file.path).map(|(_, build)| build.inputs);
    let Some(mut shared) = builds.next() else { return BuildInputs::default() };
    for inputs in builds {
        shared.arguments.retain(|name, value| inputs.arguments.get(name) == Some(value));
        shared.contexts.extend(inputs.contexts);
    }
    shared
}

fn services(project: &Project, file: &DockerfileFile) -> Vec<String> {
    let mut names: Vec<String> =
        project.built_from(&file.path).map(|(service, _)| service.name.to_owned()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// A Dockerfile inside a Compose file is read and not edited.
fn check_inline(service: &Service<'_>, built: &HashSet<&str>) -> Option<Finding> {
    let build = Build::of(service)?;
    let BuildFile::Inline(node) = build.dockerfile else { return None };
    let text = service.interpolate(&service.tree().scalar(node)?.value)?;
    let file = DockerfileFile::read(&service.file.path, text.as_bytes()).ok()?;
    let resolved = file.resolved(&build.inputs);
    let used = resolved.images().iter().find(|used| target(used, built).is_some())?;
    let message = format!("{} {} is not pinned to a digest", place(used), used.written);
    let why = "its Dockerfile is written inside the Compose file, which is not edited; move it to a file of its own";
    let refusal = Refusal::new(RefusalCode::Notation, why);
    let finding = FindingBuilder::new(META.id, META.severity, *service).at(node);
    Some(finding.subject(used.written.clone()).build(message, Remedy::Refused(refusal)))
}
