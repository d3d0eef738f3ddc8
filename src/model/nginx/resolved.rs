//! The whole file: its levels, servers and settings.

use super::listen::Listen;
use super::written::{sole_variable, uses};
use super::{
    Context, FileKind, Header, ImplicitListen, Layer, Level, Peer, Redirect, Server, VariableValues, Written,
    server,
};
use crate::syntax::Route;
use crate::syntax::nginx::{Block, BlockKind, Directive, Nginx};
use std::collections::BTreeMap;

/// A simple directive that a file sets, of those that [`ResolvedNginx::SETTINGS`] names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The directive.
    pub route: Route,
    /// Its name.
    pub name: &'static str,
    /// The level that it is written at.
    pub level: usize,
    /// Its words.
    pub values: Vec<Written>,
}

/// An `include`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Include {
    /// The level that it is written at, or that the block of entries is in.
    pub level: usize,
    /// The path or pattern as written; a relative one is relative to the folder of the main configuration.
    pub pattern: Written,
}

impl Include {
    /// Whether it is one of the files that nginx itself brings along, which hold no `listen`, header or path.
    #[must_use]
    pub fn is_harmless(&self) -> bool {
        is_harmless(&self.pattern.text)
    }

    /// Whether it is one of the files of nginx itself that hand parameters to an application, the port among them.
    #[must_use]
    pub fn is_parameters(&self) -> bool {
        let name = self.pattern.text.rsplit('/').next().unwrap_or_default();
        matches!(name, "fastcgi_params" | "fastcgi.conf" | "uwsgi_params" | "scgi_params")
    }
}

/// A directive that uses a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableUse {
    /// The directive; an entry of a `map` is one.
    pub route: Route,
    /// Its name; for an entry, that of the block.
    pub directive: String,
    /// Its words that use the variable.
    pub words: Vec<Written>,
}

/// An nginx file with its facts.
#[derive(Clone, Debug)]
pub struct ResolvedNginx {
    kind: FileKind,
    root_length: usize,
    main_block: Option<usize>,
    levels: Vec<Level>,
    servers: Vec<Server>,
    settings: Vec<Setting>,
    /// The last setting of each name at each level; the name by its number in `SETTINGS`.
    last_setting: BTreeMap<(usize, usize), usize>,
    includes: Vec<Include>,
    peers: Vec<Peer>,
    redirects: Vec<Redirect>,
    assignments: BTreeMap<String, VariableValues>,
    server_port: Vec<VariableUse>,
}

impl ResolvedNginx {
    /// The directives that [`settings`](Self::settings) lists.
    pub const SETTINGS: [&str; 29] = [
        "user",
        "pid",
        "error_log",
        "access_log",
        "client_body_temp_path",
        "proxy_temp_path",
        "fastcgi_temp_path",
        "uwsgi_temp_path",
        "scgi_temp_path",
        "proxy_cache_path",
        "fastcgi_cache_path",
        "uwsgi_cache_path",
        "scgi_cache_path",
        "ssl_certificate",
        "ssl_certificate_key",
        "ssl_password_file",
        "proxy_ssl_certificate_key",
        "grpc_ssl_certificate_key",
        "uwsgi_ssl_certificate_key",
        "proxy_store",
        "fastcgi_store",
        "uwsgi_store",
        "scgi_store",
        "dav_methods",
        "absolute_redirect",
        "port_in_redirect",
        "server_name",
        "root",
        "ssl",
    ];

    /// Resolves a file.
    #[must_use]
    pub fn new(tree: &Nginx) -> Self {
        let directives = &tree.root().directives;
        let mut resolved = Self {
            kind: FileKind::of(directives),
            root_length: directives.len(),
            main_block: directives.iter().position(|directive| directive.block().is_some()),
            levels: Vec::new(),
            servers: Vec::new(),
            settings: Vec::new(),
            last_setting: BTreeMap::new(),
            includes: Vec::new(),
            peers: Vec::new(),
            redirects: Vec::new(),
            assignments: BTreeMap::new(),
            server_port: Vec::new(),
        };
        resolved.level(tree.root(), Context::File, None, &Route::root(), &Route::root());
        resolved
    }

    /// What the file is a part of.
    #[must_use]
    pub fn kind(&self) -> FileKind {
        self.kind
    }

    /// How many directives stand at the root: the number behind the last one.
    pub(super) fn root_length(&self) -> usize {
        self.root_length
    }

    /// The number of the first directive at the root that has a block.
    pub(super) fn main_block(&self) -> Option<usize> {
        self.main_block
    }

    /// The levels, each before those within it; the first is the file.
    #[must_use]
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// A level and those around it, from the inside out, with their numbers.
    pub fn chain(&self, level: usize) -> impl Iterator<Item = (usize, &Level)> {
        let at = |number: usize| self.levels.get(number).map(|level| (number, level));
        std::iter::successors(at(level), move |(_, level)| level.parent.and_then(at))
    }

