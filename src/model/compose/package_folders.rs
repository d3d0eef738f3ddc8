//! Where in a repository of several packages a command looks for its `package.json`.
//!
//! As the tools' documentation says: `npm --prefix DIR` and `-w NAME`, `yarn --cwd DIR` and `yarn workspace NAME`, `pnpm -C
//! DIR`, `--dir DIR` and `--filter NAME`, `bun --cwd DIR`; the members of a repository are named by `workspaces` of its
//! `package.json` (npm, Yarn, Bun), or by `pnpm-workspace.yaml`.

use serde_json::Value;

/// Options whose value is a folder, and `cd`.
const FOLDER_OPTIONS: [&str; 5] = ["--prefix", "--cwd", "--dir", "-C", "cd"];

/// Options whose value is a package, by its name or its folder, and `yarn workspace`.
const NAME_OPTIONS: [&str; 5] = ["--workspace", "-w", "--filter", "-F", "workspace"];

/// The folders and the packages that the words of a command name, as they are written.
#[must_use]
pub fn package_hints<'w>(words: &[&'w str]) -> Vec<&'w str> {
    let mut found = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let (option, glued) =
            word.split_once('=').map_or((*word, None), |(option, value)| (option, Some(value)));
        if !FOLDER_OPTIONS.contains(&option) && !NAME_OPTIONS.contains(&option) {
            continue;
        }
        let value = glued.or_else(|| words.get(at + 1).copied()).unwrap_or_default();
        // `--filter=api...`, `--filter {packages/api}`
        let value = value.trim_matches(['"', '\'', '.', '^', '{', '}', '/']);
        if !value.is_empty() && !value.starts_with('-') && !value.contains(['$', '*', '!']) {
            found.push(value);
        }
    }
    found
}

/// The folders that a `package.json` names as those of its members, as they are written: `packages/*`.
#[must_use]
pub fn members(manifest: &str) -> Vec<String> {
    let parsed: Option<Value> = serde_json::from_str(manifest.trim_start_matches('\u{feff}')).ok();
    let Some(workspaces) = parsed.as_ref().and_then(|parsed| parsed.get("workspaces")) else {
        return Vec::new();
    };
    let list = workspaces.as_array().or_else(|| workspaces.get("packages")?.as_array());
    let texts = list.into_iter().flatten().filter_map(Value::as_str);
    texts.map(|text| text.trim_start_matches("./").trim_end_matches('/').to_owned()).collect()
}

/// The folders that a `pnpm-workspace.yaml` names as those of its members: the items below `packages`.
#[must_use]
pub fn pnpm_members(text: &str) -> Vec<String> {
    let below = text.lines().skip_while(|line| line.trim_end() != "packages:").skip(1);
    let items = below.map_while(|line| match line.trim_start().strip_prefix('-') {
        Some(item) => Some(Some(item.split(" #").next().unwrap_or_default())),
        None => (line.trim().is_empty() || line.trim_start().starts_with('#')).then_some(None),
    });
    let plain = |item: &str| {
        item.trim().trim_matches(['"', '\'']).trim_start_matches("./").trim_end_matches('/').to_owned()
    };
    items.flatten().map(plain).filter(|item| !item.is_empty() && !item.starts_with('!')).collect()
}

/// Whether a written folder may be that of a package at `folder` of the repository, whole parts compared from the end:
/// `/app/packages/api` and `./packages/api` may be `packages/api`.
#[must_use]
pub fn names_folder(written: &str, folder: &str) -> bool {
    let plain = |text: &str| -> Vec<String> {
        text.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned).collect()
    };
    let (written, folder) = (plain(written), plain(folder));
    !folder.is_empty() && written.ends_with(&folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_names_a_package_in_its_way() {
        for (line, hints) in [
            ("npm --prefix web run build", vec!["web"]),
            ("npm run build --workspace=@acme/api", vec!["@acme/api"]),
            ("yarn workspace api start", vec!["api"]),
            ("pnpm --filter ./packages/api... start", vec!["packages/api"]),
            ("cd packages/api", vec!["packages/api"]),
            ("npm start", vec![]),
            ("npm --prefix $DIR start", vec![]),
        ] {
            assert_eq!(package_hints(&line.split(' ').collect::<Vec<_>>()), hints, "{line}");
        }
    }

    #[test]
    fn members_stand_in_a_list_or_below_packages() {
        assert_eq!(members(r#"{"workspaces": ["./packages/*", "web/"]}"#), ["packages/*", "web"]);
        assert_eq!(members(r#"{"workspaces": {"packages": ["a"]}}"#), ["a"]);
        assert_eq!(members("{}"), Vec::<String>::new());
        assert_eq!(members("no"), Vec::<String>::new());
        let text = "# all\npackages:\n  - 'apps/*' # those\n  # more\n  - web/\n  - '!x'\ncatalog:\n  - a\n";
        assert_eq!(pnpm_members(text), ["apps/*", "web"]);
    }

    #[test]
    fn folders_are_compared_from_their_ends() {
        assert!(names_folder("/app/packages/api", "packages/api") && names_folder("./web", "web"));
        assert!(!names_folder("/app/api", "packages/api") && !names_folder("/app/xapi", "api"));
        assert!(!names_folder("/app", ""));
    }
}
