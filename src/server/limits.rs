//! How much one caller, and all of them, may ask at a time: refused with a reason and when to try again, before memory is taken.
//!
//! Queues of the writer and the readers have their own bounds (`db`).
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use clap::Args;
use clap::builder::RangedI64ValueParser;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::kernel::{Bounds, Error, Reason, Result};

/// The largest request message that any server takes, in KiB.
const MOST_MESSAGE_KIB: u32 = 4_096;

/// A number from 1 to what is the most on any server; [`Limits::bounds`] keeps to the same where a program sets it.
fn up_to(most: impl TryInto<i64>) -> RangedI64ValueParser<u32> {
    RangedI64ValueParser::new().range(1..=most.try_into().unwrap_or(i64::MAX))
}

/// How much may be asked at a time.
#[derive(Clone, Copy, Debug, Args)]
pub struct Limits {
    /// Calls a second of one caller, on average; twice as many at once. 0: no limit
    #[arg(long, env = "HOMECOMING_CALLER_RATE", default_value = "2000", value_name = "CALLS")]
    pub caller_rate: u32,
    /// Answers that stream to one caller at a time, such as WatchChanges
    #[arg(long, env = "HOMECOMING_CALLER_STREAMS", default_value = "256", value_name = "STREAMS")]
    pub caller_streams: u32,
    /// Calls at a time of all callers together, without streams
    #[arg(long, env = "HOMECOMING_CALLS", default_value = "4096", value_name = "CALLS")]
    pub calls: u32,
    /// Memory for the requests of all callers together, in MiB: a request waits for its part, or is refused
    #[arg(long, env = "HOMECOMING_REQUEST_MEMORY_MIB", default_value = "256", value_name = "MIB")]
    pub request_memory_mib: u32,
    /// Memory for the requests of one caller, in MiB: so that nobody takes all of it. At least one message fits
    #[arg(long, env = "HOMECOMING_CALLER_MEMORY_MIB", default_value = "64", value_name = "MIB")]
    pub caller_memory_mib: u32,
    /// The largest request message, in KiB; never more than 4096
    #[arg(long, env = "HOMECOMING_MESSAGE_KIB", default_value = "4096", value_name = "KIB", value_parser = up_to(MOST_MESSAGE_KIB))]
    pub message_kib: u32,
    /// The longest that a call may take until its answer begins, in seconds, whatever deadline it names
    #[arg(long, env = "HOMECOMING_DEADLINE_SECONDS", default_value = "60", value_name = "SECONDS")]
    pub deadline_seconds: u32,
    /// The most items of a page; a request that asks for more gets this many. Never more than 1000
    #[arg(long, env = "HOMECOMING_PAGE_SIZE", default_value = "1000", value_name = "ITEMS", value_parser = up_to(Bounds::LARGEST.page_items))]
    pub page_size: u32,
    /// The longest window in which slots or offered times are searched, in days; a longer one is refused. Never more than 84
    #[arg(long, env = "HOMECOMING_WINDOW_DAYS", default_value = "84", value_name = "DAYS", value_parser = up_to(Bounds::LARGEST.window_days))]
    pub window_days: u32,
    /// The most experts among whom slots are searched at once; more are refused. Never more than 300
    #[arg(long, env = "HOMECOMING_WINDOW_EXPERTS", default_value = "300", value_name = "EXPERTS", value_parser = up_to(Bounds::LARGEST.window_experts))]
    pub window_experts: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            caller_rate: 2_000,
            caller_streams: 256,
            calls: 4_096,
            request_memory_mib: 256,
            caller_memory_mib: 64,
            message_kib: MOST_MESSAGE_KIB,
            deadline_seconds: 60,
            page_size: 1_000,
            window_days: 84,
            window_experts: 300,
        }
    }
}

impl Limits {
    /// The largest request message, in bytes.
    #[must_use]
    pub fn message_bytes(&self) -> usize {
        usize::try_from(self.message_kib.min(MOST_MESSAGE_KIB)).unwrap_or(usize::MAX) << 10
    }

    /// How much one question may ask for.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        let clamped = |count: u32, most: usize| usize::try_from(count).unwrap_or(usize::MAX).clamp(1, most);
        Bounds {
            page_items: clamped(self.page_size, Bounds::LARGEST.page_items),
            window_days: i64::from(self.window_days).clamp(1, Bounds::LARGEST.window_days),
            window_experts: clamped(self.window_experts, Bounds::LARGEST.window_experts),
        }
    }
}

/// More callers than this aren't remembered at a time: those who have been still for long are forgotten first.
const MOST_CALLERS: usize = 10_000;
/// When to try again where nobody knows how long it takes.
const RETRY_AFTER_MS: u64 = 200;
/// A stream ends when its reader goes: seconds rather than milliseconds.
const STREAM_RETRY_AFTER_MS: u64 = 5_000;

/// Counts what is asked, against the limits.
pub(super) struct Meter {
    limits: Limits,
    callers: Mutex<HashMap<String, Usage>>,
    calls: Arc<Semaphore>,
    memory: Arc<Semaphore>,
}

/// What one caller has used.
struct Usage {
    /// Calls that may still be made at once.
    left: f64,
    as_of: Instant,
    streams: u32,
    /// What requests that are being read take, in KiB.
    memory: u32,
}

