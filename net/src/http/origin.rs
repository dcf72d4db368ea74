//! From which pages, and under which name of ours, a request comes.
//!
//! A browser lets a page of `evil.example` call whatever that name resolves to, and its owner may let
//! it resolve to 127.0.0.1. On a loopback listener a request must therefore name this machine, or one
//! of the sites that `server.origins` lists.

use std::net::IpAddr;

use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri, Version, header};
use engine::port::{Code, Refusal};

use super::HttpFault;
use crate::config::NetConfig;

/// How a request's origin stands to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OriginTrust {
    /// The page is ours, or no page asks.
    Home,
    /// Configured.
    Allowed,
    /// Somebody else's page.
    Strange,
}

/// A scheme, a host in small letters and a port; two of them are one site.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Site {
    scheme: String,
    host: String,
    port: u16,
}

impl Site {
    fn new(scheme: &str, authority: &str) -> Option<Self> {
        let scheme = scheme.to_ascii_lowercase();
        let authority: Authority = authority.parse().ok()?;
        // Neither a Host nor an Origin has a user.
        if authority.as_str().contains('@') {
            return None;
        }
        let usual = if scheme == "https" { 443 } else { 80 };
        let port = match authority.as_str().rsplit_once(':') {
            // A port that is none, as in `example.org:`, is the usual one.
            Some((_, "")) => usual,
            Some(_) if authority.port().is_none() && !authority.as_str().ends_with(']') => {
                return None;
            }
            _ => authority.port_u16().unwrap_or(usual),
        };
        // A name may end in the dot of the root.
        let host = authority.host().trim_end_matches('.').to_ascii_lowercase();
        Some(Self { scheme, host, port })
    }

    fn parse(origin: &str) -> Option<Self> {
        let (scheme, authority) = origin.split_once("://")?;
        Self::new(scheme, authority.trim_end_matches('/'))
    }
}

/// The name under which a request asks for us; `None` where it says none.
///
/// # Errors
/// 400 for several, for one that is no name, and for none where HTTP asks for one.
fn host<'a>(
    headers: &'a HeaderMap,
    uri: &'a Uri,
    version: Version,
) -> Result<Option<&'a str>, HttpFault> {
    let bad = |message| {
        let refusal = Refusal::new(Code::InvalidInput, message);
        HttpFault::from(refusal).with_status(StatusCode::BAD_REQUEST)
    };
    let mut all = headers.get_all(header::HOST).iter();
    let (first, second) = (all.next(), all.next());
    if second.is_some() {
        return Err(bad("A request has one Host."));
    }
    let said = first.map(|host| host.to_str().map_err(|_| bad("That is no Host.")));
    let said = said.transpose()?;
    match (uri.authority(), said) {
        // A request for a whole address goes there, whatever its Host says.
        (Some(authority), _) => Ok(Some(authority.as_str())),
        (None, Some(host)) => Ok(Some(host)),
        // As old as HTTP/1.0, so no browser's.
        (None, None) if version <= Version::HTTP_10 => Ok(None),
        (None, None) => Err(bad("A request has a Host.")),
    }
}

/// Lets pass what asks for us under a name of ours.
///
/// # Errors
/// 400 for what is no request for any name; on a loopback listener 403 for a name that is neither
/// this machine's nor in `server.origins`.
pub(super) fn check_host(
    config: &NetConfig,
    headers: &HeaderMap,
    uri: &Uri,
    version: Version,
) -> Result<(), HttpFault> {
    let Some(host) = host(headers, uri, version)? else {
        return Ok(());
    };
    if !config.loopback || config.origins.iter().any(|origin| origin == "*") {
        return Ok(());
    }
    let site = Site::new("http", host);
    let name = site.as_ref().map_or("", |site| site.host.as_str());
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let here = match bare.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => bare == "localhost" || bare.ends_with(".localhost"),
    };
    let listed = || {
        let mut sites = config
            .origins
            .iter()
            .filter_map(|origin| Site::parse(origin));
        sites.any(|site| site.host == name)
    };
    if here || listed() {
        return Ok(());
    }
    let refusal = Refusal::new(
        Code::AuthorizationDenied,
        "This server does not go by that name; server.origins can list it.",
    );
    Err(refusal.into())
}

/// How the page stands to us that makes this request.
pub(super) fn standing(config: &NetConfig, headers: &HeaderMap) -> OriginTrust {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return OriginTrust::Home;
    };
    let Ok(origin) = origin.to_str() else {
        return OriginTrust::Strange;
    };
    let site = Site::parse(origin);
    if let Some(site) = &site
        && is_ours(config, headers, site)
    {
        return OriginTrust::Home;
    }
    let known = |allowed: &String| {
        allowed == "*" || site.is_some() && Site::parse(allowed) == site || allowed == origin
    };
    if config.origins.iter().any(known) {
        OriginTrust::Allowed
    } else {
        OriginTrust::Strange
    }
}

