//! A fresh database of either kind, and the ways to look into it and to hold it up.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, SqliteConnection};
use storage::{Argon2Config, StorageConfig};
use tempfile::TempDir;

use super::Cluster;

/// Which kind.
#[derive(Clone, Copy)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

/// One database and a folder for data folders.
pub(crate) struct Database {
    pub(crate) folder: TempDir,
    pub(crate) url: String,
    cluster: Option<Arc<Cluster>>,
}

impl Backend {
    pub(crate) async fn fresh(self) -> Database {
        let folder = TempDir::new().unwrap();
        match self {
            Self::Sqlite => Database {
                url: format!("sqlite://{}", folder.path().join("test.db").display()),
                folder,
                cluster: None,
            },
            Self::Postgres => {
                let cluster = Cluster::shared().await;
                Database {
                    url: cluster.fresh().await,
                    folder,
                    cluster: Some(cluster),
                }
            }
        }
    }
}

/// A connection of the test's own.
pub(crate) enum Peek {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Database {
    /// A configuration over the data folder `data` of this test.
    pub(crate) fn config_in(&self, data: &str) -> StorageConfig {
        let mut config = StorageConfig::in_folder(self.folder.path().join(data));
        config.database.url.clone_from(&self.url);
        config.database.connect_retry_seconds = 5;
        // Who follows one that crashed, with another folder, waits for so long.
        config.database.lease_ms = 1_000;
        config.accounts.argon2 = Argon2Config {
            time: 1,
            memory_kib: 1_024,
            lanes: 1,
        };
        config
    }

    pub(crate) fn config(&self) -> StorageConfig {
        self.config_in("data")
    }

    /// Whose server sends no statements unasked, once it has started.
    pub(crate) fn quiet_config(&self) -> StorageConfig {
        let mut config = self.config();
        config.database.lease_ms = 600_000;
        config
    }

    pub(crate) fn journal_folder(&self) -> PathBuf {
        self.folder.path().join("data/journal")
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.cluster.is_some()
    }

    pub(crate) async fn peek(&self) -> Peek {
        if self.is_postgres() {
            Peek::Postgres(PgConnection::connect(&self.url).await.unwrap())
        } else {
            let options = SqliteConnectOptions::from_str(&self.url).unwrap();
            Peek::Sqlite(options.connect().await.unwrap())
        }
    }

    /// Runs statements that give nothing back.
    pub(crate) async fn execute(&self, sql: &str) {
        self.peek().await.execute(sql).await;
    }

    /// The one number that `sql` gives.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        match self.peek().await {
            Peek::Sqlite(mut db) => sqlx::query_scalar(sql).fetch_one(&mut db).await.unwrap(),
            Peek::Postgres(mut db) => sqlx::query_scalar(sql).fetch_one(&mut db).await.unwrap(),
        }
    }

    /// The one text that `sql` gives.
    pub(crate) async fn text(&self, sql: &str) -> String {
        let sql = AssertSqlSafe(sql.to_owned());
        match self.peek().await {
            Peek::Sqlite(mut db) => sqlx::query_scalar(sql).fetch_one(&mut db).await.unwrap(),
            Peek::Postgres(mut db) => sqlx::query_scalar(sql).fetch_one(&mut db).await.unwrap(),
        }
    }

    /// Lets nobody write, but everybody read, until the answer is dropped.
    pub(crate) async fn hold_writes(&self) -> Peek {
        let mut peek = self.peek().await;
        match &peek {
            Peek::Sqlite(_) => peek.execute("BEGIN IMMEDIATE").await,
            Peek::Postgres(_) => {
                peek.execute("BEGIN").await;
                peek.execute("LOCK TABLE component_rows, applied IN EXCLUSIVE MODE")
                    .await;
            }
        }
        peek
    }
}

impl Peek {
    pub(crate) async fn execute(&mut self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(db) => sqlx::raw_sql(sql).execute(db).await.map(|_| ()),
            Self::Postgres(db) => sqlx::raw_sql(sql).execute(db).await.map(|_| ()),
        }
        .unwrap();
    }

    /// Ends a hold.
    pub(crate) async fn release(mut self) {
        self.execute("ROLLBACK").await;
    }
}
