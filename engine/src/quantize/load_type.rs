//! The types that a model's matrices can be brought into while it loads.

use super::encode::{WRITABLE, by_name, needs_importance};
use crate::error::{Error, RequestFault, Result};
use crate::quant::GgmlType;

/// The type of this name, if matrices can be brought into it with nothing but their weights.
///
/// # Errors
/// There is no such type, or it is of no use without an importance matrix.
pub fn load_type(name: &str) -> Result<GgmlType> {
    match by_name(name) {
        Some(kind) if needs_importance(kind) => {
            Err(Error::Request(RequestFault::LoadNeedsImatrix { kind: kind.to_string() }))
        }
        Some(kind) => Ok(kind),
        None => {
            let known = WRITABLE.into_iter().filter(|kind| !needs_importance(*kind));
            let known = known.map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
            Err(Error::Request(RequestFault::UnknownLoadType { text: name.to_owned(), known }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_known_by_its_name_or_the_reason_why_not_is_told() {
        assert_eq!(load_type("q4_k").ok(), Some(GgmlType::Q4_K));
        assert_eq!(load_type("BF16").ok(), Some(GgmlType::BF16));
        let told = |name: &str| load_type(name).expect_err(name).to_string();
        assert!(told("IQ2_XS").contains("importance matrix"));
        assert!(told("Q9_K").contains("\"Q9_K\"") && told("Q9_K").contains("Q4_K, ") && !told("Q9_K").contains("IQ2"));
    }
}