/// Whether a page of that site was served by us: under the name and port that it asks for now, by
/// the scheme that we speak. What a proxy of our own speaks it says itself, or it may be either.
fn is_ours(config: &NetConfig, headers: &HeaderMap, site: &Site) -> bool {
    let text = |name: header::HeaderName| headers.get(name)?.to_str().ok();
    let told = text(header::HeaderName::from_static("x-forwarded-proto"));
    let scheme = match (config.tls, config.trust_proxy, told) {
        (true, ..) => "https",
        (false, true, Some(told)) => told.rsplit(',').next().unwrap_or(told).trim(),
        (false, true, None) => site.scheme.as_str(),
        (false, false, _) => "http",
    };
    let ours = text(header::HOST).and_then(|host| Site::new(scheme, host));
    ours.as_ref() == Some(site)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let value = axum::http::HeaderValue::from_static(value);
            headers.append(*name, value);
        }
        headers
    }

    fn passes(config: &NetConfig, pairs: &[(&'static str, &'static str)]) -> bool {
        let uri = Uri::from_static("/metrics");
        check_host(config, &headers(pairs), &uri, Version::HTTP_11).is_ok()
    }

    #[test]
    fn loopback_listener_answers_to_own_names() {
        let mut config = NetConfig {
            loopback: true,
            ..NetConfig::default()
        };
        for host in [
            "localhost",
            "LOCALHOST:4000",
            "localhost.",
            "127.0.0.1:4000",
            "127.9.9.9",
            "[::1]:4000",
            "kadath.localhost",
        ] {
            assert!(passes(&config, &[("host", host)]), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:4000",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "192.0.2.1",
            "user@localhost",
            "",
        ] {
            assert!(!passes(&config, &[("host", host)]), "{host}");
        }
        config.origins = vec!["https://play.example".to_owned()];
        assert!(passes(&config, &[("host", "play.example")]));
        assert!(passes(&config, &[("host", "play.example:443")]));
        config.loopback = false;
        assert!(passes(&config, &[("host", "anything.example")]));
    }

    #[test]
    fn request_names_one_host() {
        let config = NetConfig::default();
        let twice = [("host", "localhost"), ("host", "evil.example")];
        assert!(!passes(&config, &twice));
        assert!(!passes(&config, &[]), "HTTP/1.1 names one");
        let none = HeaderMap::new();
        let uri = Uri::from_static("/");
        assert!(check_host(&config, &none, &uri, Version::HTTP_10).is_ok());
        let loopback = NetConfig {
            loopback: true,
            ..config
        };
        let uri = Uri::from_static("http://evil.example/");
        let said = headers(&[("host", "localhost")]);
        assert!(check_host(&loopback, &said, &uri, Version::HTTP_11).is_err());
    }

    #[test]
    fn origin_is_compared_by_scheme_host_and_port() {
        let plain = NetConfig::default();
        let tls = NetConfig {
            tls: true,
            ..NetConfig::default()
        };
        let proxied = NetConfig {
            trust_proxy: true,
            ..NetConfig::default()
        };
        let listed = NetConfig {
            origins: vec!["https://play.example:443".to_owned()],
            ..NetConfig::default()
        };
        for (config, host, origin, expected) in [
            (
                &plain,
                "a.example:4000",
                "http://a.example:4000",
                OriginTrust::Home,
            ),
            (
                &plain,
                "A.example:80",
                "http://a.example",
                OriginTrust::Home,
            ),
            (
                &plain,
                "a.example",
                "http://a.example:80",
                OriginTrust::Home,
            ),
            (
                &plain,
                "a.example",
                "https://a.example",
                OriginTrust::Strange,
            ),
            (
                &plain,
                "a.example:4000",
                "http://a.example:4001",
                OriginTrust::Strange,
            ),
            (&plain, "a.example", "null", OriginTrust::Strange),
            (
                &tls,
                "a.example:443",
                "https://a.example",
                OriginTrust::Home,
            ),
            (&tls, "a.example", "http://a.example", OriginTrust::Strange),
            (
                &proxied,
                "a.example:443",
                "https://a.example",
                OriginTrust::Home,
            ),
            (&proxied, "a.example", "http://a.example", OriginTrust::Home),
            (
                &listed,
                "127.0.0.1:4000",
                "https://play.example",
                OriginTrust::Allowed,
            ),
            (
                &listed,
                "127.0.0.1:4000",
                "http://play.example",
                OriginTrust::Strange,
            ),
        ] {
            let pair = [("host", host), ("origin", origin)];
            assert_eq!(
                standing(config, &headers(&pair)),
                expected,
                "{host} {origin}"
            );
        }
        let told = [
            ("host", "a.example"),
            ("origin", "http://a.example"),
            ("x-forwarded-proto", "https"),
        ];
        assert_eq!(standing(&proxied, &headers(&told)), OriginTrust::Strange);
    }
}
