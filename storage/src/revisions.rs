//! The revisions of the world's content, in the database. What a content is made of is the caller's
//! business: here it is bytes under a name.

use std::sync::Arc;

use engine::port::{Registry, Role, StableId, WorldTime};
use sqlx::{query, query_as, query_scalar};

use crate::accounts::{DesignLimits, DesignReach};
use crate::clock::wall;
use crate::config::StorageConfig;
use crate::lock::Lock;
use crate::store::{
    Counters, DatabaseFile, Store, is_unique_violation, reading, role_of, signed, transaction,
    unsigned,
};
use crate::{StorageFault, private};

/// How many revisions are listed at most, the newest.
const LISTED_MAX: i64 = 1_000;

/// The revisions in a database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Revisions {
    store: Store,
    /// That no server runs on this folder, where none does.
    _alone: Option<Arc<Lock>>,
}

/// A published revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedRevision {
    /// Its number, counted from 1.
    pub number: u64,
    /// The name of its content.
    pub digest: String,
    /// Who published it.
    pub author: String,
    /// What it is about; may be empty.
    pub message: String,
    /// When, by the wall clock.
    pub at: WorldTime,
    /// The revision whose content it has again.
    pub reverts: Option<u64>,
    /// The draft that was left when it took others back.
    pub draft: Option<String>,
}

/// A revision that is to be published.
#[derive(Clone, Debug)]
pub struct NewRevision {
    /// The revision that runs; another by now is a refusal.
    pub after: u64,
    /// The name of its content.
    pub digest: String,
    /// Its content, where the database may lack it.
    pub body: Option<Vec<u8>>,
    /// Who publishes it.
    pub author: String,
    /// What it is about.
    pub message: String,
    /// The revision whose content it has again.
    pub reverts: Option<u64>,
    /// The draft that is left.
    pub draft: Option<String>,
}

type RevisionRow = (
    i64,
    String,
    String,
    String,
    i64,
    Option<i64>,
    Option<String>,
);

fn revision(row: RevisionRow) -> PublishedRevision {
    let (number, digest, author, message, at, reverts, draft) = row;
    PublishedRevision {
        number: unsigned(number),
        digest,
        author,
        message,
        at: WorldTime(unsigned(at)),
        reverts: reverts.map(unsigned),
        draft,
    }
}

impl Revisions {
    pub(crate) const fn new(store: Store) -> Self {
        let _alone = None;
        Self { store, _alone }
    }

    /// Those of a database while no server runs on the data folder, nor can be started. Ends with
    /// [`Revisions::close`].
    ///
    /// # Errors
    /// As [`crate::Storage::open`].
    pub async fn connect(
        config: &StorageConfig,
        registry: &Registry,
    ) -> Result<Self, StorageFault> {
        config.validate()?;
        private::make_folder(&config.data).map_err(StorageFault::io("create", &config.data))?;
        let alone = Lock::of_folder(&config.data)?;
        DatabaseFile::of(&config.database, &config.database_url())?;
        let counters = Counters::new(registry)?;
        let url = config.database_url();
        Ok(Self {
            store: Store::connect(&config.database, &url, counters).await?,
            _alone: Some(Arc::new(alone)),
        })
    }

    /// Closes the connections. Only for what came from [`Revisions::connect`].
    pub async fn close(&self) {
        self.store.close(std::time::Duration::from_secs(1)).await;
    }

