//! A low-rank pair beside a matrix: to W x it adds scale * B (A x).
//!
//! Both factors are packed as other matrices of numbers are, and multiplied by the same kernels: a token gets the same bits alone
//! and in a batch. Activations are not rounded for them.

use half::{bf16, f16};

use crate::cpu::product::PackedMatrix;
use crate::error::{Error, Result};
use crate::quant::{GgmlType, round_rows};
use crate::weights::lora;

/// The two factors.
#[derive(Debug)]
pub struct Pair {
    /// (rank, cols)
    pub a: PackedMatrix,
    /// (rows, rank)
    pub b: PackedMatrix,
    pub scale: f32,
}

impl Pair {
    /// Packs a pair that adds to a matrix of these rows and columns, each factor in the shortest type that holds all its numbers
    /// as they are.
    ///
    /// # Errors
    /// There is no memory for it.
    pub fn pack(pair: &lora::Pair, (rows, cols): (usize, usize), name: &str) -> Result<Self> {
        let pack = |numbers: &[f32], rows: usize, cols: usize| -> Result<PackedMatrix> {
            let kind = exact(numbers);
            let bytes = round_rows(kind, numbers, cols)?;
            let fault = |message: String| Error::Device { device: "cpu".to_owned(), message };
            let packed = PackedMatrix::pack(kind, rows, cols, &bytes);
            let packed = packed.ok_or_else(|| fault(format!("{name}: a factor of another shape")))?;
            packed.map_err(|error| fault(format!("{name}: {error}")))
        };
        Ok(Self { a: pack(&pair.a, pair.rank, cols)?, b: pack(&pair.b, rows, pair.rank)?, scale: pair.scale })
    }

    pub fn rank(&self) -> usize {
        self.a.rows()
    }

    pub fn bytes(&self) -> usize {
        self.a.bytes() + self.b.bytes()
    }
}

/// The shortest type that holds all of these numbers as they are.
fn exact(numbers: &[f32]) -> GgmlType {
    // Bits, for a zero has a sign too.
    let all = |same: fn(f32) -> f32| numbers.iter().all(|number| same(*number).to_bits() == number.to_bits());
    if all(|number| f16::from_f32(number).to_f32()) {
        GgmlType::F16
    } else if all(|number| bf16::from_f32(number).to_f32()) {
        GgmlType::BF16
    } else {
        GgmlType::F32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_is_kept_in_the_shortest_type_that_changes_none_of_its_numbers() {
        assert_eq!(exact(&[0.0, -0.0, 1.5, -65504.0]), GgmlType::F16);
        assert_eq!(exact(&[2f32.powi(-100), 1.5]), GgmlType::BF16);
        assert_eq!(exact(&[0.1]), GgmlType::F32);
    }

    #[test]
    fn its_rows_come_back_as_they_were() {
        let (rank, rows, cols) = (3, 37, 19);
        let numbers = |count: usize| (0..count).map(|i| ((i * 37) % 29) as f32 / 8.0 - 1.5).collect::<Vec<f32>>();
        let (a, b) = (numbers(rank * cols), numbers(rows * rank));
        let pair = lora::Pair { rank, a: a.clone(), b: b.clone(), scale: 2.0 };
        let packed = Pair::pack(&pair, (rows, cols), "a matrix").expect("packed");
        let read = |matrix: &PackedMatrix| {
            let mut all = vec![0.0; matrix.rows() * matrix.cols()];
            all.chunks_exact_mut(matrix.cols()).enumerate().for_each(|(row, out)| matrix.row(row, out));
            all
        };
        assert_eq!((read(&packed.a), read(&packed.b)), (a, b));
        assert_eq!((packed.rank(), packed.a.kind()), (rank, GgmlType::F16));
    }
}
