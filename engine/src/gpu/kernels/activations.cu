// Rows of floats into activation rows.
#include "activation.cuh"

// out: (rows, activation stride of `columns`); x: (rows, x_stride). Grid: rows, groups of 8 columns in blocks of 128 threads.
extern "C" __global__ void activations_from_f32(half* out, const float* x, int columns, int x_stride) {
    const int stride = activation_stride(columns), column = (blockIdx.y * blockDim.x + threadIdx.x) * 8;
    if (column >= stride) return;
    const float* row = x + size_t(blockIdx.x) * x_stride;
    float v[8];
#pragma unroll
    for (int i = 0; i < 8; i++) v[i] = column + i < columns ? row[column + i] : 0.0f;
    store_activations(out + size_t(blockIdx.x) * stride, column, v);
}

// silu(gate) * up / INNER_SCALE, for gates and ups of different types, which are two products. gate, up: (rows, in_stride).
extern "C" __global__ void activations_from_gate_up(half* out, const float* gate, const float* up, int columns, int in_stride) {
    const int stride = activation_stride(columns), column = (blockIdx.y * blockDim.x + threadIdx.x) * 8;
    if (column >= stride) return;
    const size_t start = size_t(blockIdx.x) * in_stride;
    float v[8];
#pragma unroll
    for (int i = 0; i < 8; i++) {
        const int at = column + i;
        v[i] = at < columns ? silu(gate[start + at]) * up[start + at] * (1.0f / INNER_SCALE) : 0.0f;
    }
    store_activations(out + size_t(blockIdx.x) * stride, column, v);
}
