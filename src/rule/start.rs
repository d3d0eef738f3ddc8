//! Whether a service starts its image as the facts about it mean.

use super::{Context, parts};
use crate::knowledge::{EntryPoint, StartFact};
use crate::model::compose::{BuiltStage, Run, Service};
use crate::syntax::dockerfile::{Instruction, Keyword};

impl Context<'_> {
    /// What a service starts with, in one text: its own `entrypoint` and `command`, and what its Dockerfile says of
    /// both unless the service names the entry point, which takes the place of all that. Variables stay as written.
    #[must_use]
    pub fn started(&self, service: &Service<'_>, run: &Run<'_>) -> String {
        let parts = parts(self.project, service);
        let told = |field: &'static str| parts.iter().find(|part| part.has(field));
        let own =
            ["entrypoint", "command"].into_iter().filter_map(|field| Some(told(field)?.words_at(&[field])));
        let mut words: Vec<String> = own.flatten().map(str::to_owned).collect();
        if told("entrypoint").is_none() {
            words.extend(run.built.iter().flat_map(BuiltStage::start_words));
        }
        words.join(" ")
    }

    /// The package that the Dockerfile of a service installs and the service starts: a server that no facts about the
    /// image below tell of. Languages and shells don't count, since what they run tells what it needs.
    #[must_use]
    pub fn started_package(&self, service: &Service<'_>, run: &Run<'_>) -> Option<String> {
        let built = run.built.as_ref()?;
        let started = self.started(service, run);
        let programs: Vec<&str> = programs(&started).collect();
        let is_started = |package: &String| programs.iter().any(|program| is_of_package(program, package));
        installed(built).into_iter().find(is_started)
    }

    /// Whether a service starts what its image is made for: with the image's own entry point, and with a command
    /// that the image knows.
    #[must_use]
    pub fn starts_as_intended(
        &self,
        service: &Service<'_>,
        run: &Run<'_>,
        start: Option<&StartFact>,
    ) -> bool {
        let kind = start.map(|start| start.entrypoint);
        // Whatever starts in an interpreter's image is for its user to say, and the facts about it say so.
        if kind == Some(EntryPoint::Shell) {
            return true;
        }
        let parts = parts(self.project, service);
        if parts.iter().any(|part| part.has("entrypoint")) || run.has_own_entrypoint() {
            return false;
        }
        let word = match parts.iter().find(|part| part.has("command")) {
            Some(part) => first_word(part),
            None => match run.built.as_ref().and_then(command_of) {
                Some(instruction) => first_word_of(instruction),
                None => return true,
            },
        };
        match (word, start) {
            (Some(word), Some(start)) => word.is_empty() || start.runs(&word),
            _ => false,
        }
    }
}

/// The first word of a service's `command`; `None` if it depends on a variable that is not known.
fn first_word(part: &Service<'_>) -> Option<String> {
    let text = match part.scalar("command") {
        Some(text) => text.split_whitespace().next().unwrap_or_default(),
        None => part.scalar_items("command").next().unwrap_or_default(),
    };
    part.interpolate(text)
}

fn command_of<'p>(built: &BuiltStage<'p>) -> Option<&'p Instruction> {
    let number = built.resolved.cmd(built.stage()?)?;
    built.file.tree.instructions().get(number)
}

/// The first word of a CMD. Its shell form hands a shell to the entry point.
fn first_word_of(cmd: &Instruction) -> Option<String> {
    let arguments = &cmd.command.arguments;
    if !arguments.is_json() {
        return Some("/bin/sh".to_owned());
    }
    arguments.words().first().map(|word| word.unquoted().unwrap_or(&word.text).to_owned())
}

/// The words of a text for a shell, parted at blanks, quotes and the signs between commands.
pub fn shell_words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || ";&|()\"'`".contains(c))
}

/// The words of a text for a shell without the folders in front of them, as programs are called by.
pub fn programs(text: &str) -> impl Iterator<Item = &str> {
    shell_words(text).filter_map(|word| word.rsplit('/').next())
}

