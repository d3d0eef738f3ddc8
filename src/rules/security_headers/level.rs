//! What the answers of one level lack, and what can be done about it there.

use super::site::{Included, Site, SiteFile};
use super::wanted::{CONTENT_SECURITY, FRAME, KNOWN, OLD_FILTER, TRANSPORT, Wanted};
use crate::model::nginx::{Context, FileKind, Header, Level, Server};
use crate::syntax::nginx::{Block, Directive};
use crate::syntax::{Change, Route, Segment, Value};

/// What is found at one level that sends headers of its own, or should.
pub(super) struct Lack {
    /// The number of the level.
    pub(super) level: usize,
    /// Names of the headers that answers lack and that can be added.
    pub(super) added: Vec<&'static str>,
    /// Names of those that error answers lack.
    pub(super) made_always: Vec<&'static str>,
    /// Names of those that are left to a person, since who gets the request may set them.
    pub(super) left: Vec<&'static str>,
    /// What adds them.
    pub(super) changes: Vec<Change>,
    /// Whether requests are passed on to somebody who may set the same.
    pub(super) is_passed_on: bool,
    /// Whether an `if` answers by itself, without the headers around it.
    pub(super) is_short: bool,
    /// An included file that is not at hand.
    pub(super) unknown: Option<String>,
}

impl Lack {
    /// Whether nothing is missing.
    pub(super) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.made_always.is_empty() && self.left.is_empty()
    }
}

/// One file of a site, and what is wanted of it.
pub(super) struct Reader<'s> {
    pub(super) site: &'s Site<'s>,
    pub(super) file: &'s SiteFile<'s>,
    pub(super) wanted: &'s Wanted,
}

impl<'s> Reader<'s> {
    /// What the levels of the file lack, in order.
    pub(super) fn lacks(&self) -> Vec<Lack> {
        let mut found: Vec<Lack> = Vec::new();
        for (number, level) in self.file.resolved.levels().iter().enumerate() {
            let may_have = match level.context {
                Context::Http | Context::Server | Context::Location | Context::If => true,
                Context::File => self.file.resolved.kind() != FileKind::Main,
                _ => false,
            };
            if !may_have || !self.file.is_http(number) {
                continue;
            }
            match self.bare_server(number) {
                Some(server) => found.extend(self.bare(server, number)),
                None if !level.headers.is_empty() => {
                    let lack = self.with_headers(number, level, &found);
                    found.extend(lack);
                }
                None => {}
            }
        }
        found.retain(|lack| !lack.is_empty());
        found
    }

