//! A connection whose answers wait for each other.
//!
//! A batch answers many callers at once, and several call through one connection: each answer is a task that hands its frames to the
//! connection's, which tokio runs right after it, so that every answer was a system call and a packet of its own. Here a flush lets all
//! who are ready go first, and what they wrote meanwhile leaves with it. Nobody waits for a clock: where nobody else is ready, the
//! connection's turn comes at once. Who drops it unflushed (TLS, which says last why it won't talk) is still heard.
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, BufWriter, ReadBuf};
use tonic::transport::server::Connected;

/// What is gathered at most before it is written, in bytes: some twenty answers of a few hundred.
pub const MOST_BYTES: usize = 8 * 1024;

/// A connection whose first flush lets others go first: what is gathered leaves with the second, where no more has room, or at the end.
#[derive(Debug)]
pub struct Gathered<C: AsyncWrite + Unpin> {
    connection: BufWriter<C>,
    /// Whether those who were ready have had their turn since there was something to flush.
    has_let_go: bool,
}

impl<C: AsyncWrite + Unpin> Gathered<C> {
    /// A connection that nothing was written to yet.
    pub fn new(connection: C) -> Gathered<C> {
        Gathered { connection: BufWriter::with_capacity(MOST_BYTES, connection), has_let_go: false }
    }
}

impl<C: AsyncRead + AsyncWrite + Unpin> AsyncRead for Gathered<C> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_read(cx, to)
    }
}

impl<C: AsyncWrite + Unpin> AsyncWrite for Gathered<C> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.connection).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.connection).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.connection.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.has_let_go && !self.connection.buffer().is_empty() {
            self.has_let_go = true;
            cx.waker().wake_by_ref(); // who wakes itself goes to the end of its worker's queue
            return Poll::Pending;
        }
        let flushed = ready!(Pin::new(&mut self.connection).poll_flush(cx));
        self.has_let_go = false;
        Poll::Ready(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(cx)
    }
}

impl<C: AsyncWrite + Unpin> Drop for Gathered<C> {
    fn drop(&mut self) {
        let _ = Pin::new(&mut self.connection).poll_flush(&mut Context::from_waker(Waker::noop())); // what the system takes at once
    }
}

impl<C: Connected + AsyncWrite + Unpin> Connected for Gathered<C> {
    type ConnectInfo = C::ConnectInfo;

    fn connect_info(&self) -> C::ConnectInfo {
        self.connection.get_ref().connect_info()
    }
}
