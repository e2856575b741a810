//! What credentials do when an earlier slice changes something that they rest on.
use futures_util::future::BoxFuture;

use super::store::{self, dossiers, onboardings};
use super::{Credential, Credentials, Dossier, Dossiers, Onboarding};
use crate::db::{Context, React, Reacted, Reaction, Tx};
use crate::experts::{self, Experts, Standing};
use crate::kernel::{Change, Collection as _, Error, Id, Name, PageRequest, Reason, Result, Timestamp, page};
use crate::persons::{self, Person, PersonRestrictions, Seal};
use crate::sites::Sites;

/// Every reaction of this slice; `server/` registers them.
pub const REACTIONS: &[Reaction] = &[
    Reaction {
        what: "credentials refuse the deletion of a site that a paper, a dossier or a checklist names",
        collection: "sites",
        verbs: &["delete"],
        react: React::Object(keep_site),
    },
    Reaction {
        what: "papers, dossiers and checklists of a duplicate expert move to the survivor",
        collection: "experts",
        verbs: &["merge"],
        react: React::Follow(move_to_survivor),
    },
    Reaction {
        what: "papers seal a restricted expert's documents and dossiers a patient's token, and put them back when that is lifted",
        collection: "personRestrictions",
        verbs: &["restrict", "lift"],
        react: React::Follow(follow_restriction),
    },
];

fn follow_restriction<'a>(
    tx: &'a mut Tx<'_>,
    change: &'a Change,
    context: Context<'a>,
) -> BoxFuture<'a, Result<Reacted>> {
    Box::pin(async move {
        if let Some(swap) = persons::store::swap(tx, change).await? {
            let dossiers = store::persons::swap_patient(tx, &swap, context.now).await?;
            let changes = persons::commands::settle(tx, &swap, Dossiers::COLLECTION, &dossiers, &[]).await?;
            return Ok(Reacted { changes, facts: Vec::new() });
        }
        let name = Name::<PersonRestrictions>::parse(&change.name).map_err(Error::Internal)?;
        let restriction = persons::store::get(tx, &name).await?;
        let Person::Expert(expert) = &restriction.person else { return Ok(Reacted::default()) };
        let programme = name.programme();
        let documents = store::persons::documents(tx, programme, expert).await?;
        let mut written = Vec::with_capacity(documents.len());
        let kept = if change.verb == persons::LIFT {
            persons::store::sealed(tx, &restriction, Credentials::COLLECTION).await?
        } else {
            let seal = |(id, document, _): &store::persons::Document| {
                let (key, value) = (id.to_string(), document.clone());
                Seal { part: Credentials::COLLECTION, key, value }
            };
            persons::store::seal(tx, &restriction, &documents.iter().map(seal).collect::<Vec<_>>()).await?;
            Vec::new()
        };
        for (id, _, revision) in &documents {
            let own = kept.iter().find(|(key, _)| key == id.as_str()).map(|(_, value)| value.as_str());
            // A paper that came after the restriction keeps its document.
            if change.verb != persons::LIFT || own.is_some() {
                written.push((id, own, *revision));
            }
        }
        store::persons::put_documents(tx, programme, &written, context.now).await?;
        let touched = |(id, _, revision): &(&Id, Option<&str>, i64)| {
            Change::updated(Name::<Credentials>::new(programme.clone(), (*id).clone()), revision + 1)
        };
        Ok(Reacted { changes: written.iter().map(touched).collect(), facts: Vec::new() })
    })
}

fn keep_site<'a>(tx: &'a mut Tx<'_>, change: &'a Change, _: Context<'a>) -> BoxFuture<'a, Result<()>> {
    Box::pin(async move {
        let site = Name::<Sites>::parse(&change.name).map_err(Error::Internal)?;
        let (programme, id) = (site.programme(), site.id());
        let named = match store::naming_site(tx, programme, id).await? {
            Some(credential) => Some(format!("credentials/{credential}")),
            None => match dossiers::at_site(tx, programme, id).await? {
                Some(dossier) => Some(format!("dossiers/{dossier}")),
                None => onboardings::at_site(tx, programme, id).await?.map(|id| format!("onboardings/{id}")),
            },
        };
        match named {
            None => Ok(()),
            Some(referrer) => Err(Error::refused(Reason::InUse, "a paper names this site")
                .with("referrer", format!("programmes/{programme}/{referrer}"))
                .with("name", site)),
        }
    })
}