    /// The server of a level, if no header at all is in effect there.
    fn bare_server(&self, number: usize) -> Option<&'s Server> {
        let server = self.file.resolved.servers().iter().find(|server| server.level == number)?;
        let is_bare = |(number, level): (usize, &Level)| {
            let included = self.site.included(self.file, number);
            level.headers.iter().all(is_outdated)
                && included.files.iter().all(|file| root_headers(file).is_empty())
        };
        let is_alone = !server.is_fragment() && self.site.outermost().next().is_none();
        (is_alone && self.file.resolved.chain(number).all(is_bare)).then_some(server)
    }

    /// A server without headers, and if it passes requests on, the locations of it that do not.
    fn bare(&self, server: &Server, number: usize) -> Vec<Lack> {
        let Some(block) = self.block(number) else { return Vec::new() };
        if answers_itself(block) || !has_pages(block) || self.has_only_grpc(number) {
            return Vec::new();
        }
        // One that goes anyway is no reason for a server not to be bare.
        let own = self.file.resolved.levels().get(number).map_or(&[][..], |level| &level.headers);
        let lack = self.lack(number, &own.iter().collect::<Vec<_>>(), Some(server), &|_| true);
        if lack.left.is_empty() {
            return vec![lack];
        }
        let levels = self.file.resolved.levels().iter().enumerate();
        let serving = levels.filter(|(inner, level)| {
            level.parent == Some(number)
                && level.context == Context::Location
                && level.headers.is_empty()
                && !level.has_include
                && self.serves_files(*inner, block)
        });
        let serving = serving.map(|(inner, _)| self.lack(inner, &[], Some(server), &|_| true));
        let serving: Vec<Lack> = serving.filter(|lack| lack.left.is_empty()).collect();
        std::iter::once(Lack { changes: Vec::new(), added: Vec::new(), ..lack }).chain(serving).collect()
    }

    /// A level with headers of its own, which therefore inherits none; `before` is what the levels before it lack.
    fn with_headers(&self, number: usize, level: &Level, before: &[Lack]) -> Option<Lack> {
        // What `return` sends is a word for a program or a way to elsewhere, and trailers of gRPC are no pages.
        let is_short = matches!(level.context, Context::Location | Context::If)
            && self.block(number).is_some_and(answers_itself);
        if is_short && level.context == Context::Location {
            return self.text(number, level, before);
        }
        if is_short {
            return self.short(number, level);
        }
        if level.headers.iter().any(|header| header.name.text.to_ascii_lowercase().starts_with("grpc-")) {
            return None;
        }
        if number == 0 && self.file.resolved.kind() == FileKind::Snippet && level.headers.iter().all(is_other)
        {
            return None;
        }
        let own: Vec<&Header> = level.headers.iter().collect();
        Some(self.lack(number, &own, self.server_of(number), &|_| true))
    }

    /// The server that a level is in.
    fn server_of(&self, number: usize) -> Option<&'s Server> {
        self.file.resolved.chain(number).find_map(|(number, _)| {
            self.file.resolved.servers().iter().find(|server| server.level == number && !server.is_fragment())
        })
    }

    /// A location that answers with a text of the configuration, as for a check of its health: it gets back what is
    /// sent around it, or will be, and nothing of its own.
    fn text(&self, number: usize, level: &Level, before: &[Lack]) -> Option<Lack> {
        let answer = self.block(number)?.directives.iter().find(|found| found.is("return"))?;
        let [code, _, ..] = &answer.arguments[..] else { return None };
        if &*code.value != "200" {
            return None;
        }
        let around: Vec<usize> = self.file.resolved.chain(number).skip(1).map(|(level, _)| level).collect();
        let comes =
            |name: &str| before.iter().any(|lack| around.contains(&lack.level) && lack.added.contains(&name));
        let own: Vec<&Header> = level.headers.iter().collect();
        let is_wanted = |name: &str| self.lost(number, name).is_some() || comes(name);
        Some(self.lack(number, &own, self.server_of(number), &is_wanted))
    }

    /// An `if` that answers by itself with a page, and has lost what is sent around it.
    fn short(&self, number: usize, level: &Level) -> Option<Lack> {
        let answer = self.block(number)?.directives.iter().find(|found| found.is("return"))?;
        let is_page = answer.arguments.first().is_some_and(|code| &*code.value == "200");
        if level.context != Context::If || !is_page {
            return None;
        }
        let is_lost = |name: &&str| {
            !level.headers.iter().any(|header| header.is(name)) && self.lost(number, name).is_some()
        };
        let left: Vec<&str> = KNOWN.into_iter().filter(is_lost).collect();
        let (added, made_always, changes) = (Vec::new(), Vec::new(), Vec::new());
        let lack = Lack {
            level: number,
            added,
            made_always,
            left,
            changes,
            is_passed_on: false,
            is_short: true,
            unknown: None,
        };
        Some(lack)
    }

    /// Whether a level that loses its only headers sends none at all then: none around it is inherited.
    pub(super) fn inherits_nothing(&self, number: usize) -> bool {
        let resolved = &self.file.resolved;
        let is_inner =
            |level: &Level| matches!(level.context, Context::Server | Context::Location | Context::If);
        let brings_nothing = |number: usize| {
            let included = self.site.included(self.file, number);
            included.unknown.is_none() && included.files.iter().all(|file| root_headers(file).is_empty())
        };
        resolved.kind() != FileKind::Snippet
            && resolved.levels().get(number).is_some_and(is_inner)
            && self.site.outermost().next().is_none()
            && resolved
                .chain(number)
                .all(|(number, level)| level.headers.iter().all(is_outdated) && brings_nothing(number))
    }

    /// What a level lacks of the headers that may be added there.
    fn lack(
        &self,
        number: usize,
        own: &[&Header],
        server: Option<&Server>,
        may_be_added: &dyn Fn(&str) -> bool,
    ) -> Lack {
        let Included { files, unknown } = self.site.included(self.file, number);
        let brought: Vec<&Header> = files.iter().flat_map(|file| root_headers(file)).collect();
        let passing = self.passing(number, &files);
        // One that goes anyway says nothing of what its owner wants sent here.
        let is_own_practice = own.iter().any(|header| !is_other(header) && !header.is(OLD_FILTER));
        let (mut added, mut left, mut made_always) = (Vec::new(), Vec::new(), Vec::new());
        let (mut inserted, mut changes) = (Vec::new(), Vec::new());
        for name in KNOWN {
            if own.iter().any(|header| header.is(name)) {
                let often = own.iter().filter(|header| {
                    header.is(name)
                        && !header.always
                        && self.has_two_words(&header.route)
                        && name != TRANSPORT
                });
                let routes: Vec<Route> = often.map(|header| header.route.key("arguments")).collect();
                if !routes.is_empty() {
                    made_always.push(name);
                }
                let append = |route| Change::Append { route, value: Value::string("always") };
                changes.extend(routes.into_iter().map(append));
                continue;
            }
            let is_covered = !may_be_added(name)
                || brought.iter().any(|header| header.is(name))
                || (!brought.is_empty() && self.wanted.value(name).is_some())
                || (number == 0 && self.site.is_beside(self.file, name));
            let Some(text) = self.directive(number, name, own, server).filter(|_| !is_covered) else {
                continue;
            };
            let is_hidden = passing.iter().all(|level| self.hides(*level, name));
            if is_hidden || is_own_practice {
                added.push(name);
                inserted.push(text);
            } else {
                left.push(name);
            }
        }
        let place = self.place(number, own);
        let insert = |text| Change::Insert { route: place.clone(), value: Value::String(text) };
        changes.extend(inserted.into_iter().map(insert));
        let is_passed_on = !passing.is_empty() && !added.is_empty();
        Lack { level: number, added, made_always, left, changes, is_passed_on, is_short: false, unknown }
    }

    /// The directive that gives a level a header: as the next level around it that has it, which this one would
    /// not inherit from, or else with the value that is wanted.
    fn directive(
        &self,
        number: usize,
        name: &str,
        own: &[&Header],
        server: Option<&Server>,
    ) -> Option<String> {
        if name == FRAME && own.iter().any(|header| says_who_frames(header)) {
            return None;
        }
        if let Some(lost) = self.lost(number, name) {
            return self.as_written(lost);
        }
        let is_tls = || server.is_some_and(|server| self.is_tls(server));
        let value = self.wanted.value(name).filter(|_| name != TRANSPORT || is_tls())?;
        Some(format!("add_header {name} \"{value}\" always;"))
    }

    /// The header of this name that is sent around a level which has others of its own. A level between the two has it
    /// once its own lack is mended, so that the next one that has it counts.
    fn lost(&self, number: usize, name: &str) -> Option<&'s Header> {
        let around = self.file.resolved.chain(number).skip(1).map(|(_, level)| &level.headers);
        let is_end = |header: &Header| header.is(name) || name == FRAME && says_who_frames(header);
        let mut around = around.flat_map(|headers| headers.iter().find(|header| is_end(header)));
        around.next().filter(|header| header.is(name))
    }

    /// A header as it is written, for error answers, too.
    fn as_written(&self, header: &Header) -> Option<String> {
        let tree = &self.file.file.tree;
        let text = tree.directive(&header.route)?.span.of(tree.text());
        let plain = text.strip_suffix(';').filter(|text| !text.contains(['\n', '#']))?.trim_end();
        Some(if header.always { format!("{plain};") } else { format!("{plain} always;") })
    }

    fn has_two_words(&self, route: &Route) -> bool {
        self.file.file.tree.directive(route).is_some_and(|found| found.arguments.len() == 2)
    }

    /// The first server that answers with files or with what it passes requests on to.
    pub(super) fn first_with_pages(&self) -> Option<&'s Server> {
        let answers = |server: &&Server| {
            let block = self.block(server.level);
            !server.is_fragment()
                && self.file.is_http(server.level)
                && block.is_some_and(|block| has_pages(block) && !answers_itself(block))
        };
        self.file.resolved.servers().iter().find(answers)
    }

    /// Whether a server speaks TLS.
    pub(super) fn is_tls(&self, server: &Server) -> bool {
        let is_on = |text: &str| text == "on";
        let old = self.file.resolved.own_setting(server.level, "ssl");
        server.listens.iter().any(|listen| listen.is_tls())
            || old.and_then(|setting| setting.values.first()).is_some_and(|value| is_on(&value.text))
    }

    /// The levels that pass requests on and have the headers of this one: itself, and those within that have
    /// none of their own.
    fn passing(&self, number: usize, included: &[&SiteFile<'_>]) -> Vec<Option<usize>> {
        let resolved = &self.file.resolved;
        let has_its_headers = |level: usize| {
            let mut between = resolved.chain(level).take_while(|(at, _)| *at != number);
            let is_within = resolved.chain(level).any(|(at, _)| at == number);
            is_within && between.all(|(_, level)| level.headers.is_empty())
        };
        let peers = resolved.peers().iter().filter(|peer| peer.directive.ends_with("_pass"));
        let own = peers.filter(|peer| has_its_headers(peer.level)).map(|peer| Some(peer.level));
        let others = included.iter().flat_map(|file| file.resolved.peers());
        let others = others.filter(|peer| peer.directive.ends_with("_pass")).map(|_| None);
        own.chain(others).collect()
    }

    /// Whether a level takes a header out of what it is answered (`proxy_hide_header` and the like, which are
    /// inherited as `add_header` is).
    fn hides(&self, level: Option<usize>, name: &str) -> bool {
        let Some(level) = level else { return false };
        let hidden = self.file.resolved.chain(level).find_map(|(number, _)| {
            let found = self.block(number)?.directives.iter();
            let names: Vec<&str> = found
                .filter(|found| found.name.value.ends_with("_hide_header"))
                .filter_map(|found| found.arguments.first().map(|word| &*word.value))
                .collect();
            (!names.is_empty()).then_some(names)
        });
        hidden.is_some_and(|names| names.iter().any(|hidden| hidden.eq_ignore_ascii_case(name)))
    }

    /// Whether a location surely answers with files of its own.
    fn serves_files(&self, number: usize, server: &Block) -> bool {
        const NONE: [&str; 5] = ["return", "deny", "internal", "rewrite", "stub_status"];
        let Some(block) = self.block(number) else { return false };
        let has = |block: &Block, names: &[&str]| {
            block.directives.iter().any(|found| names.contains(&&*found.name.value))
        };
        !has(block, &NONE)
            && !self.is_error_page(number)
            && (has(block, &FILES) || has(server, &["root"]))
            && self.passing(number, &[]).is_empty()
    }

    /// Whether a level is the location of an error page and of nothing else.
    pub(super) fn is_error_page(&self, number: usize) -> bool {
        let tree = &self.file.file.tree;
        let level = self.file.resolved.levels().get(number);
        let Some(location) = level.and_then(|level| tree.directive(&level.route)) else { return false };
        let [sign, path] = &location.arguments[..] else { return false };
        let names = |found: &Directive| {
            found.is("error_page") && found.arguments.last().is_some_and(|page| page.value == path.value)
        };
        let mut around = self.file.resolved.chain(number).filter_map(|(level, _)| self.block(level));
        &*sign.value == "=" && around.any(|block| block.directives.iter().any(names))
    }

    fn has_only_grpc(&self, number: usize) -> bool {
        let within = |level: usize| self.file.resolved.chain(level).any(|(at, _)| at == number);
        let peers = self.file.resolved.peers().iter();
        let mut peers =
            peers.filter(|peer| peer.directive.ends_with("_pass") && within(peer.level)).peekable();
        peers.peek().is_some() && peers.all(|peer| peer.directive == "grpc_pass")
    }

    /// Where a header goes: behind the last of its level that stays, or else behind what stands before the first
    /// block.
    fn place(&self, number: usize, own: &[&Header]) -> Route {
        let lasting = own.iter().filter(|header| !header.is(OLD_FILTER)).map(|header| &header.route).max();
        if let Some((list, Segment::Index(index))) = lasting.and_then(|last| last.parent().zip(last.last())) {
            return list.index(index + 1);
        }
        if let Some(only) = own.first() {
            return only.route.clone();
        }
        let list = self.list(number);
        let directives = self.block(number).map_or(&[][..], |block| &block.directives);
        let first = directives.iter().position(|found| found.block().is_some());
        list.index(first.unwrap_or(directives.len()))
    }

    /// The route below which the directives of a level are.
    fn list(&self, number: usize) -> Route {
        match self.file.resolved.levels().get(number) {
            Some(level) if level.context != Context::File => level.route.key("block"),
            _ => Route::root(),
        }
    }

    /// The directives of a level.
    pub(super) fn block(&self, number: usize) -> Option<&'s Block> {
        let level = self.file.resolved.levels().get(number)?;
        match level.context {
            Context::File => Some(self.file.file.tree.root()),
            _ => self.file.file.tree.directive(&level.route)?.block(),
        }
    }
}

