//! Streams an explanation: first the number, then the records that come to it, a page at a time as the client takes them.

use std::pin::Pin;

use futures_util::stream::{self, Stream, StreamExt as _};
use tonic::Status;

use crate::pb;
use crate::tallies::queries::{At, Explanation, ReadEvidence};
use crate::tallies::wire::statements as wire;
use crate::wire::Api;

/// What is streamed.
pub type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// The answers of an explanation that has begun.
#[must_use]
pub fn answers(api: Api, explanation: Explanation) -> Answers<pb::ExplainTallyResponse> {
    let first = wire::begun(&explanation);
    let at = explanation.first();
    let rest = stream::unfold((api, explanation, at), async |(api, of, at)| {
        let mut at = at;
        loop {
            if at == At::End {
                return None;
            }
            match api.read(ReadEvidence { of: of.clone(), at }).await {
                Ok((found, next)) if found.is_empty() => at = next,
                Ok((found, next)) => return Some((Ok(wire::evidence(found)), (api, of, next))),
                Err(status) => return Some((Err(status), (api, of, At::End))),
            }
        }
    });
    Box::pin(stream::once(std::future::ready(Ok(first))).chain(rest))
}
