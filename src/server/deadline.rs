//! How long a caller waits, as `grpc-timeout` says: a call that isn't answered by then ends here, with a reason.
//!
//! Nothing is undone: a command that was still queued is dropped with its caller, one that runs is finished.
use std::time::Duration;

use http::{HeaderMap, HeaderName};

const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// tonic keeps the same deadline outside every layer, and answers without a reason and unseen: ours is this much earlier,
/// more than a tick of the runtime's timers.
const AHEAD: Duration = Duration::from_millis(2);

/// How long the call may run; `None` where the caller names no deadline that the protocol knows: 1 to 8 digits and a unit.
pub(super) fn of(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(&GRPC_TIMEOUT)?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if !(1..=8).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    let given = match unit {
        "H" => Duration::from_secs(number * 3_600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    };
    Some(given.saturating_sub(AHEAD))
}
