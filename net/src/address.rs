//! Where a connection comes from.

use std::net::{IpAddr, Ipv6Addr};

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

/// The client's address: the socket's peer, or what one's own proxy says. The proxy appends, so
/// only the last entry is its word; those before are the client's own claims.
pub(crate) fn client(peer: IpAddr, headers: &HeaderMap, trust_proxy: bool) -> IpAddr {
    let said = || {
        let last = headers.get_all("x-forwarded-for").iter().next_back()?;
        last.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
    };
    let address = if trust_proxy { said() } else { None };
    address.unwrap_or(peer).to_canonical()
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
}
