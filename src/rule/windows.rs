//! Which stages of a Dockerfile are of Windows.

use super::DockerfileView;
use crate::model::dockerfile::Stage;
use crate::syntax::dockerfile::Escape;

impl DockerfileView<'_> {
    /// Whether a stage stands on an image of Windows, by its name or by paths that only mean something there.
    #[must_use]
    pub fn is_of_windows(&self, stage: &Stage) -> bool {
        let by_image = || {
            let image = self.image(stage)?;
            let name = image.full_repository();
            let tag = image.tag().unwrap_or_default().to_owned();
            let parts =
                name.split(['/', '-', '.']).chain(tag.split('-')).map(str::to_owned).collect::<Vec<_>>();
            Some(parts.iter().any(|part| {
                part.starts_with("windowsservercore")
                    || part.starts_with("nanoserver")
                    || *part == "windows"
                    || *part == "servercore"
            }))
        };
        let has_drive = |text: &str| {
            let bytes = text.as_bytes();
            bytes.windows(3).enumerate().any(|(at, three)| {
                let starts = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
                starts && three[0].is_ascii_alphabetic() && three[1] == b':' && three[2] == b'\\'
            })
        };
        let by_path = || self.history(stage).iter().any(|(_, found)| has_drive(found.logical_text()));
        self.tree().escape() == Escape::Backtick || by_image() == Some(true) || by_path()
    }
}
