//! Random offers, absences, charters, filings, sessions and verbs against the model: after each step what is found, checked, explained and
//! booked agree, nothing overlaps, and limits hold. On both engines; a failure shrinks to a few steps.
use homecoming::db::Engine;
use homecoming::pb;
use homecoming::pb::calendar_service_client::CalendarServiceClient;
use homecoming::pb::charter_service_client::CharterServiceClient;
use homecoming::pb::session_service_client::SessionServiceClient;
use homecoming::pb::slot_service_client::SlotServiceClient;
use homecoming::server;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestCaseResult, TestRunner};
use tonic::transport::Channel;

use super::model::{Aim, Away, DAY, DAYS, Draft, Filing, Kind, Limits, Model, Offer, SITES, Session, State};
use crate::support::papers;
use crate::support::schedule::{self, PARENT, TOMORROW, name};
use crate::support::{Database, START, TestServer};

/// Searches step by this many minutes.
const GRID: i64 = 120;

/// One step. What it acts on is picked by number modulo how many there are.
#[derive(Clone, Debug)]
enum Step {
    Offer(Offer),
    WithdrawOffer(usize),
    Away(Away),
    ComeBack(usize),
    File(Filing),
    Limit(usize, Limits),
    Plan(Draft, Aim),
    Accept(usize),
    Decline(usize),
    Cancel(usize),
    Wait(i64),
}

fn draft() -> impl Strategy<Value = Draft> {
    let who = (1..3usize, 0..3usize, 0..3usize, 0..3usize, 0..4usize);
    let when = (0..DAYS * 24, 1..6i64, 0..2i64, 0..3i64, any::<bool>());
    (who, when).prop_map(|((expert, site, kind, assistant, room), (hour, length, buffer, tens, agreed))| Draft {
        expert,
        site,
        kind: Kind::ALL[kind],
        // Nobody, or the first or the second.
        assistant: (1..3).contains(&assistant).then_some(assistant),
        room: SITES[site].1.get(room).copied(),
        from: hour * 60,
        until: (hour + length) * 60,
        buffer: buffer * 20,
        capacity: tens * 10,
        agreed,
    })
}

fn step() -> impl Strategy<Value = Step> {
    let aim = prop_oneof![3 => Just(Aim::Book), 1 => Just(Aim::Hold), 1 => Just(Aim::Propose)];
    let span = (1..3usize, 0..DAYS * 24, 1..15i64);
    let offer = (span.clone(), prop::option::of(0..3usize), prop::option::of(0..3usize));
    let filing = (1..3usize, prop::option::of(0..3usize), 0..DAYS, 0..DAYS);
    let limits = (1..3usize, prop::option::of(0..3i64), prop::option::of(1..3i64), prop::option::of(0..3usize));
    let more = (prop::option::of(0..3usize), prop::option::of(0..DAYS));
    prop_oneof![
        4 => offer.prop_map(|((expert, hour, length), kind, site)| Step::Offer(Offer {
            expert, kind: kind.map(|kind| Kind::ALL[kind]), site, from: hour * 60, until: (hour + length) * 60, open: true,
        })),
        1 => any::<usize>().prop_map(Step::WithdrawOffer),
        1 => span.prop_map(|(expert, hour, length)| Step::Away(Away {
            expert, from: hour * 60, until: (hour + length) * 60, open: true,
        })),
        1 => any::<usize>().prop_map(Step::ComeBack),
        2 => filing.prop_map(|(expert, site, a, b)| Step::File(Filing { expert, site, first: a.min(b), last: a.max(b) })),
        1 => (limits, more).prop_map(|((expert, a_day, tens, kind), (site, quiet_day))| Step::Limit(expert, Limits {
            a_day, patients: tens.map(|tens| tens * 10), kind: kind.map(|kind| Kind::ALL[kind]), site, quiet_day,
        })),
        8 => (draft(), aim).prop_map(|(draft, aim)| Step::Plan(draft, aim)),
        1 => any::<usize>().prop_map(Step::Accept),
        1 => any::<usize>().prop_map(Step::Decline),
        2 => any::<usize>().prop_map(Step::Cancel),
        1 => (1..40i64).prop_map(Step::Wait),
    ]
}

