//! Bodies that come slowly: each has a deadline, and an address sends only so many at once.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use actix_web::HttpMessage;
use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header::{CONNECTION, CONTENT_LENGTH, HeaderValue, TRANSFER_ENCODING};
use actix_web::middleware::Next;
use actix_web::web::{self, Bytes};
use futures_util::{Stream, StreamExt, stream};
use tokio::time::{Instant, timeout_at};

use crate::error::Error;
use crate::extract::ClientAddress;
use crate::limits::Going;
use crate::state::AppState;

/// How long a body may take as a whole: the largest form takes this long at 7 KB/s.
const WHOLE_BODY: Duration = Duration::from_secs(60);
/// How long the next piece of it may take.
const NEXT_PIECE: Duration = Duration::from_secs(10);
/// When an address with too many bodies on their way may try again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Cuts bodies that do not come, and refuses those of an address that has too many on their way.
pub async fn body_deadline(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody, BoxBody>>, actix_web::Error> {
    let length = request.headers().get(CONTENT_LENGTH);
    let has_body = length.is_some_and(|length| length != "0") || request.headers().contains_key(TRANSFER_ENCODING);
    let arena = request.app_data::<web::Data<AppState>>().cloned();
    let (true, Some(arena)) = (has_body, arena) else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    let address = ClientAddress::of(request.request()).0;
    let Some(going) = arena.limits.begin_body(address) else {
        let refusal = Error::RateLimited { retry_after: RETRY_AFTER };
        return Ok(closing(request.error_response(refusal)).map_into_right_body());
    };
    let came = Rc::new(Cell::new(Came::Partly));
    let body = in_time(request.take_payload(), came.clone(), going);
    request.set_payload(Payload::Stream { payload: Box::pin(body) });
    let response = next.call(request).await?;
    match came.get() {
        Came::Whole => Ok(response.map_into_left_body()),
        // It was answered without its body, for which the connection would wait as long as the other end likes.
        Came::Partly => Ok(closing(response).map_into_left_body()),
        Came::Late => {
            let request = response.request().clone();
            Ok(closing(ServiceResponse::from_err(Error::SlowBody, request)).map_into_right_body())
        }
    }
}

/// How much of a body has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    Partly,
    Whole,
    Late,
}

/// The rest of a body that nobody waits for is not read.
fn closing<B>(mut response: ServiceResponse<B>) -> ServiceResponse<B> {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// The body, or an end where it does not come in time.
fn in_time(body: Payload, came: Rc<Cell<Came>>, going: Going) -> impl Stream<Item = Result<Bytes, PayloadError>> {
    let whole = Instant::now() + WHOLE_BODY;
    stream::unfold(Some((body, going)), move |state| {
        let came = came.clone();
        async move {
            let (mut body, going) = state?;
            match timeout_at(whole.min(Instant::now() + NEXT_PIECE), body.next()).await {
                Ok(Some(piece)) => Some((piece, Some((body, going)))),
                Ok(None) => {
                    came.set(Came::Whole);
                    None
                }
                Err(_) => {
                    came.set(Came::Late);
                    Some((Err(PayloadError::Incomplete(None)), None))
                }
            }
        }
    })
}
