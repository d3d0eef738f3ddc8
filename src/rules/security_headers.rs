//! Adds the security headers that pages of an nginx server lack, and takes an outdated one away.
//!
//! ## Why
//! A few headers tell browsers to guess no types, to tell other sites less about where a visitor comes from, and
//! to keep a page out of foreign frames. With nginx they get lost easily: a block that has one `add_header` of
//! its own inherits none of those around it, and without `always` error pages have none. `X-XSS-Protection`
//! switches on a filter that browsers have removed, since it could be turned against the pages it was to protect.
//!
//! ## What changes
//! Each block that sends headers of its own, and each server that sends none, gets those that it lacks:
//! what the block around it sends and would be lost, then what the option `headers` names. A value that is there
//! stays; `always` is added to it. `X-XSS-Protection` goes, if it is not `0`.
//!
//! Nothing is sent twice. Where a server without any such header passes requests on, the application may set them
//! itself: only the locations that serve files get them, the others are left to you, unless
//! `proxy_hide_header` (or its like) takes the application's away. `Strict-Transport-Security` is for servers
//! that speak TLS, and only if you ask for it: browsers remember it. Where none does, what ends TLS in front has to send it,
//! and that is advice. A `Content-Security-Policy` is never
//! invented, only advised: what a page needs can't be told from its server.
//!
//! ## Can it break?
//! With `nosniff` a browser runs no script that comes with a wrong type. `X-Frame-Options` keeps pages of other
//! sites from showing yours in a frame, `Permissions-Policy` takes features of the browser away; both are only
//! added if the option `headers` names them. Without that option the rule's choice counts as inferred, so that
//! only a profile such as `strict` takes it. Refused: a file that is included and not at hand,
//! `add_header_inherit`, modules that set headers by other means. To undo it:
//! `hardtack rollback --rule security-headers`.
//!
//! ## Examples
//! A location with a header of its own, which inherits none:
//! ```yaml beside compose.yaml
//! services:
//!   web:
//!     image: nginx:1.27
//!     volumes: [./nginx.conf:/etc/nginx/conf.d/default.conf:ro]
//! ```
//! ```nginx before
//! server {
//!     listen 80;
//!     root /srv;
//!
//!     # what browsers are told
//!     add_header X-Frame-Options DENY;
//!
//!     location /assets/ {
//!         add_header Cache-Control "public, immutable";   # built files
//!         expires 1y;
//!     }
//! }
//! ```
//! ```nginx after
//! server {
//!     listen 80;
//!     root /srv;
//!
//!     # what browsers are told
//!     add_header X-Frame-Options DENY always;
//!     add_header X-Content-Type-Options "nosniff" always;
//!     add_header Referrer-Policy "strict-origin-when-cross-origin" always;
//!
//!     location /assets/ {
//!         add_header Cache-Control "public, immutable";   # built files
//!         add_header X-Frame-Options DENY always;
//!         add_header X-Content-Type-Options "nosniff" always;
//!         add_header Referrer-Policy "strict-origin-when-cross-origin" always;
//!         expires 1y;
//!     }
//! }
//! ```
//! A template, a `map`, and an outdated header:
//! ```yaml beside compose.yaml
//! services:
//!   web:
//!     image: nginx:1.27
//!     volumes: [./site.conf.template:/etc/nginx/templates/site.conf.template:ro]
//! ```
//! ```nginx before site.conf.template
//! map $http_upgrade $connection { default upgrade; "" close; }
//! server {
//!     listen 80;
//!     server_name ${NAME};
//!     add_header X-Content-Type-Options nosniff always;
//!     add_header X-XSS-Protection "1; mode=block" always;  # for old browsers
//!     add_header Referrer-Policy no-referrer always;
//!     add_header Content-Security-Policy "default-src 'self'; connect-src ${BACKEND}" always;
//!     location / { root /srv; }
//! }
//! ```
//! ```nginx after site.conf.template
//! map $http_upgrade $connection { default upgrade; "" close; }
//! server {
//!     listen 80;
//!     server_name ${NAME};
//!     add_header X-Content-Type-Options nosniff always;
//!     add_header Referrer-Policy no-referrer always;
//!     add_header Content-Security-Policy "default-src 'self'; connect-src ${BACKEND}" always;
//!     location / { root /srv; }
//! }
//! ```
//! What passes requests on gets nothing that the application may send itself; the files beside it do:
//! ```yaml beside compose.yaml
//! services:
//!   web:
//!     image: nginx:1.27
//!     volumes: [./nginx.conf:/etc/nginx/conf.d/default.conf:ro]
//! ```
//! ```nginx before
//! server {
//!     listen 80;
//!     location /static/ { alias /srv/static/; }
//!     location / { proxy_pass http://app:8000; }
//! }
//! ```
//! ```nginx after
//! server {
//!     listen 80;
//!     location /static/ { alias /srv/static/; add_header X-Content-Type-Options "nosniff" always; add_header Referrer-Policy "strict-origin-when-cross-origin" always; }
//!     location / { proxy_pass http://app:8000; }
//! }
//! ```
//! That the outdated one is sent says nothing of what the application sends:
//! ```yaml beside compose.yaml
//! services:
//!   web:
//!     image: nginx:1.27
//!     volumes: [./nginx.conf:/etc/nginx/conf.d/default.conf:ro]
//! ```
//! ```nginx before
//! server {
//!     listen 80;
//!     add_header X-XSS-Protection "1; mode=block";
//!     location / { proxy_pass http://app:8000; }
//! }
//! ```
//! ```nginx after
//! server {
//!     listen 80;
//!     location / { proxy_pass http://app:8000; }
//! }
//! ```
//! Without its only header this block would inherit those around it, which an application may send itself:
//! ```yaml beside compose.yaml
//! services:
//!   web:
//!     image: nginx:1.27
//!     volumes: [./nginx.conf:/etc/nginx/conf.d/default.conf:ro]
//! ```
//! ```nginx refused=explicit
//! server {
//!     listen 80;
//!     add_header X-Frame-Options DENY always;
//!     add_header X-Content-Type-Options nosniff always;
//!     add_header Referrer-Policy no-referrer always;
//!     location / { add_header X-XSS-Protection "1; mode=block"; proxy_pass http://app:8000; }
//! }
//! ```
//! A check of health that sends its type loses what is sent around it, and gets it back:
//! ```yaml beside compose.yaml
//! services:
//!   web:
//!     image: nginx:1.27
//!     volumes: [./nginx.conf:/etc/nginx/conf.d/default.conf:ro]
//! ```
//! ```nginx before
//! server {
//!     listen 80;
//!     root /srv;
//!     add_header X-Content-Type-Options nosniff always;
//!     location /health { return 200 '{"status":"ok"}'; add_header Content-Type application/json; }
//!     location /old/ { add_header X-Q 1; return 301 /new/; }
//! }
//! ```
//! ```nginx after
//! server {
//!     listen 80;
//!     root /srv;
//!     add_header X-Content-Type-Options nosniff always;
//!     add_header Referrer-Policy "strict-origin-when-cross-origin" always;
//!     location /health { return 200 '{"status":"ok"}'; add_header Content-Type application/json; add_header X-Content-Type-Options nosniff always; add_header Referrer-Policy "strict-origin-when-cross-origin" always; }
//!     location /old/ { add_header X-Q 1; return 301 /new/; }
//! }
//! ```
//! A block in a block in a block gets what the outermost sends, and a header that is there twice is there twice:
//! ```yaml beside compose.yaml
//! services:
//!   web:
//!     image: nginx:1.27
//!     volumes: [./nginx.conf:/etc/nginx/conf.d/default.conf:ro]
//! ```
//! ```nginx before
//! server {
//!     listen 80;
//!     root /srv;
//!     add_header X-Frame-Options DENY;
//!     add_header X-Frame-Options DENY;
//!     location /h {
//!         add_header Referrer-Policy origin always;
//!         location /h/i { add_header X-Q 1; }
//!     }
//! }
//! ```
//! ```nginx after
//! server {
//!     listen 80;
//!     root /srv;
//!     add_header X-Frame-Options DENY always;
//!     add_header X-Frame-Options DENY always;
//!     add_header X-Content-Type-Options "nosniff" always;
//!     add_header Referrer-Policy "strict-origin-when-cross-origin" always;
//!     location /h {
//!         add_header Referrer-Policy origin always;
//!         add_header X-Frame-Options DENY always;
//!         add_header X-Content-Type-Options "nosniff" always;
//!         location /h/i { add_header X-Q 1; add_header X-Frame-Options DENY always; add_header X-Content-Type-Options "nosniff" always; add_header Referrer-Policy origin always; }
//!     }
//! }
//! ```
//! An `if` that answers by itself loses them as well; whether browsers show the answer is for a person to say:
//! ```yaml beside compose.yaml
//! services:
//!   web:
//!     image: nginx:1.27
//!     volumes: [./nginx.conf:/etc/nginx/conf.d/default.conf:ro]
//! ```
//! ```nginx advice
//! server {
//!     listen 80;
//!     root /srv;
//!     add_header X-Content-Type-Options nosniff always;
//!     add_header Referrer-Policy no-referrer always;
//!     location /e { if ($a) { add_header X-A b; return 200; } }
//! }
//! ```
//! An included file has the headers, and gets what is missing:
//! ```yaml beside compose.yaml
//! services:
//!   web:
//!     image: nginx:1.27
//!     volumes: [./conf:/etc/nginx/conf.d:ro, ./headers.conf:/etc/nginx/headers.conf:ro]
//! ```
//! ```nginx beside conf/site.conf
//! server {
//!     listen 80;
//!     root /srv;
//!     include headers.conf;
//!     location /a/ { include headers.conf; add_header Cache-Control no-store; }
//!     location /old/ { return 301 /a/; }
//! }
//! ```
//! ```nginx before headers.conf
//! add_header X-Frame-Options SAMEORIGIN always;
//! ```
//! ```nginx after headers.conf
//! add_header X-Frame-Options SAMEORIGIN always;
//! add_header X-Content-Type-Options "nosniff" always;
//! add_header Referrer-Policy "strict-origin-when-cross-origin" always;
//! ```
//! One that is not at hand may have them:
//! ```yaml beside compose.yaml
//! services:
//!   web:
//!     image: nginx:1.27
//!     volumes: [./nginx.conf:/etc/nginx/conf.d/default.conf:ro]
//! ```
//! ```nginx refused=evidence-missing
//! server {
//!     listen 80;
//!     root /srv;
//!     include snippets/security.conf;
//! }
//! ```
//! A server that only points elsewhere needs none, and one that is told all it should send stays:
//! ```yaml beside compose.yaml
//! services:
//!   web:
//!     image: nginx:1.27
//!     volumes: [./nginx.conf:/etc/nginx/conf.d/default.conf:ro]
//! ```
//! ```nginx quiet
//! server { listen 80; return 301 https://$host$request_uri; }
//! server {
//!     listen 8080;
//!     add_header X-Content-Type-Options nosniff always;
//!     add_header Referrer-Policy same-origin always;
//!     add_header X-XSS-Protection 0 always;
//!     location / { proxy_pass http://app; }
//! }
//! ```
//! More, where somebody asks for it:
//! ```yaml settings
//! rules:
//!   security-headers:
//!     options:
//!       headers: Strict-Transport-Security, X-Frame-Options, Permissions-Policy
//!       deny-features: camera, microphone
//! ```
//! ```yaml beside compose.yaml
//! services:
//!   web:
//!     image: nginx:1.27
//!     volumes: [./nginx.conf:/etc/nginx/nginx.conf:ro]
//! ```
//! ```nginx before
//! events { }
//! http {
//!     server {
//!         listen 443 ssl;
//!         ssl_certificate /etc/nginx/certs/site.crt;
//!         ssl_certificate_key /etc/nginx/certs/site.key;
//!         root /srv;
//!     }
//!     server { listen 80; root /srv; }
//! }
//! ```
//! ```nginx after
//! events { }
//! http {
//!     server {
//!         listen 443 ssl;
//!         ssl_certificate /etc/nginx/certs/site.crt;
//!         ssl_certificate_key /etc/nginx/certs/site.key;
//!         root /srv;
//!         add_header X-Frame-Options "SAMEORIGIN" always;
//!         add_header Permissions-Policy "camera=(), microphone=()" always;
//!         add_header Strict-Transport-Security "max-age=31536000" always;
//!     }
//!     server { listen 80; root /srv; add_header X-Frame-Options "SAMEORIGIN" always; add_header Permissions-Policy "camera=(), microphone=()" always; }
//! }
//! ```
//! No server here ends TLS:
//! ```yaml beside compose.yaml
//! services:
//!   web:
//!     image: nginx:1.27
//!     volumes: [./nginx.conf:/etc/nginx/conf.d/default.conf:ro]
//! ```
//! ```nginx advice
//! server {
//!     listen 80;
//!     root /srv;
//!     add_header X-Frame-Options DENY always;
//!     add_header Permissions-Policy "camera=()" always;
//!     add_header Content-Security-Policy "default-src 'self'" always;
//! }
//! ```

