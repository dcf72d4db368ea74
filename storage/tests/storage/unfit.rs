//! Databases that no waiting would make fit to be used: refused at once, in words.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection};
use storage::{StorageConfig, StorageFault};

use crate::harness::{Backend, Cluster, World};

/// Far below the patience with one that is away.
const AT_ONCE: Duration = Duration::from_secs(20);

async fn config(url: String) -> (tempfile::TempDir, StorageConfig) {
    let folder = tempfile::TempDir::new().unwrap();
    let mut config = Backend::Sqlite.fresh().await.config();
    config.data = folder.path().to_owned();
    config.database.url = url;
    config.database.connect_retry_seconds = 600;
    (folder, config)
}

async fn refused_at_once(url: String) -> StorageFault {
    let (_folder, config) = config(url).await;
    let opening = tokio::time::timeout(AT_ONCE, World::open(config));
    match opening.await.expect("it is waited for") {
        Ok(_) => panic!("storage opened"),
        Err(fault) => fault,
    }
}

async fn admin(cluster: &Cluster, sql: &str) {
    let mut admin = cluster.connect("postgres").await;
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&mut admin)
        .await
        .unwrap();
    admin.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn encoding_other_than_utf8_is_refused() {
    let cluster = Cluster::shared().await;
    for encoding in ["LATIN1", "SQL_ASCII"] {
        let name = format!("encoding_{}", encoding.to_lowercase());
        let made = format!(
            "CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        );
        admin(&cluster, &made).await;
        let fault = refused_at_once(cluster.url(&name)).await;
        let StorageFault::Encoding { encoding: said, .. } = &fault else {
            panic!("{encoding}: {fault}");
        };
        assert_eq!(said, encoding);
        let text = fault.to_string();
        assert!(text.contains("ENCODING 'UTF8'"), "{text}");
        // Nothing was made in it.
        let mut database = cluster.connect(&name).await;
        let tables =
            sqlx::query_scalar("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'");
        let tables: i64 = tables.fetch_one(&mut database).await.unwrap();
        assert_eq!(tables, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn read_only_database_is_refused() {
    let cluster = Cluster::shared().await;
    let url = cluster.make("only_to_read").await;
    let close = "ALTER DATABASE only_to_read SET default_transaction_read_only = on";
    admin(&cluster, close).await;
    let fault = refused_at_once(url).await;
    assert!(matches!(fault, StorageFault::Refused { .. }), "{fault}");
    assert!(fault.to_string().contains("read-only"), "{fault}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_user_is_refused() {
    let cluster = Cluster::shared().await;
    let url = cluster.make("locked_door").await;
    let fault = refused_at_once(url.replace("postgres@", "nobody:secret@")).await;
    assert!(matches!(fault, StorageFault::Refused { .. }), "{fault}");
    assert!(!fault.to_string().contains("secret"), "{fault}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn server_without_demanded_tls_is_refused() {
    let cluster = Cluster::shared().await;
    let url = cluster.make("open_wire").await;
    let fault = refused_at_once(format!("{url}?sslmode=require")).await;
    assert!(matches!(fault, StorageFault::Refused { .. }), "{fault}");
    assert!(fault.to_string().contains("TLS"), "{fault}");
}

#[tokio::test]
async fn sqlite_url_without_writable_file_is_refused() {
    for word in ["mode=ro", "mode=memory", "immutable=true"] {
        let fault = refused_at_once(format!("sqlite:///tmp/kadath-none.db?{word}")).await;
        assert!(fault.to_string().contains("database.url"), "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pooler_of_transactions_is_refused() {
    let cluster = Cluster::shared().await;
    let url = cluster.make("pooled").await;
    let direct = url
        .split_once('@')
        .and_then(|(_, rest)| rest.split_once('/'))
        .map(|(address, _)| address.to_owned())
        .unwrap();
    let pooler = pool_transactions(direct.clone());
    let url = format!("{}?sslmode=disable", url.replace(&direct, &pooler));
    let fault = refused_at_once(url).await;
    assert!(matches!(fault, StorageFault::Pooled { .. }), "{fault}");
    assert!(fault.to_string().contains("session mode"), "{fault}");
}

/// The one connection that a pooler has to its server, and what that said to the first who came.
struct Pooled {
    server: TcpStream,
    greeting: Vec<u8>,
}

/// A pooler with one connection to `server`, which it lends for one transaction at a time; answers
/// its address.
fn pool_transactions(server: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let pool: Arc<Mutex<Option<Pooled>>> = Arc::default();
    thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, pool, server) = (client.unwrap(), Arc::clone(&pool), server.clone());
            thread::spawn(move || {
                // Whoever goes away ends the loop.
                let _ = lend(&mut client, &pool, &server);
            });
        }
    });
    address
}

fn lend(client: &mut TcpStream, pool: &Mutex<Option<Pooled>>, server: &str) -> std::io::Result<()> {
    let startup = message(client, None)?;
    {
        let mut pool = pool.lock().unwrap();
        if pool.is_none() {
            let mut server = TcpStream::connect(server)?;
            server.write_all(&startup)?;
            let greeting = until_ready(&mut server)?;
            *pool = Some(Pooled { server, greeting });
        }
        client.write_all(&pool.as_ref().unwrap().greeting)?;
    }
    loop {
        let mut asked = Vec::new();
        loop {
            let kind = byte(client)?;
            if kind == b'X' {
                return Ok(());
            }
            asked.extend(message(client, Some(kind))?);
            // Sync, or a simple query.
            if matches!(kind, b'S' | b'Q') {
                break;
            }
        }
        let mut pool = pool.lock().unwrap();
        let server = &mut pool.as_mut().unwrap().server;
        server.write_all(&asked)?;
        let answer = until_ready(server)?;
        client.write_all(&answer)?;
    }
}

fn until_ready(server: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut said = Vec::new();
    loop {
        let kind = byte(server)?;
        said.extend(message(server, Some(kind))?);
        if kind == b'Z' {
            return Ok(said);
        }
    }
}

fn byte(stream: &mut TcpStream) -> std::io::Result<u8> {
    let mut byte = [0];
    stream.read_exact(&mut byte)?;
    Ok(byte[0])
}

/// One message as it came, whose kind was read before; the first of a client has none.
fn message(stream: &mut TcpStream, kind: Option<u8>) -> std::io::Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut body = vec![0; u32::from_be_bytes(length) as usize - 4];
    stream.read_exact(&mut body)?;
    Ok(kind.into_iter().chain(length).chain(body).collect())
}
