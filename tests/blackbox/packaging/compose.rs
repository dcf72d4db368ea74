//! The services of compose.yaml without containers: real PostgreSQL, a real broker with the
//! shipped configuration and command, and the server with the shipped environment, with addresses
//! and folders put in place. What Compose itself does with the file is not shown.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use super::{Neighbor, checkout, done, free_address, packaged, put_in, tool};
use crate::harness::{Cluster, Http, Recipe, Server, until};

fn compose() -> Value {
    serde_saphyr::from_str(&packaged("compose.yaml")).unwrap()
}

fn strings(value: &Value) -> Vec<&str> {
    let list = value.as_array().into_iter().flatten();
    list.map(|one| one.as_str().unwrap()).collect()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

/// The variables of a service.
fn environment<'a>(compose: &'a Value, service: &str) -> Vec<(&'a str, &'a str)> {
    let variables = compose["services"][service]["environment"].as_object();
    let variables = variables.unwrap().iter();
    variables
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect()
}

/// Makes the secrets in a folder.
async fn secrets(folder: &Path) {
    let mut script = Command::new(checkout("packaging/make-secrets"));
    script.arg(folder);
    done(script).await;
}

/// The server as compose.yaml has it, with its secrets in a folder.
fn recipe(compose: &Value, secrets: &Path) -> Recipe {
    let mut recipe = Recipe::new();
    for (name, value) in environment(compose, "kadath") {
        let value = match value.strip_prefix("/run/secrets/") {
            Some(secret) => secrets.join(secret).to_str().unwrap().to_owned(),
            None => value.to_owned(),
        };
        recipe = recipe.env(name, &value);
    }
    recipe
}

/// All three services, of a test's own.
pub(super) struct Stack {
    pub(super) server: Server,
    _broker: Neighbor,
    _cluster: Arc<Cluster>,
    /// The broker's page of health.
    health: String,
    _folder: TempDir,
}

impl Stack {
    pub(super) async fn start() -> Self {
        let compose = compose();
        let cluster = Cluster::shared().await;
        let folder = TempDir::new().unwrap();
        let secrets_folder = folder.path().join("secrets");
        secrets(&secrets_folder).await;
        let (broker, nats, health) = broker(&compose, folder.path()).await;
        let url = cluster.fresh().await;
        std::fs::write(secrets_folder.join("database_url"), url).unwrap();
        let recipe = recipe(&compose, &secrets_folder)
            .env("KADATH_NATS__URL", &format!("nats://{nats}"))
            .env("KADATH_SERVER__METRICS_LISTEN", "127.0.0.1:0");
        Self {
            server: recipe.start().await,
            _broker: broker,
            _cluster: cluster,
            health,
            _folder: folder,
        }
    }

    /// The page of metrics, which has a listener of its own.
    pub(super) async fn metrics(&self) -> String {
        let told = std::fs::read_to_string(self.server.recipe().data().join("address")).unwrap();
        let (status, page) = Http::new(told.lines().nth(1).unwrap())
            .get("/metrics")
            .await;
        assert_eq!(status, 200);
        page.as_str().unwrap().to_owned()
    }
}

/// The broker by the service's own command; answers it, where it listens and where its health is.
async fn broker(compose: &Value, folder: &Path) -> (Neighbor, String, String) {
    let service = &compose["services"]["nats"];
    let (clients, pages) = (free_address(), free_address());
    let store = folder.join("jetstream");
    let config = put_in(
        &packaged("nats.conf"),
        &[
            ("0.0.0.0:4222", &clients),
            ("127.0.0.1:8222", &pages),
            ("/var/lib/nats", store.to_str().unwrap()),
        ],
    );
    std::fs::write(folder.join("nats.conf"), config).unwrap();
    let entrypoint = strings(&service["entrypoint"]);
    let [line] = strings(&service["command"])[..] else {
        panic!("not one line: {service}");
    };
    let line = put_in(
        line,
        &[
            ("$$", "$"),
            ("/run/secrets/", folder.join("secrets/").to_str().unwrap()),
            (
                "/etc/nats/nats.conf",
                folder.join("nats.conf").to_str().unwrap(),
            ),
        ],
    );
    let mut command = tool(entrypoint[0].trim_start_matches("/bin/"));
    command.args(&entrypoint[1..]).arg(line);
    let mut broker = Neighbor::start(command, &folder.join("nats.log"));
    broker.listens(&clients).await;
    let check = strings(&service["healthcheck"]["test"]);
    let health = check.last().unwrap().replace("127.0.0.1:8222", &pages);
    (broker, clients, health)
}

