//! The signs of eight weights.

/// Signs out of seven bits, one a weight, set where it is negative: the eighth makes the number of negative weights even.
/// (IQ2_XXS, IQ2_XS, IQ3_XXS.)
#[must_use]
pub fn signs_of(seven: u32) -> u8 {
    let seven = seven & 127;
    (seven | (seven.count_ones() & 1) << 7) as u8
}

/// A level with its sign.
pub(super) fn signed(level: i8, signs: u8, at: usize) -> i8 {
    if signs >> at & 1 == 1 { -level } else { level }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_number_of_weights_is_negative() {
        let all: Vec<u8> = (0..128).map(signs_of).collect();
        assert!(all.iter().enumerate().all(|(i, signs)| signs & 127 == i as u8 && signs.count_ones() % 2 == 0));
        assert_eq!(signs_of(u32::MAX), 255);
    }
}
