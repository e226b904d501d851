//! Activations in the forms that weights are multiplied with, in buffers that are used again in each step.

#![expect(unsafe_code, reason = "threads that write disjoint rows of one buffer")]

use std::cell::UnsafeCell;

use super::layout::{GROUP, Layout};
use super::rounded::{Rounded, Rounded32, Rounded256, largest};
use super::terms::{self, Line};
use crate::quant::{GgmlType, SignedCodes};

/// What weights are multiplied with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Rounded to 8 bits with a scale for each 256 columns.
    Rounded256,
    /// Rounded to 8 bits with a scale for each 32 columns.
    Rounded32,
    F32,
    /// Each number as the sum of two BF16, which tiles multiply.
    Terms,
}

/// Whether weights of a type can be multiplied with this form.
pub(super) fn accepts(kind: GgmlType, form: Form) -> bool {
    form == usual_form(kind) || form == Form::Terms && matches!(kind, GgmlType::F16 | GgmlType::BF16)
}

/// The form that every processor multiplies.
pub(super) fn usual_form(kind: GgmlType) -> Form {
    match Layout::of(kind) {
        None if SignedCodes::has(kind) => Form::Rounded256,
        None => Form::F32,
        Some(layout) if layout.has_subs() => Form::Rounded256,
        Some(_) => Form::Rounded32,
    }
}

/// Rows of activations in one form.
pub struct Activations {
    form: Form,
    cols: usize,
    rows: usize,
    inner: Inner,
}

enum Inner {
    Rounded256(Rows<Rounded256>),
    Rounded32(Rows<Rounded32>),
    F32(Rows<f32>),
    Terms(Rows<Line>),
}

/// Activations as kernels read them.
#[derive(Clone, Copy)]
pub(super) enum View<'a> {
    Rounded256(&'a Rows<Rounded256>),
    Rounded32(&'a Rows<Rounded32>),
    F32(&'a Rows<f32>),
    Terms(&'a Rows<Line>),
}

impl Activations {
    /// Room for `rows` of `cols` each, which are zero.
    #[must_use]
    pub fn new(form: Form, rows: usize, cols: usize) -> Self {
        let groups = cols.div_ceil(GROUP);
        let inner = match form {
            Form::Rounded256 => Inner::Rounded256(Rows::new(rows, groups, Rounded256::ZERO)),
            Form::Rounded32 => Inner::Rounded32(Rows::new(rows, groups, Rounded32::ZERO)),
            // What adapters make of rows is short, and there are many of them.
            Form::F32 if cols <= GROUP => Inner::F32(Rows::new(rows, cols, 0.0)),
            // Rows whose distance is a multiple of 4,096 bytes would all meet in the same few lines of the cache.
            Form::F32 => Inner::F32(Rows::new(rows, cols.next_multiple_of(1024) + 272, 0.0)),
            Form::Terms => Inner::Terms(Rows::new(rows, terms::lines(cols), Line::ZERO)),
        };
        Self { form, cols, rows, inner }
    }

    #[must_use]
    pub fn form(&self) -> Form {
        self.form
    }

    #[must_use]
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// How many rows there is room for.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Puts `x` into row `row`. Tells whether all of it was finite; else the row must not be used.
    ///
    /// # Safety
    /// No other thread writes or reads this row meanwhile. (Others may write other rows.)
    ///
    /// # Panics
    /// If there is no such row, or `x` is not a row.
    #[must_use]
    pub unsafe fn set(&self, row: usize, x: &[f32]) -> bool {
        assert_eq!(x.len(), self.cols, "activations of a row");
        match &self.inner {
            // SAFETY: passed on to the caller.
            Inner::Rounded256(rows) => round(unsafe { rows.row_mut(row) }, x),
            // SAFETY: the same.
            Inner::Rounded32(rows) => round(unsafe { rows.row_mut(row) }, x),
            Inner::F32(rows) => {
                // SAFETY: the same.
                let to = unsafe { rows.row_mut(row) };
                to[..x.len()].copy_from_slice(x);
                largest(x).is_finite()
            }
            // SAFETY: the same.
            Inner::Terms(rows) => terms::split_row(x, unsafe { rows.row_mut(row) }),
        }
    }

    pub(super) fn view(&self) -> View<'_> {
        match &self.inner {
            Inner::Rounded256(rows) => View::Rounded256(rows),
            Inner::Rounded32(rows) => View::Rounded32(rows),
            Inner::F32(rows) => View::F32(rows),
            Inner::Terms(rows) => View::Terms(rows),
        }
    }
}

impl std::fmt::Debug for Activations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Activations({:?}, {} x {})", self.form, self.rows, self.cols)
    }
}

fn round<T: Rounded>(row: &mut [T], x: &[f32]) -> bool {
    row.iter_mut().zip(x.chunks(GROUP)).fold(true, |all, (group, x)| all & T::round(x, group))
}

/// Rows of one length, written by several threads.
pub(super) struct Rows<T> {
    data: Box<[UnsafeCell<T>]>,
    len: usize,
}

// SAFETY: rows are written under `row_mut`'s condition alone.
unsafe impl<T: Send + Sync> Sync for Rows<T> {}

impl<T: Copy> Rows<T> {
    fn new(rows: usize, len: usize, zero: T) -> Self {
        Self { data: (0..rows * len).map(|_| UnsafeCell::new(zero)).collect(), len }
    }

    /// A row that nobody writes meanwhile, as [`Activations::set`] demands.
    pub fn row(&self, row: usize) -> &[T] {
        let cells = &self.data[row * self.len..(row + 1) * self.len];
        // SAFETY: a cell has the layout of its value, and nobody writes the row.
        unsafe { std::slice::from_raw_parts(cells.as_ptr().cast::<T>(), cells.len()) }
    }

    /// # Safety
    /// Nobody else reads or writes this row while the borrow lasts.
    #[expect(clippy::mut_from_ref, reason = "threads write disjoint rows")]
    unsafe fn row_mut(&self, row: usize) -> &mut [T] {
        let cells = &self.data[row * self.len..(row + 1) * self.len];
        // SAFETY: cells may be written through a shared reference, and the caller keeps others away.
        unsafe { std::slice::from_raw_parts_mut(UnsafeCell::raw_get(cells.as_ptr()), cells.len()) }
    }
}
