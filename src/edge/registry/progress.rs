//! How far a run is, for whoever wants to know.

use std::fmt;
use std::sync::Arc;

/// Is told how many of all questions have an answer, each time that another one has.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<dyn Fn(usize, usize) + Send + Sync>>);

impl Progress {
    /// Tells `listener`: how many are known, and how many there are.
    #[must_use]
    pub fn to(listener: impl Fn(usize, usize) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(listener)))
    }

    pub(super) fn tell(&self, known: usize, all: usize) {
        if let Some(listener) = &self.0 {
            listener(known, all);
        }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Progress(..)" } else { "Progress(nobody)" })
    }
}
