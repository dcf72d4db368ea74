//! What the log and the metrics say of people who come and go. Accounts by their number,
//! connections by their correlation, addresses by `log.addresses`; never a name, a password or a
//! token.

use std::net::IpAddr;

use engine::port::{Code, Correlation};

use crate::gatekeeper::{Denied, SignedIn};
use crate::hub::Hub;
use crate::session::Session;

/// How somebody asked to come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignInWay {
    Password,
    Register,
    Claim,
    Guest,
    Refresh,
    Change,
}

impl SignInWay {
    const fn word(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Register => "register",
            Self::Claim => "claim",
            Self::Guest => "guest",
            Self::Refresh => "refresh",
            Self::Change => "password change",
        }
    }
}

impl Hub {
    /// Counts and logs what became of a sign-in.
    pub(crate) fn signed_in(
        &self,
        way: SignInWay,
        from: IpAddr,
        answer: &Result<SignedIn, Denied>,
    ) {
        let (how, address) = (way.word(), self.config.addresses.shown(from));
        let address = address.as_deref();
        let denied = match answer {
            Ok(signed) => {
                let account = signed.account.to_string();
                let (result, admin) = match way {
                    SignInWay::Password => ("ok", signed.role == engine::port::Role::Admin),
                    SignInWay::Register => ("registered", false),
                    SignInWay::Claim => ("claimed", false),
                    SignInWay::Guest => ("guest", false),
                    SignInWay::Refresh => ("refreshed", false),
                    SignInWay::Change => ("changed", false),
                };
                self.count_sign_in(result);
                match way {
                    SignInWay::Guest => tracing::info!(account, address, "guest made"),
                    SignInWay::Register => tracing::info!(account, address, "account registered"),
                    SignInWay::Claim => tracing::info!(account, address, "guest registered"),
                    SignInWay::Password => tracing::info!(account, address, admin, "signed in"),
                    SignInWay::Refresh => tracing::debug!(account, address, "sign-in renewed"),
                    SignInWay::Change => tracing::info!(account, address, "password changed"),
                }
                return;
            }
            Err(denied) => denied,
        };
        let code = denied.refusal.code;
        match code {
            Code::AuthenticationFailed => {
                self.count_sign_in("failed");
                tracing::info!(how, address, "sign-in failed");
            }
            Code::ServerBusy
            | Code::StorageUnavailable
            | Code::DatabaseConnectionError
            | Code::DatabaseError
            | Code::DatabaseQueryError
            | Code::InternalError
            | Code::SystemError
            | Code::TimeoutError => {
                self.count_sign_in("unavailable");
                tracing::info!(how, address, code = code.word(), "sign-in not possible");
            }
            _ => {
                self.count_sign_in("refused");
                tracing::info!(how, address, code = code.word(), "sign-in refused");
            }
        }
    }

    /// Counts and logs a try for an account that was tried in vain too often.
    pub(crate) fn locked_out(&self, from: IpAddr) {
        self.count_sign_in("locked_out");
        let address = self.config.addresses.shown(from);
        tracing::info!(address = address.as_deref(), "sign-in locked out");
    }

    /// Counts and logs a try from an address that tried too often.
    pub(crate) fn rate_limited(&self, from: IpAddr) {
        self.count_sign_in("rate_limited");
        let address = self.config.addresses.shown(from);
        tracing::info!(address = address.as_deref(), "too many sign-ins");
    }

    fn count_sign_in(&self, result: &str) {
        self.metrics.sign_ins.with_label_values(&[result]).inc();
    }

    /// Logs that a connection speaks for a session from now on; `resumed`: one that was there.
    pub(crate) fn entered(
        &self,
        session: &Session,
        by: Correlation,
        from: Option<IpAddr>,
        resumed: bool,
    ) {
        let address = from.and_then(|from| self.config.addresses.shown(from));
        tracing::info!(
            correlation_id = %by,
            account = %session.arrival.account,
            character = %session.arrival.character,
            session = session.id.0,
            protocol = session.format.label(),
            guest = session.arrival.guest,
            address = address.as_deref(),
            resumed,
            "session started"
        );
    }
}
