//! The examples for reverse proxies, before a real server: only ports and certificates are put in
//! their places.

use std::path::Path;

use super::{Neighbor, free_address, packaged, put_in, tool};
use crate::harness::{Recipe, Secure, Server};

/// As the examples have it: the browser asks for this name.
const NAME: &str = "play.example.org";
const ORIGIN: (&str, &str) = ("origin", "https://play.example.org");
/// What a client claims of itself, and what no log may believe.
const CLAIM: &str = "198.51.100.9";

/// A server as the examples ask for it.
async fn server() -> Server {
    Recipe::new()
        .env("KADATH_SERVER__TRUST_PROXY", "true")
        .env("KADATH_SERVER__ORIGINS", "https://play.example.org")
        .env("KADATH_SERVER__METRICS_LISTEN", "127.0.0.1:0")
        .env("KADATH_ACCOUNTS__GUESTS", "always")
        .env("KADATH_LOG__ADDRESSES", "full")
        .start()
        .await
}

/// nginx, and where it speaks TLS and where it does not.
async fn nginx(server: &Server, folder: &Path) -> (Neighbor, String, String) {
    let (plain, secure) = (free_address(), free_address());
    let (cert, key) = (Secure::cert(folder), Secure::key(folder));
    let site = put_in(
        &packaged("nginx.conf"),
        &[
            ("127.0.0.1:4000", server.address()),
            ("    listen [::]:80;\n", ""),
            ("    listen [::]:443 ssl;\n", ""),
            ("listen 80;", &format!("listen {plain};")),
            ("listen 443 ssl;", &format!("listen {secure} ssl;")),
            (
                "/etc/letsencrypt/live/play.example.org/fullchain.pem",
                cert.to_str().unwrap(),
            ),
            (
                "/etc/letsencrypt/live/play.example.org/privkey.pem",
                key.to_str().unwrap(),
            ),
        ],
    );
    std::fs::write(folder.join("kadath.conf"), site).unwrap();
    // Here all clients are on this machine: one of them says that it is elsewhere, to nginx only.
    let temporary: Vec<String> = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("{kind}_temp_path {kind};\n"))
        .collect();
    let main = format!(
        "daemon off; master_process off; pid nginx.pid; error_log stderr;\nevents {{}}\nhttp {{\n\
         access_log off;\n{}set_real_ip_from 127.0.0.1; real_ip_header X-Test-Peer;\n\
         include kadath.conf;\n}}\n",
        temporary.concat()
    );
    std::fs::write(folder.join("nginx.conf"), main).unwrap();
    let mut command = tool("nginx");
    command.arg("-p").arg(folder).args(["-e", "stderr"]);
    command.arg("-c").arg(folder.join("nginx.conf"));
    let mut nginx = Neighbor::start(command, &folder.join("nginx.log"));
    nginx.listens(&secure).await;
    (nginx, secure, plain)
}

