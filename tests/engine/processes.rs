//! What runs in a container, as its kernel says (proc(5), capabilities(7)).

use super::stack::Stack;
use std::collections::BTreeSet;

/// A process in a container.
#[derive(Debug)]
pub struct Process {
    pub name: String,
    pub number: u32,
    /// The number of the user that it acts as.
    pub user: u32,
    /// The capabilities that it has, one bit each.
    pub effective: u64,
    /// The capabilities that it can ever get.
    pub bounding: u64,
}

impl Process {
    /// The processes of this name in the container of a service, by number.
    pub fn named(stack: &Stack, service: &str, name: &str) -> Vec<Self> {
        let mut processes = all(stack, service);
        processes.retain(|process| process.name == name);
        processes.sort_by_key(|process| process.number);
        assert!(!processes.is_empty(), "`{service}` runs no {name}");
        processes
    }

    /// Process 1 in the container of a service.
    pub fn first(stack: &Stack, service: &str) -> Self {
        all(stack, service).into_iter().find(|process| process.number == 1).unwrap()
    }

    fn of(status: &str) -> Self {
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.unwrap_or_else(|| panic!("no {name} in {status}")).trim()
        };
        // Real, effective, saved and for files.
        let user = field("Uid").split_whitespace().nth(1).unwrap();
        let set = |name| u64::from_str_radix(field(name), 16).unwrap();
        Self {
            name: field("Name").to_owned(),
            number: field("Pid").parse().unwrap(),
            user: user.parse().unwrap(),
            effective: set("CapEff"),
            bounding: set("CapBnd"),
        }
    }
}

fn all(stack: &Stack, service: &str) -> Vec<Process> {
    // One that ends while it is read is left out.
    let line = "for file in /proc/[0-9]*/status; do cat $file 2>/dev/null && echo; done; true";
    stack
        .shell(service, line)
        .split("\n\n")
        .filter(|status| !status.trim().is_empty())
        .map(Process::of)
        .collect()
}

/// The TCP ports that a service listens on, but for those of Docker's name server.
pub fn listening(stack: &Stack, service: &str) -> BTreeSet<u16> {
    const LISTEN: &str = "0A";
    const NAME_SERVER: &str = "0B00007F";
    let table = stack.shell(service, "cat /proc/net/tcp; cat /proc/net/tcp6 2>/dev/null; true");
    let socket = |line: &str| {
        let mut fields = line.split_whitespace().skip(1);
        let (address, port) = fields.next()?.split_once(':')?;
        let state = fields.nth(1)?;
        (state == LISTEN && address != NAME_SERVER).then(|| u16::from_str_radix(port, 16).unwrap())
    };
    table.lines().filter_map(socket).collect()
}

/// The bits of capabilities, by their numbers in the kernel's `capability.h`: those of Docker's default.
pub fn bits(names: &[String]) -> u64 {
    const NUMBERS: [(&str, u32); 14] = [
        ("CHOWN", 0),
        ("DAC_OVERRIDE", 1),
        ("FOWNER", 3),
        ("FSETID", 4),
        ("KILL", 5),
        ("SETGID", 6),
        ("SETUID", 7),
        ("SETPCAP", 8),
        ("NET_BIND_SERVICE", 10),
        ("NET_RAW", 13),
        ("SYS_CHROOT", 18),
        ("MKNOD", 27),
        ("AUDIT_WRITE", 29),
        ("SETFCAP", 31),
    ];
    let number = |name: &String| {
        let known = NUMBERS.iter().find(|(known, _)| known == name);
        known.unwrap_or_else(|| panic!("{name} is not in the table")).1
    };
    names.iter().map(|name| 1 << number(name)).sum()
}
