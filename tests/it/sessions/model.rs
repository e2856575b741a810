//! A slow, obvious model of what may be planned: two experts, two assistants, three sites, three days. It knows nothing of the service's
//! code, and looks at everything each time.
use homecoming::pb;

/// Minutes of a day.
pub const DAY: i64 = 24 * 60;
/// How many days there are.
pub const DAYS: i64 = 3;
/// The sites, by id, with their rooms by id.
pub const SITES: [(&str, &[&str]); 3] = [("county", &["c1", "c2", "or1"]), ("guanzhuang", &["g1"]), ("pukou", &["p1"])];

/// The three kinds of session: among patients in a clinic room, without an assistant in any room, and without either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Clinic,
    Teaching,
    Lecture,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Clinic, Kind::Teaching, Kind::Lecture];

    pub fn number(self) -> i32 {
        match self {
            Kind::Clinic => pb::SessionKind::Clinic as i32,
            Kind::Teaching => pb::SessionKind::Teaching as i32,
            Kind::Lecture => pb::SessionKind::Lecture as i32,
        }
    }

    fn suits(self, room: &str) -> bool {
        match self {
            Kind::Clinic => room != "or1",
            Kind::Teaching => true,
            Kind::Lecture => false,
        }
    }
}

/// What for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    Book,
    Hold,
    Propose,
}

/// A session that somebody wants. Minutes count from the first midnight; experts and assistants are 1 and 2.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub expert: usize,
    pub site: usize,
    pub kind: Kind,
    pub room: Option<&'static str>,
    pub assistant: Option<usize>,
    pub from: i64,
    pub until: i64,
    pub buffer: i64,
    pub capacity: i64,
    /// A yes to this session was heard.
    pub agreed: bool,
}

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Held until then.
    Tentative(i64),
    /// Asked until then.
    Proposed(i64),
    Confirmed,
    /// It takes nobody's time, and counts for nothing.
    Gone,
}

#[derive(Clone, Debug)]
pub struct Session {
    pub id: String,
    pub draft: Draft,
    pub state: State,
}

impl Session {
    /// Its state as the clock has it.
    pub fn state_at(&self, now: i64) -> State {
        let is_over = match self.state {
            State::Tentative(until) | State::Proposed(until) => until <= now,
            State::Confirmed | State::Gone => false,
        };
        if is_over { State::Gone } else { self.state }
    }
}

#[derive(Clone, Debug)]
pub struct Offer {
    pub expert: usize,
    pub kind: Option<Kind>,
    pub site: Option<usize>,
    pub from: i64,
    pub until: i64,
    pub open: bool,
}

/// A lawful basis at a site, from a day to a day.
#[derive(Clone, Debug)]
pub struct Filing {
    pub expert: usize,
    pub site: Option<usize>,
    pub first: i64,
    pub last: i64,
}

#[derive(Clone, Debug)]
pub struct Away {
    pub expert: usize,
    pub from: i64,
    pub until: i64,
    pub open: bool,
}

/// What an expert has set; unset is no limit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Limits {
    pub a_day: Option<i64>,
    pub patients: Option<i64>,
    pub kind: Option<Kind>,
    pub site: Option<usize>,
    pub quiet_day: Option<i64>,
}

/// Everything there is.
#[derive(Clone, Debug, Default)]
pub struct Model {
    pub now: i64,
    pub offers: Vec<Offer>,
    pub filings: Vec<Filing>,
    pub absences: Vec<Away>,
    /// By expert.
    pub limits: [Limits; 3],
    pub sessions: Vec<Session>,
}

impl Model {
    /// Whether nothing stands against a session, whose own id isn't looked at.
    pub fn admits(&self, draft: &Draft, aim: Aim, own: Option<&str>) -> bool {
        let days = || (draft.from.div_euclid(DAY))..=(draft.until - 1).div_euclid(DAY);
        let first_day = draft.from.div_euclid(DAY);
        let said_yes = match aim {
            Aim::Book => draft.agreed || self.offered(draft),
            Aim::Hold => self.offered(draft),
            Aim::Propose => true,
        };
        // Every yes of this model was heard before anybody said to be away.
        let away = self
            .absences
            .iter()
            .any(|away| away.open && away.expert == draft.expert && away.from < draft.until && draft.from < away.until);
        let lawful = self.filings.iter().any(|filing| {
            let here = filing.site.is_none_or(|site| site == draft.site);
            filing.expert == draft.expert && here && (filing.first..=filing.last).contains(&first_day)
        });
        let limits = &self.limits[draft.expert];
        let on = |day: i64| {
            let counts = |one: &&Session| {
                let planned = matches!(one.state_at(self.now), State::Tentative(_) | State::Confirmed);
                let same = one.draft.expert == draft.expert && one.draft.from.div_euclid(DAY) == day;
                planned && same && Some(one.id.as_str()) != own
            };
            self.sessions.iter().filter(counts).count() as i64
        };
        let within_limits = limits.a_day.is_none_or(|most| days().all(|day| on(day) < most))
            && limits.patients.is_none_or(|most| draft.kind != Kind::Clinic || draft.capacity <= most)
            && limits.kind.is_none_or(|kind| kind == draft.kind)
            && limits.site.is_none_or(|site| site == draft.site)
            && limits.quiet_day.is_none_or(|quiet| !days().any(|day| day == quiet));
        let room_suits = draft.room.is_none_or(|room| draft.kind.suits(room));
        let half = |minute: i64| (minute.div_euclid(DAY), minute.rem_euclid(DAY) >= 13 * 60);
        let in_one_half = draft.kind != Kind::Clinic || half(draft.from) == half(draft.until - 1);
        let free =
            self.sessions.iter().filter(|one| Some(one.id.as_str()) != own).all(|one| self.leaves_free(one, draft));
        said_yes && !away && lawful && within_limits && room_suits && in_one_half && free
    }

