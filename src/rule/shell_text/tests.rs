//! What texts for a shell are read as.

use super::*;

/// What each command of a text writes, by its name; `-` where the text is not understood.
fn said(text: &str) -> String {
    let told = |command: &ShellCommand| {
        let written = command.written().map_or("?".to_owned(), |written| written.join(","));
        format!("{} {written}", command.name().unwrap_or("?")).trim().to_owned()
    };
    let commands = shell_commands(text, None);
    commands.map_or("-".to_owned(), |commands| commands.iter().map(told).collect::<Vec<_>>().join("; "))
}

#[test]
fn a_text_is_the_list_of_its_commands() {
    for (text, commands) in [
        ("chown -R 1000:1000 /data", "chown /data"),
        ("mkdir -p /data/x && exec minio server /data", "mkdir /data/x; minio ?"),
        ("touch /a\n# chown b /b\nsleep 1 # c", "touch /a; sleep"),
        ("while true; do echo a; sleep 1; done", "true; echo; sleep"),
        ("until [ -f /flag ]\ndo\n  sleep 5\ndone", "[; sleep"),
        ("if [ -n \"$A\" ]; then echo b > /c; else echo d >>/e; fi", "[; echo /c; echo /e"),
        ("for i in 1 2; do echo $i | kcat -P; done", "echo; kcat"),
        ("F=/data/flag\n[ -f \"$F\" ] || touch \"${F}.new\"", "[; touch /data/flag.new"),
        ("cd /data && touch x", "cd; touch /data/x"),
        ("rm -rf /data/*", "rm /data"),
        ("echo \"$(date)\" 2>&1 >/dev/null", "date; echo"),
        ("timeout 5 env A=b chown 1 /x", "chown /x"),
        ("sh -c 'touch /x; app'", "touch /x; app ?"),
        ("trap 'rm /x' EXIT; sleep 1", "rm /x; sleep"),
        ("find /a /b -type d -exec chmod 755 {} +", "find /a,/b"),
        ("find /a -name x", "find"),
        ("(sleep 1; touch /x) &\nwait", "sleep; touch /x; wait"),
        ("command -v app >/dev/null", "type"),
        ("mkdir -p \\\n  /a \\\n  /b\nchown 82 /a", "mkdir /a,/b; chown /a"),
        ("echo a>/x;:>/y", "echo /x; : /y"),
    ] {
        assert_eq!(said(text), commands, "{text}");
    }
}

#[test]
fn what_is_not_known_is_not_guessed() {
    for (text, commands) in [
        ("touch $A", "touch ?"),
        ("touch x", "touch ?"),
        ("A=/a; A=/b; touch $A", "touch ?"),
        ("A=/a touch $A", "touch ?"),
        ("cd /a; cd /b; touch x", "cd; cd; touch ?"),
        ("cd $A; touch x", "cd; touch ?"),
        ("for d in /a /b; do mkdir $d; done", "mkdir ?"),
        ("eval \"$A\"", "eval ?"),
        ("echo a > \"$A\"", "echo ?"),
        ("echo `app`", "app ?; echo"),
        ("find /a -exec sh -c 'x' \\;", "find ?"),
        ("find /a -fprint /x", "find ?"),
        (". /env", ". ?"),
        ("xargs rm", "xargs ?"),
    ] {
        assert_eq!(said(text), commands, "{text}");
    }
    for text in [
        "cat <<E\na\nE",
        "case $a in b) c;; esac",
        "f() { a; }",
        "sh x.sh",
        "bash -c \"$A\"",
        "trap \"$A\" EXIT",
        "echo 'a",
    ] {
        assert_eq!(said(text), "-", "{text}");
    }
    let deep = "sh -c \"".repeat(40);
    assert_eq!(said(&deep), "-");
}

#[test]
fn a_shell_is_started_with_a_text_a_file_or_for_people() {
    let of = |line: &str| {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        shell_start(&words)
    };
    let text = |text: &str| Some(ShellStart::Text(text.to_owned()));
    for (line, start) in [
        ("sh -c a", text("a")),
        ("/bin/bash -euo pipefail -c a b", text("a")),
        ("sh -ec a", text("a")),
        ("exec tini -- sh -c a", text("a")),
        ("bash /e.sh x", Some(ShellStart::File("/e.sh".to_owned()))),
        ("/bin/sh", Some(ShellStart::People)),
        ("bash -l", Some(ShellStart::People)),
        ("node x.js", None),
    ] {
        assert_eq!(of(line), start, "{line}");
    }
}
