//! What the terminal can show: whether there is one, and whether it gets colours.

use std::ffi::OsString;
use std::io::IsTerminal;

/// The value of `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// Colours when standard output is a terminal and the environment does not object.
    #[default]
    Auto,
    /// Colours whatever the environment says.
    Always,
    /// No colours whatever the environment says.
    Never,
}

/// The environment variables that have a say in colours, as read once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `NO_COLOR`: any value that is not empty asks for none (no-color.org).
    pub no_color: Option<OsString>,
    /// `FORCE_COLOR`: any value but `0` and `false` asks for colours (force-color.org).
    pub force_color: Option<OsString>,
    /// `CLICOLOR_FORCE`: any value but `0` asks for colours (bixense.com/clicolors).
    pub clicolor_force: Option<OsString>,
    /// `CLICOLOR`: `0` asks for none.
    pub clicolor: Option<OsString>,
    /// `TERM`: `dumb` can show none.
    pub term: Option<OsString>,
}

impl Environment {
    /// The variables of this process.
    #[must_use]
    pub fn read() -> Self {
        Self {
            no_color: std::env::var_os("NO_COLOR"),
            force_color: std::env::var_os("FORCE_COLOR"),
            clicolor_force: std::env::var_os("CLICOLOR_FORCE"),
            clicolor: std::env::var_os("CLICOLOR"),
            term: std::env::var_os("TERM"),
        }
    }
}

/// Whether standard output is a terminal.
#[must_use]
pub fn stdout_is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Whether standard output of this process gets colours.
#[must_use]
pub fn stdout_color(choice: ColorChoice) -> bool {
    color_enabled(choice, &Environment::read(), stdout_is_terminal())
}

/// Whether to colour: the flag decides, then `NO_COLOR`, then the variables that force, then what is there.
///
/// `NO_COLOR` stands above `FORCE_COLOR`: who sets both has most likely set the first for every tool, and a
/// text without colours is legible everywhere.
#[must_use]
pub fn color_enabled(choice: ColorChoice, environment: &Environment, is_terminal: bool) -> bool {
    match choice {
        ColorChoice::Always => return true,
        ColorChoice::Never => return false,
        ColorChoice::Auto => {}
    }
    let says = |value: &Option<OsString>, words: &[&str]| {
        value.as_ref().is_some_and(|value| words.iter().any(|word| value == word))
    };
    let forces = |value: &Option<OsString>, no: &[&str]| {
        value.as_ref().is_some_and(|value| !value.is_empty()) && !says(value, no)
    };
    if forces(&environment.no_color, &[]) {
        return false;
    }
    if forces(&environment.force_color, &["0", "false"]) || forces(&environment.clicolor_force, &["0"]) {
        return true;
    }
    let objects = says(&environment.force_color, &["0", "false"])
        || says(&environment.clicolor, &["0"])
        || says(&environment.term, &["dumb"]);
    is_terminal && !objects
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, value: &str) -> Environment {
        let mut environment = Environment::default();
        let value = Some(OsString::from(value));
        match name {
            "NO_COLOR" => environment.no_color = value,
            "FORCE_COLOR" => environment.force_color = value,
            "CLICOLOR_FORCE" => environment.clicolor_force = value,
            "CLICOLOR" => environment.clicolor = value,
            _ => environment.term = value,
        }
        environment
    }

    #[test]
    fn the_flag_stands_above_the_environment() {
        assert!(color_enabled(ColorChoice::Always, &with("NO_COLOR", "1"), false));
        assert!(!color_enabled(ColorChoice::Never, &with("FORCE_COLOR", "1"), true));
    }

    #[test]
    fn auto_follows_the_terminal_and_the_variables() {
        let auto =
            |environment: &Environment, terminal| color_enabled(ColorChoice::Auto, environment, terminal);
        assert!(auto(&Environment::default(), true));
        assert!(!auto(&Environment::default(), false));
        for (name, value, on_terminal, on_pipe) in [
            ("NO_COLOR", "1", false, false),
            ("NO_COLOR", "0", false, false),
            ("NO_COLOR", "", true, false),
            ("FORCE_COLOR", "1", true, true),
            ("FORCE_COLOR", "0", false, false),
            ("FORCE_COLOR", "", true, false),
            ("CLICOLOR_FORCE", "1", true, true),
            ("CLICOLOR_FORCE", "0", true, false),
            ("CLICOLOR", "0", false, false),
            ("CLICOLOR", "1", true, false),
            ("TERM", "dumb", false, false),
            ("TERM", "xterm", true, false),
        ] {
            let environment = with(name, value);
            assert_eq!(auto(&environment, true), on_terminal, "{name}={value} on a terminal");
            assert_eq!(auto(&environment, false), on_pipe, "{name}={value} on a pipe");
        }
        let both = Environment { no_color: Some("1".into()), ..with("FORCE_COLOR", "1") };
        assert!(!auto(&both, true));
    }
}
