//! The browser client, embedded at build time and dressed as the world it is the door of.
//!
//! Everything is made once, when the server starts: the page with the world's name, the world's own
//! style and icon, and a compressed copy of each file that gets smaller by it. The page names its
//! files by a digest of all of them, so that a browser may keep them for good and never has one of
//! yesterday beside one of today; only the page itself is asked for again each time.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;
use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::HttpFault;
use super::nowhere;
use crate::world::WorldInfo;

mod accent;
mod bundle;
mod manifest;

// `(path, content)` of each file, by the build script.
include!(concat!(env!("OUT_DIR"), "/client.rs"));

const PAGE: &str = "index.html";
/// The world's own style, made here.
const STYLE: &str = "world.css";
const ICON: &str = "icon.svg";
/// The world's name and icon for a device that keeps the page, made here.
const MANIFEST: &str = "world.webmanifest";
const MAIN: &str = "main.js";
/// Keeps the page's shell in the browser. It is no part of the page, and is at an address without a
/// digest: the browser looks there again.
const WORKER: &str = "sw.js";

/// Good for a year: another content has another address.
const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// The client's files as they are sent.
pub(super) struct Pages {
    files: HashMap<String, File>,
    /// Stands for all files together.
    digest: String,
}

/// One file of the client.
struct File {
    content_type: &'static str,
    plain: Form,
    /// Where it is smaller.
    gzip: Option<Form>,
}

/// A file in one encoding.
struct Form {
    content: Bytes,
    tag: HeaderValue,
}

impl Pages {
    /// The client as the door of a world.
    pub(super) fn of(world: &WorldInfo) -> Self {
        let mut contents: HashMap<&str, Bytes> = CLIENT
            .iter()
            .map(|(path, content)| (*path, Bytes::from_static(content)))
            .collect();
        contents.insert(STYLE, accent::style(world.accent).into());
        contents.insert(MANIFEST, manifest::manifest(world).into());
        if let Some(icon) = &world.icon {
            contents.insert(ICON, icon.clone().into());
        }
        join_modules(&mut contents);
        let page = contents.remove(PAGE).unwrap_or_default();
        let digest = digest_of(&contents);
        let page = fill(&String::from_utf8_lossy(&page), world, &contents, &digest);
        contents.insert(PAGE, page.into());
        let files = contents.into_iter();
        Self {
            files: files
                .map(|(path, content)| (path.to_owned(), File::new(path, content)))
                .collect(),
            digest,
        }
    }

    fn send(&self, path: &str, headers: &HeaderMap) -> Option<Response> {
        let (path, keep) = match path.split_once('/') {
            Some((digest, path)) if digest == self.digest => (path, FOR_GOOD),
            // Somebody's bookmark, or a page of an older server: what there is now.
            _ => (path, ASK_AGAIN),
        };
        let file = self.files.get(path)?;
        let gzip = file.gzip.as_ref().filter(|_| takes_gzip(headers));
        let form = gzip.unwrap_or(&file.plain);
        let about = [
            (header::CACHE_CONTROL, keep),
            (header::ETAG, form.tag.clone()),
            (header::VARY, HeaderValue::from_static("accept-encoding")),
        ];
        if knows(headers, &form.tag) {
            return Some((StatusCode::NOT_MODIFIED, about).into_response());
        }
        let kind = [(header::CONTENT_TYPE, file.content_type)];
        // Everything below the page's own address is the worker's, not only what lies beside it.
        let scope = (path == WORKER).then_some([("service-worker-allowed", "../")]);
        let encoded = gzip.map(|_| [(header::CONTENT_ENCODING, "gzip")]);
        let content = form.content.clone();
        Some(match encoded {
            Some(encoded) => (about, scope, kind, encoded, content).into_response(),
            None => (about, scope, kind, content).into_response(),
        })
    }
}

pub(super) async fn index(
    State(pages): State<Arc<Pages>>,
    headers: HeaderMap,
) -> Result<Response, HttpFault> {
    match pages.send(PAGE, &headers) {
        Some(page) => Ok(page),
        None => Err(nowhere().await),
    }
}

