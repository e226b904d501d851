// Activation rows: what products read. Halves; a row has its columns rounded up to whole groups of 256, zeros in the rest, and
// the columns of a group stand in the order in which tensor cores want them (see tile.cuh): the four lanes that share a row
// of weights own 64 neighbouring columns each, and eight columns of each lane in turn lie side by side.
#pragma once
#include "common.cuh"
#include <cstdint>

// Columns of a tile of weights, and what rows of activations are padded to.
#define TILE_COLUMNS 256
// What the inner activations of an expert are divided by so that they fit halves; the next product multiplies by it.
#define INNER_SCALE 16.0f

// Where a column stands in its row. Eight neighbours from a multiple of 8 on stay neighbours.
__device__ __forceinline__ int activation_index(int column) {
    return (column & ~255) + ((column & 63) >> 3) * 32 + ((column & 255) >> 6) * 8 + (column & 7);
}

// The columns of a row with padding.
__device__ __forceinline__ int activation_stride(int columns) {
    return (columns + TILE_COLUMNS - 1) / TILE_COLUMNS * TILE_COLUMNS;
}

// Writes columns `column` to `column + 7` (a multiple of 8) of an activation row.
__device__ __forceinline__ void store_activations(half* row, int column, const float (&v)[8]) {
    half2 pairs[4];
#pragma unroll
    for (int i = 0; i < 4; i++) pairs[i] = __floats2half2_rn(v[2 * i], v[2 * i + 1]);
    uint4 packed;
    memcpy(&packed, pairs, sizeof packed);
    *reinterpret_cast<uint4*>(row + activation_index(column)) = packed;
}

__device__ __forceinline__ float silu(float v) { return __fdividef(v, 1.0f + expf(-v)); }
