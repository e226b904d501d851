//! Numbers as JSON files have them.

/// 1e-5, not 9.999999747378752e-6: the shortest decimal that is this number.
pub fn shortest(value: f32) -> f64 {
    value.to_string().parse().unwrap_or_else(|_| f64::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_write_them() {
        assert_eq!(serde_json::json!(shortest(1e-5)).to_string(), "0.00001");
        assert_eq!(serde_json::json!(shortest(1e6)).to_string(), "1000000.0");
        assert_eq!(shortest(0.1) as f32, 0.1);
    }
}
