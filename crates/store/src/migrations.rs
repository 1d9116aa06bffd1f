use sqlx::{
    SqlSafeStr as _,
    migrate::{Migration, MigrationType, Migrator},
};

/// Version, name and text of each migration. One that was released never changes: its hash is in the databases
/// that it was run on.
///
/// `sqlx::migrate!` would list the folder by itself, and have the database and a runtime compiled a second
/// time for it, to run inside the compiler.
const SQLITE: &[(i64, &str, &str)] = &[
    (1, "first light", include_str!("../migrations/sqlite/0001_first_light.sql")),
    (2, "packed lists", include_str!("../migrations/sqlite/0002_packed_lists.sql")),
    (3, "standing", include_str!("../migrations/sqlite/0003_standing.sql")),
    (4, "merkle log", include_str!("../migrations/sqlite/0004_merkle_log.sql")),
    (5, "acts", include_str!("../migrations/sqlite/0005_acts.sql")),
    (6, "people", include_str!("../migrations/sqlite/0006_people.sql")),
    (7, "agreement lives", include_str!("../migrations/sqlite/0007_agreement_lives.sql")),
    (8, "rules", include_str!("../migrations/sqlite/0008_rules.sql")),
    (9, "record details", include_str!("../migrations/sqlite/0009_record_details.sql")),
    (10, "disclosures", include_str!("../migrations/sqlite/0010_disclosures.sql")),
    (11, "quota", include_str!("../migrations/sqlite/0011_quota.sql")),
    (12, "bounds", include_str!("../migrations/sqlite/0012_bounds.sql")),
    (14, "standing labels", include_str!("../migrations/sqlite/0014_standing_labels.sql")),
    (15, "tokens", include_str!("../migrations/sqlite/0015_tokens.sql")),
    (
        16,
        "events of agreements",
        include_str!("../migrations/sqlite/0016_events_of_agreements.sql"),
    ),
    (17, "erasing", include_str!("../migrations/sqlite/0017_erasing.sql")),
];

/// What brings a database of any earlier version to this one.
pub(crate) fn migrator() -> Migrator {
    let all = SQLITE.iter().map(|(version, name, text)| {
        let text = text.into_sql_str();
        Migration::new(*version, (*name).into(), MigrationType::Simple, text, false)
    });
    Migrator::with_migrations(all.collect())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[tokio::test]
    async fn every_file_of_the_folder_is_run_as_sqlx_would_read_it() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
        let read = Migrator::new(folder.as_path()).await.unwrap();
        let of = |migrator: &Migrator| -> Vec<_> {
            let all = migrator.iter().cloned();
            all.map(|m| (m.version, m.description, m.migration_type, m.checksum, m.no_tx)).collect()
        };
        assert_eq!(of(&migrator()), of(&read));
    }
}
