//! What belongs to a site and has no name of its own: its licensed specialties and its rooms.

use std::collections::HashMap;

use crate::db::{self, Ask, Read, Sql, Tx};
use crate::kernel::{Id, Name, Result, Specialty, Vocabulary};
use crate::rows;
use crate::sites::{Room, Site, Sites};

const SPECIALTIES: Sql = rows!(
    "SELECT l.site, l.specialty FROM ",
    "JOIN site_specialties AS l ON l.programme = r.value->>0 AND l.site = r.value->>1 ORDER BY l.site, l.specialty"
);
const ROOMS: Sql = rows!(
    "SELECT m.site, m.room, m.display_name, m.kinds, m.turnover_minutes FROM ",
    "JOIN site_rooms AS m ON m.programme = r.value->>0 AND m.site = r.value->>1 ORDER BY m.site, m.position"
);
const INSERT_SPECIALTIES: Sql = rows!(
    "INSERT INTO site_specialties (programme, site, specialty) SELECT r.value->>0, r.value->>1, r.value->>2 FROM ",
    "WHERE TRUE"
);
const INSERT_ROOMS: Sql = rows!(
    "INSERT INTO site_rooms (programme, site, room, position, display_name, kinds, turnover_minutes) \
     SELECT r.value->>0, r.value->>1, r.value->>2, CAST(r.value->>3 AS BIGINT), r.value->>4, r.value->>5, \
     CAST(r.value->>6 AS BIGINT) FROM ",
    "WHERE TRUE"
);
const DELETE_SPECIALTIES: Sql = Sql::new("DELETE FROM site_specialties WHERE programme = $1 AND site = $2");
const DELETE_ROOMS: Sql = Sql::new("DELETE FROM site_rooms WHERE programme = $1 AND site = $2");

/// The statements of this file, for the test that prepares them.
pub const STATEMENTS: &[(&str, Sql)] = &[
    ("SPECIALTIES", SPECIALTIES),
    ("ROOMS", ROOMS),
    ("INSERT_SPECIALTIES", INSERT_SPECIALTIES),
    ("INSERT_ROOMS", INSERT_ROOMS),
    ("DELETE_SPECIALTIES", DELETE_SPECIALTIES),
    ("DELETE_ROOMS", DELETE_ROOMS),
];

/// Asks for the 诊疗科目 that each of these sites is licensed for, by code; a site without any isn't in the answer.
pub fn licensed_specialties(programme: &Id, sites: &[Id]) -> Ask<HashMap<Id, Vec<Specialty>>> {
    Ask::rows(Read::of(SPECIALTIES).bind_rows(&db::keys(programme, sites)), |rows| {
        let mut specialties: HashMap<Id, Vec<Specialty>> = HashMap::new();
        for row in &rows {
            specialties.entry(row.get("site")?).or_default().push(row.get("specialty")?);
        }
        Ok(specialties)
    })
}

/// Asks for the rooms of each of these sites, in the order in which they are shown; a site without any isn't in the answer.
pub fn rooms(programme: &Id, sites: &[Id]) -> Ask<HashMap<Id, Vec<Room>>> {
    Ask::rows(Read::of(ROOMS).bind_rows(&db::keys(programme, sites)), |found| {
        let mut rooms: HashMap<Id, Vec<Room>> = HashMap::new();
        for row in &found {
            let room = Room {
                id: row.get("room")?,
                display_name: row.get("display_name")?,
                kinds: row.json("kinds")?,
                turnover_minutes: row.get("turnover_minutes")?,
            };
            rooms.entry(row.get("site")?).or_default().push(room);
        }
        Ok(rooms)
    })
}

/// Writes the parts of a site that has none.
pub(super) async fn insert(tx: &mut Tx<'_>, site: &Site) -> Result<()> {
    let (programme, id) = (site.name.programme(), site.name.id());
    let specialties: Vec<_> =
        site.profile.licensed_specialties.iter().map(|specialty| (programme, id, specialty.as_str())).collect();
    if !specialties.is_empty() {
        tx.sql(INSERT_SPECIALTIES).bind_rows(&specialties).execute().await?;
    }
    // A list inside a row arrives in its column as JSON text.
    let row = |(position, room): (usize, &'_ Room)| {
        let kinds: Vec<_> = room.kinds.iter().map(|kind| kind.code()).collect();
        (programme, id, room.id.clone(), position, room.display_name.clone(), kinds, room.turnover_minutes)
    };
    let rooms: Vec<_> = site.profile.rooms.iter().enumerate().map(row).collect();
    if !rooms.is_empty() {
        tx.sql(INSERT_ROOMS).bind_rows(&rooms).execute().await?;
    }
    Ok(())
}

/// Removes the parts of a site.
pub(super) async fn delete(tx: &mut Tx<'_>, name: &Name<Sites>) -> Result<()> {
    tx.sql(DELETE_SPECIALTIES).bind(name.programme()).bind(name.id()).execute().await?;
    tx.sql(DELETE_ROOMS).bind(name.programme()).bind(name.id()).execute().await?;
    Ok(())
}