mod findings;
mod level;
mod site;
mod wanted;

use crate::rule::{Context, Finding, Meta, Refusal, RefusalCode, Rule, Severity};
use findings::Check;
use level::Reader;
use site::{Site, SiteFile, sites};
use wanted::{DENY_FEATURES, FRAME_OPTIONS, HEADERS, HSTS_MAX_AGE, HSTS_SUBDOMAINS, REFERRER_POLICY, Wanted};

/// The rule of this file.
pub(super) struct SecurityHeaders;

static META: Meta = Meta {
    id: "security-headers",
    severity: Severity::Low,
    source: include_str!("security_headers.rs"),
    after: &[],
    options: &[HEADERS, FRAME_OPTIONS, REFERRER_POLICY, DENY_FEATURES, HSTS_MAX_AGE, HSTS_SUBDOMAINS],
    supports: &[
        "NIST SP 800-190 4.4.4 (inferred)",
        "OWASP ASVS 4.0.3 14.4.3",
        "OWASP ASVS 4.0.3 14.4.4",
        "OWASP ASVS 4.0.3 14.4.5",
        "OWASP ASVS 4.0.3 14.4.6",
        "HIPAA 45 CFR 164.312(e)(1) (inferred)",
        "PCI DSS 4.0.1 6.2.4 (inferred)",
    ],
};

