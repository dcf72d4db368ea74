//! The gateway's questions, answered by the account store.

use std::net::IpAddr;
use std::sync::Arc;

use engine::port::{AccountId, Code, Refusal, Role, StableId};
use net::{
    Admitted, CharacterSummary, Denied, Gatekeeper, ProfessionChoice, Registration, Rolled, Secret,
    SignedIn,
};
use storage::{Accounts, Claims, SignIn};
use tokio::sync::watch;
use uuid::Uuid;

use crate::rolls::{Born, Rolls};

/// The account store as the gateway calls it.
#[derive(Clone, Debug)]
pub(crate) struct AccountGatekeeper {
    pub(crate) accounts: Accounts,
    pub(crate) guests: bool,
    pub(crate) rolls: Arc<Rolls>,
}

fn denied(denied: storage::AccountRefusal) -> Denied {
    Denied {
        refusal: denied.refusal,
        field: denied.field,
    }
}

fn character(character: storage::AccountCharacter) -> CharacterSummary {
    let storage::AccountCharacter {
        id,
        name,
        profession,
        created_at,
        last_played,
        ..
    } = character;
    CharacterSummary {
        id,
        name,
        profession,
        created_at,
        last_active: last_played,
    }
}

fn signed_in(sign_in: SignIn) -> SignedIn {
    let SignIn {
        token,
        account,
        characters,
        ..
    } = sign_in;
    SignedIn {
        access_token: Secret::new(token),
        account: account.id,
        username: account.username,
        role: account.role,
        guest: account.guest,
        characters: characters.into_iter().map(character).collect(),
    }
}

impl AccountGatekeeper {
    /// Who holds a token and may act with it now.
    async fn holder(&self, token: &Secret, expired_ok: bool) -> Result<AccountId, Denied> {
        let holder = self.accounts.holder(token.expose(), expired_ok);
        holder.await.map_err(denied)
    }

    /// What a token says that is asked about in the same breath.
    fn claims(&self, token: &Secret, expired_ok: bool) -> Result<Claims, Denied> {
        let claims = if expired_ok {
            self.accounts.verify_expired_ok(token.expose())
        } else {
            self.accounts.verify(token.expose())
        };
        claims.map_err(denied)
    }
}

impl Gatekeeper for AccountGatekeeper {
    fn needs_invite(&self) -> bool {
        self.accounts.invites_required()
    }

    async fn register(&self, who: Registration) -> Result<SignedIn, Denied> {
        let invite = who.invite_code.as_deref();
        let (name, password) = (&who.username, who.password.expose());
        let done = if who.character {
            self.accounts.register_to_play(name, password, invite).await
        } else {
            self.accounts.register(name, password, invite).await
        };
        done.map(signed_in).map_err(denied)
    }

    async fn login(&self, username: String, password: Secret) -> Result<SignedIn, Denied> {
        self.accounts
            .login(&username, password.expose())
            .await
            .map(signed_in)
            .map_err(denied)
    }

    async fn guest(&self) -> Result<SignedIn, Denied> {
        if !self.guests {
            return Err(Refusal::new(
                Code::AuthorizationDenied,
                "Guests are not welcome here. Register instead.",
            )
            .into());
        }
        self.accounts.guest().await.map(signed_in).map_err(denied)
    }

    async fn claim(&self, token: Secret, who: Registration) -> Result<SignedIn, Denied> {
        let account = self.holder(&token, false).await?;
        self.accounts
            .claim(
                account,
                &who.username,
                who.password.expose(),
                who.invite_code.as_deref(),
            )
            .await
            .map(signed_in)
            .map_err(denied)
    }

    async fn change_password(
        &self,
        token: Secret,
        old: Secret,
        new: Secret,
    ) -> Result<SignedIn, Denied> {
        let account = self.holder(&token, false).await?;
        let changed = self
            .accounts
            .change_password(account, old.expose(), new.expose());
        changed.await.map(signed_in).map_err(denied)
    }

    async fn refresh_token(&self, token: &Secret) -> Result<Secret, Denied> {
        let refresh = self.accounts.refresh_token(token.expose()).await;
        refresh.map(Secret::new).map_err(denied)
    }

