//! Where a connection comes from.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::http::HeaderMap;

/// Whoever shares a limit: an IPv4 address, or the 64 bits of an IPv6 network, since one
/// household owns all of those.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Neighbour(IpAddr);

impl Neighbour {
    pub(crate) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
            v4 => v4,
        })
    }
}

/// Whoever comes by a proxy on this machine that does not say from where, or is not believed: all
/// of them share one part of every limit. Loopback itself has no limits.
const PROXIED: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// The client's address: the socket's peer, or what one's own proxy says. The proxy appends, so
/// only the last entry is its word; those before are the client's own claims.
pub(crate) fn client(peer: IpAddr, headers: &HeaderMap, trust_proxy: bool) -> IpAddr {
    let peer = peer.to_canonical();
    let said = || {
        let last = headers.get_all("x-forwarded-for").iter().next_back()?;
        let said = address(last.to_str().ok()?.rsplit(',').next()?.trim())?;
        Some(said.to_canonical()).filter(|said| !said.is_loopback() && !said.is_unspecified())
    };
    let address = if trust_proxy { said() } else { None };
    match address {
        Some(address) => address,
        None if peer.is_loopback() && is_forwarded(headers) => PROXIED,
        None => peer,
    }
}

/// Whether a proxy has passed this on.
pub(crate) fn is_forwarded(headers: &HeaderMap) -> bool {
    ["x-forwarded-for", "x-real-ip", "forwarded", "via"]
        .iter()
        .any(|name| headers.contains_key(*name))
}

/// An address as proxies write it: bare, in brackets, with a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || Some(text.parse::<SocketAddr>().ok()?.ip());
    text.parse().ok().or_else(with_port).or_else(bare)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    use super::client;

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_its_own_word() {
        let peer = "10.0.0.1".parse().unwrap();
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_static("203.0.113.9, 198.51.100.7");
        headers.insert("x-forwarded-for", value);
        assert_eq!(client(peer, &headers, false), peer);
        assert_eq!(client(peer, &headers, true).to_string(), "198.51.100.7");
        assert_eq!(client(peer, &HeaderMap::new(), true), peer);
    }

    #[test]
    fn proxy_on_this_machine_lifts_no_limit() {
        let here = "127.0.0.1".parse().unwrap();
        for (said, trust) in [
            ("198.51.100.7", false),
            ("garbage", true),
            ("fe80::1%eth0", true),
            ("127.0.0.1", true),
            ("::1", true),
            ("", true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", HeaderValue::from_static(said));
            let from = client(here, &headers, trust);
            assert!(!from.is_loopback(), "{said}");
        }
        assert_eq!(client(here, &HeaderMap::new(), true), here);
    }

    #[test]
    fn an_address_may_stand_in_brackets_and_have_a_port() {
        let peer = "10.0.0.1".parse().unwrap();
        for (said, expected) in [
            ("198.51.100.7:51443", "198.51.100.7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:db8::7]:51443", "2001:db8::7"),
            ("2001:db8::7", "2001:db8::7"),
            ("unknown", "10.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", HeaderValue::from_static(said));
            assert_eq!(client(peer, &headers, true).to_string(), expected, "{said}");
        }
    }
}
