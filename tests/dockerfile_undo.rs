//! Laws 4 and 5 on Dockerfiles, with rules that insert, set, append and remove wherever they like: planning on
//! the result changes nothing, and undoing some steps gives the plan without them, people's edits kept.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use hardtack::knowledge::{Catalogue, Confidence};
use hardtack::model::Source;
use hardtack::model::compose::Project;
use hardtack::model::dockerfile::DockerfileFile;
use hardtack::plan::rollback::{RollbackRecord, UndoError, closure, undo};
use hardtack::plan::{Input, Outcome, Plan, Selection, StepId, plan};
use hardtack::rule::{
    Answers, Context, Finding, FindingBuilder, Fix, Meta, Options, Remedy, Rule, Safety, Severity,
    SourceEffect,
};
use hardtack::syntax::dockerfile::{Dockerfile, Keyword};
use hardtack::syntax::{Change, Language, Route, Value};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const FILE: &str = "Dockerfile";

/// What a rule does to the instruction that holds a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    InsertBefore,
    InsertBehind,
    Set,
    Append,
    AddWord,
    AddCommand,
    Remove,
}

const KINDS: [Kind; 7] = [
    Kind::InsertBefore,
    Kind::InsertBehind,
    Kind::Set,
    Kind::Append,
    Kind::AddWord,
    Kind::AddCommand,
    Kind::Remove,
];

/// One fix: its number, what it does, and the mark of the instruction that it does it to.
#[derive(Clone, Debug)]
struct Wish {
    number: usize,
    kind: Kind,
    mark: String,
}

impl Wish {
    /// The mark of the instruction that it brings.
    fn brought(&self) -> String {
        format!("i{}i", self.number)
    }

    /// The change that it takes, if it still takes one.
    fn change(&self, tree: &Dockerfile) -> Option<Change> {
        let holds = |text: &str| text.contains(&self.mark);
        let number = tree.instructions().iter().position(|found| holds(found.logical_text()))?;
        let instruction = &tree.instructions()[number];
        let route = tree.route(number);
        let (list, index) = (route.parent()?, number_of(&route)?);
        let done = format!("-set{}", self.number);
        match self.kind {
            Kind::InsertBefore | Kind::InsertBehind => {
                let at = index + usize::from(self.kind == Kind::InsertBehind);
                let is_new = !tree.text().contains(&self.brought());
                let may_be = instruction.keyword != Keyword::From || self.kind == Kind::InsertBehind;
                let value = Value::string(format!("COPY {} /there", self.brought()));
                (is_new && may_be).then(|| Change::Insert { route: list.index(at), value })
            }
            Kind::Set => {
                let arguments = instruction.command.arguments.words();
                let pairs =
                    instruction.command.arguments.pairs().iter().filter_map(|pair| pair.value.as_ref());
                let mut texts = arguments.into_iter().chain(pairs);
                let place = texts.clone().position(|word| word.span.is_some() && holds(&word.text))?;
                let old = texts.nth(place)?;
                let text =
                    old.unquoted().unwrap_or(&old.text).replacen(&self.mark, &(self.mark.clone() + &done), 1);
                (!tree.text().contains(&done)).then(|| Change::Set {
                    route: route.key("arguments").index(place),
                    value: Value::string(text),
                })
            }
            Kind::Append => {
                let flag = format!("--f{}", self.number);
                let takes = matches!(instruction.keyword, Keyword::Copy | Keyword::Add | Keyword::Run);
                (takes && !tree.text().contains(&flag))
                    .then(|| Change::Append { route: route.key("flags"), value: Value::string(flag) })
            }
            Kind::AddWord | Kind::AddCommand => {
                let script = instruction.script(tree.escape())?;
                let commands = route.key("commands");
                let (place, text) = match self.kind {
                    Kind::AddWord => (commands.index(0).key("words").index(1), format!("--w{}", self.number)),
                    _ => (commands.index(script.commands.len()), format!("touch c{}c", self.number)),
                };
                (!tree.text().contains(&text))
                    .then(|| Change::Insert { route: place, value: Value::string(text) })
            }
            Kind::Remove => (instruction.keyword != Keyword::From).then_some(Change::Remove { route }),
        }
    }
}

fn number_of(route: &Route) -> Option<usize> {
    match route.last()? {
        hardtack::syntax::Segment::Index(index) => Some(*index),
        hardtack::syntax::Segment::Key(_) => None,
    }
}

/// A rule that carries wishes out.
struct Wishing {
    meta: &'static Meta,
    wishes: Vec<Wish>,
}

