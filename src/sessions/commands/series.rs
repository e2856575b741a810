//! Series: the sessions of a weekly pattern, a verdict for each, booked together or not at all.
//!
//! The pattern is closed: weekdays, wall times of the site, first and last day, days left out.
use super::intake::{Entry, Intake, IntakeFacts, Verdicts, all_or_nothing, recalled};
use super::written::Written;
use crate::calendars::{WallTime, Weekday};
use crate::db::{Command, Context, Decision, Query, Tx};
use crate::kernel::{Call, Caller, Date, Error, Id, Result, Timestamp, Zone};
use crate::sessions::{Purpose, SessionDraft};
use crate::sites;

/// The most sessions of a series.
pub const MOST_OCCURRENCES: usize = 200;

const MINUTES_A_DAY: i64 = 24 * 60;

/// One time of the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// On which day.
    pub weekday: Weekday,
    /// From when on.
    pub start: WallTime,
    /// Until when: later that day.
    pub end: WallTime,
}

/// Some times of every week, from a day to a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// When in the week; at least one.
    pub slots: Vec<Slot>,
    /// The first day that counts.
    pub first: Date,
    /// The last one.
    pub last: Date,
    /// Days left out.
    pub except: Vec<Date>,
}

impl Pattern {
    /// The days and times, in order; more than [`MOST_OCCURRENCES`] are cut off after one more.
    #[must_use]
    pub fn occurrences(&self) -> Vec<(Date, &Slot)> {
        let days = self.first.iter_days().take_while(|day| *day <= self.last);
        let days = days.filter(|day| !self.except.contains(day));
        let mut slots: Vec<&Slot> = self.slots.iter().collect();
        slots.sort_by_key(|slot| slot.start);
        let on = |day: Date| {
            let of_day = slots.iter().copied().filter(|slot| slot.weekday == Weekday::of(day));
            of_day.map(|slot| (day, slot)).collect::<Vec<_>>()
        };
        days.flat_map(on).take(MOST_OCCURRENCES + 1).collect()
    }

    /// A slot that begins before another has ended, the people's minutes before and after counted: its place in the list.
    #[must_use]
    pub fn overlap(&self, before_minutes: i64, after_minutes: i64) -> Option<usize> {
        let minutes = |slot: &Slot| {
            let day = i64::from(crate::kernel::Vocabulary::number(slot.weekday) - 1) * MINUTES_A_DAY;
            (day + slot.start.minutes(), day + slot.end.minutes())
        };
        let mut week: Vec<(i64, i64, usize)> =
            self.slots.iter().enumerate().map(|(at, slot)| (minutes(slot).0, minutes(slot).1, at)).collect();
        week.sort_unstable();
        let (first, _, at) = *week.first()?;
        // Sunday's last is followed by Monday's first of the next week.
        let next_week = if week.len() > 1 { Some((first + 7 * MINUTES_A_DAY, 0, at)) } else { None };
        let following = week.iter().copied().skip(1).chain(next_week);
        let clashes = |((_, end, _), (start, ..)): &((i64, i64, usize), (i64, i64, usize))| {
            start - end < before_minutes + after_minutes
        };
        week.iter().copied().zip(following).find(clashes).map(|(_, (.., at))| at)
    }
}

/// Sessions by a weekly pattern at one site.
#[derive(Debug)]
pub struct Series {
    /// What each is like; its id and times are the pattern's to say.
    pub template: SessionDraft,
    /// When.
    pub pattern: Pattern,
    /// What each id begins with.
    pub prefix: String,
    /// Why planning rules are to be set aside, where they are.
    pub overriding: Option<String>,
}

