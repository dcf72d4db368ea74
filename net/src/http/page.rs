//! The browser client, embedded at build time.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::LazyLock;

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::HttpFault;
use super::nowhere;

/// One file of the client.
struct File {
    content: &'static [u8],
    content_type: &'static str,
    tag: String,
}

// `(path, content)` of each file, by the build script.
include!(concat!(env!("OUT_DIR"), "/client.rs"));

static FILES: LazyLock<HashMap<&'static str, File>> = LazyLock::new(|| {
    CLIENT
        .iter()
        .map(|(path, content)| {
            let mut hash = DefaultHasher::new();
            content.hash(&mut hash);
            let file = File {
                content,
                content_type: content_type(path),
                tag: format!("\"{:016x}\"", hash.finish()),
            };
            (*path, file)
        })
        .collect()
});

pub(super) async fn index(headers: HeaderMap) -> Result<Response, HttpFault> {
    serve("index.html", &headers).await
}

pub(super) async fn file(
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, HttpFault> {
    let Ok(Path(path)) = path else {
        return Err(nowhere().await);
    };
    serve(&path, &headers).await
}

/// Files are always asked for again, and sent again only when they have changed: a client that
/// is half old and half new would be worse than a slow one.
async fn serve(path: &str, headers: &HeaderMap) -> Result<Response, HttpFault> {
    let Some(file) = FILES.get(path) else {
        return Err(nowhere().await);
    };
    let known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|tags| tags.to_str().ok())
        .flat_map(|tags| tags.split(','))
        .any(|tag| tag.trim().trim_start_matches("W/") == file.tag);
    let keep = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (
            header::ETAG,
            HeaderValue::from_str(&file.tag).unwrap_or(HeaderValue::from_static("\"\"")),
        ),
    ];
    if known {
        return Ok((StatusCode::NOT_MODIFIED, keep).into_response());
    }
    let kind = [(header::CONTENT_TYPE, file.content_type)];
    Ok((keep, kind, file.content).into_response())
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
