//! A request's body that is read to its end whatever becomes of the request.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use hyper::body::{Body, Frame, SizeHint};

/// How much of a body that nobody wants is read for the sake of its answer, and for how long.
const DISCARDED_BYTES: usize = 64 << 20;
const DISCARD_TIMEOUT: Duration = Duration::from_secs(5);

/// A body that, when it is given up before its end, is read on for a while without keeping anything: a
/// client that is still sending when the connection closes never sees the answer, and takes it for a
/// fault of the network.
pub struct RequestBody<B: Unneeded>(Option<B>);

/// What a body has to be so that its rest can be read after the request.
pub trait Unneeded: Body<Data = Bytes> + Send + Unpin + 'static {}

impl<B: Body<Data = Bytes> + Send + Unpin + 'static> Unneeded for B {}

impl<B: Unneeded> RequestBody<B> {
    /// Wraps the body of a request that is served on a runtime.
    pub fn new(body: B) -> Self {
        Self(Some(body))
    }
}

impl<B: Unneeded> fmt::Debug for RequestBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBody").finish_non_exhaustive()
    }
}

impl<B: Unneeded> Body for RequestBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match &mut self.0 {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl<B: Unneeded> Drop for RequestBody<B> {
    fn drop(&mut self) {
        let Some(body) = self.0.take().filter(|body| !body.is_end_stream()) else { return };
        // Outside of a runtime there is no connection either.
        if tokio::runtime::Handle::try_current().is_ok() {
            drop(crate::lifecycle::spawn(discard(body)));
        }
    }
}

async fn discard<B: Unneeded>(mut body: B) {
    let mut left = DISCARDED_BYTES;
    let reading = async {
        while let Some(Ok(frame)) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await
        {
            let length = frame.data_ref().map_or(0, Buf::remaining);
            let Some(rest) = left.checked_sub(length) else { break };
            left = rest;
        }
    };
    if tokio::time::timeout(DISCARD_TIMEOUT, reading).await.is_err() {
        tracing::debug!("a refused body did not end in time");
    }
}