    /// The world that the database is of, if it is of one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn world(&self) -> Result<Option<String>, StorageFault> {
        let world = self.store.world().await.map_err(self.failed())?;
        Ok(world.map(|world| world.to_string()))
    }

    /// The number of the revision that runs; 0: none was ever published.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest(&self) -> Result<u64, StorageFault> {
        let sql = self
            .store
            .sql("SELECT coalesce(max(number), 0) FROM revisions");
        let read = async { reading!(self.store, db => query_scalar(sql).fetch_one(db).await) };
        let number: i64 = read.await.map_err(self.failed())?;
        Ok(unsigned(number))
    }

    /// A revision.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn get(&self, number: u64) -> Result<Option<PublishedRevision>, StorageFault> {
        let sql = self.store.sql(
            "SELECT number, digest, author, message, at, reverts, draft
             FROM revisions WHERE number = $1",
        );
        let number = signed(number);
        let read = async {
            reading!(self.store, db => query_as(sql).bind(number).fetch_optional(db).await)
        };
        let found: Option<RevisionRow> = read.await.map_err(self.failed())?;
        Ok(found.map(revision))
    }

    /// The newest revisions, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn all(&self) -> Result<Vec<PublishedRevision>, StorageFault> {
        let sql = self.store.sql(
            "SELECT number, digest, author, message, at, reverts, draft
             FROM revisions ORDER BY number DESC LIMIT $1",
        );
        let read = async {
            reading!(self.store, db => query_as(sql).bind(LISTED_MAX).fetch_all(db).await)
        };
        let all: Vec<RevisionRow> = read.await.map_err(self.failed())?;
        Ok(all.into_iter().map(revision).collect())
    }

    /// A content.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn content(&self, digest: &str) -> Result<Option<Vec<u8>>, StorageFault> {
        let sql = self
            .store
            .sql("SELECT body FROM contents WHERE digest = $1");
        let read = async {
            reading!(self.store, db => query_scalar(sql).bind(digest).fetch_optional(db).await)
        };
        read.await.map_err(self.failed())
    }

    /// What the account of a character may change of the content now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reach(&self, character: StableId) -> Result<DesignReach, StorageFault> {
        let sql = self.store.sql(
            "SELECT role, design_until, design_zones FROM accounts WHERE id =
             (SELECT account FROM characters WHERE id = $1 AND deleted_at IS NULL)",
        );
        let id = character.uuid();
        let read =
            async { reading!(self.store, db => query_as(sql).bind(id).fetch_optional(db).await) };
        let found: Option<(String, Option<i64>, Option<String>)> =
            read.await.map_err(self.failed())?;
        let Some((role, until, zones)) = found else {
            return Ok(DesignReach::Nothing);
        };
        Ok(match role_of(&role, until, signed(wall().0)) {
            Role::Player => DesignReach::Nothing,
            Role::Admin => DesignReach::All,
            Role::Designer => match DesignLimits::of(until, zones.as_deref()).zones {
                None => DesignReach::All,
                Some(zones) => DesignReach::Zones(zones),
            },
        })
    }

    /// Publishes a revision with its content, whole or not at all; answers its number.
    ///
    /// # Errors
    /// [`StorageFault::Overtaken`] when another was published meanwhile; when the database fails.
    pub async fn publish(&self, new: &NewRevision) -> Result<u64, StorageFault> {
        let store = &self.store;
        let (number, at) = (new.after + 1, signed(wall().0));
        let write = async {
            let newest = transaction!(store, tx => {
                let newest: i64 = query_scalar(
                    store.sql("SELECT coalesce(max(number), 0) FROM revisions"))
                    .fetch_one(&mut *tx).await?;
                if unsigned(newest) == new.after {
                    if let Some(body) = &new.body {
                        query(store.sql(
                            "INSERT INTO contents (digest, body) VALUES ($1, $2)
                             ON CONFLICT DO NOTHING"))
                            .bind(&new.digest).bind(body).execute(&mut *tx).await?;
                    }
                    query(store.sql(
                        "INSERT INTO revisions
                             (number, digest, author, message, at, reverts, draft)
                         VALUES ($1, $2, $3, $4, $5, $6, $7)"))
                        .bind(signed(number)).bind(&new.digest).bind(&new.author)
                        .bind(&new.message).bind(at).bind(new.reverts.map(signed))
                        .bind(&new.draft).execute(&mut *tx).await?;
                }
                unsigned(newest)
            });
            Ok(newest)
        };
        let newest = match write.await {
            Ok(newest) => newest,
            // Another node's was there first.
            Err(error) if is_unique_violation(&error) => self.newest().await?,
            Err(error) => return Err(self.failed()(error)),
        };
        match newest == new.after {
            true => Ok(number),
            false => Err(StorageFault::Overtaken { newest }),
        }
    }

    fn failed(&self) -> impl Fn(sqlx::Error) -> StorageFault {
        let target = self.store.target().to_owned();
        move |error| StorageFault::Database {
            target: target.clone(),
            reason: error.to_string(),
        }
    }
}