impl Meter {
    pub(super) fn new(limits: Limits) -> Arc<Meter> {
        let size = |count: u32| usize::try_from(count).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Arc::new(Meter {
            limits,
            callers: Mutex::default(),
            calls: Arc::new(Semaphore::new(size(limits.calls.max(1)))),
            // In KiB, so that a permit's number holds.
            memory: Arc::new(Semaphore::new(size(limits.request_memory_mib.max(4)) << 10)),
        })
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Counts a call of a caller.
    ///
    /// # Errors
    /// `RATE_LIMITED`, with the time after which there is room for one.
    pub(super) fn count(&self, subject: &str, now: Instant) -> Result<()> {
        if self.limits.caller_rate == 0 {
            return Ok(());
        }
        let rate = f64::from(self.limits.caller_rate);
        let missing = self.of(subject, now, |usage| {
            let since = now.saturating_duration_since(usage.as_of).as_secs_f64();
            usage.left = (usage.left + since * rate).min(2.0 * rate);
            usage.as_of = now;
            let missing = 1.0 - usage.left;
            usage.left -= if missing <= 0.0 { 1.0 } else { 0.0 };
            missing
        });
        if missing <= 0.0 {
            return Ok(());
        }
        let millis = (missing / rate * 1_000.0).ceil();
        let text = format!("the caller makes more than {} calls a second", self.limits.caller_rate);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most a second, and positive")]
        let retry_after = (millis as u64).max(1);
        Err(Error::refused(Reason::RateLimited, text).with("limit", self.limits.caller_rate).retry_after(retry_after))
    }

    /// Counts an answer that streams, until what is returned is dropped.
    ///
    /// # Errors
    /// `TOO_MANY_STREAMS`.
    pub(super) fn open_stream(self: &Arc<Self>, subject: &str, now: Instant) -> Result<OpenStream> {
        self.of(subject, now, |usage| {
            if usage.streams >= self.limits.caller_streams {
                let text = format!("the caller has {} answers that stream already", usage.streams);
                let refusal = Error::refused(Reason::TooManyStreams, text).with("limit", self.limits.caller_streams);
                return Err(refusal.retry_after(STREAM_RETRY_AFTER_MS));
            }
            usage.streams += 1;
            Ok(())
        })?;
        Ok(OpenStream { meter: Arc::clone(self), subject: subject.to_owned() })
    }

    /// Room for one more call.
    ///
    /// # Errors
    /// `OVERLOADED`.
    pub(super) fn enter(&self) -> Result<OwnedSemaphorePermit> {
        Arc::clone(&self.calls).try_acquire_owned().map_err(|_| overloaded())
    }

    /// Room for a caller's message of so many bytes, until what is returned is dropped.
    ///
    /// # Errors
    /// `TOO_MUCH_AT_ONCE` where the caller's messages take as much as one's may, `OVERLOADED` where all of them do.
    pub(super) fn reserve(self: &Arc<Self>, subject: &str, bytes: usize, now: Instant) -> Result<Room> {
        let kib = u32::try_from(bytes.div_ceil(1 << 10)).unwrap_or(u32::MAX);
        let most = self.limits.caller_memory_mib.max(1).saturating_mul(1 << 10);
        let permit = Arc::clone(&self.memory).try_acquire_many_owned(kib).map_err(|_| overloaded())?;
        self.of(subject, now, |usage| {
            // One message always fits: its own limit is another.
            if usage.memory > 0 && usage.memory.saturating_add(kib) > most {
                let limit = self.limits.caller_memory_mib.max(1);
                let text = format!("the caller's requests that are being read take {limit} MiB already");
                let refusal = Error::refused(Reason::TooMuchAtOnce, text).with("limit", limit);
                return Err(refusal.retry_after(RETRY_AFTER_MS));
            }
            usage.memory = usage.memory.saturating_add(kib);
            Ok(())
        })?;
        Ok(Room { meter: Arc::clone(self), subject: subject.to_owned(), kib, _permit: permit })
    }

    /// Looks at what a caller has used.
    fn of<T>(&self, subject: &str, now: Instant, look: impl FnOnce(&mut Usage) -> T) -> T {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(usage) = callers.get_mut(subject) {
            return look(usage);
        }
        if callers.len() >= MOST_CALLERS {
            let is_still = |usage: &Usage| {
                usage.streams == 0 && usage.memory == 0 && now.saturating_duration_since(usage.as_of).as_secs() >= 2
            };
            callers.retain(|_, usage| !is_still(usage));
        }
        let left = 2.0 * f64::from(self.limits.caller_rate);
        look(callers.entry(subject.to_owned()).or_insert(Usage { left, as_of: now, streams: 0, memory: 0 }))
    }
}

fn overloaded() -> Error {
    Error::Overloaded { retry_after_ms: RETRY_AFTER_MS }
}

/// An answer that streams.
pub(super) struct OpenStream {
    meter: Arc<Meter>,
    subject: String,
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let mut callers = self.meter.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(usage) = callers.get_mut(&self.subject) {
            usage.streams = usage.streams.saturating_sub(1);
        }
    }
}

/// What a message takes of its caller's memory, and of everybody's.
pub(super) struct Room {
    meter: Arc<Meter>,
    subject: String,
    kib: u32,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Room {
    fn drop(&mut self) {
        let mut callers = self.meter.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(usage) = callers.get_mut(&self.subject) {
            usage.memory = usage.memory.saturating_sub(self.kib);
        }
    }
}