#[tokio::test(flavor = "multi_thread")]
async fn compose_services_play_together() {
    let stack = Stack::start().await;
    let (_, health) = Http::new(&stack.health).get("").await;
    assert_eq!(health["status"], "ok", "{health}");
    let readiness = until("the bus", async || {
        let (_, readiness) = stack.server.http.get("/readyz").await;
        (readiness["checks"]["bus"]["ok"] == true).then_some(readiness)
    })
    .await;
    assert_ne!(readiness["checks"]["bus"]["reason"], "not configured");
    let mut guest = stack.server.guest().await;
    let (way, _) = guest.way_out();
    guest.does_for_good(&way).await;
    stack.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn broker_refuses_client_without_password() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    secrets(&folder.join("secrets")).await;
    // Digits alone are a number to the broker, unless they are in quotes.
    std::fs::write(folder.join("secrets/nats_password"), "1234567890").unwrap();
    let (_broker, clients, _) = broker(&compose(), folder).await;
    assert!(async_nats::connect(&clients).await.is_err());
    let options = async_nats::ConnectOptions::with_user_and_password;
    let client = options("kadath".to_owned(), "1234567890".to_owned())
        .connect(&clients)
        .await
        .unwrap();
    client.flush().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn compose_variables_are_ones_the_server_accepts() {
    let compose = compose();
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    secrets(&folder.join("secrets")).await;
    let recipe = recipe(&compose, &folder.join("secrets"));
    let checked = recipe.run("check").await;
    assert_eq!(checked.code, Some(0), "{checked:?}");
    let told = recipe.run("config").await.stdout;
    for (name, _) in environment(&compose, "kadath") {
        assert!(told.contains(&format!("# {name}\n")), "{name}: {told}");
    }
    let wrong = recipe.env("KADATH_NATS__USR", "kadath").run("check").await;
    assert_eq!(wrong.code, Some(1), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn compose_keeps_secrets_in_files_ports_local() {
    let compose = compose();
    let folder = TempDir::new().unwrap();
    let folder = folder.path().join("secrets");
    secrets(&folder).await;
    let made = std::fs::read_dir(&folder).unwrap();
    let made: BTreeSet<String> = made
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    let declared = keys(&compose["secrets"]);
    assert_eq!(
        made.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        declared
    );
    let (mut volumes, mut used) = (BTreeSet::new(), BTreeSet::new());
    for (name, service) in compose["services"].as_object().unwrap() {
        for port in strings(&service["ports"]) {
            assert!(port.starts_with("127.0.0.1:"), "{name}: {port}");
        }
        used.extend(strings(&service["secrets"]));
        volumes.extend(
            strings(&service["volumes"])
                .into_iter()
                .map(|volume| volume.split(':').next().unwrap())
                .filter(|volume| !volume.starts_with('.')),
        );
        // The image of the server brings its own.
        let checked = !service["healthcheck"].is_null() || name == "kadath";
        assert!(checked, "{name} has no health check");
        if service["environment"].is_null() {
            continue;
        }
        for (variable, value) in environment(&compose, name) {
            let secret = ["PASSWORD", "TOKEN", "SECRET"];
            let secret = secret.iter().any(|word| variable.contains(word))
                || variable == "KADATH_DATABASE__URL";
            assert!(!secret || variable.ends_with("_FILE"), "{variable}");
            if let Some(file) = value.strip_prefix("/run/secrets/") {
                assert!(strings(&service["secrets"]).contains(&file), "{variable}");
            }
        }
    }
    assert_eq!(used, declared);
    assert_eq!(volumes, keys(&compose["volumes"]));
    for waited in ["postgres", "nats"] {
        let condition = &compose["services"]["kadath"]["depends_on"][waited]["condition"];
        assert_eq!(condition, "service_healthy", "{waited}");
    }
}
