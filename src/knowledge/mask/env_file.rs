//! The values of a `.env` file, all of them: what a plan puts there is a secret whatever its name.

use std::collections::BTreeMap;

/// Whether a path is that of a `.env` file.
#[must_use]
pub fn is_env_file(path: &str) -> bool {
    path.rsplit('/').next().unwrap_or(path) == ".env"
}

/// The byte of a line of a `.env` file from which its value stands; a line without a name is one of a longer value.
fn value_in_env_line(line: &str) -> Option<usize> {
    let content = line.trim_start_matches(['\u{feff}', ' ', '\t']);
    if content.trim().is_empty() {
        return None;
    }
    match line.find(['=', ':']) {
        Some(at) => Some(at + 1).filter(|from| !line[*from..].trim().is_empty()),
        None if content.starts_with('#') => None,
        None => Some(0),
    }
}

/// As [`below`](super::below), for the file at this path: of a `.env` every value counts.
#[must_use]
pub fn hidden_in(path: &str, text: &str) -> BTreeMap<usize, usize> {
    if !is_env_file(path) {
        return super::below(text);
    }
    text.lines().enumerate().filter_map(|(number, line)| Some((number, value_in_env_line(line)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::hidden_in;

    #[test]
    fn every_value_of_a_env_file_is_hidden() {
        let text = "# OLD=hunter1\nA='hunter2'\r\nB=\n\nexport C: hunter3\nhunter4\n# words\n";
        let hidden = hidden_in("sub/.env", text);
        let shown: Vec<String> = text
            .lines()
            .enumerate()
            .map(|(number, line)| hidden.get(&number).map_or(line, |from| &line[..*from]).to_owned())
            .collect();
        assert_eq!(shown, ["# OLD=", "A=", "B=", "", "export C:", "", "# words"]);
    }
}