impl Rule for Wishing {
    fn meta(&self) -> &'static Meta {
        self.meta
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        let Some(file) = context.project.dockerfiles.get(FILE) else { return Vec::new() };
        let finding = |wish: &Wish| {
            let change = wish.change(&file.tree)?;
            let effect = SourceEffect { file: FILE.to_owned(), language: Language::Dockerfile, change };
            let source = Source::Dockerfile(file);
            let builder =
                FindingBuilder::in_file(self.meta.id, Severity::Low, source, Route::root(), Vec::new());
            let fix = Fix::safe(format!("wish {}", wish.number), vec![effect.into()]);
            Some(builder.subject(wish.number.to_string()).build("a wish", Remedy::Fix(fix)))
        };
        self.wishes.iter().filter_map(finding).collect()
    }
}

/// Rules of these wishes, without some of them.
fn rules(wishes: &[Vec<Wish>], without: &BTreeSet<usize>) -> Vec<(&'static dyn Rule, Options)> {
    let rule = |(number, wishes): (usize, &Vec<Wish>)| -> (&'static dyn Rule, Options) {
        let id: &'static str = Box::leak(format!("wishing-{number}").into_boxed_str());
        let meta: &'static Meta = Box::leak(Box::new(Meta {
            id,
            severity: Severity::Low,
            source: "",
            after: &[],
            options: &[],
            supports: &[],
        }));
        let kept = wishes.iter().filter(|wish| !without.contains(&wish.number)).cloned().collect();
        (Box::leak(Box::new(Wishing { meta, wishes: kept })), Options::default())
    };
    wishes.iter().enumerate().map(rule).collect()
}

fn make_plan(text: &str, wishes: &[Vec<Wish>], without: &BTreeSet<usize>) -> Plan {
    let mut project = Project::new(Vec::new());
    project.dockerfiles.insert(FILE.to_owned(), DockerfileFile::read(FILE, text.as_bytes()).unwrap());
    plan(Input {
        project,
        profile: "test".to_owned(),
        rules: rules(wishes, without),
        known_rules: Vec::new(),
        exceptions: &[],
        selection: Selection {
            services: Vec::new(),
            safety: Safety::Caution,
            confidence: Confidence::Inferred,
        },
        catalogue: Catalogue::builtin(),
        answers: &Answers::default(),
    })
}

fn text_after(text: &str, plan: &Plan) -> String {
    plan.files.first().map_or(text.to_owned(), |file| file.text_after.clone())
}

/// One instruction with its mark, what stands above it, and whether it begins a stage.
fn instruction() -> impl Strategy<Value = (usize, usize)> {
    (0..10_usize, 0..6_usize)
}

/// A file in which instruction n holds the mark `tnt`.
fn written(parts: &[(usize, usize)], ending: usize) -> String {
    let mut text = String::new();
    if ending % 7 == 3 {
        text.push_str("# syntax=docker/dockerfile:1\n");
    }
    for (number, (kind, above)) in parts.iter().enumerate() {
        let mark = format!("t{number}t");
        text.push_str(match above {
            0 => "\n",
            1 => "# why\n",
            2 => "# RUN switched off\n# why\n",
            3 => "\n# a section\n\n",
            _ => "",
        });
        text.push_str(&match if number == 0 { 0 } else { *kind } {
            0 => format!("FROM {mark}:1 AS s{number}\n"),
            1 => format!("RUN echo {mark}\n"),
            2 => format!("RUN echo {mark} \\\n    # inside\n    && true\n"),
            3 => format!("COPY --from=s0 {mark} /x\n"),
            4 => format!("COPY <<EOF /{mark}\nRUN body\nEOF\n"),
            5 => format!("ENV A=\"{mark}\" B=c\n"),
            6 => format!("USER {mark}\n"),
            7 => format!("CMD [ \"{mark}\",\"b\"]\n"),
            8 => format!("run <<X cat {mark}\nx\nX\n"),
            _ => format!("  EXPOSE 1 \\\n   {mark}\n"),
        });
    }
    match ending % 4 {
        0 => text.replace('\n', "\r\n"),
        1 => format!("\u{feff}{text}"),
        2 => text.trim_end_matches('\n').to_owned(),
        _ => text,
    }
}

