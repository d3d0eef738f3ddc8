//! What is found in one file.

use super::META;
use super::level::{Lack, Reader, is_outdated};
use super::wanted::{CONTENT_SECURITY, CONTENT_TYPE, FRAME, OLD_FILTER, PERMISSIONS, TRANSPORT};
use crate::knowledge::Confidence;
use crate::model::Source;
use crate::model::nginx::{Context, Header, Server};
use crate::rule::{
    Effect, Evidence, Finding, FindingBuilder, Fix, Refusal, RefusalCode, Remedy, SourceEffect, listed,
};
use crate::syntax::{Change, Language, Route};
use std::collections::BTreeMap;

/// One file.
pub(super) struct Check<'s> {
    reader: Reader<'s>,
    /// What stands against a change of any header.
    refusal: Option<&'s Refusal>,
    /// How often a subject was used.
    subjects: BTreeMap<String, usize>,
}

impl<'s> Check<'s> {
    /// Looks at a file; `refusal` is what stands against a change of any header.
    pub(super) fn new(reader: Reader<'s>, refusal: Option<&'s Refusal>) -> Self {
        Self { reader, refusal, subjects: BTreeMap::new() }
    }

    /// What is found in it, in order.
    pub(super) fn findings(mut self) -> Vec<Finding> {
        let lacks = self.reader.lacks();
        let mut found = Vec::new();
        for (number, level) in self.reader.file.resolved.levels().iter().enumerate() {
            let lack = lacks.iter().find(|lack| lack.level == number);
            let old: Vec<&Header> = level.headers.iter().filter(|header| is_outdated(header)).collect();
            let is_alone = !old.is_empty() && old.len() == level.headers.len();
            if let Some(lack) = lack {
                found.extend(self.lacking(lack, if is_alone { &old } else { &[] }));
            }
            if !is_alone || lack.is_none_or(|lack| lack.added.is_empty()) {
                let inherits = is_alone && !self.reader.inherits_nothing(number);
                found.extend(old.iter().map(|header| self.outdated(number, header, inherits)));
            }
        }
        found.extend(self.transport());
        found.extend(self.content_security());
        found.sort_by(|a, b| a.route.cmp(&b.route));
        found
    }

