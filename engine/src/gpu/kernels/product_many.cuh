// Products of many rows of activations: as fast as the tensor cores go. A block computes 128 rows of weights for 128 rows of activations;
// its eight warps stand in four rows and two columns, each with two row tiles and every second of 16 column tiles (8 rows of activations).
// Activations pass through shared memory, copied three steps ahead; weights go from memory into registers, where they become operands: they
// are already in the order that the tensor cores want.
#pragma once
#include "product.cuh"

#define MANY_ROW_TILES 8
#define MANY_PLACES 128
#define MANY_STAGES 3
// Halves of a row of activations in a step: one unit of a tile.
#define STEP 64

// Both row tiles meet 8 rows of activations, of which a lane has that at `place`.
__device__ __forceinline__ void multiply_columns(float (&sums)[2][8][4], int n, const Operands (&a)[2], const uint4 (*stage)[8],
                                                 int place, int member) {
#pragma unroll
    for (int i = 0; i < 2; i++) {
        const uint4 b = stage[place][(4 * i + member) ^ (place % 2 * 4)];
        const uint32_t first[2] = {b.x, b.y}, second[2] = {b.z, b.w};
#pragma unroll
        for (int m = 0; m < 2; m++) {
            mma_f16(sums[m][n], a[m].a[2 * i], first);
            mma_f16(sums[m][n], a[m].a[2 * i + 1], second);
        }
    }
}

// Grid: tiles of 128 places (for all experts together, at most), 8 row tiles each. Block: 256.
template <class F>
__device__ __forceinline__ void product_many(const Product& p, int experts, int count) {
    // 16-byte chunks; a row has 8, and odd rows have their halves exchanged, so that a warp's loads meet every bank.
    __shared__ uint4 shared[MANY_STAGES][MANY_PLACES][8];
    const int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, group = lane / 4, member = lane % 4;
    int expert = 0, begin = 0, block = blockIdx.x;
    if (p.offsets) {
        // Which expert's rows are this block's.
        for (;; expert++) {
            if (expert == experts) return;
            begin = p.offsets[expert];
            count = p.offsets[expert + 1] - begin;
            const int blocks = (count + MANY_PLACES - 1) / MANY_PLACES;
            if (block < blocks) break;
            block -= blocks;
        }
    }
    begin += block * MANY_PLACES;
    count = min(count - block * MANY_PLACES, MANY_PLACES);

    const int steps = p.depth_tiles * 4;
    const int chunk = threadIdx.x % 8;
    const half* sources[4];
#pragma unroll
    for (int i = 0; i < 4; i++) {
        const int place = threadIdx.x / 8 + 32 * i;
        sources[i] = place < count ? p.x + size_t(x_row(p, begin + place)) * p.x_stride + chunk * 8 : nullptr;
    }
    auto fetch = [&](int step) {
        if (step < steps) {
            const int at = ((step / 4) >> p.halves) * 4 + step % 4;
#pragma unroll
            for (int i = 0; i < 4; i++) {
                const int place = threadIdx.x / 8 + 32 * i;
                uint4* to = &shared[step % MANY_STAGES][place][chunk ^ (place % 2 * 4)];
                cp_async_16(to, sources[i] ? sources[i] + at * STEP : p.x, sources[i] != nullptr);
            }
        }
        cp_async_commit();
    };

    const int first_tile = blockIdx.y * MANY_ROW_TILES + warp / 2 * 2, column = warp % 2;
    const uint8_t* tiles[2];
#pragma unroll
    for (int m = 0; m < 2; m++) {
        const int tile = min(first_tile + m, p.row_tiles - 1);
        tiles[m] = p.weights + (size_t(expert) * p.row_tiles + tile) * p.depth_tiles * F::BYTES;
    }
    const int column_tiles = (count + 7) / 8;
    float sums[2][8][4] = {};
    // Three steps are under way: operands of this one, codes of the next becoming operands between the tensor cores' work, and codes
    // of the one after that coming in.
    Operands a[2], following[2];
    typename F::Codes now[2], next[2];
    typename F::Scales scales[2], next_scales[2];
#pragma unroll
    for (int m = 0; m < 2; m++) {
        now[m].template load<false>(tiles[m], lane, 0);
        scales[m].template load<false>(tiles[m] + F::Codes::BYTES, lane);
        next_scales[m] = scales[m];
    }
#pragma unroll
    for (int m = 0; m < 2; m++) {
        now[m].operands(scales[m].unit(0), a[m]);
        now[m].template load<false>(tiles[m], lane, 1);
    }
    for (int s = 0; s < MANY_STAGES - 1; s++) fetch(s);
    for (int step = 0; step < steps; step++) {
        cp_async_wait<MANY_STAGES - 2>();
        __syncthreads();
        fetch(step + MANY_STAGES - 1); // into the stage that was read in the step before
        // Beyond the end the last codes come again, and their operands are not used.
        const int ahead = min(step + 2, steps - 1);
#pragma unroll
        for (int m = 0; m < 2; m++) {
            const uint8_t* tile = tiles[m] + size_t(ahead / 4) * F::BYTES;
            next[m].template load<false>(tile, lane, ahead % 4);
            if ((step + 1) % 4 == 0) scales[m] = next_scales[m];
            if (ahead % 4 == 0) next_scales[m].template load<false>(tile + F::Codes::BYTES, lane);
        }
        const int j = (step + 1) % 4;
        const uint4(*stage)[8] = shared[step % MANY_STAGES];
        if (column_tiles > 14) {
            // What is not there was filled with zeros, and is dropped at the end: without a question each, loads run ahead.
#pragma unroll
            for (int n = 0; n < 8; n++) {
                multiply_columns(sums, n, a, stage, (2 * n + column) * 8 + group, member);
                if (n % 4 == 1) now[n / 4].operands(scales[n / 4].unit(j), following[n / 4]);
            }
        } else {
#pragma unroll
            for (int m = 0; m < 2; m++) now[m].operands(scales[m].unit(j), following[m]);
#pragma unroll
            for (int n = 0; n < 8; n++) {
                if (2 * n + column >= column_tiles) break;
                multiply_columns(sums, n, a, stage, (2 * n + column) * 8 + group, member);
            }
        }
#pragma unroll
        for (int m = 0; m < 2; m++) {
            a[m] = following[m];
            now[m] = next[m];
        }
    }
    cp_async_wait<0>();
#pragma unroll
    for (int m = 0; m < 2; m++) {
        if (first_tile + m >= p.row_tiles) continue;
#pragma unroll
        for (int n = 0; n < 8; n++) {
            int place[2];
            for (int i = 0; i < 2; i++) {
                const int at = (2 * n + column) * 8 + 2 * member + i;
                place[i] = at < count ? begin + at : -1;
            }
            finish(p, expert, first_tile + m, group, place, sums[m][n]);
        }
    }
}