/// A server, and what the model thinks of it.
struct World<'a> {
    server: &'a TestServer,
    sessions: SessionServiceClient<Channel>,
    slots: SlotServiceClient<Channel>,
    calendars: CalendarServiceClient<Channel>,
    charters: CharterServiceClient<Channel>,
    model: Model,
}

/// How long a hold or a question lasts, in minutes.
const LASTS: i64 = 60;

fn time(minutes: i64) -> Option<prost_types::Timestamp> {
    Some(TOMORROW.plus_minutes(minutes).into())
}

fn interval(from: i64, until: i64) -> pb::Interval {
    pb::Interval { start_time: time(from), end_time: time(until) }
}

fn site(site: usize) -> String {
    name("sites", SITES[site].0)
}

fn expert(expert: usize) -> String {
    name("experts", &format!("e{expert}"))
}

fn plan(draft: &Draft) -> pb::SessionPlan {
    let small = |number: i64| i32::try_from(number).unwrap();
    pb::SessionPlan {
        kind: draft.kind.number(),
        site: site(draft.site),
        room: draft.room.unwrap_or_default().to_owned(),
        expert: expert(draft.expert),
        assistant: draft.assistant.map(|number| name("assistants", &format!("a{number}"))).unwrap_or_default(),
        specialty: "03.04".to_owned(),
        capacity: small(draft.capacity),
        before_minutes: small(draft.buffer),
        after_minutes: small(draft.buffer),
        start_time: time(draft.from),
        end_time: time(draft.until),
        ..Default::default()
    }
}

fn purpose(aim: Aim) -> i32 {
    match aim {
        Aim::Book => pb::SlotPurpose::Book as i32,
        Aim::Hold => pb::SlotPurpose::Hold as i32,
        Aim::Propose => pb::SlotPurpose::Propose as i32,
    }
}