impl Rule for SecurityHeaders {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        sites(context.project).iter().flat_map(|site| check_site(context, site)).collect()
    }
}

fn check_site(context: &Context<'_>, site: &Site<'_>) -> Vec<Finding> {
    let wanted = Wanted::of(context, site.services.first().map_or("", String::as_str));
    let refusal = site.files.iter().find_map(other_means);
    let in_scope = site.files.iter().filter(|file| file.file.in_scope);
    in_scope
        .flat_map(|file| {
            let reader = Reader { site, file, wanted: &wanted };
            Check::new(reader, refusal.as_ref()).findings()
        })
        .collect()
}

/// Directives by which headers are set or inherited in ways that this rule does not follow.
fn other_means(file: &SiteFile<'_>) -> Option<Refusal> {
    let mut waiting: Vec<_> = file.file.tree.root().directives.iter().collect();
    while let Some(found) = waiting.pop() {
        let name = &*found.name.value;
        if name == "add_header_inherit" || name.starts_with("more_") && name.ends_with("_headers") {
            let at = file.file.tree.locate(found.span.start);
            let message = format!("{}:{at}: `{name}` decides about headers, too", file.file.path);
            return Some(Refusal::new(RefusalCode::Explicit, message));
        }
        waiting.extend(found.block().into_iter().flat_map(|block| &block.directives));
    }
    None
}

#[cfg(test)]
mod tests;
