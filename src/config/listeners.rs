//! Where the server listens, as its configuration says.

use std::net::SocketAddr;

use super::{Config, ConfigFault, ServerConfig, checks};

/// Where telnet is beside the default listener.
const TELNET: &str = "127.0.0.1:4001";

/// The word for no listener.
const OFF: &str = "off";

/// Where telnet is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TelnetAddress {
    /// There, or the server does not start.
    Named(SocketAddr),
    /// There, where nobody else is: nobody has asked for it.
    Usual(SocketAddr),
}

impl Config {
    /// The address to listen on.
    ///
    /// # Errors
    /// When it is not an address.
    pub fn address(&self) -> Result<SocketAddr, ConfigFault> {
        checks::address("server.listen", &self.server.listen)
    }

    /// The address that metrics have for themselves, if they have one.
    ///
    /// # Errors
    /// When it is not an address.
    pub fn metrics_address(&self) -> Result<Option<SocketAddr>, ConfigFault> {
        let listen = self.server.metrics_listen.as_deref();
        listen
            .map(|listen| checks::address("server.metrics_listen", listen))
            .transpose()
    }

    /// Where telnet is to be, if anywhere.
    ///
    /// # Errors
    /// When it is neither an address nor `off`.
    pub fn telnet_address(&self) -> Result<Option<TelnetAddress>, ConfigFault> {
        let usual = |address| checks::address("server.telnet", address).map(TelnetAddress::Usual);
        match self.server.telnet.as_deref().map(str::trim) {
            Some(OFF) => Ok(None),
            Some(named) => checks::address("server.telnet", named)
                .map(|address| Some(TelnetAddress::Named(address))),
            None if self.is_at_default() => usual(TELNET).map(Some),
            None => Ok(None),
        }
    }

    /// Where telnet by TLS is to be, if anywhere.
    ///
    /// # Errors
    /// When it is neither an address nor `off`.
    pub fn telnets_address(&self) -> Result<Option<SocketAddr>, ConfigFault> {
        let named = self.server.telnets.as_deref().map(str::trim);
        named
            .filter(|named| *named != OFF)
            .map(|named| checks::address("server.telnets", named))
            .transpose()
    }

    /// Whether the listener is where it is when nothing is said.
    fn is_at_default(&self) -> bool {
        let default = ServerConfig::default().listen;
        self.address()
            .is_ok_and(|address| Ok(address) == default.parse())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn telnet(listen: &str, telnet: Option<&str>) -> Option<TelnetAddress> {
        let mut config = Config::default();
        listen.clone_into(&mut config.server.listen);
        config.server.telnet = telnet.map(str::to_owned);
        config.telnet_address().unwrap()
    }

    #[test]
    fn telnet_stands_beside_the_default_listener_only() {
        let usual = TelnetAddress::Usual(TELNET.parse().unwrap());
        assert_eq!(telnet("127.0.0.1:4000", None), Some(usual));
        assert_eq!(telnet("localhost:4000", None), Some(usual));
        assert_eq!(telnet("127.0.0.1:4000", Some("off")), None);
        assert_eq!(telnet("0.0.0.0:4000", None), None);
        assert_eq!(telnet("127.0.0.1:0", None), None);
        let named = TelnetAddress::Named("0.0.0.0:23".parse().unwrap());
        assert_eq!(telnet("127.0.0.1:4000", Some("0.0.0.0:23")), Some(named));
        assert_eq!(telnet("0.0.0.0:80", Some("0.0.0.0:23")), Some(named));
    }

    #[test]
    fn telnets_key_takes_address_or_off() {
        let mut config = Config::default();
        assert_eq!(config.telnets_address(), Ok(None));
        config.server.telnets = Some("off".to_owned());
        assert_eq!(config.telnets_address(), Ok(None));
        config.server.telnets = Some("nowhere".to_owned());
        assert!(config.telnets_address().is_err());
    }
}
