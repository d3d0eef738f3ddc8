//! What a rule found, and what can be done about it.

use super::{Effect, Evidence, Refusal, RefusalCode};
use crate::model::Source;
use crate::model::compose::{InlineDockerfile, Service};
use crate::syntax::Route;
use crate::syntax::yaml::NodeId;
use crate::text::LineColumn;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// How bad it is to leave it as it is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing; nothing need be done.
    Info,
    /// Hardening in depth.
    Low,
    /// A real weakness that takes another one to be of use.
    Medium,
    /// A weakness that is open by itself.
    High,
}

/// What a fix may do to a running system.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Safety {
    /// Advice only; nothing is edited.
    Manual,
    /// Running behaviour changes in a way that evidence shows to be sound; comes with a caveat.
    Caution,
    /// No running behaviour changes.
    Safe,
}

/// An atomic fix: all of its effects or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, in one line.
    pub title: String,
    /// What it may do to a running system.
    pub safety: Safety,
    /// What may break and how to tell, or what follows; always there for [`Safety::Caution`].
    pub caveat: Option<String>,
    /// Whether nobody has tried it: the caveat says how to. A profile that asks for evidence refuses it.
    pub unverified: bool,
    /// What shall be true afterwards.
    pub effects: Vec<Effect>,
}

impl Fix {
    /// A fix that changes no running behaviour.
    #[must_use]
    pub fn safe(title: impl Into<String>, effects: Vec<Effect>) -> Self {
        Self { title: title.into(), safety: Safety::Safe, caveat: None, unverified: false, effects }
    }

    /// A fix that changes running behaviour; `caveat` says what may break.
    #[must_use]
    pub fn caution(title: impl Into<String>, caveat: impl Into<String>, effects: Vec<Effect>) -> Self {
        let caveat = Some(caveat.into());
        Self { title: title.into(), safety: Safety::Caution, caveat, unverified: false, effects }
    }

    /// A fix that rests on nothing but a guess; `caveat` says how to try it. Where a profile asks for more, it
    /// is refused as [`RefusalCode::EvidenceMissing`](super::RefusalCode).
    #[must_use]
    pub fn unverified(title: impl Into<String>, caveat: impl Into<String>, effects: Vec<Effect>) -> Self {
        Self { unverified: true, ..Self::caution(title, caveat, effects) }
    }
}

impl Fix {
    /// The same fix, with a remark on what follows from it.
    #[must_use]
    pub fn noting(mut self, remark: impl Into<String>) -> Self {
        self.caveat = Some(remark.into());
        self
    }
}

/// What can be done about a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// This fix.
    Fix(Fix),
    /// A fix is wanted but not possible here, and why.
    Refused(Refusal),
    /// A person must decide; what to look at.
    Advice(String),
}

/// A finding of the same rule about another part of the same service: in a file that is read together with this
/// one, or in what it extends. Both are fixed, or none is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterpart {
    /// The file, as a path from the root.
    pub file: String,
    /// The service.
    pub service: String,
    /// What it is about within the service.
    pub subject: String,
    /// What would come of fixing one without the other, in half a sentence.
    pub harm: &'static str,
}

/// Something that a rule found at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The file, as a path from the root.
    pub file: String,
    /// Number of the document in the file, from 0.
    pub document: usize,
    /// The service; empty if it is about a file that belongs to no single one.
    pub service: String,
    /// The services that it concerns: the one above, or those that are built from the file.
    pub concerns: Vec<String>,
    /// The services whose earlier changes it stands on, where those are others than it concerns.
    pub relies_on: Vec<String>,
    /// What it is about within the service or the file, stable against rewording (`5432/tcp`, `nginx:1.27`).
    pub subject: String,
    /// What is wrong, in one sentence.
    pub message: String,
    /// The node that it is about, in the source.
    pub route: Route,
    /// Where that node stands.
    pub position: LineColumn,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// What must be fixed together with it; such a finding may be missing, since its file is not in the run.
    pub counterparts: Vec<Counterpart>,
    /// What can be done.
    pub remedy: Remedy,
}

impl Finding {
    /// Identifies the finding over runs: made of file, rule, service, subject and evidence, never of
    /// its prose or its line. 16 hexadecimal digits.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hasher = Sha256::new();
        let parts = [self.file.as_str(), self.rule, &self.service, &self.subject];
        let facts = self.evidence.iter().map(|evidence| evidence.fact.as_str());
        for part in parts.into_iter().chain(facts) {
            hasher.update(part.as_bytes());
            hasher.update([0]);
        }
        let half = hasher.finalize().iter().take(8).fold(0, |half, byte| half << 8 | u64::from(*byte));
        format!("{half:016x}")
    }
}

/// Makes findings about one service or one file; the only way to make them.
#[derive(Clone, Debug)]
pub struct FindingBuilder<'s> {
    place: Place<'s>,
    rule: &'static str,
    severity: Severity,
    subject: String,
    evidence: Vec<Evidence>,
    relies_on: Vec<String>,
    counterparts: Vec<Counterpart>,
}

