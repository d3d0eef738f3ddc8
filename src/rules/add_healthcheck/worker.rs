//! Which commands take work from a queue or a clock and serve nobody, so that no address could be asked.

/// Programs and their commands, as whole words: Celery, Sidekiq, RQ, Dramatiq, Huey, Laravel, Symfony, Rails, cron.
const WORKERS: [&str; 22] = [
    "worker",
    "workers",
    "beat",
    "sidekiq",
    "rqworker",
    "rqscheduler",
    "dramatiq",
    "huey_consumer",
    "queue:work",
    "queue:listen",
    "schedule:work",
    "horizon",
    "messenger:consume",
    "solid_queue:start",
    "resque:work",
    "jobs:work",
    "bullmq",
    "arq",
    "crond",
    "cron",
    "supercronic",
    "ofelia",
];

/// Endings of scripts, by which their names are cut.
const ENDINGS: [&str; 6] = [".js", ".mjs", ".ts", ".py", ".rb", ".php"];

/// Whether the words of a command start a worker. Options say nothing: `gunicorn --workers 4` serves.
pub(super) fn is_worker<W: AsRef<str>>(words: &[W]) -> bool {
    let mut plain = words
        .iter()
        .flat_map(|word| word.as_ref().split([' ', ';', '&', '|', '"', '\'']))
        .filter(|word| !word.starts_with('-'));
    plain.any(|word| {
        let name = word.rsplit('/').next().unwrap_or_default();
        let name = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name);
        // `python -m app.worker`
        let last = name.rsplit('.').next().unwrap_or_default();
        WORKERS.contains(&name) || WORKERS.contains(&last)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_told_from_a_server() {
        for line in [
            "celery -A app worker -l info",
            "celery -A app beat",
            "bundle exec sidekiq -C x.yml",
            "php artisan queue:work --tries=3",
            "rq worker default",
            "node dist/worker.js",
            "python -m app.worker",
            "sh -c 'cd /x && php artisan horizon'",
        ] {
            assert!(is_worker(&[line]), "{line}");
        }
        for line in [
            "gunicorn --workers 4 app:app",
            "gunicorn -k uvicorn.workers.UvicornWorker app:app",
            "celery -A app flower",
            "node server.js",
            "uvicorn app.main:app --workers=2",
        ] {
            assert!(!is_worker(&[line]), "{line}");
        }
    }
}
