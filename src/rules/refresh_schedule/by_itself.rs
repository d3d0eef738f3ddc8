//! The schedules by which a forge runs hardtack itself: one text for the rule and for `hardtack init ci`.

/// Where a project is hosted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forge {
    /// GitHub, also Enterprise.
    GitHub,
    /// GitLab.
    GitLab,
    /// Forgejo, and Gitea.
    Forgejo,
}

/// How often new versions are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interval {
    /// Every week.
    Weekly,
    /// Every month.
    Monthly,
    /// Four times a year.
    Quarterly,
}

impl Interval {
    /// Its name, as Dependabot and this rule's option have it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Quarterly => "quarterly",
        }
    }

    /// The interval of this name.
    pub(super) fn of(name: &str) -> Option<Self> {
        [Self::Weekly, Self::Monthly, Self::Quarterly].into_iter().find(|own| own.as_str() == name)
    }

    /// As cron has it: early on a Tuesday, or on the second of a month.
    fn cron(self) -> &'static str {
        match self {
            Self::Weekly => "17 4 * * 2",
            Self::Monthly => "17 4 2 * *",
            Self::Quarterly => "17 4 2 1,4,7,10 *",
        }
    }
}

impl Forge {
    /// Where the schedule is written, from the root.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::GitHub => ".github/workflows/hardtack-pull-request.yml",
            Self::GitLab => ".gitlab/hardtack-merge-request.yml",
            Self::Forgejo => ".forgejo/workflows/hardtack-pull-request.yml",
        }
    }

    /// A schedule that opens pull requests with fixes and with moved digests, and keeps them up to date. This version
    /// of hardtack is the one that it installs.
    #[must_use]
    pub fn text(self, interval: Interval) -> String {
        let text = match self {
            Self::GitHub => include_str!("github-pull-request.yml"),
            Self::GitLab => include_str!("gitlab-merge-request.yml"),
            Self::Forgejo => include_str!("forgejo-pull-request.yml"),
        };
        text.replace("{version}", env!("CARGO_PKG_VERSION")).replace("{cron}", interval.cron())
    }
}
