//! Floor 5: from findings to a plan, and from a plan back. Pure.
//!
//! A plan is a fold: each rule, in the order of the profile, sees the project as the rule before it
//! left it. What it finds is weighed (threshold, exceptions, suppressions), its fixes are placed, lowered
//! and applied in memory, and the result is proved. What can't be proved is not planned.

mod apply;
mod counted;
mod counterpart;
mod dependency;
mod finish;
mod fold;
mod lock_step;
mod moved;
mod origin;
mod part;
mod pin_age;
mod placement;
mod proof;
pub mod refresh;
mod replay;
pub mod rollback;
mod second_reader;
mod settled;
mod sight;
mod spanning;
mod suppression;
mod types;

pub use counted::Counted;
pub use fold::{Exception, Input, Selection, ask, ask_ahead, plan};
pub use lock_step::{LOCK_STEP, LockStepError};
pub use pin_age::{AgedPin, aged_pins};
pub use replay::{ReplayError, replay, replay_without};
pub use second_reader::{SecondReaderError, second_reading};
pub use types::{
    ChangedFile, FileChange, IdleSuppression, Outcome, Plan, PlanFormatError, PlannedFinding, Step, StepId,
    sha256_hex,
};