pub(super) async fn file(
    State(pages): State<Arc<Pages>>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, HttpFault> {
    let found = path.ok().and_then(|Path(path)| pages.send(&path, &headers));
    match found {
        Some(file) => Ok(file),
        None => Err(nowhere().await),
    }
}

impl File {
    fn new(path: &str, content: Bytes) -> Self {
        let tag = hash(|hasher| content.hash(hasher));
        let gzip = gzip(&content).filter(|small| small.len() < content.len());
        Self {
            content_type: content_type(path),
            plain: Form::new(content, &tag),
            gzip: gzip.map(|small| Form::new(small.into(), &format!("{tag}-gzip"))),
        }
    }
}

impl Form {
    fn new(content: Bytes, tag: &str) -> Self {
        let tag = HeaderValue::from_str(&format!("\"{tag}\""));
        Self {
            content,
            tag: tag.unwrap_or(HeaderValue::from_static("\"\"")),
        }
    }
}

/// Puts the modules together into one.
fn join_modules(contents: &mut HashMap<&str, Bytes>) {
    let modules: HashMap<&str, &str> = contents
        .iter()
        .filter(|(path, _)| path.ends_with(".js"))
        .filter_map(|(path, content)| Some((*path, str::from_utf8(content).ok()?)))
        .collect();
    let Some(script) = bundle::bundle(&modules, MAIN) else {
        return;
    };
    contents.retain(|path, _| !path.ends_with(".js") || *path == WORKER);
    contents.insert(MAIN, script.into());
}

/// The page with the world's words in it and its files by the names under which they may be kept.
fn fill(page: &str, world: &WorldInfo, contents: &HashMap<&str, Bytes>, digest: &str) -> String {
    let assets = format!("client/{digest}");
    let mut modules: Vec<&str> = contents
        .keys()
        .copied()
        .filter(|path| path.ends_with(".js") && ![MAIN, WORKER].contains(path))
        .collect();
    modules.sort_unstable();
    // Where there are several, asked for all at once: the browser need not read one to learn of the next.
    let modules: Vec<String> = modules
        .into_iter()
        .map(|path| format!("<link rel=\"modulepreload\" href=\"{assets}/{path}\">"))
        .collect();
    page.replace("{{assets}}", &assets)
        .replace("{{modules}}", &modules.join("\n    "))
        .replace("{{tagline}}", &escaped(&world.tagline))
        .replace("{{name}}", &escaped(&world.name))
}

/// Text as it may stand anywhere on a page, also in an attribute.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // A name like `{{tagline}}` names nothing here.
            '{' => safe.push_str("&#123;"),
            sign => safe.push(sign),
        }
    }
    safe
}

fn digest_of(contents: &HashMap<&str, Bytes>) -> String {
    let mut paths: Vec<_> = contents.iter().collect();
    paths.sort_unstable();
    hash(|hasher| paths.hash(hasher))
}

fn hash(feed: impl FnOnce(&mut DefaultHasher)) -> String {
    let mut hasher = DefaultHasher::new();
    feed(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn gzip(content: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).ok()?;
    encoder.finish().ok()
}

/// Whether the client takes gzip: named, and not with a weight of nothing.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let offers = headers.get_all(header::ACCEPT_ENCODING).iter();
    offers
        .filter_map(|offer| offer.to_str().ok())
        .flat_map(|offer| offer.split(','))
        .any(|offer| {
            let (name, weight) = offer.split_once(';').unwrap_or((offer, ""));
            let weight = weight.trim().strip_prefix("q=").map(str::trim);
            let none = weight.is_some_and(|q| q.parse::<f32>().is_ok_and(|q| q <= 0.0));
            name.trim().eq_ignore_ascii_case("gzip") && !none
        })
}

/// Whether the client has this form already.
fn knows(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|tags| tags.to_str().ok())
        .flat_map(|tags| tags.split(','))
        .any(|known| known.trim().trim_start_matches("W/").as_bytes() == tag.as_bytes())
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::{escaped, takes_gzip};
    use axum::http::{HeaderMap, HeaderValue, header};

    #[test]
    fn world_words_never_become_markup() {
        let name = "<b title=\"x\" id='y'>&{{tagline}}";
        let safe = "&lt;b title=&quot;x&quot; id=&#39;y&#39;&gt;&amp;&#123;&#123;tagline}}";
        assert_eq!(escaped(name), safe);
    }

    #[test]
    fn gzip_is_sent_only_where_welcome() {
        for (offer, welcome) in [
            ("gzip, br", true),
            ("br;q=1.0, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.000", false),
            ("br, deflate", false),
            ("xgzip", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(offer));
            assert_eq!(takes_gzip(&headers), welcome, "{offer}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