    async fn refresh(&self, token: Secret) -> Result<(SignedIn, Secret), Denied> {
        let (signed, next) = self
            .accounts
            .refresh(token.expose())
            .await
            .map_err(denied)?;
        Ok((signed_in(signed), Secret::new(next)))
    }

    fn generation(&self, token: &Secret) -> u64 {
        let claims = self.accounts.verify_expired_ok(token.expose());
        claims.map_or(0, |claims| claims.generation)
    }

    fn ended(&self) -> watch::Receiver<Arc<[(AccountId, u64)]>> {
        self.accounts.ended()
    }

    async fn logout(&self, token: Secret) -> Result<(), Denied> {
        self.accounts.logout(token.expose()).await.map_err(denied)
    }

    fn is_signed_out(&self, token: &Secret) -> bool {
        self.accounts.is_signed_out(token.expose())
    }

    fn claimed(&self, token: &Secret) -> Option<AccountId> {
        self.claims(token, true).ok().map(|claims| claims.account)
    }

    async fn standing(&self, account: AccountId, character: StableId) -> Result<Role, Denied> {
        let standing = self.accounts.standing(account, character);
        standing.await.map_err(denied)
    }

    fn seal(&self, character: StableId, nonce: u64) -> u64 {
        self.accounts.seal(character, nonce)
    }

    async fn sealed(
        &self,
        token: Secret,
        nonce: u64,
        seal: u64,
        expired_ok: bool,
    ) -> Result<Option<Uuid>, Denied> {
        let account = self.holder(&token, expired_ok).await?;
        let sealed = self.accounts.sealed(account, nonce, seal).await;
        Ok(sealed.map_err(denied)?.map(StableId::uuid))
    }

    async fn me(&self, token: Secret) -> Result<SignedIn, Denied> {
        let account = self.holder(&token, false).await?;
        let (me, characters) = (
            self.accounts.me(account).await,
            self.accounts.characters(account).await,
        );
        let (account, characters) = (me.map_err(denied)?, characters.map_err(denied)?);
        Ok(SignedIn {
            access_token: token,
            account: account.id,
            username: account.username,
            role: account.role,
            guest: account.guest,
            characters: characters.into_iter().map(character).collect(),
        })
    }

    async fn characters(&self, token: Secret) -> Result<Vec<CharacterSummary>, Denied> {
        let claims = self.claims(&token, false)?;
        let characters = self.accounts.characters_by(claims).await.map_err(denied)?;
        Ok(characters.into_iter().map(character).collect())
    }

    fn professions(&self) -> Vec<ProfessionChoice> {
        self.rolls.professions()
    }

    async fn roll(
        &self,
        from: IpAddr,
        token: Secret,
        profession: Option<String>,
    ) -> Result<Rolled, Denied> {
        let account = self.holder(&token, false).await?;
        self.rolls.roll(account, from, profession.as_deref())
    }

    async fn create_character(
        &self,
        token: Secret,
        name: String,
        profession: Option<String>,
        roll: Option<Uuid>,
    ) -> Result<CharacterSummary, Denied> {
        let account = self.holder(&token, false).await?;
        let Born { seed, profession } = self.rolls.born(account, profession.as_deref(), roll)?;
        let made = self
            .accounts
            .create_character_from(seed, account, &name, profession.as_deref())
            .await
            .map_err(denied)?;
        self.rolls.spent(account);
        Ok(character(made))
    }

    async fn delete_character(&self, token: Secret, character: Uuid) -> Result<(), Denied> {
        let account = self.holder(&token, false).await?;
        self.accounts
            .delete_character(account, StableId::from_uuid(character))
            .await
            .map_err(denied)
    }

    async fn admit(
        &self,
        token: Secret,
        character: Option<Uuid>,
        expired_ok: bool,
    ) -> Result<Admitted, Denied> {
        let claims = self.claims(&token, expired_ok)?;
        let admitted = self
            .accounts
            .admit(claims, character.map(StableId::from_uuid))
            .await
            .map_err(denied)?;
        Ok(Admitted {
            account: claims.account,
            character: admitted.character.id,
            name: admitted.character.name,
            profession: admitted.character.profession,
            seed: admitted.character.seed,
            role: admitted.role,
            guest: admitted.guest,
            created_at: admitted.character.created_at,
            generation: claims.generation,
        })
    }
}
