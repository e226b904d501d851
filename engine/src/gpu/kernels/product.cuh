// What the products of few rows and of many have in common: which rows meet which weights, and where results go.
#pragma once
#include "codes.cuh"

// Results are stored; added to what is there; or, of a matrix whose tiles hold 8 rows of `gate` and the same 8 of `up`, silu(gate) * up
// becomes an activation row, divided by INNER_SCALE.
enum Mode { STORE = 0, ADD = 1, GATE_UP = 2 };

// A product's operands.
//
// weights: (experts, row tiles, depth tiles) tiles. Every tile of activations meets 1 << `halves` tiles of weights, one after the other.
// scales: (experts, row tiles, 16), what a row's sums are multiplied with, beside `scale`.
// x: activation rows, `x_stride` halves apart. out: rows `out_stride` numbers apart, floats (halves with GATE_UP).
// Without `offsets`, every one of `count` rows meets the only matrix. With them, the rows are grouped: expert e's are those from
// offsets[e] to offsets[e + 1], and place p in that order stands for assignment sorted[p]. The row of x is then
// sorted[p] / top, or p where `top` is 0; the row of out is sorted[p] with `scatter`, or p.
struct Product {
    const uint8_t* weights;
    const float* scales;
    const half* x;
    void* out;
    const int* offsets;
    const int* sorted;
    int row_tiles, depth_tiles, halves, rows, x_stride, out_stride, top, scatter, mode;
    float scale;
};

#define PRODUCT_PARAMETERS                                                                                                           \
    const uint8_t *weights, const float *scales, const half *x, void *out, const int *offsets, const int *sorted, const int *active, int count,           \
        int row_tiles, int depth_tiles, int halves, int rows, int x_stride, int out_stride, int top, int scatter, int mode, float scale
#define PRODUCT                                                                                                                      \
    Product {                                                                                                                        \
        weights, scales, x, out, offsets, sorted, row_tiles, depth_tiles, halves, rows, x_stride, out_stride, top, scatter, mode, scale      \
    }

__device__ __forceinline__ int x_row(const Product& p, int place) {
    return p.offsets && p.top ? p.sorted[place] / p.top : place;
}
__device__ __forceinline__ int out_row(const Product& p, int place) {
    return p.offsets && p.scatter ? p.sorted[place] : place;
}

// Writes what a lane holds after mma_f16: of an expert's row tile `tile`, row `group` (v[0], v[1]) and `group + 8` (v[2], v[3]), for
// the rows of activations at two places; a place below 0 is none.
__device__ __forceinline__ void finish(const Product& p, int expert, int tile, int group, const int (&place)[2], const float (&v)[4]) {
    const float* const scales = p.scales + (size_t(expert) * p.row_tiles + tile) * TILE_ROWS + group;
    const float scale[2] = {__ldg(scales) * p.scale, __ldg(scales + 8) * p.scale};
#pragma unroll
    for (int i = 0; i < 2; i++) {
        if (place[i] < 0) continue;
        const size_t start = size_t(out_row(p, place[i])) * p.out_stride;
        if (p.mode == GATE_UP) {
            const float inner = silu(v[i] * scale[0]) * (v[2 + i] * scale[1]) * (1.0f / INNER_SCALE);
            static_cast<half*>(p.out)[start + activation_index(tile * 8 + group)] = __float2half_rn(inner);
            continue;
        }
        float* out = static_cast<float*>(p.out) + start;
#pragma unroll
        for (int r = 0; r < 2; r++) {
            const int row = tile * TILE_ROWS + group + 8 * r;
            if (row < p.rows) out[row] = v[2 * r + i] * scale[r] + (p.mode == ADD ? out[row] : 0.0f);
        }
    }
}
