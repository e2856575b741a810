//! Messages of tokens and bindings to commands and queries, and back.
use std::marker::PhantomData;

use super::commands::{Make, Revoke};
use super::queries::{Get, ListKept};
use super::secret::Secret;
use super::store::Kept;
use super::{Binding, LONGEST_TOKEN_DAYS, Role, Scope, Token, is_bound_subject, is_token_subject, latest_expiry};
use crate::experts::Experts;
use crate::kernel::{Collection, Fields, Id, Meta, Name, Reason, Timestamp, Vocabulary as _};
use crate::pb;
use crate::sites::Sites;
use crate::wire::mutations;

mutations!(pb::CreateTokenRequest, pb::RevokeTokenRequest, pb::CreateBindingRequest, pb::RevokeBindingRequest);

/// The longest subject of a filter, in characters.
const MAX_SUBJECT: usize = 128;

pub(super) fn create_token(
    fields: &mut Fields,
    request: pb::CreateTokenRequest,
    now: Timestamp,
    secret: &Secret,
) -> Make<Token> {
    let programme = fields.parent_or_platform("parent", &request.parent);
    let id = new_id(fields, ("token_id", &request.token_id), &request.request_id, now);
    let message = fields.message("token", request.token);
    let made = fields.within("token", |fields| {
        if !is_token_subject(&message.subject, programme == Id::platform()) {
            let shape = "must be 1 to 100 of [A-Za-z0-9._@-], after `platform:` at programmes/- and there alone";
            fields.refuse("subject", Reason::Malformed, shape);
        }
        let expires = fields.time("expire_time", message.expire_time.as_ref());
        if message.expire_time.is_some() && !(now < expires && expires <= latest_expiry(now)) {
            let range = format!("must be later than now, and at most {LONGEST_TOKEN_DAYS} days");
            fields.refuse("expire_time", Reason::OutOfRange, range);
        }
        Token {
            name: Name::new(programme, id),
            subject: message.subject,
            hash: secret.hash(),
            note: fields.text("note", &message.note, 200),
            vouches: message.vouches,
            expires,
            revoked: None,
            meta: Meta::new(now),
        }
    });
    Make { made }
}

pub(super) fn create_binding(fields: &mut Fields, request: pb::CreateBindingRequest, now: Timestamp) -> Make<Binding> {
    let programme = fields.parent_or_platform("parent", &request.parent);
    let id = new_id(fields, ("binding_id", &request.binding_id), &request.request_id, now);
    let message = fields.message("binding", request.binding);
    let made = fields.within("binding", |fields| {
        let at_platform = programme == Id::platform();
        if !is_bound_subject(&message.subject, at_platform) {
            let shape =
                "must be a token's subject, or one after `platform:` or `oidc:`; at programmes/- only the last two";
            fields.refuse("subject", Reason::Malformed, shape);
        }
        let role: Role = fields.choice("role", message.role);
        if role == Role::PlatformOperator && !at_platform {
            fields.refuse("role", Reason::Inconsistent, "PLATFORM_OPERATOR is a role at programmes/-");
        }
        let site = fields.optional_name_in::<Sites>("site", &message.site, &programme);
        let expert = fields.optional_name_in::<Experts>("expert", &message.expert, &programme);
        let mut scopes: Vec<Scope> = Vec::new();
        scopes.extend(site.map(Scope::Site));
        scopes.extend(expert.map(Scope::Expert));
        scopes.extend(message.own_records.then_some(Scope::Own));
        if scopes.len() > 1 {
            fields.refuse("", Reason::Inconsistent, "at most one of site, expert and own_records may be set");
        }
        let scope = scopes.pop().unwrap_or(Scope::Whole);
        if scope != Scope::Whole && (!role.may_be_narrow() || at_platform) {
            fields.refuse("role", Reason::Inconsistent, "this role is one in a whole programme");
        }
        Binding {
            name: Name::new(programme, id),
            subject: message.subject,
            role,
            scope,
            revoked: None,
            meta: Meta::new(now),
        }
    });
    Make { made }
}

fn new_id(fields: &mut Fields, (field, given): (&str, &str), request_id: &str, now: Timestamp) -> Id {
    let id = fields.id(field, given);
    if id.is_none() && !request_id.is_empty() {
        fields.refuse(field, Reason::Required, "must be set when there is a request_id");
    }
    id.unwrap_or_else(|| Id::fresh(now))
}

pub(super) fn revoke<K: Kept>(fields: &mut Fields, name: &str, etag: &str) -> Revoke<K> {
    Revoke { name: fields.name_or_platforms::<K::Collection>("name", name), etag: fields.etag("etag", etag) }
}

pub(super) fn get<K: Kept>(fields: &mut Fields, name: &str) -> Get<K> {
    Get { name: fields.name_or_platforms::<K::Collection>("name", name) }
}

pub(super) fn list<K: Kept>(fields: &mut Fields, parent: &str, subject: &str, page: (i32, &str)) -> ListKept<K> {
    let programme = fields.parent_or_platform("parent", parent);
    let subject = fields.text("subject", subject, MAX_SUBJECT);
    let bound_to = format!("List {} {programme} {subject}", K::Collection::COLLECTION);
    ListKept { page: fields.page(page.0, page.1, &bound_to), programme, subject, bound_to, kind: PhantomData }
}

pub(super) fn token(token: Token) -> pb::Token {
    pb::Token {
        etag: token.meta.etag(&token.name),
        name: token.name.to_string(),
        subject: token.subject,
        note: token.note,
        expire_time: Some(token.expires.into()),
        vouches: token.vouches,
        revoke_time: token.revoked.map(Into::into),
        create_time: Some(token.meta.create_time.into()),
        update_time: Some(token.meta.update_time.into()),
    }
}

pub(super) fn binding(binding: Binding) -> pb::Binding {
    let programme = binding.name.programme().clone();
    let (mut site, mut expert) = (String::new(), String::new());
    match &binding.scope {
        Scope::Site(id) => site = Name::<Sites>::new(programme, id.clone()).to_string(),
        Scope::Expert(id) => expert = Name::<Experts>::new(programme, id.clone()).to_string(),
        Scope::Whole | Scope::Own => {}
    }
    pb::Binding {
        etag: binding.meta.etag(&binding.name),
        name: binding.name.to_string(),
        subject: binding.subject,
        role: binding.role.number(),
        site,
        expert,
        own_records: binding.scope == Scope::Own,
        revoke_time: binding.revoked.map(Into::into),
        create_time: Some(binding.meta.create_time.into()),
        update_time: Some(binding.meta.update_time.into()),
    }
}
