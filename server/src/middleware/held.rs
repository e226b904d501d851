//! Something that lasts as long as a response is being sent.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::web::Bytes;

/// A body, and what is dropped with it.
struct Held<T> {
    body: BoxBody,
    _kept: T,
}

/// Keeps this until the response is sent or given up.
pub(super) fn hold<T: Unpin + 'static>(
    response: ServiceResponse<impl MessageBody + 'static>,
    kept: T,
) -> ServiceResponse<BoxBody> {
    response.map_body(|_, body| BoxBody::new(Held { body: body.boxed(), _kept: kept }))
}

impl<T: Unpin> MessageBody for Held<T> {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}
