//! The reads of many at once that sessions and imports stand on.
use std::collections::{HashMap, HashSet};

use homecoming::db::{Query, Tx};
use homecoming::hospitals::{self, Hospital, NameKey};
use homecoming::kernel::{Id, Result, Specialty};
use homecoming::pb;
use homecoming::sites::store::{self, Brief};
use homecoming::sites::{Room, RoomKind, Site, SiteLevel};

use super::{client, county, create, township};
use crate::support::{START, each_engine};

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

/// Everything at once, of sites that are there and one that isn't.
struct Everything;

struct Answer {
    briefs: HashMap<Id, Brief>,
    sites: HashMap<Id, Site>,
    rooms: HashMap<Id, Vec<Room>>,
    licensed: HashMap<Id, Vec<Specialty>>,
    closures: HashMap<Id, Vec<String>>,
    minutes: HashMap<(Id, Id), i64>,
    hospitals: HashMap<Id, Hospital>,
    present: HashSet<Id>,
    known_as: HashMap<NameKey, Id>,
}

impl Query for Everything {
    type Output = Answer;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Answer> {
        let programme = id("liling");
        let sites = [id("zyy"), id("gz"), id("none")];
        let pairs = [(id("zyy"), id("gz")), (id("gz"), id("zyy"))];
        let (from, to) = (START, START.plus_minutes(60));
        let closures = tx.ask(store::closures::overlapping(&programme, &sites, from, to)).await?;
        let names = ["醴陵市中医院", "没有"].map(NameKey::of);
        let hospitals = [id("county"), id("none")];
        Ok(Answer {
            briefs: store::briefs(tx, &programme, &sites).await?,
            sites: store::many(tx, &programme, &sites).await?,
            rooms: tx.ask(store::rooms(&programme, &sites)).await?,
            licensed: tx.ask(store::licensed_specialties(&programme, &sites)).await?,
            closures: closures
                .into_iter()
                .map(|(site, closures)| (site, closures.iter().map(|each| each.name.id().to_string()).collect()))
                .collect(),
            minutes: tx.ask(store::travel::minutes(&programme, &pairs)).await?,
            hospitals: hospitals::store::many(tx, &programme, &hospitals).await?,
            present: hospitals::store::present(tx, &programme, &hospitals).await?,
            known_as: hospitals::store::known_as(tx, &programme, &names).await?,
        })
    }
}

#[tokio::test]
async fn later_slices_read_many_at_once() {
    each_engine("site_sets", async |server| {
        let mut client = client(&server).await;
        client.create_site(create("zyy", county())).await.unwrap();
        client.create_site(create("gz", township())).await.unwrap();
        let at = |minutes: i64| Some(START.plus_minutes(minutes).into());
        for (closure, start, end) in [("past", -60, 0), ("now", 30, 90), ("later", 60, 90)] {
            let close = pb::CloseSiteRequest {
                name: "programmes/liling/sites/gz".to_owned(),
                closure_id: closure.to_owned(),
                start_time: at(start),
                end_time: at(end),
                cause: pb::ClosureCause::Staff as i32,
                ..Default::default()
            };
            client.close_site(close).await.unwrap();
        }
        let journey = pb::TravelMinutes {
            origin: "programmes/liling/sites/zyy".to_owned(),
            destination: "programmes/liling/sites/gz".to_owned(),
            minutes: Some(40),
        };
        let set = pb::SetTravelMinutesRequest {
            parent: "programmes/liling".to_owned(),
            travel_minutes: vec![journey],
            ..Default::default()
        };
        client.set_travel_minutes(set).await.unwrap();

        let answer = server.db.read(Everything).await.unwrap();
        assert_eq!(answer.briefs.len(), 2);
        assert_eq!(answer.briefs[&id("gz")].level, SiteLevel::TownshipHealthCentre);
        assert_eq!(answer.sites[&id("zyy")].profile.room(&id("or-1")).unwrap().kinds, [RoomKind::Operating]);
        assert_eq!(answer.sites.len(), 2);
        assert_eq!(answer.rooms[&id("zyy")].iter().map(|room| room.id.to_string()).collect::<Vec<_>>(), ["or-1", "a"]);
        assert!(!answer.rooms.contains_key(&id("gz")));
        assert_eq!(answer.licensed[&id("gz")], [Specialty::parse("50").unwrap()]);
        assert_eq!(answer.closures, HashMap::from([(id("gz"), vec!["now".to_owned()])]));
        assert_eq!(answer.minutes, HashMap::from([((id("zyy"), id("gz")), 40)]), "the way back is unknown");
        assert_eq!(answer.hospitals.keys().collect::<Vec<_>>(), [&id("county")]);
        assert_eq!(answer.present, HashSet::from([id("county")]));
        assert_eq!(answer.known_as, HashMap::from([(NameKey::of("醴陵市中医院"), id("county"))]));
    })
    .await;
}
