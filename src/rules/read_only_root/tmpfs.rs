//! The entries of `tmpfs`: with which options, and how they come into the service.

use super::room::tmpfs_items;
use crate::knowledge::{Capability, FirstUser, UserFact, UserId, WritablePath};
use crate::model::compose::{Service, StartUser};
use crate::rule::{Context, Effect, Operation, OptionValue, ServiceEffect, parts};
use crate::syntax::Value;

/// Who writes in a container, as far as that is known.
pub(super) struct Writer<'f> {
    /// Who its first process is.
    pub(super) user: StartUser,
    /// What is known of the user of its image.
    pub(super) fact: Option<&'f UserFact>,
    /// Whether a first process of root can't give files away.
    pub(super) lacks_chown: bool,
}

/// A mode that lets everyone write, and delete only what is their own.
const OPEN: &str = "1777";

impl Writer<'_> {
    /// The mode and the owner that a tmpfs needs, as options.
    ///
    /// A tmpfs belongs to root. Where the mode lets others write, it need not be theirs, except for a start script
    /// that gives it to the server and can't: there it belongs to the server from the start.
    fn rights(&self, mount: &WritablePath) -> Vec<String> {
        let mode = |mode: &str| format!("mode={mode}");
        let with = |owner: Option<UserId>| {
            let mut options = vec![mode(&mount.mode.to_string())];
            if let Some(owner) = owner {
                options.push(format!("uid={}", owner.user));
                options.extend(owner.group.map(|group| format!("gid={group}")));
            }
            options
        };
        let image_is_root = self.fact.map(|fact| fact.starts_as == FirstUser::Root);
        let is_root = match self.user {
            StartUser::OfImage => image_is_root,
            _ => self.user.is_root(),
        };
        let serves_as = self.fact.and_then(|fact| fact.serves_as);
        if mount.mode.lets_everyone_write() {
            let gives_away = is_root != Some(false) && self.lacks_chown;
            return with(mount.owner.or(serves_as.filter(|_| gives_away)));
        }
        match &self.user {
            _ if is_root == Some(true) => with(mount.owner),
            StartUser::OfImage if mount.owner.or(serves_as).is_some() => with(mount.owner.or(serves_as)),
            StartUser::Set(text) => match text.parse() {
                Ok(owner) => with(Some(owner)),
                // A name is a number that only the image knows.
                Err(_) => vec![mode(OPEN)],
            },
            _ => vec![mode(OPEN)],
        }
    }

    /// An entry of `tmpfs`. Docker's own options forbid devices, setuid programs and programs at all.
    pub(super) fn entry(&self, mount: &WritablePath, size: Option<&str>) -> String {
        let size = size.map(|size| format!("size={size}"));
        let options: Vec<String> = self.rights(mount).into_iter().chain(size).collect();
        format!("{}:{}", mount.path, options.join(","))
    }
}

/// Whether all capabilities are dropped and the one that gives files away is not given back.
pub(super) fn lacks_chown(context: &Context<'_>, service: &Service<'_>) -> bool {
    let parts = parts(context.project, service);
    let names = |field: &'static str| -> Vec<String> {
        let items = parts.iter().flat_map(|part| {
            part.scalar_items(field).filter_map(|item| part.interpolate(item)).collect::<Vec<_>>()
        });
        items.collect()
    };
    let is_all = |name: &String| name.trim().eq_ignore_ascii_case("ALL");
    let gives = |name: &String| {
        is_all(name) || name.trim().parse().is_ok_and(|found: Capability| found.name() == "CHOWN")
    };
    let dropped = names("cap_drop");
    dropped.iter().any(gives) && !names("cap_add").iter().any(gives)
}

/// The effect or effects that add entries to `tmpfs`, in the form that is there.
pub(super) fn effects(service: &Service<'_>, entries: &[String]) -> Vec<Effect> {
    let value = |text: &String| Value::string(text);
    let on = |operation| ServiceEffect::on(service, &["tmpfs"], operation).into();
    let there = tmpfs_items(service);
    if entries.is_empty() {
        return Vec::new();
    }
    if !service.items("tmpfs").is_empty() {
        return entries.iter().map(|entry| on(Operation::Append(value(entry)))).collect();
    }
    // A single text becomes a list that keeps it.
    let texts = there.into_iter().filter_map(|node| service.tree().scalar(node));
    let kept = texts.map(|scalar| Value::String(scalar.value.to_string()));
    vec![on(Operation::Set(Value::Sequence(kept.chain(entries.iter().map(value)).collect())))]
}

/// What the options say about the size of a tmpfs.
pub(super) fn size(context: &Context<'_>, service: &Service<'_>) -> Option<String> {
    match context.options.get(&super::TMPFS_SIZE, service.name)? {
        OptionValue::Text(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(mount: &str, user: StartUser, fact: Option<&str>, lacks_chown: bool) -> String {
        let mount: WritablePath = serde_yaml::from_str(&format!("{{{mount}, for: x}}")).unwrap();
        let fact: Option<UserFact> = fact.map(|fact| {
            serde_yaml::from_str(&format!(
                "{{{fact}, user_key: possible, source: x, confidence: documented}}"
            ))
            .unwrap()
        });
        Writer { user, fact: fact.as_ref(), lacks_chown }.entry(&mount, None)
    }

    #[test]
    fn a_tmpfs_belongs_to_who_writes_in_it() {
        let set = |user: &str| StartUser::Set(user.to_owned());
        let root = Some("starts_as: root, serves_as: '101:101'");
        let other = Some("starts_as: other, serves_as: '99:99'");
        let (open, closed) = ("path: /x, mode: '1777'", "path: /x, mode: '0755'");
        for (mount, user, fact, lacks_chown, expected) in [
            (open, StartUser::OfImage, root, false, "/x:mode=1777"),
            (open, StartUser::OfImage, root, true, "/x:mode=1777,uid=101,gid=101"),
            (open, set("7"), root, true, "/x:mode=1777"),
            (closed, StartUser::OfImage, root, true, "/x:mode=0755"),
            (closed, set("root"), None, false, "/x:mode=0755"),
            (closed, set("101"), root, false, "/x:mode=0755,uid=101"),
            (closed, set("101:5"), root, false, "/x:mode=0755,uid=101,gid=5"),
            (closed, set("app"), root, false, "/x:mode=1777"),
            (closed, StartUser::Unknown, root, false, "/x:mode=1777"),
            (closed, StartUser::OfImage, other, false, "/x:mode=0755,uid=99,gid=99"),
            (closed, StartUser::OfImage, None, false, "/x:mode=1777"),
            (
                "path: /x, mode: '0755', owner: '8:9'",
                StartUser::OfImage,
                other,
                false,
                "/x:mode=0755,uid=8,gid=9",
            ),
        ] {
            assert_eq!(entry(mount, user, fact, lacks_chown), expected);
        }
    }
}
