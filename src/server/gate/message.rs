//! Whole gRPC messages out of a request's body: five bytes that say how long one is, and the message.
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use tonic::Status;
use tonic::body::Body;

use super::super::limits::{Meter, Room};
use super::super::observe::stopwatch;

/// What stands before each message: whether it is compressed, and its length.
pub(super) const HEADER: usize = 5;

/// A body that is taken message by message.
pub(super) struct Messages {
    body: Body,
    buffer: BytesMut,
    meter: Arc<Meter>,
    /// Whose it is.
    subject: String,
    /// The memory that the message takes which is read, or was read last.
    room: Option<Room>,
}

/// What comes next in a body.
pub(super) enum Next {
    /// A message with its header.
    Message(Bytes),
    /// The beginning of one that never came: for the handler to refuse.
    Cut(Bytes),
    /// Nothing more.
    End,
}

impl Messages {
    pub(super) fn new(body: Body, meter: Arc<Meter>, subject: &str) -> Messages {
        Messages { body, buffer: BytesMut::new(), meter, subject: subject.to_owned(), room: None }
    }

    /// The next message, once it is whole.
    pub(super) async fn next(&mut self) -> Result<Next, Status> {
        self.room = None; // the one before was asked for by who has dealt with it
        loop {
            if let Some(length) = self.length()? {
                if self.room.is_none() {
                    self.room = Some(self.meter.reserve(&self.subject, length, stopwatch())?); // before the memory is taken
                }
                if self.buffer.len() >= length {
                    return Ok(Next::Message(self.buffer.split_to(length).freeze()));
                }
                self.buffer.reserve(length - self.buffer.len());
            }
            match self.body.frame().await {
                Some(frame) => {
                    if let Ok(data) = frame?.into_data() {
                        self.buffer.extend_from_slice(&data);
                    }
                }
                None if self.buffer.is_empty() => return Ok(Next::End),
                None => return Ok(Next::Cut(self.buffer.split().freeze())),
            }
        }
    }

    /// The memory that the last message takes, for as long as somebody deals with it.
    pub(super) fn into_room(self) -> Option<Room> {
        self.room
    }

    /// How long the message is that the buffer begins with, header included; nothing as long as that isn't known.
    fn length(&self) -> Result<Option<usize>, Status> {
        let Some(&[_, a, b, c, d]) = self.buffer.first_chunk::<HEADER>() else { return Ok(None) };
        let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        if length > self.meter.limits().message_bytes() {
            return Err(super::super::status::too_large(self.meter.limits().message_bytes()));
        }
        Ok(Some(HEADER + length))
    }
}

/// What stands in a message, without its header; nothing where it is compressed, which no handler reads.
pub(super) fn content(message: &Bytes) -> &[u8] {
    match message.split_first() {
        Some((0, rest)) => rest.get(HEADER - 1..).unwrap_or_default(),
        Some(_) | None => &[],
    }
}
