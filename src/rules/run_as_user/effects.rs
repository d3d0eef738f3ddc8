//! What changes in a stage that gets a user.

use super::account::{Account, Gift};
use super::{files, writes};
use crate::model::dockerfile::Stage;
use crate::rule::{DockerfileView, Effect};
use crate::syntax::{Change, Value};

/// The user is made, files are given to it, and then it is in force.
pub(super) fn effects(view: &DockerfileView<'_>, stage: &Stage, account: &Account) -> Option<Vec<Effect>> {
    let start = view.before_start(stage)?;
    let mut effects: Vec<Effect> = Vec::new();
    if let Some(owner) = account.owner() {
        for number in files::copies(view, stage) {
            let route = view.route(number).key("flags");
            let value = Value::string(format!("--chown={owner}"));
            effects.push(view.effect(Change::Append { route, value }));
        }
    }
    let mut insert = |text: String| {
        effects.push(view.effect(Change::Insert { route: start.clone(), value: Value::string(text) }));
    };
    let mut gifts: Vec<Gift> = writes::volumes(view, stage).into_keys().filter_map(Gift::made).collect();
    if let Some(folder) = files::own_folder(view, stage) {
        gifts.insert(0, Gift::there(folder, writes::makes_more(view, stage)));
    }
    if let Some(run) = account.run(&gifts) {
        insert(run);
    }
    insert(format!("USER {}", account.user()));
    Some(effects)
}
