//! Who and what the rows of a file refer to, looked up once in one snapshot.
//!
//! A reference is the county's own number (which leads to an id, or is an external id of the file's system), or, for hospitals
//! and sites, a name. A name that two sites have leads nowhere.

use std::collections::{BTreeSet, HashMap};

use crate::assistants::Assistants;
use crate::db::{Query, Tx, external_ids};
use crate::experts::Experts;
use crate::hospitals::{Hospitals, NameKey};
use crate::imports::record::Key;
use crate::kernel::{Collection, Cursor, ExternalId, Id, Key as CursorKey, PageRequest, Result, Zone};
use crate::sites::Sites;
use crate::{assistants, experts, hospitals, programmes, sites};

/// What a file refers to.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    pub hospitals: BTreeSet<Key>,
    pub sites: BTreeSet<Key>,
    pub experts: BTreeSet<Key>,
    pub assistants: BTreeSet<Key>,
}

/// What was found.
#[derive(Debug)]
pub(super) struct Directory {
    /// The programme's zone.
    pub zone: Zone,
    pub hospitals: HashMap<Key, Id>,
    pub sites: HashMap<Key, (Id, Zone)>,
    pub experts: HashMap<Key, Id>,
    /// Who, and at which site.
    pub assistants: HashMap<Key, (Id, Id)>,
}

/// Looks a file's references up.
pub(super) struct LookUp {
    pub programme: Id,
    pub system: Option<String>,
    pub wanted: Wanted,
}

/// How many references a statement looks up.
const CHUNK: usize = 1_000;

impl Query for LookUp {
    type Output = Directory;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Directory> {
        let programme = programmes::store::get(tx, &self.programme).await?;
        programme.must_be_active()?;
        Ok(Directory {
            zone: programme.zone,
            hospitals: self.hospitals(tx).await?,
            sites: self.sites(tx).await?,
            experts: self.experts(tx).await?,
            assistants: self.assistants(tx).await?,
        })
    }
}

impl LookUp {
    /// The id that each key may stand for: the external id's where the file's system has one, else the key's own.
    async fn candidates<C: Collection>(&self, tx: &mut Tx<'_>, keys: &BTreeSet<Key>) -> Result<Vec<(Key, Id)>> {
        let keys: Vec<&Key> = keys.iter().collect();
        let mut known: HashMap<ExternalId, Id> = HashMap::new();
        let external = |key: &Key| ExternalId::parse(self.system.as_deref()?, key.as_str()).ok();
        for chunk in keys.chunks(CHUNK) {
            let asked: Vec<ExternalId> = chunk.iter().filter_map(|key| external(key)).collect();
            let asked: Vec<&ExternalId> = asked.iter().collect();
            if !asked.is_empty() {
                known.extend(external_ids::find_all(tx, &self.programme, C::COLLECTION, &asked).await?);
            }
        }
        let id =
            |key: &&Key| external(key).and_then(|external| known.get(&external).cloned()).unwrap_or_else(|| key.id());
        Ok(keys.into_iter().map(|key| (key.clone(), id(&key))).collect())
    }

    async fn hospitals(&self, tx: &mut Tx<'_>) -> Result<HashMap<Key, Id>> {
        let mut found = HashMap::new();
        for chunk in self.candidates::<Hospitals>(tx, &self.wanted.hospitals).await?.chunks(CHUNK) {
            let ids: Vec<Id> = chunk.iter().map(|(_, id)| id.clone()).collect();
            let names: Vec<NameKey> = chunk.iter().map(|(key, _)| NameKey::of(key.as_str())).collect();
            let present = hospitals::store::present(tx, &self.programme, &ids).await?;
            let named = hospitals::store::known_as(tx, &self.programme, &names).await?;
            for ((key, id), name) in chunk.iter().zip(names) {
                let id = present.get(id).or_else(|| named.get(&name));
                found.extend(id.map(|id| (key.clone(), id.clone())));
            }
        }
        Ok(found)
    }

    async fn sites(&self, tx: &mut Tx<'_>) -> Result<HashMap<Key, (Id, Zone)>> {
        let mut found = HashMap::new();
        let mut nameless = Vec::new();
        for chunk in self.candidates::<Sites>(tx, &self.wanted.sites).await?.chunks(CHUNK) {
            let ids: Vec<Id> = chunk.iter().map(|(_, id)| id.clone()).collect();
            let briefs = sites::store::briefs(tx, &self.programme, &ids).await?;
            for (key, id) in chunk {
                match briefs.get(id) {
                    Some(brief) => drop(found.insert(key.clone(), (id.clone(), brief.zone))),
                    None => nameless.push(key.clone()),
                }
            }
        }
        if !nameless.is_empty() {
            let names = self.site_names(tx).await?;
            let known = |key: &Key| names.get(&NameKey::of(key.as_str())).cloned().flatten();
            found.extend(nameless.into_iter().filter_map(|key| known(&key).map(|site| (key, site))));
        }
        Ok(found)
    }

    /// Every site by its name; `None` where two have it.
    async fn site_names(&self, tx: &mut Tx<'_>) -> Result<HashMap<NameKey, Option<(Id, Zone)>>> {
        let mut names: HashMap<NameKey, Option<(Id, Zone)>> = HashMap::new();
        let mut page = PageRequest::first(CHUNK);
        loop {
            let mut sites = sites::store::list(tx, &self.programme, &sites::store::Filter::default(), &page).await?;
            let more = sites.len() > page.size;
            sites.truncate(page.size);
            page.after = sites.last().map(|site| Cursor(vec![CursorKey::Text(site.name.id().to_string())]));
            for site in sites {
                let zone = site.profile.zone;
                let key = NameKey::of(&site.profile.display_name);
                names.entry(key).and_modify(|known| *known = None).or_insert(Some((site.name.into_id(), zone)));
            }
            if !more {
                return Ok(names);
            }
        }
    }

    async fn experts(&self, tx: &mut Tx<'_>) -> Result<HashMap<Key, Id>> {
        let mut found = HashMap::new();
        for chunk in self.candidates::<Experts>(tx, &self.wanted.experts).await?.chunks(CHUNK) {
            let ids: Vec<Id> = chunk.iter().map(|(_, id)| id.clone()).collect();
            let present = experts::store::rosters(tx, &self.programme, &ids).await?;
            found.extend(chunk.iter().filter(|(_, id)| present.contains_key(id)).cloned());
        }
        Ok(found)
    }

    async fn assistants(&self, tx: &mut Tx<'_>) -> Result<HashMap<Key, (Id, Id)>> {
        let mut found = HashMap::new();
        for chunk in self.candidates::<Assistants>(tx, &self.wanted.assistants).await?.chunks(CHUNK) {
            let ids: Vec<Id> = chunk.iter().map(|(_, id)| id.clone()).collect();
            let present = assistants::store::many(tx, &self.programme, &ids).await?;
            for (key, id) in chunk {
                found.extend(present.get(id).map(|assistant| (key.clone(), (id.clone(), assistant.site.clone()))));
            }
        }
        Ok(found)
    }
}
