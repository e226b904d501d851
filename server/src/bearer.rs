//! `Authorization: Bearer TOKEN`, as the JSON API and the inference server take it.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};

/// The token, if the header is there and of this scheme. Its name counts in any case of letters (RFC 9110, 11.1).
pub fn token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_a_bearer_s_token_is_read() {
        let read = |value: &str| {
            let request = TestRequest::default().insert_header((AUTHORIZATION, value)).to_http_request();
            token(request.headers()).map(str::to_owned)
        };
        assert_eq!(read("Bearer abc").as_deref(), Some("abc"));
        assert_eq!(read("bearer  abc ").as_deref(), Some("abc"));
        assert_eq!(read("Basic abc"), None);
        assert_eq!(read("Bearer"), None);
        assert_eq!(token(TestRequest::default().to_http_request().headers()), None);
    }
}
