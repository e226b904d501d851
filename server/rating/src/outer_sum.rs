//! Sums of outer products `s sᵀ` over many vectors, whether most of their entries are 0 or few.

use super::linear::Symmetric;

/// Full vectors that are summed up together: so often less is their sum read and written.
const BLOCK: usize = 64;
/// The sum grows by tiles of so many rows and columns, which registers hold.
const ROWS: usize = 4;
const PANEL: usize = 8;

/// The sum so far, and the vector that is being filled.
pub(crate) struct OuterSum {
    size: usize,
    sum: Vec<f64>, // (row, column), column <= row
    vector: Vec<f64>,
    /// Entries of a sparse vector that are not 0.
    touched: Vec<u32>,
    is_touched: Vec<bool>,
    is_sparse: bool,
    /// Full vectors that wait; single precision bears 64 of them, and their sum is added to doubles.
    block: Vec<[f32; PANEL]>, // (entries, vector, entry), padded with zeros
    waiting: usize,
}

impl OuterSum {
    pub fn new(size: usize) -> Self {
        Self {
            size,
            sum: vec![0.0; size * size],
            vector: vec![0.0; size],
            touched: Vec::with_capacity(size),
            is_touched: vec![false; size],
            is_sparse: false,
            block: vec![[0.0; PANEL]; size.div_ceil(PANEL) * BLOCK],
            waiting: 0,
        }
    }

    /// Begins a vector of at most so many entries that are not 0.
    pub fn begin(&mut self, entries: usize) {
        self.is_sparse = 2 * entries < self.size;
    }

    /// Adds `value (e_a - e_b)` to the vector.
    #[inline]
    pub fn add(&mut self, a: u32, b: u32, value: f64) {
        self.add_one(a, value);
        self.add_one(b, -value);
    }

    /// Adds to one entry of the vector.
    #[inline]
    pub fn add_one(&mut self, entry: u32, value: f64) {
        if self.is_sparse && !std::mem::replace(&mut self.is_touched[entry as usize], true) {
            self.touched.push(entry);
        }
        self.vector[entry as usize] += value;
    }

    /// Adds the vector's outer product to the sum, and empties it.
    pub fn finish(&mut self) {
        if !self.is_sparse {
            let to = self.block.iter_mut().skip(self.waiting).step_by(BLOCK);
            for (to, from) in to.zip(self.vector.chunks_mut(PANEL)) {
                for (to, from) in to.iter_mut().zip(from) {
                    *to = std::mem::take(from) as f32;
                }
            }
            self.waiting += 1;
            if self.waiting == BLOCK {
                self.add_block();
            }
            return;
        }
        for (at, &i) in self.touched.iter().enumerate() {
            let own = self.vector[i as usize];
            for &j in &self.touched[..=at] {
                let place = i.max(j) as usize * self.size + i.min(j) as usize;
                self.sum[place] += own * self.vector[j as usize];
            }
        }
        for &i in &self.touched {
            self.vector[i as usize] = 0.0;
            self.is_touched[i as usize] = false;
        }
        self.touched.clear();
    }

    fn add_block(&mut self) {
        for (right_panel, right) in self.block.chunks_exact(BLOCK).enumerate() {
            for (left_panel, left) in self.block.chunks_exact(BLOCK).enumerate().skip(right_panel) {
                for half in 0..PANEL / ROWS {
                    let tile = tile(&left[..self.waiting], &right[..self.waiting], half);
                    let row = left_panel * PANEL + half * ROWS;
                    for (i, tile) in (row..self.size).zip(&tile) {
                        let column = right_panel * PANEL;
                        for (j, value) in (column..self.size.min(i + 1)).zip(tile) {
                            self.sum[i * self.size + j] += f64::from(*value);
                        }
                    }
                }
            }
        }
        self.waiting = 0;
    }

    /// The sum of all vectors.
    pub fn sum(mut self) -> Symmetric {
        self.add_block();
        let mut sum = Symmetric::zero(self.size);
        for i in 0..self.size {
            for j in 0..=i {
                sum.add(i, j, self.sum[i * self.size + j]);
            }
        }
        sum
    }
}

/// The sum over vectors of the products of four entries of the left panel with all of the right one.
#[inline(never)]
fn tile(left: &[[f32; PANEL]], right: &[[f32; PANEL]], half: usize) -> [[f32; PANEL]; ROWS] {
    let mut tile = [[0.0; PANEL]; ROWS];
    for (left, right) in left.iter().zip(right) {
        for row in 0..ROWS {
            let left = left[(half % 2) * ROWS + row];
            for column in 0..PANEL {
                tile[row][column] += left * right[column];
            }
        }
    }
    tile
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sparse_and_full_vectors_come_to_the_sum_written_out() {
        for size in [1, 2, 5, 8, 13, 30] {
            let mut outer = OuterSum::new(size);
            let mut wanted = vec![0.0; size * size];
            for number in 0..150_usize {
                let entries: Vec<(usize, usize, f64)> = (0..1 + number % 7)
                    .map(|k| ((number * 5 + k * 3) % size, (number + k * 7 + 1) % size, (number as f64 - 60.0) / 8.0))
                    .collect();
                let mut vector = vec![0.0; size];
                outer.begin(2 * entries.len());
                for &(a, b, value) in &entries {
                    outer.add(a as u32, b as u32, value);
                    vector[a] += value;
                    vector[b] -= value;
                }
                outer.finish();
                for i in 0..size {
                    for j in 0..size {
                        wanted[i * size + j] += vector[i] * vector[j];
                    }
                }
            }
            let found = outer.sum();
            for i in 0..size {
                for j in 0..size {
                    let scale = (wanted[i * size + i] * wanted[j * size + j]).sqrt();
                    let apart = (found.get(i, j) - wanted[i * size + j]).abs();
                    assert!(apart <= 1e-6 * scale, "{size}: {apart} at {i}, {j}");
                }
            }
        }
    }
}
