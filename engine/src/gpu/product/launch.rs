//! Which kernel computes a product, and its arguments.

use std::sync::Arc;

use super::matrix::{DeviceMatrix, activation_stride};
use crate::error::{GpuError, Result};
use crate::gpu::{Address, Arg, Gpu, Launch};
use crate::quant::GgmlType;

/// `INNER_SCALE` of `kernels/activation.cuh`: inner activations of an expert are stored divided by it.
const INNER_SCALE: f32 = 16.0;
/// Warps that share a row tile.
const FEW_WARPS: usize = 8;
/// Above this many rows (for an expert, on average) the kernels for many are faster.
const FEW_ROWS: usize = 64;
const FEW_ROWS_OF_EXPERT: usize = 16;
/// Rows of activations and row tiles of weights of a block of the kernels for many.
const MANY_PLACES: usize = 128;
const MANY_ROW_TILES: usize = 8;

/// What becomes of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// F32 rows, `stride` numbers apart.
    Store { out: Address, stride: usize },
    /// The same, added to what is there.
    Add { out: Address, stride: usize },
    /// Activation rows of the matrix's rows: silu(gate) * up, for a next product with [`Product::inner`].
    GateUp { out: Address },
}

/// Which rows of a list are an expert's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rows {
    /// Those of the tokens that are assigned to it.
    Tokens,
    /// Those of the assignments, `token * top + number`.
    Assignments,
    /// The assignments' places when they are sorted by expert.
    Places,
}

/// Assignments of tokens to experts, sorted by expert; all on the device, I32.
#[derive(Clone, Copy, Debug)]
pub struct Groups {
    /// (experts + 1): where each expert's begin.
    pub offsets: Address,
    /// (assignments): `token * top + number`.
    pub sorted: Address,
    /// (experts): those with assignments, ascending, then -1.
    pub active: Address,
    /// `tokens * top`.
    pub assignments: usize,
    /// Experts of a token.
    pub top: usize,
}

/// A product of activation rows with a matrix: `x . weights^T`.
#[derive(Clone, Copy, Debug)]
pub struct Product<'a> {
    pub weights: &'a DeviceMatrix,
    /// Activation rows (`kernels/activation.cuh`) of the matrix's columns.
    pub x: Address,
    /// How many; with groups, the groups tell.
    pub count: usize,
    /// Whether the rows are inner activations, which are stored divided by a constant.
    pub inner: bool,
    pub target: Target,
    /// With experts: the groups, which rows are read, and which are written.
    pub groups: Option<(Groups, Rows, Rows)>,
}

impl Product<'_> {
    /// Computes it.
    ///
    /// # Errors
    /// Matrix, target and groups do not belong together, or the device refused.
    pub fn launch(&self, gpu: &Arc<dyn Gpu>) -> Result<()> {
        let matrix = self.weights;
        let refused = |message: &str| Err(GpuError::new("product", "wrong operands", message).into());
        if matrix.gate_up != matches!(self.target, Target::GateUp { .. }) {
            return refused("gate and up in one matrix belong to their own target");
        }
        if (matrix.experts > 1) != self.groups.is_some() && matrix.experts != 1 {
            return refused("several experts need groups");
        }
        let (mode, out, stride) = match self.target {
            Target::Store { out, stride } => (0, out, stride),
            Target::Add { out, stride } => (1, out, stride),
            Target::GateUp { out } => (2, out, activation_stride(matrix.rows)),
        };
        let (groups, top, scatter) = match self.groups {
            None => (None, 0, 0),
            Some((groups, from, to)) => {
                let top = match from {
                    Rows::Tokens => groups.top,
                    Rows::Assignments => 1,
                    Rows::Places => 0,
                };
                let scatter = match to {
                    Rows::Tokens => return refused("tokens are not written by several experts"),
                    Rows::Assignments => 1,
                    Rows::Places => 0,
                };
                (Some(groups), top as i32, scatter)
            }
        };
        let address = |pick: fn(&Groups) -> Address| Arg::Address(groups.as_ref().map_or(Address::NULL, pick));
        let scale = if self.inner { INNER_SCALE } else { 1.0 };
        let mut args = vec![
            matrix.address().into(),
            matrix.row_scales.address().into(),
            self.x.into(),
            out.into(),
            address(|groups| groups.offsets),
            address(|groups| groups.sorted),
            address(|groups| groups.active),
            Arg::I32(self.count as i32),
            Arg::I32(matrix.row_tiles as i32),
            Arg::I32(matrix.depth_tiles as i32),
            Arg::I32(matrix.halves as i32),
            Arg::I32(matrix.rows as i32),
            Arg::I32(activation_stride(matrix.columns) as i32),
            Arg::I32(stride as i32),
            Arg::I32(top),
            Arg::I32(scatter),
            Arg::I32(mode),
            Arg::F32(scale),
        ];
        let kernels = Kernels::of(matrix.kind);
        let shape = Shape::of(self.count, groups, matrix.experts);
        if shape.many {
            args.push(Arg::I32(matrix.experts as i32));
            let rows = matrix.row_tiles.div_ceil(MANY_ROW_TILES) as u32;
            let launch = Launch { grid: [shape.blocks as u32, rows, 1], block: [256, 1, 1], shared: 0 };
            return gpu.launch(kernels.many, launch, &args);
        }
        let warps = FEW_WARPS.min(matrix.depth_tiles) as u32;
        let launch =
            Launch { grid: [matrix.row_tiles as u32, shape.blocks as u32, 1], block: [32, warps, 1], shared: 0 };
        gpu.launch(kernels.few[shape.width], launch, &args)
    }
}

