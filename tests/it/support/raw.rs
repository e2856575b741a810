//! Calls of any method with any bytes: what a generated client would never send.
use bytes::{Buf as _, BufMut as _, Bytes};
use futures_util::stream;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

/// Sends bytes as the request of a unary method, such as `/homecoming.v1.ExpertService/GetExpert`.
pub async fn call(channel: &Channel, path: &str, request: Vec<u8>) -> Result<Response<Bytes>, Status> {
    let mut client = Grpc::new(channel.clone());
    client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    client.unary(Request::new(request), path.parse().unwrap(), Raw).await
}

/// Sends one message to a method of any kind, with a token: the first message of the answer, or its refusal.
pub async fn call_as(
    channel: &Channel,
    path: &str,
    request: Vec<u8>,
    token: Option<&str>,
) -> Result<Option<Bytes>, Status> {
    let mut client = Grpc::new(channel.clone());
    client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    let mut request = Request::new(stream::iter([request]));
    if let Some(token) = token {
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    let answer = client.streaming(request, path.parse().unwrap(), Raw).await?;
    answer.into_inner().message().await
}

/// Sends an empty request with a credential of any bytes; nothing where HTTP can't carry them.
pub async fn knock(channel: &Channel, path: &str, authorization: &[u8]) -> Option<Result<Response<Bytes>, Status>> {
    let value = MetadataValue::try_from(authorization).ok()?;
    let mut client = Grpc::new(channel.clone());
    if let Err(error) = client.ready().await {
        return Some(Err(Status::unavailable(error.to_string())));
    }
    let mut request = Request::new(Vec::new());
    request.metadata_mut().insert("authorization", value);
    Some(client.unary(request, path.parse().unwrap(), Raw).await)
}

#[derive(Clone, Copy)]
struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Bytes;
    type Encoder = Raw;
    type Decoder = Raw;

    fn encoder(&mut self) -> Raw {
        Raw
    }

    fn decoder(&mut self) -> Raw {
        Raw
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        let length = from.remaining();
        Ok(Some(from.copy_to_bytes(length)))
    }
}

/// Sends bytes as the request of a method that answers with a stream; returns its first messages, at most so many.
pub async fn stream(channel: &Channel, path: &str, request: Vec<u8>, most: usize) -> Result<Vec<Bytes>, Status> {
    let mut client = Grpc::new(channel.clone());
    client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    let mut answers = client.server_streaming(Request::new(request), path.parse().unwrap(), Raw).await?.into_inner();
    let mut messages = Vec::new();
    while messages.len() < most {
        let Some(message) = answers.message().await? else { break };
        messages.push(message);
    }
    Ok(messages)
}
