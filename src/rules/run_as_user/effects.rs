//! What changes in a stage that gets a user.

use super::account::{Account, Gift};
use super::{files, git, start, writes};
use crate::knowledge::WrittenPlace;
use crate::model::dockerfile::Stage;
use crate::rule::{Context, DockerfileView, Effect, RefusalCode};
use crate::syntax::{Change, Value};

/// The user is made, files are given to it, and then it is in force.
///
/// # Errors
/// Why that is not possible, with the code for it.
pub(super) fn effects(
    context: &Context<'_>,
    view: &DockerfileView<'_>,
    stage: &Stage,
    account: &Account,
) -> Result<Vec<Effect>, (RefusalCode, String)> {
    let explicit = |why: String| Err((RefusalCode::Explicit, why));
    let Some(at) = view.before_start(stage) else {
        let why = "the stage has no place where USER could stand".to_owned();
        return Err((RefusalCode::Notation, why));
    };
    if let Some(tool) = start::at_home(context, view, stage).filter(|_| !account.has_home(view, stage)) {
        let moved = tool.unless.first().map_or("HOME", String::as_str);
        let why = format!(
            "its start runs `{}`, which needs the folder of its user, and the user has none that it may write; make it \
             with one, or set {moved}",
            tool.words.join(" ")
        );
        return Err((RefusalCode::EvidenceMissing, why));
    }
    let kept = git::kept(context, view, stage);
    let own = files::own_folder(view, stage);
    let written = start::written(context, view, stage);
    // What another stage installs comes by a COPY, which gives it away.
    let changes_packages = written.as_ref().is_some_and(|written| written.place == WrittenPlace::Packages)
        && writes::installs_packages(view, stage);
    if let Some(written) = &written
        && (own.is_none() || (changes_packages && !account.can_give()))
    {
        let why = format!(
            "its start runs {}, which writes beside its sources, and those stay root's",
            written.what
        );
        return explicit(why);
    }
    if let Some(folder) = files::empty_folder(view, stage).filter(|_| own.is_none() || !account.can_give()) {
        return explicit(format!(
            "its WORKDIR {folder} holds nothing that is copied, so that it is for data, and it stays root's; bring it \
             along with `COPY --chown`"
        ));
    }
    if !account.can_give() && !kept.is_empty() {
        let why = "a RUN asks Git about what is copied, which has to be root's until then, and nothing gives it away \
                   afterwards; put `COPY --chown` behind that RUN, or `.git` into .dockerignore";
        return explicit(why.to_owned());
    }
    let mut effects: Vec<Effect> = Vec::new();
    if let Some(owner) = account.owner() {
        let is_given = |copied: &files::Copied| kept.iter().all(|kept| kept.number != copied.number);
        for copied in files::copies(view, stage).into_iter().filter(is_given) {
            let route = view.route(copied.number).key("flags");
            let value = Value::string(format!("--chown={owner}"));
            effects.push(view.effect(Change::Append { route, value }));
        }
    }
    let mut insert = |text: String| {
        effects.push(view.effect(Change::Insert { route: at.clone(), value: Value::string(text) }));
    };
    let mut gifts: Vec<Gift> = writes::volumes(view, stage).into_keys().filter_map(Gift::made).collect();
    if let Some(own) = own {
        let whole = writes::makes_more(view, stage) || changes_packages || !kept.is_empty();
        let above =
            kept.into_iter().map(|copied| copied.target).find(|target| !crate::rule::is_in(target, &own));
        // A variable may be given otherwise to the next build; the RUN is carried out in that folder.
        let path = match files::is_folder_by_variable(view, stage) {
            true => ".".to_owned(),
            false => own,
        };
        gifts.insert(0, Gift::there(above.unwrap_or(path), whole));
    }
    if let Some(run) = account.run(&gifts) {
        insert(run);
    }
    insert(format!("USER {}", account.user()));
    Ok(effects)
}
