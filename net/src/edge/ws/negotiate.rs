//! Which subprotocol is spoken, and whose token came along.

use axum::http::{HeaderMap, header};

use crate::format::Format;
use crate::gatekeeper::Secret;

/// What the handshake settles.
#[derive(Debug)]
pub(super) struct Terms {
    pub(super) format: Format,
    /// What to select in the answer; nothing where nothing was offered.
    pub(super) echo: Option<&'static str>,
    pub(super) bearer: Option<Secret>,
}

/// Reads `Sec-WebSocket-Protocol`: the client's first offer that is spoken here wins, no offer
/// means `kadath.v1`. `None`: it offers only what nobody speaks.
pub(super) fn negotiate(headers: &HeaderMap) -> Option<Terms> {
    let mut offers = headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|offer| !offer.is_empty());

    let mut format = None;
    let mut bearer = None;
    let mut strange = false;
    while let Some(offer) = offers.next() {
        if offer == "bearer" && bearer.is_none() {
            bearer = offers.next().map(Secret::new);
        } else if let Some(spoken) = Format::of(offer) {
            format = format.or(Some(spoken));
        } else {
            strange = true;
        }
    }
    let (format, echo) = match format {
        Some(format) => (format, Some(format.subprotocol())),
        None if strange => return None,
        // A browser fails the handshake unless one of its offers is selected.
        None => (Format::Kadath, bearer.is_some().then_some("bearer")),
    };
    Some(Terms {
        format,
        echo,
        bearer,
    })
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::negotiate;
    use crate::format::Format;

    fn check(offers: &[&'static str], expected: Option<(Format, Option<&str>, Option<&str>)>) {
        let mut headers = HeaderMap::new();
        for offer in offers {
            headers.append(
                header::SEC_WEBSOCKET_PROTOCOL,
                HeaderValue::from_static(offer),
            );
        }
        let terms = negotiate(&headers);
        let found = terms.as_ref().map(|terms| {
            let bearer = terms.bearer.as_ref().map(|token| token.expose());
            (terms.format, terms.echo, bearer)
        });
        assert_eq!(found, expected, "{offers:?}");
    }

    #[test]
    fn the_clients_first_known_offer_wins() {
        use Format::{Gmcp, Kadath, MudJson, Terminal};
        check(&[], Some((Kadath, None, None)));
        check(&["kadath.v1"], Some((Kadath, Some("kadath.v1"), None)));
        check(
            &["chat, gmcp.mudstandards.org, kadath.v1"],
            Some((Gmcp, Some("gmcp.mudstandards.org"), None)),
        );
        check(
            &["terminal.mudstandards.org", "json.mudstandards.org"],
            Some((Terminal, Some("terminal.mudstandards.org"), None)),
        );
        check(
            &["json.mudstandards.org"],
            Some((MudJson, Some("json.mudstandards.org"), None)),
        );
        check(&["chat, superchat"], None);
    }

    #[test]
    fn a_token_may_stand_beside_the_offers() {
        check(
            &["bearer, abc.def, kadath.v1"],
            Some((Format::Kadath, Some("kadath.v1"), Some("abc.def"))),
        );
        check(
            &["bearer, abc.def"],
            Some((Format::Kadath, Some("bearer"), Some("abc.def"))),
        );
    }
}