/// Wishes for a file of `count` instructions, in three rules. An instruction that goes has no other wish,
/// and what a wish brought is set or gets a flag only.
fn wishes(count: usize, seeds: &[(usize, usize, bool)]) -> Vec<Vec<Wish>> {
    let mut all: Vec<Vec<Wish>> = vec![Vec::new(), Vec::new(), Vec::new()];
    let mut wished: BTreeMap<String, bool> = BTreeMap::new();
    let mut brought: Vec<(String, usize)> = Vec::new();
    for (number, (kind, target, of_brought)) in seeds.iter().enumerate() {
        let rule = number * 3 / seeds.len();
        let kind = KINDS[kind % KINDS.len()];
        let earlier: Vec<&String> =
            brought.iter().filter(|(_, at)| *at < rule).map(|(mark, _)| mark).collect();
        let mark = match earlier.get(target % earlier.len().max(1)).filter(|_| *of_brought) {
            Some(mark) if matches!(kind, Kind::Set | Kind::Append) => (*mark).clone(),
            _ => format!("t{}t", target % count),
        };
        match wished.get(&mark) {
            Some(true) => continue,
            Some(false) if kind == Kind::Remove => continue,
            _ => wished.insert(mark.clone(), kind == Kind::Remove),
        };
        // No rule sets one text to two things, or as a whole and in part.
        let is_text = |kind| matches!(kind, Kind::Set | Kind::AddWord | Kind::AddCommand);
        let sets = |wish: &Wish| wish.kind == Kind::Set || kind == Kind::Set;
        if all[rule].iter().any(|wish| is_text(kind) && is_text(wish.kind) && sets(wish) && wish.mark == mark)
        {
            continue;
        }
        let wish = Wish { number, kind, mark };
        if matches!(kind, Kind::InsertBefore | Kind::InsertBehind) {
            brought.push((wish.brought(), rule));
        }
        all[rule].push(wish);
    }
    // A rule reports in the order of the file, so that what it puts between two instructions has an order.
    let place = |wish: &Wish| {
        let number: usize = wish.mark.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap();
        (number, wish.kind == Kind::InsertBehind)
    };
    all.iter_mut().for_each(|wishes| wishes.sort_by_key(place));
    all
}

/// The numbers of the wishes that some steps grant.
fn granted(plan: &Plan, steps: &BTreeSet<StepId>) -> BTreeSet<usize> {
    let titles = plan.steps.iter().filter(|step| steps.contains(&step.id)).map(|step| &step.title);
    titles.map(|title| title.strip_prefix("wish ").unwrap().parse().unwrap()).collect()
}

fn undone(plan: &Plan, steps: &BTreeSet<StepId>, current: String) -> Result<String, UndoError> {
    let record = RollbackRecord::of(plan, "test");
    let now = BTreeMap::from([(FILE.to_owned(), Some(current.clone()))]);
    let files = undo(&record, &BTreeSet::new(), steps, &now)?.files;
    Ok(files.into_iter().next().map_or(current, |file| file.after.unwrap()))
}

/// An edit that a person makes, the same on any text of the file.
fn edited(text: &str, edit: usize) -> Option<String> {
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    match edit {
        // Not above a directive, which would become a comment.
        0 if text.trim_start_matches('\u{feff}').starts_with("# syntax") => None,
        0 => {
            let (mark, rest) = text.strip_prefix('\u{feff}').map_or(("", text), |rest| ("\u{feff}", rest));
            Some(format!("{mark}# somebody's note{newline}{rest}"))
        }
        _ => {
            let gap = if text.ends_with('\n') { "" } else { newline };
            Some(format!("{text}{gap}{newline}FROM scratch{newline}"))
        }
    }
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(512)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_done_can_be_undone_in_part(
        parts in proptest::collection::vec(instruction(), 1..9),
        ending in 0..64_usize,
        seeds in proptest::collection::vec((0..KINDS.len(), 0..9_usize, any::<bool>()), 1..9),
        chosen in 1..512_u32,
    ) {
        let text = written(&parts, ending);
        let wishes = wishes(parts.len(), &seeds);
        let whole = make_plan(&text, &wishes, &BTreeSet::new());
        for finding in &whole.findings {
            let unexpected = matches!(&finding.outcome, Outcome::Refused(refusal) if refusal.code.as_str() == "not-proved");
            prop_assert!(!unexpected, "{:?}\n{text}", finding.outcome);
        }
        let after = text_after(&text, &whole);
        // Law 4.
        let again = make_plan(&after, &wishes, &BTreeSet::new());
        prop_assert!(again.steps.is_empty(), "{:?} once more on\n{after}", again.steps);
        // Law 5, whole and in part.
        let all: BTreeSet<StepId> = whole.steps.iter().map(|step| step.id).collect();
        prop_assert_eq!(undone(&whole, &all, after.clone()).unwrap(), text.clone());
        let some = all.iter().copied().filter(|id| chosen >> (id % 9) & 1 == 1).collect();
        let some = closure(&whole.steps, &some);
        let without = text_after(&text, &make_plan(&text, &wishes, &granted(&whole, &some)));
        prop_assert_eq!(&undone(&whole, &some, after.clone()).unwrap(), &without);
        // What a person adds at the end is not the same on texts that end differently.
        let edits = 0..if after.ends_with('\n') == without.ends_with('\n') { 2 } else { 1 };
        for edit in edits {
            let (Some(current), Some(expected)) = (edited(&after, edit), edited(&without, edit)) else { continue };
            match undone(&whole, &some, current) {
                Ok(found) => prop_assert_eq!(found, expected),
                // Behind the last line is beside a step that changed it.
                Err(UndoError::Clash { .. }) if edit == 1 => {}
                Err(error) => prop_assert!(false, "edit {edit}: {error}\n{after}"),
            }
        }
    }
}