/// What a finding is about.
#[derive(Clone, Debug)]
enum Place<'s> {
    /// A node of a service.
    Service(Service<'s>, NodeId),
    /// A place of a Dockerfile inside a Compose file.
    Inline(InlineDockerfile<'s>, LineColumn),
    /// A place of a file, and the services that it concerns.
    Source(Source<'s>, Route, Vec<String>),
    /// A place of a plain file, which has no tree.
    Text(String, LineColumn),
}

impl<'s> FindingBuilder<'s> {
    /// A finding of `rule` about `service`, located at the service's name until said otherwise.
    #[must_use]
    pub fn new(rule: &'static str, severity: Severity, service: Service<'s>) -> Self {
        Self::about(rule, severity, Place::Service(service, service.node))
    }

    /// A finding of `rule` about what `route` names in a file; `concerns` are the services for which it matters.
    #[must_use]
    pub fn in_file(
        rule: &'static str,
        severity: Severity,
        file: Source<'s>,
        route: Route,
        concerns: Vec<String>,
    ) -> Self {
        Self::about(rule, severity, Place::Source(file, route, concerns))
    }

    /// A finding of `rule` about what stands at `inside` of a Dockerfile that is written in a Compose file. It has
    /// no fix.
    #[must_use]
    pub fn inline(
        rule: &'static str,
        severity: Severity,
        file: InlineDockerfile<'s>,
        inside: Option<LineColumn>,
    ) -> Self {
        Self::about(rule, severity, Place::Inline(file, inside.unwrap_or(LineColumn { line: 1, column: 1 })))
    }

    /// A finding of `rule` about a place in a plain file, such as a workflow of CI.
    #[must_use]
    pub fn in_text(rule: &'static str, severity: Severity, path: &str, position: LineColumn) -> Self {
        Self::about(rule, severity, Place::Text(path.to_owned(), position))
    }

    fn about(rule: &'static str, severity: Severity, place: Place<'s>) -> Self {
        let (evidence, relies_on, counterparts) = Default::default();
        Self { place, rule, severity, subject: String::new(), evidence, relies_on, counterparts }
    }

    /// What it is about within the service.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = subject.into();
        self
    }

    /// The node that it is about, for a finding about a service.
    #[must_use]
    pub fn at(mut self, node: NodeId) -> Self {
        if let Place::Service(_, at) = &mut self.place {
            *at = node;
        }
        self
    }

    /// A fact that it rests on.
    #[must_use]
    pub fn because(mut self, evidence: Option<Evidence>) -> Self {
        self.evidence.extend(evidence);
        self
    }

    /// The services whose earlier changes it stands on, where those are others than it concerns.
    #[must_use]
    pub fn relies_on(mut self, services: Vec<String>) -> Self {
        self.relies_on = services;
        self
    }

    /// What must be fixed together with it, since a fix of one alone would do harm.
    #[must_use]
    pub fn together_with(mut self, counterparts: Vec<Counterpart>) -> Self {
        self.counterparts = counterparts;
        self
    }

    /// The finding, with what is wrong and what can be done.
    #[must_use]
    pub fn build(mut self, message: impl Into<String>, remedy: Remedy) -> Finding {
        // Most have one fact, and a list that grows makes room for four.
        self.evidence.shrink_to_fit();
        let remedy = match (&self.place, remedy) {
            (Place::Inline(..), Remedy::Fix(fix)) => {
                let why = "its Dockerfile is written inside the Compose file, which is not edited; in a file of its own \
                           this is fixed";
                Remedy::Refused(Refusal::new(RefusalCode::Notation, format!("{why}: {}", fix.title)))
            }
            (_, remedy) => remedy,
        };
        let located = self.place.located();
        Finding {
            rule: self.rule,
            severity: self.severity,
            file: located.file,
            document: located.route.document,
            service: located.service,
            concerns: located.concerns,
            relies_on: self.relies_on,
            subject: self.subject,
            message: message.into(),
            route: located.route,
            position: located.position,
            evidence: self.evidence,
            counterparts: self.counterparts,
            remedy,
        }
    }
}

/// A place in the words of a report.
struct Located {
    file: String,
    service: String,
    concerns: Vec<String>,
    route: Route,
    position: LineColumn,
}

impl Place<'_> {
    fn located(self) -> Located {
        match self {
            Self::Service(service, node) => {
                let tree = service.tree();
                let position = if node == service.node {
                    service.position()
                } else {
                    tree.locate(tree.node(node).span.start)
                };
                Located {
                    file: service.file.path.clone(),
                    service: service.name.to_owned(),
                    concerns: vec![service.name.to_owned()],
                    route: tree.route(node),
                    position,
                }
            }
            Self::Inline(file, inside) => Located {
                position: file.position(inside),
                file: file.service.file.path.clone(),
                service: file.service.name.to_owned(),
                concerns: vec![file.service.name.to_owned()],
                route: file.service.tree().route(file.node),
            },
            Self::Source(file, route, concerns) => Located {
                file: file.path().to_owned(),
                service: String::new(),
                concerns,
                position: file.position(&route).unwrap_or(LineColumn { line: 1, column: 1 }),
                route,
            },
            Self::Text(file, position) => {
                Located { file, service: String::new(), concerns: Vec::new(), route: Route::root(), position }
            }
        }
    }
}
