//! The migrations, embedded in the program.
//!
//! Listed here and not found by sqlx's own macro: for that one the compiler needs both databases'
//! drivers a second time, SQLite and all, which is minutes of every build from scratch.

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

/// Version, description and file, as the table of applied migrations has them: `0001_bans.sql` is
/// version 1, "bans".
macro_rules! embedded {
    ($folder:literal) => {
        [
            migration!($folder, 1, "world and accounts", "0001_world_and_accounts"),
            migration!($folder, 2, "bans", "0002_bans"),
            migration!(
                $folder,
                3,
                "seeds of characters",
                "0003_seeds_of_characters"
            ),
            migration!($folder, 4, "shared", "0004_shared"),
            migration!($folder, 5, "authority", "0005_authority"),
            migration!($folder, 6, "sign ins", "0006_sign_ins"),
            migration!($folder, 7, "owners", "0007_owners"),
            migration!($folder, 8, "revisions", "0008_revisions"),
            migration!($folder, 9, "design limits", "0009_design_limits"),
        ]
    };
}

macro_rules! migration {
    ($folder:literal, $version:literal, $description:literal, $file:literal) => {
        Embedded {
            version: $version,
            description: $description,
            sql: include_str!(concat!("../../../migrations/", $folder, "/", $file, ".sql")),
        }
    };
}

struct Embedded {
    version: i64,
    description: &'static str,
    sql: &'static str,
}

static POSTGRES: [Embedded; 9] = embedded!("postgres");
static SQLITE: [Embedded; 9] = embedded!("sqlite");

/// What a PostgreSQL database goes through, in order.
pub(super) fn postgres() -> Migrator {
    migrator(&POSTGRES)
}

/// What a SQLite file goes through, in order.
pub(super) fn sqlite() -> Migrator {
    migrator(&SQLITE)
}

/// The newest version that this program knows.
pub(super) fn newest() -> i64 {
    POSTGRES.iter().map(|one| one.version).max().unwrap_or(0)
}

fn migrator(all: &'static [Embedded]) -> Migrator {
    let migrations = all.iter().map(|one| {
        Migration::new(
            one.version,
            one.description.into(),
            MigrationType::Simple,
            one.sql.into_sql_str(),
            false,
        )
    });
    Migrator::with_migrations(migrations.collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::{Embedded, POSTGRES, SQLITE};

    /// File names and contents, in order.
    fn on_disk(folder: &str) -> BTreeMap<String, String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
        let files = std::fs::read_dir(root.join(folder)).unwrap();
        let paths = files.map(|file| file.unwrap().path());
        paths
            .map(|path| {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                (name, std::fs::read_to_string(path).unwrap())
            })
            .collect()
    }

    fn in_program(all: &[Embedded]) -> BTreeMap<String, String> {
        let named = |one: &Embedded| {
            let words = one.description.replace(' ', "_");
            format!("{:04}_{words}.sql", one.version)
        };
        all.iter()
            .map(|one| (named(one), one.sql.to_owned()))
            .collect()
    }

    #[test]
    fn program_embeds_every_migration_by_name() {
        assert_eq!(in_program(&POSTGRES), on_disk("postgres"));
        assert_eq!(in_program(&SQLITE), on_disk("sqlite"));
    }
}
