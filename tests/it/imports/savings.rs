//! A county's own tables of tariffs, trips and bills, on both engines.
use homecoming::kernel::Reason;
use homecoming::pb;

use super::{import, told};
use crate::savings::{api, trips};
use crate::support::each_engine;
use crate::support::figures::name;

const TARIFFS: &str = "参数编号,参数项目,出发地,目的地,交通方式,人员类别,低值,基准值,高值,生效日期,失效日期,来源,来源等级\n\
                       fare-bj,车票,430281,110100,高铁,成人,300.00,320.00,350.00,2024.1.1,,铁路12306,官方公布\n\
                       scope-bj,范围内比例,,110100,,居民医保,80,85,90,2024年1月1日,2025-01-01,医保局文件,官方\n";

#[tokio::test]
async fn tariffs_come_in_as_entered_and_wait_for_another_person() {
    each_engine("import_tariffs", async |server| {
        trips::county(&server).await;
        let answer = import(&server.channel, "测算参数.csv", TARIFFS.as_bytes()).await;
        assert_eq!((told(&answer).len(), answer.counts()), (0, (2, 2, 0, 0, true)));
        let get = |id: &str| pb::GetTariffRequest { name: name("tariffs", id) };
        let fare = api::client(&server).get_tariff(get("fare-bj")).await.unwrap().into_inner();
        assert_eq!((fare.state(), fare.values.unwrap().base), (pb::TariffState::Entered, 32_000), "yuan become fen");
        let scope = api::client(&server).get_tariff(get("scope-bj")).await.unwrap().into_inner();
        assert_eq!((scope.unit(), scope.values.unwrap().high), (pb::TariffUnit::BasisPoints, 9_000));
        let again = import(&server.channel, "tariffs.csv", TARIFFS.as_bytes()).await;
        assert_eq!(again.counts(), (2, 0, 2, 0, true));

        let bad = "参数编号,参数项目,出发地,目的地,交通方式,人员类别,低值,基准值,高值,生效日期,来源,来源等级\n\
                   x1,车票,,430100,高铁,成人,1.00,2.00,3.00,2024-01-01,价目表,假设\n\
                   x2,住宿,,430100,,不限,-1.00,2.00,3.00,2024-01-01,价目表,假设\n\
                   x3,报销比例,,430100,,居民医保,50,60,101,2024-01-01,价目表,假设\n\
                   x4,住宿,,430100,,不限,5.00,2.00,3.00,2024-01-01,价目表,假设\n";
        let answer = import(&server.channel, "tariffs.csv", bad.as_bytes()).await;
        let expected = [
            (2, "出发地", Reason::Required),
            (3, "低值", Reason::OutOfRange),
            (4, "高值", Reason::OutOfRange),
            (5, "基准值", Reason::Inconsistent),
        ];
        assert_eq!(told(&answer), expected);
        assert!(!answer.counts().4, "nothing of it is written");
    })
    .await;
}

const TRIPS: &str = "行程编号,服务记录编号,居住地区划代码,原就医地区划代码,就诊方式,是否误工,陪同理由,陪同人数,证据等级,证据记录,诊疗项目\n\
                     t1,a1;a2,430281,430100,门诊,是,麻醉,1,K1,转诊单17,47.01\n\
                     t2,a3,430281,430100,门诊,是,麻醉,1,K3,,47.01\n";
const BILLS: &str = "结算单号,行程编号,总费用,范围内费用,起付线,基金支付,医疗救助,个人支付,币种\n\
                     B-1,t1,6872.00,6184.80,500.00,4263.60,,2608.40,人民币\n";

#[tokio::test]
async fn trips_and_their_bills_come_in_with_what_they_saved() {
    each_engine("import_trips", async |server| {
        let mut client = trips::county(&server).await;
        let answer = import(&server.channel, "就医行程.csv", TRIPS.as_bytes()).await;
        assert_eq!((told(&answer).len(), answer.counts()), (0, (2, 2, 0, 0, true)));
        let answer = import(&server.channel, "结算单.csv", BILLS.as_bytes()).await;
        assert_eq!((told(&answer).len(), answer.counts()), (0, (1, 1, 0, 0, true)));
        for (file, text) in [("trips.csv", TRIPS), ("bills.csv", BILLS)] {
            let (rows, created, unchanged, ..) = import(&server.channel, file, text.as_bytes()).await.counts();
            assert_eq!((created, unchanged), (0, rows), "{file} once more");
        }
        let trip = client.get_trip(pb::GetTripRequest { name: name("trips", "t1") }).await.unwrap().into_inner();
        let net = trip.ledgers.iter().find(|it| it.ledger() == pb::SavingLedger::Net).unwrap();
        assert_eq!(net.headline_fen.unwrap().base, 618_989, "the worked case");

        let bad = "结算单号,行程编号,总费用,范围内费用,起付线,基金支付,医疗救助,个人支付,币种\n\
                   B-2,t2,6872.00,6184.80,500.00,4263.60,,2608.41,CNY\n\
                   B-3,t2,6872.00,6184.80,500.00,4263.60,,2608.40,USD\n\
                   B-4,t2,10000000000000000.00,0,0,0,,10000000000000000.00,\n\
                   B-5,nobody,6872.00,6184.80,500.00,4263.60,,2608.40,\n\
                   B-6,t1,6872.00,6184.80,500.00,4263.60,,2608.40,\n";
        let answer = import(&server.channel, "bills.csv", bad.as_bytes()).await;
        let expected = [
            (2, "总费用", Reason::Inconsistent),
            (3, "币种", Reason::Inconsistent),
            (4, "总费用", Reason::OutOfRange),
            (4, "个人支付", Reason::OutOfRange),
        ];
        assert_eq!(told(&answer)[..4], expected, "parts add up, in one currency, of a size that bills have");
        let reasons: Vec<Reason> = told(&answer)[4..].iter().map(|(_, _, reason)| *reason).collect();
        assert_eq!(reasons, [Reason::ResourceNotFound, Reason::TripUnfit], "no such trip; one bill a trip");

        let bad = "行程编号,服务记录编号,日期,居住地区划代码,原就医地区划代码,证据等级\n\
                   t3,a1,2024-03-04,430281,430100,\n\
                   t4,nobody,,430281,430100,\n\
                   t5,,,430281,430100,\n\
                   t6,a1,,43028,430100,K1\n";
        let answer = import(&server.channel, "trips.csv", bad.as_bytes()).await;
        let reasons: Vec<(i64, Reason)> = told(&answer).iter().map(|(line, _, reason)| (*line, *reason)).collect();
        for expected in
            [(2, Reason::TripTaken), (3, Reason::ResourceNotFound), (4, Reason::Required), (5, Reason::Malformed)]
        {
            assert!(reasons.contains(&expected), "{expected:?} in {reasons:?}");
        }
    })
    .await;
}
