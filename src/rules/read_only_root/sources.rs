//! What the sources of a program write that a read-only root would keep from being written.

use super::evidence::Subject;
use super::room::Room;

impl Subject<'_> {
    /// The first line of a source that writes outside of `room`, with its file, and the path. The sources are those that
    /// its Dockerfile copies, in whatever stage, and those that it mounts.
    pub(super) fn written_by_sources(&self, room: &Room) -> Option<(String, String)> {
        let project = self.context.project;
        let places = project.sources_of(self.service, &self.run);
        let others = || project.other_variables(&self.parts, Some(&self.run));
        let is_moved = |name: &String| {
            self.parts.iter().any(|part| part.sets_variable(name) != Some(false))
                || others().iter().any(|variable| variable.name == *name)
        };
        let mut started = self.context.started(self.service, &self.run);
        started.extend(self.run.built.iter().map(|built| built.file.tree.text()));
        let mut found = project.writes_below(&places, &started);
        let (file, write) = found
            .find(|(_, write)| !room.holds(&write.path) && !write.unless.as_ref().is_some_and(is_moved))?;
        Some((format!("{file} (line {})", write.line), write.path.clone()))
    }
}
