//! Templates: the image's start script writes the configuration that they make into a folder, as the new user.

use super::unit::Member;
use crate::model::compose::{Mount, MountKind, set_variables};

/// Where the templates stand, unless a variable says otherwise.
const TEMPLATES: &str = "/etc/nginx/templates";

/// Where the script writes to.
const OUTPUT: &str = "/etc/nginx/conf.d";

/// Variables of the script that put either elsewhere.
const VARIABLES: [&str; 2] = ["NGINX_ENVSUBST_OUTPUT_DIR", "NGINX_ENVSUBST_TEMPLATE_DIR"];

/// Why the script may not be able to write what templates make; it goes on without, so nothing would be served.
pub(super) fn obstacle(member: &Member<'_>) -> Option<String> {
    let parts = [member.service, member.run.part];
    let moves = |name: &str| {
        let is_set = parts.iter().any(|part| set_variables(part).iter().any(|set| set.name == name));
        let built = member.run.built.as_ref();
        is_set || built.is_some_and(|built| built.file.tree.text().contains(name))
    };
    if let Some(name) = VARIABLES.into_iter().find(|name| moves(name)) {
        return Some(format!(
            "`{name}` says where templates become configuration, and the new user may not write there"
        ));
    }
    let is_template = |target: &str| target == TEMPLATES || target.starts_with(&format!("{TEMPLATES}/"));
    let placed = member.placed.placed.iter().map(|placed| placed.target.as_str());
    let unknown = member.placed.unknown.iter().filter_map(|unknown| unknown.target.as_deref());
    if !placed.chain(unknown).any(is_template) {
        return None;
    }
    let mounts = parts.iter().flat_map(|part| Mount::of(part));
    let mut kept = mounts.filter(|mount| mount.kind != MountKind::Other);
    let is_output = |mount: &Mount| {
        let target = mount.target.trim_end_matches('/');
        target == OUTPUT || OUTPUT.starts_with(&format!("{target}/"))
    };
    let mount = kept.find(is_output)?;
    Some(format!(
        "its templates become configuration in {}, which is mounted and belongs to root; give it to the new user first, \
         or take the mount out",
        mount.target
    ))
}

#[cfg(test)]
mod tests {
    use super::super::unit::units;
    use super::obstacle;
    use crate::knowledge::Catalogue;
    use crate::model::Environment;
    use crate::model::compose::{ComposeFile, Project};

    fn is_refused(keys: &str) -> bool {
        let compose = format!("services:\n  web: {{ image: 'nginx:1.27', {keys} }}\n");
        let file = ComposeFile::read("compose.yaml", compose.as_bytes(), Environment::new()).unwrap();
        let project = Project::new(vec![file]);
        let units = units(&project, Catalogue::builtin());
        obstacle(&units[0].members[0]).is_some()
    }

    #[test]
    fn what_templates_make_must_be_writable() {
        assert!(is_refused("volumes: ['./t:/etc/nginx/templates:ro', './c:/etc/nginx/conf.d']"));
        assert!(is_refused(
            "volumes: ['./t/a.template:/etc/nginx/templates/a.template', 'conf:/etc/nginx/']"
        ));
        assert!(is_refused("volumes: ['/srv/t:/etc/nginx/templates', './c:/etc/nginx/conf.d/']"));
        assert!(is_refused("environment: { NGINX_ENVSUBST_OUTPUT_DIR: /srv }"));
        assert!(!is_refused("volumes: ['./t:/etc/nginx/templates:ro']"));
        assert!(!is_refused("volumes: ['./t:/etc/nginx/templates'], tmpfs: /etc/nginx/conf.d"));
        assert!(!is_refused("volumes: ['./c:/etc/nginx/conf.d']"));
    }
}