    /// The servers, in order.
    #[must_use]
    pub fn servers(&self) -> &[Server] {
        &self.servers
    }

    /// The settings, in order.
    #[must_use]
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// The last setting of this name at a level itself.
    #[must_use]
    pub fn own_setting(&self, level: usize, name: &str) -> Option<&Setting> {
        let name = Self::SETTINGS.iter().position(|known| *known == name)?;
        self.settings.get(*self.last_setting.get(&(level, name))?)
    }

    /// The setting of this name in effect at a level, as a simple directive is inherited: its own or that of
    /// the next level around it. An included file may decide otherwise.
    #[must_use]
    pub fn setting(&self, level: usize, name: &str) -> Option<&Setting> {
        self.chain(level).find_map(|(number, _)| self.own_setting(number, name))
    }

    /// The includes, in order; those among entries, too.
    #[must_use]
    pub fn includes(&self) -> &[Include] {
        &self.includes
    }

    /// Where requests are sent, in order.
    #[must_use]
    pub fn peers(&self) -> &[Peer] {
        &self.peers
    }

    /// The redirects, in order.
    #[must_use]
    pub fn redirects(&self) -> &[Redirect] {
        &self.redirects
    }

    /// Where `$server_port` is used, the port that the server listens on inside.
    #[must_use]
    pub fn server_port_uses(&self) -> &[VariableUse] {
        &self.server_port
    }

