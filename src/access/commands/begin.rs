//! The first owner of the platform: a token and a binding that no caller makes, because nobody could call.
use crate::access::store::Kept as _;
use crate::access::{Binding, Bindings, Role, Scope, Token, Tokens, latest_expiry};
use crate::db::{Command, Context, Decision, Tx};
use crate::kernel::{Change, Id, Meta, Name, Result};

/// The subject of the first owner.
pub const OWNER: &str = "platform:owner";

/// Makes a token of the platform's owner, and the binding that makes its subject one where that isn't there.
#[derive(Clone, Debug)]
pub struct Begin {
    /// The platform ([`Id::platform`]).
    pub platform: Id,
    /// The token's id.
    pub token: Id,
    /// The binding's id, should one be needed.
    pub binding: Id,
    /// The hash of the token's secret.
    pub hash: String,
}

impl Command for Begin {
    type Facts = bool;
    type Effects = (Token, Option<Binding>);
    type Output = Token;
    const METHOD: &'static str = "serve";
    const CREATES_PROGRAMME: bool = true;

    fn programme(&self) -> &Id {
        &self.platform
    }

    /// Whether the subject is an owner already.
    async fn load(&self, tx: &mut Tx<'_>) -> Result<bool> {
        let grants = crate::access::store::live_grants(tx, &self.platform).await?;
        Ok(grants.contains(&(OWNER.to_owned(), (Role::Owner, Scope::Whole))))
    }

    fn decide(&self, is_owner: bool, context: &Context<'_>) -> Result<Decision<Self::Effects, Token>> {
        let now = context.now;
        let token = Token {
            name: Name::<Tokens>::new(self.platform.clone(), self.token.clone()),
            subject: OWNER.to_owned(),
            hash: self.hash.clone(),
            note: "made by the server for whoever has its token file".to_owned(),
            vouches: true,
            expires: latest_expiry(now),
            revoked: None,
            meta: Meta::new(now),
        };
        let binding = (!is_owner).then(|| Binding {
            name: Name::<Bindings>::new(self.platform.clone(), self.binding.clone()),
            subject: OWNER.to_owned(),
            role: Role::Owner,
            scope: Scope::Whole,
            revoked: None,
            meta: Meta::new(now),
        });
        let mut changes = vec![Change::created(&token.name)];
        changes.extend(binding.iter().map(|binding| Change::created(&binding.name)));
        Ok(Decision::new((token.clone(), binding), token, changes))
    }

    async fn apply(&self, (token, binding): &Self::Effects, tx: &mut Tx<'_>) -> Result<()> {
        token.insert(tx).await?;
        match binding {
            Some(binding) => binding.insert(tx).await,
            None => Ok(()),
        }
    }

    async fn recall(&self, tx: &mut Tx<'_>, _names: &[String]) -> Result<Token> {
        super::get(tx, &Name::new(self.platform.clone(), self.token.clone())).await
    }
}
