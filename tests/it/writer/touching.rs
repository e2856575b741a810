//! Neighbours that touch nothing in common are asked for, and write, together; and come out as if each had run by itself.
use std::fmt::Debug;

use homecoming::assistants::commands::CreateAssistant;
use homecoming::assistants::{self, Absence, AbsenceKind};
use homecoming::db::{Command, Context, Decision, Options, Sql, Tx};
use homecoming::hospitals::commands::CreateHospital;
use homecoming::hospitals::{self, HospitalLevel};
use homecoming::kernel::{Change, Date, ExternalId, Id, Name, Result, Specialty, Zone};
use homecoming::sites::commands::CreateSite;
use homecoming::sites::{self, DivisionCode, RoomKind, SiteLevel};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::commands::{ADDITIONS, Add, Counter, INSERT_ADDITIONS};
use super::{Ward, call, each_engine};

const RAISE: Sql =
    Sql::new("UPDATE additions SET amount = amount + 1 WHERE programme = $1 AND counter = $2 AND since_sequence >= $3");

/// A command that says what it touches.
pub struct Touching<C> {
    pub inner: C,
    pub touches: Vec<String>,
}

impl<C: Command> Command for Touching<C> {
    type Facts = C::Facts;
    type Effects = C::Effects;
    type Output = C::Output;
    const METHOD: &'static str = C::METHOD;

    fn programme(&self) -> &Id {
        self.inner.programme()
    }

