//! A duplicate becomes a part of the expert that it is.

use homecoming::kernel::Reason;
use homecoming::pb;
use tonic::Code;

use super::{LICENCE, end, full, get, illegal, pause};
use crate::support::county::{County, affiliation, date, expert, external, name, tie};
use crate::support::each_engine;
use crate::support::errors::{Refused, refused};

fn merge(survivor: &str, duplicate: &str) -> pb::MergeExpertsRequest {
    let (survivor, duplicate) = (name("experts", survivor), name("experts", duplicate));
    pb::MergeExpertsRequest { survivor, duplicate, ..Default::default() }
}

#[tokio::test]
async fn everything_recorded_of_either_is_the_survivors() {
    each_engine("expert_merge", async |server| {
        let mut county = County::new(&server).await;
        let survivor = pb::Expert {
            affiliations: vec![affiliation("xiangya", "2015-01-01", Some("2019-12-31"), true)],
            home_ties: vec![tie(pb::HomeTieKind::Born, "430281")],
            ..expert()
        };
        county.expert("e1", survivor).await;
        let duplicate = pb::Expert {
            specialties: vec!["28".to_owned(), "03.04".to_owned()],
            affiliations: vec![
                affiliation("xiangya", "2020-01-01", Some("2021-12-31"), true),
                affiliation("second", "2022-01-01", None, true),
            ],
            home_ties: vec![tie(pb::HomeTieKind::Born, "430281"), tie(pb::HomeTieKind::MenteeHere, "430281100")],
            roster_entry_date: date("2018-01-01"),
            licence_number: LICENCE.to_owned(),
            external_ids: vec![external("D-2")],
            ..expert()
        };
        county.expert("e2", duplicate).await;
        county.experts.end_expert(end("e1", "2023-12-31")).await.unwrap();

        let one = county.experts.merge_experts(merge("e1", "e2")).await.unwrap().into_inner();
        let affiliations = [
            affiliation("xiangya", "2015-01-01", Some("2021-12-31"), true),
            affiliation("second", "2022-01-01", None, true),
        ];
        assert_eq!(one.affiliations, affiliations);
        assert_eq!(one.specialties, ["03.04", "28"]);
        assert_eq!(one.home_ties.len(), 2);
        assert_eq!(one.external_ids, [external("D-2")]);
        assert!(one.licence_recorded);
        assert_eq!((one.roster_entry_date, one.roster_exit_date), (date("2018-01-01"), None));
        assert_eq!(one.state(), pb::ExpertState::Active, "the one that is still open counts");
        assert_eq!(county.experts.get_expert(get("e1")).await.unwrap().into_inner(), one);

        let gone = county.experts.get_expert(get("e2")).await.unwrap().into_inner();
        assert_eq!((gone.state(), gone.merged_into), (pb::ExpertState::Merged, name("experts", "e1")));
        assert!(gone.affiliations.is_empty() && gone.home_ties.is_empty() && gone.external_ids.is_empty());
        assert!(!gone.licence_recorded);

        assert_eq!(refused(county.experts.merge_experts(merge("e1", "e2")).await), illegal("e2", "MERGED", "merge"));
        assert_eq!(refused(county.experts.pause_expert(pause("e2")).await), illegal("e2", "MERGED", "pause"));
    })
    .await;
}

#[tokio::test]
async fn what_can_not_be_one_is_refused() {
    each_engine("expert_unmergeable", async |server| {
        let mut county = County::new(&server).await;
        county.expert("e1", full()).await;
        let other = pb::Expert { licence_number: "110430000099999".to_owned(), ..expert() };
        county.expert("e2", other).await;
        let elsewhere = vec![affiliation("second", "2021-01-01", Some("2021-12-31"), true)];
        county.expert("e3", pb::Expert { affiliations: elsewhere, ..expert() }).await;

        let differ = Refused::new(Code::FailedPrecondition, Reason::LicencesDiffer);
        let differ = differ.with("survivor", &name("experts", "e1")).with("duplicate", &name("experts", "e2"));
        assert_eq!(refused(county.experts.merge_experts(merge("e1", "e2")).await), differ);

        let overlap = Refused::new(Code::FailedPrecondition, Reason::AffiliationsOverlap);
        let overlap = overlap.with("hospital", &name("hospitals", "xiangya"));
        let overlap = overlap.with("other", &name("hospitals", "second")).with("days", "2021-01-01 to 2021-12-31");
        assert_eq!(refused(county.experts.merge_experts(merge("e1", "e3")).await), overlap);

        let itself = refused(county.experts.merge_experts(merge("e1", "e1")).await);
        assert_eq!(itself.violations, [("duplicate".to_owned(), Reason::Inconsistent)]);
        let foreign =
            pb::MergeExpertsRequest { duplicate: "programmes/other/experts/e2".to_owned(), ..merge("e1", "e2") };
        let foreign = refused(county.experts.merge_experts(foreign).await);
        assert_eq!(foreign.violations, [("duplicate".to_owned(), Reason::Inconsistent)]);
        let stale = pb::MergeExpertsRequest { duplicate_etag: "0".to_owned(), ..merge("e1", "e2") };
        let stale = refused(county.experts.merge_experts(stale).await);
        assert_eq!(stale, Refused::new(Code::Aborted, Reason::EtagMismatch).with("name", &name("experts", "e2")));
    })
    .await;
}
