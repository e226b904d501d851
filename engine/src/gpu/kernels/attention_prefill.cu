// Attention of many tokens of a sequence over the paged cache ("flash attention"): chunks of prompts, several sequences in
// one launch. A tile has 64 rows, each one query head of one token; the heads of a group share the keys and values, so the
// rows of a tile are the group's heads of token 0, of token 1 and so on.
#include "attention.cuh"
#include "mma.cuh"

constexpr int WARPS = 4;
constexpr int ROWS = 16 * WARPS; // rows of a tile
constexpr int STEP = 64;         // positions read at a time
constexpr int STAGES = 2;
constexpr unsigned NO_ROW = 0xffffffffu;

struct Prefill {
    const float* q;           // (tokens, heads, DIM)
    const __half* keys;       // (slots, kv heads, DIM)
    const __half* values;     // (slots, kv heads, DIM)
    const unsigned* tiles;    // (grid y, 2): sequence, and the first token of the tile within the sequence's rows
    const unsigned* starts;   // the first row of each sequence, and behind the last
    const unsigned* contexts; // how many positions each has, its rows among them
    const unsigned* tables;   // (sequences, table_stride): the blocks of each
    __half* out;              // (tokens, out_stride): activation rows
    int heads, kv_heads, block_size, table_stride, out_stride;
    float scale; // of the scores, times log2(e)
};

// Rows of the cache in shared memory; 16 bytes more a row keep eight of them in different banks.
template <int DIM>
struct Stage {
    __half keys[STEP][DIM + 8];
    __half values[STEP][DIM + 8];
};

// Where the keys and values of STEP positions lie; positions behind the context are read as the last one.
__device__ __forceinline__ void find_slots(unsigned (&slots)[STEP], const Prefill& in, const unsigned* table, int first, int context) {
    if (first < context && threadIdx.x < STEP)
        slots[threadIdx.x] = slot_of(table, min(first + static_cast<int>(threadIdx.x), context - 1), in.block_size);
}

// Begins to read the keys and values of STEP positions; those behind the context become zero.
template <int DIM>
__device__ __forceinline__ void read_stage(
    Stage<DIM>& stage, const unsigned (&slots)[STEP], const Prefill& in, int kv, int first, int context
) {
    constexpr int CHUNKS = DIM / 8; // of 16 bytes
    static_assert(STEP * CHUNKS % (32 * WARPS) == 0, "every thread reads equally many chunks");
#pragma unroll
    for (int j = 0; j < STEP * CHUNKS / (32 * WARPS); j++) {
        const int i = j * 32 * WARPS + threadIdx.x, row = i / CHUNKS, chunk = i % CHUNKS;
        const bool is_there = first + row < context;
        const size_t from = (static_cast<size_t>(slots[row]) * in.kv_heads + kv) * DIM + 8 * chunk;
        cp_async_16(&stage.keys[row][8 * chunk], in.keys + from, is_there);
        cp_async_16(&stage.values[row][8 * chunk], in.values + from, is_there);
    }
}

// S = Q K^T of a warp's 16 rows: in the tile of 8 positions n, a lane has positions 8n + 2t and on, of rows g and g + 8.
template <int DIM>
__device__ __forceinline__ void multiply_keys(float (&s)[STEP / 8][4], const uint32_t (&q)[DIM / 16][4], const Stage<DIM>& stage) {
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int n = 0; n < STEP / 8; n++)
        for (int i = 0; i < 4; i++) s[n][i] = 0;
#pragma unroll
    for (int c = 0; c < DIM / 16; c++) {
#pragma unroll
        for (int n = 0; n < STEP / 8; n += 2) {
            uint32_t k[4]; // positions 8n: dimensions 16c and 16c + 8; then the next eight positions
            ldmatrix_x4(k, &stage.keys[8 * n + lane % 8 + lane / 16 * 8][16 * c + lane / 8 % 2 * 8]);
            const uint32_t low[2] = {k[0], k[1]}, high[2] = {k[2], k[3]};
            mma_f16(s[n], q[c], low);
            mma_f16(s[n + 1], q[c], high);
        }
    }
}

// O += P V.
template <int DIM>
__device__ __forceinline__ void add_values(float (&o)[DIM / 8][4], const float (&p)[STEP / 8][4], const Stage<DIM>& stage) {
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int n = 0; n < STEP / 16; n++) {
        const uint32_t a[4] = {
            pack_halves(p[2 * n][0], p[2 * n][1]), pack_halves(p[2 * n][2], p[2 * n][3]),
            pack_halves(p[2 * n + 1][0], p[2 * n + 1][1]), pack_halves(p[2 * n + 1][2], p[2 * n + 1][3])};
#pragma unroll
        for (int d = 0; d < DIM / 8; d += 2) {
            uint32_t v[4]; // dimensions 8d: positions 16n and 16n + 8; then the next eight dimensions
            ldmatrix_x4_trans(v, &stage.values[16 * n + lane % 16][8 * d + lane / 16 * 8]);
            const uint32_t low[2] = {v[0], v[1]}, high[2] = {v[2], v[3]};
            mma_f16(o[d], a, low);
            mma_f16(o[d + 1], a, high);
        }
    }
}

