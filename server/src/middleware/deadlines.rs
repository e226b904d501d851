//! Deadlines: of bodies that come slowly, and of answers that do not come because the database hangs.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use actix_web::HttpMessage;
use actix_web::body::BoxBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::{InternalError, PayloadError};
use actix_web::http::Method;
use actix_web::http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, HeaderValue, TRANSFER_ENCODING};
use actix_web::middleware::Next;
use actix_web::web::{self, Bytes};
use futures_util::{Stream, StreamExt, stream};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout_at};

use super::errors::ErrorForm;
use super::headers::secure;
use super::held::hold;
use crate::error::Error;
use crate::extract::ClientAddress;
use crate::limits::Going;
use crate::state::AppState;

/// How long a body may take as a whole: the largest form takes this long at 7 KB/s.
const WHOLE_BODY: Duration = Duration::from_secs(60);
/// A file is larger: for so many bytes that have come, there is a second more. Who drips gets none.
const BYTES_A_SECOND: u64 = 32 << 10;
/// How long the next piece of it may take.
const NEXT_PIECE: Duration = Duration::from_secs(10);
/// When an address with too many bodies on their way may try again.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// How long an answer may take once the request has come. A database that says nothing takes it all.
const ANSWER: Duration = Duration::from_secs(10);
/// The same where an administrator changes something: a model may be asked, and a file be read.
const ADMIN_ANSWER: Duration = Duration::from_secs(600);

/// Cuts bodies that do not come, refuses those of an address that has too many on their way, and ends requests that are not
/// answered in time.
pub async fn deadlines(
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let (form, most) = (ErrorForm::of(request.request()), longest_answer(&request));
    let length = request.headers().get(CONTENT_LENGTH);
    let has_body = length.is_some_and(|length| length != "0") || request.headers().contains_key(TRANSFER_ENCODING);
    let arena = request.app_data::<web::Data<AppState>>().cloned();
    let https = arena.as_ref().is_some_and(|arena| arena.config.is_secure());
    let (true, Some(arena)) = (has_body, arena) else {
        return answer_in_time(next.call(request), sleep(most), form, https).await;
    };
    let coming = Rc::new(Coming::new(request.take_payload()));
    // Forms and JSON would be unpacked as they come, a piece of any size at once.
    if request
        .headers()
        .get_all(CONTENT_ENCODING)
        .any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
    {
        let refusal = form.tell(&Error::EncodedBody);
        return Ok(closing(request.into_response(refusal), coming));
    }
    let Some(going) = arena.limits.begin_body(ClientAddress::of(request.request()).0) else {
        let refusal = form.tell(&Error::RateLimited { retry_after: RETRY_AFTER });
        return Ok(closing(request.into_response(refusal), coming));
    };
    request.set_payload(Payload::Stream { payload: Box::pin(in_time(coming.clone(), going)) });
    let is_late = async {
        // Of a body that nobody reads there is no end to wait for.
        while timeout_at(coming.until(), coming.is_over.notified()).await.is_err() && Instant::now() < coming.until() {}
        sleep(most).await;
    };
    let response = answer_in_time(next.call(request), is_late, form.clone(), https).await?;
    Ok(match coming.came.get() {
        Came::Whole => response,
        // It was answered without its body, for which the connection would wait as long as the other end likes.
        Came::Partly => closing(response, coming),
        Came::Late => closing(response.into_response(form.tell(&Error::SlowBody)), coming),
    })
}

fn longest_answer(request: &ServiceRequest) -> Duration {
    let is_admins = ["/admin/", "/api/v1/admin/"].iter().any(|start| request.path().starts_with(start));
    if is_admins && request.method() != Method::GET { ADMIN_ANSWER } else { ANSWER }
}

/// The answer, or that it is too late for one: then the request itself is gone, and its error goes past whoever would give
/// it another form.
async fn answer_in_time(
    answer: impl Future<Output = Result<ServiceResponse<BoxBody>, actix_web::Error>>,
    is_late: impl Future<Output = ()>,
    form: ErrorForm,
    https: bool,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    tokio::select! {
        biased;
        response = answer => response,
        () = is_late => {
            tracing::warn!("a request was not answered in time");
            let error = Error::Busy { retry_after: RETRY_AFTER };
            let mut response = form.tell(&error);
            secure(response.headers_mut(), https);
            Err(InternalError::from_response(error, response).into())
        }
    }
}

/// A body on its way.
struct Coming {
    body: RefCell<Payload>,
    came: Cell<Came>,
    began: Instant,
    /// How many bytes have come.
    bytes: Cell<u64>,
    /// It has come, or nobody waits for it any more.
    is_over: Notify,
}

/// How much of a body has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    Partly,
    Whole,
    Late,
}

impl Coming {
    fn new(body: Payload) -> Self {
        let (body, came) = (RefCell::new(body), Cell::new(Came::Partly));
        Self { body, came, began: Instant::now(), bytes: Cell::new(0), is_over: Notify::new() }
    }

    /// When it is late.
    fn until(&self) -> Instant {
        self.began + WHOLE_BODY + Duration::from_secs(self.bytes.get() / BYTES_A_SECOND)
    }
}

/// The rest of a body that nobody waits for is not read. The body lasts as long as the response: of one that is dropped
/// before, actix-web would read the rest of its chunks, whenever they come.
fn closing(mut response: ServiceResponse<BoxBody>, coming: Rc<Coming>) -> ServiceResponse<BoxBody> {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    hold(response, coming)
}

/// What reads a body, until it is dropped.
struct Reading {
    coming: Rc<Coming>,
    _going: Going,
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.coming.is_over.notify_one();
    }
}

/// The body, or an end where it does not come in time.
fn in_time(coming: Rc<Coming>, going: Going) -> impl Stream<Item = Result<Bytes, PayloadError>> {
    let reading = Reading { coming, _going: going };
    stream::unfold(Some(reading), move |reading| async move {
        let reading = reading?;
        let coming = &reading.coming;
        let next = std::future::poll_fn(|context| coming.body.borrow_mut().poll_next_unpin(context));
        match timeout_at(coming.until().min(Instant::now() + NEXT_PIECE), next).await {
            Ok(Some(piece)) => {
                let came = piece.as_ref().map_or(0, |piece| piece.len() as u64);
                coming.bytes.set(coming.bytes.get() + came);
                Some((piece, Some(reading)))
            }
            Ok(None) => {
                coming.came.set(Came::Whole);
                None
            }
            Err(_) => {
                coming.came.set(Came::Late);
                Some((Err(PayloadError::Incomplete(None)), None))
            }
        }
    })
    // Forms with files ask once more after the end.
    .fuse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_as_long_as_it_takes_to_come_and_a_drip_has_a_minute() {
        let coming = Coming::new(Payload::None);
        let allowed = |bytes: u64| {
            coming.bytes.set(bytes);
            (coming.until() - coming.began).as_secs()
        };
        assert_eq!((allowed(0), allowed(6)), (60, 60), "a byte each ten seconds gains nothing");
        assert_eq!(allowed(2 << 20), 124, "two MiB at 32 KiB a second are a minute more");
        assert_eq!(allowed(2 << 30), 65_596);
    }
}
