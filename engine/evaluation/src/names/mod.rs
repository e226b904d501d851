//! What the subjects of the benchmarks are called, from the files that the benchmarks publish with their questions.

mod ceval;
mod cmmlu;
mod mmlu;
mod row;

pub(super) use row::Row;

pub(super) const CEVAL: &[Row] = ceval::SUBJECTS;
pub(super) const CMMLU: &[Row] = cmmlu::SUBJECTS;
pub(super) const MMLU: &[Row] = mmlu::SUBJECTS;
