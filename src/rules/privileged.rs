//! Reports services that run privileged: root in them is root on the host.
//!
//! ## Why
//! `privileged: true` gives a container every capability, every device of the host, and neither seccomp nor
//! AppArmor. Whoever takes the service over can mount the host's disk and goes on from there. Hardly a program
//! needs all of that; most need one device or one capability.
//!
//! ## What changes
//! Nothing by itself: which capability or device the program needs can't be told from the files. In place of
//! `privileged: true`, write what it needs and nothing else:
//!
//! ```text
//!     cap_add: [NET_ADMIN]               # changes network settings (VPN, firewall)
//!     cap_add: [SYS_TIME]                # sets the clock
//!     devices: ["/dev/ttyUSB0:/dev/ttyUSB0:rw"]   # talks to this device
//!     devices: ["/dev/net/tun:/dev/net/tun:rw"]   # makes a tunnel
//! ```
//!
//! ## Can it break?
//! Advice edits nothing. After taking `privileged` away, look for `Operation not permitted` in the log: the
//! program's documentation says which capability that operation wants.
//!
//! ## Examples
//! ```yaml advice
//! services:
//!   vpn:
//!     image: example.org/vpn:1
//!     privileged: true
//! ```
//! A build can be privileged, too:
//! ```yaml advice
//! services:
//!   app:
//!     build:
//!       context: .
//!       privileged: true
//! ```
//! ```yaml quiet
//! services:
//!   vpn:
//!     image: example.org/vpn:1
//!     privileged: false
//!     cap_add: [NET_ADMIN]
//! ```

use crate::model::compose::{Service, lookup};
use crate::rule::{Context, Finding, FindingBuilder, Meta, Remedy, Rule, Severity};

/// The rule of this file.
pub(super) struct Privileged;

static META: Meta = Meta {
    id: "privileged",
    severity: Severity::High,
    source: include_str!("privileged.rs"),
    after: &[],
    options: &[],
    supports: &[
        "CIS Docker 1.6.0 5.5 (direct)",
        "OWASP Docker Security Cheat Sheet rule 3 (direct)",
        "OWASP Docker Top 10 D04",
        "NIST SP 800-190 4.4.3",
        "HIPAA 45 CFR 164.312(a)(1) (inferred)",
        "PCI DSS 4.0.1 7.2.5 (inferred)",
    ],
};

const ADVICE: &str = "take `privileged: true` out and give it only what it needs, such as `cap_add: [NET_ADMIN]` or \
                      `devices: [\"/dev/ttyUSB0:/dev/ttyUSB0:rw\"]`";

impl Rule for Privileged {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        context.findings_of_services(check_service)
    }
}

fn check_service(service: Service<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let finding = || FindingBuilder::new(META.id, META.severity, service);
    if let Some(field) = service.field("privileged").filter(|_| service.is_true("privileged")) {
        let message = "it runs privileged: root in it is root on the host";
        let remedy = Remedy::Advice(ADVICE.to_owned());
        findings.push(finding().subject("privileged").at(field.value).build(message, remedy));
    }
    let tree = service.tree();
    let build = service.field("build").and_then(|build| lookup(tree, build.value, "privileged"));
    let is_true =
        |text: &str| service.interpolate(text).is_some_and(|text| text.eq_ignore_ascii_case("true"));
    if let Some(field) = build
        && tree.scalar(field.value).is_some_and(|scalar| is_true(&scalar.value))
    {
        let message = "its image is built privileged: a build step is root on the host";
        let advice = "take `privileged: true` out of `build`; a step that needs more takes `RUN --security=insecure`, \
                      or better, moves out of the build";
        let remedy = Remedy::Advice(advice.to_owned());
        findings.push(finding().subject("build.privileged").at(field.value).build(message, remedy));
    }
    findings
}
