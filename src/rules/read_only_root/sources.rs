//! What the sources of a program write that a read-only root would keep from being written.

use super::evidence::Subject;
use super::room::Room;
use crate::knowledge::WritingLanguage;
use crate::model::SourceWrite;
use crate::rule::programs;

impl Subject<'_> {
    /// The first line of a source that writes outside of `room`, with its file, and what it writes. The sources are those that
    /// its Dockerfile copies, in whatever stage, and those that it mounts.
    pub(super) fn written_by_sources(&self, room: &Room) -> Option<(String, SourceWrite)> {
        let project = self.context.project;
        let places = project.sources_of(self.service, &self.run);
        let others = || project.other_variables(&self.parts, Some(&self.run));
        let is_moved = |name: &String| {
            self.parts.iter().any(|part| part.sets_variable(name) != Some(false))
                || others().iter().any(|variable| variable.name == *name)
        };
        let started = self.context.started(self.service, &self.run);
        let running: Vec<&str> = programs(&started).collect();
        let built = self.run.built.as_ref().map(|built| built.file.tree.text()).unwrap_or_default();
        let named = format!("{started}\n{built}");
        let mut found = project
            .writes_below(&places, &named)
            .filter(|(path, _)| WritingLanguage::may_run(&running, path));
        let (file, write) = found
            .find(|(_, write)| !room.holds(&write.path) && !write.unless.as_ref().is_some_and(is_moved))?;
        Some((format!("{file}:{}", write.line), write.clone()))
    }
}