impl World<'_> {
    async fn new(server: &TestServer) -> World<'_> {
        let channel = &server.channel;
        let sessions = schedule::bare(channel, 2).await;
        let licence = |number: usize| {
            let licence = pb::credential::Paper::Licence(pb::LicencePeriod { expert: expert(number) });
            papers::paper(licence, schedule::PAPERED)
        };
        papers::enter(channel, PARENT, vec![licence(1), licence(2)]).await;
        let model = Model { now: START.minutes_since(TOMORROW), ..Model::default() };
        let mut world = World {
            server,
            sessions,
            slots: SlotServiceClient::new(channel.clone()),
            calendars: CalendarServiceClient::new(channel.clone()),
            charters: CharterServiceClient::new(channel.clone()),
            model,
        };
        // The first may practise everywhere, so that enough can be planned; the second only where a step says so.
        world.file(&Filing { expert: 1, site: None, first: 0, last: DAYS }).await;
        world
    }

    async fn take(&mut self, number: usize, step: &Step) -> TestCaseResult {
        match step {
            Step::Offer(offer) => self.offer(offer).await,
            Step::WithdrawOffer(at) => self.withdraw_offer(*at).await,
            Step::Away(away) => self.away(away).await,
            Step::ComeBack(at) => self.come_back(*at).await,
            Step::File(filing) => self.file(filing).await,
            Step::Limit(expert, limits) => self.limit(*expert, limits).await,
            Step::Plan(draft, aim) => {
                self.probe(draft, *aim).await?;
                self.plan(&format!("s{number}"), draft, *aim).await?;
            }
            Step::Accept(at) => self.respond(*at, true).await?,
            Step::Decline(at) => self.respond(*at, false).await?,
            Step::Cancel(at) => self.cancel(*at).await?,
            Step::Wait(minutes) => {
                // Questions still have an hour before the first day begins.
                self.model.now = (self.model.now + minutes).min(-2 * LASTS);
                self.server.clock.set(TOMORROW.plus_minutes(self.model.now));
            }
        }
        prop_assert!(self.model.holds_together(), "{:?}", self.model);
        Ok(())
    }

    async fn offer(&mut self, offer: &Offer) {
        let message = pb::Offer {
            expert: expert(offer.expert),
            kinds: offer.kind.map(Kind::number).into_iter().collect(),
            sites: offer.site.map(site).into_iter().collect(),
            mode: pb::OfferMode::Standing as i32,
            shape: Some(pb::offer::Shape::Interval(interval(offer.from, offer.until))),
            consent: Some(schedule::consent()),
            ..Default::default()
        };
        let request = pb::CreateOfferRequest {
            parent: PARENT.to_owned(),
            offer_id: format!("o{}", self.model.offers.len()),
            offer: Some(message),
            ..Default::default()
        };
        self.calendars.create_offer(request).await.unwrap();
        self.model.offers.push(offer.clone());
    }

    async fn withdraw_offer(&mut self, at: usize) {
        let Some(at) = at.checked_rem(self.model.offers.len()) else { return };
        let request = pb::WithdrawOfferRequest { name: name("offers", &format!("o{at}")), ..Default::default() };
        let answer = self.calendars.withdraw_offer(request).await;
        assert_eq!(answer.is_ok(), self.model.offers[at].open);
        self.model.offers[at].open = false;
    }

    async fn away(&mut self, away: &Away) {
        let message = pb::ExpertAbsence {
            expert: expert(away.expert),
            when: Some(pb::expert_absence::When::Interval(interval(away.from, away.until))),
            ..Default::default()
        };
        let request = pb::CreateExpertAbsenceRequest {
            parent: PARENT.to_owned(),
            absence_id: format!("x{}", self.model.absences.len()),
            absence: Some(message),
            ..Default::default()
        };
        self.calendars.create_expert_absence(request).await.unwrap();
        self.model.absences.push(away.clone());
    }

    async fn come_back(&mut self, at: usize) {
        let Some(at) = at.checked_rem(self.model.absences.len()) else { return };
        let name = name("expert-absences", &format!("x{at}"));
        let request = pb::WithdrawExpertAbsenceRequest { name, ..Default::default() };
        let answer = self.calendars.withdraw_expert_absence(request).await;
        assert_eq!(answer.is_ok(), self.model.absences[at].open);
        self.model.absences[at].open = false;
    }

    async fn file(&mut self, filing: &Filing) {
        let date = |day: i64| schedule::date(2024, 4, i32::try_from(2 + day).unwrap());
        let basis = pb::LegalBasis {
            expert: expert(filing.expert),
            kind: pb::BasisKind::Filed as i32,
            sites: filing.site.map(site).into_iter().collect(),
        };
        let paper = papers::paper(pb::credential::Paper::Basis(basis), date(filing.first));
        let paper = pb::Credential { to_date: Some(date(filing.last)), ..paper };
        papers::enter(&self.server.channel, PARENT, vec![paper]).await;
        self.model.filings.push(filing.clone());
    }

    async fn limit(&mut self, number: usize, limits: &Limits) {
        let small = |number: i64| i32::try_from(number).unwrap();
        let quiet = |day: i64| {
            let date = Some(schedule::date(2024, 4, small(2 + day)));
            pb::QuietDates { from_date: date, to_date: date }
        };
        let charter = pb::Charter {
            name: name("charters", &format!("e{number}")),
            sessions_a_day: limits.a_day.map(small),
            patients_a_clinic: limits.patients.map(small),
            kinds: limits.kind.map(Kind::number).into_iter().collect(),
            sites: limits.site.map(site).into_iter().collect(),
            quiet_dates: limits.quiet_day.map(quiet).into_iter().collect(),
            ..Default::default()
        };
        let word = Some(schedule::consent());
        let request = pb::UpdateCharterRequest { charter: Some(charter), word, ..Default::default() };
        self.charters.update_charter(request).await.unwrap();
        self.model.limits[number] = limits.clone();
    }

    /// Whether finding, checking and explaining say what the model says.
    async fn probe(&mut self, draft: &Draft, aim: Aim) -> TestCaseResult {
        let admitted = self.model.admits(draft, aim, None);
        let consent = (aim == Aim::Book && draft.agreed).then(schedule::consent);
        let check = pb::CheckSlotRequest {
            parent: PARENT.to_owned(),
            purpose: purpose(aim),
            session: Some(plan(draft)),
            consent: consent.clone(),
            ..Default::default()
        };
        let checked = self.slots.check_slot(check).await.unwrap().into_inner();
        prop_assert_eq!(checked.passes, admitted, "check {:?} for {:?}: {:?} in {:?}", draft, aim, checked, self.model);
        let explain = pb::ExplainSlotRequest {
            parent: PARENT.to_owned(),
            purpose: purpose(aim),
            session: Some(plan(draft)),
            consent,
            grid_minutes: i32::try_from(GRID).unwrap(),
            ..Default::default()
        };
        let explained = self.slots.explain_slot(explain).await.unwrap().into_inner();
        prop_assert_eq!(explained.findings.is_empty(), admitted, "explain {:?}: {:?}", draft, explained);
        self.find(draft, aim).await
    }

    /// Whether the search finds what trying every start on the grid finds, with the same witnesses.
    async fn find(&mut self, draft: &Draft, aim: Aim) -> TestCaseResult {
        let small = |number: i64| i32::try_from(number).unwrap();
        let request = pb::FindSlotsRequest {
            parent: PARENT.to_owned(),
            purpose: purpose(aim),
            experts: vec![expert(1), expert(2)],
            sites: vec![site(draft.site)],
            kinds: vec![draft.kind.number()],
            specialty: "03.04".to_owned(),
            window: Some(interval(0, DAYS * DAY)),
            grid_minutes: small(GRID),
            duration_minutes: small(draft.until - draft.from),
            before_minutes: small(draft.buffer),
            after_minutes: small(draft.buffer),
            capacity: small(draft.capacity),
            page_size: 1000,
            ..Default::default()
        };
        let found = self.slots.find_slots(request).await.unwrap().into_inner().slots;
        let found: Vec<_> = found
            .into_iter()
            .map(|slot| (slot.start_time.unwrap().seconds, slot.expert, slot.assistant, slot.room))
            .collect();
        let mut expected = Vec::new();
        let minutes = draft.until - draft.from;
        for from in (0..=DAYS * DAY - minutes).step_by(GRID as usize) {
            for number in 1..3 {
                let wanted = Draft { expert: number, from, until: from + minutes, agreed: false, ..draft.clone() };
                let Some((assistant, room)) = self.model.witnesses(&wanted, aim) else { continue };
                let assistant = assistant.map(|it| name("assistants", &format!("a{it}"))).unwrap_or_default();
                let room = room.unwrap_or_default().to_owned();
                expected.push((time(from).unwrap().seconds, expert(number), assistant, room));
            }
        }
        prop_assert_eq!(found, expected, "find {:?} for {:?} in {:?}", draft, aim, self.model);
        Ok(())
    }

    /// Plans it, which works if and only if the model admits it.
    async fn plan(&mut self, id: &str, draft: &Draft, aim: Aim) -> TestCaseResult {
        let admitted = self.model.admits(draft, aim, None);
        let (parent, session_id, session) = (PARENT.to_owned(), id.to_owned(), Some(plan(draft)));
        let until = self.model.now + LASTS;
        let (answer, state) = match aim {
            Aim::Book => {
                let consent = draft.agreed.then(schedule::consent);
                let request = pb::BookSessionRequest { parent, session_id, session, consent, ..Default::default() };
                (self.sessions.book_session(request).await, State::Confirmed)
            }
            Aim::Hold => {
                let minutes = i32::try_from(LASTS).unwrap();
                let request = pb::CreateHoldRequest { parent, session_id, session, minutes, ..Default::default() };
                (self.sessions.create_hold(request).await, State::Tentative(until))
            }
            Aim::Propose => {
                let deadline = time(until);
                let request = pb::ProposeSessionRequest { parent, session_id, session, deadline, ..Default::default() };
                (self.sessions.propose_session(request).await, State::Proposed(until))
            }
        };
        prop_assert_eq!(answer.is_ok(), admitted, "plan {:?} for {:?}: {:?}", draft, aim, answer.err());
        if admitted {
            self.model.sessions.push(Session { id: id.to_owned(), draft: draft.clone(), state });
        }
        Ok(())
    }

    /// Answers a proposal for its expert: a yes is a booking with a consent.
    async fn respond(&mut self, at: usize, yes: bool) -> TestCaseResult {
        let Some(at) = at.checked_rem(self.model.sessions.len()) else { return Ok(()) };
        let one = self.model.sessions[at].clone();
        let proposed = matches!(one.state_at(self.model.now), State::Proposed(_));
        let agreed = Draft { agreed: true, ..one.draft.clone() };
        let expected = proposed && (!yes || self.model.admits(&agreed, Aim::Book, Some(&one.id)));
        let answer = if yes { pb::SessionAnswer::Accept } else { pb::SessionAnswer::Decline };
        let request = pb::RespondSessionRequest {
            name: name("sessions", &one.id),
            party: pb::Awaiting::Expert as i32,
            answer: answer as i32,
            consent: yes.then(schedule::consent),
            ..Default::default()
        };
        let answer = self.sessions.respond_session(request).await;
        prop_assert_eq!(answer.is_ok(), expected, "respond {:?} to {:?}: {:?}", yes, one, answer.err());
        if expected {
            let one = &mut self.model.sessions[at];
            (one.state, one.draft) = if yes { (State::Confirmed, agreed) } else { (State::Gone, one.draft.clone()) };
        }
        Ok(())
    }

    async fn cancel(&mut self, at: usize) -> TestCaseResult {
        let Some(at) = at.checked_rem(self.model.sessions.len()) else { return Ok(()) };
        let one = &self.model.sessions[at];
        let expected = one.state_at(self.model.now) != State::Gone;
        let party = pb::CancelParty::Expert as i32;
        let request = pb::CancelSessionRequest { name: name("sessions", &one.id), party, ..Default::default() };
        let answer = self.sessions.cancel_session(request).await;
        prop_assert_eq!(answer.is_ok(), expected, "cancel {:?}: {:?}", one, answer.err());
        if expected {
            self.model.sessions[at].state = State::Gone;
        }
        Ok(())
    }
}

#[test]
fn found_checked_explained_and_booked_agree() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 12, failure_persistence: None, ..Config::default() });
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let outcome = runner.run(&prop::collection::vec(step(), 1..50), |steps| {
            runtime.block_on(async {
                let Some(database) = Database::fresh("session_worlds", engine).await else { return Ok(()) };
                let server = TestServer::start(&database, server::options()).await;
                let mut world = World::new(&server).await;
                let mut result = Ok::<(), TestCaseError>(());
                for (number, step) in steps.iter().enumerate() {
                    result = world.take(number, step).await;
                    if result.is_err() {
                        break;
                    }
                }
                drop(world);
                server.stop().await;
                database.remove().await;
                result
            })
        });
        outcome.unwrap_or_else(|failure| panic!("{engine:?}: {failure}"));
    }
}
