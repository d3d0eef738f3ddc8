//! What nginx makes of a configuration file: its servers, what they listen on, the headers they add, and where
//! it writes.
//!
//! As nginx 1.22 to 1.29 (`ngx_inet.c`, `ngx_http_core_module.c`, `ngx_http_headers_filter_module.c`). One file is
//! seldom the whole configuration: what another file or a variable decides is unknown here and never guessed.
//! Every fact has the route of the place where it is written.

mod file;
mod header;
mod level;
mod listen;
mod origin;
mod output;
mod peer;
mod resolved;
mod server;
pub mod unprivileged;
mod written;

pub use file::NginxFile;
pub use header::{EffectiveHeaders, Header};
pub use level::{Context, FileKind, Level};
pub use listen::{Host, Listen, ListenUnknown, Socket};
pub use origin::{AllowedOrigin, Origin, VariableValues};
pub use output::{Output, outputs};
pub use peer::{Peer, Redirect, TargetPort};
pub use resolved::{Include, ResolvedNginx, Setting, VariableUse};
pub use server::{ImplicitListen, Layer, Server};
pub use written::Written;

#[cfg(test)]
mod tests;
