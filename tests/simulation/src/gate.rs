//! The account store of the box, as far as anybody asks it: a token is `token-NAME`.

use std::net::IpAddr;
use std::sync::Arc;

use engine::port::{AccountId, Code, Refusal, Role, StableId, WorldTime};
use net::{Admitted, CharacterSummary, Denied, Gatekeeper, Registration, Secret, SignedIn};
use storage::simulation::{SimulatedAccount, SimulatedDatabase};
use tokio::sync::watch;
use uuid::Uuid;

/// Asks the simulated database, and so has its moods.
pub(crate) struct BoxGate {
    database: SimulatedDatabase,
    ended: watch::Sender<Arc<[(AccountId, u64)]>>,
}

impl BoxGate {
    pub(crate) fn new(database: SimulatedDatabase) -> Self {
        Self {
            database,
            ended: watch::Sender::new(Arc::from([])),
        }
    }

    async fn holder(&self, token: &Secret) -> Result<SimulatedAccount, Denied> {
        let name = token.expose().strip_prefix("token-").unwrap_or_default();
        let one = self.database.look_up(name).await;
        let one = one.ok_or_else(|| Refusal::of(Code::DatabaseConnectionError))?;
        match &one.banned {
            Some(_) => Err(Refusal::of(Code::AuthorizationDenied).into()),
            None => Ok(one),
        }
    }
}

/// What nobody in the box asks for.
fn no<T>() -> Result<T, Denied> {
    Err(Refusal::of(Code::ResourceNotFound).into())
}

impl Gatekeeper for BoxGate {
    fn needs_invite(&self) -> bool {
        false
    }

    async fn register(&self, _: Registration) -> Result<SignedIn, Denied> {
        no()
    }

    async fn login(&self, _: String, _: Secret) -> Result<SignedIn, Denied> {
        no()
    }

    async fn guest(&self) -> Result<SignedIn, Denied> {
        no()
    }

    async fn claim(&self, _: Secret, _: Registration) -> Result<SignedIn, Denied> {
        no()
    }

    async fn change_password(&self, _: Secret, _: Secret, _: Secret) -> Result<SignedIn, Denied> {
        no()
    }

    async fn refresh_token(&self, _: &Secret) -> Result<Secret, Denied> {
        no()
    }

    async fn refresh(&self, _: Secret) -> Result<(SignedIn, Secret), Denied> {
        no()
    }

    fn generation(&self, _: &Secret) -> u64 {
        0
    }

    fn ended(&self) -> watch::Receiver<Arc<[(AccountId, u64)]>> {
        self.ended.subscribe()
    }

    async fn logout(&self, _: Secret) -> Result<(), Denied> {
        no()
    }

    fn is_signed_out(&self, _: &Secret) -> bool {
        false
    }

    fn claimed(&self, token: &Secret) -> Option<AccountId> {
        token
            .expose()
            .strip_prefix("token-")
            .map(crate::game::account)
    }

    async fn standing(&self, account: AccountId, _: StableId) -> Result<Role, Denied> {
        let all = self.database.accounts();
        let name = all.iter().find(|one| one.account == account);
        let name = name.map(|one| format!("token-{}", one.name));
        let one = self.holder(&Secret::new(name.unwrap_or_default())).await?;
        Ok(one.role)
    }

    fn seal(&self, character: StableId, nonce: u64) -> u64 {
        character.uuid().as_u64_pair().0 ^ nonce
    }

    async fn sealed(
        &self,
        token: Secret,
        nonce: u64,
        seal: u64,
        _: bool,
    ) -> Result<Option<Uuid>, Denied> {
        let one = self.holder(&token).await?;
        let fits = self.seal(one.character, nonce) == seal;
        Ok(fits.then(|| one.character.uuid()))
    }

    async fn me(&self, _: Secret) -> Result<SignedIn, Denied> {
        no()
    }

    async fn characters(&self, _: Secret) -> Result<Vec<CharacterSummary>, Denied> {
        no()
    }

    fn professions(&self) -> Vec<net::ProfessionChoice> {
        Vec::new()
    }

    async fn roll(&self, _: IpAddr, _: Secret, _: Option<String>) -> Result<net::Rolled, Denied> {
        no()
    }

    async fn create_character(
        &self,
        _: Secret,
        _: String,
        _: Option<String>,
        _: Option<Uuid>,
    ) -> Result<CharacterSummary, Denied> {
        no()
    }

    async fn delete_character(&self, _: Secret, _: Uuid) -> Result<(), Denied> {
        no()
    }

    async fn admit(&self, token: Secret, _: Option<Uuid>, _: bool) -> Result<Admitted, Denied> {
        let one = self.holder(&token).await?;
        Ok(Admitted {
            account: one.account,
            character: one.character,
            name: one.name,
            profession: None,
            seed: None,
            role: one.role,
            guest: false,
            created_at: WorldTime(0),
            generation: 0,
        })
    }
}
