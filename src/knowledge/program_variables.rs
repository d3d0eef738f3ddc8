//! Variables that one program alone reads.

/// Their names, and words one of which is in the name of each image that holds the program.
///
/// Source: docker-library/postgres, docker-entrypoint.sh, and PostgreSQL's manual, "File Locations": PGDATA.
const READERS: [(&str, &[&str]); 1] = [(
    "PGDATA",
    &[
        "citus",
        "paradedb",
        "pg",
        "pgvector",
        "postgis",
        "postgres",
        "postgresql",
        "supabase",
        "timescale",
        "timescaledb",
    ],
)];

/// Whether an image, by its name, holds the program that reads a variable; `None` if many programs may read it.
#[must_use]
pub fn is_read_by(variable: &str, image: &str) -> Option<bool> {
    let (_, words) = READERS.iter().find(|(name, _)| *name == variable)?;
    Some(image.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| words.contains(&word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_of_postgresql_are_its_own() {
        assert_eq!(is_read_by("PGDATA", "docker.io/library/postgres"), Some(true));
        assert_eq!(is_read_by("PGDATA", "docker.io/acme/api"), Some(false));
        assert_eq!(is_read_by("DATA_DIR", "docker.io/acme/api"), None);
    }
}