/// Whether a block answers with what stands in the configuration.
fn answers_itself(block: &Block) -> bool {
    block.directives.iter().any(|found| found.is("return"))
}

/// Directives that say where files are.
const FILES: [&str; 6] = ["root", "alias", "try_files", "expires", "autoindex", "index"];

/// Whether anything within a server's block serves files or passes requests on.
fn has_pages(server: &Block) -> bool {
    let mut waiting: Vec<&Directive> = server.directives.iter().collect();
    while let Some(found) = waiting.pop() {
        if FILES.contains(&&*found.name.value) || found.name.value.ends_with("_pass") {
            return true;
        }
        waiting.extend(found.block().into_iter().flat_map(|block| &block.directives));
    }
    false
}

/// The headers that a file brings into what includes it.
fn root_headers<'s>(file: &'s SiteFile<'s>) -> &'s [Header] {
    file.resolved.levels().first().map_or(&[], |level| &level.headers)
}

/// Whether a header switches on the filter that is gone; `0` switches it off.
pub(super) fn is_outdated(header: &Header) -> bool {
    header.is(OLD_FILTER) && header.value.literal().is_some_and(|value| value.trim() != "0")
}

/// Whether a header says who may show a page in a frame, as the older one would.
fn says_who_frames(header: &Header) -> bool {
    header.is(CONTENT_SECURITY) && header.value.text.contains("frame-ancestors")
}

/// Whether a header is none of those that speak to browsers about security.
fn is_other(header: &Header) -> bool {
    !KNOWN.iter().any(|name| header.is(name)) && !header.is(CONTENT_SECURITY) && !header.is(OLD_FILTER)
}
