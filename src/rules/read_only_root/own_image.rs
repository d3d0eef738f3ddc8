//! An image that a service runs by its name and that the project seems to build itself: nothing is guessed of it that its
//! Dockerfile speaks against.

use super::evidence::{Doubt, Judgement, Subject, UNVERIFIED, judge_run, missing};
use crate::model::compose::{Build, Ground, OwnImage, Run};
use crate::rule::Refusal;

impl<'s> Subject<'s> {
    /// What its own Dockerfile says of an image without facts; `None` if nothing shows that it has one here.
    pub(super) fn of_own_image(&self) -> Option<Result<Judgement, Doubt>> {
        let own = self.context.project.own_image(self.service)?;
        Some(self.by_dockerfile(&own))
    }

    fn by_dockerfile(&self, own: &OwnImage<'s>) -> Result<Judgement, Doubt> {
        let project = self.context.project;
        let with_sign = |doubt| match doubt {
            Doubt::Refused(refusal) => {
                Doubt::Refused(Refusal::new(refusal.code, format!("{}: {}", own.sign, refusal.message)))
            }
            Doubt::Advice(text) => Doubt::Advice(format!("{}: {text}", own.sign)),
        };
        let built = own.builder.filter(|builder| Build::of(builder).is_some());
        if let Some(run) = built.and_then(|builder| project.run(&builder)) {
            let judgement = judge_run(self.context, self.service, run).map_err(with_sign)?;
            // What the registry has may have been built from something older.
            let caveat = format!("{UNVERIFIED}; {}", own.sign);
            return Ok(Judgement { caveat, is_verified: false, ..judgement });
        }
        for built in own.dockerfiles.iter().filter_map(|file| project.last_stage(file)) {
            let ground = Ground::of(&built);
            let run = Run { part: self.run.part, is_built: true, built: Some(built), ground };
            if let Err(Doubt::Refused(refusal)) = judge_run(self.context, self.service, run) {
                return Err(with_sign(Doubt::Refused(refusal)));
            }
        }
        Err(missing(format!(
            "{}, so that it is no foreign image, and what its program writes is not known; see with `docker diff \
             CONTAINER` what that is, or give the service the `build` that makes it",
            own.sign
        )))
    }
}
