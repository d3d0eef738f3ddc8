//! Which headers are wanted, and with which values.

use crate::rule::{Context, OptionKind, OptionSpec, OptionValue};

pub(super) const CONTENT_TYPE: &str = "X-Content-Type-Options";
pub(super) const REFERRER: &str = "Referrer-Policy";
pub(super) const FRAME: &str = "X-Frame-Options";
pub(super) const PERMISSIONS: &str = "Permissions-Policy";
pub(super) const TRANSPORT: &str = "Strict-Transport-Security";
pub(super) const CONTENT_SECURITY: &str = "Content-Security-Policy";
pub(super) const OLD_FILTER: &str = "X-XSS-Protection";

/// The headers that can be asked for, in the order in which they are written.
pub(super) const KNOWN: [&str; 5] = [FRAME, CONTENT_TYPE, REFERRER, PERMISSIONS, TRANSPORT];

/// Those that are wanted where nobody says which.
const USUAL: [&str; 2] = [CONTENT_TYPE, REFERRER];

pub(super) static HEADERS: OptionSpec = OptionSpec {
    name: "headers",
    kind: OptionKind::SomeOf(&KNOWN),
    default: "",
    docs: "The headers that pages shall have, with commas between them; without it X-Content-Type-Options and \
           Referrer-Policy.",
};

pub(super) static FRAME_OPTIONS: OptionSpec = OptionSpec {
    name: "frame-options",
    kind: OptionKind::OneOf(&["SAMEORIGIN", "DENY"]),
    default: "SAMEORIGIN",
    docs: "The value of X-Frame-Options: who may show a page in a frame.",
};

pub(super) static REFERRER_POLICY: OptionSpec = OptionSpec {
    name: "referrer-policy",
    kind: OptionKind::OneOf(&[
        "strict-origin-when-cross-origin",
        "no-referrer",
        "same-origin",
        "strict-origin",
        "origin-when-cross-origin",
    ]),
    default: "strict-origin-when-cross-origin",
    docs: "The value of Referrer-Policy.",
};

pub(super) static DENY_FEATURES: OptionSpec = OptionSpec {
    name: "deny-features",
    kind: OptionKind::SomeOf(&[
        "accelerometer",
        "autoplay",
        "camera",
        "display-capture",
        "fullscreen",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    ]),
    default: "geolocation, microphone, camera, payment",
    docs: "What Permissions-Policy takes away, with commas between the features.",
};

pub(super) static HSTS_MAX_AGE: OptionSpec = OptionSpec {
    name: "hsts-max-age",
    kind: OptionKind::Integer(1, 63_072_000),
    default: "31536000",
    docs: "For how many seconds Strict-Transport-Security holds.",
};

pub(super) static HSTS_SUBDOMAINS: OptionSpec = OptionSpec {
    name: "hsts-subdomains",
    kind: OptionKind::OneOf(&["true", "false"]),
    default: "false",
    docs: "Whether Strict-Transport-Security holds for every subdomain, too.",
};

/// What is wanted of the servers of one nginx.
pub(super) struct Wanted {
    /// Names and values.
    headers: Vec<(&'static str, String)>,
    /// Whether somebody asked for just these.
    pub(super) is_given: bool,
}

impl Wanted {
    /// What the options say for a service.
    pub(super) fn of(context: &Context<'_>, service: &str) -> Self {
        let texts = |spec| match context.options.get(spec, service) {
            Some(OptionValue::Texts(texts)) => texts,
            _ => Vec::new(),
        };
        let word = |spec| match context.options.get(spec, service) {
            Some(OptionValue::Word(word)) => word,
            Some(OptionValue::Integer(number)) => number.to_string(),
            _ => String::new(),
        };
        let given = texts(&HEADERS);
        let is_wanted = |name: &str| {
            if given.is_empty() { USUAL.contains(&name) } else { given.iter().any(|given| given == name) }
        };
        let value = |name: &str| match name {
            FRAME => word(&FRAME_OPTIONS),
            CONTENT_TYPE => "nosniff".to_owned(),
            REFERRER => word(&REFERRER_POLICY),
            PERMISSIONS => {
                let denied: Vec<String> =
                    texts(&DENY_FEATURES).iter().map(|feature| format!("{feature}=()")).collect();
                denied.join(", ")
            }
            _ => {
                let subdomains = if word(&HSTS_SUBDOMAINS) == "true" { "; includeSubDomains" } else { "" };
                format!("max-age={}{subdomains}", word(&HSTS_MAX_AGE))
            }
        };
        let names = KNOWN.into_iter().filter(|name| is_wanted(name));
        let headers = names.map(|name| (name, value(name))).filter(|(_, value)| !value.is_empty()).collect();
        Self { headers, is_given: !given.is_empty() }
    }

    /// The value that is wanted of a header.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}
