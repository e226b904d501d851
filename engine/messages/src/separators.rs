//! Thousands separators, the same in both languages.

use fluent_templates::fluent_bundle::FluentValue;

/// Whole numbers in texts: 13,000 in both languages.
pub fn format<M>(value: &FluentValue<'_>, _memoizer: &M) -> Option<String> {
    match value {
        FluentValue::Number(number) if number.value.fract() == 0.0 && number.value.abs() < 1e15 => {
            Some(grouped(number.value as i64))
        }
        _ => None,
    }
}

fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        out.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_have_separators() {
        assert_eq!(
            [0, 12, 999, 1000, 1_234_567, -1000].map(grouped),
            ["0", "12", "999", "1,000", "1,234,567", "-1,000"]
        );
    }
}