    /// A finding about a level, whose subject is the level and what is wrong there.
    fn builder(&mut self, level: usize, route: Route, about: &str) -> FindingBuilder<'s> {
        let subject = format!("{}: {about}", self.label(level));
        let count = self.subjects.entry(subject.clone()).or_default();
        *count += 1;
        let subject = if *count > 1 { format!("{subject} ({count})") } else { subject };
        let (file, services) = (self.reader.file.file, self.reader.site.services.clone());
        FindingBuilder::in_file(META.id, META.severity, Source::Nginx(file), route, services).subject(subject)
    }

    fn lacking(&mut self, lack: &Lack, old: &[&Header]) -> Vec<Finding> {
        let label = self.label(lack.level);
        let route = self.route(lack.level);
        let mut found = Vec::new();
        let changed: Vec<&str> = lack.added.iter().chain(&lack.made_always).copied().collect();
        if !changed.is_empty() {
            let finding = self.builder(lack.level, route.clone(), &changed.join(", "));
            let message = match &lack.added[..] {
                [] => format!("{label} sends no {} with its error pages", listed(&changed, "or")),
                added => format!("{label} sends {}", none_of(added)),
            };
            let remedy = match (self.refusal, &lack.unknown) {
                (Some(refusal), _) => Remedy::Refused(refusal.clone()),
                (None, Some(unknown)) => Remedy::Refused(Refusal::new(
                    RefusalCode::EvidenceMissing,
                    format!("it includes {unknown}, which is not at hand and may set headers"),
                )),
                (None, None) => Remedy::Fix(self.fix(lack, old)),
            };
            found.push(finding.because(Some(self.evidence())).build(message, remedy));
        }
        if !lack.left.is_empty() {
            let finding = self.builder(lack.level, route, &lack.left.join(", "));
            let does = if lack.is_short { "answers by itself" } else { "passes requests on" };
            let message = format!("{label} {does}, and sends {}", none_of(&lack.left));
            if lack.is_short {
                let advice = "one header of its own takes those around it away: repeat them in it, if browsers show the answer";
                found.push(finding.build(message, Remedy::Advice(advice.to_owned())));
                return found;
            }
            let texts = lack.left.iter().filter_map(|name| Some((*name, self.reader.wanted.value(name)?)));
            let texts: Vec<String> =
                texts.map(|(name, value)| format!("`add_header {name} \"{value}\" always;`")).collect();
            let advice = format!(
                "look at what the application answers: what it does not set itself is set by {}",
                listed(&texts.iter().map(String::as_str).collect::<Vec<_>>(), "and")
            );
            found.push(finding.build(message, Remedy::Advice(advice)));
        }
        found
    }

    fn fix(&self, lack: &Lack, old: &[&Header]) -> Fix {
        let removed = old.iter().map(|header| Change::Remove { route: header.route.clone() });
        let changes = lack.changes.iter().cloned().chain(removed);
        let effects = changes.map(|change| self.effect(change)).collect();
        let mut titles = Vec::new();
        if !lack.added.is_empty() {
            titles.push(format!("send {}", listed(&lack.added, "and")));
        }
        if !lack.made_always.is_empty() {
            titles.push(format!("send {} with error pages, too", listed(&lack.made_always, "and")));
        }
        if !old.is_empty() {
            titles.push(format!("send no {OLD_FILTER} any more"));
        }
        let mut caveats = Vec::new();
        for name in &lack.added {
            caveats.extend(match *name {
                CONTENT_TYPE => Some("a script that comes with a wrong type no longer runs"),
                FRAME => Some("pages of other sites can no longer show it in a frame"),
                PERMISSIONS => Some("pages can no longer use these features of the browser"),
                TRANSPORT => Some("browsers remember it, and a rollback does not make them forget"),
                _ => None,
            });
        }
        if lack.is_passed_on {
            caveats.push(
                "a header that the application sets itself is then sent twice; `proxy_hide_header` takes its own out",
            );
        }
        if caveats.is_empty() {
            caveats.push("browsers follow it from then on");
        }
        Fix::caution(titles.join("; "), caveats.join("; "), effects)
    }

    fn evidence(&self) -> Evidence {
        if self.reader.wanted.is_given {
            return Evidence {
                confidence: Confidence::Documented,
                fact: "the settings ask for these headers".to_owned(),
                source: "option headers".to_owned(),
            };
        }
        Evidence {
            confidence: Confidence::Inferred,
            fact: "hardly a page needs it otherwise; `add_header` is inherited only by blocks that have none"
                .to_owned(),
            source: "OWASP HTTP Headers Cheat Sheet; ngx_http_headers_module".to_owned(),
        }
    }

    /// A header that is to go; `inherits` if its level would then inherit others.
    fn outdated(&mut self, level: usize, header: &Header, inherits: bool) -> Finding {
        let finding = self.builder(level, header.route.clone(), OLD_FILTER);
        let message = format!("{} sends {OLD_FILTER}, which browsers no longer know", self.label(level));
        let evidence = Evidence {
            confidence: Confidence::Documented,
            fact: "no current browser has the filter, and old ones could be tricked by it".to_owned(),
            source: "OWASP HTTP Headers Cheat Sheet; MDN, X-XSS-Protection".to_owned(),
        };
        let remedy = match self.refusal {
            Some(refusal) => Remedy::Refused(refusal.clone()),
            None if inherits => Remedy::Refused(Refusal::new(
                RefusalCode::Explicit,
                "it is the only header of its block, which without it would inherit those around it",
            )),
            None => {
                let effect = self.effect(Change::Remove { route: header.route.clone() });
                Remedy::Fix(Fix::safe(format!("send no {OLD_FILTER} any more"), vec![effect]))
            }
        };
        finding.because(Some(evidence)).build(message, remedy)
    }

    /// Servers with TLS that do not tell browsers to stay with it.
    fn transport(&mut self) -> Vec<Finding> {
        if self.is_set_outermost(TRANSPORT) {
            return Vec::new();
        }
        if let Some(value) = self.reader.wanted.value(TRANSPORT) {
            return self.transport_in_front(value).into_iter().collect();
        }
        let resolved = &self.reader.file.resolved;
        let servers: Vec<&Server> = resolved
            .servers()
            .iter()
            .filter(|server| {
                self.reader.file.is_http(server.level)
                    && self.reader.is_tls(server)
                    && !self.is_set_within(server.level, TRANSPORT)
            })
            .collect();
        let advise = |server: &Server| {
            let finding = self.builder(server.level, server.route.clone(), TRANSPORT);
            let message = format!("browsers may still come to {} without TLS", self.label(server.level));
            let advice = format!(
                "once nothing on this name needs plain HTTP: `add_header {TRANSPORT} \"max-age=31536000\" always;` \
                 (or the option `headers`); browsers remember it for that long, so begin with an hour"
            );
            finding.build(message, Remedy::Advice(advice))
        };
        servers.into_iter().map(advise).collect()
    }

    /// The first server of a site that nobody reaches by TLS, though the settings ask to tell browsers to stay with it.
    fn transport_in_front(&mut self, value: &str) -> Option<Finding> {
        let (site, wanted) = (self.reader.site, self.reader.wanted);
        let readers: Vec<Reader<'s>> = site.files.iter().map(|file| Reader { site, file, wanted }).collect();
        let has_tls =
            |reader: &Reader<'_>| reader.file.resolved.servers().iter().any(|server| reader.is_tls(server));
        if readers.iter().any(has_tls) {
            return None;
        }
        let first = readers.iter().find_map(|reader| Some((reader.file.file, reader.first_with_pages()?)));
        let (_, server) = first.filter(|(file, _)| std::ptr::eq(*file, self.reader.file.file))?;
        if self.is_set_within(server.level, TRANSPORT) {
            return None;
        }
        let finding = self.builder(server.level, server.route.clone(), TRANSPORT);
        let message =
            format!("{} speaks no TLS, so that {TRANSPORT} is not for it", self.label(server.level));
        let advice = format!(
            "browsers heed it over TLS alone, so what ends TLS in front of it has to send it: `add_header {TRANSPORT} \
             \"{value}\" always;` there, or the switch that it has for it; browsers remember it, so begin with an hour"
        );
        Some(finding.build(message, Remedy::Advice(advice)))
    }

    /// The first server of the file that serves pages without a content security policy, if no place in it has
    /// one.
    fn content_security(&mut self) -> Option<Finding> {
        let resolved = &self.reader.file.resolved;
        if self.is_set_within(0, CONTENT_SECURITY) || self.is_set_outermost(CONTENT_SECURITY) {
            return None;
        }
        let serves = |server: &&Server| {
            let root = resolved.settings().iter().any(|setting| {
                setting.name == "root"
                    && !self.reader.is_error_page(setting.level)
                    && resolved.chain(setting.level).any(|(level, _)| level == server.level)
            });
            // Whoever makes pages by a program can say there what they load.
            let is_made = resolved.peers().iter().any(|peer| {
                ["fastcgi_pass", "uwsgi_pass", "scgi_pass"].contains(&peer.directive.as_str())
                    && resolved.chain(peer.level).any(|(level, _)| level == server.level)
            });
            let is_known = self.reader.site.included(self.reader.file, server.level).unknown.is_none();
            root && !is_made && is_known && self.reader.file.is_http(server.level)
        };
        let server = resolved.servers().iter().find(serves)?;
        let finding = self.builder(server.level, server.route.clone(), CONTENT_SECURITY);
        let message = format!("{} sends no {CONTENT_SECURITY}", self.label(server.level));
        let advice = format!(
            "what its pages load is known to you alone: begin with `add_header {CONTENT_SECURITY}-Report-Only \
             \"default-src 'self'; frame-ancestors 'self'\" always;` and read what browsers report"
        );
        Some(finding.build(message, Remedy::Advice(advice)))
    }

    /// Whether a header of this name, or one that begins so, is set at a level or within.
    fn is_set_within(&self, number: usize, name: &str) -> bool {
        let resolved = &self.reader.file.resolved;
        let is_within = |level: usize| resolved.chain(level).any(|(at, _)| at == number);
        let levels = resolved.levels().iter().enumerate().filter(|(level, _)| is_within(*level));
        levels.into_iter().any(|(level, found)| {
            let included = self.reader.site.included(self.reader.file, level);
            let brought = included.files.iter().flat_map(|file| file.resolved.levels());
            let headers = found.headers.iter().chain(brought.flat_map(|level| &level.headers));
            headers.into_iter().any(|header| begins_with(header, name)) || included.unknown.is_some()
        })
    }

    fn is_set_outermost(&self, name: &str) -> bool {
        self.reader.site.outermost().any(|header| begins_with(header, name))
    }

    fn effect(&self, change: Change) -> Effect {
        let file = self.reader.file.file.path.clone();
        Effect::Source(SourceEffect { file, language: Language::Nginx, change })
    }

    fn route(&self, level: usize) -> Route {
        self.reader.file.resolved.levels().get(level).map(|level| level.route.clone()).unwrap_or_default()
    }

    /// What a person calls a level: `location /api/ of server example.org`.
    fn label(&self, number: usize) -> String {
        let (resolved, tree) = (&self.reader.file.resolved, &self.reader.file.file.tree);
        let mut parts = Vec::new();
        for (number, level) in resolved.chain(number) {
            let words = || {
                let directive = tree.directive(&level.route);
                let words = directive.into_iter().flat_map(|found| found.words());
                words.map(|word| word.span.of(tree.text())).collect::<Vec<_>>().join(" ")
            };
            match level.context {
                Context::Location | Context::If => parts.push(words()),
                Context::Server => {
                    let named = resolved.own_setting(number, "server_name");
                    let name = named.and_then(|setting| setting.values.first()).map(|name| name.text.clone());
                    parts.push(name.map_or_else(|| "server".to_owned(), |name| format!("server {name}")));
                    break;
                }
                Context::Http => parts.push("http".to_owned()),
                _ => {}
            }
        }
        if parts.is_empty() { "the file".to_owned() } else { parts.join(" of ") }
    }
}

/// `no A, no B and no C`.
fn none_of(names: &[&str]) -> String {
    let each: Vec<String> = names.iter().map(|name| format!("no {name}")).collect();
    listed(&each, "and")
}

fn begins_with(header: &Header, name: &str) -> bool {
    header.name.text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}
