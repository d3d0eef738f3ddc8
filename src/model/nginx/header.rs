//! `add_header`, and which of them are in effect.

use super::{ResolvedNginx, Written};
use crate::syntax::Route;

/// An `add_header`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The directive.
    pub route: Route,
    /// The name of the header.
    pub name: Written,
    /// Its value; it may hold variables.
    pub value: Written,
    /// Whether error answers have it, too.
    pub always: bool,
}

impl Header {
    /// Whether it has this name, in any case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.text.eq_ignore_ascii_case(name)
    }
}

/// The headers in effect at a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EffectiveHeaders<'r> {
    /// The headers.
    pub headers: &'r [Header],
    /// The level that they are written at; `None` if no level of the file has any.
    pub level: Option<usize>,
    /// Whether these are all, and surely: no included file, no level outside the file and no
    /// `add_header_inherit` may decide otherwise.
    pub is_certain: bool,
}

impl ResolvedNginx {
    /// The headers in effect at a level: its own, or if it has none at all those of the next level around it
    /// that has some (`ngx_http_headers_merge_conf`).
    #[must_use]
    pub fn headers(&self, level: usize) -> EffectiveHeaders<'_> {
        let mut is_certain = true;
        for (number, level) in self.chain(level) {
            is_certain &= !level.has_include && !level.has_header_inherit;
            if !level.headers.is_empty() {
                return EffectiveHeaders { headers: &level.headers, level: Some(number), is_certain };
            }
        }
        let is_whole = self.kind() == super::FileKind::Main;
        EffectiveHeaders { headers: &[], level: None, is_certain: is_certain && is_whole }
    }
}