    fn touches(&self) -> Option<Vec<String>> {
        Some(self.touches.clone())
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<Self::Facts> {
        self.inner.load(tx).await
    }

    fn decide(&self, facts: Self::Facts, context: &Context<'_>) -> Result<Decision<Self::Effects, Self::Output>> {
        self.inner.decide(facts, context)
    }

    async fn apply(&self, effects: &Self::Effects, tx: &mut Tx<'_>) -> Result<()> {
        self.inner.apply(effects, tx).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Self::Output> {
        self.inner.recall(tx, names).await
    }
}

/// Adds to a counter in two additions, and raises what is there of the first between them.
struct Twice(Add<false>);

impl Command for Twice {
    type Facts = ();
    type Effects = ();
    type Output = ();
    const METHOD: &'static str = "TestService.Twice";

    fn programme(&self) -> &Id {
        &self.0.programme
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<()> {
        self.0.load(tx).await.map(drop)
    }

    fn decide(&self, (): (), _: &Context<'_>) -> Result<Decision<(), ()>> {
        let name = format!("programmes/p/counters/{}", self.0.counter);
        Ok(Decision::new((), (), vec![Change::created(&name), Change::updated(&name, 2)]))
    }

    async fn apply(&self, (): &(), tx: &mut Tx<'_>) -> Result<()> {
        let (add, sequence) = (&self.0, tx.sequence());
        add.apply(&Counter { value: 3, revision: 2 }, tx).await?;
        tx.sql(RAISE).bind(&add.programme).bind(&add.counter).bind(sequence).execute().await?;
        tx.sql(INSERT_ADDITIONS).bind_rows(&[add.addition(sequence + 1)]).execute().await
    }

    async fn recall(&self, _: &mut Tx<'_>, _: &[String]) -> Result<()> {
        Ok(())
    }
}

fn touching<C>(counter: &str, inner: C) -> Touching<C> {
    Touching { inner, touches: vec![counter.to_owned()] }
}

/// How many messages a batch of additions to these counters takes.
async fn messages(ward: &Ward, counters: &[String]) -> u64 {
    let before = ward.db.stats().counts().messages;
    let writes = counters.iter().map(|counter| ward.db.write(call(""), touching(counter, Add::<false>::one(counter))));
    for answer in ward.together(writes.collect()).await {
        answer.unwrap();
    }
    ward.db.stats().counts().messages - before
}

#[tokio::test]
async fn neighbours_that_touch_nothing_in_common_take_few_messages() {
    each_engine("touching", Options::default(), async |ward| {
        let apart: Vec<String> = (0..64).map(|n| format!("c{n}")).collect();
        messages(ward, &apart).await; // what they ask together is learnt
        let few = messages(ward, &apart).await;
        assert!(few < 24, "{few} messages for 64 apart");
        // Each has to do with the one before it.
        let (many, before) = (messages(ward, &vec!["c0".to_owned(); 64]).await, ward.total().await);
        assert!(many > 64, "{many} messages for 64 that touch the same");
        assert_eq!((before, ward.number(ADDITIONS).await), (3 * 64, 3 * 64));
        assert_eq!(ward.reruns(), 0);
    })
    .await;
}

#[tokio::test]
async fn what_a_command_writes_to_one_table_stays_in_its_order() {
    each_engine("twice", Options::default(), async |ward| {
        let twice = |n: usize| {
            let counter = format!("c{n}");
            ward.db.write(call(""), touching(&counter, Twice(Add::one(&counter))))
        };
        for answer in ward.together((0..20).map(twice).collect()).await {
            answer.unwrap();
        }
        assert_eq!((ward.total().await, ward.number(ADDITIONS).await), (3 * 20, 2 * 20));
        assert_eq!(ward.reruns(), 0);
    })
    .await;
}

fn id(text: impl AsRef<str>) -> Id {
    Id::parse(text.as_ref()).unwrap()
}

/// What the dice say of something that is made: its own number, others for what it has or leans on, its external ids.
#[derive(Clone, Debug)]
struct Thrown {
    own: u8,
    others: Vec<u8>,
    external_ids: Vec<ExternalId>,
}

/// Out of few numbers, so that two often have one in common.
fn thrown() -> impl Strategy<Value = Thrown> {
    let external =
        (0..2, 0..12).prop_map(|(system, n)| ExternalId::parse(&format!("s{system}"), &format!("n{n}")).unwrap());
    (0..40_u8, btree_set(0..60_u8, 1..4), btree_set(external, 0..3)).prop_map(|(own, others, external_ids)| Thrown {
        own,
        others: others.into_iter().collect(),
        external_ids: external_ids.into_iter().collect(),
    })
}

fn hospital(programme: &Id, thrown: &Thrown) -> CreateHospital {
    let mut names = thrown.others.iter().map(|n| format!("医院 {n}"));
    let profile = hospitals::Profile {
        display_name: names.next().unwrap(),
        aliases: names.collect(),
        level: HospitalLevel::Tertiary,
        city: String::new(),
        credit_code: None,
        external_ids: thrown.external_ids.clone(),
    };
    CreateHospital { name: Name::new(programme.clone(), id(format!("h{}", thrown.own))), profile }
}

/// At a hospital that is there or isn't.
fn site(programme: &Id, thrown: &Thrown) -> CreateSite {
    let room = |n: &u8| sites::Room {
        id: id(format!("r{n}")),
        display_name: format!("诊室 {n}"),
        kinds: vec![RoomKind::Clinic],
        turnover_minutes: i64::from(*n),
    };
    let profile = sites::Profile {
        display_name: format!("卫生院 {}", thrown.own),
        hospital: Some(id(format!("h{}", thrown.others[0]))).filter(|_| thrown.own.is_multiple_of(2)),
        level: SiteLevel::TownshipHealthCentre,
        institution_code: None,
        division_code: DivisionCode::parse("430281").unwrap(),
        zone: Zone::parse("Asia/Shanghai").unwrap(),
        address: String::new(),
        licensed_specialties: thrown.others.iter().map(|n| Specialty::parse(&format!("{n:02}")).unwrap()).collect(),
        rooms: thrown.others.iter().map(room).collect(),
        external_ids: thrown.external_ids.clone(),
    };
    CreateSite { name: Name::new(programme.clone(), id(format!("s{}", thrown.own))), profile }
}

/// At a site that is there or isn't.
fn assistant(programme: &Id, thrown: &Thrown) -> CreateAssistant {
    let day = Date::from_ymd_opt(2024, 4, thrown.others[0] as u32 % 30 + 1).unwrap();
    let profile = assistants::Profile {
        display_name: format!("助手 {}", thrown.own),
        specialties: thrown.others.iter().map(|n| Specialty::parse(&format!("{n:02}")).unwrap()).collect(),
        licence: None,
        absences: vec![Absence { kind: AbsenceKind::Leave, from: day, to: day, half_day: None }],
        external_ids: thrown.external_ids.clone(),
    };
    let site = id(format!("s{}", thrown.others[0] % 8));
    CreateAssistant { name: Name::new(programme.clone(), id(format!("a{}", thrown.own))), site, profile }
}

/// Makes the same in one programme together and in another one by one, and compares the answers.
async fn compare<C: Command<Output: Debug>>(
    ward: &Ward,
    programmes: &[Id; 2],
    make: fn(&Id, &Thrown) -> C,
    of: &[Thrown],
) {
    let write = |programme: usize, thrown: &Thrown| ward.db.write(call(""), make(&programmes[programme], thrown));
    let together = ward.together(of.iter().map(|thrown| write(0, thrown)).collect()).await;
    let mut one_by_one = Vec::with_capacity(of.len());
    for thrown in of {
        one_by_one.push(write(1, thrown).await);
    }
    let told =
        |answers: Vec<Result<C::Output>>, programme: &Id| format!("{answers:#?}").replace(programme.as_str(), "p");
    assert_eq!(told(together, &programmes[0]), told(one_by_one, &programmes[1]));
}

#[tokio::test]
async fn what_is_made_in_one_batch_is_as_if_made_one_by_one() {
    each_engine("made_apart", Options::default(), async |ward| {
        let mut runner = TestRunner::deterministic();
        for round in 0..10 {
            let programmes = [id(format!("together{round}")), id(format!("singly{round}"))];
            for programme in &programmes {
                ward.create_programme(programme.as_str()).await;
            }
            let mut throw = || vec(thrown(), 10..50).new_tree(&mut runner).unwrap().current();
            compare(ward, &programmes, hospital, &throw()).await;
            compare(ward, &programmes, site, &throw()).await;
            compare(ward, &programmes, assistant, &throw()).await;
        }
        assert_eq!(ward.reruns(), 0);
    })
    .await;
}