/// What the package managers of a stage, and of those below it, install.
fn installed(built: &BuiltStage<'_>) -> Vec<String> {
    const MANAGERS: [&str; 8] = ["apt", "apt-get", "aptitude", "apk", "dnf", "microdnf", "yum", "zypper"];
    let mut found = Vec::new();
    for instruction in built.instructions().filter(|instruction| instruction.keyword == Keyword::Run) {
        for command in built.texts(instruction).flat_map(commands) {
            let mut words = command.split_whitespace().skip_while(|word| !MANAGERS.contains(word));
            if words.by_ref().any(|word| word == "install" || word == "add") {
                found.extend(words.filter(|word| !word.starts_with('-')).map(str::to_owned));
            }
        }
    }
    found
}

/// The commands of a text for a shell, as far as its signs part them.
fn commands(text: &str) -> impl Iterator<Item = &str> {
    text.split([';', '&', '|', '(', ')']).flat_map(|part| {
        // A line goes on behind a backslash.
        let ends = part.match_indices('\n').filter(|(at, _)| !part[..*at].trim_end().ends_with('\\'));
        let ends: Vec<usize> = ends.map(|(at, _)| at).collect();
        let starts = std::iter::once(0).chain(ends.clone());
        let parts: Vec<&str> =
            starts.zip(ends.iter().copied().chain([part.len()])).map(|(from, to)| &part[from..to]).collect();
        parts
    })
}

/// Servers whose package is called otherwise, as Debian, Alpine or Red Hat name it: how the package begins, and its
/// programs.
const OTHER_NAMES: &[(&str, &[&str])] = &[
    ("apache2", &["httpd"]),
    ("bind", &["named"]),
    ("busybox-extras", &["httpd", "telnetd", "udhcpd"]),
    ("chrony", &["chronyd"]),
    ("cronie", &["crond"]),
    ("dcron", &["crond"]),
    ("freeradius", &["radiusd"]),
    ("httpd", &["apache2", "apachectl"]),
    ("isc-dhcp", &["dhcpd"]),
    ("kea", &["keactrl"]),
    ("krb5", &["kadmind", "krb5kdc"]),
    ("mariadb", &["mysqld", "mysqld_safe"]),
    ("mysql", &["mariadbd"]),
    ("net-snmp", &["snmpd"]),
    ("nfs", &["rpc.mountd", "rpc.nfsd"]),
    ("openldap", &["slapd"]),
    ("openssh", &["sshd"]),
    ("postfix", &["master"]),
    ("postgresql", &["pg_ctl", "pg_ctlcluster", "postmaster"]),
    ("samba", &["nmbd", "smbd", "winbindd"]),
];

/// Whether a program comes with a package, by the letters that both begin with or by name.
fn is_of_package(program: &str, package: &str) -> bool {
    const LANGUAGES: [&str; 9] = ["bash", "dash", "java", "lua", "node", "perl", "php", "python", "ruby"];
    let letters = |word: &str| word.split(|c: char| !c.is_ascii_alphabetic()).next().map(str::len);
    let stem = |word| letters(word).and_then(|end| str::get(word, ..end)).unwrap_or_default();
    let (of_program, of_package) = (stem(program), stem(package));
    let is_language = LANGUAGES.contains(&of_program) && !program.contains("fpm");
    let begins =
        of_program.starts_with(of_package) || (of_program.len() > 4 && of_package.starts_with(of_program));
    let is_named =
        OTHER_NAMES.iter().any(|(name, programs)| package.starts_with(name) && programs.contains(&program));
    is_named || of_package.len() > 2 && !is_language && begins
}

#[cfg(test)]
mod tests {
    use super::is_of_package;

    #[test]
    fn servers_are_known_by_their_package() {
        for (program, package, wanted) in [
            ("nginx", "nginx-light", true),
            ("named", "bind9", true),
            ("named", "bind", true),
            ("sshd", "openssh-server", true),
            ("smbd", "samba", true),
            ("crond", "cronie", true),
            ("mysqld", "mariadb-server", true),
            ("postgres", "postgresql-15", true),
            ("pg_ctl", "postgresql-15", true),
            ("apachectl", "apache2", true),
            ("named", "nano", false),
            ("python", "python3-pip", false),
            ("serve", "curl", false),
        ] {
            assert_eq!(is_of_package(program, package), wanted, "{program} {package}");
        }
    }
}