/// Plays through a proxy from a page of the site's own; a page of another is refused.
async fn play_through(proxy: &Secure, more: &[(&str, &str)]) {
    let claim = ("x-forwarded-for", CLAIM);
    let own: Vec<_> = [ORIGIN, claim]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    let mut guest = proxy.join_with(&own).await.unwrap();
    guest.look(1).await;
    let metrics = proxy.ask("GET", "/metrics").await;
    assert!(metrics.starts_with("HTTP/1.1 404 "), "{metrics}");
    let page = proxy.ask("GET", "/").await;
    assert!(page.starts_with("HTTP/1.1 200 "), "{page}");
    let head = page.split("\r\n\r\n").next().unwrap().to_lowercase();
    assert_eq!(
        head.matches("strict-transport-security").count(),
        1,
        "{head}"
    );
    // The second is the site's own name, by another scheme than the proxy speaks.
    for origin in ["https://evil.example", "http://play.example.org"] {
        let header = format!("origin: {origin}\r\n");
        let strange = proxy.ask_with("POST", "/auth/guest", &header).await;
        assert!(strange.starts_with("HTTP/1.1 403 "), "{origin}: {strange}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nginx_example_forwards_players_and_addresses() {
    let server = server().await;
    let folder = server.recipe().folder().to_owned();
    let proxy = Secure::write(&folder, NAME);
    let (_nginx, secure, plain) = nginx(&server, &folder).await;
    let proxy = proxy.at(&secure);
    let peer = "203.0.113.7";
    play_through(&proxy, &[("x-test-peer", peer)]).await;
    let log = server.stderr();
    for message in ["guest made", "session started"] {
        let record = log.lines().find(|line| line.contains(message)).unwrap();
        assert!(record.contains(&format!("address={peer}")), "{record}");
    }
    assert!(!log.contains(CLAIM), "{log}");
    // Whoever comes without TLS is sent to it.
    let mut stranger = tokio::net::TcpStream::connect(&plain).await.unwrap();
    let request = format!("GET /x HTTP/1.0\r\nHost: {NAME}\r\n\r\n");
    let mut answer = String::new();
    tokio::io::AsyncWriteExt::write_all(&mut stranger, request.as_bytes())
        .await
        .unwrap();
    tokio::io::AsyncReadExt::read_to_string(&mut stranger, &mut answer)
        .await
        .unwrap();
    assert!(answer.contains("301"), "{answer}");
    assert!(
        answer.contains("Location: https://play.example.org/x"),
        "{answer}"
    );
}

/// Seconds that a socket may be silent before the server pings it.
const PING_SECONDS: u64 = 30;

#[test]
fn nginx_example_waits_longer_than_pings() {
    let site = packaged("nginx.conf");
    for key in ["proxy_read_timeout", "proxy_send_timeout"] {
        let (_, rest) = site.split_once(key).unwrap();
        let minutes = rest.trim_start().split("m;").next().unwrap();
        let minutes: u64 = minutes.parse().unwrap();
        assert!(minutes * 60 > 2 * PING_SECONDS, "{key}");
    }
}

/// Debian's Caddy believes nobody's word about the client but a proxy's, so that here, where all
/// clients are local, this shows only that the client's own claim goes no further.
#[tokio::test(flavor = "multi_thread")]
async fn caddy_example_passes_players_and_no_claims() {
    let server = server().await;
    let folder = server.recipe().folder().to_owned();
    let proxy = Secure::write(&folder, NAME);
    let secure = free_address();
    let (_, port) = secure.split_once(':').unwrap();
    let (cert, key) = (Secure::cert(&folder), Secure::key(&folder));
    let tls = format!("tls {} {}\n\tbind 127.0.0.1", cert.display(), key.display());
    let site = put_in(
        &packaged("Caddyfile"),
        &[
            (
                "\nplay.example.org {",
                &format!("\nhttps://play.example.org:{port} {{"),
            ),
            (
                "#tls /etc/ssl/kadath/fullchain.pem /etc/ssl/kadath/privkey.pem",
                &tls,
            ),
            (
                "reverse_proxy 127.0.0.1:4000",
                &format!("reverse_proxy {}", server.address()),
            ),
        ],
    );
    let options = "{\n\tadmin off\n\tauto_https disable_redirects\n}\n";
    std::fs::write(folder.join("Caddyfile"), format!("{options}{site}")).unwrap();
    let mut command = tool("caddy");
    command.args(["run", "--adapter", "caddyfile", "--config"]);
    command.arg(folder.join("Caddyfile"));
    for place in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
        command.env(place, &folder);
    }
    let mut caddy = Neighbor::start(command, &folder.join("caddy.log"));
    caddy.listens(&secure).await;
    play_through(&proxy.at(&secure), &[]).await;
    let log = server.stderr();
    let record = log.lines().find(|line| line.contains("session started"));
    let record = record.unwrap();
    // All whom a proxy on this machine names as local are counted together.
    assert!(record.contains("address=0.0.0.0"), "{record}");
    assert!(!log.contains(CLAIM), "{log}");
}
