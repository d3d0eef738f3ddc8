//! Reports devices of the host that a service gets.
//!
//! ## Why
//! A disk device gives all of the host's files, past every permission. Memory devices give the kernel. Others
//! are what the program is for (a serial adapter, a graphics card), and then it matters that it gets that one
//! device, and not the right to make further ones (`m`).
//!
//! ## What changes
//! Nothing by itself. A device entry without permissions means `rwm`; the advice has the text with less.
//!
//! ## Can it break?
//! Advice edits nothing. A program that gets `rw` in place of `rwm` can't call `mknod`, which programs don't.
//!
//! ## Examples
//! ```yaml advice
//! services:
//!   backup:
//!     image: example.org/backup:1
//!     devices: ["/dev/sda:/dev/sda"]
//! ```
//! ```yaml advice
//! services:
//!   meter:
//!     image: example.org/meter:1
//!     devices:
//!       - source: /dev/ttyUSB0
//!         target: /dev/ttyUSB0
//! ```
//! ```yaml advice
//! services:
//!   meter:
//!     image: example.org/meter:1
//!     device_cgroup_rules: ["c 189:* rmw"]
//! ```
//! Asked for by name with no more than it takes, there is nothing to say:
//! ```yaml quiet
//! services:
//!   meter:
//!     image: example.org/meter:1
//!     devices: ["/dev/ttyUSB0:/dev/ttyUSB0:rw", "vendor.com/class=name"]
//! ```

use crate::model::compose::{Service, lookup};
use crate::rule::{Context, Finding, FindingBuilder, Meta, Remedy, Rule, Severity};
use crate::syntax::yaml::NodeId;

/// The rule of this file.
pub(super) struct HostDevices;

static META: Meta = Meta {
    id: "host-devices",
    severity: Severity::Medium,
    source: include_str!("host_devices.rs"),
    after: &[],
    options: &[],
    supports: &["CIS Docker 1.6.0 5.18 (direct)", "OWASP Docker Top 10 D04", "NIST SP 800-190 4.4.3"],
};

/// Beginnings of devices that give the host's disks or its memory.
const WHOLE_HOST: &[&str] = &[
    "/dev/sd",
    "/dev/hd",
    "/dev/vd",
    "/dev/xvd",
    "/dev/nvme",
    "/dev/mmcblk",
    "/dev/md",
    "/dev/dm-",
    "/dev/mapper",
    "/dev/disk",
    "/dev/loop",
    "/dev/mem",
    "/dev/kmem",
    "/dev/port",
];

/// The log of the kernel. Source: dev-kmsg in the kernel's documentation (Documentation/ABI/testing/dev-kmsg).
const KERNEL_LOG: &str = "/dev/kmsg";

impl Rule for HostDevices {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn check(&self, context: &Context<'_>) -> Vec<Finding> {
        context.findings_of_services(check_service)
    }
}

/// An entry of `devices`.
struct Device {
    source: String,
    target: String,
    permissions: String,
}

fn check_service(service: Service<'_>) -> Vec<Finding> {
    let devices = service.items("devices").into_iter().filter_map(|node| check_device(service, node));
    let rules = service.items("device_cgroup_rules").into_iter().filter_map(|node| {
        let text = service.interpolate(&service.tree().scalar(node)?.value)?;
        let message = format!("it may use every device of a kind: `{text}`");
        let advice = "name the devices instead, such as `devices: [\"/dev/ttyUSB0:/dev/ttyUSB0:rw\"]`; a rule is only \
                      needed for what is plugged in later";
        let finding = FindingBuilder::new(META.id, META.severity, service).subject(text).at(node);
        Some(finding.build(message, Remedy::Advice(advice.to_owned())))
    });
    devices.chain(rules).collect()
}

fn check_device(service: Service<'_>, node: NodeId) -> Option<Finding> {
    let Device { source, target, permissions } = read(&service, node)?;
    let exact = format!("`\"{source}:{target}:rw\"`");
    let finding = |severity| FindingBuilder::new(META.id, severity, service).subject(source.clone()).at(node);
    if WHOLE_HOST.iter().any(|start| source.starts_with(start)) {
        let message = format!("{source} gives it the host's disk or memory, past every permission");
        let advice = "mount the files that it needs instead, read-only where that is enough: `volumes: \
                      [\"/srv/data:/data:ro\"]`";
        return Some(finding(Severity::High).build(message, Remedy::Advice(advice.to_owned())));
    }
    if source == KERNEL_LOG {
        let message = format!("with {source} it reads the log of the host's kernel, and writes to it");
        let advice = format!("take it out, or, where it watches the kernel, write `\"{source}:{target}:r\"`");
        return (permissions != "r")
            .then(|| finding(Severity::Medium).build(message, Remedy::Advice(advice)));
    }
    if !permissions.contains('m') {
        return None;
    }
    let message = format!("it gets {source} with the right to make further device files");
    Some(finding(Severity::Info).build(message, Remedy::Advice(format!("write {exact}; `m` is for `mknod`"))))
}

/// Reads an entry in either form; `None` if it is no device file, or depends on a variable without value.
fn read(service: &Service<'_>, node: NodeId) -> Option<Device> {
    let tree = service.tree();
    if let Some(scalar) = tree.scalar(node) {
        let text = service.interpolate(&scalar.value)?;
        let mut parts = text.split(':').map(str::to_owned);
        let source = parts.next().filter(|source| source.starts_with('/'))?;
        let target = parts.next().unwrap_or_else(|| source.clone());
        let permissions = parts.next().unwrap_or_else(|| "rwm".to_owned());
        return Some(Device { source, target, permissions });
    }
    let text = |key: &str| {
        let found = lookup(tree, node, key)?;
        service.interpolate(&tree.scalar(found.value)?.value)
    };
    let source = text("source").filter(|source| source.starts_with('/'))?;
    let target = text("target").unwrap_or_else(|| source.clone());
    Some(Device { source, target, permissions: text("permissions").unwrap_or_else(|| "rwm".to_owned()) })
}