template <int DIM>
__device__ __forceinline__ void prefill(const Prefill& in) {
    DYNAMIC_SHARED(Stage<DIM>, stages);
    __shared__ unsigned slots[STAGES][STEP];
    const int kv = blockIdx.x, group = in.heads / in.kv_heads;
    const unsigned sequence = in.tiles[2 * blockIdx.y];
    const int first_token = in.tiles[2 * blockIdx.y + 1];
    const int start = in.starts[sequence], tokens = in.starts[sequence + 1] - start, past = in.contexts[sequence] - tokens;
    const int last_token = min(first_token + ROWS / group, tokens) - 1;
    const int context = past + last_token + 1; // as far as this tile sees
    const unsigned* table = in.tables + static_cast<size_t>(sequence) * in.table_stride;
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32, g = lane / 4, t = lane % 4;

    find_slots(slots[0], in, table, 0, context);
    find_slots(slots[1], in, table, STEP, context);
    __syncthreads();
    read_stage<DIM>(stages[0], slots[0], in, kv, 0, context);
    cp_async_commit();

    // The lane's two rows, as (token * heads + head). Rows beyond the last token compute it once more and are not written.
    unsigned at[2];
    int seen[2]; // the last position that each sees
    uint32_t q[DIM / 16][4];
#pragma unroll
    for (int i = 0; i < 2; i++) {
        const int row = 16 * warp + g + 8 * i, token = first_token + row / group, its_token = min(token, last_token);
        seen[i] = past + its_token;
        at[i] = (start + its_token) * in.heads + kv * group + row % group;
        const float2* pairs = reinterpret_cast<const float2*>(in.q) + static_cast<size_t>(at[i]) * (DIM / 2) + t;
#pragma unroll
        for (int c = 0; c < DIM / 16; c++) {
            q[c][i] = pack_halves(pairs[8 * c].x, pairs[8 * c].y);
            q[c][i + 2] = pack_halves(pairs[8 * c + 4].x, pairs[8 * c + 4].y);
        }
        if (token > last_token) at[i] = NO_ROW;
    }
    float o[DIM / 8][4];
#pragma unroll
    for (int d = 0; d < DIM / 8; d++)
        for (int i = 0; i < 4; i++) o[d][i] = 0;
    float most[2] = {-INFINITY, -INFINITY}, total[2] = {0, 0};

    for (int first = 0, stage = 0; first < context; first += STEP, stage = (stage + 1) % STAGES) {
        const int other = (stage + 1) % STAGES;
        if (first + STEP < context) read_stage<DIM>(stages[other], slots[other], in, kv, first + STEP, context);
        cp_async_commit();
        cp_async_wait<1>();
        __syncthreads();
        find_slots(slots[stage], in, table, first + 2 * STEP, context);
        float s[STEP / 8][4];
        multiply_keys<DIM>(s, q, stages[stage]);
        if (first + STEP > past + first_token + 1) {
#pragma unroll
            for (int n = 0; n < STEP / 8; n++) {
#pragma unroll
                for (int i = 0; i < 4; i++)
                    if (first + 8 * n + 2 * t + i % 2 > seen[i / 2]) s[n][i] = -INFINITY;
            }
        }
        float largest[2] = {s[0][0], s[0][2]};
#pragma unroll
        for (int n = 0; n < STEP / 8; n++) {
#pragma unroll
            for (int i = 0; i < 4; i++) largest[i / 2] = fmaxf(largest[i / 2], s[n][i]);
        }
#pragma unroll
        for (int i = 0; i < 2; i++) {
            largest[i] = fmaxf(largest[i], __shfl_xor_sync(ALL_LANES, largest[i], 1));
            largest[i] = fmaxf(largest[i], __shfl_xor_sync(ALL_LANES, largest[i], 2));
            // Every row sees position 0, so from the first step on the largest is a number.
            largest[i] = fmaxf(most[i], largest[i] * in.scale);
            const float shrink = fast_exp2(most[i] - largest[i]);
            most[i] = largest[i];
            total[i] *= shrink;
#pragma unroll
            for (int d = 0; d < DIM / 8; d++) {
                o[d][2 * i] *= shrink;
                o[d][2 * i + 1] *= shrink;
            }
        }
#pragma unroll
        for (int n = 0; n < STEP / 8; n++) {
#pragma unroll
            for (int i = 0; i < 4; i++) {
                s[n][i] = fast_exp2(fmaf(s[n][i], in.scale, -most[i / 2]));
                total[i / 2] += s[n][i];
            }
        }
        add_values<DIM>(o, s, stages[stage]);
        __syncthreads();
    }
    cp_async_wait<0>();
#pragma unroll
    for (int i = 0; i < 2; i++) {
        total[i] += __shfl_xor_sync(ALL_LANES, total[i], 1);
        total[i] += __shfl_xor_sync(ALL_LANES, total[i], 2);
        if (at[i] == NO_ROW) continue;
        __half* out = in.out + static_cast<size_t>(at[i] / in.heads) * in.out_stride;
        const int column = static_cast<int>(at[i] % in.heads) * DIM + 2 * t;
#pragma unroll
        for (int d = 0; d < DIM / 8; d++) {
            const __half2 pair = __floats2half2_rn(o[d][2 * i] / total[i], o[d][2 * i + 1] / total[i]);
            *reinterpret_cast<__half2*>(out + activation_index(column + 8 * d)) = pair;
        }
    }
}

#define ATTENTION_PREFILL(DIM)                                                                                             \
    extern "C" __global__ void __launch_bounds__(32 * WARPS, 3) attention_prefill_##DIM(                                   \
        const float* q, const __half* keys, const __half* values, const unsigned* tiles, const unsigned* starts,           \
        const unsigned* contexts, const unsigned* tables, __half* out, int heads, int kv_heads, int block_size,            \
        int table_stride, int out_stride, float scale                                                                      \
    ) {                                                                                                                    \
        prefill<DIM>({q, keys, values, tiles, starts, contexts, tables, out, heads, kv_heads, block_size, table_stride,    \
                      out_stride, scale});                                                                                 \
    }

ATTENTION_PREFILL(32)
ATTENTION_PREFILL(64)
ATTENTION_PREFILL(96)
ATTENTION_PREFILL(128)