/// How a product is cut.
struct Shape {
    many: bool,
    /// Blocks along rows of activations or experts.
    blocks: usize,
    /// Of the kernels for few: which of 8, 16 or 32 rows at once.
    width: usize,
}

impl Shape {
    fn of(count: usize, groups: Option<Groups>, experts: usize) -> Self {
        let width = |rows: usize| usize::from(rows > 8) + usize::from(rows > 16);
        match groups {
            None if count == 0 => Self { many: false, blocks: 0, width: 0 },
            None if count <= FEW_ROWS => Self { many: false, blocks: 1, width: width(count) },
            None => Self { many: true, blocks: count.div_ceil(MANY_PLACES), width: 0 },
            Some(groups) => {
                // How many an expert has is known on the device alone; most have up to twice the mean.
                let (all, tokens) = (groups.assignments, groups.assignments / groups.top.max(1));
                let mean = all.div_ceil(experts.max(1));
                if mean <= FEW_ROWS_OF_EXPERT {
                    Self { many: false, blocks: all.min(experts), width: width(tokens.min(2 * mean)) }
                } else {
                    // Each expert's last block may be short.
                    Self { many: true, blocks: all / MANY_PLACES + experts.min(all), width: 0 }
                }
            }
        }
    }
}

struct Kernels {
    few: [&'static str; 3],
    many: &'static str,
}

macro_rules! kernels {
    ($name:literal) => {
        Kernels {
            few: [
                concat!("product_few_", $name, "_1"),
                concat!("product_few_", $name, "_2"),
                concat!("product_few_", $name, "_4"),
            ],
            many: concat!("product_many_", $name),
        }
    };
}

impl Kernels {
    fn of(kind: GgmlType) -> Self {
        match kind {
            GgmlType::Q4_0 => kernels!("q4_0"),
            GgmlType::Q4_1 => kernels!("q4_1"),
            GgmlType::Q5_0 => kernels!("q5_0"),
            GgmlType::Q5_1 => kernels!("q5_1"),
            GgmlType::Q8_0 => kernels!("q8_0"),
            GgmlType::Q2_K => kernels!("q2_k"),
            GgmlType::Q3_K => kernels!("q3_k"),
            GgmlType::Q4_K => kernels!("q4_k"),
            GgmlType::Q5_K => kernels!("q5_k"),
            GgmlType::Q6_K => kernels!("q6_k"),
            GgmlType::IQ4_NL => kernels!("iq4_nl"),
            GgmlType::IQ4_XS => kernels!("iq4_xs"),
            // F32, F16, BF16: a matrix of another type is not made.
            _ => kernels!("f16"),
        }
    }
}

fn activation_launch(rows: usize, columns: usize) -> Launch {
    let groups = (activation_stride(columns) / 8).div_ceil(128);
    Launch { grid: [rows as u32, groups as u32, 1], block: [128, 1, 1], shared: 0 }
}

/// F32 rows, `stride` numbers apart, into activation rows.
///
/// # Errors
/// The device refused.
pub fn activations_from_f32(
    gpu: &Arc<dyn Gpu>,
    (x, stride): (Address, usize),
    rows: usize,
    columns: usize,
    out: Address,
) -> Result<()> {
    let args = [out.into(), x.into(), Arg::I32(columns as i32), Arg::I32(stride as i32)];
    gpu.launch("activations_from_f32", activation_launch(rows, columns), &args)
}

/// silu(gate) * up of F32 rows, `stride` numbers apart, into inner activation rows: where gate and up are of different types.
///
/// # Errors
/// The device refused.
pub fn activations_from_gate_up(
    gpu: &Arc<dyn Gpu>,
    (gate, up, stride): (Address, Address, usize),
    rows: usize,
    columns: usize,
    out: Address,
) -> Result<()> {
    let args = [out.into(), gate.into(), up.into(), Arg::I32(columns as i32), Arg::I32(stride as i32)];
    gpu.launch("activations_from_gate_up", activation_launch(rows, columns), &args)
}
