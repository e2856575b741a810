//! The tables of tokens and bindings: what is revoked stays, with its time. What requests name is looked up in `places`.
pub mod places;

use super::decide::Grant;
use super::{Binding, Bindings, Role, Scope, Token, Tokens};
use crate::db::{List, Row, Sql, Tx, Value};
use crate::experts::{self, Experts};
use crate::kernel::{Error, Id, Meta, Name, PageRequest, Result, Timestamp, Vocabulary as _};
use crate::sites::{self, Sites};

/// The tables that this slice owns.
pub const TABLES: &[&str] = &["access_tokens", "access_bindings", "access_versions"];

const GET_TOKEN: Sql = Sql::new("SELECT t.* FROM access_tokens t WHERE t.programme = $1 AND t.token = $2");
const TOKEN_OF_HASH: Sql = Sql::new("SELECT t.* FROM access_tokens t WHERE t.programme = $1 AND t.hash = $2");
const INSERT_TOKEN: Sql = Sql::new(
    "INSERT INTO access_tokens (programme, token, subject, hash, note, vouches, expire_time, revision, create_time, update_time) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
);
const REVOKE_TOKEN: Sql = Sql::new(
    "UPDATE access_tokens SET revoke_time = $3, revision = $4, update_time = $5 WHERE programme = $1 AND token = $2",
);
const GET_BINDING: Sql = Sql::new("SELECT b.* FROM access_bindings b WHERE b.programme = $1 AND b.binding = $2");
const INSERT_BINDING: Sql = Sql::new(
    "INSERT INTO access_bindings (programme, binding, subject, role, scope, within, revision, create_time, update_time) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
);
const REVOKE_BINDING: Sql = Sql::new(
    "UPDATE access_bindings SET revoke_time = $3, revision = $4, update_time = $5 WHERE programme = $1 AND binding = $2",
);
const MOVE_VERSION: Sql = Sql::new(
    "INSERT INTO access_versions (programme, version) VALUES ($1, 1) \
     ON CONFLICT (programme) DO UPDATE SET version = access_versions.version + 1",
);
const VERSIONS: Sql = Sql::new(
    "SELECT v.programme, v.version FROM access_versions v WHERE v.programme > $1 ORDER BY v.programme LIMIT 1000",
);
const LIVE_TOKENS: Sql = Sql::new(
    "SELECT t.* FROM access_tokens t WHERE t.programme = $1 AND t.revoke_time IS NULL AND t.token > $2 \
     ORDER BY t.token LIMIT 1000",
);
const LIVE_BINDINGS: Sql = Sql::new(
    "SELECT b.* FROM access_bindings b WHERE b.programme = $1 AND b.revoke_time IS NULL AND b.binding > $2 \
     ORDER BY b.binding LIMIT 1000",
);

/// The statements of this slice, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("GET_TOKEN", GET_TOKEN),
    ("TOKEN_OF_HASH", TOKEN_OF_HASH),
    ("INSERT_TOKEN", INSERT_TOKEN),
    ("REVOKE_TOKEN", REVOKE_TOKEN),
    ("GET_BINDING", GET_BINDING),
    ("INSERT_BINDING", INSERT_BINDING),
    ("REVOKE_BINDING", REVOKE_BINDING),
    ("MOVE_VERSION", MOVE_VERSION),
    ("VERSIONS", VERSIONS),
    ("LIVE_TOKENS", LIVE_TOKENS),
    ("LIVE_BINDINGS", LIVE_BINDINGS),
];

static LIST_TOKENS: List = List {
    head: "SELECT t.* FROM access_tokens t WHERE t.programme = ?",
    filters: &["t.subject = ?"],
    after: "t.token > ?",
    order: "ORDER BY t.token",
};
static LIST_BINDINGS: List = List {
    head: "SELECT b.* FROM access_bindings b WHERE b.programme = ?",
    filters: &["b.subject = ?"],
    after: "b.binding > ?",
    order: "ORDER BY b.binding",
};

