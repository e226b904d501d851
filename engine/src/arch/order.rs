//! The two orders of a query or key matrix's rows: GGUF's, where neighbours turn against each other, and Hugging Face's,
//! where the two halves of a head do.

use super::tensors::{TensorRole, interleaved_row};

fn is_turned(role: TensorRole) -> bool {
    matches!(role, TensorRole::Query | TensorRole::Key)
}

/// Rows from Hugging Face's order into GGUF's; only those of queries and keys differ.
pub fn to_gguf(role: TensorRole, weights: Vec<f32>, cols: usize, head_dim: usize) -> Vec<f32> {
    if !is_turned(role) {
        return weights;
    }
    let rows = weights.len() / cols;
    (0..rows).flat_map(|row| &weights[interleaved_row(row, head_dim) * cols..][..cols]).copied().collect()
}

/// Rows from GGUF's order into Hugging Face's.
pub fn to_hugging_face(role: TensorRole, weights: Vec<f32>, cols: usize, head_dim: usize) -> Vec<f32> {
    if !is_turned(role) {
        return weights;
    }
    let mut out = vec![0.0; weights.len()];
    for (row, values) in weights.chunks_exact(cols).enumerate() {
        out[interleaved_row(row, head_dim) * cols..][..cols].copy_from_slice(values);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_a_head_become_neighbours_and_halves_again() {
        // two heads of four rows, two columns; a row holds its number twice
        let rows: Vec<f32> = (0..16).map(|i| (i / 2) as f32).collect();
        let turned = to_gguf(TensorRole::Query, rows.clone(), 2, 4);
        assert_eq!(turned.iter().step_by(2).copied().collect::<Vec<_>>(), [0.0, 2.0, 1.0, 3.0, 4.0, 6.0, 5.0, 7.0]);
        assert_eq!(to_hugging_face(TensorRole::Key, turned, 2, 4), rows);
        assert_eq!(to_gguf(TensorRole::Value, rows.clone(), 2, 4), rows);
    }
}
