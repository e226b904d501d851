// Products of few rows of activations: as fast as the weights come out of memory. One block a row tile; its warps share the
// depth and add up what they have. A warp asks for a unit of
// its next tile as soon as it has computed that of the last, so that a tile's worth is always under way. No shared memory holds
// activations: they are small, and the first-level cache, which the weights pass by, has them.
#pragma once
#include "product.cuh"

#define FEW_WARPS 8

// `N` times 8 rows of activations meet a unit of a tile. `x`: where each of the lane's rows begins, in groups of 8 halves; `at`: the
// unit's place in a row.
template <class F, int N>
__device__ __forceinline__ void multiply_unit(float (&sums)[N][2][4], const typename F::Codes& codes, const UnitScale& scale,
                                              const uint4* activations, const int (&x)[N], int at) {
    Operands a;
    codes.operands(scale, a);
#pragma unroll
    for (int n = 0; n < N; n++)
#pragma unroll
        for (int i = 0; i < 2; i++) {
            const uint4 b = __ldg(activations + x[n] + at + i * 4);
            const uint32_t first[2] = {b.x, b.y}, second[2] = {b.z, b.w};
            // Two chains of sums: each operation waits for the one before it.
            mma_f16(sums[n][0], a.a[2 * i], first);
            mma_f16(sums[n][N == 1], a.a[2 * i + 1], second);
        }
}

// Grid: row tiles, experts (or 1). Block: WARP, warps.
template <class F, int N>
__device__ __forceinline__ void product_few(const Product& p, const int* active, int count) {
    __shared__ float4 parts[FEW_WARPS][N][WARP];
    const int lane = threadIdx.x, warp = threadIdx.y, warps = blockDim.y, group = lane / 4, member = lane % 4;
    int expert = 0, begin = 0;
    if (p.offsets) {
        expert = active[blockIdx.y];
        if (expert < 0) return;
        begin = p.offsets[expert];
        count = p.offsets[expert + 1] - begin;
    }
    const int tile = blockIdx.x;
    const uint4* const activations = reinterpret_cast<const uint4*>(p.x);
    const uint8_t* const tiles = p.weights + (size_t(expert) * p.row_tiles + tile) * p.depth_tiles * F::BYTES;
    for (int base = 0; base < count; base += 8 * N) {
        typename F::Codes codes[4];
        typename F::Scales scales, next;
        if (warp < p.depth_tiles) {
            const uint8_t* const first = tiles + size_t(warp) * F::BYTES;
            scales.template load<true>(first + F::Codes::BYTES, lane);
#pragma unroll
            for (int j = 0; j < 4; j++) codes[j].template load<true>(first, lane, j);
        }
        // Columns of a product do not meet: where there are fewer rows than columns, the last one's are computed again and dropped.
        int x[N];
#pragma unroll
        for (int n = 0; n < N; n++) x[n] = x_row(p, begin + min(base + 8 * n + group, count - 1)) * (p.x_stride / 8) + member;
        float sums[N][2][4] = {};
        for (int depth = warp; depth < p.depth_tiles; depth += warps) {
            const bool more = depth + warps < p.depth_tiles;
            const uint8_t* const following = tiles + size_t(depth + warps) * F::BYTES;
            if (more) next.template load<true>(following + F::Codes::BYTES, lane);
#pragma unroll
            for (int j = 0; j < 4; j++) {
                multiply_unit<F, N>(sums, codes[j], scales.unit(j), activations, x, (depth >> p.halves) * (TILE_COLUMNS / 8) + j * 8);
                if (more) codes[j].template load<true>(following, lane, j);
            }
            scales = next;
        }
        if (base) __syncthreads(); // the parts of the rows before are read
#pragma unroll
        for (int n = 0; n < N; n++) {
            const float(&a)[4] = sums[n][0], (&b)[4] = sums[n][1];
            parts[warp][n][lane] = make_float4(a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]);
        }
        __syncthreads();
        for (int n = warp; n < N; n += warps) {
            float v[4] = {};
            for (int w = 0; w < warps; w++) {
                const float4 part = parts[w][n][lane];
                v[0] += part.x, v[1] += part.y, v[2] += part.z, v[3] += part.w;
            }
            int place[2];
            for (int i = 0; i < 2; i++) {
                const int at = base + 8 * n + 2 * member + i;
                place[i] = at < count ? begin + at : -1;
            }
            finish(p, expert, tile, group, place, v);
        }
    }
}
