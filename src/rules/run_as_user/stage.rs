//! What becomes of one stage: nothing, a user, or the reason why not.

use super::account::Account;
use super::effects::effects;
use super::need::{Ends, ends_as};
use super::program::{Obstacle, judge};
use super::{META, files, writes};
use crate::model::dockerfile::Stage;
use crate::rule::{Context, DockerfileView, Evidence, Finding, Fix, Refusal, RefusalCode, Remedy};

/// What is found about a stage that becomes an image.
pub(super) fn check_stage(
    context: &Context<'_>,
    view: &DockerfileView<'_>,
    stage: &Stage,
) -> Option<Finding> {
    if view.all_services_have(stage, "user") {
        return None;
    }
    let subject = stage.name.clone().unwrap_or_else(|| format!("stage {}", stage.index));
    let from = view.route(stage.instructions.start);
    let refuse = |route, message: &str, code, why: String| {
        let finding = view.finding(&META, route).subject(subject.clone());
        Some(finding.build(message, Remedy::Refused(Refusal::new(code, why))))
    };
    let message = "its program runs as root";
    let evidence = match ends_as(context, view, stage) {
        Ends::AsUser => return None,
        Ends::AsRoot(evidence) => evidence,
        Ends::AsRootOnPurpose(number) => {
            let why = "the last USER is root; name the user again before the program starts".to_owned();
            return refuse(view.route(number), "the stage ends as root", RefusalCode::Explicit, why);
        }
        Ends::Open(code, why) => return refuse(from, "it may run as root", code, why),
    };
    let confidence = match judge(context, view, stage) {
        Ok(confidence) => confidence,
        Err(Obstacle::StepsDown) => return None,
        Err(Obstacle::Refused(code, why)) => return refuse(from, message, code, why),
    };
    let account = Account::of(context, view, stage);
    if let Some(group) = account.clashes(view, stage) {
        let why = format!(
            "it makes the group {group} already; make the user there, or choose another by `gid` and `name`"
        );
        return refuse(from, message, RefusalCode::Explicit, why);
    }
    let effects = match effects(context, view, stage, &account) {
        Ok(effects) => effects,
        Err((code, why)) => return refuse(from, message, code, why),
    };
    let volumes = writes::volumes(view, stage).into_iter();
    let volumes: Vec<String> = volumes.map(|volume| handed_over(volume, &account.user())).collect();
    let caveat = format!(
        "{}what it writes outside {} must belong to {}; run `docker compose build` afterwards",
        volumes.concat(),
        files::folder(view, stage).as_deref().unwrap_or("/tmp"),
        account.user(),
    );
    let evidence = Evidence { confidence: evidence.confidence.min(confidence), ..evidence };
    let fix = Fix::caution(format!("run as {}", account.user()), caveat, effects);
    let finding = view.finding(&META, from).subject(subject).because(Some(evidence));
    Some(finding.build(message, Remedy::Fix(fix)))
}

/// What to do about a volume that is there already.
fn handed_over((target, service): (String, String), user: &str) -> String {
    format!(
        "files that are at {target} already have to be given over: `docker compose run --rm --user root {service} chown \
         -R {user} {target}`; "
    )
}