impl Series {
    /// The ids of its sessions, in order: the prefix, the day, and a number where a day has several.
    fn ids(&self) -> Vec<Option<Id>> {
        let occurrences = self.pattern.occurrences();
        let id = |(at, (day, _)): (usize, &(Date, &Slot))| {
            let of_day = occurrences.iter().take(at).filter(|(earlier, _)| earlier == day).count();
            let number = if of_day == 0 { String::new() } else { format!("-{}", of_day + 1) };
            Id::parse(&format!("{}-{}{number}", self.prefix, day.format("%Y%m%d"))).ok()
        };
        occurrences.iter().enumerate().map(id).collect()
    }

    fn entries(&self, zone: Zone) -> Result<Vec<Entry>> {
        let occurrences = self.pattern.occurrences();
        let entry = |((day, slot), session): ((Date, &Slot), Option<Id>)| {
            let session = session.ok_or(Error::Internal("a series' id is too long"))?;
            let (start, end) = (slot.start.on(zone, day), slot.end.on(zone, day));
            // Summer time may eat an occurrence whole; then it doesn't happen.
            Ok((start < end).then(|| Ok(SessionDraft { session, start, end, ..self.template.clone() })))
        };
        let entries = occurrences.into_iter().zip(self.ids()).map(entry).collect::<Result<Vec<_>>>()?;
        Ok(entries.into_iter().flatten().collect())
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<(Intake, IntakeFacts)> {
        let (programme, site) = (&self.template.programme, &self.template.site);
        let sites = sites::store::many(tx, programme, std::slice::from_ref(site)).await?;
        let zone = sites.get(site).map(|site| site.profile.zone);
        let zone = zone.ok_or_else(|| Error::not_found(format!("programmes/{programme}/sites/{site}")))?;
        let intake = Intake {
            programme: programme.clone(),
            entries: self.entries(zone)?,
            purpose: Purpose::Book,
            lapses: None,
            overriding: self.overriding.clone(),
        };
        let facts = intake.load(tx).await?;
        Ok((intake, facts))
    }
}

/// Books the sessions of a series, in order.
#[derive(Debug)]
pub struct BookSeries {
    /// Which.
    pub series: Series,
    /// Refuse all when one is refused; otherwise those are booked that can be.
    pub all_or_nothing: bool,
}

/// The facts of a series: its rows and what they are judged on.
#[derive(Debug)]
pub struct SeriesFacts(Intake, IntakeFacts);

impl Command for BookSeries {
    type Facts = SeriesFacts;
    type Effects = Written;
    type Output = Verdicts;
    const METHOD: &'static str = "SessionService.BookSeries";

    fn programme(&self) -> &Id {
        &self.series.template.programme
    }

    async fn load(&self, tx: &mut Tx<'_>) -> Result<SeriesFacts> {
        let (intake, facts) = self.series.load(tx).await?;
        Ok(SeriesFacts(intake, facts))
    }

    fn decide(&self, facts: SeriesFacts, context: &Context<'_>) -> Result<Decision<Written, Verdicts>> {
        let SeriesFacts(intake, facts) = facts;
        let decision = intake.decide(facts, context)?;
        if self.all_or_nothing {
            all_or_nothing(&decision.output, "occurrences")?;
        }
        Ok(decision)
    }

    async fn apply(&self, written: &Written, tx: &mut Tx<'_>) -> Result<()> {
        written.apply(tx).await
    }

    async fn recall(&self, tx: &mut Tx<'_>, names: &[String]) -> Result<Verdicts> {
        let ids = self.series.ids();
        recalled(tx, self.programme(), ids.iter().map(Option::as_ref), names).await
    }
}

/// The verdicts on a series, without booking anything.
#[derive(Debug)]
pub struct PlanSeries {
    /// Which.
    pub series: Series,
    /// The present.
    pub now: Timestamp,
    /// Who asks.
    pub caller: Caller,
}

impl Query for PlanSeries {
    type Output = Verdicts;

    async fn run(&self, tx: &mut Tx<'_>) -> Result<Verdicts> {
        let (intake, facts) = self.series.load(tx).await?;
        let call = Call::new(self.caller.clone());
        Ok(intake.decide(facts, &Context { call: &call, now: self.now })?.output)
    }
}
