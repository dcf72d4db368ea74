//! Where a connection comes from.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};

/// How much of people's addresses the log shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Addresses {
    /// All of it.
    Full,
    /// The network: 24 bits of an IPv4 address, 48 of an IPv6 one.
    #[default]
    Prefix,
    /// Nothing.
    None,
}

impl Addresses {
    /// An address as the log shows it.
    pub(crate) fn shown(self, address: IpAddr) -> Option<String> {
        match (self, address.to_canonical()) {
            (Self::None, _) => None,
            (Self::Full, address) => Some(address.to_string()),
            (Self::Prefix, IpAddr::V4(v4)) => {
                let [a, b, c, _] = v4.octets();
                Some(format!("{}/24", Ipv4Addr::new(a, b, c, 0)))
            }
            (Self::Prefix, IpAddr::V6(v6)) => {
                let [a, b, c, ..] = v6.segments();
                Some(format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0)))
            }
        }
    }
}

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

    /// One address that stands for all of them.
    pub(crate) const fn address(self) -> IpAddr {
        self.0
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

    use super::{Addresses, client};

    #[test]
    fn address_is_shown_as_far_as_allowed() {
        let shown = |policy: Addresses, address: &str| policy.shown(address.parse().unwrap());
        let (v4, v6) = ("203.0.113.9", "2001:db8:1:2:3:4:5:6");
        assert_eq!(shown(Addresses::Full, v4).as_deref(), Some(v4));
        assert_eq!(shown(Addresses::Full, v6).as_deref(), Some(v6));
        assert_eq!(
            shown(Addresses::Prefix, v4).as_deref(),
            Some("203.0.113.0/24")
        );
        assert_eq!(
            shown(Addresses::Prefix, v6).as_deref(),
            Some("2001:db8:1::/48")
        );
        let mapped = "::ffff:203.0.113.9";
        assert_eq!(
            shown(Addresses::Prefix, mapped).as_deref(),
            Some("203.0.113.0/24")
        );
        assert_eq!(shown(Addresses::None, v4), None);
    }

    #[test]
    fn trusted_proxy_is_believed_for_last_hop_only() {
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
    fn address_parses_with_brackets_and_port() {
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
