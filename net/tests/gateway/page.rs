//! The page, its files, and what it may know before anybody signs in.

use std::io::Read as _;

use reqwest::{Client, header};
use serde_json::{Value, json};

use crate::client::Client as Player;
use crate::server::{Server, config};

#[tokio::test]
async fn world_endpoint_needs_no_sign_in() {
    let mut server = Server::start(config()).await;
    let ask = async |server: &Server| {
        let answer = Client::new().get(server.url("/api/world")).send().await;
        let answer = answer.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
        answer.json::<Value>().await.unwrap()
    };
    let expected = json!({
        "name": "The <Other> \"Shore\"", "tagline": "Sand & salt.", "guests": false,
        "invites": false, "registration": true, "players_online": 0, "time": "It is late.",
    });
    assert_eq!(ask(&server).await, expected);
    let (_ann, _) = Player::play(&mut server, "ann").await;
    assert_eq!(ask(&server).await["players_online"], 1);
}

/// What the page names its files by: `client/DIGEST`.
fn assets(page: &str) -> &str {
    let (before, _) = page.split_once("/main.js").unwrap();
    before.rsplit_once('"').unwrap().1
}

#[tokio::test]
async fn page_shows_name_and_color_of_world() {
    let server = Server::start(config()).await;
    let page = reqwest::get(server.url("/")).await.unwrap().text().await;
    let page = page.unwrap();
    assert!(page.contains("<title>The &lt;Other&gt; &quot;Shore&quot;</title>"));
    assert!(page.contains("content=\"Sand &amp; salt.\""));
    assert!(!page.contains("{{"), "something is left to fill in: {page}");
    let style = server.url(&format!("/{}/world.css", assets(&page)));
    let style = reqwest::get(style).await.unwrap().text().await.unwrap();
    // On light paper as written, on dark paper lighter.
    assert!(style.contains("(prefers-color-scheme: light){:root{--accent:#2060a0"));
    assert!(style.starts_with(":root{--accent:#"), "{style}");
    server.stop().await;
}

/// What the page asks for, by the addresses it names.
fn named(page: &str) -> Vec<&str> {
    page.split('"')
        .filter(|word| word.starts_with("client/"))
        .collect()
}

#[tokio::test]
async fn page_files_cache_forever_under_digest() {
    let server = Server::start(config()).await;
    let page = reqwest::get(server.url("/")).await.unwrap().text().await;
    let page = page.unwrap();
    let files = named(&page);
    assert!(files.iter().any(|path| path.ends_with("/style.css")));
    for path in files {
        assert!(path.starts_with(assets(&page)), "{path} of another digest");
        let answer = reqwest::get(server.url(&format!("/{path}"))).await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let keep = answer.headers()[header::CACHE_CONTROL].to_str().unwrap();
        assert!(keep.contains("immutable") && keep.contains("max-age=31536000"));
    }
    // Another digest is another server's: never to be kept.
    let strange = reqwest::get(server.url("/client/0000000000000000/main.js"));
    assert_eq!(strange.await.unwrap().status(), 404);
    let plain = reqwest::get(server.url("/client/main.js")).await.unwrap();
    assert_eq!(plain.headers()[header::CACHE_CONTROL], "no-cache");
    server.stop().await;
}

#[tokio::test]
async fn page_files_are_compressed_on_request() {
    let server = Server::start(config()).await;
    let client = Client::new();
    let get = async |encoding: &str, tag: Option<&header::HeaderValue>| {
        let url = server.url("/client/style.css");
        let mut request = client.get(url).header(header::ACCEPT_ENCODING, encoding);
        if let Some(tag) = tag {
            request = request.header(header::IF_NONE_MATCH, tag);
        }
        request.send().await.unwrap()
    };
    let plain = get("identity", None).await;
    assert!(!plain.headers().contains_key(header::CONTENT_ENCODING));
    let plain_tag = plain.headers()[header::ETAG].clone();
    let plain = plain.bytes().await.unwrap();

    let small = get("br, gzip", None).await;
    assert_eq!(small.headers()[header::CONTENT_ENCODING], "gzip");
    assert_eq!(small.headers()[header::VARY], "accept-encoding");
    let small_tag = small.headers()[header::ETAG].clone();
    assert_ne!(small_tag, plain_tag, "two forms under one tag");
    let small = small.bytes().await.unwrap();
    assert!(
        small.len() * 2 < plain.len(),
        "{} of {}",
        small.len(),
        plain.len()
    );
    let mut unpacked = Vec::new();
    let mut decoder = flate2::read::GzDecoder::new(&*small);
    decoder.read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, plain);

    assert_eq!(get("gzip", Some(&small_tag)).await.status(), 304);
    assert_eq!(get("gzip", Some(&plain_tag)).await.status(), 200);
    assert_eq!(get("identity", Some(&plain_tag)).await.status(), 304);
    server.stop().await;
}

/// What a first visit may ask for and load. Beside the files it asks for the page itself, the shell's
/// keeper, what the world says of itself, a sign-in and the socket.
const REQUESTS_MAX: usize = 12;
const REQUESTS_BESIDE: usize = 5;
const BYTES_MAX: usize = 80 * 1_024;

#[tokio::test]
async fn first_visit_is_small_and_asks_little() {
    let server = Server::start(config()).await;
    let client = Client::new();
    let size = async |path: &str| {
        let request = client.get(server.url(&format!("/{path}")));
        let request = request.header(header::ACCEPT_ENCODING, "gzip");
        request.send().await.unwrap().bytes().await.unwrap().len()
    };
    let page = reqwest::get(server.url("/")).await.unwrap().text().await;
    let page = page.unwrap();
    let mut files = named(&page);
    files.sort_unstable();
    files.dedup();
    assert!(
        files.len() + REQUESTS_BESIDE <= REQUESTS_MAX,
        "one file too many: {files:?}"
    );
    let mut bytes = size("").await + size("client/sw.js").await;
    for path in files {
        bytes += size(path).await;
    }
    assert!(bytes <= BYTES_MAX, "{bytes} bytes");
    server.stop().await;
}

#[tokio::test]
async fn page_can_be_kept_as_an_application() {
    let server = Server::start(config()).await;
    let page = reqwest::get(server.url("/")).await.unwrap().text().await;
    let page = page.unwrap();
    let manifest = server.url(&format!("/{}/world.webmanifest", assets(&page)));
    let manifest = reqwest::get(manifest).await.unwrap();
    let kind = manifest.headers()[header::CONTENT_TYPE].to_str().unwrap();
    assert_eq!(kind, "application/manifest+json");
    let manifest: Value = manifest.json().await.unwrap();
    assert_eq!(manifest["name"], "The <Other> \"Shore\"");
    assert_eq!(manifest["start_url"], "../../");
    let worker = reqwest::get(server.url("/client/sw.js")).await.unwrap();
    let headers = worker.headers();
    assert_eq!(headers["service-worker-allowed"], "../");
    assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
    server.stop().await;
}