    /// The values that `map`, `geo` and `set` give to a variable in this file; `None` if they give it none.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&VariableValues> {
        self.assignments.get(name)
    }

    /// Takes in a block whose directives have routes below `list`, and which is that of the directive at `owner`.
    fn level(&mut self, block: &Block, context: Context, parent: Option<usize>, owner: &Route, list: &Route) {
        let number = self.levels.len();
        self.levels.push(Level {
            route: owner.clone(),
            context,
            parent,
            headers: Vec::new(),
            has_include: false,
            has_header_inherit: false,
            has_own_port: false,
        });
        let is_server = context == Context::Server
            || (context == Context::File && self.kind == FileKind::Snippet && is_server_part(block));
        let server = is_server.then(|| {
            self.servers.push(self.server(block, number, owner));
            self.servers.len() - 1
        });
        for (index, directive) in block.directives.iter().enumerate() {
            let route = list.index(index);
            self.directive(directive, number, context, &route);
            if let Some(server) = server.filter(|_| directive.is("listen"))
                && let Some(server) = self.servers.get_mut(server)
            {
                server.listens.push(Listen::new(directive, &route));
            }
            if let Some(inner) = directive.block() {
                let list = route.key("block");
                match inner.kind {
                    BlockKind::Entries => self.entries(directive, inner, number, &list),
                    BlockKind::Directives => {
                        self.level(inner, Context::of(directive), Some(number), &route, &list);
                    }
                }
            }
        }
        let has_include = self.levels.get(number).is_some_and(|level| level.has_include);
        if let Some(server) = server.and_then(|server| self.servers.get_mut(server)) {
            server.implicit = match server.layer {
                _ if !server.listens.is_empty() => ImplicitListen::No,
                Layer::Stream | Layer::Mail => ImplicitListen::No,
                _ if has_include || server.is_fragment() => ImplicitListen::Unknown,
                Layer::Http | Layer::Unknown => ImplicitListen::Yes,
            };
        }
    }

    /// A server without its listens, which follow.
    fn server(&self, block: &Block, level: usize, route: &Route) -> Server {
        let around = self.chain(level).find_map(|(_, level)| match level.context {
            Context::Http => Some(Layer::Http),
            Context::Stream => Some(Layer::Stream),
            Context::Mail => Some(Layer::Mail),
            _ => None,
        });
        let inside = || if server::is_http(&block.directives) { Layer::Http } else { Layer::Unknown };
        Server {
            route: route.clone(),
            layer: around.unwrap_or_else(inside),
            level,
            listens: Vec::new(),
            implicit: ImplicitListen::No,
        }
    }

    fn directive(&mut self, directive: &Directive, level: usize, context: Context, route: &Route) {
        let name = &*directive.name.value;
        self.note_server_port(directive, name, route);
        let word = |index: usize| written(directive, route, index);
        match name {
            "include" => self.include(word(0), level, true),
            "add_header" => {
                let header = word(0).zip(word(1)).map(|(name, value)| Header {
                    route: route.clone(),
                    name,
                    value,
                    always: directive.arguments.get(2).is_some_and(|word| &*word.value == "always"),
                });
                self.change_level(level, |level| level.headers.extend(header));
            }
            "fastcgi_param" | "uwsgi_param" | "scgi_param"
                if word(0).is_some_and(|name| name.text == "SERVER_PORT") =>
            {
                self.change_level(level, |level| level.has_own_port = true);
            }
            "add_header_inherit" => self.change_level(level, |level| level.has_header_inherit = true),
            "server" if context == Context::Upstream => self.peer(name, word(0), level),
            _ if name.ends_with("_pass") => self.peer(name, word(0), level),
            "set" => {
                if let Some((variable, value)) = word(0).zip(word(1))
                    && let Some(variable) = sole_variable(&variable.text)
                {
                    self.assignments.entry(variable.to_owned()).or_default().values.push(value);
                }
            }
            "return" => {
                let code = word(0).and_then(|code| code.text.parse().ok());
                self.redirect(code, word(1), level, route);
            }
            "rewrite" => {
                let code = directive.arguments.get(2).and_then(|flag| match &*flag.value {
                    "redirect" => Some(302),
                    "permanent" => Some(301),
                    _ => None,
                });
                self.redirect(code, word(1), level, route);
            }
            _ => self.note_setting(directive, level, route),
        }
    }

    fn note_setting(&mut self, directive: &Directive, level: usize, route: &Route) {
        let number = Self::SETTINGS.iter().position(|known| directive.is(known));
        let Some((number, name)) = number.and_then(|number| Some((number, *Self::SETTINGS.get(number)?)))
        else {
            return;
        };
        self.last_setting.insert((level, number), self.settings.len());
        let values = (0..directive.arguments.len()).filter_map(|index| written(directive, route, index));
        self.settings.push(Setting { route: route.clone(), name, level, values: values.collect() });
    }

    /// Takes in the entries of a `map` and the like.
    fn entries(&mut self, owner: &Directive, block: &Block, level: usize, list: &Route) {
        let mut found = VariableValues::default();
        for (index, entry) in block.directives.iter().enumerate() {
            let route = list.index(index);
            self.note_server_port(entry, &owner.name.value, &route);
            if entry.is("include") && entry.arguments.len() == 1 {
                self.include(written(entry, &route, 0), level, false);
                found.has_more = true;
            } else if let Some(last) = entry.arguments.len().checked_sub(1) {
                found.values.extend(written(entry, &route, last));
            }
        }
        let target = owner.arguments.last().filter(|_| owner.is("map") || owner.is("geo"));
        if let Some(name) = target.and_then(|word| sole_variable(&word.value)) {
            let known = self.assignments.entry(name.to_owned()).or_default();
            known.values.extend(found.values);
            known.has_more |= found.has_more;
        }
    }

    fn include(&mut self, pattern: Option<Written>, level: usize, counts: bool) {
        let Some(pattern) = pattern else { return };
        if counts && !is_harmless(&pattern.text) {
            self.change_level(level, |level| level.has_include = true);
        }
        self.includes.push(Include { level, pattern });
    }

    fn peer(&mut self, directive: &str, target: Option<Written>, level: usize) {
        self.peers.extend(target.map(|target| Peer { directive: directive.to_owned(), target, level }));
    }

    fn redirect(&mut self, code: Option<u16>, target: Option<Written>, level: usize, route: &Route) {
        let code = code.filter(|code| matches!(code, 301 | 302 | 303 | 307 | 308));
        self.redirects.extend(code.zip(target).map(|(code, target)| Redirect {
            route: route.clone(),
            level,
            code,
            target,
        }));
    }

    fn note_server_port(&mut self, directive: &Directive, name: &str, route: &Route) {
        if directive.words().any(|word| uses(&word.value, "server_port")) {
            let words = (0..directive.arguments.len()).filter_map(|index| written(directive, route, index));
            let words = words.filter(|word| uses(&word.text, "server_port")).collect();
            self.server_port.push(VariableUse { route: route.clone(), directive: name.to_owned(), words });
        }
    }

    fn change_level(&mut self, number: usize, change: impl FnOnce(&mut Level)) {
        if let Some(level) = self.levels.get_mut(number) {
            change(level);
        }
    }
}

/// An argument of a directive.
fn written(directive: &Directive, route: &Route, index: usize) -> Option<Written> {
    let word = directive.arguments.get(index)?;
    Some(Written { route: route.key("arguments").index(index), text: word.value.to_string() })
}

/// Whether bare directives of a file belong into a server.
fn is_server_part(block: &Block) -> bool {
    block.directives.iter().any(|found| found.is("listen") || found.is("server_name"))
}

/// The files that nginx itself brings along and that hold no `listen`, header or path.
fn is_harmless(pattern: &str) -> bool {
    let name = pattern.rsplit('/').next().unwrap_or(pattern);
    matches!(
        name,
        "mime.types"
            | "fastcgi_params"
            | "fastcgi.conf"
            | "uwsgi_params"
            | "scgi_params"
            | "koi-utf"
            | "koi-win"
            | "win-utf"
    )
}