/// The lists of this slice, for the test that prepares them.
pub const LISTS: &[(&str, &List)] = &[("LIST_TOKENS", &LIST_TOKENS), ("LIST_BINDINGS", &LIST_BINDINGS)];

/// A token or a binding: what is made, revoked, and never changes otherwise.
pub trait Kept: Clone + Send + Sync + Sized + 'static {
    /// Its collection.
    type Collection: crate::kernel::Collection;
    /// The RPCs that make and revoke one.
    const METHODS: [&'static str; 2];

    /// Its name.
    fn name(&self) -> &Name<Self::Collection>;
    /// Its revision and times.
    fn meta(&self) -> &Meta;
    /// It, made now.
    #[must_use]
    fn made(&self, now: Timestamp) -> Self;
    /// The role that it gives, where it gives one.
    fn role(&self) -> Option<Role>;
    /// It, revoked now.
    ///
    /// # Errors
    /// `ILLEGAL_TRANSITION`.
    fn revoked(&self, now: Timestamp) -> Result<Self>;
    /// The site or the expert that it is about and that isn't there, with the request's field.
    ///
    /// # Errors
    /// A storage error.
    fn absent(&self, tx: &mut Tx<'_>) -> impl Future<Output = Result<Option<(&'static str, String)>>> + Send;
    /// The one of this name, if there is one.
    ///
    /// # Errors
    /// A storage error.
    fn find(tx: &mut Tx<'_>, name: &Name<Self::Collection>) -> impl Future<Output = Result<Option<Self>>> + Send;
    /// Writes a new one.
    ///
    /// # Errors
    /// A storage error.
    fn insert(&self, tx: &mut Tx<'_>) -> impl Future<Output = Result<()>> + Send;
    /// Writes that it was revoked.
    ///
    /// # Errors
    /// A storage error.
    fn update(&self, tx: &mut Tx<'_>) -> impl Future<Output = Result<()>> + Send;
    /// A page of a programme's by id, of one subject where one is named; one more than the page holds.
    ///
    /// # Errors
    /// A storage error.
    fn list(
        tx: &mut Tx<'_>,
        programme: &Id,
        subject: &str,
        page: &PageRequest,
    ) -> impl Future<Output = Result<Vec<Self>>> + Send;
    /// How large it is in an answer, in bytes, at most.
    fn bytes(&self) -> usize;
}

impl Kept for Token {
    type Collection = Tokens;
    const METHODS: [&'static str; 2] = ["AccessService.CreateToken", "AccessService.RevokeToken"];

    fn name(&self) -> &Name<Tokens> {
        &self.name
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn made(&self, now: Timestamp) -> Self {
        Token { meta: Meta::new(now), ..self.clone() }
    }

    fn role(&self) -> Option<Role> {
        None
    }

    fn revoked(&self, now: Timestamp) -> Result<Self> {
        self.revoke(now)
    }

    async fn absent(&self, _tx: &mut Tx<'_>) -> Result<Option<(&'static str, String)>> {
        Ok(None)
    }

    async fn find(tx: &mut Tx<'_>, name: &Name<Tokens>) -> Result<Option<Self>> {
        let row = tx.sql(GET_TOKEN).bind(name.programme()).bind(name.id()).fetch_optional().await?;
        row.as_ref().map(token_of).transpose()
    }

    async fn insert(&self, tx: &mut Tx<'_>) -> Result<()> {
        let stmt = tx.sql(INSERT_TOKEN).bind(self.name.programme()).bind(self.name.id()).bind(&self.subject);
        let stmt = stmt.bind(&self.hash).bind(&self.note).bind(self.vouches).bind(self.expires);
        let Meta { revision, create_time, update_time } = self.meta;
        stmt.bind(revision).bind(create_time).bind(update_time).execute().await?;
        move_version(tx, self.name.programme()).await
    }

    async fn update(&self, tx: &mut Tx<'_>) -> Result<()> {
        let stmt = tx.sql(REVOKE_TOKEN).bind(self.name.programme()).bind(self.name.id()).bind(self.revoked);
        stmt.bind(self.meta.revision).bind(self.meta.update_time).execute().await?;
        move_version(tx, self.name.programme()).await
    }

    async fn list(tx: &mut Tx<'_>, programme: &Id, subject: &str, page: &PageRequest) -> Result<Vec<Self>> {
        listed(tx, &LIST_TOKENS, programme, subject, page).await?.iter().map(token_of).collect()
    }

    fn bytes(&self) -> usize {
        Token::bytes(self)
    }
}

impl Kept for Binding {
    type Collection = Bindings;
    const METHODS: [&'static str; 2] = ["AccessService.CreateBinding", "AccessService.RevokeBinding"];

    fn name(&self) -> &Name<Bindings> {
        &self.name
    }

    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn made(&self, now: Timestamp) -> Self {
        Binding { meta: Meta::new(now), ..self.clone() }
    }

    fn role(&self) -> Option<Role> {
        Some(self.role)
    }

    fn revoked(&self, now: Timestamp) -> Result<Self> {
        self.revoke(now)
    }

    async fn absent(&self, tx: &mut Tx<'_>) -> Result<Option<(&'static str, String)>> {
        let programme = self.name.programme();
        match &self.scope {
            Scope::Whole | Scope::Own => Ok(None),
            Scope::Site(id) => {
                let name = Name::<Sites>::new(programme.clone(), id.clone());
                let is_there = sites::store::find(tx, &name).await?.is_some();
                Ok((!is_there).then(|| ("binding.site", name.to_string())))
            }
            Scope::Expert(id) => {
                let name = Name::<Experts>::new(programme.clone(), id.clone());
                let is_there = experts::store::find(tx, &name).await?.is_some();
                Ok((!is_there).then(|| ("binding.expert", name.to_string())))
            }
        }
    }

    async fn find(tx: &mut Tx<'_>, name: &Name<Bindings>) -> Result<Option<Self>> {
        let row = tx.sql(GET_BINDING).bind(name.programme()).bind(name.id()).fetch_optional().await?;
        row.as_ref().map(binding_of).transpose()
    }

    async fn insert(&self, tx: &mut Tx<'_>) -> Result<()> {
        let (scope, within) = match &self.scope {
            Scope::Whole => ("WHOLE", ""),
            Scope::Site(site) => ("SITE", site.as_str()),
            Scope::Expert(expert) => ("EXPERT", expert.as_str()),
            Scope::Own => ("OWN", ""),
        };
        let stmt = tx.sql(INSERT_BINDING).bind(self.name.programme()).bind(self.name.id()).bind(&self.subject);
        let stmt = stmt.bind(self.role.code()).bind(scope).bind(within);
        let Meta { revision, create_time, update_time } = self.meta;
        stmt.bind(revision).bind(create_time).bind(update_time).execute().await?;
        move_version(tx, self.name.programme()).await
    }

    async fn update(&self, tx: &mut Tx<'_>) -> Result<()> {
        let stmt = tx.sql(REVOKE_BINDING).bind(self.name.programme()).bind(self.name.id()).bind(self.revoked);
        stmt.bind(self.meta.revision).bind(self.meta.update_time).execute().await?;
        move_version(tx, self.name.programme()).await
    }

    async fn list(tx: &mut Tx<'_>, programme: &Id, subject: &str, page: &PageRequest) -> Result<Vec<Self>> {
        listed(tx, &LIST_BINDINGS, programme, subject, page).await?.iter().map(binding_of).collect()
    }

    fn bytes(&self) -> usize {
        Binding::bytes(self)
    }
}

async fn listed(
    tx: &mut Tx<'_>,
    list: &'static List,
    programme: &Id,
    subject: &str,
    page: &PageRequest,
) -> Result<Vec<Row>> {
    let mut select = list.select([Value::from(programme)]);
    if !subject.is_empty() {
        select.filter(0, [Value::from(subject)]);
    }
    tx.select(select.page(page)).await
}

async fn move_version(tx: &mut Tx<'_>, programme: &Id) -> Result<()> {
    tx.sql(MOVE_VERSION).bind(programme).execute().await
}

/// The token of a programme that has this hash, revoked or not.
///
/// # Errors
/// A storage error.
pub async fn token_of_hash(tx: &mut Tx<'_>, programme: &Id, hash: &str) -> Result<Option<Token>> {
    let row = tx.sql(TOKEN_OF_HASH).bind(programme).bind(hash).fetch_optional().await?;
    row.as_ref().map(token_of).transpose()
}

/// How often tokens and bindings have changed, by programme.
///
/// # Errors
/// A storage error.
pub async fn versions(tx: &mut Tx<'_>) -> Result<Vec<(Id, i64)>> {
    let mut versions: Vec<(Id, i64)> = Vec::new();
    loop {
        let after = versions.last().map_or("", |(programme, _)| programme.as_str());
        let rows = tx.sql(VERSIONS).bind(after).fetch_all().await?;
        for row in &rows {
            versions.push((row.get("programme")?, row.get("version")?));
        }
        if rows.len() < 1_000 {
            return Ok(versions);
        }
    }
}

/// A programme's tokens that weren't revoked, the expired ones too.
///
/// # Errors
/// A storage error.
pub async fn live_tokens(tx: &mut Tx<'_>, programme: &Id) -> Result<Vec<Token>> {
    let mut tokens: Vec<Token> = Vec::new();
    loop {
        let after = tokens.last().map_or("", |token| token.name.id().as_str()).to_owned();
        let rows = tx.sql(LIVE_TOKENS).bind(programme).bind(after).fetch_all().await?;
        for row in &rows {
            tokens.push(token_of(row)?);
        }
        if rows.len() < 1_000 {
            return Ok(tokens);
        }
    }
}

/// The roles that a programme's bindings give, by subject.
///
/// # Errors
/// A storage error.
pub async fn live_grants(tx: &mut Tx<'_>, programme: &Id) -> Result<Vec<(String, Grant)>> {
    let mut grants: Vec<(String, Grant)> = Vec::new();
    let mut after = String::new();
    loop {
        let rows = tx.sql(LIVE_BINDINGS).bind(programme).bind(&after).fetch_all().await?;
        for row in &rows {
            let Binding { name, subject, role, scope, .. } = binding_of(row)?;
            after = name.into_id().to_string();
            grants.push((subject, (role, scope)));
        }
        if rows.len() < 1_000 {
            return Ok(grants);
        }
    }
}

fn token_of(row: &Row) -> Result<Token> {
    Ok(Token {
        name: Name::new(row.get("programme")?, row.get("token")?),
        subject: row.get("subject")?,
        hash: row.get("hash")?,
        note: row.get("note")?,
        vouches: row.get("vouches")?,
        expires: row.get("expire_time")?,
        revoked: row.get("revoke_time")?,
        meta: row.meta()?,
    })
}

fn binding_of(row: &Row) -> Result<Binding> {
    let scope = match row.get::<String>("scope")?.as_str() {
        "WHOLE" => Scope::Whole,
        "SITE" => Scope::Site(row.get("within")?),
        "EXPERT" => Scope::Expert(row.get("within")?),
        "OWN" => Scope::Own,
        _ => return Err(Error::storage("access_bindings.scope has no such code")),
    };
    Ok(Binding {
        name: Name::new(row.get("programme")?, row.get("binding")?),
        subject: row.get("subject")?,
        role: row.code("role")?,
        scope,
        revoked: row.get("revoke_time")?,
        meta: row.meta()?,
    })
}
