//! What the slices share on the wire: conversions of common messages, the caller in the metadata, and [`Api`].
//!
//! A slice's own messages are converted in its `service.rs` or `wire.rs`.
mod api;
mod bounded;
mod caller;
mod convert;
mod fields;

pub use api::Api;
pub use bounded::Bounded;
pub use caller::{call_of, caller_in, caller_of};

/// The answer of a handler.
pub type Reply<T> = Result<tonic::Response<T>, tonic::Status>;

/// A message that asks for a write.
pub trait Mutation: prost::Message {
    /// The request id; empty where the caller gives none.
    fn request_id(&self) -> &str;
    /// Whether the caller only wants to know if it would work.
    fn validate_only(&self) -> bool;
}

/// Declares messages with `request_id` and `validate_only` as [`Mutation`]s: `mutations!(pb::CreateExpertRequest, …);`
macro_rules! mutations {
    ($($message:ty),+ $(,)?) => {
        $(impl $crate::wire::Mutation for $message {
            fn request_id(&self) -> &str {
                &self.request_id
            }

            fn validate_only(&self) -> bool {
                self.validate_only
            }
        })+
    };
}
pub(crate) use mutations;