fn move_to_survivor<'a>(
    tx: &'a mut Tx<'_>,
    change: &'a Change,
    context: Context<'a>,
) -> BoxFuture<'a, Result<Reacted>> {
    Box::pin(async move {
        let duplicate = Name::<Experts>::parse(&change.name).map_err(Error::Internal)?;
        let (programme, id) = (duplicate.programme(), duplicate.id());
        let roster = experts::store::rosters(tx, programme, std::slice::from_ref(id)).await?.remove(id);
        // A merge touches two experts; the survivor's change asks for nothing.
        let Some(Standing::Merged { into }) = roster.map(|roster| roster.standing) else {
            return Ok(Reacted::default());
        };
        let mut changes = move_papers(tx, &duplicate, &into, context.now).await?;
        changes.extend(move_dossiers(tx, &duplicate, &into, context.now).await?);
        changes.extend(move_onboardings(tx, &duplicate, &into, context.now).await?);
        Ok(Reacted { changes, facts: Vec::new() })
    })
}

async fn move_papers(tx: &mut Tx<'_>, from: &Name<Experts>, to: &Id, now: Timestamp) -> Result<Vec<Change>> {
    let filter = store::Filter { expert: Some(from.id().clone()), ..Default::default() };
    let mut changes = Vec::new();
    // What has moved is no longer found, so the first page is always the next.
    loop {
        let found = store::list(tx, from.programme(), &filter, &PageRequest::first(page::MAX_SIZE)).await?;
        if found.is_empty() {
            return Ok(changes);
        }
        for credential in found {
            let (paper, meta) = (credential.paper.of(to.clone()), credential.meta.touched(now));
            let moved = Credential { paper, meta, ..credential };
            store::update(tx, &moved).await?;
            changes.push(Change::updated(&moved.name, moved.meta.revision));
        }
    }
}

async fn move_dossiers(tx: &mut Tx<'_>, from: &Name<Experts>, to: &Id, now: Timestamp) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    for dossier in dossiers::naming_expert(tx, from.programme(), from.id()).await?.into_values() {
        let renamed = |id: &Id| if id == from.id() { to.clone() } else { id.clone() };
        let expert = renamed(&dossier.expert);
        let mut co_experts: Vec<Id> = dossier.co_experts.iter().map(renamed).filter(|id| *id != expert).collect();
        co_experts.sort();
        co_experts.dedup();
        let moved = Dossier { expert, co_experts, meta: dossier.meta.touched(now), ..dossier };
        dossiers::update(tx, &moved).await?;
        changes.push(Change::updated(&moved.name, moved.meta.revision));
    }
    Ok(changes)
}

async fn move_onboardings(tx: &mut Tx<'_>, from: &Name<Experts>, to: &Id, now: Timestamp) -> Result<Vec<Change>> {
    let programme = from.programme();
    let kept = onboardings::of_expert(tx, programme, to).await?;
    let mut changes = Vec::new();
    for theirs in onboardings::of_expert(tx, programme, from.id()).await? {
        let changed = match kept.iter().find(|own| own.site == theirs.site) {
            // One expert has one checklist at a site: what was done with the other stays done.
            Some(own) => {
                onboardings::delete(tx, &theirs.name).await?;
                changes.push(Change::deleted(&theirs.name, theirs.meta.revision));
                Onboarding { items: own.joined(&theirs), meta: own.meta.touched(now), ..own.clone() }
            }
            None => Onboarding { expert: to.clone(), meta: theirs.meta.touched(now), ..theirs },
        };
        onboardings::update(tx, &changed).await?;
        changes.push(Change::updated(&changed.name, changed.meta.revision));
    }
    Ok(changes)
}
