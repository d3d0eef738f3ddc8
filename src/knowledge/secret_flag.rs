//! Flags of programs whose value is a secret, although their name does not say so.

/// Programs by the beginning of their name, the flag with a value of its own, and the flag that the value is glued to.
/// From the manuals of the programs: `redis-cli -a`, `curl -u USER:PASSWORD`, `mongosh -p`, `mysql -pPASSWORD`, `sshpass -p`,
/// `ldapsearch -w`, `rabbitmqadmin -p`, `smbclient -U USER%PASSWORD`.
const FLAGS: &[(&str, &[&str], Option<&str>)] = &[
    ("redis-", &["-a"], None),
    ("valkey-", &["-a"], None),
    ("keydb-", &["-a"], None),
    ("curl", &["-u", "--user", "--proxy-user"], None),
    ("mongo", &["-p"], None),
    ("mysql", &[], Some("-p")),
    ("mariadb", &[], Some("-p")),
    ("sshpass", &["-p"], Some("-p")),
    ("ldap", &["-w"], None),
    ("rabbitmqadmin", &["-p"], None),
    ("smbclient", &["-U"], None),
];

/// Whether the word behind `flag` is a secret, where one of these words names the program.
#[must_use]
pub fn takes_secret<'w>(words: impl IntoIterator<Item = &'w str>, flag: &str) -> bool {
    let flags = |word: &str| known(word).is_some_and(|(flags, _)| flags.contains(&flag));
    flag.starts_with('-') && words.into_iter().any(flags)
}

/// The secret that is glued to a flag, where one of these words names the program.
#[must_use]
pub fn glued_secret<'w, 'f>(words: impl IntoIterator<Item = &'w str>, word: &'f str) -> Option<&'f str> {
    let glued = |name: &str| known(name).and_then(|(_, glue)| word.strip_prefix(glue?));
    if !word.starts_with('-') || word.starts_with("--") {
        return None;
    }
    words.into_iter().find_map(glued).filter(|value| !value.is_empty())
}

fn known(word: &str) -> Option<(&'static [&'static str], Option<&'static str>)> {
    let name = word.rsplit('/').next().unwrap_or(word);
    FLAGS.iter().find(|(start, ..)| name.starts_with(start)).map(|(_, flags, glue)| (*flags, *glue))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_one_of_its_program() {
        assert!(takes_secret(["CMD", "/usr/bin/redis-cli"], "-a"));
        assert!(takes_secret(["curl", "-s"], "-u") && takes_secret(["mongosh"], "-p"));
        assert!(!takes_secret(["ls"], "-a") && !takes_secret(["redis-cli"], "-p") && !takes_secret([], "-a"));
        assert_eq!(glued_secret(["mysqladmin"], "-px"), Some("x"));
        assert_eq!(glued_secret(["mysqladmin"], "-p"), None);
        assert_eq!(glued_secret(["mysqladmin"], "--protocol"), None);
        assert_eq!(glued_secret(["mkdir"], "-pv"), None);
    }
}
