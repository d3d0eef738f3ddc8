//! Projects below the root: each has a run of its own, as each has settings of its own.

/// A run of hardtack in a file that was written for the root alone.
const CALL: &str = "hardtack ";
/// How a step of GitHub's and Forgejo's workflows begins.
const STEP: &str = "      - ";
/// What makes a step run after one that failed: one project must not hide another.
const ALWAYS: &str = "        if: ${{ success() || failure() }}";

/// Whether a path stands in a command and in YAML without quotes.
pub(super) fn is_plain(path: &str) -> bool {
    !path.starts_with('-') && path.bytes().all(|b| b.is_ascii_alphanumeric() || b"._/-".contains(&b))
}

/// A workflow with a step for each project behind each that runs hardtack in the root.
pub(super) fn steps(text: &str, projects: &[String]) -> String {
    let mut out = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let mut step = vec![line];
        while let Some(line) = lines.next_if(|line| step[0].starts_with(STEP) && line.starts_with("        "))
        {
            step.push(line);
        }
        step.iter().for_each(|line| push(&mut out, line));
        if step.iter().any(|line| runs_hardtack(line)) {
            projects.iter().for_each(|project| step_of(project, &step, &mut out));
        }
    }
    out
}

fn runs_hardtack(line: &str) -> bool {
    line.trim_start().strip_prefix("run: ").is_some_and(|run| run.starts_with(CALL))
}

fn step_of(project: &str, step: &[&str], out: &mut String) {
    let is_conditional = step.iter().any(|line| line.trim_start().starts_with("if: "));
    for line in step {
        if line.starts_with(STEP) {
            push(out, &format!("{line} ({project})"));
            if !is_conditional {
                push(out, ALWAYS);
            }
        } else if runs_hardtack(line) {
            push(out, &format!("{line} {project}"));
        } else {
            push(out, line);
        }
    }
}

/// GitLab's check as a job for each project.
pub(super) fn jobs(text: &str, projects: &[String]) -> String {
    if projects.is_empty() {
        return text.to_owned();
    }
    let paths = std::iter::once(".").chain(projects.iter().map(String::as_str));
    let paths: Vec<String> = paths.map(|path| format!("\"{path}\"")).collect();
    let matrix = format!(
        "  # A job for each project: a job has room for one report.\n  parallel:\n    matrix:\n      - PROJECT: [{}]\n  script:\n",
        paths.join(", ")
    );
    text.replace("  script:\n", &matrix)
        .replace("hardtack check --format gitlab", "hardtack check --format gitlab \"$PROJECT\"")
}

/// A script with a line for each project behind each that runs hardtack in the root and goes on if that fails.
pub(super) fn calls(text: &str, projects: &[String]) -> String {
    let mut out = String::new();
    for line in text.lines() {
        push(&mut out, line);
        let call = line.split_once(" || ").filter(|(call, _)| call.trim_start().starts_with(CALL));
        if let Some((call, rest)) = call {
            projects.iter().for_each(|project| push(&mut out, &format!("{call} {project} || {rest}")));
        }
    }
    out
}

/// The configuration of pre-commit with a hook for each project.
pub(super) fn hooks(text: &str, projects: &[String]) -> String {
    let mut out = text.to_owned();
    let hook = text.find("      - id: ").map(|at| &text[at..]).unwrap_or_default();
    for project in projects {
        for line in hook.lines().filter(|line| !line.trim_start().starts_with('#')) {
            match line.trim_start() {
                own if own.starts_with("name: ") => push(&mut out, &format!("{line} ({project})")),
                own if own.starts_with("entry: ") => push(&mut out, &format!("{line} {project}")),
                _ => push(&mut out, line),
            }
        }
    }
    out
}

fn push(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}
