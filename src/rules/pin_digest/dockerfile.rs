//! The images that Dockerfiles name.

use super::META;
use super::mention::{Mention, Place, Target};
use crate::model::compose::{Build, BuildFile, Project, Service};
use crate::model::dockerfile::{
    BuildInputs, DockerfileFile, ImageUse, ImageUseKind, Resolved, ResolvedDockerfile,
};
use crate::model::{ImageReference, Source};
use crate::rule::{FindingBuilder, Refusal, RefusalCode};
use std::collections::HashSet;

/// All of them, file by file; then those inside Compose files.
pub(super) fn mentions<'p>(project: &'p Project, built: &HashSet<&str>) -> Vec<Mention<'p>> {
    let mut found = Vec::new();
    for file in project.dockerfiles.values().filter(|file| file.in_scope) {
        let concerns: Vec<String> = services(project, file);
        let resolved = file.resolved(&inputs(project, file));
        for used in uses(project, file) {
            let Some(named) = named(&used, built) else { continue };
            let source = Source::Dockerfile(file);
            let place = Place::Dockerfile { file: file.path.clone(), route: used.route.clone() };
            found.push(Mention {
                finding: FindingBuilder::in_file(
                    META.id,
                    META.severity,
                    source,
                    used.route.clone(),
                    concerns.clone(),
                ),
                what: place_of(&used),
                platform: platform(&resolved, &used.kind),
                runs: used.reference(),
                is_pinned: named.is_pinned,
                target: named.reference.map(|reference| Target { reference, place }),
                written: used.written,
            });
        }
    }
    found.extend(project.services().flat_map(|service| inline(service, built)));
    found
}

/// The platform that FROM names.
fn platform(file: &ResolvedDockerfile, kind: &ImageUseKind) -> Option<String> {
    let stages = match kind {
        ImageUseKind::From { stage } => std::slice::from_ref(stage),
        ImageUseKind::ArgumentDefault { stages, .. } => stages,
        _ => return None,
    };
    stages.iter().find_map(|stage| file.stages().get(*stage)?.platform.clone())
}

/// What the image is for, as the beginning of a sentence.
fn place_of(used: &ImageUse) -> String {
    match &used.kind {
        ImageUseKind::Syntax => "the frontend".to_owned(),
        ImageUseKind::ArgumentDefault { name, .. } => format!("the default of `{name}`, the base image"),
        ImageUseKind::From { .. } => "the base image".to_owned(),
        ImageUseKind::CopyFrom { .. } => "the image that COPY takes from,".to_owned(),
        ImageUseKind::MountFrom { .. } => "the image that RUN mounts,".to_owned(),
    }
}

/// An image that comes from a registry.
struct Named {
    is_pinned: bool,
    /// The reference, if it can take a digest.
    reference: Result<ImageReference, Refusal>,
}

/// The image that is named; `None` if it comes from no registry.
fn named(used: &ImageUse, built: &HashSet<&str>) -> Option<Named> {
    let refuse = |is_pinned, code, message: &str| {
        Some(Named { is_pinned, reference: Err(Refusal::new(code, message)) })
    };
    if built.contains(used.written.as_str()) {
        return None;
    }
    let reference = match &used.resolved {
        Resolved::Text(_) => used.reference(),
        Resolved::Unknown(why) => {
            // `name@${DIGEST}` is a pin already, whatever the variable holds.
            let message = format!("{why}; write the whole reference as its default");
            return refuse(used.written.contains('@'), RefusalCode::Interpolated, &message);
        }
    };
    let Some(reference) = reference else {
        return refuse(false, RefusalCode::Notation, "it is no reference that a registry knows");
    };
    if built.contains(reference.to_string().as_str()) {
        return None;
    }
    let is_pinned = reference.digest().is_some();
    if !used.is_literal() && is_pinned {
        // The variable in front of a digest decides nothing, and the digest is in the file.
        return refuse(true, RefusalCode::Interpolated, "a variable is a part of it; write its tag out");
    }
    if !used.is_literal() {
        let message = match is_pinned {
            true => {
                "a variable is a part of it, which says nothing with a digest behind it; write it without the variable"
            }
            false => {
                "a variable is a part of it, and a digest behind it would win over every value that the variable is \
                 given; make the whole reference the variable's default"
            }
        };
        return refuse(is_pinned, RefusalCode::Interpolated, message);
    }
    if used.in_trigger {
        let message =
            "behind ONBUILD the name may be that of a stage in the Dockerfile that builds on this image";
        return refuse(is_pinned, RefusalCode::Explicit, message);
    }
    if let Some(refusal) = used_otherwise(&used.kind) {
        return Some(Named { is_pinned, reference: Err(refusal) });
    }
    match used.span {
        None => {
            let message = "a line break or its quotes cut it in two; write it in one piece";
            refuse(is_pinned, RefusalCode::Notation, message)
        }
        Some(_) => Some(Named { is_pinned, reference: Ok(reference) }),
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

/// The images of a Dockerfile inside a Compose file, which is read and not edited: those that are pinned, and the
/// first one that is not.
fn inline<'p>(service: Service<'p>, built: &HashSet<&str>) -> Vec<Mention<'p>> {
    let read = || {
        let build = Build::of(&service)?;
        let BuildFile::Inline(node) = build.dockerfile else { return None };
        let text = service.interpolate(&service.tree().scalar(node)?.value)?;
        let file = DockerfileFile::read(&service.file.path, text.as_bytes()).ok()?;
        let resolved = file.resolved(&build.inputs);
        let mention = |used: &ImageUse| {
            let why = "its Dockerfile is written inside the Compose file, which is not edited; move it to a file of its own";
            Some(Mention {
                finding: FindingBuilder::new(META.id, META.severity, service).at(node),
                what: place_of(used),
                written: used.written.clone(),
                platform: platform(&resolved, &used.kind),
                runs: used.reference(),
                is_pinned: named(used, built)?.is_pinned,
                target: Err(Refusal::new(RefusalCode::Notation, why)),
            })
        };
        Some(resolved.images().iter().filter_map(mention).collect::<Vec<_>>())
    };
    let mut has_unpinned = false;
    let mut mentions = read().unwrap_or_default();
    mentions.retain(|mention| mention.is_pinned || !std::mem::replace(&mut has_unpinned, true));
    mentions
}