    /// Whether standing offers for this kind and site cover every minute.
    fn offered(&self, draft: &Draft) -> bool {
        (draft.from..draft.until).all(|minute| {
            self.offers.iter().any(|offer| {
                let suits = offer.kind.is_none_or(|kind| kind == draft.kind)
                    && offer.site.is_none_or(|site| site == draft.site);
                offer.open && offer.expert == draft.expert && suits && (offer.from..offer.until).contains(&minute)
            })
        })
    }

    /// Whether a session stands in nobody's way.
    fn leaves_free(&self, other: &Session, draft: &Draft) -> bool {
        let state = other.state_at(self.now);
        if state == State::Gone {
            return true;
        }
        // A question takes the room and the assistant, not the expert's time.
        let takes_expert = !matches!(state, State::Proposed(_));
        let theirs = &other.draft;
        let same_expert = takes_expert && theirs.expert == draft.expert;
        let same_assistant = theirs.assistant.is_some() && theirs.assistant == draft.assistant;
        let same_room = theirs.room.is_some() && theirs.site == draft.site && theirs.room == draft.room;
        let (first, second) = if theirs.from <= draft.from { (theirs, draft) } else { (draft, theirs) };
        let turnover = if draft.room == Some("or1") { 30 } else { 0 };
        let people = !(same_expert || same_assistant) || can_be_at_both(first, second);
        let room = !same_room || second.from >= first.until + turnover;
        people && room
    }

    /// The witnesses of a slot, first the assistant, then the room; none: it isn't one.
    pub fn witnesses(&self, draft: &Draft, aim: Aim) -> Option<(Option<usize>, Option<&'static str>)> {
        // The expert's own assistant first. Assistants are at the county hospital only.
        let assistants: Vec<Option<usize>> = match draft.kind {
            Kind::Clinic if draft.site != 0 => Vec::new(),
            Kind::Clinic => vec![Some(draft.expert), Some(3 - draft.expert)],
            Kind::Teaching | Kind::Lecture => vec![None],
        };
        let suiting: Vec<&'static str> =
            SITES[draft.site].1.iter().copied().filter(|room| draft.kind.suits(room)).collect();
        let rooms: Vec<Option<&'static str>> =
            if suiting.is_empty() { vec![None] } else { suiting.into_iter().map(Some).collect() };
        let pairs = assistants.iter().flat_map(|assistant| rooms.iter().map(move |room| (*assistant, *room)));
        let does = |(assistant, room): &(Option<usize>, Option<&'static str>)| {
            let draft = Draft { assistant: *assistant, room: *room, ..draft.clone() };
            self.admits(&draft, aim, None)
        };
        pairs.into_iter().find(does)
    }

    /// No two sessions that take time stand in each other's way, and no limit of a day is passed.
    pub fn holds_together(&self) -> bool {
        let planned: Vec<&Session> = self.sessions.iter().filter(|one| self.takes_time(one)).collect();
        planned.iter().enumerate().all(|(at, one)| {
            planned[at + 1..]
                .iter()
                .all(|other| self.leaves_free(one, &other.draft) && self.leaves_free(other, &one.draft))
        })
    }

    fn takes_time(&self, one: &Session) -> bool {
        matches!(one.state_at(self.now), State::Tentative(_) | State::Confirmed)
    }
}

/// Whether one person can be in both, the first one first.
fn can_be_at_both(first: &Draft, second: &Draft) -> bool {
    let gap = second.from - second.buffer - (first.until + first.buffer);
    let same_day = (first.until - 1).div_euclid(DAY) >= second.from.div_euclid(DAY);
    match (first.site, second.site) {
        (a, b) if a == b => gap >= 0,
        (0, 1) => gap >= 60,
        (1, 0) => gap >= 50,
        _ => gap >= 0 && !same_day,
    }
}
